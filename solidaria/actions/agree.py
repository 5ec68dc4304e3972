"""Agreements: drafted from a chosen plan or by hand, agreed to, called off, delivered, paused, ended.

Each side acts through its own organisation: it is the subject of every action here, the agreement comes along.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max, Q, Sum

from solidaria.actions.acting import Already, action, check, refused
from solidaria.actions.agreed import (
    add_to_promise,
    is_open,
    latest,
    let_go,
    order,
    put_in_force,
    terms_of,
    yes,
)
from solidaria.actions.effects import house_rules
from solidaria.actions.ledger import fulfilled, new_event, post
from solidaria.actions.permit import Doer
from solidaria.core.agree import (
    BROKEN,
    ENDED,
    IN_FORCE,
    PAUSED,
    Terms,
    guaranteed_rest,
    read_terms,
)
from solidaria.core.books import agent, amount_of, counted, good, money
from solidaria.core.decide import money_of
from solidaria.core.money import EXACT
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.result import Delivery, Result
from solidaria.core.workbook.cells import is_blank, number
from solidaria.core.workbook.schema import Column
from solidaria.records.models import (
    Agreement,
    AgreementReview,
    AgreementVersion,
    AgreementYes,
    CallOff,
    Delay,
    Handover,
    HandoverPhoto,
    Organisation,
    Product,
    PromiseLine,
    Round,
    Rule,
    Site,
    Variant,
)
from solidaria.records.photos import keep, plain_photo
from solidaria.records.results import result_of

#: Plans are for a year where their periods have no days.
YEAR = 365


def currency_of(network: Organisation) -> str:
    """The currency a network plans in; blank where it has not said."""
    row = Rule.objects.filter(network=network, rule="currency").order_by("-since", "-pk").first()
    return row.value if row is not None else ""


def products_of(network: Organisation) -> dict[str, tuple[str, str]]:
    """The products on a network's list: code → (name, unit)."""
    rows = Product.objects.filter(network=network, removed__isnull=True)
    return {row.code: (row.name, row.unit) for row in rows}


# --- drafting ---


@action
def draft_agreement(
    doer: Doer, organisation: Organisation, *, giver: Organisation, taker: Organisation, given: Mapping[str, Any]
) -> Agreement:
    """A draft by hand between two organisations, by one of them; given: see core/agree.py `read_terms`."""
    site = Site.objects.filter(organisation=giver).select_related("network").first()
    faults = []
    if organisation.pk not in (giver.pk, taker.pk):
        faults.append(_fault("taker", say("Only a side drafts an agreement."), say("Choose your organisation.")))
    if site is None or site.network is None:
        what = say("{name} plans with no network: what it could hold is not known.", name=giver.name)
        faults.append(_fault("giver", what, say("It has to be a site that plans with a network.")))
    check(faults)
    assert site is not None and site.network is not None
    network = site.network
    currency = currency_of(network)
    if not currency:
        help = say("Write down the network's rule “currency”.")
        raise refused(None, say("The network has no currency."), help)
    terms = _read(given, network, giver, taker, currency)
    return _draft(doer, organisation, network, giver, taker, terms)


def _read(
    given: Mapping[str, Any], network: Organisation, giver: Organisation, taker: Organisation, currency: str
) -> Terms:
    return read_terms(
        given,
        network=network.code,
        giver=giver.code,
        taker=taker.code,
        currency=currency,
        products=products_of(network),
    )


def _draft(
    doer: Doer,
    by: Organisation,
    network: Organisation,
    giver: Organisation,
    taker: Organisation,
    terms: Terms,
    variant: Variant | None = None,
) -> Agreement:
    last = Agreement.objects.filter(giver=giver).aggregate(last=Max("number"))["last"] or 0
    row = Agreement.objects.create(
        giver=giver,
        taker=taker,
        network=network,
        number=last + 1,
        title=terms.title,
        variant=variant,
        made=doer.at,
    )
    _version(doer, row, by, terms)
    return row


def _version(doer: Doer, row: Agreement, by: Organisation, terms: Terms) -> AgreementVersion:
    last = row.versions.aggregate(last=Max("number"))["last"] or 0
    return AgreementVersion.objects.create(
        agreement=row, number=last + 1, text=terms.text, parties=list(terms.parties), by=by, at=doer.at
    )


