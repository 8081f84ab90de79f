"""Webhooks and uploads: shapes, order, retries, and every fault of theirs."""

import asyncio
from typing import Any

import pytest

from tests.sandbox.simulators.webhook_delivery import with_wrong_token
from tests.unit.sandbox.simulators.simulation import FILE, HOOK, UPLOAD, Simulation, simulate, sora

FAILURE: dict[str, Any] = {"code": "timeoutProvider", "message": "Too late."}


async def run(simulation: Simulation, seconds: float = 100, **changes: Any) -> dict[str, Any]:
    task = sora(**changes)
    await simulation.post(task)
    await simulation.clock.advance(seconds)
    return task


def test_each_result_gets_one_wrapped_call_without_status() -> None:
    async def scenario(simulation: Simulation) -> None:
        task = await run(simulation, numberResults=2)
        hooks = simulation.receiver.webhooks
        assert len(hooks) == 2
        for hook in hooks:
            assert list(hook) == ["data"]
            (item,) = hook["data"]
            assert item["taskUUID"] == task["taskUUID"]
            assert "status" not in item
        assert len({hook["data"][0]["videoUUID"] for hook in hooks}) == 2
        recorded = simulation.records("webhooks")
        assert [(one["url"], one["status"], one["attempt"]) for one in recorded] == [(HOOK, 200, 1)] * 2

    simulate(scenario)


@pytest.mark.parametrize("switch", ["default", "fault"])
def test_flat_shape_has_no_wrapper(switch: str) -> None:
    async def scenario(simulation: Simulation) -> None:
        if switch == "default":
            simulation.defaults(webhook_shape="flat")
        else:
            simulation.fault("webhook_shape")
        task = await run(simulation)
        (hook,) = simulation.receiver.webhooks
        assert hook["taskUUID"] == task["taskUUID"]
        assert hook["videoURL"]

    simulate(scenario)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("errors", {"errors": [FAILURE]}),
        ("flat", {**FAILURE, "status": "error"}),
        ("error_object", {"error": FAILURE}),
        ("error_text", {"error": "Too late."}),
    ],
)
def test_failure_is_announced_in_its_form_and_not_charged(form: str, expected: dict[str, Any]) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("task_fails", form=form, **FAILURE)
        task = await run(simulation)
        named = {"taskType": "videoInference", "taskUUID": task["taskUUID"]}
        if form == "errors":
            assert simulation.receiver.webhooks == [{"errors": [{**FAILURE, **named}]}]
        else:
            assert simulation.receiver.webhooks == [{**expected, **named}]
        assert simulation.receiver.uploads == []
        assert simulation.records("billed") == []

    simulate(scenario)


@pytest.mark.parametrize("switch", ["default", "fault"])
def test_failures_can_go_unannounced(switch: str) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("task_fails")
        if switch == "default":
            simulation.defaults(failure_webhook=False)
        else:
            simulation.fault("failure_webhook_off")
        await run(simulation)
        assert simulation.receiver.webhooks == []

    simulate(scenario)


def test_refused_webhook_is_repeated_and_given_up() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.defaults(webhook_attempts=3)
        simulation.receiver.statuses = [503, 403, 500]
        await run(simulation, uploadEndpoint=None, seconds=1000)
        recorded = simulation.records("webhooks")
        assert [(one["attempt"], one["status"], one["delivered"]) for one in recorded] == [
            (1, 503, False),
            (2, 403, False),
            (3, 500, False),
        ]

    simulate(scenario)


def test_dropped_webhook_never_comes_but_the_upload_does() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_drop")
        await run(simulation)
        assert (len(simulation.receiver.webhooks), len(simulation.receiver.uploads)) == (0, 1)

    simulate(scenario)


def test_duplicate_webhooks_are_equal() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_duplicate", copies=3)
        await run(simulation)
        first, second, third = simulation.receiver.webhooks
        assert first == second == third

    simulate(scenario)


def test_delayed_webhook_comes_late_and_after_the_upload() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_delay", seconds=60)
        await run(simulation, seconds=1000)
        assert [(at, request.method) for at, request in simulation.receiver.requests] == [
            (93.0, "PUT"),
            (150.0, "POST"),
        ]

    simulate(scenario)


def test_reordered_webhooks_arrive_the_other_way_round() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_reorder")
        first, second = sora(uploadEndpoint=None), sora(uploadEndpoint=None)
        await simulation.post(first)
        await simulation.clock.advance(10)
        await simulation.post(second)
        await simulation.clock.advance(100)
        arrived = [hook["data"][0]["taskUUID"] for hook in simulation.receiver.webhooks]
        assert arrived == [second["taskUUID"], first["taskUUID"]]

    simulate(scenario)


def test_webhook_held_for_reordering_comes_in_the_end_without_a_successor() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_reorder", hold_seconds=0)
        await run(simulation)
        assert len(simulation.receiver.webhooks) == 1

    simulate(scenario)


