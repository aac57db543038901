"""A token that was verified is believed for a while, and never for longer than it is valid."""

import time
from typing import Any

import pytest

from shared.http.problems import Unauthenticated
from shared.identity.tokens import (
    BELIEVED_SECONDS,
    BELIEVED_TOKENS,
    KEPT_SECONDS,
    KeySet,
    Verifier,
)
from tests.shared.identity.forge import (
    AUDIENCE,
    ISSUER,
    OTHER_KEY,
    claims,
    jwk,
    key_set,
    signed,
)


class Watched(Verifier):
    """Counts how often a token is verified in full, at a time of the test's choice."""

    def __init__(self) -> None:
        self.seconds = time.time()
        self.document: dict[str, Any] = key_set()
        self.full = 0
        keys = KeySet(lambda: self.document, lambda: self.seconds)
        super().__init__(ISSUER, AUDIENCE, keys, lambda: self.seconds)

    def _claims(self, token: str) -> tuple[str, dict[str, Any]]:
        self.full += 1
        return super()._claims(token)


@pytest.fixture
def verifier() -> Watched:
    return Watched()


def test_a_token_is_verified_once_a_minute(verifier: Watched) -> None:
    token = signed(claims())
    first = verifier.verify(token)
    verifier.seconds += BELIEVED_SECONDS - 1
    assert verifier.verify(token) == first
    assert verifier.full == 1
    verifier.seconds += 1
    verifier.verify(token)
    assert verifier.full == 2


def test_a_token_is_not_believed_beyond_its_end(verifier: Watched) -> None:
    token = signed(claims(exp=int(verifier.seconds) + 10))
    verifier.verify(token)
    verifier.seconds += 11
    verifier.verify(token)
    assert verifier.full == 2, "whether it may still be valid is for the full verification"


def test_a_token_is_not_believed_beyond_its_key(verifier: Watched) -> None:
    verifier.verify(signed(claims()))
    verifier.seconds += KEPT_SECONDS - 1
    late = signed(claims(exp=int(verifier.seconds) + 600))
    verifier.verify(late)
    verifier.document = {"keys": [jwk("key-2", OTHER_KEY)]}
    verifier.seconds += 1
    with pytest.raises(Unauthenticated):
        verifier.verify(late)
    assert verifier.full == 2, "the belief alone knew"


def test_what_was_refused_is_verified_again_every_time(verifier: Watched) -> None:
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(claims(role="root")))
    assert verifier.full == 3


def test_a_token_that_differs_in_one_letter_is_another(verifier: Watched) -> None:
    token = signed(claims())
    verifier.verify(token)
    header, content, signature = token.split(".")
    for other in (token + "A", token[:-8], f"{header}.{content}.", f"{header}..{signature}"):
        with pytest.raises(Unauthenticated):
            verifier.verify(other)


def test_belief_takes_a_bounded_room(verifier: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.identity.tokens.BELIEVED_TOKENS", 5)
    for number in range(23):
        verifier.verify(signed(claims(sub=f"client-{number}")))
        assert len(verifier._believed) <= 5
    assert BELIEVED_TOKENS <= 10_000
