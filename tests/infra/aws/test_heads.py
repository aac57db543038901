"""The heads of the trail in a bucket: in their order, each written once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.aws import heads
from infra.aws.heads import HeadsBucket, heads_of
from infra.database.heads_store import HeadsFolder, HeadsTaken

BUCKET = "witness"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        found = boto3.client("s3", region_name="us-east-1")
        found.create_bucket(Bucket=BUCKET)
        yield found


def test_documents_come_in_the_order_of_their_numbers_and_are_never_replaced(s3: Any) -> None:
    store = HeadsBucket(s3, BUCKET, "heads/")
    s3.put_object(Bucket=BUCKET, Key="elsewhere/000001.json", Body=b"another's")
    for number in (1, 2, 10):
        store.add(number, str(number).encode())
    assert list(store.documents()) == [b"1", b"2", b"10"]
    with pytest.raises(HeadsTaken, match=r"000002\.json"):
        store.add(2, b"anew")
    assert list(store.documents()) == [b"1", b"2", b"10"]


def test_a_deployment_names_a_bucket_and_one_machine_a_folder(
    s3: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(heads, "client", lambda _: s3)
    heads_of(f"s3://{BUCKET}/heads").add(1, b"one")
    (kept,) = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert kept["Key"] == "heads/000001.json"
    folder = heads_of(str(tmp_path))
    assert isinstance(folder, HeadsFolder)
    folder.add(1, b"one")
    assert (tmp_path / "000001.json").stat().st_mode & 0o777 == 0o400
