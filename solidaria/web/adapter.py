"""allauth's way to our own person, in our own words. Named in the settings; it may import no view of allauth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.contrib.sites.shortcuts import get_current_site
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.functional import lazy
from django.utils.translation import get_language

from solidaria.actions import sign_in as actions
from solidaria.actions.tidy import tidy_now_and_then
from solidaria.core.problem import Sentence, say
from solidaria.records.models import Person
from solidaria.web import account
from solidaria.web.language import language
from solidaria.web.letters import later


def _text(sentence: Sentence) -> str:
    return language((get_language() or "en")[:2]).text(sentence)


#: The cookie of a device somebody has signed in with: it names nobody and opens nothing.
DEVICE_COOKIE = "device"

_later = lazy(_text, str)

#: What allauth says for the whole page; everything else it would say is dropped.
SAID: dict[str, Sentence] = {
    "account/messages/password_changed.txt": say("The new password holds. All other devices are signed out."),
    "account/messages/password_set.txt": say("The password holds from now on."),
    "mfa/messages/webauthn_added.txt": say("The passkey is added. It opens your account on this device."),
    "mfa/messages/webauthn_removed.txt": say("The passkey is removed."),
    "mfa/messages/totp_activated.txt": say("From now on a code from the app is asked for as well."),
    "mfa/messages/totp_deactivated.txt": say("The app is not asked for any more."),
    "mfa/messages/recovery_codes_generated.txt": say("These are new codes; the old ones open nothing any more."),
    "account/messages/email_confirmation_sent.txt": say("A letter with a link is on its way to that address."),
    "account/messages/login_code_sent.txt": say("If an account has this address, a code is on its way to it."),
}


def your_handle(handle: str) -> Sentence:
    """What somebody new has to keep."""
    return say(
        "Your sign-in name is {handle}. Write it down: with it and your password you get in.", handle=handle
    )


def _mark(handle: str) -> str:
    return Signer(salt="solidaria.device").signature(actions.clean_handle(handle)[0])


def welcome_back(request: HttpRequest, response: HttpResponse, user: Person) -> None:
    """What a device keeps after signing in: the person's language, and a mark that he or she has been in with it."""
    if user.language:
        account.keep_language(request, response, user.language)
    response.set_cookie(
        DEVICE_COOKIE,
        _mark(user.handle),
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


class NotLikeYou(UserAttributeSimilarityValidator):
    """A password is not one's own name; in our own words, which name no column."""

    def get_error_message(self) -> str:
        """What is wrong with it."""
        return _text(say("It is too much like your name or your sign-in name."))


class NameForm(forms.Form):
    """What we ask besides sign-in name and password: a name for the other members."""

    name = forms.CharField(max_length=actions.LONGEST_NAME)

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Keep the name and the language the person came with."""
        user.name = self.cleaned_data["name"].strip()
        user.language = request.language.code  # type: ignore[attr-defined]
        user.save(update_fields=["name", "language"])
        messages.success(request, _text(your_handle(user.handle)))


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's way to our own person, in our own words."""

    error_messages = {  # noqa: RUF012 (allauth reads it so)
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _later(say("The sign-in name and the password do not belong together.")),
        "email_password_mismatch": _later(say("The sign-in name and the password do not belong together.")),
        "too_many_login_attempts": _later(say("Too many attempts. Please wait five minutes and try again.")),
        "incorrect_password": _later(say("This is not your password.")),
        "enter_current_password": _later(say("This is not your password.")),
        "incorrect_code": _later(say("This code is not right, or was used already.")),
        "rate_limited": _later(say("Too many attempts. Please wait a minute and try again.")),
    }

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home: it says what there is to do."""
        return reverse("home")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """The person's own page."""
        return reverse("account")

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """The same sign-in names as with a joining code, with signs behind: nobody learns which names are taken."""
        handle, faults = actions.clean_handle(username)
        if faults:
            raise forms.ValidationError(f"{_text(faults[0].what)} {_text(faults[0].help)}")
        return actions.free_handle(handle)

    def post_login(self, request: HttpRequest, user: Person, **named: Any) -> HttpResponse:
        """The pages come in the language the person chose, on this device too; and what has run out is thrown away."""
        response: HttpResponse = super().post_login(request, user, **named)
        tidy_now_and_then(datetime.now(UTC))
        welcome_back(request, response, user)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Written now, sent beside the request."""
        about = {"request": self.request, "email": email, "current_site": get_current_site(self.request)}
        letter = self.render_mail(template_prefix, email, {**about, **context})
        later(letter.send)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Whoever guesses Ana's password elsewhere makes everybody wait who claims to be her, but not her own device."""
        key = str(super()._get_login_attempts_cache_key(request, **credentials))
        mark = request.COOKIES.get(DEVICE_COOKIE, "")
        if mark and constant_time_compare(mark, _mark(str(credentials.get("username") or ""))):
            return f"{key}:{mark}"
        return key

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only what the person would miss otherwise."""
        if message:
            messages.add_message(request, level, str(message), extra_tags=extra_tags)
        elif message_template in SAID:
            messages.add_message(request, level, _text(SAID[message_template]), extra_tags=extra_tags)
