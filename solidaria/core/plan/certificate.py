"""Verify a plan without a solver: that it keeps every limit, and that no plan could be fairer.

The limits are written out again from the network (certificate_rows.py) and the plan's rounded quantities put
in. For fairness, each level of the plan carries weights and multipliers, and weak duality turns them into a bound
by plain sums, whoever found them and however: for every plan that keeps the limits and leaves each earlier level
at what it holds,

    least coverage of the level's needs  ≤  Σ weight × coverage
                                         ≤  Σ multiplier × limit  −  Σ holding price × held share
                                            +  Σ max(0, reduced value of a quantity) × the most it can be

because the weights add up to one, prices of "at most" limits are not negative, and whatever a quantity is worth
beyond its prices counts at most as often as the quantity can be.

Keys of multipliers (Level.multipliers), each the value of one more unit of what the limit allows:

    ("equipment", equipment, period)   ("labour", site, period)   ("budget", period)          hours, hours, money
    ("balance", product, period)       or with routes ("balance", place, product, period)     goods; any sign
    ("final", product)                 or with routes ("final", site, product)                closing stock
    ("cover", need or promise)         what holding an earlier need at its share costs, per share of it
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from solidaria.core.money import currency_decimals
from solidaria.core.network import Network, Promise
from solidaria.core.plan.certificate_rows import POOL, Array, Key, Rows, Ways, promise_name, write_rows
from solidaria.core.plan.refusals import Refusal
from solidaria.core.problem import Sentence, say
from solidaria.core.result import Level, Plan

#: Relative for limits, absolute for shares of coverage. Source: docs/plan.md, "holds to 1e-6 relative".
TOLERANCE = 1e-6

#: What rounding to 6 decimals can do to a quantity, and so, times its amount in a limit, to the limit.
ROUNDING = 0.5e-6

#: A quantity without a bound is worth nothing more when its reduced value is no more than this.
NOTHING = 1e-9


@dataclass(frozen=True)
class Finding:
    """Something the plan says that is not so.

    where    the limit, quantity or need, as a tuple of words and ids
    amount   by how much: relative for limits, in shares of coverage for levels
    """

    where: Key
    amount: float
    what: Sentence


@dataclass(frozen=True)
class LevelCheck:
    """What the multipliers of one level prove.

    share      the share the plan claims
    bound      the largest share the level's needs can have, recomputed here; infinite when nothing is proved
    unproved   needs of the level with no weight: nothing is proved about them alone
    """

    tier: int
    share: float
    needs: tuple[str, ...]
    bound: float
    unproved: tuple[str, ...]


@dataclass(frozen=True)
class CertificateCheck:
    """What the check found.

    max_violation   the largest relative violation of a limit, beyond what rounding quantities explains
    where           the limit that is violated most; None when none is
    levels          the levels with their recomputed bounds
    findings        everything that is wrong, the limits first
    """

    max_violation: float
    where: Key | None
    levels: tuple[LevelCheck, ...]
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def check(
    network: Network, plan: Plan, refusals: Iterable[Refusal] = (), tolerance: float = TOLERANCE
) -> CertificateCheck:
    """Check a plan of a network against every limit and every claim of fairness.

    refusals    lines that sites refused when the plan was made
    tolerance   relative for limits, absolute for shares of coverage
    """
    refused = {(row.recipe, row.period): row.most_runs for row in refusals}
    reopened, findings = _reopened(network, plan)
    rows = write_rows(network, reopened, refused)
    values = dict.fromkeys(rows.columns, 0.0)
    findings += _put_in(network, plan, values)
    findings += _arithmetic(network, plan, tolerance)
    findings += _supplies(network, plan, tolerance)
    violations = _violations(network, plan, rows, values)
    findings += [row for row in violations if row.amount > tolerance]
    levels, unfair = _fairness(network, plan, rows, values, tolerance)
    worst = max(violations, key=lambda row: row.amount, default=None)
    if worst is not None and worst.amount == 0:
        worst = None
    return CertificateCheck(
        worst.amount if worst else 0.0, worst.where if worst else None, tuple(levels), tuple(findings + unfair)
    )


# --- what the plan says of itself -----------------------------------------------------------------


def _reopened(network: Network, plan: Plan) -> tuple[frozenset[str], list[Finding]]:
    """The reopened sites that can be reopened, and what is wrong with the rest."""
    chosen, findings = set(), []
    for row in plan.reopened:
        known = network.reopening.get(row.site)
        if known is None or network.site[row.site].state != "closed" or row.site in chosen:
            what = say("{site} cannot be reopened.", site=row.site)
            findings.append(Finding(("reopened", row.site), 1.0, what))
            continue
        chosen.add(row.site)
        if (row.money, row.hours) != (known.money, known.hours):
            what = say(
                "Reopening {site} takes {money} and {hours} hours, not what the plan says.",
                site=row.site,
                money=known.money,
                hours=known.hours,
            )
            findings.append(Finding(("reopened", row.site), 1.0, what))
    return frozenset(chosen), findings


def _put_in(network: Network, plan: Plan, values: dict[Key, float]) -> list[Finding]:
    """Put the plan's quantities in their columns; purchases and movements with routes are dealt with later."""
    said: list[tuple[Key, Decimal]] = []
    said += [(("runs", row.recipe, row.period), row.runs) for row in plan.production]
    said += [(("delivered", row.need), row.delivered) for row in plan.coverage]
    said += [
        (
            ("promised", promise_name(Promise(row.site, row.organisation, row.product, row.quantity, row.period))),
            row.delivered,
        )
        for row in plan.promises
    ]
    said += [(("stock", row.site or POOL, row.product, row.period), row.quantity) for row in plan.stocks]
    said += [(("moved", row.start, row.end, row.product, row.period), row.quantity) for row in plan.shipments]
    if network.routes is None:
        said += [(("bought", POOL, row.product, row.period), row.quantity) for row in plan.outside]
    findings, seen = [], set()
    for key, quantity in said:
        if key in seen:
            findings.append(Finding(key, 1.0, say("{what} is in the plan twice.", what=" ".join(key))))
        elif key in values:
            values[key] = float(quantity)
        elif quantity != 0 and key[0] != "moved":
            what = say("{what}: the network has no such thing.", what=" ".join(key))
            findings.append(Finding(key, 1.0, what))
        seen.add(key)
    expected = [("delivered", need.id) for need in network.needs]
    expected += [("promised", promise_name(promise)) for promise in network.promises]
    for key in expected:
        if key not in seen:
            findings.append(Finding(key, 1.0, say("The plan says nothing of {need}.", need=key[1])))
    return findings


