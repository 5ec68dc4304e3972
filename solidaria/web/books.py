"""Books: what is held, writing, hours, payments by two people, proof and files. The views are in web/accounts.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import books as actions
from solidaria.actions.agree import currency_of
from solidaria.actions.ledger import balances_of, events_of, fulfilled, income_of, texts_of
from solidaria.actions.visible import networks_of
from solidaria.core.books import PARTS, agent, amount_of, good, is_money, money
from solidaria.core.logfile import LogFile, Witness
from solidaria.core.problem import Sentence, say
from solidaria.records.models import (
    Alliance,
    Belonging,
    CallOff,
    FundedProject,
    LedgerEvent,
    LogCheckpoint,
    LogEntry,
    LogKey,
    Membership,
    Organisation,
    Payment,
    Product,
    PromiseLine,
)
from solidaria.report.accounts import VIEWS
from solidaria.report.ledger import to_beancount, to_csv, to_xlsx
from solidaria.web.agree import day_of
from solidaria.web.answers import act, button, doer, form, members_only, organisation_for
from solidaria.web.book_names import names_for, resource_names, units_of
from solidaria.web.linked_files import linked
from solidaria.web.typed import amount, whole

PER_PAGE = 100
MOST_ORDERS = 200

ACTION_WORDS: dict[str, Sentence] = {
    "produce": say("we made it"),
    "consume": say("we used it up"),
    "raise": say("we found more than the books show"),
    "lower": say("we found less than the books show"),
    "transfer": say("it came in from outside the books"),
    "work": say("work"),
}


def _balances(one: Organisation) -> list[dict[str, Any]]:
    rows = balances_of(agent(one.code))
    names, units = resource_names({row[0] for row in rows}), units_of({row[0] for row in rows})
    return [
        {
            "resource": resource,
            "name": names.get(resource, resource),
            "unit": units.get(resource, ""),
            "right": amount_of(right, resource),
            "hand": amount_of(hand, resource),
            "money": is_money(resource),
        }
        for resource, right, hand in rows
    ]


@members_only
def books(request: HttpRequest, code: str) -> HttpResponse:
    """The books of an organisation: what it holds, income and hours, the log, the proof."""
    one, rights = organisation_for(request, code)
    entries = (
        LogEntry.objects.filter(organisation=one).select_related("event", "version__agreement").order_by("-place")
    )
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    events = [entry.event.value for entry in page.object_list if entry.event is not None]
    year = datetime.now(UTC).year
    income = income_of(one, f"{year}-01-01", f"{year}-12-31")
    currencies = sorted({what for _, what in (*income.came_in, *income.went_out)})
    people = dict(Membership.objects.filter(organisation=one).values_list("pk", "person__name"))
    values = {
        "one": one,
        "rights": rights,
        "page": page,
        "rows": [_row(entry) for entry in page.object_list],
        "names": names_for(events, one),
        "people": {f"member:{pk}": name for pk, name in people.items()},
        "balances": _balances(one),
        "income": [
            (resource.partition(":")[2], amount_of(income.surplus(resource), resource)) for resource in currencies
        ],
        "hours": amount_of(sum(income.hours.values()), "hours"),
        "year": year,
        "views": VIEWS,
        "checkpoint": LogCheckpoint.objects.filter(organisation=one)
        .prefetch_related("countersignatures__ally")
        .first(),
        "actions_words": ACTION_WORDS,
        "part_words": PARTS,
        "orders": _orders(one),
    }
    return render(request, "books/books.html", values)


def _row(entry: LogEntry) -> dict[str, Any]:
    if entry.event is None:
        return {"entry": entry, "event": None}
    event = entry.event
    return {
        "entry": entry,
        "event": event,
        "amount": amount_of(event.amount, event.resource),
        "effort": amount_of(event.effort, "hours"),
        "money": is_money(event.resource),
        "currency": event.resource.partition(":")[2],
    }


def _orders(one: Organisation) -> list[CallOff]:
    """The orders an organisation works on, the newest first."""
    return list(
        CallOff.objects.filter(agreement__giver=one, released__isnull=True)
        .select_related("agreement__taker")
        .order_by("-at", "-pk")[:MOST_ORDERS]
    )


def _resources(one: Organisation) -> list[tuple[str, str]]:
    """What can be written down: the products and currencies of the organisation's networks."""
    networks = networks_of(one)
    goods = [
        (good(row.network.code, row.code), f"{row.name} ({row.unit})")
        for row in Product.objects.filter(network__in=networks, removed__isnull=True)
        .select_related("network")
        .order_by("name")
    ]
    return _currencies(one) + goods


