"""What the views of the books are made of, asked of the database in a fixed number of questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from solidaria.actions.agree import YEAR
from solidaria.actions.ledger import LAST, summed
from solidaria.core.accounts import Compared, Promised
from solidaria.core.books import ACTIONS, Event, agent, amount_of, good, money
from solidaria.core.money import EXACT
from solidaria.core.result import Result
from solidaria.records.models import (
    Agreement,
    CallOff,
    Handover,
    LedgerEvent,
    LineRefused,
    Organisation,
    PromiseLine,
    Round,
)
from solidaria.records.results import result_of


def moves(who: str, first: str = "", last: str = LAST) -> dict[tuple[str, str, str, str], int]:
    """The sums of an agent's events over these days, both inclusive, as core/accounts.py `moves_of` says."""
    return {
        key: amount for key, (amount, _) in summed(who, first, last).items() if ACTIONS[key[2]].counts != "effort"
    }


def held_until(who: str, last: str = LAST) -> dict[str, int]:
    """Resource → what an agent holds of it by right at the end of a day; sorted. Asked apart from `moves`.

    Each event counts by itself, by what its action does (core/books.py `changes`).
    """
    gives = [name for name, one in ACTIONS.items() if one.accounting in ("-", "-/+")]
    gets = [name for name, one in ACTIONS.items() if one.accounting in ("+", "-/+", "+to")]
    rows = LedgerEvent.objects.filter(day__lte=last).order_by()
    found: dict[str, int] = {}
    for sign, mine in (
        (1, rows.filter(receiver=who, action__in=gets)),
        (-1, rows.filter(provider=who, action__in=gives)),
    ):
        for resource, all in mine.values_list("resource").annotate(all=Sum("amount")):
            found[resource] = found.get(resource, 0) + sign * int(all)
    return dict(sorted(found.items()))


def shared_out(who: str, first: str, last: str) -> dict[tuple[str, str], int]:
    """(member, currency) → what was paid out of a surplus in these days."""
    rows = LedgerEvent.objects.filter(provider=who, part="distribution", day__gte=first, day__lte=last).order_by()
    sums = rows.values_list("receiver", "resource").annotate(all=Sum("amount"))
    return {(receiver, resource): int(all) for receiver, resource, all in sums}


def events_between(who: str, resource: str, first: str, last: str) -> list[LedgerEvent]:
    """Events that touch what an agent holds of a resource, by day and then as they were written down."""
    mine = Q(provider=who) | Q(receiver=who)
    rows = LedgerEvent.objects.filter(mine, resource=resource, day__gte=first, day__lte=last)
    return list(rows.order_by("day", "pk"))


def hours_by_order(one: Organisation, first: str, last: str) -> dict[str, int]:
    """Order → millionths of hours worked for the organisation on it; empty: on no order. Sorted."""
    rows = LedgerEvent.objects.filter(action="work", receiver=agent(one.code), day__gte=first, day__lte=last)
    sums = rows.order_by().values("order").annotate(all=Sum("effort"))
    return dict(sorted((row["order"], int(row["all"])) for row in sums))


def promised_of(one: Organisation, until: date) -> tuple[list[Promised], dict[str, int]]:
    """The promises of all agreements with money or goods from or to an organisation; and what was done of each.

    until   the day, inclusive: call-offs made and events that happened until then
    """
    mine = Q(provider=one) | Q(receiver=one)
    lines = list(
        PromiseLine.objects.filter(mine)
        .filter(Q(call_off__isnull=True) | Q(call_off__at__date__lte=until))
        .select_related("provider", "receiver", "agreement__giver", "call_off")
    )
    # A third side pays solidarity for goods that go to others: its debt depends on that promise, too.
    orders = {line.call_off_id for line in lines if line.call_off_id} - {
        line.call_off_id for line in lines if line.part == "goods"
    }
    if orders:
        lines += PromiseLine.objects.filter(call_off__in=orders, part="goods").select_related(
            "provider", "receiver", "agreement__giver", "call_off"
        )
    found = [
        Promised(
            code=line.code,
            agreement=f"{line.agreement.giver.code}/{line.agreement.number}",
            call_off=line.call_off.code if line.call_off is not None else "",
            part=line.part,
            provider=agent(line.provider.code),
            receiver=agent(line.receiver.code),
            resource=line.resource,
            amount=line.amount,
            set_off=line.set_off,
            closed=line.released is not None or line.broken is not None,
        )
        for line in lines
    ]
    return found, done_until([one.code for one in found], until.isoformat())


