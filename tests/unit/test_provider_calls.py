"""How wiring reaches the accounts: which of them get a second try, which have several addresses, and how long each is
waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from framehook import accounts
from framehook.adapters.by_service import ByService
from framehook.adapters.second_try import SecondTry
from framehook.calling import Calling
from framehook.providers.runninghub.calls import bearer_only
from framehook.wiring import follow_up_job, provider_calls, submit_job
from framehook.wiring.providers import PROVIDERS
from tests.unit.test_settings import environment

PATIENT = {"runcomfy": 100}  # its own clients wait so long


@dataclass(frozen=True)
class MadeTransport:
    """What wiring makes an HttpxTransport of."""

    client: object = field(repr=False)
    base_url: str
    read_seconds: float
    connect_seconds: float


@pytest.fixture(autouse=True)
def _made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_calls, "HttpxTransport", MadeTransport)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture
def paying(monkeypatch: pytest.MonkeyPatch) -> Calling:
    """The way of submit_job to the accounts."""
    tell(monkeypatch, "SubmitJobFunction")
    return submit_job.edge.__wrapped__().submission.calling


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Calling:
    """The way of follow_up_job to the accounts."""
    tell(monkeypatch, "FollowUpJobFunction")
    return follow_up_job.following.__wrapped__().looking_up.calling


def tell(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    for name, value in environment(function).items():
        monkeypatch.setenv(name, value)


def made(transport: Any) -> list[MadeTransport]:
    """What finally sends, of one account."""
    match transport:
        case SecondTry(inner):
            return made(inner)
        case ByService(services):
            return [found for inner in services.values() for found in made(inner)]
    assert isinstance(transport, MadeTransport)
    return [transport]


def test_every_account_can_be_reached(paying: Calling) -> None:
    assert set(paying.transports) == {account.id for account in accounts.ALL}


def test_old_calls_of_both_runninghub_accounts_may_be_repeated_and_nothing_else(paying: Calling) -> None:
    repeating = {name for name, found in paying.transports.items() if isinstance(found, SecondTry)}
    assert repeating == {"runninghub-ai", "runninghub-cn"}
    for name in repeating:
        transport = paying.transports[name]
        assert isinstance(transport, SecondTry)
        assert isinstance(transport.transport, MadeTransport)
        assert transport.again is bearer_only


def test_each_api_of_runcomfy_has_an_address_of_its_own(paying: Calling) -> None:
    transport = paying.transports["runcomfy"]
    assert isinstance(transport, ByService)
    assert {service: made(inner)[0].base_url for service, inner in transport.services.items()} == {
        "": "https://model-api.runcomfy.net",
        "serverless": "https://api.runcomfy.net",
    }


def test_only_a_paid_call_waits_as_long_as_its_provider_may_take(paying: Calling, asking: Calling) -> None:
    for name, transport in paying.transports.items():
        assert {found.read_seconds for found in made(transport)} == {PATIENT.get(name, 25)}
    for transport in asking.transports.values():
        assert {found.read_seconds for found in made(transport)} == {25}


def test_every_account_has_a_provider() -> None:
    assert {account.provider for account in accounts.ALL} == set(PROVIDERS)
