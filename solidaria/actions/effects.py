"""What a decision does: each kind of effect, checked when it is proposed and applied when the motion is carried.

An effect rests on the decision alone: no person's right is asked, and history names the motion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import models
from django.db.models import Q

from solidaria.actions import clocks, plan_votes
from solidaria.actions.acting import columns
from solidaria.actions.agreed import latest, yes
from solidaria.actions.permit import HOLDING, PURPOSES, RIGHTS, live_seats
from solidaria.core.decide import (
    WITH_OPTIONS,
    house_rule_faults,
    house_rule_told,
    house_rule_value,
    number_of,
    ranks_of,
)
from solidaria.core.problem import Fault, Sentence, say, say_many
from solidaria.core.voting.account import listed
from solidaria.core.workbook.cells import is_blank, number
from solidaria.core.workbook.check import READERS
from solidaria.core.workbook.schema import RULE, Column
from solidaria.records.models import (
    Act,
    AgreementVersion,
    Assembly,
    Belonging,
    FundedProject,
    HouseRule,
    LineRefused,
    Mandate,
    Membership,
    Motion,
    Need,
    Organisation,
    Person,
    Recipe,
    Round,
    Rule,
    Seat,
    Site,
    Variant,
)
from solidaria.records.packing import plain
from solidaria.records.results import result_of

Given = Mapping[str, Any]
#: Effects that go by the order that comes out of the vote.
BY_ORDER = ("rank_needs_by_decision", "fund_projects")
#: Effects that either happen or not: the vote on them is a yes or a no. A mandate can also come of an election.
YES_OR_NO = (
    "adopt_house_rule",
    "adopt_network_rule",
    "end_mandate_by_decision",
    "ask_for_congress",
    "instruct_delegate",
    "admit_member",
    "release_member",
    "adopt_plan",
    "set_pledge",
    "refuse_plan_line",
    "approve_minutes",
    "sign_agreement",
    "join_network",
    "leave_network_by_decision",
)
#: In how many ranks a vote orders needs, where nothing else is asked.
USUAL_RANKS = 3


@dataclass(frozen=True)
class Effect:
    """One kind of effect.

    words    what it is, for a list to choose from
    told     what this one would do, in a sentence
    check    what is wrong with it; empty when it can happen
    apply    do it; gives back the row it made or changed
    """

    words: Sentence
    told: Callable[[Given], Sentence]
    check: Callable[[Organisation, Given], list[Fault]]
    apply: Callable[[Motion, Given, datetime], models.Model]


def house_rules(organisation: Organisation) -> dict[str, str]:
    """The rules the organisation decided for itself; what it did not decide is not in it."""
    return clocks.rules_of(organisation)


def check_effects(organisation: Organisation, effects: list[dict[str, Any]]) -> list[Fault]:
    """Everything that is wrong with the effects of a motion."""
    faults: list[Fault] = []
    for effect in effects:
        known = EFFECTS.get(str(effect.get("kind")))
        if known is None:
            faults.append(_fault("effects", say("One of the effects is not known.")))
        else:
            faults += known.check(organisation, effect)
    return faults


def changes_rules(effects: list[dict[str, Any]]) -> bool:
    """Whether one of the effects changes a rule: then the majority for rules is asked."""
    return any(effect.get("kind") in ("adopt_house_rule", "adopt_network_rule") for effect in effects)


def method_faults(method: str, effects: Sequence[Given]) -> list[Fault]:
    """What is wrong with deciding these effects in this way: a choice among many is no yes, and a yes elects nobody."""
    for effect in effects:
        kind = effect.get("kind")
        elects = kind == "grant_mandate" and bool(effect.get("elected"))
        if method in WITH_OPTIONS and (kind in YES_OR_NO or (kind == "grant_mandate" and not elects)):
            what = say("What this motion does needs a yes or a no.")
            return [Fault("", None, "method", what, say("Choose a majority, or consent."))]
        if elects and method not in (*WITH_OPTIONS, "council"):
            what = say("This way to decide elects nobody.")
            return [Fault("", None, "method", what, say("Choose approval or a ranking."))]
    return []


def apply_effects(motion: Motion, elected: tuple[str, ...], at: datetime) -> None:
    """Do what a carried motion says, all of it, in the transaction that closes it; each is written into history.

    What has lost its ground since the vote opened does not happen: a mandate for somebody who left the roll, an
    instruction for a seat that ended. The motion's result says so; the other effects happen all the same.
    """
    not_done: list[Sentence] = []
    for effect in _to_do(motion, elected):
        lapsed = _lapsed(motion.organisation, effect)
        if lapsed is None:
            _apply(motion, effect, at)
        else:
            not_done.append(lapsed)
    if not_done:
        motion.result = {**(motion.result or {}), "not_done": [plain(sentence) for sentence in not_done]}
        motion.save(update_fields=["result"])


def _lapsed(organisation: Organisation, effect: Given) -> Sentence | None:
    """Why an effect that could happen when the vote opened can no longer; None when it still can."""
    kind = effect["kind"]
    council = Organisation.objects.filter(pk=effect.get("council") or 0).first()
    name = council.name if council is not None else "–"
    if kind == "grant_mandate":
        person = Person.objects.filter(pk=effect.get("person") or 0).first()
        if person is None or not person.is_active or _check_holder(organisation, effect):
            who = person.name if person is not None else "–"
            return say("{name} is no longer on the roll: the mandate was not given.", name=who)
        if council is not None and seat_faults(organisation, council):
            return say(
                "We no longer belong to {council}: the seat there was not given, nor the mandate.", council=name
            )
    if kind == "instruct_delegate" and _check_instruct(organisation, effect):
        return say("We no longer have a seat in {council}: the instruction came to nothing.", council=name)
    if kind == "ask_for_congress" and _check_congress(organisation, effect):
        return say("We no longer have a seat in {council}: no congress was asked for.", council=name)
    return None


def _to_do(motion: Motion, elected: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The motion's effects, with what the vote itself gave them: who is elected, and the order."""
    for effect in motion.effects:
        one = dict(effect)
        if one["kind"] == "grant_mandate" and one.get("elected"):
            for person in elected:
                yield {**one, "person": int(person)}
        elif one["kind"] in BY_ORDER:
            yield {**one, "order": list(elected)}
        else:
            yield one


