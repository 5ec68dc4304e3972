"""Files: a plan in every format of the main job, and a network's workbook."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import slugify

from solidaria.actions.permit import Doer
from solidaria.actions.visible import workbook_seen
from solidaria.core.workbook.tables import Tables
from solidaria.records.gather import tables_of
from solidaria.records.models import Organisation, Round
from solidaria.records.results import result_of, tables_planned
from solidaria.records.workbook import write_csv, write_xlsx
from solidaria.report.html import to_html
from solidaria.report.json import to_json
from solidaria.report.language import LANGUAGES
from solidaria.report.text import to_text
from solidaria.report.xlsx import input_sheets, to_xlsx
from solidaria.web.answers import members_only, network_for, person
from solidaria.web.language import language
from solidaria.web.plan import variant_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"plan.html": "text/html", "plan.json": "application/json", "plan.xlsx": XLSX, "plan.txt": "text/plain"}


@members_only
def plan_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A plan as one file: HTML for the assembly, XLSX, JSON, text; or of the workbook it was made from what one may take."""
    row, one, rights = variant_for(request, pk)
    whole = tables_planned(row.pk)
    tables = None if whole is None else workbook_seen(Doer(person(request)), one, rights, whole)
    stem = f"{slugify(row.round.name) or 'plan'}-{slugify(row.name) or row.pk}"
    if name == "workbook.xlsx" and tables is not None:
        return _file(_xlsx(tables), XLSX, f"{stem}-workbook.xlsx")
    result = result_of(row.pk)
    if result is None or tables is None or name not in KINDS:
        raise Http404
    code = request.language.code if request.language.code in LANGUAGES else LANGUAGES[0]  # type: ignore[attr-defined]
    words = language(code, result.network.rules.currency)
    if name == "plan.html":
        content = to_html(result, words).encode()
    elif name == "plan.json":
        content = to_json(result, words).encode()
    elif name == "plan.xlsx":
        content = to_xlsx(result, words, None, None, input_sheets(tables))
    else:
        content = to_text(result, words).encode()
    return _file(content, KINDS[name], f"{stem}.{name.rsplit('.', 1)[1]}")


@members_only
def workbook_xlsx(request: HttpRequest, code: str) -> HttpResponse:
    """The network's records as one XLSX workbook: the whole, or one's own organisations' part."""
    one, rights = network_for(request, code)
    tables = workbook_seen(Doer(person(request)), one, rights, _now(one))
    return _file(_xlsx(tables), XLSX, f"{slugify(one.name) or 'network'}.xlsx")


@members_only
def workbook_zip(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a folder of CSV files, zipped."""
    one, rights = network_for(request, code)
    tables = workbook_seen(Doer(person(request)), one, rights, _now(one))
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="solidaria-") as folder:
        write_csv(tables, Path(folder))
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)
    return _file(packed.getvalue(), "application/zip", f"{slugify(one.name) or 'network'}.zip")


def _now(one: Organisation) -> Tables:
    current = Round.objects.filter(network=one).order_by("closed", "-opened").first()
    opened = Round.objects.filter(network=one, closed__isnull=True).first()
    return tables_of(one, opened or current)


def _xlsx(tables: Tables) -> bytes:
    with tempfile.TemporaryDirectory(prefix="solidaria-") as folder:
        path = Path(folder) / "workbook.xlsx"
        write_xlsx(tables, path)
        return path.read_bytes()


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    """An attachment: a file a person made can never run as a page of this site."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
