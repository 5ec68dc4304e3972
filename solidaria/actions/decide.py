"""Decide: a motion from draft to effect; ballots; closing."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F, Max

from solidaria.actions import clocks, council_votes, plan_votes
from solidaria.actions.acting import ACTIONS, Already, action, check, in_one_piece, refused
from solidaria.actions.effects import (
    apply_effects,
    changes_rules,
    check_effects,
    current_members,
    house_rules,
    method_faults,
)
from solidaria.actions.permit import Doer, NotAllowed, rests_on
from solidaria.actions.who import digest_of, new_code
from solidaria.core import decide as core
from solidaria.core.problem import Fault, Refused, say
from solidaria.core.voting.consent import Objection
from solidaria.core.workbook.cells import number as read_number
from solidaria.core.workbook.schema import Column
from solidaria.records.models import (
    Act,
    Assembly,
    Comment,
    Motion,
    OpenBallot,
    Organisation,
    PaperCount,
    Pile,
    Recall,
    SplitVote,
    Voter,
    VotingCode,
)
from solidaria.records.models.decide import CARRIED, DRAFT, LOST, OPEN, REFERRED, WITHDRAWN
from solidaria.records.packing import plain

#: How long a vote may stay open.
MOST_DAYS = 60
COMMENTS = ("question", "reason", "objection")
MOST_OPTIONS = 200
#: A fund is smaller than this; the counting engine is exact below.
MOST_MONEY = Decimal(10) ** 12


# --- before the vote ---


@action
def propose_motion(
    doer: Doer,
    organisation: Organisation,
    *,
    title: str,
    text: str,
    method: str = "majority",
    seats: int = 1,
    options: Sequence[Mapping[str, str]] = (),
    effects: Sequence[Mapping[str, Any]] = (),
    assembly: Assembly | None = None,
    amends: Motion | None = None,
    origin: Motion | None = None,
    fund: str = "",
    currency: str = "",
    asks: Mapping[str, Any] | None = None,
) -> Motion:
    """A draft that every member sees and can talk about.

    options   {id, name} of an election or a ranking; {id, name, cost} of a vote on money
    fund, currency   of a vote on money: how much there is to share out
    asks      what the proposer asks for at opening: {"span", "secret"}; whoever opens the vote decides
    effects   what happens when it is carried, each {kind, …} (actions/effects.py)
    amends    the draft whose text this would change: the text is the whole new text
    """
    motion = Motion(
        organisation=organisation, declared_by=doer.person, made=doer.at, assembly=assembly, origin=origin
    )
    if amends is not None:
        if amends.organisation_id != organisation.pk or amends.state != DRAFT or amends.amends_id is not None:
            raise refused("amends", say("Only a draft can be amended."), say("Propose a motion of its own."))
        if clocks.owed(amends) is not None:
            what = say("Other assemblies vote on this very text; here it cannot be changed.")
            raise refused("amends", what, say("Vote against it and say why, or propose a motion of its own."))
        if plan_votes.waits_for(amends):
            what = say("The figures are the plan's; words here would not change them.")
            raise refused("amends", what, say("Refuse a line of the plan, and the network plans again."))
        motion.amends = amends
        effects = ()
    motion.asks = {key: value for key, value in (asks or {}).items() if key in ("span", "secret") and value}
    _take(motion, title, text, method, seats, options, effects, fund, currency)
    last = Motion.objects.filter(organisation=organisation).aggregate(last=Max("number"))["last"]
    motion.number = (last or 0) + 1
    motion.save()
    return motion


@action
def edit_motion(
    doer: Doer,
    motion: Motion,
    *,
    title: str,
    text: str,
    method: str,
    seats: int = 1,
    options: Sequence[Mapping[str, str]] = (),
    effects: Sequence[Mapping[str, Any]] = (),
    fund: str = "",
    currency: str = "",
    asks: Mapping[str, Any] | None = None,
) -> Motion:
    """The draft as it is now given."""
    _draft(motion)
    if asks is not None:
        motion.asks = {key: value for key, value in asks.items() if key in ("span", "secret") and value}
    _take(motion, title, text, method, seats, options, effects if motion.amends_id is None else (), fund, currency)
    motion.save()
    return motion


@action
def withdraw_motion(doer: Doer, motion: Motion, *, reason: str = "") -> Motion:
    """Taken back by who proposed it or by a facilitator, before it is opened; the motion's page says who, when and why."""
    _draft(motion)
    owed = clocks.owed(motion)
    if owed is not None:
        what = say("This motion has to be voted on by {day}; nobody can take it off.", day=f"{owed.due:%Y-%m-%d}")
        raise refused(None, what, say("Open the vote."))
    if plan_votes.waits_for(motion):
        what = say("The network waits for this assembly's answer to the plan; nobody can take the question off.")
        raise refused(None, what, say("Open the vote, or refuse a line of the plan."))
    motion.state = WITHDRAWN
    motion.closed = doer.at
    motion.result = {"why": reason.strip()[:1000]}
    motion.save(update_fields=["state", "closed", "result"])
    return motion


