"""The steps of flags, each as the role that takes it."""

from typing import Any

import httpx

from tests.services.assessments.support import Trial

PROBLEM = "urn:induct:problem:"
NONE = {
    "verified": False,
    "frozen": False,
    "locked": False,
    "unlock_requested": False,
    "signed": False,
    "signature": None,
}
FIRST, SECOND = {"client": "manager-1"}, {"client": "manager-2"}


def flag(
    trial: Trial, record: dict[str, Any], what: str, role: str, body: Any = None, **options: Any
) -> httpx.Response:
    headers = {"If-Match": options.pop("if_match", f'"{record["version"]}"')}
    body = {"reason": "As the plan says"} if body is None else body
    return trial.api.post(
        f"{trial.path(record)}/{what}", json=body, role=role, headers=headers, **options
    )


def verify(trial: Trial, record: dict[str, Any], **options: Any) -> httpx.Response:
    return flag(trial, record, "verification", "cra", {"verified": True}, **options)


def sign(trial: Trial, record: dict[str, Any], **options: Any) -> httpx.Response:
    return flag(trial, record, "signature", "investigator", {}, **options)


def lock(trial: Trial, record: dict[str, Any]) -> httpx.Response:
    return flag(trial, record, "lock", "data_manager")


def decide(trial: Trial, record: dict[str, Any], decision: str, **options: Any) -> httpx.Response:
    body = {"decision": decision, "reason": "As the plan says"}
    return flag(trial, record, "unlock-decision", "data_manager", body, **options)


def flags(trial: Trial, record: dict[str, Any], role: str = "cra") -> dict[str, Any]:
    """The flags of a record, the same in the record, in the list, and by themselves."""
    one = trial.read(record, role=role).json()["flags"]
    path = f"/subjects/{record['subject']}/assessments"
    listed = trial.api.get(path, role=role).json()["items"]
    alone = trial.api.get(trial.path(record) + "/flags", role=role).json()["flags"]
    in_list = next(r["flags"] for r in listed if r["record_id"] == record["record_id"])
    assert one == in_list == alone
    found: dict[str, Any] = one
    return found
