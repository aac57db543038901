"""Which of the places that hold words still are what the study goes by: these are corrected first.

A redaction takes out of what was, and a correction with a reason changes what is. A note (a reason,
a message, a stored answer) has no newer version and is nobody's value: it is no such place.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import TextClause, text

from shared.database.unit_of_work import UnitOfWork

# By table: the columns that are values, what to do first, and a query that finds the row where it
# is in force. Parameters are the columns of the row's key.
_LIVE: Mapping[str, tuple[frozenset[str], str, TextClause]] = {
    "assessments.item_version": (
        frozenset({"value", "canonical", "null_reason"}),
        "correct the record",
        text("""
            SELECT 1 AS live WHERE NOT EXISTS (
                SELECT 1 FROM assessments.item_version WHERE record_id = CAST(:record_id AS uuid)
                AND item = :item AND version > CAST(:version AS integer))
        """),
    ),
    "assessments.job": (
        frozenset({"rest", "header"}),
        "let the job end",
        text("""
            SELECT 1 AS live FROM assessments.job WHERE job_id = CAST(:job_id AS uuid)
            AND state NOT IN ('done', 'refused')
        """),
    ),
    "assessments.job_row": (
        frozenset({"content"}),
        "let the job end",
        text("""
            SELECT 1 AS live FROM assessments.job WHERE job_id = CAST(:job_id AS uuid)
            AND state NOT IN ('done', 'refused')
        """),
    ),
    "safety.adverse_event": (
        frozenset({"term", "outcome", "actions"}),
        "correct the record, and let its event arrive",
        text("SELECT 1 AS live"),
    ),
    "safety.case_version": (
        frozenset(),  # any column
        "amend the case",
        text("""
            SELECT 1 AS live WHERE NOT EXISTS (
                SELECT 1 FROM safety.case_version WHERE case_id = CAST(:case_id AS uuid)
                AND version > CAST(:version AS integer))
        """),
    ),
    "safety.case_fact": (
        frozenset({"value"}),
        "amend the case",
        text("""
            SELECT 1 AS live FROM safety.case_fact f WHERE fact_id = CAST(:fact_id AS uuid)
            AND kind IN ('criterion', 'serious', 'seriousness', 'onset', 'suspect')
            AND NOT EXISTS (
                SELECT 1 FROM safety.case_fact later WHERE later.supersedes = f.fact_id)
        """),
    ),
    "safety.narrative": (
        frozenset({"body"}),
        "sign a narrative of the corrected case",
        text("""
            SELECT 1 AS live FROM safety.narrative n
            WHERE narrative_id = CAST(:narrative_id AS uuid) AND NOT EXISTS (
                SELECT 1 FROM safety.narrative later WHERE later.case_id = n.case_id
                AND later.signed_at > n.signed_at)
        """),
    ),
    "safety.icsr": (
        frozenset({"document", "reports"}),
        "withdraw the report or let it be delivered",
        text("""
            SELECT 1 AS live FROM safety.icsr WHERE icsr_id = CAST(:icsr_id AS uuid)
            AND delivered_at IS NULL AND withdrawn_reason IS NULL
        """),
    ),
    "safety.desk_message": (
        frozenset({"body"}),
        "settle the message",
        text("""
            SELECT 1 AS live FROM safety.desk_message
            WHERE sender_id = CAST(:sender_id AS uuid) AND message_id = :message_id
            AND state = 'parked'
        """),
    ),
}


def live_places(
    work: UnitOfWork, places: Iterable[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], str]]:
    """The places whose words are still in force, each with what to do first."""
    found = []
    for place in places:
        columns, first, query = _LIVE.get(place["table"], (None, "", None))
        if columns is None or query is None or (columns and place["column"] not in columns):
            continue
        if work.one(query, **place["key"]) is not None:
            found.append((place, first))
    return found