@action
def comment_on_motion(doer: Doer, motion: Motion, *, kind: str, text: str) -> Comment:
    """A question, a reason or an objection; an objection needs words, since it must be answered."""
    faults = []
    if kind not in COMMENTS:
        faults.append(Fault("", None, "kind", say("This kind is not known."), say("Choose from the list.")))
    if not text.strip():
        faults.append(Fault("", None, "text", say("This is blank."), say("Say it in your own words.")))
    check(faults)
    return Comment.objects.create(
        motion=motion, declared_by=doer.person, kind=kind, text=text.strip()[:4000], at=doer.at
    )


@action
def withdraw_comment(doer: Doer, comment: Comment) -> Comment:
    """Taken back by who wrote it: it stays readable, struck through."""
    if comment.withdrawn is not None:
        raise Already(comment)
    comment.withdrawn = doer.at
    comment.save(update_fields=["withdrawn"])
    return comment


@action
def open_motion(doer: Doer, motion: Motion, *, closes: datetime, secret: bool | None = None) -> Motion:
    """Open the vote: freezes, in the motion, the roll and the terms of this day.

    closes   when it closes by itself
    secret   None: as the rules say; where the rules say secret, it stays secret
    Amendments that are still drafts have to be voted or withdrawn first.
    """
    if motion.state == OPEN:
        raise Already(motion)
    _draft(motion)
    if motion.amendments.filter(state__in=[DRAFT, OPEN]).exists():
        raise refused(
            None, say("There are amendments that are not voted yet."), say("Vote them first, or withdraw them.")
        )
    if not doer.at < closes <= doer.at + timedelta(days=MOST_DAYS):
        raise refused(
            "closes",
            say("A vote stays open for some time, and {days} days at most.", days=MOST_DAYS),
            say("Choose a later moment, or an earlier one."),
        )
    faults = council_votes.opening_faults(motion, doer.at, closes)
    check(faults + check_effects(motion.organisation, motion.effects))
    open_vote(motion, doer.at, closes, secret)
    return motion


def open_vote(motion: Motion, at: datetime, closes: datetime, secret: bool | None = None) -> None:
    """Freeze roll and terms and let ballots in; also for votes that open by themselves (recalls)."""
    rules = house_rules(motion.organisation)
    motion.terms = core.frozen_terms(
        motion.method,
        rules,
        changes_rules=changes_rules(motion.effects),
        seats=motion.seats,
        seed=secrets.token_hex(16),
        fund=f"{motion.fund:f}" if motion.fund is not None else "",
    )
    may_be_secret = motion.method in core.MAY_BE_SECRET
    motion.secret = may_be_secret and (core.is_so(rules, "secret") or bool(secret))
    motion.tracker = motion.secret and core.is_so(rules, "tracker")
    motion.state, motion.opened, motion.closes = OPEN, at, closes
    motion.roll_salt = secrets.token_hex(16)
    roll = current_members(motion.organisation, at.date()) if motion.method != "council" else []
    motion.roll_size = len(roll)
    lines = [str(number) for number in roll] if motion.method != "council" else council_votes.freeze(motion, at)
    motion.roll_hash = core.roll_hash(lines, motion.roll_salt)
    motion.save()
    Voter.objects.bulk_create([Voter(motion=motion, person_id=number) for number in roll], batch_size=2000)


