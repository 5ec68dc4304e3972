"""Synthetic sites for the tests and benchmarks of the stress test: the same for everyone, from a seed.

Sizes have the published shares of recovered firms (2003: 13 % up to 10 workers, 23 % 11 to 20, 40 % 21 to 50, 24 % more;
La Capital, 8 June 2003). Everything else is made up, around a base.
"""

from __future__ import annotations

import numpy as np

from solidaria.core.watch import fields as f
from solidaria.core.watch.clearing import debts_of
from solidaria.core.watch.network import SiteNetwork, prepared

SIZES = ((0.13, 3, 10), (0.23, 11, 20), (0.40, 21, 50), (0.24, 51, 400))


def spread(base: np.ndarray, sites: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Parameters × sites around a base, and the members of each site."""
    chance = np.random.default_rng(seed)
    p = np.repeat(base[:, None], sites, axis=1)

    def vary(rows: tuple[int, ...], width: float) -> None:
        for row in rows:
            p[row] *= np.exp(chance.normal(0, width, sites))

    vary((f.CASH,), 0.6)
    vary((f.PRICE_MARKET, f.PRICE_STATE, f.PRICE_STANDING, f.PRICE_AD_HOC), 0.06)
    vary((f.CAPACITY, f.WORK), 0.12)
    vary((f.MATERIALS, f.ENERGY), 0.08)
    vary((f.LATE_MARKET, f.LATE_STATE, f.LATE_SUPPLIERS), 0.2)
    vary((f.EVICTION,), 0.5)
    classes = chance.choice(len(SIZES), sites, p=[share for share, _, _ in SIZES])
    low = np.array([low for _, low, _ in SIZES])[classes]
    high = np.array([high for _, _, high in SIZES])[classes]
    members = np.round(np.exp(chance.uniform(np.log(low), np.log(high)))).astype(np.int64)
    return p, members


def traded(
    base: np.ndarray, sites: int, *, seed: int = 1, part: float = 0.3, partners: int = 8, fund: float | None = None
) -> SiteNetwork:
    """A network in which each site buys a part of its materials from so many others."""
    p, members = spread(base, sites, seed)
    chance = np.random.default_rng(seed + 1_000)
    p[f.FROM_SITES] = part
    p[f.COMMON], p[f.OWN] = 0.5, np.sqrt(0.75)
    buyer = np.repeat(np.arange(sites), partners)
    supplier = (buyer + chance.integers(1, sites, len(buyer))) % sites
    share = chance.random(len(buyer)) + 0.1
    share /= np.bincount(buyer, share)[buyer]
    return prepared(SiteNetwork(p, members * 800.0, debts_of(supplier, buyer, share, sites), fund, 0.0))
