"""What may be read of enrolment and of allocations: by whom, and what it never tells."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from services.randomization.domain import used_chain
from services.randomization.domain.used_chain import UsedSlot
from services.randomization.specification_service import open_definition_hash
from shared.study import from_json, to_json
from tests.services.randomization.expected import UNDER_24
from tests.services.randomization.planting import mark_in_error, swap_arms
from tests.services.randomization.two_sites import enrol
from tests.services.randomization.world import BLOCKS, request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

STUDY = "NCT05748171"
HTML = {"Accept": "text/html"}
SOURCE = {"kind": "assumed", "note": "test"}
BLINDED = ["data_manager", "sponsor", "medical_monitor", "admin"]


@pytest.fixture
def two_sites(api: ApiClient, database: TestDatabase) -> ApiClient:
    return enrol(api, database)


def reads_noted(database: TestDatabase) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT operation, about, actor, actor_role FROM randomization.unblinded_read"
        " ORDER BY read_at"
    )


@pytest.mark.parametrize("role", BLINDED)
def test_nothing_that_a_blinded_role_reads_depends_on_the_arms(
    two_sites: ApiClient, database: TestDatabase, role: str
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)

    def seen() -> list[bytes]:
        answers = [
            two_sites.get(path, role=role, at=at, headers={"Accept": accept})
            for path in ("/enrolment", "/specification", "/attempts")
            for accept in ("application/json", "text/html")
        ]
        return [a.content for a in answers if a.status_code == 200]

    before = seen()
    swap_arms(database)
    assert seen() == before
    assert len(before) >= 4


def test_balance_is_counted_by_arm_and_its_distance_from_the_ratio(
    two_sites: ApiClient, database: TestDatabase
) -> None:
    mark_in_error(database, "S01-001", "S01")
    found = two_sites.get("/balance", role="statistician").json()
    assert found["ratio"] == {"INO": 2, "ALLR3": 1}
    rows = database.rows("SELECT arm, count(*) FROM randomization.allocation GROUP BY 1")
    given = {str(arm): int(str(count)) for arm, count in rows}
    total = {arm["arm"]: arm for arm in found["total"]["arms"]}
    assert {arm: total[arm]["randomized"] for arm in total} == {
        arm: given.get(arm, 0) for arm in ("INO", "ALLR3")
    }
    assert Fraction(total["INO"]["imbalance"]) == given.get("INO", 0) - Fraction(8, 3)
    assert sum(arm["in_error"] for arm in found["total"]["arms"]) == 1
    for group in [found["total"], *found["strata"], *found["sites"]]:
        assert sum(Fraction(arm["imbalance"]) for arm in group["arms"]) == 0
        assert sum(arm["randomized"] for arm in group["arms"]) == group["randomized"]
    assert [(g["group"], g["randomized"]) for g in found["sites"]] == [("S01", 3), ("S02", 1)]
    assert sum(group["randomized"] for group in found["strata"]) == 4


def test_the_heads_of_the_chains_are_those_that_the_used_slots_have(
    two_sites: ApiClient, database: TestDatabase
) -> None:
    used = [
        UsedSlot(str(number), str(label), int(str(position)), str(arm), at.isoformat())
        for number, label, position, arm, at in database.rows(
            "SELECT randomization_number, label, position, arm, randomized_at AT TIME ZONE 'UTC'"
            " FROM randomization.allocation"
        )
        if isinstance(at, datetime)
        for at in [at.replace(tzinfo=UTC)]
    ]
    heads = two_sites.get("/balance", role="statistician").json()["chain_heads"]
    assert {(h["stratum"], h["head"]) for h in heads} == set(used_chain.heads("L1", used).items())
    assert sum(head["used"] for head in heads) == 4


def test_a_used_slot_that_is_missing_leaves_its_stratum_without_a_head(
    two_sites: ApiClient, database: TestDatabase
) -> None:
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("DELETE FROM randomization.allocation WHERE subject_id = 'S01-001'")
    heads = two_sites.get("/balance", role="statistician").json()["chain_heads"]
    assert {head["stratum"]: head["head"] is None for head in heads}[UNDER_24]
    assert any(head["head"] for head in heads)


@pytest.mark.proves("C31", kind="positive")
@pytest.mark.parametrize("role", ["statistician", "dmc"])
def test_reading_the_balance_is_written_down(
    two_sites: ApiClient, database: TestDatabase, role: str
) -> None:
    assert two_sites.get("/balance", role=role).status_code == 200
    assert reads_noted(database) == [("read_balance", STUDY, f"{role}-client", role)]
    assert database.rows(
        "SELECT count(*) FROM platform.audit WHERE table_name = 'randomization.unblinded_read'"
    ) != [(0,)]


@pytest.mark.parametrize("role", ["investigator", "sponsor", "data_manager", "auditor", "admin"])
def test_the_balance_is_not_for_everybody(
    two_sites: ApiClient, database: TestDatabase, role: str
) -> None:
    assert two_sites.get("/balance", role=role).status_code == 403
    assert reads_noted(database) == []


def test_an_explanation_tells_how_the_arm_came_about(
    two_sites: ApiClient, database: TestDatabase
) -> None:
    two_sites.post("/allocations", json=request("S01-001", relapse_number=2))
    two_sites.post("/allocations", json=request("S01-001"))
    found = two_sites.get("/allocations/S01-001/explanation", role="auditor").json()
    (arm,) = database.rows("SELECT arm FROM randomization.allocation WHERE subject_id = 'S01-001'")
    assert (found["arm"], found["subject"], found["site"]) == (*arm, "S01-001", "S01")
    assert found["explanation"]["list_id"] == "L1"
    assert found["explanation"]["stratum"] == UNDER_24
    assert found["explanation"]["position"] == found["opening"]["position"]
    assert found["submitted"]["values"]["relapse_number"] == 1
    assert [one["outcome"] for one in found["attempts"]] == [201, 409, 200]
    (signature,) = found["signatures"]
    assert (signature["role"], signature["meaning"]) == (
        "investigator",
        "eligible-and-randomize",
    )
    assert reads_noted(database) == [("read_explanation", "S01-001", "auditor-client", "auditor")]


def test_an_explanation_of_nothing_is_not_found_and_not_written_down(
    two_sites: ApiClient, database: TestDatabase
) -> None:
    answer = two_sites.get("/allocations/S01-999/explanation", role="statistician")
    assert answer.status_code == 404
    assert reads_noted(database) == []


@pytest.mark.parametrize("role", ["investigator", "sponsor", "dmc", "data_manager"])
def test_an_explanation_is_for_the_unblinded(two_sites: ApiClient, role: str) -> None:
    assert two_sites.get("/allocations/S01-001/explanation", role=role).status_code == 403


def test_the_specification_tells_the_design_and_not_what_lists_are_drawn_with(
    two_sites: ApiClient,
) -> None:
    answer = two_sites.get("/specification", role="sponsor")
    found = answer.json()
    assert [(arm["code"], arm["ratio"]) for arm in found["arms"]] == [("INO", 2), ("ALLR3", 1)]
    derivations = {
        level["code"]: level["derivation"] for f in found["factors"] for level in f["levels"]
    }
    assert derivations["lt10"] == "age_years is less than 10"
    assert derivations["ge24m"] == "relapse_date is on or after first_diagnosis_date plus 24 months"
    (listed,) = found["lists"]
    (sealed,) = two_sites.get("/lists", role="sponsor").json()["items"]
    assert listed == {name: sealed[name] for name in listed}
    assert listed["manifest_sha256"] is not None
    # The last revisions: those that they wait for are not named beside them.
    assert "platform_00" in found["schema_version"]
    may = {role["role"]: role["may"] for role in found["roles"]}
    assert "request allocation" in may["Investigator"]
    assert "request allocation" not in may["Administrator"]
    withheld = [one for one in found["assumed"] if one["value"] is None]
    assert [one["path"] for one in withheld] == ["randomization.scheme"]
    for text in (answer.text, two_sites.get("/specification", role="sponsor", headers=HTML).text):
        for told in ("block_sizes", "capacity", "[3,6,9]", "3, 6, 9", "1200"):
            assert told not in text


def test_the_specification_is_the_same_whatever_lists_are_drawn_with(
    variant: Callable[..., ApiClient],
) -> None:
    at = datetime.now(UTC)
    scheme = {"method": "permuted_blocks", "block_sizes": [6], "capacity_per_stratum": 60,
              "source": SOURCE}  # fmt: skip
    other = variant(scheme=scheme).get("/specification", role="sponsor", at=at).json()
    definition = shipped(STUDY)
    assert other["definition_sha256"] == open_definition_hash(definition)
    content = to_json(definition)
    content["randomization"]["low_water_percent"] = 21
    assert open_definition_hash(from_json(content)) != open_definition_hash(definition)


def test_a_sealed_list_has_no_manifest_to_specify(empty: ApiClient) -> None:
    empty.post("/lists", role="statistician", json=BLOCKS)
    (listed,) = empty.get("/specification", role="sponsor").json()["lists"]
    assert (listed["state"], listed["manifest_sha256"]) == ("sealed", None)
    assert empty.get("/specification", role="sponsor", headers=HTML).status_code == 200


def test_attempts_are_paged_newest_last_and_tell_no_arm(two_sites: ApiClient) -> None:
    two_sites.post("/allocations", json=request("S01-009"))
    seen: list[dict[str, Any]] = []
    path = "/attempts?limit=2"
    while path:
        answer = two_sites.get(path, role="data_manager")
        assert answer.status_code == 200, answer.text
        assert "INO" not in answer.text
        assert "ALLR3" not in answer.text
        seen += answer.json()["items"]
        after = answer.json()["next"]
        path = f"/attempts?limit=2&after={after}" if after else ""
    assert [one["subject"] for one in seen] == [
        "S01-001", "S01-002", "S02-001", "S01-003", "S01-009",
    ]  # fmt: skip
    assert len({one["attempt_id"] for one in seen}) == 5
    assert (seen[-1]["outcome"], seen[-1]["problem"]) == (422, "subject-unknown")
    assert "arm" not in seen[0]


def test_attempts_of_one_child_can_be_asked_for(two_sites: ApiClient) -> None:
    two_sites.post("/allocations", json=request("S01-001"))
    found = two_sites.get("/attempts?subject=S01-001", role="auditor").json()["items"]
    assert [(one["subject"], one["outcome"]) for one in found] == [
        ("S01-001", 201),
        ("S01-001", 200),
    ]


@pytest.mark.parametrize(
    "cursor", ["x", "2026-01-01T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z_" + "0" * 36]
)
def test_a_cursor_where_no_page_ended_is_refused(api: ApiClient, cursor: str) -> None:
    answer = api.get(f"/attempts?after={cursor}", role="auditor")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no-cursor")
