"""The views of the books: statements, balance sheet, income, stock, plan against actual, sharing, wage proof, open books.

Each is one table of values (core/view.py), shown as a page and given as CSV, XLSX and PDF; the same figures everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import accounts as asked
from solidaria.actions.agree import agreements_of
from solidaria.actions.agreed import latest, terms_of
from solidaria.actions.effects import house_rules
from solidaria.actions.ledger import income_of
from solidaria.actions.visible import by_code, networks_of
from solidaria.core import accounts
from solidaria.core.books import HOURS, PARTS, agent, amount_of, good, is_money, money
from solidaria.core.decide import choice_of, choices_of
from solidaria.core.problem import Fault, Sentence, say
from solidaria.core.view import Cell, Column, Money, Quantity, Row, Table, View
from solidaria.records.models import (
    CallOff,
    LedgerEvent,
    LogCheckpoint,
    LogEntry,
    LogKey,
    Membership,
    Organisation,
    PromiseLine,
    Round,
)
from solidaria.report import accounts as shaped
from solidaria.report.ledger import to_beancount
from solidaria.report.views import to_csv, to_xlsx
from solidaria.web.agree import day_of
from solidaria.web.answers import members_only, organisation_for, seen, shown
from solidaria.web.book_names import names_for, resource_names, units_of
from solidaria.web.language import language
from solidaria.web.linked_files import linked
from solidaria.web.pdf import tables
from solidaria.web.proof import proof_values
from solidaria.web.typed import whole

#: Lines of a statement on a page, and on paper; the other files hold all.
MOST_SHOWN, MOST_PRINTED = 100, 3000
#: Orders and agreements on the page of the open books, the newest.
MOST_PROOFS, MOST_AGREEMENTS = 50, 200

KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "beancount": "text/plain",
    "jsonld": "application/ld+json",
}
OPEN_WORDS: dict[str, Sentence] = {
    "balances": say("what it holds"),
    "income": say("what came in and what went out, and the hours worked"),
    "wages": say("the proof of wages of every order"),
    "agreements": say("its agreements: what, with whom, for how much"),
    "checkpoint": say("the signed state of its books, with who countersigned it"),
}


@dataclass
class Asked:
    """What somebody asked to see: days, a resource, a round; and what of it could not be read."""

    first: date
    last: date
    of: str = ""
    round: int | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def query(self) -> str:
        """The same as the end of an address."""
        text = f"?from={self.first.isoformat()}&to={self.last.isoformat()}"
        return text + (f"&of={self.of}" if self.of else "") + (f"&round={self.round}" if self.round else "")


def _asked(request: HttpRequest) -> Asked:
    """The days somebody chose; this year until today where none are chosen."""
    today = datetime.now(UTC).date()
    found = Asked(date(today.year, 1, 1), today)
    days: dict[str, date] = {}
    for name in ("from", "to"):
        text = request.GET.get(name, "").strip()
        day = day_of(text)
        if day is not None:
            days[name] = day
        elif text:
            found.faults.append(Fault("", None, name, say("This is not a day."), say("Write it as 2026-03-09.")))
    first, last = days.get("from", found.first), days.get("to", found.last)
    if first > last:
        what = say("The end lies before the start.")
        found.faults.append(Fault("", None, "to", what, say("Swap the two days.")))
    if not found.faults:
        found.first, found.last = first, last
    found.of = request.GET.get("of", "")[:220]
    found.round = whole(request.GET.get("round", ""))
    return found


def people_of(one: Organisation) -> dict[str, str]:
    """Members as agents → their names; for pages that only members see."""
    rows = Membership.objects.filter(organisation=one).values_list("pk", "person__name")
    return {f"member:{pk}": name for pk, name in rows}


def resources_of(one: Organisation) -> list[str]:
    """Everything an organisation ever held, currencies first."""
    own = agent(one.code)
    rows = LedgerEvent.objects.filter(Q(provider=own) | Q(receiver=own)).exclude(resource=HOURS).order_by()
    found = {resource for resource in rows.values_list("resource", flat=True).distinct() if resource}
    return sorted(found, key=lambda resource: (not is_money(resource), resource))


# --- the views ---


def _account(one: Organisation, ask: Asked, most: int | None) -> View:
    own, first, last = agent(one.code), ask.first.isoformat(), ask.last.isoformat()
    rows = asked.events_between(own, ask.of, first, last)
    events = [row.value for row in rows]
    before = accounts.holdings(asked.moves(own, last=_day_before(ask.first)))
    opening = before.get(ask.of, (0, 0))[0]
    names = {**names_for(events, one), **people_of(one)}

    def called(who: str) -> Cell:
        return say("outside") if who == "outside" else names.get(who, who)

    name = (names | resource_names({ask.of})).get(ask.of, ask.of)
    links = {row.uid: f"event:{row.pk}" for row in rows}
    lines = accounts.statement(events, own, ask.of, opening)
    unit = units_of({ask.of}).get(ask.of, "")
    return shaped.account(ask.of, name, unit, opening, lines, ask.first, ask.last, called, links, most)


def _day_before(day: date) -> str:
    return date.fromordinal(day.toordinal() - 1).isoformat()


def _balance(one: Organisation, ask: Asked, most: int | None) -> View:
    own, last = agent(one.code), ask.last.isoformat()
    moves = asked.moves(own, last=last)
    held = asked.held_until(own, last)
    promised, done = asked.promised_of(one, ask.last)
    debts = [debt for debt in accounts.debts(promised, done) if own in (debt.debtor, debt.creditor)]
    due = [debt for debt in accounts.goods_due(promised, done) if own in (debt.debtor, debt.creditor)]
    prices = asked.plan_prices([row.pk for row in networks_of(one)], ask.last)
    currencies = {resource for resource in held if is_money(resource)} | {debt.resource for debt in debts}
    currencies |= {money(prices[resource][1]) for resource in held if resource in prices and held[resource]}
    sheets = []
    for resource in sorted(currencies):
        currency = resource.partition(":")[2]
        priced = {what: price for what, (price, of) in prices.items() if of == currency}
        # A good stands under the currency in which it has a price; one without any under the first.
        here = {
            what: count
            for what, count in held.items()
            if not what.startswith("good:")
            or what in priced
            or (what not in prices and resource == min(currencies))
        }
        sheets.append(accounts.balance_sheet(resource, here, moves, debts, own, priced))
    agents = {who for debt in (*debts, *due) for who in (debt.debtor, debt.creditor)}
    names = organisation_names(agents) | resource_names({*held, *(debt.resource for debt in due)})
    return shaped.balance(sheets, due, ask.last, names, units_of({*held, *(debt.resource for debt in due)}))


def organisation_names(agents: Iterable[str]) -> dict[str, str]:
    """Ids of organisations as agents → names."""
    codes = [who.partition(":")[2] for who in agents if who.startswith("organisation:")]
    return {
        agent(code): name for code, name in Organisation.objects.filter(code__in=codes).values_list("code", "name")
    }


def _income(one: Organisation, ask: Asked, most: int | None) -> View:
    return income_view(one, ask.first, ask.last, people_of(one))


def income_view(one: Organisation, first: date, last: date, members: dict[str, str] | None) -> View:
    """The income statement; members: None where nobody may see who worked how long."""
    found = income_of(one, first.isoformat(), last.isoformat())
    hours = asked.hours_by_order(one, first.isoformat(), last.isoformat())
    names = dict(CallOff.objects.filter(code__in=list(hours)).values_list("code", "name"))
    return shaped.income(found, hours, first, last, members, names)


def _stock(one: Organisation, ask: Asked, most: int | None) -> View:
    own = agent(one.code)
    before = asked.moves(own, last=_day_before(ask.first))
    during = asked.moves(own, ask.first.isoformat(), ask.last.isoformat())
    lines = accounts.stock(before, during)
    found = {line.resource for line in lines}
    return shaped.stock(lines, ask.first, ask.last, resource_names(found), units_of(found))


def rounds_of(one: Organisation) -> list[Round]:
    """Rounds with a chosen plan, of the networks an organisation plans in, the newest first."""
    rows = Round.objects.filter(network__in=networks_of(one), chosen__isnull=False)
    return list(
        rows.select_related("network", "chosen").defer("chosen__tables", "chosen__result").order_by("-opened")[:12]
    )


def _plan(one: Organisation, ask: Asked, most: int | None) -> View:
    rounds = rounds_of(one)
    row = next((each for each in rounds if each.pk == ask.round), rounds[0] if rounds else None)
    if row is None or row.chosen is None:
        return shaped.plan((), (), say("No plan of this organisation's networks was chosen yet."), {})
    made, got = asked.compared(one, row)
    goods = {good(row.network.code, line.product) for line in (*made, *got)}
    names = {what.partition("/")[2]: name for what, name in resource_names(goods).items()}
    about = say(
        "Plan “{plan}” of {round}, {network}.", plan=row.chosen.name, round=row.name, network=row.network.name
    )
    return shaped.plan(made, got, about, names)


def _sharing(one: Organisation, ask: Asked, most: int | None) -> View:
    own, first, last = agent(one.code), ask.first.isoformat(), ask.last.isoformat()
    found, rules = income_of(one, first, last), house_rules(one)
    rows = Membership.objects.filter(organisation=one, left__isnull=True).values_list("pk", flat=True)
    by, law = choice_of(rules, "share_surplus"), choice_of(rules, "reserves")
    members = sorted(f"member:{pk}" for pk in rows)
    shares = []
    for resource in sorted({what for _, what in (*found.came_in, *found.went_out)}):
        surplus = found.surplus(resource)
        shares.append((resource, accounts.distribution(surplus, found.hours, members=members, by=by, law=law)))
    paid = asked.shared_out(own, first, last)
    return shaped.sharing(shares, found.hours, paid, ask.first, ask.last, law, by, people_of(one))


MAKERS: dict[str, Callable[[Organisation, Asked, int | None], View]] = {
    "account": _account,
    "balance": _balance,
    "income": _income,
    "stock": _stock,
    "plan": _plan,
    "sharing": _sharing,
}


def _choose(one: Organisation, ask: Asked) -> list[tuple[str, Cell]]:
    """The accounts a statement can be of; without one, or with one that was never held, the first is taken."""
    resources = resources_of(one)
    names = resource_names(set(resources))
    if ask.of not in resources:
        ask.of = resources[0] if resources else ""
    return [(resource, names.get(resource, resource)) for resource in resources]


@members_only
def view(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """A view of the books as a page."""
    one, rights = organisation_for(request, code)
    if name not in MAKERS:
        raise Http404
    ask = _asked(request)
    choices = _choose(one, ask) if name == "account" else []
    found = MAKERS[name](one, ask, MOST_SHOWN)
    kinds = ["xlsx", "csv", "pdf", *(("beancount", "jsonld") if name == "account" else ())]
    values = {
        "one": one,
        "rights": rights,
        "view": found,
        "views": shaped.VIEWS,
        "ask": ask,
        "choices": choices,
        "rounds": rounds_of(one) if name == "plan" else [],
        "files": [(kind, reverse("books_view_file", args=[code, f"{name}.{kind}"]) + ask.query) for kind in kinds],
        "faults": ask.faults,
    }
    return render(request, "books/view.html", values)


@members_only
def view_file(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """A view of the books as a file."""
    one, _ = organisation_for(request, code)
    what, _, kind = name.partition(".")
    if what not in MAKERS or kind not in KINDS or (kind in ("beancount", "jsonld") and what != "account"):
        raise Http404
    ask = _asked(request)
    if what == "account":
        _choose(one, ask)
    if kind in ("beancount", "jsonld"):
        # All of the account until the last day: what is corrected and fulfilled stands in the same file.
        rows = asked.events_between(agent(one.code), ask.of, "", ask.last.isoformat())
        events = [row.value for row in rows]
        made = (
            to_beancount(events, agent(one.code), one.name)
            if kind == "beancount"
            else linked(one, events, held_too=False)
        )
        return attachment(made, KINDS[kind], f"{code}-{name}")
    found = MAKERS[what](one, ask, MOST_PRINTED if kind == "pdf" else None)
    return _file(request, [replace(found, under=(one.name, *found.under))], kind, f"{code}-{name}")


def _file(request: HttpRequest, views: list[View], kind: str, name: str) -> HttpResponse:
    tongue = request.language  # type: ignore[attr-defined]
    if kind == "pdf":
        tongue = language(tongue.code if tongue.code in ("en", "es") else "en")
        content = tables(views, language=tongue, footer="Solidaria")
    else:
        content = (to_csv if kind == "csv" else to_xlsx)(views, tongue)
    return attachment(content, KINDS[kind], name)


def attachment(content: bytes, kind: str, name: str) -> HttpResponse:
    """An attachment: a file can never run as a page of this site, and nothing on the way keeps it."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


