"""Every address as every kind of person, with own, foreign and missing objects, in every method.

The list of addresses comes from the program itself; an address without a line here fails the test. What is held:
nothing ends in an error of ours; what is not a person's to see answers exactly as if it did not exist; a method an
address does not know is refused; nobody changes anything but what the table of permissions (actions/permit.py) allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, reset_queries, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

import solidaria.web
from solidaria.actions.permit import PERMISSIONS, may, rights_of
from solidaria.records.models import Act, Person
from tests.web.everything import Everything, everything
from tests.web.people import FOUNDED, person

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
NEEDS_CSV = b"words,quantity\nbread,40\n"
MINUTES = "Nine of us met and founded it; the tasks were given by show of hands."

Arguments = Callable[[Everything], tuple[Any, ...]]
Data = Callable[[Everything], dict[str, Any]]


@dataclass(frozen=True)
class Line:
    """What is expected of one address.

    of       whose page it is: community, workshop, network (people of its organisations look in, too), member (one
             person's own thing); public: anybody's; entrance: a library's page, whose methods are its own affair
    args     what stands in the address
    methods  what it answers to; HEAD comes with GET
    verb     the action a POST is, with `data` that the action accepts
    right    whose rights count for the verb, where it is not `of`
    """

    of: str
    args: Arguments = field(default=lambda all: ())
    methods: str = "GET"
    verb: str = ""
    data: Data = field(default=lambda all: {})
    right: str = ""


def code(of: str, *more: Callable[[Everything], Any]) -> Arguments:
    """The code of an organisation, and what comes behind it in the address."""
    return lambda all: (getattr(all, of).code, *(one(all) for one in more))


def key(of: str, *more: Callable[[Everything], Any]) -> Arguments:
    """The number of a row, and what comes behind it."""
    return lambda all: (getattr(all, of).pk, *(one(all) for one in more))


def pk(of: str) -> Callable[[Everything], Any]:
    """The number of a row."""
    return lambda all: getattr(all, of).pk


def word(text: str) -> Callable[[Everything], Any]:
    """The same in every address."""
    return lambda all: text


def word_number(number: int) -> Callable[[Everything], Any]:
    """The same number in every address."""
    return lambda all: number


def shows(of: str, *more: Callable[[Everything], Any]) -> Line:
    """A page that only shows something."""
    return Line(of, code(of, *more))


def form(of: str, verb: str, data: Data, *more: Callable[[Everything], Any]) -> Line:
    """A page with a form."""
    return Line(of, code(of, *more), "GET POST", verb, data)


def button(of: str, verb: str, data: Data, *more: Callable[[Everything], Any]) -> Line:
    """Something one button does."""
    return Line(of, code(of, *more), "POST", verb, data)


def nothing(all: Everything) -> dict[str, Any]:
    """No data."""
    return {}


def sheet(content: Callable[[], bytes]) -> Data:
    """An uploaded file."""
    return lambda all: {"sheet": SimpleUploadedFile("needs.csv", content())}


def today() -> str:
    """The day of today, as a form gives it."""
    return date.today().isoformat()


def terms(all: Everything) -> dict[str, Any]:
    """A form with the terms of an agreement."""
    return {
        "giver": all.workshop.code,
        "taker": all.community.code,
        "title": "Aprons",
        "starts": today(),
        "ends": (date.today() + timedelta(days=90)).isoformat(),
        "review": (date.today() + timedelta(days=30)).isoformat(),
        "contact_giver": "Ana",
        "contact_taker": "Bheki",
        "product-0": all.product.code,
        "quantity-0": "30",
        "unit_price-0": "15",
    }


def with_a_chosen_plan(all: Everything) -> dict[str, Any]:
    """The round, whose plan is chosen."""
    type(all.round).objects.filter(pk=all.round.pk).update(chosen=all.done.pk)
    return {"round": all.round.pk}


PUBLIC, ENTRANCE = Line("public"), Line("entrance", methods="any")

LINES: dict[str, Line] = {
    "": PUBLIC,
    "who": PUBLIC,
    "words": PUBLIC,
    "help/permissions": PUBLIC,
    "help/privacy": PUBLIC,
    "help/first-steps": PUBLIC,
    "language": Line("public", methods="POST"),
    "who/new": Line(
        "signed in",
        methods="GET POST",
        verb="found_organisation",
        data=lambda all: {
            "name": "La Nueva",
            "kind": "site",
            "held_on": FOUNDED.isoformat(),
            "present": "9",
            "minutes": MINUTES,
        },
    ),
    "who/claim": Line("signed in", methods="GET POST"),
    "needs": Line("signed in"),
    "plan": Line("signed in"),
    "account": Line("signed in"),
    # --- an organisation ---
    "o/<str:code>/": Line("public", code("community")),
    "o/<str:code>/inside": shows("community"),
    "o/<str:code>/describe": form("community", "describe_organisation", lambda all: {"name": "Another name"}),
    "o/<str:code>/show": form("community", "show_publicly", lambda all: {"shows": ["about"]}),
    "o/<str:code>/roll": shows("community"),
    "o/<str:code>/codes": form("community", "print_codes", lambda all: {"how_many": "2"}),
    "o/<str:code>/codes/revoke": button("community", "revoke_codes", lambda all: {"batch": all.batch}),
    "o/<str:code>/leave": button("community", "leave_organisation", nothing),
    "o/<str:code>/mandates": form(
        "community",
        "grant_mandate",
        lambda all: {"person": all.member.pk, "purpose": "delegate", "decision": "assembly of yesterday"},
    ),
    "o/<str:code>/mandates/<int:number>/end": button("community", "end_mandate", nothing, pk("mandate")),
    "o/<str:code>/mandates/<int:number>/recall": form(
        "community", "open_recall", lambda all: {"why": "Never came to the council."}, pk("other_mandate")
    ),
    "o/<str:code>/recalls/<int:number>": form(
        "community", "reply_to_recall", lambda all: {"text": "I was ill."}, pk("recall")
    ),
    "o/<str:code>/recalls/<int:number>/sign": button("community", "sign_recall", nothing, pk("recall")),
    "o/<str:code>/seats": form(
        "community", "give_seat", lambda all: {"mandate": all.other_mandate.pk, "council": all.network.code}
    ),
    "o/<str:code>/obligations": shows("community"),
    "o/<str:code>/tree": shows("community"),
    "o/<str:code>/ties": form(
        "community",
        "ask_for_alliance",
        lambda all: {
            "other": all.workshop.code,
            "what": "alliance",
            "kind": "buys",
            "gives": "bread",
            "receives": "work",
        },
    ),
    "o/<str:code>/ties/networks/<int:number>/<str:verb>": Line(
        "lead only", code("network", pk("asked"), word("agree")), "POST", "agree_to_belong", nothing, "network"
    ),
    "o/<str:code>/ties/alliances/<int:number>/<str:verb>": button(
        "community", "agree_to_alliance", nothing, pk("offered"), word("agree")
    ),
    "o/<str:code>/history": shows("community"),
    "o/<str:code>/history/<int:number>/undo": button("community", "undo_act", nothing, pk("act")),
    "o/<str:code>/needs": shows("community"),
    "o/<str:code>/needs/new": form(
        "community", "declare_need", lambda all: {"words": "bread", "quantity": "40", "network": all.network.code}
    ),
    "o/<str:code>/needs/<int:number>": form(
        "community", "edit_need", lambda all: {"words": "bread", "quantity": "40"}, pk("need")
    ),
    "o/<str:code>/needs/<int:number>/withdraw": button("community", "withdraw_need", nothing, pk("need")),
    "o/<str:code>/needs/gather": button(
        "community",
        "gather_needs",
        lambda all: {"needs": [all.need.pk, all.other_need.pk], "words": "uniforms", "tier": "1"},
    ),
    "o/<str:code>/needs/rank": button("community", "rank_needs", lambda all: {f"tier-{all.need.pk}": "2"}),
    "o/<str:code>/needs/upload": form("community", "upload_needs", sheet(lambda: NEEDS_CSV)),
    # --- a site ---
    # --- agreements and books ---
    "o/<str:code>/agreements": shows("community"),
    "o/<str:code>/agreements/new": form("community", "draft_agreement", terms),
    "o/<str:code>/agreements/plan": button("community", "draft_from_plan", with_a_chosen_plan),
    "o/<str:code>/agreements/<int:number>": shows("workshop", pk("agreement")),
    "o/<str:code>/agreements/<int:number>/change": form("workshop", "change_agreement", terms, pk("agreement")),
    "o/<str:code>/agreements/<int:number>/call": button(
        "community", "call_off", lambda all: {"line": "0", "quantity": "1", "due": today()}, pk("agreement")
    ),
    "o/<str:code>/agreements/<int:number>/paper.pdf": shows("workshop", pk("agreement")),
    "o/<str:code>/agreements/<int:number>/agreement.jsonld": shows("workshop", pk("agreement")),
    "o/<str:code>/agreements/<int:number>/<str:verb>": button(
        "workshop", "pause_agreement", lambda all: {"why": "No thread."}, pk("agreement"), word("pause")
    ),
    "o/<str:code>/promises/<int:number>/release": button("community", "release_promise", nothing, pk("owed")),
    "o/<str:code>/deliveries": shows("community"),
    "o/<str:code>/deliveries/<int:number>/hand-over": button(
        "workshop", "hand_over", lambda all: {"quantity": "1", "day": today()}, pk("order")
    ),
    "o/<str:code>/deliveries/<int:number>/<str:verb>": button(
        "community", "confirm_handover", nothing, pk("handover"), word("confirm")
    ),
    "o/<str:code>/books": shows("workshop"),
    "o/<str:code>/books/write": form(
        "workshop",
        "record_event",
        lambda all: {
            "action": "transfer",
            "resource": "money:ARS",
            "quantity": "5",
            "day": today(),
            "part": "other",
        },
    ),
    "o/<str:code>/books/hours": form(
        "workshop",
        "record_hours",
        lambda all: {
            "member": all.workshop.memberships.get(person=all.lead).pk,
            "hours": "2",
            "day": today(),
        },
    ),
    "o/<str:code>/books/<int:number>/correct": form(
        "workshop", "correct_event", lambda all: {"quantity": "1", "why": "Counted twice."}, pk("event")
    ),
    "o/<str:code>/books/payments": form(
        "workshop",
        "draft_payment",
        lambda all: {
            "receiver": "outside",
            "resource": "money:ARS",
            "amount": "3",
            "day": today(),
            "part": "other",
        },
    ),
    "o/<str:code>/books/payments/<int:number>/<str:verb>": button(
        "workshop", "withdraw_payment", nothing, pk("payment"), word("withdraw")
    ),
    "o/<str:code>/books/events/<int:number>": shows("workshop", pk("event")),
    "o/<str:code>/books/views/<str:name>": shows("workshop", word("balance")),
    "o/<str:code>/books/views/files/<str:name>": shows("workshop", word("account.csv")),
    "o/<str:code>/books/orders/<int:number>": shows("workshop", pk("order")),
    "o/<str:code>/books/orders/<int:number>/<str:name>": shows("workshop", pk("order"), word("wages.csv")),
    "o/<str:code>/agreements/<int:number>/versions/<int:version>": shows(
        "workshop", pk("agreement"), word_number(1)
    ),
    "o/<str:code>/agreements/<int:number>/review": button(
        "workshop", "note_review", lambda all: {"words": "It goes well."}, pk("agreement")
    ),
    "o/<str:code>/deliveries/photos/<int:number>": shows("workshop", pk("photo")),
    "o/<str:code>/deliveries/orders/<int:number>/later": button(
        "workshop",
        "tell_delay",
        lambda all: {"until": (date.today() + timedelta(days=40)).isoformat(), "why": "No thread."},
        pk("late"),
    ),
    "o/<str:code>/deliveries/delays/<int:number>/agree": button(
        "community", "agree_to_delay", nothing, pk("delay")
    ),
    "o/<str:code>/books/bank": form(
        "workshop", "open_bank_account", lambda all: {"name": "Another bank", "currency": "ARS"}
    ),
    "o/<str:code>/books/bank/<int:number>": shows("workshop", pk("account")),
    "o/<str:code>/books/bank/<int:number>/file": button(
        "workshop",
        "bring_file",
        lambda all: {"file": SimpleUploadedFile("bank.csv", b"Fecha;Importe\n2026-01-02;3\n")},
        pk("account"),
    ),
    "o/<str:code>/books/bank/<int:number>/accept": button(
        "workshop", "accept_suggestions", lambda all: {"accept": f"{all.line.pk} other=2.00"}, pk("account")
    ),
    "o/<str:code>/books/bank/lines/<int:number>": form(
        "workshop", "book_line", lambda all: {"target-0": "other", "amount-0": "2"}, pk("line")
    ),
    "o/<str:code>/books/bank/lines/<int:number>/<str:verb>": button(
        "workshop",
        "undo_booking",
        lambda all: {"booking": all.booking.pk, "why": "Wrong."},
        pk("line"),
        word("undo"),
    ),
    "o/<str:code>/books/files-in/<int:number>": form("workshop", "take_statement", nothing, pk("upload")),
    "o/<str:code>/books/files-in/<int:number>/drop": button("workshop", "drop_file", nothing, pk("upload")),
    "o/<str:code>/books/hours/sheet": form(
        "workshop",
        "bring_file",
        lambda all: {"file": SimpleUploadedFile("hours.csv", b"who,day,hours\n1,2026-01-02,3\n")},
    ),
    "o/<str:code>/books/hours/sheet/<int:number>": form("workshop", "take_hours", nothing, pk("sheet")),
    "o/<str:code>/books/checkpoint": button("community", "sign_checkpoint", nothing),
    "o/<str:code>/books/proof": shows("workshop"),
    "o/<str:code>/books/proof/entries/<int:number>.json": shows("workshop", lambda all: 0),
    "o/<str:code>/books/proof/growth/<int:number>.json": shows("workshop", lambda all: all.checkpoint.size),
    "o/<str:code>/books/proof/checkpoints/<int:number>.txt": shows("workshop", lambda all: all.checkpoint.size),
    "o/<str:code>/books/allies": form("community", "countersign", lambda all: {"checkpoint": all.checkpoint.pk}),
    "o/<str:code>/books/files/<str:name>": shows("workshop", word("books.csv")),
    "o/<str:code>/open-books": Line("public", code("community")),
    "o/<str:code>/open-books/<str:name>": Line("public", code("workshop", word("open-books.csv"))),
    "o/<str:code>/site": shows("workshop"),
    "o/<str:code>/site/people": form(
        "workshop", "keep_site", lambda all: {"members": "7", "paid_hours": "150", "state": "producing"}
    ),
    "o/<str:code>/site/machines/new": form(
        "workshop", "add_equipment", lambda all: {"name": "Press", "hours": "100"}
    ),
    "o/<str:code>/site/machines/<int:number>": form(
        "workshop", "edit_equipment", lambda all: {"name": "Press", "hours": "90"}, pk("idle")
    ),
    "o/<str:code>/site/machines/<int:number>/remove": button("workshop", "remove_equipment", nothing, pk("idle")),
    "o/<str:code>/site/recipes/new": form(
        "workshop", "add_recipe", lambda all: {"product": all.spare.pk, "output": "1", "labour_hours": "2"}
    ),
    "o/<str:code>/site/recipes/<int:number>": form(
        "workshop", "edit_recipe", lambda all: {"output": "1", "labour_hours": "2"}, pk("recipe")
    ),
    "o/<str:code>/site/recipes/<int:number>/remove": button("workshop", "remove_recipe", nothing, pk("recipe")),
    "o/<str:code>/site/stocks": button(
        "workshop", "set_stock", lambda all: {"product": all.spare.pk, "quantity": "3"}
    ),
    # --- a network ---
    "n/<str:code>/": shows("network"),
    "n/<str:code>/entered": Line("lead only", code("network")),
    "n/<str:code>/entered/<str:other>": button(
        "network", "print_founding_code", nothing, lambda all: all.entered.code
    ),
    "n/<str:code>/products": shows("network"),
    "n/<str:code>/products/new": form("network", "add_product", lambda all: {"name": "Soap", "unit": "kg"}),
    "n/<str:code>/products/<int:number>": form(
        "network", "edit_product", lambda all: {"name": "Soap", "unit": "kg"}, pk("spare")
    ),
    "n/<str:code>/products/<int:number>/remove": button("network", "remove_product", nothing, pk("spare")),
    "n/<str:code>/rules": form(
        "network", "set_rule", lambda all: {"rule": "reserve", "value": "0.05", "decision": "assembly of May"}
    ),
    "n/<str:code>/routes": form(
        "network",
        "set_route",
        lambda all: {"start": all.community.code, "end": all.workshop.code, "cost": "0.2"},
    ),
    "n/<str:code>/routes/<int:number>/remove": button("network", "remove_route", nothing, pk("route")),
    "n/<str:code>/promises": form(
        "network",
        "keep_promise",
        lambda all: {
            "site": all.workshop.site.pk,
            "receiver": all.community.code,
            "product": all.spare.pk,
            "quantity": "3",
        },
    ),
    "n/<str:code>/promises/<int:number>/remove": button("network", "remove_promise", nothing, pk("promise")),
    "n/<str:code>/needs": shows("network"),
    "n/<str:code>/needs/<int:number>/product": button(
        "network", "match_need", lambda all: {"product": all.spare.pk}, pk("unmatched")
    ),
    "n/<str:code>/workbook": form("network", "", sheet(lambda: b"")),
    "n/<str:code>/workbook.xlsx": shows("network"),
    "n/<str:code>/workbook.zip": shows("network"),
    "n/<str:code>/rounds/new": Line("network", code("network"), "GET POST"),
    # --- a round and its plans ---
    "rounds/<int:pk>/": Line("network", key("round")),
    "rounds/<int:pk>/close": Line("network", key("round"), "POST", "close_round"),
    "rounds/<int:pk>/ask": Line("network", key("round"), "POST", "ask_for_plan", lambda all: {"name": "third"}),
    "rounds/<int:pk>/refuse": Line(
        "network",
        key("round"),
        "POST",
        "refuse_line",
        lambda all: {"recipe": all.recipe.pk, "most_runs": "5", "reason": "few hands"},
        "workshop",
    ),
    "rounds/<int:pk>/refusals/<int:number>/withdraw": Line(
        "network", key("round", pk("refusal")), "POST", "withdraw_refusal", nothing, "workshop"
    ),
    "rounds/<int:pk>/compare": Line("network", key("round")),
    "plans/<int:pk>/": Line("network", key("done")),
    "plans/<int:pk>/progress": Line("network", key("waiting")),
    "plans/<int:pk>/cancel": Line("network", key("waiting"), "POST", "cancel_plan"),
    "plans/<int:pk>/choose": Line("network", key("done"), "POST", "choose_variant"),
    "plans/<int:pk>/site/<str:code>": Line("network", key("done", lambda all: all.workshop.code)),
    "plans/<int:pk>/buyer/<str:code>": Line("network", key("done", lambda all: all.community.code)),
    "plans/<int:pk>/product/<str:code>": Line("network", key("done", lambda all: all.product.code)),
    "plans/<int:pk>/need/<str:code>": Line("network", key("done", lambda all: all.need.code)),
    "plans/<int:pk>/files/<str:name>": Line("network", key("done", word("plan.json"))),
    # --- councils ---
    "motions/<int:pk>/council": Line(
        "network", key("council_motion"), "GET POST", "cast_split", lambda all: {"for": "4"}, "council"
    ),
    "motions/<int:pk>/council/<str:verb>": Line(
        "network", key("council_motion", word("down")), "POST", "carry_down", nothing, "council"
    ),
    "motions/<int:pk>/up": Line(
        "workshop", key("carried"), "GET POST", "carry_up", lambda all: {"council": all.council.code}
    ),
    # --- motions and assemblies ---
    "decide": Line("signed in"),
    "vote": Line("public", methods="GET POST"),
    "o/<str:code>/decide": shows("community"),
    "o/<str:code>/decide/new": form(
        "community", "propose_motion", lambda all: {"title": "A bell", "text": "Buy a bell.", "method": "majority"}
    ),
    "motions/<int:pk>/": Line("community", key("motion")),
    "motions/<int:pk>/edit": Line(
        "community",
        key("motion"),
        "GET POST",
        "edit_motion",
        lambda all: {"title": "A bell", "text": "Buy a bell.", "method": "majority"},
    ),
    "motions/<int:pk>/withdraw": Line("community", key("motion"), "POST", "withdraw_motion"),
    "motions/<int:pk>/comment": Line(
        "community",
        key("motion"),
        "POST",
        "comment_on_motion",
        lambda all: {"kind": "question", "text": "How much?"},
    ),
    "motions/<int:pk>/comments/<int:number>/take-back": Line(
        "community", key("motion", pk("comment")), "POST", "withdraw_comment"
    ),
    "motions/<int:pk>/open": Line("community", key("motion"), "POST"),
    "motions/<int:pk>/vote": Line("community", key("motion"), "GET POST"),
    "motions/<int:pk>/close": Line("community", key("motion"), "POST"),
    "motions/<int:pk>/codes": Line("community", key("motion"), "GET POST"),
    "motions/<int:pk>/paper": Line("community", key("motion"), "POST"),
    "motions/<int:pk>/voice": Line("community", key("motion"), "POST"),
    "motions/<int:pk>/files/<str:name>": Line("community", key("motion", word("count.csv"))),
    "o/<str:code>/assemblies": Line("community", code("community"), "GET POST"),
    "assemblies/<int:pk>/": Line("community", key("assembly")),
    "assemblies/<int:pk>/<str:verb>": Line("community", key("assembly", word("end")), "POST", "end_assembly"),
    "assemblies/<int:pk>/agenda": Line(
        "community", key("assembly"), "POST", "add_agenda_item", lambda all: {"title": "Roof", "minutes": "5"}
    ),
    "assemblies/<int:pk>/agenda/<int:number>/move": Line("community", key("assembly", pk("item")), "POST"),
    "assemblies/<int:pk>/floor/<int:number>/<str:verb>": Line(
        "community", key("assembly", pk("speech"), word("give")), "POST", "give_the_floor"
    ),
    "assemblies/<int:pk>/minutes": Line("community", key("assembly"), "GET POST"),
    "assemblies/<int:pk>/minutes.pdf": Line("community", key("assembly")),
    "assemblies/<int:pk>/minutes/correct": Line("community", key("assembly"), "POST"),
    "calendar/<str:key>.ics": Line("public", lambda all: ("a-key",)),
    # --- getting in, one's own things ---
    "join": Line("public", methods="GET POST"),
    "recover": Line("public", methods="GET POST"),
    "recover/finish": Line("public", methods="GET POST"),
    "vouch": Line("signed in", methods="GET POST"),
    "demo/people": Line("public", methods="GET POST"),
    "demo/walk": Line("public", methods="GET POST"),
    "account/data.json": Line("signed in"),
    "account/close": Line("signed in", methods="GET POST"),
    "account/stop-recovery": Line("signed in", methods="POST"),
    "account/tokens": Line("signed in", methods="GET POST"),
    "account/tokens/<int:number>/revoke": Line("member", key("token"), "POST"),
    "account/keys/passkeys/<int:pk>/edit/": Line("member", key("passkey"), "any"),
    "account/keys/passkeys/<int:pk>/remove/": Line("member", key("passkey"), "any"),
    "account/email/confirm/<str:key>/": Line("entrance", lambda all: ("a-key",), "any"),
    "account/password/reset/<str:uid>/<str:token>/": Line("entrance", lambda all: ("MQ", "a-token"), "any"),
}
LINES.update(
    {
        f"account/{rest}": ENTRANCE
        for rest in (
            "login/ logout/ signup/ inactive/ reauthenticate/ password/change/ password/set/ password/reset/ code/ "
            "password/choose/ code/confirm/ email/ email/sent/ "
            "keys/ keys/code/ keys/again/ keys/app/ keys/app/remove/ keys/paper/ "
            "keys/paper/new/ keys/passkeys/ keys/passkeys/add/ keys/passkeys/login/ keys/passkeys/again/"
        ).split()
    }
)

#: What a request may write for anybody: its session, how often it came, a recovery that leads nowhere.
OWN_AFFAIRS = ("django_session", "short_memory", "records_recovery")


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every address the program knows, as a pattern."""
    for one in (resolver or get_resolver()).url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield pattern
        else:
            yield from addresses(one, pattern)


ALL = sorted({one for one in addresses() if not one.startswith("api/")})
#: Those with a line; that every address has one is a test of its own.
PAGES = [one for one in ALL if one in LINES]


@dataclass
class Place:
    """Two worlds, and the people who try."""

    here: Everything
    there: Everything
    people: dict[str, Person | None]
    cookies: dict[str, str]

    def ask(self, who: str, method: str, path: str, data: dict[str, Any] | None = None) -> Told:
        """One request, in a browser of its own; what it changes is taken back."""
        client = Client(raise_request_exception=False)
        if self.cookies[who]:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[who]
        reset_queries()  # the log is short, and what falls out of it would not be looked at
        with CaptureQueriesContext(connection) as questions, transaction.atomic():
            before = Act.objects.count()
            answer: Any = client.generic(method, path) if method not in ("GET", "HEAD", "POST") else None
            if answer is None:
                answer = getattr(client, method.lower())(path, data or {})
            verbs = list(Act.objects.order_by("pk").values_list("verb", flat=True)[before:])
            transaction.set_rollback(True)
        written = [one["sql"] for one in questions if _writes(one["sql"])]
        return Told(answer, path, verbs, written)


def _writes(sql: str) -> bool:
    return sql.startswith(("INSERT", "UPDATE", "DELETE")) and not any(name in sql for name in OWN_AFFAIRS)


@dataclass
class Told:
    """An answer, and what it changed."""

    answer: HttpResponse
    path: str
    verbs: list[str]
    written: list[str]

    @property
    def status(self) -> int:
        """Its number."""
        return self.answer.status_code

    def bare(self) -> tuple[Any, ...]:
        """The answer without what differs from one request to the next: keys of forms, and the address itself."""
        body = self.answer.content.decode(errors="replace")
        headers = {name: value for name, value in self.answer.items() if name not in ("Content-Length", "Expires")}
        told = [body, *(f"{name}: {value}" for name, value in sorted(headers.items()))]
        for path in (self.path, quote(self.path, safe=""), quote(self.path)):
            told = [text.replace(path, "HERE") for text in told]
        return self.status, *(re.sub(r'value="[\w-]{20,}"', 'value="KEY"', text) for text in told)


@pytest.fixture
def place() -> Place:
    here, there = everything("ana", "bheki", "Norte"), everything("dora", "emil", "Sur")
    people = {"anonymous": None, "carla": person("carla"), "bheki": here.member, "ana": here.lead}
    cookies = {}
    for name, one in people.items():
        client = Client()
        if one is not None:
            client.force_login(one)
        found = client.cookies.get(settings.SESSION_COOKIE_NAME)
        cookies[name] = found.value if found else ""
    return Place(here, there, people, cookies)


def filled(pattern: str, arguments: tuple[Any, ...]) -> str:
    """The address with these arguments."""
    parts = iter(arguments)
    return "/" + re.sub(r"<[^>]+>", lambda _: quote(str(next(parts)), safe=""), pattern)


def missing(arguments: tuple[Any, ...], since: int = 0) -> tuple[Any, ...]:
    """The arguments from `since` on as nobody's; words that stand in every address stay."""

    def gone(value: Any) -> Any:
        if isinstance(value, int):
            return 987654321
        return (
            value
            if value in ("agree", "down", "end", "give", "a-key") or str(value).endswith((".json", ".csv"))
            else "no-such-thing"
        )

    return arguments[:since] + tuple(gone(value) for value in arguments[since:])


def sees(who: str, of: str) -> bool:
    """Whether a page of this kind is one the person may look into."""
    return {
        "public": True,
        "entrance": True,
        "signed in": who != "anonymous",
        "community": who in ("ana", "bheki"),
        "network": who in ("ana", "bheki"),
        "workshop": who == "ana",
        "lead only": who == "ana",
        "member": who == "bheki",
    }[of]


def listed(wrong: list[Any]) -> str:
    """What was wrong, one on a line; no more than anybody reads."""
    return "\n".join(str(one)[:300] for one in wrong[:40]) + f"\n{len(wrong)} in all"


def test_every_address_has_a_line_and_every_line_an_address() -> None:
    assert set(ALL) == set(LINES)


@pytest.mark.slow
@pytest.mark.parametrize("who", ["anonymous", "carla", "bheki", "ana"])
def test_no_address_errs_and_what_is_foreign_answers_as_what_is_missing(place: Place, who: str) -> None:
    wrong: list[Any] = []
    for pattern in PAGES:
        line = LINES[pattern]
        own, foreign = line.args(place.here), line.args(place.there)
        allowed = set(METHODS) if line.methods == "any" else {*line.methods.split()}
        allowed |= {"HEAD"} if "GET" in allowed else set()
        for method in METHODS:
            told = place.ask(who, method, filled(pattern, own))
            if told.status >= 500:
                wrong.append((method, told.path, told.status))
            if method not in allowed and told.status != 405:
                wrong.append((method, told.path, told.status, "should be 405"))
            if method in allowed and told.status == 405 and line.methods != "any":
                wrong.append((method, told.path, told.status, "should not be 405"))
            if not own:
                continue
            nobodys = place.ask(who, method, filled(pattern, missing(own)))
            pairs = [] if line.of in ("public", "entrance") else [(filled(pattern, foreign), nobodys)]
            if not sees(who, line.of):
                pairs.append((filled(pattern, own), nobodys))
            if sees(who, line.of) and len(own) > 1:
                without = place.ask(who, method, filled(pattern, missing(own, 1)))
                # A word or a place in one's own log is the same with others: then the address is one's own page.
                pairs += [(filled(pattern, own[:1] + foreign[1:]), without)] if foreign[1:] != own[1:] else []
                if without.status >= 500:
                    wrong.append((method, without.path, without.status))
            for path, as_if in pairs:
                if path == as_if.path:
                    continue
                other = place.ask(who, method, path)
                if other.bare() != as_if.bare():
                    wrong.append((method, path, other.status, as_if.status, "does not answer as if missing"))
                if other.written:
                    wrong.append((method, path, other.written))
            far = tuple(10**30 if isinstance(one, int) else "x" * 3000 for one in own)
            for arguments in (far, tuple("\x00" if isinstance(one, str) else one for one in own)):
                if (told := place.ask(who, method, filled(pattern, arguments))).status >= 500:
                    wrong.append((method, told.path[:80], told.status))
    if wrong:
        pytest.fail(listed(wrong))


@pytest.mark.parametrize("who", ["anonymous", "carla", "bheki", "ana"])
def test_a_form_does_what_the_table_of_permissions_says_and_nothing_more(place: Place, who: str) -> None:
    """Each form with data its action takes: the act is there exactly when the table says so."""
    wrong: list[Any] = []
    tried = set()
    for pattern in PAGES:
        line = LINES[pattern]
        if not line.verb:
            continue
        tried.add(line.verb)
        for all in (place.here, place.there):
            told = place.ask(who, "POST", filled(pattern, line.args(all)), line.data(all))
            # A mandate's own holder gives it back with the button others end it with.
            verbs = ["end_mandate" if verb == "give_back_mandate" else verb for verb in told.verbs]
            # A plan that is taken to the assemblies stands in the history of each: it has a motion there now.
            verbs = [verb for verb in verbs if verb != "put_plan_to_assembly"]
            # A motion that is carried down stands in the history of each base, too.
            if verbs not in ([], [line.verb]) and set(verbs) != {"carry_down"}:
                wrong.append((who, told.path, told.verbs))
            if bool(told.verbs) != _allowed(place.people[who], line, all):
                wrong.append((who, told.path, told.status, told.verbs))
            if not told.verbs and told.written:
                wrong.append((who, told.path, told.written))
    if wrong:
        pytest.fail(listed(wrong))
    assert len(tried) > 30


def _allowed(who: Person | None, line: Line, all: Everything) -> bool:
    if who is None:
        return False
    verb = "declare_need" if line.verb == "undo_act" else line.verb
    if line.of in ("signed in", "public"):
        return "anybody" in PERMISSIONS[verb]
    right = line.right or ("network" if line.of == "lead only" else line.of)
    if line.verb == "leave_organisation" and who == all.lead:
        return True
    rights = rights_of(who, getattr(all, right))
    author = all.lead if verb.endswith(("_motion", "_comment")) else all.member
    own = who == author and verb in (
        "edit_need",
        "withdraw_need",
        "edit_motion",
        "withdraw_motion",
        "withdraw_comment",
    )
    if line.verb == "end_mandate" and who == all.mandate.person:
        return True  # given back by its holder
    return may(verb, rights, own)


#: What nobody should type into a field, and somebody will.
HOSTILE = {
    "blank": "",
    "long": "a" * 5000,
    "below zero": "-1",
    "huge": "1e400",
    "no number": "NaN",
    "many digits": "9" * 5000,
    "many decimals": "0." + "3" * 300,
    "a number of 40 digits": "1" * 40,
    "half a billion": "2147483648",
    "raised": "²",
    "wide digits": "１２",
    "nothing sign": "a\x00b",
    "a picture": "💥" * 60,
    "right to left": "\u202eabc",
    "the last day": "9999-12-31",
    "the first day": "0001-01-01",
    "no day": "2026-02-30",
    "a tag": "<script>alert(1)</script>",
    "a question": "' OR 1=1 --",
    "an object": '{"a": 1}',
}
#: The kinds that are put into one field at a time, too: a database may find what the first fault hides.
ONE_BY_ONE = {"long", "many digits", "a number of 40 digits", "half a billion", "the last day"}


def fields(client_told: Told) -> set[str]:
    """The names of the fields a page shows."""
    found = re.findall(r'name="([^"]+)"', client_told.answer.content.decode(errors="replace"))
    return set(found) - {"csrfmiddlewaretoken", "once", "viewport", "theme-color", "color-scheme", "htmx-config"}


@pytest.mark.slow
def test_no_form_errs_on_what_nobody_should_type(place: Place) -> None:
    """Every field of every form, with the rest of the form as it should be; and all fields at once."""
    wrong: list[Any] = []
    count = 0
    for pattern in PAGES:
        line = LINES[pattern]
        if "POST" not in line.methods:
            continue
        path = filled(pattern, line.args(place.here))
        page = place.ask("ana", "GET", path)
        names = sorted({*line.data(place.here), *(fields(page) if page.status == 200 else ())} - {"sheet"})
        for kind, value in HOSTILE.items():
            all_at_once = {name: value for name in names}
            each = [{**line.data(place.here), name: value} for name in names] if kind in ONE_BY_ONE else []
            for data in [all_at_once, *each]:
                told = place.ask("ana", "POST", path, data)
                count += 1
                if told.status >= 500:
                    wrong.append((path, kind, sorted(name for name in data if data[name] == value), told.status))
    for path in ("/who", f"/o/{place.here.community.code}/roll", f"/rounds/{place.here.round.pk}/compare"):
        for kind, value in HOSTILE.items():
            told = place.ask(
                "ana", "GET", f"{path}?" + "&".join(f"{n}={quote(value)}" for n in ("q", "page", "plan"))
            )
            if told.status >= 500:
                wrong.append((path, kind, told.status))
    if wrong:
        pytest.fail(listed(wrong))
    assert count > 800


def called_by_pages() -> set[str]:
    """The actions that the pages call."""
    text = "".join(path.read_text() for path in Path(solidaria.web.__file__).parent.glob("*.py"))
    return {verb for verb in PERMISSIONS if re.search(rf"\b{verb}\(", text)}


def test_every_action_that_a_page_calls_is_tried_by_a_line() -> None:
    """Actions that no line tries, with the reason."""
    elsewhere = {
        "join_with_code": "the page /join makes a new person, or asks for one's own (tests of signing in)",
        "change_language": "anybody's own affair",
        "give_back_mandate": "the same button as end_mandate, pressed by the holder",
        "ask_to_belong": "the same form as ask_for_alliance",
        "invite_to_belong": "the same form as ask_for_alliance",
        "leave_network": "the same button as agree_to_belong",
        "end_alliance": "the same button as agree_to_alliance",
        "take_over_entered": "needs the code that print_founding_code shows once",
        "open_round": "one round is open at a time",
        "upload_workbook": "tests/records/test_platform_workbook.py",
        "lower_pledge": "the same form as refuse_line",
        "ask_for_recovery": "anybody's",
        "vouch": "tests of signing in",
        "refer_back": "the same button as carry_down, for delegates",
        "open_again": "the same button as carry_down, once a motion is back",
        "ask_for_ratification": "the same page as cast_split",
        "make_token": "tests of signing in",
        "release_payment": "needs a second person: tests/books",
        **dict.fromkeys(
            "agree_by_mandate hold_again resume_agreement end_agreement".split(),
            "the same button as pause_agreement",
        ),
        **dict.fromkeys(("leave_line", "take_up_line"), "the same address as take_back_booking"),
        **dict.fromkeys(("dispute_handover", "settle_handover"), "the same button as confirm_handover"),
        **dict.fromkeys(("confirm_payment", "dispute_payment"), "the same button as withdraw_payment"),
        **dict.fromkeys(
            "ask_to_speak attend note_attendance open_assembly end_speech correct_minutes take_correction "
            "write_minutes move_agenda_item call_assembly".split(),
            "tests of assemblies",
        ),
        **dict.fromkeys(
            "open_motion cast_ballot close_motion vote_by_voice print_voting_codes revoke_voting_codes "
            "enter_paper_count".split(),
            "tests of deciding: each needs a vote that is open",
        ),
        "revoke_token": "tests of signing in",
    }
    tried = {line.verb for line in LINES.values() if line.verb} - {"undo_act"}
    assert called_by_pages() - tried - set(elsewhere) == set()
    assert tried & set(elsewhere) == set()
