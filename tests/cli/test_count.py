"""`solidaria count`: what a teller sees, what a program reads, what is refused."""

import argparse
import json
import subprocess
import sys
from fractions import Fraction

import pytest

from solidaria.cli import count
from solidaria.report import recount_alone, recount_budget_alone
from tests.voting.published import published

WARD = """\
4 2
5 1 2 0
3 2 1 0
2 3 4 0
2 4 3 0
0
"Ana Ruiz"
"Bheki Dube"
"Carla Sosa"
"Dora Paz"
"Delegates of the north"
"""


@pytest.fixture
def solidaria(tmp_path, capsys):
    """Runs `solidaria count` on a file with this text; gives status, output and errors."""

    def run(text, *words, name="vote.blt"):
        path = tmp_path / name
        if text is not None:
            path.write_text(text, encoding="utf-8")
        parser = argparse.ArgumentParser(prog="solidaria")
        count.add_arguments(parser.add_subparsers())
        try:
            arguments = parser.parse_args(["count", str(path), *words])
            status = arguments.run(arguments)
        except SystemExit as stopped:
            status = stopped.code
        out, err = capsys.readouterr()
        return status, out, err

    return run


def counted(result):
    status, out, err = result
    assert status == 0, err
    return json.loads(out)


def test_the_text_says_who_is_elected_and_shows_every_round(solidaria):
    status, out, err = solidaria(WARD, "--seed", "lottery 12 33 41")
    assert (status, err) == (0, "")
    assert "Delegates of the north" in out
    assert "12 ballots counted, 2 seats" in out
    assert "  1. Ana Ruiz" in out
    assert "Ana Ruiz has 5 votes, reaches the quota of 5 and is elected." in out
    assert "The lot drawn from the seed “lottery 12 33 41” falls on" in out
    assert "Round 2: Exclusion" in out
    assert "3.00000" in out


def test_json_has_the_keys_of_the_contract_and_exact_numbers_as_strings(solidaria):
    answer = counted(solidaria(WARD, "--format", "json"))
    assert list(answer)[:5] == ["rule", "seats", "ballots", "elected", "rounds"]
    assert (answer["rule"], answer["seats"], answer["ballots"]) == ("scottish-stv/1", 2, 12)
    assert answer["elected"][0] == "Ana Ruiz" and len(answer["elected"]) == 2
    first = answer["rounds"][0]
    assert first["votes"]["Bheki Dube"] == "3.00000" and first["quota"] == "5"
    assert first["elected"] == ["Ana Ruiz"]
    for round_ in answer["rounds"]:
        total = (
            sum(map(Fraction, round_["votes"].values())) + Fraction(round_["exhausted"]) + Fraction(round_["lost"])
        )
        assert total == 12
    tie = next(tie for round_ in answer["rounds"] for tie in round_["ties"])
    assert tie["among"] == ["Carla Sosa", "Dora Paz"] and tie["step"] == "lot"
    assert any("without a public seed" in note for note in answer["notes"])


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("scottish", "scottish-stv/1"),
        ("alameda", "alameda-stv/1"),
        ("meek", "meek-stv/1"),
        ("schulze", "schulze/1"),
        ("approval", "approval/1"),
    ],
)
def test_every_rule_for_elections_can_be_asked_for(solidaria, rule, name):
    answer = counted(solidaria(WARD, "--rule", rule, "--format", "json"))
    assert answer["rule"] == name
    assert "Ana Ruiz" in answer["elected"]
    status, out, _ = solidaria(None, "--rule", rule, "--lang", "es")
    assert status == 0 and "Ana Ruiz" in out


def test_seats_on_the_command_line_come_before_those_of_the_file(solidaria):
    assert len(counted(solidaria(WARD, "--seats", "3", "--format", "json"))["elected"]) == 3


