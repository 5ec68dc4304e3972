"""What happens to a council's motion by itself: its roll of bases, what binds each delegate, the count, ratification.

actions/decide.py asks this when a motion opens and closes; what delegates do is in actions/councils.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from solidaria.actions.clocks import RATIFICATION, REFERRED_BACK, oblige
from solidaria.actions.drafts import has_seats, new_draft
from solidaria.actions.effects import apply_effects, current_members, house_rules
from solidaria.actions.permit import HOLDING, live_seats
from solidaria.actions.plan_votes import said_no
from solidaria.core import decide as core
from solidaria.core.problem import Fault, say
from solidaria.core.voting.councils import Mandate, Split, bound
from solidaria.records.models import Act, Motion, Obligation, Organisation, Person, Seat, SplitVote
from solidaria.records.models.decide import CARRIED, DRAFT, LOST, OPEN, REFERRED, WITHDRAWN

#: Outcomes of a motion that is back at the bases.
BACK, TO_RATIFY = "referred", "to ratify"


# --- the roll of a council ---


def represented(base: Organisation, at: datetime, above: frozenset[int] = frozenset()) -> int:
    """How many members a base represents: its roll of that day; of a council, those of its own bases, at any depth.

    A council that sits in itself, by whatever way round, is not counted a second time.
    """
    if base.pk in above:
        return 0
    bases = bases_of(base, at)
    if not bases:
        return len(current_members(base, at.date()))
    return sum(represented(one, at, above | {base.pk}) for one in bases)


def bases_of(council: Organisation, at: datetime) -> list[Organisation]:
    """The organisations whose delegates hold seats in it, by name."""
    if council.kind not in HOLDING:
        return []
    seats = live_seats(at).filter(council=council)
    return list(Organisation.objects.filter(pk__in=seats.values("base")).order_by("name", "pk"))


def delegates_of(council: Organisation, at: datetime) -> list[int]:
    """Who holds a seat in it, each once, by number."""
    return sorted(set(live_seats(at).filter(council=council).values_list("mandate__person", flat=True)))


def electorate(organisation: Organisation, at: datetime) -> list[int]:
    """Who decides in an organisation on that day: its delegates where it has seats, otherwise its roll."""
    return delegates_of(organisation, at) or current_members(organisation, at.date())


def opening_faults(motion: Motion, at: datetime, closes: datetime) -> list[Fault]:
    """What keeps a motion from being opened in a council, or as a council's; empty when nothing does."""
    seats, faults = has_seats(motion.organisation, at), []
    if motion.method == "council" and not seats:
        what = say("Nobody holds a seat here, so there are no members to cast.")
        faults.append(Fault("", None, "method", what, say("Let the bases give seats to their delegates first.")))
    if motion.method != "council" and seats:
        what = say("A council decides by its bases' members: this motion would pass them by.")
        faults.append(Fault("", None, "method", what, say("Choose: delegates cast their members' votes.")))
    if motion.ratify_needed and (motion.ratify_by is None or motion.ratify_by <= closes):
        what = say("The bases would have to confirm before the council has decided.")
        faults.append(Fault("", None, "closes", what, say("Choose a later day for the bases, or close earlier.")))
    return faults


def freeze(motion: Motion, at: datetime) -> list[str]:
    """Write down whom each base represents in this vote; gives back the frozen roll, one line for each base."""
    SplitVote.objects.filter(motion=motion).delete()
    rows = [
        SplitVote(motion=motion, base=base, members=represented(base, at, frozenset({motion.organisation_id})))
        for base in bases_of(motion.organisation, at)
    ]
    SplitVote.objects.bulk_create(rows)
    motion.roll_size = sum(row.members for row in rows)
    return [f"{row.base.code}:{row.members}" for row in rows]


# --- motions of other levels on the very same text ---


def same_text(one: Motion, other: Motion) -> bool:
    """Whether two motions put the very same text to the vote."""
    return one.text == other.text


def own_vote(motion: Motion, base: Organisation) -> Motion | None:
    """The base's own motion on this very motion: carried down from it, or the one it was carried up from.

    Where there are several, one that is decided goes before one that is open, that before a draft, the latest first.
    """
    found = [
        *Motion.objects.filter(origin=motion, organisation=base).exclude(state=WITHDRAWN),
        *Motion.objects.filter(pk=motion.origin_id or 0, organisation=base),
    ]
    order = {CARRIED: 0, LOST: 1, OPEN: 2, REFERRED: 3, DRAFT: 4}
    fitting = [one for one in found if same_text(one, motion)]
    fitting = [one for one in fitting if one.outcome != "not quorate"]
    return min(fitting, key=lambda one: (min(order[one.state], 2), -one.pk), default=None)


@dataclass(frozen=True)
class Binding:
    """What binds the delegate of a base in one vote.

    mandate   as the core reads it
    vote      the base's own motion on the same text, in whatever state
    """

    mandate: Mandate
    vote: Motion | None

    @property
    def voting(self) -> bool:
        """Whether the base is voting on it right now."""
        return self.vote is not None and self.vote.state == OPEN


def binding(motion: Motion, row: SplitVote, instruction: str) -> Binding:
    """What binds a base's delegate: the base's own vote on this very motion, or else its written instruction."""
    vote = own_vote(motion, row.base)
    votes = None
    if vote is not None and vote.state in (CARRIED, LOST):
        tally = {str(part): int(count) for part, count in vote.result.get("tally", ())}
        votes = core.as_the_base_voted(vote.method, tally, row.members)
    return Binding(Mandate(votes, instruction or None), vote)


