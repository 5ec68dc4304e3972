"""The bundle of a budget vote: ballots, projects, terms and account in one file from which anyone can count again.

recount_budget_alone.py reads it, with Python and nothing else. The bytes of a bundle depend on what it holds only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction

from solidaria.core.voting.account import Tie
from solidaria.core.voting.budget import BudgetResult, BudgetVote, Purchase
from solidaria.report.bundle import Roll

Json = object


def budget_bundle(
    vote: BudgetVote,
    result: BudgetResult,
    roll: Roll | None = None,
    *,
    votes: Mapping[str, Fraction] | None = None,
    exclusive: Sequence[frozenset[str]] = (),
) -> str:
    """A bundle as text. Piles are put in order, so that nothing of the order of ballots is left in it.

    votes       the official tally, where greedy went by one
    exclusive   the exclusive groups, where greedy had some
    """
    return (
        json.dumps(
            {
                "bundle": "solidaria-budget/1",
                "rule": result.rule,
                "terms": dict(result.terms),
                "roll": None
                if roll is None
                else {
                    "sha256": roll.sha256,
                    "members": roll.members,
                    "took_part": None if roll.took_part is None else list(roll.took_part),
                },
                "budget": str(vote.budget),
                "projects": [
                    {"id": project.id, "name": project.name, "cost": str(project.cost)}
                    for project in vote.projects
                ],
                "kind": vote.kind,
                "votes": None if votes is None else {project: str(votes[project]) for project in sorted(votes)},
                "exclusive": sorted(sorted(group) for group in exclusive),
                "ballots": [
                    {"count": count, "marks": [[project, str(points)] for project, points in ballot]}
                    for ballot, count in sorted(vote.piles.items())
                ],
                "result": budget_result(result),
            },
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )


def budget_result(result: BudgetResult) -> dict[str, Json]:
    """What a recount must find: numbers and ids, no words."""
    return {
        "rule": result.rule,
        "budget": str(result.budget),
        "spent": str(result.spent),
        "voters": result.voters,
        "per_person": None if result.per_person is None else str(result.per_person),
        "steps": result.steps,
        "funded": list(result.funded),
        "purchases": [_purchase(purchase) for purchase in result.purchases],
        "over": [_purchase(purchase) for purchase in result.over],
    }


def _purchase(purchase: Purchase) -> dict[str, Json]:
    return {
        "project": purchase.project,
        "by": purchase.by,
        "cost": str(purchase.cost),
        "price": None if purchase.price is None else str(purchase.price),
        "full": [[payers.people, str(payers.each)] for payers in purchase.full],
        "last_coins": purchase.last_coins,
        "rest": str(purchase.rest),
        "broke": purchase.broke,
        "topped_up": str(purchase.topped_up),
        "tie": None if purchase.tie is None else _tie(purchase.tie),
    }


def _tie(tie: Tie) -> dict[str, Json]:
    return {"among": list(tie.among), "step": tie.step, "chosen": tie.chosen}
