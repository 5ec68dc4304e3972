"""Bank statements: brought in, looked through, taken; each line booked by a person, who can take that back.

What the bank did is done: it is written down by one person with the mandate to record. Two people are needed to let
money go, not to write down that it went; a payment that nobody released is shown as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import Q, Sum
from django.utils.timezone import now

from solidaria.actions.acting import action, check, refused
from solidaria.actions.ledger import fulfilled, new_event, post
from solidaria.actions.permit import Doer
from solidaria.core import bank as core
from solidaria.core.books import OUTSIDE, agent, amount_of, counted, money
from solidaria.core.books import correction as taken_back
from solidaria.core.match import WAYS, Due, side_of
from solidaria.core.problem import Fault, Sentence, say
from solidaria.core.workbook.cells import is_blank, number
from solidaria.core.workbook.schema import Column
from solidaria.records.models import (
    BankAccount,
    BankBooking,
    BankLine,
    BankStatement,
    LedgerEvent,
    Membership,
    Organisation,
    Payment,
    PromiseLine,
    Upload,
)
from solidaria.records.statements import check_size, is_xml, read_camt, rows_of

#: A file that nobody confirmed is thrown away after so many days.
UPLOAD_DAYS = 7
#: How many files of an organisation wait at the same time; the oldest go first.
MOST_UPLOADS = 10
#: From how many bookings before is looked up what somebody's lines were.
MEMORY = 1000
#: So many rows of a CSV are shown as they stand there.
SHOWN = 12


def cash_of(account: BankAccount) -> str:
    """The resource an account is kept in."""
    return money(account.currency)


# --- accounts and files ---


@action
def open_bank_account(
    doer: Doer, organisation: Organisation, *, name: str, currency: str, number: str = ""
) -> BankAccount:
    """Write down an account of the organisation at a bank."""
    faults = []
    name = " ".join(name.split())
    if not name or len(name) > 80:
        faults.append(_fault("name", say("The name is blank or too long."), say("For example: Banco Nación.")))
    if not currency:
        help = say("Choose one from the list; the network's rules name it.")
        faults.append(_fault("currency", say("Nothing is chosen."), help))
    if BankAccount.objects.filter(organisation=organisation, name=name).exists():
        faults.append(_fault("name", say("There is an account of this name."), say("Give it another name.")))
    check(faults)
    return BankAccount.objects.create(
        organisation=organisation,
        name=name,
        number="".join(number.split())[:40],
        currency=currency,
        opened=doer.at,
    )


@action
def bring_file(
    doer: Doer,
    organisation: Organisation,
    *,
    kind: str,
    name: str,
    content: bytes | None,
    account: BankAccount | None = None,
) -> Upload:
    """Bring a file in, to look at what would be read: nothing is in the books before it is confirmed."""
    if not content:
        raise refused("file", say("No file was chosen, or it is empty."), say("Choose a file."))
    check_size(name, content)
    if kind == "bank" and (account is None or account.organisation_id != organisation.pk):
        raise refused("account", say("This is no account of the organisation."), say("Choose one from the list."))
    waiting = list(Upload.objects.filter(organisation=organisation).exclude(content=b"").order_by("-pk"))
    Upload.objects.filter(pk__in=[row.pk for row in waiting[MOST_UPLOADS - 1 :]]).update(content=b"")
    return Upload.objects.create(
        organisation=organisation,
        account=account,
        kind=kind,
        name=name.replace("\x00", "")[-200:],
        content=content,
        digest=sha256(content).hexdigest(),
        at=doer.at,
    )


@action
def drop_file(doer: Doer, organisation: Organisation, *, upload: Upload) -> Upload:
    """Throw a file away that was brought in and not confirmed."""
    row = _upload(upload, organisation)
    row.content = b""
    row.save(update_fields=["content"])
    return row


def _upload(upload: Upload, organisation: Organisation) -> Upload:
    row = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if row.organisation_id != organisation.pk:
        raise refused(None, say("This is the file of others."), say("Bring in your own."))
    if not row.content:
        raise refused(
            None, say("This file was taken or thrown away."), say("Bring it in once more if it is needed.")
        )
    return row


def throw_uploads_away(at: Any) -> int:
    """Throw away files that nobody confirmed, and in the end what is left of them; how many."""
    old = Upload.objects.filter(at__lt=at - timedelta(days=UPLOAD_DAYS)).exclude(content=b"")
    thrown = old.update(content=b"")
    return thrown + Upload.objects.filter(at__lt=at - timedelta(days=40), content=b"").delete()[0]


# --- looking through a statement ---

#: What is found out about a line before it is taken.
NEW, KNOWN, AGAIN, ALIKE = "new", "known", "again", "alike"
STATES: dict[str, Sentence] = {
    NEW: say("new"),
    KNOWN: say("was taken before"),
    AGAIN: say("looks the same as another line of this file"),
    ALIKE: say("the same day and amount were taken from another file"),
}


@dataclass(frozen=True)
class Preview:
    """What would be read of a file.

    mapping   how it is read; None for camt.053
    rows      the first rows of a CSV as they stand there
    states    for each line of the statement whether it is new (STATES)
    taken     the statement that this very file was taken as
    """

    statement: core.Statement
    mapping: core.Mapping | None
    rows: tuple[tuple[str, ...], ...]
    states: tuple[str, ...]
    keys: tuple[str, ...]
    taken: BankStatement | None

    @property
    def new(self) -> int:
        """How many lines are new."""
        return self.states.count(NEW)


def look_through(
    upload: Upload, mapping: core.Mapping | None = None, separator: str = "", encoding: str = ""
) -> Preview:
    """What would be read of a bank's file, by this mapping, by the account's own, or as the file looks.

    Raises Refused where the file is none that can be read at all.
    """
    account = upload.account
    assert account is not None
    content = bytes(upload.content)
    rows: tuple[tuple[str, ...], ...] = ()
    if is_xml(content):
        mapping = None
        statement = read_camt(upload.name, content, account.currency)
    else:
        kept = core.unpacked(account.mapping) if account.mapping else None
        if mapping is not None:
            separator, encoding = mapping.separator, mapping.encoding
        elif kept is not None and not separator:
            separator, encoding = kept.separator, encoding or kept.encoding
        cells, separator, encoding = rows_of(upload.name, content, separator, encoding)
        rows = tuple(tuple(row) for row in cells[:SHOWN])
        if mapping is None:
            mapping = kept if kept is not None and _fits(kept, cells) else core.guess(cells, separator, encoding)
        statement = core.read(cells, mapping, account.currency, upload.name)
    statement = replace(statement, faults=(*statement.faults, *_ahead(upload.name, statement.lines)))
    keys = core.keys(statement.lines)
    taken = BankStatement.objects.filter(account=account, digest=upload.digest).first()
    return Preview(statement, mapping, rows, _states(account, statement.lines, keys), keys, taken)


def _ahead(name: str, lines: Sequence[core.Line]) -> list[Fault]:
    """Lines of days that have not come yet: what lies ahead is not in today's balance. Clocks may be a day apart."""
    last = now().date() + timedelta(days=1)
    what, help = say("This day lies ahead."), say("Look at the row in the file of the bank.")
    return [Fault(name, line.row, None, what, help) for line in lines if line.day > last]


