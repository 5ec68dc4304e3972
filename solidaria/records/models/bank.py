"""What comes in from outside: bank accounts and their statements, hours sheets, photos of deliveries, delays, reviews."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from solidaria.records.models.agree import Agreement, CallOff, Handover, PromiseLine
from solidaria.records.models.books import Payment
from solidaria.records.models.who import Mandate, Organisation, Person


class BankAccount(models.Model):
    """An organisation's account at a bank.

    mapping   how its statements are to be read (core/bank.py `Mapping`), chosen once by the treasurer; empty before
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="bank_accounts")
    name = models.CharField(max_length=80)
    number = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=10)
    mapping = models.JSONField(default=dict)
    opened = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="bank_account_name_once")]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file that somebody brought in and has not confirmed yet; thrown away after some days, or once it is taken."""

    KINDS = ("bank", "hours")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="uploads")
    account = models.ForeignKey(
        BankAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads"
    )
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=("bank", "hours")), name="upload_kind")]

    def __str__(self) -> str:
        return self.name


class BankStatement(models.Model):
    """A bank statement that was taken: the same file comes in once.

    opening, closing   balances as the file says, in minor units; None where it says none
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="statements")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    first = models.DateField()
    last = models.DateField()
    opening = models.BigIntegerField(null=True, blank=True)
    closing = models.BigIntegerField(null=True, blank=True)
    taken = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-last", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="a_statement_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def organisation(self) -> Organisation:
        """Whose account it is of."""
        return self.account.organisation


class BankLine(models.Model):
    """One line of a statement: so much came in (above 0) or went out (below 0) on a day.

    row    where it stands in its file
    key    what makes it itself (core/bank.py): the same line never comes in twice
    left   why nothing is booked for it; blank: it is to be booked, or is
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="lines")
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    row = models.PositiveIntegerField()
    day = models.DateField()
    amount = models.BigIntegerField()
    name = models.CharField(max_length=140, blank=True)
    number = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=140, blank=True)
    key = models.CharField(max_length=100)
    left = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["-day", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="a_bank_line_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="a_bank_line_is_not_nothing"),
        ]

    def __str__(self) -> str:
        return self.name or self.text

    @property
    def organisation(self) -> Organisation:
        """Whose account it is of."""
        return self.account.organisation


class BankBooking(models.Model):
    """What a bank line, or a part of it, was: a promise, a payment that was in the books already, a wage, a fee …

    kind       as in core/match.py WAYS
    amount     in minor units, above 0
    event      id of the event in the books
    made       whether the event was written for this booking; otherwise it stood there before
    confirmed  whether this booking told the payer that the payment came
    undone     when it was taken back; undone_event: the correction, blank where there was nothing to correct
    """

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="bookings")
    kind = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    event = models.CharField(max_length=40, db_index=True)
    made = models.BooleanField()
    confirmed = models.BooleanField(default=False)
    promise = models.ForeignKey(
        PromiseLine, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone = models.DateTimeField(null=True, blank=True)
    undone_event = models.CharField(max_length=40, blank=True)
    why = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="something_is_booked"),
            models.UniqueConstraint(
                fields=["event"], condition=Q(made=True), name="an_event_is_made_by_one_booking"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.kind}"

    @property
    def organisation(self) -> Organisation:
        """Whose line it is."""
        return self.line.account.organisation


class HoursSheet(models.Model):
    """An hours sheet that was taken: the same file comes in once."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="hours_sheets")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    taken = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "digest"], name="an_hours_sheet_once")]

    def __str__(self) -> str:
        return self.name


class HoursLine(models.Model):
    """One row of an hours sheet; its key (core/hours.py) comes in once. The hours themselves stand in the books."""

    sheet = models.ForeignKey(HoursSheet, on_delete=models.PROTECT, related_name="lines")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    row = models.PositiveIntegerField()
    key = models.CharField(max_length=100)
    event = models.CharField(max_length=40)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="an_hours_line_once")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.row}"


class HandoverPhoto(models.Model):
    """A photo of a delivery. The picture is a file named by its hash (records/photos.py); the hash stands in the event."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="photos")
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    size = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["handover", "digest"], name="a_photo_once")]

    def __str__(self) -> str:
        return self.digest[:12]

    @property
    def organisation(self) -> Organisation:
        """Who gives."""
        return self.handover.organisation


class Delay(models.Model):
    """A giver says that a call-off comes later; once the taker agrees, its promises are due later."""

    call_off = models.ForeignKey(CallOff, on_delete=models.PROTECT, related_name="delays")
    until = models.DateField()
    why = models.CharField(max_length=400)
    told = models.DateTimeField()
    agreed = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-told", "-id"]

    def __str__(self) -> str:
        return str(self.call_off)

    @property
    def organisation(self) -> Organisation:
        """Who gives."""
        return self.call_off.agreement.giver


class AgreementReview(models.Model):
    """What a side found when it looked at an agreement again."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="reviews")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=1000)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.words[:80]
