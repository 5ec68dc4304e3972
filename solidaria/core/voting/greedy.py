"""Greedy budgets: the project with most votes first, as long as the money lasts. What most cities do.

It is here for comparison, for recounts of cities that use it, and to fill up what equal shares leaves over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.account import Tie
from solidaria.core.voting.budget import (
    BudgetResult,
    BudgetTies,
    BudgetVote,
    Missing,
    Purchase,
    amount,
    settle,
)

#: What the order goes by.
#:   votes           points of all ballots together; for approval, how many people support it
#:   votes per cost  the same divided by the cost: most votes for each unit of money
ORDERS = ("votes", "votes per cost")


@dataclass(frozen=True)
class GreedyTerms:
    """How a greedy budget is shared out.

    order        from ORDERS
    too_dear     "skip": a project that no longer fits is passed over, and the next one is tried;
                 "stop": the count ends there (Pabulib calls it no-skip)
    threshold    projects with fewer votes are not considered
    exclusive    groups of projects of which at most one is funded; a project may be in several
    ties         how ties are settled
    """

    order: str = "votes"
    too_dear: str = "skip"
    threshold: Fraction = Fraction(0)
    exclusive: tuple[frozenset[str], ...] = ()
    ties: BudgetTies = field(default_factory=BudgetTies)

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise ValueError(f"the order can go by {' or '.join(ORDERS)}, not {self.order!r}")
        if self.too_dear not in ("skip", "stop"):
            raise ValueError(f"a project that is too dear can 'skip' or 'stop', not {self.too_dear!r}")


def greedy(
    vote: BudgetVote, terms: GreedyTerms | None = None, *, votes: Mapping[str, Fraction] | None = None
) -> BudgetResult:
    """Fund projects in the order of their votes while the money lasts; never more than the budget is spent.

    votes   project → votes, where an official tally is to be used instead of the ballots' own
    """
    terms = terms or GreedyTerms()
    scores = dict(votes) if votes is not None else vote.scores()
    purchases, missing = fill(vote, terms, scores, have=(), left=vote.budget, by="greedy", first=1)
    spent = sum((purchase.cost for purchase in purchases), Fraction(0))
    return BudgetResult(
        rule="greedy-budget/1",
        terms=written_terms(terms),
        budget=vote.budget,
        spent=spent,
        voters=vote.voters,
        per_person=None,
        funded=tuple(purchase.project for purchase in purchases),
        purchases=tuple(purchases),
        missing=tuple(sorted(missing, key=lambda one: one.project)),
        names=vote.names,
    )


def written_terms(terms: GreedyTerms) -> dict[str, str]:
    """The terms as text."""
    written = {
        "order": terms.order,
        "too dear": terms.too_dear,
        "threshold": str(terms.threshold),
        "ties": ", ".join(terms.ties.steps),
        "seed": terms.ties.seed,
    }
    if terms.exclusive:
        written["exclusive"] = "; ".join(", ".join(sorted(group)) for group in sorted(terms.exclusive, key=sorted))
    return written


def fill(
    vote: BudgetVote,
    terms: GreedyTerms,
    scores: Mapping[str, Fraction],
    *,
    have: tuple[str, ...],
    left: Fraction,
    by: str,
    first: int,
) -> tuple[list[Purchase], list[Missing]]:
    """Spend what is `left` greedily on projects we do not `have` yet.

    by      what the purchases say they were made by
    first   number of the first purchase
    """
    cost, supporters = vote.cost, vote.supporters()
    funded = set(have)
    taken = {group for group in terms.exclusive if group & funded}
    waiting = [project.id for project in vote.projects if project.id not in funded]
    purchases: list[Purchase] = []
    missing: list[Missing] = []
    stopped = False

    def refuse(project: str, sentence: Sentence, *, more: int | None = None, less: Fraction | None = None) -> None:
        missing.append(Missing(project, cost[project], supporters[project], left, more, less, "rule", sentence))

    def rate(project: str) -> tuple[bool, Fraction]:
        """Sort key, the best highest; what costs nothing is worth most for each unit of money."""
        if terms.order == "votes":
            return (False, scores[project])
        return (True, scores[project]) if not cost[project] else (False, scores[project] / cost[project])

    while waiting:
        best = max(rate(project) for project in waiting)
        among = [project for project in waiting if rate(project) == best]
        tie: Tie | None = None
        if len(among) > 1:
            tie = settle(terms.ties, among, cost=cost, supporters=supporters, names=vote.names)
        project = tie.chosen if tie is not None else among[0]
        waiting.remove(project)
        name = vote.names[project]
        short = cost[project] - left
        if scores[project] < terms.threshold or scores[project] == 0:
            least = max(terms.threshold, Fraction(1))
            refuse(
                project,
                say(
                    "{name} has {votes} votes; {least} are needed.",
                    name=name,
                    votes=amount(scores[project]),
                    least=amount(least),
                ),
            )
        elif stopped:
            refuse(project, say("The count ended before {name}: an earlier project no longer fitted.", name=name))
        elif any(project in group for group in taken):
            refuse(
                project,
                say("{name} cannot be funded together with a project that was funded before it.", name=name),
            )
        elif short > 0:
            stopped = terms.too_dear == "stop"
            refuse(
                project,
                say(
                    "When {name} was reached, {left} was left: {short} too little.",
                    name=name,
                    left=left,
                    short=short,
                ),
                less=short if terms.order == "votes" else None,
            )
        else:
            purchases.append(
                Purchase(
                    first + len(purchases),
                    project,
                    cost[project],
                    by,
                    topped_up=cost[project],
                    votes=scores[project],
                    tie=tie,
                )
            )
            left -= cost[project]
            taken |= {group for group in terms.exclusive if project in group}
    return purchases, missing
