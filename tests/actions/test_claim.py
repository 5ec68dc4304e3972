"""An organisation that came in with a workbook gets its own assembly: by a code, once, and then for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solidaria.actions import claim, who
from solidaria.actions.permit import Doer, NotAllowed, rights_of
from solidaria.actions.workbook import upload_workbook
from solidaria.core.problem import Refused
from solidaria.core.workbook.tables import Table, Tables
from solidaria.records.gather import organisations_of
from solidaria.records.models import Act, Founding, Organisation
from tests.web.people import FOUNDED, MINUTES, World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def entered(here: World, name: str = "Escuela 12") -> Organisation:
    """A school that Ana's network brought in with a workbook."""
    sheets = {
        "organisations": ("organisation name kind", [("escuela-12", name, "community")]),
        "sites": ("site members paid_hours", []),
        "products": ("product name unit market_price", [("chalk", "Chalk", "box", "2")]),
        "recipes": ("recipe site product output labour_hours", []),
        "needs": ("need organisation product quantity", [("chalk-1", "escuela-12", "chalk", "30")]),
        "rules": (
            "rule value",
            [
                ("currency", "ARS"),
                ("living_wage", "10"),
                ("contributions", "0"),
                ("assembly_hours", "8"),
                ("reserve", "0"),
                ("community", "0"),
            ],
        ),
    }
    tables = Tables(
        "book",
        {
            sheet: Table(tuple(columns.split()), tuple(enumerate(rows, 2)))
            for sheet, (columns, rows) in sheets.items()
        },
    )
    upload_workbook(doer(here.ana), here.network, tables=tables)
    return Organisation.objects.get(code="escuela-12")


def printed(here: World, school: Organisation) -> str:
    codes: list[str] = []
    claim.print_founding_code(doer(here.ana), here.network, organisation=school, codes=codes)
    return codes[0]


def taken(here: World, code: str, **more: object) -> Organisation:
    given = {"held_on": FOUNDED, "present": 9, "minutes": MINUTES, "purposes": ["coordinator"], **more}
    return claim.take_over_entered(doer(here.bheki), None, code=code, **given)


def test_the_assembly_of_an_entered_school_takes_it_over_and_it_stays_in_the_network(here: World) -> None:
    school = entered(here)
    assert list(claim.entered_and_unrun(here.network)) == [school]
    found = taken(here, printed(here, school).lower().replace("-", " "))
    assert found.pk == school.pk and found.entered_by is None
    assert rights_of(here.bheki, found) >= {"member", "needs.gather", "who.ally"}
    assert found in organisations_of(here.network)
    assert not claim.entered_and_unrun(here.network).exists()
    act = Act.objects.get(verb="take_over_entered")
    assert act.organisation == found and act.person == here.bheki


def test_after_it_is_taken_over_the_networks_workbook_cannot_change_it(here: World) -> None:
    taken(here, printed(here, entered(here)))
    with pytest.raises(Refused) as refusal:
        entered(here, name="Another name")
    assert refusal.value.faults[0].column == "name"


def test_an_organisation_is_taken_over_once_and_never_twice(here: World) -> None:
    code = printed(here, entered(here))
    taken(here, code)
    for again in (code, code.lower()):
        with pytest.raises(Refused):
            taken(here, again)
    assert Founding.objects.filter(organisation__code="escuela-12").count() == 1


def test_a_new_code_makes_the_old_one_open_nothing(here: World) -> None:
    school = entered(here)
    old = printed(here, school)
    new = printed(here, school)
    with pytest.raises(Refused):
        taken(here, old)
    assert taken(here, new) == school


def test_a_founding_code_is_no_joining_code_and_a_joining_code_no_founding_code(here: World) -> None:
    founding = printed(here, entered(here))
    with pytest.raises(Refused):
        who.join_with_code(doer(here.bheki), None, code=founding)
    joining: list[str] = []
    who.print_codes(doer(here.ana), here.workshop, how_many=1, codes=joining)
    with pytest.raises(Refused):
        taken(here, joining[0])


def test_all_that_is_missing_is_told_at_once(here: World) -> None:
    with pytest.raises(Refused) as refusal:
        taken(here, "XXXX", held_on=None, present=0, minutes="short", purposes=["king"])
    assert {fault.column for fault in refusal.value.faults} == {
        "code",
        "held_on",
        "present",
        "minutes",
        "purposes",
    }


def test_a_code_that_has_run_out_opens_nothing(here: World) -> None:
    code = printed(here, entered(here))
    late = Doer(here.bheki, at=doer(here.bheki).at + timedelta(days=who.CODE_DAYS + 1))
    with pytest.raises(Refused):
        claim.take_over_entered(late, None, code=code, held_on=FOUNDED, present=9, minutes=MINUTES, purposes=[])


def test_only_the_network_that_entered_it_prints_the_code_and_only_under_a_mandate(here: World) -> None:
    school = entered(here)
    with pytest.raises(NotAllowed):
        claim.print_founding_code(doer(here.bheki), here.network, organisation=school, codes=[])
    with pytest.raises(Refused):
        claim.print_founding_code(doer(here.ana), here.network, organisation=here.workshop, codes=[])
