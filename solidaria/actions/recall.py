"""Recall: any member of the base opens it, members sign, the vote opens by itself, and what it decides holds at once.

No officer has a part in it: none can refuse it, delay it, close its vote early or take its clock away.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db.models import Max

from solidaria.actions.acting import ACTIONS, action, in_one_piece, refused
from solidaria.actions.clocks import RECALL_VOTE, end_recall, oblige
from solidaria.actions.council_votes import bases_of, electorate
from solidaria.actions.decide import open_vote
from solidaria.actions.drafts import has_seats, new_draft
from solidaria.actions.effects import house_rules
from solidaria.actions.permit import Doer, NotAllowed, live_mandates, permit
from solidaria.core import decide as core
from solidaria.core.problem import say
from solidaria.records.models import Act, Mandate, Motion, Recall, Signature
from solidaria.records.models.decide import CARRIED

#: How long the vote on a recall stays open.
VOTE_DAYS = 7


@action
def open_recall(doer: Doer, mandate: Mandate, *, why: str) -> Recall:
    """A recall of a mandate that is in force, with a reason; who opens it has signed it.

    How many must sign is the share in the rules, of the roll on this day: both are fixed here.
    """
    if not live_mandates(doer.at).filter(pk=mandate.pk).exists():
        raise refused(
            None, say("This mandate is not in force any more."), say("Nothing counts that is done under it.")
        )
    if mandate.person_id == doer.person.pk:
        raise refused(None, say("This is your own mandate."), say("You can give it back at any moment."))
    there = Recall.objects.filter(mandate=mandate, ended=None).first()
    if there is not None:
        raise refused(None, say("A recall of this mandate is open already."), say("Sign it: one is enough."))
    rules = house_rules(mandate.organisation)
    until = pause_ends(mandate, core.number_of(rules, "recall_pause_days"))
    if until is not None and doer.at < until:
        what = say(
            "A recall of this mandate failed; the rules ask for a pause until {day}.", day=f"{until:%Y-%m-%d}"
        )
        raise refused(None, what, say("Talk in the assembly, or wait until then."))
    if not why.strip():
        raise refused(
            "why", say("The reason is missing."), say("Say in a few words what was done against the instructions.")
        )
    roll = electorate(mandate.organisation, doer.at)
    _on_the_roll(doer, roll)
    recall = Recall.objects.create(
        mandate=mandate,
        opened_by=doer.person,
        why=why.strip()[:4000],
        opened=doer.at,
        roll_size=len(roll),
        needed=core.signatures_needed(len(roll), core.share_of(rules, "recall_share")),
    )
    _sign(doer, recall)
    return recall


def sign_recall(doer: Doer, recall: Recall) -> Recall:
    """One more signature; with the last that was needed the notice begins, and the clock nobody can switch off.

    A name under a petition can be held against somebody: history tells that one more has signed, and never who.
    Raises NotAllowed for who is not on the roll, Refused when there is nothing to sign.
    """
    return in_one_piece(lambda: _one_more(doer, recall.pk))


def _one_more(doer: Doer, number: int) -> Recall:
    recall = Recall.objects.select_for_update(of=("self",), no_key=True).get(pk=number)
    permit("sign_recall", doer, recall.organisation)
    if recall.ended is not None:
        raise refused(None, say("This recall has ended."), say("Its page says how."))
    if recall.motion_id is not None:
        raise refused(None, say("The vote on this recall is open already."), say("Cast your ballot."))
    if recall.mandate.person_id == doer.person.pk:
        raise refused(None, say("This is your own mandate."), say("You can give it back at any moment."))
    if Signature.objects.filter(recall=recall, person=doer.person).exists():
        return recall
    _on_the_roll(doer, electorate(recall.organisation, doer.at))
    _sign(doer, recall)
    Act.objects.create(
        at=doer.at,
        person=None,
        organisation=recall.organisation,
        verb="sign_recall",
        kind="Recall",
        subject=recall.pk,
        name=str(recall.mandate),
        after={"signatures": recall.signatures.count()},
    )
    return recall


def _on_the_roll(doer: Doer, roll: list[int]) -> None:
    if doer.person.pk not in roll:
        raise NotAllowed(say("Only those who gave a mandate can take it back."), hidden=False)


def _sign(doer: Doer, recall: Recall) -> None:
    Signature.objects.create(recall=recall, person=doer.person)
    if recall.reached is not None or Signature.objects.filter(recall=recall).count() < recall.needed:
        return
    notice = core.number_of(house_rules(recall.organisation), "recall_notice_days")
    recall.reached = doer.at
    recall.vote_opens = core.recall_vote_opens(doer.at, notice)
    recall.save(update_fields=["reached", "vote_opens"])
    due = recall.vote_opens + timedelta(days=VOTE_DAYS)
    oblige(recall.organisation, RECALL_VOTE, doer.at, due, recall=recall)


@action
def reply_to_recall(doer: Doer, recall: Recall, *, text: str) -> Recall:
    """The answer of the one concerned: it stands beside the reason, on the ballot too if it came before the vote."""
    if recall.ended is not None:
        raise refused(None, say("This recall has ended."), say("Its page says how."))
    if not text.strip():
        raise refused("text", say("This is blank."), say("Say it in your own words."))
    recall.reply = text.strip()[:4000]
    recall.save(update_fields=["reply"])
    return recall


def pause_ends(mandate: Mandate, days: int) -> datetime | None:
    """When the pause after the last recall of this mandate that failed ends; None when none failed."""
    last = Recall.objects.filter(mandate=mandate, motion__isnull=False).exclude(motion__state=CARRIED)
    ended = last.aggregate(last=Max("ended"))["last"]
    return None if ended is None else core.recall_pause_ends(ended, days)


def open_due(at: datetime) -> int:
    """Open the vote of every recall whose notice is over; the worker does this. Gives back how many.

    A recall whose mandate is not in force any more has ended without a vote.
    """
    opened = 0
    ready = Recall.objects.filter(ended=None, motion=None, vote_opens__lte=at).order_by("pk")
    for number in list(ready.values_list("pk", flat=True)):
        opened += in_one_piece(partial(_open, number, at))
    return opened


def _open(number: int, at: datetime) -> int:
    recall = Recall.objects.select_for_update(of=("self",)).select_related("mandate__person").get(pk=number)
    if recall.motion_id is not None or recall.ended is not None:
        return 0
    mandate, organisation = recall.mandate, recall.organisation
    if not live_mandates(at).filter(pk=mandate.pk).exists():
        end_recall(recall, at)
        return 0
    council = has_seats(organisation, at)
    last = Motion.objects.filter(organisation=organisation).aggregate(last=Max("number"))["last"]
    # The people's own words and nothing of ours: a stored text has no other language than theirs. What the motion
    # does is said by its effect, which every page says in the reader's language.
    said = [recall.why, f"{mandate.person.name}: {recall.reply}"] if recall.reply else [recall.why]
    motion = Motion.objects.create(
        organisation=organisation,
        number=(last or 0) + 1,
        title=f"{mandate.person.name}: {recall.why}"[:120],
        text="\n\n".join(said),
        declared_by=None,
        method="council" if council else "majority",
        effects=[{"kind": "end_mandate_by_decision", "mandate": mandate.pk}],
        made=at,
    )
    open_vote(motion, at, at + timedelta(days=VOTE_DAYS))
    recall.motion = motion
    recall.save(update_fields=["motion"])
    Act.objects.create(
        at=at,
        person=None,
        organisation=organisation,
        motion=motion,
        verb="open_recall_vote",
        kind="Recall",
        subject=recall.pk,
        name=str(mandate),
        after={"motion_id": motion.pk},
    )
    if council:
        for base in bases_of(organisation, at):
            new_draft(base, motion, at, person=None, verb="carry_down")
    return 1


#: Signed without a name in the history; the tests that walk through every action find it here.
ACTIONS["sign_recall"] = sign_recall