def _fits(kept: core.Mapping, rows: Sequence[Sequence[str]]) -> bool:
    return 0 < kept.header <= len(rows) and core.folded_names(rows[kept.header - 1]) == kept.names


def _states(account: BankAccount, lines: Sequence[core.Line], keys: Sequence[str]) -> tuple[str, ...]:
    """Whether each line is new to the account."""
    there = set(BankLine.objects.filter(account=account).values_list("key", flat=True)) if lines else set()
    mine = {key for key in keys if key in there}
    days = {line.day for line in lines}
    # Lines that came in before under another key: from another format of the bank, with other texts.
    others = Counter(
        BankLine.objects.filter(account=account, day__in=days).exclude(key__in=mine).values_list("day", "amount")
        if len(days) < 500
        else BankLine.objects.filter(account=account).exclude(key__in=mine).values_list("day", "amount")
    )
    found = []
    for line, key in zip(lines, keys, strict=True):
        pair = (line.day, line.amount)
        if key in there:
            found.append(KNOWN)
        elif others[pair] > 0:
            others[pair] -= 1
            found.append(ALIKE)
        else:
            found.append(AGAIN if "#" in key else NEW)
    return tuple(found)


@action
def take_statement(
    doer: Doer,
    organisation: Organisation,
    *,
    upload: Upload,
    mapping: core.Mapping | None = None,
    also: Collection[int] = (),
) -> BankStatement:
    """Take a statement: its new lines, to be booked one by one. Nothing is booked by this, and no line comes in twice.

    mapping   as the treasurer confirmed it; it is kept for the account's next file
    also      rows that look as if they were there already, and are not, says the treasurer
    """
    row = _upload(upload, organisation)
    account = BankAccount.objects.select_for_update(of=("self",)).get(pk=row.account_id or 0)
    seen = look_through(row, mapping)
    check(list(seen.statement.faults))
    number = seen.statement.number
    if number and account.number and number != account.number:
        what = say(
            "The statement is of the account {other}, not of {number}.", other=number, number=account.number
        )
        raise refused(None, what, say("Bring it in to the right account."))
    if seen.taken is not None:
        what = say("This very file was taken on {day}.", day=seen.taken.at.date().isoformat())
        raise refused(None, what, say("Nothing is to be done: its lines are there."))
    there = set(BankLine.objects.filter(account=account).values_list("key", flat=True))
    chosen = []
    for line, key, state in zip(seen.statement.lines, seen.keys, seen.states, strict=True):
        # The bank's own number is what it is, whatever is ticked.
        twice = key.startswith("bank:") and state in (KNOWN, AGAIN)
        if state == NEW or (line.row in also and not twice):
            at, free = 1, key
            while free in there:
                at += 1
                free = core.numbered(core.key_of(line), at)
            there.add(free)
            chosen.append((line, free))
    if not chosen:
        help = say("Nothing is to be done; tick a line if it is another one that only looks the same.")
        raise refused(None, say("All lines of this file were taken before."), help)
    days = [line.day for line, _ in chosen]
    statement = BankStatement.objects.create(
        account=account,
        name=row.name,
        digest=row.digest,
        first=min(days),
        last=max(days),
        opening=seen.statement.opening,
        closing=seen.statement.closing,
        taken=len(chosen),
        left_out=len(seen.states) - len(chosen),
        at=doer.at,
        by=doer.person,
    )
    BankLine.objects.bulk_create(
        [
            BankLine(
                account=account,
                statement=statement,
                row=line.row,
                day=line.day,
                amount=line.amount,
                name=line.name,
                number=line.number,
                text=line.text,
                reference=line.reference,
                key=key,
            )
            for line, key in chosen
        ]
    )
    if seen.mapping is not None:
        account.mapping = core.packed(seen.mapping)
    account.number = account.number or number
    account.save(update_fields=["mapping", "number"])
    row.content = b""
    row.save(update_fields=["content"])
    return statement


