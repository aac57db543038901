"""All SQL about the export of a whole case: its rows as the database holds them."""

import uuid
from typing import Any, Final

from sqlalchemy import TextClause, text

from shared.database.unit_of_work import UnitOfWork

_OF_CASE = """
    SELECT to_jsonb(t) AS row FROM safety.{table} t
    WHERE t.study_id = :study AND t.case_id = :case_id ORDER BY {order}
"""
_TABLES: Final = {
    "case": ("safety_case", "t.case_id"),
    "versions": ("case_version", "t.version"),
    "facts": ("case_fact", "t.number"),
    "drug_codings": ("drug_coding", "t.number"),
    "obligations": ("obligation", "t.due_at, t.obligation_id"),
    "due_changes": ("due_change", "t.number"),
    "escalations": ("escalation", "t.escalated_at, t.step_at, t.obligation_id"),
    "narratives": ("narrative", "t.signed_at, t.narrative_id"),
    "notices": ("notice", "t.sequence"),
    "fallback_notices": ("fallback_notice", "t.raised_at, t.notice_id"),
}
_STATEMENTS: Final[dict[str, TextClause]] = {
    name: text(_OF_CASE.format(table=table, order=order))
    for name, (table, order) in _TABLES.items()
}
_SIGNATURES = text("""
    SELECT to_jsonb(s) - 'token_id' AS row FROM platform.signature s
    WHERE s.study_id = :study AND s.signature_id IN (
        SELECT f.signature_id FROM safety.case_fact f WHERE f.case_id = :case_id
        UNION SELECT n.signature_id FROM safety.narrative n WHERE n.case_id = :case_id)
    ORDER BY s.signed_at, s.signature_id
""")
_MESSAGES = text("""
    SELECT to_jsonb(m) AS row FROM safety.webhook_message m JOIN safety.notice n USING (message_id)
    WHERE m.study_id = :study AND n.case_id = :case_id
    ORDER BY m.created_at, m.message_id, m.endpoint_id
""")
_ATTEMPTS = text("""
    SELECT to_jsonb(a) AS row FROM safety.webhook_attempt a JOIN safety.notice n USING (message_id)
    WHERE a.study_id = :study AND n.case_id = :case_id
    ORDER BY a.attempted_at, a.message_id, a.endpoint_id, a.attempt
""")


def rows(work: UnitOfWork, case_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row that is kept of a case, by what it is."""
    statements = _STATEMENTS | {
        "signatures": _SIGNATURES, "messages": _MESSAGES, "attempts": _ATTEMPTS,
    }  # fmt: skip
    return {
        name: [row["row"] for row in work.all(statement, study=work.study, case_id=case_id)]
        for name, statement in statements.items()
    }
