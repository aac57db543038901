"""One message of the desk's system: whose it is, what it says, and its one effect.

The bytes are verified before anything in them is looked at. What holds and can be read is kept,
whatever becomes of it: applied, or parked for a person where it contradicts the case.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import RootModel

from services.safety import errors
from services.safety.desk import repository
from services.safety.desk.applying import apply
from services.safety.desk.schemas import ReportSubmitted, Said, SponsorJudged, Taken
from services.safety.desk.verification import UnverifiedError, Verified, verify
from services.safety.files.reading import read
from services.safety.webhooks.sealing import SealBroken, Sealer
from shared.clock import Clock
from shared.database.idempotency import Answer, RequestKey
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.logs import log
from shared.http.problems import Problem
from shared.identity.networks import holds
from shared.identity.principal import EVERY, Principal
from shared.identity.signatures import Signature
from shared.trace import Trace

ROLE = "safety_desk"
ROUTE = "message of the desk's system"
_MESSAGE = RootModel[Said]
_MEANINGS: dict[type[Any], str] = {
    SponsorJudged: "medical-judgement",
    ReportSubmitted: "expedited-submission",
}


@dataclass(frozen=True)
class Incoming:
    """What came: for which study, from whom by its address, headers and bytes."""

    study: str
    sender: uuid.UUID
    request_id: str
    trace: Trace
    headers: Mapping[str, str]
    body: bytes
    source: str
    """The address that it came from; "" where nobody knows it."""

    @property
    def principal(self) -> Principal:
        """The desk is the author, by the account of its system."""
        name = f"desk:{self.sender}"
        return Principal(name, ROLE, frozenset({self.study}), frozenset({EVERY}), frozenset())

    def origin(self, clock: Clock, signature: Signature | None = None) -> Origin:
        return Origin(self.principal, self.study, self.request_id, clock, signature, self.trace)


def verified(work: UnitOfWork, came: Incoming, sealer: Sealer) -> Verified:
    """Raises ``Unverified`` for whatever is not an active sender's: which of it, is not told.

    ``SentFromElsewhere``, which looks the same, where all holds but the network.
    """
    sender = repository.find_sender(work, came.sender)
    keys, networks = [], []
    if sender is not None and sender["state"] == "active":
        networks = sender["networks"]
        for row in repository.secrets(work, came.sender):
            try:
                keys.append(sealer.open(row["sealed"], came.sender))
            except SealBroken:
                log("desk secret does not open", level="error", service="safety", study=work.study)
    try:
        found = verify(came.headers, came.body, keys, work.now)
    except UnverifiedError:
        raise errors.Unverified from None
    if not holds(networks, came.source):
        raise errors.SentFromElsewhere
    return found


def readable(came: Incoming) -> Any:
    """The message. Raises ``MalformedRequest``, ``TooLarge``, ``InvalidContent``."""
    return read(_MESSAGE, came.body).root


def key_of(came: Incoming, message_id: str) -> RequestKey:
    """The same id again is the same request; other bytes under it are not."""
    sha256 = hashlib.sha256(came.body).hexdigest()
    return RequestKey(came.principal.subject, f"{ROUTE} {came.study}", message_id, sha256)


def signature_of(came: Incoming, message_id: str, message: Any) -> Signature | None:
    """What a person signed in the desk's system, as the message tells it.

    The signer is the system's account, the printed name the person's; the message's own signature
    stands for both. One message signs once.
    """
    meaning = _MEANINGS.get(type(message.data))
    if meaning is None:
        return None
    token = hashlib.sha256(f"{came.sender}/{message_id}".encode()).hexdigest()
    return Signature(
        signer=came.principal.subject,
        name=message.data.signed.name,
        role=ROLE,
        studies=frozenset({came.study}),
        sites=frozenset({EVERY}),
        meaning=meaning,
        authenticated_at=message.data.signed.at,
        token_id=token,
    )


def use_case(came: Incoming, message_id: str, message: Any) -> Callable[[UnitOfWork], Answer]:
    """Apply the message. Raises ``ContradictsCase``, ``MessageSettled``, ``MessageIdReused``."""

    def take(work: UnitOfWork) -> Answer:
        kept = repository.find_message(work, came.sender, message_id)
        if kept is not None and kept["sha256"] != hashlib.sha256(came.body).hexdigest():
            raise errors.MessageIdReused
        if kept is not None and kept["state"] == "settled":
            raise errors.MessageSettled
        apply(work, came.sender, message_id, message.data)
        taken = Taken(message_id=message_id, state="applied", case_number=message.data.case_number)
        return Answer(200, taken.model_dump_json(), {})

    return take


def witness(
    came: Incoming, message_id: str, message: Any
) -> Callable[[UnitOfWork, int, Problem | None], None]:
    """Keeps the message with what became of it: in the effect's transaction, or after a refusal
    in one of its own, before the sender is told."""
    about = {
        "sender": came.sender,
        "message": message_id,
        "case_number": message.data.case_number,
        "type": message.type,
        "body": came.body.decode("utf-8"),
        "sha256": hashlib.sha256(came.body).hexdigest(),
    }

    def keep(work: UnitOfWork, _status: int, problem: Problem | None) -> None:
        if problem is None:
            work.because("message of the desk's system applied")
            repository.note_message(work, about, "applied", None)
        elif isinstance(problem, errors.ContradictsCase):
            work.because("message of the desk's system contradicts the case")
            repository.note_message(work, about, "parked", problem.to_json())
            log(
                "desk message parked",
                level="error",
                service="safety",
                study=work.study,
                message_id=message_id,
                problem=problem.errors[0].code,
            )

    return keep
