"""Kill the server in the middle of a vote, again and again: no acknowledged ballot may be lost, none counted twice.

    python3 do.py bench kills [--rounds 200] [--databases sqlite postgresql] [--power-cuts]

Every round: a fresh vote of the same assembly, on the database as the last crash left it; voters that come all at once;
`kill -9` of every server process at a random moment. Then what is stored is held against what each voter was told: the
mark of everyone who read "your ballot is in" must be there, the ballot on its pile, and not one ballot more than marks.
With --power-cuts (SQLite, needs a C compiler) everything that was not synced to the disk is thrown away too: a small
library notes each fsync and keeps the file as it was then. PostgreSQL is one of our own (tests/postgres.py), with commits
that wait for the disk; it goes on running, as it would on a machine of its own.

The processes of the server are those of `solidaria serve`; they are forked from one that has loaded the pages already,
so that a round takes two seconds and not twenty.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import ballots

ROOT = Path(__file__).resolve().parent.parent
#: Over how many seconds the voters of a round come.
SECONDS = 1.2

#: Keeps, beside each database file, the file as it was at its last sync. Loaded before the server.
POWER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static void keep(int fd) {
  char link[64], name[4096], twin[4200], part[4300], block[65536];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, name, sizeof name - 1);
  if (n <= 0) return;
  name[n] = 0;
  if (!strstr(name, "solidaria.sqlite3") || strstr(name, ".durable")) return;
  snprintf(twin, sizeof twin, "%s.durable", name);
  snprintf(part, sizeof part, "%s.%d.%d.part", twin, getpid(), (int)gettid());
  int in = open(name, O_RDONLY), out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (in < 0 || out < 0) { if (in >= 0) close(in); if (out >= 0) close(out); return; }
  while ((n = read(in, block, sizeof block)) > 0) if (write(out, block, n) != n) break;
  close(in);
  close(out);
  rename(part, twin);
}
int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  int answer = real(fd);
  if (!answer) keep(fd);
  return answer;
}
int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  int answer = real(fd);
  if (!answer) keep(fd);
  return answer;
}
"""


