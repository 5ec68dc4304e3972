"""Pabulib files: what they say, what is wrong with them, and the way back."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.problem import Refused
from solidaria.core.voting.budget import BudgetVote, Project, approve
from solidaria.records.pabulib import PabulibFile, read, read_file, write
from tests.voting.budgets import CHANCE, random_vote
from tests.voting.published import names, published

SMALL = """META
key;value
description;A square
budget;100.50
num_projects;3
num_votes;4
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;votes;name;selected
1;50;2;Well;1
2;60,5;1;"Road; paved";0
p3;10;0;Park;2
VOTES
voter_id;vote;age
a;1,2;30
b;1;41
c;;22
d; 1 , 2 ;9
"""


def lines(text):
    return text.splitlines(keepends=True)


def faults(text):
    with pytest.raises(Refused) as refused:
        read(lines(text), "square.pb")
    return [(fault.row, fault.column, str(fault.what)) for fault in refused.value.faults]


def test_a_file_says_budget_projects_and_ballots():
    file = read(lines(SMALL))
    assert file.vote.budget == Fraction("100.5")
    assert file.vote.cost == {"1": 50, "2": Fraction("60.5"), "p3": 10}
    assert file.vote.names["2"] == "Road; paved"
    assert file.vote.piles == {approve("1", "2"): 2, approve("1"): 1, (): 1}
    assert file.funded == {"1"} and file.selected["p3"] == "2"
    assert file.published == {"1": 2, "2": 1, "p3": 0}
    assert [str(note) for note in file.notes] == [
        "The published votes of 2 projects differ from their ballots: 1, 2."
    ]


def test_line_ends_of_windows_and_a_byte_order_mark_do_not_matter(tmp_path):
    path = tmp_path / "square.pb"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert read_file(path).vote == read(lines(SMALL)).vote


def test_nothing_about_who_voted_is_kept():
    file = read(lines(SMALL))
    kept = repr(file)
    assert "41" not in kept and "voter" not in kept.replace("voters", "")


def kind(vote_type, header, ballots, extra=""):
    return (
        f"META\nkey;value\nbudget;10\nvote_type;{vote_type}\n{extra}PROJECTS\nproject_id;cost\na;1\nb;2\nc;3\n"
        f"VOTES\n{header}\n" + "\n".join(ballots) + "\n"
    )


@pytest.mark.parametrize("vote_type", ["cumulative", "scoring"])
def test_ballots_with_points(vote_type):
    file = read(lines(kind(vote_type, "voter_id;vote;points", ["1;b,a;2,3", "2;a;0.5", "3;;", "4;c;0"])))
    assert file.vote.piles == {(("a", 3), ("b", 2)): 1, (("a", Fraction(1, 2)),): 1, (): 2}
    assert file.vote.kind == vote_type


def test_ballots_in_order_get_points_from_the_last_place_up_unless_the_file_gives_them():
    assert read(lines(kind("ordinal", "voter_id;vote", ["1;c,a"]))).vote.piles == {(("a", 1), ("c", 2)): 1}
    with_points = kind("ordinal", "voter_id;vote;points", ["1;c,a;5,3"])
    assert read(lines(with_points)).vote.piles == {(("a", 3), ("c", 5)): 1}


def test_ballots_outside_a_limit_are_counted_and_noted():
    file = read(lines(kind("approval", "voter_id;vote", ["1;a,b", "2;a"], "max_length;1\nmin_length;2\n")))
    assert file.vote.voters == 2
    assert [str(note) for note in file.notes] == [
        "One ballot is outside the limit min_length = 2; it is counted as it is.",
        "One ballot is outside the limit max_length = 1; it is counted as it is.",
    ]


def test_all_faults_are_found_at_once_with_their_lines():
    text = """META
