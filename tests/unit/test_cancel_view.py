"""The sentence about a cancel promises nothing that may not come, and names what can be done."""

from __future__ import annotations

import pytest

from framehook.cancel_view import told_of_cancel
from framehook.jobs import Cancel, Status
from tests.unit.test_transitions import NOW, a_job

OPEN = [status for status in Status if not status.terminal]


@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("cancel", Cancel)
def test_job_that_is_not_cancelled_may_still_be_charged_or_given_up(status: Status, cancel: Cancel) -> None:
    told = told_of_cancel(a_job(status, cancel=cancel))
    assert "cancelled" not in told
    if status is Status.SUBMITTING and cancel is not Cancel.IMPOSSIBLE:
        assert "asked to stop" in told
    else:
        assert "charged" in told or "abandon" in told
    assert ("asked to stop" in told) == (cancel is not Cancel.IMPOSSIBLE and status is not Status.STORING)


@pytest.mark.parametrize(("sent", "words"), [(None, "nothing was sent"), (NOW, "nothing of it runs")])
def test_cancelled_job_is_told_apart_by_whether_it_was_sent(sent: int | None, words: str) -> None:
    assert words in told_of_cancel(a_job(Status.CANCELLED, cancel=Cancel.REQUESTED, first_sent_at=sent))
