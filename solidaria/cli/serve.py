"""`solidaria serve`: the platform, with a worker that makes the plans."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import django
from django.core.management import call_command

#: The program that makes the plans (solidaria/web/process.py).
WORKER = (sys.executable, "-m", "solidaria.web.process", "worker")

_EXAMPLE = """\
examples:
  solidaria serve                                  on this machine only: http://localhost:8000
  solidaria serve --address 0.0.0.0 --port 8000    behind a web server that speaks https
  solidaria serve --worker                         only a worker, beside a server that runs already

What else can be set is in docs/server.md: the database, the names it answers to, e-mail.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `serve` to the commands."""
    parser = subparsers.add_parser(
        "serve",
        help="run the platform: needs, plans and prices in the browser",
        description="Run the platform and a worker that makes the plans, until Ctrl-C.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--address", default="127.0.0.1", help="the address to listen at (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="the port (default: 8000)")
    parser.add_argument("--home", type=Path, help="folder for database and secret key (default: ./solidaria-data)")
    parser.add_argument("--threads", type=int, default=16, help="threads that answer (default: 16)")
    parser.add_argument("--worker", action="store_true", help="make plans only, answer no pages")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped; 0 when stopped, 1 when the server could not start."""
    prepare(arguments.home)
    if arguments.worker:
        return worker()
    return serve(arguments.address, arguments.port, arguments.threads)


def prepare(home: Path | None) -> None:
    """Settings loaded, tables up to date, style sheets gathered."""
    if home is not None:
        os.environ["SOLIDARIA_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solidaria.web.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def worker() -> int:
    """Make plans until the process is asked to stop."""
    asked = _asked_to_stop()
    process = _start(WORKER)
    try:
        while process.poll() is None and not asked.wait(0.3):
            pass
        return 0 if asked.is_set() else 1
    finally:
        _stop([process])


def serve(address: str, port: int, threads: int, ready: str = "", then: Callable[[], object] | None = None) -> int:
    """The pages and one worker, each a process; when one ends, the other is stopped.

    0 when asked to stop, by Ctrl-C or by a service manager; 1 when one of the two ended by itself.
    ready   said on standard error once the server answers
    then    called once after that
    """
    asked = _asked_to_stop()
    server = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", address, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning"),
        "solidaria.web.wsgi:application",
    ]
    running = [_start(server), _start(WORKER)]
    try:
        answers = False
        while all(one.poll() is None for one in running) and not asked.wait(0.3 if answers else 0.1):
            if not answers and _answers(address, port):
                answers = True
                print(ready or f"http://localhost:{port}", file=sys.stderr, flush=True)
                if then is not None:
                    then()
        return 0 if asked.is_set() else 1
    finally:
        _stop(running)


def _asked_to_stop() -> threading.Event:
    """Set once somebody asks the program to stop; asking again changes nothing, so that it always ends in order."""
    asked = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda _number, _frame: asked.set())
    return asked


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process out of reach of the terminal's Ctrl-C: only this one hears it, and ends the others in order."""
    return subprocess.Popen(command, process_group=0 if os.name == "posix" else None)


def _answers(address: str, port: int) -> bool:
    """Whether somebody listens there."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    try:
        with socket.create_connection((here, port), timeout=1):
            return True
    except OSError:
        return False


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    """End the processes: asked to first, made to after ten seconds."""
    for one in running:
        one.terminate()
    for one in running:
        try:
            one.wait(10)
        except subprocess.TimeoutExpired:
            one.kill()
