"""Who there is: people, organisations, rolls, mandates, alliances, and how people get in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from solidaria.records.fields import ExactField


class People(BaseUserManager["Person"]):
    """Makes people; there is no kind of person with more rights than another."""

    def create_user(self, handle: str, password: str | None = None, **fields: Any) -> Person:
        """A person who signs in with a handle and a password; without a password, with a passkey or code only."""
        person = self.model(handle=handle, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in. All rights come from memberships and mandates; none stand here.

    handle     what the person signs in with; known to nobody outside the organisations he or she belongs to
    name       what the other members call the person
    language   the language of the pages; blank: the browser's
    """

    handle = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    email = models.EmailField(null=True, blank=True, unique=True)
    language = models.CharField(max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = People()

    def __str__(self) -> str:
        return self.name or self.handle


#: Languages in which an organisation can say that its own words are written: those of the federations we know of.
SPOKEN = ("en", "es", "pt", "af", "ar", "de", "el", "fr", "gn", "it", "qu", "st", "tn", "tr", "xh", "zu")
KINDS = ("site", "union", "community", "movement", "clinic", "network", "council")


class Organisation(models.Model):
    """A site, union, community, movement, clinic, network or council.

    code       its id in workbooks and addresses
    members    how many it has, where it keeps its roll elsewhere; None: those on the roll here
    ability    relative ability to pay per member; 1 is average
    pledge     the most solidarity it will pay over a plan, in money
    shows      what its assembly chose to show on its public page (see actions/who.py)
    language   what its own words are written in; blank: not said
    entered_by the network that entered it from a workbook, before it had an assembly here
    """

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in KINDS])
    place = models.CharField(max_length=120, blank=True)
    latitude = ExactField()
    longitude = ExactField()
    members = ExactField()
    ability = ExactField()
    pledge = ExactField()
    about = models.TextField(max_length=4000, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    shows = models.JSONField(default=list)
    language = models.CharField(max_length=5, blank=True)
    note = models.TextField(blank=True)
    entered_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="entered")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "code"]

    def __str__(self) -> str:
        return self.name

    @property
    def organisation(self) -> Organisation:
        """Itself, so that everything that belongs to an organisation can be asked the same way."""
        return self


class Founding(models.Model):
    """The minutes of a founding assembly: the first roll and the first mandates rest on them."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="founding")
    held_on = models.DateField()
    present = models.PositiveIntegerField()
    minutes = models.TextField(max_length=20000)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.organisation)


class Membership(models.Model):
    """One person on the roll of one organisation, from a day until a day; both inclusive."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    entered = models.DateField()
    left = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person"], condition=Q(left__isnull=True), name="once_on_the_roll"
            )
        ]

    def __str__(self) -> str:
        return str(self.person)


class Mandate(models.Model):
    """What an assembly gave one person: a purpose, the rights that go with it, instructions, a term.

    rights     names of rights (actions/permit.py)
    starts     first day; ends: last day, None: until recalled
    ended      the moment it was recalled or given back; from then on no act counts under it
    founding   the founding assembly that gave it; or
    motion     the motion that gave it; or, written down by hand, neither
    decision   what gave it, in the words of whoever wrote it down; blank where it was the founding assembly
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mandates")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="mandates")
    purpose = models.CharField(max_length=60)
    rights = models.JSONField(default=list)
    instructions = models.TextField(max_length=4000, blank=True)
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    founding = models.ForeignKey(
        Founding, null=True, blank=True, on_delete=models.PROTECT, related_name="mandates"
    )
    decision = models.CharField(max_length=300, blank=True)
    motion = models.ForeignKey("Motion", null=True, blank=True, on_delete=models.PROTECT, related_name="mandates")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-starts", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")), name="mandate_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.purpose}"


LEGAL = ("", "ours", "rented", "court", "expropriated", "occupied", "eviction", "unclear")
STATES = ("producing", "idle", "occupied", "closed")


class Site(models.Model):
    """The working side of an organisation.

    network      the one network it plans with, so that no hour and no machine is planned twice
    workers      people who work there
    paid_hours   hours each is paid per period
    legal        where the site stands with the law (LEGAL); legal_note in words, for its own members
    reopening_*  what reopening a closed site takes
    """

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="site")
    network = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="sites_that_plan"
    )
    workers = ExactField(null=False)
    paid_hours = ExactField(null=False)
    overhead = ExactField()
    state = models.CharField(max_length=10, default="producing", choices=[(one, one) for one in STATES])
    legal = models.CharField(max_length=14, blank=True, choices=[(one, one) for one in LEGAL])
    legal_note = models.TextField(max_length=2000, blank=True)
    reopening_money = ExactField()
    reopening_hours = ExactField()
    reopening_note = models.TextField(blank=True)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.organisation)


class Belonging(models.Model):
    """An organisation in a network or council: both have to say yes.

    Named by the one who asks: `asked_by_network`; it holds from `agreed` until `left`.
    """

    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="belongings")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="networks")
    asked_by_network = models.BooleanField()
    asked = models.DateTimeField(auto_now_add=True)
    agreed = models.DateTimeField(null=True, blank=True)
    left = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "organisation"], condition=Q(left__isnull=True), name="once_in_a_network"
            ),
            models.CheckConstraint(condition=~Q(network=F("organisation")), name="not_in_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} → {self.network}"


ALLIANCES = ("buys", "supports", "learns", "defends", "shares", "funds")


class Alliance(models.Model):
    """A typed tie between two organisations, with what each gives; it holds once the other side agreed."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="alliances")
    ally = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="allied")
    kind = models.CharField(max_length=10, choices=[(one, one) for one in ALLIANCES])
    gives = models.CharField(max_length=400)
    receives = models.CharField(max_length=400)
    asked = models.DateTimeField(auto_now_add=True)
    agreed = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "ally", "kind"],
                condition=Q(ended__isnull=True),
                name="one_alliance_of_a_kind",
            ),
            models.CheckConstraint(condition=~Q(organisation=F("ally")), name="not_with_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} ↔ {self.ally}"


class JoiningCode(models.Model):
    """A printed code that lets one person join one organisation, once. Only its salted hash is kept."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="joining_codes")
    batch = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)
    ends = models.DateField()
    used = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.batch


class Recovery(models.Model):
    """Somebody who cannot sign in and asks two members to vouch.

    person   None when no such handle exists; the answer on the page is the same
    digest   hash of the code the person tells the two members
    secret   hash of the key only the browser that asked holds
    """

    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="recoveries")
    digest = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=64)
    asked = models.DateTimeField(auto_now_add=True)
    done = models.DateTimeField(null=True, blank=True)


class Vouch(models.Model):
    """One member who says: it is really this person."""

    recovery = models.ForeignKey(Recovery, on_delete=models.CASCADE, related_name="vouches")
    member = models.ForeignKey(Person, on_delete=models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recovery", "member"], name="one_vouch_each")]

    def __str__(self) -> str:
        return str(self.recovery.person or "")


class Token(models.Model):
    """A key for programs that act for a person: under one mandate, or as a member only. Only its hash is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT)
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    ends = models.DateField()
    revoked = models.DateTimeField(null=True, blank=True)
    last_used = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