def done_until(codes: Iterable[str], last: str = LAST) -> dict[str, int]:
    """Promise → how much of it was fulfilled until a day, inclusive."""
    rows = LedgerEvent.objects.filter(promise__in=list(codes), day__lte=last)
    sums = rows.order_by().values("promise").annotate(all=Sum("amount"))
    return {row["promise"]: int(row["all"]) for row in sums}


def plan_prices(networks: Sequence[int], until: date) -> dict[str, tuple[Decimal, str]]:
    """Good → its price and currency in the plan that each network chose last, of rounds opened until a day."""
    rounds = Round.objects.filter(network__in=networks, chosen__isnull=False, opened__date__lte=until)
    found: dict[str, tuple[Decimal, str]] = {}
    for row in rounds.select_related("network").order_by("network", "opened", "pk"):
        result = result_of(row.chosen_id or 0)
        if result is not None:
            currency = result.network.rules.currency
            for price in result.prices.network_prices:
                found[good(row.network.code, price.product)] = (price.price, currency)
    return found


# --- plan against actual ---


@dataclass(frozen=True)
class Span:
    """The periods a plan is compared by: id → first and last day; a plan whose periods have no days is one span."""

    periods: tuple[tuple[str, str, str], ...]

    def of(self, day: str) -> str | None:
        """The period a day is in; None where it is in none."""
        return next((name for name, first, last in self.periods if first <= day <= last), None)

    @property
    def first(self) -> str:
        """The first day."""
        return min(first for _, first, _ in self.periods)

    @property
    def last(self) -> str:
        """The last day."""
        return max(last for _, _, last in self.periods)


def span_of(round: Round) -> Span:
    """The days of a round: those of its periods, or a year from its opening."""
    dated = [row for row in round.periods if row.get("starts") and row.get("ends")]
    if dated and len(dated) == len(round.periods):
        return Span(tuple((str(row["period"]), str(row["starts"]), str(row["ends"])) for row in dated))
    start = round.opened.astimezone(UTC).date()
    return Span((("", start.isoformat(), (start + timedelta(days=YEAR)).isoformat()),))


def compared(one: Organisation, round: Round) -> tuple[list[Compared], list[Compared]]:
    """A chosen plan line by line against what happened: what the organisation makes, and what it gets.

    Made and hours are counted by the days of the period, deliveries and money by the orders of the agreements that
    were drafted from the plan. Empty where the round has no plan.
    """
    result = result_of(round.chosen_id or 0)
    if result is None:
        return [], []
    span = span_of(round)
    sides = Q(giver=one) | Q(taker=one)
    agreements = list(Agreement.objects.filter(sides, variant=round.chosen).select_related("giver", "taker"))
    orders = list(
        CallOff.objects.filter(agreement__in=agreements)
        .select_related("agreement__giver", "agreement__taker")
        .prefetch_related("promise_lines")
    )
    advances = PromiseLine.objects.filter(agreement__in=agreements, part="advance")
    codes = [line.code for order in orders for line in order.promise_lines.all()]
    done = done_until([*codes, *(line.code for line in advances)])
    ahead = {line.agreement_id: done.get(line.code, 0) for line in advances}
    reasons = _reasons(one, round, agreements, orders)
    return (
        _made(one, round.network.code, result, span, orders, done, dict(ahead), reasons),
        _got(one, round.network.code, result, span, orders, done, dict(ahead), reasons),
    )


Key = tuple[str, str]


