"""A network of invented people with a plan written by hand: every kind of thing a report has to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from solidaria.core.network import (
    Equipment,
    Need,
    Network,
    Organisation,
    Period,
    Product,
    Promise,
    Recipe,
    Reopening,
    Route,
    RuleRow,
    Rules,
    Site,
    Stock,
)
from solidaria.core.price import price
from solidaria.core.problem import say
from solidaria.core.result import (
    Certificate,
    Coverage,
    Level,
    Limit,
    Plan,
    Production,
    PromiseKept,
    Purchase,
    Reason,
    Reopened,
    Result,
    Shipment,
    Shortfall,
    SlackOffer,
    StockLevel,
    Supply,
    Tier,
)

D = Decimal

ORGANISATIONS = (
    Organisation("hilo-rojo", "Hilo Rojo", "site", D(5), "San Martín", note="assumption: invented"),
    Organisation("ceramica-sur", "Cerámica Sur", "site", D(6), "Neuquén"),
    Organisation("molino", "Molino & Horno", "site", D(3), "San Martín"),
    Organisation("imprenta", "Imprenta Libre", "site", D(5), "San Martín"),
    Organisation("metal", "Taller Metal", "site", D(15), "Neuquén"),
    Organisation("clinica", "Clínica Popular", "clinic", D(3), "San Martín"),
    Organisation("docentes", "Sindicato Docente", "union", D(4000), "", ability=D("1.2"), pledge=D(6000000)),
    Organisation("ceramistas", "Sindicato Ceramista", "union", D(900), "", ability=D(1), pledge=D(1500000)),
    Organisation("salud", "Trabajadores de la Salud", "union", D(2500), "", ability=D("0.8"), pledge=D(900000)),
    Organisation("desocupados", "Movimiento de Desocupados", "movement", D(1200), ""),
    Organisation("norte", "Barrio Norte", "community", D(3500), "San Martín"),
    Organisation("sur", "Barrio Sur <3", "community", D(2800), "Neuquén"),
    Organisation("esperanza", "Villa Esperanza", "community", D(1900), "San Martín"),
)

PRODUCTS = (
    Product("uniform", "School uniform", "piece", D(7500), source="assumption: a shop in the market, March"),
    Product("cloth", "Cloth", "m", D(1800), outside=True, source="supplier's list, February"),
    Product("tile", "Floor tile", "m²", D(9000), source="assumption: builder's yard"),
    Product("clay", "Clay", "kg", D(90), outside=True),
    Product("gas", "Gas", "m³", D(210), outside=True, source="source: tariff 3, distribution company"),
    Product("bread", "Bread", "kg", D(1500), keeps=False),
    Product("flour", "Flour", "kg", D(620), outside=True),
    Product("notebook", "Notebook", "piece", D(1900)),
    Product("paper", "Paper", "kg", D(1500), outside=True),
    Product("consultation", "Medical consultation", "visit", D(14000), keeps=False),
    Product("xray", "X-ray", "picture", None, keeps=False),
)

RECIPES = (
    Recipe("sew", "hilo-rojo", "uniform", D(1), D("1.5"), (("cloth", D("1.25")),), (("machines", D("0.75")),)),
    Recipe("fire", "ceramica-sur", "tile", D(10), D(8), (("clay", D(180)), ("gas", D(22))), (("kiln", D(2)),)),
    Recipe("bake", "molino", "bread", D(40), D(6), (("flour", D(30)), ("gas", D(4)))),
    Recipe("print", "imprenta", "notebook", D(50), D(10), (("paper", D(12)),)),
    Recipe("visit", "clinica", "consultation", D(1), D("0.6"), (("uniform", D("0.002")),)),
    Recipe("weld", "metal", "tile", D(1), D(1), (("clay", D(18)),)),
)

RULES = Rules(
    currency="ARS",
    living_wage=D(4200),
    contributions=D("0.11"),
    assembly_hours=D(8),
    reserve=D("0.05"),
    community=D("0.03"),
    outside_budget=D(9000000),
    rows=(
        RuleRow("assembly_hours", "8", "hours", date(2026, 1, 1), "Assembly of 12 December 2025, point 3"),
        RuleRow("community", "0.03", "share", date(2026, 1, 1), "Assembly of 12 December 2025, point 4"),
        RuleRow("contributions", "0.11", "share", date(2025, 1, 1), "", "source: social security law"),
        RuleRow("currency", "ARS"),
        RuleRow(
            "living_wage",
            "4200",
            "ARS per paid hour",
            date(2026, 2, 1),
            "Assembly of 30 January 2026, point 1",
            "source: family basket, statistics institute, https://example.org/basket",
        ),
        RuleRow(
            "outside_budget", "9000000", "ARS per period", date(2026, 2, 1), "Network council, 15 February 2026"
        ),
        RuleRow("reserve", "0.05", "share", date(2026, 1, 1), "Assembly of 12 December 2025, point 4"),
    ),
)

NETWORK = Network(
    name="Red de la Ribera",
    organisations=ORGANISATIONS,
    products=PRODUCTS,
    rules=RULES,
    sites=(
        Site("hilo-rojo", D(5), D(160), D(300000)),
        Site("ceramica-sur", D(6), D(160), D(520000)),
        Site("molino", D(3), D(160), D(210000)),
        Site("imprenta", D(5), D(160), D(240000), "closed"),
        Site("metal", D(15), D(160), D(600000), "closed"),
        Site("clinica", D(3), D(120), D(500000)),
    ),
    recipes=RECIPES,
    equipment=(Equipment("machines", "hilo-rojo", D(600)), Equipment("kiln", "ceramica-sur", D(300))),
    stocks=(Stock("hilo-rojo", "cloth", D(200)),),
    needs=(
        Need("consult-norte", "norte", "consultation", D(600), "2026-03", 1, "free"),
        Need("consult-esperanza", "esperanza", "consultation", D(400), "2026-03", 1, "free"),
        Need("bread-sur", "sur", "bread", D(3000), "2026-03", 1, D(1200)),
        Need("bread-norte", "norte", "bread", D(2000), "2026-04", 1, D(1200)),
        Need("xray-norte", "norte", "xray", D(40), "2026-03", 1, "free"),
        Need("uniform-norte", "norte", "uniform", D(800), "2026-03", 2),
        Need("uniform-esperanza", "esperanza", "uniform", D(500), "2026-03", 2, D(3000)),
        Need("notebook-docentes", "docentes", "notebook", D(6000), "2026-04", 2),
        Need("tile-sur", "sur", "tile", D(900), "2026-04", 3),
        Need("tile-desocupados", "desocupados", "tile", D(1200), "2026-04", 3, D(4000)),
    ),
    promises=(
        Promise("ceramica-sur", "clinica", "tile", D(300), "2026-03"),
        Promise("hilo-rojo", "salud", "uniform", D(240), "2026-03"),
        Promise("molino", "docentes", "bread", D(500), "2026-04"),
    ),
    periods=(
        Period("2026-03", date(2026, 3, 1), date(2026, 3, 31)),
        Period("2026-04", date(2026, 4, 1), date(2026, 4, 30)),
    ),
    reopenings=(Reopening("imprenta", D(1800000), D(120)), Reopening("metal", D(9000000), D(300))),
)

SHARES = {
    "consult-norte": (D(420), 0.7),
    "consult-esperanza": (D(400), 1.0),
    "bread-sur": (D(3000), 1.0),
    "bread-norte": (D(2000), 1.0),
    "xray-norte": (D(0), 0.0),
    "uniform-norte": (D(344), 0.43),
    "uniform-esperanza": (D(215), 0.43),
    "notebook-docentes": (D(6000), 1.0),
    "tile-sur": (D(450), 0.5),
    "tile-desocupados": (D(600), 0.5),
}

MACHINES = Limit("equipment", "machines", "2026-03", D(12), "hours")
KILN = Limit("equipment", "kiln", "2026-04", D(20), "hours")

PLAN = Plan(
    network=NETWORK,
    status="optimal",
    coverage=tuple(
        Coverage(need.id, need.organisation, need.product, need.period, need.tier, need.quantity, *SHARES[need.id])
        for need in NETWORK.needs
    ),
    production=(
        Production("bake", "molino", "bread", "2026-03", D(75), D(3000), D(450)),
        Production("bake", "molino", "bread", "2026-04", D("62.5"), D(2500), D(375)),
        Production("fire", "ceramica-sur", "tile", "2026-03", D(30), D(300), D(240)),
        Production("fire", "ceramica-sur", "tile", "2026-04", D(105), D(1050), D(840)),
        Production("print", "imprenta", "notebook", "2026-04", D(120), D(6000), D(1200)),
        Production("sew", "hilo-rojo", "uniform", "2026-03", D("800.64"), D("800.64"), D("1200.96")),
        Production("visit", "clinica", "consultation", "2026-03", D(820), D(820), D(492)),
    ),
    outside=(
        Purchase("clay", "2026-03", D(5400), D(486000)),
        Purchase("clay", "2026-04", D(18900), D(1701000)),
        Purchase("cloth", "2026-03", D("800.8"), D(1441440)),
        Purchase("flour", "2026-03", D(2250), D(1395000)),
        Purchase("flour", "2026-04", D(1875), D(1162500)),
        Purchase("gas", "2026-03", D(960), D(201600)),
        Purchase("gas", "2026-04", D(2560), D(537600)),
        Purchase("paper", "2026-04", D(1440), D(2160000)),
    ),
    stocks=(StockLevel(None, "cloth", "2026-04", D("0")),),
    promises=(
        PromiseKept("ceramica-sur", "clinica", "tile", "2026-03", D(300), D(300)),
        PromiseKept(
            "hilo-rojo",
            "salud",
            "uniform",
            "2026-03",
            D(240),
            D(240),
        ),
        PromiseKept(
            "molino",
            "docentes",
            "bread",
            "2026-04",
            D(600),
            D(500),
            (
                Reason(
                    Limit("labour", "molino", "2026-04", D(15), "hours"),
                    D(100),
                    say(
                        "{extra} more hours of work at {site} in {period} would make {gain} {unit} more.",
                        extra=D(15),
                        site="Molino & Horno",
                        period="2026-04",
                        gain=D(100),
                        unit="kg",
                    ),
                ),
            ),
        ),
    ),
    reopened=(Reopened("imprenta", D(1800000), D(120)),),
    shipments=(),
    shortfalls=(
        Shortfall(
            "consult-norte",
            D(180),
            (
                Reason(
                    Limit("labour", "clinica", "2026-03", D(108), "hours"),
                    D(180),
                    say("108 more hours of work at Clínica Popular in March would meet the whole need."),
                ),
            ),
        ),
        Shortfall(
            "tile-sur",
            D(450),
            (
                Reason(
                    KILN,
                    D(40),
                    say("20 more hours of the kiln and 1,800 kg more clay, together, would make 40 m² more."),
                    Limit("input", "clay", "2026-04", D(1800), "kg"),
                ),
            ),
        ),
        Shortfall(
            "uniform-norte",
            D(456),
            (
                Reason(
                    MACHINES,
                    D(8),
                    say("12 more hours on the sewing machines of Hilo Rojo would make 8 more uniforms here."),
                ),
                Reason(
                    Limit("outside budget", None, "2026-03", D(900000), "ARS"),
                    D(0),
                    say("More money for cloth alone would not help: the sewing machines are full."),
                ),
            ),
        ),
        Shortfall(
            "xray-norte",
            D(40),
            (
                Reason(
                    Limit("no recipe", "xray", None, None, "picture"),
                    None,
                    say("Nobody in the network can make X-ray, and it is not bought outside."),
                ),
            ),
        ),
    ),
    supplies=(
        Supply("ceramica-sur", None, "clinica", "tile", "2026-03", D(300)),
        Supply("ceramica-sur", "tile-desocupados", "desocupados", "tile", "2026-04", D(600)),
        Supply("ceramica-sur", "tile-sur", "sur", "tile", "2026-04", D(450)),
        Supply("clinica", "consult-esperanza", "esperanza", "consultation", "2026-03", D(400)),
        Supply("clinica", "consult-norte", "norte", "consultation", "2026-03", D(420)),
        Supply("hilo-rojo", None, "salud", "uniform", "2026-03", D(240)),
        Supply("hilo-rojo", "uniform-esperanza", "esperanza", "uniform", "2026-03", D(215)),
        Supply("hilo-rojo", "uniform-norte", "norte", "uniform", "2026-03", D(344)),
        Supply("imprenta", "notebook-docentes", "docentes", "notebook", "2026-04", D(6000)),
        Supply("molino", None, "docentes", "bread", "2026-04", D(500)),
        Supply("molino", "bread-norte", "norte", "bread", "2026-04", D(2000)),
        Supply("molino", "bread-sur", "sur", "bread", "2026-03", D(3000)),
    ),
    slack=(SlackOffer(2, 0.43, 0.43), SlackOffer(3, 0.5, 0.62)),
    certificate=Certificate(
        3.1e-10,
        (
            Tier(
                0,
                (
                    Level(0.8333333333, ("molino → docentes: bread, 2026-04",), 0.8333333334),
                    Level(
                        1.0,
                        ("ceramica-sur → clinica: tile, 2026-03", "hilo-rojo → salud: uniform, 2026-03"),
                        1.0,
                    ),
                ),
            ),
            Tier(
                1,
                (
                    Level(0.0, ("xray-norte",), 0.0),
                    Level(0.7, ("consult-norte",), 0.7),
                    Level(1.0, ("bread-norte", "bread-sur", "consult-esperanza"), 1.0),
                ),
            ),
            Tier(
                2,
                (
                    Level(0.43, ("uniform-esperanza", "uniform-norte"), 0.43),
                    Level(1.0, ("notebook-docentes",), 1.0),
                ),
            ),
            Tier(3, (Level(0.5, ("tile-desocupados", "tile-sur"), 0.5),)),
        ),
    ),
)

#: The same network where goods move along routes only, and one shipment is paid.
WITH_ROUTES = replace(
    PLAN,
    network=replace(
        NETWORK,
        routes=(
            Route("molino", "sur", "bread", D(80)),
            Route("molino", "norte", None, D(20)),
            Route("ceramica-sur", "sur", None, D(150)),
        ),
    ),
    shipments=(Shipment("molino", "sur", "bread", "2026-03", D(3000), D(240000)),),
    stocks=(StockLevel("hilo-rojo", "cloth", "2026-04", D(12)),),
)


RESULT = Result(NETWORK, PLAN, price(NETWORK, PLAN))
RESULT_WITH_ROUTES = Result(WITH_ROUTES.network, WITH_ROUTES, price(WITH_ROUTES.network, WITH_ROUTES))
