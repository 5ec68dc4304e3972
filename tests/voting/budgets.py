"""Small budget votes that the tests draw at random, and terms for them."""

import random
from fractions import Fraction

from hypothesis import strategies as st

from solidaria.core.voting.budget import BudgetTies, BudgetVote, Project, approve, give_points, put_in_order
from solidaria.core.voting.equal_shares import COMPLETIONS, STOPS, UTILITIES, EqualSharesTerms

TIES = (("cheapest", "supporters", "lot"), ("supporters", "name"), ("name",), ("dearest", "lot"))


def random_vote(chance: random.Random, kinds=("approval", "cumulative", "ordinal"), projects=6) -> BudgetVote:
    """A vote of a few people on a few projects, often with ties, free projects, and projects beyond the budget."""
    how_many, people = chance.randint(1, projects), chance.randint(1, chance.choice([4, 9, 25]))
    most = chance.choice([6, 300])
    cost = {
        f"p{number}": Fraction(0 if chance.random() < 0.05 else chance.randint(1, most))
        for number in range(how_many)
    }
    budget = Fraction(chance.randint(1, int(sum(cost.values())) + 3))
    kind = chance.choice(kinds)
    piles: dict = {}
    for _ in range(people):
        marked = chance.sample(sorted(cost), chance.randint(0, how_many))
        if kind == "approval":
            ballot = approve(*marked)
        elif kind == "ordinal":
            ballot = put_in_order(marked)
        else:
            ballot = give_points({project: chance.randint(1, 5) for project in marked})
        piles[ballot] = piles.get(ballot, 0) + 1
    return BudgetVote(budget, tuple(Project(project, one) for project, one in cost.items()), piles, kind)


def random_terms(chance: random.Random, vote: BudgetVote, **fixed) -> EqualSharesTerms:
    """Terms of every kind; steps long enough that there are some ten of them."""
    dear = sum(project.cost for project in vote.projects) > 40
    drawn = {
        "utility": chance.choice(UTILITIES),
        "completion": chance.choice(COMPLETIONS),
        "stop": chance.choice(STOPS),
        "step": Fraction(max(1, int(vote.budget / vote.voters / 8)))
        if dear
        else Fraction(1, chance.choice([1, 3])),
        "comparison": chance.random() < 0.2,
        "ties": BudgetTies(chance.choice(TIES), "a public seed"),
    }
    return EqualSharesTerms(**{**drawn, **fixed})


#: A source of chance that Hypothesis controls and prints.
CHANCE = st.integers(0, 2**32).map(random.Random)
