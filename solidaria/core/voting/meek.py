"""Single transferable vote by Meek's method, to a stated precision, and no decision left to rounding.

Every elected option keeps only the share of each vote that it needs, the same share of every vote that reaches it
whatever the order in which they came; the rest passes on. The shares are found by repeating. All numbers are whole
numbers in units of the last decimal. Where rounding or the unfinished repetition could change who is excluded, the
count is done again with twice as many decimals; what is still equal at 36 decimals is a tie.

Sources: I. D. Hill, B. A. Wichmann, D. R. Woodall: Algorithm 123, single transferable vote by Meek's method,
The Computer Journal 30 (1987). Nine decimals and shares rounded up as in New Zealand, Local Electoral
Regulations 2001, schedule 1A.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.account import Account, Round, Tie, figure, listed
from solidaria.core.voting.ballots import NOBODY, RankedPiles
from solidaria.core.voting.single_transferable import countable, left_out, unfilled
from solidaria.core.voting.terms import ElectionTerms
from solidaria.core.voting.ties import settle

Numbers = npt.NDArray[Any]

#: Decimals the count starts with, and the most it goes to before equal means tied.
FIRST_DECIMALS, LAST_DECIMALS = 9, 36

#: No count repeats more often than this between two decisions; each repetition at least shrinks the surplus.
MOST_REPETITIONS = 10_000


class _TooClose(Exception):
    """Rounding could change this decision: more decimals are needed."""


def meek(piles: RankedPiles, terms: ElectionTerms, decimals: int = FIRST_DECIMALS) -> Account:
    """Count by Meek's method.

    decimals   to start with; doubled as long as a decision hangs on rounding

    A ballot ends where it has a shared place. Withdrawn options are struck out first. Blank ballots are not
    counted. In every round the votes with options and the exhausted ones together are exactly the ballots.
    A repetition that does not converge raises ArithmeticError; none has been seen.
    """
    ready = countable(piles)
    while True:
        last = decimals * 2 > LAST_DECIMALS
        try:
            return _Meek(ready, terms, decimals, last).count(left_out(piles, ready))
        except _TooClose:
            decimals *= 2


@dataclass
class _Chains:
    """Ballots gathered by the elected options they pass through.

    A chain is a sequence of elected options; number 0 is the empty one. Ballots are told apart only by their
    chain and by the hopeful option after it, or nobody.

    number    (chain before, option) → chain
    before    chain → the chain without its last option; option: its last option; both -1 for the empty chain
    ends      (chain, hopeful option or NOBODY) → ballots
    """

    number: dict[tuple[int, int], int] = field(default_factory=dict)
    before: list[int] = field(default_factory=lambda: [-1])
    option: list[int] = field(default_factory=lambda: [-1])
    ends: dict[tuple[int, int], int] = field(default_factory=dict)

    def longer(self, chain: int, option: int) -> int:
        """The number of the chain with one more option."""
        key = (chain, option)
        if key not in self.number:
            self.number[key] = len(self.before)
            self.before.append(chain)
            self.option.append(option)
        return self.number[key]


class _Meek:
    """The state of one count with a fixed number of decimals."""

    def __init__(self, ready: RankedPiles, terms: ElectionTerms, decimals: int, last: bool) -> None:
        self.ids, self.names, self.total = ready.ids, ready.names, ready.total
        self.terms, self.decimals, self.last = terms, decimals, last
        self.unit = 10**decimals
        #: a product of two shares must fit into 64 bits; else Python's own whole numbers
        self.kind: Any = np.int64 if decimals <= 9 and self.total < 9_000_000_000 else object
        self.enough = 10 ** (decimals - decimals * 2 // 3)
        width = ready.order.shape[1]
        self.order = np.full((len(ready), width + 1), NOBODY, dtype=np.int16)
        self.order[:, :width] = ready.order
        self.counts = np.asarray(ready.counts)
        self.place = np.zeros(len(ready), dtype=np.int64)
        self.holder = self.order[:, 0].copy()
        self.chain = np.zeros(len(ready), dtype=np.int64)
        self.chains = _Chains()
        for option, ballots in enumerate(self._ballots_by(self.holder + 1, len(self.ids) + 1)):
            if ballots:
                self.chains.ends[(0, option - 1)] = ballots
        self.hopeful = set(range(len(self.ids)))
        self.elected: list[int] = []
        self.keep = [self.unit] * len(self.ids)
        self.votes = [0] * len(self.ids)
        self.exhausted = 0
        self.quota = 0
        self.history: list[dict[str, int]] = []
        self.rounds: list[Round] = []
        self._layout()

    def _ballots_by(self, group: Numbers, groups: int, rows: Numbers | None = None) -> list[int]:
        sums = np.zeros(groups, dtype=np.int64)
        np.add.at(sums, group, self.counts if rows is None else self.counts[rows])
        return [int(ballots) for ballots in sums]

    # ballots and chains

    def _move_on(self, option: int) -> None:
        """Move ballots on from an option that was hopeful and is now elected or excluded."""
        rows = np.flatnonzero(self.holder == option)
        for key in [key for key in self.chains.ends if key[1] == option]:
            del self.chains.ends[key]
        elected = option in self.elected
        chain = self.chain[rows]
        place = self.place[rows]
        holder = self.holder[rows]
        if elected:
            chain = self._longer(chain, np.full(len(rows), option))
        passes = np.zeros(len(self.ids) + 1, dtype=bool)
        passes[self.elected] = True
        stops = np.zeros(len(self.ids) + 1, dtype=bool)
        stops[list(self.hopeful)] = True
        stops[NOBODY] = True
        todo = np.arange(len(rows))
        while len(todo):
            place[todo] += 1
            holder[todo] = self.order[rows[todo], place[todo]]
            through = todo[passes[holder[todo]]]
            if len(through):
                chain[through] = self._longer(chain[through], holder[through])
            todo = todo[~stops[holder[todo]]]
        self.chain[rows], self.place[rows], self.holder[rows] = chain, place, holder
        wide = len(self.ids) + 1
        ends, group = np.unique(chain * wide + holder + 1, return_inverse=True)
        for end, ballots in zip(ends.tolist(), self._ballots_by(group, len(ends), rows), strict=True):
            key = (end // wide, end % wide - 1)
            self.chains.ends[key] = self.chains.ends.get(key, 0) + ballots
        self._layout()

    def _longer(self, chain: Numbers, option: Numbers) -> Numbers:
        wide = len(self.ids)
        pairs, group = np.unique(chain * wide + option, return_inverse=True)
        numbers = [self.chains.longer(pair // wide, pair % wide) for pair in pairs.tolist()]
        return np.array(numbers, dtype=np.int64)[group] if numbers else chain

    def _layout(self) -> None:
        """Arrays for `_share_out`: chains by length, and how many ballots pass through or end in each."""
        chains = self.chains
        size = len(chains.before)
        through = [0] * size
        for (chain, _), ballots in chains.ends.items():
            through[chain] += ballots
        depth = [0] * size
        for chain in range(1, size):
            depth[chain] = depth[chains.before[chain]] + 1
        for chain in range(size - 1, 0, -1):
            through[chains.before[chain]] += through[chain]
        self.levels = []
        for level in range(1, max(depth) + 1):
            here = np.array(
                [chain for chain in range(1, size) if depth[chain] == level and through[chain]], dtype=int
            )
            self.levels.append(
                (
                    here,
                    np.array([chains.before[chain] for chain in here], dtype=int),
                    np.array([chains.option[chain] for chain in here], dtype=int),
                    np.array([through[chain] for chain in here], dtype=self.kind),
                )
            )
        ends = sorted(chains.ends.items())
        self.end_chain = np.array([chain for (chain, _), _ in ends], dtype=int)
        self.end_option = np.array([option for (_, option), _ in ends], dtype=int)
        self.end_ballots = np.array([ballots for _, ballots in ends], dtype=self.kind)
        self.longest = len(self.levels)

    def _share_out(self) -> None:
        """Votes of every option, from the shares they keep; what a ballot gives is rounded up to a unit."""
        left = np.zeros(len(self.chains.before), dtype=self.kind)
        left[0] = self.unit
        votes = np.zeros(len(self.ids) + 1, dtype=self.kind)
        keep = np.array(self.keep, dtype=self.kind)
        for here, before, option, ballots in self.levels:
            kept = -(-left[before] * keep[option] // self.unit)
            left[here] = left[before] - kept
            np.add.at(votes, option, kept * ballots)
        np.add.at(votes, self.end_option, left[self.end_chain] * self.end_ballots)
        self.votes = [int(number) for number in votes[:-1]]
        self.exhausted = int(votes[-1])
        self.quota = (self.total * self.unit - self.exhausted) // (self.terms.seats + 1) + 1

    # the count

    def count(self, notes: list[Sentence]) -> Account:
        """Run the count."""
        self._share_out()
        self._close(
            "first preferences",
            (),
            [],
            [
                say(
                    "{ballots} valid ballots for {seats} seats: the quota is {quota} votes.",
                    ballots=self.total,
                    seats=self.terms.seats,
                    quota=self._figure(self.quota),
                )
            ],
        )
        while len(self.elected) < self.terms.seats and self.hopeful:
            if self._repeat():
                continue
            self._exclude()
        if self.decimals > FIRST_DECIMALS:
            notes = [*notes, say("A close decision was counted with {decimals} decimals.", decimals=self.decimals)]
        return Account(
            rule="meek-stv/1",
            terms={
                "quota": "recomputed",
                "decimals": str(self.decimals),
                "shared places": "end the ballot",
                "ties": ", ".join(self.terms.ties.steps),
                "seed": self.terms.ties.seed,
            },
            seats=self.terms.seats,
            ballots=self.total,
            decimals=self.decimals,
            elected=tuple(self.ids[option] for option in self.elected),
            rounds=tuple(self.rounds),
            names=self.names,
            notes=tuple(notes + unfilled(self.terms.seats - len(self.elected))),
        )

    def _surplus(self) -> int:
        return sum(max(0, self.votes[option] - self.quota) for option in self.elected)

    def _repeat(self) -> bool:
        """Lower the shares kept until somebody else reaches the quota or nothing is left over.

        True if anything moved.
        """
        moved = False
        for _ in range(MOST_REPETITIONS):
            if self._surplus() <= self.enough:
                break
            keep = list(self.keep)
            for option in self.elected:
                if self.votes[option] > self.quota:
                    keep[option] = -(-self.keep[option] * self.quota // self.votes[option])
            if keep == self.keep:
                break
            self.keep, moved = keep, True
            self._share_out()
            if any(self.votes[option] >= self.quota for option in self.hopeful):
                break
        else:
            raise ArithmeticError(f"no result after {MOST_REPETITIONS} repetitions")
        if moved:
            sentence = say(
                "Each elected candidate keeps only what the quota needs: {names}. The rest passes on.",
                names=listed(
                    [
                        say(
                            "{name} keeps {share} of each vote",
                            name=self.names[self.ids[option]],
                            share=self._figure(self.keep[option]),
                        )
                        for option in self.elected
                    ]
                ),
            )
            self._close("surplus", tuple(self.elected), [], [sentence])
        return moved

    def _exclude(self) -> None:
        """Exclude whoever has fewest votes, if that is certain."""
        least = min(self.votes[option] for option in self.hopeful)
        doubt = self._doubt()
        tied = [option for option in self.hopeful if self.votes[option] <= least + doubt]
        if len(tied) > 1 and doubt and not self.last:
            raise _TooClose
        ties: list[Tie] = []
        out = tied[0]
        if len(tied) > 1:
            tie = settle(
                about="exclusion",
                tied=[self.ids[option] for option in tied],
                ahead=False,
                rule=self.terms.ties,
                earlier=self.history[:-1],
                names=self.names,
                options=self.ids,
            )
            ties, out = [tie], self.ids.index(tie.chosen)
        sentence = say(
            "{name} has fewest votes, {votes}, and is excluded; the votes pass on.",
            name=self.names[self.ids[out]],
            votes=self._figure(self.votes[out]),
        )
        self.hopeful.discard(out)
        self.keep[out] = 0
        self._move_on(out)
        self._share_out()
        self._close("exclusion", (out,), ties, [sentence])

    def _doubt(self) -> int:
        """The most by which rounding and an unfinished repetition can have moved a vote total, in units."""
        if not self.elected:
            return 0
        return self._surplus() + 2 * self.total * (self.longest + 1)

    def _close(self, action: str, of: tuple[int, ...], ties: list[Tie], sentences: list[Sentence]) -> None:
        votes, keep = list(self.votes), list(self.keep)
        quota, exhausted = self.quota, self.exhausted
        before = self.history[-1] if self.history else {}
        self.history.append(dict(zip(self.ids, votes, strict=True)))
        elected = self._elect(ties, sentences)
        self.rounds.append(
            Round(
                number=len(self.rounds) + 1,
                action=action,
                of=tuple(self.ids[option] for option in of),
                votes={name: self._exact(number) for name, number in zip(self.ids, votes, strict=True)},
                transfers={
                    name: self._exact(number - before[name])
                    for name, number in zip(self.ids, votes, strict=True)
                    if before and number != before[name]
                },
                exhausted=self._exact(exhausted),
                quota=self._exact(quota),
                elected=tuple(self.ids[option] for option in elected),
                excluded=tuple(self.ids[option] for option in of) if action == "exclusion" else (),
                ties=tuple(ties),
                sentences=tuple(sentences),
                keep={name: self._exact(share) for name, share in zip(self.ids, keep, strict=True)},
            )
        )

    def _elect(self, ties: list[Tie], sentences: list[Sentence]) -> list[int]:
        """Who reaches the quota, and who takes the last seats; most votes first."""
        vacancies = self.terms.seats - len(self.elected)
        last = len(self.hopeful) <= vacancies
        reached = [option for option in self.hopeful if last or self.votes[option] >= self.quota]
        elected = self._by_votes(reached, ties)
        for option in elected:
            self.hopeful.discard(option)
            self.elected.append(option)
            if not last:
                sentences.append(
                    say(
                        "{name} has {votes} votes, reaches the quota of {quota} and is elected.",
                        name=self.names[self.ids[option]],
                        votes=self._figure(self.votes[option]),
                        quota=self._figure(self.quota),
                    )
                )
        if last and elected:
            sentences.append(
                say(
                    "No more candidates are left than seats: elected {names}.",
                    names=listed([self.names[self.ids[option]] for option in elected]),
                )
            )
        if len(self.elected) < self.terms.seats:
            for option in elected:
                self._move_on(option)
        return elected

    def _by_votes(self, options: list[int], ties: list[Tie]) -> list[int]:
        """Most votes first; equal votes in the order of the tie rule."""
        left, placed = list(options), []
        while left:
            most = max(self.votes[option] for option in left)
            tied = [option for option in left if self.votes[option] == most]
            option = tied[0]
            if len(tied) > 1:
                tie = settle(
                    about="order of election",
                    tied=[self.ids[option] for option in tied],
                    ahead=True,
                    rule=self.terms.ties,
                    earlier=self.history[:-1],
                    names=self.names,
                    options=self.ids,
                )
                ties.append(tie)
                option = self.ids.index(tie.chosen)
            left.remove(option)
            placed.append(option)
        return placed

    def _exact(self, units: int) -> Fraction:
        return Fraction(units, self.unit)

    def _figure(self, units: int) -> object:
        return figure(self._exact(units), self.decimals)