def _made(
    one: Organisation,
    network: str,
    result: Result,
    span: Span,
    orders: list[CallOff],
    done: Mapping[str, int],
    ahead: dict[int, int],
    reasons: Mapping[str, tuple[str, ...]],
) -> list[Compared]:
    own, cash = agent(one.code), money(result.network.rules.currency)
    mine = [order for order in orders if order.agreement.giver_id == one.pk]
    planned: dict[Key, dict[str, Decimal]] = {}
    for run in result.plan.production:
        if run.site == one.code:
            _add(planned, _key(span, run.product, run.period), made=run.quantity, hours=run.hours)
    for row in result.prices.deliveries:
        if row.site == one.code and row.organisation != one.code:
            _add(
                planned,
                _key(span, row.product, row.period),
                delivered=row.quantity,
                paid=row.buyer_pays + max(Decimal(0), row.solidarity),
            )
    actual: dict[Key, dict[str, Decimal]] = {}
    rows = LedgerEvent.objects.filter(receiver=own, day__gte=span.first, day__lte=span.last).order_by()
    produced = rows.filter(action="produce", resource__startswith=f"good:{network}/")
    for sums in produced.values("resource", "day").annotate(all=Sum("amount")):
        product = sums["resource"].partition("/")[2]
        _add(actual, (product, span.of(sums["day"]) or ""), made=amount_of(int(sums["all"]), ""))
    products = {order.code: order.product for order in mine}
    worked = rows.filter(action="work", order__in=list(products))
    for hours in worked.values("order", "day").annotate(all=Sum("effort")):
        key = (products[hours["order"]], span.of(hours["day"]) or "")
        _add(actual, key, hours=amount_of(int(hours["all"]), "hours"))
    for order, key, delivered, paid, whole in _ordered(mine, span, done, ahead, ("price", "solidarity"), None):
        _add(actual, key, delivered=delivered, paid=amount_of(paid, cash), whole=amount_of(whole, cash))
        _add(actual, key, ordered=amount_of(order.amount, ""))
    return _lines(result, network, cash, planned, actual, ("made", "hours", "delivered", "price", "paid"), reasons)


def _got(
    one: Organisation,
    network: str,
    result: Result,
    span: Span,
    orders: list[CallOff],
    done: Mapping[str, int],
    ahead: dict[int, int],
    reasons: Mapping[str, tuple[str, ...]],
) -> list[Compared]:
    cash = money(result.network.rules.currency)
    mine = [order for order in orders if order.agreement.taker_id == one.pk]
    planned: dict[Key, dict[str, Decimal]] = {}
    for row in result.prices.deliveries:
        if row.organisation == one.code and row.site is not None and row.site != one.code:
            key = _key(span, row.product, row.period)
            _add(planned, key, delivered=row.quantity, paid=row.buyer_pays)
    actual: dict[Key, dict[str, Decimal]] = {}
    for order, key, delivered, paid, whole in _ordered(mine, span, done, ahead, ("price", "solidarity"), one.pk):
        _add(actual, key, delivered=delivered, paid=amount_of(paid, cash), whole=amount_of(whole, cash))
        _add(actual, key, ordered=amount_of(order.amount, ""))
    return _lines(result, network, cash, planned, actual, ("delivered", "price", "paid"), reasons)


def _ordered(
    orders: list[CallOff],
    span: Span,
    done: Mapping[str, int],
    ahead: dict[int, int],
    parts: tuple[str, ...],
    payer: int | None,
) -> list[tuple[CallOff, Key, Decimal, int, int]]:
    """Each order with what was delivered, paid and promised for it; what an advance has paid counts as paid.

    payer   only what this organisation pays; None: what everybody pays
    """
    found = []
    for order in sorted(orders, key=lambda one: (one.agreement_id, one.number)):
        if order.released is not None:
            continue
        delivered, paid, whole = Decimal(0), 0, 0
        for line in sorted(order.promise_lines.all(), key=lambda one: one.code):
            if line.part == "goods":
                delivered = amount_of(done.get(line.code, 0), "")
            elif line.part in parts and payer in (None, line.provider_id):
                used = min(line.set_off, ahead.get(order.agreement_id, 0))
                ahead[order.agreement_id] = ahead.get(order.agreement_id, 0) - used
                paid += done.get(line.code, 0) + used
                whole += line.amount + line.set_off
        period = order.period or span.of(order.due.isoformat()) or ""
        found.append((order, _key(span, order.product, period), delivered, paid, whole))
    return found


def _key(span: Span, product: str, period: str) -> Key:
    """A line: a product in a period of the span; where the plan's periods have no days, over the whole."""
    return (product, period if period in {name for name, _, _ in span.periods} else "")


def _add(to: dict[Key, dict[str, Decimal]], key: Key, **more: Decimal) -> None:
    line = to.setdefault(key, {})
    for name, value in more.items():
        line[name] = line.get(name, Decimal(0)) + value