def test_slow_webhook_arrives_whole() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_slow", seconds=0.001)
        await run(simulation, uploadEndpoint=None)
        await asyncio.sleep(0.1)  # the pause inside a body is a real one
        assert simulation.receiver.webhooks[0]["data"]

    simulate(scenario)


def test_wrong_token_is_tried_and_the_right_one_follows_if_asked_to() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_wrong_token", then_right=True)
        await run(simulation)
        urls = [one["url"] for one in simulation.records("webhooks")]
        assert urls == [with_wrong_token(HOOK), HOOK]

    simulate(scenario)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("https://a.test/hooks/job/secret", "https://a.test/hooks/job/secreA"),
        ("https://a.test/hooks?job=1&token=xyz", "https://a.test/hooks?job=1&token=xyA"),
        ("https://a.test/hooks/A", "https://a.test/hooks/B"),
    ],
)
def test_wrong_token_is_a_near_miss_of_the_same_length(right: str, wrong: str) -> None:
    assert with_wrong_token(right) == wrong


def test_replaced_body_is_sent_as_it_stands() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_body", times=1, body="<xml/>")
        simulation.fault("webhook_body", body=[1, 2])
        await run(simulation, numberResults=2)
        bodies = [request.content for _, request in simulation.receiver.of_method("POST")]
        assert bodies == [b"<xml/>", b"[1, 2]"]

    simulate(scenario)


@pytest.mark.parametrize(("late", "position"), [(False, 0), (True, 1)])
def test_stray_processing_call_comes_before_or_after_the_result(*, late: bool, position: int) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_stray_processing", late=late)
        await run(simulation)
        hooks = simulation.receiver.webhooks
        assert len(hooks) == 2
        assert hooks[position]["data"][0]["status"] == "processing"

    simulate(scenario)


def test_upload_follows_the_webhook_as_raw_bytes_to_the_very_url() -> None:
    async def scenario(simulation: Simulation) -> None:
        task = await run(simulation)
        (webhook_at, _), (upload_at, upload) = simulation.receiver.requests
        assert (webhook_at, upload_at) == (90.0, 93.0)
        assert (str(upload.url), upload.content) == (UPLOAD, FILE)
        assert upload.headers["content-type"] == "video/mp4"
        assert upload.headers["content-length"] == str(len(FILE))
        (recorded,) = simulation.records("uploads")
        assert (recorded["taskUUID"], recorded["status"]) == (task["taskUUID"], 200)
        assert recorded["bytes"] == len(FILE)

    simulate(scenario)


def test_all_results_are_put_to_the_same_url() -> None:
    async def scenario(simulation: Simulation) -> None:
        await run(simulation, numberResults=3)
        assert [str(upload.url) for upload in simulation.receiver.uploads] == [UPLOAD] * 3

    simulate(scenario)


def test_refused_upload_is_neither_repeated_nor_reported() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.receiver.statuses = [200, 403]
        task = await run(simulation, seconds=10_000)
        assert [one["status"] for one in simulation.records("uploads")] == [403]
        assert (await simulation.look_up(task["taskUUID"]))["data"][0]["status"] == "success"

    simulate(scenario)


@pytest.mark.parametrize(
    ("kind", "content_type"), [("octet-stream", "application/octet-stream"), ("absent", None)]
)
def test_content_type_of_uploads_can_be_switched(kind: str, content_type: str | None) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.defaults(upload_content_type=kind)
        await run(simulation)
        assert simulation.receiver.uploads[0].headers.get("content-type") == content_type

    simulate(scenario)


@pytest.mark.parametrize(
    ("fault", "content", "content_type"),
    [
        ("upload_truncated", FILE[: len(FILE) // 2], "video/mp4"),
        ("upload_corrupted", bytes(byte ^ 0x5A for byte in FILE), "video/mp4"),
        ("upload_empty", b"", "video/mp4"),
        ("upload_wrong_content_type", FILE, "text/plain"),
    ],
)
def test_damaged_upload(fault: str, content: bytes, content_type: str) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault(fault)
        await run(simulation)
        (upload,) = simulation.receiver.uploads
        assert (upload.content, upload.headers["content-type"]) == (content, content_type)
        assert upload.headers["content-length"] == str(len(content))

    simulate(scenario)


@pytest.mark.parametrize(
    ("fault", "arrivals"),
    [
        ("upload_never", [(90.0, "POST")]),
        ("upload_before_webhook", [(90.0, "PUT"), (90.0, "POST")]),
        ("upload_delayed", [(90.0, "POST"), (210.0, "PUT")]),
    ],
)
def test_upload_at_another_time(fault: str, arrivals: list[tuple[float, str]]) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault(fault)
        await run(simulation, seconds=1000)
        assert [(at, request.method) for at, request in simulation.receiver.requests] == arrivals

    simulate(scenario)