def _off(said: Decimal | float, true: Decimal | float, rounding: float) -> float:
    """How far a figure is from what it should be, relative, beyond rounding."""
    difference = abs(float(said) - float(true)) - rounding
    return max(0.0, difference) / max(abs(float(said)), abs(float(true)), 1e-300)


def _arithmetic(network: Network, plan: Plan, tolerance: float) -> list[Finding]:
    """Figures that repeat or multiply others: hours, quantities made, money, shares."""
    wrong: list[tuple[Key, float]] = []
    cent = 0.5 * 10.0 ** -currency_decimals(network.rules.currency)
    ways = Ways(network)
    costs = {product.id: ways.costs(product.id) for product in network.products}
    for made in plan.production:
        recipe = network.recipe.get(made.recipe)
        if recipe is not None:
            same = (made.site, made.product) == (recipe.site, recipe.product)
            quantity = _off(made.quantity, made.runs * recipe.output, _rounded(recipe.output))
            hours = _off(made.hours, made.runs * recipe.labour_hours, _rounded(recipe.labour_hours))
            wrong.append((("runs", made.recipe, made.period), max(quantity, hours, float(not same))))
    for bought in plan.outside:
        product = network.product.get(bought.product)
        price = product.market_price if product is not None and product.outside else None
        where: Key = ("bought", bought.product, bought.period)
        if price is None:
            wrong.append((where, float(bought.quantity != 0)))
        else:
            cost = bought.quantity * price
            wrong.append((where, _off(bought.money, cost, _rounded(price) + cent)))
    for moved in plan.shipments:
        way = ("moved", moved.start, moved.end, moved.product, moved.period)
        each = costs.get(moved.product, {}).get((moved.start, moved.end))
        if each is None:
            wrong.append((way, float(moved.quantity != 0)))
        else:
            wrong.append((way, _off(moved.money, moved.quantity * each, _rounded(each) + cent)))
    return [
        Finding(where, amount, say("{what}: figures that belong together do not agree.", what=" ".join(where)))
        for where, amount in [*wrong, *_repeated(network, plan)]
        if amount > tolerance
    ]


