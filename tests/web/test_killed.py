"""The server is killed, or the power cut, while people vote: no acknowledged ballot is lost, none counted twice."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))

import kills

from tests.postgres import NoPostgres

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("database", "power"),
    [("sqlite", False), ("sqlite", True), ("postgresql", False)],
    ids=["SQLite, kill -9", "SQLite, power cut", "PostgreSQL, kill -9"],
)
def test_no_acknowledged_ballot_is_lost_and_none_is_counted_twice(database: str, power: bool) -> None:
    if power and shutil.which("cc") is None:
        pytest.skip("a power cut is played with a small C library, and there is no C compiler here")
    try:
        acknowledged, lost, twice, _ = kills.rounds(3, 300, power=power, database=database)
    except NoPostgres as why:
        pytest.skip(f"no PostgreSQL can be started here: {why}")
    assert acknowledged > 0
    assert (lost, twice) == (0, 0)
