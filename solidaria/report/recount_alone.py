"""Recount an election from its bundle, with Python and nothing else.

    python3 recount_alone.py bundle.json           says whether the recount is the published result, byte for byte
    python3 recount_alone.py bundle.json --print   prints the recount itself

For whoever does not trust the program that counted: this file shares nothing with it. It reads the ballots, the
terms and the seed from the bundle, counts again in the plainest way (whole numbers, lists, loops), writes the
result in the same form and compares. Rules: scottish-stv/1, alameda-stv/1, meek-stv/1, schulze/1, approval/1.
What a bundle looks like is in docs/counting.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Pairs = dict[tuple[str, str], int]


def main(words: Sequence[str]) -> int:
    """Recount the bundle named; 0 when the result is the published one, 1 when it is not, 2 for wrong usage."""
    names = [word for word in words if not word.startswith("--")]
    if len(names) != 1 or set(words) - set(names) - {"--print"}:
        print(__doc__.strip())
        return 2
    with open(names[0], encoding="utf-8") as file:
        bundle = json.load(file)
    if bundle.get("bundle") != "solidaria-count/1" or bundle.get("rule") not in RULES:
        print("This is not a bundle of a rule that can be recounted here.")
        return 2
    found, published = text(recount(bundle)), text(bundle["result"])
    if "--print" in words:
        print(found, end="")
        return 0
    print("sha256 of the recount:  ", hashlib.sha256(found.encode()).hexdigest())
    print("sha256 of the published:", hashlib.sha256(published.encode()).hexdigest())
    if found == published:
        print("The same. Elected:", ", ".join(bundle["result"]["elected"]) or "nobody")
        return 0
    print("NOT THE SAME. By this recount are elected:", ", ".join(json.loads(found)["elected"]) or "nobody")
    for one, other in zip(found.splitlines(), published.splitlines(), strict=False):
        if one != other:
            print("First difference:\n  recount:  ", one.strip(), "\n  published:", other.strip())
            break
    return 1


def text(result: Mapping[str, Any]) -> str:
    """A result as text: keys in order, one value a line."""
    return json.dumps(result, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def recount(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a bundle, counted again."""
    count = RULES[bundle["rule"]](bundle)
    count.run()
    return {
        "rule": bundle["rule"],
        "seats": count.seats,
        "ballots": count.ballots,
        "elected": count.elected,
        "rounds": count.rounds,
    }


class Count:
    """What all rules share."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self.seats: int = bundle["seats"]
        self.terms: dict[str, str] = bundle["terms"]
        self.names = {one["id"]: one["name"] for one in bundle["options"] if not one["withdrawn"]}
        self.ids = sorted(self.names)
        self.piles = [(pile["places"], pile["count"]) for pile in bundle["ballots"]]
        self.ballots: int = sum(count for _, count in self.piles)
        self.elected: list[str] = []
        self.rounds: list[dict[str, Any]] = []
        self.history: list[dict[str, int]] = []
        self.ties: list[dict[str, Any]] = []

    def run(self) -> None:
        """Count."""
        raise NotImplementedError

    def lists(self) -> list[tuple[tuple[str, ...], int]]:
        """Ballots as lists, cut before the first shared place, without those withdrawn and without blank ones."""
        piles: dict[tuple[str, ...], int] = {}
        for places, count in self.piles:
            marks: list[str] = []
            for place in places:
                if len(place) > 1:
                    break
                marks += [option for option in place if option in self.names]
            if marks:
                piles[tuple(marks)] = piles.get(tuple(marks), 0) + count
        self.ballots = sum(piles.values())
        return sorted(piles.items())

    def settle(self, about: str, tied: Iterable[str], ahead: bool) -> str:
        """One of those tied, by the steps of the tie rule."""
        tied = sorted(tied)
        if len(tied) == 1:
            return tied[0]
        left = list(tied)
        for step in self.terms["ties"].split(", "):
            stage = None
            if step in ("backwards", "forwards"):
                earlier = list(enumerate(self.history[:-1], start=1))
                for number, votes in earlier[::-1] if step == "backwards" else earlier:
                    best = (max if ahead else min)(votes[option] for option in left)
                    if any(votes[option] != best for option in left):
                        left, stage = [option for option in left if votes[option] == best], number
            elif step == "lot":
                left.sort(key=lambda option: (digest(self.terms["seed"], option), option))
                left = left[:1] if ahead else left[-1:]
            else:
                left.sort(key=lambda option: (self.names[option], option))
                left = left[:1] if ahead else left[-1:]
            if len(left) == 1:
                break
        self.ties.append({"about": about, "among": tied, "step": step, "stage": stage, "chosen": left[0]})
        return left[0]

    def in_order(self, options: Iterable[str], votes: Mapping[str, int]) -> list[str]:
        """Most votes first."""
        left = list(options)
        order: list[str] = []
        while left:
            most = max(votes[option] for option in left)
            order.append(self.settle("order of election", [o for o in left if votes[o] == most], True))
            left.remove(order[-1])
        return order

    def close(
        self,
        action: str,
        of: Iterable[str],
        votes: Mapping[str, str],
        elected: Sequence[str] = (),
        excluded: Iterable[str] = (),
        **more: Any,
    ) -> None:
        """Write down a round."""
        self.elected += elected
        self.rounds.append(
            {
                "round": len(self.rounds) + 1,
                "action": action,
                "of": list(of),
                "votes": votes,
                "elected": list(elected),
                "excluded": list(excluded),
                "ties": self.ties,
                **more,
            }
        )
        self.ties = []


def digest(seed: str, option: str) -> str:
    """The lot of an option."""
    return hashlib.sha256(f"{seed}\n{option}".encode()).hexdigest()


def decimal(units: int, decimals: int) -> str:
    """Units of the last decimal as text."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


