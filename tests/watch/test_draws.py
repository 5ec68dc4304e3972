"""Chance by key: published test vectors, no two keys alike, the right distributions."""

import numpy as np
import pytest

from solidaria.core.watch import fields as f
from solidaria.core.watch import rules
from solidaria.core.watch.draws import (
    MASK,
    MOST_MONTHS,
    MOST_SITES,
    NORMAL,
    PAIRS,
    counter,
    drawn,
    key_of,
    normal,
    philox,
    uniform,
)


@pytest.mark.parametrize(
    ("low", "high", "key", "expected"),
    [
        (0, 0, 0, (0xFF1DAE59, 0x6CD10DF2)),
        (MASK, MASK, MASK, (0x2C3F628B, 0xAB4FD7AD)),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, (0xDD7CE038, 0xF62A4C12)),
    ],
)
def test_the_generator_gives_the_published_vectors(low, high, key, expected):
    """Random123, kat_vectors: philox2x32 with 10 rounds."""
    assert philox(low, high, key) == expected


def test_no_two_keys_share_a_counter():
    """At the ends of every part of the key."""
    ends = [
        (run, site, month, pair)
        for run in (0, 1, MASK)
        for site in (0, 1, MOST_SITES - 1)
        for month in (0, 1, MOST_MONTHS - 1)
        for pair in range(PAIRS)
    ]
    counters = {counter(*one) for one in ends}
    assert len(counters) == len(ends)
    assert all(0 <= part <= MASK for one in counters for part in one)


@pytest.mark.parametrize("seed", [-1, MASK + 1])
def test_a_seed_beyond_32_bits_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        key_of(seed)


def test_the_arrays_draw_what_the_single_draws_are():
    """One text for many lanes, the same draw for the same key."""
    runs, sites = np.array([0, 7, 123_456], dtype=np.uint64), np.array([0, 3, 99], dtype=np.uint64)
    luck = np.empty((f.DRAWS, 3))
    rules.draw(luck, runs, sites, np.uint64(42), np.uint64(17), 3)
    for lane in range(3):
        for shock in range(f.DRAWS):
            draw = drawn(42, int(runs[lane]), int(sites[lane]), 17, shock)
            how = normal if shock in (f.D_PRICE, f.D_MATERIALS) else uniform
            assert luck[shock, lane] == how(draw)


def test_draws_are_even_and_normal_draws_have_mean_0_and_variance_1():
    """100,000 draws of each shock: within four standard errors."""
    count = 100_000
    luck = np.empty((f.DRAWS, count))
    rules.draw(
        luck, np.arange(count, dtype=np.uint64), np.zeros(count, np.uint64), np.uint64(5), np.uint64(0), count
    )
    for shock in range(f.DRAWS):
        row = luck[shock]
        if shock in (f.D_PRICE, f.D_MATERIALS):
            assert abs(row.mean()) < 4 / np.sqrt(count)
            assert abs(row.var() - 1) < 4 * np.sqrt(2 / count)
        else:
            assert row.min() >= 0 and row.max() < 1
            assert abs(row.mean() - 0.5) < 4 * np.sqrt(1 / 12 / count)
    together = np.corrcoef(luck)
    assert np.abs(together - np.eye(f.DRAWS)).max() < 4.5 / np.sqrt(count)


def test_the_table_of_the_normal_distribution_has_mean_0_and_variance_1_exactly():
    assert NORMAL.mean() == 0
    assert np.mean(NORMAL**2) == pytest.approx(1, abs=1e-12)
    assert np.all(np.diff(NORMAL) > 0.0)
