"""What was taken is given back everywhere as what it is: no page, file or list is spoiled by
a text that somebody stored, and in files for people it is no formula (rows B07, B08)."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.database.cast import SERVICES
from shared.identity.matrix import matrix
from tests.hostile.corpus import CORPUS
from tests.hostile.sending import Request
from tests.shared.identity.cells.cases import EVENT
from tests.shared.identity.cells.places import OWN, Ids, Map
from tests.shared.identity.routes import ROUTES
from tests.support.api import ApiClient

Clients = dict[str, ApiClient]
# Texts that are nasty to whoever shows them, and may be told all the same.
TEXTS = [n for n in CORPUS if n.row in {"B07", "B08", "B19"} and n.text]
FREE = {"reason", "text", "name", "source", "title", "answer", "event_term", "owner", "file_name"}
# Of these, what pages show.
SHOWN = {"event_term", "name"}
FORMATS = ("", "format=csv", "format=html")
IN_FORMATS = {
    "safety.read_due_list", "safety.read_line_listing", "safety.read_safety_summary",
    "safety.read_summary_by_treatment",
}  # fmt: skip
# Where an answer tells the id of what was made, by the name that paths give it.
MADE = {"record_id": "record", "query_id": "query", "case_number": "case", "run_id": "run"}
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


@pytest.fixture
def clients(client_for: Callable[[str], ApiClient]) -> Clients:
    return {service: client_for(service) for service in SERVICES}


def test_what_was_stored_spoils_no_answer(drawn: Map, clients: Clients) -> None:
    here = drawn.here
    made = [here | ids for ids in store(here, clients)]
    assert len(made) > 30, "too little was taken for anything to be spoiled"
    newest: dict[str, Ids] = {}
    for ids in made:
        newest |= {f"{name} {value}": ids for name, value in ids.items() if name in MADE.values()}
    read: list[str] = []
    for place in (here, *list(newest.values())[-3:]):
        for what, answer in everything(place, clients, here):
            read.append(what)
            assert answer.status_code in {200, 404, 409, 410, 503}, f"{what}: {answer.text[:300]}"
            harmless(what, answer)
    assert len(read) > len([route for route in ROUTES if route.method == "GET"])


def test_a_stored_text_is_unaltered_for_machines_and_no_formula_for_people(
    drawn: Map, clients: Clients
) -> None:
    api, here = clients["assessments"], drawn.here
    for number, nasty in enumerate(TEXTS, start=20):
        body = {"form": "adverse_event", "repeat": number, "items": EVENT | {"term": nasty.text}}
        answer = api.post(f"/subjects/{here['subject']}/assessments", json=body)
        assert answer.status_code in {201, 422}, nasty.name
    made = api.post("/exports", json={"formats": ["csv", "xpt", "odm", "dataset-json"]}).json()
    files = {each["name"]: api.get(f"/exports/{made['export_id']}/{each['href']}")
             for each in made["files"]}  # fmt: skip
    assert {each.status_code for each in files.values()} == {200}
    formula = next(n.text for n in TEXTS if n.text and n.text.startswith("="))
    assert formula in table(files["ae.csv"])
    people = list(table(files["ae.people.csv"]))
    assert f"'{formula}" in people
    assert formula not in people


def store(place: Ids, clients: Clients) -> Iterator[Ids]:
    """Put the texts where free text goes; answers the ids of what was made by each that was."""
    for number, route in enumerate(ROUTES):
        request = Request(route, place)
        for at in request.leaves():
            if at[-1] in FREE:
                some = (TEXTS[number % len(TEXTS)], TEXTS[(number + 5) % len(TEXTS)])
                for nasty in TEXTS if at[-1] in SHOWN else some:
                    content = request.with_value(at, nasty)
                    answer = request.send(clients[route.service], content=content)
                    assert answer.status_code < 500, f"{route.operation} {at}: {nasty.name}"
                    if answer.is_success:
                        yield ids_in(answer)


def ids_in(answer: httpx.Response) -> Ids:
    try:
        told = answer.json()
    except json.JSONDecodeError:
        return {}
    return {MADE[name]: str(value) for name, value in told.items() if name in MADE and value}


def everything(place: Ids, clients: Clients, seen: Ids) -> Iterator[tuple[str, Any]]:
    """Every answer to a question, in every format, about a place; where it is another one than was
    seen, about what is new there."""
    for route in ROUTES:
        request = Request(route, place)
        new = any(place[name] != seen[name] for name in request.parameters())
        if route.method == "GET" and (new or place == seen):
            role = max(matrix().operations[route.operation].roles)
            for query in FORMATS if route.operation in IN_FORMATS else ("",):
                url = request.url()
                url += ("&" if "?" in url else "?") + query if query else ""
                answer = clients[route.service].get(url, role=role, sites=[OWN])
                kinds = request.promised[str(answer.status_code)].get("content", {})
                assert answer.headers["content-type"].partition(";")[0] in kinds, url
                if answer.status_code != 422:  # another format is not on offer
                    yield f"{route.operation} {query}", answer


def harmless(what: str, answer: Any) -> None:
    """An answer is well formed whatever it holds; what people open runs nothing."""
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "text/html":
        assert "<script>alert" not in answer.text, what
        assert "<img" not in answer.text, what
    elif kind.endswith("json"):
        json.loads(answer.content)
    elif kind == "text/csv" and "/exports/" not in str(answer.url):
        for cell in table(answer):
            assert NUMBER.fullmatch(cell) or not cell.startswith(tuple("=+-@\t\r")), what


def table(answer: Any) -> Iterator[str]:
    for row in csv.reader(io.StringIO(answer.content.decode(), newline=""), strict=True):
        yield from row