@dataclass
class Paper:
    """A pile of papers: marks, how many, what one is worth in units, who holds it (None: nobody)."""

    marks: tuple[str, ...]
    count: int
    value: int
    holder: str | None


class Gregory(Count):
    """Weighted inclusive Gregory, Scottish (SSI 2007/42) or with the quota found anew in every round."""

    def run(self) -> None:
        self.decimals = int(self.terms["decimals"])
        self.unit = 10**self.decimals
        self.papers = [Paper(marks, count, self.unit, marks[0]) for marks, count in self.lists()]
        self.votes = dict.fromkeys(self.ids, 0)
        for paper in self.papers:
            self.votes[paper.marks[0]] += paper.count * paper.value
        self.hopeful = set(self.ids)
        self.pending: list[str] = []
        self.exhausted = self.lost = 0
        self.quota = self.ballots // (self.seats + 1) + 1
        self.end("first preferences")
        while len(self.elected) < self.seats and self.hopeful:
            over = [option for option in self.pending if self.votes[option] > self.quota * self.unit]
            if over:
                most = max(self.votes[option] for option in over)
                self.surplus(self.settle("surplus", [o for o in over if self.votes[o] == most], True))
            else:
                least = min(self.votes[option] for option in self.hopeful)
                self.exclude(self.settle("exclusion", [o for o in self.hopeful if self.votes[o] == least], False))

    def surplus(self, option: str) -> None:
        self.pending.remove(option)
        worth = self.votes[option]
        over = worth - self.quota * self.unit
        moving = [paper for paper in self.papers if paper.holder == option]
        for paper in moving:
            paper.value = paper.value * over // worth
        self.votes[option] = self.quota * self.unit
        self.lost += over - self.move(moving, option)
        self.end("surplus", [option])

    def exclude(self, option: str) -> None:
        self.hopeful.discard(option)
        moving = [paper for paper in self.papers if paper.holder == option]
        self.votes[option] = 0
        self.move(moving, option)
        self.end("exclusion", [option], [option])

    def move(self, papers: Iterable[Paper], source: str) -> int:
        given = 0
        for paper in papers:
            rest = [mark for mark in paper.marks[paper.marks.index(source) + 1 :] if mark in self.hopeful]
            paper.holder = rest[0] if rest else None
            given += paper.count * paper.value
            if rest:
                self.votes[rest[0]] += paper.count * paper.value
            else:
                self.exhausted += paper.count * paper.value
        return given

    def end(self, action: str, of: Iterable[str] = (), excluded: Iterable[str] = ()) -> None:
        if self.terms["quota"] != "fixed":
            self.quota = sum(self.votes.values()) // self.unit // (self.seats + 1) + 1
        self.history.append(dict(self.votes))
        vacancies = self.seats - len(self.elected)
        new: list[str] = []
        if len(self.hopeful) > vacancies:
            new = self.in_order([o for o in self.hopeful if self.votes[o] >= self.quota * self.unit], self.votes)
            self.pending += new
            self.hopeful -= set(new)
        if 0 < len(self.hopeful) <= vacancies - len(new):
            new = new + self.in_order(self.hopeful, self.votes)
            self.hopeful -= set(new)
        self.close(
            action,
            of,
            {option: decimal(votes, self.decimals) for option, votes in self.votes.items()},
            new,
            excluded,
            quota=str(self.quota),
            exhausted=decimal(self.exhausted, self.decimals),
            lost=decimal(self.lost, self.decimals),
        )


