"""Ballot files: every fault with its line, and what is written reads back the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.problem import Refused
from solidaria.core.voting.ballots import Option, rank
from solidaria.records.ballots import BallotFile, read_ballots, write_ballots
from solidaria.records.faults import MOST_FAULTS
from tests.voting.elections import elections
from tests.voting.published import names, published

EXAMPLE = """\
4 2
-2
3 1 3 4 0
4 1 3 2 0
2 4 1=3 0
1 2 0
2 2=4=3 1 0
1 3 4 2 0
0
"Adam"
"Basil"
"Charlotte"
"Donald"
"Title"
"""


def read(tmp_path, text, name="vote.blt", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_ballots(path, **options)


def faults(tmp_path, text, name="vote.blt", **options):
    with pytest.raises(Refused) as refused:
        read(tmp_path, text, name, **options)
    assert all(str(fault.help) for fault in refused.value.faults)
    assert {fault.sheet for fault in refused.value.faults} == {name}
    return [(fault.row, str(fault.what)) for fault in refused.value.faults]


# BLT


def test_the_usual_blt_file_is_read(tmp_path):
    file = read(tmp_path, EXAMPLE)
    assert (file.seats, file.title) == (2, "Title")
    assert [(option.name, option.withdrawn) for option in file.piles.options] == [
        ("Adam", False),
        ("Basil", True),
        ("Charlotte", False),
        ("Donald", False),
    ]
    assert dict(file.piles) == {
        (("Adam",), ("Charlotte",), ("Donald",)): 3,
        (("Adam",), ("Charlotte",), ("Basil",)): 4,
        (("Donald",), ("Adam", "Charlotte")): 2,
        (("Basil",),): 1,
        (("Basil", "Charlotte", "Donald"), ("Adam",)): 2,
        (("Charlotte",), ("Donald",), ("Basil",)): 1,
    }


def test_line_breaks_of_any_kind_and_none_give_the_same(tmp_path):
    usual = read(tmp_path, EXAMPLE)
    windows = read(tmp_path, "\ufeff" + EXAMPLE.replace("\n", "\r\n"))
    flowing = read(tmp_path, EXAMPLE.replace("\n", " "))
    spaced = read(tmp_path, EXAMPLE.replace("\n", "  \n\n").replace("3 1 3", " 3\t1  3").rstrip())
    for file in (windows, flowing, spaced):
        assert file.piles == usual.piles and (file.seats, file.title) == (2, "Title")


def test_comments_and_marks_on_ballots_are_passed_over_and_said(tmp_path):
    text = EXAMPLE.replace("4 2\n", "# a comment\n4 2 # four\n").replace("1 2 0\n", "(paper 17) 2 0 # odd\n")
    file = read(tmp_path, text)
    assert file.piles == read(tmp_path, EXAMPLE).piles
    assert [str(note) for note in file.notes] == ["1 ballot carries a mark of its own, which was not kept."]


def test_names_without_quotation_marks_and_with_accents_are_kept(tmp_path):
    file = read(tmp_path, "2 1\n3 1 2 0\n0\nMaría-José Ñandú (Ind)\n'Łódź'\n")
    assert file.piles.ids == ("María-José Ñandú (Ind)", "Łódź")
    assert file.title == ""


def test_two_candidates_of_one_name_are_told_apart_by_their_number(tmp_path):
    file = read(tmp_path, '3 1\n3 1 2 0\n0\n"Ana"\n"Ana"\n"Bheki"\n')
    assert file.piles.ids == ("Ana [1]", "Ana [2]", "Bheki")
    assert [option.name for option in file.piles.options] == ["Ana", "Ana", "Bheki"]


def test_a_skipped_place_is_passed_over_or_ends_the_ballot_as_asked(tmp_path):
    text = '3 1\n5 1 - 2 0\n1 - 3 0\n2 3 - 0\n0\n"A"\n"B"\n"C"\n'
    passed = read(tmp_path, text)
    assert dict(passed.piles) == {(("A",), ("B",)): 5, (("C",),): 3}
    assert str(passed.notes[0]) == "6 ballots have a skipped place, which was passed over."
    ended = read(tmp_path, text, skipped="end")
    assert dict(ended.piles) == {(("A",),): 5, (): 1, (("C",),): 2}
    with pytest.raises(ValueError, match="'pass' or 'end'"):
        read(tmp_path, text, skipped="guess")


def test_blank_ballots_are_kept_and_piles_of_none_are_not(tmp_path):
    file = read(tmp_path, '2 1\n4 0\n0 1 0\n2 2 0\n0\n"A"\n"B"\n')
    assert dict(file.piles) == {(): 4, (("B",),): 2}


def test_all_faults_of_a_blt_file_come_at_once_with_their_lines(tmp_path):
    text = (
        "3 1\n1 1 2 0\n1 1 2\n2 4 0\n1 1 1 0\n1 0 2 0\nx 1 0\n1 1=1 0\n1 1 y 0\n-9\n7\n"
        '9999999999999999 1 0\n1 1=2\n2.5 1 0\n0\n"A"\n"B"\n"C"\n'
    )
    assert faults(tmp_path, text) == [
        (3, "This ballot does not end with a 0."),
        (4, "There is no candidate number 4."),
        (5, "Candidate number 1 is marked twice on one ballot."),
        (6, "There is a 0 in the middle of this ballot."),
        (7, "“x” is not a whole number of ballots."),
        (8, "Candidate number 1 is marked twice on one ballot."),
        (9, "“y” is not a candidate's number."),
        (10, "There is no candidate number 9."),
        (11, "This ballot does not end with a 0."),
        (12, "This number of ballots is too large."),
        (13, "This ballot does not end with a 0."),
        (14, "“2.5” is not a whole number of ballots."),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (None, "The first line should say how many candidates and how many seats there are.")),
        ("hello\n", (1, "The first line should say how many candidates and how many seats there are.")),
        ("0 2\n0\n", (1, "There must be at least one candidate and one seat.")),
        ("2 1\n1 1 0\n", (None, "The ballots do not end.")),
        ('2 1\n1 1 0\n0\n"A"\n', (None, "There are 1 names for 2 candidates.")),
        (b'1 1\n1 1 0\n0\n"Mar\xeda"\n', (4, "This line is not UTF-8 text.")),
        ("2 1 1 1 0 1 2\n", (None, "The ballots do not end.")),
        (
            '2 x 1 1 0 0 "A" "B"',
            (1, "The file should start with how many candidates and how many seats there are."),
        ),
        ('2 1 1 3 0 0 "A" "B"', (None, "There is no candidate number 3. (“1 3 0”)")),
    ],
)
def test_a_file_that_is_not_blt_is_refused_with_what_is_missing(tmp_path, text, expected):
    assert faults(tmp_path, text) == [expected]


def test_a_file_that_is_not_there_or_of_unknown_kind_is_refused(tmp_path):
    with pytest.raises(Refused, match="cannot be read"):
        read_ballots(tmp_path / "none.blt")
    assert faults(tmp_path, "", "vote.txt") == [(None, "Files that end in .txt are not known here.")]


def test_thousands_of_faults_are_counted_not_all_listed(tmp_path):
    found = faults(tmp_path, "2 1\n" + "1 3 0\n" * 5000 + '0\n"A"\n"B"\n')
    assert len(found) == MOST_FAULTS + 1
    assert (None, f"{5000 - MOST_FAULTS} more faults are not listed.") in found


def test_more_candidates_than_any_vote_has_are_refused(tmp_path):
    expected = "50000 candidates are more than any vote has."
    assert faults(tmp_path, '50000 1\n1 1 0\n0\n"A"\n') == [(1, expected)]
    assert faults(tmp_path, '50000 1 1 1 0 0 "A"') == [(1, expected)]
    header = ",".join(f"c{number}" for number in range(50_000))
    assert faults(tmp_path, header + "\n", "v.csv") == [(1, expected)]


def test_one_ballot_without_end_among_many_short_ones_is_a_fault_and_no_burden(tmp_path):
    text = "3 1\n" + "1 1 0\n" * 50_000 + "1 " + "2 " * 200_000 + '0\n0\n"A"\n"B"\n"C"\n'
    assert faults(tmp_path, text) == [(50_002, "Candidate number 2 is marked twice on one ballot.")]


def test_a_vote_with_hundreds_of_candidates_is_read(tmp_path):
    names = "".join(f'"C{number}"\n' for number in range(1, 901))
    long = " ".join(str(number) for number in range(900, 0, -1))
    file = read(tmp_path, f"900 3\n2 {long} 0\n" + "1 7 900 0\n" * 20_000 + f"1 5 0\n0\n{names}")
    assert file.piles.total == 20_003 and len(file.piles) == 3
    twice = f"900 3\n1 7 900 7 0\n0\n{names}"
    assert faults(tmp_path, twice) == [(2, "Candidate number 7 is marked twice on one ballot.")]


def test_lines_are_right_also_far_into_a_long_file(tmp_path):
    lines = ["1 1 2 3 0"] * 200_000
    lines[150_000] = "1 1 9 0"
    lines[199_999] = "1 1 1=2 0"
    found = faults(tmp_path, "3 1\n" + "\n".join(lines) + '\n0\n"A"\n"B"\n"C"\n')
    assert found == [
        (150_002, "There is no candidate number 9."),
        (200_001, "Candidate number 1 is marked twice on one ballot."),
    ]


# PrefLib


SOI = """\
# FILE NAME: 00001-00000001.soi
# TITLE: A vote
# NUMBER ALTERNATIVES: 3
# NUMBER VOTERS: 6
# NUMBER UNIQUE ORDERS: 2
# ALTERNATIVE NAME 1: Ana
# ALTERNATIVE NAME 2: Bheki: of the north
# ALTERNATIVE NAME 3: Carla
4: 1,3
2: 2
"""


HOW_MANY_MISSING = "The header does not say how many candidates there are."
NUMBERS_MISSING = "The numbers of voters, of ballots and of distinct ballots should be here."


def test_a_preflib_file_is_read(tmp_path):
    file = read(tmp_path, SOI, "vote.soi")
    assert (file.title, file.seats) == ("A vote", None)
    assert dict(file.piles) == {(("Ana",), ("Carla",)): 4, (("Bheki: of the north",),): 2}


def test_shared_places_of_preflib_are_read(tmp_path):
    file = read(tmp_path, SOI.replace("4: 1,3", "4: {3,1},2"), "vote.toi")
    assert (("Ana", "Carla"), ("Bheki: of the north",)) in dict(file.piles)


def test_the_older_form_of_preflib_is_read(tmp_path):
    file = read(tmp_path, "3\n1,Ana\n2,Bheki\n3,Carla, the third\n6,6,2\n4,1,{2,3}\n2,2\n", "vote.toi")
    assert dict(file.piles) == {(("Ana",), ("Bheki", "Carla, the third")): 4, (("Bheki",),): 2}


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("v.soi", "2: 2", "2: 4", (10, "There is no candidate number 4.")),
        ("v.soi", "2: 2", "2: 2,2", (10, "Candidate number 2 is marked twice on one ballot.")),
        ("v.soi", "2: 2", "2: {1,2}", (10, "This ballot has a shared place, which a .soi file cannot have.")),
        ("v.soc", "x", "x", (9, "This ballot does not name every candidate, as a .soc file must.")),
        ("v.toc", "4: 1,3", "4: {1,3}", (9, "This ballot does not name every candidate, as a .toc file must.")),
        ("v.soi", "2: 2", "two: 2", (10, "This line is not a ballot of the format.")),
        ("v.soi", "2: 2", "2 2", (10, "This line is not a ballot of the format.")),
        ("v.soi", "2: 2", "2: 1;2", (10, "This line is not a ballot of the format.")),
        ("v.soi", "2: 2", "3: 2", (None, "The header says 6 voters, the ballots are 7.")),
        ("v.soi", "# NUMBER ALTERNATIVES: 3", "#", (None, HOW_MANY_MISSING)),
        ("v.soi", "# ALTERNATIVE NAME 2: Bheki", "# 2", (None, "The header does not name candidate 2.")),
        ("v.soi", SOI, "hello", (1, "This is not the start of a PrefLib file.")),
        ("v.soi", SOI, "2\n1,Ana\n2,Bheki\n1: 1\n", (4, NUMBERS_MISSING)),
        ("v.soi", SOI, "2\n1,Ana\n3,Bheki\n1,1,1\n1,1\n", (3, "The name of candidate 2 should be here.")),
    ],
)  # fmt: skip
def test_faults_of_preflib_files_come_with_their_lines(tmp_path, name, old, new, expected):
    assert expected in faults(tmp_path, SOI.replace(old, new), name)


# CSV


def test_a_table_of_places_is_read(tmp_path):
    file = read(tmp_path, "count,1,2,3\n3,Ana,Bheki,\n2,Carla,Ana=Bheki,\n1,,,\n", "vote.csv")
    assert dict(file.piles) == {(("Ana",), ("Bheki",)): 3, (("Carla",), ("Ana", "Bheki")): 2, (): 1}
    assert file.piles.ids == ("Ana", "Bheki", "Carla")


def test_a_table_of_ranks_is_read_as_a_form_exports_it(tmp_path):
    file = read(tmp_path, "Ana;Bheki;Carla\n1;2;\n1;1;3\n1;1;2\n;;1\n;;\n", "vote.csv")
    assert dict(file.piles) == {
        (("Ana",), ("Bheki",)): 1,
        (("Ana", "Bheki"), ("Carla",)): 2,
        (("Carla",),): 1,
        (): 1,
    }
    assert file.notes == ()


def test_skipped_ranks_of_a_table_are_said(tmp_path):
    text = "Ana,Bheki,Carla\n1,3,\n,2,\n"
    file = read(tmp_path, text, "vote.csv")
    assert dict(file.piles) == {(("Ana",), ("Bheki",)): 1, (("Bheki",),): 1}
    assert str(file.notes[0]) == "2 ballots have a skipped place, which was passed over."
    ended = read(tmp_path, text, "vote.csv", skipped="end")
    assert dict(ended.piles) == {(("Ana",),): 1, (): 1}
    places = read(tmp_path, "1,2,3\nAna,,Bheki\n", "vote.csv", skipped="end")
    assert dict(places.piles) == {(("Ana",),): 1}


def test_cells_with_separators_and_line_breaks_are_read(tmp_path):
    file = read(tmp_path, '1,2\n"Ana, of the north",Bheki\n"Ana, of the north",Bheki\n', "vote.csv")
    assert dict(file.piles) == {(("Ana, of the north",), ("Bheki",)): 2}


def test_all_faults_of_a_table_come_at_once_with_line_and_column(tmp_path):
    path = tmp_path / "vote.csv"
    path.write_text("count,Ana,Bheki\n1,1,2\nx,1,2\n1,first,2\n1,1,0\n1,1,2,3\n1.5,1,\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_ballots(path)
    assert [(fault.row, fault.column, str(fault.what)) for fault in refused.value.faults] == [
        (3, "count", "“x” is not a whole number of ballots."),
        (4, "Ana", "“first” is not a rank."),
        (5, "Bheki", "“0” is not a rank."),
        (6, None, "This line has more cells than the first one."),
        (7, "count", "“1.5” is not a whole number of ballots."),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (1, "The first line should head the columns.")),
        ("1,2\n", (None, "No ballot names anybody.")),
        ("1,2\nAna,Ana\n", (2, "“Ana” is marked twice on one ballot.")),
        ("1,1\nAna,Bheki\n", (1, "The place 1 heads two columns.")),
        (b"Ana,Bheki\n1,2\nMar\xeda,2\n", (3, "This line is not UTF-8 text.")),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path, text, expected):
    assert expected in faults(tmp_path, text, "vote.csv")


def test_votekits_own_table_is_read(tmp_path):
    text = (
        "VoteKit RankProfile\nCandidates\n(Ana Ruiz:A),(Bheki:B),(Carla (Ind):C)\nMax Ranking Length\n3\n"
        "Includes Voter Set\nFalse\n=,=,=\nRanking_1,Ranking_2,Ranking_3,&,Weight,&\n"
        "{'A'},{'B'},,&,1.0,&\n\"{'B', 'C'}\",,{'A'},&,2.0,&\n,,,&,1.0,&\n"
    )
    file = read(tmp_path, text, "vote.csv")
    assert dict(file.piles) == {
        (("Ana Ruiz",), ("Bheki",)): 1,
        (("Bheki", "Carla (Ind)"), ("Ana Ruiz",)): 2,
        (): 1,
    }
    assert faults(tmp_path, text.replace("2.0", "2.5").replace("{'A'},{'B'}", "{'X'},{'B'}"), "vote.csv") == [
        (10, "“'X'” is not a candidate."),
        (11, "“2.5” is not a whole number of ballots."),
    ]


# Writing


@given(piles=elections(shared=True), suffix=st.sampled_from([".blt", ".toi", ".csv"]))
@settings(max_examples=150, deadline=None)
def test_what_is_written_reads_back_the_same(tmp_path_factory, piles, suffix):
    folder = tmp_path_factory.mktemp("written")
    named = rank(
        [Option(option.name, option.name) for option in piles.options],
        [
            ([tuple(piles.names[option] for option in place) for place in ranking], count)
            for ranking, count in piles
        ],
    )
    written = BallotFile(named, seats=2 if suffix == ".blt" else None, title="" if suffix == ".csv" else "A title")
    write_ballots(folder / f"vote{suffix}", written)
    assert read_ballots(folder / f"vote{suffix}") == written
    first = (folder / f"vote{suffix}").read_bytes()
    write_ballots(folder / f"again{suffix}", read_ballots(folder / f"vote{suffix}"))
    assert first.replace(b"vote", b"again") == (folder / f"again{suffix}").read_bytes()


def test_withdrawn_candidates_are_written_to_blt(tmp_path):
    file = read(tmp_path, EXAMPLE)
    write_ballots(tmp_path / "again.blt", file)
    assert read_ballots(tmp_path / "again.blt") == file


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        (".soi", "shared places"),
        (".soc", "incomplete ballots"),
        (".csv", "has withdrawn"),
        (".toi", "has withdrawn"),
        (".txt", "not known here"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, suffix, words):
    file = read(tmp_path, EXAMPLE)
    with pytest.raises(Refused) as refused:
        write_ballots(tmp_path / f"again{suffix}", file)
    assert any(words in str(fault.what) for fault in refused.value.faults)
    assert not (tmp_path / f"again{suffix}").exists()


def test_names_and_seats_that_blt_cannot_hold_are_refused(tmp_path):
    file = BallotFile(rank([Option("x", 'Ana "la Negra"')], [(["x"], 1)]))
    with pytest.raises(Refused) as refused:
        write_ballots(tmp_path / "vote.blt", file)
    assert [str(fault.what) for fault in refused.value.faults] == [
        'The name “Ana "la Negra"” cannot be written to this format.',
        "This format needs the number of seats.",
    ]


# Damaged files


STARTS = {
    ".blt": [EXAMPLE, EXAMPLE.replace("\n", " ")],
    ".soi": [SOI],
    ".toc": [SOI.replace("4: 1,3", "4: {1,3},2"), "3\n1,Ana\n2,Bheki\n3,Carla\n6,6,2\n4,1,{2,3}\n2,2,1,3\n"],
    ".csv": ["count,1,2\n3,A,B\n2,B=A,\n", "Ana;Bheki\n1;2\n;1\n"],
}
PIECES = [bytes([one]) for one in range(256)] + ["²".encode(), "١".encode(), b"\r", b"0 0", b"1=2", b"{", b'"']


@given(st.sampled_from(sorted(STARTS)), st.randoms(use_true_random=False))
@settings(max_examples=600, deadline=None)
def test_a_damaged_file_is_read_or_refused_with_reasons_and_never_breaks(tmp_path_factory, suffix, chance):
    content = bytearray(chance.choice(STARTS[suffix]).encode())
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(content) + 1)
        content[at : at + chance.choice([0, 0, 1, 3])] = chance.choice(PIECES)
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    path.write_bytes(bytes(content))
    try:
        file = read_ballots(path)
    except Refused as refused:
        assert refused.faults and all(str(fault.what) and str(fault.help) for fault in refused.faults)
    else:
        assert file.piles.total == sum(count for _, count in file.piles)


# Real files and many ballots


@pytest.mark.parametrize("name", names("scottish_2017/ballots", "*.blt"))
def test_the_official_wards_read_back_the_same_after_writing(tmp_path, name):
    file = read_ballots(published(f"scottish_2017/ballots/{name}.blt"))
    write_ballots(tmp_path / "again.blt", file)
    write_ballots(tmp_path / "again.soi", file)
    assert read_ballots(tmp_path / "again.blt").piles == file.piles
    assert read_ballots(tmp_path / "again.soi").piles == file.piles


# The kernel counts the parent's memory into ru_maxrss, so ask for the peak of this program alone.
MEASURE = """
import sys
from pathlib import Path
from solidaria.core.voting.single_transferable import scottish
from solidaria.core.voting.terms import ElectionTerms
from solidaria.records.ballots import read_ballots
file = read_ballots(Path(sys.argv[1]))
account = scottish(file.piles, ElectionTerms(file.seats))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(file.piles.total, len(account.elected), int(peak.split()[1]) // 1024)
"""


@pytest.mark.slow
def test_a_million_ballots_stream_through_in_bounded_memory(tmp_path):
    """One ballot a line, two thirds of them different from all others: read and counted within 150 MB."""
    import subprocess
    import sys

    chance = np.random.default_rng(4)
    path = tmp_path / "million.blt"
    with path.open("w") as file:
        file.write("12 4\n")
        for _ in range(20):
            order = np.argsort(chance.random((50_000, 12)), axis=1) + 1
            length = chance.integers(1, 13, 50_000)
            file.writelines(
                f"1 {' '.join(map(str, row[:long]))} 0\n"
                for row, long in zip(order.tolist(), length.tolist(), strict=True)
            )
        file.write("0\n" + "".join(f'"C{number}"\n' for number in range(12)) + '"A million"\n')
    ended = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    ballots, elected, megabytes = map(int, ended.stdout.split())
    assert (ballots, elected) == (1_000_000, 4)
    assert megabytes <= 150
