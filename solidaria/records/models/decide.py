"""Deciding: assemblies, motions and their ballots, recalls, councils' seats, obligations, decisions."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from solidaria.records.fields import ExactField
from solidaria.records.models.who import Mandate, Organisation, Person


class HouseRule(models.Model):
    """A rule an assembly decided for itself (core/decide.py), in force from the decision on; the latest holds."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="house_rules")
    rule = models.CharField(max_length=30)
    value = models.CharField(max_length=100)
    motion = models.ForeignKey("Motion", null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        ordering = ["rule", "-since", "-id"]

    def __str__(self) -> str:
        return f"{self.rule}: {self.value}"


class Assembly(models.Model):
    """A meeting of the roll, in a room, on line or both.

    called    when it was convoked; opened and ended: while it sat
    minutes   their text; draft until those present corrected and the next assembly approved them
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="assemblies")
    name = models.CharField(max_length=120)
    starts = models.DateTimeField()
    place = models.CharField(max_length=200, blank=True)
    called = models.DateTimeField()
    opened = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    minutes = models.TextField(blank=True)
    minutes_approved = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-starts"]

    def __str__(self) -> str:
        return self.name


class Attendance(models.Model):
    """One member at one assembly."""

    assembly = models.ForeignKey(Assembly, on_delete=models.PROTECT, related_name="attendances")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    came = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assembly", "person"], name="attends_once")]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def organisation(self) -> Organisation:
        """Whose assembly it is."""
        return self.assembly.organisation


class AgendaItem(models.Model):
    """One item of an agenda: who proposes it, how long it should take, the motion it is about."""

    assembly = models.ForeignKey(Assembly, on_delete=models.PROTECT, related_name="agenda")
    place = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    proposer = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    minutes = models.PositiveSmallIntegerField(default=10)
    motion = models.ForeignKey("Motion", null=True, blank=True, on_delete=models.PROTECT, related_name="items")

    class Meta:
        ordering = ["place", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def organisation(self) -> Organisation:
        """Whose assembly it is."""
        return self.assembly.organisation


class Speech(models.Model):
    """A place on the speaking list: asked for, begun, ended."""

    assembly = models.ForeignKey(Assembly, on_delete=models.PROTECT, related_name="speeches")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    about = models.ForeignKey(AgendaItem, null=True, blank=True, on_delete=models.PROTECT)
    asked = models.DateTimeField()
    began = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked", "id"]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def organisation(self) -> Organisation:
        """Whose assembly it is."""
        return self.assembly.organisation


class Correction(models.Model):
    """What somebody who was present would have otherwise in the minutes."""

    assembly = models.ForeignKey(Assembly, on_delete=models.PROTECT, related_name="corrections")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    text = models.TextField(max_length=4000)
    at = models.DateTimeField()
    taken = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def organisation(self) -> Organisation:
        """Whose assembly it is."""
        return self.assembly.organisation


DRAFT, OPEN, CARRIED, LOST, REFERRED, WITHDRAWN = "draft", "open", "carried", "lost", "referred", "withdrawn"
MOTION_STATES = (DRAFT, OPEN, CARRIED, LOST, REFERRED, WITHDRAWN)


class Motion(models.Model):
    """Something to decide, from draft to effect.

    number      counts the motions of an organisation from 1
    amends      the motion whose text this one would change; voted first
    origin      the motion of another level that this one carries on, on the very same text
    options     [{id, name}] of elections
    effects     [{kind, …}]: what happens when it is carried (actions/effects.py)
    terms       frozen at opening, as text (core/decide.py)
    secret      once secret, always secret
    roll_size, roll_hash, roll_salt   the frozen roll
    outcome     carried, lost, not quorate, elected; result: tally and sentences, packed as plain values
    ratify_by   for decisions that bases must confirm: until when; needed: how many bases
    fund, currency   of a vote on money: how much there is to share out; the projects' costs stand in the options
    asks        what its proposer asks for at opening: {"span": how long, "secret": yes}; whoever opens it decides
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="motions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=20000)
    text_before = models.TextField(blank=True)
    declared_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="proposed")
    amends = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="amendments")
    origin = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="derived")
    assembly = models.ForeignKey(Assembly, null=True, blank=True, on_delete=models.PROTECT, related_name="motions")
    method = models.CharField(max_length=12, default="majority")
    seats = models.PositiveSmallIntegerField(default=1)
    options = models.JSONField(default=list)
    effects = models.JSONField(default=list)
    state = models.CharField(max_length=10, default=DRAFT, db_index=True)
    made = models.DateTimeField()
    terms = models.JSONField(default=dict)
    secret = models.BooleanField(default=False)
    tracker = models.BooleanField(default=False)
    opened = models.DateTimeField(null=True, blank=True)
    closes = models.DateTimeField(null=True, blank=True)
    closed = models.DateTimeField(null=True, blank=True)
    roll_size = models.PositiveIntegerField(default=0)
    roll_hash = models.CharField(max_length=64, blank=True)
    roll_salt = models.CharField(max_length=32, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    result = models.JSONField(default=dict)
    review = models.DateField(null=True, blank=True)
    ratify_by = models.DateTimeField(null=True, blank=True)
    ratify_needed = models.PositiveSmallIntegerField(default=0)
    fund = ExactField()
    currency = models.CharField(max_length=3, blank=True)
    asks = models.JSONField(default=dict)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="motion_number_once"),
            models.CheckConstraint(condition=Q(state__in=list(MOTION_STATES)), name="motion_state"),
        ]
        indexes = [models.Index(fields=["state", "closes"])]

    def __str__(self) -> str:
        return self.title

    @property
    def costs(self) -> dict[str, Decimal]:
        """Of a vote on money: option → what it costs, exact."""
        return {str(one["id"]): Decimal(one["cost"]) for one in self.options if "cost" in one}


