"""Subjects: pseudonymous, of one site, registered once."""

from datetime import UTC, datetime

import pytest

from shared.contracts.assessments import SubjectRegistered
from tests.services.assessments.support import RANDOMIZED, Trial, registration


def test_a_registered_subject_is_in_screening(trial: Trial) -> None:
    at = datetime(2024, 1, 22, 8, 30, tzinfo=UTC)
    made = trial.register(at=at)
    assert made.status_code == 201
    assert made.json() == {
        "study": "NCT05748171",
        "state": "screening",
        "registered_at": "2024-01-22T08:30:00Z",
        "randomized_at": None,
        "rescreening_of": None,
        **registration("S01-001"),
    }
    assert trial.api.get("/subjects/S01-001").json() == made.json()


def test_a_registration_is_told_once_without_sex_or_birth(trial: Trial) -> None:
    trial.register()
    trial.register()
    assert trial.events(SubjectRegistered.type) == [
        {"subject_id": "S01-001", "site": "S01", "rescreening_of": None}
    ]


def test_registering_again_on_the_same_content_answers_the_same_with_200(trial: Trial) -> None:
    first = trial.register(key="one")
    again = trial.register(key="two")
    assert (again.status_code, again.json()) == (200, first.json())
    assert trial.database.rows("SELECT count(*) FROM assessments.subject") == [(1,)]


def test_of_two_registrations_at_once_one_is_new(trial: Trial) -> None:
    body = registration("S01-001")
    answers = trial.api.together([trial.api.call("POST", "/subjects", json=body) for _ in "ab"])
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].json() == answers[1].json()


def test_registering_again_on_other_content_is_a_conflict(trial: Trial) -> None:
    made = trial.register()
    for changes in ({"sex": "male"}, {"consented_on": "2024-01-19"}, {"site": "S02"}):
        again = trial.register(**changes)
        assert again.status_code == 409
        assert again.json()["type"] == "urn:induct:problem:subject-known"
    assert trial.api.get("/subjects/S01-001").json() == made.json()


def test_a_subject_id_is_given_once_in_the_study_though_the_other_site_is_unseen(
    trial: Trial,
) -> None:
    trial.register("X-1")
    elsewhere = trial.register("X-1", site="S02", sites=["S02"])
    assert elsewhere.status_code == 409
    assert trial.api.get("/subjects/X-1", sites=["S02"]).status_code == 404


def test_a_foreign_site_and_an_unknown_one_are_refused_alike(trial: Trial) -> None:
    foreign = trial.register(site="S02")
    unknown = trial.register(site="S99", sites=["S01", "S99"])
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    assert trial.database.rows("SELECT count(*) FROM assessments.subject") == [(0,)]


def test_a_closed_site_takes_no_subject_but_repeats_what_it_answered_before(trial: Trial) -> None:
    trial.register()
    close = "UPDATE randomization.site SET state = 'closed' WHERE site_id = 'S01' RETURNING 1"
    settings = "set_config('app.actor', 'a', true), set_config('app.role', 'admin', true),"
    settings += "set_config('app.request', 'r', true), set_config('app.reason', 'closed', true)"
    with trial.locked(f"SELECT {settings}") as connection:
        connection.execute(close.encode())
    refused = trial.register("S01-002")
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:induct:problem:site-not-open",
    )
    assert trial.register().status_code == 200


def test_consent_may_be_dated_today_by_the_calendar_of_the_site(trial: Trial) -> None:
    noon = datetime(2024, 1, 20, 12, 0, tzinfo=UTC)
    in_auckland = {"site": "S02", "sites": ["S02"], "at": noon, "consented_on": "2024-01-21"}
    assert trial.register("S02-001", **in_auckland).status_code == 201
    in_prague = trial.register("S01-001", at=noon, consented_on="2024-01-21")
    assert in_prague.status_code == 422
    assert in_prague.json()["errors"] == [
        {
            "pointer": "/consented_on",
            "code": "date-in-future",
            "detail": "This day has not come yet.",
        }
    ]


def test_nobody_consents_before_the_month_of_birth(trial: Trial) -> None:
    refused = trial.register(birth_year_month="2024-02")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/birth_year_month"


