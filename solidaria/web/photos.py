"""Photos of deliveries: for the two sides alone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from solidaria.actions.agree import photo_folder
from solidaria.records.models import HandoverPhoto
from solidaria.records.photos import kept
from solidaria.web.answers import members_only, organisation_for


@members_only
def photo(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A photo of a delivery, for people of the giver and the taker; one that was changed on the disk is not shown."""
    one, _ = organisation_for(request, code)
    row = HandoverPhoto.objects.filter(pk=number).select_related("handover__call_off__agreement").first()
    if row is None:
        raise Http404
    agreement = row.handover.call_off.agreement
    content = kept(photo_folder(), row.digest) if one.pk in (agreement.giver_id, agreement.taker_id) else None
    if content is None:
        raise Http404
    # The kind is ours, found from the picture itself, and the browser is told not to look for another one.
    response = HttpResponse(content, content_type=row.kind)
    suffix = "jpg" if row.kind == "image/jpeg" else "png"
    response["Content-Disposition"] = f'inline; filename="delivery-{row.digest[:12]}.{suffix}"'
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
