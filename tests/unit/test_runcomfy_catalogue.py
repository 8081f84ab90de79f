"""What is known of RunComfy's models: the documented fields exactly, the ids, and how often to look each up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from framehook import catalogue
from framehook.catalogue import runcomfy
from framehook.jobs import Kind
from framehook.known_models import described
from framehook.offerings import plan
from framehook.provider_view import model_shown
from framehook.providers.runcomfy.ids import deployment_of, is_model

TEXT = "openai/sora-2/text-to-video"
PRO_TEXT = "openai/sora-2/pro/text-to-video"
PRO_IMAGE = "openai/sora-2/pro/image-to-video"
DOCUMENTED = [TEXT, PRO_TEXT, PRO_IMAGE]
TWO = ["1280x720", "720x1280"]
FOUR = [*TWO, "1024x1792", "1792x1024"]
SECONDS = {"type": "integer", "enum": [4, 8, 12]}


def rule_of(model_id: str) -> Mapping[str, Any]:
    found = runcomfy.find(model_id)
    assert found is not None
    assert found.rule is not None
    return found.rule


@pytest.mark.parametrize(
    ("model_id", "sizes", "required"),
    [
        (TEXT, TWO, ["prompt"]),
        (PRO_TEXT, FOUR, ["prompt"]),
        (PRO_IMAGE, FOUR, ["prompt", "input_reference"]),
    ],
)
def test_sora_models_are_as_their_pages_say(model_id: str, sizes: list[str], required: list[str]) -> None:
    rule = rule_of(model_id)
    assert rule["required"] == required
    assert set(rule["fields"]) == {*required, "size", "seconds"}
    assert (rule["fields"]["prompt"], rule["fields"]["size"]) == ("string", sizes)
    assert rule["fields"]["seconds"] == SECONDS


def test_image_is_of_the_documented_formats_and_size() -> None:
    image = rule_of(PRO_IMAGE)["fields"]["input_reference"]
    assert image["media"] == ["jpg", "png", "webp", "gif", "avif"]  # jpeg is a name of jpg
    assert (image["max_mb"], image["forms"]) == (50, ["https", "s3", "data"])


def test_nothing_is_required_and_has_a_default() -> None:
    """The samples that the pages show for required fields are no defaults."""
    for model_id in DOCUMENTED:
        known = runcomfy.find(model_id)
        assert known is not None
        assert known.defaults == {"size": "720x1280", "seconds": 4}


def test_other_ids_are_known_by_name_only() -> None:
    known = runcomfy.known_ids()
    assert sorted(set(known)) == sorted(known)
    assert list(known[:3]) == DOCUMENTED
    assert len(known) == 39
    for each in known:
        assert is_model(each)
        assert not deployment_of(each)
        assert (runcomfy.find(each) is not None) == (each in DOCUMENTED)
        assert runcomfy.unlisted(each).kind is Kind.ANY


def test_page_that_was_not_found_is_no_known_model() -> None:
    assert "openai/sora-2/image-to-video" not in runcomfy.known_ids()


@pytest.mark.parametrize(
    ("model_id", "cadence"),
    [
        (TEXT, (120, 20)),
        (PRO_TEXT, (180, 20)),
        (PRO_IMAGE, (180, 20)),
        ("wan-ai/wan-2-2/image-to-video", (120, 20)),
        ("acme/Text-To-Video", (120, 20)),
        ("wan-ai/wan-2-7/edit-video", (120, 20)),
        ("blackforestlabs/flux-1-schnell/text-to-image", (15, 50)),
        ("openai/gpt-image-2/edit", (15, 50)),
        ("bytedance/seedream-5.0-pro/image-to-image", (15, 50)),
        ("acme/video-to-audio", (30, 30)),
        ("runcomfy/krea2-turbo", (30, 30)),
        ("kling/kling-2-6/motion-control-pro", (30, 30)),
        ("deployment/1", (240, None)),
    ],
)
def test_cadence_is_the_models_own_or_what_its_id_says(model_id: str, cadence: tuple[int, int]) -> None:
    body: dict[str, Any] = {"prompt": "a"}
    if model_id == PRO_IMAGE:
        body["input_reference"] = "https://example.com/a.png"
    found = plan(f"runcomfy/{model_id}", body)
    assert (found.usual_seconds, found.look_up_growth) == cadence


def test_kind_is_that_of_documented_models_only() -> None:
    """A name is no proof: a result of another kind than was guessed would be refused after it was paid."""
    assert plan(f"runcomfy/{TEXT}", {"prompt": "a"}).kind is Kind.VIDEO
    for model_id in set(runcomfy.known_ids()) - set(DOCUMENTED):
        assert plan(f"runcomfy/{model_id}", {}).kind is Kind.ANY


def test_data_says_where_it_is_from() -> None:
    data = catalogue.runcomfy_data()
    assert re.search("publishes no run times.* starting points", data["cadence"]["note"])
    for part in (*data["detailed"].values(), *data["known"]):
        assert part["source"].startswith("https://")
    assert len(json.dumps(data)) < 6000


def test_data_is_loaded_when_it_is_first_needed() -> None:
    script = (
        "from framehook import catalogue, offerings; "
        "offerings.plan('runware/a:b@1', {'taskType': 'caption'}); "
        "assert catalogue.runcomfy_data.cache_info().currsize == 0; "
        "offerings.plan('runcomfy/a/b', {}); "
        "assert catalogue.runcomfy_data.cache_info().currsize == 1"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - the text above
    assert done.returncode == 0, done.stderr


def test_ids_can_be_read_without_the_catalogue() -> None:
    script = (
        "import sys, framehook.providers.runcomfy.ids; "
        "bad = sys.modules.keys() & {'framehook.catalogue', 'framehook.rules', 'pydantic', 'httpx', 'boto3'}; "
        "sys.exit(repr(bad) if bad else 0)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - the text above
    assert done.returncode == 0, done.stderr


def test_documented_model_is_told_by_its_rules() -> None:
    model = described(f"runcomfy/{PRO_IMAGE}")
    assert model is not None
    shown = model_shown(model)
    fields = {field["field_name"]: field for field in shown["fields"]}
    assert (shown["kind"], shown["provider"], shown["complete"]) == ("native", "runcomfy", True)
    assert {name for name, field in fields.items() if field["required"]} == {"prompt", "input_reference"}
    assert (fields["input_reference"]["upload"], fields["input_reference"]["type"]) == (True, "string")
    assert (fields["seconds"]["type"], fields["seconds"]["options"]) == ("integer", [4, 8, 12])
    assert (fields["size"]["options"], fields["size"]["default"]) == (FOUR, "720x1280")
    assert fields["prompt"]["default"] is None
    example = shown["example"]
    assert plan(example["model"], example["input"]).body == example["input"]


@pytest.mark.parametrize("model_id", ["runcomfy/krea2-turbo", "acme/new", "deployment/1", "", "x" * 900])
def test_model_of_unknown_fields_is_not_told(model_id: str) -> None:
    assert described(f"runcomfy/{model_id}") is None