def test_there_is_no_field_for_an_identifier(trial: Trial) -> None:
    for field, value in (("initials", "QZ"), ("name", "Quentin"), ("birth_date", "2015-06-09")):
        refused = trial.register(**{field: value})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == f"/{field}"
        assert value not in refused.text
    full_date = trial.register(birth_year_month="2015-06-09")
    assert full_date.json()["errors"][0]["pointer"] == "/birth_year_month"
    assert "2015-06-09" not in full_date.text


def test_subjects_are_listed_in_pages_of_the_callers_sites(trial: Trial) -> None:
    for number in range(1, 6):
        trial.register(f"S01-00{number}")
    trial.register("S02-001", site="S02", sites=["S02"])
    pages: list[list[str]] = []
    after: str | None = ""
    while isinstance(after, str):
        page = trial.api.get("/subjects", params={"limit": 2, "after": after}).json()
        pages.append([subject["subject"] for subject in page["items"]])
        after = page["next"]
    assert pages == [["S01-001", "S01-002"], ["S01-003", "S01-004"], ["S01-005"]]
    everywhere = trial.api.get("/subjects", role="data_manager").json()
    assert len(everywhere["items"]) == 6


def test_a_subject_of_another_site_looks_like_none(trial: Trial) -> None:
    trial.register()
    other = trial.api.get("/subjects/S01-001", sites=["S02"])
    none = trial.api.get("/subjects/S01-999", sites=["S02"])
    assert other.status_code == none.status_code == 404
    assert other.json() == none.json()


def test_news_of_an_allocation_makes_a_subject_randomized_once(trial: Trial) -> None:
    trial.register()
    event = trial.randomize()
    later = datetime(2024, 3, 1, tzinfo=UTC)
    trial.deliver(event)
    trial.randomize(at=later)
    subject = trial.api.get("/subjects/S01-001").json()
    assert subject["state"] == "randomized"
    assert subject["randomized_at"] == RANDOMIZED.isoformat().replace("+00:00", "Z")
    changes = trial.database.rows(
        "SELECT field, old_value, reason, actor FROM platform.audit"
        " WHERE table_name = 'assessments.subject' AND operation = 'UPDATE' ORDER BY field"
    )
    assert changes == [
        ("randomized_at", None, "allocation", "system:assessments"),
        ("state", "screening", "allocation", "system:assessments"),
    ]


def test_a_withdrawn_subject_stays_withdrawn_when_news_of_its_allocation_comes_late(
    trial: Trial,
) -> None:
    trial.register()
    settings = "set_config('app.actor', 'a', true), set_config('app.role', 'admin', true),"
    settings += "set_config('app.request', 'r', true), set_config('app.reason', 'left', true)"
    with trial.locked(f"SELECT {settings}") as connection:
        connection.execute(b"UPDATE assessments.subject SET state = 'withdrawn'")
    trial.randomize()
    subject = trial.api.get("/subjects/S01-001").json()
    assert subject["state"] == "withdrawn"
    assert subject["randomized_at"] is not None


def test_news_of_an_unknown_subject_is_not_swallowed(trial: Trial) -> None:
    event = trial.news("S01-404", RANDOMIZED)
    with pytest.raises(LookupError):
        trial.deliver(event)
    trial.register("S01-404")
    trial.deliver(event)
    assert trial.api.get("/subjects/S01-404").json()["state"] == "randomized"


def test_a_child_is_screened_again_under_a_new_number_that_names_the_old_one(trial: Trial) -> None:
    trial.register()
    again = trial.api.post(
        "/subjects", json=registration("S01-002") | {"rescreening_of": "S01-001"}
    )
    assert (again.status_code, again.json()["rescreening_of"]) == (201, "S01-001")
    told = trial.events(SubjectRegistered.type)[-1]
    assert told["rescreening_of"] == "S01-001"


@pytest.mark.parametrize(
    "changes",
    [
        {"rescreening_of": "S01-999"},
        {"rescreening_of": "S01-002"},
        {"rescreening_of": "S01-001", "birth_year_month": "2011-02"},
    ],
)
def test_only_a_failed_screening_of_the_same_child_is_named_as_the_one_before(
    trial: Trial, changes: dict[str, str]
) -> None:
    trial.register()
    answer = trial.api.post("/subjects", json=registration("S01-002") | changes)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["not-rescreenable"]
