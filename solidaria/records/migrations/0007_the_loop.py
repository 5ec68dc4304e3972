"""Assemblies rank needs, answer plans, and share out funds."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import solidaria.records.fields

PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("records", "0006_statements_hours_photos")]

    operations = [
        migrations.AddField(
            "motion", "fund", solidaria.records.fields.ExactField(blank=True, max_length=60, null=True)
        ),
        migrations.AddField("motion", "currency", models.CharField(blank=True, default="", max_length=3), False),
        migrations.AddField("motion", "asks", models.JSONField(default=dict)),
        migrations.AddField(
            "need",
            "ranked_by",
            models.ForeignKey(
                blank=True, null=True, on_delete=PROTECT, related_name="ranked", to="records.motion"
            ),
        ),
        migrations.AddField("round", "adopted", models.DateTimeField(blank=True, null=True)),
        migrations.CreateModel(
            "FundedProject",
            [
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("place", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("cost", solidaria.records.fields.ExactField(blank=True, max_length=60)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("at", models.DateTimeField()),
                (
                    "motion",
                    models.ForeignKey(on_delete=PROTECT, related_name="funded", to="records.motion"),
                ),
            ],
            options={"ordering": ["place", "id"]},
        ),
        migrations.AddConstraint(
            "fundedproject", models.UniqueConstraint(fields=("motion", "place"), name="project_funded_once")
        ),
        migrations.CreateModel(
            "PlanVote",
            [
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("needed", models.BooleanField(default=True)),
                ("part", models.JSONField(default=list)),
                ("answer", models.CharField(blank=True, max_length=3)),
                ("asked", models.DateTimeField()),
                ("answered", models.DateTimeField(blank=True, null=True)),
                (
                    "motion",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=PROTECT, related_name="plan_votes", to="records.motion"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=PROTECT, related_name="plan_votes", to="records.organisation"),
                ),
                (
                    "refusal",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=PROTECT, related_name="+", to="records.linerefused"
                    ),
                ),
                ("variant", models.ForeignKey(on_delete=PROTECT, related_name="votes", to="records.variant")),
            ],
            options={"ordering": ["organisation__name", "pk"]},
        ),
        migrations.AddConstraint(
            "planvote",
            models.UniqueConstraint(fields=("variant", "organisation"), name="an_assembly_is_asked_once"),
        ),
        migrations.AddConstraint(
            "planvote",
            models.CheckConstraint(condition=models.Q(("answer__in", ["", "yes", "no"])), name="plan_answer"),
        ),
    ]
