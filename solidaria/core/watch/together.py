"""The books of many sites as one network: who trades, what is common; and what becomes of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from solidaria.core.watch import fields as f
from solidaria.core.watch.books import Books
from solidaria.core.watch.clearing import debts_of
from solidaria.core.watch.network import NetworkPaths, SiteNetwork, prepared, simulate_network
from solidaria.core.watch.outcomes import FAN, Estimate, mean
from solidaria.core.watch.parameters import parameters

Table = NDArray[np.float64]

#: Part of the orders lost from sites that others outside take over each month, where nothing else is said: so set that a
#: site whose firms, half of its customers, fail, fails about three times as often (Arata 2018). An assumption, fitted.
NEW_CUSTOMERS = Decimal("0.07")


@dataclass(frozen=True)
class Together:
    """What becomes of sites that trade. Nothing here is about one site: that belongs to its assembly.

    sites      how many
    at         month (from 1) -> outcome -> sites in it, on average over the runs
    fan        months × five levels: how many sites are worker-run in so many of 100 runs
    people     members at the start, all sites together
    fund       months × five levels: the common fund, in money; None without one
    evictions  attempts to evict in all, on average
    unpaid     money between sites that fell due and was not paid, on average over the whole time
    """

    sites: int
    months: int
    runs: int
    seed: int
    at: dict[int, dict[str, Estimate]]
    fan: Table
    people: Decimal
    fund: Table | None
    evictions: Estimate
    unpaid: Estimate
    gap: float


def network_of(
    books: Mapping[str, Books], trade: Sequence[tuple[str, str, Decimal]], figures: Mapping[str, Decimal]
) -> SiteNetwork:
    """The network that books describe, sites in the order of their names.

    trade     buyer, supplier, part of the buyer's materials
    figures   fund_balance, fund_income, common, common_jumps, new_customers, as far as given
    """
    names = sorted(books)
    place = {name: number for number, name in enumerate(names)}
    p = np.stack([parameters(books[name]) for name in names], axis=1)
    scale = np.array([float(books[name].pay_of_a_month) for name in names])
    p[f.FROM_SITES] = 0
    for buyer, _, part in trade:
        p[f.FROM_SITES, place[buyer]] += float(part)
    common = float(figures.get("common", Decimal(0)))
    p[f.COMMON], p[f.OWN] = common, sqrt(1 - common * common)
    p[f.COMMON_JUMPS] = float(figures.get("common_jumps", Decimal(0)))
    creditor = np.array([place[supplier] for _, supplier, _ in trade], dtype=np.int64)
    debtor = np.array([place[buyer] for buyer, _, _ in trade], dtype=np.int64)
    share = np.array([float(part) for _, _, part in trade])
    whole = np.bincount(debtor, share, minlength=len(names)) if len(trade) else np.zeros(len(names))
    debts = debts_of(creditor, debtor, share / whole[debtor] if len(trade) else share, len(names))
    fund = figures.get("fund_balance")
    net = SiteNetwork(
        p,
        scale,
        debts,
        None if fund is None else float(fund),
        float(figures.get("fund_income", Decimal(0))),
        float(figures.get("new_customers", NEW_CUSTOMERS)),
    )
    return prepared(net)


def stress_together(
    books: Mapping[str, Books],
    trade: Sequence[tuple[str, str, Decimal]],
    figures: Mapping[str, Decimal],
    *,
    months: int,
    runs: int,
    seed: int,
    threads: int = 1,
) -> Together:
    """Simulate sites that trade, and count what becomes of them together."""
    net = network_of(books, trade, figures)
    paths = simulate_network(net, runs=runs, months=months, seed=seed, threads=threads)
    told = sorted({month for month in (12, 24, 36) if month < months} | {months})
    people = sum((one.number("members") for one in books.values()), Decimal(0))
    return Together(
        net.sites,
        months,
        runs,
        seed,
        {month: _counted(paths, month - 1) for month in told},
        _levels(paths.counts[:, f.EXPOSED] + paths.counts[:, f.EMBEDDED]),
        people,
        _levels(paths.fund) if len(paths.fund) else None,
        mean(paths.evictions.sum(axis=0).astype(np.float64)),
        mean(paths.unpaid.sum(axis=0)),
        paths.gap,
    )


def _counted(paths: NetworkPaths, month: int) -> dict[str, Estimate]:
    return {name: mean(paths.counts[month, place].astype(np.float64)) for place, name in enumerate(f.OUTCOMES)}


def _levels(table: NDArray[np.float64] | NDArray[np.int32]) -> Table:
    return np.quantile(np.asarray(table, dtype=np.float64), FAN, axis=1).T
