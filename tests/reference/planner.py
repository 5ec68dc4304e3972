"""A naive planner: docs/plan.md put into linear programs one sentence at a time, solved by scipy.

Nothing here is clever and nothing is shared with solidaria.core.plan. One program is built per choice of
reopenings; every level of every tier costs one solve for its height and one more for each need still open.
Only for networks of a few dozen rows.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

from solidaria.core.network import Network, Promise, Recipe

#: Coverages closer than this are the same (design: "Tolerance 1e-6 of coverage").
TOLERANCE = 1e-6

#: Room given to a value that was reached, so that rounding in the solver never makes the next aim impossible.
ROOM = 1e-9

#: What may be raised or added, as `raised`: ("equipment", id, period), ("labour", site, period),
#: ("budget", period), ("input", product, period) or, with routes, ("input", product, period, place).
Limit = tuple[str, ...]

#: A row of a linear program: column -> amount, the limit, the limit's name.
Row = tuple[dict[int, float], float, Limit]


def promise_key(promise: Promise) -> str:
    """The name of a promise among the levels of tier 0."""
    return f"{promise.site} → {promise.organisation}: {promise.product}, {promise.period}"


@dataclass(frozen=True)
class Choice:
    """What one choice of reopenings reaches: for each tier, need or promise -> the share reached."""

    reopened: tuple[str, ...]
    reached: dict[int, dict[str, float]]

    def vector(self) -> list[list[float]]:
        """The reached shares in rising order, promises first, then tier by tier."""
        return [sorted(self.reached[tier].values()) for tier in sorted(self.reached)]


@dataclass(frozen=True)
class Answer:
    """The plan as far as it is the only right answer.

    reached    tier -> need (or promise) -> the share at which it stops; promises are tier 0
    coverage   need (or promise) -> delivered ÷ needed after the last aim; equals `reached` when slack is 0
    jobs       smallest share of available hours worked; None when no site counts
    outside    money for purchases, transport and reopening
    labour     hours worked in recipes
    values     a variable's name -> its value in one optimal plan (not the only one)
    """

    reopened: tuple[str, ...]
    reached: dict[int, dict[str, float]]
    coverage: dict[str, float]
    jobs: float | None
    outside: float
    labour: float
    values: dict[tuple[str, ...], float] = field(repr=False)


@dataclass
class Program:
    """A linear program with named variables, all at least 0, written down row by row.

    at_most, equal   rows: column -> amount, the limit, the limit's name as in Level.multipliers
    values           after `best`: the limit's name -> what one more unit of it is worth
    """

    names: dict[tuple[str, ...], int] = field(default_factory=dict)
    upper: list[float] = field(default_factory=list)
    at_most: list[Row] = field(default_factory=list)
    equal: list[Row] = field(default_factory=list)
    values: dict[Limit, float] = field(default_factory=dict)

    def add(self, *name: str, upper: float = math.inf) -> int:
        """A new variable, or the one of that name."""
        if name not in self.names:
            self.names[name] = len(self.upper)
            self.upper.append(upper)
        return self.names[name]

    def best(self, objective: Mapping[int, float], largest: bool) -> tuple[float, np.ndarray]:
        """The largest (or smallest) value of the objective, and a plan that reaches it."""
        count = len(self.upper)
        costs = _row(objective, count) * (-1 if largest else 1)
        most = np.array([_row(row, count) for row, _, _ in self.at_most]).reshape(-1, count)
        same = np.array([_row(row, count) for row, _, _ in self.equal]).reshape(-1, count)
        sign = -1 if largest else 1
        for room in (0.0, 1e-8, 1e-7):
            answer = linprog(
                costs,
                A_ub=most,
                b_ub=np.array([limit + room * max(1.0, abs(limit)) for _, limit, _ in self.at_most]),
                A_eq=same,
                b_eq=np.array([limit for _, limit, _ in self.equal]),
                bounds=[(0, upper) for upper in self.upper],
                method="highs",
            )
            if answer.status == 0:
                self.values = {}
                for rows, marginals in ((self.at_most, answer.ineqlin), (self.equal, answer.eqlin)):
                    for (_, _, name), value in zip(rows, marginals.marginals, strict=True):
                        self.values[name] = self.values.get(name, 0.0) + sign * float(value)
                return (-answer.fun if largest else answer.fun), answer.x
        raise ArithmeticError(f"the reference planner has no answer: {answer.message}")


def _row(coefficients: Mapping[int, float], count: int) -> np.ndarray:
    row = np.zeros(count)
    for column, value in coefficients.items():
        row[column] += value
    return row


class Reference:
    """One network with one choice of reopenings, as a linear program."""

    def __init__(
        self,
        network: Network,
        reopened: tuple[str, ...],
        raised: Mapping[Limit, float],
        refused: Mapping[tuple[str, str | None], float],
    ) -> None:
        self.network, self.reopened = network, reopened
        self.raised, self.refused = raised, refused
        self.program = Program()
        self.periods = [period.id for period in network.periods]
        self.first = self.periods[0]
        self.coverage: dict[str, tuple[int, float]] = {}
        self.outside: dict[int, float] = {}
        self._needs_and_promises()
        self._runs()
        self._purchases()
        self._balances()
        self._hours()

    # --- variables and limits -----------------------------------------------------------------

    def _needs_and_promises(self) -> None:
        for need in self.network.needs:
            most = float(need.quantity)
            self.coverage[need.id] = (self.program.add("delivered", need.id, upper=most), most)
        for promise in self.network.promises:
            key, most = promise_key(promise), float(promise.quantity)
            way = self.cheapest_way(promise)
            column = self.program.add("promised", key, upper=most if math.isfinite(way) else 0.0)
            self.coverage[key] = (column, most)
            if way and math.isfinite(way):
                self.outside[column] = way

    def _runs(self) -> None:
        for recipe in self.network.recipes:
            state = self.network.site[recipe.site].state
            works = state != "closed" or recipe.site in self.reopened
            for period in self.periods:
                each = (self.refused.get((recipe.id, when), math.inf) for when in (period, None))
                self.program.add("runs", recipe.id, period, upper=min(each) if works else 0.0)

    def _purchases(self) -> None:
        """Bought outside, at most the budget of the period less the money for reopening in the first."""
        budget = self.network.rules.outside_budget
        for period in self.periods:
            money: dict[int, float] = {}
            for product in self.network.products:
                for place in self.places(product.id) if product.outside else ():
                    column = self.program.add("bought", place, product.id, period)
                    money[column] = float(product.market_price or 0)
            self.outside.update(money)
            if budget is not None:
                left = float(budget) + self.raised.get(("budget", period), 0.0)
                if period == self.first:
                    left -= self.reopening_money()
                self._at_most(money, left, "budget", period)

    def _balances(self) -> None:
        for product in self.network.products:
            for place in self.places(product.id):
                stocked = product.keeps and (place == "" or place in self.network.site)
                opening = self.opening(place, product.id)
                before = 0
                for index, period in enumerate(self.periods):
                    row: dict[int, float] = {}
                    fixed = opening if index == 0 else 0.0
                    if index > 0 and stocked:
                        row[before] = 1.0
                    if stocked:
                        before = self.program.add("stock", place, product.id, period)
                        row[before] = -1.0
                    self._in_and_out(row, place, product.id, period)
                    where = (product.id,) if place == "" else (place, product.id)
                    self.program.equal.append((row, -fixed, ("balance", *where, period)))
                if stocked:
                    self._at_most({before: 1.0}, opening, "final", *where)

    def _in_and_out(self, row: dict[int, float], place: str, product: str, period: str) -> None:
        """Everything of one product that comes to a place (+) and leaves it (-) in a period."""

        def count(column: int, amount: float) -> None:
            row[column] = row.get(column, 0.0) + amount

        if self.network.product[product].outside:
            count(self.program.add("bought", place, product, period), 1.0)
        key = ("input", product, period) if place == "" else ("input", product, period, place)
        if key in self.raised:
            count(self.program.add("extra", *key, upper=self.raised[key]), 1.0)
        for recipe in self.network.recipes:
            if place in ("", recipe.site):
                if recipe.product == product:
                    count(self._run(recipe, period), float(recipe.output))
                for used, quantity in recipe.inputs:
                    if used == product:
                        count(self._run(recipe, period), -float(quantity))
        for need in self.network.needs:
            if (need.product, need.period) == (product, period) and place in ("", need.organisation):
                count(self.coverage[need.id][0], -1.0)
        for promise in self.network.promises:
            if (promise.product, promise.period) == (product, period) and place in ("", promise.site):
                count(self.coverage[promise_key(promise)][0], -1.0)
        if place == "":
            return
        for (start, end), cost in self.routes(product).items():
            if place in (start, end):
                column = self.program.add("moved", start, end, product, period)
                self.outside[column] = cost
                count(column, 1.0 if place == end else -1.0)

    def _hours(self) -> None:
        for period in self.periods:
            for machine in self.network.equipment:
                hours = float(machine.hours) + self.raised.get(("equipment", machine.id, period), 0.0)
                used = {
                    self._run(recipe, period): float(each)
                    for recipe in self.network.recipes
                    for name, each in recipe.uses
                    if name == machine.id
                }
                self._at_most(used, hours, "equipment", machine.id, period)
            for site in self.network.sites:
                hours = float(self.network.available_hours(site.id))
                hours += self.raised.get(("labour", site.id, period), 0.0)
                if period == self.first and site.id in self.reopened:
                    hours -= float(self.network.reopening[site.id].hours)
                self._at_most(self._worked(site.id, period), hours, "labour", site.id, period)

    def _at_most(self, row: dict[int, float], limit: float, *name: str) -> None:
        self.program.at_most.append((row, limit, name))

    def _run(self, recipe: Recipe, period: str) -> int:
        return self.program.names["runs", recipe.id, period]

    def _worked(self, site: str, *periods: str) -> dict[int, float]:
        return {
            self._run(recipe, period): float(recipe.labour_hours)
            for recipe in self.network.recipes
            for period in periods
            if recipe.site == site
        }

    # --- places and routes --------------------------------------------------------------------

    def places(self, product: str) -> list[str]:
        """Where the product may be: one pool (""), or with routes every site and every receiver."""
        if self.network.routes is None:
            return [""]
        receivers = {need.organisation for need in self.network.needs if need.product == product}
        return sorted(receivers | {site.id for site in self.network.sites})

    def opening(self, place: str, product: str) -> float:
        """On hand there at the start."""
        return float(
            sum(row.quantity for row in self.network.stocks if row.product == product and place in ("", row.site))
        )

    def routes(self, product: str) -> dict[tuple[str, str], float]:
        """Ways the product may go from a site to a place, with what they cost: its own price beats the blank."""
        found: dict[tuple[str, str], float] = {}
        for named in (None, product):
            for route in self.network.routes or ():
                ends = route.start in self.network.site and route.end in self.places(product)
                if route.product == named and ends and route.start != route.end:
                    found[route.start, route.end] = float(route.cost)
        return found

    def cheapest_way(self, promise: Promise) -> float:
        """Money per unit from the promising site to the receiver, through sites only; infinite when no way."""
        if self.network.routes is None or promise.site == promise.organisation:
            return 0.0
        ways: dict[tuple[str, str], float] = {}
        for named in (None, promise.product):
            for route in self.network.routes:
                if route.product == named:
                    ways[route.start, route.end] = float(route.cost)
        queue, seen = [(0.0, promise.site)], set()
        while queue:
            cost, place = heapq.heappop(queue)
            if place == promise.organisation:
                return cost
            if place in seen or place not in self.network.site:
                continue
            seen.add(place)
            for (start, end), more in ways.items():
                if start == place:
                    heapq.heappush(queue, (cost + more, end))
        return math.inf

    # --- aims ---------------------------------------------------------------------------------

    def reopening_money(self) -> float:
        """What this choice of reopenings costs."""
        return float(sum(self.network.reopening[site].money for site in self.reopened))

    def hold(self, key: str, share: float) -> None:
        """From now on this need (or promise) is covered at least so far."""
        column, needed = self.coverage[key]
        self._at_most({column: -1.0 / needed}, ROOM - share, "cover", key)

    def leximin(self, keys: list[str], slack: float) -> dict[str, float]:
        """Cover the least covered as far as possible, then the next least, and so on; each is held at once."""
        reached: dict[str, float] = {}
        open_keys = list(keys)
        while open_keys:
            level, rows = self._highest_level(open_keys)
            highest = {key: self._how_far(key, rows) for key in open_keys}
            stops = [key for key in open_keys if highest[key] <= level + TOLERANCE]
            stops = stops or [min(open_keys, key=lambda key: (highest[key], key))]
            for key in stops:
                reached[key] = level
                self.hold(key, level * (1 - slack))
            open_keys = [key for key in open_keys if key not in stops]
        return reached

    def _highest_level(self, keys: list[str]) -> tuple[float, list[Row]]:
        """The highest share that all of them can reach together, and rows that ask for it."""
        before = list(self.program.at_most)
        level = self.program.add("level", upper=1.0)
        for key in keys:
            column, needed = self.coverage[key]
            self._at_most({level: 1.0, column: -1.0 / needed}, 0.0, "share", key)
        height, _ = self.program.best({level: 1.0}, largest=True)
        self.program.at_most = before
        height = min(1.0, max(0.0, height))
        held = []
        for key in keys:
            column, needed = self.coverage[key]
            held.append(({column: -1.0 / needed}, ROOM - height, ("share", key)))
        return height, held

    def _how_far(self, key: str, rows: list[Row]) -> float:
        """The highest share this one alone can reach while the rows hold."""
        before = list(self.program.at_most)
        self.program.at_most = before + rows
        column, needed = self.coverage[key]
        share, _ = self.program.best({column: 1.0 / needed}, largest=True)
        self.program.at_most = before
        return share

    def jobs(self, slack: float) -> float | None:
        """Raise the smallest share of available hours worked, and hold it."""
        counted: list[tuple[dict[int, float], float]] = []
        for site in self.network.sites:
            works = site.state != "closed" or site.id in self.reopened
            hours = float(self.network.available_hours(site.id)) * len(self.periods)
            if site.id in self.reopened:
                hours -= float(self.network.reopening[site.id].hours)
            has_recipes = any(recipe.site == site.id for recipe in self.network.recipes)
            if works and has_recipes and hours > 0:
                counted.append((self._worked(site.id, *self.periods), hours))
        if not counted:
            return None
        before = list(self.program.at_most)
        share = self.program.add("share", upper=1.0)
        for worked, hours in counted:
            self._at_most({share: 1.0, **{column: -each / hours for column, each in worked.items()}}, 0.0)
        value, _ = self.program.best({share: 1.0}, largest=True)
        self.program.at_most = before
        for worked, hours in counted:
            held = value * (1 - slack)
            self._at_most({column: -each / hours for column, each in worked.items()}, ROOM - held)
        return value

    def least_outside(self, slack: float) -> float:
        """Spend as little as possible on purchases, transport and reopening, and hold it."""
        value, _ = self.program.best(self.outside, largest=False)
        fixed = self.reopening_money()
        most = (value + fixed) * (1 + slack) - fixed
        self._at_most(self.outside, most + ROOM * max(1.0, abs(most)))
        return value + fixed

    def least_labour(self, slack: float) -> float:
        """Work as few hours as possible, and hold it."""
        hours = {
            self._run(recipe, period): float(recipe.labour_hours)
            for recipe in self.network.recipes
            for period in self.periods
        }
        value, _ = self.program.best(hours, largest=False)
        most = value * (1 + slack)
        self._at_most(hours, most + ROOM * max(1.0, most))
        return value


def tiers(network: Network) -> dict[int, list[str]]:
    """Needs by tier; promises are tier 0."""
    found: dict[int, list[str]] = {}
    for promise in network.promises:
        found.setdefault(0, []).append(promise_key(promise))
    for need in network.needs:
        found.setdefault(need.tier, []).append(need.id)
    return dict(sorted(found.items()))


def choices(network: Network, raised: Mapping[Limit, float]) -> list[tuple[str, ...]]:
    """Every set of closed sites that money and hands allow to reopen: fewest first, then by id."""
    first, budget = network.periods[0].id, network.rules.outside_budget
    most = math.inf if budget is None else float(budget) + raised.get(("budget", first), 0.0)
    closed = [row.site for row in network.reopenings if network.site[row.site].state == "closed"]
    found = []
    for count in range(len(closed) + 1):
        for chosen in itertools.combinations(sorted(closed), count):
            enough = float(sum(network.reopening[site].money for site in chosen)) <= most
            hands = all(
                float(network.reopening[site].hours)
                <= float(network.available_hours(site)) + raised.get(("labour", site, first), 0.0)
                for site in chosen
            )
            if enough and hands:
                found.append(chosen)
    return found


def better(one: list[list[float]], other: list[list[float]]) -> bool:
    """Whether the first vector is leximin greater than the second by more than the tolerance."""
    for mine, theirs in zip(one, other, strict=True):
        for share, their_share in zip(mine, theirs, strict=True):
            if abs(share - their_share) > TOLERANCE:
                return share > their_share
    return False


def reference_plan(
    network: Network,
    *,
    raised: Mapping[Limit, float] | None = None,
    refused: Mapping[tuple[str, str | None], float] | None = None,
    slack: float | None = None,
    reopened: tuple[str, ...] | None = None,
) -> Answer:
    """Plan a small network by brute force.

    raised    limits to raise by an amount, see `Limit`
    refused   (recipe, period) or (recipe, None for every period) -> most runs in a period
    slack     instead of the rule
    reopened  instead of trying every choice
    """
    share = float(network.rules.slack) if slack is None else slack
    best: Choice | None = None
    model: Reference | None = None
    for chosen in choices(network, raised or {}) if reopened is None else [reopened]:
        tried = Reference(network, chosen, raised or {}, refused or {})
        reached = {tier: tried.leximin(keys, share) for tier, keys in tiers(network).items()}
        choice = Choice(chosen, reached)
        if best is None or better(choice.vector(), best.vector()):
            best, model = choice, tried
    assert best is not None and model is not None
    values: dict[str, float | None] = {}
    for aim in network.rules.objectives:
        how = {"jobs": model.jobs, "outside": model.least_outside, "labour": model.least_labour}[aim]
        values[aim] = how(share)
    _, last = model.program.best({}, largest=False)
    solution = {name: float(last[column]) for name, column in model.program.names.items()}
    coverage = {key: float(last[column]) / needed for key, (column, needed) in model.coverage.items()}
    outside, labour = values["outside"], values["labour"]
    assert outside is not None and labour is not None
    return Answer(best.reopened, best.reached, coverage, values["jobs"], outside, labour, solution)


def half_percent(network: Network, answer: Answer) -> dict[int, tuple[float, float]]:
    """What half a percent of slack gives the least covered need of each later tier: (now, then).

    Later than the first tier there is, promises included. The reopenings stay as they were chosen.
    """
    later = list(tiers(network))[1:]
    if not later:
        return {}
    eased = reference_plan(network, slack=0.005, reopened=answer.reopened)
    return {tier: (min(answer.reached[tier].values()), min(eased.reached[tier].values())) for tier in later}
