"""The price of everything in a plan, and who pays: exact, to the cent, whatever the order of rows.

Quantities come from the plan, rounded to 6 decimals; from there on nothing is a float. How a price is made, with
an example worked by hand, is in docs/price.md.

    hour      what one worked hour costs at a site
    circle    prices that depend on each other
    cost      unit costs line by line, network prices, equalisation
    pays      what buyers pay, what solidarity is needed for, who carries it
    account   what the figures mean for people: minutes of pay, jobs at stake, what each site receives
"""

from __future__ import annotations

from decimal import localcontext

from solidaria.core.money import currency_decimals
from solidaria.core.network import Network
from solidaria.core.price.cost import equalisation, network_prices, unit_costs, work_out
from solidaria.core.price.hour import PRECISE
from solidaria.core.price.pays import deliveries, jobs_lines, solidarity
from solidaria.core.result import Plan, Prices


def price(network: Network, plan: Plan) -> Prices:
    """Work out the prices of a plan of this network, and who pays.

    Money amounts have the currency's decimals, unit costs and unit prices four more.
    Source: the rules the assemblies adopted (`network.rules`); the method is in docs/price.md.
    """
    decimals = currency_decimals(network.rules.currency)
    with localcontext(PRECISE):
        costs = work_out(network, plan)
        prices = network_prices(network, costs, decimals + 4)
        delivered = deliveries(network, plan, prices, decimals)
        jobs = jobs_lines(network, plan, decimals)
        return Prices(
            unit_costs=unit_costs(network, costs, decimals + 4),
            network_prices=prices,
            equalisation=equalisation(network, costs, decimals),
            jobs=jobs,
            deliveries=delivered,
            solidarity=solidarity(network, plan, delivered, jobs, decimals),
            warnings=costs.warnings,
        )
