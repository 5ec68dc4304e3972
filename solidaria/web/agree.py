"""Agreements: what an organisation agreed on, drafting, saying yes, calling off, deliveries from a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import agree as actions
from solidaria.actions.acting import refused
from solidaria.actions.agreed import called_off, latest, terms_of
from solidaria.actions.effects import house_rules
from solidaria.actions.ledger import fulfilled, standing
from solidaria.core.agree import DRAFT, PROMISE_STATES, STATES, WAITING, Terms
from solidaria.core.books import PARTS, amount_of, is_money
from solidaria.core.decide import money_of
from solidaria.core.problem import Sentence, say
from solidaria.core.versions import differences
from solidaria.records.models import (
    Agreement,
    AgreementYes,
    Belonging,
    CallOff,
    Delay,
    Handover,
    Organisation,
    PromiseLine,
    Round,
    Site,
)
from solidaria.records.photos import MOST_BYTES as MOST_PHOTO
from solidaria.web.answers import (
    act,
    button,
    doer,
    form,
    members_only,
    organisation_for,
)
from solidaria.web.typed import amount, whole

PER_PAGE = 50
#: Lines a form shows.
LINES, DATES = 4, 4

#: No agreement has so many lines.
MOST_LINES = 100_000


def day_of(text: str) -> date | None:
    """The day a form field says; None where it says none."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2200 else None


def one_of(one: Organisation, pk: int) -> Agreement:
    """An agreement of which the organisation is a side; otherwise as if it did not exist."""
    row = actions.agreements_of(one).filter(pk=pk).first()
    if row is None or one.code not in latest(row).parties:
        raise Http404
    assert isinstance(row, Agreement)
    return row


@members_only
def agreements(request: HttpRequest, code: str) -> HttpResponse:
    """The agreements of an organisation, and the plans from which more can be drafted."""
    one, rights = organisation_for(request, code)
    rows = [row for row in actions.agreements_of(one) if one.code in latest(row).parties]
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    listed = [(row, terms_of(latest(row))) for row in page.object_list]
    values = {
        "one": one,
        "rights": rights,
        "page": page,
        "listed": listed,
        "states": STATES,
        "rounds": _rounds(one),
        "late": late_promises(one),
    }
    return render(request, "agree/agreements.html", values)


def _rounds(one: Organisation) -> list[Round]:
    """Rounds with a chosen plan, of the networks the organisation plans in."""
    networks = [
        row.network_id
        for row in Belonging.objects.filter(organisation=one, agreed__isnull=False, left__isnull=True)
    ]
    return list(
        Round.objects.filter(network__in=networks, chosen__isnull=False)
        .select_related("network", "chosen")
        .defer("chosen__tables", "chosen__result")
        .order_by("-opened")[:5]
    )


def late_promises(one: Organisation) -> list[tuple[PromiseLine, int]]:
    """What was promised to or by the organisation and is late, with what is missing."""
    rows = PromiseLine.objects.filter(
        released__isnull=True, broken__isnull=True, due__lt=datetime.now(UTC).date()
    ).select_related("provider", "receiver", "agreement", "call_off")
    mine = [row for row in rows.filter(provider=one)] + [row for row in rows.filter(receiver=one)]
    done = fulfilled([row.code for row in mine])
    left = [(row, row.amount - done.get(row.code, (0, ""))[0]) for row in mine]
    return sorted(((row, much) for row, much in left if much > 0), key=lambda pair: (pair[0].due, pair[0].pk))


@button
def from_plan(request: HttpRequest, code: str) -> HttpResponse:
    """Draft the agreements the chosen plan of a round means."""
    one, _ = organisation_for(request, code)
    row = next((row for row in _rounds(one) if row.pk == whole(request.POST.get("round", ""))), None)
    if row is None:
        raise Http404
    actions.draft_from_plan(doer(request), one, round=row)
    _said(request, say("Drafted. Read each one, and change what is not as you want it."))
    return HttpResponseRedirect(reverse("agreements", args=[one.code]))