def main() -> int:
    """Run the rounds; 1 when a ballot was lost or counted twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--members", type=int, default=400)
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite"])
    parser.add_argument("--power-cuts", action="store_true")
    arguments = parser.parse_args()
    print("| database | rounds | cut | acknowledged | lost | counted twice | stored and not acknowledged |")
    print("|---|---|---|---|---|---|---|")
    wrong = 0
    for database in ["sqlite"] if arguments.power_cuts else arguments.databases:
        told = rounds(arguments.rounds, arguments.members, power=arguments.power_cuts, database=database)
        cut = "power" if arguments.power_cuts else "kill -9"
        print(f"| {database} | {arguments.rounds} | {cut} | " + " | ".join(map(str, told)) + " |", flush=True)
        wrong += told[1] + told[2]
    return 1 if wrong else 0


def rounds(count: int, members: int, *, power: bool, database: str = "sqlite") -> tuple[int, int, int, int]:
    """Acknowledged, lost, counted twice, stored and not acknowledged: the sums over all rounds.

    Raises tests.postgres.NoPostgres where that is asked for and cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="solidaria-kill-") as folder, address(database, folder) as where:
        environment = {**os.environ, "SOLIDARIA_HOME": folder, "SOLIDARIA_DATABASE": where}
        environment["DJANGO_SETTINGS_MODULE"] = "solidaria.web.settings"
        if power:
            environment["LD_PRELOAD"] = str(preloaded(Path(folder)))
        words = [folder, str(count), str(members), "power" if power else "kill"]
        answer = subprocess.run(
            [sys.executable, __file__, "--rounds-of", *words],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
    acknowledged, lost, twice, more = map(int, answer.stdout.split()[-4:])
    return acknowledged, lost, twice, more


@contextmanager
def address(database: str, folder: str) -> Iterator[str]:
    """A fresh database of that kind."""
    if database == "sqlite":
        yield f"sqlite:///{folder}/solidaria.sqlite3"
        return
    sys.path.insert(0, str(ROOT))
    from tests.postgres import postgres

    with postgres(durable=True) as where:
        yield where


def some_rounds(folder: Path, count: int, members: int, power: bool) -> tuple[int, ...]:
    """One crash after the other; the sums."""
    ballots.prepare()
    from solidaria.records.models import Motion
    from solidaria.web import wsgi  # noqa: F401  loaded once, for all servers that are forked from here

    first, sessions = ballots.assembly(members)
    organisation = Motion.objects.get(pk=first).organisation
    sums = Counter({"acknowledged": 0, "lost": 0, "twice": 0, "more": 0})
    for number in range(count):
        told = one_round(folder, organisation, sessions, number, power)
        sums.update(told)
        if told["lost"] or told["twice"] or (number + 1) % 20 == 0:
            print(f"round {number + 1}: {told} of {dict(sums)}", file=sys.stderr, flush=True)
    return tuple(sums[name] for name in ("acknowledged", "lost", "twice", "more"))


def one_round(folder: Path, organisation: object, sessions: list[str], number: int, power: bool) -> dict[str, int]:
    """One vote, one cut."""
    from django.db import connection

    from solidaria.actions import decide
    from solidaria.records.models import Motion, Voter

    now = datetime.now(UTC)
    motion = Motion(
        organisation=organisation,
        number=number + 2,
        title="The last minute",
        text="We decide now.",
        method="majority",
        made=now,
    )
    motion.save()
    decide.open_vote(motion, now, now + timedelta(hours=2))
    people = list(Voter.objects.filter(motion=motion).order_by("person").values_list("person", flat=True))
    if power:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    if power:
        for path in [*folder.glob("*.durable"), *folder.glob("*.part")]:
            path.unlink()
        for path in folder.glob("solidaria.sqlite3*"):
            shutil.copy(path, f"{path}.durable")
    port = ballots.free_port()
    server = fork_server(port)
    ballots.wait_for(port)
    moment = random.Random(number).uniform(0.0, SECONDS * 0.8)
    tallies = [ballots.Tally() for _ in people]
    choices = [ballots.CHOICES[place % 3] for place in range(len(people))]

    async def until_the_cut() -> None:
        start = time.perf_counter()
        order = list(range(len(people)))
        random.Random(number).shuffle(order)
        voters = [
            asyncio.ensure_future(
                ballots.voter(
                    port,
                    motion.pk,
                    sessions[one],
                    start + place * SECONDS / len(people),
                    choices[one],
                    tallies[one],
                )
            )
            for place, one in enumerate(order)
        ]
        # From the first ballot that is in: a server that has only begun to load would prove nothing.
        for _ in range(600):
            if any(tally.acknowledged for tally in tallies):
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(moment)
        os.killpg(server, signal.SIGKILL)
        await asyncio.gather(*voters)

    asyncio.run(until_the_cut())
    os.waitpid(server, 0)
    if power:
        for path in list(folder.glob("solidaria.sqlite3*")):
            if ".durable" not in path.name:
                path.unlink()
        for path in list(folder.glob("*.part")):
            path.unlink()
        for path in list(folder.glob("*.durable")):
            path.rename(str(path).removesuffix(".durable"))
    return held_against(motion.pk, people, choices, tallies)


def held_against(
    motion: int, people: list[int], choices: list[str], tallies: list[ballots.Tally]
) -> dict[str, int]:
    """What is stored, held against what each voter was told."""
    import json

    from django.db import connection

    from solidaria.records.models import Pile, Voter

    settle()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchone() == ("ok",)
    marked = set(Voter.objects.filter(motion=motion, voted=True).values_list("person", flat=True))
    piles = {
        json.loads(text): count
        for text, count in Pile.objects.filter(motion=motion).values_list("ballot", "count")
    }
    told = [place for place, tally in enumerate(tallies) if tally.acknowledged]
    told_of = Counter(choices[place] for place in told)
    marked_of = Counter(choice for person, choice in zip(people, choices, strict=True) if person in marked)
    lost = sum(people[place] not in marked for place in told)
    lost += sum(max(0, count - piles.get(choice, 0)) for choice, count in told_of.items())
    wrong = sum(abs(piles.get(choice, 0) - marked_of[choice]) for choice in ballots.CHOICES)
    return {"acknowledged": len(told), "lost": lost, "twice": wrong, "more": len(marked) - len(told)}


def fork_server(port: int) -> int:
    """The server in processes of its own, forked from this one; gives back its group."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        from granian import Granian
        from granian.constants import Interfaces

        Granian(
            "solidaria.web.wsgi:application",
            address="127.0.0.1",
            port=port,
            interface=Interfaces.WSGI,
            workers=2,
            blocking_threads=8,
            websockets=False,
            backlog=2048,
            log_enabled=False,
        ).serve()
    finally:
        os._exit(1)


def settle() -> None:
    """Until PostgreSQL has done with the connections of the processes that were killed: a commit may be under way."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise TimeoutError("connections of killed processes are still there")


def preloaded(folder: Path) -> Path:
    """The library that keeps what was synced, compiled into the folder."""
    source, library = folder / "power.c", folder / "power.so"
    source.write_text(POWER)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


if __name__ == "__main__":
    if sys.argv[1:2] == ["--rounds-of"]:
        sys.path.insert(0, str(ROOT))
        print(*some_rounds(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "power"))
        sys.exit(0)
    sys.exit(main())
