"""Who supplies whom: goods traced from those who made, had or bought them to those who receive them.

Goods of a product are alike, so any tracing that adds up is true; this one keeps pairs of site and receiver
few: what a site makes goes first into its own use and its own promises, then to receivers it already supplies,
then to the receiver it fits best. Amounts are whole millionths, so they add up to what is delivered exactly.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from solidaria.core.network import Need, Network, Promise
from solidaria.core.plan.quantities import Quantities, plain
from solidaria.core.result import Supply

Source = str | None
UNIT = Decimal("0.000001")


@dataclass
class Demand:
    """One receiver's wish for one product in one period, in millionths."""

    row: Need | Promise
    place: str
    quantity: int


def supplies(network: Network, quantities: Quantities) -> tuple[Supply, ...]:
    """Every delivery with its source; the supplies of a need add up to what is delivered of it."""
    tracer = _Tracer(network, quantities)
    for product in network.products:
        for period in range(len(network.periods)):
            tracer.period(product.id, period)
    return tuple(sorted(tracer.found, key=_order))


def _order(supply: Supply) -> tuple[str, ...]:
    return (supply.period, supply.product, supply.organisation, supply.need or "", supply.site or "")


def _micro(quantity: Decimal) -> int:
    return int(quantity / UNIT)


class _Tracer:
    """Goods at each place by who they come from, moved on period by period."""

    def __init__(self, network: Network, quantities: Quantities) -> None:
        self.network = network
        self.routed = network.routes is not None
        self.found: list[Supply] = []
        self.pairs: set[tuple[Source, str]] = set()
        number = {period.id: position for position, period in enumerate(network.periods)}
        # (product, place) -> source -> millionths at hand
        self.hand: dict[tuple[str, Source], dict[Source, int]] = defaultdict(lambda: defaultdict(int))
        self.arrive: dict[tuple[str, int], list[tuple[Source, Source, int]]] = defaultdict(list)
        self.use: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.demand: dict[tuple[str, int], list[Demand]] = defaultdict(list)
        self.move: dict[tuple[str, int], dict[tuple[str, str], int]] = defaultdict(dict)
        for stock in network.stocks:
            self.arrive[stock.product, 0].append((stock.site, stock.site, _micro(stock.quantity)))
        for made in quantities.production:
            period = number[made.period]
            self.arrive[made.product, period].append((made.site, made.site, _micro(made.quantity)))
            for product, quantity in network.recipe[made.recipe].inputs:
                self.use[product, period][made.site] += _micro(quantity * made.runs)
        for (place, product, period), quantity in sorted(quantities.bought.items(), key=str):
            self.arrive[product, period].append((place, None, _micro(quantity)))
        for row, quantity in quantities.delivered.items():
            if quantity:
                period = number[row.period]
                place = row.site if isinstance(row, Promise) and self.routed else row.organisation
                self.demand[row.product, period].append(Demand(row, place, _micro(quantity)))
        for key, pairs in quantities.moves.items():
            self.move[key] = {pair: _micro(quantity) for pair, quantity in pairs.items()}

    def period(self, product: str, period: int) -> None:
        """Trace one product through one period."""
        for place, source, quantity in self.arrive[product, period]:
            self.hand[product, place if self.routed else None][source] += quantity
        uses, demands = self.use[product, period], self.demand[product, period]
        if not self.routed:
            hand = self.hand[product, None]
            self._use(hand, uses, own_only=True)
            self._deliver(hand, demands)
            self._use(hand, uses, own_only=False)
            return
        # Promises leave their own site first, and travel apart from the rest.
        promised = [demand for demand in demands if isinstance(demand.row, Promise)]
        for demand in promised:
            self._deliver(self.hand[product, demand.place], [demand])
        by_place: dict[str, list[Demand]] = defaultdict(list)
        for demand in demands:
            if isinstance(demand.row, Need):
                by_place[demand.place].append(demand)
        moves = self.move[product, period]
        places = {*by_place, *uses, *(place for pair in moves for place in pair)}
        for place in _downstream(sorted(places), moves):
            hand = self.hand[product, place]
            here = {place: uses[place]} if place in uses else {}
            self._use(hand, here, own_only=True)
            self._deliver(hand, by_place.get(place, []))
            self._use(hand, here, own_only=False)
            for (start, end), quantity in sorted(moves.items()):
                if start == place:
                    for source, part in _take(hand, quantity, []):
                        self.hand[product, end][source] += part

    def _use(self, hand: dict[Source, int], uses: dict[str, int], *, own_only: bool) -> None:
        """Take what recipes use, a site's own goods first, then whatever is left."""
        for site in sorted(uses):
            if own_only:
                part = min(uses[site], max(0, hand.get(site, 0)))
                hand[site] = hand.get(site, 0) - part
                uses[site] -= part
            elif uses[site]:
                list(_take(hand, uses[site], [None]))
                uses[site] = 0

    def _deliver(self, hand: dict[Source, int], demands: list[Demand]) -> None:
        """Hand over what is delivered; promises first, then the largest demands."""
        for demand in sorted(demands, key=_delivery_order):
            row = demand.row
            first: list[Source] = [row.site] if isinstance(row, Promise) else []
            first.append(row.organisation)
            first += sorted((site for site, who in self.pairs if who == row.organisation), key=str)
            taken = _take(hand, demand.quantity, first)
            if self.routed and isinstance(row, Promise):
                # With routes it is the promising site that supplies, wherever it had the goods from.
                taken = [(row.site, demand.quantity)]
            for source, part in taken:
                self.pairs.add((source, row.organisation))
                self.found.append(
                    Supply(
                        source,
                        row.id if isinstance(row, Need) else None,
                        row.organisation,
                        row.product,
                        row.period,
                        plain(part * UNIT),
                    )
                )


