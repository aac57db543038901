"""Envelopes beforehand, late entries afterwards: recorded with all that was wrong about them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.randomization.domain.envelopes import Place, SealedEnvelope, open_envelope
from tests.services.randomization.expected import FROM_24, LATE, STUDY, UNDER_24, contents
from tests.services.randomization.world import (
    BLOCKS,
    open_sites,
    put_in_force,
    request,
    screen,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
SECRET = "a7" * 32
DOWNTIME = {"method": "permuted_blocks", "list_id": "D1", "secret": SECRET, "purpose": "downtime",
            "site": "S01"}  # fmt: skip
SOURCE = {"kind": "assumed", "note": "test"}
ACTIVE = datetime(2026, 3, 2, 8, tzinfo=UTC)
OPENED = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
BORN = "2017-06"
ARMS = contents("D1", UNDER_24, SECRET, 6)
OTHER = {"INO": "ALLR3", "ALLR3": "INO"}


@dataclass(frozen=True)
class Site:
    """A site with envelopes, and the help desk's codes."""

    api: ApiClient
    exported: dict[str, Any]

    def code(self, stratum: str, position: int) -> str:
        codes = {code["envelope"]: code["code"] for code in self.exported["codes"]}
        return next(
            str(codes[e["envelope"]])
            for e in self.exported["envelopes"]
            if (e["stratum"], e["position"]) == (stratum, position)
        )

    def body(
        self, subject: str = "S01-001", position: int = 1, stratum: str = UNDER_24, **more: Any
    ) -> dict[str, Any]:
        arms = contents("D1", stratum, SECRET, 6)
        body = request(subject) | {
            "envelope": {
                "list_id": "D1",
                "stratum": stratum,
                "position": position,
                "code": self.code(stratum, position),
            },
            "arm": arms[position - 1],
            "opened_at": OPENED.isoformat(),
            "reason": "no network at the site",
        }
        envelope = body["envelope"] | more.pop("envelope", {})
        values = body["values"] | more.pop("values", {})
        return body | more | {"envelope": envelope, "values": values}

    def enter(self, body: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        options = {"at": NOW} | options
        return self.api.post("/allocations/backup", json=body or self.body(), **options)


def site_of(api: ApiClient, database: TestDatabase) -> Site:
    put_in_force(api, DOWNTIME, at=ACTIVE)
    screen(database, *(f"S01-00{n}" for n in range(1, 10)), study=STUDY, born=BORN)
    exported = api.get("/lists/D1/envelopes", role="statistician")
    assert exported.status_code == 200, exported.text
    return Site(api, exported.json())


@pytest.fixture
def site(empty: ApiClient, database: TestDatabase) -> Site:
    open_sites(empty, "S01")
    put_in_force(empty, BLOCKS, at=ACTIVE)
    return site_of(empty, database)


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


def used(database: TestDatabase) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT list_id, label, position, subject_id FROM randomization.slot"
        " WHERE subject_id IS NOT NULL ORDER BY position"
    )


# --- Export --------------------------------------------------------------------------------------


def test_every_envelope_opens_with_its_code_and_with_no_other(site: Site) -> None:
    codes = [code["code"] for code in site.exported["codes"]]
    assert len(set(codes)) == len(codes) == len(site.exported["envelopes"])
    for envelope, code in zip(site.exported["envelopes"], codes, strict=True):
        place = Place(STUDY, "D1", envelope["stratum"], envelope["position"])
        sealed = SealedEnvelope(place, envelope["sealed"], envelope["commitment"])
        held = contents("D1", envelope["stratum"], SECRET, 6)[envelope["position"] - 1]
        assert open_envelope(sealed, code) == held


def test_a_stratum_has_at_least_the_planned_number_of_envelopes(site: Site) -> None:
    names = [envelope["envelope"] for envelope in site.exported["envelopes"]]
    assert len(set(names)) == len(names)
    assert "S01-A-01" in names
    for letter in "ABCD":
        assert sum(name.startswith(f"S01-{letter}-") for name in names) >= 6


def test_a_second_export_is_the_same_and_both_are_on_record(
    site: Site, database: TestDatabase
) -> None:
    again = site.api.get("/lists/D1/envelopes", role="statistician", client="second")
    assert again.json() == site.exported
    assert database.rows(
        "SELECT operation, about, actor FROM randomization.unblinded_read ORDER BY read_at"
    ) == [
        ("randomization.read_envelopes", "list/D1", "statistician-client"),
        ("randomization.read_envelopes", "list/D1", "second"),
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


def test_a_late_entry_is_the_allocation_of_the_moment_the_envelope_was_opened(
    site: Site, database: TestDatabase
) -> None:
    answer = site.enter()
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["source"], body["arm"], body["stratum"]) == ("backup", ARMS[0], UNDER_24)
    assert datetime.fromisoformat(body["randomized_at"]) == OPENED
    assert (body["list_id"], body["deviations"]) == ("D1", [])
    assert used(database) == [("D1", UNDER_24, 1, "S01-001")]
    assert database.rows(
        "SELECT recorded_at > now() - interval '1 minute' FROM randomization.allocation"
    ) == [(True,)]


