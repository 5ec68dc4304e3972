"""Plan: what a site can make, what a network keeps, its rounds, and asking for plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import count as count_from
from itertools import permutations
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import capacity
from solidaria.actions import plan as actions
from solidaria.actions import who as who_actions
from solidaria.actions import workbook as workbook_actions
from solidaria.actions.acting import refused
from solidaria.actions.permit import Doer, held_in, may_read
from solidaria.actions.visible import round_seen, variant_seen
from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.workbook.schema import OBJECTIVES, RULES
from solidaria.records.gather import left_out, organisations_of
from solidaria.records.models import (
    Belonging,
    Comment,
    Equipment,
    LineRefused,
    Need,
    Organisation,
    PlanVote,
    Product,
    Promise,
    Recipe,
    Round,
    Route,
    Rule,
    Site,
    Stock,
    Variant,
)
from solidaria.records.models.decide import DRAFT, OPEN, REFERRED, WITHDRAWN
from solidaria.records.models.plan import RUNNING, WAITING
from solidaria.records.models.who import LEGAL, STATES
from solidaria.records.packing import faults_of, sentence_of
from solidaria.report.words import RULES as RULE_WORDS
from solidaria.web import words
from solidaria.web.answers import (
    act,
    acting,
    button,
    doer,
    form,
    members_only,
    network_for,
    organisation_for,
    person,
    seen,
)
from solidaria.web.context import my_organisations
from solidaria.web.needs import uploaded
from solidaria.web.typed import amount, whole

PER_PAGE = 100
MOST_WORKBOOK = 30_000_000


def _said(request: HttpRequest, sentence: Sentence) -> None:
    messages.success(request, request.language.text(sentence))  # type: ignore[attr-defined]


@members_only
def mine(request: HttpRequest) -> HttpResponse:
    """The networks whose plans concern me, with their open rounds."""
    organisations = my_organisations(request)
    belongings = Belonging.objects.filter(
        organisation__in=organisations, agreed__isnull=False, left__isnull=True, network__kind="network"
    ).select_related("network")
    networks = {row.network_id: row.network for row in belongings}
    networks.update({one.pk: one for one in organisations if one.kind == "network"})
    rounds = Round.objects.filter(network__in=list(networks)).select_related("chosen").order_by("-opened")[:60]
    by: dict[int, list[Round]] = {}
    for row in rounds:
        by.setdefault(row.network_id, []).append(row)
    ordered = sorted(networks.values(), key=lambda one: one.name)
    return render(request, "plan/mine.html", {"networks": ordered, "by": by})


# --- a site ---


@members_only
def site(request: HttpRequest, code: str) -> HttpResponse:
    """What a site can make: its people, machines, recipes and stocks."""
    one, rights = organisation_for(request, code)
    row = Site.objects.select_related("network").filter(organisation=one).first()
    values: dict[str, Any] = {"one": one, "rights": rights, "site": row}
    if row is not None:
        values["machines"] = list(Equipment.objects.filter(site=row, removed__isnull=True))
        values["recipes"] = list(
            Recipe.objects.filter(site=row, removed__isnull=True)
            .select_related("product")
            .prefetch_related("inputs__product", "uses__equipment")
        )
        values["stocks"] = list(Stock.objects.filter(site=row).select_related("product").order_by("product__name"))
        values["products"] = products = list(
            Product.objects.filter(network=row.network, removed__isnull=True).exclude(keeps="no").order_by("name")
        )
        values["product_pairs"] = [(item.pk, f"{item.name} ({item.unit})") for item in products]
    return render(request, "plan/site.html", values)


@form
def site_people(request: HttpRequest, code: str) -> HttpResponse:
    """Who works there, how many hours, in which state the site is."""
    one, rights = organisation_for(request, code)
    row = Site.objects.filter(organisation=one).first()

    def page(told: Any = None) -> HttpResponse:
        values = {
            "one": one,
            "rights": rights,
            "site": row,
            "states": [(state, words.STATES[state]) for state in STATES],
            "legal": [(state, words.LEGAL[state]) for state in LEGAL],
        }
        return render(request, "plan/people.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    numbers = ("members", "paid_hours", "overhead", "reopening_money", "reopening_hours")

    def do() -> Site:
        given = {name: amount(request, post.get(name, "")) for name in numbers}
        rest = {name: post.get(name, "") for name in ("state", "legal", "legal_note")}
        return who_actions.keep_site(doer(request), one, **given, **rest)

    return act(request, do, lambda _: reverse("site", args=[one.code]), say("Kept."), page)


@form
def machine(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """Add or change a machine."""
    one, rights = organisation_for(request, code)
    row = None
    if number is not None:
        row = Equipment.objects.filter(site__organisation=one, pk=number, removed__isnull=True).first()
        if row is None:
            raise Http404

    def page(told: Any = None) -> HttpResponse:
        return render(request, "plan/machine.html", {"one": one, "rights": rights, "machine": row, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST

    def do() -> Equipment:
        hours = amount(request, post.get("hours", ""))
        if row is None:
            return capacity.add_equipment(doer(request), one, name=post.get("name", ""), hours=hours)
        return capacity.edit_equipment(doer(request), row, hours=hours, note=post.get("name", ""))

    return act(request, do, lambda _: reverse("site", args=[one.code]), say("Kept."), page)


@button
def remove_machine(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Remove a machine."""
    one, _ = organisation_for(request, code)
    row = Equipment.objects.filter(site__organisation=one, pk=number, removed__isnull=True).first()
    if row is None:
        raise Http404
    capacity.remove_equipment(doer(request), row)
    _said(request, say("Removed. It can be taken back on the history page."))
    return HttpResponseRedirect(reverse("site", args=[one.code]))


