"""The workbook goes into the platform and out of it without loss: by actions and by the browser, once and again."""

from __future__ import annotations

import csv
import dataclasses
import io
import resource
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import solidaria
from solidaria.actions import plan, work
from solidaria.actions.workbook import upload_workbook
from solidaria.core.network import Network
from solidaria.core.workbook.check import read_network
from solidaria.core.workbook.tables import Table, Tables
from solidaria.records.gather import tables_of
from solidaria.records.models import Act, Organisation, Person, Round, Rule
from solidaria.records.workbook import load_network, read_tables, write_csv, write_xlsx
from tests.web.people import belongs, doer, founded, person

pytestmark = pytest.mark.django_db

EXAMPLES = sorted(
    path
    for path in (Path(solidaria.__file__).parent / "examples").iterdir()
    if (path / "organisations.csv").exists()
)


#: The large one is read and written in the slow tests.
NETWORKS = [
    pytest.param(path, id=path.name, marks=[pytest.mark.slow] if path.name == "recovered-network" else [])
    for path in EXAMPLES
]
SMALL = next(path for path in EXAMPLES if path.name == "union-tshirts")


def without_names(network: Network) -> Network:
    """A network apart from its file's name, and from the numbers of the rows that warnings point at."""
    return dataclasses.replace(network, name="", warnings=())


def differences(found: Network, wanted: Network) -> dict[str, Any]:
    """Field by field, the rows that are in one and not in the other."""
    told = {}
    for field in dataclasses.fields(Network):
        left, right = getattr(found, field.name), getattr(wanted, field.name)
        if field.name in ("name", "warnings") or left == right:
            continue
        if isinstance(left, tuple) and isinstance(right, tuple):
            told[field.name] = (
                [row for row in left if row not in right][:3],
                [row for row in right if row not in left][:3],
            )
        else:
            told[field.name] = (left, right)
    return told


def on_the_platform(name: str = "Red que trae su planilla") -> tuple[Person, Organisation]:
    """Somebody who coordinates a network without anything in it."""
    ana = person("ana")
    return ana, founded(ana, name, "network")


def out(network: Organisation) -> Network:
    """What the platform gives out, as the command line reads it."""
    return read_network(tables_of(network, Round.objects.get(network=network, closed__isnull=True)))


@pytest.mark.parametrize("path", NETWORKS)
def test_a_workbook_comes_out_as_it_went_in_twice(path: Path) -> None:
    wanted = load_network(path)
    ana, network = on_the_platform()
    for _ in range(2):
        upload_workbook(doer(ana), network, tables=read_tables(path))
        assert differences(out(network), wanted) == {}
        assert without_names(out(network)) == without_names(wanted)
    # What came out goes in again and changes nothing.
    upload_workbook(
        doer(ana), network, tables=tables_of(network, Round.objects.get(network=network, closed__isnull=True))
    )
    assert differences(out(network), wanted) == {}


def packed(tables: Tables, folder: Path) -> bytes:
    """A folder of CSV files, zipped."""
    write_csv(tables, folder)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"red/{file.name}")
    return content.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "zip"])
@pytest.mark.parametrize("path", NETWORKS)
def test_a_workbook_goes_through_the_browser_and_back_without_loss_twice(
    path: Path, kind: str, tmp_path: Path
) -> None:
    wanted = load_network(path)
    ana, network = on_the_platform()
    client = Client()
    client.force_login(ana)
    if kind == "zip":
        content = packed(read_tables(path), tmp_path / "first")
    else:
        write_xlsx(read_tables(path), tmp_path / "first.xlsx")
        content = (tmp_path / "first.xlsx").read_bytes()
    for turn in range(2):
        answer = client.post(
            reverse("workbook", args=[network.code]), {"sheet": SimpleUploadedFile(f"red.{kind}", content)}
        )
        assert answer.status_code == 302, answer.content.decode()[:3000]
        answer = client.get(reverse(f"workbook_{kind}", args=[network.code]))
        assert answer.status_code == 200
        content = answer.content
        there = tmp_path / f"out{turn}"
        if kind == "zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(there)
        else:
            there = tmp_path / f"out{turn}.xlsx"
            there.write_bytes(content)
        assert differences(load_network(there), wanted) == {}


