"""What every answer says to the browser, whatever the page: load nothing from elsewhere, run nothing of a page's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse

from tests.web.everything import Everything, everything
from tests.web.test_matrix import LINES, PAGES, filled

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def all(db: None) -> Everything:
    return everything("ana", "bheki", "Norte")


def client_of(person: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def answers(all: Everything) -> Iterator[tuple[str, HttpResponse]]:
    """Every page as Ana sees it, as nobody sees it, and every kind of error."""
    ana, nobody = client_of(all.lead), Client(raise_request_exception=False)
    for pattern in PAGES:
        if "logout" in pattern:
            continue
        path = filled(pattern, LINES[pattern].args(all))
        for client in (ana, nobody):
            yield path, client.get(path)
        yield f"POST {path}", client_of(all.member).post(path)
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    yield "POST without a key", strict.post(reverse("change_language"), {"language": "es"})
    yield "nothing there", ana.get("/nothing/there")
    yield "a sign no database keeps", ana.get("/who?q=%00")
    yield "too large", ana.post("/language", CONTENT_TYPE="text/plain", CONTENT_LENGTH="9000000")
    yield "another host", ana.get("/", headers={"host": "evil.example.org:x"})


def test_every_answer_forbids_scripts_of_its_own_frames_and_guessing(all: Everything) -> None:
    wrong = []
    count = 0
    for path, answer in answers(all):
        count += 1
        policy = answer.headers.get("Content-Security-Policy", "")
        directives = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.split()}
        if directives.get("default-src") != ["'self'"] or directives.get("object-src") != ["'none'"]:
            wrong.append((path, answer.status_code, policy))
        if directives.get("frame-ancestors") != ["'none'"] or directives.get("base-uri") != ["'none'"]:
            wrong.append((path, answer.status_code, policy))
        if directives.get("form-action") != ["'self'"] or "unsafe" in policy or "*" in policy or "http" in policy:
            wrong.append((path, answer.status_code, policy))
        for name, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ):
            if answer.headers.get(name) != value:
                wrong.append((path, answer.status_code, name, answer.headers.get(name)))
        if answer.status_code >= 500:
            wrong.append((path, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong[:40]))
    assert count > 200


def test_no_page_holds_a_script_a_style_or_an_address_of_elsewhere(all: Everything) -> None:
    """The policy would stop them; they should not be there in the first place."""
    wrong = []
    for path, answer in answers(all):
        if not answer.get("Content-Type", "").startswith("text/html") or "attachment" in str(
            answer.get("Content-Disposition", "")
        ):
            continue
        text = answer.content.decode()
        wrong += [
            (path, found[0])
            for found in re.finditer(r"<script(?![^>]*\bsrc=)(?! type=.application/json)[^>]*>", text)
        ]
        wrong += [(path, found[0]) for found in re.finditer(r"<style\b|\sstyle=\"[^\"]*\"", text)]
        wrong += [(path, found[0]) for found in re.finditer(r"<[a-z][^>]*\son[a-z]+=", text)]
        wrong += [(path, found[0]) for found in re.finditer(r"javascript:", text)]
        loads = re.findall(r"<(?:script|img|link|iframe|source|use|image)\b[^>]*?(?:src|href)=\"([^\"]+)\"", text)
        wrong += [
            (path, one) for one in loads if not one.startswith(("/", "#", "data:image/")) or one.startswith("//")
        ]
    assert not wrong, "\n".join(map(str, wrong[:40]))


def test_pages_of_people_are_kept_by_no_cache_in_between(all: Everything) -> None:
    """A page for one person says so to every cache on the way, and is not kept where others could look."""
    ana = client_of(all.lead)
    for path in (reverse("roll", args=[all.community.code]), reverse("home"), reverse("account")):
        answer = ana.get(path)
        assert "private" in answer.headers.get("Cache-Control", ""), path
        assert "Cookie" in answer.headers["Vary"], path
    answer = ana.post(reverse("account_logout"))
    assert answer.status_code == 302 and answer.headers["Clear-Site-Data"] == '"cache"'


def test_a_form_without_its_key_is_refused_and_changes_nothing(all: Everything) -> None:
    """Every address that takes a POST, from another site: without the key, or with one that is not the cookie's."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(all.lead)
    wrong = []
    count = 0
    for pattern in PAGES:
        if "POST" not in LINES[pattern].methods and LINES[pattern].methods != "any":
            continue
        path = filled(pattern, LINES[pattern].args(all))
        for data in ({}, {"csrfmiddlewaretoken": "a" * 64}):
            answer = client.post(path, data)
            count += 1
            if answer.status_code not in (403, 404):
                wrong.append((path, answer.status_code))
    assert not wrong and count > 80
    assert client.get(reverse("home")).status_code == 200


