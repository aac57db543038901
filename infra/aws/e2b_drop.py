"""A bucket as the gateway of E2B files: what a gateway's client on AWS picks up from."""

from typing import Any

from services.safety.e2b.gateway import DeliveryError, NameTakenError, UnknownEndError

_EXISTS = frozenset({"PreconditionFailed", "412"})


class BucketDrop:
    """Puts each file once; S3 shows an object whole or not at all. ``client`` is boto3's of S3."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def deliver(self, name: str, raw: bytes) -> None:
        """The same name and bytes again is no error. Raises ``DeliveryError``."""
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            ConnectionClosedError,
            ReadTimeoutError,
        )

        key = self._prefix + name
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=raw,
                ContentType="application/xml",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _EXISTS:
                raise DeliveryError(error.response["Error"]["Code"]) from None
            self._compare(key, raw)
        except (ConnectionClosedError, ReadTimeoutError) as error:
            raise UnknownEndError(type(error).__name__) from None
        except BotoCoreError as error:
            raise DeliveryError(type(error).__name__) from None

    def _compare(self, key: str, raw: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            held = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise UnknownEndError(type(error).__name__) from None
        if held != raw:
            raise NameTakenError("other content lies under this name")
