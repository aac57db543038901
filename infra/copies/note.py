"""Writes down that somebody takes every row of a study along, arms and lists among them."""

import uuid

import psycopg

_WHO = """
    SELECT set_config('app.actor', %(actor)s, true), set_config('app.role', %(role)s, true),
           set_config('app.study', %(study)s, true), set_config('app.sites', '*', true),
           set_config('app.request', %(request)s, true), set_config('app.reason', %(reason)s, true)
"""
_NOTE = """
    INSERT INTO randomization.unblinded_read
        (study_id, operation, about, actor, actor_role, request_id)
    VALUES (%(study)s, 'export archive', 'the whole study', %(actor)s, %(role)s, %(request)s)
"""


def note_closed_archive(url: str, study: str, actor: str, role: str, reason: str) -> None:
    """Committed before a row is read; the trail tells it with its reason. ``url``: of the login of
    randomization, whose record of unblinded reads it is (ICH E6(R3) 4.2.2)."""
    told = {
        "study": study, "actor": actor, "role": role, "reason": reason,
        "request": str(uuid.uuid4()),
    }  # fmt: skip
    with psycopg.connect(url) as connection:
        connection.execute(_WHO, told)
        connection.execute(_NOTE, told)
