"""Plans worked out by hand, one story each."""

import random
from dataclasses import replace
from decimal import Decimal as D

import highspy
import numpy as np
import pytest

from benchmarks.networks import make_network
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
from solidaria.core.plan import aims, explain, leximin, make, plan, solve
from solidaria.core.plan.certificate import check
from solidaria.core.plan.model import build
from solidaria.core.plan.refusals import Refusal
from solidaria.core.plan.reopen import Opening
from solidaria.core.plan.solve import Solver
from tests.networks import seeded_network, shuffled_network

RULES = Rules("ARS", D(10))


def sewing(**changes: object) -> Network:
    """A sewing site with 100 hours on its machines and 200 of work; a uniform takes one of each and 2 m of cloth."""
    network = Network(
        "sewing",
        (
            Organisation("hilo", "Hilo Rojo", "site", D(10)),
            Organisation("norte", "Barrio Norte", "community", D(300)),
            Organisation("sur", "Barrio Sur", "community", D(200)),
        ),
        (
            Product("uniform", "Uniforms", "piece"),
            Product("cloth", "Cloth", "m", D(4), outside=True),
        ),
        RULES,
        (Site("hilo", D(10), D(20)),),
        (Recipe("sew", "hilo", "uniform", D(1), D(1), (("cloth", D(2)),), (("machines", D(1)),)),),
        (Equipment("machines", "hilo", D(100)),),
        needs=(
            Need("school", "norte", "uniform", D(120), "1"),
            Need("clinic", "sur", "uniform", D(80), "1"),
        ),
    )
    return replace(network, **changes)  # type: ignore[arg-type]


def delivered(made: object) -> dict[str, D]:
    return {row.need: row.delivered for row in made.coverage}  # type: ignore[attr-defined]


def test_two_needs_of_one_tier_share_what_there_is_in_proportion():
    made = plan(sewing())
    assert delivered(made) == {"school": D(60), "clinic": D(40)}
    assert [(row.runs, row.hours) for row in made.production] == [(D(100), D(100))]
    assert [(row.product, row.quantity, row.money) for row in made.outside] == [("cloth", D(200), D("800.00"))]


def test_the_more_essential_tier_is_served_first():
    needs = (Need("school", "norte", "uniform", D(120), "1", tier=2), Need("clinic", "sur", "uniform", D(80), "1"))
    made = plan(sewing(needs=needs))
    assert delivered(made) == {"school": D(20), "clinic": D(80)}
    assert [level.share for level in made.certificate.tiers[1].levels] == [pytest.approx(1 / 6)]


def test_a_shortfall_names_the_machines_and_what_more_hours_would_meet():
    made = plan(sewing())
    school = next(row for row in made.shortfalls if row.need == "school")
    reason = school.because[0]
    assert (reason.limit.kind, reason.limit.where, reason.limit.extra) == ("equipment", "machines", D(100))
    assert reason.would_meet == D(60)
    assert "Hilo Rojo" in str(reason.sentence)


def test_two_limits_that_help_only_together_are_named_together():
    made = plan(sewing(sites=(Site("hilo", D(10), D(10)),)))
    reason = made.shortfalls[0].because[0]
    assert reason.other is not None
    assert {reason.limit.kind, reason.other.kind} == {"equipment", "labour"}
    assert reason.would_meet is not None and reason.would_meet > 0


def test_nobody_can_meet_a_need_and_it_drags_no_other_down():
    products = (*sewing().products, Product("glass", "Glass", "m2"))
    needs = (*sewing().needs, Need("windows", "norte", "glass", D(5), "1"))
    made = plan(sewing(products=products, needs=needs))
    assert delivered(made) == {"school": D(60), "clinic": D(40), "windows": D(0)}
    windows = next(row for row in made.shortfalls if row.need == "windows")
    assert windows.because[0].limit.kind == "no recipe"


def test_a_promise_is_kept_before_any_need_and_what_it_takes_is_said():
    made = plan(sewing(promises=(Promise("hilo", "sur", "uniform", D(30), "1"),)))
    assert made.promises[0].delivered == D(30)
    assert delivered(made) == {"school": D(42), "clinic": D(28)}
    kinds = {reason.limit.kind for row in made.shortfalls for reason in row.because}
    assert "promised elsewhere" in kinds