def _take(
    motion: Motion,
    title: str,
    text: str,
    method: str,
    seats: int,
    options: Sequence[Mapping[str, str]],
    effects: Sequence[Mapping[str, Any]],
    fund: str,
    currency: str,
) -> None:
    faults = []
    if not title.strip() or len(title.strip()) > 200:
        faults.append(
            Fault(
                "",
                None,
                "title",
                say("The title is missing, or too long."),
                say("A few words say what it is about."),
            )
        )
    if not text.strip() or len(text) > 20000:
        faults.append(
            Fault("", None, "text", say("The text is missing, or too long."), say("Write what is to be decided."))
        )
    if method not in core.METHODS:
        faults.append(
            Fault("", None, "method", say("This way to decide is not known."), say("Choose from the list."))
        )
    kept = [
        {"id": str(one.get("id") or ""), "name": str(one.get("name") or "").strip().replace('"', "'")[:120]}
        for one in options
    ]
    kept = [one for one in kept if one["name"]]
    for place, one in enumerate(kept, 1):
        one["id"] = one["id"] or str(place)
    kinds = [str(one.get("kind")) for one in effects]
    if "rank_needs_by_decision" in kinds:
        # A ranking of needs orders all of them.
        seats = len(kept) if method in core.WITH_OPTIONS else 1
        ordered = any("tiers" not in one for one in effects if one.get("kind") == "rank_needs_by_decision")
        if ordered and method not in ("schulze", "approval"):
            help = say("Choose Schulze, or approval; or write the ranks down and vote for or against them.")
            faults.append(Fault("", None, "method", say("This way to decide gives no order."), help))
    elif method == "schulze":
        seats = 1
    if method in core.OF_MONEY:
        seats = 1
        faults += _of_money(motion, options, kept, fund, currency)
    elif "fund_projects" in kinds:
        help = say("Choose one of the two ways to share out a fund.")
        faults.append(Fault("", None, "method", say("This way to decide shares out no money."), help))
    ids = [one["id"] for one in kept]
    if method in core.WITH_OPTIONS and (len(kept) < 2 or len(kept) > MOST_OPTIONS or len(set(ids)) < len(ids)):
        faults.append(
            Fault("", None, "options", say("There are not enough choices."), say("Write two or more, each once."))
        )
    if method in core.WITH_OPTIONS and seats < 1:
        what = say("How many are chosen is a whole number from 1 on.")
        faults.append(Fault("", None, "seats", what, say("Write 1, or more.")))
    elif method in core.WITH_OPTIONS and seats > max(1, len(kept)):
        faults.append(
            Fault("", None, "seats", say("There are more seats than choices."), say("Write a smaller number."))
        )
    faults += check_effects(motion.organisation, [dict(one) for one in effects])
    if not any(fault.column == "method" for fault in faults):
        faults += method_faults(method, effects)
    check(faults)
    motion.title, motion.text, motion.method, motion.seats = title.strip(), text.strip(), method, seats
    motion.options = kept if method in core.WITH_OPTIONS else []
    if method not in core.OF_MONEY:
        motion.fund, motion.currency = None, ""
    motion.effects = [dict(one) for one in effects]


def _of_money(
    motion: Motion, options: Sequence[Mapping[str, str]], kept: list[dict[str, str]], fund: str, currency: str
) -> list[Fault]:
    """Take the fund, its currency and what each project costs, exact; what is wrong with them."""
    faults: list[Fault] = []
    whole = _money(fund)
    if whole is None or not 0 < whole < MOST_MONEY:
        what = say("“{value}” is not an amount of money.", value=fund[:40])
        faults.append(Fault("", None, "fund", what, say("Write how much there is to share out.")))
        whole = None
    if not re.fullmatch(r"[A-Z]{3}", currency.strip()):
        what = say("“{value}” is not a currency.", value=currency[:20])
        faults.append(Fault("", None, "currency", what, say("Write its three letters: ARS, EUR, ZAR.")))
    costs = {str(one.get("name") or "").strip().replace('"', "'")[:120]: one.get("cost") for one in options}
    for one in kept:
        cost = _money(str(costs.get(one["name"]) or ""))
        if cost is None or cost <= 0:
            what = say("“{name}” has no cost.", name=one["name"])
            faults.append(Fault("", None, "options", what, say("Write beside each project what it costs.")))
        elif whole is not None and cost > whole:
            what = say("“{name}” costs more than the whole fund.", name=one["name"])
            faults.append(Fault("", None, "options", what, say("Make it smaller, or leave it out.")))
        else:
            one["cost"] = f"{cost:f}"
    motion.fund, motion.currency = whole, currency.strip()[:3]
    return faults


