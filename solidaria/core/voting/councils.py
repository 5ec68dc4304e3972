"""Councils: delegates cast their base's members as they voted, and every result shows two counts.

By members and by organisations the outcomes can differ: in a real case three unions were 2 to 1 for a motion on
which their members were 440 for and 450 against. Which of the two must carry is a rule, fixed before the vote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.voting.majority import Check, MajorityTerms, Share, majority

PARTS = ("for", "against", "abstain")


@dataclass(frozen=True)
class Split:
    """The votes of one organisation, in members.

    organisation   its id
    members        how many members it represents: its roll on the day the motion opened
    votes          for, against and abstain → members; what is absent is zero
    """

    organisation: str
    members: int
    votes: Mapping[str, int]

    @property
    def stand(self) -> str:
        """Where the organisation stands: "for" when more are for than against, "against", or "even"."""
        difference = self.votes.get("for", 0) - self.votes.get("against", 0)
        return "for" if difference > 0 else "against" if difference < 0 else "even"


@dataclass(frozen=True)
class Mandate:
    """What binds an organisation's delegates on one motion.

    base          how the base voted on this very motion: for, against and abstain → members; None when it has not
    instruction   the written instruction, "for", "against" or "abstain"; None when there is none
    """

    base: Mapping[str, int] | None = None
    instruction: str | None = None

    def __post_init__(self) -> None:
        if self.instruction is not None and self.instruction not in PARTS:
            raise ValueError(f"an instruction is {', '.join(PARTS)}, not {self.instruction!r}")


@dataclass(frozen=True)
class CouncilTerms:
    """What was agreed before the vote.

    carry           which count must carry: "members", "organisations" or "both"
    members         the majority among members; its roll is the members of all organisations of the council
    organisations   the majority among organisations, each of which counts once; its roll is how many there are
    """

    carry: str = "both"
    members: MajorityTerms = field(default_factory=MajorityTerms)
    organisations: MajorityTerms = field(default_factory=MajorityTerms)

    def __post_init__(self) -> None:
        if self.carry not in ("members", "organisations", "both"):
            raise ValueError(f"'members', 'organisations' or 'both' must carry, not {self.carry!r}")


@dataclass(frozen=True)
class CouncilResult:
    """The outcome and its two counts.

    rule             "council/1"
    outcome          "carried", "lost" or "not quorate"
    by_members       for, against and abstain → members
    by_organisations for, against and abstain → organisations (even ones abstain)
    members_carry    whether the count by members carries; its checks are member_checks
    organisations_carry   whether the count by organisations carries; its checks are organisation_checks
    stands           organisation → "for", "against" or "even", in the order of ids
    differ           True when one count carries and the other does not
    sentences        both counts in words
    """

    rule: str
    outcome: str
    by_members: Mapping[str, int]
    by_organisations: Mapping[str, int]
    members_carry: bool
    organisations_carry: bool
    member_checks: tuple[Check, ...]
    organisation_checks: tuple[Check, ...]
    stands: Mapping[str, str]
    differ: bool
    sentences: tuple[Sentence, ...]

    @property
    def carried(self) -> bool:
        """Whether the motion carries."""
        return self.outcome == "carried"


def council(
    splits: tuple[Split, ...],
    terms: CouncilTerms | None = None,
    *,
    roll: Mapping[str, int] | None = None,
) -> CouncilResult:
    """Count a council's vote by members and by organisations.

    splits   one for each organisation that takes part, in any order
    roll     organisation → members, of every organisation of the council; when absent, those that take part

    Raises Refused when an organisation is there twice, is not of the council, represents another number than the
    roll says, or casts votes that do not add up to the members represented: a base of n members never counts
    more than n, nor less.
    """
    terms = terms or CouncilTerms()
    everybody = dict(roll) if roll is not None else {split.organisation: split.members for split in splits}
    faults = [fault for split in splits for fault in check_split(split)]
    seen: set[str] = set()
    for split in splits:
        if split.organisation in seen:
            faults.append(
                _fault(
                    split, say("{organisation} votes twice.", organisation=split.organisation), say("Keep one.")
                )
            )
        seen.add(split.organisation)
        if roll is not None and split.organisation not in roll:
            faults.append(
                _fault(
                    split,
                    say("{organisation} is not part of this council.", organisation=split.organisation),
                    say("Take its votes away, or add it to the council before the motion opens."),
                )
            )
        elif roll is not None and roll[split.organisation] != split.members:
            faults.append(
                _fault(
                    split,
                    say(
                        "{organisation} represents {said} members, but its roll has {there}.",
                        organisation=split.organisation,
                        said=split.members,
                        there=roll[split.organisation],
                    ),
                    say("Cast as many votes as there were members on the roll when the motion opened."),
                )
            )
    if faults:
        raise Refused(faults)
    ordered = sorted(splits, key=lambda split: split.organisation)
    stands = {split.organisation: split.stand for split in ordered}
    by_members = {part: sum(split.votes.get(part, 0) for split in ordered) for part in PARTS}
    by_organisations = {
        "for": sum(stand == "for" for stand in stands.values()),
        "against": sum(stand == "against" for stand in stands.values()),
        "abstain": sum(stand == "even" for stand in stands.values()),
    }
    represented = sum(split.members for split in ordered)
    members = majority(by_members, terms.members, present=represented, roll=sum(everybody.values()))
    organisations = majority(by_organisations, terms.organisations, present=len(ordered), roll=len(everybody))
    asked = {"members": [members], "organisations": [organisations], "both": [members, organisations]}[terms.carry]
    if any(result.outcome == "not quorate" for result in asked):
        outcome = "not quorate"
    else:
        outcome = "carried" if all(result.carried for result in asked) else "lost"
    differ = members.carried != organisations.carried
    sentences = [
        say("By members: {for_} for, {against} against, {abstain} abstaining.", **_spoken(by_members)),
        say("By organisations: {for_} for, {against} against, {abstain} even.", **_spoken(by_organisations)),
    ]
    if differ:
        sentences.append(say("The two counts differ."))
    return CouncilResult(
        "council/1",
        outcome,
        by_members,
        by_organisations,
        members.carried,
        organisations.carried,
        members.checks,
        tuple(_of_organisations(check) for check in organisations.checks),
        stands,
        differ,
        tuple(sentences),
    )


def _of_organisations(check: Check) -> Check:
    """A check in words for organisations; a majority speaks of people."""
    if check.what != "quorum":
        return check
    words: dict[str, object] = {"number": check.number, "needed": check.needed}
    sentence = (
        say("{number} organisations take part; {needed} are enough to decide.", **words)
        if check.reached
        else say("{number} organisations take part; {needed} are needed to decide.", **words)
    )
    return replace(check, sentence=sentence)


def _spoken(tally: Mapping[str, int]) -> dict[str, int]:
    return {"for_": tally["for"], "against": tally["against"], "abstain": tally["abstain"]}


def _fault(split: Split, what: Sentence, help: Sentence) -> Fault:
    return Fault(split.organisation, None, None, what, help)


def check_split(split: Split) -> list[Fault]:
    """What is wrong with an organisation's votes: unknown parts, parts below zero, a sum that is not its roll."""
    faults = []
    for part in sorted(set(split.votes) - set(PARTS)):
        faults.append(
            _fault(
                split,
                say("{part} is not a part that members can be cast on.", part=repr(part)),
                say("The parts are for, against and abstain."),
            )
        )
    for part, number in sorted(split.votes.items()):
        if number < 0:
            faults.append(
                _fault(
                    split,
                    say(
                        "{organisation} casts {number} members {part}.",
                        organisation=split.organisation,
                        number=number,
                        part=part,
                    ),
                    say("A part is a number of members from 0 up."),
                )
            )
    total = sum(split.votes.values())
    if total != split.members:
        faults.append(
            _fault(
                split,
                say(
                    "{organisation} casts {total} members, but represents {members}.",
                    organisation=split.organisation,
                    total=total,
                    members=split.members,
                ),
                say("The parts must add up to the members represented."),
            )
        )
    return faults


