"""Make the plan: choose reopenings, raise needs fairly, pursue the other aims, say why and prove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from solidaria.core.network import Need, Network, Promise
from solidaria.core.plan import aims, certificate, proof, quantities, supply
from solidaria.core.plan.explain import Explainer, Explanations
from solidaria.core.plan.leximin import VERY_LARGE, Round, least_when_eased, raise_fairly
from solidaria.core.plan.model import build
from solidaria.core.plan.refusals import Refusal
from solidaria.core.plan.reopen import Choice, choose
from solidaria.core.plan.solve import Solver
from solidaria.core.problem import Sentence, say
from solidaria.core.result import (
    Certificate,
    Coverage,
    Plan,
    PromiseKept,
    Shortfall,
    SlackOffer,
)

#: The slack whose worth the report always says.
HALF_A_PERCENT = 0.005

AIMS = {
    "jobs": say("Sharing out the work …"),
    "outside": say("Spending as little as possible outside …"),
    "labour": say("Using as few hours as possible …"),
}


def plan(
    network: Network,
    refusals: tuple[Refusal, ...] = (),
    progress: Callable[[Sentence], None] = lambda sentence: None,
) -> Plan:
    """Plan a network by the order of aims: promises, needs tier by tier, then jobs, outside money and labour.

    refusals   lines that sites refuse, as further limits
    progress   hears what is being done

    Equal input gives the same plan, whatever the order of rows. There is always a plan: doing nothing is one.
    """
    progress(say("Writing out the limits …"))
    model = build(network, refusals)
    solver = Solver(model)
    slack = float(network.rules.slack)
    progress(say("Sharing out what can be made, the most essential needs first …"))
    choice = choose(solver, slack, lambda done, most: progress(_choices(done, most)))
    rounds = choice.fair.rounds
    reached = aims.pursue(
        solver,
        choice.fair.bounds,
        choice.opening,
        slack,
        network.rules.objectives,
        lambda aim: progress(AIMS[aim]),
    )
    solution = aims.least_transport(solver, reached) if network.routes is not None else reached.solution
    found = quantities.read(model, solution.columns, choice.opening.paid)

    end = aims.come_to_rest(solver, reached)
    progress(say("Looking at what half a percent of slack would give …"))
    offers = slack_offers(solver, choice)
    explainer = Explainer(solver, choice, found.shares, slack, refusals, progress, end)
    explanations = explainer.explain()

    made = Plan(
        network=network,
        status="optimal" if choice.exact else "bounded",
        coverage=_coverage(network, found),
        production=found.production,
        outside=found.outside,
        stocks=found.stocks,
        promises=_promises(network, found, explanations),
        reopened=found.reopened,
        shipments=found.shipments,
        shortfalls=_shortfalls(network, found, explanations),
        supplies=supply.supplies(network, found),
        slack=offers,
        certificate=Certificate(0.0, proof.tiers(model, rounds)),
    )
    progress(say("Checking every limit and every proof again, without the solver …"))
    return _with_proof(made, refusals)


def _choices(done: int, most: int) -> Sentence:
    done = min(done, most)
    return say("Comparing which closed sites to reopen: {done} of at most {most} …", done=done, most=most)


def slack_offers(solver: Solver, choice: Choice) -> tuple[SlackOffer, ...]:
    """What half a percent of slack would give the least covered need of each later tier."""
    model = solver.model
    later = model.tiers[1:]
    if not later:
        return ()
    now = _least(choice.fair.rounds)
    # Only the least covered need counts, so the last tier needs one round only.
    start = choice.opening.bounds(model)
    if model.columns >= VERY_LARGE:
        held = choice.fair.rounds
        shares = {tier: least_when_eased(solver, start, held, tier, HALF_A_PERCENT) for tier in later}
        return tuple(SlackOffer(tier, now[tier], shares[tier]) for tier in later)
    eased = raise_fairly(
        solver, start, HALF_A_PERCENT, until=lambda found: found.tier == later[-1], guess=choice.fair.shares(model)
    )
    then = _least(eased.rounds)
    return tuple(SlackOffer(tier, now[tier], then[tier]) for tier in later)


def _least(rounds: tuple[Round, ...]) -> dict[int, float]:
    """The share of the least covered need of each tier: of its first round."""
    least: dict[int, float] = {}
    for found in rounds:
        least.setdefault(found.tier, found.share)
    return least


def _coverage(network: Network, found: quantities.Quantities) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(
            need.id,
            need.organisation,
            need.product,
            need.period,
            need.tier,
            need.quantity,
            found.delivered[need],
            float(found.delivered[need] / need.quantity),
        )
        for need in network.needs
    )


def _promises(
    network: Network, found: quantities.Quantities, explanations: Explanations
) -> tuple[PromiseKept, ...]:
    return tuple(
        PromiseKept(
            promise.site,
            promise.organisation,
            promise.product,
            promise.period,
            promise.quantity,
            found.delivered[promise],
            explanations.get(promise, ()) if _missing(found, promise) else (),
        )
        for promise in network.promises
    )


def _shortfalls(
    network: Network, found: quantities.Quantities, explanations: Explanations
) -> tuple[Shortfall, ...]:
    return tuple(
        Shortfall(need.id, _missing(found, need), explanations.get(need, ()))
        for need in network.needs
        if _missing(found, need)
    )


def _missing(found: quantities.Quantities, member: Need | Promise) -> Decimal:
    return quantities.plain(max(Decimal(0), member.quantity - found.delivered[member]))


def _with_proof(made: Plan, refusals: tuple[Refusal, ...]) -> Plan:
    """The plan with the bounds and the largest violation that the checker finds.

    It is called optimal only when every level is proved to the tolerance; otherwise the bounds say how far.
    """
    check = certificate.check(made.network, made, refusals)
    bounds = iter(check.levels)
    tiers = tuple(
        replace(tier, levels=tuple(replace(level, bound=next(bounds).bound) for level in tier.levels))
        for tier in made.certificate.tiers
    )
    proved = all(level.bound - level.share <= certificate.TOLERANCE for tier in tiers for level in tier.levels)
    status = made.status if proved else "bounded"
    return replace(made, status=status, certificate=Certificate(check.max_violation, tiers))
