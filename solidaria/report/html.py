"""One self-contained page for an assembly: no network, no scripts, readable on a phone and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from solidaria import __version__
from solidaria.core.money import half_up
from solidaria.core.network import ZERO, Organisation, Site
from solidaria.core.plan.refusals import Refusals
from solidaria.core.problem import Fault, Sentence, say, say_many
from solidaria.core.result import (
    PRICE_LINES,
    Amount,
    Coverage,
    Delivery,
    Level,
    Reason,
    Reopened,
    Result,
    Shortfall,
    UnitCost,
)
from solidaria.report import charts
from solidaria.report.difference import Difference
from solidaria.report.figures import CommunityRow, Figures, Group, Made, ProductPrice, SiteWork, shade
from solidaria.report.language import Language
from solidaria.report.sidebyside import Figure, Table, figures_side_by_side, tables_of_changes
from solidaria.report.telling import Telling, gain_told
from solidaria.report.units import unit_of
from solidaria.report.words import GLOSSARY, KINDS_MANY, LINES, LINES_EXPLAINED, RULES, SHADES, SHEETS

TEMPLATES = Path(__file__).parent / "templates"

#: Beyond these the page shows sums first and the whole table behind a click.
MOST_CARDS = 14
MOST_BUYERS = 30
#: The name of a period that stays on one line.
SHORT_PERIOD = 12
MOST_COMMUNITIES = 24
MOST_PRODUCTS = 16
MOST_SHORTFALLS = 8
MOST_RECIPES = 6
MOST_EQUALISED = 24
MOST_PRINTED = 30
#: Rows of a long table on the page; the rest is in the spreadsheet.
MOST_ROWS = 400


def to_html(
    result: Result,
    language: Language,
    difference: Difference | None = None,
    refusals: Refusals | None = None,
) -> str:
    """The page of one plan.

    difference   the plan without and with refusals, shown after the summary
    refusals     what was refused; needed with a difference
    """
    page = Page(Figures(result), language, difference, refusals or Refusals())
    return (
        _environment(language, page)
        .get_template("report.html")
        .render(
            page=page,
            figures=page.figures,
            plan=result.plan,
            sections=page.sections(),
            frieze=FRIEZE,
            other_language=language.markup(OTHER_LANGUAGE[language.code]),
        )
    )


def compare_html(difference: Difference, language: Language) -> str:
    """The page that puts several plans side by side."""
    page = SideBySide(difference, language)
    return _environment(language, page).get_template("compare.html").render(page=page, frieze=FRIEZE)


OTHER_LANGUAGE = {
    "en": say("This page also exists in Spanish: solidaria plan … --lang es"),
    "es": say("This page also exists in English: solidaria plan … --lang en"),
}

#: A strip of tiles, as a potter would lay them.
FRIEZE = Markup(
    '<svg class="frieze" aria-hidden="true" focusable="false"><defs><pattern id="tiles" width="36" height="18" '
    'patternUnits="userSpaceOnUse"><rect class="c" width="36" height="18"/><path class="d" d="M0 18 9 0 18 18z"/>'
    '<path class="b" d="M18 0h18L27 18z"/><circle class="a" cx="9" cy="13" r="2.4"/>'
    '<circle class="c" cx="27" cy="5" r="2.4"/></pattern><pattern id="missing" width="8" height="8" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-back" width="8" height="8"/>'
    '<line class="hatch" x1="0" x2="0" y1="0" y2="8"/></pattern></defs>'
    '<rect width="100%" height="18" fill="url(#tiles)"/></svg>'
)


def _environment(language: Language, page: Page | SideBySide) -> Environment:
    """Templates that escape whatever people typed, and fail on a name that does not exist."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )

    def template_say(template: str, **values: object) -> Markup:
        return language.markup(say(template, **values))

    def template_say_many(one: str, many: str, count: int, **values: object) -> Markup:
        return language.markup(say_many(one, many, count, **values))

    environment.globals.update(
        say=template_say,
        say_many=template_say_many,
        language=language,
        version=__version__,
        text=language.text,
        date=language.date,
        n=language.number,
        money=lambda amount, code=False: language.money(amount, code=code),
        price=lambda amount, code=False: language.price(amount, code=code),
        pct=language.percent,
        strong=strong,
        currency=language.currency,
    )
    if isinstance(page, Page):
        environment.globals.update(
            name=page.figures.name,
            product_name=page.figures.product_name,
            unit=page.figures.unit,
            one_unit=lambda product: unit_of(page.figures.unit(product), one=True),
            kind_many=lambda kind: language.text(KINDS_MANY[kind]) if kind in KINDS_MANY else kind,
        )
    return environment


