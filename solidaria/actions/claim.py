"""Who: an organisation that a network entered from a workbook gets its own assembly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from solidaria.actions.acting import action, check, refused
from solidaria.actions.permit import PURPOSES, Doer
from solidaria.actions.who import CODE_DAYS, new_code
from solidaria.core.problem import Fault, Sentence, say
from solidaria.records.models import Founding, JoiningCode, Mandate, Membership, Organisation

#: The batches of codes that open a founding and nothing else.
BATCH = "founding"


def entered_and_unrun(network: Organisation) -> QuerySet[Organisation]:
    """The organisations a network entered that nobody runs here yet, by name."""
    run = Q(founding__isnull=False) | Q(memberships__isnull=False) | Q(mandates__isnull=False)
    return Organisation.objects.filter(entered_by=network).exclude(run).order_by("name", "code")


def founding_digest(code: str) -> str:
    """The hash of a founding code; another one than that of a joining code, so that neither opens the other's door."""
    bare = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(b"solidaria-founding:" + bare.encode()).hexdigest()


@action
def print_founding_code(
    doer: Doer, network: Organisation, *, organisation: Organisation, codes: list[str]
) -> Organisation:
    """One code for the founding assembly of an organisation the network entered, put into `codes`, shown once.

    An earlier code that was not used opens nothing any more: one founding assembly, one code.
    A key that was used before gives no code: it is not kept anywhere, only its hash.
    """
    organisation = Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation.pk)
    if not entered_and_unrun(network).filter(pk=organisation.pk).exists():
        raise refused(
            "organisation",
            say(
                "{organisation} is not one that this network entered and nobody runs.",
                organisation=organisation.name,
            ),
            say("Choose one from the list."),
        )
    JoiningCode.objects.filter(
        organisation=organisation, batch=BATCH, used__isnull=True, revoked__isnull=True
    ).update(revoked=doer.at)
    code = new_code()
    JoiningCode.objects.create(
        organisation=organisation,
        batch=BATCH,
        digest=founding_digest(code),
        ends=doer.at.date() + timedelta(days=CODE_DAYS),
    )
    codes[:] = [code]
    return network


@action
def take_over_entered(
    doer: Doer,
    subject: None,
    *,
    code: str,
    held_on: date | None,
    present: int | None,
    minutes: str,
    purposes: Iterable[str] = (),
) -> Organisation:
    """The organisation a founding code is for, now run by its own assembly: minutes, first roll, first mandates.

    Its code, its needs and its place in the network stay as the network entered them; from here on the network can
    no longer change it. Never twice: an organisation that has an assembly cannot be taken over.

    code       the founding code, in any writing: small letters, with or without hyphens
    purposes   what the assembly gave the person who writes the minutes: names from PURPOSES
    """
    purposes = list(purposes)
    found = (
        JoiningCode.objects.select_for_update(of=("self",))
        .filter(digest=founding_digest(code), used__isnull=True, revoked__isnull=True, ends__gte=doer.at.date())
        .first()
    )
    faults: list[Fault] = []
    if found is None:
        faults.append(
            _fault(
                "code",
                say("This code does not open anything."),
                say(
                    "Check the letters; it works once and for {days} days. Ask the network for a new one.",
                    days=CODE_DAYS,
                ),
            )
        )
    if held_on is None:
        faults.append(_fault("held_on", say("The day of the founding assembly is missing.")))
    elif held_on > doer.at.date():
        faults.append(_fault("held_on", say("The founding assembly lies in the future.")))
    if not present or present < 1:
        faults.append(_fault("present", say("How many were present is missing.")))
    if len(minutes.strip()) < 20:
        faults.append(
            _fault(
                "minutes",
                say("The minutes are missing."),
                say(
                    "Write who was there, what was decided, and who was given which task: a few sentences are enough."
                ),
            )
        )
    if any(purpose not in PURPOSES for purpose in purposes):
        faults.append(_fault("purposes", say("One of the tasks is not known.")))
    check(faults)
    assert found is not None and held_on is not None and present is not None
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=found.organisation_id)
    if organisation.entered_by_id is None:
        raise refused(
            "code",
            say("{organisation} has its assembly already.", organisation=organisation.name),
            say("Ask its members for a joining code."),
        )
    found.used = doer.at
    found.save(update_fields=["used"])
    organisation.entered_by = None
    organisation.save(update_fields=["entered_by"])
    Founding.objects.create(
        organisation=organisation,
        held_on=held_on,
        present=present,
        minutes=minutes.strip()[:20000],
        entered_by=doer.person,
    )
    Membership.objects.create(organisation=organisation, person=doer.person, entered=held_on)
    today = doer.at.date()
    for purpose in purposes:
        Mandate.objects.create(
            organisation=organisation,
            person=doer.person,
            purpose=purpose,
            rights=list(PURPOSES[purpose][1]),
            starts=held_on,
            ends=today + timedelta(days=365),
            decision=f"founding assembly, {held_on.isoformat()}",
        )
    return organisation


def _fault(column: str, what: Sentence, help: Sentence | None = None) -> Fault:
    return Fault("", None, column, what, help or say("Please mend it and send the form again."))
