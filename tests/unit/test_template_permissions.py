"""Least privilege, written down twice: what each role of the template may do, and nothing else. A new permission shows
up here as a difference, to be added by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template_model import Values, as_written, expanded, shown

READ_AND_WRITE = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
# From a queue of what could not be done, and back where nothing could be done this time either.
TAKE = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
}
# The keys of all accounts: who calls one provider, calls any.
KEYS = {
    f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter{account}ApiKeyParameter": {
        "ssm:GetParameter"
    }
    for account in ("Runware", "RunningHubAi", "RunningHubCn", "RunComfy")
}
# role → resource → actions; a resource by its logical id.
GRANTS: dict[str, dict[str, set[str]]] = {
    "ServeApiFunctionRole": {
        "JobsTable": {*READ_AND_WRITE, "dynamodb:Query", "dynamodb:BatchGetItem"},
        "JobsTable/index/by_owner": {"dynamodb:Query"},
        "JobsQueue": {"sqs:SendMessage"},
        "FollowUpJobFunction": {"lambda:InvokeFunction"},
        "MediaBucket": {"s3:ListBucket"},
        "MediaBucket/inputs/*": {"s3:GetObject", "s3:PutObject"},
        "MediaBucket/outputs/*": {"s3:GetObject"},
        **KEYS,
    },
    "SubmitJobFunctionRole": {
        "JobsTable": READ_AND_WRITE,
        "JobsDeadLetters": {"sqs:SendMessage"},
        "FollowUpsQueue": {"sqs:SendMessage"},
        "MediaBucket": {"s3:ListBucket"},
        "MediaBucket/inputs/*": {"s3:GetObject", "s3:PutObject"},
        "MediaBucket/outputs/*": {"s3:GetObject"},
        **KEYS,
        "UploadRole": {"sts:AssumeRole"},
    },
    "UploadRole": {
        "MediaBucket/incoming/*": {"s3:PutObject"},
        "MediaBucket/inputs/*": {"s3:GetObject"},
        "MediaBucket/outputs/*": {"s3:GetObject"},
    },
    "ReceiveWebhookFunctionRole": {"JobsTable": READ_AND_WRITE},
    "LandOutputFunctionRole": {
        "JobsTable": READ_AND_WRITE,
        "MediaBucket": {"s3:ListBucket"},
        "MediaBucket/incoming/*": {"s3:GetObject", "s3:DeleteObject"},
        "MediaBucket/outputs/*": {"s3:GetObject", "s3:PutObject"},
        "FailedInvocations": {"sqs:SendMessage"},
    },
    "FetchOutputFunctionRole": {
        "JobsTable": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "MediaBucket/incoming/*": {"s3:PutObject", "s3:AbortMultipartUpload"},
        "FailedInvocations": {"sqs:SendMessage"},
    },
    "PublishChangeFunctionRole": {
        "JobsTable": {"dynamodb:Query"},
        "EventBus": {"events:PutEvents"},
        "FetchOutputFunction": {"lambda:InvokeFunction"},
        "PoisonChanges": {"sqs:SendMessage"},
    },
    "RedriveDeadLettersFunctionRole": {
        **dict.fromkeys(("JobsDeadLetters", "FailedInvocations", "PoisonChanges"), TAKE),
        "JobsQueue": {"sqs:SendMessage"},
        **{
            f"{name}Function": {"lambda:InvokeFunction"}
            for name in ("LandOutput", "FetchOutput", "FollowUpJob")
        },
        "JobsTable": {"dynamodb:Query"},
        "EventBus": {"events:PutEvents"},
    },
    "SweepOverdueFunctionRole": {
        "JobsTable/index/due": {"dynamodb:Query"},
        "FollowUpJobFunction": {"lambda:InvokeFunction"},
    },
    "SweepOverdueFunctionEveryMinuteRole": {"SweepOverdueFunction": {"lambda:InvokeFunction"}},
    "FollowUpJobFunctionRole": {
        "JobsTable": READ_AND_WRITE,
        "JobsQueue": {"sqs:SendMessage"},
        "FollowUpsQueue": {"sqs:SendMessage"},
        "MediaBucket": {"s3:ListBucket"},
        "MediaBucket/incoming/*": {"s3:GetObject"},
        "LandOutputFunction": {"lambda:InvokeFunction"},
        "FetchOutputFunction": {"lambda:InvokeFunction"},
        **KEYS,
        "FailedInvocations": {"sqs:SendMessage"},
    },
}
# SAM attaches these by itself. They name `*`, but only actions that write a log and take from an event source:
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html
LOGS = "AWSLambdaBasicExecutionRole"
EVENT_SOURCES = {
    "SubmitJobFunctionRole": "AWSLambdaSQSQueueExecutionRole",
    "FollowUpJobFunctionRole": "AWSLambdaSQSQueueExecutionRole",
    "PublishChangeFunctionRole": "AWSLambdaDynamoDBExecutionRole",
}
TRUSTED: dict[str, Values] = {
    "UploadRole": {"AWS": {"Fn::GetAtt": ["SubmitJobFunctionRole", "Arn"]}},
    "SweepOverdueFunctionEveryMinuteRole": {"Service": ["scheduler.amazonaws.com"]},
}
# A queue's or bucket's own policy: it only refuses, so it may speak of everything.
REFUSALS = {"AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"}


def roles() -> dict[str, Values]:
    return expanded().of_type("AWS::IAM::Role")


def statements(role: str) -> Iterator[Values]:
    """Of the role's own policies and of those that are attached to it from outside."""
    for policy in roles()[role].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]
    for policy in expanded().of_type("AWS::IAM::Policy").values():
        if role in map(shown, policy["Roles"]):
            yield from policy["PolicyDocument"]["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def granted(role: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for statement in statements(role):
        for resource in as_list(statement["Resource"]):
            found.setdefault(shown(resource), set()).update(as_list(statement["Action"]))
    return found


def test_each_role_may_do_what_is_listed_and_nothing_else() -> None:
    assert {role: granted(role) for role in roles()} == GRANTS


def test_policies_only_allow_single_actions_on_named_resources() -> None:
    for role in roles():
        for statement in statements(role):
            assert statement["Effect"] == "Allow"
            assert not statement.keys() & {"NotAction", "NotResource", "NotPrincipal"}
            assert all(
                re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in as_list(statement["Action"])
            )
            assert "*" not in map(shown, as_list(statement["Resource"]))


def test_managed_policies_are_those_for_logs_and_event_sources() -> None:
    for role, properties in roles().items():
        attached = {arn.split("/")[-1] for arn in properties.get("ManagedPolicyArns", [])}
        runs_a_function = role.removesuffix("Role") in expanded().of_type("AWS::Lambda::Function")
        expected = {LOGS, EVENT_SOURCES[role]} if role in EVENT_SOURCES else {LOGS}
        assert attached == (expected if runs_a_function else set())


def test_every_function_has_a_role_of_its_own() -> None:
    functions = expanded().of_type("AWS::Lambda::Function")
    assert {name: shown(found["Role"]) for name, found in functions.items()} == {
        name: f"{name}Role" for name in functions
    }


def test_only_who_uses_a_role_may_assume_it() -> None:
    for role, properties in roles().items():
        [trust] = properties["AssumeRolePolicyDocument"]["Statement"]
        assert as_list(trust["Action"]) == ["sts:AssumeRole"]
        assert trust["Principal"] == TRUSTED.get(role, {"Service": ["lambda.amazonaws.com"]})


def test_resource_policies_only_refuse() -> None:
    for kind in REFUSALS:
        for policy in expanded().of_type(kind).values():
            assert {statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]} == {"Deny"}


