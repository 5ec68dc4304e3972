"""The sentences in which every report tells a plan: the same words on the page and in the terminal."""

from __future__ import annotations

from decimal import Decimal

from solidaria.core.network import ZERO
from solidaria.core.plan.refusals import Refusals
from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.result import Coverage, Reason, Reopened, Shortfall, SlackOffer
from solidaria.report.difference import Difference, Gain
from solidaria.report.figures import WHOLE, Figures, Group
from solidaria.report.language import Language
from solidaria.report.words import RULES, UNSET

#: How many names a sentence carries before it says "and … others".
MOST_NAMES = 4


class Telling:
    """Sentences about one plan, numbers already written in the language of the report."""

    def __init__(self, figures: Figures, language: Language) -> None:
        self.figures = figures
        self.language = language
        self.rules = figures.network.rules

    # --- small words ---

    def money(self, amount: Decimal) -> str:
        """Money with the currency's code."""
        return self.language.money(amount)

    def names(self, organisations: list[str], most: int = MOST_NAMES) -> str:
        """The names of organisations as a list in a sentence."""
        names = [self.figures.name(one) for one in organisations]
        if len(names) > most:
            rest = say_many("{count} other", "{count} others", len(names) - most + 1)
            names = names[: most - 1] + [self.language.text(rest)]
        return self.language.listing(names)

    def tier(self, tier: int) -> Sentence:
        """The name of a tier; the first says that it is the most essential."""
        return say("Tier {tier}, the most essential", tier=tier) if tier == 1 else say("Tier {tier}", tier=tier)

    def tier_short(self, tier: int) -> Sentence:
        """The name of a tier in the head of a table."""
        return say("Tier {tier}", tier=tier)

    def when(self) -> Sentence:
        """The time the plan is about."""
        periods = self.figures.network.periods
        first, last = periods[0].starts, periods[-1].ends
        if first is not None and last is not None:
            return say_many(
                "{count} period, from {first} to {last}",
                "{count} periods, from {first} to {last}",
                len(periods),
                first=first,
                last=last,
            )
        return say_many("{count} period", "{count} periods", len(periods))

    def status(self) -> Sentence | None:
        """What to know about a plan that is not proved to be the best fair one."""
        status = self.figures.plan.status
        if status == "optimal":
            return None
        return say(
            "This plan is not proved to be the best fair one in every level (the planner says: {status}). Where "
            "the "
            "proof at the end shows two different figures, a better plan may exist between them.",
            status=status,
        )

    # --- the summary ---

    def summary(self) -> list[Sentence]:
        """What the plan says in three sentences."""
        return [self._met(), self._cost(), self._who_carries()]

    def _met(self) -> Sentence:
        everything, figures = self.figures.everything, self.figures
        if everything is None:
            return say("The workbook names no needs, so this plan only keeps promises.")
        first = figures.by_tier[figures.tiers[0]]
        if everything.whole == everything.needs:
            return say_many(
                "With {hours} hours of work at {sites} sites, the one need is wholly met.",
                "With {hours} hours of work at {sites} sites, all {count} needs are wholly met.",
                everything.needs,
                hours=self.language.number(figures.protections.worked_hours, decimals=0),
                sites=self._working_sites(),
            )
        if first.whole == first.needs:
            return say(
                "With {hours} hours of work at {sites} sites, {whole} of {needs} needs are wholly met, and among "
                "them "
                "all of the most essential ones.",
                hours=self.language.number(figures.protections.worked_hours, decimals=0),
                sites=self._working_sites(),
                whole=everything.whole,
                needs=everything.needs,
            )
        return say(
            "With {hours} hours of work at {sites} sites, {whole} of {needs} needs are wholly met; of the most "
            "essential ones it is {first_whole} of {first_needs}.",
            hours=self.language.number(figures.protections.worked_hours, decimals=0),
            sites=self._working_sites(),
            whole=everything.whole,
            needs=everything.needs,
            first_whole=first.whole,
            first_needs=first.needs,
        )

    def _working_sites(self) -> int:
        return sum(1 for site in self.figures.sites if site.worked)

    def _cost(self) -> Sentence:
        made = [one for one in self.figures.product_prices if one.made and one.above is not None]
        dearer = sum(1 for one in made if one.above and one.above > 0)
        wage = self.money(self.rules.living_wage)
        if not made:
            return say("Everybody is paid {wage} for every hour.", wage=wage)
        if not dearer:
            return say_many(
                "Everybody is paid {wage} for every hour, and the one product with a market price costs no more "
                "than "
                "on the market.",
                "Everybody is paid {wage} for every hour, and none of the {count} products with a market price "
                "costs "
                "more than on the market.",
                len(made),
                wage=wage,
            )
        return say_many(
            "Everybody is paid {wage} for every hour; for that, {dearer} of {count} product costs more than on "
            "the "
            "market, and no buyer pays more than the market unless it chose to.",
            "Everybody is paid {wage} for every hour; for that, {dearer} of {count} products cost more than on "
            "the "
            "market, and no buyer pays more than the market unless it chose to.",
            len(made),
            wage=wage,
            dearer=dearer,
        )

    def _who_carries(self) -> Sentence:
        solidarity = self.figures.prices.solidarity
        if not solidarity.needed:
            return say("No solidarity payment is needed: what buyers pay covers wages, jobs and democracy.")
        payers = sum(1 for row in solidarity.shared if row.amount)
        if not solidarity.uncovered:
            return say_many(
                "Protecting wages, jobs and democracy takes {needed} of solidarity, and {count} organisation "
                "carries "
                "all of it.",
                "Protecting wages, jobs and democracy takes {needed} of solidarity, and {count} organisations "
                "carry "
                "all of it.",
                payers,
                needed=self.money(solidarity.needed),
            )
        if not payers:
            return say(
                "Protecting wages, jobs and democracy takes {needed} of solidarity, and nobody carries it yet.",
                needed=self.money(solidarity.needed),
            )
        return say_many(
            "Protecting wages, jobs and democracy takes {needed} of solidarity; {count} organisation carries "
            "{covered}, and {uncovered} has nobody behind it yet.",
            "Protecting wages, jobs and democracy takes {needed} of solidarity; {count} organisations carry "
            "{covered}, and {uncovered} has nobody behind it yet.",
            payers,
            needed=self.money(solidarity.needed),
            covered=self.money(solidarity.covered),
            uncovered=self.money(solidarity.uncovered),
        )

    # --- coverage, shortfalls, promises ---

    def group(self, group: Group) -> Sentence:
        """How far a group of needs is met."""
        if group.whole == group.needs:
            return say_many("the one need is wholly met", "all {count} needs are wholly met", group.needs)
        return say_many(
            "not wholly met: {least}",
            "{whole} of {count} needs wholly met, the least covered {least}",
            group.needs,
            whole=group.whole,
            least=self.language.percent(group.least),
        )

    def shortfall(self, coverage: Coverage, shortfall: Shortfall) -> Sentence:
        """What is missing of a need."""
        return say(
            "Missing: {missing} of {needed}; {share} is met.",
            missing=self.language.number(shortfall.missing),
            needed=self.language.number(coverage.needed, self.figures.unit(coverage.product)),
            share=self.language.percent(coverage.share),
        )

    def reasons(self, because: tuple[Reason, ...]) -> list[Sentence]:
        """Why, and what would help; a sentence even where no limit was found."""
        if because:
            return [reason.sentence for reason in because]
        return [say("No single limit, and no two together, was found that would help.")]

    def broken(self) -> Sentence:
        """How many promises are broken."""
        return say_many(
            "{broken} of {count} promise cannot be kept in full. Who gave it and who relies on it should talk "
            "now.",
            "{broken} of {count} promises cannot be kept in full. Who gave them and who relies on them should "
            "talk "
            "now.",
            len(self.figures.plan.promises),
            broken=len(self.figures.broken),
        )

    def pool(self) -> Sentence | None:
        """That goods move freely, and what follows for promises; None where the workbook has routes."""
        network = self.figures.network
        if network.routes is not None:
            return None
        if network.promises:
            return say(
                "The workbook lists no routes. So goods move freely and cost nothing to move, and a promise may be "
                "kept with goods that another site made."
            )
        return say("The workbook lists no routes, so goods move freely and cost nothing to move.")

    # --- money ---

    def jobs(self) -> Sentence:
        """What is paid so that no job is lost."""
        protect = self.figures.protections
        if not self.rules.protect_jobs:
            return say(
                "{hours} hours have no work in this plan, and by the rule they are not paid; only the overhead of "
                "those hours is: {money}.",
                hours=self.language.number(protect.idle_hours, decimals=0),
                money=self.money(protect.jobs),
            )
        if not protect.idle_hours:
            return say("Every paid hour has work in this plan, so the jobs line is zero.")
        return say(
            "{hours} hours have no work in this plan and are paid all the same, so that nobody loses their job: "
            "{money}.",
            hours=self.language.number(protect.idle_hours, decimals=0),
            money=self.money(protect.jobs),
        )

    def solidarity(self) -> Sentence:
        """What solidarity is, in this plan."""
        solidarity = self.figures.prices.solidarity
        if not solidarity.needed:
            return say("What buyers pay covers everything; no solidarity payment is needed.")
        return say(
            "{needed} is needed beyond what buyers pay. Organisations carry it together, each by what its members "
            "can pay.",
            needed=self.money(solidarity.needed),
        )

    def covered(self) -> Sentence:
        """How much of the solidarity is carried."""
        solidarity = self.figures.prices.solidarity
        share = solidarity.covered / solidarity.needed if solidarity.needed else Decimal(1)
        return say(
            "{covered} of {needed} ({share})",
            covered=self.money(solidarity.covered),
            needed=self.money(solidarity.needed),
            share=self.language.percent(share),
        )

    def individuals(self) -> Sentence:
        """Whether organisations carry the solidarity or people one by one."""
        carried = self.figures.carried
        if not carried.organisations and not carried.individuals:
            return say("Nobody pays anything above the market in this plan.")
        if not carried.individuals:
            if self.figures.prices.solidarity.uncovered:
                return say(
                    "What is carried is carried by organisations that decided it together. "
                    "No individual has to pay more out of conscience."
                )
            return say(
                "All of it is carried by organisations that decided it together. "
                "No individual has to pay more out of conscience."
            )
        return say(
            "Organisations carry {organisations}; people in communities who pay above the market one by one carry "
            "{individuals} ({share} of the two).",
            organisations=self.money(carried.organisations),
            individuals=self.money(carried.individuals),
            share=self.language.percent(carried.share_of_individuals),
        )

    def outside(self) -> Sentence:
        """The money that leaves the network."""
        out = self.figures.money_out
        if not out.total:
            return say("No money leaves the network in this plan.")
        parts = [
            (out.bought, say("{amount} for what is bought outside", amount=self.money(out.bought))),
            (out.transport, say("{amount} for transport", amount=self.money(out.transport))),
            (out.reopening, say("{amount} for reopening closed sites", amount=self.money(out.reopening))),
        ]
        told = [self.language.text(words) for amount, words in parts if amount]
        if out.bought == out.total:
            return say(
                "{total} leaves the network, all of it for what is bought outside.", total=self.money(out.total)
            )
        if out.transport == out.total:
            return say("{total} leaves the network, all of it for transport.", total=self.money(out.total))
        if out.reopening == out.total:
            return say(
                "{total} leaves the network, all of it for reopening closed sites.", total=self.money(out.total)
            )
        return say(
            "{total} leaves the network: {parts}.", total=self.money(out.total), parts=self.language.listing(told)
        )

    def reopened(self, row: Reopened) -> Sentence:
        """A closed site that the plan opens again."""
        site = self.figures.network.site[row.site]
        return say(
            "{site} opens again with {members} members. It takes {money} once, and {hours} hours of their work.",
            site=self.figures.name(row.site),
            members=site.members,
            money=self.money(row.money),
            hours=self.language.number(row.hours),
        )

    def closed(self, site: str) -> Sentence:
        """A closed site that could be opened and is not."""
        return say(
            "{site} stays closed in this plan: opening it would not cover the needs better, or there is not "
            "enough "
            "money for it.",
            site=self.figures.name(site),
        )

    # --- choice and proof ---

    def slack_rule(self) -> Sentence:
        """How much slack the rules allow now."""
        if not self.rules.slack:
            return say("In this plan no tier gives up anything for a later one.")
        return say(
            "In this plan each aim may give up {share} of what it reached, if that helps the later ones.",
            share=self.language.percent(self.rules.slack, 1),
        )

    def slack_offers(self) -> list[Sentence]:
        """What half a percent of slack would give each later tier that is not wholly met already."""
        open_tiers = [offer for offer in self.figures.plan.slack if offer.least_now < WHOLE]
        if not open_tiers:
            return [
                say("Nothing would change if the earlier tiers gave up half a percent: the later ones are met.")
            ]
        changed = [offer for offer in open_tiers if offer.least_at_half_percent - offer.least_now > 5e-4]
        told = [self.slack(offer) for offer in changed]
        same = [str(offer.tier) for offer in open_tiers if offer not in changed]
        if same:
            told.append(
                say_many(
                    "For the least covered need of tier {tiers} it would change nothing.",
                    "For the least covered needs of tiers {tiers} it would change nothing.",
                    len(same),
                    tiers=self.language.listing(same),
                )
            )
        if not changed:
            told.insert(0, say("Suppose that promises and earlier tiers gave up half a percent."))
        return told

    def slack(self, offer: SlackOffer) -> Sentence:
        """What half a percent of slack would give the least covered need of one later tier."""
        return say(
            "If promises and the tiers before it gave up half a percent, the least covered need of tier {tier} would "
            "go from {now} to {then}.",
            tier=offer.tier,
            now=self.language.percent(offer.least_now, 1),
            then=self.language.percent(offer.least_at_half_percent, 1),
        )

    def proof(self) -> Sentence:
        """What the proof is, in plain words."""
        worst = self.figures.plan.certificate.max_violation
        if worst <= 1e-6:
            return say(
                "The needs of a tier stop at levels: those in the first level could not get more in any plan, "
                "those "
                "in the second not without taking from one that has less, and so on. For each level a calculation "
                "proves the most that was possible, and a separate check confirms that no limit (hours, machines, "
                "goods, money) is passed by more than a millionth."
            )
        return say(
            "The needs of a tier stop at levels: those in the first level could not get more in any plan, those "
            "in "
            "the second not without taking from one that has less, and so on. For each level a calculation proves "
            "the most that was possible. A separate check found that a limit (hours, machines, goods, money) is "
            "passed by {worst} of itself: look at this plan with care.",
            worst=f"{worst:.1e}",
        )

    # --- refusals and variants ---

    def refused(self, refusals: Refusals) -> list[Sentence]:
        """What was refused, line by line."""
        network = self.figures.network
        told = []
        for line in refusals.lines:
            recipe = network.recipe[line.recipe]
            values: dict[str, object] = {
                "site": self.figures.name(recipe.site),
                "product": self.figures.product_name(recipe.product),
                "recipe": recipe.id,
                "quantity": self.language.number(
                    line.most_runs * recipe.output, self.figures.unit(recipe.product)
                ),
                "period": line.period,
            }
            if len(network.periods) == 1:
                told.append(_line_refused_in_all(line.most_runs, values))
            else:
                told.append(_line_refused(line.most_runs, line.period, values))
        told += [
            say(
                "{organisation} pledges {pledge}.",
                organisation=self.figures.name(row.organisation),
                pledge=self.money(row.pledge),
            )
            for row in refusals.pledges
        ]
        return told

    def gain(self, gain: Gain, difference: Difference) -> Sentence:
        """Who gains or loses in a variant."""
        name = self.figures.name(gain.organisation)
        return gain_told(gain, name, difference.variants[gain.variant].name)

    # --- the rules ---

    def unset_rules(self) -> list[Sentence]:
        """The rules the workbook does not set, each with what holds instead; none when it sets all."""
        there = {row.rule for row in self.rules.rows}
        return [
            say("{rule}: {value}", rule=RULES[rule], value=value)
            for rule, value in UNSET.items()
            if rule not in there
        ]

    def rule_origin(self, rule: str) -> Sentence:
        """Who decided a rule and when."""
        row = self.figures.rule(rule)
        if row is None:
            return say("The workbook does not set this rule.")
        if row.decision and row.since:
            return say("Decided: {decision}, in force since {since}.", decision=row.decision, since=row.since)
        if row.decision:
            return say("Decided: {decision}.", decision=row.decision)
        if row.since:
            return say("In force since {since}; the workbook names no decision.", since=row.since)
        return say("The workbook names no decision behind this rule.")

    def origins(self) -> Sentence:
        """How many figures have a source, and how many are assumed."""
        notes = [(kind, note.lower()) for _, _, kind, note in self.figures.origins]
        if not notes:
            return say(
                "The workbook does not say where its figures come from. A note that starts with source: or "
                "assumption: would show up here."
            )
        return say(
            "The workbook names a source for {sourced} of its figures and marks {assumed} as assumptions. An "
            "assumption is a guess until somebody measures it: ask about it.",
            sourced=sum(kind == "source" or "source:" in note for kind, note in notes),
            assumed=sum("assumption:" in note for _, note in notes),
        )


