"""The planner against a naive one written from the text of the rules alone: one solve per need, no warm starts."""

import pytest

from solidaria.core.network import Network
from solidaria.core.plan import plan
from solidaria.core.plan.certificate import check
from solidaria.core.result import Plan
from tests.networks import seeded_network
from tests.reference.planner import half_percent, promise_key, reference_plan

COVERAGE = 2e-5


def _money(made: Plan) -> float:
    rows = (*made.outside, *made.shipments, *made.reopened)
    return float(sum(row.money for row in rows))


def _agree(network: Network) -> None:
    made, naive = plan(network), reference_plan(network)
    assert check(network, made).findings == ()
    assert [row.site for row in made.reopened] == sorted(naive.reopened)
    for row in made.coverage:
        assert row.share == pytest.approx(naive.coverage[row.need], abs=COVERAGE), row
    for kept in made.promises:
        key = next(
            promise_key(promise)
            for promise in network.promises
            if promise.key == (kept.site, kept.organisation, kept.product, kept.period)
        )
        assert float(kept.delivered / kept.quantity) == pytest.approx(naive.coverage[key], abs=COVERAGE), kept
    # Money is rounded to whole units of some currencies, once in each row.
    rounding = 0.51 * (len(made.outside) + len(made.shipments) + 1)
    assert _money(made) == pytest.approx(naive.outside, rel=1e-4, abs=rounding)
    if network.rules.objectives[-1] == "labour":
        hours = float(sum(row.hours for row in made.production))
        assert hours == pytest.approx(naive.labour, rel=1e-4, abs=1e-4)
    for offer, (tier, (now, then)) in zip(made.slack, half_percent(network, naive).items(), strict=True):
        assert offer.tier == tier
        assert offer.least_now == pytest.approx(now, abs=COVERAGE)
        assert offer.least_at_half_percent == pytest.approx(then, abs=COVERAGE)


@pytest.mark.parametrize("seed", range(60))
def test_the_planner_and_a_naive_one_agree(seed: int):
    _agree(seeded_network(seed, slack=False))


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(6))
def test_the_planner_and_a_naive_one_agree_on_hundreds_of_networks(hundred: int):
    gave_up = 0
    for seed in range(5_000 + 100 * hundred, 5_100 + 100 * hundred):
        try:
            _agree(seeded_network(seed, slack=False))
        except ArithmeticError:
            # The naive planner holds levels by bare bounds, which its solver now and then finds impossible.
            gave_up += 1
    assert gave_up <= 2