# --- what lines could be ---


def value_of(line: BankLine) -> core.Line:
    """A line as the core sees it."""
    return core.Line(line.row, line.day, line.amount, line.name, line.number, line.text, line.reference)


def booked(lines: Sequence[BankLine]) -> dict[int, int]:
    """Line → what of it is booked, in minor units."""
    rows = BankBooking.objects.filter(line__in=[line.pk for line in lines], undone__isnull=True)
    return {row["line"]: int(row["all"]) for row in rows.order_by().values("line").annotate(all=Sum("amount"))}


def dues_of(organisation: Organisation, currency: str) -> list[Due]:
    """All that lines of an organisation's accounts in a currency could be: promises, payments, pay of members."""
    cash = money(currency)
    found = []
    promises = list(
        PromiseLine.objects.filter(
            Q(provider=organisation) | Q(receiver=organisation), resource=cash, released__isnull=True, amount__gt=0
        )
        .select_related("provider", "receiver", "call_off", "agreement__giver")
        .order_by("due", "pk")
    )
    lefts = promise_lefts(organisation, promises)
    for row in promises:
        out = row.provider_id == organisation.pk
        left = lefts[row.pk]
        if left > 0:
            other = row.receiver if out else row.provider
            codes = (
                row.code,
                row.call_off.code if row.call_off else f"{row.agreement.giver.code}/{row.agreement.number}",
            )
            found.append(Due(f"promise:{row.pk}", left, out, (other.name, other.code), codes, row.due))
    payments = list(_payments(organisation, cash))
    linked = _linked(organisation, [row.pk for row in payments])
    names = dict(
        Organisation.objects.filter(
            code__in=[
                row.receiver.partition(":")[2] for row in payments if row.receiver.startswith("organisation:")
            ]
        ).values_list("code", "name")
    )
    people = {f"member:{pk}": name for pk, name in members_of(organisation)}
    for payment in payments:
        left = payment.amount - linked.get(payment.pk, 0)
        out = payment.organisation_id == organisation.pk
        name = names.get(payment.receiver.partition(":")[2], people.get(payment.receiver, ""))
        other_name = name if out else payment.organisation.name
        codes = tuple(code for code in (payment.order, payment.note) if len(code) > 3)
        if left > 0:
            found.append(
                Due(f"payment:{payment.pk}", left, out, (other_name,) if other_name else (), codes, payment.day)
            )
    found += [Due(f"wage:{pk}", None, True, (name,)) for pk, name in members_of(organisation)]
    return found


