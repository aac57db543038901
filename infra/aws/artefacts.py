"""A bucket as the store of published results."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from infra.aws.clients import client
from shared.artefacts import (
    ArtefactError,
    ArtefactMissing,
    ArtefactStore,
    OutputClass,
    checked,
    key_of,
    well_formed,
)

_GONE = frozenset({"NoSuchKey", "404"})
_EXISTS = frozenset({"PreconditionFailed", "412"})


class BucketStore:
    """Keeps each artefact under its key. ``s3`` is boto3's client of S3.

    What lies there is never replaced: the same key is the same content, and the bucket's policy
    takes no second object under it. S3 checks what arrives by its SHA-256.
    """

    def __init__(self, s3: Any, bucket: str, prefix: str = "") -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix

    def put(self, content: bytes, output_class: OutputClass) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        key = key_of(content, output_class)
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self._prefix + key,
                Body=content,
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _EXISTS:
                raise ArtefactError(f"{key} cannot be written: {code}") from error
            self.get(key)  # what is there already is what it should be, or it is told
        except BotoCoreError as error:
            raise ArtefactError(f"{key} cannot be written: {type(error).__name__}") from error
        return key

    def get(self, key: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        where = self._prefix + well_formed(key)
        try:
            content: bytes = self._s3.get_object(Bucket=self._bucket, Key=where)["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _GONE:
                raise ArtefactMissing(f"there is no {key}") from None
            raise ArtefactError(f"{key} cannot be read: {code}") from error
        except BotoCoreError as error:
            raise ArtefactError(f"{key} cannot be read: {type(error).__name__}") from error
        return checked(key, content)


@cache
def bucket_store(location: str) -> ArtefactStore:
    """The store at ``s3://bucket/prefix``. Raises ``ArtefactError`` where that is none."""
    parts = urlsplit(location)
    if parts.scheme != "s3" or not parts.netloc:
        raise ArtefactError("a bucket for artefacts is named as s3://bucket or s3://bucket/prefix")
    prefix = parts.path.strip("/")
    return BucketStore(client("s3"), parts.netloc, f"{prefix}/" if prefix else "")
