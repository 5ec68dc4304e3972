"""Books: events, each organisation's log of them, checkpoints and countersignatures; and payments on their way."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from solidaria.core.books import ACTIONS, FIELDS, PARTS, Event
from solidaria.records.models.agree import AgreementVersion, PromiseLine
from solidaria.records.models.who import Mandate, Organisation, Person


class LedgerEvent(models.Model):
    """One event (core/books.py), column by column; a row is added and never changed: the database refuses it.

    No person stands here: members are numbers of their memberships, known to their organisation alone.
    """

    uid = models.CharField(max_length=40, unique=True)
    action = models.CharField(max_length=20)
    provider = models.CharField(max_length=120)
    receiver = models.CharField(max_length=120)
    resource = models.CharField(max_length=220)
    unit = models.CharField(max_length=30, blank=True)
    amount = models.BigIntegerField()
    effort = models.BigIntegerField()
    day = models.CharField(max_length=10)
    recorded = models.CharField(max_length=40)
    by = models.CharField(max_length=100)
    part = models.CharField(max_length=20)
    mandate = models.CharField(max_length=40, blank=True)
    promise = models.CharField(max_length=140, blank=True)
    order = models.CharField(max_length=120, blank=True)
    corrects = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(action__in=list(ACTIONS)), name="event_action"),
            models.CheckConstraint(condition=Q(part__in=list(PARTS)), name="event_part"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, effort__gte=0) | ~Q(corrects=""), name="only_corrections_take_away"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "resource"]),
            models.Index(fields=["receiver", "resource"]),
            models.Index(fields=["promise"]),
            models.Index(fields=["order"]),
            models.Index(fields=["corrects"]),
            models.Index(fields=["provider", "day"], name="event_given_on"),
            models.Index(fields=["receiver", "day"], name="event_got_on"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.action}"

    #: Fields of an event that have another name here.
    RENAMED: ClassVar[dict[str, str]] = {"id": "uid"}

    @property
    def value(self) -> Event:
        """The event."""
        return Event(**{name: getattr(self, self.RENAMED.get(name, name)) for name in FIELDS})

    @classmethod
    def of(cls, event: Event) -> LedgerEvent:
        """The row of an event, not yet saved."""
        return cls(**{cls.RENAMED.get(name, name): getattr(event, name) for name in FIELDS})


class MonthSum(models.Model):
    """What the events of one agent add up to in a month; the database counts each event in (records/summed.py).

    side   in: the agent got it; out: gave it. The world outside has no sums
    """

    agent = models.CharField(max_length=120)
    month = models.CharField(max_length=7)
    side = models.CharField(max_length=3)
    resource = models.CharField(max_length=220)
    action = models.CharField(max_length=20)
    part = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    effort = models.BigIntegerField()

    class Meta:
        ordering = ["agent", "month", "side", "resource", "action", "part"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "month", "side", "resource", "action", "part"], name="one_sum_of_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent} {self.month}"


class LogEntry(models.Model):
    """The place of an event, or of a version of an agreement that came into force, in one organisation's log.

    place   from 0, without gaps; the log's tree is made of the texts in this order
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="log")
    place = models.PositiveIntegerField()
    event = models.ForeignKey(LedgerEvent, null=True, on_delete=models.PROTECT, related_name="entries")
    version = models.ForeignKey(AgreementVersion, null=True, on_delete=models.PROTECT, related_name="entries")

    class Meta:
        ordering = ["organisation", "place"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "place"], name="one_entry_in_a_place"),
            models.UniqueConstraint(fields=["organisation", "event"], name="an_event_once_in_a_log"),
            models.CheckConstraint(
                condition=Q(event__isnull=False, version__isnull=True)
                | Q(event__isnull=True, version__isnull=False),
                name="an_entry_is_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.place}"


class LogKey(models.Model):
    """The public key with which an organisation's log is signed; the private one is in a file and never here."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="log_key")
    public = models.CharField(max_length=60)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.public


class LogCheckpoint(models.Model):
    """How long an organisation's log was and what its tree hashed to, signed; added and never changed.

    note   the signed note (core/proof.py)
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="checkpoints")
    size = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-size", "-id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "size"], name="one_checkpoint_of_a_size")]

    def __str__(self) -> str:
        return f"{self.organisation} {self.size}"


class Countersignature(models.Model):
    """An ally's signature under a checkpoint: it saw the log like this at that moment; added and never changed."""

    checkpoint = models.ForeignKey(LogCheckpoint, on_delete=models.PROTECT, related_name="countersignatures")
    ally = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="countersigned")
    line = models.CharField(max_length=400)
    public = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["checkpoint", "ally"], name="an_ally_countersigns_once")]

    def __str__(self) -> str:
        return f"{self.ally}: {self.checkpoint}"

    @property
    def organisation(self) -> Organisation:
        """The ally."""
        return self.ally


class Payment(models.Model):
    """Money on its way out of an organisation: drafted by one person, released by another, confirmed by the receiver.

    receiver   an agent: organisation:…, member:… or outside
    alone      released by the person who drafted it, within the limit of the house rules
    event      id of the event it became when it was released
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="payments")
    receiver = models.CharField(max_length=120)
    resource = models.CharField(max_length=220)
    amount = models.BigIntegerField()
    part = models.CharField(max_length=20)
    day = models.DateField()
    note = models.CharField(max_length=400, blank=True)
    promise = models.ForeignKey(
        PromiseLine, null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    order = models.CharField(max_length=120, blank=True)
    drafted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    drafted = models.DateTimeField()
    drafted_under = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    released_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    released = models.DateTimeField(null=True, blank=True)
    alone = models.BooleanField(default=False)
    confirmed = models.DateTimeField(null=True, blank=True)
    disputed = models.CharField(max_length=1000, blank=True)
    withdrawn = models.DateTimeField(null=True, blank=True)
    event = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-drafted", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="something_is_paid"),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | Q(alone=True) | ~Q(released_by=F("drafted_by")),
                name="two_people_pay",
            ),
        ]

    def __str__(self) -> str:
        return self.note or self.part

    @property
    def state(self) -> str:
        """drafted, paid, confirmed, disputed or withdrawn."""
        if self.withdrawn is not None:
            return "withdrawn"
        if self.disputed and self.confirmed is None:
            return "disputed"
        if self.confirmed is not None:
            return "confirmed"
        return "paid" if self.released is not None else "drafted"