def promise_lefts(organisation: Organisation, promises: Sequence[PromiseLine]) -> dict[int, int]:
    """Promise → what of it lines of this organisation can still be, in minor units.

    For who pays that is what is not fulfilled, and what the receiver's bank line fulfilled without a line of the payer.
    """
    done = fulfilled([row.code for row in promises])
    theirs = _theirs([row for row in promises if row.provider_id == organisation.pk])
    return {
        row.pk: max(0, row.amount - done.get(row.code, (0, ""))[0]) + theirs.get(row.pk, 0) for row in promises
    }


def _theirs(promises: Sequence[PromiseLine]) -> dict[int, int]:
    """Promise → what of it came to the receiver by a bank line there, and was not yet found on a line of the payer."""
    codes = {row.code: row.pk for row in promises}
    came = (
        LedgerEvent.objects.filter(promise__in=list(codes), provider=OUTSIDE)
        .order_by()
        .values("promise")
        .annotate(all=Sum("amount"))
    )
    found = {codes[row["promise"]]: int(row["all"]) for row in came}
    met = (
        BankBooking.objects.filter(promise__in=list(found), kind=MET, undone__isnull=True)
        .order_by()
        .values("promise")
        .annotate(all=Sum("amount"))
    )
    for row in met:
        found[row["promise"]] -= int(row["all"])
    return {pk: count for pk, count in found.items() if count > 0}


def _payments(organisation: Organisation, cash: str) -> Any:
    """Payments that a bank line can be: ours, drafted or released; those made to us."""
    mine = Q(organisation=organisation)
    to_me = Q(receiver=agent(organisation.code), released__isnull=False)
    rows = Payment.objects.filter(mine | to_me, resource=cash, withdrawn__isnull=True)
    return rows.select_related("organisation", "promise").order_by("-pk")[:500]


def _linked(organisation: Organisation, payments: Sequence[int]) -> dict[int, int]:
    """Payment → what of it this organisation's lines show already."""
    rows = BankBooking.objects.filter(
        payment__in=payments, line__account__organisation=organisation, undone__isnull=True
    )
    return {
        row["payment"]: int(row["all"]) for row in rows.order_by().values("payment").annotate(all=Sum("amount"))
    }


def members_of(organisation: Organisation) -> list[tuple[int, str]]:
    """(number on the roll, name) of the members of today."""
    rows = Membership.objects.filter(organisation=organisation, left__isnull=True).order_by("pk")
    return list(rows.values_list("pk", "person__name"))


def before_of(organisation: Organisation) -> dict[str, str]:
    """Other side → how its last line was booked, where that was neither a promise nor a payment."""
    rows = BankBooking.objects.filter(line__account__organisation=organisation, undone__isnull=True)
    rows = rows.exclude(kind__in=("promise", MET, "payment")).select_related("line").order_by("-pk")[:MEMORY]
    found: dict[str, str] = {}
    for row in reversed(list(rows)):
        side = side_of(value_of(row.line))
        if side:
            found[side] = row.kind
    return found


# --- booking ---

#: A promise that the receiver's bank line had fulfilled already.
MET = "met"


@action
def book_line(
    doer: Doer,
    organisation: Organisation,
    *,
    line: BankLine,
    parts: Sequence[tuple[str, Any]],
    order: str = "",
    note: str = "",
) -> BankLine:
    """Say what a line was, or what its parts were; it then stands in the books, each part an event of its own.

    parts   ("promise:5" | "payment:7" | "wage:9" | a name of WAYS, amount as typed); a blank amount is what is left
    order   the order that pay or materials are for
    """
    return _book(doer, organisation, line, parts, order, note)


