"""From the commit that tells of an event to the consumer that has handled it."""

import json
import time
from http.client import HTTPConnection

import psycopg

from benchmarks.outcome import InvalidRun
from benchmarks.stack import Stack
from benchmarks.trial import SITE, STUDY, subject
from infra.local.home import DATABASE

PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 20
FIRST = 500_001
# Both instants are the database's. The first is taken as the outbox row is written, right before
# the commit; the second as the consumer's inbox row is, in the transaction of what it does.
_LATENCIES = """
    SELECT extract(epoch FROM i.processed_at - o.created_at)::float8
    FROM platform.outbox o JOIN platform.inbox i USING (event_id)
    WHERE o.type = 'subject.registered' AND i.consumer = 'randomization'
"""


def measure(stack: Stack, events: int) -> list[float]:
    """Seconds that each of so many events took, in a running stack.

    Children are registered one after another with a short pause: events come one by one in a
    trial. Raises ``InvalidRun`` where an event does not arrive.
    """
    _register(stack, events)
    ends = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(stack.cluster.superuser_url(DATABASE), autocommit=True) as admin:
        while True:
            found = [float(row[0]) for row in admin.execute(_LATENCIES).fetchall()]
            if len(found) >= events:
                return found
            if time.monotonic() > ends:
                raise InvalidRun(f"{len(found)} of {events} events were handled")
            time.sleep(0.1)


def _register(stack: Stack, children: int) -> None:
    token = stack.home.issuer().token(
        client="benchmark", role="coordinator", studies=[STUDY], sites=[SITE]
    )
    connection = HTTPConnection("127.0.0.1", stack.home.port, timeout=10)
    for number in range(FIRST, FIRST + children):
        body = {"subject": subject(number), "site": SITE, "birth_year_month": "2015-06",
                "sex": "female", "consented_on": "2024-01-20"}  # fmt: skip
        connection.request(
            "POST", f"/assessments/v1/studies/{STUDY}/subjects", json.dumps(body),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json",
             "Idempotency-Key": f"register-{number}"},
        )  # fmt: skip
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise InvalidRun(f"a registration was refused: {answer.status}")
        time.sleep(PAUSE_SECONDS)
    connection.close()
