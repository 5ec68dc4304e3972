"""The command of the trial: it fills a folder, answers on its port, stops on Ctrl-C; its walk, walked in a browser.

Apart from tests/web/test_demo.py, whose filled trial is one open transaction: the browser brings an event loop, and
with it Django takes a connection of its own, which would wait for that transaction for ever.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from solidaria.cli.demo import free_port
from solidaria.core.problem import Refused
from solidaria.web.walk import STEPS
from tests.web.browser import fine, windows


def run_demo(*words: str, home: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLIDARIA_")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.Popen(
        [sys.executable, "-m", "solidaria.cli.main", "demo", "--no-open", "--home", str(home), *words],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def address_of(process: subprocess.Popen[str], told: list[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        told.append(line)
        found = re.search(r"http://localhost:\d+/", line)
        if found:
            return found.group()
    raise AssertionError("".join(told))


@pytest.mark.slow
def test_the_command_fills_answers_on_its_port_stops_on_ctrl_c_and_keeps_what_was_done(tmp_path: Path) -> None:
    home, port = tmp_path / "trial", free_port(None)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for start in range(2):
        told: list[str] = []
        process = run_demo("--port", str(port), home=home)
        try:
            began = time.monotonic()
            address = address_of(process, told)
            assert address == f"http://localhost:{port}/"
            assert time.monotonic() - began < (120 if start == 0 else 40)
            page = opener.open(address + "demo/walk", timeout=30).read().decode()
            assert page.count('class="card') == len(STEPS)
            assert (start == 0) == any("first start" in line for line in told)
        finally:
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=30)
        told.append(rest)
        assert process.returncode == 0, told
        assert not any("Traceback" in line or "ERROR" in line for line in told), told
        assert str(home) in rest


@pytest.mark.slow
def test_the_walk_is_walked_to_its_end_in_a_browser_on_a_phone_and_its_pages_are_fine(
    browser: Any, tmp_path: Path
) -> None:
    told: list[str] = []
    process = run_demo(home=tmp_path / "trial")
    try:
        address = address_of(process, told)
        with windows(browser, address) as opened:
            walk_to_the_end(opened("/demo/walk", width=390))
            for path in ("/", "/demo/walk", "/demo/people", "/who"):
                for scheme in ("light", "dark"):
                    fine(opened(path, width=1280, scheme=scheme, cookies={"language": "es"}))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def walk_to_the_end(page: Any) -> None:
    """Do what each step says, by the page's own buttons; every page on the way is looked over."""
    page.set_default_timeout(60_000)

    def step(number: int) -> None:
        page.goto("/demo/walk")
        fine(page)
        assert page.locator(".walk .tag", has_text="✓").count() == number - 1
        page.locator("ol.walk > li").nth(number - 1).locator("button").click()
        fine(page)

    def send(form: Any) -> None:
        form.locator("button.main").click()
        page.wait_for_load_state()

    def make_a_plan() -> None:
        page.get_by_role("button", name="Make a plan").click()
        page.wait_for_selector("h2:has-text('Who gets what they need')")
        fine(page)

    step(1)
    page.fill("#f-words", "A tiled floor for the library")
    page.fill("#f-quantity", "30")
    send(page.locator("form:has(#f-words)"))
    step(2)
    row = page.locator("tr, li").filter(has_text="A tiled floor for the library").last
    tiles = row.locator("option", has_text="Cerámicos (m2)").get_attribute("value")
    row.locator("select").select_option(tiles)
    row.get_by_role("button").click()
    page.wait_for_load_state()
    step(3)
    page.goto(page.locator("a[href*='/site/machines/']").first.get_attribute("href"))
    page.fill("#f-hours", "690")
    send(page.locator("form:has(#f-hours)"))
    step(4)
    make_a_plan()
    step(5)
    assert "schools" in page.url
    page.goto("/o/schools/needs")
    page.locator("main a", has_text="Pisos para dos aulas").first.click()
    page.fill("#f-quantity", "210")
    send(page.locator("form:has(#f-quantity)"))
    step(6)
    page.locator("summary", has_text="We do not take this on").first.click()
    form = page.locator("form:has([name=most_runs])").first
    form.locator("[name=most_runs]").fill("95")
    form.locator("[name=reason]").fill("The kiln is relined")
    send(form)
    step(7)
    make_a_plan()
    step(8)
    page.locator("summary", has_text="Take this one to the assemblies").click()
    page.get_by_role("button", name="Yes, do it").first.click()
    page.wait_for_load_state()
    page.goto("/demo/walk")
    assert page.locator(".walk .tag", has_text="✓").count() == len(STEPS)
    fine(page)


def test_a_folder_that_is_not_a_trials_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    process = run_demo("--fresh", home=tmp_path)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and "not a trial" in told
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_a_taken_port_is_refused_when_named_and_passed_over_when_not() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused):
            free_port(port)
        assert free_port(None) != port