def _apply(motion: Motion, effect: dict[str, Any], at: datetime) -> None:
    row = EFFECTS[effect["kind"]].apply(motion, effect, at)
    Act.objects.create(
        at=at,
        person=None,
        organisation=motion.organisation,
        motion=motion,
        verb=effect["kind"],
        kind=type(row).__name__,
        subject=row.pk,
        name=str(row)[:200],
        after=columns(row),
    )


def decision_words(motion: Motion) -> str:
    """How a later number names the decision it rests on."""
    day = motion.closed.date().isoformat() if motion.closed else ""
    return f"{motion.organisation.name}, motion {motion.number}, {day}"[:300]


# --- rules ---


def _told_house_rule(effect: Given) -> Sentence:
    return house_rule_told(str(effect.get("rule") or ""), str(effect.get("value") or ""))


def _check_house_rule(_: Organisation, effect: Given) -> list[Fault]:
    return house_rule_faults(str(effect.get("rule") or ""), str(effect.get("value") or ""))


def _house_rule(motion: Motion, effect: Given, at: datetime) -> HouseRule:
    value = house_rule_value(effect["rule"], str(effect.get("value") or ""))
    return HouseRule.objects.create(
        organisation=motion.organisation, rule=effect["rule"], value=value, motion=motion, since=at
    )


def _told_network_rule(effect: Given) -> Sentence:
    return say(
        "The network's rule {rule} becomes {value}.", rule=str(effect.get("rule")), value=str(effect.get("value"))
    )


def _check_network_rule(organisation: Organisation, effect: Given) -> list[Fault]:
    rule, value = str(effect.get("rule") or ""), effect.get("value")
    if organisation.kind != "network":
        return [_fault("effects", say("Only a network has these rules."))]
    if rule not in RULE or is_blank(value):
        return [_fault("rule", say("There is no such rule."))]
    _, problem = READERS[RULE[rule].kind](value, RULE[rule])
    return [] if problem is None else [Fault("", None, "value", *problem)]


