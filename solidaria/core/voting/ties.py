"""Settling a tie by the agreed steps, and saying which step did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.account import Tie, listed
from solidaria.core.voting.terms import TieRule, lot_order


def settle(
    *,
    about: str,
    tied: Sequence[str],
    ahead: bool,
    rule: TieRule,
    earlier: Sequence[Mapping[str, int]],
    names: Mapping[str, str],
    options: Sequence[str],
) -> Tie:
    """Choose one of the tied options by the steps of the rule.

    about     what is decided, as in Tie
    tied      ids, at least two, with equal votes now
    ahead     True to choose the one who is ahead (whose surplus goes first), False the one behind
              (who is excluded)
    earlier   votes by id at the end of each earlier stage, the first stage first
    names     id → name
    options   every id of the vote, from which the lot is drawn

    The order in which `tied` or `options` are given changes nothing.
    """
    left = sorted(tied)
    for step in rule.steps:
        stage = None
        if step in ("backwards", "forwards"):
            stages = list(enumerate(earlier, start=1))
            for number, votes in reversed(stages) if step == "backwards" else stages:
                best = (max if ahead else min)(votes[option] for option in left)
                closer = [option for option in left if votes[option] == best]
                if len(closer) < len(left):
                    left, stage = closer, number
                if len(left) == 1:
                    break
        else:
            if step == "lot":
                order = [option for option in lot_order(rule.seed, options) if option in left]
            else:
                order = sorted(left, key=lambda option: (names[option], option))
            left = [order[0] if ahead else order[-1]]
        if len(left) == 1:
            chosen = left[0]
            sentence = _words(
                step, stage, rule.seed, [names[option] for option in sorted(tied)], names[chosen], ahead
            )
            return Tie(about, tuple(sorted(tied)), step, chosen, sentence, stage)
    raise ValueError("the tie rule did not settle the tie")


def _words(step: str, stage: int | None, seed: str, tied: list[str], chosen: str, ahead: bool) -> Sentence:
    everyone = listed(sorted(tied))
    if step in ("backwards", "forwards"):
        if ahead:
            return say(
                "{names} have equal votes. {chosen} had more at stage {stage}, and goes first.",
                names=everyone,
                chosen=chosen,
                stage=stage,
            )
        return say(
            "{names} have equal votes. {chosen} had fewer at stage {stage}, and is the one behind.",
            names=everyone,
            chosen=chosen,
            stage=stage,
        )
    if step == "lot":
        return say(
            "{names} have equal votes. The lot drawn from the seed “{seed}” falls on {chosen}.",
            names=everyone,
            chosen=chosen,
            seed=seed,
        )
    return say("{names} have equal votes. The order of names decides: {chosen}.", names=everyone, chosen=chosen)
