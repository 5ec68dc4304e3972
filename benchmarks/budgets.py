"""Equal shares against pabutools and abcvoting, on the same ballots: the same outcomes, CPU time, peak memory.

The peers are not among the project's dependencies. In an environment of their own, with numpy:

    pip install pabutools abcvoting numpy
    python -m benchmarks.budgets agree 20000        random small votes, every disagreement printed
    python -m benchmarks.budgets speed              a table of times and memory, each task in a process of its own
    python -m benchmarks.budgets speed Łódź         the tasks whose name holds this
    python -m benchmarks.budgets speed --quick      without the tasks that take the peers minutes

SOLIDARIA_DATA says where the real votes are (docs/budgets.md); without them only the synthetic ones are counted.
Times are CPU seconds of the process and depend on the machine; the ratios are what to look at.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from solidaria.core.voting.budget import BudgetTies, BudgetVote, Points, Project
from solidaria.core.voting.equal_shares import EqualSharesTerms, equal_shares
from solidaria.records.pabulib import PabulibFile, read_file, write

DATA = Path(os.environ.get("SOLIDARIA_DATA", "")) / "votes"
BY_NAME = BudgetTies(("name",))


def synthetic(projects: int, people: int, seed: int = 1) -> BudgetVote:
    """People of twelve districts, each with its own favourites, who mark up to fifteen projects."""
    chance = np.random.default_rng(seed)
    cost = (chance.lognormal(11, 1, projects)).round(-2).astype(int) + 1000
    liking = chance.gamma(1.2, 1, (12, projects))
    liking /= liking.sum(1, keepdims=True)
    ids = [f"p{number:03d}" for number in range(projects)]
    marks = [(name, 1) for name in ids]
    piles: dict[Points, int] = {}
    district = chance.integers(0, 12, people)
    many = np.minimum(chance.poisson(8, people) + 1, 15)
    most = min(15, projects - 1)
    for number in range(12):
        rows = np.flatnonzero(district == number)
        taste = np.log(liking[number]) + chance.gumbel(size=(len(rows), projects))
        for row, best in zip(rows, np.argpartition(-taste, most, axis=1)[:, :most], strict=True):
            ballot = tuple(marks[one] for one in sorted(best[: many[row]].tolist()))
            piles[ballot] = piles.get(ballot, 0) + 1
    return BudgetVote(
        Fraction(int(cost.sum()) * 35 // 100),
        tuple(Project(name, Fraction(int(one))) for name, one in zip(ids, cost, strict=True)),
        piles,
    )


# The peers.


def pabutools_vote(vote: BudgetVote, utility: str):  # type: ignore[no-untyped-def]
    """The same vote in pabutools' words: instance, profile of grouped ballots, satisfaction."""
    import pabutools.election as peer

    projects = {one.id: peer.Project(one.id, one.cost) for one in vote.projects}
    instance = peer.Instance(projects.values(), budget_limit=vote.budget)
    ballots = [(ballot, many) for ballot, many in vote.piles.items()]
    if vote.kind == "approval":
        profile = peer.ApprovalProfile(
            peer.ApprovalBallot(projects[name] for name, _ in ballot)
            for ballot, many in ballots
            for _ in range(many)
        )
        satisfaction = peer.Cost_Sat if utility == "cost" else peer.Cardinality_Sat
    else:
        # Orders too: the points that Solidaria gives the places are handed over as they are.
        profile = peer.CardinalProfile(
            peer.CardinalBallot({projects[name]: points for name, points in ballot})
            for ballot, many in ballots
            for _ in range(many)
        )
        satisfaction = peer.Additive_Cardinal_Sat
    return instance, profile.as_multiprofile(), satisfaction


def peer_funds(vote: BudgetVote, terms: EqualSharesTerms) -> set[str]:
    """What pabutools funds under the same terms; only completions none and add1, ties by name."""
    return pabutools_funds(vote, terms, *pabutools_vote(vote, terms.utility))


def pabutools_funds(vote: BudgetVote, terms: EqualSharesTerms, instance, profile, satisfaction) -> set[str]:  # type: ignore[no-untyped-def]
    """The same for a vote that is already in pabutools' words."""
    from pabutools.rules import exhaustion_by_budget_increase, method_of_equal_shares
    from pabutools.tiebreaking import TieBreakingRule

    by_name = TieBreakingRule(lambda _instance, _profile, project: project.name)
    shared = {"sat_class": satisfaction, "tie_breaking": by_name}
    step = terms.step if terms.step_of == "money" else terms.step * vote.budget / vote.voters
    if terms.completion == "add1" and terms.stop == "overspend":
        chosen = exhaustion_by_budget_increase(
            instance,
            profile,
            method_of_equal_shares,
            shared,
            exhaustive_stop=False,
            budget_step=step * vote.voters,
            budget_bound=vote.budget + vote.voters * (sum(one.cost for one in vote.projects) + step),
        )
    elif terms.completion == "add1":
        chosen = method_of_equal_shares(instance, profile, voter_budget_increment=step, **shared)
    else:
        chosen = method_of_equal_shares(instance, profile, **shared)
    return {project.name for project in chosen}


