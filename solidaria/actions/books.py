"""Books: events, hours, corrections, payments by two people, checkpoints and countersignatures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q, Sum

from solidaria.actions.acting import Already, action, check, refused
from solidaria.actions.effects import house_rules
from solidaria.actions.ledger import fulfilled, new_event, outside_the_log, post, texts_of
from solidaria.actions.permit import Doer, live_mandates
from solidaria.core.books import (
    DECIMALS,
    HOURS,
    MOST,
    OUTSIDE,
    PARTS,
    agent,
    counted,
    decimals_of,
    is_money,
)
from solidaria.core.books import correction as taken_back
from solidaria.core.decide import money_of
from solidaria.core.problem import Fault, Sentence, say
from solidaria.core.proof import Checkpoint, leaf_hash, note, read_note, read_signature, root_of
from solidaria.core.workbook.cells import is_blank, number
from solidaria.core.workbook.schema import Column
from solidaria.records.models import (
    BankBooking,
    Countersignature,
    LedgerEvent,
    LogCheckpoint,
    LogEntry,
    LogKey,
    Membership,
    Organisation,
    Payment,
    PromiseLine,
)
from solidaria.records.signatures import countersign as cosign
from solidaria.records.signatures import key_in, public_text, sign, signed_by

#: What can be written down by hand; transfers between organisations come from deliveries and payments.
BY_HAND = ("produce", "consume", "raise", "lower", "transfer")
#: Parts of what comes in from outside the books.
FROM_OUTSIDE = ("opening", "price", "solidarity", "inputs", "other")


@action
def record_event(
    doer: Doer,
    organisation: Organisation,
    *,
    action: str,
    resource: str,
    name: str = "",
    unit: str = "",
    quantity: Any,
    day: date | None,
    part: str = "other",
    order: str = "",
    note: str = "",
) -> LedgerEvent:
    """Write into the books what an organisation made, used up, found or lost, or what came in from outside.

    action   produce, consume, raise, lower; transfer: it came in from outside the books
    """
    amount, faults = _amount("quantity", quantity, resource)
    faults += _day_faults(day, doer)
    if action not in BY_HAND:
        faults.append(_fault("action", say("There is no such action."), say("Choose one from the list.")))
    if action in ("raise", "lower", "produce", "consume") and is_money(resource):
        what = say("Money is neither made nor lost here.")
        faults.append(_fault("action", what, say("Write where it came from, or draft a payment.")))
    if not resource:
        faults.append(_fault("resource", say("What it is about is missing."), say("Choose one from the list.")))
    if part not in PARTS:
        faults.append(_fault("part", say("This reason is not known."), say("Choose one from the list.")))
    check(faults)
    assert day is not None
    event = new_event(
        doer,
        organisation,
        action=action,
        provider=OUTSIDE if action == "transfer" else agent(organisation.code),
        receiver=agent(organisation.code),
        resource=resource,
        unit="" if is_money(resource) else unit,
        amount=amount,
        day=day.isoformat(),
        part=part,
        order=order,
        note=note.strip()[:400],
    )
    return post(event, name)


@action
def record_hours(
    doer: Doer,
    organisation: Organisation,
    *,
    member: Membership | None,
    hours: Any,
    day: date | None,
    order: str = "",
    note: str = "",
) -> LedgerEvent:
    """Hours that a member worked for the organisation on a day, on an order where one is named."""
    effort, faults = _amount("hours", hours, HOURS)
    faults += _day_faults(day, doer)
    if member is None or member.organisation_id != organisation.pk:
        faults.append(_fault("member", say("This person is not on the roll."), say("Choose one from the list.")))
    elif day is not None:
        worked = (
            LedgerEvent.objects.filter(
                provider=f"member:{member.pk}", action="work", day=day.isoformat()
            ).aggregate(all=Sum("effort"))["all"]
            or 0
        )
        if worked + effort > 24 * 10**DECIMALS:
            what = say("A day has 24 hours.")
            faults.append(_fault("hours", what, say("Check what was written down for this day before.")))
    check(faults)
    assert member is not None and day is not None
    event = new_event(
        doer,
        organisation,
        action="work",
        provider=f"member:{member.pk}",
        receiver=agent(organisation.code),
        resource=HOURS,
        unit="hour",
        amount=0,
        effort=effort,
        day=day.isoformat(),
        part="hours",
        order=order,
        note=note.strip()[:400],
    )
    return post(event)


@action
def correct_event(
    doer: Doer, organisation: Organisation, *, event: LedgerEvent, quantity: Any = None, why: str
) -> LedgerEvent:
    """Take a mistake back, whole or in part, by an event dated today; the mistake stays readable."""
    if not LogEntry.objects.filter(organisation=organisation, event=event).exists():
        raise refused(None, say("This event is in the books of others."), say("Ask them to correct it."))
    if BankBooking.objects.filter(event=event.uid, made=True, undone__isnull=True).exists():
        help = say("Take it back on the page of the bank line: then the line waits to be booked anew.")
        raise refused(None, say("This event was booked from a bank line."), help)
    first = event.value
    others = {one for one in (first.provider, first.receiver) if one.startswith("organisation:")}
    if len(others) == 2 and first.receiver != agent(organisation.code):
        # Who received would lose it: only that side can say that it never came, or came back.
        help = say("Ask the other side to correct it; or let it pay or give back.")
        raise refused(None, say("Only who received it can take this back."), help)
    faults: list[Fault] = []
    if not why.strip():
        faults.append(_fault("why", say("The reason is missing."), say("Say in a sentence what was wrong.")))
    given = 0
    if not is_blank(quantity):
        given, found = _amount("quantity", quantity, first.resource or HOURS)
        faults += found
    check(faults)
    LedgerEvent.objects.select_for_update().filter(pk=event.pk).first()
    earlier = [row.value for row in LedgerEvent.objects.filter(corrects=first.id).order_by("pk")]
    by = replace(
        new_event(
            doer,
            organisation,
            action=first.action,
            provider="",
            receiver="",
            resource="",
            unit="",
            amount=0 if first.effort else given,
            effort=given if first.effort else 0,
            day=doer.at.date().isoformat(),
        ),
        note=why.strip()[:400],
    )
    return post(taken_back(first, by=by, earlier=earlier))


# --- payments ---


@action
def draft_payment(
    doer: Doer,
    organisation: Organisation,
    *,
    amount: Any,
    day: date | None,
    resource: str = "",
    receiver: str = "",
    promise: PromiseLine | None = None,
    part: str = "other",
    order: str = "",
    note: str = "",
) -> Payment:
    """A payment, drafted; within the limit one person may pay alone it is paid at once, above it a second releases it.

    receiver, resource, part and order come from the promise where one is named.
    """
    faults: list[Fault] = []
    if promise is not None:
        if promise.provider_id != organisation.pk or promise.part == "goods":
            faults.append(_fault("promise", say("This is not ours to pay."), say("Choose one from the list.")))
        resource, receiver, part = promise.resource, agent(promise.receiver.code), promise.part
        order = promise.call_off.code if promise.call_off is not None else ""
    count, found = _amount("amount", amount, resource or "money:")
    faults += found + _day_faults(day, doer)
    if not is_money(resource):
        faults.append(_fault("resource", say("A payment is money."), say("Choose a currency.")))
    faults += _receiver_faults(organisation, receiver)
    if part not in PARTS:
        faults.append(_fault("part", say("This reason is not known."), say("Choose one from the list.")))
    if promise is not None and not faults:
        left = promise.amount - fulfilled([promise.code]).get(promise.code, (0, ""))[0]
        left -= (
            Payment.objects.filter(promise=promise, released__isnull=True, withdrawn__isnull=True).aggregate(
                all=Sum("amount")
            )["all"]
            or 0
        )
        if count > left:
            what = say("More would be paid than is promised.")
            faults.append(_fault("amount", what, say("Look at what was paid or drafted before.")))
    check(faults)
    assert day is not None
    row = Payment.objects.create(
        organisation=organisation,
        receiver=receiver,
        resource=resource,
        amount=count,
        part=part,
        day=day,
        note=note.strip()[:400],
        promise=promise,
        order=order,
        drafted_by=doer.person,
        drafted=doer.at,
        drafted_under=doer.mandate,
    )
    if _alone(organisation, row, doer):
        row.alone = True
        _pay(doer, row)
    return row


def _alone(organisation: Organisation, row: Payment, doer: Doer) -> bool:
    """Whether the limit lets one person pay this alone: with all that was paid alone on the same day."""
    limit = counted(money_of(house_rules(organisation), "pay_limit"), row.resource) or 0
    paid = Payment.objects.filter(
        organisation=organisation, resource=row.resource, alone=True, released__date=doer.at.date()
    ).aggregate(all=Sum("amount"))["all"]
    return row.amount + (paid or 0) <= limit


def _receiver_faults(organisation: Organisation, receiver: str) -> list[Fault]:
    kind, _, which = receiver.partition(":")
    if receiver == OUTSIDE:
        return []
    if kind == "organisation" and which != organisation.code and Organisation.objects.filter(code=which).exists():
        return []
    own = Membership.objects.filter(organisation=organisation)
    if kind == "member" and which.isdecimal() and len(which) < 18 and own.filter(pk=int(which)).exists():
        return []
    return [_fault("receiver", say("This receiver is not known."), say("Choose one from the list."))]


@action
def release_payment(doer: Doer, organisation: Organisation, *, payment: Payment) -> Payment:
    """A second person lets a drafted payment go: not who drafted it, and while that person's mandate still holds."""
    row = _payment(payment, organisation)
    if row.released is not None:
        raise Already(row)
    if row.withdrawn is not None:
        raise refused(None, say("This payment was withdrawn."), say("Draft a new one."))
    if row.drafted_by_id == doer.person.pk:
        help = say("Ask somebody else with the mandate to release payments.")
        raise refused(None, say("Who drafts a payment does not release it: two people pay."), help)
    drafted = live_mandates(doer.at).select_for_update(no_key=True).filter(pk=row.drafted_under_id or 0).first()
    if drafted is None or "books.pay" not in drafted.rights:
        help = say("Somebody with a mandate in force has to draft it again.")
        raise refused(None, say("The mandate under which this was drafted is no longer in force."), help)
    row.released_by = doer.person
    _pay(doer, row)
    return row