@action
def accept_suggestions(
    doer: Doer, organisation: Organisation, *, accepted: Mapping[int, Sequence[tuple[str, Any]]]
) -> BankStatement:
    """Book many lines as was suggested and as the person saw it, all of them or none."""
    rows = BankLine.objects.filter(pk__in=list(accepted), account__organisation=organisation).order_by("day", "pk")
    last: BankLine | None = None
    if len(rows) != len(accepted) or not accepted:
        raise refused(
            None, say("No line is ticked, or one is not there any more."), say("Look at the page again.")
        )
    for row in rows:
        last = _book(doer, organisation, row, accepted[row.pk], "", "")
    assert last is not None
    return last.statement


def _book(
    doer: Doer, organisation: Organisation, line: BankLine, parts: Sequence[tuple[str, Any]], order: str, note: str
) -> BankLine:
    row = _line(line, organisation)
    cash = cash_of(row.account)
    left = abs(row.amount) - booked([row]).get(row.pk, 0)
    faults: list[Fault] = []
    wanted: list[tuple[str, int]] = []
    given = 0
    for at, (target, typed) in enumerate(parts):
        count, found = _amount(f"amount-{at}", typed, cash, left - given)
        faults += found
        faults += _target_faults(f"target-{at}", target, row)
        given += count
        wanted.append((target, count))
    if not parts:
        faults.append(_fault("target-0", say("Nothing is chosen."), say("Choose what this line was.")))
    if given > left and not faults:
        what = say(
            "Of this line {left} are left to book, not {given}.",
            left=amount_of(left, cash),
            given=amount_of(given, cash),
        )
        faults.append(_fault("amount-0", what, say("Book less, or take back what was booked before.")))
    check(faults)
    for at, (target, count) in enumerate(wanted):
        _part(doer, organisation, row, target, count, order, note, f"target-{at}")
    if row.left:
        row.left = ""
        row.save(update_fields=["left"])
    return row


def _line(line: BankLine, organisation: Organisation) -> BankLine:
    row = (
        BankLine.objects.select_for_update(of=("self",))
        .select_related("account__organisation", "statement")
        .get(pk=line.pk)
    )
    if row.account.organisation_id != organisation.pk:
        raise refused(None, say("This is a line of others."), say("Look at your own accounts."))
    return row


def _amount(name: str, typed: Any, cash: str, left: int) -> tuple[int, list[Fault]]:
    if is_blank(typed):
        return (left, []) if left > 0 else (0, [_fault(name, say("Nothing of this line is left."), _LOOK)])
    value, problem = number(typed, Column(name, "number", say("A number."), least=Decimal(0), above=True))
    if problem is not None:
        return 0, [_fault(name, *problem)]
    assert isinstance(value, Decimal)
    found = counted(value, cash)
    if found is None:
        return 0, [_fault(name, say("This is finer than is counted, or too large."), say("Write it with cents."))]
    return found, []


_LOOK = say("Look at what was booked before.")


def _target_faults(name: str, target: str, row: BankLine) -> list[Fault]:
    kind = target.partition(":")[0]
    way = WAYS.get(kind)
    if way is None or (kind in ("promise", "payment", "wage")) != (":" in target):
        return [_fault(name, say("Nothing is chosen."), say("Choose what this line was."))]
    if way[1] not in ("both", "out" if row.amount < 0 else "in"):
        help = say("Choose something else from the list.")
        return [_fault(name, say("Money that came in was no money that went out, and the other way round."), help)]
    return []


def _part(
    doer: Doer,
    organisation: Organisation,
    row: BankLine,
    target: str,
    count: int,
    order: str,
    note: str,
    name: str,
) -> None:
    kind, _, text = target.partition(":")
    pk = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
    if kind == "promise":
        _promise(doer, organisation, row, pk, count, note, name)
    elif kind == "payment":
        _payment(doer, organisation, row, pk, count, name)
    else:
        other = OUTSIDE
        if kind == "wage":
            if not Membership.objects.filter(organisation=organisation, pk=pk).exists():
                raise refused(name, say("This person is not on the roll."), say("Choose one from the list."))
            other = f"member:{pk}"
        event = _post(doer, organisation, row, count, other=other, part=kind, order=order, note=note)
        _booking(doer, row, target if kind == "wage" else kind, count, event, made=True)


