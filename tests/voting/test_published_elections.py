"""Real elections counted again: every stage as the authority published it."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from solidaria.core.voting.account import written
from solidaria.core.voting.ballots import Option, PairwiseTable
from solidaria.core.voting.meek import meek
from solidaria.core.voting.recount import check
from solidaria.core.voting.schulze import SchulzeTerms, schulze
from solidaria.core.voting.single_transferable import alameda, scottish
from solidaria.core.voting.terms import ElectionTerms, TieRule
from solidaria.records.ballots import read_ballots
from tests.voting.published import names, published

WARDS = names("scottish_2017/ballots", "*.blt")

#: What the published sheets get wrong themselves: (ward, stage, position of the candidate) → printed.
SLIPS = {
    ("glasgow_2017_ward1", 3, 5): "393",
    ("glasgow_2017_ward11", 2, 7): "998.5328",
    ("midlothian_2017_ward1", 3, 5): "832.84154",
}

#: A sheet with a slip that is rounded besides.
ROUNDED_TOO = ("glasgow_2017_ward11",)


def ward(name):
    official = json.loads(published("scottish_2017/official.json").read_text(encoding="utf-8"))[name]
    return official, read_ballots(published(f"scottish_2017/ballots/{name}.blt"))


def shown(exact: Fraction, printed: str, rounded: bool) -> bool:
    """Whether a number is what the sheet shows: exactly, or rounded to the digits the sheet had room for."""
    if not rounded:
        return exact == Fraction(printed)
    decimals = max(6 - len(str(int(exact))), -int(Decimal(printed).as_tuple().exponent), 0)
    return abs(exact - Fraction(printed)) <= Fraction(1, 2 * 10**decimals)


@pytest.mark.parametrize("name", WARDS)
def test_every_stage_of_a_scottish_ward_is_the_official_one(name):
    official, file = ward(name)
    assert file.seats == official["seats"]
    account = scottish(file.piles, ElectionTerms(file.seats))
    assert account.ballots == official["valid"]
    assert account.rounds[0].quota == official["quota_official"]
    ids = file.piles.ids
    assert sorted(ids.index(option) for option in account.elected) == sorted(official["winners_official"])
    assert len(account.rounds) == len(official["stages_official"])
    rounded = official["quality"] == "source-rounded" or name in ROUNDED_TOO
    slips = {}
    for stage, (round_, printed) in enumerate(
        zip(account.rounds, official["stages_official"], strict=True), start=1
    ):
        for position, (option, text) in enumerate(zip(ids, printed, strict=True)):
            if not shown(round_.votes[option], text, rounded):
                slips[name, stage, position] = text
    assert slips == {where: text for where, text in SLIPS.items() if where[0] == name}
    assert check(file.piles, file.piles.options, account) == []


def test_the_golden_ward_of_equal_surpluses_was_settled_by_the_most_recent_stage():
    _, file = ward("renfrewshire_2017_ward3")
    account = scottish(file.piles, ElectionTerms(file.seats))
    tie = next(tie for tie in account.ties if tie.about == "surplus")
    assert tie.step == "backwards" and account.rounds[5].votes[tie.chosen] == 1311
    first = scottish(file.piles, ElectionTerms(file.seats, TieRule(("forwards", "lot"))))
    assert first.rounds[6].votes != account.rounds[6].votes
    assert sorted(first.elected) == sorted(account.elected)


def test_the_lists_of_slips_in_published_sheets_is_whole():
    official = json.loads(published("scottish_2017/official.json").read_text(encoding="utf-8"))
    suspect = {name for name, one in official.items() if one["quality"] == "source-suspect"}
    assert suspect == {name for name, _, _ in SLIPS}


@pytest.mark.parametrize("name", WARDS)
def test_meek_ends_on_every_ward_and_its_account_holds(name):
    _, file = ward(name)
    account = meek(file.piles, ElectionTerms(file.seats))
    assert len(account.elected) == file.seats
    assert check(file.piles, file.piles.options, account) == []
    for round_ in account.rounds:
        assert sum(round_.votes.values()) + round_.exhausted == account.ballots


@pytest.mark.parametrize(
    "name",
    ["shetland_2017_ward7", "falkirk_2017_ward3", "fife_2017_ward18"]
    + ["glasgow_2017_ward5", "renfrewshire_2017_ward4", "aberdeen_2017_ward10"],
)
def test_meek_elects_others_where_it_is_known_to(name):
    official, file = ward(name)
    account = meek(file.piles, ElectionTerms(file.seats))
    ids = file.piles.ids
    winners = {ids.index(option) for option in account.elected}
    assert winners != set(official["winners_official"])
    assert len(winners & set(official["winners_official"])) == file.seats - 1


def test_albany_is_counted_in_its_four_official_rounds():
    expected = json.loads(published("albany_2022/expected.json").read_text(encoding="utf-8"))
    file = read_ballots(published("albany_2022/profile.csv"))
    account = alameda(file.piles, ElectionTerms(expected["seats"]))
    surname = {name.split()[-1]: name for name in file.piles.ids}
    assert [round_.quota for round_ in account.rounds] == expected["quotas"]
    assert len(account.rounds) == len(expected["rounds_official"])
    for round_, official in zip(account.rounds, expected["rounds_official"], strict=True):
        for name, votes in official.items():
            assert Fraction(written(round_.votes[surname[name]], 6)) == Fraction(str(votes))
    assert list(account.elected) == expected["winners"]
    assert check(file.piles, file.piles.options, account) == []


# Debian


def debian(year):
    official = json.loads(published("debian/debian.json").read_text(encoding="utf-8"))
    return official[year]


def test_debian_2003_elects_michlmayr_by_four_votes():
    vote = debian("debian_dpl_2003")
    names = vote["options"]
    over = {}
    for winner, loser, there, back in vote["beats_official"]:
        over[names[winner - 1], names[loser - 1]] = there
        over[names[loser - 1], names[winner - 1]] = back
    table = PairwiseTable(tuple(Option(name, name) for name in names), vote["votes"], over)
    account = schulze(table, SchulzeTerms(default="None Of The Above"))
    assert account.elected == (vote["winner_official"],)
    assert account.ties == ()
    assert "228 ballots put Martin Michlmayr above Bdale Garbee, 224 below." in map(
        str, account.rounds[-1].sentences
    )


def test_debian_2002_elects_garbee_within_the_quorum():
    vote = debian("debian_dpl_2002")
    names, matrix = vote["options"], vote["matrix_official"]
    over = {
        (one, other): matrix[names.index(one)][names.index(other)]
        for one in names
        for other in names
        if one != other
    }
    ballots = max(over[pair] + over[pair[::-1]] for pair in over)
    table = PairwiseTable(tuple(Option(name, name) for name in names), ballots, over)
    terms = SchulzeTerms(default="None Of The Above", quorum_root=Fraction(3, 2), electorate=vote["electorate"])
    account = schulze(table, terms)
    assert account.elected == (vote["winner_official"],)
    # 3Q is 45.96...: 46 ballots meet it and 45 do not
    assert 45 < vote["quorum"] < 46


def test_debian_2004_drops_the_option_that_does_not_beat_the_default():
    vote = debian("debian_dpl_2004_rules")
    default = vote["default_option"]
    names = [*vote["option_vs_default"], default]
    over = {(one, other): 0 for one in names for other in names if one != other}
    for name, (there, back) in vote["option_vs_default"].items():
        over[name, default], over[default, name] = there, back
    table = PairwiseTable(tuple(Option(name, name) for name in names), vote["votes"], over)
    terms = SchulzeTerms(
        seats=1,
        default=default,
        quorum_root=Fraction(3, 2),
        electorate=vote["electorate"],
        ties=TieRule(("lot",), "x"),
    )
    account = schulze(table, terms)
    assert list(account.rounds[1].excluded) == vote["dropped_for_majority"]
    assert str(account.rounds[1].sentences[0]) == (
        "Gergely Nagy does not beat None Of The Above: 144 ballots put it above, 258 below."
    )