@action
def draft_from_plan(doer: Doer, organisation: Organisation, *, round: Round) -> Round:
    """Drafts of all agreements the round's chosen plan means for an organisation: one for each other side.

    What was drafted from this plan before is left as it is. Price and solidarity stand apart in every line: what the
    plan lets others carry is paid by the network, what a buyer pays above the price is his own solidarity.
    """
    chosen = Variant.objects.filter(pk=round.chosen_id or 0).defer("tables", "result").first()
    result = result_of(chosen.pk) if chosen is not None else None
    if chosen is None or result is None:
        help = say("Choose one on the page of the round, or adopt one by a motion.")
        raise refused(None, say("No plan of this round was chosen."), help)
    network = round.network
    by_pair: dict[tuple[str, str], list[Delivery]] = {}
    for row in result.prices.deliveries:
        if row.site is not None and row.site != row.organisation and row.quantity > 0:
            by_pair.setdefault((row.site, row.organisation), []).append(row)
    ours = {pair: rows for pair, rows in sorted(by_pair.items()) if organisation.code in pair}
    if not ours:
        help = say("A plan makes agreements only between a site and others that get from it.")
        raise refused(None, say("The plan has no delivery from or to {name}.", name=organisation.name), help)
    for (site, taker), rows in ours.items():
        sides = {one.code: one for one in Organisation.objects.filter(code__in=(site, taker))}
        if (
            len(sides) == 2
            and not Agreement.objects.filter(variant=chosen, giver=sides[site], taker=sides[taker]).exists()
        ):
            given = _given(round, result, rows, sides[site], sides[taker])
            terms = _read(given, network, sides[site], sides[taker], currency_of(network))
            _draft(doer, organisation, network, sides[site], sides[taker], terms, chosen)
    return round


def _given(
    round: Round, result: Result, rows: list[Delivery], giver: Organisation, taker: Organisation
) -> dict[str, Any]:
    """What a plan says about the deliveries from one organisation to another, as somebody would type it."""
    days = [
        date.fromisoformat(str(period[name]))
        for period in round.periods
        for name in ("starts", "ends")
        if period.get(name)
    ]
    today = round.opened.date()
    starts, ends = (min(days), max(days)) if len(days) > 1 else (today, today + timedelta(days=YEAR))
    lines: dict[tuple[str, str], dict[str, Decimal]] = {}
    for row in rows:
        line = lines.setdefault(
            (row.product, row.period), dict.fromkeys(("quantity", "price", "network", "own"), Decimal(0))
        )
        line["quantity"] += row.quantity
        line["price"] += row.buyer_pays if row.solidarity >= 0 else row.buyer_pays + row.solidarity
        line["network" if row.solidarity >= 0 else "own"] += abs(row.solidarity)
    wages = {(one.site, one.product): one.lines.get("wages", Decimal(0)) for one in result.prices.unit_costs}
    periods = {period.id for period in result.network.periods} if len(result.network.periods) > 1 else set()
    names = {one.id: one.name for one in result.network.products}
    typed = []
    for (product, period), line in sorted(lines.items()):
        # A line has one payer of solidarity: where both pay, the buyer's own part counts as price.
        own = line["own"] if not line["network"] else Decimal(0)
        price = line["price"] + (line["own"] if line["network"] else Decimal(0))
        solidarity = line["network"] or own
        most = EXACT.divide(price + solidarity, line["quantity"]).quantize(Decimal("0.000001"), ROUND_DOWN)
        wage = min(wages.get((giver.code, product), Decimal(0)), most)
        typed.append(
            {
                "product": product,
                "quantity": f"{line['quantity']:f}",
                "price": f"{price:f}",
                "solidarity": f"{solidarity:f}",
                "solidarity_by": round.network.code if line["network"] else taker.code,
                "wage": f"{wage:f}",
                "period": period if period in periods else "",
            }
        )
    title = ", ".join(sorted({names.get(product, product) for product, _ in lines}))
    return {
        "title": f"{title} · {round.name}"[:120],
        "lines": typed,
        "starts": starts.isoformat(),
        "ends": ends.isoformat(),
        "review": (starts + (ends - starts) / 2).isoformat(),
        "contact_giver": giver.contact or giver.name,
        "contact_taker": taker.contact or taker.name,
    }


