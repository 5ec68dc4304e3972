"""The stress test as one self-contained page for the site's assembly: no network, no scripts, for phones and paper."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from solidaria import __version__
from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.watch.answer import Answer, Effect, Input, LeverEffect
from solidaria.core.watch.fields import OUTCOMES
from solidaria.core.watch.figures import FIGURE
from solidaria.report import stress_charts as charts
from solidaria.report.html import FRIEZE, TEMPLATES, Key, Section, strong
from solidaria.report.language import Language
from solidaria.report.stress import (
    BASIS_WORDS,
    LIMITS,
    OUTCOME_WORDS,
    PAYER_WORDS,
    PRIVATE,
    StressTelling,
    assumed,
    signed,
)

OTHER_LANGUAGE = {
    "en": say("This page also exists in Spanish: solidaria stress … --lang es"),
    "es": say("This page also exists in English: solidaria stress … --lang en"),
}

#: The colours of the outcomes in the picture, the best at the bottom.
STACK = ("embedded", "exposed", "captured", "degenerated", "collapsed")


def stress_html(answer: Answer, language: Language) -> str:
    """The page of one answer."""
    page = StressPage(answer, language)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )

    def template_say(template: str, **values: object) -> Markup:
        return language.markup(say(template, **values))

    environment.globals.update(say=template_say, language=language, version=__version__)
    return environment.get_template("stress.html").render(
        page=page,
        telling=page.telling,
        answer=answer,
        frieze=FRIEZE,
        limits=[page.markup(limit) for limit in LIMITS],
        private=page.markup(PRIVATE),
        other_language=language.markup(OTHER_LANGUAGE[language.code]),
    )


@dataclass(frozen=True)
class Row:
    """A shock or a lever on the page: its name, its share in large letters, its bar, sentences under it."""

    name: str
    figure: str
    bar: Markup
    words: tuple[Markup, ...]


@dataclass(frozen=True)
class InputRow:
    """An input on the page."""

    figure: str
    label: str
    meaning: str
    words: Markup
    shares: str
    bar: Markup
    basis: str
    is_assumed: bool


class StressPage:
    """What the template asks for; every method gives back text in the page's language."""

    def __init__(self, answer: Answer, language: Language) -> None:
        self.answer = answer
        self.language = language
        self.telling = StressTelling(answer, language)

    def markup(self, sentence: Sentence | str) -> Markup:
        """A sentence as HTML, with what people typed escaped."""
        return self.language.markup(sentence)

    def _text(self, sentence: Sentence) -> str:
        return self.language.text(sentence)

    def _loud(self, sentence: Sentence) -> Markup:
        values = {
            name: value if isinstance(value, Sentence) else strong(self.language.value(value))
            for name, value in sentence.values.items()
        }
        return self.markup(Sentence(sentence.template, values, sentence.plural, sentence.count))

    # --- the frame ---

    def sections(self) -> list[Section]:
        """The parts of the page in their order."""
        titles = {
            "summary": say("What this page says"),
            "outcomes": say("What becomes of the site"),
            "cash": say("Cash, month by month"),
            "shocks": say("What shocks would do"),
            "levers": say("What would help, on the same luck"),
            "cliff": say("How far it is to the cliff"),
            "inputs": say("What the answer depends on"),
            "known": say("What is known and what is assumed"),
            "limits": say("What this cannot say"),
        }
        absent = set()
        if not self.answer.shocks:
            absent.add("shocks")
        if not self.answer.levers:
            absent.add("levers")
        return [Section(id, self._text(title)) for id, title in titles.items() if id not in absent]

    def summary(self) -> list[Markup]:
        """The sentences of the summary, their figures standing out."""
        return [self._loud(sentence) for sentence in self.telling.summary()]

    def keys(self) -> list[tuple[str, Key]]:
        """Four figures to remember, each with the class of its colour."""
        base, telling = self.answer.base, self.telling
        months = self.answer.settings.months
        end = base.at[months]
        return [
            (
                "held",
                Key(telling.percent(base.worker_run.value), self._text(say("of runs worker-run at the end"))),
            ),
            (
                "lost",
                Key(telling.percent(end["collapsed"].value), self._text(say("of runs collapsed by then"))),
            ),
            ("", Key(telling.percent(base.mean_pay.value), self._text(say("of agreed pay paid on time")))),
            (
                "",
                Key(
                    f"{telling.people(base.jobs.value)} / {telling.people(float(self.answer.books.number('members')))}",
                    self._text(say("jobs at the end, on average, of those now")),
                ),
            ),
        ]

    # --- pictures ---

    def outcome_legend(self) -> list[tuple[str, str, str]]:
        """Class, name and explanation of each outcome, the worst first as it lies in the picture."""
        return [
            (f"o-{name}", self._text(OUTCOME_WORDS[name]), self._text(self.telling.explained(name)))
            for name in reversed(STACK)
        ]

    def outcome_picture(self) -> Markup:
        """Outcomes over the months."""
        order = [OUTCOMES.index(name) for name in STACK]
        months = self.answer.settings.months
        first, last = self.answer.base.occupation[0], self.answer.base.occupation[-1]
        label = self._text(
            say(
                "Outcomes by month. Worker-run: {first} in month 1, {last} in month {months}.",
                first=self.telling.percent(float(first[3] + first[4])),
                last=self.telling.percent(float(last[3] + last[4])),
                months=months,
            )
        )
        return charts.areas(self.answer.base.occupation[:, order], [f"o-{name}" for name in STACK], label=label)

    def cash_picture(self) -> tuple[Markup, list[str]]:
        """The fan of cash and the amounts along its side, the highest first."""
        cash = self.answer.base.cash
        # The highest of the runs would press everything else flat: the picture ends where three quarters do, or a bit above.
        top = charts.round_top(max(float(cash[:, 3].max()) * 1.25, float(cash[0, 4]), 1.0))
        label = self._text(
            say(
                "Cash by month. In the last month half of the runs have less than {middle}, one in twenty less than {low}.",
                middle=self.telling.money(float(cash[-1, 2])),
                low=self.telling.money(float(cash[-1, 0])),
            )
        )
        marks = [self.telling.money(top * part) for part in (1, 0.75, 0.5, 0.25)] + ["0"]
        return charts.fan(cash, top, 0.0, label=label), marks

    def month_marks(self) -> list[str]:
        """Months along the foot of a picture."""
        months = self.answer.settings.months
        return [str(round(1 + (months - 1) * part)) for part in (0, 0.25, 0.5, 0.75, 1)]

    # --- shocks and levers ---

    def shocks(self) -> list[Row]:
        """Each shock with its bar; the mark is the share without the shock."""
        return [self._row(one, self.telling.shock_name(one.name), ()) for one in self._worst_first()]

    def _worst_first(self) -> list[Effect]:
        return sorted(self.answer.shocks, key=lambda one: (one.worker_run.value, one.name))

    def levers(self) -> list[Row]:
        """Each lever with its bar and who pays, the one that helps most first."""
        return [self._row(one.effect, one.effect.name, self._who_pays(one)) for one in self.telling.ranked()]

    def _row(self, effect: Effect, name: str, more: tuple[Markup, ...]) -> Row:
        telling = self.telling
        share = effect.worker_run
        words = say(
            "{points} points against the books as they are; {jobs} jobs; pay {pay} points.",
            points=telling.points(effect.more_worker_run),
            jobs=signed(round(effect.more_jobs.value)),
            pay=signed(round(100 * effect.more_pay.value)),
        )
        label = self._text(
            say(
                "{name}: worker-run in {share}, without it in {base}.",
                name=name,
                share=telling.between(share),
                base=telling.percent(self.answer.base.worker_run.value),
            )
        )
        bar = charts.interval(share.value, share.low, share.high, self.answer.base.worker_run.value, label=label)
        return Row(name, telling.between(share), bar, (self.markup(words), *more))

    def _who_pays(self, one: LeverEffect) -> tuple[Markup, ...]:
        telling = self.telling
        paid = self.markup(
            say(
                "Paid by {payer}: {amount} a month.",
                payer=PAYER_WORDS[one.payer],
                amount=f"{telling.money(one.month.value)} {self.language.currency}",
            )
        )
        if one.per_member is None:
            return (paid,)
        each = self.language.money(Decimal(repr(one.per_member)), extra=2)
        if one.per_member_job is None:
            more = say("For each union member {each} a month; no job is kept beyond chance.", each=each)
        else:
            job = self.language.money(Decimal(repr(one.per_member_job)), extra=4)
            more = say("For each union member {each} a month; {job} for each job kept.", each=each, job=job)
        return (paid, self.markup(more))

    def heat(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Levers × shocks: class and text of each cell."""
        rows = []
        shares = [
            (self._text(say("no lever")), [one.worker_run.value for one in self.answer.shocks]),
            *(
                (one.effect.name, [one.under[shock.name].value for shock in self.answer.shocks])
                for one in self.telling.ranked()
            ),
        ]
        for name, values in shares:
            rows.append((name, [(shade(value), self.telling.percent(value)) for value in values]))
        return rows

    def shock_names(self) -> list[str]:
        """The shocks in the order of the table."""
        return [self.telling.shock_name(one.name) for one in self.answer.shocks]

    # --- inputs ---

    def three(self) -> list[InputRow]:
        """The three inputs that matter most."""
        return [self._input(one) for one in self.telling.three()]

    def _input(self, one: Input) -> InputRow:
        now = self.answer.base.worker_run.value
        label = f"{self.telling.label(one.figure)}: {self._input_words(one).striptags()}"
        return InputRow(
            one.figure,
            self.telling.label(one.figure),
            self.meaning(one.figure),
            self._input_words(one),
            f"{self.telling.percent(one.at_low.value)} → {self.telling.percent(one.at_high.value)}",
            charts.reach(one.at_low.value, one.at_high.value, now, label=label),
            self._text(BASIS_WORDS[one.value.basis]),
            assumed(one),
        )

    def _input_words(self, one: Input) -> Markup:
        assert one.value.low is not None and one.value.high is not None
        return self._loud(
            say(
                "From {low} to {high}, the share of runs that stay worker-run goes from {at_low} to {at_high}.",
                low=one.value.low,
                high=one.value.high,
                at_low=self.telling.percent(one.at_low.value),
                at_high=self.telling.percent(one.at_high.value),
            )
        )

    def inputs(self) -> list[InputRow]:
        """The other inputs that move the answer beyond chance."""
        moving = {line.name for line in self.telling.input_rows()}
        return [self._input(one) for one in self.answer.inputs if one.figure in moving][
            len(self.telling.three()) :
        ]

    def meaning(self, figure: str) -> str:
        """What a figure means."""
        return self._text(FIGURE[figure].column.meaning)

    def inert(self) -> Markup:
        """How many ranged inputs do not move the answer beyond chance."""
        moving = len(self.telling.input_rows())
        return self.markup(
            say_many(
                "{count} other figure with a range does not move the answer by more than chance does.",
                "{count} other figures with a range do not move the answer by more than chance does.",
                len(self.answer.inputs) - moving,
            )
        )


def shade(share: float) -> str:
    """The class of a cell by its share, from red to green."""
    steps = (0.2, 0.5, 0.7, 0.9)
    return f"c{sum(share >= step for step in steps)}"
