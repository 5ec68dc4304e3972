"""Where a command's answer goes: a file that is whole or not there, or standard output; and its refusals."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from solidaria.core.problem import Fault, Refused, say
from solidaria.report.language import Language


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
