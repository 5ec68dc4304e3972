"""Pages of organisations: what one has asked for oneself, what is chosen on a phone, in which language it is spoken."""

from __future__ import annotations

import html
import io
import re
import zipfile
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions import decide, plan, who, work
from solidaria.actions.permit import READINGS
from solidaria.core.problem import say
from solidaria.records.models import Belonging, Mandate, Membership, Seat
from solidaria.report.language import Language
from solidaria.web.help import READ
from solidaria.web.steps import steps
from tests.actions.test_spine import uniforms
from tests.web.people import FOUNDED, MINUTES, World, doer, founded, world

pytestmark = pytest.mark.django_db
BEGUN_HERE = "This translation is begun: what is not translated yet stands in English."


@pytest.fixture
def here() -> World:
    return world()


def signed_in(somebody: object, language: str = "en") -> Client:
    client = Client()
    client.force_login(somebody)  # type: ignore[arg-type]
    client.cookies["language"] = language
    return client


def ties(client: Client, code: str) -> str:
    return client.get(reverse("ties", args=[code])).content.decode()


def test_ones_own_request_to_a_network_is_withdrawn_and_the_one_of_others_is_answered(here: World) -> None:
    asked = who.ask_to_belong(doer(here.carla), here.elsewhere, network=here.network)
    mine = ties(signed_in(here.carla), here.elsewhere.code)
    assert "Withdraw request" in mine and ">No<" not in mine and ">Agree<" not in mine
    theirs = ties(signed_in(here.ana), here.network.code)
    assert ">No<" in theirs and ">Agree<" in theirs and "Withdraw request" not in theirs
    where = reverse("belonging", args=[here.elsewhere.code, asked.pk, "end"])
    assert signed_in(here.carla).post(where, {"once": "w1"}).status_code == 302
    assert Belonging.objects.get(pk=asked.pk).left is not None


def test_ones_own_invitation_and_proposal_are_withdrawn(here: World) -> None:
    who.invite_to_belong(doer(here.ana), here.network, organisation=here.elsewhere)
    assert "Withdraw invitation" in ties(signed_in(here.ana), here.network.code)
    who.ask_for_alliance(
        doer(here.ana), here.barrio, ally=here.elsewhere, kind="learns", gives="time", receives="time"
    )
    assert "Withdraw proposal" in ties(signed_in(here.ana), here.barrio.code)
    assert "Withdraw" not in ties(signed_in(here.carla), here.elsewhere.code)


def options(page: str, name: str) -> list[str]:
    """The values of a select."""
    found = re.search(rf'<select id="f-other" name="{name}".*?</select>', page, re.S)
    assert found is not None
    return re.findall(r'<option value="([^"]*)"', found.group())


def test_a_network_that_was_asked_is_not_in_the_list_to_ask_until_the_request_is_withdrawn(here: World) -> None:
    page = ties(signed_in(here.carla), here.elsewhere.code)
    assert here.network.code in options(page, "other")
    asked = who.ask_to_belong(doer(here.carla), here.elsewhere, network=here.network)
    page = ties(signed_in(here.carla), here.elsewhere.code)
    assert here.network.code not in options(page, "other")
    inviting = ties(signed_in(here.ana), here.network.code)
    assert here.elsewhere.code not in options(inviting, "other") and here.barrio.code not in options(
        inviting, "other"
    )
    who.leave_network(doer(here.carla), here.elsewhere, belonging=asked)
    assert here.network.code in options(ties(signed_in(here.carla), here.elsewhere.code), "other")


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_no_choice_of_a_mandate_is_longer_than_a_phone_is_wide(here: World, language: str) -> None:
    page = signed_in(here.ana, language).get(reverse("mandates", args=[here.barrio.code])).content.decode()
    choices = re.findall(r"<option[^>]*>([^<]*)</option>", page)
    assert len(choices) >= 6
    assert max(map(len, choices)) <= 40
    assert page.count("<dt>") == 6, "what each task allows stands below"


