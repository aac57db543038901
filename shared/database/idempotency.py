"""A request repeated with its key is answered from the first time, for good.

Semantics follow the IETF draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-
idempotency-key-header-07): missing 400, other content 422, in flight 409. The stored answer is
written in the effect's own transaction; refusals and failures roll back and store nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text

from shared.database.flight import Rows, Statement
from shared.database.receipts import (
    MOST_IN_HEADER,
    RECEIPT,
    may_have_receipt,
    receipt_of,
)
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import IdempotencyKeyReused, NotFound

# The definition's hash and the study's mode come along: changes need them, and a trip is paid for.
_FIND = text("""
    SELECT s.mode, s.definition_hash, i.request_hash, i.status, i.headers, i.body
    FROM platform.study s LEFT JOIN platform.idempotency i
      ON i.client = :client AND i.route = :route AND i.key = :key
    WHERE s.study_id = :study
""")
# Last of a request's statements that change something, so that the receipt is of all of them.
_KEEP = text("""
    INSERT INTO platform.idempotency (client, route, key, request_hash, status, headers, body)
    VALUES (:client, :route, :key, :hash, :status, CAST(:headers AS jsonb) || jsonb_strip_nulls(
        jsonb_build_object(CAST(:receipt AS text), platform.receipt(:most))), :body)
    RETURNING headers
""")


@dataclass(frozen=True)
class Answer:
    """What a change answers: status, headers, and the exact body."""

    status: int
    body: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class RequestKey:
    """What makes two requests the same: client, route (method, path, and the role and sites it was
    called as, because the answer was made for these), key; and their content."""

    client: str
    route: str
    key: str
    content_hash: str

    def lock_name(self) -> str:
        return "\x1f".join((self.client, self.route, self.key))


def content_hash(content: Any) -> str:
    """SHA-256 over canonical JSON: two spellings of one content are the same request."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def asking(request: RequestKey, study: str) -> Statement:
    """The statement that opens a change: whether the request was answered before."""
    return _FIND, {
        "study": study,
        "client": request.client,
        "route": request.route,
        "key": request.key,
    }


def given_before(work: UnitOfWork, request: RequestKey) -> Answer | None:
    """The answer given before, None at the first time; of work that ``asking`` has opened.

    Raises ``NotFound`` where there is no such study, ``IdempotencyKeyReused`` where the key had
    other content.
    """
    row = next(iter(work.first), None)
    if row is None:
        raise NotFound("There is no such study here.")
    work.mode, work.definition_hash = row["mode"], row["definition_hash"]
    if row["request_hash"] is None:
        return None
    if row["request_hash"] != request.content_hash:
        raise IdempotencyKeyReused
    return Answer(row["status"], row["body"], row["headers"])


def keep_answer(work: UnitOfWork, request: RequestKey, answer: Answer) -> Rows:
    """Keep the answer, with a receipt where its caller may have one: the row that comes back with
    the commit has the headers that were kept."""
    return work.send(
        _KEEP,
        client=request.client,
        route=request.route,
        key=request.key,
        hash=request.content_hash,
        status=answer.status,
        headers=json.dumps(dict(answer.headers)),
        body=answer.body,
        receipt=RECEIPT,
        most=MOST_IN_HEADER if may_have_receipt(work.principal) else 0,
    )


def with_receipt(work: UnitOfWork, answer: Answer) -> Answer:
    """The answer of a change that is kept under no key, with its receipt."""
    receipt = receipt_of(work)
    return replace(answer, headers={**answer.headers, RECEIPT: receipt}) if receipt else answer
