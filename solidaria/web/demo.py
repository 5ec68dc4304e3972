"""The trial federation of `solidaria demo`: made by the same actions that people use, and by nothing else.

The people are invented. The networks are the worked examples with their sources: their months and quarters are moved
to the present, their figures stay those of the years the sources speak of.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from babel.dates import format_date

import solidaria
from solidaria.actions import agree, agreed, books, claim, decide, needs, plan, who, work
from solidaria.actions.permit import Doer
from solidaria.actions.workbook import upload_workbook
from solidaria.core.books import amount_of, money
from solidaria.core.problem import Sentence, say
from solidaria.core.workbook.tables import Cell, Table, Tables
from solidaria.records.models import (
    Agreement,
    CallOff,
    Membership,
    Once,
    Organisation,
    Person,
    Product,
    Recipe,
    Round,
    Variant,
)
from solidaria.records.models.plan import DONE
from solidaria.records.workbook import read_tables
from solidaria.web.demo_spanish import in_spanish
from solidaria.web.language import language

EXAMPLES = Path(solidaria.__file__).parent / "examples"
#: What the plant's assembly opens of its books.
OPENED = "balances income wages agreements checkpoint"
#: The form key of the last act of the filling: what comes after it was done by people.
END = "demo:end"

NEUQUEN, SHIRTS, CLINIC, FEDERATION, LARGE = (
    "Red recuperada de Neuquén",
    "Union co-operatives of South Africa",
    "Workers' clinics of the Cape",
    "Federation of the networks",
    "Fábricas recuperadas de todo el país",
)


@dataclass(frozen=True)
class Part:
    """One of the people of the trial: who it is, and what he or she does there."""

    handle: str
    name: str
    task: Sentence
    language: str = ""


PEOPLE = (
    Part("ana", "Ana Ríos", say("says what her neighbourhood needs")),
    Part("raul", "Raúl Ibarra", say("gathers and ranks what the neighbourhood needs")),
    Part("hugo", "Hugo Lagos", say("coordinates the tile plant, and answers for what it can make")),
    Part("carla", "Carla Paz", say("treasurer")),
    Part("nora", "Nora Inal", say("nurse; keeps the health post from taking on too much")),
    Part("lucia", "Lucía Vidal", say("reads in Spanish what her school gets, and why"), "es"),
    Part("silvia", "Silvia Ortiz", say("delegate: carries the word of the schools into the network")),
    Part("elena", "Elena Sosa", say("coordinates the network: opens rounds and asks for plans")),
    Part("nomsa", "Nomsa Khumalo", say("plans a year of shirts with four co-operatives")),
    Part("sipho", "Sipho Dlamini", say("delegate of fifty printers")),
    Part("thandi", "Thandi Mokoena", say("purchasing officer: buys the shirts of her union")),
    Part("grace", "Grace Adams", say("coordinates the clinics, which want to open two more")),
    Part("maria", "Maria Jacobs", say("says what the families of the farms need")),
    Part("sam", "Sam Rivera", say("has just arrived, and belongs to nothing yet")),
)


def filled() -> datetime | None:
    """When the trial was filled; None where this database holds none."""
    end = Once.objects.filter(key=END).first()
    return None if end is None else end.at


def fill(today: date, tell: Callable[[Sentence], None], large: bool = False) -> bool:
    """Fill an empty database with the trial federation; False, and nothing done, where there is an organisation.

    today   the round that is open plans the month after it
    tell    is told how far it is
    large   also the network of all recovered factories, 384 sites; its plan is left to the worker
    """
    if Organisation.objects.exists():
        return False
    _Filling(today, tell).all(large)
    return True


class _Filling:
    """One filling on its way."""

    def __init__(self, today: date, tell: Callable[[Sentence], None]) -> None:
        self.today, self.tell = today, tell
        self.people: dict[str, Person] = {}

    def all(self, large: bool) -> None:
        """Everything, in the order in which it would have come about."""
        self.tell(say("People come in …"))
        for part in PEOPLE:
            self.people[part.handle] = Person.objects.create_user(
                part.handle, None, name=part.name, language=part.language
            )
        self.tell(say("The union co-operatives and the clinics of South Africa plan a year …"))
        shirts, clinic = self.shirts(), self.clinic()
        self.tell(say("The recovered network of Neuquén plans a month and carries it out …"))
        neuquen = self.neuquen_before()
        self.tell(say("The three join hands in a federation …"))
        self.federation(neuquen, shirts, clinic)
        if large:
            self.tell(say("The recovered factories of the whole country come in …"))
            self.large()
        self.tell(say("Neuquén opens a new round and plans it in two ways …"))
        self.neuquen_now(neuquen)
        self.shirts_agreed()
        self.neuquen_agreed(neuquen)
        if large:
            # Last of all: the worker of the running server makes this plan, while people look around.
            opened = Round.objects.get(network__name=LARGE, closed__isnull=True)
            plan.ask_for_plan(self.do("elena"), opened, name=_spoken("es", say("As our rules say")))

    def do(self, handle: str, key: str = "") -> Doer:
        return Doer(self.people[handle], key)

    # --- Neuquén ---

    def neuquen_before(self) -> Organisation:
        """The past: founded, entered, each assembly in its own hands, one month planned, chosen and closed."""
        month = _month(self.today, 0)
        network = self.network("elena", NEUQUEN, "Neuquén", "es")
        tables = _in_spanish(_at(read_tables(EXAMPLES / "zanon-2003"), {"2003-04": month}))
        upload_workbook(self.do("elena"), network, tables=replace(tables, name=month.name))
        assemblies = {
            "nueva-espana": (
                "raul",
                ("coordinator", "secretary"),
                "El centro de salud lo levantamos con nuestras manos.",
            ),
            "fasinpat": (
                "hugo",
                ("coordinator", "secretary"),
                "Fábrica sin patrones: un solo sueldo, una sola asamblea.",
            ),
            "health-post": (
                "nora",
                ("coordinator", "secretary"),
                "Cuatro trabajadoras de la salud, un consultorio, abierto a todos.",
            ),
            "schools": ("silvia", ("delegate", "secretary"), "Los consejos escolares de la ciudad."),
        }
        for at, (code, (handle, purposes, words)) in enumerate(assemblies.items()):
            place = (-38.952 + at * 0.21, -68.059 - at * 0.17)
            self.claimed(network, "elena", code, handle, purposes, about=words, place=place, language="es")
        self.joins("raul", "nueva-espana", "ana")
        self.joins("silvia", "schools", "lucia")
        self.planned("elena", network, say("As our rules say"), close=True, language="es")
        return network

    def neuquen_now(self, network: Organisation) -> None:
        """The present and the future: an open round of two months, needs in words, two plans, one refusal."""
        month, later = _month(self.today, 1), _month(self.today, 2)
        tables = _at(read_tables(EXAMPLES / "zanon-2003"), {"2003-04": month})
        tables = _in_spanish(_opened(_twice(tables, month, later), "health-post"))
        plan.open_round(
            self.do("elena"),
            network,
            name=f"{month.name} y {later.name}",
            periods=[
                {"period": one.id, "starts": one.starts.isoformat(), "ends": one.ends.isoformat()}
                for one in (month, later)
            ],
        )
        upload_workbook(self.do("elena"), network, tables=tables)
        tiles = Product.objects.get(network=network, code="tiles")
        home, schools = self.organisation("nueva-espana"), self.organisation("schools")
        declared: Sequence[tuple[str, Organisation, dict[str, Any]]] = (
            (
                "ana",
                home,
                {"words": "Piso de cerámicos para el comedor comunitario", "quantity": "60", "people": "90"},
            ),
            (
                "ana",
                home,
                {"words": "Un colectivo al hospital los martes", "quantity": "4", "people": "35", "tier": "2"},
            ),
            (
                "raul",
                home,
                {
                    "words": "Cerámicos para dos baños",
                    "product": tiles,
                    "quantity": "45",
                    "pays": "free",
                    "people": "40",
                },
            ),
            (
                "lucia",
                schools,
                {
                    "words": "Pisos para dos aulas de la escuela 201",
                    "product": tiles,
                    "quantity": "180",
                    "period": later.id,
                    "pays": "free",
                    "people": "60",
                },
            ),
            ("silvia", schools, {"words": "Doscientos litros de pintura", "quantity": "200", "tier": "2"}),
        )
        for handle, organisation, given in declared:
            needs.declare_need(self.do(handle), organisation, network=network, **{"product": None, **given})
        self.planned("elena", network, say("As our rules say"), language="es")
        wage = say("A living wage of 6 pesos an hour")
        self.planned("elena", network, wage, rules={"living_wage": "6"}, language="es")
        plan.refuse_line(
            self.do("nora"),
            self.organisation("health-post"),
            round=Round.objects.get(network=network, closed__isnull=True),
            recipe=Recipe.objects.get(network=network, code="visit-health-post"),
            period=later.id,
            most_runs="300",
            reason="Dos de las cuatro estamos de licencia ese mes, y nadie debe atender cansada.",
        )

    def neuquen_agreed(self, network: Organisation) -> None:
        """What came of the past plan: agreements, an order carried out and paid, one that is late, and open books."""
        month = _month(self.today, 0)
        self.claimed(
            network, "elena", "teachers", "silvia", ("coordinator", "secretary"),
            about="El gremio de las maestras y los maestros.", place=None, language="es",
        )  # fmt: skip
        self.joins("silvia", "teachers", "lucia")
        self.joins("hugo", "fasinpat", "carla")
        for secretary, code, handle, purpose in (
            ("silvia", "teachers", "lucia", "treasurer"),
            ("silvia", "teachers", "silvia", "facilitator"),
            ("hugo", "fasinpat", "carla", "treasurer"),
            ("hugo", "fasinpat", "hugo", "facilitator"),
        ):
            self.entrusted(secretary, code, handle, purpose, "asamblea de este mes")
        plant, union = self.organisation("fasinpat"), self.organisation("teachers")
        self.voted(
            ("hugo", "carla"),
            plant,
            "Libros abiertos",
            "Quien nos apoya puede ver qué entra, qué sale y cuánto se paga por el trabajo.",
            {"kind": "adopt_house_rule", "rule": "open_books", "value": OPENED},
        )
        cash = money(agree.currency_of(network))
        books.record_event(
            self.do("lucia"), union, action="transfer", resource=cash, quantity="9000", day=self.ago(75),
            part="opening", note="Lo que había en la caja del gremio",
        )  # fmt: skip

        # Drafted by hand before there was a plan: one order was kept to the last peso, one is late.
        floor = self.drafted(
            "hugo", plant, union, "Pisos para la sede del gremio", self.ago(75), self.ago(-30), "300"
        )
        self.both_say_yes(floor, {"fasinpat": ("hugo", "carla"), "teachers": ("silvia", "lucia")}, "es")
        first = agree.call_off(
            self.do("silvia"),
            union,
            agreement=floor,
            line=0,
            quantity="120",
            due=self.ago(60),
            place="Sede, Neuquén",
        )
        self.handed_over("carla", plant, "lucia", union, first, "120", self.ago(62))
        self.paid("lucia", "silvia", union, first, self.ago(55))
        agree.call_off(
            self.do("silvia"),
            union,
            agreement=floor,
            line=0,
            quantity="60",
            due=self.ago(9),
            place="Sede, Neuquén",
        )

        # Drafted from the plan that was chosen: all of them at once; the union and the plant have said yes to theirs.
        past = Round.objects.get(network=network, closed__isnull=False)
        agree.draft_from_plan(self.do("hugo"), plant, round=past)
        planned = Agreement.objects.get(variant=past.chosen_id, giver=plant, taker=union)
        self.both_say_yes(planned, {"fasinpat": ("hugo", "carla"), "teachers": ("silvia", "lucia")}, "es")
        order = agree.call_off(
            self.do("silvia"),
            union,
            agreement=planned,
            line=0,
            quantity="400",
            due=month.ends,
            place="Escuela 201",
        )
        for handle, hours in (("hugo", "7.5"), ("carla", "8"), ("carla", "6.5")):
            books.record_hours(
                self.do("carla"), plant, member=self.member(handle, plant), hours=hours, day=self.today,
                order=order.code, note="Horno y clasificación",
            )  # fmt: skip
        self.handed_over("carla", plant, "lucia", union, order, "250", self.today)
        pay = books.draft_payment(
            self.do("carla"), plant, amount="320", day=self.today, resource=cash, part="wage", order=order.code,
            receiver=f"member:{self.member('hugo', plant).pk}", note="A cuenta de sus horas",
        )  # fmt: skip
        books.release_payment(self.do("hugo"), plant, payment=pay)

        # More than the kiln can fire, a pause, and one that came to its end.
        sides = {"fasinpat": ("hugo", "carla"), "teachers": ("silvia", "lucia")}
        for title, quantity in (
            ("Pisos para todas las escuelas de la provincia", "900000"),
            ("Patios de tres jardines", "150"),
            ("Cerámicos para el quincho", "40"),
            ("Revestimiento de la biblioteca", "90"),
        ):
            row = self.drafted("hugo", plant, union, title, self.ago(40), self.ago(-60), quantity)
            self.both_say_yes(row, sides, "es")
            if quantity == "150":
                why = "Los jardines esperan el permiso de obra."
                agree.pause_agreement(self.do("hugo"), plant, agreement=row, why=why)
            elif quantity == "40":
                why = "El quincho se hace más adelante, y quedamos de acuerdo."
                agree.end_agreement(self.do("hugo"), plant, agreement=row, why=why)
            elif quantity == "90":
                agree.call_off(self.do("silvia"), union, agreement=row, line=0, quantity="90", due=self.ago(20))
                why = "El color pedido ya no se fabrica, y no lo avisamos a tiempo."
                agree.end_agreement(self.do("hugo"), plant, agreement=row, why=why, broken=True)
        checkpoint = books.sign_checkpoint(self.do("carla"), plant)
        books.countersign(self.do("raul", END), self.organisation("nueva-espana"), checkpoint=checkpoint)

    # --- South Africa ---

    def shirts(self) -> Organisation:
        """The co-operatives that make shirts for the unions: a year planned, and a plan chosen."""
        network = self.network("nomsa", SHIRTS, "Johannesburg")
        years = self.today.year - 2005
        tables = _years_on(read_tables(EXAMPLES / "union-tshirts"), years)
        name = f"{self.today.year} and {self.today.year + 1}"
        upload_workbook(self.do("nomsa"), network, tables=replace(tables, name=name))
        self.claimed(
            network, "nomsa", "pawco", "sipho", ("delegate", "secretary"),
            about="Fifty printers in Phalaborwa, nine committees.", place=(-23.943, 31.141),
        )  # fmt: skip
        self.claimed(
            network, "nomsa", "num", "thandi", ("treasurer", "secretary"),
            about="The mineworkers' union. It buys from co-operatives first.", place=(-26.204, 28.047),
        )  # fmt: skip
        self.planned("nomsa", network, say("As our rules say"), choose=True)
        return network

    def clinic(self) -> Organisation:
        """The clinics of the Cape, which next year may open two closed places again."""
        network = self.network("grace", CLINIC, "Paarl")
        tables = _years_on(read_tables(EXAMPLES / "workers-clinic"), self.today.year + 1 - 1982)
        upload_workbook(self.do("grace"), network, tables=replace(tables, name=f"{self.today.year + 1}"))
        self.claimed(
            network, "grace", "clinic-paarl", "grace", ("coordinator", "secretary"),
            about="A clinic that a union's fund opened for its members and their neighbours.", place=(-33.734, 18.962),
        )  # fmt: skip
        self.claimed(
            network, "grace", "farm-workers", "maria", (), about="Families of the valley's farms.", place=None
        )
        self.planned("grace", network, say("As our rules say"), choose=True)
        return network

    def shirts_agreed(self) -> None:
        """A standing agreement of the mineworkers with the printers: half of an order has come, the rest is on its way."""
        for handle, code, purposes in (
            ("sipho", "pawco", ("coordinator", "treasurer", "facilitator")),
            ("thandi", "num", ("coordinator", "facilitator")),
        ):
            for purpose in purposes:
                self.entrusted(handle, code, handle, purpose, "meeting of this month")
        printers, union = self.organisation("pawco"), self.organisation("num")
        # In each period of the plan, as the network's other promises to the union are.
        opened = Round.objects.get(network__name=SHIRTS, closed__isnull=True)
        row = self.drafted(
            "sipho", printers, union, "Shirts for every congress", self.ago(30), self.ago(-335), "600",
            product="union-shirt", price="52", wage="11", periods=[one["period"] for one in opened.periods],
        )  # fmt: skip
        self.both_say_yes(row, {"pawco": ("sipho",), "num": ("thandi",)}, "en")
        order = agree.call_off(
            self.do("thandi"),
            union,
            agreement=row,
            line=0,
            quantity="600",
            due=self.ago(-14),
            place="Johannesburg",
        )
        self.handed_over("sipho", printers, "thandi", union, order, "250", self.ago(2))

    # --- together ---

    def federation(self, neuquen: Organisation, shirts: Organisation, clinic: Organisation) -> None:
        """A council of the three networks, in which one waits to be let in; and alliances across the ocean."""
        council = who.found_organisation(
            self.do("elena"),
            None,
            name=FEDERATION,
            kind="council",
            held_on=self.today - timedelta(days=40),
            present=11,
            minutes="Delegates of the networks met by telephone and founded a council to learn from each other. "
            "Elena Sosa keeps its papers for a year.",
            purposes=("coordinator", "secretary"),
        )
        who.describe_organisation(self.do("elena"), council, language="en")
        for handle, network in (("elena", neuquen), ("nomsa", shirts), ("grace", clinic)):
            asked = who.ask_to_belong(self.do(handle), network, network=council)
            if network != clinic:
                who.agree_to_belong(self.do("elena"), council, belonging=asked)
        for handle, one, other, ally, kind, gives, receives in (
            ("hugo", "fasinpat", "raul", "nueva-espana", "supports",
             "cerámicos y manos para lo que el barrio construye", "gente en el portón cuando amenaza un desalojo"),
            ("nora", "health-post", "grace", "clinic-paarl", "learns",
             "cómo cuatro personas llevan un centro", "cómo el fondo de un sindicato sostiene una clínica"),
            ("hugo", "fasinpat", "", "pawco", "learns",
             "cómo decide una asamblea de trescientos", "cómo nueve comisiones se reparten el trabajo"),
        ):  # fmt: skip
            alliance = who.ask_for_alliance(
                self.do(handle),
                self.organisation(one),
                ally=self.organisation(ally),
                kind=kind,
                gives=gives,
                receives=receives,
            )
            if other:
                who.agree_to_alliance(self.do(other), self.organisation(ally), alliance=alliance)

    def large(self) -> None:
        """All recovered factories; ids that the other networks have already get an ending."""
        network = self.network("elena", LARGE, "Argentina", "es")
        year = self.today.year + 1
        tables = _told_apart(read_tables(EXAMPLES / "recovered-network"), "-country")
        tables = replace(_in_spanish(_years_on(tables, year - 2019)), name=f"{year}")
        upload_workbook(self.do("elena"), network, tables=tables)

    # --- small steps ---

    def organisation(self, code: str) -> Organisation:
        return Organisation.objects.get(code=code)

    def network(self, handle: str, name: str, place: str, spoken: str = "en") -> Organisation:
        """A network, founded by its coordinator, with what it says about itself."""
        one = who.found_organisation(
            self.do(handle),
            None,
            name=name,
            kind="network",
            place=place,
            held_on=self.today - timedelta(days=210),
            present=23,
            minutes=_spoken(
                spoken,
                say(
                    "Delegates of the sites and communities met and founded the network. {name} coordinates it for a "
                    "year and brings every plan back to the assemblies.",
                    name=self.people[handle].name,
                ),
            ),
            purposes=("coordinator", "secretary"),
        )
        about = say(
            "A trial network. The people in it are invented. Its figures are those of a worked example, each with its "
            "source or marked as an assumption; their months are moved to the present."
        )
        told = _spoken(spoken, about)
        who.describe_organisation(self.do(handle), one, about=told, language=spoken)
        return who.show_publicly(self.do(handle), one, shows=["about", "place", "networks", "mandates"])

    def claimed(
        self,
        network: Organisation,
        coordinator: str,
        code: str,
        handle: str,
        purposes: Iterable[str],
        *,
        about: str,
        place: tuple[float, float] | None,
        language: str = "en",
    ) -> None:
        """The network prints a founding code, and the organisation's own assembly takes it over."""
        codes: list[str] = []
        one = self.organisation(code)
        claim.print_founding_code(self.do(coordinator), network, organisation=one, codes=codes)
        name = self.people[handle].name
        claim.take_over_entered(
            self.do(handle),
            None,
            code=codes[0],
            held_on=self.today - timedelta(days=120),
            present=17,
            minutes=_spoken(
                language,
                say(
                    "The assembly of {organisation} met and took its own affairs here into its hands. {name} wrote "
                    "this down.",
                    organisation=one.name,
                    name=name,
                ),
            ),
            purposes=purposes,
        )
        if "coordinator" not in purposes and "secretary" not in purposes:
            return
        given: dict[str, Any] = {"about": about, "language": language}
        if place is not None:
            given |= {"latitude": f"{place[0]:.3f}", "longitude": f"{place[1]:.3f}"}
        who.describe_organisation(self.do(handle), one, **given)
        shows = ["about", "place", "members", "networks", "alliances", "products", "state"]
        who.show_publicly(self.do(handle), one, shows=shows)

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def member(self, handle: str, organisation: Organisation) -> Membership:
        return Membership.objects.get(person=self.people[handle], organisation=organisation)

    def entrusted(self, secretary: str, code: str, handle: str, purpose: str, decision: str) -> None:
        """A mandate that the assembly gave, written down by its secretary."""
        who.grant_mandate(
            self.do(secretary),
            self.organisation(code),
            person=self.people[handle].pk,
            purpose=purpose,
            decision=decision,
        )

    def voted(
        self, handles: Sequence[str], organisation: Organisation, title: str, text: str, effect: Mapping[str, Any]
    ) -> None:
        """A motion that all of these vote for; the first of them proposes, opens and closes it."""
        chair = handles[0]
        motion = decide.propose_motion(self.do(chair), organisation, title=title, text=text, effects=[effect])
        decide.open_motion(self.do(chair), motion, closes=datetime.now(UTC) + timedelta(days=2))
        for handle in handles:
            decide.cast_ballot(self.do(handle), motion.pk, "for")
        decide.close_motion(self.do(chair), motion)

    def drafted(
        self,
        handle: str,
        giver: Organisation,
        taker: Organisation,
        title: str,
        starts: date,
        ends: date,
        quantity: str,
        *,
        product: str = "tiles",
        price: str = "4.80",
        wage: str = "1.20",
        periods: Sequence[str] = ("",),
    ) -> Agreement:
        """A draft by hand: so much of one product in each of the periods; over the whole where none is named."""
        line = {"product": product, "quantity": quantity, "unit_price": price, "wage": wage}
        given = {
            "title": title,
            "lines": [line | {"period": period} for period in periods],
            "starts": starts.isoformat(),
            "ends": ends.isoformat(),
            "review": (starts + (ends - starts) / 2).isoformat(),
            "contact_giver": giver.name,
            "contact_taker": taker.name,
        }
        return agree.draft_agreement(self.do(handle), giver, giver=giver, taker=taker, given=given)

    def both_say_yes(self, agreement: Agreement, sides: Mapping[str, Sequence[str]], spoken: str) -> None:
        """The assembly of each side decides to say yes."""
        version = agreed.latest(agreement)
        title = agreement.title
        words = {
            "es": ("Decir que sí: {title}", "Leímos el acuerdo en asamblea y estamos de acuerdo."),
            "en": ("Say yes: {title}", "We read the agreement in our meeting, and agree."),
        }[spoken]
        for code, handles in sides.items():
            effect = {"kind": "sign_agreement", "version": version.pk}
            self.voted(handles, self.organisation(code), words[0].format(title=title), words[1], effect)

    def handed_over(
        self,
        giving: str,
        giver: Organisation,
        taking: str,
        taker: Organisation,
        order: CallOff,
        quantity: str,
        day: date,
    ) -> None:
        """A delivery: one side says what it handed over, the other confirms that it came."""
        row = agree.hand_over(self.do(giving), giver, call_off=order, quantity=quantity, day=day, made=True)
        agree.confirm_handover(self.do(taking), taker, handover=row)

    def paid(self, drafts: str, releases: str, payer: Organisation, order: CallOff, day: date) -> None:
        """The price of an order, paid by two people, and confirmed by none yet."""
        promise = order.promise_lines.get(part="price")
        amount = f"{amount_of(promise.amount, promise.resource):f}"
        row = books.draft_payment(self.do(drafts), payer, amount=amount, day=day, promise=promise)
        books.release_payment(self.do(releases), payer, payment=row)

    def joins(self, secretary: str, code: str, handle: str) -> None:
        """Somebody joins with a printed code."""
        codes: list[str] = []
        who.print_codes(self.do(secretary), self.organisation(code), how_many=1, codes=codes)
        who.join_with_code(self.do(handle), None, code=codes[0])

    def planned(
        self,
        handle: str,
        network: Organisation,
        name: Sentence,
        *,
        rules: Mapping[str, str] | None = None,
        choose: bool = False,
        close: bool = False,
        language: str = "en",
    ) -> Variant:
        """A plan of the open round, made here and now; chosen, and the round closed, where asked."""
        opened = Round.objects.get(network=network, closed__isnull=True)
        asked = plan.ask_for_plan(self.do(handle), opened, name=_spoken(language, name), rules=rules)
        worker = f"demo:{asked.pk}"
        mine = work.claim(worker)
        assert mine is not None and mine.pk == asked.pk, "somebody else makes plans in this database"
        work.make(mine, worker)
        state = Variant.objects.values_list("state", flat=True).get(pk=asked.pk)
        if state != DONE:
            raise RuntimeError(f"the plan {name} of {network.name} ended as {state}")
        if choose or close:
            plan.choose_variant(self.do(handle), opened, variant=asked)
        if close:
            plan.close_round(self.do(handle), opened)
        return asked


