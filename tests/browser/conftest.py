"""Pages opened in the browser that all tests share (see tests/conftest.py), at the sizes people have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

#: A small phone, a phone, a laptop.
WIDTHS = (320, 390, 1280)


@dataclass(frozen=True)
class Visit:
    """A page that is open, and every address it asked for."""

    page: Any
    asked: list[str]


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Opens a file in a window of its own: visit(path, width=390, scheme="dark", scripts=False)."""
    contexts = []

    def opened(path: Path, width: int = 1280, scheme: str = "light", scripts: bool = True) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return Visit(page, asked)

    yield opened
    for context in contexts:
        context.close()
