"""`solidaria check`: every fault of a workbook, with what would help; or what was read."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from solidaria.cli.speak import add_language
from solidaria.core.network import Network
from solidaria.core.problem import Fault, Refused, Sentence, say, say_many
from solidaria.records.workbook import load_network
from solidaria.report.language import Language

#: Faults of one kind in one column that are shown before the rest is only counted.
SHOWN = 5
#: Of the rest, so many rows are named.
ROWS = 10

_EXAMPLE = """\
examples:
  solidaria check my-network
  solidaria check my-network.xlsx --lang es
  solidaria check my-network --format json      every fault, for programs

NETWORK is a folder of CSV files or one XLSX workbook; docs/workbook.md says what is in it.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check` to the commands."""
    parser = subparsers.add_parser(
        "check",
        help="every fault of a workbook, with what would help",
        description="Read a workbook and say everything that is wrong with it at once.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", type=Path, metavar="NETWORK", help="a folder of CSV files, or an XLSX workbook")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or json")
    add_language(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and say; 0 when the workbook can be planned, 1 when it is refused."""
    language = Language(arguments.lang)
    try:
        network = load_network(arguments.network)
    except Refused as refused:
        if arguments.format == "json":
            _print_json(refused.faults, (), language)
        else:
            print(_counted(refused.faults, language), file=sys.stderr, end="")
        return 1
    warnings = [warning for warning in network.warnings if isinstance(warning, Fault)]
    if arguments.format == "json":
        _print_json((), warnings, language)
        return 0
    print(_summary(network, language))
    if warnings:
        print("\n" + language.text(say("Please look at this as well:")))
        print(_grouped(warnings, language), end="")
    return 0


def _counted(faults: tuple[Fault, ...], language: Language) -> str:
    """All faults, grouped, with how many there are before and after them."""
    count = say_many(
        "One thing is wrong; nothing was read.", "{count} things are wrong; nothing was read.", len(faults)
    )
    end = say_many(
        "Correct it and run the same command again.", "Correct them and run the same command again.", len(faults)
    )
    return f"{language.text(count)}\n\n{_grouped(faults, language)}\n{language.text(end)}\n"


def _grouped(faults: Iterable[Fault], language: Language) -> str:
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


def _print_json(faults: Iterable[Fault], warnings: Iterable[Fault], language: Language) -> None:
    def values(fault: Fault) -> dict[str, object]:
        return {
            "sheet": fault.sheet,
            "row": fault.row,
            "column": fault.column,
            "what": language.text(fault.what),
            "help": language.text(fault.help),
        }

    answer = {"faults": [values(fault) for fault in faults], "warnings": [values(fault) for fault in warnings]}
    print(json.dumps(answer, ensure_ascii=False, indent=1))


def _summary(network: Network, language: Language) -> str:
    """What was read, in numbers."""
    counts: list[Sentence] = [
        say_many("{count} organisation", "{count} organisations", len(network.organisations)),
        say_many("{count} site", "{count} sites", len(network.sites)),
        say_many("{count} product", "{count} products", len(network.products)),
        say_many("{count} recipe", "{count} recipes", len(network.recipes)),
        say_many("{count} need", "{count} needs", len(network.needs)),
        say_many("{count} promise", "{count} promises", len(network.promises)),
        say_many("{count} period", "{count} periods", len(network.periods)),
    ]
    read = ", ".join(language.text(count) for count in counts if count.count)
    good = say("{name} can be planned: nothing is wrong.", name=network.name)
    return f"{language.text(good)}\n{read}."
