"""Thousands of sites that trade with each other: the same month, coupled by orders, payments, a fund, and neighbours.

What couples them: a site's orders from other sites are what those bought last month; what they owe each other is
cleared; one fund pays all, in proportion when it runs dry; who is called to two gates in one month is split; prices
and tariffs move in part together.

What a site buys from others is divided among its suppliers in fixed shares. A supplier that makes less than was
ordered buys the rest outside and passes it on at the same price; one that makes more sells the rest outside. So every
payment has somebody who pays it and somebody who gets it. A supplier that is gone leaves its name to an outside firm:
payments to it leave the network. A site whose customers are gone finds others outside, a part of what is lost each month.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from solidaria.core.watch import clearing, rules
from solidaria.core.watch import fields as f
from solidaria.core.watch.clearing import Debts
from solidaria.core.watch.draws import MOST_MONTHS, MOST_RUNS, MOST_SITES, key_of
from solidaria.core.watch.rules import BLOCK, ROW, RUNS

try:
    from solidaria.core.watch import fast_numba
except ImportError:  # Numba is not there, or not for this Python: the same answer, more slowly.
    fast_numba = None  # type: ignore[assignment]

Array = NDArray[np.float64]

#: The luck that all share is drawn for a site that no network has.
WORLD: Final = MOST_SITES - 1
#: Sites in a block: each with its RUNS runs side by side.
SITES: Final = BLOCK // RUNS
SIDE: Final = np.uint64(RUNS)


@dataclass(frozen=True)
class SiteNetwork:
    """Sites that trade.

    parameters   PARAMETERS × sites, each site in its own units (see fields.py)
    scale        money of one normal month of pay of each site, in the common currency
    trade        who buys from whom: creditors are suppliers, debtors buyers, shares of what the buyer buys from sites
    fund, fund_income   the common fund: balance on the first day and what comes in each month; None: each has its own
    new_customers       part of the orders lost from sites that is found anew outside each month, 0 to 1
    """

    parameters: Array
    scale: Array
    trade: Debts
    fund: float | None = None
    fund_income: float = 0.0
    new_customers: float = 0.0

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return int(self.parameters.shape[1])


@dataclass(frozen=True)
class NetworkPaths:
    """What became of the network in each run.

    counts     months × outcomes × runs: sites in each outcome
    outcome    sites × runs: at the end
    lost       sites × runs: the month (from 0) in which the site collapsed; -1 when it did not
    fund       months × runs: the balance of the common fund; empty without one
    unpaid     months × runs: money that fell due between sites and was not paid
    evictions  months × runs: attempts to evict
    gap        the largest difference between money paid and money received among sites, in the common currency
    """

    counts: NDArray[np.int32]
    outcome: NDArray[np.uint8]
    lost: NDArray[np.int16]
    fund: Array
    unpaid: Array
    evictions: NDArray[np.int32]
    gap: float


def prepared(network: SiteNetwork) -> SiteNetwork:
    """The network with each site's orders from other sites set to what those buy in a normal month."""
    p = network.parameters.copy()
    bought = p[f.MATERIALS] * p[f.FROM_SITES] * network.scale
    demand = network.trade.matrix() @ bought
    p[f.ORDERS_SITES] = demand / np.maximum(p[f.PRICE_SITES] * network.scale, rules.TINY)
    return replace(network, parameters=p)


def simulate_network(
    network: SiteNetwork, *, runs: int, months: int, seed: int, threads: int = 1, compiled: bool = True
) -> NetworkPaths:
    """Simulate the network. The luck of a run depends on its number alone, never on threads or on how many there are.

    Raises ValueError when a number is beyond what the keys have room for.
    """
    key_of(seed)
    if not (0 < runs <= MOST_RUNS and network.sites < WORLD and 0 < months <= MOST_MONTHS):
        raise ValueError("there are too many runs, sites or months for the keys of the draws")
    starts = range(0, runs, RUNS)
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(lambda start: _Group(network, start, seed, compiled).run(months), starts))
    else:
        parts = [_Group(network, start, seed, compiled).run(months) for start in starts]
    return NetworkPaths(
        np.concatenate([part.counts for part in parts], axis=2)[:, :, :runs],
        np.concatenate([part.outcome for part in parts], axis=1)[:, :runs],
        np.concatenate([part.lost for part in parts], axis=1)[:, :runs],
        np.concatenate([part.fund for part in parts], axis=1)[:, :runs],
        np.concatenate([part.unpaid for part in parts], axis=1)[:, :runs],
        np.concatenate([part.evictions for part in parts], axis=1)[:, :runs],
        max(part.gap for part in parts),
    )


