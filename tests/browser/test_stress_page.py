"""The stress test's page in a real browser: on a phone, in the dark, without scripts, by keyboard, on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from solidaria.core.watch.answer import Settings, stress
from solidaria.report.language import LANGUAGES, Language
from solidaria.report.stress_html import stress_html
from tests.browser.conftest import WIDTHS, Visit
from tests.watch.made import WORKED, made_books, worked

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of both worked books and of made-up ones in which every outcome happens, in both languages."""
    folder = tmp_path_factory.mktemp("stress")
    books = {name: worked(name) for name in WORKED} | {"made": made_books(5)}
    written = {}
    for name, one in books.items():
        answer = stress(one, Settings(months=36, runs=200))
        for code in LANGUAGES:
            path = folder / f"{name}-{code}.html"
            path.write_text(stress_html(answer, Language(code, one.currency)), encoding="utf-8")
            written[f"{name}-{code}"] = path
    return written


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("code", LANGUAGES)
def test_no_accessibility_rule_is_broken(
    visit: Open, pages: dict[str, Path], code: str, width: int, scheme: str
) -> None:
    for name in (WORKED[0], "made"):
        page = visit(pages[f"{name}-{code}"], width, scheme).page
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(page)
        told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]]
        assert told == [], name


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", LANGUAGES)
def test_nobody_has_to_scroll_sideways(visit: Open, pages: dict[str, Path], code: str, width: int) -> None:
    for name in (*WORKED, "made"):
        page = visit(pages[f"{name}-{code}"], width).page
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_the_page_asks_for_nothing_and_works_without_scripts(visit: Open, pages: dict[str, Path]) -> None:
    opened = visit(pages[f"{WORKED[0]}-en"], scripts=False)
    assert [address for address in opened.asked if not address.startswith("file:")] == []
    assert opened.page.locator("svg.plot").count() == 2
    assert opened.page.locator("svg.plot").first.bounding_box()["height"] > 100


def test_the_page_fits_on_a_few_sheets_of_paper(visit: Open, pages: dict[str, Path]) -> None:
    content = visit(pages[f"{WORKED[0]}-en"]).page.pdf(format="A4", print_background=True)
    assert 2 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") <= 9
