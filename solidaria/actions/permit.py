"""Who may do what: one table. Every right comes from a membership or from a mandate; nobody stands above it.

The table is data: the pages, the API and the tests all ask it, and docs/permissions.md is written from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from solidaria.core.problem import Sentence, say
from solidaria.records.models import Belonging, Mandate, Membership, Organisation, Person, Seat, Token

#: Anybody who is signed in.
ANYBODY = "anybody"
#: A person on the roll of the organisation.
MEMBER = "member"
#: A delegate who holds a base's seat in the council, for as long as the base's mandate is in force.
SEAT = "seat"
#: A member, or a delegate, where nobody holds a mandate to facilitate: an organisation without officers can decide.
UNHELD = "nobody facilitates"

#: The rights a mandate can carry, and what they mean.
RIGHTS: dict[str, Sentence] = {
    "who.describe": say("describe the organisation and choose what its public page shows"),
    "who.roll": say("print joining codes and keep the roll"),
    "who.mandates": say("write down mandates that an assembly gave"),
    "who.ally": say("ask for and agree to networks and alliances"),
    "needs.gather": say("gather needs, rank them and change those of others"),
    "plan.capacity": say("keep machines, hours, recipes and stocks"),
    "plan.refuse": say("refuse a line of a plan or lower the pledge"),
    "plan.network": say("keep the network's products, rules, routes and promises"),
    "plan.round": say("open rounds and ask for plans"),
    "decide.facilitate": say("call assemblies, open votes and keep the speaking list"),
    "decide.tell": say("print voting codes and enter counts of hands and paper"),
    "agree.draft": say("draft agreements and call off under them"),
    "agree.sign": say("say yes to agreements within the limit of the rules"),
    "books.record": say("write down hours, deliveries and corrections in the books"),
    "books.pay": say("draft payments"),
    "books.release": say("release payments that somebody else drafted"),
}

#: What a mandate for each purpose usually carries; an assembly may give fewer.
PURPOSES: dict[str, tuple[Sentence, tuple[str, ...]]] = {
    "coordinator": (
        say("coordinator"),
        (
            "who.describe",
            "who.ally",
            "needs.gather",
            "plan.capacity",
            "plan.refuse",
            "plan.network",
            "plan.round",
            "agree.draft",
            "agree.sign",
            "books.release",
        ),
    ),
    "secretary": (say("secretary"), ("who.describe", "who.roll", "who.mandates")),
    "treasurer": (
        say("treasurer"),
        ("plan.capacity", "plan.refuse", "books.record", "books.pay"),
    ),
    "facilitator": (say("facilitator"), ("decide.facilitate",)),
    "teller": (say("teller"), ("decide.tell",)),
    "delegate": (say("delegate"), ("needs.gather", "plan.refuse", "who.ally")),
}

#: Action -> any one of these is enough.
PERMISSIONS: dict[str, tuple[str, ...]] = {
    # who
    "found_organisation": (ANYBODY,),
    "join_with_code": (ANYBODY,),
    "print_founding_code": ("who.ally",),
    "take_over_entered": (ANYBODY,),
    "change_language": (ANYBODY,),
    "describe_organisation": ("who.describe",),
    "show_publicly": ("who.describe",),
    "print_codes": ("who.roll",),
    "revoke_codes": ("who.roll",),
    "leave_organisation": (MEMBER,),
    "grant_mandate": ("who.mandates",),
    "end_mandate": ("who.mandates",),
    "give_back_mandate": (MEMBER,),
    "keep_site": ("plan.capacity",),
    "ask_to_belong": ("who.ally",),
    "invite_to_belong": ("who.ally",),
    "agree_to_belong": ("who.ally",),
    "leave_network": ("who.ally",),
    "ask_for_alliance": ("who.ally",),
    "agree_to_alliance": ("who.ally",),
    "end_alliance": ("who.ally",),
    "ask_for_recovery": (),
    "vouch": (MEMBER,),
    "make_token": (ANYBODY,),
    "revoke_token": (ANYBODY,),
    # needs
    "declare_need": (MEMBER,),
    "edit_need": ("needs.gather", "own"),
    "withdraw_need": ("needs.gather", "own"),
    "gather_needs": ("needs.gather",),
    "rank_needs": ("needs.gather",),
    "upload_needs": (MEMBER,),
    "match_need": ("plan.network",),
    # decide
    "call_assembly": ("decide.facilitate",),
    "add_agenda_item": (MEMBER, SEAT),
    "move_agenda_item": ("decide.facilitate",),
    "open_assembly": ("decide.facilitate",),
    "end_assembly": ("decide.facilitate",),
    "attend": (MEMBER, SEAT),
    "note_attendance": ("decide.facilitate",),
    "ask_to_speak": (MEMBER, SEAT),
    "give_the_floor": ("decide.facilitate",),
    "end_speech": ("decide.facilitate",),
    "write_minutes": ("decide.facilitate",),
    "correct_minutes": (MEMBER, SEAT),
    "take_correction": ("decide.facilitate",),
    "propose_motion": (MEMBER, SEAT),
    "edit_motion": ("own",),
    "withdraw_motion": ("decide.facilitate", "own"),
    "comment_on_motion": (MEMBER, SEAT),
    "withdraw_comment": ("own",),
    "open_motion": ("decide.facilitate", UNHELD),
    "cast_ballot": (MEMBER,),
    "vote_by_voice": ("decide.tell",),
    "print_voting_codes": ("decide.tell",),
    "revoke_voting_codes": ("decide.tell",),
    "enter_paper_count": ("decide.tell",),
    "close_motion": (MEMBER, SEAT),
    # recall
    "open_recall": (MEMBER, SEAT),
    "sign_recall": (MEMBER, SEAT),
    "reply_to_recall": ("own",),
    # councils
    "give_seat": ("who.ally", "who.mandates"),
    "ask_for_ratification": ("decide.facilitate", "own"),
    "cast_split": (SEAT,),
    "refer_back": (SEAT,),
    "open_again": ("decide.facilitate", SEAT),
    "carry_down": ("decide.facilitate", SEAT),
    "carry_up": ("decide.facilitate", "who.ally"),
    # plan
    "add_product": ("plan.network",),
    "edit_product": ("plan.network",),
    "remove_product": ("plan.network",),
    "set_rule": ("plan.network",),
    "set_route": ("plan.network",),
    "remove_route": ("plan.network",),
    "keep_promise": ("plan.network",),
    "remove_promise": ("plan.network",),
    "upload_workbook": ("plan.network",),
    "add_equipment": ("plan.capacity",),
    "edit_equipment": ("plan.capacity",),
    "remove_equipment": ("plan.capacity",),
    "add_recipe": ("plan.capacity",),
    "edit_recipe": ("plan.capacity",),
    "remove_recipe": ("plan.capacity",),
    "set_stock": ("plan.capacity",),
    "open_round": ("plan.round",),
    "close_round": ("plan.round",),
    "ask_for_plan": ("plan.round",),
    "cancel_plan": ("plan.round",),
    "choose_variant": ("plan.round",),
    "refuse_line": ("plan.refuse",),
    "lower_pledge": ("plan.refuse",),
    "withdraw_refusal": ("plan.refuse",),
    # agree
    "draft_agreement": ("agree.draft",),
    "draft_from_plan": ("agree.draft",),
    "change_agreement": ("agree.draft",),
    "agree_by_mandate": ("agree.sign",),
    "hold_again": ("agree.draft", "agree.sign"),
    "pause_agreement": ("agree.sign",),
    "resume_agreement": ("agree.sign",),
    "end_agreement": ("agree.sign",),
    "call_off": ("agree.draft",),
    "release_promise": ("agree.sign",),
    "hand_over": ("books.record",),
    "confirm_handover": ("books.record",),
    "dispute_handover": ("books.record",),
    "settle_handover": ("books.record", "agree.sign"),
    "tell_delay": ("agree.draft", "agree.sign", "books.record"),
    "agree_to_delay": ("agree.draft", "agree.sign"),
    "note_review": ("agree.draft", "agree.sign"),
    # books
    "record_event": ("books.record",),
    "record_hours": ("books.record",),
    "correct_event": ("books.record",),
    "draft_payment": ("books.pay",),
    "release_payment": ("books.release",),
    "withdraw_payment": ("books.pay", "books.release"),
    "confirm_payment": ("books.record",),
    "dispute_payment": ("books.record",),
    "open_bank_account": ("books.record",),
    "bring_file": ("books.record",),
    "drop_file": ("books.record",),
    "take_statement": ("books.record",),
    "book_line": ("books.record",),
    "accept_suggestions": ("books.record",),
    "leave_line": ("books.record",),
    "take_up_line": ("books.record",),
    "undo_booking": ("books.record",),
    "take_hours": ("books.record",),
    "sign_checkpoint": (MEMBER,),
    "countersign": (MEMBER,),
}

#: What may be taken away whole -> any one of these is enough, in the network itself. Who has none of them but belongs
#: to the network through an organisation takes away that organisation's part (core/workbook/own.py).
READINGS: dict[str, tuple[str, ...]] = {
    "whole_workbook": (MEMBER, SEAT, "plan.network", "plan.round"),
}


class NotAllowed(Exception):
    """The person may not do this; `hidden` when even its being there must not show."""

    def __init__(self, sentence: Sentence, hidden: bool) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.hidden = hidden


#: Kinds of organisation that others belong to, and in which they can have seats.
HOLDING = ("network", "council")


@dataclass
class Doer:
    """Who acts, when, and with which form.

    key       the form's own key: the same key does nothing a second time; blank: the act has none
    token     the token a program came with: then only its mandate counts, besides membership
    mandate   the mandate the act came to rest on; found by `permit`
    """

    person: Person
    key: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    token: Token | None = None
    mandate: Mandate | None = None


def is_member(person: Person, organisation: Organisation, doer_day: datetime | None = None) -> bool:
    """Whether the person is on the roll today."""
    day = (doer_day or datetime.now(UTC)).date()
    return Membership.objects.filter(
        Q(left__isnull=True) | Q(left__gte=day), person=person, organisation=organisation, entered__lte=day
    ).exists()


def live_mandates(at: datetime) -> QuerySet[Mandate]:
    """The mandates in force at that moment: begun, not run out, not ended."""
    day = at.date()
    return Mandate.objects.filter(Q(ends__isnull=True) | Q(ends__gte=day), starts__lte=day, ended__isnull=True)


def live_seats(at: datetime) -> QuerySet[Seat]:
    """The seats held at that moment: not ended, the base's mandate in force, the base still in the council."""
    belongs = Belonging.objects.filter(
        network=OuterRef("council"), organisation=OuterRef("base"), agreed__isnull=False, left__isnull=True
    )
    return Seat.objects.filter(Exists(belongs), ended__isnull=True, mandate__in=live_mandates(at))


