"""Equal shares: worked cases and the published cities first, then laws."""

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings

from solidaria.core.voting import earlier, equal_steps, purses
from solidaria.core.voting.budget import BudgetTies, BudgetVote, Project, approve, give_points, put_in_order
from solidaria.core.voting.equal_shares import EqualSharesTerms, equal_shares
from solidaria.core.voting.recount_budget import plain_count, plain_rule, recount_budget
from solidaria.core.voting.terms import lot_order
from solidaria.core.voting.why_not import cheaper, with_more_people
from solidaria.records.pabulib import read_file
from tests.voting.budgets import CHANCE, random_terms, random_vote
from tests.voting.published import names, published

NONE = EqualSharesTerms(completion="none")
CITIES = names("budgets_equal_shares", "*.pb")


def vote(budget, costs, ballots, kind="approval"):
    piles = {}
    for ballot, people in ballots:
        piles[ballot] = piles.get(ballot, 0) + people
    return BudgetVote(
        Fraction(budget), tuple(Project(one, Fraction(cost)) for one, cost in costs.items()), piles, kind
    )


# Worked cases.


def test_a_minority_gets_its_share_where_greedy_gives_it_nothing():
    costs = {f"red{number}": 10 for number in range(10)} | {f"blue{number}": 10 for number in range(10)}
    reds, blues = (
        approve(*(one for one in costs if "red" in one)),
        approve(*(one for one in costs if "blue" in one)),
    )
    result = equal_shares(vote(100, costs, [(reds, 51), (blues, 49)]))
    assert sum("red" in project for project in result.funded) == 5
    assert sum("blue" in project for project in result.funded) == 4
    assert (
        result.spent == 90
    )  # Another blue one only fits when each person has 100/98, and then so does a red one.


def test_who_pays_how_much_is_told_to_the_last_fraction():
    # Ten each. The well: 18 by three, 6 each. The road: 13 by two who have 4 and 10 left: 4, and 9 from the other.
    ballots = [(approve("well", "road"), 1), (approve("well"), 2), (approve("road"), 1)]
    result = equal_shares(vote(40, {"well": 18, "road": 13, "park": 5}, ballots), NONE)
    well, road = result.purchases
    assert (well.project, well.price, well.full[0].people, well.full[0].each) == ("well", 6, 3, 6)
    assert (road.project, road.price, road.last_coins, road.rest) == ("road", 9, 1, 4)
    assert [(payers.people, payers.each) for payers in road.full] == [(1, 9)]
    assert (result.spent, result.per_person) == (31, 10)
    (park,) = result.missing
    assert str(park.sentence) == "Nobody marked park."


def test_what_a_loser_was_missing_is_said_in_people_and_in_money():
    # With k more people everybody has 40 / (4 + k), and k + 1 of them pay for the park: enough from k = 4 on.
    ballots = [(approve("well"), 3), (approve("park"), 1)]
    result = equal_shares(vote(40, {"well": 18, "park": 25}, ballots), NONE)
    (park,) = result.missing
    assert (park.money_left, park.more_supporters, park.less_cost, park.scope) == (10, 4, 15, "rule")
    assert str(park.sentence) == (
        "park costs 25. The one person who marked it had 10 left at the end. Counted again from the start, "
        "it is funded with 4 more people who mark only it, or if it costs 15 less."
    )


def test_points_decide_how_a_cost_is_divided():
    ballots = [(give_points({"well": 3}), 1), (give_points({"well": 1}), 1)]
    result = equal_shares(vote(20, {"well": 12}, ballots, "cumulative"), EqualSharesTerms(utility="points"))
    assert [(payers.people, payers.each) for payers in result.purchases[0].full] == [(1, 3), (1, 9)]


def test_an_order_counts_as_points_from_the_last_place_up():
    assert put_in_order(["c", "a", "b"]) == (("a", 2), ("b", 1), ("c", 3))
    assert put_in_order(["c", "a", "b"], last=0) == (("a", 1), ("c", 2))


