"""Builds a service's FastAPI app: the same habits in all four."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from shared import __version__
from shared.http import denials
from shared.http.call import admit
from shared.http.context import ServiceContext, make_context
from shared.http.description import describe
from shared.http.docs import docs_page
from shared.http.problems import (
    MEDIA_TYPE,
    MalformedRequest,
    Problem,
    TooLarge,
    Unavailable,
)
from shared.http.refusals import from_http_error, from_validation
from shared.http.strict_json import MAX_BYTES, decode
from shared.http.tracing import Tracing
from shared.identity.matrix import matrix
from shared.settings import Settings, SettingsUnavailable

_ALIVE = text("""
    SELECT current_setting('fsync'), current_setting('synchronous_commit'),
           extract(epoch FROM clock_timestamp())
""")
# So far may the clocks of a service and its database be apart: tokens are judged by the one,
# everything that is kept has its time of the other.
MOST_SKEW_SECONDS = 2.0


class StrictRequest(Request):
    """A request whose body is bounded, and whose JSON is decoded strictly."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            received = bytearray()
            async for chunk in self.stream():
                received += chunk
                if len(received) > MAX_BYTES:
                    raise TooLarge(f"At most {MAX_BYTES} bytes are accepted.")
            self._body = bytes(received)
        return self._body

    async def json(self) -> Any:
        return decode(await self.body())


class StrictRoute(APIRoute):
    """A route of one operation: the caller is admitted to it before anything is read.

    Its body must be small enough and strict JSON. Raises ``TypeError`` while the app is built
    where the route has not exactly one operation: nothing is open by an oversight.
    """

    @property
    def operation(self) -> str:
        """Name of the operation in the role matrix."""
        calls = [dependency.call for dependency in self.dependant.dependencies]
        names = [getattr(call, "operation", None) for call in calls]
        found = [str(name) for name in names if name is not None]
        if len(found) != 1:
            raise TypeError(f"{self.path} must have one operation of the role matrix, not {found}")
        return found[0]

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()
        rule = matrix().operations[self.operation]

        async def strict(request: Request) -> Response:
            try:
                admit(request, rule)
                response: Response = await handle(StrictRequest(request.scope, request.receive))
            except Problem as problem:
                await denials.note(request, rule.name, problem)
                raise
            return response

        return strict


def create_app(
    service: str,
    router: APIRouter,
    sqlstates: Mapping[str, type[Problem]],
    description: str,
    faces: Mapping[str, Starlette] = MappingProxyType({}),
) -> FastAPI:
    """The app of a service. It connects at its first request, not now.

    ``faces`` are apps of another protocol on the same core, by the prefix they stand under; each
    finds this app as its ``state.host``, and answers for everything under its prefix; what its
    ``state.describe`` answers is its document, under its ``state.name``. A host sets
    ``app.state.context`` to a function answering the ``ServiceContext``; otherwise it comes from
    the environment.
    """
    app = FastAPI(
        title=f"Induct {service}",
        version=__version__,
        description=description,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.context = _from_environment(service, sqlstates)
    app.state.sqlstates = sqlstates
    app.state.faces = faces
    app.include_router(router, prefix=f"/{service}/v1")
    for prefix, face in faces.items():
        face.state.host = app
        app.mount(prefix, face)
        _add_pages(app, f"/{service}/{face.state.name}", face.state.describe)
    _add_pages(app, f"/{service}", lambda: describe(app))
    _add_own_pages(app, service)
    app.add_exception_handler(Problem, _show_problem)
    app.add_exception_handler(RequestValidationError, _show_validation)
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_middleware(Tracing, service=service)
    return app


def _from_environment(
    service: str, sqlstates: Mapping[str, type[Problem]]
) -> Callable[[], ServiceContext]:
    made: list[ServiceContext] = []

    def context() -> ServiceContext:
        if not made:
            try:
                settings = Settings.from_environment(service)
            except SettingsUnavailable:
                raise Unavailable("A setting of the service cannot be read.") from None
            made.append(make_context(settings, sqlstates))
        return made[0]

    return context


def _add_pages(app: FastAPI, path: str, make: Callable[[], dict[str, Any]]) -> None:
    """The pages of a document, which is made when it is first asked for."""
    schema = cache(make)

    @app.get(f"{path}/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(schema())

    @app.get(f"{path}/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(schema()))


def _add_own_pages(app: FastAPI, service: str) -> None:
    @app.get(f"/{service}/health", include_in_schema=False)
    async def health() -> JSONResponse:
        return JSONResponse({"status": "alive", "service": service, "version": __version__})

    @app.get(f"/{service}/ready", include_in_schema=False)
    async def ready(request: Request) -> JSONResponse:
        await request.app.state.context().runner.run(assert_ready)
        return JSONResponse({"status": "ready", "service": service})


def assert_ready(engine: Engine, clock: Callable[[], float] = time.time) -> None:
    """``Unavailable`` unless the database keeps what it acknowledges, and tells the same time as
    ``clock`` (Unix time)."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with engine.connect() as connection:
            before = clock()
            fsync, commit, told = connection.execute(_ALIVE).one()
            after = clock()
    except SQLAlchemyError as error:
        raise Unavailable("The database does not answer.") from error
    if fsync != "on" or commit not in {"on", "remote_apply", "remote_write"}:
        raise Unavailable("The database is set to lose acknowledged writes.")
    # Between the two readings the database's clock was read: the way there is nobody's fault.
    if not before - MOST_SKEW_SECONDS <= float(told) <= after + MOST_SKEW_SECONDS:
        raise Unavailable("The clocks of the service and of its database disagree.")


async def _show_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 (registered for this class only)
    request.state.problem = error.kind
    return JSONResponse(error.to_json(), error.status, dict(error.headers()), MEDIA_TYPE)


async def _show_validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise MalformedRequest
    return await _show_problem(request, from_validation(error))


async def _show_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise MalformedRequest
    # The framework answers 400 for whatever goes wrong with a body; ours says what it was.
    if isinstance(error.__cause__, Problem):
        return await _show_problem(request, error.__cause__)
    return await _show_problem(request, from_http_error(error, request))