@dataclass(frozen=True)
class Cast:
    """What a delegation may cast.

    votes           for, against and abstain → members, adding up to those represented; None when the motion must
                    be referred back to the base
    because         "base", "instruction" or "refer back"
    sentence        the same in words
    """

    votes: Mapping[str, int] | None
    because: str
    sentence: Sentence


def bound(members: int, mandate: Mandate) -> Cast:
    """What an organisation's delegates must cast.

    Where the base voted on this very motion its members are cast as they voted, those who did not vote as
    abstaining. Where it has not, the written instruction binds all of them. Where there is none, the motion goes
    back to the base.
    Raises ValueError when more voted in the base than it has members.
    """
    if mandate.base is not None:
        votes = {part: mandate.base.get(part, 0) for part in PARTS}
        silent = members - sum(votes.values())
        if silent < 0 or min(votes.values()) < 0 or set(mandate.base) - set(PARTS):
            raise ValueError("the base's votes do not fit its number of members")
        votes["abstain"] += silent
        return Cast(votes, "base", say("The base voted on this motion: its members are cast as they voted."))
    if mandate.instruction is not None:
        votes = dict.fromkeys(PARTS, 0) | {mandate.instruction: members}
        return Cast(votes, "instruction", say("The base has not voted on this; its written instruction binds."))
    return Cast(None, "refer back", say("The base has neither voted nor instructed: the motion goes back to it."))


