"""The shapes of what goes in and comes out: amounts are text with a decimal point, so that no digit is lost.

Rows are named in bodies by the ids of the workbook, and in addresses by their numbers, since an id can hold any sign.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from solidaria.core.signs import cleaned

Row = TypeVar("Row")


def _text(value: str) -> str:
    """Text that every database can keep, without signs that nobody sees; raises ValueError for NUL or half a sign."""
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("not text")
    return cleaned(value)


Text = Annotated[str, AfterValidator(_text)]
Amount = Annotated[Text, Field(max_length=60, examples=["12.5"])]
Number = Annotated[int, Field(ge=1, le=2**62)]
Id = Annotated[Text, Field(max_length=100)]


class Given(BaseModel):
    """What a program sends; a field nobody knows is refused, so that a slip does not pass for a blank."""

    model_config = ConfigDict(extra="forbid")


class Paging(BaseModel):
    """Which page of a list."""

    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(100, ge=1, le=1000)


class Page(BaseModel, Generic[Row]):
    """One page of a list; `count` is that of the whole list."""

    count: int
    page: int
    size: int
    rows: list[Row]


# --- refusals ---


class Detail(BaseModel):
    """Why there is no answer, in the language of the request."""

    detail: str


class Fault(BaseModel):
    """One thing that is wrong with what was sent.

    column      the field, with dots for what lies deeper; sheet and row where a table was sent
    what, help  what is wrong and what would help, in the language of the request
    template    the English sentence with {names}, the same in every language; values: what stands for the names
    """

    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    what: str
    help: str
    template: str
    values: dict[str, Any]


class Refusal(BaseModel):
    """Every fault at once. Nothing has happened."""

    faults: list[Fault]


# --- who ---


class Named(BaseModel):
    """An organisation by id and name."""

    id: str
    name: str


class OrganisationListed(Named):
    """An organisation in the directory; place null: it does not show it."""

    kind: str
    place: str | None


class AllianceSeen(BaseModel):
    """A tie between two organisations, as everybody may see it."""

    kind: str
    organisation: Named
    ally: Named
    gives: str
    receives: str


class ProductMade(BaseModel):
    """Something an organisation makes."""

    id: str
    name: str
    unit: str


class MandateSeen(BaseModel):
    """A mandate without the name of who holds it."""

    purpose: str
    ends: date | None


class OrganisationPublic(OrganisationListed):
    """What the assembly chose to show: `shows` lists it, and what it does not list is null."""

    shows: list[str]
    about: str | None
    latitude: str | None
    longitude: str | None
    contact: str | None
    members: str | None
    state: str | None
    networks: list[Named] | None
    alliances: list[AllianceSeen] | None
    products: list[ProductMade] | None
    mandates: list[MandateSeen] | None


class OrganisationInside(OrganisationListed):
    """An organisation as its own members see it, and the rights of this key in it."""

    rights: list[str]
    shows: list[str]
    about: str
    contact: str
    latitude: str | None
    longitude: str | None
    members: str | None
    ability: str | None
    pledge: str | None
    networks: list[Named]
    needs: int
    on_the_roll: int


class MandateOfKey(BaseModel):
    """The mandate a key carries."""

    organisation: Named
    purpose: str
    rights: list[str]
    ends: date | None


class Me(BaseModel):
    """Whose key this is, what it carries, until when."""

    name: str
    key: str
    ends: date
    mandate: MandateOfKey | None


class Roll(BaseModel):
    """How many are on the roll today. Names stay with the organisation's own members, on its pages."""

    count: int


class OrganisationMine(Named):
    """An organisation the person belongs to, and what this key may do there."""

    kind: str
    rights: list[str]


class Describe(Given):
    """What changes; what is not sent stays, null or "" makes it blank."""

    name: Text | None = None
    place: Text | None = None
    about: Text | None = None
    contact: Text | None = None
    members: Amount | None = None
    ability: Amount | None = None
    pledge: Amount | None = None
    latitude: Amount | None = None
    longitude: Amount | None = None


class Shows(Given):
    """What the public page shows."""

    shows: list[Text]


class Belonging(BaseModel):
    """A place in a network: it holds from `agreed` until `ended`; `asked_by_network` says which side asked."""

    number: int
    network: Named
    organisation: Named
    asked_by_network: bool
    asked: datetime
    agreed: datetime | None
    ended: datetime | None


class Alliance(AllianceSeen):
    """An alliance; it holds from `agreed` until `ended`."""

    number: int
    asked: datetime
    agreed: datetime | None
    ended: datetime | None


