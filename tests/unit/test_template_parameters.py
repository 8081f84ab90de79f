"""What users of the stack see of the template: its parameters, which are safe as they stand, and its outputs, which
programs rely on."""

from __future__ import annotations

import re

import pytest

from framehook import accounts
from framehook.jobs import Status
from tests.template_model import TEMPLATE, as_written, expanded, shown

PARAMETERS = as_written().document["Parameters"]
OUTPUTS = as_written().document["Outputs"]
SAFE = {
    "RequireTls": "true",
    "ExtraMediaOrigins": "",
    "AccessLogs": "false",
    "PublicBaseUrl": "",
    "UploadEndpointUrl": "",
    "RunwareApiUrl": "https://api.runware.ai/v1",
    "RunningHubAiApiUrl": "https://www.runninghub.ai",
    "RunningHubCnApiUrl": "https://www.runninghub.cn",
    "RunComfyApiUrl": "https://model-api.runcomfy.net",
    "RunComfyServerlessApiUrl": "https://api.runcomfy.net",
    "RunningHubSite": "ai",
    "RetentionDays": 0,
    "OutputRetentionDays": 0,
}
SECRET = re.compile(r"secret|password|token|api_?key", re.IGNORECASE)
# Names of secrets and the id of one; none of them opens anything.
KEY_NAMES = {
    "RunwareApiKeyParameter": "/framehook/runware/api-key",
    "RunningHubAiApiKeyParameter": "/framehook/runninghub/ai/api-key",
    "RunningHubCnApiKeyParameter": "/framehook/runninghub/cn/api-key",
    "RunComfyApiKeyParameter": "/framehook/runcomfy/api-key",
}
NO_SECRETS = {*KEY_NAMES, "ApiKeyId", *(account.key_variable for account in accounts.ALL)}


@pytest.mark.parametrize(("name", "default"), SAFE.items())
def test_default_is_the_safe_one(name: str, default: object) -> None:
    assert PARAMETERS[name]["Default"] == default


def test_stack_deploys_without_any_answer() -> None:
    assert [name for name, parameter in PARAMETERS.items() if "Default" not in parameter] == []


def test_everything_a_user_may_set_is_described() -> None:
    assert [
        name for name, parameter in PARAMETERS.items() if not parameter["Description"].endswith(".")
    ] == []


def test_no_parameter_output_or_variable_holds_a_secret() -> None:
    variables = {
        variable
        for function in expanded().of_type("AWS::Lambda::Function").values()
        for variable in function["Environment"]["Variables"]
    }
    suspicious = {name for name in (*PARAMETERS, *OUTPUTS, *variables) if SECRET.search(name)}
    assert suspicious == NO_SECRETS
    assert not any("NoEcho" in parameter for parameter in PARAMETERS.values())


def test_each_account_has_a_key_of_its_own_under_a_name_that_users_can_rely_on() -> None:
    assert {name: PARAMETERS[name]["Default"] for name in KEY_NAMES} == KEY_NAMES


def test_job_goes_to_a_site_that_exists() -> None:
    sites = {account.id for account in accounts.ALL if account.provider == "runninghub"}
    assert {f"runninghub-{site}" for site in PARAMETERS["RunningHubSite"]["AllowedValues"]} == sites


def test_every_parameter_and_condition_is_used() -> None:
    body = TEMPLATE.read_text().split("\nConditions:", 1)[1]
    conditions = as_written().document["Conditions"]
    unused = [name for name in (*PARAMETERS, *conditions) if len(re.findall(rf"\b{name}\b", body)) < 1]
    single = [name for name in conditions if len(re.findall(rf"\b{name}\b", body)) < 2]
    assert (unused, single) == ([], [])


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("ApiId", "Api"),
        ("ApiKeyId", "ApiApiKey"),
        ("JobsQueueUrl", "JobsQueue"),
        ("JobsDeadLettersUrl", "JobsDeadLetters"),
        ("FailedInvocationsUrl", "FailedInvocations"),
        ("PoisonChangesUrl", "PoisonChanges"),
        ("RedriveDeadLettersFunctionName", "RedriveDeadLettersFunction"),
        ("JobsTableName", "JobsTable"),
        ("MediaBucketName", "MediaBucket"),
        ("EventBusName", "EventBus"),
        ("SweepOverdueFunctionName", "SweepOverdueFunction"),
    ],
)
def test_output_names_its_resource(name: str, resource: str) -> None:
    assert shown(OUTPUTS[name]["Value"]) == resource
    assert resource in expanded().resources


def test_api_url_is_where_the_stage_answers() -> None:
    """The API's own URL whatever `PublicBaseUrl` says: that one is for providers, and holds a placeholder."""
    [stage] = expanded().of_type("AWS::ApiGateway::Stage").values()
    url = OUTPUTS["ApiUrl"]["Value"]["Fn::Sub"]
    assert url == "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/" + stage["StageName"]


def test_outputs_are_described() -> None:
    assert [name for name, output in OUTPUTS.items() if not output["Description"].endswith(".")] == []


def test_what_a_user_waits_for_is_announced() -> None:
    ends = {status for status in Status if status.terminal}
    announced = PARAMETERS["AnnouncedStatuses"]["Default"].split(",")
    assert set(announced) == ends | {Status.RUNNING, Status.PARKED}


def test_nobody_reads_the_template_for_long() -> None:
    assert len(TEMPLATE.read_text().splitlines()) < 700