@override_settings(ALLOWED_HOSTS=["solidaria.example.org"])
def test_another_host_is_refused(db: None) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/", headers={"host": "solidaria.example.org"}).status_code == 200
    for host in ("evil.example.org", "solidaria.example.org.evil.org", "solidaria.example.org@evil.org", ""):
        assert client.get("/", headers={"host": host}).status_code == 400, host


ELSEWHERE = (
    "https://evil.example.org/",
    "//evil.example.org/",
    "///evil.example.org",
    "http:///evil.example.org",
    "/\\evil.example.org",
    "\\\\evil.example.org",
    "javascript:alert(1)",
    "https:evil.example.org",
    " https://evil.example.org",
    "\thttps://evil.example.org",
)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_page_leads_people_elsewhere(all: Everything, address: str) -> None:
    ana = client_of(all.lead)
    everywhere = {"next": address, "back": address}
    answers = [
        ana.post(reverse("change_language"), {"language": "es", **everywhere}),
        ana.post(reverse("undo", args=[all.community.code, all.act.pk]), everywhere),
        Client().post(
            reverse("account_login"), {"login": "ana", "password": "correct horse battery", **everywhere}
        ),
        ana.post(f"{reverse('account_logout')}", everywhere),
    ]
    for answer in answers:
        assert answer.status_code in (302, 303), answer.content.decode()[:500]
        assert answer.headers["Location"].startswith("/") and not answer.headers["Location"].startswith(
            ("//", "/\\")
        )


# --- as on a real server: SOLIDARIA_HTTPS=yes is read when the settings are, so a process of its own ---

SERVER = """
import django
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0, interactive=False)
call_command("createcachetable", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
get_user_model().objects.create_user("ana", "correct horse battery", name="Ana")
client = Client()
there = {"secure": True, "headers": {"host": "solidaria.example.org"}}
assert client.get("/account/login/", **there).status_code == 200
client.post("/language", {"language": "es"}, **there)
answer = client.post("/account/login/", {"login": "ana", "password": "correct horse battery"}, **there)
assert answer.status_code == 302, answer.content.decode()[:2000]
for name, cookie in sorted(client.cookies.items()):
    flags = bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"], cookie["path"]
    print(name, *flags, cookie["domain"] or "-")
answer = client.get("/", **there)
print(answer.headers["Strict-Transport-Security"])
answer = client.get("/", headers={"host": "solidaria.example.org"})
print(answer.status_code, answer.headers["Location"])
answer = client.get("/", headers={"host": "evil.example.org"})
print(answer.status_code)
"""


def server(tmp_path: Path) -> dict[str, str]:
    """The environment of a real server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOLIDARIA", "DJANGO"))}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "solidaria.web.settings",
        "SOLIDARIA_HOME": str(tmp_path),
        "SOLIDARIA_HTTPS": "yes",
        "SOLIDARIA_HOSTS": "solidaria.example.org",
        "PYTHONPATH": str(ROOT),
    }


@pytest.mark.slow
def test_the_cookies_of_a_real_server_travel_by_https_only_and_no_script_reads_them(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVER]
    ended = subprocess.run(command, env=server(tmp_path), capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    *cookies, age, redirect, stranger = ended.stdout.strip().splitlines()
    assert {line.split()[0] for line in cookies} >= {"__Host-solidaria", "language"}
    assert any("csrf" in line for line in cookies)
    for line in cookies:
        name, secure, httponly, samesite, path, domain = line.split()
        assert (secure, httponly, samesite, path, domain) == ("True", "True", "Lax", "/", "-"), name
    assert age.startswith("max-age=31536000")
    assert redirect == "301 https://solidaria.example.org/"
    assert stranger == "400"


@pytest.mark.slow
def test_the_deployment_check_has_nothing_to_say_about_a_real_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    ended = subprocess.run(command, env=server(tmp_path), capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0 and "no issues" in ended.stdout, ended.stdout + ended.stderr


def test_a_page_is_compressed_unless_it_shows_what_somebody_sent(all: Everything) -> None:
    """Compression tells by the length what else is on a page, to who can choose a part of it (BREACH)."""
    client = client_of(all.lead)
    there = {"headers": {"accept-encoding": "gzip"}}
    directory, roll = reverse("directory"), reverse("roll", args=[all.community.code])
    assert client.get(roll, **there).headers["Content-Encoding"] == "gzip"
    assert client.get(f"{roll}?page=1", **there).headers["Content-Encoding"] == "gzip"
    assert client.get(f"{directory}?kind=", **there).status_code == 200
    for answer in (
        client.get(f"{directory}?q=guess", **there),
        client.post(reverse("describe", args=[all.community.code]), {"name": ""}, **there),
        client.get("/nothing/guess", **there),
        client.get(roll),
    ):
        assert "Content-Encoding" not in answer.headers