def _line_refused_in_all(most_runs: Decimal, values: dict[str, object]) -> Sentence:
    if most_runs == ZERO:
        return say("{site} does not make {product} ({recipe}).", **values)
    return say("{site} makes at most {quantity} of {product} ({recipe}).", **values)


def _line_refused(most_runs: Decimal, period: str | None, values: dict[str, object]) -> Sentence:
    if most_runs == ZERO:
        if period is None:
            return say("{site} does not make {product} ({recipe}).", **values)
        return say("{site} does not make {product} ({recipe}) in {period}.", **values)
    if period is None:
        return say("{site} makes at most {quantity} of {product} ({recipe}) in each period.", **values)
    return say("{site} makes at most {quantity} of {product} ({recipe}) in {period}.", **values)


def gain_told(gain: Gain, name: str, variant: str) -> Sentence:
    """Who gains or loses in a variant, by the number of their needs and promises."""
    if not gain.worse:
        return say_many(
            "{variant}: {name} gains in {count} need or promise.",
            "{variant}: {name} gains in {count} needs or promises.",
            len(gain.better),
            variant=variant,
            name=name,
        )
    if not gain.better:
        return say_many(
            "{variant}: {name} loses in {count} need or promise.",
            "{variant}: {name} loses in {count} needs or promises.",
            len(gain.worse),
            variant=variant,
            name=name,
        )
    return say(
        "{variant}: {name} gains in {better} and loses in {worse} needs or promises.",
        variant=variant,
        name=name,
        better=len(gain.better),
        worse=len(gain.worse),
    )
