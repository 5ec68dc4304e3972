"""Ballots as piles: how many of each distinct ballot, without order, time or name of who cast them.

Options (candidates, projects, motions) are known by id. Piles are kept in one canonical order, so neither the
order of ballots nor the order in which they were grouped can change a result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Ballot = TypeVar("Ballot", bound=Hashable)

#: A ranked ballot as ids: places from the most preferred; each place the ids that share it, sorted.
Ranking = tuple[tuple[str, ...], ...]

Numbers = npt.NDArray[np.int64]

#: Marks the end of a ballot in `RankedPiles.order`.
NOBODY = -1


@dataclass(frozen=True)
class Option:
    """Something that can be chosen: a candidate, a project, a motion.

    id          unique among the options of one vote
    name        as people read it
    withdrawn   stood down before the count; every rule passes over it
    """

    id: str
    name: str
    withdrawn: bool = False


def pile(ballots: Iterable[Ballot]) -> dict[Ballot, int]:
    """Group ballots into piles: distinct ballot → how many."""
    return dict(Counter(ballots))


def _array(values: object, kind: Any) -> npt.NDArray[Any]:
    """A contiguous array that nobody can change."""
    array = np.ascontiguousarray(values, dtype=kind)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class RankedPiles:
    """Ranked ballots in piles.

    options   in the order of the ballot paper; results never depend on this order
    order     piles × places: positions in `options`, most preferred first; NOBODY after the last one marked.
              Within a shared place positions ascend
    tied      piles × places: True where the option shares the place of the one to its left; None when no
              ballot has a shared place
    counts    how many ballots are in each pile, each > 0

    Piles are distinct and in ascending order. A blank ballot is a pile whose first place is NOBODY.
    Make them with `rank` or `from_arrays`, which bring any input into this form.
    """

    options: tuple[Option, ...]
    order: npt.NDArray[np.int16]
    counts: npt.NDArray[np.int64]
    tied: npt.NDArray[np.bool_] | None = None

    @cached_property
    def total(self) -> int:
        """How many ballots there are, blank ones included."""
        return int(self.counts.sum())

    @cached_property
    def blank(self) -> int:
        """How many ballots mark nobody."""
        if not self.order.shape[1]:
            return self.total
        return int(self.counts[self.order[:, 0] == NOBODY].sum())

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the options, in their order."""
        return tuple(option.id for option in self.options)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the options, by id."""
        return {option.id: option.name for option in self.options}

    def __iter__(self) -> Iterator[tuple[Ranking, int]]:
        """Each pile as (ranking in ids, how many)."""
        ids = self.ids
        for row, count in enumerate(self.counts.tolist()):
            places: list[list[str]] = []
            shared = self.tied[row].tolist() if self.tied is not None else None
            for place, position in enumerate(self.order[row].tolist()):
                if position == NOBODY:
                    break
                if shared is not None and shared[place]:
                    places[-1].append(ids[position])
                else:
                    places.append([ids[position]])
            yield tuple(tuple(sorted(place)) for place in places), count

    def __len__(self) -> int:
        """How many distinct ballots there are."""
        return len(self.counts)

    def __eq__(self, other: object) -> bool:
        """The same options (in any order) and the same piles."""
        if not isinstance(other, RankedPiles):
            return NotImplemented
        return sorted(self.options, key=lambda o: o.id) == sorted(other.options, key=lambda o: o.id) and dict(
            self
        ) == dict(other)

    __hash__ = None  # type: ignore[assignment]

    def without_withdrawn(self) -> RankedPiles:
        """The same ballots with withdrawn options struck out, those left moving up."""
        if not any(option.withdrawn for option in self.options):
            return self
        stay = [position for position, option in enumerate(self.options) if not option.withdrawn]
        renamed = np.full(len(self.options) + 1, NOBODY, dtype=np.int16)
        renamed[stay] = np.arange(len(stay))
        options = tuple(self.options[position] for position in stay)
        return from_arrays(options, renamed[self.order], self.counts, self.tied)

    def strict(self, shared: str) -> RankedPiles:
        """The same ballots without shared places.

        shared   "end": a ballot ends before its first shared place (SSI 2007/42 rule 46: such a paper is
                 non-transferable from there); "pass": a shared place is passed over and the next one counts
        """
        if self.tied is None:
            return self
        in_shared = self.tied.copy()
        in_shared[:, :-1] |= self.tied[:, 1:]
        if shared == "end":
            gone = np.logical_or.accumulate(in_shared, axis=1)
        elif shared == "pass":
            gone = in_shared
        else:
            raise ValueError(f"shared places can 'end' a ballot or 'pass', not {shared!r}")
        return from_arrays(self.options, np.where(gone, NOBODY, self.order), self.counts)


def _to_the_left(
    order: npt.NDArray[np.int16], tied: npt.NDArray[np.bool_] | None
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_] | None]:
    """Close the gaps of each row and sort the positions within each shared place."""
    empty = order == NOBODY
    if tied is None:
        if empty.any() and (empty[:, :-1] & ~empty[:, 1:]).any():
            moved = np.argsort(empty, axis=1, kind="stable")
            order = np.take_along_axis(order, moved, axis=1)
        return order, None
    place = np.cumsum(~tied, axis=1)
    large = order.shape[1] + 1
    key = np.where(empty, large * 70000, place * 70000 + order)
    moved = np.argsort(key, axis=1, kind="stable")
    order = np.take_along_axis(order, moved, axis=1)
    place = np.take_along_axis(np.where(empty, 0, place), moved, axis=1)
    shared = np.zeros_like(tied)
    shared[:, 1:] = (place[:, 1:] == place[:, :-1]) & (place[:, 1:] > 0)
    return order, (shared if shared.any() else None)


class Piler:
    """Groups ballots into piles while they arrive in blocks; holds each distinct ballot once.

    A ballot is held as whole numbers whose digits, in base (options + 1), are its places (the base is twice that
    when places may be shared): some 8 to 16 bytes however long it is.
    """

    def __init__(self, options: int, shared: bool = False) -> None:
        """Start with no ballots.

        options   how many options there are
        shared    whether places may be shared
        """
        self.options, self.shared = options, shared
        self.base = max(options + 1, 2) * (2 if shared else 1)
        self.per_word = 1
        while self.base ** (self.per_word + 1) < 1 << 63:
            self.per_word += 1
        self.words: list[list[Numbers]] = []
        self.counts: list[Numbers] = []
        self.held = 0
        self.settled = 0

    def add(
        self,
        order: npt.NDArray[np.integer],
        counts: npt.NDArray[np.integer] | None = None,
        tied: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Add ballots; layout as in RankedPiles, without gaps, in any order; counts None means one of each.

        Rows with a count of 0 are left out.
        """
        if counts is not None and not np.all(counts):
            keep = np.flatnonzero(counts)
            order, counts, tied = order[keep], counts[keep], None if tied is None else tied[keep]
        words = []
        for start in range(0, max(order.shape[1], 1), self.per_word):
            word = np.zeros(len(order), dtype=np.int64)
            for place in range(start, start + self.per_word):
                word *= self.base
                if place < order.shape[1]:
                    digit = order[:, place].astype(np.int64)
                    digit += 1
                    if self.shared:
                        digit *= 2
                        if tied is not None:
                            digit += tied[:, place]
                    word += digit
            words.append(word)
        words, counts = _grouped(words, None if counts is None else np.asarray(counts, dtype=np.int64))
        self.words.append(words)
        self.counts.append(counts)
        self.held += len(counts)
        if self.held > 2 * self.settled + 200_000:
            self._settle()

    def _settle(self) -> None:
        """Bring all blocks into one."""
        if not self.words:
            return
        depth = max(map(len, self.words))
        columns = []
        for index in range(depth):
            columns.append(
                np.concatenate(
                    [
                        words[index] if index < len(words) else np.zeros(len(counts), dtype=np.int64)
                        for words, counts in zip(self.words, self.counts, strict=True)
                    ]
                )
            )
        counts = np.concatenate(self.counts)
        self.words, self.counts = [], []
        columns, counts = _grouped(columns, counts)
        self.words, self.counts = [columns], [counts]
        self.held = self.settled = len(counts)

    def piles(self, options: Sequence[Option]) -> RankedPiles:
        """All ballots added so far, in piles. Raises ValueError when a ballot marks one option twice."""
        self._settle()
        if not self.words:
            return RankedPiles(tuple(options), _array(np.zeros((0, 0)), np.int16), _array([], np.int64))
        words, counts = self.words[0], self.counts[0]
        places = min(len(words) * self.per_word, self.options)
        order = np.full((len(counts), places), NOBODY, dtype=np.int16)
        tied = np.zeros((len(counts), places), dtype=bool) if self.shared else None
        used = 0
        for index, word in enumerate(words):
            left = word
            for place in reversed(range(index * self.per_word, (index + 1) * self.per_word)):
                above = left // self.base
                if place < places:
                    digit = left - above * self.base
                    if tied is not None:
                        tied[:, place] = digit & 1
                        digit >>= 1
                    digit -= 1
                    order[:, place] = digit
                    if place >= used and digit.max(initial=NOBODY) >= 0:
                        used = place + 1
                left = above
        order = order[:, :used]
        if _twice(order, self.options):
            raise ValueError("a ballot marks one option twice")
        if tied is not None:
            tied = tied[:, :used] if tied.any() else None
        return RankedPiles(
            tuple(options),
            _array(order, np.int16),
            _array(counts, np.int64),
            None if tied is None else _array(tied, np.bool_),
        )


