"""Kinds of tampering with the database of a server, made one by one: what is changed, in which row, in which way, and how it
is covered up. Each is what somebody could do who owns the database and the server's keys, and knows how all of it works.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from solidaria.actions import books
from solidaria.actions.ledger import texts_of
from solidaria.core.books import ACTIONS
from solidaria.core.proof import Checkpoint, leaf_hash, note, root_of
from solidaria.records.models import (
    Agreement,
    AgreementVersion,
    AgreementYes,
    Countersignature,
    LedgerEvent,
    LogCheckpoint,
    LogEntry,
    LogKey,
    MonthSum,
    Organisation,
)
from solidaria.records.signatures import countersign, key_in, public_text, sign

#: What is too far off for any real place.
FAR = 1_000_000


@dataclass(frozen=True)
class Kind:
    """One kind of tampering: its name, and what does it. It gives back whether anything was changed at all."""

    name: str
    do: Callable[[], bool]


def sql(statement: str, *values: Any) -> int:
    """Run a statement; how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def quoted(name: str) -> str:
    return f'"{name}"'


# --- ways to change one value ---


def _looks_alike(text: str) -> str:
    for latin, other in (
        ("a", "а"),
        ("e", "е"),
        ("o", "о"),
        ("i", "і"),
        ("-", "‐"),
        (":", "："),
        ("0", "O"),
        ("1", "l"),
    ):
        if latin in text:
            return text.replace(latin, other, 1)
    return text


TEXT: dict[str, Callable[[str], str]] = {
    "a letter more": lambda text: text + "x",
    "a letter less": lambda text: text[:-1],
    "emptied": lambda text: "",
    "filled in": lambda text: text or "something",
    "in capitals": str.upper,
    "a space behind": lambda text: text + " ",
    "a sign nobody sees": lambda text: text + "\u200b",
    "a letter that looks alike": _looks_alike,
    "first two letters swapped": lambda text: text[1:2] + text[:1] + text[2:],
    "a letter twice": lambda text: text[:1] + text,
}
NUMBER: dict[str, Callable[[int], int]] = {
    "one more": lambda count: count + 1,
    "one less": lambda count: count - 1,
    "ten times": lambda count: count * 10,
    "a tenth": lambda count: count // 10,
    "nothing": lambda count: 0,
    "the other way": lambda count: -count,
    "digits swapped": lambda count: int(str(abs(count))[::-1]),
}


def set_value(row: Any, column: str, value: Any) -> bool:
    """Put a value into a row; False where it stood there already."""
    before = type(row).objects.filter(pk=row.pk).values_list(column, flat=True).get()
    if before == value or (before is None and value == ""):
        return False
    table, key = type(row)._meta.db_table, quoted(column)
    sql(f"UPDATE {table} SET {key} = %s WHERE id = %s", value, row.pk)
    return True


def in_columns(model: Any, rows: dict[str, Any], columns: list[str]) -> Iterator[Kind]:
    """Every column of every sort of row, in every way; and its value swapped with the one of another sort of row."""
    table = model._meta.db_table.removeprefix("records_")
    for sort, row in rows.items():
        for column in columns:
            value = getattr(row, column)
            ways: dict[str, Any] = NUMBER if type(value) is int else TEXT
            for way, change in ways.items():
                new = change(value)
                if new != value:
                    yield Kind(
                        f"{table}.{column} of {sort}: {way}", lambda r=row, c=column, v=new: set_value(r, c, v)
                    )
            for other, there in rows.items():
                if getattr(there, column) != value and column != "uid":
                    new = getattr(there, column)
                    what = f"{table}.{column} of {sort}: as of {other}"
                    yield Kind(what, lambda r=row, c=column, v=new: set_value(r, c, v))


# --- the log ---


def moved(one: Organisation, order: list[int]) -> bool:
    """Put the entries of a log into another order; `order` has the places that stay, in their new order."""
    entries = {row.place: row.pk for row in LogEntry.objects.filter(organisation=one)}
    if order == sorted(entries):
        return False
    sql("UPDATE records_logentry SET place = place + %s WHERE organisation_id = %s", FAR, one.pk)
    for place, old in enumerate(order):
        sql("UPDATE records_logentry SET place = %s WHERE id = %s", place, entries[old])
    sql("DELETE FROM records_logentry WHERE organisation_id = %s AND place >= %s", one.pk, FAR)
    return True


