"""Elections counted here and by published libraries, on the same ballots, in one table.

    python benchmarks/counting.py              everything that is installed
    python benchmarks/counting.py --quick      a hundredth of the ballots
    python benchmarks/counting.py --only ward  one job

Each count runs in a process of its own. CPU seconds are those of building the library's own ballots and counting
them, importing left out; memory is the most the whole process held. Libraries that can be given piles are given
piles, made beforehand and not counted; ours starts from single ballots. Ratios only carry over to other machines.
pip install pyrankvote stvpoll pref_voting votekit
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SEATS = 4
JOBS = {
    # name: (ballots, candidates, how strongly a few are favoured)
    "ward": (9_000, 9, 1.0),
    "million": (1_000_000, 12, 1.5),
}


def make(ballots: int, candidates: int, favour: float, seed: int = 5) -> np.ndarray:
    """Ballots × places, int8, -1 after the last: Plackett-Luce with lengths as in Scottish wards."""
    chance = np.random.default_rng(seed)
    weight = chance.normal(0, favour, candidates).astype(np.float32)
    rows = []
    for start in range(0, ballots, 100_000):
        size = min(100_000, ballots - start)
        order = np.argsort(-(chance.gumbel(size=(size, candidates)).astype(np.float32) + weight), axis=1)
        length = np.minimum(chance.geometric(0.32, size), candidates)
        order[np.arange(candidates)[None, :] >= length[:, None]] = -1
        rows.append(order.astype(np.int8))
    return np.concatenate(rows)


def piles_of(order: np.ndarray) -> list[tuple[tuple[int, ...], int]]:
    """Distinct ballots with how many there are of each, for libraries that take them."""
    rows, counts = np.unique(order, axis=0, return_counts=True)
    return [
        (tuple(mark for mark in row if mark >= 0), count)
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True)
    ]


# What is measured: each function gets the ballots ready, and gives back what is timed


def ours(rule: str) -> Callable[[np.ndarray, Path], Callable[[], set[int]]]:
    """Our count from single ballots as an array."""

    def ready(order: np.ndarray, _: Path) -> Callable[[], set[int]]:
        from solidaria.core.voting.ballots import Option, from_arrays
        from solidaria.core.voting.meek import meek
        from solidaria.core.voting.schulze import SchulzeTerms, schulze
        from solidaria.core.voting.single_transferable import scottish
        from solidaria.core.voting.terms import ElectionTerms

        options = [Option(str(number), str(number)) for number in range(order.shape[1])]
        one_each = np.ones(len(order), dtype=np.int64)
        count = {
            "scottish": lambda piles: scottish(piles, ElectionTerms(SEATS)),
            "meek": lambda piles: meek(piles, ElectionTerms(SEATS)),
            "schulze": lambda piles: schulze(piles, SchulzeTerms()),
        }[rule]
        return lambda: set(map(int, count(from_arrays(options, order, one_each)).elected))

    return ready


def ours_from_a_file(order: np.ndarray, folder: Path) -> Callable[[], set[int]]:
    """Our count from a BLT file with one ballot a line; reading is timed too."""
    from solidaria.core.voting.single_transferable import scottish
    from solidaria.core.voting.terms import ElectionTerms
    from solidaria.records.ballots import read_ballots

    path = folder / "ballots.blt"
    with path.open("w") as file:
        file.write(f"{order.shape[1]} {SEATS}\n")
        for start in range(0, len(order), 10_000):
            file.writelines(
                f"1 {' '.join(str(mark + 1) for mark in row if mark >= 0)} 0\n"
                for row in order[start : start + 10_000].tolist()
            )
        file.write("0\n" + "".join(f'"{number}"\n' for number in range(order.shape[1])))

    def timed() -> set[int]:
        read = read_ballots(path)
        return set(map(int, scottish(read.piles, ElectionTerms(SEATS)).elected))

    return timed


def with_pyrankvote(order: np.ndarray, _: Path) -> Callable[[], set[int]]:
    import pyrankvote

    rows = order.tolist()

    def timed() -> set[int]:
        people = [pyrankvote.Candidate(str(number)) for number in range(order.shape[1])]
        ballots = [pyrankvote.Ballot([people[mark] for mark in row if mark >= 0]) for row in rows]
        found = pyrankvote.single_transferable_vote(people, ballots, SEATS)
        return {int(candidate.name) for candidate in found.get_winners()}

    return timed


def with_stvpoll(order: np.ndarray, _: Path) -> Callable[[], set[int]]:
    from stvpoll.scottish_stv import ScottishSTV

    piles = piles_of(order)

    def timed() -> set[int]:
        poll = ScottishSTV(seats=SEATS, candidates=tuple(range(order.shape[1])))
        for marks, count in piles:
            poll.add_ballot(marks, count)
        return set(poll.calculate().elected_as_tuple())

    return timed


def with_pref_voting(method: str) -> Callable[[np.ndarray, Path], Callable[[], set[int]]]:
    def ready(order: np.ndarray, _: Path) -> Callable[[], set[int]]:
        from pref_voting.margin_based_methods import beat_path
        from pref_voting.profiles_with_ties import ProfileWithTies
        from pref_voting.proportional_methods import stv_meek, stv_scottish

        piles = piles_of(order)

        def timed() -> set[int]:
            profile = ProfileWithTies(
                [{mark: place for place, mark in enumerate(marks)} for marks, _ in piles],
                [count for _, count in piles],
                candidates=list(range(order.shape[1])),
            )
            if method == "schulze":
                profile.use_extended_strict_preference()
                return set(beat_path(profile, strength_function=profile.support))
            return set((stv_scottish if method == "scottish" else stv_meek)(profile, num_seats=SEATS))

        return timed

    return ready


def with_votekit(method: str) -> Callable[[np.ndarray, Path], Callable[[], set[int]]]:
    def ready(order: np.ndarray, _: Path) -> Callable[[], set[int]]:
        import votekit
        from votekit.elections import STV, Schulze

        piles = piles_of(order)
        names = [str(number) for number in range(order.shape[1])]

        def timed() -> set[int]:
            ballots = tuple(
                votekit.RankBallot(ranking=[{names[mark]} for mark in marks], weight=count)
                for marks, count in piles
            )
            profile = votekit.RankProfile(ballots=ballots, candidates=names)
            if method == "schulze":
                found = Schulze(profile, n_seats=1).get_elected()
            else:
                found = STV(profile, n_seats=SEATS, simultaneous=False, tiebreak="random").get_elected()
            return {int(name) for place in found for name in place}

        return timed

    return ready


COUNTS: dict[str, dict[str, tuple[str, Any]]] = {
    # rule: who counts: (package, how)
    "scottish": {
        "solidaria": ("solidaria", ours("scottish")),
        "solidaria, from a file": ("solidaria", ours_from_a_file),
        "pyrankvote": ("pyrankvote", with_pyrankvote),
        "stvpoll": ("stvpoll", with_stvpoll),
        "pref_voting": ("pref_voting", with_pref_voting("scottish")),
        "votekit": ("votekit", with_votekit("stv")),
    },
    "meek": {
        "solidaria": ("solidaria", ours("meek")),
        "pref_voting": ("pref_voting", with_pref_voting("meek")),
    },
    "schulze": {
        "solidaria": ("solidaria", ours("schulze")),
        "pref_voting": ("pref_voting", with_pref_voting("schulze")),
        "votekit": ("votekit", with_votekit("schulze")),
    },
}


def megabytes() -> int:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # What the system reports for a child process otherwise begins with what its parent held.
        return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(rule: str, who: str, path: Path) -> dict[str, Any]:
    """One count in this process."""
    warnings.simplefilter("ignore")
    timed = COUNTS[rule][who][1](np.load(path), path.parent)
    start = time.process_time()
    elected = timed()
    return {
        "cpu": time.process_time() - start,
        "memory": megabytes(),
        "elected": sorted(elected),
    }


def in_a_process_of_its_own(rule: str, who: str, path: Path, limit: int) -> dict[str, Any] | str:
    """One count, or why there is none."""
    package = COUNTS[rule][who][0]
    if package != "solidaria":
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return "not installed"
    command = [sys.executable, __file__, "--measure", rule, who, str(path)]
    # Where the other libraries are installed, Solidaria may not be.
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"no result after {limit} s"
    if ended.returncode:
        return "failed: " + (ended.stderr.strip().splitlines() or ["?"])[-1][:80]
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the ballots")
    parser.add_argument("--only", choices=JOBS, help="one job")
    parser.add_argument("--limit", type=int, default=300, metavar="S", help="most seconds for one count")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        rule, who, path = arguments.measure
        print(json.dumps(measure(rule, who, Path(path))))
        return 0
    print("| ballots | rule | who | CPU s | times ours | MB | elected |\n|---|---|---|---|---|---|---|")
    for job, (ballots, candidates, favour) in JOBS.items():
        if arguments.only not in (None, job):
            continue
        ballots = ballots // 100 if arguments.quick else ballots
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ballots.npy"
            np.save(path, make(ballots, candidates, favour))
            for rule, counts in COUNTS.items():
                first = None
                for who in counts:
                    answer = in_a_process_of_its_own(rule, who, path, arguments.limit)
                    if isinstance(answer, str):
                        print(f"| {ballots:,} | {rule} | {who} | {answer} | | | |", flush=True)
                        continue
                    first = first or answer
                    same = "same" if answer["elected"] == first["elected"] else f"others: {answer['elected']}"
                    cells = [
                        f"{ballots:,}",
                        rule,
                        who,
                        f"{answer['cpu']:.3f}",
                        f"{answer['cpu'] / first['cpu']:.1f}",
                    ]
                    print("| " + " | ".join([*cells, str(answer["memory"]), same]) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
