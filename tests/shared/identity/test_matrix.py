"""The role matrix covers every route, and only those."""

import re
from collections import Counter
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends

from infra.database.cast import SERVICES
from infra.local.functions import load
from infra.local.home import TEMPLATE
from infra.topology import read_topology
from shared.http.app import StrictRoute
from shared.http.call import Call, operation
from shared.identity import matrix as module
from shared.identity.matrix import matrix
from tests.shared.identity.routes import ROUTES

# Faces of other protocols have many addresses for few operations, and credentials of their own.
FACES = {
    prefix: face.state.routes
    for service in SERVICES
    for prefix, face in load(f"services.{service}.entrypoint.app").state.faces.items()
}
FACE_OPERATIONS = {route.operation for routes in FACES.values() for route in routes} - {None}


def test_every_operation_of_the_matrix_has_exactly_one_route() -> None:
    asked = Counter(route.operation for route in ROUTES)
    assert asked == Counter(matrix().operations.keys() - FACE_OPERATIONS)


def test_a_route_of_a_face_has_an_operation_or_tells_nothing_of_a_trial() -> None:
    assert matrix().operations.keys() >= FACE_OPERATIONS
    open_to_all = {
        route.path for routes in FACES.values() for route in routes if not route.operation
    }
    assert open_to_all == {"/version", "/version/build", "/twohundred"}


def test_a_route_has_the_operation_of_its_own_service_and_name() -> None:
    for route in ROUTES:
        assert route.operation == f"{route.service}.{route.function}"
    assert {route.service for route in ROUTES} == set(SERVICES)


def test_the_gateway_asks_for_the_scope_that_the_matrix_names() -> None:
    asked = {
        (route.method, route.path): list(route.scopes) for route in read_topology(TEMPLATE).routes
    }
    assert asked == {
        (route.method, route.template): [matrix().operations[route.operation].scope]
        for route in ROUTES
    } | {("ANY", f"{prefix}/{{proxy+}}"): [] for prefix in FACES}


def test_every_path_carries_the_study() -> None:
    for route in ROUTES:
        assert route.template.startswith(f"/{route.service}/v1/studies/{{study}}/")


@pytest.mark.parametrize("dependencies", [[], ["randomization.open_site", "safety.open_case"]])
def test_a_route_without_exactly_one_operation_cannot_be_built(dependencies: list[str]) -> None:
    router = APIRouter(route_class=StrictRoute)

    async def endpoint() -> None:
        pass

    depends = [operation(name) for name in dependencies]
    with pytest.raises(TypeError, match="must have one operation"):
        router.add_api_route("/studies/{study}/open", endpoint, dependencies=depends)


def test_a_route_with_an_operation_outside_the_matrix_cannot_be_built() -> None:
    with pytest.raises(KeyError):
        operation("randomization.unseal")


def test_an_operation_may_stand_beside_other_dependencies() -> None:
    router = APIRouter(route_class=StrictRoute)

    @router.get("/studies/{study}/things")
    async def endpoint(
        call: Annotated[Call, operation("randomization.list_sites")],
        other: Annotated[int, Depends(lambda: 1)],
    ) -> None:
        pass

    (route,) = router.routes
    assert isinstance(route, StrictRoute)
    assert route.operation == "randomization.list_sites"


def test_roles_scopes_and_operations_are_spelled_as_codes() -> None:
    for name, rule in matrix().operations.items():
        service = name.split(".")[0]
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", name)
        assert re.fullmatch(rf"{service}/[a-z]+", rule.scope)
        assert rule.roles, f"nobody may call {name}"
    assert all(re.fullmatch(r"[a-z_]+", role) for role in matrix().roles)


def test_what_is_signed_has_a_meaning_and_somebody_who_may_sign() -> None:
    signed = {name: op.signature for name, op in matrix().operations.items() if op.signature}
    assert signed["randomization.request_allocation"].roles == {"investigator"}
    for name, rule in signed.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.meaning), name
        assert rule.roles, name
        assert matrix().meanings()[rule.meaning] >= rule.roles


def test_every_role_may_do_something_and_gets_only_the_scopes_for_it() -> None:
    for role in matrix().roles:
        needed = {rule.scope for rule in matrix().operations.values() if role in rule.roles}
        assert needed, f"{role} may do nothing"
        assert matrix().scopes_of(role) == sorted(needed)


def test_who_is_blinded_reaches_no_route_that_shows_an_arm() -> None:
    """Routes that mask the arm for such roles are no such route: they have tests of their own."""
    showing = {
        "randomization.request_allocation",
        "randomization.enter_backup",
        "randomization.read_explanation",
        "randomization.read_envelopes",
        "randomization.reveal_list",
    }
    for name in showing:
        for role in matrix().operations[name].roles:
            assert matrix().roles[role].sees_arm, f"{role} would see arms by {name}"


@pytest.mark.parametrize(
    "spoiled",
    [
        ('roles = ["admin"]', 'roles = ["root"]'),
        (
            'meaning = "eligible-and-randomize", roles = ["investigator"]',
            'meaning = "x", roles = ["root"]',
        ),
        ('audit-reviewed = ["auditor"]', 'audit-reviewed = ["root"]'),
    ],
)
def test_a_matrix_that_names_an_unknown_role_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, spoiled: tuple[str, str]
) -> None:
    text = module.FILE.read_text(encoding="utf-8").replace(*spoiled)
    changed = tmp_path / "role_matrix.toml"
    changed.write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "FILE", changed)
    with pytest.raises(ValueError, match="unknown roles: \\['root'\\]"):
        module.matrix.__wrapped__()