def test_with_utility_by_cost_votes_count_and_with_points_votes_for_the_money():
    # Five people each have 20. By cost the hall is first, with more supporters; by points the cheap bench is.
    ballots = [(approve("bench", "hall"), 2), (approve("hall"), 3)]
    costs = {"bench": 10, "hall": 60}
    by_cost = equal_shares(vote(100, costs, ballots), replace(NONE, utility="cost"))
    by_points = equal_shares(vote(100, costs, ballots), replace(NONE, utility="points"))
    assert by_cost.funded == ("hall", "bench")
    assert by_points.funded == ("bench", "hall")


def test_a_project_that_costs_nothing_is_funded_when_somebody_wants_it():
    result = equal_shares(vote(10, {"a": 0, "b": 0, "c": 5}, [(approve("a", "c"), 1)]))
    assert result.funded == ("a", "c")
    assert result.purchases[0].by == "free"
    assert [one.project for one in result.missing] == ["b"]


def test_blank_ballots_are_people_and_have_their_part():
    ballots = [(approve("a"), 1), ((), 1)]
    assert equal_shares(vote(10, {"a": 6}, ballots), NONE).funded == ()
    assert equal_shares(vote(10, {"a": 6}, ballots)).funded == ("a",)


def test_nobody_voting_funds_nothing():
    result = equal_shares(vote(10, {"a": 1}, []))
    assert result.funded == () and str(result.notes[0]) == "Nobody voted, so nothing is funded."


@pytest.mark.parametrize(
    ("steps", "step", "chosen"),
    [
        (("cheapest", "supporters", "lot"), "cheapest", "b"),
        (("dearest", "name"), "dearest", "a"),
        (("supporters", "name"), "supporters", "a"),
        (("name",), "name", "a"),
    ],
)
def test_a_tie_is_settled_by_the_agreed_steps_and_told(steps, step, chosen):
    # By points, both have a rate of 5: 20 by four, 10 by two.
    ballots = [(approve("a"), 4), (approve("b"), 2)]
    result = equal_shares(
        vote(60, {"a": 20, "b": 10}, ballots), replace(NONE, utility="points", ties=BudgetTies(steps))
    )
    tie = result.ties[0]
    assert (tie.among, tie.step, tie.chosen, result.funded[0]) == (("a", "b"), step, chosen, chosen)


def test_a_lot_goes_by_the_published_seed():
    ballots = [(approve("a", "b"), 2)]
    for seed in ("1", "2", "3", "4"):
        result = equal_shares(vote(10, {"a": 5, "b": 5}, ballots), replace(NONE, ties=BudgetTies(seed=seed)))
        assert result.funded[0] == lot_order(seed, "ab")[0]
        assert result.ties[0].step == "lot"


def test_until_the_first_overspend_and_until_exhaustive_are_two_rules():
    # With 4 each only a is bought; with 5 each also b, and nothing more fits; with 6 each c, which is too much.
    ballots = [(approve("a"), 1), (approve("b"), 2), (approve("c"), 1)]
    instance = vote(16, {"a": 4, "b": 10, "c": 6}, ballots)
    until_over = equal_shares(instance)
    exhaustive = equal_shares(instance, EqualSharesTerms(stop="exhaustive"))
    assert until_over.funded == exhaustive.funded == ("b", "a")
    assert (until_over.steps, exhaustive.steps) == (3, 2)
    assert {purchase.project for purchase in until_over.over} == {"a", "b", "c"}
    assert sum(purchase.cost for purchase in until_over.over) > 16


def test_a_completion_spends_what_is_left_on_what_still_fits():
    ballots = [(approve("a"), 6), (approve("b"), 3), (approve("c"), 1)]
    instance = vote(100, {"a": 60, "b": 40, "c": 39}, ballots)
    assert equal_shares(instance, NONE).funded == ("a",)
    completed = equal_shares(instance, EqualSharesTerms(completion="utilitarian"))
    assert completed.funded == ("a", "b")
    assert (completed.purchases[1].by, completed.purchases[1].topped_up) == ("completion", 40)


def test_the_comparison_takes_the_greedy_outcome_when_more_people_prefer_it():
    # One each: three people cannot pay 4, two can pay 2. Greedy takes the two dear ones, for six of eight people.
    ballots = [(approve("x"), 3), (approve("y"), 3), (approve("z"), 2)]
    instance = vote(8, {"x": 4, "y": 4, "z": 2}, ballots)
    plain = equal_shares(instance, NONE)
    compared = equal_shares(instance, replace(NONE, comparison=True))
    assert plain.funded == ("z",)
    assert set(compared.funded) == {"x", "y"}
    assert "The greedy outcome is taken" in str(compared.notes[0])


