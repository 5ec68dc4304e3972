"""Nobody stands above the assemblies: every act needs membership or a live mandate, whoever asks and however mighty."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands
from django.db import transaction
from django.test import Client

import solidaria
import solidaria.web.urls  # every action is known once the pages are
from solidaria.actions import clocks, council_votes, decide, recall, undo, who
from solidaria.actions.acting import ACTIONS
from solidaria.actions.permit import (
    ANYBODY,
    MEMBER,
    PERMISSIONS,
    PURPOSES,
    RIGHTS,
    SEAT,
    UNHELD,
    Doer,
    NotAllowed,
    may,
    permit,
    rights_of,
)
from solidaria.core.problem import Refused
from solidaria.records.models import (
    Act,
    Mandate,
    Membership,
    Motion,
    Obligation,
    Organisation,
    Person,
)
from tests.web.everything import Everything, everything
from tests.web.people import MINUTES, doer, person
from tests.web.test_matrix import LINES, filled

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
#: What anybody who is signed in does: for himself or herself, or with a printed code of an assembly.
FOR_ANYBODY = {
    "found_organisation",
    "join_with_code",
    "take_over_entered",
    "change_language",
    "make_token",
    "revoke_token",
}
#: Not an act in an organisation: somebody who cannot get in asks two members to vouch.
BEFORE_SIGNING_IN = {"ask_for_recovery"}


@pytest.fixture
def mighty(db: None) -> Person:
    """The most powerful account imaginable: the first of all, with every flag other programs know."""
    one = person("root", "Root")
    for flag in ("is_staff", "is_superuser", "is_admin", "is_owner", "is_moderator", "is_root", "is_anybody"):
        setattr(one, flag, True)
    for power in ("has_perm", "has_perms", "has_module_perms"):
        setattr(one, power, lambda *_: True)
    return one


@pytest.fixture
def all(mighty: Person) -> Everything:
    """One of everything, made after the mighty account."""
    return everything("ana", "bheki", "Norte")


@pytest.fixture
def rows(all: Everything) -> dict[str, Any]:
    """A subject for every kind of act; for kinds that are not here the organisation itself stands in."""
    motion = decide.propose_motion(doer(all.member), all.community, title="Roof", text="We mend the roof.")
    comment = decide.comment_on_motion(doer(all.member), motion, kind="reason", text="It leaks.")
    row = recall.open_recall(doer(all.lead), all.mandate, why="Never came to the council.")
    return {
        "Organisation": all.community,
        "Organisation | None": all.community,
        "Equipment": all.idle,
        "Product": all.spare,
        "Need": all.need,
        "Recipe": all.recipe,
        "Promise": all.promise,
        "Round": all.round,
        "Variant": all.waiting,
        "LineRefused": all.refusal,
        "Mandate": all.mandate,
        "Motion": motion,
        "Comment": comment,
        "Recall": row,
    }


def subject_of(verb: str, rows: dict[str, Any]) -> Any:
    """A row this act is about."""
    function = inspect.unwrap(ACTIONS[verb])
    kind = str(list(inspect.signature(function).parameters.values())[1].annotation)
    return rows["Motion"].pk if verb == "cast_ballot" else rows.get(kind, rows["Organisation"])


def everything_kept() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {model.__name__: sorted(map(repr, model._default_manager.values_list())) for model in apps.get_models()}


def guarded() -> Iterator[str]:
    """Every act that is not for anybody."""
    yield from sorted(set(ACTIONS) - FOR_ANYBODY)


def test_the_table_knows_every_action_and_no_power_but_membership_and_mandates() -> None:
    assert set(PERMISSIONS) >= set(ACTIONS)
    known = {ANYBODY, MEMBER, SEAT, UNHELD, "own", *RIGHTS}
    assert {right for needed in PERMISSIONS.values() for right in needed} <= known
    assert {verb for verb, needed in PERMISSIONS.items() if ANYBODY in needed} == FOR_ANYBODY
    assert {verb for verb, needed in PERMISSIONS.items() if not needed} == BEFORE_SIGNING_IN
    assert {right for _, rights in PURPOSES.values() for right in rights} <= set(RIGHTS)
    assert len(list(guarded())) > 60


@pytest.mark.parametrize("who_tries", ["carla", "root"])
def test_every_action_needs_membership_or_a_live_mandate(
    who_tries: str, all: Everything, rows: dict[str, Any]
) -> None:
    tries = Person.objects.get(handle="root") if who_tries == "root" else person("carla")
    if who_tries == "root":
        for flag in ("is_staff", "is_superuser", "is_admin", "is_owner"):
            setattr(tries, flag, True)
    Motion.objects.filter(pk=rows["Motion"].pk).update(state="open", opened=NOW, closes=NOW + timedelta(days=2))
    before, allowed = everything_kept(), []
    for verb in guarded():
        subject = subject_of(verb, rows)
        arguments = ("for",) if verb == "cast_ballot" else ()
        try:
            ACTIONS[verb](doer(tries), subject, *arguments)
        except NotAllowed:
            continue
        except Exception as error:
            allowed.append((verb, repr(error)))
        else:
            allowed.append((verb, "done"))
    assert allowed == []
    with pytest.raises(NotAllowed):
        undo.undo_act(doer(tries), all.act)
    assert everything_kept() == before
    assert rights_of(tries, all.community) == rights_of(tries, all.network) == set()


@pytest.mark.parametrize("held", ["ended", "run out", "not begun", "elsewhere", "live"])
def test_a_mandate_with_every_right_opens_what_it_opens_only_while_it_is_in_force_and_only_there(
    held: str, all: Everything
) -> None:
    one = person("lena")
    elsewhere = Organisation.objects.create(code="elsewhere", name="Elsewhere", kind="community")
    today = NOW.date()
    days = {"run out": (-9, -1), "not begun": (1, 9)}.get(held, (-9, 9))
    Mandate.objects.create(
        organisation=elsewhere if held == "elsewhere" else all.community,
        person=one,
        purpose="everything",
        rights=list(RIGHTS),
        starts=today + timedelta(days=days[0]),
        ends=today + timedelta(days=days[1]),
        ended=NOW if held == "ended" else None,
        decision="a decision",
    )
    opened = set()
    for verb in guarded():
        with transaction.atomic():
            try:
                permit(verb, doer(one), all.community)
                opened.add(verb)
            except NotAllowed:
                pass
    expected = (
        {verb for verb, needed in PERMISSIONS.items() if set(needed) & set(RIGHTS)} if held == "live" else set()
    )
    assert opened == expected & set(guarded())


def test_a_member_without_a_mandate_does_only_what_every_member_does(all: Everything) -> None:
    one = person("lena")
    Membership.objects.create(organisation=all.community, person=one, entered=NOW.date())
    opened = set()
    for verb in guarded():
        with transaction.atomic():
            try:
                permit(verb, doer(one), all.community)
                opened.add(verb)
            except NotAllowed:
                pass
    assert opened == {verb for verb in guarded() if MEMBER in PERMISSIONS[verb]}
    assert opened == {verb for verb in guarded() if may(verb, rights_of(one, all.community))}


def test_what_anybody_does_touches_no_organisation_but_an_own_new_one(all: Everything, mighty: Person) -> None:
    mine = {"Person", "Token", "Once", "Act"}
    before = everything_kept()
    ways: dict[str, dict[str, Any]] = {
        "join_with_code": {"code": "ABCD-EFGH-JKMN"},
        "take_over_entered": {"code": "ABCD-EFGH-JKMN", "minutes": MINUTES, "present": 9, "held_on": NOW.date()},
        "revoke_token": {"number": all.token.pk},
    }
    for verb, arguments in ways.items():
        with pytest.raises((Refused, NotAllowed, TypeError)):
            ACTIONS[verb](doer(mighty), None, **arguments)
    after = everything_kept()
    assert {name for name in before if before[name] != after[name]} <= mine
    all.token.refresh_from_db()
    assert all.token.revoked is None
    for one in (all.community, all.network, all.workshop):
        assert rights_of(mighty, one) == set()
    new = who.found_organisation(
        doer(mighty),
        None,
        name="Norte Barrio",
        kind="community",
        held_on=NOW.date(),
        present=1,
        minutes=MINUTES,
        purposes=list(PURPOSES),
    )
    assert new.pk != all.community.pk and rights_of(mighty, all.community) == set()
    with pytest.raises(NotAllowed):
        who.end_mandate(doer(mighty), all.mandate)


def test_an_account_has_no_flag_that_could_mean_power() -> None:
    fields = {field.name for field in Person._meta.get_fields()}
    for power in ("is_staff", "is_superuser", "is_admin", "groups", "user_permissions", "role"):
        assert power not in fields and not hasattr(Person, power)
    assert not any("admin" in app for app in settings.INSTALLED_APPS)
    assert not any("solidaria" in app for app in get_commands().values()), "no command of ours acts on the records"


def test_the_server_s_commands_do_nothing_for_an_organisation(all: Everything, mighty: Person) -> None:
    """What the framework brings along: no boss can be made with it, and tidying up leaves every organisation as it is."""
    before = everything_kept()
    with pytest.raises((CommandError, AttributeError, TypeError, ValueError)):
        call_command("createsuperuser", interactive=False, verbosity=0, handle="boss", name="Boss")
    call_command("clearsessions")
    call_command("remove_stale_contenttypes", interactive=False, verbosity=0)
    after = everything_kept()
    assert {name for name in before if before[name] != after[name]} <= {"Session"}


def test_what_happens_by_itself_happens_in_nobody_s_name_and_stands_in_the_history(all: Everything) -> None:
    """The server closes votes and opens those on recalls; each is told, under no person's name."""
    row = recall.open_recall(doer(all.lead), all.mandate, why="Never came to the council.")
    row.refresh_from_db()
    assert row.vote_opens is not None
    recall.open_due(row.vote_opens)
    motion = Motion.objects.get(recall=row)
    decide.close_due(motion.closes)
    council_votes.lapse_due(motion.closes)
    acts = Act.objects.filter(organisation=all.community, motion=motion)
    assert {(act.verb, act.person) for act in acts} == {("open_recall_vote", None), ("close_motion", None)}