def _lines(
    result: Result,
    network: str,
    cash: str,
    planned: Mapping[Key, Mapping[str, Decimal]],
    actual: Mapping[Key, Mapping[str, Decimal]],
    measures: tuple[str, ...],
    reasons: Mapping[str, tuple[str, ...]],
) -> list[Compared]:
    units = {one.id: one.unit for one in result.network.products}
    found = []
    for product, period in sorted({*planned, *actual}):
        plan, real = planned.get((product, period), {}), actual.get((product, period), {})
        for measure in measures:
            if measure == "price":
                pair = _each(plan, "paid", "delivered"), _each(real, "whole", "ordered")
            else:
                pair = plan.get(measure, Decimal(0)), real.get(measure, Decimal(0))
            resource = cash if measure in ("price", "paid") else "hours" if measure == "hours" else ""
            found.append(
                Compared(
                    product,
                    period,
                    measure,
                    *pair,
                    resource or good(network, product),
                    "" if resource else units.get(product, ""),
                    reasons.get(product, ()) if measure == measures[0] else (),
                )
            )
    return found


def _each(line: Mapping[str, Decimal], whole: str, quantity: str) -> Decimal:
    """The price of one; nothing where there is none."""
    count = line.get(quantity, Decimal(0))
    return EXACT.divide(line.get(whole, Decimal(0)), count).quantize(Decimal("0.0001")) if count else Decimal(0)


def _reasons(
    one: Organisation, round: Round, agreements: list[Agreement], orders: list[CallOff]
) -> dict[str, tuple[str, ...]]:
    """Product → why it came differently, as people wrote it down, by day; every sentence once."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    refusals = LineRefused.objects.filter(round=round, organisation=one, withdrawn__isnull=True)
    for row in refusals.select_related("recipe__product"):
        if row.recipe is not None:
            found.setdefault(row.recipe.product.code, []).append((row.at, row.reason))
    products: dict[int, set[str]] = {}
    by_code = {order.code: order for order in orders}
    for order in orders:
        products.setdefault(order.agreement_id, set()).add(order.product)
    for agreement in agreements:
        for product in products.get(agreement.pk, set()) if agreement.why else set():
            found.setdefault(product, []).append((agreement.until or agreement.made, agreement.why))
    for part in Handover.objects.filter(call_off__in=orders).select_related("call_off").order_by("given", "pk"):
        for text in (part.disputed, part.settled):
            if text:
                found.setdefault(part.call_off.product, []).append((part.given, text))
    taken = LedgerEvent.objects.filter(order__in=list(by_code)).exclude(corrects="").exclude(note="")
    for event in taken.order_by("pk"):
        at = datetime.fromisoformat(event.recorded)
        found.setdefault(by_code[event.order].product, []).append((at, event.note))
    return {
        product: tuple(dict.fromkeys(text for _, text in sorted(rows))) for product, rows in sorted(found.items())
    }


def events_of_orders(codes: Iterable[str]) -> dict[str, list[Event]]:
    """Order → its events, in the order in which they were written down; in one question."""
    found: dict[str, list[Event]] = {}
    for row in LedgerEvent.objects.filter(order__in=list(codes)).order_by("pk"):
        found.setdefault(row.order, []).append(row.value)
    return found


def agreements_named(one: Organisation, promises: Iterable[str]) -> list[Agreement]:
    """The agreements an organisation is a side of, and those of other promises that its events fulfil; by number."""
    codes = set(promises)
    fulfilled = PromiseLine.objects.filter(code__in=codes).values("agreement")
    paid = PromiseLine.objects.filter(provider=one).values("agreement")
    rows = Agreement.objects.filter(Q(giver=one) | Q(taker=one) | Q(pk__in=fulfilled) | Q(pk__in=paid))
    found = rows.select_related("giver", "taker", "current").prefetch_related(
        "promise_lines__provider", "promise_lines__receiver", "promise_lines__call_off", "call_offs", "versions"
    )
    return list(found.order_by("giver__code", "number"))


def events_fulfilling(row: Agreement) -> list[Event]:
    """The events that fulfil promises of an agreement, as they were written down."""
    codes = PromiseLine.objects.filter(agreement=row).values("code")
    return [event.value for event in LedgerEvent.objects.filter(promise__in=codes).order_by("pk")]
