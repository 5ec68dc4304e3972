"""How many pages the platform shows in a second, how long the slowest take, how much travels, how much is asked.

    python3 do.py bench pages                                   both databases, 20 seconds for each page
    python3 do.py bench pages --databases sqlite --seconds 5

50 organisations with 5,000 members, who plan together: a network of benchmarks/networks.py with a plan of it. The
server is started as people start it, by `solidaria serve`, with the server's own settings; PostgreSQL as
tests/postgres.py starts it, with commits that wait for the disk. Each person of the crowd is another member, signed
in, with one connection that is kept; each asks for the next page as soon as the last one is there (a closed loop).
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import itertools
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

SIZE, ORGANISATIONS, MEMBERS = 1_000, 50, 5_000
PAGES = {
    "start": "what there is to do next",
    "directory": "all organisations, with the map",
    "needs": "the needs of my organisation",
    "declare a need": "the form",
    "my part of the plan": "what I get and pay, and why",
}


# --- in a process of its own, which has the server's settings ---


def fill() -> None:
    """Put the crowd and its network into the records; print what the client needs, as JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse
    from networks import make_network, write_workbook

    from solidaria.actions import plan, who, work
    from solidaria.actions.permit import Doer
    from solidaria.actions.workbook import upload_workbook
    from solidaria.records.models import Belonging, Membership, Need, Organisation, Person
    from solidaria.records.workbook import read_tables

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    ana = Person.objects.create_user("ana", None, name="Ana")
    network = who.found_organisation(
        Doer(ana),
        None,
        name="Red del Sur",
        kind="network",
        held_on=date(2026, 1, 10),
        present=40,
        minutes="Forty delegates met and founded the network.",
        purposes=["coordinator"],
    )
    with tempfile.TemporaryDirectory() as folder:
        write_workbook(make_network(SIZE), Path(folder) / "network")
        upload_workbook(Doer(ana), network, tables=read_tables(Path(folder) / "network"))
    at = Doer(ana).at
    for number in itertools.count(1):
        if Organisation.objects.count() >= ORGANISATIONS:
            break
        one = Organisation.objects.create(code=f"barrio-{number}", name=f"Barrio {number}", kind="community")
        Belonging.objects.create(network=network, organisation=one, asked_by_network=True, agreed=at)
    for number, one in enumerate(Organisation.objects.order_by("pk")):
        one.place, one.shows = f"Place {number}", ["about", "place", "members", "products", "state"]
        one.latitude, one.longitude = -38 - number % 7, -68 + number % 11
        one.save()
    organisations = list(Organisation.objects.exclude(pk=network.pk).order_by("pk"))
    people = Person.objects.bulk_create(
        Person(handle=f"member{number}", name=f"Member {number}", password="!") for number in range(MEMBERS - 1)
    )
    Membership.objects.bulk_create(
        Membership(organisation=organisations[number % len(organisations)], person=one, entered=date(2026, 1, 10))
        for number, one in enumerate(people)
    )
    current = network.rounds.get(closed__isnull=True)
    asked = plan.ask_for_plan(Doer(ana), current, name="first")
    claimed = work.claim("benchmark")
    assert claimed is not None
    work.make(claimed, "benchmark")
    asked.refresh_from_db()
    assert asked.state == "done", asked.faults
    plan.choose_variant(Doer(ana), current, variant=asked)
    receiving = set(Need.objects.values_list("organisation", flat=True))
    crowd = []
    for number, one in enumerate(people):
        organisation = organisations[number % len(organisations)]
        if organisation.pk not in receiving or len(crowd) >= 64:
            continue
        session = SessionStore()
        session[SESSION_KEY] = str(one.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = one.get_session_auth_hash()
        session.save()
        crowd.append(
            {
                "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}",
                "pages": {
                    "start": reverse("home"),
                    "directory": reverse("directory"),
                    "needs": reverse("needs", args=[organisation.code]),
                    "declare a need": reverse("declare_need", args=[organisation.code]),
                    "my part of the plan": reverse("plan_buyer", args=[asked.pk, organisation.code]),
                },
            }
        )
    first = Client(headers={"host": "localhost"})
    first.cookies[settings.SESSION_COOKIE_NAME] = crowd[0]["cookie"].partition("=")[2]
    queries = {}
    for name, address in crowd[0]["pages"].items():
        assert first.get(address).status_code == 200, address
        with CaptureQueriesContext(connection) as questions:
            first.get(address)
        queries[name] = len(questions)
    rows = {"organisations": Organisation.objects.count(), "members": Membership.objects.count()}
    rows["needs"] = Need.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        version = cursor.fetchone()[0]
    print(json.dumps({"crowd": crowd, "queries": queries, "rows": rows, "version": version}))


# --- the server, and the crowd ---


@contextmanager
def serving(home: Path, database: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """A filled server that answers; gives its port and what `fill` printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOLIDARIA")}
    environment = {
        **kept,
        "SOLIDARIA_HOME": str(home),
        "SOLIDARIA_DATABASE": database,
        "DJANGO_SETTINGS_MODULE": "solidaria.web.settings",
        "PYTHONPATH": str(ROOT),
    }
    filled = subprocess.run(
        [sys.executable, __file__, "--fill"],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    if filled.returncode != 0:
        raise SystemExit(filled.stderr)
    told = json.loads(filled.stdout.strip().splitlines()[-1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "solidaria.cli.main", "serve", "--home", str(home), "--port", str(port)]
    server = subprocess.Popen(command, env=environment, cwd=home, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 90
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the server does not start") from None
                time.sleep(0.2)
        yield port, told
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


class Member(threading.Thread):
    """One person with one connection: asks, reads, asks again, until it is time to stop."""

    def __init__(self, port: int, cookie: str, address: str, until: float) -> None:
        super().__init__(daemon=True)
        self.port, self.address, self.until = port, address, until
        self.headers = {"Cookie": cookie, "Accept-Encoding": "gzip", "Host": f"localhost:{port}"}
        self.waits: list[float] = []
        self.errors = 0
        self.bytes = 0

    def run(self) -> None:
        """Ask until the time is up."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while time.monotonic() < self.until:
            begun = time.monotonic()
            try:
                line.request("GET", self.address, headers=self.headers)
                answer = line.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                self.errors += 1
                line.close()
                continue
            if answer.status == 200:
                self.waits.append(time.monotonic() - begun)
                self.bytes = len(body)
            else:
                self.errors += 1
        line.close()


def measure(port: int, told: dict[str, Any], name: str, seconds: float, people: int) -> dict[str, Any]:
    """One page asked for by so many people at once."""
    until = time.monotonic() + seconds
    crowd = [Member(port, one["cookie"], one["pages"][name], until) for one in told["crowd"][:people]]
    begun = time.monotonic()
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    took = time.monotonic() - begun
    waits = sorted(wait for one in crowd for wait in one.waits)
    if not waits:
        raise SystemExit(f"the page “{name}” never came")
    return {
        "per second": len(waits) / took,
        "median": waits[len(waits) // 2],
        "p99": waits[min(len(waits) - 1, int(len(waits) * 0.99))],
        "errors": sum(one.errors for one in crowd),
        "bytes": max(one.bytes for one in crowd),
    }


def first_visit(port: int, told: dict[str, Any], name: str) -> int:
    """The bytes of a page with the styles and scripts it names, compressed as the server sends them."""
    one = told["crowd"][0]
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def fetch(address: str) -> tuple[int, bytes]:
        headers = {"Cookie": one["cookie"], "Accept-Encoding": "gzip", "Host": f"localhost:{port}"}
        line.request("GET", address, headers=headers)
        answer = line.getresponse()
        body = answer.read()
        assert answer.status == 200, address
        plain = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
        return len(body), plain

    size, page = fetch(one["pages"][name])
    files = set(re.findall(rb'(?:src|href)="(/static/[^"]+)"', page))
    return size + sum(fetch(file.decode())[0] for file in files)


def bench(name: str, database: str, home: Path, seconds: float, people: int) -> None:
    """Measure all pages on one database and print them."""
    with serving(home, database) as (port, told):
        rows = ", ".join(f"{count:,} {what}" for what, count in told["rows"].items())
        print(f"\n{name} {told['version']}: {rows}; {people} people at once, {seconds:g} s for each page\n")
        print("| page | pages per second | median ms | p99 ms | errors | queries | bytes | first visit, bytes |")
        print("|---|---|---|---|---|---|---|---|")
        for page in PAGES:
            measure(port, told, page, min(2, seconds), people)  # warm: plans are unpacked once
            found = measure(port, told, page, seconds, people)
            cells = (
                f"{found['per second']:.0f}",
                f"{1000 * found['median']:.0f}",
                f"{1000 * found['p99']:.0f}",
                found["errors"],
                told["queries"][page],
                f"{found['bytes']:,}",
                f"{first_visit(port, told, page):,}",
            )
            print(f"| {page} |", " | ".join(map(str, cells)), "|", flush=True)


def main() -> int:
    """Measure what was asked for; 0 when it was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"]
    )
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--people", type=int, default=16, help="people who ask at the same time (at most 64)")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.fill:
        fill()
        return 0
    from importlib.metadata import version

    from tests.postgres import NoPostgres, postgres

    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("django", "granian", "psycopg"))
    print(
        f"{date.today().isoformat()}, {os.cpu_count()} cores{load}, Python {platform.python_version()}, {libraries}"
    )
    for name in arguments.databases:
        home = Path(tempfile.mkdtemp(prefix="solidaria-pages-"))
        try:
            if name == "sqlite":
                bench("SQLite", f"sqlite:///{home}/solidaria.sqlite3", home, arguments.seconds, arguments.people)
            else:
                with postgres(durable=True) as address:
                    bench("PostgreSQL", address, home, arguments.seconds, arguments.people)
        except NoPostgres as why:
            print(f"\nPostgreSQL was not measured: {why}")
        finally:
            shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
