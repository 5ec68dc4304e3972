"""The purchases of the method of equal shares at one amount per person: exact, and fast enough to repeat often.

Everybody starts with the same amount. A project can be bought while its supporters have enough left; of all such
projects the one with the lowest rate (price per unit of utility) is next. Its supporters pay the price for each
point they gave it, or all they have left if that is less.

How it is made fast without guessing. The money of each pile of ballots is held between two whole numbers, in
units of 2⁻ˢ of the smallest unit of money: at least `low`, at most `high`. Sums and products of these are
whole numbers below 2⁶², so nothing is ever rounded except outwards. A decision is taken from such bounds only when
they do not overlap. Where they do, the exact amounts decide: somebody's money is what everybody started with, less
the exact prices they paid in full, so the money of many people follows from counting who paid which price.

The same bounds can hold a whole range of amounts per person. If every decision is clear for the range, the same
projects are bought at every amount in it, and all of these are counted at once; else `buy` raises `TooClose`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from math import gcd, lcm

import numpy as np
import numpy.typing as npt

from solidaria.core.voting.budget import BudgetVote
from solidaria.core.voting.earlier import Earlier

Whole = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

#: Rates are compared as whole numbers with this many more binary digits than the money.
RATE_BITS = 48
#: Sums of money stay below 2 to this power.
_MONEY_BITS = 61
#: Thresholds above any money anybody has are cut to this.
_ABOVE_ALL = 2**62
#: With fewer marks than this on all ballots together, the layout does not matter.
_MANY_MARKS = 50_000
#: A price known less closely than this, in units of 2⁻ˢ, is worked out exactly before it is paid.
_LOOSE = 2**12


class TooMuchMoney(ValueError):
    """All people together have 2⁵³ of the smallest unit of money or more: too much for exact whole numbers."""


class TooClose(Exception):
    """The amounts of a range do not all decide in the same way: take a smaller range, or one amount."""


@dataclass(frozen=True)
class Electorate:
    """A budget vote laid out for counting. Projects are positions in `ids`; money is in units of 1/`unit`.

    ids         projects by id, ascending
    people      how many people voted
    piles       how many different ballots there are
    budget      what may be spent
    cost        per project
    utility     per project: the utility of one point (its cost, or one)
    who         per project: the piles that support it, ascending
    count       per project: how many people are in each of those piles
    points      per project: the points each of those piles gives it; None where all give one
    point_unit  points are in units of one over this
    weighted    per project: people times points of each of those piles
    weights     per project: the points of all its supporters together
    single      per project: whether each of its piles is one person who gives one point, which is counted faster
    """

    ids: tuple[str, ...]
    people: int
    piles: int
    unit: int
    budget: int
    cost: tuple[int, ...]
    utility: tuple[int, ...]
    who: tuple[Places, ...]
    count: tuple[Whole, ...]
    points: tuple[Whole | None, ...]
    point_unit: int
    weighted: tuple[Whole, ...]
    weights: tuple[int, ...]
    single: tuple[bool, ...]

    def supporters(self, project: int) -> int:
        """How many people support a project."""
        return int(self.count[project].sum())

    def common(self) -> Whole:
        """Projects × projects: at [q, i] how many supporters of q support i too, each as often as i gets points."""
        projects = range(len(self.ids))
        found = np.zeros((len(self.ids), len(self.ids)), dtype=np.int64)
        if all(self.single):
            # Everybody is a pile of their own: one bit for each of them is enough.
            bits = np.zeros((len(self.ids), -(-self.piles // 64) * 8), dtype=np.uint8)
            for project, who in enumerate(self.who):
                marked = np.zeros(self.piles, dtype=bool)
                marked[who] = True
                packed = np.packbits(marked)
                bits[project, : len(packed)] = packed
            words = bits.view(np.uint64)
            for project in projects:
                found[project] = np.bitwise_count(words & words[project]).sum(axis=1, dtype=np.int64)
            return found
        people = np.zeros(self.piles, dtype=np.int64)
        for other in projects:
            people[self.who[other]] = self.weighted[other]
            for project in projects:
                found[project, other] = people[self.who[project]].sum()
            people[self.who[other]] = 0
        return found

    def with_cost(self, project: int, cost: int, *, by_cost: bool) -> Electorate:
        """The same vote with another cost of one project; by_cost when utility is measured by cost."""
        costs = _changed(self.cost, project, cost)
        return replace(
            self, cost=costs, utility=_changed(self.utility, project, cost) if by_cost else self.utility
        )

    def with_supporters(self, project: int, more: int, given: int) -> Electorate:
        """The same vote with so many more people, who give points to this project alone, `given` units each."""
        points = self.points[project]
        if points is not None or given != 1:
            own = points if points is not None else np.ones(len(self.who[project]), dtype=np.int64)
            points = np.append(own, np.int64(given))
        count = np.append(self.count[project], np.int64(more))
        weighted = count if points is None else count * points
        return replace(
            self,
            people=self.people + more,
            piles=self.piles + 1,
            who=_changed(self.who, project, np.append(self.who[project], np.intp(self.piles))),
            count=_changed(self.count, project, count),
            points=_changed(self.points, project, points),
            weighted=_changed(self.weighted, project, weighted),
            weights=_changed(self.weights, project, int(weighted.sum())),
            single=_changed(self.single, project, points is None and bool((count == 1).all())),
        )


def _changed(values: tuple, position: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*values[:position], value, *values[position + 1 :])


def new_earlier(electorate: Electorate) -> Earlier:
    """Somewhere to keep looks at the projects of a vote from one count to the next."""
    return Earlier(len(electorate.ids), sum(map(len, electorate.who)), electorate.common)


def lay_out(vote: BudgetVote, *, by_cost: bool) -> Electorate:
    """Lay out a vote; by_cost when one point is worth the project's cost, else it is worth one."""
    ids = tuple(project.id for project in vote.projects)
    unit = lcm(vote.budget.denominator, *(project.cost.denominator for project in vote.projects))
    cost = tuple(int(project.cost * unit) for project in vote.projects)
    position = {name: place for place, name in enumerate(ids)}
    ballots = list(vote.piles)
    lengths = np.fromiter(map(len, ballots), dtype=np.int64, count=len(ballots))
    marks = int(lengths.sum())
    seen = {mark: number for number, mark in enumerate(dict.fromkeys(chain.from_iterable(ballots)))}
    code = np.fromiter(map(seen.__getitem__, chain.from_iterable(ballots)), dtype=np.int32, count=marks)
    point_unit = lcm(*(Fraction(points).denominator for _, points in seen)) if seen else 1
    project_of = np.array([position[name] for name, _ in seen], dtype=np.int32)
    points_of = np.array([int(points * point_unit) for _, points in seen], dtype=np.int64)
    pile = np.repeat(np.arange(len(ballots), dtype=np.int32), lengths)
    size = np.fromiter(vote.piles.values(), dtype=np.int64, count=len(ballots))
    piles = len(ballots)
    if marks > _MANY_MARKS and point_unit == 1 and (points_of == 1).all() and size[lengths > 0].mean() <= 1.5:
        # Nearly all ballots are different: laid out person by person there is nothing to multiply.
        one_by_one = np.repeat(np.arange(piles), np.where(lengths > 0, size, 1))
        first, lengths = (np.cumsum(lengths) - lengths)[one_by_one], lengths[one_by_one]
        code = code[np.repeat(first - (np.cumsum(lengths) - lengths), lengths) + np.arange(int(lengths.sum()))]
        piles, size = len(one_by_one), np.ones(len(one_by_one), dtype=np.int64)
        pile = np.repeat(np.arange(piles, dtype=np.int32), lengths)
    project = project_of[code] if len(code) else code
    order = np.argsort(project, kind="stable")
    ends = np.cumsum(np.bincount(project, minlength=len(ids))) if len(code) else np.zeros(len(ids), dtype=np.int64)
    who, count, points, weighted = [], [], [], []
    start = 0
    for end in ends.tolist():
        chosen = order[start:end]
        start = end
        given = points_of[code[chosen]] if len(code) else np.zeros(0, dtype=np.int64)
        who.append(pile[chosen].astype(np.intp))
        count.append(size[pile[chosen]])
        points.append(None if (given == 1).all() else given)
        weighted.append(count[-1] if points[-1] is None else count[-1] * given)
    return Electorate(
        ids=ids,
        people=vote.voters,
        piles=piles,
        unit=unit,
        budget=int(vote.budget * unit),
        cost=cost,
        utility=cost if by_cost else (1,) * len(ids),
        who=tuple(who),
        count=tuple(count),
        points=tuple(points),
        point_unit=point_unit,
        weighted=tuple(weighted),
        weights=tuple(int(each.sum()) for each in weighted),
        single=tuple(each is None and bool((many == 1).all()) for each, many in zip(points, count, strict=True)),
    )


