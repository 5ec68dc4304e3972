"""A whole workbook into a network's records: all of it, or nothing and every fault at once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models

from solidaria.actions.acting import action, check
from solidaria.actions.permit import Doer
from solidaria.actions.visible import rights_for
from solidaria.core.network import Network
from solidaria.core.problem import Fault, say
from solidaria.core.workbook.check import read_network
from solidaria.core.workbook.tables import Tables
from solidaria.records.models import (
    Belonging,
    Equipment,
    EquipmentUse,
    Mandate,
    Membership,
    Need,
    Organisation,
    Product,
    Promise,
    Recipe,
    RecipeInput,
    Round,
    Route,
    Rule,
    Site,
    Stock,
)


@action
def upload_workbook(doer: Doer, network: Organisation, *, tables: Tables) -> Organisation:
    """Everything a workbook says becomes the network's records; what it does not name is no longer there.

    Organisations that have an assembly here keep their own data: a row that would change them is refused, unless
    the person holds their mandate too. Organisations that nobody runs here yet are entered and changed freely.
    Raises Refused with every fault: those of the workbook itself (docs/workbook.md), and these.
    """
    found = read_network(tables)
    taking = _Taking(doer, network, found)
    taking.check()
    taking.write()
    return network


class _Taking:
    """One workbook on its way into the records."""

    def __init__(self, doer: Doer, network: Organisation, found: Network) -> None:
        self.doer, self.network, self.found = doer, network, found
        self.faults: list[Fault] = []
        wanted = [row.id for row in found.organisations]
        self.rows: dict[str, Organisation] = {}
        for part in _parts(wanted):
            self.rows.update({row.code: row for row in Organisation.objects.filter(code__in=part)})
        self.sites: dict[str, Site] = {}
        for part in _parts(wanted):
            for site in Site.objects.filter(organisation__code__in=part).select_related("organisation"):
                self.sites[site.organisation.code] = site
        self.products: dict[str, Product] = {}

    # --- may it be so? ---

    def check(self) -> None:
        """Raise Refused when a row would change somebody else's organisation, or is too long to keep."""
        ours = self._ours()
        for row in self.found.organisations:
            there = self.rows.get(row.id)
            if there is None or there.pk in ours:
                continue
            changed = [
                name
                for name, now, then in (
                    ("name", there.name, row.name),
                    ("kind", there.kind, row.kind),
                    ("ability", there.ability or Decimal(0), row.ability),
                    ("pledge", there.pledge or Decimal(0), row.pledge),
                )
                if now != then
            ]
            for column in changed:
                what = say("{organisation} keeps its own data here.", organisation=there.name)
                help = say("Leave this as it is on the platform, or ask them to change it.")
                self.faults.append(Fault("organisations", None, column, what, help))
        for site in self.found.sites:
            known = self.sites.get(site.id)
            if known is not None and known.network_id not in (None, self.network.pk):
                what = say("{organisation} plans with another network.", organisation=known.organisation.name)
                self.faults.append(
                    Fault("sites", None, "site", what, say("A site plans with one network at a time."))
                )
        for sheet, model, rows in (
            ("organisations", Organisation, self.found.organisations),
            ("products", Product, self.found.products),
            ("rules", Rule, self.found.rules.rows),
        ):
            self._lengths(sheet, model, rows)
        check(self.faults)

    def _ours(self) -> set[int]:
        """The organisations this person may change here: new ones, those nobody runs, those of his or her mandates."""
        run = set(
            Membership.objects.filter(organisation__in=self.rows.values()).values_list("organisation", flat=True)
        )
        run |= set(
            Mandate.objects.filter(organisation__in=self.rows.values()).values_list("organisation", flat=True)
        )
        theirs = {row.pk for row in self.rows.values()} & run
        mine = {
            row.pk
            for row in self.rows.values()
            if row.pk in theirs and "plan.capacity" in rights_for(self.doer, row)
        }
        free = {
            row.pk
            for row in self.rows.values()
            if row.pk not in theirs and row.entered_by_id in (None, self.network.pk)
        }
        return free | mine

    def _lengths(self, sheet: str, model: type[models.Model], rows: Iterable[Any]) -> None:
        for row in rows:
            for field in model._meta.concrete_fields:
                value = getattr(row, field.name, None)
                most = getattr(field, "max_length", None)
                if isinstance(value, str) and most and len(value) > most:
                    what = say("This is longer than {most} letters.", most=most)
                    self.faults.append(Fault(sheet, None, field.name, what, say("Say it shorter.")))

    # --- so it is ---

    def write(self) -> None:
        """Put everything in; inside the action's transaction."""
        self._organisations()
        self._products()
        self._sites()
        self._recipes()
        self._rest()
        self._needs()
        self._round()

    def _organisations(self) -> None:
        ours = self._ours()
        new, changed = [], []
        for row in self.found.organisations:
            values = {
                "name": row.name,
                "kind": row.kind,
                "place": row.place,
                "latitude": row.latitude,
                "longitude": row.longitude,
                "members": row.members,
                "ability": row.ability,
                "pledge": row.pledge,
                "note": row.note,
            }
            there = self.rows.get(row.id)
            if there is None:
                # What a network enters it enters in its own language.
                spoken = self.network.language
                new.append(
                    Organisation(code=row.id, entered_by=self.network, shows=["place"], language=spoken, **values)
                )
            elif there.pk in ours:
                for name, value in values.items():
                    setattr(there, name, value)
                changed.append(there)
        for one in Organisation.objects.bulk_create(new, batch_size=500):
            self.rows[one.code] = one
        Organisation.objects.bulk_update(
            changed,
            ["name", "kind", "place", "latitude", "longitude", "members", "ability", "pledge", "note"],
            batch_size=200,
        )
        inside = set(
            Belonging.objects.filter(network=self.network, left__isnull=True).values_list(
                "organisation", flat=True
            )
        )
        Belonging.objects.bulk_create(
            Belonging(network=self.network, organisation=one, asked_by_network=True, agreed=self.doer.at)
            for one in self.rows.values()
            if one.pk not in inside and one.pk != self.network.pk and one.entered_by_id == self.network.pk
        )

    def _products(self) -> None:
        there = {row.code: row for row in Product.objects.filter(network=self.network)}
        outside = self._outside_as_written()
        for row in self.found.products:
            product = there.pop(row.id, None) or Product(network=self.network, code=row.id)
            product.name, product.unit, product.market_price = row.name, row.unit, row.market_price
            product.outside = outside[row.id]
            product.keeps = "yes" if row.keeps else "no"
            product.source, product.note, product.removed = row.source, row.note, None
            product.save()
            self.products[row.id] = product
        for product in there.values():
            if product.removed is None:
                product.removed = self.doer.at
                product.save(update_fields=["removed"])

    def _outside_as_written(self) -> dict[str, str]:
        """Whether each product may be bought outside; blank where that follows from price and recipes by itself."""
        made = {row.product for row in self.found.recipes}
        return {
            row.id: ""
            if row.outside == (row.market_price is not None and row.id not in made)
            else "yes"
            if row.outside
            else "no"
            for row in self.found.products
        }

    def _sites(self) -> None:
        for row in self.found.sites:
            site = self.sites.get(row.id) or Site(organisation=self.rows[row.id])
            reopening = self.found.reopening.get(row.id)
            site.network, site.workers, site.paid_hours = self.network, row.members, row.paid_hours
            site.overhead, site.state, site.note = row.overhead, row.state, row.note
            site.reopening_money = reopening.money if reopening else None
            site.reopening_hours = reopening.hours if reopening else None
            site.reopening_note = reopening.note if reopening else ""
            site.save()
            self.sites[row.id] = site

    def _recipes(self) -> None:
        Stock.objects.filter(site__network=self.network).delete()
        RecipeInput.objects.filter(recipe__network=self.network).delete()
        EquipmentUse.objects.filter(recipe__network=self.network).delete()
        machines = {row.code: row for row in Equipment.objects.filter(network=self.network)}
        recipes = {row.code: row for row in Recipe.objects.filter(network=self.network)}
        gone: list[Any] = [
            *(row for code, row in machines.items() if code not in self.found.machine and row.removed is None),
            *(row for code, row in recipes.items() if code not in self.found.recipe and row.removed is None),
        ]
        for row in gone:
            row.removed = self.doer.at
            row.save(update_fields=["removed"])
        for machine in self.found.equipment:
            kept = machines.get(machine.id) or Equipment(network=self.network, code=machine.id)
            kept.site, kept.hours, kept.note, kept.removed = (
                self.sites[machine.site],
                machine.hours,
                machine.note,
                None,
            )
            kept.save()
            machines[machine.id] = kept
        inputs, uses = [], []
        for recipe in self.found.recipes:
            row = recipes.get(recipe.id) or Recipe(network=self.network, code=recipe.id)
            row.site, row.product = self.sites[recipe.site], self.products[recipe.product]
            row.output, row.labour_hours, row.note, row.removed = (
                recipe.output,
                recipe.labour_hours,
                recipe.note,
                None,
            )
            row.save()
            inputs += [
                RecipeInput(recipe=row, product=self.products[one], quantity=much) for one, much in recipe.inputs
            ]
            uses += [EquipmentUse(recipe=row, equipment=machines[one], hours=much) for one, much in recipe.uses]
        RecipeInput.objects.bulk_create(inputs, batch_size=500)
        EquipmentUse.objects.bulk_create(uses, batch_size=500)
        Stock.objects.bulk_create(
            [
                Stock(
                    site=self.sites[row.site],
                    product=self.products[row.product],
                    quantity=row.quantity,
                    note=row.note,
                )
                for row in self.found.stocks
            ],
            batch_size=500,
        )

    def _rest(self) -> None:
        Promise.objects.filter(network=self.network, removed__isnull=True).update(removed=self.doer.at)
        Promise.objects.bulk_create(
            [
                Promise(
                    network=self.network,
                    site=self.sites[row.site],
                    receiver=self.rows[row.organisation],
                    product=self.products[row.product],
                    quantity=row.quantity,
                    period=row.period,
                    note=row.note,
                )
                for row in self.found.promises
            ],
            batch_size=500,
        )
        Route.objects.filter(network=self.network).delete()
        Route.objects.bulk_create(
            [
                Route(
                    network=self.network,
                    start=self.rows[row.start],
                    end=self.rows[row.end],
                    product=self.products[row.product] if row.product else None,
                    cost=row.cost,
                    note=row.note,
                )
                for row in self.found.routes or ()
            ],
            batch_size=500,
        )
        named = {(row.rule, row.since) for row in self.found.rules.rows}
        for there in Rule.objects.filter(network=self.network):
            if (there.rule, there.since) not in named:
                there.delete()
        for row in self.found.rules.rows:
            Rule.objects.update_or_create(
                network=self.network,
                rule=row.rule,
                since=row.since,
                defaults={
                    "value": row.value,
                    "unit": row.unit,
                    "decision": row.decision,
                    "source": row.source,
                    "note": row.note,
                },
            )

    def _needs(self) -> None:
        """Needs by their ids: those of the workbook as it says, those it does not name withdrawn."""
        there = {row.code: row for row in Need.objects.filter(network=self.network)}
        new = []
        for row in self.found.needs:
            need = there.pop(row.id, None) or Need(network=self.network, code=row.id, declared_by=None)
            fresh = need.pk is None
            need.organisation, need.product = self.rows[row.organisation], self.products[row.product]
            need.words = need.words or self.products[row.product].name
            if need.ranked_by_id is not None and need.tier != row.tier:
                what = say(
                    "The assembly has voted on the rank of “{need}”: {rank}.", need=need.words, rank=need.tier
                )
                help = say("Propose a motion that ranks the needs anew.")
                self.faults.append(Fault("needs", None, "tier", what, help))
            need.quantity, need.period, need.tier = row.quantity, row.period, row.tier
            need.pays = "" if row.pays == "market" else str(row.pays)
            need.note, need.withdrawn, need.gathered = row.note, None, None
            if fresh:
                new.append(need)
            else:
                need.save()
        check(self.faults)
        Need.objects.bulk_create(new, batch_size=500)
        gone = [row.pk for row in there.values() if row.live and row.product_id is not None]
        for part in _parts(gone):
            Need.objects.filter(pk__in=part).update(withdrawn=self.doer.at)

    def _round(self) -> None:
        """The open round takes the workbook's periods; where no round is open, one is opened for them."""
        periods = [
            {
                "period": row.id,
                "starts": row.starts.isoformat() if row.starts else None,
                "ends": row.ends.isoformat() if row.ends else None,
                "note": row.note or None,
            }
            for row in self.found.periods
        ]
        open_round = Round.objects.filter(network=self.network, closed__isnull=True).first()
        if open_round is None:
            names = set(Round.objects.filter(network=self.network).values_list("name", flat=True))
            base = self.found.name[:70] or "1"
            name = (
                base
                if base not in names
                else next(
                    f"{base} {number}" for number in range(2, len(names) + 3) if f"{base} {number}" not in names
                )
            )
            open_round = Round(network=self.network, name=name)
        open_round.periods = periods
        open_round.save()


def _parts(rows: list[Any], size: int = 500) -> Iterable[list[Any]]:
    """The rows in pieces that a database takes in one question."""
    for at in range(0, len(rows), size):
        yield rows[at : at + size]
