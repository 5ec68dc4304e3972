"""Plans side by side: only what differs, who gains, who loses."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from solidaria.core.plan.refusals import LoweredPledge, Refusal, Refusals, with_pledges
from solidaria.report.difference import Covered, side_by_side, variant_of
from solidaria.report.figures import Figures
from solidaria.report.html import compare_html
from solidaria.report.language import Language
from solidaria.report.telling import Telling
from solidaria.report.text import compare_text, to_text
from tests.report.hand_made import RESULT

D = Decimal
NOW = variant_of(RESULT, "now")


def changed_shares(**shares: float):  # type: ignore[no-untyped-def]
    coverage = dict(NOW.coverage)
    for need, share in shares.items():
        need = need.replace("_", "-")
        coverage[need] = replace(coverage[need], share=share)
    return replace(NOW, name="then", coverage=coverage)


def test_equal_plans_have_no_difference() -> None:
    difference = side_by_side([NOW, replace(NOW, name="again")])
    assert not any(
        (
            difference.coverage,
            difference.promises,
            difference.made,
            difference.hours,
            difference.idle,
            difference.prices,
            difference.shared,
            difference.gains,
        )
    )


def test_only_what_is_not_the_same_is_listed() -> None:
    difference = side_by_side([NOW, changed_shares(uniform_norte=0.5)])
    assert [row.key for row in difference.coverage] == ["uniform-norte"]
    assert difference.coverage[0].values == (0.43, 0.5)


def test_less_than_the_tolerance_is_the_same() -> None:
    assert not side_by_side([NOW, changed_shares(uniform_norte=0.43 + 5e-7)]).coverage


def test_who_gains_and_who_loses_is_told_by_organisation() -> None:
    difference = side_by_side([NOW, changed_shares(uniform_norte=0.5, bread_norte=0.4, tile_sur=0.1)])
    told = {gain.organisation: (gain.better, gain.worse) for gain in difference.gains}
    assert told == {"norte": (("uniform-norte",), ("bread-norte",)), "sur": ((), ("tile-sur",))}


def test_a_need_that_only_one_plan_has_is_shown_with_a_gap() -> None:
    more = replace(NOW, coverage={**NOW.coverage, "zz": Covered("norte", "bread", "2026-03", 4, 1.0)})
    difference = side_by_side([NOW, more])
    assert [(row.key, row.values) for row in difference.coverage] == [("zz", (None, 1.0))]
    assert difference.tiers() == [1, 2, 3, 4]


def test_a_pledge_replaces_the_workbooks_and_nothing_else() -> None:
    network = with_pledges(RESULT.network, (LoweredPledge("docentes", D(5)),))
    assert network.organisation["docentes"].pledge == 5
    assert network.organisation["salud"] == RESULT.network.organisation["salud"]
    assert replace(network, organisations=RESULT.network.organisations) == RESULT.network


def test_a_comparison_reads_the_same_in_the_terminal_and_on_the_page() -> None:
    difference = side_by_side([NOW, changed_shares(uniform_norte=0.5)])
    english = Language("en", "ARS")
    text, page = compare_text(difference, english), compare_html(difference, english)
    for words in ("then: Barrio Norte gains in 1 need or promise.", "solidarity uncovered", "now"):
        assert words in text and words in page


def test_plans_side_by_side_call_things_by_their_names_and_by_the_id_too_where_two_share_a_name() -> None:
    twin = {**NOW.organisations, "sur": "BARRIO  Norte"}
    changed = replace(changed_shares(uniform_norte=0.5), products={"uniform": "Overall"})
    difference = side_by_side([replace(NOW, organisations=twin), changed])
    for told in (compare_text(difference, Language("en", "ARS")), compare_html(difference, Language("en", "ARS"))):
        assert "Barrio Norte (norte): School uniform (" in told
        assert "then: Barrio Norte (norte) gains" in told
        # The first plan's name holds, not the second's.
        assert "Overall" not in told


def test_a_plan_without_names_is_compared_by_its_ids() -> None:
    bare = [replace(one, organisations={}, products={}) for one in (NOW, changed_shares(uniform_norte=0.5))]
    assert "norte: uniform (" in compare_text(side_by_side(bare), Language("en", "ARS"))


def test_the_report_of_a_plan_tells_two_organisations_of_one_name_apart() -> None:
    organisations = tuple(
        replace(one, name="Barrio Norte") if one.id == "sur" else one for one in RESULT.network.organisations
    )
    network = replace(RESULT.network, organisations=organisations)
    text = to_text(replace(RESULT, network=network), Language("en", "ARS"))
    assert "Barrio Norte (norte)" in text and "Barrio Norte (sur)" in text


def test_the_refusals_and_what_they_change_stand_after_the_summary() -> None:
    refusals = Refusals((Refusal("sew", "2026-03", D(400)),), (LoweredPledge("docentes", D(3000000)),))
    difference = side_by_side([NOW, changed_shares(uniform_norte=0.2)])
    text = to_text(RESULT, Language("en", "ARS"), difference, refusals).replace("\N{NO-BREAK SPACE}", " ")
    assert "Hilo Rojo makes at most 400 pieces of School uniform (sew) in 2026-03." in text
    assert "Sindicato Docente pledges 3,000,000.00 ARS." in text
    assert text.index("What changes with the refusals") < text.index("Who gets what they need")


def test_where_the_plan_has_one_period_a_refusal_names_none() -> None:
    network = replace(RESULT.network, periods=RESULT.network.periods[:1])
    telling = Telling(Figures(replace(RESULT, network=network)), Language("en", "ARS"))
    refused = Refusals((Refusal("sew", None, D(400)), Refusal("sew", "2026-03", D(0))), ())
    told = [str(sentence).replace("\N{NO-BREAK SPACE}", " ") for sentence in telling.refused(refused)]
    assert told == [
        "Hilo Rojo makes at most 400 pieces of School uniform (sew).",
        "Hilo Rojo does not make School uniform (sew).",
    ]
