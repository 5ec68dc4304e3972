"""The key a program comes with: who it acts for, and how often it may ask."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime

from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from solidaria.actions.tokens import token_used
from solidaria.records.models import Token

#: Requests with one key in one minute, in each process of the server.
MOST_A_MINUTE = 600


class Bearer(HttpBearer):
    """`Authorization: Bearer SOL-…`, and nothing else: a cookie opens nothing here, so no other site can use it."""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """The living key; None, which is answered with 401, when there is none."""
        return token_used(token, datetime.now(UTC)) if token.strip() else None


class PerMinute(BaseThrottle):
    """At most so many requests with one key in a minute; the next minute everything is as before."""

    def __init__(self, most: int = MOST_A_MINUTE) -> None:
        self.most = most
        self._minute = 0
        self._counts: Counter[int] = Counter()
        self._lock = threading.Lock()

    def allow_request(self, request: HttpRequest) -> bool:
        """Whether this request is one of the first `most` of its key in this minute."""
        token = getattr(request, "auth", None)
        if not isinstance(token, Token):
            return True
        minute = int(time.time()) // 60
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
            self._counts[token.pk] += 1
            return self._counts[token.pk] <= self.most

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return 60 - time.time() % 60


bearer = Bearer()
per_minute = PerMinute()
