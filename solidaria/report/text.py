"""A plan for a terminal of 80 columns: plain, calm, the most important first."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from solidaria.core.plan.refusals import Refusals
from solidaria.core.price.account import PayAtStake
from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.result import Result
from solidaria.report.difference import Difference
from solidaria.report.figures import Figures, Group
from solidaria.report.language import Language
from solidaria.report.sidebyside import Figure, figures_side_by_side, tables_of_changes
from solidaria.report.telling import Telling, gain_told

WIDTH = 80
BAR = 20
#: Rows of each part; the page and the spreadsheet have the rest.
MOST_ROWS = 12
#: A name is cut in a table where the line has no room for it, with an ellipsis, but never shorter than this.
SHORTEST = 34


def to_text(
    result: Result,
    language: Language,
    difference: Difference | None = None,
    refusals: Refusals | None = None,
) -> str:
    """The plan as text, no line longer than 80 characters unless a single word is."""
    figures = Figures(result)
    return "\n".join(_Text(figures, language).lines(difference, refusals or Refusals())) + "\n"


def compare_text(difference: Difference, language: Language) -> str:
    """Plans side by side as text; with many plans the lines grow longer than 80 characters."""
    name, product_name = difference.organisation_names(), difference.product_names()
    lines = _heading(language.text(say("Plans side by side")))
    lines += _side_by_side(difference, language, name, product_name)
    if difference.gains:
        lines += ["", *_heading(language.text(say("Who gains and who loses")))]
        for gain in difference.gains[:MOST_ROWS]:
            told = gain_told(gain, name(gain.organisation), difference.variants[gain.variant].name)
            lines += _item(language.text(told))
        lines += _rest(len(difference.gains) - MOST_ROWS, language)
    return "\n".join(lines) + "\n"


class _Text:
    def __init__(self, figures: Figures, language: Language) -> None:
        self.figures = figures
        self.language = language
        self.telling = Telling(figures, language)

    def lines(self, difference: Difference | None, refusals: Refusals) -> Iterator[str]:
        name = self.figures.network.name
        yield name
        yield "=" * min(len(name), WIDTH)
        yield from _wrapped(self._say(self.telling.when()))
        for sentence in self.telling.summary():
            yield ""
            yield from _wrapped(self._say(sentence))
        status = self.telling.status()
        if status is not None:
            yield ""
            yield from _wrapped(self._say(status))
        for warning in self.figures.prices.warnings:
            yield ""
            yield from _wrapped(self._say(warning))
        if difference is not None:
            yield from self._difference(difference, refusals)
        for title, part in (
            (say("Who gets what they need"), self._coverage()),
            (say("What is missing, and what would help"), self._shortfalls()),
            (say("Promises"), self._promises()),
            (say("What we will make, and for whom"), self._making()),
            (say("What each thing costs"), self._prices()),
            (say("Who carries the solidarity"), self._solidarity()),
            (say("Money that leaves the network"), self._outside()),
            (say("A choice for the assembly"), self._choice()),
        ):
            lines = list(part)
            if lines:
                yield ""
                yield from _heading(self._say(title))
                yield from lines
        yield ""
        yield from _wrapped(
            self._say(
                say(
                    "The whole plan, with the proof and where each number comes from: add --format html, xlsx or "
                    "json."
                )
            )
        )

    def _say(self, sentence: Sentence) -> str:
        return self.language.text(sentence)

    def _difference(self, difference: Difference, refusals: Refusals) -> Iterator[str]:
        yield ""
        yield from _heading(self._say(say("What changes with the refusals")))
        for sentence in self.telling.refused(refusals):
            yield from _item(self._say(sentence))
        yield ""
        yield from _side_by_side(difference, self.language, self.figures.name, self.figures.product_name)
        for gain in difference.gains[:MOST_ROWS]:
            yield from _item(self._say(self.telling.gain(gain, difference)))
        yield from _rest(len(difference.gains) - MOST_ROWS, self.language)

    def _coverage(self) -> Iterator[str]:
        for tier, group in self.figures.by_tier.items():
            yield f"{self._say(self.telling.tier_short(tier))}  {_bar(group)}"
            yield from _wrapped(self._say(self.telling.group(group)), "  ")
        if self.figures.by_tier:
            yield from _wrapped(self._say(say("In the bars: = wholly met, - in part, . not at all.")))

    def _shortfalls(self) -> Iterator[str]:
        for coverage, shortfall in self.figures.shortfalls[:MOST_ROWS]:
            title = say(
                "{organisation}: {product} (tier {tier})",
                organisation=self.figures.name(coverage.organisation),
                product=self.figures.product_name(coverage.product),
                tier=coverage.tier,
            )
            yield from _wrapped(self._say(title))
            yield from _wrapped(self._say(self.telling.shortfall(coverage, shortfall)), "  ")
            for sentence in self.telling.reasons(shortfall.because):
                yield from _item(self._say(sentence), "  ")
        yield from _rest(len(self.figures.shortfalls) - MOST_ROWS, self.language)

    def _promises(self) -> Iterator[str]:
        if not self.figures.broken:
            return
        yield from _wrapped(self._say(self.telling.broken()))
        for row in self.figures.broken[:MOST_ROWS]:
            title = say(
                "{site} → {organisation}: {delivered} of {quantity} {product}",
                site=self.figures.name(row.site),
                organisation=self.figures.name(row.organisation),
                delivered=row.delivered,
                quantity=self.language.number(row.quantity, self.figures.unit(row.product)),
                product=self.figures.product_name(row.product),
            )
            yield from _wrapped(self._say(title))
            for sentence in self.telling.reasons(row.because):
                yield from _item(self._say(sentence), "  ")
        yield from _rest(len(self.figures.broken) - MOST_ROWS, self.language)

    def _making(self) -> Iterator[str]:
        if len(self.figures.sites) > MOST_ROWS:
            rows = [
                (
                    self.figures.product_name(product),
                    self.language.number(quantity, self.figures.unit(product)),
                    self._say(say_many("{count} site", "{count} sites", sites)),
                )
                for product, quantity, _, sites, _ in self.figures.made
            ]
            yield from _table(rows[: 2 * MOST_ROWS])
            yield from _rest(len(rows) - 2 * MOST_ROWS, self.language)
        else:
            for site in self.figures.sites:
                yield from _wrapped(self.figures.name(site.site))
                for made in site.makes:
                    to = [organisation for organisation, _ in made.receivers]
                    values = {
                        "quantity": self.language.number(made.quantity, self.figures.unit(made.product)),
                        "product": self.figures.product_name(made.product),
                    }
                    if to and made.own_use:
                        told = say(
                            "{product}, {quantity}, for {receivers}; {own_use} of it for the network's own use",
                            **values,
                            receivers=self.telling.names(to),
                            own_use=self.language.number(made.own_use, self.figures.unit(made.product)),
                        )
                    elif to:
                        told = say(
                            "{product}, {quantity}, for {receivers}", **values, receivers=self.telling.names(to)
                        )
                    else:
                        told = say("{product}, {quantity}, for the network's own use", **values)
                    yield from _item(self._say(told), "  ")
        for row in self.figures.plan.reopened:
            yield from _wrapped(self._say(self.telling.reopened(row)))
        pool = self.telling.pool()
        if pool is not None and (self.figures.sites or self.figures.buyers):
            yield from _wrapped(self._say(pool))

    def _prices(self) -> Iterator[str]:
        made = [one for one in self.figures.product_prices if one.made]
        head = (say("product"), say("our price"), say("market price"), say("difference"))
        rows = [tuple(self._say(word) for word in head)]
        for one in made[: 2 * MOST_ROWS]:
            rows.append(
                (
                    self.figures.product_name(one.product),
                    self.language.price(one.price, least=self.figures.price_decimals.get(one.product, 0)),
                    "–" if one.market is None else self.language.price(one.market),
                    "–" if one.above is None else self._signed(float(one.above)),
                )
            )
        if made:
            yield from _table(rows)
            yield from _rest(len(made) - 2 * MOST_ROWS, self.language)
        wage = self._say(
            say("Living wage: {wage} an hour.", wage=self.language.money(self.figures.network.rules.living_wage))
        )
        yield from _wrapped(wage)
        yield from _wrapped(self._say(self.telling.jobs()))

    def _signed(self, share: float) -> str:
        return ("+" if share > 0 else "−" if share < 0 else "") + self.language.percent(abs(share))

    def _solidarity(self) -> Iterator[str]:
        solidarity = self.figures.prices.solidarity
        yield from _wrapped(self._say(self.telling.solidarity()))
        if not solidarity.needed:
            return
        parts = (
            (say("prices above what buyers pay"), solidarity.goods),
            (say("jobs"), solidarity.jobs),
            (say("transport"), solidarity.transport),
            (say("reopening"), solidarity.reopening),
        )
        yield from _table([(self._say(words), self.language.money(amount)) for words, amount in parts if amount])
        yield ""
        payers = [row for row in self.figures.carriers if row.amount]
        head = (say("organisation"), say("pays"), say("per member"), say("minutes of pay"))
        table = [tuple(self._say(word) for word in head)]
        table += [
            (
                self.figures.name(row.organisation.id),
                self.language.money(row.amount),
                self.language.money(row.per_member),
                "–" if row.minutes is None else self.language.number(row.minutes),
            )
            for row in payers[:MOST_ROWS]
        ]
        if payers:
            yield from _table(table)
            yield from _rest(len(payers) - MOST_ROWS, self.language)
        yield from _wrapped(self._say(self.telling.individuals()))
        if self.figures.carried.warning is not None:
            yield from _wrapped(self._say(self.figures.carried.warning))
        if solidarity.uncovered:
            told = say("Nobody carries {amount} yet:", amount=self.language.money(solidarity.uncovered))
            yield from _wrapped(self._say(told))
            for row in self.figures.at_stake[:MOST_ROWS]:
                yield from _item(self._say(self._at_stake(row)), "  ")
            yield from _rest(len(self.figures.at_stake) - MOST_ROWS, self.language)

    def _at_stake(self, stake: PayAtStake) -> Sentence:
        site, money = stake.site, self.language.money(stake.amount)
        if site is None:
            return say("goods bought outside, and transport: {money}", money=money)
        if stake.hours is None or stake.jobs is None:
            return say("{site}: {money}", site=self.figures.name(site), money=money)
        return say(
            "{site}: {money}, the pay of {hours} hours or {jobs} members for the whole plan",
            site=self.figures.name(site),
            money=money,
            hours=self.language.number(stake.hours, decimals=0),
            jobs=self.language.number(stake.jobs, decimals=1),
        )

    def _outside(self) -> Iterator[str]:
        yield from _wrapped(self._say(self.telling.outside()))

    def _choice(self) -> Iterator[str]:
        if self.figures.plan.slack:
            for sentence in self.telling.slack_offers():
                yield from _wrapped(self._say(sentence))


def _side_by_side(
    difference: Difference, language: Language, name: Callable[[str], str], product_name: Callable[[str], str]
) -> Iterator[str]:
    head = ("", *(variant.name for variant in difference.variants))
    rows = [(row.label, *row.values) for row in figures_side_by_side(difference, language)]
    yield from _table([head, *rows])
    for table in tables_of_changes(difference, language, name, product_name, MOST_ROWS):
        yield ""
        yield from _wrapped(table.title)
        yield from _table([_row(row) for row in table.rows], "  ")
        yield from _rest(table.left_out, language)


def _row(row: Figure) -> tuple[str, ...]:
    return (row.label, *row.values)


def _heading(title: str) -> list[str]:
    return [title, "-" * min(len(title), WIDTH)]


def _bar(group: Group) -> str:
    """The needs of a group as a bar: = wholly met, - met in part, . not at all."""
    none, whole = group.shades[0], group.whole
    met, reached = BAR * whole // group.needs, BAR * (group.needs - none) // group.needs
    return "[" + "=" * met + "-" * (reached - met) + "." * (BAR - reached) + "]"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _item(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{indent}- ",
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _rest(count: int, language: Language) -> Iterable[str]:
    if count > 0:
        yield "  " + language.text(say_many("… and {count} more", "… and {count} more", count))


def _table(rows: Sequence[tuple[str, ...]], indent: str = "") -> Iterator[str]:
    """Rows as columns: the first to the left, the others to the right."""
    if not rows:
        return
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    room = WIDTH - len(indent) - sum(width + 2 for width in widths[1:])
    widths[0] = min(widths[0], max(room, SHORTEST))
    cut = [(_cut(row[0], widths[0]), *row[1:]) for row in rows]
    for row in cut:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield (indent + "  ".join(cells)).rstrip()


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
