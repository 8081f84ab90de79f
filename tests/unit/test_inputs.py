"""Media and large inputs: kept once, signed for their owner, and never somebody else's."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.errors import InvalidRequest, Unavailable
from framehook.inputs import REQUEST_LIMIT, InputKeeper, InputSigner, extracted, own_key
from framehook.jobs import Request
from tests.fakes import FakeMediaStore, FakeUploadSigner

PNG = "data:image/png;base64,iVBORw0KGgo="
PNG_BYTES = b"\x89PNG\r\n\x1a\n"
FOREIGN = [
    "s3://media/inputs/ada2/cat.png",
    "s3://media/inputs/bob/cat.png",
    "s3://media/outputs/bob/job/0.mp4",
    "s3://media/inputs/ada/../bob/cat.png",
    "s3://media/inputs/ada",
    "s3://media/inputs/ada/",
    "s3://media/inputs/Ada/cat.png",
    "s3://media/incoming/ada/cat.png",
    "s3://media/requests/ada/cat.png",
    "s3://media//inputs/ada/cat.png",
    "s3://media2/inputs/ada/cat.png",
    "s3://media.evil/inputs/ada/cat.png",
    "s3://media",
    "s3://",
]


@pytest.fixture
def media() -> FakeMediaStore:
    return FakeMediaStore()


@pytest.fixture
def keeper(media: FakeMediaStore) -> InputKeeper:
    return InputKeeper(media, "media")


def refusal(keeper: InputKeeper, job_input: Mapping[str, Any]) -> tuple[str, str]:
    """The field and the code of the one problem with this input."""
    with pytest.raises(InvalidRequest) as refused:
        keeper.kept("ada", "job", job_input)
    [problem] = refused.value.problems
    return problem.field, problem.code


def nested(levels: int) -> dict[str, Any]:
    inner: Any = "deep"
    for _ in range(levels):
        inner = [inner]
    return {"image": inner}


def test_data_uris_become_objects_of_their_owner(keeper: InputKeeper, media: FakeMediaStore) -> None:
    job_input = {
        "image": PNG,
        "frames": [{"first": "data:audio/x-wav+zip;rate=8;q=1;base64,AA__"}],
        "seed": 7,
    }

    for _ in range(2):
        slim, spilled = keeper.kept("ada", "job", job_input)

        assert slim == {
            "image": "s3://media/inputs/ada/job/0.png",
            "frames": [{"first": "s3://media/inputs/ada/job/1.x-wav"}],
            "seed": 7,
        }
        assert spilled is None
        assert list(media.objects) == ["inputs/ada/job/0.png", "inputs/ada/job/1.x-wav"]
    stored = media.objects["inputs/ada/job/0.png"]
    assert (stored.body, stored.content_type) == (PNG_BYTES, "image/png")
    assert media.objects["inputs/ada/job/1.x-wav"].body == b"\x00\x0f\xff"


@given(body=st.binary(min_size=1), url_safe=st.booleans())
def test_data_uri_of_any_bytes_is_decoded_exactly(body: bytes, url_safe: bool) -> None:
    encoded = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(body).decode()

    _, [found] = extracted({"image": f"data:image/png;base64,{encoded}"}, "media", "inputs/ada/job")

    assert found.body == body


@pytest.mark.parametrize(
    "unreadable",
    [
        *("data:", "data:,hello", "data:image/png,hello", "data:;base64,AAAA", "data:image;base64,AAAA"),
        *("data:image/png;base64,", "data:image/png;base64,AAA", "data:image/png;base64,AA=A"),
        *("data:image/png;base64,AAAA\n", "data:image/png;base64,AA AA", "data:image/../x;base64,AAAA"),
    ],
)
def test_data_uri_that_can_not_be_read_is_refused_by_its_field(keeper: InputKeeper, unreadable: str) -> None:
    assert refusal(keeper, {"frames": [{"image": unreadable}]}) == (
        "input.frames[0].image",
        "invalid_data_uri",
    )


def test_data_uris_are_bounded_and_nothing_is_stored_of_a_refused_input(
    keeper: InputKeeper, media: FakeMediaStore
) -> None:
    assert refusal(keeper, {"images": [PNG] * 17}) == ("input.images[16]", "too_many_data_uris")
    assert not media.objects

    keeper.kept("ada", "job", {"images": [PNG] * 16})
    assert len(media.objects) == 16


@pytest.mark.parametrize("foreign", FOREIGN)
def test_object_of_another_owner_or_bucket_is_refused_and_never_signed(
    keeper: InputKeeper, foreign: str
) -> None:
    body = {"frames": [{"image": foreign}]}

    assert refusal(keeper, body) == ("input.frames[0].image", "foreign_object")
    assert InputSigner(FakeUploadSigner(), "media").signed(body, "ada") == body


def test_own_objects_are_kept_as_they_are_and_signed_when_the_job_is_sent(keeper: InputKeeper) -> None:
    body = {
        "image": "s3://media/inputs/ada/cat.png",
        "videos": ["s3://media/outputs/ada/job/0.mp4", "https://example.com/1.mp4"],
        "seed": 7,
    }

    assert keeper.kept("ada", "job", body) == (body, None)
    assert InputSigner(FakeUploadSigner(), "media").signed(body, "ada") == {
        "image": "https://uploads.test/inputs/ada/cat.png?signed=get",
        "videos": [
            "https://uploads.test/outputs/ada/job/0.mp4?signed=get",
            "https://example.com/1.mp4",
        ],
        "seed": 7,
    }


owners = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)


@given(owners, owners, st.sampled_from(["inputs", "outputs"]))
def test_key_belongs_to_one_owner(mine: str, other: str, folder: str) -> None:
    key = f"{folder}/{other}/cat.png"
    assert own_key("media", mine, f"s3://media/{key}") == (key if mine == other else None)


@pytest.mark.parametrize(
    "field", ["prompt", "negativePrompt", "positive_prompt", "TEXT", "lyrics", "content"]
)
@pytest.mark.parametrize("written", [PNG, "s3://media/inputs/bob/cat.png", "data: what else?"])
def test_what_a_person_wrote_is_no_reference(keeper: InputKeeper, field: str, written: str) -> None:
    body = {"settings": {field: written}}

    assert keeper.kept("ada", "job", body) == (body, None)
    assert InputSigner(FakeUploadSigner(), "media").signed(body, "ada") == body


def test_references_inside_of_a_prose_field_or_one_named_alike_are_references(keeper: InputKeeper) -> None:
    assert refusal(keeper, {"promptImage": FOREIGN[1]})[0] == "input.promptImage"
    assert refusal(keeper, {"content": [{"url": FOREIGN[1]}]})[0] == "input.content[0].url"


def test_depth_is_bounded(keeper: InputKeeper) -> None:
    assert keeper.kept("ada", "job", nested(31)) == (nested(31), None)
    assert refusal(keeper, nested(32))[1] == "too_deep"
    assert refusal(keeper, nested(900))[1] == "too_deep"


def test_long_input_is_spilled_and_loaded_as_it_was(keeper: InputKeeper, media: FakeMediaStore) -> None:
    long = {"image": PNG, "prompt": "é" * 60_000}

    slim, spilled = keeper.kept("ada", "job", long)
    request = Request("sora-2-pro", slim, 1, "fingerprint", spilled_key=spilled)

    assert (slim, spilled) == ({}, "inputs/ada/job/request.json")
    assert keeper.loaded(request) == {**long, "image": "s3://media/inputs/ada/job/0.png"}
    media.objects.clear()
    with pytest.raises(Unavailable):
        keeper.loaded(request)


def test_short_input_is_loaded_without_the_bucket(keeper: InputKeeper, media: FakeMediaStore) -> None:
    media.trouble.fail_next()
    assert keeper.loaded(Request("sora-2-pro", {"seed": 7}, 1, "fingerprint")) == {"seed": 7}


def test_request_is_bounded_data_uris_apart(keeper: InputKeeper, media: FakeMediaStore) -> None:
    fits = {"prompt": "a" * (REQUEST_LIMIT - len('{"prompt":""}'))}
    image = "data:image/png;base64," + "AAAA" * REQUEST_LIMIT

    assert refusal(keeper, {"prompt": fits["prompt"] + "a"}) == ("input", "request_too_large")
    assert not media.objects
    keeper.kept("ada", "job", {"image": image})
    keeper.kept("ada", "other", fits)
    assert json.loads(media.objects["inputs/ada/other/request.json"].body) == fits
