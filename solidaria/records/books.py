"""The books of a site as files: a folder of CSV or one XLSX workbook; a plan as orders; and a folder of many books."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Final

from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.watch.books import Books, Sale
from solidaria.core.watch.read import read_books
from solidaria.core.workbook import cells
from solidaria.core.workbook.schema import Column
from solidaria.core.workbook.suggest import nearest
from solidaria.records.workbook import read_tables

#: A plan of thousands of sites is far below this.
MOST_BYTES: Final = 200_000_000
MOST_SITES: Final = 20_000

#: Figures of the sheet network.csv: unit, and the limits of each.
NETWORK_FIGURES: Final[dict[str, Column]] = {
    "fund_balance": Column("fund_balance", "number", say("What the common fund has on the first day.")),
    "fund_income": Column("fund_income", "number", say("What comes into the common fund each month.")),
    "common": Column(
        "common",
        "number",
        say("How much of the movement of prices is the same for all sites: 0 none, 1 all."),
        most=Decimal(1),
    ),
    "common_jumps": Column(
        "common_jumps",
        "number",
        say("1 when jumps of prices and tariffs, the state and lenders hit all sites at once; 0 when not."),
        most=Decimal(1),
        whole=True,
    ),
    "new_customers": Column(
        "new_customers",
        "number",
        say("The part of the orders lost from sites that others outside take over each month. Blank: 0.07."),
        most=Decimal(1),
    ),
}


def load_books(path: Path | str) -> Books:
    """Read and check the books of a site. Raises Refused with every fault at once."""
    return read_books(read_tables(path))


# --- a plan of the main job as orders --------------------------------------------------------------


def with_plan(books: Books, path: Path, site: str, months: int) -> Books:
    """The books with the orders that a plan gives the site, in place of its own standing and ad hoc sales.

    path     the JSON that `solidaria plan --format json` writes
    site     the id of the site in the plan
    months   how many months the whole plan covers; quantities are divided by it

    What keeps a promise becomes a standing order, other deliveries orders without an agreement, at the plan's prices.
    Raises Refused with every fault at once.
    """
    name = path.name

    def refused(what: Sentence, help: Sentence) -> Refused:
        return Refused([Fault(name, None, None, what, help)])

    plan = _json(path, refused)
    again = say("Make it with: solidaria plan NETWORK --format json --out plan.json")
    rows = plan.get("deliveries")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refused(say("The file has no list of deliveries, so it is no plan."), again)
    if plan.get("currency") != books.currency:
        what = say(
            "The plan is in {plan}, the books are in {books}.",
            plan=str(plan.get("currency")),
            books=books.currency,
        )
        raise refused(what, say("Use one currency in both."))
    sites = sorted({row["site"] for row in rows if isinstance(row.get("site"), str)})
    own = [row for row in rows if row.get("site") == site]
    if not own:
        close = nearest(site, sites)
        help = (
            say("Did you mean {name}?", name=close)
            if close
            else say("Sites of the plan: {names}.", names=", ".join(sites[:20]))
        )
        raise refused(say("The site {site} delivers nothing in this plan.", site=site), help)
    products = sorted({str(row.get("product")) for row in own})
    if len(products) > 1:
        what = say("In this plan {site} delivers several products: {names}.", site=site, names=", ".join(products))
        raise refused(
            what, say("The books of a site know one product; write the sales by hand, in units of one of them.")
        )
    quantities: dict[tuple[str, str], Decimal] = {}
    money: dict[tuple[str, str], Decimal] = {}
    for row in own:
        quantity, price = _decimal(row.get("quantity")), _decimal(row.get("unit_price"))
        if quantity is None or price is None or quantity <= 0 or price <= 0:
            raise refused(say("A delivery has no quantity or no price above 0."), again)
        key = ("standing" if row.get("need") is None else "ad hoc", str(row.get("organisation")))
        quantities[key] = quantities.get(key, Decimal(0)) + quantity
        money[key] = money.get(key, Decimal(0)) + quantity * price
    kept = [sale for sale in books.sales if sale.channel not in ("standing", "ad hoc")]
    taken = {sale.id for sale in kept}
    for (channel, organisation), quantity in sorted(quantities.items()):
        id = f"{organisation} {channel}"
        while id in taken:
            id += "'"
        taken.add(id)
        price = money[channel, organisation] / quantity
        kept.append(Sale(id, channel, "movement", quantity / months, price, name))
    return replace(books, sales=tuple(sorted(kept, key=lambda sale: sale.id)))


def _json(path: Path, refused: object) -> dict[str, object]:
    assert callable(refused)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise refused(
                say("{name} is larger than {most} million bytes.", name=path.name, most=MOST_BYTES // 1_000_000),
                say("Name the JSON of one plan."),
            )
        found = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        what = say("This file cannot be read: {reason}.", reason=error.strerror or str(error))
        raise refused(
            what, say("Name the JSON of a plan: solidaria plan NETWORK --format json --out plan.json")
        ) from None
    except (ValueError, RecursionError) as error:
        what = say("This is not a JSON file: {reason}.", reason=str(error))
        raise refused(
            what, say("Name the JSON of a plan: solidaria plan NETWORK --format json --out plan.json")
        ) from None
    if not isinstance(found, dict):
        raise refused(
            say("The file has no list of deliveries, so it is no plan."),
            say("Name the JSON of a plan: solidaria plan NETWORK --format json --out plan.json"),
        )
    return found


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    text = str(value)
    return Decimal(text) if cells.NUMBER.match(text) else None


# --- a folder of many books ------------------------------------------------------------------------


@dataclass(frozen=True)
class Trade:
    """A buyer takes this part of its materials from this supplier."""

    buyer: str
    supplier: str
    share: Decimal


@dataclass(frozen=True)
class ManyBooks:
    """The books of many sites, by the names of their folders or workbooks; who trades with whom; common figures."""

    name: str
    books: Mapping[str, Books]
    trade: tuple[Trade, ...]
    figures: Mapping[str, Decimal]


def load_many(folder: Path) -> ManyBooks:
    """Read a folder of books: one folder or workbook for each site, trade.csv, and network.csv.

    trade.csv    buyer, supplier, share: the part of the buyer's materials that it takes from the supplier
    network.csv  figure, value: NETWORK_FIGURES; without it nothing is common

    Raises Refused with every fault of all of them at once.
    """
    faults: list[Fault] = []
    books: dict[str, Books] = {}
    if not folder.is_dir():
        what = say("There is no folder {path}.", path=str(folder))
        raise Refused(
            [
                Fault(
                    folder.name,
                    None,
                    None,
                    what,
                    say("Name a folder with the books of one site in each folder inside."),
                )
            ]
        )
    inside = sorted(
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith((".", "~")) and (entry.is_dir() or entry.suffix.lower() == ".xlsx")
    )
    if not inside or len(inside) > MOST_SITES:
        what = say("The folder {path} has {count} books in it.", path=str(folder), count=len(inside))
        help = say("Put one folder or workbook for each site into it, {most} at most.", most=MOST_SITES)
        raise Refused([Fault(folder.name, None, None, what, help)])
    for entry in inside:
        try:
            books[entry.stem if entry.is_file() else entry.name] = load_books(entry)
        except Refused as refused:
            faults += [replace(fault, sheet=f"{entry.name}/{fault.sheet}") for fault in refused.faults]
    names = {entry.stem if entry.is_file() else entry.name for entry in inside}
    currencies = sorted({one.currency for one in books.values()})
    if len(currencies) > 1:
        what = say("The books are in different currencies: {names}.", names=", ".join(currencies))
        faults.append(Fault(folder.name, None, None, what, say("Use one currency in all of them.")))
    trade = _trade(folder / "trade.csv", names, faults)
    figures = _figures(folder / "network.csv", faults)
    if faults:
        raise Refused(faults)
    return ManyBooks(folder.resolve().name, books, trade, figures)


def _rows(path: Path, columns: tuple[str, ...], faults: list[Fault]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a small CSV file whose columns are known; none where the file is not there."""
    if not path.exists():
        return []
    try:
        table = list(csv.reader(StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        what = say("This file cannot be read: {reason}.", reason=str(error))
        faults.append(Fault(path.name, None, None, what, say("Save it as “CSV UTF-8”.")))
        return []
    header = [cell.strip() for cell in table[0]] if table else []
    if sorted(name for name in header if not name.startswith("note")) != sorted(columns):
        what = say("The columns of {name} must be: {columns}.", name=path.name, columns=", ".join(columns))
        faults.append(Fault(path.name, 1, None, what, say("Write exactly these in row 1.")))
        return []
    return [
        (number, dict(zip(header, (cell.strip() for cell in line), strict=False)))
        for number, line in enumerate(table[1:], 2)
        if any(cell.strip() for cell in line)
    ]


def _trade(path: Path, names: set[str], faults: list[Fault]) -> tuple[Trade, ...]:
    column = Column("share", "number", say("Part of the buyer's materials."), above=True, most=Decimal(1))
    found: dict[tuple[str, str], Trade] = {}
    taken: dict[str, Decimal] = {}
    for number, row in _rows(path, ("buyer", "supplier", "share"), faults):
        buyer, supplier = row["buyer"], row["supplier"]
        for name, side in ((buyer, "buyer"), (supplier, "supplier")):
            if name not in names:
                close = nearest(name, names)
                help = (
                    say("Did you mean {name}?", name=close)
                    if close
                    else say("Use the name of a folder beside trade.csv.")
                )
                faults.append(
                    Fault(
                        path.name, number, side, say("There are no books of {name}.", name=cells.shown(name)), help
                    )
                )
        if buyer == supplier or (buyer, supplier) in found:
            what = say("{buyer} buys from {supplier} twice, or from itself.", buyer=buyer, supplier=supplier)
            faults.append(
                Fault(path.name, number, "supplier", what, say("Keep one row for each pair of different sites."))
            )
            continue
        value, problem = cells.number(row["share"], column)
        if problem is not None:
            faults.append(Fault(path.name, number, "share", *problem))
            continue
        assert isinstance(value, Decimal)
        taken[buyer] = taken.get(buyer, Decimal(0)) + value
        if taken[buyer] > 1:
            what = say("{buyer} takes more than all of its materials from other sites.", buyer=buyer)
            faults.append(
                Fault(path.name, number, "share", what, say("The shares of a buyer add up to 1 at most."))
            )
        found[buyer, supplier] = Trade(buyer, supplier, value)
    return tuple(found[key] for key in sorted(found))


def _figures(path: Path, faults: list[Fault]) -> dict[str, Decimal]:
    figures: dict[str, Decimal] = {}
    for number, row in _rows(path, ("figure", "value"), faults):
        name = row["figure"]
        if name not in NETWORK_FIGURES or name in figures:
            what = say("There is no figure {name} here, or it is there twice.", name=cells.shown(name))
            faults.append(
                Fault(
                    path.name,
                    number,
                    "figure",
                    what,
                    say("The figures are: {names}.", names=", ".join(NETWORK_FIGURES)),
                )
            )
            continue
        value, problem = cells.number(row["value"], NETWORK_FIGURES[name])
        if problem is not None:
            faults.append(Fault(path.name, number, "value", *problem))
            continue
        assert isinstance(value, Decimal)
        figures[name] = value
    return figures
