"""The checker of accounts: it must find whatever is wrong."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.voting.account import Account
from solidaria.core.voting.approval import ApprovalTerms, approval
from solidaria.core.voting.ballots import Option, rank
from solidaria.core.voting.meek import meek
from solidaria.core.voting.recount import check
from solidaria.core.voting.schulze import SchulzeTerms, schulze
from solidaria.core.voting.single_transferable import alameda, scottish
from solidaria.core.voting.terms import ElectionTerms, TieRule
from tests.voting.elections import election

PILES = election(
    "40 A > B > C", "21 B > D", "17 C > D > E", "17 D > C", "9 E > A > D", "6 F > E", "6 G > E", "3 B > D > F"
)
COUNTS = {
    "scottish": lambda: scottish(PILES, ElectionTerms(3, TieRule(("backwards", "lot"), "sun"))),
    "alameda": lambda: alameda(PILES, ElectionTerms(3, TieRule(("backwards", "lot"), "sun"))),
    "meek": lambda: meek(PILES, ElectionTerms(3, TieRule(("backwards", "lot"), "sun"))),
    "schulze": lambda: schulze(PILES, SchulzeTerms(seats=3)),
    "approval": lambda: approval(
        {frozenset(option for place in ranking for option in place): count for ranking, count in PILES},
        PILES.options,
        ApprovalTerms(seats=3),
    ),
}


@pytest.mark.parametrize("rule", COUNTS)
def test_a_true_account_is_found_true(rule):
    assert check(PILES, PILES.options, COUNTS[rule]()) == []


def swapped(account: Account) -> Account:
    """The account with the first elected replaced by one who was not, everywhere in the rounds too."""
    other = next(option for option in account.names if option not in account.elected)
    new = {account.elected[0]: other}
    return replace(
        account,
        elected=tuple(new.get(option, option) for option in account.elected),
        rounds=tuple(
            replace(round_, elected=tuple(new.get(option, option) for option in round_.elected))
            for round_ in account.rounds
        ),
    )


def changed(field):
    """The account with one number of its last round changed by the smallest step."""

    def change(account: Account) -> Account:
        step = Fraction(1, 10 ** (account.decimals or 0))
        last = account.rounds[-1]
        if field == "votes":
            first = next(iter(last.votes))
            new = replace(last, votes={**last.votes, first: last.votes[first] + step})
        else:
            new = replace(last, **{field: (getattr(last, field) or 0) + step})
        return replace(account, rounds=(*account.rounds[:-1], new))

    return change


TAMPERED = {
    "another winner": swapped,
    "one ballot more": lambda account: replace(account, ballots=account.ballots + 1),
    "a round left out": lambda account: replace(account, rounds=account.rounds[:-1]),
    "one winner fewer": lambda account: replace(account, elected=account.elected[:-1]),
    "a candidate left out": lambda account: replace(account, names=dict(list(account.names.items())[1:])),
}


@pytest.mark.parametrize("what", TAMPERED)
@pytest.mark.parametrize("rule", COUNTS)
def test_what_was_changed_in_an_account_is_found(rule, what):
    if (rule, what) == ("approval", "a round left out"):
        account = replace(COUNTS[rule](), elected=())
    else:
        account = TAMPERED[what](COUNTS[rule]())
    assert check(PILES, PILES.options, account)


@pytest.mark.parametrize("field", ["votes", "exhausted", "lost", "quota"])
@pytest.mark.parametrize("rule", ["scottish", "alameda"])
def test_a_number_wrong_in_the_last_digit_is_found(rule, field):
    assert check(PILES, PILES.options, changed(field)(COUNTS[rule]()))


@pytest.mark.parametrize("field", ["votes", "exhausted", "quota"])
def test_a_number_of_meek_wrong_in_the_last_digit_is_found(field):
    assert check(PILES, PILES.options, changed(field)(COUNTS["meek"]()))


def test_a_share_that_was_not_kept_is_found():
    account = COUNTS["meek"]()
    rounds = list(account.rounds)
    at = next(number for number, round_ in enumerate(rounds) if round_.action == "surplus")
    keep = dict(rounds[at].keep)
    keep["A"] += Fraction(1, 10**account.decimals)
    rounds[at] = replace(rounds[at], keep=keep)
    assert check(PILES, PILES.options, replace(account, rounds=tuple(rounds)))


@pytest.mark.parametrize("rule", ["scottish", "alameda", "meek"])
def test_a_lot_that_was_not_drawn_from_the_seed_is_found(rule):
    account = COUNTS[rule]()
    assert any(tie.step == "lot" for tie in account.ties)
    other = {tie.chosen for tie in account.ties if tie.step == "lot"}
    for seed in range(30):
        again = replace(account, terms={**account.terms, "seed": str(seed)})
        if check(PILES, PILES.options, again):
            break
    else:
        pytest.fail(f"thirty other seeds all gave {other}")
    hidden = tuple(replace(round_, ties=()) for round_ in account.rounds)
    assert check(PILES, PILES.options, replace(account, rounds=hidden))


@pytest.mark.parametrize("rule", COUNTS)
def test_ballots_added_or_moved_are_found(rule):
    account = COUNTS[rule]()
    more = [*PILES, ((("F",),), 1)]
    assert check(more, PILES.options, account)
    first, *rest = list(PILES)
    moved = [(first[0], first[1] - 1), *rest, ((("G",),), 1)]
    assert check(moved, PILES.options, account)


def test_the_words_say_where_and_what():
    account = changed("votes")(COUNTS["scottish"]())
    said = [str(sentence) for sentence in check(PILES, PILES.options, account)]
    assert any(text.startswith(f"Round {len(account.rounds)}, votes: the account says") for text in said)


def test_a_rule_it_does_not_know_is_refused():
    with pytest.raises(ValueError, match="no checker for"):
        check(PILES, PILES.options, replace(COUNTS["scottish"](), rule="scottish-stv/2"))


@given(st.permutations(list(PILES)), st.sampled_from(sorted(COUNTS)))
@settings(max_examples=20, deadline=None)
def test_ballots_may_come_in_any_order_and_in_parts(piles, rule):
    parts = [part for ranking, count in piles for part in ((ranking, 1), (ranking, count - 1)) if part[1]]
    assert check(parts, PILES.options, COUNTS[rule]()) == []


def test_it_shares_no_code_with_the_counting():
    import ast
    from pathlib import Path

    import solidaria.core.voting.recount as recount

    tree = ast.parse(Path(recount.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {module.rsplit(".", 1)[-1] for module in imported if module.startswith("solidaria")}
    assert ours == {"problem", "account", "ballots"}


def test_options_that_withdrew_are_known_to_it():
    piles = election("5 A > W > B", "4 W > B", "3 B", withdrawn="W")
    for count in (scottish, meek):
        account = count(piles, ElectionTerms(1))
        assert check(piles, piles.options, account) == []
        there = [Option(option.id, option.name) for option in piles.options]
        assert check(rank(there, list(piles)), there, account)
