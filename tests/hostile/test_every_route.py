"""Whatever is sent to whatever route: no fault of ours, a refusal in the form of one, no value
repeated, and nothing half done.

Of the many pairs of a place and a value the gate sends a part, another one for each place; all are
sent where ``INDUCT_HOSTILE=all`` (`make hostile`). What no body may hold is among the part at every
route, and refused by the same words wherever it stands: else a reader that let it through would be
noticed only where nothing behind it refuses it by chance.
"""

import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

import httpx
import pytest

from infra.database.cast import SERVICES
from tests.hostile.corpus import (
    ASSIGNED,
    BODIES,
    CORPUS,
    MARK,
    READ,
    READABLE,
    UNREADABLE,
    Nasty,
)
from tests.hostile.sending import Path, Request, described
from tests.shared.identity.cells.places import Map
from tests.shared.identity.routes import ROUTES
from tests.support.api import ApiClient

ALL = os.environ.get("INDUCT_HOSTILE") == "all"
AT_ONE_PLACE = len(CORPUS) if ALL else 3
PROBLEM = "urn:induct:problem:"


def requests(service: str, drawn: Map) -> list[Request]:
    return [Request(route, drawn.here) for route in ROUTES if route.service == service]


class Turn:
    """Hands out the corpus in turn, so that places that are alike get others of it."""

    def __init__(self) -> None:
        self._next = 0

    def some(self, among: Sequence[Nasty] = CORPUS, count: int = AT_ONE_PLACE) -> Iterator[Nasty]:
        for _ in range(min(count, len(among))):
            yield among[self._next % len(among)]
            self._next += 1


def values(request: Request, turn: Turn, first: int) -> Iterator[tuple[Path, Nasty]]:
    """Places of the body, each with values: all that are unreadable over the places of the route,
    beginning with the one of number ``first``, and some others at each."""
    leaves = request.leaves()
    shift = first % len(UNREADABLE)
    unreadable = UNREADABLE[shift:] + UNREADABLE[:shift]
    for number, at in enumerate(leaves):
        of_place = unreadable[number :: len(leaves)]
        for nasty in unreadable if ALL else of_place or [unreadable[number % len(unreadable)]]:
            yield at, nasty
        for nasty in turn.some(READABLE, AT_ONE_PLACE - 1):
            yield at, nasty


def hold(request: Request, answer: httpx.Response, what: str) -> None:
    """What holds of every answer. A refusal repeats nothing; whatever was taken may."""
    assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    assert str(answer.status_code) in request.promised, f"{what}: {answer.status_code} is untold"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", what
        assert answer.json()["type"].startswith(PROBLEM), what
        assert MARK not in answer.text, f"{what} is repeated: {answer.text[:300]}"
        assert MARK not in str(answer.headers), what
    else:
        described_as = request.promised[str(answer.status_code)].get("content", {})
        assert answer.headers["content-type"].partition(";")[0] in described_as, what


def pointed(answer: httpx.Response, at: Sequence[str | int]) -> bool:
    """Whether a refusal of a value points at its place, or at what it is part of."""
    where = "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in at)
    return any(
        where.startswith(error["pointer"]) or error["pointer"].startswith(where)
        for error in answer.json()["errors"]
    )


@pytest.fixture(autouse=True)
def no_fault_in_the_log(log_lines: io.StringIO) -> Iterator[None]:
    yield
    told = log_lines.getvalue()
    assert "unhandled exception" not in told
    assert MARK not in told
    assert all(line.startswith("{") and line.endswith("}") for line in told.splitlines())


