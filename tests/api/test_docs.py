"""docs/api.md: its examples are run as they stand, and what it says about the answers is true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from solidaria.api.tokens import MOST_A_MINUTE
from solidaria.records.models import Need, Variant
from tests.actions.test_spine import uniforms
from tests.api.programs import key_of
from tests.web.people import world

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
SERVER = "http://testserver"

pytestmark = pytest.mark.django_db


def examples() -> list[tuple[str, int, list[str]]]:
    """Each example: what it is for, the number of its answer, its words."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL):
        for part in block.strip().split("\n\n"):
            comment, _, command = part.partition("\n")
            told = re.fullmatch(r"# (.*): (\d{3})", comment)
            assert told is not None, comment
            found.append((told[1], int(told[2]), shlex.split(command.replace("\\\n", " "))))
    return found


def run(words: list[str], key: str, round: int, plan: int) -> Any:
    """What curl would do with these words."""
    assert words[0] == "curl"
    method, headers, body, address = "GET", {}, "", ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).replace("$KEY", key).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(rest)
        else:
            address = word
    assert address.startswith("$SERVER/")
    address = (
        address.removeprefix("$SERVER").replace("rounds/1", f"rounds/{round}").replace("plans/1", f"plans/{plan}")
    )
    kind = headers.pop("Content-Type", "application/octet-stream")
    return Client().generic(method, address, body, content_type=kind, headers=headers)


def test_every_example_of_the_page_runs_and_answers_as_it_says() -> None:
    here = world()
    uniforms(here)
    member, coordinator = key_of(here.bheki), key_of(here.ana, here.network, "plan.round")
    assert len(examples()) >= 10
    for what, number, words in examples():
        needs_mandate = "mandate" in what
        plan = Variant.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        answer = run(words, coordinator if needs_mandate else member, here.round.pk, plan)
        assert answer.status_code == number, (what, answer.content)
    assert Need.objects.filter(words="uniforms for the school").count() == 2
    assert Variant.objects.get(round=here.round).name == "dearer hours"


def test_the_example_that_may_be_sent_twice_is_noted_once() -> None:
    here = world()
    uniforms(here)
    key = key_of(here.bheki)
    words = next(words for what, _, words in examples() if "Idempotency-Key" in what)
    before = Need.objects.count()
    numbers = {run(words, key, here.round.pk, 0).json()["number"] for _ in range(3)}
    assert len(numbers) == 1 and Need.objects.count() == before + 1


def test_its_figures_are_those_of_the_program() -> None:
    assert f"more than {MOST_A_MINUTE} requests in a minute" in PAGE
    assert f"larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000} MB" in PAGE
