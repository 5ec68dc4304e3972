"""Words of the reports that stand for ids of the program: kinds, lines, sheets, rules; and the glossary."""

from __future__ import annotations

from solidaria.core.problem import Sentence, say

KINDS: dict[str, Sentence] = {
    "site": say("site"),
    "union": say("union"),
    "community": say("community"),
    "movement": say("movement"),
    "clinic": say("clinic"),
    "network": say("network"),
    "council": say("council"),
}

#: One kind, several organisations of it.
KINDS_MANY: dict[str, Sentence] = {
    "site": say("sites"),
    "union": say("unions"),
    "community": say("communities"),
    "movement": say("movements"),
    "clinic": say("clinics"),
    "network": say("networks"),
    "council": say("councils"),
}

LINES: dict[str, Sentence] = {
    "outside_inputs": say("bought inputs"),
    "network_inputs": say("inputs from the network"),
    "wages": say("wages"),
    "contributions": say("social contributions"),
    "democracy": say("democracy"),
    "overhead": say("overhead"),
    "reserve": say("reserve"),
    "community": say("community fund"),
}

#: How each line of a price is worked out, for one unit of the product.
LINES_EXPLAINED: dict[str, Sentence] = {
    "outside_inputs": say("What goes into it and is bought outside: quantity × market price."),
    "network_inputs": say("What goes into it and the network makes itself: quantity × the network's own price."),
    "wages": say("Hours of work × the living wage. Nobody's wage is squeezed to make the price fit."),
    "contributions": say("The social contributions on those wages."),
    "democracy": say("The paid hours in which members meet and decide, spread over the hours they work."),
    "overhead": say(
        "Rent, light, repairs and the like of the site, spread over the hours its members could work."
    ),
    "reserve": say("A share set aside for bad months and new machines."),
    "community": say("A share for the community around the site."),
}

SHEETS: dict[str, Sentence] = {
    "organisations": say("Organisations"),
    "sites": say("Sites"),
    "products": say("Products"),
    "recipes": say("Recipes"),
    "equipment": say("Equipment"),
    "stocks": say("Stocks"),
    "needs": say("Needs"),
    "promises": say("Promises"),
    "periods": say("Periods"),
    "reopenings": say("Reopenings"),
    "routes": say("Routes"),
    "rules": say("Rules"),
}

RULES: dict[str, Sentence] = {
    "currency": say("The money everything is counted in"),
    "living_wage": say("Living wage, for each paid hour"),
    "contributions": say("Social contributions, as a share of wages"),
    "assembly_hours": say("Paid hours for assemblies, per member and period"),
    "reserve": say("Share set aside as a reserve"),
    "community": say("Share for the community"),
    "protect_jobs": say("Idle hours are paid in full"),
    "outside_budget": say("The most that may be spent outside the network, per period"),
    "objectives": say("Order of the aims after the needs"),
    "slack": say("How much of each aim may be given up for the later ones"),
}

#: What holds where the workbook does not set a rule; those without which nothing is planned are not here.
UNSET: dict[str, Sentence] = {
    "contributions": say("none"),
    "assembly_hours": say("none"),
    "reserve": say("none"),
    "community": say("none"),
    "protect_jobs": say("yes"),
    "outside_budget": say("no limit"),
    "objectives": say("work for every site, then little money outside, then few hours"),
    "slack": say("nothing"),
}

STATES: dict[str, Sentence] = {
    "producing": say("producing"),
    "idle": say("idle"),
    "occupied": say("occupied"),
    "closed": say("closed"),
}

SHADES: tuple[Sentence, ...] = (
    say("nothing"),
    say("less than half"),
    say("half or more"),
    say("three quarters or more"),
    say("everything"),
)

GLOSSARY: tuple[tuple[Sentence, Sentence], ...] = (
    (
        say("Site"),
        say("A workplace run by the people who work in it: a recovered factory, a co-operative, a clinic."),
    ),
    (say("Need"), say("What a community or an organisation has said it needs, how much of it and by when.")),
    (say("Tier"), say("How essential a need is. Tier 1 comes first; the assemblies decide the order.")),
    (
        say("Coverage"),
        say("The part of a need that the plan meets: 60 of 100 uniforms are 60 %."),
    ),
    (
        say("Fair"),
        say(
            "In each tier the need that is worst off is helped as far as possible, then the next worst off, and "
            "so "
            "on. Nobody gets more while somebody with less could have had it."
        ),
    ),
    (say("Promise"), say("A standing agreement between organisations. Promises are kept before any need is met.")),
    (
        say("Living wage"),
        say("Pay for an hour on which a member and their family can live, as the assemblies decided it."),
    ),
    (
        say("Network price"),
        say("The one price every buyer in the network sees: the average of what it costs the sites that make it."),
    ),
    (
        say("Equalisation"),
        say(
            "Sites with higher costs receive a part of the price from sites with lower costs, because all sell at "
            "one price. It adds up to zero."
        ),
    ),
    (
        say("Solidarity"),
        say("The money that is needed beyond what buyers pay, so that wages, jobs and democracy hold."),
    ),
    (say("Pledge"), say("The most that an organisation has said it will pay towards solidarity over the plan.")),
    (say("Ability"), say("How much a member of an organisation can pay compared with others; 1 is average.")),
    (say("Idle hours"), say("Hours that members are paid for and have no work for. Paying them keeps the jobs.")),
    (say("Uncovered"), say("Solidarity that is needed and that nobody has pledged yet.")),
)
