"""Collects the sentences of the package, and compiles their translations.

    python -m solidaria.report.catalogue            brings every catalogue up to date and compiles it
    python -m solidaria.report.catalogue --check    says what is missing and changes nothing

Sentences are the literal first arguments of `say` and `say_many` in Python files and in templates.
"""

from __future__ import annotations

import ast
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from solidaria.report.language import BEGUN, CATALOGUES, LANGUAGES

PACKAGE = Path(__file__).parent.parent
#: The date in every catalogue's header: their history is in the repository, not in the file.
STANDING = datetime(2026, 1, 1, tzinfo=UTC)
#: What marks a sentence, in Python and in templates.
FUNCTIONS = ("say", "say_many")


@dataclass(frozen=True, order=True)
class Template:
    """A sentence in English: its text, and the text for several where it counts; and the file it stands in."""

    text: str
    plural: str | None
    file: str

    @property
    def id(self) -> str | tuple[str, str]:
        """The key in a catalogue."""
        return self.text if self.plural is None else (self.text, self.plural)


def sentences(package: Path = PACKAGE) -> list[Template]:
    """Every sentence of the package, by file and text."""
    found: set[Template] = set()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        found.update(Template(*words, name) for words in _in_python(path.read_text(encoding="utf-8")))
    for path in sorted([*package.rglob("*.html"), *package.rglob("*.jinja")]):
        name = path.relative_to(package).as_posix()
        found.update(Template(*words, name) for words in _in_template(path.read_text(encoding="utf-8")))
    return sorted(found, key=lambda one: (one.file, one.text, one.plural or ""))


def _in_python(source: str) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        literals = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
        texts = [text for text in literals if isinstance(text, str)]
        if name == "say" and texts:
            yield texts[0], None
        elif name == "say_many" and len(texts) == 2:
            yield texts[0], texts[1]


def _in_template(source: str) -> Iterator[tuple[str, str | None]]:
    tree = Environment(autoescape=True).parse(source)
    for _line, function, words in extract_from_ast(tree, FUNCTIONS):
        texts = [words] if isinstance(words, str) else [word for word in words or () if word is not None]
        if function == "say" and texts:
            yield texts[0], None
        elif function == "say_many" and len(texts) >= 2:
            yield texts[0], texts[1]


def names_in(template: str) -> set[str]:
    """The {names} a template asks for."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def read_catalogue(code: str) -> Catalog:
    """The translations into one language; an empty catalogue where there is none yet."""
    path = _po(code)
    if not path.exists():
        return _empty(code)
    with path.open("rb") as stream:
        return read_po(stream, locale=code, domain="solidaria")


def missing(code: str) -> list[Template]:
    """The sentences without a translation into this language."""
    catalogue = read_catalogue(code)
    return [one for one in sentences() if not _translated(catalogue, one)]


def _translated(catalogue: Catalog, one: Template) -> bool:
    message = catalogue.get(one.id)
    if message is None or message.fuzzy:
        return False
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(texts) and all(texts)


def updated(code: str) -> Catalog:
    """The catalogue with exactly the sentences of the package, the translations it had kept."""
    old, new = read_catalogue(code), _empty(code)
    for one in sentences():
        had = old.get(one.id)
        new.add(one.id, had.string if had else None, locations=[(one.file, 0)])
    return new


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as the bytes of a .mo file; equal catalogues give equal bytes."""
    stream = BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def write(code: str, catalogue: Catalog) -> None:
    """Write the .po and the .mo of one language."""
    path = _po(code)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        write_po(stream, catalogue, width=110, omit_header=False, sort_output=False, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))


def _empty(code: str) -> Catalog:
    """A catalogue with nothing but its header; the dates stand still so that equal sentences give equal files."""
    return Catalog(
        locale=code,
        domain="solidaria",
        project="solidaria",
        version="1",
        header_comment="# The sentences of Solidaria. Licence: AGPL-3.0-or-later, as the program.",
        msgid_bugs_address="the project's issues",
        copyright_holder="the people of Solidaria",
        last_translator="the people of Solidaria",
        language_team=code,
        creation_date=STANDING,
        revision_date=STANDING,
        charset="utf-8",
        fuzzy=False,
    )


def _po(code: str) -> Path:
    return CATALOGUES / code / "LC_MESSAGES" / "solidaria.po"


def main(arguments: list[str]) -> int:
    """Update and compile, or with --check only say what is missing; 1 when something is."""
    status = 0
    for code in LANGUAGES[1:] + BEGUN:
        if "--check" not in arguments:
            write(code, updated(code))
        lacking = missing(code)
        if code in BEGUN:
            print(f"{code}: begun, {len(sentences()) - len(lacking)} sentences of {len(sentences())}")
            continue
        for one in lacking:
            print(f"{code}: {one.file}: {one.text}")
        print(f"{code}: {len(sentences())} sentences, {len(lacking)} without a translation")
        status = status or int(bool(lacking))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
