"""Commands of the operations function about people: their rights, and reviews of what they did."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from infra.aws.asked import Refused, url_of
from infra.database import reviewing
from infra.database.access import access_history
from infra.database.account_list import NoList, read
from infra.database.binding import bind
from infra.database.kept_reviews import NoReview
from infra.database.rave_commands import credential
from infra.database.rave_users import CredentialRefused
from infra.database.redacting import redact
from infra.database.redaction_proposal import NotRedactable
from infra.database.revocation import revoke
from shared.database.engine import url_with_password
from shared.http.context import signature_verifier
from shared.http.logs import log
from shared.http.problems import Problem
from shared.identity.signatures import SignatureVerifier
from shared.identity.tokens import KeySet, fetch_jwks
from shared.settings import Settings


def _access(event: Mapping[str, Any]) -> dict[str, Any]:
    """Who held which rights in ``study`` as of the instant ``as_of`` (with an offset)."""
    try:
        at = datetime.fromisoformat(str(event["as_of"]))
    except (KeyError, ValueError):
        at = None
    if at is None or at.tzinfo is None or not event.get("study"):
        raise Refused("access wants study, and as_of with an offset")
    url = url_with_password(url_of("PLATFORM"))
    return access_history(url, str(event["study"]), at).to_json()


def _revoke(event: Mapping[str, Any]) -> dict[str, Any]:
    """End the tokens of ``account`` now; ``actor`` and ``reason`` are kept."""
    words = {name: str(event.get(name, "")) for name in ("account", "actor", "reason")}
    try:
        at = revoke(
            url_with_password(url_of("PLATFORM")),
            words["account"],
            actor=words["actor"],
            reason=words["reason"],
        )
    except ValueError as error:
        raise Refused(str(error)) from None
    return {"revoked_at": at.isoformat()}


def _bind(event: Mapping[str, Any]) -> dict[str, Any]:
    """Let ``account`` call from ``networks`` alone (a list of CIDR; empty: from any)."""
    words = {name: str(event.get(name, "")) for name in ("account", "actor", "reason")}
    networks = event.get("networks")
    if not isinstance(networks, list):
        raise Refused("bind wants networks, a list")
    url = url_with_password(url_of("PLATFORM"))
    try:
        at, spelled = bind(url, networks=[str(each) for each in networks], **words)
    except ValueError as error:
        raise Refused(str(error)) from None
    return {"bound_at": at.isoformat(), "networks": spelled}


def _review(event: Mapping[str, Any]) -> dict[str, Any]:
    """A review of ``study``, ``of`` the trail or of accounts: that of ``number``, or the newest;
    ``now`` makes one of the trail."""
    study, number = event.get("study"), _number(event)
    if not study or (number is None and event.get("number") is not None):
        raise Refused("review wants study, and number where it is not the newest")
    try:
        return reviewing.show(
            url_of("PLATFORM"), str(study), number, of=_of(event), now=event.get("now") is True
        )
    except (NoReview, reviewing.NothingSaid, Problem) as error:
        raise Refused(str(error)) from None


def _accounts(event: Mapping[str, Any]) -> dict[str, Any]:
    """Hold ``list`` (of the issuer's accounts, in our form) against what was seen of ``study``;
    ``keep`` the review."""
    study, now = event.get("study"), datetime.now(UTC)
    if not study or not isinstance(event.get("list"), dict):
        raise Refused("accounts wants study, and list")
    try:
        return reviewing.look_at_accounts(
            url_of("PLATFORM"),
            str(study),
            read(json.dumps(event["list"]), now),
            now,
            keep=event.get("keep") is True,
        )
    except NoList as error:
        raise Refused(str(error)) from None


def _sign_off(event: Mapping[str, Any]) -> dict[str, Any]:
    """Sign review ``number`` of ``study`` off with ``comment``, by the token ``signature``.

    Who signs stands in the token and is held against the issuer's keys here: whoever may invoke
    this function may not say who signed.
    """
    study, number, token = event.get("study"), _number(event), event.get("signature")
    if not study or number is None or not isinstance(token, str):
        raise Refused("sign-off wants study, number, comment and signature")
    comment, url = str(event.get("comment", "")), url_of("PLATFORM")
    try:
        done = reviewing.sign_review(
            url, str(study), number, comment, token, _verifier(), of=_of(event)
        )
    except Problem as problem:
        log("review not signed", level="warning", service="platform", problem=problem.kind)
        raise Refused(str(problem)) from None
    except (NoReview, reviewing.NothingSaid) as error:
        raise Refused(str(error)) from None
    return {"name": done.name, "role": done.role, "signed_at": done.signed_at.isoformat()}


def _redaction(event: Mapping[str, Any]) -> dict[str, Any]:
    """A ``step`` of a redaction (``infra.database.redacting``). The event may hold the words that
    must go, and so does no line of the log."""
    try:
        return redact(url_of("PLATFORM"), _verifier(), event)
    except Problem as problem:
        log("redaction not signed", level="warning", service="platform", problem=problem.kind)
        raise Refused(str(problem)) from None
    except NotRedactable as error:
        raise Refused(str(error)) from None


def _rave_user(event: Mapping[str, Any]) -> dict[str, Any]:
    """A ``step`` about credentials of Rave Web Services (``infra.database.rave_commands``)."""
    try:
        return credential(url_with_password(url_of("MIGRATOR")), event)
    except CredentialRefused as refusal:
        raise Refused(str(refusal)) from None


def _verifier() -> SignatureVerifier:
    settings = Settings.from_environment("platform")
    return signature_verifier(settings, KeySet(fetch_jwks(settings.jwks_url)))


def _of(event: Mapping[str, Any]) -> str:
    return str(event.get("of", "trail"))


def _number(event: Mapping[str, Any]) -> int | None:
    """The number of a review, as the database can hold one."""
    value = event.get("number")
    return value if type(value) is int and 0 < value < 2**31 else None


COMMANDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "access": _access,
    "accounts": _accounts,
    "bind": _bind,
    "rave-user": _rave_user,
    "redaction": _redaction,
    "review": _review,
    "revoke": _revoke,
    "sign-off": _sign_off,
}
