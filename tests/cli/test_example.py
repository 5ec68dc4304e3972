"""`solidaria example` lists and copies worked networks, and writes a workbook that a treasurer can fill in."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from solidaria.cli.main import main
from solidaria.core.workbook.schema import ORGANISATION_KINDS, SHEETS
from solidaria.records.workbook import load_network

FILLED = {
    "organisations": [["hilo", "Hilo Rojo", "site", 4], ["norte", "Barrio Norte", "community", 200]],
    "sites": [["hilo", 4, 160, 90.5]],
    "products": [["shirt", "Shirt", "piece", 30]],
    "recipes": [["sew", "hilo", "shirt", None, 1.5]],
    "needs": [["n1", "norte", "shirt", 12]],
}


def test_the_list_names_every_worked_network_and_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example"]) == 0
    lines = capsys.readouterr().out
    for name in ("zanon-2003", "union-tshirts", "workers-clinic", "recovered-network"):
        assert f"\n  {name}\n    " in lines


def test_a_worked_network_is_copied_and_nothing_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "shirts"
    assert main(["example", "union-tshirts", str(target)]) == 0
    assert (target / "README.md").is_file() and load_network(target).name == "shirts"
    (target / "rules.csv").write_text("mine")
    assert main(["example", "union-tshirts", str(target)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (target / "rules.csv").read_text() == "mine"


def test_an_unknown_network_and_half_a_command_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["example", "zanon", str(tmp_path / "z")]) == 1
    assert "zanon-2003" in capsys.readouterr().err
    assert main(["example", "zanon-2003"]) == 2
    assert main(["example", "zanon-2003", "--template", str(tmp_path / "t.xlsx")]) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_empty_workbook_has_help_on_every_column_and_lists_to_choose_from(
    tmp_path: Path, language: str
) -> None:
    assert main(["example", "--template", str(tmp_path / "t.xlsx"), "--lang", language]) == 0
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == [sheet.name for sheet in SHEETS]
    for sheet in SHEETS:
        header = next(book[sheet.name].iter_rows(min_row=1, max_row=1))
        assert [cell.value for cell in header] == [column.name for column in sheet.columns]
        assert all(cell.comment is not None and len(cell.comment.text) > 10 for cell in header)
    lists = [rule.formula1 for rule in book["organisations"].data_validations.dataValidation]
    assert lists == ['"' + ",".join(ORGANISATION_KINDS) + '"']


def test_the_empty_workbook_filled_in_by_a_treasurer_can_be_planned(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    assert main(["example", "--template", str(path)]) == 0
    assert main(["check", str(path)]) == 1, "an empty workbook is no network"
    book = openpyxl.load_workbook(path)
    for sheet, rows in FILLED.items():
        for number, row in enumerate(rows, 2):
            for place, value in enumerate(row, 1):
                book[sheet].cell(number, place, value)
    for number, value in enumerate(["ARS", 12.5], 2):
        book["rules"].cell(number, 2, value)
    book.save(path)
    assert main(["check", str(path)]) == 0
    network = load_network(path)
    assert network.rules.living_wage * 2 == 25 and str(network.site["hilo"].overhead) == "90.5"
    assert network.recipe["sew"].output == 1 and network.routes is None
    assert network.warnings == (), "what the template itself brings along is no cause for a warning"


def test_the_empty_folder_has_the_same_sheets(tmp_path: Path) -> None:
    assert main(["example", "--template", str(tmp_path / "t")]) == 0
    assert {file.stem for file in (tmp_path / "t").iterdir()} == {sheet.name for sheet in SHEETS}
    assert main(["example", "--template", str(tmp_path / "t")]) == 1
    assert main(["example", "--template", str(tmp_path / "t.ods")]) == 1