def _delivery_order(demand: Demand) -> tuple[int, int, str]:
    key = "|".join(demand.row.key) if isinstance(demand.row, Promise) else demand.row.id
    return (0 if isinstance(demand.row, Promise) else 1, -demand.quantity, key)


def _take(hand: dict[Source, int], quantity: int, first: list[Source]) -> list[tuple[Source, int]]:
    """Take a quantity: from the preferred sources, then the one it fits best, then the largest.

    When rounding left the hand a few millionths short, the last source gives them all the same.
    """
    taken: dict[Source, int] = defaultdict(int)
    left = quantity

    def grab(source: Source) -> None:
        nonlocal left
        part = min(left, max(0, hand.get(source, 0)))
        if part:
            hand[source] -= part
            taken[source] += part
            left -= part

    for source in first:
        if left:
            grab(source)
    while left:
        holding = [(amount, source) for source, amount in hand.items() if amount > 0]
        if not holding:
            break
        enough = [pair for pair in holding if pair[0] >= left]
        chosen = min(enough, key=_by_amount) if enough else max(holding, key=_by_amount)
        grab(chosen[1])
    if left:
        last = max(taken, key=lambda source: (taken[source], str(source))) if taken else _some_source(hand)
        taken[last] += left
        hand[last] = hand.get(last, 0) - left
    return sorted(taken.items(), key=lambda pair: str(pair[0]))


def _by_amount(pair: tuple[int, Source]) -> tuple[int, str]:
    return (pair[0], str(pair[1]))


def _some_source(hand: dict[Source, int]) -> Source:
    """The source that had the most to do with this place, when rounding emptied it to the last millionth."""
    return max(hand, key=lambda source: (hand[source], str(source))) if hand else None


def _downstream(places: list[str], moves: dict[tuple[str, str], int]) -> list[str]:
    """The places in an order in which goods only move forward."""
    waiting = {place: sum(1 for _, end in moves if end == place) for place in places}
    order: list[str] = []
    ready = sorted(place for place, count in waiting.items() if count == 0)
    while ready:
        here = ready.pop(0)
        order.append(here)
        for start, end in sorted(moves):
            if start == here:
                waiting[end] -= 1
                if waiting[end] == 0:
                    ready.append(end)
    return order
