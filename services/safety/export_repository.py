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
    "icsrs": ("icsr", "t.sealed_at, t.icsr_id"),
    "desk_numbers": ("desk_case_number", "t.case_id"),
    "desk_queries": ("desk_query", "t.raised_at, t.query_id"),
    "desk_answers": ("desk_query_answer", "t.query_id, t.number"),
    "query_escalations": ("desk_query_escalation", "t.escalated_at, t.query_id, t.step"),
}
_STATEMENTS: Final[dict[str, TextClause]] = {
    name: text(_OF_CASE.format(table=table, order=order))
    for name, (table, order) in _TABLES.items()
}
_SIGNATURES = text("""
    SELECT to_jsonb(s) - 'token_id' AS row FROM platform.signature s
    WHERE s.study_id = :study AND s.signature_id IN (
        SELECT f.signature_id FROM safety.case_fact f WHERE f.case_id = :case_id
        UNION SELECT n.signature_id FROM safety.narrative n WHERE n.case_id = :case_id
        UNION SELECT i.signature_id FROM safety.icsr i WHERE i.case_id = :case_id)
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
# Bytes as base64 on one line: `sha256` is over the bytes.
_ANSWERS = text("""
    SELECT to_jsonb(a) || jsonb_build_object(
        'content', translate(encode(a.content, 'base64'), E'\\n', '')) AS row
    FROM safety.icsr_answer a JOIN safety.icsr i USING (icsr_id)
    WHERE a.study_id = :study AND i.case_id = :case_id
    ORDER BY a.received_at, a.answer_id
""")
# What its versions name, and nothing else of the child.
_ATTACHMENTS = text("""
    SELECT to_jsonb(a) || jsonb_build_object(
        'content', translate(encode(a.content, 'base64'), E'\\n', '')) AS row
    FROM safety.attachment a JOIN safety.safety_case c USING (study_id, subject_id)
    WHERE c.study_id = :study AND c.case_id = :case_id AND EXISTS (
        SELECT 1 FROM safety.case_version v,
            LATERAL jsonb_array_elements(
                coalesce(v.documents, '[]') || coalesce(v.literature, '[]')) told
        WHERE v.case_id = c.case_id AND told ->> 'attachment' = a.sha256)
    ORDER BY a.uploaded_at, a.sha256
""")
# Whatever became of them: what was parked speaks of the case too.
_FROM_DESK = text("""
    SELECT to_jsonb(m) AS row FROM safety.desk_message m JOIN safety.safety_case c
      ON c.study_id = m.study_id AND c.case_number = m.case_number
    WHERE m.study_id = :study AND c.case_id = :case_id
    ORDER BY m.received_at, m.sender_id, m.message_id
""")


def rows(work: UnitOfWork, case_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row that is kept of a case, by what it is."""
    statements = _STATEMENTS | {
        "signatures": _SIGNATURES, "messages": _MESSAGES, "attempts": _ATTEMPTS,
        "icsr_answers": _ANSWERS, "desk_messages": _FROM_DESK,
        "attachments": _ATTACHMENTS,
    }  # fmt: skip
    return {
        name: [row["row"] for row in work.all(statement, study=work.study, case_id=case_id)]
        for name, statement in statements.items()
    }