def _rounded(each: Decimal) -> float:
    """How far a rounded product of a rounded quantity may be off."""
    return ROUNDING * (1 + float(each))


def _repeated(network: Network, plan: Plan) -> Iterator[tuple[Key, float]]:
    """What the plan repeats of needs and promises, and the shares and shortfalls that follow."""
    promised = {promise.key: promise.quantity for promise in network.promises}
    covered = {row.need: row for row in plan.coverage}
    for row in plan.coverage:
        need = network.need.get(row.need)
        if need is not None:
            said = (row.organisation, row.product, row.period, row.tier, row.needed)
            same = said == (need.organisation, need.product, need.period, need.tier, need.quantity)
            share = abs(row.share - float(row.delivered / need.quantity))
            yield ("delivered", row.need), max(share - ROUNDING / float(need.quantity), float(not same))
    for kept in plan.promises:
        key = (kept.site, kept.organisation, kept.product, kept.period)
        yield ("promised", *key), float(promised.get(key, kept.quantity) != kept.quantity)
    for short in plan.shortfalls:
        need_row = covered.get(short.need)
        missing = need_row.needed - need_row.delivered if need_row else Decimal(0)
        yield ("shortfall", short.need), _off(short.missing, missing, 2 * ROUNDING)


# --- limits ---------------------------------------------------------------------------------------


def _supplies(network: Network, plan: Plan, tolerance: float) -> list[Finding]:
    """Who supplies whom adds up to what is delivered, and nobody supplies more than there was to supply."""
    free = network.routes is None
    due: dict[Key, list[Decimal]] = {}
    for row in plan.coverage:
        due[("supplied", row.need)] = [row.delivered]
    for kept in plan.promises:
        site = "" if free else kept.site
        due.setdefault(("supplied", site, kept.organisation, kept.product, kept.period), []).append(kept.delivered)
    given: dict[Key, list[Decimal]] = {}
    for supply in plan.supplies:
        site = "" if free else supply.site or ""
        key: Key = ("supplied", site, supply.organisation, supply.product, supply.period)
        given.setdefault(key if supply.need is None else ("supplied", supply.need), []).append(supply.quantity)
    findings = []
    for key in sorted({*due, *given}):
        rounding = ROUNDING * (len(due.get(key, [])) + len(given.get(key, [])))
        amount = _off(sum(given.get(key, [])), sum(due.get(key, [])), rounding)
        if amount > tolerance:
            what = say("{what}: what sites supply does not add up to what is delivered.", what=" ".join(key[1:]))
            findings.append(Finding(key, amount, what))
    return findings + (_more_than_there_was(network, plan, tolerance) if free else [])


def _more_than_there_was(network: Network, plan: Plan, tolerance: float) -> list[Finding]:
    """Sites that supply more of a product than they had, made and (outside) was bought until then."""
    order = {period.id: number for number, period in enumerate(network.periods)}
    came: dict[tuple[str, str], list[float]] = {}
    left: dict[tuple[str, str], list[float]] = {}

    def add(
        table: dict[tuple[str, str], list[float]], site: str, product: str, period: int, amount: float
    ) -> None:
        table.setdefault((site, product), [0.0] * len(order))[period] += amount

    for stock in network.stocks:
        add(came, stock.site, stock.product, 0, float(stock.quantity))
    for made in plan.production:
        add(came, made.site, made.product, order.get(made.period, 0), float(made.quantity) + ROUNDING)
    for bought in plan.outside:
        add(came, "", bought.product, order.get(bought.period, 0), float(bought.quantity) + ROUNDING)
    for supply in plan.supplies:
        add(
            left, supply.site or "", supply.product, order.get(supply.period, 0), float(supply.quantity) - ROUNDING
        )
    findings = []
    for (site, product), quantities in sorted(left.items()):
        had = itertools.accumulate(came.get((site, product), [0.0] * len(order)))
        gave = itertools.accumulate(quantities)
        amount = max((more - most) / max(more, 1e-300) for most, more in zip(had, gave, strict=True))
        if amount > tolerance:
            what = say("{site} supplies more {product} than it has.", site=site or "—", product=product)
            findings.append(Finding(("supplied by", site, product), amount, what))
    return findings