@form
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """A draft by hand."""
    one, rights = organisation_for(request, code)
    givers = list(
        Site.objects.filter(network__isnull=False)
        .filter(network__belongings__organisation=one, network__belongings__left__isnull=True)
        .select_related("organisation", "network")
        .order_by("organisation__name")
        .distinct()
    )
    networks = sorted({row.network_id for row in givers if row.network_id is not None})
    takers = list(
        Organisation.objects.filter(networks__network__in=networks, networks__left__isnull=True)
        .order_by("name", "code")
        .distinct()
    )
    products = sorted(
        {
            (code, f"{name} ({unit})")
            for row in givers
            if row.network
            for code, (name, unit) in actions.products_of(row.network).items()
        },
        key=lambda pair: pair[1],
    )
    values = {
        "one": one,
        "rights": rights,
        "row": None,
        "givers": [(row.organisation.code, row.organisation.name) for row in givers],
        "takers": [(row.code, row.name) for row in takers],
        "products": products,
        **_lists(None, request),
    }

    def page(told: Any = None) -> HttpResponse:
        return render(request, "agree/terms.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()

    def do() -> Agreement:
        by_code = {row.organisation.code: row.organisation for row in givers} | {row.code: row for row in takers}
        giver, taker = (by_code.get(request.POST.get(name, "")) for name in ("giver", "taker"))
        if giver is None or taker is None:
            name = "giver" if giver is None else "taker"
            raise refused(name, say("Nothing is chosen."), say("Choose one from the list."))
        return actions.draft_agreement(doer(request), one, giver=giver, taker=taker, given=_given(request))

    return act(
        request,
        do,
        lambda row: reverse("agreement", args=[one.code, row.pk]),
        say("Drafted. It holds once each side has said yes."),
        page,
    )


@form
def change(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A new version of the terms."""
    one, rights = organisation_for(request, code)
    row = one_of(one, number)
    terms = terms_of(latest(row))
    products = [
        (key, f"{name} ({unit})") for key, (name, unit) in sorted(actions.products_of(row.network).items())
    ]
    values = {
        "one": one,
        "rights": rights,
        "row": row,
        "terms": terms,
        "products": products,
        **_lists(terms, request),
    }

    def page(told: Any = None) -> HttpResponse:
        return render(request, "agree/terms.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: actions.change_agreement(doer(request), one, agreement=row, given=_given(request, terms)),
        lambda _: reverse("agreement", args=[one.code, row.pk]),
        say("The new version holds once each side has said yes to it."),
        page,
    )


FIELDS = (
    "title", "starts", "ends", "review", "contact_giver", "contact_taker", "place", "delay", "words",
)  # fmt: skip
NUMBERS = ("guaranteed", "call_offs", "advance", "pay_days", "pause_days", "break_days")
LINE = ("product", "quantity", "unit_price", "unit_solidarity", "wage", "period")


def _given(request: HttpRequest, terms: Terms | None = None) -> dict[str, Any]:
    post = request.POST
    given: dict[str, Any] = {name: post.get(name, "") for name in FIELDS}
    given |= {name: amount(request, post.get(name, "")) for name in NUMBERS}
    lines = []
    for at in range(LINES):
        line = {name: post.get(f"{name}-{at}", "") for name in LINE}
        for name in ("quantity", "unit_price", "unit_solidarity", "wage"):
            line[name] = amount(request, line[name])
        if terms is not None and at < len(terms.lines):
            line["solidarity_by"] = terms.lines[at].solidarity_by
        lines.append(line)
    given["lines"] = lines
    given["schedule"] = [
        (post.get(f"day-{at}", ""), post.get(f"line-{at}", "0"), amount(request, post.get(f"much-{at}", "")))
        for at in range(DATES)
    ]
    return given


def _lists(terms: Terms | None, request: HttpRequest) -> dict[str, Any]:
    """The lines and dates of the form, as they are now."""

    def each(total: Decimal, quantity: Decimal) -> str:
        return f"{(total / quantity).quantize(Decimal('0.0001')).normalize():f}"

    lines = [dict.fromkeys(LINE, "") for _ in range(LINES)]
    dates = [("", "0", "") for _ in range(DATES)]
    if terms is not None:
        for at, line in enumerate(terms.lines[:LINES]):
            lines[at] = {
                "product": line.product,
                "quantity": f"{line.quantity:f}",
                "unit_price": each(line.price, line.quantity),
                "unit_solidarity": each(line.solidarity, line.quantity),
                "wage": f"{line.wage:f}",
                "period": line.period,
            }
        for at, (day, line_at, much) in enumerate(terms.schedule[:DATES]):
            dates[at] = (day.isoformat(), str(line_at), f"{much:f}")
    return {"line_rows": lines, "date_rows": dates, "line_names": LINE}


@members_only
def agreement(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One agreement: its terms, who said yes, its promises and their state, what can be done."""
    one, rights = organisation_for(request, code)
    row = one_of(one, number)
    return _page(request, one, rights, row)


def _page(
    request: HttpRequest,
    one: Organisation,
    rights: set[str],
    row: Agreement,
    told: Mapping[str, Any] | None = None,
) -> HttpResponse:
    version = latest(row)
    terms = terms_of(version)
    current = terms_of(row.current) if row.current is not None else None
    said = {
        yes.organisation.code: yes
        for yes in AgreementYes.objects.filter(version=version).select_related("organisation", "motion", "mandate")
    }
    names = dict(Organisation.objects.filter(code__in=version.parties).values_list("code", "name"))
    whole_sum = terms.total("price") + terms.total("solidarity")
    shown = current or terms
    values = {
        "one": one,
        "rights": rights,
        "row": row,
        "version": version,
        "versions": list(row.versions.select_related("by")),
        "terms": terms,
        "newer": current is not None and version.pk != row.current_id,
        "said": said,
        "names": names,
        "missing": [party for party in version.parties if party not in said],
        "states": STATES,
        "whole": whole_sum,
        "by_mandate": whole_sum <= money_of(house_rules(one), "sign_limit"),
        "promises": promises_of(row),
        "promise_states": PROMISE_STATES,
        "part_words": PARTS,
        "left": [(at, line, line.quantity - called_off(row, shown, at)) for at, line in enumerate(shown.lines)],
        "currency": terms.currency,
        "editable": row.state not in ("ended", "broken"),
        "waiting": row.state == WAITING,
        "drafting": row.state == DRAFT,
        "reviews": list(row.reviews.select_related("organisation")[:20]),
        "review_due": any(due.pk == row.pk for _, due, _ in actions.reviews_due([one], datetime.now(UTC).date())),
        **(told or {}),
    }
    return render(request, "agree/agreement.html", values)


def promises_of(row: Agreement) -> list[dict[str, Any]]:
    """The promises of an agreement with how much is fulfilled and where each stands."""
    lines = list(row.promise_lines.select_related("provider", "receiver", "call_off"))
    return [
        {
            "row": line,
            "state": state,
            "amount": amount_of(line.amount, line.resource),
            "done": amount_of(much, line.resource),
            "set_off": amount_of(line.set_off, line.resource),
            "money": is_money(line.resource),
        }
        for line, much, state in standing(lines, datetime.now(UTC).date())
    ]


def _again(
    request: HttpRequest, one: Organisation, rights: set[str], row: Agreement
) -> Callable[[Any], HttpResponse]:
    return lambda told: _page(request, one, rights, row, told)


@members_only
def versions(request: HttpRequest, code: str, number: int, version: int) -> HttpResponse:
    """One version of an agreement, and what it says otherwise than the one before."""
    one, rights = organisation_for(request, code)
    row = one_of(one, number)
    kept = {each.number: each for each in row.versions.select_related("by")}
    if version not in kept or one.code not in kept[version].parties:
        raise Http404
    before = kept.get(version - 1)
    names = dict(Organisation.objects.filter(code__in=kept[version].parties).values_list("code", "name"))
    values = {
        "one": one,
        "rights": rights,
        "row": row,
        "version": kept[version],
        "before": before,
        "terms": terms_of(kept[version]),
        "differences": differences(terms_of(before), terms_of(kept[version])) if before is not None else (),
        "names": names,
        "numbers": sorted(kept),
        "said": list(AgreementYes.objects.filter(version=kept[version]).select_related("organisation")),
        "is_day": lambda value: isinstance(value, date),
        "is_number": lambda value: isinstance(value, (int, Decimal)),
    }
    return render(request, "agree/versions.html", values)


@button
def review(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Write down what was found when the agreement was looked at again."""
    one, rights = organisation_for(request, code)
    row = one_of(one, number)
    return act(
        request,
        lambda: actions.note_review(doer(request), one, agreement=row, words=request.POST.get("words", "")),
        lambda _: reverse("agreement", args=[one.code, row.pk]),
        say("Written down. Both sides see it."),
        _again(request, one, rights, row),
    )


@button
def step(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Say yes by mandate, ask again whether it can be held, pause, resume, end or break off."""
    one, rights = organisation_for(request, code)
    row = one_of(one, number)
    why = request.POST.get("why", "")
    ways: dict[str, tuple[Callable[[], Any], Sentence]] = {
        "yes": (
            lambda: actions.agree_by_mandate(doer(request), one, agreement=row),
            say("Yes said. It holds once every side has said it."),
        ),
        "hold": (
            lambda: actions.hold_again(doer(request), one, agreement=row),
            say("The site can hold it: the agreement is in force."),
        ),
        "pause": (
            lambda: actions.pause_agreement(doer(request), one, agreement=row, why=why),
            say("Paused. What was called off stays due."),
        ),
        "resume": (lambda: actions.resume_agreement(doer(request), one, agreement=row), say("In force again.")),
        "end": (
            lambda: actions.end_agreement(doer(request), one, agreement=row, why=why),
            say("Ended. What was called off stays due."),
        ),
        "break": (
            lambda: actions.end_agreement(doer(request), one, agreement=row, why=why, broken=True),
            say("Broken off. What was not delivered stands as a broken promise."),
        ),
    }
    if verb not in ways:
        raise Http404
    do, said = ways[verb]
    return act(
        request,
        do,
        lambda _: reverse("agreement", args=[one.code, row.pk]),
        said,
        _again(request, one, rights, row),
    )


@button
def call(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Call off."""
    one, rights = organisation_for(request, code)
    row = one_of(one, number)
    post = request.POST
    line = whole(post.get("line", ""))  # a place in the agreement's lines; the column holds no larger number
    return act(
        request,
        lambda: actions.call_off(
            doer(request),
            one,
            agreement=row,
            line=line if line is not None and line < MOST_LINES else -1,
            quantity=amount(request, post.get("quantity", "")),
            due=day_of(post.get("due", "")),
            place=post.get("place", ""),
            note=post.get("note", ""),
        ),
        lambda _: reverse("agreement", args=[one.code, row.pk]),
        say("Called off. Price and solidarity are owed from the delivery on."),
        _again(request, one, rights, row),
    )


@button
def release(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Let go of a promise that was made to us."""
    one, rights = organisation_for(request, code)
    line = PromiseLine.objects.filter(pk=number).select_related("agreement").first()
    if line is None:
        raise Http404
    row = one_of(one, line.agreement_id)
    return act(
        request,
        lambda: actions.release_promise(doer(request), one, promise=line),
        lambda _: reverse("agreement", args=[one.code, row.pk]),
        say("Let go of. What was called off can be called off again."),
        _again(request, one, rights, row),
    )


# --- deliveries ---


@members_only
def deliveries(request: HttpRequest, code: str) -> HttpResponse:
    """What is to be delivered to us and by us, on one narrow page."""
    one, rights = organisation_for(request, code)
    return _deliveries(request, one, rights)


def _deliveries(
    request: HttpRequest, one: Organisation, rights: set[str], told: Mapping[str, Any] | None = None
) -> HttpResponse:
    orders = CallOff.objects.filter(released__isnull=True).select_related("agreement__giver", "agreement__taker")
    giving = list(orders.filter(agreement__giver=one).prefetch_related("handovers__photos", "delays")[:200])
    coming = list(orders.filter(agreement__taker=one).prefetch_related("handovers__photos", "delays")[:200])

    def row(order: CallOff) -> dict[str, Any]:
        parts = [part for part in order.handovers.all() if part.withdrawn is None]
        sent = sum(part.amount if part.confirmed is None else part.confirmed for part in parts)
        return {
            "order": order,
            "quantity": amount_of(order.amount, ""),
            "left": amount_of(max(0, order.amount - sent), ""),
            "handovers": [(part, amount_of(part.amount, "")) for part in order.handovers.all()],
            "delay": next(iter(order.delays.all()), None),
        }

    values = {
        "one": one,
        "rights": rights,
        "giving": [row(order) for order in giving],
        "coming": [row(order) for order in coming],
        "today": datetime.now(UTC).date().isoformat(),
        **(told or {}),
    }
    return render(request, "agree/deliveries.html", values)


@button
def hand_over(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say what was handed over."""
    one, rights = organisation_for(request, code)
    order = CallOff.objects.filter(pk=number, agreement__giver=one).first()
    if order is None:
        raise Http404
    post = request.POST
    return act(
        request,
        lambda: actions.hand_over(
            doer(request),
            one,
            call_off=order,
            quantity=amount(request, post.get("quantity", ""), order.unit),
            day=day_of(post.get("day", "")),
            note=post.get("note", ""),
            made=bool(post.get("made")),
            photo=_photo(request),
        ),
        lambda _: reverse("deliveries", args=[one.code]),
        say("Written down. It stands in the books once the other side confirms it."),
        lambda told: _deliveries(request, one, rights, told),
    )


def _photo(request: HttpRequest) -> bytes | None:
    """The photo that came with the form; its size is looked at before it is read."""
    file = request.FILES.get("photo")
    if file is None:
        return None
    if (file.size or 0) > MOST_PHOTO:
        what = say("The photo is larger than {most} MB.", most=MOST_PHOTO // 1_000_000)
        raise refused("photo", what, say("Set the camera to smaller pictures."))
    content: bytes = file.read()
    return content


@button
def tell_delay(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say that a call-off comes later."""
    one, rights = organisation_for(request, code)
    order = CallOff.objects.filter(pk=number, agreement__giver=one).first()
    if order is None:
        raise Http404
    post = request.POST
    return act(
        request,
        lambda: actions.tell_delay(
            doer(request), one, call_off=order, until=day_of(post.get("until", "")), why=post.get("why", "")
        ),
        lambda _: reverse("deliveries", args=[one.code]),
        say("Said. It stays due on its day until the other side agrees."),
        lambda told: _deliveries(request, one, rights, told),
    )


@button
def agree_to_delay(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Agree that a call-off comes later."""
    one, rights = organisation_for(request, code)
    row = Delay.objects.filter(pk=number, call_off__agreement__taker=one).first()
    if row is None:
        raise Http404
    return act(
        request,
        lambda: actions.agree_to_delay(doer(request), one, delay=row),
        lambda _: reverse("deliveries", args=[one.code]),
        say("Agreed: goods and pay are due later."),
        lambda told: _deliveries(request, one, rights, told),
    )


@button
def handover_step(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Confirm a delivery, say what is wrong with it, or settle that."""
    one, rights = organisation_for(request, code)
    row = Handover.objects.filter(pk=number).select_related("call_off__agreement").first()
    if row is None or one.pk not in (row.call_off.agreement.giver_id, row.call_off.agreement.taker_id):
        raise Http404
    post = request.POST
    ways: dict[str, tuple[Callable[[], Any], Sentence]] = {
        "confirm": (
            lambda: actions.confirm_handover(
                doer(request), one, handover=row, quantity=amount(request, post.get("quantity", ""))
            ),
            say("Confirmed: it stands in the books of both sides."),
        ),
        "dispute": (
            lambda: actions.dispute_handover(doer(request), one, handover=row, why=post.get("why", "")),
            say("Said. Both sides see it until it is settled."),
        ),
        "settle": (
            lambda: actions.settle_handover(
                doer(request), one, handover=row, how=post.get("how", ""), withdraw=bool(post.get("withdraw"))
            ),
            say("Settled."),
        ),
    }
    if verb not in ways:
        raise Http404
    do, said = ways[verb]
    return act(
        request,
        do,
        lambda _: reverse("deliveries", args=[one.code]),
        said,
        lambda told: _deliveries(request, one, rights, told),
    )


def _said(request: HttpRequest, sentence: Sentence) -> None:
    messages.success(request, request.language.text(sentence))  # type: ignore[attr-defined]
