"""What of a deployment calls a person, asked of it in the middle of a run."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from infra.aws import watch
from infra.database.sli import measure
from infra.local.home import TEMPLATE
from infra.topology import read_topology
from shared.database.engine import blocking_engine
from shared.http.logs import log_to
from tests.infra.template.filter_pattern import rings
from tests.infra.template.templates import resources

FILE = "alarms.jsonl"
_DEAD = """
    SELECT consumer, count(*) FROM platform.delivery WHERE state = 'dead' GROUP BY consumer
"""


def note(admin: psycopg.Connection[Any], platform_url: str, folder: Path) -> None:
    """Write down, beside what a superuser counts, what those see who are called: the line of the
    minutely watch, the status of one machine, and the alarms of the queues by that many letters."""
    dead = {consumer: int(count) for consumer, count in admin.execute(_DEAD).fetchall()}
    line = {
        "dead": dead,
        "gauge": (told := _watched(platform_url))["gauges"]["dead_letters"],
        "line": told,
        "status": next(each.good for each in measure(platform_url, None)
                       if each.id == "dead_letters"),
        "ringing": sorted(queue for queue in _queues() if _rings(queue, dead.get(queue, 0))),
    }  # fmt: skip
    with (folder / FILE).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


def _watched(url: str) -> Mapping[str, Any]:
    """The line of the watch, with its gauges."""
    stream, engine = io.StringIO(), blocking_engine(url, pool_size=1)
    watch._engines[:] = [engine]
    log_to(stream)
    try:
        watch.handler({}, None)
    finally:
        log_to(None)
        watch._engines.clear()
        engine.dispose()
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def _queues() -> list[str]:
    return [consumer.queue for consumer in read_topology(TEMPLATE).consumers]


def _rings(queue: str, dead: int) -> bool:
    """Whether the alarm of a queue's dead letters rings at so many of them."""
    letters = read_topology(TEMPLATE).queue(queue).dead_letter_queue
    named = next(each.properties["QueueName"] for each in resources("AWS::SQS::Queue")
                 if each.logical_id == letters)  # fmt: skip
    (alarm,) = (
        each.properties
        for each in resources("AWS::CloudWatch::Alarm")
        if each.properties["MetricName"] == "ApproximateNumberOfMessagesVisible"
        and each.properties["Dimensions"] == [{"Name": "QueueName", "Value": named}]
    )
    return rings(alarm, [float(dead)])
