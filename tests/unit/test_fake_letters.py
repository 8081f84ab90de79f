"""The box of dead letters in memory keeps the contract of the real one."""

from __future__ import annotations

from typing import override

import pytest

from framehook.ports import Invocations, JobMessages, LetterBox
from tests.contracts.letters import LetterBoxContract, Put
from tests.fakes.letters import FakeLetterBox, RecordingInvocations, RecordingJobMessages


class TestFakeLetterBox(LetterBoxContract):
    @override
    @pytest.fixture
    def box(self) -> FakeLetterBox:
        return FakeLetterBox()

    @override
    @pytest.fixture
    def put(self, box: LetterBox) -> Put:
        assert isinstance(box, FakeLetterBox)
        return box.add


def test_recorders_stand_for_their_ports() -> None:
    messages: JobMessages = RecordingJobMessages(most_bytes=3)
    invocations: Invocations = RecordingInvocations({"land"})
    assert (messages.send_again("abc", "id", 1), messages.send_again("abcd", "id", 1)) == (True, False)
    assert (invocations.knows("land"), invocations.knows("sweep")) == (True, False)
