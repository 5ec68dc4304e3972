"""Plan, the making side: a site's machines, recipes and stocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify

from solidaria.actions.acting import action, check, refused
from solidaria.actions.permit import Doer
from solidaria.core.problem import Fault, say
from solidaria.core.workbook.one import read_row
from solidaria.records.models import (
    Equipment,
    EquipmentUse,
    Organisation,
    Product,
    Recipe,
    RecipeInput,
    Site,
    Stock,
)

#: Inputs or machines of one recipe.
MOST_PARTS = 60


@action
def add_equipment(doer: Doer, organisation: Organisation, *, name: str, hours: Any, note: str = "") -> Equipment:
    """A machine or room of the site, with its hours per period."""
    site = site_that_plans(organisation)
    values, faults = read_row("equipment", {"hours": hours}, without=("equipment", "site"))
    faults += _named(name)
    check(faults)
    return Equipment.objects.create(
        site=site,
        network=_network(site),
        code=free_code(Equipment.objects.filter(network=site.network), name),
        hours=values["hours"],
        note=(note or name).strip()[:2000],
    )


@action
def edit_equipment(doer: Doer, machine: Equipment, *, hours: Any, note: str | None = None) -> Equipment:
    """Its hours per period, and what is said about it."""
    values, faults = read_row("equipment", {"hours": hours}, without=("equipment", "site"))
    check(faults)
    machine.hours = values["hours"]
    machine.note = machine.note if note is None else note.strip()[:2000]
    machine.save()
    return machine


@action
def remove_equipment(doer: Doer, machine: Equipment) -> Equipment:
    """It is not there any more; recipes that need it have to be changed first."""
    using = Recipe.objects.filter(uses__equipment=machine, removed__isnull=True).values_list("code", flat=True)
    if using:
        raise refused(
            None,
            say("Recipes still use it: {recipes}.", recipes=", ".join(sorted(using)[:5])),
            say("Change or remove these recipes first."),
        )
    machine.removed = doer.at
    machine.save(update_fields=["removed"])
    return machine


@action
def add_recipe(
    doer: Doer,
    organisation: Organisation,
    *,
    product: Product,
    output: Any,
    labour_hours: Any,
    inputs: Sequence[tuple[Product, Any]] = (),
    uses: Sequence[tuple[Equipment, Any]] = (),
    note: str = "",
) -> Recipe:
    """How the site makes a product: per run, what comes out, the hours of work, what goes in, which machines.

    inputs   (product, quantity) pairs; uses: (machine, hours) pairs
    """
    site = site_that_plans(organisation)
    values = _amounts(site, product, output, labour_hours, inputs, uses)
    name = f"{organisation.code}-{product.code}"
    recipe = Recipe.objects.create(
        site=site,
        network=_network(site),
        code=free_code(Recipe.objects.filter(network=site.network), name),
        product=product,
        output=values["output"],
        labour_hours=values["labour_hours"],
        note=note.strip()[:2000],
    )
    _parts(recipe, values)
    return recipe


@action
def edit_recipe(
    doer: Doer,
    recipe: Recipe,
    *,
    output: Any,
    labour_hours: Any,
    inputs: Sequence[tuple[Product, Any]] = (),
    uses: Sequence[tuple[Equipment, Any]] = (),
    note: str = "",
) -> Recipe:
    """The recipe as it is now given, wholly: inputs and machines that are not named are gone."""
    values = _amounts(recipe.site, recipe.product, output, labour_hours, inputs, uses)
    recipe.output, recipe.labour_hours = values["output"], values["labour_hours"]
    recipe.note = note.strip()[:2000]
    recipe.save()
    recipe.inputs.all().delete()
    recipe.uses.all().delete()
    _parts(recipe, values)
    return recipe


@action
def remove_recipe(doer: Doer, recipe: Recipe) -> Recipe:
    """The site does not make it like this any more."""
    recipe.removed = doer.at
    recipe.save(update_fields=["removed"])
    return recipe


@action
def set_stock(doer: Doer, organisation: Organisation, *, product: Product, quantity: Any) -> Stock:
    """What the site has on hand of a product at the start; 0 or blank: nothing."""
    site = site_that_plans(organisation)
    values, faults = read_row("stocks", {"quantity": quantity or "0"}, without=("site", "product"))
    if product.network_id != site.network_id:
        faults.append(
            Fault(
                "",
                None,
                "product",
                say("This product is not on the network's list."),
                say("Choose one from the list."),
            )
        )
    if product.keeps == "no" and values["quantity"]:
        faults.append(
            Fault(
                "",
                None,
                "product",
                say("{product} does not keep.", product=product.name),
                say("Only what keeps can be on hand at the start."),
            )
        )
    check(faults)
    stock, _ = Stock.objects.update_or_create(
        site=site, product=product, defaults={"quantity": values["quantity"]}
    )
    return stock


def _amounts(
    site: Site,
    product: Product,
    output: Any,
    labour_hours: Any,
    inputs: Sequence[tuple[Product, Any]],
    uses: Sequence[tuple[Equipment, Any]],
) -> dict[str, Any]:
    """Every amount of a recipe read, or Refused with all faults; columns "inputs-2", "uses-1" say which line."""
    cells = {"output": output, "labour_hours": labour_hours}
    values, faults = read_row("recipes", cells, without=("recipe", "site", "product"))
    read: dict[str, list[tuple[Any, Any]]] = {"inputs": [], "uses": []}
    lines: tuple[tuple[str, str, Sequence[tuple[Product | Equipment, Any]]], ...] = (
        ("inputs", "quantity", inputs),
        ("uses", "hours", uses),
    )
    for kind, column, pairs in lines:
        seen = set()
        for at, (thing, amount) in enumerate(pairs):
            got, found = read_row(kind, {column: amount}, without=("recipe", "product", "equipment"))
            if thing.pk in seen:
                found.append(Fault("", None, column, say("This is there twice."), say("Keep one line.")))
            seen.add(thing.pk)
            if _of_others(thing, site):
                found.append(
                    Fault("", None, column, say("This belongs to others."), say("Choose one from the list."))
                )
            faults += [Fault("", None, f"{kind}-{at}", fault.what, fault.help) for fault in found]
            read[kind].append((thing, got[column]))
    if product.network_id != site.network_id:
        faults.append(
            Fault(
                "",
                None,
                "product",
                say("This product is not on the network's list."),
                say("Choose one from the list."),
            )
        )
    if len(inputs) > MOST_PARTS or len(uses) > MOST_PARTS:
        faults.append(
            Fault(
                "",
                None,
                None,
                say("There are more than {most} lines.", most=MOST_PARTS),
                say("Split the recipe in two steps."),
            )
        )
    check(faults)
    return {**values, **read}


def _of_others(thing: Product | Equipment, site: Site) -> bool:
    """Whether a product is on another network's list, or a machine stands at another site."""
    if isinstance(thing, Product):
        return thing.network_id != site.network_id
    return thing.site_id != site.pk


