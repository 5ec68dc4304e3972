"""`solidaria verify`: proves books without trusting their server: nothing was changed, dropped or reordered."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from solidaria.cli.output import refusal, write_out
from solidaria.cli.server import Server, answered, server_at
from solidaria.cli.speak import add_language
from solidaria.core.books import OUTSIDE, Event, agent, amount_of, is_money
from solidaria.core.logfile import FORMAT, LogFile, Verified, read_log, verify
from solidaria.core.problem import Fault, Refused, Sentence, say, say_many
from solidaria.core.proof import Checkpoint, read_note
from solidaria.core.prooffile import EntryProof, Growth, Proved, prove_entry, prove_growth, read_proof
from solidaria.records.logs import database_of, logs_in, sums_of, verified
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
  solidaria verify taller-hilo.entry-7.json --kept last.txt   does this one entry stand in the log
  solidaria verify taller-hilo.growth.json --kept last.txt    did the log only grow since then
  solidaria verify https://example.org/o/taller-hilo --kept last.txt --keep last.txt
                                                              the same of a running server, from its open books
  SOLIDARIA_KEY=SOL-… solidaria verify https://example.org/o/taller-hilo
                                                              the whole log, with the key of a member
  solidaria verify solidaria-data                             every log in the folder of a server

Files come from the pages of an organisation's books: “the log with its proof”, “proof of this entry”. The key file is made
where there is none; keep it away from the server, and keep the checkpoints: they are all you need to find what was
rewritten. A folder is only read; where the server has PostgreSQL, set SOLIDARIA_DATABASE as it does.
Ends with 0 when everything holds and 1 when something does not.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `verify` to the commands."""
    parser = subparsers.add_parser(
        "verify",
        help="prove that books were only ever added to",
        description="Check a log of books, a proof from one, or the books of a running server, without trusting it.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what", metavar="FILE", help="a file, the folder of a server, or the address of open books"
    )
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
    parser.add_argument(
        "--only", default="", metavar="ID", help="of a folder: the books of this organisation alone"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or json")
    add_language(parser)
    parser.set_defaults(run=run)


class Found:
    """What was proved of one log or proof: what is told, in which order, and whether it holds."""

    def __init__(
        self, name: str, note: str, told: list[Sentence], faults: list[Sentence], more: dict[str, Any]
    ) -> None:
        self.name, self.note, self.told, self.faults, self.more = name, note, told, faults, more


def run(arguments: argparse.Namespace) -> int:
    """Verify; 0 when everything holds, 1 when not."""
    language = Language(arguments.lang)
    try:
        kept = [_checkpoint(path) for path in arguments.kept]
        found = _found(arguments, kept)
        if arguments.keep is not None or arguments.countersign is not None:
            _one(found)
    except Refused as refused:
        write_out(refusal(refused, language).encode(), None)
        return 1
    line = public = ""
    if not any(one.faults for one in found):
        try:
            line, public = _signed(arguments, found)
        except Refused as refused:
            write_out(refusal(refused, language).encode(), None)
            return 1
    if arguments.format == "json":
        documents = [
            {
                "origin": one.name,
                **one.more,
                "faults": [str(fault) for fault in one.faults],
                "countersignature": line.rstrip(),
                "public": public,
            }
            for one in found
        ]
        answer = (
            json.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=False, indent=2) + "\n"
        )
    else:
        answer = "\n".join(_text(one, language) for one in found)
        if line:
            told = language.text(say("Your countersignature, and the public key that goes with it:"))
            answer += f"\n{told}\n{line.rstrip()}\n{public}\n"
    write_out(answer.encode(), None)
    return 1 if any(one.faults for one in found) else 0


def _signed(arguments: argparse.Namespace, found: list[Found]) -> tuple[str, str]:
    """Keep and countersign the checkpoint, as asked; the line and the public key where it was countersigned."""
    if arguments.keep is not None:
        write_out(found[0].note.encode(), arguments.keep)
    if arguments.countersign is None:
        return "", ""
    key = key_in(arguments.countersign)
    line = countersign(read_note(found[0].note)[0], key, arguments.name, int(time.time())).line
    return line, public_text(key)


def _one(found: list[Found]) -> None:
    if len(found) != 1 or not found[0].note:
        help = say("Name one organisation with --only, and let it sign the state of its books first.")
        raise Refused([Fault("", None, None, say("There is not one checkpoint here to keep or to sign."), help)])


