"""Who, for programs: the directory, public pages, one's own organisations, their ties."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from solidaria.actions import visible
from solidaria.actions import who as actions
from solidaria.api import shapes, shown
from solidaria.api.answers import doer, found, paged, reader, reads, token_of, writes
from solidaria.api.named import Names
from solidaria.records.models import Alliance, Belonging, Membership, Need, Organisation

router = Router(tags=["who"])


# --- for everybody ---


@router.get("/organisations", **reads(shapes.Page[shapes.OrganisationListed], public=True))
def organisations(
    request: HttpRequest, paging: Query[shapes.Paging], q: shapes.Text = "", kind: shapes.Text = ""
) -> dict[str, Any]:
    """The directory by name: q looks for words in names and in the places that are shown; kind keeps one kind."""
    return paged(visible.directory(q[:80], kind), paging.page, paging.size, shown.listed)


@router.get("/organisations/{code}", **reads(shapes.OrganisationPublic, public=True))
def organisation(request: HttpRequest, code: str) -> shapes.OrganisationPublic:
    """The public page of an organisation: what its assembly chose to show."""
    one = found(visible.by_code(code))
    return shown.public(one, visible.public_face(one, datetime.now(UTC)))


# --- one's own ---


@router.get("/me", **reads(shapes.Me))
def me(request: HttpRequest) -> shapes.Me:
    """Whose key this is, and what it carries."""
    token = token_of(request)
    mandate = token.mandate
    carried = None
    if mandate is not None:
        carried = shapes.MandateOfKey(
            organisation=shown.named(mandate.organisation),
            purpose=mandate.purpose,
            rights=list(mandate.rights),
            ends=mandate.ends,
        )
    return shapes.Me(name=str(token.person), key=token.name, ends=token.ends, mandate=carried)


@router.get("/me/organisations", **reads(shapes.Page[shapes.OrganisationMine]))
def my_organisations(request: HttpRequest, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The organisations the person is on the roll of, and what this key may do in each."""
    who = reader(request)
    mandate = who.token.mandate if who.token is not None else None

    def mine(one: Organisation) -> shapes.OrganisationMine:
        rights = {"member"}
        if mandate is not None and mandate.organisation_id == one.pk:
            rights.update(mandate.rights)
        return shapes.OrganisationMine(
            id=one.code, name=one.name, kind=one.kind, rights=shown.rights_shown(rights)
        )

    return paged(visible.organisations_of_person(who.person), paging.page, paging.size, mine)


@router.get("/organisations/{code}/inside", **reads(shapes.OrganisationInside))
def inside(request: HttpRequest, code: str) -> shapes.OrganisationInside:
    """An organisation as its own members see it."""
    one, rights = found(visible.organisation_seen(reader(request), code))
    return _inside(one, rights)


def _inside(one: Organisation, rights: set[str]) -> shapes.OrganisationInside:
    needs = Need.objects.filter(organisation=one, withdrawn__isnull=True, gathered__isnull=True)
    return shapes.OrganisationInside(
        id=one.code,
        name=one.name,
        kind=one.kind,
        rights=shown.rights_shown(rights),
        shows=list(one.shows),
        about=one.about,
        contact=one.contact,
        place=one.place,
        latitude=shown.amount_or_none(one.latitude),
        longitude=shown.amount_or_none(one.longitude),
        members=shown.amount_or_none(one.members),
        ability=shown.amount_or_none(one.ability),
        pledge=shown.amount_or_none(one.pledge),
        networks=[shown.other_side(row, one) for row in visible.belongings_of(one)],
        needs=needs.count(),
        on_the_roll=_on_the_roll(one),
    )


def _on_the_roll(one: Organisation) -> int:
    return Membership.objects.filter(organisation=one, left__isnull=True).count()


@router.get("/organisations/{code}/roll", **reads(shapes.Roll))
def roll(request: HttpRequest, code: str) -> shapes.Roll:
    """How many are on the roll; names are for people, on the organisation's own pages."""
    one, _ = found(visible.organisation_seen(reader(request), code))
    return shapes.Roll(count=_on_the_roll(one))


@router.patch("/organisations/{code}", **writes("describe_organisation", shapes.OrganisationInside))
def describe_organisation(request: HttpRequest, code: str, given: shapes.Describe) -> shapes.OrganisationInside:
    """Change its name, place, words and numbers; what is not sent stays."""
    who = doer(request)
    one, rights = found(visible.organisation_seen(who, code))
    changes = {name: value or "" for name, value in given.model_dump(exclude_unset=True).items()}
    return _inside(actions.describe_organisation(who, one, **changes), rights)


