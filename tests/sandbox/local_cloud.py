"""The local AWS: ministack, one process on a loopback port, and boto3 clients for it.

Knows nothing of the project's template: integration tests use it bare, the deployed stack on top of it.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from tests.sandbox.processes import LOOPBACK, Child, Processes, free_port, plain_environment
from tests.sandbox.workspace import ENVIRONMENTS, Workspace

REGION = "us-east-1"
# ministack takes these for the account's root; every other identity is checked against IAM.
ACCESS_KEY_ID = SECRET_ACCESS_KEY = "test"
START_SECONDS = 60.0
PROGRAM = ("-m", "ministack")


@dataclass(frozen=True, slots=True)
class LocalCloud:
    endpoint_url: str
    region: str = REGION
    access_key_id: str = ACCESS_KEY_ID
    secret_access_key: str = SECRET_ACCESS_KEY

    @property
    def session(self) -> boto3.Session:
        """A session that can only reach this cloud, if its clients are made with `endpoint_url`."""
        return boto3.Session(
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            region_name=self.region,
        )

    def environment(self) -> dict[str, str]:
        """What an AWS client in another process needs."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }


def forget_aws_settings() -> None:
    """Drop this process's AWS_* variables.

    A profile that does not exist would fail every client, and one that does must not be used by mistake.
    """
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_CA_BUNDLE"]:
        del os.environ[name]


def start_local_cloud(
    processes: Processes,
    workspace: Workspace,
    port: int,
    reached_at: str | None = None,
    program: Sequence[str | Path] = PROGRAM,
    **settings: str,
) -> tuple[LocalCloud, Child]:
    """Start an empty cloud; returns at once, see `wait_for_local_cloud`.

    `reached_at` is where its functions find it if something stands between them; `settings` are further ones of
    ministack's, in its environment.
    """
    env = plain_environment(
        GATEWAY_PORT=str(port),
        **({"AWS_ENDPOINT_URL": reached_at} if reached_at else {}),
        BIND_HOST=LOOPBACK,
        AUTH="true",  # enforce IAM, signatures and presigned URLs
        STATE_DIR=str(workspace.scratch / "state"),
        TMPDIR=str(workspace.scratch),
        MINISTACK_HOST=LOOPBACK,  # in the queue URLs that it hands out
        MINISTACK_REGION=REGION,
        AWS_ACCESS_KEY_ID=ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY=SECRET_ACCESS_KEY,
        LAMBDA_ASYNC_RETRY_BASE_SECONDS="0.2",  # AWS waits a minute, then two; tests of retries need not
        SFTP_ENABLED="0",  # these two would listen on fixed ports
        IOT_MTLS_ENABLED="0",
        **settings,
    )
    command: list[str | Path] = [ENVIRONMENTS / "cloud/bin/python", *program]
    child = processes.start(
        "local-aws", command, env=env, cwd=workspace.folder, log=workspace.log("local-aws")
    )
    return LocalCloud(f"http://{LOOPBACK}:{port}"), child


def wait_for_local_cloud(cloud: LocalCloud, child: Child) -> None:
    child.wait_until(lambda: answers(f"{cloud.endpoint_url}/_ministack/ready"), timeout=START_SECONDS)


@contextmanager
def running_local_cloud(workspace: Workspace) -> Iterator[LocalCloud]:
    """An empty local AWS for the block: what the integration tests' session fixture yields."""
    forget_aws_settings()
    with workspace.held(), Processes() as processes:
        cloud, child = start_local_cloud(processes, workspace, free_port())
        wait_for_local_cloud(cloud, child)
        yield cloud


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own loopback URL
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
