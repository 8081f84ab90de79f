"""Which account of a provider a job goes by, and calls over it. Nothing but a base URL of ours ever gets a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from framehook.jobs import Job
from framehook.ports import Secrets, Transport
from framehook.providers.contract import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class AccountKey:
    """An account that can be used."""

    account: str
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Calling:
    """`accounts` names each provider's accounts, the one that new jobs prefer first."""

    secrets: Secrets
    transports: Mapping[str, Transport]
    accounts: Mapping[str, Sequence[str]]

    def account_for(self, job: Job) -> AccountKey | None:
        """The account that has the job's tasks, or for a new job the first that has a key. None: there is no key."""
        for account in [job.account] if job.account else self.accounts[job.provider]:
            api_key = self.secrets.api_key(account)
            if api_key:
                return AccountKey(account, api_key)
        return None

    def send(self, account: str, request: HttpRequest) -> HttpResponse:
        """Raises NeverSent, ReplyLost."""
        return self.transports[account].send(request)
