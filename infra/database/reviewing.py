"""Makes, shows and signs reviews of the trail with the platform's login.

The commands of one machine (``induct audit``) and of a deployment on AWS (``induct ops``, by its
function) both end here.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, text

from infra.database.review import Review, make_review, review_of, sign_off, unsigned
from shared.clock import DatabaseClock
from shared.database import transact
from shared.database.engine import blocking_engine
from shared.database.signatures import SignatureRecord
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.identity.matrix import SignatureRule, matrix
from shared.identity.principal import Principal
from shared.identity.signatures import Signature, SignatureVerifier

T = TypeVar("T")
MEANING = "audit-reviewed"
_STUDIES = text("SELECT study_id FROM platform.study ORDER BY study_id")


class NothingSaid(ValueError):
    """A signature without a comment says nothing of what was looked at."""


def rule() -> SignatureRule:
    """What a signature of a review must mean, and who may give it."""
    return SignatureRule(MEANING, matrix().meanings()[MEANING])


def review_all(url: str) -> dict[str, Review]:
    """Review every study since its last review; those in which nothing happened are left out."""
    with _engine(url) as engine:
        with engine.connect() as connection:
            studies = [str(row.study_id) for row in connection.execute(_STUDIES)]
        made = {}
        for study in studies:
            review = _do(
                engine, study, "system:audit-night", "system", lambda w: make_review(w, w.now)
            )
            if review is not None:
                made[study] = review
    return made


def show(url: str, study: str, number: int | None = None, *, now: bool = False) -> dict[str, Any]:
    """A review of the study, or its newest, and which are not signed off; with ``now`` one is made
    first, up to this moment. Raises ``NoReview``."""

    def shown(work: UnitOfWork) -> dict[str, Any]:
        if now:
            make_review(work, work.now)
        found = review_of(work, number).to_json()
        return {"study": study, "review": found, "unsigned": unsigned(work)}

    return within(url, study, shown)


def sign_review(
    url: str, study: str, number: int, comment: str, token: str, verifier: SignatureVerifier
) -> SignatureRecord:
    """Sign a review off with a signature token: who signs is what the issuer says in it, and
    nobody else. Raises ``NoReview``, ``NothingSaid``, and the problems of signatures."""
    if not comment.strip():
        raise NothingSaid("Say what was looked at, and what came of it.")
    given = verifier.verify(token, rule(), study)
    return within(url, study, lambda work: sign_off(work, number, comment), given)


def within(
    url: str, study: str, use_case: Callable[[UnitOfWork], T], signature: Signature | None = None
) -> T:
    """Run a use case in a study, as whoever signed, or as the operator. Raises what it raises."""
    with _engine(url) as engine:
        if signature is None:
            return _do(engine, study, "operator", "system", use_case)
        return _do(engine, study, signature.signer, signature.role, use_case, signature)


def _do(
    engine: Engine,
    study: str,
    actor: str,
    role: str,
    use_case: Callable[[UnitOfWork], T],
    signature: Signature | None = None,
) -> T:
    principal = Principal(actor, role, frozenset({study}), frozenset({"*"}), frozenset())
    origin = Origin(principal, study, str(uuid.uuid4()), DatabaseClock(), signature)
    return transact.read(engine, origin, use_case, {})


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = blocking_engine(url, pool_size=1)
    try:
        yield engine
    finally:
        engine.dispose()
