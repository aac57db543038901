"""The database of one machine: a Postgres cluster started from a Python package or from PATH.

The only thing to import is `Cluster`; every failure is a `PostgresError`. POSIX systems only.
"""

from infra.postgres.cluster import Cluster
from infra.postgres.errors import PostgresError

__all__ = ["Cluster", "PostgresError"]
