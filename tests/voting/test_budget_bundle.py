"""The bundle of a budget vote, and the recount that shares nothing with the count."""

import ast
import json
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings

from solidaria.core.voting.budget import BudgetTies, BudgetVote
from solidaria.core.voting.equal_shares import EqualSharesTerms, equal_shares
from solidaria.core.voting.greedy import ORDERS, GreedyTerms, greedy
from solidaria.records.pabulib import read_file
from solidaria.report import recount_budget_alone
from solidaria.report.budget_bundle import budget_bundle
from solidaria.report.bundle import Roll
from solidaria.report.recount_budget_alone import recount, text
from tests.voting.budgets import CHANCE, TIES, random_terms, random_vote
from tests.voting.published import names, published

ALONE = Path(recount_budget_alone.__file__)
CITIES = names("budgets_equal_shares", "*.pb")


def same(bundle_text):
    bundle = json.loads(bundle_text)
    return text(recount(bundle)) == text(bundle["result"])


def test_the_recount_imports_nothing_but_the_standard_library():
    tree = ast.parse(ALONE.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


@settings(deadline=None)
@given(CHANCE)
def test_equal_shares_counted_again_alone_are_the_same_byte_for_byte(chance):
    vote = random_vote(chance)
    assert same(budget_bundle(vote, equal_shares(vote, random_terms(chance, vote), counted_again=())))


@settings(deadline=None)
@given(CHANCE)
def test_greedy_counted_again_alone_is_the_same_byte_for_byte(chance):
    vote = random_vote(chance)
    ids = [project.id for project in vote.projects]
    exclusive = (frozenset(chance.sample(ids, min(2, len(ids)))),) if chance.random() < 0.5 else ()
    tally = {project: Fraction(chance.randint(0, 9)) for project in ids} if chance.random() < 0.5 else None
    terms = GreedyTerms(
        order=chance.choice(ORDERS),
        too_dear=chance.choice(["skip", "stop"]),
        threshold=Fraction(chance.randint(0, 3)),
        exclusive=exclusive,
        ties=BudgetTies(chance.choice(TIES), "seed"),
    )
    result = greedy(vote, terms, votes=tally)
    assert same(budget_bundle(vote, result, votes=tally, exclusive=exclusive))


@settings(deadline=None)
@given(CHANCE)
def test_nothing_of_the_order_of_ballots_is_left_in_a_bundle(chance):
    vote = random_vote(chance)
    terms = random_terms(chance, vote)
    piles, projects = list(vote.piles.items()), list(vote.projects)
    chance.shuffle(piles)
    chance.shuffle(projects)
    other = BudgetVote(vote.budget, tuple(projects), dict(piles), vote.kind)
    assert budget_bundle(other, equal_shares(other, terms, counted_again=())) == budget_bundle(
        vote, equal_shares(vote, terms, counted_again=())
    )


@pytest.mark.parametrize("city", CITIES)
def test_a_city_counted_again_alone_is_the_same_byte_for_byte(city):
    vote = read_file(published(f"budgets_equal_shares/{city}.pb")).vote
    assert same(budget_bundle(vote, equal_shares(vote, counted_again=())))


@pytest.fixture
def bundle(tmp_path):
    """A small bundle as a file; gives its path and what is in it."""
    vote = random_vote(random.Random(11), ("approval",))
    path = tmp_path / "bundle.json"
    roll = Roll("ab" * 32, 40, ("Ana", "Bheki"))
    path.write_text(budget_bundle(vote, equal_shares(vote), roll), encoding="utf-8")
    return path, json.loads(path.read_text(encoding="utf-8"))


def alone(*words):
    return subprocess.run([sys.executable, "-I", str(ALONE), *words], capture_output=True, text=True, check=False)


def test_the_recount_runs_by_itself_and_says_that_it_is_the_same(bundle):
    path, held = bundle
    done = alone(str(path))
    assert done.returncode == 0 and "The same. Funded:" in done.stdout
    assert alone(str(path), "--print").stdout == text(held["result"])
    assert held["roll"]["took_part"] == ["Ana", "Bheki"]


def test_a_result_that_was_changed_is_found_out(bundle):
    path, held = bundle
    held["result"]["purchases"][0]["last_coins"] += 1
    path.write_text(json.dumps(held), encoding="utf-8")
    done = alone(str(path))
    assert done.returncode == 1 and "NOT THE SAME" in done.stdout and "last_coins" in done.stdout


def test_what_is_no_bundle_of_a_budget_is_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_text('{"bundle": "solidaria-count/1", "rule": "schulze/1"}', encoding="utf-8")
    assert alone(str(path)).returncode == 2
    assert alone().returncode == 2


def test_a_bundle_names_its_rule_and_terms(bundle):
    _, held = bundle
    assert held["rule"] == "equal-shares/1"
    assert held["terms"]["stop"] == "overspend" and held["terms"]["ties"] == "cheapest, supporters, lot"
    assert EqualSharesTerms().ties.steps == ("cheapest", "supporters", "lot")
