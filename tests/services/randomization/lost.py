"""Allocations that were made, seen by others, and are gone: as after a restore to before them."""

import json
from collections.abc import Sequence
from typing import Any

import httpx

from infra.bus.divergence import Restored, read_events, tell_restored
from tests.services.randomization.planting import change
from tests.services.randomization.world import request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

REASON = "restored to five minutes ago"
_EVENTS = "SELECT envelope::text FROM platform.outbox ORDER BY created_at, event_id"
_FORGET = (
    "DELETE FROM randomization.allocation WHERE subject_id = ANY (%s)",
    "UPDATE randomization.slot SET subject_id = NULL WHERE subject_id = ANY (%s)",
    "DELETE FROM platform.signature WHERE subject_id = ANY (%s)",
    "DELETE FROM platform.idempotency WHERE body::jsonb ->> 'subject' = ANY (%s)",
    (
        "WITH gone AS (DELETE FROM platform.outbox"
        " WHERE envelope #>> '{data,subject_id}' = ANY (%s) RETURNING stream)"
        " DELETE FROM platform.stream_head h USING gone WHERE gone.stream = h.stream"
    ),
)


def seen(database: TestDatabase) -> list[dict[str, Any]]:
    """The events that the outbox holds, as a partner keeps them."""
    return [json.loads(str(text)) for (text,) in database.rows(_EVENTS)]


def forget(database: TestDatabase, *subjects: str) -> None:
    """The allocations of these children were never made, as far as the database knows."""
    for statement in _FORGET:
        change(database, statement, list(subjects))


def hold(
    database: TestDatabase, events: Sequence[dict[str, Any]] = (), actor: str = "A. Operator"
) -> Restored:
    """What the operator says after the restore."""
    engine = database.engine("induct_platform")
    try:
        told = read_events(json.dumps(one) for one in events)
        return tell_restored(engine, told, actor=actor, reason=REASON)
    finally:
        database.done_with(engine)


def lost(told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a site enters from the answer that it kept."""
    opening = told["opening"]
    body = request(told["subject"], told["site"]) | {
        "proof": {
            "list_id": opening["list_id"],
            "stratum": opening["label"],
            "position": opening["position"],
            "commitment": opening["commitment"],
        },
        "arm": told["arm"],
        "randomized_at": told["randomized_at"],
        "allocation_id": told["allocation_id"],
        "reason": "from the confirmation that the site keeps",
    }
    proof = body["proof"] | changes.pop("proof", {})
    return body | changes | {"proof": proof}


def enter(api: ApiClient, told: dict[str, Any], **options: Any) -> httpx.Response:
    changes = options.pop("changes", {})
    return api.post("/hold/allocations", json=lost(told, **changes), **options)


def step(api: ApiClient, body: dict[str, Any], **options: Any) -> httpx.Response:
    """Propose a step, and let a second person approve it."""
    proposed = propose(api, body)
    assert proposed.status_code == 201, proposed.text
    return decide(api, proposed.json()["step_id"], **options)


def propose(api: ApiClient, body: dict[str, Any], **options: Any) -> httpx.Response:
    told = {"reason": "as the sites say"} | body
    return api.post("/hold/steps", json=told, **({"role": "statistician"} | options))


def decide(api: ApiClient, step_id: str, **options: Any) -> httpx.Response:
    word = {"decision": options.pop("decision", "approve"), "reason": "compared with the files"}
    options = {"role": "admin"} | options
    return api.post(f"/hold/steps/{step_id}/decision", json=word, **options)
