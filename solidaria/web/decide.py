"""Decide: motions from draft to effect, and the ballot in one tap."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from solidaria.actions import ballot_box, clocks, plan_votes
from solidaria.actions import decide as actions
from solidaria.actions.acting import refused
from solidaria.actions.agree import agreements_of
from solidaria.actions.agreed import latest
from solidaria.actions.council_votes import electorate
from solidaria.actions.drafts import has_seats
from solidaria.actions.effects import EFFECTS, USUAL_RANKS, YES_OR_NO, house_rules
from solidaria.actions.permit import MEMBER, PURPOSES, SEAT, live_mandates, may, rights_of
from solidaria.actions.who import digest_of
from solidaria.core import decide as core
from solidaria.core.problem import Refused, Sentence, say
from solidaria.core.voting.ballots import Option, rank
from solidaria.core.workbook.schema import RULES
from solidaria.records.ballots import BallotFile, blt_lines
from solidaria.records.models import (
    Act,
    Assembly,
    Belonging,
    Comment,
    Membership,
    Motion,
    Need,
    OpenBallot,
    Organisation,
    PaperCount,
    Person,
    Recall,
    Recipe,
    Round,
    Rule,
    Seat,
    Variant,
    Voter,
    VotingCode,
)
from solidaria.records.models.decide import CARRIED, DRAFT, LOST, OPEN, REFERRED, WITHDRAWN
from solidaria.records.pabulib import PabulibFile, write
from solidaria.records.packing import value_of
from solidaria.records.workbook import guarded
from solidaria.report.bundle import Roll, bundle
from solidaria.report.words import RULES as RULE_WORDS
from solidaria.web import words
from solidaria.web.answers import act, button, doer, form, members_only, organisation_for, person, told
from solidaria.web.ballots import ballot_from
from solidaria.web.context import my_organisations
from solidaria.web.typed import amount, whole

PER_PAGE = 50
#: How long a vote is open, to choose from.
SPANS: dict[str, tuple[timedelta, Sentence]] = {
    "10m": (timedelta(minutes=10), say("ten minutes: we sit together")),
    "2h": (timedelta(hours=2), say("two hours")),
    "1d": (timedelta(days=1), say("one day")),
    "3d": (timedelta(days=3), say("three days")),
    "7d": (timedelta(days=7), say("a week")),
    "14d": (timedelta(days=14), say("two weeks")),
}


@members_only
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for my ballot, what is talked about, what was decided lately: in all my organisations."""
    organisations = my_organisations(request)
    rows = Motion.objects.filter(organisation__in=organisations).select_related("organisation")
    waiting = list(
        Voter.objects.filter(person=person(request), voted=False, motion__state=OPEN)
        .select_related("motion__organisation")
        .order_by("motion__closes")
    )
    drafts = list(rows.filter(state=DRAFT, amends__isnull=True).order_by("-made")[:20])
    decided = list(rows.filter(state__in=[CARRIED, LOST]).order_by("-closed")[:20])
    values = {"organisations": organisations, "waiting": waiting, "drafts": drafts, "decided": decided}
    return render(request, "decide/mine.html", values)


@members_only
def motions(request: HttpRequest, code: str) -> HttpResponse:
    """An organisation's motions: open ones first; and the register of what it decided."""
    one, rights = organisation_for(request, code)
    rows = Motion.objects.filter(organisation=one, amends__isnull=True)
    voted = dict(
        Voter.objects.filter(person=person(request), motion__organisation=one, motion__state=OPEN).values_list(
            "motion", "voted"
        )
    )
    decided = rows.filter(state__in=[CARRIED, LOST, REFERRED, WITHDRAWN]).order_by("-closed", "-number")
    own_rules = house_rules(one)
    values = {
        "one": one,
        "rights": rights,
        "open": list(rows.filter(state=OPEN).order_by("closes")),
        "voted": voted,
        "drafts": list(rows.filter(state=DRAFT).annotate(words=Count("comments")).order_by("-number")),
        "page": Paginator(decided, PER_PAGE).get_page(request.GET.get("page")),
        "own_rules": own_rules,
        "councils": Seat.objects.filter(base=one, ended=None).exists(),
        "known_rules": [
            (name, rule, core.house_rule_told(name, _value(own_rules, name)))
            for name, rule in core.HOUSE_RULES.items()
        ],
    }
    return render(request, "decide/motions.html", values)


# --- proposing ---


