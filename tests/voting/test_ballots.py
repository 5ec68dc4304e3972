"""Ballots as piles."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.voting.ballots import Option, PairwiseTable, Piler, from_arrays, pairwise, pile, rank
from tests.voting.elections import election, elections

OPTIONS = tuple(Option(letter, letter) for letter in "ABC")


def test_equal_ballots_are_one_pile():
    piles = rank(OPTIONS, [(["A", "B"], 2), (["B"], 1), (["A", "B"], 3)])
    assert dict(piles) == {(("A",), ("B",)): 5, (("B",),): 1}
    assert (piles.total, len(piles)) == (6, 2)
    assert pile(["x", "y", "x"]) == {"x": 2, "y": 1}


def test_those_who_share_a_place_are_in_no_order():
    assert rank(OPTIONS, [([("B", "A"), "C"], 1)]) == rank(OPTIONS, [([("A", "B"), "C"], 1)])
    assert rank(OPTIONS, [([("A", "B")], 1)]) != rank(OPTIONS, [(["A", "B"], 1)])


def test_a_blank_ballot_is_a_ballot():
    piles = election("3", "2 A")
    assert (piles.total, piles.blank) == (5, 3)
    assert dict(piles) == {(): 3, (("A",),): 2}


def test_a_withdrawn_option_is_struck_out_and_those_left_move_up():
    piles = election("3 A > B > C", "2 B = A > C", "1 B", withdrawn="B").without_withdrawn()
    assert dict(piles) == {(("A",), ("C",)): 5, (): 1}
    assert piles.ids == ("A", "C")


def test_three_who_share_a_place_still_share_it_when_one_withdraws():
    for gone in "ABC":
        left = [option for option in "ABC" if option != gone]
        piles = election("1 A = B = C > D", withdrawn=gone).without_withdrawn()
        assert dict(piles) == {(tuple(left), ("D",)): 1}


def test_a_shared_place_ends_a_ballot_or_is_passed_over_as_asked():
    piles = election("1 A > B = C > D", "2 B = C > D")
    assert dict(piles.strict("end")) == {(("A",),): 1, (): 2}
    assert dict(piles.strict("pass")) == {(("A",), ("D",)): 1, (("D",),): 2}
    with pytest.raises(ValueError, match="'end' a ballot or 'pass'"):
        piles.strict("guess")


@pytest.mark.parametrize(
    ("ballots", "words"),
    [
        ([(["A", "A"], 1)], "one option twice"),
        ([(["A", ("B", "A")], 1)], "one option twice"),
        ([(["D"], 1)], "not an option"),
        ([(["A"], -1)], "fewer than no ballots"),
    ],
)
def test_an_impossible_ballot_is_refused(ballots, words):
    with pytest.raises(ValueError, match=words):
        rank(OPTIONS, ballots)


def test_two_options_with_one_id_are_refused():
    with pytest.raises(ValueError, match="same id"):
        rank([Option("A", "Ana"), Option("A", "Alba")], [(["A"], 1)])


def test_a_pile_of_none_is_left_out():
    assert dict(rank(OPTIONS, [(["A"], 0), (["B"], 1)])) == {(("B",),): 1}


def test_nobody_can_change_piles_once_made():
    piles = election("1 A")
    with pytest.raises(ValueError, match="read-only"):
        piles.counts[0] = 7


@given(elections(shared=True), st.randoms())
def test_the_order_of_ballots_and_how_they_were_grouped_change_nothing(piles, chance: random.Random):
    single = [(ranking, 1) for ranking, count in piles for _ in range(count)]
    chance.shuffle(single)
    again = rank(piles.options, single)
    assert again == piles
    assert again.order.tolist() == piles.order.tolist() and again.counts.tolist() == piles.counts.tolist()


@given(st.integers(1, 90), st.integers(0, 300), st.integers(0, 2**32 - 1), st.booleans())
def test_blocks_of_ballots_give_the_piles_of_all_together(options, ballots, seed, weights):
    chance = np.random.default_rng(seed)
    order = np.argsort(chance.random((ballots, options)), axis=1).astype(np.int16)[:, :7]
    order[np.arange(order.shape[1])[None, :] >= chance.integers(0, 4, ballots)[:, None]] = -1
    counts = chance.integers(1, 5, ballots) if weights else np.ones(ballots, dtype=np.int64)
    names = [Option(str(number), str(number)) for number in range(options)]
    whole = from_arrays(names, order, counts)
    piler = Piler(options)
    for start in range(0, ballots, 37):
        piler.add(order[start : start + 37], counts[start : start + 37])
    assert piler.piles(names) == whole
    assert whole.total == counts.sum()
    rows = [tuple(mark for mark in row if mark >= 0) for row in order.tolist()]
    expected = pile(row for row, count in zip(rows, counts.tolist(), strict=True) for _ in range(count))
    assert {tuple(int(option) for (option,) in ranking): count for ranking, count in whole} == expected


def test_pairs_count_who_is_above_whom():
    table = pairwise(election("3 A > B", "2 C > A = B", "1"))
    assert table.ballots == 6
    assert table.over == {
        ("A", "B"): 3,
        ("B", "A"): 0,
        ("A", "C"): 3,
        ("C", "A"): 2,
        ("B", "C"): 3,
        ("C", "B"): 2,
    }


@given(elections(shared=True))
def test_pairs_are_those_of_a_plain_count(piles):
    expected = {(one, other): 0 for one in piles.ids for other in piles.ids if one != other}
    for ranking, count in piles:
        place = {option: number for number, shared in enumerate(ranking) for option in shared}
        for one, other in expected:
            expected[one, other] += count * (place.get(one, 99) < place.get(other, 99))
    assert pairwise(piles).over == expected


@pytest.mark.parametrize(
    "over", [{("A", "B"): 1}, {("A", "B"): 3, ("B", "A"): 3}, {("A", "B"): -1, ("B", "A"): 0}]
)
def test_a_table_that_cannot_be_is_refused(over):
    with pytest.raises(ValueError, match="the table"):
        PairwiseTable(OPTIONS[:2], 5, over)
