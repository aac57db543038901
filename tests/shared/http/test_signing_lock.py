"""Who keeps presenting signatures that cannot be taken signs nothing for a while."""

import io
import json
from collections.abc import Callable

import httpx
import pytest

from infra.database.revocation import revoke
from shared.database.signing_lock import rules
from shared.http.denial_pace import AGAIN_SECONDS, PAUSE_SECONDS, DenialPace
from shared.study import StudyDefinition
from tests.services.assessments.support import COUNTS, Trial
from tests.services.randomization.world import open_sites
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

MOST = int(rules()["most_failures"])


@pytest.fixture
def trial(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> Trial:
    activate("NCT05748171")
    open_sites(client_for("randomization"), "S01")
    made = Trial(client_for("assessments"), database)
    made.enrol()
    assert made.record("blood_count", COUNTS, visit="C1D28").status_code == 201
    return made


def sign(trial: Trial, client: str = "investigator-client", **options: object) -> httpx.Response:
    path = "/subjects/S01-001/signature"
    return trial.api.post(path, json={}, role="investigator", client=client, **options)


def fail(trial: Trial, times: int) -> None:
    other = {"role": "investigator", "meaning": "something-else"}
    kinds = [{"headers": {"Induct-Signature": "forged"}, "signed_by": ""}, {"signed_by": other}]
    for number in range(times):
        assert sign(trial, **kinds[number % 2]).status_code in {401, 403}


def test_one_failure_fewer_and_a_good_signature_is_taken(trial: Trial) -> None:
    fail(trial, MOST - 1)
    assert sign(trial).status_code == 200


@pytest.mark.proves("C22", kind="negative")
def test_a_good_signature_waits_too_and_nothing_is_signed(
    trial: Trial, log_lines: io.StringIO
) -> None:
    fail(trial, MOST)
    refused = sign(trial)
    assert refused.status_code == 403, refused.text
    assert refused.json()["type"] == "urn:induct:problem:signing-locked"
    assert refused.headers["Retry-After"] == str(rules()["window_minutes"] * 60)
    assert trial.database.rows("SELECT count(*) FROM platform.signature") == [(0,)]
    told = [json.loads(line)["message"] for line in log_lines.getvalue().splitlines()]
    assert told.count("signing locked") == 1


def test_others_sign_and_the_lock_ends(trial: Trial) -> None:
    fail(trial, MOST)
    with trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE platform.access_denied SET denied_at = denied_at - interval '15 minutes'"
        )
    assert sign(trial).status_code == 200
    fail(trial, MOST - 1)
    assert sign(trial, client="another", key="k").status_code == 409  # signed already, not locked


@pytest.mark.proves("C22", kind="negative")
def test_a_signer_who_was_revoked_since_signs_nothing(trial: Trial) -> None:
    gone = {"role": "investigator", "client": "who-left"}
    revoke(trial.database.url("induct_platform"), "who-left", actor="operator", reason="left")
    refused = sign(trial, signed_by=gone)
    assert (refused.status_code, refused.json()["type"][-17:]) == (401, "signature-invalid")
    assert sign(trial).status_code == 200


def test_refusals_are_written_down_a_few_in_a_minute() -> None:
    now = [0.0]
    pace = DenialPace(lambda: now[0])
    assert [pace.is_due("a", "op", "forbidden") for _ in range(3)] == [True, False, False]
    assert [pace.is_due("a", "op", "signature-invalid", 2) for _ in range(3)] == [True, True, False]
    assert pace.is_due("b", "op", "forbidden")
    now[0] = AGAIN_SECONDS
    assert pace.is_due("a", "op", "forbidden")
    pace.pause()
    assert not pace.is_due("c", "op", "forbidden")
    now[0] += PAUSE_SECONDS
    assert pace.is_due("c", "op", "forbidden")
