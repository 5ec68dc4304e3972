"""Agreements, for programs: those of an organisation, their promises, orders and deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from solidaria.actions import agree as actions
from solidaria.actions import visible
from solidaria.actions.agreed import latest, terms_of
from solidaria.actions.ledger import standing
from solidaria.actions.permit import Doer
from solidaria.api import booked, shapes
from solidaria.api.answers import doer, found, paged, reader, reads, writes
from solidaria.api.named import Names
from solidaria.api.shown import named
from solidaria.core.agree import Terms
from solidaria.core.books import amount_of
from solidaria.records.models import Agreement, CallOff, Handover, Organisation, PromiseLine

router = Router(tags=["agree"])


def _seen(who: Doer, code: str) -> Organisation:
    one, _ = found(visible.organisation_seen(who, code))
    return one


def sides_of(one: Organisation) -> QuerySet[Agreement]:
    """The agreements an organisation is a side of: the network only where it has to say yes."""
    rows: QuerySet[Agreement] = actions.agreements_of(one).prefetch_related("versions")
    outside = [row.pk for row in rows.filter(network=one) if one.code not in latest(row).parties]
    return rows.exclude(pk__in=outside)


def _agreement(one: Organisation, number: int) -> Agreement:
    return found(sides_of(one).filter(pk=number).first())


# --- as they are shown ---


def terms_shown(terms: Terms) -> booked.Terms:
    """Terms; amounts as text."""
    return booked.Terms(
        title=terms.title,
        currency=terms.currency,
        lines=[
            booked.Term(
                product=line.product,
                name=line.name,
                unit=line.unit,
                quantity=f"{line.quantity:f}",
                price=f"{line.price:f}",
                solidarity=f"{line.solidarity:f}",
                solidarity_by=line.solidarity_by,
                wage=f"{line.wage:f}",
                period=line.period,
            )
            for line in terms.lines
        ],
        starts=terms.starts,
        ends=terms.ends,
        review=terms.review,
        guaranteed=f"{terms.guaranteed:f}",
        call_offs=terms.call_offs,
        advance=f"{terms.advance:f}",
        pay_days=terms.pay_days,
        schedule=[booked.Due(day=day, line=line, quantity=f"{much:f}") for day, line, much in terms.schedule],
        contact_giver=terms.contact_giver,
        contact_taker=terms.contact_taker,
        place=terms.place,
        delay=terms.delay,
        pause_days=terms.pause_days,
        break_days=terms.break_days,
        words=terms.words,
    )


def _listed(row: Agreement) -> dict[str, Any]:
    return {
        "number": row.pk,
        "id": f"{row.giver.code}/{row.number}",
        "title": row.title,
        "state": row.state,
        "giver": named(row.giver),
        "taker": named(row.taker),
        "network": named(row.network),
        "version": latest(row).number,
        "in_force": row.current.number if row.current is not None else None,
        "made": row.made,
        "since": row.since,
        "until": row.until,
        "why": row.why,
    }


def listed(row: Agreement) -> booked.AgreementListed:
    """An agreement in a list."""
    return booked.AgreementListed(**_listed(row))


def agreement_shown(row: Agreement) -> booked.Agreement:
    """An agreement with its newest terms and its promises."""
    version = latest(row)
    return booked.Agreement(
        **_listed(row),
        terms=terms_shown(terms_of(version)),
        parties=list(version.parties),
        said_yes=sorted(version.yes.values_list("organisation__code", flat=True)),
        promises=promises_shown(row.promise_lines.select_related("provider", "receiver")),
    )


def promises_shown(rows: QuerySet[PromiseLine]) -> list[booked.PromiseLine]:
    """Promises with what is fulfilled of each and where it stands."""
    return [
        booked.PromiseLine(
            number=line.pk,
            id=line.code,
            part=line.part,
            provider=named(line.provider),
            receiver=named(line.receiver),
            resource=line.resource,
            unit=line.unit,
            amount=f"{amount_of(line.amount, line.resource):f}",
            set_off=f"{amount_of(line.set_off, line.resource):f}",
            fulfilled=f"{amount_of(much, line.resource):f}",
            due=line.due,
            state=state,
        )
        for line, much, state in standing(list(rows), datetime.now(UTC).date())
    ]


def handed_over(row: Handover) -> booked.HandedOver:
    """A delivery."""
    return booked.HandedOver(
        number=row.pk,
        quantity=f"{amount_of(row.amount, ''):f}",
        day=row.day,
        note=row.note,
        confirmed=None if row.confirmed is None else f"{amount_of(row.confirmed, ''):f}",
        disputed=row.disputed,
        settled=row.settled,
        state=row.state,
        event=row.event,
    )


def order_shown(row: CallOff) -> booked.Order:
    """A call-off with its deliveries."""
    return booked.Order(
        number=row.pk,
        id=row.code,
        agreement=row.agreement_id,
        giver=named(row.agreement.giver),
        taker=named(row.agreement.taker),
        product=row.product,
        name=row.name,
        unit=row.unit,
        quantity=f"{amount_of(row.amount, ''):f}",
        due=row.due,
        place=row.place,
        note=row.note,
        released=row.released,
        deliveries=[handed_over(part) for part in sorted(row.handovers.all(), key=lambda part: part.pk)],
    )


def orders_of(one: Organisation) -> QuerySet[CallOff]:
    """The call-offs an organisation gives or gets, the first due first."""
    rows = CallOff.objects.filter(Q(agreement__giver=one) | Q(agreement__taker=one))
    return (
        rows.select_related("agreement__giver", "agreement__taker")
        .prefetch_related("handovers")
        .order_by("due", "pk")
    )


# --- agreements ---


@router.get("/organisations/{code}/agreements", **reads(shapes.Page[booked.AgreementListed]))
def agreements(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The agreements an organisation is a side of, the newest first."""
    one = _seen(reader(request), code)
    return paged(sides_of(one), paging.page, paging.size, listed)