def _grouped(words: list[Numbers], counts: Numbers | None) -> tuple[list[Numbers], Numbers]:
    """Distinct ballots in ascending order, and how many there are of each."""
    if len(words[0]) == 0:
        return words, np.zeros(0, dtype=np.int64)
    if len(words) == 1 and counts is None:
        ranked = [np.sort(words[0])]
    else:
        place = np.argsort(words[0]) if len(words) == 1 else np.lexsort(words[::-1])
        ranked = [word[place] for word in words]
        if counts is not None:
            counts = counts[place]
    fresh = np.zeros(len(ranked[0]), dtype=bool)
    fresh[0] = True
    for word in ranked:
        fresh[1:] |= word[1:] != word[:-1]
    starts = np.flatnonzero(fresh)
    if counts is None:
        summed = np.diff(starts, append=len(fresh))
    else:
        summed = np.add.reduceat(counts, starts)
    return [word[starts] for word in ranked], summed


def from_arrays(
    options: Sequence[Option],
    order: npt.NDArray[np.integer],
    counts: npt.NDArray[np.integer],
    tied: npt.NDArray[np.bool_] | None = None,
) -> RankedPiles:
    """Group ballots given as arrays (layout as in RankedPiles, but in any order and with repeats) into piles.

    Gaps between the marks of a ballot are closed; `tied` speaks of the columns as given, gaps among them. Rows
    with a count of 0 are left out. Raises ValueError when an option is marked twice on one ballot, a position
    does not exist, or two options have one id.
    """
    options = tuple(options)
    if len({option.id for option in options}) < len(options):
        raise ValueError("two options have the same id")
    marks = np.ascontiguousarray(order, dtype=np.int16)
    marks = marks.reshape(len(marks), -1) if marks.size else np.full((len(marks), 0), NOBODY, dtype=np.int16)
    number = np.asarray(counts, dtype=np.int64)
    if marks.size and (marks.min() < NOBODY or marks.max() >= len(options)):
        raise ValueError("a ballot marks an option that is not there")
    if number.size and number.min() < 0:
        raise ValueError("a pile cannot hold fewer than no ballots")
    if tied is not None and not tied.any():
        tied = None
    marks, tied = _to_the_left(marks, tied)
    if marks.shape[1] > len(options):
        if (marks[:, len(options) :] != NOBODY).any():
            raise ValueError("a ballot marks one option twice")
        marks = marks[:, : len(options)]
        tied = tied[:, : len(options)] if tied is not None else None
    piler = Piler(len(options), shared=tied is not None)
    piler.add(marks, None if number.size and number.min() == number.max() == 1 else number, tied)
    return piler.piles(options)