@action
def change_agreement(
    doer: Doer, organisation: Organisation, *, agreement: Agreement, given: Mapping[str, Any]
) -> AgreementVersion:
    """A new version of the terms, by one side; it holds once every side said yes to it. What was called off stays."""
    row = _ours(organisation, agreement)
    if row.state in (ENDED, BROKEN):
        raise refused(None, say("This agreement has ended."), say("Draft a new one."))
    terms = _read(given, row.network, row.giver, row.taker, terms_of(latest(row)).currency)
    called: dict[tuple[str, str], int] = {}
    for one in row.call_offs.filter(released__isnull=True):
        called[one.product, one.period] = called.get((one.product, one.period), 0) + one.amount
    agreed = {(line.product, line.period): counted(line.quantity, "") or 0 for line in terms.lines}
    if any(agreed.get(key, 0) < amount for key, amount in called.items()):
        what = say("Less is agreed on than was called off already.")
        raise refused("lines", what, say("Let go of call-offs first, or agree on more."))
    return _version(doer, row, organisation, terms)


# --- yes, pause, end ---


@action
def agree_by_mandate(doer: Doer, organisation: Organisation, *, agreement: Agreement) -> AgreementYes:
    """An organisation's yes under a mandate, where the whole is within the limit its assembly set."""
    row = _ours(organisation, agreement)
    version = latest(row)
    terms = terms_of(version)
    limit, whole = (
        money_of(house_rules(organisation), "sign_limit"),
        terms.total("price") + terms.total("solidarity"),
    )
    if whole > limit:
        raise refused(
            None,
            say("This agreement is about {whole}; a mandate is enough up to {limit}.", whole=whole, limit=limit),
            say("The assembly decides: propose a motion."),
        )
    before = AgreementYes.objects.filter(version=version, organisation=organisation).first()
    if before is not None:
        raise Already(before)
    return yes(version, organisation, doer.at, mandate=doer.mandate)


@action
def hold_again(doer: Doer, organisation: Organisation, *, agreement: Agreement) -> Agreement:
    """Put an agreement that waits in force, if the site can hold it now; raises Refused with what is missing."""
    row = _ours(organisation, agreement)
    version = latest(row)
    said = set(AgreementYes.objects.filter(version=version).values_list("organisation__code", flat=True))
    if row.current_id == version.pk:
        raise Already(row)
    if not said >= set(version.parties):
        raise refused(None, say("Not every side has said yes."), say("Wait for the others."))
    check(put_in_force(row, version, doer.at))
    return row


@action
def pause_agreement(doer: Doer, organisation: Organisation, *, agreement: Agreement, why: str) -> Agreement:
    """Nothing is called off until it is taken up again; what was called off stays due."""
    row = _ours(organisation, agreement)
    if row.state == PAUSED:
        raise Already(row)
    _in_force(row)
    row.state, row.why = PAUSED, _reason(why)
    row.save(update_fields=["state", "why"])
    return row


@action
def resume_agreement(doer: Doer, organisation: Organisation, *, agreement: Agreement) -> Agreement:
    """Take a paused agreement up again."""
    row = _ours(organisation, agreement)
    if row.state != PAUSED:
        raise refused(None, say("This agreement is not paused."), say("Look at the page again."))
    row.state, row.why = IN_FORCE, ""
    row.save(update_fields=["state", "why"])
    return row


@action
def end_agreement(
    doer: Doer, organisation: Organisation, *, agreement: Agreement, why: str, broken: bool = False
) -> Agreement:
    """End it: nothing more is called off, the site holds nothing more for it, the guaranteed minimum is owed.

    broken   it is broken off: what was not delivered by then is a broken promise. Otherwise what was called off stays due.
    """
    row = _ours(organisation, agreement)
    if row.state in (ENDED, BROKEN):
        raise Already(row)
    terms = terms_of(row.current) if row.current is not None else None
    if terms is not None:
        let_go(row, terms, doer.at)
        for at in range(len(terms.lines)):
            _guarantee(row, terms, at)
    if broken:
        lines = row.promise_lines.filter(part="goods", released__isnull=True)
        done = fulfilled([one.code for one in lines])
        short = [one.pk for one in lines if done.get(one.code, (0, ""))[0] < one.amount]
        PromiseLine.objects.filter(pk__in=short).update(broken=doer.at)
    row.state, row.until, row.why = (BROKEN if broken else ENDED), doer.at, _reason(why)
    row.save(update_fields=["state", "until", "why"])
    return row


