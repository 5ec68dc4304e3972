"""How long building, solving and a whole plan take, on the same seeded networks: one command, one table for each.

    python3 do.py bench                              all sizes; the largest takes a long time
    python3 do.py bench --sizes 1000 10000           only these numbers of variables
    python3 do.py bench --parts building             building | solving | plan

building   from the tables to a solver that is ready to run: ours, the peers', and ready arrays handed over
solving    the same round of fairness solved by the same HiGHS; every optimum must be the same
plan       a whole plan (all tiers, jobs, outside, labour, explanations) against one interior-point solve

"Ready arrays" are handed over the way the solver's own guide shows (a HighsLp object); "one call" is the quickest
way there is, passModel with all arrays as arguments. "Our arrays" are those of our model, the others the peers'.

Every figure is measured in a process of its own; a figure is the best of `--repeat` tries. Memory is what the
process grew by while building (and solving), beyond the tables themselves.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import highspy
import numpy as np
import peers
from fair_round import Arrays, arrays, pass_arrays, pass_model, tables
from networks import make_network

from solidaria.core.network import Network
from solidaria.core.plan import plan
from solidaria.core.plan.model import Model, build
from solidaria.core.plan.solve import Bounds, Solver
from solidaria.core.problem import Sentence

SIZES = (1_000, 10_000, 100_000)
PARTS = ("building", "solving", "plan")
READY, ONE_CALL, OURS_READY = "ready arrays", "ready arrays, one call", "our arrays, ready"
OURS, BY_HAND = "Solidaria", "arrays by hand"
BUILDERS = (READY, OURS_READY, ONE_CALL, BY_HAND, OURS, *peers.PEERS)
HIGHS = highspy._core._Highs  # the solver's own class: whoever runs HiGHS runs it through this one
EXPLAINING = "Asking why"  # how the planner says that it begins to explain
SAME = 1e-6  # optima of the same round must agree to this


@dataclass
class Measured:
    """One measurement: seconds, megabytes (10^6 bytes), and the share that was reached; None when not measured."""

    name: str
    size: int
    build: float | None = None
    solve: float | None = None
    cpu: float | None = None
    memory: float | None = None
    optimum: float | None = None
    note: str = ""


class Stopped(Exception):
    """The solver was about to run, and only building is measured."""


class Watch:
    """Notes when HiGHS begins to run, whoever calls it, and how long it runs."""

    def __init__(self, solving: bool) -> None:
        self.begins: float | None = None
        self.lasts = 0.0
        watch, run = self, HIGHS.run

        def watched(solver: Any) -> Any:
            if watch.begins is None:
                watch.begins = time.perf_counter()
            if not solving:
                raise Stopped
            begins = time.perf_counter()
            answer = run(solver)
            watch.lasts += time.perf_counter() - begins
            return answer

        self._original = run
        HIGHS.run = watched

    def done(self) -> None:
        """Leave HiGHS as it was."""
        HIGHS.run = self._original


def first_round(model: Model) -> Bounds:
    """Our model with the round of `fair_round.py`: raise the least share of promises and tier 1."""
    bounds = Bounds.of(model)
    chosen = [position for position, group in enumerate(model.classes) if group.tier <= 1]
    bounds.row_lower[model.row_level + np.array(chosen)] = 0.0
    bounds.cost[model.level] = -1.0
    return bounds


def model_arrays(model: Model) -> Arrays:
    """Our model's arrays as they would be handed over ready made."""
    wanted = first_round(model)
    return Arrays(
        wanted.cost,
        wanted.lower,
        wanted.upper,
        wanted.row_lower,
        wanted.row_upper,
        model.starts.astype(np.int32),
        model.indices.astype(np.int32),
        model.values,
    )


def run_arrays(ready: Arrays, hand_over: Callable[[Arrays], Any] = pass_arrays, **options: Any) -> float:
    """Hand ready arrays over and solve."""
    solver = hand_over(ready)
    for option, value in {**peers.OPTIONS, **options}.items():
        solver.setOptionValue(option, value)
    solver.run()
    return -float(solver.getInfo().objective_function_value)


