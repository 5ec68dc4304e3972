"""Recount a budget vote from its bundle, with Python and nothing else.

    python3 recount_budget_alone.py bundle.json           says whether the recount is the published result
    python3 recount_budget_alone.py bundle.json --print   prints the recount itself

For whoever does not trust the program that counted: this file shares nothing with it. It reads the projects, the
ballots, the terms and the seed from the bundle, counts again in the plainest way (whole numbers, fractions,
loops), writes the result in the same form and compares it byte for byte. Rules: equal-shares/1, greedy-budget/1.
A large vote with many steps takes minutes. What a bundle looks like is in docs/budgets.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

Bought = dict[str, Any]


def main(words: Sequence[str]) -> int:
    """Recount the bundle named; 0 when the result is the published one, 1 when it is not, 2 for wrong usage."""
    names = [word for word in words if not word.startswith("--")]
    if len(names) != 1 or set(words) - set(names) - {"--print"}:
        print(__doc__.strip())
        return 2
    with open(names[0], encoding="utf-8") as file:
        bundle = json.load(file)
    if bundle.get("bundle") != "solidaria-budget/1" or bundle.get("rule") not in (
        "equal-shares/1",
        "greedy-budget/1",
    ):
        print("This is not a bundle of a rule that can be recounted here.")
        return 2
    found, published = text(recount(bundle)), text(bundle["result"])
    if "--print" in words:
        print(found, end="")
        return 0
    print("sha256 of the recount:  ", hashlib.sha256(found.encode()).hexdigest())
    print("sha256 of the published:", hashlib.sha256(published.encode()).hexdigest())
    if found == published:
        print("The same. Funded:", ", ".join(bundle["result"]["funded"]) or "nothing")
        return 0
    print("NOT THE SAME. By this recount are funded:", ", ".join(json.loads(found)["funded"]) or "nothing")
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
    count = Count(bundle)
    return count.greedy_result() if bundle["rule"] == "greedy-budget/1" else count.equal_shares_result()


class Count:
    """One vote, counted plainly."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self.rule, self.terms = bundle["rule"], bundle["terms"]
        self.budget = Fraction(bundle["budget"])
        self.cost = {project["id"]: Fraction(project["cost"]) for project in bundle["projects"]}
        self.ballots = [
            ({project: Fraction(points) for project, points in pile["marks"]}, pile["count"])
            for pile in bundle["ballots"]
        ]
        self.people = sum(count for _, count in self.ballots)
        self.exclusive = [set(group) for group in bundle["exclusive"]]
        self.supporters = dict.fromkeys(self.cost, 0)
        self.votes = dict.fromkeys(self.cost, Fraction(0))
        for marks, count in self.ballots:
            for project, points in marks.items():
                self.supporters[project] += count
                self.votes[project] += count * points
        # Whole points and whole money from here on.
        self.grain = lcm(1, *(points.denominator for marks, _ in self.ballots for points in marks.values()))
        self.fans: dict[str, list[tuple[int, int, int]]] = {project: [] for project in self.cost}
        for number, (marks, count) in enumerate(self.ballots):
            for project, points in marks.items():
                self.fans[project].append((number, int(points * self.grain), count))
        if bundle["votes"] is not None:
            self.votes = {project: Fraction(votes) for project, votes in bundle["votes"].items()}

    # Ties.

    def settle(self, among: Sequence[str]) -> tuple[str, dict[str, Any] | None]:
        """The project a tie falls on, and the tie for the account; no tie when there is only one."""
        left = sorted(among)
        if len(left) == 1:
            return left[0], None
        for step in self.terms["ties"].split(", "):
            if step == "cheapest":
                left = [one for one in left if self.cost[one] == min(self.cost[other] for other in left)]
            elif step == "dearest":
                left = [one for one in left if self.cost[one] == max(self.cost[other] for other in left)]
            elif step == "supporters":
                most = max(self.supporters[one] for one in left)
                left = [one for one in left if self.supporters[one] == most]
            elif step == "lot":
                left = [min(left, key=self.lot)]
            else:
                left = left[:1]
            if len(left) == 1:
                break
        return left[0], {"among": sorted(among), "step": step, "chosen": left[0]}

    def lot(self, project: str) -> tuple[str, str]:
        return hashlib.sha256(f"{self.terms['seed']}\n{project}".encode()).hexdigest(), project

    # Greedy.

    def fill(
        self,
        order: str,
        left: Fraction,
        have: Sequence[str],
        by: str,
        *,
        too_dear: str = "skip",
        least: Fraction = Fraction(0),
    ) -> list[Bought]:
        """Spend what is left on projects that we do not have, the best first."""
        taken = list(have)
        waiting = [project for project in sorted(self.cost) if project not in taken]
        bought: list[Bought] = []
        while waiting:
            best = max(self.worth(order, project) for project in waiting)
            project, tie = self.settle([one for one in waiting if self.worth(order, one) == best])
            waiting.remove(project)
            if not self.votes[project] or self.votes[project] < least:
                continue
            if any(project in group and group & set(taken) for group in self.exclusive):
                continue
            if self.cost[project] <= left:
                left -= self.cost[project]
                taken.append(project)
                bought.append(self.told(project, by, topped_up=self.cost[project], tie=tie))
            elif too_dear == "stop":
                break
        return bought

    def worth(self, order: str, project: str) -> tuple[bool, Fraction]:
        if order == "votes":
            return False, self.votes[project]
        cost = self.cost[project]
        return (True, self.votes[project]) if not cost else (False, self.votes[project] / cost)

    def told(self, project: str, by: str, **more: Any) -> Bought:
        """One purchase in the words of the account."""
        bought: Bought = {
            "project": project,
            "by": by,
            "cost": self.cost[project],
            "price": None,
            "full": [],
            "last_coins": 0,
            "rest": Fraction(0),
            "broke": 0,
            "topped_up": Fraction(0),
            "tie": None,
            **more,
        }
        for number in ("cost", "price", "rest", "topped_up"):
            bought[number] = None if bought[number] is None else str(bought[number])
        return bought

    def greedy_result(self) -> dict[str, Any]:
        bought = self.fill(
            self.terms["order"],
            self.budget,
            (),
            "greedy",
            too_dear=self.terms["too dear"],
            least=Fraction(self.terms["threshold"]),
        )
        return self.result(bought, [], None, 1)

    # Equal shares.

    def buy(self, each: Fraction, at_most: Fraction | None = None) -> tuple[list[Bought], bool]:
        """What is bought when everybody has `each`; and whether it was broken off above `at_most`."""
        by_cost = self.terms["utility"] == "cost"
        unit = lcm(each.denominator, *(cost.denominator for cost in self.cost.values()))
        money = [int(each * unit)] * len(self.ballots)
        bought = [
            self.told(project, "free")
            for project in sorted(self.cost)
            if self.fans[project] and not self.cost[project]
        ]
        # The last rate known of each project. A rate never falls: it is looked at again only when it may be next.
        known = {project: Fraction(0) for project in self.cost if self.fans[project] and self.cost[project]}
        spent = Fraction(0)
        while True:
            rates: dict[str, Fraction] = {}
            for project in sorted(known, key=lambda one: (known[one], one)):
                if rates and known[project] > min(rates.values()):
                    break
                price = self.price(project, money, unit)
                if price is None:
                    del known[project]
                else:
                    rates[project] = known[project] = price / (self.cost[project] if by_cost else 1)
            if not rates:
                return bought, False
            lowest = min(rates.values())
            project, tie = self.settle([one for one, rate in rates.items() if rate == lowest])
            price = lowest * (self.cost[project] if by_cost else 1)
            wider = lcm(unit, (price / self.grain).denominator)
            if wider > unit:
                money = [amount * (wider // unit) for amount in money]
                unit = wider
            bought.append(self.pay(project, price, money, unit, tie))
            del known[project]
            spent += self.cost[project]
            if at_most is not None and spent > at_most:
                return bought, True

    def price(self, project: str, money: Sequence[int], unit: int) -> Fraction | None:
        """The lowest price per point at which the supporters pay the cost; None when they cannot."""
        needed = int(self.cost[project] * unit)
        rich = [(money[number], points, count) for number, points, count in self.fans[project]]
        if sum(amount * count for amount, _, count in rich) < needed:
            return None
        weight = sum(points * count for _, points, count in rich)
        while True:
            poor = [one for one in rich if one[0] * weight < needed * one[1]]
            if not poor:
                return Fraction(needed * self.grain, weight * unit)
            rich = [one for one in rich if one[0] * weight >= needed * one[1]]
            needed -= sum(amount * count for amount, _, count in poor)
            weight -= sum(points * count for _, points, count in poor)

    def pay(self, project: str, price: Fraction, money: list[int], unit: int, tie: object) -> Bought:
        """Let the supporters pay."""
        part = int(price / self.grain * unit)
        full: dict[int, int] = {}
        last_coins = rest = broke = 0
        for number, points, count in self.fans[project]:
            if money[number] >= part * points:
                full[points] = full.get(points, 0) + count
                money[number] -= part * points
            else:
                last_coins += count if money[number] else 0
                broke += 0 if money[number] else count
                rest += money[number] * count
                money[number] = 0
        return self.told(
            project,
            "equal shares",
            price=price,
            full=[[people, str(price * points / self.grain)] for points, people in sorted(full.items())],
            last_coins=last_coins,
            rest=Fraction(rest, unit),
            broke=broke,
            tie=tie,
        )

    def equal_shares_result(self) -> dict[str, Any]:
        """The steps, the completion and the comparison, as the terms say."""
        if not self.people:
            return self.result([], [], None, 0)
        terms = self.terms
        first = each = self.budget / self.people
        step = Fraction(terms.get("step", "1")) * (first if terms.get("step of") == "share" else 1)
        supported = {project for project in self.cost if self.fans[project]}
        bought, _ = self.buy(each)
        over: list[Bought] = []
        steps = 1
        while terms["completion"].startswith("add1") and step:
            have = {one["project"] for one in bought}
            left = self.budget - sum(self.cost[project] for project in have)
            full = all(self.cost[project] > left for project in supported - have)
            if have == supported or (terms["stop"] == "exhaustive" and full):
                break
            steps += 1
            more, too_much = self.buy(each + step, self.budget)
            if too_much:
                over = more
                break
            bought, each = more, each + step
        if terms["completion"].endswith("utilitarian"):
            have_now = [one["project"] for one in bought]
            left = self.budget - sum(self.cost[project] for project in have_now)
            order = "votes" if terms["utility"] == "cost" else "votes per cost"
            bought = bought + self.fill(order, left, have_now, "completion")
        if terms["comparison"] == "yes":
            greedy = self.fill("votes", self.budget, (), "greedy")
            ours, theirs = {one["project"] for one in bought}, {one["project"] for one in greedy}
            prefer = 0
            for marks, count in self.ballots:
                difference = len(ours & set(marks)) - len(theirs & set(marks))
                prefer += count * ((difference > 0) - (difference < 0))
            if prefer < 0:
                bought, over = greedy, []
        return self.result(bought, over, each, steps)

    def result(
        self, bought: Sequence[Bought], over: Sequence[Bought], each: Fraction | None, steps: int
    ) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "budget": str(self.budget),
            "spent": str(sum((self.cost[one["project"]] for one in bought), Fraction(0))),
            "voters": self.people,
            "per_person": None if each is None else str(each),
            "steps": steps,
            "funded": [one["project"] for one in bought],
            "purchases": list(bought),
            "over": list(over),
        }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
