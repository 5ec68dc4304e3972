"""Whoever owns the database rewrites the books; an ally who holds only the last countersigned checkpoint finds it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from solidaria.actions import agree, books
from solidaria.actions.ledger import texts_of
from solidaria.cli.main import main
from solidaria.core.logfile import begins_with, read_log, verify
from solidaria.core.problem import Refused
from solidaria.core.proof import leaf_hash, read_note
from solidaria.records.models import LedgerEvent, LogEntry
from solidaria.records.signatures import countersign, key_in, public_text, signed_by
from solidaria.web.books import log_of
from tests.books.append_only import unguarded
from tests.books.test_actions import ARS, TODAY, sewing, signed
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db
TRIALS = 1000


@pytest.fixture
def here() -> World:
    """Two organisations with an agreement and forty events, signed and countersigned."""
    made = world()
    sewing(made)
    row = signed(made)
    for number in range(1, 31):
        books.record_event(
            doer(made.ana),
            made.workshop,
            action="transfer",
            resource=ARS,
            quantity=str(number),
            day=TODAY,
            part="opening",
            note=f"note {number}",
        )
    order = agree.call_off(doer(made.ana), made.barrio, agreement=row, line=0, quantity="50", due=TODAY)
    for number in range(1, 6):
        handover = agree.hand_over(
            doer(made.ana), made.workshop, call_off=order, quantity=str(number), day=TODAY, made=True
        )
        agree.confirm_handover(doer(made.ana), made.barrio, handover=handover)
    return made


def ways(here: World) -> list[Callable[[random.Random], str]]:
    """Kinds of change in the database, each with the SQL that does it."""
    events = list(LedgerEvent.objects.filter(entries__organisation=here.workshop).order_by("pk"))
    entries = list(LogEntry.objects.filter(organisation=here.workshop).order_by("place"))
    versions = [entry.version_id for entry in entries if entry.version_id]
    numbers = {"amount", "effort"}
    columns = [
        field.column
        for field in LedgerEvent._meta.concrete_fields
        if field.column != "id" and field.column not in ("action", "part", "corrects", "uid")
    ]

    def changed(luck: random.Random) -> str:
        column, row = luck.choice(columns), luck.choice(events).pk
        value = f"{column} + {luck.randint(1, 10**6)}" if column in numbers else f"{column} || 'x'"
        return f"UPDATE records_ledgerevent SET {column} = {value} WHERE id = {row}".replace(
            "order", chr(34) + "order" + chr(34)
        )

    def action(luck: random.Random) -> str:
        row = luck.choice(events)
        other = luck.choice([name for name in ("raise", "produce", "move", "copy") if name != row.action])
        return f"UPDATE records_ledgerevent SET action = '{other}' WHERE id = {row.pk}"

    def part(luck: random.Random) -> str:
        row = luck.choice(events)
        other = luck.choice([name for name in ("wage", "reserve", "other") if name != row.part])
        return f"UPDATE records_ledgerevent SET part = '{other}' WHERE id = {row.pk}"

    def moved(luck: random.Random) -> str:
        one, other = luck.sample([entry for entry in entries if entry.event_id], 2)
        high, (a, b) = 10**6, (one.place, other.place)
        table = f"UPDATE records_logentry SET place = %s WHERE organisation_id = {here.workshop.pk} AND place = %s"
        return ";".join(table % pair for pair in ((high, a), (a, b), (b, high)))

    def dropped(luck: random.Random) -> str:
        entry = luck.choice(entries)
        return f"DELETE FROM records_logentry WHERE id = {entry.pk}"

    def another(luck: random.Random) -> str:
        one, other = luck.sample([entry for entry in entries if entry.event_id], 2)
        return (
            f"DELETE FROM records_logentry WHERE id = {other.pk};"
            f"UPDATE records_logentry SET event_id = {other.event_id} WHERE id = {one.pk}"
        )

    def put_in(luck: random.Random) -> str:
        """An event of today in the place of the last one, which moves behind it."""
        last = entries[-1]
        early = luck.choice(entries[:-1])
        return f"UPDATE records_logentry SET place = {last.place + 1 + early.place} WHERE id = {early.pk}"

    def shortened(luck: random.Random) -> str:
        keep = luck.randint(0, len(entries) - 1)
        return f"DELETE FROM records_logentry WHERE organisation_id = {here.workshop.pk} AND place >= {keep}"

    def version(luck: random.Random) -> str:
        at = luck.choice(versions)
        word = luck.choice(("price", "wage", "advance", "taker"))
        return f"UPDATE records_agreementversion SET text = replace(text, '{word}', '{word}_') WHERE id = {at}"

    return [changed, changed, changed, action, part, moved, dropped, another, put_in, shortened, version]


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the same SQL on both; once is enough for a thousand trials"
)
def test_a_thousand_changes_of_the_database_are_found_with_the_last_countersigned_checkpoint_alone(
    here: World,
) -> None:
    checkpoint = books.sign_checkpoint(doer(here.ana), here.workshop)
    books.countersign(doer(here.ana), here.barrio, checkpoint=checkpoint)
    # All the ally keeps.
    kept = read_note(checkpoint.note)[0]
    assert begins_with([leaf_hash(text.encode()) for text in texts_of(here.workshop)], kept) == []
    luck, kinds, found = random.Random(20), ways(here), 0
    honest = texts_of(here.workshop)
    with unguarded():
        for trial in range(TRIALS):
            change = kinds[trial % len(kinds)](luck)
            with transaction.atomic():
                with connection.cursor() as cursor:
                    for statement in change.split(";"):
                        cursor.execute(statement)
                told = texts_of(here.workshop)
                assert told != honest, change
                faults = begins_with([leaf_hash(text.encode()) for text in told], kept)
                assert faults, change
                found += 1
                if trial < len(kinds):
                    # The server's own next signature and the ally's next countersignature find it, too.
                    with pytest.raises(Refused):
                        books.countersign(doer(here.ana), here.network, checkpoint=checkpoint)
                transaction.set_rollback(True)
    assert found == TRIALS
    assert texts_of(here.workshop) == honest


def test_what_comes_after_a_checkpoint_is_added_and_proved_by_the_next(here: World) -> None:
    first = books.sign_checkpoint(doer(here.ana), here.workshop)
    books.record_event(
        doer(here.ana), here.workshop, action="transfer", resource=ARS, quantity="7", day=TODAY, part="other"
    )
    log = log_of(here.workshop)
    found = verify(log, signed_by, kept=[read_note(first.note)[0]], own=f"organisation:{here.workshop.code}")
    assert (found.faults, found.later, found.signed) == ([], 1, True)
    second = books.sign_checkpoint(doer(here.ana), here.workshop)
    assert second.size == first.size + 1
    found = verify(log_of(here.workshop), signed_by, kept=[read_note(first.note)[0]])
    assert (found.faults, found.later) == ([], 0)


def test_a_key_the_server_never_saw_countersigns_through_the_command(
    here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = books.sign_checkpoint(doer(here.ana), here.workshop)
    (tmp_path / "log.json").write_text(log_of(here.workshop).text, encoding="utf-8")
    words = ["verify", str(tmp_path / "log.json"), "--countersign", str(tmp_path / "ally.pem"), "--as", "barrio"]
    assert main([*words, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    given = {"checkpoint": checkpoint, "line": told["countersignature"], "public": told["public"]}
    with pytest.raises(Refused, match="not one under this checkpoint"):
        books.countersign(
            doer(here.ana), here.barrio, **{**given, "public": public_text(key_in(tmp_path / "x.pem"))}
        )
    books.countersign(doer(here.ana), here.barrio, **given)
    log = log_of(here.workshop)
    found = verify(log, signed_by)
    assert [ally for ally, _ in found.witnesses] == ["Barrio Norte"] and found.faults == []
    # Under another key, or with another ally's line, nothing is believed.
    assert verify(log, signed_by, key=public_text(key_in(tmp_path / "y.pem"))).faults
    stolen = countersign(read_note(log.note)[0], key_in(tmp_path / "z.pem"), "barrio", 5).line
    forged = read_log(
        log.text.replace(
            json.dumps(told["countersignature"] + "\n", ensure_ascii=False), json.dumps(stolen, ensure_ascii=False)
        )
    )
    assert forged.witnesses[0].line == stolen and verify(forged, signed_by).faults


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": "solidaria log 1"}', '{"format": 3}', "not json", "\ufeff{}"]
)
def test_what_is_no_exported_log_is_refused_and_says_where_to_get_one(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.json").write_text(content, encoding="utf-8")
    assert main(["verify", str(tmp_path / "log.json")]) == 1
    assert "not an exported log" in capsys.readouterr().out


def test_nobody_countersigns_his_own_books_and_a_changed_log_is_not_signed_again(here: World) -> None:
    checkpoint = books.sign_checkpoint(doer(here.ana), here.workshop)
    with pytest.raises(Refused, match="his own books"):
        books.countersign(doer(here.ana), here.workshop, checkpoint=checkpoint)
    with unguarded():
        LedgerEvent.objects.filter(entries__organisation=here.workshop, part="opening").update(note="rewritten")
        with pytest.raises(Refused, match="not what it was"):
            books.sign_checkpoint(doer(here.ana), here.workshop)
        with pytest.raises(Refused, match="not those you countersigned"):
            books.countersign(doer(here.ana), here.barrio, checkpoint=checkpoint)
