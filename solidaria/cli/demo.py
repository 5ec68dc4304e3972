"""`solidaria demo`: a running federation on this machine, with a past, a present round and a future, to try out."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import webbrowser
from datetime import date
from pathlib import Path

import django

import solidaria
from solidaria.cli.output import refusal
from solidaria.cli.serve import prepare, serve
from solidaria.cli.speak import add_language
from solidaria.core.problem import Fault, Refused, say
from solidaria.report.language import Language

#: The file that says: this folder is a trial's, and may be thrown away.
MARK = "solidaria-demo.json"
#: Mandates of the trial hold for a year; after so many days the person is told.
OLD_AFTER = 330
FIRST_PORT = 8000
PORTS_TRIED = 40

_EXAMPLE = """\
examples:
  solidaria demo                 fill ./solidaria-demo once, start, and open the browser
  solidaria demo --no-open       only say the address
  solidaria demo --fresh         throw away what was tried, and start anew
  solidaria demo --large         also all 384 recovered factories of the country (planned while you look around)

Everybody who can reach the address can be anybody in it, so it listens on this machine only. Nothing leaves it.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo` to the commands."""
    parser = subparsers.add_parser(
        "demo",
        help="a running federation on this machine, to try out",
        description="Start a trial of the platform on this machine, filled with three networks and their people.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--home", type=Path, default=Path("solidaria-demo"), help="folder (default: %(default)s)")
    parser.add_argument("--port", type=int, help="the port (default: 8000, or the next free one)")
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")
    parser.add_argument("--fresh", action="store_true", help="throw away what was tried, and start anew")
    parser.add_argument("--large", action="store_true", help="also a network of 384 sites")
    add_language(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fill the folder if need be, and serve until Ctrl-C; 0 when stopped, 1 when refused or not started."""
    language = Language(arguments.lang)
    try:
        home = arguments.home.resolve()
        port = free_port(arguments.port)
        _settings(home)
        status = _ready(home, arguments.fresh, arguments.large, language)
    except Refused as refused:
        print(refusal(refused, language), file=sys.stderr, end="")
        return 1
    if status:
        return status
    threads = min(8, 2 * (os.cpu_count() or 1) + 1)
    address = f"http://localhost:{port}/"
    told = language.text(say("Ctrl-C stops the trial. It runs at {address}", address=address))
    if not arguments.no_open and _has_screen():
        status = serve("127.0.0.1", port, threads, told, lambda: webbrowser.open(address))
    else:
        status = serve("127.0.0.1", port, threads, told)
    kept = say("Stopped. What was tried is kept in {home}; --fresh throws it away.", home=str(arguments.home))
    print(language.text(kept), file=sys.stderr)
    return status


def _settings(home: Path) -> None:
    """The settings of a trial, whatever the environment says of a real server: its own database, this machine only."""
    for name in ("SOLIDARIA_HOSTS", "SOLIDARIA_EMAIL", "SOLIDARIA_EMAIL_FROM", "SOLIDARIA_SECRET_KEY"):
        os.environ.pop(name, None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "solidaria.web.settings"
    os.environ["SOLIDARIA_HOME"] = str(home)
    os.environ["SOLIDARIA_DATABASE"] = f"sqlite:///{home / 'solidaria.sqlite3'}"
    os.environ["SOLIDARIA_HTTPS"] = "no"
    os.environ["SOLIDARIA_DEMO"] = "yes"


def _ready(home: Path, fresh: bool, large: bool, language: Language) -> int:
    """The folder filled and the tables up to date; 0, or the exit status of what went wrong."""
    mark = home / MARK
    if home.exists() and not mark.is_file() and (not home.is_dir() or any(home.iterdir())):
        what = say("{home} is there already and is not a trial's.", home=str(home))
        raise Refused([Fault("", None, None, what, say("Name another folder with --home."))])
    known = json.loads(mark.read_text(encoding="utf-8")) if mark.is_file() else {}
    if home.exists() and (fresh or not known.get("filled")):
        shutil.rmtree(home)
        known = {}
    now = _fingerprint()
    if known.get("program") == now:
        _say_if_old(known["filled"], language)
        return 0
    if not known:
        wait = say("The first start fills the trial in {home}; it takes less than a minute.", home=str(home))
        print(language.text(wait), file=sys.stderr, flush=True)
        home.mkdir(parents=True, mode=0o700)
        _write(mark, {"filled": None})
    prepare(home)
    if not known:
        words = ["fill", language.code, *(["large"] if large else [])]
        status = subprocess.call([sys.executable, "-m", "solidaria.web.process", *words])
        if status:
            return status
    _write(mark, {"filled": known.get("filled") or date.today().isoformat(), "program": now})
    return 0


def _write(mark: Path, what: dict[str, object]) -> None:
    mark.write_text(json.dumps(what) + "\n", encoding="utf-8")


def _fingerprint() -> str:
    """What tells this state of the program from another: when it is the same, tables and style sheets are in place."""
    package = Path(solidaria.__file__).parent
    found = hashlib.sha256(f"{solidaria.__version__} {django.get_version()}".encode())
    for folder in (package / "records" / "migrations", package / "web" / "static"):
        for path in sorted(folder.rglob("*.*")):
            if path.suffix != ".pyc" and path.is_file():
                found.update(f"\n{path.relative_to(package)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:32]


def _say_if_old(filled: str, language: Language) -> None:
    days = (date.today() - date.fromisoformat(filled)).days
    if days > OLD_AFTER:
        old = say(
            "This trial is {days} days old, and its mandates run out after a year: --fresh makes a new one.",
            days=days,
        )
        print(language.text(old), file=sys.stderr)


def free_port(wanted: int | None) -> int:
    """The wanted port, or without one the first free from 8000 on; raises Refused when there is none."""
    for port in [wanted] if wanted is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if _is_free(port):
            return port
    if wanted is None:
        what = say("None of the ports from {first} on is free.", first=str(FIRST_PORT))
    else:
        what = say("Port {port} is taken, or may not be used.", port=str(wanted))
    raise Refused([Fault("", None, None, what, say("Name another one with --port, for example 8765."))])


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        if os.name == "posix":
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def _has_screen() -> bool:
    """Whether a browser window can open here."""
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True
