"""Makes, shows and signs reviews of the trail and of accounts with the platform's login.

The commands of one machine (``induct audit``) and of a deployment on AWS (``induct ops``, by its
function) both end here.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, text

from infra.database.access import rules as access_rules
from infra.database.account_list import AccountList
from infra.database.account_review import review_accounts
from infra.database.kept_reviews import ACCOUNTS, KINDS, TRAIL, Kind, Review
from infra.database.review import make_review
from shared.clock import DatabaseClock
from shared.database import transact
from shared.database.engine import blocking_engine, url_with_password
from shared.database.signatures import SignatureRecord
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.identity.matrix import SignatureRule, matrix
from shared.identity.principal import Principal
from shared.identity.signatures import Signature, SignatureVerifier

T = TypeVar("T")
_STUDIES = text("SELECT study_id FROM platform.study ORDER BY study_id")


class NothingSaid(ValueError):
    """What was asked does not say enough: a signature without a comment, another kind."""


def kind_of(name: str) -> Kind:
    """What is reviewed: ``trail`` or ``accounts``. Raises ``NothingSaid`` for another word."""
    if name not in KINDS:
        raise NothingSaid(f"A review is of one of: {', '.join(KINDS)}.")
    return KINDS[name]


def rule(kind: Kind = TRAIL) -> SignatureRule:
    """What a signature of a review must mean, and who may give it."""
    return SignatureRule(kind.meaning, matrix().meanings()[kind.meaning])


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


def show(
    url: str, study: str, number: int | None = None, *, of: str = "trail", now: bool = False
) -> dict[str, Any]:
    """A review of the study, or its newest, and which are not signed off; with ``now`` one of the
    trail is made first, up to this moment. Raises ``NoReview``, ``NothingSaid``."""
    kind = kind_of(of)
    if now and kind is not TRAIL:
        raise NothingSaid("Only a review of the trail is made without more.")

    def shown(work: UnitOfWork) -> dict[str, Any]:
        if now:
            make_review(work, work.now)
        found = kind.review(work, number).to_json()
        return {"study": study, "review": found, "unsigned": kind.unsigned(work)}

    return within(url, study, shown)


def look_at_accounts(
    url: str, study: str, listed: AccountList, at: datetime, *, keep: bool
) -> dict[str, Any]:
    """Hold an issuer's list against what was seen until ``at``, and keep what was found as a review
    where ``keep`` says so; ``number`` is its number, or None. Raises ``NoList``."""
    found = review_accounts(url_with_password(url), study, listed, at).to_json()
    if not keep:
        return found | {"number": None}
    kept = {"rules_version": access_rules()["version"]} | found
    made = within(url, study, lambda work: ACCOUNTS.keep(work, listed.taken_at, at, kept))
    return found | {"number": made.number}


def sign_review(
    url: str,
    study: str,
    number: int,
    comment: str,
    token: str,
    verifier: SignatureVerifier,
    *,
    of: str = "trail",
) -> SignatureRecord:
    """Sign a review off with a signature token: who signs is what the issuer says in it, and
    nobody else. Raises ``NoReview``, ``NothingSaid``, and the problems of signatures."""
    kind = kind_of(of)
    if not comment.strip():
        raise NothingSaid("Say what was looked at, and what came of it.")
    given = verifier.verify(token, rule(kind), study)
    return within(url, study, lambda work: kind.sign_off(work, number, comment), given)


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
