"""Terms common to the rules: how many seats, and how a tie is settled, step by step, agreed before the count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

#: Ways to settle a tie. Each is a step; the next one is asked only when this one does not separate all.
#:   backwards   whoever had more votes at the most recent earlier stage at which they differed is ahead
#:               (SSI 2007/42 rules 49 and 51: "the most recent preceding stage")
#:   forwards    the same, at the first stage at which they differed
#:   lot         the published order drawn from the seed, see `lot_order`
#:   name        by name, then by id: only where the by-laws say so
TIE_STEPS = ("backwards", "forwards", "lot", "name")


@dataclass(frozen=True)
class TieRule:
    """How ties are settled.

    steps   from TIE_STEPS, asked in turn; the last must be "lot" or "name", which always separate
    seed    what the lot is drawn from: public, fixed before the count (a lottery number of the day, a
            dice roll read aloud), so that nobody could choose it knowing the ballots
    """

    steps: tuple[str, ...] = ("backwards", "lot")
    seed: str = ""

    def __post_init__(self) -> None:
        for step in self.steps:
            if step not in TIE_STEPS:
                raise ValueError(f"a tie can be settled by {', '.join(TIE_STEPS)}, not by {step!r}")
        if not self.steps or self.steps[-1] not in ("lot", "name"):
            raise ValueError("the last step of a tie rule must be 'lot' or 'name', which always settle")


def lot_number(seed: str, option: str) -> str:
    """The lot of one option: SHA-256 of the seed, a line feed and the option's id (UTF-8), in hexadecimal."""
    return sha256(f"{seed}\n{option}".encode()).hexdigest()


def lot_order(seed: str, options: Iterable[str]) -> tuple[str, ...]:
    """The options in the order of their lots, lowest first; the first one is ahead in every tie.

    Anyone can draw it again: `printf 'seed\\nid' | sha256sum`. The order of one vote is fixed before the count
    and the same in all its ties; it does not depend on the order in which the options are given.
    """
    return tuple(sorted(options, key=lambda option: (lot_number(seed, option), option)))


@dataclass(frozen=True)
class ElectionTerms:
    """What a ranked election needs besides its ballots.

    seats   how many are elected, at least 1
    ties    how ties are settled
    """

    seats: int
    ties: TieRule = field(default_factory=TieRule)

    def __post_init__(self) -> None:
        if self.seats < 1:
            raise ValueError("there must be at least one seat")