@router.get("/organisations/{code}/agreements/{int:number}", **reads(booked.Agreement))
def agreement(request: HttpRequest, code: str, number: int) -> booked.Agreement:
    """One agreement: its newest terms, who said yes to them, and its promises."""
    return agreement_shown(_agreement(_seen(reader(request), code), number))


@router.post("/organisations/{code}/agreements", **writes("draft_agreement", booked.Agreement, made=True))
def draft_agreement(request: HttpRequest, code: str, given: booked.DraftAgreement) -> Status[booked.Agreement]:
    """A draft between two organisations, by one of them; it holds once every side has said yes."""
    who = doer(request)
    one = _seen(who, code)
    names = Names()
    giver, taker = names.organisation(given.giver, "giver"), names.organisation(given.taker, "taker")
    names.check()
    made = actions.draft_agreement(who, one, giver=giver, taker=taker, given=_typed(given))
    return Status(201, agreement_shown(_agreement(one, made.pk)))


@router.post("/organisations/{code}/agreements/from-plan", **writes("draft_from_plan", booked.Drafted))
def draft_from_plan(request: HttpRequest, code: str, given: booked.DraftFromPlan) -> booked.Drafted:
    """Drafts of all agreements that the chosen plan of a round means for the organisation."""
    who = doer(request)
    one = _seen(who, code)
    row, _, _ = found(visible.round_seen(who, given.round))
    done = actions.draft_from_plan(who, one, round=row)
    return booked.Drafted(agreements=sides_of(one).filter(variant=done.chosen_id or 0).count())


@router.post(
    "/organisations/{code}/agreements/{int:number}/versions", **writes("change_agreement", booked.Agreement)
)
def change_agreement(request: HttpRequest, code: str, number: int, given: booked.TermsGiven) -> booked.Agreement:
    """A new version of the terms, wholly; it holds once every side has said yes to it."""
    who = doer(request)
    one = _seen(who, code)
    row = _agreement(one, number)
    actions.change_agreement(who, one, agreement=row, given=_typed(given))
    return agreement_shown(_agreement(one, number))


def _typed(given: booked.TermsGiven) -> dict[str, Any]:
    """What was sent, as the form would have it."""
    found = given.model_dump(exclude={"giver", "taker"})
    for name in ("starts", "ends", "review"):
        found[name] = found[name].isoformat()
    found |= {name: str(found[name]) for name in ("call_offs", "pay_days", "pause_days", "break_days")}
    found["schedule"] = [(row.day.isoformat(), str(row.line), row.quantity) for row in given.schedule]
    return found


@router.post("/organisations/{code}/agreements/{int:number}/hold", **writes("hold_again", booked.AgreementListed))
def hold_again(request: HttpRequest, code: str, number: int) -> booked.AgreementListed:
    """Ask the site again whether it can hold an agreement to which all have said yes."""
    who = doer(request)
    one = _seen(who, code)
    return listed(actions.hold_again(who, one, agreement=_agreement(one, number)))


@router.post(
    "/organisations/{code}/agreements/{int:number}/pause", **writes("pause_agreement", booked.AgreementListed)
)
def pause_agreement(request: HttpRequest, code: str, number: int, given: booked.Reason) -> booked.AgreementListed:
    """Nothing is called off until it is taken up again."""
    who = doer(request)
    one = _seen(who, code)
    return listed(actions.pause_agreement(who, one, agreement=_agreement(one, number), why=given.why))


