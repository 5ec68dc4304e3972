"""Votes on motions from CSV: known files first, then laws; and what a teller sees."""

import argparse
import json
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.cli import count
from solidaria.core.problem import Refused
from solidaria.core.voting.consent import ConsentTerms, Objection, consent
from solidaria.core.voting.councils import PARTS, CouncilTerms, Split, council
from solidaria.core.voting.majority import BASES, CHOICES, MajorityTerms, Quorum, Share, majority
from solidaria.records.motions import read_consent, read_council, read_motion
from solidaria.report import recount_motion_alone
from solidaria.report.motion_bundle import consent_bundle, council_bundle, majority_bundle

TALLY = "choice,count\nfor,24\nagainst,18\nabstain,3\nblank,1\nspoiled,2\n"
CONSENT = """\
answer,count,reason,state
consent,20,,
stand aside,3,,
object,1,"The roof first, please",stands
consent,1,Too dear,answered
"""
COUNCIL = """\
organisation,members,for,against,abstain
North,450,300,100,50
South,420,130,200,90
East,200,10,150,40
West,100,,,
"""


@pytest.fixture
def file(tmp_path):
    """Writes text or bytes to a file and gives its path."""

    def write(content, name="vote.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


@pytest.fixture
def solidaria(file, capsys):
    """Runs `solidaria count` on a file with this content; gives status, output and errors."""

    def run(content, *words, name="vote.csv"):
        parser = argparse.ArgumentParser(prog="solidaria")
        count.add_arguments(parser.add_subparsers())
        try:
            arguments = parser.parse_args(["count", str(file(content, name)), *words])
            status = arguments.run(arguments)
        except SystemExit as stopped:
            status = stopped.code
        out, err = capsys.readouterr()
        return status, out, err

    return run


def answer(result):
    status, out, err = result
    assert (status, err) == (0, "")
    return json.loads(out)


def faults(read, path):
    with pytest.raises(Refused) as refused:
        read(path)
    return [(fault.row, fault.column, str(fault.what)) for fault in refused.value.faults]


# Reading


def test_a_tally_and_one_line_for_each_ballot_are_the_same_vote(file):
    lines = "voto\n" + "a favor\nSí\n\nen contra\nme abstengo\n  EN   blanco \nnulo\n"
    assert read_motion(file(lines)).piles == dict(zip(CHOICES, (2, 1, 1, 1, 1), strict=True))
    tally = "choice;count\nagainst;1\nfor;1\nfor;1\nabstain;1\nblank;1\nspoiled;1\n"
    assert read_motion(file(tally)).piles == read_motion(file(lines)).piles


def test_columns_that_are_not_read_are_named(file):
    read = read_motion(file("When,Name,Vote\n2026,Ana,for\n"))
    assert [str(note) for note in read.notes] == ["Columns that were not read: When."]


def test_everything_wrong_with_a_motion_is_said_at_once_with_line_and_column(file):
    wrong = "vote,count,name\nperhaps,1,\nfor,-2,\nfor,1000000000,\n,1,\nfor,1,Ana\nagainst,1, ANA\nfor,2,Bheki\nfor,1,C,9\n"
    assert faults(read_motion, file(wrong)) == [
        (2, "vote", "“perhaps” is not known here."),
        (3, "count", "“-2” is not a whole number of people."),
        (4, "count", "“1000000000” is not a whole number of people."),
        (5, "vote", "This cell is empty."),
        (7, "name", "“ANA” votes twice: the first time on line 6."),
        (8, "name", "“Bheki” is one person, but the line stands for 2."),
        (9, None, "This line has more cells than the first one."),
    ]
    assert faults(read_motion, file("a,b\n1,2\n")) == [(1, None, "There is no column “choice”.")]
    assert faults(read_motion, file("vote,voto\nfor,for\n")) == [(1, "voto", "Two columns are headed “voto”.")]


@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        (b"\xff\xfev\0o\0t\0e\0", None, "This is UTF-16 text"),
        (b"vote\nfor\nno\xf3\n", 3, "not UTF-8"),
        (b"vote\nfor\0\n", 2, "cannot be printed, number 0"),
        (b"vote\nfor\x1b[2J\n", 2, "cannot be printed, number 27"),
        (b"vote\rfor\r", 1, "very old machines"),
        (b"vote\n" + b"9" * 200_000 + b"\n", 2, "longer than 131072 signs"),
        (b"", 1, "no column “choice”"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(file, content, row, words):
    found = faults(read_motion, file(content))
    assert any(line == row and words in what for line, _, what in found), found


def test_windows_lines_and_a_byte_order_mark_are_fine(file):
    assert read_motion(file(b"\xef\xbb\xbf" + TALLY.replace("\n", "\r\n").encode())) == read_motion(file(TALLY))


def test_of_ten_thousand_faults_the_first_are_listed_and_the_rest_counted(file):
    found = faults(read_motion, file("vote\n" + "perhaps\n" * 10_000))
    assert len(found) == 201 and found[1] == (2, "vote", "“perhaps” is not known here.")
    assert found[0][2] == "9,800 more faults are not listed.".replace(",", "")


def test_objections_are_read_with_their_reasons_and_what_became_of_them(file):
    read = read_consent(file(CONSENT))
    assert read.piles == {"consent": 21, "stand aside": 3, "object": 1}
    assert read.objections == (
        Objection("1", "The roof first, please", "stands"),
        Objection("2", "Too dear", "answered"),
    )


def test_an_objection_that_was_answered_says_what_the_person_answers_now(file):
    wrong = "answer,reason,state\nobject,Too dear,answered\nconsent,Too far,stands\nconsent,Too far,gone\n"
    assert [(row, column) for row, column, _ in faults(read_consent, file(wrong))] == [
        (2, "state"),
        (3, "state"),
        (4, "state"),
    ]


def test_a_council_file_says_who_votes_who_does_not_and_what_binds(file):
    text = "organización;miembros;a favor;en contra;abstenciones;base a favor;base en contra;instrucción\n"
    read = read_council(file(text + "Norte;10;6;4;;6;4;\nSur;5;;;;;;\nEste;7;7;0;0;;;a favor\n"))
    assert [(split.organisation, split.stand) for split in read.splits] == [("Norte", "for"), ("Este", "for")]
    assert read.roll == {"Norte": 10, "Sur": 5, "Este": 7}
    assert read.mandates["Norte"].base == {"for": 6, "against": 4, "abstain": 0}
    assert read.mandates["Este"].instruction == "for"


# What a teller sees


def test_the_text_says_the_outcome_the_ballots_and_what_was_needed(solidaria):
    status, out, err = solidaria(TALLY, "--rule", "majority")
    assert (status, err) == (0, "")
    assert "The motion carries." in out and "48 ballots:" in out and "  24 in favour\n" in out
    assert "24 for, of 42 (the votes for and against): more than 1/2. 22 were needed." in out


@pytest.mark.parametrize(
    ("needs", "whole", "needed", "carried"),
    [
        ("more than 1/2 of votes", 42, 22, True),
        ("more than 1/2 of cast", 46, 24, True),
        ("at least 50% of present", 50, 25, False),
        ("at least 0.24 of roll", 100, 24, True),
        ("more than 24/100 of roll", 100, 25, False),
    ],
)
def test_the_base_and_whether_it_is_more_than_or_at_least_are_named(solidaria, needs, whole, needed, carried):
    words = ("--rule", "majority", "--needs", needs, "--present", "50", "--roll", "100", "--format", "json")
    found = answer(solidaria(TALLY, *words))
    (check,) = found["checks"]
    assert (check["whole"], check["needed"], found["carried"]) == (whole, needed, carried)
    assert list(found)[:4] == ["rule", "outcome", "carried", "ballots"] and found["ballots"] == 48


@pytest.mark.parametrize(
    ("quorum", "outcome"),
    [
        ("50", "carried"),
        ("51", "not quorate"),
        ("1/2", "carried"),
        ("more than 1/2", "not quorate"),
        ("48 ballots", "carried"),
        ("49% ballots", "not quorate"),
        ("5 root", "carried"),
        ("501/100 root", "not quorate"),
    ],
)
def test_a_quorum_is_a_number_a_share_or_a_root_of_those_present_or_of_ballots(solidaria, quorum, outcome):
    words = ("--rule", "majority", "--quorum", quorum, "--present", "50", "--roll", "100", "--format", "json")
    assert answer(solidaria(TALLY, *words))["outcome"] == outcome
    assert answer(solidaria(TALLY, *words, "--second-call"))["outcome"] == "carried"


def test_numbers_that_the_terms_need_or_that_cannot_be_are_refused_at_once(solidaria):
    status, out, err = solidaria(
        TALLY, "--rule", "majority", "--needs", "more than 1/2 of roll", "--quorum", "1/3"
    )
    assert (status, out) == (1, "") and "Say so with --present" in err and "Say so with --roll" in err
    status, _, err = solidaria(TALLY, "--rule", "majority", "--present", "40", "--roll", "30")
    assert (
        status == 1 and err.count("48 ballots") == 2 and "40 people cannot be present with 30 on the roll" in err
    )


@pytest.mark.parametrize(
    "needs", ["2/3", "more than 3/2", "more than 1/1", "at least 1/0 of roll", "at least 1/2 of us"]
)
def test_a_share_that_means_nothing_is_refused(solidaria, needs):
    status, _, err = solidaria(TALLY, "--rule", "majority", "--needs", needs)
    assert status == 2 and "--needs" in err


def test_an_option_that_the_rule_does_not_know_is_refused_not_passed_over(solidaria):
    status, _, err = solidaria(TALLY, "--rule", "majority", "--carry", "both", "--seats", "2", "--seed", "x")
    assert status == 1 and [option in err for option in ("--carry", "--seats", "--seed")] == [True] * 3
    status, _, err = solidaria("4 1\n1 1 0\n0\na\nb\nc\nd\n", "--needs", "at least 1/2", name="v.blt")
    assert status == 1 and "--needs means nothing under the rule scottish" in err


def test_a_motion_without_a_rule_is_refused_with_the_rule_that_fits(solidaria):
    for content, rule in ((TALLY, "majority"), (CONSENT, "consent"), (COUNCIL, "council")):
        status, _, err = solidaria(content)
        assert status == 1 and f"--rule {rule}" in err


def test_consent_shows_every_objection(solidaria):
    status, out, err = solidaria(CONSENT, "--rule", "consent")
    assert (status, err) == (0, "")
    assert "an objection stands" in out and "  1. The roof first, please (stands)" in out
    taken_back = CONSENT.replace("stands", "withdrawn").replace("object", "consent")
    found = answer(solidaria(taken_back, "--rule", "consent", "--format", "json"))
    assert found["carried"] and [one["stops"] for one in found["objections"]] == [False, False]
    few = ("--rule", "consent", "--stand-asides", "1/10", "--format", "json")
    assert answer(solidaria("answer,count\nconsent,8\nstand aside,2\n", *few))["outcome"] == "too many stand aside"


def test_a_council_shows_both_counts_and_who_does_not_vote(solidaria):
    # Two of three organisations are for, and of their members 440 for and 450 against.
    text = "organisation,members,for,against,abstain\nA,120,70,50,0\nB,500,260,240,0\nC,400,110,160,130\nD,30,,,\n"
    status, out, _ = solidaria(text, "--rule", "council")
    assert status == 0 and "The motion is lost." in out and "The two counts differ." in out
    assert "By members: 440 for, 450 against, 130 abstaining." in out
    assert "By organisations: 2 for, 1 against, 0 even." in out and "D: does not vote (30 members)" in out
    found = answer(solidaria(text, "--rule", "council", "--carry", "organisations", "--format", "json"))
    assert found["carried"] and found["by_organisations"]["carried"] and not found["by_members"]["carried"]
    assert found["organisations"]["D"] == {"members": 30, "for": 0, "against": 0, "abstain": 0, "stands": None}
    words = ("--carry", "organisations", "--organisations-need", "more than 2/3 of roll", "--format", "json")
    assert answer(solidaria(text, "--rule", "council", *words))["outcome"] == "lost"
    assert (
        answer(solidaria(text, "--rule", "council", "--quorum", "98%", "--format", "json"))["outcome"]
        == "not quorate"
    )


def test_a_delegation_that_votes_otherwise_than_its_base_is_refused(solidaria):
    text = "organisation,members,for,against,abstain,base for,base against\nA,10,10,0,0,6,4\n"
    status, _, err = solidaria(text, "--rule", "council")
    assert status == 1 and "votes otherwise than its base" in err


def test_approval_takes_crosses_blank_ballots_and_a_share(solidaria):
    text = "count,Roof,Well,Road\n5,x,x,\n3,,X,\n2,,,sí\n4,,,\n1,1,,no\n"
    found = answer(solidaria(text, "--rule", "approval", "--seats", "2", "--format", "json"))
    assert (found["ballots"], found["elected"]) == (15, ["Well", "Roof"])
    half = ("--rule", "approval", "--seats", "2", "--needs", "at least 1/2", "--format", "json")
    assert answer(solidaria(text, *half))["elected"] == ["Well"]
    one = ("--rule", "approval", "--most-marks", "1", "--format", "json")
    assert answer(solidaria(text, *one))["ballots"] == 10
    status, _, err = solidaria(text)
    assert status == 1 and "crosses are for --rule approval" in err


def test_a_tie_in_approval_is_told_with_its_step(solidaria):
    text = "count,A,B\n2,x,\n2,,x\n"
    found = answer(solidaria(text, "--rule", "approval", "--ties", "name", "--format", "json"))
    (tie,) = found["rounds"][0]["ties"]
    assert (tie["among"], tie["step"], tie["chosen"]) == (["A", "B"], "name", "A")


def test_spanish_is_spanish_throughout(solidaria):
    for content, rule in ((TALLY, "majority"), (CONSENT, "consent"), (COUNCIL, "council")):
        _, english, _ = solidaria(content, "--rule", rule)
        _, spanish, _ = solidaria(content, "--rule", rule, "--lang", "es")
        same = set(english.splitlines()) & set(spanish.splitlines()) - {""}
        assert not same, same


def test_the_quorum_of_schulze_may_be_a_root_of_the_roll(solidaria):
    text = "count,A,None\n40,1,2\n10,2,1\n"
    words = ("--rule", "schulze", "--default", "None", "--format", "json")
    # 3Q of 700 is 3/2 of its root, 39.7; of 900 it is 45.
    assert answer(solidaria(text, *words, "--quorum", "3/2 root", "--roll", "700"))["elected"] == ["A"]
    assert answer(solidaria(text, *words, "--quorum", "3/2 root", "--roll", "900"))["elected"] == ["None"]
    status, _, err = solidaria(text, *words, "--quorum", "1/3")
    assert status == 1 and "--roll" in err


# Laws


TALLIES = st.fixed_dictionaries({choice: st.integers(0, 12) for choice in CHOICES})


@settings(deadline=None, max_examples=60)
@given(TALLIES, st.randoms(use_true_random=False))
def test_neither_the_order_of_ballots_nor_how_they_are_put_on_lines_changes_a_vote(
    tmp_path_factory, tally, chance
):
    ballots = [choice for choice, many in tally.items() for _ in range(many)]
    chance.shuffle(ballots)
    path = tmp_path_factory.mktemp("vote") / "vote.csv"
    path.write_text("choice\n" + "".join(f"{choice}\n" for choice in ballots), encoding="utf-8")
    one_by_one = read_motion(path).piles
    path.write_text(
        "count,choice\n" + "".join(f"{many},{choice}\n" for choice, many in tally.items()), encoding="utf-8"
    )
    assert one_by_one == read_motion(path).piles == tally


ANSWERS = st.lists(
    st.tuples(
        st.sampled_from(["consent", "stand aside", "object"]),
        st.integers(0, 4),
        st.sampled_from(["", "too dear", "too far"]),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_answers_and_objections_changes_nothing(tmp_path_factory, answers, chance):
    path = tmp_path_factory.mktemp("vote") / "vote.csv"

    def read(rows):
        lines = [f"{answer},{many},{reason}\n" for answer, many, reason in rows]
        path.write_text("answer,count,reason\n" + "".join(lines), encoding="utf-8")
        return read_consent(path)

    first = read(answers)
    chance.shuffle(answers)
    assert read(answers) == first
    assert sum(first.piles.values()) == sum(many for _, many, _ in answers)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(*[st.integers(0, 30)] * 3), min_size=1), st.booleans())
def test_the_members_of_a_council_add_up_whatever_the_order_of_its_lines(tmp_path_factory, cast, backwards):
    path = tmp_path_factory.mktemp("vote") / "vote.csv"
    lines = [f"{name},{sum(parts)},{parts[0]},{parts[1]},{parts[2]}\n" for name, parts in sorted(cast.items())]
    path.write_text(
        "organisation,members,for,against,abstain\n" + "".join(lines[::-1] if backwards else lines),
        encoding="utf-8",
    )
    read = read_council(path)
    result = council(read.splits, roll=read.roll)
    assert sum(result.by_members.values()) == sum(read.roll.values()) == sum(map(sum, cast.values()))
    assert sum(result.by_organisations.values()) == len(cast)


def test_fractions_are_exact_on_the_command_line():
    assert count.quorum("33.3%").amount == Fraction(333, 1000)


# Recounts


def alone(*words):
    """Run the script with nothing installed: no site packages, no folder of ours on the path."""
    return subprocess.run(
        [sys.executable, "-I", "-S", recount_motion_alone.__file__, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("content", "words", "outcome"),
    [
        (
            TALLY,
            ("majority", "--needs", "at least 1/2 of cast", "--quorum", "3/2 root ballots", "--roll", "900"),
            "carried",
        ),
        (CONSENT, ("consent", "--quorum", "20 ballots", "--stand-asides", "1/3"), "objection stands"),
        (
            COUNCIL,
            ("council", "--quorum", "more than 1/2", "--organisations-need", "at least 1/4 of roll"),
            "lost",
        ),
    ],
)
def test_anyone_recounts_a_motion_from_its_bundle_with_python_and_nothing_else(
    solidaria, tmp_path, content, words, outcome
):
    path = tmp_path / "bundle.json"
    status, _, err = solidaria(content, "--rule", *words, "--bundle", str(path))
    assert (status, err) == (0, "")
    ended = alone(path)
    assert (ended.returncode, ended.stderr) == (0, "") and f"The same. Outcome: {outcome}" in ended.stdout
    made = json.loads(path.read_text(encoding="utf-8"))
    assert alone(path, "--print").stdout == recount_motion_alone.text(made["result"])
    made["result"]["outcome"] = "not quorate"
    path.write_text(json.dumps(made), encoding="utf-8")
    ended = alone(path)
    assert ended.returncode == 1 and "NOT THE SAME" in ended.stdout
    path.write_text("{}", encoding="utf-8")
    assert alone(path).returncode == 2


SHARES = st.builds(
    lambda of, part, strict: Share(of, part, strict and part < 1),
    st.sampled_from(BASES),
    st.fractions(0, 1, max_denominator=12),
    st.booleans(),
)
QUORUMS = st.builds(
    Quorum,
    st.sampled_from(["share", "number", "root"]),
    st.fractions(0, 3, max_denominator=6),
    st.sampled_from(["present", "ballots"]),
    st.booleans(),
)
TERMS = st.builds(
    MajorityTerms, st.tuples(SHARES) | st.tuples(SHARES, SHARES), st.just(()) | st.tuples(QUORUMS), st.booleans()
)


@settings(deadline=None)
@given(TALLIES, TERMS, st.integers(0, 20), st.integers(0, 20))
def test_a_recount_of_a_majority_gives_the_same_bytes(tally, terms, away, absent):
    present = sum(tally.values()) + away
    result = majority(tally, terms, present=present, roll=present + absent)
    made = json.loads(majority_bundle(result, terms))
    assert recount_motion_alone.text(recount_motion_alone.recount(made)) == recount_motion_alone.text(
        made["result"]
    )


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(*[st.integers(0, 30)] * 3), min_size=1),
    st.builds(CouncilTerms, st.sampled_from(["members", "organisations", "both"]), TERMS, TERMS),
    st.integers(0, 9),
)
def test_a_recount_of_a_council_gives_the_same_bytes(cast, terms, away):
    splits = [Split(name, sum(parts), dict(zip(PARTS, parts, strict=True))) for name, parts in cast.items()]
    roll = {split.organisation: split.members for split in splits} | {"away": away}
    result = council(tuple(splits), terms, roll=roll)
    made = json.loads(council_bundle(result, splits, terms, roll))
    assert recount_motion_alone.text(recount_motion_alone.recount(made)) == recount_motion_alone.text(
        made["result"]
    )


@settings(deadline=None)
@given(
    ANSWERS, st.fractions(0, 1, max_denominator=5) | st.none(), st.just(()) | st.tuples(QUORUMS), st.integers(0, 9)
)
def test_a_recount_of_consent_gives_the_same_bytes(answers, stand_asides, quorum, away):
    tally = {
        answer: sum(many for one, many, _ in answers if one == answer) for answer in {one for one, _, _ in answers}
    }
    objecting = [(many, reason) for one, many, reason in answers if one == "object" and many]
    objections = tuple(Objection(str(number), reason) for number, (_, reason) in enumerate(objecting))
    terms = ConsentTerms(quorum, stand_asides)
    sizes = {"present": sum(tally.values()), "roll": sum(tally.values()) + away}
    result = consent(tally, objections, terms, **sizes)
    made = json.loads(
        consent_bundle(result, objections, terms, present=sizes["present"], on_the_roll=sizes["roll"])
    )
    assert recount_motion_alone.text(recount_motion_alone.recount(made)) == recount_motion_alone.text(
        made["result"]
    )
