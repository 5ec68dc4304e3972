"""`solidaria check`: every fault of a workbook, with what would help; or what was read."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from solidaria.cli.output import all_faults, grouped
from solidaria.cli.speak import add_language
from solidaria.core.network import Network
from solidaria.core.problem import Fault, Refused, Sentence, say, say_many
from solidaria.records.workbook import load_network
from solidaria.report.language import Language

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
            print(all_faults(refused.faults, language), file=sys.stderr, end="")
        return 1
    warnings = [warning for warning in network.warnings if isinstance(warning, Fault)]
    if arguments.format == "json":
        _print_json((), warnings, language)
        return 0
    print(_summary(network, language))
    if warnings:
        print("\n" + language.text(say("Please look at this as well:")))
        print(grouped(warnings, language), end="")
    return 0


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
