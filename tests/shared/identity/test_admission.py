"""Every role at every route: who may not is refused before anything else is looked at.

The database of these apps is not there, so an answer that needs one would be 503.
"""

from types import SimpleNamespace

import pytest

from infra.database.cast import SERVICES
from shared.http.problems import Forbidden, NotFound, Unauthenticated
from shared.identity.issuer import Issuer
from shared.identity.matrix import matrix
from tests.shared.identity import forge
from tests.shared.identity.routes import ROUTES, Route, without_database

GARBAGE = b'{"arm": NaN, "arm": ' + b"[" * 50_000


def routes_of(service: str) -> list[Route]:
    return [route for route in ROUTES if route.service == service]


@pytest.mark.proves("C15", kind="negative")
@pytest.mark.parametrize("service", SERVICES)
def test_a_role_is_refused_at_every_route_that_is_not_its_own(service: str, issuer: Issuer) -> None:
    with without_database(service, issuer) as api:
        for route in routes_of(service):
            for role in matrix().roles.keys() - matrix().operations[route.operation].roles:
                answer = api.request(route.method, route.path, role=role, key="k", json={})
                assert answer.status_code == 403, f"{role} at {route}"
                assert answer.json() == Forbidden().to_json()
                assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("service", SERVICES)
def test_a_role_gets_past_the_gate_at_its_own_routes(service: str, issuer: Issuer) -> None:
    with without_database(service, issuer) as api:
        for route in routes_of(service):
            for role in matrix().operations[route.operation].roles:
                answer = api.request(route.method, route.path, role=role, key="k", json={})
                assert answer.status_code in {422, 428, 503}, f"{role} at {route}: {answer.text}"


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_gets_anywhere_and_nothing_of_the_request_is_read(
    service: str, issuer: Issuer
) -> None:
    with without_database(service, issuer) as api:
        for route in routes_of(service):
            answer = api.request(route.method, route.path, role=None, key="", content=GARBAGE)
            assert (answer.status_code, answer.json()) == (401, Unauthenticated().to_json())
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("service", SERVICES)
def test_who_may_not_learns_nothing_of_what_was_wrong_besides(service: str, issuer: Issuer) -> None:
    with without_database(service, issuer) as api:
        for route in routes_of(service):
            others = matrix().roles.keys() - matrix().operations[route.operation].roles
            token = api.token(min(others), None, api.study)
            for study in ("NCT05748171", "no-such-study", "%00", "x" * 50):
                answer = api.request(
                    route.method,
                    route.path,
                    role=None,
                    key="",
                    study=study,
                    content=GARBAGE,
                    headers={
                        "Authorization": f"Bearer {token}",
                        "Content-Type": "application/json",
                    },
                )
                assert (answer.status_code, answer.json()) == (403, Forbidden().to_json())


@pytest.mark.proves("C05", kind="negative")
@pytest.mark.parametrize("service", SERVICES)
def test_a_study_that_the_token_does_not_name_looks_like_none(service: str, issuer: Issuer) -> None:
    with without_database(service, issuer) as api:
        for route in routes_of(service):
            role = min(matrix().operations[route.operation].roles)
            token = api.token(role, None, "another-study")
            headers = {"Authorization": f"Bearer {token}"}
            answer = api.request(route.method, route.path, role=None, headers=headers)
            assert answer.status_code == 404
            assert answer.json()["type"] == "urn:induct:problem:" + NotFound.kind


@pytest.mark.parametrize("service", SERVICES)
def test_a_role_without_the_scope_of_a_route_is_refused(service: str) -> None:
    issuer = SimpleNamespace(url=forge.ISSUER, audience=forge.AUDIENCE, key_set=forge.key_set)
    with without_database(service, issuer) as api:
        for route in routes_of(service):
            rule = matrix().operations[route.operation]
            scopes = {other.scope for other in matrix().operations.values()} - {rule.scope}
            claims = forge.claims(role=min(rule.roles), scope=" ".join(sorted(scopes)))
            headers = {"Authorization": f"Bearer {forge.signed(claims)}"}
            answer = api.request(route.method, route.path, role=None, headers=headers)
            assert answer.status_code == 403, route


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "{token}", "Token {token}"]
)
def test_only_a_bearer_token_is_taken(header: str, issuer: Issuer) -> None:
    with without_database("randomization", issuer) as api:
        token = api.token("admin", None, api.study)
        sent = {"Authorization": header.format(token=token)}
        assert api.get("/sites", role=None, headers=sent).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_written_in_any_case(scheme: str, issuer: Issuer) -> None:
    with without_database("randomization", issuer) as api:
        sent = {"Authorization": f"{scheme} {api.token('admin', None, api.study)}"}
        assert api.get("/sites", role=None, headers=sent).status_code == 503
