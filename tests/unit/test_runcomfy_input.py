"""RunComfy's models by their ids: what is checked, what is passed on, and what stays ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.jobs import Kind
from framehook.media_references import MEGABYTE, MediaValue
from framehook.offerings import plan
from tests.unit.plans import IMAGE, data_uri, fields, problems, refused_fields

TEXT = "runcomfy/openai/sora-2/text-to-video"
PRO_TEXT = "runcomfy/openai/sora-2/pro/text-to-video"
PRO_IMAGE = "runcomfy/openai/sora-2/pro/image-to-video"
UNLISTED = "runcomfy/acme/new-model/edit"
DEPLOYMENT = "runcomfy/deployment/7a1f2c33-0b7e-4c1d-9d52-1f0a2b3c4d5e"
WITH_IMAGE = {"prompt": "A fox", "input_reference": IMAGE}
FULL = {**WITH_IMAGE, "size": "1792x1024", "seconds": 12}
STORED = "s3://media/inputs/ada/0.png"
KONTEXT = {"prompt": "smile", "image_url": IMAGE, "seed": 81030369, "aspect_ratio": "16:9"}


@pytest.mark.parametrize(
    ("model", "body"), [(TEXT, {"prompt": ""}), (PRO_TEXT, {"prompt": "a"}), (PRO_IMAGE, FULL)]
)
def test_body_is_sent_as_it_is_without_an_envelope(model: str, body: dict[str, Any]) -> None:
    found = plan(model, body)
    assert (found.model, found.provider) == (model, "runcomfy")
    assert found.offering == model.removeprefix("runcomfy/")
    assert (found.kind, found.count, found.uploads) == (Kind.VIDEO, 1, False)
    assert (found.body, found.quoted, found.media) == (body, None, ())


def test_fields_that_are_left_out_stay_out() -> None:
    assert plan(PRO_IMAGE, WITH_IMAGE).body == WITH_IMAGE


@pytest.mark.parametrize("model", [TEXT, PRO_TEXT, PRO_IMAGE])
def test_required_fields_are_never_filled_in(model: str) -> None:
    found = problems(model, {"size": "720x1280"})
    wanted = ["input.prompt", "input.input_reference"] if model == PRO_IMAGE else ["input.prompt"]
    assert [problem.field for problem in found] == wanted
    assert {problem.code for problem in found} == {"missing_field"}


def test_native_sora_carries_the_notice_of_the_catalogue() -> None:
    for model in (TEXT, PRO_TEXT):
        [notice] = plan(model, {"prompt": "a"}).warnings
        assert "2026-09-24" in notice


@pytest.mark.parametrize("seconds", [8, 8.0, "8"])
def test_seconds_are_sent_as_an_integer(seconds: object) -> None:
    sent = plan(TEXT, {"prompt": "a", "seconds": seconds}).body["seconds"]
    assert (sent, type(sent)) == (8, int)


SORA_FIELDS = "prompt, seconds, size"


@pytest.mark.parametrize(
    ("model", "more", "field", "message"),
    [
        (TEXT, {"seconds": 5}, "seconds", "must be 4, 8 or 12, not 5"),
        (TEXT, {"seconds": 16}, "seconds", "must be 4, 8 or 12, not 16"),
        (TEXT, {"seconds": 8.5}, "seconds", "must be an integer, not 8.5"),
        (TEXT, {"seconds": True}, "seconds", "must be an integer, not true"),
        (TEXT, {"seconds": None}, "seconds", "must be an integer, not null"),
        (TEXT, {"size": "1792x1024"}, "size", 'must be "1280x720" or "720x1280", not "1792x1024"'),
        (
            PRO_TEXT,
            {"size": "1080x1920"},
            "size",
            'must be "1280x720", "720x1280", "1024x1792" or "1792x1024", not "1080x1920"',
        ),
        (TEXT, {"prompt": ["a"]}, "prompt", "must be a string, not an array"),
        (TEXT, {"input_reference": IMAGE}, "input_reference", f"is not a field here; the fields are {SORA_FIELDS}"),
        (TEXT, {"second": 8}, "second", 'is not a field here; did you mean "seconds"?'),
        (TEXT, {"input": {"prompt": "a"}}, "input", f"is not a field here; the fields are {SORA_FIELDS}"),
    ],
)  # fmt: skip
def test_wrong_field_is_named_with_what_is_allowed(
    model: str, more: dict[str, Any], field: str, message: str
) -> None:
    [problem] = problems(model, {"prompt": "a", **more})
    assert (problem.field, problem.message) == (f"input.{field}", message)


def test_every_problem_is_told_at_once() -> None:
    assert fields(PRO_IMAGE, {"seconds": 5, "webhook": "x", "seed": 1}) == [
        "input.webhook",
        "input.seconds",
        "input.seed",
        "input.prompt",
        "input.input_reference",
    ]


FORMS = "must be an https:// or s3:// URL or a data URI, not"


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("http://example.com/a.png", FORMS),
        ("asset://a", FORMS),
        ("59a2edc2-45e6-429f-be5f-7ded59b92046", FORMS),
        ("https://example.com/a.bmp", "must be jpg, png, webp, gif or avif, not .bmp"),
        ("https://example.com/a.mp4", "must be jpg, png, webp, gif or avif, not .mp4"),
        ("data:image/tiff;base64,AAAA", "must be jpg, png, webp, gif or avif, not image/tiff"),
        (data_uri("image/png", 50 * MEGABYTE + 1), "must be at most 50 MB"),
        ("https://ada:secret@example.com/a.png", "must be a URL without a user name or password"),
        ([IMAGE], "must be one reference"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_image_that_runcomfy_can_not_read_is_refused(image: object, message: str) -> None:
    [problem] = problems(PRO_IMAGE, {**WITH_IMAGE, "input_reference": image})
    assert problem.field == "input.input_reference"
    assert problem.message.startswith(message)
    assert "secret" not in repr(problem)


@pytest.mark.parametrize("extension", ["jpg", "jpeg", "png", "webp", "gif", "avif", "PNG"])
def test_image_may_be_of_every_documented_format(extension: str) -> None:
    for image in (
        f"https://example.com/a.{extension}?X-Amz-Expires=3600",
        f"s3://media/inputs/ada/0.{extension}",
    ):
        assert plan(PRO_IMAGE, {**WITH_IMAGE, "input_reference": image}).body["input_reference"] == image
    uri = f"data:image/{extension.lower().replace('jpg', 'jpeg')};base64,AAAA"
    assert plan(PRO_IMAGE, {**WITH_IMAGE, "input_reference": uri}).body["input_reference"] == uri


def test_stored_image_is_listed_with_its_limits() -> None:
    [value] = plan(PRO_IMAGE, {"prompt": "s3://no/media.png", "input_reference": STORED}).media
    accepted = ("jpg", "png", "webp", "gif", "avif")
    assert value == MediaValue("input.input_reference", STORED, accepted, 50 * MEGABYTE)


@pytest.mark.parametrize("body", [KONTEXT, {}, {"anything": {"x": [1, None, True, 0.5]}}])
def test_unlisted_model_is_passed_through_with_a_warning(body: dict[str, Any]) -> None:
    found = plan(UNLISTED, body)
    assert (found.offering, found.body, found.media) == ("acme/new-model/edit", body, ())
    [warning] = found.warnings
    assert "does not know acme/new-model/edit of RunComfy" in warning
    assert "not checked" in warning
    assert "close to it" not in warning


def test_known_id_of_unknown_fields_is_passed_through_with_a_warning() -> None:
    found = plan("runcomfy/blackforestlabs/flux-1-kontext/pro/edit", KONTEXT)
    assert found.body == KONTEXT
    assert "its fields are unknown" in found.warnings[0]


def test_slip_in_an_id_is_told_in_the_warning() -> None:
    [warning] = plan("runcomfy/blackforestlab/flux-1-kontext/pro/edit", {}).warnings
    assert '(close to it: "blackforestlabs/flux-1-kontext/pro/edit"' in warning


def test_undocumented_sora_is_passed_through_unchecked() -> None:
    """Its page was not found: it may exist, and nobody knows what it takes."""
    found = plan("runcomfy/openai/sora-2/image-to-video", {"image": IMAGE})
    assert (found.kind, found.body) == (Kind.ANY, {"image": IMAGE})
    assert "not checked" in found.warnings[0]


@pytest.mark.parametrize("model", [TEXT, UNLISTED, DEPLOYMENT])
@pytest.mark.parametrize(
    "name", ["webhook", "Webhook", "webhook_intermediate_status", "WEBHOOK_INTERMEDIATE_STATUS"]
)
def test_what_is_ours_is_refused_with_a_reason(model: str, name: str) -> None:
    body = {"prompt": "a"} if model == TEXT else {}
    [problem] = problems(model, {**body, name: "https://example.com/hook"})
    assert (problem.field, problem.code) == (f"input.{name}", "reserved_field")
    assert problem.message.startswith("can't be set here: Framehook sets it")


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("openai/sora-2-pro/text-to-video", "openai/sora-2/pro/text-to-video"),
        ("openai/sora-2-pro/image-to-video", "openai/sora-2/pro/image-to-video"),
        ("playground/openai/sora-2-pro/text-to-video/api", "openai/sora-2/pro/text-to-video"),
        ("models/openai/sora-2/pro/image-to-video/api", "openai/sora-2/pro/image-to-video"),
        ("de/models/openai/sora-2/text-to-video/api", "openai/sora-2/text-to-video"),
        ("openai/sora-2/text-to-video/api", "openai/sora-2/text-to-video"),
        ("OpenAI/Sora-2/text-to-video", "openai/sora-2/text-to-video"),
        ("Deployment/Ab_1-c", "deployment/Ab_1-c"),
    ],
)
def test_address_of_a_page_is_refused_with_the_models_id(written: str, right: str) -> None:
    [problem] = problems(f"runcomfy/{written}", {"prompt": "a"})
    assert (problem.field, problem.code) == ("model", "unknown_model")
    assert problem.allowed == [f"runcomfy/{right}"]
    assert right in problem.message


@pytest.mark.parametrize(
    "model_id",
    ["a/b", "a/b/c/d/e", "A.b_c-1/..x", "runcomfy/krea2-turbo", "a/...", "wan-ai/wan-3.0/image-to-video"],
)
def test_id_of_two_to_five_parts_is_passed_on_as_it_is(model_id: str) -> None:
    assert plan(f"runcomfy/{model_id}", {}).offering == model_id


NO_MODELS = [
    "",
    "/",
    "a",
    "a/",
    "/a",
    "a//b",
    "a/b/c/d/e/f",
    ".",
    "..",
    "./a",
    "../a",
    "a/.",
    "a/..",
    "a/../b",
    "a/./b",
]
NO_MODELS += [
    "a b/c",
    "a/b?c",
    "a/b#c",
    "a%2e/b",
    "a\\b/c",
    "é/a",
    "a/b\n",
    "a/..\n",
    "a:b@1",
    "a/{b}",
    "https://a/b",
]
NO_DEPLOYMENTS = ["", "/", "/a/b", "/a.b", "/..", "/a b", "/a\n", "/\u0661", "/é", "/" + "a" * 65]


@pytest.mark.parametrize(
    "model_id", ["a/" + "b" * 101, *NO_MODELS, *(f"deployment{each}" for each in NO_DEPLOYMENTS)]
)
def test_text_that_is_no_id_is_refused_with_the_forms(model_id: str) -> None:
    [problem] = problems(f"runcomfy/{model_id}", {})
    assert (problem.field, problem.code) == ("model", "unknown_model")
    assert "runcomfy/openai/sora-2/pro/text-to-video" in problem.message
    assert "runcomfy/deployment/<id>" in problem.message


def test_other_provider_is_refused_for_a_native_id() -> None:
    [problem] = problems(TEXT, {"prompt": "a"}, ["runware", "runninghub"])
    assert (problem.field, problem.allowed) == ("provider", ["runcomfy"])


@given(st.text(max_size=30) | st.lists(st.sampled_from([".", "..", "a", "", "deployment"])).map("/".join))
def test_any_id_is_planned_as_one_path_or_refused(model_id: str) -> None:
    refused = refused_fields(f"runcomfy/{model_id}", {})
    assert refused in ([], ["model"])
    if not refused:
        assert not {"", ".", ".."} & set(model_id.split("/"))