def _network_rule(motion: Motion, effect: Given, at: datetime) -> Rule:
    row, _ = Rule.objects.update_or_create(
        network=motion.organisation,
        rule=effect["rule"],
        since=at.date(),
        defaults={
            "value": str(effect["value"]),
            "unit": str(effect.get("unit") or ""),
            "decision": decision_words(motion),
            "source": str(effect.get("source") or ""),
        },
    )
    return row


# --- mandates and members ---


def _told_mandate(effect: Given) -> Sentence:
    purpose = PURPOSES.get(str(effect.get("purpose")))
    words: object = purpose[0] if purpose else str(effect.get("purpose"))
    if effect.get("elected"):
        return say("Who is elected gets the mandate: {purpose}.", purpose=words)
    person = Person.objects.filter(pk=effect.get("person") or 0).first()
    council = Organisation.objects.filter(pk=effect.get("council") or 0).first()
    if council is not None:
        name = person.name if person else "–"
        return say("{name} becomes our delegate in {council}.", name=name, council=council.name)
    return say("{name} gets the mandate: {purpose}.", name=person.name if person else "–", purpose=words)


def _check_mandate(organisation: Organisation, effect: Given) -> list[Fault]:
    faults = []
    if effect.get("purpose") not in PURPOSES:
        faults.append(_fault("purpose", say("This purpose is not known.")))
    if any(right not in RIGHTS for right in effect.get("rights") or ()):
        faults.append(_fault("rights", say("One of the rights is not known.")))
    if effect.get("ends"):
        try:
            date.fromisoformat(str(effect["ends"]))
        except ValueError:
            faults.append(_fault("ends", say("This is not a day.")))
    if effect.get("council"):
        council = Organisation.objects.filter(pk=effect["council"]).first()
        if effect.get("purpose") != "delegate" or council is None:
            faults.append(_fault("council", say("Only a delegate takes a seat in a council.")))
        else:
            faults += seat_faults(organisation, council)
        faults += _check_instruction(effect)
    if not effect.get("elected"):
        faults += _check_holder(organisation, effect)
        held = _terms_in_a_row(organisation, effect)
        most = number_of(house_rules(organisation), "terms_in_a_row")
        if most and held >= most:
            what = say("This person has held the mandate {count} times in a row.", count=held)
            faults.append(
                Fault("", None, "person", what, say("The rules ask for a change: choose another person."))
            )
    return faults


def _terms_in_a_row(organisation: Organisation, effect: Given) -> int:
    """How many terms in a row the person has held this mandate, up to the last one."""
    count = 0
    for holder in (
        Mandate.objects.filter(organisation=organisation, purpose=effect.get("purpose"))
        .order_by("-starts", "-pk")
        .values_list("person", flat=True)
    ):
        if holder != effect.get("person"):
            break
        count += 1
    return count


def _mandate(motion: Motion, effect: Given, at: datetime) -> Mandate:
    starts = at.date()
    ends = date.fromisoformat(str(effect["ends"])) if effect.get("ends") else _year_later(starts)
    row = Mandate.objects.create(
        organisation=motion.organisation,
        person_id=effect["person"],
        purpose=effect["purpose"],
        rights=list(effect.get("rights") or PURPOSES[effect["purpose"]][1]),
        instructions=str(effect.get("instructions") or "")[:4000],
        starts=starts,
        ends=max(ends, starts),
        decision=decision_words(motion),
        motion=motion,
    )
    if effect.get("council"):
        council = Organisation.objects.get(pk=effect["council"])
        take_seat(row, council, str(effect.get("instruction") or ""), at)
    return row


# --- seats in councils ---


def seat_faults(base: Organisation, council: Organisation) -> list[Fault]:
    """What keeps a base from a seat in a council; empty when nothing does."""
    if council.kind not in HOLDING:
        return [_fault("council", say("This is neither a network nor a council."))]
    inside = Belonging.objects.filter(
        network=council, organisation=base, agreed__isnull=False, left__isnull=True
    ).exists()
    if not inside:
        what = say("{base} does not belong to {council}.", base=base.name, council=council.name)
        return [Fault("", None, "council", what, say("Join it first: both sides have to agree."))]
    return []


