"""Which language a command speaks: what --lang says, else that of the person's system where there is a translation."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping

from solidaria.report.language import LANGUAGES

#: What says the locale of messages, the strongest first, as POSIX has it.
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add --lang to a command."""
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=usual_language(os.environ),
        help="language of the words (default: that of your system, here %(default)s)",
    )


def usual_language(environment: Mapping[str, str]) -> str:
    """The language of the environment where it is one of ours, else English.

    As in gettext: LC_ALL, LC_MESSAGES and LANG name a locale, the first of them that is set; LANGUAGE is a list of
    languages, the best first, and goes before it, unless the locale is C or POSIX, which asks for no language at all.
    """
    locale = next((environment[name] for name in LOCALE if environment.get(name)), "")
    wanted = [locale]
    if _language(locale) not in ("c", "posix"):
        wanted = [*environment.get("LANGUAGE", "").split(":"), locale]
    return next((code for code in map(_language, wanted) if code in LANGUAGES), LANGUAGES[0])


def _language(locale: str) -> str:
    """The language of a locale: es for es_AR.UTF-8."""
    return re.split(r"[_.@-]", locale, maxsplit=1)[0].lower()