def _pay(doer: Doer, row: Payment) -> None:
    if row.promise is not None:
        # Since it was drafted a bank line may have kept the promise, of either side.
        promise = PromiseLine.objects.select_for_update(of=("self",)).get(pk=row.promise.pk)
        if row.amount > promise.amount - fulfilled([promise.code]).get(promise.code, (0, ""))[0]:
            what = say("More would be paid than is promised.")
            raise refused(None, what, say("Look at what was paid or came in by the bank since it was drafted."))
    event = new_event(
        doer,
        row.organisation,
        action="transfer",
        provider=agent(row.organisation.code),
        receiver=row.receiver,
        resource=row.resource,
        unit="",
        amount=row.amount,
        day=row.day.isoformat(),
        part=row.part,
        promise=row.promise.code if row.promise is not None else "",
        order=row.order,
        note=row.note,
    )
    row.event = post(event).uid
    row.released = doer.at
    row.released_by = row.released_by or doer.person
    row.save()


@action
def withdraw_payment(doer: Doer, organisation: Organisation, *, payment: Payment) -> Payment:
    """A drafted payment is called off."""
    row = _payment(payment, organisation)
    if row.released is not None:
        raise refused(None, say("This was paid already."), say("Correct it in the books."))
    row.withdrawn = doer.at
    row.save(update_fields=["withdrawn"])
    return row


