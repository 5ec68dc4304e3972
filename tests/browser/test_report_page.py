"""The page for an assembly in a real browser: on a phone, without scripts, by keyboard, on paper."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from solidaria.cli.main import main
from solidaria.core.plan.refusals import LoweredPledge, Refusals
from solidaria.report.html import compare_html, to_html
from solidaria.report.language import LANGUAGES, Language
from tests.browser.conftest import WIDTHS, Visit
from tests.report.hand_made import RESULT, RESULT_WITH_ROUTES
from tests.report.test_html import crowded_result, difference

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]
SCHEMES = ("light", "dark")
EXAMPLES = Path(__file__).resolve().parents[2] / "solidaria" / "examples"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every kind of page, in both languages."""
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    for code in LANGUAGES:
        language = Language(code, "ARS")
        refusals = Refusals((), (LoweredPledge("docentes", Decimal(3000000)),))
        for name, text in (
            ("plan", to_html(RESULT, language)),
            ("routes", to_html(RESULT_WITH_ROUTES, language, difference(), refusals)),
            ("crowded", to_html(crowded_result(), language)),
            ("compare", compare_html(difference(), language)),
        ):
            path = folder / f"{name}-{code}.html"
            path.write_text(text, encoding="utf-8")
            written[f"{name}-{code}"] = path
    return written


def open_all_details(page: object) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")  # type: ignore[attr-defined]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", (390, 1280))
@pytest.mark.parametrize("code", LANGUAGES)
def test_no_accessibility_rule_is_broken(
    visit: Open, pages: dict[str, Path], code: str, width: int, scheme: str
) -> None:
    for name in ("plan", "routes", "compare"):
        page = visit(pages[f"{name}-{code}"], width, scheme).page
        open_all_details(page)
        found = Axe().run(page)
        told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]]
        assert told == [], name


def test_no_accessibility_rule_is_broken_on_a_large_networks_page(visit: Open, pages: dict[str, Path]) -> None:
    page = visit(pages["crowded-en"], 390).page
    found = Axe().run(page)
    assert [one["id"] for one in found.response["violations"]] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", LANGUAGES)
def test_nobody_has_to_scroll_sideways(visit: Open, pages: dict[str, Path], code: str, width: int) -> None:
    for name in ("plan", "routes", "crowded", "compare"):
        page = visit(pages[f"{name}-{code}"], width).page
        open_all_details(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, name


def test_the_page_asks_for_nothing_but_itself(visit: Open, pages: dict[str, Path]) -> None:
    for path in pages.values():
        opened = visit(path)
        assert opened.asked == [path.as_uri()]


def test_everything_is_there_without_scripts(visit: Open, pages: dict[str, Path]) -> None:
    page = visit(pages["plan-en"], 390, scripts=False).page
    assert page.get_by_role("heading", level=1).inner_text() == "Red de la Ribera"
    assert page.get_by_role("heading", level=2).count() == 15
    assert page.get_by_role("img").count() > 10
    summary = page.get_by_text("Where does this price come from?").first
    table = page.locator("#prices article details table").first
    assert not table.is_visible()
    summary.click()
    assert table.is_visible()


def test_the_keyboard_alone_reaches_and_opens_where_numbers_come_from(visit: Open, pages: dict[str, Path]) -> None:
    page = visit(pages["plan-en"], scripts=False).page
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Go to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = page.locator(":focus")
    for _ in range(60):
        if reached.inner_text().strip() == "Where does this price come from?":
            break
        page.keyboard.press("Tab")
        reached = page.locator(":focus")
    assert reached.inner_text().strip() == "Where does this price come from?"
    assert reached.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert reached.locator("xpath=..").get_attribute("open") is not None


def test_paper_shows_what_a_tap_would_open(visit: Open, pages: dict[str, Path]) -> None:
    page = visit(pages["plan-en"], scripts=False).page
    table = page.locator("#prices article details.print table").first
    page.emulate_media(media="print")
    assert table.is_visible()
    assert not page.locator("a.skip").is_visible()


def test_dark_and_light_differ(visit: Open, pages: dict[str, Path]) -> None:
    ask = "getComputedStyle(document.body).backgroundColor"
    light, dark = (visit(pages["plan-en"], scheme=scheme).page.evaluate(ask) for scheme in SCHEMES)
    assert light != dark


@pytest.mark.parametrize("code", LANGUAGES)
def test_from_the_workbook_to_the_page_on_a_phone(visit: Open, tmp_path: Path, code: str) -> None:
    out = tmp_path / "plan.html"
    assert main(["plan", str(EXAMPLES / "workers-clinic"), "--out", str(out), "--lang", code]) == 0
    opened = visit(out, 320, scripts=False)
    assert opened.asked == [out.as_uri()]
    assert opened.page.locator("html").get_attribute("lang") == code
    assert opened.page.get_by_role("heading", level=2).count() >= 14
    counted = visit(out, 320).page
    open_all_details(counted)
    assert counted.evaluate("document.documentElement.scrollWidth") <= 320
    assert [one["id"] for one in Axe().run(counted).response["violations"]] == []


def test_the_check_of_accessibility_finds_a_planted_fault(
    visit: Open, pages: dict[str, Path], tmp_path: Path
) -> None:
    text = pages["plan-en"].read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace('<html lang="en">', "<html>").replace("--soft: #665648", "--soft: #e9dfd2"))
    found = {one["id"] for one in Axe().run(visit(broken).page).response["violations"]}
    assert {"html-has-lang", "color-contrast"} <= found