@form
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Propose a motion; `?effect=` says what it shall do, `?amends=` which draft it would change."""
    one, rights = organisation_for(request, code)
    amended = _amended(request, one)

    def page(refusal: Any = None) -> HttpResponse:
        values = {"one": one, "rights": rights, "motion": None, "amended": amended}
        return render(request, "decide/propose.html", {**values, **_choices(request, one), **_beside(refusal)})

    if request.method != "POST":
        return page()

    def do() -> Motion:
        given = _given(request, one)
        return actions.propose_motion(doer(request), one, amends=amended, **given)

    return act(
        request,
        do,
        lambda row: reverse("motion", args=[row.pk]),
        say("Proposed. Every member sees it and can talk about it."),
        page,
    )


@form
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    motion, one, rights = motion_for(request, pk)
    effect = motion.effects[0] if motion.effects else {}

    def page(refusal: Any = None) -> HttpResponse:
        values = {"one": one, "rights": rights, "motion": motion, "amended": motion.amends, "effect_now": effect}
        return render(
            request, "decide/propose.html", {**values, **_choices(request, one, effect), **_beside(refusal)}
        )

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: actions.edit_motion(doer(request), motion, **_given(request, one)),
        lambda row: reverse("motion", args=[row.pk]),
        say("Changed."),
        page,
    )


#: Fields of the form that are not about what the motion does.
OWN_FIELDS = ("title", "text", "method", "options", "seats", "fund", "currency", "needs", "effects")


def _beside(refusal: dict[str, Any] | None) -> dict[str, Any]:
    """A refusal with each fault of an effect beside the field of the form that says it."""
    if refusal is None:
        return {}
    faults = [
        replace(fault, column=f"e-{fault.column}") if fault.column and fault.column not in OWN_FIELDS else fault
        for fault in refusal["faults"]
    ]
    by_column = {fault.column: fault for fault in reversed(faults) if fault.column}
    return {**refusal, "faults": faults, "fault": by_column}


def _amended(request: HttpRequest, one: Organisation) -> Motion | None:
    number = request.POST.get("amends") or request.GET.get("amends") or ""
    return Motion.objects.filter(organisation=one, pk=whole(number) or 0).first() if number else None


def _given(request: HttpRequest, one: Organisation) -> dict[str, Any]:
    """What the form says: words, way to decide, choices one a line, and the effect."""
    post = request.POST
    method = post.get("method", "majority")
    effect = _effect(request, one)
    money: dict[str, Any] = {}
    if method in core.OF_MONEY:
        options = [
            {"id": "", "name": name.strip(), "cost": amount(request, cost) if cost.strip() else ""}
            for name, cost in zip(post.getlist("p-name"), post.getlist("p-cost"), strict=False)
            if name.strip()
        ]
        fund = post.get("fund", "")
        money = {
            "fund": amount(request, fund) if fund.strip() else "",
            "currency": post.get("currency", "").upper(),
        }
    elif effect.get("kind") == "rank_needs_by_decision":
        needs = Need.objects.filter(pk__in=_whole_numbers(post.getlist("needs")), organisation=one)
        options = [
            {"id": str(row.pk), "name": f"{row.words} ({row.period})" if row.period else row.words}
            for row in needs.order_by("words", "pk")
        ]
    elif post.get("elected"):
        people = Person.objects.filter(
            pk__in=[number for text in post.getlist("candidates") if (number := whole(text)) is not None],
            memberships__organisation=one,
            memberships__left__isnull=True,
        ).distinct()
        options = [
            {"id": str(row.pk), "name": row.name} for row in sorted(people, key=lambda row: (row.name, row.pk))
        ]
    else:
        options = [
            {"id": "", "name": line.strip()} for line in post.get("options", "").splitlines() if line.strip()
        ]
    seats = post.get("seats", "1")
    return {
        "title": post.get("title", ""),
        "text": post.get("text", ""),
        "method": method,
        "seats": min(whole(seats) or 0, 1000),
        "options": options,
        "effects": [effect] if effect else [],
        "asks": {
            "span": span if (span := post.get("span", "")) in SPANS else "",
            "secret": post.get("secret") == "yes",
        },
        **money,
    }


def _whole_numbers(texts: list[str]) -> list[int]:
    return [number for text in texts if (number := whole(text)) is not None]


#: The fields of each kind of effect that are numbers of rows.
_NUMBERS = ("assembly", "council", "person", "mandate", "variant", "network", "recipe", "round", "version")


def _effect(request: HttpRequest, one: Organisation) -> dict[str, Any]:
    post = request.POST
    kind = post.get("effect", "")
    if kind not in EFFECTS:
        return {}
    effect: dict[str, Any] = {"kind": kind}
    for name in ("rule", "value", "purpose", "ends", "instructions", "instruction", "reason", "period"):
        if post.get(f"e-{name}", "").strip():
            effect[name] = post[f"e-{name}"].strip()[:400]
    for name in _NUMBERS:
        number = whole(post.get(f"e-{name}", ""))
        if number is not None:
            effect[name] = number
    for name in ("amount", "most_runs"):
        if post.get(f"e-{name}", "").strip():
            effect[name] = amount(request, post[f"e-{name}"])
    if post.get("elected"):
        effect["elected"] = True
    if kind == "admit_member":
        found = Person.objects.filter(handle=post.get("e-handle", "").strip(), is_active=True).first()
        effect["person"] = found.pk if found is not None else 0
    if kind == "adopt_house_rule":
        effect["value"] = _rule_value(request, effect.get("rule", ""))
    if kind == "rank_needs_by_decision":
        chosen = _whole_numbers(post.getlist("needs"))
        if post.get("method") in core.WITH_OPTIONS:
            ranks = post.get("ranks", str(USUAL_RANKS)).strip()
            number = whole(ranks)
            effect["ranks"] = number if number is not None else ranks[:40]
        else:
            effect["tiers"] = {str(key): whole(post.get(f"tier-{key}", "")) or 0 for key in chosen}
    return effect


def _rule_value(request: HttpRequest, rule: str) -> str:
    """A rule's value as it is kept: several ticks become one text, an amount plain digits, sí becomes yes."""
    values = request.POST.getlist("e-value")
    known = core.HOUSE_RULES.get(rule)
    if known is not None and known.kind == "choices":
        return " ".join(value for value in values if value.strip())
    value = values[-1].strip()[:400] if values else ""
    if known is not None and known.kind == "money":
        value = amount(request, value)
    return core.house_rule_value(rule, value)


