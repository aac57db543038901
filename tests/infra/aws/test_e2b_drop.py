"""A bucket takes each E2B file once, whole, and says when it does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws

from infra.aws import clients, report_handoff
from infra.aws.e2b_drop import BucketDrop
from infra.topology.loader import load_template
from services.safety.e2b.gateway import (
    LEASE,
    DeliveryError,
    FolderDrop,
    NameTakenError,
    UnknownEndError,
)
from services.safety.handoff_handlers import OUTBOX

BUCKET = "e2b-out"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
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


@pytest.mark.parametrize(
    ("error", "told"), [(ReadTimeoutError, UnknownEndError), (ConnectTimeoutError, DeliveryError)]
)
def test_whether_a_file_may_be_there_although_nothing_was_answered_is_told(
    error: type[Exception], told: type[DeliveryError]
) -> None:
    class Away:
        def put_object(self, **_: Any) -> None:
            raise error(endpoint_url="https://bucket.example")  # type: ignore[call-arg]

    with pytest.raises(DeliveryError) as raised:
        BucketDrop(Away(), BUCKET).deliver("a.xml", b"one")
    assert type(raised.value) is told


def test_the_gateway_is_what_the_deployment_names(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (OUTBOX, report_handoff.BUCKET, report_handoff.PREFIX):
        monkeypatch.delenv(name, raising=False)
    assert report_handoff.gateway() is None
    monkeypatch.setenv(OUTBOX, str(tmp_path))
    assert isinstance(report_handoff.gateway(), FolderDrop)
    monkeypatch.setenv(report_handoff.BUCKET, BUCKET)
    monkeypatch.setenv(report_handoff.PREFIX, "out/")
    found = report_handoff.gateway()
    assert isinstance(found, BucketDrop)
    found.deliver("a.xml", b"one")
    assert client.get_object(Bucket=BUCKET, Key="out/a.xml")["Body"].read() == b"one"


@pytest.mark.usefixtures("client")
def test_a_client_gives_up_before_a_lease_ends() -> None:
    config = clients.client("s3").meta.config
    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    assert longest < LEASE.total_seconds()


def test_the_hand_off_may_put_files_into_its_bucket_read_them_and_nothing_else() -> None:
    resources = load_template(Path(__file__).parents[3] / "template.yaml")["Resources"]
    function = resources["SafetyReports"]["Properties"]
    assert function["Environment"]["Variables"][report_handoff.BUCKET] == {"Ref": "SafetyOutbox"}
    (policy,) = function["Policies"]
    login, statement = policy["Statement"]
    assert login["Action"] == "rds-db:connect"
    assert (statement["Effect"], statement["Action"]) == ("Allow", ["s3:PutObject", "s3:GetObject"])
    assert statement["Resource"] == {"Fn::Sub": "${SafetyOutbox.Arn}/*"}
    bucket = resources["SafetyOutbox"]
    assert bucket["DeletionPolicy"] == "Retain"
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
