"""An agreement as tables (core/view.py): everything the sides sign, price and solidarity apart; for paper and for files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from solidaria.core.agree import Terms
from solidaria.core.problem import Sentence, say
from solidaria.core.view import Cell, Column, Money, Quantity, Row, Table, View


@dataclass(frozen=True)
class Version:
    """One version of an agreement. yes: (side, day, what it rests on) of those who have said it."""

    number: int
    day: date
    by: str
    in_force: bool
    yes: tuple[tuple[str, date, Sentence], ...] = ()


def agreement(
    number: str, title: str, state: Sentence, terms: Terms, versions: Sequence[Version], names: Mapping[str, str]
) -> View:
    """The terms of the newest version, its history and who has said yes; names: codes of organisations → names."""

    def name(code: str) -> str:
        return names.get(code, code)

    newest = versions[0]
    tables = [
        Table(
            "sides",
            say("The sides"),
            (
                Column("side", say("Side")),
                Column("does", say("What it does")),
                Column("contact", say("Who can be asked")),
            ),
            (
                Row((name(terms.giver), say("gives"), terms.contact_giver)),
                Row((name(terms.taker), say("receives and pays the price"), terms.contact_taker)),
                *(
                    Row((name(code), say("pays solidarity"), None))
                    for code in terms.parties
                    if code not in (terms.giver, terms.taker)
                ),
            ),
        ),
        _lines(terms, names),
        _pairs("paying", say("How it is called off and paid"), _paying(terms)),
    ]
    if terms.schedule:
        columns = (
            Column("day", say("Day"), "day"),
            Column("what", say("What")),
            Column("how_much", say("How much"), "number"),
        )
        rows = tuple(
            Row((day, terms.lines[at].name, Quantity(much, terms.lines[at].unit)))
            for day, at, much in terms.schedule
        )
        tables.append(Table("schedule", say("Call-offs agreed from the start"), columns, rows))
    tables += [_pairs("dealing", say("How we deal with each other"), _dealing(terms)), _versions(versions)]
    if newest.yes:
        columns = (
            Column("side", say("Side")),
            Column("day", say("Day"), "day"),
            Column("rests_on", say("It rests on")),
        )
        yes = tuple(Row((name(code), day, rests)) for code, day, rests in newest.yes)
        tables.append(
            Table("yes", say("Who has said yes to version {number}", number=newest.number), columns, yes)
        )
    under = (
        say("Agreement {number}, version {version}", number=number, version=newest.number),
        say("From {starts} to {ends}.", starts=terms.starts, ends=terms.ends),
        state,
    )
    return View("agreement", title, under, tuple(tables))


def _lines(terms: Terms, names: Mapping[str, str]) -> Table:
    def cash(value: Decimal) -> Money:
        return Money(value, terms.currency)

    rows = [
        Row(
            (
                f"{line.name} ({line.period})" if line.period else line.name,
                Quantity(line.quantity, line.unit),
                cash(line.price),
                cash(line.solidarity),
                names.get(line.solidarity_by, line.solidarity_by) if line.solidarity else None,
                cash(line.wage),
            )
        )
        for line in terms.lines
    ]
    total = (say("All together"), None, cash(terms.total("price")), cash(terms.total("solidarity")), None, None)
    columns = (
        Column("what", say("What")),
        Column("how_much", say("How much"), "number"),
        Column("price", say("Price"), "number"),
        Column("solidarity", say("Solidarity"), "number"),
        Column("solidarity_by", say("Solidarity is paid by")),
        Column("wage", say("Of the price of one, for the work"), "number"),
    )
    note = say("Price and solidarity are separate promises.")
    return Table("lines", say("What is given and what is paid"), columns, (*rows, Row(total, strong=True)), note)


def _paying(terms: Terms) -> list[tuple[Sentence, Cell]]:
    minimum: Cell = say("none")
    if terms.guaranteed:
        # A share such as 0.5 as percent, exactly as it was agreed.
        share = f"{(terms.guaranteed * 100).normalize():f}"
        minimum = say("{share} % of each line is paid for, called off or not", share=share)
    advance: Cell = say("none")
    if terms.advance:
        amount = Money(terms.advance, terms.currency)
        advance = say("{amount}, set off against the first prices", amount=amount)
    return [
        (say("Guaranteed minimum"), minimum),
        (say("Call-offs"), say("at most {count}", count=terms.call_offs)),
        (say("Advance"), advance),
        (say("Paid"), say("within {days} days of its day", days=terms.pay_days)),
    ]


def _dealing(terms: Terms) -> list[tuple[Sentence, Cell]]:
    return [
        (say("Place of delivery"), terms.place or say("as each call-off says")),
        (say("When somebody is late"), terms.delay or say("nothing is agreed; the sides talk")),
        (say("Pause"), say("by either side, with {days} days of notice", days=terms.pause_days)),
        (say("Break"), say("by either side, with {days} days of notice", days=terms.break_days)),
        (say("Looked at again on"), terms.review),
        *(((say("Further"), terms.words),) if terms.words else ()),
    ]


def _pairs(key: str, title: Sentence, pairs: Sequence[tuple[Sentence, Cell]]) -> Table:
    columns = (Column("term", say("Term")), Column("value", say("What is agreed")))
    return Table(key, title, columns, tuple(Row(pair) for pair in pairs))


def _versions(versions: Sequence[Version]) -> Table:
    columns = (
        Column("version", say("Version")),
        Column("day", say("Day"), "day"),
        Column("by", say("Written by")),
        Column("state", say("State")),
    )
    rows = tuple(
        Row((str(one.number), one.day, one.by, say("in force") if one.in_force else None)) for one in versions
    )
    return Table("versions", say("Versions"), columns, rows)
