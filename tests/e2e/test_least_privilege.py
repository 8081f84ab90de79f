"""What each deployed role may do, tried: of everything that any part of the stack can do, each role can do its own part
and is refused the rest."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.provider_apis import KEY_PARAMETERS
from tests.sandbox.role_sessions import RoleSession, assumed_role, physical_ids
from tests.sandbox.stack_file import Stack

REFUSED = {"AccessDenied", "AccessDeniedException", "403"}
FILE = "least-privilege"
NOT_A_DELAY = 901  # seconds; SQS takes 900: a message that may be sent still is not


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in a role, in front of the whole stack."""

    role: RoleSession
    ids: Mapping[str, str]

    def table(self, operation: str, **arguments: Any) -> None:
        getattr(self.role.client("dynamodb"), operation)(TableName=self.ids["JobsTable"], **arguments)

    def query(self, key: str, value: Mapping[str, str], **arguments: Any) -> None:
        self.table(
            "query",
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": value},
            **arguments,
        )

    def bucket(self, operation: str, **arguments: Any) -> None:
        getattr(self.role.client("s3"), operation)(Bucket=self.ids["MediaBucket"], **arguments)

    def send(self, queue: str) -> None:
        self.role.client("sqs").send_message(
            QueueUrl=self.ids[queue], MessageBody="{}", DelaySeconds=NOT_A_DELAY
        )

    def receive(self, queue: str) -> None:
        self.role.client("sqs").receive_message(QueueUrl=self.ids[queue], VisibilityTimeout=0)

    def invoke(self, function: str) -> None:
        self.role.client("lambda").invoke(FunctionName=self.ids[function], InvocationType="DryRun")

    def announce(self) -> None:
        entry = {"Source": FILE, "DetailType": FILE, "Detail": "{}", "EventBusName": self.ids["EventBus"]}
        self.role.client("events").put_events(Entries=[entry])

    def read_api_key(self, account: str) -> None:
        self.role.client("ssm").get_parameter(Name=KEY_PARAMETERS[account], WithDecryption=True)

    def read_parameter(self) -> None:
        self.role.client("ssm").get_parameter(Name=f"/framehook/{FILE}")

    def assume_upload_role(self) -> None:
        account = self.role.client("sts").get_caller_identity()["Account"]
        arn = f"arn:aws:iam::{account}:role/{self.ids['UploadRole']}"
        self.role.client("sts").assume_role(RoleArn=arn, RoleSessionName=FILE)


KEY = {"pk": {"S": f"JOB#{uuid.uuid4()}"}, "sk": {"S": "STATE"}}
IF_THERE = {"ConditionExpression": "attribute_exists(pk)"}  # it never is
FOLDERS = ("incoming", "inputs", "outputs")
QUEUES = ("JobsQueue", "JobsDeadLetters", "FollowUpsQueue", "FailedInvocations", "PoisonChanges")
DEAD = ("JobsDeadLetters", "FailedInvocations", "PoisonChanges")
INVOKED = (
    "FollowUpJob",
    "FetchOutput",
    "LandOutput",
    "SweepOverdue",
    "SubmitJob",
    "ReceiveWebhook",
    "RedriveDeadLetters",
)

type Call = Callable[[Actor], None]


def table(operation: str, **arguments: Any) -> Call:
    return lambda actor: actor.table(operation, **arguments)


def file(operation: str, key: str, **arguments: Any) -> Call:
    return lambda actor: actor.bucket(operation, Key=key, **arguments)


def send(queue: str) -> Call:
    return lambda actor: actor.send(queue)


def receive(queue: str) -> Call:
    return lambda actor: actor.receive(queue)


def invoke(function: str) -> Call:
    return lambda actor: actor.invoke(function)


def read_api_key(account: str) -> Call:
    return lambda actor: actor.read_api_key(account)


# None changes anything that matters: a write has a condition that does not hold, a message an impossible delay.
CALLS: dict[str, Call] = {
    "get job": table("get_item", Key=KEY),
    "put job": table("put_item", Item=KEY, **IF_THERE),
    "update job": table("update_item", Key=KEY, UpdateExpression="REMOVE x", **IF_THERE),
    "delete job": table("delete_item", Key=KEY, **IF_THERE),
    "query job": lambda actor: actor.query("pk", KEY["pk"]),
    "query owner": lambda actor: actor.query("owner", {"S": "nobody"}, IndexName="by_owner"),
    "query due": lambda actor: actor.query("due_shard", {"S": "none"}, IndexName="due"),
    "scan": table("scan", Limit=1),
    "list bucket": lambda actor: actor.bucket("list_objects_v2", MaxKeys=1),
    **{f"get {folder}": file("get_object", f"{folder}/{FILE}") for folder in FOLDERS},
    **{f"put {folder}": file("put_object", f"{folder}/{FILE}", Body=b"x") for folder in FOLDERS},
    **{f"delete {folder}": file("delete_object", f"{folder}/none") for folder in FOLDERS},
    **{f"send {queue}": send(queue) for queue in QUEUES},
    **{f"invoke {name}": invoke(f"{name}Function") for name in INVOKED},
    **{f"receive {queue}": receive(queue) for queue in QUEUES},
    "announce": Actor.announce,
    **{f"read API key of {account}": read_api_key(account) for account in KEY_PARAMETERS},
    "read another parameter": Actor.read_parameter,
    "assume upload role": Actor.assume_upload_role,
    "list roles": lambda actor: actor.role.client("iam").list_roles(),
}

