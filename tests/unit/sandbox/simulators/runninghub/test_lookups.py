"""Look-ups in both generations: forms, outcomes, retention, faults, and cancelling."""

import json
import uuid
from typing import Any

import pytest

from tests.unit.sandbox.simulators.runninghub.hub import HUB_HOOK, IMAGE, RUN_SECONDS, Hub, simulate_hub
from tests.unit.sandbox.simulators.simulation import FILE

TEXT_TO_IMAGE, IMAGE_TO_VIDEO = "1904136902449209346", "1904136902449209388"
APP = "1877265245566922801"


async def run_workflow(hub: Hub, workflow: str = TEXT_TO_IMAGE, **body: Any) -> str:
    return str((await hub.v2(f"run/workflow/{workflow}", **body))["taskId"])


def test_running_and_finished_task_look_as_documented() -> None:
    async def scenario(hub: Hub) -> None:
        task_id = await hub.submit()
        empty = {"errorCode": "", "errorMessage": "", "results": None, "clientId": "", "promptTips": ""}
        assert await hub.query(task_id) == {"taskId": task_id, "status": "RUNNING", **empty}
        await hub.clock.advance(150)
        done = await hub.query(task_id)
        assert list(done)[:6] == ["taskId", "status", "errorCode", "errorMessage", "failedReason", "usage"]
        assert done["usage"] == {
            "consumeMoney": None,
            "consumeCoins": None,
            "taskCostTime": "0",
            "thirdPartyConsumeMoney": "3.6",
        }
        (result,) = done["results"]
        assert (list(result), result["outputType"]) == (["url", "outputType", "text"], "mp4")
        user_hash, folder, name = result["url"].rsplit("/", 3)[1:]
        assert (len(user_hash), folder) == (32, "output")
        uuid.UUID(name.removesuffix(".mp4"))  # raises if it is none

    simulate_hub(scenario)


@pytest.mark.parametrize("code", ["1000", "1015", "1501", "1504", "1505"])
@pytest.mark.parametrize("switch", ["marker", "fault"])
def test_failure_shows_its_code_and_costs_nothing(code: str, switch: str) -> None:
    async def scenario(hub: Hub) -> None:
        if switch == "fault":
            hub.fault("outcome", outcome=code)
        done = await hub.finish(prompt=f"a fox [[{code}]]" if switch == "marker" else "a fox")
        assert (done["status"], done["errorCode"], done["results"]) == ("FAILED", code, None)
        assert done["errorMessage"]
        assert done["usage"]["thirdPartyConsumeMoney"] is None
        assert hub.records("billed") == []

    simulate_hub(scenario)


@pytest.mark.parametrize(
    ("outcome", "types"),
    [
        ("no-results", []),
        ("preview", ["png", "mp4"]),
        ("audio", ["mp3"]),
        ("3d", ["glb"]),
        ("zip", ["zip"]),
        ("unheard-of", ["mp4"]),
    ],
)
def test_success_yields_the_files_its_prompt_asks_for(outcome: str, types: list[str]) -> None:
    async def scenario(hub: Hub) -> None:
        done = await hub.finish(prompt=f"a fox [[{outcome}]]")
        assert done["status"] == "SUCCESS"
        assert [one["outputType"] for one in done["results"]] == types
        for one in done["results"]:
            assert one["url"].endswith(f".{one['outputType']}")
            assert (await hub.client.get(one["url"])).content == FILE
        assert len(hub.records("billed")) == 1

    simulate_hub(scenario)


@pytest.mark.parametrize("outcome", ["text", "json"])
def test_text_stands_in_the_result_itself(outcome: str) -> None:
    async def scenario(hub: Hub) -> None:
        done = await hub.finish(prompt=f"a fox [[{outcome}]]")
        (result,) = done["results"]
        assert (result["url"], result["outputType"]) == (None, {"text": "txt"}.get(outcome, "json"))
        assert "a fox" in result["text"]
        assert outcome == "text" or json.loads(result["text"])

    simulate_hub(scenario)