def test_nothing_but_a_person_starts_the_function_that_redrives() -> None:
    name = "RedriveDeadLettersFunction"
    assert "Events" not in as_written().properties(name)
    assert not any(name in granted(role) for role in roles())
    named = [
        permission["FunctionName"] for permission in expanded().of_type("AWS::Lambda::Permission").values()
    ]
    assert name not in map(shown, named)


def test_every_invocation_permission_names_who_may_call() -> None:
    """A service alone would be anybody's: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-account.html"""
    for permission in expanded().of_type("AWS::Lambda::Permission").values():
        assert permission["Action"] == "lambda:InvokeFunction"
        if permission["Principal"] == "s3.amazonaws.com":  # its ARN here would be a cycle
            assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
        else:
            assert permission["Principal"] == "apigateway.amazonaws.com"
            assert "Api" in str(permission["SourceArn"])


def test_bucket_notifies_only_once_it_may() -> None:
    """S3 tries the target when the notification is made."""
    assert as_written().resources["MediaBucket"]["DependsOn"] == "LandOutputPermission"


@pytest.mark.parametrize("key", KEYS)
def test_only_who_calls_providers_or_tells_their_accounts_reads_an_api_key(key: str) -> None:
    readers = {role for role in roles() if key in granted(role)}
    assert readers == {"ServeApiFunctionRole", "SubmitJobFunctionRole", "FollowUpJobFunctionRole"}


def test_nothing_else_of_the_parameter_store_is_named() -> None:
    named = {resource for role in roles() for resource in granted(role) if ":ssm:" in resource}
    assert named == KEYS.keys()


def test_no_policy_of_ours_hides_behind_a_template_of_sam() -> None:
    """Each is written out: a ready-made `…CrudPolicy` grants more than anything here needs."""
    for function in as_written().of_type("AWS::Serverless::Function").values():
        assert all("Statement" in policy for policy in function["Policies"])
