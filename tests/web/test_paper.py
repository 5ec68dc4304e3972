"""What people typed is text on paper, too: no sign of it is a command to the program that sets the page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from solidaria.web.pdf import paper

#: What would be a command, a formula, a heading, a reference or a comment in a typst file, or break out of its text.
HOSTILE = (
    '#read("/etc/passwd")',
    '#eval("1 + 1")',
    '#import "@preview/evil:1.0.0": *',
    '#include "/etc/passwd"',
    "#{ while true {} }",
    "= No heading",
    "$ integral $",
    "*not strong* _not emphasised_ `not raw`",
    "<label> @reference",
    "// no comment",
    "/* no comment */",
    '"] #read("/etc/passwd") [',
    '\\u{41} \\" \\\\ ]) }',
    "=HYPERLINK(1)",
)


def test_minutes_with_hostile_texts_are_set_as_they_were_typed(tmp_path: Path) -> None:
    parts = [("text", text) for text in HOSTILE]
    made = paper(HOSTILE[0], HOSTILE[2], parts, language="en", footer=HOSTILE[11])
    assert made.startswith(b"%PDF")
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler) reads the text back, and it is not installed here")
    (tmp_path / "minutes.pdf").write_bytes(made)
    ended = subprocess.run(
        [program, "-layout", str(tmp_path / "minutes.pdf"), "-"], capture_output=True, text=True, check=True
    )
    said = " ".join(ended.stdout.split())
    assert "root:" not in said
    for text in HOSTILE:
        assert " ".join(text.split()) in said, text
