"""For tests that empty their tables, or that change what the database keeps from being changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from solidaria.records.append_only import statements, undoing


@contextmanager
def unguarded() -> Iterator[None]:
    """As somebody with the rights of the database's owner: the triggers are away."""
    with connection.cursor() as cursor:
        for statement in undoing(connection.vendor):
            cursor.execute(statement)
        yield
        for statement in statements(connection.vendor):
            cursor.execute(statement)


def empty_ledgers() -> None:
    """Empty the tables that are only added to, as tests that really commit need it at their end."""
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE records_agreement SET current_id = NULL")
        for table in (
            "countersignature",
            "logcheckpoint",
            "logentry",
            "monthsum",
            "ledgerevent",
            "agreementyes",
            "agreementversion",
        ):
            cursor.execute(f"DELETE FROM records_{table}")
