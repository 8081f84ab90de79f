"""Names of the catalogue at RunComfy: in which words they are sent, and what it can't do."""

from __future__ import annotations

from typing import Any

import pytest

from framehook import catalogue
from framehook.jobs import Kind
from framehook.media_references import MEGABYTE
from framehook.offerings import plan
from tests.unit.plans import IMAGE, problems

PNG = "data:image/png;base64,AAAA"
STORED = "s3://media/inputs/ada/0.png"
FORMS = "must be an https:// or s3:// URL or a data URI, not"


@pytest.mark.parametrize(
    ("model", "given_input", "offering", "body"),
    [
        ("sora-2", {}, "text-to-video", {"size": "720x1280", "seconds": 4}),
        ("sora-2", {"size": "1280x720", "seconds": 8.0}, "text-to-video", {"size": "1280x720", "seconds": 8}),
        ("sora-2-pro", {"size": "1792x1024", "seconds": 12}, "pro/text-to-video", {"size": "1792x1024", "seconds": 12}),
        ("sora-2-pro", {"image": IMAGE}, "pro/image-to-video",
         {"input_reference": IMAGE, "size": "720x1280", "seconds": 4}),
        ("sora-2-pro", {"image": PNG, "size": "1024x1792", "seconds": 8.0}, "pro/image-to-video",
         {"input_reference": PNG, "size": "1024x1792", "seconds": 8}),
    ],
)  # fmt: skip
def test_name_is_put_into_the_words_of_runcomfy(
    model: str, given_input: dict[str, Any], offering: str, body: dict[str, Any]
) -> None:
    found = plan(model, {"prompt": "a cat", "count": 2, **given_input}, "runcomfy")
    assert (found.model, found.provider) == (model, "runcomfy")
    assert found.offering == f"openai/sora-2/{offering}"
    assert found.body == {"prompt": "a cat", **body}
    assert type(found.body["seconds"]) is int
    assert (found.quoted, found.count, found.kind) == (None, 2, Kind.VIDEO)
    assert (found.usual_seconds, found.look_up_growth) == (180 if "pro" in model else 120, 20)
    assert "2026-09-24" in found.warnings[0]


SIZES = '"1280x720", "720x1280", "1024x1792" or "1792x1024"'


@pytest.mark.parametrize(
    ("model", "given_input", "reasons"),
    [
        ("sora-2", {"seconds": 16}, [("seconds", "text-to-video): must be 4, 8 or 12, not 16")]),
        ("sora-2", {"seconds": 20.0}, [("seconds", "text-to-video): must be 4, 8 or 12, not 20")]),
        ("sora-2", {"image": IMAGE}, [("image", "text-to-video) takes no image")]),
        ("sora-2-pro", {"size": "1920x1080"},
         [("size", f'pro/text-to-video): must be {SIZES}, not "1920x1080"')]),
        ("sora-2-pro", {"seconds": 16}, [("seconds", "pro/text-to-video): must be 4, 8 or 12, not 16")]),
        ("sora-2-pro", {"image": "59a2edc2-45e6-429f-be5f-7ded59b92046"},
         [("image", "pro/text-to-video) takes no image"),
          ("image", f'pro/image-to-video): {FORMS} "59a2edc2-45e6-429f-be5f-7ded59b92046"')]),
        ("sora-2-pro", {"image": "http://example.com/a.png"},
         [("image", "pro/text-to-video) takes no image"),
          ("image", f'pro/image-to-video): {FORMS} "http://example.com/a.png"')]),
    ],
)  # fmt: skip
def test_what_runcomfy_can_not_do_has_a_reason(
    model: str, given_input: dict[str, Any], reasons: list[tuple[str, str]]
) -> None:
    *found, elsewhere = problems(model, {"prompt": "ab", **given_input}, "runcomfy")
    assert [(problem.field, problem.message) for problem in found] == [
        (f"input.{field}", f"runcomfy (openai/sora-2/{reason}") for field, reason in reasons
    ]
    assert (elsewhere.field, elsewhere.allowed[0]) == ("provider", "runware")


def test_image_with_a_size_goes_to_who_takes_both() -> None:
    asked = {"prompt": "ab", "image": IMAGE, "size": "1792x1024"}
    assert plan("sora-2-pro", asked).offering == "openai/sora-2/pro/image-to-video"
    assert plan("sora-2-pro", {**asked, "size": "1280x720"}).provider == "runninghub"


def test_stored_image_is_listed_under_the_name_it_was_given() -> None:
    [value] = plan("sora-2-pro", {"prompt": "ab", "image": STORED}, "runcomfy").media
    assert (value.path, value.max_bytes) == ("input.image", 50 * MEGABYTE)


def test_runcomfy_comes_last_and_has_no_price() -> None:
    for entry in catalogue.models().values():
        names = [offering["provider"] for offering in entry["offerings"]]
        assert names == sorted(names, key=["runware", "runninghub", "runcomfy"].index)
        assert all("price" not in each for each in entry["offerings"] if each["provider"] == "runcomfy")
