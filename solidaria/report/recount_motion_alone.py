"""Recount a vote on a motion from its bundle, with Python and nothing else.

    python3 recount_motion_alone.py bundle.json           says whether the recount is the published result
    python3 recount_motion_alone.py bundle.json --print   prints the recount itself

For whoever does not trust the program that counted: this file shares nothing with it. It reads the votes and the
terms from the bundle, counts again, writes the result in the same form and compares byte for byte.
Rules: majority/1, consent/1, council/1. What a bundle looks like is in docs/counting.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

Found = dict[str, Any]


def main(words: Sequence[str]) -> int:
    """Recount the bundle named; 0 when the result is the published one, 1 when it is not, 2 for wrong usage."""
    names = [word for word in words if not word.startswith("--")]
    if len(names) != 1 or set(words) - set(names) - {"--print"}:
        print(__doc__.strip())
        return 2
    with open(names[0], encoding="utf-8") as file:
        bundle = json.load(file)
    if bundle.get("bundle") != "solidaria-motion/1" or bundle.get("rule") not in RULES:
        print("This is not a bundle of a rule that can be recounted here.")
        return 2
    found, published = text(recount(bundle)), text(bundle["result"])
    if "--print" in words:
        print(found, end="")
        return 0
    print("sha256 of the recount:  ", hashlib.sha256(found.encode()).hexdigest())
    print("sha256 of the published:", hashlib.sha256(published.encode()).hexdigest())
    if found == published:
        print("The same. Outcome:", bundle["result"]["outcome"])
        return 0
    print("NOT THE SAME. By this recount the outcome is:", json.loads(found)["outcome"])
    for one, other in zip(found.splitlines(), published.splitlines(), strict=False):
        if one != other:
            print("First difference:\n  recount:  ", one.strip(), "\n  published:", other.strip())
            break
    return 1


def text(result: Mapping[str, Any]) -> str:
    """A result as text: keys in order, one value a line."""
    return json.dumps(result, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def recount(bundle: Mapping[str, Any]) -> Found:
    """The result of a bundle, counted again."""
    return RULES[bundle["rule"]](bundle["terms"], bundle["votes"])


def reaches(strict: bool, have: Fraction, need: Fraction) -> bool:
    """More than, or at least."""
    return have > need if strict else have >= need


def quorum_reached(quorum: Mapping[str, Any], number: int, roll: int) -> bool:
    """Whether so many people are enough; a root is compared by squares, so exactly."""
    amount = Fraction(quorum["amount"])
    if quorum["kind"] == "root":
        return reaches(quorum["strict"], Fraction(number) ** 2, amount**2 * roll)
    return reaches(quorum["strict"], Fraction(number), amount * roll if quorum["kind"] == "share" else amount)


def check(what: str, of: str, number: int, whole: int, enough: Any) -> Found:
    """One thing that had to be reached; the number needed is the smallest that is enough."""
    # Being enough never ends again as numbers grow, so the smallest is found by halves.
    low, high = -1, 1
    while not enough(high):
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return {
        "what": what,
        "of": of,
        "number": number,
        "whole": whole,
        "needed": high,
        "reached": enough(number) and (what == "quorum" or whole > 0),
    }


def counted(terms: Mapping[str, Any], tally: Mapping[str, int], present: int | None, roll: int | None) -> Found:
    """A vote for and against: its checks and outcome."""
    ballots = sum(tally.values())
    sizes = {
        "for and against": tally["for"] + tally["against"],
        "votes cast": ballots - tally.get("spoiled", 0),
        "present": present,
        "roll": roll,
        "ballots": ballots,
    }
    checks = []
    for quorum in [] if terms["second_call"] else terms["quorum"]:
        whole = roll or 0
        checks.append(
            check(
                "quorum",
                quorum["measure"],
                sizes[quorum["measure"]] or 0,
                whole,
                lambda number, quorum=quorum, whole=whole: quorum_reached(quorum, number, whole),
            )
        )
    quorate = all(one["reached"] for one in checks)
    for share in terms["shares"]:
        whole = sizes[share["of"]] or 0
        need = whole * Fraction(share["share"])
        checks.append(
            check(
                "share",
                share["of"],
                tally["for"],
                whole,
                lambda number, strict=share["strict"], need=need: reaches(strict, Fraction(number), need),
            )
        )
    outcome = "carried" if all(one["reached"] for one in checks) else "lost"
    return {"outcome": outcome if quorate else "not quorate", "checks": checks}


def majority(terms: Mapping[str, Any], votes: Mapping[str, Any]) -> Found:
    """For and against."""
    return counted(terms, votes["tally"], votes["present"], votes["roll"])


def consent(terms: Mapping[str, Any], votes: Mapping[str, Any]) -> Found:
    """Consent: one objection with a reason that stands stops a motion."""
    tally = votes["tally"]
    people = sum(tally.values())
    reasoned = [one for one in votes["objections"] if one["reason"].strip()]
    standing = sorted(one["id"] for one in reasoned if one["state"] == "stands")
    measures = {"ballots": people, "present": votes["present"] or 0}
    if not all(quorum_reached(one, measures[one["measure"]], votes["roll"] or 0) for one in terms["quorum"]):
        outcome = "not quorate"
    elif standing:
        outcome = "objection stands"
    elif terms["stand_asides"] is not None and tally["stand aside"] > Fraction(terms["stand_asides"]) * people:
        outcome = "too many stand aside"
    else:
        outcome = "carried" if people else "no answer"
    unreasoned = sorted(one["id"] for one in votes["objections"] if not one["reason"].strip())
    return {"outcome": outcome, "standing": standing, "unreasoned": unreasoned}


def council(terms: Mapping[str, Any], votes: Mapping[str, Any]) -> Found:
    """A council: by members and by organisations."""
    cast, members = votes["cast"], votes["members"]
    stands = {}
    for name, parts in cast.items():
        if sum(parts.values()) != members[name]:
            raise SystemExit(f"{name} casts {sum(parts.values())} members and has {members[name]}.")
        difference = parts["for"] - parts["against"]
        stands[name] = "for" if difference > 0 else "against" if difference < 0 else "even"
    by_members = {part: sum(parts[part] for parts in cast.values()) for part in ("for", "against", "abstain")}
    by_organisations = {
        "for": list(stands.values()).count("for"),
        "against": list(stands.values()).count("against"),
        "abstain": list(stands.values()).count("even"),
    }
    first = counted(terms["members"], by_members, sum(members[name] for name in cast), sum(members.values()))
    second = counted(terms["organisations"], by_organisations, len(cast), len(members))
    asked = {"members": [first], "organisations": [second], "both": [first, second]}[terms["carry"]]
    if any(one["outcome"] == "not quorate" for one in asked):
        outcome = "not quorate"
    else:
        outcome = "carried" if all(one["outcome"] == "carried" for one in asked) else "lost"
    return {
        "outcome": outcome,
        "by_members": by_members,
        "by_organisations": by_organisations,
        "member_checks": first["checks"],
        "organisation_checks": second["checks"],
        "stands": stands,
    }


RULES = {"majority/1": majority, "consent/1": consent, "council/1": council}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
