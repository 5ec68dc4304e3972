"""Drafts that come from elsewhere: the very same text put to another assembly, by nobody there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max

from solidaria.actions.permit import HOLDING, live_seats
from solidaria.records.models import Act, Motion, Organisation, Person


def has_seats(organisation: Organisation, at: datetime) -> bool:
    """Whether delegates hold seats in it: then it decides by its bases' members."""
    return organisation.kind in HOLDING and live_seats(at).filter(council=organisation).exists()


def draft(
    organisation: Organisation,
    title: str,
    text: str,
    at: datetime,
    *,
    effects: Iterable[dict[str, Any]] = (),
    origin: Motion | None = None,
) -> Motion:
    """A draft that nobody in the organisation owns; of a council one on which delegates cast their members."""
    last = Motion.objects.filter(organisation=organisation).aggregate(last=Max("number"))["last"]
    return Motion.objects.create(
        organisation=organisation,
        number=(last or 0) + 1,
        title=title,
        text=text,
        declared_by=None,
        origin=origin,
        method="council" if has_seats(organisation, at) else "majority",
        effects=[dict(effect) for effect in effects],
        made=at,
    )


def new_draft(
    organisation: Organisation,
    origin: Motion,
    at: datetime,
    *,
    person: Person | None = None,
    verb: str = "",
    effects: Iterable[dict[str, Any]] = (),
    mandate: Any = None,
) -> Motion:
    """A draft on the very same text in another organisation. Nobody there owns it, so nobody changes its words.

    verb   how the history of that organisation names it; blank: whoever calls writes the history
    """
    motion = draft(organisation, origin.title, origin.text, at, effects=effects, origin=origin)
    if not verb:
        return motion
    Act.objects.create(
        at=at,
        person=person,
        organisation=organisation,
        mandate=mandate,
        motion=origin,
        verb=verb,
        kind="Motion",
        subject=motion.pk,
        name=motion.title,
        after={"title": motion.title, "origin_id": origin.pk},
    )
    return motion
