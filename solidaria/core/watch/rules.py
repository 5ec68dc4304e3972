"""The same month for many sites at once: no branches, every rule a choice between two numbers.

Each function takes the state as an array of rows (see fields.py) and lanes, one lane for each simulated site. The text
is written once and used twice: by NumPy, where `i` stands for all lanes at once, and by Numba, where `i` is one lane
after the other and the compiler works on several lanes together (fast_numba.py replaces the four helpers below).
`month.py` says the same for one site, to be read; a test holds the two together.

Values that are read stay views in NumPy, so every function reads first and writes last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from solidaria.core.watch import fields as f
from solidaria.core.watch.draws import MASK, MULTIPLIER, NORMAL, ROUNDS, TABLE_BITS, WEYL

TINY: Final = 1e-12

#: For the compiled engine: lanes of a block, so few that its state stays in the second-level cache; and the length of
#: a row, longer than that by one cache line, because rows a power of two apart would push each other out of the cache.
BLOCK: Final = 256
ROW: Final = BLOCK + 8
#: Runs of a network that are worked out side by side; a block holds BLOCK / RUNS sites.
RUNS: Final = 16

# As unsigned 64-bit numbers, so that neither library turns them into floats on the way.
_MULTIPLIER: Final = np.uint64(MULTIPLIER)
_WEYL: Final = np.uint64(WEYL)
_MASK: Final = np.uint64(MASK)
_HALF: Final = np.uint64(32)
_TABLE: Final = np.uint64(32 - TABLE_BITS)
_MONTH: Final = np.uint64(3)
_SITE: Final = np.uint64(13)
_PAIR: Final = np.uint64(1)
_UNIT: Final = 2.0**-32
_NORMAL: Final = NORMAL


def lanes(count: int) -> Iterable[Any]:
    """All lanes at once."""
    return (slice(None),) if count else ()


def select(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, `no` elsewhere."""
    return np.where(condition, yes, no)


def least(one: Any, other: Any) -> Any:
    """The smaller of the two."""
    return np.minimum(one, other)


def most(one: Any, other: Any) -> Any:
    """The larger of the two."""
    return np.maximum(one, other)


def at(row: Any, i: Any) -> Any:
    """Where a row's lane stands in an array of rows × lanes."""
    return row, i


def value(p: Any, place: Any, i: Any) -> Any:
    """A parameter: the same for all lanes where `p` has one axis, each lane's own where it has two."""
    return p[place] if p.ndim == 1 else p[place, i]


