"""Going through a dead-letter queue: each letter once, act then delete, and nothing that one letter does keeps another
from its turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from framehook.errors import Unavailable
from framehook.ports import Letter
from framehook.redriving import Deed, Order, Outcome, PassedOver, Redriving
from tests.fakes import FakeClock
from tests.fakes.letters import FakeLetterBox

PLENTY = 50_000


class Desk:
    """A box and somebody who notes what its letters ask for. A body names what goes wrong with its letter."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.box = FakeLetterBox(self.clock)
        self.done: list[str] = []
        self.told: list[str] = []
        self.meanwhile: Callable[[str], None] = lambda _: None
        self.redriving = Redriving(self.clock, {"jobs": self.box}, {"jobs": self.read}, self.tell)

    def read(self, letter: Letter) -> Deed:
        if letter.body == "foreign":
            raise PassedOver("unreadable")
        return lambda: self.act(letter.body)

    def act(self, body: str) -> None:
        if body == "outage":
            raise Unavailable("SQS did not answer")
        if body == "defect":
            raise KeyError(body)
        if body == "too large":
            raise PassedOver("too_large")
        self.done.append(body)
        self.meanwhile(body)

    def tell(self, job_id: str) -> None:
        if job_id == "gone":
            raise PassedOver("no_such_job")
        self.told.append(job_id)

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self.box.add(body)
        self.clock.advance(seconds=1)

    def redrive(
        self, most: int | None = None, *, dry_run: bool = False, remaining: Callable[[], int] = lambda: PLENTY
    ) -> Outcome:
        return self.redriving.redrive(Order("jobs", most, dry_run), remaining)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_every_letter_is_done_once_and_deleted(desk: Desk) -> None:
    desk.put(*map(str, range(25)))
    assert desk.redrive() == Outcome(redriven=25, left=0)
    assert desk.done == list(map(str, range(25)))
    assert desk.box.letters == {}


def test_empty_box_is_nothing_to_do(desk: Desk) -> None:
    assert desk.redrive() == Outcome(left=0)


def test_what_can_not_be_done_stays_in_sight_and_is_counted_by_its_reason(desk: Desk) -> None:
    desk.put("a", "foreign", "too large", "foreign", "defect", "outage", "b")
    outcome = desk.redrive()
    assert desk.done == ["a", "b"]
    assert outcome.passed_over == {"unreadable": 2, "too_large": 1, "defect": 1, "unavailable": 1}
    assert (outcome.redriven, outcome.left) == (2, 5)
    bodies = [letter.body for letter in desk.box.in_sight]
    assert bodies == ["foreign", "too large", "foreign", "defect", "outage"]


def test_many_that_stay_are_each_looked_at_once(desk: Desk) -> None:
    desk.put(*["foreign"] * 30, "a")
    outcome = desk.redrive()
    assert (outcome.redriven, outcome.passed_over) == (1, {"unreadable": 30})
    assert len(desk.box.in_sight) == 30


def test_letter_that_comes_back_meanwhile_waits_for_the_next_time(desk: Desk) -> None:
    """An unreadable message comes back as soon as it is sent again."""
    desk.meanwhile = desk.put
    desk.put("unreadable")
    outcome = desk.redrive()
    assert (outcome.redriven, outcome.left) == (1, 1)
    assert desk.redrive().redriven == 1


def test_crash_between_act_and_delete_repeats_the_act(desk: Desk) -> None:
    desk.put("a")
    desk.box.trouble.fail_next(method="delete")
    first = desk.redrive()
    second = desk.redrive()
    assert (first.redriven, first.passed_over) == (0, {"unavailable": 1})
    assert (second.redriven, second.left) == (1, 0)
    assert desk.done == ["a", "a"]


def test_letter_delivered_twice_is_done_twice_and_deleted(desk: Desk) -> None:
    desk.put("a")
    [letter] = desk.box.in_sight
    outcome = desk.redriving.redrive(Order("jobs"), lambda: PLENTY)
    desk.box.letters[letter.id] = letter
    desk.box.reappear()
    again = desk.redrive()
    assert (outcome.redriven, again.redriven, desk.box.letters) == (1, 1, {})
    assert desk.done == ["a", "a"]


def test_no_more_than_asked_are_done(desk: Desk) -> None:
    desk.put("foreign", *map(str, range(20)))
    outcome = desk.redrive(most=3)
    assert (outcome.redriven, outcome.left) == (3, 18)
    assert len(desk.box.in_sight) == 18


def test_dry_run_tells_the_same_and_does_nothing(desk: Desk) -> None:
    desk.put("a", "foreign", "b")
    dry = desk.redrive(dry_run=True)
    assert (dry.redriven, dry.passed_over, dry.left) == (2, {"unreadable": 1}, 3)
    assert desk.done == []
    assert len(desk.box.in_sight) == 3
    assert desk.redrive().redriven == 2


def test_time_nearly_over_leaves_the_rest_in_sight(desk: Desk) -> None:
    desk.put(*map(str, range(8)))
    times = iter([PLENTY] * 4)
    outcome = desk.redrive(remaining=lambda: next(times, 1_000))
    assert outcome.redriven == 3
    assert len(desk.box.in_sight) == outcome.left == 5


def test_box_that_can_not_be_read_raises(desk: Desk) -> None:
    desk.box.trouble.fail_next(method="take")
    with pytest.raises(Unavailable):
        desk.redrive()


def test_outage_in_between_puts_back_what_stays(desk: Desk) -> None:
    desk.put(*["foreign"] * 10, "a")
    takes = iter([None, desk.box.trouble.fail_next])

    def remaining() -> int:
        if len(desk.box.in_sight) == 1:
            fail = next(takes, None)
            if fail:
                fail(method="take")
        return PLENTY

    next(takes)
    with pytest.raises(Unavailable):
        desk.redrive(remaining=remaining)
    assert len(desk.box.in_sight) == 11


@pytest.mark.parametrize("method", ["put_back", "count"])
def test_outage_at_the_end_costs_no_more_than_the_estimate(desk: Desk, method: str) -> None:
    desk.put("a", "foreign")
    desk.box.trouble.fail_next(method=method)
    outcome = desk.redrive()
    assert (outcome.redriven, outcome.passed_over) == (1, {"unreadable": 1})
    assert outcome.left == (None if method == "count" else 1)


def test_jobs_are_told_by_their_ids_without_a_look_at_the_queue(desk: Desk) -> None:
    desk.put("a")
    order = Order("jobs", job_ids=("1", "gone", "2"))
    outcome = desk.redriving.redrive(order, lambda: PLENTY)
    assert (outcome.redriven, outcome.passed_over, outcome.left) == (2, {"no_such_job": 1}, 0)
    assert (desk.told, desk.done) == (["1", "2"], [])


def test_jobs_no_time_is_left_for_are_counted(desk: Desk) -> None:
    order = Order("jobs", job_ids=("1", "2", "3"))
    times = iter([PLENTY])
    outcome = desk.redriving.redrive(order, lambda: next(times, 0))
    assert (outcome.redriven, outcome.left, desk.told) == (1, 2, ["1"])


def test_jobs_of_a_dry_run_are_not_told(desk: Desk) -> None:
    desk.redriving.redrive(Order("jobs", dry_run=True, job_ids=("1",)), lambda: PLENTY)
    assert desk.told == []
