"""`solidaria count`: counts ballots from a file, with the account of the count."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from solidaria.cli.count_motion import MOTIONS, add_motion_arguments, count_motion, quorum
from solidaria.cli.output import check_out, refusal, write_out
from solidaria.cli.speak import add_language
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.voting.account import Account, listed
from solidaria.core.voting.approval import ApprovalTerms, approval
from solidaria.core.voting.ballots import RankedPiles
from solidaria.core.voting.budget import BUDGET_TIE_STEPS, BudgetResult, BudgetTies
from solidaria.core.voting.equal_shares import (
    COMPLETIONS,
    STOPS,
    UTILITIES,
    EqualSharesTerms,
    TooMuchMoney,
    equal_shares,
)
from solidaria.core.voting.greedy import GreedyTerms, greedy
from solidaria.core.voting.meek import meek
from solidaria.core.voting.schulze import STRENGTHS, SchulzeTerms, schulze
from solidaria.core.voting.single_transferable import MOST_BALLOTS, alameda, scottish
from solidaria.core.voting.terms import TIE_STEPS, ElectionTerms, TieRule
from solidaria.records.ballots import SUFFIXES, BallotFile, read_ballots
from solidaria.records.motions import like_a_motion
from solidaria.records.pabulib import PabulibFile, read_file
from solidaria.report.budget_bundle import budget_bundle
from solidaria.report.bundle import bundle
from solidaria.report.counts import budget_json, budget_text, election_json, election_text
from solidaria.report.language import Language

ELECTIONS = ("scottish", "alameda", "meek", "schulze", "approval")
BUDGETS = ("equal-shares", "greedy")
#: How Pabulib files name equal shares → what is done with money left over.
NAMED_COMPLETIONS = {
    "equalshares": "none",
    "equalshares/add1": "add1",
    "equalshares/add1-comparison": "add1",
    "equalshares/add1u": "add1+utilitarian",
}

_EXAMPLE = """\
examples:
  solidaria count ward.blt                        four seats, as the file says, by the Scottish rules
  solidaria count ward.blt --rule meek --format json
  solidaria count board.csv --seats 3 --seed "lottery of 4 May: 12 33 41"
  solidaria count projects.pb                     a budget, by the rule the file names
  solidaria count projects.pb --again park,well   what these two would have needed, counted again from the start
  solidaria count motion.csv --rule majority --needs "at least 2/3 of present" --present 41 --quorum 1/3 --roll 90
  solidaria count motion.csv --rule consent
  solidaria count council.csv --rule council --carry both

rules for elections: scottish (the default), alameda, meek, schulze (the default for .toi and .toc), approval
rules for motions (.csv): majority, consent, council (by members and by organisations)
rules for budgets (.pb): equal-shares, greedy; the default is the rule the file names
docs/counting.md says what each rule does and what the files look like.
"""


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `count` to the commands."""
    parser = subparsers.add_parser(
        "count",
        help="count ballots from a file",
        description="Count ballots from a file and say how the result came about, round by round.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help=", ".join((*SUFFIXES, ".pb")))
    parser.add_argument(
        "--rule", choices=(*ELECTIONS, *MOTIONS, *BUDGETS), help="the rule, as the by-laws name it"
    )
    parser.add_argument("--seats", type=_above_nothing, metavar="N", help="how many are elected")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or json")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to this file, not to standard output")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="also write what anyone needs to count again")
    add_language(parser)
    parser.add_argument(
        "--ties",
        metavar="STEPS",
        help=f"how ties are settled, steps with commas between: {', '.join(TIE_STEPS)}; "
        f"for budgets {', '.join(BUDGET_TIE_STEPS)}",
    )
    parser.add_argument(
        "--seed", default="", help="what the lot is drawn from: public, and fixed before the count"
    )
    parser.add_argument(
        "--skipped",
        choices=("pass", "end"),
        default="pass",
        help="an empty place is passed over, or ends the ballot",
    )
    parser.add_argument(
        "--shared",
        choices=("end", "pass"),
        default="end",
        help="a place shared by two ends the ballot, or is passed",
    )
    parser.add_argument(
        "--strength", choices=STRENGTHS, default=STRENGTHS[0], help="schulze: strength of a victory"
    )
    parser.add_argument("--default", metavar="NAME", help="schulze: the default option, which others must beat")
    parser.add_argument(
        "--quorum",
        type=quorum,
        action="append",
        metavar="QUORUM",
        help="how many must take part: 20, 1/3 (of the roll) or “3/2 root” (of the roll); of those present, or "
        "“1/3 ballots”. Schulze: the least ballots above the default option",
    )
    parser.add_argument(
        "--most-marks", type=_above_nothing, metavar="N", help="approval: more marks make a ballot invalid"
    )
    add_motion_arguments(parser)
    parser.add_argument("--utility", choices=UTILITIES, help="equal-shares: what a funded project is worth")
    parser.add_argument("--completion", choices=COMPLETIONS, help="equal-shares: what happens to money left over")
    parser.add_argument("--stop", choices=STOPS, help="equal-shares: which count stands under add1")
    parser.add_argument(
        "--step",
        type=_step,
        metavar="N",
        help="equal-shares: what add1 adds for each person: an amount, or a share of the first amount such as 1%%",
    )
    parser.add_argument(
        "--comparison",
        action="store_true",
        help="equal-shares: take the greedy outcome if more people have more of their projects in it",
    )
    parser.add_argument(
        "--again",
        metavar="IDS",
        help="equal-shares: projects, with commas between, for which the whole vote is counted again until it is "
        "known what would have got them funded; all, or none",
    )
    parser.add_argument("--threshold", type=_number, metavar="N", help="greedy: least votes of a project")
    parser.set_defaults(run=run)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(text)


