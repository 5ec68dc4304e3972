"""How the books name things in Valueflows documents that travel as files: URNs of our own, measures and moments."""

from __future__ import annotations

import re
from datetime import date
from typing import Any


def iri(name: str) -> str:
    """An address of our own for anything: the ids of the books, as a URN."""
    return "urn:solidaria:" + re.sub(
        r"[^A-Za-z0-9:._~/-]", lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), name
    )


def measure(value: str, unit: str) -> dict[str, Any]:
    """So many of a unit; the value as plain digits with a point."""
    return {"@type": "Measure", "hasNumericalValue": value, "hasUnit": iri(f"unit:{unit}")}


def moment(day: date) -> str:
    """A day as the moment Valueflows asks for: its noon."""
    return f"{day.isoformat()}T12:00:00Z"
