"""Status and result of Model API jobs: two vocabularies, every ending, and the faults of look-ups."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.simulators.runcomfy.lookups import FOREIGN_REQUEST_ID
from tests.sandbox.simulators.runcomfy.sora import PRO_TEXT
from tests.unit.sandbox.simulators.runcomfy.comfy import (
    QUEUE_SECONDS,
    VIDEO_SECONDS,
    Comfy,
    clip,
    simulate_comfy,
)
from tests.unit.sandbox.simulators.simulation import FILE


def test_job_waits_runs_and_ends() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.submit()
        positions = []
        for _ in range(4):
            shown = await comfy.status(job)
            assert shown["status"] == "in_queue"
            positions.append(shown["queue_position"])
            await comfy.clock.advance(QUEUE_SECONDS / 4)
        assert positions == [3, 2, 1, 0]
        urls = {name: job[name] for name in ("status_url", "result_url")}
        running = {"request_id": job["request_id"], "status": "in_progress", **urls}
        assert await comfy.status(job) == running
        assert (await comfy.result(job))["status"] == "in_progress"
        await comfy.clock.advance(VIDEO_SECONDS)
        assert await comfy.status(job) == running | {"status": "completed"}

    simulate_comfy(scenario)


def test_result_of_a_success_names_a_video_that_can_be_fetched_without_a_token() -> None:
    async def scenario(comfy: Comfy) -> None:
        result = await comfy.finish()
        assert list(result) == ["request_id", "status", "output", "created_at", "finished_at"]
        assert (result["status"], list(result["output"])) == ("succeeded", ["video"])
        assert datetime.fromisoformat(result["finished_at"]).utcoffset() == timedelta(0)
        video = await comfy.client.get(result["output"]["video"])
        assert (video.content, video.headers["content-type"]) == (FILE, "video/mp4")

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("model_id", "output", "count"),
    [
        ("google/nano-banana-2/text-to-image", "image", 1),
        ("google/nano-banana-2/edit", "images", 3),
        ("wan-ai/wan-3.0/image-to-video", "videos", 2),
        ("acestep-ai/ace-step/text-to-audio", "audio", 1),
        ("nobody/unheard-of/text-to-video", "video", 1),
        ("nobody/unheard-of/tts", "audio", 1),
        ("nobody/unheard-of", "image", 1),
    ],
)
def test_output_has_the_key_of_its_model(model_id: str, output: str, count: int) -> None:
    async def scenario(comfy: Comfy) -> None:
        found = (await comfy.finish(model_id))["output"]
        assert list(found) == [output]
        urls = found[output] if isinstance(found[output], list) else [found[output]]
        assert len(set(urls)) == count

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("outcome", "status", "result"),
    [
        ("failed", "completed", "failed"),
        ("moderated", "completed", "failed"),
        ("cancelled", "cancelled", "cancelled"),
        ("never", "in_progress", "in_progress"),
        ("no-output", "completed", "succeeded"),
    ],
)
@pytest.mark.parametrize("by_prompt", [False, True])
def test_job_ends_as_a_rule_or_its_prompt_says_and_costs_nothing_unless_it_may(
    outcome: str, status: str, result: str, by_prompt: bool
) -> None:
    async def scenario(comfy: Comfy) -> None:
        if not by_prompt:
            comfy.fault("outcome", outcome=outcome)
        job = await comfy.submit(prompt=f"a fox [[{outcome}]]" if by_prompt else "a fox")
        await comfy.clock.advance(1000)
        assert await comfy.words(job) == (status, result)
        shown = await comfy.result(job)
        assert shown.get("output") == ({} if outcome == "no-output" else None)
        assert ("error" in shown) is (result == "failed")
        assert len(comfy.records("billed")) == (outcome in ("never", "no-output"))

    simulate_comfy(scenario)


def test_failed_job_is_charged_if_the_defaults_say_so() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(charge_failed=True)
        job = await comfy.submit(prompt="[[failed]]")
        await comfy.clock.advance(1000)
        assert (await comfy.result(job, include_cost="true"))["cost"] == 2.4
        assert len(comfy.records("billed")) == 1

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("form", "kind"), [("text", str), ("object", dict), ("array", list), ("absent", type(None))]
)
def test_error_has_any_form(form: str, kind: type) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("outcome", outcome="failed", message="no luck", error_form=form)
        error = (await comfy.finish()).get("error")
        assert isinstance(error, kind)
        assert form == "absent" or "no luck" in str(error)

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("changes", "prompt", "words"),
    [
        ({"failed_status": "failed"}, "[[failed]]", ("failed", "failed")),
        ({"success_result": "completed"}, "a fox", ("completed", "completed")),
        ({"cancelled_word": "canceled"}, "[[cancelled]]", ("canceled", "canceled")),
        ({"upper_case_states": True}, "a fox", ("COMPLETED", "SUCCEEDED")),
    ],
)
def test_ending_in_other_words(changes: dict[str, Any], prompt: str, words: tuple[str, str]) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(**changes)
        job = await comfy.submit(prompt=prompt)
        await comfy.clock.advance(1000)
        assert await comfy.words(job) == words

    simulate_comfy(scenario)


@pytest.mark.parametrize("word", ["pending", "waiting", "starting", "processing", "migrating"])
def test_state_in_a_word_of_its_own(word: str) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("state_word", word=word, state="in_queue", at="status")
        comfy.fault("state_word", times=1, word=word, state="any", at="result")
        job = await comfy.submit()
        assert await comfy.words(job) == (word, word)
        assert await comfy.words(job) == (word, "in_queue")
        await comfy.clock.advance(QUEUE_SECONDS)
        assert await comfy.words(job) == ("in_progress", "in_progress")

    simulate_comfy(scenario)


def test_result_that_is_not_ready_may_be_400005() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(result_not_ready="400005")
        job = await comfy.submit()
        response = await comfy.send("GET", job["result_url"])
        assert (response.status_code, response.json()["error_code"]) == (400, 400005)
        await comfy.clock.advance(1000)
        assert (await comfy.result(job))["status"] == "succeeded"

    simulate_comfy(scenario)


def test_result_may_come_later_than_the_status() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("result_late", seconds=20)
        job = await comfy.submit()
        await comfy.clock.advance(QUEUE_SECONDS + VIDEO_SECONDS)
        assert await comfy.words(job) == ("completed", "in_progress")
        await comfy.clock.advance(20)
        assert await comfy.words(job) == ("completed", "succeeded")

    simulate_comfy(scenario)


def test_cost_is_told_to_those_who_ask() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.submit()
        assert "cost" not in await comfy.result(job, include_cost="true")
        await comfy.clock.advance(1000)
        assert "cost" not in await comfy.result(job)
        assert (await comfy.result(job, include_cost="true"))["cost"] == 2.4
        comfy.fault("cost_omitted", times=1)
        assert "cost" not in await comfy.result(job, include_cost="true")
        comfy.fault("cost_zero", times=1)
        assert (await comfy.result(job, include_cost="true"))["cost"] == 0
        assert [one["cost"] for one in comfy.records("billed")] == [2.4]

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("shape", "keys"),
    [("plural", {"videos"}), ("mixed", {"image", "videos"}), ("empty", set())],
)
def test_output_object_with_other_keys(shape: str, keys: set[str]) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("output_shape", shape=shape)
        assert set((await comfy.finish())["output"]) == keys

    simulate_comfy(scenario)


def test_output_may_be_a_text_a_list_or_nothing() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.submit()
        await comfy.clock.advance(1000)
        url = (await comfy.result(job))["output"]["video"]
        for shape, output in (("text", url), ("list", [url]), ("absent", None)):
            comfy.fault("output_shape", times=1, shape=shape)
            assert (await comfy.result(job)).get("output") == output

    simulate_comfy(scenario)


def test_result_may_repeat_the_input_before_the_output() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("echo_input")
        result = await comfy.finish()
        assert (result["input"], result["model_id"]) == (clip(), PRO_TEXT)
        assert list(result).index("input") < list(result).index("output")

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("request_id", "status", "code"),
    [("unknown", 404, 404001), (FOREIGN_REQUEST_ID, 403, 403001)],
)
@pytest.mark.parametrize(("method", "what"), [("GET", "status"), ("GET", "result"), ("POST", "cancel")])
def test_request_that_is_unknown_or_another_accounts_is_refused(
    request_id: str, status: int, code: int, method: str, what: str
) -> None:
    async def scenario(comfy: Comfy) -> None:
        response = await comfy.send(method, f"/v1/requests/{request_id}/{what}")
        assert (response.status_code, response.json()["error_code"]) == (status, code)

    simulate_comfy(scenario)


def test_ended_job_is_forgotten_after_its_retention_or_at_once() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(retention=60)
        job = await comfy.submit()
        await comfy.clock.advance(QUEUE_SECONDS + VIDEO_SECONDS)
        assert (await comfy.status(job))["status"] == "completed"
        await comfy.clock.advance(61)
        assert (await comfy.status(job))["error_code"] == 404001
        comfy.fault("request_expired")
        again = await comfy.submit()
        assert (await comfy.status(again))["status"] == "in_queue"
        await comfy.clock.advance(QUEUE_SECONDS + VIDEO_SECONDS)
        assert (await comfy.result(again))["error_code"] == 404001

    simulate_comfy(scenario)


@pytest.mark.parametrize("fault", ["lookup_error", "lookup_non_json_body"])
@pytest.mark.parametrize(
    ("at", "statuses"), [("both", [503, 503]), ("status", [503, 200]), ("result", [200, 503])]
)
def test_look_ups_fail_where_the_rule_says(fault: str, at: str, statuses: list[int]) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault(fault, at=at, status=503)
        comfy.fault("lookup_slow", at=at, seconds=0.01)
        job = await comfy.submit()
        answers = [await comfy.send("GET", job[name]) for name in ("status_url", "result_url")]
        assert [one.status_code for one in answers] == statuses

    simulate_comfy(scenario)


def test_look_up_error_may_come_as_a_200_or_with_a_time_to_wait() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.submit()
        comfy.fault("lookup_error", times=1, status=200, error_code=500001)
        assert (await comfy.result(job))["error_code"] == 500001
        comfy.fault("lookup_error", times=1, status=429, retry_after=3)
        assert (await comfy.send("GET", job["status_url"])).headers["retry-after"] == "3"

    simulate_comfy(scenario)


def test_every_look_up_is_counted_for_its_request() -> None:
    async def scenario(comfy: Comfy) -> None:
        job, other = await comfy.submit(), await comfy.submit()
        comfy.fault("lookup_error", times=1, at="result")
        await comfy.words(job)
        await comfy.status(job)
        await comfy.cancel(job)
        await comfy.status(other)
        counts = {job["request_id"]: 3, other["request_id"]: 1}
        assert comfy.records("lookups") == counts
        shown = await comfy.client.get(f"/_control/runcomfy?task_uuid={job['request_id']}")
        assert shown.json()["lookups"] == {job["request_id"]: 3}
        assert len(shown.json()["requests"]) == 5

    simulate_comfy(scenario)


@pytest.mark.parametrize("seconds", [30, 180, 720])
def test_run_and_queue_time_are_set_for_one_job_or_for_all(seconds: float) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(run_seconds={"video": seconds}, queue_seconds=0)
        comfy.fault("run_time", times=1, seconds=seconds * 2)
        comfy.fault("queue_time", times=1, seconds=10)
        slow, usual = await comfy.submit(), await comfy.submit()
        await comfy.clock.advance(seconds)
        assert (await comfy.status(usual))["status"] == "completed"
        await comfy.clock.advance(seconds + 9)
        assert (await comfy.status(slow))["status"] == "in_progress"
        await comfy.clock.advance(1)
        assert (await comfy.status(slow))["status"] == "completed"

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("fault", "options", "status"),
    [
        ("media_404", {"status": 403}, 403),
        ("media_expired", {}, 404),
        ("media_truncated", {}, 200),
        ("media_slow", {"seconds": 0.01}, 200),
    ],
)
def test_file_is_not_what_it_should_be(fault: str, options: dict[str, Any], status: int) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault(fault, **options)
        answer = await comfy.client.get((await comfy.finish())["output"]["video"])
        assert answer.status_code == status
        assert (answer.content == FILE) is (fault == "media_slow")

    simulate_comfy(scenario)


def test_video_is_as_large_as_the_defaults_say() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(output_bytes=3_000_000)
        video = await comfy.client.get((await comfy.finish())["output"]["video"])
        assert len(video.content) == 3_000_000

    simulate_comfy(scenario)
