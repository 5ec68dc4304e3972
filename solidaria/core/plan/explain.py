"""Why is a need unmet? The limits that hold it back, each raised and the plan made again.

The dual values of the round in which a need stopped name the limits that hold it there and how much one unit
of each is worth. Such a value is only a promise for the next crumb, so each limit is raised by a round amount and
the fair shares are found again; what the need gains is what is said. Rounds that the limit had no part in stay
as they were (their proofs do not use it), so only the later ones are solved again, from their own basis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from solidaria.core.network import Need, Network, Promise
from solidaria.core.plan import aims
from solidaria.core.plan.leximin import VERY_LARGE, Fair, Replan, Round, raise_again, raise_fairly
from solidaria.core.plan.model import Model, NeedClass
from solidaria.core.plan.proof import Key, limit_values
from solidaria.core.plan.quantities import plain, rounded
from solidaria.core.plan.refusals import Refusal
from solidaria.core.plan.reopen import Choice, Opening, choose, pay_for, possible
from solidaria.core.plan.solve import Basis, Bounds, Solver, SolverStopped
from solidaria.core.problem import Sentence, say
from solidaria.core.result import Limit, Reason

Explanations = dict[Need | Promise, tuple[Reason, ...]]

#: A gain smaller than this share of the need is not worth a sentence.
WORTH_SAYING = 1e-5
#: A smaller amount does as well when it gains this part of what the larger one gains.
NEARLY = 1 - 1e-3
#: Reasons per need at most, the strongest first.
MOST_REASONS = 3
#: In a large network one reason, found with one plan, has to do for each need.
LARGE = 4_000
#: There, questions are asked about so many levels, the most essential and least covered first, and each may take
#: so many steps of the solver; needs beyond that get the limit that holds them, without a number.
MOST_QUESTIONS, PATIENCE = 20, 300
#: There, a limit is first raised by what gives so much more coverage: the less is raised, the fewer steps it takes.
A_STEP = 0.01
#: With so few closed sites they are chosen anew with each question; with more, the reopenings stay as they are.
FEW_CLOSED = 3
#: Limits that change what was decided first, so that everything is found again.
FROM_THE_START = ("promised elsewhere", "refused line")
#: A limit is not raised to more than so many times what it is.
MOST_TIMES = 20.0


@dataclass(frozen=True)
class Lever:
    """A limit that can be raised. `size` is what it is now; `worth` what one unit adds to the round's share."""

    key: Key
    kind: str
    where: str | None
    period: int | None
    unit: str
    size: float
    worth: float
    whole: bool = False


