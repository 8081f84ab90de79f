"""Nothing that is tried again ends nowhere: each asynchronous path has a queue for what could not be done, that queue
keeps it long enough and is watched; and the timeouts of functions, queues and calls agree."""

from __future__ import annotations

import re
from typing import Any

import pytest

from framehook import accounts
from framehook.adapters.sqs_letters import _HIDDEN_SECONDS
from framehook.catalogue import models
from framehook.due_times import SECOND, Policy
from framehook.landing import _CLAIM
from framehook.redriving import _MARGIN_MS
from framehook.resource_uploads import _TOTAL_SECONDS as _UPLOAD_SECONDS
from framehook.wiring.fetch_output import _TOTAL_SECONDS
from framehook.wiring.provider_calls import _CONNECT_SECONDS, _READ_SECONDS
from tests.template_model import PROJECT, Values, as_written, expanded, shown

# Not told when it fails: the next minute tries again, and finds what this one left.
ITS_OWN_RETRY = {"SweepOverdueFunction"}
TWO_WEEKS = 14 * 24 * 3600
DAY = 24 * 3600
ROOM = 10 * SECOND  # to start cold, and to read and write the table
# A message of it that is given up has cost nothing: the sweep found its job meanwhile.
SWEPT_AS_WELL = "FollowUpsQueue"


def timeout(function: str) -> int:
    """In milliseconds, as the policy counts."""
    seconds: int = expanded().properties(function)["Timeout"]
    return seconds * SECOND


def queues() -> dict[str, Values]:
    return expanded().of_type("AWS::SQS::Queue")


