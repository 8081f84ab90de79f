"""How providers are called: their accounts, and each account's connection and key."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable

import boto3
import httpx

from framehook import accounts
from framehook.accounts import Account
from framehook.adapters.by_service import ByService
from framehook.adapters.httpx_transport import HttpxTransport
from framehook.adapters.second_try import SecondTry
from framehook.adapters.ssm_secrets import SsmSecrets
from framehook.calling import Calling
from framehook.ports import Transport
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runninghub.calls import bearer_only
from framehook.settings import CallingSettings
from framehook.wiring.storage import PROMPT

_READ_SECONDS = 25
_CONNECT_SECONDS = 5
_SECOND_TRIES = {runninghub.NAME: bearer_only}


def calling(
    settings: CallingSettings,
    read_seconds: Callable[[Account], float] = lambda _: _READ_SECONDS,
    connect_seconds: float = _CONNECT_SECONDS,
) -> Calling:
    """The way to every account. `read_seconds`: how long each is given to answer."""
    client = httpx.Client(trust_env=False, verify=trusted())

    def transport(account: Account) -> Transport:
        urls, seconds = settings.account(account.id).urls, read_seconds(account)
        services: dict[str, Transport] = {
            service: HttpxTransport(client, url, seconds, connect_seconds)
            for service, url in zip(account.services, urls, strict=True)
        }
        plain = ByService(services) if len(services) > 1 else services[""]
        again = _SECOND_TRIES.get(account.provider)
        return SecondTry(plain, again) if again else plain

    keys = {known.id: known.key_parameter for known in settings.accounts}
    return Calling(
        SsmSecrets(boto3.client("ssm", config=PROMPT), keys),
        {account.id: transport(account) for account in accounts.ALL},
        preferred(settings.runninghub_site),
    )


@functools.cache
def trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once: that takes longer than all else about a client."""
    return httpx.create_ssl_context(trust_env=False)


def preferred(runninghub_site: str) -> dict[str, tuple[str, ...]]:
    """Each provider's accounts, the one that new jobs use first."""
    first = f"{runninghub.NAME}-{runninghub_site}"
    ordered = sorted(accounts.ALL, key=lambda account: account.id != first)
    return {
        provider: tuple(account.id for account in ordered if account.provider == provider)
        for provider in dict.fromkeys(account.provider for account in accounts.ALL)
    }
