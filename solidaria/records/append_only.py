"""Tables that are only ever added to: the database itself refuses to change or delete what stands in them.

Triggers, because every program and person that comes through this database user is held by them too. Somebody with
the rights of the database's owner can remove them: what such a person changes, an ally finds (core/proof.py).
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from solidaria.records.summed import EVENTS, keep_sums

#: The tables, by their names in the database.
TABLES = (
    "records_agreementversion",
    "records_ledgerevent",
    "records_logentry",
    "records_logcheckpoint",
    "records_countersignature",
)
REASON = "this table is only ever added to"


def guard(editor: BaseDatabaseSchemaEditor, tables: tuple[str, ...] = TABLES) -> None:
    """Put the triggers in place, on SQLite and PostgreSQL."""
    for statement in statements(editor.connection.vendor, tables):
        editor.execute(statement, params=None)  # a % in it is the function's own
    if EVENTS in tables:
        keep_sums(editor)  # a table that was built anew has lost that trigger, too


def unguard(editor: BaseDatabaseSchemaEditor, tables: tuple[str, ...] = TABLES) -> None:
    """Take the triggers away: for a migration back."""
    for statement in undoing(editor.connection.vendor, tables):
        editor.execute(statement)


def undoing(vendor: str, tables: tuple[str, ...] = TABLES) -> list[str]:
    """What takes the triggers away again; tests that empty or rewrite these tables use it."""
    on = vendor == "postgresql"
    names = ("kept", "whole") if on else ("no_update", "no_delete", "no_replace")
    return [
        f"DROP TRIGGER IF EXISTS {table}_{name}" + (f" ON {table}" if on else "")
        for table in tables
        for name in names
    ]


def statements(vendor: str, tables: tuple[str, ...] = TABLES) -> list[str]:
    """What makes these tables append-only on a kind of database."""
    if vendor == "postgresql":
        found = [
            "CREATE OR REPLACE FUNCTION solidaria_only_added_to() RETURNS trigger AS $$ BEGIN "
            f"RAISE EXCEPTION '{REASON}'; END; $$ LANGUAGE plpgsql",
            # An empty table may be emptied.
            "CREATE OR REPLACE FUNCTION solidaria_not_emptied() RETURNS trigger AS $$ DECLARE found boolean; BEGIN "
            "EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', TG_TABLE_NAME) INTO found; "
            f"IF found THEN RAISE EXCEPTION '{REASON}'; END IF; RETURN NULL; END; $$ LANGUAGE plpgsql",
        ]
        for table in tables:
            found += [
                f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION solidaria_only_added_to()",
                f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION solidaria_not_emptied()",
            ]
        return found
    found = []
    for table in tables:
        stop = f"BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
        found += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {stop}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {stop}",
            # INSERT OR REPLACE deletes without asking the trigger above.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {stop}",
        ]
    return found