def _guarantee(row: Agreement, terms: Terms, at: int) -> None:
    one = terms.lines[at]
    called = row.call_offs.filter(product=one.product, period=one.period, released__isnull=True)
    owed = guaranteed_rest(terms, at, amount_of(called.aggregate(all=Sum("amount"))["all"] or 0, ""))
    if owed is None:
        return
    payer = Organisation.objects.get(code=one.solidarity_by)
    for part, provider, amount in (("price", row.taker, owed.price), ("solidarity", payer, owed.solidarity)):
        if amount:
            PromiseLine.objects.create(
                agreement=row,
                code=f"{row.giver.code}/{row.number}/guaranteed-{at + 1}/{part}",
                part=part,
                provider=provider,
                receiver=row.giver,
                resource=money(terms.currency),
                amount=amount,
                due=owed.pay_by,
            )


# --- call-offs and deliveries ---


@action
def call_off(
    doer: Doer,
    organisation: Organisation,
    *,
    agreement: Agreement,
    line: int,
    quantity: Any,
    due: date | None,
    place: str = "",
    note: str = "",
) -> CallOff:
    """The taker orders so much of a line by a day, within the agreement; the price is owed with it, in its parts."""
    row = _ours(organisation, agreement)
    _in_force(row)
    faults = []
    if organisation.pk != row.taker_id:
        faults.append(_fault(None, say("Only who gets the goods calls them off."), say("Ask the other side.")))
    much, found = _number("quantity", quantity)
    faults += found
    if due is None:
        faults.append(_fault("due", say("This is not a day."), say("Write it as 2026-03-09.")))
    check(faults)
    assert due is not None and row.current is not None
    return order(row, terms_of(row.current), line, much, due, doer.at, place, note)


@action
def release_promise(doer: Doer, organisation: Organisation, *, promise: PromiseLine) -> PromiseLine:
    """The side a promise was made to lets go of it; goods that were called off go back into the agreement."""
    row = PromiseLine.objects.select_for_update(of=("self",)).get(pk=promise.pk)
    if row.receiver_id != organisation.pk:
        help = say("Ask the side that it was promised to.")
        raise refused(None, say("Only who was promised something can let go of it."), help)
    if row.released is not None:
        raise Already(row)
    if fulfilled([row.code]):
        help = say("End the agreement, or make a new version of it.")
        raise refused(None, say("A part of it was fulfilled already."), help)
    row.released = doer.at
    row.save(update_fields=["released"])
    if row.part == "goods" and row.call_off is not None:
        row.call_off.released = doer.at
        row.call_off.save(update_fields=["released"])
        row.call_off.promise_lines.filter(released__isnull=True).update(released=doer.at)
    return row


@action
def hand_over(
    doer: Doer,
    organisation: Organisation,
    *,
    call_off: CallOff,
    quantity: Any,
    day: date | None,
    note: str = "",
    made: bool = False,
    photo: bytes | None = None,
) -> Handover:
    """The giver says what was handed over; it stands in the books once the receiver confirmed it.

    made    write down as produced what of it the books do not show in stock
    photo   a JPEG or PNG; where, when and with which phone it was taken is removed before it is kept, and its hash
            stands in the event
    """
    order = (
        CallOff.objects.select_for_update(of=("self",)).select_related("agreement__network").get(pk=call_off.pk)
    )
    agreement = _ours(organisation, order.agreement)
    much, faults = _number("quantity", quantity)
    faults += _day_faults(day, doer)
    if organisation.pk != agreement.giver_id:
        faults.append(_fault(None, say("Only who gives the goods hands them over."), say("Ask the other side.")))
    if order.released is not None:
        faults.append(_fault(None, say("This call-off was let go of."), say("Look at the page again.")))
    amount = counted(much, "") or 0
    left = order.amount - _on_its_way(order)
    if not faults and not 0 < amount <= left:
        what = say(
            "{left} {unit} of this call-off are left to hand over.", left=amount_of(left, ""), unit=order.unit
        )
        faults.append(_fault("quantity", what, say("Write at most that; more is a new call-off.")))
    picture: tuple[bytes, str] | None = None
    if photo is not None:
        try:
            picture = plain_photo(photo)
        except Refused as why:
            faults += why.faults
    check(faults)
    assert day is not None
    if made:
        _make(doer, organisation, agreement, order, amount, day)
    row = Handover.objects.create(
        call_off=order, amount=amount, day=day, note=note.strip()[:400], given_by=doer.person, given=doer.at
    )
    if picture is not None:
        content, kind = picture
        HandoverPhoto.objects.create(
            handover=row,
            digest=keep(photo_folder(), content),
            kind=kind,
            size=len(content),
            at=doer.at,
            by=doer.person,
        )
    return row