def test_a_file_without_seats_fills_one_and_says_so(solidaria):
    answer = counted(solidaria("1,2\nAna,Bheki\nAna,\nBheki,\n", "--format", "json", name="vote.csv"))
    assert answer["elected"] == ["Ana"]
    assert answer["notes"] == [
        "The file does not say how many seats there are; one was filled. Use --seats for more."
    ]


def test_shared_places_are_counted_by_schulze_unless_another_rule_is_named(solidaria):
    text = "# NUMBER ALTERNATIVES: 2\n# ALTERNATIVE NAME 1: Ana\n# ALTERNATIVE NAME 2: Bheki\n3: {1,2}\n2: 2,1\n"
    answer = counted(solidaria(text, "--format", "json", name="vote.toi"))
    assert (answer["rule"], answer["elected"]) == ("schulze/1", ["Bheki"])
    assert answer["rounds"][0]["pairs"] == [["Ana", "Bheki", 0], ["Bheki", "Ana", 2]]


def test_the_default_option_and_the_quorum_of_schulze_can_be_named(solidaria):
    text = "count,1,2\n5,Yes,None\n4,None,Yes\n"
    words = ("--rule", "schulze", "--default", "None", "--format", "json")
    assert counted(solidaria(text, *words, name="v.csv"))["elected"] == ["Yes"]
    assert counted(solidaria(text, *words, "--quorum", "6", name="v.csv"))["elected"] == ["None"]
    status, _, err = solidaria(text, "--rule", "schulze", "--default", "Nobody", name="v.csv")
    assert status == 1 and "“Nobody” is not among the candidates" in err and "None and Yes" in err
    status, _, err = solidaria(text, "--rule", "schulze", "--quorum", "6", name="v.csv")
    assert status == 1 and "--default" in err


def test_skipped_and_shared_places_are_read_as_asked(solidaria):
    text = '3 1\n2 1=2 3 0\n1 1 - 2 0\n0\n"A"\n"B"\n"C"\n'
    assert counted(solidaria(text, "--format", "json"))["ballots"] == 1
    assert counted(solidaria(text, "--shared", "pass", "--format", "json"))["elected"] == ["C"]
    ended = counted(solidaria(text, "--skipped", "end", "--format", "json"))
    assert "1 ballot ends at a skipped place." in ended["notes"]


def test_ties_by_name_are_settled_only_where_asked(solidaria):
    answer = counted(solidaria(WARD, "--ties", "backwards,name", "--format", "json"))
    tie = next(tie for round_ in answer["rounds"] for tie in round_["ties"])
    assert (tie["step"], tie["chosen"]) == ("name", "Dora Paz")
    for steps in ("coin", "backwards"):
        status, _, err = solidaria(WARD, "--ties", steps)
        assert status == 1 and "the last must be lot or name" in err


def test_every_fault_of_a_file_is_told_with_its_line(solidaria):
    status, out, err = solidaria(WARD.replace("3 2 1 0", "3 2 9 0").replace("2 4 3 0", "2 4 3"))
    assert (status, out) == (1, "")
    assert "row 3" in err and "There is no candidate number 9." in err
    assert "row 5" in err and "This ballot does not end with a 0." in err


@pytest.mark.parametrize(
    "words", [("--rule", "guess"), ("--seats", "0"), ("--seats", "two"), ("--format", "xml"), ("--threshold", "x")]
)
def test_words_it_does_not_know_are_wrong_usage(solidaria, words):
    assert solidaria(WARD, *words)[0] == 2


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(solidaria):
    assert solidaria(None, name="none.blt")[0] == 1
    assert solidaria(None, name="none.pb")[0] == 1
    status, _, err = solidaria("", name="vote.doc")
    assert status == 1 and ".blt" in err
    status, _, err = solidaria(WARD, "--rule", "greedy")
    assert status == 1 and "holds an election" in err


def test_more_ballots_than_can_be_counted_exactly_are_refused(solidaria):
    status, _, err = solidaria(WARD.replace("5 1 2 0", "900000001 1 2 0"))
    assert status == 1 and "more than can be counted" in err


