"""Getting in: a new password by a link in a letter, where the server can send e-mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from allauth.account.models import EmailAddress
from allauth.core.ratelimit import consume, consume_or_429
from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from solidaria.actions import sign_in as actions
from solidaria.core.problem import Sentence, say
from solidaria.records.models import Person
from solidaria.web.answers import act
from solidaria.web.language import CODES, language
from solidaria.web.letters import later

#: Where a link waits in the session until the password is chosen: the address of the page does not hold it.
WAITS = "reset"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the letter: the same answer, as fast, whether or not anybody has the address."""
    if not settings.HAS_EMAIL:
        return HttpResponseRedirect(reverse("recover"))
    if request.method != "POST":
        return render(request, "account/reset.html", {})
    waits: HttpResponse | None = consume_or_429(request, action="reset_password")
    if waits is not None:
        return waits
    address = request.POST.get("email", "").strip()[:254]
    if consume(request, action="reset_letter", key=address.casefold()):
        code = request.language.code  # type: ignore[attr-defined]
        later(partial(send_link, address, code, partial(_link, request.build_absolute_uri("/"))))
    said = say("If an account has confirmed this address, a letter with a link is on its way to it.")
    messages.success(request, request.language.text(said))  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("account_login"))


@never_cache
@require_http_methods(["GET", "HEAD"])
def follow(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """The link of the letter: out of the address it goes, and on to the page to choose a password."""
    request.session[WAITS] = [uid[:60], token[:120]]
    return HttpResponseRedirect(reverse("choose_password"))


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose a new password, once, with a link that is good."""
    uid, token = request.session.get(WAITS) or ("", "")
    person = actions.person_of_reset(uid, token)

    def page(told: object = None) -> HttpResponse:
        values = told if isinstance(told, dict) else {}
        return render(request, "account/choose.html", {"good": person is not None, **values})

    if request.method != "POST":
        return page()
    waits: HttpResponse | None = consume_or_429(request, action="reset_password_from_key")
    if waits is not None:
        return waits
    answer = act(
        request,
        lambda: actions.reset_password(uid, token, request.POST.get("password", "")[:500], datetime.now(UTC)),
        lambda _: reverse("account_login"),
        say("The new password holds. Sign in with it."),
        page,
    )
    if answer.status_code == 302 and person is not None:
        del request.session[WAITS]
        later(partial(send_changed, person))
    return answer


# --- letters ---


def _link(start: str, uid: str, token: str) -> str:
    return start.rstrip("/") + reverse("reset_link", args=[uid, token])


def send_link(address: str, code: str, link: Callable[[str, str], str]) -> None:
    """The letter with the link, to whoever has confirmed the address; to nobody else.

    code   the language of whoever has none of his or her own
    """
    found = actions.reset_key(address)
    if found is None:
        return
    person, uid, token = found
    _send(
        person,
        address,
        code,
        say("A new password for Solidaria"),
        say("With this link you choose a new password. It works once, within an hour."),
        link(uid, token),
        say("It was not you who asked? Then do nothing: without the link nobody changes anything."),
    )


def send_changed(person: Person) -> None:
    """The letter that says that the password was changed."""
    rows = EmailAddress.objects.filter(user=person, verified=True).order_by("pk")
    for address in rows.values_list("email", flat=True):
        _send(
            person,
            address,
            "",
            say("Your password was changed"),
            say("Somebody chose a new password for your account by a link in a letter to this address."),
            say(
                "It was not you? Ask two members of your organisation to let you back in, and mind who reads your mail."
            ),
        )


def _send(person: Person, address: str, code: str, subject: Sentence, *parts: Sentence | str) -> None:
    words = language(next((one for one in (person.language, code) if one in CODES), CODES[0]))
    greeting = say("Good day, {name}.", name=person.name or person.handle)
    text = "\n\n".join(words.text(part) for part in (greeting, *parts, "Solidaria"))
    send_mail(words.text(subject), text + "\n", settings.DEFAULT_FROM_EMAIL, [address])
