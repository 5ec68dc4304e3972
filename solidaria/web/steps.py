"""What a person could do next: asked of the records, most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse

from solidaria.actions.agree import reviews_due
from solidaria.actions.clocks import expiring, running
from solidaria.actions.permit import MEMBER, live_mandates, live_seats
from solidaria.core.problem import Sentence, say
from solidaria.records.models import (
    Belonging,
    Motion,
    Need,
    Organisation,
    Person,
    PlanVote,
    Recall,
    Round,
    Site,
    SplitVote,
    Voter,
)

MOST_STEPS = 8


@dataclass(frozen=True)
class Step:
    """One thing to do next, with the page where it is done."""

    words: Sentence
    where: str
    button: Sentence
    urgent: bool = False


def steps(person: Person, mine: list[Organisation]) -> list[Step]:
    """What comes next for a person with these organisations; the number of questions does not depend on how many."""
    if not mine:
        return list(_newcomer())
    rights: dict[int, set[str]] = {one.pk: {MEMBER} for one in mine}
    for mandate in live_mandates(datetime.now(UTC)).filter(person=person):
        rights.setdefault(mandate.organisation_id, set()).update(mandate.rights)
    found = [
        *_votes(person),
        *_clocks(person, mine, rights),
        *_reviews(mine, rights),
        *_answers(mine, rights),
        *_loop(mine, rights),
    ]
    return sorted(found, key=lambda step: not step.urgent)[:MOST_STEPS]


def _newcomer() -> Iterator[Step]:
    yield Step(
        say("You have a printed code from your organisation? Join it."),
        reverse("join"),
        say("Join with a code"),
        True,
    )
    yield Step(
        say("Your organisation is not here yet? Found it: you need the minutes of its founding assembly."),
        reverse("found"),
        say("Found an organisation"),
    )


def _clocks(person: Person, mine: list[Organisation], rights: dict[int, set[str]]) -> Iterator[Step]:
    """Recalls, what has to be voted on by a day, members to cast in a council, mandates that end soon."""
    at = datetime.now(UTC)
    open_recalls = Recall.objects.filter(mandate__organisation__in=mine, ended=None, motion=None)
    for row in open_recalls.exclude(signatures__person=person).select_related(
        "mandate__person", "mandate__organisation"
    ):
        where = reverse("recall", args=[row.organisation.code, row.pk])
        if row.mandate.person_id == person.pk:
            what = say("Members of {name} want your mandate back: you can reply.", name=row.organisation.name)
            yield Step(what, where, say("Read and reply"), True)
        elif row.reached is None:
            what = say("A recall is open in {name}: read the reason.", name=row.organisation.name)
            yield Step(what, where, say("Read it"), True)
    for owed in running(mine).filter(motion__state="draft"):
        if owed.motion is not None and "decide.facilitate" in rights.get(owed.organisation_id, ()):
            what = say(
                "{name} has to vote on “{title}” by {day}.",
                name=owed.organisation.name,
                title=owed.motion.title,
                day=owed.due.date(),
            )
            yield Step(what, reverse("motion", args=[owed.motion_id]), say("Open the vote"), True)
    asked = PlanVote.objects.filter(
        organisation__in=mine,
        answer="",
        motion__state="draft",
        variant__round__closed__isnull=True,
        variant__round__chosen=F("variant"),
    )
    facilitated = {
        row.organisation_id
        for row in live_mandates(at).filter(organisation__in=mine)
        if "decide.facilitate" in row.rights
    }
    for vote in asked.select_related("organisation", "motion"):
        held = "decide.facilitate" in rights.get(vote.organisation_id, ())
        # Where nobody facilitates, every member can open a vote.
        if vote.motion is not None and (held or vote.organisation_id not in facilitated):
            what = say(
                "The network asks {name} about the plan “{title}”.",
                name=vote.organisation.name,
                title=vote.motion.title,
            )
            yield Step(what, reverse("motion", args=[vote.motion_id]), say("Open the vote"), True)
    seats = live_seats(at).filter(mandate__person=person)
    splits = SplitVote.objects.filter(
        Exists(seats.filter(council=OuterRef("motion__organisation"), base=OuterRef("base"))),
        motion__state="open",
        because="",
    )
    for split in splits.select_related("motion", "base").order_by("motion__closes", "pk"):
        what = say(
            "In “{title}” the members of {base} are not cast yet.", title=split.motion.title, base=split.base.name
        )
        yield Step(what, reverse("council_vote", args=[split.motion_id]), say("Cast them"), True)
    for mandate in expiring(mine, at):
        if mandate.person_id == person.pk or "decide.facilitate" in rights.get(mandate.organisation_id, ()):
            what = say(
                "The mandate of {name} in {organisation} ends on {day}.",
                name=mandate.person.name,
                organisation=mandate.organisation.name,
                day=mandate.ends,
            )
            where = reverse("mandates", args=[mandate.organisation.code])
            yield Step(what, where, say("See the mandates"))


def _reviews(mine: list[Organisation], rights: dict[int, set[str]]) -> Iterator[Step]:
    """Agreements to look at again, for those who draft and sign them."""
    today = datetime.now(UTC).date()
    signing = [one for one in mine if {"agree.draft", "agree.sign"} & rights.get(one.pk, set())]
    for one, agreement, day in reviews_due(signing, today) if signing else ():
        what = say("{name} looks at “{title}” again by {day}.", name=one.name, title=agreement.title, day=day)
        yield Step(what, reverse("agreement", args=[one.code, agreement.pk]), say("Look at it"), day < today)


def _votes(person: Person) -> Iterator[Step]:
    """Open votes that wait for this person's ballot."""
    waiting = Voter.objects.filter(person=person, voted=False, motion__state="open").select_related(
        "motion__organisation"
    )
    for row in waiting.order_by("motion__closes")[:MOST_STEPS]:
        yield Step(
            say("{name} votes: {title}", name=row.motion.organisation.name, title=row.motion.title),
            reverse("vote", args=[row.motion_id]),
            say("Vote"),
            True,
        )


