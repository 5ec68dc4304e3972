"""Checks the account of an election without the code that counted it.

Slow and plain on purpose: fractions, loops and nothing shared with the counting but the values themselves
(ballots, terms, account). It follows the account round by round, works every number out again from the ballots,
and checks that what was done was what had to be done. What it finds wrong it says in sentences; nothing wrong is
an empty list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.account import Account, Round, Tie
from solidaria.core.voting.ballots import Option, Ranking

Piles = Iterable[tuple[Ranking, int]]
Votes = Mapping[str, Fraction]


def check(piles: Piles, options: Sequence[Option], account: Account) -> list[Sentence]:
    """What is wrong with an account, given the ballots it must be about.

    piles     (ranking in ids, how many) pairs, in any order, equal ones together or apart
    options   all options, with those withdrawn
    account   of scottish-stv/1, alameda-stv/1, meek-stv/1, schulze/1 or approval/1

    Raises ValueError for another rule.
    """
    checkers = {
        "scottish-stv/1": _Gregory,
        "alameda-stv/1": _Gregory,
        "meek-stv/1": _Meek,
        "schulze/1": _Schulze,
        "approval/1": _Approval,
    }
    if account.rule not in checkers:
        raise ValueError(f"no checker for {account.rule}")
    return checkers[account.rule](list(piles), options, account).check()


class _Checker:
    """What the checks of all rules share."""

    def __init__(self, piles: list[tuple[Ranking, int]], options: Sequence[Option], account: Account) -> None:
        self.account = account
        self.stand = sorted(option.id for option in options if not option.withdrawn)
        self.piles = piles
        self.wrong: list[Sentence] = []
        self.past: list[Votes] = []

    def expect(self, true: bool, what: Sentence) -> None:
        if not true:
            self.wrong.append(what)

    def same(self, number: int, what: str, told: object, found: object) -> None:
        """Two values of one round that must be equal."""
        if told != found:
            self.wrong.append(
                say(
                    "Round {number}, {what}: the account says {told}, the ballots say {found}.",
                    number=number,
                    what=what,
                    told=str(told),
                    found=str(found),
                )
            )

    def check(self) -> list[Sentence]:
        raise NotImplementedError

    def outline(self) -> None:
        """Who stood, who was elected in which round, and how the rounds are numbered."""
        account = self.account
        numbers = [round_.number for round_ in account.rounds]
        self.expect(numbers == list(range(1, len(numbers) + 1)), say("The rounds are not numbered in order."))
        self.expect(sorted(account.names) == self.stand, say("The account is about other candidates."))
        elected = [option for round_ in account.rounds for option in round_.elected]
        self.expect(list(account.elected) == elected, say("Who is elected does not agree with the rounds."))
        self.expect(len(set(elected)) == len(elected), say("Somebody is elected twice."))
        self.expect(len(elected) <= account.seats, say("More are elected than there are seats."))

    def strict(self) -> list[tuple[tuple[str, ...], int]]:
        """Ballots cut before their first shared place, without those withdrawn, without blank ones."""
        kept = []
        stand = set(self.stand)
        for ranking, count in self.piles:
            marks: list[str] = []
            for place in ranking:
                if len(place) > 1:
                    break
                marks.extend(option for option in place if option in stand)
            if marks:
                kept.append((tuple(marks), count))
        return kept

    # ties

    def chosen(self, number: int, about: str, tied: Sequence[str], ahead: bool, ties: list[Tie]) -> str | None:
        """Who had to be chosen of those tied, by the tie the account tells of; None when it tells of none."""
        if len(tied) == 1:
            return tied[0]
        found = [tie for tie in ties if tie.about == about and tie.among == tuple(sorted(tied))]
        if not found:
            self.wrong.append(say("Round {number}: a tie is not in the account.", number=number))
            return None
        ties.remove(found[0])
        self.settled(number, found[0], ahead)
        return found[0].chosen

    def settled(self, number: int, tie: Tie, ahead: bool) -> None:
        """Settle the tie again, step by step."""
        left = list(tie.among)
        steps = self.account.terms.get("ties", "").split(", ")
        by = ""
        for step in steps:
            if len(left) == 1:
                break
            by = step
            if step in ("backwards", "forwards"):
                # self.past ends with the stage at which they are tied
                for votes in reversed(self.past[:-1]) if step == "backwards" else self.past[:-1]:
                    numbers = [votes[option] for option in left]
                    best = max(numbers) if ahead else min(numbers)
                    left = [option for option, votes_ in zip(left, numbers, strict=True) if votes_ == best]
            elif step == "lot":
                seed = self.account.terms.get("seed", "")
                lots = sorted((sha256(f"{seed}\n{option}".encode()).hexdigest(), option) for option in left)
                left = [(lots[0] if ahead else lots[-1])[1]]
            else:
                named = sorted((self.account.names[option], option) for option in left)
                left = [(named[0] if ahead else named[-1])[1]]
        self.same(number, "tie", (tie.chosen, tie.step), (left[0], by))

    def in_order(self, number: int, options: Iterable[str], votes: Votes, ties: list[Tie]) -> list[str]:
        """Most votes first, ties as the account tells."""
        left, order = set(options), []
        while left:
            most = max(votes[option] for option in left)
            tied = sorted(option for option in left if votes[option] == most)
            first = self.chosen(number, "order of election", tied, True, ties) or tied[0]
            order.append(first)
            left.remove(first)
        return order

    def no_more_ties(self, number: int, ties: list[Tie]) -> None:
        if ties:
            self.wrong.append(say("Round {number}: the account tells of a tie that was none.", number=number))


@dataclass
class _Paper:
    """A pile of papers: its marks in order, how many, what one is worth now, and who holds it."""

    marks: tuple[str, ...]
    count: int
    value: Fraction
    holder: str | None


class _Gregory(_Checker):
    """Weighted inclusive Gregory: papers are moved one pile at a time."""

    def check(self) -> list[Sentence]:
        self.outline()
        account = self.account
        unit = 10 ** (account.decimals or 0)
        ballots = self.strict()
        total = sum(count for _, count in ballots)
        self.same(1, "ballots", account.ballots, total)
        papers = [_Paper(marks, count, Fraction(1), marks[0]) for marks, count in ballots]
        votes = dict.fromkeys(self.stand, Fraction(0))
        for paper in papers:
            votes[paper.marks[0]] += paper.count
        exhausted = lost = Fraction(0)
        continuing = set(self.stand)
        elected: list[str] = []
        pending: list[str] = []
        quota = Fraction(total // (account.seats + 1) + 1)
        for round_ in account.rounds:
            ties = list(round_.ties)
            if round_.number > 1:
                if len(elected) >= account.seats or not continuing:
                    self.wrong.append(say("The count goes on when all is decided."))
                    break
                source = self._source(round_, votes, quota, continuing, pending, ties)
                if source is None:
                    break
                moving = [paper for paper in papers if paper.holder == source]
                worth = votes[source]
                if round_.action == "surplus":
                    pending.remove(source)
                    for paper in moving:
                        paper.value = Fraction(int(paper.value * (worth - quota) / worth * unit), unit)
                    votes[source] = quota
                else:
                    continuing.discard(source)
                    votes[source] = Fraction(0)
                given = Fraction(0)
                for paper in moving:
                    after = paper.marks[paper.marks.index(source) + 1 :]
                    paper.holder = next((mark for mark in after if mark in continuing), None)
                    given += paper.count * paper.value
                    if paper.holder is None:
                        exhausted += paper.count * paper.value
                    else:
                        votes[paper.holder] += paper.count * paper.value
                lost += worth - votes[source] - given
            if account.terms.get("quota", "fixed") != "fixed":
                quota = Fraction(int(sum(votes.values()) / (account.seats + 1)) + 1)
            self.same(round_.number, "votes", _told(round_.votes), _told(votes))
            self.same(round_.number, "exhausted", round_.exhausted, exhausted)
            self.same(round_.number, "lost", round_.lost, lost)
            self.same(round_.number, "quota", round_.quota, quota)
            self.same(
                round_.number, "sum", sum(round_.votes.values()) + round_.exhausted + round_.lost, Fraction(total)
            )
            self.past.append(dict(votes))
            new = self._new(round_, votes, quota, continuing, account.seats - len(elected), ties)
            self.same(round_.number, "elected", list(round_.elected), new[0] + new[1])
            elected += new[0] + new[1]
            pending += new[0]
            continuing -= set(new[0] + new[1])
            self.no_more_ties(round_.number, ties)
        if len(elected) < account.seats and continuing and not self.wrong:
            self.wrong.append(say("The count stops too early."))
        return self.wrong

    def _source(
        self,
        round_: Round,
        votes: Votes,
        quota: Fraction,
        continuing: set[str],
        pending: list[str],
        ties: list[Tie],
    ) -> str | None:
        """Whose papers had to move in this round."""
        over = [option for option in pending if votes[option] > quota]
        if over:
            most = max(votes[option] for option in over)
            due = [option for option in over if votes[option] == most]
        else:
            least = min(votes[option] for option in continuing)
            due = [option for option in continuing if votes[option] == least]
        action = "surplus" if over else "exclusion"
        self.same(round_.number, "action", round_.action, action)
        one = self.chosen(round_.number, action, sorted(due), bool(over), ties)
        self.same(round_.number, "whose papers move", round_.of, (one,))
        self.same(round_.number, "excluded", round_.excluded, () if over else (one,))
        return one if round_.of == (one,) and round_.action == action else None

    def _new(
        self, round_: Round, votes: Votes, quota: Fraction, continuing: set[str], vacancies: int, ties: list[Tie]
    ) -> tuple[list[str], list[str]]:
        """Who is elected in this round: by the quota, and for the last seats."""
        reached: list[str] = []
        left = set(continuing)
        if len(left) > vacancies:
            reached = self.in_order(round_.number, [o for o in left if votes[o] >= quota], votes, ties)
            left -= set(reached)
            vacancies -= len(reached)
        last = self.in_order(round_.number, left, votes, ties) if 0 < len(left) <= vacancies else []
        return reached, last


class _Meek(_Checker):
    """Meek: the votes must follow from the shares kept, and the shares must leave nothing over."""

    def check(self) -> list[Sentence]:
        self.outline()
        account = self.account
        unit = 10 ** (account.decimals or 0)
        ballots = self.strict()
        total = sum(count for _, count in ballots)
        self.same(1, "ballots", account.ballots, total)
        hopeful = set(self.stand)
        elected: list[str] = []
        keep = dict.fromkeys(self.stand, unit)
        for round_ in account.rounds:
            ties = list(round_.ties)
            number = round_.number
            if number > 1 and len(elected) >= account.seats:
                self.wrong.append(say("The count goes on when all is decided."))
                break
            if round_.action == "exclusion":
                out = self._excluded(round_, hopeful, elected, total, unit, ties)
                if out is None:
                    break
                hopeful.discard(out)
                keep[out] = 0
            told = {option: int(share * unit) for option, share in round_.keep.items()}
            for option in elected:
                self.expect(
                    0 < told.get(option, 0) <= keep[option],
                    say("Round {number}: a share kept grows.", number=number),
                )
            if round_.action == "surplus":
                keep |= {option: told.get(option, 0) for option in elected}
            self.same(number, "shares kept", _told(told), _told(keep))
            votes, exhausted = self._votes(ballots, hopeful, elected, keep, unit)
            quota = (total * unit - exhausted) // (account.seats + 1) + 1
            self.same(
                number, "votes", _told(round_.votes), _told({o: Fraction(v, unit) for o, v in votes.items()})
            )
            self.same(number, "exhausted", round_.exhausted, Fraction(exhausted, unit))
            self.same(number, "quota", round_.quota, Fraction(quota, unit))
            self.same(number, "sum", sum(votes.values()) + exhausted, total * unit)
            self.past.append({option: Fraction(v, unit) for option, v in votes.items()})
            vacancies = account.seats - len(elected)
            last = len(hopeful) <= vacancies
            reached = [o for o in hopeful if last or votes[o] >= quota]
            new = self.in_order(number, reached, self.past[-1], ties)
            self.same(number, "elected", list(round_.elected), new)
            elected += new
            hopeful -= set(new)
            self.no_more_ties(number, ties)
        if len(elected) < account.seats and hopeful and not self.wrong:
            self.wrong.append(say("The count stops too early."))
        return self.wrong

    def _votes(
        self,
        ballots: list[tuple[tuple[str, ...], int]],
        hopeful: set[str],
        elected: list[str],
        keep: Mapping[str, int],
        unit: int,
    ) -> tuple[dict[str, int], int]:
        """What every option gets of every ballot; what an elected one keeps is rounded up to a unit."""
        votes = dict.fromkeys(self.stand, 0)
        exhausted = 0
        for marks, count in ballots:
            left = unit
            for mark in marks:
                if mark in hopeful:
                    votes[mark] += left * count
                    left = 0
                    break
                if mark in elected:
                    kept = -(-left * keep[mark] // unit)
                    votes[mark] += kept * count
                    left -= kept
            exhausted += left * count
        return votes, exhausted

    def _excluded(
        self, round_: Round, hopeful: set[str], elected: list[str], total: int, unit: int, ties: list[Tie]
    ) -> str | None:
        """Who had to be excluded: fewest votes, by more than rounding and what is left over can have moved."""
        before, quota = self.past[-1], self.account.rounds[round_.number - 2].quota or Fraction(0)
        over = sum((max(Fraction(0), before[o] - quota) for o in elected), Fraction(0))
        rounding = Fraction(2 * total * (len(elected) + 1), unit) if elected else Fraction(0)
        self.expect(
            over <= Fraction(1, 10 ** ((self.account.decimals or 0) * 2 // 3)) + rounding,
            say("Round {number}: somebody is excluded while a surplus is left.", number=round_.number),
        )
        least = min(before[option] for option in hopeful)
        due = sorted(option for option in hopeful if before[option] == least)
        told = [tie for tie in ties if tie.about == "exclusion"]
        if told:
            close = [option for option in hopeful if before[option] <= least + over + rounding]
            self.expect(
                set(due) <= set(told[0].among) <= set(close),
                say("Round {number}: those tied have not equal votes.", number=round_.number),
            )
            due = list(told[0].among)
        one = self.chosen(round_.number, "exclusion", due, False, ties)
        self.same(round_.number, "excluded", (round_.of, round_.excluded), ((one,), (one,)))
        return one if round_.of == (one,) else None


class _Schulze(_Checker):
    """Schulze: pairs from the ballots, strongest paths by widening from each option."""

    def check(self) -> list[Sentence]:
        self.outline()
        account = self.account
        stand, terms = self.stand, account.terms
        total = sum(count for _, count in self.piles)
        self.same(1, "ballots", account.ballots, total)
        over = {(one, other): 0 for one in stand for other in stand if one != other}
        for ranking, count in self.piles:
            place = {option: number for number, shared in enumerate(ranking) for option in shared}
            for one, other in over:
                if one in place and place[one] < place.get(other, len(ranking)):
                    over[one, other] += count
        self.same(1, "pairs", _told(account.rounds[0].pairs), _told(over))
        dropped = self._dropped(over, terms)
        for round_ in account.rounds:
            if round_.action == "default option":
                self.same(round_.number, "dropped", sorted(round_.excluded), dropped)
        left = [option for option in stand if option not in dropped]
        margins = terms.get("strength") == "margins"
        paths = {
            (one, other): width
            for one in left
            for other, width in _widest(one, left, over, margins, total).items()
            if one != other
        }
        end = account.rounds[-1]
        self.same(end.number, "paths", _told(end.pairs), _told(paths))
        ties = list(end.ties)
        equals: list[str] = []
        for number, winner in enumerate(end.elected):
            if not equals:
                equals = [o for o in left if all(paths[o, p] >= paths[p, o] for p in left if p != o)]
                about = "seat" if len(equals) > account.seats - number else "order of election"
            due = self.chosen(end.number, about, sorted(equals), True, ties)
            self.same(end.number, "elected", winner, due)
            if winner not in equals:
                break
            equals.remove(winner)
            left.remove(winner)
        self.no_more_ties(end.number, ties)
        possible = min(account.seats, len(stand) - len(dropped))
        self.same(end.number, "seats filled", len(end.elected), possible)
        return self.wrong

    def _dropped(self, over: Mapping[tuple[str, str], int], terms: Mapping[str, str]) -> list[str]:
        default = terms.get("default option", "")
        if not default:
            return []
        needed = dict(one.rsplit(" ", 1) for one in terms.get("majority", "").split(", ") if one)
        root, electorate = Fraction(terms.get("quorum root", "0")), int(terms.get("electorate", "0"))
        dropped = []
        for option in self.stand:
            if option == default:
                continue
            there, back = over[option, default], over[default, option]
            quorum = there >= int(terms.get("quorum", "0")) and there * there >= root * root * electorate
            if not quorum or there <= Fraction(needed.get(option, "1")) * back:
                dropped.append(option)
        return dropped


def _widest(
    start: str, options: Sequence[str], over: Mapping[tuple[str, str], int], margins: bool, total: int
) -> dict[str, int]:
    """The strength of the strongest path from one option to each other one, best first (Dijkstra's way)."""

    def strength(one: str, other: str) -> int:
        there, back = over[one, other], over[other, one]
        if there <= back:
            return 0
        return there - back if margins else there * (total + 1) + total - back

    width = {option: strength(start, option) for option in options if option != start}
    waiting = set(width)
    while waiting:
        best = max(waiting, key=lambda option: (width[option], option))
        waiting.remove(best)
        for option in waiting:
            width[option] = max(width[option], min(width[best], strength(best, option)))
    return width


class _Approval(_Checker):
    """Approval: marks are added up."""

    def check(self) -> list[Sentence]:
        self.outline()
        account = self.account
        most = account.terms.get("most marks")
        votes = dict.fromkeys(self.stand, Fraction(0))
        valid = 0
        for ranking, count in self.piles:
            marks = [option for place in ranking for option in place]
            if most is not None and len(marks) > int(most):
                continue
            valid += count
            for option in marks:
                if option in votes:
                    votes[option] += count
        self.same(1, "ballots", account.ballots, valid)
        round_ = account.rounds[0]
        self.same(1, "votes", _told(round_.votes), _told(votes))
        left = dict(votes)
        ties = list(round_.ties)
        for option in round_.elected:
            if option not in left:
                break
            best = max(left.values())
            tied = sorted(one for one, number in left.items() if number == best)
            one = self.chosen(1, "election", tied, True, ties)
            self.same(1, "elected", option, one)
            del left[option]
        self.no_more_ties(1, ties)
        if "at least" not in account.terms:
            self.same(1, "seats filled", len(round_.elected), min(account.seats, len(self.stand)))
        return self.wrong


def _told(values: Mapping[Any, object]) -> str:
    """Values by key in one order, as text that can be compared and read."""
    return ", ".join(f"{key}: {value}" for key, value in sorted(values.items(), key=lambda item: str(item[0])))
