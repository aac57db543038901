"""The review of the trail: what somebody should look at, found each night and kept to be signed."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import text

from infra.database.review_queries import QUERIES
from shared.database.idempotency import content_hash
from shared.database.signatures import SignatureRecord, sign, signatures_of
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import SignatureNotFitting

RULES = Path(__file__).with_name("review_rules.toml")
TABLE = "platform.audit_review"
# So many rows of a rule are kept; their number is told beside them.
KEPT = 200

_LAST = text("""
    SELECT number, to_at FROM platform.audit_review WHERE study_id = :study
    ORDER BY number DESC LIMIT 1
""")
_STARTED = text("SELECT min(recorded_at) AS at FROM platform.audit WHERE study_id = :study")
_ADD = text("""
    INSERT INTO platform.audit_review (study_id, number, from_at, to_at, findings, sha256)
    VALUES (:study, :number, :from_at, :to_at, CAST(:findings AS jsonb), :sha256)
""")
_OF = text("""
    SELECT number, from_at, to_at, findings, sha256 FROM platform.audit_review
    WHERE study_id = :study AND (number = :number OR CAST(:number AS integer) IS NULL)
    ORDER BY number DESC LIMIT 1
""")
_UNSIGNED = text("""
    SELECT number FROM platform.audit_review r WHERE study_id = :study AND NOT EXISTS (
        SELECT 1 FROM platform.signature s WHERE s.study_id = r.study_id
        AND s.signed_table = :table AND s.signed_key = r.number::text)
    ORDER BY number
""")


class NoReview(ValueError):
    """There is no review of this number, or it is not as it was made."""


@dataclass(frozen=True)
class Review:
    """``findings``: by rule its title, its question, how often it was met, and the first rows. A
    row says where, who, in which role, about what, how often and when last."""

    number: int
    from_at: datetime
    to_at: datetime
    findings: Mapping[str, Any]
    sha256: str
    signatures: tuple[SignatureRecord, ...] = ()

    @property
    def count(self) -> int:
        return sum(each["count"] for each in self.findings["rules"].values())

    def to_json(self) -> dict[str, Any]:
        """All of it, with who signed it off. Instants are UTC."""
        return {
            "number": self.number,
            "from": self.from_at.astimezone(UTC).isoformat(),
            "to": self.to_at.astimezone(UTC).isoformat(),
            "sha256": self.sha256,
            **self.findings,
            "signatures": [
                {
                    "name": s.name,
                    "role": s.role,
                    "meaning": s.meaning,
                    "at": s.signed_at.isoformat(),
                }
                for s in self.signatures
            ],
        }


def make_review(work: UnitOfWork, until: datetime) -> Review | None:
    """Review what the trail tells of the study since the last review, up to ``until``; keep it.

    None where there is nothing newer than the last one. It is made in the caller's transaction.
    """
    last = work.one(_LAST, study=work.study)
    began = work.one(_STARTED, study=work.study)
    start = last["to_at"] if last is not None else began["at"] if began is not None else None
    if start is None or start >= until:
        return None
    rules = tomllib.loads(RULES.read_text(encoding="utf-8"))
    version = rules.pop("version")
    found = {name: _apply(work, name, rule, start, until) for name, rule in rules.items()}
    findings = {"rules_version": version, "rules": found}
    number = 1 if last is None else last["number"] + 1
    made = Review(number, start, until, findings, _digest(number, findings))
    work.execute(
        _ADD, study=work.study, number=number, from_at=start, to_at=until,
        findings=json.dumps(findings), sha256=made.sha256,
    )  # fmt: skip
    return made


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


def _digest(number: int, findings: Mapping[str, Any]) -> str:
    return sha256(json.dumps([number, findings], sort_keys=True).encode()).hexdigest()


def review_of(work: UnitOfWork, number: int | None = None) -> Review:
    """A review of the study, or its newest, with its signatures. Raises ``NoReview`` where there is
    none, or it is not as it was made."""
    row = work.one(_OF, study=work.study, number=number)
    if row is None:
        which = "no review yet" if number is None else f"no review {number}"
        raise NoReview(f"There is {which}; one is made each night.")
    if _digest(row["number"], row["findings"]) != row["sha256"]:
        raise NoReview(f"Review {row['number']} is not as it was made.")
    return Review(**row, signatures=tuple(signatures_of(work, TABLE, str(row["number"]))))


def unsigned(work: UnitOfWork) -> list[int]:
    """Numbers of the reviews that nobody has signed off, oldest first."""
    return [row["number"] for row in work.all(_UNSIGNED, study=work.study, table=TABLE)]


def sign_off(work: UnitOfWork, number: int, comment: str) -> SignatureRecord:
    """Sign a review off with the signature that came along: what was looked at, and what was found.

    What is signed is ``{"sha256": ..., "comment": ...}``; a signature that names the hash of its
    content is good for this content only. Raises ``NoReview``, ``SignatureNotFitting``, and what
    ``shared.database.signatures.sign`` raises.
    """
    content = {"sha256": review_of(work, number).sha256, "comment": comment}
    bound = work.signature.content_sha256 if work.signature else None
    if bound not in (None, content_hash(content)):
        raise SignatureNotFitting("Another content was signed.")
    work.because(comment)
    return sign(work, table=TABLE, key=str(number), content=content)
