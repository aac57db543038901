"""The pages of the local issuer that hand out tokens: to work with, and to sign with."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.responses import JSONResponse

from shared.http.problems import SignatureInvalid
from shared.identity.issuer import Issuer, SignatureRequest, UnknownRole
from shared.identity.matrix import matrix
from shared.identity.signatures import MAX_AGE_SECONDS


def issue(issuer: Issuer, secret: str, body: str, authorization: str) -> JSONResponse:
    """The token endpoint: OAuth 2.0 client credentials (RFC 6749, 4.4), client ``local``.

    ``role``, ``study`` and ``site`` choose what the token says; on AWS they are settings of the
    client.
    """
    form = _form(body)
    if not _knows(form, secret, authorization):
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


def issue_signature(issuer: Issuer, secret: str, body: str, authorization: str) -> JSONResponse:
    """Where a person authenticates again to sign: a signature token for client ``local``.

    Both components of the identification are asked for at every signing (21 CFR 11.200(a)(1)).
    ``name`` is the printed name, ``meaning`` the code of what is signed; ``role``, ``study``,
    ``site`` and ``client`` as at the token endpoint; ``content_sha256`` binds it to one body.
    """
    form = _form(body)
    if not _knows(form, secret, authorization):
        return _refuse("invalid_client", 401)
    role = form.get("role", "")
    try:
        sites = form["site"].split(",") if "site" in form else default_sites(role)
        token = issuer.signature(
            SignatureRequest(
                client=form.get("client", f"{role}-local"),
                name=form.get("name", ""),
                role=role,
                meaning=form.get("meaning", ""),
                studies=form.get("study", "").split(","),
                sites=sites,
                content_sha256=form.get("content_sha256"),
            )
        )
    except UnknownRole:
        return _refuse("invalid_scope", 400)
    except SignatureInvalid:
        return _refuse("invalid_request", 400)
    answer = {"signature": token, "expires_in": MAX_AGE_SECONDS}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def default_sites(role: str) -> list[str]:
    """All sites for a role that works across sites; raises ``UnknownRole``."""
    known = matrix().roles.get(role)
    if known is None or not known.all_sites:
        raise UnknownRole(f"The role {role!r} needs a site.")
    return ["*"]


def _form(body: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(body).items()}


def _knows(form: Mapping[str, str], secret: str, authorization: str) -> bool:
    """Whether the caller gave both components: the client's id and its secret."""
    client, given = _credentials(form, authorization)
    return client == "local" and hmac.compare_digest(given.encode(), secret.encode())


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