def _money(text: str) -> Decimal | None:
    """An amount as people write it; None for anything else."""
    value, problem = (
        read_number(text, Column("amount", "number", say("A number."))) if text.strip() else (None, None)
    )
    return value if problem is None and isinstance(value, Decimal) else None


def _draft(motion: Motion) -> None:
    if motion.state != DRAFT:
        raise refused(None, say("This motion is no longer a draft."), say("Propose a new one."))


# --- ballots ---


def cast_ballot(doer: Doer, motion_number: int, ballot: Any, *, reason: str = "") -> str | None:
    """Cast a ballot on an open motion; gives back the tracker where the rules ask for one.

    Secret: the voter's mark flips and the pile grows in one transaction; nothing joins the two, and history does
    not know of it. Open: the ballot stands with the name and can be cast again until closing.
    Raises Refused for a ballot that cannot be counted, a closed vote, a second secret ballot; NotAllowed for somebody
    who is not on the frozen roll.
    """
    return in_one_piece(lambda: _cast(doer, motion_number, ballot, reason))


def _cast(doer: Doer, number: int, ballot: Any, reason: str) -> str | None:
    motion = open_for_ballots(number, doer.at)
    voter = Voter.objects.filter(motion=motion, person=doer.person).only("pk", "voted").first()
    if voter is None:
        raise NotAllowed(say("You are not on the roll of this vote."), hidden=True)
    check(core.ballot_faults(motion.method, [one["id"] for one in motion.options], ballot))
    if not motion.secret:
        _room_for(motion, 0 if voter.voted else 1)
        _cast_openly(doer, motion, ballot, reason)
        Voter.objects.filter(pk=voter.pk).update(voted=True)
        return None
    # The one request that flips the mark goes on; every other one, at whatever moment, finds it flipped.
    if not Voter.objects.filter(pk=voter.pk, voted=False).update(voted=True):
        raise in_already()
    _room_for(motion, 1)
    return add_to_pile(motion, ballot)


def in_already() -> Refused:
    """What a second cast is told."""
    return refused(
        None, say("Your ballot is in already."), say("A secret ballot is cast once and cannot be changed.")
    )


def open_for_ballots(number: int, at: datetime) -> Motion:
    """The motion, open, and kept from closing until this transaction ends; other ballots go on beside it.

    Where ballots come without a name too, ballots come one after the other: together they must fit the roll.
    Raises Refused when it is not open any more.
    """
    if connection.vendor == "postgresql":
        alone = without_names(number)
        _hold(number, alone)
        # Codes that were printed, or a count that was taken, just before the row was held.
        if not alone and without_names(number):
            _hold(number, True)
    motion = (
        Motion.objects.only(
            "pk", "state", "closes", "method", "secret", "tracker", "options", "organisation", "roll_size"
        )
        .filter(pk=number)
        .first()
    )
    if motion is None:
        raise NotAllowed(say("There is no such vote."), hidden=True)
    if motion.state != OPEN or motion.closes is None or at >= motion.closes:
        raise is_closed()
    return motion


def _hold(number: int, alone: bool) -> None:
    with connection.cursor() as cursor:
        how = "NO KEY UPDATE" if alone else "SHARE"
        cursor.execute(f"SELECT 1 FROM records_motion WHERE id = %s FOR {how}", [number])


def without_names(number: int) -> bool:
    """Whether ballots without a name, by printed code or counted by tellers, stand beside those of the roll."""
    return (
        VotingCode.objects.filter(motion=number).exists()
        or PaperCount.objects.filter(motion=number, taken=True).exists()
    )


def room(motion: Motion) -> int | None:
    """How many more ballots fit the roll; None where each comes with its own name on the roll, and all fit."""
    if not without_names(motion.pk):
        return None
    return max(0, motion.roll_size - ballots_in(motion))


def _room_for(motion: Motion, more: int) -> None:
    left = room(motion)
    if more and left is not None and left < more:
        raise full()


def full() -> Refused:
    """What a ballot is told that would be one more than there are members: somebody has cast two."""
    return refused(None, say("More ballots would be in than members are on the roll."), say("Ask the tellers."))


def is_closed() -> Refused:
    """What a late ballot is told."""
    return refused(None, say("This vote is closed."), say("The result is on the motion's page."))


