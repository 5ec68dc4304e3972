"""What can be made, by which rules, and the rounds in which a network plans."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from solidaria.records.fields import ExactField
from solidaria.records.models.who import Organisation, Person, Site

#: A note of a machine that is longer tells where the figures are from, and is no name.
LONGEST_NAME = 40


class Product(models.Model):
    """A good or a service on a network's list; columns as in the workbook. `outside` blank: as docs/workbook.md says."""

    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="products")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=30)
    market_price = ExactField()
    outside = models.CharField(max_length=3, blank=True)
    keeps = models.CharField(max_length=3, blank=True)
    source = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)
    removed = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "code"]
        constraints = [models.UniqueConstraint(fields=["network", "code"], name="product_code_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def organisation(self) -> Organisation:
        """The network whose list it is on."""
        return self.network


class Equipment(models.Model):
    """A machine or room of a site, with its hours per period."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="equipment")
    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=100)
    hours = ExactField(null=False)
    note = models.TextField(blank=True)
    removed = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["network", "code"], name="equipment_code_once")]

    def __str__(self) -> str:
        return self.code

    @property
    def organisation(self) -> Organisation:
        """Whose it is."""
        return self.site.organisation

    @property
    def name(self) -> str:
        """What people call it: the note where it is short enough for a name, else the id; a workbook has no name."""
        return self.note if 0 < len(self.note) <= LONGEST_NAME else self.code


class Recipe(models.Model):
    """How a site makes a product; amounts are per run."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="recipes")
    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=100)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="recipes")
    output = ExactField()
    labour_hours = ExactField(null=False)
    note = models.TextField(blank=True)
    removed = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["network", "code"], name="recipe_code_once")]

    def __str__(self) -> str:
        return self.code

    @property
    def organisation(self) -> Organisation:
        """Whose it is."""
        return self.site.organisation


class RecipeInput(models.Model):
    """What one run of a recipe takes of a product."""

    recipe = models.ForeignKey(Recipe, on_delete=models.CASCADE, related_name="inputs")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = ExactField(null=False)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipe", "product"], name="input_once")]


class EquipmentUse(models.Model):
    """The hours one run of a recipe occupies a machine."""

    recipe = models.ForeignKey(Recipe, on_delete=models.CASCADE, related_name="uses")
    equipment = models.ForeignKey(Equipment, on_delete=models.PROTECT, related_name="uses")
    hours = ExactField(null=False)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipe", "equipment"], name="use_once")]