key;value
budget;a lot
vote_type;approval
num_votes
PROJECTS
project_id;cost
1;50
1;60
2;1,000
;7
x,y;3
VOTES
voter_id;vote
a;1,9
b;1,1
c
d;2
"""
    assert faults(text) == [
        (None, "budget", "The budget 'a lot' is not a number."),
        (5, "value", "This line of META has no value."),
        (9, "project_id", "The project 1 is there twice; it was first in line 8."),
        (10, "cost", "The cost '1,000' of 2 is not a number."),
        (11, "project_id", "This project has no project_id."),
        (12, "project_id", "The project_id x,y holds a comma, which separates projects on ballots."),
        (15, "vote", "The ballot marks '9', which is not among the projects."),
        (16, "vote", "The ballot marks 1 more than once."),
        (17, "vote", "This ballot ends before the column vote."),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(None, None, f"The section {one} is missing.") for one in ("META", "PROJECTS", "VOTES")]),
        ("budget;3\n", [(1, None, "The file does not begin with META.")]),
        (
            SMALL.replace("num_votes;4", "num_votes;5"),
            [(None, "num_votes", "META says num_votes is 5, but the file has 4.")],
        ),
        (
            SMALL.replace("num_projects;3", "num_projects;2"),
            [(None, "num_projects", "META says num_projects is 2, but the file has 3.")],
        ),
        (SMALL.replace("approval", "guess"), [(None, "vote_type", "The vote_type 'guess' is not known.")]),
        (SMALL.replace("vote_type;approval\n", ""), [(None, "key", "META does not give vote_type.")]),
        (SMALL.replace("cost;votes", "price;votes"), [(10, "cost", "The section PROJECTS has no column cost.")]),
        (kind("choose-1", "voter_id;vote", ["1;a,b"]), [(12, "vote", "This ballot marks 2 projects.")]),
        (
            kind("cumulative", "voter_id;vote", ["1;a"]),
            [(11, "points", "These ballots have points, but VOTES has no column points.")],
        ),
        (
            kind("scoring", "voter_id;vote;points", ["1;a,b;1", "2;a;-1"]),
            [
                (12, "points", "The ballot marks 2 projects and gives 1 numbers of points."),
                (13, "points", "'-1' is not a number of points."),
            ],
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_place(text, expected):
    assert faults(text) == expected


def test_text_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "square.pb"
    path.write_bytes(SMALL.replace("Well", "Brunn\xe9").encode("latin-1"))
    with pytest.raises(Refused) as refused:
        read_file(path)
    assert "not UTF-8" in str(refused.value.faults[0].what)


def test_many_faults_are_counted_after_the_first_few_hundred():
    bad = SMALL + "".join(f"v{number};nowhere\n" for number in range(2000))
    found = faults(bad)
    assert len(found) == 501
    assert found[0][2] == "1500 more faults are not shown."


@pytest.mark.parametrize(
    "path",
    [f"budgets_greedy/{one}" for one in names("budgets_greedy", "*.pb")]
    + [f"budgets_equal_shares/{one}" for one in names("budgets_equal_shares", "*.pb")],
)
def test_a_published_file_written_and_read_again_says_the_same(path):
    file = read_file(published(f"{path}.pb"))
    again = read(write(file))
    assert again.vote == file.vote
    assert (again.votes, again.score, again.selected) == (file.votes, file.score, file.selected)
    assert {key: again.meta[key] for key in file.meta} == dict(file.meta)


@settings(deadline=None)
@given(CHANCE)
def test_a_vote_written_and_read_again_is_the_same(chance):
    vote = random_vote(chance)
    assert read(write(PabulibFile(vote, {"rule": "equalshares"}))).vote == vote


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_faults(text):
    try:
        read(lines(text))
    except Refused as refused:
        assert refused.faults


@given(st.lists(st.sampled_from([*SMALL.splitlines(), "VOTES", "x;y", "a;1;2;3", ";;;", '"']), max_size=40))
def test_lines_in_any_order_are_read_or_refused_with_faults(rows):
    try:
        read([row + "\n" for row in rows])
    except Refused as refused:
        assert refused.faults


def test_the_order_in_which_people_voted_cannot_be_read_from_what_is_written():
    ballots = ["a;1", "b;2", "c;1", "d;1,2"]
    texts = set()
    for order in (ballots, ballots[::-1]):
        head = SMALL[: SMALL.index("a;1,2")]
        texts.add("".join(write(read(lines(head + "\n".join(f"{row};30" for row in order) + "\n")))))
    assert len(texts) == 1


def test_an_amount_without_end_cannot_be_written():
    vote = BudgetVote(Fraction(1, 3), (Project("a", Fraction(1)),), {})
    with pytest.raises(ValueError, match="decimal"):
        list(write(PabulibFile(vote, {})))