def _above_nothing(text: str) -> int:
    if _whole(text) < 1:
        raise argparse.ArgumentTypeError("there must be at least one")
    return int(text)


def _number(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text} is not a number") from None


def _step(text: str) -> tuple[Fraction, str]:
    """A step of add1: how much, and of what (as in EqualSharesTerms)."""
    step = _number(text.removesuffix("%").strip())
    if step <= 0:
        raise argparse.ArgumentTypeError("a step must add something")
    return (step / 100, "share") if text.endswith("%") else (step, "money")


def run(arguments: argparse.Namespace) -> int:
    """Count and print; 0 when done, 1 when the file or the terms were refused."""
    language = Language(arguments.lang)
    try:
        check_out(arguments.out)
        check_out(arguments.bundle)
        if arguments.rule in MOTIONS:
            counted = _motion
        else:
            counted = _budget if arguments.file.suffix.lower() == ".pb" else _election
        write_out(counted(arguments, language).encode("utf-8"), arguments.out)
    except Refused as refused:
        print(refusal(refused, language), file=sys.stderr, end="")
        return 1
    return 0


def _refuse(arguments: argparse.Namespace, what: Sentence, help: Sentence) -> Refused:
    return Refused([Fault(arguments.file.name, None, None, what, help)])


def _ties(arguments: argparse.Namespace, usual: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The steps of the tie rule; a mistake in them is refused."""
    if not arguments.ties:
        return usual
    steps = tuple(step.strip() for step in arguments.ties.split(","))
    if any(step not in allowed for step in steps) or steps[-1] not in ("lot", "name"):
        raise _refuse(
            arguments,
            say("“{steps}” is not a way to settle ties.", steps=arguments.ties),
            say("Use {allowed}, with commas between; the last must be lot or name.", allowed=", ".join(allowed)),
        )
    return steps


#: Options that only some rules know → those rules.
_KNOWN_BY = {
    "seats": ELECTIONS,
    "needs": ("majority", "council", "approval"),
    "organisations_need": ("council",),
    "present": ("majority", "consent", "council"),
    "roll": ("majority", "consent", "council", "schulze"),
    "second_call": MOTIONS,
    "stand_asides": ("consent",),
    "carry": ("council",),
    "quorum": ("schulze", *MOTIONS),
    "default": ("schulze",),
    "most_marks": ("approval",),
    "utility": ("equal-shares",),
    "completion": ("equal-shares",),
    "stop": ("equal-shares",),
    "step": ("equal-shares",),
    "comparison": ("equal-shares",),
    "again": ("equal-shares",),
    "threshold": ("greedy",),
    "ties": (*ELECTIONS, *BUDGETS),
    "seed": (*ELECTIONS, *BUDGETS),
}


def _check_options(arguments: argparse.Namespace, rule: str) -> None:
    """Refuse options that the rule does not know: whoever gives one expects that it does something."""
    faults = [
        _refuse(
            arguments,
            say("--{option} means nothing under the rule {rule}.", option=option.replace("_", "-"), rule=rule),
            say("It belongs to {rules}. Leave it out, or choose another rule.", rules=", ".join(rules)),
        ).faults[0]
        for option, rules in _KNOWN_BY.items()
        if getattr(arguments, option) and rule not in rules
    ]
    if faults:
        raise Refused(faults)


def _motion(arguments: argparse.Namespace, language: Language) -> str:
    _check_options(arguments, arguments.rule)
    if arguments.file.suffix.lower() != ".csv":
        raise _refuse(
            arguments,
            say("A vote on a motion is read from a .csv file."),
            say("docs/counting.md shows what the file looks like."),
        )
    return count_motion(arguments, language)


# Elections


def _election(arguments: argparse.Namespace, language: Language) -> str:
    suffix = arguments.file.suffix.lower()
    rule = arguments.rule or ("schulze" if suffix in (".toi", ".toc") else "scottish")
    if rule in BUDGETS:
        raise _refuse(
            arguments,
            say("The rule {rule} shares out a budget, and this file holds an election.", rule=rule),
            say("Rules for elections are {rules}.", rules=", ".join(ELECTIONS)),
        )
    motion = like_a_motion(arguments.file) if arguments.rule is None else None
    if motion is not None:
        raise _refuse(
            arguments,
            say("This file holds a vote on a motion, and no rule is named."),
            say("Count it with --rule {rule}.", rule=motion),
        )
    _check_options(arguments, rule)
    file = read_ballots(arguments.file, skipped=arguments.skipped, marks=rule == "approval")
    if file.piles.total > MOST_BALLOTS:
        raise _refuse(
            arguments,
            say("{ballots} ballots are more than can be counted here.", ballots=file.piles.total),
            say("At most {most} can be counted: look at the numbers of ballots.", most=MOST_BALLOTS),
        )
    notes = list(file.notes)
    seats = arguments.seats or file.seats
    if seats is None:
        seats = 1
        notes.append(say("The file does not say how many seats there are; one was filled. Use --seats for more."))
    account = _counted(rule, file, seats, arguments)
    if arguments.bundle is not None:
        piles = _strict(file.piles, arguments) if rule in ("scottish", "alameda", "meek") else file.piles
        write_out(bundle(piles, piles.options, account).encode("utf-8"), arguments.bundle)
    notes += _other_rule(rule, file.piles, account, arguments)
    if any(tie.step == "lot" for tie in account.ties) and not arguments.seed:
        notes.append(
            say("A tie was settled by lot without a public seed: agree on one before the count, and use --seed.")
        )
    if arguments.format == "json":
        return election_json(account, language, notes)
    return election_text(account, language, notes, file.title)


def _counted(rule: str, file: BallotFile, seats: int, arguments: argparse.Namespace) -> Account:
    piles = file.piles
    if rule == "schulze":
        default = arguments.default
        if default is not None and default not in piles.ids:
            raise _refuse(
                arguments,
                say("The default option “{name}” is not among the candidates.", name=default),
                say("Candidates are: {names}.", names=listed(piles.ids)),
            )
        if arguments.quorum and default is None:
            raise _refuse(
                arguments,
                say("A quorum needs a default option to be above."),
                say("Name it with --default."),
            )
        asked = arguments.quorum or []
        if len(asked) > 1 or (asked and asked[0].kind != "number" and not arguments.roll):
            raise _refuse(
                arguments,
                say("A quorum of Schulze is one number of ballots above the default option."),
                say("Write it as --quorum 40, or as --quorum “3/2 root” with --roll."),
            )
        least = asked[0].needed(arguments.roll or 0) if asked else 0
        ties = TieRule(_ties(arguments, ("lot",), TIE_STEPS), arguments.seed)
        return schulze(
            piles,
            SchulzeTerms(seats=seats, ties=ties, strength=arguments.strength, default=default, quorum=least),
        )
    if rule == "approval":
        ties = TieRule(_ties(arguments, ("lot",), TIE_STEPS), arguments.seed)
        marked: dict[frozenset[str], int] = {}
        for ranking, count in piles:
            ballot = frozenset(option for place in ranking for option in place)
            marked[ballot] = marked.get(ballot, 0) + count
        needs = arguments.needs or [None]
        if len(needs) > 1 or (needs[0] is not None and needs[0].of not in ("for and against", "votes cast")):
            raise _refuse(
                arguments,
                say("What approval needs is one share of the ballots."),
                say("Write it as --needs “at least 1/2 of cast”."),
            )
        terms = ApprovalTerms(seats=seats, at_least=needs[0], most_marks=arguments.most_marks, ties=ties)
        return approval(marked, piles.options, terms)
    return _transferable(rule)(_strict(piles, arguments), _election_terms(seats, arguments))


def _transferable(rule: str) -> Callable[[RankedPiles, ElectionTerms], Account]:
    return {"scottish": scottish, "alameda": alameda, "meek": meek}[rule]


def _strict(piles: RankedPiles, arguments: argparse.Namespace) -> RankedPiles:
    return piles.strict("pass") if arguments.shared == "pass" else piles


def _election_terms(seats: int, arguments: argparse.Namespace) -> ElectionTerms:
    return ElectionTerms(seats, TieRule(_ties(arguments, ("backwards", "lot"), TIE_STEPS), arguments.seed))


def _other_rule(rule: str, piles: RankedPiles, account: Account, arguments: argparse.Namespace) -> list[Sentence]:
    """A note where the Scottish rules and Meek's method elect different people: by-laws must name the rule."""
    other = {"scottish": "meek", "meek": "scottish"}.get(rule)
    if other is None:
        return []
    counted = _transferable(other)(_strict(piles, arguments), _election_terms(account.seats, arguments))
    instead = sorted(set(counted.elected) - set(account.elected))
    if not instead:
        return []
    lost = sorted(set(account.elected) - set(counted.elected))
    return [
        say(
            "The rule matters here, so the by-laws must name it: {rule} would elect {instead} instead of {lost}.",
            rule=say("Meek's method") if other == "meek" else say("the Scottish rules"),
            instead=listed([account.names[option] for option in instead]),
            lost=listed([account.names[option] for option in lost]),
        )
    ]


# Budgets


def _budget(arguments: argparse.Namespace, language: Language) -> str:
    if arguments.rule in ELECTIONS or (arguments.seats and arguments.rule is None):
        raise _refuse(
            arguments,
            say("This file holds a vote on a budget, not an election for seats."),
            say("Rules for budgets are {rules}.", rules=", ".join(BUDGETS)),
        )
    try:
        file = read_file(arguments.file)
    except OSError as error:
        raise _refuse(
            arguments,
            say("The file cannot be read: {reason}.", reason=error.strerror or ""),
            say("Check the name of the file and that you may read it."),
        ) from error
    ties = BudgetTies(_ties(arguments, BudgetTies().steps, BUDGET_TIE_STEPS), arguments.seed)
    named = file.meta.get("rule", "")
    result = _shared_out(arguments, file, named, ties)
    if arguments.bundle is not None:
        votes = (file.published or None) if result.rule == "greedy-budget/1" else None
        write_out(budget_bundle(file.vote, result, votes=votes).encode("utf-8"), arguments.bundle)
    notes = [*file.notes, *_differences(file, result)]
    if any(one.scope == "last step" and one.supporters for one in result.missing):
        notes.append(
            say(
                "To count again for some of them use --again with their ids, or --again all: that can take minutes in "
                "a large vote."
            )
        )
    if any(tie.step == "lot" for tie in result.ties) and not arguments.seed:
        notes.append(
            say("A tie was settled by lot without a public seed: agree on one before the count, and use --seed.")
        )
    if arguments.format == "json":
        return budget_json(result, language, notes)
    return budget_text(result, language, notes, file.meta.get("description", ""))


def _shared_out(arguments: argparse.Namespace, file: PabulibFile, named: str, ties: BudgetTies) -> BudgetResult:
    """Count by the rule asked for, else by the one the file names, with the terms of the file."""
    rule = arguments.rule
    if rule is None and (named.startswith("greedy") or named in NAMED_COMPLETIONS):
        rule = "greedy" if named.startswith("greedy") else "equal-shares"
    if rule is None:
        raise _refuse(
            arguments,
            say("The file names the rule “{rule}”, which is not known here.", rule=named)
            if named
            else say("The file names no rule."),
            say("Choose one with --rule: {rules}.", rules=", ".join(BUDGETS)),
        )
    _check_options(arguments, rule)
    if rule == "greedy":
        least = arguments.threshold
        if least is None and named.startswith("greedy"):
            least = _said_number(file.meta.get("min_project_score_threshold", ""))
        terms = GreedyTerms(
            too_dear="stop" if named == "greedy-no-skip" else "skip",
            threshold=least if least is not None else Fraction(0),
            ties=ties,
        )
        return greedy(file.vote, terms, votes=file.published or None)
    progress = _Progress(Language(arguments.lang))
    step, step_of = arguments.step or (Fraction(1), "money")
    try:
        result = equal_shares(
            file.vote,
            EqualSharesTerms(
                utility=arguments.utility or "cost",
                completion=arguments.completion or NAMED_COMPLETIONS.get(named, "add1"),
                stop=arguments.stop or "overspend",
                step=step,
                step_of=step_of,
                comparison=arguments.comparison or (named.endswith("comparison") and arguments.completion is None),
                ties=ties,
            ),
            counted_again=_again(arguments, file),
            progress=progress,
            again=progress.again,
        )
    except TooMuchMoney:
        progress.done()
        raise _refuse(
            arguments,
            say("There is so much money for each person that it cannot be counted here."),
            say("Look for zeros too many in the budget, or write all amounts in a larger unit of money."),
        ) from None
    progress.done()
    return result


def _again(arguments: argparse.Namespace, file: PabulibFile) -> list[str] | None:
    """Projects that the whole vote is counted again for; None where that is left to the count."""
    if arguments.again is None:
        return None
    ids = [project.id for project in file.vote.projects]
    if arguments.again.strip() in ("all", "none"):
        return ids if arguments.again.strip() == "all" else []
    asked = [name.strip() for name in arguments.again.split(",") if name.strip()]
    unknown = [name for name in asked if name not in ids]
    if unknown or not asked:
        raise _refuse(
            arguments,
            say("There is no project “{name}” to count again for.", name=", ".join(unknown)),
            say("Write ids as in the file, with commas between; or all, or none."),
        )
    return asked


class _Progress:
    """Shows on a terminal that equal shares are being counted; writes nothing anywhere else."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.shown = sys.stderr.isatty()
        self.last = 0.0

    def __call__(self, step: int, each: Fraction) -> None:
        self._show(say("Counting, step {step} …", step=step))

    def again(self, project: str) -> None:
        """Show for which project the vote is counted again."""
        self._show(say("Counting again for {project} …", project=project))

    def _show(self, sentence: Sentence) -> None:
        if self.shown and time.monotonic() > self.last + 0.2:
            self.last = time.monotonic()
            print(f"\r{self.language.text(sentence):60.60}", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        """Leave the line empty."""
        if self.last:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)


def _said_number(text: str) -> Fraction | None:
    try:
        return Fraction(text.replace(",", "."))
    except (ValueError, ZeroDivisionError):
        return None


def _differences(file: PabulibFile, result: BudgetResult) -> list[Sentence]:
    """A note where the outcome is not the one the file publishes."""
    if not file.selected or set(result.funded) == set(file.funded):
        return []
    notes = []
    more = sorted(set(result.funded) - set(file.funded))
    less = sorted(set(file.funded) - set(result.funded))
    if more:
        notes.append(
            say(
                "Not funded in the published outcome, but by this count: {names}.",
                names=listed([result.names[project] for project in more]),
            )
        )
    if less:
        notes.append(
            say(
                "Funded in the published outcome, but not by this count: {names}.",
                names=listed([result.names[project] for project in less]),
            )
        )
    return notes
