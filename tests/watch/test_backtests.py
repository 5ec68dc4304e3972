"""Held against published figures, with the limits of that said. docs/stress.md tells the same in its table.

Nothing here proves the model right: its assumptions about the world are judgements. The tests hold what the docs say.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from solidaria.core.watch import engine, fast_numpy, tables
from solidaria.core.watch import fields as f
from solidaria.core.watch.network import simulate_network
from solidaria.core.watch.outcomes import pay_before_end
from solidaria.core.watch.parameters import parameters
from solidaria.core.watch.together import NEW_CUSTOMERS
from tests.watch.made import worked

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import sites as made_sites

#: Recovered firms in Argentina by survey: year, firms (Programa Facultad Abierta; grades A and B). Between the end of
#: 2015 or May 2016 and October 2018: 37 entered, the net change was 17, so 20 of 367 left.
ERT = {2004: 161, 2010: 205, 2013: 311, 2016: 367, 2018: 384, 2025: 398}
#: Exits a year among those that were counted: a floor, since who failed before a survey was never seen.
FLOOR = (0.017, 0.023)


def simulated(p, months=60):
    """Each site of a made-up population once."""
    count = p.shape[1]
    out = tables.empty(months, count)
    march = fast_numpy.march if engine.fast_numba is None else engine.fast_numba.march
    march(np.ascontiguousarray(p), np.zeros(count, np.uint64), np.arange(count, dtype=np.uint64), 1, out, 0, count)
    return out


def population(name="books-zanon-2003", better=1.0, count=2_000, **rows):
    base = parameters(worked(name)).copy()
    base[f.PRICE_MARKET : f.PRICE_SITES + 1] *= better
    for row, value in rows.items():
        base[getattr(f, row)] = value
    return made_sites.spread(base, count)[0]


def hazard(out):
    """Collapses a year for each year that a site lived."""
    ended = out.outcome == f.COLLAPSED
    return 12 * ended[-1].sum() / (~ended).sum()


def test_the_floor_of_exits_follows_from_the_series():
    """20 of 367 in 2.4 to 2.9 years are 1.9 to 2.3 % a year."""
    left = ERT[2016] + 37 - ERT[2018]
    assert left == 20
    rates = [1 - (1 - left / ERT[2016]) ** (1 / years) for years in (2.9, 2.4)]
    assert rates == [pytest.approx(0.019, abs=1e-3), pytest.approx(0.023, abs=1e-3)]


@pytest.mark.parametrize("better", [1.0, 1.15])
def test_made_up_sites_leave_faster_than_the_floor_and_never_slower(better):
    """Survivor bias is allowed for: the first year, before any survey, is left out. The series gives a floor only."""
    alive = 1 - (simulated(population(better=better)).outcome == f.COLLAPSED).mean(axis=1)
    yearly = 1 - (alive[59] / alive[11]) ** (1 / 4)
    assert FLOOR[0] <= yearly <= 0.3


def test_waiting_for_pay_lowers_the_hazard_and_pay_on_time():
    """Both signs of Burdín (hazard of worker-managed firms 0.71 of others') and Pencavel (pay 14 % lower).

    Only the signs: no firm here has an owner who closes it, so it is the same site with and without waiting for pay. The
    size is far from 0.62 to 0.76, and docs/stress.md says so.
    """
    for name, low, high in (("books-zanon-2003", 0.1, 0.45), ("books-union-tshirts", 0.0, 0.2)):
        waits, never = (simulated(population(name, EVICTION=0, DEFER=defer)) for defer in (0.3, 0.0))
        assert low <= hazard(waits) / hazard(never) <= high
        both = (waits.outcome[-1] > f.COLLAPSED) & (never.outcome[-1] > f.COLLAPSED)
        assert pay_before_end(waits)[both].mean() < pay_before_end(never)[both].mean()


def test_losing_half_of_ones_customers_makes_failure_about_three_times_as_likely():
    """As in a million Japanese firms (Arata 2018), whose customers are firms, too; NEW_CUSTOMERS was fitted to it.

    Sites whose orders just fill a normal month, six in ten from other sites. Half of what some of them sell to sites
    goes to sites that are made to fail; all else and all luck the same. Where nobody takes the lost orders over,
    failures run on further.
    """
    for better in (1.0, 1.1):
        assert 2 <= likelier(better, float(NEW_CUSTOMERS)) <= 4.5
    assert likelier(1.1, 0.0) > 6


def likelier(better, new_customers, sites=300):
    """How many times as likely a collapse within 36 months becomes."""
    base = parameters(worked("books-zanon-2003")).copy()
    base[f.EVICTION] = 0
    base[f.PRICE_MARKET : f.PRICE_SITES + 1] *= better
    net = made_sites.traded(base, sites, part=1.0, partners=4)
    p = net.parameters.copy()
    from_sites, others = p[f.ORDERS_SITES], [f.ORDERS_MARKET, f.ORDERS_STATE, f.ORDERS_STANDING, f.ORDERS_AD_HOC]
    p[others] *= np.clip((1 - from_sites) / p[others].sum(axis=0), 0, 1)
    bought = net.trade.matrix().toarray() * (p[f.MATERIALS] * net.scale)
    bought /= np.maximum(bought.sum(axis=1, keepdims=True), 1e-9)
    watched, hit = [], np.zeros(sites, dtype=bool)
    for site in np.random.default_rng(0).permutation(sites):
        struck = hit.copy()
        for customer in np.argsort(-bought[site]):
            if bought[site] @ struck < 0.5 and customer not in watched:
                struck[customer] = True
        halved = all(0.45 <= bought[one] @ struck <= 0.6 for one in [*watched, site])
        if 0.25 <= from_sites[site] <= 1 and not hit[site] and halved:
            watched, hit = [*watched, site], struck
    assert len(watched) > 10 and hit.sum() < sites / 10
    net = replace(net, parameters=p, new_customers=new_customers)
    before = simulate_network(net, runs=64, months=36, seed=1).outcome == f.COLLAPSED
    p = p.copy()
    p[f.EVICTION_COMES, hit], p[f.SUCCESS_1 : f.SUCCESS_4 + 1, hit], p[f.RETURN, hit] = 1, 1, 0
    after = simulate_network(replace(net, parameters=p), runs=64, months=36, seed=1).outcome == f.COLLAPSED
    return after[watched].mean() / before[watched].mean()
