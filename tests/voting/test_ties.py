"""Ties are settled by steps agreed before, and anyone can draw the lot again."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.voting.terms import ElectionTerms, TieRule, lot_order
from solidaria.core.voting.ties import settle

NAMES = {"A": "Zoe", "B": "Ana", "C": "Mia"}
STAGES = [{"A": 5, "B": 5, "C": 6}, {"A": 5, "B": 7, "C": 7}, {"A": 8, "B": 8, "C": 8}]


def settled(*steps: str, tied: str = "ABC", ahead: bool = True, seed: str = ""):
    return settle(
        about="exclusion",
        tied=list(tied),
        ahead=ahead,
        rule=TieRule((*steps, "lot"), seed),
        earlier=STAGES[:2],
        names=NAMES,
        options="ABC",
    )


def test_backwards_asks_the_most_recent_stage_first():
    tie = settled("backwards", tied="BC")
    assert (tie.chosen, tie.step, tie.stage) == ("C", "backwards", 1)
    tie = settled("backwards", tied="AC")
    assert (tie.chosen, tie.step, tie.stage) == ("C", "backwards", 2)
    assert str(tie.sentence) == "Mia and Zoe have equal votes. Mia had more at stage 2, and goes first."


def test_forwards_asks_the_first_stage_first():
    assert settled("forwards", tied="AC", ahead=False).chosen == "A"
    tie = settled("forwards", tied="AB", ahead=False)
    assert (tie.chosen, tie.stage) == ("A", 2)


def test_a_stage_that_separates_some_leaves_the_others_to_earlier_stages():
    tie = settled("backwards")
    assert (tie.chosen, tie.stage) == ("C", 1)
    assert tie.among == ("A", "B", "C")


def test_the_lot_is_the_order_of_sha_256_of_seed_and_id():
    lots = sorted("ABC", key=lambda option: sha256(f"sun\n{option}".encode()).hexdigest())
    assert lot_order("sun", "CAB") == tuple(lots)
    assert settled(seed="sun").chosen == lots[0]
    tie = settled(seed="sun", ahead=False)
    assert tie.chosen == lots[2]
    assert "“sun”" in str(tie.sentence)


def test_names_settle_only_where_asked():
    tie = settle(
        about="seat", tied="AB", ahead=True, rule=TieRule(("name",)), earlier=[], names=NAMES, options="ABC"
    )
    assert (tie.chosen, tie.step) == ("B", "name")


def test_a_tie_rule_that_may_not_settle_is_refused():
    with pytest.raises(ValueError, match="always settle"):
        TieRule(("backwards",))
    with pytest.raises(ValueError, match="not by 'coin'"):
        TieRule(("coin", "lot"))
    with pytest.raises(ValueError, match="at least one seat"):
        ElectionTerms(0)


@given(st.permutations("ABC"), st.permutations("ABC"), st.text(max_size=4), st.booleans())
def test_the_order_in_which_the_tied_are_given_changes_nothing(tied, options, seed, ahead):
    def one(tied, options):
        return settle(
            about="seat",
            tied=tied,
            ahead=ahead,
            rule=TieRule(("lot",), seed),
            earlier=[],
            names=NAMES,
            options=options,
        )

    assert one(tied, options) == one("ABC", "ABC")


def test_the_lot_favours_nobody():
    first = [lot_order(str(seed), "ABC")[0] for seed in range(3000)]
    assert all(900 < first.count(option) < 1100 for option in "ABC")