def _post(doer: Doer, organisation: Organisation, row: BankLine, count: int, *, other: str, **given: Any) -> str:
    """Write the event: money that came in or went out, on the day of the bank."""
    own = agent(organisation.code)
    note = given.pop("note", "").strip()[:400]
    provider, receiver = (own, other) if row.amount < 0 else (other, own)
    event = new_event(
        doer,
        organisation,
        action="transfer",
        provider=provider,
        receiver=receiver,
        resource=cash_of(row.account),
        unit="",
        amount=count,
        day=row.day.isoformat(),
        note=note,
        **given,
    )
    return post(event).uid


def _booking(doer: Doer, row: BankLine, kind: str, count: int, event: str, **given: Any) -> BankBooking:
    return BankBooking.objects.create(
        line=row, kind=kind, amount=count, event=event, at=doer.at, by=doer.person, mandate=doer.mandate, **given
    )


def _promise(
    doer: Doer, organisation: Organisation, row: BankLine, pk: int, count: int, note: str, name: str
) -> None:
    """A line keeps a promise: of ours, where it went out; one made to us, where it came in."""
    out = row.amount < 0
    side = {"provider": organisation} if out else {"receiver": organisation}
    promise = (
        PromiseLine.objects.select_for_update(of=("self",))
        .select_related("call_off", "receiver", "provider", "agreement")
        .filter(pk=pk, resource=cash_of(row.account), released__isnull=True, **side)
        .first()
    )
    if promise is None:
        raise refused(name, say("This promise is not there any more."), say("Look at the page again."))
    left = promise_lefts(organisation, [promise])[promise.pk]
    if count > left:
        what = say(
            "Of this promise {left} are left, not {count}.",
            left=amount_of(left, promise.resource),
            count=amount_of(count, promise.resource),
        )
        raise refused(name, what, say("Split the line: book the rest as something else, or leave it."))
    order = promise.call_off.code if promise.call_off is not None else ""
    given = {"part": promise.part, "order": order, "note": note}
    if not out:
        # From outside: nobody writes into the books of others. The payer finds it on a bank line of its own.
        event = _post(doer, organisation, row, count, other=OUTSIDE, promise=promise.code, **given)
        _booking(doer, row, "promise", count, event, made=True, promise=promise)
        return
    met = min(count, _theirs([promise]).get(promise.pk, 0))
    if met:
        event = _post(doer, organisation, row, met, other=OUTSIDE, **given)
        _booking(doer, row, MET, met, event, made=True, promise=promise)
    if count > met:
        receiver = agent(promise.receiver.code)
        event = _post(doer, organisation, row, count - met, other=receiver, promise=promise.code, **given)
        payment = Payment.objects.create(
            organisation=organisation,
            receiver=receiver,
            resource=promise.resource,
            amount=count - met,
            part=promise.part,
            day=row.day,
            note=note.strip()[:400],
            promise=promise,
            order=order,
            drafted_by=doer.person,
            drafted=doer.at,
            drafted_under=doer.mandate,
            released=doer.at,
            event=event,
        )
        _booking(doer, row, "promise", count - met, event, made=True, promise=promise, payment=payment)


def _payment(doer: Doer, organisation: Organisation, row: BankLine, pk: int, count: int, name: str) -> None:
    """A line is a payment that was drafted or released here, or one that somebody made to us."""
    cash = cash_of(row.account)
    payment = Payment.objects.select_for_update(of=("self",)).select_related("promise").filter(pk=pk).first()
    out = row.amount < 0
    mine = payment is not None and (
        payment.organisation_id == organisation.pk
        if out
        else payment.receiver == agent(organisation.code) and payment.released is not None
    )
    if payment is None or not mine or payment.resource != cash or payment.withdrawn is not None:
        raise refused(name, say("This payment is not there any more."), say("Look at the page again."))
    left = payment.amount - _linked(organisation, [payment.pk]).get(payment.pk, 0)
    if count > left:
        what = say(
            "Of this payment {left} are left, not {count}.",
            left=amount_of(left, cash),
            count=amount_of(count, cash),
        )
        raise refused(name, what, say("Split the line: book the rest as something else, or leave it."))
    made = False
    if payment.released is None:
        if count != payment.amount:
            help = say("Withdraw the draft, and book the line as what it was.")
            raise refused(name, say("The bank paid another amount than was drafted."), help)
        given = {"part": payment.part, "order": payment.order, "note": payment.note}
        if payment.promise is not None:
            given["promise"] = payment.promise.code
        payment.event = _post(doer, organisation, row, count, other=payment.receiver, **given)
        # Nobody released it here: the bank did it, and the page of payments says so.
        payment.released, made = doer.at, True
        payment.save(update_fields=["event", "released"])
    confirmed = not out and payment.confirmed is None
    if confirmed:
        payment.confirmed = doer.at
        payment.save(update_fields=["confirmed"])
    _booking(doer, row, "payment", count, payment.event, made=made, payment=payment, confirmed=confirmed)


