"""A need in words says its unit in words, too."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0004_foundings_and_languages")]

    operations = [
        migrations.AddField(
            "need", "unit", models.CharField(blank=True, default="", max_length=60), preserve_default=False
        ),
    ]
