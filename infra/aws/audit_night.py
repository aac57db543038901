"""The nightly proof that the audit trail is whole."""

import os
from collections.abc import Mapping
from typing import Any

from infra.database.audit import altered_rows, verify_trail
from shared.database.engine import url_with_password
from shared.http.logs import log

# So many places are named in the log; the command names all.
NAMED = 20


class TrailBroken(RuntimeError):
    """The trail is not whole, or a row that never changes is not as the trail tells."""


def handler(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
    """Recompute every stream and hold the append-only rows against it; answer how many.

    Raises ``TrailBroken`` after a critical line for each place (an alarm); a line says so where all
    is whole, and its absence is an alarm too.
    """
    url = os.environ["INDUCT_PLATFORM_DATABASE_URL"]
    report = verify_trail(url_with_password(url))
    faults = [*report.faults, *altered_rows(url_with_password(url))]
    for fault in faults[:NAMED]:
        # A stream is named for study and subject, and a subject's code stands in no log.
        study = fault.stream.partition("/")[0]
        where = f"row {fault.seq}"
        log("audit trail broken", level="critical", service="platform", study=study, where=where)
    if faults:
        raise TrailBroken(f"{len(faults)} places")
    log("audit trail whole", service="platform", count=report.rows)
    return {"rows": report.rows, "streams": report.streams}
