"""The checker finds what is wrong with a plan, without a solver."""

import random
from dataclasses import replace
from decimal import Decimal as D

import pytest

from solidaria.core.plan import plan
from solidaria.core.plan.certificate import check
from solidaria.core.result import Level, Plan, Tier
from tests.core.test_plan import sewing
from tests.networks import seeded_network


def _with_level(made: Plan, level: Level) -> Plan:
    """The plan with another first level in its last tier."""
    *tiers, last = made.certificate.tiers
    changed = Tier(last.tier, (level, *last.levels[1:]))
    return replace(made, certificate=replace(made.certificate, tiers=(*tiers, changed)))


def test_a_true_plan_passes():
    network = sewing()
    found = check(network, plan(network))
    assert found.holds and found.max_violation == 0.0
    assert [round(level.bound, 9) for level in found.levels] == [0.5]


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("made more than the machines can", lambda row: replace(row, runs=D(150), quantity=D(150), hours=D(150))),
        ("hours left out", lambda row: replace(row, hours=D(10))),
        ("more pieces than the runs make", lambda row: replace(row, quantity=D(130))),
        ("runs below nothing", lambda row: replace(row, runs=D(-1), quantity=D(-1), hours=D(-1))),
    ],
)
def test_a_production_that_cannot_be_is_found(what, change):
    made = plan(sewing())
    broken = replace(made, production=tuple(change(row) for row in made.production))
    assert not check(sewing(), broken).holds, what


def test_more_delivered_than_made_is_found():
    made = plan(sewing())
    first, *others = made.coverage
    broken = replace(made, coverage=(replace(first, delivered=first.delivered + 5), *others))
    assert not check(sewing(), broken).holds


def test_goods_bought_without_paying_for_them_are_found():
    made = plan(sewing())
    broken = replace(made, outside=tuple(replace(row, money=D(1)) for row in made.outside))
    assert not check(sewing(), broken).holds


def test_a_supply_that_is_not_delivered_is_found():
    made = plan(sewing())
    assert not check(sewing(), replace(made, supplies=made.supplies[1:])).holds


def test_a_level_that_could_be_higher_is_found():
    """A plan that gives everybody less keeps every limit, and no multipliers prove that it is the fairest."""
    network = sewing()
    true = plan(network).certificate.tiers[0].levels[0]
    lower = _with_level(plan(network), replace(true, share=0.4, bound=0.4))
    assert not check(network, lower).holds


@pytest.mark.parametrize("field", ["weights", "multipliers"])
def test_a_proof_with_a_false_number_proves_nothing(field):
    made = plan(sewing())
    level = made.certificate.tiers[0].levels[0]
    smaller = tuple((key, value / 3) for key, value in getattr(level, field))
    assert not check(sewing(), _with_level(made, replace(level, **{field: smaller}))).holds
    assert not check(sewing(), _with_level(made, replace(level, **{field: ()}))).holds


@pytest.mark.parametrize("seed", range(60))
def test_any_number_of_a_plan_that_is_changed_is_found(seed: int):
    network = seeded_network(seed, slack=False)
    made, chance = plan(network), random.Random(seed)
    tables = {
        "production": ("runs", "quantity", "hours"),
        "coverage": ("delivered",),
        "outside": ("quantity", "money"),
        "shipments": ("quantity", "money"),
        "supplies": ("quantity",),
    }
    full = [name for name in tables if getattr(made, name)]
    table = chance.choice(full)
    rows = list(getattr(made, table))
    at, field = chance.randrange(len(rows)), chance.choice(tables[table])
    rows[at] = replace(rows[at], **{field: getattr(rows[at], field) + 3})
    broken = replace(made, **{table: tuple(rows)})
    assert not check(network, broken).holds, (table, field)
