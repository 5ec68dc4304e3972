"""A small world with one of everything in it, twice: Ana's, and Dora's, which is nobody's of Ana's people to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from solidaria.actions import (
    agree,
    assemblies,
    bank,
    books,
    capacity,
    councils,
    decide,
    needs,
    plan,
    recall,
    who,
    work,
)
from solidaria.actions.permit import PURPOSES
from solidaria.records.models import (
    Act,
    AgendaItem,
    Agreement,
    Alliance,
    Assembly,
    BankAccount,
    BankBooking,
    BankLine,
    Belonging,
    CallOff,
    Comment,
    Delay,
    Equipment,
    Handover,
    HandoverPhoto,
    LedgerEvent,
    LineRefused,
    LogCheckpoint,
    Mandate,
    Membership,
    Motion,
    Need,
    Organisation,
    Payment,
    Person,
    Product,
    Promise,
    PromiseLine,
    Recall,
    Recipe,
    Round,
    Route,
    Speech,
    Stock,
    Token,
    Upload,
    Variant,
)
from tests.books.pictures import JPEG
from tests.web.people import belongs, doer, founded, person


def credential(name: str) -> dict[str, Any]:
    """A passkey as a browser would have registered it, with a key that nobody holds."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    attested = AttestedCredentialData.create(bytes(16), name.encode(), public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(b"localhost").digest(), flags, 0, attested)
    client = CollectedClientData.create(CollectedClientData.TYPE.CREATE, b"challenge", "http://localhost")
    return {
        "id": websafe_encode(name.encode()),
        "rawId": websafe_encode(name.encode()),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }


@dataclass
class Everything:
    """One of everything; `lead` holds every mandate, `member` is on the roll of the community and nothing else."""

    lead: Person
    member: Person
    community: Organisation
    workshop: Organisation
    network: Organisation
    entered: Organisation
    product: Product
    spare: Product
    machine: Equipment
    idle: Equipment
    recipe: Recipe
    stock: Stock
    need: Need
    other_need: Need
    unmatched: Need
    promise: Promise
    route: Route
    round: Round
    refusal: LineRefused
    done: Variant
    waiting: Variant
    mandate: Mandate
    asked: Belonging
    offered: Alliance
    act: Act
    batch: str
    token: Token
    passkey: Authenticator
    motion: Motion
    comment: Comment
    assembly: Assembly
    item: AgendaItem
    speech: Speech
    council: Organisation
    other_mandate: Mandate
    recall: Recall
    council_motion: Motion
    carried: Motion
    agreement: Agreement
    order: CallOff
    owed: PromiseLine
    handover: Handover
    event: LedgerEvent
    payment: Payment
    checkpoint: LogCheckpoint
    account: BankAccount
    upload: Upload
    line: BankLine
    booking: BankBooking
    sheet: Upload
    photo: HandoverPhoto
    delay: Delay
    late: CallOff


