"""In error, corrected stratum: nothing of it changes an arm, past or future."""

from collections.abc import Callable

import pytest

from services.analytics import snapshot_repository
from shared.clock import DatabaseClock
from shared.database.engine import blocking_engine
from shared.database.unit_of_work import Origin
from shared.identity.principal import system
from tests.services.randomization.aftercare import (
    CORRECTION,
    MARK,
    PROBLEM,
    SOURCE,
    TRUE,
    allocate,
    audited,
    correct,
    mark,
)
from tests.services.randomization.expected import FROM_24, LATE, STUDY, UNDER_24, contents
from tests.services.randomization.world import (
    codes,
    open_sites,
    put_in_force,
    request,
    screen,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

# --- In error ------------------------------------------------------------------------------------


def test_a_subject_in_error_keeps_its_arm_and_its_number(api: ApiClient) -> None:
    before = allocate(api)
    answer = mark(api)
    assert answer.status_code == 200, answer.text
    assert answer.json() == before | {"in_error": True, "corrected_stratum": None}
    assert api.get("/allocations/S01-001").json() == answer.json()
    assert api.post("/allocations", json=request()).json() == before


def test_the_slot_of_a_subject_in_error_is_never_given_again(
    api: ApiClient, database: TestDatabase
) -> None:
    given = [allocate(api)["arm"]]
    assert mark(api).status_code == 200
    given.append(allocate(api, "S01-002")["arm"])
    assert given == contents("L1", UNDER_24)[:2]
    assert database.rows(
        "SELECT position, subject_id FROM randomization.slot WHERE subject_id IS NOT NULL"
        " ORDER BY position"
    ) == [(1, "S01-001"), (2, "S01-002")]


def test_in_error_is_signed_told_and_in_the_trail(api: ApiClient, database: TestDatabase) -> None:
    allocate(api)
    assert mark(api, client="dr-jana").status_code == 200
    assert database.rows(
        "SELECT meaning, signer, subject_id FROM platform.signature"
        " WHERE signed_table = 'randomization.in_error'"
    ) == [("randomized-in-error", "dr-jana", "S01-001")]
    trail = audited(database, "randomization.in_error")
    assert trail["category"] == ("ineligible", "dr-jana", MARK["reason"])
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.in-error'"
    )
    assert told == {"subject_id": "S01-001", "site": "S01", "category": "ineligible"}


def test_in_error_without_a_signature_is_refused(api: ApiClient, database: TestDatabase) -> None:
    allocate(api)
    answer = mark(api, signed_by="")
    assert (answer.status_code, answer.json()["type"]) == (401, PROBLEM + "signature-required")
    assert database.rows("SELECT count(*) FROM randomization.in_error") == [(0,)]


def test_a_signer_of_another_site_cannot_mark_in_error(api: ApiClient) -> None:
    allocate(api)
    answer = mark(api, signed_by={"role": "investigator", "sites": ["S02"]})
    assert (answer.status_code, answer.json()["type"]) == (403, PROBLEM + "signature-not-fitting")


def test_in_error_is_for_good_and_said_once(api: ApiClient, database: TestDatabase) -> None:
    allocate(api)
    first = mark(api, key="one")
    assert mark(api, key="one").content == first.content
    again = mark(api, json=MARK | {"category": "technical"})
    assert (again.status_code, again.json()["type"]) == (409, PROBLEM + "already-in-error")
    assert database.rows("SELECT category FROM randomization.in_error") == [("ineligible",)]


def test_the_database_itself_takes_no_mark_back(api: ApiClient, database: TestDatabase) -> None:
    allocate(api)
    mark(api)
    for change in (
        "DELETE FROM randomization.in_error",
        "UPDATE randomization.in_error SET category = 'other'",
    ):
        with database.admin() as connection, pytest.raises(Exception, match="append"):
            connection.execute(change.encode())


def test_a_subject_that_is_not_allocated_cannot_be_in_error(api: ApiClient) -> None:
    assert mark(api).status_code == 404


@pytest.mark.parametrize("category", ["unlucky", "", None])
def test_an_unknown_category_is_refused(api: ApiClient, category: str | None) -> None:
    allocate(api)
    assert mark(api, json=MARK | {"category": category}).status_code == 422


