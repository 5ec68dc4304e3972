"""Both databases really run: every test of the actions and the pages passes on PostgreSQL as it does on SQLite."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from solidaria.actions import needs, plan
from solidaria.core.problem import Refused
from solidaria.records.models import Act, Need
from solidaria.web.settings import database
from tests.postgres import NoPostgres, own_home, postgres
from tests.web.people import doer, world

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("tests/actions", "tests/web", "tests/api", "tests/records/test_platform_workbook.py")


@pytest.mark.slow
@pytest.mark.skipif(bool(os.environ.get("SOLIDARIA_TEST_DATABASE")), reason="this run is the one on PostgreSQL")
def test_the_tests_of_actions_pages_and_programs_pass_on_postgresql() -> None:
    try:
        with postgres(settings=("track_commit_timestamp=on",)) as address:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", "-m", "not browser and not slow", *FOLDERS],
                env={**own_home(), "SOLIDARIA_TEST_DATABASE": address, "PYTEST_ADDOPTS": "-p no:cacheprovider"},
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=3000,
                check=False,
            )
    except NoPostgres as why:
        pytest.skip(f"no PostgreSQL can be started here: {why}")
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    passed = re.search(r"(\d+) passed", ended.stdout + " " + ended.stderr)
    assert passed is None or int(passed[1]) > 20


BEHIND = """
import os, signal
from tests.postgres import postgres
with postgres() as address:
    print(address, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_no_server_and_no_folder_behind() -> None:
    ended = subprocess.run([sys.executable, "-c", BEHIND], cwd=ROOT, capture_output=True, text=True, check=False)
    if "NoPostgres" in ended.stderr:
        pytest.skip(f"no PostgreSQL can be started here: {ended.stderr.strip().splitlines()[-1]}")
    home = Path(re.search(r"host=([^&]+)", ended.stdout)[1]).parent
    until = time.monotonic() + 40
    while home.exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not home.exists()


def test_the_database_of_a_run_is_the_one_that_was_asked_for(db: None) -> None:
    asked = os.environ.get("SOLIDARIA_TEST_DATABASE", "sqlite:///")
    assert connection.vendor == asked.partition(":")[0]


def test_an_address_names_a_postgresql_on_a_host_or_on_a_socket() -> None:
    there = database("postgresql://ana:s%40crt@db.example.org:5433/solidaria?sslmode=require")
    wanted = ("solidaria", "ana", "s@crt", "db.example.org", "5433", {"sslmode": "require"})
    assert tuple(there[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == wanted
    here = database("postgresql:///solidaria?host=/run/my%20socket&user=ana")
    wanted = ("solidaria", "ana", "", "/run/my socket", "", {})
    assert tuple(here[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == wanted


def test_sqlite_waits_its_turn_and_keeps_what_it_acknowledged() -> None:
    options = database("sqlite:////var/lib/solidaria.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE" and options["timeout"] >= 20
    assert "journal_mode=WAL" in options["init_command"] and "synchronous=FULL" in options["init_command"]


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="neither sqlite:/// nor postgresql://"):
        database("mysql://host/name")


def test_a_text_that_no_database_keeps_is_refused_with_its_field(db: None) -> None:
    here = world()
    given = {"network": here.network, "product": None, "quantity": "5"}
    with pytest.raises(Refused) as refusal:
        needs.declare_need(doer(here.bheki), here.barrio, words="so\ud83dap", **given)
    assert [fault.column for fault in refusal.value.faults] == ["words"]
    assert not Need.objects.exists()


def test_signs_that_nobody_sees_never_reach_a_row_whoever_sends_them(db: None) -> None:
    here = world()
    given = {"network": here.network, "product": None, "quantity": "5", "note": "\u2066soap\u2069\nplease"}
    need = needs.declare_need(doer(here.bheki), here.barrio, words="so\x00ap \u202efor\u202c the school", **given)
    assert (need.words, need.note) == ("soap for the school", "soap\nplease")


def test_what_holds_already_is_answered_and_not_written_into_history_again(db: None) -> None:
    here = world()
    closed = plan.close_round(doer(here.ana), here.round)
    again = plan.close_round(doer(here.ana, "a-key"), here.round)
    assert (again.pk, again.closed) == (closed.pk, closed.closed)
    assert plan.close_round(doer(here.ana, "a-key"), here.round).pk == closed.pk
    assert Act.objects.filter(verb="close_round").count() == 1
