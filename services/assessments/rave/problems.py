"""From what the core refuses to what the face answers."""

from collections.abc import Sequence

from services.assessments.domain.faults import Fault
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal
from services.assessments.domain.rave.steps import RecordStep
from shared.http.problems import (
    IdempotencyKeyReused,
    Problem,
    RequestInFlight,
)

_BY_STATUS = {
    403: Code.NOT_PERMITTED,
    404: Code.NOT_FOUND,
    405: Code.METHOD,
    409: Code.STATE,
    413: Code.TOO_LARGE,
    422: Code.REFUSED,
    503: Code.UNAVAILABLE,
}
_BY_KIND = {IdempotencyKeyReused: Code.FILE_REUSED, RequestInFlight: Code.IN_FLIGHT}
_BY_FAULT = {
    "subject-unknown": Code.SUBJECT_UNKNOWN,
    "unknown-form": Code.FORM_UNKNOWN,
    "unknown-item": Code.ITEM_UNKNOWN,
    "visit-missing": Code.VISIT_UNKNOWN,
    "unknown-visit": Code.VISIT_UNKNOWN,
    "not-repeating": Code.REPEAT_KEY,
    "record-exists": Code.EXISTS,
    "record-unknown": Code.MISSING,
    "duplicate-target": Code.DUPLICATE,
    "form-frozen": Code.STATE,
    "form-locked": Code.STATE,
    "after-withdrawal": Code.STATE,
    "anchor-missing": Code.STATE,
    "not-randomized": Code.STATE,
}
_VALUES = frozenset({
    "type-mismatch", "not-in-codelist", "out-of-range", "too-long", "date-invalid",
    "date-too-precise", "unit-unknown", "unit-incompatible", "identifier-refused",
    "date-in-future",
})  # fmt: skip


def of_problem(problem: Problem, location: str = "") -> RaveRefusedError:
    """A problem of the core as a refusal; its faults keep their words, and no value."""
    code = _BY_KIND.get(type(problem)) or _BY_STATUS.get(problem.status, Code.REFUSED)
    if problem.status >= 500 and code is not Code.UNAVAILABLE:
        code = Code.FAULT
    details = [f"{error.code}: {error.detail}" for error in problem.errors] or [problem.detail]
    return RaveRefusedError([Refusal(code, location, detail) for detail in details])


def of_faults(step: RecordStep, faults: Sequence[Fault]) -> list[Refusal]:
    """The faults of a record at the places where its items stood in the document."""
    return [
        Refusal(_code(fault.code), _place(step, fault.where), f"{fault.code}: {fault.detail}")
        for fault in faults
    ]


def _code(fault: str) -> Code:
    if fault in _VALUES:
        return Code.VALUE
    return _BY_FAULT.get(fault, Code.REFUSED)


def _place(step: RecordStep, where: Sequence[str]) -> str:
    if len(where) > 1 and where[0] == "items":
        return step.places.get(where[1], step.at)
    return step.at
