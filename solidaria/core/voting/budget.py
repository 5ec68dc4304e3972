"""A vote on how to share out a budget: projects with costs, ballots in piles, and what both rules for it share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.account import Tie, listed
from solidaria.core.voting.terms import lot_order

#: How people marked their ballots.
#:   approval, choose-1     the projects they support (one at most for choose-1)
#:   cumulative, scoring    projects with points
#:   ordinal                projects in order, the best first
KINDS = ("approval", "choose-1", "cumulative", "scoring", "ordinal")

#: One ballot: (project id, points) pairs in the order of the ids. Approval gives every project one point;
#: a blank ballot is the empty tuple.
Points = tuple[tuple[str, Fraction | int], ...]


@dataclass(frozen=True)
class Project:
    """Something the budget can pay for.

    id      unique in one vote
    cost    in the currency of the budget, exact, never negative
    name    as people read it
    """

    id: str
    cost: Fraction
    name: str = ""

    @property
    def title(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True)
class BudgetVote:
    """A budget, the projects and the piles of ballots.

    budget     what may be spent in all, exact
    projects   in the order of their ids, whatever order they are given in
    piles      ballot → how many people cast it; blank ballots count as people, so they belong here
    kind       one of KINDS

    Raises ValueError for two projects with one id, a negative cost or budget, a ballot for a project that
    does not exist, marked twice or with points that are not positive, or a pile of less than one ballot.
    """

    budget: Fraction
    projects: tuple[Project, ...]
    piles: Mapping[Points, int]
    kind: str = "approval"

    def __post_init__(self) -> None:
        object.__setattr__(self, "projects", tuple(sorted(self.projects, key=lambda project: project.id)))
        ids = {project.id for project in self.projects}
        if self.kind not in KINDS:
            raise ValueError(f"the kind of ballot must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if len(ids) < len(self.projects):
            raise ValueError("two projects have the same id")
        if self.budget < 0 or any(project.cost < 0 for project in self.projects):
            raise ValueError("neither the budget nor a cost can be below zero")
        if any(count < 1 for count in self.piles.values()):
            raise ValueError("a pile holds at least one ballot")
        marks: set[tuple[str, Fraction | int]] = set()
        for ballot in self.piles:
            marks.update(ballot)
            if len(dict(ballot)) < len(ballot):
                raise ValueError(f"a ballot marks a project twice: {ballot}")
        if not ids.issuperset(project for project, _ in marks):
            raise ValueError("a ballot marks a project that does not exist")
        if any(points <= 0 for _, points in marks):
            raise ValueError("points on a ballot must be above zero")

    @property
    def voters(self) -> int:
        """How many people voted, blank ballots included."""
        return sum(self.piles.values())

    @property
    def cost(self) -> dict[str, Fraction]:
        """Project → cost."""
        return {project.id: project.cost for project in self.projects}

    @property
    def names(self) -> dict[str, str]:
        """Project → name as people read it."""
        return {project.id: project.title for project in self.projects}

    def supporters(self) -> dict[str, int]:
        """Project → how many people marked it."""
        tally = dict.fromkeys((project.id for project in self.projects), 0)
        for ballot, count in self.piles.items():
            for project, _ in ballot:
                tally[project] += count
        return tally

    def scores(self) -> dict[str, Fraction]:
        """Project → points of all ballots together (for approval: how many people support it)."""
        tally: dict[str, Fraction | int] = dict.fromkeys((project.id for project in self.projects), 0)
        for ballot, count in self.piles.items():
            for project, points in ballot:
                tally[project] += count * points
        return {project: Fraction(points) for project, points in tally.items()}


def approve(*projects: str) -> Points:
    """A ballot that supports these projects."""
    return tuple((project, 1) for project in sorted(projects))


def give_points(points: Mapping[str, Fraction | int]) -> Points:
    """A ballot that gives these points; projects with no points are left out."""
    return tuple((project, given) for project, given in sorted(points.items()) if given)


def put_in_order(projects: Sequence[str], *, last: int = 1) -> Points:
    """A ballot that puts projects in order, as points: the last one gets `last`, each one above it one more.

    With last=1 (the usual Borda count) three projects get 3, 2 and 1; with last=0, as pabutools counts, they
    get 2, 1 and 0, and the last one is not supported at all.
    """
    return give_points({project: len(projects) - 1 - place + last for place, project in enumerate(projects)})


#: Ways to settle a tie between projects; each is asked only when those before it leave more than one.
#:   cheapest      the one that costs least
#:   dearest       the one that costs most
#:   supporters    the one that most people marked
#:   lot           the order drawn from the public seed (terms.lot_order)
#:   name          by id: only where the by-laws say so
BUDGET_TIE_STEPS = ("cheapest", "dearest", "supporters", "lot", "name")


@dataclass(frozen=True)
class BudgetTies:
    """How a tie between projects is settled.

    steps   from BUDGET_TIE_STEPS, asked in turn; the last must be "lot" or "name", which always settle.
            The usual order is the one equalshares.net recommends: cheapest, then most supporters, then lot
    seed    what the lot is drawn from: public, and fixed before the count
    """

    steps: tuple[str, ...] = ("cheapest", "supporters", "lot")
    seed: str = ""

    def __post_init__(self) -> None:
        for step in self.steps:
            if step not in BUDGET_TIE_STEPS:
                raise ValueError(f"a tie can be settled by {', '.join(BUDGET_TIE_STEPS)}, not by {step!r}")
        if not self.steps or self.steps[-1] not in ("lot", "name"):
            raise ValueError("the last step of a tie rule must be 'lot' or 'name', which always settle")


def settle(
    ties: BudgetTies,
    among: Iterable[str],
    *,
    cost: Mapping[str, Fraction],
    supporters: Mapping[str, int],
    names: Mapping[str, str],
) -> Tie:
    """Settle a tie between two projects or more; the order they are given in does not matter."""
    tied = tuple(sorted(among))
    left = list(tied)
    for step in ties.steps:
        if step == "cheapest":
            left = [project for project in left if cost[project] == min(cost[one] for one in left)]
        elif step == "dearest":
            left = [project for project in left if cost[project] == max(cost[one] for one in left)]
        elif step == "supporters":
            left = [project for project in left if supporters[project] == max(supporters[one] for one in left)]
        elif step == "lot":
            left = list(lot_order(ties.seed, left)[:1])
        else:
            left = left[:1]
        if len(left) == 1:
            break
    chosen = left[0]
    words = {"projects": listed([names[project] for project in tied]), "chosen": names[chosen]}
    sentence = {
        "cheapest": say("Tie between {projects}: {chosen} costs least.", **words),
        "dearest": say("Tie between {projects}: {chosen} costs most.", **words),
        "supporters": say("Tie between {projects}: {chosen} has most supporters.", **words),
        "lot": say(
            "Tie between {projects}: the lot drawn from the seed “{seed}” falls on {chosen}.",
            seed=ties.seed,
            **words,
        ),
        "name": say("Tie between {projects}: {chosen} comes first by its id.", **words),
    }[step]
    return Tie("purchase", tied, step, chosen, sentence)


def amount(value: Fraction) -> int | Decimal | Fraction:
    """An exact amount to stand in a sentence: a decimal where it has an end, else a fraction."""
    if value.denominator == 1:
        return value.numerator
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest > 1:
        return value
    with localcontext() as context:
        context.prec = 200
        return Decimal(value.numerator) / Decimal(value.denominator)


@dataclass(frozen=True)
class Payers:
    """People who pay the same for a project.

    people   how many
    each     what each of them pays, exact
    """

    people: int
    each: Fraction


@dataclass(frozen=True)
class Purchase:
    """One project being funded, and who pays for it.

    number       from 1, in order of funding
    project      its id
    cost         what it costs; `full`, `rest` and `topped_up` together pay exactly that
    by           "equal shares", "free" (it costs nothing), "completion" (the money left over pays), "greedy"
    price        what one point pays (with approval: what one person pays), exact; None unless by equal shares
    rate         price per unit of utility: the project with the lowest rate is funded next
    full         supporters who pay their full part, by points ascending
    last_coins   how many supporters had less than their part and pay all they have left
    rest         what those pay together, exact
    broke        how many supporters have nothing left and pay nothing
    topped_up    what is paid from the money left over; 0 when supporters pay it all
    votes        what the order goes by under greedy and completion: supporters or points
    tie          the tie met in choosing it, if there was one
    """

    number: int
    project: str
    cost: Fraction
    by: str
    price: Fraction | None = None
    rate: Fraction | None = None
    full: tuple[Payers, ...] = ()
    last_coins: int = 0
    rest: Fraction = Fraction(0)
    broke: int = 0
    topped_up: Fraction = Fraction(0)
    votes: Fraction | None = None
    tie: Tie | None = None


@dataclass(frozen=True)
class Missing:
    """Why a project was not funded.

    project          its id
    cost             what it costs
    supporters       how many people marked it
    money_left       what its supporters have left at the end, together (equal shares); for greedy, what was left
                     of the budget when its turn came
    more_supporters  how many more people, who mark only this project, would have got it funded; None when not
                     looked for, or no number does
    less_cost        how much less it would have to cost, in the smallest unit used by the costs; None likewise
    scope            "rule": both are true of the whole rule, counted again from the start.
                     "last step": true at the amount per person the count ended with
    sentence         the same in words
    """

    project: str
    cost: Fraction
    supporters: int
    money_left: Fraction
    more_supporters: int | None
    less_cost: Fraction | None
    scope: str
    sentence: Sentence


@dataclass(frozen=True)
class BudgetResult:
    """What is funded, and the account of the count.

    rule         the rule's identifier with its version; one identifier, one rule, for ever
    terms        the terms as plain text values, in the order a person reads them
    budget       what may be spent
    spent        what is spent; never more than the budget
    voters       how many people voted
    per_person   equal shares: what each person had to spend at the count that stands; None for greedy
    funded       ids in order of funding
    purchases    one for each funded project, in that order
    over         equal shares by steps: the purchases of the next step, up to the one that costs too much;
                 empty when there was none
    steps        how many amounts per person were counted
    missing      one for each project that is not funded, in the order of ids
    names        id → name
    notes        what a reader must know
    """

    rule: str
    terms: Mapping[str, str]
    budget: Fraction
    spent: Fraction
    voters: int
    per_person: Fraction | None
    funded: tuple[str, ...]
    purchases: tuple[Purchase, ...]
    over: tuple[Purchase, ...] = ()
    steps: int = 1
    missing: tuple[Missing, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()

    @property
    def ties(self) -> tuple[Tie, ...]:
        """Every tie that was met in the count that stands, in order."""
        return tuple(purchase.tie for purchase in self.purchases if purchase.tie is not None)


def why_funded(purchase: Purchase, result: BudgetResult) -> Sentence:
    """Who pays for a funded project, in a sentence."""
    name = result.names[purchase.project]
    cost = amount(purchase.cost)
    if purchase.by == "free":
        return say("{name} costs nothing.", name=name)
    if purchase.by == "equal shares" and purchase.price is not None:
        people = sum(payers.people for payers in purchase.full)
        if not purchase.last_coins:
            return say(
                "{name} costs {cost}: its {people} supporters who have money left pay all of it.",
                name=name,
                cost=cost,
                people=people,
            )
        return say_many(
            "{name} costs {cost}: {people} supporters pay their part, one more pays all that is left, {rest}.",
            "{name} costs {cost}: {people} supporters pay their part, {count} more all they have left, {rest}.",
            purchase.last_coins,
            name=name,
            cost=cost,
            people=people,
            rest=_short(purchase.rest),
        )
    if purchase.by == "completion":
        return say(
            "{name} costs {cost}: the money that was left over pays for it, with {votes} votes the next in order.",
            name=name,
            cost=cost,
            votes=amount(purchase.votes or Fraction(0)),
        )
    return say(
        "{name} costs {cost} and fits into what was left: with {votes} votes it was the next in order.",
        name=name,
        cost=cost,
        votes=amount(purchase.votes or Fraction(0)),
    )


def _short(value: Fraction) -> Sentence | object:
    """An amount for a sentence; one without an end is cut to two decimals, and says so."""
    exact = amount(value)
    if isinstance(exact, Fraction):
        return say("about {amount}", amount=amount(Fraction(int(value * 100), 100)))
    return exact
