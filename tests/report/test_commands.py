"""`solidaria plan` and `solidaria compare` from the outside: a workbook in, answers and refusals out."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import openpyxl
import pytest

from solidaria.cli import output
from solidaria.cli.main import main
from solidaria.core.problem import Refused
from solidaria.records.refusals import read_refusals
from solidaria.records.workbook import load_network
from tests.report.pages import read_page

EXAMPLE = Path(__file__).resolve().parents[2] / "solidaria" / "examples" / "union-tshirts"
REFUSALS = """site,recipe,period,most_runs,organisation,pledge,note
pawco,print-pawco,2006-Q2,50,,,half the tables are needed elsewhere
,,,,cosatu,100000,
"""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A worked network as a folder of CSV files."""
    folder = tmp_path / "shirts"
    folder.mkdir()
    for file in EXAMPLE.glob("*.csv"):
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def refusals(tmp_path: Path) -> Path:
    file = tmp_path / "refusals.csv"
    file.write_text(REFUSALS, encoding="utf-8")
    return file


def test_the_answer_goes_to_standard_output_and_progress_to_standard_error(
    network: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["plan", str(network), "--format", "json"]) == 0
    told = capfdbinary.readouterr()
    assert json.loads(told.out)["network"] == "shirts"
    assert b"Reading" in told.err


@pytest.mark.parametrize("suffix", ["txt", "json", "html", "xlsx"])
def test_the_name_of_the_file_says_the_format(network: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"plan.{suffix}"
    assert main(["plan", str(network), "--out", str(out), "--lang", "es"]) == 0
    start = {"txt": b"shirts\n=", "json": b"{", "html": b"<!DOCTYPE html>", "xlsx": b"PK"}[suffix]
    assert out.read_bytes().startswith(start)
    assert sorted(file.name for file in tmp_path.iterdir()) == [out.name, "shirts"]


@pytest.mark.parametrize(("name", "words"), [("plan.pdf", "print it in the browser"), ("plan.doc", ".html, .htm")])
def test_the_name_of_a_file_that_says_no_format_is_wrong_usage_and_nothing_is_read(
    network: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    out = tmp_path / name
    assert main(["plan", str(network), "--out", str(out)]) == 2
    assert words in capfd.readouterr().err
    assert main(["compare", "a.json", "b.json", "--out", str(out)]) == 2
    assert words in capfd.readouterr().err
    assert not out.exists()
    assert main(["plan", str(network), "--format", "text", "--out", str(out)]) == 0, (
        "what --format says goes first"
    )
    assert out.exists()


def test_equal_input_gives_the_same_bytes_in_every_format(network: Path, tmp_path: Path) -> None:
    for suffix in ("json", "html", "xlsx"):
        first, second = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
        assert main(["plan", str(network), "--out", str(first)]) == 0
        assert main(["plan", str(network), "--out", str(second)]) == 0
        assert first.read_bytes() == second.read_bytes()


def test_the_workbook_with_the_plan_in_it_is_planned_again_to_the_same_plan(network: Path, tmp_path: Path) -> None:
    book, now, again = tmp_path / "shirts.xlsx", tmp_path / "now.json", tmp_path / "again.json"
    assert main(["plan", str(network), "--out", str(book)]) == 0
    assert main(["plan", str(network), "--out", str(now)]) == 0
    assert main(["plan", str(book), "--out", str(again)]) == 0
    assert now.read_bytes() == again.read_bytes()


def test_the_sheets_that_were_read_stand_in_the_workbook_with_their_numbers_as_numbers(
    network: Path, tmp_path: Path
) -> None:
    book = tmp_path / "plan.xlsx"
    assert main(["plan", str(network), "--out", str(book)]) == 0
    sheets = openpyxl.load_workbook(io.BytesIO(book.read_bytes()))
    assert {file.stem for file in network.glob("*.csv")} <= set(sheets.sheetnames)
    header, *rows = sheets["sites"].iter_rows(values_only=True)
    members = header.index("members")
    assert all(isinstance(row[members], (int, float)) for row in rows)


def test_refusals_are_planned_and_the_difference_is_shown_in_every_format(
    network: Path, refusals: Path, tmp_path: Path
) -> None:
    words = ["plan", str(network), "--refuse", str(refusals)]
    files = {suffix: tmp_path / f"plan.{suffix}" for suffix in ("txt", "json", "html", "xlsx")}
    for file in files.values():
        assert main([*words, "--out", str(file)]) == 0
    difference = json.loads(files["json"].read_text())["difference"]
    assert [one["name"] for one in difference["variants"]] == ["as the workbook says", "with the refusals"]
    assert difference["coverage"] and difference["shared"]
    before, after = (one["uncovered"] for one in difference["variants"])
    assert float(before) < float(after)
    assert "What changes with the refusals" in files["txt"].read_text()
    assert "What changes with the refusals" in files["html"].read_text()
    assert "result difference" in openpyxl.load_workbook(files["xlsx"]).sheetnames


def test_a_refused_line_is_not_made_more_often_than_the_assembly_said(
    network: Path, refusals: Path, tmp_path: Path
) -> None:
    out = tmp_path / "plan.json"
    assert main(["plan", str(network), "--refuse", str(refusals), "--out", str(out)]) == 0
    rows = json.loads(out.read_text())["production"]
    runs = [row["runs"] for row in rows if (row["recipe"], row["period"]) == ("print-pawco", "2006-Q2")]
    assert sum(runs) <= 50 + 1e-4


def test_plans_are_put_side_by_side_from_their_json(
    network: Path, refusals: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    now, then = tmp_path / "now.json", tmp_path / "then.json"
    assert main(["plan", str(network), "--out", str(now)]) == 0
    assert main(["plan", str(network), "--refuse", str(refusals), "--out", str(then)]) == 0
    capfd.readouterr()
    assert main(["compare", f"today={now}", str(then)]) == 0
    told = capfd.readouterr().out
    assert "today" in told and "then: COSATU" in told and "cosatu" not in told
    page, table = tmp_path / "compare.html", tmp_path / "compare.json"
    assert main(["compare", str(now), str(then), "--out", str(page), "--lang", "es"]) == 0
    assert read_page(page.read_text(encoding="utf-8")).faults == []
    assert main(["compare", str(now), str(then), "--out", str(table)]) == 0
    assert len(json.loads(table.read_text())["variants"]) == 2


def test_plans_of_the_same_file_name_are_told_apart_by_their_folders(
    network: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = []
    for folder in ("monday", "friday"):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "plan.json")
        assert main(["plan", str(network), "--out", str(files[-1])]) == 0
    capfd.readouterr()
    assert main(["compare", *map(str, files), "--format", "json"]) == 0
    names = [one["name"] for one in json.loads(capfd.readouterr().out)["variants"]]
    assert names == [str(file) for file in files]


def test_one_plan_is_nothing_to_compare(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path / "a.json")]) == 2
    assert "two plans or more" in capfd.readouterr().err


def test_every_file_that_is_no_plan_is_named_at_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    words = [str(tmp_path / name) for name in ("a.json", "b.json", "c.json")]
    assert main(["compare", *words]) == 1
    told = capfd.readouterr().err
    assert all(name in told for name in ("a", "b.json", "c.json"))
    assert "not a JSON file" in told and "not text in UTF-8" in told and "cannot be read" in told


def test_a_spreadsheet_is_not_thrown_at_a_terminal(
    network: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["plan", str(network), "--format", "xlsx"]) == 2
    assert "--out plan.xlsx" in capfd.readouterr().err


def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    network: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(network), "--out", str(tmp_path / "no" / "plan.html")]) == 1
    told = capfd.readouterr().err
    assert "cannot be written" in told and "Reading" not in told
    assert main(["plan", str(network), "--out", str(tmp_path), "--format", "html"]) == 1


