"""The page for an assembly: what stands on it, in which order, and that it is sound HTML with nothing fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from solidaria.core.network import Need, Organisation, Rules
from solidaria.core.plan.refusals import LoweredPledge, Refusal, Refusals
from solidaria.core.price import price
from solidaria.core.result import Certificate, Coverage, Plan, Result, Shortfall, Supply
from solidaria.core.workbook.schema import OBJECTIVES, RULE, RULES
from solidaria.report import charts
from solidaria.report.difference import side_by_side, variant_of
from solidaria.report.figures import Figures, shade
from solidaria.report.html import compare_html, to_html
from solidaria.report.language import LANGUAGES, Language
from solidaria.report.words import UNSET
from tests.report.hand_made import NETWORK, PLAN, RESULT, RESULT_WITH_ROUTES
from tests.report.pages import read_page

D = Decimal
ENGLISH = Language("en", "ARS")
PLAIN = str.maketrans("\N{NO-BREAK SPACE}", " ")


def words(page: str) -> str:
    return re.sub(r"\s+", " ", " ".join(read_page(page).text).translate(PLAIN))


def difference():  # type: ignore[no-untyped-def]
    return side_by_side([variant_of(RESULT, "as it is"), variant_of(RESULT_WITH_ROUTES, "with <refusals>")])


def empty_result() -> Result:
    network = replace(
        NETWORK, needs=(), promises=(), recipes=(), equipment=(), stocks=(), sites=(), reopenings=(), products=()
    )
    plan = Plan(network, "optimal", *((),) * 10, certificate=Certificate(0.0, ()))  # type: ignore[arg-type]
    return Result(network, plan, price(network, plan))


def crowded_result(communities: int = 120, needs: int = 3000) -> Result:
    """Many communities with many needs, none of them wholly met."""
    people = tuple(Organisation(f"c{n:03}", f"Community {n}", "community", D(10)) for n in range(communities))
    wants = tuple(
        Need(f"n{n:04}", f"c{n % communities:03}", "bread", D(10), "2026-03", 1 + n % 3) for n in range(needs)
    )
    network = replace(NETWORK, organisations=(*NETWORK.organisations, *people), needs=wants, promises=())
    coverage = tuple(
        Coverage(one.id, one.organisation, "bread", "2026-03", one.tier, D(10), D(n % 10), (n % 10) / 10)
        for n, one in enumerate(wants)
    )
    plan = replace(
        PLAN,
        network=network,
        coverage=coverage,
        promises=(),
        shortfalls=tuple(Shortfall(row.need, row.needed - row.delivered, ()) for row in coverage),
        supplies=tuple(
            Supply("molino", row.need, row.organisation, "bread", "2026-03", row.delivered)
            for row in coverage
            if row.delivered
        ),
        certificate=Certificate(0.0, ()),
    )
    return Result(network, plan, price(network, plan))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("result", [RESULT, RESULT_WITH_ROUTES, empty_result(), crowded_result()])
def test_the_page_is_sound_and_fetches_nothing(code: str, result: Result) -> None:
    page = read_page(to_html(result, Language(code, "ARS")))
    assert page.faults == []
    assert page.language == code


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_of_a_comparison_and_of_refusals_is_sound_too(code: str) -> None:
    language = Language(code, "ARS")
    refusals = Refusals((Refusal("sew", None, D(0)),), (LoweredPledge("docentes", D(1)),))
    assert read_page(compare_html(difference(), language)).faults == []
    assert read_page(to_html(RESULT, language, difference(), refusals)).faults == []


def test_the_parts_come_in_the_order_an_assembly_asks_for_them() -> None:
    page = read_page(to_html(RESULT, ENGLISH))
    titles = [re.sub(r"^\d+", "", title) for level, title in page.headings if level == 2]
    assert titles == [
        "What this page says",
        "What we will make, and for whom",
        "Who gets what they need",
        "What is missing, and what would help",
        "Promises",
        "What each thing costs",
        "Who carries the solidarity",
        "Between our own sites",
        "Money that leaves the network",
        "Sites that open again",
        "A choice for the assembly",
        "How we know that this is fair",
        "Rules in force",
        "What is known and what is assumed",
        "Words",
    ]


def test_the_page_says_what_holds_for_every_rule_the_workbook_does_not_set() -> None:
    rows = tuple(row for row in NETWORK.rules.rows if RULE[row.rule].required)
    network = replace(NETWORK, rules=replace(NETWORK.rules, rows=rows))
    told = words(to_html(Result(network, replace(PLAN, network=network), RESULT.prices), ENGLISH))
    assert "Idle hours are paid in full: yes" in told
    assert "The most that may be spent outside the network, per period: no limit" in told
    # What is said there is what the check of a workbook takes a blank for, rule by rule.
    assert set(UNSET) == {rule.name for rule in RULES if not rule.required}
    usual = Rules("ARS", D(12))
    assert (usual.contributions, usual.assembly_hours, usual.reserve, usual.community, usual.slack) == (0,) * 5
    assert usual.protect_jobs and usual.outside_budget is None and usual.objectives == OBJECTIVES


def test_money_that_leaves_the_network_for_one_thing_is_told_once() -> None:
    told = words(to_html(RESULT, ENGLISH))
    assert "for what is bought outside and" in told
    plan = replace(PLAN, reopened=(), shipments=())
    alone = words(to_html(Result(NETWORK, plan, RESULT.prices), ENGLISH))
    assert re.search(r"([\d,.]+ ARS) leaves the network, all of it for what is bought outside\.", alone)


def test_what_people_typed_is_shown_as_text_and_never_as_markup() -> None:
    organisations = tuple(replace(row, name="<script>alert(1)</script>") for row in NETWORK.organisations)
    network = replace(NETWORK, organisations=organisations, name='"><b onclick=x>')
    plan = replace(PLAN, network=network)
    page = to_html(Result(network, plan, price(network, plan)), ENGLISH)
    assert "<script" not in page and "<b onclick" not in page
    assert read_page(page).faults == []


def test_the_page_says_what_is_made_for_whom() -> None:
    told = words(to_html(RESULT, ENGLISH))
    assert "School uniform, 800.64 pieces : 215 for Villa Esperanza, 344 for Barrio Norte" in told
    assert "Imprenta Libre opens again" in told and "opens again with 5 members" in told


def test_every_shortfall_and_broken_promise_stands_with_what_would_help() -> None:
    told = words(to_html(RESULT, ENGLISH))
    assert "20 more hours of the kiln and 1,800 kg more clay, together" in told
    assert "Nobody in the network can make X-ray" in told
    assert "Molino & Horno → Sindicato Docente" in told


def test_the_three_protections_stand_with_their_figures_and_their_decision() -> None:
    told = words(to_html(RESULT, ENGLISH))
    assert "4,200.00 ARS for every paid hour" in told
    assert "Assembly of 30 January 2026, point 1, in force since 1 February 2026." in told
    assert "hours have no work in this plan and are paid all the same" in told
    assert "paid hours in which members meet and decide" in told


def test_who_carries_the_solidarity_stands_per_member_and_as_minutes_of_pay() -> None:
    told = words(to_html(RESULT, ENGLISH))
    assert "Sindicato Docente 6,000,000.00 1,500.00 21.4 100 %" in told
    assert "has no pledge behind it" in told


def test_the_text_alternative_of_a_price_says_all_its_parts() -> None:
    labels = read_page(to_html(RESULT, ENGLISH)).labels
    uniform = next(label for label in labels if label.startswith("Price of School uniform"))
    for part in ("bought inputs", "wages", "democracy", "reserve", "The market asks"):
        assert part in uniform


def test_a_plan_that_is_not_proved_says_so_at_the_top() -> None:
    plan = replace(PLAN, status="first-order, 1e-4")
    told = words(to_html(Result(NETWORK, plan, RESULT.prices), ENGLISH))
    assert told.index("not proved to be the best fair one") < told.index("What we will make, and for whom Cer")


def test_a_large_plan_stays_a_page_that_people_can_open() -> None:
    page = to_html(crowded_result(communities=384, needs=12_000), ENGLISH)
    assert len(page.encode()) < 2_000_000
    assert "more rows are in the spreadsheet" in page


def test_the_other_language_is_named_on_the_page() -> None:
    assert "--lang es" in to_html(RESULT, ENGLISH)
    assert "--lang en" in to_html(RESULT, Language("es", "ARS"))


def test_equal_plans_give_equal_pages() -> None:
    assert to_html(RESULT, ENGLISH) == to_html(replace(RESULT), ENGLISH)


def test_the_parts_of_a_price_add_up_to_it() -> None:
    for product in Figures(RESULT).product_prices:
        whole = sum(product.parts.values(), D(0)) + product.bought + product.other
        assert abs(whole - product.price) < D("1e-20")
        if product.made:
            assert abs(product.other) <= D("0.00001")


def test_a_shade_changes_where_its_name_says() -> None:
    assert [shade(share) for share in (0.0, 0.001, 0.4999, 0.5, 0.7499, 0.75, 0.9999, 1.0)] == [
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
    ]


def test_the_slices_of_a_bar_fill_it_and_never_more() -> None:
    bar = str(charts.stacked([("a", 1.0), ("b", 0.0), ("c", 1e-9), ("d", 3.0)], label="x"))
    widths = [float(one) for one in re.findall(r'width="([\d.]+)%"', bar)]
    assert len(widths) == 3
    assert 99.9 <= sum(widths) <= 100.5


def test_a_picture_of_nothing_is_empty_and_no_error() -> None:
    assert "rect" not in str(charts.stacked([("a", 0.0)], label="x"))
    assert charts.pair(0, 0, 0, label="x") and charts.both_ways(0, 0, label="x")


def test_a_network_of_a_currency_without_cents_has_none_on_the_page() -> None:
    rules = Rules("PYG", D(15000))
    network = replace(NETWORK, rules=rules)
    plan = replace(PLAN, network=network)
    told = words(to_html(Result(network, plan, price(network, plan)), Language("en", "PYG")))
    assert "15,000 PYG" in told and "15,000.00" not in told