def _answers(mine: list[Organisation], rights: dict[int, set[str]]) -> Iterator[Step]:
    """Networks that wait for an answer from one of these organisations."""
    asked = Belonging.objects.filter(
        Q(organisation__in=mine) | Q(network__in=mine), agreed__isnull=True, left__isnull=True
    ).select_related("network", "organisation")
    for row in asked:
        ours, other = (row.organisation, row.network) if row.asked_by_network else (row.network, row.organisation)
        if "who.ally" in rights.get(ours.pk, ()):
            yield Step(
                say("{other} asks {ours} to join hands in a network.", other=other.name, ours=ours.name),
                reverse("ties", args=[ours.code]),
                say("Answer"),
                True,
            )


def _loop(mine: list[Organisation], rights: dict[int, set[str]]) -> Iterator[Step]:
    """Where each organisation stands between what is needed and the plan."""
    networks = {
        row.organisation_id: row.network
        for row in Belonging.objects.filter(
            organisation__in=mine, agreed__isnull=False, left__isnull=True, network__kind="network"
        ).select_related("network")
    }
    rounds = {
        row.network_id: row
        for row in Round.objects.filter(
            Q(network__in=[network.pk for network in networks.values()]) | Q(network__in=mine), closed__isnull=True
        )
    }
    needed = set(
        Need.objects.filter(organisation__in=mine, withdrawn__isnull=True, gathered__isnull=True)
        .values_list("organisation", flat=True)
        .annotate(count=Count("pk"))
        .order_by()
    )
    sites = set(Site.objects.filter(organisation__in=mine).values_list("organisation", flat=True))
    councils = [one.pk for one in mine if one.kind == "council"]
    deciding = set(Motion.objects.filter(organisation__in=councils).values_list("organisation", flat=True))
    for one in mine:
        gathers = one.kind == "network"
        network = one if gathers else networks.get(one.pk)
        current = rounds.get(network.pk) if network is not None else None
        if current is not None and current.adopted is not None:
            if "agree.draft" in rights[one.pk]:
                yield Step(
                    say(
                        "The plan of “{round}” is adopted: {name} can draft its agreements.",
                        round=current.name,
                        name=one.name,
                    ),
                    reverse("agreements", args=[one.code]),
                    say("Draft the agreements"),
                    True,
                )
        elif current is not None and current.chosen_id is not None:
            yield Step(
                say("The plan of “{round}” is ready to be read by {name}.", round=current.name, name=one.name),
                reverse("variant", args=[current.chosen_id]),
                say("Read the plan"),
                True,
            )
        if gathers:
            yield from _of_network(one, current, rights[one.pk])
        elif one.kind == "council":
            yield from _of_council(one, one.pk in deciding)
        elif network is None:
            yield from _alone(one, rights[one.pk])
        else:
            yield from _of_member(one, one.pk in needed, one.pk in sites, rights[one.pk])


def _of_network(one: Organisation, current: Round | None, rights: set[str]) -> Iterator[Step]:
    if "plan.round" in rights and current is None:
        yield Step(
            say("{name} has no open round.", name=one.name),
            reverse("open_round", args=[one.code]),
            say("Open a round"),
            True,
        )


def _of_council(one: Organisation, decides: bool) -> Iterator[Step]:
    """A council decides, it plans nothing: rounds are its networks' own."""
    if not decides:
        yield Step(
            say(
                "{name} has decided nothing yet: whoever has a seat or is on its roll can propose.", name=one.name
            ),
            reverse("propose_motion", args=[one.code]),
            say("Propose a motion"),
        )


def _alone(one: Organisation, rights: set[str]) -> Iterator[Step]:
    if "who.ally" in rights:
        yield Step(
            say("{name} is in no network yet: needs are planned together with others.", name=one.name),
            reverse("ties", args=[one.code]),
            say("Find a network"),
        )


def _of_member(one: Organisation, needs: bool, site: bool, rights: set[str]) -> Iterator[Step]:
    if not needs:
        yield Step(
            say("{name} has not said what it needs.", name=one.name),
            reverse("declare_need", args=[one.code]),
            say("Say what is needed"),
        )
    if one.kind in ("site", "clinic") and not site and "plan.capacity" in rights:
        yield Step(
            say("{name} has not said what it can make.", name=one.name),
            reverse("site_people", args=[one.code]),
            say("Say who works there"),
        )
