"""The account of a count: each round in numbers a program can check and words a person can follow.

All numbers are exact. `written` turns one into text: a decimal where the rule counts in decimals, a fraction
elsewhere. Options are named by id in the values; in sentences they are named by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from solidaria.core.problem import Sentence, say


def written(value: Fraction | int, decimals: int | None = None) -> str:
    """An exact number as text: "1239.99064" with decimals given, else "1/3" or "7".

    Raises ValueError when the number has more decimals than that: nothing is ever rounded in writing.
    """
    value = Fraction(value)
    if decimals is None:
        return str(value)
    scaled = value * 10**decimals
    if scaled.denominator != 1:
        raise ValueError(f"{value} has more than {decimals} decimals")
    sign = "-" if scaled < 0 else ""
    digits = str(abs(scaled.numerator)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def figure(value: Fraction | int, decimals: int | None = None) -> Decimal | Fraction | int:
    """An exact number to stand in a sentence, which the faces write in the reader's language."""
    value = Fraction(value)
    if value.denominator == 1:
        return value.numerator
    return value if decimals is None else Decimal(written(value, decimals))


def listed(names: Sequence[str | Sentence]) -> Sentence:
    """Names as a list in words: "Ana", "Ana and Bheki", "Ana, Bheki and Carla". There must be at least one."""
    together: Sentence = say("{name}", name=names[-1])
    for number, name in enumerate(reversed(names[:-1])):
        if number == 0:
            together = say("{name} and {last}", name=name, last=together)
        else:
            together = say("{name}, {rest}", name=name, rest=together)
    return together


@dataclass(frozen=True)
class Tie:
    """A tie that was met, and how it was settled.

    about      what had to be decided: "exclusion", "surplus", "election", "purchase" …
    among      ids of those who were tied, sorted
    step       the step of the tie rule that settled it: "backwards", "forwards", "lot", "name", or another
               that the rule names, such as "cheapest"
    chosen     the id it fell on
    stage      for backwards and forwards: the number of the earlier stage that decided
    sentence   the same in words
    """

    about: str
    among: tuple[str, ...]
    step: str
    chosen: str
    sentence: Sentence
    stage: int | None = None


@dataclass(frozen=True)
class Round:
    """One round (stage) of a count of elections.

    number      from 1
    action      "first preferences", "surplus", "exclusion", "last seats", "iteration", "strongest paths" …
    of          ids whose votes moved in this round
    votes       id → votes at the end of the round, every option
    transfers   id → change in this round; empty in the first
    exhausted   votes that are with nobody at the end of the round
    lost        of these, what rounding has lost up to the end of the round
    quota       what elects in this round; None where the rule has none
    elected     ids elected in this round, in order of election
    excluded    ids excluded in this round
    ties        ties met in this round
    sentences   the round in words
    keep        Meek only: id → share of each vote that stays with this option
    pairs       Schulze only: (preferred, other) → ballots, or strength of the strongest path
    """

    number: int
    action: str
    of: tuple[str, ...]
    votes: Mapping[str, Fraction]
    transfers: Mapping[str, Fraction] = field(default_factory=dict)
    exhausted: Fraction = Fraction(0)
    lost: Fraction = Fraction(0)
    quota: Fraction | None = None
    elected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    keep: Mapping[str, Fraction] = field(default_factory=dict)
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """A whole count.

    rule       the rule's identifier with its version, such as "scottish-stv/1"; one identifier, one rule, for ever
    terms      the terms as plain text values, in the order a person reads them: seats, quota, ties, seed …
    seats      how many were to be elected
    ballots    valid ballots counted
    decimals   how many decimals the votes have; None when they are fractions
    elected    ids in order of election
    rounds     in order
    names      id → name of every option that stood
    notes      what a reader must know: unfilled seats, warnings, what was left out of the count
    """

    rule: str
    terms: Mapping[str, str]
    seats: int
    ballots: int
    decimals: int | None
    elected: tuple[str, ...]
    rounds: tuple[Round, ...]
    names: Mapping[str, str]
    notes: tuple[Sentence, ...] = ()

    @property
    def ties(self) -> tuple[Tie, ...]:
        """Every tie that was met, in order."""
        return tuple(tie for round_ in self.rounds for tie in round_.ties)
