"""Thousands of random elections counted here and by independent libraries.

The libraries are not needed to use Solidaria; each test runs where its library is installed and says so where not.
SOLIDARIA_PEER_ELECTIONS sets how many elections each test counts. docs/counting.md explains every disagreement.
"""

import os
import random
from collections import Counter

import pytest

from solidaria.core.voting.ballots import Option, RankedPiles, rank
from solidaria.core.voting.meek import meek
from solidaria.core.voting.schulze import SchulzeTerms, schulze
from solidaria.core.voting.single_transferable import scottish
from solidaria.core.voting.terms import ElectionTerms

MANY = int(os.environ.get("SOLIDARIA_PEER_ELECTIONS", "300"))


def library(name: str, *, at: str = ""):
    """The library, or the test is left out and says why."""
    pytest.importorskip(
        name, reason=f"{name} is not installed; docs/counting.md tells what came of the comparison"
    )
    return pytest.importorskip(at or name)


def random_elections(seed: int, *, shared: bool = False):
    """Small elections with few and many ballots, so that some are close and some are clear."""
    chance = random.Random(seed)
    for _ in range(MANY):
        size = chance.randint(2, 7)
        ids = "ABCDEFG"[:size]
        piles = Counter()
        favour = [chance.random() ** 2 for _ in ids]
        for _ in range(chance.randint(1, 25)):
            order = sorted(ids, key=lambda option: chance.random() - favour[ids.index(option)])
            places = [(option,) for option in order[: chance.randint(1, size)]]
            if shared and len(places) > 1 and chance.random() < 0.5:
                places = [(*places[0], *places[1]), *places[2:]]
            piles[tuple(tuple(sorted(place)) for place in places)] += chance.randint(1, 30)
        yield rank([Option(option, option) for option in ids], dict(piles)), chance.randint(1, size - 1)


def marks(piles: RankedPiles):
    for ranking, count in piles:
        yield [option for (option,) in ranking], count


def compared(ours, theirs, seed: int, *, least: int) -> None:
    """Count all elections twice; those with a tie in our account are passed over, but not too many may be."""
    clear, different = 0, []
    for piles, seats in random_elections(seed):
        account = ours(piles, ElectionTerms(seats))
        if any(tie.about != "order of election" for tie in account.ties):
            continue
        clear += 1
        found = theirs(piles, seats)
        if found != set(account.elected):
            different.append((seats, dict(piles), account.elected, found))
    assert clear >= least, "too many ties for a comparison"
    assert different == []


def test_pref_voting_elects_the_same_by_the_scottish_rules():
    methods = library("pref_voting", at="pref_voting.proportional_methods")
    profiles = library("pref_voting", at="pref_voting.profiles_with_ties")

    def theirs(piles, seats):
        number = {option: index for index, option in enumerate(piles.ids)}
        rankings = [
            ({number[option]: place for place, option in enumerate(order)}, count) for order, count in marks(piles)
        ]
        profile = profiles.ProfileWithTies(
            [ranking for ranking, _ in rankings],
            [count for _, count in rankings],
            candidates=list(number.values()),
        )
        return {piles.ids[index] for index in methods.stv_scottish(profile, num_seats=seats)}

    compared(scottish, theirs, 1, least=MANY // 2)


def test_pref_voting_elects_the_same_by_meek():
    methods = library("pref_voting", at="pref_voting.proportional_methods")
    profiles = library("pref_voting", at="pref_voting.profiles_with_ties")

    def theirs(piles, seats):
        number = {option: index for index, option in enumerate(piles.ids)}
        rankings = [
            ({number[option]: place for place, option in enumerate(order)}, count) for order, count in marks(piles)
        ]
        profile = profiles.ProfileWithTies(
            [ranking for ranking, _ in rankings],
            [count for _, count in rankings],
            candidates=list(number.values()),
        )
        return {piles.ids[index] for index in methods.stv_meek(profile, num_seats=seats)}

    compared(meek, theirs, 2, least=MANY // 2)


@pytest.mark.parametrize("strength", ["margins", "winning votes"])
@pytest.mark.parametrize("shared", [False, True])
def test_pref_voting_finds_the_same_set_of_schulze_winners(strength, shared):
    methods = library("pref_voting", at="pref_voting.margin_based_methods")
    profiles = library("pref_voting", at="pref_voting.profiles_with_ties")
    for piles, _ in random_elections(3, shared=shared):
        number = {option: index for index, option in enumerate(piles.ids)}
        rankings = [
            ({number[option]: place for place, shared_ in enumerate(ranking) for option in shared_}, count)
            for ranking, count in piles
        ]
        profile = profiles.ProfileWithTies(
            [ranking for ranking, _ in rankings],
            [count for _, count in rankings],
            candidates=list(number.values()),
        )
        profile.use_extended_strict_preference()
        supports = profile.support if strength == "winning votes" else None
        found = {piles.ids[index] for index in methods.beat_path(profile, strength_function=supports)}
        account = schulze(piles, SchulzeTerms(strength=strength))
        ours = set(account.ties[0].among) if account.ties else set(account.elected)
        if strength == "winning votes":
            # votes against separate what votes for leave equal here, not there: ours is then a part of theirs
            assert ours <= found
            continue
        assert ours == found


def test_pyrankvote_holds_the_same_run_off_for_one_seat():
    pyrankvote = library("pyrankvote")

    def theirs(piles, seats):
        people = {option: pyrankvote.Candidate(option) for option in piles.ids}
        ballots = [
            pyrankvote.Ballot([people[option] for option in order])
            for order, count in marks(piles)
            for _ in range(count)
        ]
        found = pyrankvote.instant_runoff_voting(list(people.values()), ballots)
        return {candidate.name for candidate in found.get_winners()}

    compared(lambda piles, terms: scottish(piles, ElectionTerms(1)), theirs, 4, least=MANY // 2)


def test_votekit_finds_the_same_schulze_ranking():
    votekit = library("votekit")
    elections = library("votekit", at="votekit.elections")
    for piles, _ in random_elections(5):
        account = schulze(piles, SchulzeTerms(seats=len(piles.ids), strength="margins"))
        if account.ties:
            continue
        ballots = tuple(
            votekit.RankBallot(ranking=[{option} for option in order], weight=count)
            for order, count in marks(piles)
        )
        profile = votekit.RankProfile(ballots=ballots, candidates=piles.ids)
        found = elections.Schulze(profile, n_seats=1).get_elected()
        assert [set(place) for place in found] == [{account.elected[0]}]


def test_stvpoll_elects_the_same_by_the_scottish_rules_where_no_surplus_meets_another():
    stvpoll = library("stvpoll", at="stvpoll.scottish_stv")
    clear, different = 0, []
    for piles, seats in random_elections(6):
        account = scottish(piles, ElectionTerms(seats))
        if account.ties or any(len(round_.elected) > 1 for round_ in account.rounds[:-1]):
            continue
        poll = stvpoll.ScottishSTV(seats=seats, candidates=piles.ids, random_in_tiebreaks=True)
        for order, count in marks(piles):
            poll.add_ballot(tuple(order), count)
        found = set(poll.calculate().elected_as_tuple())
        clear += 1
        if found != set(account.elected):
            different.append((seats, dict(piles), account.elected, found))
    assert clear >= MANY // 4
    assert different == []


def test_the_same_seed_gives_the_same_elections_and_another_one_others():
    first = [dict(piles) for piles, _ in random_elections(1)][:5]
    assert first == [dict(piles) for piles, _ in random_elections(1)][:5]
    assert first != [dict(piles) for piles, _ in random_elections(2)][:5]
