"""Deciding, as plain values: house rules, recall, what a base's vote means in a council, both counts, clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.decide import (
    HOUSE_RULES,
    as_the_base_voted,
    choice_of,
    council_outcome,
    days_late,
    frozen_terms,
    house_rule_faults,
    is_overdue,
    number_of,
    outcome_of,
    recall_pause_ends,
    recall_vote_opens,
    share_of,
    signatures_needed,
)
from solidaria.core.voting.councils import PARTS, Split

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
#: CNT: A 400 to 350 for, B 25 to 100 against, C 15 to 0 for.
CNT = (
    Split("A", 750, {"for": 400, "against": 350}),
    Split("B", 125, {"for": 25, "against": 100}),
    Split("C", 15, {"for": 15}),
)
ROLL = {"A": 750, "B": 125, "C": 15}


# --- rules ---


def test_every_usual_value_is_one_that_could_be_adopted() -> None:
    assert all(house_rule_faults(rule, known.usual) == [] for rule, known in HOUSE_RULES.items())


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("council_carry", "either"),
        ("council_carry", ""),
        ("majority", "1"),
        ("rules_majority", "100%"),
        ("quorum", "3/2"),
        ("recall_notice_days", "-1"),
        ("secret", "maybe"),
        ("no such rule", "1"),
    ],
)
def test_a_value_that_means_nothing_is_refused(rule: str, value: str) -> None:
    (fault,) = house_rule_faults(rule, value)
    assert str(fault.what) and str(fault.help)


def test_what_was_not_decided_is_as_usual() -> None:
    assert (
        choice_of({}, "council_carry") == "both" and choice_of({"council_carry": "x"}, "council_carry") == "both"
    )
    assert choice_of({"council_carry": "members"}, "council_carry") == "members"
    assert number_of({}, "refer_days") == 30 and share_of({}, "recall_share") == Fraction(1, 5)


# --- recall ---


@pytest.mark.parametrize(
    ("roll", "share", "needed"),
    [
        (1000, Fraction(1, 20), 50),  # IWW: 5 % of those of 1 January
        (32, Fraction(1, 3), 11),  # CGT: 8 of 32 was not enough
        (19, Fraction(1, 3), 7),  # COSATU: 9 of 19 asked
        (10, Fraction(1, 4), 3),  # a quarter may force elections
        (3, Fraction(0), 1),
        (0, Fraction(1, 5), 1),
    ],
)
def test_signatures_are_at_least_the_share_and_at_least_one(roll: int, share: Fraction, needed: int) -> None:
    assert signatures_needed(roll, share) == needed


@given(st.integers(1, 10**6), st.fractions(0, 1))
def test_one_signature_fewer_is_below_the_share(roll: int, share: Fraction) -> None:
    needed = signatures_needed(roll, share)
    assert needed >= roll * share and 1 <= needed <= roll
    assert needed == 1 or needed - 1 < roll * share


def test_notice_and_pause_are_whole_days_to_the_minute() -> None:
    assert recall_vote_opens(NOON, 3) == NOON + timedelta(days=3)
    assert recall_pause_ends(NOON, 180) == NOON + timedelta(days=180)  # W3C: not again for six months


# --- clocks ---


def test_the_clock_of_a_special_congress_that_came_22_months_later() -> None:
    """COSATU: a valid demand of September 2013, due within 30 days, met in July 2015."""
    due, met = datetime(2013, 10, 1, tzinfo=UTC), datetime(2015, 7, 13, tzinfo=UTC)
    assert is_overdue(due, None, datetime(2014, 1, 1, tzinfo=UTC)) and is_overdue(due, met, NOON)
    assert days_late(due, met, NOON) == 650
    assert not is_overdue(due, None, due) and days_late(due, None, due) == 0


def test_what_is_met_in_time_is_never_late_later() -> None:
    assert not is_overdue(NOON, NOON, NOON + timedelta(days=900))
    assert days_late(NOON, NOON - timedelta(days=2), NOON + timedelta(days=900)) == 0


# --- what a base's vote means ---


def test_a_base_s_votes_are_cast_as_they_were_given() -> None:
    assert as_the_base_voted("majority", {"for": 400, "against": 350, "abstain": 0}, 750) == {
        "for": 400,
        "against": 350,
        "abstain": 0,
    }
    consent = {"consent": 8, "stand aside": 1, "object": 2}
    assert as_the_base_voted("consent", consent, 20) == {"for": 8, "against": 2, "abstain": 1}


def test_where_nobody_voted_or_nothing_says_for_or_against_the_base_has_not_voted() -> None:
    assert as_the_base_voted("majority", {"for": 0, "against": 0}, 9) is None
    assert as_the_base_voted("scottish", {"ana": 5, "bheki": 3}, 9) is None


@given(st.dictionaries(st.sampled_from(PARTS), st.integers(0, 500), min_size=1), st.integers(0, 600))
def test_never_more_members_than_the_base_has_now(votes: dict[str, int], members: int) -> None:
    cast = as_the_base_voted("majority", votes, members)
    total = sum(votes.values())
    if cast is None:
        assert total == 0
        return
    assert sum(cast.values()) == min(total, members)
    assert all(
        abs(Fraction(cast[part]) - Fraction(votes.get(part, 0) * min(total, members), total)) < 1 for part in PARTS
    )


# --- both counts ---


def terms(carry: str, quorum: str = "0", majority: str = "1/2") -> dict[str, str]:
    """The frozen terms of a council's motion."""
    rules = {"council_carry": carry, "quorum": quorum, "majority": majority}
    return frozen_terms("council", rules, changes_rules=False, seats=1, seed="x")


