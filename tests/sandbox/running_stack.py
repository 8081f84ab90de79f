"""Brings up the whole local stack for the length of a block: local AWS, provider APIs, build, deployment.

The one place that knows the order. `make demo`, `make run` and the e2e tests' session fixture all use it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.sandbox import deployment, stack_file
from tests.sandbox.local_cloud import LocalCloud, forget_aws_settings, start_local_cloud, wait_for_local_cloud
from tests.sandbox.processes import Child, Processes
from tests.sandbox.provider_apis import (
    KEY_PARAMETERS,
    ProviderApis,
    RealProvider,
    api_keys,
    real_provider,
    start_simulators,
    template_parameters,
    wait_for_simulators,
)
from tests.sandbox.stack_file import Stack
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace

PORT_VARIABLE = "FRAMEHOOK_PORT"


@contextmanager
def running_stack(workspace: Workspace, steps: Steps) -> Iterator[Stack]:
    """A deployed stack in that workspace, all of it stopped when the block ends, however it ends."""
    forget_aws_settings()
    # A tunnel needs to know the local cloud's port before it is up; otherwise any free one will do.
    port = int(os.environ.get(PORT_VARIABLE, "0"))
    with workspace.held(), Processes() as processes:
        real = real_provider(os.environ)
        # Both start while the build runs.
        cloud, cloud_process = start_local_cloud(processes, workspace, port or None)
        simulators = None if real else start_simulators(processes, workspace)
        with steps.step("Building the functions and the layer"):
            deployment.build(workspace)
        with steps.step("Starting the local AWS"):
            wait_for_local_cloud(cloud, cloud_process)
        apis = real or _simulated(workspace, simulators, steps)
        stack = _deploy(cloud, apis, workspace, steps)
        stack_file.write(stack, workspace.stack_file)
        yield stack


def _simulated(workspace: Workspace, simulators: Child | None, steps: Steps) -> ProviderApis:
    assert simulators is not None
    with steps.step("Starting the provider simulators"):
        return wait_for_simulators(workspace, simulators)


def _deploy(cloud: LocalCloud, apis: ProviderApis, workspace: Workspace, steps: Steps) -> Stack:
    with steps.step("Deploying the stack"):
        for provider, key in api_keys(apis).items():
            deployment.put_secret(cloud, KEY_PARAMETERS[provider], key)
        parameters = template_parameters(apis, cloud.endpoint_url, deployment.api_path("{api}"))
        deployed = deployment.deploy(cloud, parameters, workspace)
    return Stack(
        aws=cloud,
        api_key=deployed.api_key,
        outputs=deployed.outputs,
        simulators={} if isinstance(apis, RealProvider) else apis,
    )
