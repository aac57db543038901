"""Lambda entry points of the randomization service."""

from services.randomization.endpoints import router
from services.randomization.errors import SQLSTATES
from services.randomization.handlers import CONSUMER
from services.randomization.reconciliation_handlers import schedule_handler
from shared.http.app import create_app
from shared.lambda_entry import http_handler, queue_handler

app = create_app(
    "randomization", router, SQLSTATES, "Central allocation: who gets which arm, and why."
)
handler = http_handler(app)
consume = queue_handler("randomization", CONSUMER)
start_reconciliation = schedule_handler()
