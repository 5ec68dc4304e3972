"""The reference planner against plans worked out by hand: a second opinion must itself be right."""

from dataclasses import replace
from decimal import Decimal

import pytest

from solidaria.core.network import (
    Equipment,
    Need,
    Network,
    Organisation,
    Period,
    Product,
    Promise,
    Recipe,
    Reopening,
    Route,
    Rules,
    Site,
    Stock,
)
from tests.reference.planner import half_percent, reference_plan

D = Decimal


def about(expected: object) -> object:
    """The same up to the solver's rounding."""
    return pytest.approx(expected, rel=1e-6, abs=1e-6)


def organisation(name: str) -> Organisation:
    return Organisation(name, name.title(), "community")


def sewing(**changes: object) -> Network:
    """Hilo sews shirts on 10 machine hours; a school and a clinic need 10 each, a choir 20 of tier 2."""
    network = Network(
        name="sewing",
        organisations=tuple(organisation(name) for name in ("hilo", "school", "clinic", "choir")),
        products=(Product("shirt", "Shirt", "piece"), Product("cloth", "Cloth", "m", D(2), outside=True)),
        rules=Rules("EUR", D(10)),
        sites=(Site("hilo", D(2), D(20)),),
        recipes=(Recipe("sew", "hilo", "shirt", D(1), D(1), (("cloth", D(2)),), (("machine", D("0.5")),)),),
        equipment=(Equipment("machine", "hilo", D(10)),),
        needs=(
            Need("a", "school", "shirt", D(10), "1"),
            Need("b", "clinic", "shirt", D(30), "1"),
            Need("c", "choir", "shirt", D(20), "1", tier=2),
        ),
    )
    return replace(network, **changes)  # type: ignore[arg-type]


def test_two_equal_needs_share_a_scarce_machine_by_share_of_what_they_need() -> None:
    answer = reference_plan(sewing())
    assert answer.reached[1] == about({"a": 0.5, "b": 0.5})
    assert answer.reached[2] == about({"c": 0.0})
    assert answer.jobs == about(0.5)
    assert answer.outside == about(80)
    assert answer.labour == about(20)


def test_a_need_that_nothing_can_meet_does_not_drag_the_others_down() -> None:
    network = sewing()
    odd = Need("z", "choir", "bread", D(1), "1")
    products = (*network.products, Product("bread", "Bread", "loaf"))
    answer = reference_plan(replace(network, needs=(*network.needs, odd), products=products))
    assert answer.reached[1] == about({"a": 0.5, "b": 0.5, "z": 0.0})


def test_a_promise_comes_before_every_need() -> None:
    answer = reference_plan(sewing(promises=(Promise("hilo", "choir", "shirt", D(12), "1"),)))
    assert answer.reached[0] == about({"hilo → choir: shirt, 1": 1.0})
    assert answer.reached[1] == about({"a": 0.2, "b": 0.2})


def test_slack_lets_a_later_tier_have_what_an_earlier_one_gives_up() -> None:
    slack = replace(sewing().rules, slack=D("0.1"))
    answer = reference_plan(sewing(rules=slack))
    assert answer.reached[1] == about({"a": 0.5, "b": 0.5})
    assert answer.reached[2] == about({"c": 0.1})
    assert half_percent(sewing(), reference_plan(sewing()))[2] == about((0.0, 0.005))


def test_goods_are_stored_for_a_later_period_unless_they_do_not_keep() -> None:
    network = sewing(
        periods=(Period("1"), Period("2")),
        needs=(Need("a", "school", "shirt", D(40), "2"),),
    )
    assert reference_plan(network).reached[1] == about({"a": 1.0})
    service = tuple(replace(product, keeps=product.id != "shirt") for product in network.products)
    assert reference_plan(replace(network, products=service)).reached[1] == about({"a": 0.5})


