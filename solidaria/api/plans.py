"""Rounds and plans, for programs: open, ask, refuse, choose, and the whole result as JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.responses import Status

from solidaria.actions import plan as actions
from solidaria.actions import visible
from solidaria.actions.acting import refused
from solidaria.api import shapes, shown
from solidaria.api.answers import detail, doer, found, language_of, paged, reader, reads, writes
from solidaria.api.named import Names
from solidaria.api.networks import tables_shown
from solidaria.core.problem import say
from solidaria.records.gather import left_out
from solidaria.records.models import LineRefused, Organisation, Recipe, Round, Variant
from solidaria.records.results import result_of, tables_planned
from solidaria.report.json import to_json
from solidaria.report.language import LANGUAGES

router = Router(tags=["plan"])


# --- rounds ---


@router.get("/networks/{code}/rounds", **reads(shapes.Page[shapes.Round]))
def rounds(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The rounds of a network, the latest first."""
    one, _ = found(visible.network_seen(reader(request), code))
    rows = Round.objects.filter(network=one).select_related("network").order_by("-opened", "-pk")
    return paged(rows, paging.page, paging.size, shown.round)


@router.post("/networks/{code}/rounds", **writes("open_round", shapes.Round, made=True))
def open_round(request: HttpRequest, code: str, given: shapes.OpenRound) -> Status[shapes.Round]:
    """Open a round; one round of a network is open at a time."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    periods = [
        {
            "period": row.period,
            "starts": row.starts.isoformat() if row.starts else "",
            "ends": row.ends.isoformat() if row.ends else "",
        }
        for row in given.periods
    ]
    return Status(201, shown.round(actions.open_round(who, one, name=given.name, periods=periods)))


@router.get("/rounds/{int:number}", **reads(shapes.RoundInside))
def round(request: HttpRequest, number: int) -> shapes.RoundInside:
    """A round with its plans, its refusals, and how many needs it leaves out and why."""
    row, one, _ = found(visible.round_seen(reader(request), number))
    plans = Variant.objects.filter(round=row).defer("tables", "result").order_by("pk")
    refusals = LineRefused.objects.filter(round=row).select_related("organisation", "recipe").order_by("pk")
    return shown.round_inside(row, list(plans), list(refusals), left_out(one, row), language_of(request))


@router.post("/rounds/{int:number}/close", **writes("close_round", shapes.Round))
def close_round(request: HttpRequest, number: int) -> shapes.Round:
    """Nothing more is planned in it; everything in it stays readable."""
    who = doer(request)
    row, _, _ = found(visible.round_seen(who, number))
    return shown.round(actions.close_round(who, row))


@router.post("/rounds/{int:number}/choose", **writes("choose_variant", shapes.Round))
def choose_variant(request: HttpRequest, number: int, given: shapes.Choose) -> shapes.Round:
    """The plan that goes to the assemblies."""
    who = doer(request)
    row, _, _ = found(visible.round_seen(who, number))
    variant = Variant.objects.filter(round=row, pk=given.plan).defer("tables", "result").first()
    if variant is None:
        raise refused("plan", say("This plan is not ready."), say("Choose a plan of this round that is done."))
    return shown.round(actions.choose_variant(who, row, variant=variant))


# --- refusals ---


def _own(who: Any, code: str, names: Names, column: str = "organisation") -> Organisation | None:
    seen = visible.organisation_seen(who, code)
    # One that is not the person's is answered as one that is not there.
    return seen[0] if seen is not None else names.row(Organisation.objects.none(), code, column)


@router.post("/rounds/{int:number}/refusals", **writes("refuse_line", shapes.LineRefused, made=True))
def refuse_line(request: HttpRequest, number: int, given: shapes.RefuseLine) -> Status[shapes.LineRefused]:
    """Refuse a recipe of one's own site beyond so many runs, with a reason; the next plan keeps to it."""
    who = doer(request)
    row, one, _ = found(visible.round_seen(who, number))
    names = Names()
    organisation = _own(who, given.organisation, names)
    recipes = Recipe.objects.filter(network=one, removed__isnull=True).select_related("site__organisation")
    recipe = names.row(recipes, given.recipe, "recipe")
    names.check()
    made = actions.refuse_line(
        who,
        organisation,
        round=row,
        recipe=recipe,
        most_runs=given.most_runs,
        period=given.period,
        reason=given.reason,
    )
    return Status(201, shown.line_refused(made))


