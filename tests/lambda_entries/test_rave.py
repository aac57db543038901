"""The face of Rave Web Services behind API Gateway (payload format 2.0)."""

import base64
from typing import Any

import pytest
from rwslib.rwsobjects import RWSPostErrorResponse, RWSPostResponse, RWSSubjects

from infra.database import rave_users
from tests.lambda_entries.conftest import Start
from tests.lambda_entries.environment import sample
from tests.lambda_entries.test_http_entries import open_site
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


@pytest.fixture
def login(database: TestDatabase, start: Start) -> str:
    open_site(database)
    user = rave_users.RaveUser("edc", STUDY, "edc", ("*",), "active")
    secret = rave_users.add(database.url("induct_migrator"), user)
    return "Basic " + base64.b64encode(f"edc:{secret}".encode()).decode()


def reading(path: str, query: str, login: str) -> dict[str, Any]:
    event = sample("http-rave", authorization=login)
    event |= {"rawPath": f"/RaveWebServices{path}", "rawQueryString": query, "body": ""}
    event["requestContext"]["http"] |= {"method": "GET", "path": event["rawPath"]}
    return event


def test_a_query_without_a_value_and_a_body_in_base64_reach_the_face(
    start: Start, login: str
) -> None:
    lambda_ = start("AssessmentsApi")
    answer = lambda_.invoke(sample("http-rave", authorization=login))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False), answer
    assert answer["headers"]["content-type"] == "text/xml; charset=utf-8"
    told = RWSPostResponse(answer["body"])
    assert (told.inboundodmfileoid, told.fields_touched, told.subjects_in_study) == (
        "lambda-1", 4, 1,
    )  # fmt: skip

    plain = sample("http-rave", authorization=login)
    plain["body"] = base64.b64decode(plain["body"]).decode()
    plain["isBase64Encoded"] = False
    assert lambda_.invoke(plain)["body"] == answer["body"], "the same file again"

    for path in (f"/studies/{STUDY}(Prod)/subjects", f"/studies/{STUDY}%28Prod%29/subjects"):
        read = lambda_.invoke(reading(path, "status=all", login))
        (subject,) = RWSSubjects(read["body"])
        assert (subject.subjectkey, subject.touched) == ("S01-001", True)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/nothing/here", 404, "IND00041"), ("/webservice.aspx", 405, "IND00042")],
)
def test_what_is_not_there_is_refused_by_the_face_and_not_by_the_gateway(
    start: Start, login: str, path: str, status: int, code: str
) -> None:
    answer = start("AssessmentsApi").invoke(reading(path, "", login))
    assert answer["statusCode"] == status
    assert RWSPostErrorResponse(answer["body"]).reason_code == code


def test_without_credentials_the_client_s_own_words_come_back(start: Start) -> None:
    event = reading("/studies", "", "")
    del event["headers"]["authorization"]
    answer = start("AssessmentsApi").invoke(event)
    assert (answer["statusCode"], answer["body"]) == (401, "Authorization Header not provided")
