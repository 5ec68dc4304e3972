"""For tests that empty their tables, or that change what the database keeps from being changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
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


@pytest.fixture
def emptied(transactional_db: None) -> Iterator[None]:
    """The tables that are only added to are emptied at the end, which their triggers do not allow."""
    yield
    from_here = [
        "records_countersignature",
        "records_logcheckpoint",
        "records_logentry",
        "records_ledgerevent",
    ]
    with unguarded(), connection.cursor() as cursor:
        for table in from_here:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("UPDATE records_agreement SET current_id = NULL")
        cursor.execute("DELETE FROM records_agreementyes")
        cursor.execute("DELETE FROM records_agreementversion")
