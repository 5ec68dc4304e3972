"""Who: found and describe organisations, keep rolls and mandates, tie networks and alliances."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.text import slugify

from solidaria.actions.acting import Already, action, check, refused
from solidaria.actions.permit import PURPOSES, RIGHTS, Doer, NotAllowed
from solidaria.core.problem import Fault, Sentence, say
from solidaria.core.workbook.one import read_row
from solidaria.records.models import (
    Alliance,
    Belonging,
    Founding,
    JoiningCode,
    Mandate,
    Membership,
    Motion,
    Organisation,
    Site,
)
from solidaria.records.models.decide import CARRIED
from solidaria.records.models.who import ALLIANCES, KINDS, LEGAL, SPOKEN

#: What an assembly can choose to show on its public page, in this order.
SHOWABLE = ("about", "place", "contact", "members", "networks", "alliances", "state", "products", "mandates")
#: Letters of printed codes: none that is easily taken for another (no I, L, O, U, 0, 1).
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
CODE_LENGTH = 12
MOST_CODES = 500
CODE_DAYS = 60
#: More are not in one assembly: whoever types more has typed something else.
MOST_PRESENT = 1_000_000
#: For so long after its founding here an organisation's officers write down mandates by hand.
FOUNDING_DAYS = 30


# --- organisations ---


@action
def found_organisation(
    doer: Doer,
    subject: None,
    *,
    name: str,
    kind: str,
    held_on: date | None,
    present: int | str | None,
    minutes: str,
    purposes: Iterable[str] = (),
    place: str = "",
) -> Organisation:
    """An organisation that starts with its founding assembly: minutes, and the founder on its roll.

    present    how many were there; a text is read as a whole number
    purposes   what the assembly gave the founder: names from PURPOSES; for a year from the day of the assembly
    """
    purposes = list(purposes)
    faults = _described(name=name, kind=kind)
    count, found = read_present(present)
    faults += founding_faults(doer, held_on=held_on, minutes=minutes, purposes=purposes) + found
    check(faults)
    assert held_on is not None and count is not None
    organisation = Organisation.objects.create(
        code=_free_code(name),
        name=name.strip(),
        kind=kind,
        place=place.strip(),
        shows=["about", "place"],
        language=doer.person.language,
    )
    begin(doer, organisation, held_on=held_on, present=count, minutes=minutes, purposes=purposes)
    return organisation


def founding_faults(doer: Doer, *, held_on: date | None, minutes: str, purposes: Iterable[str]) -> list[Fault]:
    """What is wrong with a founding assembly's day, minutes and tasks, all at once."""
    faults, today = [], doer.at.date()
    if held_on is None:
        faults.append(_fault("held_on", say("The day of the founding assembly is missing.")))
    elif held_on > today:
        faults.append(_fault("held_on", say("The founding assembly lies in the future.")))
    elif purposes and year_after(held_on) < today:
        what = say("What this assembly gave for a year has run out on {day}.", day=year_after(held_on))
        help = say(
            "Take the assembly that gave the tasks of today, or tick no task: the members then decide here."
        )
        faults.append(Fault("", None, "held_on", what, help))
    if len(minutes.strip()) < 20:
        what = say("The minutes are missing.")
        help = say(
            "Write who was there, what was decided, and who was given which task: a few sentences are enough."
        )
        faults.append(Fault("", None, "minutes", what, help))
    if any(purpose not in PURPOSES for purpose in purposes):
        faults.append(_fault("purposes", say("One of the tasks is not known.")))
    return faults


def read_present(given: int | str | None) -> tuple[int | None, list[Fault]]:
    """How many were present, and what is wrong with what was typed: nothing, no whole number, nobody, too many."""
    text = "" if given is None else str(given).strip()
    if not text:
        return None, [_fault("present", say("How many were present is missing."))]
    if not re.fullmatch(r"[+-]?\d+", text):
        help = say("Write it in figures, without a comma: 12.")
        return None, [Fault("", None, "present", say("“{typed}” is not a whole number.", typed=text[:40]), help)]
    if text.startswith("-") or not text.strip("+0"):
        what = say("At least one person was present; “{typed}” is fewer.", typed=text[:40])
        help = say("Count everybody who was there, whoever writes this too.")
        return None, [Fault("", None, "present", what, help)]
    if len(text.lstrip("+0")) > len(str(MOST_PRESENT)) or int(text) > MOST_PRESENT:
        what = say("More than {most} people were never in one assembly.", most=MOST_PRESENT)
        return None, [_fault("present", what)]
    return int(text), []