# --- one event ---


@members_only
def event(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One event with everything that was written down about it, and what corrects it."""
    one, rights = organisation_for(request, code)
    entry = LogEntry.objects.filter(organisation=one, event=number).select_related("event").first()
    if entry is None or entry.event is None:
        raise Http404
    row = entry.event
    order = CallOff.objects.filter(code=row.order).first() if row.order else None
    promise = PromiseLine.objects.filter(code=row.promise).first() if row.promise else None
    values = {
        "one": one,
        "rights": rights,
        "row": row,
        "place": entry.place,
        "amount": shaped.cell(row.amount, row.resource, row.unit),
        "effort": Quantity(amount_of(row.effort, HOURS), "hour") if row.effort else None,
        "names": {**names_for([row.value], one), **people_of(one)},
        "part_words": PARTS,
        "order": order,
        "promise": promise,
        "corrected": list(LedgerEvent.objects.filter(corrects=row.uid).order_by("pk")),
        "corrects": LedgerEvent.objects.filter(uid=row.corrects).first() if row.corrects else None,
        "writer": organisation_names({agent(row.by)}).get(agent(row.by), row.by),
    }
    return render(request, "books/event.html", {**values, **proof_values(one, entry.place)})


# --- wage proof ---


def proofs_of(orders: list[CallOff], members: dict[str, str] | None) -> list[View]:
    """The wage proofs of orders, in one question; members: None where nobody may see them."""
    events = asked.events_of_orders([order.code for order in orders])
    found = []
    for order in orders:
        agreement = order.agreement
        terms = terms_of(agreement.current or latest(agreement))
        lines = [row for row in terms.lines if (row.product, row.period) == (order.product, order.period)]
        line = lines[0] if lines else terms.lines[0]
        site, cash = agent(agreement.giver.code), money(terms.currency)
        proof = accounts.wage_proof(events.get(order.code, []), order.code, site, cash, line.wage)
        found.append(shaped.wages(proof, order.name, order.unit, order.amount, line.wage, terms.currency, members))
    return found


def _order(one: Organisation, number: int) -> CallOff:
    """An order of which the organisation is a side; otherwise as if it did not exist."""
    rows = CallOff.objects.select_related("agreement__giver", "agreement__taker", "agreement__current")
    order = rows.filter(pk=number).first()
    if order is None or one.pk not in (order.agreement.giver_id, order.agreement.taker_id):
        raise Http404
    return order


def _proof(one: Organisation, number: int) -> tuple[CallOff, View]:
    order = _order(one, number)
    inside = order.agreement.giver_id == one.pk
    return order, proofs_of([order], people_of(one) if inside else None)[0]


@members_only
def wage_proof(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Whether the wage part of an order's price reached those who worked on it; for both sides."""
    one, rights = organisation_for(request, code)
    order, found = _proof(one, number)
    files = [
        (kind, reverse("wage_proof_file", args=[code, number, f"wages.{kind}"])) for kind in ("xlsx", "csv", "pdf")
    ]
    values = {"one": one, "rights": rights, "order": order, "view": found, "files": files}
    return render(request, "books/wage_proof.html", values)


@members_only
def wage_proof_file(request: HttpRequest, code: str, number: int, name: str) -> HttpResponse:
    """The wage proof as a file."""
    one, _ = organisation_for(request, code)
    what, _, kind = name.partition(".")
    if what != "wages" or kind not in ("csv", "xlsx", "pdf"):
        raise Http404
    order, found = _proof(one, number)
    found = replace(found, under=(order.agreement.giver.name, *found.under))
    return _file(request, [found], kind, f"{order.code.replace('/', '-')}-{name}")


# --- open books ---


def open_views(one: Organisation, chosen: tuple[str, ...]) -> list[View]:
    """What of an organisation's books its assembly opened, as tables; nothing of single people is in them."""
    today = datetime.now(UTC).date()
    found = []
    if "balances" in chosen:
        held = asked.held_until(agent(one.code))
        names, units = resource_names(set(held)), units_of(set(held))
        columns = (Column("what", say("What")), Column("how_much", say("How much"), "number"))
        rows = [
            Row((names.get(what, what), shaped.cell(count, what, units.get(what, ""))))
            for what, count in held.items()
            if count or is_money(what)
        ]
        title = say("What it holds")
        found.append(View("balances", title, (), (Table("balances", title, columns, tuple(rows)),)))
    if "income" in chosen:
        found.append(income_view(one, date(today.year, 1, 1), today, None))
    if "wages" in chosen:
        orders = CallOff.objects.filter(agreement__giver=one, released__isnull=True).select_related(
            "agreement__giver", "agreement__taker", "agreement__current"
        )
        found += proofs_of(list(orders.order_by("-at", "-pk")[:MOST_PROOFS]), None)
    if "agreements" in chosen:
        found.append(_agreements(one))
    return found


def _agreements(one: Organisation) -> View:
    rows = [row for row in agreements_of(one) if row.current is not None and one.code in row.current.parties]
    lines = []
    for row in rows[:MOST_AGREEMENTS]:
        terms = terms_of(row.current)
        price, solidarity = (Money(terms.total(part), terms.currency) for part in ("price", "solidarity"))
        lines.append(Row((row.title, row.giver.name, row.taker.name, terms.ends, price, solidarity)))
    columns = (
        Column("agreement", say("Agreement")),
        Column("gives", say("Who gives")),
        Column("gets", say("Who gets")),
        Column("until", say("Until"), "day"),
        Column("price", say("Price"), "number"),
        Column("solidarity", say("Solidarity"), "number"),
    )
    title = say("Agreements")
    return View("agreements", title, (), (Table("agreements", title, columns, tuple(lines)),))


@shown
def open_books(request: HttpRequest, code: str) -> HttpResponse:
    """What of an organisation's books its assembly chose to show everybody."""
    one = seen(by_code(code))
    chosen = choices_of(house_rules(one), "open_books")
    values: dict[str, Any] = {"one": one, "chosen": chosen, "views": open_views(one, chosen)}
    if "checkpoint" in chosen:
        values["checkpoint"] = (
            LogCheckpoint.objects.filter(organisation=one).prefetch_related("countersignatures__ally").first()
        )
        key = LogKey.objects.filter(organisation=one).first()
        values["public"] = key.public if key is not None else ""
        values["address"] = request.build_absolute_uri(reverse("organisation", args=[one.code])).rstrip("/")
    kinds = ("xlsx", "csv", "pdf") if values["views"] else ()
    values["files"] = [(kind, reverse("open_books_file", args=[code, f"open-books.{kind}"])) for kind in kinds]
    return render(request, "books/open.html", values)


@shown
def open_books_file(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """The open books as a file; nothing where the assembly opened nothing."""
    one = seen(by_code(code))
    what, _, kind = name.partition(".")
    views = open_views(one, choices_of(house_rules(one), "open_books"))
    if what != "open-books" or kind not in ("csv", "xlsx", "pdf") or not views:
        raise Http404
    first = View(
        "open", say("Open books of {name}", name=one.name), (say("The assembly decided what is shown here."),), ()
    )
    return _file(request, [first, *views] if kind == "pdf" else views, kind, f"{code}-{name}")
