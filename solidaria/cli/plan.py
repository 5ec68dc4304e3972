"""`solidaria plan`: a network on a spreadsheet in; the plan, the prices, who pays and why out."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from solidaria.cli.output import all_faults, check_out, format_of, place_of, refusal, write_out
from solidaria.cli.speak import add_language
from solidaria.core.network import Network
from solidaria.core.plan import plan as make_plan
from solidaria.core.plan.refusals import Refusals, with_pledges
from solidaria.core.price import price
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.result import Result
from solidaria.core.workbook.check import read_network
from solidaria.core.workbook.tables import Tables
from solidaria.records.refusals import read_refusals
from solidaria.records.workbook import read_tables
from solidaria.report.difference import Difference, side_by_side, variant_of
from solidaria.report.html import to_html
from solidaria.report.json import to_json
from solidaria.report.language import Language
from solidaria.report.text import to_text
from solidaria.report.xlsx import input_sheets, to_xlsx

FORMATS = ("text", "json", "html", "xlsx")
#: What the end of a file's name says about the format, where --format does not.
SUFFIXES = {".txt": "text", ".json": "json", ".html": "html", ".htm": "html", ".xlsx": "xlsx"}

_EXAMPLE = """\
examples:
  solidaria plan my-network                                    read it in the terminal
  solidaria plan my-network --format html --open               the page for the assembly, in the browser
  solidaria plan my-network.xlsx --out plan.xlsx --lang es     the workbook with the plan in it
  solidaria plan my-network --refuse refusals.csv              what changes when a site or a union refuses
  solidaria plan my-network --format json --out a.json         for `solidaria compare a.json b.json`

NETWORK is a folder of CSV files or one XLSX workbook; docs/workbook.md says what is in it, and
`solidaria example` copies one to start from. docs/refusals.md says what --refuse reads.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `plan` to the commands."""
    parser = subparsers.add_parser(
        "plan",
        help="plan a network: who makes what for whom, prices, who pays, what is missing",
        description="Plan a network, price the plan, and say who pays and why needs stay unmet.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", type=Path, metavar="NETWORK", help="a folder of CSV files, or an XLSX workbook")
    parser.add_argument(
        "--format", choices=FORMATS, help="text (default), json, html or xlsx; else what FILE's name ends in"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to this file, not to standard output")
    add_language(parser)
    parser.add_argument("--refuse", type=Path, metavar="FILE", help="what assemblies refuse, as CSV or JSON")
    parser.add_argument("--open", action="store_true", help="open the page in the browser (implies html)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Plan and write; 0 when done, 1 when something given was refused, 2 when the words do not fit together."""
    language = Language(arguments.lang)
    form, misuse = _format(arguments)
    if misuse is not None:
        print(language.text(misuse), file=sys.stderr)
        return 2
    try:
        check_out(arguments.out)
        content = _planned(arguments, form, Progress(language))
        out = arguments.out
        if arguments.open and out is None:
            out = Path(tempfile.mkdtemp(prefix="solidaria-")) / "plan.html"
        write_out(content, out)
    except Refused as refused:
        several = len(refused.faults) > 1
        print(
            all_faults(refused.faults, language) if several else refusal(refused, language),
            file=sys.stderr,
            end="",
        )
        return 1
    if out is not None:
        print(language.text(say("Written: {file}", file=str(out))), file=sys.stderr)
    if arguments.open and out is not None:
        webbrowser.open(out.resolve().as_uri())
    return 0


def _format(arguments: argparse.Namespace) -> tuple[str, Sentence | None]:
    """The format that is asked for, and what is wrong with asking so."""
    form, misuse = format_of(arguments.out, SUFFIXES)
    if arguments.format or arguments.open:
        form, misuse = arguments.format or "html", None
    if misuse is not None:
        return form, misuse
    if arguments.open and form != "html":
        return form, say("--open shows the page in the browser: use it with --format html.")
    if form == "xlsx" and arguments.out is None and sys.stdout.isatty():
        return form, say("A spreadsheet cannot be shown in the terminal: add --out plan.xlsx")
    return form, None


def _planned(arguments: argparse.Namespace, form: str, progress: Progress) -> bytes:
    """The whole main job, from the workbook to the bytes of the answer."""
    progress(say("Reading {network} …", network=str(arguments.network)))
    tables = read_tables(arguments.network)
    network = read_network(tables)
    for warning in network.warnings:
        if isinstance(warning, Fault):
            progress.note(warning)
    refusals = read_refusals(arguments.refuse, network) if arguments.refuse is not None else None
    result = planned(network, progress)
    difference = None
    if refusals is not None:
        progress(say("Planning again with the refusals …"))
        result, difference = planned_with(network, refusals, result, progress, progress.language)
    progress(say("Writing …"))
    language = Language(arguments.lang, network.rules.currency)
    return _written(result, tables, language, form, difference, refusals)


def planned(network: Network, progress: Callable[[Sentence], None]) -> Result:
    """The plan of a network and its prices."""
    plan = make_plan(network, progress=progress)
    return Result(network, plan, price(network, plan))


def planned_with(
    network: Network,
    refusals: Refusals,
    before: Result,
    progress: Callable[[Sentence], None],
    language: Language,
) -> tuple[Result, Difference]:
    """The plan with the refusals, beside the plan without."""
    changed = with_pledges(network, refusals.pledges)
    plan = replace(before.plan, network=changed)
    if refusals.lines:
        plan = make_plan(changed, refusals=refusals.lines, progress=progress)
    after = Result(changed, plan, price(changed, plan))
    names = language.text(say("as the workbook says")), language.text(say("with the refusals"))
    return after, side_by_side([variant_of(before, names[0]), variant_of(after, names[1])])


def _written(
    result: Result,
    tables: Tables,
    language: Language,
    form: str,
    difference: Difference | None,
    refusals: Refusals | None,
) -> bytes:
    if form == "json":
        return to_json(result, language, difference).encode()
    if form == "html":
        return to_html(result, language, difference, refusals).encode()
    if form == "xlsx":
        return to_xlsx(result, language, difference, refusals, input_sheets(tables))
    return to_text(result, language, difference, refusals).encode()


class Progress:
    """Says on standard error what is going on: the first line at once, then at most one a second."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.start = time.monotonic()
        self.last = float("-inf")

    def __call__(self, sentence: Sentence) -> None:
        now = time.monotonic()
        if now - self.last >= 1:
            self.last = now
            print(f"{now - self.start:6.0f} s  {self.language.text(sentence)}", file=sys.stderr, flush=True)

    def note(self, warning: Fault) -> None:
        """A warning of the workbook's check, with where it is."""
        text = f"{place_of(warning, self.language)}: {self.language.text(warning.what)} {self.language.text(warning.help)}"
        print(f"          {text}", file=sys.stderr, flush=True)