def test_never_ending_task_runs_on() -> None:
    async def scenario(hub: Hub) -> None:
        done = await hub.finish(prompt="a fox [[never]]", seconds=1_000_000)
        assert done["status"] == "RUNNING"
        assert hub.webhooks == []

    simulate_hub(scenario)


def test_task_is_forgotten_after_its_retention_and_its_file_after_a_day() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(retention=100_000)
        done = await hub.finish()
        url = done["results"][0]["url"]
        await hub.clock.advance(86_399)
        assert (await hub.client.get(url)).status_code == 200
        await hub.clock.advance(1)
        assert (await hub.client.get(url)).status_code == 404
        assert (await hub.query(done["taskId"]))["status"] == "SUCCESS"
        await hub.clock.advance(20_000)
        assert (await hub.query(done["taskId"]))["errorCode"] == "1004"

    simulate_hub(scenario)


def test_workflow_yields_every_kind_with_its_node() -> None:
    async def scenario(hub: Hub) -> None:
        image = (await hub.upload())["data"]["fileName"]
        nodes = [
            {"nodeId": "2", "fieldName": "image", "fieldValue": image},
            {"nodeId": "24", "fieldName": "text", "fieldValue": "a lake at night"},
        ]
        task_id = await run_workflow(hub, IMAGE_TO_VIDEO, nodeInfoList=nodes)
        await hub.clock.advance(RUN_SECONDS)
        done = await hub.query(task_id)
        found = [(one["nodeId"], one["outputType"], one["text"] is None) for one in done["results"]]
        assert found == [
            ("10", "png", True),
            ("12", "mp4", True),
            ("13", "flac", True),
            ("14", "txt", False),
        ]
        assert done["usage"] == {
            "consumeMoney": "0.04",
            "consumeCoins": None,
            "taskCostTime": "40",
            "thirdPartyConsumeMoney": None,
        }
        old = await hub.old("task/openapi/outputs", taskId=task_id)
        assert [one["fileType"] for one in old["data"]] == ["png", "mp4", "flac", "txt"]
        assert all(one["fileUrl"] for one in old["data"])

    simulate_hub(scenario)


def test_consumer_pays_machine_time_in_coins() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(key_kind="NORMAL", coins=100, run_seconds={"workflow": 83})
        task_id = await run_workflow(hub)
        await hub.clock.advance(100)
        assert (await hub.query(task_id))["usage"]["consumeCoins"] == "17"
        status = await hub.old("uc/openapi/accountStatus", apikey=hub.key)
        assert status["data"] == {
            "remainCoins": "83",
            "currentTaskCounts": "0",
            "remainMoney": None,
            "currency": None,
            "apiType": "NORMAL",
        }

    simulate_hub(scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nodeId": "6", "fieldName": "colour", "fieldValue": "red"},
        {"nodeId": "99", "fieldName": "text", "fieldValue": "red"},
        {"nodeId": "6", "fieldName": "text"},
        {"nodeId": 6, "fieldName": "text", "fieldValue": "red"},
        "text",
    ],
)
def test_wrong_node_info_is_refused(wrong: object) -> None:
    async def scenario(hub: Hub) -> None:
        old = await hub.old("task/openapi/create", workflowId=TEXT_TO_IMAGE, nodeInfoList=[wrong])
        assert old == {"code": 803, "msg": "APIKEY_INVALID_NODE_INFO", "data": None}

    simulate_hub(scenario)


def test_node_that_loads_a_file_takes_only_this_accounts_uploads() -> None:
    async def scenario(hub: Hub) -> None:
        chinese = Hub(hub.simulation, cn=True)
        theirs = (await chinese.upload())["data"]["fileName"]
        node = {"nodeId": "2", "fieldName": "image", "fieldValue": theirs}
        refused = await hub.v2(f"run/workflow/{IMAGE_TO_VIDEO}", nodeInfoList=[node])
        assert refused["errorCode"] == "1101"
        assert await run_workflow(chinese, IMAGE_TO_VIDEO, nodeInfoList=[node])

    simulate_hub(scenario)


