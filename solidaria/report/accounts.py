"""The views of the books as tables (core/view.py), from what core/accounts.py worked out. No person's name is asked for
here: names come in, and who may see them is the caller's affair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from solidaria.core.accounts import (
    BalanceSheet,
    Compared,
    Debt,
    Distribution,
    Income,
    Line,
    StockLine,
    WageProof,
)
from solidaria.core.books import PARTS, amount_of, is_money
from solidaria.core.problem import Sentence, say
from solidaria.core.view import Cell, Column, Money, Quantity, Row, Table, View

#: The views, in the order in which a treasurer reads them.
VIEWS: dict[str, Sentence] = {
    "account": say("Account statement"),
    "balance": say("Balance sheet"),
    "income": say("Income statement"),
    "stock": say("Stock"),
    "plan": say("Plan against actual"),
    "sharing": say("Sharing the surplus"),
}
#: What the law puts aside (core/accounts.py).
RESERVE_WORDS: dict[str, Sentence] = {
    "legal reserve": say("legal reserve"),
    "assistance of the workers": say("assistance of the workers"),
    "co-operative education": say("co-operative education"),
    "carried forward": say("carried forward"),
}
LAWS: dict[str, Sentence] = {
    "none": say("No law puts reserves aside."),
    "argentina": say(
        "Argentina, Law 20.337, article 42: 5 % legal reserve, 5 % for the assistance of the workers, 5 % for "
        "co-operative education; the members share the rest."
    ),
}
MEASURES: dict[str, Sentence] = {
    "made": say("made"),
    "hours": say("hours of work"),
    "delivered": say("delivered"),
    "price": say("price of one, with solidarity"),
    "paid": say("paid"),
}

Names = Mapping[str, str]


def cell(count: int, resource: str, unit: str = "") -> Money | Quantity:
    """A whole number as money or as a quantity."""
    amount = amount_of(count, resource)
    return Money(amount, resource.partition(":")[2]) if is_money(resource) else Quantity(amount, unit)


def span(first: date, last: date) -> Sentence:
    """The days a view is about."""
    return say("From {first} to {last}, both included.", first=first, last=last)


# --- account ---


def account(
    resource: str,
    name: str,
    unit: str,
    opening: int,
    lines: Sequence[Line],
    first: date,
    last: date,
    agents: Callable[[str], Cell],
    links: Mapping[str, str],
    most: int | None = None,
) -> View:
    """What came and went of one resource: opening, each event with the balance after it, closing.

    agents   id of an agent → what stands for it
    links    id of an event → where it leads
    most     how many lines are shown, the newest; None: all. Opening and closing are those of all of them
    """
    shown = list(lines if most is None else lines[-most:])
    closing = lines[-1].balance if lines else opening
    before = shown[0].balance - shown[0].change if shown else opening
    came = sum(line.change for line in lines if line.change > 0)
    went = -sum(line.change for line in lines if line.change < 0)

    def row(line: Line) -> Row:
        event = line.event
        plus = line.change > 0
        other = event.provider if plus else event.receiver
        what = PARTS[event.part]
        if event.corrects:
            what = say("correction of {part}", part=what)
        return Row(
            (
                date.fromisoformat(event.day),
                what,
                None if event.provider == event.receiver else agents(other),
                event.note or event.order,
                cell(line.change, resource, unit) if plus else None,
                None if plus else cell(-line.change, resource, unit),
                cell(line.balance, resource, unit),
            ),
            link=links.get(event.id, ""),
        )

    blank: tuple[Cell, ...] = (None, None)
    start = Row((first, say("opening balance"), *blank, None, None, cell(before, resource, unit)), strong=True)
    end = Row(
        (
            last,
            say("closing balance"),
            *blank,
            cell(came, resource, unit),
            cell(went, resource, unit),
            cell(closing, resource, unit),
        ),
        strong=True,
    )
    left_out = len(lines) - len(shown)
    columns = (
        Column("day", say("Day"), "day"),
        Column("what", say("What")),
        Column("other", say("From or to")),
        Column("note", say("Note")),
        Column("in", say("Came in"), "number"),
        Column("out", say("Went out"), "number"),
        Column("balance", say("Balance"), "number"),
    )
    notes = [say("Opening balance, all that came in less all that went out: it adds up to the closing balance.")]
    if left_out:
        notes.insert(
            0, say("The newest {count} lines; the files hold all {all}.", count=len(shown), all=len(lines))
        )
    table = Table("account", say("Account: {name}", name=name), columns, (start, *map(row, shown), end))
    return View(
        "account", say("Account statement: {name}", name=name), (span(first, last),), (table,), tuple(notes)
    )


# --- balance sheet ---


def balance(
    sheets: Sequence[BalanceSheet],
    goods: Sequence[Debt],
    day: date,
    names: Names,
    units: Names,
) -> View:
    """Money, stock at the plan's price, claims and debts by currency; then goods that are still to be delivered."""
    columns = (
        Column("what", say("What")),
        Column("how_much", say("How much"), "number"),
        Column("worth", say("Worth"), "number"),
    )
    tables = []
    for sheet in sheets:
        currency = sheet.resource
        has = [Row((say("money"), None, cell(sheet.money, currency)), link=f"account:{currency}")]
        for good, count, worth in sheet.stock:
            value: Cell = cell(worth, currency) if worth is not None else say("no price")
            much = cell(count, good, units.get(good, ""))
            has.append(Row((names.get(good, good), much, value), link=f"account:{good}"))
        for debt in sheet.owed_to:
            who = names.get(debt.debtor, debt.debtor)
            has.append(Row((_debt(debt, who), None, cell(debt.amount, currency))))
        has.append(Row((say("What it has"), None, cell(sheet.has, currency)), strong=True))
        owes = [
            Row((_debt(debt, names.get(debt.creditor, debt.creditor)), cell(debt.amount, currency)))
            for debt in sheet.owed_by
        ]
        owes.append(Row((say("What it owes"), cell(sheet.owes, currency)), strong=True))
        parts = (
            (say("money that was there at the start"), sheet.began),
            (say("what came in less what went out since then"), sheet.surplus),
            (say("advances got less advances paid"), sheet.advances),
            (say("shared out and put aside"), sheet.shared),
            (say("stock at the plan's price"), sheet.worth),
            (say("owed to it less owed by it"), sheet.claims - sheet.owes),
        )
        mine = [Row((what, cell(count, currency))) for what, count in parts if count]
        mine.append(Row((say("What is its own"), cell(sheet.own, currency)), strong=True))
        word = currency.partition(":")[2]
        tables += [
            Table("has", say("What it has ({currency})", currency=word), columns, tuple(has)),
            Table("owes", say("What it owes ({currency})", currency=word), (columns[0], columns[2]), tuple(owes)),
            Table(
                "own",
                say("What is its own ({currency})", currency=word),
                (columns[0], columns[2]),
                tuple(mine),
                _check(sheet),
            ),
        ]
    if goods:
        due = (
            Column("what", say("What")),
            Column("who", say("From")),
            Column("to", say("To")),
            Column("how_much", say("How much"), "number"),
        )
        tables.append(
            Table(
                "goods",
                say("Called off and not delivered yet"),
                due,
                tuple(
                    Row(
                        (
                            names.get(one.resource, one.resource),
                            names.get(one.debtor, one.debtor),
                            names.get(one.creditor, one.creditor),
                            cell(one.amount, one.resource, units.get(one.resource, "")),
                        )
                    )
                    for one in goods
                ),
            )
        )
    notes = (
        say("Stock is counted at the price of the plan that was chosen last; a good without one counts nothing."),
        say(
            "Owed is what was delivered and not paid, or paid and not delivered. Pay for hours counts once it is paid."
        ),
    )
    return View("balance", VIEWS["balance"], (say("On {day}, at its end.", day=day),), tuple(tables), notes)


