"""The steps of the method of equal shares: which amount per person stands, and what is funded then.

Source of the rule: Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities"
(NeurIPS 2021); completions as cities use them: equalshares.net, "Completion of the Method of Equal Shares".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.account import Tie
from solidaria.core.voting.budget import BudgetResult, BudgetTies, BudgetVote, Payers, Purchase, settle
from solidaria.core.voting.greedy import GreedyTerms, fill, greedy
from solidaria.core.voting.purses import Basket, Electorate, TooClose, buy, lay_out, new_earlier

#: How much a funded project is worth to someone who gave it one point (with approval: who supports it).
#:   cost     as much as it costs. The published cities use this
#:   points   one: every project counts the same, whatever it costs. With approval this is called cardinality
UTILITIES = ("cost", "points")

#: What is done with the money that equal shares leave over.
#:   none            nothing
#:   add1            count again with more money per person, step by step, as long as the budget is not overspent
#:   utilitarian     fund what still fits, in the order of utility per unit of money
#:   add1+utilitarian   first the one, then the other
COMPLETIONS = ("none", "add1", "utilitarian", "add1+utilitarian")

#: So many steps are counted at once where they all decide in the same way.
_MOST_AT_ONCE = 1024
#: So many steps are counted one by one, at most, before a range is tried again.
_MOST_ALONE = 32

#: Which count stands under add1.
#:   overspend    the last one before the first that spends more than the budget. Cities publish this
#:   exhaustive   the first one after which no further project fits, if it comes before that. pabutools' default
STOPS = ("overspend", "exhaustive")


@dataclass(frozen=True)
class EqualSharesTerms:
    """What was agreed before the count.

    utility      from UTILITIES
    completion   from COMPLETIONS
    stop         from STOPS
    step         what add1 adds per person each time: an amount in the currency, or with step_of="share" a share
                 of what everybody has at first, such as 1/100
    step_of      "money" or "share"
    comparison   at the end, take the greedy outcome if more people have more of their projects (by number of
                 projects) funded in it than in this one; the usual comparison of equalshares.net
    ties         how ties are settled
    """

    utility: str = "cost"
    completion: str = "add1"
    stop: str = "overspend"
    step: Fraction = Fraction(1)
    step_of: str = "money"
    comparison: bool = False
    ties: BudgetTies = field(default_factory=BudgetTies)

    def __post_init__(self) -> None:
        for what, given, allowed in (
            ("utility", self.utility, UTILITIES),
            ("completion", self.completion, COMPLETIONS),
            ("stop", self.stop, STOPS),
            ("step_of", self.step_of, ("money", "share")),
        ):
            if given not in allowed:
                raise ValueError(f"{what} must be one of {', '.join(allowed)}, not {given!r}")
        if self.step <= 0:
            raise ValueError("a step must add something")


@dataclass(frozen=True)
class Counted:
    """Where the steps ended.

    basket   what is bought at the count that stands
    over     what is bought at the next step, up to the project that costs too much; None when there was none
    steps    how many amounts per person were counted
    work     how much work it was, as in Basket
    """

    basket: Basket
    over: Basket | None
    steps: int
    work: int


@dataclass(frozen=True)
class Outcome:
    """What is funded under the whole rule, before it is explained.

    counted     the steps; None when nobody voted
    purchases   in order, with those of the completion
    over        the next step's, up to the one that costs too much
    greedy      the greedy outcome, where the comparison chose it instead
    notes       what a reader must know
    """

    counted: Counted | None
    purchases: tuple[Purchase, ...]
    over: tuple[Purchase, ...]
    greedy: BudgetResult | None
    notes: tuple[Sentence, ...]


def count_all(
    vote: BudgetVote, terms: EqualSharesTerms, progress: Callable[[int, Fraction], None] | None = None
) -> Outcome:
    """Apply the whole rule: the steps, the completion and the comparison, as the terms say."""
    electorate = lay_out(vote, by_cost=terms.utility == "cost")
    counted = count_steps(electorate, terms, chooser(electorate, terms.ties, vote.names), progress)
    if counted is None:
        return Outcome(None, (), (), None, (say("Nobody voted, so nothing is funded."),))
    purchases = told(vote, terms, counted.basket)
    over = told(vote, terms, counted.over) if counted.over is not None else ()
    notes: list[Sentence] = []
    if terms.completion in ("utilitarian", "add1+utilitarian"):
        purchases += _completed(vote, terms, purchases)
    if terms.comparison:
        other = greedy(vote, GreedyTerms(ties=terms.ties))
        note, switched = _compare(vote, purchases, other)
        notes.append(note)
        if switched:
            return Outcome(counted, other.purchases, (), other, tuple(notes))
    return Outcome(counted, purchases, over, None, tuple(notes))


def written_terms(terms: EqualSharesTerms) -> dict[str, str]:
    """The terms as text."""
    written = {"utility": terms.utility, "completion": terms.completion}
    if terms.completion.startswith("add1"):
        written |= {"stop": terms.stop, "step": str(terms.step), "step of": terms.step_of}
    return written | {
        "comparison": "yes" if terms.comparison else "no",
        "ties": ", ".join(terms.ties.steps),
        "seed": terms.ties.seed,
    }


def chooser(electorate: Electorate, ties: BudgetTies, names: Mapping[str, str]) -> Callable[[Sequence[int]], int]:
    """A function that settles a tie between projects given as positions."""
    place = {name: number for number, name in enumerate(electorate.ids)}

    def choose(among: Sequence[int]) -> int:
        tied = {electorate.ids[project]: project for project in among}
        cost = {name: Fraction(electorate.cost[project], electorate.unit) for name, project in tied.items()}
        supporters = {name: electorate.supporters(project) for name, project in tied.items()}
        return place[settle(ties, tied, cost=cost, supporters=supporters, names=names).chosen]

    return choose


def count_steps(
    electorate: Electorate,
    terms: EqualSharesTerms,
    choose: Callable[[Sequence[int]], int],
    progress: Callable[[int, Fraction], None] | None = None,
) -> Counted | None:
    """Find the amount per person whose count stands; None when nobody voted."""
    if not electorate.people:
        return None
    first = Fraction(electorate.budget, electorate.people)
    step = first * terms.step if terms.step_of == "share" else terms.step * electorate.unit
    wanted = sum(1 for who in electorate.who if len(who))
    counted, width, single, patience = 0, 1, 0, 1
    work = 0
    earlier = new_earlier(electorate)
    before: Basket | None = None
    while True:
        if progress is not None:
            progress(counted + 1, (first + counted * step) / electorate.unit)
        try:
            basket = buy(
                electorate,
                first + counted * step,
                choose,
                most=first + (counted + width - 1) * step,
                at_most=electorate.budget,
                earlier=earlier,
            )
        except TooClose:
            width //= 2
            if width == 1:
                # Ranges do not pay here: go one by one for a while, each time longer.
                single, patience = patience, min(2 * patience, _MOST_ALONE)
            continue
        work += basket.work
        if basket.over:
            if not counted:
                raise AssertionError("the first count cannot spend more than there is")
            if before is None or before.most > before.amount:
                before = buy(electorate, first + (counted - 1) * step, choose, earlier=earlier)
            if width > 1:
                basket = buy(
                    electorate, first + counted * step, choose, at_most=electorate.budget, earlier=earlier
                )
            return Counted(before, basket, counted + 1, work)
        done = not terms.completion.startswith("add1") or len(basket.projects) == wanted or step == 0
        if done or (terms.stop == "exhaustive" and _exhaustive(electorate, basket)):
            if width > 1:
                basket = buy(electorate, first + counted * step, choose, earlier=earlier)
            return Counted(basket, None, counted + 1, work)
        counted += width
        before = basket
        if width > 1:
            patience = 1
        if single:
            single -= 1
        else:
            width = min(2 * width, _MOST_AT_ONCE)


def _exhaustive(electorate: Electorate, basket: Basket) -> bool:
    """Whether no further project that somebody supports fits into what is left of the budget."""
    have = set(basket.projects)
    left = electorate.budget - basket.spent
    return all(
        cost > left
        for project, cost in enumerate(electorate.cost)
        if project not in have and len(electorate.who[project])
    )


def told(vote: BudgetVote, terms: EqualSharesTerms, basket: Basket) -> tuple[Purchase, ...]:
    """The purchases of a basket in the account's words: ids for positions, currency for units."""
    electorate = basket.electorate
    cost, names = vote.cost, vote.names
    supporters = {name: electorate.supporters(place) for place, name in enumerate(electorate.ids)}
    purchases: list[Purchase] = []
    for number, bought in enumerate(basket.bought(), start=1):
        project = electorate.ids[bought.project]
        tie: Tie | None = None
        if len(bought.tied) > 1:
            tied = [electorate.ids[one] for one in bought.tied]
            tie = settle(terms.ties, tied, cost=cost, supporters=supporters, names=names)
        if not electorate.cost[bought.project]:
            purchases.append(Purchase(number, project, Fraction(0), "free"))
            continue
        price = bought.price * electorate.point_unit / electorate.unit
        purchases.append(
            Purchase(
                number=number,
                project=project,
                cost=cost[project],
                by="equal shares",
                price=price,
                rate=price / (cost[project] if terms.utility == "cost" else 1),
                full=tuple(
                    Payers(people, bought.price * points / electorate.unit) for points, people in bought.full
                ),
                last_coins=bought.last_coins,
                rest=bought.rest / electorate.unit,
                broke=bought.broke,
                tie=tie,
            )
        )
    return tuple(purchases)


