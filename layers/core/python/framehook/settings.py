"""What each function is told by its environment, and the only reader of it. A bad deploy fails by the variable's name.

Plain dataclasses: receive_webhook must answer within seconds even cold, and pydantic would be a third of that start.
Secrets arrive as names, never as values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from framehook import accounts
from framehook.due_times import MINUTE, SECOND, Policy
from framehook.errors import FramehookError
from framehook.jobs import Status

_MEGABYTE = 1024 * 1024
_DAY = 24 * 60 * MINUTE


class BadSettings(FramehookError):
    """A variable of the environment is missing or unreadable."""

    code = "bad_settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """What every function is told. Fields are the variables' names in lower case."""

    jobs_table: str
    retention_days: int
    queue_patience_seconds: int
    first_look_up_seconds: int
    first_poll_seconds: int
    upload_grace_seconds: int
    proof_window_seconds: int
    parked_for_hours: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises BadSettings naming the variable."""
        return cls(**{field.name: _value(field.name, str(field.type), environment) for field in fields(cls)})

    @property
    def policy(self) -> Policy:
        return Policy(
            queue_patience=self.queue_patience_seconds * SECOND,
            first_look_up=self.first_look_up_seconds * SECOND or None,
            first_poll=self.first_poll_seconds * SECOND or None,
            upload_grace=self.upload_grace_seconds * SECOND,
            proof_window=self.proof_window_seconds * SECOND,
            parked_for=self.parked_for_hours * 60 * MINUTE,
        )


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Where an account's APIs are, in the order of its services, and the name of its key's SSM parameter."""

    id: str
    urls: tuple[str, ...]
    key_parameter: str

    @classmethod
    def read_all(cls, environment: Mapping[str, str]) -> tuple[Self, ...]:
        """Of every account, from the variables that it names. Raises BadSettings naming the variable."""
        return tuple(
            cls(
                account.id,
                tuple(_text(account.url_variable(service), environment) for service in account.services),
                _text(account.key_variable, environment),
            )
            for account in accounts.ALL
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingSettings(FunctionSettings):
    """What a function is told that calls providers."""

    runninghub_site: str  # whose account new jobs use when both have a key: ai or cn
    accounts: tuple[AccountSettings, ...]

    def account(self, account_id: str) -> AccountSettings:
        return next(known for known in self.accounts if known.id == account_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeApiSettings(CallingSettings):
    jobs_queue_url: str
    media_bucket: str
    default_owner: str
    public_base_url: str
    follow_up_function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitJobSettings(CallingSettings):
    dead_letters_url: str
    follow_ups_queue_url: str
    media_bucket: str
    default_owner: str
    upload_role_arn: str
    upload_endpoint_url: str
    extra_media_origins: tuple[str, ...]
    api_id: str
    public_base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveWebhookSettings(FunctionSettings):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class LandOutputSettings(FunctionSettings):
    max_output_megabytes: int

    @property
    def max_output_bytes(self) -> int:
        return self.max_output_megabytes * _MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutputSettings(FunctionSettings):
    media_bucket: str
    max_output_megabytes: int
    extra_media_origins: tuple[str, ...]

    @property
    def max_output_bytes(self) -> int:
        return self.max_output_megabytes * _MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishChangeSettings(FunctionSettings):
    event_bus: str
    fetch_output_function: str
    poison_queue_url: str
    media_bucket: str
    announced_statuses: tuple[str, ...]
    api_id: str
    public_base_url: str

    @property
    def announced(self) -> frozenset[Status]:
        """Raises BadSettings for a status that does not exist."""
        try:
            return frozenset(Status(name) for name in self.announced_statuses)
        except ValueError:
            raise BadSettings(f"ANNOUNCED_STATUSES: allowed are {', '.join(Status)}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveDeadLettersSettings(PublishChangeSettings):
    jobs_queue_url: str
    dead_letters_url: str
    failed_invocations_url: str
    land_output_function: str
    follow_up_function: str

    @property
    def safe_redrive_for(self) -> int | None:
        """For how many ms after it was sent a message may be sent again: until the state of a job that ended at once is
        forgotten, a week after its parts (`expires_at` in job_index), but for a day. None: for ever."""
        return (self.retention_days + 6) * _DAY if self.retention_days else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOverdueSettings(FunctionSettings):
    follow_up_function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpJobSettings(CallingSettings):
    jobs_queue_url: str
    follow_ups_queue_url: str
    media_bucket: str
    land_output_function: str
    fetch_output_function: str


def public_base(url: str, api_id: str) -> str:
    """The base URL of the API, whose id may stand in it as `{api}`."""
    return url.replace("{api}", api_id).rstrip("/")


def _value(name: str, kind: str, environment: Mapping[str, str]) -> Any:
    if "AccountSettings" in kind:
        return AccountSettings.read_all(environment)
    variable = name.upper()
    text = _text(variable, environment)
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            raise BadSettings(f"{variable} is not a whole number: {text!r}") from None
    if kind.startswith("tuple"):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _text(variable: str, environment: Mapping[str, str]) -> str:
    try:
        return environment[variable]
    except KeyError:
        raise BadSettings(f"{variable} is not set") from None