def nobody_facilitates(organisation: Organisation, at: datetime) -> bool:
    """Whether no live mandate of the organisation is one to open votes."""
    held = live_mandates(at).filter(organisation=organisation).values_list("rights", flat=True)
    return not any("decide.facilitate" in rights for rights in held)


def rights_of(person: Person, organisation: Organisation, at: datetime | None = None) -> set[str]:
    """The rights a person has in an organisation: "member", "seat", and those of the live mandates."""
    at = at or datetime.now(UTC)
    mandates = live_mandates(at).filter(person=person)
    return with_mandates({MEMBER} if is_member(person, organisation, at) else set(), mandates, organisation, at)


def held_in(person: Person, right: str, at: datetime | None = None) -> set[int]:
    """The organisations in which live mandates of a person carry a right: one question for all of them."""
    mandates = live_mandates(at or datetime.now(UTC)).filter(person=person)
    return {mandate.organisation_id for mandate in mandates if right in mandate.rights}


def with_mandates(
    rights: set[str], mandates: QuerySet[Mandate], organisation: Organisation, at: datetime
) -> set[str]:
    """These rights, and those that live mandates of one person give in an organisation and in its council."""
    if organisation.kind in HOLDING and live_seats(at).filter(council=organisation, mandate__in=mandates).exists():
        rights.add(SEAT)
    for mandate in mandates.filter(organisation=organisation):
        rights.update(mandate.rights)
    if rights & {MEMBER, SEAT} and nobody_facilitates(organisation, at):
        rights.add(UNHELD)
    return rights


