"""Has a deployed stack do again what lies in one of its dead-letter queues: invokes its function and reads the answer.

Works on any stack that a session reaches, on AWS or here; what is done again is the function's business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# The function answers within 55 s; another try would be another redrive.
PATIENT_ONCE = Config(read_timeout=65, retries={"mode": "standard", "total_max_attempts": 1})
FUNCTION_OUTPUT = "RedriveDeadLettersFunctionName"


class RedriveFailedError(Exception):
    """The stack or its function can't be reached, or the function refused the order."""


def redrive(
    session: boto3.Session, stack_name: str, order: Mapping[str, Any], endpoint_url: str | None = None
) -> dict[str, Any]:
    """What came of it. Raises RedriveFailedError with words for people."""
    try:
        function = _function_name(session, stack_name, endpoint_url)
        client = session.client("lambda", endpoint_url=endpoint_url, config=PATIENT_ONCE)
        answered = client.invoke(FunctionName=function, Payload=json.dumps(dict(order)).encode())
    except (BotoCoreError, ClientError) as error:
        raise RedriveFailedError(str(error)) from error
    told: dict[str, Any] = json.loads(answered["Payload"].read())
    if "FunctionError" in answered:
        raise RedriveFailedError(f"{told.get('errorType')}: {told.get('errorMessage')}")
    return told


def _function_name(session: boto3.Session, stack_name: str, endpoint_url: str | None) -> str:
    client = session.client("cloudformation", endpoint_url=endpoint_url)
    [stack] = client.describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    if FUNCTION_OUTPUT not in outputs:
        raise RedriveFailedError(f"the stack {stack_name} is older than its redrive; deploy it again")
    return outputs[FUNCTION_OUTPUT]
