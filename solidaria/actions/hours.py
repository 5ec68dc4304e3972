"""Hours sheets: looked through, and taken; every row becomes work in the books, and none comes in twice."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db.models import Sum

from solidaria.actions.acting import action, check, refused
from solidaria.actions.bank import AGAIN, KNOWN, NEW
from solidaria.actions.ledger import new_event, post
from solidaria.actions.permit import Doer
from solidaria.core import hours as core
from solidaria.core.bank import folded, numbered
from solidaria.core.books import HOURS, agent
from solidaria.core.problem import Fault, Refused, say
from solidaria.core.workbook.tables import Table
from solidaria.records.models import (
    CallOff,
    HoursLine,
    HoursSheet,
    LedgerEvent,
    Membership,
    Organisation,
    Recipe,
    Upload,
)
from solidaria.records.statements import rows_of
from solidaria.records.workbook import read_tables


@dataclass(frozen=True)
class Preview:
    """What would be read of an hours sheet.

    states   for each row whether it is new, was taken before, or looks the same as another of this sheet
    taken    the sheet that this very file was taken as
    """

    sheet: core.Sheet
    states: tuple[str, ...]
    keys: tuple[str, ...]
    taken: HoursSheet | None

    @property
    def new(self) -> int:
        """How many rows are new."""
        return self.states.count(NEW)


def known_of(organisation: Organisation, today: date) -> core.Known:
    """What an organisation's sheet may name."""
    members: dict[str, int] = {}
    for pk, handle in Membership.objects.filter(organisation=organisation).values_list("pk", "person__handle"):
        members[str(pk)] = pk
        members[folded(handle)] = pk
    orders = CallOff.objects.filter(agreement__giver=organisation, released__isnull=True)
    return core.Known(
        members,
        frozenset({folded(organisation.code), folded(organisation.name)}),
        frozenset(orders.values_list("code", flat=True)),
        frozenset(
            Recipe.objects.filter(site__organisation=organisation, removed__isnull=True).values_list(
                "code", flat=True
            )
        ),
        today,
    )


def look_through(upload: Upload, today: date | None = None) -> Preview:
    """What would be read of an hours sheet. Raises Refused where the file is none that can be read at all."""
    today = today or datetime.now(UTC).date()
    sheet = core.read(_table(upload), known_of(upload.organisation, today), upload.name)
    keys = core.keys(sheet.rows)
    there = set(
        HoursLine.objects.filter(organisation=upload.organisation, key__in=keys).values_list("key", flat=True)
    )
    states = tuple(KNOWN if key in there else AGAIN if "#" in key else NEW for key in keys)
    taken = HoursSheet.objects.filter(organisation=upload.organisation, digest=upload.digest).first()
    return Preview(sheet, states, keys, taken)


def _table(upload: Upload) -> Table:
    """The first sheet of the file; a CSV with whatever separator. Raises Refused with what cannot be read."""
    content = bytes(upload.content)
    if not content.startswith(b"PK\x03\x04"):
        rows, _, _ = rows_of(upload.name, content)
        lines = [(number, tuple(row)) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
        header = tuple(cell.strip() for cell in lines[0][1]) if lines else ()
        return Table(
            header, tuple((number, tuple(cell.strip() or None for cell in row)) for number, row in lines[1:])
        )
    with tempfile.TemporaryDirectory(prefix="solidaria-") as folder:
        path = Path(folder) / "hours.xlsx"
        path.write_bytes(content)
        tables = read_tables(path)
    check(list(tables.faults))
    if not tables.sheets:
        raise refused("file", say("The file has no sheet."), say("Write who, day and hours in row 1."))
    return next(iter(tables.sheets.values()))


@action
def take_hours(
    doer: Doer, organisation: Organisation, *, upload: Upload, also: Collection[int] = ()
) -> HoursSheet:
    """Write the new rows of an hours sheet into the books; no row comes in twice.

    also   rows that look as if they were there already, and are not, says who brings them in
    """
    row = Upload.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=upload.pk)
    if row.organisation_id != organisation.pk or not row.content:
        raise refused(
            None, say("This file was taken or thrown away."), say("Bring it in once more if it is needed.")
        )
    seen = look_through(row, doer.at.date())
    check(list(seen.sheet.faults))
    if seen.taken is not None:
        what = say("This very file was taken on {day}.", day=seen.taken.at.date().isoformat())
        raise refused(None, what, say("Nothing is to be done: its hours are there."))
    there = set(HoursLine.objects.filter(organisation=organisation).values_list("key", flat=True))
    chosen: list[tuple[core.Worked, str]] = []
    for one, key, state in zip(seen.sheet.rows, seen.keys, seen.states, strict=True):
        if state == NEW or one.row in also:
            at, free = 1, key
            while free in there:
                at += 1
                free = numbered(key.partition("#")[0], at)
            there.add(free)
            chosen.append((one, free))
    if not chosen:
        help = say("Nothing is to be done; tick a row if it is another one that only looks the same.")
        raise refused(None, say("All rows of this sheet were taken before."), help)
    check(core.day_faults([one for one, _ in chosen], _before([one for one, _ in chosen]), row.name))
    sheet = HoursSheet.objects.create(
        organisation=organisation,
        name=row.name,
        digest=row.digest,
        taken=len(chosen),
        left_out=len(seen.states) - len(chosen),
        at=doer.at,
        by=doer.person,
    )
    lines = []
    for one, key in chosen:
        event = new_event(
            doer,
            organisation,
            action="work",
            provider=f"member:{one.member}",
            receiver=agent(organisation.code),
            resource=HOURS,
            unit="hour",
            amount=0,
            effort=one.effort,
            day=one.day.isoformat(),
            part="hours",
            order=one.order,
            note=" · ".join(part for part in (one.recipe, one.note) if part)[:400],
        )
        uid = post(event).uid
        lines.append(HoursLine(sheet=sheet, organisation=organisation, row=one.row, key=key, event=uid))
    HoursLine.objects.bulk_create(lines)
    row.content = b""
    row.save(update_fields=["content"])
    return sheet


def _before(rows: Collection[core.Worked]) -> dict[tuple[int, date], int]:
    """(member, day) → hours in the books, in millionths."""
    found: dict[tuple[int, date], int] = {}
    members = sorted({one.member for one in rows})
    days = sorted({one.day.isoformat() for one in rows})
    sums: Any = (
        LedgerEvent.objects.filter(
            action="work", provider__in=[f"member:{pk}" for pk in members], day__gte=days[0], day__lte=days[-1]
        )
        .order_by()
        .values("provider", "day")
        .annotate(all=Sum("effort"))
    )
    for one in sums:
        key = (int(one["provider"].partition(":")[2]), date.fromisoformat(one["day"]))
        found[key] = int(one["all"])
    return found


def faults_of(upload: Upload) -> tuple[Preview | None, tuple[Fault, ...]]:
    """What would be read of a file, and all that is wrong with it."""
    try:
        seen = look_through(upload)
    except Refused as why:
        return None, why.faults
    return seen, seen.sheet.faults
