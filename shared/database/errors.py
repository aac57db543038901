"""What the database refuses, as problems a caller can act on."""

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from shared.http.problems import Conflict, InvalidContent, NotFound, Problem, Unavailable

UNIQUE_VIOLATION = "23505"
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"

# Another transaction was quicker: reading again shows its work, so the request is run again.
WORTH_ANOTHER_TRY = frozenset({UNIQUE_VIOLATION, SERIALIZATION_FAILURE, DEADLOCK_DETECTED})


class Overtaken(Unavailable):
    """Another transaction was quicker, as the use case found behind its locks: it is run again too,
    and told to come again where that does not help."""


_KNOWN: Mapping[str, type[Problem]] = {
    UNIQUE_VIOLATION: Conflict,
    SERIALIZATION_FAILURE: Unavailable,
    DEADLOCK_DETECTED: Unavailable,
    "55P03": Unavailable,  # lock_not_available
    "57014": Unavailable,  # query_canceled: statement timeout
    "25P03": Unavailable,  # idle in transaction timeout
    "23503": NotFound,  # foreign_key_violation: what is referred to is not there
    # A row outside the caller's sites must look like a row that is not there.
    "42501": NotFound,
    "22021": InvalidContent,  # character_not_in_repertoire
    "22P05": InvalidContent,  # untranslatable_character
}
# Classes: connection, insufficient resources, operator intervention, system error.
_OUTAGES = ("08", "53", "57", "58")


def sqlstate(error: DBAPIError) -> str | None:
    found = getattr(error.orig, "sqlstate", None)
    return found if isinstance(found, str) else None


def as_problem(error: DBAPIError, own: Mapping[str, type[Problem]]) -> Problem | None:
    """The problem for a database error; None where it is a fault of ours.

    ``own`` maps the SQLSTATEs that a service's own functions raise.
    """
    state = sqlstate(error)
    if state is None or error.connection_invalidated:
        return Unavailable()
    if state in own:
        return own[state]()
    if state in _KNOWN:
        return _KNOWN[state]()
    if state.startswith(_OUTAGES):
        return Unavailable()
    return None
