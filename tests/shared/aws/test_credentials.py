"""Where a function's credentials come from, and when they are asked for anew."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shared.aws.credentials import Credentials, CredentialSource, NoCredentials, region
from shared.aws.secrets import SecretUnavailable, read_secret

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
OF_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "A",
    "AWS_SECRET_ACCESS_KEY": "B",
    "AWS_SESSION_TOKEN": "C",
    "AWS_REGION": "eu-central-1",
}


class Beside:
    """A server on loopback that answers what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: tuple[int, Any] = (200, {})
        self.asked: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                asked = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((asked, self.rfile.read(length)))
                status, content = outer.answer
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def running() -> Iterator[Beside]:
    beside = Beside()
    thread = threading.Thread(target=beside.server.serve_forever, args=(0.02,))
    thread.start()
    yield beside
    beside.server.shutdown()
    thread.join()
    beside.server.server_close()


@pytest.fixture
def beside(running: Beside) -> Beside:
    running.asked.clear()
    return running


def thawed(beside: Beside) -> dict[str, str]:
    """The environment of a function that was thawed: its own credentials have expired."""
    return {
        **OF_ENVIRONMENT,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{beside.url}/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "let me",
    }


def told(name: str, until: datetime) -> tuple[int, dict[str, str]]:
    content = {"AccessKeyId": name, "SecretAccessKey": "s", "Token": "t"}
    return 200, content | {"Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ")}


def test_a_function_has_its_credentials_in_its_environment() -> None:
    assert CredentialSource(OF_ENVIRONMENT).current(NOW) == Credentials("A", "B", "C")


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_a_function_without_a_role_is_told_what_is_missing(missing: str) -> None:
    env = {name: value for name, value in OF_ENVIRONMENT.items() if name != missing}
    with pytest.raises(NoCredentials, match=missing):
        CredentialSource(env).current(NOW)
    with pytest.raises(NoCredentials, match="AWS_REGION"):
        region({})


def test_a_thawed_function_asks_beside_it_and_believes_that_until_shortly_before_its_end(
    beside: Beside,
) -> None:
    source = CredentialSource(thawed(beside))
    beside.answer = told("first", NOW + timedelta(minutes=30))
    assert source.current(NOW).access_key == "first"
    beside.answer = told("second", NOW + timedelta(hours=2))
    assert source.current(NOW + timedelta(minutes=24)).access_key == "first"
    assert source.current(NOW + timedelta(minutes=25)).access_key == "second"
    assert [asked["authorization"] for asked, _ in beside.asked] == ["let me", "let me"]


@pytest.mark.parametrize("answer", [(500, {}), (200, {"AccessKeyId": "half"}), (200, ["no"])])
def test_credentials_that_cannot_be_had_are_an_error_of_their_own(
    beside: Beside, answer: tuple[int, Any]
) -> None:
    beside.answer = answer
    with pytest.raises(NoCredentials):
        CredentialSource(thawed(beside)).current(NOW)


def test_a_secret_is_asked_for_by_name_under_the_functions_signature(beside: Beside) -> None:
    beside.answer = (200, {"SecretString": "abc123"})
    env = {**OF_ENVIRONMENT, "AWS_ENDPOINT_URL": beside.url}
    source = CredentialSource(OF_ENVIRONMENT)
    assert read_secret("induct/dev/sealing-key", source=source, environment=env) == "abc123"
    ((asked, body),) = beside.asked
    assert json.loads(body) == {"SecretId": "induct/dev/sealing-key"}
    assert asked["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert "/eu-central-1/secretsmanager/aws4_request" in asked["authorization"]


@pytest.mark.parametrize("answer", [(400, {"__type": "ResourceNotFound"}), (200, {}), (200, [1])])
def test_a_secret_that_cannot_be_read_is_told_without_a_word_of_it(
    beside: Beside, answer: tuple[int, Any]
) -> None:
    beside.answer = answer
    env = {**OF_ENVIRONMENT, "AWS_ENDPOINT_URL": beside.url}
    with pytest.raises(SecretUnavailable, match="a secret cannot be read: "):
        read_secret("x", source=CredentialSource(OF_ENVIRONMENT), environment=env)
