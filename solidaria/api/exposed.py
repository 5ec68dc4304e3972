"""Which actions programs can do, and why they cannot do the others; a test compares this with every action there is."""

from __future__ import annotations

from ninja import NinjaAPI

_BY_HAND = "rests on the minutes of an assembly, which a person enters and answers for"
_CODES = "shows codes once, to be printed; a program would keep them"
_IN_PERSON = "is something a person does about himself or herself, signed in"
_BINDING = "binds an organisation: a person with the mandate reads the terms and says yes"
_BETWEEN = "is settled between people of the two sides, who ask each other why and by when"
_SECOND = "is the second look at a payment: a person who did not draft it lets the money go"
_LOOKED_AT = (
    "is looked at by a person first: nothing of a file or a bank line is booked before somebody confirms it"
)
_ASSEMBLY = "is part of an assembly: people speak, sign and vote there themselves, and no program for them"

#: Action -> why no key opens it.
NOT_FOR_PROGRAMS: dict[str, str] = {
    "found_organisation": _BY_HAND,
    "take_over_entered": _BY_HAND,
    "grant_mandate": "gives rights: a key could make itself new rights with it",
    "end_mandate": "takes rights: an assembly recalls, and its secretary writes it down",
    "give_back_mandate": _IN_PERSON,
    "print_codes": _CODES,
    "print_founding_code": _CODES,
    "revoke_codes": "goes with printing codes",
    "join_with_code": _IN_PERSON,
    "change_language": _IN_PERSON,
    "ask_for_recovery": _IN_PERSON,
    "leave_organisation": _IN_PERSON,
    "vouch": _IN_PERSON,
    "make_token": "a key could make itself further keys with it",
    "revoke_token": _IN_PERSON,
    **dict.fromkeys(
        (
            "propose_motion edit_motion withdraw_motion comment_on_motion withdraw_comment open_motion close_motion "
            "cast_ballot cast_split vote_by_voice enter_paper_count open_recall sign_recall reply_to_recall "
            "give_seat ask_for_ratification refer_back open_again carry_down carry_up "
            "call_assembly open_assembly end_assembly add_agenda_item move_agenda_item attend note_attendance "
            "ask_to_speak give_the_floor end_speech write_minutes correct_minutes take_correction"
        ).split(),
        _ASSEMBLY,
    ),
    **dict.fromkeys("bring_file drop_file take_statement take_hours accept_suggestions".split(), _LOOKED_AT),
    **dict.fromkeys("open_bank_account book_line leave_line take_up_line undo_booking".split(), _LOOKED_AT),
    "agree_by_mandate": _BINDING,
    "release_payment": _SECOND,
    "tell_delay": _BETWEEN,
    "agree_to_delay": _BETWEEN,
    "note_review": "is what both sides found when they looked at the agreement together",
    "print_voting_codes": _CODES,
    "revoke_voting_codes": "goes with printing codes",
}


def exposed(api: NinjaAPI) -> dict[str, str]:
    """Action -> method and path of the operation that does it, read from the API's own description."""
    found = {}
    for path, operations in api.get_openapi_schema(path_prefix="")["paths"].items():
        for method, operation in operations.items():
            if "x-action" in operation:
                found[operation["x-action"]] = f"{method.upper()} {path}"
    return found
