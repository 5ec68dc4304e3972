"""Names and units for the ids that stand in the books: organisations, products, currencies."""

from __future__ import annotations

from typing import Any

from solidaria.core.books import agent, good, is_money
from solidaria.records.models import Organisation, Product


def names_for(events: list[Any], own: Organisation) -> dict[str, str]:
    """Ids of agents and resources → names; members as number of their place on the roll."""
    agents = {one for event in events for one in (event.provider, event.receiver)}
    codes = [one.partition(":")[2] for one in agents if one.startswith("organisation:")]
    found = {
        f"organisation:{code}": name
        for code, name in Organisation.objects.filter(code__in=codes).values_list("code", "name")
    }
    found |= {agent(own.code): own.name}
    return found | resource_names({event.resource for event in events})


def resource_names(resources: set[str]) -> dict[str, str]:
    """Ids of resources → names."""
    found = {one: one.partition(":")[2] for one in resources if is_money(one)}
    goods = [one.partition(":")[2].partition("/") for one in resources if one.startswith("good:")]
    rows = Product.objects.filter(
        network__code__in={network for network, _, _ in goods}, code__in={code for _, _, code in goods}
    )
    return found | {good(row.network.code, row.code): row.name for row in rows.select_related("network")}


def units_of(resources: set[str]) -> dict[str, str]:
    """Ids of goods → units."""
    goods = [one.partition(":")[2].partition("/") for one in resources if one.startswith("good:")]
    rows = Product.objects.filter(
        network__code__in={network for network, _, _ in goods}, code__in={code for _, _, code in goods}
    )
    return {good(row.network.code, row.code): row.unit for row in rows.select_related("network")}
