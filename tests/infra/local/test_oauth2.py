"""The local issuer's pages: both components of the identification, at every token."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.responses import JSONResponse

from infra.local.oauth2 import issue, issue_signature
from shared.http.problems import SignatureNotFitting
from shared.identity.issuer import Issuer
from shared.identity.matrix import SignatureRule
from shared.identity.signatures import SignatureVerifier
from shared.identity.tokens import KeySet, Verifier

SECRET = "local-secret"
RULE = SignatureRule("eligible-and-randomize", frozenset({"investigator"}))
FORM = {
    "client_id": "local",
    "client_secret": SECRET,
    "grant_type": "client_credentials",
    "role": "investigator",
    "study": "NCT05748171",
    "site": "S01,S02",
    "name": "Eva Nováková",
    "meaning": "eligible-and-randomize",
}


def ask(page: Any, issuer: Issuer, authorization: str = "", **changes: str) -> JSONResponse:
    answer: JSONResponse = page(issuer, SECRET, urlencode(FORM | changes), authorization)
    assert answer.headers["Cache-Control"] == "no-store"
    return answer


def said(answer: JSONResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(answer.body))
    return found


@pytest.mark.proves("C21", kind="negative")
@pytest.mark.parametrize("page", [issue, issue_signature])
@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_id": ""},
        {"client_id": "another"},
        {"client_secret": SECRET.upper()},
    ],
)
def test_without_both_components_nobody_gets_anything(
    issuer: Issuer, page: Any, wrong: dict[str, str]
) -> None:
    answer = ask(page, issuer, **wrong)
    assert (answer.status_code, said(answer)) == (401, {"error": "invalid_client"})


def test_who_gives_both_gets_a_signature_for_five_minutes(issuer: Issuer) -> None:
    answer = ask(issue_signature, issuer, client="eva", content_sha256="ab" * 32)
    assert answer.status_code == 200
    assert said(answer)["expires_in"] == 300
    verifier = SignatureVerifier(issuer.url, issuer.audience, KeySet(issuer.key_set))
    signature = verifier.verify(said(answer)["signature"], RULE, "NCT05748171")
    assert (signature.signer, signature.name) == ("eva", "Eva Nováková")
    assert signature.sites == {"S01", "S02"}
    assert signature.content_sha256 == "ab" * 32
    with pytest.raises(SignatureNotFitting):
        verifier.verify(said(answer)["signature"], RULE, "freireich-1963")


def test_the_components_may_come_as_basic_credentials(issuer: Issuer) -> None:
    form = {"client_id": "", "client_secret": ""}
    good = base64.b64encode(f"local:{SECRET}".encode()).decode()
    assert ask(issue_signature, issuer, f"Basic {good}", **form).status_code == 200
    bad = base64.b64encode(b"local:wrong").decode()
    assert ask(issue_signature, issuer, f"Basic {bad}").status_code == 401


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": ""}, "invalid_request"),
        ({"meaning": ""}, "invalid_request"),
        ({"study": ""}, "invalid_request"),
        ({"site": "*"}, "invalid_request"),
        ({"content_sha256": "x"}, "invalid_request"),
        ({"role": "root"}, "invalid_scope"),
        ({"role": ""}, "invalid_scope"),
        ({"site": ""}, "invalid_scope"),
    ],
)
def test_a_signature_that_nobody_would_take_is_not_made(
    issuer: Issuer, changed: dict[str, str], error: str
) -> None:
    answer = ask(issue_signature, issuer, **changed)
    assert (answer.status_code, said(answer)) == (400, {"error": error})


def test_the_token_page_gives_what_lets_its_bearer_in(issuer: Issuer) -> None:
    token = said(ask(issue, issuer))["access_token"]
    keys = KeySet(issuer.key_set)
    assert Verifier(issuer.url, issuer.audience, keys).verify(token).role == "investigator"
