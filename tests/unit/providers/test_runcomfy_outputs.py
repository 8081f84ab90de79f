"""What of RunComfy's results becomes a file: the page of a model has image, video, images and videos, the outputs of a
workflow have a list for each channel of each node (docs.runcomfy.com/serverless/async-queue-endpoints)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from framehook.jobs import Kind, ResultFile, kind_of
from framehook.providers.contract import Succeeded
from framehook.providers.file_types import type_of_name, type_of_text, type_of_url
from framehook.providers.queue_outputs import Place, files_of
from framehook.providers.runcomfy.provider import RUNCOMFY
from tests.unit.providers.runcomfy_payloads import HOST, JSON, PICTURE, THEIRS, VIDEO, looked_up, only

MP4 = ResultFile(url=VIDEO, media_type="video/mp4")
BARE = f"{HOST}/v1/content"


def made(output: object, field: str = "output") -> tuple[ResultFile, ...]:
    report = only(looked_up({"request_id": THEIRS, "status": "succeeded", field: output}))
    assert isinstance(report, Succeeded)
    return report.files


def urls(output: object, field: str = "output") -> list[str | None]:
    return [file.url for file in made(output, field)]


def item(name: str, **more: object) -> dict[str, Any]:
    return {"url": f"{HOST}/{name}", "filename": name, "subfolder": "", "type": "output", **more}


@pytest.mark.parametrize(
    "output",
    [
        *(VIDEO, [VIDEO], {"video": VIDEO}, {"videos": [VIDEO]}, {"video": {"url": VIDEO}}, [{"url": VIDEO}]),
        *({"video": [VIDEO]}, {"video": VIDEO, "videos": [VIDEO]}, {"result_video": VIDEO}, {"file": VIDEO}),
        *(
            {"data": {"video": VIDEO}},
            {"videos": [None, "", 7, VIDEO, "no url"]},
            {"video_url": VIDEO},
            [[VIDEO]],
        ),
    ],
)
@pytest.mark.parametrize("field", ["output", "outputs"])
def test_video_is_found_in_every_form(output: object, field: str) -> None:
    assert [(file.url, file.media_type) for file in made(output, field)] == [(VIDEO, "video/mp4")]


def test_official_example_is_one_image_and_three_videos() -> None:
    output = {"image": f"{HOST}/a.png", "videos": [VIDEO, f"{HOST}/b.mp4", f"{HOST}/c.mp4"]}
    assert [(file.url, file.media_type) for file in made(output)] == [
        (f"{HOST}/a.png", "image/png"),
        (VIDEO, "video/mp4"),
        (f"{HOST}/b.mp4", "video/mp4"),
        (f"{HOST}/c.mp4", "video/mp4"),
    ]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        *(("image", Kind.IMAGE), ("images", Kind.IMAGE), ("gifs", Kind.IMAGE), ("preview_image", Kind.IMAGE)),
        *(("video", Kind.VIDEO), ("videos", Kind.VIDEO), ("video_url", Kind.VIDEO)),
        *(
            ("audio", Kind.AUDIO),
            ("audios", Kind.AUDIO),
            ("model_mesh", Kind.MODEL_3D),
            ("3d", Kind.MODEL_3D),
        ),
        *(("file", None), ("result", None), ("model", None)),
    ],
)
def test_key_tells_the_family_where_the_name_tells_nothing(key: str, kind: Kind | None) -> None:
    [file] = made({key: BARE})
    assert (file.url, kind_of(file.media_type)) == (BARE, kind)


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        (item("out.mp4", url=BARE), "video/mp4"),
        (item("all.zip"), "application/zip"),
        (item("moving.WEBP"), "image/webp"),
        ({"url": f"{HOST}/a.webm?token=a.png"}, "video/webm"),
        ({"url": BARE, "content_type": "audio/mpeg"}, "audio/mpeg"),
        ({"url": BARE, "content_type": "application/octet-stream"}, "image/*"),
        ({"url": BARE, "content_type": 7, "filename": 7}, "image/*"),
        ({"url": f"{HOST}/a.mp4", "content_type": "image/png"}, "video/mp4"),
        ({"url": "https://[", "filename": "a.png"}, "image/png"),
    ],
)
def test_name_of_a_file_tells_its_type_before_its_place_does(value: object, media_type: str) -> None:
    assert [file.media_type for file in made({"images": [value]})] == [media_type]


def test_extensions_are_read_at_the_end_of_names_alone() -> None:
    assert type_of_name("a.tar.PNG") == "image/png"
    assert (
        type_of_name("png") is type_of_name("a.png/") is type_of_name("a.latent") is type_of_name("") is None
    )
    assert type_of_url("https://[") is type_of_url("https://x.mp4") is None
    assert type_of_text(' {"a": 1}') == "application/json"
    assert type_of_text("[" * 100_000) == type_of_text("[1") == type_of_text("7") == "text/plain"


def test_outputs_of_a_workflow_are_told_by_node() -> None:
    nodes = {
        "58": {"images": [item("a.png"), item("b.png")]},
        "60": {"gifs": [item("c.mp4", format="video/h264-mp4")], "animated": [True]},
        "61": {"audio": [item("d.flac")]},
    }
    assert [(file.url, file.provider_id, file.media_type) for file in made(nodes, "outputs")] == [
        (f"{HOST}/a.png", "58", "image/png"),
        (f"{HOST}/b.png", "58", "image/png"),
        (f"{HOST}/c.mp4", "60", "video/mp4"),
        (f"{HOST}/d.flac", "61", "audio/flac"),
    ]


@pytest.mark.parametrize(
    ("output", "node"),
    [
        *(({"58": {"files": {"deep": {"url": VIDEO}}}}, "58"), ({"58": {"video": VIDEO}}, "58")),
        *(({"58": {"url": VIDEO}}, None), ({"58": [VIDEO]}, None), ({"58": VIDEO}, None)),
        *(
            ({"video": {"url": VIDEO}}, None),
            ({"videos": {"best": VIDEO}}, None),
            ([{"58": {"a": VIDEO}}], None),
        ),
    ],
)
def test_only_an_object_of_channels_is_a_node(output: object, node: str | None) -> None:
    assert [(file.url, file.provider_id) for file in made(output)] == [(VIDEO, node)]


def test_what_was_given_to_a_workflow_is_not_what_it_made() -> None:
    nodes = {"1": {"images": [item("in.png", type="input")]}, "2": {"images": [item("out.png")]}}
    assert urls(nodes, "outputs") == [f"{HOST}/out.png"]
    assert urls({"1": {"images": [item("in.png", type="input")]}}, "outputs") == []


def test_passing_files_count_only_where_there_is_nothing_else() -> None:
    preview = {"1": {"images": [item("preview.png", type="temp")]}}
    assert urls(preview, "outputs") == [f"{HOST}/preview.png"]
    assert urls({**preview, "2": {"images": [item("out.png")]}}, "outputs") == [f"{HOST}/out.png"]
    many = {"1": {"images": [item(f"{n}.png", type="temp") for n in range(500)] + [item("out.png")]}}
    assert urls(many, "outputs") == [f"{HOST}/out.png"]


@pytest.mark.parametrize(
    ("value", "text", "media_type"),
    [
        (["a fox"], "a fox", "text/plain"),
        ([["a fox"], [["a cat"]]], "a fox\na cat", "text/plain"),
        (["a fox", None, 7, {}, "a cat"], "a fox\na cat", "text/plain"),
        ("a fox", "a fox", "text/plain"),
        (list("a fox"), "a fox", "text/plain"),
        (["\ud800"], "?", "text/plain"),
        (['{"a": 1}'], '{"a": 1}', "application/json"),
        (["see https://x.runcomfy.net/a.txt"], "see https://x.runcomfy.net/a.txt", "text/plain"),
        (["https://x.runcomfy.net/about us.txt"], "https://x.runcomfy.net/about us.txt", "text/plain"),
        (["a.txt"], "a.txt", "text/plain"),
        (["a", "fox"], "a\nfox", "text/plain"),
        (["https://x.runcomfy.net/about"], "https://x.runcomfy.net/about", "text/plain"),
    ],
)
@pytest.mark.parametrize("channel", ["text", "string", "Texts"])
def test_texts_of_a_channel_are_one_text(value: object, text: str, media_type: str, channel: str) -> None:
    assert made({"9": {channel: value}}, "outputs") == (
        ResultFile(text=text, provider_id="9", media_type=media_type),
    )


def test_address_of_a_text_file_is_a_file() -> None:
    assert made({"text": f"{HOST}/a.srt"}) == (ResultFile(url=f"{HOST}/a.srt", media_type="text/plain"),)


@pytest.mark.parametrize("value", [[], [[]], "", " ", [7], None, {"a": "b"}])
def test_channel_without_a_text_is_nothing(value: object) -> None:
    assert made({"9": {"text": value}}, "outputs") == ()


def test_same_text_of_two_nodes_is_two_results() -> None:
    nodes = {"9": {"text": ["a fox"]}, "10": {"text": ["a fox"]}}
    assert [file.provider_id for file in made(nodes, "outputs")] == ["9", "10"]


@pytest.mark.parametrize(
    "output",
    [
        *(
            None,
            "",
            7,
            True,
            "no url",
            "ftp://x/y",
            [],
            {},
            {"seed": 7},
            {"note": "made with care"},
            "https://x/\n",
        ),
        *({"input": {"image": VIDEO}}, {"inputs": [VIDEO]}, {"input_reference": VIDEO}, {"prompt": VIDEO}),
        *({"result_url": VIDEO}, {"status_url": VIDEO}, {"url": None}, {"url": 7}),
        "https://x/" + "y" * 5000,
    ],
)
def test_what_is_no_result_is_no_file(output: object) -> None:
    assert made(output) == ()


def test_input_that_is_repeated_beside_the_output_is_never_taken() -> None:
    body = {
        "request_id": THEIRS,
        "status": "succeeded",
        "input": {"prompt": "x", "input_reference": "https://example.com/in.png"},
        "payload": {"image": "https://example.com/in.png"},
        "output": {"video": VIDEO},
    }
    assert only(looked_up(body)).files == (MP4,)
    assert only(looked_up({**body, "output": {}})).files == ()


def test_first_field_with_files_counts() -> None:
    both = {
        "request_id": THEIRS,
        "status": "succeeded",
        "output": {},
        "outputs": {"58": {"images": [item("a.png")]}},
    }
    assert [file.provider_id for file in only(looked_up(both)).files] == ["58"]
    assert only(looked_up({**both, "output": VIDEO})).files == (MP4,)


def test_files_are_at_most_thirty_two_and_each_counts_once() -> None:
    output = {"videos": [f"{VIDEO}?{n // 2}" for n in range(100)]}
    assert urls(output) == [f"{VIDEO}?{n}" for n in range(32)]


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> object:
        value: object = VIDEO
        for _ in range(depth):
            value = [value]
        return value

    def within(depth: int) -> object:
        value: object = VIDEO
        for _ in range(depth):
            value = {"file": value}
        return value

    assert urls(within(8)) == [VIDEO]
    assert urls(within(9)) == []
    assert urls(nested(8)) == [VIDEO]
    assert urls(nested(9)) == urls(nested(200)) == []
    assert made({"9": {"text": nested(200)}}, "outputs") == ()


def test_url_is_spelled_so_that_it_can_be_fetched() -> None:
    assert urls(f"{HOST}/ä b.png") == [f"{HOST}/%C3%A4%20b.png"]
    assert made({"x" * 300: {"images": [PICTURE]}}, "outputs")[0].provider_id is None


@given(value=JSON)
def test_any_value_is_read(value: object) -> None:
    files = files_of(value, Place(RUNCOMFY.texts, RUNCOMFY.echoes))
    assert len(files) <= 32
    for file in files:
        assert bool(file.url) != bool(file.text)
        str(file).encode()