def _twice(order: npt.NDArray[np.int16], options: int) -> bool:
    """Whether a row marks an option twice."""
    if options <= 63:
        seen = np.zeros(len(order), dtype=np.int64)
        for place in range(order.shape[1]):
            marked = np.where(order[:, place] >= 0, np.int64(1) << order[:, place].astype(np.int64), 0)
            if (seen & marked).any():
                return True
            seen |= marked
        return False
    ranked = np.sort(order, axis=1)
    return bool(((ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] >= 0)).any())


def rank(
    options: Sequence[Option], ballots: Mapping[Ranking, int] | Iterable[tuple[Sequence[str | Sequence[str]], int]]
) -> RankedPiles:
    """Make piles of ranked ballots from (ranking, how many) pairs; a place is an id, or several ids that share it.

    Raises ValueError when a ballot marks an unknown option or one option twice.
    """
    pairs = list(ballots.items() if isinstance(ballots, Mapping) else ballots)
    position = {option.id: index for index, option in enumerate(options)}
    rows: list[list[int]] = []
    ties: list[list[bool]] = []
    for ranking, _ in pairs:
        row: list[int] = []
        tie: list[bool] = []
        for place in ranking:
            for number, name in enumerate([place] if isinstance(place, str) else place):
                if name not in position:
                    raise ValueError(f"a ballot marks {name!r}, which is not an option")
                row.append(position[name])
                tie.append(number > 0)
        rows.append(row)
        ties.append(tie)
    width = max(map(len, rows), default=0)
    order = np.full((len(rows), width), NOBODY, dtype=np.int16)
    tied = np.zeros((len(rows), width), dtype=bool)
    for index, (row, tie) in enumerate(zip(rows, ties, strict=True)):
        order[index, : len(row)] = row
        tied[index, : len(tie)] = tie
    return from_arrays(options, order, np.array([count for _, count in pairs], dtype=np.int64), tied)


