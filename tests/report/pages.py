"""A strict reader of the pages: well-formed, no id twice, headings in order, nothing fetched from anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = set("area base br col embed hr img input link meta source track wbr".split())
#: What SVG writes without a closing tag.
SVG_EMPTY = set("rect line path circle".split())
FETCHES = set("src srcset href action formaction poster data background xlink:href".split())


@dataclass
class PageReader(HTMLParser):
    """Reads a page and collects everything that is wrong with it in `faults`."""

    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    language: str = ""
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tables: list[dict[str, int]] = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs, closed=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]], closed: bool = False) -> None:
        given = {name: value or "" for name, value in attrs}
        if len(given) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag == "html":
            self.language = given.get("lang", "")
        if "id" in given:
            self.ids.append(given["id"])
        self._fetches(tag, given)
        if tag == "svg" and given.get("aria-hidden") != "true":
            if given.get("role") != "img" or not given.get("aria-label"):
                self.faults.append("a picture has no text alternative")
            self.labels.append(given.get("aria-label", ""))
        if tag == "table":
            self.tables.append({"caption": 0, "th": 0})
        if tag in ("caption", "th") and self.tables:
            self.tables[-1][tag] += 1
        if tag == "th" and not given.get("scope"):
            self.faults.append("a table header has no scope")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag not in VOID and not closed:
            self.open.append(tag)

    def _fetches(self, tag: str, given: dict[str, str]) -> None:
        if tag in ("script", "link", "iframe", "object", "embed", "img"):
            self.faults.append(f"there is a <{tag}>")
        for name, value in given.items():
            if name in FETCHES:
                self.links.append(value)
                if not value.startswith("#"):
                    self.faults.append(f"<{tag} {name}={value!r}> leads away from the page")
            if name.startswith("on"):
                self.faults.append(f"<{tag} {name}> is a script")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes <{self.open[-1] if self.open else ''}>")
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "table":
            counts = self.tables.pop()
            if counts["caption"] != 1 or not counts["th"]:
                self.faults.append("a table has no caption or no headers")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            if re.search(r"@import|url\(\s*[\"']?(?!#)", data):
                self.faults.append("the style fetches something")
            return
        self.text.append(data)
        if self.headings and self.open and any(re.fullmatch("h[1-6]", tag) for tag in self.open):
            level, words = self.headings[-1]
            self.headings[-1] = (level, words + data)

    def finish(self) -> PageReader:
        """Look at the whole page once everything is read."""
        self.close()
        if self.open:
            self.faults.append(f"never closed: {self.open}")
        doubles = {id for id in self.ids if self.ids.count(id) > 1}
        if doubles:
            self.faults.append(f"ids twice: {sorted(doubles)}")
        lost = {link[1:] for link in self.links if link.startswith("#")} - set(self.ids)
        if lost:
            self.faults.append(f"links to nowhere: {sorted(lost)}")
        levels = [level for level, _ in self.headings]
        if levels[:1] != [1] or levels.count(1) != 1:
            self.faults.append("there is not exactly one first heading, at the start")
        for before, after in pairwise(levels):
            if after > before + 1:
                self.faults.append(f"a heading of level {after} follows one of level {before}")
        if not all(words.strip() for _, words in self.headings):
            self.faults.append("a heading is empty")
        return self


def read_page(page: str) -> PageReader:
    """The page, read to its end."""
    if not page.startswith("<!DOCTYPE html>"):
        raise AssertionError("the page does not say that it is HTML")
    reader = PageReader()
    reader.feed(page)
    return reader.finish()