@action
def confirm_payment(doer: Doer, organisation: Organisation, *, payment: Payment) -> Payment:
    """The receiver says that the money came."""
    row = _received(payment, organisation)
    if row.confirmed is not None:
        raise Already(row)
    row.confirmed = doer.at
    row.save(update_fields=["confirmed"])
    return row


@action
def dispute_payment(doer: Doer, organisation: Organisation, *, payment: Payment, why: str) -> Payment:
    """The receiver says what is wrong; both sides see it until the receiver confirms."""
    row = _received(payment, organisation)
    if not why.strip():
        raise refused("why", say("The reason is missing."), say("Say in a sentence why: the others will read it."))
    row.disputed, row.confirmed = why.strip()[:1000], None
    row.save(update_fields=["disputed", "confirmed"])
    return row


def _payment(payment: Payment, organisation: Organisation) -> Payment:
    row = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("organisation", "promise")
        .get(pk=payment.pk)
    )
    if row.organisation_id != organisation.pk:
        raise refused(None, say("This is the payment of others."), say("Look at your own books."))
    return row


def _received(payment: Payment, organisation: Organisation) -> Payment:
    row = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
    if row.receiver != agent(organisation.code) or row.released is None:
        raise refused(None, say("This payment was not made to us."), say("Look at your own books."))
    return row


# --- proof ---


def origin_of(organisation: Organisation) -> str:
    """The name of an organisation's log in its checkpoints."""
    return f"solidaria/o/{organisation.code}"


def key_file(organisation: Organisation) -> Path:
    """Where the organisation's private key is: beside the database, never in it."""
    return Path(settings.HOME) / "keys" / f"{organisation.code}.pem"


@action
def sign_checkpoint(doer: Doer, organisation: Organisation) -> LogCheckpoint:
    """Sign how the organisation's log stands now, for allies to countersign. The log is worked out anew each time."""
    _none_outside(organisation)
    leaves = [leaf_hash(text.encode()) for text in texts_of(organisation)]
    checkpoint = Checkpoint(origin_of(organisation), len(leaves), root_of(leaves), int(doer.at.timestamp()))
    before = LogCheckpoint.objects.filter(organisation=organisation, size=checkpoint.size).first()
    if before is not None:
        if before.root != checkpoint.root.hex():
            help = say("Compare the log with an exported one; somebody changed what is only ever added to.")
            raise refused(None, say("The log is not what it was when it was signed."), help)
        raise Already(before)
    key = key_in(key_file(organisation))
    known, _ = LogKey.objects.get_or_create(
        organisation=organisation, defaults={"public": public_text(key), "since": doer.at}
    )
    if known.public != public_text(key):
        help = say("Bring the file with the key back from your backup.")
        raise refused(None, say("The key of these books is another than before."), help)
    signature = sign(checkpoint, key, checkpoint.origin)
    return LogCheckpoint.objects.create(
        organisation=organisation,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        note=note(checkpoint, [signature]),
        at=doer.at,
    )


