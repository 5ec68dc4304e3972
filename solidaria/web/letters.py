"""Letters go out beside the request: how long sending takes tells nobody whether there was anything to send."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.db import connections

#: More do not wait at once: whoever floods the server with askings fills no memory.
MOST_WAITING = 200

_log = logging.getLogger(__name__)
_post = ThreadPoolExecutor(max_workers=1, thread_name_prefix="letters")
_places = BoundedSemaphore(MOST_WAITING)


def later(do: Callable[[], Any]) -> None:
    """Do it beside the request, after what was asked before; where too many wait already, not at all."""
    if not settings.LETTERS_LATER:
        do()
    elif _places.acquire(blocking=False):
        _post.submit(_alone, do)


def _alone(do: Callable[[], Any]) -> None:
    try:
        do()
    except Exception:
        _log.exception("a letter did not go out")
    finally:
        _places.release()
        connections.close_all()
