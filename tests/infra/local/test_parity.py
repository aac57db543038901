"""Template and code tell the same, or the stack does not start."""

import re
from dataclasses import replace

import pytest

from infra.database.cast import SERVICES
from infra.local.functions import load
from infra.local.home import TEMPLATE
from infra.local.parity import Disagreement, assert_parity
from infra.topology import Topology, read_topology

APPS = {service: load(f"services.{service}.entrypoint.app") for service in SERVICES}


@pytest.fixture(scope="module")
def topology() -> Topology:
    return read_topology(TEMPLATE)


def test_the_template_as_shipped_agrees_with_the_code(topology: Topology) -> None:
    assert_parity(topology, APPS)


def test_a_route_that_only_the_code_has_is_named(topology: Topology) -> None:
    first, *rest = topology.routes
    less = replace(topology, routes=tuple(rest))
    missing = re.escape(f"{first.method} {first.path} is in the code only")
    with pytest.raises(Disagreement, match=missing):
        assert_parity(less, APPS)


def test_a_route_that_only_the_template_has_is_named(topology: Topology) -> None:
    route = replace(topology.routes[0], path="/randomization/v1/studies/{study}/future")
    more = replace(topology, routes=(*topology.routes, route))
    with pytest.raises(Disagreement, match="/future is in the template only"):
        assert_parity(more, APPS)


def test_a_scope_that_differs_is_named(topology: Topology) -> None:
    first = replace(topology.routes[0], scopes=("randomization/read",))
    other = replace(topology, routes=(first, *topology.routes[1:]))
    with pytest.raises(Disagreement, match=f"needs {topology.routes[0].scopes[0]}"):
        assert_parity(other, APPS)


def test_a_route_that_anybody_may_call_is_named(topology: Topology) -> None:
    first = replace(topology.routes[0], authorizer=None)
    other = replace(topology, routes=(first, *topology.routes[1:]))
    with pytest.raises(Disagreement, match="has no authorizer"):
        assert_parity(other, APPS)


def test_a_door_of_a_face_that_the_template_lacks_is_named(topology: Topology) -> None:
    rest = tuple(route for route in topology.routes if route.method != "ANY")
    with pytest.raises(Disagreement, match=r"ANY /RaveWebServices/{proxy\+} is in the code only"):
        assert_parity(replace(topology, routes=rest), APPS)


def test_a_door_of_a_face_behind_an_authorizer_is_named(topology: Topology) -> None:
    routes = tuple(
        replace(route, authorizer="Token") if route.method == "ANY" else route
        for route in topology.routes
    )
    with pytest.raises(Disagreement, match="which its callers cannot pass"):
        assert_parity(replace(topology, routes=routes), APPS)


def test_a_handler_that_is_not_there_is_named(topology: Topology) -> None:
    first = replace(topology.functions[0], handler="services.randomization.entrypoint.nothing")
    other = replace(topology, functions=(first, *topology.functions[1:]))
    with pytest.raises(Disagreement, match=r"there is no services\.randomization"):
        assert_parity(other, APPS)


def test_a_queue_without_a_reader_is_named(topology: Topology) -> None:
    other = replace(topology, consumers=topology.consumers[1:])
    with pytest.raises(Disagreement, match="nobody consumes"):
        assert_parity(other, APPS)
