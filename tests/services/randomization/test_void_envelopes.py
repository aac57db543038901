"""Envelopes that no child will have: used up in their order, and shown for it when all is shown."""

from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from services.randomization.domain.reveal import as_published
from tests.services.randomization.downtime import NOW, SECRET, Site, kind, used
from tests.services.randomization.expected import FROM_24, UNDER_24, contents
from tests.services.randomization.planting import change
from tests.services.randomization.test_reveal import close, faults, verifier
from tests.services.randomization.world import open_sites
from tests.support.database import TestDatabase

__all__ = ["verifier"]
VOIDED = "SELECT label, position, void_number, arm, reason FROM randomization.void_slot"


def void(site: Site, position: int = 1, stratum: str = UNDER_24, **options: Any) -> httpx.Response:
    body = {
        "stratum": stratum,
        "position": position,
        "code": site.code(stratum, position),
        "reason": "opened for nobody",
    } | options.pop("body", {})
    return site.api.post("/lists/D1/void-envelope", json=body, **({"at": NOW} | options))


def test_an_envelope_opened_out_of_order_is_entered_after_the_one_before_it_was_voided(
    site: Site, database: TestDatabase
) -> None:
    assert kind(site.enter(site.body(position=2))) == (409, "envelope-out-of-order")
    answer = void(site)
    assert answer.status_code == 201, answer.text
    number = answer.json()["void_number"]
    assert site.enter(site.body(position=2)).status_code == 201
    assert used(database) == [
        ("D1", UNDER_24, 1, number),
        ("D1", UNDER_24, 2, "S01-001"),
    ]


def test_a_voided_envelope_is_on_record_with_its_reason_and_the_answer_tells_no_arm(
    site: Site, database: TestDatabase
) -> None:
    answer = void(site)
    number = answer.json()["void_number"]
    arm = contents("D1", UNDER_24, SECRET, 6)[0]
    assert database.rows(VOIDED) == [(UNDER_24, 1, number, arm, "opened for nobody")]
    assert number.startswith("VOID-")
    assert f'"{arm}"' not in answer.text
    assert database.rows(
        "SELECT signed_key, meaning FROM platform.signature"
        " WHERE signed_table = 'randomization.void_slot'"
    ) == [(f"D1/{UNDER_24}/1", "envelope-opened")]
    assert database.rows(
        "SELECT new_value FROM platform.audit WHERE table_name = 'randomization.void_slot'"
        " AND field = 'void_number'"
    ) == [(number,)]


def test_a_voided_envelope_is_entered_for_nobody_and_voided_once(site: Site) -> None:
    assert void(site).status_code == 201
    assert kind(site.enter()) == (409, "envelope-out-of-order")
    assert kind(void(site)) == (409, "envelope-out-of-order")


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({"body": {"code": "AAAAA-AAAAA-AAAAA-AAAAA"}}, (422, "envelope-code")),
        ({"position": 2}, (409, "envelope-out-of-order")),
        ({"body": {"position": 900}}, (422, "envelope-unknown")),
        ({"signed_by": ""}, (401, "signature-required")),
        ({"signed_by": {"role": "investigator", "sites": ["S02"]}}, (403, "signature-not-fitting")),
        ({"sites": ["S02"]}, (404, "not-found")),
        ({"role": "statistician"}, (403, "forbidden")),
    ],
    ids=["code", "order", "unknown", "unsigned", "signed elsewhere", "another site", "role"],
)
def test_nothing_is_voided_without_code_order_and_signature(
    site: Site, database: TestDatabase, options: dict[str, Any], refused: tuple[int, str]
) -> None:
    open_sites(site.api, "S02")
    assert kind(void(site, **options)) == refused
    assert used(database) == []
    assert database.rows(VOIDED) == []


def test_no_slot_of_the_central_list_is_voided(site: Site, database: TestDatabase) -> None:
    body = {"stratum": UNDER_24, "position": 1, "code": "A" * 20, "reason": "a test"}
    answer = site.api.post("/lists/L1/void-envelope", json=body)
    assert kind(answer) == (404, "not-found")
    assert database.rows(VOIDED) == []


def test_an_altered_slot_is_not_voided_and_suspends_its_list(
    site: Site, database: TestDatabase
) -> None:
    change(
        database,
        "UPDATE randomization.slot SET commitment = sha256(commitment)"
        " WHERE list_id = 'D1' AND position = 1",
    )
    assert kind(void(site)) == (409, "list-broken")
    assert database.rows("SELECT state FROM randomization.list WHERE list_id = 'D1'") == [
        ("suspended",)
    ]


def test_the_last_planned_envelope_but_one_in_five_warns_when_it_is_voided(
    site: Site, database: TestDatabase
) -> None:
    warned = "SELECT count(*) FROM platform.outbox WHERE type = 'list.low'"
    for position in range(1, 7):
        assert void(site, position).status_code == 201
    assert database.rows(warned) == [(1,)]


def test_what_was_voided_stands_in_the_chain_and_a_stranger_finds_no_gap(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    number = void(site).json()["void_number"]
    entered = site.enter(site.body(position=2)).json()
    void(site, 1, FROM_24)
    (head,) = (
        one
        for one in site.api.get("/balance", role="statistician").json()["chain_heads"]
        if (one["list_id"], one["stratum"]) == ("D1", UNDER_24)
    )
    close(site.api, "L1", "D1")
    body = site.api.post("/lists/D1/reveal", role="statistician").json()
    told = [one for one in body["allocations"] if one["label"] == UNDER_24]
    numbers = [number, entered["randomization_number"]]
    assert [one["randomization_number"] for one in told] == numbers
    assert [one["arm"] for one in told] == contents("D1", UNDER_24, SECRET, 6)[:2]
    assert (head["used"], head["head"]) == (2, told[-1]["link"])
    file = tmp_path / "revealed.json"
    file.write_bytes(as_published(body, bytes.fromhex(SECRET)))
    assert faults(verifier, file) == []


def test_a_voided_envelope_counts_nobody(site: Site) -> None:
    void(site)
    enrolment = site.api.get("/enrolment", role="sponsor").json()
    assert enrolment["randomized"] == 0
    assert site.api.get("/balance", role="statistician").json()["total"]["randomized"] == 0