def check_mandate(split: Split, mandate: Mandate) -> list[Fault]:
    """How an organisation's votes differ from what binds its delegates; empty when they do not."""
    must = bound(split.members, mandate)
    if must.votes is None:
        return [_fault(split, must.sentence, say("Ask the base, and vote when it has decided."))]
    differences = [
        say("{part}: {cast} instead of {must}", part=part, cast=split.votes.get(part, 0), must=must.votes[part])
        for part in PARTS
        if split.votes.get(part, 0) != must.votes[part]
    ]
    return [
        _fault(
            split,
            say(
                "{organisation} votes otherwise than its base: {difference}.",
                organisation=split.organisation,
                difference=difference,
            ),
            must.sentence,
        )
        for difference in differences
    ]


def in_proportion(members: int, votes: Mapping[str, int]) -> dict[str, int]:
    """Divide members in proportion to votes: exact shares rounded down, left-over ones to the largest remainders.

    For delegations that carry a fixed number of votes. Equal remainders go in the order for, against, abstain.
    The parts add up to `members`. Raises ValueError when there are no votes.
    """
    total = sum(votes.get(part, 0) for part in PARTS)
    if total <= 0:
        raise ValueError("nobody voted, so there is nothing to be in proportion to")
    shares = {part: Fraction(members * votes.get(part, 0), total) for part in PARTS}
    parts = {part: int(share) for part, share in shares.items()}
    left = members - sum(parts.values())
    for part in sorted(PARTS, key=lambda part: (parts[part] - shares[part], PARTS.index(part)))[:left]:
        parts[part] += 1
    return parts


@dataclass(frozen=True)
class DelegateScale:
    """How many delegates an organisation sends.

    bands   (from, to, delegates) in members, both ends included, ascending
    beyond  (above, every): above so many members, the delegates of the last band and one more for each further
            `every` members; None when the scale ends with its bands
    partly  whether a part of `every` counts too; None when the rules do not say, so that it must be decided first

    Below the first band an organisation sends none.
    """

    bands: tuple[tuple[int, int, int], ...]
    beyond: tuple[int, int] | None = None
    partly: bool | None = None

    def delegates(self, members: int) -> int:
        """How many delegates for so many members. Raises ValueError where the scale does not say."""
        if members < self.bands[0][0]:
            return 0
        for low, high, number in self.bands:
            if low <= members <= high:
                return number
        if self.beyond is None or members <= self.beyond[0]:
            raise ValueError(f"the rule is undefined for {members} members: decide it before delegates are named")
        above, every = self.beyond
        whole, part = divmod(members - above, every)
        if part and self.partly is None:
            raise ValueError(f"the rule is undefined for {members} members: decide it before delegates are named")
        return self.bands[-1][2] + whole + (1 if part and self.partly else 0)


def supporters_needed(share: Fraction, bodies: int) -> int:
    """How many of so many bodies (or members) make a share that is asked for: 1/3 of 32 is 11, of 19 is 7."""
    return Share("roll", share, strict=False).needed(bodies)
