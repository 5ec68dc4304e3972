"""Plan, the network's side: its products, rules, routes and promises; its rounds, variants and refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from solidaria.actions import plan_votes
from solidaria.actions.acting import Already, action, check, refused
from solidaria.actions.capacity import free_code
from solidaria.actions.permit import Doer
from solidaria.core.problem import Fault, say
from solidaria.core.workbook.cells import is_blank, number
from solidaria.core.workbook.check import READERS
from solidaria.core.workbook.one import read_row
from solidaria.core.workbook.schema import RULE, Column
from solidaria.records.models import (
    LineRefused,
    Organisation,
    PlanVote,
    Product,
    Promise,
    Recipe,
    Round,
    Route,
    Rule,
    Site,
    Variant,
)
from solidaria.records.models.plan import CANCELLED, DONE, RUNNING, WAITING
from solidaria.records.results import result_of

#: Plans of one round that wait or run at a time.
MOST_AT_ONCE = 4
MOST_PERIODS = 60
LONGEST_PERIOD = 100

# --- what the network keeps ---


@action
def add_product(doer: Doer, network: Organisation, **given: Any) -> Product:
    """A good or service on the network's list; given: name, unit, market_price, outside, keeps, source."""
    product = Product(network=network)
    _product(product, given)
    product.code = free_code(Product.objects.filter(network=network), product.name)
    product.save()
    return product


@action
def edit_product(doer: Doer, product: Product, **given: Any) -> Product:
    """The product as it is now given."""
    _product(product, given)
    product.save()
    return product


@action
def remove_product(doer: Doer, product: Product) -> Product:
    """Off the list; what is made, needed or promised of it has to go first."""
    used = (
        product.recipes.filter(removed__isnull=True).exists()
        or product.needs.filter(withdrawn__isnull=True, gathered__isnull=True).exists()
        or Promise.objects.filter(product=product, removed__isnull=True).exists()
    )
    if used:
        raise refused(
            None,
            say("{product} is still made, needed or promised.", product=product.name),
            say("Change these first."),
        )
    product.removed = doer.at
    product.save(update_fields=["removed"])
    return product


def _product(product: Product, given: Mapping[str, Any]) -> None:
    values, faults = read_row("products", given, without=("product",))
    if values.get("outside") == "yes" and values.get("market_price") is None:
        faults.append(
            Fault(
                "",
                None,
                "market_price",
                say("What is bought outside needs a market price."),
                say("Write what one unit costs on the market."),
            )
        )
    for name, most in (("name", 120), ("unit", 30), ("source", 300)):
        if len(str(values.get(name) or "")) > most:
            faults.append(
                Fault(
                    "", None, name, say("This is longer than {most} letters.", most=most), say("Say it shorter.")
                )
            )
    check(faults)
    for name in ("name", "unit", "outside", "keeps", "source"):
        setattr(product, name, values.get(name) or "")
    product.market_price = values["market_price"]


@action
def set_rule(doer: Doer, network: Organisation, **given: Any) -> Rule:
    """A rule in force from a day on; given: rule, value, unit, since (a date or None), decision, source."""
    name, value = str(given.get("rule") or ""), given.get("value")
    faults = []
    if name not in RULE:
        faults.append(Fault("", None, "rule", say("There is no such rule."), say("Choose one from the list.")))
    elif is_blank(value):
        faults.append(Fault("", None, "value", say("This is blank."), RULE[name].meaning))
    else:
        _, problem = READERS[RULE[name].kind](value, RULE[name])
        if problem is not None:
            faults.append(Fault("", None, "value", *problem))
    if not str(given.get("decision") or "").strip():
        faults.append(
            Fault(
                "",
                None,
                "decision",
                say("The decision is missing."),
                say("Write which assembly decided it, and when."),
            )
        )
    check(faults)
    rule, _ = Rule.objects.update_or_create(
        network=network,
        rule=name,
        since=given.get("since"),
        defaults={
            "value": str(value).strip()[:100],
            "unit": str(given.get("unit") or "").strip()[:60],
            "decision": str(given.get("decision") or "").strip()[:300],
            "source": str(given.get("source") or "").strip()[:300],
        },
    )
    return rule


@action
def set_route(
    doer: Doer,
    network: Organisation,
    *,
    start: Organisation,
    end: Organisation,
    product: Product | None,
    cost: Any,
) -> Route:
    """A way along which goods move, and what a unit costs on it; None: every product."""
    values, faults = read_row("routes", {"cost": cost}, without=("from", "to", "product"))
    if start.pk == end.pk:
        faults.append(
            Fault("", None, "end", say("A way leads from one place to another."), say("Choose another end."))
        )
    check(faults)
    route, _ = Route.objects.update_or_create(
        network=network, start=start, end=end, product=product, defaults={"cost": values["cost"]}
    )
    return route


@action
def remove_route(doer: Doer, network: Organisation, *, route: Route) -> Organisation:
    """The way is not used any more."""
    Route.objects.filter(network=network, pk=route.pk).delete()
    return network


