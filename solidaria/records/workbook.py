"""Workbooks as files: a folder of CSV or one XLSX, read to plain tables and written back.

Sizes are looked at before anything is parsed, so that a hostile file costs little. What cannot be read is told
with everything else that is wrong, never one fault at a time.
"""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree
from xml.parsers import expat

import python_calamine
import xlsxwriter

from solidaria.core.network import Network
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.workbook.cells import as_text
from solidaria.core.workbook.check import read_network
from solidaria.core.workbook.schema import RESULT
from solidaria.core.workbook.tables import Cell, ErrorValue, NoValue, Table, Tables

#: Limits of size, checked before parsing. A network of 100,000 rows is far below all of them.
MOST_BYTES = 60_000_000
MOST_UNPACKED = 100_000_000
MOST_RATIO = 200
MOST_PARTS = 2_000
MOST_ROWS = 300_000
MOST_ROWS_IN_ALL = 400_000
MOST_COLUMNS = 200
MOST_CELL = 2_000
MOST_CELLS = 2_000_000
MOST_AREA = 3_000_000
MOST_ELEMENTS = 6_000_000
MOST_OTHER_PART = 10_000_000

_SPREADSHEETS = {".xls", ".ods", ".numbers", ".xlsb", ".xlsm", ".fods", ".gsheet"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"}


def load_network(path: Path | str) -> Network:
    """Read and check a network. Raises Refused with every fault at once."""
    return read_network(read_tables(path))


def read_tables(path: Path | str) -> Tables:
    """Read a folder of CSV files or an XLSX workbook, understanding nothing of it yet.

    Raises Refused when there is nothing to read; what is wrong inside comes in the tables' faults.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _read_folder(path)
        if not path.exists():
            raise _refused(
                path,
                say("There is no file or folder {path}.", path=str(path)),
                say("Check the name; a network is a folder of CSV files or one .xlsx workbook."),
            )
        if not path.is_file():
            raise _refused(
                path,
                say("{path} is neither a file nor a folder.", path=str(path)),
                say("Check the name; a network is a folder of CSV files or one .xlsx workbook."),
            )
        return _read_file(path)
    except PermissionError as error:
        raise _refused(
            path,
            say("{path} may not be read.", path=str(error.filename or path)),
            say("Close it if it is open in another program, or ask for the right to read it."),
        ) from error
    except OSError as error:
        raise _refused(
            path,
            say("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror or str(error)),
            say("Check that the file is whole and on a disk that is there."),
        ) from error


def _refused(path: Path, what: Sentence, help: Sentence) -> Refused:
    return Refused([Fault(path.name, None, None, what, help)])


def _open_elsewhere(path: Path) -> tuple[Fault, ...]:
    """A warning when another program has the workbook open: what it has not saved is not read."""
    locks = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    if not any(lock.exists() for lock in locks):
        return ()
    what = say("{name} is open in another program.", name=path.name)
    return (Fault("", None, None, what, say("Save it there first: what is not saved is not read.")),)


def _check_total(path: Path, sheets: Mapping[str, Table]) -> None:
    """Refuse a workbook that is too large as a whole, though each sheet is not."""
    rows = sum(len(table.rows) for table in sheets.values())
    cells = sum(len(line) for table in sheets.values() for _, line in table.rows)
    if rows > MOST_ROWS_IN_ALL or cells > MOST_CELLS:
        what = say(
            "{name} has more than {rows} rows or {cells} cells in all.",
            name=path.name,
            rows=MOST_ROWS_IN_ALL,
            cells=MOST_CELLS,
        )
        raise _refused(path, what, say("Leave out what is not needed for the plan."))


# --- CSV -----------------------------------------------------------------------------------------


def _read_folder(folder: Path) -> Tables:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".csv" and file.is_file())
    files = [file for file in files if not file.name.startswith((".", "~"))]
    if not files:
        inside = sorted(file.name for file in folder.iterdir() if file.suffix.lower() == ".xlsx")
        help = (
            say("Name the workbook itself: {file}.", file=str(folder / inside[0]))
            if inside
            else say("Put one CSV file for each sheet into it: organisations.csv, products.csv, rules.csv …")
        )
        raise _refused(folder, say("The folder {path} has no CSV files.", path=str(folder)), help)
    sheets: dict[str, Table] = {}
    faults: list[Fault] = []
    unread: set[str] = set()
    warnings: list[Fault] = []
    for file in files:
        warnings += _open_elsewhere(file)
        table, wrong = _read_csv(file)
        faults += wrong
        if table is None:
            unread.add(file.stem)
        else:
            sheets[file.stem] = table
        _check_total(folder, sheets)
    return Tables(folder.resolve().name, sheets, tuple(faults), frozenset(unread), tuple(warnings))


def _read_csv(file: Path) -> tuple[Table | None, list[Fault]]:
    """The table of one CSV file, or why there is none."""
    sheet = file.stem

    def fault(row: int | None, what: Sentence, help: Sentence) -> Fault:
        return Fault(sheet, row, None, what, help)

    if file.stat().st_size > MOST_BYTES:
        most = MOST_BYTES // 1_000_000
        what = say("{name} is larger than {most} million bytes.", name=file.name, most=most)
        return None, [fault(None, what, say("Leave out what is not needed for the plan."))]
    content = file.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content:
        what = say("{name} is not text in UTF-8.", name=file.name)
        return None, [fault(None, what, say("Save it as “CSV UTF-8”."))]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = say("{name} is not in UTF-8: line {line} has a letter it cannot read.", name=file.name, line=line)
        return None, [fault(line, what, say("Save it as “CSV UTF-8”."))]
    if not text.strip():
        return Table(()), []
    header = text.split("\n", 1)[0]
    for mark, name in ((";", say("semicolons")), ("\t", say("tabs"))):
        if mark in header and "," not in header:
            what = say("The columns of {name} are divided by {mark}, not by commas.", name=file.name, mark=name)
            return None, [
                fault(
                    1,
                    what,
                    say(
                        "Save it as CSV with commas; or, which is easier, save the whole workbook as one .xlsx file."
                    ),
                )
            ]
    # Streamed again from the bytes: the whole text at once would take four times the memory.
    del text
    return _rows(_Lines(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")), fault)


class _Lines:
    """Lines of a file for the CSV reader; stops it when one row alone grows beyond every honest row."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = source
        self.length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.source)
        self.length += len(line)
        if self.length > MOST_COLUMNS * MOST_CELL:
            raise csv.Error("it is far too long")
        return line


