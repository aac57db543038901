"""The review of the trail: each rule finds what it is for; a review is signed as it was made."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.database import review as module
from infra.database.audit import altered_rows, verify_trail
from infra.database.kept_reviews import TRAIL, NoReview, Review
from infra.database.review import count, make_review
from infra.database.reviewing import review_all, rule, within
from infra.database.revocation import revoke
from shared.database.idempotency import content_hash
from shared.database.signatures import holds
from shared.http.problems import SignatureNotFitting, SignatureRequired, SignatureUsed
from shared.identity.signatures import Signature
from shared.study import StudyDefinition
from tests.services.assessments.flagging import sign
from tests.services.assessments.support import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
SIGNED = Signature(
    signer="auditor-1", name="Ada Auditor", role="auditor", studies=frozenset({STUDY}),
    sites=frozenset({"*"}), meaning="audit-reviewed", token_id="token-0001",
    authenticated_at=datetime(2026, 2, 1, tzinfo=UTC),
)  # fmt: skip


def asleep() -> str:
    """A zone in which it is three in the morning, or nearly."""
    ahead = (3 - datetime.now(UTC).hour) % 24
    ahead = ahead if ahead <= 12 else ahead - 24
    return f"Etc/GMT{-ahead:+d}"  # in these names the sign is the other way round


@pytest.fixture
def trial(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> Trial:
    """A site at night. Its records are entered years late, and one is corrected and signed."""
    activate(STUDY)
    site = {"site": "S01", "name": "Hospital", "country": "CZ", "time_zone": asleep()}
    assert client_for("randomization").post("/sites", json=site, role="admin").status_code == 201
    trial = Trial(client_for("assessments"), database)
    trial.enrol()
    return trial


def url(trial: Trial) -> str:
    return trial.database.url("induct_platform")


def reviewed(trial: Trial) -> Review:
    made = within(url(trial), STUDY, lambda work: make_review(work, work.now))
    assert made is not None
    return made


def found(review: Review, name: str) -> list[tuple[Any, ...]]:
    rows = review.findings["rules"][name]["rows"]
    return [(row["place"], row["actor"], row["about"], row["times"]) for row in rows]


@pytest.mark.proves("C26", kind="positive")
def test_each_rule_finds_what_it_is_for_and_nothing_else(
    trial: Trial, client_for: Callable[[str], ApiClient]
) -> None:
    record = trial.counts()
    for platelets in ("80", "81", "82"):
        record = trial.correct(record, {"platelets": platelets}, client="nurse-9").json()
    assert sign(trial, record).is_success
    assert trial.correct(record, {"neutrophils": "1"}, client="nurse-9").is_success
    marrow = {"sample_date": "2024-02-26", "evaluable": True, "blasts": "3"}
    made = trial.record("marrow", marrow, visit="C1D28").json()
    assert trial.correct(made, {"blasts": "4"}, client="nurse-9").is_success
    analytics = client_for("analytics")
    assert analytics.get("/closed/results", role="sponsor", client="curious").status_code == 403
    assert trial.api.get("/jobs/none", role="admin", client="lost").status_code == 403
    for role in ("sponsor", "sponsor", "data_manager"):
        assert analytics.get("/runs", role=role, client="curious").is_success
    revoke(url(trial), "curious", actor="operator-1", reason="has left")
    with trial.database.writing() as connection:
        connection.execute(
            "INSERT INTO analytics.unblinded_read (study_id, operation, about, actor, actor_role,"
            f" request_id) VALUES ('{STUDY}', 'read_closed_results', 'x', 'dmc-1', 'dmc', 'r')"
        )
    told = reviewed(trial)
    entered = "coordinator-client"
    assert sorted(found(told, "R1")) == [
        ("S01", entered, "blood_count", 1), ("S01", entered, "consent", 1),
        ("S01", entered, "marrow", 1),
    ]  # fmt: skip
    assert found(told, "R2") == [("S01", "nurse-9", "blood_count", 1)]
    assert found(told, "R3") == [("S01", "nurse-9", "marrow", 1)]
    assert sum(times for *_, times in found(told, "R4")) == 8
    assert found(told, "R5") == [("S01", None, "blood_count.platelets", 3)]
    assert found(told, "R6") == [(None, "dmc-1", "read_closed_results", 1)]
    assert found(told, "R7") == [
        (None, "curious", "analytics.read_closed_results: forbidden", 1),
        (None, "lost", "assessments.read_job: forbidden", 1),
    ]
    changes = {about for _, _, about, _ in found(told, "R8")}
    assert changes == {
        "platform.study: insert", "platform.definition_in_force: insert",
        "randomization.site: insert", "came with other rights", "ended the rights of an account",
    }  # fmt: skip
    assert count(told) == 3 + 1 + 1 + 8 + 3 + 1 + 2 + 5


def test_a_review_goes_on_where_the_last_one_ended(trial: Trial) -> None:
    first = reviewed(trial)
    assert review_all(url(trial))[STUDY].findings["rules"]["R1"]["count"] == 0
    trial.counts()
    third = reviewed(trial)
    assert [first.number, third.number] == [1, 3]
    assert found(third, "R1") == [("S01", "coordinator-client", "blood_count", 1)]
    assert third.from_at > first.to_at
    assert within(url(trial), STUDY, TRAIL.review) == third, "the newest, where none is named"
    assert within(url(trial), STUDY, lambda work: TRAIL.review(work, 1)) == first
    until = third.to_at - timedelta(hours=1)
    assert within(url(trial), STUDY, lambda work: make_review(work, until)) is None


def test_what_stands_in_a_review_is_no_value_and_no_arm(trial: Trial) -> None:
    record = trial.counts()
    assert trial.correct(record, {"platelets": "7777"}, reason="A reason with a name").is_success
    kept = str(reviewed(trial).findings)
    for secret in ("7777", "A reason with a name", "S01-001", "INO", "ALLR3"):
        assert secret not in kept


@pytest.mark.proves("C26", kind="positive")
def test_a_review_is_signed_off_in_print_with_what_was_found(trial: Trial) -> None:
    reviewed(trial)
    done = within(url(trial), STUDY, lambda work: TRAIL.sign_off(work, 1, "All explained"), SIGNED)
    assert (done.name, done.meaning, done.key) == ("Ada Auditor", "audit-reviewed", "1")
    found_again = within(url(trial), STUDY, TRAIL.review)
    assert found_again.signatures == (done,)
    content = {"sha256": found_again.sha256, "comment": "All explained"}
    assert holds(done, content)
    assert not holds(done, content | {"comment": "Nothing looked at"})
    ((reason,),) = trial.database.rows(
        "SELECT DISTINCT reason FROM platform.audit WHERE table_name = 'platform.signature'"
    )
    assert reason == "All explained"
    assert rule().roles == frozenset({"auditor"})
    assert verify_trail(url(trial)).faults == []
    assert altered_rows(url(trial)) == []


@pytest.mark.proves("C26", kind="negative")
def test_nothing_is_signed_without_a_signature_twice_by_one_or_that_is_not_there(
    trial: Trial,
) -> None:
    reviewed(trial)

    def done(number: int, signature: Signature | None) -> None:
        within(url(trial), STUDY, lambda work: TRAIL.sign_off(work, number, "Looked at"), signature)

    with pytest.raises(SignatureRequired):
        done(1, None)
    with pytest.raises(NoReview, match="no review 2"):
        done(2, SIGNED)
    done(1, SIGNED)
    with pytest.raises(SignatureUsed):
        done(1, SIGNED)


@pytest.mark.proves("C26", kind="negative")
def test_a_signature_that_names_its_content_signs_no_other(trial: Trial) -> None:
    digest = reviewed(trial).sha256

    def done(**content: str) -> None:
        bound = replace(SIGNED, content_sha256=content_hash(content))
        within(url(trial), STUDY, lambda work: TRAIL.sign_off(work, 1, "Looked at"), bound)

    for other in ({"comment": "All is well"}, {"sha256": "0" * 64}):
        with pytest.raises(SignatureNotFitting):
            done(**({"sha256": digest, "comment": "Looked at"} | other))
    assert within(url(trial), STUDY, TRAIL.unsigned) == [1]
    done(sha256=digest, comment="Looked at")
    assert within(url(trial), STUDY, TRAIL.unsigned) == []


def test_a_review_that_a_superuser_altered_is_told_and_not_shown(trial: Trial) -> None:
    reviewed(trial)
    with trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.audit_review SET findings = findings - 'rules'")
    with pytest.raises(NoReview, match="not as it was made"):
        within(url(trial), STUDY, TRAIL.review)


def test_every_rule_has_its_query_and_says_what_to_ask() -> None:
    text = module.RULES.read_text(encoding="utf-8")
    rules = module.tomllib.loads(text)
    assert rules.pop("version")
    assert rules.keys() == module.QUERIES.keys() == {f"R{number}" for number in range(1, 9)}
    assert all(each["title"] and each["question"].endswith("?") for each in rules.values())