def _choices(request: HttpRequest, one: Organisation, effect: dict[str, Any] | None = None) -> dict[str, Any]:
    """What can be chosen in the form, for the kind of effect that is asked for."""
    kind = request.POST.get("effect") or request.GET.get("effect") or (effect or {}).get("kind") or ""
    networks = [
        row.network_id
        for row in Belonging.objects.filter(organisation=one, agreed__isnull=False, left__isnull=True)
    ] + [one.pk]
    now = datetime.now(UTC)
    rules = house_rules(one)
    found: dict[str, Any] = {
        "kind": kind if kind in EFFECTS else "",
        "effect_now": effect or {},
        "effects_list": [(name, known.words) for name, known in EFFECTS.items()],
        "methods": _methods(one, kind, now),
        "with_options": core.WITH_OPTIONS,
        "spans": [(name, words) for name, (_, words) in SPANS.items()],
        "always_secret": core.is_so(rules, "secret"),
        "rules_told": [core.house_rule_told(name, _value(rules, name)) for name in ("quorum", "tracker")],
        "electorate": len(electorate(one, now)),
        "seated": has_seats(one, now),
    }
    if kind in ("grant_mandate", "release_member"):
        members = Membership.objects.filter(organisation=one, left__isnull=True).select_related("person")
        found["members"] = [(row.person_id, row.person.name) for row in members.order_by("person__name")[:3000]]
        found["purposes_list"] = [(name, words) for name, (words, _) in PURPOSES.items()]
    found["councils"] = [
        (row.network_id, row.network.name)
        for row in Belonging.objects.filter(
            organisation=one, agreed__isnull=False, left__isnull=True
        ).select_related("network")
    ]
    if kind == "adopt_house_rule":
        found["house_rules"] = [
            (name, rule.meaning, core.house_rule_told(name, _value(rules, name)))
            for name, rule in core.HOUSE_RULES.items()
        ]
        name = request.POST.get("e-rule") or request.GET.get("rule") or (effect or {}).get("rule") or ""
        found["rule_name"], found["rule"] = name, core.HOUSE_RULES.get(name)
        if found["rule"] is not None:
            found["rule_now"] = core.house_rule_told(name, _value(rules, name))
            found["rule_value"] = (effect or {}).get("value") or _value(rules, name)
            found["rule_choices"] = [(choice, core.CHOICES[choice]) for choice in found["rule"].choices]
    if kind == "rank_needs_by_decision":
        found["needs"] = list(
            Need.objects.filter(organisation=one, withdrawn__isnull=True, gathered__isnull=True)
            .select_related("product")
            .order_by("tier", "words", "pk")[: actions.MOST_OPTIONS]
        )
    if kind == "fund_projects":
        written = Rule.objects.filter(rule="currency", network__in=networks).values_list("value", flat=True)
        found["currencies"] = [(value, value) for value in sorted({value for value in written if value})]
    if kind == "sign_agreement":
        found["agreements"] = [
            (version.pk, f"{row.title} ({version.number})")
            for row in agreements_of(one)
            if row.state not in ("ended", "broken")
            and one.code in (version := latest(row)).parties
            and not version.yes.filter(organisation=one).exists()
        ]
    if kind == "adopt_network_rule":
        found["network_rules"] = [(rule.name, RULE_WORDS[rule.name]) for rule in RULES]
    if kind == "end_mandate_by_decision":
        held = live_mandates(datetime.now(UTC)).filter(organisation=one).select_related("person")
        found["mandates"] = [
            (
                row.pk,
                say(
                    "{name}: {purpose}",
                    name=row.person.name,
                    purpose=PURPOSES[row.purpose][0] if row.purpose in PURPOSES else row.purpose,
                ),
            )
            for row in held
        ]
    if kind == "approve_minutes":
        rows_of = Assembly.objects.filter(organisation=one, minutes_approved__isnull=True).exclude(minutes="")
        found["assemblies"] = [(row.pk, row.name) for row in rows_of]
    if kind == "adopt_plan":
        rows = Variant.objects.filter(
            round__network__in=networks, state="done", round__closed__isnull=True, round__adopted__isnull=True
        )
        found["variants"] = [
            (row.pk, f"{row.round.name}: {row.name}")
            for row in rows.defer("tables", "result").select_related("round")
        ]
    if kind == "refuse_plan_line":
        found["recipes"] = [
            (row.pk, f"{row.product.name} ({row.code})")
            for row in Recipe.objects.filter(site__organisation=one, removed__isnull=True).select_related(
                "product"
            )
        ]
        found["rounds"] = [
            (row.pk, row.name) for row in Round.objects.filter(network__in=networks, closed__isnull=True)
        ]
    if kind in ("join_network", "leave_network_by_decision"):
        found["networks"] = [
            (row.pk, row.name)
            for row in Organisation.objects.filter(kind__in=["network", "council"])
            .exclude(pk=one.pk)
            .order_by("name")
        ]
    return found


