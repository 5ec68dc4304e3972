"""The purchases of the method of equal shares at one amount per person: exact, and fast enough to repeat often.

Everybody starts with the same amount. A project can be bought while its supporters have enough left; of all such
projects the one with the lowest rate (price per unit of utility) is next. Its supporters pay the price for each
point they gave it, or all they have left if that is less.

How it is made fast without guessing. The money of each pile of ballots is held between two whole numbers, in units
of 2⁻ˢ of the smallest unit of money: at least `low`, at most `low + slack`. Sums and products of these are
whole numbers below 2⁶², so nothing is ever rounded except outwards. A decision is taken from such bounds
only when they do not overlap. Where they do, `buy` with exact=False raises `TooClose`, and with exact=True the exact
amounts decide: whole numbers over one common denominator, equal amounts held once.
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

Whole = npt.NDArray[np.int64]

#: Rates are compared as whole numbers with this many more binary digits than the money.
_RATE_BITS = 48
#: Sums of money stay below 2 to this power.
_MONEY_BITS = 61
#: Thresholds above any money anybody has are cut to this.
_ABOVE_ALL = 2**62


class TooClose(Exception):
    """The bounds do not settle a decision; the exact amounts must."""


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
    """

    ids: tuple[str, ...]
    people: int
    piles: int
    unit: int
    budget: int
    cost: tuple[int, ...]
    utility: tuple[int, ...]
    who: tuple[npt.NDArray[np.int32], ...]
    count: tuple[Whole, ...]
    points: tuple[Whole | None, ...]
    point_unit: int

    def supporters(self, project: int) -> int:
        """How many people support a project."""
        return int(self.count[project].sum())

    def weight(self, project: int) -> int:
        """The points of all supporters of a project together."""
        points = self.points[project]
        return int(self.count[project].sum() if points is None else self.count[project] @ points)

    def with_cost(self, project: int, cost: int, *, by_cost: bool) -> Electorate:
        """The same vote with another cost of one project; by_cost when utility is measured by cost."""
        costs = _changed(self.cost, project, cost)
        return replace(
            self, cost=costs, utility=_changed(self.utility, project, cost) if by_cost else self.utility
        )

    def with_supporters(self, project: int, more: int) -> Electorate:
        """The same vote with so many more people, who give one point to this project and none to any other."""
        points = self.points[project]
        if points is not None or self.point_unit != 1:
            own = points if points is not None else np.ones(len(self.who[project]), dtype=np.int64)
            points = np.append(own, np.int64(self.point_unit))
        return replace(
            self,
            people=self.people + more,
            piles=self.piles + 1,
            who=_changed(self.who, project, np.append(self.who[project], np.int32(self.piles))),
            count=_changed(self.count, project, np.append(self.count[project], np.int64(more))),
            points=_changed(self.points, project, points),
        )


def _changed(values: tuple, position: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*values[:position], value, *values[position + 1 :])


def lay_out(vote: BudgetVote, *, by_cost: bool, unit: int = 1) -> Electorate:
    """Lay out a vote; by_cost when one point is worth the project's cost, else it is worth one.

    unit   money is held in units of 1/unit at least; finer when costs or the budget need it
    """
    ids = tuple(project.id for project in vote.projects)
    unit = lcm(unit, vote.budget.denominator, *(project.cost.denominator for project in vote.projects))
    cost = tuple(int(project.cost * unit) for project in vote.projects)
    position = {name: place for place, name in enumerate(ids)}
    ballots = list(vote.piles)
    lengths = np.fromiter(map(len, ballots), dtype=np.int64, count=len(ballots))
    marks = int(lengths.sum())
    seen: dict[tuple[str, Fraction | int], int] = {}
    for ballot in ballots:
        for mark in ballot:
            if mark not in seen:
                seen[mark] = len(seen)
    code = np.fromiter(map(seen.__getitem__, chain.from_iterable(ballots)), dtype=np.int32, count=marks)
    point_unit = lcm(*(Fraction(points).denominator for _, points in seen)) if seen else 1
    project_of = np.array([position[name] for name, _ in seen], dtype=np.int32)
    points_of = np.array([int(points * point_unit) for _, points in seen], dtype=np.int64)
    pile = np.repeat(np.arange(len(ballots), dtype=np.int32), lengths)
    size = np.fromiter(vote.piles.values(), dtype=np.int64, count=len(ballots))
    project = project_of[code] if len(code) else code
    order = np.argsort(project, kind="stable")
    ends = np.cumsum(np.bincount(project, minlength=len(ids))) if len(code) else np.zeros(len(ids), dtype=np.int64)
    who, count, points = [], [], []
    start = 0
    for end in ends.tolist():
        chosen = order[start:end]
        start = end
        given = points_of[code[chosen]] if len(code) else np.zeros(0, dtype=np.int64)
        who.append(pile[chosen])
        count.append(size[pile[chosen]])
        points.append(None if (given == 1).all() else given)
    return Electorate(
        ids=ids,
        people=vote.voters,
        piles=len(ballots),
        unit=unit,
        budget=int(vote.budget * unit),
        cost=cost,
        utility=cost if by_cost else (1,) * len(ids),
        who=tuple(who),
        count=tuple(count),
        points=tuple(points),
        point_unit=point_unit,
    )


