"""Posting into the books: the only way by which an event comes into the ledger and into the logs."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models import Max, Q, QuerySet, Sum

from solidaria.actions.acting import check
from solidaria.actions.permit import Doer
from solidaria.core.accounts import Income
from solidaria.core.agree import promise_state
from solidaria.core.books import ACTIONS, FIELDS, HOURS, OUTSIDE, Event, agent, event_faults, is_money, lacking
from solidaria.records.models import (
    AgreementVersion,
    LedgerEvent,
    LogEntry,
    Membership,
    MonthSum,
    Organisation,
    PromiseLine,
)

LAST = "9999-12-31"


def new_event(doer: Doer, by: Organisation, **given: object) -> Event:
    """An event as it is written down now by somebody in an organisation."""
    mandate = f"mandate:{doer.mandate.pk}" if doer.mandate is not None else ""
    recorded = doer.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return Event(id=uuid4().hex, recorded=recorded, by=by.code, mandate=mandate, **given)  # type: ignore[arg-type]


def held(agent: str, resource: str) -> tuple[int, int]:
    """What an agent holds of a resource, by right and in hand: sums over all events, as the database keeps them."""
    return _effects(summed(agent, resource=resource)).get(resource, (0, 0))


def summed(
    who: str, first: str = "", last: str = LAST, resource: str = ""
) -> dict[tuple[str, str, str, str], tuple[int, int]]:
    """(in or out, resource, action, part) → amount and effort of an agent's events over these days, both inclusive.

    Whole months come from the sums that the database keeps, the days before and after them from the events.
    resource   only this one; blank: all
    """
    found: dict[tuple[str, str, str, str], tuple[int, int]] = {}

    def add(side: str, rows: Iterable[tuple[str, str, str, int, int]]) -> None:
        for what, action, part, amount, effort in rows:
            before = found.get((side, what, action, part), (0, 0))
            found[side, what, action, part] = (before[0] + int(amount), before[1] + int(effort))

    start, end = _whole_months(first, last)
    spans = [(first, last)]
    if who != OUTSIDE and start <= end:
        spans = [(first, f"{start}-00"), (f"{end}-32", last)]
        months = MonthSum.objects.filter(agent=who, month__gte=start, month__lte=end).order_by()
        for side in ("in", "out"):
            rows = months.filter(side=side, **({"resource": resource} if resource else {}))
            add(side, _grouped(rows))
    for begins, ends in spans:
        if begins <= ends:
            events = LedgerEvent.objects.filter(day__gte=begins, day__lte=ends).order_by()
            events = events.filter(resource=resource) if resource else events
            add("in", _grouped(events.filter(receiver=who)))
            add("out", _grouped(events.filter(provider=who)))
    return dict(sorted(found.items()))


def _grouped(rows: QuerySet[Any]) -> Iterable[tuple[str, str, str, int, int]]:
    found: Iterable[tuple[str, str, str, int, int]] = rows.values_list("resource", "action", "part").annotate(
        Sum("amount"), Sum("effort")
    )
    return found


def _whole_months(first: str, last: str) -> tuple[str, str]:
    """The first and the last month that lie wholly within these days; the first behind the last where none does."""
    start = first[:7]
    if first and not first.endswith("-01"):
        year, month = int(first[:4]), int(first[5:7])
        start = f"{year + month // 12:04}-{month % 12 + 1:02}"
    year, month = int(last[:4]), int(last[5:7])
    if int(last[8:]) < monthrange(year, month)[1]:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return start, f"{year:04}-{month:02}"


def _effects(moves: Mapping[tuple[str, str, str, str], tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Resource → what these sums come to by right and in hand, as each action does."""
    found: dict[str, tuple[int, int]] = {}
    for (side, resource, action, _), (amount, _effort) in moves.items():
        effects = ("+", "-/+", "+to") if side == "in" else ("-", "-/+")
        one = ACTIONS[action]
        right, hand = (amount if effect in effects else 0 for effect in (one.accounting, one.onhand))
        sign = 1 if side == "in" else -1
        before = found.get(resource, (0, 0))
        found[resource] = (before[0] + sign * right, before[1] + sign * hand)
    return found


def post(event: Event, resource_name: str = "") -> LedgerEvent:
    """Put an event into the ledger and into the logs of all organisations it concerns, inside the act's transaction.

    Everybody who gives or gets is locked first, so that two acts at the same moment never give the same thing.
    Raises Refused when the event cannot be, or somebody would give what is not held.
    """
    check(event_faults(event))
    codes = {one.partition(":")[2] for one in (event.provider, event.receiver) if one.startswith("organisation:")}
    codes |= {event.by} | _homes((event.provider, event.receiver))
    concerned = locked(codes)
    names = {f"organisation:{one.code}": one.name for one in concerned}
    if resource_name:
        names[event.resource] = resource_name
    check(lacking(event, held, names))
    row = LedgerEvent.of(event)
    row.save(force_insert=True)
    for one in concerned:
        append(one, event=row)
    return row


#: Names our locks among those of the whole database: "ledger" in no other sense than a number of its own.
LEDGER_LOCK = 9162


def locked(codes: Iterable[str]) -> list[Organisation]:
    """These organisations, with their logs kept from others until the transaction ends; always taken in the same order.

    The rows themselves are no good for it: each act has locked its own organisation's row already, and two that pay
    each other would wait for each other for ever. SQLite lets one transaction write at a time.
    """
    rows = list(Organisation.objects.filter(code__in=sorted(set(codes))).order_by("pk"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for row in rows:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LEDGER_LOCK, row.pk])
    return rows


