"""Schulze's method."""

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solidaria.core.voting.ballots import Option, PairwiseTable, pairwise, rank
from solidaria.core.voting.recount import check
from solidaria.core.voting.schulze import STRENGTHS, SchulzeTerms, schulze, strength_of, strongest_paths
from solidaria.core.voting.terms import TieRule
from tests.voting.elections import election, elections

#: Example 1 of Schulze's paper (section 3.1).
PAPER = election(
    "5 A > C > B > E > D",
    "5 A > D > E > C > B",
    "8 B > E > D > A > C",
    "3 C > A > B > E > D",
    "7 C > A > E > B > D",
    "2 C > B > A > D > E",
    "7 D > C > E > B > A",
    "8 E > B > A > D > C",
)


def test_the_pairs_and_paths_of_the_papers_example_come_out():
    assert pairwise(PAPER).over["D", "C"] == 28
    paths = strongest_paths(pairwise(PAPER), "margins")
    # all ballots are full, so a victory by n ballots has the margin 2n - 45
    strength = {pair: (number + 45) // 2 for pair, number in paths.items()}
    assert strength == {
        ("A", "B"): 28, ("A", "C"): 28, ("A", "D"): 30, ("A", "E"): 24,
        ("B", "A"): 25, ("B", "C"): 28, ("B", "D"): 33, ("B", "E"): 24,
        ("C", "A"): 25, ("C", "B"): 29, ("C", "D"): 29, ("C", "E"): 24,
        ("D", "A"): 25, ("D", "B"): 28, ("D", "C"): 28, ("D", "E"): 24,
        ("E", "A"): 25, ("E", "B"): 28, ("E", "C"): 28, ("E", "D"): 31,
    }  # fmt: skip


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_ranking_of_the_papers_example_comes_out(strength):
    account = schulze(PAPER, SchulzeTerms(seats=5, strength=strength))
    assert account.elected == ("E", "A", "C", "B", "D")
    assert account.ties == ()


def test_nashville_beats_everyone_and_wins():
    account = schulze(
        election(
            "42 Memphis > Nashville > Chattanooga > Knoxville",
            "26 Nashville > Chattanooga > Knoxville > Memphis",
            "15 Chattanooga > Knoxville > Nashville > Memphis",
            "17 Knoxville > Chattanooga > Nashville > Memphis",
        ),
        SchulzeTerms(),
    )
    assert account.elected == ("Nashville",)
    assert account.rounds[0].votes == {"Chattanooga": 2, "Knoxville": 1, "Memphis": 0, "Nashville": 3}


def test_flattening_equal_ranks_can_elect_somebody_else():
    shared = election("4 A = B > C", "3 C > B > A", "2 A > C > B")
    flat = election("4 B > A > C", "3 C > B > A", "2 A > C > B")
    assert schulze(shared, SchulzeTerms()).elected != schulze(flat, SchulzeTerms()).elected


def test_the_whole_set_of_equals_is_told_and_the_lot_chooses():
    piles = election("1 A > B > C", "1 B > C > A", "1 C > A > B")
    account = schulze(piles, SchulzeTerms(ties=TieRule(("lot",), "sun")))
    (tie,) = account.ties
    assert (tie.about, tie.among, tie.step) == ("seat", ("A", "B", "C"), "lot")
    winners = {schulze(piles, SchulzeTerms(ties=TieRule(("lot",), str(seed)))).elected[0] for seed in range(20)}
    assert winners == {"A", "B", "C"}


def test_more_ballots_count_first_and_fewer_against_second():
    assert strength_of(5, 2, 10, "winning votes") > strength_of(5, 3, 10, "winning votes")
    assert strength_of(5, 4, 10, "winning votes") > strength_of(4, 0, 10, "winning votes")
    assert strength_of(4, 0, 10, "margins") > strength_of(5, 4, 10, "margins")
    assert strength_of(3, 3, 10, "margins") == strength_of(2, 3, 10, "winning votes") == 0


def test_several_seats_go_down_the_ranking_and_it_is_said_that_this_is_not_proportional():
    account = schulze(PAPER, SchulzeTerms(seats=2))
    assert account.elected == ("E", "A")
    assert "not proportional" in str(account.notes[0])


def table(default_over=(), **against):
    names = [*against, "None"]
    over = {(one, other): 0 for one in names for other in names if one != other}
    for name, (there, back) in against.items():
        over[name, "None"], over["None", name] = there, back
    return PairwiseTable(tuple(Option(name, name) for name in names), 100, over)


def test_who_misses_the_quorum_or_does_not_beat_the_default_option_is_dropped():
    account = schulze(
        table(Ana=(45, 10), Bheki=(46, 45), Carla=(46, 46)),
        SchulzeTerms(seats=4, default="None", quorum_root=Fraction(3, 2), electorate=939),
    )
    assert account.rounds[1].excluded == ("Ana", "Carla")
    assert account.elected == ("Bheki", "None")
    assert schulze(table(Ana=(45, 10)), SchulzeTerms(default="None", quorum=45)).elected == ("Ana",)
    assert schulze(table(Ana=(45, 10)), SchulzeTerms(default="None", quorum=46)).elected == ("None",)


def test_a_required_majority_must_be_exceeded():
    terms = {"default": "None", "majority": {"Ana": Fraction(3)}}
    assert schulze(table(Ana=(75, 25)), SchulzeTerms(**terms)).elected == ("None",)
    account = schulze(table(Ana=(76, 24)), SchulzeTerms(**terms))
    assert account.elected == ("Ana",)
    none = schulze(table(Ana=(1, 2)), SchulzeTerms(default="None"))
    assert str(none.notes[-1]) == "The default option wins: none of the others is accepted."


def test_terms_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="default option"):
        SchulzeTerms(quorum=3)
    with pytest.raises(ValueError, match="electorate"):
        SchulzeTerms(default="None", quorum_root=Fraction(3, 2))
    with pytest.raises(ValueError, match="strength"):
        SchulzeTerms(strength="guess")
    with pytest.raises(ValueError, match="at least one seat"):
        SchulzeTerms(seats=0)
    with pytest.raises(ValueError, match="not among"):
        schulze(PAPER, SchulzeTerms(default="X"))


