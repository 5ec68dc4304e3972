"""What every action has in common: one transaction, the right to act, the lock, the form taken once, the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar

from django.apps import apps
from django.db import DatabaseError, IntegrityError, OperationalError, connection, models, transaction

from solidaria.actions.permit import PERMISSIONS, Doer, permit
from solidaria.actions.turns import turn
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.signs import cleaned
from solidaria.core.workbook.tables import Tables
from solidaria.records.models import Act, Once, Organisation

Row = TypeVar("Row", bound=models.Model)
Answer = TypeVar("Answer")

#: How often an act is begun when others do the same at the same moment.
MOST_TRIES = 4


class Already(Exception):
    """Raised by an action when what was asked for holds already: its row is the answer, and history stays as it is."""

    def __init__(self, row: models.Model) -> None:
        super().__init__()
        self.row = row


#: Every action by its name; the API and the tests walk through it.
ACTIONS: dict[str, Callable[..., Any]] = {}

#: Columns that stay out of history: secrets, and what is large and kept elsewhere.
NOT_KEPT = {
    "digest", "secret", "password", "last_login", "tables", "result", "progress", "beat", "steps", "content",
}  # fmt: skip


def action(function: Callable[..., Row]) -> Callable[..., Row]:
    """Make a function an action: `function(doer, subject, **arguments)` gives back the row it made or changed.

    subject   what it is about: a row with an `organisation`, or None when there is none yet. It is locked and read
              anew inside the transaction, so the function sees it as it is now.

    The whole happens in one transaction: the form's key is taken (a key seen before gives back the earlier row and
    does nothing), the right is asked for (actions/permit.py), the function runs, history is written.
    Texts reach the function without signs that nobody sees (core/signs.py), whoever sent them.
    The function may be run again from the start when somebody else did the same at the same moment.
    Raises NotAllowed, Refused, or what the function raises; then nothing has happened.
    """
    verb = function.__name__
    if verb not in PERMISSIONS:
        raise KeyError(f"{verb} is not in the table of permissions")

    @wraps(function)
    def run(doer: Doer, subject: Any = None, **arguments: Any) -> Row:
        clean = {name: _clean(value) for name, value in arguments.items()}
        _printable(clean)
        return in_one_piece(lambda: once(doer, subject, clean))

    def once(doer: Doer, subject: Any, arguments: dict[str, Any]) -> Row:
        earlier = _taken(doer, verb)
        if earlier is not None:
            return earlier  # type: ignore[return-value]
        fresh = _locked(subject)
        organisation = None if fresh is None else fresh.organisation
        own = fresh is not None and getattr(fresh, "declared_by_id", 0) == doer.person.pk
        permit(verb, doer, organisation, own)
        before = {} if fresh is None else columns(fresh)
        try:
            answer = function(doer, fresh, **arguments)
        except Already as found:
            _taken_by(doer, found.row)
            return found.row  # type: ignore[return-value]
        _remember(doer, verb, fresh, before, answer)
        _taken_by(doer, answer)
        return answer

    ACTIONS[verb] = run
    return run


def in_one_piece(do: Callable[[], Answer]) -> Answer:
    """What `do` gives, in a transaction of its own; begun again when another act stood in its way.

    Two acts that want the same rows in another order stop each other for ever (a deadlock), and two that make the
    same row at once cannot both have it: the database turns one of them away. That one is begun again, and sees
    what the other did. On SQLite, which lets one in at a time, acts stand in line (actions/turns.py). Raises Refused
    when the row is still taken after MOST_TRIES, and when the line was too long.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            with turn(), transaction.atomic():
                return do()
        except (IntegrityError, OperationalError) as error:
            if _locked_out(error) and not connection.in_atomic_block:
                raise _too_many() from error
            # Inside a larger transaction a deadlock has thrown away more than this act.
            if not (_row_taken(error) or (_deadlock(error) and not connection.in_atomic_block)):
                raise
    try:
        with turn(), transaction.atomic():
            return do()
    except (IntegrityError, OperationalError) as error:
        if _locked_out(error) and not connection.in_atomic_block:
            raise _too_many() from error
        if not _row_taken(error):
            raise
        raise refused(
            None, say("Somebody else did the same at this moment."), say("Look at the page again.")
        ) from error


