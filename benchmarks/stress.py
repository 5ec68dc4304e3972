"""How fast the stress test is: site-months and clearings per second of one core, beside Mesa and SciPy.

    python3 do.py bench stress                      all of it, about two minutes
    python3 do.py bench stress --parts engines      engines | levers | network | clearing

engines    the same month for the same sites with the same luck: Mesa 3 agents, the readable month, NumPy, Numba. The
           command fails when the outcomes of Mesa and of the fast engine differ in more than one in ten thousand.
levers     one site × 60 months × 16,384 runs × 8 sets of levers, the clock on the wall, two threads
network    1,000 sites × 60 months × 1,000 runs without trade; 10,000 sites that trade × 60 months × 32 runs
clearing   payments between 1,000, 10,000 and 50,000 sites, eight suppliers each, most of them short of money

Times are CPU seconds of one thread (levers: seconds on the wall), the best of `--repeat` tries. Mesa's agents have their
parameters as attributes and are handed their luck ready made, which costs them nothing; the fast engines draw their own.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import mesa
import numpy as np
from sites import spread, traded

from solidaria.core.watch import clearing, engine, fast_numpy, month, rules, tables
from solidaria.core.watch import fields as f
from solidaria.core.watch.books import Change
from solidaria.core.watch.network import simulate_network
from solidaria.core.watch.parameters import parameters
from solidaria.records.books import load_books

PARTS = ("engines", "levers", "network", "clearing")
BOOKS = Path(__file__).resolve().parent.parent / "solidaria" / "examples" / "books-zanon-2003"
SAME = 1e-4  # outcomes of two engines may differ in this part of the cells


def agent_month() -> Callable[[object, Sequence[float], int], None]:
    """The readable month as a method of an agent: parameters and state are attributes, draws are ready numbers."""
    source = inspect.getsource(month.month)
    source = re.sub(r"(uniform|normal)\(luck\[f\.(\w+)\]\)", lambda found: f"luck[{getattr(f, found[2])}]", source)
    source = re.sub(r"p\[f\.DUE_IN \+ now\]", "a.DUE_IN[now]", source)
    source = re.sub(r"p\[f\.DUE_OUT \+ now\]", "a.DUE_OUT[now]", source)
    source = re.sub(r"p\[f\.(\w+)\]", r"a.\1", source)
    source = re.sub(r"\bf\.(\w+)", lambda found: str(getattr(f, found[1])), source)
    source = source.replace("flows = Flows()", "").replace("return flows", "return").replace("flows.", "flows_")
    source = source.replace("site.", "a.").replace("TINY", "1e-12")
    source = re.sub(r"def month\(.*\) -> Flows:", "def agent_step(a, luck, now):", source)
    space: dict[str, object] = {}
    exec(source, space)
    made = space["agent_step"]
    assert callable(made)
    return made


class Site(mesa.Agent):
    """One site of Mesa's model."""

    def __init__(self, model: mesa.Model, p: Sequence[float], luck: Sequence[Sequence[float]]) -> None:
        super().__init__(model)
        for name, place in PARAMETER_NAMES.items():
            setattr(self, name, p[place])
        self.DUE_IN = p[f.DUE_IN : f.DUE_IN + f.DUE_MONTHS]
        self.DUE_OUT = p[f.DUE_OUT : f.DUE_OUT + f.DUE_MONTHS]
        for name, value in vars(month.begin(p)).items():
            setattr(self, name, value)
        self.luck = luck

    def step(self) -> None:
        """One month."""
        AGENT_MONTH(self, self.luck[self.model.now], self.model.now)


class Sites(mesa.Model):
    """Mesa's model: every site takes its step."""

    def __init__(self, sets: Sequence[Sequence[float]], luck: Sequence[Sequence[Sequence[float]]]) -> None:
        super().__init__(seed=1)
        self.now = 0
        for p, own in zip(sets, luck, strict=True):
            Site(self, p, own)

    def step(self) -> None:
        """All sites, one month."""
        self.agents.do("step")
        self.now += 1


PARAMETER_NAMES = {
    name: place
    for name, place in vars(f).items()
    if isinstance(place, int) and not name.startswith(("S_", "M_", "D_", "DUE")) and name in vars(f)
}
PARAMETER_NAMES = {
    name: place
    for name, place in PARAMETER_NAMES.items()
    if place < f.PARAMETERS and name not in ("STATE", "DRAWS")
}
AGENT_MONTH = agent_month()


def best(job: Callable[[], object], repeat: int, clock: Callable[[], float] = time.process_time) -> float:
    """The least time of so many tries."""
    times = []
    for _ in range(repeat):
        start = clock()
        job()
        times.append(clock() - start)
    return min(times)


def luck_of(seed: int, runs: np.ndarray, sites: np.ndarray, months: int) -> np.ndarray:
    """Lanes × months × draws, as the engines draw them."""
    luck = np.empty((months, f.DRAWS, len(runs)))
    for now in range(months):
        rules.draw(luck[now], runs, sites, np.uint64(seed), np.uint64(now), len(runs))
    return luck.transpose(2, 0, 1)


