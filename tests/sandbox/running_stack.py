"""Brings up the whole local stack for the length of a block: local AWS, provider APIs, build, deployment.

The one place that knows the order. `make demo`, `make run` and the e2e tests' session fixture all use it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tests.sandbox import deployment, stack_file
from tests.sandbox.deployment import Deployment
from tests.sandbox.local_cloud import LocalCloud, forget_aws_settings, start_local_cloud, wait_for_local_cloud
from tests.sandbox.processes import LOOPBACK, Child, Processes, free_port
from tests.sandbox.provider_apis import (
    KEY_PARAMETERS,
    SIMULATED_TIMES,
    ProviderApis,
    RealProviders,
    api_keys,
    providers,
    real_providers,
    start_public_gate,
    start_simulators,
    template_parameters,
    wait_for_simulators,
)
from tests.sandbox.stack_file import Stack
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace

# Something between the local AWS, whose URL it is given, and those who call it: it says where they find it.
type Relay = Callable[[str], AbstractContextManager[str]]
# Starts the local AWS in that workspace on that port, where its functions find it at that URL.
type StartCloud = Callable[[Processes, Workspace, int, str], tuple[LocalCloud, Child]]


@contextmanager
def running_stack(
    workspace: Workspace,
    steps: Steps,
    relay: Relay = nullcontext,
    times: Mapping[str, str] = SIMULATED_TIMES,
    start_cloud: StartCloud = start_local_cloud,
) -> Iterator[Stack]:
    """A deployed stack in that workspace, all of it stopped when the block ends, however it ends.

    `times` are parameters of the template that a stack with simulators is deployed with; without any, with its own.
    Functions, providers and users of the API come through the `relay`; `Stack.aws` is the local AWS itself.
    """
    forget_aws_settings()
    port = free_port()
    real = real_providers(os.environ)
    with workspace.held(), relay(f"http://{LOOPBACK}:{port}") as reached_at, Processes() as processes:
        # Both start while the build runs.
        cloud, cloud_process = start_cloud(processes, workspace, port, reached_at)
        simulators = None if real else start_simulators(processes, workspace)
        with steps.step("Building the functions and the layer"):
            deployment.build(workspace)
        with steps.step("Starting the local AWS"):
            wait_for_local_cloud(cloud, cloud_process)
        apis = real or _simulated(workspace, simulators, steps)
        deployed = _deploy(cloud, apis, {} if real else times, reached_at, workspace, steps)
        if real:
            with steps.step("Opening the gate for the tunnel"):
                _open_gate(processes, workspace, real, cloud, deployed)
        stack = Stack(
            aws=cloud,
            api_key=deployed.api_key,
            outputs=deployed.outputs,
            providers=providers(apis),
            simulators={} if isinstance(apis, RealProviders) else apis,
        )
        stack_file.write(stack, workspace.stack_file)
        yield stack


def _simulated(workspace: Workspace, simulators: Child | None, steps: Steps) -> ProviderApis:
    assert simulators is not None
    with steps.step("Starting the provider simulators"):
        return wait_for_simulators(workspace, simulators)


def _deploy(
    cloud: LocalCloud,
    apis: ProviderApis,
    times: Mapping[str, str],
    reached_at: str,
    workspace: Workspace,
    steps: Steps,
) -> Deployment:
    with steps.step("Deploying the stack"):
        for account, key in api_keys(apis).items():
            deployment.put_secret(cloud, KEY_PARAMETERS[account], key)
        parameters = template_parameters(apis, reached_at, deployment.api_path("{api}"))
        return deployment.deploy(cloud, {**parameters, **times}, workspace, reached_at)


def _open_gate(
    processes: Processes, workspace: Workspace, real: RealProviders, cloud: LocalCloud, deployed: Deployment
) -> None:
    arguments = {
        "upstream": cloud.endpoint_url,
        "webhooks": f"{deployment.api_path(deployed.outputs['ApiId'])}/webhooks",
        "bucket": deployed.outputs["MediaBucketName"],
    }
    start_public_gate(processes, workspace, real, arguments)
