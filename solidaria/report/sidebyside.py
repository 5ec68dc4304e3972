"""Plans side by side as rows of text, for the page and for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from solidaria.core.network import ZERO
from solidaria.core.problem import Sentence, say
from solidaria.report.difference import Difference
from solidaria.report.language import Language


@dataclass(frozen=True)
class Figure:
    """One figure of every plan, in their order."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The figures of one kind that are not the same in every plan; `left_out` rows had no room."""

    title: str
    what: str
    rows: tuple[Figure, ...]
    left_out: int


def figures_side_by_side(difference: Difference, language: Language) -> list[Figure]:
    """The figures an assembly compares first: coverage by tier, work, money outside, solidarity."""
    variants = difference.variants
    rows: list[Figure] = []

    def add(label: Sentence, values: Sequence[str]) -> None:
        rows.append(Figure(language.text(label), tuple(values)))

    for tier in difference.tiers():
        add(say("tier {tier}: least covered need", tier=tier), [_share(v.least(tier), language) for v in variants])
        add(say("tier {tier}: average", tier=tier), [_share(v.mean(tier), language) for v in variants])
        whole = [v.whole(tier) for v in variants]
        add(
            say("tier {tier}: needs wholly met", tier=tier),
            [f"{language.number(met)} / {language.number(all_of)}" for met, all_of in whole],
        )
    kept = [sum(share >= 1 - 1e-6 for share in v.promises.values()) for v in variants]
    add(
        say("promises kept in full"),
        [f"{language.number(met)} / {len(v.promises)}" for met, v in zip(kept, variants, strict=True)],
    )
    add(say("hours of work"), [language.number(sum(v.hours.values(), ZERO), decimals=0) for v in variants])
    add(
        say("paid hours without work"), [language.number(sum(v.idle.values(), ZERO), decimals=0) for v in variants]
    )
    add(say("sites that open again"), [language.number(len(v.reopened)) for v in variants])
    add(say("money that leaves the network"), [language.money(v.outside) for v in variants])
    add(say("solidarity needed"), [language.money(v.needed) for v in variants])
    add(say("solidarity covered"), [language.money(v.covered) for v in variants])
    add(say("solidarity uncovered"), [language.money(v.uncovered) for v in variants])
    return rows


def tables_of_changes(
    difference: Difference,
    language: Language,
    name: Callable[[str], str],
    product_name: Callable[[str], str],
    most: int,
) -> list[Table]:
    """Every figure that is not the same in all plans, kind by kind; kinds without one are absent."""
    tables = []

    def add(title: Sentence, what: Sentence, rows: list[Figure]) -> None:
        if rows:
            left_out = max(0, len(rows) - most)
            tables.append(Table(language.text(title), language.text(what), tuple(rows[:most]), left_out))

    coverage = []
    for row in difference.coverage:
        about = difference.about(row.key)
        label = say(
            "{organisation}: {product} ({period}, tier {tier})",
            organisation=name(about.organisation),
            product=product_name(about.product),
            period=about.period,
            tier=about.tier,
        )
        coverage.append(Figure(language.text(label), tuple(_share(share, language) for share in row.values)))
    add(say("Needs: how much is met"), say("need"), coverage)
    promises = []
    for kept in difference.promises:
        site, organisation, product, period = kept.key
        label = say(
            "{site} → {organisation}: {product}, {period}",
            site=name(site),
            organisation=name(organisation),
            product=product_name(product),
            period=period,
        )
        promises.append(Figure(language.text(label), tuple(_share(share, language) for share in kept.values)))
    add(say("Promises: how much is kept"), say("promise"), promises)
    add(
        say("What sites make"),
        say("site and product"),
        [
            Figure(f"{name(row.key[0])}: {product_name(row.key[1])}", _numbers(row.values, language))
            for row in difference.made
        ],
    )
    add(
        say("Hours of work"),
        say("site"),
        [Figure(name(row.key), _numbers(row.values, language)) for row in difference.hours],
    )
    add(
        say("Paid hours without work"),
        say("site"),
        [Figure(name(row.key), _numbers(row.values, language)) for row in difference.idle],
    )
    add(
        say("Prices"),
        say("product"),
        [
            Figure(
                product_name(row.key),
                tuple("–" if price is None else language.price(price, code=True) for price in row.values),
            )
            for row in difference.prices
        ],
    )
    add(
        say("What organisations pay towards solidarity"),
        say("organisation"),
        [
            Figure(
                name(row.key), tuple("–" if amount is None else language.money(amount) for amount in row.values)
            )
            for row in difference.shared
        ],
    )
    return tables


def _share(share: float | None, language: Language) -> str:
    return "–" if share is None else language.percent(share, 1)


def _numbers(values: Sequence[Decimal | None], language: Language) -> tuple[str, ...]:
    return tuple("–" if value is None else language.number(value) for value in values)
