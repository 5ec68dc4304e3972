"""Posting into the books: the only way by which an event comes into the ledger and into the logs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from uuid import uuid4

from django.db import connection
from django.db.models import Max, Q, QuerySet, Sum

from solidaria.actions.acting import check
from solidaria.actions.permit import Doer
from solidaria.core.accounts import Income
from solidaria.core.books import ACTIONS, FIELDS, Event, agent, event_faults, lacking
from solidaria.records.models import AgreementVersion, LedgerEvent, LogEntry, Membership, Organisation


def new_event(doer: Doer, by: Organisation, **given: object) -> Event:
    """An event as it is written down now by somebody in an organisation."""
    mandate = f"mandate:{doer.mandate.pk}" if doer.mandate is not None else ""
    recorded = doer.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return Event(id=uuid4().hex, recorded=recorded, by=by.code, mandate=mandate, **given)  # type: ignore[arg-type]


def held(agent: str, resource: str) -> tuple[int, int]:
    """What an agent holds of a resource, by right and in hand: sums over all events, in the database."""
    found = []
    for column in ("accounting", "onhand"):
        gives = [name for name, one in ACTIONS.items() if getattr(one, column) in ("-", "-/+")]
        gets = [name for name, one in ACTIONS.items() if getattr(one, column) in ("+", "-/+", "+to")]
        rows = LedgerEvent.objects.filter(resource=resource)
        plus = rows.filter(receiver=agent, action__in=gets).aggregate(all=Sum("amount"))["all"] or 0
        minus = rows.filter(provider=agent, action__in=gives).aggregate(all=Sum("amount"))["all"] or 0
        found.append(int(plus) - int(minus))
    return found[0], found[1]


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


def events_of(organisation: Organisation) -> list[Event]:
    """All events in an organisation's log, in the order of the log."""
    entries = LogEntry.objects.filter(organisation=organisation, event__isnull=False).select_related("event")
    return [entry.event.value for entry in entries.order_by("place") if entry.event is not None]


def income_of(organisation: Organisation, first: str, last: str) -> Income:
    """The income statement of an organisation over these days, summed in the database: as core/accounts.py says."""
    own = f"organisation:{organisation.code}"
    rows = LedgerEvent.objects.filter(day__gte=first, day__lte=last).order_by()
    moves = rows.filter(
        resource__startswith="money:", action__in=[name for name, one in ACTIONS.items() if one.accounting]
    )

    def summed(found: QuerySet[LedgerEvent]) -> dict[tuple[str, str], int]:
        sums = found.values("part", "resource").annotate(all=Sum("amount"))
        return dict(sorted(((row["part"], row["resource"]), int(row["all"])) for row in sums))

    worked = rows.filter(action="work", receiver=own).values("provider").annotate(all=Sum("effort"))
    return Income(
        summed(moves.filter(receiver=own)),
        summed(moves.filter(provider=own).exclude(receiver=own)),
        dict(sorted((row["provider"], int(row["all"])) for row in worked)),
    )


def texts_of(organisation: Organisation, until: int | None = None) -> list[str]:
    """The log as the lines its tree is made of, up to `until` entries; worked out anew from the tables each time."""
    columns = [f"event__{LedgerEvent.RENAMED.get(name, name)}" for name in FIELDS]
    entries = LogEntry.objects.filter(organisation=organisation).order_by("place")
    if until is not None:
        entries = entries.filter(place__lt=until)
    versions = dict(_versions(organisation))
    # Plain columns and not rows: a log of a year has a million of them.
    found = entries.values_list("event_id", "version_id", *columns).iterator(chunk_size=10_000)
    return [Event(*row[2:]).text if row[0] is not None else versions[row[1]] for row in found]


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
    """(resource, by right, in hand) of everything an agent ever held, by resource; in two questions, as `held` adds up."""
    found: dict[str, list[int]] = {}
    rows = LedgerEvent.objects.exclude(resource="").exclude(resource="hours").order_by()
    for side, sign in (("receiver", 1), ("provider", -1)):
        sums = rows.filter(**{side: agent}).values_list("resource", "action").annotate(all=Sum("amount"))
        for resource, action, all in sums:
            held_now = found.setdefault(resource, [0, 0])
            for at, column in enumerate(("accounting", "onhand")):
                effects = ("+", "-/+", "+to") if sign > 0 else ("-", "-/+")
                if getattr(ACTIONS[action], column) in effects:
                    held_now[at] += sign * int(all)
    return [(resource, *found[resource]) for resource in sorted(found)]  # type: ignore[misc]
