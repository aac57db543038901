"""What two persons do is not done by one: in whichever of the roles, and not by signing either."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.identity.matrix import matrix
from tests.services.randomization.lost import hold
from tests.shared.identity.cells.builder import draw_map
from tests.shared.identity.cells.places import Map
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin

WHY = {"reason": "As the plan says"}
SECRET = "5c" * 32
LEVELS = {"age_group": "lt10", "first_remission": "ge24m"}
LOCKED = "/subjects/S01-001/assessments/{record}"


@dataclass(frozen=True)
class Pair:
    """``first`` and ``second``: operation, path and body. ``{...}`` in the second's is of the
    first's answer; ``before`` is what a data manager does ahead of them; ``held``: whether an
    operator said that the database was restored."""

    first: tuple[str, str, dict[str, Any]]
    second: tuple[str, str, dict[str, Any]]
    before: str | None = None
    held: bool = False


PAIRS = [
    Pair(
        ("randomization.seal_list", "/lists", {
            "method": "permuted_blocks", "list_id": "L9", "secret": SECRET,
            "extends": "L-NCT05748171",
        }),
        ("randomization.activate_list", "/lists/L9/activation", {"root": "{root}", "slots": 1}),
    ),
    Pair(
        ("randomization.propose_forced", "/forced-allocations", {
            "subject": "S01-002", "site": "S01", "levels": LEVELS, "arm": "INO", **WHY,
        }),
        ("randomization.decide_forced", "/forced-allocations/{proposal}/decision", {
            "decision": "approve", **WHY,
        }),
    ),
    Pair(
        ("randomization.propose_step", "/hold/steps", {"kind": "release", **WHY}),
        ("randomization.decide_step", "/hold/steps/{step_id}/decision", {
            "decision": "approve", **WHY,
        }),
        held=True,
    ),
    Pair(
        ("assessments.request_unlock", LOCKED + "/unlock-request", WHY),
        ("assessments.decide_unlock", LOCKED + "/unlock-decision", {"decision": "approve", **WHY}),
        before=LOCKED + "/lock",
    ),
    Pair(
        ("assessments.request_casebook_unlock", "/subjects/S01-001/unlock-request", WHY),
        ("assessments.decide_casebook_unlock", "/subjects/S01-001/unlock-decision", {
            "decision": "approve", **WHY,
        }),
        before="/subjects/S01-001/lock",
    ),
    Pair(
        ("safety.register_webhook", "/webhooks", {"url": "http://127.0.0.1:9/other"}),
        ("safety.decide_webhook", "/webhooks/{endpoint_id}/decision", {
            "decision": "approve", **WHY,
        }),
    ),
    Pair(
        ("safety.request_desk_sender", "/desk-senders", {"name": "Another bridge"}),
        ("safety.approve_desk_sender", "/desk-senders/{sender_id}/approval", {}),
    ),
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.second[0])
def test_one_person_is_not_both(
    pair: Pair,
    database: TestDatabase,
    client_for: Callable[[str], ApiClient],
    begin: Begin,
) -> None:
    drawn: Map = begin("one of everything", lambda: draw_map(database, client_for))
    api = client_for(pair.first[0].split(".")[0])
    first, second = (matrix().operations[name] for name, *_ in (pair.first, pair.second))
    if pair.held:
        hold(database)
    if pair.before is not None:
        path = pair.before.format_map(drawn.here)
        assert api.post(path, json=WHY, role="data_manager", client="who-locks").is_success
    _, path, body = pair.first
    made = api.post(
        path.format_map(drawn.here), json=body, role=min(first.roles), client="one-person"
    )
    assert made.is_success, made.text
    ids = drawn.here | {name: str(value) for name, value in made.json().items()}
    _, path, body = pair.second
    for role in sorted(second.roles):
        callers: list[dict[str, Any]] = [{"client": "one-person"}]
        if second.signature is not None:
            signer = {"role": role, "client": "one-person"}
            callers.append({"client": "another-person", "signed_by": signer})
        for caller in callers:
            sent = {name: value.format_map(ids) if isinstance(value, str) else value
                    for name, value in body.items()}  # fmt: skip
            refused = api.post(path.format_map(ids), json=sent or None, role=role, **caller)
            assert refused.status_code == 409, f"{role}, {caller}: {refused.text}"
            assert refused.json()["type"] == "urn:induct:problem:second-person-needed"


def test_every_operation_that_approves_or_decides_is_one_of_two() -> None:
    words = ("decide_", "approve_", "activate_")
    deciding = {name for name in matrix().operations if name.split(".")[1].startswith(words)}
    assert deciding == {pair.second[0] for pair in PAIRS}
