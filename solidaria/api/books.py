"""Books, for programs: what is held, the log with its proofs, payments; and what everybody may see."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.responses import Status

from solidaria.actions import books as actions
from solidaria.actions import visible
from solidaria.actions.agree import agreements_of, currency_of
from solidaria.actions.agreed import latest, terms_of
from solidaria.actions.effects import house_rules
from solidaria.actions.ledger import balances_of, income_of, text_of
from solidaria.actions.permit import Doer
from solidaria.actions.proof import allies_of, checkpoint_of, growth_of, log_of, proof_of_entry, public_key
from solidaria.api import booked, shapes
from solidaria.api.agree import orders_of
from solidaria.api.answers import doer, found, paged, reader, reads, writes
from solidaria.api.named import Names
from solidaria.api.shown import named
from solidaria.core.accounts import wage_proof
from solidaria.core.books import agent, amount_of, is_money, money
from solidaria.core.decide import choices_of
from solidaria.records.models import (
    CallOff,
    LedgerEvent,
    LogCheckpoint,
    LogEntry,
    Membership,
    Organisation,
    Payment,
    Product,
    PromiseLine,
)

router = Router(tags=["books"])

#: As many of each as the page of open books shows.
MOST_ORDERS, MOST_AGREEMENTS = 50, 100


def _seen(who: Doer, code: str) -> Organisation:
    one, _ = found(visible.organisation_seen(who, code))
    return one


# --- as they are shown ---


def products_in(resources: set[str]) -> dict[str, Product]:
    """Resource → the product, of those that are goods on a network's list."""
    pairs = {one: one.removeprefix("good:").partition("/") for one in resources if one.startswith("good:")}
    rows = Product.objects.filter(
        network__code__in={network for network, _, _ in pairs.values()},
        code__in={code for _, _, code in pairs.values()},
    ).select_related("network")
    by_name = {f"good:{row.network.code}/{row.code}": row for row in rows}
    return {one: by_name[one] for one in pairs if one in by_name}


def balances_shown(one: Organisation) -> list[booked.Balance]:
    """What an organisation holds."""
    rows = balances_of(agent(one.code))
    products = products_in({resource for resource, _, _ in rows})
    return [
        booked.Balance(
            resource=resource,
            unit=products[resource].unit if resource in products else "",
            right=f"{amount_of(right, resource):f}",
            hand=f"{amount_of(hand, resource):f}",
        )
        for resource, right, hand in rows
    ]


def income_shown(one: Organisation, year: int) -> booked.Income:
    """The income of a year."""
    income = income_of(one, f"{year:04}-01-01", f"{year:04}-12-31")

    def flows(rows: Any) -> list[booked.Flow]:
        return [
            booked.Flow(part=part, currency=what.partition(":")[2], amount=f"{amount_of(count, what):f}")
            for (part, what), count in rows.items()
        ]

    return booked.Income(
        year=year,
        came_in=flows(income.came_in),
        went_out=flows(income.went_out),
        hours=f"{amount_of(sum(income.hours.values()), 'hours'):f}",
        people=len(income.hours),
    )


def entry_shown(row: LogEntry) -> booked.Event:
    """An entry of the log; of a version of an agreement only the line."""
    values = row.event.value.__dict__ if row.event is not None else {}
    resource = str(values.get("resource", ""))
    kept = {name: str(values.get(name, "")) for name in booked.Event.model_fields if name not in ("place", "line")}
    kept["amount"] = f"{amount_of(int(values['amount']), resource):f}" if values.get("amount") else ""
    kept["hours"] = f"{amount_of(int(values['effort']), 'hours'):f}" if values.get("effort") else ""
    return booked.Event(place=row.place, line=text_of(row), **kept)


def payment_shown(row: Payment) -> booked.Payment:
    """A payment, without who drafted and released it."""
    return booked.Payment(
        number=row.pk,
        payer=named(row.organisation),
        receiver=row.receiver,
        resource=row.resource,
        amount=f"{amount_of(row.amount, row.resource):f}",
        part=row.part,
        day=row.day,
        note=row.note,
        promise=row.promise.code if row.promise is not None else None,
        order=row.order,
        state=row.state,
        alone=row.alone,
        disputed=row.disputed,
        event=row.event,
    )


def checkpoint_shown(row: LogCheckpoint) -> booked.Checkpoint:
    """A checkpoint with its countersignatures."""
    return booked.Checkpoint(
        organisation=named(row.organisation),
        size=row.size,
        root=row.root,
        note=row.note,
        public=public_key(row.organisation),
        at=row.at,
        witnesses=[
            booked.Witness(ally=named(each.ally), line=each.line, public=each.public, at=each.at)
            for each in row.countersignatures.all()
        ],
    )


