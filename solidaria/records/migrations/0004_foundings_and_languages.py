"""A mandate says which founding assembly gave it; until now an English sentence stood there. And an organisation's language."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

#: What stood in `decision`, before the day of the founding assembly.
WORDS = "founding assembly, "


def to_facts(apps: Any, editor: Any) -> None:
    """Words that the program itself wrote become a reference; words of people stay."""
    mandates = apps.get_model("records", "Mandate").objects.using(editor.connection.alias)
    foundings = apps.get_model("records", "Founding").objects.using(editor.connection.alias)
    for row in mandates.filter(decision__startswith=WORDS, founding=None, motion=None).order_by("pk").iterator():
        found = foundings.filter(organisation=row.organisation_id).first()
        if found is not None and row.decision == f"{WORDS}{found.held_on.isoformat()}":
            mandates.filter(pk=row.pk).update(founding=found, decision="")


def to_words(apps: Any, editor: Any) -> None:
    """Back to the sentence."""
    mandates = apps.get_model("records", "Mandate").objects.using(editor.connection.alias)
    for row in mandates.exclude(founding=None).select_related("founding").order_by("pk").iterator():
        words = f"{WORDS}{row.founding.held_on.isoformat()}"
        mandates.filter(pk=row.pk).update(founding=None, decision=words)


class Migration(migrations.Migration):
    dependencies = [("records", "0003_agreements_and_books")]

    operations = [
        migrations.AddField(
            "organisation",
            "language",
            models.CharField(blank=True, default="", max_length=5),
            preserve_default=False,
        ),
        migrations.AddField(
            "mandate",
            "founding",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="mandates",
                to="records.founding",
            ),
        ),
        migrations.AlterField("mandate", "decision", models.CharField(blank=True, max_length=300)),
        migrations.RunPython(to_facts, to_words, elidable=False),
    ]
