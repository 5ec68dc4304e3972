"""Every way to decide goes from the form to a result on pages alone, without scripts, and can be counted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions import needs
from solidaria.actions.effects import house_rules
from solidaria.actions.who import grant_mandate
from solidaria.cli.main import main
from solidaria.core import decide as core
from solidaria.records.models import FundedProject, HouseRule, Membership, Motion, Need, OpenBallot, Person
from tests.web.people import World, doer, person, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    made = world()
    for purpose in ("facilitator", "treasurer"):
        grant_mandate(
            doer(made.ana), made.barrio, person=made.ana.pk, purpose=purpose, decision="assembly of January"
        )
    for name in ("dora", "eva"):
        Membership.objects.create(organisation=made.barrio, person=person(name), entered=datetime.now(UTC).date())
    return made


def as_(who: Person, language: str = "en") -> Client:
    client = Client()
    client.force_login(who)
    client.cookies["language"] = language
    return client


def proposed(here: World, **fields: object) -> Motion:
    """What Bheki proposes with the form."""
    given = {"title": "A motion", "text": "We decide something.", "span": "2h", **fields}
    kind = str(fields.get("effect", ""))
    where = reverse("propose_motion", args=[here.barrio.code])
    assert as_(here.bheki).get(where + (f"?effect={kind}" if kind else "")).status_code == 200
    answer = as_(here.bheki).post(where, given)
    assert answer.status_code == 302, answer.content.decode()
    return Motion.objects.get(pk=int(answer["Location"].rstrip("/").split("/")[-1]))


def decided(here: World, motion: Motion, ballots: Sequence[Mapping[str, object]]) -> str:
    """Ana opens as the proposer asked, each votes on the ballot page, Ana closes; the page of the result."""
    page = as_(here.ana).get(reverse("motion", args=[motion.pk])).content.decode()
    assert '<option value="2h" selected>' in page, "what the proposer asked for stands in the form"
    secret = "yes" if motion.asks.get("secret") else ""
    assert (
        as_(here.ana).post(reverse("open_motion", args=[motion.pk]), {"span": "2h", "secret": secret}).status_code
        == 302
    )
    voters = [here.ana, here.bheki, Person.objects.get(handle="dora"), Person.objects.get(handle="eva")]
    for voter, ballot in zip(voters, ballots, strict=False):
        client, where = as_(voter), reverse("vote", args=[motion.pk])
        paper = client.get(where).content.decode()
        for name in ballot:
            assert f'name="{name}"' in paper, name
        assert client.post(where, ballot).status_code in (200, 302)
    assert as_(here.ana).post(reverse("close_motion", args=[motion.pk])).status_code == 302
    motion.refresh_from_db()
    return as_(here.bheki).get(reverse("motion", args=[motion.pk])).content.decode()


def again(here: World, motion: Motion, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `solidaria count` says of the file, called as the page says."""
    answer = as_(here.bheki).get(reverse("count_file", args=[motion.pk, name]))
    assert answer.status_code == 200
    file = tmp_path / f"motion-{motion.number}{Path(name).suffix}"
    file.write_bytes(answer.content)
    page = as_(here.bheki).get(reverse("motion", args=[motion.pk])).content.decode()
    command = page.split("<code>solidaria count ")[1].split("</code>")[0].replace("&#34;", '"').split('"')
    parts = [part for at, piece in enumerate(command) for part in ([piece] if at % 2 else piece.split())]
    assert main(["count", str(file), *parts[1:]]) == 0
    return capsys.readouterr().out


FOR, AGAINST = {"ballot": "for"}, {"ballot": "against"}


