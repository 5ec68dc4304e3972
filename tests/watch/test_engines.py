"""Two engines, one month: what the fast one says is what the readable one says."""

import subprocess
import sys

import numpy as np
import pytest

from solidaria.core.watch import engine, fast_numpy, month, rules, tables
from solidaria.core.watch import fields as f
from solidaria.core.watch.parameters import parameters
from tests.watch.made import EXAMPLES, WORKED, made_books, numbers, worked

TABLES = ("outcome", "cash", "pay", "people", "sums")


def readable(p, *, seed, run, months):
    """One run by the readable month: outcomes, cash, pay and people of each month."""
    p = p.tolist()
    site = month.begin(p)
    rows = []
    for now in range(months):
        flows = month.month(site, p, month.luck_of(seed, run, 0, now), now)
        pay = 0.0 if site.outcome == f.COLLAPSED else flows.pay_share
        rows.append((site.outcome, site.cash, pay, site.members + site.hired))
    return np.array(rows), (site.above_market, site.from_fund, site.deferrals, site.attempts)


def test_outcomes_of_the_two_engines_differ_in_at_most_a_ten_thousandth():
    """A hundred made-up sites, 36 months, some under shocks; cash, pay and people agree too."""
    cells = differing = 0
    seen = set()
    for seed in range(100):
        p = numbers(seed)
        fast = engine.simulate([p], runs=4, months=36, seed=9)[0]
        for run in range(4):
            rows, sums = readable(p, seed=9, run=run, months=36)
            same = rows[:, 0] == fast.outcome[:, run]
            differing += int((~same).sum())
            cells += len(same)
            seen |= set(rows[:, 0].astype(int).tolist())
            if same.all():
                for column, table in ((1, fast.cash), (2, fast.pay), (3, fast.people)):
                    np.testing.assert_allclose(table[:, run], rows[:, column], rtol=1e-5, atol=1e-5)
                np.testing.assert_allclose(fast.sums[:, run], sums, rtol=1e-9, atol=1e-9)
    assert seen == set(range(5)), "made-up books must reach every outcome"
    assert differing <= cells / 10_000


@pytest.mark.skipif(engine.fast_numba is None, reason="Numba is not there: only the NumPy engine is used")
@pytest.mark.parametrize("seed", range(6))
def test_numba_and_numpy_agree_to_the_bit(seed):
    p = numbers(seed)
    one = engine.simulate([p], runs=700, months=30, seed=3)[0]
    other = engine.simulate([p], runs=700, months=30, seed=3, compiled=False)[0]
    for name in TABLES:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize("compiled", [True, False])
def test_threads_and_chunks_change_not_a_bit(compiled):
    sets = [numbers(seed) for seed in (1, 2)]
    plain = engine.simulate(sets, runs=500, months=12, seed=3, compiled=compiled)
    for threads, chunk in ((2, 64), (3, 100), (1, 1)):
        runs = 500 if chunk > 1 else 20
        other = engine.simulate(
            sets, runs=runs, months=12, seed=3, threads=threads, chunk=chunk, compiled=compiled
        )
        for a, b in zip(plain, other, strict=True):
            for name in TABLES:
                assert np.array_equal(getattr(a, name)[:, :runs], getattr(b, name)), (name, threads, chunk)


def test_a_run_is_the_same_however_many_there_are():
    """More runs only add to those that were there: doubling them keeps the first half."""
    p = numbers(4)
    few = engine.simulate([p], runs=100, months=12, seed=8)[0]
    later = engine.simulate([p], runs=40, first_run=60, months=12, seed=8)[0]
    assert np.array_equal(few.outcome[:, 60:], later.outcome)
    assert np.array_equal(few.cash[:, 60:], later.cash)


@pytest.mark.parametrize("march", ["numpy", "numba"])
def test_a_lane_with_parameters_of_its_own_is_the_same_as_alone(march):
    """In a network each lane has its own site: 300 lanes of three sites, as three simulations."""
    if march == "numba" and engine.fast_numba is None:
        pytest.skip("Numba is not there: only the NumPy engine is used")
    sets = [numbers(seed) for seed in (1, 5, 8)]
    which = np.arange(300) % 3
    own = np.ascontiguousarray(np.stack([sets[place] for place in which], axis=1))
    runs, sites = np.arange(300, dtype=np.uint64), np.zeros(300, np.uint64)
    out = tables.empty(20, 300)
    module = fast_numpy if march == "numpy" else engine.fast_numba
    module.march(own, runs, sites, 6, out, 0, 300)
    for place, p in enumerate(sets):
        alone = engine.simulate([p], runs=300, months=20, seed=6)[0]
        lanes = which == place
        for name in TABLES:
            assert np.array_equal(getattr(alone, name)[:, lanes], getattr(out, name)[:, lanes]), name


@pytest.mark.parametrize("name", WORKED)
def test_the_worked_books_give_the_same_in_both_engines(name):
    p = parameters(worked(name))
    fast = engine.simulate([p], runs=10, months=60, seed=1)[0]
    for run in range(10):
        rows, _ = readable(p, seed=1, run=run, months=60)
        assert np.array_equal(rows[:, 0], fast.outcome[:, run])


@pytest.mark.skipif(engine.fast_numba is None, reason="Numba is not there: nothing is kept on disk")
def test_what_is_kept_on_disk_is_of_these_rules(monkeypatch):
    """A changed constant, place of a figure or rule gives another version, and the same ones always the same."""
    version = engine.fast_numba._version()
    assert engine.fast_numba._version() == version
    for module, name, value in ((rules, "TINY", 1e-9), (f, "S_CASH", 99), (rules, "record", rules.begin)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, value)
            assert engine.fast_numba._version() != version


@pytest.mark.skipif(engine.fast_numba is None, reason="Numba is not there: nothing is kept on disk")
def test_where_nothing_may_be_written_loops_are_compiled_each_time(monkeypatch):
    """A read-only machine is no reason to stop."""
    real = engine.fast_numba.njit

    def nowhere(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(engine.fast_numba, "njit", nowhere)
    made = engine.fast_numba._kept(lambda version: lambda number: number + 1)
    assert made(2) == 3


def test_numbers_beyond_the_keys_are_refused():
    p = parameters(made_books(1))
    for wrong in ({"months": 2_000}, {"first_run": 2**32}, {"site": 2**19}, {"seed": -1}):
        with pytest.raises(ValueError, match=r"too many|seed"):
            engine.simulate([p], **{"runs": 1, "months": 1, "seed": 1, **wrong})


WITHOUT_NUMBA = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numba", "llvmlite"):
            raise ImportError("not here: " + name)

sys.meta_path.insert(0, Block())
from solidaria.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_without_numba_the_command_gives_the_same_answer(tmp_path):
    """Where the compiler of loops is not there: more slowly, and the same to the byte."""
    words = [
        "stress",
        str(EXAMPLES / WORKED[1]),
        "--months",
        "6",
        "--runs",
        "40",
        "--threads",
        "1",
        "--lang",
        "en",
    ]
    answers = []
    for name, program in (("with", ["-m", "solidaria.cli.main"]), ("without", ["-c", WITHOUT_NUMBA])):
        out = tmp_path / f"{name}.json"
        ended = subprocess.run(
            [sys.executable, *program, *words, "--out", str(out)], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        answers.append(out.read_bytes())
    assert answers[0] == answers[1]
