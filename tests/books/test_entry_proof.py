"""One entry proved by a small file, how a log grew, and the books of a running server: none of it trusts the server."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import subprocess
import sys
import urllib.error
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from solidaria.actions import books
from solidaria.actions.ledger import texts_of
from solidaria.actions.proof import growth_of, log_of, proof_of_entry
from solidaria.cli import server
from solidaria.cli.main import main
from solidaria.core.logfile import Witness
from solidaria.core.problem import Refused
from solidaria.core.proof import (
    Checkpoint,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    note,
    read_note,
    root_of,
)
from solidaria.core.prooffile import EntryProof, Growth, prove_entry, prove_growth, read_proof
from solidaria.records import logs
from solidaria.records.append_only import undoing
from solidaria.records.models import LedgerEvent, LogCheckpoint, LogEntry, LogKey
from solidaria.records.signatures import countersign, key_in, public_text, sign, signed_by
from tests.api.programs import key_of
from tests.books.append_only import unguarded
from tests.books.test_actions import ARS, TODAY, sewing, signed
from tests.web.people import World, doer, world

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


@pytest.fixture
def here(db: None) -> World:
    """A workshop with an agreement and twelve events, signed by itself and countersigned by the neighbourhood."""
    made = world()
    sewing(made)
    signed(made)
    for number in range(1, 13):
        money_in(made, number)
    checkpoint = books.sign_checkpoint(doer(made.ana), made.workshop)
    books.countersign(doer(made.ana), made.barrio, checkpoint=checkpoint)
    return made


def money_in(here: World, number: int) -> LedgerEvent:
    return books.record_event(
        doer(here.ana),
        here.workshop,
        action="transfer",
        resource=ARS,
        quantity=str(number),
        day=TODAY,
        part="opening",
        note=f"note {number}",
    )


def entry(here: World, place: int) -> EntryProof:
    found = proof_of_entry(here.workshop, place)
    assert found is not None
    return found


def growth(here: World, earlier: int) -> Growth:
    found = growth_of(here.workshop, earlier)
    assert found is not None
    return found


def test_every_entry_is_proved_by_a_small_file_that_reads_back(here: World) -> None:
    for place, text in enumerate(texts_of(here.workshop)):
        proof = entry(here, place)
        assert proof.entry == text and len(proof.text) < 5000
        assert read_proof(proof.text) == proof
        found = prove_entry(proof, signed_by, kept=[read_note(proof.note)[0]])
        assert (found.faults, found.signed, [ally for ally, _ in found.witnesses]) == ([], True, ["Barrio Norte"])
        assert (found.event is None) == (place == 0)  # the agreement
    assert proof_of_entry(here.workshop, 13) is None and proof_of_entry(here.workshop, -1) is None
    assert proof_of_entry(here.barrio, 0) is None


def test_an_entry_is_proved_by_the_newest_checkpoint_that_an_ally_countersigned(here: World) -> None:
    money_in(here, 50)
    books.sign_checkpoint(doer(here.ana), here.workshop)
    assert read_note(entry(here, 3).note)[0].size == 13 and entry(here, 3).witnesses
    # No ally has seen the last one yet: the log's own signature is all there is.
    assert read_note(entry(here, 13).note)[0].size == 14 and not entry(here, 13).witnesses


def test_a_proof_with_anything_changed_does_not_hold(here: World) -> None:
    proof, other = entry(here, 5), entry(here, 6)
    key = key_in(Path(settings.HOME) / "nobody.pem")
    checkpoint = read_note(proof.note)[0]
    forged = note(checkpoint, [sign(checkpoint, key, checkpoint.origin)])
    for changed in (
        replace(proof, entry=proof.entry.replace('"amount":500', '"amount":501')),
        replace(proof, entry=other.entry),
        replace(proof, place=6),
        replace(proof, place=-1),
        replace(proof, place=10**30),
        replace(proof, hashes=proof.hashes[:-1]),
        replace(proof, hashes=(*proof.hashes, proof.hashes[0])),
        replace(proof, hashes=tuple(reversed(proof.hashes))),
        replace(proof, origin="solidaria/o/other"),
        replace(proof, note=forged),
        replace(proof, note=proof.note.replace("\n13\n", "\n12\n")),
        replace(proof, note=re.sub(r"time \d+", "time 5", proof.note)),
        replace(proof, note="nothing"),
        replace(proof, public=public_text(key)),
        replace(proof, witnesses=(Witness("Barrio Norte", public_text(key), proof.witnesses[0].line),)),
        replace(proof, witnesses=(Witness("Barrio Norte", proof.witnesses[0].public, "— x eA=="),)),
    ):
        assert changed != proof
        assert prove_entry(changed, signed_by).faults, changed
    assert prove_entry(proof, signed_by, key=public_text(key)).faults
    # Not under the root that the reader kept; and a checkpoint of another size says nothing.
    assert prove_entry(proof, signed_by, kept=[replace(checkpoint, root=bytes(32))]).faults
    assert prove_entry(proof, signed_by, kept=[replace(checkpoint, size=12)]).faults


def test_the_log_only_grew_or_it_is_found(here: World) -> None:
    kept = read_note(LogCheckpoint.objects.get(organisation=here.workshop).note)[0]
    for number in range(5):
        money_in(here, 100 + number)
    last = books.sign_checkpoint(doer(here.ana), here.workshop)
    found = growth(here, 13)
    assert read_proof(found.text) == found
    proved = prove_growth(found, signed_by, kept=[kept])
    assert proved.faults == [] and proved.signed
    assert proved.checkpoint is not None and (kept.size, proved.checkpoint.size) == (13, 18)
    assert growth_of(here.workshop, 12) is None  # was never signed
    for changed in (
        replace(found, hashes=found.hashes[1:]),
        replace(found, earlier=found.later),
        replace(found, earlier="nothing"),
        replace(found, later=found.earlier, witnesses=()),
        replace(found, origin="solidaria/o/other"),
    ):
        assert prove_growth(changed, signed_by, kept=[kept]).faults, changed
    with unguarded():
        # The database is rewritten, and everything signed anew with the log's own key.
        LedgerEvent.objects.filter(note="note 3").update(amount=1)
        key = key_in(books.key_file(here.workshop))
        for row in LogCheckpoint.objects.filter(organisation=here.workshop):
            texts = [leaf_hash(text.encode()) for text in texts_of(here.workshop, row.size)]
            made = Checkpoint(kept.origin, row.size, root_of(texts), int(row.at.timestamp()))
            written = note(made, [sign(made, key, made.origin)])
            LogCheckpoint.objects.filter(pk=row.pk).update(note=written, root=made.root.hex())
    forged = replace(growth(here, 13), witnesses=())
    assert prove_growth(forged, signed_by).faults == []  # in itself it holds …
    assert prove_growth(forged, signed_by, kept=[kept]).faults  # … and not with what the ally kept
    assert prove_growth(replace(forged, earlier=found.earlier), signed_by, kept=[kept]).faults
    assert last.size == 18


@given(st.integers(1, 40), st.data())
def test_no_proof_of_one_log_holds_for_another(size: int, data: st.DataObject) -> None:
    key = KEY
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    place, wrong = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    changed = [*leaves]
    changed[wrong] = leaf_hash(b"another")
    honest = Checkpoint("solidaria/o/x", size, root_of(leaves), 5)
    signature = note(honest, [sign(honest, key, honest.origin)])
    proof = EntryProof(
        honest.origin, public_text(key), signature, (), place, str(place), tuple(inclusion_proof(place, changed))
    )
    assert (prove_entry(proof, signed_by).faults == []) == (wrong == place)
    earlier = data.draw(st.integers(0, size))
    before = Checkpoint(honest.origin, earlier, root_of(leaves[:earlier]), 4)
    grown = Growth(
        honest.origin,
        public_text(key),
        note(before, [sign(before, key, before.origin)]),
        signature,
        (),
        tuple(consistency_proof(earlier, leaves)),
    )
    assert prove_growth(grown, signed_by, kept=[before]).faults == []


@pytest.fixture(scope="module", autouse=True)
def _key(tmp_path_factory: pytest.TempPathFactory) -> None:
    global KEY
    KEY = key_in(tmp_path_factory.mktemp("key") / "log.pem")


KEY: Any = None


@pytest.mark.parametrize(
    "content",
    [
        '{"format": "solidaria proof 1"}',
        '{"format": "solidaria growth 1", "origin": 3}',
        '{"format": "solidaria proof 2"}',
        '{"format": "solidaria proof 1", "origin": "", "public": "", "note": "", "witnesses": [], "place": "1", '
        '"entry": "", "hashes": []}',
        '{"format": "solidaria proof 1", "origin": "", "public": "", "note": "", "witnesses": [], "place": true, '
        '"entry": "", "hashes": []}',
        '{"format": "solidaria proof 1", "origin": "", "public": "", "note": "", "witnesses": [], "place": 1, '
        '"entry": "", "hashes": ["eA=="]}',
        '{"format": "solidaria growth 1", "origin": "", "public": "", "earlier": "", "later": "", "witnesses": 4, '
        '"hashes": []}',
    ],
)
def test_what_is_no_proof_is_refused(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "proof.json").write_text(content, encoding="utf-8")
    assert main(["verify", str(tmp_path / "proof.json")]) == 1
    assert "not a proof" in capsys.readouterr().out


# --- the command ---


def told(capsys: pytest.CaptureFixture[str], status: int, *words: str) -> str:
    assert main(["verify", *words]) == status, capsys.readouterr().out
    return capsys.readouterr().out


def test_the_command_proves_one_entry_in_words(
    here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "entry.json").write_text(entry(here, 5).text, encoding="utf-8")
    out = told(capsys, 0, str(tmp_path / "entry.json"), "--keep", str(tmp_path / "last.txt"))
    assert "Entry 5 of 13 in the log of solidaria/o/taller-hilo." in out
    assert f"{TODAY}: transfer (opening), 5.00 ARS, from outside to taller-hilo" in out
    assert "It holds" in out and "Countersigned by Barrio Norte" in out
    out = told(capsys, 0, str(tmp_path / "entry.json"), "--kept", str(tmp_path / "last.txt"), "--format", "json")
    assert json.loads(out)["place"] == 5
    (tmp_path / "entry.json").write_text(entry(here, 5).text.replace(":500,", ":501,"), encoding="utf-8")
    assert "does not stand in the log" in told(capsys, 1, str(tmp_path / "entry.json"))
    (tmp_path / "entry.json").write_text(entry(here, 0).text, encoding="utf-8")
    assert "It says:" in told(capsys, 0, str(tmp_path / "entry.json"), "--lang", "en")


def test_an_ally_countersigns_by_the_proof_of_growth_alone(
    here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "last.txt").write_text(
        LogCheckpoint.objects.get(organisation=here.workshop).note, encoding="utf-8"
    )
    money_in(here, 50)
    last = books.sign_checkpoint(doer(here.ana), here.workshop)
    (tmp_path / "growth.json").write_text(growth(here, 13).text, encoding="utf-8")
    words = [
        str(tmp_path / "growth.json"),
        "--kept",
        str(tmp_path / "last.txt"),
        "--keep",
        str(tmp_path / "last.txt"),
    ]
    out = told(capsys, 0, *words, "--countersign", str(tmp_path / "ally.pem"), "--as", "ally", "--format", "json")
    answer = json.loads(out)
    assert (answer["earlier"], answer["size"]) == (13, 14)
    books.countersign(
        doer(here.ana), here.network, checkpoint=last, line=answer["countersignature"], public=answer["public"]
    )
    assert read_note((tmp_path / "last.txt").read_text(encoding="utf-8"))[0].size == 14


def test_the_recipe_of_the_documentation_checks_proofs_without_our_program(here: World, tmp_path: Path) -> None:
    """docs/books.md has a program of some sixty lines; it runs as it stands, with Python and openssl alone."""
    page = (DOCS / "books.md").read_text(encoding="utf-8")
    program = next(
        part
        for part in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
        if "0x00" in part or "\\x00" in part
    )
    assert len(program.splitlines()) <= 65
    assert "solidaria" not in re.sub(r"#.*", "", program).replace("solidaria proof 1", "")
    (tmp_path / "check.py").write_text(program, encoding="utf-8")
    money_in(here, 50)
    books.sign_checkpoint(doer(here.ana), here.workshop)

    def says(content: str) -> tuple[int, str]:
        (tmp_path / "proof.json").write_text(content, encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, "-I", "check.py", "proof.json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    for place in range(13):
        status, out = says(entry(here, place).text)
        assert status == 0 and "holds" in out, out
    assert says(growth(here, 13).text)[0] == 0
    honest = entry(here, 5).text
    for changed in (
        honest.replace(":500,", ":501,"),
        honest.replace('"place": 5', '"place": 6'),
        re.sub(r"time \d+", "time 5", honest),
        growth(here, 13).text.replace("\\n13\\n", "\\n12\\n"),
    ):
        status, out = says(changed)
        assert status != 0 and "holds" not in out, out


# --- a server's own database ---


def test_the_tables_read_without_django_are_the_same_log(here: World) -> None:
    with connection.cursor() as cursor:
        asked = logs._Asked(_Cursors(cursor), "%s" if connection.vendor == "postgresql" else "?")
        if connection.vendor == "sqlite":
            asked = logs._Asked(connection.connection, "?")
        kept = logs._log(asked, here.workshop.pk, here.workshop.code)
    assert kept.file == log_of(here.workshop)
    assert logs.verified(kept).faults == []
    assert logs.sums_of(kept.file, f"organisation:{here.workshop.code}")[ARS] == (7800, 7800)


class _Cursors:
    """A connection that gives the cursor there is."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def cursor(self) -> Any:
        return self._cursor