class Stock(models.Model):
    """What a site has on hand at the start."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="stocks")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = ExactField(null=False)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "product"], name="stock_once")]

    def __str__(self) -> str:
        return str(self.product)

    @property
    def organisation(self) -> Organisation:
        """Whose it is."""
        return self.site.organisation


class Promise(models.Model):
    """A standing agreement: served before any need."""

    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="promises")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="promises")
    receiver = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="promised")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = ExactField(null=False)
    period = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)
    removed = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "receiver", "product", "period"],
                condition=Q(removed__isnull=True),
                name="promise_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.product)

    @property
    def organisation(self) -> Organisation:
        """The network it is promised in."""
        return self.network


class Route(models.Model):
    """A directed way along which goods move in a network; product None: every product."""

    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="routes")
    start = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    end = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cost = ExactField(null=False)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "start", "end", "product"], name="route_once"),
            models.UniqueConstraint(
                fields=["network", "start", "end"],
                condition=Q(product__isnull=True),
                name="route_once_for_every_product",
            ),
        ]

    @property
    def organisation(self) -> Organisation:
        """The network it belongs to."""
        return self.network

    def __str__(self) -> str:
        return f"{self.start} → {self.end}"


class Rule(models.Model):
    """A rule a network decided, from a day on; the values are texts as in the workbook."""

    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="rules")
    rule = models.CharField(max_length=30)
    value = models.CharField(max_length=100)
    unit = models.CharField(max_length=60, blank=True)
    since = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["rule", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["network", "rule", "since"], name="rule_once_a_day"),
            models.UniqueConstraint(
                fields=["network", "rule"], condition=Q(since__isnull=True), name="rule_once_undated"
            ),
        ]

    def __str__(self) -> str:
        return self.rule

    @property
    def organisation(self) -> Organisation:
        """The network whose rule it is."""
        return self.network


class Round(models.Model):
    """A stretch of time a network plans for: it gathers needs and capacities, and is planned in variants.

    periods   rows of {period, starts, ends, note…}, dates as 2026-01-31 or blank; empty: one period called 1
    closed    when the network stopped changing it; a closed round stays readable
    chosen    the plan that goes to the assemblies
    adopted   when the last assembly that was needed said yes to it
    """

    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="rounds")
    name = models.CharField(max_length=80)
    periods = models.JSONField(default=list)
    opened = models.DateTimeField(auto_now_add=True)
    closed = models.DateTimeField(null=True, blank=True)
    chosen = models.ForeignKey("Variant", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    adopted = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["network", "name"], name="round_name_once"),
            models.UniqueConstraint(fields=["network"], condition=Q(closed__isnull=True), name="one_open_round"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def organisation(self) -> Organisation:
        """The network that plans."""
        return self.network


class LineRefused(models.Model):
    """What an organisation does not take on in a round, and why: a recipe (at most so many runs), or a pledge."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="refusals")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="refusals")
    recipe = models.ForeignKey(Recipe, null=True, blank=True, on_delete=models.PROTECT, related_name="refusals")
    period = models.CharField(max_length=100, blank=True)
    most_runs = ExactField()
    pledge = ExactField()
    reason = models.CharField(max_length=400)
    at = models.DateTimeField(auto_now_add=True)
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "recipe", "period"],
                condition=Q(withdrawn__isnull=True, recipe__isnull=False),
                name="line_refused_once",
            ),
            models.UniqueConstraint(
                fields=["round", "organisation"],
                condition=Q(withdrawn__isnull=True, recipe__isnull=True),
                name="pledge_lowered_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reason


WAITING, RUNNING, DONE, REFUSED, FAILED, CANCELLED = (
    "waiting",
    "running",
    "done",
    "refused",
    "failed",
    "cancelled",
)


class Variant(models.Model):
    """One plan of a round, as a job and as its answer: waiting → running → done, refused, failed or cancelled.

    changes     what is not as the records say: {"rules": {rule: value}, "refusals": [numbers of LineRefused]}
    tables      the workbook it was planned from, packed (records/packing.py)
    result      the whole answer, packed
    faults      why the workbook was refused
    progress    the last thing the planner said, as a packed sentence
    worker      who claimed it; beat: when the worker last gave a sign of life
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="variants")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, default=WAITING, db_index=True)
    changes = models.JSONField(default=dict)
    tables = models.BinaryField(null=True)
    result = models.BinaryField(null=True)
    faults = models.JSONField(default=list)
    progress = models.JSONField(default=list)
    steps = models.PositiveIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    worker = models.CharField(max_length=80, blank=True)
    beat = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    asked = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "name"], name="variant_name_once"),
            models.CheckConstraint(
                condition=Q(state__in=[WAITING, RUNNING, DONE, REFUSED, FAILED, CANCELLED]), name="variant_state"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def organisation(self) -> Organisation:
        """The network that plans."""
        return self.round.network


class PlanVote(models.Model):
    """An assembly that a plan touches, and what it says to the plan.

    needed    whether the plan waits for it; an organisation that has nobody on its roll cannot be asked
    part      what the plan means for it, in sentences (packed): what it would make, get and pay, and why
    motion    its motion on the plan: the one it was given, or the one by which it answered
    answer    blank, yes or no; refusal: the line it refused instead
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="votes")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="plan_votes")
    needed = models.BooleanField(default=True)
    part = models.JSONField(default=list)
    motion = models.ForeignKey(
        "Motion", null=True, blank=True, on_delete=models.PROTECT, related_name="plan_votes"
    )
    answer = models.CharField(max_length=3, blank=True)
    refusal = models.ForeignKey(LineRefused, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked = models.DateTimeField()
    answered = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["organisation__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "organisation"], name="an_assembly_is_asked_once"),
            models.CheckConstraint(condition=Q(answer__in=["", "yes", "no"]), name="plan_answer"),
        ]

    def __str__(self) -> str:
        return str(self.organisation)
