"""Pages of the running platform in a real browser, in a window of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe

#: The smallest phone a page has to fit on.
NARROW = 320


@contextmanager
def windows(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens pages at an address: opened("/join", width=390, scheme="dark", cookies={}); each in a window of its own."""
    contexts = []

    def opened(path: str, width: int = 1280, scheme: str = "light", cookies: dict[str, str] | None = None) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            base_url=address,
        )
        contexts.append(context)
        context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in (cookies or {}).items()]
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.complaints = []
        page.on("console", lambda told: page.complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def fine(page: Any) -> None:
    """The page fits its window and a small phone, the browser refused nothing on it, and axe finds nothing wrong."""
    page.wait_for_load_state("load")  # a click may still be on its way to the next page
    fits = "document.documentElement.scrollWidth <= window.innerWidth + 1"
    assert page.evaluate(fits), page.url
    size = page.viewport_size
    page.set_viewport_size({**size, "width": NARROW})
    assert page.evaluate(fits), (page.url, NARROW)
    page.set_viewport_size(size)
    found = Axe().run(page).response["violations"]
    assert found == [], (page.url, [(one["id"], one["nodes"][0]["html"][:200]) for one in found])
    assert page.complaints == [], page.complaints
