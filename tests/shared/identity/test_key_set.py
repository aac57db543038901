"""The issuer's keys: asked for when needed, and not more often than that."""

from typing import Any

import pytest

from shared.http.problems import Unauthenticated, Unavailable
from shared.identity.tokens import REFRESH_SECONDS, KeySet, Verifier
from tests.shared.identity.forge import (
    AUDIENCE,
    ISSUER,
    OTHER_KEY,
    claims,
    jwk,
    key_set,
    signed,
)


class Source:
    """An issuer's JWKS address under the test's control, and a clock."""

    def __init__(self) -> None:
        self.asked = 0
        self.seconds = 1000.0
        self.document: Any = key_set()
        self.error: Exception | None = None

    def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        found: dict[str, Any] = self.document
        return found

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def verifier(source: Source) -> Verifier:
    return Verifier(ISSUER, AUDIENCE, KeySet(source.fetch, source.monotonic))


def test_keys_are_fetched_at_first_use_and_kept(source: Source, verifier: Verifier) -> None:
    assert source.asked == 0
    for _ in range(5):
        verifier.verify(signed(claims()))
    assert source.asked == 1


def test_an_unknown_key_id_asks_once_and_a_stream_of_them_no_more(
    source: Source, verifier: Verifier
) -> None:
    verifier.verify(signed(claims()))
    source.seconds += REFRESH_SECONDS
    for n in range(50):
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(claims(), kid=f"unknown-{n}"))
    assert source.asked == 2
    source.seconds += REFRESH_SECONDS
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(claims(), kid="unknown"))
    assert source.asked == 3
    assert verifier.verify(signed(claims()))


def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(
    source: Source, verifier: Verifier
) -> None:
    verifier.verify(signed(claims()))
    source.document = {"keys": [jwk("key-2", OTHER_KEY)]}
    source.seconds += REFRESH_SECONDS
    assert verifier.verify(signed(claims(), key=OTHER_KEY, kid="key-2"))
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(claims()))


@pytest.mark.proves("C22", kind="negative")
def test_a_withdrawn_key_is_not_believed_for_longer_than_the_keys_are_kept(
    source: Source, verifier: Verifier
) -> None:
    verifier.verify(signed(claims()))
    source.document = {"keys": [jwk("key-2", OTHER_KEY)]}
    source.seconds += 3600
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(claims()))


@pytest.mark.parametrize(
    "kid",
    ["../../../etc/passwd", "/dev/null", "' OR 1=1 --", "key-1\x00", "", "http://127.0.0.1:1/jwks"],
)
def test_a_key_id_is_a_name_and_neither_path_address_nor_query(
    source: Source, verifier: Verifier, kid: str
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(claims(), kid=kid))
    assert source.asked == 1


@pytest.mark.parametrize("kid", [None, 7, ["key-1"], {"key": 1}])
def test_a_key_id_that_is_no_text_is_refused(verifier: Verifier, kid: object) -> None:
    from tests.shared.identity.forge import by_hand

    token = by_hand({"alg": "RS256", "kid": kid}, claims(), lambda text: b"x")
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), TimeoutError(), ValueError("no JSON"), KeyError("keys")]
)
def test_an_issuer_that_does_not_answer_is_an_outage_and_no_fault_of_the_caller(
    source: Source, verifier: Verifier, error: Exception
) -> None:
    source.error = error
    with pytest.raises(Unavailable):
        verifier.verify(signed(claims()))
    source.error = None
    source.seconds += REFRESH_SECONDS
    assert verifier.verify(signed(claims()))


@pytest.mark.parametrize(
    "document", [{}, [], None, "text", {"keys": []}, {"keys": None}, {"keys": [{"kty": "RSA"}]}]
)
def test_an_answer_that_is_no_key_set_is_an_outage_too(
    source: Source, verifier: Verifier, document: object
) -> None:
    source.document = document
    with pytest.raises(Unavailable):
        verifier.verify(signed(claims()))


def test_an_outage_is_not_made_worse_by_asking_at_every_request(
    source: Source, verifier: Verifier
) -> None:
    source.error = ConnectionRefusedError()
    for _ in range(20):
        with pytest.raises(Unavailable):
            verifier.verify(signed(claims()))
    assert source.asked == 1


def test_known_keys_serve_through_an_outage(source: Source, verifier: Verifier) -> None:
    verifier.verify(signed(claims()))
    source.error = ConnectionRefusedError()
    source.seconds += REFRESH_SECONDS
    with pytest.raises(Unavailable):
        verifier.verify(signed(claims(), key=OTHER_KEY, kid="key-2"))
    assert verifier.verify(signed(claims()))