def test_steps_can_be_a_share_of_the_first_amount():
    ballots = [(approve("a"), 1), ((), 9)]
    instance = vote(1000, {"a": 150}, ballots)
    result = equal_shares(instance, EqualSharesTerms(step=Fraction(1, 100), step_of="share"))
    assert result.funded == ("a",) and result.per_person == 150 and result.steps == 51


@pytest.mark.parametrize(
    "wrong",
    [{"utility": "size"}, {"completion": "add2"}, {"stop": "never"}, {"step": Fraction(0)}, {"step_of": "weight"}],
)
def test_terms_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError):
        EqualSharesTerms(**wrong)


@pytest.mark.parametrize(
    ("projects", "piles", "words"),
    [
        (("a", "a"), {}, "same id"),
        (("a",), {approve("b"): 1}, "does not exist"),
        (("a",), {(("a", 1), ("a", 1)): 1}, "twice"),
        (("a",), {(("a", 0),): 1}, "above zero"),
        (("a",), {approve("a"): 0}, "at least one ballot"),
    ],
)
def test_a_vote_that_cannot_be_is_refused(projects, piles, words):
    with pytest.raises(ValueError, match=words):
        BudgetVote(Fraction(1), tuple(Project(one, Fraction(1)) for one in projects), piles)


def test_progress_is_told_before_each_step():
    told = []
    equal_shares(
        vote(10, {"a": 8}, [(approve("a"), 1), ((), 1)]), progress=lambda number, each: told.append((number, each))
    )
    assert told[0] == (1, 5)
    assert [number for number, _ in told] == sorted(number for number, _ in told)
    assert max(each for _, each in told) <= 8


def test_a_long_count_says_what_its_reasons_do_not_know():
    instance = vote(10, {"a": 8, "b": 9}, [(approve("a"), 3), (approve("b"), 1)])
    short = equal_shares(instance)
    assert [one.scope for one in short.missing] == ["rule"] and short.notes == ()
    long = equal_shares(instance, counted_again=())
    assert [one.scope for one in long.missing] == ["last step"]
    assert "only counting again tells" in str(long.notes[0])


# The published cities.


@pytest.mark.parametrize("city", CITIES)
def test_the_city_funded_what_equal_shares_until_the_first_overspend_fund(city):
    file = read_file(published(f"budgets_equal_shares/{city}.pb"))
    result = equal_shares(file.vote, counted_again=())
    assert set(result.funded) == file.funded
    assert recount_budget(file.vote, result) == ()


def test_wieliczka_is_missed_by_stopping_at_the_first_exhaustive_outcome():
    file = read_file(published("budgets_equal_shares/Poland_Wieliczka_2023_Green_Budget.pb"))
    until_over = equal_shares(file.vote, counted_again=())
    exhaustive = equal_shares(file.vote, EqualSharesTerms(stop="exhaustive"), counted_again=())
    assert (len(until_over.funded), until_over.spent) == (30, 995_079)
    assert (len(exhaustive.funded), exhaustive.spent) == (31, 984_579)


def test_wieliczka_keeps_equal_shares_after_the_comparison_its_rule_names():
    file = read_file(published("budgets_equal_shares/Poland_Wieliczka_2023_Green_Budget.pb"))
    result = equal_shares(file.vote, EqualSharesTerms(comparison=True), counted_again=())
    assert set(result.funded) == file.funded
    assert "Equal shares stand" in str(result.notes[0])


@pytest.mark.slow
def test_no_step_of_assen_before_the_last_spends_too_much_when_counted_plainly():
    file = read_file(published("budgets_equal_shares/Netherlands_Assen_2024.pb"))
    result = equal_shares(file.vote, counted_again=())
    assert result.steps == 845
    assert recount_budget(file.vote, result, every_step=True) == ()


