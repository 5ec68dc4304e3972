"""Deciding: an assembly's own rules, the terms of a motion, what a closed vote comes to, when a recall opens.

Plain values only. Ballots are piles: distinct ballot → how many. Times come in as arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

from solidaria.core.problem import Exact, Fault, Sentence, say, say_many
from solidaria.core.voting.account import Account, listed
from solidaria.core.voting.approval import ApprovalTerms, approval
from solidaria.core.voting.ballots import Option, rank
from solidaria.core.voting.budget import (
    BudgetResult,
    BudgetTies,
    BudgetVote,
    Points,
    Project,
    approve,
    give_points,
    why_funded,
)
from solidaria.core.voting.consent import ConsentTerms, Objection, consent
from solidaria.core.voting.councils import PARTS, CouncilTerms, Split, council, in_proportion
from solidaria.core.voting.equal_shares import EqualSharesTerms, equal_shares
from solidaria.core.voting.majority import MajorityTerms, Quorum, Share, majority
from solidaria.core.voting.meek import meek
from solidaria.core.voting.schulze import SchulzeTerms, schulze
from solidaria.core.voting.single_transferable import scottish
from solidaria.core.voting.terms import ElectionTerms, TieRule

#: The ways a motion can be decided.
#:   consent    passes unless a reasoned objection stands; always open, since an objection must be answered
#:   majority   for, against, abstain; more than the share in the rules must be for it
#:   qualified  the same ballots; at least the larger share in the rules must be for it
#:   approval   mark all you can live with
#:   scottish, meek   rank; seats are shared out in proportion
#:   schulze    rank; one seat
#:   equal_shares   mark the projects to be paid from a fund; everybody has the same part of it (equal shares)
#:   equal_points   the same with points from 1 to MOST_POINTS for each project
#:   council    delegates cast their base's members; counted by members and by organisations
METHODS: dict[str, Sentence] = {
    "majority": say("majority: for, against or abstain"),
    "qualified": say("qualified majority: for, against or abstain, and a larger share must be for it"),
    "consent": say("consent: it passes unless somebody objects with a reason"),
    "approval": say("approval: mark all you can live with"),
    "scottish": say("ranking, several seats in proportion (single transferable vote)"),
    "meek": say("ranking, several seats in proportion (Meek)"),
    "schulze": say("ranking, one seat (Schulze)"),
    "equal_shares": say("sharing out a fund: mark what you support, each has the same part (equal shares)"),
    "equal_points": say("sharing out a fund: give points, each has the same part (equal shares)"),
    "council": say("council: delegates cast their members' votes"),
}
#: Methods whose ballots are for, against or abstaining, one each.
FOR_AND_AGAINST = ("majority", "qualified")
#: Methods that share out the money of a fund among projects.
OF_MONEY = ("equal_shares", "equal_points")
#: Methods whose ballots mark options without an order.
MARKING = ("approval", "equal_shares")
#: Methods whose ballots put options into an order.
RANKING = ("scottish", "meek", "schulze")
#: The most points one ballot gives to one project.
MOST_POINTS = 5
#: Methods whose ballots rank or mark options.
WITH_OPTIONS = ("approval", "scottish", "meek", "schulze", "equal_shares", "equal_points")
#: Methods that can be secret. A reason must be answered, and a delegate must answer to the base: these are open.
MAY_BE_SECRET = (*FOR_AND_AGAINST, *WITH_OPTIONS)


@dataclass(frozen=True)
class HouseRule:
    """One of an organisation's own rules.

    kind      share, number, days, yes/no, money, choice, or choices
    usual     what holds while nobody decided otherwise
    meaning   one sentence for people: what the rule is about
    becomes   what holds with a value, in a sentence: given a Fraction for a share, an int for days and numbers, a bool for
              yes/no, a Decimal for money, a text for a choice, a tuple of texts for choices
    choices   what can be chosen, where the kind is choice or choices
    """

    kind: str
    usual: str
    meaning: Sentence
    becomes: Callable[[Any], Sentence]
    choices: tuple[str, ...] = ()


#: What a rule's choices are called.
CHOICES: dict[str, Sentence] = {
    "members": say("the count by members"),
    "organisations": say("the count by organisations"),
    "both": say("both counts"),
    "balances": say("what it holds"),
    "income": say("what came in and what went out"),
    "wages": say("the proof of wages"),
    "agreements": say("its agreements"),
    "checkpoint": say("the proof that nothing was changed"),
    "hours": say("by the hours each worked"),
    "equally": say("the same for each"),
    "none": say("by no law: what the plan's rules set aside"),
    "argentina": say("by the law of Argentina on co-operatives"),
}

#: The rules an assembly can set for itself, and what holds until it does.
HOUSE_RULES: dict[str, HouseRule] = {
    "quorum": HouseRule(
        "share",
        "0",
        say("How much of the roll must hand in a ballot for a vote to count."),
        lambda share: (
            say("A vote counts when at least {share} of the roll hand in a ballot.", share=share)
            if share
            else say("A vote counts however few hand in a ballot.")
        ),
    ),
    "majority": HouseRule(
        "share",
        "1/2",
        say("Of the votes for and against, more than this share must be for a motion."),
        lambda share: say(
            "A motion passes when more than {share} of the votes for and against are for it.", share=share
        ),
    ),
    "rules_majority": HouseRule(
        "share",
        "1/2",
        say("Of the votes for and against, more than this share must be for a motion that changes a rule."),
        lambda share: say(
            "A motion that changes a rule passes when more than {share} of the votes for and against are for it.",
            share=share,
        ),
    ),
    "qualified": HouseRule(
        "share",
        "2/3",
        say(
            "Where a qualified majority is asked, at least this share of the votes for and against must be for it."
        ),
        lambda share: say(
            "Where a qualified majority is asked, a motion passes with at least {share} of the votes for and against.",
            share=share,
        ),
    ),
    "notice_days": HouseRule(
        "days",
        "7",
        say("How many days before an assembly it must be called."),
        lambda days: say_many(
            "An assembly is called at least {count} day before it meets.",
            "An assembly is called at least {count} days before it meets.",
            days,
        ),
    ),
    "secret": HouseRule(
        "yes/no",
        "yes",
        say("Whether votes are secret where they can be."),
        lambda so: (
            say("Votes are secret wherever they can be.")
            if so
            else say("Votes are open, unless whoever proposes or opens one asks for secrecy.")
        ),
    ),
    "tracker": HouseRule(
        "yes/no",
        "no",
        say("Whether a voter gets a code with which the ballot can be found in the count."),
        lambda so: (
            say("After a secret vote each voter has a code with which the ballot can be found in the count.")
            if so
            else say("Voters get no code: nobody can show to others how they voted.")
        ),
    ),
    "review_days": HouseRule(
        "days",
        "365",
        say("After how many days a decision is looked at again."),
        lambda days: (
            say_many(
                "A decision is looked at again after {count} day.",
                "A decision is looked at again after {count} days.",
                days,
            )
            if days
            else say("Decisions stand until somebody proposes another.")
        ),
    ),
    "recall_share": HouseRule(
        "share",
        "1/5",
        say("How much of the roll must sign for a recall to come to a vote."),
        lambda share: say("A recall comes to a vote when {share} of the roll have signed it.", share=share),
    ),
    "recall_notice_days": HouseRule(
        "days",
        "3",
        say("How many days lie between the signatures and the vote, for the answer of the one concerned."),
        lambda days: say_many(
            "Between the signatures for a recall and the vote lies {count} day for the answer of the one concerned.",
            "Between the signatures for a recall and the vote lie {count} days for the answer of the one concerned.",
            days,
        ),
    ),
    "recall_pause_days": HouseRule(
        "days",
        "90",
        say("After a recall that failed, how many days until the same mandate can be recalled again."),
        lambda days: say_many(
            "After a recall that failed, the same mandate can be recalled again {count} day later.",
            "After a recall that failed, the same mandate can be recalled again {count} days later.",
            days,
        ),
    ),
    "terms_in_a_row": HouseRule(
        "number",
        "2",
        say("How often in a row one person may hold the same mandate."),
        lambda terms: (
            say_many(
                "One person may hold the same mandate once, and not again right after.",
                "One person may hold the same mandate {count} times in a row.",
                terms,
            )
            if terms
            else say("One person may hold the same mandate as often in a row as the assembly wants.")
        ),
    ),
    "council_carry": HouseRule(
        "choice",
        "both",
        say("Which count must carry in a council: that by members, that by organisations, or both."),
        lambda chosen: say("In the council {counts} must carry.", counts=CHOICES[chosen]),
        ("members", "organisations", "both"),
    ),
    "congress_share": HouseRule(
        "share",
        "1/3",
        say("How many of the bases must ask for a special congress for it to be held."),
        lambda share: say("A special congress is held when {share} of the bases ask for it.", share=share),
    ),
    "congress_days": HouseRule(
        "days",
        "30",
        say("Within how many days a special congress that was asked for must be held."),
        lambda days: say_many(
            "A special congress that was asked for is held within {count} day.",
            "A special congress that was asked for is held within {count} days.",
            days,
        ),
    ),
    "refer_days": HouseRule(
        "days",
        "30",
        say("How many days a base has to decide on a motion that a council referred back to it."),
        lambda days: say_many(
            "A base has {count} day to decide on a motion that the council sent back to it.",
            "A base has {count} days to decide on a motion that the council sent back to it.",
            days,
        ),
    ),
    "sign_limit": HouseRule(
        "money",
        "0",
        say("Up to which amount a mandate is enough to say yes to an agreement; above it the assembly decides."),
        lambda money: (
            say(
                "A mandate is enough to say yes to agreements up to {money}; above it the assembly decides.",
                money=money,
            )
            if money
            else say("The assembly itself says yes to every agreement.")
        ),
    ),
    "pay_limit": HouseRule(
        "money",
        "0",
        say("Up to which amount a day one person may pay alone; above it a second one releases it."),
        lambda money: (
            say("One person may pay up to {money} a day alone; above it a second one releases it.", money=money)
            if money
            else say("Every payment is released by a second person.")
        ),
    ),
    "open_books": HouseRule(
        "choices",
        "",
        say("What of the books everybody may see."),
        lambda chosen: (
            say("Of the books everybody may see: {parts}.", parts=listed([CHOICES[one] for one in chosen]))
            if chosen
            else say("The books stay within the organisation.")
        ),
        ("balances", "income", "wages", "agreements", "checkpoint"),
    ),
    "share_surplus": HouseRule(
        "choice",
        "hours",
        say("How a surplus is shared among the members."),
        lambda chosen: say("A surplus is shared among the members: {how}.", how=CHOICES[chosen]),
        ("hours", "equally"),
    ),
    "reserves": HouseRule(
        "choice",
        "none",
        say("By which law reserves are put aside before a surplus is shared."),
        lambda chosen: say("Reserves are put aside before a surplus is shared: {law}.", law=CHOICES[chosen]),
        ("none", "argentina"),
    ),
}
#: Rules that say "more than": of nothing there is more than the whole.
MORE_THAN = ("majority", "rules_majority")


#: How people write yes and no, in the languages of the pages and the neighbours'.
YES = ("yes", "y", "sí", "si", "s", "sim", "oui", "ja")
NO = ("no", "n", "não", "nao", "non", "nein")


def yes_or_no(text: str) -> str | None:
    """ "yes" or "no", in whichever of our languages it is written; None for anything else."""
    word = text.strip().casefold()
    return "yes" if word in YES else "no" if word in NO else None


def house_rule_value(rule: str, text: str) -> str:
    """A value as it is kept: what cannot be one comes back as it was given, for `house_rule_faults` to say why."""
    known, text = HOUSE_RULES.get(rule), text.strip()
    if known is None:
        return text
    if known.kind == "yes/no":
        return yes_or_no(text) or text
    if known.kind == "choices":
        return " ".join(one for one in known.choices if one in text.split()) if not _unknown(known, text) else text
    return text


def _unknown(known: HouseRule, text: str) -> set[str]:
    return set(text.split()) - set(known.choices)


def house_rule_faults(rule: str, value: str) -> list[Fault]:
    """What is wrong with a value for a rule; empty when it can be adopted."""
    known = HOUSE_RULES.get(rule)
    if known is None:
        return [Fault("", None, "rule", say("There is no such rule."), say("Choose one from the list."))]
    value = house_rule_value(rule, value)
    what, help = None, say("Choose one from the list.")
    if known.kind == "share" and _share(value) is None:
        what, help = say("“{value}” is not a share.", value=value[:40]), say("Write it as 1/2, 2/3 or 20%.")
    elif rule in MORE_THAN and _share(value) == 1:
        what, help = (
            say("Nothing can be more than the whole."),
            say("Write a share below the whole, as 1/2 or 2/3."),
        )
    elif known.kind in ("days", "number") and not (value.isdecimal() and len(value) < 5):
        what, help = (
            say("“{value}” is not a whole number.", value=value[:40]),
            say("Write a whole number from 0 on."),
        )
    elif known.kind == "yes/no" and value not in ("yes", "no"):
        what, help = say("“{value}” is neither yes nor no.", value=value[:40]), say("Write yes or no.")
    elif known.kind == "money" and not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,40})?", value):
        what = say("“{value}” is not an amount of money.", value=value[:40])
        help = say("Write it as 50000 or 1250.50.")
    elif known.kind == "money" and not re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", value):
        what = say("{value} has more than two decimals.", value=Exact(value))
        help = say("Write it as 50000 or 1250.50.")
    elif known.kind == "choices" and _unknown(known, value):
        what = say("“{value}” cannot be chosen here.", value=value[:40])
        help = say("Write any of these, with spaces between them: {choices}.", choices=", ".join(known.choices))
    elif known.kind == "choice" and value not in known.choices:
        what = say("“{value}” cannot be chosen here.", value=value[:40])
        help = say("Write one of these: {choices}.", choices=", ".join(known.choices))
    return [Fault("", None, "value", what, help)] if what is not None else []


def house_rule_told(rule: str, value: str) -> Sentence:
    """What holds with a value, in one sentence; a rule or value that is not known is told as it was written."""
    known, value = HOUSE_RULES.get(rule), house_rule_value(rule, value)
    if known is None or house_rule_faults(rule, value):
        return say("{rule}: {value}", rule=rule, value=value)
    if known.kind == "share":
        return known.becomes(_share(value))
    if known.kind in ("days", "number"):
        return known.becomes(int(value))
    if known.kind == "yes/no":
        return known.becomes(value == "yes")
    if known.kind == "money":
        return known.becomes(Exact(value))
    return known.becomes(tuple(value.split()) if known.kind == "choices" else value)


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
    method: str, rules: Mapping[str, str], *, changes_rules: bool, seats: int, seed: str, fund: str = ""
) -> dict[str, str]:
    """The terms of a motion as they hold on the day it opens, as text that can be read and kept.

    changes_rules   whether its effects change a rule: then the majority for rules is asked
    seed            what a lot is drawn from, fixed at opening
    fund            of a vote on money: how much there is to share out, exact
    A motion that changes a rule never needs less than the rules ask for such motions.
    """
    terms = {"method": method, "quorum": str(share_of(rules, "quorum"))}
    if method in ("majority", "council"):
        terms["more_than"] = str(share_of(rules, "rules_majority" if changes_rules else "majority"))
    if method == "qualified":
        terms["at_least"] = str(share_of(rules, "qualified"))
        if changes_rules:
            terms["more_than"] = str(share_of(rules, "rules_majority"))
    if method == "council":
        terms["carry"] = choice_of(rules, "council_carry")
    if method in WITH_OPTIONS:
        terms["seats"] = str(max(1, seats))
        terms["seed"] = seed
    if method in OF_MONEY:
        terms["fund"] = fund
    return terms


def ballot_faults(method: str, options: Sequence[str], ballot: Any) -> list[Fault]:
    """What is wrong with a ballot; empty when it can be cast.

    majority   "for", "against" or "abstain"
    consent    "consent", "stand aside" or "object"
    approval, equal_shares   a list of ids, each once; none: a blank ballot
    ranked     a list of ids, the most preferred first, each once; none: a blank ballot
    equal_points   a list of [id, points], each id once, points from 1 to MOST_POINTS; none: a blank ballot
    """
    help = say("Choose from what stands on the ballot.")
    if method in FOR_AND_AGAINST:
        ok = ballot in ("for", "against", "abstain")
    elif method == "consent":
        ok = ballot in ("consent", "stand aside", "object")
    elif method == "equal_points":
        ok = isinstance(ballot, list) and all(_points(pair, options) for pair in ballot)
        ok = ok and len({pair[0] for pair in ballot}) == len(ballot)
    elif method in WITH_OPTIONS:
        ok = isinstance(ballot, list) and all(isinstance(id, str) for id in ballot)
        ok = ok and len(set(ballot)) == len(ballot) and set(ballot) <= set(options)
    else:
        ok = False
    return [] if ok else [Fault("", None, "ballot", say("This ballot cannot be counted."), help)]


def _points(pair: Any, options: Sequence[str]) -> bool:
    if not isinstance(pair, list) or len(pair) != 2 or pair[0] not in options:
        return False
    return isinstance(pair[1], int) and not isinstance(pair[1], bool) and 1 <= pair[1] <= MOST_POINTS


# --- closing ---


@dataclass(frozen=True)
class Outcome:
    """What a closed vote comes to.

    outcome     "carried", "lost", "not quorate", or for elections "elected"
    tally       choice (or option) → votes, as people read them
    elected     ids in order of election; of a vote on money the projects that are paid for, in that order
    sentences   how it came about
    account     the whole count of an election; None elsewhere
    organisations   of a council: for, against and abstain → organisations; the tally counts members
    money       of a vote on money: the whole count; None elsewhere
    """

    outcome: str
    tally: tuple[tuple[str, int], ...]
    elected: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    account: Account | None = None
    organisations: tuple[tuple[str, int], ...] = ()
    money: BudgetResult | None = None

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
    costs: Mapping[str, Decimal] | None = None,
) -> Outcome:
    """Count a closed motion by its frozen terms.

    piles     ballot → how many; a ranked or marked ballot is a tuple of ids, one with points a tuple of (id, points)
    roll      how many were on the frozen roll
    options   (id, name) pairs
    costs     of a vote on money: id → what the project costs
    Exact: two thirds is two thirds. Raises ValueError for ballots that do not fit the method.
    """
    method = terms["method"]
    quorum = Fraction(terms.get("quorum", "0"))
    asked = (Quorum("share", quorum, "ballots"),) if quorum else ()
    if method in FOR_AND_AGAINST:
        shares = tuple(
            Share("for and against", Fraction(terms[key]), strict)
            for key, strict in (("at_least", False), ("more_than", True))
            if key in terms
        )
        counted = majority(piles, MajorityTerms(shares, asked), roll=roll)
        tally = tuple((part, counted.tally[part]) for part in ("for", "against", "abstain"))
        return Outcome(counted.outcome, tally, (), tuple(check.sentence for check in counted.checks))
    if method == "consent":
        agreed = consent(piles, objections, ConsentTerms(asked), roll=roll)
        outcome = agreed.outcome if agreed.outcome in ("carried", "not quorate") else "lost"
        return Outcome(outcome, tuple(agreed.tally.items()), (), agreed.sentences)
    if method in OF_MONEY:
        return _shared_out(terms, piles, roll, options, costs or {}, asked)
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
    elif method in (*FOR_AND_AGAINST, "council"):
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
    too_few = _too_few(sum(piles.values()), roll, asked)
    if too_few is not None:
        return too_few
    if method == "approval":
        marked = {frozenset(ballot): count for ballot, count in piles.items()}
        account = approval(marked, chosen, ApprovalTerms(seats, ties=ties))
    else:
        ranked = rank(chosen, [(list(ballot), count) for ballot, count in piles.items()])
        if method == "schulze":
            account = schulze(ranked, SchulzeTerms(seats, ties))
        else:
            account = (scottish if method == "scottish" else meek)(ranked, ElectionTerms(seats, ties))
    first = account.rounds[0].votes if account.rounds else {}
    tally = tuple((id, int(first.get(paper[id], 0))) for id, _ in options)
    back = {name: id for id, name in paper.items()}
    elected = tuple(back[name] for name in account.elected)
    sentences = [sentence for round_ in account.rounds for sentence in round_.sentences]
    return Outcome("elected" if elected else "lost", tally, elected, (*sentences, *account.notes), account)


def _too_few(ballots: int, roll: int, asked: tuple[Quorum, ...]) -> Outcome | None:
    if all(quorum.reached(ballots, roll) for quorum in asked):
        return None
    sentence = say(
        "{number} ballots were handed in; {needed} are needed to decide.",
        number=ballots,
        needed=asked[0].needed(roll),
    )
    return Outcome("not quorate", (), (), (sentence,))


#: How a fund is shared out: money that equal shares leave over is offered again by steps of a hundredth of each
#: person's part, and what still fits then is paid for in the order of support. Source: equalshares.net.
SHARES = EqualSharesTerms(completion="add1+utilitarian", step=Fraction(1, 100), step_of="share")


def _shared_out(
    terms: Mapping[str, str],
    piles: Mapping[Any, int],
    roll: int,
    options: Sequence[tuple[str, str]],
    costs: Mapping[str, Decimal],
    asked: tuple[Quorum, ...],
) -> Outcome:
    too_few = _too_few(sum(piles.values()), roll, asked)
    if too_few is not None:
        return too_few
    vote = budget_vote(terms, piles, options, costs)
    # Nothing is counted again to explain the losers: this runs while the vote is being closed.
    terms_of = replace(SHARES, ties=BudgetTies(seed=terms.get("seed", "")))
    result = equal_shares(vote, terms_of, counted_again=())
    support = vote.supporters() if vote.kind == "approval" else vote.scores()
    tally = tuple((id, int(support[id])) for id, _ in options)
    sentences: list[Sentence] = []
    if result.per_person is not None:
        sentences.append(
            say_many(
                "Of {fund}, {count} person who voted had {each} to give.",
                "Of {fund}, each of the {count} people who voted had {each} to give.",
                result.voters,
                fund=Decimal(terms["fund"]),
                each=Decimal(int(result.per_person * 100)) / 100,
            )
        )
    for purchase in result.purchases:
        if purchase.tie is not None:
            sentences.append(purchase.tie.sentence)
        sentences.append(why_funded(purchase, result))
    sentences += [one.sentence for one in result.missing]
    left = Decimal(terms["fund"]) - sum((costs[id] for id in result.funded), Decimal(0))
    sentences.append(say("{money} of the fund stays where it is.", money=left))
    outcome = "elected" if result.funded else "lost"
    return Outcome(outcome, tally, result.funded, (*sentences, *result.notes), money=result)


def budget_vote(
    terms: Mapping[str, str],
    piles: Mapping[Any, int],
    options: Sequence[tuple[str, str]],
    costs: Mapping[str, Decimal],
) -> BudgetVote:
    """A vote on money as the counting engine, and a Pabulib file, take it."""
    projects = tuple(Project(id, Fraction(costs[id]), name) for id, name in options)
    points = terms["method"] == "equal_points"
    ballots: dict[Points, int] = {}
    for ballot, count in piles.items():
        marks = give_points({id: given for id, given in ballot}) if points else approve(*ballot)
        ballots[marks] = ballots.get(marks, 0) + count
    return BudgetVote(Fraction(terms["fund"]), projects, ballots, "scoring" if points else "approval")


def ranks_of(order: Sequence[str], others: Sequence[str], ranks: int) -> dict[str, int]:
    """What an order comes to in so many ranks: id → rank, 1 the first.

    order    ids, the first ahead; they are divided evenly, in turn, and the first ranks are the larger ones
    others   ids that the order does not name: they have the last rank
    Never fewer than one rank, never more than ids in the order.
    """
    ranks = max(1, min(ranks, len(order)))
    found = {id: 1 + place * ranks // len(order) for place, id in enumerate(order)}
    return found | {id: ranks for id in others if id not in found}


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
