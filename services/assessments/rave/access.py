"""Who comes in by the face: Basic credentials, looked up and compared in constant time."""

from typing import Any

from services.assessments.domain.rave.refusals import Code, refuse
from services.assessments.domain.rave.secret import NOBODY, basic, matches
from services.assessments.rave import credential_repository
from shared.clock import DatabaseClock
from shared.database import transact
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.context import ServiceContext
from shared.http.denials import Denied, note_elsewhere
from shared.identity.matrix import matrix
from shared.identity.networks import holds
from shared.identity.principal import Principal

NOT_PROVIDED = "Authorization Header not provided"
"""Word for word what the client looks for where no header came."""
# Before the credential says more: somebody without a role, in no study, at no site.
_NOBODY = Principal("rave:login", "nobody", frozenset(), frozenset(), frozenset())


class HeaderMissingError(ValueError):
    """No Authorization header came."""


async def enter(
    context: ServiceContext, header: str | None, request_id: str, operation: str, source: str
) -> Principal:
    """The principal of an Authorization header, that came from the address ``source``.

    Raises ``HeaderMissingError`` without one, ``RaveRefusedError`` where it is not that of an
    active credential, or came from none of the credential's networks: which of it, is not told.
    A user that does not exist takes as long as one whose secret is wrong.
    """
    if header is None:
        raise HeaderMissingError
    given = basic(header)
    if given is None:
        raise refuse(Code.BAD_CREDENTIALS)
    user, secret = given
    origin = Origin(_NOBODY, "", request_id, DatabaseClock())

    def look(work: UnitOfWork) -> dict[str, Any] | None:
        return next(iter(work.first), None)

    asked = credential_repository.login(user)
    found = await context.runner.run(
        lambda engine: transact.read(engine, origin, look, context.sqlstates, first=asked)
    )
    salt, kept = NOBODY if found is None else (found["salt"], found["secret_hash"])
    fits = matches(bytes(salt), bytes(kept), secret)
    if found is None or not fits:
        raise refuse(Code.BAD_CREDENTIALS)
    role = str(found["role"])
    principal = Principal(
        subject=f"rave:{user}",
        role=role,
        studies=frozenset({str(found["study_id"])}),
        sites=frozenset(found["sites"]),
        scopes=frozenset(matrix().scopes_of(role)),
    )
    if not holds(found["networks"], source):
        study = str(found["study_id"])
        denied = Denied(context, principal, study, operation, request_id)
        await note_elsewhere(denied, source)
        raise refuse(Code.BAD_CREDENTIALS)
    return principal


def admit(principal: Principal, operation: str) -> None:
    """Let the role into an operation of the role matrix, or refuse it."""
    if principal.role not in matrix().operations[operation].roles:
        raise refuse(Code.NOT_PERMITTED)
