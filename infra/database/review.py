"""The review of the trail: what somebody should look at, found each night and kept to be signed."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from infra.database.kept_reviews import TRAIL, Review
from infra.database.review_queries import QUERIES
from shared.database.unit_of_work import UnitOfWork

RULES = Path(__file__).with_name("review_rules.toml")
# So many rows of a rule are kept; their number is told beside them.
KEPT = 200

_STARTED = text("SELECT min(recorded_at) AS at FROM platform.audit WHERE study_id = :study")


def make_review(work: UnitOfWork, until: datetime) -> Review | None:
    """Review what the trail tells of the study since the last review, up to ``until``; keep it.

    None where there is nothing newer than the last one. It is made in the caller's transaction.
    """
    last = TRAIL.last(work)
    began = work.one(_STARTED, study=work.study)
    start = last["to_at"] if last is not None else began["at"] if began is not None else None
    if start is None or start >= until:
        return None
    rules = tomllib.loads(RULES.read_text(encoding="utf-8"))
    version = rules.pop("version")
    found = {name: _apply(work, name, rule, start, until) for name, rule in rules.items()}
    return TRAIL.keep(work, start, until, {"rules_version": version, "rules": found})


def count(review: Review) -> int:
    """How often the rules were met, all of them together."""
    return sum(each["count"] for each in review.findings["rules"].values())


def _apply(
    work: UnitOfWork, name: str, rule: Mapping[str, Any], start: datetime, until: datetime
) -> dict[str, Any]:
    parameters = {key: value for key, value in rule.items() if key not in {"title", "question"}}
    found = work.all(QUERIES[name], study=work.study, since=start, until=until, **parameters)
    rows = [{key: _plain(value) for key, value in row.items()} for row in found]
    told = {"title": rule["title"], "question": rule["question"], "limits": parameters}
    return told | {"count": sum(row["times"] for row in rows), "rows": rows[:KEPT]}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