def _found(arguments: argparse.Namespace, kept: list[Checkpoint]) -> list[Found]:
    """What there is to prove, proved."""
    what = arguments.what
    if what.startswith(("http://", "https://")):
        return [_of_server(server_at(what, os.environ.get("SOLIDARIA_KEY", "")), arguments.key, kept)]
    path = Path(what)
    if path.is_dir():
        return _of_folder(path, arguments, kept)
    text = _read(path)
    if f'"{FORMAT}"' in text[:200] or '"solidaria ' not in text[:200]:
        return [_of_log(read_log(text, path.name), arguments.key, kept)]
    return [_of_proof(read_proof(text, path.name), arguments.key, kept)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        help = say("Give a file that was downloaded from a page of the books, a folder or an address.")
        raise Refused([Fault(str(path), None, None, say("This file cannot be read."), help)]) from None


def _checkpoint(path: Path) -> Checkpoint:
    try:
        return read_note(_read(path))[0]
    except ValueError:
        help = say("Give a file that --keep wrote, or a checkpoint copied whole.")
        raise Refused([Fault(str(path), None, None, say("This is not a checkpoint."), help)]) from None


# --- a log ---


def _of_log(log: LogFile, key: str, kept: Sequence[Checkpoint], found: Verified | None = None) -> Found:
    if found is None:
        own = agent(log.origin.rpartition("/")[2])
        found = verify(log, signed_by, key=key, kept=kept, own=own)
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
    lines += _witnessed(found.witnesses)
    if found.later > 0:
        lines.append(
            say_many(
                "{count} entry came later and is not signed yet.",
                "{count} entries came later and are not signed yet.",
                found.later,
            )
        )
    more = {
        "entries": len(log.entries),
        "size": found.size,
        "root": found.root,
        "signed": found.signed,
        "witnesses": [{"ally": ally, "time": at} for ally, at in found.witnesses],
        "later": found.later,
        "events": found.events,
    }
    return Found(log.origin, log.note, lines, found.faults, more)


def _of_folder(home: Path, arguments: argparse.Namespace, kept: Sequence[Checkpoint]) -> list[Found]:
    address = database_of(home, os.environ.get("SOLIDARIA_DATABASE", ""))
    found = []
    for one in logs_in(address, arguments.only):
        if one.file.note:
            proved = verified(one, key=arguments.key, checkpoints=kept)
            found.append(_of_log(one.file, arguments.key, kept, proved))
        else:
            lines = [
                say(
                    "The log of {name}: {count} entries, none of them signed.",
                    name=one.file.origin,
                    count=len(one.file.entries),
                )
            ]
            more = {"entries": len(one.file.entries), "size": 0}
            missing = [
                say("A checkpoint was kept, and the server has none.")
                for each in kept
                if each.origin == one.file.origin
            ]
            found.append(Found(one.file.origin, "", lines, [*one.faults, *missing], more))
    known = {one.name for one in found}
    gone = [each for each in kept if each.origin not in known]
    if not found or gone:
        name = gone[0].origin if gone else arguments.only or str(home)
        help = say("Check the folder and the id; if they are right, the log was taken away.")
        raise Refused([Fault(str(home), None, None, say("There is no log of {name} here.", name=name), help)])
    return found


# --- a running server ---


def _of_server(server: Server, key: str, kept: Sequence[Checkpoint]) -> Found:
    """The whole log where the reader has a key of a member; else the checkpoint, and that the log only grew."""
    if server.key:
        log = read_log(answered(server, "books/log"), server.address)
        found = _of_log(log, key, kept)
        found.faults += _other_sums(log, json.loads(answered(server, "books")))
        return found
    told = json.loads(answered(server, "open-books/checkpoint"))
    try:
        earlier = max(kept, key=lambda one: one.size, default=None)
        note = str(told["note"])
        size = read_note(note)[0].size if earlier is None else earlier.size
    except (ValueError, KeyError, TypeError):
        raise _strange(server) from None
    proof = read_proof(answered(server, f"open-books/growth/{size}"), server.address)
    found = _of_proof(proof, key, [earlier] if earlier is not None else [])
    if not isinstance(proof, Growth) or proof.later != note:
        found.faults.append(say("The server shows one checkpoint and proves another."))
    return found


def _other_sums(log: LogFile, books: Mapping[str, Any]) -> list[Sentence]:
    """Where what the server shows as held is not what the events in the log add up to."""
    try:
        shown = {row["resource"]: (Decimal(row["right"]), Decimal(row["hand"])) for row in books["balances"]}
    except (KeyError, TypeError, ArithmeticError):
        return [say("The balances of the server cannot be read.")]
    added = sums_of(log, agent(log.origin.rpartition("/")[2]))
    real = {
        resource: (amount_of(one, resource), amount_of(other, resource))
        for resource, (one, other) in added.items()
    }
    none = (Decimal(0), Decimal(0))
    return [
        say("The server shows another balance of {resource} than the log adds up to.", resource=resource)
        for resource in sorted({*shown, *real})
        if shown.get(resource, none) != real.get(resource, none)
    ]


def _strange(server: Server) -> Refused:
    help = say("Check the address: it is that of an organisation, as https://example.org/o/taller-hilo.")
    return Refused(
        [Fault(server.address, None, None, say("This server does not answer as Solidaria does."), help)]
    )


# --- proofs ---


def _of_proof(proof: EntryProof | Growth, key: str, kept: Sequence[Checkpoint]) -> Found:
    if isinstance(proof, Growth):
        found = prove_growth(proof, signed_by, key=key, kept=kept)
        lines = [
            say(
                "The log of {name}: {earlier} entries then, {later} now.",
                name=proof.origin,
                earlier=found.earlier.size if found.earlier else "–",
                later=found.checkpoint.size if found.checkpoint else "–",
            )
        ]
        if not found.faults:
            lines.append(say("Everything holds: the log only grew."))
        more = {**_more(found), "earlier": found.earlier.size if found.earlier else None}
        return Found(proof.origin, proof.later, lines + _witnessed(found.witnesses), found.faults, more)
    found = prove_entry(proof, signed_by, key=key, kept=kept)
    lines = [
        say(
            "Entry {place} of {size} in the log of {name}.",
            place=proof.place,
            size=found.checkpoint.size if found.checkpoint else "–",
            name=proof.origin,
        )
    ]
    lines.append(_event(found.event) if found.event else say("It says: {entry}", entry=proof.entry))
    if not found.faults:
        lines.append(say("It holds: this entry stands in the log that was signed, exactly like this."))
    return Found(
        proof.origin,
        proof.note,
        lines + _witnessed(found.witnesses),
        found.faults,
        {**_more(found), "place": proof.place, "entry": proof.entry},
    )


def _more(found: Proved) -> dict[str, Any]:
    return {
        "size": found.checkpoint.size if found.checkpoint else 0,
        "root": found.checkpoint.root.hex() if found.checkpoint else "",
        "signed": found.signed,
        "witnesses": [{"ally": ally, "time": at} for ally, at in found.witnesses],
    }


def _event(event: Event) -> Sentence:
    money = is_money(event.resource)
    much = amount_of(event.effort, "hours") if event.effort else amount_of(event.amount, event.resource)
    unit = "hours" if event.effort else event.resource.partition(":")[2] if money else event.unit
    return say(
        "{day}: {action} ({part}), {amount} {unit}, from {provider} to {receiver}; written down by {by} on {recorded}.",
        day=event.day,
        action=event.action,
        part=event.part,
        amount=f"{much:f}",
        unit=unit,
        provider=_who(event.provider),
        receiver=_who(event.receiver),
        by=event.by,
        recorded=event.recorded,
    )


def _who(agent: str) -> str | Sentence:
    return say("outside") if agent == OUTSIDE else agent.partition(":")[2] or agent


def _witnessed(witnesses: Sequence[tuple[str, int]]) -> list[Sentence]:
    if not witnesses:
        return [say("No ally has countersigned it.")]
    return [
        say("Countersigned by {ally} on {moment}.", ally=ally, moment=datetime.fromtimestamp(at, UTC).isoformat())
        for ally, at in witnesses
    ]


def _text(one: Found, language: Language) -> str:
    lines = list(one.told)
    if one.faults:
        lines.append(say_many("One thing does not hold:", "{count} things do not hold:", len(one.faults)))
        lines += one.faults
    return "\n".join(language.text(line) for line in lines) + "\n"
