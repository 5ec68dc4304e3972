"""The stress test of many sites together, for a terminal and as JSON. Nothing in it is about one site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from solidaria.core.problem import say
from solidaria.core.watch.outcomes import FAN, Estimate, Table
from solidaria.core.watch.together import Together
from solidaria.report.language import Language
from solidaria.report.stress import LIMITS, OUTCOME_WORDS, Line
from solidaria.report.stress_text import heading, item, table, wrapped

PRIVATE = say("Private: this answer belongs to the assemblies of these sites. It names none of them, on purpose.")


def together_text(name: str, answer: Together, language: Language) -> str:
    """The answer as text."""
    return "\n".join(_lines(name, answer, language)) + "\n"


def _lines(name: str, answer: Together, language: Language) -> Iterator[str]:
    text = language.text
    yield name
    yield "=" * min(len(name), 80)
    yield from wrapped(
        text(
            say(
                "{sites} sites with {people} members, {months} months, {runs} runs, seed {seed}",
                sites=answer.sites,
                people=answer.people,
                months=answer.months,
                runs=answer.runs,
                seed=str(answer.seed),
            )
        )
    )
    yield ""
    yield from wrapped(text(PRIVATE))
    yield ""
    yield from heading(text(say("Sites in each outcome, on average")))
    head = tuple(text(say("month {number}", number=month)) for month in answer.at)
    rows = [
        Line(text(words), tuple(_shown(shares[outcome], language) for shares in answer.at.values()))
        for outcome, words in OUTCOME_WORDS.items()
    ]
    yield from table([Line("", head), *rows])
    last = [language.number(round(float(value))) for value in answer.fan[-1]]
    yield from wrapped(
        text(
            say(
                "At the end, in 90 of 100 runs between {low} and {high} sites are worker-run; half of the runs have fewer "
                "than {middle}.",
                low=last[0],
                high=last[4],
                middle=last[2],
            )
        )
    )
    yield from wrapped(
        text(
            say(
                "Attempts to evict: {evictions} in all. Money between sites that fell due and was not paid: {unpaid}.",
                evictions=language.number(round(answer.evictions.value)),
                unpaid=language.money(Decimal(round(answer.unpaid.value)), extra=-language.decimals),
            )
        )
    )
    if answer.fund is not None:
        low, middle = (Decimal(round(float(answer.fund[-1, level]))) for level in (0, 2))
        yield from wrapped(
            text(
                say(
                    "The common fund ends with {middle} in the middle run, and with less than {low} in one of twenty.",
                    middle=language.money(middle, extra=-language.decimals),
                    low=language.money(low, extra=-language.decimals),
                )
            )
        )
    yield ""
    yield from heading(text(say("What this cannot say")))
    for limit in LIMITS:
        yield from item(text(limit))


def _shown(estimate: Estimate, language: Language) -> str:
    return language.number(Decimal(repr(round(estimate.value, 1))), decimals=1)


def together_json(name: str, answer: Together, language: Language) -> str:
    """The answer as JSON, ending in a line break."""
    whole = {
        "private": language.text(PRIVATE),
        "network": name,
        "currency": language.currency,
        "sites": answer.sites,
        "months": answer.months,
        "runs": answer.runs,
        "seed": answer.seed,
        "at": {
            str(month): {outcome: _estimate(one) for outcome, one in shares.items()}
            for month, shares in answer.at.items()
        },
        "worker_run": {"levels": list(FAN), "by_month": _table(answer.fan)},
        "fund": None if answer.fund is None else {"levels": list(FAN), "by_month": _table(answer.fund)},
        "evictions": _estimate(answer.evictions),
        "unpaid": _estimate(answer.unpaid),
        "limits": [language.text(limit) for limit in LIMITS],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {
        "value": round(estimate.value, 6),
        "low": round(estimate.low, 6),
        "high": round(estimate.high, 6),
    }


def _table(values: Table) -> list[list[float]]:
    return [[round(float(value), 6) for value in row] for row in values]