# --- clocks nobody can switch off ---


@pytest.fixture
def owing(all: Everything) -> list[Obligation]:
    """The community, the workshop and the network owe something each: a recall's vote, two answers."""
    row = recall.open_recall(doer(all.lead), all.mandate, why="Never came to the council.")
    found = [Obligation.objects.get(recall=row)]
    for one in (all.workshop, all.network):
        motion = Motion.objects.create(
            organisation=one, number=99, title="An answer", text="We confirm it.", made=NOW, method="majority"
        )
        due = NOW + timedelta(days=20)
        found.append(clocks.oblige(one, clocks.RATIFICATION, NOW, due, motion=motion))
    return found


def test_no_action_takes_an_obligation_away(all: Everything, owing: list[Obligation]) -> None:
    """Every form of every page, sent by somebody who holds every mandate: the clocks run on as they were."""
    before = set(Obligation.objects.values_list())
    client, acted = Client(raise_request_exception=False), set()
    client.force_login(all.lead)
    for pattern, line in LINES.items():
        if "POST" not in line.methods.split():
            continue
        with transaction.atomic():
            seen = set(Act.objects.values_list("pk", flat=True))
            client.post(filled(pattern, line.args(all)), line.data(all))
            acted |= set(Act.objects.exclude(pk__in=seen).values_list("verb", flat=True))
            assert before <= set(Obligation.objects.values_list()), pattern
            transaction.set_rollback(True)
    assert len(acted) > 30, acted


