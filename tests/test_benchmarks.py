"""The benchmarks measure the same model on the same networks; the networks are the same for everyone, always."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from solidaria.core.plan.model import build
from solidaria.core.plan.solve import Bounds, Solver

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import fair_round
import networks


def test_equal_size_and_seed_give_the_same_network() -> None:
    """And another seed another one."""
    assert networks.make_network(600, 4) == networks.make_network(600, 4)
    assert networks.make_network(600, 4) != networks.make_network(600, 5)


@pytest.mark.parametrize("size", [300, 1_000, 5_000])
def test_a_network_has_about_the_variables_it_was_asked_for(size: int) -> None:
    """Within a tenth."""
    data = fair_round.tables(networks.make_network(size))
    assert abs(data.variables - size) <= size / 10
    assert len(fair_round.arrays(data).cost) == data.variables


def test_products_only_take_products_of_earlier_stages() -> None:
    """So that no network has a cycle of inputs."""
    network = networks.make_network(2_000)
    takes: dict[str, set[str]] = {}
    for recipe in network.recipes:
        takes.setdefault(recipe.product, set()).update(product for product, _ in recipe.inputs)
    made: set[str] = {row.id for row in network.products} - set(takes)
    while waiting := {product for product in takes if product not in made and takes[product] <= made}:
        made |= waiting
    assert made == {row.id for row in network.products}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_our_model_and_the_one_written_out_by_hand_reach_the_same_share(seed: int) -> None:
    """One round of fairness over promises and tier 1, built in two ways that share no code."""
    network = networks.make_network(800, seed)
    by_hand = fair_round.pass_arrays(fair_round.arrays(fair_round.tables(network)))
    by_hand.run()
    model = build(network)
    bounds = Bounds.of(model)
    for position, group in enumerate(model.classes):
        if group.tier <= 1:
            bounds.row_lower[model.row_level + position] = 0.0
    bounds.cost[model.level] = -1.0
    ours = Solver(model).minimise(bounds)
    share = -by_hand.getInfo().objective_function_value
    assert 0 < share <= 1
    assert ours.value == pytest.approx(-share, abs=1e-6)


def test_both_ways_of_handing_arrays_over_give_the_same_model() -> None:
    """The quick call and the one from the solver's guide."""
    ready = fair_round.arrays(fair_round.tables(networks.make_network(400)))
    values = []
    for hand_over in (fair_round.pass_arrays, fair_round.pass_model):
        solver = hand_over(ready)
        solver.run()
        values.append(solver.getInfo().objective_function_value)
    assert values[0] == values[1]


def test_a_network_is_written_as_a_workbook_with_a_row_for_everything(tmp_path: Path) -> None:
    """So that the whole command can be measured, from files to report."""
    network = networks.make_network(400)
    networks.write_workbook(network, tmp_path / "network")
    for sheet in ("organisations", "sites", "products", "recipes", "equipment", "stocks", "needs", "promises"):
        with (tmp_path / "network" / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.reader(file))) == 1 + len(getattr(network, sheet))
