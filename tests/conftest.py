"""What all tests share: the worked data's place, and a real browser where there is one.

A test that asks for the fixture `browser` (or is marked `browser`) drives Chromium: the one named by
SOLIDARIA_BROWSER, else the one on the path, else one fetched into .tools. Where none can be had, those tests are
left out and the last lines of the run say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.books.append_only import empty_ledgers

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NO_BROWSER = pytest.StashKey[str]()


def pytest_configure() -> None:
    """Commands speak the language of the environment; the tests read English, whoever runs them and wherever."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        os.environ.pop(name, None)
    os.environ["LANG"] = "C.UTF-8"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for a browser, so that `-m "not browser"` leaves it out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say plainly when the browser tests did not run."""
    reason = config.stash.get(NO_BROWSER, "")
    if reason:
        terminalreporter.write_line(f"THE BROWSER TESTS DID NOT RUN: {reason}", yellow=True, bold=True)


def runs(browser: str) -> bool:
    """Whether this program is a browser that starts (some systems have an empty shell of that name)."""
    try:
        ended = subprocess.run([browser, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def find_browser() -> str | None:
    """The browser to drive, without fetching anything; None when there is none."""
    named = os.environ.get("SOLIDARIA_BROWSER")
    candidates = [named] if named else [shutil.which(name) for name in BROWSERS]
    return next((candidate for candidate in candidates if candidate and runs(candidate)), None)


def fetch_browser() -> str:
    """Fetch Playwright's own Chromium into .tools; give back what went wrong, or nothing."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(ROOT / ".tools" / "browsers"))
    command = [sys.executable, "-m", "playwright", "install", "chromium-headless-shell"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return "fetching one took more than five minutes"
    return "" if ended.returncode == 0 else "none is on the path and none could be fetched"


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Iterator[Any]:
    """A Chromium driven by Playwright, shared by the whole run; each test opens pages of its own in it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = find_browser()
    reason = "" if found else fetch_browser()
    if reason:
        reason += " (install chromium, or name one in SOLIDARIA_BROWSER)"
        pytestconfig.stash[NO_BROWSER] = reason
        pytest.skip(reason)
    with playwright.sync_playwright() as driver:
        try:
            opened = driver.chromium.launch(executable_path=found)
        except playwright.Error as error:
            reason = f"{found or 'the fetched one'} does not start: {str(error).splitlines()[0]}"
            pytestconfig.stash[NO_BROWSER] = reason
            pytest.skip(reason)
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def _tables_only_added_to_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that really commit are cleaned up by emptying every table, which the ledger's triggers do not allow."""
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if not commits and not {"live_server", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    empty_ledgers()