#: The ways to decide that an effect leaves open; all of them where it says nothing.
FITTING: dict[str, tuple[str, ...]] = {
    "rank_needs_by_decision": ("schulze", "approval", *core.FOR_AND_AGAINST, "consent"),
    "fund_projects": core.OF_MONEY,
}


#: The ways to decide as they work on a ranking of needs.
RANKING_WORDS: dict[str, Sentence] = {
    "schulze": say("each member numbers them; the order that wins pair by pair holds (Schulze)"),
    "approval": say("each member marks the most essential ones; the most marked come first"),
    "majority": say("for or against the ranks as they are written above"),
    "qualified": say("for or against the ranks above, by the larger majority of our rules"),
    "consent": say("consent to the ranks above: they hold unless somebody objects with a reason"),
}


def _value(rules: dict[str, str], name: str) -> str:
    return rules.get(name, core.HOUSE_RULES[name].usual)


def _methods(one: Organisation, kind: str, at: datetime) -> list[tuple[str, Sentence]]:
    """The ways to decide that an organisation can choose from for this effect: a council has its own one alone."""
    if has_seats(one, at):
        return [("council", core.METHODS["council"])]
    fitting = FITTING.get(kind) or tuple(name for name in core.METHODS if name not in core.OF_MONEY)
    if kind in YES_OR_NO:
        fitting = (*core.FOR_AND_AGAINST, "consent")
    said = {**core.METHODS, **(RANKING_WORDS if kind == "rank_needs_by_decision" else {})}
    return [(name, said[name]) for name in fitting if name != "council"]


# --- one motion ---


def motion_for(request: HttpRequest, pk: int) -> tuple[Motion, Organisation, set[str]]:
    """A motion of an organisation the person belongs to (or holds a mandate in); otherwise as if it did not exist."""
    motion = Motion.objects.select_related("organisation", "declared_by", "amends", "origin").filter(pk=pk).first()
    if motion is None:
        raise Http404
    rights = rights_of(person(request), motion.organisation)
    if not rights:
        raise Http404
    return motion, motion.organisation, rights


@members_only
def motion(request: HttpRequest, pk: int) -> HttpResponse:
    """A motion: its text, what it does, how it is decided, the discussion, the ballot or the result."""
    row, one, rights = motion_for(request, pk)
    return render(request, "decide/motion.html", _page(request, row, one, rights))


