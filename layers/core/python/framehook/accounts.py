"""The accounts that jobs can be sent on: one for most providers, one for each site of RunningHub. Pure data.

An account has a key, a base URL and a currency of its own; its tasks are known to no other account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """`id` is stored with jobs and must never change. `currency` is an ISO 4217 code."""

    id: str
    provider: str
    currency: str = "USD"


RUNWARE = Account("runware", "runware")
# Nothing is shared between the sites; .cn charges in CNY: github.com/sanjusss/runninghub-skill, references.
RUNNINGHUB_AI = Account("runninghub-ai", "runninghub")
RUNNINGHUB_CN = Account("runninghub-cn", "runninghub", "CNY")

ALL = (RUNWARE, RUNNINGHUB_AI, RUNNINGHUB_CN)
_BY_ID: Mapping[str, Account] = {account.id: account for account in ALL}
_USD = "USD"


def currency_of(account_id: str) -> str:
    """The currency of what a job on this account costs; USD before it has one."""
    account = _BY_ID.get(account_id)
    return account.currency if account else _USD
