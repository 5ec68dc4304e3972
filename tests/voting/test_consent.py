"""Consent: one reasoned objection is enough, and nothing else is."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.voting.consent import STATES, ConsentTerms, Objection, consent
from solidaria.core.voting.majority import Quorum


def test_a_motion_nobody_objects_to_passes():
    result = consent({"consent": 9, "stand aside": 2})
    assert result.carried and result.outcome == "carried"
    assert str(result.sentences[0]) == "9 consent, 2 stand aside, 0 object."


def test_one_reasoned_objection_that_stands_stops_a_motion_however_many_consent():
    result = consent({"consent": 1000, "object": 1}, (Objection("a", "The kiln is unsafe."),))
    assert result.outcome == "objection stands"
    assert result.standing == ("a",)


def test_an_objection_without_a_reason_does_not_stop_a_motion_and_is_named():
    result = consent({"consent": 3, "object": 1}, (Objection("a", "  "),))
    assert result.carried
    assert result.unreasoned == ("a",)
    assert "One objection gives no reason" in str(result.sentences[-1])


@pytest.mark.parametrize("state", ["answered", "withdrawn"])
def test_an_objection_that_is_met_or_taken_back_no_longer_stops(state):
    assert consent({"consent": 4}, (Objection("a", "Too dear.", state),)).carried


def test_silence_is_not_consent():
    assert consent({}).outcome == "no answer"


def test_too_few_people_decide_nothing():
    terms = ConsentTerms(quorum=(Quorum("share", Fraction(1, 2)),))
    assert consent({"consent": 4}, (), terms, present=4, roll=10).outcome == "not quorate"
    assert consent({"consent": 4}, (), terms, present=5, roll=10).outcome == "carried"


def test_the_quorum_can_be_measured_by_answers():
    terms = ConsentTerms(quorum=(Quorum("number", Fraction(5), measure="ballots"),))
    assert consent({"consent": 4}, (), terms).outcome == "not quorate"
    assert consent({"consent": 4, "stand aside": 1}, (), terms).outcome == "carried"


def test_more_than_the_share_standing_aside_sends_it_back_and_exactly_the_share_does_not():
    terms = ConsentTerms(stand_asides=Fraction(1, 3))
    assert consent({"consent": 6, "stand aside": 3}, (), terms).outcome == "carried"
    assert consent({"consent": 5, "stand aside": 3}, (), terms).outcome == "too many stand aside"


def test_people_who_object_need_an_objection_that_can_be_answered():
    with pytest.raises(ValueError, match="no objection is written down"):
        consent({"consent": 3, "object": 1})
    with pytest.raises(ValueError, match="more objections stand"):
        consent({"consent": 3}, (Objection("a", "No."),))
    with pytest.raises(ValueError, match="same id"):
        consent({"object": 2}, (Objection("a", "No."), Objection("a", "No.")))
    with pytest.raises(ValueError, match="not yes"):
        consent({"yes": 3})


@given(
    st.integers(0, 50),
    st.integers(0, 50),
    st.lists(st.tuples(st.sampled_from(["", "Because."]), st.sampled_from(STATES)), max_size=6),
    st.randoms(),
)
def test_it_passes_exactly_when_somebody_answers_and_no_reasoned_objection_stands(
    consents, asides, raised, chance
):
    objections = [Objection(str(number), reason, state) for number, (reason, state) in enumerate(raised)]
    standing = [one for one in objections if one.state == "stands"]
    piles = {"consent": consents, "stand aside": asides, "object": len(standing)}
    result = consent(piles, tuple(objections))
    assert result.carried == (sum(piles.values()) > 0 and not any(one.reasoned for one in standing))
    chance.shuffle(objections)
    assert consent(piles, tuple(objections)) == result
