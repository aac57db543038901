"""Secrets of an endpoint: two sign while one is exchanged, and each ends when it was said to."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from tests.services.safety.letting_in import propose
from tests.services.safety.receiver import Received, Receiver
from tests.services.safety.trial import Trial
from tests.services.safety.webhooks.support import Desk, signed_with
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


@pytest.fixture
def desk(api: ApiClient, trial: Trial, report: dict[str, Any]) -> Desk:
    return Desk(api, trial, report)


def rotate(api: ApiClient, endpoint: str, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/webhooks/{endpoint}/secrets", json=body, role="safety_desk")
    assert answer.status_code == 201, answer.text
    return answer.json()


def verifies(secret: str, received: Received) -> bool:
    """By the library as it is published."""
    try:
        Webhook(secret).verify(received.body, received.headers)
    except WebhookVerificationError:
        return False
    return True


def test_in_a_rotation_old_and_new_verify_and_afterwards_the_new_one_alone(
    api: ApiClient, desk: Desk, receiver: Receiver
) -> None:
    first = desk.register(receiver.url)
    new = rotate(api, first["endpoint_id"], overlap_hours=24)
    assert new["secret"].startswith("whsec_")
    assert new["secret"] != first["secret"]
    desk.open_case()
    desk.sweep()
    desk.open_case()
    desk.now += timedelta(hours=25)
    desk.sweep()
    during, after = receiver.received
    assert verifies(first["secret"], during)
    assert verifies(new["secret"], during)
    # The library would call a signature of tomorrow too new.
    assert signed_with(new["secret"], after)
    assert not signed_with(first["secret"], after)


def test_a_retired_secret_signs_nothing_more_and_the_last_one_cannot_be_retired(
    api: ApiClient, desk: Desk, receiver: Receiver, database: TestDatabase
) -> None:
    first = desk.register(receiver.url)
    endpoint = first["endpoint_id"]
    old = first["secrets"][0]["secret_id"]
    where = f"/webhooks/{endpoint}/secrets"
    assert api.post(f"{where}/{old}/retirement", role="safety_desk").status_code == 409
    new = rotate(api, endpoint)
    third = api.post(where, json={}, role="safety_desk")
    assert (third.status_code, third.json()["type"]) == (409, "urn:induct:problem:two-secrets")
    assert api.post(f"{where}/{new['secret_id']}/retirement", role="admin").status_code == 409
    assert api.post(f"{where}/{old}/retirement", role="safety_desk").status_code == 200
    desk.open_case()
    desk.sweep()
    (received,) = receiver.received
    assert verifies(new["secret"], received)
    assert not verifies(first["secret"], received)
    assert " " not in received.headers["webhook-signature"]
    other = propose(api, "http://127.0.0.1:9/other")["endpoint_id"]
    strange = f"/webhooks/{other}/secrets/{new['secret_id']}/retirement"
    assert api.post(strange, role="admin").status_code == 404
    trail = database.rows("SELECT field, coalesce(new_value, '') FROM platform.audit")
    fields = {field for field, _ in trail}
    assert "ends_at" in fields
    assert "sealed" not in fields
    assert not any(new["secret"][6:] in value for _, value in trail)


def test_a_rotation_is_shown_once_for_its_request(api: ApiClient, desk: Desk) -> None:
    endpoint = desk.register("http://127.0.0.1:9/")["endpoint_id"]
    path = f"/webhooks/{endpoint}/secrets"
    first = api.post(path, json={}, role="safety_desk", key="same")
    again = api.post(path, json={}, role="safety_desk", key="same")
    assert first.json() == again.json()
    assert first.json()["secret"] is not None
    read = api.get(f"/webhooks/{endpoint}", role="admin")
    assert len(read.json()["secrets"]) == 2
    assert first.json()["secret"][6:] not in read.text


def test_a_key_pair_signs_beside_the_secret_and_its_public_half_may_be_read_at_any_time(
    api: ApiClient, desk: Desk, receiver: Receiver
) -> None:
    first = desk.register(receiver.url)
    made = rotate(api, first["endpoint_id"], kind="ed25519")
    assert made["secret"] is None
    assert made["public_key"].startswith("whpk_")
    desk.open_case()
    desk.sweep()
    (received,) = receiver.received
    assert verifies(first["secret"], received)
    signatures = dict(each.split(",") for each in received.headers["webhook-signature"].split(" "))
    assert set(signatures) == {"v1", "v1a"}
    parts = (received.headers["webhook-id"], received.headers["webhook-timestamp"])
    signed = ".".join(parts).encode() + b"." + received.body
    read = api.get(f"/webhooks/{first['endpoint_id']}", role="admin").json()["secrets"][1]
    public = base64.b64decode(read["public_key"].removeprefix("whpk_"))
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signatures["v1a"]), signed)


def test_an_endpoint_may_be_proposed_with_a_key_pair_alone(api: ApiClient) -> None:
    proposed = propose(api, "http://127.0.0.1:9/", kind="ed25519")
    assert proposed["secret"] is None
    assert proposed["secrets"][0]["public_key"].startswith("whpk_")
