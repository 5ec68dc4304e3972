"""Random courses of events in two unions and their council, step by step beside a small model that knows no database.

The model below was written from the design alone: it keeps rolls, mandates, motions and ballots in plain Python, says of
every step whether it is allowed, and after every step what must be stored. `python3 do.py bench schedules` runs
thousands of courses; here a few hundred steps run in every test run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import seed as use_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from solidaria.actions import assemblies, ballot_box, councils, decide, recall, who, work
from solidaria.actions.permit import Doer, NotAllowed
from solidaria.core.problem import Refused
from solidaria.records.models import (
    Act,
    Belonging,
    HouseRule,
    Mandate,
    Membership,
    Motion,
    Obligation,
    OpenBallot,
    Organisation,
    Person,
    Pile,
    Recall,
    Seat,
    SplitVote,
    Voter,
)

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
#: People 0 to 4 are on the roll of union 0, people 4 to 7 on that of union 1: number 4 is on both. Nobody knows 8.
ROLLS = (range(0, 5), range(4, 8))
EVERYBODY = range(9)
FACILITATOR, TELLER, DELEGATE = "facilitator", "teller", "delegate"
RIGHTS = {FACILITATOR: ["decide.facilitate"], TELLER: ["decide.tell"], DELEGATE: []}
CHOICES = ("for", "against", "abstain")
REFUSED = (Refused, NotAllowed)
#: How often what came about, over all courses: a course in which nothing happens would prove nothing.
REACHED: Counter[str] = Counter()


# --- the model ---


@dataclass
class Held:
    """A mandate: of a union, for a person, from a day to a day, ended or not."""

    union: int
    person: int
    purpose: str
    first: date
    last: date
    ended: datetime | None = None

    def live(self, at: datetime) -> bool:
        """Whether acts count that are done under it."""
        return self.ended is None and self.first <= at.date() <= self.last


@dataclass
class Vote:
    """A motion, from draft to effect. The council is number 2."""

    union: int
    proposer: int | None
    text: str
    effects: list[dict[str, Any]] = field(default_factory=list)
    state: str = "draft"
    outcome: str = ""
    amends: int | None = None
    origin: int | None = None
    recalls: int | None = None
    secret: bool = True
    tracker: bool = False
    closes: datetime | None = None
    roll: set[int] = field(default_factory=set)
    terms: dict[str, Fraction] = field(default_factory=dict)
    ballots: dict[int, str] = field(default_factory=dict)
    nameless: Counter[str] = field(default_factory=Counter)
    receipts: dict[str, str] = field(default_factory=dict)
    codes: dict[str, bool] = field(default_factory=dict)
    hands: dict[str, dict[int, dict[str, int]]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    bases: dict[int, int] = field(default_factory=dict)
    splits: dict[int, dict[str, int]] = field(default_factory=dict)
    needed: int = 0
    by: datetime | None = None
    happened: int = 0

    def total(self) -> int:
        """Ballots that are in, with and without a name."""
        return len(self.ballots) + self.nameless.total()

    def tally(self) -> Counter[str]:
        """How many of each."""
        return Counter(self.ballots.values()) + self.nameless

    def open(self, at: datetime) -> bool:
        """Whether ballots count now."""
        return self.state == "open" and self.closes is not None and at < self.closes


@dataclass
class Petition:
    """A recall: who signed, when its vote opens, what came of it."""

    mandate: int
    needed: int
    signed: set[int]
    opens: datetime | None = None
    motion: int | None = None
    ended: datetime | None = None
    failed: bool = False


def act_of(what: str) -> str:
    """The act without whose it was."""
    return what.partition(" of ")[0] if what[-1].isdigit() else what


def divided(members: int, votes: dict[str, int]) -> dict[str, int]:
    """The members of a base as it voted, the silent ones abstaining; more votes than members shrink in proportion."""
    total = sum(votes.values())
    if total <= members:
        return {**votes, "abstain": votes["abstain"] + members - total}
    exact = {part: Fraction(members * votes[part], total) for part in CHOICES}
    whole = {part: int(exact[part]) for part in CHOICES}
    order = sorted(CHOICES, key=lambda part: (whole[part] - exact[part], CHOICES.index(part)))
    for part in order[: members - sum(whole.values())]:
        whole[part] += 1
    return whole


# --- the machine ---

COUNTS = ({"for": 1}, {"for": 2}, {"against": 1, "for": 1}, {"against": 3}, {"abstain": 9}, {})


class Deciding(RuleBasedStateMachine):
    """Every step tries an act that may or may not be allowed; the model says which, and both go on from there.

    One rule draws the act and who tries it: mostly somebody who can, often enough somebody who cannot. (As rules of
    their own they would be switched off at random, and few courses would ever get from a draft to an effect.)
    """

    @initialize()
    def begin(self) -> None:
        """Two unions with their officers and delegates, and the council in which they sit."""
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.now = START
        self.persons = [Person.objects.create(handle=f"state{number}", name=f"P{number}") for number in EVERYBODY]
        kinds = ("union", "union", "council")
        self.places = [
            Organisation.objects.create(code=f"state-{number}", name=f"Place {number}", kind=kind)
            for number, kind in enumerate(kinds)
        ]
        self.rolls: list[list[tuple[int, date, date | None]]] = [[], []]
        self.held: dict[int, Held] = {}
        self.votes: dict[int, Vote] = {}
        self.petitions: dict[int, Petition] = {}
        self.rules: list[dict[str, str]] = [{}, {}, {}]
        entered = date(2027, 1, 1)
        for union, roll in enumerate(ROLLS):
            for person in roll:
                Membership.objects.create(
                    organisation=self.places[union], person=self.persons[person], entered=entered
                )
                self.rolls[union].append((person, entered, None))
            lead = roll[0]
            for purpose, person in ((FACILITATOR, lead), (TELLER, lead), (TELLER, lead + 1), (DELEGATE, lead + 2)):
                row = Mandate.objects.create(
                    organisation=self.places[union],
                    person=self.persons[person],
                    purpose=purpose,
                    rights=RIGHTS[purpose],
                    starts=entered,
                    ends=date(2027, 12, 31),
                    decision="assembly of January",
                )
                self.held[row.pk] = Held(union, person, purpose, entered, date(2027, 12, 31))
                if purpose == DELEGATE:
                    Belonging.objects.create(
                        network=self.places[2],
                        organisation=self.places[union],
                        asked_by_network=False,
                        agreed=START,
                    )
                    Seat.objects.create(council=self.places[2], base=self.places[union], mandate=row)
            self.draft(union, lead, ("grant", "rule")[union], lead + 3, union)
            self.open(max(self.votes), lead, 3)
        self.propose_in_the_council(ROLLS[1][2], 5)

    def teardown(self) -> None:
        """Nothing stays."""
        for vote in getattr(self, "votes", {}).values():
            kind = "council motion" if vote.union == 2 else "recall" if vote.recalls else "motion"
            REACHED[f"{kind}: {vote.outcome or vote.state}"] += 1
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # --- what the model knows ---

    def doer(self, person: int) -> Doer:
        """Somebody acting now."""
        return Doer(self.persons[person], at=self.now)

    def on_roll(self, union: int, person: int) -> bool:
        """Whether somebody is a member today."""
        today = self.now.date()
        return any(
            who == person and entered <= today and (left is None or left >= today)
            for who, entered, left in self.rolls[union]
        )

    def roll(self, union: int) -> set[int]:
        """Everybody who is a member today."""
        return {person for person in EVERYBODY if self.on_roll(union, person)}

    def stays(self, union: int, person: int) -> bool:
        """Whether somebody is on the roll and has not left it."""
        return any(who == person and left is None for who, _, left in self.rolls[union])

    def holds(self, union: int, person: int, purpose: str) -> bool:
        """Whether somebody has a live mandate for this."""
        return any(
            (one.union, one.person, one.purpose) == (union, person, purpose) and one.live(self.now)
            for one in self.held.values()
        )

    def facilitates(self, union: int, person: int) -> bool:
        """Whether somebody opens votes there: by mandate, or as a member where nobody has one."""
        if union == 2:
            return self.sits(person) is not None
        if self.holds(union, person, FACILITATOR):
            return True
        anybody = any(self.holds(union, one, FACILITATOR) for one in EVERYBODY)
        return not anybody and self.on_roll(union, person)

    def seat(self, union: int) -> Held:
        """The delegate's mandate of a union: the first one given; it is never given anew."""
        return next(one for one in self.held.values() if (one.union, one.purpose) == (union, DELEGATE))

    def sits(self, person: int) -> int | None:
        """For which union somebody sits in the council now, the first by its code."""
        return next(
            (union for union in (0, 1) if self.seat(union).person == person and self.seat(union).live(self.now)),
            None,
        )

    def attempt(self, expected: bool, what: str, act: Callable[[], Any]) -> Any:
        """Do it; it must be let through exactly when the model says so. None when it was refused."""
        try:
            with transaction.atomic():
                done = act()
        except REFUSED as refusal:
            assert not expected, f"{what} was refused: {refusal}"
            REACHED[f"{act_of(what)} refused"] += 1
            return None
        assert expected, f"{what} was let through"
        REACHED[act_of(what)] += 1
        return done if done is not None else True

    # --- what happens next ---

    @rule(seed=st.integers(0, 2**32 - 1))
    def something_happens(self, seed: int) -> None:
        """One act of somebody, or time passes."""
        chance = Random(seed)
        states = Counter(
            ("council " if vote.union == 2 else "") + ("open" if vote.open(self.now) else vote.state)
            for vote in self.votes.values()
        )
        codes = any(vote.codes for vote in self.votes.values())
        ready = [
            pk for pk, vote in self.votes.items() if vote.union == 2 and vote.open(self.now) and self.waits(pk)
        ]
        weights = {
            self.draft: 4 if len(self.votes) < 12 else 1,
            self.amend: 1 if states["draft"] else 0,
            self.withdraw: 1 if states["draft"] else 0,
            self.open: 6 if states["draft"] + states["council draft"] else 1,
            self.vote: 12 if states["open"] else 1,
            self.vote_together: 4 if states["open"] else 0,
            self.vote_by_voice: 3 if states["open"] else 0,
            self.print_codes: 2 if states["open"] else 0,
            self.vote_with_a_code: 3 if codes else 0,
            self.count_paper: 4 if states["open"] else 0,
            self.close: 4 if states["open"] else 1,
            self.time_passes: 3,
            self.leave: 1,
            self.act_under_a_mandate: 2,
            self.petition: 2,
            self.sign: 3 if any(one.opens is None and not one.ended for one in self.petitions.values()) else 0,
            self.propose_in_the_council: 2 if not states["council draft"] + states["council open"] else 0,
            self.ask_the_bases_to_confirm: 2 if states["council draft"] else 0,
            self.carry_down: 3 if states["council draft"] + states["council open"] else 0,
            self.cast_the_base: 12 if ready else 1 if states["council open"] else 0,
        }
        acts = [act for act, weight in weights.items() for _ in range(weight)]
        self.do(chance.choice(acts), chance)

    def waits(self, pk: int) -> list[int]:
        """The bases that have voted on a motion of the council, and whose delegates have not cast that yet."""
        vote, found = self.votes[pk], []
        for union in set(vote.bases) - set(vote.splits):
            own = self.own_vote(pk, union)
            if own is not None and own.state in ("carried", "lost") and own.total():
                found.append(union)
        return found

    def do(self, act: Any, chance: Random) -> None:
        """Draw what the act needs, and do it."""

        def one_of(right: Any, others: Any) -> Any:
            """Mostly one of the right ones, if there are any."""
            right = [*right]
            return chance.choice(right if right and chance.random() < 0.85 else [*others])

        def able(purpose: str, union: int) -> list[int]:
            return [person for person in EVERYBODY if self.holds(union, person, purpose)]

        union, at = chance.choice((0, 1)), chance.randint(0, 99)
        on_roll = sorted(self.roll(union))
        delegates = [person for person in EVERYBODY if self.sits(person) is not None]
        ballot = chance.choice(("for", "for", *CHOICES))
        running = [pk for pk, vote in self.votes.items() if vote.open(self.now) and vote.union != 2]
        drafts = [pk for pk, vote in self.votes.items() if vote.state == "draft"]
        any_motion = sorted(self.votes)
        if act == self.time_passes:
            act(
                chance.choice(
                    [1, 5, 30, 30, 73, 73, 73, 24 * 8, 24 * 8, 24 * 8, 24 * 20, 24 * 20, 24 * 40, 24 * 120]
                )
            )
        elif act == self.draft:
            kinds = ["nothing", "grant", "grant", "end", "admit", "release", "rule", "rule"]
            kind = chance.choice(kinds)
            act(union, one_of(on_roll, EVERYBODY), kind, one_of(on_roll, EVERYBODY), at)
        elif act == self.leave:
            act(union, chance.choice(range(8)))
        elif act == self.act_under_a_mandate:
            act(union, one_of({held.person for held in self.held.values()}, EVERYBODY))
        elif act == self.petition or act == self.sign:
            act(one_of(on_roll, EVERYBODY), at)
        elif act == self.propose_in_the_council:
            act(one_of(delegates, EVERYBODY), at)
        elif act == self.vote_with_a_code:
            act(at, ballot)
        elif not any_motion:
            return
        elif act in (self.ask_the_bases_to_confirm, self.carry_down, self.cast_the_base):
            council = [pk for pk, vote in self.votes.items() if vote.union == 2]
            fresh = [pk for pk in council if self.votes[pk].state == "draft" or self.votes[pk].open(self.now)]
            if act == self.cast_the_base:
                fresh = [pk for pk in fresh if self.waits(pk)]
            pk = one_of(fresh, council)
            if act == self.ask_the_bases_to_confirm:
                proposer = [one for one in [self.votes[pk].proposer] if one is not None]
                days = chance.choice([10, 60])
                act(pk, one_of(proposer, EVERYBODY), chance.choice((1, 2)), days)
            elif act == self.carry_down:
                act(pk, one_of(delegates, EVERYBODY))
            else:
                shares = tuple(chance.randint(0, 5) for _ in CHOICES)
                decided = [self.seat(union).person for union in self.waits(pk)]
                act(pk, one_of(decided, delegates or EVERYBODY), shares, one_of([True], [False]))
        else:
            # What came down from the council first: its time is short, and much depends on it.
            early = [pk for pk in (drafts if act == self.open else running) if self.votes[pk].origin is not None]
            plain = drafts if act in (self.amend, self.withdraw, self.open) else running
            pk = one_of([*plain, *early, *early, *early], any_motion)
            vote = self.votes[pk]
            roll, place = sorted(vote.roll), vote.union
            tellers = able(TELLER, place) if place != 2 else []
            if act == self.open:
                days = 20 if place == 2 else chance.choice([1, 3, 3, 20, 61])
                act(pk, one_of([one for one in EVERYBODY if self.facilitates(place, one)], EVERYBODY), days)
            elif act == self.amend:
                act(pk, one_of(self.roll(place) if place != 2 else [], EVERYBODY))
            elif act == self.withdraw:
                act(pk, one_of([one for one in [vote.proposer] if one is not None], EVERYBODY))
            elif act == self.vote:
                act(pk, one_of([one for one in roll if one not in vote.ballots], EVERYBODY), ballot)
            elif act == self.vote_together:
                who = [chance.choice([*roll, *roll, *EVERYBODY]) for _ in range(chance.randint(2, 9))]
                act(pk, [(one, chance.choice(CHOICES)) for one in who])
            elif act == self.vote_by_voice:
                act(pk, one_of(tellers, EVERYBODY), one_of(roll, EVERYBODY), ballot)
            elif act == self.print_codes:
                act(pk, one_of(tellers, EVERYBODY), chance.randint(1, 3))
            elif act == self.count_paper:
                known = [counts for one in vote.hands.values() for counts in one.values()]
                batch = chance.choice(("hands", "hands", "box"))
                act(pk, one_of(tellers, EVERYBODY), batch, one_of(known, COUNTS))
            else:
                act(pk, one_of(able(FACILITATOR, place) if place != 2 else [], EVERYBODY))

    # --- the clock ---

    def time_passes(self, hours: int) -> None:
        """The worker comes by: votes on recalls open, votes close, decisions that nobody confirmed lapse."""
        self.now += timedelta(hours=hours)
        work.clocks(self.now)
        due = sorted(
            (pk for pk, vote in self.votes.items() if vote.state == "open" and vote.closes <= self.now),  # type: ignore[operator]
            key=lambda pk: (self.votes[pk].closes, pk),
        )
        for number, petition in self.petitions.items():
            if petition.ended or petition.motion or petition.opens is None or petition.opens > self.now:
                continue
            row = Recall.objects.get(pk=number)
            if not self.held[petition.mandate].live(self.now):
                petition.ended = self.now
                assert row.motion is None and row.ended == self.now
                continue
            assert row.motion is not None, "the vote on a recall opens by itself"
            petition.motion = row.motion_id
            union = self.held[petition.mandate].union
            effects = [{"kind": "end_mandate_by_decision", "mandate": petition.mandate}]
            vote = Vote(union, None, row.motion.text, effects, recalls=number)
            self.votes[row.motion.pk] = vote
            self.opens(row.motion.pk, self.now + timedelta(days=7))
        for pk in due:
            self.closes(pk)
        for vote in self.votes.values():
            if vote.outcome == "to ratify" and vote.by is not None and vote.by < self.now:
                vote.state, vote.outcome = "lost", "lapsed"

    # --- before the vote ---

    def wanted(self, union: int, kind: str, person: int, at: int) -> tuple[list[dict[str, Any]], bool]:
        """An effect, and whether it can be proposed and opened today."""
        one = self.persons[person].pk
        if kind == "grant":
            purpose = (FACILITATOR, TELLER)[at % 2]
            effect = {"kind": "grant_mandate", "person": one, "purpose": purpose}
            return [effect], self.can_hold(union, person, purpose)
        if kind == "end":
            mandates = [pk for pk, held in self.held.items() if held.union == union]
            mandate = mandates[at % len(mandates)]
            effect = {"kind": "end_mandate_by_decision", "mandate": mandate}
            return [effect], self.held[mandate].ended is None
        if kind == "admit":
            return [{"kind": "admit_member", "person": one}], True
        if kind == "release":
            return [{"kind": "release_member", "person": one}], self.stays(union, person)
        rules = (("quorum", "1/2"), ("quorum", "0"), ("secret", "no"), ("secret", "yes"), ("tracker", "yes"))
        name, value = rules[at % len(rules)]
        return [{"kind": "adopt_house_rule", "rule": name, "value": value}], True

    def can_hold(self, union: int, person: int, purpose: str) -> bool:
        """On the roll, and not already twice in a row the holder."""
        terms = [
            held.person
            for _, held in sorted(self.held.items(), key=lambda pair: (pair[1].first, pair[0]), reverse=True)
            if (held.union, held.purpose) == (union, purpose)
        ]
        return self.stays(union, person) and terms[:2] != [person, person]

    def possible(self, vote: Vote) -> bool:
        """Whether everything a motion would do can be opened today."""
        for effect in vote.effects:
            person = next((number for number, one in enumerate(self.persons) if one.pk == effect.get("person")), 0)
            if effect["kind"] == "grant_mandate" and not self.can_hold(vote.union, person, effect["purpose"]):
                return False
            if effect["kind"] == "release_member" and not self.stays(vote.union, person):
                return False
            if effect["kind"] == "end_mandate_by_decision" and self.held[effect["mandate"]].ended is not None:
                return False
        return True

    def draft(self, union: int, by: int, kind: str, person: int, at: int) -> None:
        """A member proposes a motion."""
        effects, can_be = ([], True) if kind == "nothing" else self.wanted(union, kind, person, at)
        text = f"We decide number {len(self.votes)}."
        made = self.attempt(
            self.on_roll(union, by) and can_be,
            f"a motion to {kind}",
            lambda: decide.propose_motion(
                self.doer(by), self.places[union], title="A motion", text=text, effects=effects
            ),
        )
        if made:
            self.votes[made.pk] = Vote(union, by, text, effects)

    def amend(self, pk: int, by: int) -> None:
        """A member proposes another text for a draft."""
        vote = self.votes[pk]
        if vote.union == 2:
            return
        text = f"We decide otherwise, number {len(self.votes)}."
        expected = self.on_roll(vote.union, by) and vote.state == "draft" and vote.amends is None
        made = self.attempt(
            expected and not self.owed(pk),
            "an amendment",
            lambda: decide.propose_motion(
                self.doer(by),
                self.places[vote.union],
                title="An amendment",
                text=text,
                amends=Motion.objects.get(pk=pk),
            ),
        )
        if made:
            self.votes[made.pk] = Vote(vote.union, by, text, amends=pk)

    def owed(self, pk: int) -> bool:
        """Whether a base has to answer this very text to its council."""
        vote = self.votes[pk]
        above = self.votes.get(vote.origin or 0)
        return (
            above is not None
            and above.outcome == "to ratify"
            and vote.state in ("draft", "open")
            and (vote.outcome != "not quorate")
        )

    def withdraw(self, pk: int, by: int) -> None:
        """Who proposed a draft, or a facilitator, takes it back."""
        vote = self.votes[pk]
        if not (vote.state == "draft" and vote.union != 2 and vote.origin is None):
            return
        own = by == vote.proposer and self.on_roll(vote.union, by)
        own = own or (by == vote.proposer and self.any_mandate(vote.union, by))
        expected = own or self.holds(vote.union, by, FACILITATOR)
        motion = Motion.objects.get(pk=pk)
        if self.attempt(expected, "withdrawing", lambda: decide.withdraw_motion(self.doer(by), motion)):
            vote.state = "withdrawn"

    def any_mandate(self, union: int, person: int) -> bool:
        """Whether somebody holds whatever mandate of this union."""
        return any(self.holds(union, person, purpose) for purpose in RIGHTS)

    def open(self, pk: int, by: int, days: int) -> None:
        """A facilitator opens a vote: the roll and the terms of this day are frozen."""
        vote = self.votes[pk]
        if vote.state not in ("draft", "draft", "withdrawn", "lost"):
            return
        closes = self.now + timedelta(days=days)
        waits = any(one.amends == pk and one.state in ("draft", "open") for one in self.votes.values())
        expected = self.facilitates(vote.union, by) and vote.state == "draft" and not waits and days <= 60
        expected = expected and self.possible(vote)
        if vote.union == 2:
            expected = expected and not (vote.needed and vote.by <= closes)  # type: ignore[operator]
        motion = Motion.objects.get(pk=pk)
        if self.attempt(expected, "opening", lambda: decide.open_motion(self.doer(by), motion, closes=closes)):
            self.opens(pk, closes)

    def opens(self, pk: int, closes: datetime) -> None:
        """What is frozen."""
        vote = self.votes[pk]
        rules = self.rules[vote.union]
        vote.state, vote.closes = "open", closes
        vote.terms = {"quorum": Fraction(rules.get("quorum", "0"))}
        if vote.union == 2:
            vote.bases = {union: len(self.roll(union)) for union in (0, 1) if self.seat(union).live(self.now)}
            vote.secret = False
            return
        vote.secret = rules.get("secret", "yes") == "yes"
        vote.tracker = vote.secret and rules.get("tracker", "no") == "yes"
        vote.roll = self.roll(vote.union)

    # --- ballots ---

    def may_cast(self, vote: Vote, person: int) -> bool:
        """On the frozen roll, open; a secret ballot once; never more ballots than members."""
        if vote.union == 2 or person not in vote.roll or not vote.open(self.now):
            return False
        if person in vote.ballots:
            return not vote.secret
        return vote.total() < len(vote.roll)

    def vote(self, pk: int, person: int, ballot: str) -> None:
        """A member votes, or changes an open ballot, or tries once more."""
        vote = self.votes[pk]
        if not (vote.union != 2 and vote.state != "draft"):
            return
        receipt = self.attempt(
            self.may_cast(vote, person),
            f"a ballot of {person}",
            lambda: decide.cast_ballot(self.doer(person), pk, ballot),
        )
        if receipt:
            vote.ballots[person] = ballot
            if vote.tracker:
                vote.receipts[receipt] = ballot

    def vote_together(self, pk: int, cast: list[tuple[int, str]]) -> None:
        """Secret ballots that share one commit: some of the same person, some of nobody on the roll."""
        vote = self.votes[pk]
        if not (vote.secret and not vote.tracker and vote.state == "open"):
            return
        batch = [ballot_box.Waiting(self.doer(person), pk, ballot) for person, ballot in cast]
        ballot_box.put_in(batch)
        for one, (person, ballot) in zip(batch, cast, strict=True):
            error = one.answer.exception(0)
            assert error is None or isinstance(error, REFUSED), error
            assert (error is None) == self.may_cast(vote, person), f"{person} was told {error}"
            if error is None:
                vote.ballots[person] = ballot

    def vote_by_voice(self, pk: int, by: int, person: int, ballot: str) -> None:
        """A teller enters an open ballot for a member."""
        vote = self.votes[pk]
        if not (vote.state == "open" and vote.union != 2):
            return
        expected = self.holds(vote.union, by, TELLER) and not vote.secret and self.may_cast(vote, person)
        motion = Motion.objects.get(pk=pk)
        if self.attempt(
            expected,
            "a ballot by voice",
            lambda: decide.vote_by_voice(self.doer(by), motion, person=self.persons[person].pk, ballot=ballot),
        ):
            vote.ballots[person] = ballot

    def print_codes(self, pk: int, by: int, how_many: int) -> None:
        """A teller prints codes for members without a device."""
        vote = self.votes[pk]
        if not (vote.state == "open" and vote.union != 2):
            return
        out = sum(not used for used in vote.codes.values())
        room = len(vote.roll) - vote.total() - out
        expected = self.holds(vote.union, by, TELLER) and vote.secret and vote.open(self.now) and how_many <= room
        codes: list[str] = []
        motion = Motion.objects.get(pk=pk)
        if self.attempt(
            expected,
            "printing codes",
            lambda: decide.print_voting_codes(self.doer(by), motion, how_many=how_many, codes=codes),
        ):
            assert len(codes) == how_many
            vote.codes.update(dict.fromkeys(codes, False))

    def vote_with_a_code(self, at: int, ballot: str) -> None:
        """Somebody uses a printed code, perhaps for the second time."""
        found = [(vote, code) for vote in self.votes.values() for code in vote.codes]
        if not found:
            return
        vote, code = found[at % len(found)]
        expected = vote.open(self.now) and not vote.codes[code] and vote.total() < len(vote.roll)
        if self.attempt(expected, "a code", lambda: decide.cast_with_code(self.now, code, ballot)):
            vote.codes[code] = True
            vote.nameless[ballot] += 1

    def count_paper(self, pk: int, by: int, batch: str, counts: dict[str, int]) -> None:
        """A teller counts hands: taken once a second teller says the same."""
        vote = self.votes[pk]
        if not (vote.state == "open" and vote.union != 2):
            return
        others = [one for teller, one in vote.hands.get(batch, {}).items() if teller != by]
        expected = self.holds(vote.union, by, TELLER) and vote.open(self.now) and bool(counts)
        expected = expected and batch not in vote.taken
        takes = bool(others)
        if expected and takes:
            expected = others[0] == counts and vote.total() + sum(counts.values()) <= len(vote.roll)
        motion = Motion.objects.get(pk=pk)
        row = self.attempt(
            expected,
            "a count of hands",
            lambda: decide.enter_paper_count(self.doer(by), motion, batch=batch, counts=counts),
        )
        if row:
            assert row.taken == takes, "a count is taken when two tellers agree, and only then"
            vote.hands.setdefault(batch, {})[by] = counts
            if takes:
                vote.taken.add(batch)
                vote.nameless.update(counts)

    # --- closing ---

    def close(self, pk: int, by: int) -> None:
        """A facilitator closes a vote early; closing what is closed changes nothing."""
        vote = self.votes[pk]
        if not (vote.union != 2 and vote.state != "draft"):
            return
        member = self.on_roll(vote.union, by)
        running = vote.state == "open"
        expected = member and (not running or (self.holds(vote.union, by, FACILITATOR) and vote.recalls is None))
        motion = Motion.objects.get(pk=pk)
        if self.attempt(expected, "closing", lambda: decide.close_motion(self.doer(by), motion)) and running:
            self.closes(pk)

    def closes(self, pk: int) -> None:
        """Count, and do what was decided."""
        vote = self.votes[pk]
        if vote.union == 2:
            self.council_closes(pk)
            return
        tally = vote.tally()
        if vote.total() < vote.terms["quorum"] * len(vote.roll):
            vote.state, vote.outcome = "lost", "not quorate"
        else:
            carried = tally["for"] > tally["against"]
            vote.state = vote.outcome = "carried" if carried else "lost"
        if vote.state == "carried":
            if vote.amends is not None and self.votes[vote.amends].state == "draft":
                self.votes[vote.amends].text = vote.text
            self.happens(vote)
            if vote.origin is not None:
                self.confirms(pk)
        if vote.recalls is not None:
            petition = self.petitions[vote.recalls]
            petition.ended, petition.failed = self.now, vote.state != "carried"

    def happens(self, vote: Vote) -> None:
        """The effects of a carried motion, once."""
        vote.happened += 1
        union = vote.union
        for effect in vote.effects:
            person = next((number for number, one in enumerate(self.persons) if one.pk == effect.get("person")), 0)
            if effect["kind"] == "adopt_house_rule":
                self.rules[union][effect["rule"]] = effect["value"]
            elif effect["kind"] == "grant_mandate":
                row = Mandate.objects.exclude(pk__in=self.held).get(
                    organisation=self.places[union], person=self.persons[person], purpose=effect["purpose"]
                )
                first = self.now.date()
                self.held[row.pk] = Held(
                    union, person, effect["purpose"], first, first.replace(year=first.year + 1)
                )
            elif effect["kind"] == "end_mandate_by_decision":
                self.held[effect["mandate"]].ended = self.held[effect["mandate"]].ended or self.now
            elif effect["kind"] == "admit_member":
                if not self.stays(union, person):
                    self.rolls[union].append((person, self.now.date(), None))
            elif effect["kind"] == "release_member" and self.stays(union, person):
                self.leaves(union, person)

    # --- the roll ---

    def leave(self, union: int, person: int) -> None:
        """A member leaves: off the roll from tomorrow on, without mandates from now on."""
        if not self.stays(union, person):
            return
        self.attempt(
            self.on_roll(union, person),
            "leaving",
            lambda: who.leave_organisation(self.doer(person), self.places[union]),
        )
        self.leaves(union, person)

    def leaves(self, union: int, person: int) -> None:
        """The last day on the roll is today."""
        self.rolls[union] = [
            (one, entered, self.now.date() if one == person and left is None else left)
            for one, entered, left in self.rolls[union]
        ]
        for held in self.held.values():
            if (held.union, held.person) == (union, person) and held.ended is None:
                held.ended = self.now

    # --- mandates and recalls ---

    def act_under_a_mandate(self, union: int, person: int) -> None:
        """Somebody calls an assembly: only a facilitator whose mandate is in force can."""
        self.attempt(
            self.holds(union, person, FACILITATOR),
            f"an act of {person}",
            lambda: assemblies.call_assembly(
                self.doer(person), self.places[union], name="Assembly", starts=self.now + timedelta(days=30)
            ),
        )

    def petition(self, by: int, at: int) -> None:
        """A member opens a recall, with a reason."""
        mandates = sorted(self.held)
        mandate = mandates[at % len(mandates)]
        held = self.held[mandate]
        ours = [one for one in self.petitions.values() if one.mandate == mandate]
        pause = max((one.ended for one in ours if one.failed and one.ended), default=None)
        expected = (
            held.live(self.now)
            and held.person != by
            and self.on_roll(held.union, by)
            and all(one.ended for one in ours)
            and (pause is None or self.now >= pause + timedelta(days=90))
        )
        row = Mandate.objects.get(pk=mandate)
        made = self.attempt(
            expected, "a recall", lambda: recall.open_recall(self.doer(by), row, why="He sold the tools.")
        )
        if made:
            needed = max(1, -(-len(self.roll(held.union)) // 5))
            self.petitions[made.pk] = Petition(mandate, needed, {by})
            self.signed(made.pk)

    def sign(self, by: int, at: int) -> None:
        """One more signature."""
        if not self.petitions:
            return
        number = sorted(self.petitions)[at % len(self.petitions)]
        petition = self.petitions[number]
        held = self.held[petition.mandate]
        expected = (
            self.on_roll(held.union, by) and not petition.ended and petition.motion is None and held.person != by
        )
        row = Recall.objects.get(pk=number)
        if self.attempt(expected, "a signature", lambda: recall.sign_recall(self.doer(by), row)):
            petition.signed.add(by)
            self.signed(number)

    def signed(self, number: int) -> None:
        """With the last signature that is needed the notice begins."""
        petition = self.petitions[number]
        if petition.opens is None and len(petition.signed) >= petition.needed:
            petition.opens = self.now + timedelta(days=3)

    # --- the council ---

    def propose_in_the_council(self, by: int, at: int) -> None:
        """A delegate proposes a motion of the council."""
        text = f"The council decides number {len(self.votes)}."
        effect = {"kind": "adopt_house_rule", "rule": "review_days", "value": str(300 + at)}
        made = self.attempt(
            self.sits(by) is not None,
            "a motion of the council",
            lambda: decide.propose_motion(
                self.doer(by), self.places[2], title="A motion", text=text, method="council", effects=[effect]
            ),
        )
        if made:
            self.votes[made.pk] = Vote(2, by, text, [effect])

    def ask_the_bases_to_confirm(self, pk: int, by: int, needed: int, days: int) -> None:
        """Who proposed it marks it for ratification."""
        vote = self.votes[pk]
        if vote.union != 2:
            return
        sits = sum(self.seat(union).live(self.now) for union in (0, 1))
        expected = by == vote.proposer and self.sits(by) is not None and vote.state == "draft" and needed <= sits
        motion = Motion.objects.get(pk=pk)
        day = self.now + timedelta(days=days)
        if self.attempt(
            expected,
            "asking the bases to confirm",
            lambda: councils.ask_for_ratification(self.doer(by), motion, needed=needed, by=day),
        ):
            vote.needed, vote.by = needed, day

    def in_base(self, pk: int, union: int) -> list[tuple[int, Vote]]:
        """A base's own motions on this very text, that count as its own."""
        return [
            (number, vote)
            for number, vote in self.votes.items()
            if vote.origin == pk
            and vote.union == union
            and vote.state != "withdrawn"
            and vote.text == self.votes[pk].text
            and vote.outcome != "not quorate"
        ]

    def own_vote(self, pk: int, union: int) -> Vote | None:
        """What a base decided on this very motion, or is deciding, or could decide."""
        order = {"carried": 0, "lost": 1, "open": 2, "draft": 2}
        found = self.in_base(pk, union)
        return min(found, key=lambda pair: (order[pair[1].state], -pair[0]))[1] if found else None

    def carry_down(self, pk: int, by: int) -> None:
        """A delegate brings a motion of the council to the bases."""
        vote = self.votes[pk]
        if vote.union != 2:
            return
        expected = self.sits(by) is not None and vote.state in ("draft", "open", "referred")
        motion = Motion.objects.get(pk=pk)
        if self.attempt(expected, "carrying down", lambda: councils.carry_down(self.doer(by), motion)):
            self.new_drafts(pk, [union for union in (0, 1) if self.seat(union).live(self.now)])

    def new_drafts(self, pk: int, unions: list[int], *, anew: bool = False) -> None:
        """Drafts on the very same text in the bases that have none; anew: in those that have decided on it, too."""
        for union in unions:
            if anew or self.own_vote(pk, union) is None:
                row = Motion.objects.exclude(pk__in=self.votes).get(origin=pk, organisation=self.places[union])
                assert row.text == self.votes[pk].text
                self.votes[row.pk] = Vote(union, None, row.text, origin=pk)

    def cast_the_base(self, pk: int, by: int, shares: tuple[int, int, int], truly: bool) -> None:
        """A delegate casts the base's members: as the base voted, or otherwise."""
        vote = self.votes[pk]
        if not (vote.union == 2 and vote.state != "draft"):
            return
        union = self.sits(by)
        votes = dict(zip(CHOICES, shares, strict=True))
        expected, must = False, None
        if union is not None and union in vote.bases:
            own = self.own_vote(pk, union)
            if own is not None and own.state in ("carried", "lost") and own.total():
                tally = own.tally()
                must = divided(vote.bases[union], {part: tally[part] for part in CHOICES})
            if truly and must is not None:
                votes = must
            expected = vote.open(self.now) and must is not None and votes == must
        motion = Motion.objects.get(pk=pk)
        if self.attempt(expected, "a split vote", lambda: councils.cast_split(self.doer(by), motion, votes=votes)):
            assert union is not None
            vote.splits[union] = votes

    def council_closes(self, pk: int) -> None:
        """Both counts; a base that voted and whose delegate is silent counts as it voted."""
        vote = self.votes[pk]
        for union, size in vote.bases.items():
            own = self.own_vote(pk, union)
            if union not in vote.splits and own is not None and own.state in ("carried", "lost") and own.total():
                tally = own.tally()
                vote.splits[union] = divided(size, {part: tally[part] for part in CHOICES})
        by_members = sum((Counter(split) for split in vote.splits.values()), Counter())
        ayes = sum(split["for"] > split["against"] for split in vote.splits.values())
        noes = sum(split["for"] < split["against"] for split in vote.splits.values())
        carried = by_members["for"] > by_members["against"] and ayes > noes
        vote.state = vote.outcome = "carried" if carried else "lost"
        if not carried:
            return
        if vote.needed:
            vote.state, vote.outcome = "referred", "to ratify"
            asked = set(vote.bases) - self.confirmed(pk)
            pending = {
                union for union in asked if (own := self.own_vote(pk, union)) and own.state in ("draft", "open")
            }
            # A base that has voted it down is asked once more: now it is the council's decision.
            self.new_drafts(pk, sorted(asked - pending), anew=True)
            self.ratify_if_enough(pk)
        else:
            self.happens(vote)

    def confirmed(self, pk: int) -> set[int]:
        """The bases that have carried the very same text."""
        return {
            union
            for union in self.votes[pk].bases
            if any(vote.state == "carried" for _, vote in self.in_base(pk, union))
        }

    def confirms(self, pk: int) -> None:
        """A base has carried what came from the council: in time it counts."""
        above = self.votes.get(self.votes[pk].origin or 0)
        ended = min(self.now, self.votes[pk].closes or self.now)
        if above is not None and above.outcome == "to ratify" and above.by is not None and ended <= above.by:
            self.ratify_if_enough(self.votes[pk].origin or 0)

    def ratify_if_enough(self, pk: int) -> None:
        """With enough bases the council's decision takes effect."""
        vote = self.votes[pk]
        if len(self.confirmed(pk)) >= vote.needed:
            vote.state = vote.outcome = "carried"
            self.happens(vote)

    # --- what must hold after every step ---

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        """States, texts, counts, effects, rolls, mandates."""
        if not hasattr(self, "votes"):
            return
        kept = ("pk", "state", "text", "roll_size", "secret", "tracker")
        rows = {row.pk: row for row in Motion.objects.values_list(*kept, named=True)}
        assert set(rows) == set(self.votes)
        for pk, vote in self.votes.items():
            row = rows[pk]
            assert (row.state, row.text) == (vote.state, vote.text), f"motion {pk}: {row.state}, not {vote.state}"
            if vote.state != "draft" and vote.state != "withdrawn" and vote.union != 2:
                assert row.roll_size == len(vote.roll)
                assert (row.secret, row.tracker) == (vote.secret, vote.tracker)
        live = {pk: found for pk, *found in Mandate.objects.values_list("pk", "ended", "starts", "ends")}
        assert live == {pk: [one.ended, one.first, one.last] for pk, one in self.held.items()}
        number_of = {one.pk: number for number, one in enumerate(self.persons)}
        stored: list[list[tuple[int, date, date | None]]] = [[], []]
        union_of = {self.places[union].pk: union for union in (0, 1)}
        for union, person, entered, left in Membership.objects.filter(organisation__in=union_of).values_list(
            "organisation", "person", "entered", "left"
        ):
            stored[union_of[union]].append((number_of[person], entered, left))
        assert [sorted(roll, key=str) for roll in stored] == [sorted(roll, key=str) for roll in self.rolls]

    @invariant()
    def every_ballot_counts_once_and_for_a_member_of_the_frozen_roll(self) -> None:
        """One ballot each, none after closing, the count is that of the model."""
        if not hasattr(self, "votes"):
            return
        number_of = {one.pk: number for number, one in enumerate(self.persons)}
        marks: dict[int, dict[int, bool]] = {pk: {} for pk in self.votes}
        for motion, person, voted in Voter.objects.values_list("motion", "person", "voted"):
            assert number_of[person] not in marks[motion]
            marks[motion][number_of[person]] = voted
        named: dict[int, dict[int, str]] = {pk: {} for pk in self.votes}
        for motion, person, ballot in OpenBallot.objects.values_list("motion", "person", "ballot"):
            named[motion][number_of[person]] = json.loads(ballot)
        piles: dict[int, Counter[str]] = {pk: Counter() for pk in self.votes}
        trackers: dict[int, dict[str, list[str]]] = {pk: {} for pk in self.votes}
        for motion, ballot, count, found in Pile.objects.values_list("motion", "ballot", "count", "trackers"):
            piles[motion][json.loads(ballot)] += count
            trackers[motion][json.loads(ballot)] = found
        splits: dict[int, dict[int, dict[str, int]]] = {pk: {} for pk in self.votes}
        for row in SplitVote.objects.exclude(because=""):
            union = self.places.index(row.base)
            splits[row.motion_id][union] = dict(
                zip(CHOICES, (row.votes_for, row.votes_against, row.votes_abstain), strict=True)
            )
            assert sum(splits[row.motion_id][union].values()) == row.members, "the parts add up to the members"
        results = dict(
            Motion.objects.filter(state__in=["carried", "lost", "referred"]).values_list("pk", "result")
        )
        for pk, vote in self.votes.items():
            assert set(marks[pk]) == vote.roll
            assert {one for one, voted in marks[pk].items() if voted} == set(vote.ballots)
            assert vote.total() <= len(vote.roll), "never more ballots than members"
            if vote.union == 2:
                assert splits[pk] == vote.splits
            elif vote.secret:
                assert not named[pk], "a secret ballot has no name"
                assert +piles[pk] == +vote.tally()
                for receipt, ballot in vote.receipts.items():
                    assert receipt in trackers[pk][ballot], "every receipt is found on its pile"
            else:
                assert named[pk] == vote.ballots
                assert +piles[pk] == +vote.nameless
            if vote.union != 2 and pk in results:
                counted = Counter({part: count for part, count in results[pk]["tally"] if count})
                assert counted == +vote.tally() and results[pk]["ballots"] == vote.total()

    @invariant()
    def what_was_decided_happened_once(self) -> None:
        """Effects exactly once, each naming its decision; nothing else in the name of one."""
        if not hasattr(self, "votes"):
            return
        told: Counter[int] = Counter()
        verbs = ("grant_mandate", "end_mandate_by_decision", "admit_member", "release_member", "adopt_house_rule")
        for motion in Act.objects.filter(verb__in=verbs, person=None).values_list("motion", flat=True):
            told[motion] += 1
        adopted = Counter(HouseRule.objects.values_list("motion", flat=True))
        for pk, vote in self.votes.items():
            assert vote.happened == int(vote.state == "carried")
            assert told[pk] == len(vote.effects) * vote.happened, f"the effects of motion {pk}"
            adopts = sum(effect["kind"] == "adopt_house_rule" for effect in vote.effects) * vote.happened
            assert adopted[pk] == adopts

    @invariant()
    def no_act_rests_on_a_mandate_that_has_ended_and_no_ballot_has_a_name_in_history(self) -> None:
        """And an obligation runs for every recall that has its signatures, until its vote is over."""
        if not hasattr(self, "votes"):
            return
        kept = ("at", "mandate__starts", "mandate__ends", "mandate__ended")
        for at, starts, ends, ended in Act.objects.exclude(mandate=None).values_list(*kept):
            assert ended is None or at <= ended
            assert starts <= at.date() <= ends
        assert not Act.objects.filter(verb="cast_ballot").exists()
        owed = set(Obligation.objects.filter(kind="recall vote", met=None).values_list("recall", flat=True))
        assert owed == {
            number for number, one in self.petitions.items() if one.opens is not None and one.ended is None
        }


def schedules(count: int, steps: int = 40, *, seed: int | None = None) -> None:
    """So many random courses of at most so many steps; raises AssertionError with the shortest one that goes wrong.

    seed   None: the same courses each time
    """
    machine = Deciding if seed is None else use_seed(seed)(type("Deciding", (Deciding,), {}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=count,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=seed is None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_in_random_courses_of_events_what_is_stored_is_what_a_plain_model_says() -> None:
    schedules(15, 30)


@pytest.mark.slow
@pytest.mark.django_db
def test_in_many_long_courses_of_events_what_is_stored_is_what_a_plain_model_says() -> None:
    schedules(60, 60)
