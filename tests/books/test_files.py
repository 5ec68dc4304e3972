"""The books as files: text stays text, and other programs add up to the same."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from solidaria.core.books import OUTSIDE, Event
from solidaria.core.valueflows import faults_of
from solidaria.report.ledger import to_beancount, to_csv, to_valueflows, to_xlsx
from tests.books.test_books import ANA, HILO, UNION, event, goods

NASTY = ("=1+1", "+cmd", "-2", "@SUM(A1)", 'say "no"', "a\\b", "línea\nñ")


def some() -> list[Event]:
    """Events of every kind that is exported."""
    return [
        event("transfer", OUTSIDE, HILO, 123456, id="a", part="opening", note=NASTY[0]),
        goods("produce", HILO, HILO, 12, id="b", part="made", note=NASTY[1]),
        goods("transfer", HILO, UNION, 5, id="c", part="goods", order="hilo/1/1", promise="hilo/1/1/goods"),
        goods("transfer", HILO, UNION, -1, id="d", part="goods", corrects="c", note=NASTY[4]),
        event("work", ANA, HILO, id="e", resource="hours", unit="hour", effort=7_500_000, part="hours"),
        event("transfer", HILO, ANA, 6000, id="f", part="wage", note=NASTY[5], day="2026-03-11"),
        event("transfer", UNION, HILO, 1, id="g", part="price", note=NASTY[6]),
    ]


def test_no_cell_of_the_csv_is_a_formula_and_amounts_are_exact() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(some()).decode("utf-8-sig"), newline="")))
    assert [row["quantity"] for row in rows] == ["1234.56", "12", "5", "-1", "", "60.00", "0.01"]
    assert rows[4]["hours"] == "7.5" and rows[0]["unit"] == "ARS"
    text = [cell for row in rows for name, cell in row.items() if name not in ("quantity", "hours")]
    assert not [cell for cell in text if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_workbook_holds_the_text_as_it_is_and_no_formula() -> None:
    (name,) = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx(some()))).sheet_names
    rows = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx(some()))).get_sheet_by_name(name).to_python()
    head = rows[0].index("note")
    assert [row[head] for row in rows[1:]][:2] == [NASTY[0], NASTY[1]]
    assert rows[1][rows[0].index("quantity")] == 1234.56


def test_the_events_are_valueflows_1_0_by_our_own_table() -> None:
    found = json.loads(to_valueflows(some(), {HILO: "Hilo"}))["@graph"]
    assert faults_of(found) == []
    events = [one for one in found if one["@type"] == "EconomicEvent"]
    assert [one.get("corrects") for one in events].count("urn:solidaria:event:c") == 1
    assert {one["action"] for one in events} == {"transfer", "produce", "work"}
    assert [one["effortQuantity"]["hasNumericalValue"] for one in events if "effortQuantity" in one] == ["7.5"]
    currencies = [one for one in found if one.get("mediumOfExchange")]
    assert [one["@id"] for one in currencies] == ["urn:solidaria:money:ARS"]


def test_beancount_asserts_the_same_balances() -> None:
    text = to_beancount(some(), HILO, 'Hilo "y" más').decode()
    assert "2026-03-12 balance Assets:Own  1174.57 ~ 0 ARS" in text
    assert "2026-03-12 balance Assets:Own  8 ~ 0 GOOD.1" in text
    assert to_beancount([], HILO, "Hilo").decode() == "; Hilo\n"


def test_bean_check_takes_the_file(tmp_path: Path) -> None:
    program = os.environ.get("SOLIDARIA_BEAN_CHECK") or shutil.which("bean-check")
    if program is None:
        pytest.skip("Beancount is not installed here; name its bean-check in SOLIDARIA_BEAN_CHECK")
    path = tmp_path / "hilo.beancount"
    path.write_bytes(to_beancount(some(), HILO, 'Hilo "y" más'))
    ended = subprocess.run([program, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")
    path.write_bytes(path.read_bytes().replace(b"1174.57", b"1174.58"))
    assert subprocess.run([program, str(path)], capture_output=True, timeout=60, check=False).returncode == 1
