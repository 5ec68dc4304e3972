"""Takes the pictures of the main pages for docs/pictures/, from a fresh trial: python3 do.py pictures

Needs Chromium (SOLIDARIA_BROWSER, or the one on the path). The trial is filled anew, so the pictures show what
`solidaria demo` shows.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PHONE, DESK = (390, 844), (1280, 860)


def main() -> int:
    """Fill a trial, start the server, take every picture."""
    folder = tempfile.mkdtemp(prefix="solidaria-pictures-")
    os.environ["SOLIDARIA_HOME"] = folder
    os.environ["SOLIDARIA_DEMO"] = "yes"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "solidaria.web.settings"
    sys.path.insert(0, str(DOCS.parent.parent))
    from solidaria.cli.serve import prepare

    prepare(Path(folder))
    try:
        pages = filled()
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1"),
                *("--blocking-threads", "4", "--no-ws", "--log-level", "error", "solidaria.web.wsgi:application"),
            ]
        )
        try:
            shoot(f"http://localhost:{port}", pages)
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def filled() -> list[tuple[str, str, str, str, tuple[int, int]]]:
    """The pages to take: name, sign-in name, language, address, size."""
    from django.urls import reverse

    from solidaria.actions import decide
    from solidaria.actions.permit import Doer
    from solidaria.records.models import Mandate, Membership, Need, Round, Variant
    from solidaria.web import demo

    demo.fill(date.today(), lambda sentence: print(sentence, file=sys.stderr))
    variant = Variant.objects.filter(state="done", round__chosen__isnull=False).order_by("-round__opened").first()
    assert variant is not None
    network = variant.round.network
    current = Round.objects.filter(network=network, closed__isnull=True).first() or variant.round
    need = Need.objects.filter(network=network, declared_by__isnull=False).select_related("organisation").first()
    assert need is not None
    member = Membership.objects.filter(organisation=need.organisation).select_related("person").first()
    coordinator = (
        Mandate.objects.filter(organisation=network, purpose="coordinator").select_related("person").first()
    )
    assert member is not None and coordinator is not None
    one, chief = need.organisation, coordinator.person
    from solidaria.records.results import result_of

    result = result_of(variant.pk)
    assert result is not None
    site = max(result.plan.production, key=lambda row: row.hours)
    worker = (
        Membership.objects.filter(organisation__code=site.site).select_related("person").first() or coordinator
    ).person
    motion = decide.propose_motion(
        Doer(member.person),
        one,
        title="A third of us must vote",
        text="So that two do not decide for all, at least a third of the roll must hand in a ballot.",
        effects=[{"kind": "adopt_house_rule", "rule": "quorum", "value": "1/3"}],
    )
    from django.utils.timezone import now

    decide.open_vote(motion, now(), now() + timedelta(days=3))
    es = member.person.language or "es"
    return [
        ("home", member.person.handle, "en", reverse("home"), PHONE),
        ("need", member.person.handle, es, reverse("declare_need", args=[one.code]), PHONE),
        ("needs", member.person.handle, "en", reverse("needs", args=[one.code]), DESK),
        ("vote", member.person.handle, es, reverse("vote", args=[motion.pk]), PHONE),
        ("motion", member.person.handle, "en", reverse("motion", args=[motion.pk]), DESK),
        ("network", chief.handle, "en", reverse("network", args=[network.code]), DESK),
        ("round", chief.handle, "en", reverse("round", args=[current.pk]), DESK),
        ("plan", chief.handle, "en", reverse("variant", args=[variant.pk]), DESK),
        ("your-part", worker.handle, "en", reverse("plan_site", args=[variant.pk, site.site]), PHONE),
        ("price", chief.handle, "en", reverse("plan_product", args=[variant.pk, site.product]), DESK),
        ("directory", chief.handle, "en", reverse("directory"), DESK),
        *agreed(variant.round, worker, site.site),
    ]


def agreed(round: Any, worker: Any, code: str) -> list[tuple[str, str, str, str, tuple[int, int]]]:
    """An agreement that the chosen plan means, an order of it made, delivered and half paid, and its pages."""
    from django.urls import reverse
    from django.utils.timezone import now

    from solidaria.actions import agree
    from solidaria.actions.agreed import latest, order, terms_of, yes
    from solidaria.actions.ledger import new_event, post
    from solidaria.actions.permit import Doer
    from solidaria.core.books import OUTSIDE, agent, good, money
    from solidaria.records.models import Agreement, Mandate, Membership, Organisation

    organisation = Organisation.objects.get(code=code)
    signs = (
        Mandate.objects.filter(organisation=organisation, purpose="coordinator").select_related("person").first()
    )
    assert signs is not None
    agree.draft_from_plan(Doer(signs.person), organisation, round=round)
    row = Agreement.objects.filter(giver=organisation).select_related("giver", "taker", "network").first()
    assert row is not None
    version = latest(row)
    for side in Organisation.objects.filter(code__in=version.parties):
        mandate = Mandate.objects.filter(organisation=side).first() or signs
        yes(version, side, now(), mandate=mandate)
    row.refresh_from_db()
    terms = terms_of(version)
    line = terms.lines[0]
    called = order(row, terms, 0, (line.quantity / 2).to_integral_value(), terms.starts, now())
    doer, own, today = Doer(signs.person), agent(code), date.today().isoformat()
    member = Membership.objects.get(organisation=organisation, person=worker)
    flow = {"day": today, "order": called.code, "unit": ""}
    goods = {**flow, "resource": good(terms.network, line.product), "unit": line.unit, "amount": called.amount}
    cash = {**flow, "resource": money(terms.currency)}
    wages = int(line.wage * called.amount / 10_000)
    for given in (
        {**goods, "action": "produce", "provider": own, "receiver": own, "part": "made"},
        {**goods, "action": "transfer", "provider": own, "receiver": agent(row.taker.code), "part": "goods",
         "promise": f"{called.code}/goods"},
        {**flow, "action": "work", "provider": f"member:{member.pk}", "receiver": own, "resource": "hours",
         "unit": "hour", "amount": 0, "effort": 38_000_000, "part": "hours"},
        {**cash, "action": "transfer", "provider": OUTSIDE, "receiver": own, "amount": wages * 3, "part": "opening",
         "order": ""},
        {**cash, "action": "transfer", "provider": own, "receiver": f"member:{member.pk}", "amount": wages * 3 // 4,
         "part": "wage"},
    ):  # fmt: skip
        post(new_event(doer, organisation, **given))
    opened = "balances income wages agreements checkpoint"
    organisation.house_rules.create(rule="open_books", value=opened, since=now())
    return [
        ("agreement", worker.handle, "en", reverse("agreement", args=[code, row.pk]), DESK),
        ("wage-proof", worker.handle, "es", reverse("wage_proof", args=[code, called.pk]), PHONE),
        ("open-books", worker.handle, "en", reverse("open_books", args=[code]), DESK),
    ]


def shoot(base: str, pages: list[tuple[str, str, str, str, tuple[int, int]]]) -> None:
    """Open each page as its person and keep what the window shows."""
    from django.conf import settings
    from django.test import Client
    from playwright.sync_api import sync_playwright

    from solidaria.records.models import Person

    DOCS.mkdir(parents=True, exist_ok=True)
    browser_path = os.environ.get("SOLIDARIA_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    for _ in range(100):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", int(base.rsplit(":", 1)[1]))) == 0:
                break
        time.sleep(0.2)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path)
        for name, handle, language, address, (width, height) in pages:
            client = Client()
            client.force_login(Person.objects.get(handle=handle))
            context = browser.new_context(viewport={"width": width, "height": height}, base_url=base)
            cookies = {
                settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
                "language": language,
            }
            context.add_cookies([{"name": key, "value": value, "url": base} for key, value in cookies.items()])
            page = context.new_page()
            answer = page.goto(address)
            assert answer is not None and answer.status == 200, (name, address, answer)
            page.screenshot(path=str(DOCS / f"{name}.png"))
            context.close()
            print(DOCS / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
