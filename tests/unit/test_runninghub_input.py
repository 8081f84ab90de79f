"""RunningHub's standard endpoints by their paths: what is checked, what gets another type, what is passed on."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.jobs import Kind
from framehook.media_references import MediaValue
from framehook.offerings import plan
from tests.unit.plans import IMAGE, fields, problems

TEXT_TO_VIDEO = "runninghub/rhart-video-s-official/text-to-video-pro"
EDIT = "runninghub/rhart-image-g-2/image-to-image"  # imageUrls, a list of images of up to 30 MB
PAGE = {"prompt": "A fox", "size": "720x1280", "duration": "12"}
MEGABYTE = 1024 * 1024
LEAST: dict[str, dict[str, Any]] = {
    "pixverse-v6/text-to-video": {"prompt": "a", "resolution": "720p", "generateAudioSwitch": True},
    "rhart-video-s/text-to-video": {"prompt": "a", "duration": "10", "aspectRatio": "9:16"},
    "seedance-v1.5-pro/text-to-video": {
        "prompt": "a",
        "aspectRatio": "16:9",
        "duration": "4",
        "resolution": "480p",
        "cameraFixed": False,
    },
    "rhart-image-g-2/image-to-image": {"prompt": "a", "resolution": "1k"},
}
"""What these endpoints can't do without."""


def test_body_of_the_page_is_sent_as_it_is() -> None:
    found = plan(TEXT_TO_VIDEO, PAGE)
    assert (found.model, found.provider) == (TEXT_TO_VIDEO, "runninghub")
    assert found.offering == "rhart-video-s-official/text-to-video-pro"
    assert (found.kind, found.count, found.uploads) == (Kind.VIDEO, 1, False)
    assert (found.body, found.quoted, found.usual_seconds, found.media) == (PAGE, None, 300, ())


def test_native_sora_carries_the_notice_of_the_catalogue() -> None:
    assert "2026-09-24" in plan(TEXT_TO_VIDEO, PAGE).warnings[0]


@pytest.mark.parametrize(
    ("endpoint", "given", "sent"),
    [
        ("rhart-video-s-official/text-to-video-pro", {**PAGE, "duration": 12}, {"duration": "12"}),
        ("rhart-video-s-official/text-to-video-pro", {**PAGE, "duration": 12.0}, {"duration": "12"}),
        ("pixverse-v6/text-to-video", {"duration": "5"}, {"duration": 5}),
        ("pixverse-v6/text-to-video", {"duration": 5.0}, {"duration": 5}),
        ("rhart-video-s/text-to-video", {"storyboard": "true"}, {"storyboard": True}),
        ("seedance-v1.5-pro/text-to-video", {"generateAudio": True}, {"generateAudio": "true"}),
        ("rhart-image-g-2/image-to-image", {"imageUrls": IMAGE}, {"imageUrls": [IMAGE]}),
    ],
)
def test_field_is_sent_in_the_type_that_its_endpoint_wants(
    endpoint: str, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    body = plan(f"runninghub/{endpoint}", {**LEAST.get(endpoint, {}), **given}).body
    for name, value in sent.items():
        assert (body[name], type(body[name])) == (value, type(value))


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        ({"duration": 5}, "duration", 'must be "4", "8", "12", "16" or "20", not 5'),
        ({"duration": True}, "duration", 'must be "4", "8", "12", "16" or "20", not true'),
        ({"prompt": 7}, "prompt", "must be a string, not 7"),
        ({"prompt": None}, "prompt", "must be a string, not null"),
        ({"sise": "x"}, "sise", 'is not a field here; did you mean "size"?'),
    ],
)
def test_wrong_field_is_named_with_what_is_allowed(more: dict[str, Any], field: str, message: str) -> None:
    [problem] = problems(TEXT_TO_VIDEO, {**PAGE, **more})
    assert (problem.field, problem.message) == (f"input.{field}", message)


def test_every_problem_is_told_at_once() -> None:
    assert fields(TEXT_TO_VIDEO, {"duration": 5, "webhookUrl": "x", "seed": 1}) == [
        "input.webhookUrl",
        "input.duration",
        "input.seed",
        "input.prompt",
        "input.size",
    ]


def test_list_in_the_place_of_one_image_is_refused() -> None:
    model = "runninghub/rhart-video-s-official/image-to-video"
    [problem] = problems(model, {"prompt": "a", "duration": "4", "imageUrl": [IMAGE]})
    assert (problem.field, problem.code) == ("input.imageUrl", "invalid_type")
    assert problem.message.startswith("must be one reference")