def instruction_of(motion: Motion, base: Organisation) -> str:
    """The base's written instruction to the delegate who holds its seat, whoever that is now; blank: none."""
    seat = Seat.objects.filter(council=motion.organisation_id, base=base, ended=None).first()
    return seat.instruction if seat is not None else ""


# --- closing ---


def settle(motion: Motion, at: datetime) -> list[SplitVote]:
    """Cast what no delegate has cast where the base itself voted on this very motion; gives back the bases that wait.

    An absent or recalled delegate silences nobody who voted. Waiting are bases to which the motion was referred back
    and whose time for it is not over; once it is, they count as not taking part.
    """
    waiting = []
    for row in SplitVote.objects.filter(motion=motion, cast_by=None).select_related("base"):
        bound_by = binding(motion, row, "").mandate
        if bound_by.base is not None:
            votes = bound(row.members, bound_by).votes
            assert votes is not None
            put(row, votes, "base")
        elif asked_back(motion, row.base).filter(met=None, due__gt=at).exists():
            waiting.append(row)
    return waiting


def put(row: SplitVote, votes: Any, because: str, person: Person | None = None) -> SplitVote:
    """Write a base's votes down."""
    row.votes_for, row.votes_against = votes.get("for", 0), votes.get("against", 0)
    row.votes_abstain, row.because, row.cast_by = votes.get("abstain", 0), because, person
    row.save(update_fields=["votes_for", "votes_against", "votes_abstain", "because", "cast_by"])
    return row


def asked_back(motion: Motion, base: Organisation) -> Any:
    """The obligations of a base to answer a motion that was referred back to it."""
    return Obligation.objects.filter(organisation=base, kind=REFERRED_BACK, motion__origin=motion)


def counted(motion: Motion) -> core.Outcome:
    """Both counts of a council's motion, by members and by organisations, by its frozen terms."""
    rows = list(SplitVote.objects.filter(motion=motion).select_related("base"))
    roll = {row.base.code: row.members for row in rows}
    splits = [
        Split(
            row.base.code,
            row.members,
            {"for": row.votes_for, "against": row.votes_against, "abstain": row.votes_abstain},
        )
        for row in rows
        if row.because in ("base", "instruction")
    ]
    return core.council_outcome(motion.terms, splits, roll)


# --- ratification ---


def start_ratification(motion: Motion, at: datetime) -> None:
    """The council has decided; now enough bases have to confirm the very same text by the date. Effects wait."""
    assert motion.ratify_by is not None
    motion.state, motion.outcome = REFERRED, TO_RATIFY
    motion.save(update_fields=["state", "outcome"])
    confirmed = set(confirmations(motion))
    for row in SplitVote.objects.filter(motion=motion).select_related("base"):
        if row.base_id in confirmed:
            continue
        vote = own_vote(motion, row.base)
        if vote is None or vote.state not in (DRAFT, OPEN, REFERRED):
            vote = new_draft(row.base, motion, at, person=None, verb="carry_down")
        oblige(row.base, RATIFICATION, at, motion.ratify_by, motion=vote)
    _ratify_if_enough(motion, at)


def confirmations(motion: Motion) -> list[int]:
    """The bases, by number, that have carried the very same text, before the council's vote or after it."""
    bases = set(SplitVote.objects.filter(motion=motion).values_list("base", flat=True))
    found = [*Motion.objects.filter(origin=motion, state=CARRIED)]
    found += Motion.objects.filter(pk=motion.origin_id or 0, state=CARRIED)
    return sorted({one.organisation_id for one in found if same_text(one, motion)} & bases)


def confirm(vote: Motion, at: datetime) -> None:
    """A base has carried a motion: where it confirms a council's decision and enough bases have, that takes effect.

    A vote that ended in time counts even if the server closed it later.
    """
    if vote.origin_id is None or vote.outcome != "carried":
        return
    motion = Motion.objects.select_for_update(of=("self",)).get(pk=vote.origin_id)
    ended = min(at, vote.closes) if vote.closes is not None else at
    if motion.outcome == TO_RATIFY and motion.ratify_by is not None and ended <= motion.ratify_by:
        _ratify_if_enough(motion, at)


def _ratify_if_enough(motion: Motion, at: datetime) -> None:
    confirmed = confirmations(motion)
    if len(confirmed) < motion.ratify_needed:
        return
    days = core.number_of(house_rules(motion.organisation), "review_days")
    motion.state, motion.outcome = CARRIED, "carried"
    motion.review = (at + timedelta(days=days)).date() if days else None
    motion.result = {**motion.result, "ratified": confirmed}
    motion.save(update_fields=["state", "outcome", "review", "result"])
    _told(motion, at, "ratify_motion")
    apply_effects(motion, (), at)


def lapse_due(at: datetime) -> int:
    """End decisions that not enough bases confirmed in time; the worker does this. Gives back how many."""
    lapsed = 0
    waiting = Motion.objects.filter(state=REFERRED, outcome=TO_RATIFY, ratify_by__lt=at)
    for number in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            motion = Motion.objects.select_for_update(of=("self",)).get(pk=number)
            if motion.outcome != TO_RATIFY:
                continue
            motion.state, motion.outcome = LOST, "lapsed"
            motion.save(update_fields=["state", "outcome"])
            said_no(motion, at)
            _told(motion, at, "lapse_motion")
            lapsed += 1
    return lapsed


def _told(motion: Motion, at: datetime, verb: str) -> None:
    Act.objects.create(
        at=at,
        person=None,
        organisation=motion.organisation,
        motion=motion,
        verb=verb,
        kind="Motion",
        subject=motion.pk,
        name=motion.title,
        after={"state": motion.state, "outcome": motion.outcome},
    )