def test_whatever_interrupts_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "plan.html"
    out.write_text("the old plan")

    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(output.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        output.write_out(b"the new plan", out)
    assert out.read_text() == "the old plan"
    assert [file.name for file in tmp_path.iterdir()] == ["plan.html"]


def test_a_bad_workbook_is_refused_with_every_fault(network: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sites = network / "sites.csv"
    sites.write_text(sites.read_text(encoding="utf-8").replace("pawco,50,260", "pawko,-50,260"), encoding="utf-8")
    assert main(["plan", str(network)]) == 1
    told = capfd.readouterr().err
    assert "pawko" in told and "-50 is negative" in told


def test_a_plan_of_a_workbook_with_thousands_of_faults_is_refused_as_shortly_as_by_check(
    network: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"n{number},nobody,union-shirt,1\n" for number in range(3000))
    (network / "needs.csv").write_text("need,organisation,product,quantity\n" + rows, encoding="utf-8")
    assert main(["plan", str(network)]) == 1
    told = capfd.readouterr().err
    assert "3,000 things are wrong" in told and "2,995 more like this" in told
    assert len(told.splitlines()) < 40


def test_every_fault_of_a_file_of_refusals_is_told_at_once(network: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(
        "site,recipe,period,most_runs,organisation,pledge,pledgge\n"
        'pawco,print-sawco,,1,,,\npawco,print-pawco,2099,"1,5",,,\n,,,,cosatoo,-5,\n'
        "pawco,print-pawco,,1,,,\npawco,print-pawco,,2,,,\npawco,print-pawco,,1,cosatu,1,\n",
        encoding="utf-8",
    )
    with pytest.raises(Refused) as refused:
        read_refusals(file, load_network(network))
    told = {(fault.row, fault.column) for fault in refused.value.faults}
    assert {
        (1, "pledgge"),
        (2, "recipe"),
        (3, "period"),
        (3, "most_runs"),
        (4, "organisation"),
        (4, "pledge"),
        (6, "recipe"),
        (7, None),
    } <= told
    helps = " ".join(str(fault.help) for fault in refused.value.faults)
    assert "Did you mean “cosatu”?" in helps and "1.5" in helps


@pytest.mark.parametrize(
    "content", ["", "site,recipe,most_runs\n", "a;b\n", "{", "[1]", '[{"pledge": [1]}]', "[]"]
)
def test_a_file_that_refuses_nothing_or_is_none_is_refused(network: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Refused):
        read_refusals(file, load_network(network))


def test_refusals_read_the_same_from_csv_and_from_json(network: Path, refusals: Path, tmp_path: Path) -> None:
    same = tmp_path / "refusals.json"
    same.write_text(
        json.dumps(
            [
                {"organisation": "cosatu", "pledge": 100000},
                {"site": "pawco", "recipe": "print-pawco", "period": "2006-Q2", "most_runs": "50"},
            ]
        )
    )
    found = load_network(network)
    assert read_refusals(same, found) == read_refusals(refusals, found)