def everything(lead: str, member: str, name: str) -> Everything:
    """Build it: `name` stands in every name and id, so that two of them never share one."""
    ana, bheki = person(lead), person(member)
    every = tuple(PURPOSES)
    community = founded(ana, f"{name} Barrio", "community", every)
    workshop = founded(ana, f"{name} Taller", "site", every)
    network = founded(ana, f"{name} Red", "network", every)
    guest = founded(ana, f"{name} Vecinas", "community", every)
    Membership.objects.create(organisation=community, person=bheki, entered=date(2026, 1, 10))
    belongs(community, network, ana)
    belongs(workshop, network, ana)
    entered = Organisation.objects.create(
        code=f"{network.code}-entered", name=f"{name} Entered", kind="community", entered_by=network
    )
    Belonging.objects.create(network=network, organisation=entered, asked_by_network=True, agreed=doer(ana).at)
    who.keep_site(doer(ana), workshop, members="6", paid_hours="160", overhead="900", state="producing")
    workshop.site.network = network
    workshop.site.save()
    for rule, value in (("currency", "ARS"), ("living_wage", "10"), ("assembly_hours", "8")):
        plan.set_rule(doer(ana), network, rule=rule, value=value, decision="assembly of 10 January 2026")
    opened = plan.open_round(doer(ana), network, name=f"{name} 2026", periods=[])
    uniform = plan.add_product(doer(ana), network, name=f"{name} uniform", unit="piece", market_price="18")
    cloth = plan.add_product(doer(ana), network, name=f"{name} cloth", unit="m", market_price="4")
    spare = plan.add_product(doer(ana), network, name=f"{name} spare", unit="piece", market_price="4")
    machine = capacity.add_equipment(doer(ana), workshop, name=f"{name} sewing", hours="300")
    idle = capacity.add_equipment(doer(ana), workshop, name=f"{name} idle", hours="300")
    parts = {"inputs": [(cloth, "1.25")], "uses": [(machine, "0.8")]}
    recipe = capacity.add_recipe(doer(ana), workshop, product=uniform, output="1", labour_hours="1", **parts)
    stock = capacity.set_stock(doer(ana), workshop, product=cloth, quantity="20")

    def declared(words: str, product: Product | None, quantity: str) -> Need:
        given = {"words": f"{name} {words}", "product": product, "quantity": quantity}
        return needs.declare_need(doer(bheki), community, network=network, **given)

    need, other_need = declared("uniforms", uniform, "500"), declared("more uniforms", uniform, "20")
    act = Act.objects.get(verb="declare_need", subject=other_need.pk)
    unmatched = declared("soap", None, "5")
    site = workshop.site
    promise = plan.keep_promise(
        doer(ana), network, site=site, receiver=community, product=uniform, quantity="10", period=""
    )
    done = plan.ask_for_plan(doer(ana), opened, name=f"{name} first")
    # Not by `work.claim`, which would take the other world's plan that waits.
    Variant.objects.filter(pk=done.pk).update(state="running", worker="test", beat=doer(ana).at)
    done.refresh_from_db()
    work.make(done, "test")
    done.refresh_from_db()
    assert done.state == "done", done.faults
    waiting = plan.ask_for_plan(doer(ana), opened, name=f"{name} second")
    route = plan.set_route(doer(ana), network, start=workshop, end=community, product=None, cost="0.1")
    refusal = plan.refuse_line(
        doer(ana), workshop, round=opened, recipe=recipe, most_runs="100", reason=f"{name} hands are few"
    )
    mandate = who.grant_mandate(
        doer(ana),
        community,
        person=bheki.pk,
        purpose="delegate",
        rights=[],
        instructions=f"{name} instructions",
        decision="assembly of 10 January 2026",
    )
    asked = who.ask_to_belong(doer(ana), guest, network=network)
    offered = who.ask_for_alliance(
        doer(ana), guest, ally=community, kind="buys", gives=f"{name} bread", receives=f"{name} work"
    )
    codes: list[str] = []
    who.print_codes(doer(ana), community, how_many=2, codes=codes)
    batch = community.joining_codes.first().batch
    token = Token.objects.create(
        person=bheki, name=f"{name} key", digest=f"{name}-digest", ends=date.today() + timedelta(days=30)
    )
    passkey = Authenticator.objects.create(
        user=bheki,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": f"{name} phone", "credential": credential(name)},
    )
    council, other_mandate, row, council_motion, carried = _federated(
        name, ana, bheki, community, workshop, network
    )
    agreed = _agreed(name, ana, community, workshop, uniform)
    return Everything(
        ana,
        bheki,
        community,
        workshop,
        network,
        entered,
        uniform,
        spare,
        machine,
        idle,
        recipe,
        stock,
        need,
        other_need,
        unmatched,
        promise,
        route,
        opened,
        refusal,
        done,
        waiting,
        mandate,
        asked,
        offered,
        act,
        batch,
        token,
        passkey,
        *_deciding(name, ana, community),
        council,
        other_mandate,
        row,
        council_motion,
        carried,
        *(*agreed, *_brought_in(name, ana, community, workshop, agreed[0])),
    )


def _deciding(
    name: str, ana: Person, community: Organisation
) -> tuple[Motion, Comment, Assembly, AgendaItem, Speech]:
    """A motion that is talked about, and an assembly that sits."""
    motion = decide.propose_motion(doer(ana), community, title=f"{name} oven", text=f"{name} buys an oven.")
    said = decide.comment_on_motion(doer(ana), motion, kind="question", text=f"{name} asks what it costs.")
    at = doer(ana).at
    sitting = Assembly.objects.create(
        organisation=community, name=f"{name} assembly", starts=at, called=at, opened=at, place=f"{name} yard"
    )
    item = assemblies.add_agenda_item(doer(ana), sitting, title=f"{name} item")
    assemblies.attend(doer(ana), sitting)
    return motion, said, sitting, item, assemblies.ask_to_speak(doer(ana), sitting)


def _federated(
    name: str,
    ana: Person,
    bheki: Person,
    community: Organisation,
    workshop: Organisation,
    network: Organisation,
) -> tuple[Organisation, Mandate, Recall, Motion, Motion]:
    """A council of the community and the workshop; a third member with mandates, one of them under recall."""
    third, fourth = person(f"{bheki.handle}3", f"{name} Third"), person(f"{bheki.handle}4", f"{name} Fourth")
    for one in (third, fourth):
        Membership.objects.create(organisation=community, person=one, entered=date(2026, 1, 10))
    council = founded(ana, f"{name} Consejo", "council", tuple(PURPOSES))
    for one in (community, workshop):
        Belonging.objects.create(network=council, organisation=one, asked_by_network=False, agreed=doer(ana).at)

    def delegate(base: Organisation, to: Person, place: Organisation) -> Mandate:
        return who.grant_mandate(
            doer(ana),
            base,
            person=to.pk,
            purpose="delegate",
            rights=[],
            instructions=f"Sit in {place.name}.",
            decision="assembly of 10 January 2026",
        )

    councils.give_seat(doer(ana), delegate(community, third, council), council=council)
    Membership.objects.create(organisation=workshop, person=fourth, entered=date(2026, 1, 10))
    councils.give_seat(doer(ana), delegate(workshop, fourth, council), council=council)
    other = delegate(community, third, network)
    recalled = who.grant_mandate(
        doer(ana), community, person=third.pk, purpose="teller", decision="assembly of 10 January 2026"
    )
    row = recall.open_recall(doer(fourth), recalled, why=f"{name} counts were wrong.")
    motion = decide.propose_motion(
        doer(third), council, title=f"{name} lorries", text=f"{name} shares lorries.", method="council"
    )
    carried = Motion.objects.create(
        organisation=workshop,
        number=1,
        title=f"{name} carried",
        text=f"{name} carried it.",
        made=doer(ana).at,
        closed=doer(ana).at,
        state="carried",
        outcome="carried",
    )
    return council, other, row, motion, carried


