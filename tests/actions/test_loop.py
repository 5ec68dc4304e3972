"""The loop: assemblies rank needs, a plan goes to every assembly it touches, all of them adopt it or one refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from solidaria.actions import capacity, councils, decide, needs, plan, plan_votes, work
from solidaria.actions.effects import house_rules
from solidaria.actions.permit import Doer
from solidaria.actions.who import grant_mandate
from solidaria.actions.workbook import upload_workbook
from solidaria.core.problem import Refused
from solidaria.records.gather import tables_of
from solidaria.records.models import (
    Act,
    FundedProject,
    LineRefused,
    Membership,
    Motion,
    Need,
    Organisation,
    Person,
    PlanVote,
    Recipe,
    Round,
    Variant,
)
from solidaria.records.packing import value_of
from tests.actions.test_spine import uniforms
from tests.web.people import World, belongs, doer, founded, person, world

pytestmark = pytest.mark.django_db

SOON = timedelta(hours=2)


@pytest.fixture
def here() -> World:
    """The workshop can sew 500 uniforms; the neighbourhood needs them. Ana facilitates everywhere."""
    made = world()
    uniforms(made)
    for one in (made.barrio, made.workshop, made.network):
        grant_mandate(
            doer(made.ana), one, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
        )
    return made


def planned(here: World, **more: object) -> Variant:
    """A plan of the open round, made."""
    asked = plan.ask_for_plan(doer(here.ana), here.round, **more)
    claimed = work.claim("test")
    assert claimed is not None and claimed.pk == asked.pk
    work.make(claimed, "test")
    return Variant.objects.get(pk=asked.pk)


def voted(motion: Motion, by: Person, ballot: str, others: tuple[Person, ...] = ()) -> Motion:
    """A motion opened, voted by these people in one way, and closed."""
    decide.open_motion(doer(by), motion, closes=datetime.now(UTC) + SOON)
    for one in (by, *others):
        decide.cast_ballot(doer(one), motion.pk, ballot)
    closed: Motion = decide.close_motion(doer(by), motion)
    return closed


def asked(variant: Variant, one: Organisation) -> PlanVote:
    return PlanVote.objects.get(variant=variant, organisation=one)


def adopted(here: World) -> bool:
    return Round.objects.get(pk=here.round.pk).adopted is not None


# --- a plan goes to the assemblies ---


def test_every_assembly_a_plan_touches_gets_a_motion_with_its_own_figures(here: World) -> None:
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first, words="It clothes every child.")
    rows = PlanVote.objects.filter(variant=first)
    assert {row.organisation_id for row in rows} == {here.barrio.pk, here.workshop.pk}
    barrio, workshop = asked(first, here.barrio), asked(first, here.workshop)
    assert barrio.motion is not None and workshop.motion is not None
    assert barrio.motion.text == workshop.motion.text == "It clothes every child."
    assert barrio.motion.effects == [{"kind": "adopt_plan", "variant": first.pk}]
    assert barrio.motion.state == "draft" and barrio.motion.declared_by is None
    told = [str(value_of(one)) for one in workshop.part]
    assert told[:2] == [
        "We make 500 piece of School uniform, for Barrio Norte.",
        "That is 500 hours of work.",
    ]
    assert [str(one) for one in plan_votes.part_for(barrio.motion)[1]][:1] == ["Our one need is met wholly."]


def test_an_organisation_with_nobody_on_its_roll_is_named_and_not_waited_for(here: World) -> None:
    Membership.objects.filter(organisation=here.workshop).delete()
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    assert not asked(first, here.workshop).needed and asked(first, here.workshop).motion is None
    barrio = asked(first, here.barrio).motion
    assert barrio is not None
    voted(barrio, here.ana, "for")
    assert adopted(here)


def test_the_plan_is_adopted_by_itself_with_the_last_yes_exactly_once(here: World) -> None:
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    barrio, workshop = asked(first, here.barrio).motion, asked(first, here.workshop).motion
    assert barrio is not None and workshop is not None
    voted(barrio, here.ana, "for", (here.bheki,))
    assert asked(first, here.barrio).answer == "yes" and not adopted(here)
    last = voted(workshop, here.ana, "for")
    assert adopted(here) and Round.objects.get(pk=here.round.pk).adopted == last.closed
    decide.close_motion(doer(here.ana), last)
    acts = Act.objects.filter(verb="plan_adopted")
    assert [(act.motion_id, act.organisation_id, act.person_id) for act in acts] == [
        (last.pk, here.network.pk, None)
    ]


def test_a_vote_without_a_quorum_has_answered_nothing(here: World) -> None:
    decide_rule = decide.propose_motion(
        doer(here.ana),
        here.barrio,
        title="All of us",
        text="Everybody votes.",
        effects=[{"kind": "adopt_house_rule", "rule": "quorum", "value": "1"}],
    )
    voted(decide_rule, here.ana, "for", (here.bheki,))
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    motion = asked(first, here.barrio).motion
    assert motion is not None
    assert voted(motion, here.ana, "for").outcome == "not quorate"
    assert asked(first, here.barrio).answer == ""
    again = decide.propose_motion(
        doer(here.bheki),
        here.barrio,
        title="The plan, again",
        text="Now all of us.",
        effects=[{"kind": "adopt_plan", "variant": first.pk}],
    )
    voted(again, here.ana, "for", (here.bheki,))
    assert asked(first, here.barrio).answer == "yes" and asked(first, here.barrio).motion == again


def test_nobody_takes_the_question_off_or_rewrites_the_figures(here: World) -> None:
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    motion = asked(first, here.barrio).motion
    with pytest.raises(Refused, match="waits for this assembly"):
        decide.withdraw_motion(doer(here.ana), motion)
    with pytest.raises(Refused, match="figures are the plan's"):
        decide.propose_motion(doer(here.bheki), here.barrio, title="Other words", text="Less.", amends=motion)


def test_a_refused_line_is_the_assemblys_no_and_the_next_plan_keeps_to_it(here: World) -> None:
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    barrio = asked(first, here.barrio).motion
    assert barrio is not None
    voted(barrio, here.ana, "for", (here.bheki,))
    recipe = Recipe.objects.get(network=here.network)
    refusal = decide.propose_motion(
        doer(here.ana),
        here.workshop,
        title="Not so many",
        text="We are six.",
        effects=[
            {
                "kind": "refuse_plan_line",
                "round": here.round.pk,
                "recipe": recipe.pk,
                "most_runs": "300",
                "reason": "Nobody sews at night.",
            }
        ],
    )
    question = asked(first, here.workshop).motion
    voted(refusal, here.ana, "for")
    said = asked(first, here.workshop)
    assert said.answer == "no" and said.motion == refusal and said.refusal == LineRefused.objects.get()
    assert question is not None and Motion.objects.get(pk=question.pk).state == "withdrawn"
    assert not adopted(here)

    with pytest.raises(Refused, match="The assembly itself"):
        plan.withdraw_refusal(doer(here.ana), said.refusal)
    second = planned(here, after=first)
    assert second.changes["after"] == first.pk and second.changes["refusals"] == [said.refusal.pk]
    plan.choose_variant(doer(here.ana), here.round, variant=second)
    told = [str(value_of(one)) for one in asked(second, here.workshop).part]
    assert told[0] == "We make 300 piece of School uniform, for Barrio Norte."
    # The yes to the first plan is not a yes to the second.
    assert asked(second, here.barrio).answer == ""
    for one, others in ((here.barrio, (here.bheki,)), (here.workshop, ())):
        motion = asked(second, one).motion
        assert motion is not None
        voted(motion, here.ana, "for", others)
    assert adopted(here) and Round.objects.get(pk=here.round.pk).chosen == second


def test_a_vote_against_is_a_no_that_a_later_yes_mends(here: World) -> None:
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    barrio, workshop = asked(first, here.barrio).motion, asked(first, here.workshop).motion
    assert barrio is not None and workshop is not None
    voted(barrio, here.ana, "against", (here.bheki,))
    voted(workshop, here.ana, "for")
    assert asked(first, here.barrio).answer == "no" and not adopted(here)
    again = decide.propose_motion(
        doer(here.bheki),
        here.barrio,
        title="After talking",
        text="We can live with it.",
        effects=[{"kind": "adopt_plan", "variant": first.pk}],
    )
    voted(again, here.ana, "for", (here.bheki,))
    assert adopted(here)


def test_an_adopted_plan_is_not_replaced_by_one_person(here: World) -> None:
    first, second = planned(here), planned(here, rules={"living_wage": "14"})
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    for one in (here.barrio, here.workshop):
        motion = asked(first, one).motion
        assert motion is not None
        voted(motion, here.ana, "for")
    assert adopted(here)
    with pytest.raises(Refused, match="adopted already"):
        plan.choose_variant(doer(here.ana), here.round, variant=second)


def test_another_plan_takes_back_drafts_that_nobody_opened(here: World) -> None:
    first, second = planned(here), planned(here, rules={"living_wage": "14"})
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    before = asked(first, here.barrio).motion
    assert before is not None
    plan.choose_variant(doer(here.ana), here.round, variant=second)
    assert Motion.objects.get(pk=before.pk).state == "withdrawn"
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    after = asked(first, here.barrio).motion
    assert after is not None and after.pk != before.pk and after.state == "draft"
    plan.close_round(doer(here.ana), here.round)
    assert Motion.objects.get(pk=after.pk).state == "withdrawn"


def test_where_delegates_sit_the_council_decides_too_as_its_bases_voted(here: World) -> None:
    """Both bases vote on the very same words, their delegates are bound by it, and the council is needed."""
    other = founded(here.ana, "Escuela 12", "community", ("coordinator", "secretary", "facilitator"))
    belongs(other, here.network, here.ana)
    for one in (here.barrio, here.workshop):
        mandate = grant_mandate(
            doer(here.ana),
            one,
            person=here.ana.pk,
            purpose="delegate",
            instructions="Sit in Red del Sur.",
            decision="assembly of January",
        )
        councils.give_seat(doer(here.ana), mandate, council=here.network)
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    above = asked(first, here.network).motion
    assert above is not None and above.method == "council"
    assert not PlanVote.objects.filter(variant=first, organisation=other).exists()
    councils.ask_for_ratification(doer(here.ana), above, needed=2, by=datetime.now(UTC) + timedelta(days=9))
    for one, others in ((here.barrio, (here.bheki,)), (here.workshop, ())):
        motion = asked(first, one).motion
        assert motion is not None and motion.origin == above
        voted(motion, here.ana, "for", others)
    assert not adopted(here)
    above.refresh_from_db()
    decide.open_motion(doer(here.ana), above, closes=datetime.now(UTC) + SOON)
    with pytest.raises(Refused):
        councils.cast_split(doer(here.ana), above, votes={"against": 2}, base=here.barrio.code)
    councils.cast_split(doer(here.ana), above, votes={"for": 2}, base=here.barrio.code)
    councils.cast_split(doer(here.ana), above, votes={"for": 1}, base=here.workshop.code)
    closed = decide.close_motion(doer(here.ana), above)
    assert closed.state == "carried" and closed.result["ratified"]
    assert asked(first, here.network).answer == "yes" and adopted(here)


# --- needs are ranked ---


def more_needs(here: World) -> list[Need]:
    given = [("A stove", "1"), ("A bus", "2"), ("Paint", "40")]
    for words, quantity in given:
        needs.declare_need(
            doer(here.bheki), here.barrio, network=here.network, words=words, product=None, quantity=quantity
        )
    return list(Need.objects.filter(organisation=here.barrio).order_by("pk"))


def test_members_put_needs_in_order_and_the_next_plan_goes_by_it(here: World) -> None:
    rows = more_needs(here)
    ids = [str(row.pk) for row in rows]
    motion = decide.propose_motion(
        doer(here.bheki),
        here.barrio,
        title="What first",
        text="We rank our needs.",
        method="schulze",
        options=[{"id": str(row.pk), "name": row.words} for row in rows],
        effects=[{"kind": "rank_needs_by_decision", "ranks": 2}],
    )
    decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + SOON)
    decide.cast_ballot(doer(here.ana), motion.pk, [ids[1], ids[0], ids[2], ids[3]])
    decide.cast_ballot(doer(here.bheki), motion.pk, [ids[1], ids[0], ids[3], ids[2]])
    closed = decide.close_motion(doer(here.ana), motion)
    assert closed.state == "carried" and closed.result["elected"][:2] == [ids[1], ids[0]]
    found = {row.words: (row.tier, row.ranked_by_id) for row in Need.objects.filter(organisation=here.barrio)}
    assert found == {
        "A stove": (1, motion.pk),
        "uniforms for the school": (1, motion.pk),
        "A bus": (2, motion.pk),
        "Paint": (2, motion.pk),
    }
    # What the assembly has voted on is not changed by hand, nor by a workbook.
    Need.objects.filter(pk=rows[0].pk).update(tier=2)
    tables = tables_of(here.network, here.round)
    Need.objects.filter(pk=rows[0].pk).update(tier=1)
    with pytest.raises(Refused, match="has voted on the rank"):
        upload_workbook(doer(here.ana), here.network, tables=tables)
    with pytest.raises(Refused, match="has voted on the rank"):
        needs.rank_needs(doer(here.ana), here.barrio, tiers={rows[2].pk: 1})
    with pytest.raises(Refused, match="has voted on the rank"):
        needs.edit_need(doer(here.bheki), rows[2], tier="1")


def test_ranks_written_down_can_be_voted_for_or_against(here: World) -> None:
    rows = more_needs(here)
    motion = decide.propose_motion(
        doer(here.bheki),
        here.barrio,
        title="Ranks",
        text="As written.",
        effects=[{"kind": "rank_needs_by_decision", "tiers": {str(rows[1].pk): 4, str(rows[2].pk): 2}}],
    )
    needs.withdraw_need(doer(here.bheki), rows[2])
    with pytest.raises(Refused, match="no longer counts"):
        decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + SOON)
    needs_again = [{"kind": "rank_needs_by_decision", "tiers": {str(rows[1].pk): 4}}]
    motion = decide.edit_motion(
        doer(here.bheki), motion, title="Ranks", text="As written.", method="majority", effects=needs_again
    )
    voted(motion, here.ana, "for", (here.bheki,))
    assert Need.objects.get(pk=rows[1].pk).tier == 4 and Need.objects.get(pk=rows[2].pk).tier == 1


def test_a_way_to_decide_that_gives_no_order_ranks_nothing(here: World) -> None:
    rows = more_needs(here)
    with pytest.raises(Refused, match="gives no order"):
        decide.propose_motion(
            doer(here.bheki),
            here.barrio,
            title="Ranks",
            text="In order.",
            method="scottish",
            options=[{"id": str(row.pk), "name": row.words} for row in rows],
            effects=[{"kind": "rank_needs_by_decision", "ranks": 2}],
        )


# --- a fund is shared out ---

PROJECTS = [
    {"name": "A radio for the barrio", "cost": "400"},
    {"name": "A bus", "cost": "500.50"},
    {"name": "Two wells", "cost": "300"},
]


@pytest.mark.parametrize("method", ["equal_shares", "equal_points"])
def test_a_fund_is_shared_out_and_each_project_is_a_decision_the_books_find(here: World, method: str) -> None:
    motion = decide.propose_motion(
        doer(here.bheki),
        here.barrio,
        title="The fund of May",
        text="1,000 pesos.",
        method=method,
        options=PROJECTS,
        fund="1000",
        currency="ARS",
        effects=[{"kind": "fund_projects"}],
    )
    assert motion.fund == Decimal(1000) and motion.costs["2"] == Decimal("500.50")
    decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + SOON)
    ballots = {"equal_shares": (["1", "3"], ["3"]), "equal_points": ([["1", 5], ["3", 1]], [["3", 2]])}[method]
    decide.cast_ballot(doer(here.ana), motion.pk, ballots[0])
    decide.cast_ballot(doer(here.bheki), motion.pk, ballots[1])
    closed = decide.close_motion(doer(here.ana), motion)
    assert closed.state == "carried" and set(closed.result["elected"]) == {"1", "3"}
    rows = FundedProject.objects.filter(motion=motion)
    assert {(row.name, row.cost, row.currency) for row in rows} == {
        ("A radio for the barrio", Decimal(400), "ARS"),
        ("Two wells", Decimal(300), "ARS"),
    }
    assert sum(row.cost for row in rows) <= Decimal(1000)


def test_what_is_wrong_with_a_vote_on_money_is_said_all_at_once(here: World) -> None:
    with pytest.raises(Refused) as refusal:
        decide.propose_motion(
            doer(here.bheki),
            here.barrio,
            title="The fund",
            text="Words.",
            method="equal_shares",
            options=[{"name": "A house", "cost": "9000"}, {"name": "A tree", "cost": ""}],
            fund="1000",
            currency="pesos",
            effects=[{"kind": "fund_projects"}],
        )
    assert {(fault.column, str(fault.what)) for fault in refusal.value.faults} == {
        ("currency", "“pesos” is not a currency."),
        ("options", "“A house” costs more than the whole fund."),
        ("options", "“A tree” has no cost."),
    }
    with pytest.raises(Refused, match="shares out no money"):
        decide.propose_motion(
            doer(here.bheki), here.barrio, title="The fund", text="Words.", effects=[{"kind": "fund_projects"}]
        )


def test_a_qualified_majority_needs_at_least_the_share_in_the_rules(here: World) -> None:
    third = person("dora")
    Membership.objects.create(organisation=here.barrio, person=third, entered=datetime.now(UTC).date())
    for votes, state in ((("for", "for", "against"), "carried"), (("for", "abstain", "against"), "lost")):
        motion = decide.propose_motion(
            doer(here.bheki), here.barrio, title="A bell", text="Buy a bell.", method="qualified"
        )
        decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + SOON)
        for one, ballot in zip((here.ana, here.bheki, third), votes, strict=True):
            decide.cast_ballot(doer(one), motion.pk, ballot)
        assert decide.close_motion(doer(here.ana), motion).state == state


def test_si_is_a_yes_and_is_kept_as_one(here: World) -> None:
    motion = decide.propose_motion(
        doer(here.bheki),
        here.barrio,
        title="Códigos",
        text="Con código.",
        effects=[{"kind": "adopt_house_rule", "rule": "tracker", "value": "Sí"}],
    )
    voted(motion, here.ana, "for", (here.bheki,))
    assert house_rules(here.barrio) == {"tracker": "yes"}


def test_a_closed_vote_that_came_late_is_still_counted_once(here: World) -> None:
    """Two workers that close what is due at the same moment adopt the plan once."""
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    now = datetime.now(UTC)
    for one in (here.barrio, here.workshop):
        motion = asked(first, one).motion
        assert motion is not None
        decide.open_motion(Doer(here.ana, at=now), motion, closes=now + SOON)
        decide.cast_ballot(Doer(here.ana, at=now), motion.pk, "for")
    assert decide.close_due(now + SOON) == 2 and decide.close_due(now + SOON) == 0
    assert Act.objects.filter(verb="plan_adopted").count() == 1 and adopted(here)


def test_capacity_that_changes_afterwards_leaves_the_answer_as_it_was(here: World) -> None:
    """What an assembly said yes to is the plan as it was made: its figures are frozen in the question."""
    first = planned(here)
    plan.choose_variant(doer(here.ana), here.round, variant=first)
    before = asked(first, here.workshop).part
    machine = here.workshop.site.equipment.get()
    capacity.edit_equipment(doer(here.ana), machine, hours="10")
    assert asked(first, here.workshop).part == before
