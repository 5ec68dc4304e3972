"""Rows as JSON shows them: each function turns one row into the shape of its name (api/shapes.py)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from solidaria.actions.permit import MEMBER, RIGHTS, SEAT, Doer
from solidaria.actions.visible import PublicFace
from solidaria.api import shapes
from solidaria.api.answers import fault_shown
from solidaria.records.models import (
    Alliance,
    Belonging,
    Equipment,
    LineRefused,
    Need,
    Organisation,
    Product,
    Promise,
    Recipe,
    Round,
    Route,
    Rule,
    Site,
    Stock,
    Variant,
)
from solidaria.records.packing import faults_of, sentence_of
from solidaria.report.language import Language


def amount(value: Decimal) -> str:
    """An exact number as text."""
    return f"{value:f}"


def amount_or_none(value: Decimal | None) -> str | None:
    """The same, null where nothing is said."""
    return None if value is None else f"{value:f}"


def named(one: Organisation) -> shapes.Named:
    """An organisation by id and name."""
    return shapes.Named(id=one.code, name=one.name)


def rights_shown(rights: set[str]) -> list[str]:
    """The rights that mean something outside: those mandates carry, and being a member, a delegate or inside."""
    return sorted(rights & {*RIGHTS, MEMBER, SEAT, "inside"})


def other_side(row: Belonging, one: Organisation) -> shapes.Named:
    """Whom an organisation is tied to by this place in a network."""
    return named(row.organisation if row.network_id == one.pk else row.network)


def listed(one: Organisation) -> shapes.OrganisationListed:
    """An organisation in the directory."""
    place = one.place if "place" in one.shows else None
    return shapes.OrganisationListed(id=one.code, name=one.name, kind=one.kind, place=place)


def public(one: Organisation, face: PublicFace) -> shapes.OrganisationPublic:
    """What everybody may see of an organisation."""
    return shapes.OrganisationPublic(
        id=one.code,
        name=one.name,
        kind=one.kind,
        shows=list(one.shows),
        about=face.about,
        place=face.place,
        latitude=amount_or_none(face.latitude),
        longitude=amount_or_none(face.longitude),
        contact=face.contact,
        members=amount_or_none(face.members),
        state=face.state,
        networks=None if face.networks is None else [other_side(row, one) for row in face.networks],
        alliances=None if face.alliances is None else [alliance_seen(row) for row in face.alliances],
        products=None
        if face.products is None
        else [shapes.ProductMade(id=row.code, name=row.name, unit=row.unit) for row in face.products],
        mandates=None
        if face.mandates is None
        else [shapes.MandateSeen(purpose=row.purpose, ends=row.ends) for row in face.mandates],
    )


def alliance_seen(row: Alliance) -> shapes.AllianceSeen:
    """A tie as everybody may see it."""
    return shapes.AllianceSeen(
        kind=row.kind,
        organisation=named(row.organisation),
        ally=named(row.ally),
        gives=row.gives,
        receives=row.receives,
    )


def alliance(row: Alliance) -> shapes.Alliance:
    """A tie as its two sides see it."""
    seen = alliance_seen(row).model_dump()
    return shapes.Alliance(**seen, number=row.pk, asked=row.asked, agreed=row.agreed, ended=row.ended)


def belonging(row: Belonging) -> shapes.Belonging:
    """A place in a network."""
    return shapes.Belonging(
        number=row.pk,
        network=named(row.network),
        organisation=named(row.organisation),
        asked_by_network=row.asked_by_network,
        asked=row.asked,
        agreed=row.agreed,
        ended=row.left,
    )


def need(row: Need) -> shapes.Need:
    """A need as the whole network sees it."""
    return shapes.Need(
        number=row.pk,
        id=row.code,
        network=row.network.code,
        organisation=named(row.organisation),
        words=row.words,
        product=row.product.code if row.product else None,
        unit=row.counted_in or None,
        quantity=amount(row.quantity),
        period=row.period,
        tier=row.tier,
        pays=row.pays,
        note=row.note,
        withdrawn=row.withdrawn,
        gathered_into=row.gathered_id,
    )


def need_inside(row: Need, doer: Doer) -> shapes.NeedInside:
    """A need as the organisation's own members see it."""
    return shapes.NeedInside(
        **need(row).model_dump(),
        people=row.people,
        declared=row.declared,
        own=row.declared_by_id == doer.person.pk,
        gathers=sorted(part.pk for part in row.gathers.all()),
    )


def equipment(row: Equipment) -> shapes.Equipment:
    """A machine."""
    return shapes.Equipment(number=row.pk, id=row.code, hours=amount(row.hours), note=row.note)


