"""Every action: by a program that may, by one that may not, and in the list of what programs cannot do."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

import pytest

import solidaria.actions
from solidaria.actions import plan as plan_actions
from solidaria.actions.acting import ACTIONS
from solidaria.actions.permit import PERMISSIONS, NotAllowed
from solidaria.api.exposed import NOT_FOR_PROGRAMS, exposed
from solidaria.api.networks import tables_given
from solidaria.api.shapes import Workbook
from solidaria.api.urls import api
from solidaria.core.workbook.check import read_network
from solidaria.records.models import Act, Agreement, Need, Payment, Round, Site
from tests.api.conftest import Place, acts
from tests.api.programs import ACTS, READS, Program, told
from tests.web.people import doer

for module in pkgutil.iter_modules(solidaria.actions.__path__):
    importlib.import_module(f"solidaria.actions.{module.name}")

NOT_THERE = (404, b'{"detail": "There is nothing here, or it is not yours to see."}')


def prepared(place: Place, verb: str) -> None:
    """What has to be before an action can be done."""
    if verb == "open_round":
        plan_actions.close_round(doer(place.here.lead), place.here.round)
    here, now = place.here, doer(place.carla).at
    if verb in ("hold_again", "resume_agreement"):
        states = {"hold_again": {"state": "waiting", "current": None}, "resume_agreement": {"state": "paused"}}
        Agreement.objects.filter(pk=here.agreement.pk).update(**states[verb])
    if verb == "draft_from_plan":
        Round.objects.filter(pk=here.round.pk).update(chosen=here.done.pk)
    if verb in ("confirm_payment", "dispute_payment"):
        to = f"organisation:{here.community.code}"
        Payment.objects.filter(pk=here.payment.pk).update(receiver=to, released=now)
    if verb == "upload_workbook":
        # The small workbook names nothing of what is planned; two sites of others stay as they are.
        Need.objects.filter(network=place.here.network).exclude(code="n-1").update(withdrawn=doer(place.carla).at)


def test_every_action_is_open_to_programs_or_has_a_reason_why_it_is_not() -> None:
    there = exposed(api)
    # Whoever adds an action lists it in solidaria/api/exposed.py with a reason, or gives it an address in solidaria/api.
    assert sorted({*ACTIONS, *PERMISSIONS} - set(there) - set(NOT_FOR_PROGRAMS)) == []
    assert set(there) - set(ACTIONS) == set()
    assert set(there) & set(NOT_FOR_PROGRAMS) == set()
    assert all(len(reason) > 20 for reason in NOT_FOR_PROGRAMS.values())
    assert set(there) == set(ACTS)


def test_every_address_of_the_description_is_tried_below() -> None:
    reads = {
        path for path, operations in api.get_openapi_schema(path_prefix="")["paths"].items() if "get" in operations
    }
    assert reads == set(READS)


def test_a_program_with_the_mandate_does_every_action(place: Place) -> None:
    for verb, act in sorted(ACTS.items()):
        with place.undone():
            prepared(place, verb)
            program = place.ana(act.of, act.right) if act.right else place.bheki()
            answer = program.ask(act.method, act.path(place.here), act.body(place.here))
            assert answer.status_code in (200, 201), (verb, answer.content)
            done = Act.objects.first()
            assert done is not None and done.verb == verb
            carried = done.mandate
            assert (carried is None) == (not act.right), verb
            assert carried is None or act.right in carried.rights, verb


def test_what_is_not_carlas_to_see_answers_as_what_does_not_exist(place: Place) -> None:
    program = place.outsider()
    for verb, act in sorted(ACTS.items()):
        with place.undone():
            prepared(place, verb)
            before = acts()
            path, body = act.path(place.here), act.body(place.here)
            foreign = told(program.ask(act.method, path, body))
            missing = told(program.ask(act.method, nobodys(path), body))
            assert foreign == missing == NOT_THERE, verb
            assert acts() == before, verb


def test_a_key_without_the_mandate_does_not_do_what_its_person_could(place: Place) -> None:
    """Ana holds every mandate; a key that carries none, or another one, does not do what they allow."""
    bare = place.ana()
    for verb, act in sorted(ACTS.items()):
        if not act.right:
            continue
        with place.undone():
            prepared(place, verb)
            before = acts()
            answer = bare.ask(act.method, act.path(place.here), act.body(place.here))
            assert answer.status_code == 403, (verb, answer.content)
            assert "mandate" in answer.json()["detail"]
            other = place.ana("network" if act.of != "network" else "community", "who.describe")
            assert other.ask(act.method, act.path(place.here), act.body(place.here)).status_code == 403, verb
            assert acts() == before, verb


def test_nobody_acts_without_a_key(place: Place) -> None:
    before = acts()
    for verb, act in sorted(ACTS.items()):
        path, body = act.path(place.here), act.body(place.here)
        answer = Program().ask(act.method, path, body)
        assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer"), verb
        assert told(answer) == told(Program().ask(act.method, nobodys(path), body)), verb
    assert acts() == before


def test_what_is_shown_is_shown_to_those_whose_it_is(place: Place) -> None:
    ana, bheki, carla = place.ana(), place.bheki(), place.outsider()
    for path, (whose, address) in sorted(READS.items()):
        here = address(place.here)
        assert ana.get(here).status_code == 200, path
        assert Program().get(here).status_code == (200 if whose == "public" else 401), path
        foreign = carla.get(here)
        if whose in ("public", "me"):
            assert foreign.status_code == 200, path
        else:
            assert told(foreign) == told(carla.get(nobodys(here))) == NOT_THERE, path
        assert bheki.get(here).status_code == (404 if whose == "workshop" else 200), path


def nobodys(path: str) -> str:
    """The same address with nobody's ids in it."""
    path = re.sub(r"/\d+", "/987654321", path)
    return re.sub(r"/(organisations|networks)/[^/]+", r"/\1/no-such-thing", path)


