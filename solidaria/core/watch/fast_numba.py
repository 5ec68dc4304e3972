"""The fast engine with Numba: blocks of lanes that stay in the cache, each rule worked out for several lanes at once.

This file needs Numba; engine.py does without it where Numba is not there. The rules themselves are in rules.py: here
only the four helpers they are written with get their meaning for one lane, and the loop over months is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload
from numpy.typing import NDArray

from solidaria.core.watch import draws, rules
from solidaria.core.watch import fields as f
from solidaria.core.watch.clearing import MOST_ROUNDS, TOLERANCE, Debts
from solidaria.core.watch.rules import BLOCK, ROW, RUNS
from solidaria.core.watch.tables import Paths

_ROW, _RUNS, _SITES = np.uint64(ROW), np.uint64(RUNS), np.uint64(BLOCK // RUNS)


def _lanes(count: Any) -> Callable[..., Any]:
    # Unsigned, so that no lane can be counted from the end and no check for it stands in the loop.
    return lambda count: range(np.uint64(count))


def _at(row: Any, i: Any) -> Callable[..., Any]:
    # One flat array with rows of constant length: the compiler sees that two rows never overlap.
    return lambda row, i: np.uint64(row) * _ROW + i


def _select(condition: Any, yes: Any, no: Any) -> Callable[..., Any]:
    return lambda condition, yes, no: yes if condition else no


def _least(one: Any, other: Any) -> Callable[..., Any]:
    return lambda one, other: one if one < other else other


def _most(one: Any, other: Any) -> Callable[..., Any]:
    return lambda one, other: one if one > other else other


def _value(p: Any, place: Any, i: Any) -> Callable[..., Any]:
    if isinstance(p, types.Array) and p.ndim == 1:
        return lambda p, place, i: p[np.uint64(place)]
    return lambda p, place, i: p[np.uint64(place) * _ROW + i, 0]


overload(rules.lanes, strict=False)(_lanes)
overload(rules.at, strict=False)(_at)
overload(rules.select, strict=False)(_select)
overload(rules.least, strict=False)(_least)
overload(rules.most, strict=False)(_most)
overload(rules.value, strict=False)(_value)


def _version() -> int:
    """A number that changes whenever a rule or the place of a figure does.

    What is compiled is kept on disk, and the library looks only at the file of the function that was called: a loop that was
    kept would go on with rules that no longer hold. So every loop that is kept has this number in it.
    """
    digest = sha256()
    for module in (rules, f, draws):
        for name, value in sorted(vars(module).items()):
            if isinstance(value, int | float | np.uint64):
                digest.update(f"{name}={value!r};".encode())
            code = getattr(value, "__code__", None)
            if code is not None:
                constants = [one for one in code.co_consts if isinstance(one, int | float | str)]
                digest.update(f"{name}:{constants}{code.co_names}".encode() + code.co_code)
    for helper in (_lanes, _at, _select, _least, _most, _value):
        for code in (one for one in helper.__code__.co_consts if hasattr(one, "co_code")):
            digest.update(code.co_code)
    return int.from_bytes(digest.digest()[:7], "big")


def _compiled(function: Callable[..., Any]) -> Any:
    """The function, compiled as part of whatever calls it."""
    return njit(nogil=True, error_model="numpy")(function)


def _kept(make: Callable[[int], Callable[..., Any]]) -> Any:
    """The function that is made with the version, compiled when it is first called, and kept on disk for the next time."""
    function = make(_version())
    try:
        return njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        # No place on this machine may be written: it is compiled anew each time.
        return _compiled(function)


draw = _compiled(rules.draw)
begin = _compiled(rules.begin)
fetch = _compiled(rules.fetch)
store = _compiled(rules.store)
work = _compiled(rules.work)
owe = _compiled(rules.owe)
close = _compiled(rules.close)
record = _compiled(rules.record)


def _block(version: int) -> Callable[..., Any]:
    def block(
        p: Any,
        runs: Any,
        sites: Any,
        key: Any,
        outcome: Any,
        cash: Any,
        pay: Any,
        people: Any,
        sums: Any,
        start: int,
        stop: int,
    ) -> None:
        """Simulate the lanes of one block from the first day on."""
        if version < 0:
            return
        count = stop - start
        s = np.zeros(f.STATE * ROW)
        luck = np.empty(f.DRAWS * ROW)
        begin(s, p, count)
        for now in range(outcome.shape[0]):
            draw(luck, runs[start:], sites[start:], key, np.uint64(now), count)
            fetch(s, p, now, count)
            work(s, p, luck, now, 0.0, count)
            owe(s, p, count)
            close(s, p, luck, count)
            store(s, now, count)
            record(s, outcome[now, start:], cash[now, start:], pay[now, start:], people[now, start:], count)
        for row in range(sums.shape[0]):
            for i in range(count):
                sums[row, start + i] = s[(f.S_ABOVE_MARKET + row) * ROW + i]

    return block


_march_block = _kept(_block)


def _padded(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each lane's own parameters as rows of a whole block, flat, with an axis more to tell them from one site's."""
    whole = np.ones((p.shape[0], ROW))
    whole[:, : p.shape[1]] = p
    return whole.reshape(-1, 1)