def engines(repeat: int) -> None:
    """The same sites in Mesa, in the readable month, with NumPy and with Numba."""
    months, few, many = 60, 150, 8_192
    base = parameters(load_books(BOOKS))
    p, _ = spread(base, many)
    runs, sites = np.zeros(many, np.uint64), np.arange(many, dtype=np.uint64)
    own, lists = luck_of(1, runs[:few], sites[:few], months), [list(map(float, row)) for row in p.T[:few]]
    luck = own.tolist()

    models: list[Sites] = []

    def by_mesa() -> None:
        model = Sites(lists, luck)
        for _ in range(months):
            model.step()
        models.append(model)

    def readable() -> None:
        for place in range(20):
            site = month.begin(lists[place])
            for now in range(months):
                month.month(site, lists[place], month.luck_of(1, 0, place, now), now)

    rate = {
        "Mesa, agents.do": few * months / best(by_mesa, repeat),
        "the readable month, drawing its own luck": 20 * months / best(readable, repeat),
    }
    outs = {}
    choices = {"NumPy": fast_numpy.march}
    if engine.fast_numba is not None:
        choices["Numba"] = engine.fast_numba.march
    for name, march in choices.items():
        for kind, numbers in (("each site its own figures", p), ("one site, many runs", base)):
            out = tables.empty(months, many)
            march(numbers, runs, sites, 1, out, 0, rules.BLOCK)

            def job(march=march, numbers=numbers, out=out) -> None:
                march(numbers, runs, sites, 1, out, 0, many)

            rate[f"{name}, {kind}"] = many * months / best(job, repeat)
            outs[name, kind] = out
    mesa_outcomes = np.array([agent.outcome for agent in models[-1].agents])
    for (name, kind), out in outs.items():
        if kind == "each site its own figures":
            differing = (out.outcome[-1, :few] != mesa_outcomes).mean()
            if differing > SAME:
                sys.exit(f"{name} and Mesa differ in {differing:.2%} of the outcomes")
    for name, value in rate.items():
        print(f"{name:<45} {value / 1e6:9.4f} M site-months/CPU-s   {value / rate['Mesa, agents.do']:8.1f} × Mesa")


def levers(repeat: int) -> None:
    """One site, 16,384 runs, eight sets of levers, two threads."""
    books = load_books(BOOKS)
    sets = [parameters(books)]
    sets += [parameters(books.changed(lever.changes), books) for lever in books.levers]
    sets = (sets + [parameters(books.changed((Change("premium", "set", books.number("defer")),)), books)])[:8]

    def job() -> None:
        engine.simulate(sets, runs=16_384, months=60, seed=1, threads=2)

    job()
    wall, cpu = best(job, repeat, time.perf_counter), best(job, 1)
    print(
        f"1 site × 60 months × 16,384 runs × {len(sets)} levers: {wall:.2f} s on the wall with 2 threads, {cpu:.2f} CPU-s"
    )


def network(repeat: int) -> None:
    """Many sites."""
    base = parameters(load_books(BOOKS))
    p, _ = spread(base, 1_000)
    runs, sites = np.zeros(1_000, np.uint64), np.arange(1_000, dtype=np.uint64)
    out = tables.empty(60, 1_000)
    march = fast_numpy.march if engine.fast_numba is None else engine.fast_numba.march
    march(p, runs, sites, 1, out, 0, 1_000)

    def thousand() -> None:
        for run in range(1_000):
            march(p, runs + np.uint64(run), sites, 1, out, 0, 1_000)

    print(f"1,000 sites × 60 months × 1,000 runs: {best(thousand, 1):.2f} CPU-s")
    large = traded(base, 10_000, fund=500_000.0)
    simulate_network(traded(base, 100, fund=1.0), runs=16, months=2, seed=1)

    def trading() -> None:
        simulate_network(large, runs=32, months=60, seed=1)

    spent = best(trading, 1)
    print(
        f"10,000 sites that trade × 60 months × 32 runs: {spent:.1f} CPU-s, "
        f"{10_000 * 60 * 32 / spent / 1e6:.1f} M site-months/CPU-s; 200 runs would take {spent * 200 / 32:.0f}"
    )


def clear(repeat: int) -> None:
    """Clearing: Numba side by side, SciPy one run after the other and side by side."""
    side = rules.RUNS
    for sites in (1_000, 10_000, 50_000):
        chance = np.random.default_rng(1)
        debtor = np.repeat(np.arange(sites), 8)
        creditor = (debtor + chance.integers(1, sites, len(debtor))) % sites
        share = chance.random(len(debtor))
        share /= np.bincount(debtor, share)[debtor]
        debts = clearing.debts_of(creditor, debtor, share, sites)
        owed = chance.random((sites, side)) * 2
        funds = chance.random((sites, side)) * 0.33 * owed
        columns = [
            (np.ascontiguousarray(owed[:, [run]]), np.ascontiguousarray(funds[:, [run]])) for run in range(side)
        ]
        paid = clearing.clear(debts, owed, funds)
        rate = {
            "SciPy CSR, one run after the other": best(
                lambda debts=debts, columns=columns: [clearing.clear(debts, *column) for column in columns], repeat
            ),
            f"SciPy CSR, {side} runs side by side": best(
                lambda debts=debts, owed=owed, funds=funds: clearing.clear(debts, owed, funds), repeat
            ),
        }
        if engine.fast_numba is not None:
            fast = engine.fast_numba.clear(debts, owed, funds)
            if np.abs(fast - paid).max() > 1e-6:
                sys.exit("the clearing vectors differ")
            rate[f"Numba, Gauss-Seidel, {side} runs side by side"] = best(
                lambda debts=debts, owed=owed, funds=funds: engine.fast_numba.clear(debts, owed, funds), repeat
            )
        print(f"{sites} sites, {(paid < owed - 1e-9).mean():.0%} pay short")
        first = next(iter(rate.values()))
        for name, seconds in rate.items():
            print(
                f"  {name:<42} {sites * side / seconds / 1e6:7.1f} M site-clearings/CPU-s   {first / seconds:5.1f} ×"
            )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    print(f"Mesa {mesa.__version__}, NumPy {np.__version__}, Numba {'yes' if engine.fast_numba else 'no'}")
    for part in arguments.parts:
        print(f"\n{part}")
        {"engines": engines, "levers": levers, "network": network, "clearing": clear}[part](arguments.repeat)


if __name__ == "__main__":
    main()
