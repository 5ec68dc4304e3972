"""Councils: seats that bases give, delegates who cast their members, motions that travel up and down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from solidaria.actions.acting import Already, action, check, refused
from solidaria.actions.clocks import REFERRED_BACK, oblige
from solidaria.actions.council_votes import (
    BACK,
    asked_back,
    bases_of,
    binding,
    own_vote,
    put,
    same_text,
)
from solidaria.actions.decide import MOST_DAYS, open_vote
from solidaria.actions.drafts import new_draft
from solidaria.actions.effects import check_effects, house_rules, seat_faults, take_seat
from solidaria.actions.permit import Doer, NotAllowed, live_mandates, live_seats
from solidaria.core import decide as core
from solidaria.core.problem import Fault, say
from solidaria.core.voting.councils import Split, bound, check_mandate, check_split
from solidaria.records.models import Mandate, Motion, Organisation, Seat, SplitVote
from solidaria.records.models.decide import CARRIED, DRAFT, OPEN, REFERRED, WITHDRAWN

#: Methods whose result says for, against and abstaining, so that it can travel.
TRAVELLING = (*core.FOR_AND_AGAINST, "consent", "council")


# --- seats ---


@action
def give_seat(doer: Doer, mandate: Mandate, *, council: Organisation) -> Seat:
    """The base's place in a council, for the holder of a live delegate mandate that names the council.

    It ends when the mandate ends. A base has one seat in a council: an earlier one ends.
    """
    there = live_seats(doer.at).filter(council=council, mandate=mandate).first()
    if there is not None:
        raise Already(there)
    faults = seat_faults(mandate.organisation, council)
    live = live_mandates(doer.at).filter(pk=mandate.pk, purpose="delegate").exists()
    if not live:
        what = say("A seat needs a delegate's mandate that is in force.")
        faults.append(Fault("", None, "mandate", what, say("Propose a motion that gives one.")))
    elif not _names(mandate, council):
        what = say("The mandate does not name {council}.", council=council.name)
        help = say("Propose a motion that gives a delegate the seat there.")
        faults.append(Fault("", None, "council", what, help))
    check(faults)
    return take_seat(mandate, council, "", doer.at)


def _names(mandate: Mandate, council: Organisation) -> bool:
    said = f"{mandate.instructions} {mandate.decision}".casefold()
    return council.name.casefold() in said or council.code.casefold() in said.split()


# --- the vote ---


def _seat(doer: Doer, motion: Motion, base: str | None) -> tuple[SplitVote, Seat]:
    """The line of the roll on which the delegate acts and the seat, its mandate locked until the transaction ends."""
    seats = live_seats(doer.at).filter(council=motion.organisation_id, mandate__person=doer.person)
    if doer.token is not None:
        seats = seats.filter(mandate=doer.token.mandate_id or 0)
    if base:
        seats = seats.filter(base__code=base)
    rows = SplitVote.objects.filter(motion=motion, base__in=seats.values("base"))
    row = rows.select_for_update(of=("self",)).select_related("base").order_by("base__code").first()
    if row is None:
        raise NotAllowed(say("Your base is not on the roll of this vote."), hidden=False)
    seat = seats.get(base=row.base_id)
    # A recall takes this same row: whichever comes first, no vote counts after a recall.
    if not live_mandates(doer.at).select_for_update(no_key=True).filter(pk=seat.mandate_id).exists():
        raise NotAllowed(say("Your mandate has ended."), hidden=False)
    doer.mandate = seat.mandate
    return row, seat


def _open(motion: Motion, at: datetime) -> None:
    if motion.method != "council" or motion.state != OPEN or motion.closes is None or at >= motion.closes:
        raise refused(None, say("This vote is closed."), say("The result is on the motion's page."))


@action
def cast_split(doer: Doer, motion: Motion, *, votes: Mapping[str, int], base: str | None = None) -> SplitVote:
    """The base's members as it voted: so many for, so many against, so many abstaining; until closing they can be mended.

    votes   for, against and abstain → members; they add up to the members represented
    base    the base's code, for a delegate of several
    Where the base voted on this very motion a vote that differs is refused, with the difference; else the written
    instruction binds; else the motion has to be referred back.
    """
    _open(motion, doer.at)
    row, seat = _seat(doer, motion, base)
    split = Split(row.base.name, row.members, {part: int(count) for part, count in votes.items() if count})
    check(check_split(split))
    binds = binding(motion, row, seat.instruction)
    if binds.voting and binds.vote is not None and binds.vote.closes is not None:
        what = say("{base} is voting on this very motion.", base=row.base.name)
        until = f"{binds.vote.closes:%Y-%m-%d %H:%M} UTC"
        raise refused(None, what, say("Wait until it closes, {until}, and cast what came out.", until=until))
    check(check_mandate(split, binds.mandate))
    return put(row, split.votes, bound(row.members, binds.mandate).because, doer.person)


@action
def refer_back(doer: Doer, motion: Motion, *, base: str | None = None) -> SplitVote:
    """Back to the base, which has neither voted nor instructed: it gets the motion as a draft, and a clock."""
    _open(motion, doer.at)
    row, seat = _seat(doer, motion, base)
    binds = binding(motion, row, seat.instruction)
    must = bound(row.members, binds.mandate)
    if must.votes is not None:
        raise refused(None, must.sentence, say("Cast the members as it says."))
    if asked_back(motion, row.base).exists():
        if asked_back(motion, row.base).filter(met=None, due__gt=doer.at).exists():
            raise Already(row)
        what = say("This motion was referred back to {base} already, and its time is over.", base=row.base.name)
        raise refused(None, what, say("The council can decide without it; the base can still vote."))
    vote = binds.vote or new_draft(
        row.base, motion, doer.at, person=doer.person, verb="refer_back", mandate=doer.mandate
    )
    days = core.number_of(house_rules(motion.organisation), "refer_days")
    oblige(row.base, REFERRED_BACK, doer.at, doer.at + timedelta(days=max(1, days)), motion=vote)
    return row


@action
def open_again(doer: Doer, motion: Motion, *, closes: datetime) -> Motion:
    """Vote anew on a motion that went back to the bases, with the roll and the rules of this day."""
    if motion.state == OPEN:
        raise Already(motion)
    if motion.state != REFERRED or motion.outcome != BACK:
        raise refused(None, say("This motion did not go back to a base."), say("Look at its page."))
    if not doer.at < closes <= doer.at + timedelta(days=MOST_DAYS):
        what = say("A vote stays open for some time, and {days} days at most.", days=MOST_DAYS)
        raise refused("closes", what, say("Choose a later moment, or an earlier one."))
    motion.outcome, motion.result, motion.closed = "", {}, None
    open_vote(motion, doer.at, closes)
    return motion


# --- ratification ---


@action
def ask_for_ratification(doer: Doer, motion: Motion, *, needed: int, by: datetime) -> Motion:
    """The draft takes effect only once so many bases have confirmed the very same text by a day."""
    faults = []
    if motion.state != DRAFT or motion.method != "council":
        what = say("Only a council's draft can be marked so.")
        faults.append(Fault("", None, None, what, say("Propose a motion on which delegates cast their members.")))
    bases = len(bases_of(motion.organisation, doer.at))
    if not 1 <= needed <= bases:
        what = say("Of {bases} bases {needed} cannot confirm.", bases=bases, needed=needed)
        faults.append(Fault("", None, "needed", what, say("Write a number from 1 to {bases}.", bases=bases)))
    if by <= doer.at:
        faults.append(Fault("", None, "by", say("This day has passed."), say("Choose a later day.")))
    check(faults)
    motion.ratify_needed, motion.ratify_by = needed, by
    motion.save(update_fields=["ratify_needed", "ratify_by"])
    return motion


# --- motions travel ---


@action
def carry_down(doer: Doer, motion: Motion) -> Motion:
    """A council's motion becomes a draft in each of its bases, on the very same text, with its origin.

    A base that has it already is left alone. What the bases decide binds their delegates.
    """
    if motion.method != "council" or motion.state not in (DRAFT, OPEN, REFERRED):
        what = say("Only a council's motion that is not decided goes down to the bases.")
        raise refused(None, what, say("Propose a motion on which delegates cast their members."))
    bases = [base for base in bases_of(motion.organisation, doer.at) if own_vote(motion, base) is None]
    if not bases:
        raise Already(motion)
    for base in bases:
        new_draft(base, motion, doer.at, person=doer.person, verb="carry_down", mandate=doer.mandate)
    return motion


@action
def carry_up(
    doer: Doer, motion: Motion, *, council: Organisation, effects: Iterable[Mapping[str, Any]] = ()
) -> Motion:
    """A decision of the base becomes a draft in a council where it has a seat, on the very same text.

    effects   what happens in the council when it is carried there; the base's own effects stay its own
    """
    there = Motion.objects.filter(organisation=council, origin=motion).exclude(state=WITHDRAWN)
    for one in there:
        if same_text(one, motion):
            raise Already(one)
    faults = []
    if motion.state != CARRIED or motion.method not in TRAVELLING:
        what = say("Only what the base has carried, for or against, goes up.")
        faults.append(Fault("", None, None, what, say("Decide it here first.")))
    if not live_seats(doer.at).filter(council=council, base=motion.organisation_id).exists():
        what = say("{base} has no seat in {council}.", base=motion.organisation.name, council=council.name)
        faults.append(Fault("", None, "council", what, say("Give a delegate the seat first.")))
    given = [dict(effect) for effect in effects]
    faults += check_effects(council, given)
    check(faults)
    return new_draft(council, motion, doer.at, effects=given)
