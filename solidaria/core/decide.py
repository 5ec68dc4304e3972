"""Deciding: an assembly's own rules, the terms of a motion, what a closed vote comes to, when a recall opens.

Plain values only. Ballots are piles: distinct ballot → how many. Times come in as arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

from solidaria.core.problem import Fault, Sentence, say, say_many
from solidaria.core.voting.account import Account
from solidaria.core.voting.approval import ApprovalTerms, approval
from solidaria.core.voting.ballots import Option, rank
from solidaria.core.voting.consent import ConsentTerms, Objection, consent
from solidaria.core.voting.councils import PARTS, CouncilTerms, Split, council, in_proportion
from solidaria.core.voting.majority import MajorityTerms, Quorum, Share, majority
from solidaria.core.voting.meek import meek
from solidaria.core.voting.schulze import SchulzeTerms, schulze
from solidaria.core.voting.single_transferable import scottish
from solidaria.core.voting.terms import ElectionTerms, TieRule

#: The ways a motion can be decided.
#:   consent    passes unless a reasoned objection stands; always open, since an objection must be answered
#:   majority   for, against, abstain
#:   approval   mark all you can live with
#:   scottish, meek   rank; seats are shared out in proportion
#:   schulze    rank; one seat
#:   council    delegates cast their base's members; counted by members and by organisations
METHODS: dict[str, Sentence] = {
    "majority": say("majority: for, against or abstain"),
    "consent": say("consent: it passes unless somebody objects with a reason"),
    "approval": say("approval: mark all you can live with"),
    "scottish": say("ranking, several seats in proportion (single transferable vote)"),
    "meek": say("ranking, several seats in proportion (Meek)"),
    "schulze": say("ranking, one seat (Schulze)"),
    "council": say("council: delegates cast their members' votes"),
}
#: Methods whose ballots rank or mark options.
WITH_OPTIONS = ("approval", "scottish", "meek", "schulze")
#: Methods that can be secret. A reason must be answered, and a delegate must answer to the base: these are open.
MAY_BE_SECRET = ("majority", "approval", "scottish", "meek", "schulze")


@dataclass(frozen=True)
class HouseRule:
    """One of an organisation's own rules.

    kind      share, number, days, yes/no, or choice
    usual     what holds while nobody decided otherwise
    meaning   one sentence for people
    choices   what can be chosen, where the kind is choice
    """

    kind: str
    usual: str
    meaning: Sentence
    choices: tuple[str, ...] = ()


#: The rules an assembly can set for itself, and what holds until it does.
HOUSE_RULES: dict[str, HouseRule] = {
    "quorum": HouseRule("share", "0", say("How much of the roll must hand in a ballot for a vote to count.")),
    "majority": HouseRule(
        "share", "1/2", say("Of the votes for and against, more than this share must be for a motion.")
    ),
    "rules_majority": HouseRule(
        "share",
        "1/2",
        say("Of the votes for and against, more than this share must be for a motion that changes a rule."),
    ),
    "notice_days": HouseRule("days", "7", say("How many days before an assembly it must be called.")),
    "secret": HouseRule("yes/no", "yes", say("Whether votes are secret where they can be.")),
    "tracker": HouseRule(
        "yes/no", "no", say("Whether a voter gets a code with which the ballot can be found in the count.")
    ),
    "review_days": HouseRule("days", "365", say("After how many days a decision is looked at again.")),
    "recall_share": HouseRule(
        "share", "1/5", say("How much of the roll must sign for a recall to come to a vote.")
    ),
    "recall_notice_days": HouseRule(
        "days",
        "3",
        say("How many days lie between the signatures and the vote, for the answer of the one concerned."),
    ),
    "recall_pause_days": HouseRule(
        "days",
        "90",
        say("After a recall that failed, how many days until the same mandate can be recalled again."),
    ),
    "terms_in_a_row": HouseRule("number", "2", say("How often in a row one person may hold the same mandate.")),
    "council_carry": HouseRule(
        "choice",
        "both",
        say("Which count must carry in a council: that by members, that by organisations, or both."),
        ("members", "organisations", "both"),
    ),
    "congress_share": HouseRule(
        "share", "1/3", say("How many of the bases must ask for a special congress for it to be held.")
    ),
    "congress_days": HouseRule(
        "days", "30", say("Within how many days a special congress that was asked for must be held.")
    ),
    "refer_days": HouseRule(
        "days", "30", say("How many days a base has to decide on a motion that a council referred back to it.")
    ),
    "sign_limit": HouseRule(
        "money",
        "0",
        say("Up to which amount a mandate is enough to say yes to an agreement; above it the assembly decides."),
    ),
    "pay_limit": HouseRule(
        "money", "0", say("Up to which amount a day one person may pay alone; above it a second one releases it.")
    ),
    "open_books": HouseRule(
        "choices",
        "",
        say("What of the books everybody may see."),
        ("balances", "income", "wages", "agreements", "checkpoint"),
    ),
    "share_surplus": HouseRule(
        "choice", "hours", say("How a surplus is shared among the members."), ("hours", "equally")
    ),
    "reserves": HouseRule(
        "choice",
        "none",
        say("By which law reserves are put aside before a surplus is shared."),
        ("none", "argentina"),
    ),
}
#: Rules that say "more than": of nothing there is more than the whole.
MORE_THAN = ("majority", "rules_majority")


def house_rule_faults(rule: str, value: str) -> list[Fault]:
    """What is wrong with a value for a rule; empty when it can be adopted."""
    known = HOUSE_RULES.get(rule)
    if known is None:
        return [Fault("", None, "rule", say("There is no such rule."), say("Choose one from the list."))]
    if known.kind == "share" and _share(value) is None:
        what = say("“{value}” is not a share.", value=value[:40])
        return [Fault("", None, "value", what, say("Write it as 1/2, 2/3 or 20%."))]
    if rule in MORE_THAN and _share(value) == 1:
        what = say("Nothing can be more than the whole.")
        return [Fault("", None, "value", what, say("Write a share below the whole, as 1/2 or 2/3."))]
    if known.kind in ("days", "number") and not (value.isdecimal() and len(value) < 5):
        what = say("“{value}” is not a whole number.", value=value[:40])
        return [Fault("", None, "value", what, say("Write a whole number from 0 on."))]
    if known.kind == "yes/no" and value not in ("yes", "no"):
        what = say("“{value}” is neither yes nor no.", value=value[:40])
        return [Fault("", None, "value", what, say("Write yes or no."))]
    if known.kind == "money" and not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", value):
        what = say("“{value}” is not an amount of money.", value=value[:40])
        return [Fault("", None, "value", what, say("Write it as 50000 or 1250.50."))]
    if known.kind == "choices" and not set(value.split()) <= set(known.choices):
        what = say("“{value}” cannot be chosen here.", value=value[:40])
        help = say("Write any of these, with spaces between them: {choices}.", choices=", ".join(known.choices))
        return [Fault("", None, "value", what, help)]
    if known.kind == "choice" and value not in known.choices:
        what = say("“{value}” cannot be chosen here.", value=value[:40])
        help = say("Write one of these: {choices}.", choices=", ".join(known.choices))
        return [Fault("", None, "value", what, help)]
    return []


def _share(text: str) -> Fraction | None:
    text = text.strip()
    try:
        share = Fraction(text.rstrip("% ").strip()) / (100 if text.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        return None
    return share if 0 <= share <= 1 else None


def share_of(rules: Mapping[str, str], rule: str) -> Fraction:
    """A rule that is a share, exact; the usual one where the organisation has not decided."""
    found = _share(rules.get(rule, HOUSE_RULES[rule].usual))
    return found if found is not None else _share(HOUSE_RULES[rule].usual) or Fraction(0)


def number_of(rules: Mapping[str, str], rule: str) -> int:
    """A rule that is a number or days."""
    text = rules.get(rule, HOUSE_RULES[rule].usual)
    return int(text) if text.isdecimal() else int(HOUSE_RULES[rule].usual)


def is_so(rules: Mapping[str, str], rule: str) -> bool:
    """A rule that is yes or no."""
    return rules.get(rule, HOUSE_RULES[rule].usual) == "yes"


def money_of(rules: Mapping[str, str], rule: str) -> Decimal:
    """A rule that is an amount of money."""
    return Decimal(rules.get(rule, HOUSE_RULES[rule].usual))


def choices_of(rules: Mapping[str, str], rule: str) -> tuple[str, ...]:
    """A rule that is any number of choices, in the order of the rule."""
    chosen = set(rules.get(rule, HOUSE_RULES[rule].usual).split())
    return tuple(one for one in HOUSE_RULES[rule].choices if one in chosen)


def choice_of(rules: Mapping[str, str], rule: str) -> str:
    """A rule that is a choice; the usual one where the organisation has not decided."""
    found = rules.get(rule, "")
    return found if found in HOUSE_RULES[rule].choices else HOUSE_RULES[rule].usual


# --- opening ---


def roll_hash(members: Iterable[str], salt: str) -> str:
    """The fingerprint of a frozen roll: a roll shown later can be proved the same, and no name can be read from it."""
    return sha256("\n".join([salt, *sorted(members)]).encode()).hexdigest()


def frozen_terms(
    method: str, rules: Mapping[str, str], *, changes_rules: bool, seats: int, seed: str
) -> dict[str, str]:
    """The terms of a motion as they hold on the day it opens, as text that can be read and kept.

    changes_rules   whether its effects change a rule: then the majority for rules is asked
    seed            what a lot is drawn from, fixed at opening
    """
    terms = {"method": method, "quorum": str(share_of(rules, "quorum"))}
    if method in ("majority", "council"):
        terms["more_than"] = str(share_of(rules, "rules_majority" if changes_rules else "majority"))
    if method == "council":
        terms["carry"] = choice_of(rules, "council_carry")
    if method in WITH_OPTIONS:
        terms["seats"] = str(1 if method == "schulze" else max(1, seats))
        terms["seed"] = seed
    return terms


def ballot_faults(method: str, options: Sequence[str], ballot: Any) -> list[Fault]:
    """What is wrong with a ballot; empty when it can be cast.

    majority   "for", "against" or "abstain"
    consent    "consent", "stand aside" or "object"
    approval   a list of ids, each once; none: a blank ballot
    ranked     a list of ids, the most preferred first, each once; none: a blank ballot
    """
    help = say("Choose from what stands on the ballot.")
    if method == "majority":
        ok = ballot in ("for", "against", "abstain")
    elif method == "consent":
        ok = ballot in ("consent", "stand aside", "object")
    elif method in WITH_OPTIONS:
        ok = isinstance(ballot, list) and len(set(ballot)) == len(ballot) and set(ballot) <= set(options)
    else:
        ok = False
    return [] if ok else [Fault("", None, "ballot", say("This ballot cannot be counted."), help)]


# --- closing ---


@dataclass(frozen=True)
class Outcome:
    """What a closed vote comes to.

    outcome     "carried", "lost", "not quorate", or for elections "elected"
    tally       choice (or option) → votes, as people read them
    elected     ids in order of election
    sentences   how it came about
    account     the whole count of an election; None elsewhere
    organisations   of a council: for, against and abstain → organisations; the tally counts members
    """

    outcome: str
    tally: tuple[tuple[str, int], ...]
    elected: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    account: Account | None = None
    organisations: tuple[tuple[str, int], ...] = ()

    @property
    def carried(self) -> bool:
        """Whether the effects happen."""
        return self.outcome in ("carried", "elected")


def outcome_of(
    terms: Mapping[str, str],
    piles: Mapping[Any, int],
    *,
    roll: int,
    options: Sequence[tuple[str, str]] = (),
    objections: tuple[Objection, ...] = (),
) -> Outcome:
    """Count a closed motion by its frozen terms.

    piles     ballot → how many; a ranked or marked ballot is a tuple of ids
    roll      how many were on the frozen roll
    options   (id, name) pairs
    Exact: two thirds is two thirds. Raises ValueError for ballots that do not fit the method.
    """
    method = terms["method"]
    quorum = Fraction(terms.get("quorum", "0"))
    asked = (Quorum("share", quorum, "ballots"),) if quorum else ()
    if method == "majority":
        shares = (Share("for and against", Fraction(terms["more_than"]), True),)
        counted = majority(piles, MajorityTerms(shares, asked), roll=roll)
        tally = tuple((part, counted.tally[part]) for part in ("for", "against", "abstain"))
        return Outcome(counted.outcome, tally, (), tuple(check.sentence for check in counted.checks))
    if method == "consent":
        agreed = consent(piles, objections, ConsentTerms(asked), roll=roll)
        outcome = agreed.outcome if agreed.outcome in ("carried", "not quorate") else "lost"
        return Outcome(outcome, tuple(agreed.tally.items()), (), agreed.sentences)
    return _elected(terms, piles, roll, options, asked)


def council_outcome(terms: Mapping[str, str], splits: Sequence[Split], roll: Mapping[str, int]) -> Outcome:
    """Count a council's motion, by members and by organisations; the frozen terms say which must carry.

    splits   of the organisations that take part
    roll     organisation → members, of every organisation of the council
    A quorum is asked of the members represented and of the organisations that take part.
    """
    share = (Share("for and against", Fraction(terms["more_than"]), True),)
    quorum = Fraction(terms.get("quorum", "0"))
    each = MajorityTerms(share, (Quorum("share", quorum, "present"),) if quorum else ())
    counted = council(tuple(splits), CouncilTerms(terms.get("carry", "both"), each, each), roll=roll)
    sentences = [*counted.sentences]
    sentences += [check.sentence for check in (*counted.member_checks, *counted.organisation_checks)]
    return Outcome(
        counted.outcome,
        tuple(counted.by_members.items()),
        (),
        tuple(sentences),
        organisations=tuple(counted.by_organisations.items()),
    )


#: How a base's own ballots stand for its members in a council, where the base decided by consent.
CONSENT_PARTS = {"consent": "for", "object": "against", "stand aside": "abstain"}


def as_the_base_voted(method: str, tally: Mapping[str, int], members: int) -> dict[str, int] | None:
    """For, against and abstain → members, as the base voted on this very motion; None when it did not vote.

    members   those represented: the base's roll on the day the council's motion opened
    Where more voted than are on the roll now, the members are divided in proportion to the votes.
    """
    if method == "consent":
        votes = {CONSENT_PARTS[key]: count for key, count in tally.items() if key in CONSENT_PARTS}
    elif method in ("majority", "council"):
        votes = {part: tally.get(part, 0) for part in PARTS}
    else:
        return None
    total = sum(votes.values())
    if not total:
        return None
    full = {part: votes.get(part, 0) for part in PARTS}
    return full if total <= members else in_proportion(members, full)


def _elected(
    terms: Mapping[str, str],
    piles: Mapping[Any, int],
    roll: int,
    options: Sequence[tuple[str, str]],
    asked: tuple[Quorum, ...],
) -> Outcome:
    method, seats = terms["method"], int(terms.get("seats", "1"))
    paper = on_paper(options)
    chosen = tuple(Option(paper[id], name) for id, name in options)
    piles = {tuple(paper[id] for id in ballot): count for ballot, count in piles.items()}
    ties = TieRule(("lot",) if method in ("approval", "schulze") else ("backwards", "lot"), terms.get("seed", ""))
    ballots = sum(piles.values())
    if any(not quorum.reached(ballots, roll) for quorum in asked):
        sentence = say(
            "{number} ballots were handed in; {needed} are needed to decide.",
            number=ballots,
            needed=asked[0].needed(roll),
        )
        return Outcome("not quorate", (), (), (sentence,))
    if method == "approval":
        marked = {frozenset(ballot): count for ballot, count in piles.items()}
        account = approval(marked, chosen, ApprovalTerms(seats, ties=ties))
    else:
        ranked = rank(chosen, [(list(ballot), count) for ballot, count in piles.items()])
        if method == "schulze":
            account = schulze(ranked, SchulzeTerms(ties=ties))
        else:
            account = (scottish if method == "scottish" else meek)(ranked, ElectionTerms(seats, ties))
    first = account.rounds[0].votes if account.rounds else {}
    tally = tuple((id, int(first.get(paper[id], 0))) for id, _ in options)
    back = {name: id for id, name in paper.items()}
    elected = tuple(back[name] for name in account.elected)
    sentences = [sentence for round_ in account.rounds for sentence in round_.sentences]
    return Outcome("elected" if elected else "lost", tally, elected, (*sentences, *account.notes), account)


def on_paper(options: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What each option is called in a ballot file: by its name, and its place where two have one name.

    Lots are drawn from these, so that a count from the file falls on the same option in every tie.
    """
    names = [name for _, name in options]
    return {
        id: f"{name} [{place}]" if names.count(name) > 1 else name for place, (id, name) in enumerate(options, 1)
    }


# --- recall ---


def signatures_needed(roll: int, share: Fraction) -> int:
    """How many members must sign for a recall to come to a vote: at least the share of the roll, and at least one."""
    return max(1, -int(-roll * share // 1))


def recall_vote_opens(reached: datetime, notice_days: int) -> datetime:
    """When the vote on a recall opens: the notice after the last signature that was needed."""
    return reached + timedelta(days=notice_days)


def recall_pause_ends(failed: datetime, pause_days: int) -> datetime:
    """From when on the same mandate can be recalled again after a recall that failed."""
    return failed + timedelta(days=pause_days)


# --- obligations ---


def is_overdue(due: datetime, met: datetime | None, at: datetime) -> bool:
    """Whether an obligation was not met by its day, or was met only after it. On the very moment it is not late."""
    return (met or at) > due


def days_late(due: datetime, met: datetime | None, at: datetime) -> int:
    """By how many whole days it is late or was met late; 0 when it is not."""
    return max(0, ((met or at) - due).days)


def silence(roll: int, ballots: int) -> Sentence:
    """How many of the roll did not vote."""
    return say_many("{count} member did not vote.", "{count} members did not vote.", roll - ballots)
