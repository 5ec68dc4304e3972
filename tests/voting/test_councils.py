"""Councils: two counts, split votes that add up, delegates who are bound."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.problem import Refused
from solidaria.core.voting.councils import (
    CouncilTerms,
    DelegateScale,
    Mandate,
    Split,
    bound,
    check_mandate,
    council,
    in_proportion,
)
from solidaria.core.voting.majority import MajorityTerms, Quorum, Share

#: CNT: A 400 to 350 for, B 25 to 100 against, C 15 to 0 for.
CNT = (
    Split("A", 750, {"for": 400, "against": 350}),
    Split("B", 125, {"for": 25, "against": 100}),
    Split("C", 15, {"for": 15}),
)

#: The scale of the IWW constitution: exactly 130 members are in no band, and it does not say what 131 to 169 have.
IWW = DelegateScale(
    ((10, 19, 1), (20, 29, 2), (30, 49, 3), (50, 69, 4), (70, 89, 5), (90, 129, 6)), beyond=(130, 40)
)


def test_the_cnt_paradox_shows_both_counts():
    result = council(CNT)
    assert (result.by_members["for"], result.by_members["against"]) == (440, 450)
    assert (result.by_organisations["for"], result.by_organisations["against"]) == (2, 1)
    assert result.organisations_carry and not result.members_carry
    assert result.differ and result.outcome == "lost"
    assert [str(sentence) for sentence in result.sentences] == [
        "By members: 440 for, 450 against, 0 abstaining.",
        "By organisations: 2 for, 1 against, 0 even.",
        "The two counts differ.",
    ]


@pytest.mark.parametrize(
    ("carry", "outcome"), [("both", "lost"), ("members", "lost"), ("organisations", "carried")]
)
def test_the_rule_says_which_count_must_carry(carry, outcome):
    assert council(CNT, CouncilTerms(carry)).outcome == outcome


def test_an_organisation_that_is_even_is_neither_for_nor_against():
    result = council((Split("A", 10, {"for": 5, "against": 5}), Split("B", 3, {"for": 2, "abstain": 1})))
    assert result.stands == {"A": "even", "B": "for"}
    assert result.by_organisations == {"for": 1, "against": 0, "abstain": 1}
    assert result.carried


def test_the_roll_of_the_council_counts_organisations_that_stay_away():
    terms = CouncilTerms(
        "organisations",
        organisations=MajorityTerms((Share("roll"),), (Quorum("share", Fraction(1, 2)),)),
    )
    roll = {"A": 750, "B": 125, "C": 15, "D": 40}
    assert council(CNT, terms, roll=roll).outcome == "lost"
    assert council(CNT[:1], terms, roll=roll).outcome == "not quorate"


def test_all_faults_of_a_council_vote_are_said_at_once():
    votes = (
        Split("A", 10, {"for": 5, "against": 4}),
        Split("A", 10, {"for": 10}),
        Split("B", 3, {"for": 2, "maybe": 1}),
        Split("C", 4, {"for": 5, "against": -1}),
        Split("X", 4, {"for": 4}),
    )
    with pytest.raises(Refused) as refused:
        council(votes, roll={"A": 10, "B": 3, "C": 5})
    assert [(fault.sheet, str(fault.what)) for fault in refused.value.faults] == [
        ("A", "A casts 9 members, but represents 10."),
        ("A", "A votes twice."),
        ("B", "'maybe' is not a part that members can be cast on."),
        ("C", "C casts -1 members against."),
        ("C", "C represents 4 members, but its roll has 5."),
        ("X", "X is not part of this council."),
    ]


def test_where_the_base_voted_its_members_are_cast_as_they_voted_and_the_silent_abstain():
    assert bound(10, Mandate(base={"for": 6, "against": 3})).votes == {"for": 6, "against": 3, "abstain": 1}


def test_where_the_base_has_not_voted_the_written_instruction_binds():
    cast = bound(10, Mandate(instruction="against"))
    assert (cast.votes, cast.because) == ({"for": 0, "against": 10, "abstain": 0}, "instruction")


def test_without_vote_or_instruction_the_motion_goes_back_to_the_base():
    assert bound(10, Mandate()).because == "refer back"
    faults = check_mandate(Split("A", 10, {"for": 10}), Mandate())
    assert "goes back" in str(faults[0].what)


def test_a_vote_that_differs_from_the_base_is_refused_with_the_difference():
    mandate = Mandate(base={"for": 6, "against": 4})
    assert check_mandate(Split("A", 10, {"for": 6, "against": 4}), mandate) == []
    faults = check_mandate(Split("A", 10, {"for": 7, "against": 3}), mandate)
    assert [str(fault.what) for fault in faults] == [
        "A votes otherwise than its base: for: 7 instead of 6.",
        "A votes otherwise than its base: against: 3 instead of 4.",
    ]


def test_more_votes_in_the_base_than_members_cannot_be_carried():
    with pytest.raises(ValueError, match="do not fit"):
        bound(10, Mandate(base={"for": 11}))


def test_a_delegation_divided_in_proportion_loses_no_vote():
    assert in_proportion(7, {"for": 400, "against": 350}) == {"for": 4, "against": 3, "abstain": 0}
    assert in_proportion(1, {"for": 5, "against": 5}) == {"for": 1, "against": 0, "abstain": 0}
    with pytest.raises(ValueError, match="nobody voted"):
        in_proportion(3, {})


@pytest.mark.parametrize(
    ("members", "delegates"),
    [
        (9, 0),
        (10, 1),
        (19, 1),
        (20, 2),
        (29, 2),
        (30, 3),
        (49, 3),
        (50, 4),
        (69, 4),
        (70, 5),
        (89, 5),
        (90, 6),
        (129, 6),
    ],
)
def test_the_iww_scale(members, delegates):
    assert IWW.delegates(members) == delegates


def test_where_the_scale_does_not_say_the_rule_is_undefined_until_it_is_set():
    for members in (130, 131, 169):
        with pytest.raises(ValueError, match="undefined"):
            IWW.delegates(members)
    assert IWW.delegates(170) == 7
    decided = DelegateScale(IWW.bands[:-1] + ((90, 130, 6),), IWW.beyond, partly=True)
    assert [decided.delegates(members) for members in (130, 131, 170, 171)] == [6, 7, 7, 8]
    other = DelegateScale(IWW.bands[:-1] + ((90, 130, 6),), IWW.beyond, partly=False)
    assert [other.delegates(members) for members in (130, 131, 169, 170)] == [6, 6, 6, 7]


SPLITS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8
).map(
    lambda rows: [
        Split(f"o{number}", sum(row), dict(zip(("for", "against", "abstain"), row, strict=True)))
        for number, row in enumerate(rows)
    ]
)


@given(SPLITS, st.randoms())
def test_a_base_of_n_never_counts_more_than_n_and_order_changes_nothing(splits, chance):
    result = council(tuple(splits))
    assert sum(result.by_members.values()) == sum(split.members for split in splits)
    assert sum(result.by_organisations.values()) == len(splits)
    chance.shuffle(splits)
    assert council(tuple(splits)) == result


@given(SPLITS)
def test_splitting_a_mandate_loses_no_vote(splits):
    for split in splits:
        cast = bound(split.members, Mandate(base=split.votes))
        assert sum(cast.votes.values()) == split.members
        assert check_mandate(Split(split.organisation, split.members, cast.votes), Mandate(base=split.votes)) == []


@given(st.integers(0, 200), st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)))
def test_parts_in_proportion_add_up_and_are_within_one_of_the_exact_share(members, votes):
    tally = dict(zip(("for", "against", "abstain"), votes, strict=True))
    if not sum(votes):
        return
    parts = in_proportion(members, tally)
    assert sum(parts.values()) == members
    for part, number in parts.items():
        assert abs(number - Fraction(members * tally[part], sum(votes))) < 1
