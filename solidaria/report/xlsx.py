"""The workbook with the plan in it: the sheets that were read, and sheets named "result …" for people to read.

Text is always written as text, so that nothing anybody typed can become a formula. Equal plans give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import xlsxwriter

from solidaria.core.plan.refusals import Refusals
from solidaria.core.problem import Sentence, say
from solidaria.core.result import PRICE_LINES, Reason, Result
from solidaria.core.workbook.cells import NUMBER
from solidaria.core.workbook.schema import SHEET, SHEETS
from solidaria.core.workbook.tables import Cell, Table, Tables
from solidaria.report.difference import Difference
from solidaria.report.figures import Figures
from solidaria.report.json import PRICE_DECIMALS
from solidaria.report.language import Language
from solidaria.report.sidebyside import figures_side_by_side, tables_of_changes
from solidaria.report.telling import Telling
from solidaria.report.words import KINDS, LINES

#: When every file says it was made: the true time would make equal plans differ.
STANDING = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
#: The widest column, in characters, and the narrowest.
WIDEST, NARROWEST = 60, 9
#: A sheet holds so many rows; a plan with more is cut there, and the sheet says so.
MOST_ROWS = 1_000_000

Value = str | Decimal | int | float | date | None


@dataclass(frozen=True)
class Heading:
    """The head of a column.

    kind   text, quantity, money, price, share, whole
    """

    words: Sentence
    kind: str = "text"


@dataclass(frozen=True)
class ResultSheet:
    """One sheet of the answer: its name, what it shows in one sentence, its columns, its rows."""

    name: str
    about: Sentence
    columns: tuple[Heading, ...]
    rows: Sequence[tuple[Value, ...]]


@dataclass(frozen=True)
class InputSheet:
    """One sheet of the workbook as it was read: the header, and rows of text and numbers."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]


def to_xlsx(
    result: Result,
    language: Language,
    difference: Difference | None = None,
    refusals: Refusals | None = None,
    inputs: Iterable[InputSheet] = (),
) -> bytes:
    """The workbook as bytes: the result sheets first, then the sheets that were read.

    inputs   the sheets of the network, which `check` and `plan` read again from this same file
    """
    stream = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties({"title": result.network.name, "created": STANDING, "author": "", "comments": ""})
    writer = _Writer(book, language)
    for sheet in result_sheets(result, language, difference, refusals or Refusals()):
        writer.result(sheet)
    for table in inputs:
        writer.input(table)
    book.close()
    return stream.getvalue()


def input_sheets(tables: Tables) -> list[InputSheet]:
    """The sheets of a workbook that was read and found good, in the order of docs/workbook.md.

    Where the column is for numbers, a number typed as text (as in every CSV file) becomes a number, so that a
    spreadsheet can add it up; ids, names and notes stay text. Sheets that an earlier plan added are left out.
    """
    order = {sheet.name: place for place, sheet in enumerate(SHEETS)}
    names = [name for name in tables.sheets if name in order]
    return [_input_sheet(name, tables.sheets[name]) for name in sorted(names, key=order.__getitem__)]


def _input_sheet(name: str, table: Table) -> InputSheet:
    kinds = {column.name: column.kind for column in SHEET[name].columns}
    columns = [(place, column) for place, column in enumerate(table.columns) if column]
    rows = [
        tuple(
            _value(cells[place], kinds.get(column, "")) if place < len(cells) else None
            for place, column in columns
        )
        for _, cells in table.rows
    ]
    return InputSheet(name, tuple(column for _, column in columns), rows)


def _value(cell: Cell, kind: str) -> Value:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, str):
        if kind in ("number", "pays", "rule") and NUMBER.match(cell.strip()):
            number = Decimal(cell.strip())
            return number if Decimal(float(number)) == number or len(number.as_tuple().digits) <= 15 else cell
        return cell
    if isinstance(cell, (Decimal, date)) or cell is None:
        return cell
    return None


