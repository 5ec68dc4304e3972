"""The bundle of a vote on a motion: votes, terms and result in one file from which anyone can count again.

recount_motion_alone.py reads it, with Python and nothing else. The bytes of a bundle depend on what it holds only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from solidaria.core.voting.consent import ConsentResult, ConsentTerms, Objection
from solidaria.core.voting.councils import PARTS, CouncilResult, CouncilTerms, Split
from solidaria.core.voting.majority import Check, MajorityResult, MajorityTerms, Quorum, Share
from solidaria.report.bundle import Roll

Json = object


def majority_bundle(result: MajorityResult, terms: MajorityTerms, roll: Roll | None = None) -> str:
    """The bundle of a vote for and against."""
    return _bundle(
        result.rule,
        _majority_terms(terms),
        roll,
        {"tally": dict(result.tally), "present": result.present, "roll": result.roll},
        {"outcome": result.outcome, "checks": _checks(result.checks)},
    )


def consent_bundle(
    result: ConsentResult,
    objections: Sequence[Objection],
    terms: ConsentTerms,
    *,
    present: int | None = None,
    on_the_roll: int | None = None,
    roll: Roll | None = None,
) -> str:
    """The bundle of a call for consent, with every objection and its reason."""
    raised = [{"id": one.id, "reason": one.reason, "state": one.state} for one in objections]
    return _bundle(
        result.rule,
        {
            "quorum": [_quorum(quorum) for quorum in terms.quorum],
            "stand_asides": None if terms.stand_asides is None else str(terms.stand_asides),
        },
        roll,
        {"tally": dict(result.tally), "objections": raised, "present": present, "roll": on_the_roll},
        {"outcome": result.outcome, "standing": list(result.standing), "unreasoned": list(result.unreasoned)},
    )


def council_bundle(
    result: CouncilResult, splits: Sequence[Split], terms: CouncilTerms, members: Mapping[str, int]
) -> str:
    """The bundle of a council's vote.

    members   organisation → members, of every organisation of the council
    """
    cast = {split.organisation: split.votes for split in splits}
    return _bundle(
        result.rule,
        {
            "carry": terms.carry,
            "members": _majority_terms(terms.members),
            "organisations": _majority_terms(terms.organisations),
        },
        None,
        {
            "members": dict(members),
            "cast": {name: {part: votes.get(part, 0) for part in PARTS} for name, votes in cast.items()},
        },
        {
            "outcome": result.outcome,
            "by_members": dict(result.by_members),
            "by_organisations": dict(result.by_organisations),
            "member_checks": _checks(result.member_checks),
            "organisation_checks": _checks(result.organisation_checks),
            "stands": dict(result.stands),
        },
    )


def _bundle(rule: str, terms: Json, roll: Roll | None, votes: Json, result: Json) -> str:
    whole = {
        "bundle": "solidaria-motion/1",
        "rule": rule,
        "terms": terms,
        "roll": None
        if roll is None
        else {
            "sha256": roll.sha256,
            "members": roll.members,
            "took_part": None if roll.took_part is None else list(roll.took_part),
        },
        "votes": votes,
        "result": result,
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _majority_terms(terms: MajorityTerms) -> dict[str, Json]:
    return {
        "shares": [_share(share) for share in terms.shares],
        "quorum": [_quorum(quorum) for quorum in terms.quorum],
        "second_call": terms.second_call,
    }


def _share(share: Share) -> dict[str, Json]:
    return {"of": share.of, "share": str(share.share), "strict": share.strict}


def _quorum(quorum: Quorum) -> dict[str, Json]:
    return {
        "kind": quorum.kind,
        "amount": str(quorum.amount),
        "measure": quorum.measure,
        "strict": quorum.strict,
    }


def _checks(checks: Sequence[Check]) -> list[Json]:
    return [
        {
            "what": check.what,
            "of": check.of,
            "number": check.number,
            "whole": check.whole,
            "needed": check.needed,
            "reached": check.reached,
        }
        for check in checks
    ]