def test_given_graph_goes_before_the_saved_one() -> None:
    async def scenario(hub: Hub) -> None:
        graph = {
            "9": {"class_type": "SaveImage", "inputs": {}},
            "70": {"class_type": "Note", "inputs": {"a": 1}},
        }
        node = {"nodeId": "70", "fieldName": "a", "fieldValue": 2}
        task_id = await run_workflow(hub, workflow=TEXT_TO_IMAGE, nodeInfoList=[])
        assert task_id
        answer = await hub.v2(
            f"run/workflow/{TEXT_TO_IMAGE}", workflow=json.dumps(graph), nodeInfoList=[node]
        )
        assert json.loads(answer["promptTips"])["outputs_to_execute"] == ["9"]

    simulate_hub(scenario)


def test_old_task_goes_through_its_codes() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(submit_status="QUEUED")
        created = (await hub.old("task/openapi/create", workflowId=TEXT_TO_IMAGE))["data"]
        assert (created["taskStatus"], created["netWssUrl"]) == ("QUEUED", None)
        asked = {"taskId": created["taskId"]}
        assert (await hub.old("task/openapi/outputs", **asked))["code"] == 813
        await hub.clock.advance(5)
        running = await hub.old("task/openapi/outputs", **asked)
        assert (running["code"], list(running["data"])) == (804, ["netWssUrl"])
        assert (await hub.old("task/openapi/status", **asked))["data"] == "RUNNING"
        await hub.clock.advance(RUN_SECONDS)
        assert (await hub.old("task/openapi/status", **asked))["data"] == "SUCCESS"
        (output,) = (await hub.old("task/openapi/outputs", **asked))["data"]
        assert (output["fileType"], output["taskCostTime"], output["nodeId"]) == ("png", "40", "9")
        assert output["consumeMoney"] == "0.04"

    simulate_hub(scenario)


def test_failed_graph_tells_which_node_it_was() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("outcome", outcome="1000")
        run = await hub.old("task/openapi/ai-app/run", webappId=APP)
        await hub.clock.advance(RUN_SECONDS)
        asked = {"taskId": run["data"]["taskId"]}
        assert (await hub.old("task/openapi/status", **asked))["data"] == "FAILED"
        old = await hub.old("task/openapi/outputs", **asked)
        assert (old["code"], old["data"]["failedReason"]["node_id"]) == (805, "276")
        new = await hub.query(asked["taskId"])
        assert (new["errorCode"], new["failedReason"]["node_id"]) == ("1000", "276")

    simulate_hub(scenario)


@pytest.mark.parametrize(("task_id", "code"), [("0", 301), ("", 301), ("2052287938007814145", 807)])
def test_old_look_up_of_no_task(task_id: str, code: int) -> None:
    async def scenario(hub: Hub) -> None:
        for path in ("status", "outputs", "cancel"):
            assert (await hub.old(f"task/openapi/{path}", taskId=task_id))["code"] == code

    simulate_hub(scenario)


@pytest.mark.parametrize("path", [f"run/workflow/{TEXT_TO_IMAGE}", f"run/ai-app/{APP}"])
def test_cancelled_run_ends_without_a_webhook_or_a_charge(path: str) -> None:
    async def scenario(hub: Hub) -> None:
        task_id = (await hub.v2(path, webhookUrl=HUB_HOOK))["taskId"]
        cancelled = await hub.old("task/openapi/cancel", taskId=task_id)
        assert cancelled == {"code": 0, "msg": "success", "data": None}
        assert (await hub.old("task/openapi/cancel", taskId=task_id))["code"] == 807
        await hub.clock.advance(1000)
        assert (await hub.query(task_id))["status"] == "CANCEL"
        assert (await hub.old("task/openapi/status", taskId=task_id))["data"] == "FAILED"
        assert (hub.webhooks, hub.records("billed")) == ([], [])

    simulate_hub(scenario)


def test_cancel_is_refused_where_it_does_not_work() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(cancel_ai_apps=False)
        for task_id in (await hub.submit(), (await hub.v2(f"run/ai-app/{APP}"))["taskId"]):
            assert (await hub.old("task/openapi/cancel", taskId=task_id))["code"] == 807
            assert (await hub.query(task_id))["status"] == "RUNNING"

    simulate_hub(scenario)


