"""Submissions: acknowledgements, keys, refusals, limits, money, and the faults on the way."""

import asyncio
import re
from typing import Any

import pytest

from tests.unit.sandbox.simulators.runninghub.hub import (
    HUB_HOOK,
    IMAGE,
    SORA,
    TASK_FIELDS,
    Hub,
    simulate_hub,
    text_to_video,
)
from tests.unit.sandbox.simulators.simulation import HUB_KEYS, settle

REFUSED: dict[str, Any] = {"taskId": "", "status": "", "results": None}


def test_accepted_task_is_acknowledged_as_on_the_model_page() -> None:
    async def scenario(hub: Hub) -> None:
        answer = await hub.v2(SORA, **text_to_video())
        assert list(answer) == [*TASK_FIELDS]
        assert (answer["status"], answer["errorCode"], answer["results"]) == ("RUNNING", "", None)
        assert re.fullmatch(r"\d{19}", answer["taskId"])
        assert str(int(float(answer["taskId"]))) != answer["taskId"]
        assert hub.records("billed") == []

    simulate_hub(scenario)


def test_same_body_again_is_a_second_task_and_a_second_charge() -> None:
    async def scenario(hub: Hub) -> None:
        first, second = await hub.submit(), await hub.submit()
        await hub.clock.advance(200)
        assert first != second
        assert [charge["taskId"] for charge in hub.records("billed")] == [first, second]
        assert hub.records("billed_by_webhook") == {HUB_HOOK: 2}

    simulate_hub(scenario)


@pytest.mark.parametrize("status", ["QUEUED", "SUCCESS"])
def test_first_status_is_switched(status: str) -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(submit_status=status)
        answer = await hub.v2(SORA, **text_to_video())
        assert answer["status"] == status
        assert (answer["results"] is not None) is (status == "SUCCESS")
        assert (await hub.query(answer["taskId"]))["status"] == status
        await hub.clock.advance(6)
        running = "RUNNING" if status == "QUEUED" else status
        assert (await hub.query(answer["taskId"]))["status"] == running
        await hub.clock.advance(200)
        assert (await hub.query(answer["taskId"]))["status"] == "SUCCESS"
        assert len(hub.webhooks) == 1

    simulate_hub(scenario)


@pytest.mark.parametrize("key", ["", "wrong", HUB_KEYS[1]])
def test_wrong_key_and_the_other_sites_key_are_refused(key: str) -> None:
    async def scenario(hub: Hub) -> None:
        answer = await hub.send(SORA, text_to_video(), key=key)
        assert answer.status_code == 200
        assert answer.json() == {**REFUSED, "errorCode": "1002", "errorMessage": "invalid API key"}
        old = await hub.old("task/openapi/create", workflowId="1904136902449209346", apiKey=key)
        assert (old["code"], old["data"]) == (802, None)
        assert [entry["code"] for entry in hub.records("requests")] == [1002, 802]
        assert hub.records("accepted") == []

    simulate_hub(scenario)


def test_sites_have_tasks_money_and_currency_of_their_own() -> None:
    async def scenario(hub: Hub) -> None:
        chinese = Hub(hub.simulation, cn=True)
        here, there = await hub.submit(), await chinese.submit()
        assert (await chinese.query(here))["errorCode"] == "1004"
        await hub.clock.advance(200)
        prices = [(await site.query(task))["usage"] for site, task in ((hub, here), (chinese, there))]
        assert [one["thirdPartyConsumeMoney"] for one in prices] == ["3.6", "25.2"]
        assert [charge["currency"] for charge in hub.records("billed")] == ["USD", "CNY"]
        left = [
            (await site.old("uc/openapi/accountStatus", apikey=site.key))["data"] for site in (hub, chinese)
        ]
        assert [(one["remainMoney"], one["currency"]) for one in left] == [
            ("999996.4", "USD"),
            ("999974.8", "CNY"),
        ]

    simulate_hub(scenario)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("nobody/nothing", {}, "1001"),
        ("rhart-video-s/text-to-video-pro", {}, "1001"),
        ("rhart-video-s/text-to-video-pro-deprecated", {}, "1010"),
        (SORA, text_to_video(duration=12), "1007"),
        (SORA, text_to_video(prompt=None), "1007"),
        (SORA, text_to_video(webhookUrl="ftp://x"), "1007"),
        (SORA, [], "1007"),
        ("run/workflow/1", {}, "380"),
        ("run/workflow/1904136902449209430", {}, "810"),
        ("run/ai-app/1", {}, "901"),
        ("run/workflow/1904136902449209346", {"nodeInfoList": [{"nodeId": 6}]}, "1101"),
        ("run/workflow/1904136902449209346", {"workflow": "{"}, "433"),
        ("run/workflow/1904136902449209346", {"instanceType": "huge"}, "1007"),
        ("run/workflow/1904136902449209346", {"retainSeconds": 5}, "1007"),
    ],
)
def test_refusal_is_a_200_with_a_code_and_no_task(path: str, body: Any, code: str) -> None:
    async def scenario(hub: Hub) -> None:
        answer = await hub.send(path, body)
        assert answer.status_code == 200
        assert {**answer.json(), "errorMessage": ""} == {**REFUSED, "errorCode": code, "errorMessage": ""}
        assert hub.records("accepted") == []

    simulate_hub(scenario)


