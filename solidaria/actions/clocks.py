"""Clocks nobody can switch off: obligations begin with a valid request and end only when what was asked is done.

No action of anybody changes or deletes an obligation. They begin and are met here, as a consequence of a vote.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from solidaria.actions.permit import live_mandates, live_seats
from solidaria.core import decide as core
from solidaria.records.models import (
    Assembly,
    Attendance,
    HouseRule,
    Mandate,
    Motion,
    Obligation,
    Organisation,
    Recall,
)

#: What an organisation can owe: a vote on a recall, an answer on a decision it has to confirm, an answer on a motion
#: that came back to it.
RECALL_VOTE, RATIFICATION, REFERRED_BACK = "recall vote", "ratification", "referred back"
#: A special congress that enough bases asked for.
CONGRESS = "special congress"
#: How long before its end a mandate is announced as ending.
NOTICE_DAYS = 30
NEVER = datetime(1900, 1, 1, tzinfo=UTC)


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
        asked = Obligation.objects.filter(motion=motion, kind__in=[RATIFICATION, REFERRED_BACK], met=None)
        asked.update(met=at)
    recall = Recall.objects.select_for_update().filter(motion=motion, ended=None).first()
    if recall is not None:
        end_recall(recall, at)


def ask_for_congress(council: Organisation, motion: Motion, at: datetime) -> Obligation | None:
    """One more base has decided to ask for a special congress; the clock begins once enough have, and runs once.

    Counted are the bases with a seat today that have carried it since the last congress that was asked for. Gives
    back the obligation that runs, None while too few have asked.
    """
    asked_before = Obligation.objects.filter(organisation=council, kind=CONGRESS).order_by("-since").first()
    if asked_before is not None and asked_before.met is None:
        return asked_before
    since = asked_before.met if asked_before is not None else None
    if len(asking(council, since, at)) < congress_needs(council, at):
        return None
    rules = rules_of(council)
    due = at + timedelta(days=max(1, core.number_of(rules, "congress_days")))
    return oblige(council, CONGRESS, at, due, motion=motion)


def asking(council: Organisation, since: datetime | None, at: datetime) -> set[int]:
    """The bases, by number, that have decided to ask for a special congress since then."""
    bases = live_seats(at).filter(council=council).values("base")
    carried = Motion.objects.filter(organisation__in=bases, state="carried", closed__gt=since or NEVER)
    wanted = {"kind": "ask_for_congress", "council": council.pk}
    return {
        organisation
        for organisation, effects in carried.values_list("organisation", "effects")
        if any(wanted.items() <= effect.items() for effect in effects)
    }


def congress_needs(council: Organisation, at: datetime) -> int:
    """How many bases must ask for a special congress, and how many delegates must be there for it to be one."""
    bases = live_seats(at).filter(council=council).values("base").distinct().count()
    return core.signatures_needed(bases, core.share_of(rules_of(council), "congress_share"))


def congress_held(assembly: Assembly, at: datetime) -> None:
    """An assembly has ended: it was the special congress that was asked for, if enough delegates were there.

    A room that an officer opens and closes alone meets nothing.
    """
    delegates = live_seats(at).filter(council=assembly.organisation).values("mandate__person")
    there = Attendance.objects.filter(assembly=assembly, person__in=delegates).count()
    if there and there >= congress_needs(assembly.organisation, at):
        Obligation.objects.filter(
            organisation=assembly.organisation, kind=CONGRESS, met=None, since__lte=assembly.opened
        ).update(met=at)


def rules_of(organisation: Organisation) -> dict[str, str]:
    """The rules the organisation decided for itself; what it did not decide is not in it."""
    rows = HouseRule.objects.filter(organisation=organisation).order_by("since", "pk")
    return dict(rows.values_list("rule", "value"))


def end_recall(recall: Recall, at: datetime) -> None:
    """The recall has ended, and its clock with it."""
    Recall.objects.filter(pk=recall.pk).update(ended=at)
    Obligation.objects.filter(recall=recall, met=None).update(met=at)


def owed(motion: Motion) -> Obligation | None:
    """The obligation to vote on this motion that is not met yet, the most pressing first; None when there is none."""
    asked = Obligation.objects.filter(motion=motion, kind__in=[RATIFICATION, REFERRED_BACK], met=None)
    return asked.order_by("due").first()


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
