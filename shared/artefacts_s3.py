"""Artefacts in a bucket. S3 shows an object whole or not at all, and keeps what it acknowledges."""

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shared.artefacts import (
    ArtefactError,
    ArtefactMissing,
    OutputClass,
    checked,
    key_of,
    well_formed,
)


class BucketStore:
    """A bucket, with versioning or without: an object is only ever put with the same content."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._client: Any = boto3.client("s3")

    def put(self, content: bytes, output_class: OutputClass) -> str:
        key = key_of(content, output_class)
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, ChecksumAlgorithm="SHA256"
            )
        except (BotoCoreError, ClientError) as error:
            raise ArtefactError(f"{key} cannot be written: {type(error).__name__}") from error
        return key

    def get(self, key: str) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=well_formed(key))
            content: bytes = answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                raise ArtefactMissing(f"there is no {key}") from None
            raise ArtefactError(f"{key} cannot be read: {type(error).__name__}") from error
        except BotoCoreError as error:
            raise ArtefactError(f"{key} cannot be read: {type(error).__name__}") from error
        return checked(key, content)
