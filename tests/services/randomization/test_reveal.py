"""The reveal: after the study is closed, anybody can check the whole list."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from services.randomization.domain.reveal import as_published
from tests.services.randomization.downtime import ACTIVE, NOW, Site, site_of
from tests.services.randomization.expected import UNDER_24, contents
from tests.services.randomization.world import (
    BLOCKS,
    SECRET,
    open_sites,
    put_in_force,
    request,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
VERIFIER = Path(__file__).parents[3] / "docs" / "verify_randomization.py"
DONE = {"state": "closed", "reason": "the study is complete"}


def reveal(api: ApiClient, list_id: str = "L1", **options: Any) -> httpx.Response:
    return api.post(f"/lists/{list_id}/reveal", **({"role": "statistician"} | options))


def close(api: ApiClient, *lists: str) -> None:
    assert api.post("/enrolment/state", role="admin", json=DONE).status_code == 200
    for list_id in lists or ("L1",):
        assert api.post(f"/lists/{list_id}/state", role="admin", json=DONE).status_code == 200


def allocate(api: ApiClient, *subjects: str, **options: Any) -> list[str]:
    answers = [api.post("/allocations", json=request(s), **options) for s in subjects]
    assert {answer.status_code for answer in answers} == {201}
    return [str(answer.json()["randomization_number"]) for answer in answers]


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


@pytest.fixture(scope="module")
def verifier() -> ModuleType:
    """The stranger's program, which shares no code with the service."""
    spec = importlib.util.spec_from_file_location("verify_randomization", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def faults(verifier: ModuleType, file: Path) -> list[str]:
    report = verifier.run(verifier.options_of(["reveal", str(file)]))
    return [fault.kind for fault in report.faults]


@pytest.mark.proves("RND-1", kind="oracle")
def test_a_stranger_finds_the_revealed_list_in_order(
    api: ApiClient, verifier: ModuleType, tmp_path: Path
) -> None:
    numbers = allocate(api, "S01-001", "S01-002")
    close(api)
    answer = reveal(api)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [used["randomization_number"] for used in body["allocations"]] == numbers
    file = tmp_path / "revealed.json"
    file.write_bytes(as_published(body, bytes.fromhex(SECRET)))
    assert faults(verifier, file) == []


def test_without_the_secret_the_stranger_says_so(
    api: ApiClient, verifier: ModuleType, tmp_path: Path
) -> None:
    close(api)
    body = reveal(api).json()
    assert body["secret"] is None
    file = tmp_path / "revealed.json"
    file.write_bytes(as_published(body))
    assert faults(verifier, file) == ["secret"]
    assert json.loads(file.read_text()) == body


def test_another_secret_is_found_out(api: ApiClient, verifier: ModuleType, tmp_path: Path) -> None:
    close(api)
    file = tmp_path / "revealed.json"
    file.write_bytes(as_published(reveal(api).json(), bytes(32)))
    assert "regeneration" in faults(verifier, file)


def test_every_slot_is_opened_in_error_or_not_used_or_not(api: ApiClient) -> None:
    allocate(api, "S01-001")
    mark = {"category": "other", "reason": "by mistake"}
    assert (
        api.post("/allocations/S01-001/in-error", role="investigator", json=mark).status_code == 200
    )
    close(api)
    body = reveal(api).json()
    held = [slot["content"] for slot in body["slots"] if slot["label"] == UNDER_24]
    assert held == contents("L1", UNDER_24)
    assert len(body["allocations"]) == 1


def test_revealing_again_answers_the_same(api: ApiClient, database: TestDatabase) -> None:
    allocate(api, "S01-001")
    close(api)
    first, again = reveal(api), reveal(api)
    assert again.status_code == 200
    assert again.content == first.content
    assert database.rows("SELECT state FROM randomization.list") == [("revealed",)]


def test_it_is_signed_recorded_and_in_the_trail(api: ApiClient, database: TestDatabase) -> None:
    close(api)
    reveal(api, client="stat")
    assert database.rows(
        "SELECT meaning, signer FROM platform.signature WHERE signed_key = 'L1/revealed'"
    ) == [("reveal-list", "stat")]
    assert database.rows("SELECT operation, about, actor FROM randomization.unblinded_read") == [
        ("reveal_list", "list/L1", "stat")
    ]
    assert database.rows(
        "SELECT actor, reason FROM platform.audit WHERE table_name = 'randomization.list'"
        " AND field = 'state' AND new_value = 'revealed'"
    ) == [("stat", "list revealed")]


def test_without_a_signature_nothing_is_revealed(api: ApiClient) -> None:
    close(api)
    assert kind(reveal(api, signed_by="")) == (401, "signature-required")


@pytest.mark.proves("C14", kind="negative")
@pytest.mark.parametrize("what", ["study", "list"])
def test_nothing_is_revealed_before_study_and_list_are_closed(api: ApiClient, what: str) -> None:
    path = {"study": "/lists/L1/state", "list": "/enrolment/state"}[what]
    assert api.post(path, role="admin", json=DONE).status_code == 200
    answer = reveal(api)
    assert kind(answer) == (409, "list-state")
    assert "slots" not in answer.json()


def test_a_list_that_was_never_in_force_is_not_revealed(
    empty: ApiClient,
) -> None:
    open_sites(empty, "S01")
    assert empty.post("/lists", role="statistician", json=BLOCKS).status_code == 201
    close(empty)
    assert kind(reveal(empty)) == (409, "list-state")


def test_an_unknown_list_is_not_found(api: ApiClient) -> None:
    assert reveal(api, "L9").status_code == 404


@pytest.mark.parametrize("role", ["admin", "auditor", "investigator", "sponsor", "dmc", "iwrs"])
def test_only_the_statistician_reveals(api: ApiClient, role: str) -> None:
    close(api)
    assert reveal(api, role=role).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        "commitment = sha256(commitment)",
        "path = sha256(path)",
        "ciphertext = set_byte(ciphertext, 20, 255 - get_byte(ciphertext, 20))",
    ],
)
def test_a_list_that_is_not_as_it_was_sealed_is_not_revealed_and_the_slot_is_named(
    api: ApiClient, database: TestDatabase, change: str
) -> None:
    close(api)
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            f"UPDATE randomization.slot SET {change}"
            f" WHERE label = '{UNDER_24}' AND position = 7".encode()
        )
    answer = reveal(api)
    assert kind(answer) == (409, "list-broken")
    assert f"stratum {UNDER_24}, position 7" in answer.json()["errors"][0]["detail"]
    assert database.rows("SELECT state FROM randomization.list") == [("closed",)]


