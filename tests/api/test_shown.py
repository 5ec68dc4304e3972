"""What is shown: exact amounts, the same as on the pages, in a number of questions that does not grow."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from solidaria.actions import capacity, needs, plan, visible, who
from solidaria.actions.who import SHOWABLE
from solidaria.core.problem import Fault, say
from solidaria.records.models import Membership, Need, Variant
from solidaria.records.packing import plain
from solidaria.records.results import result_of
from solidaria.report.json import to_json
from solidaria.report.language import Language
from tests.api.conftest import Place
from tests.api.programs import READS, Program
from tests.web.people import doer, person


def test_a_result_is_the_json_of_the_command_line_to_the_letter(place: Place) -> None:
    result = result_of(place.here.done.pk)
    assert result is not None
    for language in ("en", "es"):
        program = place.bheki()
        program.language = language
        answer = program.get(f"/plans/{place.here.done.pk}/result")
        assert answer.content.decode() == to_json(result, Language(language, result.network.rules.currency))


def test_a_plan_that_is_not_ready_has_no_result_yet(place: Place) -> None:
    for rest in ("/result", "/workbook"):
        answer = place.bheki().get(f"/plans/{place.here.waiting.pk}{rest}")
        assert answer.status_code == 409, rest
    assert place.bheki().get(f"/vf/plans/{place.here.waiting.pk}").status_code == 409
    row = place.bheki().get(f"/plans/{place.here.waiting.pk}").json()
    assert row["state"] == "waiting" and row["round"] == place.here.round.pk


def test_a_refused_plan_says_why_in_the_language_of_the_request(place: Place) -> None:
    from_core = needs_faults(place)
    program = place.bheki()
    program.language = "es"
    row = program.get(f"/plans/{place.here.waiting.pk}").json()
    assert row["state"] == "refused"
    assert [fault["template"] for fault in row["faults"]] == from_core
    assert row["faults"][0]["what"] != from_core[0]


def needs_faults(place: Place) -> list[str]:
    """Let the waiting plan be refused, and give back what is wrong, in English."""
    fault = Fault("rules", None, None, say("This is blank."), say("Write a number; 0 means not at all."))
    Variant.objects.filter(pk=place.here.waiting.pk).update(state="refused", faults=plain([fault]))
    return ["This is blank."]


def test_the_public_page_shows_what_the_assembly_chose_and_nothing_else(place: Place) -> None:
    one = place.here.community
    who.describe_organisation(
        doer(place.here.lead), one, about="We bake.", place="Neuquén", contact="at the gate", latitude="-38.95"
    )
    for shows in [[], *([part] for part in SHOWABLE), list(SHOWABLE)]:
        who.show_publicly(doer(place.here.lead), one, shows=shows)
        page = Program().get(f"/organisations/{one.code}").json()
        seen = {name for name in SHOWABLE if page[name] is not None}
        assert seen <= set(shows)
        assert {"about", "place", "contact"} & set(shows) <= seen
        assert (page["latitude"] is not None) == ("place" in shows)
        document = Program().get(f"/vf/organisations/{one.code}").json()
        assert ("note" in document) == ("about" in shows)
        assert ("primaryLocation" in document) == ("place" in shows)
        assert "at the gate" not in json.dumps(document)


def test_a_place_that_is_not_shown_cannot_be_searched_for(place: Place) -> None:
    one = place.here.community
    who.describe_organisation(doer(place.here.lead), one, place="Xanadu")
    who.show_publicly(doer(place.here.lead), one, shows=["place"])
    assert [row["id"] for row in Program().get("/organisations?q=xanadu").json()["rows"]] == [one.code]
    who.show_publicly(doer(place.here.lead), one, shows=["about"])
    assert Program().get("/organisations?q=xanadu").json()["rows"] == []
    listed = Program().get(f"/organisations?q={one.name.replace(' ', '+')}").json()["rows"]
    assert [row["place"] for row in listed] == [None]


def test_no_names_of_members_come_out_anywhere(place: Place) -> None:
    """The roll is a count, and needs do not say who declared them."""
    count = Membership.objects.filter(organisation=place.here.community, left__isnull=True).count()
    assert count >= 2
    place.here.member.name = "Bongani Unmistakable"
    place.here.member.save()
    program = place.ana("community", "who.mandates")
    for path, (_, address) in READS.items():
        if path in ("/me", "/vf/context.jsonld"):
            continue
        assert b"Unmistakable" not in program.get(address(place.here)).content, path
        assert b"bongani" not in program.get(address(place.here)).content, path
    assert program.get(f"/organisations/{place.here.community.code}/roll").json() == {"count": count}


def test_amounts_come_and_go_as_text_with_every_digit(place: Place) -> None:
    program = place.bheki()
    path = f"/organisations/{place.here.community.code}/needs"
    exact = "0.1000000000000000055511151231257827"
    made = program.ask("POST", path, {"words": "gold", "quantity": exact, "pays": "12.30"}).json()
    assert made["quantity"] == exact
    assert program.get(f"{path}/{made['number']}").json() == made
    changed = program.ask("PATCH", f"{path}/{made['number']}", {"words": "silver"}).json()
    assert changed == {**made, "words": "silver"}


def test_a_list_comes_in_pages_that_add_up(place: Place) -> None:
    program = place.bheki()
    path = f"/organisations/{place.here.community.code}/needs"
    program.ask("POST", path, {"words": "soap", "quantity": "1"})
    whole = program.get(path).json()
    count = whole["count"]
    assert count == len(whole["rows"]) >= 4
    pages = [program.get(f"{path}?size=3&page={page}").json() for page in range(1, count // 3 + 3)]
    assert [row for page in pages for row in page["rows"]] == whole["rows"]
    assert {page["count"] for page in pages} == {count} and pages[-1]["rows"] == []


def test_a_gathered_need_says_what_is_in_it(place: Place) -> None:
    program = place.ana("community", "needs.gather")
    path = f"/organisations/{place.here.community.code}/needs"
    small = [place.here.need.pk, place.here.other_need.pk]
    whole = program.ask("POST", f"{path}/gather", {"needs": small, "words": "all uniforms", "tier": 1}).json()
    assert whole["quantity"] == "520" and whole["gathers"] == sorted(small)
    assert program.get(f"{path}/{small[0]}").json()["gathered_into"] == whole["number"]
    assert small[0] not in [row["number"] for row in program.get(path).json()["rows"]]


def test_the_number_of_questions_does_not_grow_with_the_rows(place: Place) -> None:
    program = place.ana()

    def questions() -> dict[str, int]:
        found = {}
        for path, (_, address) in READS.items():
            with CaptureQueriesContext(connection) as asked:
                assert program.get(address(place.here)).status_code == 200, path
            found[path] = len(asked)
        return found

    questions()
    few = questions()
    for number in range(6):
        product = plan.add_product(doer(place.here.lead), place.here.network, name=f"Soap {number}", unit="kg")
        capacity.add_recipe(
            doer(place.here.lead),
            place.here.workshop,
            product=product,
            output="1",
            labour_hours="1",
            inputs=[(place.here.spare, "1")],
            uses=[(place.here.idle, "1")],
        )
        needs.declare_need(
            doer(place.here.member),
            place.here.community,
            network=place.here.network,
            words=f"soap {number}",
            product=product,
            quantity="1",
        )
        somebody = person(f"somebody{number}")
        Membership.objects.create(
            organisation=place.here.community, person=somebody, entered=doer(somebody).at.date()
        )
    assert questions() == few
    assert max(few.values()) <= 25


def test_pages_and_programs_ask_the_same_questions(place: Place) -> None:
    """Whatever a page lets somebody see, a program of the same person sees, and nothing more."""
    people = {"lead": place.here.lead, "member": place.here.member, "carla": place.carla, "dora": place.there.lead}
    found: dict[str, Any] = {}
    for name, one in people.items():
        who_looks = doer(one)
        found[name] = (
            visible.organisation_seen(who_looks, place.here.community.code) is not None,
            visible.organisation_seen(who_looks, place.here.workshop.code) is not None,
            visible.network_seen(who_looks, place.here.network.code) is not None,
            visible.round_seen(who_looks, place.here.round.pk) is not None,
            visible.variant_seen(who_looks, place.here.done.pk) is not None,
        )
    assert found == {
        "lead": (True, True, True, True, True),
        "member": (True, False, True, True, True),
        "carla": (False,) * 5,
        "dora": (False,) * 5,
    }
    assert Need.objects.count() > 0
