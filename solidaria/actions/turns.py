"""Taking turns to write on SQLite, which lets one writer in at a time and knows no queue.

Who finds the door shut there looks again every tenth of a second, for twenty seconds; under a crowd that writes without
a pause somebody can look at the wrong moment every time, and would then be told that the database is locked. Here
writers stand in line: those of one process in the order they came, and processes let each other go first. The line is
only a courtesy: SQLite's own lock decides, as ever, and who has waited too long in line tries without it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

try:
    import fcntl
except (
    ImportError
):  # pragma: no cover  (a system outside the Unix family: there the processes have no common line)
    fcntl = None  # type: ignore[assignment]

#: Nobody stands in line longer than this.
MOST_SECONDS = 20.0
#: How often a process looks whether another one is done.
LOOK_EVERY = 0.002
#: The two bytes of the file that processes lock: who holds the door is the next to have the turn.
DOOR, TURN = 0, 1


class Line:
    """The writers of one process, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def join(self, seconds: float) -> bool:
        """Wait for the turn; whether it came in that time."""
        mine = threading.Event()
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            self._waiting.append(mine)
        if mine.wait(seconds):
            return True
        with self._lock:
            if mine.is_set():
                return True
            self._waiting.remove(mine)
            return False

    def leave(self) -> None:
        """Hand the turn to the next in line."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


class Door:
    """The line between processes: a lock on each of two bytes of a file beside the database.

    Who leaves and comes back at once finds somebody at the door, and waits: nobody is passed by for ever.
    """

    def __init__(self) -> None:
        self._files: dict[str, int | None] = {}

    @contextmanager
    def through(self, name: str, seconds: float) -> Iterator[None]:
        """Hold the turn of this database, or go on without it when it does not come in that time."""
        file = self._file(name)
        if file is None:
            yield
            return
        until = time.monotonic() + seconds
        held = False
        if self._take(file, DOOR, until):
            held = self._take(file, TURN, until)
            fcntl.lockf(file, fcntl.LOCK_UN, 1, DOOR)
        try:
            yield
        finally:
            if held:
                fcntl.lockf(file, fcntl.LOCK_UN, 1, TURN)

    def _file(self, name: str) -> int | None:
        if fcntl is None or not os.path.isfile(name):
            return None
        if name not in self._files:
            try:
                self._files[name] = os.open(f"{name}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError:
                self._files[name] = None  # a folder in which we may not write: then without
        return self._files[name]

    @staticmethod
    def _take(file: int, byte: int, until: float) -> bool:
        while True:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                return True
            except OSError:
                if time.monotonic() > until:
                    return False
                time.sleep(LOOK_EVERY)


line, door = Line(), Door()


@contextmanager
def turn() -> Iterator[None]:
    """Around a transaction that writes: on SQLite it has its turn; elsewhere, and inside another one, nothing happens."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    held = line.join(MOST_SECONDS)
    try:
        if held:
            with door.through(str(connection.settings_dict["NAME"]), MOST_SECONDS):
                yield
        else:
            yield
    finally:
        if held:
            line.leave()