def test_cancel_may_announce_a_failure() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(webhook_on_cancel=True)
        task_id = await run_workflow(hub, webhookUrl=HUB_HOOK)
        await hub.old("task/openapi/cancel", taskId=task_id)
        await hub.clock.advance(1)
        assert [hook["eventData"]["status"] for hook in hub.webhooks] == ["FAILED"]

    simulate_hub(scenario)


def test_look_ups_fail_as_switched() -> None:
    async def scenario(hub: Hub) -> None:
        task_id = await hub.submit()
        hub.fault("query_error", times=1, code=1003)
        assert (await hub.query(task_id))["errorCode"] == "1003"
        hub.fault("query_missing", times=1)
        assert (await hub.query(task_id))["errorCode"] == "1004"
        hub.fault("query_slow", times=1, seconds=0.001)
        assert (await hub.query(task_id))["status"] == "RUNNING"
        hub.fault("key_refused", times=1, at="query")
        assert (await hub.send("query", {"taskId": task_id})).status_code == 401
        hub.fault("query_non_json_body", times=1, status=503)
        broken = await hub.send("query", {"taskId": task_id})
        assert (broken.status_code, broken.text[:6]) == (503, "<html>")
        assert hub.records("lookups") == {task_id: 5}

    simulate_hub(scenario)


@pytest.mark.parametrize("fault", ["cost_omitted", "cost_zero"])
def test_usage_may_not_tell_the_charge(fault: str) -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault(fault)
        done = await hub.finish()
        expected = None if fault == "cost_omitted" else "0"
        assert done["usage"]["thirdPartyConsumeMoney"] == expected
        assert [charge["cost"] for charge in hub.records("billed")] == ["3.6"]

    simulate_hub(scenario)


def test_input_that_cannot_be_read_fails_the_task() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(fetch_inputs=True)
        body = {
            "prompt": "a fox",
            "duration": "4",
            "resolution": "720p",
            "imageUrl": "https://bucket.test/a.png",
        }
        task_id = (await hub.v2("rhart-video-s-official/image-to-video-pro", **body))["taskId"]
        await hub.clock.advance(200)
        assert (await hub.query(task_id))["errorCode"] == "1013"
        assert (await hub.v2(IMAGE, prompt="a fox"))["taskId"]

    simulate_hub(scenario)


def test_forms_of_workflows_and_apps_can_be_read() -> None:
    async def scenario(hub: Hub) -> None:
        graph = await hub.old("api/openapi/getJsonApiFormat", workflowId=TEXT_TO_IMAGE)
        assert graph["msg"] == "SUCCESS"
        assert json.loads(graph["data"]["prompt"])["6"]["inputs"]["text"] == "a cute panda"
        asked = {"apiKey": hub.key, "webappId": APP}
        form = (await hub.client.get(f"{hub.base}/api/webapp/apiCallDemo", params=asked)).json()
        assert form["data"]["nodeInfoList"][0]["fieldName"] == "prompt"
        assert (await hub.old("api/openapi/getJsonApiFormat", workflowId="1"))["code"] == 380

    simulate_hub(scenario)


@pytest.mark.parametrize(
    ("auth", "in_body", "in_header", "good"),
    [
        ("any", False, True, True),
        ("body", False, True, False),
        ("body", True, True, True),
        ("bearer", True, True, False),
        ("bearer", False, True, True),
    ],
)
def test_old_endpoints_take_the_key_where_they_want_it(
    auth: str, *, in_body: bool, in_header: bool, good: bool
) -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(old_auth=auth)
        body = {"workflowId": TEXT_TO_IMAGE} | ({"apiKey": hub.key} if in_body else {})
        headers = {"Authorization": f"Bearer {hub.key}"} if in_header else {}
        url = f"{hub.base}/task/openapi/create"
        answer = (await hub.client.post(url, json=body, headers=headers)).json()
        assert answer["code"] == (0 if good else 802)

    simulate_hub(scenario)
