"""Prices and who pays: known answers first, then what must hold for every plan."""

from __future__ import annotations

import random
import time
from dataclasses import fields, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.money import currency_decimals
from solidaria.core.network import (
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
from solidaria.core.price import price
from solidaria.core.price.account import (
    carried,
    minutes_of_pay,
    money_leaving,
    pay_at_stake,
    price_all_told,
    site_accounts,
)
from solidaria.core.price.circle import circles, solve
from solidaria.core.price.hour import PRECISE, snap
from solidaria.core.price.pays import share_out
from solidaria.core.result import PRICE_LINES, Amount, Plan, Prices, Shipment, Supply
from tests.made_plans import a_plan, plans, seeded_plan
from tests.networks import shuffled_network
from tests.reference.pricer import NoPrice, reference

D = Decimal


def people(
    id: str, kind: str = "union", members: str = "100", ability: str = "0", pledge: str = "0"
) -> Organisation:
    """An organisation named as its id."""
    return Organisation(id, id.title(), kind, D(members), ability=D(ability), pledge=D(pledge))


def costs(prices: Prices) -> dict[str, Decimal]:
    """Unit cost by recipe."""
    return {row.recipe: row.unit_cost for row in prices.unit_costs}


def network_price(prices: Prices) -> dict[str, Decimal]:
    """Network price by product."""
    return {row.product: row.price for row in prices.network_prices}


# --- known answers --------------------------------------------------------------------------------


def uniforms(**pays: str) -> tuple[Network, Plan]:
    """UN-1: 500 uniforms, 300 at 0.8 h and 200 at 1 h of 12, with 625 m of cloth at 4; two unions carry them."""
    network = Network(
        name="UN-1",
        organisations=(
            people("hilo", "site"),
            people("sur", "site"),
            people("barrio", "community"),
            people("docentes", members="300", ability="1", pledge="100000"),
            people("salud", members="200", ability="0.5", pledge="100000"),
        ),
        products=(Product("cloth", "Cloth", "m", D(4), outside=True), Product("uniform", "Uniform", "piece")),
        rules=Rules("ARS", D(12)),
        sites=(Site("hilo", D(6), D(40)), Site("sur", D(5), D(40))),
        recipes=(
            Recipe("fast", "hilo", "uniform", D(1), D("0.8"), (("cloth", D("1.25")),)),
            Recipe("slow", "sur", "uniform", D(1), D(1), (("cloth", D("1.25")),)),
        ),
        needs=(Need("school", "barrio", "uniform", D(500), "1", pays="free"),),
    )
    plan = a_plan(
        network,
        runs={("fast", "1"): D(300), ("slow", "1"): D(200)},
        bought={("cloth", "1"): D(625)},
        supplies=(
            Supply("hilo", "school", "barrio", "uniform", "1", D(300)),
            Supply("sur", "school", "barrio", "uniform", "1", D(200)),
        ),
    )
    return network, plan


def test_un_1_uniforms_cost_7780_and_two_unions_carry_them_by_ability() -> None:
    network, plan = uniforms()
    prices = price(network, plan)
    assert costs(prices) == {"fast": D("14.6"), "slow": D("17")}
    assert network_price(prices) == {"cloth": D(4), "uniform": D("15.56")}
    assert prices.solidarity.goods == prices.solidarity.needed == D("7780.00")
    assert [(share.organisation, str(share.amount)) for share in prices.solidarity.shared] == [
        ("docentes", "5835.00"),
        ("salud", "1945.00"),
    ]
    assert prices.solidarity.uncovered == 0
    assert prices.solidarity.uncovered_by_site == ()


def test_un_1_the_cheaper_site_equalises_the_dearer_one() -> None:
    prices = price(*uniforms())
    assert {row.site: row.amount for row in prices.equalisation} == {"hilo": D(-288), "sur": D(288), None: D(0)}


@pytest.mark.parametrize(("square_metres", "break_even"), [("120000", "4.791667"), ("100000", "5.750000")])
def test_is_1_zanon_in_april_2003_breaks_even_at_the_published_total(square_metres: str, break_even: str) -> None:
    """310 withdrawals of 800, inputs 248,000, gas 54,000, electricity 25,000: 575,000 pesos a month."""
    network = Network(
        name="IS-1",
        organisations=(people("zanon", "site"), people("neuquen", "community")),
        products=(
            Product("clay", "Clay and glaze", "month", D(248000), outside=True),
            Product("gas", "Gas", "month", D(54000), outside=True),
            Product("electricity", "Electricity", "month", D(25000), outside=True),
            Product("tile", "Tile", "m²"),
        ),
        rules=Rules("ARS", living_wage=D(5)),
        sites=(Site("zanon", D(310), paid_hours=D(160)),),
        recipes=(
            Recipe(
                "kiln",
                "zanon",
                "tile",
                D(square_metres),
                D(310) * 160,
                (("clay", D(1)), ("electricity", D(1)), ("gas", D(1))),
            ),
        ),
        needs=(Need("houses", "neuquen", "tile", D(square_metres), "1", pays="free"),),
    )
    plan = a_plan(
        network,
        runs={("kiln", "1"): D(1)},
        bought={(product, "1"): D(1) for product in ("clay", "gas", "electricity")},
        supplies=(Supply("zanon", "houses", "neuquen", "tile", "1", D(square_metres)),),
    )
    prices = price(network, plan)
    assert str(costs(prices)["kiln"]) == break_even
    (account,) = site_accounts(network, plan, prices)
    assert (account.pay, account.jobs) == (D(248000), D(0))
    assert abs(account.inputs - 327000) <= 1
    assert abs(account.received - 575000) <= 1
    assert money_leaving(network, plan).total == D(327000)


def forge_and_field() -> tuple[Network, Plan]:
    """The example of docs/price.md: a forge that needs wheat, a field that needs tools."""
    network = Network(
        name="forge and field",
        organisations=(
            people("campo", "site"),
            people("forja", "site"),
            people("norte", "community"),
            people("metal", members="1000", ability="1", pledge="1500"),
            people("docentes", members="400", ability="0.5", pledge="5000"),
        ),
        products=(
            Product("diesel", "Diesel", "l", D("1.40"), outside=True),
            Product("wheat", "Wheat", "kg", D(11)),
            Product("tool", "Tool", "piece"),
        ),
        rules=Rules(
            "ARS",
            living_wage=D(10),
            contributions=D("0.2"),
            assembly_hours=D(4),
            reserve=D("0.05"),
            community=D("0.05"),
        ),
        sites=(Site("campo", D(10), D(44), D(800)), Site("forja", D(3), D(44), D(240))),
        recipes=(
            Recipe("grow", "campo", "wheat", D(10), D(5), (("diesel", D(1)), ("tool", D("0.5")))),
            Recipe("forge", "forja", "tool", D(1), D(2), (("wheat", D(4)),)),
        ),
        needs=(
            Need("bread", "norte", "wheat", D(500), "1"),
            Need("workshop", "metal", "tool", D(15), "1", pays=D(90)),
        ),
    )
    plan = a_plan(
        network,
        runs={("grow", "1"): D(70), ("forge", "1"): D(50)},
        bought={("diesel", "1"): D(70)},
        supplies=(
            Supply("campo", "bread", "norte", "wheat", "1", D(500)),
            Supply("forja", "workshop", "metal", "tool", "1", D(15)),
        ),
    )
    return network, plan


def test_the_forge_and_the_field_price_each_other_as_worked_by_hand() -> None:
    prices = price(*forge_and_field())
    assert network_price(prices) == {"diesel": D("1.4"), "tool": D("84.3"), "wheat": D("12.715")}
    by_recipe = {row.recipe: row for row in prices.unit_costs}
    assert by_recipe["grow"].lines == {
        "outside_inputs": D("0.14"),
        "network_inputs": D("4.215"),
        "wages": D(5),
        "contributions": D(1),
        "democracy": D("0.6"),
        "overhead": D(1),
        "reserve": D("0.38"),
        "community": D("0.38"),
    }
    assert by_recipe["forge"].unit_cost == D("84.3")
    assert tuple(by_recipe["forge"].lines) == PRICE_LINES


def test_the_wheat_all_told_is_three_quarters_of_an_hour_and_some_diesel() -> None:
    """hours = 0.5 + 0.05 tools × (2 + 4 × hours) = 0.75; diesel = 0.14 + 0.05 × 4 × diesel = 0.175."""
    assert price_all_told(*forge_and_field())["wheat"] == {
        "outside": D("0.175"),
        "wages": D("7.5"),
        "contributions": D("1.5"),
        "democracy": D("0.9"),
        "overhead": D("1.5"),
        "reserve": D("0.57"),
        "community": D("0.57"),
    }


def test_the_forge_and_the_field_are_carried_as_worked_by_hand() -> None:
    network, plan = forge_and_field()
    prices = price(network, plan)
    deliveries = [(row.site, row.unit_price, row.buyer_pays, row.solidarity) for row in prices.deliveries]
    assert deliveries == [
        ("campo", D("12.715"), D("5500.00"), D("857.50")),
        ("forja", D("84.3"), D("1264.50"), D("0.00")),
    ]
    assert [(row.site, row.idle_hours, row.amount) for row in prices.jobs] == [
        ("campo", D(50), D(760)),
        ("forja", D(20), D(304)),
    ]
    assert prices.solidarity.needed == D("1921.50")
    shares = [(row.organisation, row.amount, row.per_member) for row in prices.solidarity.shared]
    assert shares == [("docentes", D("421.50"), D("1.05")), ("metal", D(1500), D("1.50"))]
    assert [minutes_of_pay(network, share) for share in prices.solidarity.shared] == [D("6.3"), D("9.0")]


def test_the_field_receives_its_pay_its_overhead_its_inputs_and_its_shares() -> None:
    network, plan = forge_and_field()
    field = site_accounts(network, plan, price(network, plan))[0]
    assert (field.made, field.jobs, field.received) == (D("8900.50"), D(760), D("9660.50"))
    goes_to = (field.pay, field.overhead, field.inputs, field.shares, field.rounding)
    assert goes_to == (D(5280), D(800), D("3048.50"), D(532), D(0))


def test_the_example_worked_by_hand_in_the_documentation_says_what_the_program_says() -> None:
    network, plan = forge_and_field()
    prices = price(network, plan)
    text = (Path(__file__).resolve().parents[2] / "docs" / "price.md").read_text(encoding="utf-8")
    example = text[text.index("## Worked by hand") :]
    figures = [row.buyer_pays for row in prices.deliveries] + [row.solidarity for row in prices.deliveries]
    figures += [row.amount for row in prices.jobs] + [prices.solidarity.needed]
    for share in prices.solidarity.shared:
        figures += [share.amount, share.per_member, D(str(minutes_of_pay(network, share)))]
    field = site_accounts(network, plan, prices)[0]
    figures += [field.received, field.pay, field.overhead, field.inputs, field.shares]
    assert [str(figure) for figure in figures if f"{figure}" not in example] == []
    assert "One tool costs 84.30, one kg of wheat 12.715" in example
    assert network_price(prices) == {"diesel": D("1.4"), "tool": D("84.3"), "wheat": D("12.715")}


# --- one rule, one case ---------------------------------------------------------------------------


def workshop(**changes: object) -> Network:
    """One site of 2 members with 20 paid hours, one product that takes an hour at 10."""
    network = Network(
        name="workshop",
        organisations=(people("taller", "site"), people("barrio", "community"), people("union")),
        products=(Product("chair", "Chair", "piece", D(8)), Product("wood", "Wood", "m", D(3), outside=True)),
        rules=Rules("EUR", D(10)),
        sites=(Site("taller", D(2), D(20)),),
        recipes=(Recipe("join", "taller", "chair", D(1), D(1)),),
        needs=(Need("seats", "barrio", "chair", D(10), "1"),),
    )
    return replace(network, **changes)  # type: ignore[arg-type]


def chairs(network: Network, need: str | None = "seats", who: str = "barrio", made: str = "10") -> Plan:
    """A plan in which the workshop makes chairs and hands all of them over."""
    handed = (Supply("taller", need, who, "chair", "1", D(made)),)
    return a_plan(network, runs={("join", "1"): D(made)}, supplies=handed)


@pytest.mark.parametrize(
    ("pays", "market", "buyer_pays"),
    [
        ("market", "8", "80.00"),
        ("market", None, "100.00"),
        ("market", "25", "100.00"),
        ("free", "8", "0.00"),
        (D("4.5"), "8", "45.00"),
        (D("9.5"), "8", "95.00"),
        (D("70"), "8", "100.00"),
    ],
)
def test_a_buyer_pays_the_lower_of_network_price_and_what_the_need_says(
    pays: str | Decimal, market: str | None, buyer_pays: str
) -> None:
    network = workshop(
        products=(Product("chair", "Chair", "piece", None if market is None else D(market)),),
        needs=(Need("seats", "barrio", "chair", D(10), "1", pays=pays),),
    )
    (delivery,) = price(network, chairs(network)).deliveries
    assert str(delivery.buyer_pays) == buyer_pays
    assert delivery.buyer_pays + delivery.solidarity == D(100)


def test_the_receiver_of_a_promise_pays_as_a_need_that_says_nothing() -> None:
    network = workshop(promises=(Promise("taller", "union", "chair", D(10), "1"),))
    (delivery,) = price(network, chairs(network, None, "union")).deliveries
    assert (delivery.need, delivery.buyer_pays, delivery.solidarity) == (None, D(80), D(20))


def test_a_product_only_bought_has_its_market_price_and_no_solidarity() -> None:
    network = workshop(needs=(Need("planks", "barrio", "wood", D(7), "1"),))
    supply = Supply(None, "planks", "barrio", "wood", "1", D(7))
    prices = price(network, a_plan(network, bought={("wood", "1"): D(7)}, supplies=(supply,)))
    (delivery,) = prices.deliveries
    assert (delivery.site, delivery.unit_price, delivery.buyer_pays, delivery.solidarity) == (
        None,
        D(3),
        D(21),
        D(0),
    )
    assert [(row.site, row.amount) for row in prices.equalisation] == [(None, D(0))]


def test_what_is_made_and_bought_has_one_price_and_the_market_gives_to_the_makers() -> None:
    network = workshop(products=(Product("chair", "Chair", "piece", D(8), outside=True),))
    prices = price(network, a_plan(network, runs={("join", "1"): D(10)}, bought={("chair", "1"): D(30)}))
    assert network_price(prices) == {"chair": D("8.5")}
    assert {row.site: row.amount for row in prices.equalisation} == {"taller": D(15), None: D(-15)}


@pytest.mark.parametrize(("market", "expected"), [(D("2.5"), D("2.5")), (None, D(0))])
def test_goods_from_stock_go_at_the_market_price_or_at_nothing(market: Decimal | None, expected: Decimal) -> None:
    network = workshop(
        products=(Product("chair", "Chair", "piece"), Product("glue", "Glue", "pot", market)),
        recipes=(Recipe("join", "taller", "chair", D(1), D(1), (("glue", D(2)),)),),
        stocks=(Stock("taller", "glue", D(20)),),
    )
    prices = price(network, chairs(network))
    assert network_price(prices)["glue"] == expected
    (row,) = prices.unit_costs
    assert row.lines["outside_inputs"] == 2 * expected
    assert row.unit_cost == 10 + 2 * expected
    said = [str(warning) for warning in prices.warnings]
    assert said == ([] if market else [str(prices.warnings[0])])
    assert market or "Glue comes from stock" in said[0]


def test_a_recipe_the_plan_does_not_run_is_priced_where_its_inputs_have_prices() -> None:
    network = workshop(
        products=(
            Product("chair", "Chair", "piece"),
            Product("wood", "Wood", "m", D(3), outside=True),
            Product("silk", "Silk", "m"),
        ),
        recipes=(
            Recipe("join", "taller", "chair", D(1), D(1)),
            Recipe("carve", "taller", "chair", D(1), D(2), (("wood", D(2)),)),
            Recipe("cover", "taller", "chair", D(1), D(1), (("chair", D(1)), ("silk", D(1)))),
            Recipe("mend", "taller", "chair", D(1), D(1), (("chair", D("0.5")),)),
        ),
    )
    prices = price(network, chairs(network))
    assert costs(prices) == {"carve": D(26), "join": D(10), "mend": D(15)}
    assert network_price(prices) == {"chair": D(10), "wood": D(3)}


def test_without_protected_jobs_idle_hours_cost_only_overhead() -> None:
    network = workshop(sites=(Site("taller", D(2), D(20), overhead=D(60)),))
    idle = {
        protect: price(n := replace(network, rules=replace(network.rules, protect_jobs=protect)), chairs(n)).jobs
        for protect in (True, False)
    }
    assert idle[True][0].amount == 30 * (D(10) + D("1.5"))
    assert idle[False][0].amount == 30 * D("1.5")


def test_every_site_that_is_not_closed_has_a_jobs_line_even_without_recipes() -> None:
    states = {"a": "producing", "b": "idle", "c": "occupied", "d": "closed"}
    sites = tuple(Site(id, D(1), D(20), D(7), state) for id, state in states.items())
    network = workshop(
        organisations=tuple(people(id, "site") for id in states), sites=sites, recipes=(), needs=(), stocks=()
    )
    assert [(row.site, row.amount) for row in price(network, a_plan(network)).jobs] == [
        ("a", D(207)),
        ("b", D(207)),
        ("c", D(207)),
    ]


def test_a_site_without_members_costs_its_whole_overhead() -> None:
    periods = (Period("jan"), Period("feb"))
    network = workshop(sites=(Site("taller", D(0), D(20), D(35)),), periods=periods, needs=())
    prices = price(network, a_plan(network))
    assert [(row.idle_hours, row.amount) for row in prices.jobs] == [(D(0), D(70))]


def test_hours_worked_beyond_the_paid_ones_by_rounding_are_no_idle_hours_below_zero() -> None:
    network = workshop()
    plan = a_plan(network, runs={("join", "1"): D("40.000001")})
    assert [(row.idle_hours, row.amount) for row in price(network, plan).jobs] == [(D(0), D(0))]


@pytest.mark.parametrize("protect", [True, False])
def test_reopening_costs_its_money_and_its_hours_in_full_even_where_idle_hours_are_not_protected(
    protect: bool,
) -> None:
    network = workshop(
        sites=(Site("taller", D(2), D(20), D(40), "closed"),), reopenings=(Reopening("taller", D(500), D(12)),)
    )
    network = replace(network, rules=replace(network.rules, protect_jobs=protect))
    plan = a_plan(network, reopened=("taller",))
    prices = price(network, plan)
    assert prices.solidarity.reopening == 500 + 12 * 11
    assert prices.jobs[0].idle_hours == 28
    assert prices.jobs[0].amount == 28 * (11 if protect else 1)
    assert money_leaving(network, plan).reopening == 500


def test_a_closed_site_the_plan_does_not_reopen_costs_nothing() -> None:
    network = workshop(
        sites=(Site("taller", D(2), D(20), D(40), "closed"),), reopenings=(Reopening("taller", D(500), D(12)),)
    )
    prices = price(network, a_plan(network))
    assert prices.jobs == ()
    assert prices.solidarity.needed == 0


def test_transport_is_part_of_what_solidarity_is_needed_for_and_of_the_row_without_site() -> None:
    network = workshop(routes=(Route("taller", "barrio", None, D("0.333")),), needs=(), sites=(), recipes=())
    shipments = (
        Shipment("taller", "barrio", "chair", "1", D(1), D("0.333")),
        Shipment("taller", "barrio", "wood", "1", D(5), D("1.665")),
    )
    prices = price(network, a_plan(network, shipments=shipments))
    assert prices.solidarity.transport == prices.solidarity.needed == D("2.00")
    assert prices.solidarity.uncovered_by_site == (Amount(None, D("2.00")),)


def test_the_uncovered_part_falls_on_each_site_in_proportion_and_is_said_as_hours_and_jobs() -> None:
    network = workshop(
        organisations=(*workshop().organisations, people("rail", members="50", ability="1", pledge="32"))
    )
    prices = price(network, chairs(network))
    assert (prices.solidarity.needed, prices.solidarity.covered) == (D(320), D(32))
    assert prices.solidarity.uncovered_by_site == (Amount("taller", D(288)),)
    stake = pay_at_stake(network, prices.solidarity.uncovered_by_site[0])
    assert (stake.hours, stake.jobs) == (D("28.8"), D("1.44"))
    outside = pay_at_stake(network, Amount(None, D(5)))
    assert (outside.hours, outside.jobs) == (None, None)


def test_a_currency_without_decimals_has_amounts_in_whole_units_and_prices_with_four() -> None:
    network = workshop(rules=Rules("PYG", D("10.00005")))
    prices = price(network, chairs(network))
    assert str(prices.unit_costs[0].unit_cost) == "10.0001"
    assert str(prices.deliveries[0].buyer_pays) == "80"
    assert str(prices.solidarity.needed) == str(20 + 300)


def test_an_exact_half_is_rounded_up_whatever_repeating_fractions_it_came_from() -> None:
    """1.1 + 1.1 ÷ 7 + 26.2000035 ÷ 7 is 5.0000005; written out in 80 digits the sum is 5.00000049999…"""
    network = workshop(rules=Rules("EUR", D("1.1"), assembly_hours=D(1)))
    network = replace(network, sites=(Site("taller", D(1), D(8), D("26.2000035")),))
    prices = price(network, chairs(network, made="1"))
    assert str(prices.unit_costs[0].unit_cost) == "5.000001"
    assert str(network_price(prices)["chair"]) == "5.000001"


# --- circles --------------------------------------------------------------------------------------


def coal_and_steel(coal_per_steel: str, steel_per_coal: str, market: str | None = None) -> Network:
    """Two sites that need each other's product; the market price, where known, is coal's."""
    return workshop(
        organisations=(people("mine", "site"), people("mill", "site"), people("barrio", "community")),
        products=(
            Product("coal", "Coal", "t", None if market is None else D(market)),
            Product("steel", "Steel", "t"),
        ),
        sites=(Site("mill", D(50), D(20)), Site("mine", D(50), D(20))),
        recipes=(
            Recipe("dig", "mine", "coal", D(1), D(1), (("steel", D(steel_per_coal)),)),
            Recipe("melt", "mill", "steel", D(1), D(2), (("coal", D(coal_per_steel)),)),
        ),
        needs=(Need("heat", "barrio", "coal", D(1), "1", pays="free"),),
    )


@pytest.mark.parametrize("market", [None, "4"])
def test_goods_made_only_to_be_used_up_again_get_a_price_without_each_other_and_a_warning(
    market: str | None,
) -> None:
    network = coal_and_steel("1", "1", market)
    plan = a_plan(network, runs={("dig", "1"): D(10), ("melt", "1"): D(10)})
    prices = price(network, plan)
    assert network_price(prices) == {"coal": D(10), "steel": D(24) if market else D(20)}
    assert costs(prices) == {"dig": D(10), "melt": D(24) if market else D(20)}
    assert all(row.amount == 0 for row in prices.equalisation)
    assert sum(price_all_told(network, plan)["steel"].values()) == network_price(prices)["steel"]
    assert "Coal, Steel: the plan makes these only to use them up again" in str(prices.warnings[0])


def test_a_circle_that_uses_up_more_than_it_makes_never_has_a_price_below_zero() -> None:
    network = coal_and_steel("2", "1")
    prices = price(network, a_plan(network, runs={("dig", "1"): D(10), ("melt", "1"): D(10)}))
    assert min(network_price(prices).values()) > 0
    assert prices.warnings


def test_a_circle_that_leaks_only_by_rounding_counts_as_closed() -> None:
    network = coal_and_steel("1", "0.9999999")
    prices = price(network, a_plan(network, runs={("dig", "1"): D(10), ("melt", "1"): D(10)}))
    assert network_price(prices) == {"coal": D(10), "steel": D(20)}
    assert prices.warnings


def test_a_circle_that_leaves_one_part_in_a_thousand_has_its_true_high_price() -> None:
    network = coal_and_steel("1", "0.999")
    prices = price(network, a_plan(network, runs={("dig", "1"): D(10), ("melt", "1"): D(10)}))
    assert network_price(prices) == {"coal": D(29980), "steel": D(30000)}
    assert prices.warnings == ()


def test_a_product_that_needs_itself_as_seed_is_priced() -> None:
    network = workshop(recipes=(Recipe("join", "taller", "chair", D(4), D(3), (("chair", D(1)),)),))
    prices = price(network, a_plan(network, runs={("join", "1"): D(10)}))
    assert network_price(prices) == {"chair": D(10)}


def test_a_circle_that_takes_no_hours_and_nothing_bought_costs_nothing() -> None:
    network = coal_and_steel("1", "1")
    network = replace(network, recipes=tuple(replace(row, labour_hours=D(0)) for row in network.recipes))
    prices = price(network, a_plan(network, runs={("dig", "1"): D(1), ("melt", "1"): D(1)}))
    assert set(network_price(prices).values()) == {D(0)}
    assert prices.warnings == ()


def ring(size: int, passed_on: str) -> tuple[list[Decimal], list[dict[int, Decimal]]]:
    """Each product costs 1 and one of the next; the last needs `passed_on` of the first."""
    uses = [{(index + 1) % size: D(1)} for index in range(size)]
    uses[-1] = {0: D(passed_on)}
    return [D(1)] * size, uses


@pytest.mark.parametrize("size", [3, 100, 101, 400])
@pytest.mark.parametrize(("passed_on", "rounds"), [("0", 1), ("0.5", 2), ("0.999", 1000), ("0.9995", 2000)])
def test_a_ring_of_any_size_has_its_exact_price(size: int, passed_on: str, rounds: int) -> None:
    with localcontext(PRECISE):
        prices = solve(*ring(size, passed_on))
        assert prices is not None
        assert snap(prices[0]) == size * rounds
        assert snap(prices[-1]) == 1 + D(passed_on) * size * rounds


@pytest.mark.parametrize("size", [3, 100, 101, 400])
@pytest.mark.parametrize("passed_on", ["1", "1.5", "0.99999999"])
def test_a_ring_that_hands_nothing_out_has_no_price(size: int, passed_on: str) -> None:
    with localcontext(PRECISE):
        assert solve(*ring(size, passed_on)) is None


def test_a_circle_is_solved_alike_in_grams_and_in_tonnes() -> None:
    """Units differ by a factor of 10^18 between neighbours; the prices differ by the same factor, exactly."""
    size = 200
    _, uses = ring(size, "0.5")
    weight = [D(10) ** (18 * (index % 2)) for index in range(size)]
    scaled = [{j: each * weight[i] / weight[j] for j, each in row.items()} for i, row in enumerate(uses)]
    with localcontext(PRECISE):
        prices = solve(weight, scaled)
        assert prices is not None
        assert snap(prices[0] / weight[0]) == 2 * size


@given(st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 12), max_size=3)))
def test_every_group_comes_after_the_groups_it_needs_and_its_members_need_each_other(
    drawn: dict[int, list[int]],
) -> None:
    needs = {str(key): [str(used) for used in drawn.get(key, [])] for key in range(13)}

    def reaches(product: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(needs[product])
        while waiting:
            if (used := waiting.pop()) not in seen:
                seen.add(used)
                waiting.extend(needs[used])
        return seen

    groups = circles(needs)
    assert sorted(product for group in groups for product in group) == sorted(needs)
    turn = {product: index for index, group in enumerate(groups) for product in group}
    for product in needs:
        assert all(turn[used] <= turn[product] for used in reaches(product))
        together = {used for used in reaches(product) if product in reaches(used)} | {product}
        assert together == set(groups[turn[product]])


# --- who pays -------------------------------------------------------------------------------------


def test_who_reaches_the_pledge_stops_and_the_others_rise() -> None:
    given_by = [
        people("a", members="100", ability="1", pledge="10"),
        people("b", members="100", ability="1", pledge="1000"),
        people("c", members="100", ability="2", pledge="1000"),
    ]
    assert share_out(D(310), given_by, 2) == {"a": D(10), "b": D(100), "c": D(200)}


def test_who_pledged_without_ability_or_members_pays_nothing() -> None:
    given_by = [people("a", ability="0", pledge="10"), people("b", members="0", ability="1", pledge="10")]
    assert share_out(D(5), given_by, 2) == {}


def test_left_over_cents_go_to_the_largest_remainder_ties_by_id() -> None:
    given_by = [people(id, ability="1", pledge="50") for id in "cab"]
    assert share_out(D("100.00"), given_by, 2) == {"a": D("33.34"), "b": D("33.33"), "c": D("33.33")}


def test_a_pledge_finer_than_the_currency_counts_in_whole_minor_units() -> None:
    given_by = [people("a", ability="1", pledge="9.999"), people("b", ability="1", pledge="0.009")]
    assert share_out(D(20), given_by, 2) == {"a": D("9.99")}


pledgers = st.lists(
    st.tuples(st.decimals(0, 2000, places=3), st.integers(0, 500).map(D), st.decimals(0, 3, places=2)),
    max_size=8,
).map(
    lambda rows: [
        Organisation(f"o{index}", "", "union", members, ability=ability, pledge=pledge)
        for index, (pledge, members, ability) in enumerate(rows)
    ]
)


@given(pledgers, st.decimals(0, 5000, places=2))
def test_no_one_pays_above_the_pledge_and_the_shares_add_up(given_by: list[Organisation], needed: Decimal) -> None:
    shares = share_out(needed, given_by, 2)
    assert all(shares.get(row.id, D(0)) <= row.pledge for row in given_by)
    assert all(amount >= 0 for amount in shares.values())
    able = {row.id: row.pledge // D("0.01") * D("0.01") for row in given_by if row.members and row.ability}
    assert sum(shares.values()) == min(needed, sum(able.values(), D(0)))


@given(pledgers, st.decimals(0, 5000, places=2))
def test_who_pays_less_per_weight_than_another_pays_the_whole_pledge(
    given_by: list[Organisation], needed: Decimal
) -> None:
    shares = share_out(needed, given_by, 2)
    weight = {row.id: row.members * row.ability for row in given_by}
    for row in given_by:
        for other in given_by:
            if row.id in shares and other.id in shares and row.pledge - shares[row.id] > D("0.02"):
                one_cent_more = (shares[row.id] + D("0.01")) / weight[row.id]
                assert one_cent_more >= (shares[other.id] - D("0.01")) / weight[other.id]


# --- who carries it -------------------------------------------------------------------------------


def test_people_who_pay_above_the_market_one_by_one_are_a_warning() -> None:
    network = workshop(needs=(Need("seats", "barrio", "chair", D(10), "1", pays=D(30)),))
    who = carried(network, price(network, chairs(network)))
    assert (who.individuals, who.organisations, who.share_of_individuals) == (D(20), D(0), D(1))
    assert who.by_kind == {"community": D(20)}
    assert who.warning is not None and "100.0 % of what is paid above the market" in str(who.warning)


def test_a_union_that_pays_above_the_market_carries_it_as_an_organisation() -> None:
    network = workshop(needs=(Need("seats", "union", "chair", D(10), "1", pays=D(30)),))
    who = carried(network, price(network, chairs(network, who="union")))
    assert (who.individuals, who.organisations, who.warning) == (D(0), D(20), None)


def test_where_pledges_carry_most_of_it_there_is_no_warning() -> None:
    rail = people("rail", members="50", ability="1", pledge="1000")
    network = workshop(
        organisations=(*workshop().organisations, rail),
        needs=(Need("seats", "barrio", "chair", D(10), "1", pays=D(30)),),
    )
    who = carried(network, price(network, chairs(network)))
    assert who.by_kind == {"community": D(20), "union": D(300)}
    assert (who.share_of_individuals, who.warning) == (D("0.0625"), None)


def test_who_says_it_pays_less_than_the_market_carries_nothing() -> None:
    network = workshop(needs=(Need("seats", "barrio", "chair", D(10), "1", pays=D(3)),))
    who = carried(network, price(network, chairs(network)))
    assert (who.individuals, who.organisations, who.warning) == (D(0), D(0), None)


def test_where_nothing_is_carried_nobody_is_warned() -> None:
    network = workshop(sites=(), recipes=(), needs=())
    who = carried(network, price(network, a_plan(network)))
    assert (who.share_of_individuals, who.warning, who.by_kind) == (D(0), None, {})


# --- laws -----------------------------------------------------------------------------------------


def agrees_with_the_reference(plan: Plan) -> None:
    """Compare every amount with the one worked out in fractions; where that has no price, expect the warning."""
    prices = price(plan.network, plan)
    try:
        slow = reference(plan.network, plan)
    except NoPrice:
        assert "use them up again" in str(prices.warnings)
        return
    assert {row.recipe: Fraction(row.unit_cost) for row in prices.unit_costs} == slow.unit_costs
    lines = {row.recipe: {line: Fraction(each) for line, each in row.lines.items()} for row in prices.unit_costs}
    assert lines == slow.lines
    assert all(Fraction(row.price) == slow.prices[row.product] for row in prices.network_prices)
    assert {row.site: Fraction(row.amount) for row in prices.equalisation} == slow.equalisation
    assert {row.site: Fraction(row.amount) for row in prices.jobs} == {
        site: amount for site, (_, amount) in slow.jobs.items()
    }
    delivered = [
        tuple(map(Fraction, (row.unit_price, row.buyer_pays, row.solidarity))) for row in prices.deliveries
    ]
    assert sorted(delivered) == slow.deliveries
    who = prices.solidarity
    assert {part: Fraction(getattr(who, part)) for part in slow.parts} == slow.parts
    assert {row.organisation: Fraction(row.amount) for row in who.shared} == slow.shared
    assert Fraction(who.uncovered) == slow.uncovered
    assert {row.site: Fraction(row.amount) for row in who.uncovered_by_site} == slow.uncovered_by_site


@pytest.mark.parametrize("seed", range(100))
def test_every_amount_is_the_one_worked_out_in_fractions(seed: int) -> None:
    agrees_with_the_reference(seeded_plan(seed))


@pytest.mark.slow
@given(plans())
@settings(max_examples=1500, deadline=None)
def test_every_amount_of_any_plan_is_the_one_worked_out_in_fractions(plan: Plan) -> None:
    agrees_with_the_reference(plan)


@given(plans(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_does_not_matter(plan: Plan, chance: random.Random) -> None:
    network = shuffled_network(plan.network, chance)
    mixed = {
        field.name: tuple(chance.sample(rows, len(rows)))
        for field in fields(Plan)
        if isinstance(rows := getattr(plan, field.name), tuple)
    }
    assert price(network, replace(plan, network=network, **mixed)) == price(plan.network, plan)  # type: ignore[arg-type]


@given(plans())
@settings(max_examples=100, deadline=None)
def test_whatever_is_divided_adds_up(plan: Plan) -> None:
    """Lines to their price, equalisation to zero, shares and uncovered to what is needed, rows to uncovered."""
    prices = price(plan.network, plan)
    who, unit_price = prices.solidarity, network_price(prices)
    for row in prices.unit_costs:
        assert sum(row.lines.values()) == row.unit_cost
    for product, lines in price_all_told(plan.network, plan).items():
        assert sum(lines.values()) == unit_price[product]
        assert min(lines.values()) >= 0
    assert sum(row.amount for row in prices.equalisation) == 0
    assert who.needed == who.goods + who.jobs + who.transport + who.reopening
    assert who.goods == sum(row.solidarity for row in prices.deliveries)
    assert who.jobs == sum(row.amount for row in prices.jobs)
    assert who.covered == sum(row.amount for row in who.shared)
    assert who.covered + who.uncovered == who.needed
    assert who.uncovered == sum(row.amount for row in who.uncovered_by_site)


@given(plans())
@settings(max_examples=100, deadline=None)
def test_amounts_have_the_decimals_of_the_currency_and_prices_four_more(plan: Plan) -> None:
    prices, decimals = price(plan.network, plan), currency_decimals(plan.network.rules.currency)
    money = [row.amount for row in (*prices.equalisation, *prices.jobs, *prices.solidarity.uncovered_by_site)]
    money += [amount for row in prices.deliveries for amount in (row.buyer_pays, row.solidarity)]
    money += [amount for row in prices.solidarity.shared for amount in (row.amount, row.per_member)]
    money += [getattr(prices.solidarity, name) for name in "needed goods jobs transport reopening".split()]
    money += [prices.solidarity.covered, prices.solidarity.uncovered]
    unit = [row.unit_cost for row in prices.unit_costs] + [row.price for row in prices.network_prices]
    unit += [line for row in prices.unit_costs for line in row.lines.values()]
    unit += [row.unit_price for row in prices.deliveries]
    assert {-int(amount.as_tuple().exponent) for amount in money} == {decimals}
    assert {-int(amount.as_tuple().exponent) for amount in unit} <= {decimals + 4}


@given(plans())
@settings(max_examples=100, deadline=None)
def test_nobody_pays_more_than_the_market_price_unless_it_said_so(plan: Plan) -> None:
    network = plan.network
    for row in price(network, plan).deliveries:
        market = network.product[row.product].market_price
        said = None if row.need is None else network.need[row.need].pays
        half_a_unit = D(1).scaleb(-currency_decimals(network.rules.currency)) / 2
        assert row.solidarity >= 0
        if market is not None and not isinstance(said, D):
            assert row.buyer_pays <= market * row.quantity + half_a_unit
        if isinstance(said, D):
            assert row.buyer_pays <= said * row.quantity + half_a_unit
        if said == "free":
            assert row.buyer_pays == 0


@given(plans(), st.data())
@settings(max_examples=100, deadline=None)
def test_no_one_above_the_pledge_and_more_pledges_never_leave_more_uncovered(
    plan: Plan, data: st.DataObject
) -> None:
    network = plan.network
    before = price(network, plan).solidarity
    for share in before.shared:
        assert share.amount <= network.organisation[share.organisation].pledge
    raised = tuple(
        replace(row, pledge=row.pledge + data.draw(st.decimals(0, 500, places=2))) for row in network.organisations
    )
    after = price(replace(network, organisations=raised), plan).solidarity
    assert after.needed == before.needed
    assert after.uncovered <= before.uncovered


def doubled(plan: Plan) -> Plan:
    """The same plan where every money figure of the workbook is twice as large."""
    network, rules = plan.network, plan.network.rules
    twice = replace(
        network,
        organisations=tuple(replace(row, pledge=2 * row.pledge) for row in network.organisations),
        sites=tuple(replace(row, overhead=2 * row.overhead) for row in network.sites),
        products=tuple(
            replace(row, market_price=None if row.market_price is None else 2 * row.market_price)
            for row in network.products
        ),
        needs=tuple(
            replace(row, pays=2 * row.pays if isinstance(row.pays, D) else row.pays) for row in network.needs
        ),
        reopenings=tuple(replace(row, money=2 * row.money) for row in network.reopenings),
        rules=replace(rules, living_wage=2 * rules.living_wage),
    )
    return replace(
        plan,
        network=twice,
        outside=tuple(replace(row, money=2 * row.money) for row in plan.outside),
        reopened=tuple(replace(row, money=2 * row.money) for row in plan.reopened),
        shipments=tuple(replace(row, money=2 * row.money) for row in plan.shipments),
    )


@given(plans())
@settings(max_examples=100, deadline=None)
def test_doubling_every_money_figure_doubles_every_amount_up_to_rounding(plan: Plan) -> None:
    twice = doubled(plan)
    once, double = price(plan.network, plan), price(twice.network, twice)
    cent = D(1).scaleb(-currency_decimals(plan.network.rules.currency))
    fine = cent.scaleb(-4)
    # A rounded amount is off by half a unit, its double by one; a rounded price times a quantity by more.
    for one, two in zip(once.unit_costs, double.unit_costs, strict=True):
        assert abs(two.unit_cost - 2 * one.unit_cost) <= fine
    for one, two in zip(once.network_prices, double.network_prices, strict=True):
        assert abs(two.price - 2 * one.price) <= fine
    for one, two in zip(once.equalisation, double.equalisation, strict=True):
        assert abs(two.amount - 2 * one.amount) <= 3 * cent
    for one, two in zip(once.jobs, double.jobs, strict=True):
        assert two.idle_hours == one.idle_hours
        assert abs(two.amount - 2 * one.amount) <= cent
    slip = D(0)
    for one, two in zip(once.deliveries, double.deliveries, strict=True):
        each = 2 * cent + 2 * fine * one.quantity
        assert abs(two.buyer_pays - 2 * one.buyer_pays) <= each
        assert abs(two.solidarity - 2 * one.solidarity) <= 2 * each
        slip += 2 * each
    slip += cent * (len(once.jobs) + 2 * len(plan.shipments) + len(plan.reopened) + 2)
    assert abs(double.solidarity.needed - 2 * once.solidarity.needed) <= slip
    assert abs(double.solidarity.uncovered - 2 * once.solidarity.uncovered) <= slip + 20 * cent


@given(plans())
@settings(max_examples=100, deadline=None)
def test_a_site_receives_its_pay_its_overhead_its_inputs_and_its_shares_up_to_rounding(plan: Plan) -> None:
    network = plan.network
    accounts = site_accounts(network, plan, price(network, plan))
    cent = D(1).scaleb(-currency_decimals(network.rules.currency))
    for account in accounts:
        made = sum(row.quantity for row in plan.production if row.site == account.site)
        hourly = network.rules.living_wage * 10 + account.overhead
        # Unit costs are rounded to a ten-thousandth of a minor unit, hours and quantities to a millionth.
        assert abs(account.rounding) <= 4 * cent + made * cent.scaleb(-4) * 6 + hourly * D("0.0001")


@given(plans())
@settings(max_examples=100, deadline=None)
def test_a_site_that_makes_nothing_costs_exactly_its_members_pay_and_its_overhead(plan: Plan) -> None:
    network = plan.network
    rules = replace(network.rules, protect_jobs=True)
    network = replace(network, rules=rules)
    cent = D(1).scaleb(-currency_decimals(rules.currency))
    idle = {row.site for row in plan.production if row.hours} | {row.site for row in plan.reopened}
    for account in site_accounts(network, plan, price(network, plan)):
        if account.site in idle:
            continue
        site = network.site[account.site]
        hours = site.members * site.paid_hours * len(network.periods)
        exact = hours * rules.living_wage * (1 + rules.contributions) + site.overhead * len(network.periods)
        if not any(row.site == site.id for row in plan.production):
            assert account.received == account.jobs
            assert abs(account.received - exact) <= cent / 2
            assert account.made == account.inputs == account.shares == 0


# --- size -----------------------------------------------------------------------------------------


def large_plan(products: int, chance: random.Random) -> Plan:
    """A network in which most products need each other: each needs five others, drawn at random."""
    ids = [f"p{index:06}" for index in range(products)]
    recipes = tuple(
        Recipe(
            f"r{id}", "plant", id, D(1), D(1), tuple((other, D("0.1")) for other in set(chance.choices(ids, k=5)))
        )
        for id in ids
    )
    network = Network(
        name="large",
        organisations=(people("plant", "site"), people("all", "community", ability="1", pledge="100000000")),
        products=tuple(Product(id, id, "piece", D("12.5")) for id in ids),
        rules=Rules("EUR", D(10), D("0.2"), D(4)),
        sites=(Site("plant", D(products), D(40)),),
        recipes=recipes,
        needs=tuple(Need(f"n{id}", "all", id, D(10), "1") for id in ids),
    )
    runs = {(recipe.id, "1"): D(20) for recipe in recipes}
    supplies = tuple(Supply("plant", f"n{id}", "all", id, "1", D(1)) for id in ids)
    return a_plan(network, runs=runs, supplies=supplies)


@pytest.mark.parametrize("products", [150, 3000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_large_circle_is_priced_exactly_and_in_seconds(products: int) -> None:
    plan = large_plan(products, random.Random(1))
    start = time.perf_counter()
    prices = price(plan.network, plan)
    assert time.perf_counter() - start < 60
    assert prices.warnings == ()
    known, own = network_price(prices), D(12) + D(12) * 4 / 36
    for row in prices.unit_costs[:: max(1, products // 100)]:
        inputs = sum((D("0.1") * known[used] for used, _ in plan.network.recipe[row.recipe].inputs), D(0))
        # Five prices and the cost itself are each rounded to a millionth.
        assert abs(row.unit_cost - own - inputs) <= D("0.000001")
