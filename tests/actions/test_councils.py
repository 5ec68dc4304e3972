"""Councils: delegates carry their base's members as they voted, both counts are shown, and bases have the last word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from solidaria.actions import assemblies, clocks, council_votes, councils, decide, recall
from solidaria.actions.effects import house_rules
from solidaria.actions.permit import Doer, NotAllowed, rights_of
from solidaria.actions.who import grant_mandate
from solidaria.core.problem import Refused
from solidaria.records.models import (
    Act,
    Assembly,
    Belonging,
    HouseRule,
    Mandate,
    Membership,
    Motion,
    Obligation,
    Organisation,
    Person,
    Seat,
    SplitVote,
)
from tests.web.people import doer, founded, person

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=3)
TEXT = "We share the two lorries."
numbers = count(1)


def base(name: str, members: int, council: Organisation, ana: Person, instruction: str = "") -> Organisation:
    """A union with so many members in the council, its delegate on the seat."""
    delegate = person(f"delegate-{name}", f"Delegate of {name}")
    one = founded(delegate, name, "union", ("coordinator", "facilitator", "secretary"))
    people = [Person(handle=f"{name}-{next(numbers)}", name="A member", password="!") for _ in range(members - 1)]
    Person.objects.bulk_create(people)
    Membership.objects.bulk_create(
        Membership(organisation=one, person=each, entered=NOW.date()) for each in people
    )
    Belonging.objects.create(network=council, organisation=one, asked_by_network=False, agreed=NOW)
    mandate = grant_mandate(
        doer(delegate),
        one,
        person=delegate.pk,
        purpose="delegate",
        instructions=f"Sit in {council.name}.",
        decision="founding assembly",
    )
    councils.give_seat(doer(delegate), mandate, council=council)
    Seat.objects.filter(base=one).update(instruction=instruction)
    return one


def delegate_of(one: Organisation) -> Person:
    """Who sits for it."""
    return Person.objects.get(handle=f"delegate-{one.name}")


@pytest.fixture
def council() -> Organisation:
    """A council whose founder facilitates; nobody has a seat in it yet."""
    return founded(person("ana"), "Consejo", "council", ("facilitator", "secretary", "coordinator"))


@pytest.fixture
def ana(council: Organisation) -> Person:
    """The council's facilitator."""
    return Person.objects.get(handle="ana")


@pytest.fixture
def unions(council: Organisation, ana: Person) -> list[Organisation]:
    """Three unions with 750, 125 and 15 members."""
    return [base("A", 750, council, ana), base("B", 125, council, ana), base("C", 15, council, ana)]


def drafted(council: Organisation, by: Person, *effects: dict[str, object]) -> Motion:
    """A draft in the council, proposed by a delegate."""
    return decide.propose_motion(
        doer(by), council, title="Lorries", text=TEXT, method="council", effects=list(effects)
    )


def decided(motion: Motion, votes: dict[str, int], at: datetime | None = None) -> Motion:
    """A base's motion, opened and closed with these ballots."""
    by = delegate_of(motion.organisation)
    decide.open_motion(Doer(by, at=at or NOW), motion, closes=(at or NOW) + timedelta(days=1))
    motion.refresh_from_db()
    for ballot, number in votes.items():
        if number:
            decide.add_to_pile(motion, ballot, number)
    return decide.close_motion(Doer(by, at=at or NOW), motion)


def in_base(motion: Motion, one: Organisation) -> Motion:
    """The base's own motion on the council's."""
    return Motion.objects.get(origin=motion, organisation=one)


CNT = {"A": {"for": 400, "against": 350}, "B": {"for": 25, "against": 100}, "C": {"for": 15}}


