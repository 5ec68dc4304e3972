"""What a site can make, for programs: its people, machines, recipes and stocks."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from solidaria.actions import capacity as actions
from solidaria.actions import visible
from solidaria.actions import who as who_actions
from solidaria.api import shapes, shown
from solidaria.api.answers import doer, found, reader, reads, writes
from solidaria.api.named import Names
from solidaria.records.models import Equipment, Organisation, Product, Recipe, Site, Stock

router = Router(tags=["capacity"])


def recipes_of(**where: Any) -> QuerySet[Recipe]:
    """Recipes with everything that is shown of them, in a number of questions that does not grow with the rows."""
    return (
        Recipe.objects.filter(removed__isnull=True, **where)
        .select_related("product", "site__organisation")
        .prefetch_related("inputs__product", "uses__equipment")
        .order_by("code", "pk")
    )


def _site(one: Organisation) -> shapes.Site:
    row = found(Site.objects.select_related("network", "organisation").filter(organisation=one).first())
    machines = Equipment.objects.filter(site=row, removed__isnull=True).order_by("code", "pk")
    stocks = Stock.objects.filter(site=row).select_related("product").order_by("product__code")
    return shown.site(row, list(machines), list(recipes_of(site=row)), list(stocks))


@router.get("/organisations/{code}/site", **reads(shapes.Site))
def site(request: HttpRequest, code: str) -> shapes.Site:
    """What a site has and knows; for its own members."""
    one, _ = found(visible.organisation_seen(reader(request), code))
    return _site(one)


@router.put("/organisations/{code}/site", **writes("keep_site", shapes.Site))
def keep_site(request: HttpRequest, code: str, given: shapes.KeepSite) -> shapes.Site:
    """Who works there, for how many hours, in which state the site is; makes the organisation a site if it is none."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    who_actions.keep_site(who, one, **given.model_dump())
    return _site(one)


# --- machines ---


@router.post("/organisations/{code}/equipment", **writes("add_equipment", shapes.Equipment, made=True))
def add_equipment(request: HttpRequest, code: str, given: shapes.AddEquipment) -> Status[shapes.Equipment]:
    """A machine or room, with its hours per period."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    made = actions.add_equipment(who, one, name=given.name, hours=given.hours, note=given.note)
    return Status(201, shown.equipment(made))


def _machine(one: Organisation, number: int) -> Equipment:
    return found(Equipment.objects.filter(site__organisation=one, pk=number, removed__isnull=True).first())


@router.put("/organisations/{code}/equipment/{int:number}", **writes("edit_equipment", shapes.Equipment))
def edit_equipment(request: HttpRequest, code: str, number: int, given: shapes.EditEquipment) -> shapes.Equipment:
    """Other hours, another note."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    changed = actions.edit_equipment(who, _machine(one, number), hours=given.hours, note=given.note)
    return shown.equipment(changed)


@router.delete("/organisations/{code}/equipment/{int:number}", **writes("remove_equipment", shapes.Equipment))
def remove_equipment(request: HttpRequest, code: str, number: int) -> shapes.Equipment:
    """It is not there any more."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    return shown.equipment(actions.remove_equipment(who, _machine(one, number)))


# --- recipes ---


def _amounts(place: Site, network: Organisation, given: shapes.EditRecipe, names: Names) -> dict[str, Any]:
    """What was sent of a recipe, with the rows it names."""
    inputs = names.products(network, [part.product for part in given.inputs], "inputs.{}.product")
    uses = names.machines(place, [part.equipment for part in given.uses], "uses.{}.equipment")
    return {
        "output": given.output,
        "labour_hours": given.labour_hours,
        "inputs": [(row, part.quantity) for row, part in zip(inputs, given.inputs, strict=True)],
        "uses": [(row, part.hours) for row, part in zip(uses, given.uses, strict=True)],
        "note": given.note,
    }


def _place(one: Organisation) -> tuple[Site, Organisation]:
    place = actions.site_that_plans(one)
    assert place.network is not None
    return place, place.network


@router.post("/organisations/{code}/recipes", **writes("add_recipe", shapes.Recipe, made=True))
def add_recipe(request: HttpRequest, code: str, given: shapes.AddRecipe) -> Status[shapes.Recipe]:
    """How the site makes a product: what one run takes and gives. A fault in `inputs-0` is one of the first input."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    place, network = _place(one)
    names = Names()
    product = names.product(network, given.product)
    amounts = _amounts(place, network, given, names)
    names.check()
    made = actions.add_recipe(who, one, product=product, **amounts)
    return Status(201, shown.recipe(recipes_of(pk=made.pk).get()))


def _recipe(one: Organisation, number: int) -> Recipe:
    return found(recipes_of(site__organisation=one, pk=number).first())


@router.put("/organisations/{code}/recipes/{int:number}", **writes("edit_recipe", shapes.Recipe))
def edit_recipe(request: HttpRequest, code: str, number: int, given: shapes.EditRecipe) -> shapes.Recipe:
    """The recipe as it is now, wholly; a recipe for another product is another recipe."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    row = _recipe(one, number)
    place, network = _place(one)
    names = Names()
    amounts = _amounts(place, network, given, names)
    names.check()
    actions.edit_recipe(who, row, **amounts)
    return shown.recipe(recipes_of(pk=row.pk).get())


@router.delete("/organisations/{code}/recipes/{int:number}", **writes("remove_recipe", shapes.Recipe))
def remove_recipe(request: HttpRequest, code: str, number: int) -> shapes.Recipe:
    """The site does not make it like this any more."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    row = _recipe(one, number)
    actions.remove_recipe(who, row)
    return shown.recipe(row)


# --- stocks ---


@router.put("/organisations/{code}/stocks", **writes("set_stock", shapes.Part))
def set_stock(request: HttpRequest, code: str, given: shapes.PartGiven) -> shapes.Part:
    """What is on hand of a product at the start; "0": nothing."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    _, network = _place(one)
    names = Names()
    product: Product = names.product(network, given.product)
    names.check()
    return shown.stock(actions.set_stock(who, one, product=product, quantity=given.quantity))
