"""The template and the code must tell the same: routes, scopes, handlers, queues."""

from collections.abc import Iterator, Mapping

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from infra.local.functions import load
from infra.topology import Topology
from shared.http.app import StrictRoute
from shared.identity.matrix import matrix


class Disagreement(RuntimeError):
    """Template and code disagree; the message lists every difference."""


def assert_parity(topology: Topology, apps: Mapping[str, FastAPI]) -> None:
    """Raise ``Disagreement`` with all differences between template.yaml and the code."""
    differences = [
        *_route_differences(topology, apps),
        *_handler_differences(topology),
        *_queue_differences(topology),
    ]
    if differences:
        raise Disagreement("template.yaml and the code disagree:\n  " + "\n  ".join(differences))


def routes_of(app: FastAPI) -> dict[tuple[str, str], str]:
    """Operation of each (method, path) of an app, as ``service.operation``.

    The routes are asked, and not the description made of them: to describe every model takes about
    as long as all the rest of a start. Raises ``TypeError`` where a described route has no
    operation.
    """
    return {
        (method, str(context.path_format)): _operation(context.original_route)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.include_in_schema
        for method in context.methods or ()
    }


def _operation(route: APIRoute) -> str:
    if not isinstance(route, StrictRoute):
        raise TypeError(f"{route.path} is no route of an operation of the role matrix")
    return route.operation


def doors_of(app: FastAPI) -> list[tuple[str, str]]:
    """The routes of an app's faces: one a face, that takes everything under its prefix.

    The gateway asks no token there, because a face has credentials of its own and looks at them
    itself; and it answers nothing there, because a face's clients read no other's refusals.
    """
    return [("ANY", f"{prefix}/{{proxy+}}") for prefix in app.state.faces]


def _route_differences(topology: Topology, apps: Mapping[str, FastAPI]) -> Iterator[str]:
    in_code = {
        key: matrix().operations[operation].scope
        for app in apps.values()
        for key, operation in routes_of(app).items()
    }
    open_doors = {door for app in apps.values() for door in doors_of(app)}
    in_template = {
        (route.method, route.path): route.scopes
        for route in topology.routes
        if (route.method, route.path) not in open_doors
    }
    told = {(route.method, route.path) for route in topology.routes}
    for method, path in sorted(open_doors - told):
        yield f"{method} {path} is in the code only"
    for method, path in sorted(in_code.keys() - in_template.keys()):
        yield f"{method} {path} is in the code only"
    for method, path in sorted(in_template.keys() - in_code.keys()):
        yield f"{method} {path} is in the template only"
    for key in sorted(in_code.keys() & in_template.keys()):
        if in_template[key] != (in_code[key],):
            yield f"{key[0]} {key[1]} needs {in_code[key]}, the template says {in_template[key]}"
    for route in topology.routes:
        is_door = (route.method, route.path) in open_doors
        if is_door and (route.authorizer, route.scopes) != (None, ()):
            yield f"{route.method} {route.path} has an authorizer, which its callers cannot pass"
        if route.authorizer is None and not is_door:
            yield f"{route.method} {route.path} has no authorizer"


def _handler_differences(topology: Topology) -> Iterator[str]:
    for function in topology.functions:
        try:
            load(function.handler)
        except (ImportError, AttributeError):
            yield f"{function.logical_id}: there is no {function.handler}"


def _queue_differences(topology: Topology) -> Iterator[str]:
    consumed = {consumer.queue for consumer in topology.consumers}
    for rule in topology.rules:
        for target in rule.targets:
            if target.queue not in consumed:
                yield f"{rule.logical_id}: nobody consumes {target.queue}"