@action
def keep_promise(
    doer: Doer,
    network: Organisation,
    *,
    site: Site,
    receiver: Organisation,
    product: Product,
    quantity: Any,
    period: str = "",
) -> Promise:
    """A standing agreement between a site and a receiver, which every plan of the network serves before any need."""
    values, faults = read_row(
        "promises", {"quantity": quantity}, without=("site", "organisation", "product", "period")
    )
    if site.network_id != network.pk or product.network_id != network.pk:
        faults.append(
            Fault("", None, "site", say("This belongs to another network."), say("Choose one from the list."))
        )
    current = Round.objects.filter(network=network, closed__isnull=True).first()
    period = period.strip()
    check(faults + known_period(current, period))
    try:
        with transaction.atomic():
            return Promise.objects.create(
                network=network,
                site=site,
                receiver=receiver,
                product=product,
                quantity=values["quantity"],
                period=period,
            )
    except IntegrityError:
        raise refused(
            "product", say("This is promised already."), say("Remove that promise first to change it.")
        ) from None


@action
def remove_promise(doer: Doer, promise: Promise) -> Promise:
    """The agreement has ended."""
    promise.removed = doer.at
    promise.save(update_fields=["removed"])
    return promise


# --- rounds ---


@action
def open_round(doer: Doer, network: Organisation, *, name: str, periods: Sequence[Mapping[str, Any]]) -> Round:
    """A round of the network; periods: {period, starts, ends}, dates or blank. One round is open at a time."""
    faults: list[Fault] = []
    rows = []
    for at, one in enumerate(periods):
        if not any(one.values()):
            continue
        values, found = read_row("periods", one)
        starts, ends = values.get("starts"), values.get("ends")
        if isinstance(starts, date) and isinstance(ends, date) and ends < starts:
            found.append(Fault("", None, "ends", say("The end lies before the start."), say("Swap the two days.")))
        faults += [Fault("", None, f"{fault.column}-{at}", fault.what, fault.help) for fault in found]
        rows.append(
            {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}
        )
    ids = [row["period"] for row in rows]
    if len(set(ids)) < len(ids):
        faults.append(
            Fault("", None, "periods", say("Two periods have the same name."), say("Give each its own."))
        )
    if len(rows) > MOST_PERIODS:
        faults.append(
            Fault(
                "",
                None,
                "periods",
                say("There are more than {most} periods.", most=MOST_PERIODS),
                say("Plan in several rounds."),
            )
        )
    if not name.strip():
        faults.append(Fault("", None, "name", say("The name is missing."), say("For example: spring 2027.")))
    check(faults)
    try:
        with transaction.atomic():
            return Round.objects.create(network=network, name=name.strip()[:80], periods=rows)
    except IntegrityError:
        raise refused(
            "name",
            say("Another round is open, or has this name."),
            say("Close the open round first, and give every round its own name."),
        ) from None


@action
def close_round(doer: Doer, round: Round) -> Round:
    """Nothing more is planned in it, and no assembly is asked about it any more; everything in it stays readable."""
    if round.closed is not None:
        raise Already(round)
    round.closed = doer.at
    round.save(update_fields=["closed"])
    plan_votes.give_up(round, doer.at)
    Variant.objects.filter(round=round, state=WAITING).update(state=CANCELLED, finished=doer.at)
    Variant.objects.filter(round=round, state=RUNNING).update(cancel_asked=True)
    return round


@action
def ask_for_plan(
    doer: Doer,
    round: Round,
    *,
    name: str = "",
    rules: Mapping[str, str] | None = None,
    refusals: bool = True,
    after: Variant | None = None,
) -> Variant:
    """Ask for a plan of the round; a worker makes it.

    rules      what this variant tries instead of the rules in force: rule -> value
    refusals   whether the refusals made so far hold in it
    after      the plan it is to take the place of, because an assembly refused that one: shown beside it
    """
    _open(round)
    waiting = Variant.objects.filter(round=round, state__in=[WAITING, RUNNING]).count()
    if waiting >= MOST_AT_ONCE:
        raise refused(
            None,
            say("{count} plans of this round are being made.", count=waiting),
            say("Wait for one, or cancel one."),
        )
    faults = []
    kept = {rule: value for rule, value in (rules or {}).items() if not is_blank(value)}
    for rule, value in kept.items():
        if rule not in RULE:
            faults.append(Fault("", None, rule, say("There is no such rule."), say("Choose one from the list.")))
            continue
        _, problem = READERS[RULE[rule].kind](value, RULE[rule])
        if problem is not None:
            faults.append(Fault("", None, rule, *problem))
    check(faults)
    held = LineRefused.objects.filter(round=round, withdrawn__isnull=True).values_list("pk", flat=True)
    count = Variant.objects.filter(round=round).count() + 1
    changes: dict[str, Any] = {"rules": kept, "refusals": sorted(held) if refusals else []}
    if after is not None and after.round_id == round.pk:
        changes["after"] = after.pk
    try:
        with transaction.atomic():
            return Variant.objects.create(
                round=round, name=name.strip()[:80] or str(count), changes=changes, asked_by=doer.person
            )
    except IntegrityError:
        raise refused("name", say("There is a plan of this name already."), say("Give it another name.")) from None


