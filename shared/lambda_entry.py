"""Lambda entry points: ``handler`` for HTTP (API Gateway v2), ``consume`` for SQS batches."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from mangum import Mangum
from sqlalchemy import Engine

from shared.database.engine import blocking_engine
from shared.http.problems import MEDIA_TYPE
from shared.messaging.consumer import Consumer
from shared.settings import Settings

# Everything else goes out base64-encoded, a problem included unless it is named here.
TEXT = ["text/", "application/json", MEDIA_TYPE, "image/svg+xml"]

LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def http_handler(app: FastAPI) -> LambdaHandler:
    """The app behind API Gateway. ``lifespan`` is off: there is nothing to start.

    The adapter is made at the first event, because it opens an event loop: a frozen environment
    must hold no file descriptors that its copies would share.
    """
    adapters: list[Mangum] = []

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if not adapters:
            adapters.append(Mangum(app, lifespan="off", text_mime_types=TEXT))
        answer: dict[str, Any] = adapters[0](event, context)
        return answer

    return handler


def queue_handler(service: str, consumer: Consumer) -> LambdaHandler:
    """A consumer behind SQS, with partial batch responses. Connects at its first batch."""
    engines: list[Engine] = []

    def consume(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        if not engines:
            settings = Settings.from_environment(service)
            engines.append(blocking_engine(settings.database_url, pool_size=1))
        return consumer.handle_batch(engines[0], event)

    return consume
