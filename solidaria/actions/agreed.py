"""What a yes to an agreement leads to: when all sides have said it, promises are held and the agreement is in force."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from solidaria.actions.acting import refused
from solidaria.actions.ledger import append, fulfilled, locked
from solidaria.core.agree import DRAFT, IN_FORCE, PAUSED, WAITING, Terms, call_off, unpacked
from solidaria.core.books import amount_of, counted, good, money
from solidaria.core.hold import Capacity, Way, hold_faults
from solidaria.core.problem import Fault, say
from solidaria.records.models import (
    Agreement,
    AgreementVersion,
    AgreementYes,
    CallOff,
    Equipment,
    Mandate,
    Motion,
    Organisation,
    Product,
    Promise,
    PromiseLine,
    Recipe,
    Round,
    Rule,
    Site,
    Stock,
)


def terms_of(version: AgreementVersion) -> Terms:
    """The terms of a version."""
    return unpacked(json_of(version))


def json_of(version: AgreementVersion) -> Mapping[str, object]:
    """The terms of a version as JSON holds them."""
    found: Mapping[str, object] = json.loads(version.text)
    return found


def latest(agreement: Agreement) -> AgreementVersion:
    """The newest version, signed or not."""
    found = agreement.versions.select_related("by").first()
    assert found is not None
    return found


def yes(
    version: AgreementVersion,
    organisation: Organisation,
    at: datetime,
    *,
    motion: Motion | None = None,
    mandate: Mandate | None = None,
) -> AgreementYes:
    """Write down one side's yes; with the last one the agreement comes into force where the site can hold it.

    Where it cannot, the agreement waits, and the yes stands: see `put_in_force`. Raises Refused for a version that is
    not the newest or an organisation that is no side of it.
    """
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=version.agreement_id)
    if latest(agreement).pk != version.pk:
        raise refused(None, say("There is a newer version of this agreement."), say("Read that one."))
    if organisation.code not in version.parties:
        raise refused(None, say("This organisation is no side of the agreement."), say("Only its sides say yes."))
    row, _ = AgreementYes.objects.get_or_create(
        version=version, organisation=organisation, defaults={"at": at, "motion": motion, "mandate": mandate}
    )
    said = set(AgreementYes.objects.filter(version=version).values_list("organisation__code", flat=True))
    if said >= set(version.parties) and agreement.current_id != version.pk:
        put_in_force(agreement, version, at)
    return row


def put_in_force(agreement: Agreement, version: AgreementVersion, at: datetime) -> list[Fault]:
    """Hold what the agreement promises and put it in force; where the site cannot hold it, say why and let it wait.

    The site is locked while it is asked, so that two agreements never hold the same hours.
    """
    terms = terms_of(version)
    site = Site.objects.select_for_update(of=("self",)).get(organisation=agreement.giver)
    before = terms_of(agreement.current) if agreement.current is not None else None
    if before is not None and agreement.state in (IN_FORCE, PAUSED):
        let_go(agreement, before, at)
    faults = _faults(site, agreement, terms)
    if faults:
        if before is not None and agreement.state in (IN_FORCE, PAUSED):
            hold(agreement, before)
        else:
            agreement.state = WAITING
            agreement.save(update_fields=["state"])
        return faults
    hold(agreement, terms)
    agreement.current, agreement.state = version, IN_FORCE
    agreement.since = agreement.since or at
    agreement.title = terms.title
    agreement.save(update_fields=["current", "state", "since", "title"])
    for one in locked(version.parties):
        append(one, version=version)
    if before is None:
        _first_promises(agreement, terms, at)
    return []


def _first_promises(agreement: Agreement, terms: Terms, at: datetime) -> None:
    """The advance, and the call-offs that were agreed from the start."""
    if terms.advance:
        PromiseLine.objects.create(
            agreement=agreement,
            code=f"{agreement.giver.code}/{agreement.number}/advance",
            part="advance",
            provider=agreement.taker,
            receiver=agreement.giver,
            resource=money(terms.currency),
            amount=counted(terms.advance, money(terms.currency)) or 0,
            due=terms.starts,
        )
    for day, line, quantity in terms.schedule:
        order(agreement, terms, line, quantity, day, at)


def order(
    agreement: Agreement,
    terms: Terms,
    line: int,
    quantity: Decimal,
    due: date,
    at: datetime,
    place: str = "",
    note: str = "",
) -> CallOff:
    """A call-off and its promises: goods, price and solidarity, each its own. Raises Refused where it cannot be."""
    count = agreement.call_offs.count()
    before = called_off(agreement, terms, line) if 0 <= line < len(terms.lines) else Decimal(0)
    owed = call_off(terms, line, quantity, before, agreement.call_offs.filter(released__isnull=True).count(), due)
    one = terms.lines[line]
    code = f"{agreement.giver.code}/{agreement.number}/{count + 1}"
    row = CallOff.objects.create(
        agreement=agreement,
        number=count + 1,
        code=code,
        product=one.product,
        period=one.period,
        name=one.name,
        unit=one.unit,
        amount=owed.goods,
        due=due,
        place=(place or terms.place)[:200],
        note=note[:400],
        at=at,
    )
    cash = money(terms.currency)
    used = sum(agreement.promise_lines.filter(released__isnull=True).values_list("set_off", flat=True))
    set_off = min(max(0, (counted(terms.advance, cash) or 0) - used), owed.price)
    payer = agreement.taker
    if one.solidarity_by != payer.code:
        payer = Organisation.objects.get(code=one.solidarity_by)
    for part, provider, receiver, resource, unit, amount, day, off in (
        (
            "goods",
            agreement.giver,
            agreement.taker,
            good(terms.network, one.product),
            one.unit,
            owed.goods,
            due,
            0,
        ),
        ("price", agreement.taker, agreement.giver, cash, "", owed.price - set_off, owed.pay_by, set_off),
        ("solidarity", payer, agreement.giver, cash, "", owed.solidarity, owed.pay_by, 0),
    ):
        if amount or off or part == "goods":
            PromiseLine.objects.create(
                agreement=agreement,
                call_off=row,
                code=f"{code}/{part}",
                part=part,
                provider=provider,
                receiver=receiver,
                resource=resource,
                unit=unit,
                amount=amount,
                set_off=off,
                due=day,
            )
    return row


def called_off(agreement: Agreement, terms: Terms, line: int) -> Decimal:
    """How much of a line was called off so far, without what was let go of."""
    one = terms.lines[line]
    rows = agreement.call_offs.filter(product=one.product, period=one.period, released__isnull=True)
    return amount_of(sum(rows.values_list("amount", flat=True)), "")


# --- holding ---


def _still(agreement: Agreement, terms: Terms) -> dict[tuple[str, str], Decimal]:
    """(product, period) → what is still to be delivered of the whole agreement."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in terms.lines:
        key = (line.product, line.period)
        found[key] = found.get(key, Decimal(0)) + line.quantity
    lines = PromiseLine.objects.filter(agreement=agreement, part="goods").select_related("call_off")
    done = fulfilled([one.code for one in lines])
    for one in lines:
        assert one.call_off is not None
        key = (one.call_off.product, one.call_off.period)
        if key in found:
            found[key] = max(Decimal(0), found[key] - amount_of(done.get(one.code, (0, ""))[0], ""))
    return found


