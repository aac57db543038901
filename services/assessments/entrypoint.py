"""Lambda entry points of the assessments service."""

from services.assessments.endpoints import router
from services.assessments.errors import SQLSTATES
from services.assessments.handlers import CONSUMER
from services.assessments.rave.app import PREFIX
from services.assessments.rave.endpoints import face
from shared.http.app import create_app
from shared.lambda_entry import http_handler, queue_handler

app = create_app(
    "assessments",
    router,
    SQLSTATES,
    "Subjects and their forms, readable as of any instant.",
    {PREFIX: face},
)
handler = http_handler(app)
consume = queue_handler("assessments", CONSUMER)
