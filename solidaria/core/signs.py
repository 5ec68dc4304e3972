"""Text as people mean it: without signs that nobody sees and that make others read something else.

A name with a right-to-left override in it reads backwards; one with an invisible sign looks like another name and is
not. Both come along when people copy from other programs, so the pages and the API take them out, and workbooks,
where nothing is changed quietly, are refused with the cell.
"""

from __future__ import annotations

import re
import unicodedata

#: Signs of format that belong to scripts: they join letters or keep them apart (Persian, Hindi, emoji) …
JOINERS = "\u200c\u200d"
#: … or are seen although they are called format: Arabic, Syriac and Kaithi signs written over a number.
_SEEN = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}
#: Letters and signs that are blank although they are no spaces: fillers of Hangul, the blank of Braille.
_BLANK = {0x3164, 0xFFA0, 0x2800}


def _unseen() -> str:
    """A class of a regular expression: what no text keeps."""
    found = [
        number
        for number in (*range(0x3000), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFFC), *range(0xE0000, 0xE0080))
        if (unicodedata.category(chr(number)) in ("Cc", "Cf") or number in _BLANK)
        and number not in _SEEN
        and chr(number) not in JOINERS + "\t\n\r"
    ]
    return "".join(f"\\U{number:08x}" for number in found)


#: Control signs but tab and line ends, steering of direction (U+202A–U+202E, U+2066–U+2069), and blanks of no width.
UNSEEN = re.compile(f"[{_unseen()}]")
#: A joiner where no script needs one: at the start or the end, beside another, or after a plain Latin letter.
_LOOSE = re.compile(f"(?:^|(?<=[\\x00-\\x7f{JOINERS}]))[{JOINERS}]+|[{JOINERS}]+$")
#: Line and paragraph separators, which nobody types.
_LINES = re.compile("[\u2028\u2029]")


def cleaned(text: str) -> str:
    """The text without signs that nobody sees; tabs, line ends, and joiners between letters that need them stay.

    Clean text comes back as it is, and cleaning twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    text = UNSEEN.sub("", _LINES.sub("\n", text))
    while (plain := _LOOSE.sub("", text)) != text:
        text = plain
    return text