def test_a_promise_that_cannot_be_kept_is_reported_with_its_reason_and_the_plan_goes_on():
    made = plan(sewing(promises=(Promise("hilo", "sur", "uniform", D(150), "1"),)))
    broken = made.promises[0]
    assert broken.delivered == D(100)
    assert broken.because[0].limit.kind == "equipment"
    assert delivered(made) == {"school": D(0), "clinic": D(0)}


def test_what_keeps_is_made_early_and_what_does_not_keep_is_not():
    months = (Period("1"), Period("2"))
    needs = (Need("school", "norte", "uniform", D(200), "2"),)
    assert delivered(plan(sewing(periods=months, needs=needs)))["school"] == D(200)
    fresh = tuple(replace(row, keeps=False) if row.id == "uniform" else row for row in sewing().products)
    assert delivered(plan(sewing(periods=months, needs=needs, products=fresh)))["school"] == D(100)


def test_nothing_is_made_for_the_shelf():
    made = plan(sewing(needs=(Need("school", "norte", "uniform", D(10), "1"),)))
    assert sum(row.quantity for row in made.production) == D(10)
    assert made.stocks == ()


def test_stock_on_hand_is_used_before_work_is_done():
    made = plan(sewing(stocks=(Stock("hilo", "uniform", D(90)),)))
    assert delivered(made) == {"school": D("114"), "clinic": D("76")}


def test_the_fewest_reopenings_that_do_as_much_are_chosen_and_ties_go_by_id():
    network = sewing()
    network = replace(
        network,
        organisations=(*network.organisations, *(Organisation(f"shop{n}", f"Shop {n}", "site") for n in "ab")),
        sites=(*network.sites, *(Site(f"shop{n}", D(10), D(20), state="closed") for n in "ab")),
        recipes=(
            *network.recipes,
            *(Recipe(f"sew-{n}", f"shop{n}", "uniform", D(1), D(1), (("cloth", D(2)),)) for n in "ab"),
        ),
        reopenings=tuple(Reopening(f"shop{n}", D(500), D(20)) for n in "ab"),
    )
    made = plan(network)
    assert [row.site for row in made.reopened] == ["shopa"]
    assert delivered(made) == {"school": D(120), "clinic": D(80)}


def test_reopening_hours_come_out_of_the_members_first_period():
    network = sewing(
        sites=(Site("hilo", D(10), D(20), state="closed"),), reopenings=(Reopening("hilo", D(0), D(150)),)
    )
    assert delivered(plan(network)) == {"school": D(30), "clinic": D(20)}


def test_goods_go_along_routes_only_and_through_sites_but_not_through_other_receivers():
    direct = (Route("hilo", "norte", None, D(1)), Route("norte", "sur", None, D(1)))
    made = plan(sewing(routes=direct))
    assert delivered(made) == {"school": D(100), "clinic": D(0)}
    clinic = next(row for row in made.shortfalls if row.need == "clinic")
    assert clinic.because[0].limit.kind == "no route"
    assert [(row.start, row.end, row.money) for row in made.shipments] == [("hilo", "norte", D("100.00"))]


def test_slack_lets_a_later_tier_have_what_a_crumb_of_an_earlier_one_costs():
    network = sewing(
        products=(*sewing().products, Product("patch", "Patches", "piece")),
        recipes=(*sewing().recipes, Recipe("patch", "hilo", "patch", D(100), D(0), (), (("machines", D(1)),))),
        needs=(
            Need("school", "norte", "uniform", D(100), "1"),
            Need("badges", "sur", "patch", D(100), "1", tier=2),
        ),
    )
    made = plan(network)
    assert delivered(made) == {"school": D(100), "badges": D(0)}
    offer = made.slack[0]
    assert (offer.tier, offer.least_now, offer.least_at_half_percent) == (2, 0.0, pytest.approx(0.5))
    eased = plan(replace(network, rules=replace(RULES, slack=D("0.005"))))
    # Half a percent of each is given up for what comes later: of the badges, for less money outside and less work.
    assert delivered(eased) == {"school": D("99.5"), "badges": D("49.75")}


