"""Rows that a request names by their ids in the workbook; every id that names nothing is told, at once."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from solidaria.actions.acting import check
from solidaria.actions.visible import by_code
from solidaria.core.problem import Fault, say
from solidaria.records.models import Equipment, Organisation, Product, Site

Row = TypeVar("Row", bound=Model)


class Names:
    """Looks rows up and keeps what could not be found; `check` raises Refused when there was any."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def organisation(self, code: str, column: str) -> Organisation:
        """An organisation of the directory."""
        return self._or_fault(by_code(code), Organisation, code, column)

    def product(self, network: Organisation, code: str, column: str = "product") -> Product:
        """A product on the network's list."""
        rows = Product.objects.filter(network=network, removed__isnull=True)
        return self._or_fault(_one(rows, code), Product, code, column)

    def products(self, network: Organisation, codes: list[str], column: str) -> list[Product]:
        """Products on the network's list, looked up in one question; column has {} for the place in the list."""
        rows = Product.objects.filter(network=network, removed__isnull=True, code__in=set(codes))
        known = {row.code: row for row in rows}
        return [self._or_fault(known.get(code), Product, code, column.format(at)) for at, code in enumerate(codes)]

    def machines(self, site: Site, codes: list[str], column: str) -> list[Equipment]:
        """Machines of a site, in the same way."""
        rows = Equipment.objects.filter(site=site, removed__isnull=True, code__in=set(codes))
        known = {row.code: row for row in rows}
        return [
            self._or_fault(known.get(code), Equipment, code, column.format(at)) for at, code in enumerate(codes)
        ]

    def site(self, network: Organisation, code: str, column: str = "site") -> Site:
        """A site that plans in the network, by the id of its organisation."""
        rows = Site.objects.filter(network=network, organisation__code=code).select_related("organisation")
        return self._or_fault(rows.first(), Site, code, column)

    def row(self, rows: QuerySet[Row], code: str, column: str) -> Row:
        """The row of this id among the given ones."""
        return self._or_fault(_one(rows, code), rows.model, code, column)

    def missing(self, code: str, column: str) -> None:
        """Keep that this id names nothing."""
        what = say("There is no “{id}” here.", id=code[:100])
        help = say("Look its id up in the list, and write it like there.")
        self.faults.append(Fault("", None, column, what, help))

    def check(self) -> None:
        """Raise Refused with every name that names nothing."""
        check(self.faults)

    def _or_fault(self, row: Row | None, kind: type[Row], code: str, column: str) -> Row:
        if row is not None:
            return row
        self.missing(code, column)
        # Never used: whoever asked calls `check` before doing anything.
        return kind()


def _one(rows: QuerySet[Row], code: str) -> Row | None:
    return rows.filter(code=code).first()
