"""Getting in: the addresses of allauth that we use, the joining code, recovery by two members, one click in the demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from allauth.account import views as entrance
from allauth.core.ratelimit import consume, consume_or_429
from allauth.mfa.base import views as keys
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as paper
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from solidaria.actions import sign_in as actions
from solidaria.actions import who
from solidaria.core.problem import Refused, say
from solidaria.records.models import Membership, Person
from solidaria.web import account, demo, reset
from solidaria.web.adapter import welcome_back, your_handle
from solidaria.web.answers import act, doer, form, person, told

#: The cookie of the browser that asked for recovery: its secret and the code it was shown.
RECOVERY_COOKIE = "recovery"
#: A form sent twice within this many seconds of joining signs in instead of refusing the used code.
JUST_JOINED = 600
MOST_DEMO_PEOPLE = 30


# --- a printed code ---


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Join an organisation with a printed code: one page, whether or not one has been here before."""

    def page(values: Any = None) -> HttpResponse:
        return render(request, "account/join.html", {**(values or {})})

    if request.method != "POST":
        return page({"given": {"code": request.GET.get("code", "")[:40]}})
    waits: HttpResponse | None = consume_or_429(request, action="join")
    if waits is not None:
        return waits
    post = request.POST
    code = post.get("code", "")[:40]
    if request.user.is_authenticated:
        return act(
            request,
            lambda: who.join_with_code(doer(request), None, code=code),
            lambda made: reverse("inside", args=[made.organisation.code]),
            say("Welcome. You are on the roll."),
            page,
        )
    handle, password = post.get("handle", "")[:100], post.get("password", "")[:500]
    # Whoever has a code is told that a name is taken, a few times; a list of names cannot be tried with it.
    tell_taken = bool(consume(request, action="join_name", key=who.digest_of(code)))
    try:
        somebody = actions.join_as_new(
            code=code,
            name=post.get("name", ""),
            handle=handle,
            password=password,
            language=request.language.code,  # type: ignore[attr-defined]
            at=datetime.now(UTC),
            tell_taken=tell_taken,
        )
    except Refused as refusal:
        again = _just_joined(request, handle, password)
        if again is None:
            response = page(told(refusal, post))
            response.status_code = 422
            return response
        somebody = again
    login(request, somebody, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, request.language.text(say("Welcome. You are on the roll.")))  # type: ignore[attr-defined]
    messages.success(request, request.language.text(your_handle(somebody.handle)))  # type: ignore[attr-defined]
    entered = Membership.objects.filter(person=somebody).select_related("organisation").latest("pk")
    response = HttpResponseRedirect(reverse("inside", args=[entered.organisation.code]))
    welcome_back(request, response, somebody)
    return response


def _just_joined(request: HttpRequest, handle: str, password: str) -> Person | None:
    """Whoever sent the form twice: the first one made the person, and the password is right.

    The password is hashed for names that nobody has as well, so that the time says nothing.
    """
    cleaned, _ = actions.clean_handle(handle)
    found = authenticate(request, username=cleaned, password=password)
    if isinstance(found, Person) and (datetime.now(UTC) - found.created).total_seconds() < JUST_JOINED:
        return found if not Authenticator.objects.filter(user=found).exists() else None
    return None


