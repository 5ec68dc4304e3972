"""The worked networks: each says which of its figures are sourced, checks without a fault and plans well."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from solidaria.core.money import half_up
from solidaria.core.network import Network
from solidaria.core.plan import plan
from solidaria.core.price import price
from solidaria.core.price.account import site_accounts
from solidaria.core.result import Plan, Prices
from solidaria.records.workbook import load_network

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "solidaria" / "examples"
NAMES = ("recovered-network", "union-tshirts", "workers-clinic", "zanon-2003")

each_example = pytest.mark.parametrize("name", NAMES)


def rows(name: str, sheet: str) -> list[dict[str, str]]:
    """The rows of a sheet, as text."""
    with (EXAMPLES / name / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sheets(name: str) -> list[str]:
    """The names of an example's sheets."""
    return sorted(path.stem for path in (EXAMPLES / name).glob("*.csv"))


def grade(row: dict[str, str]) -> str:
    """What the row says about its own figures: the source column where there is one, otherwise the note."""
    return row["source"] if "source" in row else row["note"]


def test_the_worked_networks_are_these_four() -> None:
    """And nothing else lies in the folder but the worked books of the stress test (tests/watch)."""
    found = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
    assert tuple(name for name in found if not name.startswith("books-")) == NAMES


# ------------------------------------------------------------------ what is sourced and what is assumed


@each_example
def test_every_row_says_whether_it_is_sourced_or_assumed(name: str) -> None:
    """A reader of any sheet sees it without opening another file."""
    silent = [
        f"{sheet} row {number}"
        for sheet in sheets(name)
        for number, row in enumerate(rows(name, sheet), start=2)
        if not re.match(r"(source|assumption): \S", grade(row))
    ]
    assert silent == []


@each_example
def test_a_page_in_two_languages_tells_sources_from_assumptions(name: str) -> None:
    """English and Spanish, with the same sources in both."""
    english = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    spanish = (EXAMPLES / name / "README.es.md").read_text(encoding="utf-8")
    for heading in ("## What is published", "## What is assumed", "## Sources"):
        assert heading in english
    for heading in ("## Lo publicado", "## Lo supuesto", "## Fuentes"):
        assert heading in spanish
    published = english[: english.index("## Sources")]
    assert set(re.findall(KEY, published)) == set(re.findall(KEY, spanish[: spanish.index("## Fuentes")]))


KEY = r"\b[EKPSZ]\d{1,2}\b"


@each_example
def test_every_source_named_in_the_data_has_its_title_or_address_on_the_page(name: str) -> None:
    """A source without an address says that the address has to be found again."""
    page = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    listed = page[page.index("## Sources") :]
    entries = dict(re.findall(r"^\* ([EKPSZ]\d+) (.*(?:\n  .*)*)", listed, flags=re.MULTILINE))
    named = {key for sheet in sheets(name) for row in rows(name, sheet) for key in re.findall(KEY, grade(row))}
    named |= set(re.findall(KEY, page[: page.index("## Sources")]))
    assert named <= set(entries)
    for entry in entries.values():
        assert re.search(r"<https?://\S+>|address to be found again", entry), entry


@pytest.mark.parametrize("name", ["recovered-network", "workers-clinic"])
def test_a_network_without_a_published_amount_calls_no_row_sourced(name: str) -> None:
    """Their pages say so."""
    assert not [row for sheet in sheets(name) for row in rows(name, sheet) if grade(row).startswith("source:")]


# ------------------------------------------------------------------ the synthetic federation


def test_the_same_seed_makes_the_same_federation_to_the_byte(tmp_path: Path) -> None:
    """The shipped files are what the script writes."""
    script = ROOT / "tools" / "recovered_network.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    shipped = {path.name: path.read_bytes() for path in (EXAMPLES / "recovered-network").glob("*.csv")}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == shipped


def test_the_federation_has_the_published_number_workers_sectors_and_sizes() -> None:
    """Each share comes out to the nearest whole site (E4, E5, E6, E7, E10)."""
    sites = rows("recovered-network", "sites")
    members = [int(site["members"]) for site in sites]
    assert (len(sites), sum(members)) == (384, 15_500)
    assert sum(site["state"] in ("idle", "closed") for site in sites) == 19
    for least, most, share in ((1, 10, 0.13), (11, 20, 0.23), (21, 50, 0.40), (51, 10**6, 0.24)):
        assert abs(sum(least <= count <= most for count in members) - 384 * share) < 1
    sectors = Counter(site["site"].rsplit("-", 1)[0] for site in sites)
    published = {"metal": 63, "food": 55, "textile": 40, "printing": 39}
    published |= {"meat": 22, "media": 21, "gastronomy": 19, "school": 17}
    for sector, firms in published.items():
        assert abs(sectors[sector] - firms * 384 / 398) < 1
    industry = (
        "metal",
        "food",
        "textile",
        "printing",
        "meat",
        "ceramic",
        "chemical",
        "leather",
        "plastic",
        "wood",
    )
    assert abs(sum(sectors[sector] for sector in industry) - 0.628 * 384) < 1


