"""The guided walk of the trial: one whole round in eight steps, each as the person whose step it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from solidaria.core.problem import Sentence, say
from solidaria.records.models import Act, Organisation, Person, Round, Variant
from solidaria.records.models.plan import DONE
from solidaria.web import demo

HOME, PLANT, SCHOOLS = "nueva-espana", "fasinpat", "schools"
CAPACITY = {"edit_equipment", "add_equipment", "edit_recipe", "add_recipe", "keep_site", "set_stock"}
#: Acts since the filling that are looked at; the walk needs eight.
MOST_ACTS = 2000


class Trail:
    """What people did since the trial was filled, and where its open round stands; three questions to the records."""

    def __init__(self, network: Organisation) -> None:
        self.network = network
        since = demo.filled()
        rows = Act.objects.filter(at__gt=since) if since is not None else Act.objects.none()
        named = rows.order_by("pk").values_list("pk", "verb", "organisation__code")[:MOST_ACTS]
        self.acts: list[tuple[int, str, str]] = [(pk, verb, code or "") for pk, verb, code in named]
        self.round = Round.objects.filter(network=network).order_by("closed", "-opened").first()
        plans = Variant.objects.filter(round=self.round, state=DONE).order_by("-pk").values_list("pk", flat=True)
        self.plan = plans.first()

    def first(self, verbs: set[str], code: str = "", after: int = 0) -> int | None:
        """The first such act, in that organisation where one is named, after another; None while there is none."""
        for pk, verb, where in self.acts:
            if pk > after and verb in verbs and (not code or where == code):
                return pk
        return None

    def round_page(self) -> str:
        """The open round; where there is none, the network."""
        if self.round is None:
            return reverse("network", args=[self.network.code])
        return reverse("round", args=[self.round.pk])

    def plan_page(self, part: str = "", code: str = "") -> str:
        """The newest plan that is ready, or a part of it; where there is none, the round."""
        if self.plan is None:
            return self.round_page()
        return reverse(part or "variant", args=[self.plan, code] if code else [self.plan])


@dataclass(frozen=True)
class Step:
    """One step: whose it is, what to do, where, and whether the records show it done."""

    handle: str
    title: Sentence
    words: Sentence
    button: Sentence
    where: Callable[[Trail], str]
    done: Callable[[Trail], bool]


def _planned_again(trail: Trail) -> bool:
    refused = trail.first({"refuse_line"}, PLANT)
    return refused is not None and trail.first({"ask_for_plan"}, trail.network.code, refused) is not None


STEPS = (
    Step(
        "ana",
        say("Say what is needed"),
        say(
            "Tiles for a bathroom, visits of a nurse, or something the network has no name for yet: in your own words."
        ),
        say("Say it as Ana"),
        lambda trail: reverse("declare_need", args=[HOME]),
        lambda trail: trail.first({"declare_need"}, HOME) is not None,
    ),
    Step(
        "elena",
        say("Say which product it is"),
        say(
            "A need in words is planned once the network says which of its products it is: the kitchen's floor is tiles."
        ),
        say("Look at the needs as Elena"),
        lambda trail: reverse("network_needs", args=[trail.network.code]),
        lambda trail: trail.first({"match_need"}) is not None,
    ),
    Step(
        "hugo",
        say("Say what the plant can make"),
        say("The kiln stands still for some days? Change its hours: open the machine, write 690 instead of 720."),
        say("See to the plant as Hugo"),
        lambda trail: reverse("site", args=[PLANT]),
        lambda trail: trail.first(CAPACITY, PLANT) is not None,
    ),
    Step(
        "elena",
        say("Make a plan"),
        say(
            "It serves the most essential needs first, as evenly as can be. It takes some seconds; watch it go on."
        ),
        say("Ask for a plan as Elena"),
        lambda trail: trail.round_page(),
        lambda trail: trail.first({"ask_for_plan"}, trail.network.code) is not None,
    ),
    Step(
        "lucia",
        say("Read what your school gets, and why"),
        say("Open the reasons. Then change under “Needs” what the schools need: more, less, or something else."),
        say("Read it as Lucía"),
        lambda trail: trail.plan_page("plan_buyer", SCHOOLS),
        lambda trail: trail.first({"declare_need", "edit_need", "withdraw_need"}, SCHOOLS) is not None,
    ),
    Step(
        "hugo",
        say("Refuse a part, with a reason"),
        say("An assembly is never made to work. Open a line of the plant, write how much it takes on, and why."),
        say("See the plant's part as Hugo"),
        lambda trail: trail.plan_page("plan_site", PLANT),
        lambda trail: trail.first({"refuse_line"}, PLANT) is not None,
    ),
    Step(
        "elena",
        say("Plan again"),
        say(
            "The new plan keeps to every refusal. Put it beside the first one: who gains, who loses, what it costs."
        ),
        say("Plan again as Elena"),
        lambda trail: trail.round_page(),
        _planned_again,
    ),
    Step(
        "elena",
        say("Choose the plan that goes to the assemblies"),
        say("Read it once more as a whole, and take it to the assemblies. They decide; the program only counts."),
        say("Read the newest plan as Elena"),
        lambda trail: trail.plan_page(),
        lambda trail: trail.first({"choose_variant"}, trail.network.code) is not None,
    ),
)


@require_http_methods(["GET", "HEAD", "POST"])
def walk(request: HttpRequest) -> HttpResponse:
    """The steps with what is done of them; a step's button makes one the person whose step it is and leads there."""
    network = Organisation.objects.filter(name=demo.NEUQUEN, kind="network").order_by("pk").first()
    if not settings.DEMO or network is None or demo.filled() is None:
        raise Http404
    trail = Trail(network)
    if request.method == "POST":
        typed = request.POST.get("step", "")
        if not typed.isdecimal() or not 1 <= int(typed[:3]) <= len(STEPS):
            raise Http404
        step = STEPS[int(typed[:3]) - 1]
        somebody = Person.objects.filter(handle=step.handle).first()
        if somebody is None:
            raise Http404
        login(request, somebody, backend=settings.AUTHENTICATION_BACKENDS[0])
        return HttpResponseRedirect(step.where(trail))
    return render(request, "demo/walk.html", shown_steps(trail))


def shown_steps(trail: Trail) -> dict[str, Any]:
    """What the page shows: each step with its person and whether it is done, and which comes next."""
    parts = {part.handle: part for part in demo.PEOPLE}
    rows = [(step, parts[step.handle], step.done(trail)) for step in STEPS]
    following = next((at for at, (_, _, done) in enumerate(rows) if not done), None)
    return {"steps": rows, "following": following, "done": sum(done for _, _, done in rows), "trail": trail}
