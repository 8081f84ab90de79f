"""Names of the catalogue that several providers offer: who runs what, in which words, and what refusals say."""

from __future__ import annotations

from typing import Any

import pytest

from framehook import catalogue
from framehook.media_references import MediaValue
from framehook.offerings import READERS, plan
from tests.unit.plans import IMAGE, problems

UUID = "59a2edc2-45e6-429f-be5f-7ded59b92046"
OFFICIAL = "runninghub (rhart-video-s-official"


def messages(model: str, given: dict[str, Any], provider: Any = "runninghub") -> list[tuple[str, str]]:
    return [(problem.field, problem.message) for problem in problems(model, given, provider)]


@pytest.mark.parametrize(
    ("model", "given", "endpoint", "body"),
    [
        ("sora-2", {}, "text-to-video", {"size": "720x1280", "duration": "4"}),
        ("sora-2", {"size": "1280x720", "seconds": 8.0}, "text-to-video", {"size": "1280x720", "duration": "8"}),
        ("sora-2", {"image": IMAGE, "seconds": 12}, "image-to-video", {"imageUrl": IMAGE, "duration": "12"}),
        ("sora-2-pro", {}, "text-to-video-pro", {"size": "720x1280", "duration": "4"}),
        (
            "sora-2-pro",
            {"size": "1792x1024", "seconds": 20},
            "text-to-video-pro",
            {"size": "1792x1024", "duration": "20"},
        ),
        (
            "sora-2-pro",
            {"image": IMAGE},
            "image-to-video-pro",
            {"imageUrl": IMAGE, "resolution": "720p", "duration": "4"},
        ),
        (
            "sora-2-pro",
            {"image": IMAGE, "size": "1920x1080"},
            "image-to-video-pro",
            {"imageUrl": IMAGE, "resolution": "1080p", "duration": "4"},
        ),
    ],
)  # fmt: skip
def test_name_is_put_into_the_words_of_runninghub(
    model: str, given: dict[str, Any], endpoint: str, body: dict[str, Any]
) -> None:
    found = plan(model, {"prompt": "a cat", **given}, "runninghub")
    assert (found.model, found.provider) == (model, "runninghub")
    assert found.offering == f"rhart-video-s-official/{endpoint}"
    assert found.body == {"prompt": "a cat", **body}
    assert (found.quoted, found.usual_seconds, found.count) == (None, 300, 1)
    assert "2026-09-24" in found.warnings[0]


@pytest.mark.parametrize("size", ["720x1280", "1280x720", "1080x1920", "1920x1080"])
def test_size_of_an_image_to_video_is_its_resolution(size: str) -> None:
    found = plan("sora-2-pro", {"prompt": "ab", "image": IMAGE, "size": size}, "runninghub")
    assert found.body["resolution"] == ("720p" if "720" in size else "1080p")


@pytest.mark.parametrize("provider", READERS)
@pytest.mark.parametrize("count", [1, 4])
def test_count_works_with_every_provider_and_is_never_in_the_body(provider: str, count: int) -> None:
    found = plan("sora-2", {"prompt": "ab", "count": count}, provider)
    assert found.count == count
    assert found.body.get("numberResults", 1) == 1
    assert "count" not in found.body


def test_providers_are_tried_in_the_order_that_was_asked_for() -> None:
    asked = {"prompt": "ab"}
    assert plan("sora-2", asked).provider == "runware"
    assert plan("sora-2", asked, ["runninghub", "runware"]).provider == "runninghub"
    assert plan("sora-2", {**asked, "seconds": 16}, ["runninghub", "runware"]).provider == "runware"
    both = {**asked, "image": IMAGE, "size": "1080x1920"}
    assert plan("sora-2-pro", both).offering == "rhart-video-s-official/image-to-video-pro"


FOUR_SIZES = '"720x1280", "1280x720", "1080x1920" or "1920x1080"'


def test_both_ways_of_one_provider_say_why_they_can_not() -> None:
    assert messages("sora-2", {"prompt": "ab", "seconds": 16}) == [
        ("input.seconds", f'{OFFICIAL}/text-to-video): must be "4", "8" or "12", not 16'),
        ("provider", "runninghub can't run this, runware can"),
    ]
    assert messages("sora-2-pro", {"prompt": "ab", "image": IMAGE, "size": "1024x1792"}) == [
        ("input.image", f"{OFFICIAL}/text-to-video-pro) takes no image"),
        ("input.size", f'{OFFICIAL}/image-to-video-pro) takes size {FOUR_SIZES}, not "1024x1792"'),
        ("provider", "runninghub can't run this, runcomfy can"),
    ]


def test_refusal_names_the_providers_that_could() -> None:
    asked = {"prompt": "ab", "image": IMAGE, "size": "1280x720"}
    found = problems("sora-2-pro", asked, "runware")
    assert [(problem.field, problem.code) for problem in found] == [
        ("input.size", "no_eligible_offering"),
        ("provider", "no_eligible_offering"),
    ]
    assert found[-1].message == "runware can't run this, runninghub and runcomfy can"
    assert found[-1].allowed == ["runninghub", "runcomfy"]


def test_model_that_a_provider_does_not_offer_says_who_does(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue.models()["sora-2"]
    [runware, *_] = known["offerings"]
    monkeypatch.setattr(catalogue, "models", lambda: {"sora-2": {**known, "offerings": [runware]}})
    [able] = problems("sora-2", {"prompt": "ab"}, "runninghub")
    assert (able.field, able.allowed) == ("provider", ["runware"])
    [nobody] = problems("sora-2", {"prompt": "ab", "image": IMAGE, "size": "1280x720"}, "runninghub")
    assert nobody.message == "no offering of this model is by runninghub"


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (UUID, "must be an https:// or s3:// URL"),
        ("http://example.com/a.png", "must be an https:// or s3:// URL"),
        ("data:image/webp;base64,AAAA", "must be jpg or png, not image/webp"),
        ("s3://bucket/inputs/ada/0.webp", "must be jpg or png, not .webp"),
        ("data:image/png;base64," + "A" * 14_000_000, "must be at most 10 MB"),
    ],
)
def test_image_that_runninghub_can_not_read_goes_to_runware(image: str, why: str) -> None:
    asked = {"prompt": "ab", "image": image}
    _, field, elsewhere = messages("sora-2", asked)
    assert field[0] == "input.image"
    assert field[1].startswith(f"{OFFICIAL}/image-to-video): {why}")
    assert elsewhere == ("provider", "runninghub can't run this, runware can")
    assert plan("sora-2", asked, ["runninghub", "runware"]).provider == "runware"


def test_stored_image_is_listed_under_the_name_it_was_given() -> None:
    image = "s3://bucket/inputs/ada/0.jpeg"
    found = plan("sora-2", {"prompt": "ab", "image": image}, "runninghub")
    assert found.media == (MediaValue("input.image", image, ("jpg", "png"), 10 * 1024 * 1024),)
    assert plan("sora-2", {"prompt": "ab", "image": image}, "runware").media == ()


def test_every_offering_is_one_that_its_provider_knows() -> None:
    for name, entry in catalogue.models().items():
        for offering in entry["offerings"]:
            assert offering["provider"] in READERS
            assert set(offering["input"]) <= set(entry["input"]["fields"])
            given = {"prompt": "ab", **dict.fromkeys(offering.get("needs", ()), IMAGE)}
            assert plan(name, given, offering["provider"]).offering == offering["id"]