@pytest.mark.parametrize(
    ("carry", "outcome"), [("both", "lost"), ("members", "lost"), ("organisations", "carried")]
)
def test_by_organisations_2_to_1_for_by_members_440_for_and_450_against(carry: str, outcome: str) -> None:
    found = council_outcome(terms(carry), CNT, ROLL)
    assert found.outcome == outcome and found.carried == (outcome == "carried")
    assert dict(found.tally) == {"for": 440, "against": 450, "abstain": 0}
    assert dict(found.organisations) == {"for": 2, "against": 1, "abstain": 0}
    told = [str(sentence) for sentence in found.sentences]
    assert "By members: 440 for, 450 against, 0 abstaining." in told and "The two counts differ." in told


def test_a_council_s_quorum_is_asked_of_members_and_of_organisations() -> None:
    half = terms("both", quorum="1/2")
    assert council_outcome(half, CNT[:1], ROLL).outcome == "not quorate", "one of three organisations"
    assert council_outcome(half, CNT[1:], ROLL).outcome == "not quorate", "140 of 890 members"
    assert council_outcome(half, CNT, ROLL).outcome == "lost"


def test_nobody_takes_part_and_nothing_is_carried() -> None:
    assert council_outcome(terms("both"), (), ROLL).outcome == "lost"


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8),
    st.sampled_from(["members", "organisations", "both"]),
    st.randoms(),
)
def test_the_order_of_the_bases_changes_nothing_and_the_parts_add_up(
    votes: list[tuple[int, int, int]], carry: str, chance: object
) -> None:
    splits = [Split(f"{number}", sum(one), dict(zip(PARTS, one, strict=True))) for number, one in enumerate(votes)]
    roll = {split.organisation: split.members for split in splits}
    mixed = list(splits)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    found = council_outcome(terms(carry), splits, roll)
    assert found == council_outcome(terms(carry), mixed, roll)
    assert sum(count for _, count in found.tally) == sum(roll.values())
    assert sum(count for _, count in found.organisations) == len(splits)


@given(st.integers(0, 40), st.integers(0, 40), st.fractions(0, Fraction(99, 100)))
def test_a_council_of_one_base_decides_as_the_base_would(for_: int, against: int, share: Fraction) -> None:
    votes = {"for": for_, "against": against}
    own = frozen_terms("majority", {"majority": str(share)}, changes_rules=False, seats=1, seed="x")
    alone = outcome_of(own, votes, roll=for_ + against)
    found = council_outcome(
        terms("members", majority=str(share)), [Split("A", for_ + against, votes)], {"A": for_ + against}
    )
    assert found.outcome == alone.outcome


def test_a_rule_is_changed_by_the_majority_for_rules() -> None:
    rules = {"majority": "1/2", "rules_majority": "2/3"}
    plain = frozen_terms("council", rules, changes_rules=False, seats=1, seed="x")
    changing = frozen_terms("council", rules, changes_rules=True, seats=1, seed="x")
    assert (plain["more_than"], changing["more_than"]) == ("1/2", "2/3")
