"""From a job's model and input to a plan, or to every reason why there is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook import catalogue
from framehook.catalogue import runware as runware_catalogue
from framehook.catalogue.formats import by_name
from framehook.jobs import Kind
from framehook.media import Read, inspect
from framehook.offerings import plan
from framehook.plain_json import MAX_DEPTH
from framehook.providers.runware.input import DEFAULT_TTL_SECONDS
from tests.unit import media_samples as samples
from tests.unit.plans import IMAGE, IMAGES, NATIVE, PRO, fields, problems, refused_fields


def test_catalogue_name_gets_the_catalogues_defaults() -> None:
    found = plan("sora-2-pro", {"prompt": "a cat"})
    assert (found.model, found.provider, found.offering) == ("sora-2-pro", "runware", "openai:3@2")
    assert (found.kind, found.count, found.uploads) == (Kind.VIDEO, 1, True)
    assert found.body == {
        "taskType": "videoInference",
        "positivePrompt": "a cat",
        "width": 720,
        "height": 1280,
        "duration": 4,
        "outputType": "URL",
        "includeCost": True,
        "deliveryMethod": "async",
        "numberResults": 1,
        "ttl": DEFAULT_TTL_SECONDS,
    }
    assert found.quoted == 1_200_000
    assert "2026-09-24" in found.warnings[0]


def test_catalogue_name_is_translated() -> None:
    found = plan("sora-2-pro", {"prompt": "a cat", "size": "1792x1024", "seconds": 8.0, "count": 2})
    assert (found.body["width"], found.body["height"], found.body["duration"]) == (1792, 1024, 8)
    assert (found.count, found.body["numberResults"], found.quoted) == (2, 1, 8_000_000)


def test_image_decides_the_size_on_runware() -> None:
    found = plan("sora-2", {"prompt": "a cat", "image": IMAGE})
    assert found.body["inputs"] == {"frameImages": [IMAGE]}
    assert not {"width", "height"} & set(found.body)
    assert found.quoted == 400_000  # one rate for all sizes
    assert plan("sora-2-pro", {"prompt": "a cat", "image": IMAGE}).quoted is None


def test_offering_may_have_a_cadence_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue.models()["sora-2"]
    [*_, offering] = known["offerings"]
    asked = {"prompt": "ab"}
    usual = plan("sora-2", asked, "runcomfy")
    assert (usual.usual_seconds, usual.look_up_growth) == (120, 20)
    other = {**known, "offerings": [{**offering, "usual_seconds": 90, "look_up_growth": 25}]}
    monkeypatch.setattr(catalogue, "models", lambda: {"sora-2": other})
    for model in ("sora-2", f"runcomfy/{offering['id']}"):
        found = plan(model, asked)
        assert (found.usual_seconds, found.look_up_growth) == (90, 25)


@pytest.mark.parametrize("model", [PRO, "runninghub/acme/new", "runninghub/workflow/1"])
def test_provider_that_calls_is_not_looked_up_by_growth(model: str) -> None:
    assert plan(model, NATIVE if model == PRO else {}).look_up_growth is None


def test_image_with_size_has_no_eligible_offering_and_says_why() -> None:
    found = problems("sora-2", {"prompt": "a cat", "image": IMAGE, "size": "1280x720"})
    assert {problem.code for problem in found} == {"no_eligible_offering"}
    official = "runninghub (rhart-video-s-official"
    assert [(problem.field, problem.message) for problem in found] == [
        ("input.size", "runware (openai:3@1) can't take size together with image, which decides it"),
        ("input.image", f"{official}/text-to-video) takes no image"),
        ("input.size", f"{official}/image-to-video) takes no size"),
        ("input.image", "runcomfy (openai/sora-2/text-to-video) takes no image"),
    ]


def test_provider_that_has_only_ways_that_need_more_says_what_they_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = catalogue.models()["sora-2-pro"]
    offerings = [each for each in known["offerings"] if each.get("needs")]
    monkeypatch.setattr(catalogue, "models", lambda: {"sora": {**known, "offerings": offerings}})

    found = problems("sora", {"prompt": "a cat"})

    assert [problem.message for problem in found] == [
        "runninghub (rhart-video-s-official/image-to-video-pro) needs image",
        "runcomfy (openai/sora-2/pro/image-to-video) needs image",
    ]


@pytest.mark.parametrize("image", IMAGES)
def test_image_may_be_given_in_several_ways(image: str) -> None:
    assert plan("sora-2", {"prompt": "a cat", "image": image}).body["inputs"] == {"frameImages": [image]}


def test_every_offering_says_why_it_can_not_run_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue.models()["sora-2-pro"]
    first = known["offerings"][0]
    offerings = [first, {**first, "id": "openai:3@1", "exclusive": []}, {**first, "id": "bfl:7@1"}]
    monkeypatch.setattr(catalogue, "models", lambda: {"sora": {**known, "offerings": offerings}})

    found = problems("sora", {"prompt": "a cat", "image": IMAGE, "size": "1792x1024"})

    said = [(problem.field, problem.message.partition(":")[0].partition(" can")[0]) for problem in found]
    assert {problem.code for problem in found} == {"no_eligible_offering"}
    assert said[0] == ("input.size", "runware (openai")
    for air in ("openai:3@2", "openai:3@1", "bfl:7@1"):
        assert any(f"runware ({air})" in problem.message for problem in found)


@pytest.mark.parametrize(
    ("given_input", "wrong"),
    [
        ({}, ["input.prompt"]),
        ({"prompt": "a"}, ["input.prompt"]),
        ({"prompt": "a" * 6001}, ["input.prompt"]),
        ({"prompt": "ab", "seconds": 5}, ["input.seconds"]),
        ({"prompt": "ab", "seconds": "8"}, ["input.seconds"]),
        ({"prompt": "ab", "size": "1920x1080"}, ["input.size"]),
        ({"prompt": "ab", "count": 5}, ["input.count"]),
        ({"prompt": "ab", "count": 0}, ["input.count"]),
        ({"prompt": "ab", "count": True}, ["input.count"]),
        ({"prompt": "ab", "image": "file:///etc/passwd"}, ["input.image"]),
        ({"prompt": "ab", "seed": 1}, ["input.seed"]),
        ({"prompt": 1, "sec": 4, "count": 9}, ["input.prompt", "input.sec", "input.count"]),
    ],
)
def test_wrong_input_of_a_catalogue_name_lists_every_problem(
    given_input: dict[str, Any], wrong: list[str]
) -> None:
    assert fields("sora-2", given_input) == wrong


def test_unknown_name_suggests_close_ones_and_shows_native_ids() -> None:
    [problem] = problems("sora2-pro", {"prompt": "ab"})
    assert problem.field == "model"
    assert problem.allowed == ["sora-2-pro", "sora-2"]
    assert "runware/openai:3@2" in problem.message
    assert "runninghub/rhart-video-s-official/text-to-video-pro" in problem.message
    assert "runcomfy/openai/sora-2/pro/text-to-video" in problem.message


@pytest.mark.parametrize(
    ("model", "provider", "field"),
    [
        ("acme/openai/sora-2", None, "model"),
        ("sora-2", "acme", "provider"),
        ("sora-2", ["runware", "acme"], "provider"),
        ("sora-2", "RunComfy", "provider"),
        ("sora-2", [], "provider"),
        ("sora-2", ["runware"] * 11, "provider"),
        ("sora-2", 7, "provider"),
        ("sora-2", [["x"]], "provider"),
        (PRO, "acme", "provider"),
    ],
)
def test_provider_that_is_not_supported_is_named_with_those_that_are(
    model: str, provider: Any, field: str
) -> None:
    [problem] = problems(model, {"prompt": "ab"}, provider)
    assert problem.field == field
    assert problem.allowed == ["runware", "runninghub", "runcomfy"]


@pytest.mark.parametrize("provider", [None, "runware", ["runware"], ("runware", "runware")])
def test_supported_provider_may_be_named(provider: str | Sequence[str] | None) -> None:
    assert plan("sora-2", {"prompt": "ab"}, provider).provider == "runware"
    assert plan(PRO, NATIVE, provider).provider == "runware"


NO_AIR = ["", ":", "a:", "openai", "openai:3@", "openai:3@2\n", "a:b@c d", "a:b/../c", "a:b@" + "c" * 65]


@pytest.mark.parametrize("air", [*NO_AIR, "é:1@1", 'a:"@1', "../x:1@1", "a:b@1/2", "{a}:1@1"])
def test_text_that_is_no_air_id_is_refused(air: str) -> None:
    assert fields(f"runware/{air}", {"taskType": "imageInference"}) == ["model"]


@pytest.mark.parametrize("model", ["", "x" * 201, "runware/" + "a" * 500])
def test_model_is_bounded(model: str) -> None:
    assert fields(model, {}) == ["model"]


def test_hostile_input_is_refused_before_anything_is_read() -> None:
    deep: Any = {}
    for _ in range(MAX_DEPTH + 1):
        deep = {"x": deep}
    for value in (deep, float("nan"), 10**5000, "\ud800", [0] * 30_000):
        assert fields("runware/a:b@1", {"taskType": "imageInference", "x": value})
        assert fields("sora-2", {"prompt": value})


def test_every_listed_model_can_be_read_and_its_id_is_accepted() -> None:
    for air in runware_catalogue.known_ids():
        known = runware_catalogue.find(air)
        assert known is not None
        assert known.task_type in runware_catalogue.task_types()
        if known.rule is not None:
            for name in known.rule["required"]:
                assert name in known.rule["fields"]
        assert "model" not in refused_fields(f"runware/{air}", {})


def test_listed_models_take_what_their_task_type_takes() -> None:
    listed = [runware_catalogue.find(air) for air in runware_catalogue.known_ids()]
    media = [each for each in listed if each and each.kind not in (Kind.TEXT, Kind.ANY)]
    assert len(listed) == 365
    assert all({"webhookURL", "uploadEndpoint", "deliveryMethod", "ttl"} <= each.takes for each in media)


def least(rule: Any) -> Any:
    """A value that a field's rule lets through."""
    if isinstance(rule, list):
        return rule[0]
    rule = {"type": rule} if isinstance(rule, str) else rule
    if "any_of" in rule:
        return least(rule["any_of"][0])
    return {"integer": 1, "number": 1, "string": "ab", "boolean": True, "object": {}, "array": []}[
        rule["type"]
    ]


