"""Consent: a motion passes unless somebody objects with a reason and the objection stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.majority import Quorum

#: What somebody can say when asked for consent.
#:   consent       I can live with it
#:   stand aside   I do not support it, and do not stop it
#:   object        I object, for a reason that I have given
ANSWERS = ("consent", "stand aside", "object")

#: What became of an objection.
#:   stands      it stands and stops the motion
#:   answered    the person who raised it said that it is met, for example by an amendment
#:   withdrawn   the person who raised it took it back
STATES = ("stands", "answered", "withdrawn")


@dataclass(frozen=True)
class Objection:
    """An objection raised in the meeting or in writing; never a secret ballot, for it must be answered.

    id       unique in one vote
    reason   why, in the words of the person who objects; blank text is no reason
    state    from STATES
    """

    id: str
    reason: str
    state: str = "stands"

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"an objection can be {', '.join(STATES)}, not {self.state!r}")

    @property
    def reasoned(self) -> bool:
        """Whether a reason is given."""
        return bool(self.reason.strip())


@dataclass(frozen=True)
class ConsentTerms:
    """What was agreed before the vote.

    quorum          every one of them must be reached; none: any number may decide
    stand_asides    the motion does not pass when more than this share of those who answered stand aside; None: any
                    number may. A motion that most people only tolerate is better talked about again
    """

    quorum: tuple[Quorum, ...] = ()
    stand_asides: Fraction | None = None

    def __post_init__(self) -> None:
        if self.stand_asides is not None and (
            isinstance(self.stand_asides, float) or not 0 <= self.stand_asides <= 1
        ):
            raise ValueError("a share is an exact number from 0 to 1")


@dataclass(frozen=True)
class ConsentResult:
    """The outcome and how it came about.

    rule        "consent/1"
    outcome     "carried", "objection stands", "too many stand aside", "no answer" (nobody answered), "not quorate"
    tally       answer → how many people, every one of ANSWERS
    standing    ids of the reasoned objections that stand, sorted
    unreasoned  ids of objections without a reason, sorted: they do not stop a motion
    sentences   the same in words
    """

    rule: str
    outcome: str
    tally: Mapping[str, int]
    standing: tuple[str, ...]
    unreasoned: tuple[str, ...]
    sentences: tuple[Sentence, ...]

    @property
    def carried(self) -> bool:
        """Whether the motion carries."""
        return self.outcome == "carried"


def consent(
    piles: Mapping[str, int],
    objections: tuple[Objection, ...] = (),
    terms: ConsentTerms | None = None,
    *,
    present: int | None = None,
    roll: int | None = None,
) -> ConsentResult:
    """Whether a motion has consent.

    piles        answer (from ANSWERS) → how many people
    objections   every objection raised, whatever became of it; their order does not matter
    present      how many were there; needed when a quorum is measured by it
    roll         how many may take part; needed when a quorum is a share or root of it

    One reasoned objection that stands is enough to stop a motion, however many consent.
    Raises ValueError for an unknown answer, a pile below zero, two objections with one id, fewer people who object
    than objections that stand, people who object and no objection written down, or a number that the quorum needs
    and is not given.
    """
    terms = terms or ConsentTerms()
    unknown = sorted(set(piles) - set(ANSWERS))
    if unknown:
        raise ValueError(f"an answer is {', '.join(ANSWERS)}, not {', '.join(unknown)}")
    if any(count < 0 for count in piles.values()):
        raise ValueError("a pile cannot hold fewer than nobody")
    tally = {answer: piles.get(answer, 0) for answer in ANSWERS}
    if len({objection.id for objection in objections}) < len(objections):
        raise ValueError("two objections have the same id")
    standing = sorted(one.id for one in objections if one.state == "stands" and one.reasoned)
    unreasoned = sorted(one.id for one in objections if not one.reasoned)
    written_down = sum(one.state == "stands" for one in objections)
    if written_down > tally["object"]:
        raise ValueError("more objections stand than people object")
    if tally["object"] and not written_down:
        raise ValueError("people object, but no objection is written down: nobody could answer it")
    people = sum(tally.values())
    enough = [_quorate(quorum, people, present, roll) for quorum in terms.quorum]
    too_many = terms.stand_asides is not None and tally["stand aside"] > terms.stand_asides * people
    sentences = [
        say(
            "{consent} consent, {aside} stand aside, {object} object.",
            consent=tally["consent"],
            aside=tally["stand aside"],
            object=tally["object"],
        )
    ]
    if not all(enough):
        outcome = "not quorate"
        sentences.append(say("Too few take part to decide."))
    elif standing:
        outcome = "objection stands"
        sentences.append(
            say_many(
                "One objection with a reason stands, so the motion does not pass.",
                "{count} objections with a reason stand, so the motion does not pass.",
                len(standing),
            )
        )
    elif too_many:
        outcome = "too many stand aside"
        sentences.append(
            say(
                "More than {share} of those who answered stand aside, so it is talked about again.",
                share=terms.stand_asides,
            )
        )
    elif not people:
        outcome = "no answer"
        sentences.append(say("Nobody answered: silence is not consent."))
    else:
        outcome = "carried"
        sentences.append(say("No objection with a reason stands: the motion passes."))
    if unreasoned:
        sentences.append(
            say_many(
                "One objection gives no reason and does not stop the motion.",
                "{count} objections give no reason and do not stop the motion.",
                len(unreasoned),
            )
        )
    return ConsentResult("consent/1", outcome, tally, tuple(standing), tuple(unreasoned), tuple(sentences))


def _quorate(quorum: Quorum, people: int, present: int | None, roll: int | None) -> bool:
    number = people if quorum.measure == "ballots" else present
    if number is None or (quorum.kind != "number" and roll is None):
        raise ValueError("the quorum needs a number of people that was not given")
    return quorum.reached(number, roll or 0)
