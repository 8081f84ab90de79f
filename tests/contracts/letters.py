"""What every box of dead letters promises to somebody who goes through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import pytest

from framehook.ports import Letter, LetterBox

type Put = Callable[[str, Mapping[str, str]], str]
"""Puts a letter with this body and these attributes there, and returns its id."""


def emptied(box: LetterBox) -> list[Letter]:
    """All that is in sight, taken."""
    found: list[Letter] = []
    while taken := box.take(10):
        found += taken
    return found


class LetterBoxContract(ABC):
    @pytest.fixture
    @abstractmethod
    def box(self) -> LetterBox:
        """An empty one."""

    @pytest.fixture
    @abstractmethod
    def put(self, box: LetterBox) -> Put: ...

    def test_take_empty_box_has_none(self, box: LetterBox) -> None:
        assert list(box.take(10)) == []
        assert box.count() == 0

    def test_take_tells_id_body_time_and_attributes(self, box: LetterBox, put: Put) -> None:
        first = put("{not json \u00e4", {"reason": "why", "original_message_id": "id-1"})
        second = put('{"a": 1}', {})
        found = {letter.id: letter for letter in emptied(box)}
        assert found.keys() == {first, second}
        assert found[first].body == "{not json \u00e4"
        assert found[first].attributes == {"reason": "why", "original_message_id": "id-1"}
        assert found[second].attributes == {}
        assert found[first].sent_at > 1_600_000_000_000

    def test_take_hides_what_it_took_and_takes_no_more_than_asked(self, box: LetterBox, put: Put) -> None:
        ids = {put(str(number), {}) for number in range(3)}
        [one] = box.take(1)
        rest = emptied(box)
        assert {one.id, *(letter.id for letter in rest)} == ids
        assert len(rest) == 2
        assert box.count() == 3

    def test_take_any_number_is_ten_at_most(self, box: LetterBox, put: Put) -> None:
        for number in range(11):
            put(str(number), {})
        assert 1 <= len(box.take(1000)) <= 10

    def test_put_back_many_are_in_sight_again(self, box: LetterBox, put: Put) -> None:
        ids = {put(str(number), {}) for number in range(12)}
        box.put_back(emptied(box))
        assert {letter.id for letter in emptied(box)} == ids

    def test_put_back_nothing_is_nothing(self, box: LetterBox) -> None:
        box.put_back([])
        assert box.count() == 0

    def test_delete_twice_leaves_the_others(self, box: LetterBox, put: Put) -> None:
        gone, kept = put("gone", {}), put("kept", {})
        taken = {letter.id: letter for letter in emptied(box)}
        box.delete(taken[gone])
        box.delete(taken[gone])
        box.put_back([taken[kept]])
        assert [letter.id for letter in emptied(box)] == [kept]
        assert box.count() == 1
