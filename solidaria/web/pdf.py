"""Paper: a page of text as PDF, tagged and with its fonts in it. What people typed is data, never markup."""

from __future__ import annotations

import json

import typst

#: Reads its content from one input; nothing a person typed is ever part of the markup.
_TEMPLATE = b"""
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: data.lang, size: 11pt)
#let foot = context align(center, text(size: 9pt, data.footer + "  " + counter(page).display("1 / 1", both: true)))
#set page(paper: "a4", margin: 2.2cm, footer: foot)
#set par(justify: false, leading: 0.7em)
#heading(level: 1, data.title)
#text(fill: rgb("#665648"), data.under)
#v(0.6em)
#for part in data.parts {
  if part.kind == "heading" { heading(level: 2, part.text) }
  else if part.kind == "item" { list(part.text) }
  else if part.kind == "sign" { v(1.6em); line(length: 45%, stroke: 0.5pt); text(size: 9pt, part.text) }
  else { par(part.text) }
}
"""


def paper(title: str, under: str, parts: list[tuple[str, str]], *, language: str, footer: str) -> bytes:
    """A PDF of a title, a line under it, and parts: (heading, item, sign or text, its words)."""
    data = {
        "title": title,
        "under": under,
        "lang": language,
        "footer": footer,
        "parts": [{"kind": kind, "text": text} for kind, text in parts],
    }
    made: bytes = typst.compile(
        _TEMPLATE, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards="ua-1"
    )
    return made
