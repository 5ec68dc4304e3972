"""Plan and price, read: the whole network, one site, one buyer, one product, one shortfall, plans side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from solidaria.actions.permit import rights_of
from solidaria.core.plan.refusals import Refusals
from solidaria.core.result import Coverage, Delivery, Result, Shortfall
from solidaria.records.models import LineRefused, Organisation, Recipe, Variant
from solidaria.records.results import result_of
from solidaria.report.difference import Difference, side_by_side, variant_of
from solidaria.report.difference import Variant as Figures_of_variant
from solidaria.report.figures import Figures
from solidaria.report.html import Page
from solidaria.report.sidebyside import figures_side_by_side, tables_of_changes
from solidaria.report.telling import gain_told
from solidaria.web.answers import members_only, person
from solidaria.web.context import my_organisations
from solidaria.web.language import language
from solidaria.web.plan import round_for, variant_for, waiting_page
from solidaria.web.typed import whole

#: Rows of a long table on a page; the files hold all of them.
MOST_ROWS = 60
#: Rows of a list before the rest is folded behind its count.
FEW = 10
#: Deliveries behind one line.
MOST_BEHIND = 40
MOST_COMPARED = 4


@lru_cache(maxsize=16)
def _figures(pk: int, result: int) -> Figures:
    found = result_of(pk)
    assert found is not None and id(found) == result
    return Figures(found)


def figures_of(pk: int) -> Figures:
    """The figures of a plan that is done; 404 when there is none."""
    found = result_of(pk)
    if found is None:
        raise Http404
    return _figures(pk, id(found))


class View:
    """What the templates of a plan ask for: its figures, and the report's own words for them."""

    def __init__(self, request: HttpRequest, row: Variant, one: Organisation, rights: set[str]) -> None:
        self.row, self.one, self.rights = row, one, rights
        self.figures = figures_of(row.pk)
        self.currency = self.figures.network.rules.currency
        self.language = language(request.language.code, self.currency)  # type: ignore[attr-defined]
        self.page = Page(self.figures, self.language, None, Refusals())

    def values(self, **more: Any) -> dict[str, Any]:
        """What every template of a plan knows."""
        figures, told = self.figures, self.language
        return {
            "row": self.row,
            "one": self.one,
            "rights": self.rights,
            "page": self.page,
            "figures": figures,
            "plan": figures.plan,
            "network": figures.network,
            "currency": self.currency,
            "few": FEW,
            "name": figures.name,
            "product_name": figures.product_name,
            "unit": figures.unit,
            "cash": lambda amount, code=False: told.money(amount, code=code),
            **more,
        }


def _view(request: HttpRequest, pk: int) -> View:
    row, one, rights = variant_for(request, pk)
    if row.state != "done":
        raise Http404
    return View(request, row, one, rights)


