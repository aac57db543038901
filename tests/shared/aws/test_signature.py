"""The signer of the functions, held against botocore's."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from shared.aws import database_token as module
from shared.aws.credentials import Credentials, CredentialSource
from shared.aws.database_token import database_token
from shared.aws.signature import Scope, presigned_query, signed_headers

AT = datetime(2026, 11, 29, 8, 5, 9, tzinfo=UTC)
words = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=40)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


def boto(credentials: Credentials) -> BotoCredentials:
    return BotoCredentials(
        credentials.access_key, credentials.secret_key, credentials.token or None
    )


class At:
    """botocore's clock, set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at.replace(tzinfo=None))


@given(secret=words, token=st.one_of(st.just(""), words), login=words, at=instants)
def test_a_token_for_the_database_is_the_one_that_botocore_makes(
    secret: str, token: str, login: str, at: datetime
) -> None:
    credentials = Credentials("AKIDEXAMPLE", secret, token)
    scope = Scope("rds-db", "eu-central-1", at)
    asked = {"Action": "connect", "DBUser": login}
    made = presigned_query(credentials, scope, "proxy.example.org:5432", asked, 900)
    with pytest.MonkeyPatch.context() as monkeypatch:
        At(monkeypatch, at)
        request = AWSRequest("GET", "https://proxy.example.org:5432/", params=asked)
        SigV4QueryAuth(boto(credentials), "rds-db", "eu-central-1", expires=900).add_auth(request)
    theirs = urlsplit(request.url).query
    assert parse_qs(made) == parse_qs(theirs)


@given(secret=words, token=st.one_of(st.just(""), words), body=st.binary(max_size=60), at=instants)
def test_a_signed_request_is_the_one_that_botocore_signs(
    secret: str, token: str, body: bytes, at: datetime
) -> None:
    credentials = Credentials("AKIDEXAMPLE", secret, token)
    asked = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "a.B"}
    host = "secretsmanager.eu-central-1.amazonaws.com"
    scope = Scope("secretsmanager", "eu-central-1", at)
    made = signed_headers(credentials, scope, host, asked, body)
    with pytest.MonkeyPatch.context() as monkeypatch:
        At(monkeypatch, at)
        request = AWSRequest("POST", f"https://{host}/", headers=dict(asked), data=body)
        SigV4Auth(boto(credentials), "secretsmanager", "eu-central-1").add_auth(request)
    assert made["authorization"] == request.headers["Authorization"]
    assert made["x-amz-date"] == request.headers["X-Amz-Date"]


def test_a_token_names_the_login_opens_for_a_quarter_of_an_hour_and_has_no_scheme() -> None:
    source = CredentialSource({"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"})
    token = database_token("proxy.example.org", 5432, "induct_safety", source=source, now=AT)
    assert token.startswith("proxy.example.org:5432/?Action=connect&DBUser=induct_safety&")
    told = parse_qs(token.partition("?")[2])
    assert told["X-Amz-Expires"] == ["900"]
    assert timedelta(seconds=module.TOKEN_SECONDS) == timedelta(minutes=15)
