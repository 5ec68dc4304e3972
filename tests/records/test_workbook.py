"""Workbooks as files: what is read is what was written, and what cannot be read is refused in plain words."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidaria.core.problem import Refused
from solidaria.core.workbook.tables import ErrorValue, NoValue, Table, Tables
from solidaria.records.workbook import load_network, read_tables, write_csv, write_xlsx

SMALL = {
    "organisations.csv": "organisation,name,kind\nhilo,Hilo Rojo,site\nnorte,Barrio Norte,community\n",
    "sites.csv": "site,members,paid_hours\nhilo,4,160\n",
    "products.csv": "product,name,unit\nshirt,Shirt,piece\n",
    "recipes.csv": "recipe,site,product,labour_hours\nsew,hilo,shirt,1.5\n",
    "needs.csv": "need,organisation,product,quantity\nn1,norte,shirt,10\n",
    "rules.csv": "rule,value\ncurrency,ARS\nliving_wage,10\n",
}


def folder_of(place: Path, **changes: str | bytes) -> Path:
    folder = place / "net"
    folder.mkdir()
    for name, text in {**SMALL, **{f"{key}.csv": value for key, value in changes.items()}}.items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def said(error: pytest.ExceptionInfo[Refused]) -> str:
    return "\n".join(f"{f.sheet} {f.row} {f.column}: {f.what} {f.help}" for f in error.value.faults)


def refused(path: Path) -> str:
    with pytest.raises(Refused) as error:
        load_network(path)
    return said(error)


def test_a_folder_and_a_workbook_of_the_same_network_read_the_same(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    write_xlsx(read_tables(folder), tmp_path / "net.xlsx")
    from_folder, from_workbook = load_network(folder), load_network(tmp_path / "net.xlsx")
    assert from_folder == from_workbook
    assert from_folder.recipe["sew"].labour_hours == Decimal("1.5")


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, sites=b"\xef\xbb\xbfsite,members,paid_hours\r\nhilo,4,160\r\n")
    assert load_network(folder).site["hilo"].members == 4


def test_other_files_in_the_folder_are_left_alone_but_an_unknown_csv_is_a_fault(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "README.md").write_text("# ours")
    load_network(folder)
    (folder / "recipies.csv").write_text("recipe\n")
    assert "Did you mean recipes?" in refused(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("site,members,paid_hours\nhiló,4,160\n".encode("latin-1"), "sites 2"),
        ("site,members,paid_hours\nhilo,4,160\n".encode("utf-16"), "UTF-8"),
        (b"site,members,paid_hours\nhilo\x00,4,160\n", "UTF-8"),
        (b"site;members;paid_hours\nhilo;4;160\n", "semicolons"),
        (b"site\tmembers\tpaid_hours\nhilo\t4\t160\n", "tabs"),
        (b'site,members,paid_hours\n"hilo,4,160\n', "quotation mark"),
        (b"site,members,paid_hours\nhilo,4,160,7\n", "more cells than"),
        (b"site,members,members,paid_hours\nhilo,4,4,160\n", "two columns members"),
    ],
)
def test_a_csv_file_that_cannot_be_trusted_is_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    answer = refused(folder_of(tmp_path, sites=content))
    assert "sites" in answer and words in answer
    assert "is missing" not in answer


def test_what_is_no_network_is_refused_with_what_would_help(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no CSV files" in refused(tmp_path / "empty")
    assert "There is no file or folder" in refused(tmp_path / "nowhere")
    for name in ("old.xls", "book.ods", "book.numbers"):
        (tmp_path / name).write_bytes(b"something")
        assert "Save it as .xlsx" in refused(tmp_path / name)
    (tmp_path / "secret.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)
    assert "password" in refused(tmp_path / "secret.xlsx")
    (tmp_path / "text.xlsx").write_text("organisation,name")
    assert "is not an .xlsx workbook" in refused(tmp_path / "text.xlsx")
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    assert "no .xlsx workbook" in refused(tmp_path / "some.zip")
    (tmp_path / "one.csv").write_text("organisation\n")
    assert "Name the folder" in refused(tmp_path / "one.csv")


def test_a_workbook_open_in_another_program_is_read_with_a_warning(tmp_path: Path) -> None:
    write_xlsx(read_tables(folder_of(tmp_path)), tmp_path / "net.xlsx")
    for lock in ("~$net.xlsx", ".~lock.net.xlsx#"):
        (tmp_path / lock).touch()
        assert any("open in another program" in str(w.what) for w in load_network(tmp_path / "net.xlsx").warnings)
        (tmp_path / lock).unlink()
    assert load_network(tmp_path / "net.xlsx").warnings == ()


def test_a_formula_with_no_stored_value_is_refused_with_its_cell(tmp_path: Path) -> None:
    write_xlsx(read_tables(folder_of(tmp_path)), tmp_path / "net.xlsx")
    book = openpyxl.load_workbook(tmp_path / "net.xlsx")
    book["sites"]["B2"] = "=2+2"
    book.save(tmp_path / "net.xlsx")
    assert read_tables(tmp_path / "net.xlsx").sheets["sites"].rows[0][1][1] == NoValue("2+2")
    answer = refused(tmp_path / "net.xlsx")
    assert "sites 2 members: This cell has a formula but no stored value." in answer


def test_a_formula_with_a_stored_value_is_read_by_it(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = workbook.add_worksheet("sites")
    sheet.write_row(0, 0, ["site", "members"])
    sheet.write_formula(1, 0, '="hi"&"lo"', None, "hilo")
    sheet.write_formula(1, 1, "=2+2", None, 4)
    workbook.close()
    assert read_tables(tmp_path / "a.xlsx").sheets["sites"].rows == ((2, ("hilo", Decimal(4))),)


def test_an_error_of_the_spreadsheet_is_never_taken_for_a_blank(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = workbook.add_worksheet("sites")
    sheet.write_row(0, 0, ["site", "members", "paid_hours", "overhead"])
    sheet.write_row(1, 0, ["hilo", 4, 160])
    sheet.write_formula(1, 3, "=A9+#REF!", None, "#REF!")
    workbook.close()
    assert read_tables(tmp_path / "a.xlsx").sheets["sites"].rows[0][1][3] == ErrorValue("#REF!")
    assert "sites 2 overhead: The spreadsheet shows the error #REF! here." in refused(tmp_path / "a.xlsx")


@pytest.mark.parametrize("since_1904", [False, True])
def test_dates_are_read_as_dates_in_both_date_systems(tmp_path: Path, since_1904: bool) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"date_1904": since_1904})
    sheet = workbook.add_worksheet("periods")
    sheet.write_row(0, 0, ["period", "starts"])
    sheet.write_string(1, 0, "jan")
    sheet.write_datetime(1, 1, date(2026, 1, 31), workbook.add_format({"num_format": "dd/mm/yy"}))
    workbook.close()
    assert read_tables(tmp_path / "a.xlsx").sheets["periods"].rows[0][1][1] == date(2026, 1, 31)


def test_formats_far_below_and_sheets_of_results_are_not_read(tmp_path: Path) -> None:
    write_xlsx(read_tables(folder_of(tmp_path)), tmp_path / "net.xlsx")
    book = openpyxl.load_workbook(tmp_path / "net.xlsx")
    book["sites"]["A1048576"].font = openpyxl.styles.Font(bold=True)
    book.create_sheet("result plan")["A1"] = "anything"
    book.save(tmp_path / "net.xlsx")
    assert load_network(tmp_path / "net.xlsx") == load_network(tmp_path / "net")


def test_text_never_becomes_a_formula(tmp_path: Path) -> None:
    text = '=HYPERLINK("http://example.org","click")'
    write_xlsx(Tables("a", {"sites": Table(("site",), ((2, (text,)),))}), tmp_path / "a.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["sites"]["A2"]
    assert cell.value == text and cell.data_type != "f"
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_equal_tables_give_equal_bytes_and_leave_no_half_file(tmp_path: Path) -> None:
    tables = read_tables(folder_of(tmp_path))
    write_xlsx(tables, tmp_path / "1.xlsx")
    write_xlsx(tables, tmp_path / "2.xlsx")
    assert (tmp_path / "1.xlsx").read_bytes() == (tmp_path / "2.xlsx").read_bytes()
    assert not list(tmp_path.glob(".*"))


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12)
texts = words.filter(lambda text: text.strip() and not text.startswith("#"))
numbers = st.decimals(-(10**9), 10**9, places=4) | st.integers(-(10**9), 10**9).map(Decimal)
days = st.dates(date(1901, 1, 1), date(2200, 1, 1))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(texts | numbers | days | st.none(), min_size=3, max_size=3), max_size=6))
def test_a_workbook_round_trips_without_loss(tmp_path: Path, lines: list[list[object]]) -> None:
    lines = [line for line in lines if any(cell is not None for cell in line)]
    rows = tuple((number, tuple(line)) for number, line in enumerate(lines, 2))
    write_xlsx(Tables("a", {"sites": Table(("site", "members", "note"), rows)}), tmp_path / "a.xlsx")  # type: ignore[arg-type]
    back = read_tables(tmp_path / "a.xlsx").sheets["sites"]
    found = [(number, (list(cells) + [None] * 3)[:3]) for number, cells in back.rows]
    assert found == [(number, list(cells)) for number, cells in rows]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(texts | st.none(), min_size=3, max_size=3), max_size=6))
def test_text_in_a_folder_round_trips_without_loss(tmp_path: Path, lines: list[list[str | None]]) -> None:
    lines = [line for line in lines if any(cell is not None for cell in line)]
    rows = tuple((number, tuple(line)) for number, line in enumerate(lines, 2))
    tables = Tables("net", {"sites": Table(("site", "members", "note"), rows)})
    write_csv(tables, tmp_path / "net")
    assert read_tables(tmp_path / "net").sheets == tables.sheets


# --- hostile files: each costs at most 10 s and 512 MB -----------------------------------------------


def xlsx_with(path: Path, sheet: bytes, **parts: bytes) -> Path:
    """A workbook whose one sheet has this XML; other parts by name."""
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content)
    workbook.add_worksheet("sites").write_string(0, 0, "site")
    workbook.close()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            body = sheet if info.filename == "xl/worksheets/sheet1.xml" else source.read(info)
            target.writestr(info.filename, parts.pop(info.filename, body))
        for name, body in parts.items():
            target.writestr(name, body)
    return path


SPREAD = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet_of(cells: bytes, before: bytes = b"") -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>' + before + f'<worksheet xmlns="{SPREAD}"><sheetData>'.encode()
        + cells + b"</sheetData></worksheet>"
    )  # fmt: skip


def zip_bomb(place: Path) -> Path:
    return xlsx_with(place / "a.xlsx", sheet_of(b" " * 300_000_000))


def far_corner(place: Path) -> Path:
    return xlsx_with(
        place / "a.xlsx",
        sheet_of(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="299999"><c r="GR299999"><v>1</v></c></row>'),
    )


def many_elements(place: Path) -> Path:
    noise = random.Random(1)
    cells = b"".join(b'<c s="%d"/>' % noise.randrange(10**9) for _ in range(4_000_000))
    return xlsx_with(place / "a.xlsx", sheet_of(b"<row>" + cells + b"</row>"))


def laughing(place: Path) -> Path:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    declared = b'<!DOCTYPE x [<!ENTITY l0 "haha">' + entities + b"]>"
    cells = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row>'
    return xlsx_with(place / "a.xlsx", sheet_of(cells, b"<!--" + b"x" * 9_000 + b"-->" + declared))


def many_formulas(place: Path) -> Path:
    rows = b"".join(
        b'<row r="%d"><c r="A%d"><f>1</f></c><c r="B%d"><v>1</v></c></row>' % (n, n, n) for n in range(1, 150_000)
    )
    return xlsx_with(place / "a.xlsx", sheet_of(rows))


def wrong_everywhere(place: Path) -> Path:
    rows = "x,-1,-1,-1,nowhere\n" * 250_000
    return folder_of(place, sites="site,members,paid_hours,overhead,state\n" + rows)


def one_long_line(place: Path) -> Path:
    return folder_of(place, sites="site" + ",a" * 20_000_000)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from solidaria.core.problem import Refused
from solidaria.records.workbook import load_network
try:
    load_network(sys.argv[1])
    answer = "read"
except Refused as refused:
    answer = "refused"
used = resource.getrusage(resource.RUSAGE_SELF)
# The kernel counts the parent's memory into ru_maxrss, so ask for the peak of this program alone.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(answer, used.ru_utime + used.ru_stime, peak)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured on Linux only")
@pytest.mark.parametrize(
    "make",
    [zip_bomb, far_corner, many_elements, laughing, many_formulas, wrong_everywhere, one_long_line],
    ids=lambda make: make.__name__,
)
def test_a_hostile_file_costs_at_most_10_seconds_and_512_megabytes(tmp_path: Path, make: object) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.stdout, run.stderr
    answer, seconds, kilobytes = run.stdout.split()
    print(make, answer, seconds, kilobytes)
    assert answer == "refused"
    assert float(seconds) < 10
    assert int(kilobytes) < 512 * 1024


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "network.xlsx"
    os.mkfifo(pipe)
    words = [sys.executable, "-c", LIMITED, str(pipe)]
    run = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert run.stdout.startswith("refused"), run.stderr


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless file on this system")
def test_an_endless_file_is_refused_before_it_is_read() -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, "/dev/zero"], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.stdout.startswith("refused"), run.stderr
