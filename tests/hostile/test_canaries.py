"""What is told in every place of every route that takes it is kept where it was put, and is nowhere
else: in no event, delivery, message to a desk, note of an operator, or log line (invariant I8).

A column that is added and holds such a thing is found here, and is either named below or mended.
"""

import io
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from infra.database.cast import SERVICES
from shared.artefacts import DirectoryStore
from shared.http.description import describe
from tests.hostile.corpus import MARK, Nasty
from tests.hostile.sending import Request
from tests.shared.identity.cells.places import Map
from tests.shared.identity.routes import ROUTES
from tests.support.api import ApiClient
from tests.support.bus import Bus
from tests.support.database import TestDatabase

WORD = Nasty("", "a word", f'"{MARK}"')
# So many places of so many routes take a text as it is, or the test has told nobody anything.
PLACES, OPERATIONS = 40, 30

# The trail, and the answer that a repetition of the call gets, hold what the record holds.
EVERYTHING = {"platform.idempotency.body", "platform.audit.new_value", "platform.audit.reason"}
WORDS = EVERYTHING | {
    "randomization.broken_glass.reason", "randomization.corrected_stratum.reason",
    "randomization.forced_allocation.decision_reason", "randomization.forced_allocation.reason",
    "randomization.in_error.reason", "randomization.site.name",
    "assessments.flag_event.reason", "assessments.job.file_id", "assessments.job.source",
    "assessments.query.message", "assessments.query_event.message",
    "assessments.record_version.reason", "assessments.submission.source",
    "safety.case_fact.reason", "safety.case_fact.source", "safety.case_fact.value",
    "safety.case_version.event_term", "safety.case_version.narrative",
    "safety.case_version.other_history", "safety.case_version.reporter",
    "safety.desk_message.settled_reason", "safety.desk_query_answer.answer",
    "safety.desk_sender.name", "safety.difference_note.owner", "safety.difference_note.reason",
    "safety.obligation.reason", "safety.webhook_endpoint.reason",
}  # fmt: skip
# Beside where arms are given and judged stands who was shown one. A study names its arms.
ARMS = EVERYTHING | {
    "platform.study_definition.definition",
    "randomization.allocation.arm", "randomization.allocation.opening",
    "randomization.allocation_known_read.arm", "randomization.allocation_read.arm",
    "randomization.arm_read.arm", "randomization.forced_allocation.arm",
    "randomization.list.manifest",
    "safety.case_fact.value", "safety.case_read.suspect_product",
    "safety.case_version.suspect_product",
    "analytics.result_closed.result", "analytics.result_closed.result_id",
}  # fmt: skip
BIRTHS = EVERYTHING | {
    "assessments.subject.birth_year_month", "assessments.subject_read.birth_year_month",
}  # fmt: skip
_TEXTS = """
    SELECT table_schema, table_name, column_name FROM information_schema.columns
    WHERE table_schema = ANY(%s) AND data_type IN ('text', 'jsonb', 'ARRAY')
"""
_BORN = "SELECT DISTINCT birth_year_month FROM assessments.subject"


@pytest.mark.proves("C38", kind="negative")
def test_words_arms_and_births_are_where_they_were_put_and_nowhere_else(
    drawn: Map,
    client_for: Callable[[str], ApiClient],
    database: TestDatabase,
    log_lines: io.StringIO,
    tmp_path: Path,
) -> None:
    taken = list(tell(drawn, {service: client_for(service) for service in SERVICES}))
    assert len(taken) >= PLACES, taken
    assert len(set(taken)) >= OPERATIONS, taken
    bus = Bus(database, DirectoryStore(tmp_path))
    while bus.turn():
        pass
    bus.close()
    born = "|".join(str(row[0]) for row in database.rows(_BORN))
    secrets = {MARK: WORDS, r"\y(INO|ALLR3)\y": ARMS, rf"\y({born})\y": BIRTHS}
    for pattern, kept in secrets.items():
        assert holders(database, pattern) - kept == set(), pattern
        assert re.search(pattern.replace(r"\y", r"\b"), log_lines.getvalue()) is None, pattern
    assert WORDS - EVERYTHING - holders(database, MARK) == set(), "a column is no longer told"


def tell(drawn: Map, clients: dict[str, ApiClient]) -> Iterator[str]:
    """Puts the word in each place of each route; answers the operations that took it, each as often
    as it did."""
    for route in ROUTES:
        request = Request(route, drawn.here)
        for at in [*request.leaves(), *unsaid(request)]:
            content = request.with_value(at, WORD)
            answer = request.send(clients[route.service], content=content)
            assert answer.status_code < 500, f"{route.operation} {at}"
            if answer.is_success:
                yield route.operation


def unsaid(request: Request) -> Iterator[tuple[str]]:
    """Texts that a body may have, and that the example has not."""
    if request.example.body is not None:
        for name, kind in properties_of(request).items():
            if name not in request.body and "string" in str(kind):
                yield (name,)


def properties_of(request: Request) -> dict[str, Any]:
    described = describe(import_module(f"services.{request.route.service}.entrypoint").app)
    method = described["paths"][request.route.template][request.route.method.lower()]
    schema = method["requestBody"]["content"]["application/json"]["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = described["components"]["schemas"].get(name, schema)
    return found.get("properties", {})


def holders(database: TestDatabase, pattern: str) -> set[str]:
    """The columns that hold a text like it."""
    found = set()
    for schema, table, column in database.rows(_TEXTS, ["platform", *SERVICES]):
        asked = f"SELECT EXISTS (SELECT FROM {schema}.{table} WHERE {column}::text ~ %s)"
        if database.rows(asked, pattern) == [(True,)]:
            found.add(f"{schema}.{table}.{column}")
    return found
