"""The example in docs/plan.md, planned."""

from __future__ import annotations

from decimal import Decimal

import pytest

from solidaria.core.network import Equipment, Need, Network, Organisation, Product, Recipe, Rules, Site
from solidaria.core.plan import plan


@pytest.mark.parametrize(
    ("tier", "first", "second"),
    [(1, "50", "150"), (2, "100", "100")],
    ids=["same tier: the same share", "second village in tier 2: what is left"],
)
def test_two_villages_and_one_oven(tier: int, first: str, second: str) -> None:
    """20 oven hours of 10 loaves each, for villages that need 100 and 300."""
    network = Network(
        name="bread",
        organisations=(
            Organisation("bakery", "Bakery", "site"),
            Organisation("one", "First village", "community"),
            Organisation("two", "Second village", "community"),
        ),
        products=(Product("loaf", "Loaf", "piece", keeps=False),),
        rules=Rules("EUR", Decimal(10)),
        sites=(Site("bakery", Decimal(5), Decimal(40)),),
        recipes=(Recipe("bake", "bakery", "loaf", Decimal(10), Decimal(1), uses=(("oven", Decimal(1)),)),),
        equipment=(Equipment("oven", "bakery", Decimal(20)),),
        needs=(
            Need("first", "one", "loaf", Decimal(100), "1"),
            Need("second", "two", "loaf", Decimal(300), "1", tier=tier),
        ),
    )
    delivered = {row.need: row.delivered for row in plan(network).coverage}
    assert delivered == {"first": Decimal(first), "second": Decimal(second)}
