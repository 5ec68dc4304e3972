"""The JSON of a plan: key by key as the documentation says, and back again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from solidaria.core.problem import Refused
from solidaria.core.result import PRICE_LINES, Result
from solidaria.report.difference import side_by_side, variant_of
from solidaria.report.json import read_result_json, to_json, written
from solidaria.report.language import Language
from tests.report.hand_made import NETWORK, PLAN, RESULT, RESULT_WITH_ROUTES

D = Decimal
ENGLISH, SPANISH = Language("en", "ARS"), Language("es", "ARS")

KEYS = (
    "network currency status coverage production outside stocks promises reopened shipments shortfalls prices "
    "network_prices equalisation jobs deliveries solidarity slack certificate names"
).split()
ROW_KEYS = {
    "coverage": "need organisation product period tier needed delivered share",
    "production": "recipe site product period runs quantity hours",
    "outside": "product period quantity money",
    "stocks": "site product period quantity",
    "promises": "site organisation product period quantity delivered because",
    "reopened": "site money hours",
    "shipments": "from to product period quantity money",
    "shortfalls": "need missing because",
    "prices": "recipe site product unit_cost lines",
    "network_prices": "product price market_price",
    "equalisation": "site amount",
    "jobs": "site idle_hours amount",
    "deliveries": "site need organisation product period quantity unit_price buyer_pays solidarity",
    "slack": "tier least_now least_at_half_percent",
}


def read(result: Result = RESULT, language: Language = ENGLISH) -> dict:  # type: ignore[type-arg]
    return json.loads(to_json(result, language))  # type: ignore[no-any-return]


def test_the_keys_are_those_of_the_documentation_in_their_order() -> None:
    answer = read()
    assert list(answer) == KEYS
    for table, keys in ROW_KEYS.items():
        for row in read(RESULT_WITH_ROUTES)[table]:
            assert list(row) == keys.split(), table
    assert list(answer["solidarity"]) == (
        "needed goods jobs transport reopening covered uncovered shared uncovered_by_site".split()
    )
    assert list(answer["solidarity"]["shared"][0]) == ["organisation", "amount", "per_member"]
    assert list(answer["solidarity"]["uncovered_by_site"][0]) == ["site", "amount"]
    assert list(answer["certificate"]) == ["max_violation", "tiers"]
    assert list(answer["certificate"]["tiers"][0]) == ["tier", "levels"]
    assert list(answer["certificate"]["tiers"][0]["levels"][0]) == ["share", "needs", "bound"]
    assert list(answer["prices"][0]["lines"]) == list(PRICE_LINES)


def test_the_documentation_lists_the_keys_of_every_table_in_their_order() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    block = text.split("```")[1]
    for table, row in ROW_KEYS.items():
        listed = ",".join(f'"{key}"' for key in row.split())
        assert f'"{table}":' in block and f"[{{{listed}}}]" in block, table
    assert [key for key in re.findall(r'^ "(\w+)":', block, re.MULTILINE)] == KEYS[3:]


def test_a_reason_says_what_where_and_how_much() -> None:
    rows = {row["need"]: row for row in read()["shortfalls"]}
    machines = rows["uniform-norte"]["because"][0]
    keys = "kind where period extra unit would_meet sentence with"
    assert list(machines) == keys.split()
    assert machines["extra"] == 12 and machines["would_meet"] == 8 and machines["with"] is None
    both = rows["tile-sur"]["because"][0]["with"]
    assert both == {"kind": "input", "where": "clay", "period": "2026-04", "extra": 1800, "unit": "kg"}
    nobody = rows["xray-norte"]["because"][0]
    assert nobody["extra"] is None and nobody["would_meet"] is None


def test_money_is_a_string_with_the_decimals_of_the_currency_and_unit_prices_have_four_more() -> None:
    answer = read()
    assert answer["outside"][0]["money"] == "486000.00"
    price = next(row for row in answer["network_prices"] if row["product"] == "cloth")
    assert price == {"product": "cloth", "price": "1800.000000", "market_price": "1800.000000"}
    assert all(value == f"{D(value):.6f}" for row in answer["prices"] for value in row["lines"].values())
    assert all(row["amount"] == f"{D(row['amount']):.2f}" for row in answer["equalisation"])
    delivery = answer["deliveries"][0]
    assert delivery["unit_price"] == f"{D(delivery['unit_price']):.6f}"
    assert delivery["buyer_pays"] == f"{D(delivery['buyer_pays']):.2f}"


def test_a_currency_without_a_minor_unit_has_none_in_the_answer() -> None:
    network = replace(NETWORK, rules=replace(NETWORK.rules, currency="PYG"))
    plan = replace(PLAN, network=network)
    answer = read(Result(network, plan, RESULT.prices))
    assert answer["outside"][0]["money"] == "486000"
    assert answer["prices"][0]["unit_cost"] == f"{D(answer['prices'][0]['unit_cost']):.4f}"


def test_quantities_are_numbers_with_all_their_digits() -> None:
    text = to_json(RESULT, ENGLISH)
    assert '"runs": 62.5' in text
    assert '"quantity": 800.64' in text
    assert written({"a": D("123456789012.123456"), "b": D("10.000000"), "c": D("-0.0")}) == (
        '{"a": 123456789012.123456, "b": 10, "c": 0}\n'
    )


def test_the_market_price_that_nobody_knows_and_the_site_of_bought_goods_are_null() -> None:
    answer = read()
    assert all(row["product"] != "xray" for row in answer["network_prices"])
    assert [row["site"] for row in answer["stocks"]] == [None]
    assert [row["site"] for row in read(RESULT_WITH_ROUTES)["stocks"]] == ["hilo-rojo"]
    assert {row["need"] for row in answer["deliveries"] if row["need"] is None} == {None}


def test_the_language_decides_the_words_and_nothing_else() -> None:
    def silent(value: object) -> object:
        if isinstance(value, dict):
            return {key: silent(one) for key, one in value.items() if key != "sentence"}
        return [silent(one) for one in value] if isinstance(value, list) else value

    assert silent(read(language=SPANISH)) == silent(read(language=ENGLISH))


def test_equal_plans_give_equal_bytes() -> None:
    assert to_json(RESULT, ENGLISH) == to_json(replace(RESULT), ENGLISH)


def test_what_was_written_can_be_read_back_for_comparing() -> None:
    assert read_result_json(to_json(RESULT, ENGLISH), "now") == variant_of(RESULT, "now")
    assert read_result_json(to_json(RESULT_WITH_ROUTES, SPANISH), "r") == variant_of(RESULT_WITH_ROUTES, "r")


def test_the_names_of_organisations_and_products_come_with_the_plan() -> None:
    names = read()["names"]
    assert {"organisation": "norte", "name": "Barrio Norte"} in names["organisations"]
    assert {"product": "uniform", "name": "School uniform"} in names["products"]


def test_a_plan_from_before_names_were_told_is_read_without_them() -> None:
    answer = json.loads(to_json(RESULT, ENGLISH))
    del answer["names"]
    variant = read_result_json(json.dumps(answer), "old")
    assert variant == replace(variant_of(RESULT, "old"), organisations={}, products={})
    answer["names"] = {"organisations": [{"organisation": 3}]}
    with pytest.raises(Refused) as refused:
        read_result_json(json.dumps(answer), "old")
    told = " ".join(str(fault.what) for fault in refused.value.faults)
    assert "“organisations.organisation”" in told and "“products”" in told


def test_the_difference_stands_under_its_own_key() -> None:
    difference = side_by_side([variant_of(RESULT, "a"), variant_of(RESULT_WITH_ROUTES, "b")])
    answer = json.loads(to_json(RESULT, ENGLISH, difference))
    assert list(answer) == [*KEYS, "difference"]
    assert [row["name"] for row in answer["difference"]["variants"]] == ["a", "b"]


def test_a_file_that_is_no_json_is_refused() -> None:
    with pytest.raises(Refused, match="not a JSON file"):
        read_result_json("{", "x.json")
    with pytest.raises(Refused, match="not a JSON file"):
        read_result_json('{"network": NaN}', "x.json")


def test_everything_a_plan_lacks_is_said_at_once() -> None:
    answer = json.loads(to_json(RESULT, ENGLISH))
    del answer["currency"]
    answer["coverage"][0]["share"] = "much"
    answer["solidarity"] = []
    with pytest.raises(Refused) as refused:
        read_result_json(json.dumps(answer), "x.json")
    told = " ".join(str(fault.what) for fault in refused.value.faults)
    assert "“currency”" in told and "“coverage.share”" in told and "“solidarity”" in told


@pytest.mark.parametrize("text", ["[]", "3", '"plan"', "{}"])
def test_json_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_result_json(text, "x.json")
