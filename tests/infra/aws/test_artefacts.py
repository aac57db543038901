"""A bucket keeps artefacts as a folder does: under their hash, once, and checked."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from infra.aws import analytics, artefacts
from infra.aws.artefacts import BucketStore, bucket_store
from shared.artefacts import (
    ArtefactDamaged,
    ArtefactError,
    ArtefactMissing,
    DirectoryStore,
    key_of,
    store_at,
)

BUCKET = "results"
CONTENT = b"a figure"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        found = boto3.client("s3", region_name="us-east-1")
        found.create_bucket(Bucket=BUCKET)
        yield found


class Refusing:
    """S3 that answers every call with one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def put_object(self, **_: Any) -> None:
        raise self._error

    get_object = put_object


def test_what_is_put_is_had_again_by_the_key_that_a_folder_would_give_it(s3: Any) -> None:
    store = BucketStore(s3, BUCKET, "trial/")
    key = store.put(CONTENT, "closed")
    assert key == key_of(CONTENT, "closed")
    assert store.get(key) == CONTENT
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [
        f"trial/{key}"
    ]


def test_the_same_content_again_changes_nothing(s3: Any) -> None:
    store = BucketStore(s3, BUCKET)
    key = store.put(CONTENT, "open")
    before = s3.head_object(Bucket=BUCKET, Key=key)["LastModified"]
    assert store.put(CONTENT, "open") == key
    assert s3.head_object(Bucket=BUCKET, Key=key)["LastModified"] == before


def test_something_else_under_the_key_is_told_on_both_ways(s3: Any) -> None:
    store = BucketStore(s3, BUCKET)
    key = key_of(CONTENT, "open")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"altered")
    with pytest.raises(ArtefactDamaged):
        store.get(key)
    with pytest.raises(ArtefactDamaged):
        store.put(CONTENT, "open")


@pytest.mark.parametrize("key", [key_of(b"other", "open"), "open/../secret", "elsewhere"])
def test_what_is_not_there_is_missing_and_nothing_else_is_looked_for(s3: Any, key: str) -> None:
    with pytest.raises(ArtefactMissing):
        BucketStore(s3, BUCKET).get(key)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"),
        ConnectTimeoutError(endpoint_url="https://s3"),
    ],
)
def test_a_bucket_that_refuses_or_is_away_is_an_error_of_the_store(error: Exception) -> None:
    store = BucketStore(Refusing(error), BUCKET)
    with pytest.raises(ArtefactError, match="cannot be written"):
        store.put(CONTENT, "open")
    with pytest.raises(ArtefactError, match="cannot be read"):
        store.get(key_of(CONTENT, "open"))


def test_analytics_on_aws_keeps_its_artefacts_where_its_setting_says(
    s3: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    assert callable(analytics.handler)
    assert callable(analytics.consume)
    monkeypatch.setattr(artefacts, "client", lambda _service: s3)
    bucket_store.cache_clear()
    key = store_at(f"s3://{BUCKET}/here").put(CONTENT, "open")
    bucket_store.cache_clear()
    assert s3.get_object(Bucket=BUCKET, Key=f"here/{key}")["Body"].read() == CONTENT
    assert isinstance(store_at(str(tmp_path)), DirectoryStore)
    with pytest.raises(ArtefactError, match="s3://bucket"):
        store_at("s3://")