def test_a_founding_form_with_fewer_than_one_person_says_so_beside_the_field(here: World) -> None:
    form = {"name": "Escuela 12", "kind": "community", "held_on": FOUNDED.isoformat(), "minutes": MINUTES}
    answer = signed_in(here.carla).post(reverse("found"), {**form, "present": "-4", "once": "f1"})
    assert answer.status_code == 422
    assert "At least one person was present; “-4” is fewer." in answer.content.decode()
    answer = signed_in(here.carla, "es").post(reverse("found"), {**form, "present": "1.250", "once": "f2"})
    assert answer.status_code == 302, "a Spanish thousand"
    assert founded(here.carla, "Escuela 13", "community").founding.present == 12


def test_words_in_another_language_than_the_page_are_marked_for_readers_that_speak(here: World) -> None:
    who.describe_organisation(doer(here.ana), here.barrio, about="Somos del barrio.", language="es")
    where = reverse("organisation", args=[here.barrio.code])
    assert '<p lang="es">Somos del barrio.</p>' in signed_in(here.carla).get(where).content.decode()
    assert "<p>Somos del barrio.</p>" in signed_in(here.carla, "es").get(where).content.decode()


# --- the first steps ---


def test_the_first_steps_name_every_step_that_works_deciding_too(here: World) -> None:
    page = Client().get(reverse("first_steps")).content.decode()
    assert "Decide: assemblies and votes" in page
    assert reverse("my_motions") in page and reverse("vote_with_code") in page


def test_a_council_is_asked_to_decide_and_not_to_open_a_round(here: World) -> None:
    council = founded(here.ana, "Consejo del Sur", "council")
    asked = [str(step.words) for step in steps(here.ana, [council])]
    assert asked == ["Consejo del Sur has decided nothing yet: whoever has a seat or is on its roll can propose."]
    decide.propose_motion(doer(here.ana), council, title="We meet every month", text="On its first Monday.")
    assert steps(here.ana, [council]) == []
    network = founded(here.ana, "Red del Norte", "network")
    assert [str(step.button) for step in steps(here.ana, [network])] == ["Open a round"]


def test_a_council_leads_to_what_it_decides_and_a_network_to_its_plan(here: World) -> None:
    council = founded(here.ana, "Consejo del Sur", "council")
    client = signed_in(here.ana)
    page = client.get(reverse("inside", args=[council.code])).content.decode()
    assert "What it decides" in page and "To the plan" not in page
    assert "To the plan" in client.get(reverse("inside", args=[here.network.code])).content.decode()


# --- taking the workbook away ---


