"""Hundreds of hostile texts through every text field, every page opened in a real browser: nothing runs, nothing is built.

Each page is opened once with all the texts that stand on it, first as it is served, then with the browser told to
ignore the policy that forbids scripts: what people typed must be harmless by itself, too.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from solidaria.actions import assemblies, books, capacity, decide, needs, plan, who, work
from solidaria.records.models import (
    Agreement,
    AgreementVersion,
    Assembly,
    BankAccount,
    BankLine,
    Delay,
    Handover,
    Membership,
    Motion,
    Organisation,
    Payment,
    Person,
    Product,
    Recall,
    Token,
)
from tests.web.everything import Everything, everything
from tests.web.people import doer, person
from tests.web.test_matrix import LINES, PAGES, filled

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: What leads out of the place a text stands in.
BREAKS = (
    "",
    '"',
    "'",
    '">',
    "'>",
    "</title>",
    "</textarea>",
    "</option></select>",
    "-->",
    "</script>",
    "</svg>",
    "`>",
)
#: What would run, or leave its mark, once it is markup.
TAGS = (
    "<script planted>RUN</script>",
    "<img planted src=x onerror=RUN>",
    "<svg planted onload=RUN>",
    "<svg planted><script>RUN</script></svg>",
    "<svg planted><animate onbegin=RUN attributeName=x dur=1s>",
    "<svg planted><a xlink:href=javascript:RUN><text>x</text></a>",
    "<math planted><mtext></form><form><mglyph><style></math><img src onerror=RUN>",
    "<iframe planted srcdoc='<script>parent.RUN</script>'>",
    "<iframe planted src=javascript:parent.RUN>",
    "<object planted data=javascript:RUN>",
    "<embed planted src=javascript:RUN>",
    "<details planted open ontoggle=RUN>",
    "<input planted autofocus onfocus=RUN>",
    "<select planted autofocus onfocus=RUN>",
    "<video planted><source onerror=RUN>",
    "<audio planted src=x onerror=RUN>",
    "<body planted onload=RUN>",
    "<base planted href=//evil.invalid/>",
    "<link planted rel=stylesheet href=//evil.invalid/x.css>",
    "<meta planted http-equiv=refresh content='0;url=javascript:RUN'>",
    "<style planted>@import'//evil.invalid'</style>",
    "<form planted action=javascript:RUN><button>x",
    "<a planted href=javascript:RUN autofocus onfocus=RUN>x</a>",
    "<div planted hx-get=/ hx-trigger=load hx-on::load=RUN>",
    "<div planted hx-on:htmx:load='RUN' hx-trigger=load>",
    "<template planted><script>RUN</script></template>",
    "<x-y planted style=animation-name:x onanimationstart=RUN>",
)
#: Texts that are dangerous inside an attribute, an address, a template or a script.
BARE = (
    '" autofocus onfocus=RUN planted="',
    "' autofocus onfocus=RUN planted='",
    "` onerror=RUN planted=`",
    "javascript:RUN",
    "JaVaScRiPt:RUN",
    "java\tscript:RUN",
    "data:text/html,<script planted>parent.RUN</script>",
    "//evil.invalid/x.js",
    "{{ RUN }}",
    "{% include 'x' %}",
    "{{ ''.__class__.__mro__ }}",
    "{template} {0} %(template)s %s {name!r}",
    "${RUN}",
    "';RUN;//",
    "\\';RUN;//",
    "\\u003cscript planted\\u003eRUN\\u003c/script\\u003e",
    "</script><!--<script>",
    "<!--><img planted src onerror=RUN>-->",
    "<![CDATA[<img planted src onerror=RUN>]]>",
    "<%00script planted>RUN</script>",
    "<scr<script planted>ipt>RUN</scr</script>ipt>",
    "\u202e<img planted src onerror=RUN>",
    "+ADw-script planted+AD4-RUN+ADw-/script+AD4-",
)
RUN = "ran()"


def mixed(text: str) -> str:
    """Capitals and small letters by turns, in names of tags and attributes alone."""
    return "".join(
        letter.upper() if at % 2 and letter.isalpha() and "(" not in text[at : at + 8] else letter
        for at, letter in enumerate(text)
    )


def payloads() -> list[str]:
    """Some six hundred texts, no two alike."""
    found = [f"{lead}{tag}".replace("RUN", RUN) for lead, tag in itertools.product(BREAKS, TAGS)]
    found += [text.replace("RUN", RUN) for text in BARE]
    plain = [tag.replace("RUN", RUN) for tag in TAGS]
    found += [text.replace("<", "&lt;").replace(">", "&gt;") for text in plain]
    found += ["".join(f"&#{ord(sign)};" for sign in text[:14]) + text[14:] for text in plain]
    found += [quote(text) for text in plain]
    found += [quote(quote(text)) for text in plain[:8]]
    found += [text.replace("<", "\uff1c").replace(">", "\uff1e") for text in plain]
    found += [text.replace(" ", "\n", 1) for text in plain]
    found += [text.replace(" ", "/", 1) for text in plain]
    found += [text.replace(">", "", 1) for text in plain]
    found += [mixed(text) for text in plain]
    return list(dict.fromkeys(found))


ALL = payloads()


def short(most: int) -> list[str]:
    """Those that fit into a field."""
    return [text for text in ALL if len(text) <= most]


def long(most: int) -> list[str]:
    """All of them, many in one text, in as few texts as fields of this length take."""
    texts, now = [], ""
    for text in ALL:
        if len(now) + len(text) + 1 > most:
            texts.append(now)
            now = ""
        now = f"{now} {text}" if now else text
    return [*texts, now]


def cycle(texts: list[str]) -> Iterator[str]:
    """The texts, again and again."""
    return itertools.cycle(texts)


def hostile_world() -> Everything:
    """Every text field of every action holds them: short fields one in each row, long fields many."""
    all = everything("ana", "bheki", '"><img planted src onerror=ran()>')
    ana = all.lead
    Person.objects.filter(pk=ana.pk).update(name=short(80)[5])
    network, community, workshop = all.network, all.community, all.workshop
    places, abouts, contacts = cycle(short(120)), cycle(long(4000)), cycle(short(200))
    # One plan shows the names of sites, products, machines, buyers and periods.
    plan.close_round(doer(ana), all.round)
    periods = [
        {"period": text} for text in ("<img planted src onerror=ran()>", "</title><svg planted onload=ran()>")
    ]
    opened = plan.open_round(doer(ana), network, name=short(80)[9], periods=periods)
    products: list[Product] = []
    units, sources = cycle(short(30)), cycle(long(300))
    for name in short(120):
        given = {"name": name, "unit": next(units), "source": next(sources), "market_price": "7"}
        products.append(plan.add_product(doer(ana), network, **given))
    for note in long(1900):
        machine = capacity.add_equipment(doer(ana), workshop, name=note[:100], hours="50", note=note)
        capacity.add_recipe(
            doer(ana),
            workshop,
            product=products.pop(0),
            output="1",
            labour_hours="1",
            inputs=[(all.spare, "1")],
            uses=[(machine, "0.5")],
            note=note,
        )
    notes = cycle(long(1900))
    for at, words in enumerate(short(200)):
        needs.declare_need(
            doer(ana),
            community,
            network=network,
            words=words,
            product=all.product if at < 6 else None,
            quantity="3",
            note=next(notes),
            period=periods[at % 2]["period"] if at < 6 else "",
        )
    kinds = cycle(["site", "union", "community"])
    for at, name in enumerate(short(120)):
        one = Organisation.objects.create(
            code=f"hostile-{at}", name=name, kind=next(kinds), place=next(places), about=next(abouts)
        )
        one.contact, one.note = next(contacts)[:200], next(notes)
        one.shows = ["about", "place", "contact", "members", "state", "products"]
        one.latitude, one.longitude = -38 - at % 20, -60 - at % 30
        one.save()
    others = list(Organisation.objects.filter(code__startswith="hostile-").order_by("pk"))
    for text, other in zip(long(400), others, strict=False):
        who.ask_for_alliance(doer(ana), community, ally=other, kind="buys", gives=text, receives=text[::-1])
    for at, (text, decision) in enumerate(zip(cycle(long(3900)), long(290), strict=False)):
        member = person(f"member{at}", short(80)[at])
        Membership.objects.create(organisation=community, person=member, entered=date(2026, 1, 10))
        who.grant_mandate(
            doer(ana),
            community,
            person=member.pk,
            purpose="delegate",
            rights=[],
            instructions=text,
            decision=decision,
        )
    for at, text in enumerate(long(290)):
        since = date(2020, 1, 1 + at % 28)
        plan.set_rule(
            doer(ana),
            network,
            rule="reserve" if at < 28 else "slack",
            value="0.01",
            since=since,
            decision=text,
            source=text,
            unit=text[:60],
        )
    describing = {"about": "\n".join(ALL)[:4000], "contact": short(200)[3], "place": short(120)[4]}
    for one in (community, workshop, network):
        who.describe_organisation(doer(ana), one, **describing)
        who.show_publicly(doer(ana), one, shows=list(who.SHOWABLE))
    for text in long(390):
        recipe = all.recipe
        plan.refuse_line(doer(ana), workshop, round=opened, recipe=recipe, most_runs="1000", reason=text)
    plan.lower_pledge(doer(ana), community, round=opened, pledge="0", reason=long(390)[1])
    for text in short(60)[:40]:
        Token.objects.create(person=ana, name=text, digest=f"digest {text}", ends=date(2030, 1, 1))
    for text in short(80)[:3]:
        asked = plan.ask_for_plan(doer(ana), opened, name=text)
        claimed = work.claim("test")
        while claimed is not None:
            work.make(claimed, "test")
            claimed = work.claim("test")
        asked.refresh_from_db()
        assert asked.state == "done", asked.faults
    plan.choose_variant(doer(ana), opened, variant=asked)
    all.round, all.done = opened, asked
    return all


#: Addresses that answer with a file, or with nothing where there is nothing to wait for.
FILES = (
    ".xlsx",
    ".zip",
    ".json",
    ".jsonld",
    ".txt",
    ".csv",
    ".pdf",
    ".ics",
    "<str:name>",
    "progress",
    "photos/<int:number>",
)


def addresses(all: Everything) -> Iterator[str]:
    """Every page there is, long lists to their end, and searches for hostile words."""
    for pattern in PAGES:
        line = LINES[pattern]
        if "GET" in line.methods.split() and not pattern.endswith(FILES):
            yield filled(pattern, line.args(all))
    lists = ("needs", "roll", "mandates", "history")
    for page in range(1, 9):
        yield f"/who?page={page}"
        yield f"/n/{all.network.code}/products?page={page}"
        yield f"/n/{all.network.code}/needs?page={page}"
        for name in lists:
            yield f"/o/{all.community.code}/{name}?page={page}"
    for one in Organisation.objects.filter(code__startswith="hostile-").order_by("pk")[:30]:
        yield reverse("organisation", args=[one.code])
    for text in short(80)[::12]:
        yield f"/who?q={quote(text)}&kind={quote(text)}"
        yield f"/account/login/?next={quote(text)}"
    yield f"/rounds/{all.round.pk}/compare?plan={all.done.pk}&plan={all.done.pk - 1}"


def echoes(all: Everything) -> Iterator[tuple[str, bytes]]:
    """Pages that give back what somebody sent, with the reason why not: every form, every field; and files."""
    client = Client(raise_request_exception=False)
    client.force_login(all.lead)
    texts = cycle(ALL)
    for pattern in PAGES:
        line = LINES[pattern]
        if "POST" not in line.methods.split() or "leave" in pattern or "remove" in pattern:
            continue
        names = set(line.data(all)) | {"name", "words", "reason", "note", "quantity", "period", "rule", "decision"}
        data = {name: next(texts) for name in sorted(names) if name != "sheet"}
        answer = client.post(filled(pattern, line.args(all)), data)
        yield f"POST {pattern}", answer.content
    for page in ("workbook", "upload_needs"):
        one = all.network if page == "workbook" else all.community
        header = ",".join('"' + text.replace('"', '""') + '"' for text in short(100)[:30])
        row = ",".join('"' + text.replace('"', '""') + '"' for text in short(100)[30:60])
        for name, content in (
            ("<img planted src onerror=ran()>.csv", f"words,quantity,{header}\n{row}\n".encode()),
            ("<svg planted onload=ran()>.xlsx", b"no workbook"),
            ("<svg planted onload=ran()>.zip", b"no folder"),
            ("<svg planted onload=ran()>", b""),
        ):
            answer = client.post(reverse(page, args=[one.code]), {"sheet": SimpleUploadedFile(name, content)})
            yield f"{page} {name}", answer.content
    for path in ("/who/<img planted src onerror=ran()>", "/o/<svg planted onload=ran()>/inside"):
        yield path, client.get(path).content


def test_there_are_hundreds_of_hostile_texts_and_no_two_are_alike() -> None:
    assert len(ALL) == len(set(ALL)) >= 500
    assert len(short(120)) > 400


def opened(
    browser: Any,
    server: Any,
    policy: bool,
    client: Client,
    places: Iterable[str],
    told: Iterable[tuple[str, bytes, dict[str, str]]] = (),
) -> tuple[list[str], int, int]:
    """Open all places and answers in a browser: what ran or was built, how many pages, how many texts were shown."""
    context = browser.new_context(bypass_csp=not policy, viewport={"width": 1000, "height": 900})
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    context.add_cookies([{**session, "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    ran: list[str] = []
    here = [""]
    page.on("dialog", lambda dialog: (ran.append(f"{here[0]}: dialog"), dialog.dismiss()))
    page.on(
        "console",
        lambda message: (
            ran.append(f"{here[0]}: {message.text[:200]}")
            if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text
            else None
        ),
    )
    page.on("pageerror", lambda error: ran.append(f"{here[0]}: {str(error)[:200]}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((server.url, "data:"))
            else ran.append(f"{here[0]}: asked for {request.url[:120]}")
        ),
    )
    page.expose_function("ran", lambda *_: ran.append(f"{here[0]}: ran"))
    shown = 0
    count = 0

    def look() -> None:
        nonlocal shown, count
        planted = page.evaluate("document.querySelectorAll('[planted], [onerror], [onload], [onfocus]').length")
        if planted:
            ran.append(f"{here[0]}: {planted} elements were built")
        shown += page.evaluate("document.body.innerText.split('planted').length - 1")
        count += 1

    for address in places:
        here[0] = address[:100]
        answer = page.goto(server.url + address, wait_until="load")
        if answer.status >= 500:
            ran.append(f"{here[0]}: {answer.status}")
        look()
    echo: dict[str, Any] = {}
    page.route("**/echo/*", lambda route: route.fulfill(body=echo["body"], headers=echo["headers"]))
    for number, (name, body, headers) in enumerate(told):
        here[0] = name[:100]
        echo.update(body=body, headers=headers)
        page.goto(f"{server.url}/echo/{number}", wait_until="load")
        look()
    context.close()
    return ran, count, shown


@pytest.mark.parametrize("policy", [True, False], ids=["as served", "with the policy ignored"])
def test_no_text_that_somebody_typed_runs_or_becomes_markup(browser: Any, live_server: Any, policy: bool) -> None:
    all = hostile_world()
    client = Client()
    client.force_login(all.lead)
    served = dict(client.get("/").items())
    kept = {name: served[name] for name in ("Content-Security-Policy", "Content-Type", "X-Content-Type-Options")}
    report = client.get(reverse("plan_file", args=[all.done.pk, "plan.html"])).content
    told = [
        *((name, body, kept) for name, body in echoes(all)),
        ("plan.html", report, {"Content-Type": "text/html"}),
    ]
    ran, count, shown = opened(browser, live_server, policy, client, addresses(all), told)
    assert ran == [], "\n".join(ran[:60])
    assert count > 200 and shown > 5_000, (count, shown)


def decided_and_kept(all: Everything) -> list[str]:
    """Hostile texts in all that is decided, agreed and kept in books; the pages that show them.

    Through the actions where they take a text; a column that only a long way leads to is written as it would stand there.
    """
    ana, community, workshop = all.lead, all.community, all.workshop
    everything_at_once, titles, names = "\n".join(ALL)[:19_900], cycle(short(190)), cycle(short(110))
    pages = []
    motions = []
    for at, text in enumerate([everything_at_once, *long(4000)[:5]]):
        choices = [
            {"id": str(number), "name": name} for number, name in enumerate(short(110)[at * 60 : at * 60 + 60])
        ]
        method = ("majority", "consent", "approval", "schulze")[at % 4]
        motions.append(
            decide.propose_motion(
                doer(ana), community, title=next(titles), text=text, method=method, options=choices
            )
        )
    for at, text in enumerate(long(3900)):
        decide.comment_on_motion(doer(ana), motions[0], kind=decide.COMMENTS[at % 3], text=text)
    decide.propose_motion(
        doer(ana), community, title=next(titles), text=everything_at_once[::-1] + ALL[0], amends=motions[0]
    )
    Motion.objects.filter(pk=motions[0].pk).update(text_before=everything_at_once)
    voted = decide.propose_motion(
        doer(ana), community, title=next(titles), text=everything_at_once, method="consent"
    )
    now = datetime.now(UTC)
    decide.open_vote(voted, now, now + timedelta(days=2))
    decide.cast_ballot(doer(ana), voted.pk, "object", reason=next(titles))
    closed = decide.propose_motion(doer(ana), community, title=next(titles), text=everything_at_once)
    decide.open_vote(closed, now, now + timedelta(days=2))
    decide.cast_ballot(doer(ana), closed.pk, "for")
    decide.close_due(now + timedelta(days=3))
    for title in short(190)[:200]:
        decide.propose_motion(doer(ana), community, title=title, text=title)
    pages += [
        reverse("motion", args=[one.pk]) for one in (*motions, voted, closed, all.motion, all.council_motion)
    ]
    pages += [reverse("edit_motion", args=[motions[0].pk])]
    Recall.objects.filter(pk=all.recall.pk).update(why=long(3900)[0], reply=long(3900)[1])
    pages += [reverse("recall", args=[all.community.code, all.recall.pk])]
    for title in short(190)[:50]:
        assemblies.add_agenda_item(doer(ana), all.assembly, title=title)
    Assembly.objects.filter(pk=all.assembly.pk).update(
        name=next(names), place=next(titles), minutes="\n".join(ALL)
    )
    for text in long(3900):
        assemblies.correct_minutes(doer(ana), all.assembly, text=text)
    pages += [reverse(name, args=[all.assembly.pk]) for name in ("assembly", "minutes")]
    for row in Agreement.objects.all():
        versions = AgreementVersion.objects.filter(agreement=row)
        for version in versions:
            terms = json.loads(version.text)
            told = {name: hostile(value, next(titles)) for name, value in terms.items()}
            # A version is only ever added: what would have been agreed stands in a later one.
            AgreementVersion.objects.create(
                agreement=row,
                number=version.number + 50,
                text=json.dumps(told),
                parties=version.parties,
                by=version.by,
                at=version.at,
            )
        Agreement.objects.filter(pk=row.pk).update(title=next(names), why=next(titles))
        pages += [reverse("agreement", args=[community.code, row.pk])]
    Handover.objects.update(note=next(titles), disputed=long(990)[0], settled=long(990)[1])
    Delay.objects.update(why=next(titles))
    today = doer(ana).at.date()
    for note in short(190)[:120]:
        given = {"action": "transfer", "resource": "money:ARS", "quantity": "1", "day": today, "part": "opening"}
        books.record_event(doer(ana), workshop, note=note, **given)
    for note in short(190)[120:180]:
        given = {"receiver": "outside", "resource": "money:ARS", "amount": "9", "day": today}
        books.draft_payment(doer(ana), workshop, note=note, **given)
    Payment.objects.filter(pk=all.payment.pk).update(disputed=long(990)[2])
    BankAccount.objects.update(name=short(60)[3])
    BankLine.objects.update(text=next(titles))
    for one in (community, workshop):
        names_of = ("motions", "propose_motion", "assemblies", "agreements", "books", "write_books", "payments")
        names_of += ("bank", "checkpoints", "open_books", "history", "allies_books", "write_hours")
        pages += [reverse(name, args=[one.code]) for name in names_of]
        pages += [f"{reverse('motions', args=[one.code])}?page={page}" for page in range(1, 5)]
        pages += [f"{reverse('history', args=[one.code])}?page={page}" for page in range(1, 5)]
    pages += [reverse("event", args=[workshop.code, all.event.pk]), reverse("my_motions"), "/"]
    pages += [reverse("bank_account", args=[workshop.code, all.account.pk])]
    pages += [reverse("bank_line", args=[workshop.code, all.line.pk])]
    return pages


def hostile(value: Any, text: str) -> Any:
    """A text of an agreement's terms, a hostile one in place of free words; days, numbers and codes as they are."""
    if isinstance(value, str) and " " in value:
        return text
    if isinstance(value, dict):
        return {name: hostile(item, text) for name, item in value.items()}
    return [hostile(item, text) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("policy", [True, False], ids=["as served", "with the policy ignored"])
def test_no_text_of_what_is_decided_agreed_or_booked_runs_or_becomes_markup(
    browser: Any, live_server: Any, policy: bool
) -> None:
    all = everything("ana", "bheki", "Norte")
    pages = decided_and_kept(all)
    client = Client()
    client.force_login(all.lead)
    ran, count, shown = opened(browser, live_server, policy, client, pages)
    assert ran == [], "\n".join(ran[:60])
    assert count > 40 and shown > 2_000, (count, shown)
