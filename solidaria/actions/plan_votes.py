"""A plan goes to every assembly it touches; when all of them have said yes, it is adopted by itself.

Asked are the organisations that would make, get, pay or carry something by the plan and have somebody on their roll; and the
network itself where delegates hold seats in it. Each gets a motion of its own with its own figures. What an assembly
answers is written down when its vote closes, in that very transaction (actions/decide.py, actions/effects.py), and so
is the adoption with the last yes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from solidaria.actions.drafts import draft, has_seats
from solidaria.core.plan.part import organisations_in, part_of
from solidaria.core.problem import Sentence, say
from solidaria.core.result import Result
from solidaria.records.models import Act, LineRefused, Membership, Motion, Organisation, PlanVote, Round, Variant
from solidaria.records.models.decide import DRAFT, LOST, OPEN, REFERRED, WITHDRAWN
from solidaria.records.packing import plain, value_of

YES, NO = "yes", "no"
#: States of a motion in which the assembly can still answer by it.
ALIVE = (DRAFT, OPEN, REFERRED)


def ask(variant: Variant, result: Result, at: datetime, *, words: str = "", decided: Motion | None = None) -> int:
    """Put a plan that was chosen to every assembly it touches; gives back how many are needed.

    words     why this plan, in the words of whoever brings it; blank: its name alone
    decided   the network's own decision, where it was one that chose the plan: then the network has answered
    Assemblies that were asked before are left alone, unless their motion was withdrawn. Drafts on other plans of the round
    that nobody has opened are withdrawn: they are about a plan that is no longer proposed.
    """
    network = variant.round.network
    # A plan that nobody named has a number for a name; "plan" is the same word in all our languages but one.
    named = f"plan {variant.name}" if variant.name.isdecimal() else variant.name
    title = f"{variant.round.name}: {named}"[:200]
    text = words.strip()[:4000] or title
    _take_back(variant, at)
    inside = Organisation.objects.filter(code__in=organisations_in(result)).order_by("name", "pk")
    touched = {one.pk: one for one in inside}
    rolls = _with_a_roll(touched, at)
    above = None
    if has_seats(network, at):
        touched.pop(network.pk, None)
        above = decided or _asked(variant, network, True, [], title, text, at).motion
        if decided is not None:
            PlanVote.objects.update_or_create(
                variant=variant,
                organisation=network,
                defaults={"motion": decided, "answer": YES, "asked": at, "answered": at},
            )
    if above is not None:
        # Delegates are bound by what their base decides on the very same words.
        title, text = above.title, above.text
    for key in touched:
        part = plain(list(part_of(result, touched[key].code))) if key in rolls else []
        _asked(variant, touched[key], key in rolls, part, title, text, at, above)
    return PlanVote.objects.filter(variant=variant, needed=True).count()


def _with_a_roll(touched: dict[int, Organisation], at: datetime) -> set[int]:
    day = at.date()
    rows = Membership.objects.filter(
        Q(left__isnull=True) | Q(left__gte=day),
        organisation__in=touched,
        entered__lte=day,
        person__is_active=True,
    )
    return set(rows.values_list("organisation", flat=True))


def _asked(
    variant: Variant,
    organisation: Organisation,
    needed: bool,
    part: list[Any],
    title: str,
    text: str,
    at: datetime,
    above: Motion | None = None,
) -> PlanVote:
    row, new = PlanVote.objects.get_or_create(
        variant=variant, organisation=organisation, defaults={"needed": needed, "part": part, "asked": at}
    )
    stale = row.motion is not None and row.motion.state == WITHDRAWN and not row.answer
    if needed and (new or stale or row.motion is None):
        effects = [{"kind": "adopt_plan", "variant": variant.pk}]
        row.motion = draft(organisation, title, text, at, effects=effects, origin=above)
        row.needed, row.part = True, part
        row.save(update_fields=["motion", "needed", "part"])
        Act.objects.create(
            at=at,
            person=None,
            organisation=organisation,
            verb="put_plan_to_assembly",
            kind="Motion",
            subject=row.motion.pk,
            name=row.motion.title,
            after={"variant": variant.pk},
        )
    return row


def _take_back(variant: Variant, at: datetime) -> None:
    others = PlanVote.objects.filter(variant__round=variant.round_id, motion__isnull=False).exclude(
        variant=variant
    )
    Motion.objects.filter(pk__in=others.values("motion"), state=DRAFT).update(
        state=WITHDRAWN, closed=at, result={"why": plain(say("Another plan of this round was chosen."))}
    )


def give_up(round: Round, at: datetime) -> None:
    """A round is closed: drafts on its plans that nobody has opened are withdrawn."""
    motions = PlanVote.objects.filter(variant__round=round, motion__isnull=False).values("motion")
    Motion.objects.filter(pk__in=motions, state=DRAFT).update(
        state=WITHDRAWN, closed=at, result={"why": plain(say("The round of planning was closed."))}
    )


# --- answers ---


def said_yes(motion: Motion, variant: Variant, at: datetime) -> None:
    """An assembly has carried the plan; with the last one that is needed the plan is adopted."""
    PlanVote.objects.filter(variant=variant, organisation=motion.organisation_id).update(
        answer=YES, motion=motion, refusal=None, answered=at
    )
    adopt_if_all(variant, motion, at)


def said_no(motion: Motion, at: datetime) -> None:
    """A vote on a plan has closed without carrying it; one without a quorum has answered nothing."""
    if motion.state != LOST or motion.outcome == "not quorate":
        return
    numbers = [one.get("variant") for one in motion.effects if one.get("kind") == "adopt_plan"]
    PlanVote.objects.filter(
        variant__in=numbers, organisation=motion.organisation_id, variant__round__adopted__isnull=True
    ).update(answer=NO, motion=motion, answered=at)


def refused_a_line(motion: Motion, refusal: LineRefused, at: datetime) -> None:
    """An assembly has refused a line instead: that is its no to the plan that lies before it, and says what would help."""
    row = (
        PlanVote.objects.select_for_update(of=("self",))
        .filter(
            variant=refusal.round.chosen_id or 0,
            organisation=motion.organisation_id,
            needed=True,
            variant__round__adopted__isnull=True,
        )
        .first()
    )
    if row is None:
        return
    Motion.objects.filter(pk=row.motion_id or 0, state=DRAFT).update(
        state=WITHDRAWN, closed=at, result={"why": plain(say("The assembly has refused a line of this plan."))}
    )
    row.answer, row.motion, row.refusal, row.answered = NO, motion, refusal, at
    row.save(update_fields=["answer", "motion", "refusal", "answered"])


def adopt_if_all(variant: Variant, motion: Motion, at: datetime) -> None:
    """Adopt the plan its network has chosen, once, when every assembly that is needed has said yes.

    The round's row is locked first: of two assemblies whose votes close at the same moment the second sees the first.
    """
    row = Round.objects.select_for_update(of=("self",)).get(pk=variant.round_id)
    if row.adopted is not None or row.chosen_id != variant.pk:
        return
    answers = list(PlanVote.objects.filter(variant=variant, needed=True).values_list("answer", flat=True))
    if any(answer != YES for answer in answers) or not (answers or motion.organisation_id == row.network_id):
        return
    row.adopted = at
    row.save(update_fields=["adopted"])
    Act.objects.create(
        at=at,
        person=None,
        organisation_id=row.network_id,
        motion=motion,
        verb="plan_adopted",
        kind="Round",
        subject=row.pk,
        name=f"{row.name}: {variant.name}"[:200],
        after={"adopted": at.isoformat(), "chosen_id": variant.pk},
    )


# --- what can be asked ---


def waits_for(motion: Motion) -> bool:
    """Whether the network waits for this assembly's answer by this motion: then nobody takes it off."""
    if motion.state not in ALIVE:
        return False
    rows = PlanVote.objects.filter(
        motion=motion, answer="", variant__round__closed__isnull=True, variant__round__adopted__isnull=True
    ).select_related("variant__round")
    return any(row.variant.round.chosen_id == row.variant_id for row in rows)


def part_for(motion: Motion) -> tuple[PlanVote | None, list[Sentence]]:
    """What the plan of a motion means for its organisation: the row that asks it, and the sentences; none where none."""
    numbers = [one.get("variant") for one in motion.effects if one.get("kind") == "adopt_plan"]
    if not numbers:
        return None, []
    row = (
        PlanVote.objects.filter(variant__in=numbers, organisation=motion.organisation_id)
        .select_related("organisation")
        .first()
    )
    return row, [value_of(one) for one in row.part] if row is not None else []
