"""Puts a nasty value into each place of a request that is otherwise in order."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import quote

import httpx

from shared.http.description import describe
from shared.identity.matrix import matrix
from tests.hostile.corpus import Nasty
from tests.shared.identity.cells.examples import EXAMPLES, Example
from tests.shared.identity.cells.places import Ids
from tests.shared.identity.routes import Route
from tests.support.api import ApiClient

Path = tuple[str | int, ...]
HOLE = "\ue000hole\ue000"


class Request:
    """A call of a route with the ids of a place, by a role that may make it."""

    def __init__(self, route: Route, place: Ids) -> None:
        self.route, self.place = route, place
        self.example = EXAMPLES.get(route.operation, Example())
        self.role = min(matrix().operations[route.operation].roles)
        self.path = route.template.split("{study}", 1)[1]

    @property
    def body(self) -> Any:
        return json.loads(self._filled(json.dumps(self.example.body)))

    @property
    def promised(self) -> dict[str, Any]:
        """The answers that the description of the operation names, by status."""
        methods = described(self.route.service)[self.route.template]
        answers: dict[str, Any] = methods[self.route.method.lower()]["responses"]
        return answers

    def leaves(self) -> list[Path]:
        """Every value in the body, and every list and object around one."""
        return [] if self.example.body is None else [path for path in paths(self.body) if path]

    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def with_value(self, at: Path, nasty: Nasty) -> bytes:
        """The body with the nasty value at one place of it."""
        body = self.body
        inner = body
        for step in at[:-1]:
            inner = inner[step]
        inner[at[-1]] = HOLE
        return json.dumps(body).replace(json.dumps(HOLE), nasty.raw).encode()

    def url(self, **instead: str) -> str:
        """The path; ``instead`` gives the text of some of its parameters."""
        # Half a surrogate pair goes as the bytes that it would have, which are no UTF-8.
        words: Mapping[str, str] = self.place | {
            name: quote(value, safe="", errors="surrogatepass") for name, value in instead.items()
        }
        return re.sub(r"{(\w+)}", lambda found: words[found[1]], self.path) + self._filled(
            self.example.query
        )

    def send(
        self, api: ApiClient, url: str | None = None, content: bytes | None = None, **more: Any
    ) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if self.route.method != "GET":
            headers.setdefault("If-Match", '"1"')
        if content is None and self.example.raw is not None:
            headers["Content-Type"], content = self.example.raw
        elif content is None and self.example.body is not None:
            content = json.dumps(self.body).encode()
        if content is not None:
            headers.setdefault("Content-Type", "application/json")
            more["content"] = content
        return api.request(
            self.route.method, url or self.url(), role=self.role, headers=headers, **more
        )

    def _filled(self, text: str) -> str:
        return re.sub(r"{(\w+)}", lambda found: self.place.get(found[1], found[0]), text)


@cache
def described(service: str) -> dict[str, Any]:
    """The paths of a service's description."""
    paths: dict[str, Any] = describe(import_module(f"services.{service}.entrypoint").app)["paths"]
    return paths


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    for step, found in inner:
        yield from paths(found, (*at, step))
