"""Books and agreements as one Valueflows document in which every reference leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from solidaria.actions import accounts as asked
from solidaria.actions.agreed import terms_of
from solidaria.core import accounts
from solidaria.core.agree import IN_FORCE
from solidaria.core.books import Event, agent, amount_of
from solidaria.records.models import Agreement, Organisation
from solidaria.report.contracts import Contract, Promise, more_of
from solidaria.report.ledger import to_valueflows
from solidaria.web.book_names import names_for, resource_names, units_of


def contracts_of(rows: Iterable[Agreement]) -> list[Contract]:
    """Agreements with their promises, as report/contracts.py takes them; rows: with everything fetched."""
    kept = list(rows)
    done = asked.done_until([line.code for row in kept for line in row.promise_lines.all()])
    found = []
    for row in kept:
        version = row.current or max(row.versions.all(), key=lambda one: one.number)
        terms = terms_of(version)
        promises = tuple(
            Promise(
                line.code,
                line.call_off.code if line.call_off is not None else "",
                line.part,
                agent(line.provider.code),
                agent(line.receiver.code),
                line.resource,
                line.unit,
                line.amount,
                line.due,
                (line.call_off.at if line.call_off is not None else row.since or row.made).astimezone(UTC),
                line.released is not None or line.broken is not None or done.get(line.code, 0) >= line.amount,
            )
            for line in row.promise_lines.all()
            if line.amount
        )
        called: dict[tuple[str, str], Decimal] = {}
        for order in row.call_offs.all():
            if order.released is None:
                key = (order.product, order.period)
                called[key] = called.get(key, Decimal(0)) + amount_of(order.amount, "")
        left = [
            (at, line.quantity - called.get((line.product, line.period), Decimal(0)))
            for at, line in enumerate(terms.lines)
        ]
        open_lines = tuple((at, much) for at, much in left if much > 0) if row.state == IN_FORCE else ()
        code = f"{row.giver.code}/{row.number}"
        found.append(Contract(code, row.title, row.state, row.made.astimezone(UTC), terms, promises, open_lines))
    return found


def linked(
    one: Organisation, events: Sequence[Event], *, only: Agreement | None = None, held_too: bool = True
) -> bytes:
    """Events of an organisation with its agreements, claims and resources as one Valueflows document.

    only       one agreement: then with the events that fulfil it, and without what is held
    held_too   whether claims and what is held stand in it
    """
    rows = asked.agreements_named(one, [event.promise for event in events if event.promise])
    contracts = contracts_of(row for row in rows if only is None or row.pk == only.pk)
    own, kept = agent(one.code), list(events)
    if only is not None:
        codes = {promise.code for contract in contracts for promise in contract.promises}
        kept = [event for event in events if event.promise in codes]
    more = more_of(contracts)
    if only is None and held_too:
        promised, done = asked.promised_of(one, datetime.now(UTC).date())
        debts = [debt for debt in accounts.debts(promised, done) if own in (debt.debtor, debt.creditor)]
        held = accounts.holdings(asked.moves(own))
        more = more_of(contracts, debts, held, own, units_of(set(held)))
    names = names_for(kept, one) | resource_names(set(more.resources))
    codes_named = [who.partition(":")[2] for who in more.agents if who.startswith("organisation:")]
    rows_named = Organisation.objects.filter(code__in=codes_named).values_list("code", "name")
    return to_valueflows(kept, names | {agent(code): name for code, name in rows_named}, more)
