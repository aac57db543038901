"""Treatment failure in both datings: no CR, CRp or CRi by the end of treatment (assumed dates)."""

import pytest

from services.assessments.domain.packs.events.failure import treatment_failures
from tests.services.assessments.domain.packs.events.courses import (
    EVENTS,
    FAILED,
    MRD,
    RESPONDED,
    Entry,
    day,
    dead,
    dose,
    facts,
    recovery,
    response,
    therapy,
)


def _failures(*entries: Entry) -> list[tuple[str, str | None, str | None]]:
    found = treatment_failures(facts(*entries), EVENTS, MRD)
    return [
        (each.status, None if each.value is None else str(each.value), each.reason)
        for each in found
    ]


@pytest.mark.parametrize(
    ("case", "entries", "expected"),
    [
        ("both datings of a failure", FAILED,
         [("final", day(1), None), ("final", day(28), None)]),
        ("failure called by new therapy is dated at the day before it",
         (dose(1), response(18, "PD"), therapy(20)),
         [("final", day(1), None), ("final", day(19), None)]),
        ("a responder has none", RESPONDED, [("final", "NO", None)] * 2),
        ("before the end of treatment", (dose(1), response(15, "PD")),
         [("pending", None, "eot_pending")] * 2),
        ("death before it", (dose(1), dead(12)), [("ne", None, "died_before_eot")] * 2),
        ("a responder before it", (dose(1), response(26)), [("provisional", "NO", None)] * 2),
        ("an assessment that was not evaluable", (dose(1), response(28, "NE"), recovery(28)),
         [("ne", None, "not_assessed")] * 2),
        ("a response that may come too late",
         (dose(1), response(20, "SD"), response("2024-02"), recovery(26)),
         [("ne", None, "partial_date")] * 2),
    ],
)  # fmt: skip
def test_treatment_failure_has_two_datings(
    case: str, entries: tuple[Entry, ...], expected: list[tuple[str, str | None, str | None]]
) -> None:
    assert _failures(*entries) == expected, case
