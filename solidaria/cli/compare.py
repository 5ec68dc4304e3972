"""`solidaria compare`: plans side by side, from the JSON that `solidaria plan` wrote."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from solidaria.cli.output import check_out, format_of, refusal, write_out
from solidaria.cli.speak import add_language
from solidaria.core.problem import Fault, Refused, say
from solidaria.report.difference import Difference, Variant, side_by_side
from solidaria.report.html import compare_html
from solidaria.report.json import difference_values, read_result_json, written
from solidaria.report.language import Language
from solidaria.report.text import compare_text

FORMATS = ("text", "json", "html")
SUFFIXES = {".txt": "text", ".json": "json", ".html": "html", ".htm": "html"}
#: A plan of the largest networks stays below this.
MOST_BYTES = 1_000_000_000

_EXAMPLE = """\
example:
  solidaria plan my-network --format json --out now.json
  solidaria plan my-network --refuse refusals.csv --format json --out refused.json
  solidaria compare now.json refused.json

The first plan is the one the others are held against. Give a file a name in the table with NAME=FILE:
  solidaria compare today=now.json "two shifts=shifts.json" --format html --out compare.html
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `compare` to the commands."""
    parser = subparsers.add_parser(
        "compare",
        help="put plans side by side: who gains, who loses, what it costs",
        description="Put two or more plans side by side, each from the JSON that `solidaria plan` wrote.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("plans", nargs="+", metavar="PLAN", help="JSON files of plans, or NAME=FILE")
    parser.add_argument("--format", choices=FORMATS, help="text (default), json or html")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to this file, not to standard output")
    add_language(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and write; 0 when done, 1 when a file was refused, 2 when there is nothing to compare."""
    language = Language(arguments.lang)
    if len(arguments.plans) < 2:
        print(language.text(say("Give two plans or more to put side by side.")), file=sys.stderr)
        return 2
    named, misuse = format_of(arguments.out, SUFFIXES)
    if misuse is not None and arguments.format is None:
        print(language.text(misuse), file=sys.stderr)
        return 2
    form = arguments.format or named
    try:
        check_out(arguments.out)
        difference = side_by_side(read_plans(arguments.plans))
        language = Language(arguments.lang, difference.variants[0].currency)
        write_out(_written(difference, language, form).encode(), arguments.out)
    except Refused as refused:
        print(refusal(refused, language), file=sys.stderr, end="")
        return 1
    return 0


def read_plans(words: list[str]) -> list[Variant]:
    """The plans the words name, each FILE or NAME=FILE.

    Raises Refused with the faults of all files at once, and when the plans count in different currencies.
    """
    faults: list[Fault] = []
    variants = []
    named = [_named(word) for word in words]
    names = [name for name, _ in named]
    for name, path in named:
        # Two files of one name in different folders are told apart by their whole path.
        name = str(path) if names.count(name) > 1 else name
        try:
            variants.append(read_result_json(_text(path), name))
        except Refused as refused:
            faults.extend(refused.faults)
    if faults:
        raise Refused(faults)
    _same_currency(variants)
    return variants


def _same_currency(variants: list[Variant]) -> None:
    currencies = sorted({variant.currency for variant in variants})
    if len(currencies) > 1:
        what = say("The plans count in different currencies: {list}.", list=", ".join(currencies))
        raise Refused([Fault("", None, None, what, say("Compare plans of one currency."))])


def _named(word: str) -> tuple[str, Path]:
    """The name of a plan in the tables, and its file; a file with = in its own name is taken as a file."""
    name, equals, rest = word.partition("=")
    if equals and name and rest and not Path(word).exists():
        return name, Path(rest)
    return Path(word).stem, Path(word)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            what = say("The file is larger than {most} MB.", most=MOST_BYTES // 1_000_000)
            raise Refused([Fault(str(path), None, None, what, say("Give the JSON of one plan."))])
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        what = say("This file cannot be read: {reason}.", reason=error.strerror or str(error))
        help = say("Give the JSON file that solidaria plan NETWORK --format json --out FILE wrote.")
        raise Refused([Fault(str(path), None, None, what, help)]) from None
    except UnicodeDecodeError:
        what = say("The file is not text in UTF-8.")
        raise Refused([Fault(str(path), None, None, what, say("Give the JSON of one plan."))]) from None


def _written(difference: Difference, language: Language, form: str) -> str:
    if form == "json":
        return written(difference_values(difference))
    if form == "html":
        return compare_html(difference, language)
    return compare_text(difference, language)
