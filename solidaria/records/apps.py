"""Tells Django where the tables are; the command line reads workbooks without ever loading this."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The one app with tables, and their one migration history."""

    name = "solidaria.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
