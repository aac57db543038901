"""A bucket with Object Lock as the place of the trail's heads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.aws.clients import client
from infra.database.heads_store import HeadsFolder, HeadsStore, HeadsTaken, name_of

_EXISTS = frozenset({"PreconditionFailed", "412"})


class HeadsBucket:
    """``s3`` is boto3's client. Nothing is put in the place of anything; the bucket's lock keeps
    each object from everybody for as long as the trial's records are kept."""

    def __init__(self, s3: Any, bucket: str, prefix: str = "") -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix

    def documents(self) -> Iterator[bytes]:
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
            for each in page.get("Contents", ()):  # S3 lists in the order of the names
                answer = self._s3.get_object(Bucket=self._bucket, Key=each["Key"])
                content: bytes = answer["Body"].read()
                yield content

    def add(self, number: int, content: bytes) -> None:
        from botocore.exceptions import ClientError

        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self._prefix + name_of(number),
                Body=content,
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _EXISTS:
                raise HeadsTaken(f"{name_of(number)} is there already") from None
            raise


def heads_of(location: str) -> HeadsStore:
    """The heads of a deployment: ``s3://bucket/prefix``, or a folder of this machine."""
    parts = urlsplit(location)
    if parts.scheme != "s3":
        return HeadsFolder(Path(location))
    prefix = parts.path.strip("/")
    return HeadsBucket(client("s3"), parts.netloc, f"{prefix}/" if prefix else "")