def invoked_asynchronously() -> set[str]:
    """Functions that a bucket notifies, a schedule starts or another function invokes."""
    template = expanded()
    by_bucket = {
        shown(target["Function"])
        for bucket in template.of_type("AWS::S3::Bucket").values()
        for target in bucket.get("NotificationConfiguration", {}).get("LambdaConfigurations", [])
    }
    by_schedule = {
        shown(found["Target"]["Arn"]) for found in template.of_type("AWS::Scheduler::Schedule").values()
    }
    policies = [
        policy["PolicyDocument"]
        for role in template.of_type("AWS::IAM::Role").values()
        for policy in role.get("Policies", [])
    ]
    by_function = {
        shown(resource)
        for policy in policies
        for statement in policy["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
        for resource in as_list(statement["Resource"])
    }
    return by_bucket | by_schedule | by_function


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_asynchronously_invoked_functions_are_these() -> None:
    assert invoked_asynchronously() == {
        "LandOutputFunction",
        "FetchOutputFunction",
        "FollowUpJobFunction",
        "SweepOverdueFunction",
    }


def test_every_asynchronously_invoked_function_has_an_on_failure_queue() -> None:
    destinations = {
        shown(found["FunctionName"]): shown(found["DestinationConfig"]["OnFailure"]["Destination"])
        for found in expanded().of_type("AWS::Lambda::EventInvokeConfig").values()
        if found.get("DestinationConfig")
    }
    assert destinations.keys() == invoked_asynchronously() - ITS_OWN_RETRY
    assert set(destinations.values()) <= queues().keys()


@pytest.mark.parametrize("function", sorted(ITS_OWN_RETRY))
def test_function_that_is_its_own_retry_is_never_retried_by_others(function: str) -> None:
    [invocation] = [
        found
        for found in expanded().of_type("AWS::Lambda::EventInvokeConfig").values()
        if shown(found["FunctionName"]) == function
    ]
    [schedule] = [
        found
        for found in expanded().of_type("AWS::Scheduler::Schedule").values()
        if shown(found["Target"]["Arn"]) == function
    ]
    assert invocation["MaximumRetryAttempts"] == 0
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert schedule["ScheduleExpression"] == "rate(1 minute)"


def test_every_schedule_has_a_name_of_its_own_stack() -> None:
    """SAM would give it one name for all stacks of an account."""
    for schedule in expanded().of_type("AWS::Scheduler::Schedule").values():
        assert "AWS::StackName" in str(schedule.get("Name", "AWS::StackName"))


def test_every_event_source_has_a_place_for_what_it_gives_up() -> None:
    sources = expanded().of_type("AWS::Lambda::EventSourceMapping")
    assert len(sources) == 3
    for source in sources.values():
        name = shown(source["EventSourceArn"])
        queue = queues().get(name)
        if queue is None:
            assert shown(source["DestinationConfig"]["OnFailure"]["Destination"]) in queues()
            assert 0 < source["MaximumRecordAgeInSeconds"] < DAY  # a stream keeps its records for a day
        elif name == SWEPT_AS_WELL:
            assert queue["RedrivePolicy"]["maxReceiveCount"] >= 3
            assert source["BatchSize"] == 1  # so that one that fails keeps no other
        else:
            # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
            assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_queue_without_a_consumer_keeps_what_it_holds_for_two_weeks_and_is_watched() -> None:
    consumed = {
        shown(found["EventSourceArn"])
        for found in expanded().of_type("AWS::Lambda::EventSourceMapping").values()
    }
    last_resorts = queues().keys() - consumed
    alarm = expanded().of_type("AWS::CloudWatch::Alarm")["DeadLettersAlarm"]
    metrics = [metric["MetricStat"]["Metric"] for metric in alarm["Metrics"] if "MetricStat" in metric]
    watched = {metric["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for metric in metrics}
    assert watched == last_resorts == {"JobsDeadLetters", "FailedInvocations", "PoisonChanges"}
    assert {queues()[name]["MessageRetentionPeriod"] for name in last_resorts} == {TWO_WEEKS}


def alarms() -> dict[str, Values]:
    return expanded().of_type("AWS::CloudWatch::Alarm")


def test_every_alarm_and_its_filter_exist_only_for_those_who_want_to_be_told() -> None:
    resources = expanded().resources
    watching = [name for name in resources if resources[name]["Type"] == "AWS::Logs::MetricFilter"]
    assert alarms().keys() == {
        "DeadLettersAlarm",
        "ErrorsAlarm",
        "SubmissionErrorsAlarm",
        "ParkedJobsAlarm",
    }
    assert {resources[name]["Condition"] for name in (*watching, *alarms())} == {"HasAlarms"}
    for alarm in alarms().values():
        assert list(map(shown, alarm["AlarmActions"])) == ["AlarmTopicArn"]
        assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("alarm", "logs"),
    [
        ("SubmissionErrorsAlarm", {"SubmitJobLogs", "FollowUpJobLogs"}),
        ("ParkedJobsAlarm", {"PublishChangeLogs"}),
    ],
)
def test_alarm_on_log_lines_counts_what_its_filters_count(alarm: str, logs: set[str]) -> None:
    rings = alarms()[alarm]
    counted = {
        shown(found["LogGroupName"])
        for found in expanded().of_type("AWS::Logs::MetricFilter").values()
        for metric in found["MetricTransformations"]
        if (metric["MetricNamespace"], metric["MetricName"]) == (rings["Namespace"], rings["MetricName"])
    }
    assert counted == logs
    assert (rings["Threshold"], rings["EvaluationPeriods"], rings["Statistic"]) == (0, 1, "Sum")


@pytest.mark.parametrize("alarm", ["DeadLettersAlarm", "ParkedJobsAlarm"])
def test_alarm_about_what_a_person_can_do_names_the_page(alarm: str) -> None:
    description = alarms()[alarm]["AlarmDescription"]
    [page] = re.findall(r"\(([\w/]+\.md)\)", description)
    assert (PROJECT / page).is_file()
    assert len(description) <= 1024


def test_redrive_answers_before_the_aws_cli_stops_waiting() -> None:
    """A minute, by default; then the CLI would invoke it again:
    https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html"""
    assert timeout("RedriveDeadLettersFunction") < 60 * SECOND
    assert timeout("RedriveDeadLettersFunction") >= _MARGIN_MS + ROOM


def test_letter_stays_hidden_for_longer_than_a_redrive_may_take() -> None:
    assert timeout("RedriveDeadLettersFunction") < _HIDDEN_SECONDS * SECOND


def test_redrive_goes_to_a_queue_that_keeps_messages_as_long_as_the_source() -> None:
    """The time in the source counts: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    for queue in queues().values():
        if "RedrivePolicy" in queue:
            target = queues()[shown(queue["RedrivePolicy"]["deadLetterTargetArn"])]
            assert target["MessageRetentionPeriod"] >= queue["MessageRetentionPeriod"]


def test_message_stays_hidden_for_six_times_the_function_timeout() -> None:
    for source in expanded().of_type("AWS::Lambda::EventSourceMapping").values():
        if queue := queues().get(shown(source["EventSourceArn"])):
            assert queue["VisibilityTimeout"] * SECOND >= 6 * timeout(shown(source["FunctionName"]))


def test_every_queue_is_encrypted() -> None:
    assert {queue["SqsManagedSseEnabled"] for queue in queues().values()} == {True}


def test_submission_has_time_for_a_look_up_and_the_paid_call() -> None:
    assert timeout("SubmitJobFunction") >= 2 * Policy().call_timeout + ROOM


def test_submission_has_time_for_uploads_of_its_inputs_and_the_paid_call() -> None:
    uploads = round(_UPLOAD_SECONDS * SECOND)
    assert timeout("SubmitJobFunction") >= uploads + Policy().call_timeout + ROOM


def test_no_call_takes_longer_than_the_policy_says() -> None:
    patience = max(account.answers_within for account in accounts.ALL)
    assert (patience + _CONNECT_SECONDS) * SECOND <= Policy().call_timeout < Policy().lease


def test_follow_up_has_time_to_stop_each_task_and_to_ask_for_it_twice() -> None:
    """A provider that hangs must not keep a job from its end, nor its last tasks from being asked about."""
    tasks = max(model["input"]["fields"]["count"]["max"] for model in models().values())
    assert timeout("FollowUpJobFunction") >= 3 * tasks * (_READ_SECONDS + _CONNECT_SECONDS) * SECOND + ROOM


def test_claim_on_a_file_outlives_the_function_that_holds_it() -> None:
    assert timeout("LandOutputFunction") < _CLAIM


def test_fetch_gives_up_before_the_function_ends() -> None:
    assert timeout("FetchOutputFunction") >= _TOTAL_SECONDS * SECOND + ROOM


def test_sweep_ends_before_the_next_one_starts() -> None:
    assert timeout("SweepOverdueFunction") < 60 * SECOND


def test_http_functions_answer_before_the_api_stops_waiting() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""
    assert timeout("ServeApiFunction") <= 29 * SECOND
    assert timeout("ReceiveWebhookFunction") <= 29 * SECOND


@pytest.mark.parametrize(
    ("function", "source", "queue"),
    [("SubmitJobFunction", "Jobs", "JobsQueue"), ("FollowUpJobFunction", "LookUps", "FollowUpsQueue")],
)
def test_one_message_is_taken_at_a_time_and_few_at_once(function: str, source: str, queue: str) -> None:
    messages: Values = as_written().properties(function)["Events"][source]["Properties"]
    assert shown(messages["Queue"]) == queue
    assert messages["BatchSize"] == 1
    assert messages["ScalingConfig"]["MaximumConcurrency"] <= 20
