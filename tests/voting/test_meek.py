"""Single transferable vote by Meek's method."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solidaria.core.voting.ballots import Option, rank
from solidaria.core.voting.meek import meek
from solidaria.core.voting.recount import check
from solidaria.core.voting.single_transferable import scottish
from solidaria.core.voting.terms import ElectionTerms, TieRule
from tests.voting.elections import election, elections


def test_the_example_of_the_algorithm_elects_adam_and_donald():
    """The ballots that Algorithm 123 shows its file format with; Basil has withdrawn."""
    piles = election(
        "3 Adam > Charlotte > Donald",
        "4 Adam > Charlotte > Basil",
        "2 Donald > Adam > Charlotte",
        "1 Basil",
        "2 Basil > Donald > Charlotte > Adam",
        "1 Charlotte > Donald > Basil",
        withdrawn="Basil",
    )
    account = meek(piles, ElectionTerms(2))
    assert account.ballots == 12
    assert account.elected == ("Adam", "Donald")
    # a third of 12 is exactly 4, which Donald has and which does not yet elect; then Charlotte comes to 4 as well
    assert 4 < account.rounds[0].quota < Fraction(4000001, 1000000)
    assert [(tie.among, tie.step, tie.chosen) for tie in account.ties] == [
        (("Charlotte", "Donald"), "backwards", "Charlotte")
    ]


def test_an_elected_candidate_keeps_the_same_share_of_every_vote():
    # quota (6 + 2 + 1) / 3 = 3: A keeps half of each of 6 votes, also of those that come later from C
    piles = election("6 A > B", "2 B", "1 C > A > B")
    account = meek(piles, ElectionTerms(2))
    assert account.elected == ("A", "B")
    account = meek(election("60 A > B", "20 B", "10 C > A > D", "19 D", "21 E"), ElectionTerms(2))
    last = account.rounds[-1]
    # what reaches A from C passes on to D by the share that A does not keep
    passed = 10 * (1 - last.keep["A"])
    assert abs(last.votes["D"] - 19 - passed) < Fraction(1, 10**6)


def test_votes_settle_where_algebra_says_they_must():
    # A's 60 votes all pass on to B: with nothing exhausted the quota is 30, A keeps exactly one half
    account = meek(election("60 A > B", "10 B", "20 C"), ElectionTerms(2))
    assert account.elected == ("A", "B")
    surplus = next(round_ for round_ in account.rounds if round_.action == "surplus")
    assert surplus.votes["B"] >= 30
    # 40 of A's 60 votes pass on to nobody, so the quota falls: q = (89 - (60 - q) * 2/3) / 3, which is 21
    account = meek(election("20 A > B", "40 A", "2 B", "14 C", "13 D"), ElectionTerms(2))
    settled = account.rounds[1]
    assert settled.action == "surplus" and settled.elected == ()
    assert abs(settled.quota - 21) < Fraction(1, 10**5)
    assert abs(settled.votes["A"] - 21) < Fraction(1, 10**5)
    assert abs(settled.votes["B"] - 15) < Fraction(1, 10**5)
    assert abs(settled.keep["A"] - Fraction(21, 60)) < Fraction(1, 10**6)


def test_a_tie_after_transfers_is_counted_with_more_decimals_before_it_is_called_one():
    piles = election("7 A > B", "7 A > C", "1 D", "3 E")
    account = meek(piles, ElectionTerms(2, TieRule(("lot",), "sun")))
    assert account.decimals == 36
    assert any(tie.among == ("B", "C") for tie in account.ties if tie.about == "exclusion")
    assert str(account.notes[0]) == "A close decision was counted with 36 decimals."
    assert check(piles, piles.options, account) == []


def test_a_tie_without_transfers_needs_no_more_decimals():
    account = meek(election("3 A", "2 B", "2 C"), ElectionTerms(1, TieRule(("lot",), "sun")))
    assert account.decimals == 9
    assert account.ties[0].among == ("B", "C")


def test_nobody_voting_still_ends():
    assert len(meek(rank([Option("A", "Ana"), Option("B", "Bheki")], []), ElectionTerms(1)).elected) == 1
    assert meek(rank([], []), ElectionTerms(1)).elected == ()
    assert meek(election("2 A"), ElectionTerms(3)).elected == ("A",)


# Laws


@given(elections(), st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_the_votes_of_every_round_add_up_to_the_ballots(piles, seats):
    account = meek(piles, ElectionTerms(seats))
    for round_ in account.rounds:
        assert sum(round_.votes.values()) + round_.exhausted == account.ballots
    assert len(set(account.elected)) == len(account.elected) == min(seats, len(piles.options))


@given(elections(), st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_the_checker_finds_nothing_wrong_in_an_account(piles, seats):
    account = meek(piles, ElectionTerms(seats, TieRule(("backwards", "lot"), "7")))
    assert check(piles, piles.options, account) == []


@given(elections(), st.integers(1, 4), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_ballots_and_of_candidates_changes_nothing(piles, seats, chance):
    single = [(ranking, 1) for ranking, count in piles for _ in range(count)]
    chance.shuffle(single)
    options = list(piles.options)
    chance.shuffle(options)
    assert meek(rank(options, single), ElectionTerms(seats)) == meek(piles, ElectionTerms(seats))


@given(elections(), st.integers(1, 4), st.permutations("ABCDEF"))
@settings(deadline=None)
def test_no_candidate_is_favoured_by_who_they_are(piles, seats, order):
    account = meek(piles, ElectionTerms(seats))
    assume(not any(tie.step == "lot" for tie in account.ties))
    renamed = dict(zip("ABCDEF", order, strict=True))
    other = rank(
        [Option(renamed[option.id], option.name) for option in piles.options],
        [([tuple(renamed[option] for option in place) for place in ranking], count) for ranking, count in piles],
    )
    again = meek(other, ElectionTerms(seats))
    assert again.elected == tuple(renamed[option] for option in account.elected)


@given(elections(), st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_who_put_the_same_candidates_first_get_their_quotas_worth_of_seats(piles, seats):
    account = meek(piles, ElectionTerms(seats))
    ballots = [([option for (option,) in ranking], count) for ranking, count in piles if ranking]
    quota = Fraction(sum(count for _, count in ballots), seats + 1)
    for size in range(1, len(piles.options) + 1):
        for first in {frozenset(marks[:size]) for marks, _ in ballots if len(marks) >= size}:
            support = sum(count for marks, count in ballots if frozenset(marks[:size]) == first)
            due = min((support - Fraction(1, 10**4)) // quota, size, seats) if support else 0
            assert len(first & set(account.elected)) >= due


@given(elections())
@settings(deadline=None)
def test_with_one_seat_it_is_the_run_off_that_the_scottish_rules_hold(piles):
    one, other = meek(piles, ElectionTerms(1)), scottish(piles, ElectionTerms(1))
    assume(not one.ties and not other.ties)
    assert one.elected == other.elected


@given(elections(), st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_a_plain_count_in_floats_elects_the_same_where_it_is_not_close(piles, seats):
    account = meek(piles, ElectionTerms(seats))
    assume(not account.ties)
    expected = plain(piles, seats)
    assume(expected is not None)
    assert set(account.elected) == expected


def plain(piles, seats):
    """Meek's method as the paper tells it, in floats; None when a decision is close."""
    ballots = [([option for (option,) in ranking], count) for ranking, count in piles if ranking]
    hopeful, elected = set(piles.ids), []
    keep = dict.fromkeys(piles.ids, 1.0)
    total = sum(count for _, count in ballots)
    while len(hopeful) > seats - len(elected) > 0:
        for _ in range(5000):
            votes, exhausted = dict.fromkeys(piles.ids, 0.0), 0.0
            for marks, count in ballots:
                left = float(count)
                for mark in marks:
                    if mark in hopeful:
                        votes[mark] += left
                        left = 0.0
                        break
                    if mark in elected:
                        votes[mark] += left * keep[mark]
                        left *= 1 - keep[mark]
                exhausted += left
            quota = (total - exhausted) / (seats + 1)
            if any(abs(votes[option] - quota) < 1e-6 for option in hopeful):
                return None
            reached = [option for option in hopeful if votes[option] > quota]
            if reached:
                elected += reached
                hopeful -= set(reached)
                break
            if sum(max(0.0, votes[option] - quota) for option in elected) < 1e-8:
                order = sorted(hopeful, key=votes.__getitem__)
                if votes[order[1]] - votes[order[0]] < 1e-5:
                    return None
                hopeful.discard(order[0])
                break
            for option in elected:
                if votes[option] > quota:
                    keep[option] *= quota / votes[option]
        else:
            return None
    return {*elected, *hopeful} if len(elected) + len(hopeful) <= seats else set(elected)


def test_a_precision_may_be_asked_for():
    account = meek(election("5 A > B", "3 B", "2 C"), ElectionTerms(2), decimals=15)
    assert account.decimals == 15 and account.terms["decimals"] == "15"


@pytest.mark.parametrize("decimals", [6, 12, 18])
def test_other_precisions_give_accounts_that_hold(decimals):
    piles = election("60 A > B", "20 B", "10 C > A > D", "19 D", "21 E")
    assert check(piles, piles.options, meek(piles, ElectionTerms(2), decimals=decimals)) == []