@pytest.mark.parametrize("kind", ["NORMAL", "EXCLUSIVE"])
def test_only_a_shared_key_may_call_standard_models(kind: str) -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(key_kind=kind)
        answer = await hub.v2(SORA, **text_to_video())
        assert answer["errorCode"] == "1014"
        assert answer["errorMessage"].startswith("Access Denied: Standard Model API is restricted")
        assert (await hub.v2("run/workflow/1904136902449209346"))["taskId"]

    simulate_hub(scenario)


def test_account_at_its_limit_refuses_until_a_task_ends() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(concurrent_limit=1)
        await hub.submit()
        assert (await hub.v2(SORA, **text_to_video()))["errorCode"] == "1520"
        old = await hub.old("task/openapi/create", workflowId="1904136902449209346")
        assert old == {"code": 421, "msg": "TASK_QUEUE_MAXED", "data": None}
        assert await Hub(hub.simulation, cn=True).submit()
        await hub.clock.advance(200)
        assert await hub.submit()

    simulate_hub(scenario)


def test_empty_account_is_refused_in_either_generation() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(balance=4)
        await hub.finish()
        assert (await hub.v2(SORA, **text_to_video()))["errorCode"] == "605"
        hub.defaults(balance=3.6)
        old = await hub.old("task/openapi/create", workflowId="1904136902449209346")
        assert old["code"] == 812

    simulate_hub(scenario)


def test_chosen_code_is_answered_at_submission() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("submit_error", times=2, code=40310)
        assert (await hub.v2(SORA, **text_to_video()))["errorCode"] == "40310"
        old = await hub.old("task/openapi/create", workflowId="1904136902449209346")
        assert old["code"] == 40310
        assert await hub.submit()

    simulate_hub(scenario)


def test_good_key_is_refused_by_the_gateway_for_once() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("key_refused", times=1)
        answer = await hub.send(SORA, text_to_video())
        assert (answer.status_code, answer.json()) == (
            401,
            {"code": -1, "msg": "ApiKey verification failed"},
        )
        assert await hub.submit()

    simulate_hub(scenario)


@pytest.mark.parametrize(("status", "accept"), [(429, False), (502, True), (503, False)])
def test_answer_that_is_not_json_may_hide_a_task(status: int, *, accept: bool) -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("non_json_body", status=status, accept=accept)
        answer = await hub.send(SORA, text_to_video())
        assert (answer.status_code, answer.text[:6]) == (status, "<html>")
        assert len(hub.records("accepted")) == accept

    simulate_hub(scenario)


def test_webhook_comes_before_the_answer_and_again_after_it() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("webhook_before_ack")
        hub.fault("webhook_duplicate", gap=0)
        submission = asyncio.create_task(hub.send(SORA, text_to_video()))
        await settle()
        assert not submission.done()
        await hub.clock.advance(0)
        task_id = (await submission).json()["taskId"]
        assert [hook["taskId"] for hook in hub.webhooks] == [task_id] * 2
        assert len(hub.records("billed")) == 1

    simulate_hub(scenario)


def test_task_may_fail_before_its_submission_is_answered() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(submit_status="SUCCESS")
        answer = await hub.v2(SORA, **text_to_video(prompt="a fox [[1501]]"))
        assert (answer["status"], answer["errorCode"], answer["results"]) == ("FAILED", "1501", None)

    simulate_hub(scenario)


def test_price_is_told_without_a_task() -> None:
    async def scenario(hub: Hub) -> None:
        price = await hub.v2(f"price-preview/{SORA}", **text_to_video())
        assert (price["errorCode"], price["estimatedPrice"], price["currency"]) == (0, 3.6, "USD")
        assert (await hub.v2(f"price-preview/{SORA}"))["errorCode"] == 1007
        assert (await hub.v2(f"price-preview/{IMAGE}", prompt="a fox"))["estimatedPrice"] == 0.02
        assert hub.records("accepted") == []

    simulate_hub(scenario)


def test_queue_status_counts_and_names_the_kind_of_key() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(submit_status="QUEUED")
        await hub.submit()
        headers = {"Authorization": f"Bearer {hub.key}"}
        url = f"{hub.base}/openapi/v2/queue/status"
        assert (await hub.client.get(url, headers=headers)).json()["data"] == {
            "apiKeyType": "SHARED",
            "concurrentLimit": 100,
            "runningCount": "0",
            "queuedCount": "1",
            "totalCurrentTasks": "1",
        }
        assert (await hub.client.get(url)).json()["code"] == 802

    simulate_hub(scenario)


def test_wrong_method_and_wrong_path_are_business_answers_too() -> None:
    async def scenario(hub: Hub) -> None:
        wrong_method = await hub.client.get(f"{hub.base}/openapi/v2/{SORA}")
        assert (wrong_method.status_code, wrong_method.json()["errorCode"]) == (200, "1009")
        assert (await hub.old("task/openapi/creat"))["code"] == 412

    simulate_hub(scenario)
