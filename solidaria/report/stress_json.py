"""A stress test as one JSON object; docs/stress.md describes its keys."""

from __future__ import annotations

import json
from collections.abc import Mapping

from solidaria.core.watch.answer import Answer, Effect
from solidaria.core.watch.books import sold_to
from solidaria.core.watch.fields import OUTCOMES
from solidaria.core.watch.outcomes import FAN, Estimate, Table
from solidaria.report.language import Language
from solidaria.report.stress import LIMITS, PRIVATE

Json = object


def stress_json(answer: Answer, language: Language) -> str:
    """The answer as JSON, ending in a line break. Shares and money are numbers rounded to six digits after the point."""
    books, settings, base = answer.books, answer.settings, answer.base
    whole: dict[str, Json] = {
        "private": language.text(PRIVATE),
        "site": books.name,
        "currency": books.currency,
        "starts": None if books.starts is None else books.starts.isoformat(),
        "months": settings.months,
        "runs": settings.runs,
        "seed": settings.seed,
        "outcomes": list(OUTCOMES),
        "sold_to": {payer: round(float(part), 6) for payer, part in sold_to(books).items()},
        "worker_run": _estimate(base.worker_run),
        "mean_pay": _estimate(base.mean_pay),
        "jobs": _estimate(base.jobs),
        "at": {str(month): _shares(shares) for month, shares in base.at.items()},
        "by_month": _table(base.occupation),
        "incidence": {"outcomes": list(OUTCOMES[:3]), "by_month": _table(base.incidence)},
        "cash": {"levels": list(FAN), "by_month": _table(base.cash)},
        "pay": {"levels": list(FAN), "by_month": _table(base.pay)},
        "people": {"levels": list(FAN), "by_month": _table(base.people)},
        "shocks": [_effect(effect) for effect in answer.shocks],
        "levers": [
            {
                **_effect(one.effect),
                "payer": one.payer,
                "cost_per_month": _estimate(one.month),
                "cost_per_union_member": _rounded(one.per_member),
                "cost_per_union_member_per_job_kept": None if one.per_member_job is None else one.per_member_job,
                "under": {shock: _estimate(estimate) for shock, estimate in one.under.items()},
            }
            for one in answer.levers
        ],
        "cliffs": [
            {"figure": one.figure, "at": None if one.at is None else float(one.at), "most_tried": float(one.most)}
            for one in answer.cliffs
        ],
        "way_back": None
        if answer.way_back is None
        else {
            "per_month": _rounded(answer.way_back.month),
            "per_union_member": _rounded(answer.way_back.per_member),
        },
        "inputs": [
            {
                "figure": one.figure,
                "value": str(one.value.value),
                "low": str(one.value.low),
                "high": str(one.value.high),
                "basis": one.value.basis,
                "worker_run_at_low": _estimate(one.at_low),
                "worker_run_at_high": _estimate(one.at_high),
                "moves": _estimate(one.move),
            }
            for one in answer.inputs
        ],
        "figures": {
            name: {"value": str(value.value), "basis": value.basis, "source": value.source}
            for name, value in sorted(books.figures.items())
        },
        "limits": [language.text(limit) for limit in LIMITS],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _estimate(estimate: Estimate) -> dict[str, Json]:
    return {"value": _rounded(estimate.value), "low": _rounded(estimate.low), "high": _rounded(estimate.high)}


def _shares(shares: Mapping[str, Estimate]) -> dict[str, Json]:
    return {name: _estimate(estimate) for name, estimate in shares.items()}


def _table(table: Table) -> list[list[float]]:
    return [[round(float(value), 6) for value in row] for row in table]


def _effect(effect: Effect) -> dict[str, Json]:
    return {
        "name": effect.name,
        "worker_run": _estimate(effect.worker_run),
        "at_the_end": _shares(effect.outcomes),
        "more_worker_run": _estimate(effect.more_worker_run),
        "more_jobs": _estimate(effect.more_jobs),
        "more_pay": _estimate(effect.more_pay),
    }
