"""Single transferable vote by weighted inclusive Gregory."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solidaria.core.voting.account import written
from solidaria.core.voting.ballots import Option, rank
from solidaria.core.voting.recount import check
from solidaria.core.voting.single_transferable import alameda, scottish
from solidaria.core.voting.terms import ElectionTerms, TieRule
from tests.voting.elections import election, elections


def votes(account, stage):
    return {
        option: written(number, account.decimals) for option, number in account.rounds[stage - 1].votes.items()
    }


# Known answers

#: The worked example of the encyclopaedia's article on single transferable voting: 20 guests, 3 dishes.
FOOD = election(
    "4 Orange", "2 Pear > Orange", "8 Chocolate > Strawberry", "4 Chocolate > Candy", "1 Strawberry", "1 Candy"
)


def test_the_dishes_of_the_textbook_are_chosen_in_the_same_steps():
    account = scottish(FOOD, ElectionTerms(3, TieRule(("backwards", "lot"), "seed")))
    assert account.rounds[0].quota == 6
    assert account.rounds[0].elected == ("Chocolate",)
    assert votes(account, 2) == {
        "Candy": "3.00000",
        "Chocolate": "6.00000",
        "Orange": "4.00000",
        "Pear": "2.00000",
        "Strawberry": "5.00000",
    }
    assert account.rounds[2].excluded == ("Pear",) and account.rounds[2].elected == ("Orange",)
    assert account.rounds[3].excluded == ("Candy",) and account.rounds[3].elected == ("Strawberry",)
    assert account.elected == ("Chocolate", "Orange", "Strawberry")


def test_one_seat_is_an_instant_run_off():
    tennessee = election(
        "42 Memphis > Nashville > Chattanooga > Knoxville",
        "26 Nashville > Chattanooga > Knoxville > Memphis",
        "15 Chattanooga > Knoxville > Nashville > Memphis",
        "17 Knoxville > Chattanooga > Nashville > Memphis",
    )
    account = scottish(tennessee, ElectionTerms(1))
    assert [round_.excluded for round_ in account.rounds[1:]] == [("Chattanooga",), ("Nashville",)]
    assert account.elected == ("Knoxville",)


def test_a_transfer_value_is_cut_after_five_decimals():
    # 10 votes, quota 4: the surplus of 3 over 7 papers is 0.428571..., cut to 0.42857 each
    account = scottish(election("4 A > B", "3 A > C", "2 B", "1 C"), ElectionTerms(2))
    assert account.rounds[0].quota == 4
    assert votes(account, 2) == {"A": "4.00000", "B": "3.71428", "C": "2.28571"}
    assert account.rounds[1].lost == Fraction(1, 100000)


def test_papers_that_came_with_a_surplus_pass_on_at_the_value_they_came_with():
    account = scottish(election("6 A > B > C", "4 A > C", "3 B > C", "4 D", "1 E > D"), ElectionTerms(3))
    # quota 18 // 4 + 1 = 5; A passes on 5 of 10 at 0.5: 3 to B, 2 to C; B has 6 and 1 over:
    # papers of value 0.5 go on at 0.08333, whole ones at 0.16666
    assert account.rounds[0].quota == 5
    assert votes(account, 2)["B"] == "6.00000"
    assert account.rounds[2].of == ("B",)
    assert votes(account, 3)["C"] == "2.99996"


def test_no_surplus_goes_to_a_candidate_who_is_already_elected():
    account = scottish(election("8 A > B > C", "7 B > A > C", "1 C", "2 D"), ElectionTerms(2))
    assert account.rounds[0].elected == ("A", "B")
    account = scottish(election("9 A > B > C", "7 B > A > D", "2 C", "3 D", "2 E"), ElectionTerms(3))
    assert account.rounds[0].elected == ("A", "B")
    assert account.rounds[1].of == ("A",)
    assert votes(account, 2)["B"] == "7.00000" and votes(account, 2)["C"] == "4.99997"


def test_a_candidate_with_exactly_the_quota_has_no_surplus_to_pass_on():
    account = scottish(election("4 A > B", "2 B", "3 C", "2 D"), ElectionTerms(2))
    assert account.rounds[0].quota == 4 and account.rounds[0].elected == ("A",)
    assert account.rounds[1].action == "exclusion"


def test_the_largest_surplus_passes_on_first_whenever_it_arose():
    # quota 6: A and D are over it at once by 5 and 1, B by 2.99994 after A's surplus, and goes before D
    account = scottish(
        election("11 A > B", "4 B > C", "7 D > C", "1 C", "2 E", "3 F"), ElectionTerms(4, TieRule(("lot",), "x"))
    )
    assert account.rounds[0].elected == ("A", "D") and account.rounds[0].quota == 6
    assert [round_.of for round_ in account.rounds[1:4]] == [("A",), ("B",), ("D",)]
    assert votes(account, 3)["C"] == "2.33328"


def test_an_exclusion_tie_goes_by_the_most_recent_stage_at_which_they_differed():
    # after stage 2 B and C both have 3; at stage 1 B had 2
    account = scottish(
        election("6 A", "2 B", "3 C", "1 D > B", "4 E"), ElectionTerms(2, TieRule(("backwards", "lot")))
    )
    tie = next(tie for tie in account.ties if tie.about == "exclusion")
    assert (tie.among, tie.step, tie.stage, tie.chosen) == (("B", "C"), "backwards", 1, "B")
    assert account.rounds[2].excluded == ("B",)


def test_a_tie_that_no_stage_settles_goes_to_the_lot_and_is_in_the_account():
    piles = election("3 A", "2 B", "2 C")
    outcomes = {}
    for seed in "abcdefgh":
        account = scottish(piles, ElectionTerms(1, TieRule(("backwards", "lot"), seed)))
        tie = next(tie for tie in account.ties if tie.about == "exclusion")
        assert (tie.among, tie.step) == (("B", "C"), "lot")
        outcomes[seed] = tie.chosen
    assert set(outcomes.values()) == {"B", "C"}


def test_when_no_more_are_left_than_seats_all_are_elected_without_the_quota():
    account = scottish(election("5 A", "4 B", "1 C"), ElectionTerms(2))
    assert account.rounds[0].elected == ("A", "B")
    account = scottish(election("5 A", "2 B", "1 C"), ElectionTerms(2))
    assert account.elected == ("A", "B") and account.rounds[-1].excluded == ("C",)


def test_seats_that_nobody_can_take_stay_empty_and_it_is_said():
    account = scottish(election("5 A", "4 B"), ElectionTerms(3))
    assert account.elected == ("A", "B")
    assert str(account.notes[-1]) == "1 seat stays empty: there were not enough candidates."


def test_nobody_voting_still_ends():
    account = scottish(rank([Option("A", "Ana"), Option("B", "Bheki")], []), ElectionTerms(1))
    assert account.ballots == 0 and len(account.elected) == 1
    assert {tie.step for tie in account.ties} == {"lot"}
    assert scottish(rank([], []), ElectionTerms(1)).elected == ()


def test_withdrawn_candidates_blank_ballots_and_shared_first_places_are_said():
    account = scottish(election("5 A > B", "3 B = C > A", "2", "1 W > B", withdrawn="W"), ElectionTerms(1))
    assert account.ballots == 6
    assert account.names.keys() == {"A", "B", "C"}
    said = [str(note) for note in account.notes]
    assert said == [
        "Withdrawn before the count, and passed over on every ballot: W.",
        "5 ballots name nobody who stands, or start with a shared place, and are not counted.",
    ]


def test_the_recomputed_quota_falls_as_ballots_run_out():
    account = alameda(election("5 A", "4 B > A", "3 C", "3 D"), ElectionTerms(1, TieRule(("lot",), "x")))
    quotas = [round_.quota for round_ in account.rounds]
    assert quotas[0] == 8 and quotas == sorted(quotas, reverse=True) and quotas[-1] < 8
    assert account.elected == ("A",)


# Laws


COUNTS = st.sampled_from([scottish, alameda])


@given(elections(), st.integers(1, 4), COUNTS)
@settings(max_examples=300, deadline=None)
def test_the_votes_of_every_round_add_up_to_the_ballots(piles, seats, count):
    account = count(piles, ElectionTerms(seats))
    for round_ in account.rounds:
        assert sum(round_.votes.values()) + round_.exhausted + round_.lost == account.ballots
        assert round_.lost >= 0 and all(number >= 0 for number in round_.votes.values())
        if round_.transfers:
            assert sum(round_.transfers.values()) <= 0
    assert len(account.elected) == min(seats, len(piles.options))
    assert len(set(account.elected)) == len(account.elected)


@given(elections(), st.integers(1, 4), COUNTS)
@settings(max_examples=300, deadline=None)
def test_the_checker_finds_nothing_wrong_in_an_account(piles, seats, count):
    for steps in (("backwards", "lot"), ("forwards", "name"), ("lot",)):
        account = count(piles, ElectionTerms(seats, TieRule(steps, "7")))
        assert check(piles, piles.options, account) == []


@given(elections(), st.integers(1, 4), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_ballots_and_of_candidates_changes_nothing(piles, seats, chance):
    single = [(ranking, 1) for ranking, count in piles for _ in range(count)]
    chance.shuffle(single)
    options = list(piles.options)
    chance.shuffle(options)
    assert scottish(rank(options, single), ElectionTerms(seats)) == scottish(piles, ElectionTerms(seats))


@given(elections(), st.integers(1, 4), st.permutations("ABCDEF"))
@settings(deadline=None)
def test_no_candidate_is_favoured_by_who_they_are(piles, seats, order):
    account = scottish(piles, ElectionTerms(seats))
    assume(not any(tie.step == "lot" for tie in account.ties))
    renamed = dict(zip("ABCDEF", order, strict=True))
    other = rank(
        [Option(renamed[option.id], option.name) for option in piles.options],
        [([tuple(renamed[option] for option in place) for place in ranking], count) for ranking, count in piles],
    )
    again = scottish(other, ElectionTerms(seats))
    assert again.elected == tuple(renamed[option] for option in account.elected)
    for one, two in zip(account.rounds, again.rounds, strict=True):
        assert {renamed[option]: number for option, number in one.votes.items()} == two.votes


@given(elections(), st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_who_put_the_same_candidates_first_get_their_quotas_worth_of_seats(piles, seats):
    """Droop proportionality for solid coalitions, with a vote to spare for what rounding loses."""
    account = scottish(piles, ElectionTerms(seats))
    quota = account.rounds[0].quota if account.rounds else 1
    ballots = [([option for (option,) in ranking], count) for ranking, count in piles if ranking]
    for size in range(1, len(piles.options) + 1):
        for first in {frozenset(marks[:size]) for marks, _ in ballots if len(marks) >= size}:
            support = sum(count for marks, count in ballots if frozenset(marks[:size]) == first)
            due = min((support - 1) // quota, size, seats) if support else 0
            assert len(first & set(account.elected)) >= due


def test_more_ballots_than_can_be_counted_exactly_are_refused():
    piles = rank([Option("A", "A")], [(["A"], 900_000_001)])
    with pytest.raises(ValueError, match="900 million"):
        scottish(piles, ElectionTerms(1))


def test_as_many_ballots_as_can_be_are_counted_exactly():
    piles = rank(
        [Option(letter, letter) for letter in "ABC"],
        [(["A", "B"], 499_999_999), (["A", "C"], 200_000_001), (["B"], 200_000_000)],
    )
    account = scottish(piles, ElectionTerms(2))
    assert check(piles, piles.options, account) == []
