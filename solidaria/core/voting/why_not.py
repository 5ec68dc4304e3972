"""Why a project was not funded by equal shares: what was missing, in supporters or in money, and each answer true.

At the amount per person that the count ended with, both answers follow from the purchases made. A lower cost or
more supporters change nothing for the others until the project itself is bought, so it is bought exactly when,
before one of the purchases, its rate would have been lower than the one that was paid, or when its supporters
could pay it at the end. Each answer is the smallest that does, and anything beyond it does too (unless ties go to
the dearest project).

Under the whole rule another cost or more people can change every step, so there the only proof is to count again.
The answers are found by trying: the one given works, and one unit less does not.

Compare "singleton add" and "cost reduction" in Boehmer, Faliszewski, Janeczko, Kaczmarczyk and others,
"Evaluation of Project Performance in Participatory Budgeting" (IJCAI 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.budget import BudgetVote, Missing, amount
from solidaria.core.voting.equal_steps import EqualSharesTerms, Outcome, chooser, count_all
from solidaria.core.voting.purses import RATE_BITS, Basket, Electorate, Offer, buy

#: All losers are counted again unasked when that is expected to be no more work than this (as in Basket.work).
_SECONDS = 130_000_000
#: What one more count takes, however small the vote, in the same measure.
_ONCE = 50_000
#: So many counts are expected for one project.
_COUNTS = 24
#: No more people than this are tried for.
_MOST_PEOPLE = 10**9


def explain(
    vote: BudgetVote,
    terms: EqualSharesTerms,
    outcome: Outcome,
    counted_again: Collection[str] | None,
    again: Callable[[str], None] | None = None,
) -> tuple[Missing, ...]:
    """Why each project that is not funded is not, in the order of ids. The arguments are those of equal_shares."""
    if outcome.greedy is not None:
        return outcome.greedy.missing
    funded = {purchase.project for purchase in outcome.purchases}
    losers = [project.id for project in vote.projects if project.id not in funded]
    if outcome.counted is None or not losers:
        return ()
    if counted_again is None:
        marks = sum(len(who) for who in outcome.counted.basket.electorate.who)
        once = outcome.counted.work + 20 * marks + _ONCE
        counted_again = losers if once * len(losers) * _COUNTS <= _SECONDS else ()
    basket = outcome.counted.basket
    given = most_points(basket.electorate)
    short = _at_this_amount(vote, terms, basket, losers, given)
    cost, names = vote.cost, vote.names
    missing = []
    for project in losers:
        position = basket.electorate.ids.index(project)
        left = basket.left(position) / basket.electorate.unit
        supporters = basket.electorate.supporters(position)
        people, money = short[project]
        scope = "last step"
        if project in counted_again:
            scope = "rule"
            if again is not None:
                again(project)
            people, money = _under_the_rule(vote, terms, project, basket.electorate, short[project], given)
        sentence = _words(vote, basket, names[project], cost[project], supporters, left, people, money, scope)
        missing.append(Missing(project, cost[project], supporters, left, people, money, scope, sentence))
    return tuple(missing)


def most_points(electorate: Electorate) -> int:
    """The most points, in units, that one ballot gives to one project: what an eager supporter would give."""
    return max(
        (int(points.max()) for points in electorate.points if points is not None and len(points)), default=1
    )


# At the amount per person that the count ended with.


@dataclass
class _Shortage:
    """The smallest changes, so far, that would have got a project bought.

    cost     the highest cost at which it may be bought, and whether it surely is
    people   the lowest number of more people with whom it may be bought, and whether it surely is
    """

    cost: int = 0
    cost_sure: bool = True
    people: int = _MOST_PEOPLE
    people_sure: bool = True


class _Watch:
    """Looks, before each purchase, at what would have made a loser cheaper than what is bought."""

    def __init__(
        self, electorate: Electorate, losers: list[int], each: Fraction, given: int, by_cost: bool
    ) -> None:
        self.electorate = electorate
        self.losers = losers
        self.each = each
        self.given = given
        self.by_cost = by_cost
        self.short = {project: _Shortage() for project in losers}
        self.scaled: int | None = None

    def __call__(self, basket: Basket, chosen: Offer) -> None:
        if self.scaled is None:
            self.scaled = int(self.each * 2**basket.shift)
        for project in self.losers:
            short, cost = self.short[project], self.electorate.cost[project] << basket.shift
            price = self._price(chosen.rate_high, self.electorate.cost[project], up=True)
            # Nobody pays more than the full part, so this is the most that a closer look could find.
            most = self.electorate.weights[project] * price
            one = min(self.scaled + 1, price * self.given)
            people = one > 0 and -((most - cost) // one) < short.people
            money = most >= (cost if self.by_cost else 1) and most >> basket.shift > short.cost
            if people or money:
                paid = basket.at_price(project, price, rich=True) if most else (0, 0, 0)
                if people:
                    self._people(basket, chosen, project, -((paid[0] - cost) // one))
                if money:
                    self._cost(basket, chosen, project, paid)

    def _price(self, rate: int, cost: int, *, up: bool) -> int:
        """The price per point at a rate, in units of 2**-shift: at least that, or else surely less."""
        scaled = rate * (cost if self.by_cost else 1)
        return -(-scaled >> RATE_BITS) if up else max(scaled - 1, 0) >> RATE_BITS

    def _cost(self, basket: Basket, chosen: Offer, project: int, paid: tuple[int, int, int]) -> None:
        """The highest cost whose rate may be as low as the rate paid now: at that rate supporters pay all of it.

        What they pay rises with the price ever more slowly, so from above each straight piece leads to the next
        until the cost is met.

        paid   what they pay at that rate and the project's own cost, as from at_price
        """
        short, shift = self.short[project], basket.shift
        high = self.electorate.cost[project]
        while paid[0] < high << shift:
            meets = paid[0]
            if self.by_cost:
                # On this piece paid = last + weight · rate · cost; where that meets the cost itself:
                flat = (1 << RATE_BITS + shift) - paid[2] * chosen.rate_high
                meets = min(meets, -(-(paid[1] << RATE_BITS + shift) // flat)) if flat > 0 else meets
            high = min(high - 1, meets >> shift)
            if high <= short.cost:
                return
            paid = basket.at_price(project, self._price(chosen.rate_high, high, up=True), rich=True)
        price = self._price(chosen.rate_low, high, up=False)
        short.cost = high
        short.cost_sure = basket.at_price(project, price, rich=False)[0] >= high << shift

    def _people(self, basket: Basket, chosen: Offer, project: int, people: int) -> None:
        """Whether so few more people may make the rate as low as the rate paid now, and whether they surely do."""
        short, people = self.short[project], max(1, people)
        if people >= short.people:
            return
        price = self._price(chosen.rate_low, self.electorate.cost[project], up=False)
        one = min(self.scaled or 0, price * self.given)
        paid = basket.at_price(project, price, rich=False)[0] if self.electorate.weights[project] else 0
        enough = paid + people * one > self.electorate.cost[project] << basket.shift
        short.people, short.people_sure = people, enough


def _at_this_amount(
    vote: BudgetVote, terms: EqualSharesTerms, basket: Basket, losers: list[str], given: int
) -> dict[str, tuple[int | None, Fraction | None]]:
    """Project → how many more people, and how much less cost, would have got it bought at this amount."""
    electorate, each = basket.electorate, basket.amount

    def bought(project: int, changed: Electorate) -> bool:
        return project in buy(changed, each, chooser(changed, terms.ties, vote.names)).projects

    by_cost = terms.utility == "cost"
    positions = [electorate.ids.index(project) for project in losers]
    watch = _Watch(electorate, positions, each, given, by_cost)
    for project, short in watch.short.items():
        left, cost = basket.left(project), electorate.cost[project]
        short.cost = int(left)
        if each:
            short.people = max(1, -int((left - cost) / each // 1))
    buy(electorate, each, chooser(electorate, terms.ties, vote.names), watch=watch)
    found: dict[str, tuple[int | None, Fraction | None]] = {}
    for name, project in zip(losers, positions, strict=True):
        short, cost = watch.short[project], electorate.cost[project]
        supported = bool(len(electorate.who[project]))
        while not short.cost_sure:
            short.cost_sure = bought(project, electorate.with_cost(project, short.cost, by_cost=by_cost))
            short.cost -= 0 if short.cost_sure else 1
        while not short.people_sure:
            short.people_sure = bought(project, electorate.with_supporters(project, short.people, given))
            short.people += 0 if short.people_sure else 1
        found[name] = (
            short.people if short.people < _MOST_PEOPLE else None,
            Fraction(cost - short.cost, electorate.unit) if supported else None,
        )
    return found


# Under the whole rule, by counting again.


def cheaper(vote: BudgetVote, project: str, less: Fraction) -> BudgetVote:
    """The same vote in which a project costs so much less."""
    return replace(
        vote,
        projects=tuple(replace(one, cost=one.cost - less) if one.id == project else one for one in vote.projects),
    )


def with_more_people(vote: BudgetVote, project: str, people: int, points: Fraction | int = 1) -> BudgetVote:
    """The same vote with so many more people, who mark only this project (with points: who give it so many)."""
    ballot = ((project, points),)
    return replace(vote, piles={**vote.piles, ballot: vote.piles.get(ballot, 0) + people})


def _under_the_rule(
    vote: BudgetVote,
    terms: EqualSharesTerms,
    project: str,
    electorate: Electorate,
    guess: tuple[int | None, Fraction | None],
    given: int,
) -> tuple[int | None, Fraction | None]:
    """How many more people, and how much less cost, get a project funded when the whole vote is counted again.

    Found by trying from the guess on: the numbers given work, and one unit less does not.
    """
    points = Fraction(given, electorate.point_unit)
    each = points.numerator if points.denominator == 1 else points

    def find(guess: int, most: int, change: Callable[[int], BudgetVote]) -> int | None:
        def funded(number: int) -> bool:
            return any(purchase.project == project for purchase in count_all(change(number), terms).purchases)

        return _smallest(guess, most, guess // 16, funded)

    people = find(guess[0] or 1, vote.voters * 100 + 100, lambda more: with_more_people(vote, project, more, each))
    if guess[1] is None:
        return people, None
    unit = electorate.unit
    less = find(
        int(guess[1] * unit),
        int(vote.cost[project] * unit),
        lambda less: cheaper(vote, project, Fraction(less, unit)),
    )
    return people, None if less is None else Fraction(less, unit)


def _smallest(guess: int, most: int, stride: int, works: Callable[[int], bool]) -> int | None:
    """A number from 1 to `most` that works, and of which the one below does not; 0 is taken not to work.

    guess    where to begin
    stride   how far to go first; each time twice as far, until one works and one does not. Then by halves
    None when `most` itself does not work.
    """
    stride = max(stride, 1)
    low, high = 0, min(max(guess, 1), most)
    if works(high):
        while high - low > 1:
            lower = max(high - stride, 0)
            stride *= 2
            if lower == 0 or not works(lower):
                low = lower
                break
            high = lower
    else:
        while True:
            if high == most:
                return None
            low, high = high, min(high + stride, most)
            stride *= 2
            if works(high):
                break
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high


def _words(
    vote: BudgetVote,
    basket: Basket,
    name: str,
    cost: Fraction,
    supporters: int,
    left: Fraction,
    people: int | None,
    money: Fraction | None,
    scope: str,
) -> Sentence:
    """What was missing, in a sentence."""
    if not supporters:
        return say("Nobody marked {name}.", name=name)
    stands = say_many(
        "{name} costs {cost}. The one person who marked it had {left} left at the end.",
        "{name} costs {cost}. The {count} people who marked it had {left} left at the end, together.",
        supporters,
        name=name,
        cost=amount(cost),
        left=_rounded(left),
    )
    words: dict[str, object] = {
        "stands": stands,
        "people": people,
        "less": None if money is None else amount(money),
    }
    if people is None or money is None:
        return say("{stands}", stands=stands)
    if scope == "rule":
        return say_many(
            "{stands} Counted again from the start, it is funded with one more person who marks only it, or if it "
            "costs {less} less.",
            "{stands} Counted again from the start, it is funded with {count} more people who mark only it, or if "
            "it costs {less} less.",
            people,
            **words,
        )
    words["each"] = _rounded(basket.amount / basket.electorate.unit)
    return say_many(
        "{stands} With {each} for each person it would have been bought with one more person who marks only it, "
        "or if it cost {less} less.",
        "{stands} With {each} for each person it would have been bought with {count} more people who mark only "
        "it, or if it cost {less} less.",
        people,
        **words,
    )


def _rounded(value: Fraction) -> object:
    """An amount for reading, cut to two decimals; the exact one is in the account."""
    cut = Fraction(int(value * 100), 100)
    return amount(cut)