def take_seat(mandate: Mandate, council: Organisation, instruction: str, at: datetime) -> Seat:
    """The base's seat in a council for the holder of this mandate; a seat it had there before ends.

    instruction   how the delegate votes where the base has not voted; blank: as in the seat before
    """
    before = (
        Seat.objects.select_for_update(of=("self",))
        .filter(council=council, base=mandate.organisation_id, ended=None)
        .first()
    )
    if before is not None:
        before.ended = at
        before.save(update_fields=["ended"])
    kept = instruction or (before.instruction if before is not None else "")
    return Seat.objects.create(council=council, base=mandate.organisation, mandate=mandate, instruction=kept)


def _told_instruction(effect: Given) -> Sentence:
    council = Organisation.objects.filter(pk=effect.get("council") or 0).first()
    name = council.name if council is not None else "–"
    return {
        "for": say("In {council} our delegate votes for what we have not voted on ourselves.", council=name),
        "against": say(
            "In {council} our delegate votes against what we have not voted on ourselves.", council=name
        ),
        "abstain": say("In {council} our delegate abstains where we have not voted ourselves.", council=name),
    }.get(
        str(effect.get("instruction") or ""),
        say("In {council} our delegate refers back what we have not voted on ourselves.", council=name),
    )


def _check_instruction(effect: Given) -> list[Fault]:
    known = str(effect.get("instruction") or "") in ("", "for", "against", "abstain")
    return [] if known else [_fault("instruction", say("An instruction is for, against, abstain, or blank."))]


def _check_instruct(organisation: Organisation, effect: Given) -> list[Fault]:
    found = Seat.objects.filter(base=organisation, council=effect.get("council") or 0, ended=None).exists()
    faults = [] if found else [_fault("council", say("We have no seat there."))]
    return faults + _check_instruction(effect)


def _instruct(motion: Motion, effect: Given, at: datetime) -> Seat:
    row = Seat.objects.select_for_update(of=("self",)).get(
        base=motion.organisation, council=effect["council"], ended=None
    )
    row.instruction = str(effect.get("instruction") or "")
    row.save(update_fields=["instruction"])
    return row


def _told_congress(effect: Given) -> Sentence:
    council = Organisation.objects.filter(pk=effect.get("council") or 0).first()
    return say("We ask {council} for a special congress.", council=council.name if council is not None else "–")


def _check_congress(organisation: Organisation, effect: Given) -> list[Fault]:
    found = Seat.objects.filter(base=organisation, council=effect.get("council") or 0, ended=None).exists()
    return [] if found else [_fault("council", say("We have no seat there."))]


def _congress(motion: Motion, effect: Given, at: datetime) -> models.Model:
    """With the base that makes the share full, the council's clock begins."""
    council = Organisation.objects.select_for_update().get(pk=effect["council"])
    return clocks.ask_for_congress(council, motion, at) or council


def _told_end_mandate(effect: Given) -> Sentence:
    row = Mandate.objects.filter(pk=effect.get("mandate") or 0).select_related("person").first()
    return say("The mandate of {name} ends at once.", name=row.person.name if row else "–")


def _check_end_mandate(organisation: Organisation, effect: Given) -> list[Fault]:
    found = Mandate.objects.filter(organisation=organisation, pk=effect.get("mandate") or 0, ended__isnull=True)
    return [] if found.exists() else [_fault("mandate", say("This mandate is not in force."))]


def _end_mandate(motion: Motion, effect: Given, at: datetime) -> Mandate:
    """From this moment on every act under it is refused, also one already under way: its row is locked."""
    row = Mandate.objects.select_for_update().get(pk=effect["mandate"], organisation=motion.organisation)
    if row.ended is None:
        row.ended = at
        row.save(update_fields=["ended"])
    return row


def _told_member(effect: Given) -> Sentence:
    person = Person.objects.filter(pk=effect.get("person") or 0).first()
    if effect.get("kind") == "admit_member":
        return say("{name} comes onto the roll.", name=person.name if person else "–")
    return say("{name} comes off the roll.", name=person.name if person else "–")


