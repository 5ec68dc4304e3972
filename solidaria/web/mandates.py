"""Mandates: recalls, seats in councils, the council's vote, obligations, and the federation as a tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import clocks, council_votes, councils, plan_votes
from solidaria.actions import recall as recalls
from solidaria.actions.effects import EFFECTS, house_rules
from solidaria.actions.permit import HOLDING, live_mandates, live_seats, may
from solidaria.actions.visible import network_seen, organisation_seen
from solidaria.core import decide as core
from solidaria.core.problem import Sentence, say
from solidaria.core.voting.councils import PARTS, bound
from solidaria.records.models import (
    Belonging,
    Mandate,
    Membership,
    Motion,
    Obligation,
    Organisation,
    Recall,
    Seat,
    SplitVote,
)
from solidaria.records.models.decide import CARRIED, DRAFT, OPEN, REFERRED
from solidaria.records.packing import value_of
from solidaria.web.answers import act, acting, button, doer, form, members_only, organisation_for, person, seen
from solidaria.web.typed import whole

#: How long a vote that is opened again stays open.
AGAIN_DAYS = 14
#: How many carried decisions of a council stand in the tree.
LATEST = 5


def _now() -> datetime:
    return datetime.now(UTC)


# --- recall ---


def _recall_for(request: HttpRequest, code: str, number: int) -> tuple[Recall, Organisation, set[str]]:
    one, rights = organisation_for(request, code)
    row = (
        Recall.objects.filter(mandate__organisation=one, pk=number)
        .select_related("mandate__person", "mandate__organisation", "opened_by", "motion")
        .first()
    )
    if row is None:
        raise Http404
    return row, one, rights


@form
def open_recall(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Open a recall of a mandate, with the reason."""
    one, rights = organisation_for(request, code)
    mandate = live_mandates(_now()).filter(organisation=one, pk=number).select_related("person").first()
    if mandate is None:
        raise Http404
    rules = house_rules(one)
    roll = len(council_votes.electorate(one, _now()))

    def page(told: Any = None) -> HttpResponse:
        values = {
            "one": one,
            "rights": rights,
            "mandate": mandate,
            "needed": core.signatures_needed(roll, core.share_of(rules, "recall_share")),
            "roll": roll,
            "notice": core.number_of(rules, "recall_notice_days"),
            "vote_days": recalls.VOTE_DAYS,
        }
        return render(request, "decide/recall_open.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: recalls.open_recall(doer(request), mandate, why=request.POST.get("why", "")),
        lambda row: reverse("recall", args=[one.code, row.pk]),
        say("The recall is open, and you have signed it. Tell the others: this page collects the signatures."),
        page,
    )


