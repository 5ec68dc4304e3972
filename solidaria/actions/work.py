"""Long work: a worker claims a plan that waits, makes it, and writes down what came out. No queue server."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import close_old_connections, connection
from django.db.models import F, Q

from solidaria.actions.council_votes import lapse_due
from solidaria.actions.decide import close_due
from solidaria.actions.recall import open_due
from solidaria.core.network import Network
from solidaria.core.plan import plan as make_plan
from solidaria.core.plan.refusals import LoweredPledge, Refusal, Refusals, with_pledges
from solidaria.core.price import price
from solidaria.core.problem import Refused, Sentence, say
from solidaria.core.result import Result
from solidaria.core.workbook.check import read_network
from solidaria.core.workbook.tables import Table, Tables
from solidaria.records import packing
from solidaria.records.gather import tables_of
from solidaria.records.models import LineRefused, Variant
from solidaria.records.models.plan import CANCELLED, DONE, FAILED, REFUSED, RUNNING, WAITING

#: A worker that gave no sign of life for so long is taken for dead, and its plan is made by another.
DEAD_AFTER = timedelta(seconds=60)
BEAT_EVERY = 5.0
#: Progress is written at most so often.
TELL_EVERY = 0.5


class Cancelled(Exception):
    """Somebody called the plan off, or another worker took it over."""


def worker_name() -> str:
    """What tells this worker from others."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(worker: str, now: datetime | None = None) -> Variant | None:
    """The plan that waits longest, now this worker's own; None when there is nothing to do.

    Claimed by a conditional update: of two workers exactly one gets it.
    """
    now = now or datetime.now(UTC)
    dead = Q(state=RUNNING) & (Q(beat__isnull=True) | Q(beat__lt=now - DEAD_AFTER))
    for row in (
        Variant.objects.filter(Q(state=WAITING) | dead).order_by("asked", "id").only("pk", "state", "worker")
    ):
        won = Variant.objects.filter(pk=row.pk, state=row.state, worker=row.worker).update(
            state=RUNNING, worker=worker, beat=now, started=now, progress=[], steps=0
        )
        if won == 1:
            return Variant.objects.select_related("round__network").get(pk=row.pk)
    return None


def make(variant: Variant, worker: str) -> None:
    """Make the plan of a claimed variant and write down how it ended; never raises for what can go wrong in it."""
    stop = threading.Event()
    beating = threading.Thread(target=_beat, args=(variant.pk, worker, stop), daemon=True)
    beating.start()
    teller = _Teller(variant.pk, worker)
    try:
        tables, network, refusals = inputs_of(variant)
        Variant.objects.filter(pk=variant.pk, worker=worker).update(tables=packing.pack(tables))
        result = planned(network, refusals, teller)
        _end(variant.pk, worker, DONE, result=packing.pack_result(result))
    except Refused as refusal:
        _end(variant.pk, worker, REFUSED, faults=packing.plain(list(refusal.faults)))
    except Cancelled:
        _end(variant.pk, worker, CANCELLED)
    except Exception as error:
        _end(variant.pk, worker, FAILED, progress=packing.plain(_failed(error)))
        raise
    finally:
        stop.set()
        beating.join()


def _failed(error: Exception) -> Sentence:
    kind = type(error).__name__
    return say("The planner stopped with an error of its own ({kind}); the server's log says more.", kind=kind)


def inputs_of(variant: Variant) -> tuple[Tables, Network, Refusals]:
    """What a variant plans: the network's tables now, with the rules it tries; and the refusals that hold in it."""
    tables = tables_of(variant.round.network, variant.round)
    tried = variant.changes.get("rules") or {}
    if tried:
        tables = replace(tables, sheets={**tables.sheets, "rules": _with_rules(tables.sheets["rules"], tried)})
    network = read_network(tables)
    lines, pledges = [], []
    rows = LineRefused.objects.filter(pk__in=variant.changes.get("refusals") or []).select_related(
        "recipe", "organisation"
    )
    for row in rows:
        if row.recipe is not None and row.most_runs is not None and row.recipe.code in network.recipe:
            lines.append(Refusal(row.recipe.code, row.period or None, row.most_runs))
        elif row.pledge is not None and row.organisation.code in network.organisation:
            pledges.append(LoweredPledge(row.organisation.code, row.pledge))
    return (
        tables,
        network,
        Refusals(
            tuple(sorted(lines, key=lambda one: (one.recipe, one.period or ""))),
            tuple(sorted(pledges, key=lambda one: one.organisation)),
        ),
    )


def planned(network: Network, refusals: Refusals, progress: Callable[[Sentence], None]) -> Result:
    """The plan with its refusals, and its prices."""
    network = with_pledges(network, refusals.pledges)
    plan = make_plan(network, refusals=refusals.lines, progress=progress)
    progress(say("Working out the prices …"))
    return Result(network, plan, price(network, plan))


def _with_rules(table: Table, tried: dict[str, str]) -> Table:
    """The rules sheet with other values for some rules, undated, in place of all their rows."""
    at = {name: place for place, name in enumerate(table.columns)}
    kept = [cells for _, cells in table.rows if cells[at["rule"]] not in tried]
    for rule, value in sorted(tried.items()):
        cells: list[Any] = [None] * len(table.columns)
        cells[at["rule"]], cells[at["value"]] = rule, value
        if "decision" in at:
            cells[at["decision"]] = "tried in this variant"
        kept.append(tuple(cells))
    return Table(table.columns, tuple(enumerate(kept, 2)))


class _Teller:
    """Writes down what the planner says, and stops it when somebody called the plan off."""

    def __init__(self, pk: int, worker: str) -> None:
        self.pk, self.worker = pk, worker
        self.last = float("-inf")

    def __call__(self, sentence: Sentence) -> None:
        now = time.monotonic()
        if now - self.last < TELL_EVERY:
            return
        self.last = now
        mine = Variant.objects.filter(pk=self.pk, worker=self.worker, state=RUNNING, cancel_asked=False)
        if not mine.update(progress=packing.plain(sentence), steps=F("steps") + 1):
            raise Cancelled


def _beat(pk: int, worker: str, stop: threading.Event) -> None:
    """Give signs of life while the planner computes; from a thread with a connection of its own."""
    try:
        while not stop.wait(BEAT_EVERY):
            Variant.objects.filter(pk=pk, worker=worker, state=RUNNING).update(beat=datetime.now(UTC))
    finally:
        connection.close()


def _end(pk: int, worker: str, state: str, **what: Any) -> None:
    Variant.objects.filter(pk=pk, worker=worker, state=RUNNING).update(
        state=state, finished=datetime.now(UTC), **what
    )


def clocks(at: datetime) -> None:
    """What has come to its time: votes on recalls open, votes close, decisions nobody confirmed lapse.

    None of them waits for another, nor do plans: what goes wrong with one is written into the server's log.
    """
    for due in (open_due, close_due, lapse_due):
        try:
            due(at)
        except Exception as error:
            logging.getLogger("solidaria.work").exception("a clock failed", exc_info=error)


def work(worker: str, stop: threading.Event, idle: float = 0.5) -> None:
    """Make plans until `stop` is set; looks for new ones every `idle` seconds."""
    while not stop.is_set():
        close_old_connections()
        clocks(datetime.now(UTC))
        variant = claim(worker)
        if variant is None:
            stop.wait(idle)
            continue
        try:
            make(variant, worker)
        except Exception as error:
            logging.getLogger("solidaria.work").exception("a plan failed", exc_info=error)