class Ties(BaseModel):
    """What an organisation is tied to, also what was only asked for so far."""

    belongings: list[Belonging]
    alliances: list[Alliance]


class AskNetwork(Given):
    """Which network to ask."""

    network: Id


class Invite(Given):
    """Whom to invite."""

    organisation: Id


class AskAlly(Given):
    """An alliance to propose; kind: buys, supports, learns, defends, shares, funds."""

    ally: Id
    kind: Text
    gives: Text
    receives: Text


# --- a site ---


class Part(BaseModel):
    """So much of a product."""

    product: str
    quantity: str


class Use(BaseModel):
    """So many hours of a machine."""

    equipment: str
    hours: str


class Equipment(BaseModel):
    """A machine or room, with its hours per period."""

    number: int
    id: str
    hours: str
    note: str


class Recipe(BaseModel):
    """How a site makes a product; all amounts are for one run. Output null: 1."""

    number: int
    id: str
    site: str
    product: str
    output: str | None
    labour_hours: str
    inputs: list[Part]
    uses: list[Use]
    note: str


class Site(BaseModel):
    """Who works there, with what, and what is on hand."""

    id: str
    network: Named | None
    members: str
    paid_hours: str
    overhead: str | None
    state: str
    legal: str
    legal_note: str
    reopening_money: str | None
    reopening_hours: str | None
    equipment: list[Equipment]
    recipes: list[Recipe]
    stocks: list[Part]


class KeepSite(Given):
    """The site as it is now; what is not sent is blank."""

    members: Amount
    paid_hours: Amount
    overhead: Amount | None = None
    state: Text | None = None
    legal: Text = ""
    legal_note: Text = ""
    reopening_money: Amount | None = None
    reopening_hours: Amount | None = None


class AddEquipment(Given):
    """A new machine."""

    name: Text
    hours: Amount
    note: Text = ""


class EditEquipment(Given):
    """Its hours; the note stays where none is sent."""

    hours: Amount
    note: Text | None = None


class PartGiven(Given):
    """So much of a product, by its id."""

    product: Id
    quantity: Amount


class UseGiven(Given):
    """So many hours of a machine, by its id."""

    equipment: Id
    hours: Amount


class EditRecipe(Given):
    """The recipe as it is now, wholly: inputs and machines that are not sent are gone."""

    output: Amount | None = None
    labour_hours: Amount
    inputs: list[PartGiven] = Field(default_factory=list, max_length=200)
    uses: list[UseGiven] = Field(default_factory=list, max_length=200)
    note: Text = ""


class AddRecipe(EditRecipe):
    """A new recipe."""

    product: Id


# --- needs ---


class Need(BaseModel):
    """A need; product null: in words only, and not planned until the network says which product it is.

    gathered_into   the number of the larger need it went into; gathers: the numbers of the small ones in it
    """

    number: int
    id: str
    network: str
    organisation: Named
    words: str
    product: str | None
    unit: str | None
    quantity: str
    period: str
    tier: int
    pays: str
    note: str
    withdrawn: datetime | None
    gathered_into: int | None


class NeedInside(Need):
    """A need as the organisation's own members see it; own: this person declared it."""

    people: int | None
    declared: datetime
    own: bool
    gathers: list[int]


class DeclareNeed(Given):
    """A need in words and numbers. Network: may be left out where the organisation is in one only.

    unit   what the quantity is counted in, where no product says so
    """

    network: Id | None = None
    words: Text = ""
    product: Id | None = None
    quantity: Amount
    unit: Text = ""
    period: Id = ""
    tier: int = 1
    pays: Text = ""
    people: int | None = None
    note: Text = ""


class EditNeed(Given):
    """What changes; what is not sent stays."""

    words: Text | None = None
    product: Id | None = None
    quantity: Amount | None = None
    unit: Text | None = None
    period: Id | None = None
    tier: int | None = None
    pays: Text | None = None
    people: int | None = None
    note: Text | None = None


class Gather(Given):
    """The numbers of the needs to make one of."""

    needs: list[Number] = Field(max_length=5000)
    words: Text = ""
    tier: int = 1


class Rank(Given):
    """Number of a need -> tier, 1 the most essential."""

    tiers: dict[str, int] = Field(max_length=5000)


class Ranked(BaseModel):
    """How many needs the organisation has that count."""

    needs: int


class UploadNeeds(Given):
    """Rows of {words, product, quantity, unit, period, tier, pays, people, note}; amounts as text. All or none."""

    network: Id | None = None
    rows: list[dict[Text, Text | None]] = Field(max_length=5000)