def test_what_the_workbook_does_not_name_is_no_longer_there(tmp_path: Path) -> None:
    ana, network = on_the_platform()
    upload_workbook(doer(ana), network, tables=read_tables(SMALL))
    plan.set_rule(doer(ana), network, rule="slack", value="0.2", decision="assembly of today")
    upload_workbook(doer(ana), network, tables=read_tables(SMALL))
    assert differences(out(network), load_network(SMALL)) == {}
    assert not Rule.objects.filter(network=network, rule="slack").exists()


def test_a_workbook_with_one_wrong_cell_changes_nothing() -> None:
    ana, network = on_the_platform()
    upload_workbook(doer(ana), network, tables=read_tables(SMALL))
    before, acts = out(network), Act.objects.count()
    tables = read_tables(SMALL)
    needs = tables.sheets["needs"]
    at = needs.columns.index("quantity")
    number, cells = needs.rows[0]
    wrong = ((number, (*cells[:at], "much", *cells[at + 1 :])), *needs.rows[1:])
    broken = dataclasses.replace(tables, sheets={**tables.sheets, "needs": Table(needs.columns, wrong)})
    client = Client()
    client.force_login(ana)
    with pytest.raises(Exception, match="much"):
        upload_workbook(doer(ana), network, tables=broken)
    assert out(network) == before and Act.objects.count() == acts


# --- names that are formulas, files that are traps ---

RISKY = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.org","click")',
    "=cmd|' /C calc'!A0",
    "\t=1+1",
    "'=1+1",
    "''=1+1",
    "'quoted'",
    "-5",
    "=",
    "+",
)


def risky_tables() -> Tables:
    """A worked network in which every organisation, product and note is called like a formula."""
    tables = read_tables(SMALL)
    sheets = dict(tables.sheets)
    for sheet, column in (("organisations", "name"), ("products", "name"), ("products", "source")):
        table = sheets[sheet]
        at = table.columns.index(column)
        rows = tuple(
            (number, (*cells[:at], RISKY[place % len(RISKY)], *cells[at + 1 :]))
            for place, (number, cells) in enumerate(table.rows)
        )
        sheets[sheet] = Table(table.columns, rows)
    return dataclasses.replace(tables, sheets=sheets)


def test_text_that_looks_like_a_formula_stays_text_in_every_file_and_comes_back_as_it_was(tmp_path: Path) -> None:
    tables = risky_tables()
    wanted = read_network(tables)
    write_csv(tables, tmp_path / "csv")
    write_xlsx(tables, tmp_path / "book.xlsx")
    assert differences(load_network(tmp_path / "csv"), wanted) == {}
    assert differences(load_network(tmp_path / "book.xlsx"), wanted) == {}
    for file in (tmp_path / "csv").iterdir():
        for row in csv.reader(io.StringIO(file.read_text())):
            assert not [
                cell for cell in row if cell[:1] in tuple("=+@\t\r") or (cell[:1] == "-" and not is_number(cell))
            ]
    assert formulas((tmp_path / "book.xlsx").read_bytes()) == []


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def formulas(content: bytes) -> list[Any]:
    """The cells of a workbook that a spreadsheet program would compute."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [
        cell.coordinate for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]


def test_no_file_the_platform_gives_out_holds_a_formula_that_somebody_typed() -> None:
    ana, network = on_the_platform("=Red(A1)")
    upload_workbook(doer(ana), network, tables=risky_tables())
    asked = plan.ask_for_plan(doer(ana), Round.objects.get(network=network, closed__isnull=True), name="=A1")
    claimed = work.claim("test")
    assert claimed is not None
    work.make(claimed, "test")
    asked.refresh_from_db()
    assert asked.state == "done", asked.faults
    client = Client()
    client.force_login(ana)
    for address in (
        reverse("workbook_xlsx", args=[network.code]),
        reverse("plan_file", args=[asked.pk, "workbook.xlsx"]),
        reverse("plan_file", args=[asked.pk, "plan.xlsx"]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200 and formulas(answer.content) == [], address
    names = {row.value for row in openpyxl.load_workbook(io.BytesIO(answer.content))["organisations"]["B"]}
    assert "=1+1" in names


def bomb() -> bytes:
    """An XLSX whose one sheet unpacks to 400 million bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream:
            for _ in range(100):
                stream.write(b" " * 4_000_000)
    return content.getvalue()


