"""Plans that are done, read back; kept at hand, since a plan that is done never changes."""

from __future__ import annotations

from functools import lru_cache

from solidaria.core.result import Result
from solidaria.core.workbook.tables import Tables
from solidaria.records.models import Variant
from solidaria.records.packing import unpack, unpack_result


def result_of(pk: int) -> Result | None:
    """The result of a plan that is done; None when there is none."""
    found = Variant.objects.filter(pk=pk, state="done").values_list("finished", flat=True).first()
    return None if found is None else _result(pk, str(found))


@lru_cache(maxsize=16)
def _result(pk: int, finished: str) -> Result | None:
    content = Variant.objects.filter(pk=pk).values_list("result", flat=True).first()
    return None if content is None else unpack_result(bytes(content))


def tables_planned(pk: int) -> Tables | None:
    """The workbook a plan was made from."""
    content = Variant.objects.filter(pk=pk).values_list("tables", flat=True).first()
    found = None if content is None else unpack(bytes(content))
    return found if isinstance(found, Tables) else None
