"""The whole answer of the main job as JSON, key by key as docs/commands.md says; and back, for comparing plans.

Money is a string with the currency's decimals (unit prices and costs: four more); quantities are numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from solidaria.core.money import currency_decimals, half_up
from solidaria.core.network import Network
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.result import (
    PRICE_LINES,
    Certificate,
    Delivery,
    Limit,
    Plan,
    Prices,
    Reason,
    Result,
    Solidarity,
)
from solidaria.report.difference import Covered, Difference, Variant, added, promise_share
from solidaria.report.language import Language

#: Unit prices and unit costs carry so many decimals more than the currency.
PRICE_DECIMALS = 4
#: Shares come from a solver: digits beyond these are noise.
SHARE_DIGITS = 9

Json = object


def to_json(result: Result, language: Language, difference: Difference | None = None) -> str:
    """One JSON object as text, keys in the order of docs/commands.md, ending in a line break.

    language     decides the words of `sentence`, nothing else
    difference   the plan without and with refusals, under the key "difference"
    """
    money = _Money(result.network.rules.currency)
    plan, prices = result.plan, result.prices
    answer: dict[str, Json] = {
        "network": result.network.name,
        "currency": result.network.rules.currency,
        "status": plan.status,
        **_plan(plan, money, language),
        **_prices(prices, money),
        "slack": [
            {
                "tier": row.tier,
                "least_now": _share(row.least_now),
                "least_at_half_percent": _share(row.least_at_half_percent),
            }
            for row in plan.slack
        ],
        "certificate": _certificate(plan.certificate),
        "names": _names(result.network),
    }
    if difference is not None:
        answer["difference"] = difference_values(difference)
    return written(answer)


class _Money:
    """Money as text with the decimals of one currency."""

    def __init__(self, currency: str) -> None:
        self.decimals = currency_decimals(currency)

    def __call__(self, amount: Decimal) -> str:
        return f"{half_up(amount, self.decimals) + 0:f}"

    def unit(self, price: Decimal | None) -> str | None:
        return None if price is None else f"{half_up(price, self.decimals + PRICE_DECIMALS):f}"


def _share(share: float) -> float:
    return round(share, SHARE_DIGITS) + 0.0


def _plan(plan: Plan, money: _Money, language: Language) -> dict[str, Json]:
    return {
        "coverage": [
            {
                "need": row.need,
                "organisation": row.organisation,
                "product": row.product,
                "period": row.period,
                "tier": row.tier,
                "needed": row.needed,
                "delivered": row.delivered,
                "share": _share(row.share),
            }
            for row in plan.coverage
        ],
        "production": [
            {
                "recipe": row.recipe,
                "site": row.site,
                "product": row.product,
                "period": row.period,
                "runs": row.runs,
                "quantity": row.quantity,
                "hours": row.hours,
            }
            for row in plan.production
        ],
        "outside": [
            {"product": row.product, "period": row.period, "quantity": row.quantity, "money": money(row.money)}
            for row in plan.outside
        ],
        "stocks": [
            {"site": row.site, "product": row.product, "period": row.period, "quantity": row.quantity}
            for row in plan.stocks
        ],
        "promises": [
            {
                "site": row.site,
                "organisation": row.organisation,
                "product": row.product,
                "period": row.period,
                "quantity": row.quantity,
                "delivered": row.delivered,
                "because": [_reason(reason, language) for reason in row.because],
            }
            for row in plan.promises
        ],
        "reopened": [{"site": row.site, "money": money(row.money), "hours": row.hours} for row in plan.reopened],
        "shipments": [
            {
                "from": row.start,
                "to": row.end,
                "product": row.product,
                "period": row.period,
                "quantity": row.quantity,
                "money": money(row.money),
            }
            for row in plan.shipments
        ],
        "shortfalls": [
            {
                "need": row.need,
                "missing": row.missing,
                "because": [_reason(reason, language) for reason in row.because],
            }
            for row in plan.shortfalls
        ],
    }


def _limit(limit: Limit) -> dict[str, Json]:
    return {
        "kind": limit.kind,
        "where": limit.where,
        "period": limit.period,
        "extra": limit.extra,
        "unit": limit.unit,
    }


def _reason(reason: Reason, language: Language) -> dict[str, Json]:
    return {
        **_limit(reason.limit),
        "would_meet": reason.would_meet,
        "sentence": language.text(reason.sentence),
        "with": None if reason.other is None else _limit(reason.other),
    }


def _prices(prices: Prices, money: _Money) -> dict[str, Json]:
    return {
        "prices": [
            {
                "recipe": row.recipe,
                "site": row.site,
                "product": row.product,
                "unit_cost": money.unit(row.unit_cost),
                "lines": {line: money.unit(row.lines[line]) for line in PRICE_LINES},
            }
            for row in prices.unit_costs
        ],
        "network_prices": [
            {"product": row.product, "price": money.unit(row.price), "market_price": money.unit(row.market_price)}
            for row in prices.network_prices
        ],
        "equalisation": [{"site": row.site, "amount": money(row.amount)} for row in prices.equalisation],
        "jobs": [
            {"site": row.site, "idle_hours": row.idle_hours, "amount": money(row.amount)} for row in prices.jobs
        ],
        "deliveries": [_delivery(row, money) for row in prices.deliveries],
        "solidarity": _solidarity(prices.solidarity, money),
    }


def _delivery(row: Delivery, money: _Money) -> dict[str, Json]:
    return {
        "site": row.site,
        "need": row.need,
        "organisation": row.organisation,
        "product": row.product,
        "period": row.period,
        "quantity": row.quantity,
        "unit_price": money.unit(row.unit_price),
        "buyer_pays": money(row.buyer_pays),
        "solidarity": money(row.solidarity),
    }


def _solidarity(row: Solidarity, money: _Money) -> dict[str, Json]:
    return {
        "needed": money(row.needed),
        "goods": money(row.goods),
        "jobs": money(row.jobs),
        "transport": money(row.transport),
        "reopening": money(row.reopening),
        "covered": money(row.covered),
        "uncovered": money(row.uncovered),
        "shared": [
            {
                "organisation": share.organisation,
                "amount": money(share.amount),
                "per_member": money(share.per_member),
            }
            for share in row.shared
        ],
        "uncovered_by_site": [{"site": part.site, "amount": money(part.amount)} for part in row.uncovered_by_site],
    }


def _certificate(certificate: Certificate) -> dict[str, Json]:
    return {
        "max_violation": certificate.max_violation,
        "tiers": [
            {
                "tier": tier.tier,
                "levels": [
                    {
                        "share": _share(level.share),
                        "needs": list(level.needs),
                        "bound": _share(level.bound),
                    }
                    for level in tier.groups
                ],
            }
            for tier in certificate.tiers
        ],
    }


def _names(network: Network) -> dict[str, Json]:
    """What people call organisations and products, so that whoever reads the file need not read the workbook."""
    return {
        "organisations": [{"organisation": row.id, "name": row.name} for row in network.organisations],
        "products": [{"product": row.id, "name": row.name} for row in network.products],
    }


def difference_values(difference: Difference) -> dict[str, Json]:
    """Variants side by side as values for JSON: each list holds only what is not the same in all of them."""
    money = _Money(difference.variants[0].currency)
    return {
        "variants": [_variant(variant, difference.tiers(), money) for variant in difference.variants],
        "coverage": [
            {
                "need": row.key,
                "organisation": difference.about(row.key).organisation,
                "product": difference.about(row.key).product,
                "period": difference.about(row.key).period,
                "tier": difference.about(row.key).tier,
                "shares": [None if share is None else _share(share) for share in row.values],
            }
            for row in difference.coverage
        ],
        "promises": [
            {
                **dict(zip(("site", "organisation", "product", "period"), row.key, strict=True)),
                "shares": [None if share is None else _share(share) for share in row.values],
            }
            for row in difference.promises
        ],
        "production": [
            {"site": row.key[0], "product": row.key[1], "quantities": list(row.values)} for row in difference.made
        ],
        "hours": [{"site": row.key, "hours": list(row.values)} for row in difference.hours],
        "idle_hours": [{"site": row.key, "hours": list(row.values)} for row in difference.idle],
        "network_prices": [
            {"product": row.key, "prices": [money.unit(price) for price in row.values]}
            for row in difference.prices
        ],
        "shared": [
            {
                "organisation": row.key,
                "amounts": [None if amount is None else money(amount) for amount in row.values],
            }
            for row in difference.shared
        ],
        "gains": [
            {
                "organisation": row.organisation,
                "variant": row.variant,
                "better": list(row.better),
                "worse": list(row.worse),
            }
            for row in difference.gains
        ],
    }


def _variant(variant: Variant, tiers: Iterable[int], money: _Money) -> dict[str, Json]:
    return {
        "name": variant.name,
        "tiers": [
            {
                "tier": tier,
                "least": _none_or_share(variant.least(tier)),
                "mean": _none_or_share(variant.mean(tier)),
                "whole": variant.whole(tier)[0],
                "needs": variant.whole(tier)[1],
            }
            for tier in tiers
        ],
        "hours": sum(variant.hours.values(), Decimal(0)),
        "idle_hours": sum(variant.idle.values(), Decimal(0)),
        "outside_money": money(variant.outside),
        "reopened": list(variant.reopened),
        "needed": money(variant.needed),
        "covered": money(variant.covered),
        "uncovered": money(variant.uncovered),
    }


def _none_or_share(share: float | None) -> float | None:
    return None if share is None else _share(share)


# Decimals must reach the file digit by digit, which the standard writer cannot do: hence a writer of our own.


def written(value: Json) -> str:
    """A value as JSON text: Decimals as plain numbers with all their digits and no trailing zeros."""
    return "".join(_pieces(value, "")) + "\n"


def _pieces(value: Json, indent: str) -> Iterable[str]:
    if isinstance(value, Mapping):
        yield from _block(
            "{", "}", [(json.dumps(k, ensure_ascii=False) + ": ", v) for k, v in value.items()], indent
        )
    elif isinstance(value, list):
        yield from _block("[", "]", [("", item) for item in value], indent)
    else:
        yield _scalar(value)


def _block(start: str, end: str, items: Sequence[tuple[str, Json]], indent: str) -> Iterable[str]:
    """Objects without inner blocks stand on one line, so that a row of a table reads as a row."""
    if not any(isinstance(item, (Mapping, list)) and item for _, item in items):
        yield start + ", ".join(name + "".join(_pieces(item, "")) for name, item in items) + end
        return
    inner = indent + " "
    yield start
    for position, (name, item) in enumerate(items):
        yield ("," if position else "") + "\n" + inner + name
        yield from _pieces(item, inner)
    yield "\n" + indent + end


def _scalar(value: Json) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text in ("-0", "") else text
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


# --- reading back -------------------------------------------------------------------------------------------


def read_result_json(text: str, name: str = "") -> Variant:
    """The figures of a plan from the JSON that `to_json` wrote, for putting it beside others.

    name   what to call it, and where its faults are
    Raises Refused with every fault when the text is not such a plan.
    """
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = str(error)
        raise Refused([_fault(name, say("This is not a JSON file: {reason}.", reason=reason))]) from None
    reader = _Reader(name)
    variant = _read_variant(reader, value if isinstance(value, dict) else {}, name)
    if reader.faults:
        raise Refused(reader.faults)
    return variant


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _fault(name: str, what: Sentence) -> Fault:
    return Fault(
        name, None, None, what, say("Make it again with: solidaria plan NETWORK --format json --out FILE")
    )


class _Reader:
    """Takes values out of parsed JSON; what is missing or of the wrong kind becomes a fault and a blank value."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []

    def rows(self, table: Mapping[str, Json], key: str) -> list[Mapping[str, Json]]:
        found = table.get(key)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            self._wrong(key)
            return []
        return found

    def part(self, table: Mapping[str, Json], key: str) -> Mapping[str, Json]:
        found = table.get(key)
        if isinstance(found, dict):
            return found
        self._wrong(key)
        return {}

    def text(self, row: Mapping[str, Json], key: str, where: str = "") -> str:
        found = row.get(key)
        if isinstance(found, str):
            return found
        self._wrong(f"{where}.{key}" if where else key)
        return ""

    def number(self, row: Mapping[str, Json], key: str, where: str = "") -> Decimal:
        """A number, or money as text."""
        found = row.get(key)
        try:
            number = Decimal(found) if isinstance(found, str) else found
        except InvalidOperation:
            number = None
        if isinstance(number, Decimal) and number.is_finite():
            return number
        self._wrong(f"{where}.{key}" if where else key)
        return Decimal(0)

    def _wrong(self, key: str) -> None:
        fault = _fault(self.name, say("“{key}” is missing or is not what a plan holds there.", key=key))
        if fault not in self.faults:
            self.faults.append(fault)


