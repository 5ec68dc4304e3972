"""What somebody may see: one set of questions for pages and programs.

What is not this person's to see is answered like what does not exist: with None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet

from solidaria.actions.permit import HOLDING, MEMBER, Doer, is_member, live_mandates, may_read, with_mandates
from solidaria.core.workbook.own import own_part
from solidaria.core.workbook.tables import Tables
from solidaria.records.models import (
    Alliance,
    Belonging,
    Membership,
    Organisation,
    Person,
    Product,
    Round,
    Variant,
)
from solidaria.records.models.who import KINDS


def rights_for(doer: Doer, organisation: Organisation) -> set[str]:
    """The rights of whoever acts: "member" and those of live mandates; with a key, of the mandate it carries alone."""
    rights: set[str] = {MEMBER} if is_member(doer.person, organisation, doer.at) else set()
    mandates = live_mandates(doer.at).filter(person=doer.person)
    if doer.token is not None:
        mandates = mandates.filter(pk=doer.token.mandate_id or 0)
    return with_mandates(rights, mandates, organisation, doer.at)


def organisation_seen(doer: Doer, code: str) -> tuple[Organisation, set[str]] | None:
    """An organisation seen from inside, for those who have any right in it; and these rights."""
    found = by_code(code)
    rights = rights_for(doer, found) if found is not None else set()
    return (found, rights) if found is not None and rights else None


def network_seen(doer: Doer, code: str) -> tuple[Organisation, set[str]] | None:
    """A network or council seen from inside: for its own members and for members of organisations in it.

    The rights are those in the network itself, and "inside".
    """
    found = by_code(code)
    if found is None or found.kind not in HOLDING:
        return None
    rights = rights_for(doer, found)
    return (found, rights | {"inside"}) if rights or _in_it(doer.person, found) else None


def round_seen(doer: Doer, pk: int) -> tuple[Round, Organisation, set[str]] | None:
    """A round of a network that is seen from inside."""
    row = Round.objects.select_related("network", "chosen").filter(pk=pk).first()
    seen = network_seen(doer, row.network.code) if row is not None else None
    return (row, *seen) if row is not None and seen is not None else None


def variant_seen(doer: Doer, pk: int) -> tuple[Variant, Organisation, set[str]] | None:
    """A plan of a network that is seen from inside, without its large columns."""
    rows = Variant.objects.defer("tables", "result").select_related("round__network", "round__chosen")
    row = rows.filter(pk=pk).first()
    seen = network_seen(doer, row.round.network.code) if row is not None else None
    return (row, *seen) if row is not None and seen is not None else None


def workbook_seen(doer: Doer, network: Organisation, rights: set[str], tables: Tables) -> Tables:
    """What somebody inside a network may take away of its workbook: all of it, or his or her organisations' own part.

    rights   those in the network, as network_seen gives them
    """
    if may_read("whole_workbook", rights):
        return tables
    return own_part(tables, own_in(doer))


def own_in(doer: Doer) -> set[str]:
    """The ids of the organisations in which whoever acts has any right: by the roll, or by a live mandate."""
    day = doer.at.date()
    mandates = live_mandates(doer.at).filter(person=doer.person)
    if doer.token is not None:
        mandates = mandates.filter(pk=doer.token.mandate_id or 0)
    rolls = Membership.objects.filter(
        Q(left__isnull=True) | Q(left__gte=day), person=doer.person, entered__lte=day
    )
    rows = Organisation.objects.filter(
        Q(pk__in=rolls.values("organisation")) | Q(pk__in=mandates.values("organisation"))
    )
    return set(rows.values_list("code", flat=True))


def by_code(code: str) -> Organisation | None:
    """The organisation with this id: that it is there is public, what it is like is not."""
    # PostgreSQL takes no text with this sign in it.
    return None if "\x00" in code else Organisation.objects.filter(code=code).first()


def _in_it(person: Person, network: Organisation) -> bool:
    return Belonging.objects.filter(
        network=network,
        agreed__isnull=False,
        left__isnull=True,
        organisation__memberships__person=person,
        organisation__memberships__left__isnull=True,
    ).exists()


def organisations_of_person(person: Person) -> QuerySet[Organisation]:
    """The organisations somebody is on the roll of, by name."""
    return (
        Organisation.objects.filter(memberships__person=person, memberships__left__isnull=True)
        .distinct()
        .order_by("name", "code")
    )


def networks_of(organisation: Organisation) -> list[Organisation]:
    """The networks in which an organisation's needs are planned, by name; a network's own needs in itself."""
    if organisation.kind == "network":
        return [organisation]
    rows = Belonging.objects.filter(
        organisation=organisation, agreed__isnull=False, left__isnull=True, network__kind="network"
    )
    return [row.network for row in rows.select_related("network").order_by("network__name", "network__code")]


# --- what everybody may see ---


def directory(words: str = "", kind: str = "") -> QuerySet[Organisation]:
    """Organisations whose name has all these words, or whose place where they show it; of one kind if one is given."""
    rows = Organisation.objects.select_related("site").order_by("name", "code")
    for word in words.replace("\x00", " ").split()[:6]:
        rows = rows.filter(Q(name__icontains=word) | (Q(place__icontains=word) & Q(shows__icontains='"place"')))
    return rows.filter(kind=kind) if kind in KINDS else rows


class Held(NamedTuple):
    """A mandate as everybody may see it: without the name of who holds it. ends: its last day."""

    purpose: str
    ends: date | None


@dataclass(frozen=True)
class PublicFace:
    """What the assembly of an organisation chose to show to everybody; None: it did not choose to show this.

    networks   where it belongs; of a network also who belongs to it
    """

    about: str | None = None
    place: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    contact: str | None = None
    members: Decimal | None = None
    state: str | None = None
    networks: list[Belonging] | None = None
    alliances: list[Alliance] | None = None
    products: list[Product] | None = None
    mandates: list[Held] | None = None


def public_face(one: Organisation, at: datetime) -> PublicFace:
    """What everybody may see of an organisation at that moment."""
    shows, day = set(one.shows), at.date()
    site = getattr(one, "site", None)
    roll = Membership.objects.filter(Q(left__isnull=True) | Q(left__gte=day), organisation=one)
    return PublicFace(
        about=one.about if "about" in shows else None,
        place=one.place if "place" in shows else None,
        latitude=one.latitude if "place" in shows else None,
        longitude=one.longitude if "place" in shows else None,
        contact=one.contact if "contact" in shows else None,
        members=(one.members or Decimal(roll.count())) if "members" in shows else None,
        state=site.state if "state" in shows and site is not None else None,
        networks=belongings_of(one) if "networks" in shows else None,
        alliances=list(
            Alliance.objects.filter(
                Q(organisation=one) | Q(ally=one), agreed__isnull=False, ended__isnull=True
            ).select_related("organisation", "ally")
        )
        if "alliances" in shows
        else None,
        products=list(Product.objects.filter(recipes__site=site, recipes__removed__isnull=True).distinct())
        if "products" in shows and site is not None
        else None,
        mandates=[
            Held(purpose, ends)
            for purpose, ends in sorted(
                set(live_mandates(at).filter(organisation=one).values_list("purpose", "ends")), key=str
            )
        ]
        if "mandates" in shows
        else None,
    )


def belongings_of(one: Organisation) -> list[Belonging]:
    """Where an organisation belongs, and who belongs to it, by name; only what both sides agreed to."""
    rows = Belonging.objects.filter(
        Q(organisation=one) | Q(network=one), agreed__isnull=False, left__isnull=True
    ).select_related("network", "organisation")
    return sorted(rows, key=lambda row: (row.network.name, row.organisation.name, row.pk))