@dataclass(frozen=True)
class Bought:
    """One purchase, projects as positions, money in units of the electorate.

    tied         the projects that were tied for it; itself alone when there was no tie
    price        what one unit of points pays; None when counted by bounds only
    full         (points in units, people) who pay their full part, by points ascending
    last_coins   people who pay all they have left, which is less than their part; those with nothing not counted
    rest         what these pay together
    broke        supporters with nothing left
    """

    project: int
    tied: tuple[int, ...]
    price: Fraction | None = None
    full: tuple[tuple[int, int], ...] = ()
    last_coins: int = 0
    rest: Fraction = Fraction(0)
    broke: int = 0


@dataclass(frozen=True)
class Basket:
    """What is bought at one amount per person.

    bought   in order
    spent    cost of all of it
    left     per project not bought: what its supporters have left at the end (0 for those bought); None when counted
             by bounds only
    over     True when buying was broken off because it cost more than it may
    """

    bought: tuple[Bought, ...]
    spent: int
    left: tuple[Fraction, ...] | None
    over: bool

    @property
    def projects(self) -> tuple[int, ...]:
        """The projects bought, in order."""
        return tuple(one.project for one in self.bought)


@dataclass
class _Offer:
    """What a project would cost its supporters now: the price between two bounds, likewise the rate."""

    project: int
    low: int
    high: int
    rate_low: int
    rate_high: int
    untouched: bool
    sure: bool