def add_to_pile(motion: Motion, ballot: Any, count: int = 1) -> str | None:
    """One more (or `count` more) of this ballot; gives back the tracker, where there is one."""
    text = as_text(ballot)
    Pile.objects.bulk_create([Pile(motion=motion, ballot=text)], ignore_conflicts=True)
    if not motion.tracker or count != 1:
        Pile.objects.filter(motion=motion, ballot=text).update(count=F("count") + count)
        return None
    pile = Pile.objects.select_for_update().get(motion=motion, ballot=text)
    code = new_code()
    pile.count += 1
    pile.trackers = sorted([*pile.trackers, code])
    pile.save(update_fields=["count", "trackers"])
    return code


def as_text(ballot: Any) -> str:
    """The ballot as one text, the same for the same ballot."""
    return json.dumps(sorted(ballot) if isinstance(ballot, (set, frozenset)) else ballot, ensure_ascii=False)


def _cast_openly(doer: Doer, motion: Motion, ballot: Any, reason: str) -> None:
    if ballot == "object" and not reason.strip():
        raise refused(
            "reason", say("An objection needs a reason."), say("Say it in your own words: it will be answered.")
        )
    OpenBallot.objects.update_or_create(
        motion=motion,
        person=doer.person,
        defaults={"ballot": as_text(ballot), "reason": reason.strip()[:1000], "by_voice": None, "answered": False},
    )


@action
def vote_by_voice(doer: Doer, motion: Motion, *, person: int, ballot: Any, reason: str = "") -> OpenBallot:
    """A member's open ballot, entered by a teller; the member sees it and can change it until closing."""
    open_for_ballots(motion.pk, doer.at)
    if motion.secret:
        raise refused(
            None, say("A secret ballot cannot be cast by voice."), say("Give the member a printed code.")
        )
    voter = Voter.objects.filter(motion=motion, person_id=person).first()
    if voter is None:
        raise refused("person", say("This person is not on the roll of this vote."), say("Choose from the list."))
    check(core.ballot_faults(motion.method, [one["id"] for one in motion.options], ballot))
    _room_for(motion, 0 if voter.voted else 1)
    row, _ = OpenBallot.objects.update_or_create(
        motion=motion,
        person_id=person,
        defaults={"ballot": as_text(ballot), "reason": reason.strip()[:1000], "by_voice": doer.person},
    )
    Voter.objects.filter(pk=voter.pk).update(voted=True)
    return row


# --- printed codes, hands and paper ---


@action
def print_voting_codes(doer: Doer, motion: Motion, *, how_many: int, codes: list[str]) -> Motion:
    """Codes that cast one ballot each, for people without a device, put into `codes`, shown once.

    Never more than members of the roll who have no ballot in yet: each code handed out is crossed off the roll by
    the tellers at the table, on paper; here the room on the roll shrinks with each code used.
    """
    open_for_ballots(motion.pk, doer.at)
    left = motion.roll_size - ballots_in(motion)
    out = VotingCode.objects.filter(motion=motion, revoked=False, used=False).count()
    if not motion.secret:
        raise refused(None, say("An open vote needs no codes."), say("Enter the ballot by voice."))
    if not 1 <= how_many <= left - out:
        raise refused(
            "how_many",
            say("{left} members have neither a ballot in nor a code that is out.", left=max(0, left - out)),
            say("Print that many at most."),
        )
    codes.extend(new_code() for _ in range(how_many))
    batch = f"{doer.at:%Y-%m-%d}-{secrets.token_hex(2)}"
    VotingCode.objects.bulk_create(
        VotingCode(motion=motion, batch=batch, digest=digest_of(code)) for code in codes
    )
    return motion


@action
def revoke_voting_codes(doer: Doer, motion: Motion, *, batch: str) -> Motion:
    """The unused codes of a batch cast no ballot any more."""
    VotingCode.objects.filter(motion=motion, batch=batch, used=False).update(revoked=True)
    return motion


def cast_with_code(at: datetime, code: str, ballot: Any) -> Motion:
    """A ballot by printed code, from anybody who holds it; once. Raises Refused when the code opens nothing."""

    def once() -> Motion:
        found = VotingCode.objects.filter(digest=digest_of(code)).first()
        if found is None:
            raise _no_code()
        motion = open_for_ballots(found.motion_id, at)
        check(core.ballot_faults(motion.method, [one["id"] for one in motion.options], ballot))
        if not VotingCode.objects.filter(pk=found.pk, used=False, revoked=False).update(used=True):
            raise _no_code()
        _room_for(motion, 1)
        add_to_pile(motion, ballot)
        return motion

    return in_one_piece(once)