def _page(request: HttpRequest, row: Motion, one: Organisation, rights: set[str]) -> dict[str, Any]:
    me = person(request)
    voter = Voter.objects.filter(motion=row, person=me).first()
    own = OpenBallot.objects.filter(motion=row, person=me).select_related("by_voice").first()
    result = row.result or {}
    names = {one_option["id"]: one_option["name"] for one_option in row.options}
    values: dict[str, Any] = {
        "row": row,
        "one": one,
        "rights": rights,
        "me_proposed": row.declared_by_id == me.pk,
        "voter": voter,
        "own": json.loads(own.ballot) if own else None,
        "own_row": own,
        **what_it_does(row),
        "terms_told": terms_told(row),
        "amendments": list(row.amendments.select_related("declared_by").order_by("number")),
        "comments": list(Comment.objects.filter(motion=row).select_related("declared_by")),
        "ballots": actions.ballots_in(row) if row.state == OPEN else result.get("ballots", 0),
        "spans": [(name, words) for name, (_, words) in SPANS.items()],
        "names": names,
        "option_pairs": [(option["id"], option["name"]) for option in row.options],
        "tally": [(names.get(key, key), count) for key, count in result.get("tally", [])],
        "most": max([count for _, count in result.get("tally", [])] + [1]),
        "elected": [names.get(key, key) for key in result.get("elected", [])],
        "sentences": [value_of(sentence) for sentence in result.get("sentences", [])],
        "methods": core.METHODS,
        "with_options": core.WITH_OPTIONS,
        "can_open": may("open_motion", rights),
        "may": {
            "edit": row.declared_by_id == me.pk and bool(rights & BELONGING),
            "withdraw": row.state == DRAFT
            and may("withdraw_motion", rights, own=row.declared_by_id == me.pk)
            and clocks.owed(row) is None,
            "propose": may("propose_motion", rights),
            "comment": may("comment_on_motion", rights),
            "close": _may_close(row, rights),
        },
        **_withdrawn(row),
        "not_done": [value_of(sentence) for sentence in result.get("not_done", [])],
        "can_tell": may("enter_paper_count", rights),
        "over": row.closes is not None and datetime.now(UTC) >= row.closes,
        "acts": list(row.acts.all()),
        "count_again": count_again(row),
        "always_secret": core.is_so(house_rules(one), "secret"),
        "may_be_secret": row.method in core.MAY_BE_SECRET,
        "waited_for": plan_votes.waits_for(row),
        "for_and_against": core.FOR_AND_AGAINST,
        "on_paper": row.method in (*core.FOR_AND_AGAINST, *core.MARKING, *core.RANKING),
        "projects": list(row.funded.all()),
        "ranked": _ranked(row, names),
    }
    if row.state == OPEN and values["can_tell"]:
        values["papers"] = list(PaperCount.objects.filter(motion=row).select_related("teller"))
        values["codes_out"] = VotingCode.objects.filter(motion=row, used=False, revoked=False).count()
        if not row.secret:
            values["roll"] = [
                (voting.person_id, voting.person.name)
                for voting in Voter.objects.filter(motion=row)
                .select_related("person")
                .order_by("person__name")[:2000]
            ]
    if row.state != OPEN and not row.secret and row.method != "council":
        values["open_ballots"] = [
            (ballot, json.loads(ballot.ballot))
            for ballot in OpenBallot.objects.filter(motion=row).select_related("person")[:500]
        ]
    if row.tracker and row.closed is not None:
        values["trackers"] = [
            (as_read(json.loads(pile.ballot), names), pile.trackers) for pile in row.piles.exclude(count=0)
        ]
    return values


#: Who belongs to an organisation acts on what is his or her own.
BELONGING = {MEMBER, SEAT}


def _may_close(row: Motion, rights: set[str]) -> bool:
    """Whether the person can close the vote now: everybody who belongs once its time is up, a facilitator before."""
    if row.state != OPEN or row.closes is None or not may("close_motion", rights):
        return False
    if datetime.now(UTC) >= row.closes:
        return True
    return "decide.facilitate" in rights and not Recall.objects.filter(motion=row).exists()


def _withdrawn(row: Motion) -> dict[str, Any]:
    """Of a motion that was withdrawn: the act, absent where nobody did it, and why, in whose words ever."""
    if row.state != WITHDRAWN:
        return {"withdrawn_by": None, "withdrawn_why": None}
    done = (
        Act.objects.filter(verb="withdraw_motion", kind="Motion", subject=row.pk).select_related("person").first()
    )
    why = (row.result or {}).get("why")
    return {"withdrawn_by": done and done.person, "withdrawn_why": why if isinstance(why, str) else value_of(why)}


def _ranked(row: Motion, names: dict[str, str]) -> list[tuple[str, int]]:
    """The needs a carried motion has put in order, each with the rank that came of it; none where it did nothing such."""
    effect = next(
        (one for one in row.effects if one["kind"] == "rank_needs_by_decision" and "tiers" not in one), None
    )
    order = (row.result or {}).get("elected") or []
    if effect is None or row.state != CARRIED:
        return []
    ranks = core.ranks_of(order, list(names), int(effect["ranks"]))
    return [(names[id], rank) for id, rank in ranks.items() if id in names]


