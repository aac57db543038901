"""Which tokens are taken for an electronic signature, and that they are good for nothing else."""

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.problems import (
    Problem,
    SignatureInvalid,
    SignatureNotFitting,
    Unauthenticated,
    Unavailable,
)
from shared.identity.issuer import Issuer, SignatureRequest, UnknownRole
from shared.identity.matrix import SignatureRule
from shared.identity.signatures import MAX_AGE_SECONDS, Signature, SignatureVerifier
from shared.identity.tokens import LEEWAY_SECONDS, KeySet, Verifier
from tests.shared.identity import forge
from tests.shared.identity.forge import AUDIENCE, ISSUER, OTHER_KEY, key_set, signed

STUDY = "NCT05748171"
RULE = SignatureRule("eligible-and-randomize", frozenset({"investigator"}))
NOW = 1_900_000_000
ALLOWED = MAX_AGE_SECONDS + LEEWAY_SECONDS


def claims(**changes: Any) -> dict[str, Any]:
    """Claims of an investigator at S01 who signs now; a change to None takes the claim away."""
    honest = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "investigator-1",
        "iat": NOW,
        "auth_time": NOW,
        "exp": NOW + MAX_AGE_SECONDS,
        "jti": "7d1c2f0e-0000-4000-8000-000000000001",
        "token_use": "signature",
        "name": "Eva Nováková",
        "role": "investigator",
        "studies": [STUDY],
        "sites": ["S01"],
        "meaning": RULE.meaning,
    }
    return {name: value for name, value in (honest | changes).items() if value is not None}


def verify(token: str, *, at: float = NOW, study: str = STUDY) -> Signature:
    return SignatureVerifier(ISSUER, AUDIENCE, KeySet(key_set), lambda: at).verify(
        token, RULE, study
    )


def refused(token: str, *, at: float = NOW) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        verify(token, at=at)
    # What was wrong with it is told to nobody.
    assert (caught.value.detail, caught.value.errors) == ("", ())


def test_an_honest_signature_says_who_in_print_when_and_what_for() -> None:
    assert verify(signed(claims())) == Signature(
        signer="investigator-1",
        name="Eva Nováková",
        role="investigator",
        studies=frozenset({STUDY}),
        sites=frozenset({"S01"}),
        meaning="eligible-and-randomize",
        authenticated_at=datetime.fromtimestamp(NOW, UTC),
        token_id="7d1c2f0e-0000-4000-8000-000000000001",
        content_sha256=None,
    )


def test_a_signer_sees_their_own_sites_and_studies() -> None:
    signature = verify(signed(claims()))
    assert (signature.may_see("S01"), signature.may_see("S02")) == (True, False)
    assert (signature.may_enter(STUDY), signature.may_enter("other")) == (True, False)


@pytest.mark.parametrize(
    "needed",
    ["iss", "aud", "sub", "exp", "iat", "auth_time", "jti", "token_use", "name", "role", "studies",
     "sites", "meaning"],
)  # fmt: skip
def test_nothing_of_a_signature_may_be_missing(needed: str) -> None:
    refused(signed(claims(**{needed: None})))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"iss": "https://another.test"},
        {"token_use": "access"},
        {"token_use": "Signature"},
        {"token_use": ["signature"]},
        {"sub": ""},
        {"sub": "a\nb"},
        {"name": ""},
        {"name": "  "},
        {"name": "Eva\x00"},
        {"name": "\u202eEva"},
        {"name": "E" * 201},
        {"name": 7},
        {"role": "root"},
        {"role": ["investigator"]},
        {"sites": ["*"]},
        {"sites": ["S01,S02"]},
        {"studies": []},
        {"jti": "short"},
        {"jti": "x" * 129},
        {"jti": "with blank"},
        {"jti": 12345678},
        {"meaning": ""},
        {"meaning": ["eligible-and-randomize"]},
        {"content_sha256": ""},
        {"content_sha256": 0},
        {"content_sha256": []},
        {"content_sha256": "A" * 64},
        {"content_sha256": "a" * 63},
    ],
)
def test_what_makes_no_sense_is_no_signature(changed: dict[str, Any]) -> None:
    refused(signed(claims(**changed)))


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"meaning": "approve-list"}, "means eligible-and-randomize"),
        ({"role": "coordinator"}, "role"),
        ({"role": "admin", "sites": ["*"]}, "role"),
        ({"studies": ["freireich-1963"]}, "study"),
    ],
)
def test_a_true_signature_for_something_else_does_not_fit(
    changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SignatureNotFitting, match=problem):
        verify(signed(claims(**changed)))


def test_a_signature_dies_with_the_time_since_the_signer_authenticated() -> None:
    token = signed(claims())
    assert verify(token, at=NOW + ALLOWED - 1)
    refused(token, at=NOW + ALLOWED + 1)
    # Issued just now, on an authentication of long ago.
    old = signed(claims(auth_time=NOW - ALLOWED))
    assert verify(old)
    refused(signed(claims(auth_time=NOW - ALLOWED - 1)))


