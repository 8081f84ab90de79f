"""What a tunnel publishes of a stack: webhooks and signed uploads land, the rest of the local AWS is out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.e2e.user import User
from tests.sandbox import deployment
from tests.sandbox.processes import LOOPBACK, Processes, free_port
from tests.sandbox.provider_apis import KEY_PARAMETERS, RealProviders, start_public_gate
from tests.sandbox.role_sessions import RoleSession, assumed_role, physical_ids
from tests.sandbox.stack_file import Stack
from tests.sandbox.workspace import Workspace

PUBLIC_URL = "https://abc.example"


@pytest.fixture(scope="module")
def gate(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a gate before the stack, which takes itself for PUBLIC_URL."""
    real = RealProviders({}, PUBLIC_URL, free_port())
    arguments = {
        "upstream": stack.aws.endpoint_url,
        "webhooks": f"{deployment.api_path(stack.outputs['ApiId'])}/webhooks",
        "bucket": stack.outputs["MediaBucketName"],
    }
    with Processes() as processes:
        start_public_gate(processes, Workspace(tmp_path_factory.mktemp("gate")), real, arguments)
        yield f"http://{LOOPBACK}:{real.port}"


@pytest.fixture(scope="module")
def uploader(stack: Stack) -> Iterator[RoleSession]:
    with assumed_role(stack, physical_ids(stack)["UploadRole"]) as session:
        yield session


def through(gate: str, method: str, url: str, content: bytes | None = None) -> httpx.Response:
    """The request for a public URL as the tunnel hands it on."""
    public = urlsplit(url)
    headers = {"Host": public.netloc, "Content-Type": "video/mp4"}
    return httpx.request(method, f"{gate}{public.path}?{public.query}", headers=headers, content=content)


def signed(session: boto3.Session, operation: str, bucket: str, key: str) -> str:
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
    )
    client = session.client("s3", endpoint_url=PUBLIC_URL, config=config)
    url: str = client.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key})
    assert url.startswith(f"{PUBLIC_URL}/{bucket}/")
    return url


def test_upload_signed_for_the_public_host_lands(
    stack: Stack, user: User, gate: str, uploader: RoleSession
) -> None:
    bucket, key = stack.outputs["MediaBucketName"], "incoming/of-nobody/1/0"

    answer = through(gate, "PUT", signed(uploader.session, "put_object", bucket, key), b"video" * 100_000)

    assert answer.status_code == 200, answer.text
    assert user.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] == 500_000


def test_input_is_read_by_its_signature(stack: Stack, user: User, gate: str, uploader: RoleSession) -> None:
    bucket, key = stack.outputs["MediaBucketName"], "inputs/default/frame.png"
    user.client("s3").put_object(Bucket=bucket, Key=key, Body=b"image")

    answer = through(gate, "GET", signed(uploader.session, "get_object", bucket, key))

    assert (answer.status_code, answer.content) == (200, b"image")


def test_signature_of_anything_else_is_refused_by_the_local_aws(
    stack: Stack, gate: str, uploader: RoleSession
) -> None:
    bucket = stack.outputs["MediaBucketName"]
    url = signed(uploader.session, "put_object", bucket, "incoming/of-nobody/1/0")

    assert through(gate, "PUT", url.replace("of-nobody", "of-another"), b"video").status_code == 403
    forged = boto3.Session("ASIAEXAMPLEEXAMPLE00", "guessed", "guessed", stack.aws.region)
    url = signed(forged, "put_object", bucket, "incoming/of-nobody/1/0")
    assert through(gate, "PUT", url, b"video").status_code == 403


def test_root_of_the_local_aws_is_nobody_at_the_gate(stack: Stack, gate: str) -> None:
    root = RoleSession(stack.aws.session, gate)

    with pytest.raises(ClientError, match="404"):
        root.client("ssm").get_parameter(Name=KEY_PARAMETERS["runware"], WithDecryption=True)
    with pytest.raises(ClientError, match="404"):
        root.client("lambda").list_functions()
    bucket = stack.outputs["MediaBucketName"]
    url = signed(stack.aws.session, "get_object", bucket, "inputs/default/frame.png")
    assert through(gate, "GET", url).status_code == 404


def test_webhooks_reach_the_receiver_and_the_rest_of_the_api_does_not(stack: Stack, gate: str) -> None:
    api = f"{PUBLIC_URL}{deployment.api_path(stack.outputs['ApiId'])}"

    webhook = through(
        gate, "POST", f"{api}/webhooks/runware/0190a2b4-0000-7000-8000-000000000000/1/none", b"{}"
    )
    jobs = httpx.post(f"{gate}{urlsplit(api).path}/v1/jobs", headers={"x-api-key": stack.api_key}, json={})

    assert webhook.headers["x-amzn-requestid"]
    assert (jobs.status_code, jobs.content) == (404, b"")