def recipe(row: Recipe) -> shapes.Recipe:
    """A recipe with its inputs and machines."""
    inputs = [shapes.Part(product=part.product.code, quantity=amount(part.quantity)) for part in row.inputs.all()]
    uses = [shapes.Use(equipment=part.equipment.code, hours=amount(part.hours)) for part in row.uses.all()]
    return shapes.Recipe(
        number=row.pk,
        id=row.code,
        site=row.site.organisation.code,
        product=row.product.code,
        output=amount_or_none(row.output),
        labour_hours=amount(row.labour_hours),
        inputs=sorted(inputs, key=lambda part: part.product),
        uses=sorted(uses, key=lambda part: part.equipment),
        note=row.note,
    )


def stock(row: Stock) -> shapes.Part:
    """What is on hand of a product."""
    return shapes.Part(product=row.product.code, quantity=amount(row.quantity))


def site(row: Site, machines: list[Equipment], recipes: list[Recipe], stocks: list[Stock]) -> shapes.Site:
    """A site with what it has."""
    return shapes.Site(
        id=row.organisation.code,
        network=named(row.network) if row.network else None,
        members=amount(row.workers),
        paid_hours=amount(row.paid_hours),
        overhead=amount_or_none(row.overhead),
        state=row.state,
        legal=row.legal,
        legal_note=row.legal_note,
        reopening_money=amount_or_none(row.reopening_money),
        reopening_hours=amount_or_none(row.reopening_hours),
        equipment=[equipment(machine) for machine in machines],
        recipes=[recipe(one) for one in recipes],
        stocks=[stock(one) for one in stocks],
    )


def product(row: Product) -> shapes.Product:
    """A product on a network's list."""
    return shapes.Product(
        number=row.pk,
        id=row.code,
        name=row.name,
        unit=row.unit,
        market_price=amount_or_none(row.market_price),
        outside=row.outside,
        keeps=row.keeps,
        source=row.source,
    )


def rule(row: Rule) -> shapes.Rule:
    """A rule."""
    return shapes.Rule(
        rule=row.rule,
        value=row.value,
        unit=row.unit,
        since=row.since,
        decision=row.decision,
        source=row.source,
    )


def route(row: Route) -> shapes.Route:
    """A way along which goods move."""
    return shapes.Route(
        number=row.pk,
        start=row.start.code,
        end=row.end.code,
        product=row.product.code if row.product else None,
        cost=amount(row.cost),
    )


def promise(row: Promise) -> shapes.Promise:
    """A standing agreement."""
    return shapes.Promise(
        number=row.pk,
        site=row.site.organisation.code,
        organisation=row.receiver.code,
        product=row.product.code,
        quantity=amount(row.quantity),
        period=row.period,
    )


def round(row: Round) -> shapes.Round:
    """A round."""
    return shapes.Round(**_round(row))


def _round(row: Round) -> dict[str, Any]:
    return {
        "number": row.pk,
        "name": row.name,
        "network": row.network.code,
        "periods": list(row.periods),
        "opened": row.opened,
        "closed": row.closed,
        "chosen": row.chosen_id,
    }


def round_inside(
    row: Round,
    plans: list[Variant],
    refusals: list[LineRefused],
    left_out: dict[str, list[Need]],
    language: Language,
) -> shapes.RoundInside:
    """A round with its plans and refusals."""
    return shapes.RoundInside(
        **_round(row),
        plans=[plan(one, language) for one in plans],
        refusals=[line_refused(one) for one in refusals],
        needs_without_product=len(left_out.get("product", [])),
        needs_of_other_periods=len(left_out.get("period", [])),
    )


def plan(row: Variant, language: Language) -> shapes.Plan:
    """How a plan stands; its large columns are not read."""
    told = sentence_of(row.progress)
    return shapes.Plan(
        number=row.pk,
        round=row.round_id,
        name=row.name,
        state=row.state,
        rules={name: str(value) for name, value in sorted((row.changes.get("rules") or {}).items())},
        refusals=list(row.changes.get("refusals") or []),
        asked=row.asked,
        started=row.started,
        finished=row.finished,
        progress=None if told is None else language.text(told),
        faults=[fault_shown(fault, language) for fault in faults_of(row.faults)],
    )


def line_refused(row: LineRefused) -> shapes.LineRefused:
    """What an organisation does not take on."""
    return shapes.LineRefused(
        number=row.pk,
        organisation=named(row.organisation),
        recipe=row.recipe.code if row.recipe else None,
        period=row.period,
        most_runs=amount_or_none(row.most_runs),
        pledge=amount_or_none(row.pledge),
        reason=row.reason,
        withdrawn=row.withdrawn,
    )