@pytest.mark.parametrize(
    ("urls", "message"),
    [
        ("http://example.com/a.png", "must be an https:// or s3:// URL, a data URI or an asset:// id, not"),
        ("data:image/gif;base64,AAAA", "must be jpg or png, not image/gif"),
        ("s3://bucket/inputs/ada/0.webp", "must be jpg or png, not .webp"),
        ("data:image/png;base64," + "A" * 42 * MEGABYTE, "must be at most 30 MB"),
    ],
)
def test_media_are_checked_before_anything_is_stored(urls: str, message: str) -> None:
    [problem] = problems(EDIT, {"prompt": "a", "resolution": "1k", "imageUrls": urls})
    assert problem.field == "input.imageUrls[0]"
    assert problem.message.startswith(message)


def test_media_may_be_what_runninghub_takes() -> None:
    urls = [IMAGE, "data:image/png;base64,AAAA", "asset://asset-20260101", "s3://bucket/inputs/ada/0.jpeg"]
    found = plan(EDIT, {"prompt": "a", "resolution": "1k", "imageUrls": urls})
    assert found.body["imageUrls"] == urls


def test_plan_lists_the_stacks_own_objects_by_the_paths_of_the_input() -> None:
    stored = [f"s3://bucket/inputs/ada/{number}.png" for number in range(2)]
    body = {"prompt": "s3://no/media.png", "resolution": "1k"}
    several = plan(EDIT, {**body, "imageUrls": [IMAGE, *stored]})
    alone = plan(EDIT, {**body, "imageUrls": stored[0]})
    limits: tuple[Any, ...] = (("jpg", "png"), 30 * MEGABYTE)
    assert several.media == (
        MediaValue("input.imageUrls[1]", stored[0], *limits),
        MediaValue("input.imageUrls[2]", stored[1], *limits),
    )
    assert alone.media == (MediaValue("input.imageUrls", stored[0], *limits),)


@pytest.mark.parametrize("model", [TEXT_TO_VIDEO, "runninghub/acme/new", "runninghub/workflow/1"])
@pytest.mark.parametrize(
    "name", ["webhookUrl", "webhookURL", "WEBHOOKURL", "apiKey", "apikey", "workflowId", "webappId"]
)
def test_what_is_ours_is_refused_with_a_reason(model: str, name: str) -> None:
    body = PAGE if model == TEXT_TO_VIDEO else {}
    [problem] = problems(model, {**body, name: "x"})
    assert (problem.field, problem.code) == (f"input.{name}", "reserved_field")
    assert problem.message.startswith("can't be set here: ")
    assert len(problem.message) > 40


@pytest.mark.parametrize(
    ("endpoint", "kind", "seconds"),
    [
        ("rhart-image/f-dev", Kind.IMAGE, 30),
        ("minimax/music-2.6", Kind.AUDIO, 60),
        ("mureka-ai/generate-lyrics", Kind.TEXT, 30),
        ("hitem3d-portrait-v15/image-to-3d", Kind.MODEL_3D, 180),
        ("kling-v3.0-4k/motion-control", Kind.VIDEO, 300),
        ("acme/new-model", Kind.ANY, 120),
    ],
)
def test_kind_and_usual_time_are_the_endpoints(endpoint: str, kind: Kind, seconds: int) -> None:
    body = {
        "minimax/music-2.6": {"prompt": "calm piano music"},
        "mureka-ai/generate-lyrics": {"prompt": "rain"},
        "hitem3d-portrait-v15/image-to-3d": {
            "requestType": "mesh",
            "imageUrl": IMAGE,
            "resolution": "1536",
        },
    }.get(endpoint, {})
    found = plan(f"runninghub/{endpoint}", body)
    assert (found.kind, found.usual_seconds) == (kind, seconds)


@pytest.mark.parametrize("endpoint", ["new-model", "acme/new-model", "acme/new.family_1/model-2"])
def test_unknown_endpoint_is_passed_through_with_a_warning(endpoint: str) -> None:
    body = {"anything": {"x": [1, None]}, "duration": 8, "imageUrl": "http://example.com/a.gif"}
    found = plan(f"runninghub/{endpoint}", body)
    assert (found.offering, found.body, found.media) == (endpoint, body, ())
    [warning] = found.warnings
    assert f"does not know {endpoint}" in warning
    assert "close to it" not in warning