def copied(tmp_path: Path) -> Path:
    """The folder of a server with a copy of the database as it is now, unsaved changes and all."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / logs.FILE).unlink(missing_ok=True)
    with closing(sqlite3.connect(home / logs.FILE)) as target:
        target.executescript("\n".join(connection.connection.iterdump()))
    return home


@pytest.fixture
def folder(here: World, tmp_path: Path) -> Path:
    if connection.vendor != "sqlite":
        pytest.skip("the folder of a server with PostgreSQL holds no database; logs are read above")
    return copied(tmp_path)


def test_the_command_proves_every_log_in_the_folder_of_a_server(
    here: World, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = told(capsys, 0, str(folder), "--lang", "en")
    assert "The log of solidaria/o/taller-hilo: 13 entries, 13 of them signed." in out
    assert "The log of solidaria/o/barrio-norte: 1 entries, none of them signed." in out
    out = told(capsys, 0, str(folder), "--only", "taller-hilo", "--keep", str(tmp_path / "last.txt"))
    assert read_note((tmp_path / "last.txt").read_text(encoding="utf-8"))[0].size == 13
    out = told(capsys, 1, str(folder), "--keep", str(tmp_path / "last.txt"))
    assert "not one checkpoint here to keep" in out
    assert "no log of nobody here" in told(capsys, 1, str(folder), "--only", "nobody")
    monkeypatch.delenv("SOLIDARIA_DATABASE", raising=False)
    assert "cannot be read" in told(capsys, 1, str(tmp_path))


def test_what_is_changed_in_the_tables_of_a_server_is_found_by_the_command(
    here: World, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / logs.FILE).read_bytes()
    for statement, said in (
        ("UPDATE records_ledgerevent SET amount = 1 WHERE note = 'note 3'", "the log was changed"),
        ("DELETE FROM records_logentry WHERE place = 5 AND event_id IS NOT NULL", "entries were dropped"),
        ("DELETE FROM records_logentry WHERE place = 5 AND event_id IS NOT NULL", "have gaps"),
        ("DELETE FROM records_ledgerevent WHERE note = 'note 4'", "points at nothing"),
        ("UPDATE records_logcheckpoint SET root = 'x'", "is not what was signed"),
        ("UPDATE records_logkey SET public = 'x'", "not signed by the key"),
        ("UPDATE records_countersignature SET public = 'x'", "is not one under this checkpoint"),
        ("UPDATE records_monthsum SET amount = amount + 1", "sums that the server keeps"),
        ("UPDATE records_agreementyes SET at = '2020-01-01 00:00:00'", "the log was changed"),
        (
            "INSERT INTO records_ledgerevent SELECT 99, 'new', action, provider, receiver, resource, unit, 10, effort, day, "
            'recorded, "by", part, mandate, promise, "order", corrects, note FROM records_ledgerevent LIMIT 1',
            "stand in the books and not in the log",
        ),
    ):
        (folder / logs.FILE).write_bytes(before)
        with closing(sqlite3.connect(folder / logs.FILE)) as database:
            for name in undoing("sqlite"):
                database.execute(name)
            assert database.execute(statement).rowcount > 0
            database.commit()
        assert said in told(capsys, 1, str(folder), "--lang", "en"), statement


# --- a running server ---


class Opened:
    """What a server of the tests answers, as urllib gives it."""

    def __init__(self, client: Client) -> None:
        self.client, self.asked = client, []  # type: ignore[var-annotated]

    def __call__(self, *_: Any) -> Opened:
        return self

    def open(self, request: Any, timeout: float) -> Any:
        self.asked.append(request.full_url)
        path = request.full_url.removeprefix("http://localhost")
        answer = self.client.get(path, headers={"Authorization": request.get_header("Authorization") or ""})
        if answer.status_code != 200:
            raise urllib.error.HTTPError(request.full_url, answer.status_code, "", {}, io.BytesIO())  # type: ignore[arg-type]
        return io.BytesIO(answer.content)


@pytest.fixture
def online(here: World, monkeypatch: pytest.MonkeyPatch) -> Opened:
    made = Opened(Client())
    monkeypatch.setattr(server.urllib.request, "build_opener", made)
    monkeypatch.delenv("SOLIDARIA_KEY", raising=False)
    return made


ADDRESS = "http://localhost/o/taller-hilo/open-books"


def test_open_books_are_proved_from_outside_and_an_ally_needs_nothing_but_the_last_checkpoint(
    here: World, online: Opened, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = str(tmp_path / "last.txt")
    assert "nothing here" in told(capsys, 1, ADDRESS)
    here.workshop.house_rules.create(rule="open_books", value="checkpoint", since=doer(here.ana).at)
    assert "the log only grew" in told(capsys, 0, ADDRESS, "--keep", last)
    money_in(here, 50)
    books.sign_checkpoint(doer(here.ana), here.workshop)
    assert "13 entries then, 14 now" in told(capsys, 0, ADDRESS, "--kept", last)
    told(capsys, 0, ADDRESS, "--kept", last, "--keep", last)
    assert read_note(Path(last).read_text(encoding="utf-8"))[0].size == 14
    with unguarded():
        LedgerEvent.objects.filter(note="note 3").update(amount=1)
        money_in(here, 51)
        key = key_in(books.key_file(here.workshop))
        leaves = [leaf_hash(text.encode()) for text in texts_of(here.workshop)]
        made = Checkpoint("solidaria/o/taller-hilo", len(leaves), root_of(leaves), 9)
        LogCheckpoint.objects.create(
            organisation=here.workshop,
            size=made.size,
            root=made.root.hex(),
            note=note(made, [sign(made, key, made.origin)]),
            at=doer(here.ana).at,
        )
        assert "it was changed" in told(capsys, 1, ADDRESS, "--kept", last)
        # Or the server denies that it ever signed what the ally holds.
        LogCheckpoint.objects.filter(organisation=here.workshop, size=14).delete()
        assert "nothing here" in told(capsys, 1, ADDRESS, "--kept", last)


def test_with_a_members_key_the_whole_log_and_the_balances_are_proved(
    here: World, online: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOLIDARIA_KEY", key_of(here.ana))
    assert "Everything holds" in told(capsys, 0, "http://localhost/o/taller-hilo")
    with unguarded():
        # An event beside the log: the tree holds, the balance does not.
        row = LedgerEvent.objects.filter(note="note 3").get()
        row.pk, row.uid = None, "beside"
        row.save(force_insert=True)
        assert "another balance of money:ARS" in told(capsys, 1, "http://localhost/o/taller-hilo")
        LogEntry.objects.filter(organisation=here.workshop, place__gte=9).delete()
        assert "entries were dropped" in told(capsys, 1, "http://localhost/o/taller-hilo")


def test_a_key_is_never_sent_in_the_open_or_elsewhere(
    here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOLIDARIA_KEY", "SOL-x")
    assert "others can read it" in told(capsys, 1, "http://example.org/o/taller-hilo")
    assert "not the address of an organisation" in told(capsys, 1, "https://example.org/who")
    assert server._Stay().redirect_request(None, None, 302, "", {}, "https://evil.example") is None
    found = server.server_at("https://example.org/base/o/taller-hilo/books?x#y", "SOL-x")
    assert found.base == "https://example.org/base/api/v1/organisations/taller-hilo/"
    monkeypatch.setattr(server, "SECONDS", 0.2)
    assert "cannot be asked" in told(capsys, 1, "http://localhost:9/o/taller-hilo")


def test_a_key_of_another_log_signs_nothing_here(here: World) -> None:
    other = LogKey.objects.get(organisation=here.barrio).public
    assert prove_entry(entry(here, 3), signed_by, key=other).faults
    line = countersign(read_note(entry(here, 3).note)[0], KEY, "ally", 5).line
    forged = replace(entry(here, 3), witnesses=(Witness("Barrio Norte", other, line),))
    assert prove_entry(forged, signed_by).faults
    with pytest.raises(Refused):
        read_proof(forged.text.replace('"witnesses"', '"others"'))


# --- the pages ---


def test_the_page_of_an_entry_and_of_all_checkpoints_give_the_files(here: World) -> None:
    money_in(here, 50)
    books.sign_checkpoint(doer(here.ana), here.workshop)
    late = money_in(here, 60)
    client = Client()
    client.force_login(here.ana)

    def shown(name: str, *arguments: object) -> str:
        answer = client.get(reverse(name, args=[here.workshop.code, *arguments]))
        assert answer.status_code == 200
        return str(answer.content.decode())

    row = LedgerEvent.objects.get(note="note 5")
    assert "covers this entry; Barrio Norte countersigned it" in shown("event", row.pk)
    assert "nothing proves it yet" in shown("event", late.pk)
    assert prove_entry(read_proof(shown("entry_file", 5)), signed_by).faults == []  # type: ignore[arg-type]
    page = shown("checkpoints")
    assert "14 of 15 entries are signed" in page and "Barrio Norte" in page and "nobody yet" in page
    assert prove_growth(read_proof(shown("growth_file", 13)), signed_by).faults == []  # type: ignore[arg-type]
    assert read_note(shown("checkpoint_file", 13))[0].size == 13
    for name, number in (("entry_file", 14), ("growth_file", 12), ("checkpoint_file", 12)):
        assert client.get(reverse(name, args=[here.workshop.code, number])).status_code == 404
