"""Make `recovered-network`: a synthetic federation of 384 sites with the published sector and size shares.

No site, community, union or quantity in it is real. What is published, and drawn exactly, stands with its sources
in recovered_figures.py: 384 recovered firms with about 15,500 workers in 2018; the sectors and provinces of 2025;
the sizes of 2003; 19 paralysed. The years differ, and that shares of different surveys are put together is an
assumption, as is everything else.

The same seed makes the same files, to the byte; this makes the network as it is shipped:

    python tools/recovered_network.py solidaria/examples/recovered-network
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from recovered_figures import (
    ALLOY,
    ASKS,
    ASSEMBLY_HOURS,
    FIRMS_2025,
    INDUSTRY,
    MAKES,
    NOBODY_MAKES,
    OTHER_INDUSTRY,
    OTHER_SERVICES,
    PAID_HOURS,
    PARALYSED,
    PLACES,
    PRODUCTS,
    PUBLISHED_INDUSTRY,
    PUBLISHED_SECTORS,
    QUARTERS,
    SEED,
    SITES,
    SIZES,
    SPECIALS,
    UNION_ASKS,
    UNIONS,
    WORKERS,
    Make,
    Special,
)


@dataclass
class Sheets:
    """The rows of every sheet, in the order in which they are made."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rows: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)

    def start(self, sheet: str, columns: str) -> None:
        """Begin a sheet with these columns."""
        self.columns[sheet] = tuple(columns.split())
        self.rows[sheet] = []

    def add(self, sheet: str, *values: object) -> None:
        """Add one row; a float is written with at most two decimals."""
        if len(values) != len(self.columns[sheet]):
            raise ValueError(f"{sheet}: {len(values)} values for {len(self.columns[sheet])} columns")
        self.rows[sheet].append(tuple(_written(value) for value in values))

    def write(self, folder: Path) -> None:
        """Write every sheet as a CSV file with Unix line ends."""
        folder.mkdir(parents=True, exist_ok=True)
        for sheet, rows in self.rows.items():
            with (folder / f"{sheet}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(self.columns[sheet])
                writer.writerows(rows)


@dataclass(frozen=True)
class Firm:
    """A synthetic site: `skill` multiplies the labour hours of its recipes (1 = average, more = slower)."""

    id: str
    sector: str
    members: int
    place: str
    skill: float
    makes: tuple[Make, ...]
    state: str = ""
    special: Special | None = None


def share_out(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Divide a whole number by weight, largest remainder, ties by name; the parts add up to it."""
    whole = sum(weights.values())
    exact = {key: total * weight / whole for key, weight in weights.items()}
    parts = {key: int(value) for key, value in exact.items()}
    order = sorted(weights, key=lambda key: (parts[key] - exact[key], key))
    for key in order[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


def sectors() -> dict[str, int]:
    """Sites per sector: the published ones in their published proportion, the rest by assumption."""
    published = share_out(SITES, {**PUBLISHED_SECTORS, "rest": FIRMS_2025 - sum(PUBLISHED_SECTORS.values())})
    rest = published.pop("rest")
    industry = round(INDUSTRY * SITES) - sum(published[sector] for sector in PUBLISHED_INDUSTRY)
    return {**published, **share_out(industry, OTHER_INDUSTRY), **share_out(rest - industry, OTHER_SERVICES)}


def sizes(draw: Random) -> list[int]:
    """Members of every site, in drawn order: the published size classes, and the published total exactly."""
    classes = share_out(SITES, {str(index): share for index, (share, _, _) in enumerate(SIZES)})
    drawn: list[int] = []
    large: list[int] = []
    for index, (_, least, most) in enumerate(SIZES):
        for _ in range(classes[str(index)]):
            if index < len(SIZES) - 1:
                drawn.append(least + int(draw.random() * (most - least + 1)))
            else:
                large.append(least + int(draw.random() ** 3 * (most - least)))
    floor = SIZES[-1][1]
    spare = WORKERS - sum(drawn) - floor * len(large)
    extra = share_out(spare, {f"{index:03d}": float(size - floor + 1) for index, size in enumerate(large)})
    return shuffled(drawn + [floor + extra[f"{index:03d}"] for index in range(len(large))], draw)


def places(draw: Random) -> list[str]:
    """The place of every site, in drawn order: the published shares, exactly."""
    counts = share_out(SITES, {place: share for share, place in PLACES})
    listed = [place for place, count in counts.items() for _ in range(count)]
    return [listed[index] for index in shuffled(range(SITES), draw)]


def shuffled(values: Sequence[int], draw: Random) -> list[int]:
    """The values in an order that depends only on the seed, whatever the version of Python."""
    return [value for _, _, value in sorted((draw.random(), index, value) for index, value in enumerate(values))]


def choice(weights: Mapping[str, float], draw: Random) -> str:
    """One of the keys, by weight, from one draw."""
    at = draw.random() * sum(weights.values())
    for key, weight in weights.items():
        at -= weight
        if at < 0:
            return key
    return list(weights)[-1]


def firms(draw: Random) -> list[Firm]:
    """All sites; the special ones make one product more, and 19 are paralysed: closed or idle."""
    members = iter(sizes(draw))
    place = iter(places(draw))
    made: list[Firm] = []
    for sector, count in sectors().items():
        for number in range(1, count + 1):
            makes = {make.product: make for make in MAKES[sector]}
            weights = {product: float(make.parts) for product, make in makes.items()}
            first = choice(weights, draw)
            second = choice(weights, draw) if draw.random() < 0.35 else first
            made.append(
                Firm(
                    id=f"{sector}-{number:02d}",
                    sector=sector,
                    members=next(members),
                    place=next(place),
                    skill=round(0.85 + 0.4 * draw.random(), 2),
                    makes=tuple(makes[product] for product in sorted({first, second})),
                )
            )
    special = specialists(made)
    made = [
        replace(firm, special=special[firm.id], state=special[firm.id].state) if firm.id in special else firm
        for firm in made
    ]
    return with_idle(made, draw)


def specialists(made: Sequence[Firm]) -> dict[str, Special]:
    """Which site makes which special product: the smallest of its sector that is large enough and still free."""
    taken: dict[str, Special] = {}
    for special in SPECIALS:
        fits = [
            (firm.members, firm.id)
            for firm in made
            if firm.sector == special.sector and firm.id not in taken and firm.members >= special.members
        ]
        taken[min(fits)[1]] = special
    return taken


def with_idle(made: Sequence[Firm], draw: Random) -> list[Firm]:
    """The same sites, so many of them idle that with the closed ones 19 are paralysed; specialists are spared."""
    spared = {firm.id for firm in made if firm.special}
    idle = PARALYSED - sum(firm.state == "closed" for firm in made)
    order = sorted((draw.random(), firm.id) for firm in made if firm.id not in spared)
    chosen = {name for _, name in order[:idle]}
    return [replace(firm, state="idle") if firm.id in chosen else firm for firm in made]


def available(firm: Firm) -> int:
    """Hours a site can work in a quarter, after assemblies."""
    return firm.members * (PAID_HOURS - ASSEMBLY_HOURS)


def capacity(made: Sequence[Firm]) -> dict[str, float]:
    """Units of each product per quarter if every site divided its hours equally among what it makes."""
    units: dict[str, float] = {}
    for firm in made:
        if firm.state == "closed":
            continue
        for make in firm.makes:
            hours = available(firm) / len(firm.makes)
            units[make.product] = units.get(make.product, 0) + hours / (make.hours * firm.skill) * make.output
    return units


@dataclass(frozen=True)
class Asker:
    """A community or union, with its people."""

    id: str
    people: int


def write_network(folder: Path, seed: int = SEED) -> None:
    """Write the whole network as CSV sheets into the folder; the same seed writes the same bytes."""
    draw = Random(seed)
    sheets = Sheets()
    made = firms(draw)
    start_sheets(sheets)
    add_rules(sheets)
    add_products(sheets)
    for firm in made:
        add_firm(sheets, firm, draw)
    communities = add_communities(sheets, draw)
    unions = add_unions(sheets, draw)
    add_needs(sheets, capacity(made), communities, unions, draw)
    add_special(sheets, made, communities, unions, draw)
    sheets.write(folder)


def start_sheets(sheets: Sheets) -> None:
    """Begin every sheet with its columns."""
    sheets.start("organisations", "organisation name kind members place ability pledge note")
    sheets.start("sites", "site members paid_hours overhead state note")
    sheets.start("products", "product name unit market_price outside keeps source")
    sheets.start("recipes", "recipe site product output labour_hours note")
    sheets.start("inputs", "recipe product quantity note")
    sheets.start("equipment", "equipment site hours note")
    sheets.start("uses", "recipe equipment hours note")
    sheets.start("stocks", "site product quantity note")
    sheets.start("needs", "need organisation product quantity period tier pays note")
    sheets.start("promises", "site organisation product quantity period note")
    sheets.start("periods", "period starts ends note")
    sheets.start("reopenings", "site money hours note")
    sheets.start("rules", "rule value unit since decision source")


def add_rules(sheets: Sheets) -> None:
    """The rules and the four quarters."""
    say = "assumption: synthetic"
    wage = (
        f"{say}; 17,600 pesos for a month of 160 hours. For comparison: the average withdrawal at Hotel Bauen was "
        "15,000 pesos a month in 2018 (K1, K2 or K3)"
    )
    rules = (
        ("currency", "ARS", "", f"{say}; pesos of about 2019"),
        ("living_wage", 110, "pesos per paid hour", wage),
        ("contributions", 0.05, "share of wages", say),
        ("assembly_hours", ASSEMBLY_HOURS, "paid hours per member and quarter", f"{say}; two hours a week"),
        ("reserve", 0.05, "share", say),
        ("community", 0.02, "share", say),
        ("protect_jobs", "yes", "", say),
    )
    for rule, value, unit, source in rules:
        sheets.add("rules", rule, value, unit, "2019-01-01", "", source)
    ends = ("2019-03-31", "2019-06-30", "2019-09-30", "2019-12-31")
    for index, (quarter, end) in enumerate(zip(QUARTERS, ends, strict=True)):
        sheets.add("periods", quarter, f"2019-{3 * index + 1:02d}-01", end, say)


def add_products(sheets: Sheets) -> None:
    """The common products, the special ones, and what nobody makes."""
    for product, (name, unit, price, outside, keeps) in sorted(PRODUCTS.items()):
        sheets.add("products", product, name, unit, price, _yes(outside), _yes(keeps), "assumption: synthetic")
    for special in SPECIALS:
        row = (special.make.product, special.name, special.unit, special.price, "no", _yes(special.keeps))
        sheets.add("products", *row, "assumption: synthetic; one site alone makes it")
    gone = "assumption: synthetic; the last price, it is not sold any more"
    sheets.add("products", "alloy", "Light alloy", "kg", 350, "no", "yes", gone)
    unknown = "assumption: synthetic; nobody makes or sells it"
    product, name, unit, _ = NOBODY_MAKES
    sheets.add("products", product, name, unit, None, "no", "yes", unknown)


def add_firm(sheets: Sheets, firm: Firm, draw: Random) -> None:
    """A site with its recipes and its machines."""
    drawn = "assumption: synthetic; sector, size and place drawn to published shares (E4, E5, E6, E7, E10)"
    name = f"{firm.sector.capitalize()} co-operative {firm.id[-2:]}"
    sheets.add("organisations", firm.id, name, "site", firm.members, firm.place, None, None, drawn)
    overhead = round(firm.members * (2500 + 2000 * draw.random()), -2)
    sheets.add("sites", firm.id, firm.members, PAID_HOURS, int(overhead), firm.state, drawn)
    add_machine(sheets, firm, "machine", firm.makes, None)
    for make in firm.makes:
        add_recipe(sheets, firm, make, "machine")
    if firm.special:
        add_machine(sheets, firm, firm.special.tool, (firm.special.make,), firm.special.machine)
        add_recipe(sheets, firm, firm.special.make, firm.special.tool)


def add_machine(sheets: Sheets, firm: Firm, kind: str, makes: Sequence[Make], hours: int | None) -> None:
    """A machine with these hours; without any, with 15 % more than all the site's members could keep busy."""
    busiest = max(make.machine / (make.hours * firm.skill) for make in makes)
    if busiest:
        enough = int(available(firm) * busiest * 1.15)
        sheets.add("equipment", f"{firm.id}-{kind}", firm.id, hours or enough, "assumption: synthetic")


def add_recipe(sheets: Sheets, firm: Firm, make: Make, machine: str) -> None:
    """How the site makes a product, with the hours its skill takes."""
    recipe = f"{make.product}-{firm.id}"
    hours = round(make.hours * firm.skill, 2)
    sheets.add("recipes", recipe, firm.id, make.product, make.output, hours, "assumption: synthetic")
    for product, quantity in sorted(make.inputs.items()):
        sheets.add("inputs", recipe, product, quantity, "assumption: synthetic")
    if make.machine:
        sheets.add("uses", recipe, f"{firm.id}-{machine}", make.machine, "assumption: synthetic")


def add_communities(sheets: Sheets, draw: Random) -> list[Asker]:
    """Sixty communities."""
    where = {place: share for share, place in PLACES}
    askers = []
    for number in range(1, 61):
        people = int(round(2_000 + draw.random() ** 2 * 38_000, -2))
        asker = Asker(f"community-{number:02d}", people)
        place = choice(where, draw)
        row = (asker.id, f"Community {number}, {place}", "community", people, place, None, None)
        sheets.add("organisations", *row, "assumption: synthetic")
        askers.append(asker)
    return askers


def add_unions(sheets: Sheets, draw: Random) -> list[Asker]:
    """Twenty-five unions with what they pledge."""
    askers = []
    for number, trade in enumerate(UNIONS, start=1):
        people = int(round(4_000 + draw.random() ** 2 * 160_000, -2))
        ability = round(0.6 + 0.8 * draw.random(), 1)
        pledge = int(round(people * ability * (550 + 1900 * draw.random()), -4))
        asker = Asker(f"union-{number:02d}", people)
        row = (asker.id, f"Union of {trade}", "union", people, "", ability, pledge)
        sheets.add("organisations", *row, "assumption: synthetic")
        askers.append(asker)
    return askers


def add_needs(
    sheets: Sheets, units: dict[str, float], communities: Sequence[Asker], unions: Sequence[Asker], draw: Random
) -> None:
    """What communities and unions ask for: a share of what the makers could make, divided by their people."""
    final = {make.product: make.final for makes in MAKES.values() for make in makes}
    asked = [(ask, communities) for ask in ASKS] + [(ask, unions) for ask in UNION_ASKS]
    for ask, among in asked:
        order = sorted((draw.random(), asker.id, asker.people) for asker in among)[: ask.askers]
        keeps = PRODUCTS[ask.product][4]
        before = -1
        for quarter in ask.quarters:
            worth = quarter - before if keeps else 1
            before = quarter
            total = int(units[ask.product] * final[ask.product] * worth)
            shares = share_out(total, {name: float(people) for _, name, people in order})
            for name, quantity in sorted(shares.items()):
                need = f"{ask.product}-{name}-q{quarter + 1}"
                row = (need, name, ask.product, quantity, QUARTERS[quarter], ask.tier, ask.pays)
                sheets.add("needs", *row, "assumption: synthetic")


def add_special(
    sheets: Sheets, made: Sequence[Firm], communities: Sequence[Asker], unions: Sequence[Asker], draw: Random
) -> None:
    """The scarce products: who needs them, what is promised, what is in stock, what reopening takes."""
    of_product = {firm.special.make.product: firm for firm in made if firm.special}
    for special in SPECIALS:
        product = special.make.product
        firm = of_product[product]
        order = sorted((draw.random(), asker.id) for asker in communities)
        for wanted, (_, name) in zip(special.wanted, order, strict=False):
            for quarter in special.quarters:
                need = f"{product}-{name}-q{quarter + 1}"
                wish = (need, name, product, wanted, QUARTERS[quarter], special.tier, special.pays)
                sheets.add("needs", *wish, "assumption: synthetic")
        if special.reopening:
            money, hours = special.reopening
            sheets.add("reopenings", firm.id, money, hours, "assumption: synthetic")
        if special.promised:
            runs = available(firm) / (special.make.hours * firm.skill)
            promised = max(1, int(runs * special.promised / 100))
            for period in QUARTERS:
                promise = (firm.id, unions[9].id, product, promised, period)
                sheets.add("promises", *promise, "assumption: synthetic; a standing agreement")
    sheets.add("stocks", of_product["artificial-legs"].id, "alloy", ALLOY, "assumption: synthetic")
    product, _, _, vials = NOBODY_MAKES
    unmet = (f"{product}-{communities[0].id}-q1", communities[0].id, product, vials, QUARTERS[0], 1, "free")
    sheets.add("needs", *unmet, "assumption: synthetic")


def _yes(value: bool) -> str:
    """Yes or no, as the workbook writes it."""
    return "yes" if value else "no"


def _written(value: object) -> str:
    """A value as a cell: None is blank, and a float has at most two decimals."""
    if value is None:
        return ""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def main() -> None:
    """Write the network to the folder given on the command line."""
    parser = argparse.ArgumentParser(description="Make the synthetic federation of 384 sites.")
    parser.add_argument("folder", type=Path, help="where to write the sheets")
    parser.add_argument("--seed", type=int, default=SEED, help=f"a whole number ({SEED})")
    chosen = parser.parse_args()
    write_network(chosen.folder, chosen.seed)


if __name__ == "__main__":
    main()