def run_ours(network: Network) -> float:
    """Build our model, hand it over, set the round, solve: as the planner does."""
    model = build(network)
    return -Solver(model).minimise(first_round(model)).value


def builder(name: str, network: Network) -> Callable[[], float]:
    """What is timed for a builder; everything it may have beforehand is made here."""
    if name == OURS:
        return lambda: run_ours(network)
    if name == OURS_READY:
        ours = model_arrays(build(network))
        return lambda: run_arrays(ours, pass_model)
    data = tables(network)
    if name in (READY, ONE_CALL):
        ready, way = arrays(data), pass_model if name == READY else pass_arrays
        return lambda: run_arrays(ready, way)
    if name == BY_HAND:
        return lambda: peers.with_arrays(data)
    return lambda: peers.PEERS[name](data)


def measure(name: str, size: int, repeat: int, solving: bool) -> Measured:
    """Measure one builder on one network, in this process."""
    warnings.simplefilter("ignore")
    network = make_network(size)
    found = Measured(name, size)
    work = builder(name, network)
    gc.collect()
    gc.freeze()  # what was there before is not searched for garbage while somebody's building is timed
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(repeat):
        watch = Watch(solving)
        starts, cpu = time.perf_counter(), time.process_time()
        try:
            found.optimum = work()
        except Stopped:
            pass
        finally:
            watch.done()
        if watch.begins is None:
            raise RuntimeError(f"{name} never ran the solver")
        build_time = watch.begins - starts
        found.build = build_time if found.build is None else min(found.build, build_time)
        if solving:
            found.solve = watch.lasts if found.solve is None else min(found.solve, watch.lasts)
        spent = time.process_time() - cpu
        found.cpu = spent if found.cpu is None else min(found.cpu, spent)
    found.memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 1e6
    return found


def elsewhere(*words: str, minutes: float) -> Measured | str:
    """Measure in a process of its own; or say that it took longer than the minutes, or failed."""
    command = [sys.executable, __file__, "--one", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=minutes * 60, check=False
        )
    except subprocess.TimeoutExpired:
        return f"over {minutes:g} min"
    for line in reversed(ended.stdout.splitlines()):
        if line.startswith("{"):
            return Measured(**json.loads(line))
    sys.stderr.write(ended.stderr[-2000:])
    return "failed"


def table(head: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table, columns aligned."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in (head, ["-" * width for width in widths], *rows):
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("| " + " | ".join(cells) + " |")
    print(flush=True)


def show(value: float | None, digits: int = 3) -> str:
    """A figure with so many significant digits; a dash when there is none."""
    if value is None:
        return "–"
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:.0f}"


def progress(text: str) -> None:
    """Say on standard error what is being measured."""
    print(text, file=sys.stderr, flush=True)


def building(size: int, repeat: int, minutes: float) -> None:
    """Table of building and handing over, against ready arrays handed over."""
    rows = []
    ready: dict[str, float] = {}
    for name in BUILDERS:
        progress(f"building, {size} variables: {name} ...")
        found = elsewhere("building", name, str(size), str(repeat), minutes=minutes)
        if isinstance(found, str) or found.build is None:
            rows.append([name, str(found), "–", "–", "–"])
            continue
        ready.setdefault(name, found.build)
        ratios = [found.build / ready[base] if base in ready else None for base in (READY, OURS_READY)]
        rows.append([name, show(found.build), *(show(ratio) for ratio in ratios), show(found.memory)])
    print(f"Building a model of about {size} variables and handing it to HiGHS")
    table(["", "seconds", f"÷ {READY}", f"÷ {OURS_READY}", "memory, MB"], rows)


def solving(size: int, minutes: float) -> bool:
    """Table of solving the same round; False when the optima are not the same."""
    rows, optima = [], {}
    for name in BUILDERS:
        progress(f"solving, {size} variables: {name} ...")
        found = elsewhere("solving", name, str(size), "1", minutes=minutes)
        if isinstance(found, str):
            rows.append([name, "–", found, "–", "–"])
            continue
        if found.optimum is not None:
            optima[name] = found.optimum
        optimum = "–" if found.optimum is None else f"{found.optimum:.8f}"
        rows.append([name, show(found.build), show(found.solve), optimum, show(found.memory)])
    print(f"Building and solving one round of fairness, about {size} variables (interior point, one thread)")
    table(["", "building, s", "solving, s", "least share", "memory, MB"], rows)
    same = max(optima.values()) - min(optima.values()) <= SAME if optima else False
    print("All optima are the same." if same else f"THE OPTIMA DIFFER: {optima}", flush=True)
    print(flush=True)
    return same


