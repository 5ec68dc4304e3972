"""Schulze: whoever has, towards everyone else, a path of pairwise victories at least as strong as the path back.

One option wins unless several are exactly as strong; then all of them are named and the tie rule chooses. With
more than one seat the seats go down the Schulze ranking, which is not proportional: for a council that should
mirror its voters use a single transferable vote.

Sources: M. Schulze, The Schulze method of voting, arXiv:1804.02973. Constitution of the Debian project, A.6
(quorum, required majority over the default option, defeats compared by winning votes, then by votes against).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.account import Account, Round, Tie, listed
from solidaria.core.voting.ballots import PairwiseTable, RankedPiles, pairwise
from solidaria.core.voting.terms import TieRule
from solidaria.core.voting.ties import settle

STRENGTHS = ("winning votes", "margins")


@dataclass(frozen=True)
class SchulzeTerms:
    """What a Schulze count needs besides its ballots.

    seats           how many are elected, at least 1
    ties            how ties are settled
    strength        how strong a victory is: "winning votes" (more ballots for it; among equals fewer against it)
                    or "margins" (for less against)
    default         id of the default option ("further discussion"), or None
    quorum          the least ballots that must put an option above the default one
    quorum_root     the same as a multiple of the square root of the electorate: 3/2 for Debian's 3Q. Compared
                    by squares, so exactly
    electorate      how many may vote; needed for quorum_root
    majority        option id → how many times as many ballots must put it above the default as below; every
                    option needs more than once as many, as Debian has it
    """

    seats: int = 1
    ties: TieRule = field(default_factory=lambda: TieRule(steps=("lot",)))
    strength: str = "winning votes"
    default: str | None = None
    quorum: int = 0
    quorum_root: Fraction = Fraction(0)
    electorate: int = 0
    majority: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.seats < 1:
            raise ValueError("there must be at least one seat")
        if self.strength not in STRENGTHS:
            raise ValueError(f"the strength of a victory is one of {', '.join(STRENGTHS)}, not {self.strength!r}")
        if self.default is None and (self.quorum or self.quorum_root or self.majority):
            raise ValueError("a quorum or a majority over the default option needs a default option")
        if self.quorum_root and not self.electorate:
            raise ValueError("a quorum by the square root of the electorate needs the electorate")


def schulze(ballots: RankedPiles | PairwiseTable, terms: SchulzeTerms) -> Account:
    """Count by Schulze, from ballots or from a published table of pairs.

    `elected` of the account are the first `seats` options of the ranking. Every set of options that are exactly
    as strong is in its ties: about "seat" where there were fewer seats than such options, else about "order of
    election".
    The default option can win: then nobody else is accepted.
    Raises ValueError when the default option is not among the options.
    """
    table = (pairwise(ballots) if isinstance(ballots, RankedPiles) else ballots).without_withdrawn()
    names = {option.id: option.name for option in table.options}
    if terms.default is not None and terms.default not in names:
        raise ValueError(f"the default option {terms.default!r} is not among the options")
    first = _pairs_round(table)
    dropped, reasons = _dropped(table, terms, names)
    kept = table.only(set(names) - set(dropped))
    paths = strongest_paths(kept, terms.strength)
    ranking, ties = _ranking(kept, paths, terms, names)
    elected = ranking[: terms.seats]
    rounds = [first]
    if terms.default is not None:
        rounds.append(
            Round(2, "default option", (), first.votes, excluded=tuple(dropped), sentences=tuple(reasons)),
        )
    rounds.append(
        Round(
            number=len(rounds) + 1,
            action="strongest paths",
            of=(),
            votes=_victories(kept.over, list(names)),
            elected=tuple(elected),
            ties=tuple(ties),
            sentences=tuple(_words(kept, paths, elected, terms, names)),
            pairs=paths,
        )
    )
    notes = []
    if len(elected) < terms.seats:
        notes.append(
            say_many("{count} seat stays empty.", "{count} seats stay empty.", terms.seats - len(elected)),
        )
    if terms.seats > 1:
        notes.append(say("Schulze with several seats is not proportional: one majority can take them all."))
    if terms.default in elected:
        notes.append(say("The default option wins: none of the others is accepted."))
    return Account(
        rule="schulze/1",
        terms={
            "strength": terms.strength,
            "default option": terms.default or "",
            "quorum": str(terms.quorum),
            "quorum root": str(terms.quorum_root),
            "electorate": str(terms.electorate),
            "majority": ", ".join(f"{option} {share}" for option, share in sorted(terms.majority.items())),
            "ties": ", ".join(terms.ties.steps),
            "seed": terms.ties.seed,
        },
        seats=terms.seats,
        ballots=table.ballots,
        decimals=0,
        elected=tuple(elected),
        rounds=tuple(rounds),
        names=names,
        notes=tuple(notes),
    )


def strength_of(there: int, back: int, ballots: int, strength: str) -> int:
    """The strength of a victory as one whole number, 0 for a defeat or a draw.

    For "winning votes" it is `there` × (ballots + 1) + ballots − `back`, so that more ballots for it count
    first and fewer against it second; for "margins" it is `there` − `back`.
    """
    if there <= back:
        return 0
    return there - back if strength == "margins" else there * (ballots + 1) + ballots - back


def strongest_paths(table: PairwiseTable, strength: str) -> dict[tuple[str, str], int]:
    """The strength of the strongest path between every two options: the most its weakest victory can have.

    Strengths are as in `strength_of`; 0 where there is no path.
    """
    ids = [option.id for option in table.options]
    over = table.over
    paths = {
        (one, other): strength_of(over[one, other], over[other, one], table.ballots, strength)
        for one in ids
        for other in ids
        if one != other
    }
    for by in ids:
        for one in ids:
            if one == by:
                continue
            first = paths[one, by]
            if not first:
                continue
            for other in ids:
                if other not in (one, by):
                    through = min(first, paths[by, other])
                    if through > paths[one, other]:
                        paths[one, other] = through
    return paths


def _victories(over: Mapping[tuple[str, str], int], ids: Sequence[str]) -> dict[str, Fraction]:
    won = dict.fromkeys(ids, 0)
    for (one, other), there in over.items():
        won[one] += there > over[other, one]
    return {option: Fraction(number) for option, number in won.items()}


def _pairs_round(table: PairwiseTable) -> Round:
    ids = [option.id for option in table.options]
    sentence = say(
        "{ballots} ballots compare {count} options, two at a time; the votes shown are pairwise victories.",
        ballots=table.ballots,
        count=len(ids),
    )
    return Round(
        1, "pairwise comparisons", (), _victories(table.over, ids), sentences=(sentence,), pairs=dict(table.over)
    )


def _dropped(
    table: PairwiseTable, terms: SchulzeTerms, names: Mapping[str, str]
) -> tuple[list[str], list[Sentence]]:
    """Options that miss the quorum or do not beat the default option as they must (Debian A.6.2 and A.6.3)."""
    default = terms.default
    if default is None:
        return [], []
    dropped, reasons = [], []
    for option in sorted(set(names) - {default}):
        there, back = table.over[option, default], table.over[default, option]
        needed = terms.majority.get(option, Fraction(1))
        if there < terms.quorum or there**2 < terms.quorum_root**2 * terms.electorate:
            dropped.append(option)
            reasons.append(
                say(
                    "{name} misses the quorum: {votes} ballots put it above {default}.",
                    name=names[option],
                    votes=there,
                    default=names[default],
                )
            )
        elif not there > needed * back:
            dropped.append(option)
            reasons.append(
                say(
                    "{name} does not beat {default}: {votes} ballots put it above, {against} below.",
                    name=names[option],
                    default=names[default],
                    votes=there,
                    against=back,
                )
            )
    return dropped, reasons


def _ranking(
    table: PairwiseTable, paths: Mapping[tuple[str, str], int], terms: SchulzeTerms, names: Mapping[str, str]
) -> tuple[list[str], list[Tie]]:
    """The options from the strongest, down to the last seat, and the ties on the way."""
    left = sorted(option.id for option in table.options)
    ranking: list[str] = []
    ties: list[Tie] = []
    while left and len(ranking) < terms.seats:
        best = [one for one in left if all(paths[one, o] >= paths[o, one] for o in left if o != one)]
        about = "seat" if len(best) > terms.seats - len(ranking) else "order of election"
        while best and len(ranking) < terms.seats:
            chosen = best[0]
            if len(best) > 1:
                tie = settle(
                    about=about,
                    tied=best,
                    ahead=True,
                    rule=terms.ties,
                    earlier=[],
                    names=names,
                    options=sorted(names),
                )
                ties.append(tie)
                chosen = tie.chosen
            ranking.append(chosen)
            best.remove(chosen)
            left.remove(chosen)
    return ranking, ties


def _words(
    table: PairwiseTable,
    paths: Mapping[tuple[str, str], int],
    elected: Sequence[str],
    terms: SchulzeTerms,
    names: Mapping[str, str],
) -> list[Sentence]:
    sentences = []
    for winner in elected[:1]:
        for other in sorted(option.id for option in table.options):
            if other == winner:
                continue
            there, back = table.over[winner, other], table.over[other, winner]
            sentences.append(
                say(
                    "{votes} ballots put {name} above {other}, {against} below.",
                    votes=there,
                    name=names[winner],
                    other=names[other],
                    against=back,
                )
            )
            if there <= back:
                sentences.append(
                    say(
                        "But through others the way from {name} to {other} is at least as strong as the way back.",
                        name=names[winner],
                        other=names[other],
                    )
                )
    if elected:
        sentences.append(say("Elected: {names}.", names=listed([names[option] for option in elected])))
    return sentences
