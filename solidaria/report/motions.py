"""The result of a vote on a motion, for people in a terminal and for programs as JSON.

The keys are described in docs/counting.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.consent import ConsentResult, Objection
from solidaria.core.voting.councils import PARTS, CouncilResult, Split
from solidaria.core.voting.majority import Check, MajorityResult
from solidaria.report.language import Language

Json = object

RULE_NAMES = {
    "majority/1": say("Vote for and against"),
    "consent/1": say("Consent"),
    "council/1": say("Council: by members and by organisations"),
}

OUTCOMES = {
    "carried": say("The motion carries."),
    "lost": say("The motion is lost."),
    "not quorate": say("Too few take part, so nothing is decided."),
    "objection stands": say("The motion does not carry: an objection stands."),
    "too many stand aside": say("The motion does not carry: too many stand aside."),
    "no answer": say("The motion does not carry: nobody answered."),
}

CHOICE_NAMES = {
    "for": say("in favour"),
    "against": say("against"),
    "abstain": say("abstaining"),
    "blank": say("blank"),
    "spoiled": say("spoiled"),
}

STATE_NAMES = {
    "stands": say("stands"),
    "answered": say("answered"),
    "withdrawn": say("withdrawn"),
}

STANDS = {"for": say("in favour"), "against": say("against"), "even": say("evenly split")}


# JSON


def majority_json(
    result: MajorityResult, terms: Mapping[str, str], language: Language, notes: Sequence[Sentence] = ()
) -> str:
    """A vote for and against as one JSON object, ending in a line break."""
    return _dumped(
        {
            "rule": result.rule,
            "outcome": result.outcome,
            "carried": result.carried,
            "ballots": sum(result.tally.values()),
            "tally": dict(result.tally),
            "present": result.present,
            "roll": result.roll,
            "checks": _checks(result.checks, language),
        },
        terms,
        language,
        notes,
    )


def consent_json(
    result: ConsentResult,
    objections: Sequence[Objection],
    terms: Mapping[str, str],
    language: Language,
    notes: Sequence[Sentence] = (),
) -> str:
    """An answer to a call for consent as one JSON object, ending in a line break."""
    return _dumped(
        {
            "rule": result.rule,
            "outcome": result.outcome,
            "carried": result.carried,
            "ballots": sum(result.tally.values()),
            "tally": dict(result.tally),
            "objections": [
                {"id": one.id, "reason": one.reason, "state": one.state, "stops": one.id in result.standing}
                for one in objections
            ],
            "because": [language.text(sentence) for sentence in result.sentences],
        },
        terms,
        language,
        notes,
    )


def council_json(
    result: CouncilResult,
    splits: Sequence[Split],
    roll: Mapping[str, int],
    terms: Mapping[str, str],
    language: Language,
    notes: Sequence[Sentence] = (),
) -> str:
    """A council's vote as one JSON object, ending in a line break.

    splits   how the members of each organisation were cast
    roll     organisation → members, also of those that do not vote
    """
    cast = {split.organisation: split for split in splits}
    return _dumped(
        {
            "rule": result.rule,
            "outcome": result.outcome,
            "carried": result.carried,
            "by_members": {
                **result.by_members,
                "carried": result.members_carry,
                "checks": _checks(result.member_checks, language),
            },
            "by_organisations": {
                **result.by_organisations,
                "carried": result.organisations_carry,
                "checks": _checks(result.organisation_checks, language),
            },
            "organisations": {
                name: {
                    "members": members,
                    **{part: cast[name].votes.get(part, 0) if name in cast else 0 for part in PARTS},
                    "stands": result.stands.get(name),
                }
                for name, members in sorted(roll.items())
            },
            "differ": result.differ,
        },
        terms,
        language,
        notes,
    )


def _checks(checks: Sequence[Check], language: Language) -> list[Json]:
    return [
        {
            "what": check.what,
            "of": check.of,
            "number": check.number,
            "whole": check.whole,
            "needed": check.needed,
            "reached": check.reached,
            "because": language.text(check.sentence),
        }
        for check in checks
    ]


def _dumped(
    answer: dict[str, Json], terms: Mapping[str, str], language: Language, notes: Sequence[Sentence]
) -> str:
    whole = {**answer, "terms": dict(terms), "notes": [language.text(note) for note in notes]}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


# Text


def majority_text(result: MajorityResult, language: Language, notes: Sequence[Sentence] = ()) -> str:
    """A vote for and against for a terminal."""
    text = language.text
    lines = [text(RULE_NAMES[result.rule]), text(OUTCOMES[result.outcome]), ""]
    ballots = sum(result.tally.values())
    lines.append(text(say_many("{count} ballot:", "{count} ballots:", ballots)))
    lines += _tally([(text(CHOICE_NAMES[choice]), many) for choice, many in result.tally.items()])
    lines += [text(check.sentence) for check in result.checks]
    return _joined([*lines, *map(text, notes)])


def consent_text(
    result: ConsentResult, objections: Sequence[Objection], language: Language, notes: Sequence[Sentence] = ()
) -> str:
    """An answer to a call for consent for a terminal, with every objection."""
    text = language.text
    lines = [text(RULE_NAMES[result.rule]), text(OUTCOMES[result.outcome]), ""]
    lines += [text(sentence) for sentence in result.sentences]
    if objections:
        lines += ["", text(say("Objections:"))]
    for one in objections:
        reason = one.reason if one.reasoned else text(say("no reason given"))
        lines.append(f"  {one.id}. {reason} ({text(STATE_NAMES[one.state])})")
    return _joined([*lines, *map(text, notes)])


def council_text(
    result: CouncilResult,
    splits: Sequence[Split],
    roll: Mapping[str, int],
    terms: Mapping[str, str],
    language: Language,
    notes: Sequence[Sentence] = (),
) -> str:
    """A council's vote for a terminal: both counts, then where each organisation stands and how it was cast."""
    text = language.text
    cast = {split.organisation: split for split in splits}
    must = {
        "members": say("The members must carry it."),
        "organisations": say("The organisations must carry it."),
        "both": say("Members and organisations must both carry it."),
    }[terms["carry"]]
    lines = [text(RULE_NAMES[result.rule]), text(OUTCOMES[result.outcome]), text(must), ""]
    members, organisations, *more = result.sentences
    lines.append(text(members))
    lines += [f"  {text(check.sentence)}" for check in result.member_checks]
    lines.append(text(organisations))
    lines += [f"  {text(check.sentence)}" for check in result.organisation_checks]
    lines += map(text, more)
    lines.append("")
    for name, many in sorted(roll.items()):
        if name in cast:
            words = {f"{part}_": cast[name].votes.get(part, 0) for part in PARTS}
            template = say(
                "{name}: {stand} ({for_} for, {against_} against, {abstain_} abstaining)",
                name=name,
                stand=STANDS[result.stands[name]],
                **words,
            )
        else:
            template = say_many(
                "{name}: does not vote (one member)", "{name}: does not vote ({count} members)", many, name=name
            )
        lines.append(f"  {text(template)}")
    return _joined([*lines, *map(text, notes)])


def _tally(rows: Sequence[tuple[str, int]]) -> Iterator[str]:
    wide = max(len(str(many)) for _, many in rows)
    return (f"  {many:>{wide}} {name}" for name, many in rows)


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
