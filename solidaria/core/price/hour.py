"""What one worked hour costs at a site: wages, contributions, the assembly's part, overhead."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

from solidaria.core.money import half_up
from solidaria.core.network import ZERO, Network

#: Prices are worked out with so many digits, then snapped to `_SNAP`, then rounded half up once.
PRECISE = Context(prec=80)
_SNAP = Decimal(1).scaleb(-30)


def snap(amount: Decimal) -> Decimal:
    """The amount to 30 places: what a repeating fraction loses at 80 digits can then never decide a cent."""
    return amount.quantize(_SNAP, context=PRECISE)


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """The amount snapped, then rounded half up to so many decimals."""
    return half_up(snap(amount), decimals)


@dataclass(frozen=True)
class Hour:
    """Money for one worked hour of a site, unrounded.

    democracy   the paid assembly hours that go with each worked hour, contributions included
    overhead    the site's overhead per available hour; 0 at a site without available hours
    """

    wages: Decimal
    contributions: Decimal
    democracy: Decimal
    overhead: Decimal

    @property
    def cost(self) -> Decimal:
        """The whole cost of the hour."""
        return self.wages + self.contributions + self.democracy + self.overhead


def hours_of(network: Network) -> dict[str, Hour]:
    """What a worked hour costs at each site, by site."""
    rules = network.rules
    contributions = rules.living_wage * rules.contributions
    hours = {}
    for site in network.sites:
        assembly = rules.assembly_hours / network.hours_per_member(site.id)
        available = network.available_hours(site.id)
        hours[site.id] = Hour(
            wages=rules.living_wage,
            contributions=contributions,
            democracy=(rules.living_wage + contributions) * assembly,
            overhead=site.overhead / available if available else ZERO,
        )
    return hours