# --- a worked example, moved in time ---


@dataclass(frozen=True)
class _Span:
    id: str
    name: str
    starts: date
    ends: date


def _spoken(code: str, sentence: Sentence) -> str:
    """A sentence as somebody would have typed it in that language."""
    return language(code).text(sentence)


def _in_spanish(tables: Tables) -> Tables:
    """The workbook with its names, units and places in Spanish."""

    def told(_sheet: str, column: str, cell: Cell, _first: Cell) -> Cell:
        return in_spanish(column, cell) if isinstance(cell, str) else cell

    return _changed(tables, told)


def _month(day: date, on: int) -> _Span:
    """The month of a day, or one so many months on."""
    months = day.year * 12 + day.month - 1 + on
    year, month = divmod(months, 12)
    first = date(year, month + 1, 1)
    name = format_date(first, "LLLL 'de' y", locale="es").capitalize()
    return _Span(f"{first:%Y-%m}", name, first, first.replace(day=monthrange(year, month + 1)[1]))


def _at(tables: Tables, spans: Mapping[str, _Span]) -> Tables:
    """The workbook with its periods moved: ids and days of the periods, and every cell that names one."""

    def moved(sheet: str, column: str, cell: Cell, period: Cell) -> Cell:
        if column == "period" and cell in spans:
            return spans[str(cell)].id
        if sheet == "periods" and column in ("starts", "ends") and period in spans:
            span = spans[str(period)]
            return span.starts if column == "starts" else span.ends
        return cell

    return _changed(tables, moved)


