"""The accounts that jobs can be sent on: one for most providers, one for each site of RunningHub. Pure data.

An account has a key, a base URL and a currency of its own; its tasks are known to no other account.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """`id` is stored with jobs and must never change. `currency` is an ISO 4217 code.

    `services` are its APIs, each with a base URL of its own; `answers_within`: the seconds that a paid call is given to
    be answered, once it is connected.
    """

    id: str
    provider: str
    currency: str = "USD"
    services: tuple[str, ...] = ("",)
    answers_within: float = 25

    @property
    def key_variable(self) -> str:
        """What names the SSM parameter of its key in a function's environment."""
        return f"{self._prefix}_API_KEY_PARAMETER"

    def url_variable(self, service: str) -> str:
        """What holds the base URL of one of its APIs there."""
        return f"{self._prefix}_{service}_API_URL".upper().replace("__", "_")

    @property
    def _prefix(self) -> str:
        return self.id.upper().replace("-", "_")


RUNWARE = Account("runware", "runware")
# Nothing is shared between the sites; .cn charges in CNY: github.com/sanjusss/runninghub-skill, references.
RUNNINGHUB_AI = Account("runninghub-ai", "runninghub")
RUNNINGHUB_CN = Account("runninghub-cn", "runninghub", "CNY")
# One token for both APIs: github.com/runcomfy-com/runcomfy-mcp, README. Its own clients wait 90 to 120 s for the answer
# to a paid call, and after a lost one nobody can ask what became of it.
RUNCOMFY = Account("runcomfy", "runcomfy", services=("", "serverless"), answers_within=100)

ALL = (RUNWARE, RUNNINGHUB_AI, RUNNINGHUB_CN, RUNCOMFY)
_USD = "USD"


def currency_of(account_id: str) -> str:
    """The currency of what a job on this account costs; USD before it has one."""
    return next((account.currency for account in ALL if account.id == account_id), _USD)
