"""Books: events in the terms of Valueflows 1.0, what each does to what agents hold, and balances as sums of events.

Everything here is a whole number: money in minor units of its currency, goods and hours in millionths of their unit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from solidaria.core.money import EXACT, currency_decimals
from solidaria.core.problem import Fault, Refused, Sentence, say

#: Goods and hours are counted to the millionth.
DECIMALS = 6
#: A balance never leaves what both databases keep in a column of whole numbers.
MOST = 10**17

#: The world beyond the books: suppliers, banks, buyers who keep no books here. It alone may hold less than nothing,
#: so that every kind of money adds up to zero over all agents.
OUTSIDE = "outside"


@dataclass(frozen=True)
class Action:
    """One action of Valueflows, as its table of effects says.

    place        where it stands in a process: "input", "output", "both" or "none"
    counts       what it needs: "quantity", "effort" or "both"
    accounting   what it does to what agents hold by right: "", "+", "-", "-/+" or "+to"
    onhand       the same for what they have in their hands
    """

    place: str
    counts: str
    accounting: str
    onhand: str
    pairs_with: str = ""


#: Source: the table of actions of Valueflows 1.0.0 (February 2026).
ACTIONS: dict[str, Action] = {
    "produce": Action("output", "quantity", "+", "+"),
    "consume": Action("input", "quantity", "-", "-"),
    "use": Action("input", "both", "", ""),
    "work": Action("input", "effort", "", ""),
    "cite": Action("input", "quantity", "", ""),
    "deliverService": Action("both", "quantity", "", ""),
    "accept": Action("input", "quantity", "", "-", "modify"),
    "modify": Action("output", "quantity", "", "+", "accept"),
    "pickup": Action("input", "quantity", "", "-", "dropoff"),
    "dropoff": Action("output", "quantity", "", "+", "pickup"),
    "combine": Action("input", "quantity", "", "-"),
    "separate": Action("output", "quantity", "", "+"),
    "transfer": Action("none", "quantity", "-/+", "-/+"),
    "transferAllRights": Action("none", "quantity", "-/+", ""),
    "transferCustody": Action("none", "quantity", "", "-/+"),
    "move": Action("none", "quantity", "-/+", "-/+"),
    "copy": Action("none", "quantity", "+to", "+to"),
    "raise": Action("none", "quantity", "+", "+"),
    "lower": Action("none", "quantity", "-", "-"),
}
#: The only actions that change how much there is in all.
NOT_CONSERVED = ("produce", "consume", "raise", "lower", "copy")

#: Why an event happened, in our own words: which part of an agreement, or of the work, it is.
PARTS: dict[str, Sentence] = {
    "goods": say("goods"),
    "price": say("price"),
    "solidarity": say("solidarity"),
    "advance": say("advance"),
    "wage": say("pay for hours worked"),
    "hours": say("hours worked"),
    "inputs": say("materials"),
    "made": say("what was made"),
    "opening": say("what was there at the start"),
    "distribution": say("share of the surplus"),
    "reserve": say("reserve"),
    "fee": say("fee of the bank"),
    "tax": say("tax or contribution to the state"),
    "other": say("something else"),
}


def money(currency: str) -> str:
    """The id of a currency as a resource."""
    return f"money:{currency}"


def good(network: str, product: str) -> str:
    """The id of a product as a resource."""
    return f"good:{network}/{product}"


HOURS = "hours"


def agent(code: str) -> str:
    """The id of an organisation as an agent."""
    return f"organisation:{code}"


def is_money(resource: str) -> bool:
    """Whether the resource is a currency."""
    return resource.startswith("money:")


def decimals_of(resource: str) -> int:
    """How many decimals the resource is counted in."""
    return currency_decimals(resource.partition(":")[2]) if is_money(resource) else DECIMALS


def counted(amount: Decimal, resource: str) -> int | None:
    """The amount as a whole number of the smallest unit; None where it is finer than that or too large."""
    scaled = amount.scaleb(decimals_of(resource), context=EXACT)
    whole = scaled.to_integral_value()
    return int(whole) if whole == scaled and abs(whole) <= MOST else None


def amount_of(count: int, resource: str) -> Decimal:
    """The whole number as people read it: 1250 of money:ARS is 12.50, and of goods the zeros behind are left out."""
    amount = Decimal(count).scaleb(-decimals_of(resource), context=EXACT)
    if is_money(resource):
        return amount
    plain = amount.normalize(EXACT)
    return plain if plain.as_tuple().exponent <= 0 else plain.quantize(Decimal(1))  # type: ignore[operator]


#: One encoder for all lines: making a new one for each takes longer than the line.
_LINE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def one_line(values: Mapping[str, object]) -> str:
    """Values as one line of JSON that can be written in no other way: sorted names, no spaces, no escaped letters."""
    return _LINE.encode(values)


@dataclass(frozen=True)
class Event:
    """One thing that happened. It is never changed: a mistake is corrected by an event that `corrects` it.

    id         its own, in all books
    provider   who gives, receiver: who gets: organisation:…, member:…, or outside
    resource   money:…, good:… or hours; unit: in words, empty for money
    amount     whole number in the smallest unit of the resource; negative only in a correction
    effort     millionths of an hour
    day        when it happened, as 2026-01-31; recorded: when it was written down, as 2026-01-31T12:00:00+00:00
    by         the organisation that wrote it down; mandate: under which mandate, as text
    part       why (PARTS)
    promise    the promise it fulfils; order: the order it belongs to; corrects: the event it corrects; empty: none
    """

    id: str
    action: str
    provider: str
    receiver: str
    resource: str
    unit: str
    amount: int
    day: str
    recorded: str
    by: str
    effort: int = 0
    part: str = "other"
    mandate: str = ""
    promise: str = ""
    order: str = ""
    corrects: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The event as one line that never changes: what the log's tree is made of."""
        return one_line(self.__dict__)


