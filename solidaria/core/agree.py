"""Agreements: their terms, what each call-off under them owes, and the state of each promise.

Price and solidarity are separate promises everywhere, so that neither hides behind the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from solidaria.core.books import amount_of, counted, decimals_of, good, money
from solidaria.core.money import EXACT, half_up
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.workbook.cells import is_blank, number
from solidaria.core.workbook.schema import Column

#: An agreement's way. `waiting`: all sides said yes, and the site cannot hold what it would promise.
DRAFT, WAITING, IN_FORCE, PAUSED, ENDED, BROKEN = "draft", "waiting", "in force", "paused", "ended", "broken"
STATES: dict[str, Sentence] = {
    DRAFT: say("draft"),
    WAITING: say("all sides said yes; the site cannot hold it yet"),
    IN_FORCE: say("in force"),
    PAUSED: say("paused"),
    ENDED: say("ended"),
    BROKEN: say("broken off"),
}
#: The state of a promise.
PROMISE_STATES: dict[str, Sentence] = {
    "due": say("due"),
    "kept": say("kept"),
    "late": say("late"),
    "broken": say("broken"),
    "released": say("released"),
}
MOST_LINES, MOST_CALL_OFFS = 40, 400
SHORT, LONG = 200, 2000


@dataclass(frozen=True)
class Line:
    """What is given and what is paid for all of it.

    product, name, unit   of the giver's network
    quantity              over the whole agreement, in units
    price                 money for the whole quantity, paid by the taker
    solidarity            money for the whole quantity, on top, paid by `solidarity_by`
    wage                  of the price of one unit, the part that pays the work: what the wage proof asks for
    period                the period of the plan; blank: over the whole
    """

    product: str
    name: str
    unit: str
    quantity: Decimal
    price: Decimal
    solidarity: Decimal
    solidarity_by: str
    wage: Decimal
    period: str = ""


@dataclass(frozen=True)
class Terms:
    """The terms of an agreement; its call-offs inherit them.

    network      code of the network whose products these are; giver, taker: codes of organisations
    guaranteed   share of each line (0 to 1) that is paid for even when it is not called off
    call_offs    how many call-offs there may be at most
    advance      money the taker pays when it comes into force; deliveries are set off against it first
    pay_days     within how many days after a delivery it is paid
    starts, ends, review   days; both ends inclusive
    schedule     (day, line counted from 0, quantity): call-offs agreed from the start
    delay        what happens when somebody is late; pause, break: in words, each with its days of notice
    """

    title: str
    network: str
    giver: str
    taker: str
    currency: str
    lines: tuple[Line, ...]
    starts: date
    ends: date
    review: date
    guaranteed: Decimal = Decimal(0)
    call_offs: int = 12
    advance: Decimal = Decimal(0)
    pay_days: int = 30
    schedule: tuple[tuple[date, int, Decimal], ...] = ()
    contact_giver: str = ""
    contact_taker: str = ""
    place: str = ""
    delay: str = ""
    pause_days: int = 14
    break_days: int = 60
    words: str = ""

    @property
    def parties(self) -> tuple[str, ...]:
        """Who has to say yes: the giver, the taker, and whoever else pays solidarity; sorted."""
        payers = {line.solidarity_by for line in self.lines if line.solidarity}
        return tuple(sorted({self.giver, self.taker, *payers}))

    def total(self, part: str) -> Decimal:
        """What is paid over all lines: "price" or "solidarity"."""
        return sum((getattr(line, part) for line in self.lines), Decimal(0))

    @property
    def text(self) -> str:
        """The terms as one line that never changes: what is signed."""
        return json.dumps(packed(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def packed(terms: Terms) -> dict[str, Any]:
    """The terms as JSON holds them."""
    found: dict[str, Any] = {name: _plain(value) for name, value in terms.__dict__.items()}
    found["lines"] = [{name: _plain(value) for name, value in line.__dict__.items()} for line in terms.lines]
    found["schedule"] = [[day.isoformat(), line, f"{much:f}"] for day, line, much in terms.schedule]
    return found


def unpacked(kept: Mapping[str, Any]) -> Terms:
    """The terms that `packed` gave."""
    values = dict(kept)
    for name in ("starts", "ends", "review"):
        values[name] = date.fromisoformat(values[name])
    for name in ("guaranteed", "advance"):
        values[name] = Decimal(values[name])
    values["lines"] = tuple(_line_from(line) for line in values["lines"])
    values["schedule"] = tuple(
        (date.fromisoformat(day), int(line), Decimal(much)) for day, line, much in values["schedule"]
    )
    return Terms(**values)


def _line_from(kept: Mapping[str, str]) -> Line:
    return Line(
        product=kept["product"],
        name=kept["name"],
        unit=kept["unit"],
        quantity=Decimal(kept["quantity"]),
        price=Decimal(kept["price"]),
        solidarity=Decimal(kept["solidarity"]),
        solidarity_by=kept["solidarity_by"],
        wage=Decimal(kept["wage"]),
        period=kept["period"],
    )


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


# --- reading what somebody typed ---


@dataclass
class _Reader:
    """Reads fields one after the other and collects every fault."""

    given: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, column: str, what: Sentence, help: Sentence) -> None:
        self.faults.append(Fault("", None, column, what, help))

    def number(self, name: str, usual: str | None = None, most: str | None = None, above: bool = False) -> Decimal:
        text = self.given.get(name)
        if is_blank(text):
            if usual is None:
                self.wrong(name, say("This is blank."), say("Write a number."))
                return Decimal(0)
            text = usual
        limit = Decimal(most) if most is not None else None
        column = Column(name, "number", say("A number."), least=Decimal(0), most=limit, above=above)
        value, problem = number(text, column)
        if problem is not None:
            self.wrong(name, *problem)
        return value if isinstance(value, Decimal) else Decimal(0)

    def money(self, name: str, currency: str, usual: str | None = "0") -> Decimal:
        value = self.number(name, usual)
        if counted(value, money(currency)) is None:
            what = say("{value} is finer than the currency, or too large.", value=f"{value:f}"[:60])
            count = decimals_of(money(currency))
            self.wrong(name, what, say("Write at most {count} decimals.", count=count))
        return value

    def whole(self, name: str, usual: int, most: int) -> int:
        value = self.number(name, str(usual), str(most))
        if value != value.to_integral_value():
            self.wrong(name, say("This is not a whole number."), say("Write a whole number from 0 on."))
        return int(value)

    def day(self, name: str) -> date:
        text = str(self.given.get(name) or "").strip()
        try:
            return date.fromisoformat(text)
        except ValueError:
            what = say("This is not a day.") if text else say("This is blank.")
            self.wrong(name, what, say("Write it as 2026-03-09."))
            return date.min

    def text(self, name: str, most: int, needed: Sentence | None = None) -> str:
        text = str(self.given.get(name) or "").strip()
        if not text and needed is not None:
            self.wrong(name, say("This is blank."), needed)
        if len(text) > most:
            self.wrong(name, say("This is longer than {most} letters.", most=most), say("Say it shorter."))
        return text


def read_terms(
    given: Mapping[str, Any],
    *,
    network: str,
    giver: str,
    taker: str,
    currency: str,
    products: Mapping[str, tuple[str, str]],
) -> Terms:
    """The terms somebody typed; raises Refused with all the faults at once.

    given      the fields of Terms as text, and `lines`: mappings of product, quantity, unit_price, unit_solidarity,
               wage, period (a line whose product and quantity are blank is left out), or price and solidarity for the
               whole instead of the unit; and `schedule`: (day, line, quantity) as text
    products   code → (name, unit), of the network
    """
    read = _Reader(given)
    title = read.text("title", 120, say("For example: school uniforms 2027."))
    starts, ends, review = read.day("starts"), read.day("ends"), read.day("review")
    if date.min not in (starts, ends) and ends < starts:
        read.wrong("ends", say("The end lies before the start."), say("Swap the two days."))
    if date.min not in (starts, ends, review) and not starts <= review <= ends:
        read.wrong("review", say("The review lies outside the agreement."), say("Choose a day within it."))
    if giver == taker:
        read.wrong("taker", say("Nobody makes an agreement with himself."), say("Choose somebody else."))
    lines: list[Line] = []
    for at, one in enumerate(given.get("lines") or ()):
        if is_blank(one.get("product")) and is_blank(one.get("quantity")):
            continue
        lines.append(_line(read, at, one, taker, currency, products))
    if not lines:
        read.wrong("lines", say("Nothing is agreed on."), say("Write at least one line."))
    if len(lines) > MOST_LINES:
        what = say("There are more than {most} lines.", most=MOST_LINES)
        read.wrong("lines", what, say("Make several agreements."))
    advance = read.money("advance", currency)
    terms = Terms(
        title=title,
        network=network,
        giver=giver,
        taker=taker,
        currency=currency,
        lines=tuple(lines),
        starts=starts,
        ends=ends,
        review=review,
        guaranteed=read.number("guaranteed", "0", "1"),
        call_offs=read.whole("call_offs", 12, MOST_CALL_OFFS),
        advance=advance,
        pay_days=read.whole("pay_days", 30, 366),
        schedule=_schedule(read, given.get("schedule") or (), lines, starts, ends),
        contact_giver=read.text("contact_giver", SHORT, say("Say who can be asked, and how.")),
        contact_taker=read.text("contact_taker", SHORT, say("Say who can be asked, and how.")),
        place=read.text("place", SHORT),
        delay=read.text("delay", LONG),
        pause_days=read.whole("pause_days", 14, 366),
        break_days=read.whole("break_days", 60, 366),
        words=read.text("words", LONG),
    )
    if advance > terms.total("price"):
        read.wrong("advance", say("The advance is more than the whole price."), say("Write less."))
    if len(terms.schedule) > terms.call_offs:
        what = say("There are more dates than call-offs.")
        read.wrong("call_offs", what, say("Allow more call-offs, or leave dates out."))
    if read.faults:
        raise Refused(read.faults)
    return terms


def _line(
    read: _Reader,
    at: int,
    one: Mapping[str, Any],
    taker: str,
    currency: str,
    products: Mapping[str, tuple[str, str]],
) -> Line:
    inner = _Reader(one)
    product = str(one.get("product") or "").strip()
    if product not in products:
        inner.wrong("product", say("This product is not on the network's list."), say("Choose one from the list."))
    name, unit = products.get(product, ("", ""))
    quantity = inner.number("quantity", above=True)
    if counted(quantity, good("", "")) is None:
        inner.wrong("quantity", say("This is finer than a millionth, or too large."), say("Round it."))
    totals = {}
    for part in ("price", "solidarity"):
        if is_blank(one.get(part)):
            unit_amount = inner.number(f"unit_{part}", None if part == "price" else "0")
            totals[part] = half_up(EXACT.multiply(unit_amount, quantity), decimals_of(money(currency)))
            if counted(totals[part], money(currency)) is None:
                inner.wrong(f"unit_{part}", say("This is too large a number."), say("Check the number of zeros."))
        else:
            totals[part] = inner.money(part, currency)
    wage = inner.number("wage", "0")
    if quantity and EXACT.multiply(wage, quantity) > totals["price"] + totals["solidarity"]:
        what = say("The part for wages is more than price and solidarity together.")
        inner.wrong("wage", what, say("Write what of one unit's price pays for work."))
    read.faults += [Fault("", None, f"{fault.column}-{at}", fault.what, fault.help) for fault in inner.faults]
    payer = str(one.get("solidarity_by") or taker)
    period = str(one.get("period") or "").strip()[:100]
    return Line(product, name, unit, quantity, totals["price"], totals["solidarity"], payer, wage, period)


def _schedule(
    read: _Reader, rows: Sequence[Any], lines: Sequence[Line], starts: date, ends: date
) -> tuple[tuple[date, int, Decimal], ...]:
    found: list[tuple[date, int, Decimal]] = []
    called = dict.fromkeys(range(len(lines)), Decimal(0))
    for at, (day_text, line_text, much) in enumerate(rows):
        if is_blank(day_text) and is_blank(much):
            continue
        inner = _Reader({"day": day_text, "line": line_text, "quantity": much})
        day, line = inner.day("day"), inner.whole("line", 0, MOST_LINES)
        quantity = inner.number("quantity", above=True)
        if date.min not in (day, starts, ends) and not starts <= day <= ends:
            inner.wrong("day", say("This day lies outside the agreement."), say("Choose a day within it."))
        if line not in called:
            inner.wrong("line", say("There is no such line."), say("Choose one from the list."))
        else:
            called[line] += quantity
            if called[line] > lines[line].quantity:
                what = say("More is called off than is agreed on.")
                inner.wrong("quantity", what, say("Call off less, or agree on more."))
        read.faults += [Fault("", None, f"{fault.column}-{at}", fault.what, fault.help) for fault in inner.faults]
        found.append((day, line, quantity))
    return tuple(sorted(found))


# --- call-offs ---


@dataclass(frozen=True)
class Owed:
    """What a call-off of a line promises: goods one way, price and solidarity the other; whole smallest units."""

    goods: int
    price: int
    solidarity: int
    due: date
    pay_by: date


def call_off(terms: Terms, line: int, quantity: Decimal, before: Decimal, calls: int, due: date) -> Owed:
    """What a call-off owes; raises Refused with every reason where the agreement does not allow it.

    before   what was called off of this line before; calls: how many call-offs there were of the whole agreement
    The parts of a line's price over all its call-offs add up to the line's price to the minor unit, however it is
    called off: each is the difference of two rounded running totals.
    """
    faults = []
    if not 0 <= line < len(terms.lines):
        raise Refused([_fault("line", say("There is no such line."), say("Choose one from the list."))])
    one = terms.lines[line]
    left = one.quantity - before
    if quantity <= 0:
        faults.append(_fault("quantity", say("This is not above zero."), say("Write how much is wanted.")))
    elif quantity > left:
        what = say(
            "{left} {unit} are left of this line, not {wanted}.",
            left=amount_of(counted(left, "") or 0, ""),
            unit=one.unit,
            wanted=f"{quantity:f}",
        )
        faults.append(_fault("quantity", what, say("Call off less, or make a new version of the agreement.")))
    elif counted(quantity, good("", "")) is None:
        faults.append(_fault("quantity", say("This is finer than a millionth, or too large."), say("Round it.")))
    if calls >= terms.call_offs:
        what = say("The agreement allows {count} call-offs, and all were made.", count=terms.call_offs)
        faults.append(_fault("quantity", what, say("Make a new version of the agreement.")))
    if not terms.starts <= due <= terms.ends:
        faults.append(_fault("due", say("This day lies outside the agreement."), say("Choose a day within it.")))
    if faults:
        raise Refused(faults)
    goods = counted(quantity, good("", "")) or 0
    price, solidarity = (_running(terms, one, part, before, quantity) for part in ("price", "solidarity"))
    return Owed(goods, price, solidarity, due, due + timedelta(days=terms.pay_days))


def _running(terms: Terms, line: Line, part: str, before: Decimal, quantity: Decimal) -> int:
    whole = counted(getattr(line, part), money(terms.currency)) or 0

    def until(much: Decimal) -> int:
        return int(half_up(EXACT.divide(EXACT.multiply(Decimal(whole), much), line.quantity), 0))

    return until(before + quantity) - until(before)


def guaranteed_rest(terms: Terms, line: int, called: Decimal) -> Owed | None:
    """What is owed at the end for the guaranteed minimum that was not called off; None when nothing is."""
    one = terms.lines[line]
    missing = EXACT.multiply(one.quantity, terms.guaranteed) - called
    if missing <= 0:
        return None
    price, solidarity = (_running(terms, one, part, called, missing) for part in ("price", "solidarity"))
    return Owed(0, price, solidarity, terms.ends, terms.ends + timedelta(days=terms.pay_days))


def set_off(price: int, advance_left: int) -> tuple[int, int]:
    """How much of a price the advance pays, and what is left to pay. Both are whole minor units; together: the price."""
    used = min(max(0, advance_left), price)
    return used, price - used


# --- states ---


def promise_state(
    amount: int, fulfilled: int, due: date, today: date, *, kept_on: date | None, released: bool, broken: bool
) -> str:
    """Where a promise stands: due, kept, late, broken or released.

    kept_on   the day on which the last part was fulfilled
    A promise kept after its day was late, and stays so: who relies on it should see it.
    """
    if released:
        return "released"
    if fulfilled >= amount:
        return "late" if kept_on is not None and kept_on > due else "kept"
    if broken:
        return "broken"
    return "late" if today > due else "due"


def _fault(column: str, what: Sentence, help: Sentence) -> Fault:
    return Fault("", None, column, what, help)
