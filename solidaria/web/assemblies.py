"""Decide: assemblies in the browser: the call, the agenda, who is here, who speaks, the minutes, the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from icalendar import Calendar, Event

from solidaria.actions import assemblies as actions
from solidaria.actions.agree import days_of
from solidaria.actions.effects import current_members, house_rules
from solidaria.actions.permit import is_member
from solidaria.core.decide import number_of, share_of
from solidaria.core.problem import say, say_many
from solidaria.records.models import (
    AgendaItem,
    Assembly,
    Attendance,
    Correction,
    Membership,
    Motion,
    Organisation,
    Person,
    Speech,
)
from solidaria.records.models.decide import DRAFT, OPEN
from solidaria.report.language import Language
from solidaria.web import words
from solidaria.web.answers import act, button, doer, form, members_only, organisation_for, person, shown
from solidaria.web.language import language
from solidaria.web.pdf import paper
from solidaria.web.typed import whole

PER_PAGE = 40
#: What a calendar address is signed with; signing out everywhere does not change it, leaving the organisation does.
CALENDAR = "solidaria.calendar"


@form
def assemblies(request: HttpRequest, code: str) -> HttpResponse:
    """An organisation's assemblies, and calling one."""
    one, rights = organisation_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        rows = Assembly.objects.filter(organisation=one).annotate(present=Count("attendances"))
        feed = signing.Signer(salt=CALENDAR).sign(f"{person(request).pk}-{one.pk}")
        values = {
            "one": one,
            "rights": rights,
            "coming": list(rows.filter(ended__isnull=True).order_by("starts")),
            "page": Paginator(rows.filter(ended__isnull=False).order_by("-starts", "-pk"), PER_PAGE).get_page(
                request.GET.get("page")
            ),
            "notice": number_of(house_rules(one), "notice_days"),
            "feed": request.build_absolute_uri(reverse("calendar", args=[feed])),
        }
        return render(request, "decide/assemblies.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    return act(
        request,
        lambda: actions.call_assembly(
            doer(request),
            one,
            name=post.get("name", ""),
            starts=_moment(post.get("day"), post.get("hour")),
            place=post.get("place", ""),
        ),
        lambda row: reverse("assembly", args=[row.pk]),
        say("Called. Now the agenda: every member can add to it."),
        page,
    )


def _moment(day: str | None, hour: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=UTC)
    except ValueError:
        return None


def assembly_for(request: HttpRequest, pk: int) -> tuple[Assembly, Organisation, set[str]]:
    """An assembly of an organisation the person belongs to; otherwise as if it did not exist."""
    row = Assembly.objects.select_related("organisation").filter(pk=pk).first()
    if row is None:
        raise Http404
    one, rights = organisation_for(request, row.organisation.code)
    return row, one, rights


@members_only
def assembly(request: HttpRequest, pk: int) -> HttpResponse:
    """One assembly: before, while it sits, and after."""
    row, one, rights = assembly_for(request, pk)
    return render(request, "decide/assembly.html", _page(request, row, one, rights))


