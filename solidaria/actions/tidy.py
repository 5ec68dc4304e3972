"""Throwing away what has run out: nothing about people is kept longer than the privacy page says."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection

from solidaria.actions.bank import throw_uploads_away
from solidaria.actions.sign_in import RECOVERY_DAYS
from solidaria.records.models import Once, Recovery

#: How long a form's key is remembered: nobody sends a form again a month later.
ONCE_DAYS = 30
EVERY = 3600


def tidy(at: datetime) -> int:
    """Throw away what has run out; how many rows.

    Old askings for recovery, forms' keys, files nobody confirmed, sessions, counts of network addresses.
    """
    thrown = Recovery.objects.filter(asked__lt=at - timedelta(days=RECOVERY_DAYS)).delete()[0]
    thrown += Once.objects.filter(at__lt=at - timedelta(days=ONCE_DAYS)).delete()[0]
    thrown += throw_uploads_away(at)
    thrown += Session.objects.filter(expire_date__lt=at).delete()[0]
    if isinstance(caches["default"], DatabaseCache):
        table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
        now = connection.ops.adapt_datetimefield_value(at)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])
            thrown += max(cursor.rowcount, 0)
    return thrown


def tidy_now_and_then(at: datetime) -> None:
    """Tidy at most once in EVERY seconds, whoever happens to come by."""
    if cache.add("tidied", at.isoformat(), EVERY):
        tidy(at)
