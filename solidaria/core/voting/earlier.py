"""What earlier counts of the same ballots prove about prices in a later one, so that most need not be looked up again.

A supporter who has bought the projects S at an amount a and prices p holds at least a − Σ p over those of S that
they support, because nobody pays more than the price. In another count, at an amount a' and prices p', whoever
still has something left has paid every price in full, and holds a' − Σ p'. So nobody holds more than before plus

    max(0, a' − a) + Σ over those of S that they support of max(0, p − p')      (p' = 0 for what is not bought)

whatever was bought in which order, and whatever else was bought. Let some supporters of a project have W points
together and have held M, and the others w points. If c(i) is how many of its supporters also support i, then the
project's price x in the other count obeys

    cost ≤ M + W · max(0, a' − a) + Σ over S of c(i) · max(0, p − p') + w · x,

which says how low x can be at most. (Someone who gives i two points pays twice its price and counts twice in c.)
All numbers are whole ones, in units of 2⁻ˢ, and whatever is rounded is rounded so that the bound stays one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]

#: Nothing is kept before so many counts: for a few it would not pay.
_FROM = 12
#: Nor where looking at a project means looking at fewer piles of ballots than this, on average (measured).
_PILES = 3000
#: When a project was bought that was not: never.
_NEVER = 2**31


@dataclass
class _Course:
    """One count.

    amount   what everybody has, at least
    price    per project: the price it was bought at, at most, in units cut as below
    when     per project: after how many purchases it was bought
    """

    amount: int
    price: Whole
    when: Whole


@dataclass(frozen=True)
class _Look:
    """What a look at a project found after so many purchases: `money` of some supporters, and their `points`."""

    after: int
    course: _Course = field(repr=False)
    money: int
    points: int


class Earlier:
    """Looks at projects in counts of the same ballots, kept from one count to the next.

    projects   how many there are
    marks      how many piles of ballots support each of them, in sum
    common     gives a matrix: at [q, i] how many supporters of q support i too, each as often as i gets points
    """

    def __init__(self, projects: int, marks: int, common: Callable[[], Whole]) -> None:
        self._projects = projects
        self._pays = marks >= _PILES * projects
        self._find_common = common
        self._common: Whole | None = None
        self._shift = -1
        self.order: list[int] = []
        self._bought_now: list[int] = []
        self._looks: list[list[_Look]] = [[] for _ in range(projects)]
        self._counts = 0
        self._bought = 0
        self._highest = 0
        self._course = self._new(0)
        self._now = self._course.price
        self._cut = 0

    def _new(self, amount: int) -> _Course:
        return _Course(
            amount,
            np.zeros(self._projects, dtype=np.int64),
            np.full(self._projects, _NEVER, dtype=np.int64),
        )

    def begin(self, shift: int, amount: int, highest: int) -> None:
        """Begin a count.

        shift     money is in units of 2**-shift
        amount    what everybody has at first; where that is a range its upper end, rounded down
        highest   the same rounded up
        """
        self._counts += 1
        self.order, self._bought_now = self._bought_now, []
        if self._counts < _FROM or not self._pays:
            return
        if self._common is None:
            self._common = self._find_common()
        if shift != self._shift:
            self._looks = [[] for _ in range(self._projects)]
            self._shift = shift
        self._course = self._new(amount)
        self._highest = highest
        self._now = np.zeros(self._projects, dtype=np.int64)
        self._bought = 0
        # Prices are cut to so many digits fewer, that no sum of their products can run over.
        most = int(self._common.max(initial=1))
        self._cut = max(0, 62 + most.bit_length() + self._projects.bit_length() - 62)

    def bought(self, project: int, low: int, high: int) -> None:
        """Something was bought in this count, at a price between these."""
        self._bought_now.append(project)
        if self._common is None:
            return
        self._course.price[project] = (min(high, 2**62) >> self._cut) + 1
        self._course.when[project] = self._bought
        self._now[project] = min(low, 2**62) >> self._cut
        self._bought += 1

    def saw(self, project: int, money: int, points: int) -> None:
        """Some supporters, with so many points, now hold no more than this together."""
        if self._common is None:
            return
        looks = self._looks[project]
        place = bisect_right(looks, self._bought, key=_after)
        if place and looks[place - 1].after == self._bought:
            place -= 1
            del looks[place]
        looks.insert(place, _Look(self._bought, self._course, money, points))

    def price(self, project: int, cost: int, weight: int) -> int | None:
        """A price that a project surely does not undercut now; 0 when nothing is known, None when it is out of reach.

        cost     in units
        weight   the points of all supporters
        """
        if self._common is None:
            return 0
        looks = self._looks[project]
        place = bisect_right(looks, self._bought, key=_after)
        if not place:
            return 0
        look = looks[place - 1]
        money, course = look.money, look.course
        if course is not self._course:
            less = np.maximum(course.price - self._now, 0)
            less *= course.when < look.after
            money += int(self._common[project] @ less) << self._cut
            money += look.points * max(0, self._highest - course.amount)
        if look.points < weight:
            return max(0, (cost - money) // (weight - look.points))
        return None if money < cost else 0


def _after(look: _Look) -> int:
    return look.after