def test_a_missing_slot_is_found(api: ApiClient, database: TestDatabase) -> None:
    close(api)
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM randomization.slot WHERE leaf_index = 900")
    assert kind(reveal(api)) == (409, "list-broken")


@pytest.mark.proves("C35", kind="oracle")
def test_late_entries_belong_to_their_own_list_and_forced_children_to_none(
    empty: ApiClient, database: TestDatabase, verifier: ModuleType, tmp_path: Path
) -> None:
    open_sites(empty, "S01")
    put_in_force(empty, BLOCKS, at=ACTIVE)
    site = site_of(empty, database)
    entered = _enter(site)
    system = allocate(empty, "S01-002", at=NOW)
    _force(empty, "S01-003")
    close(empty, "L1", "D1")
    for list_id, secret, numbers in (("L1", SECRET, system), ("D1", "a7" * 32, [entered])):
        body = reveal(empty, list_id).json()
        assert [used["randomization_number"] for used in body["allocations"]] == numbers
        file = tmp_path / f"{list_id}.json"
        file.write_bytes(as_published(body, bytes.fromhex(secret)))
        assert faults(verifier, file) == []


def _enter(site: Site) -> str:
    answer = site.enter()
    assert answer.status_code == 201, answer.text
    return str(answer.json()["randomization_number"])


def _force(api: ApiClient, subject: str) -> None:
    levels = {"age_group": "lt10", "first_remission": "lt24m"}
    body = {"subject": subject, "site": "S01", "levels": levels, "arm": "INO",
            "reason": "the other drug cannot be had"}  # fmt: skip
    made = api.post("/forced-allocations", role="statistician", json=body).json()["proposal"]
    approve = {"decision": "approve", "reason": "agreed"}
    path = f"/forced-allocations/{made}/decision"
    decided = api.post(path, role="statistician", client="approver", json=approve)
    assert decided.status_code == 200, decided.text


def test_a_secret_has_thirty_two_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        as_published({}, bytes(31))


def test_a_study_whose_list_is_revealed_is_never_opened_again(api: ApiClient) -> None:
    close(api)
    assert reveal(api).status_code == 200
    body = {"state": "open", "reason": "one more child"}
    answer = api.post("/enrolment/state", role="admin", json=body)
    assert kind(answer) == (409, "list-revealed")
