"""Majorities and quorums: known cases first, then laws."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.voting.councils import supporters_needed
from solidaria.core.voting.majority import BASES, MajorityTerms, Quorum, Share, majority

TWO_THIRDS = Fraction(2, 3)


def carries(piles, *shares, **sizes):
    return majority(piles, MajorityTerms(shares), **sizes).outcome


def test_two_thirds_of_nine_present_is_six():
    at_least = Share("present", TWO_THIRDS, strict=False)
    more_than = Share("present", TWO_THIRDS, strict=True)
    assert carries({"for": 6, "against": 3}, at_least, present=9) == "carried"
    assert carries({"for": 6, "against": 3}, more_than, present=9) == "lost"
    assert carries({"for": 7, "against": 2}, more_than, present=9) == "carried"
    assert (at_least.needed(9), more_than.needed(9)) == (6, 7)


def test_exactly_half_is_not_more_than_half():
    assert carries({"for": 5, "against": 5}, Share()) == "lost"
    assert carries({"for": 6, "against": 5}, Share()) == "carried"


def test_the_same_ballots_carry_or_not_by_what_the_share_is_counted_of():
    piles = {"for": 10, "against": 8, "abstain": 2, "blank": 1, "spoiled": 3}
    sizes = {"present": 30, "roll": 40}
    outcomes = {base: carries(piles, Share(base), **sizes) for base in BASES}
    assert outcomes == {"for and against": "carried", "votes cast": "lost", "present": "lost", "roll": "lost"}
    checks = [majority(piles, MajorityTerms((Share(base),)), **sizes).checks[0] for base in BASES]
    assert [(check.whole, check.needed) for check in checks] == [(18, 10), (21, 11), (30, 16), (40, 21)]


def test_turnout_and_support_can_both_be_asked_for():
    # Trade Union Act 2016 (UK), important public services: more than half of those voting, 40 % of all entitled.
    terms = MajorityTerms(
        (Share("votes cast"), Share("roll", Fraction(2, 5), strict=False)),
        (Quorum("share", Fraction(1, 2), measure="ballots"),),
    )
    assert majority({"for": 400, "against": 100}, terms, roll=1000).outcome == "carried"
    assert majority({"for": 399, "against": 101}, terms, roll=1000).outcome == "lost"
    assert majority({"for": 400, "against": 99}, terms, roll=1000).outcome == "not quorate"


def test_without_a_quorum_the_vote_decides_nothing_but_its_shares_are_still_shown():
    terms = MajorityTerms(quorum=(Quorum("share", Fraction(1, 2), strict=True),))
    result = majority({"for": 5}, terms, present=5, roll=10)
    assert result.outcome == "not quorate" and not result.carried
    assert [check.reached for check in result.checks] == [False, True]
    assert result.checks[0].needed == 6


def test_at_the_second_call_any_number_decides():
    # Ley 20.337 (Argentina) art. 49: half plus one, else one hour later with whoever is present.
    terms = MajorityTerms(quorum=(Quorum("share", Fraction(1, 2), strict=True),), second_call=True)
    assert majority({"for": 3, "against": 1}, terms, present=4, roll=100).outcome == "carried"


def test_debian_quorum_is_three_halves_of_the_root_and_never_rounded():
    # 2002: 939 developers, 3Q = 45.96; 2004: 911, 45.27.
    quorum = Quorum("root", Fraction(3, 2))
    assert (quorum.needed(939), quorum.needed(911)) == (46, 46)
    assert Quorum("root", Fraction(1)).reached(10, 100)
    assert not Quorum("root", Fraction(1), strict=True).reached(10, 100)


def test_a_third_of_32_bodies_is_11_and_of_19_is_7():
    assert supporters_needed(Fraction(1, 3), 32) == 11
    assert supporters_needed(Fraction(1, 3), 19) == 7
    assert not Share("roll", Fraction(1, 3), strict=False).reached(8, 32)
    assert Share("roll", Fraction(1, 3), strict=False).reached(9, 19)


def test_five_percent_of_a_thousand_members_is_fifty_signatures():
    assert supporters_needed(Fraction(5, 100), 1000) == 50


def test_nobody_voting_carries_nothing():
    assert carries({}, Share()) == "lost"
    assert carries({}, Share("for and against", Fraction(0), strict=False)) == "lost"


def test_the_sentences_say_what_was_reached_and_what_was_needed():
    result = majority({"for": 6, "against": 3}, MajorityTerms((Share("present", TWO_THIRDS),)), present=9)
    assert str(result.checks[0].sentence) == "6 for, of 9 (those present): not more than 2/3. 7 were needed."


@pytest.mark.parametrize(
    ("piles", "sizes", "words"),
    [
        ({"yes": 1}, {}, "not yes"),
        ({"for": -1}, {}, "fewer than no ballots"),
        ({"for": 3}, {"present": 2}, "3 ballots, but 2 people present"),
        ({"for": 3}, {"roll": 2}, "3 ballots, but 2 people on the roll"),
        ({"for": 1}, {"present": 3, "roll": 2}, "3 people cannot be present"),
    ],
)
def test_numbers_that_cannot_be_are_refused(piles, sizes, words):
    with pytest.raises(ValueError, match=words):
        majority(piles, **sizes)


def test_a_base_that_the_terms_need_must_be_given():
    with pytest.raises(ValueError, match="'roll'"):
        majority({"for": 1}, MajorityTerms((Share("roll"),)))
    with pytest.raises(ValueError, match="'present'"):
        majority({"for": 1}, MajorityTerms(quorum=(Quorum("number", Fraction(2)),)))


@pytest.mark.parametrize("share", [0.5, Fraction(3, 2), Fraction(-1, 2)])
def test_a_share_is_an_exact_number_from_0_to_1(share):
    with pytest.raises(ValueError, match="exact number"):
        Share("roll", share)


@given(
    st.integers(1, 10**30),
    st.integers(1, 10**15),
    st.integers(1, 10**15),
)
def test_exactly_the_share_is_never_more_than_the_share(times, one, other):
    part, whole = sorted((one, other))
    share = Fraction(part, whole)
    number, total = share.numerator * times, share.denominator * times
    assert Share("roll", share, strict=False).reached(number, total)
    assert not Share("roll", share, strict=False).reached(number - 1, total)
    if share < 1:
        assert not Share("roll", share).reached(number, total)
        assert Share("roll", share).reached(number + 1, total)


@given(
    st.fractions(0, 1, max_denominator=50),
    st.booleans(),
    st.integers(1, 500),
)
def test_what_is_needed_is_the_smallest_number_that_reaches(share, strict, whole):
    if strict and share == 1:
        return
    rule = Share("roll", share, strict)
    needed = rule.needed(whole)
    assert rule.reached(needed, whole)
    assert not rule.reached(needed - 1, whole)


@given(
    st.fractions(0, 3, max_denominator=20),
    st.sampled_from(["share", "number", "root"]),
    st.booleans(),
    st.integers(0, 400),
)
def test_the_quorum_needed_is_the_smallest_number_that_is_enough(amount, kind, strict, roll):
    quorum = Quorum(kind, amount, strict=strict)
    needed = quorum.needed(roll)
    assert quorum.reached(needed, roll)
    assert needed == 0 or not quorum.reached(needed - 1, roll)


@given(
    st.dictionaries(st.sampled_from(["for", "against", "abstain", "blank"]), st.integers(0, 50)),
    st.sampled_from(BASES),
    st.fractions(0, Fraction(9, 10), max_denominator=12),
    st.booleans(),
    st.integers(0, 30),
)
def test_one_more_vote_for_never_makes_a_motion_lose(piles, base, share, strict, away):
    terms = MajorityTerms((Share(base, share, strict),))
    there = sum(piles.values())
    before = majority(piles, terms, present=there + away, roll=there + away)
    more = {**piles, "for": piles.get("for", 0) + 1}
    after = majority(more, terms, present=there + away + 1, roll=there + away + 1)
    assert after.carried or not before.carried
