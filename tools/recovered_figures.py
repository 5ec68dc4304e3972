"""The figures behind `recovered-network`: those that were published, and those that are assumptions.

Sources E4 to E10 are named with their addresses in the README beside the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SEED = 384
#: Recovered firms in October 2018, their workers, and those wholly paralysed (at least). Source: E4, E5.
SITES = 384
WORKERS = 15_500
PARALYSED = 19
#: Recovered firms in August 2025, whose sectors are known. Source: E6, E7.
FIRMS_2025 = 398
#: Assumption: the plan's periods, and hours per member and quarter.
QUARTERS = ("2019-Q1", "2019-Q2", "2019-Q3", "2019-Q4")
PAID_HOURS, ASSEMBLY_HOURS = 480, 24

#: Firms by sector in 2025, of those 398. Source: E6, E7.
PUBLISHED_SECTORS = {
    "metal": 63,
    "food": 55,
    "textile": 40,
    "printing": 39,
    "meat": 22,
    "media": 21,
    "gastronomy": 19,
    "school": 17,
}
#: Share of industry in 2025. Source: E6, E7. What the five published industrial sectors leave is shared out here.
INDUSTRY = 0.628
PUBLISHED_INDUSTRY = ("metal", "food", "textile", "printing", "meat")
#: Assumption: how the sectors that are not published apart divide what is left, in parts.
OTHER_INDUSTRY = {"ceramic": 6, "chemical": 5, "leather": 6, "plastic": 6, "wood": 7}
OTHER_SERVICES = {"building": 30, "care": 12, "health": 12, "hotel": 6, "recycling": 12, "transport": 16}

#: Share of firms by size in 2003: fewest and most workers. Source: E10. The last class has no upper end; 300 only
#: shapes how its members are spread, and the published total of workers decides the rest.
SIZES = ((0.13, 4, 10), (0.23, 11, 20), (0.40, 21, 50), (0.24, 51, 300))

#: Share of firms by place in 2025. Source: E6, E7 for the first two; the rest is divided by assumption.
PLACES = (
    (0.42, "Buenos Aires province"),
    (0.17, "City of Buenos Aires"),
    (0.10, "Santa Fe"),
    (0.08, "Córdoba"),
    (0.05, "Entre Ríos"),
    (0.04, "Mendoza"),
    (0.03, "Neuquén"),
    (0.03, "Río Negro"),
    (0.03, "Tucumán"),
    (0.02, "Chaco"),
    (0.02, "La Rioja"),
    (0.01, "Chubut"),
)


@dataclass(frozen=True)
class Make:
    """How a sector makes a product, per run, at a site of average skill; all figures are assumptions.

    hours      of labour
    machine    hours of the site's one machine or room; 0 when none is needed
    parts      relative share of the sector's sites that make it
    final      share of what the makers could make that communities and unions ask for
    """

    product: str
    output: int
    hours: float
    machine: float
    inputs: dict[str, float]
    parts: int = 1
    final: float = 0.6


#: Assumption: what every sector makes.
MAKES: dict[str, tuple[Make, ...]] = {
    "metal": (
        Make("parts", 10, 4, 1.5, {"steel": 11}, parts=3, final=0.72),
        Make("frames", 10, 3, 1, {"steel": 10.5}, parts=2, final=0.78),
        Make("stoves", 1, 6, 2, {"steel": 22, "parts": 1.5, "boxes": 1}, parts=2, final=0.85),
    ),
    "food": (
        Make("bread", 100, 7, 2, {"flour": 78, "parts": 0.1}, parts=4, final=0.8),
        Make("pasta", 100, 6, 2, {"flour": 100, "boxes": 20}, parts=2, final=0.78),
        Make("cheese", 100, 13, 3, {"milk": 900, "boxes": 10}, parts=2, final=0.88),
        Make("preserves", 100, 9, 3, {"vegetables": 120, "boxes": 25}, parts=1, final=0.85),
    ),
    "textile": (
        Make("cloth", 100, 15, 6, {"yarn": 22}, parts=2, final=0.3),
        Make("clothing", 10, 9, 3, {"cloth": 14}, parts=2, final=0.85),
        Make("workwear", 10, 12, 4, {"cloth": 26}, parts=2, final=0.85),
    ),
    "printing": (
        Make("exercise-books", 100, 6, 1.5, {"paper": 18}, parts=2, final=0.72),
        Make("books", 100, 16, 3, {"paper": 40}, parts=2, final=0.85),
        Make("boxes", 100, 3, 1, {"recycled-paper": 8, "paper": 17}, parts=2, final=0.45),
    ),
    "meat": (Make("meat", 100, 11, 3, {"livestock": 160, "boxes": 5}, final=0.72),),
    "media": (
        Make("broadcast", 1, 12, 1, {}, parts=1, final=0.88),
        Make("magazines", 100, 22, 0, {"paper": 14}, parts=1, final=0.88),
    ),
    "gastronomy": (
        Make("meals", 100, 32, 12, {"bread": 12, "meat": 15, "pasta": 8, "vegetables": 20}, final=0.82),
    ),
    "school": (Make("courses", 10, 14, 6, {"exercise-books": 4, "books": 1}, final=0.85),),
    "ceramic": (Make("bricks", 1000, 22, 8, {"clay": 2600}, final=0.4),),
    "chemical": (Make("soap", 100, 7, 2, {"oils": 25, "containers": 100}, final=0.72),),
    "leather": (Make("shoes", 10, 14, 4, {"hides": 3}, final=0.9),),
    "plastic": (Make("containers", 100, 3, 1, {"resin": 9}, final=0.5),),
    "wood": (Make("furniture", 1, 7, 2, {"boards": 2.2, "parts": 0.4}, final=0.88),),
    "building": (Make("housing", 1, 19, 0, {"bricks": 70, "frames": 9, "trips": 0.15}, final=0.8),),
    "care": (Make("care", 10, 10.5, 0, {}, final=0.85),),
    "health": (Make("visits", 10, 9, 5, {"medicines": 6, "soap": 1}, final=0.85),),
    "hotel": (Make("nights", 10, 12, 0, {"soap": 1, "bread": 3}, final=0.85),),
    "recycling": (Make("recycled-paper", 100, 9, 2, {"trips": 0.1}, final=0.5),),
    "transport": (Make("trips", 1, 9, 6, {"fuel": 45, "parts": 0.8}, final=0.72),),
}

#: Assumption: name, unit, market price in pesos, whether it is bought outside, whether it keeps.
PRODUCTS: dict[str, tuple[str, str, float | None, bool, bool]] = {
    "boards": ("Wooden boards", "m2", 210, True, True),
    "books": ("School books", "pieces", 40, False, True),
    "boxes": ("Cardboard boxes", "pieces", 15, False, True),
    "bread": ("Bread", "kg", 34, False, False),
    "bricks": ("Bricks", "pieces", 11, False, True),
    "broadcast": ("Broadcast hours", "hours", None, False, False),
    "care": ("Care at home", "hours", 190, False, False),
    "cheese": ("Cheese", "kg", 190, False, True),
    "clay": ("Clay", "kg", 1.6, True, True),
    "cloth": ("Cloth", "m", 50, False, True),
    "clothing": ("Clothing", "pieces", 160, False, True),
    "containers": ("Plastic containers", "pieces", 14, False, True),
    "courses": ("Places in evening schools", "weeks", None, False, False),
    "exercise-books": ("Exercise books", "pieces", 18, False, True),
    "flour": ("Flour", "kg", 17, True, True),
    "frames": ("Steel frames", "kg", 96, False, True),
    "fuel": ("Fuel", "litres", 42, True, True),
    "furniture": ("Tables, chairs and beds", "pieces", 1250, False, True),
    "hides": ("Tanned hides", "m2", 480, True, True),
    "housing": ("Housing", "m2", 5900, False, False),
    "livestock": ("Livestock", "kg", 66, True, False),
    "magazines": ("Magazines", "copies", 36, False, True),
    "meals": ("Meals in schools and canteens", "meals", 98, False, False),
    "meat": ("Meat", "kg", 118, False, True),
    "medicines": ("Medicines", "packs", 95, True, True),
    "milk": ("Milk", "litres", 12, True, False),
    "nights": ("Nights for travelling delegates", "nights", 240, False, False),
    "oils": ("Oils and salts", "kg", 58, True, True),
    "paper": ("Paper", "kg", 62, True, True),
    "parts": ("Machine parts", "kg", 112, False, True),
    "pasta": ("Pasta", "kg", 41, False, True),
    "preserves": ("Preserves", "kg", 62, False, True),
    "recycled-paper": ("Recycled paper", "kg", 26, False, True),
    "resin": ("Resin", "kg", 78, True, True),
    "shoes": ("Shoes", "pairs", 310, False, True),
    "soap": ("Soap and cleaning goods", "litres", 46, False, True),
    "steel": ("Steel", "kg", 58, True, True),
    "stoves": ("Stoves", "pieces", 2350, False, True),
    "trips": ("Lorry trips", "trips", 3300, False, False),
    "vegetables": ("Vegetables", "kg", 22, True, False),
    "visits": ("Visits to a clinic", "visits", 260, False, False),
    "workwear": ("Working clothes", "pieces", 255, False, True),
    "yarn": ("Cotton yarn", "kg", 175, True, True),
}


@dataclass(frozen=True)
class Ask:
    """What kind of need a product meets; all figures are assumptions.

    pays       "market", "free", or pesos per unit
    quarters   the quarters it is asked for; each with equal weight
    askers     how many communities ask for it
    """

    product: str
    tier: int
    pays: str
    quarters: Sequence[int]
    askers: int


#: Assumption: what communities ask for.
ASKS = (
    Ask("bread", 1, "26", (0, 1, 2, 3), 24),
    Ask("meat", 1, "market", (0, 1, 2, 3), 16),
    Ask("visits", 1, "free", (0, 1, 2, 3), 20),
    Ask("care", 1, "60", (0, 1, 2, 3), 14),
    Ask("meals", 1, "free", (0, 1, 2, 3), 16),
    Ask("shoes", 1, "200", (0, 1, 3), 12),
    Ask("clothing", 1, "150", (1, 3), 20),
    Ask("pasta", 1, "market", (0, 1, 2, 3), 10),
    Ask("soap", 1, "market", (0, 2, 3), 14),
    Ask("exercise-books", 1, "10", (0, 3), 18),
    Ask("stoves", 1, "1200", (1, 3), 14),
    Ask("cheese", 2, "market", (0, 1, 2, 3), 10),
    Ask("preserves", 2, "market", (0, 1, 2, 3), 8),
    Ask("books", 2, "30", (0, 3), 14),
    Ask("courses", 2, "free", (0, 1, 2, 3), 14),
    Ask("housing", 2, "3500", (0, 1, 2, 3), 12),
    Ask("furniture", 2, "market", (1, 3), 12),
    Ask("frames", 2, "market", (0, 1, 2, 3), 6),
    Ask("trips", 2, "market", (0, 1, 2, 3), 8),
    Ask("containers", 3, "market", (1, 3), 8),
    Ask("bricks", 3, "market", (1, 3), 8),
    Ask("recycled-paper", 3, "market", (3,), 4),
)

#: Assumption: what unions ask for, and always at the market price.
UNION_ASKS = (
    Ask("workwear", 2, "market", (0, 1, 2, 3), 12),
    Ask("magazines", 2, "market", (0, 1, 2, 3), 10),
    Ask("broadcast", 2, "market", (0, 1, 2, 3), 10),
    Ask("nights", 3, "market", (0, 1, 2, 3), 8),
    Ask("boxes", 3, "market", (1, 3), 4),
    Ask("parts", 3, "market", (0, 2, 3), 8),
    Ask("cloth", 3, "market", (2, 3), 5),
)

UNIONS = (
    "metalworkers",
    "food workers",
    "textile workers",
    "printers",
    "meat workers",
    "journalists",
    "hotel and restaurant workers",
    "teachers",
    "state workers",
    "health workers",
    "lorry drivers",
    "railway workers",
    "dockers",
    "building workers",
    "bank workers",
    "shop workers",
    "electricity workers",
    "oil workers",
    "municipal workers",
    "university workers",
    "underground workers",
    "post workers",
    "taxi drivers",
    "chemical workers",
    "tyre workers",
)


@dataclass(frozen=True)
class Special:
    """A product that one site alone makes; each is scarce for another reason, so the plan has much to explain.

    make       how it is made; `final` has no meaning here
    name, unit, price, tier, pays, keeps     as on the sheets
    sector     whose smallest site of at least `members` makes it
    wanted     what each asking community needs, in every quarter of `quarters`
    machine    hours of its machine per quarter; None when there are enough
    tool       what the machine is called
    state      the site's state
    reopening  money and hours it takes to reopen it, if it is closed and can be
    promised   percent of what its members' hours could make that is promised to a union, every quarter
    """

    make: Make
    name: str
    unit: str
    price: float | None
    sector: str
    members: int
    wanted: Sequence[int]
    quarters: Sequence[int] = (0, 1, 2, 3)
    tier: int = 1
    pays: str = "free"
    machine: int | None = None
    tool: str = "bench"
    state: str = ""
    reopening: tuple[int, int] | None = None
    promised: int = 0
    keeps: bool = True


#: Assumption: all of it.
SPECIALS = (
    Special(
        make=Make("scans", 10, 12, 8, {}),
        name="X-ray pictures",
        unit="pictures",
        price=900,
        sector="health",
        members=12,
        wanted=(160, 120, 90),
        quarters=(0, 3),
        machine=240,
        tool="x-ray",
        keeps=False,
    ),
    Special(
        make=Make("births", 1, 22, 0, {"medicines": 4}),
        name="Care before and at a birth",
        unit="births",
        price=9000,
        sector="care",
        members=5,
        wanted=(70, 55),
        quarters=(1, 2),
        keeps=False,
    ),
    Special(
        make=Make("artificial-legs", 1, 40, 6, {"alloy": 3}),
        name="Artificial legs",
        unit="pieces",
        price=26000,
        sector="metal",
        members=20,
        wanted=(30, 24),
        quarters=(2,),
        machine=240,
    ),
    Special(
        make=Make("ambulances", 1, 700, 60, {"steel": 900, "parts": 60}),
        name="Ambulance bodies",
        unit="pieces",
        price=190000,
        sector="metal",
        members=30,
        wanted=(5, 3),
        quarters=(1,),
        tier=2,
        pays="90000",
        promised=90,
    ),
    Special(
        make=Make("panes", 10, 6, 2, {"oils": 4}),
        name="Window panes",
        unit="m2",
        price=950,
        sector="ceramic",
        members=20,
        wanted=(300, 180),
        quarters=(3,),
        tier=2,
        pays="400",
        state="closed",
    ),
    Special(
        make=Make("pumps", 1, 30, 8, {"steel": 45, "parts": 6}),
        name="Water pumps",
        unit="pieces",
        price=14000,
        sector="metal",
        members=25,
        wanted=(24, 16, 12),
        quarters=(1, 2),
        pays="5000",
        state="closed",
        reopening=(1_900_000, 1_500),
    ),
    Special(
        make=Make("blankets", 10, 8, 2, {"yarn": 14}),
        name="Blankets",
        unit="pieces",
        price=640,
        sector="textile",
        members=22,
        wanted=(3_000, 2_200, 1_400),
        quarters=(1,),
        pays="300",
        state="closed",
        reopening=(1_200_000, 900),
    ),
    Special(
        make=Make("atlases", 10, 9, 2, {"paper": 6}),
        name="Atlases",
        unit="pieces",
        price=480,
        sector="printing",
        members=18,
        wanted=(),
        state="closed",
        reopening=(1_500_000, 700),
    ),
)
#: Assumption: what nobody in the network makes and nobody sells to it.
NOBODY_MAKES = ("insulin", "Insulin", "vials", 60)
#: Assumption: an alloy that cannot be bought any more, in kg, all of it on the shelf of the site that uses it.
ALLOY = 120
