"""``handler`` of each service, given events as API Gateway (payload format 2.0) sends them."""

import json
from typing import Any

import pytest

from infra.aws.before_traffic import question
from shared.identity.issuer import Issuer
from tests.lambda_entries.conftest import Start
from tests.lambda_entries.environment import KeyServer, body_of, sample
from tests.services.randomization.world import screen
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
ALTERNATIONS = 100


def bearer(issuer: Issuer, role: str, *sites: str) -> str:
    token = issuer.token(client=f"{role}-1", role=role, studies=[STUDY], sites=sites or ["*"])
    return f"Bearer {token}"


def open_site(database: TestDatabase) -> None:
    with database.admin() as admin:
        admin.execute(
            "SELECT set_config('app.actor', 'test', false), set_config('app.role', 'test', false),"
            " set_config('app.request', 'test', false)"
        )
        admin.execute(
            "INSERT INTO randomization.site (study_id, site_id, name, country, time_zone,"
            " state, opened_at) VALUES (%s, 'S01', 'H', 'CZ', 'Europe/Prague', 'open', now())",
            (STUDY,),
        )


def test_randomization_answers_api_gateway(
    start: Start, issuer: Issuer, database: TestDatabase, key_server: KeyServer
) -> None:
    lambda_ = start("RandomizationApi")
    assert lambda_.invoke(question("randomization"))["statusCode"] == 200, "asked before traffic"
    admin = bearer(issuer, "admin")
    plain = lambda_.invoke(sample("http-randomization", authorization=admin))
    assert plain["statusCode"] == 201
    assert plain["headers"]["content-type"] == "application/json"
    assert plain["headers"]["cache-control"] == "no-store"
    assert plain["headers"]["x-request-id"]
    assert body_of(plain)["name"] == "Dětská nemocnice"

    encoded = sample("http-base64", authorization=admin) | {"isBase64Encoded": True}
    encoded["headers"]["idempotency-key"] = "another-key"
    assert body_of(lambda_.invoke(encoded))["name"] == "Dětská nemocnice"

    again = lambda_.invoke(sample("http-randomization", authorization=admin))
    assert (again["body"], again["headers"]["idempotent-replayed"]) == (plain["body"], "true")

    page = lambda_.invoke(sample("http-page", authorization=admin))
    assert [site["site"] for site in body_of(page)["items"]] == ["S02"]

    unknown = lambda_.invoke(sample("http-unknown-route", authorization=admin))
    assert unknown["statusCode"] == 404
    assert unknown["headers"]["content-type"] == "application/problem+json"
    assert unknown["isBase64Encoded"] is False, "a problem can be read in a log"
    assert body_of(unknown)["type"] == "urn:induct:problem:not-found"
    assert '"trace_id": "5bef4de7ad49b0e87f6ef6c87fc2e700"' in lambda_.log

    nobody = lambda_.invoke(sample("http-page", authorization="Bearer x.y.z"))
    assert (nobody["statusCode"], nobody["headers"]["www-authenticate"]) == (401, "Bearer")
    assert key_server.asked == 1, "one look at the issuer's keys serves a warm environment"
    assert database.rows("SELECT count(*) FROM randomization.site") == [(2,)]


def test_assessments_answers_api_gateway(
    start: Start, issuer: Issuer, database: TestDatabase
) -> None:
    open_site(database)
    token = bearer(issuer, "coordinator", "S01")
    answer = start("AssessmentsApi").invoke(sample("http-assessments", authorization=token))
    assert (answer["statusCode"], body_of(answer)["subject"]) == (201, "S01-001")


def test_safety_answers_api_gateway(start: Start, issuer: Issuer, database: TestDatabase) -> None:
    screen(database, "S01-001", study=STUDY)
    token = bearer(issuer, "investigator", "S01")
    answer = start("SafetyApi").invoke(sample("http-safety", authorization=token))
    assert answer["statusCode"] == 201, answer
    assert body_of(answer)["subject"] == "S01-001"


def test_analytics_answers_api_gateway(start: Start, issuer: Issuer) -> None:
    token = bearer(issuer, "sponsor")
    answer = start("AnalyticsApi").invoke(sample("http-analytics", authorization=token))
    assert answer["statusCode"] == 404, "nothing is published yet"
    assert body_of(answer)["type"] == "urn:induct:problem:not-published"


def test_a_warm_environment_takes_nothing_of_one_caller_to_the_next(
    start: Start, issuer: Issuer, database: TestDatabase
) -> None:
    open_site(database)
    screen(database, "S01-001", study=STUDY)
    screen(database, "S02-001", site="S02", study=STUDY)
    lambda_ = start("AssessmentsApi")
    event = sample("http-assessments") | {"body": ""}
    event["requestContext"]["http"]["method"] = "GET"
    callers = {site: bearer(issuer, "coordinator", site) for site in ("S01", "S02")}

    def seen(site: str) -> list[str]:
        event["headers"]["authorization"] = callers[site]
        found: list[dict[str, Any]] = body_of(lambda_.invoke(event))["items"]
        return [subject["subject"] for subject in found]

    # Other tests' clients may keep sessions in this database.
    sessions = "SELECT pid FROM pg_stat_activity WHERE usename = %s AND datname = %s"
    before = set(database.rows(sessions, "induct_assessments", database.name))
    for _ in range(ALTERNATIONS):
        assert seen("S01") == ["S01-001"]
        assert seen("S02") == ["S02-001"]
    after = set(database.rows(sessions, "induct_assessments", database.name))
    assert len(after - before) == 1


def test_a_database_session_that_died_between_two_events_is_replaced(
    start: Start, issuer: Issuer, database: TestDatabase
) -> None:
    lambda_ = start("RandomizationApi")
    event = sample("http-page", authorization=bearer(issuer, "admin"))
    assert lambda_.invoke(event)["statusCode"] == 200
    end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s"
    # The tests' own client may keep a session beside the function's.
    ((ended,),) = database.rows(end + " AND datname = %s", "induct_randomization", database.name)
    assert ended >= 1
    assert lambda_.invoke(event)["statusCode"] == 200


@pytest.mark.parametrize("size", [1_000_000, 1_000_001])
def test_a_body_is_measured_whatever_its_headers_say(
    start: Start, issuer: Issuer, size: int
) -> None:
    token = bearer(issuer, "admin")
    event = sample("http-randomization", authorization=token)
    del event["headers"]["content-length"]
    event["body"] = json.dumps(json.loads(event["body"])).ljust(size)
    answer = start("RandomizationApi").invoke(event)
    assert answer["statusCode"] == (201 if size <= 1_000_000 else 413)