def _rows(
    lines: _Lines, fault: Callable[[int | None, Sentence, Sentence], Fault]
) -> tuple[Table | None, list[Fault]]:
    """Lines of CSV as a table; rows are numbered as a spreadsheet counts, a header being row 1."""
    columns: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    faults: list[Fault] = []
    number = count = 0
    try:
        for number, cells in enumerate(csv.reader(lines, strict=True), 1):
            lines.length = 0
            count += len(cells)
            if columns is None:
                if len(cells) > MOST_COLUMNS:
                    what = say("The sheet has more than {most} columns.", most=MOST_COLUMNS)
                    return None, [fault(1, what, say("Keep only the columns that docs/workbook.md names."))]
                columns = tuple(cell.strip() for cell in cells)
                continue
            if number > MOST_ROWS or count > MOST_CELLS:
                what = say("The sheet has more than {most} rows, or far too many cells.", most=MOST_ROWS)
                return None, [fault(None, what, say("Leave out what is not needed for the plan."))]
            if not any(cell.strip() for cell in cells):
                continue
            if any(len(cell) > MOST_CELL for cell in cells):
                what = say("A cell has more than {most} letters.", most=MOST_CELL)
                faults.append(fault(number, what, say("Shorten it; long texts belong in the minutes.")))
                continue
            rows.append((number, tuple(unguarded(cell) if cell.strip() else None for cell in cells)))
    except csv.Error as error:
        what = say("The row cannot be read: {reason}.", reason=str(error))
        return None, [fault(number + 1, what, say("Look for a quotation mark that is opened and not closed."))]
    return Table(columns or (), tuple(rows)), faults


def unpack_csv(file: IO[bytes], folder: Path) -> None:
    """Put the CSV files of a zipped folder into `folder`, whatever folders they lie in.

    Raises Refused when it is no such file, or unpacks to more than MOST_UNPACKED bytes or MOST_RATIO times its size.
    """
    broken = _refused(
        folder, say("The file is no zipped folder of CSV files."), say("Zip the folder with the CSV files again.")
    )
    large = _refused(
        folder, say("The file is too large when it is unpacked."), say("Leave out what is not needed.")
    )
    try:
        with zipfile.ZipFile(file) as archive:
            parts = [info for info in archive.infolist() if _wanted(info.filename)]
            if len(archive.infolist()) > MOST_PARTS or sum(info.file_size for info in parts) > MOST_UNPACKED:
                raise large
            if any(info.file_size > 100_000 + MOST_RATIO * info.compress_size for info in parts):
                raise large
            if not parts or len({Path(info.filename).name for info in parts}) < len(parts):
                raise broken
            for info in parts:
                # What an archive says about sizes need not be so: no more is written than it said.
                with archive.open(info) as source, (folder / Path(info.filename).name).open("wb") as target:
                    left = info.file_size
                    while content := source.read(min(left + 1, 1_000_000)):
                        left -= len(content)
                        if left < 0:
                            raise large
                        target.write(content)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise broken from error


