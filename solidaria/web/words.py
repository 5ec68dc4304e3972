"""Words of the pages that stand for ids of the program."""

from __future__ import annotations

from babel import Locale

from solidaria.actions.permit import PURPOSES
from solidaria.core.decide import HOUSE_RULES, house_rule_told
from solidaria.core.problem import Sentence, say
from solidaria.records.models.who import SPOKEN

STATES: dict[str, Sentence] = {
    "producing": say("producing"),
    "idle": say("idle"),
    "occupied": say("occupied"),
    "closed": say("closed"),
}
LEGAL: dict[str, Sentence] = {
    "": say("not said"),
    "ours": say("the workers own it"),
    "rented": say("rented"),
    "court": say("a court gave it into the workers' hands for a time"),
    "expropriated": say("expropriated for the workers by law"),
    "occupied": say("occupied"),
    "eviction": say("occupied, with an order of eviction"),
    "unclear": say("unclear"),
}
ALLIANCES: dict[str, Sentence] = {
    "buys": say("buying from each other"),
    "supports": say("support"),
    "learns": say("learning together"),
    "defends": say("defence"),
    "shares": say("sharing machines or places"),
    "funds": say("funding"),
}
SHOWS: dict[str, Sentence] = {
    "about": say("what it says about itself"),
    "place": say("its place, also on the map"),
    "contact": say("how to reach it"),
    "members": say("how many members it has"),
    "networks": say("its networks"),
    "alliances": say("its alliances"),
    "state": say("whether the site is producing, idle, occupied or closed"),
    "products": say("what it makes"),
    "mandates": say("which mandates it has given, without names"),
}
VARIANT_STATES: dict[str, Sentence] = {
    "waiting": say("waiting for its turn"),
    "running": say("being made"),
    "done": say("ready"),
    "refused": say("refused: the records do not fit together"),
    "failed": say("stopped by an error"),
    "cancelled": say("called off"),
}
MOTION_STATES: dict[str, Sentence] = {
    "draft": say("talked about"),
    "open": say("open vote"),
    "carried": say("carried"),
    "lost": say("not carried"),
    "referred": say("back to the bases"),
    "withdrawn": say("withdrawn"),
}
COMMENTS: dict[str, Sentence] = {
    "question": say("question"),
    "reason": say("reason"),
    "objection": say("objection"),
}
BALLOTS: dict[str, Sentence] = {
    "for": say("for"),
    "against": say("against"),
    "abstain": say("abstaining"),
    "consent": say("consent"),
    "stand aside": say("stands aside"),
    "object": say("objects"),
}
OBLIGATIONS: dict[str, Sentence] = {
    "recall vote": say("vote on a recall"),
    "ratification": say("confirm or refuse a council's decision"),
    "referred back": say("answer a motion that a council sent back"),
    "special congress": say("hold the special congress that the bases asked for"),
    "review": say("look at a decision again"),
}


def act_name(kind: str, name: str) -> Sentence | str:
    """What an act was about, as history keeps it, with the program's own ids in words: a mandate's purpose, a rule."""
    if kind in ("Mandate", "Recall"):
        person, _, purpose = name.rpartition(": ")
        if purpose in PURPOSES:
            return say("{name}: {purpose}", name=person, purpose=PURPOSES[purpose][0])
    if kind == "HouseRule":
        rule, _, value = name.partition(": ")
        if rule in HOUSE_RULES:
            return house_rule_told(rule, value)
    return name


def spoken() -> list[tuple[str, Sentence | str]]:
    """The languages in which an organisation's own words can be, each by its own name; blank: not said."""
    found = [(code, str(Locale.parse(code).get_display_name(code) or code)) for code in SPOKEN]
    return [("", say("not said")), *((code, name[:1].upper() + name[1:]) for code, name in found)]