class _Group:
    """RUNS runs of a network side by side. The state is kept in blocks, as the engines want it."""

    def __init__(self, network: SiteNetwork, first_run: int, seed: int, compiled: bool) -> None:
        self.network = network
        self.key = np.uint64(seed)
        self.fast = fast_numba if compiled and fast_numba is not None else None
        self.row = ROW if self.fast is not None else BLOCK
        self.blocks = -(-network.sites // SITES)
        lanes = np.arange(self.blocks * BLOCK)
        site = np.minimum(lanes // RUNS, network.sites - 1)
        first = np.minimum(np.arange(self.blocks * SITES), network.sites - 1)
        self.runs = (first_run + lanes % RUNS).astype(np.uint64).reshape(self.blocks, BLOCK)
        self.sites = site.astype(np.uint64).reshape(self.blocks, BLOCK)
        # Blocks × parameters × sites: each site's once, for all its runs.
        p = network.parameters[:, first].reshape(f.PARAMETERS, self.blocks, SITES).transpose(1, 0, 2).copy()
        if network.fund is not None:
            p[:, f.FUND_BALANCE], p[:, f.FUND_INCOME] = 0.0, 0.0
        self.p = p
        self.s = np.zeros((self.blocks, f.STATE, self.row))
        self.luck = np.zeros((self.blocks, f.DRAWS, self.row))
        for block in range(self.blocks):
            rules.begin(self.s[block, :, :BLOCK], self.wide(block), BLOCK)
        self.scale = network.scale[:, None]
        self.matrix = network.trade.matrix()
        bought = network.parameters[f.MATERIALS] * network.parameters[f.FROM_SITES] * network.scale
        self.normal = (self.matrix @ bought)[:, None]
        self.found: Array = np.zeros((network.sites, RUNS))
        self.late = 1 + network.parameters[f.LATE_SUPPLIERS][:, None]

    def wide(self, block: int) -> Array:
        """The parameters of a block's lanes: parameters × BLOCK."""
        return np.repeat(self.p[block], RUNS, axis=1)

    def get(self, row: int) -> Array:
        """A row of the state, sites × RUNS."""
        return self.s[:, row, :BLOCK].reshape(-1, RUNS)[: self.network.sites].copy()

    def put(self, row: int, values: Array) -> None:
        """Write a row of the state, sites × RUNS."""
        whole = np.zeros((self.blocks * SITES, RUNS))
        whole[: self.network.sites] = values
        self.s[:, row, :BLOCK] = whole.reshape(self.blocks, BLOCK)

    def run(self, months: int) -> NetworkPaths:
        """All months of these runs."""
        network = self.network
        counts = np.zeros((months, len(f.OUTCOMES), RUNS), np.int32)
        lost = np.full((network.sites, RUNS), -1, np.int16)
        fund = np.zeros((months if network.fund is not None else 0, RUNS))
        unpaid, evictions = np.zeros((months, RUNS)), np.zeros((months, RUNS), np.int32)
        balance = np.full(RUNS, network.fund or 0.0)
        gap = 0.0
        for now in range(months):
            self._open(now)
            demand = self._deliver()
            short, difference = self._clear()
            unpaid[now], gap = short, max(gap, difference)
            self._owe()
            if network.fund is not None:
                balance = self._fund(balance)
            attempts = self.get(f.M_ATTEMPT).sum(axis=0)
            evictions[now] = attempts
            self.put(f.M_AT_ONCE, np.broadcast_to(np.maximum(attempts, 1.0), (network.sites, RUNS)))
            before = self.get(f.S_FROM_FUND)
            self._close(now)
            if network.fund is not None:
                balance = balance - ((self.get(f.S_FROM_FUND) - before) * self.scale).sum(axis=0)
                fund[now] = balance
            self.put(f.M_ORDERS_SITES, self._orders(demand))
            outcome = self.get(f.S_OUTCOME).astype(np.uint8)
            for place in range(len(f.OUTCOMES)):
                counts[now, place] = (outcome == place).sum(axis=0)
            lost[(outcome == f.COLLAPSED) & (lost < 0)] = now
        return NetworkPaths(counts, outcome, lost, fund, unpaid, evictions, gap)

    def _orders(self, demand: Array) -> Array:
        """Next month's orders from sites as a part of a normal month's, with those that others outside took over."""
        orders: Array = demand / np.maximum(self.normal, rules.TINY)
        lost = np.where(self.normal > rules.TINY, np.maximum(1 - orders, 0.0), 0.0)
        self.found += (lost - self.found) * np.where(lost > self.found, self.network.new_customers, 1.0)
        return orders + self.found

    def _open(self, now: int) -> None:
        world = np.zeros((f.DRAWS, self.row))
        many = np.full(BLOCK, WORLD, dtype=np.uint64)
        rules.draw(world[:, :BLOCK], self.runs[0], many, self.key, np.uint64(now), BLOCK)
        if self.fast is not None:
            s, p, luck = self._flat(self.s), self._flat(self.p), self._flat(self.luck)
            self.fast.open_blocks(s, p, world.reshape(-1), self.runs, self.sites, luck, self.key, now, SIDE)
            return
        for block in range(self.blocks):
            s, p, luck = self.s[block], self.wide(block), self.luck[block]
            rules.draw(luck, self.runs[block], self.sites[block], self.key, np.uint64(now), BLOCK)
            rules.mix(luck, world, p, BLOCK)
            rules.fetch(s, p, now, BLOCK)
            rules.work(s, p, luck, now, 1.0, BLOCK)

    def _flat(self, table: Array) -> Array:
        return table.reshape(self.blocks, -1)

    def _deliver(self) -> Array:
        """What suppliers are asked for, and how it is delivered; gives back the demand, sites × RUNS, common money."""
        demand = np.asarray(self.matrix @ (self.get(f.M_BOUGHT_SITES) * self.scale))
        own, made = demand / self.scale, self.get(f.M_SALES_SITES)
        self.put(f.S_OWED_SITES, self.get(f.S_OWED_SITES) + own - made)
        self.put(f.S_PAYABLE, self.get(f.S_PAYABLE) + np.maximum(own - made, 0.0))
        self.put(f.S_OWED_MOVEMENT, self.get(f.S_OWED_MOVEMENT) + np.maximum(made - own, 0.0))
        return demand

    def _clear(self) -> tuple[Array, float]:
        """Step 5. Gives back what fell due and was not paid, and the gap between paid and received."""
        payable = self.get(f.S_PAYABLE_SITES)
        owed = payable / self.late * self.scale
        funds = np.maximum(self.get(f.S_CASH) + self.get(f.M_COLLECTED), 0.0) * self.scale
        paid = self.fast.clear(self.network.trade, owed, funds) if self.fast else None
        if paid is None:
            paid = clearing.clear(self.network.trade, owed, funds)
        got = np.asarray(self.matrix @ paid)
        self.put(f.M_PAID_SITES, paid / self.scale)
        self.put(f.M_GOT_SITES, got / self.scale)
        self.put(f.S_PAYABLE_SITES, payable - paid / self.scale)
        self.put(f.S_OWED_SITES, self.get(f.S_OWED_SITES) - got / self.scale)
        outside = paid * (1 - self._inside())
        return (owed - paid).sum(axis=0), float(
            np.abs(paid.sum(axis=0) - outside.sum(axis=0) - got.sum(axis=0)).max()
        )

    def _inside(self) -> Array:
        """The part of a buyer's payments that goes to sites of the network."""
        shares = np.bincount(self.network.trade.debtor, self.network.trade.share, minlength=self.network.sites)
        return np.asarray(shares, dtype=np.float64)[:, None]

    def _owe(self) -> None:
        if self.fast is not None:
            self.fast.owe_blocks(self._flat(self.s), self._flat(self.p), SIDE)
            return
        for block in range(self.blocks):
            rules.owe(self.s[block], self.wide(block), BLOCK)

    def _fund(self, balance: Array) -> Array:
        """Divide what the fund has among those who ask, in proportion when it is too little."""
        balance = balance + self.network.fund_income
        asked = self.get(f.M_FUND_ASKED)
        total = (asked * self.scale).sum(axis=0)
        part = np.minimum(balance / np.maximum(total, rules.TINY), 1.0)
        left = np.maximum(balance - total, 0.0) / self.network.sites
        self.put(f.S_FUND, asked * part + left / self.scale)
        return balance

    def _close(self, now: int) -> None:
        if self.fast is not None:
            self.fast.close_blocks(self._flat(self.s), self._flat(self.p), self._flat(self.luck), now, SIDE)
            return
        for block in range(self.blocks):
            rules.close(self.s[block], self.wide(block), self.luck[block], BLOCK)
            rules.store(self.s[block], now, BLOCK)
