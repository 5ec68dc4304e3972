"""The bundle of a count, and the recount that needs nothing but Python."""

import json
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.voting.approval import ApprovalTerms, approval
from solidaria.core.voting.ballots import rank
from solidaria.core.voting.majority import Share
from solidaria.core.voting.meek import meek
from solidaria.core.voting.schulze import STRENGTHS, SchulzeTerms, schulze
from solidaria.core.voting.single_transferable import alameda, scottish
from solidaria.core.voting.terms import ElectionTerms, TieRule
from solidaria.records.ballots import read_ballots
from solidaria.report import recount_alone
from solidaria.report.bundle import Roll, bundle
from tests.voting.elections import election, elections
from tests.voting.published import names, published

PILES = election("40 A > B > C", "21 B > D", "17 C > D > E", "17 D > C", "9 E > A > D", "6 F > E", "6 G > E")
TERMS = ElectionTerms(3, TieRule(("backwards", "lot"), "sun"))


def same(piles, account) -> bool:
    """Whether the standalone recount gives the published result, byte for byte."""
    made = json.loads(bundle(piles, piles.options, account))
    return recount_alone.text(recount_alone.recount(made)) == recount_alone.text(made["result"])


@given(elections(shared=True), st.integers(1, 4), st.sampled_from([scottish, alameda, meek]))
@settings(max_examples=200, deadline=None)
def test_a_recount_of_the_bundle_gives_the_same_bytes(piles, seats, count):
    for steps in (("backwards", "lot"), ("forwards", "name")):
        assert same(piles, count(piles, ElectionTerms(seats, TieRule(steps, "7"))))


@given(elections(shared=True), st.integers(1, 4), st.sampled_from(STRENGTHS), st.sampled_from([None, "A"]))
@settings(max_examples=200, deadline=None)
def test_a_recount_by_schulze_gives_the_same_bytes(piles, seats, strength, default):
    terms = SchulzeTerms(
        seats=seats,
        strength=strength,
        default=default,
        quorum=3 if default else 0,
        quorum_root=Fraction(3, 2) if default else Fraction(0),
        electorate=100,
        majority={"B": Fraction(3, 2)} if default else {},
    )
    assert same(piles, schulze(piles, terms))


@given(elections(shared=True), st.integers(1, 4), st.sampled_from([None, Share("votes cast", Fraction(1, 2))]))
@settings(max_examples=100, deadline=None)
def test_a_recount_by_approval_gives_the_same_bytes(piles, seats, least):
    marked: dict[frozenset[str], int] = {}
    for ranking, count in piles:
        ballot = frozenset(option for place in ranking for option in place)
        marked[ballot] = marked.get(ballot, 0) + count
    assert same(piles, approval(marked, piles.options, ApprovalTerms(seats=seats, at_least=least)))


@pytest.mark.slow
@pytest.mark.parametrize("name", names("scottish_2017/ballots", "*.blt"))
def test_the_official_wards_recount_to_the_same_bytes(name):
    file = read_ballots(published(f"scottish_2017/ballots/{name}.blt"))
    for count in (scottish, meek):
        assert same(file.piles, count(file.piles, ElectionTerms(file.seats)))


def alone(*words):
    """Run the script with nothing installed: no site packages, no folder of ours on the path."""
    return subprocess.run(
        [sys.executable, "-I", "-S", recount_alone.__file__, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_needs_nothing_but_python(tmp_path):
    path = tmp_path / "bundle.json"
    path.write_text(bundle(PILES, PILES.options, scottish(PILES, TERMS)), encoding="utf-8")
    ended = alone(path)
    assert ended.returncode == 0, ended.stderr
    assert "The same. Elected: A, " in ended.stdout
    printed = alone(path, "--print").stdout
    assert printed == recount_alone.text(json.loads(path.read_text(encoding="utf-8"))["result"])


def test_a_result_that_was_changed_is_not_the_same(tmp_path):
    made = json.loads(bundle(PILES, PILES.options, scottish(PILES, TERMS)))
    made["result"]["rounds"][1]["votes"]["B"] = "1.00000"
    (tmp_path / "bundle.json").write_text(json.dumps(made), encoding="utf-8")
    ended = alone(tmp_path / "bundle.json")
    assert ended.returncode == 1
    assert "NOT THE SAME" in ended.stdout and '"B": "1.00000"' in ended.stdout


def test_a_ballot_that_was_added_is_not_the_same(tmp_path):
    made = json.loads(bundle(PILES, PILES.options, meek(PILES, TERMS)))
    made["ballots"][0]["count"] += 1
    (tmp_path / "bundle.json").write_text(json.dumps(made), encoding="utf-8")
    assert alone(tmp_path / "bundle.json").returncode == 1


def test_what_is_no_bundle_is_said(tmp_path):
    (tmp_path / "bundle.json").write_text("{}", encoding="utf-8")
    ended = alone(tmp_path / "bundle.json")
    assert ended.returncode == 2 and "not a bundle" in ended.stdout
    assert alone().returncode == 2


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_nothing_of_the_order_of_ballots_is_left_in_a_bundle(chance):
    single = [(ranking, 1) for ranking, count in PILES for _ in range(count)]
    chance.shuffle(single)
    options = list(PILES.options)
    chance.shuffle(options)
    again = rank(options, single)
    assert bundle(again, again.options, scottish(again, TERMS)) == bundle(
        PILES, PILES.options, scottish(PILES, TERMS)
    )


def test_who_took_part_stands_apart_from_the_ballots():
    roll = Roll("ab" * 32, 200, ("ana", "bheki"))
    made = json.loads(bundle(PILES, PILES.options, scottish(PILES, TERMS), roll))
    assert made["roll"] == {"sha256": "ab" * 32, "members": 200, "took_part": ["ana", "bheki"]}
    assert set(made["ballots"][0]) == {"count", "places"}
    withheld = json.loads(bundle(PILES, PILES.options, scottish(PILES, TERMS), Roll("ab" * 32, 200)))
    assert withheld["roll"]["took_part"] is None