def _check_person(_: Organisation, effect: Given) -> list[Fault]:
    found = Person.objects.filter(pk=effect.get("person") or 0, is_active=True).exists()
    return [] if found else [_fault("person", say("This person is not known."))]


def _check_member(organisation: Organisation, effect: Given) -> list[Fault]:
    found = Membership.objects.filter(
        organisation=organisation, person_id=effect.get("person") or 0, left__isnull=True
    ).exists()
    return [] if found else [_fault("person", say("This person is not on the roll."))]


def _check_holder(organisation: Organisation, effect: Given) -> list[Fault]:
    """Who can be given a mandate: somebody on the roll; of a council, also somebody on the roll of one of its bases."""
    faults = _check_member(organisation, effect)
    if not faults or organisation.kind not in HOLDING:
        return faults
    bases = live_seats(datetime.now(UTC)).filter(council=organisation).values("base")
    found = Membership.objects.filter(
        organisation__in=bases, person_id=effect.get("person") or 0, left__isnull=True
    ).exists()
    return [] if found else faults


def _admit(motion: Motion, effect: Given, at: datetime) -> Membership:
    row, _ = Membership.objects.get_or_create(
        organisation=motion.organisation,
        person_id=effect["person"],
        left__isnull=True,
        defaults={"entered": at.date()},
    )
    return row


def _release(motion: Motion, effect: Given, at: datetime) -> Membership:
    row = (
        Membership.objects.filter(organisation=motion.organisation, person_id=effect["person"])
        .order_by("-entered", "-pk")
        .first()
    )
    assert row is not None
    if row.left is None:
        row.left = at.date()
        row.save(update_fields=["left"])
        Mandate.objects.filter(
            organisation=motion.organisation, person_id=effect["person"], ended__isnull=True
        ).update(ended=at)
    return row


# --- plan and networks ---


def _told_plan(effect: Given) -> Sentence:
    row = Variant.objects.filter(pk=effect.get("variant") or 0).defer("tables", "result").first()
    return say("The plan “{name}” is adopted.", name=row.name if row else "–")


def _check_plan(organisation: Organisation, effect: Given) -> list[Fault]:
    """The network itself or an organisation in it can say yes to a plan that is ready."""
    row = (
        Variant.objects.filter(pk=effect.get("variant") or 0, state="done")
        .defer("tables", "result")
        .select_related("round")
        .first()
    )
    if row is None:
        return [_fault("variant", say("This plan is not ready."))]
    if row.round.closed is not None:
        return [_fault("variant", say("This round is closed."))]
    if row.round.adopted is not None and row.round.chosen_id != row.pk:
        what = say("Another plan of this round is adopted already.")
        return [Fault("", None, "variant", what, say("Open a new round, or plan the next one."))]
    inside = (
        row.round.network_id == organisation.pk
        or Belonging.objects.filter(
            network=row.round.network_id, organisation=organisation, agreed__isnull=False, left__isnull=True
        ).exists()
    )
    return [] if inside else [_fault("variant", say("This plan is one of others."))]


def _plan(motion: Motion, effect: Given, at: datetime) -> Round:
    """An assembly's yes; the network's own decision also chooses the plan, if it was not chosen, and asks the others.

    With the last yes that is needed the plan is adopted (actions/plan_votes.py).
    """
    rows = Variant.objects.defer("tables", "result").select_related("round__network")
    variant = rows.get(pk=effect["variant"])
    if variant.round.network_id == motion.organisation_id:
        row = Round.objects.select_for_update(of=("self",)).get(pk=variant.round_id)
        result = result_of(variant.pk)
        if row.chosen_id != variant.pk and row.adopted is None and result is not None:
            row.chosen = variant
            row.save(update_fields=["chosen"])
            plan_votes.ask(variant, result, at, decided=motion)
    plan_votes.said_yes(motion, variant, at)
    return Round.objects.get(pk=variant.round_id)


def _told_pledge(effect: Given) -> Sentence:
    return say("The pledge becomes {amount}.", amount=str(effect.get("amount")))