def _read_variant(reader: _Reader, plan: Mapping[str, Json], name: str) -> Variant:
    solidarity = reader.part(plan, "solidarity")
    places = ("site", "organisation", "product", "period")
    outside = [
        reader.number(row, "money", key)
        for key in ("outside", "shipments", "reopened")
        for row in reader.rows(plan, key)
    ]
    production = reader.rows(plan, "production")
    names = reader.part(plan, "names") if "names" in plan else None
    return Variant(
        name=name or reader.text(plan, "network"),
        currency=reader.text(plan, "currency"),
        coverage={
            reader.text(row, "need", "coverage"): Covered(
                reader.text(row, "organisation", "coverage"),
                reader.text(row, "product", "coverage"),
                reader.text(row, "period", "coverage"),
                int(reader.number(row, "tier", "coverage")),
                float(reader.number(row, "share", "coverage")),
            )
            for row in reader.rows(plan, "coverage")
        },
        promises={
            _four(reader, row, places): promise_share(
                reader.number(row, "quantity", "promises"), reader.number(row, "delivered", "promises")
            )
            for row in reader.rows(plan, "promises")
        },
        made=added(
            (
                (reader.text(row, "site", "production"), reader.text(row, "product", "production")),
                reader.number(row, "quantity", "production"),
            )
            for row in production
        ),
        hours=added(
            (reader.text(row, "site", "production"), reader.number(row, "hours", "production"))
            for row in production
        ),
        idle={
            reader.text(row, "site", "jobs"): reader.number(row, "idle_hours", "jobs")
            for row in reader.rows(plan, "jobs")
        },
        outside=sum(outside, Decimal(0)),
        reopened=tuple(reader.text(row, "site", "reopened") for row in reader.rows(plan, "reopened")),
        prices={
            reader.text(row, "product", "network_prices"): reader.number(row, "price", "network_prices")
            for row in reader.rows(plan, "network_prices")
        },
        needed=reader.number(solidarity, "needed", "solidarity"),
        covered=reader.number(solidarity, "covered", "solidarity"),
        uncovered=reader.number(solidarity, "uncovered", "solidarity"),
        shared={
            reader.text(row, "organisation", "shared"): reader.number(row, "amount", "shared")
            for row in reader.rows(solidarity, "shared")
        },
        organisations=_called(reader, names, "organisations", "organisation"),
        products=_called(reader, names, "products", "product"),
    )


def _called(reader: _Reader, names: Mapping[str, Json] | None, table: str, key: str) -> dict[str, str]:
    """Id → name; nothing where the file is from before plans told them."""
    if names is None:
        return {}
    return {reader.text(row, key, table): reader.text(row, "name", table) for row in reader.rows(names, table)}


def _four(reader: _Reader, row: Mapping[str, Json], keys: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    site, organisation, product, period = (reader.text(row, key, "promises") for key in keys)
    return site, organisation, product, period