@pytest.mark.slow
def test_every_reason_of_assen_is_true_and_one_less_is_not_enough():
    vote = read_file(published("budgets_equal_shares/Netherlands_Assen_2024.pb")).vote
    result = equal_shares(vote)
    assert {one.scope for one in result.missing} == {"rule"}

    def funds(changed, project):
        return project in equal_shares(changed, counted_again=()).funded

    for one in result.missing:
        assert funds(with_more_people(vote, one.project, one.more_supporters), one.project)
        assert funds(cheaper(vote, one.project, one.less_cost), one.project)
        if one.more_supporters > 1:
            assert not funds(with_more_people(vote, one.project, one.more_supporters - 1), one.project)
        assert not funds(cheaper(vote, one.project, one.less_cost - 1), one.project)


# Laws.


@settings(deadline=None)
@given(CHANCE)
def test_the_fast_count_is_the_plain_one_and_its_account_is_right(chance):
    instance = random_vote(chance)
    terms = random_terms(chance, instance)
    result = equal_shares(instance, terms, counted_again=())
    assert set(result.funded) == plain_rule(instance, result.terms)
    assert recount_budget(instance, result, every_step=True) == ()


@settings(deadline=None)
@given(CHANCE)
def test_ballots_laid_out_person_by_person_are_counted_the_same(chance):
    instance = random_vote(chance, ("approval",))
    terms = random_terms(chance, instance)
    in_piles = equal_shares(instance, terms, counted_again=())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(purses, "_MANY_MARKS", 0)
        assert equal_shares(instance, terms, counted_again=()) == in_piles


@settings(deadline=None)
@given(CHANCE)
def test_what_earlier_counts_prove_about_prices_changes_no_count(chance):
    instance = random_vote(chance)
    terms = random_terms(chance, instance, step=Fraction(1, chance.choice([3, 20])))
    alone = equal_shares(instance, terms, counted_again=())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earlier, "_FROM", 0)
        patch.setattr(earlier, "_PILES", 0)
        patch.setattr(equal_steps, "_MOST_AT_ONCE", chance.choice([1, 4]))
        assert equal_shares(instance, terms, counted_again=()) == alone


@settings(deadline=None)
@given(CHANCE)
def test_what_earlier_counts_prove_about_a_price_is_true(chance):
    # Many projects and little money, so that prices fall when there is more of it.
    instance = random_vote(chance, projects=14)
    laid_out = purses.lay_out(instance, by_cost=chance.random() < 0.5)
    first, told = Fraction(laid_out.budget, laid_out.people), 0

    def look(basket, _):
        nonlocal told
        for project in range(len(laid_out.ids)):
            if project in basket.projects or not laid_out.weights[project] or not laid_out.cost[project]:
                continue
            known, money = basket.known(project), basket.left(project)
            if known is None:
                assert money < laid_out.cost[project]
            elif money >= laid_out.cost[project]:
                rate = basket.exact_rate(basket.offer(project, 0))
                assert known <= rate * laid_out.utility[project] * 2**basket.shift
            told += 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earlier, "_FROM", 0)
        patch.setattr(earlier, "_PILES", 0)
        kept = purses.new_earlier(laid_out)
        for _ in range(8):
            # Up and down: what is proved does not ask for steps in one direction.
            purses.buy(
                laid_out, first * chance.randint(50, 150) / 100, lambda tied: tied[0], watch=look, earlier=kept
            )


@settings(deadline=None)
@given(CHANCE)
def test_the_budget_is_never_overspent_and_payments_add_up_to_each_cost_exactly(chance):
    instance = random_vote(chance)
    result = equal_shares(instance, random_terms(chance, instance), counted_again=())
    assert result.spent <= instance.budget
    for purchase in result.purchases:
        paid = sum(payers.people * payers.each for payers in purchase.full) + purchase.rest + purchase.topped_up
        assert paid == purchase.cost


@settings(deadline=None)
@given(CHANCE)
def test_neither_the_order_of_projects_nor_of_ballots_changes_anything(chance):
    instance = random_vote(chance)
    terms = random_terms(chance, instance)
    piles, projects = list(instance.piles.items()), list(instance.projects)
    chance.shuffle(piles)
    chance.shuffle(projects)
    other = BudgetVote(instance.budget, tuple(projects), dict(piles), instance.kind)
    assert equal_shares(other, terms, counted_again=()) == equal_shares(instance, terms, counted_again=())


