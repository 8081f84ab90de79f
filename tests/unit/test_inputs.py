"""Media and large inputs: kept once, signed for their owner, and never somebody else's."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.errors import InvalidRequest, Unavailable
from framehook.inputs import REQUEST_LIMIT, InputKeeper, InputSigner, extracted, own_key
from framehook.jobs import Request
from framehook.media_references import MediaValue
from framehook.ports import ObjectHead
from tests.fakes import FakeMediaStore, FakeUploadSigner

PNG = "data:image/png;base64,iVBORw0KGgo="
PNG_BYTES = b"\x89PNG\r\n\x1a\n"
FOREIGN = [
    "s3://media/inputs/ada2/cat.png",
    "s3://media/inputs/bob/cat.png",
    "s3://media/outputs/bob/job/0.mp4",
    "s3://media/inputs/ada/../bob/cat.png",
    "s3://media/inputs/ada/..",
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


def stored(media: FakeMediaStore, *keys: str, size: int = 1) -> None:
    for key in keys:
        media.put(key, bytes(size), "image/png")


def limited(path: str, key: str, most: int | None) -> MediaValue:
    return MediaValue(path, f"s3://media/{key}", ("png",), most)


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


def test_own_objects_are_kept_as_they_are_and_signed_when_the_job_is_sent(
    keeper: InputKeeper, media: FakeMediaStore
) -> None:
    stored(media, "inputs/ada/cat.png", "outputs/ada/job/0.mp4")
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


def test_object_that_is_not_there_is_refused_wherever_it_is_named(
    keeper: InputKeeper, media: FakeMediaStore
) -> None:
    """Also in nodes that load files, and behind names that look like paths."""
    stored(media, "inputs/ada/cat.png")
    job_input = {
        "image": "s3://media/inputs/ada/dog.png",
        "a.b": "s3://media/inputs/ada/cow.png",
        "a": {"b": "s3://media/inputs/ada/cat.png"},
        "nodeInfoList": [{"fieldValue": {"upload": "s3://media/outputs/ada/job/1.png"}}],
        "frame": PNG,
    }

    with pytest.raises(InvalidRequest) as refused:
        keeper.kept("ada", "job", job_input)

    problems = refused.value.problems
    assert [(problem.field, problem.code) for problem in problems] == [
        ("input.image", "object_missing"),
        ("input.a.b", "object_missing"),
        ("input.nodeInfoList[0].fieldValue.upload", "object_missing"),
    ]
    assert problems[0].value == "s3://media/inputs/ada/dog.png"
    assert list(media.objects) == ["inputs/ada/cat.png"]  # the data URI was not stored


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", "image/png", "empty_object"),
        (b"x", "video/mp4", "invalid_media"),
        (b"x", "image/png; charset=binary", None),
        (b"x", "binary/octet-stream", None),
        (b"x", "", None),
    ],
)
def test_object_in_a_media_field_is_of_a_kind_that_is_taken_there(
    keeper: InputKeeper, media: FakeMediaStore, body: bytes, content_type: str, code: str | None
) -> None:
    media.put("inputs/ada/cat", body, content_type)
    job_input = {"imageUrl": "s3://media/inputs/ada/cat"}
    fields = [limited("input.imageUrl", "inputs/ada/cat", None)]

    if code is None:
        keeper.kept("ada", "job", job_input, fields)
        return
    with pytest.raises(InvalidRequest) as refused:
        keeper.kept("ada", "job", job_input, fields)
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [("input.imageUrl", code)]


def test_object_in_a_media_field_is_measured_against_its_limit(
    keeper: InputKeeper, media: FakeMediaStore
) -> None:
    stored(media, "inputs/ada/cat.png", size=101)
    url = "s3://media/inputs/ada/cat.png"
    job_input = {"imageUrl": url, "other": url, "images": [url]}

    for most in (101, None):
        keeper.kept("ada", "job", job_input, [limited("input.imageUrl", "inputs/ada/cat.png", most)])
    with pytest.raises(InvalidRequest) as refused:
        keeper.kept("ada", "job", job_input, [limited("input.images[0]", "inputs/ada/cat.png", 100)])

    [problem] = refused.value.problems
    assert (problem.field, problem.code) == ("input.images[0]", "too_large")
    assert (problem.value, problem.allowed) == (101, 100)
    assert "101" in problem.message
    assert "100" in problem.message


def test_each_object_is_looked_at_once_and_not_too_many_of_them() -> None:
    class Counting(FakeMediaStore):
        looks = 0

        @override
        def head(self, key: str) -> ObjectHead | None:
            self.looks += 1
            return super().head(key)

    media = Counting()
    keys = [f"inputs/ada/{number}.png" for number in range(33)]
    stored(media, *keys)
    urls = [f"s3://media/{key}" for key in keys]

    assert refusal(InputKeeper(media, "media"), {"images": urls}) == ("input", "too_many_objects")
    assert media.looks == 0
    InputKeeper(media, "media").kept("ada", "job", {"images": urls[:32] * 3})
    assert media.looks == 32


def test_object_whose_key_no_bucket_can_hold_is_missing(media: FakeMediaStore) -> None:
    media.trouble.fail_next()
    long = {"image": f"s3://media/inputs/ada/{'é' * 600}"}
    assert refusal(InputKeeper(media, "media"), long)[1] == "object_missing"


def test_object_that_can_not_be_looked_at_now_is_no_verdict(
    keeper: InputKeeper, media: FakeMediaStore
) -> None:
    media.trouble.fail_next(method="head")
    with pytest.raises(Unavailable):
        keeper.kept("ada", "job", {"image": "s3://media/inputs/ada/cat.png"})


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
