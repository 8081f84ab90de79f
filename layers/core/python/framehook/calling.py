"""Which account of a provider a job goes by, and calls over it. Nothing but a base URL of ours ever gets a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from framehook.jobs import Job
from framehook.ports import Secrets, Transport
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.providers.error_meanings import NO_AUTH


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
        """The account that has the job's tasks, or for a new job the first that has a key. None: there is no key.

        A job whose key was refused gets the one that is there now: somebody may have changed it since.
        """
        accounts = [job.account] if job.account else self.accounts[job.provider]
        if job.refused_with == NO_AUTH:
            for account in accounts:
                self.secrets.forget(account)
        return self._usable(accounts)

    def account_of(self, provider: str) -> AccountKey | None:
        """The account that a new job of this provider goes by. None: none of them has a key. Raises Unavailable."""
        return self._usable(self.accounts[provider])

    def _usable(self, accounts: Sequence[str]) -> AccountKey | None:
        for account in accounts:
            api_key = self.secrets.api_key(account)
            if api_key:
                return AccountKey(account, api_key)
        return None

    def send(self, account: str, request: HttpRequest) -> HttpResponse:
        """Raises NeverSent, ReplyLost."""
        return self.transports[account].send(request)
