"""The tutorial is true: its files and commands are tried in the order in which they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from solidaria.cli.main import main

TUTORIAL = Path(__file__).resolve().parent.parent / "docs" / "tutorial.md"
TEXT = TUTORIAL.read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Every fenced block: what stands after the fence, and what is in it."""
    for found in re.finditer(r"^```(\S+.*?)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield found.group(1), found.group(2)


def sheets_filled_in(text: str) -> set[str]:
    """The sheets that the reader fills in."""
    return {kind.split()[1] for kind, _ in blocks(text) if kind.startswith("csv ")}


def said_by(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run one command of the tutorial: its exit status, and all that it says, in one line."""
    words = shlex.split(command)
    assert words[0] == "solidaria"
    try:
        status = main(words[1:])
    except SystemExit as end:
        status = int(end.code or 0)
    heard = capsys.readouterr()
    return status, " ".join((heard.out + heard.err).split())


def test_the_tutorial_works_from_the_empty_workbook_to_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files are written, commands run, and every line shown below a command is what it says."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "saturday"
    tried = 0
    for kind, body in blocks(TEXT):
        if kind.startswith("csv "):
            (folder / f"{kind.split()[1]}.csv").write_text(body, encoding="utf-8")
            continue
        assert kind in ("console", "console refused"), kind
        command, *shown = body.splitlines()
        status, said = said_by(command.removeprefix("$ "), capsys)
        assert status == (1 if kind == "console refused" else 0), said
        for line in " ".join(" ".join(shown).split()).split(" … "):
            assert line.strip("… ") in said, said
        tried += 1
    assert len(sheets_filled_in(TEXT)) == 10 < len(list(folder.glob("*.csv")))
    assert tried >= 6
    page = (tmp_path / "saturday.html").read_text(encoding="utf-8")
    assert "Escuela Norte" in page and "Hilo Rojo" in page
