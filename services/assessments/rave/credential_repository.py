"""SQL of the credentials of the face."""

from sqlalchemy import text

from shared.database.flight import Statement

_LOGIN = text("""
    SELECT study_id, role, sites, salt, secret_hash, networks FROM assessments.rave_login(:user)
""")


def login(user: str) -> Statement:
    """The statement whose row is the active credential of that name, of whichever study."""
    return _LOGIN, {"user": user}
