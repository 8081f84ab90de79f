"""The benchmark of look-ups tells what the use cases do: nothing is asked where webhooks come, little where none do."""

from __future__ import annotations

from tests.benchmarks.look_ups import RUNCOMFY, RUNNINGHUB, RUNWARE, Case, Seen, measured

JOBS = 4
MINUTE = 60.0


def seen(case: Case, seconds: int) -> list[Seen]:
    return list(measured(case, seconds, JOBS))


def test_webhooks_that_come_need_no_look_up_and_no_time() -> None:
    for provider in (RUNWARE, RUNNINGHUB):
        assert seen(Case(provider, "webhooks"), 180) == [Seen(0, 0.0)] * JOBS


def test_every_webhook_that_is_lost_costs_one_look_up() -> None:
    for provider in (RUNWARE, RUNNINGHUB):
        jobs = seen(Case(provider, "webhooks", lost=0.5), 180)
        assert sorted(job.look_ups for job in jobs) == [0, 0, 1, 1]


def test_delayed_messages_ask_seldom_and_notice_in_time() -> None:
    for job in seen(Case(RUNCOMFY, "messages"), 720):
        assert 0 <= job.late <= 720 * 0.3
        assert job.look_ups <= 12


def test_sweep_alone_notices_a_minute_later_at_most() -> None:
    for job in seen(Case(RUNCOMFY, "sweep", messages=False), 180):
        assert 0 <= job.late <= 2 * MINUTE
