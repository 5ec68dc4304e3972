"""Deciding in the browser: propose, talk, open, vote, count, and count again from the file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions.effects import house_rules
from solidaria.actions.who import grant_mandate
from solidaria.cli.main import main
from solidaria.records.models import HouseRule, Motion, Voter
from tests.web.people import World, doer, world
from tests.web.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    made = world()
    for purpose in ("facilitator", "teller"):
        grant_mandate(
            doer(made.ana), made.barrio, person=made.ana.pk, purpose=purpose, decision="assembly of January"
        )
    return made


def proposed(client: Client, here: World, **fields: str) -> Motion:
    """A motion proposed on the page, as a member does it."""
    given = {"title": "Quorum", "text": "A third of us must vote.", "method": "majority", **fields}
    answer = client.post(reverse("propose_motion", args=[here.barrio.code]), given)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return Motion.objects.latest("pk")


def test_a_rule_goes_from_bhekis_proposal_to_a_count_that_anybody_can_repeat(
    here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bheki, ana = signed_in(here.bheki), signed_in(here.ana)
    effect = {"effect": "adopt_house_rule", "e-rule": "quorum", "e-value": "1/3"}
    motion = proposed(bheki, here, **effect)
    page = reverse("motion", args=[motion.pk])
    bheki.post(
        reverse("comment_on_motion", args=[motion.pk]), {"kind": "reason", "text": "Else two decide for all."}
    )
    assert b"Else two decide for all." in ana.get(page).content
    ana.post(reverse("open_motion", args=[motion.pk]), {"span": "2h"})
    ballot = reverse("vote", args=[motion.pk])
    assert bheki.get(ballot).status_code == 200
    assert bheki.post(ballot, {"ballot": "for"}).status_code == 302
    assert bheki.post(ballot, {"ballot": "against"}).status_code == 409
    assert ana.post(ballot, {"ballot": "for"}).status_code == 302
    assert b"Results are shown once the vote has closed" in bheki.get(page).content
    ana.post(reverse("close_motion", args=[motion.pk]))
    assert house_rules(here.barrio) == {"quorum": "1/3"}
    shown = bheki.get(page).content.decode()
    assert "solidaria count motion-1.csv --rule majority" in shown
    assert "carried" in shown and "a rule was adopted" in shown
    count = tmp_path / "count.csv"
    count.write_bytes(bheki.get(reverse("count_file", args=[motion.pk, "count.csv"])).content)
    assert main(["count", str(count), "--rule", "majority"]) == 0
    assert "carries" in capsys.readouterr().out


def test_an_election_is_ranked_by_numbers_and_its_bundle_counted_again(
    here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bheki, ana = signed_in(here.bheki), signed_in(here.ana)
    motion = proposed(bheki, here, method="scottish", seats="1", options="North hall\nSouth hall\nThe yard")
    ana.post(reverse("open_motion", args=[motion.pk]), {"span": "2h"})
    ballot = reverse("vote", args=[motion.pk])
    assert bheki.post(ballot, {"place-1": "1", "place-2": "1"}).status_code == 422
    assert bheki.post(ballot, {"place-3": "1", "place-1": "2"}).status_code == 302
    assert ana.post(ballot, {"place-3": "1"}).status_code == 302
    ana.post(reverse("close_motion", args=[motion.pk]))
    motion.refresh_from_db()
    assert motion.result["elected"] == ["3"]
    assert "The yard" in bheki.get(reverse("motion", args=[motion.pk])).content.decode()
    assert bheki.get(reverse("count_file", args=[motion.pk, "count.json"])).status_code == 200
    count = tmp_path / "count.blt"
    count.write_bytes(bheki.get(reverse("count_file", args=[motion.pk, "count.blt"])).content)
    assert main(["count", str(count), "--rule", "scottish", "--seed", motion.terms["seed"]]) == 0
    assert "The yard" in capsys.readouterr().out


def test_carla_finds_no_motion_of_others_and_no_ballot(here: World) -> None:
    motion = proposed(signed_in(here.bheki), here)
    carla = signed_in(here.carla)
    for name in ("motion", "vote", "edit_motion"):
        assert carla.get(reverse(name, args=[motion.pk])).status_code == 404
    assert carla.post(reverse("vote", args=[motion.pk]), {"ballot": "for"}).status_code == 404


def test_a_member_without_a_device_votes_with_a_printed_code(here: World) -> None:
    ana = signed_in(here.ana)
    motion = proposed(ana, here)
    ana.post(reverse("open_motion", args=[motion.pk]), {"span": "2h"})
    page = ana.post(reverse("voting_codes", args=[motion.pk]), {"how_many": "1"}).content.decode()
    code = page.split('class="big">')[1].split("<")[0]
    anybody = Client()
    assert "A third of us" in anybody.post(reverse("vote_with_code"), {"code": code}).content.decode()
    assert (
        anybody.post(reverse("vote_with_code"), {"code": code, "cast": "yes", "ballot": "for"}).status_code == 200
    )
    assert (
        anybody.post(reverse("vote_with_code"), {"code": code, "cast": "yes", "ballot": "for"}).status_code == 422
    )
    assert not Voter.objects.filter(voted=True).exists()


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_of_deciding_opens(here: World, language: str) -> None:
    ana = signed_in(here.ana)
    ana.cookies["language"] = language
    motion = proposed(ana, here)
    kinds = (
        "adopt_house_rule grant_mandate end_mandate_by_decision admit_member release_member adopt_plan set_pledge "
        "refuse_plan_line join_network leave_network_by_decision"
    )
    pages = [reverse("my_motions"), reverse("vote_with_code"), reverse("motions", args=[here.barrio.code])]
    pages += [reverse("propose_motion", args=[here.barrio.code]) + f"?effect={kind}" for kind in kinds.split()]
    pages += [reverse("motion", args=[motion.pk]), reverse("edit_motion", args=[motion.pk])]
    pages += [reverse("propose_motion", args=[here.barrio.code]) + f"?amends={motion.pk}"]
    wrong = {page: answer.status_code for page in pages if (answer := ana.get(page)).status_code != 200}
    assert wrong == {}


def test_a_voter_finds_the_ballot_in_the_count_by_its_tracker_and_nobody_else_is_named(here: World) -> None:
    HouseRule.objects.create(organisation=here.barrio, rule="tracker", value="yes", since=datetime.now(UTC))
    bheki, ana = signed_in(here.bheki), signed_in(here.ana)
    motion = proposed(bheki, here)
    ana.post(reverse("open_motion", args=[motion.pk]), {"span": "2h"})
    receipt = bheki.post(reverse("vote", args=[motion.pk]), {"ballot": "for"}).content.decode()
    tracker = receipt.split('class="big">')[1].split("<")[0]
    page = reverse("motion", args=[motion.pk])
    assert tracker not in ana.get(page).content.decode()
    ana.post(reverse("close_motion", args=[motion.pk]))
    assert tracker in ana.get(page).content.decode()
