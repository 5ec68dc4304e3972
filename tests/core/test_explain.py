"""Every "with so much more, so much more would be met" is true: found again by the naive planner."""

import pytest

from solidaria.core.network import Network
from solidaria.core.plan import plan
from solidaria.core.plan.explain import round_up
from solidaria.core.result import Limit, Plan, Reason
from tests.networks import seeded_network
from tests.reference.planner import reference_plan


def _raised(limit: Limit, network: Network) -> tuple[str, ...] | None:
    """How the naive planner names a limit that can be raised; None for the others."""
    if limit.kind in ("equipment", "labour"):
        return (limit.kind, str(limit.where), str(limit.period))
    if limit.kind == "outside budget":
        return ("budget", str(limit.period or network.periods[0].id))
    if limit.kind == "input" and network.routes is None and limit.extra is not None:
        return ("input", str(limit.where), network.periods[0].id)
    return None


def _check(network: Network, made: Plan, need: str, reason: Reason) -> bool:
    limits = [reason.limit, *([reason.other] if reason.other else [])]
    keys = [_raised(limit, network) for limit in limits]
    if reason.would_meet is None or None in keys:
        return False
    raised = {key: float(limit.extra or 0) for key, limit in zip(keys, limits, strict=True) if key}
    row = next(row for row in made.coverage if row.need == need)
    again = reference_plan(network, raised=raised)
    gain = (again.coverage[need] - row.share) * float(row.needed)
    assert gain == pytest.approx(float(reason.would_meet), abs=1e-4 * max(1.0, float(row.needed))), reason
    return True


def _checked(seeds: range) -> int:
    checked = 0
    for seed in seeds:
        network = seeded_network(seed, slack=False)
        made = plan(network)
        for shortfall in made.shortfalls:
            assert shortfall.because, shortfall
            checked += sum(_check(network, made, shortfall.need, reason) for reason in shortfall.because)
    return checked


def test_what_a_raised_limit_would_meet_is_what_the_whole_plan_made_again_meets():
    assert _checked(range(25)) > 40


@pytest.mark.slow
def test_what_a_raised_limit_would_meet_is_true_in_hundreds_of_networks():
    assert _checked(range(1_000, 1_300)) > 500


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [(11.2, "12"), (12.0, "12"), (12.0000000001, "12"), (0.0123, "0.013"), (1349, "1400"), (0, "0.000001")],
)
def test_an_amount_is_rounded_up_to_two_digits(amount: float, rounded: str):
    assert str(round_up(amount)) == rounded
