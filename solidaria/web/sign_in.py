"""Getting in: what allauth asks of us, the joining code, recovery by two members, one click in the demo."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from solidaria.core.problem import say
from solidaria.records.models import Person


class NameForm(forms.Form):
    """What we ask besides handle and password: a name for the other members."""

    name = forms.CharField(max_length=80)

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Keep the name and the language the person came with."""
        user.name = self.cleaned_data["name"]
        user.language = request.language.code  # type: ignore[attr-defined]
        user.save(update_fields=["name", "language"])


class Adapter(DefaultAccountAdapter):
    """allauth's way to our own person."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home: it says what there is to do."""
        return "/"

    def add_message(self, request: HttpRequest, level: int, *arguments: Any, **named: Any) -> None:
        """allauth's own messages are not ours to translate; the pages say what happened."""


WELCOME = say("Welcome.")


def join(request: HttpRequest) -> HttpResponse:
    """Placeholder."""
    raise NotImplementedError


urlpatterns = [
    path("join", join, name="join"),
    path("demo/people", join, name="demo_people"),
    path("account/", include("allauth.account.urls")),
    path("account/keys/", include("allauth.mfa.urls")),
]