def strong(text: object) -> Markup:
    """Text that stands out."""
    return Markup("<strong>{}</strong>").format(text)


@dataclass(frozen=True)
class Section:
    """A part of the page: its id, which is also its template, and its title."""

    id: str
    title: str


@dataclass(frozen=True)
class Key:
    """A figure in large letters with the words that say what it is."""

    figure: str
    words: str


@dataclass(frozen=True)
class Part:
    """A slice of a bar, for its legend."""

    colour: str
    words: str
    amount: Decimal


class Page:
    """What the templates ask for; every method gives back text in the page's language."""

    lines = PRICE_LINES
    most_columns = MOST_RECIPES

    def __init__(
        self, figures: Figures, language: Language, difference: Difference | None, refusals: Refusals
    ) -> None:
        self.figures = figures
        self.language = language
        self.difference = difference
        self.refusals = refusals
        self.telling = Telling(figures, language)

    def _say(self, sentence: Sentence | str) -> Markup:
        return self.language.markup(sentence)

    def _text(self, template: Sentence) -> str:
        return self.language.text(template)

    def _loud(self, sentence: Sentence) -> Markup:
        """A sentence whose figures stand out."""
        values = {
            name: value if isinstance(value, Sentence) else strong(self.language.value(value))
            for name, value in sentence.values.items()
        }
        return self._say(Sentence(sentence.template, values, sentence.plural, sentence.count))

    # --- the frame ---

    def sections(self) -> list[Section]:
        """The parts of the page in their order."""
        titles = {
            "summary": say("What this page says"),
            "difference": say("What changes with the refusals"),
            "make": say("What we will make, and for whom"),
            "coverage": say("Who gets what they need"),
            "shortfalls": say("What is missing, and what would help"),
            "promises": say("Promises"),
            "prices": say("What each thing costs"),
            "solidarity": say("Who carries the solidarity"),
            "equalisation": say("Between our own sites"),
            "outside": say("Money that leaves the network"),
            "reopened": say("Sites that open again"),
            "choice": say("A choice for the assembly"),
            "proof": say("How we know that this is fair"),
            "rules": say("Rules in force"),
            "data": say("What is known and what is assumed"),
            "words": say("Words"),
        }
        absent = set()
        if self.difference is None:
            absent.add("difference")
        if not self.figures.plan.slack:
            absent.add("choice")
        if not self.figures.network.reopenings:
            absent.add("reopened")
        return [Section(id, self._text(title)) for id, title in titles.items() if id not in absent]

    def when(self) -> Markup:
        """The time the plan is about."""
        return self._say(self.telling.when())

    def first(self, rows: Sequence[object], most: int = MOST_ROWS) -> Sequence[object]:
        """The rows the page has room for."""
        return rows[:most]

    def more(self, rows: Sequence[object], most: int = MOST_ROWS) -> Markup:
        """Where the other rows are; nothing when all are shown."""
        return self.left_out(len(rows) - most) if len(rows) > most else Markup("")

    def left_out(self, count: int) -> Markup:
        """How many rows are not on the page, and where they are."""
        return Markup('<p class="soft">{}</p>').format(
            self._text(
                say_many(
                    "{count} more row is in the spreadsheet: solidaria plan … --format xlsx",
                    "{count} more rows are in the spreadsheet: solidaria plan … --format xlsx",
                    count,
                )
            )
        )

    def period_note(self, period: str) -> Markup:
        """The period, where the plan has several."""
        if len(self.figures.network.periods) == 1:
            return Markup("")
        whole = (
            "soft when" if len(period) <= SHORT_PERIOD else "soft"
        )  # "2026-12" in two lines reads as two things
        return Markup(' <span class="{}">({})</span>').format(whole, period)

    def part(self, some: Decimal, whole: Decimal) -> str:
        """A part as percent; a dash where there is no whole."""
        return self.language.percent(float(some / whole)) if whole else "–"

    # --- summary ---

    def summary(self) -> list[Markup]:
        """Three sentences."""
        return [self._loud(sentence) for sentence in self.telling.summary()]

    def keys(self) -> list[Key]:
        """Four figures to remember."""
        figures, language = self.figures, self.language
        everything = figures.everything
        hours = figures.protections.worked_hours
        idle = figures.protections.idle_hours
        keys = []
        if everything is not None:
            whole = language.number(everything.whole)
            keys.append(
                Key(
                    f"{whole} / {language.number(everything.needs)}",
                    self._text(say("needs wholly met")),
                )
            )
        if hours + idle:
            keys.append(
                Key(self.part(hours, hours + idle), self._text(say("of the paid working hours have work")))
            )
        keys.append(
            Key(
                language.number(figures.prices.solidarity.needed, decimals=0),
                self._text(say("{currency} of solidarity needed", currency=language.currency)),
            )
        )
        keys.append(
            Key(
                language.number(figures.money_out.total, decimals=0),
                self._text(say("{currency} leave the network", currency=language.currency)),
            )
        )
        return keys

    def status(self) -> Markup:
        """What to know about a plan that is not proved."""
        sentence = self.telling.status()
        return Markup("") if sentence is None else self._say(sentence)

    # --- refusals ---

    def refused(self) -> list[Markup]:
        """What was refused."""
        return [self._say(sentence) for sentence in self.telling.refused(self.refusals)]

    def variant_names(self) -> list[str]:
        """The two plans."""
        return [variant.name for variant in self.difference.variants] if self.difference else []

    def variant_rows(self) -> list[Figure]:
        """The figures of the two plans."""
        return figures_side_by_side(self.difference, self.language) if self.difference else []

    def gains(self) -> list[Markup]:
        """Who gains and who loses."""
        if self.difference is None:
            return []
        return [self._say(self.telling.gain(gain, self.difference)) for gain in self.difference.gains[:MOST_ROWS]]

    def changes(self) -> list[Table]:
        """Every figure that changed."""
        if self.difference is None:
            return []
        return tables_of_changes(
            self.difference, self.language, self.figures.name, self.figures.product_name, MOST_ROWS
        )

    # --- making ---

    @property
    def many_sites(self) -> bool:
        """Too many sites for a card each."""
        return len(self.figures.sites) > MOST_CARDS

    @property
    def printed(self) -> str:
        """Whether paper shows every delivery: only where they are few; the sums are always there."""
        return "print" if len(self.figures.prices.deliveries) <= MOST_PRINTED else "line"

    def part_price(self, product: ProductPrice | UnitCost, amount: Decimal) -> str:
        """A part of a price with as many decimals as its whole needs, so that a column stands in line."""
        whole = product.price if isinstance(product, ProductPrice) else product.unit_cost
        extra = 0 if whole >= 10 else 2 if whole >= Decimal("0.1") else 4
        return self.language.money(amount, code=False, extra=max(extra, self._decimals(product.product)))

    def _decimals(self, product: str) -> int:
        return self.figures.price_decimals.get(product, 0)

    def unit_price(self, product: str, amount: Decimal, code: bool = False) -> str:
        """The price of one unit: quantity times it, as shown, is the amount shown beside it."""
        return self.language.price(amount, code=code, least=self._decimals(product))

    def delivered(self, row: Delivery) -> str:
        """The quantity of a delivery, beside its price and amount."""
        unit = self.figures.unit(row.product)
        return self.language.quantity_at(row.quantity, unit, row.unit_price, self._decimals(row.product))

    def exact_price(self, product: ProductPrice) -> str:
        """The price with all its decimals, where it is shown with fewer; else blank."""
        full = self.language.money(product.price, extra=4)
        shown = self.language.money(product.price, extra=self._decimals(product.product))
        whole = half_up(product.price, self.language.decimals + self._decimals(product.product)) == product.price
        return "" if whole or full == shown else full

    def market_price(self, amount: Decimal, code: bool = False) -> str:
        """A market price with all the decimals it was given with, up to six."""
        given = -int(amount.normalize().as_tuple().exponent) - self.language.decimals
        return self.language.price(amount, code=code, least=min(max(given, 0), 4))

    @property
    def many_buyers(self) -> bool:
        """Too many buyers for a table each."""
        return len(self.figures.buyers) > MOST_BUYERS

    def work(self, site: SiteWork) -> Markup:
        """How much of a site's hours have work."""
        return self._say(
            say_many(
                "{count} member; {worked} of {available} hours have work ({share}).",
                "{count} members; {worked} of {available} hours have work ({share}).",
                int(site.members) if site.members == int(site.members) else 2,
                worked=self.language.number(site.worked, decimals=0),
                available=self.language.number(site.available, decimals=0),
                share=self.part(site.worked, site.available),
            )
        )

    def work_bar(self, site: SiteWork) -> Markup:
        """The worked part of a site's hours as a picture."""
        return charts.pair(
            float(site.worked),
            float(site.available),
            float(site.available),
            label=str(self.work(site).striptags()),
        )

    def for_whom(self, made: Made) -> Markup:
        """Who receives what a site makes."""
        if not made.receivers:
            return self._say(say(", for the network's own use"))
        most = 6
        parts = [
            self._text(
                say(
                    "{quantity} for {organisation}",
                    quantity=self.language.number(quantity),
                    organisation=self.figures.name(organisation),
                )
            )
            for organisation, quantity in made.receivers[:most]
        ]
        if len(made.receivers) > most:
            parts.append(self._text(say_many("{count} other", "{count} others", len(made.receivers) - most)))
        if made.own_use:
            own_use = self.language.number(made.own_use)
            parts.append(self._text(say("{quantity} for the network's own use", quantity=own_use)))
        return self._say(say(": {list}", list=self.language.listing(parts)))

    def buyer(self, organisation: Organisation, pays: Decimal, solidarity: Decimal) -> Markup:
        """What a buyer pays and what solidarity adds."""
        name = strong(organisation.name or organisation.id)
        if solidarity and not pays:
            return self._say(
                say(
                    "{organisation} pays nothing; solidarity carries {solidarity}",
                    organisation=name,
                    solidarity=self.language.money(solidarity),
                )
            )
        if solidarity:
            return self._say(
                say(
                    "{organisation} pays {pays}; solidarity adds {solidarity}",
                    organisation=name,
                    pays=self.language.money(pays),
                    solidarity=self.language.money(solidarity),
                )
            )
        return self._say(say("{organisation} pays {pays}", organisation=name, pays=self.language.money(pays)))

    def pool_words(self) -> Markup:
        """That goods move freely; nothing where the workbook has routes."""
        sentence = self.telling.pool()
        return Markup("") if sentence is None else Markup("<p>{}</p>").format(self._say(sentence))

    # --- coverage ---

    def tier(self, tier: int) -> Markup:
        """The name of a tier."""
        return self._say(self.telling.tier_short(tier))

    def tier_words(self, group: Group) -> Markup:
        """How far a tier is met."""
        return self._say(self.telling.group(group))

    def shade(self, shade: int) -> str:
        """What a colour of the picture means."""
        return self._text(SHADES[shade])

    def tier_bar(self, tier: int, group: Group) -> Markup:
        """How many needs of a tier have which coverage, as a picture."""
        counts = [
            self._text(say("{shade}: {needs}", shade=SHADES[step], needs=count))
            for step, count in reversed(list(enumerate(group.shades)))
            if count
        ]
        label = self._text(
            say("Needs of tier {tier} by how much of them is met. {list}", tier=tier, list="; ".join(counts))
        )
        slices = [(f"s{step}", float(count)) for step, count in reversed(list(enumerate(group.shades)))]
        return charts.stacked(slices, label=label)

    @property
    def many_communities(self) -> bool:
        """Too many communities for one picture."""
        return len(self.figures.communities) > MOST_COMMUNITIES

    @property
    def worst_off(self) -> Sequence[CommunityRow]:
        """The communities in the picture, those with the least first."""
        return self.figures.communities[:MOST_COMMUNITIES]

    def cell(self, group: Group | None) -> Markup:
        """One cell of the picture of coverage."""
        if group is None:
            return Markup('<td class="none">–</td>')
        return Markup('<td class="c{}"><b>{}</b>{}</td>').format(
            shade(group.least),
            self.language.percent(group.least),
            self._text(say("{whole} of {needs} whole", whole=group.whole, needs=group.needs)),
        )

    @cached_property
    def needs_in_order(self) -> list[Coverage]:
        """Every need, the most essential and least covered first."""
        return sorted(self.figures.plan.coverage, key=lambda row: (row.tier, row.share, row.need))

    # --- shortfalls and promises ---

    def shortfalls_by_tier(
        self,
    ) -> list[tuple[int, list[tuple[Coverage, Shortfall]], list[tuple[Coverage, Shortfall]]]]:
        """For each tier with shortfalls: those told in full, and those in a table."""
        tiers = sorted({coverage.tier for coverage, _ in self.figures.shortfalls})
        few = len(self.figures.shortfalls) <= MOST_CARDS
        found = []
        for tier in tiers:
            its = [pair for pair in self.figures.shortfalls if pair[0].tier == tier]
            most = len(its) if few else MOST_SHORTFALLS
            found.append((tier, its[:most], its[most:]))
        return found

    def shortfall(self, coverage: Coverage, shortfall: Shortfall) -> Markup:
        """A need that is not wholly met, why, and what would help."""
        return Markup('<li class="card"><h4>{}: {}{}</h4><p>{}</p>{}</li>').format(
            self.figures.name(coverage.organisation),
            self.figures.product_name(coverage.product),
            self.period_note(coverage.period),
            self._loud(self.telling.shortfall(coverage, shortfall)),
            self.reasons(shortfall.because),
        )

    def reasons(self, because: tuple[Reason, ...]) -> Markup:
        """The sentences that say what would help."""
        sentences = self.telling.reasons(because)
        items = Markup("").join(Markup("<li>{}</li>").format(self._text(sentence)) for sentence in sentences)
        return Markup("<ul>{}</ul>").format(items)

    def first_reason(self, shortfall: Shortfall) -> str:
        """The first sentence that says what would help."""
        return self._text(self.telling.reasons(shortfall.because)[0])

    def broken_words(self) -> Markup:
        """How many promises are broken."""
        return self._say(self.telling.broken())

    # --- prices ---

    def line(self, line: str) -> str:
        """The name of a line of a price."""
        return self._text(LINES[line])

    def line_explained(self, line: str) -> str:
        """How a line of a price is worked out."""
        return self._text(LINES_EXPLAINED[line])

    def lines_of(self, product: ProductPrice) -> list[str]:
        """The lines of a price that are not zero anywhere."""
        return [
            line
            for line in PRICE_LINES
            if product.parts[line] or any(cost.lines[line] for cost, _ in product.costs)
        ]

    @cached_property
    def _by_value(self) -> list[ProductPrice]:
        made = [one for one in self.figures.product_prices if one.made]
        return sorted(made, key=lambda one: (-one.price * one.made, one.product))

    @property
    def shown_products(self) -> list[ProductPrice]:
        """The products with a picture: those that are made, the most money first."""
        return self._by_value[:MOST_PRODUCTS]

    @property
    def other_products(self) -> list[ProductPrice]:
        """The products in the table."""
        shown = {one.product for one in self.shown_products}
        return [one for one in self.figures.product_prices if one.product not in shown]

    def price_bar(self, product: ProductPrice) -> Markup:
        """The parts of a price as a picture, with the market price as a line."""
        slices = [(line, float(max(product.parts[line], ZERO))) for line in PRICE_LINES]
        slices += [("bought", float(product.bought)), ("other", float(max(product.other, ZERO)))]
        market = float(product.market) if product.market is not None else None
        whole = max(float(product.price), market or 0.0)
        told = [
            f"{self.line(line)} {self.part_price(product, product.parts[line])}" for line in self.lines_of(product)
        ]
        label = self._text(
            say(
                "Price of {product}: {price}, made of {parts}. {market}",
                product=self.figures.product_name(product.product),
                price=self.unit_price(product.product, product.price),
                parts=", ".join(told) or self.unit_price(product.product, product.price),
                market=self._against(product),
            )
        )
        return charts.stacked(slices, label=label, whole=whole * 1.02, mark=market)

    def _against(self, product: ProductPrice) -> Sentence:
        if product.market is None or product.above is None:
            return say("The market price is not known.")
        market = self.market_price(product.market, code=True)
        if abs(product.above) < Decimal("0.005"):
            return say("The market asks {market}, as much as we do.", market=market)
        share = self.language.percent(abs(product.above))
        if product.above > 0:
            return say("The market asks {market}; our price is {share} above it.", market=market, share=share)
        return say("The market asks {market}; our price is {share} below it.", market=market, share=share)

    def against_market(self, product: ProductPrice) -> Markup:
        """The price beside the market price."""
        return self._say(self._against(product))

    def work_in_price(self, product: ProductPrice) -> Markup:
        """How much of a price is pay in the end, at whatever site: for work, and for deciding together."""
        lines = self.figures.all_told.get(product.product)
        if not product.price or lines is None:
            return Markup("")
        paid = sum((lines[line] for line in ("wages", "contributions", "democracy")), ZERO)
        share = self.language.percent(paid / product.price)
        return self._say(
            say(
                "All told, {share} of our price is pay for work and for assemblies, at this site and at those "
                "before it.",
                share=share,
            )
        )

    def twice(self, product: ProductPrice, cost: UnitCost) -> bool:
        """Whether a site makes this product by several recipes."""
        return sum(1 for other, _ in product.costs if other.site == cost.site) > 1

    def recipe_words(self, product: ProductPrice) -> Markup:
        """What goes into one unit: hours, inputs; for each recipe shown."""
        items = [self._recipe(cost.recipe) for cost, _ in product.costs[:MOST_RECIPES]]
        if len(product.costs) > MOST_RECIPES:
            items.append(
                self._say(
                    say_many(
                        "{count} more recipe is in the spreadsheet.",
                        "{count} more recipes are in the spreadsheet.",
                        len(product.costs) - MOST_RECIPES,
                    )
                )
            )
        told = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
        source = self.figures.network.product[product.product].source
        if product.market is not None:
            where = (
                say("Market price: {source}", source=source)
                if source
                else say("Market price: the workbook names no source.")
            )
            told += Markup("<li>{}</li>").format(self._say(where))
        return Markup('<ul class="small">{}</ul>').format(told)

    def _recipe(self, recipe_id: str) -> Markup:
        recipe = self.figures.network.recipe[recipe_id]
        rules = self.figures.network.rules
        inputs = [
            f"{self.language.number(quantity / recipe.output, self.figures.unit(product))} "
            f"{self.figures.product_name(product)}"
            for product, quantity in recipe.inputs
        ]
        hours = recipe.labour_hours / recipe.output
        values = {
            "site": self.figures.name(recipe.site),
            "hours": self._hours(hours, rules.living_wage),
            "wage": self.language.money(rules.living_wage),
            "wages": self.language.price(hours * rules.living_wage, code=True),
        }
        if inputs:
            return self._say(
                say(
                    "{site}: {hours} hours of work × {wage} = {wages} of wages, and {inputs}.",
                    **values,
                    inputs=self.language.listing(inputs),
                )
            )
        return self._say(say("{site}: {hours} hours of work × {wage} = {wages} of wages.", **values))

    def _hours(self, hours: Decimal, wage: Decimal) -> str:
        """Hours of work for one unit, with as many decimals as it takes that they times the wage are the wages shown."""
        wages = self.language.price(hours * wage)
        for decimals in range(2, 6):
            if self.language.price(half_up(hours, decimals) * wage) == wages:
                return self.language.number(half_up(hours, decimals), exact=True)
        return self.language.number(hours, exact=True)

    def made_or_bought(self, product: ProductPrice) -> str:
        """Where the price of a product comes from."""
        if product.made and product.bought_quantity:
            return self._text(say("made and bought"))
        if product.made:
            return self._text(say("made"))
        if product.bought_quantity:
            return self._text(say("bought outside, at the market price"))
        return self._text(say("from stock"))

    def jobs_words(self) -> Markup:
        """What is paid so that no job is lost."""
        return self._loud(self.telling.jobs())

    def rule_origin(self, rule: str) -> Markup:
        """Who decided a rule and when."""
        return self._say(self.telling.rule_origin(rule))

    # --- solidarity ---

    def solidarity_words(self) -> Markup:
        """What solidarity is, in this plan."""
        return self._loud(self.telling.solidarity())

    def covered_words(self) -> Markup:
        """How much of it is carried."""
        return self._say(self.telling.covered())

    def individuals_words(self) -> Markup:
        """Whether organisations carry it, or people one by one."""
        return self._say(self.telling.individuals())

    def needed_parts(self) -> list[Part]:
        """What solidarity is needed for."""
        row = self.figures.prices.solidarity
        parts = [
            Part("goods", self._text(say("prices above what buyers pay")), row.goods),
            Part("jobsline", self._text(say("jobs")), row.jobs),
            Part("transport", self._text(say("transport")), row.transport),
            Part("reopening", self._text(say("reopening")), row.reopening),
        ]
        return [part for part in parts if part.amount]

    def carried_parts(self) -> list[Part]:
        """Who carries it, the largest amount first; the rest of many together; what nobody carries last."""
        most = 4
        paying = [row for row in self.figures.carriers if row.amount]
        shown = paying if len(paying) <= most else paying[: most - 1]
        parts = [
            Part(f"carrier{place}", self.figures.name(row.organisation.id), row.amount)
            for place, row in enumerate(shown)
        ]
        rest = paying[len(shown) :]
        if rest:
            words = say_many("{count} other organisation", "{count} other organisations", len(rest))
            parts.append(Part(f"carrier{most - 1}", self._text(words), sum((row.amount for row in rest), ZERO)))
        if self.figures.prices.solidarity.uncovered:
            parts.append(Part("nobody", self._text(say("nobody yet")), self.figures.prices.solidarity.uncovered))
        return parts

    def needed_bar(self) -> Markup:
        """What solidarity is needed for, as a picture."""
        return self._parts_bar(self.needed_parts())

    def carried_bar(self) -> Markup:
        """Who carries it, as a picture."""
        return self._parts_bar(self.carried_parts())

    def _parts_bar(self, parts: list[Part]) -> Markup:
        label = "; ".join(f"{part.words}: {self.language.money(part.amount)}" for part in parts)
        return charts.stacked([(part.colour, float(max(part.amount, ZERO))) for part in parts], label=label or "0")

    def at_stake_words(self) -> Markup:
        """The uncovered part as pay, in one sentence; nothing where it is not pay."""
        hours = sum((row.hours or ZERO for row in self.figures.at_stake), ZERO)
        jobs = sum((row.jobs or ZERO for row in self.figures.at_stake), ZERO)
        if not hours:
            return Markup("")
        return self._loud(
            say(
                "At the sites it equals about {hours} paid hours, or {jobs} members paid for the whole plan.",
                hours=self.language.number(hours, decimals=0),
                jobs=self.language.number(jobs, decimals=1),
            )
        )

    # --- between sites, outside, reopening ---

    @cached_property
    def equalised(self) -> list[Amount]:
        """The sites that give or receive, the largest first."""
        rows = [row for row in self.figures.prices.equalisation if row.amount]
        return sorted(rows, key=lambda row: (-row.amount, row.site or ""))

    @property
    def shown_equalised(self) -> list[Amount]:
        """Those of them on the page: of many, the ones that receive most and the ones that give most."""
        if len(self.equalised) <= MOST_EQUALISED:
            return self.equalised
        return self.equalised[: MOST_EQUALISED // 2] + self.equalised[-(MOST_EQUALISED // 2) :]

    def equalisation_bar(self, row: Amount) -> Markup:
        """What a site gives or receives, as a picture."""
        most = max(abs(float(one.amount)) for one in self.equalised)
        return charts.both_ways(float(row.amount), most, label=self.signed(row.amount))

    def signed(self, amount: Decimal) -> str:
        """Money with its sign."""
        text = self.language.money(abs(amount), code=False)
        return f"+{text}" if amount > 0 else f"−{text}" if amount < 0 else text

    def outside_words(self) -> Markup:
        """The money that leaves the network."""
        return self._say(self.telling.outside())

    def reopened_words(self, row: Reopened) -> Markup:
        """A site that opens again."""
        return self._loud(self.telling.reopened(row))

    @property
    def still_closed(self) -> list[str]:
        """Sites that could be opened and are not."""
        opened = {row.site for row in self.figures.plan.reopened}
        return [row.site for row in self.figures.network.reopenings if row.site not in opened]

    def closed_words(self, site: str) -> Markup:
        """A site that stays closed."""
        return self._say(self.telling.closed(site))

    # --- choice, proof, rules, data ---

    def slack_rule(self) -> Markup:
        """How much slack there is now."""
        return self._say(self.telling.slack_rule())

    def slack_words(self) -> list[Markup]:
        """What half a percent would give."""
        return [self._loud(sentence) for sentence in self.telling.slack_offers()]

    def proof_words(self) -> Markup:
        """What the proof is."""
        return self._say(self.telling.proof())

    def bound(self, level: Level) -> str:
        """The bound of a level; a level at everything needs none."""
        return self.language.percent(min(max(level.bound, level.share), 1.0), 2)

    def level_needs(self, level: Level) -> Markup:
        """The needs of a level, in the words of people."""
        most = 8
        coverage = {row.need: row for row in self.figures.plan.coverage} if len(level.needs) <= most else {}
        if len(level.needs) > most:
            return self._say(say_many("{count} need", "{count} needs", len(level.needs)))
        told = []
        for need in level.needs:
            row = coverage.get(need)
            told.append(
                escape(need)
                if row is None
                else Markup("{}: {}{}").format(
                    self.figures.name(row.organisation),
                    self.figures.product_name(row.product),
                    self.period_note(row.period),
                )
            )
        return Markup("; ").join(told)

    def rule(self, rule: str) -> str:
        """What a rule is about."""
        return self._text(RULES[rule]) if rule in RULES else rule

    @property
    def unset_rules(self) -> list[Markup]:
        """The rules the workbook does not set, each with what holds instead."""
        return [self._say(sentence) for sentence in self.telling.unset_rules()]

    def origin_words(self) -> Markup:
        """How much is known and how much assumed."""
        return self._loud(self.telling.origins())

    def sheet(self, sheet: str) -> str:
        """The name of a sheet."""
        return self._text(SHEETS[sheet])

    def note(self, note: str) -> str:
        """A note without the word that is already a tag."""
        kind, colon, rest = note.partition(":")
        return rest.strip() if colon and kind.strip().lower() == "assumption" else note

    @cached_property
    def warnings(self) -> list[str]:
        """What the check of the workbook warned about."""
        found = []
        for warning in self.figures.network.warnings:
            if isinstance(warning, Fault):
                found.append(f"{self._text(warning.what)} {self._text(warning.help)}")
            elif isinstance(warning, Sentence):
                found.append(self._text(warning))
        return found

    def glossary(self) -> list[tuple[str, str]]:
        """Words and what they mean."""
        return [(self._text(word), self._text(meaning)) for word, meaning in GLOSSARY]

    @property
    def reopening_sites(self) -> list[Site]:
        """Sites with a reopening."""
        return [self.figures.network.site[row.site] for row in self.figures.network.reopenings]


class SideBySide:
    """What the template of a comparison asks for."""

    def __init__(self, difference: Difference, language: Language) -> None:
        self.difference = difference
        self.language = language
        self.name, self.product_name = difference.organisation_names(), difference.product_names()

    def variant_names(self) -> list[str]:
        """The plans."""
        return [variant.name for variant in self.difference.variants]

    def variant_rows(self) -> list[Figure]:
        """Their figures."""
        return figures_side_by_side(self.difference, self.language)

    def gains(self) -> list[str]:
        """Who gains and who loses against the first plan."""
        return [
            self.language.text(
                gain_told(gain, self.name(gain.organisation), self.difference.variants[gain.variant].name)
            )
            for gain in self.difference.gains[:MOST_ROWS]
        ]

    def changes(self) -> list[Table]:
        """Every figure that is not the same."""
        return tables_of_changes(self.difference, self.language, self.name, self.product_name, MOST_ROWS)

    def left_out(self, count: int) -> Markup:
        """How many rows are not shown."""
        return self.language.markup(
            say_many("{count} more row is in the JSON output.", "{count} more rows are in the JSON output.", count)
        )
