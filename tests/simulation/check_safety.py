"""I6: every serious event has a case with due dates, and the desk was told of it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from standardwebhooks import Webhook

from tests.simulation.evidence import Evidence, Row

_OF_RECORDS = """
    SELECT r.subject_id, count(c.case_id) AS cases FROM assessments.record r
    LEFT JOIN safety.safety_case c ON c.record_id = r.record_id
    JOIN assessments.item_version i ON i.record_id = r.record_id AND i.item = 'serious'
    WHERE r.form = 'adverse_event' GROUP BY r.subject_id, i.value HAVING count(c.case_id) <>
      CASE WHEN i.value = 'true' THEN 1 ELSE 0 END
"""
_WITHOUT_DUE_DATE = """
    SELECT c.case_number FROM safety.safety_case c WHERE NOT EXISTS (
        SELECT 1 FROM safety.obligation o WHERE o.case_id = c.case_id AND o.due_at IS NOT NULL)
"""
_NUMBERS = "SELECT array_agg(number ORDER BY number) AS numbers FROM safety.safety_case"
# Numbered within the case, or else the topic, without a gap; to every endpoint that was active at
# the time.
_SEQUENCES = """
    SELECT coalesce(case_id::text, topic) AS case_id FROM safety.notice GROUP BY 1
    HAVING count(*) <> max(sequence) OR min(sequence) <> 1
"""
_UNTOLD = """
    SELECT c.case_number FROM safety.safety_case c WHERE NOT EXISTS (
        SELECT 1 FROM safety.notice n WHERE n.case_id = c.case_id)
"""
_MESSAGES = """
    SELECT m.message_id, m.body, m.state, e.url, e.state AS endpoint, m.attempts,
           (SELECT count(*) FROM safety.webhook_attempt a WHERE a.message_id = m.message_id
              AND a.endpoint_id = m.endpoint_id) AS recorded
    FROM safety.webhook_message m JOIN safety.webhook_endpoint e USING (endpoint_id)
    WHERE m.kind = 'notice'
"""
_NOTICES = "SELECT message_id FROM safety.notice"
_DISABLED_UNTOLD = """
    SELECT url FROM safety.webhook_endpoint e WHERE e.state = 'disabled' AND NOT EXISTS (
        SELECT 1 FROM safety.fallback_notice f WHERE f.endpoint_id = e.endpoint_id
          AND f.cause = 'disabled')
"""


def _is_signed(secret: str, got: Row) -> bool:
    """By the signature alone: the clock that it tells of was bent."""
    headers = got["headers"]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signature = Webhook(secret).sign(headers["webhook-id"], at, got["body"])
    return signature in headers["webhook-signature"].split(" ")


def check(found: Evidence) -> Iterator[str]:
    for row in found.rows(_OF_RECORDS):
        yield f"{row['subject_id']}: {row['cases']} cases of an adverse event"
    for row in found.rows(_WITHOUT_DUE_DATE):
        yield f"{row['case_number']} has no due date"
    numbers = found.rows(_NUMBERS)[0]["numbers"] or []
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the numbers of cases have a gap: {numbers}"
    for row in found.rows(_SEQUENCES):
        yield f"notices of {row['case_id']} have a gap"
    for row in found.rows(_UNTOLD):
        yield f"nobody was told of {row['case_number']}"
    for row in found.rows(_DISABLED_UNTOLD):
        yield f"{row['url']} was disabled, and nobody was told by another channel"
    yield from _messages(found)


def _messages(found: Evidence) -> Iterator[str]:
    got = defaultdict(list)
    for each in found.received():
        got[each["path"], each["headers"].get("webhook-id")].append(each)
    to = defaultdict(set)
    for row in found.rows(_MESSAGES):
        path = row["url"].rpartition("/")[2]
        to[row["endpoint"]].add((path, row["message_id"]))
        arrived = got[path, row["message_id"]]
        # An answer cut behind a status that needs no headers has said it all (RFC 9112, 8).
        taken = [each for each in arrived if each["mood"] in {"ok", "cut"}]
        if row["state"] == "delivered" and not taken:
            yield f"{row['message_id']} is delivered to {path}, which never took it"
        if row["state"] != "delivered" and row["endpoint"] == "active":
            yield f"{row['message_id']} is {row['state']} for {path}, which takes everything now"
        if {each["body"] for each in arrived} - {row["body"]}:
            yield f"{row['message_id']} came to {path} with another body"
        if row["recorded"] != row["attempts"] or len(arrived) < row["attempts"] == 1 == len(taken):
            yield f"{row['message_id']}: {row['attempts']} attempts, {row['recorded']} recorded"
        if not all(_is_signed(found.secrets[path], each) for each in arrived):
            yield f"{row['message_id']} came to {path} without its signature"
    told = {each["message_id"] for each in found.rows(_NOTICES)}
    steady = {message for path, message in to["active"] if path == "steady"}
    if told != steady:
        yield f"of {len(told)} notices {len(steady)} are for the desk that never left"
    if any(path == "trap" for path, _ in got):
        yield "a redirect was followed"