def _currencies(one: Organisation) -> list[tuple[str, str]]:
    found = sorted({currency_of(network) for network in networks_of(one)} - {""})
    return [(money(currency), currency) for currency in found]


@form
def write(request: HttpRequest, code: str) -> HttpResponse:
    """Write into the books what was made, used up, found, lost, or came in from outside."""
    one, rights = organisation_for(request, code)
    resources = _resources(one)
    orders = _orders(one)
    values = {
        "one": one,
        "rights": rights,
        "resources": resources,
        "actions_list": [(name, ACTION_WORDS[name]) for name in actions.BY_HAND],
        "parts_list": [
            (name, PARTS[name]) for name in ("opening", "made", "inputs", "price", "solidarity", "other")
        ],
        "orders": [("", "–"), *((row.code, f"{row.code}: {row.name}") for row in orders)],
        "today": datetime.now(UTC).date().isoformat(),
    }

    def page(told: Any = None) -> HttpResponse:
        return render(request, "books/write.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST

    def do() -> LedgerEvent:
        resource = post.get("resource", "")
        resource = resource if resource in dict(resources) else ""
        name = resource_names({resource}).get(resource, "")
        unit = units_of({resource}).get(resource, "")
        return actions.record_event(
            doer(request),
            one,
            action=post.get("action", ""),
            resource=resource,
            name=name,
            unit=unit,
            quantity=amount(request, post.get("quantity", ""), unit),
            day=day_of(post.get("day", "")),
            part=post.get("part", "other"),
            order=_order(post.get("order", ""), orders),
            note=post.get("note", ""),
        )

    return act(request, do, lambda _: reverse("books", args=[one.code]), say("Written into the books."), page)


def _order(code: str, orders: list[CallOff]) -> str:
    return code if code in {row.code for row in orders} else ""


@form
def hours(request: HttpRequest, code: str) -> HttpResponse:
    """Hours worked."""
    one, rights = organisation_for(request, code)
    orders = _orders(one)
    members = (
        Membership.objects.filter(organisation=one, left__isnull=True)
        .select_related("person")
        .order_by("person__name", "pk")
    )
    values = {
        "one": one,
        "rights": rights,
        "members": [(row.pk, row.person.name) for row in members[:3000]],
        "orders": [("", "–"), *((row.code, f"{row.code}: {row.name}") for row in orders)],
        "today": datetime.now(UTC).date().isoformat(),
    }

    def page(told: Any = None) -> HttpResponse:
        return render(request, "books/hours.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    return act(
        request,
        lambda: actions.record_hours(
            doer(request),
            one,
            member=members.filter(pk=whole(post.get("member", "")) or 0).first(),
            hours=amount(request, post.get("hours", ""), "hour"),
            day=day_of(post.get("day", "")),
            order=_order(post.get("order", ""), orders),
            note=post.get("note", ""),
        ),
        lambda _: reverse("books", args=[one.code]),
        say("Written into the books."),
        page,
    )


@form
def correct(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take a mistake back by an event of its own."""
    one, rights = organisation_for(request, code)
    entry = LogEntry.objects.filter(organisation=one, event=number).select_related("event").first()
    if entry is None or entry.event is None:
        raise Http404
    event = entry.event

    def page(told: Any = None) -> HttpResponse:
        values = {
            "one": one,
            "rights": rights,
            "row": _row(entry),
            "names": names_for([event.value], one),
            "part_words": PARTS,
        }
        return render(request, "books/correct.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: actions.correct_event(
            doer(request),
            one,
            event=event,
            quantity=amount(request, request.POST.get("quantity", "")),
            why=request.POST.get("why", ""),
        ),
        lambda _: reverse("books", args=[one.code]),
        say("Taken back. The mistake stays readable, with the correction beside it."),
        page,
    )


# --- payments ---


def _taken_back(rows: Iterable[Payment]) -> dict[str, int]:
    """Event of a payment → what corrections took back of it since, in minor units."""
    events = [row.event for row in rows if row.event]
    corrections = LedgerEvent.objects.filter(corrects__in=events).order_by()
    return {event: -amount for event, amount in corrections.values_list("corrects").annotate(Sum("amount"))}


@form
def payments(request: HttpRequest, code: str) -> HttpResponse:
    """Payments: those drafted, released, received; and drafting one."""
    one, rights = organisation_for(request, code)
    rows = actions.payments_for(one)
    page_of = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    owed = _owed(one)
    members = (
        Membership.objects.filter(organisation=one, left__isnull=True)
        .select_related("person")
        .order_by("person__name", "pk")
    )
    people = {f"member:{row.pk}": row.person.name for row in members[:3000]}
    organisations = Organisation.objects.filter(
        networks__network__in=networks_of(one), networks__left__isnull=True
    ).exclude(pk=one.pk)
    others = {agent(row.code): row.name for row in organisations.order_by("name").distinct()}
    orders = _orders(one)
    funded = list(
        FundedProject.objects.filter(motion__organisation=one).select_related("motion").order_by("-pk")[:50]
    )
    asked = whole(request.GET.get("project", ""))
    taken_back = _taken_back(page_of.object_list)
    values = {
        "one": one,
        "rights": rights,
        "page": page_of,
        "funded": funded,
        "project": next((row for row in funded if row.pk == asked), None),
        "rows": [
            (
                row,
                amount_of(row.amount, row.resource),
                row.resource.partition(":")[2],
                amount_of(taken_back.get(row.event, 0), row.resource),
            )
            for row in page_of.object_list
        ],
        "owed": owed,
        "currencies": _currencies(one),
        "receivers": [*others.items(), *people.items(), ("outside", say("somebody outside the books"))],
        "names": {**others, **people, agent(one.code): one.name, "outside": say("somebody outside the books")},
        "parts_list": [(name, PARTS[name]) for name in ("wage", "inputs", "distribution", "reserve", "other")],
        "part_words": PARTS,
        "orders": [("", "–"), *((row.code, f"{row.code}: {row.name}") for row in orders)],
        "today": datetime.now(UTC).date().isoformat(),
        "mine": agent(one.code),
    }

    def page(told: Any = None) -> HttpResponse:
        return render(request, "books/payments.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST

    def do() -> Payment:
        promise = next((row for row, _, _ in owed if row.pk == whole(post.get("promise", ""))), None)
        return actions.draft_payment(
            doer(request),
            one,
            promise=promise,
            amount=amount(request, post.get("amount", "")),
            day=day_of(post.get("day", "")),
            resource=post.get("resource", "") if post.get("resource", "") in dict(_currencies(one)) else "",
            receiver=post.get("receiver", ""),
            part=post.get("part", "other"),
            order=_order(post.get("order", ""), orders),
            note=post.get("note", ""),
        )

    return act(
        request,
        do,
        lambda _: reverse("payments", args=[one.code]),
        say("Drafted. Above the limit of the rules a second person releases it."),
        page,
    )


def _owed(one: Organisation) -> list[tuple[PromiseLine, Any, str]]:
    """What money the organisation promised and has not paid, the first due first."""
    rows = list(
        PromiseLine.objects.filter(provider=one, released__isnull=True, amount__gt=0)
        .exclude(part="goods")
        .select_related("receiver", "call_off")
    )
    done = fulfilled([row.code for row in rows])
    left = [(row, row.amount - done.get(row.code, (0, ""))[0]) for row in rows]
    return [(row, amount_of(much, row.resource), row.resource.partition(":")[2]) for row, much in left if much > 0]


@button
def payment_step(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Release, withdraw, confirm or dispute a payment."""
    one, _ = organisation_for(request, code)
    row = actions.payments_for(one).filter(pk=number).first()
    if row is None:
        raise Http404
    why = request.POST.get("why", "")
    ways: dict[str, tuple[Callable[[], Any], Sentence]] = {
        "release": (
            lambda: actions.release_payment(doer(request), one, payment=row),
            say("Paid: it stands in the books."),
        ),
        "withdraw": (lambda: actions.withdraw_payment(doer(request), one, payment=row), say("Withdrawn.")),
        "confirm": (
            lambda: actions.confirm_payment(doer(request), one, payment=row),
            say("Confirmed: the money came."),
        ),
        "dispute": (
            lambda: actions.dispute_payment(doer(request), one, payment=row, why=why),
            say("Said. Both sides see it until it is settled."),
        ),
    }
    if verb not in ways:
        raise Http404
    do, said = ways[verb]
    return act(
        request,
        do,
        lambda _: reverse("payments", args=[one.code]),
        said,
        lambda told: render(request, "refused.html", told),
    )


# --- proof ---


@button
def checkpoint(request: HttpRequest, code: str) -> HttpResponse:
    """Sign how the log stands now."""
    one, _ = organisation_for(request, code)
    return act(
        request,
        lambda: actions.sign_checkpoint(doer(request), one),
        lambda _: reverse("books", args=[one.code]),
        say("Signed. Now an ally can countersign it."),
        lambda told: render(request, "refused.html", told),
    )


def _allies(one: Organisation) -> list[Organisation]:
    """Whose books an organisation countersigns: allies, and those in the same networks."""
    pairs = Alliance.objects.filter(agreed__isnull=False, ended__isnull=True)
    found = set(pairs.filter(organisation=one).values_list("ally", flat=True))
    found |= set(pairs.filter(ally=one).values_list("organisation", flat=True))
    mine = Belonging.objects.filter(organisation=one, agreed__isnull=False, left__isnull=True).values_list(
        "network", flat=True
    )
    near = Belonging.objects.filter(network__in=list(mine), agreed__isnull=False, left__isnull=True)
    found |= set(near.values_list("organisation", flat=True)) | set(mine)
    return list(Organisation.objects.filter(pk__in=found - {one.pk}).order_by("name", "code"))


@form
def allies(request: HttpRequest, code: str) -> HttpResponse:
    """Countersign the books of allies."""
    one, rights = organisation_for(request, code)
    rows = []
    for ally in _allies(one):
        last = LogCheckpoint.objects.filter(organisation=ally).prefetch_related("countersignatures__ally").first()
        if last is not None:
            rows.append((ally, last, any(each.ally_id == one.pk for each in last.countersignatures.all())))

    def page(told: Any = None) -> HttpResponse:
        return render(request, "books/allies.html", {"one": one, "rights": rights, "rows": rows, **(told or {})})

    if request.method != "POST":
        return page()
    number = whole(request.POST.get("checkpoint", ""))
    found = next((last for _, last, _ in rows if last.pk == number), None)
    if found is None:
        raise Http404
    return act(
        request,
        lambda: actions.countersign(
            doer(request),
            one,
            checkpoint=found,
            line=request.POST.get("line", "")[:1000],
            public=request.POST.get("public", "")[:200],
        ),
        lambda _: reverse("allies_books", args=[one.code]),
        say("Countersigned. Keep the checkpoint outside this server, too."),
        page,
    )


@members_only
def file(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """The books as a file."""
    one, _ = organisation_for(request, code)
    makers: dict[str, tuple[str, Callable[[], bytes]]] = {
        "books.csv": ("text/csv", lambda: to_csv(events_of(one))),
        "books.xlsx": (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda: to_xlsx(events_of(one)),
        ),
        "books.beancount": ("text/plain", lambda: to_beancount(events_of(one), agent(one.code), one.name)),
        "books.jsonld": ("application/ld+json", lambda: linked(one, events_of(one))),
        "books.log.json": ("application/json", lambda: log_of(one).text.encode()),
    }
    if name not in makers:
        raise Http404
    kind, make = makers[name]
    response = HttpResponse(make(), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{one.code}.{name.partition(".")[2]}"'
    response["Cache-Control"] = "private, no-store"
    return response


def log_of(one: Organisation) -> LogFile:
    """The log of an organisation with its last checkpoint and who countersigned it."""
    last = LogCheckpoint.objects.filter(organisation=one).first()
    if last is None:
        raise Http404
    key = LogKey.objects.get(organisation=one)
    witnesses = tuple(
        Witness(row.ally.name, row.public, row.line) for row in last.countersignatures.select_related("ally")
    )
    return LogFile(actions.origin_of(one), key.public, last.note, witnesses, tuple(texts_of(one)))
