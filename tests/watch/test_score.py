"""Were earlier answers right? Known scores, and when a forecast may be shown."""

import numpy as np
import pytest

from solidaria.core.watch.score import brier, calibration, constant_hazard, judged, seal


def test_the_score_of_known_forecasts():
    """By hand: (0.8 - 1)², (0.3 - 0)², (0.5 - 1)² have the mean 0.38 / 3."""
    assert brier([0.8, 0.3, 0.5], [True, False, True]).value == pytest.approx((0.04 + 0.09 + 0.25) / 3)
    assert brier([1, 0], [True, False]).value == 0
    assert brier([0.5] * 4, [True, False, True, False]).value == 0.25


@pytest.mark.parametrize(
    ("forecasts", "came"), [([], []), ([0.5], [True, False]), ([1.2], [True]), ([-0.1], [True])]
)
def test_forecasts_that_cannot_be_are_refused(forecasts, came):
    with pytest.raises(ValueError, match=r"one forecast|between 0 and 1"):
        brier(forecasts, came)


def test_a_constant_chance_adds_up_over_months():
    assert constant_hazard(0.5, 2) == 0.75
    assert constant_hazard(0, 60) == 0


def test_forecasts_that_know_something_may_be_shown_and_others_not():
    """True chances beat the base rate and one chance for all; the base rate itself does not beat itself."""
    chance = np.random.default_rng(5)
    true = chance.beta(1, 1, 800)
    came = chance.random(800) < true
    base = [0.5] * 800
    assert judged(true, came, base_rate=0.5, hazard=base).may_be_shown
    assert not judged(base, came, base_rate=0.5, hazard=base).may_be_shown
    assert not judged(1 - true, came, base_rate=0.5, hazard=base).may_be_shown


def test_a_few_cases_are_not_enough_to_be_shown():
    """However good they look: 42 of a kind are too few, 43 may do."""
    for pairs, shown in ((1, False), (42, False), (43, True)):
        came = [True, False] * pairs
        assert judged([0.9, 0.2] * pairs, came, base_rate=0.5, hazard=[0.5] * 2 * pairs).may_be_shown == shown


def test_calibration_counts_every_forecast_once():
    chance = np.random.default_rng(6)
    true = chance.random(2_000)
    bins = calibration(true, chance.random(2_000) < true)
    assert sum(one.count for one in bins) == 2_000
    assert sum(one.came.low <= one.forecast <= one.came.high for one in bins) >= 4


def test_a_seal_is_the_sha_256_of_the_answer():
    """FIPS 180-4, the example of one block: abc."""
    assert seal(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
