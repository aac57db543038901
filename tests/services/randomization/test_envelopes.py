"""Envelopes beforehand: exported, opened by their codes, and nothing else."""

import pytest

from services.randomization.domain.envelopes import Place, SealedEnvelope, open_envelope
from tests.services.randomization.downtime import (
    DOWNTIME,
    SECRET,
    Site,
    kind,
)
from tests.services.randomization.expected import STUDY, contents
from tests.support.database import TestDatabase


def test_every_envelope_opens_with_its_code_and_with_no_other(site: Site) -> None:
    codes = [code["code"] for code in site.exported["codes"]]
    assert len(set(codes)) == len(codes) == len(site.exported["envelopes"])
    for envelope, code in zip(site.exported["envelopes"], codes, strict=True):
        place = Place(STUDY, "D1", envelope["stratum"], envelope["position"])
        sealed = SealedEnvelope(place, envelope["sealed"], envelope["commitment"])
        held = contents("D1", envelope["stratum"], SECRET, 6)[envelope["position"] - 1]
        assert open_envelope(sealed, code) == held


def test_every_stratum_has_exactly_the_planned_number_of_envelopes(site: Site) -> None:
    names = [envelope["envelope"] for envelope in site.exported["envelopes"]]
    assert len(set(names)) == len(names)
    assert "S01-A-01" in names
    for letter in "ABCD":
        assert sum(name.startswith(f"S01-{letter}-") for name in names) == 6


def test_a_second_export_is_the_same_and_both_are_on_record(
    site: Site, database: TestDatabase
) -> None:
    again = site.api.get("/lists/D1/envelopes", role="statistician", client="second")
    assert again.json() == site.exported
    assert database.rows(
        "SELECT operation, about, actor FROM randomization.unblinded_read ORDER BY read_at"
    ) == [
        ("read_envelopes", "list/D1", "statistician-client"),
        ("read_envelopes", "list/D1", "second"),
    ]


@pytest.mark.parametrize("role", ["investigator", "coordinator", "iwrs", "admin", "auditor", "dmc"])
def test_only_the_statistician_exports(site: Site, role: str) -> None:
    assert site.api.get("/lists/D1/envelopes", role=role).status_code == 403


def test_a_central_list_is_never_exported(site: Site, database: TestDatabase) -> None:
    answer = site.api.get("/lists/L1/envelopes", role="statistician")
    assert kind(answer) == (409, "list-state")
    assert site.api.get("/lists/D9/envelopes", role="statistician").status_code == 404
    assert database.rows("SELECT count(*) FROM randomization.unblinded_read") == [(1,)]


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_a_list_that_is_not_in_force_is_not_exported(site: Site, state: str) -> None:
    change = {"state": state, "reason": "not in use"}
    assert site.api.post("/lists/D1/state", role="admin", json=change).status_code == 200
    answer = site.api.get("/lists/D1/envelopes", role="statistician")
    assert kind(answer) == (409, "list-state")


def test_a_slot_that_was_altered_is_not_exported(site: Site, database: TestDatabase) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE randomization.slot SET commitment = sha256(commitment)"
            " WHERE list_id = 'D1' AND leaf_index = 3"
        )
    answer = site.api.get("/lists/D1/envelopes", role="statistician")
    assert kind(answer) == (409, "list-broken")


# --- Late entry ----------------------------------------------------------------------------------


def test_a_site_has_one_set_of_envelopes_at_a_time(site: Site) -> None:
    another = DOWNTIME | {"list_id": "D2", "secret": "b8" * 32}
    refused = site.api.post("/lists", role="statistician", json=another)
    assert kind(refused) == (409, "list-active")
    done = {"state": "closed", "reason": "all envelopes were used"}
    assert site.api.post("/lists/D1/state", role="admin", json=done).status_code == 200
    assert site.api.post("/lists", role="statistician", json=another).status_code == 201