def _too_many() -> Refused:
    what = say("Too many people write at this moment; nothing was written.")
    return refused(None, what, say("Wait a minute, and send it again."))


def _row_taken(error: DatabaseError) -> bool:
    cause = error.__cause__
    return getattr(cause, "sqlstate", "") == "23505" or getattr(cause, "sqlite_errorname", "") in (
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    )


def _locked_out(error: DatabaseError) -> bool:
    """Whether SQLite let this act not in at all, for longer than it waits: nothing has happened."""
    return getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_BUSY"


def _deadlock(error: DatabaseError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in ("40P01", "40001")


def _clean(value: Any) -> Any:
    """The value with every text in it cleaned; what needs no cleaning is the very same value, rows and workbooks too."""
    if isinstance(value, str):
        return cleaned(value)
    if all(cleaned(text) == text for text in _texts(value)) or isinstance(value, Tables):
        return value
    if isinstance(value, Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return type(value)(_clean(item) for item in value)


def _printable(arguments: Mapping[str, Any]) -> None:
    """Raise Refused where a text holds what no database keeps: the sign of number 0, or half of a sign."""
    faults = []
    for name, value in arguments.items():
        if any("\x00" in text or not _whole_signs(text) for text in _texts(value)):
            what = say("A text holds a sign that cannot be kept.")
            faults.append(Fault("", None, name, what, say("Write it anew by hand: copying brought it along.")))
    check(faults)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Tables):
        for table in value.sheets.values():
            for _, cells in table.rows:
                yield from (cell for cell in cells if isinstance(cell, str))


def _whole_signs(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text) if not text.isascii() else True


def _locked(subject: Any) -> Any:
    if subject is None:
        return None
    return type(subject).objects.select_for_update(of=("self",), no_key=True).get(pk=subject.pk)


def _taken(doer: Doer, verb: str) -> models.Model | None:
    """The row an earlier act with this key gave; None when the key is new, which it then no longer is."""
    if not doer.key:
        return None
    once, new = Once.objects.get_or_create(
        person=doer.person, key=doer.key, defaults={"verb": verb, "at": doer.at}
    )
    if new:
        return None
    if once.verb != verb or once.subject is None:
        raise refused(None, say("This form was already used for something else."), say("Open the page again."))
    row: models.Model = apps.get_model("records", once.kind)._default_manager.get(pk=once.subject)
    return row


def _remember(doer: Doer, verb: str, subject: Any, before: dict[str, Any], answer: models.Model) -> None:
    kind = type(answer).__name__
    after = columns(answer)
    if subject is None or type(subject) is not type(answer) or subject.pk != answer.pk:
        before = {}
    changed = [name for name in after if after[name] != before.get(name)]
    organisation = getattr(answer, "organisation", None) or getattr(subject, "organisation", None)
    Act.objects.create(
        at=doer.at,
        person=doer.person,
        organisation=organisation if isinstance(organisation, Organisation) else None,
        mandate=doer.mandate,
        verb=verb,
        kind=kind,
        subject=answer.pk,
        name=str(answer)[:200] if hasattr(answer, "__str__") else "",
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed},
    )


def _taken_by(doer: Doer, answer: models.Model) -> None:
    if doer.key:
        Once.objects.filter(person=doer.person, key=doer.key).update(kind=type(answer).__name__, subject=answer.pk)


def columns(row: models.Model) -> dict[str, Any]:
    """The columns of a row as JSON holds them, without those that stay out of history."""
    found = {}
    for field in row._meta.concrete_fields:
        if field.name in NOT_KEPT:
            continue
        value = getattr(row, field.attname)
        if isinstance(value, Decimal):
            value = f"{value:f}"
        elif isinstance(value, (datetime, date)):
            value = value.isoformat()
        found[field.attname] = value
    return found


def refused(column: str | None, what: Sentence, help: Sentence) -> Refused:
    """A refusal with one fault, to raise."""
    return Refused([Fault("", None, column, what, help)])


def check(faults: list[Fault]) -> None:
    """Raise Refused with all the faults, when there are any."""
    if faults:
        raise Refused(faults)
