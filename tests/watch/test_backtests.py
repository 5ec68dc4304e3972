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


def test_losing_half_of_ones_customers_makes_failure_likelier_but_too_little():
    """In a million Japanese firms it triples (Arata 2018); here, a third of the orders from sites, 1.1 to 1.6 times.

    Half of the customers of thirty sites are made to fail, all else and all luck the same.
    """
    base = parameters(worked("books-zanon-2003")).copy()
    base[f.EVICTION] = 0
    net = made_sites.traded(base, 300, part=1.0, partners=4)
    bought = net.trade.matrix().toarray() * (net.parameters[f.MATERIALS] * net.scale)
    bought /= np.maximum(bought.sum(axis=1, keepdims=True), 1e-9)
    watched = np.random.default_rng(0).permutation(300)[:30]
    hit = np.zeros(300, dtype=bool)
    for site in watched:
        for customer in np.argsort(-bought[site]):
            if bought[site] @ hit < 0.5 and customer not in watched:
                hit[customer] = True
    struck = net.parameters.copy()
    struck[f.EVICTION_COMES, hit], struck[f.SUCCESS_1 : f.SUCCESS_4 + 1, hit], struck[f.RETURN, hit] = 1, 1, 0
    before = simulate_network(net, runs=64, months=36, seed=1).outcome == f.COLLAPSED
    after = simulate_network(replace(net, parameters=struck), runs=64, months=36, seed=1).outcome == f.COLLAPSED
    assert (bought[watched] @ hit).min() >= 0.5
    assert 1.1 <= after[watched].mean() / before[watched].mean() <= 1.6