def _wanted(name: str) -> bool:
    """Whether a part of an archive is a sheet: spreadsheet programs and systems add files of their own."""
    path = Path(name)
    return path.suffix.lower() == ".csv" and path.name[0] not in "._~" and "__MACOSX" not in path.parts


# --- XLSX ----------------------------------------------------------------------------------------


def _read_file(path: Path) -> Tables:
    suffix = path.suffix.lower()
    if suffix in _SPREADSHEETS:
        raise _refused(
            path,
            say("{name} is a spreadsheet of a kind that is not read here.", name=path.name),
            say("Save it as .xlsx (Excel workbook) or as CSV files in a folder."),
        )
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_OLE):
        raise _refused(
            path,
            say("{name} is protected by a password or of an old kind.", name=path.name),
            say("Take the password off and save it as .xlsx."),
        )
    if suffix == ".csv":
        raise _refused(
            path,
            say("{name} is one sheet; a network is a folder of them.", name=path.name),
            say("Name the folder: {folder}.", folder=str(path.parent)),
        )
    if path.stat().st_size > MOST_BYTES:
        raise _refused(
            path,
            say("{name} is larger than {most} million bytes.", name=path.name, most=MOST_BYTES // 1_000_000),
            say("Leave out pictures and what is not needed for the plan."),
        )
    # Read once, so that what was looked at is what is parsed, even when somebody saves over it meanwhile.
    content = path.read_bytes()
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _refused(
            path,
            say("{name} is not an .xlsx workbook, or it is broken.", name=path.name),
            say("Open it in a spreadsheet program and save it again as .xlsx."),
        ) from error
    with archive:
        _check_sizes(path, archive)
        return _read_xlsx(path, content, archive)


def _check_sizes(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an archive that would unpack to too much, before unpacking any of it."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    nested = [part.filename for part in parts if part.filename.lower().endswith((".zip", ".xlsx", ".7z", ".gz"))]
    encrypted = any(part.flag_bits & 1 for part in parts)
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise _refused(
            path,
            say("{name} is an archive, but no .xlsx workbook.", name=path.name),
            say("Unpack it and name the folder or the workbook inside."),
        )
    too_much = (
        len(parts) > MOST_PARTS
        or unpacked > MOST_UNPACKED
        or unpacked > MOST_RATIO * max(packed, 50_000)
        or nested
        or encrypted
        or len(names) != len(parts)
    )
    if too_much:
        raise _refused(
            path,
            say("{name} unpacks to far more than a workbook should, and is not opened.", name=path.name),
            say("Copy the cells into a new workbook and save it as .xlsx."),
        )


def _read_xlsx(path: Path, content: bytes, archive: zipfile.ZipFile) -> Tables:
    broken = _refused(
        path,
        say("{name} is not an .xlsx workbook, or it is broken.", name=path.name),
        say("Open it in a spreadsheet program and save it again as .xlsx."),
    )
    try:
        parts = _sheet_parts(archive)
        scans = _look_inside(path, archive, parts)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets, faults, unread = {}, [], set()
        for name in book.sheet_names:
            if name.strip().lower().startswith(RESULT) or parts.get(name) not in scans:
                continue
            table, wrong = _sheet(name, book.get_sheet_by_name(name), scans[parts[name]].special)
            faults += wrong
            if table is None:
                unread.add(name)
            elif table.columns or table.rows:
                sheets[name] = table
        _check_total(path, sheets)
    except Refused:
        raise
    except (
        python_calamine.CalamineError,
        ElementTree.ParseError,
        expat.ExpatError,
        zlib.error,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise broken from error
    return Tables(path.stem, sheets, tuple(faults), frozenset(unread), _open_elsewhere(path))


_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def _safe_xml(archive: zipfile.ZipFile, part: str) -> bytes:
    """A small part of the archive, refused when it declares entities."""
    content = archive.read(part)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("a workbook declares no entities")
    return content


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> the part of the archive that holds it."""
    targets: dict[str, str] = {}
    for row in ElementTree.fromstring(_safe_xml(archive, "xl/_rels/workbook.xml.rels")):
        target = row.get("Target", "")
        targets[row.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    book = ElementTree.fromstring(_safe_xml(archive, "xl/workbook.xml"))
    return {
        sheet.get("name", ""): targets.get(sheet.get(f"{_RELATED}id", ""), "")
        for sheet in book.iter(f"{_MAIN}sheet")
    }


class _Scan:
    """One part of the archive, streamed: how far its cells reach, and the cells that have no plain value.

    special   (row, column), both from 1 -> a formula nobody computed, or an error of the spreadsheet program
    Raises ValueError when the part declares a document type, which no workbook does and only an attack needs.
    """

    def __init__(self, stream: IO[bytes], elements: int) -> None:
        self.last_row = self.last_column = 0
        self.too_far = False
        self.special: dict[tuple[int, int], NoValue | ErrorValue] = {}
        self.elements = elements
        self._row = self._column = 0
        self._type = self._inside = ""
        self._formula: str | None = None
        self._text: list[str] = []
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        while not self.too_far and (chunk := stream.read(1_000_000)):
            parser.Parse(chunk, False)
        if not self.too_far:
            parser.Parse(b"", True)

    def _doctype(self, *_: object) -> None:
        raise ValueError("a workbook declares no entities")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements -= 1
        self.too_far = self.too_far or self.elements < 0
        tag = tag.rpartition(":")[2]
        if tag == "c":
            reference = attributes.get("r")
            self._column, self._row = _place(reference) if reference else (self._column + 1, self._row)
            self._type, self._formula, self._text = attributes.get("t", ""), None, []
        elif tag == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif tag in ("f", "v", "t"):
            self._inside = tag
            if tag == "f":
                self._formula = ""

    def _characters(self, text: str) -> None:
        if self._inside == "f":
            self._formula = (self._formula or "") + text
        elif self._inside:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("f", "v", "t"):
            self._inside = ""
        elif tag == "c":
            self._cell()

    def _cell(self) -> None:
        """Note a cell that has anything in it; formats alone mean nothing."""
        text = "".join(self._text)
        if self._formula is not None and not text and self._type not in ("str", "inlineStr"):
            self.special[self._row, self._column] = NoValue(self._formula)
        elif self._type == "e":
            self.special[self._row, self._column] = ErrorValue(text)
        elif not text:
            return
        self.last_row, self.last_column = max(self.last_row, self._row), max(self.last_column, self._column)
        if (
            self.last_row > MOST_ROWS
            or self.last_column > MOST_COLUMNS
            or self.last_row * self.last_column > MOST_AREA
        ):
            self.too_far = True


def _look_inside(path: Path, archive: zipfile.ZipFile, parts: dict[str, str]) -> dict[str, _Scan]:
    """Every sheet's part looked through before anything is built up from it.

    Raises Refused when a sheet reaches too far or has too much in it. Reading every part to its end also proves
    that none is larger than the archive said.
    """
    scans: dict[str, _Scan] = {}
    faults = []
    elements = MOST_ELEMENTS
    sheet_of = {part: name for name, part in parts.items()}
    for info in archive.infolist():
        part = info.filename
        if not part.lower().endswith((".xml", ".rels")):
            continue
        with archive.open(info) as stream:
            name = sheet_of.get(part)
            if name is None and part != "xl/sharedStrings.xml":
                if info.file_size > MOST_OTHER_PART:
                    raise ValueError("a part of the workbook is far too large")
                while stream.read(1_000_000):
                    pass
                continue
            scan = _Scan(stream, elements)
            elements = scan.elements
        if elements < 0:
            what = say("{name} has more cells than can be read.", name=path.name)
            raise _refused(path, what, say("Leave out what is not needed for the plan."))
        if name is None:
            continue
        scans[part] = scan
        if scan.too_far and not name.strip().lower().startswith(RESULT):
            what = say(
                "The sheet goes on to row {row}, column {column}.", row=scan.last_row, column=scan.last_column
            )
            help = say(
                "Delete what stands far below or far to the right; at most {rows} rows and {columns} columns.",
                rows=MOST_ROWS,
                columns=MOST_COLUMNS,
            )
            faults.append(Fault(name, None, None, what, help))
    if faults:
        raise Refused(faults)
    return scans


def _place(reference: str) -> tuple[int, int]:
    """Column and row of a reference such as AB12, both from 1."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column, int(reference[len(letters) :])


def _sheet(
    name: str, sheet: Any, special: Mapping[tuple[int, int], NoValue | ErrorValue]
) -> tuple[Table | None, list[Fault]]:
    """One sheet as a table; `special` as in _Scan."""
    columns: tuple[str, ...] = ()
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    faults: list[Fault] = []
    by_row: dict[int, dict[int, Cell]] = {}
    for (at, column), value in special.items():
        by_row.setdefault(at, {})[column] = value
    stored = [] if sheet.end is None else sheet.to_python(skip_empty_area=False)
    for number in range(1, max(len(stored), max(by_row, default=0)) + 1):
        row = [_cell(one) for one in stored[number - 1]] if number <= len(stored) else []
        for column, cell in by_row.get(number, {}).items():
            row += [None] * (column - len(row))
            row[column - 1] = cell
        while row and row[-1] is None:
            row.pop()
        if number == 1:
            columns = tuple(_header(cell) for cell in row)
            continue
        if all(cell is None for cell in row):
            continue
        if any(isinstance(cell, str) and len(cell) > MOST_CELL for cell in row):
            what = say("A cell has more than {most} letters.", most=MOST_CELL)
            faults.append(Fault(name, number, None, what, say("Shorten it; long texts belong in the minutes.")))
            continue
        rows.append((number, tuple(row)))
    return Table(columns, tuple(rows)), faults


def _header(cell: Cell) -> str:
    return "" if cell is None else as_text(cell) or str(cell)


def _cell(value: Any) -> Cell:
    """A stored value as a cell: numbers as Decimals that print as they look."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        return ErrorValue(value) if value in _ERRORS else value
    if isinstance(value, bool | datetime | date):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(int(value)) if value.is_integer() and abs(value) < 1e15 else Decimal(repr(value))
    return str(value)


# --- writing -------------------------------------------------------------------------------------

#: What spreadsheet programs take for the start of a formula, also behind apostrophes of ours.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet program would take it for a formula.

    Text that people typed stays text wherever a file of ours is opened. `unguarded` gives the text back as it was.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The text that was guarded; any other text as it is."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def write_csv(tables: Tables, folder: Path | str) -> None:
    """Write every sheet as a CSV file in UTF-8; the folder is made when it is not there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in sorted(tables.sheets.items()):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(table.columns)
        for _, cells in table.rows:
            row = [_guarded(cell) for cell in cells]
            writer.writerow(row + [""] * (len(table.columns) - len(row)))
        _replace(folder / f"{name}.csv", text.getvalue().encode())


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, ErrorValue):
        return cell.text
    return cell if isinstance(cell, str) else ""


def _guarded(cell: Cell) -> str:
    return guarded(cell) if isinstance(cell, str) else _written(cell)


def write_xlsx(tables: Tables, path: Path | str) -> None:
    """Write the tables as one XLSX workbook; equal tables give equal bytes."""
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    workbook.set_properties({"created": datetime(2000, 1, 1)})
    write_sheets(workbook, tables)
    workbook.close()
    _replace(Path(path), content.getvalue())


def write_sheets(workbook: Any, tables: Tables) -> None:
    """Add every sheet to an open xlsxwriter workbook. Text never becomes a formula, a link or a number."""
    header = workbook.add_format({"bold": True, "bottom": 1})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    # Stays text even when somebody edits the cell.
    text = workbook.add_format({"quote_prefix": True})
    for name, table in sorted(tables.sheets.items()):
        sheet = workbook.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        widths = [len(column) for column in table.columns]
        for at, column in enumerate(table.columns):
            sheet.write_string(0, at, column, header)
        for line, (_, cells) in enumerate(table.rows, 1):
            for at, cell in enumerate(cells):
                if cell is None:
                    continue
                if isinstance(cell, Decimal) and Decimal(repr(float(cell))) == cell:
                    sheet.write_number(line, at, float(cell))
                elif isinstance(cell, date):
                    sheet.write_datetime(line, at, cell, day)
                elif isinstance(cell, str) and guarded(cell) != cell:
                    sheet.write_string(line, at, cell, text)
                else:
                    sheet.write_string(line, at, _written(cell))
                if at < len(widths):
                    widths[at] = max(widths[at], len(_written(cell)))
        for at, width in enumerate(widths):
            sheet.set_column(at, at, min(60, width + 2))


def _replace(path: Path, content: bytes) -> None:
    """Put the content there in one step, so that nobody ever finds half a file."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