@pytest.mark.parametrize(
    "times",
    [
        {"exp": NOW - LEEWAY_SECONDS, "iat": NOW - 60, "auth_time": NOW - 60},
        {"exp": NOW + MAX_AGE_SECONDS + 1},
        {"exp": NOW + 10**9},
        {"exp": NOW},
        {"iat": NOW + LEEWAY_SECONDS + 1, "exp": NOW + 60, "auth_time": NOW},
        {"auth_time": NOW + 1},
        {"nbf": NOW + LEEWAY_SECONDS + 1},
        {"auth_time": str(NOW)},
        {"auth_time": float(NOW)},
        {"auth_time": True},
        {"iat": True},
        {"exp": float("inf")},
        {"nbf": "now"},
    ],
)
def test_a_signature_of_another_time_is_refused(times: dict[str, Any]) -> None:
    refused(signed(claims(**times)))


@given(age=st.integers(-1000, 1000), issued=st.integers(-1000, 1000), ends=st.integers(-1000, 1000))
def test_whatever_the_times_nobody_signs_later_than_allowed(
    age: int, issued: int, ends: int
) -> None:
    token = signed(claims(auth_time=NOW - age, iat=NOW - issued, exp=NOW + ends))
    try:
        verify(token)
    except Problem:
        return
    assert -LEEWAY_SECONDS <= issued <= age <= ALLOWED
    assert ends > -LEEWAY_SECONDS
    assert 0 < ends + issued <= MAX_AGE_SECONDS


def test_somebody_elses_key_or_another_algorithm_signs_nothing() -> None:
    refused(signed(claims(), key=OTHER_KEY))
    refused(forge.by_hand({"alg": "none", "kid": forge.KID}, claims(), lambda text: b""))
    refused(jwt.encode(claims(), forge.KEY, algorithm="RS512", headers={"kid": forge.KID}))
    header, content, signature = signed(claims()).split(".")
    other = signed(claims(name="Somebody Else")).split(".")[1]
    refused(f"{header}.{other}.{signature}")
    refused(f"{header}.{content}.")


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "\x00", "x" * 100_000])
def test_what_is_no_token_is_no_signature(token: str) -> None:
    refused(token)


def test_an_issuer_that_is_away_is_an_outage_and_no_bad_signature() -> None:
    def away() -> dict[str, Any]:
        raise ConnectionRefusedError

    verifier = SignatureVerifier(ISSUER, AUDIENCE, KeySet(away), lambda: NOW)
    with pytest.raises(Unavailable):
        verifier.verify(signed(claims()), RULE, STUDY)


@pytest.mark.parametrize("use", ["signature", "id", "refresh", "", 7])
def test_only_an_access_token_lets_anybody_in(use: object) -> None:
    verifier = Verifier(ISSUER, AUDIENCE, KeySet(key_set))
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(forge.claims(token_use=use)))
    assert verifier.verify(signed(forge.claims(token_use="access")))


def asked(**changes: Any) -> SignatureRequest:
    honest: dict[str, Any] = {
        "client": "investigator-1",
        "name": "Eva Nováková",
        "role": "investigator",
        "meaning": RULE.meaning,
        "studies": [STUDY],
        "sites": ["S01"],
    }
    return SignatureRequest(**(honest | changes))


def by_issuer(issuer: Issuer, token: str, *, at: float) -> Signature:
    keys = KeySet(issuer.key_set)
    return SignatureVerifier(issuer.url, issuer.audience, keys, lambda: at).verify(
        token, RULE, STUDY
    )


def test_the_issuers_signature_is_taken_for_five_minutes(issuer: Issuer) -> None:
    token = issuer.signature(asked(content_sha256="ab" * 32), at=NOW)
    signature = by_issuer(issuer, token, at=NOW + MAX_AGE_SECONDS)
    assert (signature.signer, signature.name) == ("investigator-1", "Eva Nováková")
    assert signature.content_sha256 == "ab" * 32
    with pytest.raises(SignatureInvalid):
        by_issuer(issuer, token, at=NOW + ALLOWED + 1)


def test_every_signature_is_another(issuer: Issuer) -> None:
    tokens = [issuer.signature(asked(), at=NOW) for _ in range(3)]
    assert len({by_issuer(issuer, token, at=NOW).token_id for token in tokens}) == 3


def test_the_issuers_signature_is_no_bearer_token_and_its_bearer_token_no_signature(
    issuer: Issuer,
) -> None:
    with pytest.raises(Unauthenticated):
        Verifier(issuer.url, issuer.audience, KeySet(issuer.key_set)).verify(
            issuer.signature(asked())
        )
    bearer = issuer.token(client="c", role="investigator", studies=[STUDY], sites=["S01"])
    with pytest.raises(SignatureInvalid):
        by_issuer(issuer, bearer, at=NOW)


@pytest.mark.parametrize(
    "changed", [{"name": ""}, {"meaning": "a b"}, {"sites": ["*"]}, {"content_sha256": "x"}]
)
def test_the_issuer_makes_no_signature_that_nobody_would_take(
    issuer: Issuer, changed: dict[str, Any]
) -> None:
    with pytest.raises(SignatureInvalid):
        issuer.signature(asked(**changed))
    with pytest.raises(UnknownRole):
        issuer.signature(asked(role="root"))


def test_the_discovery_document_leads_to_signatures(issuer: Issuer) -> None:
    assert issuer.discovery()["signature_endpoint"] == f"{issuer.url}/oauth2/signature"