@dataclass(frozen=True)
class PairwiseTable:
    """How many ballots put each option above each other one.

    ballots   how many there are
    over      (preferred, other) → ballots; every ordered pair of two different ids is there

    Raises ValueError when a pair is missing, negative, or counts more ballots than there are.
    """

    options: tuple[Option, ...]
    ballots: int
    over: Mapping[tuple[str, str], int]

    def __post_init__(self) -> None:
        ids = [option.id for option in self.options]
        for one in ids:
            for other in ids:
                if one == other:
                    continue
                if (one, other) not in self.over:
                    raise ValueError(f"the table does not say how many put {one!r} above {other!r}")
                there, back = self.over[one, other], self.over.get((other, one), 0)
                if there < 0 or there + back > self.ballots:
                    raise ValueError(f"the table counts {there} and {back} ballots for {one!r} and {other!r}")

    def without_withdrawn(self) -> PairwiseTable:
        """The same table without the rows of withdrawn options."""
        return self.only([option.id for option in self.options if not option.withdrawn])

    def only(self, ids: Iterable[str]) -> PairwiseTable:
        """The same table with only these options."""
        stay = set(ids)
        return PairwiseTable(
            tuple(option for option in self.options if option.id in stay),
            self.ballots,
            {pair: ballots for pair, ballots in self.over.items() if pair[0] in stay and pair[1] in stay},
        )


def pairwise(piles: RankedPiles) -> PairwiseTable:
    """Compare every two options on every ballot.

    An option that is marked is above all that are not; options that share a place, or are both unmarked, are
    not above each other. Blank ballots count as ballots and put nobody above anybody.
    """
    size = len(piles.options)
    table = np.zeros((size, size), dtype=np.int64)
    for start in range(0, len(piles), 1 << 15):
        order = piles.order[start : start + (1 << 15)]
        counts = np.asarray(piles.counts[start : start + (1 << 15)])
        rows = np.arange(len(order))
        rank = np.full((size + 1, len(order)), order.shape[1] + 1, dtype=np.int16)
        place = np.zeros(len(order), dtype=np.int16)
        for column in range(order.shape[1]):
            if piles.tied is None:
                place[:] = column
            else:
                place += ~piles.tied[start : start + (1 << 15), column]
            rank[order[:, column], rows] = place
        for one in range(size):
            for other in range(size):
                if one != other:
                    table[one, other] += int(counts[rank[one] < rank[other]].sum())
    ids = piles.ids
    over = {
        (ids[one], ids[other]): int(table[one, other])
        for one in range(size)
        for other in range(size)
        if one != other
    }
    return PairwiseTable(piles.options, piles.total, over)