def test_the_central_list_does_not_move(site: Site) -> None:
    assert site.enter().status_code == 201
    arm = site.api.post("/allocations", json=request("S01-002"), at=NOW).json()["arm"]
    assert arm == contents("L1", UNDER_24)[0]


def test_a_late_entry_proves_its_arm_against_the_manifest(site: Site) -> None:
    opening = site.enter().json()["opening"]
    assert (opening["list_id"], opening["position"]) == ("D1", 1)
    assert opening["content"] == ARMS[0]


def test_the_same_entry_again_is_answered_the_same(site: Site, database: TestDatabase) -> None:
    first = site.enter(site.body(values={"cd22_positive": False}))
    again = site.enter(site.body(values={"cd22_positive": False}))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert len(used(database)) == 1


def test_another_entry_for_the_same_child_is_refused(site: Site, database: TestDatabase) -> None:
    site.enter()
    assert kind(site.enter(site.body(position=2))) == (409, "already-allocated")
    assert kind(site.api.post("/allocations", json=request(), at=NOW)) == (
        409,
        "already-allocated",
    )
    assert len(used(database)) == 1


def test_a_child_allocated_by_the_system_has_no_envelope(site: Site) -> None:
    assert site.api.post("/allocations", json=request(), at=NOW).status_code == 201
    assert kind(site.enter()) == (409, "already-allocated")


def test_envelopes_are_used_in_their_order(site: Site, database: TestDatabase) -> None:
    assert kind(site.enter(site.body(position=2))) == (409, "envelope-out-of-order")
    assert used(database) == []
    assert site.enter(site.body()).status_code == 201
    assert kind(site.enter(site.body("S01-002"))) == (409, "envelope-out-of-order")
    assert site.enter(site.body("S01-002", 2)).status_code == 201


def test_a_stated_arm_that_the_envelope_does_not_hold_is_refused(
    site: Site, database: TestDatabase
) -> None:
    answer = site.enter(site.body(arm=OTHER[ARMS[0]]))
    assert kind(answer) == (409, "envelope-arm")
    assert used(database) == []


@pytest.mark.parametrize("arm", ["INO", "ALLR3"])
def test_without_its_code_nobody_learns_what_an_envelope_holds(
    site: Site, database: TestDatabase, arm: str
) -> None:
    """Both arms are answered the same: the next one cannot be found by trying."""
    wrong = site.code(UNDER_24, 2)
    answer = site.enter(site.body(arm=arm, envelope={"code": wrong}))
    assert kind(answer) == (422, "envelope-code")
    assert answer.json() == {
        "type": PROBLEM + "envelope-code",
        "title": "This code does not open the envelope",
        "status": 422,
    }
    assert used(database) == []


@pytest.mark.parametrize(
    "envelope",
    [{"list_id": "L1"}, {"list_id": "D9"}, {"stratum": "age_group=lt5"}, {"position": 99}],
)
def test_an_unknown_envelope_is_refused(site: Site, envelope: dict[str, Any]) -> None:
    assert kind(site.enter(site.body(envelope=envelope))) == (422, "envelope-unknown")


def test_an_envelope_of_another_site_is_unknown(site: Site, database: TestDatabase) -> None:
    open_sites(site.api, "S02")
    screen(database, "S02-001", site="S02", study=STUDY, born=BORN)
    body = site.body("S02-001") | {"site": "S02"}
    assert kind(site.enter(body, sites=["S02"])) == (422, "envelope-unknown")


def test_a_child_of_another_site_does_not_exist(site: Site, database: TestDatabase) -> None:
    open_sites(site.api, "S02")
    screen(database, "S02-001", site="S02", study=STUDY, born=BORN)
    foreign = site.enter(site.body("S02-001") | {"site": "S02"})
    absent = site.enter(site.body("S02-999") | {"site": "S02"})
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json())
    assert kind(foreign) == (422, "subject-unknown")


def test_a_late_entry_without_a_signature_is_refused(site: Site, database: TestDatabase) -> None:
    assert kind(site.enter(signed_by="")) == (401, "signature-required")
    other = site.enter(signed_by={"role": "investigator", "sites": ["S02"]})
    assert kind(other) == (403, "signature-not-fitting")
    assert used(database) == []


