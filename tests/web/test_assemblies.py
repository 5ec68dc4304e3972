"""An assembly in the browser: called, held, written down, corrected, approved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from solidaria.actions import decide
from solidaria.actions.who import grant_mandate
from solidaria.records.models import Assembly, Attendance, Motion, Speech
from tests.web.people import World, doer, world
from tests.web.test_pages import signed_in

pytestmark = pytest.mark.django_db

FAR = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()


@pytest.fixture
def here() -> World:
    made = world()
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
    )
    return made


def called(here: World, day: str = FAR) -> int:
    """The status of calling an assembly on a day."""
    given = {"name": "Assembly of spring", "day": day, "hour": "18:30", "place": "the school"}
    return signed_in(here.ana).post(reverse("assemblies", args=[here.barrio.code]), given).status_code


def test_an_assembly_needs_the_notice_that_the_rules_ask_for(here: World) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert called(here, tomorrow) == 422
    assert called(here, "soon") == 422
    assert called(here) == 302
    assert Assembly.objects.count() == 1


def test_an_assembly_from_the_call_to_the_approved_minutes(here: World) -> None:
    called(here)
    row = Assembly.objects.get()
    page, ana, bheki = reverse("assembly", args=[row.pk]), signed_in(here.ana), signed_in(here.bheki)
    motion = decide.propose_motion(
        doer(here.bheki), here.barrio, title="The roof", text="We mend the roof in May."
    )
    assert (
        bheki.post(
            reverse("add_agenda_item", args=[row.pk]), {"motion": str(motion.pk), "minutes": "20"}
        ).status_code
        == 302
    )
    assert bheki.post(reverse("add_agenda_item", args=[row.pk]), {"title": "", "minutes": "0"}).status_code == 422
    assert (
        bheki.post(
            reverse("add_agenda_item", args=[row.pk]), {"title": "Any other business", "minutes": "5"}
        ).status_code
        == 302
    )
    second = row.agenda.get(title="Any other business")
    assert bheki.post(reverse("move_agenda_item", args=[row.pk, second.pk]), {"up": "yes"}).status_code == 403
    ana.post(reverse("move_agenda_item", args=[row.pk, second.pk]), {"up": "yes"})
    assert [item.title for item in row.agenda.all()] == ["Any other business", "The roof"]

    assert bheki.post(reverse("assembly_step", args=[row.pk, "here"])).status_code == 422, "it has not begun"
    ana.post(reverse("assembly_step", args=[row.pk, "open"]))
    bheki.post(reverse("assembly_step", args=[row.pk, "here"]))
    bheki.post(reverse("assembly_step", args=[row.pk, "here"]))
    ana.post(reverse("assembly_step", args=[row.pk, "here"]), {"person": str(here.ana.pk)})
    assert Attendance.objects.filter(assembly=row).count() == 2
    bheki.post(reverse("assembly_step", args=[row.pk, "speak"]))
    speech = Speech.objects.get()
    ana.post(reverse("floor", args=[row.pk, speech.pk, "give"]))
    assert "Bheki" in bheki.get(page).content.decode()
    ana.post(reverse("open_motion", args=[motion.pk]), {"span": "10m"})
    for client in (ana, bheki):
        client.post(reverse("vote", args=[motion.pk]), {"ballot": "for"})
    ana.post(reverse("close_motion", args=[motion.pk]))
    ana.post(reverse("assembly_step", args=[row.pk, "end"]))
    speech.refresh_from_db()
    assert speech.ended is not None

    draft = ana.get(reverse("minutes", args=[row.pk])).content.decode()
    assert "2 members were present" in draft and "We mend the roof in May." in draft and "for: 2" in draft
    ana.post(reverse("minutes", args=[row.pk]), {"text": "We met. We mend the roof in April."})
    assert (
        bheki.post(reverse("correct_minutes", args=[row.pk]), {"text": "In May, not in April."}).status_code == 302
    )
    correction = row.corrections.get()
    ana.post(
        reverse("minutes", args=[row.pk]),
        {"text": "We met. We mend the roof in May.", "correction": str(correction.pk)},
    )
    paper = bheki.get(reverse("minutes_pdf", args=[row.pk]))
    assert paper.content.startswith(b"%PDF-")

    ana.post(
        reverse("propose_motion", args=[here.barrio.code]),
        {
            "title": "Minutes",
            "text": "We approve them.",
            "method": "majority",
            "effect": "approve_minutes",
            "e-assembly": str(row.pk),
        },
    )
    approval = Motion.objects.latest("pk")
    ana.post(reverse("open_motion", args=[approval.pk]), {"span": "10m"})
    ana.post(reverse("vote", args=[approval.pk]), {"ballot": "for"})
    ana.post(reverse("close_motion", args=[approval.pk]))
    row.refresh_from_db()
    assert row.minutes == "We met. We mend the roof in May." and row.minutes_approved is not None
    assert ana.post(reverse("minutes", args=[row.pk]), {"text": "Something else."}).status_code == 422


def test_a_calendar_program_reads_the_feed_until_its_member_leaves(here: World) -> None:
    called(here)
    page = signed_in(here.bheki).get(reverse("assemblies", args=[here.barrio.code])).content.decode()
    address = page.split("<code>http://testserver")[1].split("</code>")[0]
    found = Calendar.from_ical(Client().get(address).content)
    assert [str(event["summary"]) for event in found.walk("VEVENT")] == ["Barrio Norte: Assembly of spring"]
    assert Client().get(address.replace(".ics", "x.ics")).status_code == 404
    here.bheki.memberships.update(left=datetime.now(UTC).date() - timedelta(days=1))
    assert Client().get(address).status_code == 404


def test_carla_finds_no_assembly_of_others(here: World) -> None:
    called(here)
    row = Assembly.objects.get()
    carla = signed_in(here.carla)
    assert carla.get(reverse("assembly", args=[row.pk])).status_code == 404
    assert carla.post(reverse("assembly_step", args=[row.pk, "here"])).status_code == 404