def sheets_of(answer: Any) -> dict[str, str]:
    """The sheets of a downloaded ZIP, each as its text."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name.removesuffix(".csv"): archive.read(name).decode() for name in archive.namelist()}


def test_a_member_of_an_organisation_takes_away_its_own_part_and_not_the_recipes_of_others(here: World) -> None:
    uniforms(here)
    where = reverse("workbook_zip", args=[here.network.code])
    whole, part = sheets_of(signed_in(here.ana).get(where)), sheets_of(signed_in(here.bheki).get(where))
    assert "900" in whole["sites"] and "1.25" in whole["inputs"]
    assert "900" not in part["sites"] and "1.25" not in part.get("inputs", "")
    assert here.workshop.code not in part["recipes"] + part.get("equipment", "")
    assert "500" in part["needs"], "what is needed, everybody in the network may know"
    assert here.workshop.name in part["organisations"], "and who is there"
    page = signed_in(here.bheki).get(reverse("workbook", args=[here.network.code])).content.decode()
    assert "only to their members" in page


def test_whoever_works_at_the_site_takes_away_its_recipes(here: World) -> None:
    uniforms(here)
    Membership.objects.create(organisation=here.workshop, person=here.bheki, entered=FOUNDED)
    part = sheets_of(signed_in(here.bheki).get(reverse("workbook_zip", args=[here.network.code])))
    assert "900" in part["sites"] and "1.25" in part["inputs"] and here.workshop.code in part["recipes"]


@pytest.mark.parametrize("way", ["the roll", "a mandate to plan"])
def test_the_networks_own_people_take_away_the_whole_workbook(here: World, way: str) -> None:
    uniforms(here)
    if way == "the roll":
        Membership.objects.create(organisation=here.network, person=here.bheki, entered=FOUNDED)
    else:
        Mandate.objects.create(
            organisation=here.network,
            person=here.bheki,
            purpose="planner",
            rights=["plan.round"],
            starts=FOUNDED,
            decision="of the assembly",
        )
    whole = sheets_of(signed_in(here.bheki).get(reverse("workbook_zip", args=[here.network.code])))
    assert "900" in whole["sites"] and "1.25" in whole["inputs"]


def test_a_delegate_with_a_seat_takes_away_the_whole_workbook_and_every_member_reads_the_plan(here: World) -> None:
    uniforms(here)
    made = plan.ask_for_plan(doer(here.ana), here.round, name="first")
    claimed = work.claim("test")
    assert claimed is not None
    work.make(claimed, "test")
    client = signed_in(here.bheki)
    planned = reverse("plan_file", args=[made.pk, "workbook.xlsx"])
    assert openpyxl.load_workbook(io.BytesIO(client.get(planned).content))["sites"].max_row == 1
    mandate = Mandate.objects.create(
        organisation=here.barrio,
        person=here.bheki,
        purpose="delegate",
        rights=[],
        starts=FOUNDED,
        decision="of the assembly",
    )
    Seat.objects.create(council=here.network, base=here.barrio, mandate=mandate)
    assert openpyxl.load_workbook(io.BytesIO(client.get(planned).content))["sites"].max_row == 2
    carla = signed_in(here.carla)
    assert carla.get(planned).status_code == 404
    asked = who.ask_to_belong(doer(here.carla), here.elsewhere, network=here.network)
    who.agree_to_belong(doer(here.ana), here.network, belonging=asked)
    for name in ("plan.html", "plan.json", "plan.txt"):
        assert here.workshop.name in carla.get(reverse("plan_file", args=[made.pk, name])).content.decode()
    book = openpyxl.load_workbook(io.BytesIO(carla.get(reverse("plan_file", args=[made.pk, "plan.xlsx"])).content))
    assert book["inputs"].max_row == 1 if "inputs" in book.sheetnames else True
    assert book["sites"].max_row == 1


def test_the_page_of_permissions_says_who_takes_away_the_whole_workbook() -> None:
    page = html.unescape(Client().get(reverse("permissions")).content.decode())
    assert all(str(words) in page for words in READ.values())
    assert set(READ) == set(READINGS)


# --- numbers and lists as people write and read them ---


@pytest.mark.parametrize(("language", "typed"), [("es", "1.250,5"), ("pt", "1.250,50"), ("en", "1,250.50")])
def test_the_numbers_of_a_description_are_read_as_the_page_language_writes_them(
    here: World, language: str, typed: str
) -> None:
    form = {
        "name": "Barrio Norte",
        "pledge": typed,
        "ability": "0,5",
        "latitude": "-38,952",
        "longitude": "-68.059",
    }
    answer = signed_in(here.ana, language).post(
        reverse("describe", args=[here.barrio.code]), {**form, "once": "d1"}
    )
    assert answer.status_code == 302
    here.barrio.refresh_from_db()
    one = here.barrio
    assert (one.pledge, one.ability) == (Decimal("1250.5"), Decimal("0.5"))
    assert (one.latitude, one.longitude) == (Decimal("-38.952"), Decimal("-68.059"))


def test_a_new_network_is_led_to_invite_and_a_new_community_to_ask(here: World) -> None:
    network = founded(here.ana, "Red del Norte", "network")
    page = signed_in(here.ana).get(reverse("inside", args=[network.code])).content.decode()
    assert "No organisation belongs to it yet." in page and "It belongs to no network yet." not in page
    page = signed_in(here.carla).get(reverse("inside", args=[here.elsewhere.code])).content.decode()
    assert "It belongs to no network yet." in page


def test_history_does_not_say_twice_who_joined(here: World) -> None:
    codes: list[str] = []
    who.print_codes(doer(here.ana), here.barrio, how_many=1, codes=codes)
    who.join_with_code(doer(here.carla), None, code=codes[0])
    page = signed_in(here.ana).get(reverse("history", args=[here.barrio.code])).content.decode()
    assert "joined with a printed code" in page and "joined with a printed code: Carla" not in page


# --- languages ---


def test_a_language_that_is_begun_says_so_on_every_page_and_a_complete_one_does_not(here: World) -> None:
    for language, begun in (("en", False), ("es", False), ("pt", True)):
        page = signed_in(here.ana, language).get(reverse("home")).content.decode()
        assert (Language(language).text(say(BEGUN_HERE)) in page) is begun
    account = signed_in(here.ana).get(reverse("account")).content.decode()
    assert "Português is begun" in account


@pytest.mark.parametrize(
    "name",
    "home directory found my_needs my_plans my_motions words permissions privacy first_steps account join recover vouch "
    "mfa_index close_account tokens".split(),
)
def test_what_a_member_sees_first_is_portuguese(here: World, name: str) -> None:
    """No sentence of these pages stays English: each is another one in Portuguese, save names and signs."""
    assert both_languages(here, reverse(name)) == set()


@pytest.mark.parametrize(
    "name",
    "inside organisation needs declare_need upload_needs roll codes mandates ties tree seats obligations history "
    "motions propose_motion assemblies site describe show_publicly".split(),
)
def test_what_an_organisations_members_see_is_portuguese(here: World, name: str) -> None:
    uniforms(here)
    for one in (here.barrio, here.workshop):
        assert both_languages(here, reverse(name, args=[one.code])) == set()


@pytest.mark.parametrize(
    "name", "network network_needs products rules routes promises workbook open_round".split()
)
def test_what_a_networks_members_see_is_portuguese(here: World, name: str) -> None:
    uniforms(here)
    assert both_languages(here, reverse(name, args=[here.network.code])) == set()


def both_languages(here: World, where: str, other: str = "pt") -> set[str]:
    """The sentences that read the same on the English page and on the other one; names and short signs do not count."""
    pages = [signed_in(here.ana, code).get(where) for code in ("en", other)]
    assert [page.status_code for page in pages] == [200, 200], where
    english, translated = (sentences_on(page.content.decode()) for page in pages)
    typed = {MINUTES, "uniforms for the school", "period, pays, people, note"}
    same = {one for one in english & translated if len(re.findall(r"[a-z]{3,}", one)) > 3}
    return {one for one in same - typed if not one.startswith("http://testserver/calendar/")}


def sentences_on(page: str) -> set[str]:
    """The pieces of text of a page's main part."""
    main = page[page.index("<main") : page.index("</main>")]
    return {" ".join(html.unescape(piece).split()) for piece in re.split(r"<[^>]*>", main)}


@pytest.mark.parametrize("name", "inside mandates tree seats obligations ties history motions assemblies".split())
def test_federation_tree_and_mandates_are_spanish_in_spanish(here: World, name: str) -> None:
    council = founded(here.ana, "Consejo del Sur", "council")
    asked = who.ask_to_belong(doer(here.ana), here.network, network=council)
    who.agree_to_belong(doer(here.ana), council, belonging=asked)
    for one in (here.barrio, here.network, council):
        assert both_languages(here, reverse(name, args=[one.code]), "es") == set()
