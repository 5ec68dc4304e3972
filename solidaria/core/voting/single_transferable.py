"""Single transferable vote by weighted inclusive Gregory: Scotland's rules, and those with a recomputed quota.

Values are whole numbers in units of the last decimal the rule counts in (0.00001 for Scotland), so that
every sum is exact and is rounded only where the rule says so.

Sources: The Scottish Local Government Elections Order 2007 (SSI 2007/42), schedule 1, rules 45 to 52 (the same
in SSI 2011/399). Meek's method is in meek.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.account import Account, Round, Tie, figure, listed
from solidaria.core.voting.ballots import NOBODY, RankedPiles
from solidaria.core.voting.terms import ElectionTerms
from solidaria.core.voting.ties import settle

Integers = npt.NDArray[np.int64]


#: More ballots than this could run over 64 bits when a value is multiplied.
MOST_BALLOTS = 900_000_000


@dataclass(frozen=True)
class GregoryRule:
    """A kind of weighted inclusive Gregory.

    name         identifier and version, as in Account.rule
    decimals     transfer values are cut after so many decimals (any remainder is ignored)
    recomputed   whether the quota is found anew at every stage from the votes that are still with somebody
    """

    name: str
    decimals: int
    recomputed: bool


#: SSI 2007/42: five decimals, one whole-number Droop quota for the whole count.
SCOTTISH = GregoryRule("scottish-stv/1", 5, False)

#: Alameda County, California: six decimals, quota recomputed. Reproduces the four rounds published for
#: Albany 2022; no other official count was at hand to hold it against.
ALAMEDA = GregoryRule("alameda-stv/1", 6, True)


def scottish(piles: RankedPiles, terms: ElectionTerms) -> Account:
    """Count by the rules for Scottish councils; see `gregory`."""
    return gregory(piles, terms, SCOTTISH)


def alameda(piles: RankedPiles, terms: ElectionTerms) -> Account:
    """Count as Alameda County did in 2022; see `gregory`."""
    return gregory(piles, terms, ALAMEDA)


def gregory(piles: RankedPiles, terms: ElectionTerms, rule: GregoryRule = SCOTTISH) -> Account:
    """Count by weighted inclusive Gregory: every paper of an elected candidate passes on at a reduced value.

    A ballot ends where it has a shared place. Withdrawn options are struck out first. Blank ballots are not
    valid and not counted. At every stage the votes add up: with options, exhausted and lost by rounding
    together are the valid ballots.
    Raises ValueError for more than 900 million ballots.
    """
    return _Gregory(piles, terms, rule).count()


def countable(piles: RankedPiles) -> RankedPiles:
    """Only what can be counted: nobody withdrawn, no shared places, no blank ballots."""
    ready = piles.strict("end").without_withdrawn()
    if not ready.blank:
        return ready
    filled = ready.order[:, 0] != NOBODY if ready.order.shape[1] else np.zeros(len(ready), dtype=bool)
    return RankedPiles(ready.options, ready.order[filled], ready.counts[filled])


def left_out(piles: RankedPiles, ready: RankedPiles) -> list[Sentence]:
    """What was left out of the count."""
    notes = []
    gone = [option.name for option in piles.options if option.withdrawn]
    if gone:
        notes.append(
            say("Withdrawn before the count, and passed over on every ballot: {names}.", names=listed(gone))
        )
    if piles.total > ready.total:
        notes.append(
            say_many(
                "{count} ballot names nobody who stands, or starts with a shared place, and is not counted.",
                "{count} ballots name nobody who stands, or start with a shared place, and are not counted.",
                piles.total - ready.total,
            )
        )
    return notes


@dataclass
class _Papers:
    """Where each pile of papers is now.

    order    piles × places, as in RankedPiles, with one more column of NOBODY
    place    the place each pile has come to
    holder   position of the option that holds it; NOBODY when exhausted
    value    value of one paper, in units
    """

    order: npt.NDArray[np.int16]
    counts: Integers
    place: Integers
    holder: npt.NDArray[np.int16]
    value: Integers

    def of(self, option: int) -> npt.NDArray[np.intp]:
        """The piles that an option holds."""
        return np.flatnonzero(self.holder == option)

    def move_on(self, rows: npt.NDArray[np.intp], continuing: npt.NDArray[np.bool_]) -> None:
        """Give these piles to their next available preference.

        continuing   by position in the options; one more entry, True, stands for nobody
        """
        place = self.place[rows]
        holder = self.holder[rows]
        todo = np.arange(len(rows))
        while len(todo):
            place[todo] += 1
            holder[todo] = self.order[rows[todo], place[todo]]
            todo = todo[~continuing[holder[todo]]]
        self.place[rows] = place
        self.holder[rows] = holder


class _Gregory:
    """The state of one count."""

    def __init__(self, piles: RankedPiles, terms: ElectionTerms, rule: GregoryRule) -> None:
        ready = countable(piles)
        if ready.total > MOST_BALLOTS:
            raise ValueError("more than 900 million ballots cannot be counted by this rule")
        self.terms, self.rule = terms, rule
        self.unit = 10**rule.decimals
        self.ids, self.names = ready.ids, ready.names
        self.total = ready.total
        self.notes = left_out(piles, ready)
        width = ready.order.shape[1]
        order = np.full((len(ready), width + 1), NOBODY, dtype=np.int16)
        order[:, :width] = ready.order
        self.papers = _Papers(
            order,
            np.asarray(ready.counts),
            np.zeros(len(ready), dtype=np.int64),
            order[:, 0].copy(),
            np.full(len(ready), self.unit, dtype=np.int64),
        )
        #: by position; one more entry, True, so that NOBODY (the last entry) ends a search
        self.continuing = np.ones(len(self.ids) + 1, dtype=bool)
        self.votes = [0] * len(self.ids)
        self.exhausted = 0
        self.lost = 0
        self.quota = 0
        self.elected: list[int] = []
        self.pending: list[int] = []
        self.history: list[dict[str, int]] = []
        self.rounds: list[Round] = []

    def count(self) -> Account:
        """Run all stages."""
        self._first_stage()
        while self._vacancies() and self._hopeful():
            if any(self.votes[option] > self.quota * self.unit for option in self.pending):
                self._surplus()
            else:
                self._exclude()
        return Account(
            rule=self.rule.name,
            terms={
                "quota": "recomputed at every stage" if self.rule.recomputed else "fixed",
                "decimals": str(self.rule.decimals),
                "shared places": "end the ballot",
                "ties": ", ".join(self.terms.ties.steps),
                "seed": self.terms.ties.seed,
            },
            seats=self.terms.seats,
            ballots=self.total,
            decimals=self.rule.decimals,
            elected=tuple(self.ids[option] for option in self.elected),
            rounds=tuple(self.rounds),
            names=self.names,
            notes=tuple(self.notes + self._last_notes()),
        )

    def _vacancies(self) -> int:
        return self.terms.seats - len(self.elected)

    def _hopeful(self) -> list[int]:
        return [option for option in range(len(self.ids)) if self.continuing[option]]

    def _credit(self, rows: npt.NDArray[np.intp]) -> list[int]:
        """Votes that these piles carry, by who holds them now; the last entry is nobody's."""
        sums = np.zeros(len(self.ids) + 1, dtype=np.int64)
        np.add.at(sums, self.papers.holder[rows], self.papers.counts[rows] * self.papers.value[rows])
        return [int(votes) for votes in sums]

    def _first_stage(self) -> None:
        """Rules 45 and 46: first preferences and the quota."""
        self.votes = self._credit(np.arange(len(self.papers.counts)))[: len(self.ids)]
        self.quota = self.total // (self.terms.seats + 1) + 1
        sentence = say(
            "{ballots} valid ballots for {seats} seats: the quota is {quota} votes.",
            ballots=self.total,
            seats=self.terms.seats,
            quota=self.quota,
        )
        self._close("first preferences", (), [0] * len(self.ids), (), [], [sentence])

    def _surplus(self) -> None:
        """Rules 48 and 49: the largest surplus passes on."""
        most = max(self.votes[option] for option in self.pending)
        option, ties = self._one_of(
            [option for option in self.pending if self.votes[option] == most], "surplus", True
        )
        self.pending.remove(option)
        before = list(self.votes)
        papers, rows = self.papers, self.papers.of(option)
        surplus = before[option] - self.quota * self.unit
        papers.value[rows] = papers.value[rows] * surplus // before[option]
        papers.move_on(rows, self.continuing)
        gained = self._credit(rows)
        for other, votes in enumerate(gained[:-1]):
            self.votes[other] += votes
        self.votes[option] = self.quota * self.unit
        self.exhausted += gained[-1]
        self.lost += surplus - sum(gained)
        sentence = say(
            "{name} has {surplus} votes above the quota; all {papers} papers pass on at a part of their value.",
            name=self.names[self.ids[option]],
            surplus=self._figure(surplus),
            papers=int(papers.counts[rows].sum()),
        )
        self._close("surplus", (option,), before, (), ties, [sentence])

    def _exclude(self) -> None:
        """Rules 50 and 51: whoever has fewest votes is excluded."""
        hopeful = self._hopeful()
        least = min(self.votes[option] for option in hopeful)
        option, ties = self._one_of([other for other in hopeful if self.votes[other] == least], "exclusion", False)
        before = list(self.votes)
        self.continuing[option] = False
        rows = self.papers.of(option)
        self.papers.move_on(rows, self.continuing)
        gained = self._credit(rows)
        for other, votes in enumerate(gained[:-1]):
            self.votes[other] += votes
        self.votes[option] = 0
        self.exhausted += gained[-1]
        sentence = say(
            "{name} has fewest votes, {votes}, and is excluded; the papers pass on at the value they came with.",
            name=self.names[self.ids[option]],
            votes=self._figure(least),
        )
        self._close("exclusion", (option,), before, (option,), ties, [sentence])

    def _one_of(self, tied: list[int], about: str, ahead: bool) -> tuple[int, list[Tie]]:
        """The one option, or the one that the tie rule chooses."""
        if len(tied) == 1:
            return tied[0], []
        tie = settle(
            about=about,
            tied=[self.ids[option] for option in tied],
            ahead=ahead,
            rule=self.terms.ties,
            earlier=self.history[:-1],
            names=self.names,
            options=self.ids,
        )
        return self.ids.index(tie.chosen), [tie]

    def _elect(self, ties: list[Tie], sentences: list[Sentence]) -> list[int]:
        """Rules 47 and 52: who reaches the quota, and who takes the last seats. Most votes first."""
        elected = []
        hopeful = self._hopeful()
        if len(hopeful) > self._vacancies():
            reached = [option for option in hopeful if self.votes[option] >= self.quota * self.unit]
            for option in self._by_votes(reached, ties):
                sentences.append(
                    say(
                        "{name} has {votes} votes, reaches the quota of {quota} and is elected.",
                        name=self.names[self.ids[option]],
                        votes=self._figure(self.votes[option]),
                        quota=self.quota,
                    )
                )
                elected.append(option)
                self._seat(option)
                self.pending.append(option)
            hopeful = self._hopeful()
        if hopeful and len(hopeful) <= self._vacancies():
            last = self._by_votes(hopeful, ties)
            sentences.append(
                say(
                    "No more candidates are left than seats: elected {names}.",
                    names=listed([self.names[self.ids[option]] for option in last]),
                )
            )
            for option in last:
                elected.append(option)
                self._seat(option)
        return elected

    def _seat(self, option: int) -> None:
        self.elected.append(option)
        self.continuing[option] = False

    def _by_votes(self, options: Sequence[int], ties: list[Tie]) -> list[int]:
        """Most votes first; equal votes in the order of the tie rule."""
        left, placed = list(options), []
        while left:
            most = max(self.votes[option] for option in left)
            option, met = self._one_of(
                [option for option in left if self.votes[option] == most], "order of election", True
            )
            ties.extend(met)
            left.remove(option)
            placed.append(option)
        return placed

    def _close(
        self,
        action: str,
        of: tuple[int, ...],
        before: list[int],
        excluded: tuple[int, ...],
        ties: list[Tie],
        sentences: list[Sentence],
    ) -> None:
        """End a stage: the quota where it moves, who is elected, and the stage into the account."""
        if self.rule.recomputed:
            self.quota = sum(self.votes) // self.unit // (self.terms.seats + 1) + 1
        self.history.append(dict(zip(self.ids, self.votes, strict=True)))
        elected = self._elect(ties, sentences)
        exact = self._exact
        self.rounds.append(
            Round(
                number=len(self.rounds) + 1,
                action=action,
                of=tuple(self.ids[option] for option in of),
                votes={name: exact(votes) for name, votes in zip(self.ids, self.votes, strict=True)},
                transfers={
                    name: exact(now - then)
                    for name, now, then in zip(self.ids, self.votes, before, strict=True)
                    if of and now != then
                },
                exhausted=exact(self.exhausted),
                lost=exact(self.lost),
                quota=Fraction(self.quota),
                elected=tuple(self.ids[option] for option in elected),
                excluded=tuple(self.ids[option] for option in excluded),
                ties=tuple(ties),
                sentences=tuple(sentences),
            )
        )

    def _exact(self, units: int) -> Fraction:
        return Fraction(units, self.unit)

    def _figure(self, units: int) -> object:
        return figure(self._exact(units), self.rule.decimals)

    def _last_notes(self) -> list[Sentence]:
        return unfilled(self.terms.seats - len(self.elected))


def unfilled(seats: int) -> list[Sentence]:
    """What to say when seats stay empty."""
    if seats <= 0:
        return []
    return [
        say_many(
            "{count} seat stays empty: there were not enough candidates.",
            "{count} seats stay empty: there were not enough candidates.",
            seats,
        )
    ]
