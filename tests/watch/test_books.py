"""The books of a site as a workbook: what is read, what is refused, with its place and what would help."""

import csv
import json
import shutil
from decimal import Decimal
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.problem import Refused
from solidaria.core.watch.figures import FIGURE, FIGURES
from solidaria.core.watch.parameters import EVICTIONS, parameters, success
from solidaria.core.watch.read import read_books
from solidaria.core.watch.sheets import SHEETS
from solidaria.core.workbook.tables import Table, Tables
from solidaria.records.books import load_books, load_many, with_plan
from solidaria.records.workbook import read_tables
from tests.watch.made import EXAMPLES, WORKED, made_books, worked


def tables(name="books-zanon-2003", **sheets):
    """The tables of worked books, sheets replaced by rows of text (None: taken out)."""
    whole = dict(read_tables(EXAMPLES / name).sheets)
    for sheet, rows in sheets.items():
        if rows is None:
            whole.pop(sheet, None)
        else:
            whole[sheet] = Table(tuple(rows[0]), tuple((n, tuple(row)) for n, row in enumerate(rows[1:], 2)))
    return Tables(name, whole)


def site(**figures):
    """The sheet site of the worked plant, figures replaced (None: the row taken out) or added."""
    table = read_tables(EXAMPLES / "books-zanon-2003").sheets["site"]
    rows = [list(row) for _, row in table.rows]
    rows = [row for row in rows if row[0] not in figures or figures[row[0]] is not None]
    for row in rows:
        if row[0] in figures:
            row[1:] = [figures[row[0]], None, None, None, None]
    there = {row[0] for row in rows}
    rows += [
        [name, value, None, None, None, None] for name, value in figures.items() if name not in there and value
    ]
    return [list(table.columns), *rows]


def faults(**sheets):
    """What is wrong with the books: (sheet, row, column, words)."""
    with pytest.raises(Refused) as refused:
        read_books(tables(**sheets))
    return [(fault.sheet, fault.row, fault.column, str(fault.what)) for fault in refused.value.faults]


@pytest.mark.parametrize("name", WORKED)
def test_the_worked_books_are_read_without_a_warning(name):
    books = load_books(EXAMPLES / name)
    assert books.warnings == ()
    assert books.levers and books.shocks and books.sales


def test_the_published_month_of_the_plant_adds_up():
    """April 2003: 248,000 pesos of pay, as much of inputs, 79,000 of energy, 575,000 in all (within a thousandth)."""
    books = worked("books-zanon-2003")
    per_unit = {cost.id: cost.per_unit * books.ordered for cost in books.costs}
    assert books.pay_of_a_month == 248_000
    assert sum(per_unit.values()) + books.pay_of_a_month == pytest.approx(Decimal(575_000), rel=Decimal("0.001"))


