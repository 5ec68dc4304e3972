"""What counts can teach: intervals that hold what they say they hold."""

import numpy as np
import pytest

from solidaria.core.watch import fields as f
from solidaria.core.watch import rules
from solidaria.core.watch.calibrate import fit_chance, percent_known
from solidaria.core.watch.parameters import parameters
from tests.watch.made import worked

#: What is drawn before each repeat: chance -> the two numbers of its beta distribution.
BEFORE = {f.EVICTION: (2, 60), f.STATE_OFF: (2, 40), f.CREDIT_OFF: (2, 40)}


def test_how_much_events_teach():
    """384 events: ± 10 %; 96: ± 20 %; 43: ± 30 %; six: ± 80 %."""
    assert [round(percent_known(events)) for events in (384, 96, 43, 6)] == [10, 20, 30, 80]
    with pytest.raises(ValueError, match="event"):
        percent_known(0)


def test_an_interval_from_counts_has_its_known_ends():
    """Nothing in n months, any chance as likely before: the ends are 1 - 0.95^(1/(n+1)) and 1 - 0.05^(1/(n+1))."""
    for months in (1, 10, 300):
        fit = fit_chance(0, months, before=(1, 1))
        assert fit.chance == pytest.approx(1 / (months + 2))
        assert fit.low == pytest.approx(1 - 0.95 ** (1 / (months + 1)))
        assert fit.high == pytest.approx(1 - 0.05 ** (1 / (months + 1)))
    with pytest.raises(ValueError, match="more happened"):
        fit_chance(3, 2)


def observed(p, months, sites, seed):
    """Simulate books, and count what they show: event -> (months in which it happened, months at risk)."""
    s, luck = np.zeros((f.STATE, sites)), np.empty((f.DRAWS, sites))
    keys, runs = np.arange(sites, dtype=np.uint64), np.zeros(sites, np.uint64)
    rules.begin(s, p, sites)
    found = {chance: [0, 0] for chance in BEFORE}
    for now in range(months):
        rules.draw(luck, runs, keys, np.uint64(seed), np.uint64(now), sites)
        rules.fetch(s, p, now, sites)
        at_risk = (s[f.S_AWAY] == 0) & (s[f.S_OUTCOME] != f.COLLAPSED) & (s[f.S_SECURE] < 0.5)
        buys, lends = s[f.S_STATE] > 0.5, s[f.S_BANK] > 0.5
        rules.work(s, p, luck, now, 0.0, sites)
        rules.owe(s, p, sites)
        rules.close(s, p, luck, sites)
        rules.store(s, now, sites)
        for chance, risk, event in (
            (f.EVICTION, at_risk, s[f.M_ATTEMPT] > 0.5),
            (f.STATE_OFF, buys, buys & (s[f.S_STATE] < 0.5)),
            (f.CREDIT_OFF, lends, lends & (s[f.S_BANK] < 0.5)),
        ):
            found[chance][0] += int(event.sum())
            found[chance][1] += int(risk.sum())
    return found


@pytest.mark.slow
def test_intervals_refitted_to_simulated_books_hold_what_was_drawn():
    """Simulation-based calibration: draw a chance, simulate books of 300 sites × 36 months, refit; 200 times.

    90 % intervals must hold the chance that was drawn in 86 to 94 % of the repeats.
    Source: Cook, Gelman and Rubin 2006; Talts and others 2018.
    """
    repeats = 200
    draws = np.random.default_rng(7)
    held = dict.fromkeys(BEFORE, 0)
    p = parameters(worked("books-zanon-2003")).copy()
    for repeat in range(repeats):
        truth = {chance: draws.beta(*ends) for chance, ends in BEFORE.items()}
        for chance, number in truth.items():
            p[chance] = number
        for chance, (events, at_risk) in observed(p, 36, 300, repeat).items():
            fit = fit_chance(events, at_risk, before=BEFORE[chance])
            held[chance] += fit.low <= truth[chance] <= fit.high
    assert all(0.86 <= count / repeats <= 0.94 for count in held.values()), held
