"""What is needed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from solidaria.records.fields import ExactField
from solidaria.records.models.plan import Product
from solidaria.records.models.who import Organisation, Person


class Need(models.Model):
    """What an organisation needs, in words and, once it is known which product that is, in numbers.

    code      its id in the network's workbook
    words     what it is, as a member said it
    product   None until somebody says which product of the network it is; only then it can be planned
    unit      what the quantity is counted in, as a member said it, while no product says so; may be blank
    period    when it is needed, an id of a round's period; blank: the first
    tier      1 is the most essential
    pays      market (blank), free, or an amount per unit
    people    how many people it helps, where known
    ranked_by the decision of the assembly that its tier rests on; None where nobody voted on it
    gathered  the larger need this one went into; the larger one is planned instead
    """

    network = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="needs_in_network")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="needs")
    code = models.CharField(max_length=100)
    words = models.CharField(max_length=200)
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="needs")
    quantity = ExactField(null=False)
    unit = models.CharField(max_length=60, blank=True)
    period = models.CharField(max_length=100, blank=True)
    tier = models.PositiveSmallIntegerField(default=1)
    pays = models.CharField(max_length=60, blank=True)
    people = models.PositiveIntegerField(null=True, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    declared_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT)
    declared = models.DateTimeField(auto_now_add=True)
    withdrawn = models.DateTimeField(null=True, blank=True)
    gathered = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="gathers")

    ranked_by = models.ForeignKey("Motion", null=True, blank=True, on_delete=models.PROTECT, related_name="ranked")

    class Meta:
        ordering = ["tier", "words", "id"]
        constraints = [
            models.UniqueConstraint(fields=["network", "code"], name="need_code_once"),
            models.CheckConstraint(condition=Q(tier__gte=1), name="tier_from_1"),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def counted_in(self) -> str:
        """What its quantity is counted in: the product's unit, else the member's own word for it."""
        return self.product.unit if self.product else self.unit

    @property
    def live(self) -> bool:
        """Whether it counts: neither withdrawn nor part of a larger need."""
        return self.withdrawn is None and self.gathered_id is None
