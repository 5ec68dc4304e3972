"""Majorities: so many for it, of whom, more than or at least; with a quorum. Exact: two thirds is two thirds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.account import figure

#: What can stand on a ballot. A spoiled ballot was handed in but says nothing that can be counted.
CHOICES = ("for", "against", "abstain", "blank", "spoiled")

#: What a share is counted of.
#:   for and against   those two alone; abstentions, blank and spoiled ballots do not count
#:   votes cast        for, against, abstentions and blank ballots; spoiled ones do not count
#:   present           everybody in the room (or on line), whether they voted or not
#:   roll              everybody who may vote
BASES = ("for and against", "votes cast", "present", "roll")

#: What must be large enough for a quorum.
#:   present       how many are there
#:   ballots       how many ballots were handed in, spoiled ones included
MEASURES = ("present", "ballots")


@dataclass(frozen=True)
class Share:
    """A share that the votes for must reach.

    of       what it is counted of, from BASES
    share    exact, from 0 to 1
    strict   True: more than the share; False: at least the share
    """

    of: str = "for and against"
    share: Fraction = Fraction(1, 2)
    strict: bool = True

    def __post_init__(self) -> None:
        if self.of not in BASES:
            raise ValueError(f"a share can be counted of {', '.join(BASES)}, not of {self.of!r}")
        if isinstance(self.share, float) or not 0 <= self.share <= 1:
            raise ValueError("a share is an exact number from 0 to 1")
        if self.strict and self.share == 1:
            raise ValueError("nothing can be more than the whole")

    def reached(self, number: int, whole: int) -> bool:
        """Whether `number` of `whole` reaches the share. Of nobody at all nothing reaches it."""
        return whole > 0 and (number > whole * self.share if self.strict else number >= whole * self.share)

    def needed(self, whole: int) -> int:
        """The smallest number of `whole` that reaches the share: 2/3 of 9 is 6 with at least, 7 with more than."""
        least = whole * self.share
        return int(least) + 1 if self.strict else -int(-least // 1)


@dataclass(frozen=True)
class Quorum:
    """How many must take part for a vote to count.

    kind      "share": a share of the roll; "number": so many people; "root": so many times the square root of the
              roll, as in Debian's constitution (3Q is 3/2 of the root)
    amount    the share, the number or the factor, exact
    measure   what must be large enough, from MEASURES
    strict    True: more than that; False: at least that
    """

    kind: str = "share"
    amount: Fraction = Fraction(1, 2)
    measure: str = "present"
    strict: bool = False

    def __post_init__(self) -> None:
        if self.kind not in ("share", "number", "root"):
            raise ValueError(f"a quorum is a 'share', a 'number' or a 'root', not {self.kind!r}")
        if self.measure not in MEASURES:
            raise ValueError(f"a quorum is measured by {' or '.join(MEASURES)}, not by {self.measure!r}")
        if isinstance(self.amount, float) or self.amount < 0:
            raise ValueError("the amount of a quorum is an exact number from 0 up")

    def reached(self, number: int, roll: int) -> bool:
        """Whether `number` people are enough on a roll of so many."""
        # The square root is never taken: number ≥ factor · √roll is number² ≥ factor² · roll.
        have, need = {
            "share": (Fraction(number), self.amount * roll),
            "number": (Fraction(number), self.amount),
            "root": (Fraction(number) ** 2, self.amount**2 * roll),
        }[self.kind]
        return have > need if self.strict else have >= need

    def needed(self, roll: int) -> int:
        """The smallest number of people that is enough."""
        low, high = 0, 1
        while not self.reached(high, roll):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.reached(middle, roll) else (middle + 1, high)
        return low


@dataclass(frozen=True)
class MajorityTerms:
    """What was agreed before the vote.

    shares        every one of them must be reached: usually one; two where the law asks for turnout and support
    quorum        every one of them must be reached; none: any number may decide
    second_call   True: this is a second call at which, by the rules, any number may decide ("one hour later with
                  whoever is present"), so no quorum is asked for
    """

    shares: tuple[Share, ...] = (Share(),)
    quorum: tuple[Quorum, ...] = ()
    second_call: bool = False

    def __post_init__(self) -> None:
        if not self.shares:
            raise ValueError("a majority needs at least one share to reach")


@dataclass(frozen=True)
class Check:
    """One thing that had to be reached.

    what       "quorum" or "share"
    of         what it was counted of, from BASES or MEASURES
    number     what there was
    whole      what it was counted of, as a number
    needed     the smallest number that would have been enough
    reached    whether it was
    sentence   the same in words
    """

    what: str
    of: str
    number: int
    whole: int
    needed: int
    reached: bool
    sentence: Sentence


@dataclass(frozen=True)
class MajorityResult:
    """The outcome and how it came about.

    rule       "majority/1"
    outcome    "carried", "lost", or "not quorate": then the vote decides nothing
    tally      choice → ballots, every one of CHOICES
    present    how many were there; None when it was not asked
    roll       how many may vote; None when it was not asked
    checks     quorums first, then shares, in the order of the terms
    """

    rule: str
    outcome: str
    tally: Mapping[str, int]
    present: int | None
    roll: int | None
    checks: tuple[Check, ...]

    @property
    def carried(self) -> bool:
        """Whether the motion carries."""
        return self.outcome == "carried"


def majority(
    piles: Mapping[str, int],
    terms: MajorityTerms | None = None,
    *,
    present: int | None = None,
    roll: int | None = None,
) -> MajorityResult:
    """Count a vote on a motion.

    piles     choice (from CHOICES) → how many ballots
    present   how many were there when the vote was taken; needed when the terms count of them
    roll      how many may vote; likewise

    Raises ValueError for an unknown choice, a pile below zero, a base that is needed and not given, or more
    ballots than people present or on the roll.
    """
    terms = terms or MajorityTerms()
    tally = tallied(piles)
    ballots = sum(tally.values())
    for what, many in (("present", present), ("on the roll", roll)):
        if many is not None and many < ballots:
            raise ValueError(f"there are {ballots} ballots, but {many} people {what}")
    if present is not None and roll is not None and present > roll:
        raise ValueError(f"{present} people cannot be present with {roll} on the roll")
    sizes = {
        "for and against": tally["for"] + tally["against"],
        "votes cast": ballots - tally["spoiled"],
        "present": present,
        "roll": roll,
        "ballots": ballots,
    }
    checks = [] if terms.second_call else [_quorum(quorum, sizes) for quorum in terms.quorum]
    quorate = all(check.reached for check in checks)
    checks += [_share(share, tally["for"], sizes) for share in terms.shares]
    if not quorate:
        outcome = "not quorate"
    else:
        outcome = "carried" if all(check.reached for check in checks) else "lost"
    return MajorityResult("majority/1", outcome, tally, present, roll, tuple(checks))


def tallied(piles: Mapping[str, int]) -> dict[str, int]:
    """Piles as a full tally, every choice named, zero where there is no pile."""
    unknown = sorted(set(piles) - set(CHOICES))
    if unknown:
        raise ValueError(f"a ballot says {', '.join(CHOICES)}, not {', '.join(unknown)}")
    if any(count < 0 for count in piles.values()):
        raise ValueError("a pile cannot hold fewer than no ballots")
    return {choice: piles.get(choice, 0) for choice in CHOICES}


def _known(base: str, sizes: Mapping[str, int | None]) -> int:
    size = sizes[base]
    if size is None:
        raise ValueError(f"the terms count of {base!r}, so that number is needed")
    return size


def _share(share: Share, number: int, sizes: Mapping[str, int | None]) -> Check:
    whole = _known(share.of, sizes)
    reached = share.reached(number, whole)
    needed = share.needed(whole)
    sentence = share_in_words(share, number, whole, needed, reached)
    return Check("share", share.of, number, whole, needed, reached, sentence)


def share_in_words(share: Share, number: int, whole: int, needed: int, reached: bool) -> Sentence:
    """Whether a share was reached, in words."""
    of = {
        "for and against": say("the votes for and against"),
        "votes cast": say("the votes cast"),
        "present": say("those present"),
        "roll": say("the roll"),
    }[share.of]
    words: dict[str, object] = {
        "number": number,
        "whole": whole,
        "of": of,
        "share": figure(share.share),
        "needed": needed,
    }
    if share.strict and reached:
        return say("{number} for, of {whole} ({of}): more than {share}. {needed} were needed.", **words)
    if share.strict:
        return say("{number} for, of {whole} ({of}): not more than {share}. {needed} were needed.", **words)
    if reached:
        return say("{number} for, of {whole} ({of}): at least {share}. {needed} were needed.", **words)
    return say("{number} for, of {whole} ({of}): less than {share}. {needed} were needed.", **words)


def _quorum(quorum: Quorum, sizes: Mapping[str, int | None]) -> Check:
    number = _known(quorum.measure, sizes)
    roll = _known("roll", sizes) if quorum.kind != "number" else sizes["roll"] or 0
    reached, needed = quorum.reached(number, roll), quorum.needed(roll)
    words: dict[str, object] = {"number": number, "needed": needed}
    if quorum.measure == "present":
        sentence = (
            say("{number} people are present; {needed} are enough to decide.", **words)
            if reached
            else say("{number} people are present; {needed} are needed to decide.", **words)
        )
    else:
        sentence = (
            say("{number} ballots were handed in; {needed} are enough to decide.", **words)
            if reached
            else say("{number} ballots were handed in; {needed} are needed to decide.", **words)
        )
    return Check("quorum", quorum.measure, number, roll, needed, reached, sentence)