class Match(Given):
    """The product a need in words is."""

    product: Id


# --- a network ---


class Product(BaseModel):
    """A good or a service on the list; outside, keeps: "yes", "no", or "" for what docs/workbook.md says then."""

    number: int
    id: str
    name: str
    unit: str
    market_price: str | None
    outside: str
    keeps: str
    source: str


class ProductGiven(Given):
    """A product, wholly: what is not sent is blank."""

    name: Text
    unit: Text
    market_price: Amount | None = None
    outside: Text = ""
    keeps: Text = ""
    source: Text = ""


class Rule(BaseModel):
    """A rule, in force from a day on; since null: always."""

    rule: str
    value: str
    unit: str
    since: date | None
    decision: str
    source: str


class SetRule(Given):
    """A rule an assembly decided."""

    rule: Text
    value: Text
    unit: Text = ""
    since: date | None = None
    decision: Text
    source: Text = ""


class Route(BaseModel):
    """A way along which goods move; product null: every product."""

    number: int
    start: str
    end: str
    product: str | None
    cost: str


class SetRoute(Given):
    """A way between two organisations of the network."""

    start: Id
    end: Id
    product: Id | None = None
    cost: Amount


class Promise(BaseModel):
    """A standing agreement."""

    number: int
    site: str
    organisation: str
    product: str
    quantity: str
    period: str


class KeepPromise(Given):
    """A standing agreement to write down."""

    site: Id
    organisation: Id
    product: Id
    quantity: Amount
    period: Id = ""


class Count(BaseModel):
    """How many there are now."""

    count: int


class Table(Given):
    """One sheet: the names of its columns, and its rows; cells are text or null."""

    columns: list[Text] = Field(max_length=200)
    rows: list[list[Text | None]]


class Workbook(Given):
    """A workbook as docs/workbook.md describes it, sheet by sheet."""

    name: Text = ""
    sheets: dict[Text, Table] = Field(max_length=40)


class Period(Given):
    """A period of a round; days as 2026-01-31."""

    period: Id
    starts: date | None = None
    ends: date | None = None


class OpenRound(Given):
    """A new round; without periods it has one, called 1."""

    name: Text
    periods: list[Period] = Field(default_factory=list, max_length=200)


class Round(BaseModel):
    """A round of a network; chosen: the number of the plan that goes to the assemblies."""

    number: int
    name: str
    network: str
    periods: list[dict[str, Any]]
    opened: datetime
    closed: datetime | None
    chosen: int | None


class Plan(BaseModel):
    """A plan: waiting, running, done, refused (the records do not fit together), failed, cancelled.

    rules      what it tries instead of the rules in force; refusals: numbers of the refusals that hold in it
    progress   the last thing the planner said; faults: why it was refused
    """

    number: int
    round: int
    name: str
    state: str
    rules: dict[str, str]
    refusals: list[int]
    asked: datetime
    started: datetime | None
    finished: datetime | None
    progress: str | None
    faults: list[Fault]


class LineRefused(BaseModel):
    """What an organisation does not take on: a recipe more than `most_runs` times, or its pledge as it was."""

    number: int
    organisation: Named
    recipe: str | None
    period: str
    most_runs: str | None
    pledge: str | None
    reason: str
    withdrawn: datetime | None


class RoundInside(Round):
    """A round with its plans and refusals, and how many needs it does not plan: without product, for another period."""

    plans: list[Plan]
    refusals: list[LineRefused]
    needs_without_product: int
    needs_of_other_periods: int


class AskForPlan(Given):
    """A plan to ask for; name blank: its number in the round."""

    name: Text = ""
    rules: dict[Text, Text] = Field(default_factory=dict, max_length=40)
    refusals: bool = True


class Choose(Given):
    """The number of the plan that goes to the assemblies."""

    plan: Number


class RefuseLine(Given):
    """A recipe of one's own site, at most so many runs; period blank: in every period."""

    organisation: Id
    recipe: Id
    most_runs: Amount
    period: Id = ""
    reason: Text


class LowerPledge(Given):
    """Another pledge for this round."""

    organisation: Id
    pledge: Amount
    reason: Text


class NetworkInside(Named):
    """A network as those in it see it: its currency, how much there is of what, the rights of this key in it."""

    kind: str
    currency: str | None
    rights: list[str]
    open_round: int | None
    counts: dict[str, int]


class Start(BaseModel):
    """Where to go on from here."""

    title: str
    openapi: str
    context: str
    me: str