@members_only
def variant(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan for the whole network; or, while it is not ready, how it goes on."""
    row, one, rights = variant_for(request, pk)
    if row.state != "done":
        return waiting_page(request, row, one, rights)
    view = View(request, row, one, rights)
    mine = [own for own in my_organisations(request) if own.code in view.figures.network.organisation]
    others = list(
        Variant.objects.filter(round=row.round, state="done").exclude(pk=row.pk).defer("tables", "result")
    )
    before = (
        Variant.objects.filter(round__network=one, state="done", round__opened__lt=row.round.opened)
        .filter(pk__in=_chosen(one))
        .order_by("-round__opened")
        .defer("tables", "result")
        .select_related("round")
        .first()
    )
    own = {one.code for one in mine}
    lacking: dict[str, list[tuple[Coverage, Shortfall]]] = {}
    lacks = sorted(view.figures.shortfalls, key=lambda pair: pair[0].organisation not in own)
    for coverage, shortfall in lacks[:MOST_ROWS]:
        lacking.setdefault(coverage.organisation, []).append((coverage, shortfall))
    values = view.values(
        mine=mine,
        own=own,
        lacking=list(lacking.items()),
        sites=sorted(view.figures.sites, key=lambda found: found.site not in own)[:MOST_ROWS],
        others=others,
        before=before,
        first=MOST_ROWS,
        rules_tried=_tried(row),
    )
    return render(request, "price/variant.html", values)


def _chosen(one: Organisation) -> list[int]:
    from_rounds = one.rounds.filter(chosen__isnull=False).values_list("chosen", flat=True)
    return list(from_rounds)


def _tried(row: Variant) -> dict[str, str]:
    found: dict[str, str] = row.changes.get("rules") or {}
    return found


@members_only
def site(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Your part: what a site makes, for whom, with which hours and machines, and what it is paid."""
    view = _view(request, pk)
    work = next((found for found in view.figures.sites if found.site == code), None)
    if code not in view.figures.network.site:
        raise Http404
    plan, prices = view.figures.plan, view.figures.prices
    own = Organisation.objects.filter(code=code).first()
    may_refuse = own is not None and "plan.refuse" in rights_of(person(request), own)
    made = [row for row in plan.production if row.site == code]
    recipes = (
        {
            row.code: row.pk
            for row in Recipe.objects.filter(
                network=view.one, code__in=[row.recipe for row in made], removed__isnull=True
            )
        }
        if may_refuse and view.row.round.closed is None
        else {}
    )
    values = view.values(
        code=code,
        work=work,
        made=made,
        receivers=_together([row for row in prices.deliveries if row.site == code], lambda row: row.organisation),
        purchases=_inputs(view.figures.result, code),
        costs=[row for row in prices.unit_costs if row.site == code],
        jobs=[row for row in prices.jobs if row.site == code],
        equalisation=[row for row in prices.equalisation if row.site == code],
        machines=_machines(view.figures.result, code),
        recipes=recipes,
        refusals=list(
            LineRefused.objects.filter(
                round=view.row.round, organisation__code=code, withdrawn__isnull=True
            ).select_related("recipe__product")
        ),
    )
    return render(request, "price/site.html", values)


@dataclass(frozen=True)
class Together:
    """Deliveries of one kind as one line of a page: what they have in common, their sums, and the rows behind it.

    rows   at most MOST_BEHIND; the files hold all of them
    """

    what: str
    pays: Decimal
    adds: Decimal
    quantity: Decimal
    count: int
    rows: list[Delivery]


def _together(rows: Iterable[Delivery], what: Callable[[Delivery], str]) -> list[Together]:
    """Deliveries by what they have in common, the most money first."""
    by: dict[str, list[Delivery]] = {}
    for row in rows:
        by.setdefault(what(row), []).append(row)
    zero = Decimal(0)
    found = [
        Together(
            key,
            sum((row.buyer_pays for row in its), zero),
            sum((row.solidarity for row in its), zero),
            sum((row.quantity for row in its), zero),
            len(its),
            its[:MOST_BEHIND],
        )
        for key, its in by.items()
    ]
    return sorted(found, key=lambda one: (-(one.pays + one.adds), one.what))


def _inputs(result: Result, code: str) -> list[tuple[str, str, Any]]:
    """What a site takes in, by period and product: runs × what one run takes."""
    found: dict[tuple[str, str], Any] = {}
    for row in result.plan.production:
        if row.site == code:
            for product, quantity in result.network.recipe[row.recipe].inputs:
                key = (row.period, product)
                found[key] = found.get(key, 0) + row.runs * quantity
    return [(period, product, quantity) for (period, product), quantity in sorted(found.items()) if quantity]


def _machines(result: Result, code: str) -> list[tuple[str, str, Any, Any]]:
    """Each machine of a site and period: hours it runs, hours there are."""
    found: dict[tuple[str, str], Any] = {}
    for row in result.plan.production:
        if row.site == code:
            for machine, hours in result.network.recipe[row.recipe].uses:
                key = (machine, row.period)
                found[key] = found.get(key, 0) + row.runs * hours
    return [
        (machine, period, used, result.network.machine[machine].hours)
        for (machine, period), used in sorted(found.items())
        if used
    ]


@members_only
def buyer(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """What an organisation gets, what it pays, what it carries for others, and why."""
    view = _view(request, pk)
    if code not in view.figures.network.organisation:
        raise Http404
    figures = view.figures
    receives = next((found for found in figures.buyers if found[0].id == code), None)
    needs = [row for row in figures.plan.coverage if row.organisation == code]
    missing = {shortfall.need: (coverage, shortfall) for coverage, shortfall in figures.shortfalls}
    values = view.values(
        code=code,
        organisation=figures.network.organisation[code],
        receives=receives,
        goods=_together(receives[1], lambda row: row.product) if receives else [],
        needs=sorted(needs, key=lambda row: (row.tier, row.share, row.need)),
        missing=missing,
        carries=[row for row in figures.carriers if row.organisation.id == code],
        promises=[row for row in figures.plan.promises if row.organisation == code],
    )
    return render(request, "price/buyer.html", values)


@members_only
def product(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The price of one product, line by line, beside the market; who makes it and who receives it."""
    view = _view(request, pk)
    if code not in view.figures.network.product:
        raise Http404
    figures = view.figures
    price = next((row for row in figures.product_prices if row.product == code), None)
    values = view.values(
        code=code,
        price=price,
        makes=[row for row in figures.plan.production if row.product == code],
        deliveries=[row for row in figures.prices.deliveries if row.product == code],
        needs=sorted(
            (row for row in figures.plan.coverage if row.product == code), key=lambda row: (row.tier, row.share)
        ),
        first=MOST_ROWS,
    )
    return render(request, "price/product.html", values)


@members_only
def need(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One need: how far it is met, by whom, what holds it back, and what would help."""
    view = _view(request, pk)
    figures = view.figures
    coverage = next((row for row in figures.plan.coverage if row.need == code), None)
    if coverage is None:
        raise Http404
    shortfall = next((row for row in figures.plan.shortfalls if row.need == code), None)
    level = next(
        (
            (tier.tier, level)
            for tier in figures.plan.certificate.tiers
            for level in tier.groups
            if code in level.needs
        ),
        None,
    )
    values = view.values(
        code=code,
        coverage=coverage,
        shortfall=shortfall,
        level=level,
        deliveries=[row for row in figures.prices.deliveries if row.need == code],
    )
    return render(request, "price/need.html", values)


@members_only
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Plans side by side: who gains, who loses, what it costs."""
    row, one, rights = round_for(request, pk)
    wanted = [number for text in request.GET.getlist("plan") if (number := whole(text)) is not None][
        :MOST_COMPARED
    ]
    rows = [
        found
        for number in wanted
        for found in Variant.objects.filter(pk=number, state="done", round__network=one)
        .defer("tables", "result")
        .select_related("round")
    ]
    done = list(
        Variant.objects.filter(round__network=one, state="done")
        .defer("tables", "result")
        .select_related("round")
        .order_by("-round__opened", "-pk")[:40]
    )
    values: dict[str, Any] = {
        "row": row,
        "one": one,
        "rights": rights,
        "done": done,
        "chosen": wanted,
        "plans": rows,
    }
    if len(rows) >= 2:
        variants = [_named(found, row.pk) for found in rows]
        if len({found.currency for found in variants}) == 1:
            figures = figures_of(rows[0].pk)
            told = language(request.language.code, variants[0].currency)  # type: ignore[attr-defined]
            difference: Difference = side_by_side(variants)
            lines = figures_side_by_side(difference, told)
            values |= {
                "names": [variant.name for variant in variants],
                "lines": lines,
                "differing": [line for line in lines if len(set(line.values)) > 1],
                "alike": [line for line in lines if len(set(line.values)) == 1],
                "gains": [
                    told.markup(gain_told(gain, figures.name(gain.organisation), variants[gain.variant].name))
                    for gain in difference.gains[:MOST_ROWS]
                ],
                "changes": tables_of_changes(difference, told, figures.name, figures.product_name, MOST_ROWS),
            }
    return render(request, "price/compare.html", values)


def _named(row: Variant, here: int) -> Figures_of_variant:
    """A plan's figures under its name; with its round where that is another one."""
    name = row.name if row.round_id == here else f"{row.round.name}: {row.name}"
    return variant_of(figures_of(row.pk).result, name)
