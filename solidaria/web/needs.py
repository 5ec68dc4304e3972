"""Needs: said in words, from a phone; ranked, gathered, brought in from a sheet."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import needs as actions
from solidaria.actions.acting import refused
from solidaria.actions.permit import may
from solidaria.core.problem import Sentence, say
from solidaria.core.signs import cleaned
from solidaria.core.workbook.tables import Tables
from solidaria.records.models import Belonging, Need, Organisation, Product, Round
from solidaria.records.workbook import read_tables, unpack_csv
from solidaria.web.answers import act, button, doer, form, members_only, network_for, organisation_for, person
from solidaria.web.context import my_organisations
from solidaria.web.typed import amount, amount_and_unit, whole

PER_PAGE = 100
#: An uploaded sheet of needs is small; a workbook of a network may be larger (web/plan.py).
MOST_BYTES = 5_000_000
_NOT_IN_NAMES = re.compile(r"[^\w .()-]")
#: How essential a need is. Design and workbook say only that 1 comes first: what lies behind 3, assemblies name.
TIERS: tuple[tuple[str, Sentence], ...] = (
    ("1", say("1: people cannot do without it")),
    ("2", say("2: life is much harder without it")),
    ("3", say("3: it makes life better")),
    *(
        (
            str(tier),
            say("{tier}: comes after {before}; your network's assembly says for what", tier=tier, before=tier - 1),
        )
        for tier in range(4, 10)
    ),
)


@members_only
def mine(request: HttpRequest) -> HttpResponse:
    """The needs of all my organisations, by organisation."""
    organisations = [one for one in my_organisations(request) if one.kind not in ("network", "council")]
    rows = (
        Need.objects.filter(organisation__in=organisations, withdrawn__isnull=True, gathered__isnull=True)
        .select_related("product", "organisation")
        .order_by("organisation__name", "tier", "words")[:300]
    )
    by: dict[int, list[Need]] = {}
    for row in rows:
        by.setdefault(row.organisation_id, []).append(row)
    return render(request, "needs/mine.html", {"organisations": organisations, "by": by})


@members_only
def needs(request: HttpRequest, code: str) -> HttpResponse:
    """The needs of one organisation, by rank."""
    one, rights = organisation_for(request, code)
    return render(request, "needs/needs.html", _page(request, one, rights))


def _page(request: HttpRequest, one: Organisation, rights: set[str]) -> dict[str, Any]:
    live = (
        Need.objects.filter(organisation=one, withdrawn__isnull=True, gathered__isnull=True)
        .select_related("product", "network")
        .prefetch_related("gathers")
        .order_by("tier", "words", "pk")
    )
    page = Paginator(live, PER_PAGE).get_page(request.GET.get("page"))
    gone = Need.objects.filter(organisation=one, withdrawn__isnull=False).select_related("product")[:20]
    mine = {row.pk for row in page.object_list if row.declared_by_id == person(request).pk}
    return {
        "one": one,
        "rights": rights,
        "page": page,
        "gone": gone,
        "mine": mine,
        "networks": networks_of(one),
        "tiers": TIERS,
    }


def networks_of(one: Organisation) -> list[Organisation]:
    """The networks in which the organisation's needs are planned."""
    return [
        row.network
        for row in Belonging.objects.filter(
            organisation=one, agreed__isnull=False, left__isnull=True, network__kind="network"
        )
        .select_related("network")
        .order_by("network__name")
    ]


@form
def declare(request: HttpRequest, code: str) -> HttpResponse:
    """Say what is needed."""
    one, rights = organisation_for(request, code)
    networks = networks_of(one)
    chosen = request.POST.get("network") or request.GET.get("network")
    network = next((row for row in networks if row.code == chosen), networks[0] if networks else None)

    def page(told: Any = None) -> HttpResponse:
        values = {"one": one, "rights": rights, "networks": networks, "network": network, "need": None}
        values["network_pairs"] = [(row.code, row.name) for row in networks]
        return render(request, "needs/need.html", {**values, **_choices(network), **(told or {})})

    if request.method != "POST" or network is None:
        return page()
    return act(
        request,
        lambda: actions.declare_need(doer(request), one, network=network, **_given(request, network)),
        lambda need: reverse("needs", args=[one.code]),
        say("Noted. Members see it, and the next plan counts it."),
        page,
    )