def test_slip_in_an_endpoint_is_told_in_the_warning() -> None:
    [warning] = plan("runninghub/rhart-video-s-oficial/text-to-video-pro", {}).warnings
    assert '"rhart-video-s-official/text-to-video-pro"' in warning


def test_endpoint_whose_fields_are_unknown_is_passed_on_with_a_warning() -> None:
    [warning] = plan("runninghub/rhart-image/f-dev", {"anything": 1}).warnings
    assert "its fields are unknown" in warning


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("Rhart-Video-S-official/text-to-video-pro", "rhart-video-s-official/text-to-video-pro"),
        ("dola-seedream-5.0-pro/text-to-image", "dola-Seedream-5.0-pro/text-to-image"),
        ("RHART-IMAGE/F-DEV", "rhart-image/f-dev"),
        ("Workflow/1904136902449209346", "workflow/1904136902449209346"),
        ("AI-App/1", "ai-app/1"),
    ],
)
def test_id_in_other_letters_is_refused_with_the_right_ones(written: str, right: str) -> None:
    [problem] = problems(f"runninghub/{written}", {"prompt": "a"})
    assert (problem.field, problem.code) == ("model", "unknown_model")
    assert problem.allowed == [f"runninghub/{right}"]
    assert right in problem.message


def test_delisted_endpoint_in_other_letters_is_refused_as_delisted() -> None:
    for written in ("rhart-video-s/Text-To-Video-Pro", "rhart-image-g-1.5/edit-[deprecated]"):
        [problem] = problems(f"runninghub/{written}", {"prompt": "a"})
        assert problem.code == "model_delisted"


@pytest.mark.parametrize(
    ("endpoint", "instead"),
    [
        ("rhart-image-g-1.5/edit-[Deprecated]", "rhart-image-g-2/image-to-image"),
        ("rhart-image-g-1.5/text-to-image-[Deprecated]", "rhart-image-g-2/text-to-image"),
        ("rhart-video-s/text-to-video-pro", "rhart-video-s-official/text-to-video-pro"),
        ("rhart-video-s/text-to-video-pro-deprecated", "rhart-video-s-official/text-to-video-pro"),
        ("rhart-video-s/image-to-video-pro", "rhart-video-s-official/image-to-video-pro"),
        ("rhart-video-s/image-to-video-pro-deprecated", "rhart-video-s-official/image-to-video-pro"),
    ],
)
def test_delisted_endpoint_is_refused_with_what_to_use_instead(endpoint: str, instead: str) -> None:
    [problem] = problems(f"runninghub/{endpoint}", {"prompt": "a"})
    assert (problem.field, problem.code) == ("model", "model_delisted")
    assert problem.allowed == [f"runninghub/{instead}"]
    assert endpoint in problem.message
    assert instead in problem.message


NO_PATHS = ["", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/.b", "_a", "-a", "a/b/c/d"]
NO_PATHS += ["a b", "a/b?c", "a/b#c", "a%2e/b", "a\\b", "é/a", "a/b\n", "a:b@1", "a/{b}", "http://a/b"]
OTHER_CALLS = ["query", "Query", "media/upload/binary", "queue/status", "price-preview/a/b", "api-key/list"]
NO_RUNS = [
    "Workflow",
    "workflow/text-to-image",
    "AI-APP/x",
    "workflow",
    "workflow/",
    "workflow/x",
    "workflow/1/2",
    "ai-app/-1",
    "ai-app/\u0661",
    "run/workflow/1",
]


@pytest.mark.parametrize("path", [*NO_PATHS, *OTHER_CALLS, *NO_RUNS, "workflow/" + "1" * 31])
def test_path_that_is_no_generation_is_refused(path: str) -> None:
    [problem] = problems(f"runninghub/{path}", {})
    assert (problem.field, problem.code) == ("model", "unknown_model")
    assert "runninghub/workflow/<digits>" in problem.message


def test_path_is_bounded() -> None:
    assert plan("runninghub/" + "a" * 189, {}).offering == "a" * 189
    assert fields("runninghub/" + "a" * 190, {}) == ["model"]


def test_other_provider_is_refused_for_a_native_endpoint() -> None:
    [problem] = problems(TEXT_TO_VIDEO, PAGE, "runware")
    assert (problem.field, problem.allowed) == ("provider", ["runninghub"])