def append(
    organisation: Organisation, *, event: LedgerEvent | None = None, version: AgreementVersion | None = None
) -> LogEntry:
    """Put an entry at the end of an organisation's log; the organisation is locked."""
    last = LogEntry.objects.filter(organisation=organisation).aggregate(last=Max("place"))["last"]
    place = 0 if last is None else last + 1
    return LogEntry.objects.create(organisation=organisation, place=place, event=event, version=version)


def _homes(agents: Iterable[str]) -> set[str]:
    """The organisations of members who give or get."""
    numbers = [int(one.partition(":")[2]) for one in agents if one.startswith("member:")]
    rows = Membership.objects.filter(pk__in=numbers)
    return set(rows.values_list("organisation__code", flat=True)) if numbers else set()


def fulfilled(codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Promise → how much of it was fulfilled, and on which day last; those without any are left out."""
    rows = (
        LedgerEvent.objects.filter(promise__in=list(codes))
        .values("promise")
        .annotate(all=Sum("amount"), last=Max("day"))
    )
    return {row["promise"]: (int(row["all"]), row["last"]) for row in rows.order_by("promise")}


def standing(lines: Sequence[PromiseLine], today: date) -> list[tuple[PromiseLine, int, str]]:
    """Each promise with how much of it is fulfilled, in minor units, and where it stands (core.agree.promise_state)."""
    done, found = fulfilled(line.code for line in lines), []
    for line in lines:
        much, last = done.get(line.code, (0, ""))
        kept_on = date.fromisoformat(last) if last else None
        ended = {"released": line.released is not None, "broken": line.broken is not None}
        found.append((line, much, promise_state(line.amount, much, line.due, today, kept_on=kept_on, **ended)))
    return found


def events_of(organisation: Organisation) -> list[Event]:
    """All events in an organisation's log, in the order of the log."""
    entries = LogEntry.objects.filter(organisation=organisation, event__isnull=False).select_related("event")
    return [entry.event.value for entry in entries.order_by("place") if entry.event is not None]


def income_of(organisation: Organisation, first: str, last: str) -> Income:
    """The income statement of an organisation over these days, summed in the database: as core/accounts.py says."""
    own = agent(organisation.code)
    ways: dict[str, dict[tuple[str, str], int]] = {"in": {}, "out": {}}
    for (side, resource, action, part), (amount, _) in summed(own, first, last).items():
        # What one gives oneself (what is found, or made) came in and did not go out.
        if is_money(resource) and ACTIONS[action].accounting in (
            ("-/+",) if side == "out" else ("+", "-/+", "+to")
        ):
            ways[side][part, resource] = ways[side].get((part, resource), 0) + amount
    rows = LedgerEvent.objects.filter(action="work", receiver=own, day__gte=first, day__lte=last).order_by()
    worked = rows.values("provider").annotate(all=Sum("effort"))
    return Income(
        dict(sorted(ways["in"].items())),
        dict(sorted(ways["out"].items())),
        dict(sorted((row["provider"], int(row["all"])) for row in worked)),
    )


def texts_of(organisation: Organisation, until: int | None = None) -> list[str]:
    """The log as the lines its tree is made of, up to `until` entries; worked out anew from the tables each time.

    An entry that does not stand at the next place is none that was signed: its line says where it stands.
    """
    columns = [f"event__{LedgerEvent.RENAMED.get(name, name)}" for name in FIELDS]
    entries = LogEntry.objects.filter(organisation=organisation).order_by("place")
    if until is not None:
        entries = entries.filter(place__lt=until)
    versions = dict(_versions(organisation))
    # Plain columns and not rows: a log of a year has a million of them.
    found = entries.values_list("place", "event_id", "version_id", *columns).iterator(chunk_size=10_000)
    texts = []
    for at, (place, event, version, *values) in enumerate(found):
        line = Event(*values).text if event is not None else versions[version]
        texts.append(line if place == at else f"{line} at place {place}")
    return texts


def text_of(entry: LogEntry) -> str:
    """One entry as a line: an event, or a version of an agreement."""
    if entry.event is not None:
        return entry.event.value.text
    assert entry.version is not None
    return entry.version.line


def _versions(organisation: Organisation) -> Iterable[tuple[int, str]]:
    """The versions of agreements in a log, as lines."""
    rows = AgreementVersion.objects.filter(entries__organisation=organisation)
    for row in rows.select_related("agreement__giver", "agreement__taker", "by").prefetch_related(
        "yes__organisation"
    ):
        yield row.pk, row.line


def outside_the_log(one: Organisation) -> int:
    """How many events in the tables concern an organisation and stand in no log of its own: more than none is a fraud.

    Balances are sums over all events; one that was put in beside the logs would change them.
    """
    own = agent(one.code)
    concerned = LedgerEvent.objects.filter(Q(provider=own) | Q(receiver=own) | Q(by=one.code))
    return concerned.exclude(pk__in=LogEntry.objects.filter(organisation=one).values("event")).count()


def balances_of(agent: str) -> list[tuple[str, int, int]]:
    """(resource, by right, in hand) of everything an agent ever held, by resource; as `held` adds up."""
    found = _effects(summed(agent))
    return [(resource, *found[resource]) for resource in sorted(found) if resource not in ("", HOURS)]
