"""Kill the server in the middle of a vote, again and again: no acknowledged ballot may be lost, none counted twice.

    python3 do.py bench kills [--rounds 200] [--power-cuts]

Every round: a fresh vote, voters that come all at once, `kill -9` of every server process at a random moment, then the
piles are compared with what voters were told. With --power-cuts (SQLite, needs a C compiler) everything that was not
synced to the disk is thrown away too: a small library notes each fsync and keeps the file as it was then.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import ballots

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
    parser.add_argument("--power-cuts", action="store_true")
    arguments = parser.parse_args()
    print("| rounds | cut | acknowledged | lost | counted twice | stored and not acknowledged |")
    print("|---|---|---|---|---|---|")
    told = rounds(arguments.rounds, arguments.members, power=arguments.power_cuts)
    print(
        f"| {arguments.rounds} | {'power' if arguments.power_cuts else 'kill -9'} | "
        + " | ".join(map(str, told))
        + " |"
    )
    return 1 if told[1] or told[2] else 0


def rounds(count: int, members: int, *, power: bool) -> tuple[int, int, int, int]:
    """Acknowledged, lost, counted twice, stored and not acknowledged: the sums over all rounds."""
    sums = [0, 0, 0, 0]
    environment = dict(os.environ)
    if power:
        environment.pop("SOLIDARIA_DATABASE", None)  # the library knows SQLite's files only
    for number in range(count):
        with tempfile.TemporaryDirectory(prefix="solidaria-kill-") as folder:
            answer = subprocess.run(
                [
                    sys.executable,
                    __file__,
                    "--one",
                    folder,
                    str(members),
                    str(number),
                    "power" if power else "kill",
                ],
                check=True,
                capture_output=True,
                text=True,
                env=environment,
            )
        for place, value in enumerate(answer.stdout.split()[-4:]):
            sums[place] += int(value)
    return sums[0], sums[1], sums[2], sums[3]


def one_round(folder: str, members: int, seed: int, power: bool) -> tuple[int, int, int, int]:
    """One vote, one cut; in a process of its own, since the database is then opened as after a crash."""
    os.environ["SOLIDARIA_HOME"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "solidaria.web.settings"
    ballots.prepare()
    from django.db import connection

    motion, sessions = ballots.assembly(members)
    connection.close()
    environment = dict(os.environ)
    if power:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        environment["LD_PRELOAD"] = str(preloaded(Path(folder)))
        for path in Path(folder).glob("solidaria.sqlite3*"):
            shutil.copy(path, f"{path}.durable")
    port = ballots.free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "2", "--blocking-threads", "8", "--no-ws", "--backlog", "2048", "--log-level", "error"),
            "solidaria.web.wsgi:application",
        ],
        env=environment,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    ballots.wait_for(port)
    moment = random.Random(seed).uniform(0.0, 1.5)
    tally = ballots.Tally()

    async def until_the_cut() -> None:
        voters = asyncio.gather(
            *(
                ballots.voter(port, motion, session, time.perf_counter() + place * 2.0 / members, "for", tally)
                for place, session in enumerate(sessions)
            )
        )
        # From the first ballot that is in: a server that has only begun to load would prove nothing.
        for _ in range(600):
            if tally.acknowledged:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(moment)
        os.killpg(server.pid, signal.SIGKILL)
        await voters

    asyncio.run(until_the_cut())
    server.wait()
    if power:
        for path in list(Path(folder).glob("solidaria.sqlite3*")):
            if path.suffix != ".durable" and ".durable" not in path.name:
                path.unlink()
        for path in list(Path(folder).glob("*.durable")):
            path.rename(str(path).removesuffix(".durable"))
    from solidaria.records.models import Pile, Voter

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchone() == ("ok",)
    stored = sum(Pile.objects.filter(motion=motion).values_list("count", flat=True))
    marked = Voter.objects.filter(motion=motion, voted=True).count()
    return (
        tally.acknowledged,
        max(0, tally.acknowledged - stored),
        abs(stored - marked),
        max(0, stored - tally.acknowledged),
    )


def preloaded(folder: Path) -> Path:
    """The library that keeps what was synced, compiled into the folder."""
    source, library = folder / "power.c", folder / "power.so"
    source.write_text(POWER)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
        print(*one_round(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "power"))
        sys.exit(0)
    sys.exit(main())