def _completed(vote: BudgetVote, terms: EqualSharesTerms, purchases: tuple[Purchase, ...]) -> tuple[Purchase, ...]:
    """What the money left over still pays for, in the order of utility per unit of money."""
    spent = sum((purchase.cost for purchase in purchases), Fraction(0))
    order = GreedyTerms(order="votes" if terms.utility == "cost" else "votes per cost", ties=terms.ties)
    more, _ = fill(
        vote,
        order,
        vote.scores(),
        have=tuple(purchase.project for purchase in purchases),
        left=vote.budget - spent,
        by="completion",
        first=len(purchases) + 1,
    )
    return tuple(more)


def _compare(vote: BudgetVote, purchases: tuple[Purchase, ...], other: BudgetResult) -> tuple[Sentence, bool]:
    """Whether more people have more of their projects funded in the greedy outcome."""
    ours, theirs = {purchase.project for purchase in purchases}, set(other.funded)
    prefer_ours = prefer_theirs = 0
    for ballot, count in vote.piles.items():
        marked = {project for project, _ in ballot}
        difference = len(marked & ours) - len(marked & theirs)
        prefer_ours += count if difference > 0 else 0
        prefer_theirs += count if difference < 0 else 0
    numbers = {"ours": prefer_ours, "theirs": prefer_theirs}
    if prefer_theirs > prefer_ours:
        return (
            say(
                "Compared with greedy: {theirs} people have more of their projects in the greedy outcome, "
                "{ours} in that of equal shares. The greedy outcome is taken.",
                **numbers,
            ),
            True,
        )
    return (
        say(
            "Compared with greedy: {ours} people have more of their projects in the outcome of equal shares, "
            "{theirs} in the greedy one. Equal shares stand.",
            **numbers,
        ),
        False,
    )