def wage_proof_shown(order: CallOff) -> booked.WageProof:
    """The wage proof of an order, without the members: their hours and pay stay inside."""
    agreement = order.agreement
    terms = terms_of(agreement.current or latest(agreement))
    line = next(
        (row for row in terms.lines if (row.product, row.period) == (order.product, order.period)), terms.lines[0]
    )
    cash = money(terms.currency)
    events = [row.value for row in LedgerEvent.objects.filter(order=order.code).order_by("pk")]
    proof = wage_proof(events, order.code, agent(agreement.giver.code), cash, line.wage)
    return booked.WageProof(
        order=order.code,
        currency=terms.currency,
        wage=f"{line.wage:f}",
        quantity=f"{amount_of(order.amount, ''):f}",
        delivered=f"{amount_of(proof.delivered, ''):f}",
        promised=f"{amount_of(proof.promised, cash):f}",
        paid=f"{amount_of(proof.paid, cash):f}",
        missing=f"{amount_of(proof.missing, cash):f}",
        worked=f"{amount_of(proof.worked, 'hours'):f}",
    )


# --- reading ---


@router.get("/organisations/{code}/books", **reads(booked.Books))
def books(request: HttpRequest, code: str, asked: Query[booked.OfYear]) -> booked.Books:
    """What an organisation holds, the income of a year (this one, where none is named), how much of its log is signed."""
    one = _seen(reader(request), code)
    last = checkpoint_of(one)
    return booked.Books(
        balances=balances_shown(one),
        income=income_shown(one, asked.year or datetime.now(UTC).year),
        entries=LogEntry.objects.filter(organisation=one).count(),
        signed=last.size if last is not None else 0,
    )


def _entries(one: Organisation) -> QuerySet[LogEntry]:
    rows = LogEntry.objects.filter(organisation=one).order_by("place")
    return rows.select_related(
        "event", "version__agreement__giver", "version__agreement__taker", "version__by"
    ).prefetch_related("version__yes__organisation")