def least_input(known: runware_catalogue.RunwareModel) -> dict[str, Any]:
    """The smallest input for the model; Sora's rules span fields."""
    rule = known.rule or {"fields": {}, "required": []}
    if rule.get("cross"):
        return dict(NATIVE)
    return {name: least(rule["fields"][name]) for name in rule["required"]}


def format_fields(rule: Any) -> Iterator[tuple[str, list[str]]]:
    """Every field, at any depth, that chooses among formats, with its choices."""
    for name, each in (rule.get("fields", {}) if isinstance(rule, Mapping) else {}).items():
        options = (
            each if isinstance(each, list) else each.get("enum", []) if isinstance(each, Mapping) else []
        )
        if "format" in name.lower() and options:
            yield name, options
        yield from format_fields(each)


def ordered_formats() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each listed model with a format it may be asked for, and each task type with those of unlisted models."""
    for air in runware_catalogue.known_ids():
        known = runware_catalogue.find(air)
        assert known is not None
        for name, options in format_fields(known.rule):
            for option in options:
                yield f"runware/{air}", {**least_input(known), name: option}, option
    for task_type in runware_catalogue.task_types():
        for option in samples.BY_FORMAT:
            body = {"taskType": task_type, "outputFormat": option}
            yield "runware/new:model@1", body, option


def reader(body: bytes) -> Read:
    return lambda start, length: body[start : start + length]


def test_every_format_that_can_be_ordered_is_accepted_for_the_kind_of_its_plan() -> None:
    """A result in the very format that was asked for is never refused after it was paid."""
    seen = set()
    for model, body, wanted in ordered_formats():
        if body.get("taskType") and plan(model, body).kind is Kind.TEXT and wanted not in ("TEXT", "JSON"):
            continue  # what makes text answers with the text itself, whatever it was asked
        sample = samples.BY_FORMAT[wanted]
        found = inspect(reader(sample), len(sample), plan(model, body).kind)
        assert found == by_name(wanted), (model, wanted)
        seen.add(wanted)
    assert seen == set(samples.BY_FORMAT)


@pytest.mark.parametrize(
    ("model", "wanted", "kind"),
    [
        ("mirelo:1@1", "MP4", Kind.AUDIO),
        ("mirelo:1@1", None, Kind.AUDIO),
        ("runware:100@1", "PNG", Kind.IMAGE),
        ("new:video@1", "mp4", Kind.VIDEO),
        ("new:video@1", "GIF", Kind.ANY),
        ("new:video@1", "something new", Kind.ANY),
        ("new:video@1", ["MP4"], Kind.ANY),
        ("vidu:4@2", "MKV", Kind.VIDEO),
        ("openai:gpt@5.5", "JSON", Kind.TEXT),
        ("runware:35@1", "PNG", Kind.ANY),
    ],
)
def test_kind_gives_way_to_a_format_of_another_kind(model: str, wanted: object, kind: Kind) -> None:
    known = runware_catalogue.find(model)
    body = least_input(known) if known else {"taskType": "videoInference"}
    found = plan(f"runware/{model}", body | ({"outputFormat": wanted} if wanted else {}))
    assert found.kind is kind


def test_data_has_a_source_and_a_date() -> None:
    for entry in catalogue.models().values():
        for part in (entry, *entry["offerings"]):
            assert part["source"].startswith("https://")
            assert len(part["date"]) == 10
    assert catalogue.runware_data()["source"]
    assert catalogue.runware_data()["date"] == "2026-10-12"
    assert "github.com/HM-RunningHub/" in catalogue.runninghub_data()["source"]
    assert catalogue.runninghub_data()["date"] == "2026-08-01"
    assert catalogue.runcomfy_data()["source"]
    assert catalogue.runcomfy_data()["date"] == "2026-11-20"


def test_receiver_side_loads_no_catalogue() -> None:
    script = (
        "import sys, framehook.providers.runware.provider; "
        "bad = sys.modules.keys() & {'framehook.catalogue', 'framehook.rules', 'pydantic', 'httpx', 'boto3'}; "
        "sys.exit(repr(bad) if bad else 0)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - the text above
    assert done.returncode == 0, done.stderr


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
OURS = ["prompt", "image", "size", "seconds", "count"]
THEIRS = ["taskType", "positivePrompt", "width", "height", "inputs", "ttl", "numberResults", "seed"]
THEIRS += ["imageUrl", "imageUrls", "duration", "nodeInfoList", "workflow", "usePersonalQueue"]
THEIRS += ["input_reference", "overrides", "workflow_api_json", "extra_data", "webhook"]
RUNWARE = ["sora-2", PRO, "runware/runware:100@1", "runware/new:1@1", "runware/vidu:4@2"]
RUNNINGHUB = [
    "runninghub/rhart-image-g-2/image-to-image",
    "runninghub/rhart-video-s/image-to-video",
    "runninghub/a/b/c",
    "runninghub/workflow/1",
    "runninghub/ai-app/1",
]
RUNCOMFY = ["runcomfy/openai/sora-2/pro/image-to-video", "runcomfy/a/b", "runcomfy/deployment/1"]


@given(
    model=st.sampled_from([*RUNWARE, *RUNNINGHUB, *RUNCOMFY]),
    given_input=st.dictionaries(st.sampled_from([*OURS, *THEIRS]) | st.text(max_size=5), JSON, max_size=6),
)
def test_any_input_is_planned_or_refused(model: str, given_input: dict[str, Any]) -> None:
    assert "count" not in refused_fields(model, given_input)
