"""Every operation that is signed: by nobody, for something else, by a role that may not sign it."""

from collections.abc import Callable

import pytest

from infra.database.cast import SERVICES
from shared.identity.matrix import SignatureRule, matrix
from tests.shared.identity.cells.builder import draw_map
from tests.shared.identity.cells.cells import ask
from tests.shared.identity.cells.places import Map
from tests.shared.identity.routes import ROUTES, Route
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin

ClientFor = Callable[[str], ApiClient]
PROBLEM = "urn:induct:problem:"


@pytest.fixture
def drawn(database: TestDatabase, client_for: ClientFor, begin: Begin) -> Map:
    found: Map = begin("one of everything", lambda: draw_map(database, client_for))
    return found


def signed(service: str) -> list[tuple[Route, SignatureRule]]:
    """The routes of a service that ask for a signature, or take one."""
    rules = [(route, matrix().operations[route.operation].signature) for route in ROUTES]
    return [(route, rule) for route, rule in rules if rule and route.service == service]


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_signed_is_done_by_nobody_who_did_not_authenticate_for_it(
    service: str, drawn: Map, client_for: ClientFor
) -> None:
    api = client_for(service)
    for route, rule in signed(service):
        for role in sorted(matrix().operations[route.operation].roles):
            if not rule.optional:
                answer = ask(api, route, role, drawn.here, signed_by="")
                assert answer.status_code == 401, f"{role}, {route}"
                assert answer.json()["type"] == PROBLEM + "signature-required"
            other = {"role": min(rule.roles), "meaning": "something-else"}
            answer = ask(api, route, role, drawn.here, signed_by=other)
            assert answer.status_code == 403, f"{role}, {route}"
            assert answer.json()["type"] == PROBLEM + "signature-not-fitting"


@pytest.mark.parametrize("service", SERVICES)
def test_no_role_signs_what_is_not_its_own_to_sign(
    service: str, drawn: Map, client_for: ClientFor
) -> None:
    api = client_for(service)
    for route, rule in signed(service):
        role = min(matrix().operations[route.operation].roles)
        for signer in sorted(matrix().roles.keys() - rule.roles):
            answer = ask(api, route, role, drawn.here, signed_by=signer)
            assert answer.status_code == 403, f"{signer}, {route}"
            assert answer.json()["type"] == PROBLEM + "signature-not-fitting"
