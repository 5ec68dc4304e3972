"""Help: the words, the first steps, who may do what, what is kept about a person."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from solidaria.actions.permit import ANYBODY, MEMBER, PERMISSIONS, PURPOSES, READINGS, RIGHTS, SEAT, UNHELD
from solidaria.core.problem import Sentence, say
from solidaria.report.words import GLOSSARY
from solidaria.web.answers import shown
from solidaria.web.kept import TABLES
from solidaria.web.words import VERBS

#: Words of the platform; those of plans and prices stand in report/words.py.
WORDS: tuple[tuple[Sentence, Sentence], ...] = (
    (
        say("Organisation"),
        say(
            "A site, a union, a community, a movement, a clinic, a network or a council: whoever meets and decides."
        ),
    ),
    (
        say("Assembly"),
        say("The members of an organisation, met to decide. Everything anybody may do here comes from it."),
    ),
    (
        say("Founding assembly"),
        say("The first one. Its minutes say who the organisation is and who does what for now."),
    ),
    (say("Roll"), say("The list of an organisation's members. Only they see it.")),
    (
        say("Mandate"),
        say(
            "A task an assembly gives one of its members, in words and for a time. It can be recalled on any day, and "
            "from that moment nothing counts that is done under it."
        ),
    ),
    (
        say("Network"),
        say(
            "Organisations that plan together: what some need, others make. Both sides agree before one belongs to it."
        ),
    ),
    (say("Council"), say("Organisations that decide together through delegates.")),
    (
        say("Alliance"),
        say("A tie between two organisations, with what each gives the other. It holds once both have agreed."),
    ),
    (
        say("Round"),
        say("One time of planning in a network: needs and capacities are gathered, a plan is made and read."),
    ),
    (
        say("Variant"),
        say("One plan of several that were made for the same round, so that assemblies can compare and choose."),
    ),
    (
        say("Refusal"),
        say(
            "An assembly says no to its part of a plan, with a reason. The plan is made again with that as a limit."
        ),
    ),
    (
        say("Joining code"),
        say("Twelve letters and digits on paper. It lets one person join one organisation, once."),
    ),
    (
        say("Passkey"),
        say(
            "A key inside your telephone or computer that opens your account by finger, face or PIN. It cannot be guessed, "
            "and it works on no forged page."
        ),
    ),
    (
        say("To vouch"),
        say(
            "Two members say: it is really this person. Then somebody who lost every way in can set a new password."
        ),
    ),
)

#: What one may do, in words: those of the history, and what for secrecy's sake no history tells.
DOINGS: dict[str, Sentence] = {**VERBS, "cast_ballot": say("voted (the history never says so)")}


@shown
def words(request: HttpRequest) -> HttpResponse:
    """The glossary: the platform's words, then those of plans and prices."""
    return render(request, "help/words.html", {"parts": glossary()})


def glossary() -> list[tuple[str, Sentence, tuple[tuple[Sentence, Sentence], ...]]]:
    """The words in two parts, each with an id for links."""
    return [
        ("people", say("People and organisations"), WORDS),
        ("plans", say("Needs, plans and prices"), GLOSSARY),
    ]


@shown
def permissions(request: HttpRequest) -> HttpResponse:
    """The table of permissions."""
    return render(
        request, "help/permissions.html", {"table": table(), "rights_list": RIGHTS, "readings": readings()}
    )


#: Who holds what is not a mandate's right.
HOLDERS: dict[str, Sentence] = {
    ANYBODY: say("Everybody who is signed in"),
    MEMBER: say("Every member"),
    "own": say("The member who declared or proposed it"),
    SEAT: say("A delegate who holds a base's seat in the council"),
    UNHELD: say("Every member, as long as nobody holds a mandate to facilitate"),
}


def table() -> list[tuple[Sentence, list[Sentence]]]:
    """Who may do what, made from the program's own table: a right, and all that it opens."""
    rows: dict[str, list[Sentence]] = {key: [] for key in (*HOLDERS, *RIGHTS)}
    for verb, needed in PERMISSIONS.items():
        for right in needed:
            if verb in DOINGS:
                rows[right].append(DOINGS[verb])
    return [(_holder(right), doings) for right, doings in rows.items() if doings]


#: What may be taken away, in words.
READ: dict[str, Sentence] = {
    "whole_workbook": say("the network's whole workbook: every site's recipes, machines, stocks and prices")
}


def readings() -> list[tuple[Sentence, list[Sentence]]]:
    """What may be taken away whole, and by whom, made from the program's own table."""
    return [(READ[what], [_holder(right) for right in needed]) for what, needed in READINGS.items()]


def _holder(right: str) -> Sentence:
    return HOLDERS[right] if right in HOLDERS else say("Whoever holds a mandate to {right}", right=RIGHTS[right])


@shown
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about a person, what for, and for how long."""
    return render(request, "help/privacy.html", {"tables": list(TABLES.values()), "has_email": settings.HAS_EMAIL})


@shown
def first_steps(request: HttpRequest) -> HttpResponse:
    """How everything works together."""
    return render(request, "help/first_steps.html", {"purposes_list": list(PURPOSES.values())})
