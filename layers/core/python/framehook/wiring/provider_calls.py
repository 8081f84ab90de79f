"""How providers are called: their accounts, and each account's connection and key."""

from __future__ import annotations

import functools
import ssl

import boto3
import httpx

from framehook import accounts
from framehook.adapters.httpx_transport import HttpxTransport
from framehook.adapters.second_try import SecondTry
from framehook.adapters.ssm_secrets import SsmSecrets
from framehook.calling import Calling
from framehook.ports import Transport
from framehook.providers import runninghub, runware
from framehook.providers.runninghub_calls import bearer_only
from framehook.settings import CallingSettings
from framehook.wiring.storage import PROMPT

_READ_SECONDS = 25
_CONNECT_SECONDS = 5


def calling(
    settings: CallingSettings, read_seconds: float = _READ_SECONDS, connect_seconds: float = _CONNECT_SECONDS
) -> Calling:
    client = httpx.Client(trust_env=False, verify=trusted())
    urls = {
        accounts.RUNWARE.id: settings.runware_api_url,
        accounts.RUNNINGHUB_AI.id: settings.runninghub_ai_api_url,
        accounts.RUNNINGHUB_CN.id: settings.runninghub_cn_api_url,
    }
    keys = {
        accounts.RUNWARE.id: settings.runware_api_key_parameter,
        accounts.RUNNINGHUB_AI.id: settings.runninghub_ai_api_key_parameter,
        accounts.RUNNINGHUB_CN.id: settings.runninghub_cn_api_key_parameter,
    }
    transports: dict[str, Transport] = {
        account: HttpxTransport(client, url, read_seconds, connect_seconds) for account, url in urls.items()
    }
    for account in (accounts.RUNNINGHUB_AI.id, accounts.RUNNINGHUB_CN.id):
        transports[account] = SecondTry(transports[account], bearer_only)
    secrets = SsmSecrets(boto3.client("ssm", config=PROMPT), keys)
    return Calling(secrets, transports, preferred(settings.runninghub_site))


@functools.cache
def trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once: that takes longer than all else about a client."""
    return httpx.create_ssl_context(trust_env=False)


def preferred(runninghub_site: str) -> dict[str, tuple[str, ...]]:
    """Each provider's accounts, the one that new jobs use first."""
    sites = (accounts.RUNNINGHUB_AI.id, accounts.RUNNINGHUB_CN.id)
    return {
        runware.NAME: (accounts.RUNWARE.id,),
        runninghub.NAME: sites if runninghub_site == "ai" else sites[::-1],
    }