def what_it_does(row: Motion) -> dict[str, Any]:
    """What a motion does when it is carried; for one on a plan also what the plan means for this organisation."""
    vote, part = plan_votes.part_for(row)
    told = [EFFECTS[effect["kind"]].told(effect) for effect in row.effects if effect["kind"] in EFFECTS]
    return {"told_effects": told, "plan_vote": vote, "part": part}


def as_read(ballot: Any, names: dict[str, str]) -> Sentence | str:
    """A ballot as people read it."""
    if isinstance(ballot, str):
        return words.BALLOTS.get(ballot, ballot)
    if ballot and isinstance(ballot[0], list):
        return ", ".join(f"{names.get(id, id)} {points}" for id, points in ballot)
    return " > ".join(names.get(id, id) for id in ballot) or "–"


def terms_told(row: Motion) -> list[Sentence]:
    """The terms of a motion in words: those frozen in it, or those that hold today."""
    rules = house_rules(row.organisation)
    terms = row.terms or core.frozen_terms(
        row.method,
        rules,
        changes_rules=any(effect["kind"] in ("adopt_house_rule", "adopt_network_rule") for effect in row.effects),
        seats=row.seats,
        seed="",
        fund=f"{row.fund:f}" if row.fund is not None else "",
    )
    found = [core.METHODS[row.method]]
    if "at_least" in terms:
        found.append(
            say("At least {share} of the votes for and against must be for it.", share=Fraction(terms["at_least"]))
        )
    if "more_than" in terms:
        found.append(
            say(
                "More than {share} of the votes for and against must be for it.",
                share=Fraction(terms["more_than"]),
            )
        )
    if Fraction(terms.get("quorum", "0")):
        found.append(say("At least {share} of the roll must hand in a ballot.", share=Fraction(terms["quorum"])))
    if row.method in core.OF_MONEY and row.fund is not None:
        fund = say("There is {amount} {currency} to share out.", amount=row.fund, currency=row.currency)
        found.append(fund)
    elif any(effect["kind"] == "rank_needs_by_decision" for effect in row.effects):
        found.append(say("The whole order counts, not only who comes first."))
    elif row.method in core.WITH_OPTIONS:
        found.append(say("Seats: {count}.", count=int(terms.get("seats", "1"))))
    secret = row.secret if row.opened else row.method in core.MAY_BE_SECRET and core.is_so(rules, "secret")
    found.append(
        say("The vote is secret.") if secret else say("The vote is open: names stand beside the ballots.")
    )
    if row.opened:
        found.append(say("{count} are on the roll, as it was when the vote opened.", count=row.roll_size))
    return found


def count_again(row: Motion) -> str:
    """The command that counts a closed vote again from its file, terms and all."""
    seed = row.terms.get("seed", "")
    if row.method in core.OF_MONEY:
        return (
            f"solidaria count motion-{row.number}.pb --rule equal-shares --completion add1+utilitarian --step 1% "
            f"--seed {seed}"
        )
    if row.method in core.WITH_OPTIONS:
        return f"solidaria count motion-{row.number}.blt --rule {row.method} --seed {seed}"
    rule = "majority" if row.method in core.FOR_AND_AGAINST else row.method
    command = f"solidaria count motion-{row.number}.csv --rule {rule} --roll {row.roll_size}"
    if "at_least" in row.terms:
        command += f' --needs "at least {row.terms["at_least"]} of votes"'
    if "more_than" in row.terms:
        command += f' --needs "more than {row.terms["more_than"]} of votes"'
    if Fraction(row.terms.get("quorum", "0")):
        command += f' --quorum "{row.terms["quorum"]} ballots"'
    return command


def _again(request: HttpRequest, row: Motion, one: Organisation, rights: set[str]) -> Any:
    def page(refusal: Any) -> HttpResponse:
        return render(request, "decide/motion.html", {**_page(request, row, one, rights), **refusal})

    return page


@button
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to a motion."""
    row, one, rights = motion_for(request, pk)
    return act(
        request,
        lambda: actions.comment_on_motion(
            doer(request), row, kind=request.POST.get("kind", ""), text=request.POST.get("text", "")
        ),
        lambda _: reverse("motion", args=[pk]) + "#talk",
        None,
        _again(request, row, one, rights),
    )


@button
def take_back(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Take back something one said."""
    row, _, _ = motion_for(request, pk)
    said = Comment.objects.filter(motion=row, pk=number).first()
    if said is None:
        raise Http404
    actions.withdraw_comment(doer(request), said)
    return HttpResponseRedirect(reverse("motion", args=[pk]) + "#talk")