def test_a_subject_of_another_site_does_not_exist(api: ApiClient, database: TestDatabase) -> None:
    open_sites(api, "S02")
    screen(database, "S02-001", site="S02", study=STUDY)
    allocate(api, "S02-001")
    for act in (mark, correct):
        foreign, absent = act(api, "S02-001"), act(api, "S02-999")
        assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json())
        assert foreign.status_code == 404


@pytest.mark.parametrize("role", ["sponsor", "dmc", "iwrs", "cra", "data_manager", "coordinator"])
def test_only_investigator_and_admin_mark_in_error(api: ApiClient, role: str) -> None:
    allocate(api)
    assert mark(api, role=role).status_code == 403


def test_a_masked_role_marks_and_corrects_without_seeing_the_arm(api: ApiClient) -> None:
    arm = allocate(api)["arm"]
    for answer in (mark(api, role="admin"), correct(api, role="data_manager")):
        assert answer.status_code == 200, answer.text
        assert (answer.json()["arm"], answer.json()["opening"]) == ("*", None)
        assert arm not in answer.text


def test_in_error_leaves_the_balance_after_the_draws_used_so_far(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    scheme = {"method": "minimisation", "probability": "4/5", "measure": "range", "draws": 50,
              "source": SOURCE}  # fmt: skip
    api = variant(scheme=scheme)
    put_in_force(api, {"method": "minimisation", "list_id": "M1", "secret": "3c" * 32})
    screen(database, "S01-001", "S01-002", "S01-003", study=STUDY)
    allocate(api)
    allocate(api, "S01-002")
    assert mark(api).status_code == 200
    assert database.rows("SELECT after_draw FROM randomization.in_error") == [(2,)]
    allocate(api, "S01-003")
    ((counts,),) = database.rows(
        "SELECT explanation->'minimisation'->'counts_before'->'age_group'->'lt10'"
        " FROM randomization.allocation WHERE position = 3"
    )
    assert sum(counts.values()) == 1


def test_whoever_leaves_the_balance_meanwhile_leaves_it_after_a_certain_draw(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    """Without that a replay of the later decisions would diverge."""
    scheme = {"method": "minimisation", "probability": "4/5", "measure": "range", "draws": 80,
              "source": SOURCE}  # fmt: skip
    api = variant(scheme=scheme)
    put_in_force(api, {"method": "minimisation", "list_id": "M1", "secret": "3c" * 32})
    children = [f"S01-{n:03}" for n in range(1, 41)]
    screen(database, *children, study=STUDY)
    for child in children[:8]:
        allocate(api, child)
    calls = [api.call("POST", "/allocations", json=request(child)) for child in children[8:]]
    for n, child in enumerate(children[:8]):
        path = f"/allocations/{child}/in-error"
        calls.insert(4 * n, api.call("POST", path, role="investigator", json=MARK))
    assert {answer.status_code for answer in api.together(calls)} == {200, 201}
    left = [row[0] for row in database.rows("SELECT after_draw FROM randomization.in_error")]
    weighed = database.rows(
        "SELECT position, (SELECT coalesce(sum(n::int), 0) FROM jsonb_each(explanation"
        "->'minimisation'->'counts_before'->'age_group'->'lt10') AS c(arm, n))"
        " FROM randomization.allocation"
    )
    expected = {p: p - 1 - sum(after < p for after in left) for p, _ in weighed}
    assert {p: int(counted) for p, counted in weighed} == expected


# --- Corrected stratum ---------------------------------------------------------------------------


@pytest.mark.proves("C35", kind="positive")
def test_the_true_stratum_stands_beside_the_one_used(api: ApiClient) -> None:
    before = allocate(api)
    answer = correct(api)
    assert answer.status_code == 200, answer.text
    assert answer.json() == before | {"corrected_stratum": FROM_24, "in_error": False}
    assert answer.json()["stratum"] == UNDER_24


@pytest.mark.proves("C35", kind="negative")
def test_a_correction_changes_no_arm_of_before_or_after(
    api: ApiClient, database: TestDatabase
) -> None:
    screen(database, "S01-003", "S01-004", study=STUDY)
    first = allocate(api)
    correct(api)
    assert api.get("/allocations/S01-001").json()["arm"] == first["arm"]
    of_used = [first["arm"], allocate(api, "S01-002")["arm"], allocate(api, "S01-003")["arm"]]
    assert of_used == contents("L1", UNDER_24)[:3]
    assert allocate(api, "S01-004", **LATE)["arm"] == contents("L1", FROM_24)[0]


def test_corrections_are_versions_and_the_last_one_counts(
    api: ApiClient, database: TestDatabase
) -> None:
    allocate(api)
    back = {"age_group": "lt10", "first_remission": "lt24m"}
    assert correct(api).status_code == 200
    answer = correct(api, json={"levels": back, "reason": "it was right at first"})
    assert answer.json()["corrected_stratum"] == UNDER_24
    assert database.rows(
        "SELECT version, stratum FROM randomization.corrected_stratum ORDER BY version"
    ) == [(1, FROM_24), (2, UNDER_24)]


def test_the_stratum_known_already_is_no_correction(api: ApiClient) -> None:
    allocate(api)
    used = {"age_group": "lt10", "first_remission": "lt24m"}
    answer = correct(api, json={"levels": used, "reason": "nothing new"})
    assert (answer.status_code, codes(answer)) == (422, ["stratum-unchanged"])
    correct(api)
    assert codes(correct(api)) == ["stratum-unchanged"]


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ({"age_group": "lt10"}, ["unknown-level"]),
        ({"age_group": "lt10", "first_remission": "never"}, ["unknown-level"]),
        ({}, ["unknown-level", "unknown-level"]),
        (TRUE | {"site": "S01"}, ["unknown-factor"]),
    ],
)
def test_what_is_no_full_stratum_is_refused(
    api: ApiClient, database: TestDatabase, levels: dict[str, str], told: list[str]
) -> None:
    allocate(api)
    answer = correct(api, json={"levels": levels, "reason": "wrong levels"})
    assert (answer.status_code, codes(answer)) == (422, told)
    assert database.rows("SELECT count(*) FROM randomization.corrected_stratum") == [(0,)]