# --- recovery by two members ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest) -> HttpResponse:
    """Somebody cannot get in: ask for a code to tell two members. The same page for every sign-in name."""
    if request.method != "POST":
        values = {"days": actions.RECOVERY_DAYS, "has_email": settings.HAS_EMAIL}
        return render(request, "account/recover.html", values)
    waits: HttpResponse | None = consume_or_429(request, action="recover")
    if waits is not None:
        return waits
    asked = actions.ask_for_recovery(request.POST.get("handle", "")[:100], datetime.now(UTC))
    response = HttpResponseRedirect(reverse("finish_recovery"))
    response.set_cookie(
        RECOVERY_COOKIE,
        f"{asked.secret}.{asked.code}",
        max_age=actions.RECOVERY_DAYS * 24 * 3600,
        path=reverse("recover"),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def finish_recovery(request: HttpRequest) -> HttpResponse:
    """The browser that asked: the code to tell, how many have vouched, and in the end a new password."""
    at = datetime.now(UTC)
    secret, _, code = request.COOKIES.get(RECOVERY_COOKIE, "")[:80].partition(".")
    open_one = actions.recovery_by_secret(secret, at)
    if open_one is None and request.method != "POST":
        return HttpResponseRedirect(reverse("recover"))
    count = 0 if open_one is None else actions.vouched(open_one, at)

    def page(values: Any = None) -> HttpResponse:
        numbers = {"code": code[:9], "count": count, "needed": actions.VOUCHES, "days": actions.RECOVERY_DAYS}
        return render(request, "account/recover_finish.html", {**numbers, **(values or {})})

    if request.method != "POST":
        return page()
    waits: HttpResponse | None = consume_or_429(request, action="recover")
    if waits is not None:
        return waits
    response = act(
        request,
        lambda: actions.finish_recovery(secret, request.POST.get("password", "")[:500], at),
        lambda _: reverse("account_login"),
        say("The new password holds. Sign in with it."),
        page,
    )
    if response.status_code == 302:
        response.delete_cookie(RECOVERY_COOKIE, path=reverse("recover"))
    return response


@never_cache
@form
def vouch(request: HttpRequest) -> HttpResponse:
    """A member vouches: enter the code, see who it is about, say yes."""
    at = datetime.now(UTC)

    def page(values: Any = None) -> HttpResponse:
        return render(request, "account/vouch.html", {"about": None, "shared": [], **(values or {})})

    if request.method != "POST":
        return page()
    waits: HttpResponse | None = consume_or_429(request, action="vouch")
    if waits is not None:
        return waits
    code = request.POST.get("code", "")[:40]
    found = actions.recovery_by_code(code, at)
    shared = actions.shared_organisations(person(request), found.person, at) if found and found.person else []
    if found is None or not shared:
        response = page(told(actions.unknown_code(), request.POST))
        response.status_code = 422
        return response
    if request.POST.get("sure") != "yes":
        return page({"about": found.person, "shared": shared, "code": code})
    return act(
        request,
        lambda: actions.vouch(doer(request), shared[0], code=code),
        lambda _: reverse("home"),
        say("Thank you. It takes two members; the person will see that you vouched."),
        page,
    )


# --- the demo ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def demo_people(request: HttpRequest) -> HttpResponse:
    """On a trial at home: be anybody, by one click."""
    if not settings.DEMO:
        raise Http404
    people = Person.objects.filter(is_active=True).prefetch_related(
        account.LIVE_MEMBERSHIPS, account.live_mandates_of_people()
    )
    people = people.order_by("pk")[:MOST_DEMO_PEOPLE]
    if request.method != "POST":
        tasks = {part.handle: part.task for part in demo.PEOPLE}
        return render(request, "account/demo_people.html", {"people": people, "tasks": tasks})
    number = request.POST.get("person", "")
    chosen = next((one for one in people if str(one.pk) == number), None)
    if chosen is None:
        raise Http404
    login(request, chosen, backend=settings.AUTHENTICATION_BACKENDS[0])
    response = HttpResponseRedirect(reverse("home"))
    if chosen.language:
        account.keep_language(request, response, chosen.language)
    return response


# --- addresses ---


def with_email(view: Callable[..., Any]) -> Callable[..., Any]:
    """Pages that are there only where the server can send e-mail."""

    @wraps(view)
    def run(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
        if not settings.HAS_EMAIL:
            raise Http404
        return view(request, *arguments, **named)

    return run


_IN, _KEYS = "account/", "account/keys/"

#: Every address of allauth that we use, each by its own name there: no other of its pages can be reached.
urlpatterns: list[URLPattern] = [
    path("join", join, name="join"),
    path("recover", recover, name="recover"),
    path("recover/finish", finish_recovery, name="finish_recovery"),
    path("vouch", vouch, name="vouch"),
    path("demo/people", demo_people, name="demo_people"),
    path(f"{_IN}data.json", account.data, name="my_data"),
    path(f"{_IN}close", account.close, name="close_account"),
    path(f"{_IN}stop-recovery", account.stop_recovery, name="stop_recovery"),
    path(f"{_IN}tokens", account.tokens, name="tokens"),
    path(f"{_IN}tokens/<int:number>/revoke", account.revoke_token, name="revoke_token"),
    path(f"{_IN}login/", entrance.login, name="account_login"),
    path(f"{_IN}logout/", entrance.logout, name="account_logout"),
    path(f"{_IN}signup/", entrance.signup, name="account_signup"),
    path(f"{_IN}inactive/", entrance.account_inactive, name="account_inactive"),
    path(f"{_IN}reauthenticate/", entrance.reauthenticate, name="account_reauthenticate"),
    path(f"{_IN}password/change/", entrance.password_change, name="account_change_password"),
    path(f"{_IN}password/set/", entrance.password_set, name="account_set_password"),
    path(f"{_IN}password/reset/", reset.ask, name="account_reset_password"),
    path(f"{_IN}password/reset/<str:uid>/<str:token>/", with_email(reset.follow), name="reset_link"),
    path(f"{_IN}password/choose/", with_email(reset.choose), name="choose_password"),
    path(f"{_IN}code/", with_email(entrance.request_login_code), name="account_request_login_code"),
    path(f"{_IN}code/confirm/", with_email(entrance.confirm_login_code), name="account_confirm_login_code"),
    path(f"{_IN}email/", with_email(entrance.email), name="account_email"),
    path(
        f"{_IN}email/sent/", with_email(entrance.email_verification_sent), name="account_email_verification_sent"
    ),
    path(f"{_IN}email/confirm/<str:key>/", with_email(entrance.confirm_email), name="account_confirm_email"),
    path(_KEYS, keys.index, name="mfa_index"),
    path(f"{_KEYS}code/", keys.authenticate, name="mfa_authenticate"),
    path(f"{_KEYS}again/", keys.reauthenticate, name="mfa_reauthenticate"),
    path(f"{_KEYS}app/", totp.activate_totp, name="mfa_activate_totp"),
    path(f"{_KEYS}app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(f"{_KEYS}paper/", paper.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(f"{_KEYS}paper/new/", paper.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path(f"{_KEYS}passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path(f"{_KEYS}passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path(f"{_KEYS}passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path(f"{_KEYS}passkeys/again/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path(f"{_KEYS}passkeys/<int:pk>/edit/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path(f"{_KEYS}passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
]
