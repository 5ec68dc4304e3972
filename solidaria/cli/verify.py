"""`solidaria verify`: proves an exported log without the database: nothing was changed, dropped or reordered."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from solidaria.cli.output import refusal, write_out
from solidaria.cli.speak import add_language
from solidaria.core.logfile import LogFile, Verified, read_log, verify
from solidaria.core.problem import Fault, Refused, say, say_many
from solidaria.core.proof import Checkpoint, read_note
from solidaria.records.signatures import countersign, key_in, public_text, signed_by
from solidaria.report.language import Language

_EXAMPLE = """\
examples:
  solidaria verify taller-hilo.log.json                       is the log what was signed, and by whom
  solidaria verify taller-hilo.log.json --kept last.txt       and does it still begin as you saw it last
  solidaria verify taller-hilo.log.json --key BASE64          and is it signed by the key you know
  solidaria verify taller-hilo.log.json --keep last.txt       keep its checkpoint for the next time
  solidaria verify taller-hilo.log.json --countersign ally.pem --as our-union
                                                              your own signature under it, to paste on its page

FILE comes from the page of an organisation's books: “the log with its proof”. The key file is made where there is none;
keep it away from the server, and keep the checkpoints: they are all you need to find what was rewritten.
Ends with 0 when everything holds and 1 when something does not.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `verify` to the commands."""
    parser = subparsers.add_parser(
        "verify",
        help="prove that an exported log was only ever added to",
        description="Check an exported log of books with its checkpoint and countersignatures, without a database.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the exported log")
    parser.add_argument("--key", default="", metavar="BASE64", help="the log's public key as you know it")
    parser.add_argument(
        "--kept",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint you kept; repeat it",
    )
    parser.add_argument("--keep", type=Path, metavar="CHECKPOINT", help="write the checkpoint there if all holds")
    parser.add_argument("--countersign", type=Path, metavar="KEYFILE", help="sign the checkpoint if all holds")
    parser.add_argument("--as", dest="name", default="ally", metavar="NAME", help="the name you countersign under")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or json")
    add_language(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify; 0 when everything holds, 1 when not."""
    language = Language(arguments.lang)
    try:
        log = read_log(_read(arguments.file), arguments.file.name)
        kept = [_checkpoint(path) for path in arguments.kept]
    except Refused as refused:
        write_out(refusal(refused, language).encode(), None)
        return 1
    own = f"organisation:{log.origin.rpartition('/')[2]}"
    found = verify(log, signed_by, key=arguments.key, kept=kept, own=own)
    line = public = ""
    if not found.faults:
        if arguments.keep is not None:
            write_out(log.note.encode(), arguments.keep)
        if arguments.countersign is not None:
            key = key_in(arguments.countersign)
            line = countersign(read_note(log.note)[0], key, arguments.name, int(time.time())).line
            public = public_text(key)
    answer = (
        _json(log, found, line, public)
        if arguments.format == "json"
        else _text(log, found, language, line, public)
    )
    write_out(answer.encode(), None)
    return 1 if found.faults else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        help = say("Give the file that was downloaded from the page of the books.")
        raise Refused([Fault(str(path), None, None, say("This file cannot be read."), help)]) from None


def _checkpoint(path: Path) -> Checkpoint:
    try:
        return read_note(_read(path))[0]
    except ValueError:
        help = say("Give a file that --keep wrote, or a checkpoint copied whole.")
        raise Refused([Fault(str(path), None, None, say("This is not a checkpoint."), help)]) from None


def _text(log: LogFile, found: Verified, language: Language, line: str, public: str) -> str:
    lines = [
        say(
            "The log of {name}: {count} entries, {size} of them signed.",
            name=log.origin,
            count=len(log.entries),
            size=found.size,
        ),
        say("Root of the tree: {root}", root=found.root or "–"),
    ]
    if not found.faults:
        lines.append(say("Everything holds: nothing was changed, dropped or reordered since it was signed."))
    lines += [
        say("Countersigned by {ally} on {moment}.", ally=ally, moment=datetime.fromtimestamp(at, UTC).isoformat())
        for ally, at in found.witnesses
    ]
    if not found.witnesses:
        lines.append(say("No ally has countersigned it."))
    if found.later > 0:
        lines.append(
            say_many(
                "{count} entry came later and is not signed yet.",
                "{count} entries came later and are not signed yet.",
                found.later,
            )
        )
    if found.faults:
        lines.append(say_many("One thing does not hold:", "{count} things do not hold:", len(found.faults)))
        lines += found.faults
    told = [language.text(one) for one in lines]
    if line:
        told += [
            "",
            language.text(say("Your countersignature, and the public key that goes with it:")),
            line.rstrip(),
            public,
        ]
    return "\n".join(told) + "\n"


def _json(log: LogFile, found: Verified, line: str, public: str) -> str:
    document = {
        "origin": log.origin,
        "entries": len(log.entries),
        "size": found.size,
        "root": found.root,
        "signed": found.signed,
        "witnesses": [{"ally": ally, "time": at} for ally, at in found.witnesses],
        "later": found.later,
        "events": found.events,
        "faults": [str(fault) for fault in found.faults],
        "countersignature": line.rstrip(),
        "public": public,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