class Meek(Count):
    """Meek's method; the bundle says with how many decimals the count that stands was made."""

    def run(self) -> None:
        self.decimals = int(self.terms["decimals"])
        self.unit = 10**self.decimals
        self.enough = 10 ** (self.decimals - self.decimals * 2 // 3)
        self.marks = self.lists()
        self.hopeful = set(self.ids)
        self.keep = dict.fromkeys(self.ids, self.unit)
        self.share()
        self.end("first preferences")
        while len(self.elected) < self.seats and self.hopeful:
            if not self.repeat():
                self.exclude()

    def share(self) -> None:
        self.votes = dict.fromkeys(self.ids, 0)
        self.exhausted = 0
        chains: set[tuple[str, ...]] = {()}
        for marks, count in self.marks:
            left = self.unit
            chain: tuple[str, ...] = ()
            for mark in marks:
                if mark in self.hopeful:
                    self.votes[mark] += left * count
                    left = 0
                    break
                if mark in self.elected:
                    kept = -(-left * self.keep[mark] // self.unit)
                    self.votes[mark] += kept * count
                    left -= kept
                    chain += (mark,)
            self.exhausted += left * count
            chains.add(chain)
        self.quota = (self.ballots * self.unit - self.exhausted) // (self.seats + 1) + 1
        self.longest = max(map(len, chains))

    def over(self) -> int:
        return sum(max(0, self.votes[option] - self.quota) for option in self.elected)

    def repeat(self) -> bool:
        moved = False
        while self.over() > self.enough:
            keep = dict(self.keep)
            for option in self.elected:
                if self.votes[option] > self.quota:
                    keep[option] = -(-keep[option] * self.quota // self.votes[option])
            if keep == self.keep:
                break
            self.keep, moved = keep, True
            self.share()
            if any(self.votes[option] >= self.quota for option in self.hopeful):
                break
        if moved:
            self.end("surplus", list(self.elected))
        return moved

    def exclude(self) -> None:
        least = min(self.votes[option] for option in self.hopeful)
        doubt = self.over() + 2 * self.ballots * (self.longest + 1) if self.elected else 0
        out = self.settle("exclusion", [o for o in self.hopeful if self.votes[o] <= least + doubt], False)
        self.hopeful.discard(out)
        self.keep[out] = 0
        self.share()
        self.end("exclusion", [out], [out])

    def end(self, action: str, of: Iterable[str] = (), excluded: Iterable[str] = ()) -> None:
        self.history.append(dict(self.votes))
        last = len(self.hopeful) <= self.seats - len(self.elected)
        new = self.in_order([o for o in self.hopeful if last or self.votes[o] >= self.quota], self.votes)
        self.hopeful -= set(new)
        self.close(
            action,
            of,
            {option: decimal(votes, self.decimals) for option, votes in self.votes.items()},
            new,
            excluded,
            quota=decimal(self.quota, self.decimals),
            exhausted=decimal(self.exhausted, self.decimals),
            lost=decimal(0, self.decimals),
            keep={option: decimal(share, self.decimals) for option, share in self.keep.items()},
        )
        # the chains that ballots pass are those of the elected from now on
        if new and len(self.elected) < self.seats:
            votes, exhausted, quota = self.votes, self.exhausted, self.quota
            self.share()
            self.votes, self.exhausted, self.quota = votes, exhausted, quota


class Schulze(Count):
    """Schulze, with quorum and default option as Debian has them."""

    def run(self) -> None:
        over = {(one, other): 0 for one in self.ids for other in self.ids if one != other}
        for places, count in self.piles:
            place = {option: number for number, shared in enumerate(places) for option in shared}
            for one, other in over:
                if one in place and place[one] < place.get(other, len(places)):
                    over[one, other] += count
        self.round("pairwise comparisons", over, self.ids, over)
        left = list(self.ids)
        if self.terms["default option"]:
            dropped = self.dropped(over, self.terms["default option"])
            left = [option for option in left if option not in dropped]
            self.round("default option", over, self.ids, {}, excluded=dropped)
        paths = {(one, other): self.strength(over[one, other], over[other, one])
                 for one in left for other in left if one != other}  # fmt: skip
        for by in left:
            for one, other in paths:
                if by not in (one, other):
                    paths[one, other] = max(paths[one, other], min(paths[one, by], paths[by, other]))
        elected = self.ranking(list(left), paths)
        self.round("strongest paths", {pair: over[pair] for pair in paths}, self.ids, paths, elected)

    def strength(self, there: int, back: int) -> int:
        if there <= back:
            return 0
        margin: int = there - back
        return margin if self.terms["strength"] == "margins" else there * (self.ballots + 1) + self.ballots - back

    def dropped(self, over: Pairs, default: str) -> list[str]:
        majority = dict(one.rsplit(" ", 1) for one in self.terms["majority"].split(", ") if one)
        root, electorate = Fraction(self.terms["quorum root"]), int(self.terms["electorate"])
        dropped: list[str] = []
        for option in self.ids:
            if option != default:
                there, back = over[option, default], over[default, option]
                enough = there >= int(self.terms["quorum"]) and there**2 >= root**2 * electorate
                if not enough or there <= Fraction(majority.get(option, 1)) * back:
                    dropped.append(option)
        return dropped

    def ranking(self, left: list[str], paths: Pairs) -> list[str]:
        elected: list[str] = []
        while left and len(elected) < self.seats:
            best = [one for one in left if all(paths[one, o] >= paths[o, one] for o in left if o != one)]
            about = "seat" if len(best) > self.seats - len(elected) else "order of election"
            while best and len(elected) < self.seats:
                chosen = self.settle(about, best, True)
                elected.append(chosen)
                best.remove(chosen)
                left.remove(chosen)
        return elected

    def round(
        self,
        action: str,
        over: Pairs,
        ids: Sequence[str],
        pairs: Pairs,
        elected: Sequence[str] = (),
        excluded: Sequence[str] = (),
    ) -> None:
        won = dict.fromkeys(ids, 0)
        for (one, other), there in over.items():
            won[one] += there > over[other, one]
        more = {"pairs": [[*pair, pairs[pair]] for pair in sorted(pairs)]} if pairs else {}
        votes = {option: str(number) for option, number in won.items()}
        self.close(action, (), votes, elected, excluded, quota=None, exhausted="0", lost="0", **more)


class Approval(Count):
    """Approval: whoever is marked on most ballots."""

    def run(self) -> None:
        most = self.terms.get("most marks")
        if most is not None:
            self.piles = [(p, c) for p, c in self.piles if sum(map(len, p)) <= int(most)]
            self.ballots = sum(count for _, count in self.piles)
        votes = dict.fromkeys(self.ids, 0)
        for places, count in self.piles:
            for option in {option for place in places for option in place}:
                if option in votes:
                    votes[option] += count
        left = list(self.ids)
        if "at least" in self.terms:
            words, share = self.terms["at least"].rsplit(" ", 1)
            needed = Fraction(share) * self.ballots
            left = [o for o in left if votes[o] > needed or (votes[o] == needed and words == "at least")]
        elected: list[str] = []
        while left and len(elected) < self.seats:
            best = max(votes[option] for option in left)
            elected.append(self.settle("election", [option for option in left if votes[option] == best], True))
            left.remove(elected[-1])
        numbers = {option: str(number) for option, number in votes.items()}
        self.close("approvals", (), numbers, elected, quota=None, exhausted="0", lost="0")


RULES: dict[str, type[Count]] = {
    "scottish-stv/1": Gregory,
    "alameda-stv/1": Gregory,
    "meek-stv/1": Meek,
    "schulze/1": Schulze,
    "approval/1": Approval,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
