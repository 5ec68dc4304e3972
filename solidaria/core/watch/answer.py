"""The stress test of one site's books: what could happen, what shocks would do, what would help, what is assumed.

The answer is made of counts of simulated months under the rules of docs/stress.md. It is no forecast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from solidaria.core.problem import Sentence, say
from solidaria.core.watch.books import Books, Change, Lever, Value
from solidaria.core.watch.engine import simulate
from solidaria.core.watch.fields import FIXED
from solidaria.core.watch.figures import FIGURE
from solidaria.core.watch.outcomes import (
    Estimate,
    fan,
    incidence,
    mean,
    occupation,
    paired,
    pay_before_end,
    shares_at,
    solidarity,
    worker_run,
)
from solidaria.core.watch.parameters import parameters
from solidaria.core.watch.rules import BLOCK
from solidaria.core.watch.tables import Paths

Table = NDArray[np.float64]

#: Months whose outcomes are told in words, besides the last.
TOLD: Final = (12, 24, 36)
#: The cliff and the inputs are looked for with fewer runs; each says so with its interval.
FEWER_RUNS: Final = 2_048

#: Help is looked for in steps of this part of a month's pay.
HELP_STEP: Final = 0.005

#: Shock -> figure, step, most, and whether the step is added to what the books say.
CLIFFS: Final[tuple[tuple[str, Decimal, Decimal, bool], ...]] = (
    ("price_fall", Decimal("0.01"), Decimal(1), False),
    ("orders_lost", Decimal("0.01"), Decimal(1), False),
    ("late_state", Decimal("0.5"), Decimal(24), True),
    ("energy_rise", Decimal("0.05"), Decimal(5), False),
)


#: Payers whose cost is told for each member of the unions.
UNIONS: Final = ("union", "movement", "community")


@dataclass(frozen=True)
class Settings:
    """How the test is run. The answer depends on months, runs and seed, never on threads."""

    months: int = 60
    runs: int = 10_240
    seed: int = 1
    threads: int = 1
    compiled: bool = True


@dataclass(frozen=True)
class Outlook:
    """What becomes of a site in many runs.

    at          month (from 1) -> outcome -> share of runs, for the months that are told
    occupation  months × outcomes: the share in each outcome at the end of each month
    incidence   months × (collapsed, degenerated, captured): what came first, cumulative
    cash, pay, people   months × five levels (5, 25, 50, 75, 95 of 100 runs): money; part of agreed pay; people
    worker_run  share of runs in which the site is worker-run at the end
    mean_pay    pay on time as a part of what was agreed, over the months before a collapse
    jobs        people who work there at the end, on average
    """

    at: dict[int, dict[str, Estimate]]
    occupation: Table
    incidence: Table
    cash: Table
    pay: Table
    people: Table
    worker_run: Estimate
    mean_pay: Estimate
    jobs: Estimate


@dataclass(frozen=True)
class Effect:
    """A shock or a lever beside the books as they are, on the same luck.

    more_worker_run   how much more often the site is worker-run at the end (a difference of shares)
    more_jobs         people more at the end, on average
    more_pay          difference in pay, as a part of what was agreed
    """

    name: str
    worker_run: Estimate
    outcomes: dict[str, Estimate]
    more_worker_run: Estimate
    more_jobs: Estimate
    more_pay: Estimate


@dataclass(frozen=True)
class LeverEffect:
    """What a lever does, what it costs, and how the site fares with it under each shock.

    payer            who pays
    month            what the payers pay more in a month, in money: prices above the market, the fund, and its own cost;
                     for the members themselves, the pay they give up
    per_member       the same for each member of the unions; None when their number is not known or others pay
    per_member_job   the same for each job kept; None when no job is kept, or within chance
    under            shock -> share of runs that are worker-run at the end, with both
    """

    effect: Effect
    payer: str
    month: Estimate
    per_member: float | None
    per_member_job: float | None
    under: dict[str, Estimate]


@dataclass(frozen=True)
class Cliff:
    """How large a shock must be for half of the runs to lose workers' control by the last month.

    figure   what is made worse
    most     the largest shock that was tried
    at       the smallest that turns the answer; 0 when it is lost without any; None when not even the largest does
    """

    figure: str
    most: Decimal
    at: Decimal | None


@dataclass(frozen=True)
class WayBack:
    """Where most runs are lost as it is: the money a month, come what may, with which most would hold.

    month       in money; None when not even a whole month's pay each month is enough
    per_member  the same for each member of the unions; None when their number is not known
    """

    month: float | None
    per_member: float | None


@dataclass(frozen=True)
class Input:
    """How much the answer moves when one figure goes from its low to its high end, all else and all luck equal."""

    figure: str
    value: Value
    at_low: Estimate
    at_high: Estimate
    move: Estimate


@dataclass(frozen=True)
class Answer:
    """The whole answer. Lists are in the order of the books; inputs by how far they move the answer."""

    books: Books
    settings: Settings
    base: Outlook
    shocks: tuple[Effect, ...]
    levers: tuple[LeverEffect, ...]
    cliffs: tuple[Cliff, ...]
    way_back: WayBack | None
    inputs: tuple[Input, ...]


def stress(books: Books, settings: Settings, progress: Callable[[Sentence], None] = lambda _: None) -> Answer:
    """Run the stress test. The same books and settings give the same answer, to the byte."""
    progress(say("Simulating the books as they are …"))
    base = _run(settings, parameters(books))
    progress(say("Simulating shocks …"))
    shocks = tuple(
        _effect(books, shock.name, shock.changes, _changed(settings, books, shock.changes), base)
        for shock in books.shocks
    )
    levers = []
    for lever in books.levers:
        progress(say("Simulating the lever {name} …", name=lever.name))
        levers.append(_lever(books, settings, lever, base))
    progress(say("Looking for the edge of the cliff …"))
    few = replace(settings, runs=min(settings.runs, FEWER_RUNS))
    cliffs = _cliffs(books, few)
    way_back = _way_back(books, few)
    progress(say("Asking which figures matter most …"))
    inputs = _inputs(books, few)
    return Answer(books, settings, _outlook(books, base), shocks, tuple(levers), cliffs, way_back, inputs)


def _run(settings: Settings, numbers: Table) -> Paths:
    # A few pieces for each thread, so that none waits long for another.
    piece = -(-settings.runs // (4 * settings.threads))
    return simulate(
        [numbers],
        runs=settings.runs,
        months=settings.months,
        seed=settings.seed,
        threads=settings.threads,
        chunk=max(-(-piece // BLOCK) * BLOCK, BLOCK),
        compiled=settings.compiled,
    )[0]


def _changed(settings: Settings, books: Books, changes: tuple[Change, ...]) -> Paths:
    """The books with changes, on the same luck. One at a time: the paths of all of them would not fit in memory."""
    return _run(settings, parameters(books.changed(changes), books))


def _outlook(books: Books, paths: Paths) -> Outlook:
    members = float(books.number("members"))
    told = sorted({month for month in TOLD if month < paths.months} | {paths.months})
    return Outlook(
        at={month: shares_at(paths, month - 1) for month in told},
        occupation=occupation(paths),
        incidence=incidence(paths),
        cash=fan(paths.cash, float(books.pay_of_a_month)),
        pay=fan(paths.pay, 1.0),
        people=fan(paths.people, members),
        worker_run=shares_of(worker_run(paths)),
        mean_pay=mean(pay_before_end(paths)),
        jobs=mean(paths.people[-1].astype(np.float64) * members),
    )


def shares_of(true: NDArray[np.bool_]) -> Estimate:
    """The share of runs in which something is true."""
    return mean(true.astype(np.float64))


def effect_pay(books: Books, changes: tuple[Change, ...], paths: Paths) -> Table:
    """For each run, pay on time as a part of what the books agree, so that a cut never looks like an improvement."""
    return pay_before_end(paths) * float(books.changed(changes).pay_agreed / books.pay_agreed)


def _effect(books: Books, name: str, changes: tuple[Change, ...], paths: Paths, base: Paths) -> Effect:
    members = float(books.number("members"))
    jobs = (paths.people[-1].astype(np.float64) - base.people[-1]) * members
    return Effect(
        name,
        shares_of(worker_run(paths)),
        shares_at(paths, paths.months - 1),
        paired(worker_run(paths), worker_run(base)),
        mean(jobs),
        mean(effect_pay(books, changes, paths) - pay_before_end(base)),
    )


def _lever(books: Books, settings: Settings, lever: Lever, base: Paths) -> LeverEffect:
    paths = _changed(settings, books, lever.changes)
    effect = _effect(books, lever.name, lever.changes, paths, base)
    month = float(books.pay_of_a_month)
    if lever.payer == "members":
        # What members give up themselves is pay.
        cost = mean((pay_before_end(base) - effect_pay(books, lever.changes, paths)) * month + float(lever.cost))
    else:
        cost = mean((solidarity(paths) - solidarity(base)) * (month / settings.months) + float(lever.cost))
    unions = books.get("union_members") if lever.payer in UNIONS else None
    per_member = cost.value / float(unions) if unions else None
    kept = effect.more_jobs
    per_job = per_member / kept.value if per_member is not None and kept.low > 0 else None
    under = {
        shock.name: shares_of(worker_run(_changed(settings, books, lever.changes + shock.changes)))
        for shock in books.shocks
    }
    return LeverEffect(effect, lever.payer, cost, per_member, per_job, under)


def _cliffs(books: Books, settings: Settings) -> tuple[Cliff, ...]:
    """The smallest shock of each kind that turns the answer, by bisection on the same luck for every step."""
    found = []
    for figure, step, most, added in CLIFFS:
        if figure == "late_state" and not _state_pays(books):
            continue

        def lost(
            steps: int, figure: str = figure, step: Decimal = step, how: str = "add" if added else "set"
        ) -> bool:
            paths = _changed(settings, books, (Change(figure, how, step * steps),))
            return bool(worker_run(paths).mean() < 0.5)

        high = int(most / step)
        if lost(0):
            at: Decimal | None = Decimal(0)
        elif not lost(high):
            at = None
        else:
            low = 0
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if lost(middle) else (middle, high)
            at = step * high
        found.append(Cliff(figure, most, at))
    return tuple(found)


def _way_back(books: Books, settings: Settings) -> WayBack | None:
    """Bisection on the same luck, to half a percent of a month's pay; None where most runs hold as it is."""

    def lost(steps: int) -> bool:
        numbers = parameters(books)
        # Money that comes in whatever happens is the contrary of a fixed cost.
        numbers[FIXED] -= steps * HELP_STEP
        return bool(worker_run(_run(settings, numbers)).mean() < 0.5)

    low, high = 0, round(1 / HELP_STEP)
    if not lost(low):
        return None
    if lost(high):
        return WayBack(None, None)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if lost(middle) else (low, middle)
    month = high * HELP_STEP * float(books.pay_of_a_month)
    unions = books.get("union_members")
    return WayBack(month, month / float(unions) if unions else None)


def _state_pays(books: Books) -> bool:
    return any(sale.channel == "state" for sale in books.sales)


def _inputs(books: Books, settings: Settings) -> tuple[Input, ...]:
    """Every figure that has a range, moved alone from its low to its high end; the one that moves most first."""
    names = sorted(
        name
        for name, value in books.figures.items()
        if value.low is not None
        and value.high is not None
        and value.low != value.high
        and FIGURE[name].group not in ("thresholds", "questions")
    )
    found = []
    for name in names:
        value = books.figures[name]
        assert value.low is not None and value.high is not None
        low = worker_run(_changed(settings, books, (Change(name, "set", value.low),)))
        high = worker_run(_changed(settings, books, (Change(name, "set", value.high),)))
        found.append(Input(name, value, shares_of(low), shares_of(high), paired(high, low)))
    return tuple(sorted(found, key=lambda one: (-abs(one.move.value), one.figure)))
