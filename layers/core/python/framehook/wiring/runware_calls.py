"""How Runware is called: its wire format, its transport and its key."""

from __future__ import annotations

from typing import Protocol

import boto3
import httpx

from framehook.adapters.httpx_transport import HttpxTransport
from framehook.adapters.ssm_secrets import SsmSecrets
from framehook.ports import Transport
from framehook.providers import runware
from framehook.providers.contract import Provider
from framehook.wiring.storage import PROMPT

_READ_SECONDS = 25

PROVIDERS: dict[str, Provider] = {runware.NAME: runware}


class CallSettings(Protocol):
    @property
    def runware_api_url(self) -> str: ...

    @property
    def runware_api_key_parameter(self) -> str: ...


def transports(settings: CallSettings) -> dict[str, Transport]:
    client = httpx.Client(trust_env=False)
    return {runware.NAME: HttpxTransport(client, settings.runware_api_url, _READ_SECONDS)}


def api_keys(settings: CallSettings) -> SsmSecrets:
    return SsmSecrets(boto3.client("ssm", config=PROMPT), {runware.NAME: settings.runware_api_key_parameter})
