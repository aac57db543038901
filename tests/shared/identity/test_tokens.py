"""Which bearer tokens are believed."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared.http.problems import Unauthenticated
from shared.identity.tokens import LEEWAY_SECONDS, KeySet, Verifier
from tests.shared.identity.forge import (
    AUDIENCE,
    ISSUER,
    KEY,
    KID,
    OTHER_KEY,
    by_hand,
    claims,
    jwk,
    key_set,
    signed,
    with_public_key_as_secret,
)


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(ISSUER, AUDIENCE, KeySet(key_set))


def refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token)
    # What was wrong with a token is told to nobody.
    assert (caught.value.detail, caught.value.errors) == ("", ())


def test_an_honest_token_names_who_asks(verifier: Verifier) -> None:
    principal = verifier.verify(signed(claims()))
    assert (principal.subject, principal.role) == ("coordinator-1", "coordinator")
    assert principal.sites == {"S01"}
    assert principal.studies == {"NCT05748171"}
    assert principal.scopes == {"randomization/allocate"}


@pytest.mark.proves("C05", kind="negative")
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_a_token_without_a_signature_is_refused(verifier: Verifier, algorithm: str) -> None:
    header = {"alg": algorithm, "typ": "JWT", "kid": KID}
    refused(verifier, by_hand(header, claims(), lambda text: b""))


@pytest.mark.parametrize("secret_format", ["pem", "der", "pkcs1", "modulus"])
def test_the_public_key_is_no_secret_to_sign_with(verifier: Verifier, secret_format: str) -> None:
    refused(verifier, with_public_key_as_secret(secret_format))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_the_issuers_own_key_with_another_algorithm_is_refused(
    verifier: Verifier, algorithm: str
) -> None:
    refused(verifier, jwt.encode(claims(), KEY, algorithm=algorithm, headers={"kid": KID}))


def test_a_key_of_another_kind_is_refused(verifier: Verifier) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    refused(verifier, jwt.encode(claims(), key, algorithm="ES256", headers={"kid": KID}))


def test_somebody_elses_signature_is_refused(verifier: Verifier) -> None:
    refused(verifier, signed(claims(), key=OTHER_KEY))


@pytest.mark.parametrize("header", ["jku", "x5u", "jwk", "x5c"])
def test_a_key_that_the_token_itself_brings_is_not_looked_at(header: str) -> None:
    asked: list[int] = []

    def fetch() -> dict[str, Any]:
        asked.append(1)
        return key_set()

    brought: dict[str, Any] = {
        "jku": "http://127.0.0.1:1/jwks.json",
        "x5u": "http://127.0.0.1:1/cert.pem",
        "jwk": jwk(KID, OTHER_KEY),
        "x5c": ["MIIB"],
    }
    verifier = Verifier(ISSUER, AUDIENCE, KeySet(fetch))
    refused(verifier, signed(claims(), key=OTHER_KEY, **{header: brought[header]}))
    assert asked == [1], "the operator's address, and no other"


@pytest.mark.parametrize("missing", ["exp", "aud", "iss", "sub"])
def test_a_token_must_say_how_long_for_whom_from_whom_and_who(
    verifier: Verifier, missing: str
) -> None:
    refused(verifier, signed(claims(**{missing: None})))


@pytest.mark.proves("C05", kind="negative")
@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"aud": "INDUCT"},
        {"aud": []},
        {"aud": ["another"]},
        {"iss": "https://issuer.test.evil.example"},
        {"iss": "https://issuer.test/"},
        {"iss": ["https://issuer.test"]},
        {"sub": 7},
        {"sub": ""},
        {"sub": "a\x00b"},
        {"sub": "a\nb"},
        {"exp": "never"},
        {"exp": 1_000_000_000},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
    ],
)
def test_a_token_for_another_place_or_time_is_refused(
    verifier: Verifier, changed: dict[str, Any]
) -> None:
    refused(verifier, signed(claims(**changed)))


def test_a_clock_may_be_off_by_the_leeway_and_no_more(verifier: Verifier) -> None:
    now = int(time.time())
    assert verifier.verify(signed(claims(exp=now - 1)))
    refused(verifier, signed(claims(exp=now - LEEWAY_SECONDS - 1)))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "é.ř.ž",
        "\x00.\x00.\x00",
        "x" * 100_000,
        "eyJhbGciOiJSUzI1NiJ9",
        by_hand({"alg": "RS256", "kid": KID}, [], lambda text: b"x"),
        by_hand({"alg": "RS256", "kid": KID}, "text", lambda text: b"x"),
    ],
)
def test_what_is_no_token_is_refused_and_breaks_nothing(verifier: Verifier, token: str) -> None:
    refused(verifier, token)


def test_a_token_changed_in_one_place_is_refused(verifier: Verifier) -> None:
    header, content, signature = signed(claims()).split(".")
    other = signed(claims(role="statistician", sites=["*"])).split(".")[1]
    refused(verifier, f"{header}.{other}.{signature}")
    refused(verifier, f"{header}.{content}.")
    refused(verifier, f"{header}.{content}")
