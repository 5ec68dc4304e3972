"""Writes the tables of docs/stress.md from the program: sheets, figures, the table of evictions.

python tools/stress_page.py            brings the page up to date
python tools/stress_page.py --check    says whether it is, and changes nothing
"""

from __future__ import annotations

import sys
from pathlib import Path

from solidaria.core.watch.figures import EVICTION_ATTEMPTS, FIGURES, Figure
from solidaria.core.watch.parameters import EVICTIONS
from solidaria.core.watch.sheets import SHEETS
from solidaria.core.workbook.cells import plain

PAGE = Path(__file__).resolve().parent.parent / "docs" / "stress.md"
START, END = "<!-- tables: written by tools/stress_page.py -->", "<!-- end of the tables -->"

GROUPS = {
    "site": "The site",
    "money": "Money",
    "work": "Work",
    "assembly": "The assembly",
    "defence": "Defence",
    "assumptions": "Assumptions about the world",
    "thresholds": "Thresholds of the outcomes",
    "questions": "What only levers and shocks set",
}


def tables() -> str:
    """The part of the page that the program knows."""
    lines = ["## The sheets", ""]
    for sheet in SHEETS:
        needed = " (needed)" if sheet.required else ""
        lines += [f"**`{sheet.name}`**{needed}. {sheet.meaning}", "", "| column | meaning |", "|---|---|"]
        for column in sheet.columns:
            name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
            words = f" One of: {', '.join(column.choices)}." if column.kind == "choice" and column.choices else ""
            lines.append(f"| {name} | {column.meaning}{words} |")
        lines.append("")
    lines += ["## The figures of the sheet `site`", ""]
    for group, title in GROUPS.items():
        lines += [f"### {title}", "", "| figure | unit | meaning | blank | range |", "|---|---|---|---|---|"]
        lines += [_figure(figure) for figure in FIGURES if figure.group == group]
        lines.append("")
    lines += ["## The table of evictions that holds where the books have none", ""]
    lines += [
        "Judgements of the authors of this program, 24 November 2026; not estimates. A chance of success, by legal status "
        "and people at the gate; and attempts in a year where the site says nothing.",
        "",
    ]
    people = sorted({row.people for row in EVICTIONS})
    heads = " | ".join(f"{plain(one)} people" for one in people)
    lines.append(f"| legal status | attempts a year (range) | {heads} |")
    lines.append("|---|---|" + "---|" * len(people))
    for status, (value, low, high) in EVICTION_ATTEMPTS.items():
        cells = {row.people: row.success for row in EVICTIONS if row.status == status}
        attempts = f"{plain(value)} ({plain(low)}–{plain(high)})"
        lines.append(f"| {status} | {attempts} | " + " | ".join(plain(cells[one]) for one in people) + " |")
    return "\n".join(lines) + "\n"


def _figure(figure: Figure) -> str:
    name = f"**`{figure.name}`**" if figure.column.required else f"`{figure.name}`"
    blank = "" if figure.value is None else str(figure.value)
    spread = "" if figure.low is None or figure.high is None else f"{plain(figure.low)}–{plain(figure.high)}"
    return f"| {name} | {figure.unit} | {figure.column.meaning} | {blank} | {spread} |"


def page() -> str:
    """The whole page with its tables brought up to date."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(START)
    return f"{head}{START}\n\n{tables()}\n{END}{rest.split(END)[1]}"


def main(words: list[str]) -> int:
    """Write the page, or only check it."""
    new = page()
    if "--check" in words:
        same = new == PAGE.read_text(encoding="utf-8")
        print("docs/stress.md is up to date" if same else "docs/stress.md is behind: python tools/stress_page.py")
        return 0 if same else 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