def measure_plan(size: int, part: str) -> Measured:
    """A whole plan of one network in this process; part "shares" stops before the explanations."""
    network = make_network(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    starts, cpu = time.perf_counter(), time.process_time()

    def progress(sentence: Sentence) -> None:
        if part == "shares" and sentence.template.startswith(EXPLAINING):
            raise Stopped

    found = Measured("plan", size)
    try:
        made = plan(network, progress=progress)
        levels = sum(len(tier.levels) for tier in made.certificate.tiers)
        found.note = f"{levels} levels, {len(made.shortfalls)} shortfalls, "
        found.note += f"limits held to {made.certificate.max_violation:.0e}"
    except Stopped:
        pass
    found.solve, found.cpu = time.perf_counter() - starts, time.process_time() - cpu
    found.memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 1e6
    return found


def measure_interior(size: int, crossover: str) -> Measured:
    """One interior-point solve of our model (the first round of tier 1), in this process."""
    ready = model_arrays(build(make_network(size)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    starts, cpu = time.perf_counter(), time.process_time()
    optimum = run_arrays(ready, run_crossover=crossover)
    found = Measured("interior point", size, solve=time.perf_counter() - starts, cpu=time.process_time() - cpu)
    found.memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 1e6
    found.optimum = optimum
    return found


def whole_plans(sizes: list[int], minutes: float) -> None:
    """Table of whole plans against one interior-point solve of the same model."""
    rows = []
    for size in sizes:
        base = None
        for name, words in (
            ("one interior-point solve", ("interior", "off")),
            ("the same with a basis at the end", ("interior", "on")),
            ("the plan, not yet explained", ("plan", "shares")),
            ("the whole plan", ("plan", "all")),
        ):
            progress(f"plan, {size} variables: {name} ...")
            found = elsewhere(words[0], words[1], str(size), "1", minutes=minutes)
            if isinstance(found, str):
                rows.append([f"{size}: {name}", found, "–", "–", "–", ""])
                continue
            base = base or found.cpu
            ratio = None if base is None or found.cpu is None else found.cpu / base
            rows.append(
                [
                    f"{size}: {name}",
                    show(found.solve),
                    show(found.cpu),
                    show(ratio),
                    show(found.memory),
                    found.note,
                ]
            )
    print("A whole plan against one interior-point solve of the same model")
    table(["variables", "seconds", "CPU seconds", "÷ first", "memory, MB", ""], rows)


def versions() -> str:
    """What was compared, and where."""
    from importlib.metadata import version

    names = ("highspy", "numpy", "cvxpy", "pulp", "linopy", "pyomo")
    parts = ", ".join(f"{name} {version(name)}" for name in names)
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; {parts}"


def main() -> int:
    """Measure what was asked for; 1 when optima differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of variables")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--repeat", type=int, default=3, help="tries for building; the best counts")
    parser.add_argument("--minutes", type=float, default=40, help="longest time for one measurement")
    parser.add_argument("--solve-up-to", type=int, default=20_000, help="largest network solved by everybody")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        part, name, size, repeat = chosen.one
        if part == "plan":
            found = measure_plan(int(size), name)
        elif part == "interior":
            found = measure_interior(int(size), name)
        else:
            found = measure(name, int(size), int(repeat), solving=part == "solving")
        print(json.dumps(asdict(found)))
        return 0
    print(versions())
    print(flush=True)
    same = True
    for size in chosen.sizes:
        if "building" in chosen.parts:
            building(size, chosen.repeat, chosen.minutes)
        if "solving" in chosen.parts and size <= chosen.solve_up_to:
            same = solving(size, chosen.minutes) and same
    if "plan" in chosen.parts:
        whole_plans(chosen.sizes, chosen.minutes)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