def _years_on(tables: Tables, years: int) -> Tables:
    """The workbook with its quarters so many years later; the season of each need stays."""
    periods = tables.sheets["periods"]
    at = {name: place for place, name in enumerate(periods.columns)}
    spans = {}
    for _, cells in periods.rows:
        old = str(cells[at["period"]])
        starts, ends = (date.fromisoformat(str(cells[at[name]])) for name in ("starts", "ends"))
        new = f"{int(old[:4]) + years}{old[4:]}"
        spans[old] = _Span(
            new, new, starts.replace(year=starts.year + years), ends.replace(year=ends.year + years)
        )
    return _at(tables, spans)


def _twice(tables: Tables, first: _Span, later: _Span) -> Tables:
    """The workbook of one month as one of two: every need again in the later month, under an id of its own."""
    wanted, periods = tables.sheets["needs"], tables.sheets["periods"]
    columns = (*wanted.columns, "period")
    rows: list[tuple[Cell, ...]] = [(*cells, first.id) for _, cells in wanted.rows]
    at = wanted.columns.index("need")
    rows += [(*cells[:at], f"{cells[at]}-{later.id}", *cells[at + 1 :], later.id) for _, cells in wanted.rows]
    spans = [(one.id, one.starts, one.ends) for one in (first, later)]
    sheets = {
        **tables.sheets,
        "needs": Table(columns, tuple(enumerate(rows, 2))),
        "periods": Table(periods.columns[:3], tuple(enumerate(spans, 2))),
    }
    return replace(tables, sheets=sheets)