def test_only_the_clocks_themselves_write_obligations() -> None:
    """No other place in the program changes or deletes one: a vote's closing goes through actions/clocks.py."""
    writing = set()
    package = Path(solidaria.__file__).parent
    for path in package.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in (
                "delete",
                "update",
                "create",
                "bulk_create",
                "save",
            ):
                text = ast.unparse(node)
                if "Obligation" in text or "obligations" in text or "owed" in text:
                    writing.add(str(path.relative_to(package)))
    assert writing == {"actions/clocks.py"}


def test_officers_cannot_take_off_change_or_amend_what_has_to_be_answered(
    all: Everything, owing: list[Obligation]
) -> None:
    """A motion an organisation owes an answer on cannot be taken off, changed, or amended by its officers."""
    motion = owing[1].motion
    assert motion is not None
    with pytest.raises(Refused, match="nobody can take it off"):
        decide.withdraw_motion(doer(all.lead), motion)
    with pytest.raises(Refused, match="cannot be changed"):
        decide.propose_motion(doer(all.lead), all.workshop, title="Other", text="Something else.", amends=motion)
    with pytest.raises(NotAllowed):
        decide.edit_motion(doer(all.lead), motion, title="Other", text="Something else.", method="majority")


# --- the founding shortcut ends ---


def test_mandates_by_hand_end_with_the_first_decision(all: Everything) -> None:
    given = {"person": all.member.pk, "purpose": "teller", "decision": "assembly of May"}
    mandate = who.grant_mandate(doer(all.lead), all.community, **given)
    Motion.objects.create(
        organisation=all.community, number=99, title="x", text="y", made=NOW, state="carried", outcome="carried"
    )
    with pytest.raises(Refused, match="by decision, not by hand"):
        who.grant_mandate(doer(all.lead), all.community, **given)
    with pytest.raises(Refused, match="by decision, not by hand"):
        who.end_mandate(doer(all.lead), mandate)
    who.give_back_mandate(doer(all.member), mandate)