def may(verb: str, rights: Iterable[str], own: bool = False) -> bool:
    """Whether these rights are enough for the action; for pages, which show only what can be done."""
    needed = PERMISSIONS[verb]
    return ANYBODY in needed or any(right in needed for right in rights) or (own and "own" in needed)


def may_read(what: str, rights: Iterable[str]) -> bool:
    """Whether these rights are enough to take the whole of it away."""
    return bool(set(READINGS[what]) & set(rights))


def permit(verb: str, doer: Doer, organisation: Organisation | None, own: bool = False) -> None:
    """Let the act go on, or raise NotAllowed; inside the act's own transaction.

    The membership or mandate it rests on stays locked until the transaction ends: an act cannot slip in after a
    recall, and a recall waits for acts that were there before it.
    own   whether the subject is the person's own
    """
    needed = PERMISSIONS[verb]
    if ANYBODY in needed:
        return
    if organisation is None:
        raise NotAllowed(say("You cannot do this."), hidden=True)
    member = (
        Membership.objects.select_for_update(no_key=True)
        .filter(
            Q(left__isnull=True) | Q(left__gte=doer.at.date()),
            person=doer.person,
            organisation=organisation,
            entered__lte=doer.at.date(),
        )
        .first()
    )
    if member is not None and (MEMBER in needed or (own and "own" in needed)):
        return
    mandates = live_mandates(doer.at).filter(person=doer.person)
    if doer.token is not None:
        mandates = mandates.filter(pk=doer.token.mandate_id or 0)
    mandates = mandates.select_for_update(no_key=True)
    held = list(mandates.filter(organisation=organisation))
    for mandate in held:
        if any(right in needed for right in mandate.rights) or (own and "own" in needed):
            doer.mandate = mandate
            return
    seated = _seated(mandates, organisation, doer.at)
    for mandate in seated:
        if SEAT in needed or (own and "own" in needed):
            doer.mandate = mandate
            return
    if UNHELD in needed and (member is not None or seated) and nobody_facilitates(organisation, doer.at):
        return
    held += seated
    wanted = [RIGHTS[right] for right in needed if right in RIGHTS]
    if SEAT in needed and MEMBER not in needed and not wanted:
        sentence = say("For this you need a seat in the council.")
    elif wanted:
        sentence = say("For this you need a mandate of the assembly: to {right}.", right=wanted[0])
    else:
        sentence = say("Only members can do this.")
    raise NotAllowed(sentence, hidden=member is None and not held)


def rests_on(doer: Doer, organisation: Organisation, right: str) -> bool:
    """Whether a live mandate of the organisation gives the person this right, beyond what the act itself asked for.

    The act then rests on that mandate, whose row stays locked until the transaction ends, as in `permit`.
    """
    mandates = live_mandates(doer.at).filter(person=doer.person, organisation=organisation)
    if doer.token is not None:
        mandates = mandates.filter(pk=doer.token.mandate_id or 0)
    for mandate in mandates.select_for_update(no_key=True).order_by("pk"):
        if right in mandate.rights:
            doer.mandate = mandate
            return True
    return False


def _seated(mandates: QuerySet[Mandate], council: Organisation, at: datetime) -> list[Mandate]:
    """The mandates of bases by which the person has a seat in this council, locked like every other."""
    if council.kind not in HOLDING:
        return []
    seats = live_seats(at).filter(council=council).values_list("mandate", flat=True)
    return list(mandates.filter(pk__in=list(seats)).order_by("pk"))