def test_the_federation_has_the_published_shares_of_the_capital_and_its_province() -> None:
    """42 % in Buenos Aires province and 17 % in the city (E6, E7)."""
    made = {site["site"] for site in rows("recovered-network", "sites")}
    places = Counter(
        row["place"] for row in rows("recovered-network", "organisations") if row["organisation"] in made
    )
    assert abs(places["Buenos Aires province"] - 0.42 * 384) < 1
    assert abs(places["City of Buenos Aires"] - 0.17 * 384) < 1


# ------------------------------------------------------------------ checked, planned, priced


@cache
def network_of(name: str) -> Network:
    """The example as the workbook reads it; raises Refused with every fault."""
    return load_network(EXAMPLES / name)


@cache
def plan_of(name: str) -> Plan:
    """Its plan, made once for all tests."""
    return plan(network_of(name))


@cache
def prices_of(name: str) -> Prices:
    """Its prices and who pays."""
    return price(network_of(name), plan_of(name))


def shares(name: str) -> dict[str, float]:
    """Need -> share that is met."""
    return {row.need: row.share for row in plan_of(name).coverage}


def reasons(name: str, need: str) -> list[tuple[str, str | None]]:
    """What holds a need back, as pairs of kind and place; a second limit comes right after the first."""
    found: list[tuple[str, str | None]] = []
    for shortfall in plan_of(name).shortfalls:
        if shortfall.need == need:
            for reason in shortfall.because:
                found += [(limit.kind, limit.where) for limit in (reason.limit, reason.other) if limit]
    return found


def page(name: str, language: str = "") -> str:
    """The example's page in one line, so that a figure is found wherever the line breaks."""
    return " ".join((EXAMPLES / name / f"README{language}.md").read_text(encoding="utf-8").split())


@each_example
def test_each_example_checks_without_a_fault(name: str) -> None:
    """And without a warning, save the one about insulin that the federation is meant to have."""
    warnings = [str(warning) for warning in network_of(name).warnings]
    assert len(warnings) == (1 if name == "recovered-network" else 0), warnings


@each_example
def test_each_example_has_a_need_that_stays_unmet_and_something_that_would_help(name: str) -> None:
    """A limit, raised by a round amount, that meets more of the need."""
    helpful = [
        reason
        for shortfall in plan_of(name).shortfalls
        for reason in shortfall.because
        if reason.limit.extra and reason.would_meet
    ]
    assert helpful


@each_example
def test_no_example_calls_a_crumb_missing(name: str) -> None:
    """A need is met to the last crumb, or something worth naming is missing."""
    quantity = {need.id: need.quantity for need in network_of(name).needs}
    crumbs = [row.need for row in plan_of(name).shortfalls if row.missing <= quantity[row.need] / 10**6]
    assert crumbs == []


@each_example
def test_the_plan_of_each_example_holds_every_limit(name: str) -> None:
    """To a millionth, as its certificate says."""
    assert plan_of(name).certificate.max_violation <= 1e-6


@each_example
def test_what_is_carried_and_what_is_uncovered_add_up_in_each_example(name: str) -> None:
    """To the cent."""
    paid = prices_of(name).solidarity
    assert paid.covered + paid.uncovered == paid.needed
    assert sum(row.amount for row in paid.shared) == paid.covered


# ------------------------------------------------------------------ zanon-2003


def test_the_april_2003_income_statement_adds_up_to_575_000_pesos() -> None:
    """Withdrawals 310 x 800 = 248,000; inputs 248,000; gas 54,000; electricity 25,000 (Z1)."""
    made = plan_of("zanon-2003")
    bought = {row.product: row.money for row in made.outside}
    accounts = site_accounts(made.network, made, prices_of("zanon-2003"))
    plant = next(account for account in accounts if account.site == "fasinpat")
    assert plant.pay == 310 * 800 == 248_000
    assert (bought["raw-materials"], bought["gas"], bought["electricity"]) == (248_000, 54_000, 25_000)
    assert plant.inputs == 248_000 + 54_000 + 25_000
    assert plant.pay + plant.inputs + plant.overhead + plant.shares == 575_000
    assert plant.jobs == 0


