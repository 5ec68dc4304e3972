"""The part of `solidaria count` that counts votes on motions: for and against, consent, councils."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from fractions import Fraction

from solidaria.cli.output import write_out
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.voting.consent import ConsentTerms, consent
from solidaria.core.voting.councils import CouncilTerms, check_mandate, council
from solidaria.core.voting.majority import MajorityTerms, Quorum, Share, majority
from solidaria.records.motions import read_consent, read_council, read_motion
from solidaria.report.language import Language
from solidaria.report.motion_bundle import consent_bundle, council_bundle, majority_bundle
from solidaria.report.motions import (
    consent_json,
    consent_text,
    council_json,
    council_text,
    majority_json,
    majority_text,
)

MOTIONS = ("majority", "consent", "council")

#: How a base is named in --needs → what it is called in the terms.
_BASES = {
    "votes": "for and against",
    "for and against": "for and against",
    "cast": "votes cast",
    "votes cast": "votes cast",
    "present": "present",
    "roll": "roll",
}
_NUMBER = r"(?P<number>\d{1,9}(?:[./]\d{1,9})?\s*%?)"
_NEEDS = re.compile(rf"(?P<how>more than|at least)\s+{_NUMBER}(?:\s+of\s+(?P<of>[a-z ]+))?\Z")
_QUORUM = re.compile(
    rf"(?:(?P<how>more than|at least)\s+)?{_NUMBER}(?P<root>\s+root)?(?:\s+(?P<of>present|ballots))?\Z"
)


def add_motion_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of votes on motions."""
    parser.add_argument(
        "--needs",
        action="append",
        type=share,
        metavar="SHARE",
        help="majority, council, approval: what must be reached, such as “more than 1/2 of votes” (the default) or "
        "“at least 2/3 of roll”; of votes (for and against), cast, present or roll. Give it twice where both must be",
    )
    parser.add_argument(
        "--organisations-need",
        action="append",
        type=share,
        metavar="SHARE",
        help="council: the same for the count by organisations, where it is another",
    )
    parser.add_argument("--present", type=_people, metavar="N", help="how many were there")
    parser.add_argument("--roll", type=_people, metavar="N", help="how many may vote")
    parser.add_argument("--second-call", action="store_true", help="a second call, at which any number may decide")
    parser.add_argument(
        "--stand-asides", type=_part, metavar="SHARE", help="consent: at most this share may stand aside"
    )
    parser.add_argument(
        "--carry", choices=("members", "organisations", "both"), help="council: which count must carry (both)"
    )


def _people(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text} is not a number of people")
    return int(text)


def _part(text: str) -> Fraction:
    found = re.fullmatch(_NUMBER, text.strip())
    part = found and _exact(found["number"])
    if part is None or part > 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share: write it as 1/3 or 25%%")
    return part


def _exact(text: str) -> Fraction | None:
    digits = text.replace("%", "").strip()
    if digits.endswith("/0") or re.search(r"/0+\Z", digits):
        return None
    return Fraction(digits) / (100 if "%" in text else 1)


def share(text: str) -> Share:
    """A share as on the command line: "more than 1/2 of votes", "at least 2/3 of roll"."""
    found = _NEEDS.match(" ".join(text.lower().split()))
    of = _BASES.get((found["of"] or "votes").strip()) if found else None
    part = _exact(found["number"]) if found else None
    if found is None or of is None or part is None:
        raise argparse.ArgumentTypeError(
            f"“{text}” is not understood: write it as “more than 1/2 of votes” or “at least 2/3 of roll”; "
            "of votes, cast, present or roll"
        )
    try:
        return Share(of, part, strict=found["how"] == "more than")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}”: {error}") from None


def quorum(text: str) -> Quorum:
    """A quorum as on the command line: "20", "1/3", "more than 50%", "3/2 root", each with "ballots" or "present"."""
    found = _QUORUM.match(" ".join(text.lower().split()))
    amount = _exact(found["number"]) if found else None
    if found is None or amount is None:
        raise argparse.ArgumentTypeError(
            f"“{text}” is not understood: write 20 for so many people, 1/3 for a share of the roll, or 3/2 root for "
            "so many times its square root; then perhaps “ballots” to count those handed in, not those present"
        )
    strict, measure = found["how"] == "more than", found["of"] or "present"
    if found["root"]:
        return Quorum("root", amount, measure, strict)
    if "%" in text or "/" in text or "." in text:
        if amount > 1 or (strict and amount == 1):
            raise argparse.ArgumentTypeError(f"“{text}” is more than the whole roll")
        return Quorum("share", amount, measure, strict)
    return Quorum("number", amount, measure, strict)


def count_motion(arguments: argparse.Namespace, language: Language) -> str:
    """Count a vote on a motion by the rule asked for; the answer as text or JSON."""
    return {"majority": _majority, "consent": _consent, "council": _council}[arguments.rule](arguments, language)


def _write_bundle(arguments: argparse.Namespace, made: str) -> None:
    if arguments.bundle is not None:
        write_out(made.encode("utf-8"), arguments.bundle)


def _refuse(arguments: argparse.Namespace, what: Sentence, help: Sentence) -> Refused:
    return Refused([Fault(arguments.file.name, None, None, what, help)])


