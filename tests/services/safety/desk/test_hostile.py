"""Nasty values in every place of every type of message, rightly signed: whoever has a key may be
wrong in all that it says."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hostile.corpus import MARK, READABLE, UNREADABLE, Nasty
from tests.hostile.sending import HOLE, paths
from tests.hostile.test_every_route import PROBLEM, Turn
from tests.services.safety.desk.system import SIGNED, DeskSystem, judgement, number
from tests.services.safety.life import Life
from tests.support.database import TestDatabase

INSTANT = "2026-02-21T10:00:00Z"


def messages(life: Life) -> dict[str, dict[str, Any]]:
    about = {"case_number": number(life)}
    sent = {"authority": "EU", "obligations": ["00000000-0000-4000-8000-000000000001"],
            "sent_at": INSTANT, "complete": True, "signed": SIGNED}  # fmt: skip
    answered = {"accepted": True, "received_at": INSTANT, "acknowledgement": "A-1"}
    return {
        "case.number_assigned": about | {"desk_number": "D-1"},
        "case.judged": judgement(life),
        "query.raised": about | {"query_id": "Q-1", "question": "Which dose?", "event": "1"},
        "query.closed": about | {"query_id": "Q-1", "reason": "Answered."},
        "report.submitted": about | {"reference": "R-1"} | sent,
        "report.answered": about | {"reference": "R-1"} | answered,
    }


def spoiled(message: Any, turn: Turn) -> Iterator[tuple[Nasty, str]]:
    """The message with one value in one place of it, as text: each that is unreadable somewhere,
    and some others everywhere."""
    places = list(paths(message))
    for turned, at in enumerate(places):
        for nasty in (*UNREADABLE[turned :: len(places)], *turn.some(READABLE, 3)):
            whole: Any = {"": json.loads(json.dumps(message))}
            inner, steps = whole, ("", *at)
            for step in steps[:-1]:
                inner = inner[step]
            inner[steps[-1]] = HOLE
            yield nasty, json.dumps(whole[""]).replace(json.dumps(HOLE), nasty.raw)


@pytest.mark.proves("PLT-4", kind="fuzz")
def test_whatever_stands_in_a_message_is_refused_without_an_echo_or_taken(
    life: Life, desk: DeskSystem, database: TestDatabase, log_lines: io.StringIO
) -> None:
    turn = Turn()
    for type_, data in messages(life).items():
        message = {"type": type_, "timestamp": INSTANT, "data": data}
        for nasty, text in spoiled(message, turn):
            answer = desk.send(type_, sent=text)
            what = f"{type_}: {nasty.name}: {answer.status_code} {answer.text[:300]}"
            if nasty.unreadable or len(text) > 65_536:
                kind = "too-large" if len(text) > 65_536 else "malformed-request"
                assert answer.json()["type"] == PROBLEM + kind, what
            assert answer.status_code in {200, 400, 409, 413, 422}, what
            if answer.status_code != 200:
                assert MARK not in answer.text, what
                assert answer.headers["content-type"] == "application/problem+json"
    assert "unhandled exception" not in log_lines.getvalue()
    assert MARK not in log_lines.getvalue()
    kept = database.rows("SELECT DISTINCT state FROM safety.desk_message ORDER BY state")
    assert kept == [("applied",), ("parked",)], "some were taken, and some contradict the case"
