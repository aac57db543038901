"""Randomization against assessments and safety: what differs is found, told, and left as it is."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from services.randomization import reconciliation_handlers, reconciliation_repository
from services.randomization.reconciliation_handlers import NightFailed, reconcile_studies
from shared.database.engine import blocking_engine
from shared.study import StudyDefinition
from tests.services.randomization.planting import change, note_all, record, safety_case
from tests.services.randomization.world import request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
PRODUCT = {"INO": "INO", "ALLR3": "DEX"}
OTHER = {"INO": "DEX", "ALLR3": "INO"}


@pytest.fixture
def clean(api: ApiClient, database: TestDatabase) -> ApiClient:
    """S01-001 and S01-002 allocated, noted, dosed, the first with a case; S01-003 in screening with
    an event that nobody blames on a product."""
    screen(database, "S01-003", study=STUDY)
    for subject in ("S01-001", "S01-002"):
        answer = api.post("/allocations", json=request(subject))
        assert answer.status_code == 201, answer.text
        own = PRODUCT[answer.json()["arm"]]
        dates = {"first_diagnosis_date": "2022-01-10", "relapse_date": "2024-01-05"}
        record(database, subject, "consent", {"consent_date": "2024-01-20"})
        record(database, subject, "disease", {"age_group": "lt10"} | dates)
        record(database, subject, "dosing", {"product": own, "given": "true"}, visit="C1D1")
    safety_case(database, "S01-001", product=PRODUCT[arm_of(api, "S01-001")])
    safety_case(database, "S01-003", product=None)
    note_all(database)
    return api


@pytest.fixture
def engine(database: TestDatabase) -> Iterator[Engine]:
    """The connection of a function that runs on schedule."""
    made = blocking_engine(database.url("induct_randomization"), pool_size=1)
    yield made
    made.dispose()


def arm_of(api: ApiClient, subject: str) -> str:
    return str(api.get(f"/allocations/{subject}").json()["arm"])


def reconcile(api: ApiClient) -> list[tuple[str, str]]:
    """Run one; answers the kinds and subjects of what differs."""
    answer = api.post("/reconciliations", role="data_manager")
    assert answer.status_code == 201, answer.text
    return [(one["kind"], one["subject"]) for one in answer.json()["differences"]]


@pytest.mark.proves("C28", kind="positive")
def test_where_all_sides_agree_nothing_is_reported_and_the_hashes_are_equal(
    clean: ApiClient, database: TestDatabase
) -> None:
    found = clean.post("/reconciliations", role="data_manager").json()
    assert found["differences"] == []
    assert found["counts"] == {
        "allocations": 2, "subjects": 3, "subjects_randomized": 2, "cases": 2,
    }  # fmt: skip
    for sides in found["hashes"].values():
        assert len(set(sides.values())) == 1
    assert database.rows(
        "SELECT count(*) FROM platform.outbox WHERE type LIKE '%%differences%%'"
    ) == [(0,)]


def unregister(database: TestDatabase, _api: ApiClient) -> None:
    change(database, "DELETE FROM assessments.subject WHERE subject_id = 'S01-002'")


def unnote(database: TestDatabase, _api: ApiClient) -> None:
    change(
        database,
        "UPDATE assessments.subject SET state = 'screening', randomized_at = NULL"
        " WHERE subject_id = 'S01-002'",
    )


def note_later(database: TestDatabase, _api: ApiClient) -> None:
    change(
        database,
        "UPDATE assessments.subject SET randomized_at = randomized_at + interval '1 microsecond'"
        " WHERE subject_id = 'S01-002'",
    )


def note_without_allocation(database: TestDatabase, _api: ApiClient) -> None:
    screen(database, "S01-009", study=STUDY)
    change(
        database,
        "UPDATE assessments.subject SET state = 'randomized', randomized_at = now()"
        " WHERE subject_id = 'S01-009'",
    )


def move(database: TestDatabase, _api: ApiClient) -> None:
    change(database, "UPDATE assessments.subject SET site_id = 'S09' WHERE subject_id = 'S01-002'")


def state_another_level(database: TestDatabase, _api: ApiClient) -> None:
    change(
        database,
        "UPDATE assessments.item_version SET value = 'ge10'"
        " WHERE subject_id = 'S01-002' AND item = 'age_group'",
    )


def relapse_later(database: TestDatabase, _api: ApiClient) -> None:
    change(
        database,
        "UPDATE assessments.item_version SET value = '2024-01-10'"
        " WHERE subject_id = 'S01-002' AND item = 'relapse_date'",
    )


def consent_on_another_day(database: TestDatabase, _api: ApiClient) -> None:
    record(database, "S01-002", "consent", {"consent_date": "2024-01-19"}, visit="SCR")


def dose_of_the_other_arm(database: TestDatabase, api: ApiClient) -> None:
    items = {"product": OTHER[arm_of(api, "S01-002")], "given": "true"}
    record(database, "S01-002", "dosing", items, visit="C1D8")


def suspect_of_the_other_arm(database: TestDatabase, api: ApiClient) -> None:
    safety_case(database, "S01-002", product=OTHER[arm_of(api, "S01-002")])


def case_of_nobody(database: TestDatabase, _api: ApiClient) -> None:
    safety_case(database, "S01-999", product=None)


def case_in_screening(database: TestDatabase, _api: ApiClient) -> None:
    safety_case(database, "S01-003", product="INO")


Plant = Callable[[TestDatabase, ApiClient], None]


@pytest.mark.proves("C28", kind="negative")
@pytest.mark.parametrize(
    ("plant", "kind", "subject"),
    [
        (unregister, "only-in-randomization", "S01-002"),
        (unnote, "not-noted-in-assessments", "S01-002"),
        (note_later, "not-noted-in-assessments", "S01-002"),
        (note_without_allocation, "only-in-assessments", "S01-009"),
        (move, "site-differs", "S01-002"),
        (state_another_level, "stratum-differs", "S01-002"),
        (relapse_later, "stratum-differs", "S01-002"),
        (consent_on_another_day, "consent-differs", "S01-002"),
        (dose_of_the_other_arm, "treatment-differs", "S01-002"),
        (suspect_of_the_other_arm, "treatment-differs", "S01-002"),
        (case_of_nobody, "case-of-unknown-subject", "S01-999"),
        (case_in_screening, "case-of-unallocated-subject", "S01-003"),
    ],
)
def test_a_planted_difference_is_found_and_nothing_else(
    clean: ApiClient, database: TestDatabase, plant: Plant, kind: str, subject: str
) -> None:
    plant(database, clean)
    assert reconcile(clean) == [(kind, subject)]


def test_a_corrected_stratum_is_the_one_that_values_must_tell(
    clean: ApiClient, database: TestDatabase
) -> None:
    relapse_later(database, clean)
    change(
        database,
        "INSERT INTO randomization.corrected_stratum VALUES (%s, 'S01-002', 'S01', 1,"
        " 'age_group=lt10;first_remission=ge24m',"
        ' \'{"age_group": "lt10", "first_remission": "ge24m"}\', \'test\', \'test\', now())',
        STUDY,
    )
    assert reconcile(clean) == []


@pytest.mark.proves("C28", kind="negative")
def test_a_difference_is_an_event_and_changes_nothing_on_any_side(
    clean: ApiClient, database: TestDatabase
) -> None:
    move(database, clean)
    dose_of_the_other_arm(database, clean)

    def sides() -> list[list[tuple[object, ...]]]:
        tables = (
            "randomization.allocation", "assessments.subject", "assessments.item_version",
            "safety.safety_case", "safety.case_version",
        )  # fmt: skip
        return [database.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables]

    before = sides()
    found = clean.post("/reconciliations", role="statistician").json()
    assert sides() == before
    ((envelope,),) = database.rows(
        "SELECT envelope::text FROM platform.outbox WHERE type = 'reconciliation.differences-found'"
    )
    assert json.loads(str(envelope))["data"] == {
        "reconciliation_id": found["reconciliation_id"],
        "differences": 2,
    }
    assert "INO" not in str(envelope)


@pytest.mark.parametrize("role", ["data_manager", "admin"])
def test_a_blinded_role_reads_subject_and_kind_and_nothing_that_depends_on_the_arm(
    clean: ApiClient, database: TestDatabase, role: str
) -> None:
    dose_of_the_other_arm(database, clean)
    reconcile(clean)
    answer = clean.get("/reconciliations", role=role)
    (found,) = answer.json()["items"]
    assert found["differences"] == [
        {"kind": "treatment-differs", "subject": "S01-002", "details": None}
    ]
    for code in ("INO", "ALLR3", "DEX"):
        assert code not in answer.text
    assert database.rows("SELECT count(*) FROM randomization.unblinded_read") == [(0,)]


@pytest.mark.parametrize("role", ["statistician", "auditor"])
def test_an_unblinded_role_reads_the_details_and_that_is_written_down(
    clean: ApiClient, database: TestDatabase, role: str
) -> None:
    dose_of_the_other_arm(database, clean)
    reconcile(clean)
    (found,) = clean.get("/reconciliations", role=role).json()["items"]
    arm = arm_of(clean, "S01-002")
    assert found["differences"][0]["details"] == {
        "arm": arm, "product": OTHER[arm], "in": "assessments",
    }  # fmt: skip
    assert database.rows("SELECT operation, actor FROM randomization.unblinded_read") == [
        ("list_reconciliations", f"{role}-client")
    ]


def test_the_answer_to_who_runs_one_has_no_details_even_for_the_unblinded(
    clean: ApiClient, database: TestDatabase
) -> None:
    dose_of_the_other_arm(database, clean)
    answer = clean.post("/reconciliations", role="statistician")
    assert [one["details"] for one in answer.json()["differences"]] == [None]


@pytest.mark.parametrize("role", ["investigator", "coordinator", "sponsor", "dmc"])
def test_a_reconciliation_is_not_for_everybody(clean: ApiClient, role: str) -> None:
    assert clean.post("/reconciliations", role=role).status_code == 403
    assert clean.get("/reconciliations", role=role).status_code == 403


def test_reconciliations_are_kept_and_paged_newest_last(
    clean: ApiClient, database: TestDatabase
) -> None:
    made = [
        clean.post("/reconciliations", role="admin", at=datetime(2026, 1, day, tzinfo=UTC)).json()
        for day in (3, 1, 2)
    ]
    first = clean.get("/reconciliations?limit=2", role="auditor").json()
    rest = clean.get(f"/reconciliations?after={first['next']}", role="auditor").json()
    seen = [one["reconciliation_id"] for one in (*first["items"], *rest["items"])]
    assert seen == [made[index]["reconciliation_id"] for index in (1, 2, 0)]
    assert rest["next"] is None


def test_the_same_key_again_is_the_same_reconciliation(
    clean: ApiClient, database: TestDatabase
) -> None:
    first = clean.post("/reconciliations", role="admin", key="one")
    again = clean.post("/reconciliations", role="admin", key="one")
    assert again.content == first.content
    assert database.rows("SELECT count(*) FROM randomization.reconciliation") == [(1,)]


def test_the_night_reconciles_every_study_also_one_whose_enrolment_is_closed(
    clean: ApiClient,
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
    engine: Engine,
) -> None:
    activate("freireich-1963")
    change(database, "UPDATE platform.study SET state = 'closed' WHERE study_id = %s", STUDY)
    move(database, clean)
    assert reconcile_studies(engine) == {"reconciled": 2, "differing": 1}
    assert database.rows(
        "SELECT study_id, jsonb_array_length(differences) FROM randomization.reconciliation"
        " ORDER BY 1"
    ) == [(STUDY, 1), ("freireich-1963", 0)]


def test_a_study_that_fails_does_not_keep_the_others_from_their_night(
    clean: ApiClient,
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    activate("freireich-1963")
    real = reconciliation_repository.sides

    def sides(work: object) -> object:
        if getattr(work, "study", "") == STUDY:
            raise RuntimeError
        return real(work)  # type: ignore[arg-type]

    monkeypatch.setattr(reconciliation_repository, "sides", sides)
    with pytest.raises(NightFailed, match="1 of 2"):
        reconcile_studies(engine)
    assert database.rows("SELECT study_id FROM randomization.reconciliation") == [
        ("freireich-1963",)
    ]


def test_the_scheduled_function_connects_at_its_first_event_and_once(
    clean: ApiClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def connect(url: str, **_: object) -> Engine:
        made.append(url)
        return engine

    monkeypatch.setattr(reconciliation_handlers, "blocking_engine", connect)
    settings = {
        "INDUCT_RANDOMIZATION_DATABASE_URL": "postgresql://as-the-environment-says/x",
        "INDUCT_ISSUER": "http://issuer.test",
        "INDUCT_AUDIENCE": "induct",
        "INDUCT_JWKS_URL": "http://issuer.test/keys",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    function = reconciliation_handlers.schedule_handler()
    assert made == []
    assert function({}, None) == {"reconciled": 1, "differing": 0}
    assert function({}, None) == {"reconciled": 1, "differing": 0}
    assert len(made) == 1
    assert "as-the-environment-says" in made[0]


def test_a_reconciliation_is_of_its_own_study(
    clean: ApiClient, activate: Callable[[str], StudyDefinition]
) -> None:
    activate("freireich-1963")
    reconcile(clean)
    other = clean.get("/reconciliations", role="auditor", study="freireich-1963").json()
    assert other["items"] == []
