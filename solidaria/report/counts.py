"""The result of a count, for people in a terminal and for programs as JSON.

Every number that must be exact is a string: a decimal where the rule counts in decimals, a fraction elsewhere.
The keys are described in docs/counting.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from unicodedata import combining, east_asian_width

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.account import Account, Round, Tie, figure, written
from solidaria.core.voting.budget import BudgetResult, Missing, Purchase, amount, why_funded
from solidaria.report.language import Language

Json = object

RULE_NAMES = {
    "scottish-stv/1": say("Single transferable vote, Scottish rules (weighted inclusive Gregory)"),
    "alameda-stv/1": say("Single transferable vote, quota recomputed (weighted inclusive Gregory, as in Alameda)"),
    "meek-stv/1": say("Single transferable vote, Meek's method"),
    "schulze/1": say("Schulze"),
    "approval/1": say("Approval"),
    "equal-shares/1": say("Method of equal shares"),
    "greedy-budget/1": say("Greedy: most votes first"),
}

ACTIONS = {
    "first preferences": say("First preferences"),
    "surplus": say("Surplus passed on"),
    "exclusion": say("Exclusion"),
    "pairwise comparisons": say("Pairwise comparisons"),
    "default option": say("Quorum and default option"),
    "strongest paths": say("Strongest paths"),
    "approvals": say("Approvals"),
}


# Elections


def election_json(account: Account, language: Language, notes: Sequence[Sentence] = ()) -> str:
    """A count of an election as one JSON object, ending in a line break.

    notes   further notes, such as those of the file
    """
    answer: dict[str, Json] = {
        "rule": account.rule,
        "seats": account.seats,
        "ballots": account.ballots,
        "elected": list(account.elected),
        "rounds": [_round(round_, account.decimals, language) for round_ in account.rounds],
        "terms": dict(account.terms),
        "names": dict(account.names),
        "notes": [language.text(note) for note in (*account.notes, *notes)],
    }
    return json.dumps(answer, ensure_ascii=False, indent=1) + "\n"


def _round(round_: Round, decimals: int | None, language: Language) -> dict[str, Json]:
    def numbers(values: Mapping[str, Fraction]) -> dict[str, str]:
        return {option: written(value, decimals) for option, value in values.items()}

    answer: dict[str, Json] = {
        "round": round_.number,
        "action": round_.action,
        "of": list(round_.of),
        "quota": None if round_.quota is None else str(figure(round_.quota, decimals)),
        "votes": numbers(round_.votes),
        "transfers": numbers(round_.transfers),
        "exhausted": written(round_.exhausted, decimals),
        "lost": written(round_.lost, decimals),
        "elected": list(round_.elected),
        "excluded": list(round_.excluded),
        "ties": [_tie(tie, language) for tie in round_.ties],
        "because": [language.text(sentence) for sentence in round_.sentences],
    }
    if round_.keep:
        answer["keep"] = numbers(round_.keep)
    if round_.pairs:
        answer["pairs"] = [[one, other, number] for (one, other), number in round_.pairs.items()]
    return answer


def _tie(tie: Tie, language: Language) -> dict[str, Json]:
    return {
        "about": tie.about,
        "among": list(tie.among),
        "step": tie.step,
        "stage": tie.stage,
        "chosen": tie.chosen,
        "because": language.text(tie.sentence),
    }


def election_text(account: Account, language: Language, notes: Sequence[Sentence] = (), title: str = "") -> str:
    """A count of an election for a terminal, round by round."""
    return "\n".join(_election_lines(account, language, notes, title)) + "\n"


def _election_lines(account: Account, language: Language, notes: Sequence[Sentence], title: str) -> Iterator[str]:
    text = language.text
    if title:
        yield title
    yield text(RULE_NAMES.get(account.rule, account.rule))
    yield text(
        say(
            "{ballots}, {seats}",
            ballots=say_many("{count} ballot counted", "{count} ballots counted", account.ballots),
            seats=say_many("{count} seat", "{count} seats", account.seats),
        )
    )
    yield ""
    yield text(say("Elected, in this order:"))
    for place, option in enumerate(account.elected, start=1):
        yield f"  {place}. {account.names[option]}"
    for note in (*account.notes, *notes):
        yield text(note)
    for round_ in account.rounds:
        yield ""
        action = text(ACTIONS.get(round_.action, round_.action))
        who = ", ".join(account.names[option] for option in round_.of) if round_.action != "surplus" else ""
        yield text(say("Round {number}: {action}", number=round_.number, action=action)) + (
            f" · {who}" if who else ""
        )
        for sentence in (*(tie.sentence for tie in round_.ties), *round_.sentences):
            yield f"  {text(sentence)}"
        yield from _table(_votes(round_, account, language))


def _votes(round_: Round, account: Account, language: Language) -> list[list[str]]:
    """Rows of a round: name, votes, change, what became of them."""
    rows = []
    elected = {option for past in account.rounds[: round_.number] for option in past.elected}
    excluded = {option for past in account.rounds[: round_.number - 1] for option in past.excluded}
    for option, votes in sorted(round_.votes.items(), key=lambda item: (-item[1], account.names[item[0]])):
        if option in excluded:
            continue
        state = ""
        if option in elected:
            state = language.text(say("elected"))
        elif option in round_.excluded:
            state = language.text(say("excluded"))
        change = round_.transfers.get(option)
        rows.append(
            [
                account.names[option],
                written(votes, account.decimals),
                "" if change is None else ("+" if change > 0 else "") + written(change, account.decimals),
                state,
            ]
        )
    if round_.exhausted:
        rows.append(
            [language.text(say("with nobody any more")), written(round_.exhausted, account.decimals), "", ""]
        )
    if round_.lost:
        rows.append([language.text(say("lost by rounding")), written(round_.lost, account.decimals), "", ""])
    return rows


def _width(text: str) -> int:
    """How many columns a text takes in a terminal."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows in columns: the first to the left, the others to the right, the last as it is."""
    if not rows:
        return
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [row[0] + " " * (widths[0] - _width(row[0]))]
        cells += [" " * (width - _width(cell)) + cell for width, cell in zip(widths[1:-1], row[1:-1], strict=True)]
        yield ("    " + "  ".join([*cells, row[-1]])).rstrip()