@settings(deadline=None)
@given(CHANCE)
def test_other_names_for_the_projects_change_nothing_but_the_names(chance):
    instance = random_vote(chance)
    terms = random_terms(chance, instance, ties=BudgetTies(("cheapest", "supporters", "name")))
    # The same order of ids, so that ties settled by id fall on the same projects.
    renamed = {project.id: f"new {project.id}" for project in instance.projects}
    other = BudgetVote(
        instance.budget,
        tuple(replace(project, id=renamed[project.id]) for project in instance.projects),
        {
            tuple((renamed[project], points) for project, points in ballot): people
            for ballot, people in instance.piles.items()
        },
        instance.kind,
    )
    assert equal_shares(other, terms, counted_again=()).funded == tuple(
        renamed[project] for project in equal_shares(instance, terms, counted_again=()).funded
    )


@settings(deadline=None)
@given(CHANCE)
def test_amounts_in_cents_give_the_same_outcome_as_in_whole_units(chance):
    instance = random_vote(chance)
    terms = random_terms(chance, instance)
    small = BudgetVote(
        instance.budget / 100,
        tuple(replace(project, cost=project.cost / 100) for project in instance.projects),
        instance.piles,
        instance.kind,
    )
    step = terms.step if terms.step_of == "share" else terms.step / 100
    assert (
        equal_shares(small, replace(terms, step=step), counted_again=()).funded
        == equal_shares(instance, terms, counted_again=()).funded
    )


@settings(max_examples=40, deadline=None)
@given(CHANCE)
def test_every_reason_is_true_when_counted_again(chance):
    instance = random_vote(chance, ("approval", "cumulative"))
    terms = random_terms(chance, instance)
    everybody = [project.id for project in instance.projects]
    for again in (everybody, ()):
        result = equal_shares(instance, terms, counted_again=again)
        assert recount_budget(instance, result, reasons=True) == ()


@settings(max_examples=40, deadline=None)
@given(CHANCE)
def test_one_person_or_one_unit_less_than_the_reason_says_is_not_enough(chance):
    instance = random_vote(chance, ("approval",))
    terms = random_terms(chance, instance, comparison=False, step=Fraction(1))
    result = equal_shares(instance, terms, counted_again=[project.id for project in instance.projects])
    for one in result.missing:
        if one.more_supporters is not None and one.more_supporters > 1:
            nearly = with_more_people(instance, one.project, one.more_supporters - 1)
            assert one.project not in plain_rule(nearly, result.terms)
        if one.less_cost is not None and one.less_cost > 1:
            assert one.project not in plain_rule(cheaper(instance, one.project, one.less_cost - 1), result.terms)