def _parts(recipe: Recipe, values: Mapping[str, Any]) -> None:
    RecipeInput.objects.bulk_create(
        RecipeInput(recipe=recipe, product=product, quantity=quantity) for product, quantity in values["inputs"]
    )
    EquipmentUse.objects.bulk_create(
        EquipmentUse(recipe=recipe, equipment=machine, hours=hours) for machine, hours in values["uses"]
    )


def site_that_plans(organisation: Organisation) -> Site:
    """The organisation's site, or Refused: it is none, or it belongs to no network yet."""
    site = Site.objects.select_related("network").filter(organisation=organisation).first()
    if site is None:
        raise refused(
            None,
            say("{organisation} is not yet a site.", organisation=organisation.name),
            say("First say who works there, and how many hours."),
        )
    if site.network is None:
        raise refused(
            None,
            say("{organisation} belongs to no network yet.", organisation=organisation.name),
            say("Products, recipes and machines are planned in a network: ask one to take you in, or found one."),
        )
    return site


def _network(site: Site) -> Organisation:
    assert site.network is not None
    return site.network


def free_code(rows: QuerySet[Any], name: str) -> str:
    """An id from a name: the first that is free among the rows."""
    base = slugify(name)[:80].strip("-") or "x"
    taken = set(rows.filter(code__startswith=base).values_list("code", flat=True))
    if base not in taken:
        return base
    return next(f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken)


def _named(name: str) -> list[Fault]:
    if name.strip():
        return []
    return [Fault("", None, "name", say("The name is missing."), say("Say what it is in a few words."))]