def begin(
    doer: Doer, organisation: Organisation, *, held_on: date, present: int, minutes: str, purposes: Iterable[str]
) -> None:
    """Write down the founding assembly, the first person on the roll, and the first mandates.

    A mandate holds from the day of the assembly for a year: it ends a year after the assembly, on whatever day the
    minutes are typed.
    """
    founding = Founding.objects.create(
        organisation=organisation,
        held_on=held_on,
        present=present,
        minutes=minutes.strip()[:20000],
        entered_by=doer.person,
    )
    Membership.objects.create(organisation=organisation, person=doer.person, entered=held_on)
    for purpose in purposes:
        Mandate.objects.create(
            organisation=organisation,
            person=doer.person,
            purpose=purpose,
            rights=list(PURPOSES[purpose][1]),
            starts=held_on,
            ends=year_after(held_on),
            founding=founding,
        )


@action
def describe_organisation(doer: Doer, organisation: Organisation, **given: Any) -> Organisation:
    """Its name, place, words and numbers as given; a column that is not given stays as it is."""
    kept = {"name": organisation.name, "kind": organisation.kind, **{k: v for k, v in given.items()}}
    faults = _described(name=str(kept["name"]), kind=str(kept["kind"]))
    numbers: dict[str, Any] = {
        key: given[key] for key in ("members", "ability", "pledge", "latitude", "longitude") if key in given
    }
    values, found = read_row("organisations", numbers, without=("organisation", "name", "kind", "place"))
    language = str(given.get("language", organisation.language))
    if language not in ("", *SPOKEN):
        faults.append(_fault("language", say("This language is not in the list.")))
    check(faults + found)
    for key in numbers:
        setattr(organisation, key, values[key])
    for key, most in (("name", 120), ("place", 120), ("about", 4000), ("contact", 200)):
        if key in given:
            setattr(organisation, key, str(given[key]).strip()[:most])
    organisation.language = language
    organisation.save()
    return organisation


@action
def show_publicly(doer: Doer, organisation: Organisation, *, shows: Iterable[str]) -> Organisation:
    """What its public page shows: any of SHOWABLE."""
    wanted = set(shows)
    if not wanted <= set(SHOWABLE):
        raise refused("shows", say("One of these cannot be shown."), say("Choose from the list."))
    organisation.shows = [part for part in SHOWABLE if part in wanted]
    organisation.save(update_fields=["shows"])
    return organisation


@action
def keep_site(doer: Doer, organisation: Organisation, **given: Any) -> Site:
    """The site's people, hours, money, state and legal situation, as given; makes the site if there is none."""
    site = Site.objects.select_for_update(of=("self",)).filter(organisation=organisation).first()
    row = {key: given.get(key) for key in ("members", "paid_hours", "overhead", "state")}
    values, faults = read_row("sites", row, without=("site",))
    reopening: dict[str, Any] = {"money": None, "hours": None}
    if given.get("reopening_money") or given.get("reopening_hours"):
        cells = {"money": given.get("reopening_money"), "hours": given.get("reopening_hours")}
        reopening, found = read_row("reopenings", cells, without=("site",))
        faults += [Fault("", None, f"reopening_{fault.column}", fault.what, fault.help) for fault in found]
    legal = str(given.get("legal") or "")
    if legal not in LEGAL:
        faults.append(_fault("legal", say("This legal situation is not known.")))
    check(faults)
    site = site or Site(organisation=organisation)
    if site.network_id is None:
        # Whichever came first: a site plans in the first network its organisation belongs to.
        belonging = Belonging.objects.filter(
            organisation=organisation, agreed__isnull=False, left__isnull=True, network__kind="network"
        )
        site.network_id = belonging.order_by("agreed", "pk").values_list("network", flat=True).first()
    site.workers, site.paid_hours, site.overhead = values["members"], values["paid_hours"], values["overhead"]
    site.state = values["state"] or "producing"
    site.legal, site.legal_note = legal, str(given.get("legal_note") or "").strip()[:2000]
    site.reopening_money, site.reopening_hours = reopening["money"], reopening["hours"]
    site.save()
    return site