def _opened(tables: Tables, site: str) -> Tables:
    """The workbook after a closed site has opened: it is producing, and nothing has to be paid for it again."""

    def opened(sheet: str, column: str, cell: Cell, first: Cell) -> Cell:
        return "producing" if sheet == "sites" and column == "state" and first == site else cell

    sheets = {name: table for name, table in tables.sheets.items() if name != "reopenings"}
    return _changed(replace(tables, sheets=sheets), opened)


def _told_apart(tables: Tables, ending: str) -> Tables:
    """The workbook with an ending on the id of every organisation that is here already."""
    here = set(Organisation.objects.values_list("code", flat=True))
    columns = {"organisation", "site", "from", "to"}

    def apart(_sheet: str, column: str, cell: Cell, _first: Cell) -> Cell:
        return f"{cell}{ending}" if column in columns and cell in here else cell

    return _changed(tables, apart)


def _changed(tables: Tables, change: Callable[[str, str, Cell, Cell], Cell]) -> Tables:
    """Every cell as `change(sheet, column, cell, the row's first cell)` says."""
    sheets = {}
    for name, table in tables.sheets.items():
        rows = []
        for number, cells in table.rows:
            named = zip(table.columns, cells, strict=False)
            rows.append((number, tuple(change(name, column, cell, cells[0]) for column, cell in named)))
        sheets[name] = Table(table.columns, tuple(rows))
    return replace(tables, sheets=sheets)
