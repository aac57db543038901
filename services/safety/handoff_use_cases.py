"""From a draft to a sealed message, signed.

It is written down first, and delivered by a sweep (``handoff_service``): what a gateway has is
always known here.
"""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from services.safety import (
    drafting_service,
    errors,
    handoff_repository,
    submission_service,
    version_service,
)
from services.safety.case_life import is_nullified
from services.safety.dictionary_service import needed_terms
from services.safety.domain.intake import unknown_zone
from services.safety.e2b.acknowledgement.matching import submission_of
from services.safety.e2b.gateway import file_name
from services.safety.e2b.model import Batch
from services.safety.e2b.rules.check import blocking, check
from services.safety.e2b.rules.issues import Context, Issue, Profile
from services.safety.handoff_schemas import HandOff, SealedIcsr, SealedIcsrs
from services.safety.repository import Row
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError

if TYPE_CHECKING:  # the seal is made with lxml
    from services.safety.e2b.validation import Sealed


def hand_off(work: UnitOfWork, number: str, known: str, body: HandOff) -> SealedIcsr:
    """Seal the report of the version that the caller knows, signed; the sweep delivers it.

    A nullified case has one report left, to whom it was reported: its nullification.

    Raises ``NotFound``, ``PreconditionFailed``, ``CaseNullified``, ``NoTerminology``,
    ``SchemasMissing``, ``NotSendable`` with every rule in the way, ``SubmissionRefused``.
    """
    needed_terms()
    case, versions, facts = version_service.held(work, number)
    version_service.check_version(versions, known)
    zone = body.zone or version_service.safety_of(work).receiver_time_zone
    version_service.refuse(list(unknown_zone("/zone", zone)))
    drafted = drafting_service.drafted_for(work, case, versions, body.receiver)
    receiver = drafted.receiver
    if is_nullified(facts) and drafted.context.initial:
        raise errors.CaseNullified
    submission_service.check_owed(work, case, receiver.authority, body.obligations)
    sealed = _sealed(drafted.batch, Profile(receiver.profile), drafted.context)
    made = sign(
        work,
        table="safety.icsr",
        key=f"{case['case_id']}/{work.origin.request_id}",
        content={"case": number, "sha256": sealed.validation.sha256, **body.model_dump()},
        subject=case["subject_id"],
        site=case["site_id"],
    )
    told = {
        "version": versions[-1]["version"],
        "receiver": receiver.id,
        "authority": receiver.authority,
        "obligations": list(body.obligations),
        "complete": body.complete,
        "zone": zone,
        "signature": made.signature_id,
    }
    work.because("report sealed")
    message = _message(sealed)
    handoff_repository.add(work, case, {**told, **message})
    rows = handoff_repository.of_case(work, number)
    return _shown(next(row for row in rows if str(row["icsr_id"]) == message["icsr_id"]))


def list_icsrs(work: UnitOfWork, number: str) -> SealedIcsrs:
    """The sealed messages of a case, oldest first."""
    rows = handoff_repository.of_case(work, number)
    return SealedIcsrs(items=[_shown(row) for row in rows])


def _sealed(batch: Batch, profile: Profile, context: Context) -> "Sealed":
    """The file, once nothing stands against it. Raises ``SchemasMissing``, ``NotSendable``."""
    # Imported here: lxml is no part of intake, whose cold start must stay short.
    from services.safety.e2b.schema import SchemasMissingError, schema_set
    from services.safety.e2b.validation import GateClosedError, NotSendableError, seal

    try:
        return seal(batch, profile, context, schema_set())
    except SchemasMissingError:
        raise errors.SchemasMissing from None
    except GateClosedError as closed:
        missed = [(c.element, c.id, c.text) for c in closed.missed]
        raise _in_the_way([*missed, *_rejects(check(batch, profile, context))]) from None
    except NotSendableError as refused:
        raise _in_the_way(_rejects(refused.validation.issues)) from None


def _rejects(found: tuple[Issue, ...]) -> list[tuple[str, str, str]]:
    return [(each.path, each.id, each.text) for each in blocking(found)]


def _in_the_way(found: Sequence[tuple[str, str, str]]) -> errors.NotSendable:
    return errors.NotSendable(
        errors=[FieldError(f"/{where}", name, words) for where, name, words in found]
    )


def _message(sealed: "Sealed") -> dict[str, object]:
    submission, judged = submission_of(sealed.batch), sealed.validation
    return {
        "icsr_id": str(uuid.uuid4()),
        "batch": submission.batch,
        "reports": [[one.case, one.message, one.created.text] for one in submission.reports],
        "file_name": file_name(submission.batch, judged.sha256),
        "sha256": judged.sha256,
        "document": sealed.raw.decode("utf-8"),
        "judged_by": {
            "rule_set": judged.rule_set,
            "schema_set": judged.schema_set,
            "terminology": judged.terminology,
        },
    }


def _shown(row: Row) -> SealedIcsr:
    judged = row["judged_by"]
    return SealedIcsr(
        icsr_id=str(row["icsr_id"]),
        case_number=row["case_number"],
        version=row["version"],
        receiver=row["receiver"],
        authority=row["authority"],
        batch=row["batch"],
        file_name=row["file_name"],
        sha256=row["sha256"],
        rule_set=judged["rule_set"],
        schema_set=judged["schema_set"],
        terminology=judged["terminology"],
        state=_state(row),
        sealed_at=row["sealed_at"],
        delivered_at=row["delivered_at"],
        submission_id=row["submission_id"],
        attempts=row["attempts"],
        last_error=row["last_error"],
        withdrawn_at=row["withdrawn_at"],
        withdrawn_reason=row["withdrawn_reason"],
    )


def _state(row: Row) -> Literal["waiting", "delivered", "withdrawn"]:
    if row["withdrawn_at"] is not None:
        return "withdrawn"
    return "waiting" if row["delivered_at"] is None else "delivered"
