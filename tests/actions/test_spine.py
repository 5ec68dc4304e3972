"""From the founding assembly to a plan, by actions alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from solidaria.actions import capacity, needs, plan, undo, work
from solidaria.actions.permit import NotAllowed
from solidaria.core.problem import Refused
from solidaria.core.workbook.check import read_network
from solidaria.records.gather import tables_of
from solidaria.records.models import Act, Need, Variant
from solidaria.records.results import result_of
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def uniforms(here: World) -> Need:
    """The workshop can sew uniforms from cloth, and the neighbourhood needs 500."""
    ana = here.ana
    uniform = plan.add_product(doer(ana), here.network, name="School uniform", unit="piece", market_price="18")
    cloth = plan.add_product(doer(ana), here.network, name="Cloth", unit="m", market_price="4")
    machine = capacity.add_equipment(doer(ana), here.workshop, name="Sewing machines", hours="600")
    capacity.add_recipe(
        doer(ana),
        here.workshop,
        product=uniform,
        output="1",
        labour_hours="1",
        inputs=[(cloth, "1.25")],
        uses=[(machine, "0.8")],
    )
    return needs.declare_need(
        doer(here.bheki),
        here.barrio,
        network=here.network,
        words="uniforms for the school",
        product=uniform,
        quantity="500",
    )


def test_a_need_that_bheki_declares_is_met_by_the_plan_ana_asks_for(here: World) -> None:
    need = uniforms(here)
    variant = plan.ask_for_plan(doer(here.ana), here.round, name="first")
    claimed = work.claim("test")
    assert claimed is not None and claimed.pk == variant.pk
    work.make(claimed, "test")
    variant.refresh_from_db()
    assert variant.state == "done", variant.faults
    result = result_of(variant.pk)
    assert result is not None
    assert [(row.need, row.delivered) for row in result.plan.coverage] == [(need.code, Decimal(500))]


def test_carla_can_do_nothing_in_an_organisation_she_does_not_belong_to(here: World) -> None:
    need = uniforms(here)
    with pytest.raises(NotAllowed) as refusal:
        needs.edit_need(doer(here.carla), need, quantity="1")
    assert refusal.value.hidden
    with pytest.raises(NotAllowed):
        plan.ask_for_plan(doer(here.carla), here.round)
    assert Variant.objects.count() == 0


def test_bheki_may_change_his_own_need_and_not_open_a_round(here: World) -> None:
    need = uniforms(here)
    needs.edit_need(doer(here.bheki), need, quantity="400")
    need.refresh_from_db()
    assert need.quantity == 400
    with pytest.raises(NotAllowed):
        plan.close_round(doer(here.bheki), here.round)


def test_a_form_that_is_sent_twice_is_taken_once(here: World) -> None:
    uniforms(here)
    for _ in range(2):
        needs.declare_need(
            doer(here.bheki, "key-1"), here.barrio, network=here.network, words="soap", product=None, quantity="5"
        )
    assert Need.objects.filter(words="soap").count() == 1


def test_an_act_that_is_taken_back_leaves_the_row_as_it_was(here: World) -> None:
    need = uniforms(here)
    needs.edit_need(doer(here.bheki), need, quantity="400")
    change = Act.objects.get(verb="edit_need")
    undo.undo_act(doer(here.bheki), change)
    need.refresh_from_db()
    assert need.quantity == 500
    with pytest.raises(Refused):
        needs.edit_need(doer(here.bheki), need, quantity="much")


def test_the_records_come_out_as_a_workbook_that_the_command_line_reads(here: World) -> None:
    uniforms(here)
    network = read_network(tables_of(here.network, here.round))
    assert [one.id for one in network.sites] == ["taller-hilo"]
    assert network.needs[0].quantity == 500
