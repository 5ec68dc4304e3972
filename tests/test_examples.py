"""The worked networks: each says which of its figures are sourced, checks without a fault and plans well."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

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
    """And nothing else lies in the folder."""
    assert tuple(sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())) == NAMES


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