def test_the_answer_can_go_to_a_file(solidaria, tmp_path):
    status, out, _ = solidaria(WARD, "--format", "json", "--out", str(tmp_path / "answer.json"))
    assert (status, out) == (0, "")
    assert json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))["seats"] == 2
    assert solidaria(WARD, "--out", str(tmp_path / "nowhere" / "answer.json"))[0] == 1


@pytest.mark.parametrize("rule", ["scottish", "alameda", "meek", "schulze", "approval"])
def test_a_bundle_for_a_recount_is_written_beside(solidaria, tmp_path, rule):
    path = tmp_path / "bundle.json"
    assert solidaria(WARD, "--rule", rule, "--seed", "sun", "--bundle", str(path))[0] == 0
    made = json.loads(path.read_text(encoding="utf-8"))
    assert made["terms"]["seed"] == "sun"
    assert recount_alone.text(recount_alone.recount(made)) == recount_alone.text(made["result"])


def test_help_shows_examples(solidaria):
    status, out, _ = solidaria(None, "--help")
    assert status == 0 and "solidaria count ward.blt" in out


# Budgets

PB = """\
META
key;value
description;A fund
budget;100
vote_type;approval
rule;{rule}
PROJECTS
project_id;cost;name
a;60;Clinic
b;40;Library
c;50;Press
VOTES
voter_id;vote
1;a,b
2;a
3;b
4;c
5;c,a
"""


def test_a_budget_is_shared_out_by_the_rule_the_file_names(solidaria):
    shares = counted(solidaria(PB.format(rule="equalshares/add1"), "--format", "json", name="fund.pb"))
    assert list(shares)[:5] == ["rule", "budget", "spent", "funded", "explanations"]
    assert (shares["rule"], shares["budget"]) == ("equal-shares/1", "100")
    assert Fraction(shares["spent"]) <= 100
    assert set(shares["explanations"]) == {"a", "b", "c"}
    for project, why in shares["explanations"].items():
        assert why["funded"] == (project in shares["funded"]) and why["because"]
    greedy = counted(solidaria(PB.format(rule="greedy"), "--format", "json", name="fund.pb"))
    assert greedy["rule"] == "greedy-budget/1" and greedy["funded"] == ["a", "b"]
    status, out, _ = solidaria(None, name="fund.pb")
    assert status == 0 and "A fund" in out and "Clinic costs 60" in out


@pytest.mark.parametrize(
    ("named", "completion"),
    [("equalshares", "none"), ("equalshares/add1", "add1"), ("equalshares/add1u", "add1+utilitarian")],
)
def test_the_completion_a_file_names_is_taken(solidaria, named, completion):
    answer = counted(solidaria(PB.format(rule=named), "--format", "json", name="fund.pb"))
    assert answer["terms"]["completion"] == completion


