"""What is locked by one person is unlocked by two."""

from typing import Any

import pytest

from tests.services.assessments.flagging import (
    FIRST,
    NONE,
    PROBLEM,
    SECOND,
    decide,
    flag,
    flags,
    lock,
)
from tests.services.assessments.support import Trial


@pytest.mark.proves("C30", kind="negative")
def test_what_is_locked_is_unlocked_by_two_persons_and_not_by_one(
    trial: Trial, record: dict[str, Any]
) -> None:
    lock(trial, record)
    early = decide(trial, record, "approve", **SECOND)
    assert (early.status_code, early.json()["type"]) == (409, PROBLEM + "flag-step")
    assert flag(trial, record, "unlock-request", "data_manager", **FIRST).is_success
    assert flags(trial, record)["unlock_requested"] is True
    for one in (
        decide(trial, record, "approve", **FIRST),
        decide(trial, record, "reject", **FIRST),
        # Signed by the first while a second asks: still the same person's approval.
        decide(trial, record, "approve", signed_by={"role": "data_manager", **FIRST}, **SECOND),
    ):
        assert (one.status_code, one.json()["type"]) == (409, PROBLEM + "second-person-needed")
    unsigned = decide(trial, record, "approve", signed_by="", **SECOND)
    assert (unsigned.status_code, unsigned.json()["type"]) == (401, PROBLEM + "signature-required")
    assert flags(trial, record)["locked"] is True
    approved = decide(trial, record, "approve", **SECOND)
    assert approved.status_code == 200, approved.text
    assert flags(trial, record) == NONE
    assert trial.correct(record, {"platelets": "80"}).status_code == 200


def test_the_sponsor_approves_an_unlocking_and_locks_and_asks_for_none(
    trial: Trial, record: dict[str, Any]
) -> None:
    assert flag(trial, record, "lock", "sponsor").status_code == 403
    lock(trial, record)
    assert flag(trial, record, "unlock-request", "sponsor").status_code == 403
    assert flag(trial, record, "unlock-request", "data_manager", **FIRST).is_success
    body = {"decision": "approve", "reason": "As the plan says"}
    approved = flag(trial, record, "unlock-decision", "sponsor", body)
    assert approved.status_code == 200, approved.text
    assert approved.json()["events"][-1]["role"] == "sponsor"
    assert flags(trial, record) == NONE


def test_a_rejected_request_leaves_the_lock_and_may_be_made_again(
    trial: Trial, record: dict[str, Any]
) -> None:
    lock(trial, record)
    assert flag(trial, record, "unlock-request", "data_manager", **FIRST).is_success
    assert decide(trial, record, "reject", **SECOND).is_success
    assert flags(trial, record) == NONE | {"locked": True}
    assert flag(trial, record, "unlock-request", "data_manager", **SECOND).is_success
    assert decide(trial, record, "approve", **FIRST).is_success
