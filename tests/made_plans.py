"""Plans made by hand or by chance: consistent, not the best, so that prices can be tried without the planner."""

from __future__ import annotations

import random
from decimal import ROUND_FLOOR, Decimal

from hypothesis import strategies

from solidaria.core.network import ZERO, Network
from solidaria.core.result import (
    Certificate,
    Plan,
    Production,
    Purchase,
    Reopened,
    Shipment,
    Supply,
)
from tests.networks import random_network

SIX = Decimal("0.000001")


def a_plan(
    network: Network,
    *,
    runs: dict[tuple[str, str], Decimal] | None = None,
    bought: dict[tuple[str, str], Decimal] | None = None,
    supplies: tuple[Supply, ...] = (),
    reopened: tuple[str, ...] = (),
    shipments: tuple[Shipment, ...] = (),
) -> Plan:
    """A plan from runs by (recipe, period), purchases by (product, period), and who supplies whom."""
    production = []
    for (id, period), count in sorted((runs or {}).items()):
        recipe = network.recipe[id]
        quantity, hours = (count * recipe.output).quantize(SIX), (count * recipe.labour_hours).quantize(SIX)
        production.append(Production(id, recipe.site, recipe.product, period, count, quantity, hours))
    purchases = [
        Purchase(product, period, quantity, quantity * (network.product[product].market_price or ZERO))
        for (product, period), quantity in sorted((bought or {}).items())
    ]
    again = [network.reopening[site] for site in sorted(reopened)]
    return Plan(
        network=network,
        status="made by hand",
        coverage=(),
        production=tuple(production),
        outside=tuple(purchases),
        stocks=(),
        promises=(),
        reopened=tuple(Reopened(row.site, row.money, row.hours) for row in again),
        shipments=shipments,
        shortfalls=(),
        supplies=supplies,
        slack=(),
        certificate=Certificate(0.0, ()),
    )


def random_plan(chance: random.Random, network: Network) -> Plan:
    """Draw a plan that keeps hours and never uses what is not there; machines and budgets are left out of account.

    Period after period recipes are drawn, each run for a random part of what hands and inputs allow, buying what
    may be bought; then needs and promises get a random part of what is there.
    """
    can_reopen = [site for site in network.reopening if network.site[site].state == "closed"]
    able = [site for site in can_reopen if network.reopening[site].hours <= network.available_hours(site)]
    reopened = tuple(site for site in able if chance.random() < 0.6)
    closed = {site.id for site in network.sites if site.state == "closed"} - set(reopened)
    on_hand: dict[str, Decimal] = {}
    for stock in network.stocks:
        on_hand[stock.product] = on_hand.get(stock.product, ZERO) + stock.quantity
    runs: dict[tuple[str, str], Decimal] = {}
    bought: dict[tuple[str, str], Decimal] = {}
    supplies, shipments = [], []

    def part(most: Decimal) -> Decimal:
        share = chance.choice([ZERO, Decimal(1) / 3, Decimal("0.5"), Decimal("0.77"), Decimal(1)])
        return (most * share).quantize(SIX, rounding=ROUND_FLOOR)

    def take(product: str, period: str, quantity: Decimal) -> str | None:
        """Take from what is there, else buy; None when bought."""
        short = quantity - on_hand.get(product, ZERO)
        if short > 0 and network.product[product].outside:
            bought[product, period] = bought.get((product, period), ZERO) + short.quantize(SIX)
            on_hand[product] = ZERO
            return None
        on_hand[product] = on_hand.get(product, ZERO) - quantity
        return "made"

    for turn, period in enumerate(network.periods):
        left = {site.id: network.available_hours(site.id) for site in network.sites}
        for site in reopened if turn == 0 else ():
            left[site] -= network.reopening[site].hours
        for recipe in [chance.choice(network.recipes) for _ in range(6)] if network.recipes else []:
            if recipe.site in closed:
                continue
            most = Decimal(chance.choice([3, 10, 40]))
            if recipe.labour_hours:
                most = min(most, left[recipe.site] / recipe.labour_hours)
            for product, quantity in recipe.inputs:
                if not network.product[product].outside:
                    most = min(most, on_hand.get(product, ZERO) / quantity)
            count = part(most)
            for product, quantity in recipe.inputs:
                take(product, period.id, count * quantity)
            on_hand[recipe.product] = on_hand.get(recipe.product, ZERO) + count * recipe.output
            left[recipe.site] -= count * recipe.labour_hours
            runs[recipe.id, period.id] = runs.get((recipe.id, period.id), ZERO) + count
        here = [(need.id, need) for need in network.needs] + [(None, promise) for promise in network.promises]
        for need, row in here:
            product = network.product[row.product]
            most = row.quantity if product.outside else min(row.quantity, on_hand.get(product.id, ZERO))
            quantity = part(most)
            if row.period != period.id or not quantity:
                continue
            makers = [recipe.site for recipe in network.recipes if recipe.product == product.id]
            from_here = take(product.id, period.id, quantity)
            anywhere = makers or [site.id for site in network.sites]
            site = chance.choice(anywhere) if from_here else None
            supplies.append(Supply(site, need, row.organisation, row.product, period.id, quantity))
        for product in network.products:
            if not product.keeps:
                on_hand[product.id] = ZERO
        for route in network.routes or ():
            quantity = Decimal(chance.randrange(5))
            if quantity and chance.random() < 0.3:
                moved = route.product or network.products[0].id
                money = quantity * route.cost
                shipments.append(Shipment(route.start, route.end, moved, period.id, quantity, money))
    return a_plan(
        network,
        runs=runs,
        bought=bought,
        supplies=tuple(supplies),
        reopened=reopened,
        shipments=tuple(shipments),
    )


def plans(**features: bool | int | None) -> strategies.SearchStrategy[Plan]:
    """Hypothesis strategy: consistent plans of small networks."""
    return strategies.randoms(use_true_random=False).map(
        lambda chance: random_plan(chance, random_network(chance, **features))  # type: ignore[arg-type]
    )


def seeded_plan(seed: int) -> Plan:
    """The same plan for the same seed."""
    chance = random.Random(f"solidaria plan {seed}")
    return random_plan(chance, random_network(chance))