class FundedProject(models.Model):
    """A project that a vote on money decided to pay for. What was paid of it stands in the books."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="funded")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    cost = ExactField(null=False)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["place", "id"]
        constraints = [models.UniqueConstraint(fields=["motion", "place"], name="project_funded_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def organisation(self) -> Organisation:
        """Whose fund pays for it."""
        return self.motion.organisation


class Voter(models.Model):
    """One person on the frozen roll of one motion, and whether a ballot came. Never how, nor when."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="voters")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    voted = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["motion", "person"], name="on_the_roll_of_a_motion_once")]

    def __str__(self) -> str:
        return str(self.person)


class Pile(models.Model):
    """How many of one distinct ballot came in; no order, time or person stands with it.

    ballot     the ballot as text: JSON with sorted keys
    trackers   sorted codes known to their voters alone, where the rules ask for them
    """

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="piles")
    ballot = models.CharField(max_length=4000)
    count = models.PositiveIntegerField(default=0)
    trackers = models.JSONField(default=list)

    class Meta:
        ordering = ["ballot"]
        constraints = [models.UniqueConstraint(fields=["motion", "ballot"], name="one_pile_for_a_ballot")]

    def __str__(self) -> str:
        return self.ballot[:80]


class OpenBallot(models.Model):
    """A ballot of an open vote, with its name; it can be changed until the vote closes.

    by_voice   entered for a member by a teller; the member sees it and can change it
    reason     of an objection
    """

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="open_ballots")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    ballot = models.CharField(max_length=4000)
    reason = models.CharField(max_length=1000, blank=True)
    answered = models.BooleanField(default=False)
    by_voice = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["person__name", "pk"]
        constraints = [models.UniqueConstraint(fields=["motion", "person"], name="one_open_ballot_each")]

    def __str__(self) -> str:
        return str(self.person)