def photo_folder() -> Path:
    """Where photos are kept: beside the database, where no web server gives files away."""
    return Path(settings.HOME) / "photos"


def _with_photos(row: Handover) -> str:
    """The note of a delivery with the hashes of its photos: so they are part of what is proved."""
    words = "".join(f" photo:sha256:{one.digest}" for one in row.photos.all())
    return f"{row.note[: 400 - len(words)]}{words}".strip()


def _make(
    doer: Doer, organisation: Organisation, agreement: Agreement, order: CallOff, amount: int, day: date
) -> None:
    resource = good(agreement.network.code, order.product)
    event = new_event(
        doer,
        organisation,
        action="produce",
        provider=agent(organisation.code),
        receiver=agent(organisation.code),
        resource=resource,
        unit=order.unit,
        amount=amount,
        day=day.isoformat(),
        part="made",
        order=order.code,
    )
    post(event, order.name)


def _on_its_way(order: CallOff) -> int:
    """What of a call-off was handed over: as confirmed, else as the giver says."""
    rows = order.handovers.filter(withdrawn__isnull=True)
    return sum(row.amount if row.confirmed is None else row.confirmed for row in rows)


@action
def confirm_handover(
    doer: Doer, organisation: Organisation, *, handover: Handover, quantity: Any = None
) -> Handover:
    """The receiver confirms a delivery, whole or the part that came; from then on it stands in the books."""
    row = _handover(handover, organisation, taker=True)
    if row.confirmed is not None:
        raise Already(row)
    amount = row.amount
    if not is_blank(quantity):
        much, faults = _number("quantity", quantity)
        check(faults)
        amount = counted(much, "") or 0
        if not 0 < amount <= row.amount:
            what = say("Less than nothing or more than was handed over cannot be confirmed.")
            raise refused("quantity", what, say("Write what came; say what is wrong if it is less."))
    order = row.call_off
    agreement = order.agreement
    goods = order.promise_lines.get(part="goods")
    # Before the logs, as everywhere: who holds a log waits for nothing else.
    Site.objects.select_for_update(of=("self",)).get(organisation=agreement.giver)
    event = new_event(
        doer,
        organisation,
        action="transfer",
        provider=agent(agreement.giver.code),
        receiver=agent(agreement.taker.code),
        resource=goods.resource,
        unit=order.unit,
        amount=amount,
        day=row.day.isoformat(),
        part="goods",
        promise=goods.code,
        order=order.code,
        note=_with_photos(row),
    )
    row.event = post(event, order.name).uid
    row.confirmed, row.confirmed_by, row.confirmed_at = amount, doer.person, doer.at
    row.save(update_fields=["event", "confirmed", "confirmed_by", "confirmed_at"])
    if agreement.state in (IN_FORCE, PAUSED):
        site = Site.objects.get(organisation=agreement.giver)
        add_to_promise(agreement, site, order.product, order.period, -amount_of(amount, ""), doer.at)
    return row


@action
def dispute_handover(doer: Doer, organisation: Organisation, *, handover: Handover, why: str) -> Handover:
    """The receiver says what is wrong: both sides see it until it is settled."""
    row = _handover(handover, organisation, taker=True)
    row.disputed, row.settled = _reason(why, 1000), ""
    row.save(update_fields=["disputed", "settled"])
    return row


@action
def settle_handover(
    doer: Doer, organisation: Organisation, *, handover: Handover, how: str, withdraw: bool = False
) -> Handover:
    """Say how a disagreement was settled; the giver can take back a delivery that was never confirmed."""
    row = _handover(handover, organisation, taker=None)
    if withdraw:
        if row.confirmed is not None or row.call_off.agreement.giver_id != organisation.pk:
            help = say("What was confirmed is corrected in the books.")
            raise refused(None, say("This delivery cannot be taken back."), help)
        row.withdrawn = doer.at
    row.settled = _reason(how, 1000)
    row.save(update_fields=["withdrawn", "settled"])
    return row


