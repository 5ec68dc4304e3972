"""`solidaria example`: worked networks to look at and copy, and an empty workbook to fill in."""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

import solidaria
from solidaria.cli.output import refusal, write_out
from solidaria.cli.speak import add_language
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.workbook.schema import RULES, SHEETS, Column, Sheet
from solidaria.core.workbook.tables import Table, Tables
from solidaria.records.workbook import write_csv
from solidaria.report.language import Language

#: Rows of the template that have help and lists to choose from.
ROWS = 500

_EXAMPLE = """\
examples:
  solidaria example                                  list the worked networks
  solidaria example union-tshirts my-shirts          copy one into a new folder
  solidaria example --template my-network.xlsx       an empty workbook, every column explained
  solidaria example --template my-network            the same as a folder of CSV files
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `example` to the commands."""
    parser = subparsers.add_parser(
        "example",
        help="list the worked networks, copy one, or write an empty workbook",
        description="Worked networks to look at and copy, and an empty workbook to fill in.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="a worked network")
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="the new folder to copy it to")
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="write an empty workbook: FILE.xlsx, or a new folder"
    )
    add_language(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List, copy or write; 0 when done, 1 when refused, 2 when the words do not fit together."""
    language = Language(arguments.lang)
    try:
        if arguments.template is not None:
            if arguments.name is not None:
                print(language.text(say("Name a network or use --template, not both.")), file=sys.stderr)
                return 2
            _template(arguments.template, language)
        elif arguments.name is None:
            _list(language)
        elif arguments.folder is None:
            print(language.text(say("Say where to copy it: solidaria example NAME DIR")), file=sys.stderr)
            return 2
        else:
            _copy(arguments.name, arguments.folder, language)
    except Refused as refused:
        print(refusal(refused, language), file=sys.stderr, end="")
        return 1
    return 0


def networks() -> dict[str, Path]:
    """The worked networks by name: folders that are installed with the package."""
    folder = Path(solidaria.__file__).parent / "examples"
    found = {entry.name: entry for entry in folder.iterdir() if entry.is_dir()}
    return {name: found[name] for name in sorted(found) if (found[name] / "organisations.csv").is_file()}


def _list(language: Language) -> None:
    print(language.text(say("Worked networks:")))
    for name, folder in networks().items():
        print(f"\n  {name}")
        print(f"    {_about(folder, language.code)}")
    print("\n" + language.text(say("Copy one with: solidaria example NAME DIR")))


def _about(folder: Path, code: str) -> str:
    """The first paragraph of the page of a network, in this language where there is one."""
    page = folder / f"README.{code}.md"
    text = (page if page.is_file() else folder / "README.md").read_text(encoding="utf-8")
    paragraphs = [part.strip() for part in text.split("\n\n")]
    first = next((part for part in paragraphs if part and not part.startswith(("#", "!", "<", "["))), "")
    return " ".join(first.split(" *(")[0].replace("**", "").replace("`", "").split())


def _copy(name: str, folder: Path, language: Language) -> None:
    known = networks()
    if name not in known:
        what = say("There is no worked network {name}.", name=name)
        raise Refused([Fault("", None, None, what, say("Choose one of: {names}.", names=", ".join(known)))])
    _fresh(folder)
    ignore = shutil.ignore_patterns("__pycache__", "*.py")
    _written(folder, lambda: shutil.copytree(known[name], folder, ignore=ignore))
    print(language.text(say("{name} is now in {folder}.", name=name, folder=str(folder))))
    print(language.text(say("Try: solidaria plan {folder}", folder=str(folder))))


def _fresh(path: Path) -> None:
    """Refuse to write over anything."""
    if path.exists():
        what = say("{path} is there already.", path=str(path))
        raise Refused(
            [Fault("", None, None, what, say("Give a name that is not taken; nothing is written over."))]
        )
    if not path.absolute().parent.is_dir():
        what = say("The folder {path} does not exist.", path=str(path.absolute().parent))
        raise Refused([Fault("", None, None, what, say("Make it first, or give another place."))])


def _written(path: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        what = say("{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or str(error))
        raise Refused([Fault("", None, None, what, say("Give a place that you may write to."))]) from error


# --- the empty workbook --------------------------------------------------------------------------


def _template(path: Path, language: Language) -> None:
    _fresh(path)
    if path.suffix.lower() == ".xlsx":
        write_out(template_workbook(language), path)
    elif path.suffix:
        what = say("A template is an .xlsx file or a folder, not {suffix}.", suffix=path.suffix)
        raise Refused([Fault("", None, None, what, say("Write a name such as my-network.xlsx or my-network."))])
    else:
        _written(path, lambda: write_csv(template_tables(), path))
    print(language.text(say("An empty workbook is now in {path}.", path=str(path))))
    print(language.text(say("Fill it in, then: solidaria check {path}", path=str(path))))


def template_tables() -> Tables:
    """Every sheet with its columns and no rows, but the rules with their names."""
    sheets = {}
    for sheet in SHEETS:
        rows = (
            tuple((line, (rule.name,)) for line, rule in enumerate(_rules(), 2)) if sheet.name == "rules" else ()
        )
        sheets[sheet.name] = Table(tuple(column.name for column in sheet.columns), rows)
    return Tables("template", sheets)


def _rules() -> tuple[Column, ...]:
    """The rules that every network needs; the others are explained beside the header."""
    return tuple(rule for rule in RULES if rule.required)


def template_workbook(language: Language) -> bytes:
    """An XLSX workbook with every sheet: help on each header, lists to choose from, required columns marked."""
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True})
    workbook.set_properties({"created": datetime(2000, 1, 1)})
    plain = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#F3E9DA", "font_color": "#2B2320"})
    needed = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#8F2F1B", "font_color": "#FFFFFF"})
    for sheet in SHEETS:
        page = workbook.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        for at, column in enumerate(sheet.columns):
            page.write_string(0, at, column.name, needed if column.required else plain)
            page.write_comment(0, at, _help(sheet, column, language), {"x_scale": 2.2, "y_scale": 1.4})
            page.set_column(at, at, max(12, len(column.name) + 4))
            _choices(page, at, column)
        if sheet.name == "rules":
            for line, rule in enumerate(_rules(), 1):
                page.write_string(line, 0, rule.name)
                page.write_comment(line, 1, language.text(rule.meaning), {"x_scale": 2.2})
            page.data_validation(
                1,
                0,
                ROWS,
                0,
                {"validate": "list", "source": [rule.name for rule in RULES], "error_type": "warning"},
            )
    workbook.close()
    return content.getvalue()


def _help(sheet: Sheet, column: Column, language: Language) -> str:
    """What stands on the header of a column."""
    lines: list[Sentence] = [column.meaning]
    if column.required:
        lines.append(say("It must be filled in."))
    text = "\n".join(language.text(line) for line in lines)
    if column.choices and column.kind == "choice":
        text += "\n" + ", ".join(column.choices)
    if sheet.name == "rules" and column.name == "rule":
        text += "\n" + "\n".join(f"{rule.name}: {language.text(rule.meaning)}" for rule in RULES)
    return text


def _choices(page: Any, at: int, column: Column) -> None:
    """A list to choose from, where a cell can be one of a few words."""
    if column.kind == "choice" and column.choices:
        page.data_validation(1, at, ROWS, at, {"validate": "list", "source": list(column.choices)})