def _check_amount(_: Organisation, effect: Given) -> list[Fault]:
    value, problem = number(str(effect.get("amount") or ""), Column("amount", "number", say("A number.")))
    if problem is not None or value is None:
        return [Fault("", None, "amount", *(problem or (say("This is blank."), say("Write a number."))))]
    return []


def _pledge(motion: Motion, effect: Given, at: datetime) -> Organisation:
    row = Organisation.objects.select_for_update().get(pk=motion.organisation_id)
    row.pledge = effect["amount"]
    row.save(update_fields=["pledge"])
    row.refresh_from_db()
    return row


def _told_refusal(effect: Given) -> Sentence:
    row = Recipe.objects.filter(pk=effect.get("recipe") or 0).select_related("product").first()
    name = row.product.name if row else "–"
    return say("{product} is made at most {runs} times a period.", product=name, runs=str(effect.get("most_runs")))


def _check_refusal(organisation: Organisation, effect: Given) -> list[Fault]:
    faults = _check_amount(organisation, {"amount": effect.get("most_runs")})
    if not Recipe.objects.filter(pk=effect.get("recipe") or 0, site__organisation=organisation).exists():
        faults.append(_fault("recipe", say("An assembly can refuse only its own site's lines.")))
    if not Round.objects.filter(pk=effect.get("round") or 0, closed__isnull=True).exists():
        faults.append(_fault("round", say("This round is closed.")))
    return faults


def _refusal(motion: Motion, effect: Given, at: datetime) -> LineRefused:
    period = str(effect.get("period") or "")
    LineRefused.objects.filter(
        round_id=effect["round"], recipe_id=effect["recipe"], period=period, withdrawn__isnull=True
    ).update(withdrawn=at)
    row = LineRefused.objects.create(
        round_id=effect["round"],
        organisation=motion.organisation,
        recipe_id=effect["recipe"],
        period=period,
        most_runs=effect["most_runs"],
        reason=str(effect.get("reason") or motion.title)[:400],
    )
    plan_votes.refused_a_line(motion, row, at)
    return row


def _told_network(effect: Given) -> Sentence:
    row = Organisation.objects.filter(pk=effect.get("network") or 0).first()
    name = row.name if row else "–"
    if effect.get("kind") == "join_network":
        return say("We join {network}.", network=name)
    return say("We leave {network}.", network=name)


def _check_network(organisation: Organisation, effect: Given) -> list[Fault]:
    found = Organisation.objects.filter(pk=effect.get("network") or 0, kind__in=("network", "council"))
    if not found.exclude(pk=organisation.pk).exists():
        return [_fault("network", say("This is neither a network nor a council."))]
    return []


def _join(motion: Motion, effect: Given, at: datetime) -> Belonging:
    """Ask, or say yes where the network asked first."""
    row = (
        Belonging.objects.select_for_update(of=("self",))
        .filter(network_id=effect["network"], organisation=motion.organisation, left__isnull=True)
        .first()
    )
    if row is None:
        return Belonging.objects.create(
            network_id=effect["network"], organisation=motion.organisation, asked_by_network=False
        )
    if row.asked_by_network and row.agreed is None:
        row.agreed = at
        row.save(update_fields=["agreed"])
        Site.objects.filter(organisation=motion.organisation, network__isnull=True).update(network=row.network)
    return row


def _leave(motion: Motion, effect: Given, at: datetime) -> models.Model:
    row = (
        Belonging.objects.select_for_update(of=("self",))
        .filter(network_id=effect["network"], organisation=motion.organisation, left__isnull=True)
        .first()
    )
    if row is None:
        return motion.organisation
    row.left = at
    row.save(update_fields=["left"])
    Site.objects.filter(organisation=motion.organisation, network=row.network_id).update(network=None)
    return row


# --- minutes ---


def _told_minutes(effect: Given) -> Sentence:
    row = Assembly.objects.filter(pk=effect.get("assembly") or 0).first()
    return say("The minutes of “{name}” are approved.", name=row.name if row else "–")


