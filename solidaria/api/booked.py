"""The shapes of agreements and books, as they go in and come out: amounts are text, days are 2026-01-31.

An agent is `organisation:ID`, `member:NUMBER` (the number of a place on the roll, never a name) or `outside`.
A resource is `money:CURRENCY`, `good:NETWORK/PRODUCT` or `hours`.
"""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from solidaria.api.shapes import Amount, Given, Id, Named, Number, Text

Line = Field(0, ge=0, le=1000)
Note = Field("", max_length=400)
Why = Field(..., max_length=1000)


# --- agreements ---


class Term(BaseModel):
    """What is given and what is paid for all of it; wage: of the price of one, what pays the work."""

    product: str
    name: str
    unit: str
    quantity: str
    price: str
    solidarity: str
    solidarity_by: str
    wage: str
    period: str


class Due(BaseModel):
    """A call-off that is agreed on from the start; line: which one, from 0."""

    day: date
    line: int
    quantity: str


class Terms(BaseModel):
    """The terms of one version."""

    title: str
    currency: str
    lines: list[Term]
    starts: date
    ends: date
    review: date
    guaranteed: str
    call_offs: int
    advance: str
    pay_days: int
    schedule: list[Due]
    contact_giver: str
    contact_taker: str
    place: str
    delay: str
    pause_days: int
    break_days: int
    words: str


class AgreementListed(BaseModel):
    """An agreement; `version` is the newest, `in_force` the one that holds, null before all have said yes."""

    number: int
    id: str
    title: str
    state: str
    giver: Named
    taker: Named
    network: Named
    version: int
    in_force: int | None
    made: datetime
    since: datetime | None
    until: datetime | None
    why: str


class PromiseLine(BaseModel):
    """A promise: who owes what to whom by when. set_off: what of a price an advance pays; state: due, kept, late …"""

    number: int
    id: str
    part: str
    provider: Named
    receiver: Named
    resource: str
    unit: str
    amount: str
    set_off: str
    fulfilled: str
    due: date
    state: str


class Agreement(AgreementListed):
    """The newest version of an agreement with who said yes to it, and its promises."""

    terms: Terms
    parties: list[str]
    said_yes: list[str]
    promises: list[PromiseLine]


class HandedOver(BaseModel):
    """A delivery: confirmed is null until the receiver says how much came."""

    number: int
    quantity: str
    day: date
    note: str
    confirmed: str | None
    disputed: str
    settled: str
    state: str
    event: str


class Order(BaseModel):
    """A call-off with its deliveries."""

    number: int
    id: str
    agreement: int
    giver: Named
    taker: Named
    product: str
    name: str
    unit: str
    quantity: str
    due: date
    place: str
    note: str
    released: datetime | None
    deliveries: list[HandedOver]


class TermGiven(Given):
    """A line of an agreement: what it costs is said for one (unit_price), or for the whole (price)."""

    product: Id
    quantity: Amount
    unit_price: Amount | None = None
    unit_solidarity: Amount | None = None
    price: Amount | None = None
    solidarity: Amount | None = None
    solidarity_by: Id | None = None
    wage: Amount = "0"
    period: Id = ""


class DueGiven(Given):
    """A call-off that is agreed on from the start."""

    day: date
    line: int = Line
    quantity: Amount


class TermsGiven(Given):
    """The terms of an agreement; what is not sent is as on the form of the pages."""

    title: Text = Field(..., max_length=120)
    lines: list[TermGiven] = Field(..., max_length=40)
    starts: date
    ends: date
    review: date
    guaranteed: Amount = "0"
    call_offs: int = Field(12, ge=0, le=400)
    advance: Amount = "0"
    pay_days: int = Field(30, ge=0, le=366)
    schedule: list[DueGiven] = Field([], max_length=400)
    contact_giver: Text = Field(..., max_length=200)
    contact_taker: Text = Field(..., max_length=200)
    place: Text = Field("", max_length=200)
    delay: Text = Field("", max_length=2000)
    pause_days: int = Field(14, ge=0, le=366)
    break_days: int = Field(60, ge=0, le=366)
    words: Text = Field("", max_length=2000)


class DraftAgreement(TermsGiven):
    """A draft between two organisations, of which the own one is a side."""

    giver: Id
    taker: Id


class DraftFromPlan(Given):
    """The round whose chosen plan becomes drafts."""

    round: Number


class Drafted(BaseModel):
    """How many agreements the plan of the round means for the organisation."""

    agreements: int


class Reason(Given):
    """A reason, for the others to read."""

    why: Text = Why


class EndAgreement(Reason):
    """Why it ends; broken: it is broken off, and what is not delivered is a broken promise."""

    broken: bool = False