def _debt(debt: Debt, who: str) -> Sentence:
    return say("{part}, {who} (agreement {agreement})", part=PARTS[debt.part], who=who, agreement=debt.agreement)


def _check(sheet: BalanceSheet) -> Sentence:
    values = {
        "has": cell_text(sheet.has, sheet.resource),
        "owes": cell_text(sheet.owes, sheet.resource),
        "own": cell_text(sheet.own, sheet.resource),
    }
    if sheet.difference:
        gap = cell_text(sheet.difference, sheet.resource)
        return say("This does not add up: {gap} are missing between {has} and {owes} + {own}.", gap=gap, **values)
    return say("Check: {has} = {owes} + {own}. It adds up.", **values)


def cell_text(count: int, resource: str) -> Money:
    """Money inside a sentence; the faces write it in the reader's language."""
    return Money(amount_of(count, resource), resource.partition(":")[2])


# --- income ---


def income(
    found: Income, orders: Mapping[str, int], first: date, last: date, members: Names | None, orders_names: Names
) -> View:
    """What came in and went out in money, and the hours worked; members: their names, None where nobody may see them."""
    rows = [
        (part, resource, found.came_in.get((part, resource), 0), found.went_out.get((part, resource), 0))
        for part, resource in sorted({*found.came_in, *found.went_out}, key=lambda key: (key[1], key[0]))
    ]
    columns = (
        Column("what", say("What")),
        Column("in", say("Came in"), "number"),
        Column("out", say("Went out"), "number"),
        Column("left", say("Left"), "number"),
    )
    lines = []
    for resource in sorted({row[1] for row in rows}):
        for part, what, came, went in rows:
            if what == resource:
                lines.append(
                    Row(
                        (
                            PARTS[part],
                            cell(came, resource) if came else None,
                            cell(went, resource) if went else None,
                            cell(came - went, resource),
                        )
                    )
                )
        lines.append(
            Row(
                (
                    say("What is left, without advances, openings and what was shared"),
                    None,
                    None,
                    cell(found.surplus(resource), resource),
                ),
                strong=True,
            )
        )
    worked = [
        Row(
            (
                f"{order}: {orders_names[order]}" if order in orders_names else order or say("on no order"),
                cell(count, "hours", "hour"),
            )
        )
        for order, count in sorted(orders.items())
    ]
    worked.append(Row((say("All hours"), cell(sum(found.hours.values()), "hours", "hour")), strong=True))
    tables = [
        Table("money", say("Money"), columns, tuple(lines)),
        Table(
            "hours",
            say("Hours worked, by order"),
            (Column("order", say("Order")), Column("hours", say("Hours"), "number")),
            tuple(worked),
        ),
    ]
    if members is not None:
        each = [Row((members.get(who, who), cell(count, "hours", "hour"))) for who, count in found.hours.items()]
        tables.append(
            Table(
                "members",
                say("Hours worked, by member"),
                (Column("member", say("Member")), Column("hours", say("Hours"), "number")),
                tuple(each),
            )
        )
    return View("income", VIEWS["income"], (span(first, last),), tuple(tables))