def _check_minutes(organisation: Organisation, effect: Given) -> list[Fault]:
    row = (
        Assembly.objects.filter(organisation=organisation, pk=effect.get("assembly") or 0)
        .exclude(minutes="")
        .first()
    )
    return [] if row is not None else [_fault("assembly", say("There are no minutes yet."))]


def _minutes(motion: Motion, effect: Given, at: datetime) -> Assembly:
    row = Assembly.objects.select_for_update(of=("self",)).get(pk=effect["assembly"])
    if row.minutes_approved is None:
        row.minutes_approved = at
        row.save(update_fields=["minutes_approved"])
    return row


# --- the ranking of needs ---


def _told_ranking(effect: Given) -> Sentence:
    if "tiers" not in effect:
        return say_many(
            "The order that comes out of the vote ranks our needs, in {count} rank; the next plan goes by it.",
            "The order that comes out of the vote ranks our needs, in {count} ranks; the next plan goes by it.",
            int(effect.get("ranks") or USUAL_RANKS),
        )
    names = dict(Need.objects.filter(pk__in=[int(key) for key in effect["tiers"]]).values_list("pk", "words"))
    ordered = sorted(effect["tiers"].items(), key=lambda pair: (int(pair[1]), names.get(int(pair[0]), "")))
    lines = [say("{need}: {rank}", need=names.get(int(key), "–"), rank=int(rank)) for key, rank in ordered]
    return say("Our needs are ranked, 1 the most essential: {needs}.", needs=listed(lines))


def _check_ranking(organisation: Organisation, effect: Given) -> list[Fault]:
    """Ranks from 1 to 9 for live needs of our own; or, where a vote orders them, how many ranks it comes to."""
    if "tiers" not in effect:
        ranks = effect.get("ranks", USUAL_RANKS)
        if isinstance(ranks, int) and 1 <= ranks <= 9:
            return []
        what = say("“{value}” is not a number of ranks.", value=str(ranks)[:40])
        return [Fault("", None, "ranks", what, say("Write a whole number from 1 to 9."))]
    tiers = effect["tiers"]
    if not isinstance(tiers, Mapping) or not tiers or not all(str(key).isdecimal() for key in tiers):
        return [_fault("needs", say("No need is chosen."))]
    found = _live_needs(organisation).filter(pk__in=[int(key) for key in tiers]).count()
    faults = [] if found == len(tiers) else [_fault("needs", say("One of the needs no longer counts."))]
    if not all(isinstance(rank, int) and 1 <= rank <= 9 for rank in tiers.values()):
        faults.append(_fault("needs", say("A rank is a whole number from 1 to 9.")))
    return faults


def _live_needs(organisation: Organisation) -> models.QuerySet[Need]:
    return Need.objects.filter(organisation=organisation, withdrawn__isnull=True, gathered__isnull=True)


def _ranking(motion: Motion, effect: Given, at: datetime) -> Organisation:
    """The ranks are those of the assembly from now on; a need that was withdrawn while it voted is left alone."""
    if "tiers" in effect:
        tiers = {int(key): int(rank) for key, rank in effect["tiers"].items()}
    else:
        order = [id for id in effect.get("order", ()) if str(id).isdecimal()]
        others = [str(option["id"]) for option in motion.options]
        ranks = ranks_of(order, others, int(effect.get("ranks") or USUAL_RANKS))
        tiers = {int(id): rank for id, rank in ranks.items() if id.isdecimal()}
    for row in _live_needs(motion.organisation).filter(pk__in=tiers).select_for_update(of=("self",)):
        row.tier, row.ranked_by = tiers[row.pk], motion
        row.save(update_fields=["tier", "ranked_by"])
    return motion.organisation


# --- funds ---


def _told_fund(effect: Given) -> Sentence:
    return say(
        "The projects that are chosen are paid for from the fund; the treasurer finds them among the payments."
    )


def _check_fund(organisation: Organisation, effect: Given) -> list[Fault]:
    return []


