"""Approval: those marked most are chosen."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.voting.approval import ApprovalTerms, approval
from solidaria.core.voting.ballots import Option
from solidaria.core.voting.majority import Share
from solidaria.core.voting.terms import TieRule, lot_order

OPTIONS = tuple(Option(letter, letter.upper()) for letter in "abcd")


def test_those_marked_most_are_chosen_in_the_order_of_their_marks():
    account = approval(
        {frozenset("ab"): 3, frozenset("b"): 2, frozenset("cd"): 1, frozenset("c"): 1},
        OPTIONS,
        ApprovalTerms(seats=3),
    )
    assert account.elected == ("b", "a", "c")
    assert account.rounds[0].votes == {"a": 3, "b": 5, "c": 2, "d": 1}
    assert account.ballots == 7 and account.ties == ()
    assert str(account.rounds[0].sentences[0]) == "B is marked on 5 ballots of 7 and is chosen."


def test_a_tie_is_settled_by_the_published_lot_and_said():
    account = approval(
        {frozenset("a"): 2, frozenset("b"): 2}, OPTIONS, ApprovalTerms(ties=TieRule(("lot",), "42"))
    )
    first = next(one for one in lot_order("42", "abcd") if one in "ab")
    assert account.elected == (first,)
    assert (account.ties[0].among, account.ties[0].step, account.ties[0].chosen) == (("a", "b"), "lot", first)


def test_a_share_that_must_be_reached_can_leave_a_seat_empty():
    piles = {frozenset("a"): 6, frozenset("b"): 5, frozenset(): 1}
    half = ApprovalTerms(seats=2, at_least=Share("votes cast", Fraction(1, 2), strict=False))
    account = approval(piles, OPTIONS, half)
    assert account.elected == ("a",)
    assert str(account.notes[-1]) == "One seat stays empty."
    more = ApprovalTerms(seats=2, at_least=Share("votes cast", Fraction(1, 2)))
    assert approval(piles, OPTIONS, more).elected == ()


def test_a_ballot_with_too_many_marks_is_not_counted_and_said():
    account = approval({frozenset("abc"): 4, frozenset("d"): 1}, OPTIONS, ApprovalTerms(most_marks=2))
    assert account.elected == ("d",) and account.ballots == 1
    assert "4 ballots have more than 2 marks" in str(account.notes[0])


def test_an_option_that_stood_down_is_passed_over():
    options = (Option("a", "A", withdrawn=True), Option("b", "B"))
    account = approval({frozenset("a"): 9, frozenset("b"): 1}, options)
    assert account.elected == ("b",) and set(account.names) == {"b"}


def test_a_mark_on_nothing_there_is_refused():
    with pytest.raises(ValueError, match="not there"):
        approval({frozenset("z"): 1}, OPTIONS)
    with pytest.raises(ValueError, match="at least one ballot"):
        approval({frozenset("a"): 0}, OPTIONS)


BALLOTS = st.lists(st.frozensets(st.sampled_from("abcd")), max_size=30)


@given(BALLOTS, st.integers(1, 4), st.randoms())
def test_neither_the_order_of_ballots_nor_of_options_changes_anything(ballots, seats, chance):
    terms = ApprovalTerms(seats)
    account = approval(Counter(ballots), OPTIONS, terms)
    chance.shuffle(ballots)
    options = list(OPTIONS)
    chance.shuffle(options)
    assert approval(Counter(ballots), options, terms) == account


@given(BALLOTS, st.sampled_from("abcd"))
def test_one_more_ballot_for_a_winner_never_makes_it_lose(ballots, more):
    terms = ApprovalTerms(2)
    before = approval(Counter(ballots), OPTIONS, terms)
    if more in before.elected:
        assert more in approval(Counter([*ballots, frozenset(more)]), OPTIONS, terms).elected


@given(BALLOTS, st.integers(1, 4))
def test_nobody_left_out_has_more_marks_than_somebody_chosen(ballots, seats):
    account = approval(Counter(ballots), OPTIONS, ApprovalTerms(seats))
    votes = account.rounds[0].votes
    assert len(account.elected) == seats
    assert min(votes[one] for one in account.elected) >= max(
        (votes[one] for one in votes if one not in account.elected), default=0
    )
