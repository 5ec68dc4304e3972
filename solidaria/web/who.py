"""Who: the start page, the directory, an organisation's pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import clocks, visible
from solidaria.actions import undo as undoing
from solidaria.actions import who as actions
from solidaria.actions.acting import refused
from solidaria.actions.permit import HOLDING, PURPOSES, live_mandates, live_seats, may, rights_of
from solidaria.core.problem import Sentence, say
from solidaria.records.models import (
    Act,
    Alliance,
    Belonging,
    JoiningCode,
    Mandate,
    Membership,
    Need,
    Organisation,
    Recall,
    Site,
    Variant,
)
from solidaria.records.models.who import ALLIANCES, KINDS
from solidaria.report.words import KINDS as KIND_WORDS
from solidaria.web import words
from solidaria.web.answers import act, button, doer, form, members_only, organisation_for, person, shown, within
from solidaria.web.context import my_organisations
from solidaria.web.map import map_of
from solidaria.web.steps import steps
from solidaria.web.typed import amount, whole

PER_PAGE = 60


# --- start ---


@shown
def home(request: HttpRequest) -> HttpResponse:
    """What Solidaria is for; or, for somebody who is signed in, what there is to do."""
    if not request.user.is_authenticated:
        return render(request, "who/welcome.html", {"count": Organisation.objects.count()})
    mine = my_organisations(request)
    return render(request, "who/home.html", {"steps": steps(person(request), mine), "mine": mine})


# --- directory ---


@shown
def directory(request: HttpRequest) -> HttpResponse:
    """Organisations by name, place or kind, as a list and on a map."""
    wanted, kind = request.GET.get("q", "").strip()[:80], request.GET.get("kind", "")
    page = Paginator(visible.directory(wanted, kind), PER_PAGE).get_page(request.GET.get("page"))
    values = {
        "page": page,
        "wanted": wanted,
        "kind": kind,
        "picture": map_of([one for one in page.object_list if "place" in one.shows], request.language),  # type: ignore[attr-defined]
    }
    template = "who/_directory.html" if request.headers.get("HX-Request") else "who/directory.html"
    return render(request, template, values)


@shown
def public(request: HttpRequest, code: str) -> HttpResponse:
    """The public page of an organisation: what its assembly chose to show."""
    one = Organisation.objects.select_related("site", "founding").filter(code=code).first()
    if one is None:
        raise Http404
    face = visible.public_face(one, datetime.now(UTC))
    values: dict[str, Any] = {
        "one": one,
        "shows": set(one.shows),
        "rights": rights_of(person(request), one) if request.user.is_authenticated else set(),
        "members": face.members,
        "networks": face.networks,
        "alliances": face.alliances,
        "products": face.products,
        "mandates": face.mandates,
    }
    if "place" in one.shows:
        values["picture"] = map_of([one], request.language)  # type: ignore[attr-defined]
    return render(request, "who/public.html", values)


# --- found and describe ---


@form
def found(request: HttpRequest) -> HttpResponse:
    """Found an organisation: the minutes, the first roll, the first mandates."""

    def page(told: Any = None) -> HttpResponse:
        return render(
            request, "who/found.html", {"purposes_list": _purposes(), "kinds_list": _kinds(), **(told or {})}
        )

    if request.method != "POST":
        return page()
    post = request.POST
    return act(
        request,
        lambda: actions.found_organisation(
            doer(request),
            None,
            name=post.get("name", ""),
            kind=post.get("kind", ""),
            place=post.get("place", "")[:120],
            held_on=_day(post.get("held_on")),
            present=amount(request, post.get("present", "")[:60]),
            minutes=post.get("minutes", "")[:20000],
            purposes=post.getlist("purposes"),
        ),
        lambda one: reverse("inside", args=[one.code]),
        say("Founded. Everything it can do from here on is on this page."),
        page,
    )


@members_only
def inside(request: HttpRequest, code: str) -> HttpResponse:
    """An organisation as its own members see it."""
    one, rights = organisation_for(request, code)
    return render(
        request,
        "who/inside.html",
        {
            "one": one,
            "rights": rights,
            "founding": getattr(one, "founding", None),
            "site": Site.objects.filter(organisation=one).select_related("network").first(),
            "networks": visible.belongings_of(one),
            "counts": {
                "needs": Need.objects.filter(
                    organisation=one, withdrawn__isnull=True, gathered__isnull=True
                ).count(),
                "members": Membership.objects.filter(organisation=one, left__isnull=True).count(),
            },
            "acts": list(Act.objects.filter(organisation=one).select_related("person", "mandate")[:6]),
        },
    )


@form
def describe(request: HttpRequest, code: str) -> HttpResponse:
    """Change the name, the place, the words and the numbers."""
    one, rights = organisation_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        values = {"one": one, "rights": rights, "spoken": words.spoken()}
        return render(request, "who/describe.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    names = (
        "name",
        "place",
        "about",
        "contact",
        "language",
        "members",
        "ability",
        "pledge",
        "latitude",
        "longitude",
    )
    given = {name: request.POST.get(name, "") for name in names if name in request.POST}
    for name in ("members", "pledge"):
        if name in given:
            given[name] = amount(request, given[name])
    for name in ("ability", "latitude", "longitude"):
        # Small numbers, never with thousands: a comma can only be the decimal one, in every language.
        if name in given:
            given[name] = given[name].strip().replace(",", ".")
    return act(
        request,
        lambda: actions.describe_organisation(doer(request), one, **given),
        lambda row: reverse("inside", args=[row.code]),
        say("Changed. It can be taken back on the history page."),
        page,
    )


@form
def show_publicly(request: HttpRequest, code: str) -> HttpResponse:
    """Choose what the public page shows."""
    one, rights = organisation_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        return render(
            request,
            "who/show.html",
            {"one": one, "rights": rights, "options": list(words.SHOWS.items()), **(told or {})},
        )

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: actions.show_publicly(doer(request), one, shows=request.POST.getlist("shows")),
        lambda row: reverse("organisation", args=[row.code]),
        say("This is what everybody sees now."),
        page,
    )


# --- roll ---


@members_only
def roll(request: HttpRequest, code: str) -> HttpResponse:
    """Who is on the roll; for members only."""
    one, rights = organisation_for(request, code)
    held = Prefetch(
        "person__mandates", live_mandates(datetime.now(UTC)).filter(organisation=one), to_attr="held_here"
    )
    rows = (
        Membership.objects.filter(organisation=one, left__isnull=True)
        .select_related("person")
        .prefetch_related(held)
        .order_by("person__name", "pk")
    )
    batches = (
        JoiningCode.objects.filter(organisation=one)
        .values("batch", "ends")
        .annotate(
            all=Count("pk"),
            used=Count("pk", filter=Q(used__isnull=False)),
            revoked=Count("pk", filter=Q(revoked__isnull=False)),
        )
        .order_by("-batch")[:12]
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    values = {"one": one, "rights": rights, "page": page, "batches": list(batches) if "who.roll" in rights else []}
    return render(request, "who/roll.html", values)


@form
def codes(request: HttpRequest, code: str) -> HttpResponse:
    """Print joining codes: shown once, on a page to print and cut."""
    one, rights = organisation_for(request, code)
    if request.method != "POST":
        return render(request, "who/codes.html", {"one": one, "rights": rights, "codes": None})
    made: list[str] = []
    count = whole(request.POST.get("how_many", "").strip()) or 0
    values: dict[str, Any] = {"one": one, "rights": rights, "codes": made}
    actions.print_codes(doer(request), one, how_many=count, codes=made)
    return render(request, "who/codes.html", values)


@button
def revoke(request: HttpRequest, code: str) -> HttpResponse:
    """Revoke the unused codes of a batch."""
    one, _ = organisation_for(request, code)
    actions.revoke_codes(doer(request), one, batch=request.POST.get("batch", ""))
    messages.success(request, request.language.text(say("These codes let nobody in any more.")))  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("roll", args=[one.code]))


@button
def leave(request: HttpRequest, code: str) -> HttpResponse:
    """Leave the organisation."""
    one, _ = organisation_for(request, code)
    actions.leave_organisation(doer(request), one)
    return HttpResponseRedirect(reverse("home"))


# --- mandates ---


@form
def mandates(request: HttpRequest, code: str) -> HttpResponse:
    """Who holds which mandate, until when, by which decision; and writing down a new one."""
    one, rights = organisation_for(request, code)
    at = datetime.now(UTC)
    held = Prefetch("seats", live_seats(at).select_related("council"), to_attr="live_seats")
    rows = Mandate.objects.filter(organisation=one).select_related("person", "founding")
    rows = rows.prefetch_related(held, "recalls")

    def page(told: Any = None) -> HttpResponse:
        today = date.today()
        members = [
            (row.person_id, row.person.name)
            for row in Membership.objects.filter(organisation=one, left__isnull=True)
            .select_related("person")
            .order_by("person__name")[:2000]
        ]
        live = [row for row in rows if row.ended is None and (row.ends is None or row.ends >= today)]
        past = [row for row in rows if row not in live]
        values = {
            "one": one,
            "rights": rights,
            "live": live,
            "past": past[:50],
            "members": members,
            "by_hand": actions.mandates_by_hand(one, at),
            "founding_days": actions.FOUNDING_DAYS,
            "ending": set(clocks.expiring([one], at).values_list("pk", flat=True)),
            "recalls": {
                row.mandate_id: row.pk for row in Recall.objects.filter(mandate__organisation=one, ended=None)
            },
        }
        return render(request, "who/mandates.html", {**values, "purposes_list": _purposes(), **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    return act(
        request,
        lambda: actions.grant_mandate(
            doer(request),
            one,
            person=whole(post.get("person", "")) or 0,
            purpose=post.get("purpose", ""),
            instructions=post.get("instructions", ""),
            starts=_day(post.get("starts")),
            ends=_day(post.get("ends")),
            decision=post.get("decision", ""),
        ),
        lambda _: reverse("mandates", args=[one.code]),
        say("Written down. It holds from its first day on."),
        page,
    )


@button
def end_mandate(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """End a mandate: the assembly recalled it, or its holder gives it back."""
    one, rights = organisation_for(request, code)
    row = Mandate.objects.filter(organisation=one, pk=number).first()
    if row is None:
        raise Http404
    if row.person_id == person(request).pk and not may("end_mandate", rights):
        actions.give_back_mandate(doer(request), row)
    else:
        actions.end_mandate(doer(request), row)
    messages.success(request, request.language.text(say("The mandate has ended.")))  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("mandates", args=[one.code]))


# --- ties ---


@form
def ties(request: HttpRequest, code: str) -> HttpResponse:
    """Networks and alliances: what holds, what waits for an answer, and asking for new ones."""
    one, rights = organisation_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        belongings = list(
            Belonging.objects.filter(Q(organisation=one) | Q(network=one), left__isnull=True)
            .select_related("network", "organisation")
            .order_by("network__name", "organisation__name")
        )
        alliances = list(
            Alliance.objects.filter(Q(organisation=one) | Q(ally=one), ended__isnull=True).select_related(
                "organisation", "ally"
            )
        )
        # What one belongs to or has asked already is not there to be asked once more.
        tied = {key for row in belongings for key in (row.network_id, row.organisation_id)}
        rows = Organisation.objects.exclude(pk=one.pk).order_by("name", "code").only("code", "name")
        holding = rows.filter(kind__in=HOLDING).exclude(pk__in=[row.network_id for row in belongings])
        networks = [("", say("choose"))] + [(row.code, row.name) for row in holding]
        listed = list(rows[:3000])
        others = [("", say("choose"))] + [(row.code, row.name) for row in listed]
        outside = [("", say("choose"))] + [(row.code, row.name) for row in listed if row.pk not in tied]
        values = {
            "one": one,
            "rights": rights,
            "belongings": belongings,
            "alliances": alliances,
            "networks_list": networks,
            "others": others,
            "outside": outside,
            "kinds_of_alliance": [(kind, words.ALLIANCES[kind]) for kind in ALLIANCES],
        }
        return render(request, "who/ties.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    other = Organisation.objects.filter(code=post.get("other", "")).first()

    def do() -> Any:
        if other is None:
            raise _missing("other")
        if post.get("what") == "alliance":
            return actions.ask_for_alliance(
                doer(request),
                one,
                ally=other,
                kind=post.get("kind", ""),
                gives=post.get("gives", ""),
                receives=post.get("receives", ""),
            )
        if one.kind in ("network", "council") and post.get("what") == "invite":
            return actions.invite_to_belong(doer(request), one, organisation=other)
        return actions.ask_to_belong(doer(request), one, network=other)

    return act(
        request,
        do,
        lambda _: reverse("ties", args=[one.code]),
        say("Asked. It holds once the other side has agreed."),
        page,
    )


@button
def belonging(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Agree to a membership in a network, or end it."""
    one, _ = organisation_for(request, code)
    row = Belonging.objects.filter(Q(organisation=one) | Q(network=one), pk=number).first()
    if row is None or verb not in ("agree", "end"):
        raise Http404
    if verb == "agree":
        actions.agree_to_belong(doer(request), one, belonging=row)
    else:
        actions.leave_network(doer(request), one, belonging=row)
    return HttpResponseRedirect(reverse("ties", args=[one.code]))


