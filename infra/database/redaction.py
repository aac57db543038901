"""Lawful redaction: one person asks for words to go, another approves, every copy is marked out.

ICH E6(R3) 4.2.2(b). What is signed names places and no words.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from infra.database import redaction_store as store
from infra.database.redaction_content import (
    APPROVED,
    REFUSED,
    REQUESTED,
    TABLE,
    content_of,
    decided_content,
)
from infra.database.redaction_proof import not_whole
from infra.database.redaction_proposal import Asked, NotRedactable, places_of, propose, rules
from shared.database.idempotency import content_hash
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import SignatureNotFitting, SignatureRequired
from shared.identity.matrix import matrix
from shared.identity.signatures import Signature


def request(work: UnitOfWork, asked: Asked) -> int:
    """Ask, with a signature over the content of the proposal; the number of the request.

    Raises ``NotRedactable``, and what ``shared.database.signatures.sign`` raises.
    """
    signature = _signature(work, REQUESTED)
    proposal = propose(work, asked)
    _check_content(signature, proposal.content)
    work.because(asked.justification)
    number = store.add(work, proposal.content, proposal.sha256, signature.signer, signature.role)
    _sign(work, number, proposal.content, proposal.content)
    return number


def listing(work: UnitOfWork) -> list[Mapping[str, Any]]:
    """All requests of the study with their decisions, the oldest first."""
    return list(store.all_of(work))


def to_sign(work: UnitOfWork, number: int) -> dict[str, Any]:
    """What the second person signs. Raises ``NotRedactable`` where nothing is to be decided."""
    asked = _undecided(work, number)
    return decided_content(number, asked["sha256"], content_of(asked))


def approve(work: UnitOfWork, number: int, reason: str) -> int:
    """Approve as the second person, and do it; how many rows were marked.

    Raises ``NotRedactable``, and what ``shared.database.signatures.sign`` raises.
    """
    signature, asked = _second(work, number, reason, APPROVED)
    places, _ = places_of(work, asked)
    if places != asked["places"]:
        raise NotRedactable("There are other places now than were asked for: ask anew.")
    tables, streams = _touched(work, asked)
    fault = not_whole(work, tables, streams)
    if fault is not None:
        raise NotRedactable(f"The trail is not whole before it (induct audit verify): {fault}")
    _decide(work, signature, asked, "approved", reason)
    try:
        done = store.redact(work, number)
    except store.NotDone as error:
        raise NotRedactable(f"Not done: {error}.") from None
    fault = not_whole(work, tables, streams)
    if fault is not None:
        raise NotRedactable(f"The words go beyond one field; name a part of them: {fault}")
    return done


def refuse(work: UnitOfWork, number: int, reason: str) -> None:
    """Refuse a request, as the second person. Raises as ``approve``."""
    signature, asked = _second(work, number, reason, REFUSED)
    _decide(work, signature, asked, "refused", reason)


def _touched(work: UnitOfWork, asked: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Tables whose rows are marked or told of by an entry that is, and streams of the trail."""
    told = [each["key"] for each in asked["places"] if each["table"] == "platform.audit"]
    tables = {each["table"] for each in asked["places"]} | store.tables_told_of(work, told)
    return tables, {key["stream"] for key in told}


def _undecided(work: UnitOfWork, number: int) -> Mapping[str, Any]:
    asked = store.one(work, number)
    if asked is None:
        raise NotRedactable(f"There is no request {number}.")
    if asked["decision"] is not None:
        raise NotRedactable(f"Request {number} is {asked['decision']} already.")
    if content_hash(content_of(asked)) != asked["sha256"]:
        raise NotRedactable(f"Request {number} is not as it was made.")
    return asked


def _second(
    work: UnitOfWork, number: int, reason: str, meaning: str
) -> tuple[Signature, Mapping[str, Any]]:
    """The signature of another person over what is to be decided."""
    if not reason.strip():
        raise NotRedactable("A reason is asked for.")
    signature, asked = _signature(work, meaning), _undecided(work, number)
    if signature.signer == asked["requested_by"]:
        raise NotRedactable("Who asked does not decide: another person does.")
    if asked["age"] > timedelta(days=rules()["days"]):
        raise NotRedactable(f"It was asked more than {rules()['days']} days ago: ask anew.")
    _check_content(signature, decided_content(number, asked["sha256"], content_of(asked)))
    return signature, asked


def _decide(
    work: UnitOfWork, signature: Signature, asked: Mapping[str, Any], decision: str, reason: str
) -> None:
    number, content = asked["number"], content_of(asked)
    work.because(reason)
    _sign(work, number, decided_content(number, asked["sha256"], content), asked)
    if not store.decide(work, asked, decision, reason, signature.signer, signature.role):
        raise NotRedactable(f"Request {number} is decided already.")


def _signature(work: UnitOfWork, meaning: str) -> Signature:
    """Who verified it has asked for the meaning already; here nothing is done on their word."""
    signature = work.signature
    if signature is None:
        raise SignatureRequired
    if signature.meaning != meaning or signature.role not in matrix().meanings()[meaning]:
        raise SignatureNotFitting(f"What is needed is a signature that means {meaning}.")
    return signature


def _check_content(signature: Signature, content: Mapping[str, Any]) -> None:
    if signature.content_sha256 != content_hash(content):
        raise NotRedactable("Another content was signed than what would be done now.")


def _sign(work: UnitOfWork, number: int, content: Mapping[str, Any], of: Mapping[str, Any]) -> None:
    sign(
        work, table=TABLE, key=str(number), content=content, subject=of["subject_id"],
        site=of["site_id"],
    )  # fmt: skip
