"""Clocks nobody can switch off: obligations begin with a valid request and end only when what was asked is done.

No action of anybody changes or deletes an obligation. They begin and are met here, as a consequence of a vote.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from solidaria.actions.permit import live_mandates
from solidaria.records.models import Mandate, Motion, Obligation, Organisation, Recall

#: What an organisation can owe: a vote on a recall, an answer on a decision it has to confirm, an answer on a motion
#: that came back to it.
RECALL_VOTE, RATIFICATION, REFERRED_BACK = "recall vote", "ratification", "referred back"
#: How long before its end a mandate is announced as ending.
NOTICE_DAYS = 30


def oblige(
    organisation: Organisation,
    kind: str,
    at: datetime,
    due: datetime,
    *,
    motion: Motion | None = None,
    recall: Recall | None = None,
) -> Obligation:
    """A clock begins to run."""
    return Obligation.objects.create(
        organisation=organisation, kind=kind, since=at, due=due, motion=motion, recall=recall
    )


def closed(motion: Motion, at: datetime) -> None:
    """What a vote that has just closed meets: obligations to vote on it, and the recall it was about.

    A vote without a quorum decided nothing: an obligation to answer stays. A recall ends with its vote in any case;
    not carried, it has failed. A motion that goes back to the bases has not ended.
    """
    if motion.outcome in ("referred", "to ratify"):
        return
    if motion.outcome != "not quorate":
        Obligation.objects.filter(motion=motion, recall=None, met=None).update(met=at)
    recall = Recall.objects.select_for_update().filter(motion=motion, ended=None).first()
    if recall is not None:
        end_recall(recall, at)


def end_recall(recall: Recall, at: datetime) -> None:
    """The recall has ended, and its clock with it."""
    Recall.objects.filter(pk=recall.pk).update(ended=at)
    Obligation.objects.filter(recall=recall, met=None).update(met=at)


def owed(motion: Motion) -> Obligation | None:
    """The obligation to vote on this motion that is not met yet, the most pressing first; None when there is none."""
    return Obligation.objects.filter(motion=motion, met=None).order_by("due").first()


def running(organisations: Iterable[Organisation]) -> QuerySet[Obligation]:
    """What these organisations owe and have not done, the most pressing first."""
    return (
        Obligation.objects.filter(organisation__in=list(organisations), met=None)
        .select_related("organisation", "motion", "motion__origin", "recall__mandate__person")
        .order_by("due", "pk")
    )


def expiring(organisations: Iterable[Organisation], at: datetime, days: int = NOTICE_DAYS) -> QuerySet[Mandate]:
    """The live mandates of these organisations that end within so many days from now, the first to end first."""
    return (
        live_mandates(at)
        .filter(organisation__in=list(organisations), ends__lte=(at + timedelta(days=days)).date())
        .select_related("organisation", "person")
        .order_by("ends", "pk")
    )
