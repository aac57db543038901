"""A credential that is bound to networks: its secret from another one opens nothing (C16)."""

import re
from collections.abc import Sequence

import httpx
import pytest

from infra.database import rave_users
from infra.database.rave_users import CredentialRefused, RaveUser
from tests.services.assessments.rave.world import STUDY, Rave, new_child, odm

LOOPBACK, ELSEWHERE = "127.0.0.0/8", "192.0.2.0/24"


def credential(rave: Rave, user: str, *networks: str) -> str:
    wanted = RaveUser(user, STUDY, "edc", ("*",), "active", networks)
    return rave_users.add(rave.database.url("induct_migrator"), wanted)


def post(rave: Rave, user: str, secret: str, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{rave.url}/RaveWebServices/webservice.aspx?PostODMClinicalData",
        content=str(odm(new_child(), file_oid="F-1")),
        auth=(user, secret),
        headers={"Content-Type": "text/xml"} | headers,
    )


def told(answer: httpx.Response) -> tuple[int, str, Sequence[str]]:
    text = re.sub(r'ReferenceNumber="[0-9a-f-]{36}"', "", answer.text)
    return answer.status_code, text, sorted(answer.headers)


@pytest.mark.proves("C16", kind="negative")
def test_the_right_secret_from_another_network_is_a_wrong_one_and_is_written_down(
    rave: Rave,
) -> None:
    secret = credential(rave, "bound", ELSEWHERE)
    before = rave.trial.stored()
    claims = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Real-IP": "192.0.2.7",
        "Forwarded": "for=192.0.2.7",
    }
    refused = post(rave, "bound", secret, **claims)
    assert refused.status_code == 401
    assert told(refused) == told(post(rave, "bound", "wrong")) == told(post(rave, "nobody", "x"))
    assert rave.trial.stored() == before
    assert rave.database.rows(
        "SELECT study_id, account, role, operation, problem, host(source)"
        " FROM platform.access_denied"
    ) == [(STUDY, "rave:bound", "edc", "assessments.rave_post", "other-network", "127.0.0.1")], (
        "a wrong secret is nobody's, and leaves no row"
    )


def test_a_credential_is_bound_anew_and_freed(rave: Rave) -> None:
    secret = credential(rave, "bound", ELSEWHERE, LOOPBACK)
    migrator = rave.database.url("induct_migrator")
    assert post(rave, "bound", secret).status_code == 200
    rave_users.bind(migrator, "bound", STUDY, [ELSEWHERE], reason="the bridge moved")
    assert post(rave, "bound", secret).status_code == 401
    rave_users.bind(migrator, "bound", STUDY, [], reason="it moves about")
    assert post(rave, "bound", secret).status_code == 200
    trail = rave.database.rows(
        "SELECT reason FROM platform.audit WHERE table_name = 'assessments.rave_credential'"
        " AND row_key = 'bound' AND field = 'networks' ORDER BY recorded_at, seq"
    )
    assert [reason for (reason,) in trail][-2:] == ["the bridge moved", "it moves about"]
    (listed,) = [user for user in rave_users.listed(migrator) if user.user == "bound"]
    assert listed.networks == ()


@pytest.mark.parametrize("network", ["192.0.2.1/24", "any", "0.0.0.0/0", "::ffff:192.0.2.0/120"])
def test_a_network_that_is_none_is_refused_where_it_is_configured(rave: Rave, network: str) -> None:
    migrator = rave.database.url("induct_migrator")
    with pytest.raises(CredentialRefused, match="network"):
        credential(rave, "bound", network)
    with pytest.raises(CredentialRefused, match="network"):
        rave_users.bind(migrator, "edc", STUDY, [network])
    with pytest.raises(CredentialRefused, match="20 networks"):
        rave_users.bind(migrator, "edc", STUDY, [ELSEWHERE] * 21)
    with pytest.raises(CredentialRefused, match="no active credential"):
        rave_users.bind(migrator, "nobody", STUDY, [ELSEWHERE])
    assert [user.user for user in rave_users.listed(migrator)] == ["edc"]
