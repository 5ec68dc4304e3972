"""`solidaria`: one command; each subcommand is a module of its own, loaded only when it is called."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import ModuleType

from solidaria import __version__

#: Subcommand -> what it does, in the order of the loop. Each is a module of this package with
#: `add_arguments(subparsers)` and `run(arguments) -> int`.
COMMANDS = {
    "example": "list the worked networks, copy one, or write an empty workbook",
    "check": "every fault of a workbook, with what would help",
    "plan": "plan a network: who makes what for whom, prices, who pays, what is missing",
    "compare": "put plans side by side",
    "count": "count ballots from a file",
    "stress": "the stress test of one site's books",
    "verify": "prove that an exported log of books was only ever added to",
    "demo": "a running federation on this machine, to try out",
    "serve": "run the platform: needs, plans and prices in the browser",
}

_HELP = """\
usage: solidaria COMMAND ...

The working system of an economy run by assemblies.

commands:
{commands}

  solidaria COMMAND --help     says more, with an example
  solidaria --version          says which version this is

example:
  solidaria example union-tshirts shirts && solidaria plan shirts --format html --open
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused, 2 wrong usage, 130 stopped by Ctrl-C."""
    words = list(sys.argv[1:] if words is None else words)
    if not words or words[0] in ("-h", "--help", "help"):
        lines = [f"  {name:<10} {what}" for name, what in COMMANDS.items()]
        print(_HELP.format(commands="\n".join(lines)), end="", file=sys.stdout if words else sys.stderr)
        return 0 if words else 2
    if words[0] == "--version":
        print(f"solidaria {__version__}")
        return 0
    if words[0] not in COMMANDS:
        print(f"solidaria: there is no command {words[0]!r}. Commands: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    return _run(words)


def _run(words: list[str]) -> int:
    try:
        # Only the command that is called is loaded: `check` should not wait for a solver.
        module = _load(f"solidaria.cli.{words[0]}")
        parser = argparse.ArgumentParser(prog="solidaria")
        module.add_arguments(parser.add_subparsers(required=True))
        arguments = parser.parse_args(words)
        status = int(arguments.run(arguments))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever was reading has had enough (`solidaria plan … | head`): that is no fault of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nStopped. Nothing was written.", file=sys.stderr)
        return 130


def _load(name: str) -> ModuleType:
    """Load a module; Ctrl-C is kept until that is done, and raised then.

    Libraries written in C turn a Ctrl-C that comes while they load into an ImportError of their own.
    """
    if threading.current_thread() is not threading.main_thread():
        return importlib.import_module(name)
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        module = importlib.import_module(name)
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
    return module


if __name__ == "__main__":
    sys.exit(main())