def _agreed(
    name: str, ana: Person, community: Organisation, workshop: Organisation, uniform: Product
) -> tuple[Agreement, CallOff, PromiseLine, Handover, LedgerEvent, Payment, LogCheckpoint]:
    """An agreement in force with an order on its way and one not begun, and the workshop's books."""
    today = doer(ana).at.date()
    line = {"product": uniform.code, "quantity": "20", "unit_price": "15", "unit_solidarity": "1", "wage": "10"}
    given = {
        "title": f"{name} uniforms",
        "starts": today.isoformat(),
        "ends": (today + timedelta(days=300)).isoformat(),
        "review": (today + timedelta(days=100)).isoformat(),
        "contact_giver": f"{name} giver",
        "contact_taker": f"{name} taker",
        "lines": [line],
    }
    row = agree.draft_agreement(doer(ana), community, giver=workshop, taker=community, given=given)
    opened = "balances income wages agreements checkpoint"
    workshop.house_rules.create(rule="open_books", value=opened, since=doer(ana).at)
    for one in (community, workshop):
        one.house_rules.create(rule="sign_limit", value="1000", since=doer(ana).at)
        agree.agree_by_mandate(doer(ana), one, agreement=row)
    row.refresh_from_db()
    order, other = (
        agree.call_off(doer(ana), community, agreement=row, line=0, quantity="6", due=today) for _ in range(2)
    )
    handover = agree.hand_over(
        doer(ana), workshop, call_off=order, quantity="2", day=today, note=f"{name} boxes", made=True
    )
    event = books.record_event(
        doer(ana), workshop, action="transfer", resource="money:ARS", quantity="90", day=today, part="opening"
    )
    payment = books.draft_payment(
        doer(ana), workshop, receiver="outside", resource="money:ARS", amount="9", day=today, note=f"{name} thread"
    )
    checkpoint = books.sign_checkpoint(doer(ana), workshop)
    return row, order, other.promise_lines.get(part="goods"), handover, event, payment, checkpoint


def _brought_in(
    name: str, ana: Person, community: Organisation, workshop: Organisation, row: Agreement
) -> tuple[BankAccount, Upload, BankLine, BankBooking, Upload, HandoverPhoto, Delay, CallOff]:
    """A bank account with a line that is booked in part, files that wait, a photo of a delivery, a delay."""
    today = doer(ana).at.date()
    account = bank.open_bank_account(doer(ana), workshop, name=f"{name} bank", currency="ARS", number=f"{name}1")

    def brought(kind: str, content: str, to: BankAccount | None = None) -> Upload:
        return bank.bring_file(
            doer(ana), workshop, kind=kind, name=f"{name} {kind}.csv", content=content.encode(), account=to
        )

    cell = name.replace('"', '""')
    first = brought("bank", f'Fecha;Concepto;Importe\n{today.isoformat()};"{cell} sale";90,00\n', account)
    bank.take_statement(doer(ana), workshop, upload=first, mapping=bank.look_through(first).mapping)
    line = account.lines.get()
    bank.book_line(doer(ana), workshop, line=line, parts=[("other", "1")])
    waiting = brought("bank", f'Fecha;Concepto;Importe\n{today.isoformat()};"{cell} rent";-9,00\n', account)
    member = workshop.memberships.get(person=ana)
    sheet = brought("hours", f"who,day,hours\n{member.pk},{today.isoformat()},1\n")
    due = today + timedelta(days=5)
    order, late = (
        agree.call_off(doer(ana), community, agreement=row, line=0, quantity="1", due=due) for _ in range(2)
    )
    with_photo = agree.hand_over(doer(ana), workshop, call_off=order, quantity="1", day=today, photo=JPEG)
    delay = agree.tell_delay(
        doer(ana), workshop, call_off=late, until=due + timedelta(days=9), why=f"{name} thread"
    )
    return account, waiting, line, line.bookings.get(), sheet, with_photo.photos.get(), delay, late