def _no_code() -> Exception:
    return refused(
        "code",
        say("This code casts no ballot."),
        say("Check the letters; a code works once, until the vote closes."),
    )


@action
def enter_paper_count(doer: Doer, motion: Motion, *, batch: str, counts: Mapping[str, int]) -> PaperCount:
    """A show of hands or a paper count as one teller saw it; taken once a second teller's count says the same.

    batch    which hands or which box: the two tellers write the same name
    counts   ballot → how many; for motions for, against, abstain
    """
    open_for_ballots(motion.pk, doer.at)
    faults = []
    if not batch.strip():
        faults.append(
            Fault(
                "", None, "batch", say("The name of the count is missing."), say("For example: hands in the hall.")
            )
        )
    kept = {key: int(value) for key, value in counts.items() if int(value)}
    for key in kept:
        faults += core.ballot_faults(
            motion.method,
            [one["id"] for one in motion.options],
            key if motion.method in core.FOR_AND_AGAINST else [key],
        )
    if any(value < 0 for value in kept.values()) or not kept:
        faults.append(
            Fault(
                "", None, "counts", say("A count is a number from 0 on, and not all are 0."), say("Count again.")
            )
        )
    check(faults)
    name = batch.strip()[:40]
    if PaperCount.objects.filter(motion=motion, batch=name, taken=True).exists():
        raise refused("batch", say("This count was taken already."), say("Give the next one another name."))
    mine, _ = PaperCount.objects.update_or_create(
        motion=motion, batch=name, teller=doer.person, defaults={"counts": kept}
    )
    other = PaperCount.objects.filter(motion=motion, batch=name).exclude(teller=doer.person).first()
    if other is None:
        return mine
    if other.counts != kept:
        raise refused(
            "counts", say("The two tellers' counts differ."), say("Count again together; nothing was taken.")
        )
    _fits_the_roll(motion, sum(kept.values()))
    PaperCount.objects.filter(motion=motion, batch=name).update(taken=True)
    mine.taken = True
    for key, value in kept.items():
        add_to_pile(motion, key if motion.method in core.FOR_AND_AGAINST else [key], value)
    return mine


def _fits_the_roll(motion: Motion, more: int) -> None:
    ballots = ballots_in(motion)
    if ballots + more > motion.roll_size:
        raise refused(
            "counts",
            say(
                "With these there would be {count} ballots for {roll} members.",
                count=ballots + more,
                roll=motion.roll_size,
            ),
            say("Somebody raised a hand and cast a ballot too: count again."),
        )


def ballots_in(motion: Motion) -> int:
    """How many ballots are in, on paper and otherwise."""
    if motion.method == "council":
        cast = SplitVote.objects.filter(motion=motion).exclude(because="")
        return sum(cast.values_list("members", flat=True))
    if motion.secret:
        return sum(Pile.objects.filter(motion=motion).values_list("count", flat=True))
    paper = sum(Pile.objects.filter(motion=motion).values_list("count", flat=True))
    return paper + OpenBallot.objects.filter(motion=motion).count()


# --- closing ---


@action
def close_motion(doer: Doer, motion: Motion) -> Motion:
    """Close the vote, count it, and do what it says, in one transaction. Closing twice changes nothing.

    Anybody on the roll closes a vote whose time is up; before that a facilitator does, when all have voted or the
    assembly says so.
    """
    if motion.state not in (OPEN, DRAFT):
        raise Already(motion)
    if motion.state == DRAFT or motion.closes is None:
        raise refused(None, say("This motion is not open."), say("Open it first."))
    early = doer.at < motion.closes
    if early and not rests_on(doer, motion.organisation, "decide.facilitate"):
        raise NotAllowed(say("Before its time a vote is closed by a facilitator."), hidden=False)
    if early and Recall.objects.filter(motion=motion).exists():
        what = say("A vote on a recall ends by itself; nobody can end it before.")
        raise refused(None, what, say("It closes on {day}.", day=f"{motion.closes:%Y-%m-%d %H:%M} UTC"))
    count_and_apply(motion, doer.at)
    return motion


