"""Two assemblies whose votes close at the same moment adopt the plan between them, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from solidaria.actions import decide, plan, work
from solidaria.actions.permit import Doer
from solidaria.actions.who import grant_mandate
from solidaria.records.models import Act, PlanVote, Round, Variant
from tests.actions.test_races import at_once
from tests.actions.test_spine import uniforms
from tests.web.people import doer, world

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


@pytest.mark.slow
def test_the_last_two_votes_that_close_at_once_adopt_the_plan_exactly_once() -> None:
    here = world()
    uniforms(here)
    for one in (here.barrio, here.workshop):
        grant_mandate(
            doer(here.ana), one, person=here.ana.pk, purpose="facilitator", decision="assembly of January"
        )
    opened = here.round
    for number in range(1, ROUNDS + 1):
        asked = plan.ask_for_plan(doer(here.ana), opened)
        claimed = work.claim("test")
        assert claimed is not None
        work.make(claimed, "test")
        plan.choose_variant(doer(here.ana), opened, variant=Variant.objects.get(pk=asked.pk))
        motions = [row.motion for row in PlanVote.objects.filter(variant=asked, needed=True)]
        now = datetime.now(UTC)
        for motion in motions:
            assert motion is not None
            decide.open_motion(Doer(here.ana, at=now), motion, closes=now + timedelta(hours=1))
            decide.cast_ballot(Doer(here.ana, at=now), motion.pk, "for")
        answers = at_once([partial(decide.close_motion, doer(here.ana), motion) for motion in motions * 2])
        assert [answer for answer in answers if isinstance(answer, Exception)] == []
        assert Round.objects.get(pk=opened.pk).adopted is not None
        assert Act.objects.filter(verb="plan_adopted").count() == number
        plan.close_round(doer(here.ana), opened)
        opened = plan.open_round(doer(here.ana), here.network, name=f"next {number}", periods=[])
