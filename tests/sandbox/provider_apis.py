"""Which provider APIs a local stack talks to: the simulators, or a real one when the environment has its key.

A further provider is a further entry in `KEY_PARAMETERS` and `template_parameters`.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.sandbox.processes import (
    LOOPBACK,
    Child,
    Processes,
    ProcessFailedError,
    accepts_connections,
    plain_environment,
)
from tests.sandbox.workspace import PROJECT, Workspace

START_SECONDS = 60.0
# Simulated providers work this much faster than real ones.
SPEED = 30
# SSM parameters that hold the providers' keys.
KEY_PARAMETERS = {"runware": "/framehook/runware/api-key"}
REAL_KEY_VARIABLE = "RUNWARE_API_KEY"
PUBLIC_URL_VARIABLE = "FRAMEHOOK_PUBLIC_URL"
PORT_VARIABLE = "FRAMEHOOK_PORT"
PUBLIC_PORT = 8475


# Parameters in step with the simulators' clock: seven, ten, five and 45 minutes of theirs.
SIMULATED_TIMES = {
    "QueuePatienceSeconds": str(7 * 60 // SPEED),
    "FirstLookUpSeconds": str(10 * 60 // SPEED),
    "UploadGraceSeconds": str(5 * 60 // SPEED),
    "ProofWindowSeconds": str(45 * 60 // SPEED),
}


class MissingPublicUrlError(Exception):
    """A real provider was asked for without a way for it to call back."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """One simulated provider, as the simulators' ready file describes it."""

    base_url: str
    api_key: str
    control_url: str
    media_url: str

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Simulator:
        return cls(**{name: described[name] for name in ("base_url", "api_key", "control_url", "media_url")})

    @property
    def media_origin(self) -> str:
        parts = urlsplit(self.media_url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class RealProvider:
    """Runware itself; it calls us back through a tunnel that somebody opened to `port` (see public_gate)."""

    api_key: str = field(repr=False)
    public_url: str
    port: int = PUBLIC_PORT


type ProviderApis = Mapping[str, Simulator] | RealProvider


def real_provider(environment: Mapping[str, str]) -> RealProvider | None:
    """The real provider if the environment asks for one; a key without a public URL is a mistake."""
    api_key = environment.get(REAL_KEY_VARIABLE)
    public_url = environment.get(PUBLIC_URL_VARIABLE)
    if not api_key:
        return None
    if not public_url:
        raise MissingPublicUrlError(
            f"{REAL_KEY_VARIABLE} is set, so Runware itself would be used; its webhooks need"
            f" {PUBLIC_URL_VARIABLE}, the public https URL of a tunnel to {LOOPBACK}:{PUBLIC_PORT}"
            f" ({PORT_VARIABLE} for another port). Unset the key to use the simulator."
        )
    return RealProvider(api_key, public_url.rstrip("/"), int(environment.get(PORT_VARIABLE) or PUBLIC_PORT))


def template_parameters(apis: ProviderApis, local_url: str, api_path: str) -> dict[str, str]:
    """The template's parameters that say which APIs to call and where they reach us.

    `api_path` is where the local cloud serves the API, with `{api}` for the id that the template fills in.
    """
    public_url = apis.public_url if isinstance(apis, RealProvider) else local_url
    parameters = {
        "RunwareApiKeyParameter": KEY_PARAMETERS["runware"],
        "PublicBaseUrl": f"{public_url}{api_path}",
        "RequireTls": "false",
    }
    if isinstance(apis, RealProvider):
        return parameters | {"UploadEndpointUrl": public_url}
    return parameters | {
        "RunwareApiUrl": apis["runware"].base_url,
        "ExtraMediaOrigins": ",".join(sorted({simulator.media_origin for simulator in apis.values()})),
    }


def start_public_gate(
    processes: Processes, workspace: Workspace, real: RealProvider, arguments: Mapping[str, str]
) -> None:
    """Start what the tunnel publishes; `arguments` are public_gate's own. Returns when it accepts connections."""
    log = workspace.log("public-gate")
    if accepts_connections(real.port):
        raise ProcessFailedError(f"port {real.port} is taken; choose another by {PORT_VARIABLE}", log)
    command = [sys.executable, "-m", "tests.sandbox.public_gate"]
    command += ["--port", str(real.port), "--public-url", real.public_url]
    command += [word for name, value in arguments.items() for word in (f"--{name}", value)]
    child = processes.start("public-gate", command, env=plain_environment(), cwd=PROJECT, log=log)
    child.wait_until(lambda: accepts_connections(real.port), timeout=START_SECONDS)


def api_keys(apis: ProviderApis) -> dict[str, str]:
    """Each provider's key."""
    if isinstance(apis, RealProvider):
        return {"runware": apis.api_key}
    return {name: simulator.api_key for name, simulator in apis.items()}


def start_simulators(processes: Processes, workspace: Workspace) -> Child:
    """Start all simulators in one process; returns at once, see `wait_for_simulators`."""
    command = [sys.executable, "-m", "tests.sandbox.simulators", "--host", LOOPBACK, "--port", "0"]
    command += ["--runware-api-key", secrets.token_hex(16), "--speed", str(SPEED)]
    command += ["--ready-file", str(workspace.scratch / "simulators.json")]
    return processes.start(
        "simulators", command, env=plain_environment(), cwd=PROJECT, log=workspace.log("simulators")
    )


def wait_for_simulators(workspace: Workspace, child: Child) -> dict[str, Simulator]:
    ready_file = workspace.scratch / "simulators.json"
    child.wait_until(
        lambda: ready_file.exists() and ready_file.read_text().endswith("\n"), timeout=START_SECONDS
    )
    described = json.loads(ready_file.read_text())
    return {name: Simulator.from_json(described[name]) for name in KEY_PARAMETERS if name in described}