@form
def edit(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Change a need."""
    one, rights = organisation_for(request, code)
    need = Need.objects.filter(organisation=one, pk=number).select_related("network", "product").first()
    if need is None:
        raise Http404

    def page(told: Any = None) -> HttpResponse:
        own = need.declared_by_id == person(request).pk
        values = {"one": one, "rights": rights, "networks": [need.network], "network": need.network, "need": need}
        values["may_change"] = may("edit_need", rights, own) and need.live
        return render(request, "needs/need.html", {**values, **_choices(need.network), **(told or {})})

    if request.method != "POST":
        return page()
    return act(
        request,
        lambda: actions.edit_need(doer(request), need, **_given(request, need.network)),
        lambda _: reverse("needs", args=[one.code]),
        say("Changed. It can be taken back on the history page."),
        page,
    )


def _choices(network: Organisation | None) -> dict[str, Any]:
    """Products and periods to choose from."""
    if network is None:
        return {"products": [], "periods": [], "tiers": TIERS}
    products = list(Product.objects.filter(network=network, removed__isnull=True).order_by("name"))
    current = Round.objects.filter(network=network, closed__isnull=True).first()
    periods = [(str(one["period"]), str(one["period"])) for one in current.periods] if current else []
    return {"products": products, "periods": periods, "tiers": TIERS}


def _given(request: HttpRequest, network: Organisation) -> dict[str, Any]:
    """What the form says, with the quantity read as people of this language write numbers."""
    post = request.POST
    typed = post.get("product", "").strip()
    product = None
    if typed:
        rows = Product.objects.filter(network=network, removed__isnull=True)
        number = whole(typed)
        product = rows.filter(code=typed).first() if number is None else rows.filter(pk=number).first()
        if product is None:
            raise refused(
                "product", say("This product is not on the network's list."), say("Choose one from the list.")
            )
    pays = post.get("pays", "")
    if pays == "amount":
        pays = amount(request, post.get("amount", ""))
    words = post.get("words", "").strip() or (product.name if product else "")
    unit = post.get("unit", "").strip()
    if product is not None:
        quantity = amount(request, post.get("quantity", ""), product.unit)
    else:
        quantity, behind = amount_and_unit(request, post.get("quantity", ""))
        if unit and behind and unit.casefold() != behind.casefold():
            quantity = post.get("quantity", "").strip()  # two units: nothing is guessed
        unit = unit or behind
    return {
        "words": words,
        "product": product,
        "quantity": quantity,
        "unit": unit,
        "period": post.get("period", ""),
        "tier": post.get("tier", ""),
        "pays": pays,
        "people": post.get("people", ""),
        "note": post.get("note", ""),
    }


@button
def withdraw(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Withdraw a need."""
    one, _ = organisation_for(request, code)
    need = Need.objects.filter(organisation=one, pk=number).first()
    if need is None:
        raise Http404
    actions.withdraw_need(doer(request), need)
    _said(request, say("Withdrawn. It can be taken back on the history page."))
    return HttpResponseRedirect(reverse("needs", args=[one.code]))


@button
def gather(request: HttpRequest, code: str) -> HttpResponse:
    """Make one need of several."""
    one, rights = organisation_for(request, code)

    def page(told: Any) -> HttpResponse:
        return render(request, "needs/needs.html", {**_page(request, one, rights), **told})

    numbers = [number for text in request.POST.getlist("needs") if (number := whole(text)) is not None]
    tier = whole(request.POST.get("tier", "1"))
    return act(
        request,
        lambda: actions.gather_needs(
            doer(request),
            one,
            needs=numbers,
            words=request.POST.get("words", ""),
            tier=1 if tier is None else min(tier, 10),
        ),
        lambda _: reverse("needs", args=[one.code]),
        say("Gathered. The small needs are kept in it."),
        page,
    )


@button
def rank(request: HttpRequest, code: str) -> HttpResponse:
    """Rank the needs, as the assembly decided."""
    one, rights = organisation_for(request, code)

    def page(told: Any) -> HttpResponse:
        return render(request, "needs/needs.html", {**_page(request, one, rights), **told})

    tiers = {
        number: min(whole(value) or 0, 10)
        for name, value in request.POST.dict().items()
        if isinstance(value, str)
        and name.startswith("tier-")
        and value.strip()
        and (number := whole(name[5:])) is not None
    }
    return act(
        request,
        lambda: actions.rank_needs(doer(request), one, tiers=tiers),
        lambda _: reverse("needs", args=[one.code]),
        say("Ranked."),
        page,
    )


@form
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Bring in needs from a sheet."""
    one, rights = organisation_for(request, code)
    networks = networks_of(one)

    def page(told: Any = None) -> HttpResponse:
        products = list(
            Product.objects.filter(network__in=networks[:1], removed__isnull=True).order_by("name")[:200]
        )
        values = {"one": one, "rights": rights, "networks": networks, "products": products}
        return render(request, "needs/upload.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    network = next(
        (row for row in networks if row.code == request.POST.get("network")), networks[0] if networks else None
    )

    def do() -> Organisation:
        if network is None:
            raise refused(
                "network", say("The organisation belongs to no network."), say("Ask one to take it in first.")
            )
        tables = uploaded(request.FILES.get("sheet"), MOST_BYTES)
        return actions.upload_needs(doer(request), one, network=network, tables=tables)

    return act(
        request, do, lambda _: reverse("needs", args=[one.code]), say("All needs of the sheet are noted."), page
    )


def uploaded(file: UploadedFile | None, most: int, folders: bool = False) -> Tables:  # type: ignore[type-arg]
    """An uploaded CSV or XLSX as tables; the size is looked at before anything is read.

    folders   whether a zipped folder of CSV files is taken, too
    """
    if file is None or not file.name:
        raise refused("sheet", say("No file was chosen."), say("Choose a CSV or XLSX file."))
    if (file.size or 0) > most:
        raise refused(
            "sheet", say("The file is larger than {most} MB.", most=most // 1_000_000), say("Split the file.")
        )
    suffix = Path(file.name).suffix.lower()
    if suffix == ".zip" and folders:
        with tempfile.TemporaryDirectory(prefix="solidaria-") as folder:
            unpack_csv(file, Path(folder))
            return read_tables(folder)
    if suffix not in (".csv", ".xlsx"):
        raise refused(
            "sheet",
            say("This is neither a CSV nor an XLSX file."),
            say("In the spreadsheet program choose “Save as” and one of the two."),
        )
    with tempfile.TemporaryDirectory(prefix="solidaria-") as folder:
        # Under its own name, so that a refusal names the file as the person knows it.
        stem = _NOT_IN_NAMES.sub("_", cleaned(Path(file.name).stem)).strip(" ._")[:60] or "needs"
        path = Path(folder) / f"{stem}{suffix}"
        path.write_bytes(file.read())
        return read_tables(folder if suffix == ".csv" else path)


# --- the network's view ---


@members_only
def of_network(request: HttpRequest, code: str) -> HttpResponse:
    """All needs in a network, by rank: what is needed, by whom, how much; not who of them declared it."""
    network, rights = network_for(request, code)
    rows = (
        Need.objects.filter(network=network, withdrawn__isnull=True, gathered__isnull=True)
        .select_related("organisation", "product")
        .order_by("tier", "words", "pk")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    products = list(Product.objects.filter(network=network, removed__isnull=True).order_by("name"))
    values = {"one": network, "rights": rights, "page": page, "products": products}
    return render(request, "needs/of_network.html", values)


@button
def match(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say which product of the network a need in words is."""
    network, _ = network_for(request, code)
    need = Need.objects.filter(network=network, pk=number).first()
    product = Product.objects.filter(network=network, pk=whole(request.POST.get("product", "")) or 0).first()
    if need is None or product is None:
        raise Http404
    # The right is one of the network, not of the organisation that needs it.
    actions.match_need(doer(request), network, need=need, product=product)
    return HttpResponseRedirect(reverse("network_needs", args=[network.code]))


def _said(request: HttpRequest, sentence: Sentence) -> None:
    messages.success(request, request.language.text(sentence))  # type: ignore[attr-defined]