@pytest.mark.parametrize(("output", "cost"), [(1200, "4.79"), (1000, "5.75")])
def test_a_square_metre_costs_what_the_published_output_says(output: int, cost: str) -> None:
    """4.79 pesos at 120,000 m2 and 5.75 at 100,000: the same month, the same 575,000 pesos."""
    network = network_of("zanon-2003")
    recipes = tuple(
        replace(recipe, output=Decimal(output)) if recipe.id == "tiles-fasinpat" else recipe
        for recipe in network.recipes
    )
    changed = replace(network, recipes=recipes)
    made = plan(changed)
    prices = price(changed, made)
    unit = next(row.unit_cost for row in prices.unit_costs if row.recipe == "tiles-fasinpat")
    square_metres = sum(row.quantity for row in made.production if row.product == "tiles")
    assert half_up(unit, 2) == Decimal(cost)
    assert square_metres == 100 * output
    assert half_up(unit * square_metres, 0) == 575_000


def test_more_tiles_need_a_kiln_and_members_together() -> None:
    """Neither alone helps, and the plan says so."""
    for need in ("tiles-north", "tiles-pampa"):
        found = reasons("zanon-2003", need)
        assert {("equipment", "kiln"), ("labour", "fasinpat")} <= set(found)
    shortfall = next(row for row in plan_of("zanon-2003").shortfalls if row.need == "tiles-north")
    assert all(reason.other for reason in shortfall.because)


def test_the_health_post_is_built_and_its_one_room_is_what_is_short() -> None:
    """Built with the unions' money; half an hour a visit in one room is not enough."""
    assert [row.site for row in plan_of("zanon-2003").reopened] == ["health-post"]
    assert ("equipment", "consulting-room") in reasons("zanon-2003", "visits-nueva-espana")


def test_the_unions_of_neuquen_carry_everything_and_none_pays_above_its_pledge() -> None:
    """And whoever pledged less than its share gives its whole pledge."""
    paid = prices_of("zanon-2003").solidarity
    pledged = network_of("zanon-2003").organisation
    assert paid.uncovered == 0
    assert all(row.amount <= pledged[row.organisation].pledge for row in paid.shared)
    assert [row.organisation for row in paid.shared if row.amount == pledged[row.organisation].pledge] == [
        "cta",
        "teachers",
    ]


def test_the_page_of_zanon_says_what_the_plan_says() -> None:
    """In both languages."""
    met = shares("zanon-2003")
    needed = prices_of("zanon-2003").solidarity.needed
    tiles, visits = f"{int(100 * met['tiles-north'])} %", f"{int(100 * met['visits-nueva-espana'])} %"
    thousands = f"{needed / 1000:.0f}"
    for text in (page("zanon-2003"), page("zanon-2003", ".es")):
        assert tiles in text and visits in text
    assert f"{thousands},000 pesos" in page("zanon-2003")
    assert f"{thousands}.000 pesos" in page("zanon-2003", ".es")


# ------------------------------------------------------------------ union-tshirts


def test_a_union_shirt_costs_more_than_the_imported_one_and_less_than_the_congress_would_pay() -> None:
    """50 and 65 rand (S11)."""
    shirt = next(row for row in prices_of("union-tshirts").network_prices if row.product == "union-shirt")
    assert shirt.market_price == 50 < shirt.price < 65
    for text in (page("union-tshirts"), page("union-tshirts", ".es")):
        assert f"{half_up(shirt.price, 0)} rand" in text


def test_a_school_shirt_costs_less_than_on_the_market() -> None:
    """So prices lie on both sides of the market."""
    shirt = next(row for row in prices_of("union-tshirts").network_prices if row.product == "school-shirt")
    assert shirt.price < (shirt.market_price or 0)


def test_every_standing_agreement_on_shirts_is_kept_and_school_shirts_come_first() -> None:
    """The congress waits, not the children."""
    made = plan_of("union-tshirts")
    assert all(row.delivered == row.quantity for row in made.promises)
    short = {row.need for row in made.shortfalls}
    assert short == {"may-day-num", "may-day-numsa", "congress"}
    assert ("equipment", "sewing-machines") in reasons("union-tshirts", "congress")
    assert f"{int(100 * shares('union-tshirts')['congress'])} %" in page("union-tshirts")


def test_shirts_sewn_in_quiet_quarters_wait_for_the_congress() -> None:
    """There is stock at the end of June and none beyond what there was at the start at the end."""
    made = plan_of("union-tshirts")
    shirts = {"blank-shirt", "union-shirt"}
    waiting = sum(row.quantity for row in made.stocks if row.period == "2006-Q2" and row.product in shirts)
    left = sum(row.quantity for row in made.stocks if row.period == "2006-Q3" and row.product in shirts)
    assert waiting > 1000
    assert left <= 400


