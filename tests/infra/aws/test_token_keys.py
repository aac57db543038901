"""Copies of the issuers' keys: whole, usable, and kept where the issuer answers nonsense."""

import json
from typing import Any

import pytest

from infra.aws import token_keys

GOOD = {"keys": [{"kid": "a", "kty": "RSA", "n": "1", "e": "AQAB"}], "more": 1}


class Bucket:
    """S3 as far as the copies need it."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        self.held[f"{Bucket}/{Key}"] = (json.loads(Body), ContentType)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    found = Bucket()
    monkeypatch.setattr(token_keys, "client", lambda _service: found)
    monkeypatch.setenv(token_keys.BUCKET, "public")
    monkeypatch.setenv("INDUCT_KEYS_FROM", "https://issuer/keys")
    monkeypatch.delenv("INDUCT_SIGNATURE_KEYS_FROM", raising=False)
    return found


def answering(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> None:
    monkeypatch.setattr(
        token_keys, "fetch_jwks", lambda url: lambda: answers[url[8:].split("/")[0]]
    )


def test_every_key_set_that_is_named_is_copied_and_nothing_beside_its_keys(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDUCT_SIGNATURE_KEYS_FROM", "https://signer/keys")
    answering(monkeypatch, issuer=GOOD, signer=GOOD)
    assert token_keys.handler({}, None) == {"copied": 2}
    expected = ({"keys": GOOD["keys"]}, "application/json")
    assert bucket.held == {
        "public/keys/tokens.json": expected,
        "public/keys/signatures.json": expected,
    }


def test_on_one_machine_there_is_nothing_to_copy(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(token_keys.BUCKET)
    assert token_keys.handler({}, None) == {"copied": 0}


@pytest.mark.parametrize(
    "answer", [{}, [], {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "RSA"}]}, {"keys": [1]}]
)
def test_an_issuer_that_answers_no_key_leaves_the_copy_as_it_is(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    answering(monkeypatch, issuer=answer)
    with pytest.raises(token_keys.KeysUnusable):
        token_keys.handler({}, None)
    assert bucket.held == {}