@form
def recall(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One recall: the reason and the reply, the signatures, when the vote opens, how it ended."""
    row, one, rights = _recall_for(request, code, number)
    me = person(request)

    def page(told: Any = None) -> HttpResponse:
        signed = set(row.signatures.values_list("person", flat=True))
        obligation = row.obligations.first()
        mine = row.mandate.person_id == me.pk
        values = {
            "row": row,
            "one": one,
            "rights": rights,
            "signed": len(signed),
            "missing": max(0, row.needed - len(signed)),
            "i_signed": me.pk in signed,
            "mine": mine,
            "can_sign": may("sign_recall", rights) and not mine and row.ended is None and row.motion is None,
            "obligation": obligation,
            "stages": _stages(row, obligation),
        }
        return render(request, "decide/recall.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: recalls.reply_to_recall(doer(request), row, text=request.POST.get("text", "")),
        lambda _: reverse("recall", args=[one.code, row.pk]),
        say("Your reply stands beside the reason."),
        page,
    )


def _stages(row: Recall, obligation: Obligation | None) -> list[tuple[Sentence, datetime | None, bool]]:
    """What happens when, and whether it has happened."""
    closes = row.motion.closes if row.motion is not None else obligation.due if obligation is not None else None
    return [
        (say("The recall was opened"), row.opened, True),
        (say("Enough members have signed; the notice runs"), row.reached, row.reached is not None),
        (say("The vote opens by itself"), row.vote_opens, row.motion is not None),
        (say("The vote closes by itself"), closes, row.motion is not None and row.motion.state != OPEN),
    ]


@button
def sign_recall(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Sign a recall."""
    row, one, _ = _recall_for(request, code, number)
    there = reverse("recall", args=[one.code, row.pk])

    @acting(there)
    def do(request: HttpRequest) -> HttpResponse:
        recalls.sign_recall(doer(request), row)
        messages.success(request, request.language.text(say("You have signed.")))  # type: ignore[attr-defined]
        return HttpResponseRedirect(there)

    return do(request)


# --- seats ---


@form
def seats(request: HttpRequest, code: str) -> HttpResponse:
    """The seats an organisation has in councils and those held in it; giving a founding delegate the seat."""
    one, rights = organisation_for(request, code)
    at = _now()
    live = set(live_seats(at).filter(Q(base=one) | Q(council=one)).values_list("pk", flat=True))
    rows = list(
        Seat.objects.filter(Q(base=one) | Q(council=one))
        .select_related("base", "council", "mandate__person", "mandate__motion", "mandate__founding")
        .order_by("base__name", "-pk")
    )
    delegates = list(
        live_mandates(at).filter(organisation=one, purpose="delegate").select_related("person").order_by("pk")
    )
    belongs = [
        row.network
        for row in Belonging.objects.filter(
            organisation=one, agreed__isnull=False, left__isnull=True
        ).select_related("network")
    ]

    def page(told: Any = None) -> HttpResponse:
        values = {
            "one": one,
            "rights": rights,
            "held": [row for row in rows if row.pk in live and row.base_id == one.pk],
            "inside": [
                (row, council_votes.represented(row.base, at, frozenset({one.pk})))
                for row in rows
                if row.pk in live and row.council_id == one.pk
            ],
            "past": [row for row in rows if row.pk not in live][:30],
            "delegates": [(row.pk, row.person.name) for row in delegates],
            "councils": [(council.code, council.name) for council in belongs],
            "can_give": may("give_seat", rights) and bool(delegates) and bool(belongs),
        }
        return render(request, "decide/seats.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    mandate = Mandate.objects.filter(organisation=one, pk=whole(request.POST.get("mandate", "")) or 0).first()
    council = Organisation.objects.filter(code=request.POST.get("council", "")).first()
    if mandate is None or council is None:
        raise Http404
    return act(
        request,
        lambda: councils.give_seat(doer(request), mandate, council=council),
        lambda _: reverse("seats", args=[one.code]),
        say("The seat is taken. It ends when the mandate ends."),
        page,
    )


# --- the council's vote ---


def _council_motion(request: HttpRequest, pk: int) -> tuple[Motion, Organisation, set[str]]:
    """A council's motion, for its delegates and for the members of its bases; otherwise as if it did not exist."""
    row = (
        Motion.objects.select_related("organisation", "declared_by", "origin__organisation").filter(pk=pk).first()
    )
    if row is None or row.organisation.kind not in HOLDING:
        raise Http404
    one, rights = seen(network_seen(doer(request), row.organisation.code))
    return row, one, rights


@dataclass
class Line:
    """One base in a council's vote.

    base, members   whom the line is about; votes: as cast, None: not shown or not cast
    voted           as the base itself voted; None: it has not
    because         "base", "instruction", or blank
    vote            the base's own motion, in whatever state; linked where the reader may see it
    """

    base: Organisation
    members: int
    votes: dict[str, int] | None
    voted: dict[str, int] | None
    because: str
    cast: bool
    by: str
    vote: Motion | None
    linked: bool


@dataclass
class Ballot:
    """A delegate's own ballot: whose members, what binds, and what would be cast."""

    base: Organisation
    members: int
    must: Sentence
    votes: dict[str, int] | None
    cast: bool
    waits: Motion | None = None
    asked_back: bool = False


@form
def council_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """A council's vote: both counts, as each base voted beside as its delegate cast, and what the bases confirm."""
    row, one, rights = _council_motion(request, pk)

    def page(told: Any = None) -> HttpResponse:
        return render(
            request, "decide/council_vote.html", {**_vote_page(request, row, one, rights), **(told or {})}
        )

    if request.method != "POST":
        return page()
    there = reverse("council_vote", args=[row.pk])
    post = request.POST
    if post.get("what") == "ratify":
        by = _day(post.get("by", ""))
        return act(
            request,
            lambda: councils.ask_for_ratification(
                doer(request), row, needed=whole(post.get("needed", "")) or 0, by=by or _now()
            ),
            lambda _: there,
            say("It takes effect only when enough bases have confirmed it."),
            page,
        )
    votes = {part: whole(post.get(part) or "0") for part in PARTS}
    return act(
        request,
        lambda: councils.cast_split(
            doer(request),
            row,
            votes={part: -1 if count is None else count for part, count in votes.items()},
            base=post.get("base", ""),
        ),
        lambda _: there,
        say("Cast. Until the vote closes it can be mended."),
        page,
    )


def _vote_page(request: HttpRequest, row: Motion, one: Organisation, rights: set[str]) -> dict[str, Any]:
    at = _now()
    mine = set(
        Organisation.objects.filter(
            memberships__person=person(request), memberships__left__isnull=True
        ).values_list("pk", flat=True)
    )
    my_seats = {
        seat.base_id: seat
        for seat in live_seats(at).filter(council=one, mandate__person=person(request)).select_related("base")
    }
    mine |= set(my_seats)
    closed = row.state not in (DRAFT, OPEN)
    rows = list(SplitVote.objects.filter(motion=row).select_related("base", "cast_by").order_by("base__name"))
    instructions = dict(Seat.objects.filter(council=one, ended=None).values_list("base", "instruction"))
    lines, ballots = [], []
    for split in rows:
        binds = council_votes.binding(row, split, instructions.get(split.base_id, ""))
        lines.append(_line(split, binds, closed, mine))
        if split.base_id in my_seats and row.state == OPEN:
            ballots.append(_ballot(row, split, binds))
    if not rows:
        lines = [
            Line(
                base,
                council_votes.represented(base, at, frozenset({one.pk})),
                None,
                None,
                "",
                False,
                "",
                vote,
                base.pk in mine,
            )
            for base in council_votes.bases_of(one, at)
            for vote in [council_votes.own_vote(row, base)]
        ]
    result = row.result or {}
    confirmed = set(council_votes.confirmations(row)) if row.ratify_needed else set()
    return {
        "row": row,
        "one": one,
        "rights": rights,
        "inside": bool(rights - {"inside"}),
        "told_effects": [EFFECTS[each["kind"]].told(each) for each in row.effects if each["kind"] in EFFECTS],
        "plan_vote": plan_votes.part_for(row)[0],
        "lines": lines,
        "ballots": ballots,
        "closed": closed,
        "shown": closed and bool(result.get("tally")),
        "tally": dict(result.get("tally", ())),
        "organisations": dict(result.get("organisations", ())),
        "sentences": [value_of(sentence) for sentence in result.get("sentences", ())],
        "waiting": list(Organisation.objects.filter(code__in=result.get("waiting", ())).order_by("name")),
        "carry": row.terms.get("carry") or core.choice_of(house_rules(one), "council_carry"),
        "confirmed": len(confirmed),
        "confirmed_by": confirmed,
        "can_ratify": row.state == DRAFT
        and row.method == "council"
        and may("ask_for_ratification", rights, row.declared_by_id == person(request).pk),
        "can_carry_down": may("carry_down", rights)
        and row.method == "council"
        and row.state in (DRAFT, OPEN, REFERRED)
        and any(line.vote is None for line in lines),
        "can_open_again": row.outcome == council_votes.BACK and may("open_again", rights),
        "bases": len(lines),
    }


def _line(split: SplitVote, binds: council_votes.Binding, closed: bool, mine: set[int]) -> Line:
    cast = split.because != ""
    votes = {"for": split.votes_for, "against": split.votes_against, "abstain": split.votes_abstain}
    voted = None
    if binds.mandate.base is not None:
        must = bound(split.members, binds.mandate).votes
        voted = dict(must) if must is not None else None
    open_to_me = closed or split.base_id in mine
    return Line(
        split.base,
        split.members,
        votes if cast and open_to_me else None,
        voted,
        split.because,
        cast,
        split.cast_by.name if split.cast_by is not None else "",
        binds.vote,
        split.base_id in mine,
    )


def _ballot(row: Motion, split: SplitVote, binds: council_votes.Binding) -> Ballot:
    must = bound(split.members, binds.mandate)
    waits = binds.vote if binds.voting else None
    asked = council_votes.asked_back(row, split.base).exists()
    votes = dict(must.votes) if must.votes is not None else None
    return Ballot(split.base, split.members, must.sentence, votes, split.because != "", waits, asked)


@button
def council_button(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """What one button does with a council's motion: refer it back, vote again, carry it down to the bases."""
    row, _, _ = _council_motion(request, pk)
    there = reverse("council_vote", args=[row.pk])

    @acting(there)
    def do(request: HttpRequest) -> HttpResponse:
        by = doer(request)
        if verb == "back":
            councils.refer_back(by, row, base=request.POST.get("base", ""))
            said = say("The base has it as a draft now, and a day by which it has to answer.")
        elif verb == "again":
            councils.open_again(by, row, closes=by.at + timedelta(days=AGAIN_DAYS))
            said = say("The vote is open again, with the roll and the rules of this day.")
        elif verb == "down":
            councils.carry_down(by, row)
            said = say("Every base has it as a draft now, on the very same text.")
        else:
            raise Http404
        messages.success(request, request.language.text(said))  # type: ignore[attr-defined]
        return HttpResponseRedirect(there)

    return do(request)


@form
def carry_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry a base's decision up to a council where it has a seat."""
    row = Motion.objects.select_related("organisation").filter(pk=pk).first()
    if row is None:
        raise Http404
    one, rights = organisation_for(request, row.organisation.code)
    held = live_seats(_now()).filter(base=one).select_related("council").order_by("council__name")

    def page(told: Any = None) -> HttpResponse:
        values = {
            "row": row,
            "one": one,
            "rights": rights,
            "councils": [(seat.council.code, seat.council.name) for seat in held],
            "can": may("carry_up", rights) and row.state == CARRIED,
            "there": list(row.derived.select_related("organisation").order_by("pk")),
        }
        return render(request, "decide/carry_up.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    council = Organisation.objects.filter(code=request.POST.get("council", "")).first()
    if council is None:
        raise Http404
    return act(
        request,
        lambda: councils.carry_up(doer(request), row, council=council),
        lambda made: reverse("council_vote", args=[made.pk]),
        say("The council has it as a draft now, on the very same text."),
        page,
    )


# --- obligations ---


@members_only
def obligations(request: HttpRequest, code: str) -> HttpResponse:
    """What an organisation owes and by when; of a council, also what its bases owe."""
    one, rights = _looked_into(request, code)
    at = _now()
    who = [one, *council_votes.bases_of(one, at)]
    met = (
        Obligation.objects.filter(organisation__in=who, met__isnull=False)
        .select_related("organisation", "motion", "recall__mandate__person")
        .order_by("-met")[:30]
    )
    mine = _mine(request)
    values = {
        "one": one,
        "rights": rights,
        "own": bool(rights - {"inside"}),
        "running": [_owed(row, at, mine) for row in clocks.running(who)],
        "met": [_owed(row, at, mine) for row in met],
    }
    return render(request, "decide/obligations.html", values)


@dataclass
class Owed:
    """An obligation as pages show it. late: by how many days; where: its page, blank where it is not the reader's."""

    row: Obligation
    overdue: bool
    late: int
    where: str


def _owed(row: Obligation, at: datetime, mine: set[int]) -> Owed:
    where = ""
    if row.organisation_id in mine:
        if row.recall_id is not None:
            where = reverse("recall", args=[row.organisation.code, row.recall_id])
        elif row.motion_id is not None:
            where = reverse("motion", args=[row.motion_id])
    late = core.days_late(row.due, row.met, at)
    return Owed(row, core.is_overdue(row.due, row.met, at), late, where)


def _mine(request: HttpRequest) -> set[int]:
    """The organisations the reader is on the roll of, or holds a mandate in."""
    me = person(request)
    roll = Membership.objects.filter(person=me, left__isnull=True).values_list("organisation", flat=True)
    return set(roll) | set(live_mandates(_now()).filter(person=me).values_list("organisation", flat=True))


def _looked_into(request: HttpRequest, code: str) -> tuple[Organisation, set[str]]:
    """An organisation the person has a right in, or a network or council that one of his or her own belongs to."""
    by = doer(request)
    return seen(organisation_seen(by, code) or network_seen(by, code))


# --- the federation as a tree ---


@dataclass
class Node:
    """One organisation in the tree, and what binds it.

    seat        its seat in the council above
    owed        what it owes and has not done
    decisions   of a council: what it has carried lately; it binds all below
    purposes    the mandates in force, without names
    """

    one: Organisation
    members: int
    seat: Seat | None = None
    owed: list[Owed] = field(default_factory=list)
    decisions: list[Motion] = field(default_factory=list)
    purposes: list[str] = field(default_factory=list)
    below: list[Node] = field(default_factory=list)


@members_only
def tree(request: HttpRequest, code: str) -> HttpResponse:
    """The federation an organisation is part of, from the top, and who is bound by what."""
    one, rights = _looked_into(request, code)
    mine = _mine(request)
    inside = set(
        Belonging.objects.filter(organisation__in=mine, agreed__isnull=False, left__isnull=True).values_list(
            "network", flat=True
        )
    )
    values = {
        "one": one,
        "rights": rights,
        "own": bool(rights - {"inside"}),
        "roots": _forest(one, _now(), mine),
        "mine": mine,
        "inside": inside,
    }
    return render(request, "decide/tree.html", values)


def _forest(one: Organisation, at: datetime, mine: set[int]) -> list[Node]:
    up = Belonging.objects.filter(agreed__isnull=False, left__isnull=True, network__kind__in=HOLDING)
    parents: dict[int, set[int]] = {}
    level = {one.pk}
    while level:  # climb: each organisation once, so a circle ends
        pairs = list(up.filter(organisation__in=level).values_list("organisation", "network"))
        for child in level:
            parents[child] = {network for organisation, network in pairs if organisation == child}
        level = {network for _, network in pairs} - set(parents)
    roots = sorted(key for key, above in parents.items() if not above) or [one.pk]
    children: dict[int, list[int]] = {}
    level = set(roots)
    while level:  # and down again from the top
        pairs = list(up.filter(network__in=level).values_list("network", "organisation"))
        for key in level:
            children[key] = [organisation for network, organisation in pairs if network == key]
        level = {organisation for _, organisation in pairs} - set(children)
    return _nodes(roots, children, at, mine)


def _nodes(roots: list[int], children: dict[int, list[int]], at: datetime, mine: set[int]) -> list[Node]:
    """The tree of these organisations; the number of questions does not depend on how many there are."""
    on_the_roll = Count(
        "memberships__person",
        filter=Q(memberships__left__isnull=True) | Q(memberships__left__gte=at.date()),
        distinct=True,
    )
    mandates = Prefetch("mandates", live_mandates(at).order_by("purpose"), to_attr="held_now")
    found = {
        row.pk: row
        for row in Organisation.objects.filter(pk__in=children)
        .annotate(roll=on_the_roll)
        .prefetch_related(mandates)
    }
    seats = {
        (seat.council_id, seat.base_id): seat
        for seat in live_seats(at).filter(council__in=children).select_related("mandate__person")
    }
    owed: dict[int, list[Owed]] = {}
    for row in clocks.running(found.values()):
        owed.setdefault(row.organisation_id, []).append(_owed(row, at, mine))
    decisions: dict[int, list[Motion]] = {}
    carried = Motion.objects.filter(organisation__in=children, organisation__kind__in=HOLDING, state=CARRIED)
    for motion in carried.filter(amends=None).order_by("-closed", "-pk"):
        decisions.setdefault(motion.organisation_id, []).append(motion)

    def node(key: int, above: tuple[int, ...]) -> Node:
        row: Any = found[key]
        below = [
            node(child, (*above, key))
            for child in sorted(children[key], key=lambda child: (found[child].name, child))
            if child not in above and child != key
        ]
        return Node(
            row,
            row.roll,
            seats.get((above[-1], key)) if above else None,
            owed.get(key, []),
            decisions.get(key, [])[:LATEST],
            sorted({mandate.purpose for mandate in row.held_now}),
            below,
        )

    return [node(key, ()) for key in roots]


def _day(text: str) -> datetime | None:
    """The end of a day, in UTC; None when it is none."""
    try:
        day = datetime.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return day.replace(hour=23, minute=59, second=59, microsecond=0, tzinfo=UTC) if day.year < 9000 else None