# --- late ---


@action
def tell_delay(
    doer: Doer, organisation: Organisation, *, call_off: CallOff, until: date | None, why: str
) -> Delay:
    """The giver says that a call-off comes later, and why; it stays due on its day until the taker agrees."""
    order = (
        CallOff.objects.select_for_update(of=("self",)).select_related("agreement__network").get(pk=call_off.pk)
    )
    agreement = _ours(organisation, order.agreement)
    faults = []
    if organisation.pk != agreement.giver_id:
        faults.append(_fault(None, say("Only who gives the goods tells of a delay."), say("Ask the other side.")))
    if order.released is not None or order.amount <= _on_its_way(order):
        faults.append(
            _fault(None, say("Nothing of this call-off is left to deliver."), say("Look at the page again."))
        )
    if until is None:
        faults.append(_fault("until", say("This is not a day."), say("Write it as 2026-03-09.")))
    elif until <= order.due:
        faults.append(_fault("until", say("This is no later than it is due."), say("Write the new day.")))
    if not why.strip():
        faults.append(
            _fault("why", say("The reason is missing."), say("Say in a sentence why: the others will read it."))
        )
    check(faults)
    assert until is not None
    return Delay.objects.create(call_off=order, until=until, why=why.strip()[:400], told=doer.at)


@action
def agree_to_delay(doer: Doer, organisation: Organisation, *, delay: Delay) -> Delay:
    """The taker agrees: goods and pay of the call-off are due later, by as many days."""
    row = Delay.objects.select_for_update(of=("self",)).select_related("call_off__agreement").get(pk=delay.pk)
    order = CallOff.objects.select_for_update(of=("self",)).get(pk=row.call_off_id)
    agreement = _ours(organisation, order.agreement)
    if organisation.pk != agreement.taker_id:
        raise refused(None, say("Only who gets the goods can agree to a delay."), say("Ask the other side."))
    if row.agreed is not None:
        raise Already(row)
    if order.delays.exclude(pk=row.pk).filter(pk__gt=row.pk).exists():
        raise refused(None, say("The other side has told of another day since."), say("Look at the page again."))
    days = row.until - order.due
    for line in PromiseLine.objects.select_for_update(of=("self",)).filter(call_off=order, released__isnull=True):
        line.due = line.due + days
        line.save(update_fields=["due"])
    order.due = row.until
    order.save(update_fields=["due"])
    row.agreed = doer.at
    row.save(update_fields=["agreed"])
    return row


# --- review ---

#: So many days before its day a review is asked for.
REVIEW_DAYS = 14


@action
def note_review(doer: Doer, organisation: Organisation, *, agreement: Agreement, words: str) -> AgreementReview:
    """Write down what a side found when it looked at an agreement again: then nobody is reminded of it any more."""
    row = _ours(organisation, agreement)
    if not words.strip():
        raise refused(
            "words", say("This is blank."), say("Say in a sentence or two how it went, and what should change.")
        )
    return AgreementReview.objects.create(
        agreement=row, organisation=organisation, words=words.strip()[:1000], at=doer.at
    )


def reviews_due(mine: Collection[Organisation], today: date) -> list[tuple[Organisation, Agreement, date]]:
    """Agreements that a side has to look at again: (side, agreement, day), the earliest first.

    From REVIEW_DAYS before the day of review until the side has written down what it found, or the agreement ends.
    """
    ours = {one.code: one for one in mine}
    keys = [one.pk for one in mine]
    rows = Agreement.objects.filter(
        Q(giver__in=keys) | Q(taker__in=keys) | Q(network__in=keys), state__in=(IN_FORCE, PAUSED)
    ).select_related("current", "giver", "taker")
    found = []
    done: dict[tuple[int, str], date] = {}
    reviews = AgreementReview.objects.filter(agreement__in=[row.pk for row in rows], organisation__in=keys)
    for pk, code, at in reviews.order_by("at").values_list("agreement", "organisation__code", "at"):
        done[pk, code] = at.date()
    for row in rows:
        assert row.current is not None
        day = terms_of(row.current).review
        begins = day - timedelta(days=REVIEW_DAYS)
        for code in row.current.parties:
            if code in ours and begins <= today and done.get((row.pk, code), date.min) < begins:
                found.append((ours[code], row, day))
    return sorted(found, key=lambda one: (one[2], one[1].pk, one[0].code))


