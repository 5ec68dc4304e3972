"""The books as files: CSV, XLSX, Beancount, Valueflows JSON-LD. All from the same events."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import xlsxwriter

from solidaria.core.books import Event, amount_of, balances, changes, is_money
from solidaria.core.valueflows import OWN_PREFIX, context
from solidaria.records.workbook import guarded
from solidaria.report.contracts import More, agreement_of
from solidaria.report.names_linked import iri, measure

COLUMNS = (
    "recorded", "day", "action", "part", "provider", "receiver", "resource", "quantity", "unit", "hours", "order",
    "promise", "by", "mandate", "corrects", "note", "id",
)  # fmt: skip


def rows(events: Iterable[Event]) -> list[dict[str, str]]:
    """The events as rows of text, one column for each of COLUMNS; amounts as people read them, with a point."""
    return [
        {
            **{name: str(getattr(one, name)) for name in COLUMNS if name not in ("quantity", "hours")},
            "quantity": f"{amount_of(one.amount, one.resource):f}" if one.amount else "",
            "hours": f"{amount_of(one.effort, 'hours'):f}" if one.effort else "",
            "unit": one.resource.partition(":")[2] if is_money(one.resource) else one.unit,
        }
        for one in events
    ]


def to_csv(events: Iterable[Event]) -> bytes:
    """The events as CSV in UTF-8. Text is always text: what a spreadsheet would run begins with an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows(events):
        writer.writerow({name: _tame(name, value) for name, value in row.items()})
    return text.getvalue().encode("utf-8-sig")


def _tame(name: str, value: str) -> str:
    return value if name in ("quantity", "hours") else guarded(value)


