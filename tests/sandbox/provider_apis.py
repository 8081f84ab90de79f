"""Which provider APIs a local stack talks to: the simulators, or real ones when the environment has their keys.

A further provider is a further entry in `ACCOUNTS`, `KEY_PARAMETERS`, `IN_TEMPLATE` and `KEY_VARIABLES`, and in
`SERVICES` if its accounts have several APIs.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
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
from tests.sandbox.simulators import KEYS
from tests.sandbox.workspace import PROJECT, Workspace

START_SECONDS = 60.0
# Simulated providers work this much faster than real ones.
SPEED = 30
# The accounts at each provider: one for each of its sites.
ACCOUNTS = {
    "runware": ("runware",),
    "runninghub": ("runninghub-ai", "runninghub-cn"),
    "runcomfy": ("runcomfy",),
}
PROVIDERS = tuple(ACCOUNTS)
# SSM parameters that hold the accounts' keys.
KEY_PARAMETERS = {
    "runware": "/framehook/runware/api-key",
    "runninghub-ai": "/framehook/runninghub/ai/api-key",
    "runninghub-cn": "/framehook/runninghub/cn/api-key",
    "runcomfy": "/framehook/runcomfy/api-key",
}
# What the template's parameters of each account begin with.
IN_TEMPLATE = {
    "runware": "Runware",
    "runninghub-ai": "RunningHubAi",
    "runninghub-cn": "RunningHubCn",
    "runcomfy": "RunComfy",
}
# What the parameters for the addresses of an account's further APIs have after that.
SERVICES = {"runcomfy": ("", "Serverless")}
# Variables that hold a real provider's key, and say which site of RunningHub it belongs to.
KEY_VARIABLES = {
    "runware": "RUNWARE_API_KEY",
    "runninghub": "RUNNINGHUB_API_KEY",
    "runcomfy": "RUNCOMFY_API_KEY",
}
SITE_VARIABLE = "RUNNINGHUB_SITE"
PUBLIC_URL_VARIABLE = "FRAMEHOOK_PUBLIC_URL"
PORT_VARIABLE = "FRAMEHOOK_PORT"
PUBLIC_PORT = 8475


# Parameters in step with the simulators' clock: seven, ten, three, five and 45 minutes of theirs.
SIMULATED_TIMES = {
    "QueuePatienceSeconds": str(7 * 60 // SPEED),
    "FirstLookUpSeconds": str(10 * 60 // SPEED),
    "FirstPollSeconds": str(3 * 60 // SPEED),
    "UploadGraceSeconds": str(5 * 60 // SPEED),
    "ProofWindowSeconds": str(45 * 60 // SPEED),
}


class InvalidEnvironmentError(Exception):
    """A real provider was asked for without a way for it to call back, or on a site that does not exist."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """One simulated provider, as the simulators' ready file describes it."""

    base_url: str
    api_key: str
    control_url: str
    media_url: str
    cn_base_url: str | None = None
    cn_api_key: str | None = None

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Simulator:
        return cls(**{field.name: described[field.name] for field in fields(cls) if field.name in described})

    @property
    def sites(self) -> tuple[tuple[str, str], ...]:
        """URL and key of each site, in the order of `ACCOUNTS`."""
        first = (self.base_url, self.api_key)
        if self.cn_base_url is None or self.cn_api_key is None:
            return (first,)
        return (first, (self.cn_base_url, self.cn_api_key))

    @property
    def media_origin(self) -> str:
        parts = urlsplit(self.media_url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class RealProviders:
    """The providers themselves, by their accounts' keys; they call us back through a tunnel that somebody opened to
    `port` (see public_gate)."""

    keys: Mapping[str, str] = field(repr=False)
    public_url: str
    port: int = PUBLIC_PORT


type ProviderApis = Mapping[str, Simulator] | RealProviders


def real_providers(environment: Mapping[str, str]) -> RealProviders | None:
    """The real providers if the environment asks for any; a key without a public URL is a mistake."""
    given = {name: key for name, variable in KEY_VARIABLES.items() if (key := environment.get(variable))}
    public_url = environment.get(PUBLIC_URL_VARIABLE)
    if not given:
        return None
    if not public_url:
        raise InvalidEnvironmentError(
            f"{' and '.join(KEY_VARIABLES[name] for name in given)} is set, so real jobs would be paid for; their"
            f" webhooks need {PUBLIC_URL_VARIABLE}, the public https URL of a tunnel to {LOOPBACK}:{PUBLIC_PORT}"
            f" ({PORT_VARIABLE} for another port). Unset the key to use the simulators."
        )
    keys = {_account(name, environment): key for name, key in given.items()}
    return RealProviders(keys, public_url.rstrip("/"), int(environment.get(PORT_VARIABLE) or PUBLIC_PORT))


def _account(provider: str, environment: Mapping[str, str]) -> str:
    """Which of the provider's accounts its variable's key is for; the first unless a site is named."""
    accounts = ACCOUNTS[provider]
    if len(accounts) == 1:
        return accounts[0]
    sites = {account.removeprefix(f"{provider}-"): account for account in accounts}
    site = environment.get(SITE_VARIABLE) or next(iter(sites))
    if site not in sites:
        raise InvalidEnvironmentError(f"{SITE_VARIABLE} is {site!r}; allowed are {', '.join(sites)}")
    return sites[site]


def providers(apis: ProviderApis) -> tuple[str, ...]:
    """Those that have a key, in their usual order."""
    known = api_keys(apis)
    return tuple(name for name in PROVIDERS if any(account in known for account in ACCOUNTS[name]))


def template_parameters(apis: ProviderApis, local_url: str, api_path: str) -> dict[str, str]:
    """The template's parameters that say which APIs to call and where they reach us.

    `api_path` is where the local cloud serves the API, with `{api}` for the id that the template fills in.
    """
    public_url = apis.public_url if isinstance(apis, RealProviders) else local_url
    parameters = {
        **{f"{IN_TEMPLATE[account]}ApiKeyParameter": name for account, name in KEY_PARAMETERS.items()},
        "PublicBaseUrl": f"{public_url}{api_path}",
        "RequireTls": "false",
    }
    if isinstance(apis, RealProviders):
        return parameters | {"UploadEndpointUrl": public_url}
    return parameters | {
        **{name: url for account, (url, _) in _simulated_accounts(apis) for name in url_parameters(account)},
        "ExtraMediaOrigins": ",".join(sorted({simulator.media_origin for simulator in apis.values()})),
    }


def url_parameters(account: str) -> tuple[str, ...]:
    """The template's parameters with the addresses of an account's APIs; simulators serve them all at one."""
    return tuple(f"{IN_TEMPLATE[account]}{service}ApiUrl" for service in SERVICES.get(account, ("",)))


def start_public_gate(
    processes: Processes, workspace: Workspace, real: RealProviders, arguments: Mapping[str, str]
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
    """Each account's key."""
    if isinstance(apis, RealProviders):
        return dict(apis.keys)
    return {account: key for account, (_, key) in _simulated_accounts(apis)}


def _simulated_accounts(simulators: Mapping[str, Simulator]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each account with its URL and key."""
    for name, simulator in simulators.items():
        yield from zip(ACCOUNTS[name], simulator.sites, strict=False)


def start_simulators(processes: Processes, workspace: Workspace) -> Child:
    """Start all simulators in one process; returns at once, see `wait_for_simulators`."""
    command = [sys.executable, "-m", "tests.sandbox.simulators", "--host", LOOPBACK, "--port", "0"]
    command += [word for name in KEYS for word in (f"--{name}-api-key", secrets.token_hex(16))]
    command += ["--speed", str(SPEED), "--ready-file", str(workspace.scratch / "simulators.json")]
    return processes.start(
        "simulators", command, env=plain_environment(), cwd=PROJECT, log=workspace.log("simulators")
    )


def wait_for_simulators(workspace: Workspace, child: Child) -> dict[str, Simulator]:
    ready_file = workspace.scratch / "simulators.json"
    child.wait_until(
        lambda: ready_file.exists() and ready_file.read_text().endswith("\n"), timeout=START_SECONDS
    )
    described = json.loads(ready_file.read_text())
    return {name: Simulator.from_json(described[name]) for name in PROVIDERS if name in described}
