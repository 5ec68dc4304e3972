"""The books of a site as files: a folder of CSV or one XLSX workbook, read to core values; and the empty template."""

from __future__ import annotations

from pathlib import Path

from solidaria.core.watch.books import Books
from solidaria.core.watch.read import read_books
from solidaria.records.workbook import read_tables


def load_books(path: Path | str) -> Books:
    """Read and check the books of a site. Raises Refused with every fault at once."""
    return read_books(read_tables(path))
