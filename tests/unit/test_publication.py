"""What is announced, and what announcing starts."""

import pytest

from framehook.errors import Unavailable
from tests.fakes.stack import InMemoryStack, failure, success
from tests.unit.media_samples import MP4


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def test_every_status_is_announced_with_a_stable_event_id(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    stack.landing.land(stack.upload(task, MP4))

    stack.publish()  # delivers everything twice

    seen = {detail["event_id"]: detail["status"] for detail in stack.bus.details}
    assert list(seen.values()) == ["queued", "submitting", "running", "storing", "succeeded"]
    last = stack.bus.details[-1]
    assert last["outputs"][0]["key"].startswith("outputs/ada/")
    assert last["cost"] == {
        "quoted": "4.00",
        "actual": "4.00",
        "currency": "USD",
        "usd": "4.00",
        "source": "provider",
    }


def test_event_holds_no_token_and_no_provider_url(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    stack.publish()

    told = str(stack.bus.details)

    assert task["webhookURL"].rsplit("/", 1)[1] not in told
    assert "vm.runware.ai" not in told
    assert "uploadEndpoint" not in told


def test_outage_is_raised_so_that_the_stream_tries_again(stack: InMemoryStack) -> None:
    stack.accept()
    stack.bus.trouble.fail_next(1)

    with pytest.raises(Unavailable):
        stack.publish()


def test_charge_that_comes_after_the_end_is_announced(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()
    stack.webhook(task, failure(task))
    stack.publish()
    stack.bus.details.clear()

    stack.webhook(task, success(task))
    stack.publish()

    assert {detail["cost"]["actual"] for detail in stack.bus.details} == {"4.00"}