def _majority(arguments: argparse.Namespace, language: Language) -> str:
    file = read_motion(arguments.file)
    terms = MajorityTerms(
        tuple(arguments.needs or [Share()]), tuple(arguments.quorum or []), arguments.second_call
    )
    ballots = sum(file.piles.values())
    _check_sizes(arguments, ballots, [each.of for each in terms.shares], () if terms.second_call else terms.quorum)
    result = majority(file.piles, terms, present=arguments.present, roll=arguments.roll)
    _write_bundle(arguments, majority_bundle(result, terms))
    written = {"needs": _written(terms.shares), **_written_quorum(arguments)}
    if arguments.format == "json":
        return majority_json(result, written, language, file.notes)
    return majority_text(result, language, file.notes)


def _consent(arguments: argparse.Namespace, language: Language) -> str:
    file = read_consent(arguments.file)
    terms = ConsentTerms(() if arguments.second_call else tuple(arguments.quorum or []), arguments.stand_asides)
    _check_sizes(arguments, sum(file.piles.values()), [], terms.quorum)
    result = consent(file.piles, file.objections, terms, present=arguments.present, roll=arguments.roll)
    made = consent_bundle(result, file.objections, terms, present=arguments.present, on_the_roll=arguments.roll)
    _write_bundle(arguments, made)
    written = _written_quorum(arguments)
    if terms.stand_asides is not None:
        written["stand asides"] = f"at most {terms.stand_asides}"
    if arguments.format == "json":
        return consent_json(result, file.objections, written, language, file.notes)
    return consent_text(result, file.objections, language, file.notes)


def _council(arguments: argparse.Namespace, language: Language) -> str:
    file = read_council(arguments.file)
    asked = tuple(arguments.quorum or [])
    if any(one.kind == "number" for one in asked):
        raise _refuse(
            arguments,
            say("A quorum of so many people does not fit a council, where organisations and members are counted."),
            say("Write it as a share, such as --quorum 1/2."),
        )
    if arguments.present is not None or arguments.roll is not None:
        raise _refuse(
            arguments,
            say("A council's roll, and who is present, are in its file."),
            say("Leave --present and --roll out; organisations that do not vote have a line with empty votes."),
        )
    faults = [
        fault
        for split in file.splits
        if split.organisation in file.mandates
        for fault in check_mandate(split, file.mandates[split.organisation])
    ]
    if faults:
        raise Refused(faults)
    needs = tuple(arguments.needs or [Share()])
    terms = CouncilTerms(
        arguments.carry or "both",
        MajorityTerms(needs, asked, arguments.second_call),
        MajorityTerms(tuple(arguments.organisations_need or needs), asked, arguments.second_call),
    )
    result = council(file.splits, terms, roll=file.roll)
    _write_bundle(arguments, council_bundle(result, file.splits, terms, file.roll))
    written = {
        "carry": terms.carry,
        "members need": _written(terms.members.shares),
        "organisations need": _written(terms.organisations.shares),
        **_written_quorum(arguments),
    }
    if arguments.format == "json":
        return council_json(result, file.splits, file.roll, written, language, file.notes)
    return council_text(result, file.splits, file.roll, written, language, file.notes)


def _check_sizes(
    arguments: argparse.Namespace, ballots: int, bases: Sequence[str], quorums: Sequence[Quorum]
) -> None:
    """Refuse numbers of people that cannot be, or that the terms need and nobody gave."""
    present, roll = arguments.present, arguments.roll
    faults: list[tuple[Sentence, Sentence]] = []
    if present is None and ("present" in bases or any(one.measure == "present" for one in quorums)):
        faults.append(
            (
                say("The terms count of those present, and nobody said how many that were."),
                say("Say so with --present, or count the ballots handed in: --quorum “1/3 ballots”."),
            )
        )
    if roll is None and ("roll" in bases or any(one.kind != "number" for one in quorums)):
        faults.append(
            (say("The terms count of the roll, and nobody said how many are on it."), say("Say so with --roll."))
        )
    for many, what in (
        (present, say("There are {ballots} ballots, but {many} people present.", ballots=ballots, many=present)),
        (roll, say("There are {ballots} ballots, but {many} people on the roll.", ballots=ballots, many=roll)),
    ):
        if many is not None and many < ballots:
            faults.append((what, say("Look for a ballot counted twice, or for somebody who was not counted.")))
    if present is not None and roll is not None and present > roll:
        faults.append(
            (
                say("{present} people cannot be present with {roll} on the roll.", present=present, roll=roll),
                say("Count those who may vote only."),
            )
        )
    if faults:
        raise Refused([Fault(arguments.file.name, None, None, what, help) for what, help in faults])


def _written(shares: Sequence[Share]) -> str:
    return "; ".join(f"{'more than' if one.strict else 'at least'} {one.share} of {one.of}" for one in shares)


def _written_quorum(arguments: argparse.Namespace) -> dict[str, str]:
    asked: Sequence[Quorum] = arguments.quorum or ()
    kinds = {"share": " of the roll", "number": "", "root": " times the root of the roll"}
    written = "; ".join(
        f"{'more than' if one.strict else 'at least'} {one.amount}{kinds[one.kind]} {one.measure}" for one in asked
    )
    return {"quorum": written or "none"} | ({"second call": "yes"} if arguments.second_call else {})