#: The fields of an event, in the order of the class.
FIELDS = tuple(Event.__dataclass_fields__)


def event_from(text: str) -> Event:
    """The event a line says; raises ValueError where it says none, or in another way than `Event.text` does."""
    found = json.loads(text)
    if not isinstance(found, dict) or set(found) != set(FIELDS):
        raise ValueError("this is not an event")
    for name, value in found.items():
        if type(value) is not (int if name in ("amount", "effort") else str):
            raise ValueError(f"{name} of the event cannot be read")
    event = Event(**found)
    if event.text != text:
        raise ValueError("the event is not written as events are")
    return event


@dataclass(frozen=True)
class Change:
    """What an event does to what one agent holds of its resource, by right (accounting) and in hand."""

    agent: str
    resource: str
    accounting: int
    onhand: int


def changes(event: Event) -> tuple[Change, ...]:
    """What the event does, by the table of actions: at most one change for each agent; those without effect left out."""
    action = ACTIONS[event.action]
    found: dict[str, list[int]] = {}
    for at, effect in enumerate((action.accounting, action.onhand)):
        if effect in ("-", "-/+"):
            found.setdefault(event.provider, [0, 0])[at] -= event.amount
        if effect in ("+", "-/+", "+to"):
            found.setdefault(event.receiver, [0, 0])[at] += event.amount
    return tuple(Change(who, event.resource, *both) for who, both in found.items() if any(both))


Holding = tuple[int, int]


def event_faults(event: Event) -> list[Fault]:
    """What is wrong with an event by itself; empty when it can be posted."""
    action = ACTIONS.get(event.action)
    if action is None:
        return [_fault("action", say("There is no such action."), say("Choose one from the list."))]
    faults = []
    if not event.provider or not event.receiver:
        faults.append(_fault("receiver", say("Somebody gives and somebody gets."), say("Name both.")))
    if "-/+" in (action.accounting, action.onhand) and event.provider == event.receiver and event.action != "move":
        faults.append(_fault("receiver", say("Nobody gives something to himself."), say("Choose somebody else.")))
    if event.part not in PARTS:
        faults.append(_fault("part", say("This reason is not known."), say("Choose one from the list.")))
    try:
        date.fromisoformat(event.day)
    except ValueError:
        faults.append(_fault("day", say("This is not a day."), say("Write it as 2026-03-09.")))
    for name, value, needed in (
        ("quantity", event.amount, action.counts in ("quantity", "both")),
        ("hours", event.effort, action.counts in ("effort", "both")),
    ):
        if not needed and value:
            faults.append(_fault(name, say("This action has none of this."), say("Leave it blank.")))
        elif needed and value == 0:
            faults.append(_fault(name, say("This is blank."), say("Write how much.")))
        elif value < 0 and not event.corrects:
            faults.append(_fault(name, say("This is below zero."), say("Only a correction takes something away.")))
        elif value > 0 and event.corrects:
            faults.append(
                _fault(name, say("A correction takes away."), say("Enter what is missing as an event of its own."))
            )
        elif abs(value) > MOST:
            faults.append(_fault(name, say("This is too large a number."), say("Check the number of zeros.")))
    if action.counts != "effort" and not event.resource:
        faults.append(_fault("resource", say("What it is about is missing."), say("Choose one from the list.")))
    return faults


