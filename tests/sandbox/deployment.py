"""Builds the project and deploys it to a local cloud with the SAM CLI, as a user would to AWS.

Holds no knowledge of simulators or tests: which parameters to deploy with comes from the caller.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox.local_cloud import LocalCloud
from tests.sandbox.processes import ProcessFailedError, plain_environment, run_to_log
from tests.sandbox.workspace import ENVIRONMENTS, PROJECT, Workspace, exclusive_lock

STACK_NAME = "framehook"
STAGE = "live"
SAM = ENVIRONMENTS / "sam/bin/sam"
BUILD = PROJECT / ".aws-sam/build"
# Inside the build, so that any other `sam build` removes it.
BUILD_FINGERPRINT = BUILD / ".fingerprint"
BUILD_SOURCES = ("template.yaml", "functions", "layers")
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the stack's outputs say, with the API's URL as it is reached locally."""

    outputs: Mapping[str, str]
    api_key: str


def host_architecture() -> str:
    """This machine's architecture, in Lambda's words."""
    return ARCHITECTURES[platform.machine().lower()]


def fingerprint(sources: Iterable[Path], root: Path) -> str:
    """A digest of names and contents of everything under `sources`, caches apart."""
    digest = hashlib.sha256()
    files = (file for source in sources for file in ([source] if source.is_file() else source.rglob("*")))
    for file in sorted(files):
        if file.is_file() and "__pycache__" not in file.parts:
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(root)} {content}\n".encode())
    return digest.hexdigest()


def build(workspace: Workspace) -> bool:
    """`sam build`, one at a time: all stacks share it. False when the last build is of the same sources."""
    with exclusive_lock(PROJECT / ".sandbox/build.lock", wait=True):
        wanted = fingerprint((PROJECT / name for name in BUILD_SOURCES), PROJECT)
        if BUILD_FINGERPRINT.exists() and BUILD_FINGERPRINT.read_text() == wanted:
            return False
        run_to_log([SAM, "build"], env=_sam_environment(), cwd=PROJECT, log=workspace.log("build"))
        BUILD_FINGERPRINT.write_text(wanted)
        return True


def deploy(
    cloud: LocalCloud, parameters: Mapping[str, str], workspace: Workspace, reached_at: str
) -> Deployment:
    """`sam deploy`, with the architecture of this machine; a refused resource is named in the error."""
    log = workspace.log("deploy")
    overrides = [
        f"{name}={value}" for name, value in {"Architecture": host_architecture(), **parameters}.items()
    ]
    command: list[str | Path] = [
        SAM,
        "deploy",
        "--stack-name",
        STACK_NAME,
        "--resolve-s3",
        "--no-confirm-changeset",
        "--no-progressbar",
    ]
    command += [
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_NAMED_IAM",
        "--parameter-overrides",
        *overrides,
    ]
    try:
        run_to_log(command, env=_sam_environment() | cloud.environment(), cwd=PROJECT, log=log)
    except ProcessFailedError as failure:
        reasons = failed_resources(cloud)
        raise ProcessFailedError("\n  ".join([str(failure), *reasons]), log) from failure
    return describe(cloud, reached_at)


def describe(cloud: LocalCloud, reached_at: str) -> Deployment:
    """The deployed stack's outputs and its API key."""
    client = cloud.session.client("cloudformation", endpoint_url=cloud.endpoint_url)
    described = client.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["Outputs"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described}
    outputs["ApiUrl"] = f"{reached_at}{api_path(outputs['ApiId'])}"
    return Deployment(outputs, _api_key(cloud, outputs["ApiKeyId"]))


def api_path(api_id: str) -> str:
    """Where the emulator serves an API that AWS would serve at https://{id}.execute-api.…/{stage}."""
    return f"/_aws/execute-api/{api_id}/{STAGE}"


def _api_key(cloud: LocalCloud, key_id: str) -> str:
    client = cloud.session.client("apigateway", endpoint_url=cloud.endpoint_url)
    return client.get_api_key(apiKey=key_id, includeValue=True)["value"]


def put_secret(cloud: LocalCloud, name: str, value: str) -> None:
    """Store a provider's key where the functions look it up."""
    client = cloud.session.client("ssm", endpoint_url=cloud.endpoint_url)
    client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def failed_resources(cloud: LocalCloud) -> list[str]:
    """Which resources were refused and why; empty when the deployment did not get that far."""
    client = cloud.session.client("cloudformation", endpoint_url=cloud.endpoint_url)
    try:
        events = client.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    except client.exceptions.ClientError:
        return []
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]


def _sam_environment() -> dict[str, str]:
    # SAM asks an AWS for the progress every 5 s; ours is ready sooner and does not mind being asked.
    return plain_environment(SAM_CLI_TELEMETRY="0", SAM_CLI_POLL_DELAY="0.2", NO_COLOR="1")
