"""Who: an organisation that a network entered from a workbook gets its own assembly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from solidaria.actions import who
from solidaria.actions.acting import action, check, refused
from solidaria.actions.permit import Doer
from solidaria.actions.who import CODE_DAYS, new_code
from solidaria.core.problem import Fault, Sentence, say
from solidaria.records.models import JoiningCode, Organisation

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
    present: int | str | None,
    minutes: str,
    purposes: Iterable[str] = (),
) -> Organisation:
    """The organisation a founding code is for, now run by its own assembly: minutes, first roll, first mandates.

    Its code, its needs and its place in the network stay as the network entered them; from here on the network can
    no longer change it. Never twice: an organisation that has an assembly cannot be taken over.

    code       the founding code, in any writing: small letters, with or without hyphens
    present    how many were there; a text is read as a whole number
    purposes   what the assembly gave the person who writes the minutes: names from PURPOSES; for a year from its day
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
    count, wrong = who.read_present(present)
    faults += who.founding_faults(doer, held_on=held_on, minutes=minutes, purposes=purposes) + wrong
    check(faults)
    assert found is not None and held_on is not None and count is not None
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
    organisation.language = doer.person.language or organisation.language
    organisation.save(update_fields=["entered_by", "language"])
    who.begin(doer, organisation, held_on=held_on, present=count, minutes=minutes, purposes=purposes)
    return organisation


def _fault(column: str, what: Sentence, help: Sentence | None = None) -> Fault:
    return Fault("", None, column, what, help or say("Please mend it and send the form again."))
