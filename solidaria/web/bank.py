"""Bank statements: accounts, a file looked through before it is taken, lines booked with a suggestion or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Subquery, Sum
from django.db.models.functions import Abs, Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import bank as actions
from solidaria.actions.acting import refused
from solidaria.actions.agree import currency_of
from solidaria.actions.visible import networks_of
from solidaria.core import bank as core
from solidaria.core.books import PARTS, amount_of, money
from solidaria.core.match import WAYS, Due, Suggestion, suggestions
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.records.models import (
    BankAccount,
    BankBooking,
    BankLine,
    BankStatement,
    CallOff,
    Organisation,
    Payment,
    PromiseLine,
    Upload,
)
from solidaria.records.statements import ENCODINGS, MOST_BYTES, SEPARATORS, rows_of
from solidaria.web.answers import act, button, doer, form, members_only, organisation_for
from solidaria.web.typed import amount, whole

PER_PAGE = 40
#: So many lines of a file are shown before it is taken; the rest is counted.
SHOWN = 400
#: Parts into which a form can split a line at once.
PARTS_AT_ONCE = 4
MOST_ORDERS = 200


def account_of(one: Organisation, number: int) -> BankAccount:
    """An account of the organisation; otherwise as if it did not exist."""
    row = BankAccount.objects.filter(organisation=one, pk=number).first()
    if row is None:
        raise Http404
    return row


@form
def accounts(request: HttpRequest, code: str) -> HttpResponse:
    """The organisation's bank accounts, and writing one down."""
    one, rights = organisation_for(request, code)
    currencies = sorted({currency_of(network) for network in networks_of(one)} - {""})

    def page(told: Any = None) -> HttpResponse:
        rows = list(BankAccount.objects.filter(organisation=one))
        values = {
            "one": one,
            "rights": rights,
            "rows": [(row, _open(row).count(), row.statements.first()) for row in rows],
            "currencies": [(currency, currency) for currency in currencies],
        }
        return render(request, "bank/accounts.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    currency = post.get("currency", "")
    return act(
        request,
        lambda: actions.open_bank_account(
            doer(request),
            one,
            name=post.get("name", ""),
            number=post.get("number", ""),
            currency=currency if currency in currencies else "",
        ),
        lambda row: reverse("bank_account", args=[one.code, row.pk]),
        say("Written down. Now bring in a statement."),
        page,
    )


def _open(account: BankAccount) -> Any:
    """The lines of an account of which something is still to be booked."""
    mine = BankBooking.objects.filter(line=OuterRef("pk"), undone__isnull=True).order_by().values("line")
    done = Coalesce(Subquery(mine.annotate(all=Sum("amount")).values("all")), 0)
    return BankLine.objects.filter(account=account, left="").annotate(done=done).filter(done__lt=Abs(F("amount")))


@members_only
def account(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One account: what is still to be booked, with suggestions; everything else; bringing in a statement."""
    one, rights = organisation_for(request, code)
    return _account(request, one, rights, account_of(one, number))


def _account(
    request: HttpRequest,
    one: Organisation,
    rights: set[str],
    row: BankAccount,
    told: Mapping[str, Any] | None = None,
) -> HttpResponse:
    which = request.GET.get("show", "open")
    lines = {
        "open": _open(row),
        "booked": BankLine.objects.filter(account=row).filter(
            Exists(BankBooking.objects.filter(line=OuterRef("pk"), undone__isnull=True))
        ),
        "left": BankLine.objects.filter(account=row).exclude(left=""),
    }
    which = which if which in lines else "open"
    page = Paginator(lines[which].order_by("-day", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    on_page = list(page.object_list)
    choices = choices_of(one, row.currency) if which == "open" else Choices([], {})
    before = actions.before_of(one) if which == "open" else {}
    listed = [_listed(line, row, choices, before) for line in _with_done(on_page)]
    values = {
        "one": one,
        "rights": rights,
        "row": row,
        "which": which,
        "page": page,
        "listed": listed,
        "sure": [item for item in listed if item["best"] is not None and item["best"].sure],
        "counts": {name: rows.count() for name, rows in lines.items()},
        "statements": [
            (file, None if file.closing is None else amount_of(file.closing, money(row.currency)))
            for file in row.statements.all()[:20]
        ],
        "waiting": list(Upload.objects.filter(account=row).exclude(content=b"").defer("content")),
        "most": MOST_BYTES // 1_000_000,
        **(told or {}),
    }
    return render(request, "bank/account.html", values)


def _with_done(lines: Sequence[BankLine]) -> list[tuple[BankLine, int]]:
    done = actions.booked(lines)
    return [(line, done.get(line.pk, 0)) for line in lines]


@dataclass(frozen=True)
class Choices:
    """What a line can be: the dues, and how a page calls each."""

    dues: list[Due]
    labels: Mapping[str, Sentence | str]

    def label(self, target: str) -> Sentence | str:
        """How a page calls what a line is booked as."""
        return self.labels.get(target) or WAYS.get(target.partition(":")[0], (target,))[0]


def choices_of(one: Organisation, currency: str) -> Choices:
    """All that a line of an account in this currency can be."""
    dues = actions.dues_of(one, currency)
    found: dict[str, list[int]] = {"promise": [], "payment": [], "wage": []}
    for due in dues:
        kind, _, pk = due.id.partition(":")
        found[kind].append(int(pk))
    labels: dict[str, Sentence | str] = {}
    names = {due.id: due.names[0] if due.names else "" for due in dues}
    lefts = {due.id: due.left for due in dues}
    cash = money(currency)

    def told(id: str, kind: str, part: str, code: str = "") -> Sentence:
        left = amount_of(lefts[id] or 0, cash)
        values = {"name": names[id] or say("somebody outside the books"), "part": PARTS[part], "left": left}
        if kind == "promise":
            return say("{name}: {part}, {left}, for {code}", code=code, **values)
        if kind == "draft":
            return say("drafted payment, {name}: {part}, {left}", **values)
        return say("payment in the books, {name}: {part}, {left}", **values)

    for promise in PromiseLine.objects.filter(pk__in=found["promise"]).select_related("call_off"):
        id = f"promise:{promise.pk}"
        code = promise.call_off.code if promise.call_off else promise.code
        labels[id] = told(id, "promise", promise.part, code)
    for payment in Payment.objects.filter(pk__in=found["payment"]):
        id = f"payment:{payment.pk}"
        labels[id] = told(id, "draft" if payment.released is None else "payment", payment.part)
    for due in dues:
        if due.id.startswith("wage:"):
            labels[due.id] = say("pay for hours worked: {name}", name=names[due.id])
    return Choices(dues, labels)


def _listed(
    line_done: tuple[BankLine, int], account: BankAccount, choices: Choices, before: Mapping[str, str]
) -> dict[str, Any]:
    line, done = line_done
    left = abs(line.amount) - done
    found: tuple[Suggestion, ...] = ()
    if left > 0 and not line.left:
        found = suggestions(actions.value_of(line), left, choices.dues, before)
    return {
        "line": line,
        "amount": amount_of(line.amount, money(account.currency)),
        "left": amount_of(left, money(account.currency)),
        "part": bool(done),
        "best": found[0] if found else None,
        "suggestions": [
            (one, [(choices.label(id), amount_of(much, money(account.currency))) for id, much in one.parts])
            for one in found
        ],
        "packed": [packed(one, account) for one in found],
    }


def packed(one: Suggestion, account: BankAccount) -> str:
    """A suggestion as a form carries it: what is accepted is what was shown."""
    return " ".join(f"{id}={amount_of(much, money(account.currency)):f}" for id, much in one.parts)


def unpacked(text: str) -> list[tuple[str, str]]:
    """The parts a form carries."""
    pairs = [one.partition("=") for one in text.split(" ")[:40] if one]
    return [(id, much) for id, _, much in pairs]


@button
def bring(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Bring a statement in, to look at it first."""
    one, rights = organisation_for(request, code)
    row = account_of(one, number)
    file = request.FILES.get("file")
    return act(
        request,
        lambda: actions.bring_file(
            doer(request),
            one,
            kind="bank",
            name=(file.name or "") if file else "",
            content=content_of(file),
            account=row,
        ),
        lambda upload: reverse("look_through", args=[one.code, upload.pk]),
        None,
        lambda told: _account(request, one, rights, row, told),
    )


def content_of(file: Any) -> bytes | None:
    """What an uploaded file holds; None where there is none. Its size is looked at before it is read."""
    if file is None:
        return None
    if (file.size or 0) > MOST_BYTES:
        help = say("Take a shorter time from your bank, in several files.")
        raise refused("file", say("The file is larger than {most} MB.", most=MOST_BYTES // 1_000_000), help)
    content: bytes = file.read()
    return content


@button
def accept(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Accept the suggestions that are ticked, all of them or none."""
    one, rights = organisation_for(request, code)
    row = account_of(one, number)
    accepted = {}
    for text in request.POST.getlist("accept")[:PER_PAGE]:
        pk, _, parts = text.partition(" ")
        if whole(pk):
            accepted[whole(pk) or 0] = unpacked(parts)
    return act(
        request,
        lambda: actions.accept_suggestions(doer(request), one, accepted=accepted),
        lambda _: reverse("bank_account", args=[one.code, row.pk]),
        say("Booked: it stands in the books."),
        lambda told: _account(request, one, rights, row, told),
    )


# --- looking through a file ---


def upload_of(one: Organisation, number: int, kind: str) -> Upload:
    """A file that the organisation brought in; otherwise as if it did not exist."""
    row = Upload.objects.filter(organisation=one, pk=number, kind=kind).select_related("account").first()
    if row is None:
        raise Http404
    return row


@form
def look_through(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What would be read of a file, how its columns are read, and all faults; nothing is taken before it is confirmed."""
    one, rights = organisation_for(request, code)
    upload = upload_of(one, number, "bank")
    account = upload.account
    assert account is not None
    if not upload.content and request.method != "POST":
        return HttpResponseRedirect(reverse("bank_account", args=[one.code, account.pk]))
    given = request.POST if request.method == "POST" else request.GET

    def page(told: Any = None) -> HttpResponse:
        seen, faults = _seen(upload, given)
        cash = money(account.currency)
        mapping = seen.mapping if seen is not None else None
        lines = list(zip(seen.statement.lines, seen.states, strict=True)) if seen is not None else []
        values = {
            "one": one,
            "rights": rights,
            "upload": upload,
            "account": account,
            "seen": seen,
            "mapping": mapping,
            "was": was(mapping.separator, mapping.encoding, mapping.header) if mapping is not None else "",
            "chosen": dict(mapping.columns) if mapping is not None else {},
            "lines": [(line, amount_of(line.amount, cash), state) for line, state in lines[:SHOWN]],
            "more": max(0, len(lines) - SHOWN),
            "known": actions.STATES,
            "came": amount_of(sum(line.amount for line, _ in lines if line.amount > 0), cash),
            "went": amount_of(sum(line.amount for line, _ in lines if line.amount < 0), cash),
            "opening": None
            if seen is None or seen.statement.opening is None
            else amount_of(seen.statement.opening, cash),
            "closing": None
            if seen is None or seen.statement.closing is None
            else amount_of(seen.statement.closing, cash),
            "file_faults": faults,
            "columns_are": [("", say("not read")), *core.FIELDS.items()],
            "days": core.DAYS,
            "points": core.POINTS,
            "separators": SEPARATORS,
            "encodings": ENCODINGS,
        }
        return render(request, "bank/look.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()

    def do() -> BankStatement:
        mapping = _mapping(upload, given)
        also = [row for text in request.POST.getlist("also") if (row := whole(text)) is not None]
        return actions.take_statement(doer(request), one, upload=upload, mapping=mapping, also=also)

    return act(
        request,
        do,
        lambda row: reverse("bank_account", args=[one.code, row.account_id]),
        say("Taken. Now say what each line was; nothing is in the books before."),
        page,
    )


def _seen(upload: Upload, given: Mapping[str, Any]) -> tuple[actions.Preview | None, tuple[Fault, ...]]:
    if not upload.content:
        return None, ()
    try:
        seen = actions.look_through(upload, _mapping(upload, given))
    except Refused as why:
        return None, why.faults
    return seen, seen.statement.faults


def _mapping(upload: Upload, given: Mapping[str, Any]) -> core.Mapping | None:
    """How the form says the file is to be read; None where it says nothing, and for camt.053.

    Where the separator, the encoding or the line of the names was changed, the columns are guessed anew: what was
    chosen for the columns of before says nothing about the new ones.
    """
    if not given.get("separator"):
        return None
    separator = given["separator"] if given["separator"] in SEPARATORS else ";"
    encoding = given.get("encoding", "")
    encoding = encoding if encoding in ENCODINGS else "utf-8"
    header = min(max(whole(given.get("header", "")) or 1, 1), 200)
    rows, _, _ = rows_of(upload.name, bytes(upload.content), separator, encoding)
    mapping = core.guess(rows, separator, encoding, header)
    if given.get("was") == was(separator, encoding, header):
        columns = tuple(
            (place, what)
            for place in range(len(rows[header - 1]) if header <= len(rows) else 0)
            if (what := given.get(f"column-{place}", "")) in core.FIELDS
        )
        day, point = given.get("days", ""), given.get("point", "")
        mapping = replace(
            mapping,
            columns=columns,
            day=day if day in core.DAYS else mapping.day,
            point=point if point in core.POINTS else mapping.point,
            turned=bool(given.get("turned")),
        )
    return mapping


def was(separator: str, encoding: str, header: int) -> str:
    """By what a form remembers for which columns it was made."""
    return f"{ord(separator)}/{encoding}/{header}"


@button
def drop(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Throw away a file that was not taken."""
    one, _ = organisation_for(request, code)
    row = Upload.objects.filter(organisation=one, pk=number).select_related("account").first()
    if row is None:
        raise Http404
    where = reverse("hours_sheet", args=[one.code])
    if row.account is not None:
        where = reverse("bank_account", args=[one.code, row.account.pk])
    return act(
        request,
        lambda: actions.drop_file(doer(request), one, upload=row),
        lambda _: where,
        say("Thrown away."),
        lambda told: render(request, "refused.html", told),
    )


# --- one line ---


@form
def line(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One line: what it could be, what it is booked as, and booking it in parts."""
    one, rights = organisation_for(request, code)
    row = _line(one, number)

    def page(told: Any = None) -> HttpResponse:
        return _line_page(request, one, rights, row, told)

    if request.method != "POST":
        return page()
    post = request.POST
    parts = unpacked(post.get("accept", ""))
    if not parts:
        for at in range(PARTS_AT_ONCE):
            target, typed = post.get(f"target-{at}", ""), post.get(f"amount-{at}", "")
            if target or typed.strip():
                parts.append((target, amount(request, typed)))
    orders = {order.code for order in _orders(one)}
    return act(
        request,
        lambda: actions.book_line(
            doer(request),
            one,
            line=row,
            parts=parts,
            order=post.get("order", "") if post.get("order", "") in orders else "",
            note=post.get("note", ""),
        ),
        lambda _: reverse("bank_account", args=[one.code, row.account_id]),
        say("Booked: it stands in the books."),
        page,
    )


def _line(one: Organisation, number: int) -> BankLine:
    row = (
        BankLine.objects.filter(account__organisation=one, pk=number)
        .select_related("account", "statement")
        .first()
    )
    if row is None:
        raise Http404
    return row


def _orders(one: Organisation) -> list[CallOff]:
    rows = CallOff.objects.filter(agreement__giver=one, released__isnull=True).order_by("-at", "-pk")
    return list(rows[:MOST_ORDERS])


def _line_page(
    request: HttpRequest, one: Organisation, rights: set[str], row: BankLine, told: Mapping[str, Any] | None = None
) -> HttpResponse:
    account = row.account
    choices = choices_of(one, account.currency)
    item = _listed(_with_done([row])[0], account, choices, actions.before_of(one))
    direction = "out" if row.amount < 0 else "in"
    due = [(due.id, choices.label(due.id)) for due in choices.dues if due.out == (row.amount < 0)]
    ways = [
        (name, words)
        for name, (words, which) in WAYS.items()
        if which in ("both", direction) and name not in ("promise", "payment", "wage")
    ]
    cash = money(account.currency)
    bookings = [
        (each, amount_of(each.amount, cash), _booked_as(each, choices))
        for each in row.bookings.select_related("promise", "payment", "by")
    ]
    values = {
        "one": one,
        "rights": rights,
        "row": row,
        "account": account,
        "item": item,
        "targets": [("", say("– choose –")), *ways, *due],
        "at_once": range(PARTS_AT_ONCE),
        "bookings": bookings,
        "orders": [("", "–"), *((order.code, f"{order.code}: {order.name}") for order in _orders(one))],
        **(told or {}),
    }
    return render(request, "bank/line.html", values)


def _booked_as(row: BankBooking, choices: Choices) -> Sentence | str:
    if row.promise is not None:
        return say("keeps the promise {code}", code=row.promise.code)
    if row.payment is not None:
        return say("payment in the books of {day}", day=row.payment.day.isoformat())
    return choices.label(row.kind)


@button
def line_step(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Leave a line, take it up again, or take back what it was booked as."""
    one, rights = organisation_for(request, code)
    row = _line(one, number)
    why = request.POST.get("why", "")
    booking = row.bookings.filter(pk=whole(request.POST.get("booking", "")) or 0).first()
    ways: dict[str, tuple[Any, Sentence]] = {
        "leave": (
            lambda: actions.leave_line(doer(request), one, line=row, why=why),
            say("Left. It can be taken up again."),
        ),
        "take-up": (
            lambda: actions.take_up_line(doer(request), one, line=row),
            say("It waits to be booked again."),
        ),
    }
    if booking is not None:
        ways["undo"] = (
            lambda: actions.undo_booking(doer(request), one, booking=booking, why=why),
            say("Taken back. The mistake stays readable, with the correction beside it."),
        )
    if verb not in ways:
        raise Http404
    do, said = ways[verb]
    return act(
        request,
        do,
        lambda _: reverse("bank_line", args=[one.code, row.pk]),
        said,
        lambda told: _line_page(request, one, rights, row, told),
    )


def waiting(one: Organisation) -> int:
    """How many lines of all accounts wait to be booked."""
    return sum(_open(row).count() for row in BankAccount.objects.filter(organisation=one))