@form
def recipe(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """Add or change a recipe: what goes in, which machines, how many hours of work, what comes out."""
    one, rights = organisation_for(request, code)
    row = None
    if number is not None:
        row = (
            Recipe.objects.filter(site__organisation=one, pk=number, removed__isnull=True)
            .select_related("product")
            .first()
        )
        if row is None:
            raise Http404
    place = Site.objects.select_related("network").filter(organisation=one).first()
    products = list(
        Product.objects.filter(network=place.network, removed__isnull=True).order_by("name") if place else []
    )
    machines = list(Equipment.objects.filter(site=place, removed__isnull=True) if place else [])

    def page(told: Any = None) -> HttpResponse:
        values = {"one": one, "rights": rights, "recipe": row, "products": products, "machines": machines}
        values["lines"] = _lines(request, row)
        return render(request, "plan/recipe.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST

    def do() -> Recipe:
        by_product = {str(item.pk): item for item in products}
        by_machine = {str(item.pk): item for item in machines}
        amounts = {
            "output": amount(request, post.get("output", "")),
            "labour_hours": amount(request, post.get("labour_hours", "")),
            "inputs": _pairs(request, "input", by_product),
            "uses": _pairs(request, "machine", by_machine),
            "note": post.get("note", ""),
        }
        if row is not None:
            return capacity.edit_recipe(doer(request), row, **amounts)
        product = by_product.get(post.get("product", ""))
        if product is None:
            raise refused("product", say("Nothing is chosen."), say("Choose one from the list."))
        return capacity.add_recipe(doer(request), one, product=product, **amounts)

    return act(request, do, lambda _: reverse("site", args=[one.code]), say("Kept."), page)


def _pairs(request: HttpRequest, name: str, things: dict[str, Any]) -> list[tuple[Any, str]]:
    """The lines of a form that name something: what, and how much."""
    chosen, amounts = request.POST.getlist(name), request.POST.getlist(f"{name}-amount")
    found = []
    for thing, much in zip(chosen, amounts, strict=False):
        if thing in things:
            found.append((things[thing], amount(request, much)))
    return found


def _lines(request: HttpRequest, row: Recipe | None) -> dict[str, list[tuple[str, str]]]:
    """The lines a form shows: what was typed, else what the recipe says, and three empty ones."""
    if request.method == "POST":
        found = {
            name: list(zip(request.POST.getlist(name), request.POST.getlist(f"{name}-amount"), strict=False))
            for name in ("input", "machine")
        }
    else:
        found = {
            "input": [(str(part.product_id), f"{part.quantity:f}") for part in row.inputs.all()] if row else [],
            "machine": [(str(part.equipment_id), f"{part.hours:f}") for part in row.uses.all()] if row else [],
        }
    return {
        name: [pair for pair in pairs if pair[0]] + [("", "")] * (3 if name == "input" else 2)
        for name, pairs in found.items()
    }


@button
def remove_recipe(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Remove a recipe."""
    one, _ = organisation_for(request, code)
    row = Recipe.objects.filter(site__organisation=one, pk=number, removed__isnull=True).first()
    if row is None:
        raise Http404
    capacity.remove_recipe(doer(request), row)
    _said(request, say("Removed. It can be taken back on the history page."))
    return HttpResponseRedirect(reverse("site", args=[one.code]))


@button
def stock(request: HttpRequest, code: str) -> HttpResponse:
    """Write down what is on hand."""
    one, _ = organisation_for(request, code)
    place = Site.objects.filter(organisation=one).first()
    typed = request.POST.get("product", "")
    product = (
        Product.objects.filter(network=place.network_id, pk=whole(typed) or 0).first()
        if place is not None
        else None
    )
    if product is None:
        raise Http404
    quantity = amount(request, request.POST.get("quantity", ""), product.unit)
    capacity.set_stock(doer(request), one, product=product, quantity=quantity)
    _said(request, say("Kept."))
    return HttpResponseRedirect(reverse("site", args=[one.code]))


# --- a network ---


@members_only
def network(request: HttpRequest, code: str) -> HttpResponse:
    """A network: its rounds, what is needed and what can be made."""
    one, rights = network_for(request, code)
    rounds = list(
        Round.objects.filter(network=one)
        .select_related("chosen")
        .annotate(plans=Count("variants"))
        .order_by("-opened")[:40]
    )
    counts = {
        "organisations": Belonging.objects.filter(network=one, agreed__isnull=False, left__isnull=True).count(),
        "products": Product.objects.filter(network=one, removed__isnull=True).count(),
        "recipes": Recipe.objects.filter(network=one, removed__isnull=True).count(),
        "needs": Need.objects.filter(network=one, withdrawn__isnull=True, gathered__isnull=True).count(),
        "rules": Rule.objects.filter(network=one).count(),
        "routes": Route.objects.filter(network=one).count(),
        "promises": Promise.objects.filter(network=one, removed__isnull=True).count(),
    }
    current = next((row for row in rounds if row.closed is None), None)
    values = {"one": one, "rights": rights, "rounds": rounds, "counts": counts, "current": current}
    return render(request, "plan/network.html", values)


@members_only
def products(request: HttpRequest, code: str) -> HttpResponse:
    """The products on a network's list."""
    one, rights = network_for(request, code)
    rows = (
        Product.objects.filter(network=one, removed__isnull=True)
        .annotate(makers=Count("recipes", filter=Q(recipes__removed__isnull=True)))
        .order_by("name")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    values = {"one": one, "rights": rights, "page": page, "currency": currency_of(one)}
    return render(request, "plan/products.html", values)


@form
def product(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """Add or change a product."""
    one, rights = network_for(request, code)
    row = None
    if number is not None:
        row = Product.objects.filter(network=one, pk=number, removed__isnull=True).first()
        if row is None:
            raise Http404

    def page(told: Any = None) -> HttpResponse:
        values = {"one": one, "rights": rights, "product": row, "currency": currency_of(one)}
        return render(request, "plan/product.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST

    def do() -> Product:
        given = {name: post.get(name, "") for name in ("name", "unit", "outside", "keeps", "source")}
        given["market_price"] = amount(request, post.get("market_price", ""))
        if row is None:
            return actions.add_product(doer(request), one, **given)
        return actions.edit_product(doer(request), row, **given)

    return act(request, do, lambda _: reverse("products", args=[one.code]), say("Kept."), page)


@button
def remove_product(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take a product off the list."""
    one, _ = network_for(request, code)
    row = Product.objects.filter(network=one, pk=number, removed__isnull=True).first()
    if row is None:
        raise Http404
    actions.remove_product(doer(request), row)
    _said(request, say("Removed. It can be taken back on the history page."))
    return HttpResponseRedirect(reverse("products", args=[one.code]))


@form
def rules(request: HttpRequest, code: str) -> HttpResponse:
    """The rules of a network, each with the decision it rests on; and writing down a new one."""
    one, rights = network_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        rows = list(Rule.objects.filter(network=one))
        known = [(rule.name, RULE_WORDS[rule.name]) for rule in RULES]
        meanings = {rule.name: rule.meaning for rule in RULES}
        values = {"one": one, "rights": rights, "rows": rows, "known": known, "meanings": meanings}
        return render(request, "plan/rules.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST

    def do() -> Rule:
        since = _day(post.get("since"), "since")
        given = {name: post.get(name, "") for name in ("rule", "value", "unit", "decision", "source")}
        given["value"] = rule_value(request, given["rule"], given["value"])
        return actions.set_rule(doer(request), one, since=since, **given)

    return act(request, do, lambda _: reverse("rules", args=[one.code]), say("Written down."), page)


@form
def routes(request: HttpRequest, code: str) -> HttpResponse:
    """The ways along which goods move; without any, goods move freely."""
    one, rights = network_for(request, code)
    members = organisations_of(one)

    def page(told: Any = None) -> HttpResponse:
        rows = Route.objects.filter(network=one).select_related("start", "end", "product")
        page_of = Paginator(rows.order_by("start__name", "end__name", "pk"), PER_PAGE).get_page(
            request.GET.get("page")
        )
        values = {
            "one": one,
            "rights": rights,
            "page": page_of,
            "members": [(row.code, row.name) for row in members],
            "products": list(Product.objects.filter(network=one, removed__isnull=True)),
            "currency": currency_of(one),
        }
        return render(request, "plan/routes.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    by_code = {row.code: row for row in members}

    def do() -> Route:
        start, end = by_code.get(post.get("start", "")), by_code.get(post.get("end", ""))
        if start is None or end is None:
            raise refused("start", say("Nothing is chosen."), say("Choose one from the list."))
        typed = post.get("product", "")
        product = Product.objects.filter(network=one, pk=whole(typed) or 0).first() if typed else None
        if typed and product is None:
            raise refused("product", say("Nothing is chosen."), say("Choose one from the list."))
        cost = amount(request, post.get("cost", ""))
        return actions.set_route(doer(request), one, start=start, end=end, product=product, cost=cost)

    return act(request, do, lambda _: reverse("routes", args=[one.code]), say("Kept."), page)


@button
def remove_route(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Remove a way."""
    one, _ = network_for(request, code)
    row = Route.objects.filter(network=one, pk=number).first()
    if row is None:
        raise Http404
    actions.remove_route(doer(request), one, route=row)
    return HttpResponseRedirect(reverse("routes", args=[one.code]))


@form
def promises(request: HttpRequest, code: str) -> HttpResponse:
    """Standing agreements, which every plan serves before any need."""
    one, rights = network_for(request, code)
    members = organisations_of(one)
    sites = list(Site.objects.filter(network=one).select_related("organisation").order_by("organisation__name"))

    def page(told: Any = None) -> HttpResponse:
        rows = Promise.objects.filter(network=one, removed__isnull=True).select_related(
            "site__organisation", "receiver", "product"
        )
        values = {
            "one": one,
            "rights": rights,
            "page": Paginator(rows.order_by("pk"), PER_PAGE).get_page(request.GET.get("page")),
            "sites": [(row.pk, row.organisation.name) for row in sites],
            "members": [(row.code, row.name) for row in members],
            "products": list(Product.objects.filter(network=one, removed__isnull=True)),
        }
        return render(request, "plan/promises.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST

    def do() -> Promise:
        place = next((row for row in sites if str(row.pk) == post.get("site")), None)
        receiver = next((row for row in members if row.code == post.get("receiver")), None)
        typed = post.get("product", "")
        product = Product.objects.filter(network=one, pk=whole(typed) or 0).first() if typed else None
        if place is None or receiver is None or product is None:
            raise refused("site", say("Nothing is chosen."), say("Choose one from the list."))
        quantity = amount(request, post.get("quantity", ""), product.unit)
        return actions.keep_promise(
            doer(request),
            one,
            site=place,
            receiver=receiver,
            product=product,
            quantity=quantity,
            period=post.get("period", ""),
        )

    return act(request, do, lambda _: reverse("promises", args=[one.code]), say("Written down."), page)


@button
def remove_promise(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """End a standing agreement."""
    one, _ = network_for(request, code)
    row = Promise.objects.filter(network=one, pk=number, removed__isnull=True).first()
    if row is None:
        raise Http404
    actions.remove_promise(doer(request), row)
    _said(request, say("Removed. It can be taken back on the history page."))
    return HttpResponseRedirect(reverse("promises", args=[one.code]))


@form
def workbook(request: HttpRequest, code: str) -> HttpResponse:
    """The whole network as a workbook: out, and in again."""
    one, rights = network_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        values = {"one": one, "rights": rights, "whole": may_read("whole_workbook", rights)}
        return render(request, "plan/workbook.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: workbook_actions.upload_workbook(
            doer(request), one, tables=uploaded(request.FILES.get("sheet"), MOST_WORKBOOK, folders=True)
        ),
        lambda _: reverse("network", args=[one.code]),
        say("The whole workbook is in."),
        page,
    )


# --- rounds ---


@form
def open_round(request: HttpRequest, code: str) -> HttpResponse:
    """Open a round: its name and periods."""
    one, rights = network_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        typed = [
            {name: values[at] if at < len(values) else "" for name, values in columns.items()}
            for at in range(max(4, max((len(values) for values in columns.values()), default=0)))
        ]
        return render(
            request, "plan/open_round.html", {"one": one, "rights": rights, "typed": typed, **(told or {})}
        )

    columns = {name: request.POST.getlist(name) for name in ("period", "starts", "ends")}
    if request.method != "POST":
        return page()
    rows = [
        dict(zip(("period", "starts", "ends"), cells, strict=True))
        for cells in zip(*(columns[name] for name in ("period", "starts", "ends")), strict=False)
    ]
    return act(
        request,
        lambda: actions.open_round(doer(request), one, name=request.POST.get("name", ""), periods=rows),
        lambda row: reverse("round", args=[row.pk]),
        say("The round is open. Everybody in the network can say what is needed."),
        page,
    )


def round_for(request: HttpRequest, pk: int) -> tuple[Round, Organisation, set[str]]:
    """A round the person may look into; otherwise as if it did not exist."""
    return seen(round_seen(Doer(person(request)), pk))


@members_only
def round(request: HttpRequest, pk: int) -> HttpResponse:
    """A round: what is gathered, what is refused, which plans there are."""
    row, one, rights = round_for(request, pk)
    return render(request, "plan/round.html", _round_page(request, row, one, rights))


AIMS = {
    "jobs": say("work for every site"),
    "outside": say("little money outside"),
    "labour": say("few hours"),
}


def _choices(rule: str) -> list[tuple[str, Sentence]]:
    """What a rule can be set to, where it is one of a few words; blank: as the network's rules say."""
    as_it_is = [("", say("as our rules say"))]
    if rule == "protect_jobs":
        return [*as_it_is, ("yes", say("yes")), ("no", say("no"))]
    if rule == "objectives":
        return [
            *as_it_is,
            *(
                (
                    " ".join(order),
                    say(
                        "{first}, then {second}, then {third}",
                        **dict(zip(("first", "second", "third"), map(AIMS.get, order), strict=True)),
                    ),
                )
                for order in permutations(OBJECTIVES)
            ),
        ]
    return []


def _round_page(request: HttpRequest, row: Round, one: Organisation, rights: set[str]) -> dict[str, Any]:
    variants = list(Variant.objects.filter(round=row).defer("tables", "result").select_related("asked_by"))
    refusals = list(
        LineRefused.objects.filter(round=row, withdrawn__isnull=True).select_related(
            "organisation", "recipe__product"
        )
    )
    out = left_out(one, row)
    mine = my_organisations(request)
    held = held_in(person(request), "plan.refuse") if row.closed is None else set()
    refusing = [organisation for organisation in mine if organisation.pk in held]
    recipes = list(
        Recipe.objects.filter(site__organisation__in=refusing, network=one, removed__isnull=True).select_related(
            "product", "site__organisation"
        )
    )
    planned = Need.objects.filter(
        network=one, withdrawn__isnull=True, gathered__isnull=True, product__isnull=False
    ).count()
    return {
        "one": one,
        "row": row,
        "rights": rights,
        "variants": variants,
        "refusals": refusals,
        "left_out": out,
        "needs": planned - len(out.get("period", [])),
        "recipes": recipes,
        "refusing": refusing,
        "tried": [
            (rule.name, RULE_WORDS[rule.name], rule.meaning, _choices(rule.name))
            for rule in RULES
            if rule.name != "currency"
        ],
        "done": [variant for variant in variants if variant.state == "done"],
        "busy": any(variant.state in (WAITING, RUNNING) for variant in variants),
        "drafting": [one for one in mine if one.pk in held_in(person(request), "agree.draft")]
        if row.adopted
        else [],
        **_standing(request, row, variants),
    }


#: Comments on a motion that say why an assembly refused a plan, so many of them.
MOST_REASONS = 5


def _standing(request: HttpRequest, row: Round, variants: list[Variant]) -> dict[str, Any]:
    """How the plan stands that goes to the assemblies: who has said yes, who no and why, who has still to answer.

    Only what has closed is told: an open vote shows that it is open, and nothing of its ballots.
    """
    ranked = (
        Need.objects.filter(
            network=row.network_id, withdrawn__isnull=True, gathered__isnull=True, ranked_by__isnull=False
        )
        .values("organisation__name", "organisation__code", "ranked_by", "ranked_by__closed")
        .annotate(needs=Count("pk"))
        .order_by("organisation__name", "-ranked_by__closed")
    )
    values: dict[str, Any] = {"ranked": list(ranked), "answers": [], "next_name": "", "refused_by": 0}
    chosen = next((variant for variant in variants if variant.pk == row.chosen_id), None)
    if chosen is None:
        return values
    votes = PlanVote.objects.filter(variant=chosen).select_related(
        "organisation", "motion", "refusal__recipe__product"
    )
    said = [vote for vote in votes if vote.needed]
    mine = {one.pk for one in my_organisations(request)} | held_in(person(request), "decide.facilitate")
    comments: dict[int, list[Comment]] = {}
    for comment in Comment.objects.filter(
        motion__in=[vote.motion_id for vote in said if vote.answer == "no"],
        kind__in=("reason", "objection"),
        withdrawn__isnull=True,
    ).select_related("declared_by"):
        comments.setdefault(comment.motion_id, []).append(comment)
    values["answers"] = [
        {
            "vote": vote,
            "state": _state_of(vote),
            "why": comments.get(vote.motion_id or 0, [])[-MOST_REASONS:],
            "linked": vote.organisation_id in mine,
        }
        for vote in said
    ]
    yes, no = (sum(vote.answer == answer for vote in said) for answer in ("yes", "no"))
    after = [
        variant for variant in variants if variant.changes.get("after") == chosen.pk and variant.state == "done"
    ]
    before = chosen.changes.get("after")
    values |= {
        "chosen": chosen,
        "without": [vote.organisation.name for vote in votes if not vote.needed],
        "yes": yes,
        "no": no,
        "waiting": len(said) - yes - no,
        "refused_by": no,
        "after": after,
        "before": next((variant for variant in variants if variant.pk == before), None),
        "next_name": str(len(variants) + 1),
    }
    return values


def _state_of(vote: PlanVote) -> str:
    """yes, no, open, waits for the bases, talked about, or to be asked again (no quorum, withdrawn)."""
    if vote.answer:
        return vote.answer
    state = vote.motion.state if vote.motion is not None else WITHDRAWN
    return state if state in (DRAFT, OPEN, REFERRED) else "again"


@button
def close_round(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a round."""
    row, _, _ = round_for(request, pk)
    actions.close_round(doer(request), row)
    _said(request, say("The round is closed. Everything in it stays readable."))
    return HttpResponseRedirect(reverse("round", args=[row.pk]))


def rule_value(request: HttpRequest, rule: str, typed: str) -> str:
    """What was typed as the value of a rule, a number as people of this language write it."""
    numbers = {one.name for one in RULES if one.kind == "number"}
    return amount(request, typed) if rule in numbers else typed.strip()


def _named(request: HttpRequest, row: Round, tried: Mapping[str, str], refusals: bool) -> str:
    """A name that says what is special about a plan, in the language of whoever asks for it."""
    words: Sentence = say("As our rules say")
    count = LineRefused.objects.filter(round=row, withdrawn__isnull=True).count() if refusals else 0
    if count:
        words = say_many("With {count} refusal", "With {count} refusals", count)
    rule = next(iter(sorted(tried)), "")
    if rule in RULE_WORDS:
        words = say("{rule}: {value}", rule=RULE_WORDS[rule], value=tried[rule][:20])
    text = request.language.text(words)[:70]  # type: ignore[attr-defined]
    taken = set(Variant.objects.filter(round=row).values_list("name", flat=True))
    return next(name for at in count_from(1) if (name := text if at == 1 else f"{text} ({at})") not in taken)


@button
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a plan; the page shows how it goes on."""
    row, one, rights = round_for(request, pk)

    def page(told: Any) -> HttpResponse:
        return render(request, "plan/round.html", {**_round_page(request, row, one, rights), **told})

    tried = {
        name[5:]: rule_value(request, name[5:], request.POST.get(name, ""))
        for name in request.POST
        if name.startswith("rule-") and request.POST.get(name, "").strip()
    }
    refusals = request.POST.get("refusals") != "no"
    return act(
        request,
        lambda: actions.ask_for_plan(
            doer(request),
            row,
            name=request.POST.get("name", "").strip() or _named(request, row, tried, refusals),
            rules=tried,
            refusals=refusals,
            after=Variant.objects.filter(round=row, pk=whole(request.POST.get("after", "")) or 0)
            .defer("tables", "result")
            .first(),
        ),
        lambda variant: reverse("variant", args=[variant.pk]),
        None,
        page,
    )


@button
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse a line of one's own site, or change one's pledge, with a reason."""
    row, one, rights = round_for(request, pk)

    def page(told: Any) -> HttpResponse:
        return render(request, "plan/round.html", {**_round_page(request, row, one, rights), **told})

    post = request.POST
    organisation = next(
        (mine for mine in my_organisations(request) if mine.code == post.get("organisation")), None
    )
    recipe = (
        Recipe.objects.filter(pk=whole(post["recipe"]) or 0, network=one)
        .select_related("site__organisation")
        .first()
        if post.get("recipe")
        else None
    )
    if recipe is not None:
        organisation = next(
            (mine for mine in my_organisations(request) if mine.pk == recipe.site.organisation_id), None
        )
    if organisation is None:
        raise Http404

    def do() -> LineRefused:
        if recipe is not None:
            return actions.refuse_line(
                doer(request),
                organisation,
                round=row,
                recipe=recipe,
                most_runs=amount(request, post.get("most_runs", "")),
                period=post.get("period", ""),
                reason=post.get("reason", ""),
            )
        return actions.lower_pledge(
            doer(request),
            organisation,
            round=row,
            pledge=amount(request, post.get("pledge", "")),
            reason=post.get("reason", ""),
        )

    return act(
        request,
        do,
        lambda _: reverse("round", args=[row.pk]),
        say("Refused. The next plan keeps to it; ask for one, and see what changes."),
        page,
    )


@button
def withdraw_refusal(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Withdraw a refusal."""
    row, _, _ = round_for(request, pk)
    refusal = LineRefused.objects.filter(round=row, pk=number).first()
    if refusal is None:
        raise Http404
    actions.withdraw_refusal(doer(request), refusal)
    return HttpResponseRedirect(reverse("round", args=[row.pk]))


def variant_for(request: HttpRequest, pk: int) -> tuple[Variant, Organisation, set[str]]:
    """A plan the person may look into, without its large columns; otherwise as if it did not exist."""
    return seen(variant_seen(Doer(person(request)), pk))


@members_only
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How the making of a plan goes on; asked again and again by the page that waits."""
    row, one, rights = variant_for(request, pk)
    if row.state not in (WAITING, RUNNING):
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    values = {"row": row, "one": one, "rights": rights, "told": sentence_of(row.progress)}
    return render(request, "plan/_progress.html", values)


def waiting_page(request: HttpRequest, row: Variant, one: Organisation, rights: set[str]) -> HttpResponse:
    """The page of a plan that is not ready: how it goes on, or how it ended."""
    values = {
        "row": row,
        "one": one,
        "rights": rights,
        "told": sentence_of(row.progress),
        "why": faults_of(row.faults),
        "waiting": row.state in (WAITING, RUNNING),
    }
    return render(request, "plan/waiting.html", values)


@button
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a plan off."""
    row, _, _ = variant_for(request, pk)
    actions.cancel_plan(doer(request), row)
    return HttpResponseRedirect(reverse("variant", args=[row.pk]))


@button
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a plan for the assemblies."""
    row, _, _ = variant_for(request, pk)
    there = reverse("round", args=[row.round_id]) + "#assemblies"

    @acting(reverse("variant", args=[pk]))
    def do(request: HttpRequest) -> HttpResponse:
        actions.choose_variant(doer(request), row.round, variant=row, words=request.POST.get("words", ""))
        _said(request, say("This plan goes to the assemblies: each has a motion with its own figures now."))
        return HttpResponseRedirect(there)

    return do(request)


# --- small helps ---


def currency_of(network: Organisation) -> str:
    """The currency of a network's money; blank while it is not decided."""
    rule = Rule.objects.filter(network=network, rule="currency").order_by("-since").first()
    return rule.value if rule else ""


def _day(text: str | None, column: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refused(column, say("This is not a day."), say("Write it as 2026-01-31.")) from None
