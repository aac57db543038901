"""Reads all that a role can find: every GET route, with the names that its own answers told it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.identity.matrix import matrix
from tests.blinding.world import World
from tests.shared.identity.routes import ROUTES

# What is by arm, for those who may see it: of these a role that may is not blinded.
CLOSED = ("/closed", "/unblinded")
# Where the values of a path's parameters are told: route, and the key in its items. A parameter
# after another one is told for each value of that one.
TOLD: Mapping[tuple[str, ...], tuple[str, str, str]] = {
    ("list_id",): ("randomization", "/lists", "list_id"),
    ("subject",): ("randomization", "/allocations", "subject"),
    ("subject", "record"): ("assessments", "/subjects/{subject}/assessments", "record_id"),
    ("subject", "derivation"): ("assessments", "/subjects/{subject}/derivations", "derivation_id"),
    ("query",): ("assessments", "/queries", "query_id"),
    ("case",): ("safety", "/cases", "case_number"),
    ("endpoint",): ("safety", "/webhooks", "endpoint_id"),
    ("run",): ("analytics", "/runs", "run_id"),
    ("figure",): ("analytics", "/figures", "name"),
    ("dataset",): ("analytics", "/datasets", "name"),
    ("result",): ("analytics", "/results", "id"),
}
FIXED = {("report",): [("open.html",), ("open.pdf",)]}
# Of what there is much of, every so many is looked up: of each child's derivations others.
EVERY = {("result",): 40, ("subject", "derivation"): 7}
PAGE = 200
OK = 200


@dataclass(frozen=True)
class Answer:
    """What was asked, all of what came back but the request's own id, and what was logged of it."""

    asked: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    log: str


class Reader:
    """A role at a site, or at all of them (``site`` is None)."""

    def __init__(self, world: World, role: str, site: str | None) -> None:
        self.world, self.role, self.site = world, role, site
        self._told: dict[tuple[str, ...], list[tuple[str, ...]]] = {}

    def everything(self) -> Iterator[Answer]:
        for route in ROUTES:
            operation = matrix().operations[route.operation]
            if route.method != "GET" or operation.scope.endswith(CLOSED):
                continue
            path = route.template.partition("/studies/{study}")[2]
            if self.role not in operation.roles:
                yield self._answer(route.service, route.path)
                continue
            for values in self._values(parameters(path)):
                yield from self._pages(route.service, path.format(**values))

    def _values(self, names: tuple[str, ...]) -> Iterator[dict[str, str]]:
        if not names:
            yield {}
            return
        for values in self._told_of(names):
            yield dict(zip(names, values, strict=True))

    def _told_of(self, names: tuple[str, ...]) -> list[tuple[str, ...]]:
        if names in FIXED:
            return FIXED[names]
        if names not in TOLD:
            return []
        if names not in self._told:
            service, path, key = TOLD[names]
            self._told[names] = [
                (*outer.values(), str(item[key]))
                for outer in self._values(names[:-1])
                for item in self._items(service, path.format(**outer))
            ]
        found = self._told[names]
        return list(islice(found, 0, None, EVERY.get(names, 1)))

    def _items(self, service: str, path: str) -> list[dict[str, Any]]:
        answers = list(self._pages(service, path))
        if answers[0].status != OK:
            return []
        return [item for answer in answers for item in json.loads(answer.content)["items"]]

    def _pages(self, service: str, path: str) -> Iterator[Answer]:
        """The answer; of a list, its further pages too."""
        after = ""
        while True:
            answer = self._answer(service, path + after)
            yield answer
            if b'"next":"' not in answer.content[-300:]:
                return
            following = json.loads(answer.content)["next"]
            after = f"?limit={PAGE}&after={following}"

    def _answer(self, service: str, path: str) -> Answer:
        found, log = self.world.ask(service, "GET", path, self.role, self.site)
        headers = {name: value for name, value in found.headers.items() if name != "x-request-id"}
        return Answer(f"{service} {path}", found.status_code, headers, found.content, log)


def parameters(path: str) -> tuple[str, ...]:
    return tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))