def hold(agreement: Agreement, terms: Terms) -> None:
    """Write what is still to be delivered into the standing promises, which the next plan serves before any need."""
    site = Site.objects.get(organisation=agreement.giver)
    for (code, period), much in sorted(_still(agreement, terms).items()):
        add_to_promise(agreement, site, code, period, much)


def let_go(agreement: Agreement, terms: Terms, at: datetime) -> None:
    """Take what is still to be delivered out of the standing promises."""
    site = Site.objects.get(organisation=agreement.giver)
    for (code, period), much in sorted(_still(agreement, terms).items()):
        add_to_promise(agreement, site, code, period, -much, at)


def add_to_promise(
    agreement: Agreement, site: Site, code: str, period: str, much: Decimal, at: datetime | None = None
) -> None:
    """Make the standing promise of a product larger or smaller; with nothing left it is gone."""
    product = Product.objects.get(network=agreement.network, code=code)
    row = (
        Promise.objects.select_for_update(of=("self",))
        .filter(site=site, receiver=agreement.taker, product=product, period=period, removed__isnull=True)
        .first()
    )
    if row is None:
        if much > 0:
            Promise.objects.create(
                network=agreement.network,
                site=site,
                receiver=agreement.taker,
                product=product,
                period=period,
                quantity=much,
                note=agreement.title,
            )
        return
    left = row.quantity + much
    if left > 0:
        row.quantity = left
        row.save(update_fields=["quantity"])
    elif at is not None:
        row.removed = at
        row.save(update_fields=["removed"])


def capacity_of(site: Site, network: Organisation) -> Capacity:
    """What a site can do in each period of the open round, and what it has in stock."""
    opened = Round.objects.filter(network=network, closed__isnull=True).first()
    periods = (
        tuple(str(row["period"]) for row in opened.periods) if opened is not None and opened.periods else ("",)
    )
    assembly = Rule.objects.filter(network=network, rule="assembly_hours").order_by("-since", "-pk").first()
    apart = Decimal(assembly.value) if assembly is not None else Decimal(0)
    recipes = Recipe.objects.filter(site=site, removed__isnull=True).select_related("product")
    ways = tuple(
        Way(
            one.product.code,
            one.output if one.output is not None else Decimal(1),
            one.labour_hours,
            tuple((use.equipment.code, use.hours) for use in one.uses.all()),
        )
        for one in recipes.prefetch_related("uses__equipment").order_by("code")
    )
    machines = Equipment.objects.filter(site=site, removed__isnull=True)
    stock = Stock.objects.filter(site=site).select_related("product")
    return Capacity(
        periods=periods,
        hours=max(Decimal(0), site.workers * (site.paid_hours - apart)),
        machines={one.code: one.hours for one in machines},
        ways=ways,
        stock={one.product.code: one.quantity for one in stock},
    )


def _faults(site: Site, agreement: Agreement, terms: Terms) -> list[Fault]:
    """Why the site cannot hold all it has promised and this agreement on top; empty when it can."""
    promised: dict[tuple[str, str], Decimal] = {}
    names: dict[str, tuple[str, str]] = {}
    for row in Promise.objects.filter(site=site, removed__isnull=True).select_related("product"):
        key = (row.product.code, row.period)
        promised[key] = promised.get(key, Decimal(0)) + row.quantity
        names[row.product.code] = (row.product.name, row.product.unit)
    for key, much in _still(agreement, terms).items():
        promised[key] = promised.get(key, Decimal(0)) + much
    names.update({line.product: (line.name, line.unit) for line in terms.lines})
    return hold_faults(capacity_of(site, agreement.network), promised, names, agreement.giver.name)


def is_open(agreement: Agreement) -> bool:
    """Whether sides can still say yes to it for the first time."""
    return agreement.state in (DRAFT, WAITING)
