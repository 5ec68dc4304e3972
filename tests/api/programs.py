"""Programs that ask the API: each with a key, and what is asked for each action."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from solidaria.actions import sign_in
from solidaria.actions.permit import Doer, live_mandates
from solidaria.records.models import LogEntry, Organisation, Person
from tests.web.everything import Everything

ROOT = "/api/v1"


def key_of(person: Person, organisation: Organisation | None = None, right: str = "") -> str:
    """A key of this person: carrying the mandate that gives this right there, or none."""
    doer, shown = Doer(person), []
    mandate = None
    if organisation is not None:
        held = live_mandates(doer.at).filter(person=person, organisation=organisation).order_by("pk")
        mandate = next((one for one in held if right in one.rights), None)
        assert mandate is not None, f"nobody gave {person} the right {right}"
    sign_in.make_token(doer, organisation, name="test", days=30, shown=shown, mandate=mandate)
    return str(shown[0])


@dataclass
class Program:
    """A program with a key, or without one."""

    key: str = ""
    language: str = "en"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to one request; `body` is sent as JSON, text as it is."""
        sent = {"Accept-Language": self.language, **headers}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        content = body if isinstance(body, (str, bytes)) else "" if body is None else json.dumps(body)
        client = Client(raise_request_exception=False)
        return client.generic(method, ROOT + path, content, content_type="application/json", headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        """What stands there."""
        return self.ask("GET", path, **headers)


def told(answer: HttpResponse) -> tuple[int, bytes]:
    """An answer as far as it can tell somebody something: its number and its body."""
    return answer.status_code, answer.content


@dataclass(frozen=True)
class Act:
    """What a program asks to do one action; of: whose right it takes, `right`: which ("": being a member is enough)."""

    method: str
    path: Callable[[Everything], str]
    body: Callable[[Everything], Any]
    of: str
    right: str = ""


def _o(of: str, rest: str = "", *numbers: str) -> Callable[[Everything], str]:
    """An address of an organisation, its {} filled with the numbers of rows."""
    return lambda all: (
        f"/organisations/{getattr(all, of).code}{rest.format(*(getattr(all, n).pk for n in numbers))}"
    )


def _n(rest: str = "", *numbers: str) -> Callable[[Everything], str]:
    return lambda all: f"/networks/{all.network.code}{rest.format(*(getattr(all, n).pk for n in numbers))}"


def _r(rest: str = "", *numbers: str) -> Callable[[Everything], str]:
    return lambda all: f"/rounds/{all.round.pk}{rest.format(*(getattr(all, n).pk for n in numbers))}"


def nothing(all: Everything) -> Any:
    """No body."""
    return None


def _workbook(all: Everything) -> Any:
    """The smallest workbook of the network: its own organisation, currency and wage."""
    table = {"columns": ["organisation", "name", "kind"], "rows": [[all.entered.code, "Entered", "community"]]}
    rules = {"columns": ["rule", "value"], "rows": [["currency", "ARS"], ["living_wage", "11"]]}
    product = {"columns": ["product", "name", "unit"], "rows": [[all.spare.code, "Spare", "piece"]]}
    needs = {
        "columns": ["need", "organisation", "product", "quantity"],
        "rows": [["n-1", all.entered.code, all.spare.code, "3"]],
    }
    return {"sheets": {"organisations": table, "rules": rules, "products": product, "needs": needs}}


def _terms(all: Everything) -> Any:
    """The terms of an agreement."""
    today = date.today()
    return {
        "title": "Aprons",
        "starts": today.isoformat(),
        "ends": (today + timedelta(days=90)).isoformat(),
        "review": (today + timedelta(days=30)).isoformat(),
        "contact_giver": "Ana",
        "contact_taker": "Bheki",
        "lines": [{"product": all.product.code, "quantity": "30", "unit_price": "15", "wage": "10"}],
        "schedule": [{"day": today.isoformat(), "line": 0, "quantity": "3"}],
    }


def _today() -> str:
    return date.today().isoformat()


def _place(all: Everything) -> int:
    """The place of an event in the workshop's log."""
    return LogEntry.objects.get(organisation=all.workshop, event=all.event).place


ACTS: dict[str, Act] = {
    "draft_agreement": Act(
        "POST",
        _o("community", "/agreements"),
        lambda all: {"giver": all.workshop.code, "taker": all.community.code, **_terms(all)},
        "community",
        "agree.draft",
    ),
    "draft_from_plan": Act(
        "POST",
        _o("community", "/agreements/from-plan"),
        lambda all: {"round": all.round.pk},
        "community",
        "agree.draft",
    ),
    "change_agreement": Act(
        "POST", _o("workshop", "/agreements/{}/versions", "agreement"), _terms, "workshop", "agree.draft"
    ),
    "hold_again": Act(
        "POST", _o("workshop", "/agreements/{}/hold", "agreement"), nothing, "workshop", "agree.sign"
    ),
    "pause_agreement": Act(
        "POST",
        _o("workshop", "/agreements/{}/pause", "agreement"),
        lambda all: {"why": "No thread."},
        "workshop",
        "agree.sign",
    ),
    "resume_agreement": Act(
        "POST", _o("workshop", "/agreements/{}/resume", "agreement"), nothing, "workshop", "agree.sign"
    ),
    "end_agreement": Act(
        "POST",
        _o("workshop", "/agreements/{}/end", "agreement"),
        lambda all: {"why": "The school closed.", "broken": False},
        "workshop",
        "agree.sign",
    ),
    "call_off": Act(
        "POST",
        _o("community", "/agreements/{}/orders", "agreement"),
        lambda all: {"line": 0, "quantity": "1", "due": _today(), "place": "the yard"},
        "community",
        "agree.draft",
    ),
    "release_promise": Act(
        "POST", _o("community", "/promises/{}/release", "owed"), nothing, "community", "agree.sign"
    ),
    "hand_over": Act(
        "POST",
        _o("workshop", "/orders/{}/deliveries", "order"),
        lambda all: {"quantity": "1", "day": _today(), "note": "two boxes", "made": True},
        "workshop",
        "books.record",
    ),
    "confirm_handover": Act(
        "POST",
        _o("community", "/deliveries/{}/confirm", "handover"),
        lambda all: {"quantity": "1"},
        "community",
        "books.record",
    ),
    "dispute_handover": Act(
        "POST",
        _o("community", "/deliveries/{}/dispute", "handover"),
        lambda all: {"why": "One is torn."},
        "community",
        "books.record",
    ),
    "settle_handover": Act(
        "POST",
        _o("workshop", "/deliveries/{}/settle", "handover"),
        lambda all: {"how": "We took it back.", "withdraw": True},
        "workshop",
        "books.record",
    ),
    "record_event": Act(
        "POST",
        _o("workshop", "/books/events"),
        lambda all: {"action": "transfer", "resource": "money:ARS", "quantity": "5.25", "day": _today()},
        "workshop",
        "books.record",
    ),
    "record_hours": Act(
        "POST",
        _o("workshop", "/books/hours"),
        lambda all: {
            "member": all.workshop.memberships.get(person=all.lead).pk,
            "hours": "2.5",
            "day": _today(),
            "order": all.order.code,
        },
        "workshop",
        "books.record",
    ),
    "correct_event": Act(
        "POST",
        lambda all: f"/organisations/{all.workshop.code}/books/events/{_place(all)}/correct",
        lambda all: {"quantity": "1", "why": "Counted twice."},
        "workshop",
        "books.record",
    ),
    "draft_payment": Act(
        "POST",
        _o("workshop", "/books/payments"),
        lambda all: {
            "receiver": "outside",
            "resource": "money:ARS",
            "amount": "3",
            "day": _today(),
            "note": "thread",
        },
        "workshop",
        "books.pay",
    ),
    "withdraw_payment": Act(
        "POST", _o("workshop", "/books/payments/{}/withdraw", "payment"), nothing, "workshop", "books.pay"
    ),
    "confirm_payment": Act(
        "POST", _o("community", "/books/payments/{}/confirm", "payment"), nothing, "community", "books.record"
    ),
    "dispute_payment": Act(
        "POST",
        _o("community", "/books/payments/{}/dispute", "payment"),
        lambda all: {"why": "It never came."},
        "community",
        "books.record",
    ),
    "sign_checkpoint": Act("POST", _o("community", "/books/checkpoints"), nothing, "community"),
    "countersign": Act(
        "POST",
        _o("community", "/books/allies"),
        lambda all: {"organisation": all.workshop.code, "size": all.checkpoint.size},
        "community",
    ),
    "describe_organisation": Act(
        "PATCH", _o("community"), lambda all: {"about": "We bake.", "ability": "1.5"}, "community", "who.describe"
    ),
    "show_publicly": Act(
        "PUT", _o("community", "/shows"), lambda all: {"shows": ["members"]}, "community", "who.describe"
    ),
    "ask_to_belong": Act(
        "POST",
        _o("workshop", "/networks"),
        lambda all: {"network": all.other_network.code},  # type: ignore[attr-defined]
        "workshop",
        "who.ally",
    ),
    "invite_to_belong": Act(
        "POST",
        _n("/organisations"),
        lambda all: {"organisation": all.stranger.code},  # type: ignore[attr-defined]
        "network",
        "who.ally",
    ),
    "agree_to_belong": Act("POST", _o("network", "/belongings/{}/agree", "asked"), nothing, "network", "who.ally"),
    "leave_network": Act("POST", _o("network", "/belongings/{}/end", "asked"), nothing, "network", "who.ally"),
    "ask_for_alliance": Act(
        "POST",
        _o("community", "/alliances"),
        lambda all: {"ally": all.workshop.code, "kind": "buys", "gives": "bread", "receives": "work"},
        "community",
        "who.ally",
    ),
    "agree_to_alliance": Act(
        "POST", _o("community", "/alliances/{}/agree", "offered"), nothing, "community", "who.ally"
    ),
    "end_alliance": Act("POST", _o("community", "/alliances/{}/end", "offered"), nothing, "community", "who.ally"),
    "declare_need": Act(
        "POST", _o("community", "/needs"), lambda all: {"words": "bread", "quantity": "40"}, "community"
    ),
    "edit_need": Act(
        "PATCH",
        _o("community", "/needs/{}", "need"),
        lambda all: {"quantity": "41.5"},
        "community",
        "needs.gather",
    ),
    "withdraw_need": Act(
        "POST", _o("community", "/needs/{}/withdraw", "need"), nothing, "community", "needs.gather"
    ),
    "gather_needs": Act(
        "POST",
        _o("community", "/needs/gather"),
        lambda all: {"needs": [all.need.pk, all.other_need.pk], "words": "uniforms", "tier": 1},
        "community",
        "needs.gather",
    ),
    "rank_needs": Act(
        "POST",
        _o("community", "/needs/rank"),
        lambda all: {"tiers": {str(all.need.pk): 2}},
        "community",
        "needs.gather",
    ),
    "upload_needs": Act(
        "POST",
        _o("community", "/needs/upload"),
        lambda all: {"rows": [{"words": "bread", "quantity": "40"}, {"product": all.spare.code, "quantity": "2"}]},
        "community",
    ),
    "match_need": Act(
        "POST",
        _n("/needs/{}/product", "unmatched"),
        lambda all: {"product": all.spare.code},
        "network",
        "plan.network",
    ),
    "keep_site": Act(
        "PUT",
        _o("workshop", "/site"),
        lambda all: {"members": "7", "paid_hours": "150", "state": "producing"},
        "workshop",
        "plan.capacity",
    ),
    "add_equipment": Act(
        "POST",
        _o("workshop", "/equipment"),
        lambda all: {"name": "Press", "hours": "100"},
        "workshop",
        "plan.capacity",
    ),
    "edit_equipment": Act(
        "PUT", _o("workshop", "/equipment/{}", "idle"), lambda all: {"hours": "90"}, "workshop", "plan.capacity"
    ),
    "remove_equipment": Act(
        "DELETE", _o("workshop", "/equipment/{}", "idle"), nothing, "workshop", "plan.capacity"
    ),
    "add_recipe": Act(
        "POST",
        _o("workshop", "/recipes"),
        lambda all: {
            "product": all.spare.code,
            "labour_hours": "2",
            "inputs": [{"product": all.product.code, "quantity": "0.5"}],
            "uses": [{"equipment": all.idle.code, "hours": "0.1"}],
        },
        "workshop",
        "plan.capacity",
    ),
    "edit_recipe": Act(
        "PUT",
        _o("workshop", "/recipes/{}", "recipe"),
        lambda all: {"output": "2", "labour_hours": "3"},
        "workshop",
        "plan.capacity",
    ),
    "remove_recipe": Act("DELETE", _o("workshop", "/recipes/{}", "recipe"), nothing, "workshop", "plan.capacity"),
    "set_stock": Act(
        "PUT",
        _o("workshop", "/stocks"),
        lambda all: {"product": all.spare.code, "quantity": "3"},
        "workshop",
        "plan.capacity",
    ),
    "add_product": Act(
        "POST", _n("/products"), lambda all: {"name": "Soap", "unit": "kg"}, "network", "plan.network"
    ),
    "edit_product": Act(
        "PUT",
        _n("/products/{}", "spare"),
        lambda all: {"name": "Soap", "unit": "kg", "market_price": "3.25"},
        "network",
        "plan.network",
    ),
    "remove_product": Act("DELETE", _n("/products/{}", "spare"), nothing, "network", "plan.network"),
    "set_rule": Act(
        "POST",
        _n("/rules"),
        lambda all: {"rule": "reserve", "value": "0.05", "decision": "assembly of May"},
        "network",
        "plan.network",
    ),
    "set_route": Act(
        "POST",
        _n("/routes"),
        lambda all: {"start": all.community.code, "end": all.workshop.code, "cost": "0.2"},
        "network",
        "plan.network",
    ),
    "remove_route": Act("DELETE", _n("/routes/{}", "route"), nothing, "network", "plan.network"),
    "keep_promise": Act(
        "POST",
        _n("/promises"),
        lambda all: {
            "site": all.workshop.code,
            "organisation": all.community.code,
            "product": all.spare.code,
            "quantity": "3",
        },
        "network",
        "plan.network",
    ),
    "remove_promise": Act("DELETE", _n("/promises/{}", "promise"), nothing, "network", "plan.network"),
    "upload_workbook": Act("PUT", _n("/workbook"), _workbook, "network", "plan.network"),
    "open_round": Act(
        "POST",
        _n("/rounds"),
        lambda all: {"name": "2027", "periods": [{"period": "spring", "starts": "2027-03-01"}]},
        "network",
        "plan.round",
    ),
    "close_round": Act("POST", _r("/close"), nothing, "network", "plan.round"),
    "ask_for_plan": Act(
        "POST",
        _r("/plans"),
        lambda all: {"name": "third", "rules": {"living_wage": "12"}},
        "network",
        "plan.round",
    ),
    "cancel_plan": Act("POST", lambda all: f"/plans/{all.waiting.pk}/cancel", nothing, "network", "plan.round"),
    "choose_variant": Act("POST", _r("/choose"), lambda all: {"plan": all.done.pk}, "network", "plan.round"),
    "refuse_line": Act(
        "POST",
        _r("/refusals"),
        lambda all: {
            "organisation": all.workshop.code,
            "recipe": all.recipe.code,
            "most_runs": "5",
            "reason": "few hands",
        },
        "workshop",
        "plan.refuse",
    ),
    "lower_pledge": Act(
        "POST",
        _r("/pledges"),
        lambda all: {"organisation": all.workshop.code, "pledge": "0", "reason": "the roof"},
        "workshop",
        "plan.refuse",
    ),
    "withdraw_refusal": Act("DELETE", _r("/refusals/{}", "refusal"), nothing, "workshop", "plan.refuse"),
}

#: Every address that shows something: whose it is ("public": everybody's, "me": of the key itself).
READS: dict[str, tuple[str, Callable[[Everything], str]]] = {
    "/organisations": ("public", lambda all: "/organisations"),
    "/organisations/{code}": ("public", _o("community")),
    "/me": ("me", lambda all: "/me"),
    "/me/organisations": ("me", lambda all: "/me/organisations"),
    "/organisations/{code}/inside": ("community", _o("community", "/inside")),
    "/organisations/{code}/roll": ("community", _o("community", "/roll")),
    "/organisations/{code}/ties": ("community", _o("community", "/ties")),
    "/organisations/{code}/site": ("workshop", _o("workshop", "/site")),
    "/organisations/{code}/needs": ("community", _o("community", "/needs")),
    "/organisations/{code}/needs/{number}": ("community", _o("community", "/needs/{}", "need")),
    "/networks/{code}": ("network", _n()),
    "/networks/{code}/needs": ("network", _n("/needs")),
    "/networks/{code}/products": ("network", _n("/products")),
    "/networks/{code}/recipes": ("network", _n("/recipes")),
    "/networks/{code}/rules": ("network", _n("/rules")),
    "/networks/{code}/routes": ("network", _n("/routes")),
    "/networks/{code}/promises": ("network", _n("/promises")),
    "/networks/{code}/workbook": ("network", _n("/workbook")),
    "/networks/{code}/rounds": ("network", _n("/rounds")),
    "/rounds/{number}": ("network", _r()),
    "/plans/{number}": ("network", lambda all: f"/plans/{all.done.pk}"),
    "/plans/{number}/result": ("network", lambda all: f"/plans/{all.done.pk}/result"),
    "/plans/{number}/workbook": ("network", lambda all: f"/plans/{all.done.pk}/workbook"),
    "/organisations/{code}/agreements": ("community", _o("community", "/agreements")),
    "/organisations/{code}/agreements/{number}": ("workshop", _o("workshop", "/agreements/{}", "agreement")),
    "/organisations/{code}/orders": ("community", _o("community", "/orders")),
    "/organisations/{code}/orders/{number}/wages": ("community", _o("community", "/orders/{}/wages", "order")),
    "/organisations/{code}/books": ("workshop", _o("workshop", "/books")),
    "/organisations/{code}/books/events": ("workshop", _o("workshop", "/books/events")),
    "/organisations/{code}/books/events/{number}": (
        "workshop",
        lambda all: f"/organisations/{all.workshop.code}/books/events/{_place(all)}",
    ),
    "/organisations/{code}/books/events/{number}/proof": (
        "workshop",
        lambda all: f"/organisations/{all.workshop.code}/books/events/{_place(all)}/proof",
    ),
    "/organisations/{code}/books/log": ("workshop", _o("workshop", "/books/log")),
    "/organisations/{code}/books/checkpoints": ("workshop", _o("workshop", "/books/checkpoints")),
    "/organisations/{code}/books/growth/{number}": (
        "workshop",
        lambda all: f"/organisations/{all.workshop.code}/books/growth/{all.checkpoint.size}",
    ),
    "/organisations/{code}/books/allies": ("community", _o("community", "/books/allies")),
    "/organisations/{code}/books/payments": ("workshop", _o("workshop", "/books/payments")),
    "/organisations/{code}/open-books": ("public", _o("workshop", "/open-books")),
    "/organisations/{code}/open-books/checkpoint": ("public", _o("workshop", "/open-books/checkpoint")),
    "/organisations/{code}/open-books/growth/{number}": (
        "public",
        lambda all: f"/organisations/{all.workshop.code}/open-books/growth/{all.checkpoint.size}",
    ),
    "/vf/organisations/{code}/agreements": ("community", lambda all: f"/vf{_o('community', '/agreements')(all)}"),
    "/vf/organisations/{code}/books": ("workshop", lambda all: f"/vf{_o('workshop', '/books')(all)}"),
    "/vf/context.jsonld": ("public", lambda all: "/vf/context.jsonld"),
    "/vf/organisations/{code}": ("public", lambda all: f"/vf/organisations/{all.community.code}"),
    "/vf/networks/{code}/recipes": ("network", lambda all: f"/vf/networks/{all.network.code}/recipes"),
    "/vf/networks/{code}/needs": ("network", lambda all: f"/vf/networks/{all.network.code}/needs"),
    "/vf/plans/{number}": ("network", lambda all: f"/vf/plans/{all.done.pk}"),
}