# --- the roll ---


def digest_of(code: str) -> str:
    """The hash of a code: what the database keeps instead of it. Codes are long and drawn by chance."""
    bare = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(b"solidaria-code:" + bare.encode()).hexdigest()


def new_code() -> str:
    """A code for print: twelve letters in three groups."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LENGTH, 4))


@action
def print_codes(doer: Doer, organisation: Organisation, *, how_many: int, codes: list[str]) -> Organisation:
    """Joining codes for people who will join this organisation, put into `codes`, to be shown once and never again.

    A key that was used before gives no codes: they are not kept anywhere, only their hashes.
    """
    if not 1 <= how_many <= MOST_CODES:
        raise refused(
            "how_many", say("Print between 1 and {most} codes.", most=MOST_CODES), say("Print in batches.")
        )
    codes[:] = [new_code() for _ in range(how_many)]
    batch = f"{doer.at:%Y-%m-%d}-{secrets.token_hex(2)}"
    JoiningCode.objects.bulk_create(
        JoiningCode(
            organisation=organisation,
            batch=batch,
            digest=digest_of(code),
            ends=doer.at.date() + timedelta(days=CODE_DAYS),
        )
        for code in codes
    )
    return organisation


@action
def revoke_codes(doer: Doer, organisation: Organisation, *, batch: str) -> Organisation:
    """The unused codes of a batch let nobody in any more."""
    JoiningCode.objects.filter(
        organisation=organisation, batch=batch, used__isnull=True, revoked__isnull=True
    ).update(revoked=doer.at)
    return organisation


@action
def join_with_code(doer: Doer, subject: None, *, code: str) -> Membership:
    """On the roll, by a printed code; a code lets one person in, once."""
    found = (
        JoiningCode.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .filter(digest=digest_of(code), used__isnull=True, revoked__isnull=True, ends__gte=doer.at.date())
        .first()
    )
    if found is None:
        raise refused(
            "code",
            say("This code does not open anything."),
            say("Check the letters; a code works once and for {days} days. Ask for a new one.", days=CODE_DAYS),
        )
    today = doer.at.date()
    there = Membership.objects.filter(
        organisation=found.organisation, person=doer.person, left__isnull=True
    ).first()
    if there is not None:
        raise Already(there)
    found.used = doer.at
    found.save(update_fields=["used"])
    return Membership.objects.create(organisation=found.organisation, person=doer.person, entered=today)


@action
def leave_organisation(doer: Doer, organisation: Organisation) -> Membership:
    """Off the roll from tomorrow on; mandates of the organisation end at once."""
    membership = Membership.objects.select_for_update(of=("self",)).get(
        organisation=organisation, person=doer.person, left__isnull=True
    )
    membership.left = doer.at.date()
    membership.save(update_fields=["left"])
    Mandate.objects.filter(organisation=organisation, person=doer.person, ended__isnull=True).update(ended=doer.at)
    return membership


# --- mandates ---


def decided(mandate: Mandate) -> Sentence | str:
    """What gave a mandate, for people: the founding assembly and its day, or the words that were written down."""
    if mandate.founding is not None:
        return say("founding assembly of {day}", day=mandate.founding.held_on)
    return mandate.decision


def mandates_by_hand(organisation: Organisation, at: datetime) -> bool:
    """Whether officers still write down what the founding assembly decided: later every mandate rests on a decision.

    No longer once the organisation has carried a motion, or was founded here longer ago than FOUNDING_DAYS.
    """
    since = at - timedelta(days=FOUNDING_DAYS)
    young = Founding.objects.filter(organisation=organisation, created__gte=since).exists()
    return young and not Motion.objects.filter(organisation=organisation, state=CARRIED).exists()


def _by_hand(organisation: Organisation, at: datetime) -> None:
    if mandates_by_hand(organisation, at):
        return
    raise refused(
        None,
        say("Here mandates begin and end by decision, not by hand."),
        say("Propose a motion; where nobody facilitates, any member can open its vote. To recall, open a recall."),
    )


@action
def grant_mandate(
    doer: Doer,
    organisation: Organisation,
    *,
    person: int,
    purpose: str,
    rights: Iterable[str] | None = None,
    instructions: str = "",
    starts: date | None = None,
    ends: date | None = None,
    decision: str,
) -> Mandate:
    """Write down a mandate that the assembly gave one of its members.

    rights     None: those the purpose usually carries
    ends       None: a year from its start; a mandate without an end is not granted
    decision   which assembly, when
    Only while an organisation is being founded (mandates_by_hand): later, Refused says what would help.
    """
    _by_hand(organisation, doer.at)
    faults = []
    member = Membership.objects.filter(
        Q(left__isnull=True) | Q(left__gte=doer.at.date()), organisation=organisation, person_id=person
    ).first()
    if member is None:
        faults.append(_fault("person", say("This person is not on the roll.")))
    if purpose not in PURPOSES:
        faults.append(_fault("purpose", say("This purpose is not known.")))
    wanted = list(PURPOSES[purpose][1] if rights is None and purpose in PURPOSES else rights or ())
    if any(right not in RIGHTS for right in wanted):
        faults.append(_fault("rights", say("One of the rights is not known.")))
    if len(decision.strip()) < 5:
        faults.append(
            Fault(
                "",
                None,
                "decision",
                say("The decision is missing."),
                say("Write which assembly gave the mandate, and when."),
            )
        )
    starts = starts or doer.at.date()
    if not 1900 <= starts.year <= 9000:
        starts = doer.at.date()
        faults.append(
            Fault(
                "",
                None,
                "starts",
                say("This is not a day that can be counted from."),
                say("Choose a day in this century."),
            )
        )
    ends = ends or year_after(starts)
    if ends < starts:
        faults.append(_fault("ends", say("The end lies before the start.")))
    check(faults)
    return Mandate.objects.create(
        organisation=organisation,
        person_id=person,
        purpose=purpose,
        rights=wanted,
        instructions=instructions.strip()[:4000],
        starts=starts,
        ends=ends,
        decision=decision.strip()[:300],
    )


@action
def end_mandate(doer: Doer, mandate: Mandate) -> Mandate:
    """Recalled by the assembly: from this moment on no act counts under it."""
    if mandate.ended is not None:
        raise Already(mandate)
    _by_hand(mandate.organisation, doer.at)
    mandate.ended = doer.at
    mandate.save(update_fields=["ended"])
    return mandate


@action
def give_back_mandate(doer: Doer, mandate: Mandate) -> Mandate:
    """Given back by its holder, at once."""
    if mandate.person_id != doer.person.pk:
        raise NotAllowed(say("Only the person who holds a mandate can give it back."), hidden=False)
    if mandate.ended is not None:
        raise Already(mandate)
    mandate.ended = doer.at
    mandate.save(update_fields=["ended"])
    return mandate


# --- networks and alliances ---


@action
def ask_to_belong(doer: Doer, organisation: Organisation, *, network: Organisation) -> Belonging:
    """The organisation asks a network or council to take it in."""
    return _belong(network, organisation, by_network=False)


@action
def invite_to_belong(doer: Doer, network: Organisation, *, organisation: Organisation) -> Belonging:
    """The network or council asks an organisation to come in."""
    return _belong(network, organisation, by_network=True)


def _belong(network: Organisation, organisation: Organisation, by_network: bool) -> Belonging:
    if network.kind not in ("network", "council") or network.pk == organisation.pk:
        raise refused("network", say("This is neither a network nor a council."), say("Choose one from the list."))
    try:
        with transaction.atomic():
            return Belonging.objects.create(
                network=network, organisation=organisation, asked_by_network=by_network
            )
    except IntegrityError:
        raise refused(
            "network",
            say("{organisation} already belongs there, or was asked.", organisation=organisation.name),
            say("Look under networks: one side may still have to agree."),
        ) from None


@action
def agree_to_belong(doer: Doer, organisation: Organisation, *, belonging: Belonging) -> Belonging:
    """The side that was asked says yes; the act is that of `organisation`, which must be that side."""
    belonging = Belonging.objects.select_for_update(of=("self",)).get(pk=belonging.pk)
    asked = belonging.organisation_id if belonging.asked_by_network else belonging.network_id
    if asked != organisation.pk:
        raise NotAllowed(say("The other side has to agree."), hidden=False)
    if belonging.left is not None:
        raise refused(None, say("This was called off."), say("Ask again."))
    if belonging.agreed is not None:
        raise Already(belonging)
    belonging.agreed = doer.at
    belonging.save(update_fields=["agreed"])
    Site.objects.filter(organisation=belonging.organisation_id, network__isnull=True).update(
        network=belonging.network
    )
    return belonging


@action
def leave_network(doer: Doer, organisation: Organisation, *, belonging: Belonging) -> Belonging:
    """Either side ends it, at once; what was promised stays promised."""
    belonging = Belonging.objects.select_for_update(of=("self",)).get(pk=belonging.pk)
    if organisation.pk not in (belonging.organisation_id, belonging.network_id):
        raise NotAllowed(say("This is between others."), hidden=True)
    if belonging.left is not None:
        raise Already(belonging)
    belonging.left = doer.at
    belonging.save(update_fields=["left"])
    Site.objects.filter(organisation=belonging.organisation_id, network=belonging.network_id).update(network=None)
    return belonging


@action
def ask_for_alliance(
    doer: Doer, organisation: Organisation, *, ally: Organisation, kind: str, gives: str, receives: str
) -> Alliance:
    """Propose a tie: of what kind, what we give, what we receive. It holds once the other side agrees."""
    faults = []
    if kind not in ALLIANCES:
        faults.append(_fault("kind", say("This kind of alliance is not known.")))
    for column, words in (("gives", gives), ("receives", receives)):
        if not words.strip():
            faults.append(_fault(column, say("This is blank.")))
    if ally.pk == organisation.pk:
        faults.append(_fault("ally", say("An organisation cannot be its own ally.")))
    check(faults)
    try:
        with transaction.atomic():
            return Alliance.objects.create(
                organisation=organisation,
                ally=ally,
                kind=kind,
                gives=gives.strip()[:400],
                receives=receives.strip()[:400],
            )
    except IntegrityError:
        raise refused(
            "ally", say("There is such an alliance already."), say("End it first to change it.")
        ) from None


@action
def agree_to_alliance(doer: Doer, organisation: Organisation, *, alliance: Alliance) -> Alliance:
    """The side that was asked says yes."""
    alliance = Alliance.objects.select_for_update(of=("self",)).get(pk=alliance.pk)
    if alliance.ally_id != organisation.pk:
        raise NotAllowed(say("The other side has to agree."), hidden=alliance.organisation_id != organisation.pk)
    if alliance.ended is not None:
        raise refused(None, say("This was called off."), say("Ask again."))
    if alliance.agreed is not None:
        raise Already(alliance)
    alliance.agreed = doer.at
    alliance.save(update_fields=["agreed"])
    return alliance


@action
def end_alliance(doer: Doer, organisation: Organisation, *, alliance: Alliance) -> Alliance:
    """Either side ends it, at once."""
    alliance = Alliance.objects.select_for_update(of=("self",)).get(pk=alliance.pk)
    if organisation.pk not in (alliance.organisation_id, alliance.ally_id):
        raise NotAllowed(say("This is between others."), hidden=True)
    if alliance.ended is not None:
        raise Already(alliance)
    alliance.ended = doer.at
    alliance.save(update_fields=["ended"])
    return alliance


# --- small helps ---


def _described(*, name: str, kind: str) -> list[Fault]:
    faults = []
    if not name.strip():
        faults.append(_fault("name", say("The name is missing.")))
    elif len(name.strip()) > 120:
        faults.append(_fault("name", say("The name is longer than {most} letters.", most=120)))
    if kind not in KINDS:
        faults.append(_fault("kind", say("This kind of organisation is not known.")))
    return faults


def _fault(column: str, what: Any) -> Fault:
    return Fault("", None, column, what, say("Please mend it and send the form again."))


def _free_code(name: str) -> str:
    """An id for addresses and workbooks, from the name: the first that is free."""
    base = slugify(name)[:50].strip("-") or "organisation"
    if not Organisation.objects.filter(code=base).exists():
        return base
    taken = set(Organisation.objects.filter(code__startswith=f"{base}-").values_list("code", flat=True))
    number = next(number for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken)
    return f"{base}-{number}"


def year_after(day: date) -> date:
    """The same day a year on; the 28th of February for the 29th."""
    return (
        day.replace(year=day.year + 1, day=28)
        if (day.month, day.day) == (2, 29)
        else day.replace(year=day.year + 1)
    )
