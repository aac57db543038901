"""The header that carries an electronic signature, and how a signature is shown.

A header, and not a field of the body: a body that is sent again is the same request (and has the
same hash), whether it is signed anew or not at all.
"""

from fastapi import Request

from shared.database.idempotency import content_hash
from shared.database.signatures import SignatureRecord
from shared.http.models import Instant, Model
from shared.http.problems import Problem, SignatureInvalid, SignatureNotFitting
from shared.http.strict_json import decode
from shared.identity.matrix import SignatureRule
from shared.identity.signatures import Signature, SignatureVerifier

HEADER = "Induct-Signature"


class ElectronicSignature(Model):
    """Who signed, in print, when, and what it meant (21 CFR 11.50(a))."""

    signature_id: str
    name: str
    role: str
    meaning: str
    signed_at: Instant


def shown(record: SignatureRecord) -> ElectronicSignature:
    """A signature as every answer and document must show it (21 CFR 11.50(b))."""
    return ElectronicSignature(
        signature_id=record.signature_id,
        name=record.name,
        role=record.role,
        meaning=record.meaning,
        signed_at=record.signed_at,
    )


def presented(
    request: Request, verifier: SignatureVerifier, rule: SignatureRule, study: str
) -> Signature | None:
    """The signature beside a request; None where there is none. Raises as ``verify`` does."""
    tokens = request.headers.getlist(HEADER)
    if not tokens:
        return None
    if len(tokens) > 1:
        raise SignatureInvalid
    return verifier.verify(tokens[0].strip(), rule, study)


async def misfit(signature: Signature, request: Request) -> Problem | None:
    """Why a signature is not for the body of this request; None where it is, or names no body."""
    if signature.content_sha256 is None:
        return None
    raw = await request.body()
    if signature.content_sha256 == content_hash(decode(raw) if raw else None):
        return None
    return SignatureNotFitting("Another content was signed.")


def described(rule: SignatureRule | None) -> str:
    """The header of an operation, for its description."""
    if rule is None:
        return ""
    signers = ", ".join(sorted(rule.roles))
    return (
        f"Signature token that means `{rule.meaning}`, of: {signers}. Spent by one change; "
        "a request that is repeated with its Idempotency-Key needs none."
    )
