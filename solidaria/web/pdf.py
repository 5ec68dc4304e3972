"""Paper: a page of text as PDF, tagged and with its fonts in it. What people typed is data, never markup."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typst

from solidaria.core.problem import say
from solidaria.core.view import View
from solidaria.report.language import Language
from solidaria.report.views import words

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


#: Tables as wide as the page; a row is never parted, and the names of the columns stand on every page.
_TABLES = b"""
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: data.lang, size: 9pt, hyphenate: true)
#let foot = context align(center, text(size: 8pt, data.footer + "  " + counter(page).display("1 / 1", both: true)))
#set page(paper: "a4", flipped: data.wide, margin: 1.7cm, footer: foot)
#set par(justify: false, leading: 0.55em)
#let soft = rgb("#665648")
#for (at, view) in data.views.enumerate() {
  if at == 0 { heading(level: 1, view.title) } else { heading(level: 2, view.title) }
  for line in view.under { par(text(fill: soft, line)) }
  for part in view.tables {
    v(0.5em)
    if part.title != "" { heading(level: if at == 0 { 2 } else { 3 }, part.title) }
    table(
      columns: part.widths.map(one => one * 1fr),
      align: part.sides.map(one => if one == "right" { right } else { left }),
      stroke: (x, y) => if y == 0 { (bottom: 0.8pt + soft) } else { (bottom: 0.3pt + luma(190)) },
      inset: (x: 3pt, y: 3.5pt),
      table.header(..part.head.map(one => text(weight: "bold", one))),
      ..part.rows.map(row => row.cells.map(
        one => table.cell(breakable: false, if row.strong { text(weight: "bold", one) } else { one })
      )).flatten(),
    )
    if part.note != "" { par(part.note) }
  }
  for line in view.notes { par(text(fill: soft, line)) }
}
#if data.signs.len() > 0 {
  block(breakable: false, grid(columns: (1fr, 1fr), column-gutter: 1.2cm, row-gutter: 0.4cm,
    ..data.signs.map(one => block(breakable: false, {
      v(1.2cm)
      line(length: 100%, stroke: 0.5pt)
      text(weight: "bold", one)
      linebreak()
      text(fill: soft, size: 8pt, data.sign)
    }))))
}
"""
#: A table with more columns lies across the page.
UPRIGHT = 6


def tables(views: Sequence[View], *, language: Language, footer: str, signs: Sequence[str] = ()) -> bytes:
    """A PDF of views on A4, tagged, in a language; the first gives it its title. signs: who signs at its end."""
    shown = []
    for view in views:
        parts = []
        for table in view.tables:
            texts = [[words(one, language) for one in row.cells] for row in table.rows]
            rows = [{"cells": text, "strong": row.strong} for text, row in zip(texts, table.rows, strict=True)]
            head = [words(column.name, language) for column in table.columns]
            longest = [
                max([len(head[at]), *(min(40, len(text[at])) for text in texts[:400])]) for at in range(len(head))
            ]
            parts.append(
                {
                    "title": "" if table.title == view.title else words(table.title, language),
                    "head": head,
                    "rows": rows,
                    "sides": ["right" if column.kind == "number" else "left" for column in table.columns],
                    "widths": [max(6, count) for count in longest],
                    "note": words(table.note, language),
                }
            )
        shown.append(
            {
                "title": words(view.title, language),
                "under": [words(one, language) for one in view.under],
                "tables": parts,
                "notes": [words(one, language) for one in view.notes],
            }
        )
    data = {
        "title": shown[0]["title"],
        "lang": language.code,
        "footer": footer,
        "wide": any(len(table.columns) > UPRIGHT for view in views for table in view.tables),
        "views": shown,
        "signs": list(signs),
        "sign": language.text(say("Place, day, names and signatures")),
    }
    made: bytes = typst.compile(
        _TABLES, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards="ua-1"
    )
    return made


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