# Budgets


def budget_json(result: BudgetResult, language: Language, notes: Sequence[Sentence] = ()) -> str:
    """A budget vote as one JSON object, ending in a line break."""
    explanations: dict[str, Json] = {}
    for purchase in result.purchases:
        explanations[purchase.project] = _purchase(purchase, result, language)
    for one in result.missing:
        explanations[one.project] = _missing(one, language)
    answer: dict[str, Json] = {
        "rule": result.rule,
        "budget": _money(result.budget),
        "spent": _money(result.spent),
        "funded": list(result.funded),
        "explanations": explanations,
        "voters": result.voters,
        "per_person": None if result.per_person is None else _money(result.per_person),
        "steps": result.steps,
        "terms": dict(result.terms),
        "names": dict(result.names),
        "notes": [language.text(note) for note in (*result.notes, *notes)],
    }
    return json.dumps(answer, ensure_ascii=False, indent=1) + "\n"


def _money(value: Fraction) -> str:
    """Exact: a whole number or a decimal where it has an end, else a fraction."""
    return str(amount(value))


def _purchase(purchase: Purchase, result: BudgetResult, language: Language) -> dict[str, Json]:
    return {
        "funded": True,
        "place": purchase.number,
        "cost": _money(purchase.cost),
        "by": purchase.by,
        "price": None if purchase.price is None else _money(purchase.price),
        "paid_in_full": [{"people": payers.people, "each": _money(payers.each)} for payers in purchase.full],
        "last_coins": purchase.last_coins,
        "last_coins_together": _money(purchase.rest),
        "nothing_left": purchase.broke,
        "from_the_money_left_over": _money(purchase.topped_up),
        "votes": None if purchase.votes is None else _money(purchase.votes),
        "tie": None if purchase.tie is None else _tie(purchase.tie, language),
        "because": language.text(why_funded(purchase, result)),
    }


def _missing(one: Missing, language: Language) -> dict[str, Json]:
    return {
        "funded": False,
        "cost": _money(one.cost),
        "supporters": one.supporters,
        "money_left": _money(one.money_left),
        "more_supporters": one.more_supporters,
        "less_cost": None if one.less_cost is None else _money(one.less_cost),
        "scope": one.scope,
        "because": language.text(one.sentence),
    }


def budget_text(result: BudgetResult, language: Language, notes: Sequence[Sentence] = (), title: str = "") -> str:
    """A budget vote for a terminal: what is funded and who pays, what is not and what was missing."""
    return "\n".join(_budget_lines(result, language, notes, title)) + "\n"


def _budget_lines(
    result: BudgetResult, language: Language, notes: Sequence[Sentence], title: str
) -> Iterator[str]:
    text = language.text
    if title:
        yield title
    yield text(RULE_NAMES.get(result.rule, result.rule))
    yield text(
        say(
            "{voters}, {projects}; {spent} of {budget} spent",
            voters=say_many("{count} person voted", "{count} people voted", result.voters),
            projects=say_many("{count} project funded", "{count} projects funded", len(result.funded)),
            spent=amount(result.spent),
            budget=amount(result.budget),
        )
    )
    for note in (*result.notes, *notes):
        yield text(note)
    if result.purchases:
        yield ""
        yield text(say("Funded, in this order:"))
    for purchase in result.purchases:
        if purchase.tie is not None:
            yield f"     {text(purchase.tie.sentence)}"
        yield f"{purchase.number:>4}. {text(why_funded(purchase, result))}"
    if result.missing:
        yield ""
        yield text(say("Not funded:"))
    for one in result.missing:
        yield f"   -  {text(one.sentence)}"
