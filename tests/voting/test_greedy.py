"""Greedy budgets: worked cases, the published cities, laws."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings

from solidaria.core.voting.budget import BudgetTies, BudgetVote, Project, approve
from solidaria.core.voting.greedy import ORDERS, GreedyTerms, greedy
from solidaria.core.voting.recount_budget import recount_budget
from solidaria.records.pabulib import read_file
from tests.voting.budgets import CHANCE, TIES, random_vote
from tests.voting.published import names, published

FILES = names("budgets_greedy", "*.pb")

#: Outcomes that no greedy rule in the file's own words gives: a district's rule, and a project withdrawn after the
#: vote that a count without skipping ends at. The count says that it differs; it does not bend.
DIFFER = {
    "Poland_Gdynia_2020_Babie_Doly__small": {"1", "5"},
    "Poland_Wroclaw_2017_Rejon_nr_11_750": {"425"},
}


def vote(budget, costs, ballots):
    return BudgetVote(
        Fraction(budget), tuple(Project(one, Fraction(cost)) for one, cost in costs.items()), dict(ballots)
    )


BALLOTS = [(approve("a"), 5), (approve("b"), 4), (approve("c"), 3)]


def test_most_votes_first_and_what_no_longer_fits_is_skipped():
    result = greedy(vote(10, {"a": 6, "b": 5, "c": 4}, BALLOTS))
    assert result.funded == ("a", "c") and result.spent == 10
    (missing,) = result.missing
    assert (missing.project, missing.money_left, missing.less_cost) == ("b", 4, 1)
    assert str(missing.sentence) == "When b was reached, 4 was left: 1 too little."


def test_the_count_can_end_at_the_first_that_does_not_fit():
    result = greedy(vote(10, {"a": 6, "b": 5, "c": 4}, BALLOTS), GreedyTerms(too_dear="stop"))
    assert result.funded == ("a",)
    assert "an earlier project no longer fitted" in str(result.missing[1].sentence)


def test_projects_below_the_threshold_are_not_considered():
    result = greedy(vote(10, {"a": 1, "b": 1, "c": 1}, BALLOTS), GreedyTerms(threshold=Fraction(4)))
    assert result.funded == ("a", "b")
    assert str(result.missing[0].sentence) == "c has 3 votes; 4 are needed."


def test_of_an_exclusive_group_only_the_first_is_funded():
    terms = GreedyTerms(exclusive=(frozenset("ab"),))
    result = greedy(vote(10, {"a": 1, "b": 1, "c": 1}, BALLOTS), terms)
    assert result.funded == ("a", "c")
    assert recount_budget(vote(10, {"a": 1, "b": 1, "c": 1}, BALLOTS), result, exclusive=terms.exclusive) == ()


def test_a_tie_goes_to_the_cheaper_project():
    result = greedy(vote(5, {"a": 5, "b": 4}, [(approve("a", "b"), 2)]))
    assert result.funded == ("b",) and result.ties[0].step == "cheapest"


def test_an_official_tally_can_stand_in_for_the_ballots():
    tally = {"a": Fraction(1), "b": Fraction(2), "c": Fraction(0)}
    assert greedy(vote(4, {"a": 4, "b": 4, "c": 4}, BALLOTS), votes=tally).funded == ("b",)


def test_terms_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="order"):
        GreedyTerms(order="cost")
    with pytest.raises(ValueError, match="too dear"):
        GreedyTerms(too_dear="borrow")


@pytest.mark.parametrize("name", FILES)
def test_the_city_funded_what_its_greedy_rule_funds(name):
    file = read_file(published(f"budgets_greedy/{name}.pb"))
    terms = GreedyTerms(
        too_dear="stop" if file.meta["rule"] == "greedy-no-skip" else "skip",
        threshold=Fraction(file.meta.get("min_project_score_threshold", "0")),
    )
    result = greedy(file.vote, terms, votes=file.published or None)
    assert set(result.funded) ^ file.funded == DIFFER.get(name, set())
    assert recount_budget(file.vote, result, votes=file.published or None) == ()


@settings(deadline=None)
@given(CHANCE)
def test_the_budget_is_never_overspent_and_the_plain_count_agrees(chance):
    instance = random_vote(chance)
    terms = GreedyTerms(
        order=chance.choice(ORDERS),
        too_dear=chance.choice(["skip", "stop"]),
        threshold=Fraction(chance.randint(0, 3)),
        ties=BudgetTies(chance.choice(TIES), "seed"),
    )
    result = greedy(instance, terms)
    assert result.spent <= instance.budget
    assert recount_budget(instance, result) == ()
    assert {one.project for one in result.missing} | set(result.funded) == {one.id for one in instance.projects}


@settings(deadline=None)
@given(CHANCE)
def test_what_a_project_is_said_to_cost_too_much_is_true(chance):
    instance = random_vote(chance)
    result = greedy(instance)
    for one in result.missing:
        if one.less_cost is not None:
            changed = replace(
                instance,
                projects=tuple(
                    replace(project, cost=project.cost - one.less_cost) if project.id == one.project else project
                    for project in instance.projects
                ),
            )
            assert one.project in greedy(changed).funded


@settings(deadline=None)
@given(CHANCE)
def test_neither_the_order_of_ballots_and_projects_nor_their_names_decide(chance):
    instance = random_vote(chance)
    terms = GreedyTerms(ties=BudgetTies(("cheapest", "supporters", "name")))
    renamed = {project.id: f"new {project.id}" for project in instance.projects}
    projects = [replace(project, id=renamed[project.id]) for project in instance.projects]
    piles = [
        (tuple((renamed[project], points) for project, points in ballot), people)
        for ballot, people in instance.piles.items()
    ]
    chance.shuffle(projects)
    chance.shuffle(piles)
    other = BudgetVote(instance.budget, tuple(projects), dict(piles), instance.kind)
    assert greedy(other, terms).funded == tuple(renamed[project] for project in greedy(instance, terms).funded)
