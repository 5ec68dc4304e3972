"""Getting in: by password, printed code, passkey, and with two members who vouch; and what it tells to strangers."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse

from solidaria.actions import sign_in, who
from solidaria.actions.permit import Doer, NotAllowed
from solidaria.actions.tidy import tidy
from solidaria.actions.tokens import token_used
from solidaria.core.problem import Refused
from solidaria.records.models import Act, Mandate, Membership, Once, Person, Recovery, Token, Vouch
from solidaria.web import reset
from solidaria.web.account import everything, tables_about_people
from tests.web.browser import fine, windows
from tests.web.people import World, doer, person, world

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NEW = "purple bicycle under the lamp"


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password hash the server computes."""
    computed: list[str] = []
    kind = hashers.get_hasher().__class__
    encode = kind.encode

    def counting(self: Any, password: str, salt: str) -> str:
        computed.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(kind, "encode", counting)
    return computed


def signed_in(somebody: Person) -> Client:
    client = Client()
    client.force_login(somebody)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def is_in_with(handle: str, password: str = NEW) -> bool:
    client = Client()
    client.post(reverse("account_login"), {"login": handle, "password": password})
    return is_in(client)


def printed(here: World, count: int = 1) -> list[str]:
    codes: list[str] = []
    who.print_codes(doer(here.ana), here.barrio, how_many=count, codes=codes)
    return codes


def bare(page: Any, *typed: str) -> str:
    """A page without what differs by chance, and without what the visitor typed."""
    text = re.sub(r'(name="(?:csrfmiddlewaretoken|once)" value=")[^"]*', r"\1", page.content.decode())
    text = re.sub(r'(<input id="(?:f-code|f-handle|id_login)" [^>]*value=")[^"]*', r"\1", text)
    text = re.sub(r'(?<=class="big code">)[A-Z2-9]{4}-[A-Z2-9]{4}', "CODE", text)
    for words in typed:
        text = text.replace(words, "TYPED")
    return text


# --- password ---


def test_ana_signs_in_with_her_password_and_out_again(here: World) -> None:
    client = Client()
    answer = client.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/") and is_in(client)
    client.post(reverse("account_logout"))
    assert not is_in(client)