class _Exact:
    """The exact money: piles that have equal amounts form a class; amounts are `value` / `denominator`."""

    def __init__(self, electorate: Electorate, amount: Fraction) -> None:
        self.electorate = electorate
        self.member = np.zeros(electorate.piles, dtype=np.int32)
        self.value = [amount.numerator]
        self.denominator = amount.denominator

    def groups(self, project: int) -> list[tuple[int, int, int, int]]:
        """The supporters of a project as (class, points, people, value of the class)."""
        who, count, points = (getattr(self.electorate, name)[project] for name in ("who", "count", "points"))
        member = self.member[who]
        if points is None:
            people = np.bincount(member, weights=count)
            there = np.flatnonzero(people)
            return [
                (one, 1, int(number), self.value[one])
                for one, number in zip(there.tolist(), people[there].tolist(), strict=True)
            ]
        kinds, kind = np.unique(points, return_inverse=True)
        key = member.astype(np.int64) * len(kinds) + kind
        people = np.bincount(key, weights=count)
        there = np.flatnonzero(people)
        return [
            (one // len(kinds), int(kinds[one % len(kinds)]), int(number), self.value[one // len(kinds)])
            for one, number in zip(there.tolist(), people[there].tolist(), strict=True)
        ]

    def price(self, project: int) -> Fraction | None:
        """The lowest price per point at which the supporters can pay the project; None when they cannot."""
        cost = self.electorate.cost[project] * self.denominator
        open_ = self.groups(project)
        if sum(people * value for _, _, people, value in open_) < cost:
            return None
        needed, weight = cost, sum(points * people for _, points, people, _ in open_)
        while True:
            capped = [group for group in open_ if group[3] * weight < needed * group[1]]
            if not capped:
                return Fraction(needed, weight * self.denominator)
            open_ = [group for group in open_ if group[3] * weight >= needed * group[1]]
            needed -= sum(people * value for _, _, people, value in capped)
            weight -= sum(points * people for _, points, people, _ in capped)

    def left(self, project: int) -> Fraction:
        """What the supporters of a project have left together."""
        return Fraction(sum(people * value for _, _, people, value in self.groups(project)), self.denominator)

    def pay(self, project: int, price: Fraction) -> tuple[list[tuple[int, int]], int, Fraction, int]:
        """Let the supporters pay; gives who paid in full, with their last coins, how much that was, and who could not."""
        widen = price.denominator // gcd(price.denominator, self.denominator)
        if widen > 1:
            self.value = [value * widen for value in self.value]
            self.denominator *= widen
        part = price.numerator * (self.denominator // price.denominator)
        full: dict[int, int] = {}
        last_coins = broke = rest = 0
        target: dict[tuple[int, int], int] = {}
        known: dict[int, int] = {}
        for member, points, people, value in self.groups(project):
            after = value - part * points
            if after >= 0:
                full[points] = full.get(points, 0) + people
            elif value:
                last_coins += people
                rest += people * value
            else:
                broke += people
            after = max(after, 0)
            if after not in known:
                known[after] = len(self.value)
                self.value.append(after)
            target[member, points] = known[after]
        self._move(project, target)
        return sorted(full.items()), last_coins, Fraction(rest, self.denominator), broke

    def _move(self, project: int, target: dict[tuple[int, int], int]) -> None:
        """Put the piles that support a project into their new classes, and forget classes nobody is in."""
        who, points = self.electorate.who[project], self.electorate.points[project]
        if points is None:
            table = np.zeros(len(self.value), dtype=np.int32)
            for (member, _), new in target.items():
                table[member] = new
            self.member[who] = table[self.member[who]]
        else:
            kinds, kind = np.unique(points, return_inverse=True)
            place = {int(points): number for number, points in enumerate(kinds)}
            wide = np.zeros((len(self.value), len(kinds)), dtype=np.int32)
            for (member, given), new in target.items():
                wide[member, place[given]] = new
            self.member[who] = wide[self.member[who], kind]
        used = np.flatnonzero(np.bincount(self.member, minlength=len(self.value)))
        renamed = np.zeros(len(self.value), dtype=np.int32)
        renamed[used] = np.arange(len(used), dtype=np.int32)
        self.member = renamed[self.member]
        self.value = [self.value[one] for one in used.tolist()]

    def bounds(self, project: int, shift: int) -> tuple[Whole, Whole]:
        """Money of the piles that support a project, between whole numbers of 2**-shift."""
        low = np.array([(value << shift) // self.denominator for value in self.value], dtype=np.int64)
        slack = np.array([int((value << shift) % self.denominator > 0) for value in self.value], dtype=np.int64)
        member = self.member[self.electorate.who[project]]
        return low[member], slack[member]


class _Purses:
    """Everybody's money while projects are bought, between bounds, and exactly if asked."""

    def __init__(self, electorate: Electorate, amount: Fraction, exact: bool) -> None:
        total = amount * electorate.people
        self.shift = _MONEY_BITS - (int(total) + 1).bit_length()
        if self.shift < 8:
            raise ValueError("so much money cannot be counted: use a larger unit of money")
        self.electorate = electorate
        self.all_money = int(total) + 1
        scaled = amount * 2**self.shift
        self.low = np.full(electorate.piles, int(scaled), dtype=np.int64)
        self.slack = np.full(electorate.piles, int(scaled.denominator > 1), dtype=np.int64)
        self.exact = _Exact(electorate, amount) if exact else None

    def offer(self, project: int, start: int) -> _Offer | None:
        """What a project would cost now; None when its supporters surely cannot pay it.

        start   a price it surely does not undercut
        """
        electorate = self.electorate
        if electorate.cost[project] > self.all_money:
            return None
        who, count, points = electorate.who[project], electorate.count[project], electorate.points[project]
        cost = electorate.cost[project] << self.shift
        money = self.low[who]
        weighted = count if points is None else count * points
        all_weight = int(weighted.sum())
        price, poor_weight, poor_money = max(start, -(-cost // all_weight)), 0, 0
        capped: npt.NDArray[np.bool_] | None = None
        first = True
        while True:
            capped = money < (
                min(price, _ABOVE_ALL) if points is None else np.minimum(points, _ABOVE_ALL // price) * price
            )
            if capped.any():
                if first:
                    first = False
                    if int(count @ money) < cost:
                        return self._doubtful(project, int(count @ (money + self.slack[who])) >= cost, start)
                poor_money = int(count @ (money * capped))
                poor_weight = int(weighted @ capped)
            else:
                poor_money = poor_weight = 0
            if poor_weight == all_weight:
                break
            raised = -(-(cost - poor_money) // (all_weight - poor_weight))
            if raised <= price:
                break
            price = raised
        weight = all_weight - poor_weight
        least = start
        if weight:
            slack = int(count @ (self.slack[who] * capped)) if poor_weight else 0
            least = max(start, (cost - poor_money - slack) // weight)
        utility = electorate.utility[project]
        return _Offer(
            project,
            least,
            price,
            (least << _RATE_BITS) // utility,
            -(-(price << _RATE_BITS) // utility),
            untouched=poor_weight == 0,
            sure=True,
        )

    def _doubtful(self, project: int, possible: bool, start: int) -> _Offer | None:
        if not possible:
            return None
        utility = self.electorate.utility[project]
        return _Offer(project, start, _ABOVE_ALL, (start << _RATE_BITS) // utility, 0, untouched=False, sure=False)

    def exact_rate(self, offer: _Offer) -> Fraction | None:
        """The exact rate of an offer; None when the supporters cannot pay. Raises TooClose when only bounds are kept."""
        electorate, project = self.electorate, offer.project
        if offer.untouched:
            return Fraction(electorate.cost[project], electorate.weight(project) * electorate.utility[project])
        if self.exact is None:
            raise TooClose
        price = self.exact.price(project)
        return None if price is None else price / electorate.utility[project]

    def buy(self, offer: _Offer, tied: tuple[int, ...]) -> Bought:
        """Let the supporters pay."""
        project = offer.project
        who, points = self.electorate.who[project], self.electorate.points[project]
        if self.exact is not None:
            price = self.exact.price(project)
            if price is None:
                raise AssertionError("a project was chosen that its supporters cannot pay")
            full, last_coins, rest, broke = self.exact.pay(project, price)
            self.low[who], self.slack[who] = self.exact.bounds(project, self.shift)
            return Bought(project, tied, price, tuple(full), last_coins, rest, broke)
        low, high = self.low[who], self.low[who] + self.slack[who]
        if points is None:
            most, least = np.int64(min(offer.high, _ABOVE_ALL)), np.int64(offer.low)
            low = np.maximum(low - most, 0)
            high = np.maximum(high - least, 0)
        else:
            low = np.maximum(low - np.minimum(points, _ABOVE_ALL // max(offer.high, 1)) * offer.high, 0)
            high = np.maximum(high - np.minimum(points, _ABOVE_ALL // max(offer.low, 1)) * offer.low, 0)
        self.low[who] = low
        self.slack[who] = high - low
        return Bought(project, tied)


def buy(
    electorate: Electorate,
    amount: Fraction,
    choose: Callable[[Sequence[int]], int],
    *,
    exact: bool,
    at_most: int | None = None,
) -> Basket:
    """What is bought when everybody has `amount`, in units of the electorate.

    choose    settles a tie: given tied projects, ascending, gives one of them
    exact     keep exact amounts: never raises TooClose, and the basket says who pays how much
    at_most   stop as soon as more than this is spent

    Projects that cost nothing and have a supporter are taken first. Those nobody supports are never bought.
    """
    bought: list[Bought] = []
    waiting: list[tuple[int, int, int]] = []
    purses = _Purses(electorate, amount, exact)
    for project, cost in enumerate(electorate.cost):
        if not len(electorate.who[project]):
            continue
        if cost == 0:
            bought.append(Bought(project, (project,), Fraction(0)))
        else:
            weight = electorate.weight(project)
            low = (cost << purses.shift) // weight
            heapq.heappush(waiting, ((low << _RATE_BITS) // electorate.utility[project], project, low))
    spent = 0
    while True:
        best: int | None = None
        offers: list[_Offer] = []
        while waiting and (best is None or waiting[0][0] <= best):
            _, project, low = heapq.heappop(waiting)
            offer = purses.offer(project, low)
            if offer is None:
                continue
            offers.append(offer)
            if offer.sure:
                best = offer.rate_high if best is None else min(best, offer.rate_high)
        chosen, tied, gone = _cheapest(purses, offers, best, choose)
        for offer in offers:
            if offer is not chosen and offer.project not in gone:
                heapq.heappush(waiting, (offer.rate_low, offer.project, offer.low))
        if chosen is None:
            if offers and not gone.issuperset(offer.project for offer in offers):
                raise AssertionError("an offer was neither taken nor refused")
            if waiting:
                continue
            break
        bought.append(purses.buy(chosen, tied))
        spent += electorate.cost[chosen.project]
        if at_most is not None and spent > at_most:
            return Basket(tuple(bought), spent, None, True)
    left = None
    if purses.exact is not None:
        have = {one.project for one in bought}
        left = tuple(
            Fraction(0) if project in have or not len(electorate.who[project]) else purses.exact.left(project)
            for project in range(len(electorate.ids))
        )
    return Basket(tuple(bought), spent, left, False)


def _cheapest(
    purses: _Purses, offers: list[_Offer], best: int | None, choose: Callable[[Sequence[int]], int]
) -> tuple[_Offer | None, tuple[int, ...], set[int]]:
    """The offer with the lowest rate, the projects tied for it, and projects that turn out not to be payable."""
    near = [offer for offer in offers if best is None or offer.rate_low <= best]
    if not near:
        return None, (), set()
    if len(near) == 1 and near[0].sure:
        return near[0], (near[0].project,), set()
    rates = {offer.project: purses.exact_rate(offer) for offer in near}
    gone = {project for project, rate in rates.items() if rate is None}
    payable = {project: rate for project, rate in rates.items() if rate is not None}
    if not payable:
        return None, (), gone
    lowest = min(payable.values())
    tied = tuple(sorted(project for project, rate in payable.items() if rate == lowest))
    project = tied[0] if len(tied) == 1 else choose(tied)
    return next(offer for offer in near if offer.project == project), tied, gone
