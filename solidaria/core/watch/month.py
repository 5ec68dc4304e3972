"""One month of one site, readable: the reference that the fast engine is held against.

`month` is written to be read and checked, one site at a time, with plain ifs. `rules.py` says the same for thousands
of sites at once. docs/stress.md tells the same month in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from solidaria.core.watch import fields as f
from solidaria.core.watch.draws import drawn, normal, uniform

#: Smaller than any amount that matters; keeps a division by nothing from happening.
TINY = 1e-12


@dataclass
class Site:
    """What changes from month to month. Money in normal months of pay, people per member at the start."""

    cash: float
    owed_market: float = 0.0
    owed_state: float = 0.0
    owed_movement: float = 0.0
    payable: float = 0.0
    debt: float = 0.0
    credit: float = 0.0
    fund: float = 0.0
    arrears: float = 0.0
    members: float = 1.0
    hired: float = 0.0
    attendance: float = 0.0
    price: float = 1.0
    materials: float = 1.0
    energy: float = 1.0
    state_buys: bool = True
    bank_lends: bool = True
    away: int = 0
    secure: bool = False
    condition: bool = False
    missed: int = 0
    rotated: float = 0.0
    from_state: float = 0.0
    receipts: float = 0.0
    movement_sales: float = 0.0
    sales: float = 0.0
    capture_run: int = 0
    bad: list[bool] = field(default_factory=lambda: [False] * 6)
    hired_over: list[bool] = field(default_factory=lambda: [False] * 12)
    outcome: int = f.EXPOSED
    above_market: float = 0.0
    from_fund: float = 0.0
    deferrals: int = 0
    attempts: int = 0


@dataclass
class Flows:
    """The money of one month: what was earned, spent, lent, lost; so that every account can be checked."""

    invoiced: float = 0.0
    subsidy: float = 0.0
    fund: float = 0.0
    fund_income: float = 0.0
    opening_in: float = 0.0
    opening_out: float = 0.0
    lost: float = 0.0
    purchases: float = 0.0
    wages: float = 0.0
    hired_wages: float = 0.0
    interest: float = 0.0
    bonus: float = 0.0
    output: float = 0.0
    orders: float = 0.0
    pay_share: float = 1.0
    wages_paid: float = 0.0
    deferred: float = 0.0


def begin(p: Sequence[float]) -> Site:
    """The site on its first day."""
    return Site(
        cash=p[f.CASH],
        debt=p[f.DEBT],
        credit=p[f.CREDIT_USED],
        fund=p[f.FUND_BALANCE],
        arrears=p[f.ARREARS],
        members=p[f.MEMBERS],
        hired=p[f.HIRED],
        attendance=p[f.ATTENDANCE],
        condition=p[f.CONDITION] > 0,
        rotated=p[f.ROTATED],
    )


def luck_of(seed: int, run: int, site: int, month: int) -> list[int]:
    """The draws of a month, in the order of fields.py, each a whole number below 2³²."""
    return [drawn(seed, run, site, month, shock) for shock in range(f.DRAWS)]


def month(site: Site, p: Sequence[float], luck: Sequence[int], now: int) -> Flows:
    """Let one month go by; `site` is changed, and the month's money is given back.

    p      the parameters, in the order of fields.py
    luck   the draws, in the order of fields.py
    now    which month it is; the first is 0
    """
    flows = Flows()
    hit = now >= p[f.SHOCK_MONTH]

    # 1 Shocks.
    jump = p[f.PRICE_JUMP_SIZE] if uniform(luck[f.D_PRICE_JUMP]) < p[f.PRICE_JUMP] else 0.0
    site.price += p[f.PRICE_RETURN] * (1 - site.price)
    site.price *= 1 + p[f.PRICE_DRIFT] + p[f.PRICE_NOISE] * normal(luck[f.D_PRICE]) - jump
    site.price = max(site.price, 0.05)
    price = site.price * (1 - p[f.FALL]) if hit else site.price
    price = max(price, 0.01)
    site.materials *= 1 + p[f.MATERIALS_DRIFT] + p[f.MATERIALS_NOISE] * normal(luck[f.D_MATERIALS])
    site.energy += p[f.ENERGY_RETURN] * (1 - site.energy)
    if uniform(luck[f.D_ENERGY]) < p[f.ENERGY_JUMP]:
        site.energy *= 1 + p[f.ENERGY_JUMP_SIZE]
    energy = site.energy * (1 + p[f.ENERGY_RISE]) if hit else site.energy
    turn = uniform(luck[f.D_STATE])
    site.state_buys = turn >= p[f.STATE_OFF] if site.state_buys else turn < p[f.STATE_ON]
    state = site.state_buys and not (hit and p[f.STATE_STOPS] > 0.5)
    turn = uniform(luck[f.D_BANK])
    site.bank_lends = turn >= p[f.CREDIT_OFF] if site.bank_lends else turn < p[f.CREDIT_ON]
    bank = site.bank_lends and not (hit and p[f.CREDIT_STOPS] > 0.5)
    broken = uniform(luck[f.D_BREAKDOWN]) < p[f.BREAKDOWN]
    here = site.away == 0 and site.outcome != f.COLLAPSED

    # 2 Orders: standing ones are fixed; market ones fall when the site is dearer than the market.
    asked = 1 + p[f.FOLLOW] * (price - 1)
    wanted = min(max(1 - p[f.ELASTICITY] * (asked / price - 1), 0.0), 2.0)
    left = 1 - p[f.ORDERS_LOST] if hit else 1.0
    added = p[f.ORDERS_ADDED] if now >= p[f.ORDERS_ADDED_FROM] else 0.0
    standing = p[f.ORDERS_STANDING] + added
    market = p[f.ORDERS_MARKET] * wanted * left
    public = p[f.ORDERS_STATE] * left if state else 0.0
    ad_hoc = p[f.ORDERS_AD_HOC] * left
    sites = p[f.ORDERS_SITES] * left
    orders = standing + market + public + ad_hoc + sites

    # 3 Output: the least of orders, hands, machines and the inputs that can be afforded.
    hands = (site.members + site.hired) * p[f.WORK]
    machines = p[f.CAPACITY] * (1 - p[f.BREAKDOWN_LOSS]) if broken else p[f.CAPACITY]
    unit = p[f.MATERIALS] * site.materials + p[f.ENERGY] * energy
    upfront = unit / (1 + p[f.LATE_SUPPLIERS])
    credit_left = max(p[f.CREDIT_LIMIT] - site.credit, 0.0) if bank else 0.0
    affordable = (site.cash + credit_left) / max(upfront, TINY)
    output = min(orders, hands, machines, affordable) if here else 0.0
    flows.orders, flows.output = orders, output
    sold_standing = min(standing, output)
    part = (output - sold_standing) / max(orders - standing, TINY)

    # 4 Invoices.
    more = 1 + p[f.PREMIUM]
    invoice_market = market * part * p[f.PRICE_MARKET] * asked
    invoice_state = public * part * p[f.PRICE_STATE]
    invoice_standing = sold_standing * p[f.PRICE_STANDING] * more
    invoice_ad_hoc = ad_hoc * part * p[f.PRICE_AD_HOC] * more
    invoice_sites = sites * part * p[f.PRICE_SITES]
    reference = p[f.REFERENCE] * price
    site.above_market += max(invoice_standing - sold_standing * reference, 0.0)
    site.above_market += max(invoice_ad_hoc - ad_hoc * part * reference, 0.0)
    movement = invoice_standing + invoice_ad_hoc
    invoiced = invoice_market + invoice_state + movement + invoice_sites
    running = site.outcome != f.COLLAPSED
    purchases = output * unit + (p[f.FIXED] + (p[f.REPAIR] if broken else 0.0) if running else 0.0)
    flows.invoiced, flows.purchases = invoiced, purchases

    # 5 Clearing of payments between sites: only in a network. Alone, other sites pay as movements do.
    # 6 Collections.
    site.owed_market += invoice_market
    paid_market = site.owed_market / (1 + p[f.LATE_MARKET])
    site.owed_market -= paid_market
    flows.lost = paid_market * p[f.BAD_DEBT]
    site.owed_state += invoice_state
    paid_state = site.owed_state / (1 + p[f.LATE_STATE])
    site.owed_state -= paid_state
    site.owed_movement += movement + invoice_sites
    paid_movement = site.owed_movement / (1 + p[f.LATE_MOVEMENT])
    site.owed_movement -= paid_movement
    flows.subsidy = p[f.SUBSIDY] if state and here else 0.0
    flows.opening_in = p[f.DUE_IN + now] if now < f.DUE_MONTHS else 0.0
    flows.opening_out = p[f.DUE_OUT + now] if now < f.DUE_MONTHS else 0.0
    from_state = paid_state + flows.subsidy
    collected = paid_market - flows.lost + paid_state + paid_movement + flows.subsidy + flows.opening_in

    # 7 What is to be paid: inputs, wages, debts, and the cash that next month's inputs take.
    site.payable += purchases
    due = site.payable / (1 + p[f.LATE_SUPPLIERS])
    site.payable -= due
    due += flows.opening_out
    wages = site.members * p[f.PAY] if running else 0.0
    hired_wages = site.hired * p[f.HIRED_PAY] if running else 0.0
    interest = (site.debt + site.credit) * p[f.INTEREST]
    service = interest + min(site.debt, p[f.INSTALMENT])
    keep = upfront * min(orders, hands, machines) if here else 0.0
    funds = site.cash + collected
    short = max(due + wages + hired_wages + service + keep - funds, 0.0)

    # 8 When cash is short: fund, credit, waiting for pay, fewer hired hours; then what cannot be paid.
    flows.fund = min(short, p[f.FUND_SHARE] * wages, site.fund)
    flows.fund_income = p[f.FUND_INCOME]
    site.fund += flows.fund_income - flows.fund
    site.from_fund += flows.fund
    short -= flows.fund
    drawn_credit = min(short, credit_left)
    site.credit += drawn_credit
    short -= drawn_credit
    deferred = min(short, p[f.DEFER] * wages)
    short -= deferred
    site.deferrals += deferred > 0
    cut = min(short, hired_wages)
    short -= cut
    if p[f.DEBT_FIRST] > 0.5:
        eaten = min(short, keep)
        unpaid_wages = min(short - eaten, wages - deferred)
        skipped = min(short - eaten - unpaid_wages, service)
    else:
        skipped = min(short, service)
        eaten = min(short - skipped, keep)
        unpaid_wages = min(short - skipped - eaten, wages - deferred)
    unpaid_inputs = max(short - skipped - eaten - unpaid_wages, 0.0)
    late = deferred + unpaid_wages
    site.arrears += late
    site.payable += unpaid_inputs
    site.debt += interest - (service - skipped)
    wages_paid = wages - late
    site.cash = funds + flows.fund + drawn_credit
    site.cash -= (due - unpaid_inputs) + wages_paid + (hired_wages - cut) + (service - skipped)
    site.cash = max(site.cash, 0.0)
    spare = max(site.cash - keep - p[f.CUSHION], 0.0)
    back = min(site.arrears, spare)
    repaid = min(site.credit, spare - back)
    bonus = p[f.PAID_OUT] * (spare - back - repaid) if running else 0.0
    site.arrears -= back
    site.credit -= repaid
    site.cash -= back + repaid + bonus
    flows.wages, flows.hired_wages, flows.interest = wages, hired_wages - cut, interest
    flows.bonus, flows.wages_paid, flows.deferred = bonus, wages_paid, deferred
    pay_share = max(wages_paid, 0.0) / wages if wages > TINY else 1.0
    flows.pay_share = pay_share

    # 9 People: who is owed pay leaves sooner; people are taken on only where pay is paid in full.
    owed_months = site.arrears / wages if wages > TINY else 0.0
    site.members -= site.members * min(p[f.EXIT] + p[f.EXIT_ARREARS] * owed_months, 1.0)
    site.hired -= cut / p[f.HIRED_PAY]
    wish = min(orders, p[f.CAPACITY]) / max(p[f.WORK], TINY)
    gap = max(wish - site.members - site.hired, 0.0) if here and late <= 0 else 0.0
    site.members += p[f.ADMIT_MEMBERS] * gap
    site.hired += p[f.ADMIT_HIRED] * gap
    site.hired -= min(max(site.members + site.hired - wish, 0.0), site.hired)
    site.hired = max(site.hired, 0.0)

    # 10 The assembly.
    per_member = site.hired / max(site.members, TINY)
    overload = min(max(orders / max(hands, TINY) - 1, 0.0), 1.0)
    level = p[f.ATTENDANCE] - p[f.ATTENDANCE_ARREARS] * min(owed_months, 3.0) - p[f.ATTENDANCE_HOURS] * overload
    level += p[f.ATTENDANCE_EDUCATION] - p[f.ATTENDANCE_HIRED] * min(per_member, 1.0)
    site.attendance += p[f.ATTENDANCE_SPEED] * (min(max(level, 0.0), 1.0) - site.attendance)
    there = site.attendance + p[f.ATTENDANCE_NOISE] * (2 * uniform(luck[f.D_QUORUM]) - 1)
    met = there >= p[f.QUORUM]
    site.missed = 0 if met else site.missed + 1
    site.rotated += 1
    if met and site.rotated >= p[f.ROTATE_EVERY]:
        site.rotated = 0

    # 11 Eviction.
    movement_share = site.movement_sales / max(site.sales, TINY)
    safe = site.secure
    if uniform(luck[f.D_LEGAL]) < p[f.LEGAL_WIN]:
        site.secure = True
    hazard = p[f.EVICTION] * (1 - p[f.EMBEDDED_EFFECT] * movement_share)
    comes = p[f.EVICTION_COMES] > 0.5 and now == p[f.SHOCK_MONTH]
    attempt = here and not safe and (comes or uniform(luck[f.D_ATTEMPT]) < hazard)
    site.attempts += attempt
    lucky = uniform(luck[f.D_SUCCESS])
    if site.away > 0:
        site.away = 0 if lucky < p[f.RETURN] else site.away + 1
    elif attempt and lucky < p[f.SUCCESS_1]:
        site.away = 1

    # 12 Outcomes.
    site.from_state += (from_state - site.from_state) / 6
    site.receipts += (collected + flows.fund - site.receipts) / 6
    site.movement_sales += (movement - site.movement_sales) / 12
    site.sales += (invoiced - site.sales) / 12
    if uniform(luck[f.D_CONDITION]) < p[f.CONDITION_HAZARD] and site.from_state > p[f.T_STATE] * site.receipts:
        site.condition = True
    held = site.from_state > p[f.T_STATE] * site.receipts and site.condition
    site.capture_run = site.capture_run + 1 if held else 0
    reach = site.cash + max(p[f.CREDIT_LIMIT] - site.credit, 0.0) * bank + min(site.fund, p[f.FUND_SHARE] * wages)
    low = output < p[f.T_OUTPUT] or pay_share < p[f.T_WAGES]
    site.bad[now % 6] = low and reach < p[f.T_REACH]
    site.hired_over[now % 12] = site.hired > p[f.T_HIRED] * site.members
    democracy_lost = site.missed >= p[f.T_QUORUM] or site.rotated >= p[f.T_ROTATION] or p[f.PAY_RATIO_OVER] > 0.5
    if not running or sum(site.bad) >= p[f.T_BAD_MONTHS] or site.away > p[f.T_AWAY]:
        if running:
            site.members = site.hired = 0.0
        site.outcome = f.COLLAPSED
    elif sum(site.hired_over) >= p[f.T_HIRED_MONTHS] and democracy_lost:
        site.outcome = f.DEGENERATED
    elif site.capture_run >= p[f.T_STATE_MONTHS]:
        site.outcome = f.CAPTURED
    elif site.movement_sales < p[f.T_MOVEMENT] * site.sales and p[f.ALLIANCE] < 0.5:
        site.outcome = f.EXPOSED
    else:
        site.outcome = f.EMBEDDED
    return flows