def test_every_assumption_of_the_worked_books_is_marked_as_one():
    """Each row says where it comes from; an assumption has a range."""
    for name in WORKED:
        for path in sorted((EXAMPLES / name).glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    if row.get("basis") == "assumption" and FIGURE[row["figure"]].is_number:
                        assert row["low"] and row["high"], (path, row)
                    if path.stem in ("site", "sales", "costs", "owed", "debts"):
                        assert row["source"], (path, row)


def test_every_fault_is_told_at_once_with_its_place():
    rows = site(members="12,5", cash=None, legal_status="squat", market_price="0", cushoin="1")
    sales = [
        ["sale", "channel", "payer", "quantity", "price"],
        ["a", "market", "union", "-3", "x"],
        ["a", "standing", "union", "1", "2"],
    ]
    found = faults(site=rows, sales=sales, costs=None, debt=[["debt"], ["x"]])
    places = {(sheet, column) for sheet, _, column, _ in found}
    assert ("site", "value") in places
    assert ("sales", "quantity") in places and ("sales", "price") in places
    assert ("costs", None) in places and ("debt", None) in places
    words = " ".join(what for *_, what in found)
    assert "decimal comma" in words and "The figure cash is missing." in words and "cushoin" in words
    assert "is not paid by union" in words and "twice" in words


def test_a_slip_in_a_name_is_told_with_the_name_that_was_meant():
    with pytest.raises(Refused) as refused:
        read_books(tables(site=site(lat_market="1")))
    assert [str(fault.help) for fault in refused.value.faults] == ["Did you mean late_market?"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["credit_limit", "100", None, None, "assumption", None], "assumption without a range"),
        (["credit_limit", "100", "200", "300", "assumption", None], "not on its side"),
        (["price_fall", "0.2", None, None, None, None], "question to ask"),
        (["credit_used", "100", None, None, None, None], "More credit is used"),
        (["defer", "1.2", None, None, None, None], "not between"),
        (["exit", "30 %", None, None, None, None], "percentage"),
    ],
)
def test_a_figure_that_cannot_be_used_is_refused(row, words):
    rows = site(credit_limit=None, defer=None)
    assert any(words in what for *_, what in faults(site=[*rows, row]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["a", "name", "set", "1"], "cannot be changed"),
        (["a", "output_least", "set", "0.1"], "cannot be changed"),
        (["a", "hired_pay", "times", "2"], "blank in the sheet site"),
        (["a", "defer", "add", "0.9"], "not between"),
        (["a", "deffer", "add", "0.1"], "There is no figure"),
        (["a", "defer", "plus", "0.1"], "not one of the words"),
    ],
)
def test_a_lever_that_cannot_be_used_is_refused(change, words):
    levers = [["lever", "figure", "change", "value"], change]
    assert any(words in what for *_, what in faults(levers=levers))


def test_a_lever_with_two_payers_is_refused():
    levers = [
        ["lever", "figure", "value", "payer"],
        ["a", "premium", "0.1", "union"],
        ["a", "fund_share", "0.1", "members"],
    ]
    assert any("two payers" in what for *_, what in faults(levers=levers))


def test_the_order_of_rows_and_columns_changes_nothing():
    whole = tables()
    turned = {
        name: Table(table.columns[::-1], tuple((n, row[::-1]) for n, row in reversed(table.rows)))
        for name, table in whole.sheets.items()
    }
    assert read_books(Tables("x", turned)) == read_books(whole)


def test_levers_and_shocks_stay_within_what_a_figure_can_be():
    """Two changes of the same figure, one after the other, end at its limit."""
    books = worked("books-zanon-2003")
    lever = next(one for one in books.levers if one.name == "withdrawals cut by a tenth")
    assert books.changed(lever.changes * 30).number("pay_change") == Decimal("-0.1")
    from_fund = next(one for one in books.levers if one.name == "solidarity fund")
    assert books.changed(from_fund.changes).number("fund_share") == Decimal("0.25")


def test_what_the_site_says_about_eviction_goes_before_what_the_program_says():
    own = [
        ["status", "people", "success", "author", "since"],
        ["occupied", "0", "0.5", "assembly", "2003-05-01"],
        ["occupied", "100", "0.25", "assembly", None],
    ]
    books = read_books(tables(evictions=own))
    assert [success(books, Decimal(people)) for people in (0, 99, 100, 5_000)] == [
        Decimal("0.5"),
        Decimal("0.5"),
        Decimal("0.25"),
        Decimal("0.25"),
    ]
    assert any("with 0 people" in what for *_, what in faults(evictions=[own[0], own[2]]))


def test_the_programs_own_table_falls_with_people_and_is_dated():
    """More people never make an eviction more likely, nor does a better legal status."""
    statuses = ("occupied", "permit", "lease", "owned")
    table = {(row.status, row.people): row.success for row in EVICTIONS}
    people = sorted({row.people for row in EVICTIONS})
    for status, (few, many) in product(statuses, pairwise(people)):
        assert table[status, many] < table[status, few]
    for count, (worse, better) in product(people, pairwise(statuses)):
        assert table[better, count] < table[worse, count]
    assert all(row.since is not None and row.author for row in EVICTIONS)


