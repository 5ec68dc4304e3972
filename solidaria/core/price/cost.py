"""What a unit of each recipe costs, line by line, and the one price every buyer in the network sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from solidaria.core.money import split
from solidaria.core.network import ZERO, Network, Recipe
from solidaria.core.price.circle import circles, solve
from solidaria.core.price.hour import Hour, hours_of, rounded, snap
from solidaria.core.problem import Sentence, say
from solidaria.core.result import PRICE_LINES, Amount, NetworkPrice, Plan, UnitCost

#: The lines that are a site's own, whatever its inputs cost.
OWN_LINES = ("wages", "contributions", "democracy", "overhead", "reserve", "community")

#: Stands for "bought outside" among site ids, none of which is empty.
_OUTSIDE = ""


@dataclass(frozen=True)
class Costs:
    """Exact costs and prices, unrounded.

    made      recipe -> units made over the whole plan, only recipes that run
    bought    product -> units bought outside over the whole plan, only those bought
    lines     recipe -> line -> money per unit, only recipes that have a price
    prices    product -> network price, only products that have one
    warnings  products whose price could not be worked out from their costs, and what stands instead
    """

    made: dict[str, Decimal]
    bought: dict[str, Decimal]
    lines: dict[str, dict[str, Decimal]]
    prices: dict[str, Decimal]
    warnings: tuple[Sentence, ...]

    def unit_cost(self, recipe: str) -> Decimal:
        """The sum of a recipe's lines."""
        return sum(self.lines[recipe].values(), ZERO)


def work_out(network: Network, plan: Plan) -> Costs:
    """Costs of every recipe that has a price and network prices of every product that has one, solved together.

    Call it with the PRECISE context set.
    """
    made, bought = _quantities(plan)
    hours = hours_of(network)
    own = {recipe.id: own_lines(network, recipe, hours[recipe.site]) for recipe in network.recipes}
    solved, closed = _solved(network, made, bought, own)
    prices = _all_prices(network, plan, made, bought, solved)
    made_products = {network.recipe[recipe].product for recipe in made}
    lines = {}
    for recipe in network.recipes:
        if recipe.id not in made and not all(
            product in made_products or network.product[product].market_price is not None
            for product, _ in recipe.inputs
        ):
            continue
        circle = closed.get(recipe.product) if recipe.id in made else None
        lines[recipe.id] = _with_inputs(
            network, recipe, own[recipe.id], prices, made_products, circle or frozenset()
        )
    return Costs(made, bought, lines, prices, _warnings(network, plan, prices, made_products, closed))


def own_lines(network: Network, recipe: Recipe, hour: Hour) -> dict[str, Decimal]:
    """The lines of OWN_LINES per unit of the recipe's product, unrounded."""
    hours = recipe.labour_hours / recipe.output
    wages, contributions = hours * hour.wages, hours * hour.contributions
    democracy, overhead = hours * hour.democracy, hours * hour.overhead
    base = wages + contributions + democracy + overhead
    return {
        "wages": wages,
        "contributions": contributions,
        "democracy": democracy,
        "overhead": overhead,
        "reserve": network.rules.reserve * base,
        "community": network.rules.community * base,
    }