class CallOff(Given):
    """So much of a line, from 0, by a day."""

    line: int = Line
    quantity: Amount
    due: date
    place: Text = Field("", max_length=200)
    note: Text = Note


class HandOver(Given):
    """What was handed over; made: write down as made what the books do not show in stock."""

    quantity: Amount
    day: date
    note: Text = Note
    made: bool = False


class Confirm(Given):
    """How much came; null: all of it."""

    quantity: Amount | None = None


class Settle(Given):
    """How a disagreement was settled; withdraw: the giver takes a delivery back that was never confirmed."""

    how: Text = Why
    withdraw: bool = False


# --- books ---


class Balance(BaseModel):
    """What is held of a resource, by right and in hand."""

    resource: str
    unit: str
    right: str
    hand: str


class Flow(BaseModel):
    """What came in or went out for one reason."""

    part: str
    currency: str
    amount: str


class Income(BaseModel):
    """The income of a year: money both ways, hours worked and by how many."""

    year: int
    came_in: list[Flow]
    went_out: list[Flow]
    hours: str
    people: int


class OfYear(BaseModel):
    """Which year; 0: this one."""

    year: int = Field(0, ge=0, le=2200)


class Books(BaseModel):
    """The books of an organisation: what it holds, the income of a year, how long its log is and how much is signed."""

    balances: list[Balance]
    income: Income
    entries: int
    signed: int


class Event(BaseModel):
    """One entry of the log, an event or a version of an agreement that came into force.

    place   from 0, in the order in which it was written down; line: what the tree of the proof is made of
    """

    place: int
    line: str
    id: str
    action: str
    part: str
    provider: str
    receiver: str
    resource: str
    unit: str
    amount: str
    hours: str
    day: str
    recorded: str
    by: str
    mandate: str
    promise: str
    order: str
    corrects: str
    note: str


class Payment(BaseModel):
    """A payment: drafted, paid, confirmed, disputed or withdrawn. Who drafted and released it stays inside."""

    number: int
    payer: Named
    receiver: str
    resource: str
    amount: str
    part: str
    day: date
    note: str
    promise: str | None
    order: str
    state: str
    alone: bool
    disputed: str
    event: str


class Witness(BaseModel):
    """An ally's countersignature: the line under the note, and the public key that goes with it."""

    ally: Named
    line: str
    public: str
    at: datetime


class Checkpoint(BaseModel):
    """A signed checkpoint of a log; `note` is what was signed, with the signature (C2SP signed-note)."""

    organisation: Named
    size: int
    root: str
    note: str
    public: str
    at: datetime
    witnesses: list[Witness]


class WageProof(BaseModel):
    """What of an order's price pays the work, for what was delivered, and what was paid for hours on it."""

    order: str
    currency: str
    wage: str
    quantity: str
    delivered: str
    promised: str
    paid: str
    missing: str
    worked: str


class OpenAgreement(BaseModel):
    """An agreement as its side shows it to everybody."""

    title: str
    giver: Named
    taker: Named
    currency: str
    price: str
    solidarity: str


class OpenBooks(BaseModel):
    """What the assembly chose to show everybody: `shows` lists it, and what it does not list is null."""

    organisation: Named
    shows: list[str]
    balances: list[Balance] | None
    income: Income | None
    wages: list[WageProof] | None
    agreements: list[OpenAgreement] | None
    checkpoint: Checkpoint | None


class Record(Given):
    """What was made (produce), used up (consume), found (raise), lost (lower), or came in from outside (transfer)."""

    action: Id
    resource: Text = Field(..., max_length=220)
    quantity: Amount
    day: date
    part: Id = "other"
    order: Text = Field("", max_length=120)
    note: Text = Note


class Hours(Given):
    """Hours of a member, by the number of his or her place on the roll."""

    member: Number
    hours: Amount
    day: date
    order: Text = Field("", max_length=120)
    note: Text = Note


class Correct(Given):
    """What of an entry is taken back; quantity null: all that is left of it."""

    quantity: Amount | None = None
    why: Text = Why


class Draft(Given):
    """A payment: of a promise, by its number, or freely to an agent."""

    amount: Amount
    day: date
    promise: Number | None = None
    resource: Text = Field("", max_length=220)
    receiver: Text = Field("", max_length=120)
    part: Id = "other"
    order: Text = Field("", max_length=120)
    note: Text = Note


class Countersign(Given):
    """An ally's checkpoint, by its id and size; line and public: from `solidaria verify --countersign`, or both blank."""

    organisation: Id
    size: int = Field(..., ge=0, le=2**31 - 1)
    line: Text = Field("", max_length=1000)
    public: Text = Field("", max_length=200)
