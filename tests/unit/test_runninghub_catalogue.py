"""The rule data of RunningHub's endpoints: complete, readable, and every rule does what rules are for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from framehook import catalogue
from framehook.catalogue import runninghub
from framehook.errors import FieldProblem, InvalidRequest
from framehook.jobs import Kind
from framehook.media_references import FAMILIES
from framehook.offerings import plan
from framehook.rules import Rule, check, spelled_out

# The two public lists have 299 and 394 endpoints, 396 together; of these four are delisted, and four have no
# parameters in either. Two of the delisted ones are also known by the paths that they had before.
IN_EITHER_LIST = 396
DELISTED_IN_THE_LISTS = 4
FORMER_PATHS = 2
WITHOUT_PARAMETERS = {
    "kling-v3.0-4k/motion-control",
    "rhart-image/f-dev",
    "rhart-image/f-dev-lora",
    "rhart-video/ltx-2/text-to-video-lora",
}
ONLY_IN_THE_OLDER_LIST = {"cinematic-video-generator", "skyreels-v4/omni-reference"}
# "any": what their names and the list's word for them do not agree on
KINDS = {"video": 211, "image": 89, "text": 47, "audio": 20, "3d": 16, "any": 9}
PARAMETERS = 2228

ENDPOINTS = sorted(runninghub.known_endpoints())
CHECKED = sorted(set(ENDPOINTS) - WITHOUT_PARAMETERS)
SORA = "rhart-video-s-official"


def rule_of(endpoint: str) -> Mapping[str, Any]:
    found = runninghub.find(endpoint)
    assert found is not None
    assert found.rule is not None
    return found.rule


def sample(rule: Rule, *, most: bool = False) -> Any:
    """A value that a rule of the data lets through: its least, or its greatest."""
    rule = spelled_out(rule)
    if "any_of" in rule:
        return sample(rule["any_of"][-1 if most else 0], most=most)
    if "enum" in rule:
        return rule["enum"][-1 if most else 0]
    if "media" in rule:
        return f"s3://bucket/inputs/ada/0.{rule['media'][-1 if most else 0]}"
    if rule["type"] == "array":
        return [sample(rule["items"], most=most)] * (rule.get("max_items", 1) if most else 1)
    return scalar(rule, most)


def scalar(rule: Mapping[str, Any], most: bool) -> Any:
    if rule["type"] == "string":
        return "x" * (rule.get("max_length", 9) if most else rule.get("min_length", 1))
    if rule["type"] == "boolean":
        return most
    number = rule.get("max" if most else "min", rule.get("min", 0))
    return float(number) if rule["type"] == "number" else number


def refused(endpoint: str, body: Mapping[str, Any]) -> list[FieldProblem]:
    with pytest.raises(InvalidRequest) as raised:
        plan(f"runninghub/{endpoint}", body)
    return list(raised.value.problems)


def choices(endpoint: str) -> Iterator[tuple[str, list[str]]]:
    for name, rule in rule_of(endpoint)["fields"].items():
        if isinstance(rule, list):
            yield name, rule


def test_every_endpoint_of_both_lists_is_there() -> None:
    delisted = runninghub.delisted()
    assert len(ENDPOINTS) + DELISTED_IN_THE_LISTS == IN_EITHER_LIST
    assert len(delisted) == DELISTED_IN_THE_LISTS + FORMER_PATHS
    assert not set(delisted) & set(ENDPOINTS)
    assert set(ENDPOINTS) >= ONLY_IN_THE_OLDER_LIST
    assert set(delisted.values()) <= set(ENDPOINTS)


def test_endpoint_is_found_in_letters_of_any_case() -> None:
    for endpoint in (*ENDPOINTS, *runninghub.delisted()):
        assert runninghub.spelled(endpoint) == runninghub.spelled(endpoint.upper()) == endpoint
    assert runninghub.spelled("acme/unheard-of") is None


def test_kinds_and_parameters_are_those_of_the_lists() -> None:
    models = {endpoint: runninghub.find(endpoint) for endpoint in ENDPOINTS}
    assert Counter(each.kind.value for each in models.values() if each) == KINDS
    assert {name for name, each in models.items() if each and each.rule is None} == WITHOUT_PARAMETERS
    assert sum(len(rule_of(endpoint)["fields"]) for endpoint in CHECKED) == PARAMETERS


def test_type_traps_are_kept_per_model() -> None:
    durations = Counter(type(rule_of(endpoint)["fields"].get("duration")).__name__ for endpoint in CHECKED)
    switches = [
        (endpoint, name) for endpoint in CHECKED for name, options in choices(endpoint)
        if set(options) == {"true", "false"}
    ]  # fmt: skip
    assert durations["list"] > 100  # choices of texts
    assert durations["dict"] > 25  # ranges of integers
    assert len(switches) == 24
    assert len({name for _, name in switches}) > 1


@pytest.mark.parametrize("most", [False, True])
@pytest.mark.parametrize("endpoint", CHECKED)
def test_rule_takes_a_body_made_from_itself(endpoint: str, most: bool) -> None:
    rule = rule_of(endpoint)
    names = rule["fields"] if most else rule["required"]
    body = {name: sample(rule["fields"][name], most=most) for name in names}
    found = plan(f"runninghub/{endpoint}", body)
    assert (found.provider, found.offering, found.count) == ("runninghub", endpoint, 1)
    assert (found.body, [each for each in found.warnings if "not checked" in each]) == (body, [])
    assert json.loads(json.dumps(found.body)) == body
    stored = [each.value for each in found.media]
    assert len(stored) == json.dumps(body).count("s3://")
    assert all(each.max_bytes for each in found.media)


@pytest.mark.parametrize("endpoint", CHECKED)
def test_unknown_field_is_refused_with_a_suggestion(endpoint: str) -> None:
    rule = rule_of(endpoint)
    body = {name: sample(rule["fields"][name]) for name in rule["required"]}
    for name in rule["fields"]:
        [problem] = refused(endpoint, {**body, f"{name}_": 1})
        assert (problem.field, problem.code) == (f"input.{name}_", "unknown_field")
        assert name in problem.allowed


@pytest.mark.parametrize("endpoint", CHECKED)
def test_required_fields_are_asked_for(endpoint: str) -> None:
    rule = rule_of(endpoint)
    if rule["required"]:
        found = refused(endpoint, {})
        assert [problem.field for problem in found] == [f"input.{name}" for name in rule["required"]]
        assert {problem.code for problem in found} == {"missing_field"}


@pytest.mark.parametrize("endpoint", CHECKED)
def test_choice_takes_its_options_only(endpoint: str) -> None:
    rule = rule_of(endpoint)
    body = {name: sample(rule["fields"][name]) for name in rule["required"]}
    for name, options in choices(endpoint):
        assert len(set(options)) == len(options) > 0
        [problem] = refused(endpoint, {**body, name: "no such option"})
        assert (problem.field, problem.allowed) == (f"input.{name}", options)


@pytest.mark.parametrize("endpoint", CHECKED)
def test_every_field_refuses_a_value_of_another_kind(endpoint: str) -> None:
    """An object fits nowhere, and what no field takes is said of that field alone."""
    rule = rule_of(endpoint)
    body = {name: sample(rule["fields"][name]) for name in rule["required"]}
    for name in rule["fields"]:
        [problem] = refused(endpoint, {**body, name: {}})
        assert problem.field == f"input.{name}"
        assert problem.message.startswith("must be ")


@pytest.mark.parametrize("endpoint", sorted(WITHOUT_PARAMETERS))
def test_endpoint_without_parameters_in_the_lists_takes_anything(endpoint: str) -> None:
    found = plan(f"runninghub/{endpoint}", {"anything": [1]})
    assert found.body == {"anything": [1]}
    assert "its fields are unknown" in found.warnings[0]
    assert found.kind in (Kind.IMAGE, Kind.VIDEO)


@pytest.mark.parametrize(
    ("endpoint", "fields", "required"),
    [
        ("text-to-video-pro", {"duration": "4 8 12 16 20", "size": "all six"}, "prompt size duration"),
        ("text-to-video", {"duration": "4 8 12", "size": "720x1280 1280x720"}, "prompt size duration"),
        ("image-to-video", {"duration": "4 8 12"}, "prompt duration imageUrl"),
        (
            "image-to-video-pro",
            {"duration": "4 8 12 16 20", "resolution": "720p 1080p"},
            "prompt resolution duration imageUrl",
        ),
        ("image-to-video-realistic", {"duration": "4 8 12"}, "prompt duration imageUrl"),
    ],
)
def test_official_sora_endpoints_are_as_their_pages_say(
    endpoint: str, fields: dict[str, str], required: str
) -> None:
    rule = rule_of(f"{SORA}/{endpoint}")
    six = "720x1280 1280x720 1024x1792 1792x1024 1080x1920 1920x1080"
    assert rule["required"] == required.split()
    assert dict(choices(f"{SORA}/{endpoint}")) == {
        name: options.replace("all six", six).split() for name, options in fields.items()
    }
    image = rule["fields"].get("imageUrl", {})
    assert (image.get("media"), image.get("max_mb")) in ((None, None), (("jpg", "png"), 10))


def test_other_sora_endpoints_are_as_their_pages_say() -> None:
    fields = {name: rule_of(name)["fields"] for name in ENDPOINTS if name.startswith("rhart-video-s/")}
    assert sorted(name.partition("/")[2] for name in fields) == [
        "image-to-video",
        "image-to-video-asyn",
        "sora-upload-character",
        "text-to-video",
    ]
    assert fields["rhart-video-s/image-to-video"]["imageUrl"]["max_mb"] == 50
    assert fields["rhart-video-s/image-to-video-asyn"]["imageUrl"]["max_mb"] == 10
    assert fields["rhart-video-s/text-to-video"]["duration"] == ["10", "15"]
    assert fields["rhart-video-s/text-to-video"]["prompt"]["max_length"] == 4000
    clip = rule_of(f"{SORA}/sora-upload-character")["fields"]
    assert (clip["videoUrl"]["media"], clip["videoUrl"]["max_mb"]) == (("mp4",), 100)
    assert (clip["name"]["min_length"], clip["name"]["max_length"]) == (1, 80)


def test_formats_that_no_list_names_are_those_of_the_family() -> None:
    accepted = rule_of("bytedance/doubao-seed-audio-1.0")["fields"]["image_url"]["media"]
    assert accepted == FAMILIES["image"]


def test_text_may_be_empty_where_the_list_has_an_empty_choice() -> None:
    options = rule_of("bytedance/doubao-seed-tts-2.0")["fields"]["explicit_language"]
    assert options[:2] == ["", "zh-cn"]


def test_data_holds_no_sentences() -> None:
    """Facts only: keys, types, limits and choices; nobody's descriptions."""
    text = json.dumps(catalogue.runninghub_data()["models"])
    assert text.isascii()
    assert not check({"fields": dict.fromkeys(ENDPOINTS, "string")}, json.loads(text), "models")
