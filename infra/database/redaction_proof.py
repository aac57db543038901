"""Whether what a redaction touches is whole, as its own transaction sees it."""

from collections.abc import Collection

import psycopg

from infra.database.audit import altered_in, verify_streams
from infra.database.audit_chain import Fault
from shared.database.unit_of_work import UnitOfWork


def not_whole(work: UnitOfWork, tables: Collection[str], streams: Collection[str]) -> Fault | None:
    """The first fault of the streams' chains, or of the tables against the trail."""
    work.settle()
    driver = work.connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("a redaction runs on a connection of its own")
    faults = [*verify_streams(driver, streams).faults, *altered_in(driver, tables)]
    return faults[0] if faults else None
