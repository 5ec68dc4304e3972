"""A whole round in a real browser, on a phone, in Spanish, on the trial's network of Neuquén.

Needs are ranked by an assembly, planned, carried as motions through four assemblies and a council with split votes,
ratified by the bases, adopted, and drafted as agreements. One assembly says no to the first plan, with a line it refuses.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from solidaria.actions import councils, who, work
from solidaria.actions.who import grant_mandate
from solidaria.records.models import (
    Agreement,
    FundedProject,
    Motion,
    Need,
    Organisation,
    Person,
    PlanVote,
    Product,
    Recipe,
    Round,
    SplitVote,
    Variant,
)
from solidaria.web import demo
from tests.web.people import doer, person, world
from tests.web.test_journeys import no_complaints, visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

__all__ = ["visitor"]

#: Whoever wants to look at the pages says where the pictures go.
PICTURES = os.environ.get("LOOP_PICTURES", "")
DECIDED = "asamblea de enero"
#: Who writes down, at the founding, what the assembly gave; who facilitates there.
ASSEMBLIES = {"nueva-espana": "raul", "fasinpat": "hugo", "health-post": "nora", "schools": "silvia"}


def called(handle: str) -> Person:
    return Person.objects.get(handle=handle)


def organisation(code: str) -> Organisation:
    return Organisation.objects.get(code=code)


@pytest.fixture
def network(db: None, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """Neuquén as the trial has it; three bases have given a delegate a seat in it, and each assembly has a facilitator."""
    monkeypatch.setattr(work, "BEAT_EVERY", 3600.0)
    # Of the whole trial only the part that is walked through: the other networks would take longer than the walk.
    filling = demo._Filling(date.today(), lambda sentence: None)
    for part in demo.PEOPLE:
        filling.people[part.handle] = Person.objects.create_user(
            part.handle, None, name=part.name, language=part.language
        )
    here = filling.neuquen_before()
    filling.neuquen_now(here)
    for code, handle in ASSEMBLIES.items():
        one, by = organisation(code), called(handle)
        grant_mandate(doer(by), one, person=by.pk, purpose="facilitator", decision=DECIDED)
        if code != "health-post":
            seat = f"Ocupa el asiento en {here.name}."
            mandate = grant_mandate(
                doer(by), one, person=by.pk, purpose="delegate", instructions=seat, decision=DECIDED
            )
            councils.give_seat(doer(by), mandate, council=here)
    elena = called("elena")
    grant_mandate(doer(elena), here, person=elena.pk, purpose="facilitator", decision=DECIDED)
    for number in range(3):  # three more hands in the tile plant, so that its vote can be split
        codes: list[str] = []
        who.print_codes(doer(called("hugo")), organisation("fasinpat"), how_many=1, codes=codes)
        who.join_with_code(doer(person(f"p{number}", f"Compañera {number + 1}")), None, code=codes[0])
    return here


def picture(page: Any, name: str) -> None:
    """A picture of the page, where somebody wants one."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


class Walk:
    """People with their phones; each picture that is taken has a number."""

    def __init__(self, visitor: Callable[..., Any]) -> None:
        self.visitor, self.phones, self.count = visitor, {}, 0  # type: ignore[var-annotated]

    def __call__(self, handle: str) -> Any:
        if handle not in self.phones:
            self.phones[handle] = self.visitor(called(handle), "phone", "es")
        return self.phones[handle]

    def look(self, page: Any, name: str) -> None:
        """The page is as it should be; a picture of it where somebody wants one."""
        no_complaints(page)
        self.count += 1
        picture(page, f"{self.count:02}-{name}")

    def carried(self, motion: Motion, facilitator: str, ballots: dict[str, str], name: str = "") -> Motion:
        """The facilitator opens the vote, everybody votes with one tap, the facilitator closes it."""
        there, page = reverse("motion", args=[motion.pk]), self(facilitator)
        page.goto(there)
        if name:
            self.look(page, f"{name}-draft")
        page.select_option("[name=span]", "2h")
        page.click("form[action$='/open'] button.main")
        page.wait_for_selector("form[action$='/close']", state="attached")
        for number, (handle, ballot) in enumerate(ballots.items()):
            voter = self(handle)
            voter.goto(reverse("vote", args=[motion.pk]))
            if name and number == 0:
                self.look(voter, f"{name}-ballot")
            voter.click(f"button[value={ballot}]")
            voter.wait_for_selector(".said, .notice.good")
        page.goto(there)
        page.click("details.sure:has(form[action$='/close']) summary")
        page.click("form[action$='/close'] button")
        page.wait_for_selector("table caption")
        if name:
            self.look(page, f"{name}-result")
        motion.refresh_from_db()
        return motion


