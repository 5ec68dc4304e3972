"""An agreement as files: PDF to sign, and Valueflows JSON-LD."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from solidaria.actions import accounts as asked
from solidaria.actions.agreed import terms_of
from solidaria.core.agree import STATES
from solidaria.core.problem import say
from solidaria.core.view import View
from solidaria.records.models import Agreement, Organisation
from solidaria.report.agreement import Version, agreement
from solidaria.web.accounts import KINDS, attachment
from solidaria.web.agree import one_of
from solidaria.web.answers import members_only, organisation_for
from solidaria.web.language import language
from solidaria.web.linked_files import linked
from solidaria.web.pdf import tables


def view_of(row: Agreement) -> tuple[View, list[str]]:
    """An agreement with all its versions as tables, and the names of its sides, who sign it."""
    kept = list(
        row.versions.select_related("by").prefetch_related("yes__organisation", "yes__motion").order_by("-number")
    )
    versions = [
        Version(
            one.number,
            one.at.date(),
            one.by.name,
            one.pk == row.current_id,
            tuple(
                (
                    yes.organisation.code,
                    yes.at.date(),
                    say("motion {number}", number=yes.motion.number) if yes.motion else say("under a mandate"),
                )
                for yes in one.yes.all()
            ),
        )
        for one in kept
    ]
    names = dict(Organisation.objects.filter(code__in=kept[0].parties).values_list("code", "name"))
    terms = terms_of(kept[0])
    shown = agreement(f"{row.giver.code}/{row.number}", terms.title, STATES[row.state], terms, versions, names)
    return shown, [names.get(code, code) for code in kept[0].parties]


@members_only
def pdf(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The newest version of the agreement on paper, to sign."""
    one, _ = organisation_for(request, code)
    row = one_of(one, number)
    shown, sides = view_of(row)
    tongue = request.language.code  # type: ignore[attr-defined]
    tongue = language(tongue if tongue in ("en", "es") else "en")
    made = tables([shown], language=tongue, footer=f"Solidaria · {row.giver.code}/{row.number}", signs=sides)
    return attachment(made, KINDS["pdf"], f"agreement-{row.giver.code}-{row.number}.pdf")


@members_only
def jsonld(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One agreement with its promises and what fulfilled them, as Valueflows JSON-LD."""
    one, _ = organisation_for(request, code)
    row = one_of(one, number)
    made = linked(one, asked.events_fulfilling(row), only=row)
    return attachment(made, KINDS["jsonld"], f"agreement-{row.giver.code}-{row.number}.jsonld")
