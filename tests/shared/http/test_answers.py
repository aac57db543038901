"""What every answer has, and how the app's edges answer."""

import io
import json
import traceback
import uuid

import pytest

from shared.http.problems import MEDIA_TYPE, Problem
from shared.http.tracing import AnswerBrokeOff
from tests.shared.http.sample_app import BASE, CANARY, SampleClient, thing


def kind_of(body: bytes) -> str:
    return str(json.loads(body)["type"]).removeprefix("urn:induct:problem:")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{BASE}/things", 200),
        ("GET", f"{BASE}/things/X", 404),
        ("DELETE", f"{BASE}/things", 405),
        ("GET", f"{BASE}/crash", 500),
        ("POST", f"{BASE}/things", 422),
        ("GET", "/randomization/health", 200),
        ("GET", "/nowhere", 404),
    ],
)
def test_every_answer_can_be_traced_and_is_kept_by_no_cache(
    sample: SampleClient, method: str, path: str, status: int
) -> None:
    answer = sample.request(method, path)
    assert answer.status_code == status
    assert uuid.UUID(answer.headers["X-Request-Id"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_callers_request_id_is_kept_where_it_is_one(sample: SampleClient) -> None:
    headers = {"X-Request-Id": "trace-0123456789"}
    assert sample.get(f"{BASE}/things", headers=headers).headers["X-Request-Id"] == (
        "trace-0123456789"
    )


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g", 'a"b\\c{}<>d', "ř" * 10])
def test_a_request_id_of_another_form_is_replaced(sample: SampleClient, given: str) -> None:
    headers = [(b"X-Request-Id", given.encode())]
    answer = sample.get(f"{BASE}/things", headers=headers)
    assert uuid.UUID(answer.headers["X-Request-Id"])


NOWHERE = [
    "/", "/nowhere", "/randomization", "/randomization/v2/studies/NCT05748171/things",
    f"{BASE}/things/", f"{BASE}//things", f"{BASE}/things/T1/more", f"{BASE}/things/%00",
    f"{BASE}/things/T1234", f"{BASE}/things/..%2f..%2fetc", f"{BASE}/THINGS",
]  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there_is_a_problem_of_its_own_type(sample: SampleClient, path: str) -> None:
    answer = sample.get(path)
    assert (answer.status_code, kind_of(answer.content)) == (404, "not-found")
    assert answer.headers["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CANARY"])
def test_another_method_is_a_problem_that_names_those_there_are(
    sample: SampleClient, method: str
) -> None:
    answer = sample.request(method, f"{BASE}/things")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
    if method != "HEAD":
        assert kind_of(answer.content) == "method-not-allowed"
        assert answer.headers["Content-Type"] == MEDIA_TYPE
        assert b"CANARY" not in answer.content


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "_method"])
def test_a_method_cannot_be_smuggled_in_a_header(sample: SampleClient, name: str) -> None:
    answer = sample.get(f"{BASE}/things", headers={name: "POST"})
    assert (answer.status_code, answer.json()["limit"]) == (200, 50)


def test_an_exception_nobody_expected_is_a_problem_without_its_words(
    sample: SampleClient, log_lines: io.StringIO
) -> None:
    answer = sample.get(f"{BASE}/crash")
    assert (answer.status_code, answer.json()) == (500, Problem().to_json())
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    fault, request = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert (fault["message"], fault["error"]) == ("unhandled exception", "RuntimeError")
    assert fault["where"].startswith("crash:")
    assert fault["request_id"] == request["request_id"] == answer.headers["X-Request-Id"]
    assert CANARY not in log_lines.getvalue()


def test_an_answer_that_breaks_off_is_not_followed_by_another(
    sample: SampleClient, log_lines: io.StringIO
) -> None:
    # The client must see a broken answer; a second start within it would hide the fault.
    sample.transport.raise_app_exceptions = True
    with pytest.raises(AnswerBrokeOff) as caught:
        sample.get(f"{BASE}/breaks-off")
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    fault, request = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert (fault["message"], fault["error"]) == ("unhandled exception", "RuntimeError")
    assert request["message"] == "request"
    assert CANARY not in log_lines.getvalue()


def test_health_answers_without_token_and_without_database(sample: SampleClient) -> None:
    answer = sample.get("/randomization/health", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()["status"]) == (200, "alive")


def test_not_ready_without_a_database_and_says_when_to_ask_again(sample: SampleClient) -> None:
    answer = sample.get("/randomization/ready", headers={"Authorization": ""})
    assert (answer.status_code, kind_of(answer.content)) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_only_a_sandbox_lets_a_caller_name_the_time(sample: SampleClient) -> None:
    headers = {"Induct-Simulated-Time": "2030-01-01T00:00:00Z"}
    answer = sample.post(f"{BASE}/things", json=thing(), headers=headers)
    assert (answer.status_code, kind_of(answer.content)) == (403, "forbidden")
