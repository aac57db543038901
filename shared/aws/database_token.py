"""The password of a login that proves itself by its role in AWS instead of by a secret."""

from datetime import UTC, datetime

from shared.aws.credentials import ROLE, CredentialSource, region
from shared.aws.signature import Scope, presigned_query

# Source: Amazon RDS user guide, "IAM database authentication": a token opens for 15 minutes.
TOKEN_SECONDS = 900


def database_token(
    host: str,
    port: int,
    login: str,
    *,
    source: CredentialSource = ROLE,
    now: datetime | None = None,
) -> str:
    """A password for ``login`` at ``host:port``, made here and asked of nobody.

    It is good for connecting within 15 minutes; the session that it opens lives on. Raises
    ``NoCredentials``.
    """
    at = now or datetime.now(UTC)
    address = f"{host}:{port}"
    query = presigned_query(
        source.current(at),
        Scope("rds-db", region(), at),
        address,
        {"Action": "connect", "DBUser": login},
        TOKEN_SECONDS,
    )
    return f"{address}/?{query}"