def _quantities(plan: Plan) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Units made by recipe and bought by product over all periods, without those that are zero."""
    made: dict[str, Decimal] = {}
    bought: dict[str, Decimal] = {}
    for row in plan.production:
        made[row.recipe] = made.get(row.recipe, ZERO) + row.quantity
    for purchase in plan.outside:
        bought[purchase.product] = bought.get(purchase.product, ZERO) + purchase.quantity
    return (
        {recipe: made[recipe] for recipe in sorted(made) if made[recipe] > 0},
        {product: bought[product] for product in sorted(bought) if bought[product] > 0},
    )


def market_or_nothing(network: Network, product: str) -> Decimal:
    """The market price, or 0 where it is not known."""
    return network.product[product].market_price or ZERO


def _solved(
    network: Network,
    made: Mapping[str, Decimal],
    bought: Mapping[str, Decimal],
    own: Mapping[str, Mapping[str, Decimal]],
) -> tuple[dict[str, Decimal], dict[str, frozenset[str]]]:
    """Prices of the products the plan makes, and the circles whose products are only used up again.

    The second is product -> all products of its circle, for those circles only.
    """
    total: dict[str, Decimal] = {}
    for id, quantity in made.items():
        product = network.recipe[id].product
        total[product] = total.get(product, ZERO) + quantity
    cost = {product: ZERO for product in total}
    uses: dict[str, dict[str, Decimal]] = {product: {} for product in total}
    for id, quantity in made.items():
        recipe = network.recipe[id]
        each = sum(own[id].values(), ZERO)
        for product, amount in recipe.inputs:
            per_unit = amount / recipe.output
            if product in total:
                row = uses[recipe.product]
                row[product] = row.get(product, ZERO) + quantity * per_unit
            else:
                each += per_unit * market_or_nothing(network, product)
        cost[recipe.product] += quantity * each
    for product, quantity in bought.items():
        if product in total:
            cost[product] += quantity * market_or_nothing(network, product)
            total[product] += quantity
    prices: dict[str, Decimal] = {}
    closed: dict[str, frozenset[str]] = {}
    for circle in circles({product: tuple(uses[product]) for product in sorted(uses)}):
        place = {product: index for index, product in enumerate(circle)}
        before, within = [], []
        for product in circle:
            row = {needed: quantity / total[product] for needed, quantity in uses[product].items()}
            given = (quantity * prices[needed] for needed, quantity in row.items() if needed not in place)
            before.append(sum(given, cost[product] / total[product]))
            within.append({place[needed]: quantity for needed, quantity in row.items() if needed in place})
        answer = solve(before, within) if any(within) else before
        if answer is None:
            market = [market_or_nothing(network, product) for product in circle]
            answer = [
                sum((quantity * market[needed] for needed, quantity in row.items()), start)
                for start, row in zip(before, within, strict=True)
            ]
            closed.update(dict.fromkeys(circle, frozenset(circle)))
        prices.update(zip(circle, answer, strict=True))
    return prices, closed


def _all_prices(
    network: Network,
    plan: Plan,
    made: Mapping[str, Decimal],
    bought: Mapping[str, Decimal],
    solved: Mapping[str, Decimal],
) -> dict[str, Decimal]:
    """The price of every product that is made, bought, on hand, used as an input or supplied."""
    listed = set(solved) | set(bought) | {row.product for row in plan.supplies}
    listed |= {stock.product for stock in network.stocks if stock.quantity > 0}
    for recipe in network.recipes:
        known = (product for product, _ in recipe.inputs if network.product[product].market_price is not None)
        listed.update(known)
        if recipe.id in made:
            listed.update(product for product, _ in recipe.inputs)
    return {
        product: solved[product] if product in solved else market_or_nothing(network, product)
        for product in sorted(listed)
    }


def _with_inputs(
    network: Network,
    recipe: Recipe,
    own: Mapping[str, Decimal],
    prices: Mapping[str, Decimal],
    made_products: set[str],
    circle: frozenset[str],
) -> dict[str, Decimal]:
    """All lines of PRICE_LINES per unit; inputs of its own closed circle count at market price or nothing."""
    outside = inside = ZERO
    for product, quantity in recipe.inputs:
        per_unit = quantity / recipe.output
        if product in made_products:
            inside += per_unit * (market_or_nothing(network, product) if product in circle else prices[product])
        else:
            outside += per_unit * prices[product]
    return {"outside_inputs": outside, "network_inputs": inside, **own}


def _warnings(
    network: Network,
    plan: Plan,
    prices: Mapping[str, Decimal],
    made_products: set[str],
    closed: Mapping[str, frozenset[str]],
) -> tuple[Sentence, ...]:
    """What an assembly must know about prices that could not be worked out from costs."""
    found = []
    for circle in sorted({tuple(sorted(circle)) for circle in closed.values()}):
        found.append(
            say(
                "{products}: the plan makes these only to use them up again for each other, so their costs give "
                "no price. Inside this circle each counts at its market price, or at nothing where none is known.",
                products=", ".join(network.product[product].name for product in circle),
            )
        )
    used = {product for recipe in network.recipes for product, _ in recipe.inputs}
    supplied = {row.product for row in plan.supplies}
    for product in sorted((used | supplied) & set(prices) - made_products):
        if network.product[product].market_price is None:
            found.append(
                say(
                    "{product} comes from stock, nobody makes it in this plan and its market price is not known: "
                    "it is handed over at nothing.",
                    product=network.product[product].name,
                )
            )
    return tuple(found)


def unit_costs(network: Network, costs: Costs, decimals: int) -> tuple[UnitCost, ...]:
    """Unit costs rounded to so many decimals; the lines of each add up to its unit cost."""
    rows = []
    for id in sorted(costs.lines):
        recipe = network.recipe[id]
        exact = {line: snap(amount) for line, amount in costs.lines[id].items()}
        total = rounded(costs.unit_cost(id), decimals)
        shares = split(total, exact, decimals)
        rows.append(UnitCost(id, recipe.site, recipe.product, total, {line: shares[line] for line in PRICE_LINES}))
    return tuple(rows)


def network_prices(network: Network, costs: Costs, decimals: int) -> tuple[NetworkPrice, ...]:
    """Network prices rounded to so many decimals, beside the market price."""
    return tuple(
        NetworkPrice(product, rounded(price, decimals), network.product[product].market_price)
        for product, price in costs.prices.items()
    )


def equalisation(network: Network, costs: Costs, decimals: int) -> tuple[Amount, ...]:
    """What each site receives (positive) or gives (negative) because all its goods go at one price.

    One row for every site that makes something, and one with site None when something is bought outside.
    The rows add up to zero exactly.
    """
    exact: dict[str, Decimal] = {}
    for id, quantity in costs.made.items():
        recipe = network.recipe[id]
        difference = quantity * (costs.unit_cost(id) - costs.prices[recipe.product])
        exact[recipe.site] = exact.get(recipe.site, ZERO) + difference
    outside = sum(
        (
            quantity * (market_or_nothing(network, product) - costs.prices[product])
            for product, quantity in costs.bought.items()
        ),
        ZERO,
    )
    return split_by_site(ZERO, exact, outside if costs.bought else None, decimals)


def split_by_site(
    total: Decimal, sites: Mapping[str, Decimal], outside: Decimal | None, decimals: int
) -> tuple[Amount, ...]:
    """Split a total over sites, and over goods bought outside when not None: that row comes last, site None."""
    parts = {site: snap(amount) for site, amount in sites.items()}
    if outside is not None:
        parts[_OUTSIDE] = snap(outside)
    amounts = split(total, parts, decimals)
    rows = [Amount(site, amounts[site]) for site in sorted(sites)]
    return tuple(rows if outside is None else [*rows, Amount(None, amounts[_OUTSIDE])])
