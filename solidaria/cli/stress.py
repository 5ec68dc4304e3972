"""`solidaria stress`: the books of a site in; what could happen, what shocks would do, what would help out."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import solidaria
from solidaria.cli.output import all_faults, check_out, format_of, place_of, refusal, write_out
from solidaria.cli.speak import add_language
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.watch.answer import Answer, Settings, stress
from solidaria.core.watch.score import seal
from solidaria.core.watch.together import stress_together
from solidaria.records.books import load_books, load_many, with_plan
from solidaria.records.workbook import write_csv
from solidaria.report.language import Language
from solidaria.report.stress_html import stress_html
from solidaria.report.stress_json import stress_json
from solidaria.report.stress_template import template_tables, template_workbook
from solidaria.report.stress_text import stress_text
from solidaria.report.stress_together import together_json, together_text

FORMATS = ("text", "json", "html")
SUFFIXES = {".txt": "text", ".json": "json", ".html": "html", ".htm": "html"}
MOST_MONTHS = 240
MOST_RUNS = 200_000
RUNS, NETWORK_RUNS = 10_240, 512

_EXAMPLE = """\
examples:
  solidaria stress --example zanon-2003 my-books       copy the worked books of a tile plant
  solidaria stress my-books                            read the answer in the terminal
  solidaria stress my-books --format html --open       the page for the assembly, in the browser
  solidaria stress my-books --months 36 --runs 4096    a shorter look, more quickly
  solidaria stress --template my-books.xlsx            empty books, every column explained
  solidaria stress my-books --plan plan.json --site fasinpat --plan-months 12   orders from a plan
  solidaria stress --network our-sites                 sites that trade: a folder with the books of each

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
    parser.add_argument(
        "books", type=Path, nargs="?", metavar="BOOKS", help="a folder of CSV files, or an XLSX workbook"
    )
    parser.add_argument("--network", action="store_true", help="BOOKS is a folder of books of sites that trade")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="take orders and prices from the JSON of a plan")
    parser.add_argument("--site", metavar="ID", help="the id of the site in that plan")
    parser.add_argument("--plan-months", type=_whole(1, 120), metavar="N", help="how many months that plan covers")
    parser.add_argument("--example", nargs=2, metavar=("NAME", "DIR"), help="copy worked books into a new folder")
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="write empty books: FILE.xlsx, or a new folder"
    )
    parser.add_argument("--months", type=_whole(1, MOST_MONTHS), default=60, help="how many months (default 60)")
    parser.add_argument(
        "--runs", type=_whole(2, MOST_RUNS), help="how many runs (default 10240; in a network 512)"
    )
    parser.add_argument("--seed", type=_whole(0, 2**32 - 1), default=1, help="the luck that is drawn (default 1)")
    parser.add_argument("--threads", type=_whole(1, 64), default=os.cpu_count() or 1, help="default: every core")
    parser.add_argument(
        "--format", choices=FORMATS, help="text (default), json or html; else what FILE's name ends in"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to this file, not to standard output")
    parser.add_argument("--open", action="store_true", help="open the page in the browser (implies html)")
    add_language(parser)
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
    """Simulate and write; 0 when done, 1 when something given was refused, 2 when the words do not fit together."""
    language = Language(arguments.lang)
    form, misuse = format_of(arguments.out, SUFFIXES)
    if arguments.format or arguments.open:
        form, misuse = arguments.format or "html", None
    misuse = misuse or _misuse(arguments, form)
    if misuse is not None:
        print(language.text(misuse), file=sys.stderr)
        return 2
    try:
        if arguments.template is not None:
            return _template(arguments.template, language)
        if arguments.example is not None:
            return _copy(arguments.example[0], Path(arguments.example[1]), language)
        check_out(arguments.out)
        content = _answered(arguments, form, Progress(language))
        out = arguments.out
        if arguments.open and out is None:
            out = Path(tempfile.mkdtemp(prefix="solidaria-")) / "stress.html"
        write_out(content, out)
        if out is not None:
            # For its owner's eyes: an answer that others can read by default would not be private.
            out.chmod(0o600)
    except Refused as refused:
        several = len(refused.faults) > 1
        told = all_faults(refused.faults, language) if several else refusal(refused, language)
        print(told, file=sys.stderr, end="")
        return 1
    if out is not None:
        print(language.text(say("Written: {file}", file=str(out))), file=sys.stderr)
        print(
            language.text(say("Its seal for the minutes (SHA-256): {seal}", seal=seal(content))), file=sys.stderr
        )
        print(
            language.text(say("It belongs to the site's assembly: keep it where others cannot read it.")),
            file=sys.stderr,
        )
    if arguments.open and out is not None:
        webbrowser.open(out.resolve().as_uri())
    return 0


def _misuse(arguments: argparse.Namespace, form: str) -> Sentence | None:
    """What is wrong with asking so."""
    jobs = [arguments.books, arguments.template, arguments.example]
    if sum(job is not None for job in jobs) != 1:
        return say("Name the books of a site, or use --example or --template; one of the three.")
    if (arguments.plan is None) != (arguments.site is None) or (arguments.plan is None) != (
        arguments.plan_months is None
    ):
        return say("--plan, --site and --plan-months go together.")
    if arguments.network and (form == "html" or arguments.plan is not None):
        return say("--network gives text or json, without --plan.")
    if arguments.open and form != "html":
        return say("--open shows the page in the browser: use it with --format html.")
    return None


def _answered(arguments: argparse.Namespace, form: str, progress: Progress) -> bytes:
    progress(say("Reading {books} …", books=str(arguments.books)))
    if arguments.network:
        return _together(arguments, form, progress)
    books = load_books(arguments.books)
    if arguments.plan is not None:
        books = with_plan(books, arguments.plan, arguments.site, arguments.plan_months)
    for warning in books.warnings:
        progress.note(warning)
    settings = Settings(arguments.months, arguments.runs or RUNS, arguments.seed, arguments.threads)
    answer = stress(books, settings, progress)
    progress(say("Writing …"))
    return written(answer, form, Language(arguments.lang, books.currency))


def _together(arguments: argparse.Namespace, form: str, progress: Progress) -> bytes:
    many = load_many(arguments.books)
    for name, books in many.books.items():
        for warning in books.warnings:
            progress.note(replace(warning, sheet=f"{name}/{warning.sheet}"))
    progress(say("Simulating {count} sites together …", count=len(many.books)))
    answer = stress_together(
        many.books,
        [(one.buyer, one.supplier, one.share) for one in many.trade],
        many.figures,
        months=arguments.months,
        runs=arguments.runs or NETWORK_RUNS,
        seed=arguments.seed,
        threads=arguments.threads,
    )
    language = Language(arguments.lang, next(iter(many.books.values())).currency)
    make = together_json if form == "json" else together_text
    return make(many.name, answer, language).encode()


def worked_books() -> dict[str, Path]:
    """The worked books by name: folders that are installed with the package."""
    folder = Path(solidaria.__file__).parent / "examples"
    found = {entry.name.removeprefix("books-"): entry for entry in folder.glob("books-*") if entry.is_dir()}
    return {name: found[name] for name in sorted(found)}


def _copy(name: str, folder: Path, language: Language) -> int:
    known = worked_books()
    if name not in known:
        what = say("There are no worked books {name}.", name=name)
        raise Refused([Fault("", None, None, what, say("Choose one of: {names}.", names=", ".join(known)))])
    _fresh(folder)
    ignore = shutil.ignore_patterns("__pycache__", "*.py")
    _written(folder, lambda: shutil.copytree(known[name], folder, ignore=ignore))
    print(language.text(say("{name} is now in {folder}.", name=name, folder=str(folder))))
    print(language.text(say("Try: solidaria stress {folder}", folder=str(folder))))
    return 0


def _template(path: Path, language: Language) -> int:
    _fresh(path)
    if path.suffix.lower() == ".xlsx":
        write_out(template_workbook(language), path)
    elif path.suffix:
        what = say("A template is an .xlsx file or a folder, not {suffix}.", suffix=path.suffix)
        raise Refused([Fault("", None, None, what, say("Write a name such as my-books.xlsx or my-books."))])
    else:
        _written(path, lambda: write_csv(template_tables(language), path))
    print(language.text(say("Empty books are now in {path}.", path=str(path))))
    print(language.text(say("Fill them in, then: solidaria stress {path}", path=str(path))))
    return 0


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
