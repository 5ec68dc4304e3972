"""Every page opens for somebody who may see it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions import plan, work
from tests.actions.test_spine import uniforms
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def signed_in(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_every_page_opens_for_ana(here: World, language: str) -> None:
    need = uniforms(here)
    first = plan.ask_for_plan(doer(here.ana), here.round, name="first")
    second = plan.ask_for_plan(doer(here.ana), here.round, name="dear wage", rules={"living_wage": "14"})
    for _ in range(2):
        claimed = work.claim("test")
        assert claimed is not None
        work.make(claimed, "test")
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    client = signed_in(here.ana)
    client.cookies["language"] = language
    machine, recipe = here.workshop.site.equipment.get(), here.workshop.site.recipes.get()
    product = recipe.product
    pages = [
        reverse(name)
        for name in "home directory found my_needs my_plans words permissions privacy first_steps account".split()
    ]
    inside = "organisation inside describe show_publicly roll codes mandates ties history needs declare_need upload_needs"
    for one in (here.barrio, here.workshop, here.network):
        pages += [reverse(name, args=[one.code]) for name in inside.split()]
    pages += [reverse("edit_need", args=[here.barrio.code, need.pk])]
    pages += [
        reverse(name, args=[here.workshop.code]) for name in "site site_people add_equipment add_recipe".split()
    ]
    pages += [
        reverse("edit_equipment", args=[here.workshop.code, machine.pk]),
        reverse("edit_recipe", args=[here.workshop.code, recipe.pk]),
        reverse("edit_product", args=[here.network.code, product.pk]),
    ]
    network = (
        "network products add_product rules routes promises network_needs workbook workbook_xlsx workbook_zip "
        "open_round"
    )
    pages += [reverse(name, args=[here.network.code]) for name in network.split()]
    pages += [reverse("round", args=[here.round.pk]), reverse("variant", args=[first.pk])]
    pages += [
        reverse("plan_site", args=[first.pk, here.workshop.code]),
        reverse("plan_buyer", args=[first.pk, here.barrio.code]),
        reverse("plan_buyer", args=[first.pk, here.workshop.code]),
        reverse("plan_product", args=[first.pk, product.code]),
        reverse("plan_need", args=[second.pk, need.code]),
        reverse("compare", args=[here.round.pk]) + f"?plan={first.pk}&plan={second.pk}",
    ]
    pages += [
        reverse("plan_file", args=[first.pk, name])
        for name in ("plan.html", "plan.json", "plan.xlsx", "plan.txt", "workbook.xlsx")
    ]
    wrong = {page: answer.status_code for page in pages if (answer := client.get(page)).status_code != 200}
    assert wrong == {}


def test_a_visitor_sees_the_start_the_directory_and_public_pages(here: World) -> None:
    client = Client()
    for page in (reverse("home"), reverse("directory"), reverse("organisation", args=[here.barrio.code])):
        assert client.get(page).status_code == 200
    assert client.get(reverse("inside", args=[here.barrio.code])).status_code == 302
