"""What is kept about people: every table that points at a person, its fields, what for and for how long.

The privacy page and the account page are made from this; a test compares it with the database's own tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from solidaria.actions.sign_in import RECOVERY_DAYS
from solidaria.actions.tidy import ONCE_DAYS
from solidaria.core.problem import Sentence, say


@dataclass(frozen=True)
class Kept:
    """One table.

    what     what a row is; why: what it is for; until: how long it is kept
    fields   the database's name of each personal field and what it holds; where `whole`, that is all of them,
             otherwise only those that point at a person
    """

    what: Sentence
    why: Sentence
    until: Sentence
    fields: dict[str, Sentence] = field(default_factory=dict)
    whole: bool = True


_HISTORY = say("As long as the organisation keeps its history: it is its record of who acted under which mandate.")
_NUMBER = say("a number that only the database uses")
_WHO = say("who it is about")

TABLES: dict[str, Kept] = {
    "Person": Kept(
        say("Your account"),
        say("To let you in, and to show you to the other members."),
        say(
            "Until you close the account. Your name stays in the history of your organisations, with what you did."
        ),
        {
            "id": _NUMBER,
            "handle": say("your sign-in name; only you see it"),
            "name": say("what the other members call you"),
            "email": say("your e-mail address, if you gave one; only for codes and links to get in"),
            "language": say("the language of your pages"),
            "password": say("not the password: a fingerprint of it, from which it cannot be read back"),
            "last_login": say("when you signed in last"),
            "is_active": say("whether the account is open"),
            "created": say("when the account was made"),
        },
    ),
    "Membership": Kept(
        say("Your place on a roll"),
        say(
            "It gives you the rights of a member. The other members of that organisation see your name and the day."
        ),
        say("The roll is part of the organisation's record: later votes and plans rest on who belonged then."),
        {
            "id": _NUMBER,
            "organisation": say("the organisation"),
            "person": _WHO,
            "entered": say("the day you came"),
            "left": say("the day you left"),
        },
    ),
    "Mandate": Kept(
        say("Your mandates"),
        say("They say what an assembly asked you to do, so that you may do it and others can check."),
        _HISTORY,
        {
            "id": _NUMBER,
            "organisation": say("the organisation"),
            "person": _WHO,
            "purpose": say("what for"),
            "rights": say("what it allows"),
            "instructions": say("what the assembly told you"),
            "starts": say("first day"),
            "ends": say("last day"),
            "ended": say("when it was recalled or given back"),
            "founding": say("the founding assembly it rests on"),
            "decision": say("the decision it rests on, in words"),
            "motion": say("the motion that gave it"),
            "created": say("when it was written down"),
        },
    ),
    "Act": Kept(
        say("What you did"),
        say("The history of your organisations: what was done, when, under which mandate. Members see it."),
        _HISTORY,
        {"person": say("who did it")},
        whole=False,
    ),
    "Founding": Kept(
        say("Minutes you wrote down"),
        say("An organisation's first roll and first mandates rest on the minutes of its founding assembly."),
        _HISTORY,
        {"entered_by": say("who wrote them down")},
        whole=False,
    ),
    "Need": Kept(
        say("Needs you declared"),
        say("So that you can change your own, and others can ask you about them."),
        _HISTORY,
        {"declared_by": say("who declared it")},
        whole=False,
    ),
    "Variant": Kept(
        say("Plans you asked for"),
        say("So that members see under whose mandate a plan was made."),
        _HISTORY,
        {"asked_by": say("who asked for it")},
        whole=False,
    ),
    "Attendance": Kept(
        say("Assemblies you were at"),
        say("To know whether enough members were there to decide."),
        _HISTORY,
        {
            "id": _NUMBER,
            "assembly": say("the assembly"),
            "person": _WHO,
            "came": say("when you came"),
        },
    ),
    "AgendaItem": Kept(
        say("What you put on an agenda"),
        say("So that the assembly knows whom to ask."),
        _HISTORY,
        {"proposer": say("who proposed it")},
        whole=False,
    ),
    "Speech": Kept(
        say("When you spoke"),
        say("The speaking list of an assembly."),
        _HISTORY,
        {"person": say("who spoke")},
        whole=False,
    ),
    "Correction": Kept(
        say("Corrections you asked for in minutes"),
        say("Whoever was present can say what was different."),
        _HISTORY,
        {"person": say("who asked for it")},
        whole=False,
    ),
    "Motion": Kept(
        say("Motions you proposed"),
        say("Members see who proposes what they vote on."),
        _HISTORY,
        {"declared_by": say("who proposed it")},
        whole=False,
    ),
    "Handover": Kept(
        say("Deliveries you wrote down or confirmed"),
        say("So that both sides can ask who handed over and who received."),
        _HISTORY,
        {"given_by": say("who handed over"), "confirmed_by": say("who confirmed it")},
        whole=False,
    ),
    "Payment": Kept(
        say("Payments you drafted or released"),
        say(
            "Two people answer for the organisation's money. Pay for your hours stands under the number of your place."
        ),
        _HISTORY,
        {"drafted_by": say("who drafted it"), "released_by": say("who released it")},
        whole=False,
    ),
    "BankStatement": Kept(
        say("Bank statements you brought in"),
        say("So that members can ask who did it. Its lines hold what the bank wrote, names of others among it."),
        _HISTORY,
        {"by": say("who brought it in")},
        whole=False,
    ),
    "BankBooking": Kept(
        say("Lines of the bank you booked"),
        say("So that members can ask who said what a line was."),
        _HISTORY,
        {"by": say("who booked it")},
        whole=False,
    ),
    "HoursSheet": Kept(
        say("Sheets of hours you brought in"),
        say("So that members can ask who did it. The hours stand in the books under the number of each place."),
        _HISTORY,
        {"by": say("who brought it in")},
        whole=False,
    ),
    "HandoverPhoto": Kept(
        say("Photos of deliveries you brought in"),
        say(
            "So that both sides see what was delivered. Where, when and with which phone it was taken is removed."
        ),
        _HISTORY,
        {"by": say("who brought it in")},
        whole=False,
    ),
    "Comment": Kept(
        say("What you said about motions"),
        say("The discussion of a motion, with names, for its members."),
        _HISTORY,
        {"declared_by": say("who said it")},
        whole=False,
    ),
    "Voter": Kept(
        say("Votes you could take part in"),
        say("So that everybody votes once. In a secret vote, how you voted is kept nowhere with your name."),
        _HISTORY,
        {
            "id": _NUMBER,
            "motion": say("the motion"),
            "person": _WHO,
            "voted": say("whether a ballot came; not how, and not when"),
        },
    ),
    "OpenBallot": Kept(
        say("How you voted in open votes"),
        say("An open vote is one with names: the members see them, as when hands are raised."),
        _HISTORY,
        {
            "person": say("who voted"),
            "by_voice": say("the teller who entered it for somebody"),
        },
        whole=False,
    ),
    "PaperCount": Kept(
        say("Counts you made as a teller"),
        say("A count of hands or paper is taken only when two tellers agree."),
        _HISTORY,
        {"teller": say("who counted")},
        whole=False,
    ),
    "SplitVote": Kept(
        say("Votes you cast as a delegate"),
        say("Your base sees how its delegate cast its votes."),
        _HISTORY,
        {"cast_by": say("the delegate")},
        whole=False,
    ),
    "Recall": Kept(
        say("Recalls you opened"),
        say("Whoever is to be recalled may know who asks for it, and why."),
        _HISTORY,
        {"opened_by": say("who opened it")},
        whole=False,
    ),
    "Signature": Kept(
        say("Recalls you signed"),
        say("A recall comes to a vote when enough members have signed."),
        _HISTORY,
        {"person": say("who signed")},
        whole=False,
    ),
    "Once": Kept(
        say("Forms you sent"),
        say("So that a form that is sent twice does its work only once."),
        say("{days} days.", days=ONCE_DAYS),
        {"person": say("who sent it")},
        whole=False,
    ),
    "Token": Kept(
        say("Keys you made for programs"),
        say("So that a program can act for you, and you can see and revoke that."),
        say("As long as you have the account; a key opens nothing after its last day."),
        {
            "id": _NUMBER,
            "person": _WHO,
            "mandate": say("the mandate it may use"),
            "name": say("the name you gave it"),
            "digest": say("not the key: a fingerprint of it"),
            "created": say("when it was made"),
            "ends": say("last day"),
            "revoked": say("when you revoked it"),
            "last_used": say("the day it was used last"),
        },
    ),
    "Recovery": Kept(
        say("Askings for help to get in"),
        say("When somebody cannot get in and asks two members to vouch."),
        say("{days} days.", days=RECOVERY_DAYS),
        {
            "id": _NUMBER,
            "person": _WHO,
            "digest": say("not the code: a fingerprint of it"),
            "secret": say("not the browser's secret: a fingerprint of it"),
            "asked": say("when it was asked"),
            "done": say("when it ended"),
        },
    ),
    "Vouch": Kept(
        say("Whom you vouched for"),
        say("To count two different members."),
        say("Thrown away together with the asking; the history of the organisation keeps that you vouched."),
        {
            "id": _NUMBER,
            "recovery": say("the asking"),
            "member": say("who vouched"),
            "at": say("when"),
        },
    ),
    "Authenticator": Kept(
        say("Your passkeys and codes"),
        say("To let you in without a password, or with a second proof."),
        say("Until you remove them, or two members vouch for you."),
        {
            "id": _NUMBER,
            "user": _WHO,
            "type": say("passkey, app or codes on paper"),
            "data": say("the public half of a passkey, the seed of the app, the name you gave it"),
            "created_at": say("when it was made"),
            "last_used_at": say("when it was used last"),
        },
    ),
    "EmailAddress": Kept(
        say("Your e-mail address"),
        say(
            "Only where this server sends e-mail, and only if you gave one: to send you codes to sign in and links to "
            "choose a new password."
        ),
        say("Until you remove it."),
        {
            "id": _NUMBER,
            "user": _WHO,
            "email": say("the address"),
            "verified": say("whether it was seen to work"),
            "primary": say("whether it is the one to write to"),
        },
    ),
    "Session": Kept(
        say("Being signed in"),
        say("So that you need not sign in on every page."),
        say("Two weeks after your last visit at most; signing out or a new password ends it at once."),
        {
            "session_key": say("the number in your browser's cookie"),
            "session_data": say("who is signed in and how, signed by the server"),
            "expire_date": say("when it ends"),
        },
    ),
}
