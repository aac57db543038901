"""Which entries of the trail were redacted as two persons signed for, and what is left of each."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from infra.database.audit_chain import Left
from infra.database.redaction_content import (
    APPROVED,
    REQUESTED,
    TABLE,
    content_of,
    decided_content,
)
from shared.database.signatures import holds, record_of

_ASKED = """
    SELECT r.*, d.decided_by, encode(a.values_hash, 'hex') AS values_hash
    FROM (SELECT study_id, site_id, subject_id, number, stream, seq, side, part, starts, length,
                 category, justification, places, sha256, requested_by
          FROM platform.redaction) AS r
    JOIN platform.redaction_decision d ON d.study_id = r.study_id AND d.number = r.number
    JOIN platform.audit a ON a.stream = r.stream AND a.seq = r.seq
    WHERE d.decision = 'approved' AND d.decided_by <> r.requested_by
"""
_SIGNED = """
    SELECT signature_id, study_id, site_id, subject_id, signed_table, signed_key, meaning, signer,
           signer_name, signer_role, authenticated_at, signed_at, content_hash, token_id
    FROM platform.signature WHERE signed_table = %s
"""
_ENTRIES = """
    SELECT study_id, number, stream, seq, left_values, left_link FROM platform.redacted_entry
    ORDER BY study_id, number
"""


def approved_redactions(connection: psycopg.Connection[Any]) -> dict[tuple[str, int], Left]:
    """What is left of each redacted entry, by stream and seq: of redactions only that one person
    asked for and another approved, with signatures that still are of exactly this content.

    An entry that is redacted and not here is one that somebody redacted by hand.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        asked = cursor.execute(_ASKED).fetchall()
        signed = cursor.execute(_SIGNED, (TABLE,)).fetchall()
        entries = cursor.execute(_ENTRIES).fetchall()
    approved = {(row["study_id"], row["number"]) for row in asked if _is_signed(row, signed)}
    found = {}
    for row in entries:
        if (row["study_id"], row["number"]) in approved:
            link = row["left_link"]
            found[row["stream"], row["seq"]] = Left(
                bytes.fromhex(row["left_values"]), None if link is None else bytes.fromhex(link)
            )
    return found


def _is_signed(row: Mapping[str, Any], signed: list[dict[str, Any]]) -> bool:
    content = content_of(row)
    second = decided_content(row["number"], row["sha256"], content)
    wanted = {
        (REQUESTED, row["requested_by"]): content,
        (APPROVED, row["decided_by"]): second,
    }
    key = (row["study_id"], str(row["number"]))
    held = {
        (one["meaning"], one["signer"])
        for one in signed
        if (one["study_id"], one["signed_key"]) == key
        and (of := wanted.get((one["meaning"], one["signer"]))) is not None
        and holds(record_of(one), of)
    }
    return held == wanted.keys()
