"""Money is neither made nor lost by a step: every account is followed month by month."""

import numpy as np
import pytest

from solidaria.core.watch import fields as f
from solidaria.core.watch import month, rules
from tests.watch.made import numbers

TOLERANCE = 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_money_created_by_a_month_is_zero(seed):
    """What the site is worth changes by what it earned and spent, and by nothing else."""
    p = numbers(seed).tolist()
    for run in range(3):
        site = month.begin(p)
        for now in range(36):
            before = worth(site)
            flows = month.month(site, p, month.luck_of(2, run, 0, now), now)
            earned = flows.invoiced + flows.subsidy + flows.fund + flows.opening_in - flows.lost
            spent = flows.purchases + flows.wages + flows.hired_wages + flows.interest + flows.bonus
            spent += flows.opening_out
            assert abs(worth(site) - before - earned + spent) < TOLERANCE


def worth(site):
    """Cash and what is owed to the site, less what it owes to suppliers, lenders and members."""
    owed = site.cash + site.owed_market + site.owed_state + site.owed_movement
    return owed - site.payable - site.debt - site.credit - site.arrears


@pytest.mark.parametrize("seed", range(40))
def test_wages_owed_are_paid_or_become_arrears(seed):
    """Members' pay of a month = paid on time + owed to them; nothing else touches what they are owed but paying it."""
    p = numbers(seed).tolist()
    site = month.begin(p)
    for now in range(36):
        before, cash = site.arrears, site.cash
        flows = month.month(site, p, month.luck_of(4, 0, 0, now), now)
        late = flows.wages - flows.wages_paid
        assert late >= -TOLERANCE
        paid_back = before + late - site.arrears
        assert paid_back >= -TOLERANCE
        assert cash >= 0 and site.cash >= 0
        assert flows.deferred <= late + TOLERANCE


@pytest.mark.parametrize("seed", range(40))
def test_the_fund_never_pays_more_than_it_has(seed):
    """And what it pays is counted."""
    p = numbers(seed).tolist()
    site = month.begin(p)
    paid = 0.0
    for now in range(36):
        flows = month.month(site, p, month.luck_of(4, 1, 0, now), now)
        paid += flows.fund
        assert site.fund >= -TOLERANCE
        assert abs(p[f.FUND_BALANCE] + (now + 1) * p[f.FUND_INCOME] - paid - site.fund) < TOLERANCE
    assert site.from_fund == pytest.approx(paid)


def test_credit_stays_within_its_limit_and_output_within_all_its_limits():
    for seed in range(40):
        p = numbers(seed).tolist()
        site = month.begin(p)
        for now in range(36):
            hands = (site.members + site.hired) * p[f.WORK]
            flows = month.month(site, p, month.luck_of(6, 0, 0, now), now)
            assert site.credit <= p[f.CREDIT_LIMIT] + TOLERANCE
            assert flows.output <= min(flows.orders, hands, p[f.CAPACITY]) + TOLERANCE


def test_the_fast_engine_keeps_the_accounts_too():
    """The same, lane by lane, from the state of the fast engine: 256 runs of twelve sites, 24 months.

    Whatever cash there was and came in is there at the end, or was paid: to suppliers and lenders (what was due less what
    still is), to members (their pay less what they are still owed), to hired people, or to members on top.
    """
    count = 256
    runs, sites = np.arange(count, dtype=np.uint64), np.zeros(count, np.uint64)
    for seed in range(12):
        p = numbers(seed)
        s, luck = np.zeros((f.STATE, count)), np.empty((f.DRAWS, count))
        rules.begin(s, p, count)
        for now in range(24):
            rules.draw(luck, runs, sites, np.uint64(3), np.uint64(now), count)
            given, arrears, start = s[f.S_FROM_FUND].copy(), s[f.S_ARREARS].copy(), s[f.S_CASH].copy()
            members, hired = s[f.S_MEMBERS].copy(), s[f.S_HIRED].copy()
            running = s[f.S_OUTCOME] != f.COLLAPSED
            interest = (s[f.S_DEBT] + s[f.S_CREDIT]) * p[f.INTEREST]
            rules.fetch(s, p, now, count)
            rules.work(s, p, luck, now, 0.0, count)
            rules.owe(s, p, count)
            owed = s[f.S_DEBT] + s[f.S_CREDIT] + s[f.S_PAYABLE] + s[f.M_DUE]
            rules.close(s, p, luck, count)
            rules.store(s, now, count)
            came = start + s[f.M_COLLECTED] + s[f.S_FROM_FUND] - given
            still = s[f.S_DEBT] + s[f.S_CREDIT] + s[f.S_PAYABLE]
            wages = np.where(running, members * p[f.PAY], 0.0)
            left = came - (owed + interest - still) - (wages - (s[f.S_ARREARS] - arrears)) - s[f.S_CASH]
            assert np.all(left > -TOLERANCE)
            if p[f.PAID_OUT] == 0:
                assert np.all(left <= np.where(running, hired * p[f.HIRED_PAY], 0.0) + TOLERANCE)
