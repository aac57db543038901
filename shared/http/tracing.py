"""Around every request: its id, its log line, the headers every answer has, the last net."""

import hashlib
import os
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.logs import log, log_fault
from shared.http.problems import MEDIA_TYPE, Problem
from shared.trace import Trace, trace_of

# Where Lambda tells the trace of the call that it is in.
XRAY_HEADER = "_X_AMZN_TRACE_ID"
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)


class AnswerBrokeOff(RuntimeError):
    """An answer failed after its start; the server must close the connection.

    It takes the place of the error itself, whose text the server would write into its log.
    """


class Tracing:
    """ASGI middleware; innermost state is ``request.state`` of the app."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        state["trace"] = _trace(scope, state["request_id"])
        started = time.perf_counter()
        seen = {"status": 500}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = seen["started"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = state["request_id"]
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            log_fault(self._service, state["request_id"], scope["method"], error)
            if "started" in seen:
                raise AnswerBrokeOff("an answer broke off") from None
            problem = Problem()
            answer = JSONResponse(problem.to_json(), 500, media_type=MEDIA_TYPE)
            await answer(scope, receive, noting)
        finally:
            self._log(scope, state, seen["status"], time.perf_counter() - started)

    def _log(self, scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
        route = scope.get("route")
        principal = state.get("principal")
        fields: dict[str, Any] = {} if "problem" not in state else {"problem": state["problem"]}
        if principal is not None:
            fields |= {"role": principal.role, "actor": _pseudonym(principal.subject)}
        log(
            "request",
            service=self._service,
            request_id=state["request_id"],
            trace_id=state["trace"].id,
            method=scope["method"],
            route=getattr(route, "path", "-"),
            status=status,
            ms=round(seconds * 1000, 1),
            **fields,
        )


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("X-Request-Id", "")
    return given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _trace(scope: Scope, request_id: str) -> Trace:
    given = Headers(scope=scope).get("traceparent")
    return trace_of(request_id, given, os.environ.get(XRAY_HEADER, ""))


def _pseudonym(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()[:12]
