"""What the figures mean for people: minutes of pay, jobs at stake, who carries it, what each site receives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import wraps
from typing import ParamSpec, TypeVar

from solidaria.core.money import currency_decimals, half_up
from solidaria.core.network import ZERO, Network
from solidaria.core.price.cost import all_told, work_out
from solidaria.core.price.hour import PRECISE, rounded
from solidaria.core.price.pays import reopening_costs
from solidaria.core.problem import Sentence, say
from solidaria.core.result import PRICE_LINES, Amount, Delivery, Plan, Prices, Share

#: From this share on an assembly is warned that solidarity rests on people who pay one by one.
INDIVIDUALS_WARN_FROM = Decimal("0.5")

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def _precisely(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """The function, worked out with the digits of prices."""

    @wraps(function)
    def inner(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        with localcontext(PRECISE):
            return function(*args, **kwargs)

    return inner


@_precisely
def minutes_of_pay(network: Network, share: Share) -> Decimal | None:
    """Minutes a member works for their part of a share over the whole plan, at the living wage, to one decimal.

    None when the living wage is zero.
    """
    wage = network.rules.living_wage
    if not wage:
        return None
    return rounded(share.amount / network.organisation[share.organisation].members / wage * 60, 1)


@_precisely
def price_all_told(network: Network, plan: Plan) -> dict[str, dict[str, Decimal]]:
    """What the network price of each product that the plan makes is made of in the end.

    product -> line -> money per unit, with the four extra decimals of unit prices. Inputs are traced back, so that
    "wages" are all wages in the product, at whatever site; "outside" is everything bought outside on the way.
    The lines of a product add up to its network price.
    """
    return all_told(network, work_out(network, plan), currency_decimals(network.rules.currency) + 4)


@dataclass(frozen=True)
class PayAtStake:
    """An uncovered amount in words a site understands.

    hours   paid hours (contributions included) the amount would pay, to one decimal; None for goods bought outside
            and transport, which have to be paid in money whatever happens, and when the living wage is zero
    jobs    members who could be paid for the whole plan with it, to two decimals; None likewise
    """

    site: str | None
    amount: Decimal
    hours: Decimal | None
    jobs: Decimal | None


@_precisely
def pay_at_stake(network: Network, uncovered: Amount) -> PayAtStake:
    """The paid hours and jobs that an uncovered amount of a site stands for."""
    hour = network.rules.living_wage * (1 + network.rules.contributions)
    if uncovered.site is None or not hour:
        return PayAtStake(uncovered.site, uncovered.amount, None, None)
    hours = uncovered.amount / hour
    whole = network.site[uncovered.site].paid_hours * len(network.periods)
    return PayAtStake(uncovered.site, uncovered.amount, rounded(hours, 1), rounded(hours / whole, 2))


@dataclass(frozen=True)
class Carried:
    """Who carries what is paid above the market.

    organisations         pledged shares, and what organisations pay above the market price for what they receive
    individuals           what people in communities pay above the market price, because their need says so
    share_of_individuals  part of the two together, 0 to 1, to four decimals; 0 when nothing is carried
    by_kind               kind of organisation -> amount, the two together, kinds in order
    warning               when individuals carry INDIVIDUALS_WARN_FROM of it or more
    """

    organisations: Decimal
    individuals: Decimal
    share_of_individuals: Decimal
    by_kind: dict[str, Decimal]
    warning: Sentence | None


@_precisely
def carried(network: Network, prices: Prices) -> Carried:
    """Who carries the solidarity: organisations that decided it together, or people who pay one by one.

    A pledge is always an organisation's. A buyer that says it pays more than the market price carries the
    difference: from its common money, unless it is a community, whose people pay for what they take themselves.
    Source: docs/decisions/price-who-counts-as-individuals.md.
    """
    decimals = currency_decimals(network.rules.currency)
    by_kind: dict[str, Decimal] = {}
    individuals = ZERO
    for share in prices.solidarity.shared:
        kind = network.organisation[share.organisation].kind
        by_kind[kind] = by_kind.get(kind, ZERO) + share.amount
    for delivery in prices.deliveries:
        above = paid_above_market(network, delivery, decimals)
        kind = network.organisation[delivery.organisation].kind
        if above:
            by_kind[kind] = by_kind.get(kind, ZERO) + above
        if kind == "community":
            individuals += above
    total = sum(by_kind.values(), ZERO)
    part = rounded(individuals / total, 4) if total else ZERO
    warning = None
    if total and individuals >= INDIVIDUALS_WARN_FROM * total:
        warning = say(
            "{percent} % of what is paid above the market comes from people who pay one by one, as a matter of "
            "conscience. That can end any day. Pledges of unions and other organisations would make it last.",
            percent=half_up(part * 100, 1),
        )
    return Carried(total - individuals, individuals, part, dict(sorted(by_kind.items())), warning)


def paid_above_market(network: Network, delivery: Delivery, decimals: int) -> Decimal:
    """What the receiver of a delivery pays above the market price, because it said so; 0 where none is known."""
    market = network.product[delivery.product].market_price
    if delivery.need is None or market is None or not isinstance(network.need[delivery.need].pays, Decimal):
        return ZERO
    return max(ZERO, delivery.buyer_pays - half_up(market * delivery.quantity, decimals))


@dataclass(frozen=True)
class MoneyOut:
    """Money that leaves the network: paid to others than its members and sites.

    transport   counted whole: the workbook does not say who drives
    reopening   the money a reopening takes, not its hours
    """

    bought: Decimal
    transport: Decimal
    reopening: Decimal

    @property
    def total(self) -> Decimal:
        """The three together."""
        return self.bought + self.transport + self.reopening


@_precisely
def money_leaving(network: Network, plan: Plan) -> MoneyOut:
    """The money that leaves the network over the whole plan, each row rounded to the minor unit."""
    decimals = currency_decimals(network.rules.currency)

    def total(amounts: list[Decimal]) -> Decimal:
        return half_up(sum((half_up(amount, decimals) for amount in amounts), ZERO), decimals)

    return MoneyOut(
        bought=total([row.money for row in plan.outside]),
        transport=total([row.money for row in plan.shipments]),
        reopening=total([row.money for row in plan.reopened]),
    )


@dataclass(frozen=True)
class SiteAccount:
    """What a site receives over the whole plan, and what that is for; changes of stock apart.

    Received:
    made             what it made at its own unit cost: the network price, and equalisation
    jobs             its jobs line
    reopening        what reopening it costs, when the plan reopens it
    For:
    pay              its members' pay, contributions included: every paid hour, or with `protect_jobs` no the
                     hours worked (assembly and reopening included)
    overhead         the whole overhead
    inputs           what its recipes use up, bought and from the network
    shares           reserve and community
    reopening_money  the money for reopening
    rounding         received less the five above; a matter of minor units

    uncovered        the part of what it receives that no pledge carries yet
    """

    site: str
    made: Decimal
    jobs: Decimal
    reopening: Decimal
    pay: Decimal
    overhead: Decimal
    inputs: Decimal
    shares: Decimal
    reopening_money: Decimal
    rounding: Decimal
    uncovered: Decimal

    @property
    def received(self) -> Decimal:
        """Everything the site receives."""
        return self.made + self.jobs + self.reopening


@_precisely
def site_accounts(network: Network, plan: Plan, prices: Prices) -> tuple[SiteAccount, ...]:
    """What each site receives and what it is for; a row for every site that is not closed, or is reopened.

    A site that makes nothing costs exactly its members' pay and its overhead.
    """
    decimals, rules = currency_decimals(network.rules.currency), network.rules
    costs = {row.recipe: row for row in prices.unit_costs}
    made: dict[str, Decimal] = {}
    parts: dict[str, dict[str, Decimal]] = {}
    worked: dict[str, Decimal] = {}
    for row in plan.production:
        worked[row.site] = worked.get(row.site, ZERO) + row.hours
        if row.recipe not in costs:
            continue
        cost = costs[row.recipe]
        made[row.site] = made.get(row.site, ZERO) + row.quantity * cost.unit_cost
        lines = parts.setdefault(row.site, dict.fromkeys(PRICE_LINES, ZERO))
        for line in PRICE_LINES:
            lines[line] += row.quantity * cost.lines[line]
    reopened = {row.site: row for row in plan.reopened}
    reopening = reopening_costs(network, plan, decimals)
    uncovered = {row.site: row.amount for row in prices.solidarity.uncovered_by_site}
    periods = len(network.periods)
    accounts = []
    for job in prices.jobs:
        site = network.site[job.site]
        again = reopened.get(site.id)
        paid = site.members * site.paid_hours * periods
        if not rules.protect_jobs:
            busy = worked.get(site.id, ZERO) + (again.hours if again else ZERO)
            paid = busy * site.paid_hours / network.hours_per_member(site.id)
        lines = parts.get(site.id, dict.fromkeys(PRICE_LINES, ZERO))
        received = half_up(made.get(site.id, ZERO), decimals) + job.amount + reopening.get(site.id, ZERO)
        goes_to = {
            "pay": rounded(paid * rules.living_wage * (1 + rules.contributions), decimals),
            "overhead": half_up(site.overhead * periods, decimals),
            "inputs": half_up(lines["outside_inputs"] + lines["network_inputs"], decimals),
            "shares": half_up(lines["reserve"] + lines["community"], decimals),
            "reopening_money": half_up(again.money if again else ZERO, decimals),
        }
        accounts.append(
            SiteAccount(
                site=site.id,
                made=half_up(made.get(site.id, ZERO), decimals),
                jobs=job.amount,
                reopening=half_up(reopening.get(site.id, ZERO), decimals),
                rounding=received - sum(goes_to.values(), ZERO),
                uncovered=half_up(uncovered.get(site.id, ZERO), decimals),
                **goes_to,
            )
        )
    return tuple(accounts)
