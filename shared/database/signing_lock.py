"""Stops signing for an account that keeps presenting signatures which cannot be taken.

Counted are the refusals that are written down, in this study and by this service.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import SignatureInvalid, SignatureNotFitting
from shared.identity import signatures

FILE = Path(signatures.__file__).with_name("signing.toml")
FAILURES = (SignatureInvalid.kind, SignatureNotFitting.kind)
_FAILURES = text("""
    SELECT count(*) AS failures FROM platform.access_denied
    WHERE study_id = :study AND account = :account AND problem = ANY (CAST(:problems AS text[]))
      AND denied_at > clock_timestamp() - make_interval(mins => :minutes)
""")


@cache
def rules() -> Mapping[str, Any]:
    """The rules as shipped: ``most_failures`` within ``window_minutes``."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def is_locked(work: UnitOfWork) -> bool:
    """Whether so many of the caller's signatures were refused lately that none is taken now."""
    row = work.one(
        _FAILURES,
        study=work.study,
        account=work.principal.subject,
        problems=list(FAILURES),
        minutes=rules()["window_minutes"],
    )
    return row is not None and row["failures"] >= rules()["most_failures"]
