"""Sites that trade: the month is the same, and what couples them adds up."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from solidaria.core.watch import engine, network
from solidaria.core.watch import fields as f
from solidaria.core.watch.clearing import debts_of
from solidaria.core.watch.network import SiteNetwork, simulate_network
from solidaria.core.watch.parameters import parameters
from tests.watch.made import numbers, worked

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import sites as made_sites

NOBODY = np.array([], dtype=np.int64)


def base(**changes):
    """Parameters of the worked tile plant, rows changed."""
    p = parameters(worked("books-zanon-2003")).copy()
    for name, number in changes.items():
        p[getattr(f, name)] = number
    return p


def alone(sets):
    """Sites that share nothing."""
    p = np.stack(sets, axis=1)
    return SiteNetwork(p, np.full(len(sets), 1_000.0), debts_of(NOBODY, NOBODY, np.array([]), len(sets)))


@pytest.mark.parametrize("compiled", [True, False])
def test_sites_that_share_nothing_fare_as_alone(compiled):
    """Twenty made-up sites, each with the luck of its own place: outcomes of the network are those of each alone."""
    sets = [numbers(seed) for seed in range(20)]
    for p in sets:
        p[f.ORDERS_SITES] = 0
        p[f.SUCCESS_2 : f.SUCCESS_4 + 1] = p[f.SUCCESS_1]  # nobody is called to two gates
    together = simulate_network(alone(sets), runs=20, months=24, seed=5, compiled=compiled)
    for place, p in enumerate(sets):
        paths = engine.simulate([p], runs=20, months=24, seed=5, site=place)[0]
        assert np.array_equal(together.outcome[place], paths.outcome[-1])


def trading(sites=60, **more):
    """A network in which nearly everything can happen."""
    net = made_sites.traded(base(EVICTION=0.02, FUND_SHARE=0.4, DEFER=0.2), sites, part=0.6, fund=5_000.0, **more)
    net.parameters[f.COMMON_JUMPS] = 1
    return replace(net, fund_income=500.0)


@pytest.mark.skipif(engine.fast_numba is None, reason="Numba is not there: only the NumPy engine is used")
def test_both_engines_give_the_same_network():
    one = simulate_network(trading(), runs=16, months=24, seed=2)
    other = simulate_network(trading(), runs=16, months=24, seed=2, compiled=False)
    assert (one.outcome != other.outcome).mean() <= 1e-4
    np.testing.assert_allclose(one.fund, other.fund, rtol=1e-6, atol=1e-3)


def test_threads_and_the_number_of_runs_change_not_a_bit():
    many = simulate_network(trading(), runs=40, months=12, seed=2, threads=3)
    few = simulate_network(trading(), runs=21, months=12, seed=2)
    for name in ("counts", "outcome", "lost", "fund", "unpaid", "evictions"):
        assert np.array_equal(getattr(many, name)[..., :21], getattr(few, name)), name


def test_what_is_paid_is_received_over_the_network():
    paths = simulate_network(trading(), runs=16, months=36, seed=2)
    assert paths.gap < 1e-6 * 60 * 400 * 800


def test_claims_between_sites_are_debts_between_sites():
    """After every month: what suppliers are owed by sites is what buyers owe them; and no cash is made by clearing."""
    net = trading(40)
    group = network._Group(net, 0, 3, compiled=False)
    matrix = net.trade.matrix()
    for now in range(18):
        group._open(now)
        group._deliver()
        before = group.get(f.S_OWED_SITES)
        group._clear()
        owed_to, owes = group.get(f.S_OWED_SITES) * group.scale, group.get(f.S_PAYABLE_SITES) * group.scale
        np.testing.assert_allclose(owed_to, matrix @ owes, atol=1e-4)
        paid, got = group.get(f.M_PAID_SITES) * group.scale, group.get(f.M_GOT_SITES) * group.scale
        np.testing.assert_allclose(paid.sum(0), got.sum(0), rtol=1e-9)
        assert np.all(group.get(f.M_GOT_SITES) <= before + 1e-6)
        group._owe()
        group._fund(np.full(network.RUNS, 1e5))
        group._close(now)


def test_the_common_fund_is_never_overdrawn_and_is_shared_when_it_runs_dry():
    paths = simulate_network(trading(), runs=16, months=36, seed=2)
    assert paths.fund.min() >= -1e-6
    assert paths.fund.min() < 1_000, "it must run dry in some run, or this tests nothing"
    rich = simulate_network(replace(trading(), fund=1e7), runs=16, months=36, seed=2)
    assert (rich.outcome == f.COLLAPSED).sum() < (paths.outcome == f.COLLAPSED).sum()


def test_two_evictions_in_one_month_divide_the_people_at_the_gate():
    """Everybody is evicted in the same month: with people to divide more succeed than when each is alone."""
    sets = [base(EVICTION_COMES=1, EVICTION=0, SUCCESS_1=0, SUCCESS_2=1, SHOCK_MONTH=2, RETURN=0)] * 2
    apart = alone([sets[0], base(EVICTION=0)])
    assert (simulate_network(alone(sets), runs=16, months=12, seed=1).outcome == f.COLLAPSED).all()
    assert (simulate_network(apart, runs=16, months=12, seed=1).outcome[0] != f.COLLAPSED).any()


def test_common_luck_makes_sites_fail_together():
    """The spread over runs of how many collapse is wider when prices and tariffs are the same for all."""
    chance = made_sites.traded(base(EVICTION=0), 100, part=0.2)
    chance.parameters[f.COMMON], chance.parameters[f.OWN] = 0, 1
    shared = replace(chance, parameters=chance.parameters.copy())
    shared.parameters[f.COMMON], shared.parameters[f.OWN], shared.parameters[f.COMMON_JUMPS] = 1, 0, 1

    def spread(net):
        return simulate_network(net, runs=64, months=36, seed=1).counts[-1, f.COLLAPSED].std()

    assert spread(shared) > 2 * spread(chance)


def test_failures_run_to_suppliers_and_not_to_customers():
    """One in four sites fails for certain. Those who sold to them collapse more often, those who bought do not.

    Source of the direction: RQFA 2024, as in docs/stress.md.
    """
    net = made_sites.traded(base(EVICTION=0), 200, part=1.0, partners=2)
    hit = np.zeros(200, dtype=bool)
    hit[::4] = True
    struck = net.parameters.copy()
    struck[f.EVICTION_COMES, hit], struck[f.SUCCESS_1 : f.SUCCESS_4 + 1, hit], struck[f.RETURN, hit] = 1, 1, 0
    before = simulate_network(net, runs=64, months=36, seed=1).outcome == f.COLLAPSED
    after = simulate_network(replace(net, parameters=struck), runs=64, months=36, seed=1).outcome == f.COLLAPSED
    more = (after.astype(float) - before).mean(axis=1)
    table = net.trade.matrix().toarray()
    lost_customers = (table * net.parameters[f.MATERIALS] * net.scale)[:, hit].sum(1) / np.maximum(
        (table * net.parameters[f.MATERIALS] * net.scale).sum(1), 1e-9
    )
    lost_suppliers = table[hit].sum(0)
    suppliers = ~hit & (lost_customers > 0.5)
    only_buyers = ~hit & (lost_suppliers > 0.5) & (lost_customers < 0.05)
    untouched = ~hit & (lost_customers < 0.05)
    assert suppliers.sum() >= 10 and only_buyers.sum() >= 5
    assert more[suppliers].mean() > more[untouched].mean() + 0.02
    assert abs(more[only_buyers].mean()) < 0.03


def test_a_single_failure_at_ordinary_exposure_stays_small():
    """Large cascades from one failure are wrong until shown otherwise: fewer than one site in a hundred follows."""
    net = made_sites.traded(base(EVICTION=0), 200, part=0.3)
    struck = net.parameters.copy()
    struck[f.EVICTION_COMES, 7], struck[f.SUCCESS_1 : f.SUCCESS_4 + 1, 7], struck[f.RETURN, 7] = 1, 1, 0
    before = simulate_network(net, runs=64, months=36, seed=1).outcome == f.COLLAPSED
    after = simulate_network(replace(net, parameters=struck), runs=64, months=36, seed=1).outcome == f.COLLAPSED
    others = np.arange(200) != 7
    assert after[7].all()
    assert (after[others].mean() - before[others].mean()) < 0.01