@dataclass(frozen=True)
class Bought:
    """One purchase, projects as positions, money in units of the electorate.

    tied         the projects that were tied for it; itself alone when there was no tie
    price        what one unit of points pays
    full         (points in units, people) who pay their full part, by points ascending
    last_coins   people who pay all they have left, which is less than their part; those with nothing not counted
    rest         what these pay together
    broke        supporters with nothing left
    """

    project: int
    tied: tuple[int, ...]
    price: Fraction
    full: tuple[tuple[int, int], ...] = ()
    last_coins: int = 0
    rest: Fraction = Fraction(0)
    broke: int = 0


@dataclass
class Offer:
    """What a project would cost its supporters now: the price between two bounds, likewise the rate.

    sure        that the supporters can pay it
    untouched   that all of them can pay the full price
    """

    project: int
    low: int
    high: int
    rate_low: int
    rate_high: int
    untouched: bool
    sure: bool


@dataclass
class _Paid:
    """One purchase as it was made.

    full   which of the project's piles paid their full part
    poor   which of them paid the last they had
    """

    project: int
    tied: tuple[int, ...]
    full: Truth
    poor: Truth


class Basket:
    """What is bought at one amount per person; made by `buy`.

    amount  what everybody has at first
    most    the largest amount for which the same is bought; equal to `amount` unless a range was asked for
    spent   what it costs, in units of the electorate
    over    True when buying was broken off because it cost more than it may
    work    how much work it was, in looks at a pile of ballots: the same on every machine
    """

    def __init__(
        self, electorate: Electorate, amount: Fraction, most: Fraction, earlier: Earlier | None = None
    ) -> None:
        total = most * electorate.people
        self.shift = _MONEY_BITS - (int(total) + 1).bit_length()
        if self.shift < 8:
            raise TooMuchMoney("so much money cannot be counted: use a larger unit of money")
        self.electorate = electorate
        self.amount = amount
        self.most = most
        self.spent = 0
        self.over = False
        self.work = 0
        self.free: list[int] = []
        self._all_money = int(total) + 1
        self._low = np.full(electorate.piles, amount * 2**self.shift // 1, dtype=np.int64)
        self._high = np.full(electorate.piles, -(-most * 2**self.shift // 1), dtype=np.int64)
        self._paid: list[_Paid] = []
        # The exact prices of the first purchases, as numerators over one denominator, and who paid them in full.
        # Worked out only as far as they are needed.
        self._denominator = amount.denominator
        self._start = amount.numerator
        self._prices: list[int] = []
        self._payers: list[tuple[Places, Whole | None]] = []
        self._scratch: Whole | None = None
        self._left: dict[int, Fraction] = {}
        self._looked: dict[int, Whole] = {}
        self._looked_most: dict[int, Whole] = {}
        self.earlier = earlier if earlier is not None else new_earlier(electorate)
        self.earlier.begin(self.shift, int(most * 2**self.shift), -int(-most * 2**self.shift // 1))

    @property
    def projects(self) -> tuple[int, ...]:
        """The projects bought, in order."""
        return (*self.free, *(paid.project for paid in self._paid))

    def bought(self) -> tuple[Bought, ...]:
        """The purchases in order, with the exact amounts that everybody paid."""
        self._work_out(len(self._paid))
        electorate = self.electorate
        told = [Bought(project, (project,), Fraction(0)) for project in self.free]
        for number, paid in enumerate(self._paid):
            count, points = electorate.count[paid.project], electorate.points[paid.project]
            parts = [(1, int(count[paid.full].sum()))]
            if points is not None:
                kinds, kind = np.unique(points[paid.full], return_inverse=True)
                people = np.bincount(kind, weights=count[paid.full])
                parts = [(int(one), int(many)) for one, many in zip(kinds, people, strict=True)]
            price = Fraction(self._prices[number], self._denominator)
            by_full = price * sum(one * many for one, many in parts)
            told.append(
                Bought(
                    paid.project,
                    paid.tied,
                    price,
                    tuple(parts),
                    int(count[paid.poor].sum()),
                    electorate.cost[paid.project] - by_full,
                    int(count[~(paid.full | paid.poor)].sum()),
                )
            )
        return tuple(told)

    def left(self, project: int) -> Fraction:
        """What the supporters of a project have left together at the end, exactly, in units of the electorate."""
        if project in self._left:
            return self._left[project]
        everybody = np.ones(len(self.electorate.who[project]), dtype=bool)
        self._left[project] = Fraction(self._money(project, everybody), self._denominator)
        return self._left[project]

    def at_price(self, project: int, price: int, *, rich: bool) -> tuple[int, int, int]:
        """What the supporters of a project would pay now at a price per point, in units of 2**-shift.

        rich   True: with the most that everybody may have; False: with the least

        Gives what they pay together, what those pay who have less than their part, and the points of the others.
        """
        electorate = self.electorate
        money = self._held(project)[1 if rich else 0]
        part = self._parts(project, price)
        poor = money < part
        paid = int(electorate.count[project] @ np.minimum(money, part))
        last = int(electorate.count[project] @ (money * poor))
        return paid, last, electorate.weights[project] - int(electorate.weighted[project] @ poor)

    def _held(self, project: int) -> tuple[Whole, Whole]:
        """What each pile of supporters holds now, per person: at least, and at most."""
        if project not in self._looked:
            self._looked[project] = self._low[self.electorate.who[project]]
        return self._looked[project], self._most_held(project)

    def _most_held(self, project: int) -> Whole:
        """What each pile of supporters holds now, per person, at most."""
        if project not in self._looked_most:
            self._looked_most[project] = self._high[self.electorate.who[project]]
        return self._looked_most[project]

    # Exact amounts, on demand.

    def _work_out(self, purchases: int) -> None:
        """Work out the exact prices of so many first purchases."""
        for number in range(len(self._prices), purchases):
            paid = self._paid[number]
            project = paid.project
            points = self.electorate.points[project]
            weight = int(self.electorate.weighted[project][paid.full].sum())
            rest = self._money(project, paid.poor, number)
            price = Fraction(self.electorate.cost[project] * self._denominator - rest, weight * self._denominator)
            widen = price.denominator // gcd(price.denominator, self._denominator)
            if widen > 1:
                self._denominator *= widen
                self._start *= widen
                self._prices = [one * widen for one in self._prices]
            self._prices.append(price.numerator * (self._denominator // price.denominator))
            self._payers.append(
                (self.electorate.who[project][paid.full], None if points is None else points[paid.full])
            )

    def _money(self, project: int, which: Truth, purchases: int | None = None) -> int:
        """The exact money that some supporters of a project hold together, over the common denominator.

        which       of the project's piles; those known to hold nothing are passed over
        purchases   after so many of the purchases; None for now
        """
        if purchases is None:
            purchases = len(self._paid)
            self._work_out(purchases)
            holding = which & (self._most_held(project) > 0)
        else:
            holding = which
        if not holding.any():
            return 0
        piles, people = self.electorate.who[project][holding], self.electorate.count[project][holding]
        if self._scratch is None:
            self._scratch = np.zeros(self.electorate.piles, dtype=np.int64)
        scratch = self._scratch
        scratch[piles] = people
        money = self._start * int(people.sum())
        for price, (payers, points) in zip(self._prices[:purchases], self._payers[:purchases], strict=True):
            marked = scratch[payers]
            money -= price * int(marked.sum() if points is None else marked @ points)
        scratch[piles] = 0
        return money

    def _each(self, project: int, which: Truth) -> list[tuple[Truth, int]]:
        """Supporters of a project by exact money: (which of the project's piles, money over the denominator)."""
        self._work_out(len(self._paid))
        chosen = np.flatnonzero(which)
        piles = self.electorate.who[project][chosen]
        table = np.zeros((len(piles), len(self._prices)), dtype=np.int64)
        if self._scratch is None:
            self._scratch = np.zeros(self.electorate.piles, dtype=np.int64)
        scratch = self._scratch
        for number, (payers, points) in enumerate(self._payers):
            scratch[payers] = 1 if points is None else points
            table[:, number] = scratch[piles]
            scratch[payers] = 0
        rows, row = np.unique(table, axis=0, return_inverse=True)
        groups = []
        nothing = self._high[piles] == 0
        for number, paid in enumerate(rows.tolist()):
            money = self._start - sum(price * points for price, points in zip(self._prices, paid, strict=True))
            for empty in (False, True):
                members = chosen[(row.reshape(-1) == number) & (nothing == empty)]
                if len(members):
                    mask = np.zeros(len(which), dtype=bool)
                    mask[members] = True
                    groups.append((mask, 0 if empty else money))
        return groups

    def _exact_price(self, offer: Offer) -> Fraction | None:
        """The exact price of an offer per unit of points; None when its supporters cannot pay."""
        electorate, project = self.electorate, offer.project
        cost, points, count = electorate.cost[project], electorate.points[project], electorate.count[project]
        if offer.untouched:
            return Fraction(cost, electorate.weights[project])
        if self.most > self.amount:
            raise TooClose
        weighted = electorate.weighted[project]
        if not offer.sure:
            everybody = np.ones(len(count), dtype=bool)
            if self._money(project, everybody) < cost * self._denominator:
                return None
        rich, poor = self._rich_and_poor(offer)
        unclear = ~(rich | poor)
        groups = self._each(project, unclear) if unclear.any() else []
        self._work_out(len(self._paid))
        needed = cost * self._denominator - self._money(project, poor)
        weight = int(weighted[rich | unclear].sum())
        parts = [
            (
                money,
                part,
                int(count[mask & (points == part)].sum()) if points is not None else int(count[mask].sum()),
            )
            for mask, money in groups
            for part in (np.unique(points[mask]).tolist() if points is not None else [1])
        ]
        while True:
            capped = [one for one in parts if one[0] * weight < needed * one[1]]
            if not capped:
                return Fraction(needed, weight * self._denominator)
            parts = [one for one in parts if one[0] * weight >= needed * one[1]]
            needed -= sum(money * people for money, _, people in capped)
            weight -= sum(part * people for _, part, people in capped)

    def exact_rate(self, offer: Offer) -> Fraction | None:
        """The exact rate of an offer; None when its supporters cannot pay."""
        price = self._exact_price(offer)
        return None if price is None else price / self.electorate.utility[offer.project]

    # Decisions by bounds.

    def _parts(self, project: int, price: int) -> Whole | np.int64:
        """What each pile of supporters would pay at a price, cut to something above all money."""
        points, price = self.electorate.points[project], min(price, _ABOVE_ALL)
        if points is None:
            return np.int64(price)
        # No product beyond 2⁶²; where it is cut it is still above 2⁶¹, and so above all money.
        return np.minimum(points, _ABOVE_ALL // max(price, 1)) * np.int64(price)

    def _rich_and_poor(self, offer: Offer) -> tuple[Truth, Truth]:
        """Which supporters can surely pay their full part, and which surely have no more than that."""
        low, high = self._held(offer.project)
        rich: Truth = low >= self._parts(offer.project, offer.high)
        poor: Truth = high <= self._parts(offer.project, offer.low)
        return rich, poor & ~rich

    def known(self, project: int) -> int | None:
        """A price that a project surely does not undercut now, from looks at it before; None when out of reach."""
        electorate = self.electorate
        return self.earlier.price(project, electorate.cost[project] << self.shift, electorate.weights[project])

    def offer(self, project: int, start: int, best: int | None = None) -> Offer | None:
        """What a project would cost now; None when its supporters surely cannot pay it.

        start   a price it surely does not undercut
        best    a rate that is offered already: where this one is surely higher, its bounds need not be close
        """
        electorate = self.electorate
        if electorate.cost[project] > self._all_money:
            return None
        if best is not None:
            above = (best * electorate.utility[project] >> RATE_BITS) + 2
            if above > start:
                missed = self._beyond(project, above)
                if missed is not None:
                    return missed if missed.high else None
        count = electorate.count[project]
        cost = electorate.cost[project] << self.shift
        money, most = self._held(project)
        all_weight = electorate.weights[project]
        price, poor_weight, poor_money = max(start, -(-cost // all_weight)), 0, 0
        first = True
        while True:
            poor_money, poor_weight = self._poor(project, money, price)
            if poor_weight and first:
                first = False
                if int(count @ money) < cost:
                    together = int(count @ most)
                    self.earlier.saw(project, together, all_weight)
                    return self._doubtful(project, together >= cost, start)
            if poor_weight == all_weight:
                break
            raised = -(-(cost - poor_money) // (all_weight - poor_weight))
            if raised <= price:
                break
            price = raised
        weight = all_weight - poor_weight
        least = start
        if weight:
            slack = 0
            if poor_weight:
                apart = (most - money) * (money < self._parts(project, price))
                slack = int(apart.sum()) if electorate.single[project] else int(count @ apart)
            least = max(start, (cost - poor_money - slack) // weight)
            self.earlier.saw(project, poor_money + slack, poor_weight)
        utility = electorate.utility[project]
        return Offer(
            project,
            least,
            price,
            (least << RATE_BITS) // utility,
            -(-(price << RATE_BITS) // utility),
            untouched=poor_weight == 0,
            sure=True,
        )

    def _poor(self, project: int, money: Whole, price: int) -> tuple[int, int]:
        """What those hold together who cannot pay their full part with this money, and their points together."""
        electorate = self.electorate
        part = self._parts(project, price)
        poor: Truth = money < part
        some = int(np.count_nonzero(poor))
        if not some:
            return 0, 0
        if electorate.single[project]:
            return int(np.minimum(money, part).sum()) - int(part) * (len(money) - some), some
        return int(electorate.count[project] @ (money * poor)), int(electorate.weighted[project] @ poor)

    def _beyond(self, project: int, price: int) -> Offer | None:
        """An offer that is surely above a price; None when it may not be. With high=0 it surely cannot be paid."""
        electorate = self.electorate
        cost = electorate.cost[project] << self.shift
        poor_money, poor_weight = self._poor(project, self._most_held(project), price)
        weight = electorate.weights[project] - poor_weight
        self.earlier.saw(project, poor_money, poor_weight)
        if poor_money + price * weight >= cost:
            return None
        # Whoever is taken for poor, the price at which all together pay the cost is never above the true one.
        low = max(price, (cost - poor_money) // weight) if weight else _ABOVE_ALL
        rate = (low << RATE_BITS) // electorate.utility[project]
        return Offer(project, low, _ABOVE_ALL if weight else 0, rate, 0, untouched=False, sure=False)

    def _doubtful(self, project: int, possible: bool, start: int) -> Offer | None:
        if not possible:
            return None
        rate = (start << RATE_BITS) // self.electorate.utility[project]
        return Offer(project, start, _ABOVE_ALL, rate, 0, untouched=False, sure=False)

    def sharpened(self, offer: Offer) -> tuple[Offer, Fraction]:
        """An offer that can be paid with the closest bounds there are, and its exact price."""
        price = self._exact_price(offer)
        if price is None:
            raise AssertionError("a project was chosen that its supporters cannot pay")
        scaled, utility = price * 2**self.shift, self.electorate.utility[offer.project]
        low, high = int(scaled), -int(-scaled // 1)
        rates = (low << RATE_BITS) // utility, -(-(high << RATE_BITS) // utility)
        return replace(offer, low=low, high=high, rate_low=rates[0], rate_high=rates[1], sure=True), price

    def pay(self, offer: Offer, tied: tuple[int, ...]) -> None:
        """Let the supporters pay."""
        project = offer.project
        who = self.electorate.who[project]
        rich, poor = self._rich_and_poor(offer)
        broke: Truth | None = None
        loose = offer.high - offer.low > _LOOSE and not offer.untouched
        if self.most > self.amount:
            rich = ~poor
        elif loose or not (rich | poor).all():
            offer, price = self.sharpened(offer)
            rich, poor = self._rich_and_poor(offer)
            broke = np.zeros(len(who), dtype=bool)
            for mask, money in self._each(project, ~(rich | poor)):
                points = self.electorate.points[project]
                part = (
                    np.array([price])
                    if points is None
                    else np.array([price * one for one in points[mask].tolist()])
                )
                rich[mask] = np.asarray(part * self._denominator <= money, dtype=bool)
                poor[mask] = np.asarray(part * self._denominator > money, dtype=bool)
                broke[mask] = np.asarray(part * self._denominator == money, dtype=bool)
        low, high = self._held(project)
        holding = high > 0
        # Whoever is surely poor comes out at nothing by itself; where the bounds did not tell, it must be said.
        after = np.maximum(low - self._parts(project, offer.high), 0)
        most = np.maximum(high - self._parts(project, offer.low), 0)
        if broke is not None:
            # They paid exactly what they had: nothing is left, and the bounds must say so.
            after[poor | broke] = most[poor | broke] = 0
        self._low[who] = after
        self._high[who] = most
        self._paid.append(_Paid(project, tied, rich, poor & holding))
        self._left.clear()
        self._looked.clear()
        self._looked_most.clear()
        self.earlier.bought(project, offer.low, offer.high)
        self.spent += self.electorate.cost[project]


def buy(
    electorate: Electorate,
    amount: Fraction,
    choose: Callable[[Sequence[int]], int],
    *,
    most: Fraction | None = None,
    at_most: int | None = None,
    watch: Callable[[Basket, Offer], None] | None = None,
    earlier: Earlier | None = None,
) -> Basket:
    """What is bought when everybody has `amount`, in units of the electorate.

    choose    settles a tie: given tied projects, ascending, gives one of them
    most      ask for all amounts from `amount` to this, both included; such a basket tells only what is bought.
              Raises TooClose when it may not be the same for all of them
    at_most   stop as soon as more than this is spent
    watch     called with the basket and the offer before each purchase
    earlier   looks at projects in other counts of the same ballots, and where to keep those of this one

    Projects that cost nothing and have a supporter are taken first. Those nobody supports are never bought.
    """
    basket = Basket(electorate, amount, amount if most is None else most, earlier)
    # Projects that are neither bought nor out of reach → a price they surely do not undercut, and the same by rate.
    # One that is looked at leaves `least`; what is still in `waiting` of it then means nothing.
    least: dict[int, int] = {}
    waiting: list[tuple[int, int]] = []
    for project, cost in enumerate(electorate.cost):
        if not len(electorate.who[project]):
            continue
        if cost == 0:
            basket.free.append(project)
        else:
            least[project] = (cost << basket.shift) // electorate.weights[project]
            heapq.heappush(waiting, ((least[project] << RATE_BITS) // electorate.utility[project], project))
    likely = iter(basket.earlier.order)
    while True:
        best: int | None = None
        offers: list[Offer] = []
        # What the count before bought at this point is looked at first: then most others are surely dearer.
        first = next((project for project in likely if project in least), None)
        while first is not None or (waiting and (best is None or waiting[0][0] <= best)):
            if first is not None:
                project, first = first, None
            else:
                project = heapq.heappop(waiting)[1]
            if project not in least:
                continue
            low, known = least.pop(project), basket.known(project)
            if known is None:
                continue
            if known > low:
                low = known
                rate = (low << RATE_BITS) // electorate.utility[project]
                if (best is not None and rate > best) or (waiting and rate > waiting[0][0]):
                    least[project] = low
                    heapq.heappush(waiting, (rate, project))
                    continue
            offer = basket.offer(project, low, best)
            basket.work += len(electorate.who[project]) + 500
            if offer is None:
                continue
            offers.append(offer)
            if offer.sure:
                best = offer.rate_high if best is None else min(best, offer.rate_high)
        chosen, tied, gone = _cheapest(basket, offers, best, choose)
        for offer in offers:
            if offer is not chosen and offer.project not in gone:
                least[offer.project] = offer.low
                heapq.heappush(waiting, (offer.rate_low, offer.project))
        if chosen is None:
            return basket
        if watch is not None:
            watch(basket, chosen if chosen.sure else basket.sharpened(chosen)[0])
        basket.pay(chosen, tied)
        if at_most is not None and basket.spent > at_most:
            basket.over = True
            return basket


def _cheapest(
    basket: Basket, offers: list[Offer], best: int | None, choose: Callable[[Sequence[int]], int]
) -> tuple[Offer | None, tuple[int, ...], set[int]]:
    """The offer with the lowest rate, the projects tied for it, and projects that turn out not to be payable.

    No offer only when none of all projects that are left can be paid.
    """
    near = [offer for offer in offers if best is None or offer.rate_low <= best]
    if len(near) == 1 and near[0].sure:
        return near[0], (near[0].project,), set()
    rates = {offer.project: basket.exact_rate(offer) for offer in near}
    gone = {project for project, rate in rates.items() if rate is None}
    payable = {project: rate for project, rate in rates.items() if rate is not None}
    if not payable:
        return None, (), gone
    lowest = min(payable.values())
    tied = tuple(sorted(project for project, rate in payable.items() if rate == lowest))
    project = tied[0] if len(tied) == 1 else choose(tied)
    return next(offer for offer in near if offer.project == project), tied, gone
