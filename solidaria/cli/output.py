"""Where a command's answer goes: a file that is whole or not there, or standard output; and its refusals."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from solidaria.core.problem import Fault, Refused, Sentence, say, say_many
from solidaria.report.language import Language

#: Faults of one kind in one column that are shown before the rest is only counted.
SHOWN = 5
#: Of the rest, so many rows are named.
ROWS = 10


def write_out(content: bytes, out: Path | None) -> None:
    """Write the answer to a file, or to standard output where `out` is None.

    The file appears whole: the answer goes to a temporary file beside it, which then takes its name. Whatever
    interrupts that leaves the old file, or none.
    Raises Refused when the file cannot be written.
    """
    if out is None:
        _to_standard_output(content)
        return
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, out)
        temporary = None
    except OSError as error:
        raise Refused([_cannot_write(out, error.strerror or str(error))]) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def format_of(out: Path | None, formats: Mapping[str, str]) -> tuple[str, Sentence | None]:
    """The format that the end of a file's name asks for, text where it has none; and what is wrong with asking so.

    formats   end of the name, in lower case -> format
    """
    suffix = "" if out is None else out.suffix.lower()
    if suffix == "" or suffix in formats:
        return formats.get(suffix, "text"), None
    if suffix == ".pdf" and ".html" in formats:
        return "html", say(
            "A PDF is made from the page: write it with --out FILE.html and print it in the browser."
        )
    return "text", say(
        "A name that ends in {suffix} does not say the format: let it end in {suffixes}, or add --format.",
        suffix=suffix,
        suffixes=", ".join(formats),
    )


def check_out(out: Path | None) -> None:
    """Refuse a place that cannot be written before any long work is done for it."""
    if out is None:
        return
    if out.is_dir():
        raise Refused([_cannot_write(out, "this is a folder")])
    if not out.parent.is_dir():
        raise Refused([_cannot_write(out, "its folder does not exist")])


def _cannot_write(out: Path, reason: str) -> Fault:
    return Fault(
        str(out),
        None,
        None,
        say("This file cannot be written: {reason}.", reason=reason),
        say("Give --out a file name in a folder that exists and that you may write to."),
    )


def _to_standard_output(content: bytes) -> None:
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(content.decode("utf-8"))
        return
    sys.stdout.flush()
    stream.write(content)
    stream.flush()


def refusal(refused: Refused, language: Language) -> str:
    """Every fault with where it is, and what would help under it."""
    lines = []
    for fault in refused.faults:
        place = place_of(fault, language)
        what = language.text(fault.what)
        lines.append(f"{place}: {what}" if place else what)
        lines.append(f"    {language.text(fault.help)}")
    return "\n".join(lines) + "\n"


def place_of(fault: Fault, language: Language) -> str:
    """Where a fault is: sheet, row, column, as far as they are known."""
    row = "" if fault.row is None else language.text(say("row {row}", row=str(fault.row)))
    return ", ".join(part for part in (fault.sheet, row, fault.column) if part)


def all_faults(faults: tuple[Fault, ...], language: Language) -> str:
    """Every fault of a workbook, grouped, with how many there are before them and what to do after them."""
    count = say_many(
        "One thing is wrong; nothing was read.", "{count} things are wrong; nothing was read.", len(faults)
    )
    end = say_many(
        "Correct it and run the same command again.", "Correct them and run the same command again.", len(faults)
    )
    return f"{language.text(count)}\n\n{grouped(faults, language)}\n{language.text(end)}\n"


def grouped(faults: Iterable[Fault], language: Language) -> str:
    """Faults by sheet, then by column and kind; of many alike the first few and how many more there are."""
    lines: list[str] = []
    for sheet, of_sheet in groupby(sorted(faults, key=lambda fault: fault.order), key=lambda fault: fault.sheet):
        lines += [sheet or language.text(say("the whole workbook")), ""]
        kinds: dict[tuple[str, str], list[Fault]] = {}
        for fault in of_sheet:
            kinds.setdefault((fault.column or "", fault.what.template), []).append(fault)
        for alike in kinds.values():
            for fault in alike[:SHOWN]:
                lines.append(f"  {_place(fault, language)}{language.text(fault.what)}")
                lines.append(f"      {language.text(fault.help)}")
            if len(alike) > SHOWN:
                more = say_many("… and one more like this", "… and {count} more like this", len(alike) - SHOWN)
                lines.append(f"  {language.text(more)}{_rows(alike[SHOWN:], language)}")
        lines.append("")
    return "\n".join(lines)


def _rows(faults: list[Fault], language: Language) -> str:
    """In which rows the faults are that are not shown: " (rows 12, 13)"."""
    rows = [str(fault.row) for fault in faults if fault.row is not None]
    if not rows:
        return ""
    if len(rows) > ROWS:
        return language.text(say(" (rows {rows} …)", rows=", ".join(rows[:ROWS])))
    return language.text(say_many(" (row {rows})", " (rows {rows})", len(rows), rows=", ".join(rows)))


def _place(fault: Fault, language: Language) -> str:
    """Where in the sheet: "row 12, quantity: "."""
    parts = [language.text(say("row {row}", row=str(fault.row)))] if fault.row is not None else []
    parts += [fault.column] if fault.column else []
    return ", ".join(parts) + ": " if parts else ""
