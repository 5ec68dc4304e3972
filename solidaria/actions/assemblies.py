"""Decide: assemblies, from the call to the minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from solidaria.actions import clocks
from solidaria.actions.acting import Already, action, check, refused
from solidaria.actions.effects import house_rules
from solidaria.actions.permit import Doer, NotAllowed, is_member
from solidaria.core.decide import number_of
from solidaria.core.problem import Fault, Sentence, say
from solidaria.records.models import (
    AgendaItem,
    Assembly,
    Attendance,
    Correction,
    Motion,
    Organisation,
    Person,
    Speech,
)

#: An agenda longer than this belongs in two assemblies.
MOST_ITEMS = 60


@action
def call_assembly(
    doer: Doer, organisation: Organisation, *, name: str, starts: datetime | None, place: str = ""
) -> Assembly:
    """Call an assembly; the notice is that of the house rule notice_days, counted from now."""
    faults = []
    if not name.strip() or len(name.strip()) > 120:
        faults.append(
            _fault("name", say("The name is missing, or too long."), say("For example: assembly of March."))
        )
    days = number_of(house_rules(organisation), "notice_days")
    if starts is None:
        faults.append(_fault("starts", say("The day and hour are missing."), say("Say when it begins.")))
    elif starts < doer.at + timedelta(days=days):
        what = say("The rules ask for a notice of {days} days.", days=days)
        faults.append(_fault("starts", what, say("Choose a later day, or let the assembly change the rule.")))
    check(faults)
    assert starts is not None
    return Assembly.objects.create(
        organisation=organisation, name=name.strip(), starts=starts, place=place.strip()[:200], called=doer.at
    )


@action
def add_agenda_item(
    doer: Doer, assembly: Assembly, *, title: str, minutes: int = 10, motion: Motion | None = None
) -> AgendaItem:
    """Any member puts something on the agenda: what, how long it should take, which motion it is about."""
    _not_over(assembly)
    faults = []
    if motion is not None and motion.organisation_id != assembly.organisation_id:
        faults.append(_fault("motion", say("This motion is one of others."), say("Choose from the list.")))
    title = title.strip() or (motion.title if motion is not None else "")
    if not title:
        faults.append(_fault("title", say("The title is missing."), say("A few words say what it is about.")))
    if not 1 <= minutes <= 600:
        faults.append(_fault("minutes", say("This is not a number of minutes."), say("Write 1 to 600.")))
    if AgendaItem.objects.filter(assembly=assembly).count() >= MOST_ITEMS:
        faults.append(_fault(None, say("The agenda is full."), say("Call a second assembly.")))
    check(faults)
    last = AgendaItem.objects.filter(assembly=assembly).order_by("-place").values_list("place", flat=True).first()
    return AgendaItem.objects.create(
        assembly=assembly,
        place=(last or 0) + 1,
        title=title[:200],
        proposer=doer.person,
        minutes=minutes,
        motion=motion,
    )


@action
def move_agenda_item(doer: Doer, item: AgendaItem, *, up: bool) -> AgendaItem:
    """One place up or down."""
    _not_over(item.assembly)
    rows = list(AgendaItem.objects.select_for_update().filter(assembly=item.assembly).order_by("place", "pk"))
    at = next(place for place, row in enumerate(rows) if row.pk == item.pk)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(rows):
        raise Already(item)
    rows[at], rows[to] = rows[to], rows[at]
    for place, row in enumerate(rows, 1):
        row.place = place
    AgendaItem.objects.bulk_update(rows, ["place"])
    item.refresh_from_db()
    return item


@action
def open_assembly(doer: Doer, assembly: Assembly) -> Assembly:
    """It begins."""
    if assembly.opened is not None:
        raise Already(assembly)
    assembly.opened = doer.at
    assembly.save(update_fields=["opened"])
    return assembly


@action
def end_assembly(doer: Doer, assembly: Assembly) -> Assembly:
    """It is over; speeches that still run end with it."""
    if assembly.opened is None:
        raise refused(None, say("This assembly has not begun."), say("Open it first."))
    if assembly.ended is not None:
        raise Already(assembly)
    assembly.ended = doer.at
    assembly.save(update_fields=["ended"])
    Speech.objects.filter(assembly=assembly, began__isnull=False, ended__isnull=True).update(ended=doer.at)
    clocks.congress_held(assembly, doer.at)
    return assembly


@action
def attend(doer: Doer, assembly: Assembly) -> Attendance:
    """A member says: I am here."""
    return _attends(doer, assembly, doer.person)


@action
def note_attendance(doer: Doer, assembly: Assembly, *, person: int) -> Attendance:
    """The one who keeps the list notes somebody who has no device."""
    found = Person.objects.filter(pk=person).first()
    if found is None or not is_member(found, assembly.organisation, doer.at):
        raise refused("person", say("This person is not on the roll."), say("Choose from the list."))
    return _attends(doer, assembly, found)


def _attends(doer: Doer, assembly: Assembly, person: Person) -> Attendance:
    if assembly.opened is None or assembly.ended is not None:
        raise refused(
            None, say("The list of those present is open while the assembly sits."), say("Wait until it begins.")
        )
    row, new = Attendance.objects.get_or_create(assembly=assembly, person=person, defaults={"came": doer.at})
    if not new:
        raise Already(row)
    return row


@action
def ask_to_speak(doer: Doer, assembly: Assembly, *, about: AgendaItem | None = None) -> Speech:
    """A place on the speaking list; one at a time for each person."""
    if assembly.opened is None or assembly.ended is not None:
        raise refused(
            None, say("The speaking list is open while the assembly sits."), say("Wait until it begins.")
        )
    waiting = Speech.objects.filter(assembly=assembly, person=doer.person, ended__isnull=True).first()
    if waiting is not None:
        raise Already(waiting)
    if about is not None and about.assembly_id != assembly.pk:
        about = None
    return Speech.objects.create(assembly=assembly, person=doer.person, about=about, asked=doer.at)


@action
def give_the_floor(doer: Doer, speech: Speech) -> Speech:
    """This one speaks now; whoever spoke before is done."""
    if speech.began is not None:
        raise Already(speech)
    Speech.objects.filter(assembly=speech.assembly, began__isnull=False, ended__isnull=True).update(ended=doer.at)
    speech.began = doer.at
    speech.save(update_fields=["began"])
    return speech


@action
def end_speech(doer: Doer, speech: Speech) -> Speech:
    """Done speaking, or taken off the list."""
    if speech.ended is not None:
        raise Already(speech)
    speech.ended = doer.at
    speech.save(update_fields=["ended"])
    return speech


# --- minutes ---


@action
def write_minutes(doer: Doer, assembly: Assembly, *, text: str) -> Assembly:
    """The minutes as a draft; they can be written anew until they are approved."""
    _not_approved(assembly)
    if not text.strip():
        raise refused("text", say("The minutes are blank."), say("Begin from what happened."))
    assembly.minutes = text.strip()[:100_000]
    assembly.save(update_fields=["minutes"])
    return assembly


@action
def correct_minutes(doer: Doer, assembly: Assembly, *, text: str) -> Correction:
    """What somebody who was present would have otherwise."""
    _not_approved(assembly)
    if not assembly.minutes:
        raise refused(None, say("There are no minutes yet."), say("Wait for the draft."))
    if not Attendance.objects.filter(assembly=assembly, person=doer.person).exists():
        raise NotAllowed(say("Minutes are corrected by those who were present."), hidden=False)
    if not text.strip():
        raise refused("text", say("This is blank."), say("Say which sentence should read otherwise."))
    return Correction.objects.create(assembly=assembly, person=doer.person, text=text.strip()[:4000], at=doer.at)


@action
def take_correction(doer: Doer, correction: Correction, *, text: str) -> Correction:
    """The correction is taken: the minutes now read as given."""
    _not_approved(correction.assembly)
    if correction.taken is not None:
        raise Already(correction)
    if not text.strip():
        raise refused("text", say("The minutes are blank."), say("Begin from what happened."))
    Assembly.objects.filter(pk=correction.assembly_id).update(minutes=text.strip()[:100_000])
    correction.taken = doer.at
    correction.save(update_fields=["taken"])
    return correction


def _not_approved(assembly: Assembly) -> None:
    if assembly.minutes_approved is not None:
        raise refused(
            None, say("These minutes are approved."), say("A later assembly can decide a correction as a motion.")
        )


def _not_over(assembly: Assembly) -> None:
    if assembly.ended is not None:
        raise refused(None, say("This assembly is over."), say("Put it on the agenda of the next one."))


def _fault(column: str | None, what: Sentence, help: Sentence) -> Fault:
    return Fault("", None, column, what, help)