@button
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a draft."""
    row, one, _ = motion_for(request, pk)
    actions.withdraw_motion(doer(request), row, reason=request.POST.get("reason", ""))
    _said(request, say("Withdrawn."))
    return HttpResponseRedirect(reverse("motions", args=[one.code]))


@button
def open_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the vote for a time."""
    row, one, rights = motion_for(request, pk)
    span = SPANS.get(request.POST.get("span", ""))

    def do() -> Motion:
        if span is None:
            raise refused("span", say("Nothing is chosen."), say("Choose one from the list."))
        act_by = doer(request)
        secret = True if request.POST.get("secret") == "yes" else None
        return actions.open_motion(act_by, row, closes=act_by.at + span[0], secret=secret)

    return act(
        request,
        do,
        lambda _: reverse("motion", args=[pk]),
        say("The vote is open. Roll and terms are frozen as they are now."),
        _again(request, row, one, rights),
    )


@form
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """The ballot: one tap for a motion, a few for a ranking."""
    row = Motion.objects.select_related("organisation").filter(pk=pk).first()
    voter = Voter.objects.filter(motion_id=pk, person=person(request)).first()
    if row is None or voter is None or row.state == DRAFT:
        raise Http404

    def page(refusal: Any = None) -> HttpResponse:
        own = OpenBallot.objects.filter(motion=row, person=person(request)).select_related("by_voice").first()
        values = {
            "row": row,
            "one": row.organisation,
            "voter": voter,
            "own": json.loads(own.ballot) if own else None,
            "own_row": own,
            "terms_told": terms_told(row),
            **what_it_does(row),
        }
        return render(request, "decide/vote.html", {**values, **(refusal or {})})

    if request.method != "POST":
        return page()
    try:
        tracker = ballot_box.cast(
            doer(request), row, ballot_of(request, row), reason=request.POST.get("reason", "")
        )
    except Refused as refusal:
        # A second cast is answered as the first was: the member may not know whether it arrived.
        response = page(told(refusal, request.POST))
        voter.refresh_from_db()
        response.status_code = 409 if voter.voted and row.secret else 422
        return response
    if tracker:
        return render(request, "decide/receipt.html", {"row": row, "one": row.organisation, "tracker": tracker})
    _said(request, say("Your ballot is in."))
    return HttpResponseRedirect(reverse("vote", args=[pk]))


def ballot_of(request: HttpRequest, row: Motion) -> Any:
    """The ballot the form says."""
    return ballot_from(dict(request.POST.lists()), row.method, [option["id"] for option in row.options])


@require_http_methods(["GET", "HEAD", "POST"])
def vote_with_code(request: HttpRequest) -> HttpResponse:
    """A ballot by printed code: first the code, then the ballot. No sign-in, no name."""
    code = request.POST.get("code", "")
    values: dict[str, Any] = {"code": code, "row": None}
    if request.method != "POST":
        return render(request, "decide/code.html", values)
    waits: HttpResponse | None = consume_or_429(request, action="join")
    if waits is not None:
        return waits
    found = (
        VotingCode.objects.filter(digest=digest_of(code), used=False, revoked=False)
        .select_related("motion__organisation")
        .first()
    )
    if found is None:
        refusal = refused(
            "code",
            say("This code casts no ballot."),
            say("Check the letters; a code works once, until the vote closes."),
        )
        response = render(request, "decide/code.html", {**values, **told(refusal, request.POST)})
        response.status_code = 422
        return response
    row = found.motion
    values |= {"row": row, "one": row.organisation, "terms_told": terms_told(row)}
    if "cast" not in request.POST:
        return render(request, "decide/code.html", values)
    try:
        actions.cast_with_code(datetime.now(UTC), code, ballot_of(request, row))
    except Refused as refusal:
        response = render(request, "decide/code.html", {**values, **told(refusal, request.POST)})
        response.status_code = 422
        return response
    return render(request, "decide/receipt.html", {"row": row, "one": row.organisation, "tracker": None})