# Laws


@given(elections(shared=True), st.integers(1, 4), st.sampled_from(STRENGTHS))
@settings(max_examples=300, deadline=None)
def test_the_checker_finds_nothing_wrong_in_an_account(piles, seats, strength):
    account = schulze(piles, SchulzeTerms(seats=seats, strength=strength, ties=TieRule(("lot",), "7")))
    assert check(piles, piles.options, account) == []
    assert len(set(account.elected)) == len(account.elected) == min(seats, len(piles.options))


@given(elections(shared=True), st.integers(0, 30))
@settings(deadline=None)
def test_the_checker_agrees_about_quorum_and_default_option(piles, quorum):
    account = schulze(piles, SchulzeTerms(seats=2, default="A", quorum=quorum))
    assert check(piles, piles.options, account) == []


@given(elections(shared=True, most=4), st.sampled_from(STRENGTHS))
@settings(deadline=None)
def test_the_strongest_path_is_the_best_of_all_paths(piles, strength):
    duels = pairwise(piles)
    paths = strongest_paths(duels, strength)
    for one, other in paths:
        between = [option for option in piles.ids if option not in (one, other)]
        ways = [way for size in range(len(between) + 1) for way in permutations(between, size)]
        best = max(
            min(
                strength_of(duels.over[a, b], duels.over[b, a], duels.ballots, strength)
                for a, b in zip((one, *way), (*way, other), strict=True)
            )
            for way in ways
        )
        assert paths[one, other] == best


@given(elections(shared=True), st.sampled_from(STRENGTHS))
@settings(max_examples=200, deadline=None)
def test_who_beats_everyone_wins_and_who_loses_to_everyone_does_not(piles, strength):
    over = pairwise(piles).over
    account = schulze(piles, SchulzeTerms(strength=strength))
    for one in piles.ids:
        others = [other for other in piles.ids if other != one]
        if all(over[one, other] > over[other, one] for other in others):
            assert account.elected == (one,) and not account.ties
        if others and all(over[one, other] < over[other, one] for other in others):
            assert account.elected != (one,)


@given(elections(shared=True), st.randoms(use_true_random=False), st.permutations("ABCDEF"))
@settings(deadline=None)
def test_neither_order_nor_names_decide(piles, chance, order):
    single = [(ranking, 1) for ranking, count in piles for _ in range(count)]
    chance.shuffle(single)
    account = schulze(piles, SchulzeTerms(seats=3))
    options = list(piles.options)
    chance.shuffle(options)
    assert schulze(rank(options, single), SchulzeTerms(seats=3)) == account
    assume(not account.ties)
    renamed = dict(zip("ABCDEF", order, strict=True))
    other = rank(
        [Option(renamed[option.id], option.name) for option in piles.options],
        [([tuple(renamed[option] for option in place) for place in ranking], count) for ranking, count in piles],
    )
    assert schulze(other, SchulzeTerms(seats=3)).elected == tuple(renamed[option] for option in account.elected)


@given(elections(most=5), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_raising_a_winner_on_a_ballot_never_makes_them_lose(piles, number):
    account = schulze(piles, SchulzeTerms())
    assume(account.elected and not account.ties and len(piles))
    winner = account.elected[0]
    ballots = [([option for (option,) in ranking], count) for ranking, count in piles]
    marks, count = ballots.pop(number % len(ballots))
    assume(winner in marks)
    raised = [winner, *(mark for mark in marks if mark != winner)]
    again = schulze(rank(piles.options, [*ballots, (raised, count)]), SchulzeTerms())
    assert again.elected == (winner,) or (again.ties and winner in again.ties[0].among)
