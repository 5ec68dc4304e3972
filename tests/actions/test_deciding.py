"""A motion's way, from draft to effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from solidaria.actions import decide
from solidaria.actions.effects import house_rules
from solidaria.actions.permit import Doer, NotAllowed, rights_of
from solidaria.actions.who import grant_mandate
from solidaria.core.problem import Refused
from solidaria.records.models import Act, Mandate, Membership, Motion, OpenBallot, Person, Pile, Voter
from tests.web.people import World, doer, person, world

pytestmark = pytest.mark.django_db

SOON = timedelta(hours=2)


@pytest.fixture
def here() -> World:
    made = world()
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
    )
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="teller", decision="assembly of January"
    )
    return made


def members(here: World, count: int) -> list[Person]:
    found = [person(f"m{number}") for number in range(count)]
    for one in found:
        Membership.objects.create(organisation=here.barrio, person=one, entered=datetime.now(UTC).date())
    return found


def opened(here: World, *effects: dict[str, object], method: str = "majority", **more: object) -> Motion:
    motion = decide.propose_motion(
        doer(here.bheki),
        here.barrio,
        title="A motion",
        text="We decide something.",
        method=method,
        effects=list(effects),
        **more,
    )
    return decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + SOON)


def test_a_carried_motion_does_what_it_says_once_and_names_itself(here: World) -> None:
    everybody = [here.ana, here.bheki, *members(here, 3)]
    motion = opened(here, {"kind": "adopt_house_rule", "rule": "quorum", "value": "1/2"})
    for one in everybody[:3]:
        decide.cast_ballot(doer(one), motion.pk, "for")
    decide.cast_ballot(doer(everybody[3]), motion.pk, "against")
    assert house_rules(here.barrio) == {}
    closed = decide.close_motion(doer(here.ana), motion)
    again = decide.close_motion(doer(here.ana), motion)
    assert closed.state == again.state == "carried"
    assert house_rules(here.barrio) == {"quorum": "1/2"}
    assert Act.objects.filter(verb="adopt_house_rule", motion=motion, person=None).count() == 1


def test_exactly_half_is_not_more_than_half(here: World) -> None:
    motion = opened(here)
    decide.cast_ballot(doer(here.ana), motion.pk, "for")
    decide.cast_ballot(doer(here.bheki), motion.pk, "against")
    assert decide.close_motion(doer(here.ana), motion).state == "lost"


def test_a_secret_ballot_is_cast_once_and_nothing_joins_it_to_its_voter(here: World) -> None:
    motion = opened(here)
    decide.cast_ballot(doer(here.bheki), motion.pk, "for")
    with pytest.raises(Refused):
        decide.cast_ballot(doer(here.bheki), motion.pk, "against")
    assert list(Pile.objects.values_list("ballot", "count")) == [('"for"', 1)]
    assert Voter.objects.get(person=here.bheki, motion=motion).voted
    assert not OpenBallot.objects.exists()
    assert not Act.objects.filter(verb="cast_ballot").exists()


def test_who_came_onto_the_roll_after_opening_has_no_ballot(here: World) -> None:
    motion = opened(here)
    (late,) = members(here, 1)
    with pytest.raises(NotAllowed):
        decide.cast_ballot(doer(late), motion.pk, "for")
    with pytest.raises(NotAllowed):
        decide.cast_ballot(doer(here.carla), motion.pk, "for")


def test_no_ballot_counts_after_closing(here: World) -> None:
    motion = opened(here)
    decide.close_motion(doer(here.ana), motion)
    with pytest.raises(Refused):
        decide.cast_ballot(doer(here.bheki), motion.pk, "for")


def test_a_vote_whose_time_is_up_is_closed_by_itself(here: World) -> None:
    motion = opened(here)
    decide.cast_ballot(doer(here.bheki), motion.pk, "for")
    late = datetime.now(UTC) + SOON
    with pytest.raises(Refused):
        decide.cast_ballot(Doer(here.ana, at=late), motion.pk, "for")
    assert decide.close_due(late) == 1
    assert decide.close_due(late) == 0
    motion.refresh_from_db()
    assert motion.state == "carried"


def test_a_mandate_is_given_by_decision_and_rests_on_it(here: World) -> None:
    motion = opened(here, {"kind": "grant_mandate", "person": here.bheki.pk, "purpose": "treasurer"})
    decide.cast_ballot(doer(here.ana), motion.pk, "for")
    decide.close_motion(doer(here.ana), motion)
    assert "plan.refuse" in rights_of(here.bheki, here.barrio)
    assert Mandate.objects.get(person=here.bheki).motion == motion


def test_who_is_elected_gets_the_mandate(here: World) -> None:
    one, two, three = members(here, 3)
    motion = opened(
        here,
        {"kind": "grant_mandate", "elected": True, "purpose": "delegate"},
        method="scottish",
        seats=2,
        options=[{"id": str(each.pk), "name": each.name} for each in (one, two, three)],
    )
    for voter, ballot in (
        (here.ana, [one, two]),
        (here.bheki, [one]),
        (one, [two]),
        (two, [two]),
        (three, [three]),
    ):
        decide.cast_ballot(doer(voter), motion.pk, [str(each.pk) for each in ballot])
    closed = decide.close_motion(doer(here.ana), motion)
    assert set(closed.result["elected"]) == {str(one.pk), str(two.pk)}
    assert set(Mandate.objects.filter(motion=motion).values_list("person", flat=True)) == {one.pk, two.pk}


def test_consent_stops_at_a_reasoned_objection_and_goes_on_when_it_is_answered(here: World) -> None:
    motion = opened(here, method="consent")
    with pytest.raises(Refused):
        decide.cast_ballot(doer(here.bheki), motion.pk, "object")
    decide.cast_ballot(doer(here.bheki), motion.pk, "object", reason="The roof leaks first.")
    decide.cast_ballot(doer(here.ana), motion.pk, "consent")
    assert decide.counted(motion).outcome == "lost"
    decide.cast_ballot(doer(here.bheki), motion.pk, "consent")
    assert decide.close_motion(doer(here.ana), motion).state == "carried"


def test_an_accepted_amendment_is_merged_with_both_texts_kept(here: World) -> None:
    motion = decide.propose_motion(doer(here.bheki), here.barrio, title="Roof", text="We mend the roof in May.")
    other = decide.propose_motion(
        doer(here.ana), here.barrio, title="Sooner", text="We mend the roof in April.", amends=motion
    )
    closes = datetime.now(UTC) + SOON
    with pytest.raises(Refused):
        decide.open_motion(doer(here.ana), motion, closes=closes)
    decide.open_motion(doer(here.ana), other, closes=closes)
    decide.cast_ballot(doer(here.ana), other.pk, "for")
    decide.close_motion(doer(here.ana), other)
    motion.refresh_from_db()
    assert (motion.text, motion.text_before) == ("We mend the roof in April.", "We mend the roof in May.")
    decide.open_motion(doer(here.ana), motion, closes=closes)


def test_a_paper_count_is_taken_only_when_two_tellers_agree(here: World) -> None:
    members(here, 5)
    grant_mandate(
        doer(here.ana), here.barrio, person=here.bheki.pk, purpose="teller", decision="assembly of January"
    )
    motion = opened(here)
    decide.enter_paper_count(doer(here.ana), motion, batch="hall", counts={"for": 3, "against": 1})
    with pytest.raises(Refused):
        decide.enter_paper_count(doer(here.bheki), motion, batch="hall", counts={"for": 4, "against": 1})
    assert decide.ballots_in(motion) == 0
    decide.enter_paper_count(doer(here.bheki), motion, batch="hall", counts={"for": 3, "against": 1})
    assert decide.piles_of(motion) == {"for": 3, "against": 1}


def test_a_printed_code_casts_one_ballot_without_a_name(here: World) -> None:
    motion = opened(here)
    codes: list[str] = []
    decide.print_voting_codes(doer(here.ana), motion, how_many=1, codes=codes)
    decide.cast_with_code(datetime.now(UTC), codes[0], "for")
    with pytest.raises(Refused):
        decide.cast_with_code(datetime.now(UTC), codes[0], "against")
    assert decide.piles_of(motion) == {"for": 1}


def test_a_mandate_that_a_decision_ended_is_of_no_use_at_once(here: World) -> None:
    mandate = Mandate.objects.get(organisation=here.barrio, person=here.ana, purpose="facilitator")
    # Where nobody facilitated any more, every member could open a vote.
    grant_mandate(
        doer(here.ana), here.barrio, person=here.bheki.pk, purpose="facilitator", decision="assembly of January"
    )
    motion = opened(here, {"kind": "end_mandate_by_decision", "mandate": mandate.pk})
    decide.cast_ballot(doer(here.bheki), motion.pk, "for")
    decide.close_motion(doer(here.ana), motion)
    draft = decide.propose_motion(doer(here.bheki), here.barrio, title="Next", text="Something else.")
    with pytest.raises(NotAllowed):
        decide.open_motion(doer(here.ana), draft, closes=datetime.now(UTC) + SOON)
