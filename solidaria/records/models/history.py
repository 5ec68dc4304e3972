"""What was done, by whom, under which mandate; and which forms were already taken."""

from __future__ import annotations

from django.db import models

from solidaria.records.models.who import Mandate, Organisation, Person


class Act(models.Model):
    """One act: a row is added and never changed.

    verb      the action's name
    subject   kind and number of the row it was about
    before    the row's columns that changed, as they were; after: as they became
    motion    the decision it carried out, where it was not a person's act
    undoes    the act that it took back
    """

    at = models.DateTimeField(db_index=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="acts")
    mandate = models.ForeignKey(Mandate, null=True, on_delete=models.PROTECT)
    verb = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    subject = models.BigIntegerField()
    name = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    motion = models.ForeignKey("Motion", null=True, blank=True, on_delete=models.PROTECT, related_name="acts")
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "subject"])]


class Once(models.Model):
    """A form that was taken: the same key brings back the same answer and does nothing again."""

    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE)
    key = models.CharField(max_length=64)
    verb = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    subject = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="a_form_is_taken_once")]
