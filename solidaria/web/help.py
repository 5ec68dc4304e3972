"""Help: the words, the first steps, who may do what, what is kept about a person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from solidaria.actions.permit import PERMISSIONS, RIGHTS
from solidaria.report.words import GLOSSARY
from solidaria.web.answers import shown


@shown
def words(request: HttpRequest) -> HttpResponse:
    """The glossary."""
    return render(request, "help/words.html", {"glossary": GLOSSARY})


@shown
def permissions(request: HttpRequest) -> HttpResponse:
    """The table of permissions."""
    return render(request, "help/permissions.html", {"permissions": PERMISSIONS, "rights_list": RIGHTS})


@shown
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about a person, and for how long."""
    return render(request, "help/privacy.html")


@shown
def first_steps(request: HttpRequest) -> HttpResponse:
    """How everything works together."""
    return render(request, "help/first_steps.html")
