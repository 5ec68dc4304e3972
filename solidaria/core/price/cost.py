"""What a unit of each recipe costs, line by line, and the one price every buyer in the network sees."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
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
class Web:
    """How the products that the plan makes go into each other, over the whole plan.

    units    product -> units made and bought
    uses     product -> product it is made from -> units per unit, bought units counting as made from nothing
    circles  groups of products that need each other, inputs first
    """

    units: dict[str, Decimal]
    uses: dict[str, dict[str, Decimal]]
    circles: list[list[str]]


@dataclass(frozen=True)
class Costs:
    """Exact costs and prices, unrounded.

    made      recipe -> units made over the whole plan, only recipes that run
    bought    product -> units bought outside over the whole plan, only those bought
    lines     recipe -> line -> money per unit, only recipes that have a price
    prices    product -> network price, only products that have one
    web       how the products the plan makes go into each other
    closed    products made only to be used up again by each other
    warnings  products whose price could not be worked out from their costs, and what stands instead
    """

    made: dict[str, Decimal]
    bought: dict[str, Decimal]
    lines: dict[str, dict[str, Decimal]]
    prices: dict[str, Decimal]
    web: Web
    closed: frozenset[str]
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
    web = _web(network, made, bought)
    instead = {product: market_or_nothing(network, product) for product in web.units}
    solved, closed = _passed_on(web, _own_costs(network, made, bought, own, web), instead)
    prices = _all_prices(network, plan, made, bought, solved)
    made_products = set(web.units)
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
    warnings = _warnings(network, plan, prices, made_products, closed)
    return Costs(made, bought, lines, prices, web, frozenset(closed), warnings)


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


def _web(network: Network, made: Mapping[str, Decimal], bought: Mapping[str, Decimal]) -> Web:
    """The web of a plan's products."""
    units: dict[str, Decimal] = {}
    for id, quantity in made.items():
        product = network.recipe[id].product
        units[product] = units.get(product, ZERO) + quantity
    uses: dict[str, dict[str, Decimal]] = {product: {} for product in sorted(units)}
    for id, quantity in made.items():
        recipe = network.recipe[id]
        row = uses[recipe.product]
        for product, amount in recipe.inputs:
            if product in units:
                row[product] = row.get(product, ZERO) + quantity * amount / recipe.output
    for product, quantity in bought.items():
        if product in units:
            units[product] += quantity
    for product, row in uses.items():
        uses[product] = {used: quantity / units[product] for used, quantity in row.items()}
    return Web(units, uses, circles({product: tuple(row) for product, row in uses.items()}))


def _own_costs(
    network: Network,
    made: Mapping[str, Decimal],
    bought: Mapping[str, Decimal],
    own: Mapping[str, Mapping[str, Decimal]],
    web: Web,
) -> dict[str, Decimal]:
    """Money per unit of each product the plan makes, without what it uses of other products of the web."""
    cost = dict.fromkeys(web.units, ZERO)
    for id, quantity in made.items():
        recipe = network.recipe[id]
        each = sum(own[id].values(), ZERO)
        for product, amount in recipe.inputs:
            if product not in web.units:
                each += amount * market_or_nothing(network, product) / recipe.output
        cost[recipe.product] += quantity * each
    for product, quantity in bought.items():
        if product in cost:
            cost[product] += quantity * market_or_nothing(network, product)
    return {product: amount / web.units[product] for product, amount in cost.items()}


def _passed_on(
    web: Web,
    own: Mapping[str, Decimal],
    instead: Mapping[str, Decimal],
    closed: AbstractSet[str] | None = None,
) -> tuple[dict[str, Decimal], dict[str, frozenset[str]]]:
    """Pass costs on from product to product: what each carries in all, and which products are in a closed circle.

    own      product -> money per unit, without what it uses of the web
    instead  product -> what a unit of it counts as inside a closed circle (one that is only used up again)
    closed   products known to be in closed circles; None to find out

    The second answer is product -> all products of its circle, for closed circles only.
    """
    passed: dict[str, Decimal] = {}
    found: dict[str, frozenset[str]] = {}
    for circle in web.circles:
        place = {product: index for index, product in enumerate(circle)}
        before, within = [], []
        for product in circle:
            row = web.uses[product]
            given = (quantity * passed[used] for used, quantity in row.items() if used not in place)
            before.append(sum(given, own[product]))
            within.append({place[used]: quantity for used, quantity in row.items() if used in place})
        answer: list[Decimal] | None = before
        if any(within):
            if closed is None:
                answer = solve(before, within)
            else:
                answer = None if circle[0] in closed else solve(before, within, rounds=None)
        if answer is None:
            answer = [
                sum((quantity * instead[circle[index]] for index, quantity in row.items()), start)
                for start, row in zip(before, within, strict=True)
            ]
            found.update(dict.fromkeys(circle, frozenset(circle)))
        passed.update(zip(circle, answer, strict=True))
    return passed, found


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


def all_told(network: Network, costs: Costs, decimals: int) -> dict[str, dict[str, Decimal]]:
    """What the price of each product that the plan makes is made of in the end, traced back to work and purchases.

    product -> line -> money per unit: OWN_LINES, and "outside" for what is bought outside anywhere on the way.
    The lines of a product add up to its network price.
    """
    web, rules = costs.web, network.rules
    nothing = dict.fromkeys(web.units, ZERO)

    def passed(line: str) -> dict[str, Decimal]:
        own = dict.fromkeys(web.units, ZERO)
        for id, quantity in costs.made.items():
            own[network.recipe[id].product] += quantity * costs.lines[id][line]
        own = {product: amount / web.units[product] for product, amount in own.items()}
        return _passed_on(web, own, nothing, costs.closed)[0]

    wages, democracy, overhead = passed("wages"), passed("democracy"), passed("overhead")
    found = {}
    for product in web.units:
        base = wages[product] * (1 + rules.contributions) + democracy[product] + overhead[product]
        exact = {
            "wages": wages[product],
            "contributions": wages[product] * rules.contributions,
            "democracy": democracy[product],
            "overhead": overhead[product],
            "reserve": base * rules.reserve,
            "community": base * rules.community,
        }
        whole = {"outside": costs.prices[product] - sum(exact.values(), ZERO), **exact}
        price = rounded(costs.prices[product], decimals)
        found[product] = split(price, {line: snap(amount) for line, amount in whole.items()}, decimals)
    return dict(sorted(found.items()))
