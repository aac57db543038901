"""A bucket takes each E2B file once, whole, and says when it does not."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.aws.e2b_drop import BucketDrop
from services.safety.e2b.gateway import DeliveryError, NameTakenError

BUCKET = "e2b-out"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        found = boto3.client("s3", region_name="eu-central-1")
        found.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        yield found


def test_a_file_lies_in_the_bucket_under_its_name(client: Any) -> None:
    BucketDrop(client, BUCKET, "out/").deliver("a.xml", b"one")
    held = client.get_object(Bucket=BUCKET, Key="out/a.xml")
    assert held["Body"].read() == b"one"
    assert held["ContentType"] == "application/xml"


def test_the_same_file_again_is_no_error(client: Any) -> None:
    drop = BucketDrop(client, BUCKET)
    drop.deliver("a.xml", b"one")
    drop.deliver("a.xml", b"one")
    assert client.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_other_content_under_a_name_is_refused_and_changes_nothing(client: Any) -> None:
    drop = BucketDrop(client, BUCKET)
    drop.deliver("a.xml", b"one")
    with pytest.raises(NameTakenError):
        drop.deliver("a.xml", b"two")
    assert client.get_object(Bucket=BUCKET, Key="a.xml")["Body"].read() == b"one"


def test_a_bucket_that_is_not_there_is_told_by_its_code(client: Any) -> None:
    with pytest.raises(DeliveryError, match="NoSuchBucket"):
        BucketDrop(client, "gone").deliver("a.xml", b"one")
