"""A sender that is bound to networks: its secret from another one does nothing (C16)."""

import io
from typing import Any

import pytest

from tests.services.safety.desk.system import DeskSystem, number
from tests.services.safety.life import Life
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

HERE, ELSEWHERE = "192.0.2.7", "203.0.113.9"


def bind(desk: DeskSystem, *networks: str, **more: Any) -> Any:
    body = {"networks": [*networks], "reason": "where the bridge stands"}
    return desk.api.post(
        f"/desk-senders/{desk.id}/networks", **({"role": "admin", "json": body} | more)
    )


@pytest.mark.proves("C16", kind="negative")
def test_the_right_secret_from_another_network_is_a_wrong_one_and_is_written_down(
    life: Life, desk: DeskSystem, database: TestDatabase, log_lines: io.StringIO
) -> None:
    told = {"case_number": number(life), "desk_number": "D-1"}
    made = bind(desk, "192.0.2.0/24")
    assert (made.status_code, made.json()["networks"]) == (201, ["192.0.2.0/24"])
    desk.api.come_from(ELSEWHERE)
    foreign = desk.send("case.number_assigned", secret="whsec_" + "A" * 43 + "=", **told)
    assert database.rows("SELECT count(*) FROM platform.access_denied") == [(0,)]
    refused = desk.send("case.number_assigned", **told)
    assert (refused.status_code, refused.content) == (foreign.status_code, foreign.content)
    assert database.rows("SELECT count(*) FROM safety.desk_message") == [(0,)]
    assert life.read(query="/desk")["desk_number"] is None
    assert database.rows(
        "SELECT account, role, operation, problem, host(source) FROM platform.access_denied"
    ) == [
        (f"desk:{desk.id}", "safety_desk", "safety.send_desk_message", "other-network", ELSEWHERE)
    ]
    assert "call from another network" in log_lines.getvalue()
    desk.api.come_from(f"::ffff:{HERE}")
    assert desk.send("case.number_assigned", **told).status_code == 200


def test_a_message_that_was_taken_is_not_answered_again_elsewhere(
    life: Life, desk: DeskSystem
) -> None:
    told = {"case_number": number(life), "desk_number": "D-1"}
    bind(desk, HERE)
    desk.api.come_from(HERE)
    assert desk.send("case.number_assigned", message_id="m-1", **told).status_code == 200
    desk.api.come_from(ELSEWHERE)
    assert desk.send("case.number_assigned", message_id="m-1", **told).status_code == 401
    desk.api.come_from(HERE)
    assert bind(desk).json()["networks"] == []
    desk.api.come_from(ELSEWHERE)
    assert desk.send("case.number_assigned", message_id="m-1", **told).status_code == 200


def test_networks_are_asked_for_with_the_sender_and_approved_with_it(api: ApiClient) -> None:
    body = {"name": "x", "networks": ["2001:DB8::/32", "192.0.2.7"]}
    asked = api.post("/desk-senders", json=body, role="safety_desk").json()
    assert asked["networks"] == ["2001:db8::/32", "192.0.2.7/32"]
    shown = api.post(f"/desk-senders/{asked['sender_id']}/approval", role="admin").json()
    assert shown["networks"] == asked["networks"]
    (listed,) = api.get("/desk-senders", role="safety_desk").json()["items"]
    assert listed["networks"] == asked["networks"]


@pytest.mark.parametrize("network", ["192.0.2.1/24", "any", "0.0.0.0/0", "::ffff:1.2.3.0/120", ""])
def test_a_network_that_is_none_is_refused_at_its_place(api: ApiClient, network: str) -> None:
    body = {"name": "x", "networks": ["192.0.2.0/24", network]}
    refused = api.post("/desk-senders", json=body, role="safety_desk")
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/networks/1"]
    assert api.get("/desk-senders", role="safety_desk").json()["items"] == []


def test_an_admin_alone_binds_and_a_retired_sender_is_bound_no_more(
    desk: DeskSystem, database: TestDatabase
) -> None:
    assert bind(desk, HERE, role="safety_desk").status_code == 403
    assert bind(desk, *["192.0.2.0/24"] * 21).status_code == 422
    desk.api.post(f"/desk-senders/{desk.id}/retirement", role="admin")
    assert bind(desk, HERE).json()["type"].endswith("sender-state")
    assert database.rows("SELECT networks::text[] FROM safety.desk_sender") == [([],)]
