"""Webhooks: bodies by generation, retries, the record of them, and every fault of theirs."""

import hashlib
import json
from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.simulators.webhook_delivery import with_wrong_token
from tests.unit.sandbox.simulators.runninghub.hub import HUB_HOOK, RUN_SECONDS, TASK_FIELDS, Hub, simulate_hub

WORKFLOW = "1904136902449209346"
OTHER_HOOK = "https://gateway.test/elsewhere"


async def create(hub: Hub) -> str:
    """The id of a finished task of the old endpoints."""
    created = await hub.old("task/openapi/create", workflowId=WORKFLOW, webhookUrl=HUB_HOOK)
    await hub.clock.advance(RUN_SECONDS)
    return str(created["data"]["taskId"])


async def detail(hub: Hub, task_id: str) -> dict[str, Any]:
    return await hub.old("task/openapi/getWebhookDetail", taskId=task_id)


def test_v2_event_is_an_object_in_the_order_of_the_captured_one() -> None:
    async def scenario(hub: Hub) -> None:
        done = await hub.finish()
        (hook,) = hub.webhooks
        assert list(hook) == ["eventData", "event", "taskId"]
        assert (hook["event"], hook["taskId"]) == ("TASK_END", done["taskId"])
        data = hook["eventData"]
        more = ["failedReason", "usage", "parentTaskId", "taskUsageList"]
        assert list(data) == [*TASK_FIELDS, *more]
        assert {name: data[name] for name in done} == done
        assert data["taskUsageList"] == [
            {
                "taskId": int(done["taskId"]),
                "parentTaskId": None,
                "taskStatus": "SUCCESS",
                "usage": done["usage"],
            }
        ]
        (_, request), *_ = hub.receiver.requests
        assert request.headers["content-type"] == "application/json"

    simulate_hub(scenario)


def test_old_event_is_text_with_the_outputs_answer() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("webhook_duplicate")
        task_id = await create(hub)
        await hub.clock.advance(10)
        first, second = hub.webhooks
        assert first == second
        assert (list(first), first["taskId"]) == (["event", "taskId", "eventData"], task_id)
        data = json.loads(first["eventData"])
        assert (data["code"], list(data["data"][0])) == (0, ["fileUrl", "fileType", "taskCostTime", "nodeId"])
        assert data["data"][0]["taskCostTime"] == 40

    simulate_hub(scenario)


def test_failures_are_announced_in_each_generations_form() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("outcome", outcome="1501")
        await hub.finish()
        await create(hub)
        await hub.v2(f"run/workflow/{WORKFLOW}", webhookUrl=HUB_HOOK)
        await hub.clock.advance(RUN_SECONDS)
        model, old, run = (hook["eventData"] for hook in hub.webhooks)
        assert (model["status"], model["errorCode"], model["results"]) == ("FAILED", "1501", None)
        assert (model["failedReason"], model["taskUsageList"]) == ({}, [])
        assert json.loads(old)["code"] == 805
        assert json.loads(old)["data"]["failedReason"]["node_id"] == "276"
        assert (run["errorCode"], run["errorMessage"]) == ("805", "APIKEY_TASK_STATUS_ERROR")

    simulate_hub(scenario)


def test_refused_webhook_comes_again_each_minute_and_is_given_up() -> None:
    async def scenario(hub: Hub) -> None:
        hub.receiver.statuses = [500, 302, 404, 503, 503]
        task_id = (await hub.finish())["taskId"]
        assert (await detail(hub, task_id))["data"]["callbackStatus"] == "FAILED"
        await hub.clock.advance(10_000)
        assert [at for at, _ in hub.receiver.requests] == [150, 210, 270, 330]
        told = (await detail(hub, task_id))["data"]
        assert (told["callbackStatus"], told["retryCount"]) == ("FAILED", 3)
        assert told["callbackResponse"] == "HTTP 503"

    simulate_hub(scenario)


def test_detail_tells_what_was_sent_and_what_became_of_it() -> None:
    async def scenario(hub: Hub) -> None:
        task_id = await create(hub)
        told = (await detail(hub, task_id))["data"]
        assert told["id"] != told["taskId"] == task_id
        assert (told["webhookUrl"], told["callbackStatus"], told["retryCount"]) == (HUB_HOOK, "SUCCESS", 0)
        assert set(told["userApiKey"]) == {"*"}
        assert json.loads(told["eventData"])["code"] == 0
        assert datetime.fromisoformat(told["createTime"]).tzinfo is None
        theirs = await detail(Hub(hub.simulation, cn=True), task_id)
        assert theirs == {"code": 1, "msg": "webhook event not exists", "data": None}

    simulate_hub(scenario)


def test_event_outlives_the_task_in_the_query() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("webhook_drop")
        hub.fault("query_missing")
        answer = await hub.finish()
        assert answer["errorCode"] == "1004"
        (task,) = hub.records("accepted")
        told = (await detail(hub, task["taskId"]))["data"]
        assert json.loads(told["eventData"])["status"] == "SUCCESS"
        assert (told["callbackStatus"], hub.webhooks) == ("FAILED", [])

    simulate_hub(scenario)


@pytest.mark.parametrize("url", [None, OTHER_HOOK])
def test_event_is_sent_again_perhaps_elsewhere(url: str | None) -> None:
    async def scenario(hub: Hub) -> None:
        task_id = (await hub.finish())["taskId"]
        event = (await detail(hub, task_id))["data"]
        asked = {"webhookId": event["id"]} | ({"webhookUrl": url} if url else {})
        assert await hub.old("task/openapi/retryWebhook", **asked) == {"code": 0, "msg": "", "data": None}
        await hub.clock.advance(1)
        first, second = hub.webhooks
        assert first == second
        assert [str(request.url) for _, request in hub.receiver.requests] == [HUB_HOOK, url or HUB_HOOK]

    simulate_hub(scenario)


