"""A whole graph as a workflow's input: the media that it names are looked at, kept and signed like any other."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from framehook.errors import InvalidRequest
from framehook.jobs import Status
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import BUCKET, OWNER, InMemoryStack
from tests.unit.media_samples import PNG

MODEL = "runninghub/workflow/1904136902449209346"
KEY = f"inputs/{OWNER}/cat.png"
STORED = f"s3://{BUCKET}/{KEY}"
SIGNED = f"https://uploads.test/{KEY}?signed=get"
INLINE = "data:image/png;base64," + base64.b64encode(PNG).decode()


@pytest.fixture
def stack() -> InMemoryStack:
    stack = InMemoryStack()
    stack.media.put(KEY, PNG, "image/png")
    return stack


def graph(**inputs: Any) -> dict[str, Any]:
    return {"10": {"class_type": "LoadImageFromUrl", "inputs": {"seed": 7, "link": ["4", 0], **inputs}}}


def sent(stack: InMemoryStack, workflow: object) -> dict[str, Any]:
    """The graph in the paid call for this one, where it is text."""
    job = stack.accept(model=MODEL, input={"workflow": workflow})
    stack.runninghub.answers.append(hub.taken())
    assert stack.submit(job.id).status is Status.RUNNING
    body = hub.sent(stack.runninghub.requests[-1])
    assert isinstance(body["workflow"], str)
    found: dict[str, Any] = json.loads(body["workflow"])
    return found


def test_object_in_a_graph_is_signed(stack: InMemoryStack) -> None:
    given = graph(image=STORED, several=[STORED, "https://e.com/a.png"])
    assert sent(stack, given) == graph(image=SIGNED, several=[SIGNED, "https://e.com/a.png"])


@pytest.mark.parametrize("reference", [STORED, INLINE])
def test_graph_that_came_as_text_may_name_no_files(stack: InMemoryStack, reference: str) -> None:
    """Nobody could look at them, or sign them."""
    with pytest.raises(InvalidRequest, match="must be an object, not its text"):
        sent(stack, json.dumps(graph(image=reference)))


def test_data_uri_in_a_graph_is_kept_and_signed(stack: InMemoryStack) -> None:
    url = sent(stack, graph(image=INLINE))["10"]["inputs"]["image"]
    prefix = f"https://uploads.test/inputs/{OWNER}/"
    assert url.startswith(prefix)
    key = url.removeprefix("https://uploads.test/").removesuffix("?signed=get")
    assert stack.media.objects[key].body == PNG


def test_graph_without_media_is_sent_as_it_came(stack: InMemoryStack) -> None:
    given = graph(text=f"a poster that says {STORED}", cfg=8.5, on=True, none=None)
    assert sent(stack, given) == sent(stack, json.dumps(given, indent=1)) == given
    prose = graph(prompt=STORED)
    assert sent(stack, prose) == prose


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (f"s3://{BUCKET}/inputs/bob/cat.png", "foreign_object"),
        (f"s3://{BUCKET}/inputs/{OWNER}/none.png", "object_missing"),
    ],
)
def test_object_in_a_graph_that_can_not_be_used_is_refused(
    stack: InMemoryStack, value: str, code: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        stack.accept(model=MODEL, input={"workflow": graph(image=value)})
    [problem] = refused.value.problems
    assert (problem.field, problem.code) == ("input.workflow.10.inputs.image", code)