def abcvoting_funds(vote: BudgetVote, seats: int) -> set[str]:
    """What abcvoting's equal shares elect when every project costs one, ties by position, which is by id here."""
    from abcvoting import abcrules
    from abcvoting.preferences import Profile

    place = {one.id: number for number, one in enumerate(vote.projects)}
    profile = Profile(len(vote.projects))
    for ballot, many in vote.piles.items():
        profile.add_voters([[place[name] for name, _ in ballot]] * many)
    (committee,) = abcrules.compute(
        "equal-shares",
        profile,
        committeesize=seats,
        resolute=True,
        completion=None,
    )
    return {vote.projects[number].id for number in committee}


# Agreement.


def agree(votes: int, seed: int) -> int:
    """Count random small votes both ways; print every disagreement; give how many there were."""
    from tests.voting.budgets import random_terms, random_vote

    different = costless = 0
    chance = random.Random(seed)
    for number in range(votes):
        vote = random_vote(chance)
        terms = random_terms(
            chance,
            vote,
            utility=chance.choice(["cost", "points"]) if vote.kind == "approval" else "points",
            completion=chance.choice(["none", "add1"]),
            comparison=False,
            ties=BY_NAME,
        )
        ours, theirs = set(equal_shares(vote, terms, counted_again=()).funded), peer_funds(vote, terms)
        if ours != theirs and ours - theirs <= free(vote) and theirs <= ours and terms.utility == "cost":
            costless += 1
        elif ours != theirs:
            different += 1
            print(f"vote {number}: {sorted(ours)} here, {sorted(theirs)} in pabutools; {terms}; {vote}")
    print(
        f"{votes} random votes: in {costless} pabutools leaves out a project that costs nothing, because by cost "
        f"it is worth nothing; {different} other outcomes differ"
    )
    return different


def agree_with_abcvoting(votes: int, seed: int) -> int:
    """The same against abcvoting: every project costs one, the budget is the number of seats, no completion."""
    from tests.voting.budgets import random_vote

    different = 0
    chance = random.Random(seed)
    for number in range(votes):
        drawn = random_vote(chance, ("approval",))
        seats = chance.randint(1, len(drawn.projects))
        vote = replace(
            drawn,
            budget=Fraction(seats),
            projects=tuple(replace(one, cost=Fraction(1)) for one in drawn.projects),
        )
        terms = EqualSharesTerms(utility="points", completion="none", ties=BY_NAME)
        ours, theirs = set(equal_shares(vote, terms, counted_again=()).funded), abcvoting_funds(vote, seats)
        if ours != theirs:
            different += 1
            print(f"vote {number}: {sorted(ours)} here, {sorted(theirs)} in abcvoting; {seats} seats; {vote}")
    print(f"{votes} random votes with unit costs: {different} outcomes differ from abcvoting")
    return different


def free(vote: BudgetVote) -> set[str]:
    """Projects that cost nothing."""
    return {one.id for one in vote.projects if one.cost == 0}


# Speed.


#: How long a task takes pabutools. The longest are left out unless asked for: 500 seconds were not enough.
SECONDS, MINUTES, HOURS = range(3)


def tasks() -> dict[str, tuple[Path | tuple[int, int], EqualSharesTerms, int]]:
    """Name → a file, or projects and people of a synthetic vote; the terms; how long it takes pabutools."""
    none = EqualSharesTerms(completion="none", ties=BY_NAME)
    points = EqualSharesTerms(utility="points", completion="none", ties=BY_NAME)
    first = EqualSharesTerms(stop="exhaustive", ties=BY_NAME)
    over = EqualSharesTerms(ties=BY_NAME)
    rembertow, mokotow, lodz = (
        DATA / f"budgets_greedy/Poland_{name}.pb"
        for name in ("Warszawa_2021_Rembertow", "Warszawa_2022_Mokotow", "Lodz_2022")
    )
    wieliczka = DATA / "budgets_equal_shares/Poland_Wieliczka_2023_Green_Budget.pb"
    found: dict[str, tuple[Path | tuple[int, int], EqualSharesTerms, int]] = {
        "Rembertów 53 × 1,811, cost, one run": (rembertow, none, SECONDS),
        "Mokotów 97 × 11,039, cost, one run": (mokotow, none, SECONDS),
        "Mokotów 97 × 11,039, points, one run": (mokotow, points, SECONDS),
        "Łódź 160 × 90,494, cost, one run": (lodz, none, SECONDS),
        "Rembertów 53 × 1,811, cost, steps to exhaustive": (rembertow, first, SECONDS),
        "Wieliczka 64 × 6,586, cost, steps to overspend": (wieliczka, over, SECONDS),
        "Łódź 160 × 90,494, cost, steps to overspend": (lodz, over, MINUTES),
        "synthetic 100 × 20,000, cost, one run": ((100, 20_000), none, SECONDS),
        "synthetic 100 × 100,000, cost, one run": ((100, 100_000), none, MINUTES),
        "synthetic 200 × 300,000, cost, one run": ((200, 300_000), none, MINUTES),
        "synthetic 100 × 100,000, cost, steps to overspend": ((100, 100_000), over, HOURS),
        "synthetic 200 × 300,000, cost, steps to overspend": ((200, 300_000), over, HOURS),
    }
    return {name: task for name, task in found.items() if DATA.exists() or name.startswith("synthetic")}


