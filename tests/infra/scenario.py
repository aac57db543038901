"""One child through all four services, by calls and events alone: the same in every home."""

import time
from datetime import UTC, datetime
from typing import Any

from infra.demo.receiver import Receiver
from tests.services.randomization.world import eligible
from tests.support.deployment import Deployment, call

STUDY = "NCT05748171"
CHILD = "S01-001"
BORN = f"{datetime.now(UTC).year - 9}-12"
PATIENCE_SECONDS = 120


def path(service: str, rest: str) -> str:
    return f"/{service}/v1/studies/{STUDY}{rest}"


def at_site(deployment: Deployment, method: str, where: str, **more: Any) -> dict[str, Any]:
    role = str(more.pop("role", "coordinator"))
    answer = call(deployment, method, where, role=role, study=STUDY, site="S01", **more)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def from_screening_to_the_nightly_figure(deployment: Deployment) -> None:
    """Screening, allocation, a form, a serious event that the desk hears of, and the night."""
    with Receiver() as desk:
        _open_desk(deployment, desk)
        _enrol(deployment)
        _record(deployment)
        eventually(lambda: desk.verified)
        assert desk.refused == 0
    deployment.night(STUDY)
    _read_night(deployment)


def _open_desk(deployment: Deployment, desk: Receiver) -> None:
    """The desk asks to be told, an administrator agrees, the receiver answers the challenge."""
    asked = _as(deployment, "POST", "/webhooks", "safety_desk", "desk", json={"url": desk.url})
    desk.secrets.append(asked["secret"])
    endpoint = f"/webhooks/{asked['endpoint_id']}"
    word = {"decision": "approve", "reason": "the receiver of a test"}
    _as(deployment, "POST", f"{endpoint}/decision", "admin", "desk-approved", json=word)
    eventually(lambda: _as(deployment, "GET", endpoint, "safety_desk")["state"] == "active")


def _enrol(deployment: Deployment) -> None:
    registered = at_site(
        deployment, "POST", path("assessments", "/subjects"), key="register",
        json={"subject": CHILD, "site": "S01", "birth_year_month": BORN, "sex": "female",
              "consented_on": "2024-01-20"},
    )  # fmt: skip
    assert registered["state"] == "screening"
    allocated = at_site(
        deployment, "POST", path("randomization", "/allocations"), role="investigator",
        key="allocate", signed_for="randomization.request_allocation",
        json={"subject": CHILD, "site": "S01", "values": eligible(), "strata": {}},
    )  # fmt: skip
    assert allocated["arm"] in {"INO", "ALLR3"}
    # By event: assessments learns of the allocation, randomization kept its screening log.
    subject = path("assessments", f"/subjects/{CHILD}")
    eventually(lambda: at_site(deployment, "GET", subject)["state"] == "randomized")
    enrolment = path("randomization", "/enrolment")
    eventually(lambda: at_site(deployment, "GET", enrolment)["screened"] == 1)


def _record(deployment: Deployment) -> None:
    where = path("assessments", f"/subjects/{CHILD}/assessments")
    consent = {"consent_date": "2024-01-20", "assent_due": False}
    recorded = at_site(
        deployment, "POST", where, key="consent",
        json={"form": "consent", "visit": "SCR", "items": consent},
    )  # fmt: skip
    assert recorded["version"] == 1
    event = {"term": "Febrile neutropenia", "grade": 3, "start_date": "2024-02-01",
             "serious": True, "hospitalisation": True}  # fmt: skip
    at_site(deployment, "POST", where, key="ae", json={"form": "adverse_event", "items": event})
    cases = eventually(lambda: at_site(deployment, "GET", path("safety", "/cases"))["items"])
    assert len(cases) == 1


def _read_night(deployment: Deployment) -> None:
    results = path("analytics", "/closed/results")
    closed = call(deployment, "GET", results, role="statistician", study=STUDY).json()["items"]
    assert {row["group"] for row in closed} >= {"INO", "ALLR3"}
    drawn = path("analytics", "/figures/EFS.svg")
    figure = call(deployment, "GET", drawn, role="sponsor", study=STUDY)
    assert figure.headers["Content-Type"].startswith("image/svg+xml")
    assert b"INO" not in figure.content


def _as(
    deployment: Deployment, method: str, rest: str, role: str, key: str | None = None, **more: Any
) -> dict[str, Any]:
    keyed = {} if key is None else {"key": key}
    answer = call(deployment, method, path("safety", rest), role=role, study=STUDY, **keyed, **more)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def eventually(found: Any, patience: float = PATIENCE_SECONDS) -> Any:
    """Ask until the answer is true; events are quick, but not of this transaction."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        answer = found()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not happen")
