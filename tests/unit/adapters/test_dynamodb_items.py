"""What the items of the table look like: nothing is lost, STATE stays small, poison is told apart."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.adapters.dynamodb_items import job_from_image, job_item
from framehook.adapters.dynamodb_values import decode, encode, packed, unpacked
from framehook.errors import UnreadableItem
from framehook.jobs import Job, Output, OutputState, Status, Task, TaskState
from framehook.transitions import Event, move
from tests.contracts.samples import NOW, a_full_job, a_job
from tests.unit.adapters.item_size import item_size

WRITER = {"writer": {"S": "0123456789abcdef"}}


def test_job_item_every_field_comes_back() -> None:
    job, default = a_full_job(), a_job()
    forgotten = [f.name for f in fields(Job) if getattr(job, f.name) == getattr(default, f.name)]
    assert set(forgotten) <= {"model", "provider", "offering", "kind", "created_at", "updated_at"}
    assert job_from_image(job_item(job, None, None)) == job
    assert job_from_image(job_item(default, None, None)) == default


def test_job_item_ordinary_life_stays_under_one_kilobyte() -> None:
    """One write unit for each change: a job of one output, from its request to its file."""
    sizes = [item_size(job_item(job, None, 30) | WRITER) for job in _ordinary_life()]
    assert max(sizes) < 1024, sizes


def test_job_item_has_no_due_shard_without_due_time() -> None:
    assert job_item(a_job(due_at=5), None, None)["due_shard"]["S"] in {"0", "1", "2", "3"}
    assert "due_shard" not in job_item(a_job(), None, None)


def test_job_from_image_reads_what_a_stream_event_carries() -> None:
    """Lambda gets events as JSON, where binary values are base64 text."""
    job = a_full_job()
    assert job_from_image(_as_event(job_item(job, None, None) | WRITER)) == job


@pytest.mark.parametrize(
    "poison",
    [
        {},
        {"pk": {"S": "JOB#1"}, "sk": {"S": "STATE"}},
        {"status": {"S": "dancing"}},
        {"status": {"N": "7"}},
        {"pk": {"S": "OWNER#1"}},
        {"sk": {"S": "REQUEST"}},
        {"sk": {"N": "1"}},
        {"created_at": {"S": "yesterday"}, "version": {"N": "1.5"}},
        {"tasks": {"L": [{"S": "task"}]}},
        {"tasks": {"N": "1"}},
        {"token_hashes": {"L": [{"B": "no base64!"}]}},
        {"timeline": {"SS": ["queued"]}},
        {"outputs": {}},
        {"error": {"M": {"code": {"S": "x"}}}},
        {"owner": None},
        {"owner": {"S": "a", "N": "1"}},
    ],
)
def test_job_from_image_poison_is_unreadable(poison: dict[str, Any]) -> None:
    partial = len(poison) == 2 and "pk" in poison
    image = poison if not poison or partial else job_item(a_job(), None, None) | poison
    with pytest.raises(UnreadableItem):
        job_from_image(image)


VALUES = st.recursive(
    st.text() | st.integers(-(10**30), 10**30) | st.booleans() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_decode_gives_back_what_was_encoded(value: Any) -> None:
    assert decode(encode(value)) == value


@given(st.text())
def test_unpacked_gives_back_what_was_packed(text: str) -> None:
    assert unpacked(packed(text * 50)) == text * 50


def test_encode_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(1.5)


def _ordinary_life() -> list[Job]:
    queued = a_job(
        owner="studio-amsterdam-7",
        queued_at=NOW,
        due_at=NOW + 120_000,
        usual_seconds=300,
        uploads=True,
        quoted=400_000,
    )
    queued = replace(
        queued, timeline=move(replace(queued, status=Status.SUBMITTING), Event.REFUSED_FOR_NOW, NOW).timeline
    )
    task = Task("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", 0, state=TaskState.UNKNOWN)
    submitting = replace(
        move(queued, Event.CALLED, NOW + 1_234),
        tasks=(task,),
        outputs=(Output(0),),
        token_hashes=(bytes(range(32)),),
        lease_until=NOW + 46_789,
        due_at=NOW + 46_789,
        first_sent_at=NOW + 1_789,
        version=1,
    )
    running = replace(
        move(submitting, Event.ACCEPTED, NOW + 2_345),
        tasks=(replace(task, state=TaskState.ACCEPTED),),
        accepted_at=NOW + 2_345,
        due_at=NOW + 602_345,
        version=2,
    )
    storing = replace(
        move(running, Event.REPORTED, NOW + 302_345),
        tasks=(replace(task, state=TaskState.REPORTED, cost=412_345),),
        charged=412_345,
        version=3,
    )
    landed = replace(storing, outputs=(replace(storing.outputs[0], state=OutputState.LANDED),), version=4)
    return [queued, submitting, running, storing, move(landed, Event.LANDED, NOW + 304_567)]


def _as_event(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _as_event(inner) for name, inner in value.items()}
    return [_as_event(inner) for inner in value] if isinstance(value, list) else value
