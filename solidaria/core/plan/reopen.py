"""Which closed sites to reopen: yes or no for each, compared by what they do for the least covered needs.

Choices are compared by their leximin vectors (promises, then tier by tier, each from the least covered need
up); of equal ones the fewest reopenings win, then the ids. Opening every site for nothing gives an upper bound,
and a choice that reaches it needs no further search. The same bound without one site tells whether that site is
in every best choice. Up to EXACT_UP_TO closed sites the answer is exact; beyond it the search stops after so many plans.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from solidaria.core.network import Network
from solidaria.core.plan.leximin import Fair, raise_fairly
from solidaria.core.plan.model import Model
from solidaria.core.plan.solve import Bounds, Solver

EXACT_UP_TO = 10
#: With more closed sites than that, at most this many plans are compared.
MOST_PLANS = 400
#: With so few closed sites it is quicker to try every choice than to ask which sites are needed.
FEW = 3
TOLERANCE = 1e-6

Vector = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Opening:
    """Closed sites that are open: `paid` ones cost their money and hours, `free` ones nothing (for bounds)."""

    paid: tuple[str, ...] = ()
    free: tuple[str, ...] = ()

    def money(self, model: Model) -> float:
        """Money for the reopenings."""
        return float(sum(model.network.reopening[site].money for site in self.paid))

    def working_sites(self, model: Model) -> list[int]:
        """The sites that count in the jobs aim, by position in `job_sites`."""
        open_sites = {*self.paid, *self.free}
        return [
            position
            for position, site in enumerate(model.job_sites)
            if model.network.site[site].state != "closed" or site in open_sites
        ]

    def bounds(self, model: Model) -> Bounds:
        """The model's bounds with these sites open."""
        bounds = Bounds.of(model)
        for recipe in model.network.recipes:
            if recipe.site in self.paid or recipe.site in self.free:
                columns = list(model.run_columns(recipe.id))
                bounds.upper[columns] = model.open_upper[columns]
        for site in self.paid:
            pay_for(model, bounds, site)
        return bounds


def pay_for(model: Model, bounds: Bounds, site: str) -> None:
    """Take what reopening a site costs out of the first period: hours of its members, money of the budget."""
    terms = model.network.reopening[site]
    if site in model.labour_sites:
        row = model.row_labour + model.labour_sites.index(site) * model.periods
        bounds.row_upper[row] -= float(terms.hours) / model.row_scale[row]
    bounds.row_upper[model.row_budget] -= float(terms.money) / model.row_scale[model.row_budget]


def possible(network: Network, sites: tuple[str, ...], more_money: Decimal = Decimal(0)) -> bool:
    """Whether these sites can be reopened together: hours of their own members, and money within the budget."""
    budget = network.rules.outside_budget
    money = sum(network.reopening[site].money for site in sites)
    hours = all(network.reopening[site].hours <= network.available_hours(site) for site in sites)
    return hours and (budget is None or money <= budget + more_money)


def candidates(network: Network, more_money: Decimal = Decimal(0)) -> tuple[str, ...]:
    """The closed sites that can be reopened at all, by id."""
    return tuple(
        row.site
        for row in network.reopenings
        if network.site[row.site].state == "closed" and possible(network, (row.site,), more_money)
    )


def better(one: Vector, other: Vector) -> int:
    """1 when the first vector is fairer, −1 when the second is, 0 when they are equal to the tolerance."""
    for first, second in zip(one, other, strict=True):
        for a, b in zip(first, second, strict=True):
            if abs(a - b) > TOLERANCE:
                return 1 if a > b else -1
    return 0


@dataclass(frozen=True)
class Choice:
    """The reopenings chosen, the fair shares they give, and whether every other choice was ruled out."""

    opening: Opening
    fair: Fair
    exact: bool
    compared: int


def choose(
    solver: Solver,
    slack: float,
    announce: Callable[[int, int], None] = lambda done, most: None,
    widen: Callable[[Bounds], None] = lambda bounds: None,
    more_money: Decimal = Decimal(0),
) -> Choice:
    """Find the best reopenings; `announce` hears how many plans were compared and how many there could be.

    widen       changes the bounds of every choice, for questions such as "with ten more hours …?"
    more_money  what such a question adds to the outside budget of the first period
    """
    model, network = solver.model, solver.model.network
    closed = candidates(network, more_money)

    def fair_with(opening: Opening) -> Fair:
        bounds = opening.bounds(model)
        widen(bounds)
        return raise_fairly(solver, bounds, slack)

    nothing = Opening()
    best, best_fair = nothing, fair_with(nothing)
    best_vector = best_fair.vector(model)
    if not closed:
        return Choice(best, best_fair, True, 1)
    most = min(2 ** len(closed), MOST_PLANS if len(closed) > EXACT_UP_TO else 2 ** len(closed))
    ceiling = fair_with(Opening(free=closed)).vector(model)
    compared, exact = 2, True
    needed: set[str] = set()
    if better(ceiling, best_vector) > 0 and len(closed) > FEW:
        # What all together reach, no choice without a site can fall short of: then that site is in every best choice.
        bar = (
            fair_with(Opening(paid=closed)).vector(model) if possible(network, closed, more_money) else best_vector
        )
        bar = bar if better(bar, best_vector) > 0 else best_vector
        for site in closed:
            without = tuple(other for other in closed if other != site)
            if better(bar, fair_with(Opening(free=without)).vector(model)) > 0:
                needed.add(site)
            compared += 1
            announce(compared, most)

    for size in range(1, len(closed) + 1):
        if better(ceiling, best_vector) <= 0:
            break
        for chosen in combinations(closed, size):
            if not needed.issubset(chosen) or not possible(network, chosen, more_money):
                continue
            if compared >= most and len(closed) > EXACT_UP_TO:
                exact = False
                break
            opening = Opening(paid=chosen)
            fair = fair_with(opening)
            compared += 1
            announce(compared, most)
            vector = fair.vector(model)
            if better(vector, best_vector) > 0:
                best, best_fair, best_vector = opening, fair, vector
                if better(ceiling, best_vector) <= 0:
                    break
        if not exact:
            break
    return Choice(best, best_fair, exact, compared)
