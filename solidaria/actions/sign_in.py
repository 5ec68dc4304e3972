"""Getting in: joining as somebody new, keys for programs, and coming back in when two members vouch."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from solidaria.actions import who
from solidaria.actions.acting import action, check, refused
from solidaria.actions.permit import Doer, NotAllowed, live_mandates
from solidaria.actions.who import LETTERS, digest_of
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.records.models import Act, Mandate, Membership, Organisation, Person, Recovery, Token, Vouch

SHORTEST_HANDLE, LONGEST_HANDLE, LONGEST_NAME = 3, 40, 80
#: Signs behind a sign-in name that was made from one somebody wished for: 27,000 names for each wish.
SIGNS_BEHIND = 3
_HANDLE = re.compile(r"\w[\w.\-]*\w")
#: How long two members have to vouch, and how many of them it takes.
RECOVERY_DAYS = 3
VOUCHES = 2
#: The longest a key for a program can live.
MOST_TOKEN_DAYS = 366


# --- joining as somebody new ---


def clean_handle(text: str) -> tuple[str, list[Fault]]:
    """A sign-in name as it is kept (small letters, one way to write each sign), and what is wrong with it."""
    handle = unicodedata.normalize("NFKC", text).strip().lower()
    fits = SHORTEST_HANDLE <= len(handle) <= LONGEST_HANDLE and _HANDLE.fullmatch(handle)
    if fits:
        return handle, []
    return handle, [
        Fault(
            "",
            None,
            "handle",
            say("This sign-in name does not fit."),
            say(
                "Use {least} to {most} letters and digits; dots and hyphens may stand between them.",
                least=SHORTEST_HANDLE,
                most=LONGEST_HANDLE,
            ),
        )
    ]


def free_handle(handle: str) -> str:
    """A sign-in name that nobody has: this one with a dot and SIGNS_BEHIND signs drawn by chance behind it.

    Also where nobody has the bare name: so nobody learns which names are taken.
    """
    base = handle[: LONGEST_HANDLE - SIGNS_BEHIND - 1].rstrip(".-")
    while True:
        found = f"{base}.{''.join(secrets.choice(LETTERS) for _ in range(SIGNS_BEHIND)).lower()}"
        if not Person.objects.filter(handle__iexact=found).exists():
            return found


def join_as_new(
    *, code: str, name: str, handle: str, password: str, language: str, at: datetime, tell_taken: bool = True
) -> Person:
    """Somebody new, on the roll of the organisation that printed the code: both or neither.

    A code that opens nothing is answered the same way whoever asks, and costs the same work.
    tell_taken   whether a sign-in name that somebody has is refused; else signs are put behind it (free_handle)
    """
    hashed = make_password(password)
    handle, faults = clean_handle(handle)
    faults += faults_of_name(name) + faults_of_password(password, Person(handle=handle, name=name.strip()))
    with transaction.atomic():
        # Somebody has to be there for the code to be used by; the sign-in name comes last, so that only people
        # with a code that opens something learn whether a name is taken.
        person = Person.objects.create(
            handle=secrets.token_hex(16), name=name.strip()[:LONGEST_NAME], password=hashed, language=language
        )
        try:
            who.join_with_code(Doer(person, at=at), None, code=code)
        except Refused as refusal:
            raise Refused([*faults, *refusal.faults]) from None
        if Person.objects.filter(handle__iexact=handle).exists():
            if tell_taken:
                faults.append(_taken())
            else:
                handle = free_handle(handle)
        check(faults)
        person.handle = handle
        try:
            with transaction.atomic():
                person.save(update_fields=["handle"])
        except IntegrityError:
            raise Refused([_taken()]) from None
    return person


def faults_of_name(name: str) -> list[Fault]:
    """What is wrong with the name the other members will see."""
    if not name.strip():
        return [Fault("", None, "name", say("The name is missing."), say("The other members see it on the roll."))]
    return []


def faults_of_password(password: str, person: Person) -> list[Fault]:
    """What is wrong with a new password, in the words of the framework's own checks."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        return [
            # The framework has translated its own words already.
            Fault("", None, "password", Sentence("{words}", {"words": str(words)}), say("Choose another one."))
            for words in error.messages
        ]
    return []


def _taken() -> Fault:
    return Fault(
        "",
        None,
        "handle",
        say("Somebody else has this sign-in name."),
        say("Choose another one; only you will see it."),
    )


def change_language(person: Person, language: str) -> None:
    """The language this person's pages come in, on every device from the next sign-in on."""
    Person.objects.filter(pk=person.pk).update(language=language)