class _Writer:
    """Writes sheets, each cell by its own kind and never by what its text looks like."""

    def __init__(self, book: xlsxwriter.Workbook, language: Language) -> None:
        self.book = book
        self.language = language
        money = "#,##0" + ("." + "0" * language.decimals if language.decimals else "")
        price = "#,##0." + "0" * (language.decimals + PRICE_DECIMALS)
        top = {"valign": "top"}
        self.formats = {
            "text": book.add_format({**top, "text_wrap": True}),
            "quantity": book.add_format({**top, "num_format": "#,##0.00"}),
            "money": book.add_format({**top, "num_format": money}),
            "price": book.add_format({**top, "num_format": price}),
            "share": book.add_format({**top, "num_format": "0.0%"}),
            "whole": book.add_format({**top, "num_format": "#,##0"}),
            "date": book.add_format({**top, "num_format": "yyyy-mm-dd"}),
        }
        head = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": "#7A2916",
            "text_wrap": True,
            "valign": "vcenter",
        }
        self.head = book.add_format(head)
        self.head_number = book.add_format({**head, "align": "right"})
        self.about = book.add_format({"italic": True, "font_color": "#665648", "valign": "top"})
        self.input_head = book.add_format({"bold": True, "bg_color": "#F4EADB", "bottom": 1})
        self.plain = book.add_format({"valign": "top"})

    def result(self, sheet: ResultSheet) -> None:
        """A sheet of the answer: what it shows, then a frozen header, then rows."""
        page = self._page(sheet.name, "#96351E")
        page.write_string(0, 0, self.language.text(sheet.about), self.about)
        page.freeze_panes(2, 1)
        page.repeat_rows(1)
        page.set_row(1, 30)
        for column, heading in enumerate(sheet.columns):
            words = self.language.text(heading.words)
            page.write_string(1, column, words, self.head if heading.kind == "text" else self.head_number)
            values = [row[column] for row in sheet.rows[:2000]]
            page.set_column(column, column, self._width(words, values, heading.kind))
        for number, row in enumerate(sheet.rows[:MOST_ROWS], start=2):
            for column, (value, heading) in enumerate(zip(row, sheet.columns, strict=True)):
                self._cell(page, number, column, value, self.formats[heading.kind])
        if sheet.rows and len(sheet.columns) > 1:
            page.autofilter(1, 0, min(len(sheet.rows), MOST_ROWS) + 1, len(sheet.columns) - 1)

    def input(self, sheet: InputSheet) -> None:
        """A sheet of the workbook, its header in row 1 so that it is read back as it was."""
        page = self._page(sheet.name, "#17605C")
        page.freeze_panes(1, 1)
        page.repeat_rows(0)
        for column, name in enumerate(sheet.columns):
            page.write_string(0, column, name, self.input_head)
            values = [row[column] for row in sheet.rows[:2000]]
            page.set_column(column, column, self._width(name, values, "text"))
        for number, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row):
                self._cell(
                    page, number, column, value, self.formats["date"] if isinstance(value, date) else self.plain
                )

    def _page(self, name: str, colour: str) -> xlsxwriter.worksheet.Worksheet:
        page = self.book.add_worksheet(name)
        page.set_tab_color(colour)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(0.5, 0.5, 0.6, 0.6)
        page.set_footer("&L&A&R&P / &N")
        return page

    def _cell(
        self,
        page: xlsxwriter.worksheet.Worksheet,
        row: int,
        column: int,
        value: Value,
        form: xlsxwriter.format.Format,
    ) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            page.write_string(row, column, value, form)
        elif isinstance(value, date):
            page.write_datetime(row, column, datetime(value.year, value.month, value.day), form)
        else:
            page.write_number(row, column, float(value), form)

    def _width(self, head: str, values: Sequence[Value], kind: str) -> float:
        if kind == "text":
            longest = max((len(value) for value in values if isinstance(value, str)), default=0)
            return min(max(longest + 1, min(len(head), 14) + 2, NARROWEST), WIDEST)
        longest = max(
            (len(f"{value:,.2f}") for value in values if isinstance(value, (Decimal, int, float))), default=0
        )
        return min(max(longest + (6 if kind == "price" else 2), 13), WIDEST)


def _text(words: Sentence) -> Heading:
    return Heading(words)


def _number(words: Sentence, kind: str = "quantity") -> Heading:
    return Heading(words, kind)


SITE, SITE_NAME = _text(say("site")), _text(say("name of the site"))
ORGANISATION, ORGANISATION_NAME = _text(say("organisation")), _text(say("name of the organisation"))
PRODUCT, PRODUCT_NAME = _text(say("product")), _text(say("name of the product"))
UNIT, PERIOD, NEED, TIER = (
    _text(say("unit")),
    _text(say("period")),
    _text(say("need")),
    _number(say("tier"), "whole"),
)


def result_sheets(
    result: Result, language: Language, difference: Difference | None, refusals: Refusals
) -> Iterator[ResultSheet]:
    """Every sheet of the answer, in the order people read them; sheets without rows are left out."""
    sheets = _Sheets(Figures(result), language)
    yield sheets.summary()
    if difference is not None:
        yield sheets.difference(difference, refusals)
    for sheet in (
        sheets.plan(),
        sheets.needs(),
        sheets.shortfalls(),
        sheets.promises(),
        sheets.deliveries(),
        sheets.prices(),
        sheets.costs(),
        sheets.solidarity(),
        sheets.uncovered(),
        sheets.sites(),
        sheets.outside(),
        sheets.stocks(),
        sheets.shipments(),
        sheets.reopened(),
        sheets.slack(),
        sheets.proof(),
    ):
        if sheet.rows:
            yield sheet