@router.get("/organisations/{code}/books/events", **reads(shapes.Page[booked.Event]))
def events(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The log of an organisation, entry by entry, in the order in which it was written."""
    return paged(_entries(_seen(reader(request), code)), paging.page, paging.size, entry_shown)


@router.get("/organisations/{code}/books/events/{int:number}", **reads(booked.Event))
def event(request: HttpRequest, code: str, number: int) -> booked.Event:
    """One entry, by its place in the log, from 0."""
    return entry_shown(found(_entries(_seen(reader(request), code)).filter(place=number).first()))


Document = dict[str, Any]


def _file(text: str | None) -> HttpResponse:
    return HttpResponse(found(text), content_type="application/json")


@router.get("/organisations/{code}/books/events/{int:number}/proof", **reads(Document))
def entry_proof(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What proves that one entry stands in the log that was signed: the file that `solidaria verify` reads."""
    proof = proof_of_entry(_seen(reader(request), code), number)
    return _file(proof.text if proof is not None else None)


@router.get("/organisations/{code}/books/log", **reads(Document))
def log(request: HttpRequest, code: str) -> HttpResponse:
    """The whole log with its last checkpoint and countersignatures: the file that `solidaria verify` reads."""
    file = log_of(_seen(reader(request), code))
    return _file(file.text if file is not None else None)


@router.get("/organisations/{code}/books/checkpoints", **reads(shapes.Page[booked.Checkpoint]))
def checkpoints(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The signed checkpoints of the log, the newest first."""
    rows = LogCheckpoint.objects.filter(organisation=_seen(reader(request), code))
    rows = rows.select_related("organisation").prefetch_related("countersignatures__ally")
    return paged(rows, paging.page, paging.size, checkpoint_shown)


@router.get("/organisations/{code}/books/growth/{int:number}", **reads(Document))
def growth(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What proves that the log only grew from the checkpoint of so many entries to the last one."""
    proof = growth_of(_seen(reader(request), code), number)
    return _file(proof.text if proof is not None else None)


@router.get("/organisations/{code}/books/allies", **reads(list[booked.Checkpoint]))
def allies(request: HttpRequest, code: str) -> list[booked.Checkpoint]:
    """The last checkpoints of allies, and of those in the same networks: what an organisation can countersign."""
    rows = [checkpoint_of(ally) for ally in allies_of(_seen(reader(request), code))]
    return [checkpoint_shown(row) for row in rows if row is not None]


@router.get("/organisations/{code}/books/payments", **reads(shapes.Page[booked.Payment]))
def payments(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """Payments from the organisation, and those to it that were released; the newest first."""
    return paged(actions.payments_for(_seen(reader(request), code)), paging.page, paging.size, payment_shown)


@router.get("/organisations/{code}/orders/{int:number}/wages", **reads(booked.WageProof))
def wages(request: HttpRequest, code: str, number: int) -> booked.WageProof:
    """Whether the wage part of an order's price was paid for hours on it; for both sides."""
    order = found(orders_of(_seen(reader(request), code)).filter(pk=number).first())
    return wage_proof_shown(order)


# --- what everybody may see ---


def _open(code: str, field: str = "") -> tuple[Organisation, list[str]]:
    """An organisation and what its books show everybody; as if it were not there where it does not show `field`."""
    one = found(visible.by_code(code))
    shows = list(choices_of(house_rules(one), "open_books"))
    if field and field not in shows:
        raise Http404
    return one, shows


@router.get("/organisations/{code}/open-books", **reads(booked.OpenBooks, public=True))
def open_books(request: HttpRequest, code: str) -> booked.OpenBooks:
    """What of an organisation's books its assembly chose to show everybody."""
    one, shows = _open(code)
    orders = CallOff.objects.filter(agreement__giver=one, released__isnull=True).select_related(
        "agreement__giver", "agreement__taker", "agreement__current"
    )
    held = [row for row in agreements_of(one) if row.current is not None and one.code in row.current.parties]
    last = checkpoint_of(one) if "checkpoint" in shows else None
    return booked.OpenBooks(
        organisation=named(one),
        shows=shows,
        balances=balances_shown(one) if "balances" in shows else None,
        income=income_shown(one, datetime.now(UTC).year) if "income" in shows else None,
        wages=[wage_proof_shown(row) for row in orders.order_by("-at")[:MOST_ORDERS]]
        if "wages" in shows
        else None,
        agreements=[_open_agreement(row) for row in held[:MOST_AGREEMENTS]] if "agreements" in shows else None,
        checkpoint=checkpoint_shown(last) if last is not None else None,
    )


def _open_agreement(row: Any) -> booked.OpenAgreement:
    terms = terms_of(row.current)
    return booked.OpenAgreement(
        title=row.title,
        giver=named(row.giver),
        taker=named(row.taker),
        currency=terms.currency,
        price=f"{terms.total('price'):f}",
        solidarity=f"{terms.total('solidarity'):f}",
    )


@router.get("/organisations/{code}/open-books/checkpoint", **reads(booked.Checkpoint, public=True))
def open_checkpoint(request: HttpRequest, code: str) -> booked.Checkpoint:
    """The last signed checkpoint, where the assembly shows it to everybody."""
    one, _ = _open(code, "checkpoint")
    return checkpoint_shown(found(checkpoint_of(one)))


@router.get("/organisations/{code}/open-books/growth/{int:number}", **reads(Document, public=True))
def open_growth(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What proves that the log only grew since the checkpoint of so many entries; it tells nothing of what they say."""
    one, _ = _open(code, "checkpoint")
    proof = growth_of(one, number)
    return _file(proof.text if proof is not None else None)


# --- writing ---


@router.post("/organisations/{code}/books/events", **writes("record_event", booked.Event, made=True))
def record_event(request: HttpRequest, code: str, given: booked.Record) -> Status[booked.Event]:
    """Write down what was made, used up, found or lost, or what came in from outside the books."""
    who = doer(request)
    one = _seen(who, code)
    names = Names()
    resource = _resource(one, given.resource, names)
    names.check()
    product = products_in({resource}).get(resource)
    name, unit = (product.name, product.unit) if product is not None else ("", "")
    values = given.model_dump(exclude={"resource"})
    values["order"] = _order(one, given.order, names)
    names.check()
    made = actions.record_event(who, one, resource=resource, name=name, unit=unit, **values)
    return Status(201, _entry_of(one, made))


def _resource(one: Organisation, resource: str, names: Names) -> str:
    """A good or a currency of the organisation's networks."""
    networks = visible.networks_of(one)
    kind, _, rest = resource.partition(":")
    network, _, code = rest.partition("/")
    for row in networks:
        if kind == "good" and row.code == network:
            names.product(row, code, "resource")
            return resource
        if is_money(resource) and currency_of(row) == rest:
            return resource
    names.missing(resource, "resource")
    return ""


def _order(one: Organisation, code: str, names: Names) -> str:
    if code and not orders_of(one).filter(code=code).exists():
        names.missing(code, "order")
    return code


def _entry_of(one: Organisation, made: LedgerEvent) -> booked.Event:
    return entry_shown(_entries(one).get(event=made))


@router.post("/organisations/{code}/books/hours", **writes("record_hours", booked.Event, made=True))
def record_hours(request: HttpRequest, code: str, given: booked.Hours) -> Status[booked.Event]:
    """Hours that a member worked on a day, on an order where one is named."""
    who = doer(request)
    one = _seen(who, code)
    names = Names()
    order = _order(one, given.order, names)
    names.check()
    member = Membership.objects.filter(organisation=one, left__isnull=True, pk=given.member).first()
    values = {**given.model_dump(exclude={"member"}), "order": order}
    return Status(201, _entry_of(one, actions.record_hours(who, one, member=member, **values)))


@router.post(
    "/organisations/{code}/books/events/{int:number}/correct", **writes("correct_event", booked.Event, made=True)
)
def correct_event(request: HttpRequest, code: str, number: int, given: booked.Correct) -> Status[booked.Event]:
    """Take an entry back, whole or in part, by an entry of today; the mistake stays readable."""
    who = doer(request)
    one = _seen(who, code)
    row = found(_entries(one).filter(place=number, event__isnull=False).first())
    made = actions.correct_event(who, one, event=found(row.event), quantity=given.quantity, why=given.why)
    return Status(201, _entry_of(one, made))


@router.post("/organisations/{code}/books/payments", **writes("draft_payment", booked.Payment, made=True))
def draft_payment(request: HttpRequest, code: str, given: booked.Draft) -> Status[booked.Payment]:
    """Draft a payment; above the limit of the rules a second person releases it, on the page of payments."""
    who = doer(request)
    one = _seen(who, code)
    promise = None
    if given.promise is not None:
        promise = found(
            PromiseLine.objects.filter(pk=given.promise).filter(Q(provider=one) | Q(receiver=one)).first()
        )
    names = Names()
    values = given.model_dump(exclude={"promise"})
    values["order"] = _order(one, given.order, names)
    if promise is None:
        values["resource"] = _resource(one, given.resource, names) if given.resource else ""
    names.check()
    return Status(201, payment_shown(actions.draft_payment(who, one, promise=promise, **values)))


def _payment(one: Organisation, number: int) -> Payment:
    row: Payment | None = actions.payments_for(one).filter(pk=number).first()
    return found(row)


@router.post(
    "/organisations/{code}/books/payments/{int:number}/withdraw", **writes("withdraw_payment", booked.Payment)
)
def withdraw_payment(request: HttpRequest, code: str, number: int) -> booked.Payment:
    """Call a drafted payment off."""
    who = doer(request)
    one = _seen(who, code)
    return payment_shown(actions.withdraw_payment(who, one, payment=_payment(one, number)))


@router.post(
    "/organisations/{code}/books/payments/{int:number}/confirm", **writes("confirm_payment", booked.Payment)
)
def confirm_payment(request: HttpRequest, code: str, number: int) -> booked.Payment:
    """Say that the money came."""
    who = doer(request)
    one = _seen(who, code)
    return payment_shown(actions.confirm_payment(who, one, payment=_payment(one, number)))


@router.post(
    "/organisations/{code}/books/payments/{int:number}/dispute", **writes("dispute_payment", booked.Payment)
)
def dispute_payment(request: HttpRequest, code: str, number: int, given: booked.Reason) -> booked.Payment:
    """Say what is wrong with a payment to the organisation."""
    who = doer(request)
    one = _seen(who, code)
    return payment_shown(actions.dispute_payment(who, one, payment=_payment(one, number), why=given.why))


@router.post("/organisations/{code}/books/checkpoints", **writes("sign_checkpoint", booked.Checkpoint, made=True))
def sign_checkpoint(request: HttpRequest, code: str) -> Status[booked.Checkpoint]:
    """Sign how the log stands now, for allies to countersign."""
    who = doer(request)
    made = actions.sign_checkpoint(who, _seen(who, code))
    return Status(201, checkpoint_shown(made))


@router.post("/organisations/{code}/books/allies", **writes("countersign", booked.Checkpoint, made=True))
def countersign(request: HttpRequest, code: str, given: booked.Countersign) -> Status[booked.Checkpoint]:
    """Countersign an ally's checkpoint: with a line made elsewhere, or with the organisation's own key on this server."""
    who = doer(request)
    one = _seen(who, code)
    ally = next((row for row in allies_of(one) if row.code == given.organisation), None)
    row = found(checkpoint_of(found(ally), given.size))
    actions.countersign(who, one, checkpoint=row, line=given.line, public=given.public)
    return Status(201, checkpoint_shown(found(checkpoint_of(row.organisation, row.size))))
