"""Bank statements, hours sheets, photos, delays and reviews; and two more reasons of events, so the table is guarded anew."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from solidaria.records.append_only import guard, unguard

EVENTS = ("records_ledgerevent",)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0005_unit_in_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgreementReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("words", models.CharField(max_length=1000)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=80)),
                ("number", models.CharField(blank=True, max_length=40)),
                ("currency", models.CharField(max_length=10)),
                ("mapping", models.JSONField(default=dict)),
                ("opened", models.DateTimeField()),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="BankBooking",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("kind", models.CharField(max_length=20)),
                ("amount", models.BigIntegerField()),
                ("event", models.CharField(db_index=True, max_length=40)),
                ("made", models.BooleanField()),
                ("confirmed", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("undone", models.DateTimeField(blank=True, null=True)),
                ("undone_event", models.CharField(blank=True, max_length=40)),
                ("why", models.CharField(blank=True, max_length=400)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="BankLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("row", models.PositiveIntegerField()),
                ("day", models.DateField()),
                ("amount", models.BigIntegerField()),
                ("name", models.CharField(blank=True, max_length=140)),
                ("number", models.CharField(blank=True, max_length=40)),
                ("text", models.CharField(blank=True, max_length=500)),
                ("reference", models.CharField(blank=True, max_length=140)),
                ("key", models.CharField(max_length=100)),
                ("left", models.CharField(blank=True, max_length=400)),
            ],
            options={
                "ordering": ["-day", "-id"],
            },
        ),
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("opening", models.BigIntegerField(blank=True, null=True)),
                ("closing", models.BigIntegerField(blank=True, null=True)),
                ("taken", models.PositiveIntegerField()),
                ("left_out", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-last", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Delay",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("until", models.DateField()),
                ("why", models.CharField(max_length=400)),
                ("told", models.DateTimeField()),
                ("agreed", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-told", "-id"],
            },
        ),
        migrations.CreateModel(
            name="HandoverPhoto",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("digest", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=20)),
                ("size", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="HoursLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("row", models.PositiveIntegerField()),
                ("key", models.CharField(max_length=100)),
                ("event", models.CharField(max_length=40)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="HoursSheet",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("taken", models.PositiveIntegerField()),
                ("left_out", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.RunPython(
            lambda apps, editor: unguard(editor, EVENTS), lambda apps, editor: guard(editor, EVENTS)
        ),
        migrations.RemoveConstraint(
            model_name="ledgerevent",
            name="event_part",
        ),
        migrations.AddConstraint(
            model_name="ledgerevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "part__in",
                        [
                            "goods",
                            "price",
                            "solidarity",
                            "advance",
                            "wage",
                            "hours",
                            "inputs",
                            "made",
                            "opening",
                            "distribution",
                            "reserve",
                            "fee",
                            "tax",
                            "other",
                        ],
                    )
                ),
                name="event_part",
            ),
        ),
        migrations.RunPython(
            lambda apps, editor: guard(editor, EVENTS), lambda apps, editor: unguard(editor, EVENTS)
        ),
        migrations.AddField(
            model_name="agreementreview",
            name="agreement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="records.agreement"
            ),
        ),
        migrations.AddField(
            model_name="agreementreview",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.organisation"
            ),
        ),
        migrations.AddField(
            model_name="bankaccount",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bank_accounts",
                to="records.organisation",
            ),
        ),
        migrations.AddField(
            model_name="bankbooking",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="bankbooking",
            name="mandate",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.mandate",
            ),
        ),
        migrations.AddField(
            model_name="bankbooking",
            name="payment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bookings",
                to="records.payment",
            ),
        ),
        migrations.AddField(
            model_name="bankbooking",
            name="promise",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bookings",
                to="records.promiseline",
            ),
        ),
        migrations.AddField(
            model_name="bankline",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="records.bankaccount"
            ),
        ),
        migrations.AddField(
            model_name="bankbooking",
            name="line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="bookings", to="records.bankline"
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="statements", to="records.bankaccount"
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="bankline",
            name="statement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="records.bankstatement"
            ),
        ),
        migrations.AddField(
            model_name="delay",
            name="call_off",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="delays", to="records.calloff"
            ),
        ),
        migrations.AddField(
            model_name="handoverphoto",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="handoverphoto",
            name="handover",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="photos", to="records.handover"
            ),
        ),
        migrations.AddField(
            model_name="hoursline",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.organisation"
            ),
        ),
        migrations.AddField(
            model_name="hourssheet",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="hourssheet",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="hours_sheets", to="records.organisation"
            ),
        ),
        migrations.AddField(
            model_name="hoursline",
            name="sheet",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="records.hourssheet"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uploads",
                to="records.bankaccount",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to="records.organisation"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.UniqueConstraint(fields=("organisation", "name"), name="bank_account_name_once"),
        ),
        migrations.AddConstraint(
            model_name="bankbooking",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="something_is_booked"),
        ),
        migrations.AddConstraint(
            model_name="bankbooking",
            constraint=models.UniqueConstraint(
                condition=models.Q(("made", True)), fields=("event",), name="an_event_is_made_by_one_booking"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(fields=("account", "digest"), name="a_statement_once"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(fields=("account", "key"), name="a_bank_line_once"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="a_bank_line_is_not_nothing"
            ),
        ),
        migrations.AddConstraint(
            model_name="handoverphoto",
            constraint=models.UniqueConstraint(fields=("handover", "digest"), name="a_photo_once"),
        ),
        migrations.AddConstraint(
            model_name="hourssheet",
            constraint=models.UniqueConstraint(fields=("organisation", "digest"), name="an_hours_sheet_once"),
        ),
        migrations.AddConstraint(
            model_name="hoursline",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="an_hours_line_once"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("bank", "hours"))), name="upload_kind"
            ),
        ),
    ]