def close_due(at: datetime) -> int:
    """Close every vote whose time is up; the worker does this. Gives back how many.

    A vote that cannot be closed keeps no other one open: what went wrong is raised after the others are closed.
    """
    closed, wrong = 0, []
    due = Motion.objects.filter(state=OPEN, closes__lte=at).order_by("closes", "pk")
    for number in list(due.values_list("pk", flat=True)):
        try:
            closed += in_one_piece(partial(_close, number, at))
        except Exception as error:
            wrong.append(error)
    if wrong:
        raise wrong[0]
    return closed


def _close(number: int, at: datetime) -> int:
    motion = Motion.objects.select_for_update(of=("self",)).get(pk=number)
    if motion.state != OPEN:
        return 0
    count_and_apply(motion, at)
    Act.objects.create(
        at=at,
        person=None,
        organisation=motion.organisation,
        motion=motion,
        verb="close_motion",
        kind="Motion",
        subject=motion.pk,
        name=motion.title,
        after={"state": motion.state, "outcome": motion.outcome},
    )
    return 1


def count_and_apply(motion: Motion, at: datetime) -> None:
    """Count an open motion, whose row this transaction has locked, and do what it says.

    A council's motion can go back to the bases instead: because one of them has neither voted nor instructed, or
    because the bases have to confirm it; its effects wait, then.
    """
    waiting = council_votes.settle(motion, at) if motion.method == "council" else []
    outcome = counted(motion)
    motion.state = CARRIED if outcome.carried else LOST
    motion.closed, motion.outcome = at, outcome.outcome
    if waiting:
        motion.state, motion.outcome = REFERRED, council_votes.BACK
    motion.result = {
        "tally": [list(pair) for pair in outcome.tally],
        "elected": list(outcome.elected),
        "sentences": [plain(sentence) for sentence in outcome.sentences],
        "ballots": ballots_in(motion),
    }
    if motion.method == "council":
        motion.result["organisations"] = [list(pair) for pair in outcome.organisations]
        motion.result["waiting"] = sorted(row.base.code for row in waiting)
    if motion.state == CARRIED and not motion.ratify_needed:
        days = core.number_of(house_rules(motion.organisation), "review_days")
        motion.review = (at + timedelta(days=days)).date() if days else None
    motion.save()
    if motion.state == LOST:
        plan_votes.said_no(motion, at)
    if motion.state == CARRIED and motion.ratify_needed:
        council_votes.start_ratification(motion, at)
    elif motion.state == CARRIED:
        if motion.amends_id is not None:
            _merge(motion)
        apply_effects(motion, outcome.elected, at)
        council_votes.confirm(motion, at)
    clocks.closed(motion, at)


def _merge(amendment: Motion) -> None:
    """An accepted amendment becomes the motion's text; the text before is kept beside it."""
    motion = Motion.objects.select_for_update(of=("self",)).get(pk=amendment.amends_id or 0)
    if motion.state == DRAFT:
        motion.text_before = motion.text
        motion.text = amendment.text
        motion.save(update_fields=["text", "text_before"])


def counted(motion: Motion) -> core.Outcome:
    """What the ballots that are in come to by the motion's frozen terms."""
    if motion.method == "council":
        return council_votes.counted(motion)
    options = [(one["id"], one["name"]) for one in motion.options]
    objections: tuple[Objection, ...] = ()
    if motion.method == "consent":
        objections = tuple(
            Objection(str(row.pk), row.reason, "answered" if row.answered else "stands")
            for row in OpenBallot.objects.filter(motion=motion)
            if json.loads(row.ballot) == "object"
        )
    return core.outcome_of(
        motion.terms,
        piles_of(motion),
        roll=motion.roll_size,
        options=options,
        objections=objections,
        costs=motion.costs,
    )


def piles_of(motion: Motion) -> dict[Any, int]:
    """Ballot → how many: the piles, and the open ballots with them. An answered objection counts as standing aside."""
    found: Counter[Any] = Counter()
    for text, count in Pile.objects.filter(motion=motion).values_list("ballot", "count"):
        if count:
            found[_key(json.loads(text))] += count
    for text, answered in OpenBallot.objects.filter(motion=motion).values_list("ballot", "answered"):
        ballot = json.loads(text)
        found["stand aside" if ballot == "object" and answered else _key(ballot)] += 1
    return dict(found)


def _key(ballot: Any) -> Any:
    return tuple(_key(one) for one in ballot) if isinstance(ballot, list) else ballot


#: Ballots are cast without a line in the history; the tests that walk through every action find them here.
ACTIONS["cast_ballot"] = cast_ballot
