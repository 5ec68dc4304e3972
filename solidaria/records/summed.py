"""Sums of events by agent and month, kept by the database itself: every event that is added is counted once, by a trigger.

Posting asks what somebody holds before each event; without these sums that takes as long as the books are. They are
derived from the events and from nothing else: `solidaria verify` on a server adds all events up and compares.
The world outside has no sums: every payment from or to it would wait for every other.
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from solidaria.core.books import OUTSIDE

TABLE, EVENTS = "records_monthsum", "records_ledgerevent"
_KEY = "agent, month, side, resource, action, part"
#: Side of an event → the column with its agent.
SIDES = {"in": "receiver", "out": "provider"}


def keep_sums(editor: BaseDatabaseSchemaEditor) -> None:
    """Put the trigger in place, on SQLite and PostgreSQL; where the table is not there yet, nothing happens."""
    with editor.connection.cursor() as cursor:
        there = TABLE in editor.connection.introspection.table_names(cursor)
    for statement in statements(editor.connection.vendor) if there else ():
        editor.execute(statement, params=None)


def stop_sums(editor: BaseDatabaseSchemaEditor) -> None:
    """Take the trigger away: for a migration back."""
    for statement in undoing(editor.connection.vendor):
        editor.execute(statement, params=None)


def add_up(editor: BaseDatabaseSchemaEditor) -> None:
    """Add up all events there are, from nothing."""
    editor.execute(f"DELETE FROM {TABLE}", params=None)
    for side, column in SIDES.items():
        editor.execute(
            f"INSERT INTO {TABLE} ({_KEY}, amount, effort) SELECT {column}, substr(day, 1, 7), '{side}', resource, action, "
            f"part, SUM(amount), SUM(effort) FROM {EVENTS} WHERE {column} <> '{OUTSIDE}' "
            f"GROUP BY {column}, substr(day, 1, 7), resource, action, part",
            params=None,
        )


def undoing(vendor: str) -> list[str]:
    """What takes the trigger away."""
    return [f"DROP TRIGGER IF EXISTS {EVENTS}_summed" + (f" ON {EVENTS}" if vendor == "postgresql" else "")]


def statements(vendor: str) -> list[str]:
    """What makes a kind of database keep the sums; what was there before is put anew."""
    adding = "".join(
        f"INSERT INTO {TABLE} ({_KEY}, amount, effort) SELECT NEW.{column}, substr(NEW.day, 1, 7), '{side}', "
        f"NEW.resource, NEW.action, NEW.part, NEW.amount, NEW.effort WHERE NEW.{column} <> '{OUTSIDE}' "
        f"ON CONFLICT ({_KEY}) DO UPDATE SET amount = {TABLE}.amount + excluded.amount, "
        f"effort = {TABLE}.effort + excluded.effort; "
        for side, column in SIDES.items()
    )
    if vendor == "postgresql":
        return [
            "CREATE OR REPLACE FUNCTION solidaria_summed() RETURNS trigger AS $$ BEGIN "
            f"{adding} RETURN NULL; END; $$ LANGUAGE plpgsql",
            *undoing(vendor),
            f"CREATE TRIGGER {EVENTS}_summed AFTER INSERT ON {EVENTS} "
            "FOR EACH ROW EXECUTE FUNCTION solidaria_summed()",
        ]
    return [*undoing(vendor), f"CREATE TRIGGER {EVENTS}_summed AFTER INSERT ON {EVENTS} BEGIN {adding} END"]
