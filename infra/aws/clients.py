"""Clients of AWS services that give up in time: a sweep has less than a minute for all of it."""

from typing import Any

CONNECT_SECONDS = 3
READ_SECONDS = 8


def client(service: str) -> Any:
    """A client by the deployment's own role and region. At worst it takes three tries of a few
    seconds each; what is not done then, the next sweep does."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    return boto3.client(service, config=config)
