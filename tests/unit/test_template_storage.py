"""What outlives a stack: the table, the bucket and the logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.resources import TABLE_DEFINITION
from tests.template_model import as_written, chosen, expanded, shown

KEPT_ON_DELETE = ("JobsTable", "MediaBucket")


def by_name(items: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {item[key]: item for item in items}


@pytest.mark.parametrize("name", KEPT_ON_DELETE)
def test_what_was_paid_for_is_kept_when_the_stack_is_deleted_but_not_when_its_creation_fails(
    name: str,
) -> None:
    resource = expanded().resources[name]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_nothing_else_is_left_behind() -> None:
    kept = {name for name, found in as_written().resources.items() if "DeletionPolicy" in found}
    assert kept == set(KEPT_ON_DELETE)


def test_table_is_the_one_that_the_adapters_are_tested_on() -> None:
    table = expanded().properties("JobsTable")
    assert table["BillingMode"] == TABLE_DEFINITION["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == TABLE_DEFINITION["KeySchema"]
    for part, key in (("AttributeDefinitions", "AttributeName"), ("GlobalSecondaryIndexes", "IndexName")):
        assert by_name(table[part], key) == by_name(TABLE_DEFINITION[part], key)


def test_table_can_be_restored_streams_both_images_and_forgets_what_expired() -> None:
    table = expanded().properties("JobsTable")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_stream_wakes_the_publisher_for_noteworthy_states_only() -> None:
    [stream] = [
        found
        for found in expanded().of_type("AWS::Lambda::EventSourceMapping").values()
        if shown(found["FunctionName"]) == "PublishChangeFunction"
    ]
    announcing, parking = [found["Pattern"] for found in stream["FilterCriteria"]["Filters"]]
    text, names = announcing["Fn::Sub"]
    separator, statuses = names["Announced"]["Fn::Join"]
    default = as_written().document["Parameters"][statuses["Ref"]]["Default"]
    announced = default.split(",")
    pattern = json.loads(text.replace("${Announced}", separator.join(announced)))
    assert pattern == {
        "dynamodb": {"Keys": {"sk": {"S": ["STATE"]}}, "NewImage": {"notify": {"S": ["fetch", *announced]}}}
    }
    # A filter of its own: one list must not name a status twice, and people may take it out of the announced ones.
    assert json.loads(parking) == {
        "dynamodb": {"Keys": {"sk": {"S": ["STATE"]}}, "NewImage": {"notify": {"S": ["parked"]}}}
    }
    assert stream["StartingPosition"] == "TRIM_HORIZON"


def test_bucket_is_private_encrypted_and_owned_by_the_account() -> None:
    bucket = expanded().properties("MediaBucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert not bucket.keys() & {"AccessControl", "CorsConfiguration", "WebsiteConfiguration", "BucketName"}


@pytest.mark.parametrize("conditions", [(), ("HasOutputRetention",)])
def test_bucket_forgets_what_is_passing_and_keeps_outputs_unless_told(conditions: tuple[str, ...]) -> None:
    rules = chosen(expanded().properties("MediaBucket")["LifecycleConfiguration"]["Rules"], conditions)
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    retention = {"outputs/": {"Ref": "OutputRetentionDays"}} if conditions else {}
    assert expiring == {"incoming/": 7, "inputs/": 30, **retention}


def test_bucket_ends_unfinished_uploads_everywhere() -> None:
    rules = chosen(expanded().properties("MediaBucket")["LifecycleConfiguration"]["Rules"])
    [ending] = [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]
    assert ending["Prefix"] == ""
    assert ending["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_bucket_notifies_of_incoming_files_only() -> None:
    """A notification for `outputs/` would be a loop: land_output writes there."""
    [notification] = expanded().properties("MediaBucket")["NotificationConfiguration"]["LambdaConfigurations"]
    assert notification["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "incoming/"}]}}
    assert shown(notification["Function"]) == "LandOutputFunction"


@pytest.mark.parametrize(
    ("policy", "action"), [("MediaBucketPolicy", "s3:*"), ("QueuePolicy", "sqs:*")], ids=["bucket", "queues"]
)
def test_plain_http_is_refused_when_tls_is_required(policy: str, action: str) -> None:
    resource = expanded().resources[policy]
    [statement] = resource["Properties"]["PolicyDocument"]["Statement"]
    assert resource["Condition"] == "TlsIsRequired"
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", action)
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_queue_and_bucket_refuses_plain_http() -> None:
    template = expanded()
    covered = {shown(queue) for queue in template.properties("QueuePolicy")["Queues"]}
    assert covered == template.of_type("AWS::SQS::Queue").keys()
    [statement] = template.properties("MediaBucketPolicy")["PolicyDocument"]["Statement"]
    assert [shown(resource) for resource in statement["Resource"]] == ["MediaBucket", "MediaBucket/*"]


def test_every_function_writes_to_a_log_group_of_its_own_that_forgets() -> None:
    functions = expanded().of_type("AWS::Lambda::Function")
    groups = expanded().of_type("AWS::Logs::LogGroup")
    used = {name: shown(found["LoggingConfig"]["LogGroup"]) for name, found in functions.items()}
    assert used == {name: name.removesuffix("Function") + "Logs" for name in functions}
    assert groups.keys() == {*used.values(), "ApiAccessLogs"}
    assert {shown(group["RetentionInDays"]) for group in groups.values()} == {"LogRetentionDays"}
