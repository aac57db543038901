"""Faces: apps of another protocol on a service's core, and the OpenAPI document of each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared import __version__


class Routed(Protocol):
    """A route of a face, below its prefix. ``operation`` is that of the role matrix; None where
    anybody may ask and nothing of a trial is told."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def operation(self) -> str | None: ...


@dataclass(frozen=True)
class Telling:
    """What a face says of itself.

    ``said`` holds the OpenAPI operation of each (method, path), without what follows from the
    route; ``path_parameters`` describes them by name; ``schemes`` are its security schemes, all of
    which a route needs that has an operation.
    """

    title: str
    words: str
    said: Mapping[tuple[str, str], Mapping[str, Any]]
    path_parameters: Mapping[str, Mapping[str, Any]]
    schemes: Mapping[str, Mapping[str, Any]]
    schemas: Mapping[str, Any]


def describe_face(prefix: str, routes: Sequence[Routed], telling: Telling) -> dict[str, Any]:
    """The OpenAPI document of a face. Raises ``KeyError`` for a route that nothing is said of."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        said = dict(telling.said[route.method, route.path])
        named = re.findall(r"{(\w+)}", route.path)
        in_path = [
            {"name": name, "in": "path", "required": True, **telling.path_parameters[name]}
            for name in named
        ]
        said["parameters"] = [*in_path, *said.get("parameters", [])]
        said["operationId"] = _operation_id(route)
        if route.operation is None:
            said["security"] = []
        paths.setdefault(prefix + route.path, {})[route.method.lower()] = said
    return {
        "openapi": "3.1.0",
        "info": {"title": telling.title, "version": __version__, "description": telling.words},
        "paths": paths,
        "components": {
            "schemas": dict(telling.schemas),
            "securitySchemes": dict(telling.schemes),
        },
        "security": [{name: [] for name in telling.schemes}],
    }


def _operation_id(route: Routed) -> str:
    words = re.findall(r"\w+", route.path)
    return "_".join([route.method.lower(), *words])