@settings(max_examples=40, deadline=None)
@given(CHANCE)
def test_at_one_amount_per_person_more_than_the_reason_says_is_enough_too(chance):
    instance = random_vote(chance, ("approval", "cumulative"))
    terms = random_terms(chance, instance, ties=BudgetTies())
    result = equal_shares(instance, terms, counted_again=())
    for one in result.missing:
        if one.scope != "last step" or one.less_cost is None or result.per_person is None:
            continue
        for more in range(int(one.less_cost), int(one.cost) + 1, max(1, int(one.cost) // 7)):
            changed = cheaper(instance, one.project, Fraction(more))
            assert one.project in plain_count(changed, result.terms, result.per_person)


@settings(deadline=None)
@given(CHANCE)
def test_equal_shares_are_priceable(chance):
    """Nobody pays more than they have or for what they do not support, and nothing left over would buy more."""
    instance = random_vote(chance)
    result = equal_shares(instance, random_terms(chance, instance, completion="none", comparison=False))
    each = instance.budget / instance.voters
    left = {ballot: each for ballot in instance.piles}
    for purchase in result.purchases:
        for ballot in left:
            points = dict(ballot).get(purchase.project, 0)
            left[ballot] -= min(left[ballot], (purchase.price or 0) * points)
    assert min(left.values()) >= 0
    spent = sum(people * (each - left[ballot]) for ballot, people in instance.piles.items())
    assert spent == result.spent
    for project in instance.projects:
        if project.id not in result.funded and instance.supporters()[project.id]:
            assert (
                sum(
                    people * left[ballot]
                    for ballot, people in instance.piles.items()
                    if project.id in dict(ballot)
                )
                < project.cost
            )


@settings(deadline=None)
@given(CHANCE)
def test_a_group_that_agrees_gets_what_its_part_of_the_budget_pays_for_up_to_one_project(chance):
    """EJR up to one project (Peters, Pierczyński, Skowron 2021, theorem 2), for every group and every set."""
    instance = random_vote(chance, ("approval",), projects=5)
    for utility in ("cost", "points"):
        result = equal_shares(instance, EqualSharesTerms(utility=utility, completion="none"), counted_again=())
        worth = {project.id: project.cost if utility == "cost" else Fraction(1) for project in instance.projects}
        funded = set(result.funded)
        for size in range(1, len(instance.projects) + 1):
            for group in itertools.combinations(instance.projects, size):
                wanted = {project.id for project in group}
                enough = sum(project.cost for project in group) * instance.voters
                unhappy = 0
                for ballot, people in instance.piles.items():
                    marked = {project for project, _ in ballot}
                    if not wanted <= marked:
                        continue
                    has = sum(worth[project] for project in marked & funded)
                    best = max((worth[project] for project in wanted - funded), default=Fraction(0))
                    if has < sum(worth[project] for project in wanted) and (
                        has + best <= sum(worth[project] for project in wanted)
                    ):
                        unhappy += people
                assert unhappy * instance.budget < enough or enough == 0 or unhappy == 0


def wrong_accounts(result):
    """The same result with one thing changed, in every way that an account can be wrong."""
    place = next(number for number, one in enumerate(result.purchases) if one.by == "equal shares")
    first = result.purchases[place]
    for change in (
        {"price": first.price * 2},
        {"rate": first.rate + 1},
        {"last_coins": first.last_coins + 1},
        {"broke": first.broke + 1},
        {"rest": first.rest + 1},
        {"topped_up": Fraction(1)},
        {"cost": first.cost + 1},
        {"number": first.number + 1},
    ):
        purchases = list(result.purchases)
        purchases[place] = replace(first, **change)
        yield replace(result, purchases=tuple(purchases))
    yield replace(result, spent=result.spent + 1)
    yield replace(result, budget=result.budget + 1)
    yield replace(result, per_person=result.per_person + 1)
    last = result.purchases[-1]
    yield replace(
        result,
        purchases=result.purchases[:-1],
        funded=result.funded[:-1],
        spent=result.spent - last.cost,
        missing=(),
    )
    if result.missing and result.missing[0].supporters:
        one = replace(result.missing[0], money_left=result.missing[0].money_left + 1)
        yield replace(result, missing=(one, *result.missing[1:]))


def test_a_wrong_account_is_found_out():
    chance = random.Random(7)
    found = 0
    for _ in range(60):
        instance = random_vote(chance)
        result = equal_shares(instance, random_terms(chance, instance, comparison=False), counted_again=())
        if any(one.by == "equal shares" for one in result.purchases):
            assert recount_budget(instance, result) == ()
            for wrong in wrong_accounts(result):
                found += 1
                assert recount_budget(instance, wrong) != ()
    assert found > 300


def test_money_too_large_to_count_is_refused_and_large_money_is_not():
    ballots = [(approve("a"), 1_000_000)]
    assert equal_shares(vote(10**15, {"a": 10**14}, ballots), NONE).funded == ("a",)
    with pytest.raises(ValueError, match="larger unit of money"):
        equal_shares(vote(10**17, {"a": 10**14}, ballots), NONE)


# An independent library.


def test_pabutools_agrees_on_random_small_votes():
    pytest.importorskip(
        "pabutools",
        reason="pabutools is not installed: docs/budgets.md tells what the comparison found, and how to run it",
    )
    from benchmarks.budgets import free, peer_funds

    chance = random.Random(1)
    for _ in range(300):
        instance = random_vote(chance)
        terms = random_terms(
            chance,
            instance,
            utility=chance.choice(["cost", "points"]) if instance.kind == "approval" else "points",
            completion=chance.choice(["none", "add1"]),
            comparison=False,
            ties=BudgetTies(("name",)),
            step=Fraction(1),
        )
        ours, theirs = set(equal_shares(instance, terms, counted_again=()).funded), peer_funds(instance, terms)
        # By cost, what costs nothing is worth nothing to pabutools, and it leaves it out: docs/budgets.md.
        assert ours == theirs or (terms.utility == "cost" and theirs == ours - free(instance))