@router.post(
    "/organisations/{code}/agreements/{int:number}/resume", **writes("resume_agreement", booked.AgreementListed)
)
def resume_agreement(request: HttpRequest, code: str, number: int) -> booked.AgreementListed:
    """Take it up again."""
    who = doer(request)
    one = _seen(who, code)
    return listed(actions.resume_agreement(who, one, agreement=_agreement(one, number)))


@router.post(
    "/organisations/{code}/agreements/{int:number}/end", **writes("end_agreement", booked.AgreementListed)
)
def end_agreement(
    request: HttpRequest, code: str, number: int, given: booked.EndAgreement
) -> booked.AgreementListed:
    """End it, or break it off."""
    who = doer(request)
    one = _seen(who, code)
    row = _agreement(one, number)
    return listed(actions.end_agreement(who, one, agreement=row, why=given.why, broken=given.broken))


# --- orders, promises and deliveries ---


@router.get("/organisations/{code}/orders", **reads(shapes.Page[booked.Order]))
def orders(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The orders an organisation gives or gets, with their deliveries, the first due first."""
    return paged(orders_of(_seen(reader(request), code)), paging.page, paging.size, order_shown)


@router.post("/organisations/{code}/agreements/{int:number}/orders", **writes("call_off", booked.Order, made=True))
def call_off(request: HttpRequest, code: str, number: int, given: booked.CallOff) -> Status[booked.Order]:
    """Call off so much of a line by a day; the price is owed with it."""
    who = doer(request)
    one = _seen(who, code)
    made = actions.call_off(who, one, agreement=_agreement(one, number), **given.model_dump())
    return Status(201, order_shown(orders_of(one).get(pk=made.pk)))


@router.post(
    "/organisations/{code}/promises/{int:number}/release", **writes("release_promise", booked.PromiseLine)
)
def release_promise(request: HttpRequest, code: str, number: int) -> booked.PromiseLine:
    """Let go of a promise that was made to the organisation."""
    who = doer(request)
    one = _seen(who, code)
    mine = PromiseLine.objects.filter(Q(provider=one) | Q(receiver=one)).select_related("provider", "receiver")
    actions.release_promise(who, one, promise=found(mine.filter(pk=number).first()))
    return promises_shown(mine.filter(pk=number))[0]


@router.post(
    "/organisations/{code}/orders/{int:number}/deliveries", **writes("hand_over", booked.HandedOver, made=True)
)
def hand_over(request: HttpRequest, code: str, number: int, given: booked.HandOver) -> Status[booked.HandedOver]:
    """Say what was handed over; it stands in the books once the receiver confirms it."""
    who = doer(request)
    one = _seen(who, code)
    row = found(orders_of(one).filter(pk=number).first())
    return Status(201, handed_over(actions.hand_over(who, one, call_off=row, **given.model_dump())))


def _delivery(one: Organisation, number: int) -> Handover:
    rows = Handover.objects.filter(Q(call_off__agreement__giver=one) | Q(call_off__agreement__taker=one))
    return found(rows.filter(pk=number).first())


@router.post(
    "/organisations/{code}/deliveries/{int:number}/confirm", **writes("confirm_handover", booked.HandedOver)
)
def confirm_handover(request: HttpRequest, code: str, number: int, given: booked.Confirm) -> booked.HandedOver:
    """Confirm a delivery, whole or the part that came."""
    who = doer(request)
    one = _seen(who, code)
    return handed_over(
        actions.confirm_handover(who, one, handover=_delivery(one, number), quantity=given.quantity)
    )


@router.post(
    "/organisations/{code}/deliveries/{int:number}/dispute", **writes("dispute_handover", booked.HandedOver)
)
def dispute_handover(request: HttpRequest, code: str, number: int, given: booked.Reason) -> booked.HandedOver:
    """Say what is wrong with a delivery; both sides see it until it is settled."""
    who = doer(request)
    one = _seen(who, code)
    return handed_over(actions.dispute_handover(who, one, handover=_delivery(one, number), why=given.why))


@router.post(
    "/organisations/{code}/deliveries/{int:number}/settle", **writes("settle_handover", booked.HandedOver)
)
def settle_handover(request: HttpRequest, code: str, number: int, given: booked.Settle) -> booked.HandedOver:
    """Say how a disagreement was settled; the giver can take back what was never confirmed."""
    who = doer(request)
    one = _seen(who, code)
    row = _delivery(one, number)
    return handed_over(actions.settle_handover(who, one, handover=row, how=given.how, withdraw=given.withdraw))