@pytest.mark.parametrize(("days", "refuses"), [(29, False), (31, True)])
def test_mandates_by_hand_end_30_days_after_the_founding(all: Everything, days: int, refuses: bool) -> None:
    later = Doer(all.lead, at=NOW + timedelta(days=days))
    given = {"person": all.member.pk, "purpose": "teller", "decision": "assembly of May"}
    if refuses:
        with pytest.raises(Refused, match="by decision, not by hand"):
            who.grant_mandate(later, all.community, **given)
    else:
        assert who.grant_mandate(later, all.community, **given).pk


def test_an_organisation_without_officers_can_still_decide(all: Everything) -> None:
    """Where nobody facilitates any more, any member opens a vote; as soon as somebody does, it is that task again."""
    motion = decide.propose_motion(
        doer(all.member),
        all.community,
        title="Bheki facilitates",
        text="Bheki facilitates for a year.",
        effects=[{"kind": "grant_mandate", "person": all.member.pk, "purpose": "facilitator"}],
    )
    closes = NOW + timedelta(hours=2)
    with pytest.raises(NotAllowed):
        decide.open_motion(doer(all.member), motion, closes=closes)
    Mandate.objects.filter(organisation=all.community).update(ended=NOW)
    decide.open_motion(doer(all.member), motion, closes=closes)
    decide.cast_ballot(doer(all.member), motion.pk, "for")
    with pytest.raises(NotAllowed):
        decide.close_motion(doer(all.member), motion)
    assert decide.close_due(closes) == 1
    assert "decide.facilitate" in rights_of(all.member, all.community)
    other = decide.propose_motion(doer(all.lead), all.community, title="Next", text="Something else.")
    with pytest.raises(NotAllowed):
        decide.open_motion(doer(all.lead), other, closes=closes)
