"""Sessions with the permissions of a deployed stack's roles, to try what each may do.

A function's role trusts Lambda alone. For the length of a block it trusts the account as well; what it may do
stays as it was deployed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from tests.sandbox.deployment import STACK_NAME
from tests.sandbox.stack_file import Stack


@dataclass(frozen=True, slots=True)
class RoleSession:
    """The clients of somebody who has assumed the role."""

    session: boto3.Session
    endpoint_url: str

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint_url)  # type: ignore[call-overload]


def physical_ids(stack: Stack, kind: str = "") -> Mapping[str, str]:
    """What each logical id of the template became; of one type of resources, or of all."""
    client = stack.aws.session.client("cloudformation", endpoint_url=stack.aws.endpoint_url)
    found = client.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in found
        if kind in ("", resource["ResourceType"])
    }


@contextmanager
def assumed_role(stack: Stack, name: str) -> Iterator[RoleSession]:
    """`name` is the deployed role's own."""
    aws = stack.aws
    iam = aws.session.client("iam", endpoint_url=aws.endpoint_url)
    sts = aws.session.client("sts", endpoint_url=aws.endpoint_url)
    role = iam.get_role(RoleName=name)["Role"]
    trust: Any = role["AssumeRolePolicyDocument"]  # boto3 decodes the document
    us = {
        "Effect": "Allow",
        "Principal": {"AWS": sts.get_caller_identity()["Arn"]},
        "Action": "sts:AssumeRole",
    }
    widened = {**trust, "Statement": [*trust["Statement"], us]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(widened))
    try:
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="least-privilege")["Credentials"]
        session = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=aws.region,
        )
        yield RoleSession(session, aws.endpoint_url)
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
