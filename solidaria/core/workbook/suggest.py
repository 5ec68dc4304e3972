"""Did you mean …? The id or word nearest to what was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

#: Longer lists are searched by one slip only, so that ten thousand unknown ids cost no more than a second.
FEW = 60
_LONG, _MANY = 40, 5_000


def _bare(text: str) -> str:
    """The text without capitals, accents, spaces, dashes and dots."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in spread if sign.isalnum())


def _shorter(text: str) -> set[str]:
    """The text, and the text with any one sign left out."""
    return {text} | {text[:place] + text[place + 1 :] for place in range(len(text))}


class Suggester:
    """Finds among `words` the one nearest to what was typed; prepared once, asked many times."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = sorted(words)
        self.few = len(self.words) <= FEW
        self.known: dict[str, str] = {}
        for word in self.words[:_MANY]:
            bare = _bare(word)[:_LONG]
            for form in sorted(_shorter(bare)) if bare else ():
                self.known.setdefault(form, word)
        # The word itself beats what another word becomes when a sign is left out.
        self.known |= {_bare(word)[:_LONG]: word for word in reversed(self.words[:_MANY]) if _bare(word)}

    def nearest(self, typed: str) -> str | None:
        """The nearest word, or None when none is near: one slip away, or alike among a few."""
        bare = _bare(typed)[:_LONG]
        if not bare:
            return None
        if bare in self.known:
            return self.known[bare]
        if len(bare) > 2:
            for form in sorted(_shorter(bare)):
                if form in self.known:
                    return self.known[form]
        if self.few and len(typed) <= _LONG:
            close = get_close_matches(typed, self.words, n=1, cutoff=0.7)
            return close[0] if close else None
        return None


def nearest(typed: str, words: Iterable[str]) -> str | None:
    """The word nearest to what was typed, or None."""
    return Suggester(words).nearest(typed)