def test_signing_in_goes_on_to_the_page_one_came_for_and_to_no_other_site(here: World) -> None:
    for wanted, reached in (
        ("/needs", "/needs"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
    ):
        answer = Client().post(reverse("account_login"), {"login": "ana", "password": PASSWORD, "next": wanted})
        assert answer["Location"] == reached


def test_passwords_are_kept_as_argon2_on_a_real_server() -> None:
    from solidaria.web import settings as real

    assert real.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_a_new_account_keeps_a_name_a_sign_in_name_and_the_language(here: World) -> None:
    client = Client(headers={"accept-language": "es"})
    given = {"username": " Dora ", "password1": NEW, "name": "Dora Díaz"}
    assert client.post(reverse("account_signup"), given).status_code == 302
    dora = Person.objects.get(name="Dora Díaz")
    assert (dora.language, dora.email) == ("es", None)
    assert re.fullmatch(r"dora\.[a-z2-9]{3}", dora.handle)
    assert dora.handle in client.get(reverse("home")).content.decode(), "the next page says it"
    assert is_in_with(dora.handle)


@pytest.mark.parametrize("handle", ["a", "two words", "x" * 41, "-ana", "ana@home", "<b>ana</b>"])
def test_a_sign_in_name_that_does_not_fit_is_refused_in_words(here: World, handle: str) -> None:
    answer = Client().post(reverse("account_signup"), {"username": handle, "password1": NEW, "name": "Dora"})
    assert answer.status_code == 200 and Person.objects.filter(name="Dora").count() == 0


def test_names_that_only_differ_in_how_they_are_written_are_one_name(here: World) -> None:
    answer = Client().post(reverse("join"), {**_joining(printed(here)[0], "ＡＮＡ"), "name": "Another"})
    assert "Somebody else has this sign-in name." in answer.content.decode()


def test_making_an_account_never_tells_whether_a_sign_in_name_is_taken(here: World) -> None:
    seen = []
    for handle in ("ana", "nobody"):
        client = Client()
        answer = client.post(reverse("account_signup"), {"username": handle, "password1": NEW, "name": "New One"})
        made = Person.objects.latest("pk")
        assert made.handle.startswith(f"{handle}.") and len(made.handle) == len(handle) + 4
        seen.append((answer.status_code, answer["Location"], bare(client.get(reverse("home")), made.handle)))
    assert seen[0] == seen[1]
    longest = Client().post(reverse("account_signup"), {"username": "x" * 40, "password1": NEW, "name": "Long"})
    assert longest.status_code == 302 and len(Person.objects.get(name="Long").handle) == 40


def test_with_one_joining_code_five_names_an_hour_are_told_and_then_signs_are_put_behind(
    here: World, limits: None
) -> None:
    code = printed(here)[0]
    for at in range(5):
        answer = Client(REMOTE_ADDR=f"10.2.2.{at}").post(reverse("join"), _joining(code, "ana"))
        assert answer.status_code == 422 and "Somebody else has this sign-in name." in answer.content.decode()
    answer = Client().post(reverse("join"), _joining(code, "ana"))
    assert answer.status_code == 302, "the person gets in all the same"
    assert re.fullmatch(r"ana\.[a-z2-9]{3}", Person.objects.get(name="Eva Ebner").handle)


def test_a_new_password_signs_out_every_other_device(here: World) -> None:
    this, other = signed_in(here.ana), signed_in(here.ana)
    given = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert this.post(reverse("account_change_password"), given)["Location"] == reverse("account")
    assert is_in(this) and not is_in(other)


def test_a_password_that_everybody_uses_is_refused(here: World) -> None:
    given = {"oldpassword": PASSWORD, "password1": "password123", "password2": "password123"}
    assert signed_in(here.ana).post(reverse("account_change_password"), given).status_code == 200
    assert Person.objects.get(pk=here.ana.pk).check_password(PASSWORD)


def test_a_password_like_ones_own_name_is_refused_in_our_words(here: World) -> None:
    given = {"username": "rosaluna", "password1": "rosaluna2026", "name": "Rosa Luna"}
    for language, words in (("en", "too much like your name"), ("es", "parece demasiado a su nombre")):
        text = (
            Client(headers={"accept-language": language}).post(reverse("account_signup"), given).content.decode()
        )
        assert words in text and "the handle" not in text and "de handle" not in text
    assert not Person.objects.filter(handle="rosaluna").exists()


# --- the same answer for known and unknown ---


def test_signing_in_answers_the_same_for_known_and_unknown_names(here: World, hashed: list[str]) -> None:
    pages, costs = [], []
    for handle in ("ana", "nobody"):
        hashed.clear()
        answer = Client().post(reverse("account_login"), {"login": handle, "password": "not the one at all"})
        pages.append((answer.status_code, bare(answer)))
        costs.append(len(hashed))
    assert pages[0] == pages[1] and costs == [1, 1]


def test_recovery_answers_the_same_for_known_and_unknown_names(here: World, hashed: list[str]) -> None:
    seen = []
    for handle in ("ana", "nobody", ""):
        client = Client()
        asked = client.post(reverse("recover"), {"handle": handle})
        cookie = asked.cookies["recovery"]
        page = client.get(asked["Location"])
        hashed.clear()
        refused = client.post(asked["Location"], {"password": NEW})
        kept = (len(cookie.value), cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["path"])
        statuses = (asked.status_code, asked["Location"], page.status_code, refused.status_code)
        seen.append((statuses, kept, bare(page), bare(refused), len(hashed)))
    assert seen[0] == seen[1] == seen[2] and seen[0][0] == (302, "/recover/finish", 200, 422)
    assert seen[0][4] == 1, "a password hash is computed in both"
    assert Recovery.objects.count() == 3


def test_a_joining_code_that_opens_nothing_says_nothing_about_names(here: World, hashed: list[str]) -> None:
    used, revoked = printed(here, 2)
    assert Client().post(reverse("join"), _joining(used, "eva")).status_code == 302
    who.revoke_codes(doer(here.ana), here.barrio, batch=here.barrio.joining_codes.latest("pk").batch)
    seen = []
    for code in ("AAAA-BBBB-CCCC", revoked, used, ""):
        for handle in ("ana", "nobody"):
            hashed.clear()
            answer = Client().post(reverse("join"), _joining(code, handle))
            seen.append((answer.status_code, bare(answer), len(hashed)))
    assert len(set(seen)) == 1 and seen[0][0] == 422 and seen[0][2] >= 1


def test_asking_for_a_code_by_e_mail_answers_the_same_for_known_and_unknown(here: World, settings: Any) -> None:
    settings.HAS_EMAIL = settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.DEFAULT_FROM_EMAIL = "solidaria@here.example"
    Person.objects.filter(pk=here.ana.pk).update(email="ana@home.example")
    here.ana.emailaddress_set.create(email="ana@home.example", verified=True, primary=True)
    seen = []
    for address in ("ana@home.example", "nobody@home.example"):
        client = Client()
        asked = client.post(reverse("account_request_login_code"), {"email": address})
        page = client.get(asked["Location"])
        wrong = client.post(asked["Location"], {"code": "WRONG1"})
        statuses = (asked.status_code, asked["Location"], page.status_code, wrong.status_code)
        seen.append((statuses, bare(page, address), bare(wrong, address)))
    assert seen[0] == seen[1]
    assert [letter.to for letter in mail.outbox] == [["ana@home.example"]]


def test_the_code_from_the_letter_signs_in(here: World, settings: Any) -> None:
    settings.HAS_EMAIL = settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.DEFAULT_FROM_EMAIL = "solidaria@here.example"
    here.ana.emailaddress_set.create(email="ana@home.example", verified=True, primary=True)
    client = Client()
    asked = client.post(reverse("account_request_login_code"), {"email": "ana@home.example"})
    found = re.search(r"^([A-Z0-9]{3,5}-?[A-Z0-9]{3,5})$", mail.outbox[0].body, re.M)
    assert found is not None, mail.outbox[0].body
    client.post(asked["Location"], {"code": found.group(1)})
    assert is_in(client)


# --- a new password by a letter ---


@pytest.fixture
def letters(here: World, settings: Any) -> list[Any]:
    """A server that can send e-mail; Ana has confirmed an address. The letters that went out."""
    settings.HAS_EMAIL = True
    settings.DEFAULT_FROM_EMAIL = "solidaria@here.example"
    here.ana.emailaddress_set.create(email="ana@home.example", verified=True, primary=True)
    return mail.outbox


def link_in(letter: Any) -> str:
    found = re.search(r"^http://testserver(\S+)$", letter.body, re.M)
    assert found is not None, letter.body
    return found.group(1)


def asked_for_a_link(letters: list[Any], client: Client | None = None) -> str:
    letters.clear()
    (client or Client()).post(reverse("account_reset_password"), {"email": "Ana@home.example "})
    return link_in(letters[0])


def test_the_link_of_a_letter_lets_ana_choose_a_password_once(here: World, letters: list[Any]) -> None:
    away = signed_in(here.ana)
    link, client = asked_for_a_link(letters), Client()
    followed = client.get(link)
    assert followed["Location"] == reverse("choose_password"), "the address of the page does not hold the link"
    assert client.get(followed["Location"]).status_code == 200
    weak = client.post(followed["Location"], {"password": "short"})
    assert weak.status_code == 422 and "too short" in weak.content.decode()
    assert client.post(followed["Location"], {"password": NEW})["Location"] == reverse("account_login")
    assert is_in_with("ana", NEW) and not is_in(away), "every other device is signed out"
    assert [letter.subject for letter in letters] == ["A new password for Solidaria", "Your password was changed"]
    again = Client()
    page = again.get(again.get(link)["Location"])
    assert "too old, or was used already" in page.content.decode()
    assert again.post(reverse("choose_password"), {"password": "another good one"}).status_code == 422
    assert Person.objects.get(pk=here.ana.pk).check_password(NEW)


def test_signing_in_makes_the_link_of_a_letter_good_for_nothing(here: World, letters: list[Any]) -> None:
    link = asked_for_a_link(letters)
    Client().post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
    client = Client()
    client.get(link)
    assert client.post(reverse("choose_password"), {"password": NEW}).status_code == 422


def test_the_link_of_a_letter_is_good_for_an_hour(here: World, letters: list[Any], settings: Any) -> None:
    link, client = asked_for_a_link(letters), Client()
    client.get(link)
    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert client.post(reverse("choose_password"), {"password": NEW}).status_code == 422
    settings.PASSWORD_RESET_TIMEOUT = 3600
    assert client.post(reverse("choose_password"), {"password": NEW}).status_code == 302


@pytest.mark.parametrize("link", ["AA/b-c", "MQ/x", "%00/y", "9999/z", f"{'M' * 90}/t"])
def test_a_made_up_link_opens_nothing_after_the_same_work(
    here: World, letters: list[Any], hashed: list[str], link: str
) -> None:
    client = Client()
    client.get(f"{reverse('account_reset_password')}{link}/")
    hashed.clear()
    assert client.post(reverse("choose_password"), {"password": NEW}).status_code == 422
    assert len(hashed) == 1


def test_asking_for_a_letter_answers_the_same_for_known_unknown_and_unconfirmed_addresses(
    here: World, letters: list[Any]
) -> None:
    here.bheki.emailaddress_set.create(email="bheki@home.example", verified=False, primary=True)
    seen = []
    for address in ("ana@home.example", "nobody@home.example", "bheki@home.example", ""):
        client = Client()
        asked = client.post(reverse("account_reset_password"), {"email": address})
        seen.append((asked.status_code, asked["Location"], bare(client.get(asked["Location"]))))
    assert len(set(seen)) == 1
    assert [letter.to for letter in letters] == [["ana@home.example"]]


def test_the_answer_does_not_wait_for_the_letter(
    here: World, letters: list[Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LETTERS_LATER = True
    may_go, gone = threading.Event(), threading.Event()

    def slow(*_: Any) -> None:
        assert may_go.wait(20)
        gone.set()

    monkeypatch.setattr(reset, "send_link", slow)
    answer = Client().post(reverse("account_reset_password"), {"email": "ana@home.example"})
    assert answer.status_code == 302 and not gone.is_set()
    may_go.set()
    assert gone.wait(20)


def test_one_address_gets_three_letters_an_hour_and_nobody_is_told(
    here: World, letters: list[Any], limits: None
) -> None:
    seen = []
    for at in range(5):
        client = Client(REMOTE_ADDR=f"10.3.3.{at}")
        asked = client.post(reverse("account_reset_password"), {"email": "ana@home.example"})
        seen.append((asked.status_code, bare(client.get(asked["Location"]))))
    assert len(set(seen)) == 1 and len(letters) == 3
    statuses = [
        Client().post(reverse("account_reset_password"), {"email": f"{at}@x.example"}).status_code
        for at in range(21)
    ]
    assert statuses == [302] * 20 + [429]


def test_a_new_password_by_letter_leaves_the_second_lock_in_place(here: World, letters: list[Any]) -> None:
    totp.TOTP.activate(here.ana, "A" * 32)
    client = Client()
    client.get(asked_for_a_link(letters))
    assert client.post(reverse("choose_password"), {"password": NEW}).status_code == 302
    answer = client.post(reverse("account_login"), {"login": "ana", "password": NEW})
    assert answer["Location"] == reverse("mfa_authenticate") and not is_in(client)


def test_letters_come_in_the_language_of_the_person(here: World, letters: list[Any]) -> None:
    Person.objects.filter(pk=here.ana.pk).update(language="es")
    asked_for_a_link(letters, Client(headers={"accept-language": "en"}))
    assert letters[0].subject == "Una contraseña nueva para Solidaria" and "Buenos días, Ana." in letters[0].body


def test_without_e_mail_on_the_server_nothing_about_e_mail_can_be_reached(here: World) -> None:
    client = signed_in(here.ana)
    assert Client().get(reverse("account_reset_password"))["Location"] == reverse("recover")
    assert Client().get(reverse("reset_link", args=["MQ", "x-y"])).status_code == 404
    for name in ("account_request_login_code", "account_confirm_login_code", "account_email", "choose_password"):
        assert Client().get(reverse(name)).status_code == client.get(reverse(name)).status_code == 404
    assert "e-mail" not in Client().get(reverse("account_login")).content.decode()


# --- waits, never locks ---


@pytest.fixture
def limits(settings: Any) -> Iterator[None]:
    from django.core.cache import cache

    from solidaria.web import settings as real

    settings.ACCOUNT_RATE_LIMITS = real.ACCOUNT_RATE_LIMITS
    cache.clear()
    yield
    cache.clear()


def test_guessing_codes_has_to_wait_and_only_there(here: World, limits: None) -> None:
    client = Client()
    statuses = [client.post(reverse("join"), {"code": "X"}).status_code for _ in range(61)]
    assert statuses == [422] * 60 + [429]
    assert client.get(reverse("join")).status_code == 200
    assert Client(REMOTE_ADDR="10.1.1.1").post(reverse("join"), {"code": "X"}).status_code == 422


def test_whoever_waits_comes_in_again_with_the_right_password(
    here: World, limits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacker = Client(REMOTE_ADDR="10.6.6.6")
    for _ in range(20):
        attacker.post(reverse("account_login"), {"login": "ana", "password": "guess"})
    right = {"login": "ana", "password": PASSWORD}
    assert "wait" in Client().post(reverse("account_login"), right).content.decode()
    now = __import__("time").time()
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: now + 301)
    assert Client().post(reverse("account_login"), right).status_code == 302


def test_whoever_guesses_elsewhere_does_not_keep_ana_out_on_her_own_device(here: World, limits: None) -> None:
    right = {"login": "ana", "password": PASSWORD}
    hers, other = Client(REMOTE_ADDR="10.1.1.1"), Client(REMOTE_ADDR="10.1.1.2")
    hers.post(reverse("account_login"), right)
    hers.post(reverse("account_logout"))
    for number in range(20):
        guesser = Client(REMOTE_ADDR=f"10.6.6.{number}")
        guesser.cookies["device"] = hers.cookies["device"].value[:-1] + "x"
        guesser.post(reverse("account_login"), {"login": "ana", "password": "guess"})
    assert other.post(reverse("account_login"), right).status_code == 200
    assert hers.post(reverse("account_login"), right).status_code == 302
    hers.post(reverse("account_logout"))
    wrong = {"login": "ana", "password": "guess"}
    refusals = [hers.post(reverse("account_login"), wrong).content.decode() for _ in range(7)]
    assert ["wait" in text for text in refusals] == [False] * 5 + [True] * 2, "her own device has to wait as well"


# --- a printed code ---


def _joining(code: str, handle: str, password: str = NEW) -> dict[str, str]:
    return {"code": code, "name": "Eva Ebner", "handle": handle, "password": password}


def test_a_printed_code_makes_a_person_and_a_membership_without_e_mail(here: World) -> None:
    code = printed(here)[0].lower().replace("-", " ")
    client = Client()
    answer = client.post(reverse("join"), _joining(code, "eva"))
    assert answer["Location"] == reverse("inside", args=[here.barrio.code])
    eva = Person.objects.get(handle="eva")
    assert eva.check_password(NEW) and [row.organisation for row in eva.memberships.all()] == [here.barrio]
    assert client.get(answer["Location"]).status_code == 200


def test_a_joining_form_sent_twice_makes_one_person_and_lets_both_in(here: World) -> None:
    given = _joining(printed(here)[0], "eva")
    first, second = Client().post(reverse("join"), given), Client().post(reverse("join"), given)
    assert first.status_code == second.status_code == 302 and first["Location"] == second["Location"]
    assert Person.objects.filter(name="Eva Ebner").count() == 1


def test_every_fault_is_told_at_once_and_nobody_is_made(here: World) -> None:
    answer = Client().post(reverse("join"), {"code": "nothing", "name": " ", "handle": "-", "password": "short"})
    text = answer.content.decode()
    for words in ("does not open anything", "name is missing", "does not fit", "too short"):
        assert words in text
    assert Person.objects.count() == 3


def test_a_taken_sign_in_name_leaves_the_code_good(here: World) -> None:
    code = printed(here)[0]
    assert (
        "Somebody else has this sign-in name"
        in Client().post(reverse("join"), _joining(code, "ANA")).content.decode()
    )
    assert Client().post(reverse("join"), _joining(code, "eva")).status_code == 302


def test_somebody_signed_in_joins_with_the_code_alone(here: World) -> None:
    client = signed_in(here.carla)
    answer = client.post(reverse("join"), {"code": printed(here)[0], "once": "k1"})
    assert answer["Location"] == reverse("inside", args=[here.barrio.code])
    assert Person.objects.count() == 3


# --- recovery by two members ---


class Asking:
    """Bheki cannot get in: his browser, and the code it shows him."""

    def __init__(self, handle: str = "bheki") -> None:
        self.browser = Client()
        self.browser.post(reverse("recover"), {"handle": handle})
        text = self.browser.get(reverse("finish_recovery")).content.decode()
        found = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", text)
        assert found is not None
        self.code = found.group()

    def finish(self, password: str = NEW) -> int:
        return self.browser.post(reverse("finish_recovery"), {"password": password}).status_code


def members(here: World, *handles: str) -> list[Person]:
    """More members of the neighbourhood."""
    found = [person(handle) for handle in handles]
    for one in found:
        Membership.objects.create(organisation=here.barrio, person=one, entered=date(2026, 1, 10))
    return found


def vouches(somebody: Person, code: str) -> int:
    return signed_in(somebody).post(reverse("vouch"), {"code": code, "sure": "yes"}).status_code


def test_two_members_let_bheki_back_in_and_every_other_way_in_ends(here: World) -> None:
    (dora,) = members(here, "dora")
    elsewhere = signed_in(here.bheki)
    totp.TOTP.activate(here.bheki, "A" * 32)
    text: list[str] = []
    sign_in.make_token(doer(here.bheki), None, name="list", days=30, shown=text)
    asking = Asking()
    assert asking.finish() == 422
    assert vouches(here.ana, asking.code) == 302 and asking.finish() == 422
    assert vouches(dora, asking.code.lower()) == 302 and asking.finish() == 302
    here.bheki.refresh_from_db()
    assert here.bheki.check_password(NEW) and not is_in(elsewhere)
    assert token_used(text[0], datetime.now(UTC)) is None and not Authenticator.objects.exists()
    again = Client()
    assert again.post(reverse("account_login"), {"login": "bheki", "password": NEW}).status_code == 302
    assert is_in(again) and asking.finish("another long password") == 422
    acts = Act.objects.filter(verb="vouch").values_list("organisation", "name")
    assert list(acts) == [(here.barrio.pk, "Bheki")] * 2, "the other members see for whom"
    assert Act.objects.filter(verb="finish_recovery", person=here.bheki).count() == 1


def test_vouching_twice_counts_once_and_nobody_vouches_for_himself(here: World) -> None:
    asking = Asking()
    assert [vouches(here.ana, asking.code), vouches(here.ana, asking.code)] == [302, 302]
    assert vouches(here.bheki, asking.code) == 422
    assert asking.finish() == 422 and Vouch.objects.count() == 1


def test_strangers_cannot_vouch_and_learn_nothing_about_the_code(here: World) -> None:
    asking, nobody = Asking(), Asking("nobody")
    seen = set()
    for code in (asking.code, nobody.code, "AAAA-BBBB", ""):
        for sure in ("", "yes"):
            answer = signed_in(here.carla).post(reverse("vouch"), {"code": code, "sure": sure})
            seen.add((answer.status_code, bare(answer)))
    assert len(seen) == 1 and "Bheki" not in next(iter(seen))[1] and Vouch.objects.count() == 0
    with pytest.raises(Refused):
        sign_in.vouch(doer(here.carla), here.elsewhere, code=asking.code)
    with pytest.raises(NotAllowed):
        sign_in.vouch(doer(here.carla), here.barrio, code=asking.code)


def test_a_program_cannot_vouch(here: World) -> None:
    token = sign_in.make_token(doer(here.ana), None, name="x", days=30, shown=[])
    with pytest.raises(NotAllowed):
        sign_in.vouch(Doer(here.ana, token=token), here.barrio, code=Asking().code)


def test_a_member_sees_the_name_before_saying_yes(here: World) -> None:
    page = signed_in(here.ana).post(reverse("vouch"), {"code": Asking().code})
    assert page.status_code == 200 and "Bheki" in page.content.decode() and Vouch.objects.count() == 0


def test_two_vouches_from_two_different_organisations_are_not_enough(here: World) -> None:
    dora = person("dora")
    for one in (dora, here.bheki):
        Membership.objects.create(organisation=here.workshop, person=one, entered=date(2026, 1, 10))
    Membership.objects.filter(organisation=here.workshop, person=here.ana).update(left=date(2026, 2, 1))
    asking = Asking()
    assert [vouches(here.ana, asking.code), vouches(dora, asking.code)] == [302, 302]
    assert asking.finish() == 422


def test_a_vouch_of_somebody_who_has_left_counts_no_more(here: World) -> None:
    (dora,) = members(here, "dora")
    asking = Asking()
    assert [vouches(here.ana, asking.code), vouches(dora, asking.code)] == [302, 302]
    Membership.objects.filter(person=dora).update(left=date(2026, 2, 1))
    assert asking.finish() == 422


def test_only_the_browser_that_asked_can_finish_and_only_for_three_days(here: World) -> None:
    (dora,) = members(here, "dora")
    asking = Asking()
    assert [vouches(here.ana, asking.code), vouches(dora, asking.code)] == [302, 302]
    assert Client().post(reverse("finish_recovery"), {"password": NEW}).status_code == 422
    Recovery.objects.update(asked=datetime.now(UTC) - timedelta(days=3, minutes=1))
    assert asking.finish() == 422
    assert here.bheki.check_password(PASSWORD)


def test_a_weak_new_password_is_refused_and_the_vouches_stay(here: World) -> None:
    (dora,) = members(here, "dora")
    asking = Asking()
    vouches(here.ana, asking.code), vouches(dora, asking.code)
    assert asking.finish("short") == 422 and asking.finish() == 302


def test_bheki_hears_of_it_and_can_stop_it(here: World) -> None:
    (dora,) = members(here, "dora")
    forged = Asking()
    client = signed_in(here.bheki)
    assert "Somebody says that he or she is you" in client.get(reverse("account")).content.decode()
    client.post(reverse("stop_recovery"))
    assert vouches(here.ana, forged.code) == vouches(dora, forged.code) == 422 and forged.finish() == 422


# --- what is kept about me ---


def test_everything_kept_about_me_can_be_downloaded_and_nothing_that_opens_doors(here: World) -> None:
    sign_in.make_token(doer(here.bheki), None, name="list", days=30, shown=[])
    totp.TOTP.activate(here.bheki, "A" * 32)
    RecoveryCodes.activate(here.bheki)
    Asking()
    answer = signed_in(here.bheki).get(reverse("my_data"))
    told = json.loads(answer.content)
    assert answer["Content-Disposition"].startswith("attachment")
    assert told["Person"][0]["handle"] == "bheki" and len(told["Membership"]) == 1 and len(told["Token"]) == 1
    tables = {model.__name__ for model, _ in tables_about_people()}
    assert set(told) == tables | {"Person"}
    assert not {"password", "digest", "secret", "data"} & {
        key for rows in told.values() for row in rows for key in row
    }
    assert "last_login" in told["Person"][0] and "ana" not in json.dumps(
        everything(here.carla), default=str
    ).lower().split('"')


def test_nothing_is_kept_longer_than_the_privacy_page_says(here: World) -> None:
    now = datetime.now(UTC)
    Asking()
    signed_in(here.ana)
    Once.objects.create(person=here.ana, key="k", verb="x", at=now)
    tidy(now)
    assert Recovery.objects.count() == 1 and Session.objects.count() >= 1 and Once.objects.count() == 1
    tidy(now + timedelta(days=3, minutes=1))
    assert Recovery.objects.count() == 0 and Once.objects.count() == 1
    tidy(now + timedelta(days=30, minutes=1))
    assert Session.objects.count() == 0 and Once.objects.count() == 0


def test_counts_of_network_addresses_are_thrown_away_soon_after(here: World, settings: Any) -> None:
    from solidaria.web import settings as real

    settings.CACHES, settings.ACCOUNT_RATE_LIMITS = real.CACHES, real.ACCOUNT_RATE_LIMITS
    call_command("createcachetable")

    def addresses() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM short_memory WHERE cache_key LIKE '%%10.9.8.7%%'")
            return int(cursor.fetchone()[0])

    Client(REMOTE_ADDR="10.9.8.7").post(reverse("account_login"), {"login": "ana", "password": "wrong"})
    assert addresses() > 0
    tidy(datetime.now(UTC))
    assert addresses() > 0
    tidy(datetime.now(UTC) + timedelta(minutes=5, seconds=5))
    assert addresses() == 0


def test_the_chosen_language_goes_with_the_person(here: World) -> None:
    signed_in(here.ana).post(reverse("change_language"), {"language": "es", "next": "/"})
    client = Client()
    client.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
    assert client.cookies["language"].value == "es" and client.cookies["language"]["httponly"]


def test_a_closed_account_is_off_every_roll_and_opens_by_no_way(here: World) -> None:
    text: list[str] = []
    sign_in.make_token(doer(here.ana), None, name="list", days=30, shown=text)
    here.ana.emailaddress_set.create(email="ana@home.example", verified=True, primary=True)
    client, other = signed_in(here.ana), signed_in(here.ana)
    assert client.post(reverse("close_account"), {"password": "wrong"}).status_code == 422 and is_in(other)
    assert client.post(reverse("close_account"), {"password": PASSWORD})["Location"] == "/"
    assert not is_in(client) and not is_in(other) and token_used(text[0], datetime.now(UTC)) is None
    assert Client().post(reverse("account_login"), {"login": "ana", "password": PASSWORD}).status_code == 200
    here.ana.refresh_from_db()
    assert here.ana.name == "Ana" and here.ana.handle != "ana" and not here.ana.is_active
    assert not Membership.objects.filter(person=here.ana, left__isnull=True).exists()
    assert not Mandate.objects.filter(person=here.ana, ended__isnull=True).exists()
    kept = json.dumps(everything(here.ana), default=str)
    assert "ana@home.example" not in kept and '"handle": "ana"' not in kept


# --- keys for programs ---


def test_a_key_is_shown_once_and_kept_as_a_hash(here: World) -> None:
    client = signed_in(here.bheki)
    given = {"name": "stock list", "mandate": "", "days": "30", "once": "k1"}
    first, second = (client.post(reverse("tokens"), given).content.decode() for _ in range(2))
    found = re.search(r"SOL(?:-[A-Z2-9]{8}){4}", first)
    assert found is not None and "SOL-" not in second and "shown already" in second
    row = Token.objects.get()
    assert row.digest == who.digest_of(found.group()) and row.ends == date.today() + timedelta(days=30)
    assert token_used(found.group(), datetime.now(UTC)) == row
    client.post(reverse("revoke_token", args=[row.pk]))
    assert token_used(found.group(), datetime.now(UTC)) is None


def test_a_key_carries_a_mandate_of_ones_own_only(here: World) -> None:
    mandate = Mandate.objects.filter(person=here.ana, organisation=here.barrio).first()
    assert mandate is not None
    given = {"name": "x", "mandate": str(mandate.pk), "days": "30"}
    assert signed_in(here.bheki).post(reverse("tokens"), given).status_code == 422
    assert signed_in(here.ana).post(reverse("tokens"), given).status_code == 200
    assert [row.mandate for row in Token.objects.all()] == [mandate]
    assert Act.objects.get(verb="make_token").organisation == here.barrio


def test_a_key_of_somebody_else_is_not_there(here: World) -> None:
    sign_in.make_token(doer(here.ana), None, name="x", days=30, shown=[])
    answer = signed_in(here.bheki).post(reverse("revoke_token", args=[Token.objects.get().pk]))
    missing = signed_in(here.bheki).post(reverse("revoke_token", args=[10**6]))
    assert answer.status_code == missing.status_code == 404 and Token.objects.get().revoked is None


# --- the demo ---


def test_the_demo_lets_anybody_be_anybody_and_no_other_server_does(here: World, settings: Any) -> None:
    client = Client()
    assert client.get(reverse("demo_people")).status_code == 404
    assert client.post(reverse("demo_people"), {"person": here.ana.pk}).status_code == 404 and not is_in(client)
    settings.DEMO = True
    assert "Bheki" in client.get(reverse("demo_people")).content.decode()
    assert client.post(reverse("demo_people"), {"person": here.ana.pk})["Location"] == "/" and is_in(client)
    client.post(reverse("demo_people"), {"person": here.bheki.pk})
    assert "Bheki" in client.get("/").content.decode()
    assert client.post(reverse("demo_people"), {"person": "999999"}).status_code == 404


# --- no other page of the library ---


def test_only_the_listed_pages_of_the_library_can_be_reached() -> None:
    names = {
        pattern.name
        for pattern in get_resolver().url_patterns
        if getattr(pattern, "name", None) and pattern.name.startswith(("account_", "mfa_"))
    }
    assert names == {
        *"account_login account_logout account_signup account_inactive account_reauthenticate".split(),
        *"account_change_password account_set_password account_reset_password account_email".split(),
        *"account_request_login_code account_confirm_login_code account_confirm_email".split(),
        *"account_email_verification_sent mfa_index mfa_authenticate mfa_reauthenticate".split(),
        *"mfa_activate_totp mfa_deactivate_totp mfa_view_recovery_codes mfa_generate_recovery_codes".split(),
        *"mfa_list_webauthn mfa_add_webauthn mfa_login_webauthn mfa_reauthenticate_webauthn".split(),
        *"mfa_edit_webauthn mfa_remove_webauthn".split(),
    }


def proven(somebody: Person) -> Client:
    """Somebody who has just shown the password once more."""
    client = signed_in(somebody)
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
    return client


def test_an_app_asks_for_six_digits_and_paper_codes_open_once(here: World) -> None:
    client = proven(here.ana)
    page = client.get(reverse("mfa_activate_totp"))
    found = re.search(r'<p class="code">([A-Z2-7]{32})</p>', page.content.decode())
    assert found is not None
    digits = totp.format_hotp_value(
        totp.hotp_value(found.group(1), next(iter(totp.yield_hotp_counters_from_time())))
    )
    assert client.post(reverse("mfa_activate_totp"), {"code": digits}).status_code == 302
    text = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r'<li class="code">(\d+)</li>', text)
    assert len(codes) == 10
    for attempt, works in ((codes[0], True), (codes[0], False), ("000000", False), (codes[1], True)):
        again = Client()
        entered = again.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
        assert entered["Location"] == reverse("mfa_authenticate") and not is_in(again)
        again.post(reverse("mfa_authenticate"), {"code": attempt})
        assert is_in(again) == works


def test_how_one_gets_in_changes_only_after_showing_the_password_once_more(here: World) -> None:
    client = signed_in(here.ana)
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
        answer = client.get(reverse(name))
        assert answer.status_code == 302 and answer["Location"].startswith(reverse("account_reauthenticate"))
    wrong = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert "This is not your password." in wrong.content.decode()


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_for_getting_in_opens(here: World, settings: Any, language: str) -> None:
    settings.HAS_EMAIL = settings.DEMO = True
    client = proven(here.ana)
    sign_in.make_token(doer(here.ana), None, name="x", days=30, shown=[])
    totp.TOTP.activate(here.ana, "A" * 32)
    RecoveryCodes.activate(here.ana)
    client.cookies["language"] = language
    stranger = Client()
    stranger.cookies["language"] = language
    opening = "account_login account_signup join recover demo_people account_inactive account_reset_password choose_password"
    for name in opening.split():
        assert stranger.get(reverse(name)).status_code == 200, name
    inside = (
        "account tokens close_account vouch my_data demo_people account_logout account_change_password account_email "
        "mfa_index account_email_verification_sent mfa_reauthenticate account_reauthenticate mfa_deactivate_totp "
        "mfa_view_recovery_codes mfa_generate_recovery_codes mfa_list_webauthn mfa_add_webauthn"
    )
    for name in inside.split():
        assert client.get(reverse(name)).status_code == 200, name
    key = Authenticator.objects.create(user=here.ana, type="webauthn", data={"name": "phone", "credential": {}})
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(reverse(name, args=[key.pk])).status_code == 200, name


# --- in a real browser ---


@pytest.fixture
def opened(browser: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Pages of the running platform: opened(path, width=390)."""
    with windows(browser, live_server.url.replace("127.0.0.1", "localhost")) as pages:
        yield pages


@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_made_and_opens_the_account_in_a_real_browser(opened: Callable[..., Any]) -> None:
    world()
    page = opened(reverse("account_login"), width=390)
    phone = page.context.new_cdp_session(page)
    phone.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    phone.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                **kind,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.get_by_label("Sign-in name").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name of this device").fill("my telephone")
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**" + reverse("mfa_view_recovery_codes"))
    assert [str(row) for row in Authenticator.objects.filter(type="webauthn")] == ["my telephone"]
    page.context.clear_cookies()
    page.goto(reverse("account_login"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("Good to see you, Ana.").wait_for()
    assert page.complaints == []


@pytest.mark.django_db(transaction=True)
def test_the_page_says_so_when_a_device_has_no_passkey(opened: Callable[..., Any]) -> None:
    page = opened(reverse("account_login"), width=390)
    phone = page.context.new_cdp_session(page)
    phone.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    phone.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, "isUserVerified": True}})
    assert not page.locator("#passkey-failed").is_visible()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("this device has no passkey for you here").wait_for()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), pytest.param(1280, "dark", marks=pytest.mark.slow)])
def test_pages_for_getting_in_fit_every_window_and_everybody(
    opened: Callable[..., Any], width: int, scheme: str
) -> None:
    here = world()
    client = signed_in(here.ana)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    page = opened("/", width=width, scheme=scheme)
    for name in "account_login account_signup join recover words permissions privacy first_steps".split():
        page.goto(reverse(name))
        fine(page)
    page.goto(reverse("recover"))
    page.get_by_label("Sign-in name").fill("bheki")
    page.get_by_role("button", name="Get a code").click()
    fine(page)
    page = opened("/", width=width, scheme=scheme, cookies=cookies)
    for name in "account tokens vouch mfa_index account_change_password mfa_list_webauthn".split():
        page.goto(reverse(name))
        fine(page)