def made(page: Any) -> Variant:
    """The plan that was just asked for, made here as the worker makes it."""
    page.wait_for_url("**/plans/*/")
    claimed = work.claim("loop")
    assert claimed is not None
    work.make(claimed, "loop")
    return Variant.objects.get(pk=claimed.pk, state="done")


def taken(page: Any, variant: Variant, words: str) -> None:
    """The coordinator takes the plan to the assemblies, in her own words."""
    page.goto(reverse("variant", args=[variant.pk]))
    page.click("details.sure:has(form[action$='/choose']) summary")
    page.fill("#c-words", words)
    page.click("form[action$='/choose'] button")
    page.wait_for_selector("#assemblies")


def asked(variant: Variant, code: str) -> Motion:
    motion = PlanVote.objects.get(variant=variant, organisation__code=code).motion
    assert motion is not None
    return motion


def test_a_round_goes_from_ranked_needs_to_agreements(network: Organisation, visitor: Callable[..., Any]) -> None:
    walk = Walk(visitor)
    opened = Round.objects.get(network=network, closed__isnull=True)
    the_round = reverse("round", args=[opened.pk])
    home = organisation("nueva-espana")

    # Ana lets her assembly rank what the neighbourhood needs; two put the needs in order on their phones.
    ana = walk("ana")
    ana.goto(reverse("needs", args=[home.code]))
    ana.click("a[href*='effect=rank_needs_by_decision']")
    ana.fill("[name=title]", "Qué va primero")
    ana.fill("[name=text]", "Ordenamos lo que necesitamos.")
    ana.fill("[name=ranks]", "2")
    ana.check("[name=method][value=schulze]")
    walk.look(ana, "rank-propose")
    ana.click("form:has([name=title]) button.main")
    ana.wait_for_url("**/motions/*/")
    ranking = Motion.objects.get(title="Qué va primero")
    raul = walk("raul")
    raul.goto(reverse("motion", args=[ranking.pk]))
    raul.select_option("[name=span]", "2h")
    raul.click("form[action$='/open'] button.main")
    raul.wait_for_selector("form[action$='/close']", state="attached")
    order = sorted(ranking.options, key=lambda one: one["name"])
    for handle in ("ana", "raul"):
        page = walk(handle)
        page.goto(reverse("vote", args=[ranking.pk]))
        for place, option in enumerate(order, 1):
            page.fill(f"[name=place-{option['id']}]", str(place))
        if handle == "ana":
            walk.look(page, "rank-ballot")
        page.click("form:has(.place) button.main")
        page.wait_for_selector(".said, .notice.good")
    raul.goto(reverse("motion", args=[ranking.pk]))
    raul.click("details.sure:has(form[action$='/close']) summary")
    raul.click("form[action$='/close'] button")
    raul.wait_for_selector("table caption")
    walk.look(raul, "rank-result")
    first, last = (Need.objects.get(pk=int(order[at]["id"])) for at in (0, -1))
    assert (first.tier, last.tier) == (1, 2) and first.ranked_by == last.ranked_by == ranking

    # Elena asks for a plan and takes it to the assemblies it touches.
    elena = walk("elena")
    elena.goto(the_round)
    walk.look(elena, "round-before")
    elena.click("form[action$='/ask'] button.main")
    plan_one = made(elena)
    taken(elena, plan_one, "Primero el agua y los pisos; nadie trabaja más horas que las pagadas.")
    walk.look(elena, "round-asked")
    needed = PlanVote.objects.filter(variant=plan_one, needed=True)
    assert {row.organisation.code for row in needed} == {*ASSEMBLIES, network.code}

    # The tile plant says no to a line, and why; that is its answer.
    recipe = Recipe.objects.get(network=network, code="tiles-fasinpat")
    hugo = walk("hugo")
    hugo.goto(reverse("motion", args=[asked(plan_one, "fasinpat").pk]))
    walk.look(hugo, "plan-motion")
    hugo.click("a[href*='effect=refuse_plan_line']")
    hugo.fill("[name=title]", "Menos hornadas")
    hugo.fill("[name=text]", "El horno se reviste.")
    hugo.select_option("[name=e-recipe]", str(recipe.pk))
    hugo.fill("[name=e-most_runs]", "90")
    hugo.fill("[name=e-reason]", "El horno se reviste en ese mes.")
    walk.look(hugo, "refuse-propose")
    hugo.click("form:has([name=title]) button.main")
    hugo.wait_for_url("**/motions/*/")
    plant = {"hugo": "for", "p0": "for", "p1": "for", "p2": "against"}
    assert walk.carried(Motion.objects.get(title="Menos hornadas"), "hugo", plant).state == "carried"

    # The round's page tells so; Elena plans again with the refusal in it, and everybody sees what changes.
    elena.goto(the_round)
    walk.look(elena, "round-refused")
    elena.click("form[action$='/ask']:has([name=after]) button")
    plan_two = made(elena)
    assert plan_two.changes["after"] == plan_one.pk
    elena.goto(the_round)
    walk.look(elena, "round-again")
    elena.click(f"a[href*='compare?plan={plan_one.pk}&plan={plan_two.pk}']")
    elena.wait_for_selector("table")
    walk.look(elena, "difference")
    taken(elena, plan_two, "El mismo plan, con las hornadas que el horno aguanta.")

    # The council asks the bases to confirm; each assembly votes, three of them bind their delegates.
    above = asked(plan_two, network.code)
    elena.goto(reverse("council_vote", args=[above.pk]))
    elena.click("details:has([name=needed]) summary")
    elena.fill("[name=needed]", "3")
    elena.fill("[name=by]", (datetime.now(UTC) + timedelta(days=20)).date().isoformat())
    elena.click("details:has([name=needed]) button.main")
    elena.wait_for_selector(".said, .notice")
    ballots = {
        "nueva-espana": {"raul": "for", "ana": "abstain"},
        "fasinpat": plant,
        "health-post": {"nora": "for"},
        "schools": {"silvia": "for", "lucia": "for"},
    }
    for code, votes in ballots.items():
        motion = asked(plan_two, code)
        name = "assembly" if code == "fasinpat" else ""
        assert walk.carried(motion, ASSEMBLIES[code], votes, name).state == "carried"
    assert Round.objects.get(pk=opened.pk).adopted is None, "the council has not decided yet"
    elena.goto(the_round)
    walk.look(elena, "round-waits-for-the-council")

    # Delegates cast their members as they voted; a vote that differs is refused, and the difference is shown.
    elena.goto(reverse("motion", args=[above.pk]))
    elena.select_option("[name=span]", "2h")
    elena.click("form[action$='/open'] button.main")
    elena.wait_for_selector("form[action$='/close']", state="attached")
    hugo.goto(reverse("council_vote", args=[above.pk]))
    walk.look(hugo, "council-ballot")
    hugo.fill("[name=for]", "4")
    hugo.fill("[name=against]", "0")
    hugo.click("form:has([name=against]) button.main")
    hugo.wait_for_selector("[role=alert]")
    hugo.complaints.clear()
    hugo.fill("[name=for]", "3")
    hugo.fill("[name=against]", "1")
    hugo.click("form:has([name=against]) button.main")
    hugo.wait_for_selector(".said")
    for handle in ("raul", "silvia"):
        delegate = walk(handle)
        delegate.goto(reverse("council_vote", args=[above.pk]))
        delegate.click("form:has([name=against]) button.main")
        delegate.wait_for_selector(".said")
    split = SplitVote.objects.get(motion=above, base__code="fasinpat")
    assert (split.votes_for, split.votes_against, split.because) == (3, 1, "base")
    elena.goto(reverse("motion", args=[above.pk]))
    elena.click("details.sure:has(form[action$='/close']) summary")
    elena.click("form[action$='/close'] button")
    elena.wait_for_load_state("load")
    elena.goto(reverse("council_vote", args=[above.pk]))
    walk.look(elena, "council-result")

    # Three bases had carried the very same text: it is ratified, the plan adopted, and agreements follow.
    above.refresh_from_db()
    opened.refresh_from_db()
    assert above.state == "carried" and len(above.result["ratified"]) == 3
    assert opened.adopted is not None and opened.chosen == plan_two
    elena.goto(the_round)
    walk.look(elena, "round-adopted")
    raul.goto(reverse("home"))
    walk.look(raul, "home-of-raul")
    raul.goto(the_round)
    raul.click(f"a[href='{reverse('agreements', args=[home.code])}']")
    raul.click(f"form[action='{reverse('agreements_from_plan', args=[home.code])}'] button")
    raul.wait_for_selector("table")
    walk.look(raul, "agreements")
    assert Agreement.objects.filter(variant=plan_two, taker=home).exists()
    assert Product.objects.filter(network=network, code="tiles").exists()