@pytest.mark.parametrize(
    ("opened_at", "code"),
    [
        (NOW + timedelta(seconds=1), "in-the-future"),
        (ACTIVE - timedelta(seconds=1), "before-activation"),
    ],
)
def test_an_envelope_was_opened_after_it_was_there_and_before_now(
    site: Site, opened_at: datetime, code: str
) -> None:
    answer = site.enter(site.body(opened_at=opened_at.isoformat()))
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/opened_at", code)]


def test_a_moment_without_its_offset_is_refused(site: Site) -> None:
    assert site.enter(site.body(opened_at="2026-03-03T10:30:00")).status_code == 422


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_nothing_is_entered_from_a_list_that_is_not_in_force(site: Site, state: str) -> None:
    change = {"state": state, "reason": "not in use"}
    assert site.api.post("/lists/D1/state", role="admin", json=change).status_code == 200
    told = {"suspended": "list-suspended", "closed": "no-active-list"}[state]
    assert kind(site.enter()) == (409, told)


def test_a_training_envelope_is_never_used_live(site: Site, database: TestDatabase) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE platform.study SET mode = 'live'")
    assert kind(site.enter()) == (409, "wrong-mode")
    assert used(database) == []


def test_an_altered_slot_suspends_the_list_and_tells_no_arm(
    site: Site, database: TestDatabase
) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE randomization.slot SET ciphertext = (SELECT o.ciphertext FROM"
            " randomization.slot o WHERE o.list_id = 'D1' AND o.label = slot.label"
            " AND o.position = 2) WHERE list_id = 'D1' AND position = 1"
        )
    answer = site.enter()
    assert kind(answer) == (409, "list-broken")
    assert database.rows("SELECT state FROM randomization.list WHERE list_id = 'D1'") == [
        ("suspended",)
    ]
    assert used(database) == []


# --- Deviations ----------------------------------------------------------------------------------


def test_failed_rules_are_recorded_and_refuse_nothing(site: Site, database: TestDatabase) -> None:
    answer = site.enter(site.body(values={"marrow_blasts": "4.9", "cd22_positive": False}))
    assert answer.status_code == 201
    assert answer.json()["deviations"] == ["ELIG-05", "ELIG-06"]
    ((told,),) = database.rows("SELECT explanation FROM randomization.allocation")
    assert told["deviations"] == ["ELIG-05", "ELIG-06"]
    assert not {"ELIG-05", "ELIG-06"} & set(told["rules_passed"])
    assert "ELIG-01" in told["rules_passed"]
    assert told["reason"] == "no network at the site"


def test_the_gate_is_judged_by_the_day_the_envelope_was_opened(
    site: Site, database: TestDatabase
) -> None:
    """On the day before consent it was too early, though the entry comes later."""
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE assessments.subject SET consented_on = '2026-03-03'")
    early = (OPENED - timedelta(days=1)).isoformat()
    assert site.enter(site.body(opened_at=early)).json()["deviations"] == ["ELIG-17"]
    assert site.enter(site.body("S01-002", 2)).json()["deviations"] == []


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        ("/enrolment/state", {"state": "paused"}, "study-paused"),
        ("/enrolment/state", {"state": "closed"}, "study-closed"),
        ("/sites/S01/state", {"state": "paused"}, "site-not-open"),
        ("/sites/S01/state", {"state": "closed"}, "site-not-open"),
        ("/sites/S01/state", {"approved_until": "2026-03-02"}, "site-approval-expired"),
    ],
)
def test_what_was_not_open_is_recorded_and_refuses_nothing(
    site: Site, path: str, change: dict[str, str], told: str
) -> None:
    body = change | {"reason": "meanwhile"}
    assert site.api.post(path, role="admin", json=body).status_code == 200
    answer = site.enter()
    assert (answer.status_code, answer.json()["deviations"]) == (201, [told])


def test_approval_ends_after_its_last_day(site: Site) -> None:
    body = {"approved_until": "2026-03-03", "reason": "the last day"}
    assert site.api.post("/sites/S01/state", role="admin", json=body).status_code == 200
    assert site.enter(at=NOW + timedelta(days=3)).json()["deviations"] == []


