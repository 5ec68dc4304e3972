"""Needs: declare, change, withdraw, gather many into one, rank, and say which product each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Q

from solidaria.actions.acting import action, check, refused
from solidaria.actions.permit import Doer
from solidaria.actions.plan import known_period
from solidaria.core.problem import Fault, Refused, say
from solidaria.core.workbook.cells import as_text, free_text, no_value
from solidaria.core.workbook.one import read_row
from solidaria.core.workbook.schema import Column
from solidaria.core.workbook.tables import Tables
from solidaria.records.models import Belonging, Need, Organisation, Product, Round

#: Rows of one upload.
MOST_UPLOADED = 5_000
#: Letters of a unit in words.
LONGEST_UNIT = 60
TEXT = Column("note", "text", say("A text."))


@action
def declare_need(doer: Doer, organisation: Organisation, *, network: Organisation, **given: Any) -> Need:
    """A need of the organisation in one of its networks: in words, with a quantity; the product if it is known.

    given   words, product (a Product or None), quantity, unit (where there is no product), period, tier, pays, people,
            note
    """
    _belongs(organisation, network)
    need = Need(network=network, organisation=organisation, declared_by=doer.person)
    _take(need, given)
    need.code = _free_code(network, organisation)
    need.save()
    return need


@action
def edit_need(doer: Doer, need: Need, **given: Any) -> Need:
    """The need as it is now given; a gathered or withdrawn need stays as it is, and so does a rank the assembly voted."""
    _live(need)
    if (
        need.ranked_by_id is not None
        and "tier" in given
        and str(given["tier"]).strip() not in ("", str(need.tier))
    ):
        raise _ranked("tier", need)
    kept = {
        name: getattr(need, name)
        for name in ("words", "product", "quantity", "unit", "period", "tier", "pays", "people", "note")
    }
    _take(need, {**kept, **given})
    need.save()
    return need


@action
def withdraw_need(doer: Doer, need: Need) -> Need:
    """It no longer counts; it can be brought back by undoing this."""
    _live(need)
    need.withdrawn = doer.at
    need.save(update_fields=["withdrawn"])
    return need


@action
def match_need(doer: Doer, network: Organisation, *, need: Need, product: Product) -> Need:
    """The network says which of its products a need in words is."""
    need = Need.objects.select_for_update(of=("self",), no_key=True).get(pk=need.pk)
    _live(need)
    if network.pk not in {need.network_id, product.network_id} or need.network_id != product.network_id:
        raise refused(
            "product", say("This product is not on the network's list."), say("Choose one from the list.")
        )
    need.product = product
    need.save(update_fields=["product"])
    return need


@action
def gather_needs(doer: Doer, organisation: Organisation, *, needs: Iterable[int], words: str, tier: int) -> Need:
    """Several needs of one organisation become one larger need: their quantities and people added up.

    They must be for the same product, network, period and pay. The small ones are kept and named in it.
    """
    rows = list(
        Need.objects.select_for_update(of=("self",), no_key=True).filter(
            organisation=organisation, pk__in=list(needs), withdrawn__isnull=True, gathered__isnull=True
        )
    )
    if len(rows) < 2:
        raise refused(
            "needs", say("Choose two needs or more."), say("Only needs that still count can be gathered.")
        )
    same = {(row.network_id, row.product_id, row.period, row.pays) for row in rows}
    if len(same) > 1 or rows[0].product_id is None:
        raise refused(
            "needs",
            say("These needs are not alike."),
            say("Gather needs of one product, for one time, that are paid in the same way."),
        )
    voted = sorted({row.tier for row in rows if row.ranked_by_id is not None})
    if voted and voted != [tier]:
        what = say("The assembly has ranked these needs: {ranks}.", ranks=", ".join(map(str, voted)))
        raise refused("tier", what, say("Gather only what has one rank, and keep it."))
    people = [row.people for row in rows if row.people]
    whole = Need(network=rows[0].network, organisation=organisation, declared_by=doer.person)
    given = {
        "words": words or rows[0].words,
        "product": rows[0].product,
        "quantity": sum((row.quantity for row in rows), Decimal(0)),
        "period": rows[0].period,
        "tier": tier,
        "pays": rows[0].pays,
        "people": sum(people) if people else None,
        "note": "",
    }
    _take(whole, given)
    whole.code = _free_code(whole.network, organisation)
    whole.ranked_by_id = next((row.ranked_by_id for row in rows if row.ranked_by_id is not None), None)
    whole.save()
    Need.objects.filter(pk__in=[row.pk for row in rows]).update(gathered=whole)
    return whole


@action
def rank_needs(doer: Doer, organisation: Organisation, *, tiers: Mapping[int, int]) -> Organisation:
    """How essential each need is, as the assembly ranked them: need -> tier, 1 the most essential."""
    rows = list(
        Need.objects.select_for_update(of=("self",), no_key=True).filter(
            organisation=organisation, pk__in=list(tiers), withdrawn__isnull=True, gathered__isnull=True
        )
    )
    wrong = [row for row in rows if not 1 <= tiers[row.pk] <= 9]
    if wrong:
        raise refused("tiers", say("A rank is a whole number from 1 to 9."), say("1 is the most essential."))
    for row in rows:
        if row.ranked_by_id is not None and row.tier != tiers[row.pk]:
            raise _ranked("tiers", row)
        row.tier = tiers[row.pk]
    Need.objects.bulk_update(rows, ["tier"])
    return organisation


@action
def upload_needs(doer: Doer, organisation: Organisation, *, network: Organisation, tables: Tables) -> Organisation:
    """All the needs of a sheet, or none: columns words, product (name or id), quantity, unit,
    period, tier, pays, people, note.

    Raises Refused with every fault at once: sheet, row, column.
    """
    _belongs(organisation, network)
    name, table = next(iter(sorted(tables.sheets.items())), ("needs", None))
    if "needs" in tables.sheets:
        name, table = "needs", tables.sheets["needs"]
    faults = list(tables.faults)
    if table is None:
        none = Fault("needs", None, None, say("The file has no rows."), say("Write one row for each need."))
        check(faults or [none])
    assert table is not None
    known = {"need", "organisation", "words", "product", "quantity", "unit", "period", "tier", "pays", "people"}
    for column in table.columns:
        if column and column not in known and not column.startswith("note"):
            what = say("There is no column “{column}”.", column=column[:60])
            faults.append(
                Fault(
                    name,
                    1,
                    column,
                    what,
                    say(
                        "The columns are: {columns}.",
                        columns="words, product, quantity, unit, period, tier, pays, people, note",
                    ),
                )
            )
    if len(table.rows) > MOST_UPLOADED:
        what = say("There are more than {most} rows.", most=MOST_UPLOADED)
        check([*faults, Fault(name, None, None, what, say("Split the file."))])
    by_name: dict[str, Product] = {}
    for product in Product.objects.filter(network=network, removed__isnull=True):
        by_name[product.name.strip().casefold()] = product
        by_name[product.code.casefold()] = product
    made = []
    next_number = _next_number(network, organisation)
    for number, cells in table.rows:
        row = dict(zip(table.columns, cells, strict=False))
        text: dict[str, str] = {}
        for column in ("words", "product", "unit", "period", "people", "note"):
            text[column] = as_text(row.get(column))
            problem = no_value(row.get(column)) or free_text(row.get(column), TEXT)[1]
            if problem is not None:
                faults.append(Fault(name, number, column, *problem))
        found = by_name.get(text["product"].casefold())
        words = text["words"] or (found.name if found else text["product"])
        need = Need(network=network, organisation=organisation, declared_by=doer.person)
        given = {**row, **text, "words": words, "product": found}
        try:
            _take(need, given)
        except Refused as refusal:
            faults += [Fault(name, number, fault.column, fault.what, fault.help) for fault in refusal.faults]
            continue
        need.code = f"{organisation.code}-{next_number}"
        next_number += 1
        made.append(need)
    if not made and not faults:
        faults.append(Fault(name, None, None, say("The file has no rows."), say("Write one row for each need.")))
    check(faults)
    Need.objects.bulk_create(made)
    return organisation


def _take(need: Need, given: Mapping[str, Any]) -> None:
    """Put what was given into the row, or raise Refused with every fault."""
    cells = {name: _cell(given.get(name)) for name in ("quantity", "tier", "pays")}
    values, faults = read_row("needs", cells, without=("need", "organisation", "product", "period"))
    words = str(given.get("words") or "").strip()
    if not words:
        faults.append(Fault("", None, "words", say("What is needed is missing."), say("Say it in a few words.")))
    if len(words) > 200:
        what = say("This is longer than {most} letters.", most=200)
        faults.append(Fault("", None, "words", what, say("Say it shorter here, and the rest in the note.")))
    unit = str(given.get("unit") or "").strip()
    if len(unit) > LONGEST_UNIT:
        what = say("This is longer than {most} letters.", most=LONGEST_UNIT)
        faults.append(Fault("", None, "unit", what, say("One word is enough: pieces, litres, hours.")))
    tier = int(values.get("tier") or 1)
    if tier > 9:
        what = say("A rank is a whole number from 1 to 9.")
        faults.append(Fault("", None, "tier", what, say("1 is the most essential.")))
    people = given.get("people")
    if people not in (None, ""):
        try:
            people = int(str(people).split(".")[0]) if Decimal(str(people)) % 1 == 0 else -1
        except ArithmeticError:
            people = -1
        if not 0 <= people <= 2_000_000_000:
            faults.append(
                Fault(
                    "",
                    None,
                    "people",
                    say("This is not a number of people."),
                    say("Write a whole number, or leave it blank."),
                )
            )
    period = str(given.get("period") or "").strip()
    product = given.get("product")
    if product is not None and product.network_id != need.network_id:
        faults.append(
            Fault(
                "",
                None,
                "product",
                say("This product is not on the network's list."),
                say("Choose one from the list."),
            )
        )
    current = Round.objects.filter(network=need.network, closed__isnull=True).first() if period else None
    check(faults + known_period(current, period))
    need.words, need.product, need.quantity = words, product, values["quantity"]
    need.unit = "" if product is not None else unit
    need.period, need.tier = period, tier
    pays = values.get("pays")
    need.pays = "" if pays in (None, "market") else str(pays)
    need.people = people if people not in (None, "") else None
    need.note = str(given.get("note") or "").strip()[:2000]


def _ranked(column: str, need: Need) -> Refused:
    what = say("The assembly has voted on the rank of “{need}”: {rank}.", need=need.words, rank=need.tier)
    return refused(column, what, say("Propose a motion that ranks the needs anew."))


def _cell(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _live(need: Need) -> None:
    if not need.live:
        raise refused(
            None, say("This need no longer counts."), say("It was withdrawn, or gathered into a larger one.")
        )


def _belongs(organisation: Organisation, network: Organisation) -> None:
    """Raise Refused when the organisation is not in the network (a network may need something itself)."""
    inside = (
        organisation.pk == network.pk
        or Belonging.objects.filter(
            Q(left__isnull=True), network=network, organisation=organisation, agreed__isnull=False
        ).exists()
    )
    if not inside:
        raise refused(
            "network",
            say("{organisation} does not belong to this network.", organisation=organisation.name),
            say("Ask the network to take it in; then its needs count there."),
        )


def _next_number(network: Organisation, organisation: Organisation) -> int:
    start = f"{organisation.code}-"
    codes = Need.objects.filter(network=network, code__startswith=start).values_list("code", flat=True)
    numbers = [int(code[len(start) :]) for code in codes if code[len(start) :].isdecimal()]
    return max(numbers, default=0) + 1


def _free_code(network: Organisation, organisation: Organisation) -> str:
    """The next id of a need of this organisation; the organisation's row is locked while an action runs on it."""
    return f"{organisation.code}-{_next_number(network, organisation)}"