@router.post("/rounds/{int:number}/pledges", **writes("lower_pledge", shapes.LineRefused, made=True))
def lower_pledge(request: HttpRequest, number: int, given: shapes.LowerPledge) -> Status[shapes.LineRefused]:
    """Pledge another amount in this round, with a reason."""
    who = doer(request)
    row, _, _ = found(visible.round_seen(who, number))
    names = Names()
    organisation = _own(who, given.organisation, names)
    names.check()
    made = actions.lower_pledge(who, organisation, round=row, pledge=given.pledge, reason=given.reason)
    return Status(201, shown.line_refused(made))


@router.delete("/rounds/{int:number}/refusals/{int:refusal}", **writes("withdraw_refusal", shapes.LineRefused))
def withdraw_refusal(request: HttpRequest, number: int, refusal: int) -> shapes.LineRefused:
    """It no longer holds in plans that are asked for from now on."""
    who = doer(request)
    row, _, _ = found(visible.round_seen(who, number))
    rows = LineRefused.objects.filter(round=row, pk=refusal).select_related("organisation", "recipe")
    return shown.line_refused(actions.withdraw_refusal(who, found(rows.first())))


# --- plans ---


@router.post("/rounds/{int:number}/plans", **writes("ask_for_plan", shapes.Plan, made=True))
def ask_for_plan(request: HttpRequest, number: int, given: shapes.AskForPlan) -> Status[shapes.Plan]:
    """Ask for a plan; a worker makes it. Ask /plans/{number} until its state is no longer waiting or running."""
    who = doer(request)
    row, _, _ = found(visible.round_seen(who, number))
    made = actions.ask_for_plan(who, row, name=given.name, rules=given.rules, refusals=given.refusals)
    return Status(201, shown.plan(made, language_of(request)))


@router.get("/plans/{int:number}", **reads(shapes.Plan))
def plan(request: HttpRequest, number: int) -> shapes.Plan:
    """How a plan stands."""
    row, _, _ = found(visible.variant_seen(reader(request), number))
    return shown.plan(row, language_of(request))


@router.post("/plans/{int:number}/cancel", **writes("cancel_plan", shapes.Plan))
def cancel_plan(request: HttpRequest, number: int) -> shapes.Plan:
    """Call a plan off: one that waits at once, one that is being made at its next step."""
    who = doer(request)
    row, _, _ = found(visible.variant_seen(who, number))
    return shown.plan(actions.cancel_plan(who, row), language_of(request))


_NOT_READY = say("This plan is not ready.")


@router.get("/plans/{int:number}/result", **reads(dict[str, Any], codes=(409,)))
def plan_result(request: HttpRequest, number: int) -> HttpResponse:
    """The whole result, as `solidaria plan --format json` gives it (docs/commands.md); 409 while it is not ready."""
    row, _, _ = found(visible.variant_seen(reader(request), number))
    result = result_of(row.pk)
    if result is None:
        return detail(request, _NOT_READY, 409)
    language = language_of(request, result.network.rules.currency, LANGUAGES)
    return HttpResponse(to_json(result, language), content_type="application/json")


@router.get("/plans/{int:number}/workbook", **reads(shapes.Workbook, codes=(409,)))
def plan_workbook(request: HttpRequest, number: int) -> Any:
    """The workbook the plan was made from: the whole, or one's own organisations' part."""
    who = reader(request)
    row, one, rights = found(visible.variant_seen(who, number))
    tables = tables_planned(row.pk)
    if tables is None:
        return detail(request, _NOT_READY, 409)
    return tables_shown(visible.workbook_seen(who, one, rights, tables))