#: What an act was, for the history page: "Ana declared a need".
VERBS: dict[str, Sentence] = {
    "found_organisation": say("founded the organisation"),
    "join_with_code": say("joined with a printed code"),
    "print_founding_code": say("printed the code for a founding assembly"),
    "take_over_entered": say("brought the minutes of the founding assembly"),
    "change_language": say("changed the language"),
    "describe_organisation": say("described the organisation"),
    "show_publicly": say("chose what the public page shows"),
    "print_codes": say("printed joining codes"),
    "revoke_codes": say("revoked joining codes"),
    "leave_organisation": say("left the organisation"),
    "grant_mandate": say("wrote down a mandate"),
    "end_mandate": say("ended a mandate"),
    "give_back_mandate": say("gave a mandate back"),
    "keep_site": say("wrote down the site's people, hours and state"),
    "ask_to_belong": say("asked to join a network"),
    "invite_to_belong": say("invited an organisation into the network"),
    "agree_to_belong": say("agreed to a membership in a network"),
    "leave_network": say("ended a membership in a network, or the request for one"),
    "ask_for_alliance": say("proposed an alliance"),
    "agree_to_alliance": say("agreed to an alliance"),
    "end_alliance": say("ended an alliance, or the proposal of one"),
    "vouch": say("vouched for a member"),
    "finish_recovery": say("came back in after two members vouched"),
    "make_token": say("made a key for a program"),
    "revoke_token": say("revoked a key for a program"),
    "call_assembly": say("called an assembly"),
    "add_agenda_item": say("put something on the agenda"),
    "move_agenda_item": say("changed the order of the agenda"),
    "open_assembly": say("opened the assembly"),
    "end_assembly": say("ended the assembly"),
    "attend": say("was present"),
    "note_attendance": say("noted who was present"),
    "ask_to_speak": say("asked to speak"),
    "give_the_floor": say("gave the floor"),
    "end_speech": say("ended a speech"),
    "write_minutes": say("wrote the minutes"),
    "correct_minutes": say("corrected the minutes"),
    "take_correction": say("took a correction into the minutes"),
    "approve_minutes": say("minutes were approved"),
    "propose_motion": say("proposed a motion"),
    "edit_motion": say("changed a motion"),
    "withdraw_motion": say("withdrew a motion"),
    "comment_on_motion": say("spoke to a motion"),
    "withdraw_comment": say("took words back"),
    "open_motion": say("opened a vote"),
    "vote_by_voice": say("entered a ballot given by voice"),
    "print_voting_codes": say("printed voting codes"),
    "revoke_voting_codes": say("revoked voting codes"),
    "enter_paper_count": say("entered a count of hands or paper"),
    "close_motion": say("closed a vote"),
    "open_recall": say("opened a recall"),
    "sign_recall": say("signed a recall"),
    "reply_to_recall": say("replied to a recall"),
    "open_recall_vote": say("the vote on a recall opened by itself"),
    "give_seat": say("gave a delegate the seat in a council"),
    "instruct_delegate": say("the delegate was instructed"),
    "ask_for_congress": say("a special congress was asked for"),
    "ask_for_ratification": say("asked that the bases confirm a decision"),
    "cast_split": say("cast the members' votes in a council"),
    "refer_back": say("referred a motion back to the base"),
    "open_again": say("opened a vote again"),
    "carry_down": say("carried a motion down to the bases"),
    "carry_up": say("carried a decision up to a council"),
    "ratify_motion": say("enough bases confirmed a decision"),
    "lapse_motion": say("a decision lapsed: too few bases confirmed it"),
    "adopt_house_rule": say("a rule was adopted"),
    "put_plan_to_assembly": say("a plan was put to the assembly"),
    "plan_adopted": say("the plan is adopted: every assembly said yes"),
    "rank_needs_by_decision": say("the assembly ranked its needs"),
    "fund_projects": say("the assembly shared out a fund"),
    "adopt_network_rule": say("a rule of the network was adopted"),
    "end_mandate_by_decision": say("a mandate was ended"),
    "admit_member": say("a member was admitted"),
    "release_member": say("a member was released"),
    "adopt_plan": say("a plan was adopted"),
    "set_pledge": say("the pledge was set"),
    "refuse_plan_line": say("a line of the plan was refused"),
    "join_network": say("joining a network was decided"),
    "leave_network_by_decision": say("leaving a network was decided"),
    "declare_need": say("declared a need"),
    "edit_need": say("changed a need"),
    "withdraw_need": say("withdrew a need"),
    "gather_needs": say("gathered needs into one"),
    "rank_needs": say("ranked the needs"),
    "upload_needs": say("brought in needs from a sheet"),
    "match_need": say("said which product a need is"),
    "add_product": say("added a product"),
    "edit_product": say("changed a product"),
    "remove_product": say("removed a product"),
    "set_rule": say("wrote down a rule"),
    "set_route": say("wrote down a route"),
    "remove_route": say("removed a route"),
    "keep_promise": say("wrote down a standing agreement"),
    "remove_promise": say("ended a standing agreement"),
    "upload_workbook": say("brought in a workbook"),
    "add_equipment": say("added a machine"),
    "edit_equipment": say("changed a machine"),
    "remove_equipment": say("removed a machine"),
    "add_recipe": say("added a recipe"),
    "edit_recipe": say("changed a recipe"),
    "remove_recipe": say("removed a recipe"),
    "set_stock": say("wrote down a stock"),
    "open_round": say("opened a round"),
    "close_round": say("closed a round"),
    "ask_for_plan": say("asked for a plan"),
    "cancel_plan": say("called a plan off"),
    "choose_variant": say("chose a plan for the assemblies"),
    "refuse_line": say("refused a line of the plan"),
    "lower_pledge": say("changed the pledge"),
    "withdraw_refusal": say("withdrew a refusal"),
    "undo_act": say("took an act back"),
    "draft_agreement": say("drafted an agreement"),
    "draft_from_plan": say("drafted agreements from a plan"),
    "change_agreement": say("wrote a new version of an agreement"),
    "agree_by_mandate": say("said yes to an agreement"),
    "sign_agreement": say("an agreement was decided on"),
    "hold_again": say("asked again whether the site can hold an agreement"),
    "pause_agreement": say("paused an agreement"),
    "resume_agreement": say("took an agreement up again"),
    "end_agreement": say("ended an agreement"),
    "call_off": say("called off under an agreement"),
    "release_promise": say("let go of a promise"),
    "hand_over": say("handed goods over"),
    "confirm_handover": say("confirmed a delivery"),
    "dispute_handover": say("did not agree with a delivery"),
    "settle_handover": say("settled a disagreement about a delivery"),
    "tell_delay": say("told of a delay"),
    "agree_to_delay": say("agreed to a delay"),
    "note_review": say("wrote down what was found when an agreement was looked at again"),
    "open_bank_account": say("wrote down a bank account"),
    "bring_file": say("brought in a file, to look at it"),
    "drop_file": say("threw away a file that was brought in"),
    "take_statement": say("took a bank statement"),
    "book_line": say("booked a line of the bank"),
    "accept_suggestions": say("accepted suggestions for lines of the bank"),
    "leave_line": say("left a line of the bank unbooked"),
    "take_up_line": say("took a line of the bank up again"),
    "undo_booking": say("took back what a line of the bank was booked as"),
    "take_hours": say("took a sheet of hours"),
    "record_event": say("wrote into the books"),
    "record_hours": say("wrote down hours worked"),
    "correct_event": say("corrected the books"),
    "draft_payment": say("drafted a payment"),
    "release_payment": say("released a payment"),
    "withdraw_payment": say("withdrew a payment"),
    "confirm_payment": say("confirmed a payment"),
    "dispute_payment": say("did not agree with a payment"),
    "sign_checkpoint": say("signed the state of the books"),
    "countersign": say("countersigned an ally's books"),
}
