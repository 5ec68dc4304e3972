"""The method of equal shares: everybody gets the same part of the budget and pays only for what they support.

The rule itself is in equal_steps.py, its arithmetic in purses.py, the reasons of the losers in why_not.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction

from solidaria.core.problem import say
from solidaria.core.voting.budget import BudgetResult, BudgetVote
from solidaria.core.voting.equal_steps import (
    COMPLETIONS,
    STOPS,
    UTILITIES,
    EqualSharesTerms,
    count_all,
    written_terms,
)
from solidaria.core.voting.purses import TooMuchMoney
from solidaria.core.voting.why_not import explain

__all__ = ["COMPLETIONS", "STOPS", "UTILITIES", "EqualSharesTerms", "TooMuchMoney", "equal_shares"]


def equal_shares(
    vote: BudgetVote,
    terms: EqualSharesTerms | None = None,
    *,
    counted_again: Collection[str] | None = None,
    progress: Callable[[int, Fraction], None] | None = None,
    again: Callable[[str], None] | None = None,
) -> BudgetResult:
    """Count a budget vote by the method of equal shares, and say why each project was funded or not.

    counted_again   projects for which the whole vote is counted again until it is known what would have got them
                    funded; None: all of them where that is a matter of seconds, else none. For the others it is
                    said what was missing at the amount per person that the count ended with (Missing.scope)
    progress        called before each step with its number from 1 and the amount per person
    again           called with each project before the vote is counted again for it

    Raises TooMuchMoney, a ValueError, when all people together have 2⁵³ of the smallest unit of money or more.
    The budget is never overspent. For each funded project the payments add up to its cost exactly.
    """
    terms = terms or EqualSharesTerms()
    outcome = count_all(vote, terms, progress)
    counted = outcome.counted
    missing = explain(vote, terms, outcome, counted_again, again)
    notes = outcome.notes
    if any(one.scope == "last step" and one.supporters for one in missing):
        notes += (
            say(
                "What projects were missing is said at the amount per person that this count ended with. With "
                "another cost or more people the count could end at another amount: only counting again tells."
            ),
        )
    return BudgetResult(
        rule="equal-shares/1",
        terms=written_terms(terms),
        budget=vote.budget,
        spent=sum((purchase.cost for purchase in outcome.purchases), Fraction(0)),
        voters=vote.voters,
        per_person=None if counted is None else counted.basket.amount / counted.basket.electorate.unit,
        funded=tuple(purchase.project for purchase in outcome.purchases),
        purchases=outcome.purchases,
        over=outcome.over,
        steps=0 if counted is None else counted.steps,
        missing=missing,
        names=vote.names,
        notes=notes,
    )