@pytest.mark.proves("PLT-4", kind="fuzz")
@pytest.mark.parametrize("service", SERVICES)
def test_a_nasty_value_in_a_body_is_refused_at_its_place_or_taken(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api, turn = client_for(service), Turn()
    for number, request in enumerate(requests(service, drawn)):
        for at, nasty in values(request, turn, number):
            what = f"{request.route.operation} {at}: {nasty.name}"
            answer = request.send(api, content=request.with_value(at, nasty))
            hold(request, answer, what)
            told = answer.json().get("type", "")
            if nasty.unreadable:
                assert told == f"{PROBLEM}malformed-request", f"{what}: {answer.text[:300]}"
            elif told == f"{PROBLEM}invalid-content":
                assert pointed(answer, at), f"{what}: {answer.text[:500]}"


def test_what_no_body_may_hold_is_sent_to_every_route_that_takes_one() -> None:
    for service in SERVICES:
        turn = Turn()
        for number, route in enumerate(route for route in ROUTES if route.service == service):
            request = Request(route, {})
            sent = {nasty.name for _, nasty in values(request, turn, number)}
            assert sent >= {nasty.name for nasty in UNREADABLE if request.leaves()}, route.operation


@pytest.mark.parametrize("service", SERVICES)
def test_a_nasty_value_in_a_path_names_nothing(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api, turn = client_for(service), Turn()
    texts = [nasty for nasty in CORPUS if nasty.text and len(nasty.text) < 2_000]
    for request in requests(service, drawn):
        for name in request.parameters():
            for nasty in turn.some(texts):
                answer = request.send(api, request.url(**{name: str(nasty.text)}))
                what = f"{request.route.operation} {name}: {nasty.name}"
                hold(request, answer, what)
                assert answer.status_code in {404, 405, 401, 422}, f"{what}: {answer.text[:200]}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_nasty_query_is_refused_or_changes_nothing(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api, turn = client_for(service), Turn()
    texts = [nasty for nasty in CORPUS if nasty.text is not None and len(nasty.text) < 2_000]
    for request in requests(service, drawn):
        if request.route.method != "GET":
            continue
        for name in ("limit", "after", "as_of", "format", "state", "sort", "subject", "nobody"):
            for nasty in turn.some(texts, 1 if not ALL else len(texts)):
                query = f"{name}={quote(str(nasty.text), safe='', errors='surrogatepass')}"
                url = request.url()
                answer = request.send(api, f"{url}{'&' if '?' in url else '?'}{query}")
                hold(request, answer, f"{request.route.operation} ?{name}: {nasty.name}")


@pytest.mark.parametrize("service", SERVICES)
def test_a_body_that_is_none_is_refused(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api = client_for(service)
    turn = 0
    for request in requests(service, drawn):
        if request.example.body is None:
            continue
        for _ in range(len(BODIES) if ALL else 2):
            name, content = BODIES[turn % len(BODIES)]
            turn += 1
            answer = request.send(api, content=content)
            what = f"{request.route.operation}: {name}"
            hold(request, answer, what)
            expected = {422} if name in READ else {400, 413}
            assert answer.status_code in expected, f"{what}: {answer.status_code}"


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_sets_what_is_not_asked_for(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api = client_for(service)
    for number, request in enumerate(requests(service, drawn)):
        if request.example.body is None:
            continue
        for name in ASSIGNED if ALL else (ASSIGNED[number % len(ASSIGNED)],):
            body = request.body
            if name in body:
                continue
            answer = request.send(api, content=json.dumps(body | {name: MARK}).encode())
            hold(request, answer, f"{request.route.operation} {name}")
            assert answer.status_code == 422, f"{request.route.operation} {name}: {answer.text}"
            assert pointed(answer, (name,)), answer.text


@pytest.mark.parametrize("service", SERVICES)
def test_another_method_on_a_path_is_none(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api = client_for(service)
    known = {(route.method, route.template) for route in ROUTES}
    for request in requests(service, drawn):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            if (method, request.route.template) in known:
                continue
            answer = api.request(method, request.url(), role=request.role, content=b"{}")
            assert answer.status_code in {404, 405}, f"{method} {request.route.template}"
            if answer.status_code == 405:
                told = {each.lower() for each in answer.headers["Allow"].split(", ")}
                assert told >= described(service)[request.route.template].keys()


@pytest.mark.parametrize("service", SERVICES)
def test_a_change_that_names_no_version_is_refused_as_it_is_described(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api = client_for(service)
    for request in requests(service, drawn):
        if request.route.method != "GET":
            answer = request.send(api, headers={"If-Match": ""})
            hold(request, answer, request.route.operation)