class _Sheets:
    def __init__(self, figures: Figures, language: Language) -> None:
        self.figures = figures
        self.language = language
        self.plan_rows = figures.plan

    def _say(self, sentence: Sentence) -> str:
        return self.language.text(sentence)

    def _site(self, site: str | None) -> tuple[str, str]:
        return ("", self._say(say("bought outside"))) if site is None else (site, self.figures.name(site))

    def _organisation(self, organisation: str) -> tuple[str, str]:
        return organisation, self.figures.name(organisation)

    def _product(self, product: str) -> tuple[str, str, str]:
        return product, self.figures.product_name(product), self.figures.unit(product)

    def summary(self) -> ResultSheet:
        telling = Telling(self.figures, self.language)
        status = telling.status()
        sentences = [*telling.summary(), *([status] if status else []), *self.figures.prices.warnings]
        sentences += [telling.solidarity(), telling.individuals(), telling.jobs(), telling.outside()]
        if self.figures.broken:
            sentences.append(telling.broken())
        pool = telling.pool()
        sentences += [pool] if pool else []
        return ResultSheet(
            "result summary",
            say("What the plan says. Money is in {currency}.", currency=self.language.currency),
            (_text(say("in words")),),
            [(self._say(sentence),) for sentence in sentences],
        )

    def difference(self, difference: Difference, refusals: Refusals) -> ResultSheet:
        telling = Telling(self.figures, self.language)
        blank = ("",) * len(difference.variants)
        rows: list[tuple[Value, ...]] = [(self._say(one), *blank) for one in telling.refused(refusals)]
        rows += [(row.label, *row.values) for row in figures_side_by_side(difference, self.language)]
        for table in tables_of_changes(
            difference, self.language, self.figures.name, self.figures.product_name, MOST_ROWS
        ):
            rows.append((table.title, *blank))
            rows += [(row.label, *row.values) for row in table.rows]
        names = [_text(say("{name}", name=variant.name)) for variant in difference.variants]
        return ResultSheet(
            "result difference",
            say("What changes with the refusals."),
            (_text(say("figure")), *names),
            rows,
        )

    def plan(self) -> ResultSheet:
        return ResultSheet(
            "result plan",
            say("Who makes what, when, and how many hours it takes."),
            (
                SITE,
                SITE_NAME,
                PRODUCT,
                PRODUCT_NAME,
                UNIT,
                PERIOD,
                _number(say("quantity")),
                _number(say("hours")),
                _text(say("recipe")),
                _number(say("runs")),
            ),
            [
                (
                    *self._organisation(row.site),
                    *self._product(row.product),
                    row.period,
                    row.quantity,
                    row.hours,
                    row.recipe,
                    row.runs,
                )
                for row in self.plan_rows.production
            ],
        )

    def needs(self) -> ResultSheet:
        return ResultSheet(
            "result needs",
            say("How far each need is met."),
            (
                NEED,
                ORGANISATION,
                ORGANISATION_NAME,
                PRODUCT,
                PRODUCT_NAME,
                UNIT,
                PERIOD,
                TIER,
                _number(say("needed")),
                _number(say("delivered")),
                _number(say("share met"), "share"),
            ),
            [
                (
                    row.need,
                    *self._organisation(row.organisation),
                    *self._product(row.product),
                    row.period,
                    row.tier,
                    row.needed,
                    row.delivered,
                    row.share,
                )
                for row in self.plan_rows.coverage
            ],
        )

    def shortfalls(self) -> ResultSheet:
        rows: list[tuple[Value, ...]] = []
        for coverage, shortfall in self.figures.shortfalls:
            first: tuple[Value, ...] = (
                shortfall.need,
                self.figures.name(coverage.organisation),
                self.figures.product_name(coverage.product),
                coverage.period,
                coverage.tier,
                shortfall.missing,
            )
            rows += [(*first, *self._reason(reason)) for reason in shortfall.because]
            if not shortfall.because:
                rows.append((*first, "", None, "", None))
        return ResultSheet(
            "result shortfalls",
            say("What is missing, and what would help; one row for each thing that would."),
            (
                NEED,
                ORGANISATION_NAME,
                PRODUCT_NAME,
                PERIOD,
                TIER,
                _number(say("missing")),
                _text(say("in words")),
                _number(say("raised by")),
                _text(say("unit of it")),
                _number(say("would meet")),
            ),
            rows,
        )

    def _reason(self, reason: Reason) -> tuple[Value, ...]:
        return (self._say(reason.sentence), reason.limit.extra, reason.limit.unit, reason.would_meet)

    def promises(self) -> ResultSheet:
        return ResultSheet(
            "result promises",
            say("How far each standing agreement is kept."),
            (
                SITE,
                SITE_NAME,
                ORGANISATION,
                ORGANISATION_NAME,
                PRODUCT,
                PRODUCT_NAME,
                UNIT,
                PERIOD,
                _number(say("promised")),
                _number(say("delivered")),
                _text(say("in words")),
            ),
            [
                (
                    *self._site(row.site),
                    *self._organisation(row.organisation),
                    *self._product(row.product),
                    row.period,
                    row.quantity,
                    row.delivered,
                    " ".join(self._say(reason.sentence) for reason in row.because),
                )
                for row in self.plan_rows.promises
            ],
        )

    def deliveries(self) -> ResultSheet:
        return ResultSheet(
            "result deliveries",
            say("Who supplies whom, what the receiver pays, and what solidarity adds."),
            (
                SITE,
                SITE_NAME,
                ORGANISATION,
                ORGANISATION_NAME,
                PRODUCT,
                PRODUCT_NAME,
                UNIT,
                PERIOD,
                NEED,
                _number(say("quantity")),
                _number(say("price for one"), "price"),
                _number(say("buyer pays"), "money"),
                _number(say("solidarity adds"), "money"),
            ),
            [
                (
                    *self._site(row.site),
                    *self._organisation(row.organisation),
                    *self._product(row.product),
                    row.period,
                    row.need if row.need is not None else self._say(say("(promise)")),
                    row.quantity,
                    row.unit_price,
                    row.buyer_pays,
                    row.solidarity,
                )
                for row in self.figures.prices.deliveries
            ],
        )

    def prices(self) -> ResultSheet:
        return ResultSheet(
            "result prices",
            say("The one price of each product, beside the market's."),
            (
                PRODUCT,
                PRODUCT_NAME,
                UNIT,
                _number(say("network price"), "price"),
                _number(say("market price"), "price"),
                _number(say("above the market"), "share"),
                _number(say("made")),
                _number(say("bought outside")),
            ),
            [
                (
                    *self._product(row.product),
                    row.price,
                    row.market,
                    row.above,
                    row.made or None,
                    row.bought_quantity or None,
                )
                for row in self.figures.product_prices
            ],
        )

    def costs(self) -> ResultSheet:
        lines = [_number(LINES[line], "price") for line in PRICE_LINES]
        return ResultSheet(
            "result costs",
            say("What one unit costs by each recipe, line by line; the lines add up to the cost."),
            (
                _text(say("recipe")),
                SITE,
                SITE_NAME,
                PRODUCT,
                PRODUCT_NAME,
                UNIT,
                _number(say("cost of one"), "price"),
                *lines,
            ),
            [
                (
                    row.recipe,
                    *self._organisation(row.site),
                    *self._product(row.product),
                    row.unit_cost,
                    *(row.lines[line] for line in PRICE_LINES),
                )
                for row in self.figures.prices.unit_costs
            ],
        )

    def solidarity(self) -> ResultSheet:
        return ResultSheet(
            "result solidarity",
            say("What each organisation pays towards solidarity, over the whole plan."),
            (
                ORGANISATION,
                ORGANISATION_NAME,
                _text(say("kind")),
                _number(say("members"), "whole"),
                _number(say("ability")),
                _number(say("pledge"), "money"),
                _number(say("pays"), "money"),
                _number(say("per member"), "money"),
                _number(say("minutes of pay")),
            ),
            [
                (
                    *self._organisation(row.organisation.id),
                    self._say(KINDS[row.organisation.kind]) if row.organisation.kind in KINDS else "",
                    row.organisation.members,
                    row.organisation.ability,
                    row.organisation.pledge,
                    row.amount,
                    row.per_member,
                    row.minutes,
                )
                for row in self.figures.carriers
            ],
        )

    def uncovered(self) -> ResultSheet:
        return ResultSheet(
            "result uncovered",
            say("Solidarity that nobody carries yet, as the wages and jobs it stands for."),
            (
                SITE,
                SITE_NAME,
                _number(say("amount"), "money"),
                _number(say("paid hours")),
                _number(say("jobs for the whole plan")),
            ),
            [(*self._site(row.site), row.amount, row.hours, row.jobs) for row in self.figures.at_stake],
        )

    def sites(self) -> ResultSheet:
        balance = {row.site: row.amount for row in self.figures.prices.equalisation}
        idle = {row.site: row.idle_hours for row in self.figures.prices.jobs}
        worked = {row.site: row.worked for row in self.figures.sites}
        rows: list[tuple[Value, ...]] = [
            (
                *self._organisation(row.site),
                worked.get(row.site),
                idle.get(row.site),
                row.made,
                balance.get(row.site),
                row.jobs,
                row.reopening,
                row.pay,
                row.overhead,
                row.inputs,
                row.shares,
                row.rounding,
            )
            for row in self.figures.accounts
        ]
        if balance.get(None):
            rows.append((*self._site(None), None, None, None, balance[None], *(None,) * 7))
        return ResultSheet(
            "result sites",
            say("What each site receives in all, and what it is for; equalisation is part of what it receives."),
            (
                SITE,
                SITE_NAME,
                _number(say("hours worked")),
                _number(say("paid hours without work")),
                _number(say("for what it made"), "money"),
                _number(say("of that, equalisation"), "money"),
                _number(say("jobs line"), "money"),
                _number(say("reopening"), "money"),
                _number(say("members' pay"), "money"),
                _number(say("overhead"), "money"),
                _number(say("inputs"), "money"),
                _number(say("reserve and community"), "money"),
                _number(say("rounding"), "money"),
            ),
            rows,
        )

    def outside(self) -> ResultSheet:
        return ResultSheet(
            "result outside",
            say("What is bought outside the network."),
            (PRODUCT, PRODUCT_NAME, UNIT, PERIOD, _number(say("quantity")), _number(say("money"), "money")),
            [(*self._product(row.product), row.period, row.quantity, row.money) for row in self.plan_rows.outside],
        )

    def stocks(self) -> ResultSheet:
        pooled = self._say(say("everywhere"))
        return ResultSheet(
            "result stocks",
            say("What is left in stock at the end of each period."),
            (SITE, SITE_NAME, PRODUCT, PRODUCT_NAME, UNIT, PERIOD, _number(say("quantity"))),
            [
                (
                    *(("", pooled) if row.site is None else self._organisation(row.site)),
                    *self._product(row.product),
                    row.period,
                    row.quantity,
                )
                for row in self.plan_rows.stocks
            ],
        )

    def shipments(self) -> ResultSheet:
        return ResultSheet(
            "result shipments",
            say("What moves along the routes, and what the transport costs."),
            (
                _text(say("from")),
                _text(say("to")),
                PRODUCT,
                PRODUCT_NAME,
                UNIT,
                PERIOD,
                _number(say("quantity")),
                _number(say("money"), "money"),
            ),
            [
                (
                    self.figures.name(row.start),
                    self.figures.name(row.end),
                    *self._product(row.product),
                    row.period,
                    row.quantity,
                    row.money,
                )
                for row in self.plan_rows.shipments
            ],
        )

    def reopened(self) -> ResultSheet:
        return ResultSheet(
            "result reopened",
            say("Closed sites that open again, and what it takes."),
            (SITE, SITE_NAME, _number(say("money"), "money"), _number(say("hours"))),
            [(*self._site(row.site), row.money, row.hours) for row in self.plan_rows.reopened],
        )

    def slack(self) -> ResultSheet:
        return ResultSheet(
            "result slack",
            say("What half a percent of slack in the earlier tiers would give the least covered need of each."),
            (TIER, _number(say("least covered now"), "share"), _number(say("with half a percent"), "share")),
            [(row.tier, row.least_now, row.least_at_half_percent) for row in self.plan_rows.slack],
        )

    def proof(self) -> ResultSheet:
        return ResultSheet(
            "result proof",
            say("The levels at which needs stop, and the most that was possible; tier 0 is the promises."),
            (
                TIER,
                _number(say("level"), "whole"),
                _number(say("stops at"), "share"),
                _number(say("no plan can pass"), "share"),
                _number(say("needs"), "whole"),
                _text(say("which")),
            ),
            [
                (tier.tier, place, level.share, level.bound, len(level.needs), _listed(level.needs))
                for tier in self.plan_rows.certificate.tiers
                for place, level in enumerate(tier.levels, start=1)
            ],
        )


def _listed(needs: Sequence[str]) -> str:
    """Ids with commas between, as many as a cell holds."""
    text, most = ", ".join(needs), 30_000
    return text if len(text) <= most else text[: text.rindex(", ", 0, most)] + " …"
