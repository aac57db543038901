"""What is kept is locked, outlives mistakes, and speaks TLS alone."""

import pytest

from infra.topology.loader import load_template
from tests.infra.template.templates import STACKS, Resource, resources, statements

RETAINED = {"Retain"}


def key_of(node: object) -> str:
    return str(node)


def all_of(kind: str) -> list[Resource]:
    return list(resources(kind))


@pytest.mark.parametrize("queue", all_of("AWS::SQS::Queue"), ids=str)
def test_a_queue_is_locked_by_our_key_and_keeps_as_long_as_it_can(queue: Resource) -> None:
    assert "KmsMasterKeyId" in queue.properties
    assert queue.properties["MessageRetentionPeriod"] == 1209600


@pytest.mark.parametrize("topic", all_of("AWS::SNS::Topic"), ids=str)
def test_a_topic_is_locked_by_our_key(topic: Resource) -> None:
    assert "aws/sns" not in key_of(topic.properties["KmsMasterKeyId"])


@pytest.mark.parametrize("group", all_of("AWS::Logs::LogGroup"), ids=str)
def test_a_log_is_locked_by_our_key_and_ends(group: Resource) -> None:
    assert "KmsKeyId" in group.properties
    assert 90 <= group.properties["RetentionInDays"] <= 400


@pytest.mark.parametrize("bucket", all_of("AWS::S3::Bucket"), ids=str)
def test_a_bucket_is_locked_versioned_shut_and_read_over_tls_alone(bucket: Resource) -> None:
    (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
    # Log delivery and readers without a signature take S3's own keys and no other.
    assert algorithm == ("AES256" if bucket.template.endswith("files.yaml") else "aws:kms")
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
    policies = [
        each.properties
        for each in resources("AWS::S3::BucketPolicy")
        if each.properties["Bucket"] == {"Ref": bucket.logical_id}
    ]
    plain = [
        one
        for one in statements(policies)
        if one.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert [(one["Effect"], one["Action"]) for one in plain] == [("Deny", "s3:*")]


def test_what_holds_a_trial_stays_when_the_stack_goes() -> None:
    kept = {
        each.logical_id
        for each in resources()
        if each.whole.get("DeletionPolicy") in RETAINED
        and each.whole.get("UpdateReplacePolicy") in RETAINED
    }
    kinds = ("AWS::KMS::Key", "AWS::SecretsManager::Secret")
    assert {each.logical_id for each in resources(*kinds)} <= kept
    assert {"Artefacts", "Witness", "SafetyOutbox", "AccessLogs", "Functions"} <= kept


def test_the_witness_of_the_trail_is_locked_for_as_long_as_its_records_are_kept() -> None:
    (bucket,) = (each for each in all_of("AWS::S3::Bucket") if each.logical_id == "Witness")
    assert bucket.properties["ObjectLockEnabled"] is True
    rule = bucket.properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule["Mode"] == {"Fn::If": ["IsLasting", "COMPLIANCE", "GOVERNANCE"]}
    assert rule["Years"] == {"Fn::If": ["IsLasting", 15, 1]}


def test_the_database_is_locked_protected_backed_up_and_let_into_by_iam() -> None:
    (cluster,) = all_of("AWS::RDS::DBCluster")
    told = cluster.properties
    assert cluster.whole["DeletionPolicy"] == "Snapshot"
    assert told["StorageEncrypted"] is True
    assert "KmsKeyId" in told
    assert told["DeletionProtection"] == {"Fn::If": ["IsLasting", True, False]}
    assert told["BackupRetentionPeriod"] == {"Ref": "BackupDays"}
    days = load_template(STACKS / "database.yaml")["Parameters"]["BackupDays"]
    assert (days["Default"], days["MaxValue"]) == (35, 35)
    assert told["EnableIAMDatabaseAuthentication"] is True
    assert told["ManageMasterUserPassword"] is True
    (proxy,) = all_of("AWS::RDS::DBProxy")
    assert (proxy.properties["RequireTLS"], proxy.properties["DefaultAuthScheme"]) == (
        True,
        "IAM_AUTH",
    )
    assert {each["IAMAuth"] for each in proxy.properties["Auth"]} == {"REQUIRED"}


def test_the_database_says_what_it_must_and_logs_no_value() -> None:
    (settings,) = all_of("AWS::RDS::DBClusterParameterGroup")
    told = settings.properties["Parameters"]
    assert (told["synchronous_commit"], told["rds.force_ssl"]) == ("on", "1")
    assert (told["log_statement"], told["log_parameter_max_length"]) == ("none", "0")
    assert told["log_parameter_max_length_on_error"] == "0"
    assert told["log_min_error_statement"] == "panic"


@pytest.mark.parametrize("instance", all_of("AWS::RDS::DBInstance"), ids=str)
def test_no_instance_is_reached_from_outside(instance: Resource) -> None:
    assert instance.properties["PubliclyAccessible"] is False


def test_the_bus_keeps_every_event_and_is_locked_with_its_archive_by_our_key() -> None:
    (bus,) = all_of("AWS::Events::EventBus")
    (archive,) = all_of("AWS::Events::Archive")
    assert bus.properties["KmsKeyIdentifier"] == archive.properties["KmsKeyIdentifier"]
    assert "DeadLetterConfig" in bus.properties
    assert "EventPattern" not in archive.properties
    assert archive.properties["RetentionDays"] >= 15 * 365


@pytest.mark.parametrize("key", all_of("AWS::KMS::Key"), ids=str)
def test_a_key_is_renewed_every_year_and_goes_only_after_a_month(key: Resource) -> None:
    assert key.properties["EnableKeyRotation"] is True
    assert key.properties["PendingWindowInDays"] == 30