def cnt(council: Organisation, ana: Person, unions: list[Organisation], *effects: dict[str, object]) -> Motion:
    """The case of the CNT, voted in the bases and cast in the council, not closed yet."""
    motion = drafted(council, delegate_of(unions[0]), *effects)
    councils.carry_down(doer(ana), motion)
    for one in unions:
        decided(in_base(motion, one), CNT[one.name])
    decide.open_motion(doer(ana), motion, closes=SOON)
    for one in unions:
        councils.cast_split(doer(delegate_of(one)), motion, votes=CNT[one.name])
    return motion


# --- seats ---


def test_a_seat_needs_a_live_delegate_mandate_that_names_the_council(council: Organisation, ana: Person) -> None:
    lena = person("lena")
    union = founded(lena, "Sindicato", "union", ("coordinator", "secretary"))
    other = grant_mandate(doer(lena), union, person=lena.pk, purpose="treasurer", decision="founding assembly")
    with pytest.raises(Refused) as refused:
        councils.give_seat(doer(lena), other, council=council)
    assert len(refused.value.faults) == 2, "not in the council, and not a delegate"
    Belonging.objects.create(network=council, organisation=union, asked_by_network=False, agreed=NOW)
    vague = grant_mandate(
        doer(lena), union, person=lena.pk, purpose="delegate", instructions="Go.", decision="founding assembly"
    )
    with pytest.raises(Refused, match="does not name Consejo"):
        councils.give_seat(doer(lena), vague, council=council)
    with pytest.raises(NotAllowed):
        councils.give_seat(doer(ana), vague, council=council)


def test_a_decision_gives_the_mandate_and_the_seat_together(council: Organisation, ana: Person) -> None:
    union = base("A", 5, council, ana)
    lena = person("lena")
    Membership.objects.create(organisation=union, person=lena, entered=NOW.date())
    effect = {"kind": "grant_mandate", "person": lena.pk, "purpose": "delegate", "council": council.pk}
    motion = decide.propose_motion(
        doer(lena),
        union,
        title="Lena sits",
        text="Lena sits for us.",
        effects=[{**effect, "instruction": "against"}],
    )
    decided(motion, {"for": 3})
    seat = Seat.objects.get(base=union, council=council, ended=None)
    assert (seat.mandate.person, seat.instruction, seat.mandate.motion) == (lena, "against", motion)
    assert Seat.objects.filter(base=union, council=council).count() == 2, "the seat before has ended"
    assert council_votes.bases_of(council, NOW) == [union], "one seat for a base"
    assert "seat" in rights_of(lena, council) and "seat" not in rights_of(delegate_of(union), council)