def megabytes() -> float:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # What the system reports for a child process otherwise begins with what its parent held.
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, path: Path, who: str) -> dict[str, object]:
    """Read a file and count it in this process, each with its own reader.

    CPU seconds of reading and of counting; the most memory the process held, and how much of that came after the
    libraries were loaded; and what is funded.
    """
    terms = tasks()[name][1]
    if who == "pabutools":
        import pabutools.election as peer

        importlib.import_module("pabutools.rules")

        loaded, started = megabytes(), time.process_time()
        instance, profile = peer.parse_pabulib(str(path))
        satisfaction = peer.Cost_Sat if terms.utility == "cost" else peer.Cardinality_Sat
        profile = profile.as_multiprofile()
        read = time.process_time()
        vote = read_file(path).vote if terms.completion == "add1" else BudgetVote(Fraction(0), (), {})
        counting = time.process_time()
        funded = pabutools_funds(vote, terms, instance, profile, satisfaction)
    else:
        loaded, started = megabytes(), time.process_time()
        vote = read_file(path).vote
        read = counting = time.process_time()
        funded = set(equal_shares(vote, terms, counted_again=()).funded)
    return {
        "reading": read - started,
        "counting": time.process_time() - counting,
        "memory": megabytes(),
        "grown": megabytes() - loaded,
        "funded": sorted(funded),
    }


def apart(name: str, path: Path, who: str, limit: float) -> dict[str, float] | None:
    """Do one task in a process of its own; None when it takes longer than the limit or runs out of memory."""
    command = [sys.executable, "-m", "benchmarks.budgets", "task", name, str(path), who]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"  {who} did not finish {name}: {type(error).__name__}", file=sys.stderr)
        return None
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def speed(patience: int, limit: float, only: str) -> None:
    """Print the table; tasks that take pabutools longer than the patience are done without it."""
    print("| task | | reading s | counting s | MB | of these for the vote |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (source, _, slow) in tasks().items():
            if only not in name:
                continue
            path = source if isinstance(source, Path) else Path(folder) / f"{source[0]}x{source[1]}.pb"
            if isinstance(source, tuple) and not path.exists():
                with path.open("w", encoding="utf-8") as file:
                    file.writelines(write(PabulibFile(synthetic(*source), {"rule": "equalshares/add1"})))
            ours = apart(name, path, "solidaria", limit)
            theirs = None if slow > patience else apart(name, path, "pabutools", limit)
            for who, found in (("Solidaria", ours), ("pabutools", theirs)):
                if found is not None:
                    cells = [
                        f"{found['reading']:.2f}",
                        f"{found['counting']:.3f}",
                        f"{found['memory']:.0f}",
                        f"{found['grown']:.0f}",
                    ]
                    print("| " + " | ".join([name if who == "Solidaria" else "", who, *cells]) + " |", flush=True)
            if ours is not None and theirs is not None:
                times = [
                    f"{theirs[one] / max(ours[one], 0.001):.1f}"
                    for one in ("reading", "counting", "memory", "grown")
                ]
                same = "times" if ours["funded"] == theirs["funded"] else "DIFFERENT OUTCOME"
                print("| " + " | ".join(["", same, *times]) + " |", flush=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["agree", "speed", "task", "file"])
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--quick", action="store_true", help="only tasks that take pabutools seconds")
    parser.add_argument("--all", action="store_true", help="also tasks that take pabutools hours")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=900, help="seconds that one task may take")
    arguments = parser.parse_intermixed_args()
    if arguments.what == "agree":
        votes = int(arguments.rest[0])
        sys.exit(1 if agree(votes, arguments.seed) + agree_with_abcvoting(votes, arguments.seed) else 0)
    elif arguments.what == "speed":
        patience = SECONDS if arguments.quick else HOURS if arguments.all else MINUTES
        speed(patience, arguments.limit, " ".join(arguments.rest))
    elif arguments.what == "task":
        name, path, who = arguments.rest
        print(json.dumps(measure(name, Path(path), who)))
    else:
        # A synthetic vote as a Pabulib file: projects, people.
        vote = synthetic(*(int(one) for one in arguments.rest))
        sys.stdout.writelines(write(PabulibFile(vote, {"rule": "equalshares/add1"})))


if __name__ == "__main__":
    main()