READ_AND_WRITE = {"get job", "put job", "update job"}
# SAM's policy for a function that takes from a queue names every queue.
RECEIVE = {f"receive {queue}" for queue in QUEUES}
READ_API_KEYS = {f"read API key of {account}" for account in KEY_PARAMETERS}
MAY = {
    "ServeApiFunctionRole": {
        *READ_AND_WRITE,
        *READ_API_KEYS,
        "query job",
        "query owner",
        "list bucket",
        "get inputs",
        "put inputs",
        "get outputs",
        "send JobsQueue",
        "invoke FollowUpJob",
    },
    "SubmitJobFunctionRole": {
        *READ_AND_WRITE,
        *READ_API_KEYS,
        "list bucket",
        "get inputs",
        "put inputs",
        "get outputs",
        *RECEIVE,
        "send JobsDeadLetters",
        "send FollowUpsQueue",
        "assume upload role",
    },
    "UploadRole": {"put incoming", "get inputs", "get outputs"},
    "ReceiveWebhookFunctionRole": READ_AND_WRITE,
    "LandOutputFunctionRole": {
        *READ_AND_WRITE,
        "list bucket",
        "get incoming",
        "delete incoming",
        "get outputs",
        "put outputs",
        "send FailedInvocations",
    },
    "FetchOutputFunctionRole": {*READ_AND_WRITE, "put incoming", "send FailedInvocations"},
    "PublishChangeFunctionRole": {"query job", "announce", "invoke FetchOutput", "send PoisonChanges"},
    "RedriveDeadLettersFunctionRole": {
        "query job",
        "announce",
        *(f"receive {queue}" for queue in DEAD),
        "send JobsQueue",
        "invoke LandOutput",
        "invoke FetchOutput",
        "invoke FollowUpJob",
    },
    "SweepOverdueFunctionRole": {"query due", "invoke FollowUpJob"},
    "SweepOverdueFunctionEveryMinuteRole": {"invoke SweepOverdue"},
    "FollowUpJobFunctionRole": {
        *READ_AND_WRITE,
        *READ_API_KEYS,
        "list bucket",
        "get incoming",
        "send JobsQueue",
        *RECEIVE,
        "send FollowUpsQueue",
        "invoke LandOutput",
        "invoke FetchOutput",
        "send FailedInvocations",
    },
}


@pytest.fixture(scope="module")
def ids(stack: Stack) -> Mapping[str, str]:
    return physical_ids(stack)


@pytest.fixture(scope="module", autouse=True)
def _files(stack: Stack) -> Iterator[None]:
    """One file in each folder: without the right to list, a missing one reads as forbidden."""
    s3 = stack.aws.session.client("s3", endpoint_url=stack.aws.endpoint_url)
    bucket = stack.outputs["MediaBucketName"]
    for folder in FOLDERS:
        s3.put_object(Bucket=bucket, Key=f"{folder}/{FILE}", Body=b"x")
    yield
    for folder in FOLDERS:
        s3.delete_object(Bucket=bucket, Key=f"{folder}/{FILE}")


def is_allowed(call: Call, actor: Actor) -> bool:
    """Whether IAM lets it pass; what the service then makes of it does not matter."""
    try:
        call(actor)
    except ClientError as error:
        return error.response["Error"]["Code"] not in REFUSED
    return True


@pytest.mark.parametrize("role", MAY)
def test_role_can_do_its_part_and_nothing_else(role: str, stack: Stack, ids: Mapping[str, str]) -> None:
    with assumed_role(stack, ids[role]) as session:
        actor = Actor(session, ids)
        allowed = {name for name, call in CALLS.items() if is_allowed(call, actor)}
    assert allowed == MAY[role]


def test_every_role_of_the_stack_is_tried(stack: Stack) -> None:
    assert physical_ids(stack, "AWS::IAM::Role").keys() == MAY.keys()


def test_everything_that_is_tried_could_be_allowed(stack: Stack, ids: Mapping[str, str]) -> None:
    """The account itself is refused nothing, so a refusal is the role's doing."""
    actor = Actor(RoleSession(stack.aws.session, stack.aws.endpoint_url), ids)
    others = {"assume upload role"}  # its trust names the submitter alone
    assert {name for name, call in CALLS.items() if is_allowed(call, actor)} == CALLS.keys() - others


def test_functions_run_in_the_roles_that_are_tried(stack: Stack, ids: Mapping[str, str]) -> None:
    client = stack.aws.session.client("lambda", endpoint_url=stack.aws.endpoint_url)
    functions = [name.removesuffix("Role") for name in MAY if name.endswith("FunctionRole")]
    assert len(functions) == 9
    for function in functions:
        role = client.get_function_configuration(FunctionName=ids[function])["Role"]
        assert role.split("/")[-1] == ids[f"{function}Role"]