@pytest.mark.parametrize(("size", "language"), [("phone", "es"), ("desk", "en")])
@pytest.mark.parametrize("method", ["equal_shares", "equal_points"])
def test_a_fund_is_shared_out_with_a_few_taps(
    visitor: Callable[..., Any], method: str, size: str, language: str
) -> None:
    here = world()
    grant_mandate(doer(here.ana), here.barrio, person=here.ana.pk, purpose="facilitator", decision=DECIDED)
    bheki, ana = visitor(here.bheki, size, language), visitor(here.ana, size, language)
    bheki.goto(reverse("propose_motion", args=[here.barrio.code]))
    bheki.click("summary:has(+ div a[href='?effect=fund_projects'])")
    bheki.click("a[href='?effect=fund_projects']")
    bheki.fill("[name=title]", "El fondo de mayo")
    bheki.fill("[name=text]", "Lo que juntamos.")
    bheki.fill("[name=fund]", "1000")
    for place, (name, cost) in enumerate(
        (("Radio del barrio", "400"), ("Colectivo", "500"), ("Dos pozos", "300"))
    ):
        bheki.locator("[name=p-name]").nth(place).fill(name)
        bheki.locator("[name=p-cost]").nth(place).fill(cost)
    bheki.check(f"[name=method][value={method}]")
    no_complaints(bheki)
    picture(bheki, f"fund-propose-{method}-{size}")
    bheki.click("form:has([name=title]) button.main")
    bheki.wait_for_url("**/motions/*/")
    motion = Motion.objects.get()
    ana.goto(reverse("motion", args=[motion.pk]))
    ana.click("form[action$='/open'] button.main")
    ana.wait_for_selector("form[action$='/close']", state="attached")
    for page in (ana, bheki):
        page.goto(reverse("vote", args=[motion.pk]))
        if method == "equal_shares":
            page.check("[name=ballot][value='1']")
            page.check("[name=ballot][value='3']")
        else:
            page.check("[name=points-1][value='5']")
            page.check("[name=points-3][value='2']")
        no_complaints(page)
        picture(page, f"fund-ballot-{method}-{size}")
        page.click("form:has([name^=points-], [name=ballot]) button.main")
        page.wait_for_selector(".said, .notice.good")
    ana.goto(reverse("motion", args=[motion.pk]))
    ana.click("details.sure:has(form[action$='/close']) summary")
    ana.click("form[action$='/close'] button")
    ana.wait_for_selector("table caption")
    no_complaints(ana)
    picture(ana, f"fund-result-{method}-{size}")
    assert {row.name for row in FundedProject.objects.filter(motion=motion)} == {"Radio del barrio", "Dos pozos"}
