"""What API Gateway and Cognito are on AWS: one address for four apps, and the issuer's pages."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.home import Home
from infra.local.start_page import start_page
from shared.http.problems import MEDIA_TYPE, NotFound
from shared.identity.issuer import Issuer, UnknownRole
from shared.identity.matrix import matrix

Answer = Callable[[Request], "Response"]
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Gateway:
    """Sends a request to the app that its first path segment names.

    ``after_change`` is called when a change was answered: there may be events to relay.
    """

    def __init__(
        self, apps: Mapping[str, ASGIApp], home: Home, after_change: Callable[[], None]
    ) -> None:
        self._apps = apps
        self._issuer = home.issuer()
        self._client_secret = home.secrets()["client_secret"]
        self._after_change = after_change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        app = self._apps.get(scope["path"].split("/")[1])
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
        if path == "/oauth2/token" and request.method == "POST":
            body = (await request.body())[:10_000].decode("utf-8", "replace")
            authorization = request.headers.get("Authorization", "")
            return issue(self._issuer, self._client_secret, body, authorization)
        problem = NotFound()
        return JSONResponse(problem.to_json(), problem.status, media_type=MEDIA_TYPE)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def issue(issuer: Issuer, secret: str, body: str, authorization: str) -> JSONResponse:
    """The token endpoint: OAuth 2.0 client credentials (RFC 6749, 4.4), client ``local``.

    ``role``, ``study`` and ``site`` choose what the token says; on AWS they are settings of the
    client.
    """
    form = {name: values[-1] for name, values in parse_qs(body).items()}
    client, given = _credentials(form, authorization)
    if client != "local" or not hmac.compare_digest(given.encode(), secret.encode()):
        return _refuse("invalid_client", 401)
    if form.get("grant_type") != "client_credentials":
        return _refuse("unsupported_grant_type", 400)
    role = form.get("role", "")
    try:
        sites = form["site"].split(",") if "site" in form else default_sites(role)
        token = issuer.token(
            client=form.get("client", f"{role}-local"),
            role=role,
            studies=form.get("study", "*").split(","),
            sites=sites,
        )
    except UnknownRole:
        return _refuse("invalid_scope", 400)
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 12 * 3600}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def default_sites(role: str) -> list[str]:
    """All sites for a role that works across sites; raises ``UnknownRole``."""
    known = matrix().roles.get(role)
    if known is None or not known.all_sites:
        raise UnknownRole(f"The role {role!r} needs a site.")
    return ["*"]


def _credentials(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret


def _refuse(error: str, status: int) -> JSONResponse:
    return JSONResponse({"error": error}, status, headers={"Cache-Control": "no-store"})