# --- stock ---


def stock(lines: Sequence[StockLine], first: date, last: date, names: Names, units: Names) -> View:
    """Stock in kind: what was there, how it changed, what is there."""
    columns = (
        Column("what", say("What")),
        Column("opening", say("Was there"), "number"),
        Column("made", say("Made"), "number"),
        Column("received", say("Received"), "number"),
        Column("used", say("Used up"), "number"),
        Column("given", say("Given"), "number"),
        Column("counted", say("Found or missing"), "number"),
        Column("closing", say("Is there"), "number"),
        Column("hand", say("In hand"), "number"),
    )
    rows = []
    for line in lines:
        unit = units.get(line.resource, "")
        counts = (line.opening, line.made, line.received, line.used, line.given, line.counted)
        cells = tuple(cell(count, line.resource, unit) if count else None for count in counts)
        end = (cell(line.closing, line.resource, unit), cell(line.hand, line.resource, unit))
        rows.append(Row((names.get(line.resource, line.resource), *cells, *end), link=f"account:{line.resource}"))
    note = say(
        "Was there, made and received, less used up and given, and what a count found: it adds up to what is there."
    )
    table = Table("stock", say("Stock"), columns, tuple(rows), note if rows else None)
    return View("stock", VIEWS["stock"], (span(first, last),), (table,))


# --- plan against actual ---


def plan(made: Sequence[Compared], got: Sequence[Compared], about: Sentence, names: Names) -> View:
    """Each line of the adopted plan: planned, actual, difference, and why where a reason was written down."""
    tables = []
    for key, title, lines in (("made", say("What we make"), made), ("got", say("What we get"), got)):
        periods, reasons = {line.period for line in lines} - {""}, any(line.why for line in lines)
        columns = (
            Column("product", say("Product")),
            *((Column("period", say("Period")),) if periods else ()),
            Column("measure", say("Measure")),
            Column("planned", say("Planned"), "number"),
            Column("actual", say("Actual"), "number"),
            Column("difference", say("Difference"), "number"),
            *((Column("why", say("Why")),) if reasons else ()),
        )
        rows = [
            Row(
                (
                    names.get(line.product, line.product),
                    *((line.period,) if periods else ()),
                    MEASURES[line.measure],
                    *(_amount(line, value) for value in (line.planned, line.actual, line.difference)),
                    *((" · ".join(line.why) or None,) if reasons else ()),
                )
            )
            for line in lines
        ]
        if rows:
            tables.append(Table(key, title, columns, tuple(rows)))
    return View(
        "plan",
        VIEWS["plan"],
        (about,),
        tuple(tables),
        (say("Deliveries and money count by the orders of the agreements that were drafted from this plan."),),
    )