@action
def leave_line(doer: Doer, organisation: Organisation, *, line: BankLine, why: str) -> BankLine:
    """Book nothing for what is left of a line, and say why; it can be taken up again."""
    row = _line(line, organisation)
    if not why.strip():
        raise refused(
            "why", say("The reason is missing."), say("For example: it went between two accounts of ours.")
        )
    row.left = why.strip()[:400]
    row.save(update_fields=["left"])
    return row


@action
def take_up_line(doer: Doer, organisation: Organisation, *, line: BankLine) -> BankLine:
    """A line that was left is to be booked after all."""
    row = _line(line, organisation)
    row.left = ""
    row.save(update_fields=["left"])
    return row


@action
def undo_booking(doer: Doer, organisation: Organisation, *, booking: BankBooking, why: str) -> BankBooking:
    """Take back what a line was booked as, by a correction dated today; the line waits to be booked again."""
    row = BankBooking.objects.select_for_update(of=("self",)).select_related("line").get(pk=booking.pk)
    line = _line(row.line, organisation)
    if row.undone is not None:
        raise refused(None, say("This was taken back before."), say("Look at the page again."))
    if not why.strip():
        raise refused("why", say("The reason is missing."), say("Say in a sentence what was wrong."))
    if row.made:
        _may_undo(row, line)
        row.undone_event = _taken_back(doer, organisation, row, why)
    payment = Payment.objects.select_for_update(of=("self",)).filter(pk=row.payment_id or 0).first()
    if payment is not None and row.made:
        if row.kind == "payment":  # it was a draft before, and is one again
            payment.released, payment.event = None, ""
        else:
            payment.withdrawn = doer.at
        payment.save(update_fields=["released", "event", "withdrawn"])
    elif payment is not None and row.confirmed:
        payment.confirmed = None
        payment.save(update_fields=["confirmed"])
    row.undone, row.why = doer.at, why.strip()[:400]
    row.save(update_fields=["undone", "undone_event", "why"])
    return row


def _may_undo(row: BankBooking, line: BankLine) -> None:
    """Raise Refused where the other side relies on it: who received confirms, and then only that side takes back."""
    payment = row.payment
    if payment is not None and payment.confirmed is not None:
        help = say("Ask the other side to correct it; or let it pay or give back.")
        raise refused(None, say("The other side confirmed that this money came."), help)
    if row.kind == "promise" and line.amount > 0 and row.promise is not None:
        met = BankBooking.objects.filter(promise=row.promise, kind=MET, undone__isnull=True)
        if met.exists():
            help = say("Ask the other side to take back its own booking first.")
            raise refused(None, say("The payer found the same money on its own bank line."), help)


def _taken_back(doer: Doer, organisation: Organisation, row: BankBooking, why: str) -> str:
    event = LedgerEvent.objects.select_for_update().get(uid=row.event)
    earlier = [one.value for one in LedgerEvent.objects.filter(corrects=row.event).order_by("pk")]
    by = replace(
        new_event(
            doer,
            organisation,
            action=event.action,
            provider="",
            receiver="",
            resource="",
            unit="",
            amount=0,
            day=doer.at.date().isoformat(),
        ),
        note=why.strip()[:400],
    )
    return post(taken_back(event.value, by=by, earlier=earlier)).uid


def _fault(column: str, what: Sentence, help: Sentence) -> Fault:
    return Fault("", None, column, what, help)
