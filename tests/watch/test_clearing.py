"""Clearing of payments between sites: known answers, another method, both engines."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from solidaria.core.watch import engine
from solidaria.core.watch.clearing import clear, debts_of

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))


def debts(matrix, outside):
    """Debts from who owes whom how much (debtor × creditor) and what each owes outside; and what each owes in all."""
    matrix, owed = np.asarray(matrix, dtype=float), np.asarray(matrix, dtype=float).sum(1) + outside
    debtor, creditor = np.nonzero(matrix)
    return debts_of(creditor, debtor, matrix[debtor, creditor] / owed[debtor], len(owed)), owed


def test_the_documented_example_of_systemicrisk():
    """R package systemicrisk, default_clearing: external assets 1/2, 5/8, 3/4, liabilities 3/2, 1/2, 1/2, x = 0.5.

    By hand: the third pays all of 1.5; p1 = 1/2 + p2/3 + 1/2 and p2 = 5/8 + p1/5 + 1/2, so p1 = 1.4732, p2 = 1.4196.
    """
    half = np.full((3, 3), 0.5) - np.eye(3) / 2
    table, owed = debts(half, np.array([1.5, 0.5, 0.5]))
    paid = clear(table, owed[:, None], np.array([[0.5], [0.625], [0.75]]))[:, 0]
    assert paid == pytest.approx([33 / 22.4, 1.125 + 0.2 * 33 / 22.4, 1.5], abs=1e-8)
    assert list(paid < owed - 1e-9) == [True, True, False]


def test_a_chain_passes_a_shortfall_on():
    """A owes B 10 and has 4; B owes C 8 and has 1; C is paid 5 of 8."""
    table, owed = debts([[0, 10, 0], [0, 0, 8], [0, 0, 0]], np.zeros(3) + np.array([0, 0, 1e-12]))
    paid = clear(table, owed[:, None], np.array([[4.0], [1.0], [0.0]]))[:, 0]
    assert paid[:2] == pytest.approx([4, 5])


def test_who_can_pay_all_pays_all():
    """Three in a ring who have nothing and owe each other the same: the greatest vector pays everything."""
    table, owed = debts([[0, 5, 0], [0, 0, 5], [5, 0, 0]], np.zeros(3))
    assert clear(table, owed[:, None], np.zeros((3, 1)))[:, 0] == pytest.approx([5, 5, 5])


def random_debts(sites, seed, runs=1):
    chance = np.random.default_rng(seed)
    debtor = np.repeat(np.arange(sites), 4)
    creditor = (debtor + chance.integers(1, sites, len(debtor))) % sites
    share = chance.random(len(debtor))
    share /= np.bincount(debtor, share)[debtor] * chance.choice([1, 1.3], sites)[debtor]
    owed = chance.random((sites, runs)) * 3
    return debts_of(creditor, debtor, share, sites), owed, owed * chance.random((sites, runs)) * 0.5


@pytest.mark.parametrize("seed", range(10))
def test_a_linear_programme_finds_the_same_payments(seed):
    """Eisenberg and Noe: the greatest clearing vector has the largest sum of payments within the limits."""
    table, owed, funds = random_debts(25, seed)
    paid = clear(table, owed, funds)[:, 0]
    limits = np.eye(25) - table.matrix().toarray()
    best = linprog(-np.ones(25), limits, funds[:, 0], bounds=[(0, most) for most in owed[:, 0]])
    assert paid == pytest.approx(best.x, abs=1e-7)


@pytest.mark.skipif(engine.fast_numba is None, reason="Numba is not there: only the sparse matrix is used")
@pytest.mark.parametrize("seed", range(5))
def test_both_ways_of_clearing_agree(seed):
    """To what the tolerance allows, also with sixteen runs side by side; each pays what it owes or all it has."""
    table, owed, funds = random_debts(300, seed, runs=16)
    one, other = clear(table, owed, funds), engine.fast_numba.clear(table, owed, funds)
    assert np.abs(one - other).max() < 1e-7
    has = funds + table.matrix() @ other
    assert np.abs(other - np.minimum(owed, has)).max() < 1e-7


@pytest.mark.parametrize(
    ("creditor", "debtor", "share"), [([1], [0], [-0.1]), ([0], [0], [0.5]), ([1, 2], [0, 0], [0.6, 0.6])]
)
def test_debts_that_cannot_be_are_refused(creditor, debtor, share):
    with pytest.raises(ValueError, match="share"):
        debts_of(np.array(creditor), np.array(debtor), np.array(share), 3)
