"""A fault in a pack's code costs what rests on that code, and nothing else."""

import traceback
from collections.abc import Callable

from services.assessments.domain.packs.result import PackRef, Result
from shared.rules.model import Pack

FAILED = "derivation_failed"
"""The reason of a result that the code of its pack could not make: our fault, not the data's."""


def attempt(name: str, pack: Pack, make: Callable[[], Result]) -> Result:
    """What `make` answers, or a result that is not evaluable where it raises."""
    try:
        return make()
    except Exception as error:
        return failed(name, PackRef.of(pack), error)


def failed(name: str, pack: PackRef, error: Exception) -> Result:
    """What stands for a result that could not be made; its notes tell the fault and its place.

    The message of an exception may hold a value, and values are patient data: it is left out.
    """
    return Result(name, None, "ne", pack, reason=FAILED, notes=(FAILED, _fault(error)))


def _fault(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {place.name}:{place.lineno}"
