"""What leaves a deployment beside its answers, and that no word about a child has a way into it.

Logs, events, webhooks, notices and refusals are searched under faults (`tests/simulation`). Metrics
and traces come out on AWS alone: here is shown that they are made of a closed vocabulary.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from infra.aws import watch
from infra.local.home import PROJECT
from shared.trace import Trace, trace_of
from tests.infra.template.templates import ROOT, documents, resources, texts
from tests.support.database import TestDatabase

FOLDERS = ("shared", "services", "infra")
# A library that sends spans or metrics would have a way of its own.
SENDERS = {
    "aws_xray_sdk", "opentelemetry", "aws_lambda_powertools", "aws_embedded_metrics", "statsd",
    "prometheus_client", "sentry_sdk", "ddtrace",
}  # fmt: skip
# Of a request the gateway's log has times, sizes, who came from where, and the route as the
# template spells it: a path would hold a subject's code, a query what is searched for.
ACCESS = {
    "$context.requestTime", "$context.requestId", "$context.routeKey", "$context.status",
    "$context.responseLatency", "$context.integrationLatency", "$context.identity.sourceIp",
    "$context.responseLength", "$context.authorizer.error",
}  # fmt: skip


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for folder in FOLDERS:
        for file in sorted((PROJECT / folder).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


TREES = list(trees())


def test_a_metric_has_a_name_of_the_template_a_number_and_no_dimension_from_a_line() -> None:
    for one in resources("AWS::Logs::MetricFilter"):
        (made,) = one.properties["MetricTransformations"]
        assert made.keys() == {"MetricNamespace", "MetricName", "MetricValue"}, one
        assert re.fullmatch(r"[A-Za-z]+", made["MetricName"]), one
        assert re.fullmatch(r"1|\$\.gauges\.[a-z_]+", made["MetricValue"]), one


def test_dimensions_are_names_of_the_deployments_own_parts() -> None:
    for alarm in resources("AWS::CloudWatch::Alarm"):
        for told in texts(alarm.properties.get("Dimensions", [])):
            assert "$." not in told, alarm


def test_gauges_are_numbers(database: TestDatabase) -> None:
    engine = database.engine("induct_platform")
    found = watch.gauges(engine)
    database.done_with(engine)
    assert {type(value) for value in found.values()} <= {int, float}
    assert all(re.fullmatch(r"[a-z_]+", name) for name in found)


def test_no_library_sends_spans_or_metrics_past_the_log() -> None:
    imported = {
        name.split(".")[0]
        for _, tree in TREES
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert "psycopg" in imported
    assert not imported & SENDERS
    called = {node.attr for _, tree in TREES for node in ast.walk(tree)
              if isinstance(node, ast.Attribute)}  # fmt: skip
    assert not called & {"put_metric_data", "put_trace_segments", "put_annotation", "put_metadata"}


def test_words_of_a_line_are_constants_of_the_code() -> None:
    seen = 0
    for file, tree in TREES:
        if not _writes_lines(tree):
            continue
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id != "log":
                continue
            seen += 1
            assert _is_constant(node.args[0]), f"{file}:{node.lineno}"
    assert seen > 20


def _writes_lines(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "shared.http.logs"
        and "log" in {alias.name for alias in node.names}
        for node in ast.walk(tree)
    )  # fmt: skip


def _is_constant(node: ast.expr) -> bool:
    """A text of the code, or one of two."""
    if isinstance(node, ast.IfExp):
        return _is_constant(node.body) and _is_constant(node.orelse)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_gateways_log_has_no_path_and_no_query() -> None:
    stages = [each for each in texts(documents()[ROOT]) if "$context." in each]
    assert stages
    for told in stages:
        assert set(re.findall(r"\$context\.[A-Za-z.]+", told)) <= ACCESS


@pytest.mark.parametrize("told", ["Zebrafinch", "00-INO-ALLR3-01", "00-" + "0" * 32 + "-x-01"])
def test_a_trace_is_three_numbers_whatever_a_caller_sends(told: str) -> None:
    found = trace_of("a request", told, f"Root={told}")
    assert {each.name for each in fields(Trace)} == {"id", "span", "flags"}
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", found.traceparent)