@router.put("/organisations/{code}/shows", **writes("show_publicly", shapes.OrganisationInside))
def show_publicly(request: HttpRequest, code: str, given: shapes.Shows) -> shapes.OrganisationInside:
    """Choose what the public page shows."""
    who = doer(request)
    one, rights = found(visible.organisation_seen(who, code))
    return _inside(actions.show_publicly(who, one, shows=given.shows), rights)


# --- networks and alliances ---


@router.get("/organisations/{code}/ties", **reads(shapes.Ties))
def ties(request: HttpRequest, code: str) -> shapes.Ties:
    """Networks and alliances, also those that wait for an answer; those that ended are left out."""
    one, _ = found(visible.organisation_seen(reader(request), code))
    belongings = Belonging.objects.filter(Q(organisation=one) | Q(network=one), left__isnull=True)
    alliances = Alliance.objects.filter(Q(organisation=one) | Q(ally=one), ended__isnull=True)
    return shapes.Ties(
        belongings=[
            shown.belonging(row)
            for row in belongings.select_related("network", "organisation").order_by("asked", "pk")
        ],
        alliances=[
            shown.alliance(row) for row in alliances.select_related("organisation", "ally").order_by("asked", "pk")
        ],
    )


@router.post("/organisations/{code}/networks", **writes("ask_to_belong", shapes.Belonging, made=True))
def ask_to_belong(request: HttpRequest, code: str, given: shapes.AskNetwork) -> Status[shapes.Belonging]:
    """Ask a network or council to take the organisation in."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    names = Names()
    network = names.organisation(given.network, "network")
    names.check()
    return Status(201, shown.belonging(actions.ask_to_belong(who, one, network=network)))


@router.post("/networks/{code}/organisations", **writes("invite_to_belong", shapes.Belonging, made=True))
def invite_to_belong(request: HttpRequest, code: str, given: shapes.Invite) -> Status[shapes.Belonging]:
    """Ask an organisation to come into the network."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    names = Names()
    organisation = names.organisation(given.organisation, "organisation")
    names.check()
    return Status(201, shown.belonging(actions.invite_to_belong(who, one, organisation=organisation)))


def _belonging(one: Organisation, number: int) -> Belonging:
    rows = Belonging.objects.select_related("network", "organisation")
    return found(rows.filter(Q(organisation=one) | Q(network=one), pk=number).first())


@router.post("/organisations/{code}/belongings/{int:number}/agree", **writes("agree_to_belong", shapes.Belonging))
def agree_to_belong(request: HttpRequest, code: str, number: int) -> shapes.Belonging:
    """The side that was asked says yes; `code` is that side."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    return shown.belonging(actions.agree_to_belong(who, one, belonging=_belonging(one, number)))


@router.post("/organisations/{code}/belongings/{int:number}/end", **writes("leave_network", shapes.Belonging))
def leave_network(request: HttpRequest, code: str, number: int) -> shapes.Belonging:
    """Either side ends it; what was promised stays promised."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    return shown.belonging(actions.leave_network(who, one, belonging=_belonging(one, number)))


@router.post("/organisations/{code}/alliances", **writes("ask_for_alliance", shapes.Alliance, made=True))
def ask_for_alliance(request: HttpRequest, code: str, given: shapes.AskAlly) -> Status[shapes.Alliance]:
    """Propose an alliance: of what kind, what we give, what we receive."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    names = Names()
    ally = names.organisation(given.ally, "ally")
    names.check()
    made = actions.ask_for_alliance(
        who, one, ally=ally, kind=given.kind, gives=given.gives, receives=given.receives
    )
    return Status(201, shown.alliance(made))


def _alliance(one: Organisation, number: int) -> Alliance:
    rows = Alliance.objects.select_related("organisation", "ally")
    return found(rows.filter(Q(organisation=one) | Q(ally=one), pk=number).first())


@router.post("/organisations/{code}/alliances/{int:number}/agree", **writes("agree_to_alliance", shapes.Alliance))
def agree_to_alliance(request: HttpRequest, code: str, number: int) -> shapes.Alliance:
    """The side that was asked says yes."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    return shown.alliance(actions.agree_to_alliance(who, one, alliance=_alliance(one, number)))


@router.post("/organisations/{code}/alliances/{int:number}/end", **writes("end_alliance", shapes.Alliance))
def end_alliance(request: HttpRequest, code: str, number: int) -> shapes.Alliance:
    """Either side ends it, at once."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    return shown.alliance(actions.end_alliance(who, one, alliance=_alliance(one, number)))