def in_the_log(one: Organisation, other: Organisation, rows: dict[str, LogEntry], size: int) -> Iterator[Kind]:
    """Entries taken out, put in, moved, exchanged."""
    places = list(range(size))

    def without(place: int) -> list[int]:
        return [at for at in places if at != place]

    for sort, row in rows.items():
        at, pk = row.place, row.pk
        yield Kind(
            f"logentry {sort}: taken out", lambda pk=pk: sql("DELETE FROM records_logentry WHERE id = %s", pk) > 0
        )
        yield Kind(f"logentry {sort}: taken out, and the gap closed", lambda at=at: moved(one, without(at)))
        for name, to in (
            ("to the front", 0),
            ("to the end", size - 1),
            ("one up", at - 1),
            ("one down", at + 1),
            ("ten up", at - 10),
            ("ten down", at + 10),
            ("to the middle", size // 2),
        ):
            if 0 <= to < size and to != at:
                order = without(at)
                order.insert(to, at)
                yield Kind(f"logentry {sort}: moved {name}", lambda order=order: moved(one, order))
        yield Kind(f"logentry {sort}: given to another log", lambda pk=pk: given(pk, other))
        yield Kind(f"logentry {sort}: a place that is none", lambda row=row: set_value(row, "place", FAR))
        for there, target in rows.items():
            if target.pk == pk:
                continue
            swapped = [{at: target.place, target.place: at}.get(place, place) for place in places]
            yield Kind(f"logentry {sort}: swapped with {there}", lambda order=swapped: moved(one, order))
            yield Kind(
                f"logentry {sort}: {there} in its place",
                lambda at=at, pk=pk, target=target: (
                    (
                        sql("DELETE FROM records_logentry WHERE id = %s", target.pk)
                        and sql(
                            "UPDATE records_logentry SET event_id = %s, version_id = %s WHERE id = %s",
                            *(target.event_id, target.version_id, pk),
                        )
                    )
                    > 0
                ),
            )
        if row.event is not None:
            yield Kind(f"logentry {sort}: a forged one before it", lambda row=row: put_in(one, row, size))
            yield Kind(f"logentry {sort}: a forged one in its place", lambda row=row: put_in(one, row, size, True))


def given(entry: int, other: Organisation) -> bool:
    """An entry goes into another organisation's log, behind its end; where it stands already, it only goes."""
    event = LogEntry.objects.values_list("event_id", flat=True).get(pk=entry)
    if event is not None and LogEntry.objects.filter(organisation=other, event=event).exists():
        return sql("DELETE FROM records_logentry WHERE id = %s", entry) > 0
    return (
        sql("UPDATE records_logentry SET organisation_id = %s, place = %s WHERE id = %s", other.pk, FAR, entry) > 0
    )


def put_in(one: Organisation, before: LogEntry, size: int, instead: bool = False) -> bool:
    """A forged event in the middle of a log, everything behind it moved on; or in the place of another."""
    assert before.event is not None
    forged = LedgerEvent.objects.get(pk=before.event_id)
    forged.pk, forged.uid, forged.note = None, "f" * 32, "forged"  # type: ignore[assignment]
    forged.save(force_insert=True)
    if instead:
        sql("UPDATE records_logentry SET event_id = %s WHERE id = %s", forged.pk, before.pk)
        return True
    sql(
        "UPDATE records_logentry SET place = place + %s WHERE organisation_id = %s AND place >= %s",
        *(FAR, one.pk, before.place),
    )
    LogEntry.objects.create(organisation=one, place=before.place, event=forged)
    sql(
        "UPDATE records_logentry SET place = place - %s WHERE organisation_id = %s AND place >= %s",
        *(FAR - 1, one.pk, FAR),
    )
    return True


# --- agreements ---


def in_agreements(rows: list[AgreementVersion], other: Organisation) -> Iterator[Kind]:
    """The terms of agreements field by field, and who said yes to them."""
    for at, row in enumerate(rows):
        terms = json.loads(row.text)
        flat = {(name, None): value for name, value in terms.items() if not isinstance(value, list)}
        for place, line in enumerate(terms["lines"]):
            flat |= {(name, place): value for name, value in line.items()}
        for (name, place), value in flat.items():
            for way, change in (("another", lambda old: f"{old}1"), ("blank", lambda old: "")):
                new = json.loads(row.text)
                target = new if place is None else new["lines"][place]
                target[name] = change(value)
                text = json.dumps(new, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
                what = f"agreementversion {at}.text, {name}{'' if place is None else f' of line {place}'}: {way}"
                yield Kind(what, lambda r=row, v=text: set_value(r, "text", v))
        yield Kind(
            f"agreementversion {at}.text: written with spaces", lambda r=row: set_value(r, "text", r.text + " ")
        )
        yield Kind(f"agreementversion {at}.number: another", lambda r=row: set_value(r, "number", r.number + 7))
        yield Kind(f"agreementversion {at}.by: another", lambda r=row: set_value(r, "by_id", other.pk))
        yield Kind(
            f"agreementversion {at}.at: a day earlier", lambda r=row: set_value(r, "at", "2020-01-01 00:00:00")
        )
        yield Kind(
            f"agreementversion {at}.parties: one less",
            lambda r=row: set_value(r, "parties", json.dumps(r.parties[1:])),
        )
        for yes in AgreementYes.objects.filter(version=row):
            whose = f"agreementyes {at} of {yes.organisation.code}"
            yield Kind(
                f"{whose}: taken away",
                lambda y=yes: sql("DELETE FROM records_agreementyes WHERE id = %s", y.pk) > 0,
            )
            yield Kind(f"{whose}: of another", lambda y=yes: set_value(y, "organisation_id", other.pk))
            yield Kind(f"{whose}: at another time", lambda y=yes: set_value(y, "at", "2020-01-01 00:00:00"))
            yield Kind(f"{whose}: on another motion", lambda y=yes: set_value(y, "motion_id", 999))
        agreement = Agreement.objects.get(pk=row.agreement_id)
        yield Kind(f"agreement {at}: another giver", lambda a=agreement: set_value(a, "giver_id", other.pk))
        yield Kind(f"agreement {at}: another taker", lambda a=agreement: set_value(a, "taker_id", other.pk))
        yield Kind(f"agreement {at}: another number", lambda a=agreement: set_value(a, "number", 77))


# --- the whole history, and how it is covered up ---


def through_all(one: Organisation, other: Organisation, size: int) -> Iterator[Kind]:
    """Everything at once."""
    places = list(range(size))
    orders = {
        "turned round": places[::-1],
        "turned by one": [*places[1:], 0],
        "two halves exchanged": [*places[size // 2 :], *places[: size // 2]],
        "every second one taken out": places[::2],
        "sorted by day anew": sorted(places, key=lambda at: -at % 7),
        "all but the last": places[:-1],
        "all but the last ten": places[:-10],
        "the first half": places[: size // 2],
        "only the first": places[:1],
        "without the first": places[1:],
        "emptied": [],
    }
    for name, order in orders.items():
        yield Kind(f"whole log: {name}", lambda order=order: moved(one, order))
    mine = f"IN (SELECT event_id FROM records_logentry WHERE organisation_id = {one.pk})"
    for name, change in {
        "amounts doubled": "amount = amount * 2",
        "a cent less everywhere": "amount = amount - 1",
        "notes emptied": "note = ''",
        "dates a year earlier": "day = '2020' || substr(day, 5)",
        "written down a year earlier": "recorded = '2020' || substr(recorded, 5)",
        "writers exchanged": "\"by\" = 'somebody'",
        "mandates emptied": "mandate = ''",
        "givers and receivers exchanged": "provider = receiver, receiver = provider",
        "orders emptied": "\"order\" = ''",
        "promises emptied": "promise = ''",
        "all one part": "part = 'other'",
        "ids made anew": "uid = 'z' || uid",
    }.items():
        yield Kind(
            f"whole log: {name}",
            lambda change=change: sql(f"UPDATE records_ledgerevent SET {change} WHERE id {mine}") > 0,
        )
    yield Kind("whole log: exchanged with another's", lambda: exchanged(one, other))


def exchanged(one: Organisation, other: Organisation) -> bool:
    """The logs of two organisations change places."""
    for a, b in ((one.pk, -1), (other.pk, one.pk), (-1, other.pk)):
        sql(
            "UPDATE records_logentry SET organisation_id = %s, place = place + %s WHERE organisation_id = %s",
            *(b, 2 * FAR if b == -1 else (-2 * FAR if a == -1 else 0), a),
        )
    return True


def beside_the_log(one: Organisation, rows: dict[str, LedgerEvent]) -> Iterator[Kind]:
    """Events that stand in the tables and in no log: they change what the pages show as held, and nothing in the tree."""
    for sort, row in rows.items():
        for name, factor in (("again", 1), ("ten times over", 10)):

            def put(row: LedgerEvent = row, factor: int = factor) -> bool:
                forged = LedgerEvent.objects.get(pk=row.pk)
                forged.pk, forged.uid = None, "f" * 32  # type: ignore[assignment]
                forged.amount *= factor
                forged.save(force_insert=True)
                return forged.amount != 0

            if row.amount:
                yield Kind(f"ledgerevent beside the log: {sort} {name}", put)


def in_sums(one: Organisation) -> Iterator[Kind]:
    """The sums that the database keeps beside the log, as far as anything is shown that they have part in.

    What is made is counted where it comes in; the same event's giving side moves nothing, and no page reads it.
    """
    for row in MonthSum.objects.filter(agent=f"organisation:{one.code}").exclude(amount=0):
        effects = ("+", "-/+", "+to") if row.side == "in" else ("-", "-/+")
        if not {ACTIONS[row.action].accounting, ACTIONS[row.action].onhand} & set(effects):
            continue
        whose = f"monthsum {row.side} {row.action} {row.resource} ({row.part})"
        for way, change in NUMBER.items():
            new = change(row.amount)
            if new != row.amount:
                yield Kind(f"{whose}: {way}", lambda r=row, v=new: set_value(r, "amount", v))
        yield Kind(f"{whose}: taken away", lambda pk=row.pk: MonthSum.objects.filter(pk=pk).delete()[0] > 0)
        yield Kind(f"{whose}: of another resource", lambda r=row: set_value(r, "resource", "money:XTS"))
        yield Kind(f"{whose}: of another agent", lambda r=row: set_value(r, "agent", "organisation:nobody"))


def resigned(one: Organisation, key: Any) -> None:
    """Every checkpoint signed anew over what stands in the tables now, as if it had always been so."""
    public = public_text(key)
    LogKey.objects.filter(organisation=one).update(public=public)
    for row in LogCheckpoint.objects.filter(organisation=one):
        leaves = [leaf_hash(text.encode()) for text in texts_of(one)][: row.size]
        made = Checkpoint(books.origin_of(one), len(leaves), root_of(leaves), int(row.at.timestamp()))
        written = note(made, [sign(made, key, made.origin)])
        LogCheckpoint.objects.filter(pk=row.pk).update(note=written, root=made.root.hex(), size=made.size)


def covered_up(kind: Kind, one: Organisation, own: Any, new: Any) -> Iterator[Kind]:
    """The same tampering, with everything made to fit it that the server has."""

    def with_own() -> bool:
        return kind.do() and (resigned(one, own) is None)

    def with_new() -> bool:
        return kind.do() and (resigned(one, new) is None)

    def with_forged_ally() -> bool:
        if not with_new():
            return False
        for row in LogCheckpoint.objects.filter(organisation=one):
            made = Checkpoint(books.origin_of(one), row.size, bytes.fromhex(row.root), int(row.at.timestamp()))
            line = countersign(made, new, "ally", int(row.at.timestamp())).line
            Countersignature.objects.filter(checkpoint=row).update(line=line, public=public_text(new))
        return True

    def begun_anew() -> bool:
        """The old checkpoints are gone, as if the log had never been signed before today."""
        if not kind.do():
            return False
        Countersignature.objects.filter(checkpoint__organisation=one).delete()
        LogCheckpoint.objects.filter(organisation=one).delete()
        leaves = [leaf_hash(text.encode()) for text in texts_of(one)]
        made = Checkpoint(books.origin_of(one), len(leaves), root_of(leaves), 1_900_000_000)
        LogCheckpoint.objects.create(
            organisation=one,
            size=made.size,
            root=made.root.hex(),
            note=note(made, [sign(made, own, made.origin)]),
            at="2030-03-17T17:46:40Z",
        )
        return True

    def grown_over() -> bool:
        """The old checkpoint stays, and a later one over the changed log is shown in its place."""
        if not kind.do():
            return False
        leaves = [*(leaf_hash(text.encode()) for text in texts_of(one)), leaf_hash(b"more")]
        made = Checkpoint(books.origin_of(one), len(leaves) + FAR, root_of(leaves), 1_900_000_000)
        LogCheckpoint.objects.create(
            organisation=one,
            size=made.size,
            root=made.root.hex(),
            note=note(made, [sign(made, own, made.origin)]),
            at="2030-03-17T17:46:40Z",
        )
        return True

    yield Kind(f"{kind.name}; signed anew with the log's own key", with_own)
    yield Kind(f"{kind.name}; signed anew with another key", with_new)
    yield Kind(f"{kind.name}; signed and countersigned anew with another key", with_forged_ally)
    yield Kind(f"{kind.name}; as if never signed before", begun_anew)
    yield Kind(f"{kind.name}; a later checkpoint shown instead", grown_over)


def in_signatures(one: Organisation, row: LogCheckpoint) -> Iterator[Kind]:
    """The rows of checkpoints, keys and countersignatures themselves."""
    mine = Countersignature.objects.get(checkpoint=row)
    key = LogKey.objects.get(organisation=one)
    for way, change in TEXT.items():
        for name, thing, column in (
            ("logcheckpoint.note", row, "note"),
            ("logcheckpoint.root", row, "root"),
            ("logkey.public", key, "public"),
            ("countersignature.line", mine, "line"),
            ("countersignature.public", mine, "public"),
        ):
            value = getattr(thing, column)
            new = change(value)
            # A line reads the same with or without the break at its end.
            if new.strip() != value.strip():
                yield Kind(f"{name}: {way}", lambda t=thing, c=column, v=new: set_value(t, c, v))
    for way, number in NUMBER.items():
        count = number(row.size)
        if count > 0 and count != row.size:
            yield Kind(f"logcheckpoint.size: {way}", lambda v=count: set_value(row, "size", v))
    yield Kind("logcheckpoint: taken away", lambda: _gone(row))
    yield Kind("countersignature: taken away", lambda: Countersignature.objects.filter(pk=mine.pk).delete()[0] > 0)
    yield Kind("logkey: taken away", lambda: LogKey.objects.filter(pk=key.pk).delete()[0] > 0)


def _gone(row: LogCheckpoint) -> bool:
    Countersignature.objects.filter(checkpoint=row).delete()
    return LogCheckpoint.objects.filter(pk=row.pk).delete()[0] > 0


def all_kinds(one: Organisation, other: Organisation, stranger: Organisation, new_key: Any) -> list[Kind]:
    """Every kind there is for these books, each once."""
    entries = list(LogEntry.objects.filter(organisation=one).select_related("event").order_by("place"))
    size = len(entries)
    events = [row.event for row in entries if row.event is not None]
    sorts: dict[str, LedgerEvent] = {
        "the first payment in": next(row for row in events if row.part == "opening"),
        "the last entry": events[-1],
        "a corrected one": next(row for row in events if any(each.corrects == row.uid for each in events)),
        "a correction": next(row for row in events if row.corrects),
        "work": next(row for row in events if row.action == "work"),
        "a delivery": next(row for row in events if row.part == "goods"),
        "what was made": next(row for row in events if row.action == "produce"),
        "a payment out": next(row for row in events if row.part == "wage"),
    }
    by_event = {row.event_id: row for row in entries if row.event_id}
    places = {sort: by_event[row.pk] for sort, row in sorts.items()}
    places["an agreement"] = next(row for row in entries if row.version_id)
    columns = [
        field.name for field in LedgerEvent._meta.concrete_fields if field.name != "id" and not field.is_relation
    ]
    versions = list(AgreementVersion.objects.filter(entries__organisation=one).order_by("pk"))
    simple = [
        *in_columns(LedgerEvent, sorts, columns),
        *in_the_log(one, other, places, size),
        *in_agreements(versions, stranger),
        *through_all(one, other, size),
    ]
    row = LogCheckpoint.objects.get(organisation=one)
    # Covering up does not depend on the column: one of each ten, and everything that is done to all at once.
    chosen = [*simple[::10], *(kind for kind in simple if kind.name.startswith("whole log"))]
    own = key_in(books.key_file(one))
    covered = [each for kind in dict.fromkeys(chosen) for each in covered_up(kind, one, own, new_key)]
    return [*simple, *beside_the_log(one, sorts), *in_sums(one), *in_signatures(one, row), *covered]