@button
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the vote, count it, and do what it says."""
    row, _, _ = motion_for(request, pk)
    actions.close_motion(doer(request), row)
    return HttpResponseRedirect(reverse("motion", args=[pk]))


@form
def codes(request: HttpRequest, pk: int) -> HttpResponse:
    """Print voting codes, or revoke those that are out."""
    row, one, rights = motion_for(request, pk)
    made: list[str] = []
    values: dict[str, Any] = {"row": row, "one": one, "rights": rights, "codes": None}
    if request.method != "POST":
        return render(request, "decide/codes.html", values)
    count = request.POST.get("how_many", "")
    try:
        actions.print_voting_codes(doer(request), row, how_many=min(whole(count) or 0, 100_000), codes=made)
    except Refused as refusal:
        response = render(request, "decide/codes.html", {**values, **told(refusal, request.POST)})
        response.status_code = 422
        return response
    return render(request, "decide/codes.html", {**values, "codes": made})


@button
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a count of hands or paper, as one teller saw it."""
    row, one, rights = motion_for(request, pk)
    whole_ballots = row.method in core.FOR_AND_AGAINST
    keys = ["for", "against", "abstain"] if whole_ballots else [option["id"] for option in row.options]

    def do() -> PaperCount:
        counts = {}
        for key in keys:
            text = request.POST.get(f"count-{key}", "").strip() or "0"
            if not text.isdecimal() or len(text) > 7:
                raise refused("counts", say("A count is a number from 0 on."), say("Count again."))
            counts[key] = int(text)
        return actions.enter_paper_count(doer(request), row, batch=request.POST.get("batch", ""), counts=counts)

    def said(row_of: PaperCount) -> str:
        _said(
            request,
            say("Both tellers agree: the count is taken.")
            if row_of.taken
            else say("Noted. It is taken once a second teller enters the same count under the same name."),
        )
        return reverse("motion", args=[pk])

    return act(request, do, said, None, _again(request, row, one, rights))


@button
def voice(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a member's ballot that was given by voice."""
    row, one, rights = motion_for(request, pk)
    number = request.POST.get("person", "")
    return act(
        request,
        lambda: actions.vote_by_voice(
            doer(request),
            row,
            person=whole(number) or 0,
            ballot=ballot_of(request, row),
            reason=request.POST.get("reason", ""),
        ),
        lambda _: reverse("motion", args=[pk]),
        say("Entered. The member sees it and can change it until the vote closes."),
        _again(request, row, one, rights),
    )


@members_only
def count_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A closed vote as a file from which anyone can count again: `solidaria count FILE`."""
    row, _, _ = motion_for(request, pk)
    if row.state in (DRAFT, OPEN, WITHDRAWN) or row.closed is None:
        raise Http404
    piles = actions.piles_of(row)
    if name == "count.csv" and row.method in (*core.FOR_AND_AGAINST, "consent"):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if row.method in core.FOR_AND_AGAINST:
            writer.writerow(["choice", "count"])
            writer.writerows([key, piles.get(key, 0)] for key in ("for", "against", "abstain"))
        else:
            writer.writerow(["answer", "count", "reason", "state"])
            for ballot in OpenBallot.objects.filter(motion=row).order_by("pk"):
                answer = json.loads(ballot.ballot)
                state = ("answered" if ballot.answered else "stands") if answer == "object" else ""
                writer.writerow([answer, 1, guarded(ballot.reason) if answer == "object" else "", state])
        return _attachment(text.getvalue().encode(), "text/csv", f"motion-{row.number}.csv")
    if name == "count.pb" and row.method in core.OF_MONEY:
        options_of = [(option["id"], option["name"]) for option in row.options]
        budget = core.budget_vote(row.terms, piles, options_of, row.costs)
        meta = {"description": row.title.replace("\n", " "), "currency": row.currency, "rule": "equalshares/add1u"}
        text_of = "".join(write(PabulibFile(budget, meta)))
        return _attachment(text_of.encode(), "text/plain", f"motion-{row.number}.pb")
    if name == "count.blt" and row.method in (*core.RANKING, "approval"):
        options = tuple(Option(option["id"], option["name"].replace('"', "'")) for option in row.options)
        ranked = rank(options, [(list(ballot), count) for ballot, count in piles.items()])
        lines = blt_lines(BallotFile(ranked, row.seats, row.title.replace('"', "'")))
        return _attachment("".join(lines).encode(), "text/plain", f"motion-{row.number}.blt")
    if name == "count.json" and row.method in core.RANKING:
        outcome = actions.counted(row)
        if outcome.account is None:
            raise Http404
        paper = core.on_paper([(option["id"], option["name"]) for option in row.options])
        options = tuple(Option(paper[option["id"]], option["name"]) for option in row.options)
        ballots = [(tuple((paper[id],) for id in ballot), count) for ballot, count in piles.items()]
        roll = Roll(row.roll_hash, row.roll_size)
        return _attachment(
            bundle(ballots, options, outcome.account, roll).encode(),
            "application/json",
            f"motion-{row.number}.json",
        )
    raise Http404


def _attachment(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _said(request: HttpRequest, sentence: Sentence) -> None:
    messages.success(request, request.language.text(sentence))  # type: ignore[attr-defined]


def waiting_for(one: Person) -> int:
    """How many open votes wait for a person's ballot."""
    return Voter.objects.filter(Q(motion__state=OPEN), person=one, voted=False).count()