def test_foreign_rows_under_ones_own_address_do_not_exist(place: Place) -> None:
    """A row of another organisation is not there, even when the address begins with one's own."""
    program, here, there = place.ana("community", "needs.gather"), place.here, place.there
    own = f"/organisations/{here.community.code}"
    for foreign in (there.need.pk, here.need.pk + 10_000):
        assert told(program.get(f"{own}/needs/{foreign}")) == NOT_THERE
        assert told(program.ask("PATCH", f"{own}/needs/{foreign}", {"quantity": "1"})) == NOT_THERE
    worker = place.ana("workshop", "plan.capacity")
    place_of_work = f"/organisations/{here.workshop.code}"
    assert told(worker.ask("DELETE", f"{place_of_work}/equipment/{there.idle.pk}")) == NOT_THERE
    assert told(worker.ask("DELETE", f"{place_of_work}/recipes/{there.recipe.pk}")) == NOT_THERE
    keeper = place.ana("network", "plan.network")
    assert told(keeper.ask("DELETE", f"/networks/{here.network.code}/promises/{there.promise.pk}")) == NOT_THERE
    assert told(keeper.ask("DELETE", f"/networks/{here.network.code}/routes/{there.route.pk}")) == NOT_THERE


def test_names_of_others_rows_are_answered_as_names_of_none(place: Place) -> None:
    """An id in a body that is another network's names nothing here."""
    program = place.ana("workshop", "plan.capacity")
    path = f"/organisations/{place.here.workshop.code}/stocks"
    answers = [
        program.ask("PUT", path, {"product": code, "quantity": "1"}).json()["faults"][0]["template"]
        for code in (place.there.product.code, "no-such-thing")
    ]
    assert answers == ["There is no “{id}” here."] * 2
    refusing = place.ana("workshop", "plan.refuse")
    for one in (place.there.workshop.code, "no-such-thing"):
        given = {"organisation": one, "pledge": "1", "reason": "the roof"}
        answer = refusing.ask("POST", f"/rounds/{place.here.round.pk}/pledges", given)
        assert answer.status_code == 422
        assert [fault["column"] for fault in answer.json()["faults"]] == ["organisation"]


def test_every_name_that_names_nothing_is_told_at_once(place: Place) -> None:
    given = {
        "product": "gold",
        "labour_hours": "1",
        "inputs": [{"product": "lead", "quantity": "1"}, {"product": place.here.product.code, "quantity": "1"}],
        "uses": [{"equipment": "alembic", "hours": "1"}],
    }
    program = place.ana("workshop", "plan.capacity")
    answer = program.ask("POST", f"/organisations/{place.here.workshop.code}/recipes", given)
    assert [(fault["column"], fault["values"]["id"]) for fault in answer.json()["faults"]] == [
        ("inputs.0.product", "lead"),
        ("product", "gold"),
        ("uses.0.equipment", "alembic"),
    ]


def test_a_workbook_sent_with_one_mandate_does_not_use_the_others_of_its_person(place: Place) -> None:
    """Ana could change the workshop's pledge by her mandate there; a key of the network's mandate cannot."""
    program = place.ana("network", "plan.network")
    path = f"/networks/{place.here.network.code}/workbook"
    book: dict[str, Any] = program.get(path).json()
    columns = book["sheets"]["organisations"]["columns"]
    row = next(row for row in book["sheets"]["organisations"]["rows"] if row[0] == place.here.workshop.code)
    row[columns.index("pledge")] = "1000000"
    answer = program.ask("PUT", path, book)
    assert answer.status_code == 422
    place.here.workshop.refresh_from_db()
    assert place.here.workshop.pledge is None


def test_a_workbook_goes_out_and_in_again_without_loss(place: Place) -> None:
    program = place.ana("network", "plan.network")
    path = f"/networks/{place.here.network.code}/workbook"
    before = program.get(path).json()
    assert program.ask("PUT", path, before).status_code == 200
    after = program.get(path).json()
    # What was blank may be written out now; it means the same.
    assert read_network(tables_given(Workbook(**after), "")) == read_network(tables_given(Workbook(**before), ""))
    assert program.ask("PUT", path, after).status_code == 200
    assert program.get(path).json() == after


def test_a_site_that_joined_a_network_first_plans_in_it(place: Place) -> None:
    """However the two come about: first the network and then the site, or the other way round."""
    Site.objects.filter(organisation=place.here.workshop).update(network=None)
    program = place.ana("workshop", "plan.capacity")
    path = f"/organisations/{place.here.workshop.code}/site"
    given = {"members": "7", "paid_hours": "150.5"}
    answer = program.ask("PUT", path, given)
    assert answer.status_code == 200, answer.content
    assert answer.json()["network"] == {"id": place.here.network.code, "name": place.here.network.name}
    assert answer.json()["paid_hours"] == "150.5"


def test_the_actions_themselves_hold_the_table_for_programs(place: Place) -> None:
    """Not the API decides: the action refuses a token that does not carry the mandate."""
    who = doer(place.here.lead)
    who.token = place.here.token
    with pytest.raises(NotAllowed):
        plan_actions.close_round(who, place.here.round)