def test_event_is_not_sent_again_without_a_right_id_and_address() -> None:
    async def scenario(hub: Hub) -> None:
        event = (await detail(hub, (await hub.finish())["taskId"]))["data"]
        wrong_id = await hub.old("task/openapi/retryWebhook", webhookId="1")
        wrong_url = await hub.old("task/openapi/retryWebhook", webhookId=event["id"], webhookUrl="no url")
        assert (wrong_id["code"], wrong_url["code"]) == (1, 301)

    simulate_hub(scenario)


def test_dropped_webhook_never_comes_and_a_delayed_one_ten_minutes_late_and_twice() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("webhook_drop", times=1)
        hub.fault("webhook_delay", seconds=600)
        hub.fault("webhook_duplicate")
        await hub.finish()
        assert hub.webhooks == []
        await hub.finish()
        await hub.clock.advance(601)
        assert [at for at, _ in hub.receiver.requests] == [900, 901]

    simulate_hub(scenario)


@pytest.mark.parametrize(
    ("where", "queried", "announced"),
    [
        ("query", "FAILED", ["SUCCESS"] * 2),
        ("webhook", "RUNNING", ["FAILED", "SUCCESS", "SUCCESS"]),
        ("both", "FAILED", ["FAILED", "SUCCESS", "SUCCESS"]),
    ],
)
def test_success_may_follow_a_failure(where: str, queried: str, announced: list[str]) -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("failed_then_success", where=where)
        early = await hub.finish()
        assert early["status"] == queried
        hub.fault("webhook_duplicate")
        await hub.clock.advance(30)
        assert (await hub.query(early["taskId"]))["status"] == "SUCCESS"
        assert [hook["eventData"]["status"] for hook in hub.webhooks] == announced
        assert len(hub.records("billed")) == 1

    simulate_hub(scenario)


def test_event_in_another_shape() -> None:
    async def scenario(hub: Hub) -> None:
        for shape in ("string", "wrapped", "bare"):
            hub.fault("webhook_shape", times=1, shape=shape)
            await hub.finish()
        as_text, wrapped, bare = hub.webhooks
        assert json.loads(as_text["eventData"])["status"] == "SUCCESS"
        assert wrapped["eventData"]["data"]["status"] == "SUCCESS"
        assert (bare["status"], "eventData" in bare) == ("SUCCESS", False)

    simulate_hub(scenario)


def test_outer_task_id_may_be_a_number_and_the_body_large() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("webhook_numeric_task_id")
        hub.fault("webhook_large")
        hub.fault("webhook_duplicate")
        done = await hub.finish(seconds=200)
        (_, first), (_, second) = hub.receiver.requests
        assert first.content == second.content
        assert json.loads(first.content)["taskId"] == int(done["taskId"])
        assert len(first.content) == pytest.approx(3_000_000, rel=0.01)

    simulate_hub(scenario)


def test_wrong_token_is_tried_before_the_right_one() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("webhook_wrong_token", then_right=True)
        await hub.finish()
        assert [one["url"] for one in hub.records("webhooks")] == [with_wrong_token(HUB_HOOK), HUB_HOOK]

    simulate_hub(scenario)


def test_records_of_one_task_hold_all_that_concerns_it() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("webhook_duplicate")
        mine, _ = await hub.submit(), await hub.submit(webhookUrl=OTHER_HOOK)
        await hub.clock.advance(200)
        await hub.query(mine)
        shown = (await hub.client.get(f"/_control/runninghub?task_uuid={mine}")).json()
        assert [one["state"] for one in shown["accepted"]] == ["SUCCESS"]
        assert [one["url"] for one in shown["webhooks"]] == [HUB_HOOK] * 2
        assert (shown["billed_by_webhook"], shown["lookups"]) == ({HUB_HOOK: 1}, {mine: 1})
        assert [one["path"].rsplit("/", 1)[1] for one in shown["requests"]] == ["text-to-video-pro", "query"]
        assert hub.records("billed_by_webhook") == {HUB_HOOK: 1, OTHER_HOOK: 1}

    simulate_hub(scenario)


def test_reset_forgets_tasks_events_uploads_money_and_switches() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(run_seconds={"video": 1}, key_kind="SHARED")
        chinese = Hub(hub.simulation, cn=True)
        await chinese.submit()
        digest = hashlib.md5(b"lora", usedforsecurity=False).hexdigest()
        lora = await hub.old("api/openapi/getLoraUploadUrl", loraName="style", md5Hex=digest)
        task_id = (await hub.finish())["taskId"]
        await hub.submit()
        assert (await hub.client.post("/_control/runninghub/reset")).status_code == 204
        assert (await hub.query(task_id))["errorCode"] == "1004"
        assert (await detail(hub, task_id))["code"] == 1
        assert (await hub.client.put(lora["data"]["url"], content=b"lora")).status_code == 403
        for site in (hub, chinese):
            status = (await site.old("uc/openapi/accountStatus", apikey=site.key))["data"]
            assert (status["remainMoney"], status["currentTaskCounts"]) == ("1000000", "0")
        assert hub.simulator.controls.defaults()["run_seconds"]["video"] == 150

    simulate_hub(scenario)
