"""Approval: everybody marks all they can live with; those marked most are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from solidaria.core.problem import Sentence, say_many
from solidaria.core.voting.account import Account, Round, Tie
from solidaria.core.voting.ballots import Option
from solidaria.core.voting.majority import Share
from solidaria.core.voting.terms import TieRule
from solidaria.core.voting.ties import settle


@dataclass(frozen=True)
class ApprovalTerms:
    """What was agreed before the vote.

    seats       how many are chosen, at least 1
    at_least    an option must also be marked on this share of the ballots, blank ones included; None: no such
                condition. It may then happen that fewer are chosen than there are seats
    most_marks  a ballot with more marks than this is not valid; None: any number may be marked
    ties        how ties are settled; there are no earlier rounds, so only "lot" and "name" can settle one
    """

    seats: int = 1
    at_least: Share | None = None
    most_marks: int | None = None
    ties: TieRule = field(default_factory=lambda: TieRule(("lot",)))

    def __post_init__(self) -> None:
        if self.seats < 1:
            raise ValueError("there must be at least one seat")


def approval(
    piles: Mapping[frozenset[str], int], options: Sequence[Option], terms: ApprovalTerms | None = None
) -> Account:
    """Choose the options that most ballots mark.

    piles     ballot (the ids it marks) → how many; a ballot that marks nothing is blank and counts as a ballot
    options   all that could be marked, in any order; those withdrawn are passed over

    Raises ValueError for a mark on an option that does not exist, or a pile below one ballot.
    """
    terms = terms or ApprovalTerms()
    names = {option.id: option.name for option in options}
    stand = sorted(option.id for option in options if not option.withdrawn)
    votes = dict.fromkeys(stand, 0)
    valid = spoiled = 0
    for ballot, count in piles.items():
        if count < 1:
            raise ValueError("a pile holds at least one ballot")
        if not names.keys() >= ballot:
            raise ValueError(f"a ballot marks an option that is not there: {sorted(ballot - names.keys())}")
        if terms.most_marks is not None and len(ballot) > terms.most_marks:
            spoiled += count
            continue
        valid += count
        for option in ballot:
            if option in votes:
                votes[option] += count
    enough = [one for one in stand if terms.at_least is None or terms.at_least.reached(votes[one], valid)]
    elected, ties = _best(enough, votes, terms, names, stand)
    sentences: list[Sentence] = [
        say_many(
            "{option} is marked on one ballot of {ballots} and is chosen.",
            "{option} is marked on {count} ballots of {ballots} and is chosen.",
            votes[option],
            option=names[option],
            ballots=valid,
        )
        for option in elected
    ]
    round_ = Round(
        number=1,
        action="approvals",
        of=(),
        votes={option: Fraction(number) for option, number in votes.items()},
        elected=tuple(elected),
        ties=tuple(ties),
        sentences=tuple(sentences),
    )
    notes: list[Sentence] = []
    if spoiled:
        notes.append(
            say_many(
                "One ballot has more than {most} marks and is not counted.",
                "{count} ballots have more than {most} marks and are not counted.",
                spoiled,
                most=terms.most_marks,
            )
        )
    if len(elected) < terms.seats:
        notes.append(say_many("One seat stays empty.", "{count} seats stay empty.", terms.seats - len(elected)))
    return Account(
        rule="approval/1",
        terms=_written(terms),
        seats=terms.seats,
        ballots=valid,
        decimals=0,
        elected=tuple(elected),
        rounds=(round_,),
        names={option: names[option] for option in stand},
        notes=tuple(notes),
    )


def _best(
    enough: Iterable[str],
    votes: Mapping[str, int],
    terms: ApprovalTerms,
    names: Mapping[str, str],
    options: list[str],
) -> tuple[list[str], list[Tie]]:
    """The options with most votes, in order, and the ties met on the way."""
    waiting = list(enough)
    elected: list[str] = []
    ties: list[Tie] = []
    while waiting and len(elected) < terms.seats:
        most = max(votes[option] for option in waiting)
        tied = sorted(option for option in waiting if votes[option] == most)
        if len(tied) > 1:
            tie = settle(
                about="election",
                tied=tied,
                ahead=True,
                rule=terms.ties,
                earlier=(),
                names=names,
                options=options,
            )
            # A tie matters for who is chosen only when not all of the tied can be; else it only makes the order.
            ties.append(tie)
            chosen = tie.chosen
        else:
            chosen = tied[0]
        elected.append(chosen)
        waiting.remove(chosen)
    return elected, ties


def _written(terms: ApprovalTerms) -> dict[str, str]:
    written = {"seats": str(terms.seats)}
    if terms.at_least is not None:
        written["at least"] = f"{'more than' if terms.at_least.strict else 'at least'} {terms.at_least.share}"
    if terms.most_marks is not None:
        written["most marks"] = str(terms.most_marks)
    return written | {"ties": ", ".join(terms.ties.steps), "seed": terms.ties.seed}