@button
def alliance(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Agree to an alliance, or end it."""
    one, _ = organisation_for(request, code)
    row = Alliance.objects.filter(Q(organisation=one) | Q(ally=one), pk=number).first()
    if row is None or verb not in ("agree", "end"):
        raise Http404
    if verb == "agree":
        actions.agree_to_alliance(doer(request), one, alliance=row)
    else:
        actions.end_alliance(doer(request), one, alliance=row)
    return HttpResponseRedirect(reverse("ties", args=[one.code]))


# --- history ---


@members_only
def history(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that was done in this organisation, by whom, under which mandate; some of it can be taken back."""
    one, rights = organisation_for(request, code)
    rows = Act.objects.filter(organisation=one).select_related(
        "person", "mandate", "undone_by", "motion__organisation"
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    undoable = {row.pk for row in page.object_list if undoing.can_be_undone(row) and may(row.verb, rights)}
    values = {"one": one, "rights": rights, "page": page, "undoable": undoable}
    return render(request, "who/history.html", {**values, "following": _following(page.object_list)})


def _following(rows: Iterable[Act]) -> dict[int, Sentence]:
    """For acts that nobody did: what the platform followed when it did them."""
    found: dict[int, Sentence] = {}
    for row in rows:
        if row.person_id is not None:
            continue
        if row.verb == "close_motion":
            found[row.pk] = say("by itself, when its time was up")
        elif row.motion is not None:
            decided_by = row.motion.organisation.name
            found[row.pk] = say("by the decision of {name}", name=decided_by)
        else:
            found[row.pk] = _chosen_by(row) or say("by itself, as the rules say")
    return found


def _chosen_by(row: Act) -> Sentence | None:
    """Whose choice brought a plan before an assembly: a person's, or that of the network's own assembly."""
    variant = Variant.objects.only("round").filter(pk=row.after.get("variant") or 0).first()
    if row.verb != "put_plan_to_assembly" or variant is None:
        return None
    chosen = (
        Act.objects.filter(
            verb__in=("choose_variant", "adopt_plan"), kind="Round", subject=variant.round_id, at__lte=row.at
        )
        .select_related("person", "motion__organisation")
        .order_by("-at", "-pk")
        .first()
    )
    if chosen is None:
        return None
    if chosen.person is not None:
        return say("following the choice of {name}", name=chosen.person.name)
    return say("by the decision of {name}", name=chosen.motion.organisation.name) if chosen.motion else None


@button
def undo(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take an act back, if nothing was built on it since."""
    one, _ = organisation_for(request, code)
    row = Act.objects.filter(organisation=one, pk=number).first()
    if row is None:
        raise Http404
    undoing.undo_act(doer(request), row)
    messages.success(request, request.language.text(say("Taken back.")))  # type: ignore[attr-defined]
    return HttpResponseRedirect(
        within(request, request.POST.get("back", "")) or reverse("history", args=[one.code])
    )


# --- small helps ---


def _kinds() -> list[tuple[str, Sentence]]:
    return [("", say("choose")), *((kind, KIND_WORDS[kind]) for kind in KINDS)]


def _purposes() -> list[tuple[str, Sentence]]:
    return [(purpose, words) for purpose, (words, _) in PURPOSES.items()]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _missing(column: str) -> Exception:
    return refused(column, say("Nothing is chosen."), say("Choose one from the list."))