def lacking(
    event: Event, held: Callable[[str, str], Holding], names: Mapping[str, str] | None = None
) -> list[Fault]:
    """Who would give what he or she does not hold; empty when nobody does. Nobody gives what they do not hold.

    held    (agent, resource) → what is held by right and in hand, before the event
    names   ids → names, for the sentences
    """
    names = names or {}
    faults = []
    for change in changes(event):
        if change.agent == OUTSIDE or min(change.accounting, change.onhand) >= 0:
            continue
        right, hand = held(change.agent, change.resource)
        short = [
            have
            for have, delta in ((right, change.accounting), (hand, change.onhand))
            if delta < 0 and have + delta < 0
        ]
        if not short:
            continue
        wanted = max(-change.accounting, -change.onhand)
        parts = {
            "agent": names.get(change.agent, change.agent),
            "held": amount_of(min(short), event.resource),
            "wanted": amount_of(wanted, event.resource),
            "unit": event.unit or event.resource.partition(":")[2],
        }
        if is_money(event.resource):
            what = say("{agent} holds {held} {unit}, not {wanted} {unit}.", **parts)
        else:
            what = say(
                "{agent} holds {held} {unit} of {resource}, not {wanted} {unit}.",
                resource=names.get(event.resource, event.resource),
                **parts,
            )
        faults.append(_fault("quantity", what, say("Enter first how it came in, or enter less.")))
    return faults


def correction(event: Event, *, by: Event, earlier: Iterable[Event] = ()) -> Event:
    """The event that takes `event` back, whole or in part; raises Refused where it cannot.

    by        how it is written down: id, day, recorded, by, mandate, note, and the amount or effort to take away (from
              0 on; both 0: all that is left)
    earlier   corrections of the same event so far
    """
    if event.corrects:
        raise Refused([_fault("event", say("A correction is not corrected."), say("Enter the event anew."))])
    left = event.amount + sum(one.amount for one in earlier)
    hours = event.effort + sum(one.effort for one in earlier)
    amount, effort = (by.amount, by.effort) if by.amount or by.effort else (left, hours)
    faults = []
    if not left and not hours:
        faults.append(_fault("event", say("Nothing of this event is left."), say("It was corrected before.")))
    elif not (0 <= amount <= left and 0 <= effort <= hours):
        what = say("More would be taken away than the event brought.")
        faults.append(_fault("quantity", what, say("Take away at most what is left of it.")))
    if faults:
        raise Refused(faults)
    return replace(
        event,
        id=by.id,
        day=by.day,
        recorded=by.recorded,
        by=by.by,
        mandate=by.mandate,
        note=by.note,
        amount=-amount,
        effort=-effort,
        corrects=event.id,
    )


class Books:
    """Events in the order they were written down, and what everybody holds after them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._held: dict[tuple[str, str], Holding] = {}

    def held(self, agent: str, resource: str) -> Holding:
        """What an agent holds of a resource: by right, and in hand."""
        return self._held.get((agent, resource), (0, 0))

    def post(self, event: Event, names: Mapping[str, str] | None = None) -> None:
        """Add an event; raises Refused, and then nothing has changed, where it cannot be."""
        faults = event_faults(event)
        faults = faults or lacking(event, self.held, names)
        if faults:
            raise Refused(faults)
        self.replay(event)

    def replay(self, event: Event) -> None:
        """Add an event that was posted elsewhere, without asking whether it may be."""
        for change in changes(event):
            right, hand = self.held(change.agent, change.resource)
            self._held[change.agent, change.resource] = (right + change.accounting, hand + change.onhand)
        self.events.append(event)

    def totals(self) -> dict[str, int]:
        """What there is of each resource in all, by right; money adds up to zero over all agents."""
        found: dict[str, int] = {}
        for (_, resource), (right, _) in self._held.items():
            found[resource] = found.get(resource, 0) + right
        return found


def balances(events: Iterable[Event]) -> dict[tuple[str, str], Holding]:
    """(agent, resource) → what is held by right and in hand: the sum of what all events did. Sorted by its keys."""
    found: dict[tuple[str, str], Holding] = {}
    for event in events:
        for change in changes(event):
            right, hand = found.get((change.agent, change.resource), (0, 0))
            found[change.agent, change.resource] = (right + change.accounting, hand + change.onhand)
    return dict(sorted(found.items()))


def _fault(column: str, what: Sentence, help: Sentence) -> Fault:
    return Fault("", None, column, what, help)