def test_a_refused_line_is_a_limit_and_the_plan_is_made_again():
    made = plan(sewing(), refusals=(Refusal("sew", None, D(50)),))
    assert delivered(made) == {"school": D(30), "clinic": D(20)}
    assert made.shortfalls[0].because[0].limit.kind == "refused line"


def test_a_plan_is_made_beside_another_program_that_uses_the_same_solver():
    other = highspy.Highs()
    other.setOptionValue("output_flag", False)
    other.setOptionValue("threads", 2)
    other.addVariable(lb=0, ub=4)
    other.run()
    assert plan(sewing()).status == "optimal"


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_rows_never_changes_a_plan(seed: int):
    network = seeded_network(seed)
    assert plan(shuffled_network(network, random.Random(seed))) == plan(network)


@pytest.mark.parametrize("seed", range(100, 140))
def test_every_plan_keeps_every_limit_and_proves_every_level(seed: int):
    network = seeded_network(seed)
    assert check(network, plan(network)).findings == ()


def test_a_very_large_network_stops_after_so_many_levels_keeps_every_limit_and_says_so(monkeypatch):
    for module in (leximin, aims, make, explain):
        monkeypatch.setattr(module, "VERY_LARGE", 0)
    monkeypatch.setattr(leximin, "MOST_LEVELS", 2)
    network = make_network(1_000)
    made = plan(network)
    assert made.status == "bounded"
    assert made.certificate.max_violation < 1e-6
    assert max(len(tier.levels) for tier in made.certificate.tiers) == 3
    assert [where for where in check(network, made).findings if where.where[0] != "level"] == []


@pytest.mark.parametrize("seed", range(12))
def test_a_guess_changes_how_long_a_round_takes_and_never_what_it_finds(seed: int):
    model = build(seeded_network(seed, slack=False))
    start = Opening().bounds(model)
    alone = leximin.raise_fairly(Solver(model), start, 0.0).shares(model)
    chance = np.random.default_rng(seed)
    for guess in (alone, np.minimum(1.0, alone * 1.2), chance.random(len(alone))):
        guided = leximin.raise_fairly(Solver(model), start, 0.0, guess=guess).shares(model)
        assert guided == pytest.approx(alone, abs=1e-6)


def test_a_large_network_gets_names_of_limits_where_there_is_no_time_to_try_them(monkeypatch):
    monkeypatch.setattr(explain, "LARGE", 0)
    monkeypatch.setattr(explain, "MOST_QUESTIONS", 1)
    made = plan(make_network(1_000))
    reasons = [reason for row in made.shortfalls for reason in row.because]
    named = [reason for reason in reasons if "What holds it" in str(reason.sentence)]
    assert named and all(reason.would_meet is None and reason.limit.extra is None for reason in named)
    assert all(row.because for row in made.shortfalls)


def test_the_plan_goes_on_from_its_last_point_when_interior_point_finds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Held levels are true to the last digits only: from nothing they may look impossible, as they did on the
    # synthetic network of 10,000 variables with seed 3.
    model = build(make_network(1_000))
    start = Opening().bounds(model)
    shares = leximin.raise_fairly(Solver(model), start, 0.0).shares(model)
    asked: list[str] = []
    run = Solver._run

    def stubborn(solver: Solver, method: str, steps: int) -> highspy.HighsModelStatus:
        asked.append(method)
        if method == "ipm" and "simplex" in asked:
            return highspy.HighsModelStatus.kInfeasible
        return run(solver, method, steps)

    monkeypatch.setattr(solve, "INTERIOR_POINT_FROM", 0)
    monkeypatch.setattr(solve, "STALLED_AFTER", -1_000 / model.rows + 0.05)  # about fifty steps: it always stalls
    monkeypatch.setattr(Solver, "_run", stubborn)
    assert leximin.raise_fairly(Solver(model), start, 0.0).shares(model) == pytest.approx(shares, abs=1e-6)
    assert asked.count("ipm") > 1


def test_questions_without_patience_name_what_holds_and_solve_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "LARGE", 0)
    monkeypatch.setattr(explain, "MOST_QUESTIONS", 0)
    monkeypatch.setattr(explain.Explainer, "_replan", None)  # asking would fail
    made = plan(sewing())
    assert [reason.limit.where for short in made.shortfalls for reason in short.because] == ["machines"] * 2
    assert all(reason.would_meet is None for short in made.shortfalls for reason in short.because)
