"""From `incoming/` to `outputs/`: checked, once, and finished wherever it stopped."""

import pytest

from framehook.errors import Unavailable
from framehook.jobs import Job, OutputState, Status
from tests.fakes.stack import VIDEO_URL, InMemoryStack, success
from tests.unit.media_samples import MP4, PNG


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def land(stack: InMemoryStack, key: str) -> None:
    """The bucket's notification, delivered twice."""
    stack.landing.land(key)
    stack.landing.land(key)


def stored(stack: InMemoryStack, job: Job, index: int = 0) -> bytes:
    record = stack.jobs.get_output(job.id, index, 1)
    assert record is not None
    assert record.landed is not None
    return stack.media.objects[record.landed.key].body


def test_upload_after_the_webhook_completes_the_job(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    key = stack.upload(task, MP4)

    land(stack, key)

    job = stack.job(job.id)
    assert job.status is Status.SUCCEEDED
    assert stored(stack, job) == MP4
    assert key not in stack.media.objects
    assert f"outputs/ada/{job.id}/0.mp4" in stack.media.objects
    assert (job.due_at, job.finished_at) == (None, stack.clock.now())


def test_upload_before_the_webhook_waits_for_it(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    land(stack, stack.upload(task, MP4))
    assert stack.job(job.id).status is Status.RUNNING

    job = stack.webhook(task, success(task))

    assert job.status is Status.SUCCEEDED
    assert [entry.status for entry in job.timeline][-2:] == [Status.STORING, Status.SUCCEEDED]


def test_upload_of_a_task_with_unknown_outcome_proves_that_it_was_accepted(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(RuntimeError("killed"))
    with pytest.raises(RuntimeError):
        stack.submit(job.id)
    [task] = stack.sent()

    land(stack, stack.upload(task, MP4))

    assert stack.job(job.id).status is Status.RUNNING


@pytest.mark.parametrize("body", [b"", MP4[:-60], PNG], ids=["empty", "cut short", "a picture"])
def test_unusable_upload_is_replaced_once_from_the_result_url(stack: InMemoryStack, body: bytes) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    land(stack, stack.upload(task, body))
    assert stack.job(job.id).outputs[0].state is OutputState.TO_FETCH

    stack.downloader.bodies[VIDEO_URL] = MP4
    stack.publish()
    assert set(stack.starter.fetches) == {(job.id, 0)}
    stack.fetching.fetch(job.id, 0)
    land(stack, f"incoming/{job.id}/1/0")

    assert stack.job(job.id).status is Status.SUCCEEDED
    assert stored(stack, job) == MP4


def test_unusable_upload_before_the_webhook_is_fetched_after_it(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    land(stack, stack.upload(task, b"not a video"))

    job = stack.webhook(task, success(task))

    assert job.outputs[0].state is OutputState.TO_FETCH


def test_second_unusable_copy_of_the_result_means_that_the_output_is_lost(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    land(stack, stack.upload(task, b"not a video"))
    stack.downloader.bodies[VIDEO_URL] = b"still not a video"
    for _ in range(2):
        assert stack.job(job.id).status is Status.STORING
        stack.fetching.fetch(job.id, 0)
        land(stack, f"incoming/{job.id}/1/0")

    job = stack.job(job.id)
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error.code == "output_invalid"
    assert job.charged == 4_000_000


def test_unusable_copy_that_two_functions_look_at_counts_once(
    stack: InMemoryStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    land(stack, stack.upload(task, b"not a video"))
    stack.downloader.bodies[VIDEO_URL] = b"still not a video"
    stack.fetching.fetch(job.id, 0)

    def delete(key: str) -> None:
        monkeypatch.undo()
        stack.landing.land(key)  # another delivery of the same notification

    monkeypatch.setattr(stack.media, "delete", delete)
    stack.landing.land(f"incoming/{job.id}/1/0")

    assert stack.job(job.id).outputs[0].state is OutputState.TO_FETCH


def test_nothing_is_promoted_for_a_job_nobody_knows(stack: InMemoryStack) -> None:
    key = "incoming/00000000-0000-4000-8000-000000000000/1/0"
    stack.media.put(key, MP4, "")

    land(stack, key)

    assert list(stack.media.objects) == [key]


def test_second_upload_through_a_leaked_url_does_not_touch_the_output(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    land(stack, stack.upload(task, MP4))

    land(stack, stack.upload(task, MP4 + MP4))

    assert stored(stack, job) == MP4


@pytest.mark.parametrize("method", ["record_landing", "replace", "claim_landing"])
@pytest.mark.parametrize("applied", [True, False])
def test_crash_while_landing_is_finished_by_the_next_delivery(
    stack: InMemoryStack, method: str, applied: bool
) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    key = stack.upload(task, MP4)
    stack.jobs.trouble.fail_next(1, applied=applied, method=method)
    with pytest.raises(Unavailable):
        stack.landing.land(key)

    land(stack, key)

    assert stack.job(job.id).status is Status.SUCCEEDED
    assert key not in stack.media.objects


def test_crash_after_deleting_the_source_is_finished_by_the_follow_up(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    key = stack.upload(task, MP4)
    stack.jobs.trouble.fail_next(1, method="replace")
    with pytest.raises(Unavailable):
        stack.landing.land(key)
    stack.media.delete(key)

    assert stack.follow_up_when_due(job.id).status is Status.SUCCEEDED


def test_part_of_a_job_that_can_not_be_had_fails_it_and_leaves_the_rest(stack: InMemoryStack) -> None:
    job = stack.running(input={"prompt": "mangroves glow", "count": 2})
    first, second = stack.sent()
    stack.webhook(first, success(first))
    stack.webhook(second, success(second, videoURL="https://vm.runware.ai/gone.mp4"))
    land(stack, stack.upload(first, MP4))
    stack.follow_up_when_due(job.id)

    stack.fetching.fetch(job.id, 1)

    job = stack.job(job.id)

    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error.code == "partial_failure"
    assert job.outputs[0].state is OutputState.LANDED