def march(
    p: NDArray[np.float64],
    runs: NDArray[np.uint64],
    sites: NDArray[np.uint64],
    seed: int,
    out: Paths,
    start: int,
    stop: int,
) -> None:
    """Simulate the lanes from `start` to `stop` (exclusive) from the first day on, and fill in the tables.

    The same as in fast_numpy.py, to the bit.
    """
    for first in range(start, stop, BLOCK):
        last = min(first + BLOCK, stop)
        own = p if p.ndim == 1 else _padded(p[:, first:last])
        _march_block(
            own, runs, sites, np.uint64(seed), out.outcome, out.cash, out.pay, out.people, out.sums, first, last
        )


def _clear(version: int) -> Callable[..., Any]:
    def clear(
        start: Any,
        debtor: Any,
        share: Any,
        owed: Any,
        funds: Any,
        paid: Any,
        tolerance: float,
        most: int,
        runs: Any,
    ) -> int:
        """Fill in what each site pays in each run; give back the number of rounds.

        owed, funds, paid   sites × runs, flat. A site is worked out with what was found for others in the same round.
        runs    how many; an argument, because a loop of a length known beforehand is unrolled and never made a vector
        """
        if version < 0:
            return 0
        sites = np.uint64(len(start) - 1)
        one = np.uint64(1)
        got, changes = np.empty(runs), np.empty(runs)
        top = 0.0
        for at in range(np.uint64(len(owed))):
            paid[at] = owed[at]
            top = max(top, owed[at])
        for turn in range(most):
            for run in range(runs):
                changes[run] = 0.0
            for i in range(sites):
                own = i * runs
                for run in range(runs):
                    got[run] = funds[own + run]
                for place in range(start[i], start[i + one]):
                    part, other = share[place], debtor[place] * runs
                    for run in range(runs):
                        got[run] += part * paid[other + run]
                for run in range(runs):
                    full, has = owed[own + run], got[run]
                    now = full if full < has else has
                    fall, most_so_far = paid[own + run] - now, changes[run]
                    changes[run] = fall if fall > most_so_far else most_so_far
                    paid[own + run] = now
            if changes.max() <= tolerance * top:
                return turn + 1
        return most

    return clear


_clear_runs = _kept(_clear)


def clear(debts: Debts, owed: NDArray[np.float64], funds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same as clearing.clear: what each site pays in each run (sites × runs)."""
    paid = np.empty(owed.size)
    runs = np.uint64(owed.shape[1])
    _clear_runs(
        debts.start.astype(np.uint64),
        debts.debtor.astype(np.uint64),
        debts.share,
        np.ascontiguousarray(owed).reshape(-1),
        np.ascontiguousarray(funds).reshape(-1),
        paid,
        TOLERANCE,
        MOST_ROUNDS,
        runs,
    )
    return paid.reshape(owed.shape)


def _expand(p: Any, wide: Any, runs: Any) -> None:
    """Give each of a block's lanes its site's parameters.

    Kept once for each site and written out again for each step, they stay in the cache; written out once and for all,
    the parameters of a large network would be read from memory in every step.

    runs   how many; an argument, as in `_clear`
    """
    for place in range(np.uint64(f.PARAMETERS)):
        for site in range(_SITES):
            number = p[place * _SITES + site]
            first = place * _ROW + site * runs
            for run in range(runs):
                wide[first + run] = number


def _open_blocks(version: int) -> Callable[..., Any]:
    def open_blocks(
        s: Any, p: Any, world: Any, runs: Any, sites: Any, luck: Any, key: Any, now: int, many: Any
    ) -> None:
        """Steps 1 to 4 in every block of a network."""
        if version < 0:
            return
        flat = np.zeros(f.PARAMETERS * ROW)
        wide = flat.reshape(-1, 1)
        for block in range(s.shape[0]):
            expand(p[block], flat, many)
            draw(luck[block], runs[block], sites[block], key, np.uint64(now), BLOCK)
            mix(luck[block], world, wide, BLOCK)
            fetch(s[block], wide, now, BLOCK)
            work(s[block], wide, luck[block], now, 1.0, BLOCK)

    return open_blocks


def _owe_blocks(version: int) -> Callable[..., Any]:
    def owe_blocks(s: Any, p: Any, many: Any) -> None:
        """Step 7 in every block of a network."""
        if version < 0:
            return
        flat = np.zeros(f.PARAMETERS * ROW)
        wide = flat.reshape(-1, 1)
        for block in range(s.shape[0]):
            expand(p[block], flat, many)
            owe(s[block], wide, BLOCK)

    return owe_blocks


def _close_blocks(version: int) -> Callable[..., Any]:
    def close_blocks(s: Any, p: Any, luck: Any, now: int, many: Any) -> None:
        """Steps 8 to 12 in every block of a network."""
        if version < 0:
            return
        flat = np.zeros(f.PARAMETERS * ROW)
        wide = flat.reshape(-1, 1)
        for block in range(s.shape[0]):
            expand(p[block], flat, many)
            close(s[block], wide, luck[block], BLOCK)
            store(s[block], now, BLOCK)

    return close_blocks


expand = _compiled(_expand)
mix = _compiled(rules.mix)
open_blocks = _kept(_open_blocks)
owe_blocks = _kept(_owe_blocks)
close_blocks = _kept(_close_blocks)
