"""The core's values packed for a table, and back: a workbook's tables, a whole result, a sentence.

Values are written with the names of their fields; text, numbers and dates stay exactly what they were, so that a
result read back equals the one that was stored.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from solidaria.core import network, problem, result
from solidaria.core.problem import Fault, Sentence
from solidaria.core.result import Result
from solidaria.core.workbook.tables import ErrorValue, NoValue, Table, Tables

#: Every kind of value that may stand in a pack; nothing else is ever built from one.
KINDS = {
    kind.__name__: kind
    for module in (network, problem, result)
    for kind in vars(module).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__
} | {kind.__name__: kind for kind in (Table, Tables, NoValue, ErrorValue)}


def pack(value: Any) -> bytes:
    """The value as bytes; raises TypeError for a kind of value that has no place here."""
    return zlib.compress(json.dumps(plain(value), ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack(content: bytes) -> Any:
    """The value that was packed."""
    return value_of(json.loads(zlib.decompress(bytes(content))))


def unpack_result(content: bytes) -> Result:
    """A packed result; its plan and it share one network, as when they were made."""
    found = unpack(content)
    if not isinstance(found, Result):
        raise TypeError("this pack holds no result")
    plan = dataclasses.replace(found.plan, network=found.network)
    return Result(found.network, plan, found.prices)


def pack_result(found: Result) -> bytes:
    """A result, its network only once."""
    empty = dataclasses.replace(
        found.network,
        organisations=(),
        products=(),
        sites=(),
        recipes=(),
        equipment=(),
        stocks=(),
        needs=(),
        promises=(),
        reopenings=(),
        routes=None,
        warnings=(),
    )
    return pack(Result(found.network, dataclasses.replace(found.plan, network=empty), found.prices))


def plain(value: Any) -> Any:
    """The value in terms of JSON: text, whole numbers, yes and no stand for themselves, the rest says what it is."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return {"~": "float", "v": value.hex()}
    if isinstance(value, Decimal):
        return {"~": "n", "v": str(value)}
    if isinstance(value, Fraction):
        return {"~": "q", "v": str(value)}
    if isinstance(value, datetime):
        return {"~": "t", "v": value.isoformat()}
    if isinstance(value, date):
        return {"~": "d", "v": value.isoformat()}
    if isinstance(value, frozenset):
        return {"~": "set", "v": [plain(item) for item in sorted(value)]}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {"~": "map", "v": [[plain(key), plain(item)] for key, item in value.items()]}
    name = type(value).__name__
    if KINDS.get(name) is type(value):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"~": name, "v": fields}
    raise TypeError(f"{name} cannot be packed")


def value_of(found: Any) -> Any:
    """The value that `plain` wrote; lists become tuples."""
    if isinstance(found, list):
        return tuple(value_of(item) for item in found)
    if not isinstance(found, dict):
        return found
    kind, content = found["~"], found["v"]
    if kind == "n":
        return Decimal(content)
    if kind == "float":
        return float.fromhex(content)
    if kind == "q":
        return Fraction(content)
    if kind == "t":
        return datetime.fromisoformat(content)
    if kind == "d":
        return date.fromisoformat(content)
    if kind == "set":
        return frozenset(value_of(item) for item in content)
    if kind == "map":
        return {value_of(key): value_of(item) for key, item in content}
    return KINDS[kind](**{name: value_of(item) for name, item in content.items()})


def sentence_of(found: Any) -> Sentence | None:
    """A sentence that was kept with `plain`; None where nothing was kept."""
    value = value_of(found) if found else None
    return value if isinstance(value, Sentence) else None


def faults_of(found: Any) -> list[Fault]:
    """Faults that were kept with `plain`."""
    return [value for value in value_of(found or []) if isinstance(value, Fault)]