@action
def cancel_plan(doer: Doer, variant: Variant) -> Variant:
    """A plan that waits is called off at once; one that is being made stops at its next step."""
    if variant.state == WAITING:
        variant.state, variant.finished = CANCELLED, doer.at
    elif variant.state == RUNNING:
        variant.cancel_asked = True
    variant.save(update_fields=["state", "finished", "cancel_asked"])
    return variant


@action
def choose_variant(doer: Doer, round: Round, *, variant: Variant, words: str = "") -> Round:
    """The plan that goes to the assemblies: every one it touches gets a motion with its own figures.

    words   why this plan: the text of these motions; blank: the plan's name
    Chosen again, it asks only those whose motion was withdrawn. A plan that is adopted is not replaced by one person.
    """
    _open(round)
    variant = Variant.objects.defer("tables", "result").select_related("round__network").get(pk=variant.pk)
    result = result_of(variant.pk)
    if variant.round_id != round.pk or variant.state != DONE or result is None:
        raise refused("variant", say("This plan is not ready."), say("Choose a plan of this round that is done."))
    if round.adopted is not None and round.chosen_id != variant.pk:
        what = say("Another plan of this round is adopted already.")
        raise refused("variant", what, say("Open a new round, or plan the next one."))
    round.chosen = variant
    round.save(update_fields=["chosen"])
    if round.adopted is None:
        plan_votes.ask(variant, result, doer.at, words=words)
    return round


@action
def refuse_line(
    doer: Doer,
    organisation: Organisation,
    *,
    round: Round,
    recipe: Recipe,
    most_runs: Any,
    period: str = "",
    reason: str,
) -> LineRefused:
    """The organisation makes a recipe of its own at most so often, and says why; the next plan keeps to it."""
    _open(round)
    runs, faults = _number("most_runs", most_runs)
    period = period.strip()
    faults += _reason(reason) + known_period(round, period)
    if recipe.site.organisation_id != organisation.pk:
        faults.append(
            Fault(
                "",
                None,
                "recipe",
                say("An assembly can refuse only its own site's lines."),
                say("Choose one of your recipes."),
            )
        )
    check(faults)
    return _refuse(doer, round, organisation, reason, recipe=recipe, period=period, most_runs=runs)


@action
def lower_pledge(doer: Doer, organisation: Organisation, *, round: Round, pledge: Any, reason: str) -> LineRefused:
    """The organisation pledges another amount in this round, and says why."""
    _open(round)
    amount, faults = _number("pledge", pledge)
    check(faults + _reason(reason))
    return _refuse(doer, round, organisation, reason, pledge=amount)


@action
def withdraw_refusal(doer: Doer, refusal: LineRefused) -> LineRefused:
    """The refusal no longer holds in plans that are asked for from now on."""
    if refusal.withdrawn is not None:
        raise Already(refusal)
    if PlanVote.objects.filter(refusal=refusal).exists():
        what = say("The assembly itself has refused this.")
        raise refused(None, what, say("Propose a motion that refuses less, or none of it."))
    refusal.withdrawn = doer.at
    refusal.save(update_fields=["withdrawn"])
    return refusal


def known_period(around: Round | None, period: str) -> list[Fault]:
    """A fault where a period is named that the round does not have; without a round, where it is too long to keep."""
    if not period or (around is None and len(period) <= LONGEST_PERIOD):
        return []
    known = [str(one["period"]) for one in around.periods] or ["1"] if around is not None else ["1"]
    if around is not None and period in known:
        return []
    what = say("There is no period “{period}”.", period=period[:60])
    return [Fault("", None, "period", what, say("The periods are: {periods}.", periods=", ".join(known)))]


def _number(name: str, cell: Any) -> tuple[Any, list[Fault]]:
    """A number from 0 on that has to be there."""
    if is_blank(cell):
        return None, [Fault("", None, name, say("This is blank."), say("Write a number; 0 means not at all."))]
    value, problem = number(cell, Column(name, "number", say("A number.")))
    return value, [] if problem is None else [Fault("", None, name, *problem)]


def _refuse(doer: Doer, round: Round, organisation: Organisation, reason: str, **what: Any) -> LineRefused:
    """Write the refusal down; an earlier one of the same thing no longer holds."""
    same = LineRefused.objects.filter(round=round, organisation=organisation, withdrawn__isnull=True)
    if what.get("recipe") is None:
        same = same.filter(recipe__isnull=True)
    else:
        same = same.filter(recipe=what["recipe"], period=what["period"])
    same.update(withdrawn=doer.at)
    return LineRefused.objects.create(round=round, organisation=organisation, reason=reason.strip()[:400], **what)


def _reason(reason: str) -> list[Fault]:
    if reason.strip():
        return []
    return [
        Fault(
            "",
            None,
            "reason",
            say("The reason is missing."),
            say("Say in a sentence why: the others will read it."),
        )
    ]


def _open(round: Round) -> None:
    if round.closed is not None:
        raise refused(None, say("This round is closed."), say("Open a new round."))