def days_of(organisation: Organisation) -> list[tuple[str, int, datetime, date, str]]:
    """Days for a calendar: (review, delivery or coming; number of the row; since when it is known; day; title)."""
    found = []
    running = agreements_of(organisation).filter(state__in=(IN_FORCE, PAUSED), current__isnull=False)
    for row in running[:MOST_DAYS]:
        if organisation.code in row.current.parties:
            found.append(("review", row.pk, row.current.at, terms_of(row.current).review, row.title))
    orders = CallOff.objects.filter(
        Q(agreement__giver=organisation) | Q(agreement__taker=organisation), released__isnull=True
    ).select_related("agreement")
    for each in orders.order_by("-due", "-pk")[:MOST_DAYS]:
        kind = "delivery" if each.agreement.giver_id == organisation.pk else "coming"
        much = f"{amount_of(each.amount, ''):f} {each.unit}, {each.name} ({each.code})"
        found.append((kind, each.pk, each.at, each.due, much))
    return found


#: So many days of a kind stand in a calendar.
MOST_DAYS = 300


# --- what they have in common ---


def _handover(handover: Handover, organisation: Organisation, taker: bool | None) -> Handover:
    row = Handover.objects.select_for_update(of=("self",)).get(pk=handover.pk)
    agreement = _ours(organisation, row.call_off.agreement)
    if taker and agreement.taker_id != organisation.pk:
        raise refused(None, say("Only who gets the goods can say this."), say("Ask the other side."))
    if row.withdrawn is not None:
        raise refused(None, say("This delivery was taken back."), say("Look at the page again."))
    return row


def _ours(organisation: Organisation, agreement: Agreement) -> Agreement:
    """The agreement as it is now, locked; raises Refused where the organisation is no side of it."""
    row = (
        Agreement.objects.select_for_update(of=("self",))
        .select_related("giver", "taker", "network", "current")
        .get(pk=agreement.pk)
    )
    if organisation.code not in latest(row).parties:
        raise refused(
            None, say("This organisation is no side of the agreement."), say("Only its sides can do this.")
        )
    return row


def agreements_of(organisation: Organisation) -> Any:
    """The agreements an organisation is a side of, the newest first."""
    rows = Agreement.objects.filter(
        Q(giver=organisation)
        | Q(taker=organisation)
        # The one organisation beside giver and taker that may have to say yes is the network.
        | Q(network=organisation)
    )
    return rows.select_related("giver", "taker", "network", "current")


def _in_force(row: Agreement) -> None:
    if row.state != IN_FORCE:
        what = (
            say("This agreement is not in force yet.") if is_open(row) else say("This agreement is not in force.")
        )
        raise refused(None, what, say("See its page for what is missing."))


def _number(name: str, cell: Any) -> tuple[Decimal, list[Fault]]:
    if is_blank(cell):
        return Decimal(0), [_fault(name, say("This is blank."), say("Write how much."))]
    value, problem = number(cell, Column(name, "number", say("A number."), least=Decimal(0), above=True))
    if problem is not None:
        return Decimal(0), [_fault(name, *problem)]
    assert isinstance(value, Decimal)
    if counted(value, "") is None:
        return value, [_fault(name, say("This is finer than a millionth, or too large."), say("Round it."))]
    return value, []


def _day_faults(day: date | None, doer: Doer) -> list[Fault]:
    if day is None:
        return [_fault("day", say("This is not a day."), say("Write it as 2026-03-09."))]
    if day > doer.at.date() + timedelta(days=1):
        return [_fault("day", say("This day lies ahead."), say("Write down what has happened."))]
    return []


def _reason(why: str, most: int = 400) -> str:
    if not why.strip():
        raise refused("why", say("The reason is missing."), say("Say in a sentence why: the others will read it."))
    return why.strip()[:most]


def _fault(column: str | None, what: Sentence, help: Sentence) -> Fault:
    return Fault("", None, column, what, help)
