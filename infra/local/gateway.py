"""What API Gateway and Cognito are on AWS: one address for four apps, and the issuer's pages."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.home import Home
from infra.local.oauth2 import issue, issue_signature
from infra.local.start_page import start_page
from shared.http.problems import MEDIA_TYPE, NotFound

Answer = Callable[[Request], "Response"]
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ISSUING = {"/oauth2/token": issue, "/oauth2/signature": issue_signature}


class Gateway:
    """Sends a request to the app that its first path segment names.

    ``after_change`` is called when a change was answered: there may be events to relay.
    """

    def __init__(
        self, apps: Mapping[str, ASGIApp], home: Home, after_change: Callable[[], None]
    ) -> None:
        self._apps = apps
        self._by_segment = dict(apps) | _faces(apps)
        self._issuer = home.issuer()
        self._client_secret = home.secrets()["client_secret"]
        self._after_change = after_change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        app = self._by_segment.get(scope["path"].split("/")[1])
        if app is None:
            response = await self._own(Request(scope, receive))
            await response(scope, receive, send)
            return
        await app(scope, receive, send)
        if scope["method"] in CHANGING:
            self._after_change()

    async def _own(self, request: Request) -> Response:
        path = request.url.path
        if path == "/" and request.method == "GET":
            return HTMLResponse(start_page(list(self._apps)))
        if path == "/health":
            return JSONResponse({"status": "alive"})
        if path == "/.well-known/jwks.json":
            return JSONResponse(self._issuer.key_set())
        if path == "/.well-known/openid-configuration":
            return JSONResponse(self._issuer.discovery())
        if path in ISSUING and request.method == "POST":
            body = (await request.body())[:10_000].decode("utf-8", "replace")
            authorization = request.headers.get("Authorization", "")
            return ISSUING[path](self._issuer, self._client_secret, body, authorization)
        problem = NotFound()
        return JSONResponse(problem.to_json(), problem.status, media_type=MEDIA_TYPE)


def _faces(apps: Mapping[str, ASGIApp]) -> dict[str, ASGIApp]:
    """The apps by the first segments of the faces that are mounted in them."""
    return {
        prefix.strip("/"): app
        for app in apps.values()
        for prefix in getattr(getattr(app, "state", None), "faces", {})
    }


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
