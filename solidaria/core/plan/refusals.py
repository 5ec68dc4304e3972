"""What an assembly refuses of a plan: a line it will not make, a pledge it lowers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from solidaria.core.network import Network


@dataclass(frozen=True)
class Refusal:
    """A site makes a recipe at most so often.

    recipe     id of a recipe of the refusing site
    period     None means in every period, each at most so many runs
    most_runs  the most runs per period, ≥ 0; 0 means not at all
    """

    recipe: str
    period: str | None
    most_runs: Decimal


@dataclass(frozen=True)
class LoweredPledge:
    """An organisation pledges this instead of what the workbook says: money over the whole plan."""

    organisation: str
    pledge: Decimal


@dataclass(frozen=True)
class Refusals:
    """Everything that was refused, in the order of ids."""

    lines: tuple[Refusal, ...] = ()
    pledges: tuple[LoweredPledge, ...] = ()


def with_pledges(network: Network, pledges: tuple[LoweredPledge, ...]) -> Network:
    """The network with these pledges in place of its own; everything else is unchanged."""
    lowered = {row.organisation: row.pledge for row in pledges}
    organisations = tuple(replace(row, pledge=lowered.get(row.id, row.pledge)) for row in network.organisations)
    return replace(network, organisations=organisations)