def _violations(network: Network, plan: Plan, rows: Rows, values: dict[Key, float]) -> list[Finding]:
    """Every limit with its relative violation beyond rounding, 0 when it is kept."""
    found = list(_own_limits(rows, values))
    if network.routes is not None:
        found += _trace_promises(network, plan, values)
    x = np.array([values[key] for key in rows.columns])
    row, column, amount = rows.arrays
    limits, count = np.array(rows.limits), len(rows.limits)
    used = np.bincount(row, amount * x[column], count) - limits
    scale = np.bincount(row, np.abs(amount * x[column]), count) + np.abs(limits)
    rounding = ROUNDING * np.bincount(row, np.abs(amount) * (x[column] != 0), count)
    bought: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for key, index in rows.rows.items():
        over = float(used[index])
        if key[0] == "budget":
            continue
        if key[0] == "balance" and len(key) == 4 and network.product[key[2]].outside:
            # where goods were bought is not said: what is lacking anywhere must be what was bought in all
            bought.setdefault((key[2], key[3]), []).append((over, float(scale[index]), float(rounding[index])))
            over = max(0.0, -over)
        over = abs(over) if key[0] == "balance" else max(0.0, over)
        size = max(0.0, over - float(rounding[index])) / max(float(scale[index]), 1e-300)
        found.append(Finding(key, size, say("{what}: more is used than there is.", what=" ".join(key))))
    found += _bought_places(plan, bought)
    found += _spent(network, plan, rows)
    return found


def _own_limits(rows: Rows, values: Mapping[Key, float]) -> Iterator[Finding]:
    """Quantities below zero, or above what is needed, refused, or possible at a closed site."""
    for key, column in rows.columns.items():
        value, upper = values[key], rows.upper[column]
        over = max(-value, value - upper) - ROUNDING
        if over > 0:
            yield Finding(key, over / max(abs(value), 1e-300), say("{what}: not possible.", what=" ".join(key)))


def _bought_places(
    plan: Plan, lacking: Mapping[tuple[str, str], Sequence[tuple[float, float, float]]]
) -> Iterator[Finding]:
    """With routes: what places lack of a product in a period is what was bought of it."""
    bought = {(row.product, row.period): float(row.quantity) for row in plan.outside}
    for (product, period), places in lacking.items():
        over = abs(sum(over for over, _, _ in places) - bought.get((product, period), 0.0))
        over = max(0.0, over - sum(rounding for _, _, rounding in places) - ROUNDING)
        scale = max(sum(size for _, size, _ in places), 1e-300)
        what = say(
            "{product} in {period}: what is bought is not what places lack.", product=product, period=period
        )
        yield Finding(("bought", product, period), over / scale, what)


def _spent(network: Network, plan: Plan, rows: Rows) -> Iterator[Finding]:
    """Money for purchases against each period's budget."""
    for key, index in rows.rows.items():
        if key[0] == "budget":
            spent = [
                (float(row.quantity), float(network.product[row.product].market_price or 0))
                for row in plan.outside
                if row.period == key[1] and row.product in network.product
            ]
            limit = rows.limits[index]
            total = sum(quantity * price for quantity, price in spent)
            over = max(0.0, total - limit - ROUNDING * sum(price for _, price in spent))
            what = say("More is spent outside in {period} than the budget allows.", period=key[1])
            yield Finding(key, over / max(abs(limit), total, 1e-300), what)