def _fund(motion: Motion, effect: Given, at: datetime) -> Motion:
    """The decision as the books find it: each project with its cost, in the order in which it was chosen."""
    options = {str(option["id"]): option for option in motion.options}
    for place, id in enumerate(effect.get("order", ()), 1):
        FundedProject.objects.get_or_create(
            motion=motion,
            place=place,
            defaults={
                "name": options[id]["name"],
                "cost": options[id]["cost"],
                "currency": motion.currency,
                "at": at,
            },
        )
    return motion


# --- agreements ---


def _told_agreement(effect: Given) -> Sentence:
    row = AgreementVersion.objects.filter(pk=effect.get("version") or 0).select_related("agreement").first()
    name = row.agreement.title if row else "–"
    return say(
        "We say yes to the agreement “{name}”, version {number}.", name=name, number=row.number if row else 0
    )


def _check_agreement(organisation: Organisation, effect: Given) -> list[Fault]:
    row = AgreementVersion.objects.filter(pk=effect.get("version") or 0).select_related("agreement").first()
    if row is None or organisation.code not in row.parties:
        return [_fault("version", say("This agreement is one of others."))]
    if latest(row.agreement).pk != row.pk:
        return [_fault("version", say("There is a newer version of this agreement."))]
    return []


def _agreement(motion: Motion, effect: Given, at: datetime) -> models.Model:
    """The side's yes; a version that was replaced while the vote was open is left alone, and the vote stands as it is."""
    row = AgreementVersion.objects.select_related("agreement").get(pk=effect["version"])
    if latest(row.agreement).pk != row.pk:
        return row
    return yes(row, motion.organisation, at, motion=motion)


# --- the table ---


def _fault(column: str, what: Sentence) -> Fault:
    return Fault("", None, column, what, say("Choose from the list."))


def _year_later(day: date) -> date:
    return (
        day.replace(year=day.year + 1, day=28)
        if (day.month, day.day) == (2, 29)
        else day.replace(year=day.year + 1)
    )


EFFECTS: dict[str, Effect] = {
    "adopt_house_rule": Effect(say("adopt a rule of our own"), _told_house_rule, _check_house_rule, _house_rule),
    "adopt_network_rule": Effect(
        say("adopt a rule of the network's plans"), _told_network_rule, _check_network_rule, _network_rule
    ),
    "grant_mandate": Effect(say("give a mandate"), _told_mandate, _check_mandate, _mandate),
    "end_mandate_by_decision": Effect(say("end a mandate"), _told_end_mandate, _check_end_mandate, _end_mandate),
    "ask_for_congress": Effect(
        say("ask a council for a special congress"), _told_congress, _check_congress, _congress
    ),
    "instruct_delegate": Effect(say("instruct our delegate"), _told_instruction, _check_instruct, _instruct),
    "admit_member": Effect(say("admit a member"), _told_member, _check_person, _admit),
    "release_member": Effect(say("release a member"), _told_member, _check_member, _release),
    "adopt_plan": Effect(say("adopt a plan"), _told_plan, _check_plan, _plan),
    "set_pledge": Effect(say("raise or lower our pledge"), _told_pledge, _check_amount, _pledge),
    "refuse_plan_line": Effect(say("refuse a line of a plan"), _told_refusal, _check_refusal, _refusal),
    "rank_needs_by_decision": Effect(say("rank our needs"), _told_ranking, _check_ranking, _ranking),
    "fund_projects": Effect(say("share out a fund among projects"), _told_fund, _check_fund, _fund),
    "approve_minutes": Effect(say("approve minutes"), _told_minutes, _check_minutes, _minutes),
    "sign_agreement": Effect(say("say yes to an agreement"), _told_agreement, _check_agreement, _agreement),
    "join_network": Effect(say("join a network or council"), _told_network, _check_network, _join),
    "leave_network_by_decision": Effect(say("leave a network or council"), _told_network, _check_network, _leave),
}


def current_members(organisation: Organisation, day: date) -> list[int]:
    """The roll on a day: who is on it, each once, by number."""
    return sorted(
        Membership.objects.filter(
            Q(left__isnull=True) | Q(left__gte=day),
            organisation=organisation,
            entered__lte=day,
            person__is_active=True,
        )
        .values_list("person", flat=True)
        .distinct()
    )
