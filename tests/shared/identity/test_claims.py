"""What a token may claim: a known role, in named studies, at named sites."""

from typing import Any

import pytest

from shared.http.problems import Unauthenticated
from shared.identity.matrix import matrix
from shared.identity.principal import Principal
from shared.identity.tokens import KeySet, Verifier
from tests.shared.identity.forge import AUDIENCE, ISSUER, claims, key_set, signed

VERIFIER = Verifier(ISSUER, AUDIENCE, KeySet(key_set))
BOUND = sorted(name for name, role in matrix().roles.items() if not role.all_sites)
FREE = sorted(name for name, role in matrix().roles.items() if role.all_sites)


def verify(**changes: Any) -> Principal:
    return VERIFIER.verify(signed(claims(**changes)))


def refused(**changes: Any) -> None:
    with pytest.raises(Unauthenticated):
        verify(**changes)


@pytest.mark.proves("C05", kind="negative")
@pytest.mark.parametrize(
    "role", ["", "root", "Coordinator", "coordinator ", "system", ["coordinator"], 1, True, None]
)
def test_a_role_outside_the_matrix_is_nobody(role: object) -> None:
    refused(role=role)


@pytest.mark.parametrize("role", BOUND)
def test_a_role_bound_to_sites_never_gets_all_of_them(role: str) -> None:
    refused(role=role, sites=["*"])
    refused(role=role, sites=["S01", "*"])
    assert verify(role=role, sites=["S01", "S02"]).sites_setting() == "S01,S02"


@pytest.mark.parametrize("role", FREE)
def test_a_role_across_sites_may_have_all_of_them(role: str) -> None:
    assert verify(role=role, sites=["*"]).sites_setting() == "*"


@pytest.mark.parametrize("claim", ["studies", "sites"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "S01",
        "*",
        "S01,S02",
        ["S01,S02"],
        ["S01", "S02,*"],
        ["S01\n"],
        [" S01"],
        ["S01 "],
        [""],
        ["-"],
        ["S01'; DROP TABLE x; --"],
        ["{S01,S02}"],
        ["S01\x00"],
        ["Ś01"],
        ["\u0661"],
        ["S" * 41],
        ["S01", 1],
        [["S01"]],
        [None],
        {"S01": True},
        {"*": True},
        7,
        True,
    ],
)
def test_studies_and_sites_are_lists_of_codes_that_join_safely(claim: str, value: object) -> None:
    refused(**{claim: value, "role": "auditor"})


def test_one_bad_code_spoils_the_whole_list() -> None:
    refused(sites=["S01", "S02,S03"])


def test_every_study_is_open_to_a_star_only() -> None:
    named = verify(studies=["NCT05748171"])
    assert named.may_enter("NCT05748171")
    assert not named.may_enter("freireich-1963")
    assert verify(studies=["*"]).may_enter("freireich-1963")
    assert not verify(studies=["NCT0574817"]).may_enter("NCT05748171")


@pytest.mark.parametrize("scope", [None, "", [], ["randomization/allocate"], 7, {}])
def test_scopes_are_words_of_one_text(scope: object) -> None:
    assert "randomization/allocate" not in verify(scope=scope).scopes
