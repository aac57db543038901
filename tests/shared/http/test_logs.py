"""The log: one JSON object a line, of fields on an allow-list."""

import io
import json
from typing import Any

import pytest

from shared.http.logs import ALLOWED, ForbiddenField, log
from shared.trace import trace_of
from tests.shared.http.sample_app import BASE, CANARY, SampleClient, thing


def lines_of(log_lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log_lines.getvalue().splitlines()]


@pytest.mark.parametrize("field", ["body", "arm", "birth_date", "subject", "detail", "Role", "sql"])
def test_a_field_outside_the_list_is_an_error_and_writes_nothing(
    log_lines: io.StringIO, field: str
) -> None:
    with pytest.raises(ForbiddenField, match=field):
        log("message", **{field: CANARY, "role": "admin"})
    assert log_lines.getvalue() == ""


def test_the_error_names_the_field_and_not_its_value() -> None:
    with pytest.raises(ForbiddenField) as caught:
        log("message", narrative=CANARY)
    assert CANARY not in str(caught.value)


def test_nothing_on_the_list_can_hold_trial_data() -> None:
    forbidden = {"body", "query", "url", "path", "subject", "site", "arm", "stratum", "list_id"}
    forbidden |= {"birth_date", "birth_year_month", "name", "narrative", "detail", "value", "token"}
    assert not ALLOWED & forbidden


@pytest.mark.parametrize(
    "text", ['a\nb\r\n{"level": "info"}', "\x1b[31mred", 'quote " and \\', "\u2028\u2029", "\x00"]
)
def test_whatever_is_said_stays_on_one_line(log_lines: io.StringIO, text: str) -> None:
    log(text, role=text)
    assert log_lines.getvalue().isprintable() is False  # the newline at its end
    assert log_lines.getvalue()[:-1].isprintable()
    (line,) = lines_of(log_lines)
    assert (line["message"], line["role"]) == (text, text)


def test_a_line_says_when_and_how_grave(log_lines: io.StringIO) -> None:
    log("message", level="error", count=2)
    (line,) = lines_of(log_lines)
    assert line["level"] == "error"
    assert line["count"] == 2
    assert line["ts"].endswith("+00:00")


def test_a_request_is_one_line_of_who_what_and_how_it_ended(
    sample: SampleClient, log_lines: io.StringIO
) -> None:
    answer = sample.post(f"{BASE}/things?limit=7", json=thing(name=CANARY))
    (line,) = lines_of(log_lines)
    assert line.keys() <= ALLOWED
    assert line | {"ts": "", "ms": 0, "actor": ""} == {
        "ts": "",
        "ms": 0,
        "actor": "",
        "level": "info",
        "message": "request",
        "service": "randomization",
        "request_id": answer.headers["X-Request-Id"],
        "trace_id": trace_of(answer.headers["X-Request-Id"], None).id,
        "method": "POST",
        "route": "/studies/{study}/things",
        "status": 200,
        "role": "admin",
    }
    assert len(line["actor"]) == 12, "a pseudonym of who asked"


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("sent", "xray", "told"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", "", TRACE),
        (
            f"00-{TRACE}-00f067aa0ba902b7-01",
            f"Root=1-5bef4de7-{TRACE[:24]}",
            "5bef4de7" + TRACE[:24],
        ),
        (f"00-{TRACE}\u00e9-00f067aa0ba902b7-01", "", None),
        (f"{TRACE} {CANARY}", f"Root={CANARY}", None),
        ("", "", None),
    ],
)
def test_a_line_names_the_trace_of_its_request_or_one_that_begins_with_it(
    sample: SampleClient,
    log_lines: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    sent: str,
    xray: str,
    told: str | None,
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", xray)
    headers = {"traceparent": sent.encode("latin-1")}
    sample.get(f"{BASE}/things", headers=headers)
    (line,) = lines_of(log_lines)
    assert line["trace_id"] == (told or trace_of(line["request_id"], None).id)


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
        ("POST", f"{BASE}/things", 422, "invalid-content"),
        ("GET", f"{BASE}/things?after={CANARY}%00", 422, "invalid-content"),
        ("GET", f"{BASE}/things/{CANARY}", 404, "not-found"),
        ("GET", f"/{CANARY}", 404, "not-found"),
        ("PUT", f"{BASE}/things", 405, "method-not-allowed"),
    ],
)
def test_a_refusal_is_logged_by_its_kind_and_without_what_was_sent(
    sample: SampleClient,
    log_lines: io.StringIO,
    method: str,
    path: str,
    status: int,
    problem: str,
) -> None:
    sample.request(method, path, content=json.dumps({"name": CANARY}), headers={"Cookie": CANARY})
    (line,) = lines_of(log_lines)
    assert (line["status"], line["problem"]) == (status, problem)
    assert CANARY not in log_lines.getvalue()


def test_who_was_refused_is_logged_too(sample: SampleClient, log_lines: io.StringIO) -> None:
    sample.get(f"{BASE}/things", headers={"Authorization": f"Bearer {CANARY}"})
    (line,) = lines_of(log_lines)
    assert (line["status"], line["problem"]) == (401, "unauthenticated")
    assert "role" not in line
    assert CANARY not in log_lines.getvalue()


def test_a_method_nobody_knows_forges_no_line(sample: SampleClient, log_lines: io.StringIO) -> None:
    sample.request("GET\u0020EVIL", f"{BASE}/things")
    assert len(lines_of(log_lines)) == 1
