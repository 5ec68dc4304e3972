"""Whatever figures a workbook may hold: no number that is none comes out."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.watch.books import Value
from solidaria.core.watch.engine import simulate
from solidaria.core.watch.figures import FIGURES
from solidaria.core.watch.parameters import parameters
from tests.watch.made import made_books

NUMBERS = [figure for figure in FIGURES if figure.is_number and figure.group != "questions"]


@st.composite
def extremes(draw):
    """Made-up books with some figures at the ends of what a workbook may hold."""
    books = made_books(draw(st.integers(0, 20)))
    figures = dict(books.figures)
    for figure in draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=8)):
        column = figure.column
        low = Decimal("1e-9") if column.above else (column.least if column.least is not None else Decimal(-1))
        high = column.most if column.most is not None else Decimal("1e15")
        figures[figure.name] = Value(draw(st.sampled_from((low, high, (low + high) / 2))))
    if figures["credit_used"].value > figures["credit_limit"].value:
        figures["credit_used"] = figures["credit_limit"]
    return replace(books, figures=figures)


@settings(max_examples=60, deadline=None)
@given(extremes())
def test_no_figure_of_a_workbook_makes_the_simulation_lose_its_numbers(books):
    """Cash and people stay finite and never below nothing, pay stays between nothing and all."""
    p = parameters(books)
    assert np.all(np.isfinite(p))
    paths = simulate([p], runs=32, months=24, seed=1, compiled=False)[0]
    for table in (paths.cash, paths.people):
        assert np.all(np.isfinite(table)) and np.all(table >= 0)
    assert np.all((paths.pay >= 0) & (paths.pay <= 1 + 1e-6))
    assert np.all(paths.outcome < 5)