@pytest.mark.parametrize("rule", ["equal-shares", "greedy"])
def test_a_bundle_of_a_budget_is_written_beside(solidaria, tmp_path, rule):
    path = tmp_path / "bundle.json"
    text = PB.format(rule="greedy")
    assert solidaria(text, "--rule", rule, "--bundle", str(path), name="fund.pb")[0] == 0
    ended = subprocess.run(
        [sys.executable, "-I", "-S", recount_budget_alone.__file__, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_terms_of_a_budget_can_be_named(solidaria):
    text = PB.format(rule="greedy")
    answer = counted(solidaria(text, "--rule", "equal-shares", "--completion", "none", "--utility", "points",
                               "--format", "json", name="fund.pb"))  # fmt: skip
    assert answer["terms"]["completion"] == "none" and answer["terms"]["utility"] == "points"
    answer = counted(solidaria(text, "--threshold", "3", "--format", "json", name="fund.pb"))
    assert answer["funded"] == ["a"]


def test_a_budget_without_a_known_rule_asks_for_one(solidaria):
    status, _, err = solidaria(PB.format(rule="by dice"), name="fund.pb")
    assert status == 1 and "by dice" in err and "--rule" in err
    status, _, err = solidaria(PB.format(rule="greedy"), "--rule", "meek", name="fund.pb")
    assert status == 1 and "a budget" in err
    status, _, err = solidaria(PB.format(rule="greedy"), "--seats", "2", name="fund.pb")
    assert status == 1 and "not an election" in err


# Real votes


def test_where_the_rule_decides_who_is_elected_it_is_said(solidaria, capsys):
    path = published("scottish_2017/ballots/shetland_2017_ward7.blt")
    text = path.read_text(encoding="utf-8")
    scottish, meek = (
        counted(solidaria(text, "--rule", rule, "--format", "json")) for rule in ("scottish", "meek")
    )
    assert set(scottish["elected"]) != set(meek["elected"])
    assert any("by-laws must name it" in note and "Meek's method" in note for note in scottish["notes"])
    assert any("the Scottish rules" in note for note in meek["notes"])


def test_a_published_budget_comes_out_as_published(solidaria):
    text = published("budgets_equal_shares/Poland_Wieliczka_2023_Green_Budget.pb").read_text(encoding="utf-8")
    answer = counted(solidaria(text, "--format", "json", name="Wieliczka.pb"))
    assert len(answer["funded"]) == 30 and answer["spent"] == "995079"
    assert not any("published outcome" in note for note in answer["notes"])
    first = counted(solidaria(text, "--stop", "exhaustive", "--format", "json", name="Wieliczka.pb"))
    assert len(first["funded"]) == 31 and first["spent"] == "984579"
    assert any("published outcome" in note for note in first["notes"])


BUDGET = """\
META
key;value
description;Two projects
num_projects;3
num_votes;4
budget;40
vote_type;approval
rule;equalshares
PROJECTS
project_id;cost
park;25
road;30
well;18
VOTES
voter_id;vote
1;well
2;well
3;well
4;park,road
"""


def test_projects_can_be_counted_again_for_by_id_all_or_none(solidaria):
    def scopes(*words):
        found = counted(solidaria(BUDGET, *words, "--format", "json", name="v.pb"))
        return {project: one["scope"] for project, one in found["explanations"].items() if not one["funded"]}

    # A small vote is counted again unasked.
    assert scopes() == scopes("--again", "all") == {"park": "rule", "road": "rule"}
    assert scopes("--again", "park") == {"park": "rule", "road": "last step"}
    assert scopes("--again", "none") == {"park": "last step", "road": "last step"}
    status, out, _ = solidaria(BUDGET, "--again", "none", name="v.pb")
    assert status == 0 and "--again all" in out
    status, _, err = solidaria(BUDGET, "--again", "park,lake", name="v.pb")
    assert status == 1 and "no project “lake”" in err


def test_the_step_and_the_comparison_of_equal_shares_can_be_named(solidaria):
    words = ("--completion", "add1", "--step", "10%", "--comparison", "--format", "json")
    found = counted(solidaria(BUDGET, *words, name="v.pb"))
    assert found["terms"] | {"step": "1/10", "step of": "share", "comparison": "yes"} == found["terms"]
    # The first amount is 10. At 25 the one person who wants the park can buy it, and with the well that is too much.
    assert found["per_person"] == "24" and found["funded"] == ["well"]
    assert solidaria(BUDGET, "--step", "0", name="v.pb")[0] == 2


def test_so_much_money_that_it_cannot_be_counted_exactly_is_refused(solidaria):
    status, _, err = solidaria(BUDGET.replace("budget;40", "budget;4" + "0" * 30), name="v.pb")
    assert status == 1 and "larger unit of money" in err


def test_the_line_that_is_not_text_is_named_also_in_a_budget(solidaria, tmp_path):
    path = tmp_path / "v.pb"
    path.write_bytes(BUDGET.encode().replace(b"4;park", b"4\xf3;park"))
    status, _, err = solidaria(None, name="v.pb")
    assert status == 1 and "v.pb, row 19" in err
