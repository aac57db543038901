"""Refusals: RFC 9457, a pointer into what was sent, and never the value."""

import json
from typing import Any

import pytest
from httpx import Response
from jsonschema import Draft202012Validator

from shared.http import problems
from shared.http.problems import MEDIA_TYPE, PREFIX, SCHEMA, Problem
from tests.shared.http.sample_app import BASE, CANARY, SampleClient, thing


def faults(answer: Response) -> set[tuple[str, str]]:
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    body = answer.json()
    Draft202012Validator(SCHEMA).validate(body)
    assert body["status"] == answer.status_code
    return {(fault["pointer"], fault["code"]) for fault in body.get("errors", [])}


@pytest.mark.proves("PLT-4", kind="negative")
@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"subject": CANARY.lower()}, "/subject", "string-pattern-mismatch"),
        ({"subject": 20150615}, "/subject", "string-type"),
        ({"subject": None}, "/subject", "missing"),
        ({"name": CANARY * 20}, "/name", "string-too-long"),
        ({"name": CANARY + "\x1b"}, "/name", "value-error"),
        ({"seen_at": CANARY}, "/seen_at", "value-error"),
        ({"seen_at": "2015-06-15T00:00:00"}, "/seen_at", "value-error"),
        ({"born_on": "2015-06-31"}, "/born_on", "value-error"),
        ({"born_on": [CANARY]}, "/born_on", "value-error"),
        ({"given": CANARY}, "/given", "object-type"),
        ({"given": {"kind": CANARY}}, "/given", "union-tag-invalid"),
        ({"given": {"count": 1, CANARY: 1}}, "/given", "union-tag-not-found"),
        ({"given": {"kind": "tablet", "count": 20150615}}, "/given/count", "less-than-equal"),
        ({"given": {"kind": "tablet"}}, "/given/count", "missing"),
        ({"given": {"kind": "tablet", "count": 1, "dose": CANARY}},
         "/given/dose", "extra-forbidden"),
        ({"given": {"kind": "infusion", "dose": CANARY}}, "/given/dose", "value-error"),
        ({"more": [{"kind": "tablet", "count": 1}, {"kind": CANARY, "count": 1}]},
         "/more/1/kind", "literal-error"),
        ({"more": {CANARY: 1}}, "/more", "list-type"),
        ({"more": [CANARY]}, "/more/0", "object-type"),
        ({"values": {"a/b~c": 1}}, "/values/a~1b~0c", "string-pattern-mismatch"),
        ({"values": {f"v{n}": n for n in range(4)}}, "/values", "too-long"),
        ({"arm": CANARY}, "/arm", "extra-forbidden"),
    ],
)  # fmt: skip
def test_a_fault_is_pointed_at_and_its_value_never_repeated(
    sample: SampleClient, changed: dict[str, Any], pointer: str, code: str
) -> None:
    answer = sample.post(f"{BASE}/things", json=thing(**changed))
    assert (answer.status_code, faults(answer)) == (422, {(pointer, code)})
    assert not {"CANARY", "2015"} & set(answer.text.replace("-", " ").split())
    assert CANARY not in answer.text


def test_a_fault_in_a_choice_of_types_points_at_the_field_and_not_at_the_types(
    sample: SampleClient,
) -> None:
    answer = sample.post(f"{BASE}/things", json=thing(values={"a": [CANARY]}))
    assert {pointer for pointer, _ in faults(answer)} == {"/values/a"}
    assert CANARY not in answer.text


def test_a_choice_that_is_not_named_is_asked_for_by_its_name_and_no_class_of_ours_is(
    sample: SampleClient,
) -> None:
    answer = sample.post(f"{BASE}/things", json=thing(given={}, more=[1]))
    assert {fault["detail"] for fault in answer.json()["errors"]} == {
        "'kind' is missing: it says which of several this is", "A JSON object is expected.",
    }  # fmt: skip


def test_all_faults_are_told_at_once(sample: SampleClient) -> None:
    sent = thing(subject="-", name="", given=None, extra=1)
    assert faults(sample.post(f"{BASE}/things", json=sent)) == {
        ("/subject", "string-pattern-mismatch"),
        ("/name", "string-too-short"),
        ("/given", "missing"),
        ("/extra", "extra-forbidden"),
    }


def test_a_pointer_leads_to_the_place_in_what_was_sent(sample: SampleClient) -> None:
    sent = thing(given={"kind": "infusion", "dose": 1}, more=[{"kind": "tablet", "count": "2"}])
    for pointer, _ in faults(sample.post(f"{BASE}/things", json=sent)):
        place: Any = sent
        for step in pointer.split("/")[1:]:
            place = place[int(step)] if isinstance(place, list) else place[step]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/#query/limit"),
        ("limit=201", "/#query/limit"),
        ("limit=CANARY", "/#query/limit"),
        ("after=CANARY%00", "/#query/after"),
        ("after=CANARY'--", "/#query/after"),
        ("since=CANARY", "/#query/since"),
        ("since=1434326400", "/#query/since"),
        ("since=2015-06-15T10:00:00", "/#query/since"),
    ],
)
def test_a_fault_in_the_query_is_pointed_at_too(
    sample: SampleClient, query: str, pointer: str
) -> None:
    answer = sample.get(f"{BASE}/things?{query}")
    assert {where for where, _ in faults(answer)} == {pointer}
    assert "CANARY" not in answer.text


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"CANARY"', b"1", b"[[[]]]"])
def test_a_body_that_is_no_object_is_refused(sample: SampleClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = sample.post(f"{BASE}/things", content=body, headers=headers)
    assert answer.status_code == 422
    assert {pointer for pointer, _ in faults(answer)} == {"/"}
    assert "CANARY" not in answer.text


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "json", "a/b/c"])
def test_a_body_of_another_media_type_is_refused(sample: SampleClient, content_type: str) -> None:
    content = json.dumps(thing(name=CANARY)).encode()
    headers = {"Content-Type": content_type}
    answer = sample.post(f"{BASE}/things", content=content, headers=headers)
    assert faults(answer) == {("/", "object-type")}
    assert "Content-Type" in answer.json()["errors"][0]["detail"]
    assert CANARY not in answer.text


def test_every_kind_of_problem_has_a_type_of_its_own() -> None:
    kinds = [
        each
        for each in vars(problems).values()
        if isinstance(each, type) and issubclass(each, Problem)
    ]
    assert len({each.kind for each in kinds}) == len(kinds) > 10
    for each in kinds:
        body = each().to_json()
        Draft202012Validator(SCHEMA).validate(body)
        assert body["type"] == PREFIX + each.kind
        assert 400 <= each.status < 600


def test_whoever_is_told_to_come_back_is_told_when() -> None:
    for kind in (problems.Unavailable, problems.RequestInFlight):
        assert int(kind().headers()["Retry-After"]) > 0