def zipped_bomb() -> bytes:
    """A zipped folder of one CSV that unpacks to 400 million bytes."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("red/needs.csv", "w", force_zip64=True) as stream,
    ):
        for _ in range(100):
            stream.write(b"a,b\n" * 1_000_000)
    return content.getvalue()


def entities() -> bytes:
    """An XLSX whose sheet multiplies itself by entities of entities."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        archive.writestr("xl/workbook.xml", f'<!DOCTYPE x [<!ENTITY l0 "ha">{lol}]><x>&l9;</x>')
        archive.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
    return content.getvalue()


TRAPS = {
    "a bomb.xlsx": bomb,
    "a zipped bomb.zip": zipped_bomb,
    "entities.xlsx": entities,
    "noise.xlsx": lambda: bytes(range(256)) * 4000,
    "noise.zip": lambda: b"PK\x03\x04" + bytes(range(256)) * 400,
    "noise.csv": lambda: bytes(range(256)) * 400,
    "wide.csv": lambda: b"words" + b"," * 2_000_000 + b"\n",
    "one cell.csv": lambda: b'words\n"' + b"a" * 4_000_000,
    "outside.zip": lambda: outside(),
    "empty.csv": lambda: b"",
}


def outside() -> bytes:
    """A zipped folder with a file that wants to lie elsewhere."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("../../../../tmp/needs.csv", "words,quantity\nbread,1\n")
    return content.getvalue()


@pytest.mark.parametrize("name", sorted(TRAPS))
@pytest.mark.parametrize("page", ["workbook", "upload_needs"])
def test_a_file_that_is_a_trap_is_refused_and_costs_little(page: str, name: str) -> None:
    ana, network = on_the_platform()
    barrio = founded(ana, "Barrio", "community")
    belongs(barrio, network, ana)
    client = Client()
    client.force_login(ana)
    one = network if page == "workbook" else barrio
    content = TRAPS[name]()
    acts, before = Act.objects.count(), peak()
    begun = time.process_time()
    answer = client.post(reverse(page, args=[one.code]), {"sheet": SimpleUploadedFile(name, content)})
    assert answer.status_code in (413, 422), answer.status_code
    assert time.process_time() - begun < 10
    assert peak() - before < 300_000_000
    assert Act.objects.count() == acts


def peak() -> int:
    """The most memory this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize(
    ("page", "most"), [("workbook", 30_100_000), ("upload_needs", 5_100_000), ("describe", 2_500_000)]
)
def test_a_request_that_says_it_is_too_large_is_refused_before_it_is_read(page: str, most: int) -> None:
    class NeverRead(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise AssertionError("the body was read")

    ana, network = on_the_platform()
    client = Client()
    client.force_login(ana)
    address = reverse(page, args=[network.code])
    headers = {"wsgi.input": NeverRead(), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    answer = client.post(address, **{**headers, "CONTENT_LENGTH": str(most + 1)})
    assert answer.status_code == 413
    with pytest.raises(AssertionError, match="the body was read"):
        client.post(address, **{**headers, "CONTENT_LENGTH": str(most)})