def _trace_promises(network: Network, plan: Plan, values: dict[Key, float]) -> Iterator[Finding]:
    """Take what keeps promises out of the movements, each from its site along its cheapest way.

    What is left in `values` are the movements that meet needs. When equally cheap ways leave a choice, any
    way that was really used will do.
    """
    ways = Ways(network)
    moved: dict[tuple[str, str], dict[tuple[str, str], float]] = {}
    for shipment in plan.shipments:
        edges = moved.setdefault((shipment.product, shipment.period), {})
        edges[shipment.start, shipment.end] = edges.get((shipment.start, shipment.end), 0.0) + float(
            shipment.quantity
        )
    for promise in network.promises:
        left = values["promised", promise_name(promise)]
        edges = moved.get((promise.product, promise.period), {})
        cheapest = ways.cheapest(promise)
        if left > 0 and cheapest:
            for path in itertools.chain([cheapest], _used_ways(edges, promise, network)):
                if left <= 0:
                    break
                take = min([left, *(edges.get(step, 0.0) for step in path)])
                for step in path if take > 0 else ():
                    edges[step] -= take
                left -= max(0.0, take)
            allowed = ROUNDING * (len(cheapest) + 1)
            key: Key = ("promised", promise_name(promise))
            what = say("{promise}: the goods do not travel to the receiver.", promise=promise_name(promise))
            yield Finding(key, max(0.0, left - allowed) / max(left, 1e-300), what)
    for (product, period), edges in moved.items():
        for (start, end), quantity in edges.items():
            key = ("moved", start, end, product, period)
            if key in values:
                values[key] = quantity
            else:
                what = say("{what}: goods are moved where nobody needs them.", what=" ".join(key))
                yield Finding(key, float(quantity > 4 * ROUNDING), what)


def _used_ways(
    edges: Mapping[tuple[str, str], float], promise: Promise, network: Network
) -> Iterator[tuple[tuple[str, str], ...]]:
    """Ways from the promising site to the receiver on which goods still move, while there are any."""
    while True:
        paths: list[tuple[str, ...]] = [(promise.site,)]
        seen, found = {promise.site}, None
        while paths and found is None:
            path = paths.pop(0)
            for (start, end), quantity in sorted(edges.items()):
                if start == path[-1] and end not in seen and quantity > ROUNDING:
                    if end == promise.organisation:
                        found = (*path, end)
                    elif end in network.site:
                        seen.add(end)
                        paths.append((*path, end))
        if found is None:
            return
        yield tuple(itertools.pairwise(found))


# --- fairness -------------------------------------------------------------------------------------


def _fairness(
    network: Network, plan: Plan, rows: Rows, values: Mapping[Key, float], tolerance: float
) -> tuple[list[LevelCheck], list[Finding]]:
    """Check every level, each under the earlier ones held at what they reached, less the slack."""
    slack = float(network.rules.slack)
    tiers: dict[str, int] = {need.id: need.tier for need in network.needs}
    tiers |= {promise_name(promise): 0 for promise in network.promises}
    held: dict[str, float] = {}
    checks: list[LevelCheck] = []
    findings: list[Finding] = []
    for tier in sorted(plan.certificate.tiers, key=lambda row: row.tier):
        before = 0.0
        for level in tier.levels:
            where = ("level", str(tier.tier), f"{level.share:.6f}")
            known = [need for need in level.needs if tiers.get(need) == tier.tier and need not in held]
            if len(known) != len(level.needs) or not known:
                what = say("A level of tier {tier} has needs that are not its own.", tier=tier.tier)
                findings.append(Finding(where, 1.0, what))
            if level.share < before - tolerance:
                findings.append(Finding(where, before - level.share, say("Levels must rise.")))
            before = level.share
            findings += _reached(rows, values, where, level, known, slack, tolerance)
            bound, unproved, wrong = _bound(rows, where, level, held, tolerance)
            findings += wrong
            findings += _compare(where, level, bound, unproved, tolerance)
            checks.append(LevelCheck(tier.tier, level.share, level.needs, bound, unproved))
            held |= {need: level.share * (1 - slack) for need in known}
    for need in sorted(set(tiers) - set(held)):
        findings.append(Finding(("level", need), 1.0, say("{need} is in no level.", need=need)))
    return checks, findings


