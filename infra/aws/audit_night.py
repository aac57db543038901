"""The nightly proof that the audit trail is whole, and goes on from what earlier nights noted."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.aws.heads import heads_of
from infra.database.audit_chain import Fault
from infra.database.proof import HEADS, prove, restart
from infra.database.review import count
from infra.database.reviewing import review_all
from shared.database.engine import url_with_password
from shared.http.logs import log

# So many places are named in the log; the command names all.
NAMED = 20


class TrailBroken(RuntimeError):
    """The trail is not whole, or a row or a guard is not as the trail and the heads tell."""


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, int]:
    """Recompute every stream, hold tables, guards and the heads of the night before against it, and
    note the heads of tonight; review what was done since the last review. Answer how many.

    Raises ``TrailBroken`` after a critical line for each place (an alarm), and notes nothing then;
    a line says so where all is whole, and its absence is an alarm too. After a restore an operator
    starts it with ``restart`` (``reason`` and ``actor``): the trail goes on from what there is.
    """
    url = url_with_password(os.environ["INDUCT_PLATFORM_DATABASE_URL"])
    heads = heads_of(os.environ["INDUCT_WITNESS"])
    again = event.get("restart")
    if again:
        number = restart(
            url, heads, datetime.now(UTC), reason=str(again["reason"]), actor=str(again["actor"])
        )
        log("audit heads begin anew", level="warning", service="platform", count=number)
    proof = prove(url, heads)
    for fault in proof.faults[:NAMED]:
        _tell(fault)
    if proof.faults:
        raise TrailBroken(f"{len(proof.faults)} places")
    if not again:
        heads.add(proof.ledger.last + 1, proof.heads(datetime.now(UTC)))
    log("audit trail whole", service="platform", count=proof.report.rows)
    for study, review in review_all(os.environ["INDUCT_PLATFORM_DATABASE_URL"]).items():
        log("audit trail reviewed", service="platform", study=study, count=count(review))
    return {"rows": proof.report.rows, "streams": proof.report.streams}


def _tell(fault: Fault) -> None:
    # A stream is named for study and subject, and a subject's code stands in no log.
    study = fault.stream.partition("/")[0]
    where = f"row {fault.seq}" if fault.seq or fault.stream == HEADS else "guard or table"
    log("audit trail broken", level="critical", service="platform", study=study, where=where)
