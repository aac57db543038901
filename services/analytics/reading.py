"""How this service reads for a caller: for the blinded as a role of the database that is granted
nothing closed."""

from collections.abc import Callable
from typing import TypeVar

from services.analytics import repository
from shared.database.unit_of_work import UnitOfWork
from shared.http.call import Call
from shared.identity.matrix import matrix

T = TypeVar("T")


async def read(call: Call, use_case: Callable[[UnitOfWork], T]) -> T:
    """Run a reading use case in a transaction of the role that the caller's class has."""

    def reading(work: UnitOfWork) -> T:
        if work.principal.role not in matrix().operations["analytics.read_closed_results"].roles:
            repository.read_as_blinded(work)
        return use_case(work)

    return await call.read(reading)
