"""The bundle of a count: ballots, terms, seed and rounds in one file from which anyone can count again.

recount_alone.py reads it, with Python and nothing else. The bytes of a bundle depend on what it holds only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from solidaria.core.voting.account import Account, Round, figure, written
from solidaria.core.voting.ballots import Option, Ranking

Json = object


@dataclass(frozen=True)
class Roll:
    """Who could vote and who did; never how.

    sha256      of the roll as it was frozen, so that a roll shown later can be proved the same
    members     how many are on it
    took_part   who voted, in the order of the roll's ids; may be withheld where the rules say so (None)
    """

    sha256: str
    members: int
    took_part: tuple[str, ...] | None = None


def bundle(
    piles: Iterable[tuple[Ranking, int]], options: Sequence[Option], account: Account, roll: Roll | None = None
) -> str:
    """A bundle as text. Piles are put in order, so that nothing of the order of ballots is left in it."""
    return (
        json.dumps(
            {
                "bundle": "solidaria-count/1",
                "rule": account.rule,
                "seats": account.seats,
                "terms": dict(account.terms),
                "roll": None
                if roll is None
                else {
                    "sha256": roll.sha256,
                    "members": roll.members,
                    "took_part": None if roll.took_part is None else list(roll.took_part),
                },
                "options": [
                    {"id": option.id, "name": option.name, "withdrawn": option.withdrawn}
                    for option in sorted(options, key=lambda option: option.id)
                ],
                "ballots": [
                    {"count": count, "places": [list(place) for place in ranking]}
                    for ranking, count in sorted(piles)
                ],
                "result": result(account),
            },
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )


def result(account: Account) -> dict[str, Json]:
    """What a recount must find: numbers and ids, no words."""
    return {
        "rule": account.rule,
        "seats": account.seats,
        "ballots": account.ballots,
        "elected": list(account.elected),
        "rounds": [_round(round_, account.decimals) for round_ in account.rounds],
    }


def _round(round_: Round, decimals: int | None) -> dict[str, Json]:
    answer: dict[str, Json] = {
        "round": round_.number,
        "action": round_.action,
        "of": list(round_.of),
        "quota": None if round_.quota is None else str(figure(round_.quota)),
        "votes": {option: written(votes, decimals) for option, votes in sorted(round_.votes.items())},
        "exhausted": written(round_.exhausted, decimals),
        "lost": written(round_.lost, decimals),
        "elected": list(round_.elected),
        "excluded": list(round_.excluded),
        "ties": [
            {
                "about": tie.about,
                "among": list(tie.among),
                "step": tie.step,
                "stage": tie.stage,
                "chosen": tie.chosen,
            }
            for tie in round_.ties
        ],
    }
    if round_.keep:
        answer["quota"] = None if round_.quota is None else written(round_.quota, decimals)
        answer["keep"] = {option: written(share, decimals) for option, share in sorted(round_.keep.items())}
    if round_.pairs:
        answer["pairs"] = [[*pair, round_.pairs[pair]] for pair in sorted(round_.pairs)]
    return answer
