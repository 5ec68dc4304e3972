"""What a stress test says in words and in rows; the text and the page both take it from here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from solidaria.core.money import half_up
from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.watch.answer import Answer, Cliff, Effect, Input, LeverEffect
from solidaria.core.watch.books import Books, sold_to
from solidaria.core.watch.figures import FIGURE
from solidaria.core.watch.outcomes import Estimate
from solidaria.core.watch.parameters import OUR_JUDGEMENT, table_of
from solidaria.report.language import Language

OUTCOME_WORDS: Final[dict[str, Sentence]] = {
    "embedded": say("worker-run and embedded"),
    "exposed": say("worker-run but exposed"),
    "captured": say("captured by the state"),
    "degenerated": say("degenerated"),
    "collapsed": say("collapsed"),
}

#: The shocks that are looked at where the books name none.
SHOCK_WORDS: Final[dict[str, Sentence]] = {
    "price": say("the market price falls by 20 %"),
    "state": say("the state stops buying"),
    "bank": say("nobody lends any more"),
    "eviction": say("they come to evict"),
    "orders": say("a third of the orders is lost"),
    "energy": say("energy costs twice as much"),
}

CLIFF_WORDS: Final[dict[str, Sentence]] = {
    "price_fall": say("the market price falls by"),
    "orders_lost": say("orders without an agreement are lost, by"),
    "late_state": say("the state pays later, by"),
    "energy_rise": say("energy costs more, by"),
}

BASIS_WORDS: Final[dict[str, Sentence]] = {
    "books": say("from the books"),
    "declared": say("said by the assembly"),
    "public": say("published"),
    "assumption": say("assumption of the site"),
    "program": say("assumption of this program"),
    "blank": say("left blank"),
}

#: Figures in a few words, where a table or a sentence has no room for their meaning.
LABELS: Final[dict[str, Sentence]] = {
    "members": say("members"),
    "hired": say("hired people"),
    "union_members": say("members of the unions"),
    "cash": say("cash on the first day"),
    "pay": say("agreed pay"),
    "hired_pay": say("pay of hired people"),
    "contributions": say("social contributions"),
    "arrears": say("pay owed from before"),
    "market_price": say("market price"),
    "subsidy": say("subsidy of the state"),
    "credit_limit": say("credit limit"),
    "credit_used": say("credit used"),
    "fund_share": say("share of pay that the fund makes up"),
    "fund_balance": say("balance of the fund"),
    "fund_income": say("monthly income of the fund"),
    "defer": say("pay that members wait for"),
    "cushion": say("cushion of cash"),
    "paid_out": say("cash paid out on top"),
    "late_market": say("how late market customers pay"),
    "late_state": say("how late the state pays"),
    "late_movement": say("how late movements pay"),
    "late_suppliers": say("how long suppliers wait"),
    "bad_debt": say("debts that never come in"),
    "capacity": say("what the machines can make"),
    "work_capacity": say("what the people can make"),
    "breakdown": say("chance of a breakdown"),
    "breakdown_loss": say("output lost in a breakdown"),
    "repair": say("cost of a repair"),
    "admits_hired": say("hiring when there is too much work"),
    "admits_members": say("new members when there is too much work"),
    "exit": say("members who leave anyway"),
    "exit_arrears": say("members who leave when pay is owed"),
    "attendance": say("attendance at assemblies"),
    "quorum": say("quorum"),
    "education_hours": say("hours of education"),
    "rotated": say("months since posts were passed on"),
    "rotate_every": say("months between rotations"),
    "pay_ratio": say("highest to lowest pay"),
    "pay_ratio_cap": say("agreed pay ratio"),
    "people_at_gate": say("people at the gate"),
    "alliances": say("live alliances"),
    "conditions": say("conditions of the state"),
    "eviction_attempts": say("attempts to evict in a year"),
    "strike_effect": say("effect of a strike on an eviction"),
    "return": say("chance of getting back in"),
    "legal_win": say("chance of a law or ruling"),
    "condition_hazard": say("chance of a condition of the state"),
    "embedded_effect": say("protection by being embedded"),
    "price_drift": say("drift of the market price"),
    "price_noise": say("swings of the market price"),
    "price_jump": say("chance of a fall in price"),
    "price_jump_size": say("size of a fall in price"),
    "price_return": say("how fast the price comes back"),
    "follow": say("following the market price"),
    "elasticity": say("reaction of market orders to price"),
    "materials_drift": say("drift of the price of materials"),
    "materials_noise": say("swings of the price of materials"),
    "energy_jump": say("chance of a jump in tariffs"),
    "energy_jump_size": say("size of a jump in tariffs"),
    "energy_return": say("how fast tariffs come back"),
    "state_off": say("chance that the state stops"),
    "state_on": say("chance that the state starts again"),
    "credit_off": say("chance that lending stops"),
    "credit_on": say("chance that lending starts again"),
    "attendance_arrears": say("attendance lost to unpaid months"),
    "attendance_hours": say("attendance lost to overwork"),
    "attendance_hired": say("attendance lost to hiring"),
    "attendance_education": say("attendance won by education"),
    "attendance_speed": say("how fast attendance changes"),
    "attendance_noise": say("swings of attendance"),
}

PAYER_WORDS: Final[dict[str, Sentence]] = {
    "union": say("unions"),
    "movement": say("movements"),
    "community": say("the community"),
    "members": say("the members themselves"),
    "sites": say("the sites together"),
    "state": say("the state"),
    "nobody": say("nobody"),
}

CHANNEL_WORDS: Final[dict[str, Sentence]] = {
    "market": say("market"),
    "state": say("state"),
    "standing": say("standing order"),
    "ad hoc": say("without an agreement"),
    "sites": say("other sites"),
}

BUYER_WORDS: Final[dict[str, Sentence]] = {
    "union": say("unions"),
    "movement": say("movements"),
    "community": say("the community"),
    "ethical consumers": say("consumers who pay out of conscience"),
    "market": say("the market"),
    "state": say("the state"),
    "sites": say("other sites"),
}

COST_WORDS: Final[dict[str, Sentence]] = {
    "materials": say("materials"),
    "energy": say("energy"),
    "other": say("other costs"),
}

#: What the test must not be taken for; printed with every answer. Source: docs/stress.md.
LIMITS: Final[tuple[Sentence, ...]] = (
    say("This is no forecast of a struggle. Nobody can name a model that forecast one rightly."),
    say("People at the gate, repression and courts are a table of judgements with authors, not estimates."),
    say("Chances of degeneration and capture count thresholds that are crossed under assumed rules."),
    say("Which lever helps more, on the same luck, is firmer than any of the levels."),
    say("It says nothing about sites that never opened; published figures are of those that survived."),
    say("That a site survives is not the change of society that it was occupied for."),
    say("It is not for handing out fund money automatically, for ranking sites to be closed, or for lenders."),
    say("In the wrong hands it tells an employer or the state the cheapest way to break the site."),
    say(
        "Nobody has measured how much being embedded helps survival: its size here is an assumption that may be zero."
    ),
)

PRIVATE: Final = say(
    "Private: this answer belongs to the site's assembly. Do not pass it on without the assembly's decision."
)


@dataclass(frozen=True)
class Line:
    """A row of a table: its name and its cells."""

    name: str
    cells: tuple[str, ...]


class StressTelling:
    """Sentences and rows of one answer in one language."""

    def __init__(self, answer: Answer, language: Language) -> None:
        self.answer = answer
        self.language = language
        self.books: Books = answer.books

    def text(self, sentence: Sentence) -> str:
        """A sentence in the language."""
        return self.language.text(sentence)

    # --- figures ---

    def percent(self, share: float) -> str:
        """A share as whole percent, rounded to the nearest; a little is "< 1 %", nearly all "> 99 %"."""
        space = "\N{NO-BREAK SPACE}"
        if 0 < share < 0.005:
            return f"<{space}1{space}%"
        if 0.995 <= share < 1:
            return f">{space}99{space}%"
        return f"{self.language.number(round(100 * share))}{space}%"

    def between(self, estimate: Estimate) -> str:
        """A share with its interval: 62 % (60–64)."""
        low, high = round(100 * estimate.low), round(100 * estimate.high)
        if low == high:
            return self.percent(estimate.value)
        return f"{self.percent(estimate.value)} ({low}–{high})"

    def points(self, estimate: Estimate) -> str:
        """A difference of shares in points, with its interval."""
        low, high = round(100 * estimate.low), round(100 * estimate.high)
        if estimate.value == estimate.low == estimate.high == 0:
            return "0"
        return f"{signed(round(100 * estimate.value))} ({signed(low)} … {signed(high)})"

    def people(self, value: float) -> str:
        """A number of people, rounded."""
        return self.language.number(round(value))

    def money(self, value: float) -> str:
        """An amount to the unit of the currency; one below ten with the currency's decimals."""
        amount = Decimal(repr(value))
        if abs(amount) >= 10 or half_up(amount, self.language.decimals) == 0:
            text = self.language.number(abs(round(amount)), decimals=0)
        else:
            text = self.language.money(abs(amount), code=False)
        return f"−{text}" if amount < 0 and text.strip("0.,") else text

    def shock_name(self, name: str) -> str:
        """A shock in words: the books' own, or one of ours."""
        return self.text(SHOCK_WORDS[name]) if name in SHOCK_WORDS else name

    def label(self, figure: str) -> str:
        """A figure in a few words."""
        return self.text(LABELS[figure])

    def label_or_name(self, figure: str) -> str:
        """A figure in a few words, or its name where it has none."""
        return self.label(figure) if figure in LABELS else figure

    # --- the summary ---

    def when(self) -> Sentence:
        """What was simulated."""
        settings = self.answer.settings
        runs = settings.runs
        if self.books.starts is None:
            return say_many(
                "{count} month, {runs} runs, seed {seed}",
                "{count} months, {runs} runs, seed {seed}",
                settings.months,
                runs=runs,
                seed=str(settings.seed),
            )
        return say_many(
            "{count} month from {day} on, {runs} runs, seed {seed}",
            "{count} months from {day} on, {runs} runs, seed {seed}",
            settings.months,
            day=self.books.starts,
            runs=runs,
            seed=str(settings.seed),
        )

    def summary(self) -> Iterator[Sentence]:
        """Three to five sentences: what becomes of the site, what hurts most, what helps most, what decides."""
        answer = self.answer
        end = answer.base.at[answer.settings.months]
        yield say(
            "If the books and the assumptions hold, the site is still worker-run after {months} months in {share} of the "
            "runs; it has collapsed in {collapsed}, degenerated in {degenerated}, been captured in {captured}.",
            months=answer.settings.months,
            share=self.between(answer.base.worker_run),
            collapsed=self.percent(end["collapsed"].value),
            degenerated=self.percent(end["degenerated"].value),
            captured=self.percent(end["captured"].value),
        )
        yield say(
            "Pay comes first to harm: over the months before a collapse members are paid {pay} of what was agreed on "
            "time.",
            pay=self.percent(answer.base.mean_pay.value),
        )
        worst = min(answer.shocks, key=lambda one: (one.worker_run.value, one.name), default=None)
        if worst is not None and worst.more_worker_run.high < 0:
            yield say(
                "The worst of the shocks looked at: “{shock}”. It leaves the site worker-run in {share} of the runs.",
                shock=self.shock_name(worst.name),
                share=self.percent(worst.worker_run.value),
            )
        best = max(
            answer.levers, key=lambda one: (one.effect.more_worker_run.value, one.effect.name), default=None
        )
        if best is not None and best.effect.more_worker_run.low > 0:
            yield say(
                "The lever that helps most on the same luck: “{lever}”, {points} points; jobs kept: {jobs}. "
                "Who pays: {payer}.",
                lever=best.effect.name,
                points=signed(round(100 * best.effect.more_worker_run.value)),
                jobs=self.people(best.effect.more_jobs.value),
                payer=PAYER_WORDS[best.payer],
            )
        elif answer.levers:
            yield say("None of the levers moves the answer by more than chance does.")
        three = self.three()
        if three:
            yield say(
                "What the answer depends on most: {inputs}. Of these, {assumed} are assumptions.",
                inputs=self.language.listing([self.label(one.figure) for one in three]),
                assumed=sum(assumed(one) for one in three),
            )

    def embedded(self) -> Sentence:
        """Who buys, and which alliances are alive: derived from the books, never entered."""
        parts = sold_to(self.books)
        movements = sum(float(parts.get(payer, 0)) for payer in ("union", "movement", "community"))
        return say(
            "Of a normal month's sales unions, movements and the community pay {movements}, the state {state}, consumers "
            "out of conscience {ethical}; live alliances: {alliances}.",
            movements=self.percent(movements),
            state=self.percent(float(parts.get("state", 0))),
            ethical=self.percent(float(parts.get("ethical consumers", 0))),
            alliances=self.books.number("alliances"),
        )

    def explained(self, outcome: str) -> Sentence:
        """What an outcome means, with the thresholds that hold."""
        number = self.books.number
        share = {name: self.percent(float(number(name))) for name in ("output_least", "pay_least", "hired_most")}
        if outcome == "collapsed":
            return say(
                "Output under {output} of normal or pay under {pay} of what was agreed, in {months} of 6 months with less "
                "than {reach} months of pay in cash, credit and fund; or evicted and not back after {away} months. Only "
                "this is final.",
                output=share["output_least"],
                pay=share["pay_least"],
                months=number("bad_months"),
                reach=number("reach_least"),
                away=number("away_months"),
            )
        if outcome == "degenerated":
            return say(
                "More hired people than {hired} of the members in {months} of 12 months, and the assembly no longer "
                "decides: no quorum {misses} times running, posts not passed on for {rotation} months, or pay above "
                "the agreed ratio. It can come back from there.",
                hired=share["hired_most"],
                months=number("hired_months"),
                misses=number("quorum_misses"),
                rotation=number("rotation_most"),
            )
        if outcome == "captured":
            return say(
                "More than {state} of its receipts come from the state, and the state has imposed a condition, for {months} "
                "months. It can come back from there.",
                state=self.percent(float(number("state_most"))),
                months=number("state_months"),
            )
        if outcome == "exposed":
            return say(
                "The members run it, but movements buy less than {movement} of what it sells, and no alliance is alive.",
                movement=self.percent(float(number("movement_least"))),
            )
        return say("The members run it, and movements buy from it or stand beside it.")

    def three(self) -> tuple[Input, ...]:
        """The three inputs that move the answer most, if they move it beyond chance."""
        moving = [one for one in self.answer.inputs if one.move.low > 0 or one.move.high < 0]
        return tuple(moving[:3])

    def precision(self) -> Sentence:
        """How exact the shares are, and that it is about chance in the simulation alone."""
        half = max(
            (estimate.half_width for row in self.answer.base.at.values() for estimate in row.values()), default=0.0
        )
        return say(
            "Intervals are 95 % intervals of the simulation, at most ± {points} points wide: how far other runs could "
            "differ. They do not say how far the assumptions are off.",
            points=self.language.number(Decimal(repr(round(100 * half, 1)))),
        )

    # --- tables ---

    def outcome_rows(self) -> list[Line]:
        """Outcomes × the months that are told."""
        at = self.answer.base.at
        return [
            Line(self.text(words), tuple(self.between(at[month][name]) for month in at))
            for name, words in OUTCOME_WORDS.items()
        ]

    def cash_rows(self) -> list[Line]:
        """Cash at some months: what 5, 25, 50, 75 and 95 of 100 runs stay below."""
        cash = self.answer.base.cash
        months = sorted({1, 3, 6, *self.answer.base.at} & set(range(1, self.answer.settings.months + 1)))
        return [
            Line(self.month(month), tuple(self.money(float(value)) for value in cash[month - 1]))
            for month in months
        ]

    def pay_rows(self) -> list[Line]:
        """Pay on time and people at some months: what one run in twenty, and half of the runs, stay below."""
        base = self.answer.base
        months = sorted({1, 3, 6, *base.at} & set(range(1, self.answer.settings.months + 1)))
        return [
            Line(
                self.month(month),
                (
                    *(self.percent(float(base.pay[month - 1, level])) for level in (0, 2)),
                    *(self.people(float(base.people[month - 1, level])) for level in (0, 2)),
                ),
            )
            for month in months
        ]

    def outcome_word(self, name: str) -> str:
        """An outcome in words."""
        return self.text(OUTCOME_WORDS[name])

    def book_rows(self) -> list[Line]:
        """The rows of the other sheets: what is in them, and their source."""
        books, number = self.books, self.language.number
        rows = []
        for sale in books.sales:
            words = say(
                "{channel}: {quantity} {unit} a month at {price}, paid by {payer}",
                channel=CHANNEL_WORDS[sale.channel],
                quantity=sale.quantity,
                unit=books.words["unit"],
                price=sale.price,
                payer=BUYER_WORDS[sale.payer],
            )
            rows.append(Line(sale.id, (self.text(words), sale.source)))
        for cost in books.costs:
            words = say(
                "{kind}: {unit} for each unit, {month} a month",
                kind=COST_WORDS[cost.kind],
                unit=cost.per_unit,
                month=cost.per_month,
            )
            rows.append(Line(cost.id, (self.text(words), cost.source)))
        for item in books.owed:
            template = say("owed to the site, due in month {due}: {amount}", due=item.due, amount=item.amount)
            if not item.to_us:
                template = say("owed by the site, due in month {due}: {amount}", due=item.due, amount=item.amount)
            rows.append(Line(item.id, (self.text(template), item.source)))
        for debt in books.debts:
            words = say(
                "debt of {amount}, interest {interest} a year, {instalment} a month",
                amount=debt.amount,
                interest=f"{number(debt.interest * 100)} %",
                instalment=debt.instalment,
            )
            rows.append(Line(debt.id, (self.text(words), debt.source)))
        return rows

    def month(self, month: int) -> str:
        """The number of a month in words."""
        return self.text(say("month {number}", number=month))

    def shock_rows(self) -> list[Line]:
        """Shock: worker-run, points, collapsed, jobs, pay."""
        return [self._effect_row(effect, self.shock_name(effect.name)) for effect in self.answer.shocks]

    def _effect_row(self, effect: Effect, name: str) -> Line:
        return Line(
            name,
            (
                self.between(effect.worker_run),
                self.points(effect.more_worker_run),
                signed(round(effect.more_jobs.value)),
                signed(round(100 * effect.more_pay.value)),
            ),
        )

    def ranked(self) -> list[LeverEffect]:
        """Levers, the one that helps most first."""
        return sorted(self.answer.levers, key=lambda one: (-one.effect.more_worker_run.value, one.effect.name))

    def lever_rows(self) -> list[Line]:
        """Lever: points, jobs kept, pay, cost a month."""
        rows = []
        for one in self.ranked():
            effect = one.effect
            rows.append(
                Line(
                    effect.name,
                    (
                        self.points(effect.more_worker_run),
                        signed(round(effect.more_jobs.value)),
                        signed(round(100 * effect.more_pay.value)),
                        self.money(one.month.value),
                    ),
                )
            )
        return rows

    def lever_cost(self, one: LeverEffect) -> Sentence:
        """Who pays for a lever, and what it comes to for each member of the unions."""
        if one.per_member is None:
            return say("{lever}: paid by {payer}.", lever=one.effect.name, payer=PAYER_WORDS[one.payer])
        each = self.language.money(Decimal(repr(one.per_member)), extra=2)
        if one.per_member_job is None:
            return say(
                "{lever}: paid by {payer}; {each} a month for each union member. No job kept beyond chance.",
                lever=one.effect.name,
                payer=PAYER_WORDS[one.payer],
                each=each,
            )
        return say(
            "{lever}: paid by {payer}; {each} a month for each union member, {job} for each job kept.",
            lever=one.effect.name,
            payer=PAYER_WORDS[one.payer],
            each=each,
            job=self.language.money(Decimal(repr(one.per_member_job)), extra=4),
        )

    def under_rows(self) -> list[Line]:
        """Levers × shocks: the share of runs that are worker-run at the end with both; first row: no lever."""
        none = Line(
            self.text(say("no lever")), tuple(self.percent(one.worker_run.value) for one in self.answer.shocks)
        )
        return [none] + [
            Line(
                one.effect.name,
                tuple(self.percent(one.under[shock.name].value) for shock in self.answer.shocks),
            )
            for one in self.ranked()
        ]

    def cliffs(self) -> list[Sentence]:
        """How far the edge is for each shock; one sentence where most runs are lost as it is."""
        if self.answer.cliffs and all(one.at == 0 for one in self.answer.cliffs):
            return [say("Most runs are lost as it is: no further shock is needed.")]
        return [self.cliff(one) for one in self.answer.cliffs]

    def cliff(self, one: Cliff) -> Sentence:
        """How far the edge is."""
        words = CLIFF_WORDS[one.figure]
        if one.at is None:
            return say(
                "{what} {size}: even then the site is worker-run in most runs.",
                what=words,
                size=self.size(one, one.most),
            )
        return say("{what} {size}: from there on most runs are lost.", what=words, size=self.size(one, one.at))

    def way_back(self) -> Sentence | None:
        """What would hold most runs where they are lost as it is."""
        way = self.answer.way_back
        if way is None:
            return None
        if way.month is None:
            return say(
                "Not even a whole month's pay from outside each month, come what may, would hold most runs."
            )
        if way.per_member is None:
            return say(
                "{money} a month from outside, come what may, would hold most runs.",
                money=self.language.money(Decimal(round(way.month)), extra=-self.language.decimals),
            )
        return say(
            "{money} a month from outside, come what may, would hold most runs: {each} for each union member.",
            money=self.language.money(Decimal(round(way.month)), extra=-self.language.decimals),
            each=self.language.money(Decimal(repr(way.per_member)), extra=2 if way.per_member < 1 else 0),
        )

    def size(self, one: Cliff, at: Decimal) -> Sentence | str:
        """The size of a shock in its unit."""
        if one.figure == "late_state":
            return say("{number} months", number=at)
        return self.percent(float(at))

    def input_rows(self) -> list[Line]:
        """Figures that move the answer beyond chance, most first: range, shares at both ends, what it is."""
        rows = []
        for one in self.answer.inputs:
            if one.move.low <= 0 <= one.move.high:
                continue
            low, high = one.value.low, one.value.high
            assert low is not None and high is not None
            rows.append(
                Line(
                    one.figure,
                    (
                        f"{self.language.number(low)} … {self.language.number(high)}",
                        f"{self.percent(one.at_low.value)} → {self.percent(one.at_high.value)}",
                        self.points(one.move),
                        self.text(BASIS_WORDS[one.value.basis]),
                    ),
                )
            )
        return rows

    def known_rows(self) -> list[Line]:
        """Every figure of the sheet site: its value, its range, what it rests on and the words about it."""
        rows = []
        for name, figure in FIGURE.items():
            value = self.books.figures.get(name)
            if value is None or figure.group == "questions":
                continue
            spread = ""
            if value.low is not None and value.high is not None:
                spread = f"{self.language.number(value.low)} … {self.language.number(value.high)}"
            basis = self.text(BASIS_WORDS[value.basis])
            rows.append(Line(name, (self.language.number(value.value), spread, basis, value.source)))
        return rows

    def judgement_rows(self) -> list[Line]:
        """The table of judgements for the site's own legal status."""
        status = self.books.words["legal_status"]
        return [
            Line(
                self.language.number(row.people),
                (
                    self.percent(float(row.success)),
                    self.text(say("the authors of this program")) if row.author == OUR_JUDGEMENT else row.author,
                    "" if row.since is None else self.language.date(row.since),
                ),
            )
            for row in table_of(self.books)
            if row.status == status
        ]


def signed(number: int) -> str:
    """A whole number with its sign; nothing before 0."""
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"


def assumed(one: Input) -> bool:
    """Whether an input is an assumption, the site's or the program's."""
    return one.value.basis in ("assumption", "program")