@transaction.atomic
def close_account(person: Person, password: str, at: datetime) -> None:
    """The person goes: off every roll, mandates end, every way in ends, sign-in name and address are erased.

    The name stays where it stands in the history of organisations: who acted under which mandate is their record.
    Raises Refused when the password is not the person's.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    if not person.check_password(password):
        raise refused(
            "password", say("This is not your password."), say("Please mend it and send the form again.")
        )
    for organisation in Organisation.objects.filter(pk__in=_on_the_roll(at, person).values("organisation")):
        if Membership.objects.filter(person=person, organisation=organisation, left__isnull=True).exists():
            who.leave_organisation(Doer(person, at=at), organisation)
    person.tokens.filter(revoked__isnull=True).update(revoked=at)
    Authenticator.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()
    Recovery.objects.filter(person=person).delete()
    person.handle, person.email, person.is_active = secrets.token_hex(16), None, False
    person.set_unusable_password()
    person.save(update_fields=["handle", "email", "is_active", "password"])


# --- coming back in when two members vouch ---


@dataclass(frozen=True)
class Asked:
    """What the browser that asked gets: a code to tell two members, and a secret it keeps."""

    code: str
    secret: str


def ask_for_recovery(handle: str, at: datetime) -> Asked:
    """Begin: whoever asks, for whomever, gets the same answer after the same work.

    Older askings are thrown away on the way: they are kept for RECOVERY_DAYS and no longer.
    """
    Recovery.objects.filter(asked__lt=at - timedelta(days=RECOVERY_DAYS)).delete()
    handle, _ = clean_handle(handle)
    person = Person.objects.filter(handle__iexact=handle, is_active=True).first()
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    asked = Asked(f"{letters[:4]}-{letters[4:]}", secrets.token_hex(24))
    Recovery.objects.create(person=person, digest=digest_of(asked.code), secret=digest_of(asked.secret))
    return asked


def recovery_by_code(code: str, at: datetime) -> Recovery | None:
    """The open asking behind a code somebody was told; None when there is none, or nobody to vouch for."""
    return (
        _open(at).filter(digest=digest_of(code), person__isnull=False).select_related("person").first()
        if code.strip()
        else None
    )


def recovery_by_secret(secret: str, at: datetime) -> Recovery | None:
    """The open asking of the browser that keeps this secret."""
    return _open(at).filter(secret=digest_of(secret)).first() if secret else None


def _open(at: datetime) -> QuerySet[Recovery]:
    return Recovery.objects.filter(asked__gte=at - timedelta(days=RECOVERY_DAYS), done__isnull=True)


def shared_organisations(one: Person, other: Person, at: datetime) -> list[Organisation]:
    """The organisations both are on the roll of today, by name."""
    both = _on_the_roll(at, one).filter(organisation__in=_on_the_roll(at, other).values("organisation"))
    return list(Organisation.objects.filter(pk__in=both.values("organisation")).order_by("name", "code"))


def _on_the_roll(at: datetime, person: Person | None = None) -> QuerySet[Membership]:
    day = at.date()
    rows = Membership.objects.filter(Q(left__isnull=True) | Q(left__gte=day), entered__lte=day)
    return rows if person is None else rows.filter(person=person)


@action
def vouch(doer: Doer, organisation: Organisation, *, code: str) -> Vouch:
    """A member says: it is really this person, and he or she is one of us.

    Nobody vouches for himself or for somebody outside the organisation; twice counts once.
    """
    if doer.token is not None:
        raise NotAllowed(say("Only a person can vouch, not a program."), hidden=False)
    recovery = recovery_by_code(code, doer.at)
    if recovery is None or recovery.person is None:
        raise unknown_code()
    if organisation not in shared_organisations(doer.person, recovery.person, doer.at):
        raise unknown_code()
    if recovery.person_id == doer.person.pk:
        raise refused("code", say("Nobody can vouch for himself or herself."), say("Ask two other members."))
    made, _ = Vouch.objects.get_or_create(recovery=recovery, member=doer.person)
    return made


def unknown_code() -> Refused:
    """The one answer to a code that is wrong, too old, or about somebody the member does not share a roll with."""
    return refused(
        "code",
        say("This code does not belong to anybody you share an organisation with."),
        say("Check the letters with the person; a code is good for {days} days.", days=RECOVERY_DAYS),
    )


def vouched(recovery: Recovery, at: datetime) -> int:
    """How many vouches count today: the most that come from members of one organisation the person belongs to."""
    if recovery.person is None:
        return 0
    vouchers = Vouch.objects.filter(recovery=recovery).exclude(member=recovery.person_id).values("member")
    counts = (
        _on_the_roll(at)
        .filter(person__in=vouchers, organisation__in=_on_the_roll(at, recovery.person).values("organisation"))
        .values("organisation")
        .annotate(count=Count("person", distinct=True))
        .values_list("count", flat=True)
    )
    return max(counts, default=0)


def finish_recovery(secret: str, password: str, at: datetime) -> Person:
    """A new password, once VOUCHES members have vouched; every other way in ends: sessions, passkeys, keys.

    Without enough vouches it is refused, after the same work, whether the person exists or not.
    """
    hashed = make_password(password)
    with transaction.atomic():
        recovery = _open(at).select_for_update(of=("self",)).filter(secret=digest_of(secret)).first()
        if recovery is None or recovery.person is None or vouched(recovery, at) < VOUCHES:
            raise refused(
                None,
                say("Two members have not vouched yet."),
                say("Tell them the code. They enter it on this server, under their own name."),
            )
        person = Person.objects.select_for_update().get(pk=recovery.person.pk)
        check(faults_of_password(password, person))
        person.password = hashed
        person.save(update_fields=["password"])
        Authenticator.objects.filter(user=person).delete()
        person.tokens.filter(revoked__isnull=True).update(revoked=at)
        Recovery.objects.filter(person=person, done__isnull=True).update(done=at)
        Act.objects.create(
            at=at, person=person, verb="finish_recovery", kind="Recovery", subject=recovery.pk, name=person.name
        )
    return person


# --- a new password by a link in a letter ---


def reset_key(address: str) -> tuple[Person, str, str] | None:
    """Whose confirmed address this is, and the two parts of a link that lets him or her choose a new password.

    The link works once: signing in or choosing a password makes it good for nothing, and so does the time that the
    settings give it (PASSWORD_RESET_TIMEOUT). None where nobody has confirmed the address.
    """
    rows = EmailAddress.objects.filter(email__iexact=address.strip(), verified=True, user__is_active=True)
    found = rows.select_related("user").order_by("pk").first()
    if found is None:
        return None
    person: Person = found.user
    return person, urlsafe_base64_encode(str(person.pk).encode()), default_token_generator.make_token(person)


def person_of_reset(uid: str, token: str) -> Person | None:
    """Whose link it is, as long as it is good; None for every other link."""
    person = _named(uid)
    return person if person is not None and default_token_generator.check_token(person, token) else None


def _named(uid: str) -> Person | None:
    try:
        number = urlsafe_base64_decode(uid[:60]).decode("ascii")
    except (ValueError, UnicodeDecodeError):
        return None
    if not number.isdecimal() or len(number) > 18:
        return None
    return Person.objects.filter(pk=int(number), is_active=True).first()


def reset_password(uid: str, token: str, password: str, at: datetime) -> Person:
    """A new password by the link of a letter, once; all sessions end, and open askings for two members too.

    Passkeys and the app stay: whoever reads somebody's letters does not pass the second lock.
    Raises Refused for a link that is too old or was used, after the same work as for a good one.
    """
    hashed = make_password(password)
    with transaction.atomic():
        named = _named(uid)
        person = None if named is None else Person.objects.select_for_update(of=("self",)).get(pk=named.pk)
        if person is None or not default_token_generator.check_token(person, token):
            raise refused(None, say("This link is too old, or was used already."), say("Ask for a new letter."))
        check(faults_of_password(password, person))
        person.password = hashed
        person.save(update_fields=["password"])
        stop_recoveries(person, at)
    return person


def open_recoveries(person: Person, at: datetime) -> int:
    """How many open askings there are for this person; he or she should hear of them."""
    return _open(at).filter(person=person).count()


def stop_recoveries(person: Person, at: datetime) -> int:
    """It was not me: every open asking for this person ends. Gives back how many there were."""
    return _open(at).filter(person=person).update(done=at)


# --- keys for programs ---


@action
def make_token(
    doer: Doer,
    organisation: Organisation | None,
    *,
    name: str,
    days: int | None,
    shown: list[str],
    mandate: Mandate | None = None,
) -> Token:
    """A key for a program: under one mandate of the person, or as a member only. Its text goes into `shown`, once.

    organisation   that of the mandate; None for a key without one
    """
    faults = []
    if doer.token is not None:
        raise NotAllowed(say("A program cannot make keys."), hidden=False)
    if not name.strip():
        faults.append(Fault("", None, "name", say("The name is missing."), say("Write which program it is for.")))
    if days is None or not 1 <= days <= MOST_TOKEN_DAYS:
        faults.append(
            Fault(
                "",
                None,
                "days",
                say("A key lives between 1 and {most} days.", most=MOST_TOKEN_DAYS),
                say("Choose fewer days if you can."),
            )
        )
    if mandate is not None and not live_mandates(doer.at).filter(pk=mandate.pk, person=doer.person).exists():
        faults.append(
            Fault("", None, "mandate", say("This mandate is not yours, or has ended."), say("Choose another one."))
        )
    check(faults)
    assert days is not None
    letters = "".join(secrets.choice(LETTERS) for _ in range(32))
    text = "SOL-" + "-".join(letters[at : at + 8] for at in range(0, 32, 8))
    shown.append(text)
    return Token.objects.create(
        person=doer.person,
        mandate=mandate,
        name=name.strip()[:60],
        digest=digest_of(text),
        ends=doer.at.date() + timedelta(days=days),
    )


@action
def revoke_token(doer: Doer, organisation: Organisation | None, *, token: int) -> Token:
    """A key of one's own opens nothing from now on."""
    row = Token.objects.select_for_update(of=("self",)).filter(pk=token, person=doer.person).first()
    if row is None:
        raise NotAllowed(say("This key is not yours."), hidden=True)
    if row.revoked is None:
        row.revoked = doer.at
        row.save(update_fields=["revoked"])
    return row