def test_the_unions_carry_the_shirts_for_about_a_minute_of_pay() -> None:
    """Together, and half of it goes to hours without work; the page says so."""
    network, paid = network_of("union-tshirts"), prices_of("union-tshirts").solidarity
    members = sum(row.members for row in network.organisations if row.pledge)
    minutes = paid.needed / members / network.rules.living_wage * 60
    assert Decimal("0.9") < minutes < Decimal("1.3")
    assert paid.uncovered == 0
    assert Decimal("0.45") < paid.jobs / paid.needed < Decimal("0.55")


# ------------------------------------------------------------------ workers-clinic


def test_one_clinic_opens_and_the_other_stays_closed() -> None:
    """Opening both would leave no money for medicines in the first quarter."""
    assert [row.site for row in plan_of("workers-clinic").reopened] == ["clinic-ashton"]


def test_no_way_leads_to_the_forest_workers() -> None:
    """Their need is not met at all, and the reason is the way."""
    assert shares("workers-clinic")["visits-forest-q2"] == 0
    assert "no route" in {kind for kind, _ in reasons("workers-clinic", "visits-forest-q2")}


def test_visits_cannot_be_stored_for_the_season() -> None:
    """Short in the first quarter, met in the others, and no visit is ever in stock."""
    met = shares("workers-clinic")
    assert met["visits-paarl-q1"] < 0.8
    assert all(met[f"visits-paarl-{quarter}"] == 1 for quarter in ("q2", "q3", "q4"))
    assert not [row for row in plan_of("workers-clinic").stocks if row.product == "visit"]


def test_half_a_percent_of_the_visits_would_bring_back_teeth_and_specialists() -> None:
    """From nothing to more than a fifth: the assembly's choice, and the page says the figure."""
    offer = next(row for row in plan_of("workers-clinic").slack if row.tier == 3)
    assert offer.least_now < 0.001
    assert offer.least_at_half_percent > 0.2
    for text in (page("workers-clinic"), page("workers-clinic", ".es")):
        assert f"{100 * offer.least_at_half_percent:.0f} %" in text


def test_what_the_fund_pledged_falls_short_and_is_shown_as_hours_unpaid() -> None:
    """Divided by site to the cent, with a row for what is bought outside."""
    paid = prices_of("workers-clinic").solidarity
    assert 0 < paid.uncovered < paid.needed / 5
    assert sum(row.amount for row in paid.uncovered_by_site) == paid.uncovered
    assert {row.site for row in paid.uncovered_by_site} == {None, "clinic-paarl", "clinic-ashton"}
    assert f"about {paid.uncovered / 1000:.0f},000 rand short" in page("workers-clinic")


def test_a_visit_at_the_workers_clinic_is_cheaper_than_a_private_doctor() -> None:
    """As the summary says (S8), though both amounts are assumptions."""
    visit = next(row for row in prices_of("workers-clinic").network_prices if row.product == "visit")
    assert visit.price < (visit.market_price or 0)
    assert f"{half_up(visit.price, 2)} rand" in page("workers-clinic")


# ------------------------------------------------------------------ recovered-network


def test_a_dozen_or_two_needs_of_the_federation_stay_unmet_for_different_reasons() -> None:
    """Machine, hours, input, promise, closed site, nobody makes it."""
    made = plan_of("recovered-network")
    assert 12 <= len(made.shortfalls) <= 24
    kinds = {reason.limit.kind for shortfall in made.shortfalls for reason in shortfall.because}
    assert {"equipment", "labour", "input", "promised elsewhere", "closed site", "no recipe"} <= kinds
    met = sum(row.share >= 1 - 1e-9 for row in made.coverage)
    assert f"{met:,} of {len(made.coverage):,} needs" in page("recovered-network")
    assert f"{met:,} de {len(made.coverage):,} necesidades".replace(",", ".") in page("recovered-network", ".es")


def test_only_the_closed_sites_that_meet_a_need_are_opened() -> None:
    """Two of three: pumps and blankets are asked for, atlases are not."""
    made = plan_of("recovered-network")
    products = {recipe.site: recipe.product for recipe in made.network.recipes if recipe.id.startswith(SCARCE)}
    assert sorted(products[row.site] for row in made.reopened) == ["blankets", "pumps"]


SCARCE = ("atlases-", "blankets-", "pumps-")


def test_the_federation_has_prices_on_both_sides_of_the_market_and_a_part_uncovered() -> None:
    """Clothing above, bread below; the pledges carry about nine tenths."""
    prices = prices_of("recovered-network")
    above = {row.product for row in prices.network_prices if row.market_price and row.price > row.market_price}
    assert {"clothing", "shoes", "furniture", "books"} <= above
    assert not {"bread", "bricks", "visits"} & above
    paid = prices.solidarity
    assert Decimal("0.85") < paid.covered / paid.needed < Decimal("0.95")
