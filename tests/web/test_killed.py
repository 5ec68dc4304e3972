"""The server is killed, or the power cut, while people vote: no acknowledged ballot is lost, none counted twice."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))

import kills

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("power", [False, True], ids=["kill -9", "power cut"])
def test_no_acknowledged_ballot_is_lost_and_none_is_counted_twice(power: bool) -> None:
    if power and shutil.which("cc") is None:
        pytest.skip("a power cut is played with a small C library, and there is no C compiler here")
    acknowledged, lost, twice, _ = kills.rounds(2, 300, power=power)
    assert acknowledged > 0
    assert (lost, twice) == (0, 0)