def _reached(
    rows: Rows,
    values: Mapping[Key, float],
    where: Key,
    level: Level,
    needs: Sequence[str],
    slack: float,
    tolerance: float,
) -> Iterator[Finding]:
    """Each need of the level is covered as far as the level says; without slack, exactly so far."""
    for need in needs:
        _, needed = rows.covered[need]
        key = ("promised", need) if ("promised", need) in values else ("delivered", need)
        share = values[key] / needed
        room = tolerance + 2 * ROUNDING / needed
        least = level.share * (1 - slack) - room
        most = level.share + room if slack == 0 else math.inf
        if not least <= share <= most:
            what = say("{need} is not covered as far as its level says.", need=need)
            yield Finding((*where, need), abs(share - level.share), what)


def _bound(
    rows: Rows, where: Key, level: Level, held: Mapping[str, float], tolerance: float
) -> tuple[float, tuple[str, ...], list[Finding]]:
    """The bound that weights and multipliers prove, the needs without a weight, and what is wrong with them."""
    findings: list[Finding] = []
    weights = {need: weight for need, weight in level.weights if weight > 0}
    total = sum(weights.values())
    unproved = tuple(need for need in level.needs if weights.get(need, 0.0) <= NOTHING)
    if any(weight < -NOTHING or need not in level.needs for need, weight in level.weights):
        findings.append(Finding(where, 1.0, say("Weights must lie on the needs of the level.")))
        return 1.0, level.needs, findings
    if not weights or abs(total - 1) > tolerance:
        if level.share < 1 - tolerance:
            findings.append(Finding(where, abs(total - 1), say("The weights do not add up to one.")))
        return 1.0, level.needs, findings
    multipliers = np.zeros(len(rows.limits))
    worth = np.zeros(len(rows.upper))
    bound = 0.0
    for need, weight in weights.items():
        column, needed = rows.covered[need]
        worth[column] += weight / total / needed
    for key, value in level.multipliers:
        at_least_zero = key[0] != "balance"
        known = key[1] in held if key[0] == "cover" else key in rows.rows
        if not known or (at_least_zero and value < -NOTHING) or not math.isfinite(value):
            what = say("{what} is no limit that can have the value {value}.", what=" ".join(key), value=value)
            findings.append(Finding((*where, *key), 1.0, what))
            continue
        value = max(0.0, value) if at_least_zero else value
        if key[0] == "cover":
            column, needed = rows.covered[key[1]]
            worth[column] += value / needed
            bound -= value * held[key[1]]
        else:
            multipliers[rows.rows[key]] += value
    row, column_of, amount = rows.arrays
    limits, most = rows.limits_and_most
    reduced = worth - np.bincount(column_of, amount * multipliers[row], len(worth))
    bound += float(np.dot(multipliers, limits))
    return min(1.0, bound + _gain(reduced, most)), unproved, findings


def _gain(reduced: Array, finite: Array) -> float:
    """What quantities are worth beyond their prices, at most; infinite when one has no bound."""
    positive = reduced > 0
    bounded = np.isfinite(finite)
    if np.any(reduced[positive & ~bounded] > NOTHING):
        return math.inf
    return float(np.dot(reduced[positive & bounded], finite[positive & bounded]))


def _compare(
    where: Key, level: Level, bound: float, unproved: tuple[str, ...], tolerance: float
) -> Iterator[Finding]:
    """Whether the proved bound is the claimed one and leaves no room above the share."""
    if bound > level.bound + tolerance:
        what = say(
            "The multipliers prove {bound}, not {claimed}.", bound=f"{bound:.6f}", claimed=f"{level.bound:.6f}"
        )
        yield Finding(where, bound - level.bound, what)
    if abs(bound - level.share) > tolerance:
        what = say(
            "A share of {share} is claimed and {bound} is proved.",
            share=f"{level.share:.6f}",
            bound=f"{bound:.6f}",
        )
        yield Finding(where, abs(bound - level.share), what)
    if level.share < 1 - tolerance:
        for need in unproved:
            what = say("Nothing proves that {need} alone cannot have more.", need=need)
            yield Finding((*where, need), 1.0, what)
