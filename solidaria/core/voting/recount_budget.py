"""Check the account of a budget vote against the ballots, without the code that counted.

The account names every purchase with its price, so nothing has to be searched for: at that price the supporters
must pay the cost exactly, no other project may have been payable at a lower rate, ties must have gone by the
agreed steps, and at the end nobody's money may have been enough for more. With `every_step` a plain second
count, slow and short, is also made of every step before; with `reasons` of every answer to "what was missing".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from math import lcm

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.budget import BudgetResult, BudgetVote, Purchase


def recount_budget(
    vote: BudgetVote,
    result: BudgetResult,
    *,
    votes: Mapping[str, Fraction] | None = None,
    exclusive: Sequence[frozenset[str]] = (),
    every_step: bool = False,
    reasons: bool = False,
) -> tuple[Sentence, ...]:
    """Everything that is wrong with an account; nothing when it is right.

    votes        the official tally, where greedy went by one
    exclusive    the exclusive groups, where greedy had some
    every_step   count every step before the one that stands, to see that none spent too much
    reasons      count again what each loser is said to have been missing
    """
    check = _Check(vote, result, votes or vote.scores(), tuple(exclusive))
    check.sums()
    if result.rule == "greedy-budget/1":
        check.greedy(result.terms, result.funded)
    elif result.rule == "equal-shares/1":
        check.equal_shares(every_step, reasons)
    else:
        check.wrong.append(say("The rule {rule} is not known to this check.", rule=result.rule))
    return tuple(check.wrong)


@dataclass
class _Pile:
    """A pile of ballots in the replay: its points, how many people, and what each has left, as whole units."""

    points: dict[str, int]
    people: int
    money: int


class _Check:
    def __init__(
        self,
        vote: BudgetVote,
        result: BudgetResult,
        votes: Mapping[str, Fraction],
        exclusive: tuple[frozenset[str], ...],
    ) -> None:
        self.vote, self.result, self.votes, self.exclusive = vote, result, votes, exclusive
        self.cost = {project.id: project.cost for project in vote.projects}
        self.wrong: list[Sentence] = []
        self.supporters = dict.fromkeys(self.cost, 0)
        for ballot, people in vote.piles.items():
            for project, _ in ballot:
                self.supporters[project] += people

    def name(self, project: str) -> str:
        return self.result.names.get(project, project)

    def sums(self) -> None:
        """The sums that every account must satisfy."""
        result = self.result
        if result.budget != self.vote.budget or result.voters != sum(self.vote.piles.values()):
            self.wrong.append(say("The account is about another budget or another number of people."))
        if len(set(result.funded)) < len(result.funded) or not set(result.funded) <= set(self.cost):
            self.wrong.append(say("The account funds a project twice, or one that does not exist."))
        if result.spent != sum((self.cost.get(project, Fraction(0)) for project in result.funded), Fraction(0)):
            self.wrong.append(say("What is spent is not the sum of the costs."))
        if result.spent > result.budget:
            self.wrong.append(say("More is spent than the budget."))
        if [purchase.project for purchase in result.purchases] != list(result.funded) or [
            purchase.number for purchase in result.purchases
        ] != list(range(1, len(result.funded) + 1)):
            self.wrong.append(say("The purchases are not the funded projects in their order."))
        for purchase in result.purchases:
            paid = purchase.rest + purchase.topped_up
            paid += sum((payers.people * payers.each for payers in purchase.full), Fraction(0))
            if paid != purchase.cost or purchase.cost != self.cost.get(purchase.project):
                self.wrong.append(
                    say("The payments for {name} do not add up to its cost.", name=self.name(purchase.project))
                )
        explained = {one.project for one in result.missing}
        if explained and explained != set(self.cost) - set(result.funded):
            self.wrong.append(say("The reasons are not those of all projects that were not funded."))

    # Ties.

    def before(self, terms: Mapping[str, str], one: str, other: str) -> bool:
        """Whether `one` goes before `other` when they are tied."""
        for step in terms["ties"].split(", "):
            keys = [self.key(step, terms["seed"], project) for project in (one, other)]
            if keys[0] != keys[1]:
                return keys[0] < keys[1]
        raise ValueError("the tie rule does not settle")

    def key(self, step: str, seed: str, project: str) -> tuple[Fraction, str]:
        if step == "lot":
            return Fraction(0), sha256(f"{seed}\n{project}".encode()).hexdigest()
        if step == "name":
            return Fraction(0), project
        cost = self.cost[project]
        return {"cheapest": cost, "dearest": -cost, "supporters": Fraction(-self.supporters[project])}[step], ""

    def first(self, terms: Mapping[str, str], tied: set[str]) -> str:
        chosen = min(tied)
        for project in sorted(tied - {chosen}):
            if self.before(terms, project, chosen):
                chosen = project
        return chosen

    # Greedy.

    def greedy(self, terms: Mapping[str, str], funded: Sequence[str]) -> None:
        """Fund in order, as the terms say, and compare."""
        left = self.vote.budget
        taken: list[str] = []
        waiting = set(self.cost)
        threshold = Fraction(terms["threshold"])
        while waiting:
            top = max(self.worth(terms["order"], project) for project in waiting)
            project = self.first(terms, {one for one in waiting if self.worth(terms["order"], one) == top})
            waiting.remove(project)
            if self.votes[project] == 0 or self.votes[project] < threshold:
                continue
            if any(project in group and group & set(taken) for group in self.exclusive):
                continue
            if self.cost[project] <= left:
                taken.append(project)
                left -= self.cost[project]
            elif terms["too dear"] == "stop":
                break
        if taken != list(funded):
            self.wrong.append(say("Greedy funds other projects, or in another order."))

    def worth(self, order: str, project: str) -> tuple[bool, Fraction]:
        if order == "votes":
            return False, self.votes[project]
        cost = self.cost[project]
        return (True, self.votes[project]) if cost == 0 else (False, self.votes[project] / cost)

    def fill(self, terms: Mapping[str, str], order: str, have: Sequence[str]) -> list[str]:
        """What still fits, the best first."""
        left = self.vote.budget - sum(self.cost[one] for one in have)
        waiting = {project for project in self.cost if self.votes[project]} - set(have)
        more: list[str] = []
        while waiting:
            top = max(self.worth(order, project) for project in waiting)
            project = self.first(terms, {one for one in waiting if self.worth(order, one) == top})
            waiting.remove(project)
            if self.cost[project] <= left:
                more.append(project)
                left -= self.cost[project]
        return more

    # Equal shares.

    def equal_shares(self, every_step: bool, reasons: bool) -> None:
        result, terms = self.result, self.result.terms
        if not result.voters:
            if result.funded:
                self.wrong.append(say("Nobody voted, and yet something is funded."))
            return
        first = self.vote.budget / result.voters
        step = Fraction(terms.get("step", "1")) * (first if terms.get("step of") == "share" else 1)
        stands = result.steps - 2 if result.over else result.steps - 1
        by_greedy = any(purchase.by == "greedy" for purchase in result.purchases)
        if result.per_person is None or (not by_greedy and result.per_person != first + stands * step):
            self.wrong.append(say("The amount per person is not the one of the last step that stands."))
            return
        if by_greedy:
            self.greedy(
                {
                    "order": "votes",
                    "too dear": "skip",
                    "threshold": "0",
                    "ties": terms["ties"],
                    "seed": terms["seed"],
                },
                result.funded,
            )
        else:
            own = [purchase for purchase in result.purchases if purchase.by in ("equal shares", "free")]
            self.replay(own, result.per_person, to_the_end=True)
            self.completed(own)
            if result.over:
                self.replay(result.over, result.per_person + step, to_the_end=False)
                sums = [sum(self.cost[one.project] for one in result.over[:end]) for end in (-1, len(result.over))]
                if not sums[0] <= self.vote.budget < sums[1]:
                    self.wrong.append(
                        say("The step after the last does not spend too much with its last purchase.")
                    )
            elif terms["completion"].startswith("add1"):
                self.ended(terms, {one.project for one in own})
        if every_step:
            for number in range(stands):
                funded = plain_count(self.vote, terms, first + number * step)
                if sum(self.cost[project] for project in funded) > self.vote.budget:
                    self.wrong.append(say("Step {number} already spent too much.", number=number + 1))
        if reasons and not by_greedy:
            self.reasons(terms)

    def replay(self, purchases: Sequence[Purchase], each: Fraction, *, to_the_end: bool) -> None:
        """Make the purchases again at their prices, and look whether each was the right one and paid as said."""
        terms = self.result.terms
        unit = lcm(each.denominator, *(project.cost.denominator for project in self.vote.projects))
        for purchase in purchases:
            for number in (purchase.price or Fraction(0), purchase.rest):
                unit = lcm(unit, number.denominator)
        marks = {points for ballot in self.vote.piles for _, points in ballot}
        grain = lcm(*(Fraction(points).denominator for points in marks))
        unit *= grain
        piles = [
            _Pile({project: int(points * grain) for project, points in ballot}, people, int(each * unit))
            for ballot, people in self.vote.piles.items()
        ]
        fans: dict[str, list[_Pile]] = {project: [] for project in self.cost}
        for pile in piles:
            for project in pile.points:
                fans[project].append(pile)
        waiting = {project for project in self.cost if fans[project]}
        free = {project for project in waiting if self.cost[project] == 0}
        for purchase in purchases:
            project, name = purchase.project, self.name(purchase.project)
            if project not in waiting:
                self.wrong.append(say("{name} is bought twice, or nobody supports it.", name=name))
                return
            waiting.remove(project)
            if project in free:
                if purchase.by != "free":
                    self.wrong.append(say("{name} costs nothing and is not said to be free.", name=name))
                continue
            if (
                purchase.price is None
                or purchase.rate is None
                or purchase.rate != purchase.price / (self.cost[project] if terms["utility"] == "cost" else 1)
            ):
                self.wrong.append(say("The rate of {name} is not its price by its utility.", name=name))
                return
            tied = {project}
            for other in waiting - free:
                price = purchase.rate * (self.cost[other] if terms["utility"] == "cost" else 1)
                paid, rich = _paid(fans[other], other, price * unit / grain)
                if paid == self.cost[other] * unit and rich:
                    tied.add(other)
                elif paid >= self.cost[other] * unit:
                    self.wrong.append(
                        say("{other} had a lower rate when {name} was bought.", other=self.name(other), name=name)
                    )
            if self.first(terms, tied) != project or (len(tied) > 1) != (purchase.tie is not None):
                self.wrong.append(say("The tie when {name} was bought is not settled as agreed.", name=name))
            elif purchase.tie is not None and set(purchase.tie.among) != tied:
                self.wrong.append(say("The tie when {name} was bought was between others.", name=name))
            self.pay(purchase, fans[project], unit, grain)
        if free & waiting:
            self.wrong.append(say("A project that costs nothing and has supporters is left out."))
        for other in waiting - free if to_the_end else ():
            if sum(pile.people * pile.money for pile in fans[other]) >= self.cost[other] * unit:
                self.wrong.append(say("The supporters of {name} could still pay it.", name=self.name(other)))
        if to_the_end:
            for one in self.result.missing:
                have = sum(pile.people * pile.money for pile in fans[one.project])
                if one.money_left * unit != have or one.supporters != self.supporters[one.project]:
                    self.wrong.append(
                        say("What the supporters of {name} have left is not as said.", name=self.name(one.project))
                    )

    def pay(self, purchase: Purchase, fans: Sequence[_Pile], unit: int, grain: int) -> None:
        """Take the price from everybody who supports the project, and compare with what the account says."""
        full: dict[Fraction, int] = {}
        last_coins = rest = broke = paid = 0
        price = int((purchase.price or Fraction(0)) * unit / grain)
        for pile in fans:
            part = price * pile.points[purchase.project]
            if pile.money >= part:
                full[Fraction(part, unit)] = full.get(Fraction(part, unit), 0) + pile.people
                paid += pile.people * part
                pile.money -= part
            else:
                if pile.money:
                    last_coins += pile.people
                else:
                    broke += pile.people
                rest += pile.people * pile.money
                pile.money = 0
        said = {payers.each: payers.people for payers in purchase.full}
        if paid + rest != purchase.cost * unit:
            self.wrong.append(
                say("At its price the supporters of {name} do not pay its cost.", name=self.name(purchase.project))
            )
        if (
            said != full
            or purchase.last_coins != last_coins
            or purchase.rest * unit != rest
            or purchase.broke != broke
        ):
            self.wrong.append(say("Who pays for {name} is not as said.", name=self.name(purchase.project)))

    def completed(self, own: Sequence[Purchase]) -> None:
        """The purchases from the money left over: each the best that fits, until nothing does."""
        terms = self.result.terms
        more = [purchase for purchase in self.result.purchases if purchase.by == "completion"]
        left = self.vote.budget - sum(self.cost[one.project] for one in own)
        waiting = {project for project in self.cost if self.votes[project]} - {one.project for one in own}
        if not terms["completion"].endswith("utilitarian"):
            if more:
                self.wrong.append(say("The terms have no completion, but something was bought in one."))
            return
        order = "votes" if terms["utility"] == "cost" else "votes per cost"
        for purchase in [*more, None]:
            fits = {project for project in waiting if self.cost[project] <= left}
            if purchase is None:
                if fits:
                    self.wrong.append(say("Money is left over for a project that fits."))
                return
            top = max((self.worth(order, project) for project in fits), default=None)
            best = {project for project in fits if self.worth(order, project) == top}
            if not best or self.first(terms, best) != purchase.project:
                self.wrong.append(say("{name} is not next in the completion.", name=self.name(purchase.project)))
                return
            waiting.remove(purchase.project)
            left -= self.cost[purchase.project]

    def ended(self, terms: Mapping[str, str], have: set[str]) -> None:
        """Where no step spends too much, they end when all is funded or, if agreed, nothing more fits."""
        left = self.vote.budget - sum(self.cost[project] for project in have)
        rest = {project for project, many in self.supporters.items() if many} - have
        fits = any(self.cost[project] <= left for project in rest)
        if rest and self.vote.budget and (terms["stop"] != "exhaustive" or fits):
            self.wrong.append(say("The steps end without a reason."))

    def reasons(self, terms: Mapping[str, str]) -> None:
        """Count again with each change that a loser is told would have been enough."""
        most = max((Fraction(points) for ballot in self.vote.piles for _, points in ballot), default=Fraction(1))
        for one in self.result.missing:
            changed: list[BudgetVote] = []
            if one.more_supporters is not None:
                ballot = ((one.project, most),)
                more = {**self.vote.piles, ballot: self.vote.piles.get(ballot, 0) + one.more_supporters}
                changed.append(replace(self.vote, piles=more))
            if one.less_cost is not None:
                projects = [
                    replace(project, cost=project.cost - one.less_cost) if project.id == one.project else project
                    for project in self.vote.projects
                ]
                changed.append(replace(self.vote, projects=tuple(projects)))
            for vote in changed:
                if one.scope == "rule":
                    enough = one.project in plain_rule(vote, terms)
                else:
                    enough = one.project in plain_count(vote, terms, self.result.per_person or Fraction(0))
                if not enough:
                    self.wrong.append(
                        say("What {name} is said to have missed is not enough.", name=self.name(one.project))
                    )


def _exact(ballot: Sequence[tuple[str, Fraction | int]]) -> Iterator[tuple[str, Fraction]]:
    return ((project, Fraction(points)) for project, points in ballot)


def _paid(fans: Sequence[_Pile], project: str, price: Fraction) -> tuple[Fraction, bool]:
    """What supporters would pay at a price for each unit of points, and whether anybody could pay it in full."""
    paid, rich = 0, False
    number, each = price.numerator, price.denominator
    for pile in fans:
        part, has = number * pile.points[project], pile.money * each
        rich = rich or has >= part
        paid += pile.people * min(part, has)
    return Fraction(paid, each), rich


# A plain second count: fractions, one pile after the other, nothing remembered. Slow, and short enough to read.


def plain_count(vote: BudgetVote, terms: Mapping[str, str], each: Fraction) -> list[str]:
    """What equal shares buy when everybody has `each`."""
    check = _Check(vote, _EMPTY, {}, ())
    piles = [(dict(_exact(ballot)), people) for ballot, people in vote.piles.items()]
    money = [each] * len(piles)
    bought = sorted(one for one, many in check.supporters.items() if many and check.cost[one] == 0)
    waiting = {one for one, many in check.supporters.items() if many} - set(bought)
    while True:
        offers: dict[str, tuple[Fraction, Fraction]] = {}
        for project in waiting:
            price = _price(check.cost[project], project, piles, money)
            if price is not None:
                offers[project] = price / (check.cost[project] if terms["utility"] == "cost" else 1), price
        if not offers:
            return bought
        lowest = min(rate for rate, _ in offers.values())
        project = check.first(terms, {one for one, (rate, _) in offers.items() if rate == lowest})
        bought.append(project)
        waiting.remove(project)
        for number, (points, _) in enumerate(piles):
            if project in points:
                money[number] -= min(money[number], offers[project][1] * points[project])


def _price(
    cost: Fraction, project: str, piles: Sequence[tuple[dict[str, Fraction], int]], money: Sequence[Fraction]
) -> Fraction | None:
    """The lowest price per point at which the supporters pay the cost; None when they cannot."""
    fans = sorted(
        (money[number] / points[project], people, points[project], money[number])
        for number, (points, people) in enumerate(piles)
        if project in points
    )
    weight = sum((people * points for _, people, points, _ in fans), Fraction(0))
    for limit, people, points, has in fans:
        if cost <= weight * limit:
            return cost / weight
        cost -= people * has
        weight -= people * points
    return None


def plain_rule(vote: BudgetVote, terms: Mapping[str, str]) -> set[str]:
    """What is funded under the whole rule, counted plainly."""
    check = _Check(vote, _EMPTY, vote.scores(), ())
    people = sum(vote.piles.values())
    if not people:
        return set()
    first = vote.budget / people
    step = Fraction(terms.get("step", "1")) * (first if terms.get("step of") == "share" else 1)
    supported = {one for one, many in check.supporters.items() if many}
    each, stands = first, plain_count(vote, terms, first)
    while terms["completion"].startswith("add1") and step and set(stands) != supported:
        left = vote.budget - sum(check.cost[one] for one in stands)
        if terms["stop"] == "exhaustive" and all(check.cost[one] > left for one in supported - set(stands)):
            break
        each += step
        more = plain_count(vote, terms, each)
        if sum(check.cost[one] for one in more) > vote.budget:
            break
        stands = more
    if terms["completion"].endswith("utilitarian"):
        order = "votes" if terms["utility"] == "cost" else "votes per cost"
        stands = stands + check.fill(terms, order, stands)
    if terms["comparison"] == "yes":
        greedy = check.fill(terms, "votes", [])
        ours = theirs = 0
        for ballot, many in vote.piles.items():
            marked = {project for project, _ in ballot}
            difference = len(marked & set(stands)) - len(marked & set(greedy))
            ours += many * (difference > 0)
            theirs += many * (difference < 0)
        if theirs > ours:
            return set(greedy)
    return set(stands)


_EMPTY = BudgetResult("", {}, Fraction(0), Fraction(0), 0, None, (), ())
