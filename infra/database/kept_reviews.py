"""Reviews, of the trail and of accounts: kept as they were found, and signed off by a person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import TextClause, text

from shared.database.idempotency import content_hash
from shared.database.signatures import SignatureRecord, sign, signatures_of
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import SignatureNotFitting


class NoReview(ValueError):
    """There is no review of this number, or it is not as it was made."""


@dataclass(frozen=True)
class Review:
    """What was found, by rules that ``findings`` name. For the trail: ``from_at`` and ``to_at`` are
    the interval, and ``findings["rules"]`` tells by rule its title, its question, how often it was
    met, and the first rows. For accounts: when the list was taken and when it was reviewed, and
    ``findings["findings"]`` names the accounts."""

    number: int
    from_at: datetime
    to_at: datetime
    findings: Mapping[str, Any]
    sha256: str
    signatures: tuple[SignatureRecord, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All of it, with who signed it off. Instants are UTC."""
        return {
            "number": self.number,
            "from": self.from_at.astimezone(UTC).isoformat(),
            "to": self.to_at.astimezone(UTC).isoformat(),
            "sha256": self.sha256,
            **self.findings,
            "signatures": [
                {"name": by.name, "role": by.role, "meaning": by.meaning,
                 "at": by.signed_at.isoformat()}
                for by in self.signatures
            ],
        }  # fmt: skip


class Kind:
    """Where reviews of one kind lie, and what a signature of one must mean."""

    def __init__(self, name: str, meaning: str, made: str) -> None:
        self.table: Final = f"platform.{name}"
        self.meaning: Final = meaning
        self.made: Final = made
        self._add = _statement(
            "INSERT INTO {} (study_id, number, from_at, to_at, findings, sha256)"
            " VALUES (:study, :number, :from_at, :to_at, CAST(:findings AS jsonb), :sha256)",
            self.table,
        )
        self._of = _statement(
            "SELECT number, from_at, to_at, findings, sha256 FROM {} WHERE study_id = :study"
            " AND (number = :number OR CAST(:number AS integer) IS NULL)"
            " ORDER BY number DESC LIMIT 1",
            self.table,
        )
        self._unsigned = _statement(
            "SELECT number FROM {} r WHERE study_id = :study AND NOT EXISTS ("
            " SELECT 1 FROM platform.signature s WHERE s.study_id = r.study_id"
            " AND s.signed_table = :table AND s.signed_key = r.number::text) ORDER BY number",
            self.table,
        )

    def last(self, work: UnitOfWork) -> Mapping[str, Any] | None:
        """The row of the study's newest review."""
        return work.one(self._of, study=work.study, number=None)

    def keep(
        self, work: UnitOfWork, from_at: datetime, to_at: datetime, findings: Mapping[str, Any]
    ) -> Review:
        """Keep what was found, under the next number."""
        last = self.last(work)
        number = 1 if last is None else last["number"] + 1
        made = Review(number, from_at, to_at, findings, _digest(number, findings))
        work.execute(
            self._add, study=work.study, number=number, from_at=from_at, to_at=to_at,
            findings=json.dumps(findings), sha256=made.sha256,
        )  # fmt: skip
        return made

    def review(self, work: UnitOfWork, number: int | None = None) -> Review:
        """A review of the study, or its newest, with its signatures. Raises ``NoReview`` where
        there is none, or it is not as it was made."""
        row = work.one(self._of, study=work.study, number=number)
        if row is None:
            which = "no review yet" if number is None else f"no review {number}"
            raise NoReview(f"There is {which}; {self.made}.")
        if _digest(row["number"], row["findings"]) != row["sha256"]:
            raise NoReview(f"Review {row['number']} is not as it was made.")
        signed = signatures_of(work, self.table, str(row["number"]))
        return Review(**row, signatures=tuple(signed))

    def unsigned(self, work: UnitOfWork) -> list[int]:
        """Numbers of the reviews that nobody has signed off, oldest first."""
        found = work.all(self._unsigned, study=work.study, table=self.table)
        return [row["number"] for row in found]

    def sign_off(self, work: UnitOfWork, number: int, comment: str) -> SignatureRecord:
        """Sign a review off with the signature that came along: what was looked at, and what was
        found.

        What is signed is ``{"sha256": ..., "comment": ...}``; a signature that names the hash of
        its content is good for this content only. Raises ``NoReview``, ``SignatureNotFitting``, and
        what ``shared.database.signatures.sign`` raises.
        """
        content = {"sha256": self.review(work, number).sha256, "comment": comment}
        bound = work.signature.content_sha256 if work.signature else None
        if bound not in (None, content_hash(content)):
            raise SignatureNotFitting("Another content was signed.")
        work.because(comment)
        return sign(work, table=self.table, key=str(number), content=content)


def _statement(words: str, table: str) -> TextClause:
    return text(words.format(table))


def _digest(number: int, findings: Mapping[str, Any]) -> str:
    return sha256(json.dumps([number, findings], sort_keys=True).encode()).hexdigest()


TRAIL = Kind("audit_review", "audit-reviewed", "one is made each night")
ACCOUNTS = Kind("access_review", "access-reviewed", "one is made with a list of accounts")
KINDS = {"trail": TRAIL, "accounts": ACCOUNTS}
