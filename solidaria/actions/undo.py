"""Take an act back: the row gets the columns it had, if nothing was built on the act since."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from solidaria.actions.acting import columns, in_one_piece, refused
from solidaria.actions.permit import Doer, permit
from solidaria.core.problem import say
from solidaria.records.models import Act

#: What can be taken back by putting the old columns back. Everything else has its own way: a mandate is given
#: anew, an alliance asked for again, a gathered need withdrawn.
UNDOABLE = {
    "describe_organisation",
    "show_publicly",
    "declare_need",
    "edit_need",
    "withdraw_need",
    "match_need",
    "add_product",
    "edit_product",
    "remove_product",
    "add_equipment",
    "edit_equipment",
    "remove_equipment",
    "add_recipe",
    "remove_recipe",
    "set_stock",
    "refuse_line",
    "lower_pledge",
    "withdraw_refusal",
    "remove_promise",
    "keep_promise",
}


def can_be_undone(act: Act) -> bool:
    """Whether the act is of a kind that can be taken back, and was not taken back yet."""
    return act.verb in UNDOABLE and not hasattr(act, "undone_by")


def undo_act(doer: Doer, act: Act) -> Act:
    """Put the row back as it was before the act; a row the act made is withdrawn.

    The same right is needed as for the act itself. Raises Refused when the row was changed again since: what came
    later would be lost.
    """
    return in_one_piece(lambda: _undo(doer, act))


def _undo(doer: Doer, act: Act) -> Act:
    act = Act.objects.select_for_update(of=("self",)).get(pk=act.pk)
    again = Act.objects.filter(undoes=act).first()
    if again is not None:
        return again
    model: Any = apps.get_model("records", act.kind)
    row = model._default_manager.select_for_update(of=("self",), no_key=True).filter(pk=act.subject).first()
    if act.verb not in UNDOABLE or row is None:
        raise refused(None, say("This cannot be taken back."), say("Change it by hand."))
    own = getattr(row, "declared_by_id", 0) == doer.person.pk
    permit(act.verb, doer, act.organisation, own)
    now = columns(row)
    if any(now.get(name) != value for name, value in act.after.items()):
        raise refused(None, say("It was changed again since."), say("Take the later change back first."))
    before = {name: now[name] for name in act.after if name in now}
    if act.before:
        for name, value in act.before.items():
            field = model._meta.get_field(name)
            setattr(row, field.attname, field.to_python(value))
    else:
        _take_out(row, doer)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise refused(None, say("Something else stands in its place now."), say("Change it by hand.")) from None
    after = columns(row)
    return Act.objects.create(
        at=doer.at,
        person=doer.person,
        organisation=act.organisation,
        mandate=doer.mandate,
        verb="undo_act",
        kind=act.kind,
        subject=act.subject,
        name=act.name,
        before=before,
        after={name: value for name, value in after.items() if value != now.get(name)},
        undoes=act,
    )


def _take_out(row: models.Model, doer: Doer) -> None:
    """A row that an act made is marked as gone; it stays readable in the history."""
    for name in ("withdrawn", "removed"):
        if hasattr(row, name):
            setattr(row, name, doer.at)
            return
    if hasattr(row, "quantity"):
        row.quantity = 0
        return
    raise refused(None, say("This cannot be taken back."), say("Change it by hand."))
