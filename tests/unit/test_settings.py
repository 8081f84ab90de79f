"""Settings: a deploy with the template's defaults starts every function, and a bad one fails by the variable's name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from framehook import accounts, settings
from framehook.adapters.job_index import expires_at
from framehook.due_times import MINUTE, Policy
from framehook.jobs import Status
from framehook.settings import (
    AccountSettings,
    BadSettings,
    CallingSettings,
    FetchOutputSettings,
    FunctionSettings,
    PublishChangeSettings,
    ReceiveWebhookSettings,
    RedriveDeadLettersSettings,
    SubmitJobSettings,
    public_base,
)
from tests.contracts.samples import NOW, a_job
from tests.template_model import as_written, chosen

DAY = 24 * 60 * MINUTE
FUNCTIONS = sorted(as_written().of_type("AWS::Serverless::Function"))


def settings_of(function: str) -> type[FunctionSettings]:
    found: type[FunctionSettings] = getattr(settings, function.removesuffix("Function") + "Settings")
    return found


# What the accounts of all providers are told by, wherever one of them is called.
OF_ACCOUNTS = {
    variable
    for account in accounts.ALL
    for variable in (account.key_variable, *map(account.url_variable, account.services))
}


def variables_of(kind: type[FunctionSettings]) -> set[str]:
    """A variable for each field, but for that of the accounts, which are told by several each."""
    names = {field.name.upper() for field in dataclasses.fields(kind)}
    return names - {"ACCOUNTS"} | OF_ACCOUNTS if "ACCOUNTS" in names else names


def environment(function: str) -> dict[str, str]:
    """What the function is told when every parameter of the template has its default."""
    shared = as_written().document["Globals"]["Function"]["Environment"]["Variables"]
    own = as_written().properties(function).get("Environment", {}).get("Variables", {})
    return {name: str(value_of(chosen(value))) for name, value in {**shared, **own}.items()}


def value_of(value: Any) -> Any:
    match value:
        case {"Ref": name}:
            parameter: Mapping[str, Any] = as_written().document["Parameters"].get(name, {})
            return parameter.get("Default", f"the {name}")
        case {"Fn::Join": [separator, parts]}:
            return separator.join(str(value_of(parts)).split(","))
        case {"Fn::Sub": text} | {"Fn::GetAtt": [text, *_]}:
            return text
    return value


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_field_is_set_and_no_variable_is_unread(function: str) -> None:
    ours = {name for name in environment(function) if not name.startswith("POWERTOOLS_")}
    # Where providers are is told to all functions, and read by those that call one.
    assert ours == variables_of(settings_of(function)) | variables_of(CallingSettings)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_defaults_of_the_template_are_read(function: str) -> None:
    read = settings_of(function).read(environment(function))
    assert read.jobs_table == "the JobsTable"
    assert read.retention_days == 0
    assert read.policy == Policy()


def test_defaults_announce_what_people_wait_for() -> None:
    read = PublishChangeSettings.read(environment("PublishChangeFunction"))
    ends = {status for status in Status if status.terminal}
    assert read.announced == {Status.RUNNING, Status.PARKED} | ends


@pytest.mark.parametrize("function", ["ServeApiFunction", "SubmitJobFunction", "FollowUpJobFunction"])
def test_defaults_call_every_provider_at_its_own_address(function: str) -> None:
    read = settings_of(function).read(environment(function))
    assert isinstance(read, CallingSettings)
    assert read.runninghub_site == "ai"
    assert {account.id: (account.urls, account.key_parameter) for account in read.accounts} == {
        "runware": (("https://api.runware.ai/v1",), "/framehook/runware/api-key"),
        "runninghub-ai": (("https://www.runninghub.ai",), "/framehook/runninghub/ai/api-key"),
        "runninghub-cn": (("https://www.runninghub.cn",), "/framehook/runninghub/cn/api-key"),
        "runcomfy": (
            ("https://model-api.runcomfy.net", "https://api.runcomfy.net"),
            "/framehook/runcomfy/api-key",
        ),
    }


def test_each_address_of_an_account_stands_in_the_place_of_its_service() -> None:
    told = environment("SubmitJobFunction") | {"RUNCOMFY_SERVERLESS_API_URL": "https://other.example"}
    assert SubmitJobSettings.read(told).account("runcomfy") == AccountSettings(
        "runcomfy", ("https://model-api.runcomfy.net", "https://other.example"), "/framehook/runcomfy/api-key"
    )


def test_defaults_fetch_from_no_other_origins_and_at_most_2_gb() -> None:
    read = FetchOutputSettings.read(environment("FetchOutputFunction"))
    assert (read.extra_media_origins, read.max_output_bytes) == ((), 2 * 1024**3)
    assert SubmitJobSettings.read(environment("SubmitJobFunction")).extra_media_origins == ()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_variable_missing_is_named(function: str) -> None:
    complete = environment(function)
    for variable in variables_of(settings_of(function)):
        rest = {name: value for name, value in complete.items() if name != variable}
        with pytest.raises(BadSettings, match=f"^{variable} is not set$"):
            settings_of(function).read(rest)


@pytest.mark.parametrize("text", ["", "a week", "1.5", "1e3"])
def test_number_unreadable_is_named(text: str) -> None:
    with pytest.raises(BadSettings, match="PARKED_FOR_HOURS"):
        ReceiveWebhookSettings.read(environment("ReceiveWebhookFunction") | {"PARKED_FOR_HOURS": text})


@pytest.mark.parametrize("days", [1, 7, 365])
def test_message_is_sent_again_only_while_the_job_it_may_have_made_is_remembered(days: int) -> None:
    """Even the job that ended the moment that it was sent."""
    told = environment("RedriveDeadLettersFunction")
    assert RedriveDeadLettersSettings.read(told).safe_redrive_for is None
    ended = replace(a_job(), status=Status.FAILED, finished_at=NOW)
    forgotten = expires_at(ended, days)
    safe = RedriveDeadLettersSettings.read(told | {"RETENTION_DAYS": str(days)}).safe_redrive_for
    assert forgotten is not None
    assert safe is not None
    assert DAY // 2 < forgotten * 1000 - NOW - safe <= DAY


def test_status_unknown_is_named_with_the_choices() -> None:
    told = environment("PublishChangeFunction") | {"ANNOUNCED_STATUSES": "running,done"}
    with pytest.raises(BadSettings, match=r"ANNOUNCED_STATUSES.*parked"):
        _ = PublishChangeSettings.read(told).announced


def test_lists_may_have_spaces_and_empty_parts() -> None:
    told = environment("FetchOutputFunction") | {"EXTRA_MEDIA_ORIGINS": " http://a:1 ,,http://b:2"}
    assert FetchOutputSettings.read(told).extra_media_origins == ("http://a:1", "http://b:2")


def test_times_become_the_policy() -> None:
    told = environment("ReceiveWebhookFunction") | {
        "FIRST_LOOK_UP_SECONDS": "30",
        "FIRST_POLL_SECONDS": "7",
        "UPLOAD_GRACE_SECONDS": "5",
        "PROOF_WINDOW_SECONDS": "60",
        "PARKED_FOR_HOURS": "2",
    }
    policy = ReceiveWebhookSettings.read(told).policy
    assert (policy.first_look_up, policy.first_poll, policy.upload_grace) == (30_000, 7_000, 5_000)
    assert (policy.proof_window, policy.parked_for) == (60_000, 7_200_000)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://hooks.example/live/", "https://hooks.example/live"),
        (
            "http://127.0.0.1:4566/_aws/execute-api/{api}/live",
            "http://127.0.0.1:4566/_aws/execute-api/abc/live",
        ),
    ],
)
def test_public_base_names_the_api(url: str, base: str) -> None:
    assert public_base(url, "abc") == base