def to_xlsx(events: Iterable[Event]) -> bytes:
    """The events as a workbook of one sheet; text is text, quantities and hours are numbers."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("events")
    bold = book.add_format({"bold": True})
    for column, name in enumerate(COLUMNS):
        sheet.write_string(0, column, name, bold)
    for at, row in enumerate(rows(events), 1):
        for column, name in enumerate(COLUMNS):
            if name in ("quantity", "hours") and row[name]:
                sheet.write_number(at, column, float(row[name]))
            else:
                sheet.write_string(at, column, row[name])
    sheet.freeze_panes(1, 0)
    book.close()
    return content.getvalue()


# --- Beancount ---


def to_beancount(events: Sequence[Event], own: str, name: str) -> bytes:
    """The books of one agent for Beancount 3 (`bean-check`): what it holds, against all others.

    Money and goods are commodities; goods have no price. It ends with the balance of every commodity asserted, so that
    `bean-check` adds everything up once more, to the last cent (Beancount itself would let a cent pass).
    """
    held = [event for event in events if any(one.agent == own for one in changes(event))]
    if not held:
        return f"; {_line(name)}\n".encode()
    commodities = _commodities(held)
    accounts = {_account(event, own) for event in held} | {"Assets:Own"}
    first = min(event.day for event in held)
    lines = [f'option "title" "{_line(name)}"', ""]
    for resource, commodity in commodities.items():
        lines += [f"{first} commodity {commodity}", f'  name: "{_line(resource)}"']
    lines += [f"{first} open {account}" for account in sorted(accounts)]
    for event in held:
        count = sum(one.accounting for one in changes(event) if one.agent == own)
        if not count:
            continue
        amount = amount_of(count, event.resource)
        what = f"{amount:f} {commodities[event.resource]}"
        back = f"{-amount:f} {commodities[event.resource]}"
        lines += [
            "",
            f'{event.day} * "{_line(event.action)}" "{_line(event.note or event.part)}"',
            f'  event: "{event.id}"',
            f"  Assets:Own  {what}",
            f"  {_account(event, own)}  {back}",
        ]
    after = (date.fromisoformat(max(event.day for event in held)) + timedelta(days=1)).isoformat()
    lines.append("")
    for (who, resource), (right, _) in balances(held).items():
        if who == own:
            lines.append(f"{after} balance Assets:Own  {amount_of(right, resource):f} ~ 0 {commodities[resource]}")
    return ("\n".join(lines) + "\n").encode()


def _commodities(events: Iterable[Event]) -> dict[str, str]:
    """Resource → its name in Beancount: currencies as they are, goods numbered."""
    found: dict[str, str] = {}
    goods = 0
    for resource in sorted({event.resource for event in events}):
        if is_money(resource):
            found[resource] = resource.partition(":")[2]
        else:
            goods += 1
            found[resource] = f"GOOD.{goods}"
    return found


def _account(event: Event, own: str) -> str:
    """The account on the other side of what the agent holds."""
    other = event.provider if event.receiver == own else event.receiver
    if other == own:
        return f"Equity:{event.action.capitalize()}"
    kind, _, code = other.partition(":")
    return f"Equity:{kind.capitalize()}" + (f":X-{re.sub(r'[^A-Za-z0-9-]', '-', code)}" if code else "")


def _line(text: str) -> str:
    return " ".join(text.replace("\\", "/").replace('"', "'").split())


# --- Valueflows ---


def to_valueflows(events: Iterable[Event], names: Mapping[str, str], more: More | None = None) -> bytes:
    """The events as Valueflows 1.0.0 in JSON-LD: agents, resource specifications, units, and the events.

    names   ids of agents and resources → names; without one, the id stands for it
    more    agreements, claims and resources of the same document (report/contracts.py); without them the events still
            name the promises they fulfil, which are then in another document
    """
    kept, beside = list(events), more or More()
    things: list[dict[str, Any]] = []
    agents = {one for event in kept for one in (event.provider, event.receiver)} | beside.agents
    for agent in sorted(agents):
        kind = "Person" if agent.startswith("member:") else "Organization"
        things.append({"@id": iri(agent), "@type": kind, "name": names.get(agent, agent)})
    for resource in sorted({event.resource for event in kept if event.resource} | set(beside.resources)):
        thing: dict[str, Any] = {
            "@id": iri(resource),
            "@type": "ResourceSpecification",
            "name": names.get(resource, resource),
        }
        if is_money(resource):
            thing["mediumOfExchange"] = True
        things.append(thing)
    for unit in sorted({_unit(event) for event in kept} | {"hour"} | beside.units):
        things.append({"@id": iri(f"unit:{unit}"), "@type": "Unit", "label": unit})
    things += [*beside.things, *(_event(event) for event in kept)]
    document = {**context(), "@graph": things}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _event(event: Event) -> dict[str, Any]:
    thing: dict[str, Any] = {
        "@id": iri(f"event:{event.id}"),
        "@type": "EconomicEvent",
        "action": event.action,
        "provider": iri(event.provider),
        "receiver": iri(event.receiver),
        "resourceConformsTo": iri(event.resource),
        "hasPointInTime": f"{event.day}T12:00:00Z",
        "created": event.recorded,
        f"{OWN_PREFIX}:part": event.part,
    }
    if event.amount:
        thing["resourceQuantity"] = measure(f"{amount_of(event.amount, event.resource):f}", _unit(event))
    if event.effort:
        thing["effortQuantity"] = measure(f"{amount_of(event.effort, 'hours'):f}", "hour")
    if event.promise:
        thing["fulfills"] = [iri(f"promise:{event.promise}")]
        # hilo/3/1/goods belongs to the call-off hilo/3/1, and what holds from the start to the agreement hilo/3.
        call_off = event.order or ""
        contract = "/".join(event.promise.split("/")[:2])
        name = "realizationOf" if event.part == "goods" else "reciprocalRealizationOf"
        thing[name] = agreement_of(contract, call_off)
    if event.corrects:
        thing["corrects"] = iri(f"event:{event.corrects}")
    if event.note:
        thing["note"] = event.note
    return thing


def _unit(event: Event) -> str:
    """A currency is a specification with mediumOfExchange; its amounts are counted in units of one."""
    return "one" if is_money(event.resource) else event.unit or "one"