def test_a_seat_ends_when_its_mandate_ends_and_when_the_base_leaves(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    first, second, third = unions
    Mandate.objects.filter(seats__base=first).update(ended=NOW)
    Mandate.objects.filter(seats__base=second).update(
        starts=NOW.date() - timedelta(days=9), ends=NOW.date() - timedelta(days=1)
    )
    assert council_votes.bases_of(council, NOW) == [third]
    Belonging.objects.filter(organisation=third).update(left=NOW)
    assert council_votes.bases_of(council, NOW) == []
    with pytest.raises(NotAllowed):
        drafted(council, delegate_of(first))


def test_no_second_term_in_a_row_where_the_rules_say_so(council: Organisation, ana: Person) -> None:
    """IWW: a delegate holds no two consecutive terms."""
    union = base("A", 5, council, ana)
    HouseRule.objects.create(organisation=union, rule="terms_in_a_row", value="1", since=NOW)
    again = {
        "kind": "grant_mandate",
        "person": delegate_of(union).pk,
        "purpose": "delegate",
        "council": council.pk,
    }
    with pytest.raises(Refused, match="1 times in a row"):
        decide.propose_motion(
            doer(delegate_of(union)), union, title="Again", text="The same again.", effects=[again]
        )


# --- the vote ---


def test_the_roll_is_each_base_with_its_members_of_the_day_the_motion_opened(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    Membership.objects.create(organisation=unions[2], person=person("late"), entered=NOW.date())
    rows = SplitVote.objects.filter(motion=motion).order_by("base__name")
    assert [(row.base.name, row.members) for row in rows] == [("A", 750), ("B", 125), ("C", 15)]
    assert motion.roll_size == 890


@pytest.mark.parametrize(("carry", "state"), [("both", "lost"), ("members", "lost"), ("organisations", "carried")])
def test_by_organisations_2_to_1_for_by_members_440_for_and_450_against(
    council: Organisation, ana: Person, unions: list[Organisation], carry: str, state: str
) -> None:
    HouseRule.objects.create(organisation=council, rule="council_carry", value=carry, since=NOW)
    effect = {"kind": "adopt_house_rule", "rule": "quorum", "value": "1/2"}
    motion = cnt(council, ana, unions, effect)
    closed = decide.close_motion(doer(ana), motion)
    assert closed.terms["carry"] == carry and closed.state == state
    assert dict(closed.result["tally"]) == {"for": 440, "against": 450, "abstain": 0}
    assert dict(closed.result["organisations"]) == {"for": 2, "against": 1, "abstain": 0}
    assert (house_rules(council).get("quorum") == "1/2") == (state == "carried")


def test_the_parts_add_up_to_the_members_represented(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    Seat.objects.update(instruction="for")
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    with pytest.raises(Refused, match="casts 14 members, but represents 15"):
        councils.cast_split(doer(delegate_of(unions[2])), motion, votes={"for": 14})
    with pytest.raises(Refused):
        councils.cast_split(doer(delegate_of(unions[2])), motion, votes={"for": 16, "against": -1})


def test_a_vote_that_differs_from_the_base_s_is_refused_with_the_difference(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion = drafted(council, delegate_of(unions[0]))
    councils.carry_down(doer(ana), motion)
    decided(in_base(motion, unions[0]), CNT["A"])
    decide.open_motion(doer(ana), motion, closes=SOON)
    with pytest.raises(Refused) as refused:
        councils.cast_split(doer(delegate_of(unions[0])), motion, votes={"for": 750})
    told = " ".join(str(fault.what) for fault in refused.value.faults)
    assert "for: 750 instead of 400" in told and "against: 0 instead of 350" in told
    row = councils.cast_split(doer(delegate_of(unions[0])), motion, votes=CNT["A"])
    assert (row.votes_for, row.votes_against, row.because) == (400, 350, "base")


def test_members_who_did_not_vote_in_the_base_are_cast_as_abstaining(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion = drafted(council, delegate_of(unions[0]))
    councils.carry_down(doer(ana), motion)
    decided(in_base(motion, unions[2]), {"for": 4, "against": 2})
    decide.open_motion(doer(ana), motion, closes=SOON)
    row = councils.cast_split(doer(delegate_of(unions[2])), motion, votes={"for": 4, "against": 2, "abstain": 9})
    assert row.votes_abstain == 9


def test_where_the_base_has_not_voted_its_written_instruction_binds(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    lena = delegate_of(unions[2])
    effect = {"kind": "instruct_delegate", "council": council.pk, "instruction": "against"}
    decided(
        decide.propose_motion(doer(lena), unions[2], title="No", text="No lorries.", effects=[effect]), {"for": 9}
    )
    motion = decide.open_motion(doer(ana), drafted(council, lena), closes=SOON)
    with pytest.raises(Refused):
        councils.cast_split(doer(lena), motion, votes={"for": 15})
    assert councils.cast_split(doer(lena), motion, votes={"against": 15}).because == "instruction"


def test_a_vote_on_another_text_does_not_bind(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    """Binding mandates break when the proposal changes in the meeting: then it goes back to the base."""
    lena = delegate_of(unions[0])
    motion = drafted(council, lena)
    councils.carry_down(doer(ana), motion)
    decided(in_base(motion, unions[0]), CNT["A"])
    decide.edit_motion(doer(lena), motion, title="Lorries", text="We sell the two lorries.", method="council")
    decide.open_motion(doer(ana), motion, closes=SOON)
    with pytest.raises(Refused, match="neither voted nor instructed"):
        councils.cast_split(doer(lena), motion, votes=CNT["A"])


def test_while_the_base_is_voting_its_delegate_waits(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    lena = delegate_of(unions[2])
    Seat.objects.update(instruction="for")
    motion = drafted(council, lena)
    councils.carry_down(doer(ana), motion)
    decide.open_motion(doer(lena), in_base(motion, unions[2]), closes=SOON)
    decide.open_motion(doer(ana), motion, closes=SOON)
    with pytest.raises(Refused, match="is voting on this very motion"):
        councils.cast_split(doer(lena), motion, votes={"for": 15})


def test_nobody_casts_for_another_base_nor_without_a_seat(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    Seat.objects.update(instruction="for")
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    with pytest.raises(NotAllowed):
        councils.cast_split(doer(ana), motion, votes={"for": 15})
    with pytest.raises(NotAllowed):
        councils.cast_split(doer(delegate_of(unions[0])), motion, votes={"for": 15}, base=unions[2].code)


def test_a_recalled_delegate_casts_nothing_and_the_next_one_does(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    union = unions[2]
    Seat.objects.update(instruction="for")
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    mandate = Mandate.objects.get(organisation=union, purpose="delegate")
    other = union.memberships.exclude(person=mandate.person).first().person
    row = recall.open_recall(doer(other), mandate, why="Voted on the lorries without asking us.")
    Mandate.objects.filter(pk=row.mandate_id).update(ended=NOW)
    with pytest.raises(NotAllowed):
        councils.cast_split(doer(mandate.person), motion, votes={"for": 15})
    fresh = Mandate.objects.create(
        organisation=union, person=other, purpose="delegate", starts=NOW.date(), decision="motion 2"
    )
    Seat.objects.filter(base=union).update(ended=NOW)
    Seat.objects.create(council=council, base=union, mandate=fresh, instruction="for")
    assert councils.cast_split(doer(other), motion, votes={"for": 15}).cast_by == other


def test_an_absent_delegate_silences_nobody_who_voted(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion = drafted(council, delegate_of(unions[0]))
    councils.carry_down(doer(ana), motion)
    for one in unions:
        decided(in_base(motion, one), CNT[one.name])
    decide.open_motion(doer(ana), motion, closes=SOON)
    closed = decide.close_motion(doer(ana), motion)
    assert dict(closed.result["tally"]) == {"for": 440, "against": 450, "abstain": 0}
    assert not SplitVote.objects.filter(motion=motion, cast_by__isnull=False).exists()


def test_a_council_decides_only_by_its_bases_members(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    """The founder alone is on the council's own roll; a vote by that roll would pass every base by."""
    motion = decide.propose_motion(doer(ana), council, title="Alone", text="I decide alone.")
    with pytest.raises(Refused, match="would pass them by"):
        decide.open_motion(doer(ana), motion, closes=SOON)


def test_a_council_without_seats_has_no_members_to_cast(council: Organisation, ana: Person) -> None:
    motion = decide.propose_motion(doer(ana), council, title="Nobody", text="Nobody sits.", method="council")
    with pytest.raises(Refused, match="Nobody holds a seat"):
        decide.open_motion(doer(ana), motion, closes=SOON)


def test_any_number_of_levels_carries_the_members_of_the_lowest(council: Organisation, ana: Person) -> None:
    base("A", 7, council, ana)
    base("B", 5, council, ana)
    above = founded(person("olga"), "Federation", "council", ("facilitator",))
    lena = person("lena")
    Belonging.objects.create(network=above, organisation=council, asked_by_network=False, agreed=NOW)
    mandate = Mandate.objects.create(
        organisation=council, person=lena, purpose="delegate", starts=NOW.date(), decision="motion 1"
    )
    Seat.objects.create(council=above, base=council, mandate=mandate, instruction="for")
    other = base("D", 3, above, ana)
    assert council_votes.represented(council, NOW) == 12
    motion = decide.open_motion(
        doer(Person.objects.get(handle="olga")), drafted(above, delegate_of(other)), closes=SOON
    )
    assert motion.roll_size == 15
    assert councils.cast_split(doer(lena), motion, votes={"for": 12}).votes_for == 12
    # A circle of councils counts nobody twice.
    Belonging.objects.create(network=council, organisation=above, asked_by_network=False, agreed=NOW)
    Seat.objects.create(
        council=council, base=above, mandate=Mandate.objects.get(organisation=other, purpose="delegate")
    )
    assert council_votes.represented(council, NOW) == 15


# --- refer back ---


def test_without_a_vote_and_an_instruction_the_motion_goes_back_to_the_base(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    lena = delegate_of(unions[1])
    Seat.objects.exclude(base=unions[1]).update(instruction="for")
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    with pytest.raises(Refused, match="neither voted nor instructed"):
        councils.cast_split(doer(lena), motion, votes={"for": 125})
    councils.refer_back(doer(lena), motion)
    councils.refer_back(doer(lena), motion)
    clock = Obligation.objects.get()
    assert (clock.kind, clock.organisation, clock.met) == ("referred back", unions[1], None)
    assert clock.due - clock.since == timedelta(days=30)
    assert clock.motion == in_base(motion, unions[1]) and clock.motion.text == motion.text
    councils.cast_split(doer(delegate_of(unions[0])), motion, votes={"for": 750})
    closed = decide.close_motion(doer(ana), motion)
    assert (closed.state, closed.outcome, closed.result["waiting"]) == ("referred", "referred", [unions[1].code])


def test_a_motion_that_went_back_is_voted_again_when_the_base_has_answered(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    Seat.objects.exclude(base=unions[1]).update(instruction="for")
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    councils.refer_back(doer(delegate_of(unions[1])), motion)
    decide.close_motion(doer(ana), motion)
    decided(in_base(motion, unions[1]), {"for": 60, "against": 40})
    assert Obligation.objects.get().met is not None
    councils.open_again(doer(delegate_of(unions[1])), motion, closes=SOON)
    for one in (unions[0], unions[2]):
        row = SplitVote.objects.get(motion=motion, base=one)
        councils.cast_split(doer(delegate_of(one)), motion, votes={"for": row.members})
    councils.cast_split(doer(delegate_of(unions[1])), motion, votes={"for": 60, "against": 40, "abstain": 25})
    closed = decide.close_motion(doer(ana), motion)
    assert closed.state == "carried" and dict(closed.result["tally"]) == {"for": 825, "against": 40, "abstain": 25}


def test_a_base_that_never_answers_holds_the_council_up_only_for_the_time_in_the_rules(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    Seat.objects.exclude(base=unions[1]).update(instruction="for")
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    councils.refer_back(doer(delegate_of(unions[1])), motion)
    decide.close_motion(doer(ana), motion)
    late = NOW + timedelta(days=31)
    councils.open_again(Doer(ana, at=late), motion, closes=late + timedelta(days=1))
    with pytest.raises(Refused, match="its time is over"):
        councils.refer_back(Doer(delegate_of(unions[1]), at=late), motion)
    for one, members in ((unions[0], 750), (unions[2], 15)):
        councils.cast_split(Doer(delegate_of(one), at=late), motion, votes={"for": members})
    closed = decide.close_motion(Doer(ana, at=late), motion)
    assert closed.state == "carried"
    assert clocks.running(unions).get().organisation == unions[1], "the clock runs on"


def test_a_bound_delegate_cannot_refer_back(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    Seat.objects.update(instruction="against")
    motion = decide.open_motion(doer(ana), drafted(council, delegate_of(unions[0])), closes=SOON)
    with pytest.raises(Refused, match="written instruction binds"):
        councils.refer_back(doer(delegate_of(unions[0])), motion)


# --- motions travel ---


def test_a_motion_goes_down_on_the_very_same_text_with_its_origin_once(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion = drafted(council, delegate_of(unions[0]))
    councils.carry_down(doer(ana), motion)
    councils.carry_down(doer(delegate_of(unions[1])), motion)
    found = Motion.objects.filter(origin=motion)
    assert [(one.organisation, one.text, one.state) for one in found.order_by("organisation__name")] == [
        (one, TEXT, "draft") for one in unions
    ]
    with pytest.raises(NotAllowed):
        decide.edit_motion(doer(delegate_of(unions[0])), found[0], title="x", text="y", method="majority")


def test_a_base_s_decision_goes_up_and_what_came_of_it_can_be_followed(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    lena = delegate_of(unions[0])
    own = decide.propose_motion(doer(lena), unions[0], title="Lorries", text=TEXT)
    with pytest.raises(Refused):
        councils.carry_up(doer(lena), own, council=council)
    decided(own, CNT["A"])
    there = councils.carry_up(doer(lena), own, council=council)
    assert (there.organisation, there.text, there.origin, there.method, there.state) == (
        council,
        TEXT,
        own,
        "council",
        "draft",
    )
    assert councils.carry_up(doer(lena), own, council=council) == there
    councils.carry_down(doer(ana), there)
    assert set(there.derived.values_list("organisation__name", flat=True)) == {"B", "C"}, "A has decided already"
    decide.open_motion(doer(ana), there, closes=SOON)
    assert councils.cast_split(doer(lena), there, votes=CNT["A"]).because == "base"
    assert Act.objects.filter(verb="carry_up", subject=there.pk, organisation=council).count() == 1


# --- ratification ---


def to_ratify(
    council: Organisation, ana: Person, unions: list[Organisation], needed: int = 2
) -> tuple[Motion, datetime]:
    """A council's decision that so many bases have to confirm within 20 days."""
    Seat.objects.update(instruction="for")
    by = NOW + timedelta(days=20)
    effect = {"kind": "adopt_house_rule", "rule": "quorum", "value": "1/2"}
    motion = drafted(council, delegate_of(unions[0]), effect)
    councils.ask_for_ratification(doer(ana), motion, needed=needed, by=by)
    decide.open_motion(doer(ana), motion, closes=SOON)
    for one in unions:
        row = SplitVote.objects.get(motion=motion, base=one)
        councils.cast_split(doer(delegate_of(one)), motion, votes={"for": row.members})
    return decide.close_motion(doer(ana), motion), by


def test_a_decision_to_be_confirmed_takes_effect_only_when_enough_bases_did_and_once(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion, by = to_ratify(council, ana, unions)
    assert (motion.state, motion.outcome) == ("referred", "to ratify") and house_rules(council) == {}
    assert {(one.organisation, one.kind, one.due) for one in Obligation.objects.all()} == {
        (one, "ratification", by) for one in unions
    }
    decided(in_base(motion, unions[0]), {"for": 9})
    decided(in_base(motion, unions[1]), {"for": 2, "against": 9})
    motion.refresh_from_db()
    assert motion.outcome == "to ratify" and house_rules(council) == {}
    decided(in_base(motion, unions[2]), {"for": 9})
    motion.refresh_from_db()
    assert (motion.state, motion.outcome) == ("carried", "carried")
    assert house_rules(council) == {"quorum": "1/2"}
    assert Act.objects.filter(verb="adopt_house_rule", motion=motion).count() == 1
    assert not Obligation.objects.filter(met=None).exists()
    assert council_votes.lapse_due(by + timedelta(days=1)) == 0


def test_a_decision_that_too_few_confirmed_by_the_date_lapses(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion, by = to_ratify(council, ana, unions)
    decided(in_base(motion, unions[0]), {"for": 9})
    assert council_votes.lapse_due(by) == 0
    assert council_votes.lapse_due(by + timedelta(seconds=1)) == 1
    motion.refresh_from_db()
    assert (motion.state, motion.outcome) == ("lost", "lapsed")
    decided(in_base(motion, unions[1]), {"for": 9}, at=by + timedelta(days=1))
    assert house_rules(council) == {}, "too late is too late"


def test_a_confirmation_that_ended_in_time_counts_even_if_the_server_closed_it_later(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion, by = to_ratify(council, ana, unions, needed=1)
    own = in_base(motion, unions[0])
    decide.open_motion(doer(delegate_of(unions[0])), own, closes=by)
    decide.add_to_pile(own, "for", 3)
    assert decide.close_due(by + timedelta(minutes=5)) == 1
    motion.refresh_from_db()
    assert motion.state == "carried"


def test_bases_confirm_the_very_same_text_and_nobody_takes_it_off_or_amends_it(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion, _ = to_ratify(council, ana, unions)
    lena, own = delegate_of(unions[0]), in_base(motion, unions[0])
    assert own.text == motion.text
    with pytest.raises(Refused, match="nobody can take it off"):
        decide.withdraw_motion(doer(lena), own)
    with pytest.raises(Refused, match="cannot be changed"):
        decide.propose_motion(doer(lena), unions[0], title="Other", text="Another text.", amends=own)
    Motion.objects.filter(pk=own.pk).update(text="Another text.")
    own.refresh_from_db()
    decided(own, {"for": 9})
    assert council_votes.confirmations(motion) == []


def test_a_base_that_carried_the_very_text_before_has_confirmed_it(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    by = NOW + timedelta(days=20)
    motion = drafted(council, delegate_of(unions[0]))
    councils.ask_for_ratification(doer(ana), motion, needed=2, by=by)
    councils.carry_down(doer(ana), motion)
    for one in unions:
        decided(in_base(motion, one), {"for": 10, "against": 1})
    decide.open_motion(doer(ana), motion, closes=SOON)
    closed = decide.close_motion(doer(ana), motion)
    assert closed.state == "carried" and not Obligation.objects.exists()


def test_a_vote_without_quorum_answers_nothing(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion, _ = to_ratify(council, ana, unions)
    HouseRule.objects.create(organisation=unions[0], rule="quorum", value="1/2", since=NOW)
    assert decided(in_base(motion, unions[0]), {"for": 9}).outcome == "not quorate"
    assert Obligation.objects.get(organisation=unions[0]).met is None


@pytest.mark.parametrize(("needed", "days"), [(0, 20), (4, 20), (2, 0)])
def test_how_many_bases_and_until_when_is_checked(
    council: Organisation, ana: Person, unions: list[Organisation], needed: int, days: int
) -> None:
    motion = drafted(council, delegate_of(unions[0]))
    with pytest.raises(Refused):
        councils.ask_for_ratification(doer(ana), motion, needed=needed, by=NOW + timedelta(days=days))


def test_the_day_for_the_bases_comes_after_the_council_s(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    motion = drafted(council, delegate_of(unions[0]))
    councils.ask_for_ratification(doer(ana), motion, needed=2, by=NOW + timedelta(days=2))
    with pytest.raises(Refused):
        decide.open_motion(doer(ana), motion, closes=SOON)


# --- the council's own mandates ---


def test_delegates_recall_whom_the_council_gave_a_mandate(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    """COSATU: a third of the affiliates; of three unions one, when the rule says a third."""
    HouseRule.objects.create(organisation=council, rule="recall_share", value="2/3", since=NOW)
    mandate = Mandate.objects.get(organisation=council, person=ana, purpose="coordinator")
    outsider = unions[0].memberships.exclude(person=delegate_of(unions[0])).first().person
    with pytest.raises(NotAllowed):
        recall.open_recall(doer(outsider), mandate, why="Signed without us.")
    row = recall.open_recall(doer(delegate_of(unions[0])), mandate, why="Signed without us.")
    assert (row.roll_size, row.needed) == (3, 2)
    row = recall.sign_recall(doer(delegate_of(unions[1])), row)
    assert row.vote_opens is not None and recall.open_due(row.vote_opens) == 1
    motion = Motion.objects.get(organisation=council)
    assert motion.method == "council" and motion.derived.count() == 3, "the bases are asked"
    for one in unions:
        decided(in_base(motion, one), {"for": 9, "against": 1}, at=row.vote_opens)
    assert decide.close_due(motion.closes) >= 1
    mandate.refresh_from_db()
    assert mandate.ended is not None


def test_a_council_gives_mandates_to_members_of_its_bases(
    council: Organisation, ana: Person, unions: list[Organisation]
) -> None:
    Seat.objects.update(instruction="for")
    someone = unions[1].memberships.exclude(person=delegate_of(unions[1])).first().person
    grant = {"kind": "grant_mandate", "person": someone.pk, "purpose": "treasurer"}
    motion = drafted(council, delegate_of(unions[0]), grant)
    decide.open_motion(doer(ana), motion, closes=SOON)
    for one in unions:
        members = SplitVote.objects.get(motion=motion, base=one).members
        councils.cast_split(doer(delegate_of(one)), motion, votes={"for": members})
    decide.close_motion(doer(ana), motion)
    assert "plan.refuse" in rights_of(someone, council)
    stranger = {"kind": "grant_mandate", "person": person("carla").pk, "purpose": "treasurer"}
    with pytest.raises(Refused):
        drafted(council, delegate_of(unions[0]), stranger)


# --- a special congress ---


def asked_by(one: Organisation, council: Organisation, at: datetime | None = None) -> Motion:
    """A base decides to ask the council for a special congress."""
    effect = {"kind": "ask_for_congress", "council": council.pk}
    motion = decide.propose_motion(
        Doer(delegate_of(one), at=at or NOW),
        one,
        title="Congress",
        text="We ask for a congress.",
        effects=[effect],
    )
    return decided(motion, {"for": 3}, at)


def test_a_third_of_the_bases_starts_a_clock_that_no_officer_can_switch_off(
    council: Organisation, ana: Person
) -> None:
    """COSATU: 7 of 19 are needed; the demand of September 2013 was met in July 2015, about 22 months later."""
    unions = [base(f"U{number}", 4, council, ana) for number in range(19)]
    for one in unions[:6]:
        asked_by(one, council)
    assert not Obligation.objects.exists()
    asked_by(unions[6], council)
    clock = Obligation.objects.get()
    assert (clock.organisation, clock.kind, clock.due) == (council, "special congress", NOW + timedelta(days=30))
    for one in unions[7:9]:
        asked_by(one, council)
    assert Obligation.objects.count() == 1, "nine asked; the clock runs once"
    late = NOW + timedelta(days=660)
    Mandate.objects.update(ends=(late + timedelta(days=90)).date())
    held = Assembly.objects.create(organisation=council, name="Alone", starts=NOW, called=NOW, opened=NOW)
    assemblies.end_assembly(doer(ana), held)
    clock.refresh_from_db()
    assert clock.met is None, "a room that an officer opens and closes alone meets nothing"
    congress = Assembly.objects.create(organisation=council, name="Congress", starts=late, called=NOW, opened=late)
    for one in unions[:7]:
        assemblies.attend(Doer(delegate_of(one), at=late), congress)
    assemblies.end_assembly(Doer(ana, at=late), congress)
    clock.refresh_from_db()
    assert clock.met == late and (clock.met - clock.due).days == 630


def test_a_base_without_a_seat_cannot_ask_for_a_congress(council: Organisation, ana: Person) -> None:
    union = base("A", 4, council, ana)
    Seat.objects.update(ended=NOW)
    with pytest.raises(Refused, match="no seat there"):
        asked_by(union, council)
