"""A column for exact numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


class ExactField(models.CharField):  # type: ignore[type-arg]
    """A Decimal kept digit by digit, on every database; None where nothing is said.

    SQLite would keep a DecimalField as a binary float and change its last digits. Kept as text, it goes out of
    a workbook and into it again without loss. It cannot be compared or summed in the database.
    """

    # What may be put into the column, and what comes out of it, for the type checker.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 60)
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Decimal | None:
        """The number that was stored."""
        return None if value is None else Decimal(value)

    def to_python(self, value: Any) -> Any:
        """The number somebody gave; raises ValidationError when it is not one."""
        if value is None or value == "":
            return None
        try:
            number = Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            raise ValidationError("not a number") from None
        if not number.is_finite():
            raise ValidationError("not a finite number")
        return number

    def get_prep_value(self, value: Any) -> str | None:
        """The digits to store."""
        number = self.to_python(value)
        return None if number is None else f"{number:f}"