def draw(luck: Any, run: Any, site: Any, key: Any, now: Any, count: int) -> None:
    """Fill in the draws of a month: normal numbers for prices, numbers from 0 to 1 for the rest.

    luck   rows of draws × lanes
    run, site   lanes, unsigned 64-bit
    key, now    the seed and the month, unsigned 64-bit
    """
    for pair in range(f.DRAWS // 2):
        for i in lanes(count):
            low = run[i] & _MASK
            high = ((site[i] << _SITE) | (now << _MONTH) | np.uint64(pair)) & _MASK
            turn = key & _MASK
            for _ in range(ROUNDS):
                product = _MULTIPLIER * low
                low = (product >> _HALF) ^ turn ^ high
                high = product & _MASK
                turn = (turn + _WEYL) & _MASK
            if pair == f.D_PRICE // 2 or pair == f.D_MATERIALS // 2:
                luck[at(2 * pair, i)] = _NORMAL[low >> _TABLE]
            else:
                luck[at(2 * pair, i)] = low * _UNIT
            luck[at(2 * pair + 1, i)] = high * _UNIT


def mix(luck: Any, world: Any, p: Any, count: int) -> None:
    """Let part of the luck be the same for all sites: prices in part, jumps, state and lenders all or nothing."""
    for i in lanes(count):
        common, own = value(p, f.COMMON, i), value(p, f.OWN, i)
        together = value(p, f.COMMON_JUMPS, i) > 0.5
        price = common * world[at(f.D_PRICE, i)] + own * luck[at(f.D_PRICE, i)]
        materials = common * world[at(f.D_MATERIALS, i)] + own * luck[at(f.D_MATERIALS, i)]
        luck[at(f.D_PRICE, i)] = price
        luck[at(f.D_MATERIALS, i)] = materials
        luck[at(f.D_PRICE_JUMP, i)] = select(together, world[at(f.D_PRICE_JUMP, i)], luck[at(f.D_PRICE_JUMP, i)])
        luck[at(f.D_ENERGY, i)] = select(together, world[at(f.D_ENERGY, i)], luck[at(f.D_ENERGY, i)])
        luck[at(f.D_STATE, i)] = select(together, world[at(f.D_STATE, i)], luck[at(f.D_STATE, i)])
        luck[at(f.D_BANK, i)] = select(together, world[at(f.D_BANK, i)], luck[at(f.D_BANK, i)])


def begin(s: Any, p: Any, count: int) -> None:
    """The first day: whatever is not named here is 0."""
    for i in lanes(count):
        s[at(f.S_CASH, i)] = value(p, f.CASH, i)
        s[at(f.S_DEBT, i)] = value(p, f.DEBT, i)
        s[at(f.S_CREDIT, i)] = value(p, f.CREDIT_USED, i)
        s[at(f.S_FUND, i)] = value(p, f.FUND_BALANCE, i)
        s[at(f.S_ARREARS, i)] = value(p, f.ARREARS, i)
        s[at(f.S_MEMBERS, i)] = value(p, f.MEMBERS, i)
        s[at(f.S_HIRED, i)] = value(p, f.HIRED, i)
        s[at(f.S_ATTENDANCE, i)] = value(p, f.ATTENDANCE, i)
        s[at(f.S_PRICE, i)] = 1.0
        s[at(f.S_MATERIALS, i)] = 1.0
        s[at(f.S_ENERGY, i)] = 1.0
        s[at(f.S_STATE, i)] = 1.0
        s[at(f.S_BANK, i)] = 1.0
        s[at(f.S_CONDITION, i)] = value(p, f.CONDITION, i)
        s[at(f.S_ROTATED, i)] = value(p, f.ROTATED, i)
        s[at(f.S_OUTCOME, i)] = float(f.EXPOSED)
        s[at(f.M_AT_ONCE, i)] = 1.0
        s[at(f.M_ORDERS_SITES, i)] = 1.0


def fetch(s: Any, p: Any, now: int, count: int) -> None:
    """Bring what stands in a row of this month alone into rows that are always the same.

    Where a row's number is only known as the months go by, a compiler cannot see that it is not one of the others,
    and would work on one lane at a time.
    """
    bad_row = f.S_BAD_RING + now % 6
    over_row = f.S_HIRED_RING + now % 12
    open_row = min(now, f.DUE_MONTHS - 1)
    open_now = 1.0 if now < f.DUE_MONTHS else 0.0
    for i in lanes(count):
        s[at(f.M_BAD, i)] = s[at(bad_row, i)]
    for i in lanes(count):
        s[at(f.M_OVER, i)] = s[at(over_row, i)]
    for i in lanes(count):
        s[at(f.M_DUE_IN, i)] = value(p, f.DUE_IN + open_row, i) * open_now
    for i in lanes(count):
        s[at(f.M_DUE_OUT, i)] = value(p, f.DUE_OUT + open_row, i) * open_now


def store(s: Any, now: int, count: int) -> None:
    """Put this month's marks into the rings of the last 6 and 12 months."""
    bad_row = f.S_BAD_RING + now % 6
    over_row = f.S_HIRED_RING + now % 12
    for i in lanes(count):
        s[at(bad_row, i)] = s[at(f.M_BAD, i)]
    for i in lanes(count):
        s[at(over_row, i)] = s[at(f.M_OVER, i)]


def work(s: Any, p: Any, luck: Any, now: int, apart: float, count: int) -> None:
    """Steps 1 to 4 of the month: shocks, orders, output, invoices; and who comes to evict.

    apart   1 in a network, where payments between sites are cleared; 0 for a site alone
    """
    for i in lanes(count):
        hit = now >= value(p, f.SHOCK_MONTH, i)
        outcome = s[at(f.S_OUTCOME, i)]
        away = s[at(f.S_AWAY, i)]
        running = outcome != f.COLLAPSED
        here = (away == 0) & running

        # 1 Shocks.
        price = s[at(f.S_PRICE, i)]
        jumps = luck[at(f.D_PRICE_JUMP, i)] < value(p, f.PRICE_JUMP, i)
        jump = select(jumps, value(p, f.PRICE_JUMP_SIZE, i), 0.0)
        price = price + value(p, f.PRICE_RETURN, i) * (1 - price)
        moved = 1 + value(p, f.PRICE_DRIFT, i) + value(p, f.PRICE_NOISE, i) * luck[at(f.D_PRICE, i)] - jump
        price = most(price * moved, 0.05)
        relative = most(select(hit, price * (1 - value(p, f.FALL, i)), price), 0.01)
        drift = 1 + value(p, f.MATERIALS_DRIFT, i) + value(p, f.MATERIALS_NOISE, i) * luck[at(f.D_MATERIALS, i)]
        materials = s[at(f.S_MATERIALS, i)] * drift
        energy = s[at(f.S_ENERGY, i)]
        energy = energy + value(p, f.ENERGY_RETURN, i) * (1 - energy)
        rises = luck[at(f.D_ENERGY, i)] < value(p, f.ENERGY_JUMP, i)
        energy = select(rises, energy * (1 + value(p, f.ENERGY_JUMP_SIZE, i)), energy)
        tariff = select(hit, energy * (1 + value(p, f.ENERGY_RISE, i)), energy)
        turn = luck[at(f.D_STATE, i)]
        stays = select(turn >= value(p, f.STATE_OFF, i), 1.0, 0.0)
        starts = select(turn < value(p, f.STATE_ON, i), 1.0, 0.0)
        buys = select(s[at(f.S_STATE, i)] > 0.5, stays, starts)
        state = select(hit & (value(p, f.STATE_STOPS, i) > 0.5), 0.0, buys)
        turn = luck[at(f.D_BANK, i)]
        stays = select(turn >= value(p, f.CREDIT_OFF, i), 1.0, 0.0)
        starts = select(turn < value(p, f.CREDIT_ON, i), 1.0, 0.0)
        lends = select(s[at(f.S_BANK, i)] > 0.5, stays, starts)
        bank = select(hit & (value(p, f.CREDIT_STOPS, i) > 0.5), 0.0, lends)
        broken = luck[at(f.D_BREAKDOWN, i)] < value(p, f.BREAKDOWN, i)

        # 2 Orders.
        asked = 1 + value(p, f.FOLLOW, i) * (relative - 1)
        wanted = least(most(1 - value(p, f.ELASTICITY, i) * (asked / relative - 1), 0.0), 2.0)
        left = select(hit, 1 - value(p, f.ORDERS_LOST, i), 1.0)
        added = select(now >= value(p, f.ORDERS_ADDED_FROM, i), value(p, f.ORDERS_ADDED, i), 0.0)
        standing = value(p, f.ORDERS_STANDING, i) + added
        market = value(p, f.ORDERS_MARKET, i) * wanted * left
        public = value(p, f.ORDERS_STATE, i) * left * state
        ad_hoc = value(p, f.ORDERS_AD_HOC, i) * left
        sites = value(p, f.ORDERS_SITES, i) * left * s[at(f.M_ORDERS_SITES, i)]
        orders = standing + market + public + ad_hoc + sites

        # 3 Output.
        hands = (s[at(f.S_MEMBERS, i)] + s[at(f.S_HIRED, i)]) * value(p, f.WORK, i)
        capacity = value(p, f.CAPACITY, i)
        machines = select(broken, capacity * (1 - value(p, f.BREAKDOWN_LOSS, i)), capacity)
        unit = value(p, f.MATERIALS, i) * materials + value(p, f.ENERGY, i) * tariff
        upfront = unit / (1 + value(p, f.LATE_SUPPLIERS, i))
        credit_left = most(value(p, f.CREDIT_LIMIT, i) - s[at(f.S_CREDIT, i)], 0.0) * bank
        affordable = (s[at(f.S_CASH, i)] + credit_left) / most(upfront, TINY)
        possible = least(least(orders, hands), machines)
        output = select(here, least(possible, affordable), 0.0)
        keep = select(here, upfront * possible, 0.0)
        sold_standing = least(standing, output)
        part = (output - sold_standing) / most(orders - standing, TINY)

        # 4 Invoices.
        more = 1 + value(p, f.PREMIUM, i)
        invoice_market = market * part * value(p, f.PRICE_MARKET, i) * asked
        invoice_state = public * part * value(p, f.PRICE_STATE, i)
        invoice_standing = sold_standing * value(p, f.PRICE_STANDING, i) * more
        invoice_ad_hoc = ad_hoc * part * value(p, f.PRICE_AD_HOC, i) * more
        invoice_sites = sites * part * value(p, f.PRICE_SITES, i)
        reference = value(p, f.REFERENCE, i) * relative
        above = s[at(f.S_ABOVE_MARKET, i)] + most(invoice_standing - sold_standing * reference, 0.0)
        above = above + most(invoice_ad_hoc - ad_hoc * part * reference, 0.0)
        movement = invoice_standing + invoice_ad_hoc
        invoiced = invoice_market + invoice_state + movement + invoice_sites
        repair = select(broken, value(p, f.REPAIR, i), 0.0)
        fixed = select(running, value(p, f.FIXED, i) + repair, 0.0)
        from_sites = output * value(p, f.MATERIALS, i) * materials * value(p, f.FROM_SITES, i)
        purchases = output * unit + fixed - from_sites

        # 6 Collections: of other sites only where nothing is cleared.
        owed_market = s[at(f.S_OWED_MARKET, i)] + invoice_market
        paid_market = owed_market / (1 + value(p, f.LATE_MARKET, i))
        lost = paid_market * value(p, f.BAD_DEBT, i)
        owed_state = s[at(f.S_OWED_STATE, i)] + invoice_state
        paid_state = owed_state / (1 + value(p, f.LATE_STATE, i))
        owed_movement = s[at(f.S_OWED_MOVEMENT, i)] + (movement + invoice_sites * (1 - apart))
        paid_movement = owed_movement / (1 + value(p, f.LATE_MOVEMENT, i))
        subsidy = select(here, value(p, f.SUBSIDY, i) * state, 0.0)
        opening_in = s[at(f.M_DUE_IN, i)]
        collected = paid_market - lost + paid_state + paid_movement + subsidy + opening_in

        # 11 Who comes to evict; what comes of it is seen when all know how many were called out.
        share = s[at(f.S_MOVEMENT_SALES, i)] / most(s[at(f.S_SALES, i)], TINY)
        hazard = value(p, f.EVICTION, i) * (1 - value(p, f.EMBEDDED_EFFECT, i) * share)
        comes = (value(p, f.EVICTION_COMES, i) > 0.5) & (now == value(p, f.SHOCK_MONTH, i))
        attempt = here & (s[at(f.S_SECURE, i)] < 0.5) & (comes | (luck[at(f.D_ATTEMPT, i)] < hazard))
        attempted = select(attempt, 1.0, 0.0)

        sales = s[at(f.S_SALES, i)]
        movement_sales = s[at(f.S_MOVEMENT_SALES, i)]
        s[at(f.S_SALES, i)] = sales + (invoiced - sales) / 12
        s[at(f.S_MOVEMENT_SALES, i)] = movement_sales + (movement - movement_sales) / 12
        s[at(f.S_PRICE, i)] = price
        s[at(f.S_MATERIALS, i)] = materials
        s[at(f.S_ENERGY, i)] = energy
        s[at(f.S_STATE, i)] = buys
        s[at(f.S_BANK, i)] = lends
        s[at(f.S_OWED_MARKET, i)] = owed_market - paid_market
        s[at(f.S_OWED_STATE, i)] = owed_state - paid_state
        s[at(f.S_OWED_MOVEMENT, i)] = owed_movement - paid_movement
        s[at(f.S_PAYABLE, i)] = s[at(f.S_PAYABLE, i)] + purchases
        s[at(f.S_PAYABLE_SITES, i)] = s[at(f.S_PAYABLE_SITES, i)] + from_sites
        s[at(f.S_OWED_SITES, i)] = s[at(f.S_OWED_SITES, i)] + invoice_sites * apart
        s[at(f.S_ABOVE_MARKET, i)] = above
        s[at(f.S_ATTEMPTS, i)] = s[at(f.S_ATTEMPTS, i)] + attempted
        s[at(f.M_ATTEMPT, i)] = attempted
        s[at(f.M_ORDERS, i)] = orders
        s[at(f.M_OUTPUT, i)] = output
        s[at(f.M_HANDS, i)] = hands
        s[at(f.M_KEEP, i)] = keep
        s[at(f.M_COLLECTED, i)] = collected
        s[at(f.M_FROM_STATE, i)] = paid_state + subsidy
        s[at(f.M_CREDIT_LEFT, i)] = credit_left
        s[at(f.M_BANK, i)] = bank
        s[at(f.M_SALES_SITES, i)] = invoice_sites * apart
        s[at(f.M_BOUGHT_SITES, i)] = from_sites
        s[at(f.M_PAID_SITES, i)] = 0.0
        s[at(f.M_GOT_SITES, i)] = 0.0


def owe(s: Any, p: Any, count: int) -> None:
    """Step 7: what is to be paid, and how much is asked of the fund. Payments between sites are known by now."""
    for i in lanes(count):
        running = s[at(f.S_OUTCOME, i)] != f.COLLAPSED
        payable = s[at(f.S_PAYABLE, i)]
        due = payable / (1 + value(p, f.LATE_SUPPLIERS, i))
        opening_out = s[at(f.M_DUE_OUT, i)]
        wages = select(running, s[at(f.S_MEMBERS, i)] * value(p, f.PAY, i), 0.0)
        hired_wages = select(running, s[at(f.S_HIRED, i)] * value(p, f.HIRED_PAY, i), 0.0)
        interest = (s[at(f.S_DEBT, i)] + s[at(f.S_CREDIT, i)]) * value(p, f.INTEREST, i)
        service = interest + least(s[at(f.S_DEBT, i)], value(p, f.INSTALMENT, i))
        collected = s[at(f.M_COLLECTED, i)] + s[at(f.M_GOT_SITES, i)]
        funds = s[at(f.S_CASH, i)] + collected - s[at(f.M_PAID_SITES, i)]
        need = due + opening_out + wages + hired_wages + service + s[at(f.M_KEEP, i)]
        short = most(need - funds, 0.0)
        asked = least(short, value(p, f.FUND_SHARE, i) * wages)
        s[at(f.S_PAYABLE, i)] = payable - due
        s[at(f.M_DUE, i)] = due + opening_out
        s[at(f.M_SHORT, i)] = short
        s[at(f.M_FUND_ASKED, i)] = asked
        s[at(f.M_COLLECTED, i)] = collected
        s[at(f.M_FUNDS, i)] = funds


def close(s: Any, p: Any, luck: Any, count: int) -> None:
    """Steps 8 to 12: what is done when cash is short, people, assembly, eviction, outcomes."""
    for i in lanes(count):
        outcome = s[at(f.S_OUTCOME, i)]
        away = s[at(f.S_AWAY, i)]
        running = outcome != f.COLLAPSED
        here = (away == 0) & running
        due = s[at(f.M_DUE, i)]
        keep = s[at(f.M_KEEP, i)]
        credit_left = s[at(f.M_CREDIT_LEFT, i)]
        funds = s[at(f.M_FUNDS, i)]
        members = s[at(f.S_MEMBERS, i)]
        hired = s[at(f.S_HIRED, i)]
        wages = select(running, members * value(p, f.PAY, i), 0.0)
        hired_wages = select(running, hired * value(p, f.HIRED_PAY, i), 0.0)
        debt = s[at(f.S_DEBT, i)]
        interest = (debt + s[at(f.S_CREDIT, i)]) * value(p, f.INTEREST, i)
        service = interest + least(debt, value(p, f.INSTALMENT, i))

        # 8 When cash is short.
        short = s[at(f.M_SHORT, i)]
        fund = s[at(f.S_FUND, i)]
        granted = least(s[at(f.M_FUND_ASKED, i)], fund)
        fund = fund + (value(p, f.FUND_INCOME, i) - granted)
        short = short - granted
        drawn = least(short, credit_left)
        credit = s[at(f.S_CREDIT, i)] + drawn
        short = short - drawn
        deferred = least(short, value(p, f.DEFER, i) * wages)
        short = short - deferred
        cut = least(short, hired_wages)
        short = short - cut
        debt_first = value(p, f.DEBT_FIRST, i) > 0.5
        skipped_first = select(debt_first, 0.0, least(short, service))
        eaten = least(short - skipped_first, keep)
        unpaid_wages = least(short - skipped_first - eaten, wages - deferred)
        skipped_last = least(short - eaten - unpaid_wages, service)
        skipped = select(debt_first, skipped_last, skipped_first)
        unpaid_inputs = most(short - skipped - eaten - unpaid_wages, 0.0)
        late = deferred + unpaid_wages
        arrears = s[at(f.S_ARREARS, i)] + late
        wages_paid = wages - late
        cash = funds + granted + drawn
        cash = cash - ((due - unpaid_inputs) + wages_paid + (hired_wages - cut) + (service - skipped))
        cash = most(cash, 0.0)
        spare = most(cash - keep - value(p, f.CUSHION, i), 0.0)
        back = least(arrears, spare)
        repaid = least(credit, spare - back)
        bonus = select(running, value(p, f.PAID_OUT, i) * (spare - back - repaid), 0.0)
        arrears = arrears - back
        credit = credit - repaid
        cash = cash - (back + repaid + bonus)
        owed_pay = wages > TINY
        pay_share = select(owed_pay, most(wages_paid, 0.0) / most(wages, TINY), 1.0)

        # 9 People.
        owed_months = select(owed_pay, arrears / most(wages, TINY), 0.0)
        leave = least(value(p, f.EXIT, i) + value(p, f.EXIT_ARREARS, i) * owed_months, 1.0)
        members = members - members * leave
        hired = hired - cut / value(p, f.HIRED_PAY, i)
        orders = s[at(f.M_ORDERS, i)]
        wish = least(orders, value(p, f.CAPACITY, i)) / most(value(p, f.WORK, i), TINY)
        gap = select(here & (late <= 0), most(wish - members - hired, 0.0), 0.0)
        members = members + value(p, f.ADMIT_MEMBERS, i) * gap
        hired = hired + value(p, f.ADMIT_HIRED, i) * gap
        hired = hired - least(most(members + hired - wish, 0.0), hired)
        hired = most(hired, 0.0)

        # 10 The assembly.
        per_member = hired / most(members, TINY)
        overload = least(most(orders / most(s[at(f.M_HANDS, i)], TINY) - 1, 0.0), 1.0)
        level = value(p, f.ATTENDANCE, i) - value(p, f.ATTENDANCE_ARREARS, i) * least(owed_months, 3.0)
        level = level - value(p, f.ATTENDANCE_HOURS, i) * overload
        level = level + (
            value(p, f.ATTENDANCE_EDUCATION, i) - value(p, f.ATTENDANCE_HIRED, i) * least(per_member, 1.0)
        )
        attendance = s[at(f.S_ATTENDANCE, i)]
        level = least(most(level, 0.0), 1.0)
        attendance = attendance + value(p, f.ATTENDANCE_SPEED, i) * (level - attendance)
        there = attendance + value(p, f.ATTENDANCE_NOISE, i) * (2 * luck[at(f.D_QUORUM, i)] - 1)
        met = there >= value(p, f.QUORUM, i)
        missed = select(met, 0.0, s[at(f.S_MISSED, i)] + 1)
        rotated = s[at(f.S_ROTATED, i)] + 1
        rotated = select(met & (rotated >= value(p, f.ROTATE_EVERY, i)), 0.0, rotated)

        # 11 Eviction.
        wins = luck[at(f.D_LEGAL, i)] < value(p, f.LEGAL_WIN, i)
        secure = select(wins, 1.0, s[at(f.S_SECURE, i)])
        at_once = s[at(f.M_AT_ONCE, i)]
        success = select(at_once > 1.5, value(p, f.SUCCESS_2, i), value(p, f.SUCCESS_1, i))
        success = select(at_once > 2.5, value(p, f.SUCCESS_3, i), success)
        success = select(at_once > 3.5, value(p, f.SUCCESS_4, i), success)
        lucky = luck[at(f.D_SUCCESS, i)]
        returned = select(lucky < value(p, f.RETURN, i), 0.0, away + 1)
        put_out = select((s[at(f.M_ATTEMPT, i)] > 0.5) & (lucky < success), 1.0, 0.0)
        away = select(away > 0, returned, put_out)

        # 12 Outcomes.
        from_state = s[at(f.S_FROM_STATE, i)]
        receipts = s[at(f.S_RECEIPTS, i)]
        from_state = from_state + (s[at(f.M_FROM_STATE, i)] - from_state) / 6
        receipts = receipts + (s[at(f.M_COLLECTED, i)] + granted - receipts) / 6
        most_state = from_state > value(p, f.T_STATE, i) * receipts
        imposed = (luck[at(f.D_CONDITION, i)] < value(p, f.CONDITION_HAZARD, i)) & most_state
        condition = select(imposed, 1.0, s[at(f.S_CONDITION, i)])
        held = most_state & (condition > 0.5)
        capture_run = select(held, s[at(f.S_CAPTURE_RUN, i)] + 1, 0.0)
        reach = cash + most(value(p, f.CREDIT_LIMIT, i) - credit, 0.0) * s[at(f.M_BANK, i)]
        reach = reach + least(fund, value(p, f.FUND_SHARE, i) * wages)
        low = (s[at(f.M_OUTPUT, i)] < value(p, f.T_OUTPUT, i)) | (pay_share < value(p, f.T_WAGES, i))
        bad = select(low & (reach < value(p, f.T_REACH, i)), 1.0, 0.0)
        over = select(hired > value(p, f.T_HIRED, i) * members, 1.0, 0.0)
        bad_months = s[at(f.S_BAD, i)] + (bad - s[at(f.M_BAD, i)])
        over_months = s[at(f.S_HIRED_MONTHS, i)] + (over - s[at(f.M_OVER, i)])
        lost = (missed >= value(p, f.T_QUORUM, i)) | (rotated >= value(p, f.T_ROTATION, i))
        lost = lost | (value(p, f.PAY_RATIO_OVER, i) > 0.5)
        falls = (
            (bad_months >= value(p, f.T_BAD_MONTHS, i)) | (away > value(p, f.T_AWAY, i)) | (outcome == f.COLLAPSED)
        )
        movement = s[at(f.S_MOVEMENT_SALES, i)] < value(p, f.T_MOVEMENT, i) * s[at(f.S_SALES, i)]
        exposed = movement & (value(p, f.ALLIANCE, i) < 0.5)
        result = select(exposed, float(f.EXPOSED), float(f.EMBEDDED))
        result = select(capture_run >= value(p, f.T_STATE_MONTHS, i), float(f.CAPTURED), result)
        degenerated = (over_months >= value(p, f.T_HIRED_MONTHS, i)) & lost
        result = select(degenerated, float(f.DEGENERATED), result)
        result = select(falls, float(f.COLLAPSED), result)
        deferrals = s[at(f.S_DEFERRALS, i)] + select(deferred > 0, 1.0, 0.0)

        s[at(f.M_BAD, i)] = bad
        s[at(f.M_OVER, i)] = over
        s[at(f.S_BAD, i)] = bad_months
        s[at(f.S_HIRED_MONTHS, i)] = over_months
        s[at(f.S_OUTCOME, i)] = result
        s[at(f.S_CASH, i)] = cash
        s[at(f.S_CREDIT, i)] = credit
        s[at(f.S_FUND, i)] = fund
        s[at(f.S_FROM_FUND, i)] = s[at(f.S_FROM_FUND, i)] + granted
        s[at(f.S_DEFERRALS, i)] = deferrals
        s[at(f.S_ARREARS, i)] = arrears
        s[at(f.S_PAYABLE, i)] = s[at(f.S_PAYABLE, i)] + unpaid_inputs
        s[at(f.S_DEBT, i)] = debt + (interest - (service - skipped))
        s[at(f.S_MEMBERS, i)] = select(falls, 0.0, members)
        s[at(f.S_HIRED, i)] = select(falls, 0.0, hired)
        s[at(f.S_ATTENDANCE, i)] = attendance
        s[at(f.S_MISSED, i)] = missed
        s[at(f.S_ROTATED, i)] = rotated
        s[at(f.S_SECURE, i)] = secure
        s[at(f.S_AWAY, i)] = away
        s[at(f.S_FROM_STATE, i)] = from_state
        s[at(f.S_RECEIPTS, i)] = receipts
        s[at(f.S_CONDITION, i)] = condition
        s[at(f.S_CAPTURE_RUN, i)] = capture_run
        s[at(f.M_PAY_SHARE, i)] = pay_share


def record(s: Any, outcome: Any, cash: Any, pay: Any, people: Any, count: int) -> None:
    """Write down what is kept of a month: lanes of the month's row of each table."""
    for i in lanes(count):
        outcome[i] = s[at(f.S_OUTCOME, i)]
        cash[i] = s[at(f.S_CASH, i)]
        pay[i] = s[at(f.M_PAY_SHARE, i)] * select(s[at(f.S_OUTCOME, i)] == f.COLLAPSED, 0.0, 1.0)
        people[i] = s[at(f.S_MEMBERS, i)] + s[at(f.S_HIRED, i)]
