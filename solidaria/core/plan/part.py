"""One organisation's part in a plan, in sentences: what it would make, get and pay, and why. What its assembly votes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from solidaria.core.network import ZERO
from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.result import SAME_SHARE, Coverage, Result
from solidaria.core.voting.account import listed

#: So many products, needs and names stand in a sentence before the rest is only counted.
MOST_NAMED = 3


def organisations_in(result: Result) -> list[str]:
    """The organisations a plan touches, by id: who makes, gets, pays or carries something in it."""
    plan, prices = result.plan, result.prices
    touched = {row.site for row in plan.production if row.runs}
    touched |= {row.organisation for row in plan.coverage}
    touched |= {row.organisation for row in plan.supplies}
    touched |= {row.site for row in plan.promises} | {row.organisation for row in plan.promises}
    touched |= {row.site for row in plan.reopened} | {row.site for row in prices.jobs}
    touched |= {row.organisation for row in prices.solidarity.shared if row.amount}
    return sorted(touched & set(result.network.organisation))


def part_of(result: Result, organisation: str) -> tuple[Sentence, ...]:
    """What the plan means for one organisation: what it makes, for whom, in which hours; what it gets; what it pays.

    Each figure is the plan's own, added up over its periods. Raises KeyError for an organisation that is not in it.
    """
    result.network.organisation[organisation]
    return (
        *_makes(result, organisation),
        *_works(result, organisation),
        *_gets(result, organisation),
        *_pays(result, organisation),
    )


def _makes(result: Result, site: str) -> Iterable[Sentence]:
    made: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in result.plan.production:
        if row.site == site and row.quantity:
            made[row.product] += row.quantity
    products = result.network.product
    ordered = sorted(made, key=lambda one: (products[one].name, one))
    for product in ordered[:MOST_NAMED]:
        takers = sorted(
            {
                result.network.organisation[row.organisation].name
                for row in result.plan.supplies
                if row.site == site and row.product == product and row.organisation != site
            }
        )
        words = {"quantity": made[product], "unit": products[product].unit, "product": products[product].name}
        if takers:
            yield say("We make {quantity} {unit} of {product}, for {names}.", **words, names=_named(takers))
        else:
            yield say("We make {quantity} {unit} of {product}.", **words)
    if len(ordered) > MOST_NAMED:
        yield say_many("And {count} other product.", "And {count} other products.", len(ordered) - MOST_NAMED)


def _works(result: Result, site: str) -> Iterable[Sentence]:
    hours = sum((row.hours for row in result.plan.production if row.site == site), ZERO)
    if hours:
        yield say("That is {hours} hours of work.", hours=hours)
    idle = sum((row.idle_hours for row in result.prices.jobs if row.site == site), ZERO)
    if idle:
        yield say("{hours} of our hours are paid and stay free.", hours=idle)
    for row in result.plan.reopened:
        if row.site == site:
            yield say("Our site opens again.")


def _gets(result: Result, organisation: str) -> Iterable[Sentence]:
    needs = [row for row in result.plan.coverage if row.organisation == organisation]
    if not needs:
        return
    whole = sum(row.share >= 1 - SAME_SHARE for row in needs)
    yield _met(len(needs), whole)
    short = sorted(
        (row for row in needs if row.share < 1 - SAME_SHARE), key=lambda row: (row.tier, row.share, row.need)
    )
    for row in short[:MOST_NAMED]:
        yield _short(result, row)
    if len(short) > MOST_NAMED:
        yield say_many(
            "And {count} other need is not met wholly.",
            "And {count} other needs are not met wholly.",
            len(short) - MOST_NAMED,
        )


def _met(needs: int, whole: int) -> Sentence:
    """How many of our needs are met wholly, as people say it: all, none, or so many."""
    if whole == needs:
        return say_many("Our one need is met wholly.", "All our {count} needs are met wholly.", needs)
    if not whole:
        return say_many("Our one need is not met wholly.", "None of our {count} needs is met wholly.", needs)
    return say_many(
        "Of our {needs} needs {count} is met wholly.",
        "Of our {needs} needs {count} are met wholly.",
        whole,
        needs=needs,
    )


def _short(result: Result, row: Coverage) -> Sentence:
    product = result.network.product[row.product]
    words = {
        "delivered": row.delivered,
        "needed": row.needed,
        "unit": product.unit,
        "product": product.name,
    }
    found = next((one for one in result.plan.shortfalls if one.need == row.need), None)
    if found is None or not found.because:
        return say("We get {delivered} of {needed} {unit} of {product}.", **words)
    why = found.because[0].sentence
    return say("We get {delivered} of {needed} {unit} of {product}. {why}", **words, why=why)


def _pays(result: Result, organisation: str) -> Iterable[Sentence]:
    prices, currency = result.prices, result.network.rules.currency
    pays = sum((row.buyer_pays for row in prices.deliveries if row.organisation == organisation), ZERO)
    if pays:
        yield say("We pay {amount} {currency} for what we get.", amount=pays, currency=currency)
    elif any(row.organisation == organisation for row in prices.deliveries):
        yield say("We pay nothing for what we get.")
    paid = sum((row.buyer_pays + row.solidarity for row in prices.deliveries if row.site == organisation), ZERO)
    if paid:
        yield say("We are paid {amount} {currency} for what we make.", amount=paid, currency=currency)
    for share in prices.solidarity.shared:
        if share.organisation == organisation and share.amount:
            yield say(
                "We carry {amount} {currency} for those who cannot pay: {each} for each member.",
                amount=share.amount,
                each=share.per_member,
                currency=currency,
            )


def _named(names: list[str]) -> Sentence:
    if len(names) <= MOST_NAMED:
        return listed(names)
    rest = say_many("{count} other", "{count} others", len(names) - MOST_NAMED + 1)
    return listed([*names[: MOST_NAMED - 1], rest])
