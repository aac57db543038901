"""How a published file is sent: by its hash, and never kept between where it is closed."""

import asyncio

from fastapi import Request
from fastapi.responses import Response

from services.analytics import service
from services.analytics.reading import read
from services.analytics.repository import OutputClass
from shared.artefacts import ArtefactStore, store_at
from shared.http.call import Call

NO_STORE = "no-store"
REVALIDATE = "private, no-cache"
# A drawing opened as a page of its own runs and fetches nothing.
DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


async def send_file(
    request: Request,
    call: Call,
    name: str,
    output_class: OutputClass,
    policy: str = DRAWING_POLICY,
    *,
    attached: bool = False,
    run: str | None = None,
) -> Response:
    """A file of a run (of the publication) under its hash as ETag.

    ``attached`` is for saving, not showing.
    """
    found = await read(call, lambda work: service.find_file(work, name, output_class, run))
    tag = f'"{found.sha256}"'
    headers = {
        "ETag": tag,
        "Cache-Control": NO_STORE if output_class == "closed" else REVALIDATE,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": policy,
    }
    if attached:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    content = await asyncio.to_thread(store_of(request).get, found.object_key)
    return Response(content, headers=headers, media_type=found.media_type)


def _is_known(request: Request, tag: str) -> bool:
    """If-None-Match by weak comparison (RFC 9110, 13.1.2)."""
    given = ",".join(request.headers.getlist("If-None-Match"))
    tags = {each.strip().removeprefix("W/") for each in given.split(",")}
    return tag in tags or "*" in tags


def store_of(request: Request) -> ArtefactStore:
    """Where the deployment keeps its artefacts."""
    return store_at(request.app.state.context().settings.artefacts)
