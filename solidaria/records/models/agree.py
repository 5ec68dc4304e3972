"""Agreements: their versions and who said yes, call-offs, promises, deliveries on their way."""

from __future__ import annotations

from datetime import UTC

from django.db import models
from django.db.models import F, Q

from solidaria.core.agree import DRAFT, STATES
from solidaria.core.books import one_line
from solidaria.records.models.decide import Motion
from solidaria.records.models.plan import Variant
from solidaria.records.models.who import Mandate, Organisation, Person


class Agreement(models.Model):
    """Two organisations, or more where others pay solidarity, and what they agreed on; its terms are its versions.

    number    counts the agreements of a giver from 1
    variant   the plan it was drafted from
    current   the version in force; None before
    since     when it came into force; until: when it ended or was broken off
    why       the reason of the last pause, end or break
    """

    giver = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="agreements_given")
    taker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="agreements_taken")
    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="agreements_within")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default=DRAFT, db_index=True)
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.PROTECT, related_name="agreements"
    )
    current = models.ForeignKey(
        "AgreementVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made = models.DateTimeField()
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["-made", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["giver", "number"], name="agreement_number_once"),
            models.UniqueConstraint(
                fields=["variant", "giver", "taker"],
                condition=Q(variant__isnull=False),
                name="drafted_from_a_plan_once",
            ),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="no_agreement_with_itself"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="agreement_state"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def organisation(self) -> Organisation:
        """The giver, who numbers it; each side acts through its own organisation (actions/agree.py)."""
        return self.giver


class AgreementVersion(models.Model):
    """One version of the terms: a row is added and never changed; the database refuses it.

    text     the terms as one line (core/agree.py); parties: codes of those who have to say yes
    by       the side that wrote it
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    parties = models.JSONField()
    by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["agreement", "number"], name="version_number_once")]

    def __str__(self) -> str:
        return f"{self.agreement} ({self.number})"

    @property
    def organisation(self) -> Organisation:
        """The side that wrote it."""
        return self.by

    @property
    def line(self) -> str:
        """The version as one line of a log, with who said yes to it and on what that rests; fixed once it is in force."""
        return one_line(
            {
                "agreement": f"{self.agreement.giver.code}/{self.agreement.number}",
                "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
                "by": self.by.code,
                "parties": self.parties,
                "taker": self.agreement.taker.code,
                "terms": self.text,
                "version": self.number,
                "yes": {
                    one.organisation.code: [
                        one.at.astimezone(UTC).isoformat(timespec="microseconds"),
                        f"motion:{one.motion_id}" if one.motion_id else f"mandate:{one.mandate_id}",
                    ]
                    for one in self.yes.all()
                },
            }
        )


class AgreementYes(models.Model):
    """One side's yes to one version: by a decision, or under a mandate within the limit of the house rules."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="yes")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    motion = models.ForeignKey(Motion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "organisation"], name="each_side_says_yes_once"),
            models.CheckConstraint(
                condition=Q(motion__isnull=False) | Q(mandate__isnull=False), name="a_yes_rests_on_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.version}"


class CallOff(models.Model):
    """An order under an agreement: so much of a line by a day. `code` names it in the books and on paper."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="call_offs")
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=120, unique=True)
    product = models.CharField(max_length=100)
    period = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=30)
    amount = models.BigIntegerField()
    due = models.DateField()
    place = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    released = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due", "number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="call_off_number_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="something_is_called_off"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def organisation(self) -> Organisation:
        """Who makes it."""
        return self.agreement.giver


PROMISE_PARTS = ("goods", "price", "solidarity", "advance")


class PromiseLine(models.Model):
    """A promise of one side to the other (a Commitment): goods, or a part of the pay. Its state is worked out.

    code      names it in the books
    amount    in the smallest unit of its resource; set_off: what of a price the advance has paid
    released  the other side let go of it; broken: it was given up or the agreement was broken off
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="promise_lines")
    call_off = models.ForeignKey(
        CallOff, null=True, blank=True, on_delete=models.PROTECT, related_name="promise_lines"
    )
    code = models.CharField(max_length=140, unique=True)
    part = models.CharField(max_length=10)
    provider = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="promises_made")
    receiver = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="promises_received")
    resource = models.CharField(max_length=220)
    unit = models.CharField(max_length=30, blank=True)
    amount = models.BigIntegerField()
    set_off = models.BigIntegerField(default=0)
    due = models.DateField()
    released = models.DateTimeField(null=True, blank=True)
    broken = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(part__in=PROMISE_PARTS), name="promise_part"),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & Q(set_off__gte=0), name="promises_are_not_negative"
            ),
            models.UniqueConstraint(
                fields=["call_off", "part"], condition=Q(call_off__isnull=False), name="one_promise_of_a_part"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def organisation(self) -> Organisation:
        """Who promised it."""
        return self.provider


class Handover(models.Model):
    """A delivery as both sides saw it: it is in the books once the receiver confirmed it.

    amount     as the giver says; confirmed: as the receiver says, None until then
    disputed   what the receiver says is wrong, in words; settled: how it was settled
    event      id of the event it became
    """

    call_off = models.ForeignKey(CallOff, on_delete=models.PROTECT, related_name="handovers")
    amount = models.BigIntegerField()
    day = models.DateField()
    note = models.CharField(max_length=400, blank=True)
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    given = models.DateTimeField()
    confirmed = models.BigIntegerField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    disputed = models.CharField(max_length=1000, blank=True)
    settled = models.CharField(max_length=1000, blank=True)
    withdrawn = models.DateTimeField(null=True, blank=True)
    event = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-day", "-id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="something_is_handed_over")]

    def __str__(self) -> str:
        return str(self.call_off)

    @property
    def organisation(self) -> Organisation:
        """Who gives."""
        return self.call_off.agreement.giver

    @property
    def state(self) -> str:
        """on its way, confirmed, disputed or withdrawn."""
        if self.withdrawn is not None:
            return "withdrawn"
        if self.disputed and not self.settled:
            return "disputed"
        return "confirmed" if self.confirmed is not None else "on its way"
