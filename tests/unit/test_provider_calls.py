"""How wiring reaches the accounts: which of them get a second try, and which not."""

from __future__ import annotations

import pytest

from framehook import accounts
from framehook.adapters.httpx_transport import HttpxTransport
from framehook.adapters.second_try import SecondTry
from framehook.providers.runninghub_calls import bearer_only
from framehook.settings import SubmitJobSettings
from framehook.wiring.provider_calls import calling
from framehook.wiring.providers import PROVIDERS
from tests.unit.test_settings import environment


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def test_old_calls_of_both_runninghub_accounts_may_be_repeated_and_nothing_of_runware() -> None:
    transports = calling(SubmitJobSettings.read(environment("SubmitJobFunction"))).transports
    assert set(transports) == {account.id for account in accounts.ALL}
    assert isinstance(transports["runware"], HttpxTransport)
    for account in ("runninghub-ai", "runninghub-cn"):
        transport = transports[account]
        assert isinstance(transport, SecondTry)
        assert isinstance(transport.transport, HttpxTransport)
        assert transport.again is bearer_only


def test_every_account_has_a_provider() -> None:
    assert {account.provider for account in accounts.ALL} == set(PROVIDERS)