def test_nothing_is_made_for_the_shelf_to_keep_people_at_work() -> None:
    answer = reference_plan(sewing(needs=(Need("a", "school", "shirt", D(4), "1"),)))
    assert answer.jobs == about(0.1)
    stock = (Stock("hilo", "shirt", D(4)),)
    answer = reference_plan(sewing(needs=(Need("a", "school", "shirt", D(4), "1"),), stocks=stock))
    assert answer.jobs == about(0.1)


def test_outside_before_jobs_uses_the_stock_first() -> None:
    rules = replace(sewing().rules, objectives=("outside", "jobs", "labour"))
    stock = (Stock("hilo", "shirt", D(4)),)
    answer = reference_plan(sewing(needs=(Need("a", "school", "shirt", D(4), "1"),), stocks=stock, rules=rules))
    assert (answer.jobs, answer.outside, answer.labour) == about((0, 0, 0))


def closed_sewing(money: str, hours: str, budget: str | None) -> Network:
    rules = replace(sewing().rules, outside_budget=None if budget is None else D(budget))
    sites = (replace(sewing().sites[0], state="closed"),)
    return sewing(sites=sites, rules=rules, reopenings=(Reopening("hilo", D(money), D(hours)),))


def test_a_site_is_reopened_when_that_meets_needs_and_pays_with_money_and_its_own_hours() -> None:
    answer = reference_plan(closed_sewing("30", "30", None))
    assert answer.reopened == ("hilo",)
    assert answer.reached[1] == about({"a": 0.25, "b": 0.25})
    assert answer.jobs == about(1.0)
    assert answer.outside == about(30 + 40)


def test_reopening_money_comes_off_the_budget_of_the_first_period() -> None:
    assert reference_plan(closed_sewing("30", "0", "50")).reached[1] == about({"a": 0.125, "b": 0.125})
    assert reference_plan(closed_sewing("30", "0", "30")).reopened == ()
    assert reference_plan(closed_sewing("30", "0", "29")).reopened == ()


def road(routes: tuple[tuple[str, str, str | None, str], ...], **changes: object) -> Network:
    rows = tuple(Route(start, end, product, D(cost)) for start, end, product, cost in routes)
    return sewing(routes=rows, **changes)


def test_goods_travel_along_routes_only_and_not_through_other_receivers() -> None:
    answer = reference_plan(road((("hilo", "school", None, "1"), ("school", "clinic", None, "1"))))
    assert answer.reached[1] == about({"a": 1.0, "b": 0.0})
    assert answer.outside == about(10 * 1 + 10 * 2 * 2)


def test_a_named_product_beats_blank_even_when_it_costs_more() -> None:
    answer = reference_plan(road((("hilo", "school", None, "1"), ("hilo", "school", "shirt", "3"))))
    assert answer.outside == about(10 * 3 + 10 * 2 * 2)


def test_with_routes_a_promise_is_kept_by_the_promising_site_alone() -> None:
    promise = Promise("mill", "school", "shirt", D(5), "1")
    base = sewing()
    extra = {
        "organisations": (*base.organisations, organisation("mill")),
        "sites": (*base.sites, Site("mill", D(1), D(20))),
        "promises": (promise,),
    }
    ways = (("mill", "school", None, "1"), ("hilo", "school", None, "1"))
    assert reference_plan(road(ways, **extra)).reached[0] == about({"mill → school: shirt, 1": 0.0})
    through = (("mill", "school", None, "1"), ("hilo", "mill", None, "0"))
    assert reference_plan(road(through, **extra)).reached[0] == about({"mill → school: shirt, 1": 1.0})
    assert reference_plan(sewing(**extra)).reached[0] == about({"mill → school: shirt, 1": 1.0})


def test_a_raised_limit_and_a_refusal_change_the_plan_by_what_they_say() -> None:
    assert reference_plan(sewing(), raised={("equipment", "machine", "1"): 5.0}).reached[1] == about(
        {"a": 0.75, "b": 0.75}
    )
    assert reference_plan(sewing(), refused={("sew", None): 10.0}).reached[1] == about({"a": 0.25, "b": 0.25})
