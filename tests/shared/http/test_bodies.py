"""Bodies: measured while they arrive, whatever their headers say."""

import json
from collections.abc import AsyncIterator

import pytest

from shared.http.strict_json import MAX_BYTES
from tests.shared.http.sample_app import BASE, CANARY, SampleClient, thing

JSON = {"Content-Type": "application/json"}


def kind_of(body: bytes) -> str:
    return str(json.loads(body)["type"]).removeprefix("urn:induct:problem:")


def padded(size: int) -> bytes:
    return json.dumps(thing()).encode().ljust(size)


def test_the_largest_body_is_accepted_and_one_byte_more_is_not(sample: SampleClient) -> None:
    assert sample.post(f"{BASE}/things", content=padded(MAX_BYTES), headers=JSON).status_code == 200
    answer = sample.post(f"{BASE}/things", content=padded(MAX_BYTES + 1), headers=JSON)
    assert (answer.status_code, kind_of(answer.content)) == (413, "too-large")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_without_an_end_is_read_no_further_than_its_limit(sample: SampleClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 10 * MAX_BYTES:  # endless enough, and the end of a test that fails
            read += 65_536
            yield b" " * 65_536

    answer = sample.post(f"{BASE}/things", content=endless(), headers=JSON)
    assert (answer.status_code, kind_of(answer.content)) == (413, "too-large")
    assert read <= MAX_BYTES + 2 * 65_536


@pytest.mark.parametrize("length", ["²", "-1", "9" * 5000, "1e3", "", "0x10", " 12", "12, 12"])
def test_a_length_that_is_no_number_breaks_nothing(sample: SampleClient, length: str) -> None:
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", length.encode("latin-1")),
    ]
    answer = sample.post(f"{BASE}/things", content=padded(500), headers=headers)
    assert answer.status_code == 200


@pytest.mark.proves("PLT-4", kind="negative")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"name": NaN}', "NaN and Infinity"),
        (b'{"name": 1e999}', "too large"),
        (b'{"name": "a\\u0000b"}', "NUL"),
        (b'{"name": "\\ud800"}', "surrogate"),
        (b'{"name": "a", "name": "b"}', "twice"),
        (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nests deeper"),
        (b'{"name": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"name": "CANARY', "not JSON: line 1, column 10"),
        (b'{"name": "\xff"}', "not UTF-8"),
        (b"{} trailing", "not JSON"),
    ],
)
def test_a_body_that_cannot_be_read_one_way_only_is_refused_by_name(
    sample: SampleClient, body: bytes, words: str
) -> None:
    answer = sample.post(f"{BASE}/things", content=body, headers=JSON)
    assert (answer.status_code, kind_of(answer.content)) == (400, "malformed-request")
    assert words in answer.json()["detail"]
    assert CANARY[:6] not in answer.text


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"]
)
def test_json_is_known_by_any_of_its_names(sample: SampleClient, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert sample.post(f"{BASE}/things", content=padded(500), headers=headers).status_code == 200


def test_json_stays_strict_under_any_of_its_names(sample: SampleClient) -> None:
    headers = {"Content-Type": "application/ld+json"}
    answer = sample.post(f"{BASE}/things", content=b'{"name": NaN}', headers=headers)
    assert kind_of(answer.content) == "malformed-request"


def test_a_compressed_body_is_not_unpacked(sample: SampleClient) -> None:
    import gzip

    headers = JSON | {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * 50_000_000)
    answer = sample.post(f"{BASE}/things", content=bomb, headers=headers)
    assert (answer.status_code, kind_of(answer.content)) == (400, "malformed-request")
