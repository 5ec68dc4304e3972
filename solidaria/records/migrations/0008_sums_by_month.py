"""Sums of events by agent and month, which the database keeps; and indexes for what happened within a month."""

from __future__ import annotations

from django.db import migrations, models

from solidaria.records.summed import add_up, keep_sums, stop_sums


class Migration(migrations.Migration):
    dependencies = [("records", "0007_the_loop")]

    operations = [
        migrations.CreateModel(
            name="MonthSum",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("agent", models.CharField(max_length=120)),
                ("month", models.CharField(max_length=7)),
                ("side", models.CharField(max_length=3)),
                ("resource", models.CharField(max_length=220)),
                ("action", models.CharField(max_length=20)),
                ("part", models.CharField(max_length=20)),
                ("amount", models.BigIntegerField()),
                ("effort", models.BigIntegerField()),
            ],
            options={"ordering": ["agent", "month", "side", "resource", "action", "part"]},
        ),
        migrations.AddConstraint(
            model_name="monthsum",
            constraint=models.UniqueConstraint(
                fields=["agent", "month", "side", "resource", "action", "part"], name="one_sum_of_each"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerevent", index=models.Index(fields=["provider", "day"], name="event_given_on")
        ),
        migrations.AddIndex(
            model_name="ledgerevent", index=models.Index(fields=["receiver", "day"], name="event_got_on")
        ),
        migrations.RunPython(lambda apps, editor: add_up(editor), lambda apps, editor: None),
        migrations.RunPython(lambda apps, editor: keep_sums(editor), lambda apps, editor: stop_sums(editor)),
    ]
