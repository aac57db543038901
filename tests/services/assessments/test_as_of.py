"""Reads as of an instant: what was recorded by then, the same answer for ever."""

from datetime import datetime, timedelta
from typing import Any

from tests.services.assessments.support import COUNTS, Trial

TICK = timedelta(microseconds=1)


def recorded(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["recorded_at"])


def as_of(instant: datetime) -> dict[str, str]:
    return {"as_of": instant.isoformat()}


def test_a_record_is_read_as_it_was_at_every_past_instant(trial: Trial) -> None:
    trial.enrol()
    first = trial.counts()
    second = trial.correct(first, {"neutrophils": "1.5"}).json()
    third = trial.correct(second, {"platelets": None}).json()
    for version in (first, second, third):
        read = trial.read(first, params=as_of(recorded(version)))
        assert read.json() == version
        assert read.headers["ETag"] == f'"{version["version"]}"'
    assert trial.read(first, params=as_of(recorded(second) - TICK)).json() == first
    assert trial.read(first, params=as_of(recorded(third) - TICK)).json() == second


def test_a_record_does_not_exist_before_it_was_recorded(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    before = as_of(recorded(made) - TICK)
    absent = made | {"record_id": "00000000-0000-4000-8000-000000000000"}
    assert trial.read(made, params=before).status_code == 404
    assert trial.read(made, params=before).json() == trial.read(absent, params=before).json()
    versions = trial.api.get(trial.path(made) + "/versions", params=before)
    assert versions.status_code == 404


def test_lists_and_versions_are_read_as_of_an_instant_too(trial: Trial) -> None:
    trial.enrol()
    first = trial.counts()
    corrected = trial.correct(first, {"neutrophils": "1.5"}).json()
    second = trial.counts(repeat=2)

    def listed(instant: datetime) -> tuple[dict[tuple[str, int], int], int]:
        page = trial.api.get("/subjects/S01-001/assessments", params=as_of(instant)).json()
        versions = {(r["form"], r["repeat"]): r["version"] for r in page["items"]}
        assert {r["as_of_position"] for r in page["items"]} == {page["as_of_position"]}
        return versions, page["as_of_position"]

    consent = {("consent", 1): 1}
    assert listed(recorded(first) - TICK) == (consent, first["as_of_position"] - 1)
    assert listed(recorded(first)) == (
        consent | {("blood_count", 1): 1},
        first["as_of_position"],
    )
    assert listed(recorded(second) - TICK) == (
        consent | {("blood_count", 1): 2},
        corrected["as_of_position"],
    )
    assert listed(recorded(second)) == (
        consent | {("blood_count", 1): 2, ("blood_count", 2): 1},
        second["as_of_position"],
    )
    path = trial.path(first) + "/versions"
    then = trial.api.get(path, params=as_of(recorded(first))).json()
    assert [version["version"] for version in then["items"]] == [1]
    assert then["as_of_position"] == first["as_of_position"]


def test_nothing_is_there_before_the_first_entry_of_the_study(trial: Trial) -> None:
    before = trial.clock()
    trial.enrol()
    page = trial.api.get("/subjects/S01-001/assessments", params=as_of(before)).json()
    assert page == {"items": [], "next": None, "as_of_position": 0}


def test_the_future_cannot_be_read(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    for path in ("/subjects/S01-001/assessments", trial.path(made)):
        refused = trial.api.get(path, params=as_of(trial.clock() + timedelta(minutes=1)))
        assert refused.status_code == 422
        assert refused.json()["errors"] == [
            {
                "pointer": "/#query/as_of",
                "code": "in-the-future",
                "detail": "This instant has not come yet.",
            }
        ]
        assert trial.api.get(path, params=as_of(trial.clock())).status_code == 200


def test_a_simulated_time_does_not_move_the_clock_of_record(trial: Trial) -> None:
    trial.enrol()
    before = trial.clock()
    far = before + timedelta(days=3650)
    made = trial.record("blood_count", COUNTS, visit="C1D28", at=far).json()
    assert before < recorded(made) < trial.clock()
    assert trial.read(made, params=as_of(far), at=far).status_code == 422


def test_an_instant_needs_an_offset(trial: Trial) -> None:
    trial.enrol()
    for text in ("2024-02-26T10:00:00", "2024-02-26", "yesterday", ""):
        refused = trial.api.get("/subjects/S01-001/assessments", params={"as_of": text})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/#query/as_of"


def test_records_are_listed_in_pages_that_hold_each_once(trial: Trial) -> None:
    trial.enrol()
    made = {trial.counts(repeat=repeat)["record_id"] for repeat in range(1, 6)}
    found: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        page = trial.api.get(
            "/subjects/S01-001/assessments", params={"limit": 2, "after": page["next"]}
        ).json()
        assert len(page["items"]) == 2
        found += [record["record_id"] for record in page["items"]]
    assert found == sorted(found)
    assert made < set(found)
    assert len(found) == 6


def test_pages_of_the_past_are_as_full_as_they_were_then(trial: Trial) -> None:
    trial.enrol()
    early = [trial.counts(repeat=repeat) for repeat in range(1, 4)]
    for repeat in range(4, 12):
        trial.counts(repeat=repeat)
    found = set()
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        params = {"limit": 2, "after": page["next"]} | as_of(recorded(early[-1]))
        page = trial.api.get("/subjects/S01-001/assessments", params=params).json()
        assert len(page["items"]) == 2
        found |= {record["record_id"] for record in page["items"]}
    assert found > {record["record_id"] for record in early}
    assert len(found) == 4


def test_an_entry_is_never_recorded_before_the_one_it_follows_though_the_clock_ran_back(
    trial: Trial,
) -> None:
    trial.enrol()
    ahead = "UPDATE assessments.commit_position SET recorded_at = now() + interval '1 hour'"
    with trial.database.admin() as connection:
        connection.execute(ahead.encode())
    before = trial.database.rows("SELECT recorded_at FROM assessments.commit_position")[0][0]
    made = trial.counts()
    assert recorded(made) == before + TICK  # type: ignore[operator]
    assert trial.read(made, params=as_of(recorded(made))).json() == made


def test_the_records_of_an_unseen_subject_look_like_those_of_none(trial: Trial) -> None:
    trial.enrol()
    foreign = trial.api.get("/subjects/S01-001/assessments", sites=["S02"])
    unknown = trial.api.get("/subjects/S01-404/assessments", sites=["S02"])
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
