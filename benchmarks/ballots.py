"""Ten thousand members vote in their assembly's last minute: each a new connection, one page, one durable ballot.

    python3 do.py bench ballots [--members 10000] [--seconds 60 10] [--workers 2] [--threads 16]

Open loop: members arrive at their moment whether the server keeps up or not, and what is measured runs from the arrival
to "your ballot is in". Server and load generator share the machine. The database is the one SOLIDARIA_DATABASE names,
or a fresh SQLite file with synchronous FULL. Afterwards the piles are counted: a ballot that was acknowledged and is not
there is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

TOKEN = re.compile(rb'name="ticket" value="([^"]+)"')
CHOICES = ("for", "against", "abstain")
#: Voters before the clock starts.
WARM = 60


@dataclass
class Tally:
    """What the voters were told."""

    seconds: list[float] = field(default_factory=list)
    acknowledged: int = 0
    errors: list[str] = field(default_factory=list)


def main() -> int:
    """Run the load for each length of time and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0, 10.0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=16)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solidaria-bench-") as folder:
        os.environ["SOLIDARIA_HOME"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "solidaria.web.settings"
        prepare()
        columns = (
            "database, members, in seconds, stored, acknowledged, errors, median s, p99 s, longest s, server CPU-s"
        )
        print("| " + " | ".join(columns.split(", ")) + " |")
        print("|" + "---|" * len(columns.split(", ")))
        for seconds in arguments.seconds:
            print(one_vote(arguments, seconds), flush=True)
    return 0


def prepare() -> None:
    """Tables and style sheets, as `solidaria serve` makes them."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def one_vote(arguments: argparse.Namespace, seconds: float) -> str:
    """An open vote, its voters arriving evenly over so many seconds; a row of the table."""
    from django.db import connection

    from solidaria.records.models import Pile

    motion, sessions = assembly(arguments.members + WARM)
    connection.close()
    port = free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(arguments.workers), "--blocking-threads", str(arguments.threads), "--no-ws"),
            *("--backlog", "4096", "--log-level", "error", "solidaria.web.wsgi:application"),
        ]
    )
    try:
        wait_for(port)
        warm = Tally()
        # A server that has been running, as it would be: the first few voters come before the clock starts.
        early, sessions = sessions[:WARM], sessions[WARM:]
        asyncio.run(load(port, motion, early, 2.0, warm))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        tally = Tally()
        asyncio.run(load(port, motion, sessions, seconds, tally))
    finally:
        server.terminate()
        server.wait(30)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    stored = -warm.acknowledged + sum(Pile.objects.filter(motion=motion).values_list("count", flat=True))
    times = sorted(tally.seconds) or [0.0]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    for error in sorted(set(tally.errors))[:5]:
        print(f"{tally.errors.count(error)} × {error}", file=sys.stderr)
    return (
        f"| {connection.vendor} | {len(sessions):,} | {seconds:.0f} | {stored:,} | {tally.acknowledged:,} "
        f"| {len(tally.errors):,} "
        f"| {times[len(times) // 2]:.3f} | {times[int(len(times) * 0.99)]:.3f} | {times[-1]:.3f} | {cpu:.0f} |"
    )


def assembly(members: int) -> tuple[int, list[str]]:
    """An organisation with so many members, each signed in, and a secret vote that is open: its number, the sessions."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils.crypto import get_random_string

    from solidaria.actions import decide
    from solidaria.records.models import Membership, Motion, Organisation, Person

    stamp = get_random_string(8)
    now = datetime.now(UTC)
    one = Organisation.objects.create(code=f"bench-{stamp}", name="Great assembly", kind="union")
    Person.objects.bulk_create(
        [Person(handle=f"{stamp}-{number}", name=f"Member {number}", password="!x") for number in range(members)],
        batch_size=2000,
    )
    people = list(Person.objects.filter(handle__startswith=f"{stamp}-").order_by("pk"))
    Membership.objects.bulk_create(
        [Membership(organisation=one, person=person, entered=now.date()) for person in people], batch_size=2000
    )
    motion = Motion(
        organisation=one, number=1, title="The last minute", text="We decide now.", method="majority", made=now
    )
    motion.save()
    decide.open_vote(motion, now, now + timedelta(hours=2))
    store = SessionStore()
    sessions = []
    rows = []
    for person in people:
        key = get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")
        data = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: "allauth.account.auth_backends.AuthenticationBackend",
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
        rows.append(Session(session_key=key, session_data=store.encode(data), expire_date=now + timedelta(days=1)))
        sessions.append(key)
    Session.objects.bulk_create(rows, batch_size=2000)
    return motion.pk, sessions


async def load(port: int, motion: int, sessions: list[str], seconds: float, tally: Tally) -> None:
    """Let every member arrive at a moment of his or her own, evenly over the time."""
    start = time.perf_counter() + 0.5
    order = sessions[:]
    random.Random(7).shuffle(order)
    await asyncio.gather(
        *(
            voter(port, motion, session, start + seconds * place / len(order), CHOICES[place % 3], tally)
            for place, session in enumerate(order)
        )
    )


async def voter(port: int, motion: int, session: str, arrival: float, choice: str, tally: Tally) -> None:
    """One member: a new connection, the ballot page, the ballot, the answer."""
    await asyncio.sleep(max(0.0, arrival - time.perf_counter()))
    address = f"/motions/{motion}/vote"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            cookie = f"solidaria={session}; language=en"
            writer.write(f"GET {address} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
            status, _, body = await answer(reader)
            token = TOKEN.search(body)
            if status != 200 or token is None:
                tally.errors.append(f"page {status}")
                return
            form = f"ticket={token.group(1).decode()}&ballot={choice}".encode()
            writer.write(
                f"POST {address} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
                f"Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(form)}\r\nConnection: close\r\n\r\n".encode()
                + form
            )
            status, _, _ = await answer(reader)
            if status == 200:
                tally.acknowledged += 1
                tally.seconds.append(time.perf_counter() - arrival)
            else:
                tally.errors.append(f"ballot {status}")
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError, ValueError, IndexError) as error:
        tally.errors.append(type(error).__name__)


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    """One HTTP answer: status, headers, body."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = re.search(rb"(?i)content-length: (\d+)", head)
    body = b""
    if length is not None:
        body = await reader.readexactly(int(length.group(1)))
    elif b"chunked" in head.lower():
        while True:
            size = int((await reader.readline()).strip(), 16)
            part = await reader.readexactly(size + 2)
            if not size:
                break
            body += part[:-2]
    return status, head, body


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Until the server answers; raises TimeoutError after a minute."""
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main())