class VotingCode(models.Model):
    """A printed code that casts one ballot on one motion. Only its salted hash is kept; no name stands with it."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="codes")
    batch = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)
    used = models.BooleanField(default=False)
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.batch


class PaperCount(models.Model):
    """A show of hands or a paper count as one teller saw it; taken only when two tellers' counts agree."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="paper_counts")
    batch = models.CharField(max_length=40)
    teller = models.ForeignKey(Person, on_delete=models.PROTECT)
    counts = models.JSONField(default=dict)
    taken = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["motion", "batch", "teller"], name="one_count_each")]

    def __str__(self) -> str:
        return self.batch

    @property
    def organisation(self) -> Organisation:
        """Whose vote it is."""
        return self.motion.organisation


class Comment(models.Model):
    """A question, a reason or an objection in the discussion of a motion."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="comments")
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10)
    text = models.TextField(max_length=4000)
    at = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def organisation(self) -> Organisation:
        """Whose motion it is about."""
        return self.motion.organisation


class Seat(models.Model):
    """A base's place in a council: held by the person with the base's mandate.

    instruction   the base's written instruction for motions it has not voted on: for, against, abstain, or blank
    """

    council = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="seats")
    base = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="seats_held")
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="seats")
    instruction = models.CharField(max_length=8, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["council", "base"], condition=Q(ended__isnull=True), name="one_seat_for_a_base"
            )
        ]

    def __str__(self) -> str:
        return f"{self.base} → {self.council}"

    @property
    def organisation(self) -> Organisation:
        """The base whose seat it is: it alone gives and takes it."""
        return self.base


class SplitVote(models.Model):
    """A base's members as its delegate cast them in a council; the parts add up to the members represented."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="splits")
    base = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    members = models.PositiveIntegerField()
    votes_for = models.PositiveIntegerField(default=0)
    votes_against = models.PositiveIntegerField(default=0)
    votes_abstain = models.PositiveIntegerField(default=0)
    cast_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    because = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["motion", "base"], name="one_split_for_a_base")]

    def __str__(self) -> str:
        return str(self.base)

    @property
    def organisation(self) -> Organisation:
        """The council that votes."""
        return self.motion.organisation


class Recall(models.Model):
    """A recall of a mandate: signatures, notice with the right of reply, a vote.

    roll_size   members of the base on the day it opened; needed: signatures that open the vote
    reached     when they were there; the vote opens by itself after the notice
    motion      the vote; failed: until when no new recall of this mandate can be opened
    """

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="recalls")
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT)
    why = models.TextField(max_length=4000)
    reply = models.TextField(max_length=4000, blank=True)
    opened = models.DateTimeField()
    roll_size = models.PositiveIntegerField()
    needed = models.PositiveIntegerField()
    reached = models.DateTimeField(null=True, blank=True)
    vote_opens = models.DateTimeField(null=True, blank=True)
    motion = models.OneToOneField(Motion, null=True, blank=True, on_delete=models.PROTECT, related_name="recall")
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened"]
        constraints = [
            models.UniqueConstraint(
                fields=["mandate"], condition=Q(ended__isnull=True), name="one_recall_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return str(self.mandate)

    @property
    def organisation(self) -> Organisation:
        """The base whose mandate it is."""
        return self.mandate.organisation

    @property
    def declared_by_id(self) -> int:
        """Whose own it is, as far as rights go: the one concerned, who can reply."""
        return self.mandate.person_id


class Signature(models.Model):
    """One member who wants a recall to come to a vote."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="signatures")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "person"], name="one_signature_each")]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def organisation(self) -> Organisation:
        """The base."""
        return self.recall.organisation


class Obligation(models.Model):
    """Something an organisation has to do by a day, that everybody sees and nobody can switch off.

    kind   recall vote, ratification, referred back, review
    met    when it was done
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="obligations")
    kind = models.CharField(max_length=20)
    motion = models.ForeignKey(Motion, null=True, blank=True, on_delete=models.PROTECT, related_name="obligations")
    recall = models.ForeignKey(Recall, null=True, blank=True, on_delete=models.PROTECT, related_name="obligations")
    since = models.DateTimeField()
    due = models.DateTimeField()
    met = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due"]

    def __str__(self) -> str:
        return self.kind