def test_every_figure_reaches_the_simulation():
    """No figure is asked for in vain: changing it changes the parameters (or the account of costs)."""
    books = made_books(3)
    base = parameters(books)
    only_told = {
        "union_members",
        "pay_ratio",
        "pay_ratio_cap",
        "conditions",
        "alliances",
        "standing_notice",
        "strike_effect",
    }
    for figure in FIGURES:
        if not figure.is_number or figure.name in only_told or figure.name == "hired_pay":
            continue
        value = books.number(figure.name)
        most = figure.column.most
        other = 3 * value + 1 if most is None else (value + most) / 2 if value < most else value / 2
        figures = {**books.figures, figure.name: type(books.figures[figure.name])(other)}
        if figure.name == "attendance_education":
            figures["education_hours"] = type(books.figures["cash"])(Decimal(3))
        changed = type(books)(**{**books.__dict__, "figures": figures})
        start = books if figure.group == "questions" or figure.name in ("pay", "members") else changed
        assert (parameters(changed, start) != base).any(), figure.name


def test_blank_means_what_the_table_of_figures_says():
    needed = [figure.name for figure in FIGURES if figure.column.required]
    given = site(**{name: None for name in FIGURE if name not in needed})
    books = read_books(tables(site=given, levers=None))
    for figure in FIGURES:
        if isinstance(figure.value, Decimal):
            assert books.number(figure.name) == figure.value
            assert books.figures[figure.name].basis == ("program" if figure.low is not None else "blank")


def test_what_surprises_is_warned_of():
    warnings = " ".join(
        str(fault.what)
        for fault in read_books(
            tables(site=site(capacity="1000", pay="8000"), owed=None, levers=None, shocks=None)
        ).warnings
    )
    for words in ("More is ordered", "costs more than it brings in", "should be owed", "name no levers"):
        assert words in warnings


def test_every_sheet_and_column_explains_itself():
    for sheet in SHEETS:
        assert str(sheet.meaning)
        assert all(str(column.meaning) for column in sheet.columns)
        assert set(sheet.key) <= {column.name for column in sheet.columns}


# --- a plan as orders ------------------------------------------------------------------------------


def plan_file(tmp_path, deliveries, **more):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"currency": "ARS", "deliveries": deliveries, **more}), encoding="utf-8")
    return path


def delivery(**more):
    row = {
        "site": "fasinpat",
        "need": None,
        "organisation": "cta",
        "product": "tiles",
        "quantity": 1_200,
        "unit_price": "5.5000",
    }
    return {**row, **more}