def _amount(line: Compared, value: Decimal) -> Cell:
    if is_money(line.resource):
        return Money(value, line.resource.partition(":")[2])
    return Quantity(value, "hour" if line.resource == "hours" else line.unit)


# --- sharing ---


def sharing(
    shares: Sequence[tuple[str, Distribution]],
    hours: Mapping[str, int],
    paid: Mapping[tuple[str, str], int],
    first: date,
    last: date,
    law: str,
    by: str,
    members: Names,
) -> View:
    """How a surplus is shared by the assembly's rule; paid: (member, currency) → what was paid out of it so far."""
    columns = (
        Column("who", say("Who")),
        Column("hours", say("Hours"), "number"),
        Column("share", say("Share"), "number"),
        Column("paid", say("Paid so far"), "number"),
        Column("left", say("Left to pay"), "number"),
    )
    tables = []
    for resource, one in shares:
        rows = [
            Row((RESERVE_WORDS[name], None, cell(count, resource), None, None)) for name, count in one.reserves
        ]
        for who, count in one.members:
            got = paid.get((who, resource), 0)
            rows.append(
                Row(
                    (
                        members.get(who, who),
                        cell(hours.get(who, 0), "hours", "hour"),
                        cell(count, resource),
                        cell(got, resource),
                        cell(count - got, resource),
                    )
                )
            )
        rows.append(Row((say("The surplus"), None, cell(one.surplus, resource), None, None), strong=True))
        note = (
            say("There is no surplus to share.")
            if one.surplus <= 0
            else say("Reserves and shares add up to the surplus, to the last cent.")
        )
        name = resource.partition(":")[2]
        tables.append(
            Table("sharing", say("The surplus in {currency}", currency=name), columns, tuple(rows), note)
        )
    rule = (
        say("Equally among the members, as the assembly decided.")
        if by == "equally"
        else say("Among those who worked, by hours.")
    )
    return View("sharing", VIEWS["sharing"], (span(first, last), rule, LAWS[law]), tuple(tables))


# --- wage proof ---


def wages(
    found: WageProof,
    name: str,
    unit: str,
    ordered: int,
    wage: Decimal,
    currency: str,
    members: Names | None,
) -> View:
    """The wage line of an order's price beside the pay for the hours worked on it.

    members   names of those who worked, None where nobody may see them
    """
    cash = f"money:{currency}"
    if found.missing:
        lead = say(
            "{missing} of the wages in the price have not been paid for hours on this order.",
            missing=cell_text(found.missing, cash),
        )
    elif found.delivered:
        lead = say("The wages in the price were paid for hours on this order.")
    else:
        lead = say("Nothing is delivered yet.")
    rows = [
        Row((say("Ordered"), cell(ordered, "", unit))),
        Row((say("Delivered"), cell(found.delivered, "", unit))),
        Row((say("Of the price of one, what pays the work"), Money(wage, currency))),
        Row((say("Wages in the price of what was delivered"), cell(found.promised, cash)), strong=True),
        Row((say("Hours worked on it"), cell(found.worked, "hours", "hour"))),
        Row((say("Paid for these hours"), cell(found.paid, cash)), strong=True),
        Row((say("Not paid yet"), cell(found.missing, cash)), strong=True),
    ]
    columns = (Column("what", say("What")), Column("how_much", say("How much"), "number"))
    tables = [Table("order", say("Order {code}: {name}", code=found.order, name=name), columns, tuple(rows))]
    if members is not None and found.hours:
        tables.append(
            Table(
                "members",
                say("Who worked on it"),
                (
                    Column("who", say("Who")),
                    Column("hours", say("Hours"), "number"),
                    Column("paid", say("Paid"), "number"),
                ),
                tuple(
                    Row((members.get(who, who), cell(effort, "hours", "hour"), cell(pay, cash)))
                    for who, effort, pay in found.hours
                ),
            )
        )
    return View("wages", say("Wage proof of {order}", order=found.order), (lead,), tuple(tables))
