"""`solidaria stress`: the books of a site in; what could happen, what shocks would do, what would help out."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from solidaria.cli.output import check_out, place_of, refusal, write_out
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.watch.answer import Answer, Settings, stress
from solidaria.records.books import load_books
from solidaria.report.language import LANGUAGES, Language
from solidaria.report.stress_html import stress_html
from solidaria.report.stress_json import stress_json
from solidaria.report.stress_text import stress_text

FORMATS = ("text", "json", "html")
SUFFIXES = {".txt": "text", ".json": "json", ".html": "html", ".htm": "html"}
MOST_MONTHS = 240
MOST_RUNS = 1_000_000

_EXAMPLE = """\
examples:
  solidaria stress --example zanon-2003 my-books       copy the worked books of a tile plant
  solidaria stress my-books                            read the answer in the terminal
  solidaria stress my-books --format html --open       the page for the assembly, in the browser
  solidaria stress my-books --months 36 --runs 4096    a shorter look, more quickly
  solidaria stress --template my-books.xlsx            empty books, every column explained

BOOKS is a folder of CSV files or one XLSX workbook; docs/stress.md says what is in it and what the answer means.
The answer belongs to the site's assembly: it is written nowhere but where you say.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `stress` to the commands."""
    parser = subparsers.add_parser(
        "stress",
        help="the stress test of one site's books",
        description="Simulate the books of a site month by month: shocks, levers, outcomes, with what is assumed.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("books", type=Path, metavar="BOOKS", help="a folder of CSV files, or an XLSX workbook")
    parser.add_argument("--months", type=_whole(1, MOST_MONTHS), default=60, help="how many months (default 60)")
    parser.add_argument("--runs", type=_whole(2, MOST_RUNS), default=10_240, help="how many runs (default 10240)")
    parser.add_argument("--seed", type=_whole(0, 2**32 - 1), default=1, help="the luck that is drawn (default 1)")
    parser.add_argument("--threads", type=_whole(1, 64), default=os.cpu_count() or 1, help="default: every core")
    parser.add_argument(
        "--format", choices=FORMATS, help="text (default), json or html; else what FILE's name ends in"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to this file, not to standard output")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the words")
    parser.set_defaults(run=run)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"write a whole number from {least} to {most}")
        return value

    number.__name__ = "whole number"
    return number


def run(arguments: argparse.Namespace) -> int:
    """Simulate and write; 0 when done, 1 when the books were refused, 2 when the words do not fit together."""
    language = Language(arguments.lang)
    suffix = arguments.out.suffix.lower() if arguments.out is not None else ""
    form = arguments.format or SUFFIXES.get(suffix, "text")
    try:
        check_out(arguments.out)
        write_out(_answered(arguments, form, Progress(language)), arguments.out)
    except Refused as refused:
        print(refusal(refused, language), file=sys.stderr, end="")
        return 1
    if arguments.out is not None:
        print(language.text(say("Written: {file}", file=str(arguments.out))), file=sys.stderr)
        print(
            language.text(say("It belongs to the site's assembly: keep it where others cannot read it.")),
            file=sys.stderr,
        )
    return 0


def _answered(arguments: argparse.Namespace, form: str, progress: Progress) -> bytes:
    progress(say("Reading {books} …", books=str(arguments.books)))
    books = load_books(arguments.books)
    for warning in books.warnings:
        progress.note(warning)
    settings = Settings(arguments.months, arguments.runs, arguments.seed, arguments.threads)
    answer = stress(books, settings, progress)
    progress(say("Writing …"))
    return written(answer, form, Language(arguments.lang, books.currency))


def written(answer: Answer, form: str, language: Language) -> bytes:
    """The answer in a format."""
    if form == "json":
        return stress_json(answer, language).encode()
    if form == "html":
        return stress_html(answer, language).encode()
    return stress_text(answer, language).encode()


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
        """A warning about the books, with where it is."""
        place = place_of(warning, self.language)
        words = f"{self.language.text(warning.what)} {self.language.text(warning.help)}"
        print(f"          {place}: {words}" if place else f"          {words}", file=sys.stderr, flush=True)