def test_a_cap_is_recorded_and_refuses_nothing(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    cap = {"id": "study_cap", "scope": "study", "limit": 1, "alerts": [100], "source": SOURCE}
    site = site_of(variant(caps=[cap]), database)
    assert site.enter().json()["deviations"] == []
    assert site.enter(site.body("S01-002", 2)).json()["deviations"] == ["cap-reached"]
    assert database.rows("SELECT count(*) FROM platform.outbox WHERE type = 'cap.threshold'") == [
        (1,)
    ]
    assert database.rows(
        "SELECT explanation->>'cap_reached' FROM randomization.allocation ORDER BY position"
    ) == [(None,), ("study_cap",)]


def test_a_child_withdrawn_since_is_entered_with_that_on_record(
    site: Site, database: TestDatabase
) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE assessments.subject SET state = 'withdrawn'")
    answer = site.enter()
    assert (answer.status_code, answer.json()["deviations"]) == (201, ["subject-withdrawn"])


def test_the_envelope_gives_the_stratum_used_and_the_values_the_true_one(
    site: Site, database: TestDatabase
) -> None:
    answer = site.enter(site.body(values=LATE))
    assert (answer.status_code, answer.json()["stratum"]) == (201, UNDER_24)
    assert answer.json()["deviations"] == ["envelope-stratum"]
    detail = site.api.get("/allocations/S01-001").json()
    assert (detail["stratum"], detail["corrected_stratum"]) == (UNDER_24, FROM_24)
    assert database.rows("SELECT levels->>'first_remission' FROM randomization.allocation") == [
        ("lt24m",)
    ]
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.stratum-corrected'"
    )
    assert (told["stratum"], told["corrected_stratum"]) == (UNDER_24, FROM_24)


def test_values_that_leave_the_stratum_open_are_recorded(site: Site) -> None:
    body = site.body()
    del body["values"]["first_diagnosis_date"]
    answer = site.enter(body)
    assert answer.status_code == 201
    assert "stratum-undetermined" in answer.json()["deviations"]
    assert site.api.get("/allocations/S01-001").json()["corrected_stratum"] is None


def test_an_envelope_opened_before_the_one_in_front_of_it_is_recorded(site: Site) -> None:
    assert site.enter().status_code == 201
    early = (OPENED - timedelta(hours=1)).isoformat()
    answer = site.enter(site.body("S01-002", 2, opened_at=early))
    assert answer.json()["deviations"] == ["opened-before-earlier-envelope"]


# --- Record --------------------------------------------------------------------------------------


def test_entry_signature_event_and_trail_are_there(site: Site, database: TestDatabase) -> None:
    body = site.enter(client="nurse", signed_by={"role": "investigator", "client": "dr"}).json()
    assert database.rows(
        "SELECT meaning, signer, signed_key FROM platform.signature"
        " WHERE signed_table = 'randomization.allocation'"
    ) == [("envelope-opened", "dr", body["allocation_id"])]
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.randomized'"
    )
    assert datetime.fromisoformat(told["randomized_at"]) == OPENED
    assert ARMS[0] not in str(told)
    assert database.rows(
        "SELECT new_value, actor, reason FROM platform.audit"
        " WHERE table_name = 'randomization.allocation' AND field = 'source'"
    ) == [("backup", "nurse", "no network at the site")]


def test_every_entry_and_refusal_is_an_attempt_on_record(
    site: Site, database: TestDatabase
) -> None:
    site.enter(site.body(position=2))
    site.enter()
    site.enter()
    assert database.rows(
        "SELECT operation, outcome, problem FROM randomization.attempt ORDER BY attempted_at"
    ) == [
        ("backup", 409, "envelope-out-of-order"),
        ("backup", 201, None),
        ("backup", 200, None),
    ]


def test_no_code_is_kept_anywhere(site: Site, database: TestDatabase) -> None:
    code = site.code(UNDER_24, 1)
    assert site.enter().status_code == 201
    kept = " ".join(
        str(row)
        for table in ("platform.idempotency", "platform.outbox", "platform.audit",
                      "randomization.allocation", "randomization.attempt")
        for row in database.rows(f"SELECT t::text FROM {table} t")
    )  # fmt: skip
    assert ARMS[0] in kept
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_envelopes_running_low_are_told_once(site: Site, database: TestDatabase) -> None:
    for n in range(1, 7):
        assert site.enter(site.body(f"S01-00{n}", n)).status_code == 201
    assert database.rows(
        "SELECT envelope->'data'->>'list_id', count(*) FROM platform.outbox"
        " WHERE type = 'list.low' GROUP BY 1"
    ) == [("D1", 1)]


def test_entries_at_once_take_each_envelope_once(site: Site, database: TestDatabase) -> None:
    answers = site.api.together(
        site.api.call("POST", "/allocations/backup", json=site.body(f"S01-00{n}"), at=NOW)
        for n in range(1, 9)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(used(database)) == 1


@pytest.mark.parametrize("role", ["iwrs", "admin", "statistician", "data_manager"])
def test_only_the_site_enters_its_envelopes(site: Site, role: str) -> None:
    assert site.enter(role=role).status_code == 403
