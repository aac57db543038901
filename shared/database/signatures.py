"""Ties an electronic signature to the record it was given for (21 CFR 11.70).

The tie is a SHA-256 over the record's content and all that the signature says. A signature that is
moved to another record, or a record that changes after it was signed, no longer fits its hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from shared.database.idempotency import content_hash
from shared.database.signing_lock import is_locked
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import (
    SignatureInvalid,
    SignatureNotFitting,
    SignatureRequired,
    SignatureUsed,
    SigningLocked,
)

# Names the way the hash is made: another way would be another name.
FORM = "induct-signature-1"

# Of two that spend one token at once, the second waits here for the first and then finds it spent.
_SIGN = text("""
    INSERT INTO platform.signature (study_id, site_id, subject_id, signed_table, signed_key,
        meaning, signer, signer_name, signer_role, authenticated_at, signed_at, content_hash,
        token_id, request_id)
    VALUES (:study, :site, :subject, :table, :key, :meaning, :signer, :name, :role,
        :authenticated_at, :signed_at, :content_hash, :token_id, :request)
    ON CONFLICT (token_id) DO NOTHING
    RETURNING signature_id
""")
# A signer who was revoked after authenticating signs nothing with what is left of the five minutes.
_REVOKED = text("""
    SELECT 1 AS revoked FROM platform.access_revoked
    WHERE account = :signer AND revoked_at >= :authenticated_at LIMIT 1
""")
_OF = text("""
    SELECT signature_id, study_id, site_id, subject_id, signed_table, signed_key, meaning, signer,
        signer_name, signer_role, authenticated_at, signed_at, content_hash, token_id
    FROM platform.signature
    WHERE study_id = :study AND signed_table = :table AND signed_key = :key
    ORDER BY signed_at, signature_id
""")


@dataclass(frozen=True)
class SignatureRecord:
    """A signature of a record. ``name`` is the printed name, ``signer`` the account.

    ``signed_at`` is the instant of the change that was signed, ``authenticated_at`` when the signer
    gave both components of their identification. Instants are UTC.
    """

    signature_id: str
    study: str
    site: str | None
    subject: str | None
    table: str
    key: str
    meaning: str
    signer: str
    name: str
    role: str
    authenticated_at: datetime
    signed_at: datetime
    content_hash: str
    token_id: str


def sign(
    work: UnitOfWork,
    *,
    table: str,
    key: str,
    content: Mapping[str, Any],
    subject: str | None = None,
    site: str | None = None,
) -> SignatureRecord:
    """Spend the signature that came with the request on one record, in the change's transaction.

    ``table`` and ``key`` name the record; a record with versions names its version in ``key``.
    ``content`` is all that is signed, as JSON values that can be read back from the database
    exactly. One token signs one record: several at once are signed as a record of their own.

    Raises ``SignatureRequired`` where none came, ``SignatureNotFitting`` where the signer does not
    work at ``site``, ``SignatureUsed`` where the token has signed something before,
    ``SigningLocked`` where the caller came with too many that could not be taken,
    ``SignatureInvalid`` where the signer was revoked since.
    """
    signature = work.signature
    if signature is None:
        raise SignatureRequired
    if is_locked(work):
        raise SigningLocked
    at = signature.authenticated_at
    if work.one(_REVOKED, signer=signature.signer, authenticated_at=at) is not None:
        raise SignatureInvalid
    if site is not None and not signature.may_see(site):
        raise SignatureNotFitting("The signer does not work at this site.")
    facts: dict[str, Any] = {
        "study": work.study,
        "site": site,
        "subject": subject,
        "table": table,
        "key": key,
        "meaning": signature.meaning,
        "signer": signature.signer,
        "name": signature.name,
        "role": signature.role,
        "authenticated_at": signature.authenticated_at,
        "signed_at": work.now,
        "token_id": signature.token_id,
    }
    digest = _digest(facts, content)
    row = work.one(_SIGN, **facts, content_hash=digest, request=work.origin.request_id)
    if row is None:
        raise SignatureUsed
    return SignatureRecord(signature_id=str(row["signature_id"]), content_hash=digest, **facts)


def signatures_of(work: UnitOfWork, table: str, key: str) -> list[SignatureRecord]:
    """The signatures of a record that the caller may see, in the order they were given."""
    return [record_of(row) for row in work.all(_OF, study=work.study, table=table, key=key)]


def holds(record: SignatureRecord, content: Mapping[str, Any]) -> bool:
    """True where the signature is of this record with exactly this content.

    ``content`` is what ``sign`` was given, read anew from where it is stored.
    """
    facts = {name: getattr(record, name) for name in _FACTS}
    return record.content_hash == _digest(facts, content)


_FACTS = (
    "study", "site", "subject", "table", "key", "meaning", "signer", "name", "role",
    "authenticated_at", "signed_at", "token_id",
)  # fmt: skip


def _digest(facts: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    said = {
        name: _instant(fact) if isinstance(fact, datetime) else fact for name, fact in facts.items()
    }
    return content_hash({"form": FORM, "signature": said, "content": content})


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def record_of(row: Mapping[str, Any]) -> SignatureRecord:
    """A row of ``platform.signature``, with all its columns but those of the service."""
    return SignatureRecord(
        signature_id=str(row["signature_id"]),
        study=row["study_id"],
        site=row["site_id"],
        subject=row["subject_id"],
        table=row["signed_table"],
        key=row["signed_key"],
        meaning=row["meaning"],
        signer=row["signer"],
        name=row["signer_name"],
        role=row["signer_role"],
        authenticated_at=row["authenticated_at"].astimezone(UTC),
        signed_at=row["signed_at"].astimezone(UTC),
        content_hash=row["content_hash"],
        token_id=row["token_id"],
    )