def test_a_plan_gives_orders_and_prices(tmp_path):
    """Promises become standing orders, other deliveries orders without an agreement, by month; the market stays."""
    rows = [
        delivery(),
        delivery(quantity=1_200, unit_price="6.5"),
        delivery(need="n1", organisation="school", quantity=600),
    ]
    books = with_plan(worked("books-zanon-2003"), plan_file(tmp_path, rows), "fasinpat", 12)
    found = {sale.id: (sale.channel, sale.quantity, sale.price) for sale in books.sales}
    assert found["cta standing"] == ("standing", Decimal(200), Decimal("6"))
    assert found["school ad hoc"] == ("ad hoc", Decimal(50), Decimal("5.5"))
    assert set(found) == {"cta standing", "school ad hoc", "builders", "province"}


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        ([delivery(site="other")], {}, "delivers nothing"),
        ([delivery(), delivery(product="bricks")], {}, "several products"),
        ([delivery(quantity=0)], {}, "no quantity"),
        ([delivery(unit_price=None)], {}, "no quantity"),
        ([delivery()], {"currency": "EUR"}, "The plan is in"),
        ("none", {}, "no list of deliveries"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused(tmp_path, rows, more, words):
    with pytest.raises(Refused) as refused:
        with_plan(worked("books-zanon-2003"), plan_file(tmp_path, rows, **more), "fasinpat", 12)
    assert words in str(refused.value)


def test_what_is_no_plan_at_all_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2", encoding="utf-8")
    for path in (tmp_path / "a.json", tmp_path / "none.json"):
        with pytest.raises(Refused):
            with_plan(worked("books-zanon-2003"), path, "fasinpat", 12)


# --- many books ------------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path):
    """Two sites that trade."""
    folder = tmp_path / "sites"
    for name in ("north", "south"):
        shutil.copytree(EXAMPLES / "books-zanon-2003", folder / name)
    (folder / "trade.csv").write_text("buyer,supplier,share\nnorth,south,0.2\n", encoding="utf-8")
    (folder / "network.csv").write_text("figure,value\nfund_balance,1000\ncommon,0.5\n", encoding="utf-8")
    return folder


def test_many_books_are_read_with_their_trade(many):
    found = load_many(many)
    assert sorted(found.books) == ["north", "south"]
    assert [(row.buyer, row.supplier, row.share) for row in found.trade] == [("north", "south", Decimal("0.2"))]
    assert found.figures == {"fund_balance": Decimal(1000), "common": Decimal("0.5")}


def test_every_fault_of_many_books_is_told_at_once(many):
    (many / "trade.csv").write_text(
        "buyer,supplier,share\nnorth,suoth,0.2\nnorth,south,0.9\nsouth,north,0.6\nsouth,south,0.1\nnorth,south,0.3\n",
        encoding="utf-8",
    )
    (many / "network.csv").write_text("figure,value\nfund,1000\ncommon,2\n", encoding="utf-8")
    (many / "south" / "sales.csv").unlink()
    with pytest.raises(Refused) as refused:
        load_many(many)
    told = " ".join(f"{fault.sheet}: {fault.what} {fault.help}" for fault in refused.value.faults)
    for words in (
        "Did you mean south?",
        "more than all",
        "from itself",
        "There is no figure fund",
        "not between",
        "south/sales",
    ):
        assert words in told, words


def test_a_folder_without_books_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(Refused):
            load_many(path)


@pytest.mark.parametrize("name", WORKED)
def test_every_key_of_a_source_is_in_the_list_of_sources(name):
    """Z1, S3 and the like in the rows stand with an address in the README beside them."""
    import re

    readme = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\* ([ZS]\d+) .*https?://", readme, flags=re.MULTILINE))
    used = {
        key
        for path in (EXAMPLES / name).glob("*.csv")
        for key in re.findall(r"\b[ZS]\d+\b", path.read_text("utf-8"))
    }
    # "Z5 to Z7" names three.
    assert used <= listed, used - listed


CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["1", "0", "-1", "1e400", "1,5", "20 %", "nan", "=A1", "yes", "market", "union", "2026-02-30", "ok"]
    ),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.dates(),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_stands_in_the_cells_it_is_read_or_refused(data):
    """Never anything else: no traceback, however the sheets are filled."""
    sheet = data.draw(st.sampled_from(SHEETS))
    whole = dict(read_tables(EXAMPLES / "books-zanon-2003").sheets)
    columns = tuple(column.name for column in sheet.columns)
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(columns)), min_size=1, max_size=4))
    if sheet.name == "site":
        names = st.sampled_from([figure.name for figure in FIGURES])
        rows = [(data.draw(names), *row[1:]) for row in rows]
        rows = [row for _, row in whole["site"].rows] + rows
        columns = whole["site"].columns
    whole[sheet.name] = Table(columns, tuple(enumerate(rows, 2)))
    try:
        books = read_books(Tables("x", whole))
    except Refused as refused:
        assert refused.faults and all(str(fault.what) and str(fault.help) for fault in refused.faults)
    else:
        assert np.all(np.isfinite(parameters(books)))
