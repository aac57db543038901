"""Lambda entry points of the safety service."""

from collections.abc import Mapping
from typing import Any

from services.safety import escalation_handlers
from services.safety.desk.app import PREFIX, face
from services.safety.endpoints import router
from services.safety.errors import SQLSTATES
from services.safety.handlers import CONSUMER
from services.safety.webhooks.sender import Sender, make_sender
from shared.http.app import create_app
from shared.lambda_entry import http_handler, queue_handler
from shared.settings import Settings

app = create_app(
    "safety",
    router,
    SQLSTATES,
    "Serious adverse events: intake, due dates, word to the desk.",
    {PREFIX: face},
)
handler = http_handler(app)
consume = queue_handler("safety", CONSUMER)
escalate = escalation_handlers.schedule_handler()

_senders: list[Sender] = []


def send_webhooks(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Send the webhook messages that are due. A scheduled function.

    ``linger_seconds`` in the event, where the schedule's Input gives it, keeps the function at it
    for so long. Answers how many attempts were made.
    """
    if not _senders:
        _senders.append(make_sender(Settings.from_environment("safety")))
    return {"attempts": _senders[0].run(float(event.get("linger_seconds", 0)))}
