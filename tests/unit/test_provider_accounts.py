"""Which account a new job goes by, and that each account has its own address and key."""

from __future__ import annotations

import pytest

from framehook import accounts
from framehook.accounts import currency_of
from framehook.calling import Calling
from framehook.wiring.provider_calls import preferred
from tests.contracts.samples import a_job
from tests.fakes.directories import FakeSecrets

BOTH = {"runninghub-ai": "ai-key", "runninghub-cn": "cn-key"}


def calling(site: str, keys: dict[str, str]) -> Calling:
    return Calling(FakeSecrets(keys), {}, preferred(site))


@pytest.mark.parametrize(
    ("site", "keys", "account"),
    [
        ("ai", BOTH, "runninghub-ai"),
        ("cn", BOTH, "runninghub-cn"),
        ("ai", {"runninghub-cn": "cn-key"}, "runninghub-cn"),
        ("cn", {"runninghub-ai": "ai-key"}, "runninghub-ai"),
    ],
)
def test_new_job_goes_by_the_chosen_site_or_by_the_only_one_with_a_key(
    site: str, keys: dict[str, str], account: str
) -> None:
    known = calling(site, keys).account_for(a_job(provider="runninghub"))
    assert known is not None
    assert (known.account, known.api_key) == (account, keys[account])
    assert known.api_key not in repr(known)


def test_job_that_was_sent_stays_with_its_account_whatever_is_chosen_now() -> None:
    sent = a_job(provider="runninghub", account="runninghub-cn")
    known = calling("ai", BOTH).account_for(sent)
    assert known is not None
    assert known.account == "runninghub-cn"
    assert calling("ai", {"runninghub-ai": "ai-key"}).account_for(sent) is None


def test_every_account_can_be_chosen_by_a_job_of_its_provider() -> None:
    named = {account for each in preferred("ai").values() for account in each}
    assert named == {account.id for account in accounts.ALL}


def test_only_the_chinese_site_charges_in_yuan() -> None:
    assert {account.id: currency_of(account.id) for account in accounts.ALL} == {
        "runware": "USD",
        "runninghub-ai": "USD",
        "runninghub-cn": "CNY",
        "runcomfy": "USD",
    }
    assert currency_of("") == "USD"
