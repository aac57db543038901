"""SQL of the integrity of allocations: them, the voids, the used slots, the heads of before."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from services.randomization.domain.integrity import Chain, Given, Head, Marked
from services.randomization.domain.used_chain import UsedSlot
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

# One statement, so that a slot and its allocation are of one snapshot.
_STORED = text("""
    SELECT 'allocation' AS kind, jsonb_build_object(
        'owner', a.subject_id, 'list_id', a.list_id, 'label', a.label, 'position', a.position,
        'number', a.randomization_number, 'arm', a.arm, 'at', a.randomized_at,
        'opening', a.opening, 'fake_arm', a.fake_arm,
        'decided', a.explanation #>> '{minimisation,fake_arm}',
        'expected', (SELECT f.arm FROM randomization.forced_allocation f
                     WHERE f.study_id = a.study_id AND f.subject_id = a.subject_id
                       AND a.source = 'forced' AND f.state = 'approved')) AS facts
    FROM randomization.allocation a WHERE a.study_id = :study
    UNION ALL
    SELECT 'void', jsonb_build_object(
        'owner', v.void_number, 'list_id', v.list_id, 'label', v.label, 'position', v.position,
        'number', v.void_number, 'arm', v.arm, 'at', v.voided_at)
    FROM randomization.void_slot v WHERE v.study_id = :study
    UNION ALL
    SELECT 'slot', jsonb_build_object(
        'owner', s.subject_id, 'list_id', s.list_id, 'label', s.label, 'position', s.position,
        'leaf_index', s.leaf_index, 'commitment', encode(s.commitment, 'hex'),
        'path', encode(s.path, 'hex'), 'root', encode(s.root, 'hex'),
        'leaf_count', s.leaf_count)
    FROM randomization.marked_slots(:study) s
""")
_HEADS = text("""
    SELECT heads FROM randomization.reconciliation WHERE study_id = :study
    ORDER BY recorded_at DESC LIMIT 1
""")


def stored(work: UnitOfWork) -> tuple[list[Given], list[Marked]]:
    """Everything that was given, and every slot that is marked as used."""
    given, marked = [], []
    for row in work.all(_STORED, study=work.study):
        if row["kind"] == "slot":
            marked.append(_marked(row["facts"]))
        else:
            given.append(_given(row["facts"]))
    return given, marked


def last_heads(work: UnitOfWork) -> dict[Chain, Head]:
    """The heads that the last reconciliation wrote down."""
    row = work.one(_HEADS, study=work.study)
    found = [] if row is None else row["heads"]
    return {(one["list_id"], one["stratum"]): Head(one["used"], one["head"]) for one in found}


def spelled(heads: Mapping[Chain, Head]) -> str:
    """Heads as they are written down."""
    return json.dumps([
        {"list_id": list_id, "stratum": label, "used": head.used, "head": head.link}
        for (list_id, label), head in sorted(heads.items())
    ])  # fmt: skip


def _given(facts: Row) -> Given:
    used = None
    if facts["list_id"] is not None:
        at = datetime.fromisoformat(facts["at"]).astimezone(UTC).isoformat()
        used = UsedSlot(facts["number"], facts["label"], facts["position"], facts["arm"], at)
    return Given(
        owner=facts["owner"],
        list_id=facts["list_id"],
        used=used,
        arm=facts["arm"],
        opening=facts.get("opening"),
        fake_arm=facts.get("fake_arm"),
        decided=facts.get("decided"),
        expected=facts.get("expected"),
    )


def _marked(facts: Row) -> Marked:
    raw = {name: bytes.fromhex(facts[name]) for name in ("commitment", "path", "root")}
    return Marked(**(dict(facts) | raw))
