"""Two people and a root: how a list comes into force, and how it shows that it was altered."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from services.randomization.domain import commitments, manifest, merkle
from tests.services.randomization.planting import use_up
from tests.services.randomization.world import BLOCKS, codes, open_trial, put_in_force, request
from tests.support.api import SIGNING_KEY, ApiClient
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

PROBLEM = "urn:induct:problem:"


# The ciphertext and commitment of the next slot, put into this one.
ANOTHER_SLOT = """
    SET ciphertext = (SELECT o.ciphertext FROM randomization.slot o
                      WHERE o.label = slot.label AND o.position = 2),
        commitment = (SELECT o.commitment FROM randomization.slot o
                      WHERE o.label = slot.label AND o.position = 2)
"""


def seal(api: ApiClient, **changes: Any) -> dict[str, Any]:
    answer = api.post("/lists", role="statistician", json=BLOCKS | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def word(sealed: dict[str, Any]) -> dict[str, Any]:
    return {"root": sealed["root"], "slots": sealed["slots"]}


def alter(database: TestDatabase, change: str) -> None:
    """As somebody would who owns the database server: no trigger, no policy."""
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(change.encode())


def state_of(database: TestDatabase, list_id: str = "L1") -> str:
    return str(
        database.rows(f"SELECT state FROM randomization.list WHERE list_id = '{list_id}'")[0][0]
    )


@pytest.mark.proves("C14", kind="negative")
def test_a_sealed_list_allocates_nobody_before_a_second_person_approves(
    api: ApiClient, empty: ApiClient, database: TestDatabase
) -> None:
    alter(database, "DELETE FROM randomization.slot; DELETE FROM randomization.list")
    seal(api, list_id="L2")
    answer = api.post("/allocations", json=request())
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "no-active-list")


def test_the_one_who_sealed_cannot_approve(empty: ApiClient) -> None:
    sealed = seal(empty)
    same = empty.post("/lists/L1/activation", role="statistician", json=word(sealed))
    assert (same.status_code, same.json()["type"]) == (409, PROBLEM + "second-person-needed")
    # Nor by another account's token with the author's signature.
    borrowed = empty.post(
        "/lists/L1/activation", role="admin", json=word(sealed),
        signed_by={"role": "statistician", "client": "statistician-client"},
    )  # fmt: skip
    assert borrowed.json()["type"] == PROBLEM + "second-person-needed"


def test_an_approval_needs_a_signature(empty: ApiClient) -> None:
    sealed = seal(empty)
    answer = empty.post("/lists/L1/activation", role="admin", json=word(sealed), signed_by="")
    assert (answer.status_code, answer.json()["type"]) == (401, PROBLEM + "signature-required")
    assert empty.get("/lists", role="admin").json()["items"][0]["state"] == "sealed"


def test_an_approval_of_something_else_than_was_sealed_is_refused(empty: ApiClient) -> None:
    sealed = seal(empty)
    for wrong, code in (({"root": "0" * 64}, "wrong-root"), ({"slots": 1}, "wrong-count")):
        answer = empty.post("/lists/L1/activation", role="admin", json=word(sealed) | wrong)
        assert (answer.status_code, codes(answer)) == (422, [code])


def test_the_root_is_the_one_that_the_statistician_reckons_alone(empty: ApiClient) -> None:
    from services.randomization.domain import slots

    definition = shipped("NCT05748171")
    secret = bytes.fromhex(BLOCKS["secret"])
    made = sorted(
        slots.generate(definition, "L1", secret),
        key=lambda slot: (slot.label.encode(), slot.position),
    )
    leaves = [
        commitments.commitment(
            "L1",
            s.label,
            s.position,
            commitments.salt(secret, "L1", s.label, s.position),
            s.content,
        )
        for s in made
    ]
    sealed = seal(empty)
    assert (sealed["root"], sealed["slots"]) == (merkle.root(leaves).hex(), len(made))


def test_a_published_manifest_is_signed_and_tells_no_block_size(api: ApiClient) -> None:
    bundle = api.get("/lists/L1/manifest", role="sponsor").json()
    content = manifest.canonical(bundle["manifest"])
    manifest.verify(
        content, bytes.fromhex(bundle["signature"]), bytes.fromhex(bundle["public_key"])
    )
    assert bundle["public_key"] == manifest.public_key(bytes.fromhex(SIGNING_KEY)).hex()
    assert bundle["manifest"]["author"] != bundle["manifest"]["approver"]
    assert "block" not in json.dumps(bundle).replace("permuted_blocks", "")
    listed = api.get("/lists", role="sponsor").json()["items"][0]
    assert listed["manifest_sha256"] == hashlib.sha256(content).hexdigest()


def test_an_allocation_opens_its_own_slot_against_the_manifest(api: ApiClient) -> None:
    body = api.post("/allocations", json=request()).json()
    opening = body["opening"]
    root = bytes.fromhex(api.get("/lists/L1/manifest").json()["manifest"]["root"])
    commitment = commitments.commitment(
        "L1", opening["label"], opening["position"], bytes.fromhex(opening["salt"]), body["arm"]
    )
    path = [bytes.fromhex(step) for step in opening["path"]]
    assert commitment.hex() == opening["commitment"]
    assert root == merkle.root_of_path(
        opening["leaf_index"], opening["leaf_count"], commitment, path
    )


@pytest.mark.proves("RND-3", kind="negative")
@pytest.mark.parametrize(
    "change",
    [
        "SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1)",
        "SET commitment = set_byte(commitment, 0, get_byte(commitment, 0) # 1)",
        "SET path = set_byte(path, 3, get_byte(path, 3) # 1)",
        "SET leaf_index = leaf_index + 5000",
        ANOTHER_SLOT,
    ],
)
def test_an_altered_slot_is_never_given_and_suspends_the_list(
    api: ApiClient, database: TestDatabase, change: str
) -> None:
    alter(database, f"UPDATE randomization.slot {change} WHERE position = 1")
    answer = api.post("/allocations", json=request())
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "list-broken")
    assert "INO" not in answer.text
    assert database.rows("SELECT count(*) FROM randomization.allocation") == [(0,)]
    assert state_of(database) == "suspended"
    told = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'list.suspended'"
    )
    assert told == [({"list_id": "L1", "cause": "check-failed"},)]
    again = api.post("/allocations", json=request("S01-002"))
    assert again.json()["type"] == PROBLEM + "list-suspended"


@pytest.mark.parametrize(
    "change",
    [
        "SET root = set_byte(root, 0, get_byte(root, 0) # 1)",
        "SET manifest = replace(manifest, 'L1', 'L9')",
        "SET signature = set_byte(signature, 0, get_byte(signature, 0) # 1)",
        "SET public_key = set_byte(public_key, 0, get_byte(public_key, 0) # 1)",
    ],
)
def test_an_altered_manifest_is_found_before_an_arm_is_given(
    api: ApiClient, database: TestDatabase, change: str
) -> None:
    alter(database, f"UPDATE randomization.list {change}")
    assert api.post("/allocations", json=request()).json()["type"] == PROBLEM + "list-broken"
    assert state_of(database) == "suspended"


def test_a_used_slot_can_be_neither_freed_nor_deleted(
    api: ApiClient, database: TestDatabase
) -> None:
    api.post("/allocations", json=request())
    for change in (
        "UPDATE randomization.slot SET subject_id = NULL WHERE subject_id IS NOT NULL",
        "UPDATE randomization.slot SET subject_id = 'S01-999' WHERE subject_id IS NOT NULL",
        "DELETE FROM randomization.slot WHERE subject_id IS NULL",
        "TRUNCATE randomization.slot CASCADE",
    ):
        with (
            database.admin() as connection,
            pytest.raises(psycopg.DatabaseError, match=r"never altered|append"),
        ):
            connection.execute(change.encode())


def test_a_deployment_with_another_key_opens_nothing_and_accuses_no_list(
    api: ApiClient, database: TestDatabase
) -> None:
    from dataclasses import replace

    settings = replace(api.context.settings, sealing_key="77" * 32)
    api.context = replace(api.context, settings=settings)
    answer = api.post("/allocations", json=request())
    assert (answer.status_code, answer.json()["type"]) == (503, PROBLEM + "keys-unavailable")
    assert (state_of(database), answer.headers["Retry-After"]) == ("active", "60")


def test_a_second_central_list_is_refused_while_one_is_open(api: ApiClient) -> None:
    answer = api.post("/lists", role="statistician", json=BLOCKS | {"list_id": "L2"})
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "list-active")


def test_an_extension_goes_on_where_the_list_ends(api: ApiClient, database: TestDatabase) -> None:
    put_in_force(api, BLOCKS | {"list_id": "L2", "extends": "L1", "secret": "ab" * 32})
    use_up(database, "L1")
    body = api.post("/allocations", json=request()).json()
    assert (body["list_id"], body["opening"]["position"]) == ("L2", 1)
    assert api.get("/lists/L2/manifest").json()["manifest"]["extends"] == "L1"


def test_an_extension_waits_until_the_list_before_it_is_used_up(api: ApiClient) -> None:
    put_in_force(api, BLOCKS | {"list_id": "L2", "extends": "L1", "secret": "ab" * 32})
    assert api.post("/allocations", json=request()).json()["list_id"] == "L1"


def test_only_the_open_list_is_extended(api: ApiClient) -> None:
    answer = api.post(
        "/lists", role="statistician", json=BLOCKS | {"list_id": "L3", "extends": "L7"}
    )
    assert (answer.status_code, codes(answer)) == (422, ["not-active"])


def test_a_person_suspends_resumes_and_closes_a_list_with_a_reason(
    api: ApiClient, database: TestDatabase
) -> None:
    def change(state: str) -> int:
        body = {"state": state, "reason": "asked by the DMC"}
        return api.post("/lists/L1/state", role="admin", json=body).status_code

    assert change("suspended") == 200
    assert api.post("/allocations", json=request()).json()["type"] == PROBLEM + "list-suspended"
    assert (change("active"), change("active")) == (200, 409)
    assert (change("closed"), change("active")) == (200, 409)
    reasons = database.rows(
        "SELECT reason FROM platform.audit WHERE table_name = 'randomization.list'"
        " AND field = 'state' AND operation = 'UPDATE' ORDER BY seq"
    )
    assert [row[0] for row in reasons][1:] == ["asked by the DMC"] * 3


def test_a_method_that_the_definition_does_not_ask_for_is_refused(empty: ApiClient) -> None:
    answer = empty.post("/lists", role="statistician", json=BLOCKS | {"method": "minimisation"})
    assert (answer.status_code, codes(answer)) == (422, ["wrong-method"])


def test_an_uploaded_list_is_taken_as_its_maker_stated_it(
    variant: Callable[..., ApiClient],
) -> None:
    scheme = {
        "method": "uploaded_list",
        "slots_per_stratum": 3,
        "source": {"kind": "assumed", "note": "test"},
    }
    api = variant(scheme=scheme)
    rows = [
        f"{n},{age},{remission},{arm}"
        for n, (age, remission, arm) in enumerate(
            (
                (age, remission, arm)
                for age in ("lt10", "ge10")
                for remission in ("lt24m", "ge24m")
                for arm in ("INO", "ALLR3", "INO")
            ),
            start=1,
        )
    ]
    content = "\n".join(["sequence,age_group,first_remission,arm", *rows]) + "\n"
    body = {"method": "uploaded_list", "list_id": "L1", "csv": content, "rows": len(rows),
            "sha256": hashlib.sha256(content.encode()).hexdigest()}  # fmt: skip
    cut = api.post("/lists", role="statistician", json=body | {"rows": 13})
    assert (cut.status_code, codes(cut)) == (422, ["truncated"])
    assert put_in_force(api, body)["slots"] == 12


def test_no_role_but_the_statistician_seals(empty: ApiClient) -> None:
    for role in ("admin", "investigator", "sponsor", "iwrs", "dmc", "auditor"):
        assert empty.post("/lists", role=role, json=BLOCKS).status_code == 403


def test_the_secret_is_stored_nowhere(empty: ApiClient, database: TestDatabase) -> None:
    open_trial(empty)
    tables = database.rows(
        "SELECT schemaname || '.' || tablename FROM pg_tables"
        " WHERE schemaname IN ('platform', 'randomization')"
    )
    for (table,) in tables:
        found = database.rows(
            f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%%{BLOCKS['secret']}%%'"
        )
        assert found == [(0,)], table


@pytest.mark.proves("C08", kind="positive")
def test_an_auditor_reads_arms_and_every_such_read_is_on_record(
    api: ApiClient, database: TestDatabase
) -> None:
    api.post("/allocations", json=request())
    for path in ("/allocations", "/allocations/S01-001", "/allocations/S01-001/confirmation"):
        assert api.get(path, role="auditor").status_code == 200
        assert api.get(path, role="coordinator").status_code == 200
    rows = database.rows(
        "SELECT operation, actor_role FROM randomization.unblinded_read ORDER BY read_at"
    )
    assert rows == [
        ("list_allocations", "auditor"),
        ("read_allocation", "auditor"),
        ("read_confirmation", "auditor"),
    ]


def test_the_published_hash_of_the_definition_does_not_depend_on_block_sizes(
    api: ApiClient,
) -> None:
    from shared.study import from_json, open_definition_hash, to_json

    content = to_json(shipped("NCT05748171"))
    content["randomization"]["scheme"]["block_sizes"] = [3]
    stated = api.get("/lists/L1/manifest").json()["manifest"]["definition_sha256"]
    assert stated == open_definition_hash(from_json(content))
