"""From the line that the code writes to the alarm that rings: both ends are the real ones."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from infra.aws import watch
from shared.http.logs import log_to
from shared.study import StudyDefinition
from tests.infra.template.filter_pattern import compile_filter, rings, value_of
from tests.infra.template.templates import resources
from tests.services.randomization.world import SITE, open_trial, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
FILTERS = list(resources("AWS::Logs::MetricFilter"))
ALARMS = {
    alarm.properties["MetricName"]: alarm.properties
    for alarm in resources("AWS::CloudWatch::Alarm")
    if alarm.properties["Namespace"] == {"Fn::Sub": "Induct/${Stage}"}
}
# What happens to the database, and which alarm its gauges ring.
HAPPENS = {
    "an event waits for six minutes": (
        (
            "INSERT INTO platform.outbox (study_id, stream, version, type, envelope, created_at)"
            " VALUES ('x', 'x', 1, 'x', '{}', now() - interval '6 minutes')"
        ),
        "OutboxSeconds",
    ),
    "a trigger is off": (
        "ALTER TABLE randomization.site DISABLE TRIGGER audit",
        "GuardsTouched",
    ),
}


def ringing(lines: list[Mapping[str, Any]]) -> set[str]:
    """The metrics whose alarms ring when these lines come, one period long and no others."""
    found = set()
    for one in FILTERS:
        fits = compile_filter(one.properties["FilterPattern"])
        (made,) = one.properties["MetricTransformations"]
        told = [value for line in lines if fits(line)
                if (value := value_of(made, line)) is not None]  # fmt: skip
        if told and rings(ALARMS[made["MetricName"]], told):
            found.add(made["MetricName"])
    return found


@pytest.fixture
def lines() -> Iterator[Callable[[], list[Mapping[str, Any]]]]:
    """What was written since."""
    stream = io.StringIO()
    log_to(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    log_to(None)


@pytest.fixture
def watched(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestDatabase]:
    engine = database.engine("induct_platform")
    monkeypatch.setattr(watch, "_engines", [engine])
    yield database
    database.done_with(engine)


def test_the_gauges_of_a_quiet_minute_ring_nothing(
    watched: TestDatabase, lines: Callable[[], list[Mapping[str, Any]]]
) -> None:
    watch.handler({}, None)
    assert [line["message"] for line in lines()] == ["gauges"]
    assert ringing(lines()) <= {"ClockSkew"}  # of a busy machine


@pytest.mark.parametrize("what", HAPPENS)
def test_what_happens_to_the_database_rings_its_alarm_by_the_line_of_the_watch(
    watched: TestDatabase, lines: Callable[[], list[Mapping[str, Any]]], what: str
) -> None:
    statement, metric = HAPPENS[what]
    with watched.writing() as admin:
        admin.execute(statement.encode())
    watch.handler({}, None)
    assert ringing(lines()) - {"ClockSkew"} == {metric}


def test_what_callers_do_rings_by_the_lines_of_their_requests(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
    lines: Callable[[], list[Mapping[str, Any]]],
) -> None:
    activate(STUDY)
    api = client_for("randomization")
    open_trial(api)
    screen(database, "S01-001", study=STUDY)
    assert api.post("/allocations", json=request()).status_code == 201
    assert ringing(lines()) == set()
    assert api.get("/allocations/S01-001/explanation", role="statistician").status_code == 200
    assert ringing(lines()) == {"UnblindedReads"}
    for name in range(int(ALARMS["KeyReused"]["Threshold"]) + 1):
        assert "KeyReused" not in ringing(lines())
        other = SITE | {"site": "S09", "name": f"Hospital {name}"}
        api.post("/sites", role="admin", json=other, key="same")
    assert "KeyReused" in ringing(lines())
    assert "Denied" not in ringing(lines())
    for _ in range(int(ALARMS["Denied"]["Threshold"]) + 1):
        assert api.get("/balance", role="sponsor").status_code == 403
    assert "Denied" in ringing(lines())


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ('{ $.a = "x" }', {"a": "x"}, {"a": "xy"}),
        ('{ $.a = "*/x" }', {"a": "b/c/x"}, {"a": "x/b"}),
        ('{ $.a.b = 4 }', {"a": {"b": 4}}, {"a": {"b": "4"}}),
        ('{ $.a != "x" }', {"a": "y"}, {}),
        ('{ $.a = "x" && $.b = 1 || $.c = 2 }', {"c": 2}, {"a": "x", "c": 1}),
        ('{ ($.a = "x") && (($.b = 1) || ($.c = 2)) }', {"a": "x", "c": 2}, {"c": 2}),
    ],
)  # fmt: skip
def test_a_pattern_fits_as_the_manual_says(
    pattern: str, fitting: dict[str, Any], other: dict[str, Any]
) -> None:
    fits = compile_filter(pattern)
    assert fits(fitting)
    assert not fits(other)


@pytest.mark.parametrize("pattern", ["x", '{ $.a ~ "x" }', '{ ($.a = "x" }', '{ $.a = "x" ) }'])
def test_a_pattern_of_another_kind_is_not_guessed_at(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"read|closed|comparison|JSON"):
        compile_filter(pattern)