def _page(request: HttpRequest, row: Assembly, one: Organisation, rights: set[str]) -> dict[str, Any]:
    me = person(request)
    roll = len(current_members(one, datetime.now(UTC).date()))
    here = list(Attendance.objects.filter(assembly=row).select_related("person").order_by("came"))
    quorum = -int(-roll * share_of(house_rules(one), "quorum") // 1)
    items = list(AgendaItem.objects.filter(assembly=row).select_related("proposer", "motion"))
    speeches = list(Speech.objects.filter(assembly=row).select_related("person", "about"))
    return {
        "row": row,
        "one": one,
        "rights": rights,
        "roll": roll,
        "here": here,
        "i_am_here": any(attending.person_id == me.pk for attending in here),
        "quorum": quorum,
        "filled": min(1.0, len(here) / quorum) if quorum else 1.0,
        "items": items,
        "together": sum(item.minutes for item in items),
        "waiting": [speech for speech in speeches if speech.began is None and speech.ended is None],
        "speaking": next(
            (speech for speech in speeches if speech.began is not None and speech.ended is None), None
        ),
        "spoken": [speech for speech in speeches if speech.began is not None and speech.ended is not None],
        "i_wait": any(speech.person_id == me.pk and speech.ended is None for speech in speeches),
        "motions": [("", say("none"))]
        + [
            (str(motion.pk), motion.title)
            for motion in Motion.objects.filter(organisation=one, state__in=[DRAFT, OPEN], amends__isnull=True)
        ],
        "absent": [
            (member.person_id, member.person.name)
            for member in Membership.objects.filter(organisation=one, left__isnull=True)
            .exclude(person__in=[attending.person_id for attending in here])
            .select_related("person")
            .order_by("person__name")[:2000]
        ]
        if "decide.facilitate" in rights and row.opened and not row.ended
        else [],
        "corrections": list(Correction.objects.filter(assembly=row).select_related("person")),
        "facilitates": "decide.facilitate" in rights,
    }


def _again(request: HttpRequest, row: Assembly, one: Organisation, rights: set[str]) -> Any:
    def page(told: Any) -> HttpResponse:
        return render(request, "decide/assembly.html", {**_page(request, row, one, rights), **told})

    return page


@button
def agenda(request: HttpRequest, pk: int) -> HttpResponse:
    """Put something on the agenda."""
    row, one, rights = assembly_for(request, pk)
    post = request.POST
    number, minutes = post.get("motion", ""), post.get("minutes", "10")
    motion = Motion.objects.filter(organisation=one, pk=whole(number) or 0).first() if number else None
    return act(
        request,
        lambda: actions.add_agenda_item(
            doer(request),
            row,
            title=post.get("title", ""),
            minutes=min(whole(minutes) or 0, 10_000),
            motion=motion,
        ),
        lambda _: reverse("assembly", args=[pk]),
        None,
        _again(request, row, one, rights),
    )


@button
def move(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Move an item of the agenda."""
    row, _, _ = assembly_for(request, pk)
    item = AgendaItem.objects.filter(assembly=row, pk=number).first()
    if item is None:
        raise Http404
    actions.move_agenda_item(doer(request), item, up=request.POST.get("up") == "yes")
    return HttpResponseRedirect(reverse("assembly", args=[pk]))


@button
def step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Open it, end it, be here, ask to speak."""
    row, _, _ = assembly_for(request, pk)
    if verb == "open":
        actions.open_assembly(doer(request), row)
    elif verb == "end":
        actions.end_assembly(doer(request), row)
    elif verb == "here":
        number = request.POST.get("person", "")
        if number:
            actions.note_attendance(doer(request), row, person=whole(number) or 0)
        else:
            actions.attend(doer(request), row)
    elif verb == "speak":
        actions.ask_to_speak(doer(request), row)
    else:
        raise Http404
    return HttpResponseRedirect(reverse("assembly", args=[pk]))


@button
def floor(request: HttpRequest, pk: int, number: int, verb: str) -> HttpResponse:
    """Give somebody the floor, or end a speech."""
    row, _, _ = assembly_for(request, pk)
    speech = Speech.objects.filter(assembly=row, pk=number).first()
    if speech is None or verb not in ("give", "end"):
        raise Http404
    if verb == "give":
        actions.give_the_floor(doer(request), speech)
    else:
        actions.end_speech(doer(request), speech)
    return HttpResponseRedirect(reverse("assembly", args=[pk]))


# --- minutes ---


@form
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the minutes; they begin as a draft from what happened."""
    row, one, rights = assembly_for(request, pk)
    number = request.POST.get("correction") or request.GET.get("correction") or ""
    correction = Correction.objects.filter(assembly=row, pk=whole(number) or 0).first() if number else None

    def page(told: Any = None) -> HttpResponse:
        text = row.minutes or "\n".join(words_of for _, words_of in drafted(row, request.language))  # type: ignore[attr-defined]
        values = {"row": row, "one": one, "rights": rights, "text_now": text, "correction": correction}
        return render(request, "decide/minutes.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    text = request.POST.get("text", "")

    def do() -> Any:
        if correction is not None:
            return actions.take_correction(doer(request), correction, text=text)
        return actions.write_minutes(doer(request), row, text=text)

    return act(
        request,
        do,
        lambda _: reverse("assembly", args=[pk]) + "#minutes",
        say("Kept. Those who were present can correct it."),
        page,
    )


@button
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what should read otherwise."""
    row, one, rights = assembly_for(request, pk)
    return act(
        request,
        lambda: actions.correct_minutes(doer(request), row, text=request.POST.get("text", "")),
        lambda _: reverse("assembly", args=[pk]) + "#minutes",
        None,
        _again(request, row, one, rights),
    )


def drafted(row: Assembly, told: Language) -> list[tuple[str, str]]:
    """Minutes from what happened, as parts of a paper: when, who many, the agenda, the votes."""
    here = Attendance.objects.filter(assembly=row).count()
    parts = [
        ("text", told.text(say("{name} of {organisation}.", name=row.name, organisation=row.organisation.name))),
        ("text", told.text(say("Called on {day}.", day=row.called.date()))),
    ]
    if row.opened:
        at = f"{row.opened:%H:%M}"
        parts.append(("text", told.text(say("Opened on {day} at {hour} UTC.", day=row.opened.date(), hour=at))))
    parts.append(
        ("text", told.text(say_many("{count} member was present.", "{count} members were present.", here)))
    )
    for item in AgendaItem.objects.filter(assembly=row).select_related("motion", "proposer"):
        parts.append(("heading", f"{item.place}. {item.title}"))
        if item.proposer is not None:
            parts.append(("text", told.text(say("Put on the agenda by {name}.", name=item.proposer.name))))
        names = [
            speech.person.name
            for speech in Speech.objects.filter(about=item, began__isnull=False).select_related("person")
        ]
        if names:
            parts.append(("text", told.text(say("Spoke: {names}.", names=told.listing(names)))))
        if item.motion is not None:
            parts += _vote(item.motion, told)
    if row.ended:
        parts.append(("text", told.text(say("Ended at {hour} UTC.", hour=f"{row.ended:%H:%M}"))))
    return parts


def _vote(motion: Motion, told: Language) -> list[tuple[str, str]]:
    parts = [("text", motion.text)]
    state = told.text(words.MOTION_STATES[motion.state])
    if motion.closed is None or not motion.result:
        return [*parts, ("text", told.text(say("Motion {number}: {state}.", number=motion.number, state=state)))]
    names = {option["id"]: option["name"] for option in motion.options}
    tally = ", ".join(
        f"{names.get(key) or told.text(words.BALLOTS.get(key, key))}: {count}"
        for key, count in motion.result["tally"]
    )
    parts.append(
        (
            "text",
            told.text(say("Motion {number}: {state}. {tally}.", number=motion.number, state=state, tally=tally)),
        )
    )
    elected = [names.get(key, key) for key in motion.result.get("elected", [])]
    if elected:
        parts.append(("text", told.text(say("Chosen: {names}.", names=told.listing(elected)))))
    return parts


@members_only
def minutes_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes on paper, to sign."""
    row, one, _ = assembly_for(request, pk)
    if not row.minutes:
        raise Http404
    told: Language = request.language  # type: ignore[attr-defined]
    state = say("approved on {day}", day=row.minutes_approved.date()) if row.minutes_approved else say("draft")
    parts = [("text", line) for line in row.minutes.splitlines() if line.strip()]
    parts += [("sign", told.text(say("facilitator"))), ("sign", told.text(say("secretary")))]
    content = paper(
        told.text(say("Minutes: {name}", name=row.name)),
        f"{one.name} · {told.date(row.starts.date())} · {told.text(state)}",
        parts,
        language=told.code,
        footer=one.name,
    )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="minutes-{row.pk}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


# --- calendar ---


@shown
def calendar(request: HttpRequest, key: str) -> HttpResponse:
    """A calendar feed for one member of one organisation: assemblies, when votes close, deliveries, reviews of agreements.

    The address is the key: calendar programs cannot sign in. It stops working when the member leaves.
    """
    try:
        who, _, where = signing.Signer(salt=CALENDAR).unsign(key).partition("-")
    except signing.BadSignature:
        raise Http404 from None
    one = Organisation.objects.filter(pk=int(where)).first()
    reader = Person.objects.filter(pk=int(who), is_active=True).first()
    if one is None or reader is None or not is_member(reader, one):
        raise Http404
    told = language(reader.language or request.language.code)  # type: ignore[attr-defined]
    response = HttpResponse(feed(one, told), content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    return response


def feed(one: Organisation, told: Language) -> bytes:
    """The calendar of an organisation (RFC 5545)."""
    made = Calendar()
    made.add("prodid", "-//Solidaria//assemblies//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", one.name)
    for row in Assembly.objects.filter(organisation=one).order_by("-starts")[:200]:
        event = Event()
        event.add("uid", f"assembly-{row.pk}@solidaria")
        event.add("dtstamp", row.called)
        event.add("dtstart", row.starts)
        event.add("dtend", row.ended or row.starts + timedelta(hours=2))
        event.add("summary", f"{one.name}: {row.name}")
        event.add("location", row.place)
        items = AgendaItem.objects.filter(assembly=row).values_list("place", "title")
        event.add("description", "\n".join(f"{place}. {title}" for place, title in items))
        made.add_component(event)
    for motion in Motion.objects.filter(organisation=one, state=OPEN, closes__isnull=False):
        event = Event()
        event.add("uid", f"motion-{motion.pk}@solidaria")
        event.add("dtstamp", motion.opened)
        event.add("dtstart", motion.closes)
        event.add("summary", told.text(say("The vote closes: {title}", title=motion.title)))
        made.add_component(event)
    for kind, pk, at, day, title in days_of(one):
        event = Event()
        event.add("uid", f"{kind}-{pk}@solidaria")
        event.add("dtstamp", at)
        event.add("dtstart", day)
        words = {
            "review": say("Look again at the agreement: {title}", title=title),
            "delivery": say("To deliver: {title}", title=title),
            "coming": say("Comes to us: {title}", title=title),
        }
        event.add("summary", told.text(words[kind]))
        made.add_component(event)
    return bytes(made.to_ical())
