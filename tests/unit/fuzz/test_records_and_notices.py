"""What this stack tells itself, spoiled: records of the table's stream, messages to follow up, notices of new files."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framehook.follow_up_edge import due_jobs
from framehook.jobs import OutputState, Status
from framehook.ports import DueJob
from functions.land_output import app
from tests.fakes.stack import OWNER, InMemoryStack
from tests.sample_events import JOB_ID, Event, SampleContext, sample_event
from tests.unit.edges import RecordingPoison, landed_job, sample_job, stream_edge
from tests.unit.fuzz.json_values import DEEP, TEXTS, VALUES, changed, every_change
from tests.unit.fuzz.watched import held
from tests.unit.media_samples import MP4

RECORDS = [sample_event("publish_change", case)["Records"][0] for case in ("job_accepted", "job_running")]
IMAGES = [
    (record, part) for record in RECORDS for part in ("NewImage", "OldImage") if part in record["dynamodb"]
]
DUE = {"job_id": JOB_ID, "due_at": 1_700_000_300_000}
INCOMING = f"incoming/{JOB_ID}/1/0"


def spoiled(record: Event, part: str) -> Iterator[Event]:
    """The record with any one value of an image changed, where that leaves no item of a table."""
    for image in every_change(record["dynamodb"][part]):
        again = copy.deepcopy(record)
        again["dynamodb"][part] = image
        if not _is_item(image):
            yield again


def _is_item(image: Any) -> bool:
    """Whether this has the form of an item: what it says is then what somebody with rights to the table wrote."""
    return isinstance(image, dict) and all(map(_is_attribute, image.values()))


def _is_attribute(value: Any) -> bool:
    match value:
        case {"S": _} | {"N": _} | {"BOOL": _} | {"B": _}:
            return len(value) == 1
        case {"M": dict(inner)}:
            return len(value) == 1 and all(map(_is_attribute, inner.values()))
        case {"L": list(inner)}:
            return len(value) == 1 and all(map(_is_attribute, inner))
    return False


@pytest.mark.parametrize(
    ("record", "part"), IMAGES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_record_of_no_item_is_published_or_kept_and_holds_up_no_other(record: Event, part: str) -> None:
    good = RECORDS[1]
    kept = told = 0
    stack, poison = InMemoryStack(), RecordingPoison()
    sample_job(stack)
    edge = stream_edge(stack, poison)
    for each in spoiled(record, part):
        poison.records.clear()
        stack.bus.details.clear()
        edge.take({"Records": [each, good]})
        assert len(poison.records) <= 1
        assert stack.bus.details[-1]["id"] == JOB_ID
        kept += len(poison.records)
        told += len(stack.bus.details) > 1
    assert kept > 1000
    assert kept > told > 0


def _told(event: Event) -> list[DueJob]:
    """What an event says; only what is documented may be raised."""
    try:
        return list(due_jobs(event))
    except (KeyError, TypeError, ValueError):
        return []


@settings(max_examples=300, deadline=None)
@given(VALUES.map(json.dumps) | changed(DUE, 2).map(json.dumps) | st.text(max_size=40))
def test_any_message_to_follow_up_is_about_a_job_or_none(body: str) -> None:
    stack = InMemoryStack()
    sample_job(stack)
    before = held(stack)
    for due in _told({"Records": [{"messageId": "1", "body": body}]}):
        assert isinstance(due.job_id, str)
        assert isinstance(due.due_at, int)
        stack.following.follow_up(due)
    assert held(stack)["asked"] == before["asked"]  # nothing is due: nobody is asked


@pytest.mark.parametrize(
    "due_at",
    ["1e999", "-1e999", "NaN", '"1700000300000"', "true", "1.5", "null", "[]", "9" * 5000, DEEP],
    ids=lambda text: text[:9],
)
def test_odd_due_time_is_an_error_that_is_documented(due_at: str) -> None:
    body = f'{{"job_id": "{JOB_ID}", "due_at": {due_at}}}'
    assert all(isinstance(due.due_at, int) for due in _told({"Records": [{"messageId": "1", "body": body}]}))


def test_any_one_value_of_an_overdue_job_changed_raises_what_is_documented() -> None:
    told = [
        due
        for event in every_change(sample_event("follow_up_job", "overdue_job"))
        if isinstance(event, dict)
        for due in _told(event)
    ]
    assert told
    assert all(isinstance(due.job_id, str) for due in told)


class Bucket:
    """The bucket's notices, over a stack with the job of the sample events."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, landed: bool = False) -> None:
        self.stack = InMemoryStack()
        (landed_job if landed else sample_job)(self.stack)
        monkeypatch.setattr(app, "landing", lambda _bucket: self.stack.landing)

    def tell(self, key: str) -> None:
        event = sample_event("land_output", "upload_arrived")
        event["Records"][0]["s3"]["object"]["key"] = key
        app.handler(event, SampleContext())


ids = st.sampled_from([JOB_ID, JOB_ID.upper(), JOB_ID[:-1], "00000000-0000-4000-8000-000000000001"]) | TEXTS
numbers = st.sampled_from(["0", "1", "00", "-1", "\u0661", "1" * 30, "1 ", "1\n", ""]) | TEXTS
keys = st.text(max_size=60) | st.tuples(
    st.sampled_from(["incoming", "Incoming", "outputs", "inputs", "incoming/..", "/incoming", ""]),
    ids,
    numbers,
    numbers,
).map("/".join)
spelled_keys = keys | keys.map(lambda key: quote(key.encode("utf-8", "replace"), safe="/"))
spelled_keys |= st.sampled_from(
    ["%", "%zz", "%ff%fe", "%00", "+", "%2e%2e/", "incoming%2F" + JOB_ID + "%2F1%2F7", "a" * 1024]
)


@settings(max_examples=400, deadline=None)
@given(spelled_keys, st.booleans())
def test_any_key_is_no_file_of_a_job(key: str, landed: bool) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        bucket = Bucket(monkeypatch, landed=landed)
        bucket.stack.media.put(INCOMING, MP4, "")
        before = held(bucket.stack)
        bucket.tell(key)
        after = held(bucket.stack)
    if not any(INCOMING in each for each in (key, key.replace("%2F", "/"))):
        assert after == before


@pytest.mark.parametrize(
    "key", [INCOMING, quote(INCOMING, safe=""), "".join(f"%{ord(each):02x}" for each in INCOMING)]
)
def test_key_in_any_spelling_is_the_same_file(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    bucket = Bucket(monkeypatch)
    bucket.stack.media.put(INCOMING, MP4, "")
    bucket.tell(key)
    assert list(bucket.stack.media.objects) == [f"outputs/{OWNER}/{JOB_ID}/0.mp4"]
    assert bucket.stack.job(JOB_ID).outputs[0].state is OutputState.LANDED


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | st.integers(0, len(MP4)).map(lambda end: MP4[:end])
    | st.binary(max_size=8).map(lambda start: start + MP4[8:])
)
def test_any_file_is_landed_whole_or_left_outside(body: bytes) -> None:
    """What is under `outputs/` was checked; what was not good enough stays where it came in."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        bucket = Bucket(monkeypatch)
        bucket.stack.media.put(INCOMING, body, "")
        bucket.tell(INCOMING)
        bucket.tell(INCOMING)
    media, job = bucket.stack.media.objects, bucket.stack.job(JOB_ID)
    landed = [key for key in media if key.startswith("outputs/")]
    assert all(media[key].body == body for key in landed)
    assert (job.outputs[0].state is OutputState.LANDED) == bool(landed)
    assert (INCOMING in media) == (not landed)
    assert job.status in (Status.RUNNING, Status.STORING)