@dataclass
class Explainer:
    """Explains every shortfall of one plan."""

    solver: Solver
    choice: Choice
    shares: list[float]
    slack: float
    refusals: tuple[Refusal, ...]
    progress: Callable[[Sentence], None]
    end: Basis
    _values: dict[int, dict[Key, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._made = {recipe.product for recipe in self.network.recipes}

    @property
    def model(self) -> Model:
        """The model of the plan."""
        return self.solver.model

    @property
    def network(self) -> Network:
        """The network of the plan."""
        return self.solver.model.network

    def explain(self) -> Explanations:
        """The reasons of every need and promise that is not wholly met, the strongest first."""
        found: Explanations = {}
        rounds = [row for row in self.choice.fair.rounds if self._short(row)]
        large = self.model.columns >= LARGE
        for count, each in enumerate(rounds, 1):
            if large:
                most = MOST_QUESTIONS if self.model.columns < VERY_LARGE else MOST_QUESTIONS // 4
                self.solver.patience = PATIENCE if count <= most and not each.together else 0
            self.progress(say("Asking why needs stay unmet: {done} of {all} …", done=count, all=len(rounds)))
            for position, reasons in self._round(each).items():
                group = self.model.classes[position]
                for member in group.members:
                    found[member] = tuple(reason(member) for reason in reasons)
        self.solver.patience = None
        return found

    def _short(self, found: Round) -> list[int]:
        return [position for position in found.classes if self.shares[position] < 1.0]

    def _round(self, found: Round) -> dict[int, list[Callable[[Need | Promise], Reason]]]:
        """The reasons of the classes that stopped in one round."""
        short = self._short(found)
        reasons: dict[int, list[Callable[[Need | Promise], Reason]]] = {position: [] for position in short}
        open_questions = []
        for position in short:
            plain_reason = self._plain_reason(self.model.classes[position])
            if plain_reason is not None:
                reasons[position].append(plain_reason)
            else:
                open_questions.append(position)
        if not open_questions:
            return reasons
        levers = self._levers(found, open_questions)
        tried: list[tuple[Lever, Decimal, Replan]] = []
        said: set[tuple[int, str, str | None]] = set()
        most = 1 if self.model.columns >= LARGE else MOST_REASONS
        if levers and self.solver.patience is not None and self.solver.patience <= 0:
            for position in open_questions:
                reasons[position].append(self._only_named(levers[0]))
            return reasons
        for lever in levers[: MOST_REASONS + 2]:
            try:
                extra, replan = self._smallest(found, lever, open_questions)
                replan = self._for_good([(lever, extra)], replan)
            except SolverStopped:
                # Too large to ask again: name what holds the need, and promise nothing.
                for position in open_questions:
                    reasons[position].append(self._only_named(lever))
                return reasons
            tried.append((lever, extra, replan))
            # The same machine in another month says nothing new.
            same = (lever.kind, lever.where)
            for position in open_questions:
                gains = self._gain(replan, position) > WORTH_SAYING and (position, *same) not in said
                if gains and len(reasons[position]) < most:
                    said.add((position, *same))
                    reasons[position].append(self._single(found, position, lever, extra, replan))
            if all(len(reasons[position]) >= most for position in open_questions):
                break
        for position in open_questions:
            if not reasons[position]:
                reasons[position] += self._together(found, position, tried)
        return reasons

    # What can be raised.

    def _levers(self, found: Round, short: list[int]) -> list[Lever]:
        """The limits that hold this round, the strongest first."""
        network, model = self.network, self.model
        number = {period.id: position for position, period in enumerate(network.periods)}
        levers: dict[Key, Lever] = {}

        def add(lever: Lever) -> None:
            levers.setdefault(lever.key, lever)

        values = self._of(found)
        for key, worth in values.items():
            period = number.get(key[-1])
            if key[0] == "equipment":
                size = float(network.machine[key[1]].hours)
                add(Lever(key, "equipment", key[1], period, "hours", size, worth))
            elif key[0] == "labour":
                size = float(network.available_hours(key[1]))
                add(Lever(key, "labour", key[1], period, "hours", size, worth))
            elif key[0] == "budget":
                size = float(network.rules.outside_budget or 0)
                add(Lever(key, "outside budget", None, period, network.rules.currency, size, worth))
            elif key[0] == "balance" and period == 0 and worth > 0:
                place, product = (key[1], key[2]) if len(key) == 4 else (None, key[1])
                if self._only_from_stock(place, product):
                    worth += values.get(("final", *key[1:-1]), 0.0)
                    size = float(
                        sum(
                            stock.quantity
                            for stock in network.stocks
                            if stock.product == product and place in (None, stock.site)
                        )
                    )
                    unit = network.product[product].unit
                    name = ("input", *key[1:-1])
                    add(Lever(name, "input", product, None, unit, size, worth))
        for site in self._closed_that_would_run(found):
            add(Lever(("closed", site), "closed site", site, None, "site", 1.0, 1.0, whole=True))
        for column in self._refused_that_would_run(found):
            recipe, period = column
            add(
                Lever(
                    ("refused", recipe, str(period)), "refused line", recipe, period, "runs", 1.0, 1.0, whole=True
                )
            )
        prices = found.prices
        for position in model.tier_classes(0):
            group = model.classes[position]
            if position not in short and prices[position] > 1e-9:
                worth = float(prices[position]) / group.quantity
                lever = Lever(
                    ("promise", str(position)),
                    "promised elsewhere",
                    self._promised_to(group),
                    group.period,
                    network.product[group.node[1]].unit,
                    group.quantity * self.shares[position],
                    worth,
                )
                add(lever)
        return sorted(levers.values(), key=lambda row: (-row.worth * max(row.size, 1e-9), row.key))

    def _of(self, found: Round) -> dict[Key, float]:
        """The limit values of a round, worked out once."""
        if id(found) not in self._values:
            self._values[id(found)] = limit_values(self.model, found)
        return self._values[id(found)]

    def _only_from_stock(self, place: str | None, product: str) -> bool:
        """Whether a product can neither be made nor bought, so that only having more of it would help."""
        if self.network.product[product].outside or not self.network.product[product].keeps:
            return False
        if place is not None and place not in self.network.site:
            return False
        return product not in self._made

    def _closed_that_would_run(self, found: Round) -> list[str]:
        """Closed sites, not reopened, with a recipe that would raise this round's share."""
        paid = self.choice.opening.paid
        closed = {
            row.id
            for row in self.network.sites
            if row.state == "closed"
            and row.id not in paid
            and (row.id not in self.network.reopening or possible(self.network, (*paid, row.id)))
        }
        worth = found.column_value
        if not closed:
            return []
        return sorted(
            {
                recipe.site
                for recipe in self.network.recipes
                if recipe.site in closed
                and any(worth[column] > 1e-9 for column in self.model.run_columns(recipe.id))
            }
        )

    def _refused_that_would_run(self, found: Round) -> list[tuple[str, int]]:
        """Refused lines whose refusal holds this round."""
        refused = {refusal.recipe for refusal in self.refusals}
        worth = found.column_value
        return [
            (recipe, period)
            for recipe in sorted(refused)
            for period, column in enumerate(self.model.run_columns(recipe))
            if worth[column] > 1e-9
        ]

    def _promised_to(self, group: NeedClass) -> str:
        """The receivers of a class of promises."""
        return ", ".join(sorted({member.organisation for member in group.members}))

    # Raising.

    def _raise(self, bounds: Bounds, lever: Lever, extra: float) -> None:
        """Raise one limit by so much, in its own unit."""
        model, periods = self.model, self.model.periods
        if lever.kind in ("equipment", "labour", "outside budget"):
            if lever.kind == "equipment":
                ids = [machine.id for machine in self.network.equipment]
                row = model.row_equipment + ids.index(str(lever.where)) * periods + (lever.period or 0)
            elif lever.kind == "labour":
                row = model.row_labour + model.labour_sites.index(str(lever.where)) * periods + (lever.period or 0)
            else:
                row = model.row_budget + (lever.period or 0)
            bounds.row_upper[row] += extra / model.row_scale[row]
        elif lever.kind == "input":
            place = lever.key[1] if len(lever.key) == 3 else None
            node = model.node_index[place, str(lever.where)]
            row = model.row_balance + node * periods
            bounds.row_lower[row] -= extra / model.row_scale[row]
            bounds.row_upper[row] -= extra / model.row_scale[row]
            column = model.stock + (model.stores.index(node) + 1) * periods - 1
            bounds.upper[column] += extra / model.column_scale[column]
        elif lever.kind == "closed site":
            for recipe in self.network.recipes:
                if recipe.site == lever.where:
                    columns = list(model.run_columns(recipe.id))
                    bounds.upper[columns] = model.open_upper[columns]
            if lever.where in self.network.reopening:
                pay_for(model, bounds, str(lever.where))
        elif lever.kind == "refused line":
            column = model.run_columns(str(lever.where))[lever.period or 0]
            bounds.upper[column] = model.upper[model.level] * float("inf")
        else:
            position = int(lever.key[1])
            column = model.cover + position
            bounds.upper[column] = max(0.0, self.shares[position] - extra / model.classes[position].quantity)

    def _replan(self, levers: list[tuple[Lever, float]], wanted: list[int]) -> Replan:
        """Find the fair shares again with these limits raised, until all wanted classes are settled.

        First only the rounds that the limits have a part in are found again, all other needs keeping their
        levels. When that takes nothing from a need that must not have less, it is the fair answer: every other
        level is still reached, and its proof does not use what was raised. Otherwise all is found again.
        """
        bounds = self.choice.opening.bounds(self.model)
        for lever, extra in levers:
            self._raise(bounds, lever, extra)
        if self.slack == 0 and not any(self._from_the_start(lever) for lever, _ in levers):
            short_cut = self._only_affected(bounds, [lever for lever, _ in levers], wanted)
            if short_cut is not None:
                return short_cut
        rounds = self.choice.fair.rounds
        start = min(self._first_round(lever) for lever, _ in levers)
        if start < len(rounds):
            self.solver.go_back(rounds[start].before)
        waiting = set(wanted) - {position for row in rounds[:start] for position in row.classes}

        def settled(found: Round) -> bool:
            waiting.difference_update(found.classes)
            return not waiting

        until = None if self.slack else settled
        fair = raise_fairly(self.solver, bounds, self.slack, from_round=start, known=rounds, until=until)
        return self._finished(fair, self.choice.opening)

    def _finished(self, fair: Fair, opening: Opening) -> Replan:
        """The shares that these rounds end in."""
        if not self.slack:
            shares = {position: row.share for row in fair.rounds for position in row.classes}
            return Replan(shares, fair.rounds)
        # With slack a level may be given up in part for the later aims: only the whole plan says how much.
        reached = aims.pursue(self.solver, fair.bounds, opening, self.slack, self.network.rules.objectives)
        cover = reached.solution.columns[self.model.cover : self.model.cover + len(self.model.classes)]
        return Replan(dict(enumerate(cover.tolist())), fair.rounds)

    def _choose_again(self, levers: list[tuple[Lever, float]]) -> Replan:
        """Make the whole plan again with these limits raised, and choose again which sites to reopen."""

        def widen(bounds: Bounds) -> None:
            for lever, extra in levers:
                self._raise(bounds, lever, extra)

        money = sum(extra for lever, extra in levers if lever.kind == "outside budget" and not lever.period)
        choice = choose(self.solver, self.slack, widen=widen, more_money=Decimal(repr(money)))
        return self._finished(choice.fair, choice.opening)

    def _for_good(self, levers: list[tuple[Lever, Decimal]], replan: Replan) -> Replan:
        """What raising these limits gives in the end: with the reopenings chosen anew where that is done."""
        closed = any(lever.kind == "closed site" for lever, _ in levers)
        few = 0 < len(self.network.reopenings) <= FEW_CLOSED and self.model.columns < LARGE
        return (
            self._choose_again([(lever, float(extra)) for lever, extra in levers])
            if few and not closed
            else replan
        )

    def _only_affected(self, bounds: Bounds, levers: list[Lever], wanted: list[int]) -> Replan | None:
        """The plan again with all unaffected needs at their levels; None when somebody would have to give."""
        rounds = self.choice.fair.rounds
        tier = max(row.tier for row in rounds if set(wanted) & set(row.classes))
        # Better covered needs too: once the wanted one has caught up with them, they share in what was raised.
        again = {
            position
            for row in rounds
            if row.tier <= tier and row.share < 1.0 and any(self._has_part(lever, row) for lever in levers)
            for position in row.classes
        } | set(wanted)
        start = min(self._first_round(lever) for lever in levers)
        self.solver.go_back(self.end)
        return raise_again(self.solver, bounds, rounds, start, again, frozenset(wanted), tier)

    def _from_the_start(self, lever: Lever) -> bool:
        """Whether this changes what was decided first: a promise, a refusal, a reopening that has to be paid."""
        return lever.kind in FROM_THE_START or (
            lever.kind == "closed site" and str(lever.where) in self.network.reopening
        )

    def _has_part(self, lever: Lever, found: Round) -> bool:
        """Whether the proof of a round uses this limit."""
        if lever.kind == "closed site":
            return lever.where in self._closed_that_would_run(found)
        if lever.kind == "input":
            return any(
                key[0] in ("balance", "final") and key[1 : len(lever.key)] == lever.key[1:]
                for key in self._of(found)
            )
        return lever.key in self._of(found)

    def _first_round(self, lever: Lever) -> int:
        """The first round that the limit has a part in; earlier ones stay as they are."""
        if self._from_the_start(lever):
            return 0
        for count, found in enumerate(self.choice.fair.rounds):
            if found.share < 1.0 and self._has_part(lever, found):
                return count
        return 0

    def _smallest(self, found: Round, lever: Lever, short: list[int]) -> tuple[Decimal, Replan]:
        """The smallest round amount that does all this limit alone can do, and the plan made with it."""
        if lever.whole:
            extra = Decimal(1)
            return extra, self._replan([(lever, 1.0)], short)
        missing = 1.0 - found.share
        if self.model.columns >= LARGE:
            missing = min(missing, A_STEP)
        ceiling = self._ceiling(lever)
        extra = min(round_up(missing / lever.worth), ceiling)
        replan = self._replan([(lever, float(extra))], short)
        best = self._most(replan, short)
        while best <= WORTH_SAYING and extra < ceiling:
            # Others are served first: more of it may still reach this need.
            extra = min(round_up(float(extra) * 4), ceiling)
            replan = self._replan([(lever, float(extra))], short)
            best = self._most(replan, short)
        enough = round_up(best / lever.worth) if best > WORTH_SAYING else extra
        if enough < extra and self.model.columns < LARGE:
            again = self._replan([(lever, float(enough))], short)
            if self._most(again, short) >= best * NEARLY:
                return enough, again
            extra = self._shrink(extra, lambda less: self._most(self._replan([(lever, less)], short), short), best)
            replan = self._replan([(lever, float(extra))], short)
        return extra, replan

    def _shrink(self, enough: Decimal, gain: Callable[[float], float], wanted: float) -> Decimal:
        """A smaller round amount that gains as much, by halving."""
        low, high = 0.0, float(enough)
        for _ in range(8):
            middle = round_up((low + high) / 2)
            if float(middle) >= float(enough):
                break
            if gain(float(middle)) >= wanted * NEARLY:
                enough, high = middle, float(middle)
            else:
                low = float(middle)
        return enough

    def _ceiling(self, lever: Lever) -> Decimal:
        """The most a limit is raised by; a promise cannot be released more than it is kept."""
        if lever.kind == "promised elsewhere":
            return rounded(lever.size)
        if lever.size > 0:
            return round_up(lever.size * MOST_TIMES)
        return round_up(MOST_TIMES / max(lever.worth, 1e-9))

    def _gain(self, replan: Replan, position: int) -> float:
        return replan.shares.get(position, 0.0) - self.shares[position]

    def _most(self, replan: Replan, short: list[int]) -> float:
        return max(self._gain(replan, position) for position in short)

    # Saying it.

    def _plain_reason(self, group: NeedClass) -> Callable[[Need | Promise], Reason] | None:
        """A reason that no raised limit can mend: no way to the receiver, or nobody who makes it."""
        network, product = self.network, group.node[1]
        what = network.product[product]
        if not group.reachable:
            return lambda member: self._no_route(member, str(group.node[0]))
        makers = sorted({recipe.site for recipe in network.recipes if recipe.product == product})
        stocks = sorted(
            {stock.site for stock in network.stocks if stock.product == product and stock.quantity > 0}
        )
        if what.outside:
            return None
        if not makers and not stocks:
            sentence = say(
                "Nobody in the network makes {product}, nobody has any, and it is not bought outside.",
                product=what.name,
            )
            limit = Limit("no recipe", product, None, None, what.unit)
            return lambda member: Reason(limit, None, sentence)
        if network.routes is not None and group.tier > 0:
            receiver = str(group.node[0])
            if receiver not in (*makers, *stocks) and not any(
                end == receiver and name == product for _, end, name, _ in self.model.links
            ):
                return lambda member: self._no_route(member, (makers + stocks)[0])
        return None

    def _no_route(self, member: Need | Promise, start: str) -> Reason:
        network = self.network
        sentence = say(
            "No route brings {product} from {start} to {receiver}.",
            product=network.product[member.product].name,
            start=self._called(start),
            receiver=self._called(member.organisation),
        )
        limit = Limit(
            "no route", f"{start} → {member.organisation}", None, None, network.product[member.product].unit
        )
        return Reason(limit, None, sentence)

    def _single(
        self, found: Round, position: int, lever: Lever, extra: Decimal, replan: Replan
    ) -> Callable[[Need | Promise], Reason]:
        """The reason with one limit raised, for each member of the class."""
        gain, first = self._gain(replan, position), self._served_first(found, replan)
        limit = self._limit(lever, extra)

        def reason(member: Need | Promise) -> Reason:
            meets = rounded(member.quantity * Decimal(repr(gain)))
            return Reason(limit, meets, self._sentence(member, meets, [(lever, extra)], first))

        return reason

    def _only_named(self, lever: Lever) -> Callable[[Need | Promise], Reason]:
        """The limit that holds a need, where the network is too large to try what raising it would give."""
        period = None if lever.period is None else self.network.periods[lever.period].id
        limit = Limit(lever.kind, lever.where, period, None, lever.unit)
        sentence = say("What holds it: {limit}.", limit=self._name(lever))
        return lambda member: Reason(limit, None, sentence)

    def _name(self, lever: Lever) -> Sentence:
        """The limit itself as a noun: "the hours on the sewing machines of Hilo Rojo in March"."""
        network, where = self.network, str(lever.where)
        when: Sentence | str = ""
        if lever.period is not None and len(network.periods) > 1:
            when = say(" in {period}", period=network.periods[lever.period].id)
        if lever.kind == "equipment":
            site = self._called(network.machine[where].site)
            return say("the hours on {equipment} of {site}{when}", equipment=where, site=site, when=when)
        if lever.kind == "labour":
            return say("the hours of work at {site}{when}", site=self._called(where), when=when)
        if lever.kind == "outside budget":
            return say("the money to buy outside{when}", when=when)
        if lever.kind == "input":
            return say("the stock of {product}", product=network.product[where].name)
        if lever.kind == "closed site":
            return say("{site} is closed", site=self._called(where))
        return self._phrase(lever, Decimal(1))

    def _together(
        self, found: Round, position: int, tried: list[tuple[Lever, Decimal, Replan]]
    ) -> list[Callable[[Need | Promise], Reason]]:
        """The first pair of limits that help only together; or else what was tried and helped nothing."""
        for lever, extra, replan in tried:
            stop = next((row for row in replan.rounds if position in row.classes), None)
            if stop is None:
                continue
            missing = 1.0 - self.shares[position]
            others = [row for row in self._levers(stop, [position]) if row.key != lever.key and row.worth > 0]
            for other in others[:2]:
                ceiling = self._ceiling(other)
                more = Decimal(1) if other.whole else min(round_up(missing / other.worth), ceiling)
                both = self._replan([(lever, float(extra)), (other, float(more))], [position])
                gain = self._gain(both, position)
                if gain > WORTH_SAYING:
                    if self.model.columns < LARGE:
                        extra, more = self._shrink_both(lever, extra, other, more, position, gain)
                        both = self._replan([(lever, float(extra)), (other, float(more))], [position])
                        both = self._for_good([(lever, extra), (other, more)], both)
                        gain = self._gain(both, position)
                        if gain <= WORTH_SAYING:
                            continue
                    first = self._served_first(found, both)
                    return [self._pair(lever, extra, other, more, gain, first)]
        if tried:
            lever, extra, replan = tried[0]
            first = self._served_first(found, replan)
            return [
                lambda member: Reason(
                    self._limit(lever, extra), Decimal(0), self._no_help(member, lever, extra, first)
                )
            ]
        return [self._nothing_helps]

    def _shrink_both(
        self, lever: Lever, extra: Decimal, other: Lever, more: Decimal, position: int, wanted: float
    ) -> tuple[Decimal, Decimal]:
        """Smaller round amounts of two limits that together gain as much."""

        def gain(first: float, second: float) -> float:
            return self._gain(self._replan([(lever, first), (other, second)], [position]), position)

        if not lever.whole:
            extra = self._shrink(extra, lambda less: gain(less, float(more)), wanted)
        if not other.whole:
            more = self._shrink(more, lambda less: gain(float(extra), less), wanted)
        return extra, more

    def _pair(
        self, lever: Lever, extra: Decimal, other: Lever, more: Decimal, gain: float, first: Sentence | None
    ) -> Callable[[Need | Promise], Reason]:
        def reason(member: Need | Promise) -> Reason:
            meets = rounded(member.quantity * Decimal(repr(gain)))
            sentence = self._sentence(member, meets, [(lever, extra), (other, more)], first)
            return Reason(self._limit(lever, extra), meets, sentence, self._limit(other, more))

        return reason

    def _served_first(self, found: Round, replan: Replan) -> Sentence | None:
        """Who gains before this round's needs do, when somebody does."""
        for earlier in self.choice.fair.rounds:
            if earlier is found:
                return None
            for position in earlier.classes:
                if self._gain(replan, position) > WORTH_SAYING:
                    member = self.model.classes[position].members[0]
                    values = {
                        "product": self.network.product[member.product].name,
                        "organisation": self._called(member.organisation),
                    }
                    if earlier.tier < found.tier:
                        return say("{product} for {organisation} gains first: it is more essential.", **values)
                    return say("{product} for {organisation} gains first: it is less covered.", **values)
        return None

    def _limit(self, lever: Lever, extra: Decimal) -> Limit:
        period = None if lever.period is None else self.network.periods[lever.period].id
        return Limit(lever.kind, lever.where, period, plain(extra), lever.unit)

    def _sentence(
        self,
        member: Need | Promise,
        meets: Decimal,
        raised: list[tuple[Lever, Decimal]],
        first: Sentence | None,
    ) -> Sentence:
        product = self.network.product[member.product]
        values = {
            "gain": meets,
            "unit": product.unit,
            "product": product.name,
            "organisation": self._called(member.organisation),
            "more": self._phrase(*raised[0]),
        }
        if len(raised) == 2:
            values["other"] = self._phrase(*raised[1])
            sentence = say(
                "With {more}, together with {other}, {organisation} would get {gain} {unit} more of {product}.",
                **values,
            )
        else:
            sentence = say("With {more}, {organisation} would get {gain} {unit} more of {product}.", **values)
        if first is not None:
            return say("{sentence} {first}", sentence=sentence, first=first)
        return sentence

    def _no_help(self, member: Need | Promise, lever: Lever, extra: Decimal, first: Sentence | None) -> Sentence:
        values = {
            "more": self._phrase(lever, extra),
            "product": self.network.product[member.product].name,
            "organisation": self._called(member.organisation),
        }
        sentence = say("Even with {more}, {organisation} would get no more of {product}.", **values)
        return say("{sentence} {first}", sentence=sentence, first=first) if first is not None else sentence

    def _nothing_helps(self, member: Need | Promise) -> Reason:
        product = self.network.product[member.product]
        sentence = say(
            "What {product} is made of can neither be made nor bought in time, and no single limit changes that.",
            product=product.name,
        )
        return Reason(Limit("input", member.product, None, None, product.unit), None, sentence)

    def _phrase(self, lever: Lever, extra: Decimal) -> Sentence:
        """The raised limit as a noun: "12 more hours on the sewing machines of Hilo Rojo in March"."""
        network = self.network
        when: Sentence | str = ""
        if lever.period is not None and len(network.periods) > 1:
            when = say(" in {period}", period=network.periods[lever.period].id)
        values: dict[str, object] = {"extra": extra, "when": when, "unit": lever.unit}
        where = str(lever.where)
        if lever.kind == "equipment":
            site = self._called(network.machine[where].site)
            return say("{extra} more hours on {equipment} of {site}{when}", equipment=where, site=site, **values)
        if lever.kind == "labour":
            return say("{extra} more hours of work at {site}{when}", site=self._called(where), **values)
        if lever.kind == "outside budget":
            return say("{extra} {unit} more to buy outside{when}", **values)
        if lever.kind == "input":
            return say("{extra} {unit} more of {product} in stock", product=network.product[where].name, **values)
        if lever.kind == "closed site":
            if where in network.reopening:
                return say("{site} reopened", site=self._called(where))
            return say("{site} open", site=self._called(where))
        if lever.kind == "refused line":
            recipe = network.recipe[where]
            return say(
                "the line of {product} that {site} refused{when}",
                product=network.product[recipe.product].name,
                site=self._called(recipe.site),
                when=when,
            )
        group = self.model.classes[int(lever.key[1])]
        return say(
            "{extra} {unit} of {product} not promised to {receiver}{when}",
            product=network.product[group.node[1]].name,
            receiver=", ".join(sorted({self._called(member.organisation) for member in group.members})),
            **values,
        )

    def _called(self, organisation: str) -> str:
        return self.network.organisation[organisation].name


def round_up(amount: float) -> Decimal:
    """The amount rounded up to two significant digits, at least a millionth: 11.2 -> 12, 0.0123 -> 0.013."""
    if amount <= 0:
        return Decimal("0.000001")
    value = Decimal(repr(float(amount)))
    digits = max(value.adjusted() - 1, -6)
    step = Decimal(1).scaleb(digits)
    # A hair less than a round number is that number: the solver's last digits must not make 12 a 13.
    return plain(((value - step / 1000) / step).to_integral_value(rounding=ROUND_CEILING) * step)