@action
def countersign(
    doer: Doer, organisation: Organisation, *, checkpoint: LogCheckpoint, line: str = "", public: str = ""
) -> Countersignature:
    """An ally's signature under another's checkpoint.

    line     made elsewhere, with a key this server never saw (`solidaria verify --countersign`); then with `public`.
             Blank: signed here with the organisation's own key, after the log was compared with the ally's last one
    """
    if checkpoint.organisation_id == organisation.pk:
        raise refused(None, say("Nobody countersigns his own books."), say("Ask an ally."))
    before = Countersignature.objects.filter(checkpoint=checkpoint, ally=organisation).first()
    if before is not None:
        raise Already(before)
    found, _ = read_note(checkpoint.note)
    if line.strip():
        try:
            signature = read_signature(line.strip())
        except ValueError:
            help = say("Copy the whole line that solidaria verify wrote.")
            raise refused("line", say("This is not a line with a signature."), help) from None
        if not signed_by(found, signature, public.strip()):
            help = say("Check that the key and the checkpoint are the right ones.")
            raise refused("line", say("This signature is not one under this checkpoint."), help)
        return Countersignature.objects.create(
            checkpoint=checkpoint, ally=organisation, line=signature.line, public=public.strip(), at=doer.at
        )
    _compare(checkpoint, organisation)
    key = key_in(key_file(organisation))
    signature = cosign(found, key, origin_of(organisation), int(doer.at.timestamp()))
    LogKey.objects.get_or_create(
        organisation=organisation, defaults={"public": public_text(key), "since": doer.at}
    )
    return Countersignature.objects.create(
        checkpoint=checkpoint, ally=organisation, line=signature.line, public=public_text(key), at=doer.at
    )


def _compare(checkpoint: LogCheckpoint, ally: Organisation) -> None:
    """Raise Refused unless the log is as every checkpoint this ally countersigned before says, and this one, too."""
    _none_outside(checkpoint.organisation)
    leaves = [leaf_hash(text.encode()) for text in texts_of(checkpoint.organisation, checkpoint.size)]
    earlier = LogCheckpoint.objects.filter(organisation=checkpoint.organisation, countersignatures__ally=ally)
    for row in [*earlier.filter(size__lte=checkpoint.size), checkpoint]:
        if root_of(leaves[: row.size]).hex() != row.root or len(leaves) < row.size:
            help = say("Tell the assemblies of both sides; keep the last checkpoint that you countersigned.")
            raise refused(None, say("These books are not those you countersigned before."), help)


def _none_outside(organisation: Organisation) -> None:
    """Raise Refused where an event that concerns the organisation stands in the tables and not in its log."""
    count = outside_the_log(organisation)
    if count:
        help = say("Somebody wrote into the database by hand: tell the assembly, and compare with a backup.")
        raise refused(None, say("{count} events stand in the books and not in the log.", count=count), help)


# --- what they have in common ---


def _amount(name: str, cell: Any, resource: str) -> tuple[int, list[Fault]]:
    """A number above zero as a whole number of the smallest unit."""
    if is_blank(cell):
        return 0, [_fault(name, say("This is blank."), say("Write how much."))]
    value, problem = number(cell, Column(name, "number", say("A number."), least=Decimal(0), above=True))
    if problem is not None:
        return 0, [_fault(name, *problem)]
    assert isinstance(value, Decimal)
    found = counted(value, resource)
    if found is None or found > MOST:
        help = say("Write at most {count} decimals.", count=decimals_of(resource))
        return 0, [_fault(name, say("This is finer than is counted, or too large."), help)]
    return found, []


def _day_faults(day: date | None, doer: Doer) -> list[Fault]:
    if day is None:
        return [_fault("day", say("This is not a day."), say("Write it as 2026-03-09."))]
    if day > doer.at.date() + timedelta(days=1):
        return [_fault("day", say("This day lies ahead."), say("Write down what has happened."))]
    return []


def _fault(column: str | None, what: Sentence, help: Sentence) -> Fault:
    return Fault("", None, column, what, help)


def payments_for(organisation: Organisation) -> Any:
    """Payments an organisation makes or gets, the newest first; those to it once they were released."""
    mine = Q(organisation=organisation)
    to_me = Q(receiver=agent(organisation.code), released__isnull=False)
    rows = Payment.objects.filter(mine | to_me)
    return rows.select_related("organisation", "promise", "drafted_by", "released_by")