@pytest.mark.parametrize(
    ("method", "third", "state"), [("majority", AGAINST, "carried"), ("qualified", AGAINST, "carried")]
)
def test_for_and_against(
    here: World,
    method: str,
    third: Mapping[str, object],
    state: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    motion = proposed(here, method=method)
    page = decided(here, motion, [FOR, FOR, third])
    assert motion.state == state and motion.secret and "3 of 4 on the roll took part." in page
    assert "The motion carries." in again(here, motion, "count.csv", tmp_path, capsys)


def test_a_qualified_majority_that_is_missed_says_what_was_needed(here: World) -> None:
    motion = proposed(here, method="qualified")
    page = decided(here, motion, [FOR, AGAINST])
    assert motion.state == "lost" and "at least 2/3" in page


def test_consent_stands_until_somebody_objects_with_a_reason(here: World) -> None:
    motion = proposed(here, method="consent")
    page = decided(here, motion, [{"ballot": "consent"}, {"ballot": "object", "reason": "It costs too much."}])
    assert motion.state == "lost" and "It costs too much." in page and not motion.secret


def test_approval(here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    motion = proposed(here, method="approval", options="Soup\nBread\nTea", seats="2")
    page = decided(
        here, motion, [{"ballot": ["1", "2"]}, {"ballot": ["2"]}, {"ballot": ["2", "3"]}, {"ballot": ["1"]}]
    )
    assert motion.result["elected"] == ["2", "1"] and "Bread, Soup" in page
    assert "Bread" in again(here, motion, "count.blt", tmp_path, capsys)


@pytest.mark.parametrize("method", core.RANKING)
def test_rankings(here: World, method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    motion = proposed(here, method=method, options="Soup\nBread\nTea", seats="1")
    first = {"place-2": "1", "place-1": "2"}
    page = decided(here, motion, [first, first, {"place-3": "1", "place-2": "2"}, {"place-1": "1"}])
    assert motion.state == "carried" and motion.result["elected"] == ["2"] and "Bread" in page
    assert "Bread" in again(here, motion, "count.blt", tmp_path, capsys)


@pytest.mark.parametrize(
    ("method", "ballots"),
    [
        ("equal_shares", [{"ballot": ["1", "3"]}, {"ballot": ["1"]}, {"ballot": ["3"]}, {"ballot": ["2"]}]),
        (
            "equal_points",
            [{"points-1": "5", "points-3": "2"}, {"points-1": "3"}, {"points-3": "4"}, {"points-2": "1"}],
        ),
    ],
)
def test_a_fund_is_shared_out_and_the_account_is_on_the_page(
    here: World,
    method: str,
    ballots: Sequence[Mapping[str, object]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    motion = proposed(
        here,
        method=method,
        effect="fund_projects",
        fund="1000",
        currency="ars",
        **{"p-name": ["Radio", "Bus", "Wells"], "p-cost": ["400", "900.50", "300"]},
    )
    page = decided(here, motion, ballots)
    assert motion.state == "carried" and set(motion.result["elected"]) == {"1", "3"}
    assert "Paid for from the fund of" in page and "Bus costs 900.5" in page, (
        "why the loser was not funded is said"
    )
    told = again(here, motion, "count.pb", tmp_path, capsys)
    assert "2 projects funded" in told and "Radio" in told
    assert {row.name for row in FundedProject.objects.all()} == {"Radio", "Wells"}
    treasurer = as_(here.ana).get(reverse("payments", args=[here.barrio.code])).content.decode()
    assert "What the assembly decided to pay for" in treasurer
    row = FundedProject.objects.get(name="Radio")
    filled = (
        as_(here.ana).get(reverse("payments", args=[here.barrio.code]) + f"?project={row.pk}").content.decode()
    )
    assert 'value="400"' in filled and 'value="Radio"' in filled


def test_needs_are_ranked_from_the_form(here: World) -> None:
    for words in ("A stove", "A bus", "Paint"):
        needs.declare_need(
            doer(here.bheki), here.barrio, network=here.network, words=words, product=None, quantity="1"
        )
    ids = {row.words: str(row.pk) for row in Need.objects.all()}
    motion = proposed(here, method="schulze", effect="rank_needs_by_decision", needs=list(ids.values()), ranks="3")
    ballot = {f"place-{ids['Paint']}": "1", f"place-{ids['A stove']}": "2"}
    page = decided(here, motion, [ballot, ballot])
    assert "In this order, with the rank of each:" in page
    assert {row.words: row.tier for row in Need.objects.all()} == {"Paint": 1, "A stove": 2, "A bus": 3}
    page = as_(here.ana).get(reverse("needs", args=[here.barrio.code])).content.decode()
    assert reverse("motion", args=[motion.pk]) in page, "each rank links to its decision"

    written = {f"tier-{ids['A bus']}": "1", f"tier-{ids['Paint']}": "4"}
    other = proposed(
        here,
        method="majority",
        effect="rank_needs_by_decision",
        needs=[ids["A bus"], ids["Paint"]],
        ranks="3",
        **written,
    )
    decided(here, other, [FOR, FOR])
    assert {row.words: row.tier for row in Need.objects.all()} == {"Paint": 4, "A stove": 2, "A bus": 1}


@pytest.mark.parametrize(
    ("said", "kept"), [("yes", "yes"), ("sí", "yes"), ("Si", "yes"), ("não", "no"), ("no", "no")]
)
def test_yes_and_no_are_a_choice_on_the_page_and_understood_in_words(here: World, said: str, kept: str) -> None:
    where = reverse("propose_motion", args=[here.barrio.code]) + "?effect=adopt_house_rule&rule=tracker"
    page = as_(here.bheki, "es").get(where).content.decode()
    assert page.count('type="radio" name="e-value"') == 2
    motion = proposed(here, method="majority", effect="adopt_house_rule", **{"e-rule": "tracker", "e-value": said})
    decided(here, motion, [FOR, FOR])
    assert house_rules(here.barrio)["tracker"] == kept
    read = as_(here.bheki, "es").get(reverse("motion", args=[motion.pk])).content.decode()
    assert {"yes": "cada votante tiene un código", "no": "no reciben código"}[kept] in read


def test_what_is_wrong_with_a_rule_stands_beside_its_field(here: World) -> None:
    answer = as_(here.bheki).post(
        reverse("propose_motion", args=[here.barrio.code]),
        {
            "title": "x",
            "text": "y",
            "method": "majority",
            "effect": "adopt_house_rule",
            "e-rule": "quorum",
            "e-value": "half",
        },
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and 'href="#f-e-value"' in page and 'id="e-e-value"' in page


def test_the_form_offers_only_what_the_rules_allow(here: World) -> None:
    where = reverse("propose_motion", args=[here.barrio.code])
    page = as_(here.bheki).get(where).content.decode()
    assert "It will be secret: our rules say so." in page and 'name="secret"' not in page
    HouseRule.objects.create(organisation=here.barrio, rule="secret", value="no", since=datetime.now(UTC))
    page = as_(here.bheki).get(where).content.decode()
    assert 'name="secret"' in page
    motion = proposed(here, method="majority", secret="yes")
    decided(here, motion, [FOR, FOR])
    assert motion.secret
    open_one = proposed(here, method="majority")
    decided(here, open_one, [FOR, FOR])
    assert not open_one.secret and OpenBallot.objects.filter(motion=open_one).count() == 2