def test_a_correction_is_told_with_both_strata_and_is_in_the_trail(
    api: ApiClient, database: TestDatabase
) -> None:
    allocate(api)
    correct(api, client="jan")
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.stratum-corrected'"
    )
    assert told == {"subject_id": "S01-001", "site": "S01", "version": 1, "stratum": UNDER_24,
                    "corrected_stratum": FROM_24}  # fmt: skip
    trail = audited(database, "randomization.corrected_stratum")
    assert trail["stratum"] == (FROM_24, "jan", CORRECTION["reason"])


def test_two_corrections_at_once_are_two_versions(api: ApiClient, database: TestDatabase) -> None:
    allocate(api)
    other = {"age_group": "ge10", "first_remission": "ge24m"}
    path = "/allocations/S01-001/stratum"
    bodies = [CORRECTION, {"levels": other, "reason": "the birth date too"}] * 3
    answers = api.together(api.call("POST", path, json=body) for body in bodies)
    assert {answer.status_code for answer in answers} <= {200, 409, 422}
    versions = [row[0] for row in database.rows(
        "SELECT version FROM randomization.corrected_stratum ORDER BY version")]  # fmt: skip
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) >= 2


def test_both_strata_reach_the_analysis(api: ApiClient, database: TestDatabase) -> None:
    allocate(api)
    allocate(api, "S01-002")
    correct(api)
    mark(api)
    engine = blocking_engine(database.url("induct_analytics"), pool_size=1)
    origin = Origin(system("analytics", STUDY), STUDY, "test", DatabaseClock())
    with snapshot_repository.snapshot(engine, origin) as work:
        read = snapshot_repository.read_study(work).allocated
    engine.dispose()
    assert [(one.stratum, one.corrected_stratum, one.in_error) for one in read] == [
        (UNDER_24, FROM_24, True),
        (UNDER_24, None, False),
    ]
