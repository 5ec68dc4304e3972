"""Ballots as piles: how many of each distinct ballot, without order, time or name of who cast them.

Options (candidates, projects, motions) are known by id. Piles are kept in one canonical order, so neither the
order of ballots nor the order in which they were grouped can change a result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Ballot = TypeVar("Ballot", bound=Hashable)

#: A ranked ballot as ids: places from the most preferred; each place the ids that share it, sorted.
Ranking = tuple[tuple[str, ...], ...]

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


def _array(values: object, kind: type[np.generic]) -> npt.NDArray[np.generic]:
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
        order = renamed[self.order]
        return from_arrays(options, order, self.counts, _tied_after(order, self.order, self.tied))

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


def _tied_after(
    order: npt.NDArray[np.int16], before: npt.NDArray[np.int16], tied: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.bool_] | None:
    """Which options still share a place with the one to their left after some were struck out of `before`."""
    if tied is None:
        return None
    place = np.cumsum(~tied, axis=1)
    place[(order == NOBODY) | (before == NOBODY)] = 0
    last = np.maximum.accumulate(place, axis=1)
    still = np.zeros_like(tied)
    still[:, 1:] = (place[:, 1:] == last[:, :-1]) & (place[:, 1:] > 0)
    return still


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


def keys(
    order: npt.NDArray[np.int16], tied: npt.NDArray[np.bool_] | None, options: int
) -> list[npt.NDArray[np.int64]]:
    """Each ballot as one or more whole numbers, most significant first; equal ballots have equal numbers."""
    base = (options + 1) * (1 if tied is None else 2)
    per_word = max(1, int(62 / np.log2(max(base, 2))))
    words = []
    for start in range(0, max(order.shape[1], 1), per_word):
        word = np.zeros(len(order), dtype=np.int64)
        for place in range(start, min(start + per_word, order.shape[1])):
            digit = order[:, place].astype(np.int64) + 1
            if tied is not None:
                digit = digit * 2 + tied[:, place]
            word *= base
            word += digit
        words.append(word)
    return words


def from_arrays(
    options: Sequence[Option],
    order: npt.NDArray[np.integer],
    counts: npt.NDArray[np.integer],
    tied: npt.NDArray[np.bool_] | None = None,
) -> RankedPiles:
    """Group ballots given as arrays (layout as in RankedPiles, but in any order and with repeats) into piles.

    Rows with a count of 0 are left out. Raises ValueError when an option is marked twice on one ballot, a
    position does not exist, or two options have one id.
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
    if (number == 0).any():
        keep = number > 0
        marks, number = marks[keep], number[keep]
        tied = tied[keep] if tied is not None else None
    if tied is not None and not tied.any():
        tied = None
    marks, tied = _to_the_left(marks, tied)
    used = int((marks != NOBODY).any(axis=0).sum()) if marks.size else 0
    marks = marks[:, :used]
    tied = tied[:, :used] if tied is not None else None
    if _twice(marks, len(options)):
        raise ValueError("a ballot marks one option twice")
    words = keys(marks, tied, len(options))
    place = np.argsort(words[0], kind="stable") if len(words) == 1 else np.lexsort(words[::-1])
    fresh = np.zeros(len(place), dtype=bool)
    if len(place):
        fresh[0] = True
        for word in words:
            ranked = word[place]
            fresh[1:] |= ranked[1:] != ranked[:-1]
    starts = np.flatnonzero(fresh)
    summed = np.add.reduceat(number[place], starts) if len(starts) else number[:0]
    first = place[starts]
    return RankedPiles(
        options,
        _array(marks[first], np.int16),  # type: ignore[arg-type]
        _array(summed, np.int64),  # type: ignore[arg-type]
        _array(tied[first], np.bool_) if tied is not None else None,  # type: ignore[arg-type]
    )


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

    over   (preferred, other) → ballots; every ordered pair of two different ids is there
    """

    options: tuple[Option, ...]
    over: Mapping[tuple[str, str], int] = field(default_factory=dict)
