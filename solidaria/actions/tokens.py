"""Keys for programs, when one is used: whom it opens the door for, and the day of its last use."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q

from solidaria.actions.permit import live_mandates
from solidaria.actions.who import digest_of
from solidaria.records.models import Token


def token_used(text: str, at: datetime) -> Token | None:
    """The living key with this text, its last day of use noted; None when it opens nothing (any more).

    A key opens nothing once it was revoked or has run out, or once the mandate it carries has ended.
    """
    token = (
        Token.objects.select_related("person", "mandate__organisation")
        .filter(
            Q(mandate__isnull=True) | Q(mandate__in=live_mandates(at), mandate__person=F("person")),
            digest=digest_of(text),
            revoked__isnull=True,
            ends__gte=at.date(),
            person__is_active=True,
        )
        .first()
    )
    if token is not None and token.last_used != at.date():
        Token.objects.filter(pk=token.pk).update(last_used=at.date())
    return token
