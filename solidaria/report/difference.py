"""Plans side by side: what each reaches, who gains, who loses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeVar

from solidaria.core.network import ZERO
from solidaria.core.result import Result
from solidaria.report.names import Names

Key = TypeVar("Key", str, tuple[str, str], tuple[str, str, str, str])
Value = TypeVar("Value", float, Decimal)

#: Shares of coverage closer than this are the same: the plan's own tolerance.
SAME_SHARE = 1e-6
#: Quantities, hours and money are rounded before they come here; anything below this is the solver's dust.
SAME_AMOUNT = Decimal("0.000005")


@dataclass(frozen=True)
class Covered:
    """How far one need is met, with what it is about."""

    organisation: str
    product: str
    period: str
    tier: int
    share: float


@dataclass(frozen=True)
class Variant:
    """The figures of one plan that can stand beside those of another.

    coverage     need → how far it is met
    promises     (site, organisation, product, period) → delivered ÷ promised
    made         (site, product) → quantity over the whole plan
    hours        site → hours worked over the whole plan
    idle         site → hours paid and not worked
    outside      money for purchases, transport and reopening over the whole plan
    reopened     sites that open again
    prices       product → network price
    needed, covered, uncovered   solidarity, in money
    shared       organisation → what it pays towards solidarity
    organisations, products      id → name; empty where the plan's file does not tell them
    """

    name: str
    currency: str
    coverage: Mapping[str, Covered]
    promises: Mapping[tuple[str, str, str, str], float]
    made: Mapping[tuple[str, str], Decimal]
    hours: Mapping[str, Decimal]
    idle: Mapping[str, Decimal]
    outside: Decimal
    reopened: tuple[str, ...]
    prices: Mapping[str, Decimal]
    needed: Decimal
    covered: Decimal
    uncovered: Decimal
    shared: Mapping[str, Decimal]
    organisations: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)

    def tiers(self) -> list[int]:
        """The tiers there are needs in, the most essential first."""
        return sorted({row.tier for row in self.coverage.values()})

    def least(self, tier: int) -> float | None:
        """The share of the least covered need of a tier; None when it has no needs."""
        return min((row.share for row in self.coverage.values() if row.tier == tier), default=None)

    def whole(self, tier: int) -> tuple[int, int]:
        """How many needs of a tier are wholly met, and how many there are."""
        shares = [row.share for row in self.coverage.values() if row.tier == tier]
        return sum(share >= 1 - SAME_SHARE for share in shares), len(shares)

    def mean(self, tier: int) -> float | None:
        """The average share over the needs of a tier, each need counting once; None when it has no needs."""
        shares = [row.share for row in self.coverage.values() if row.tier == tier]
        return sum(shares) / len(shares) if shares else None


def promise_share(quantity: Decimal, delivered: Decimal) -> float:
    """Delivered ÷ promised; a promise of nothing is kept."""
    return float(delivered / quantity) if quantity else 1.0


def variant_of(result: Result, name: str = "") -> Variant:
    """The figures of a result."""
    plan, prices, solidarity = result.plan, result.prices, result.prices.solidarity
    return Variant(
        name=name or result.network.name,
        currency=result.network.rules.currency,
        coverage={
            row.need: Covered(row.organisation, row.product, row.period, row.tier, row.share)
            for row in plan.coverage
        },
        promises={
            (row.site, row.organisation, row.product, row.period): promise_share(row.quantity, row.delivered)
            for row in plan.promises
        },
        made=added(((row.site, row.product), row.quantity) for row in plan.production),
        hours=added((row.site, row.hours) for row in plan.production),
        idle={row.site: row.idle_hours for row in prices.jobs},
        outside=money_outside(result),
        reopened=tuple(row.site for row in plan.reopened),
        prices={row.product: row.price for row in prices.network_prices},
        needed=solidarity.needed,
        covered=solidarity.covered,
        uncovered=solidarity.uncovered,
        shared={row.organisation: row.amount for row in solidarity.shared},
        organisations={row.id: row.name for row in result.network.organisations},
        products={row.id: row.name for row in result.network.products},
    )


def money_outside(result: Result) -> Decimal:
    """Money for purchases outside, transport and reopening over the whole plan: the third aim of a plan."""
    plan = result.plan
    amounts = [row.money for row in plan.outside]
    amounts += [row.money for row in plan.shipments]
    amounts += [row.money for row in plan.reopened]
    return sum(amounts, ZERO)


def added(pairs: Iterable[tuple[Key, Decimal]]) -> dict[Key, Decimal]:
    """The sum of the amounts of each key, keys in order."""
    sums: dict[Key, Decimal] = defaultdict(lambda: ZERO)
    for key, amount in pairs:
        sums[key] += amount
    return dict(sorted(sums.items()))


@dataclass(frozen=True)
class Change(Generic[Key, Value]):
    """One figure in every variant, in their order; None where a variant has nothing of the kind."""

    key: Key
    values: tuple[Value | None, ...]


@dataclass(frozen=True)
class Gain:
    """What an organisation or site gains or loses in a variant, against the first.

    variant   position of the variant, 1 for the second
    better    ids of its needs and promises that are met further, or less far
    """

    organisation: str
    variant: int
    better: tuple[str, ...]
    worse: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """Variants side by side. Every list holds only what is not the same in all of them, in the order of ids."""

    variants: tuple[Variant, ...]
    coverage: tuple[Change[str, float], ...]
    promises: tuple[Change[tuple[str, str, str, str], float], ...]
    made: tuple[Change[tuple[str, str], Decimal], ...]
    hours: tuple[Change[str, Decimal], ...]
    idle: tuple[Change[str, Decimal], ...]
    prices: tuple[Change[str, Decimal], ...]
    shared: tuple[Change[str, Decimal], ...]
    gains: tuple[Gain, ...]

    def tiers(self) -> list[int]:
        """The tiers of any variant."""
        return sorted({tier for variant in self.variants for tier in variant.tiers()})

    def organisation_names(self) -> Names:
        """What to call organisations; of two plans that name one differently, the first that names it holds."""
        return Names(
            {id: name for variant in reversed(self.variants) for id, name in variant.organisations.items()}
        )

    def product_names(self) -> Names:
        """What to call products, likewise."""
        return Names({id: name for variant in reversed(self.variants) for id, name in variant.products.items()})

    def about(self, need: str) -> Covered:
        """What a need is about, from the first variant that has it."""
        return next(variant.coverage[need] for variant in self.variants if need in variant.coverage)


def side_by_side(variants: Iterable[Variant]) -> Difference:
    """Put variants beside each other; the first is the one the others are held against."""
    all_of = tuple(variants)
    coverage = _changes(
        [{need: row.share for need, row in variant.coverage.items()} for variant in all_of], _other_share
    )
    promises = _changes([variant.promises for variant in all_of], _other_share)
    return Difference(
        variants=all_of,
        coverage=coverage,
        promises=promises,
        made=_changes([variant.made for variant in all_of], _other_amount),
        hours=_changes([variant.hours for variant in all_of], _other_amount),
        idle=_changes([variant.idle for variant in all_of], _other_amount),
        prices=_changes([variant.prices for variant in all_of], _other_amount),
        shared=_changes([variant.shared for variant in all_of], _other_amount),
        gains=tuple(_gains(all_of, coverage, promises)),
    )


def _other_share(one: float, other: float) -> bool:
    return abs(one - other) > SAME_SHARE


def _other_amount(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > SAME_AMOUNT


def _changes(
    tables: list[Mapping[Key, Value]], differ: Callable[[Value, Value], bool]
) -> tuple[Change[Key, Value], ...]:
    keys: list[Key] = sorted({key for table in tables for key in table})
    changed = []
    for key in keys:
        values = tuple(table.get(key) for table in tables)
        there = [value for value in values if value is not None]
        if len(there) < len(values) or any(differ(there[0], value) for value in there[1:]):
            changed.append(Change(key, values))
    return tuple(changed)


def _gains(
    variants: tuple[Variant, ...],
    coverage: tuple[Change[str, float], ...],
    promises: tuple[Change[tuple[str, str, str, str], float], ...],
) -> Iterable[Gain]:
    """Who gains and who loses in each later variant: by the needs and promises of each organisation."""
    owner = {need: row.organisation for variant in variants for need, row in variant.coverage.items()}
    shares = [(change.key, owner[change.key], change.values) for change in coverage]
    for change in promises:
        site, organisation, product, period = change.key
        shares.append((f"{site} → {organisation}: {product}, {period}", organisation, change.values))
    for position in range(1, len(variants)):
        better: dict[str, list[str]] = defaultdict(list)
        worse: dict[str, list[str]] = defaultdict(list)
        for name, organisation, values in shares:
            before, after = values[0] or 0.0, values[position] or 0.0
            if _other_share(before, after):
                (better if after > before else worse)[organisation].append(name)
        for organisation in sorted({*better, *worse}):
            yield Gain(organisation, position, tuple(better[organisation]), tuple(worse[organisation]))
