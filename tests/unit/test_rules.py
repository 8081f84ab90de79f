"""Rules as data: what each kind of rule lets through, and what it says of what it does not."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.errors import FieldProblem
from framehook.media_references import MediaValue
from framehook.plain_json import MAX_DEPTH, MAX_INTEGER, MAX_VALUES
from framehook.rules import MAX_PROBLEMS, Rule, check, media_values
from framehook.wording import shown

PAIR = {
    "fields": {
        "width": "integer",
        "height": "integer",
        "inputs": {"fields": {"image": "string", "id": "string"}},
    },
    "cross": [
        {"together": ["width", "height"]},
        {"exactly_one": [["width", "height"], ["inputs.image"], ["inputs.id"]]},
        {"combination": ["width", "height"], "allowed": [[1280, 720], [720, 1280]]},
    ],
}


def only(rule: Rule, value: object) -> FieldProblem:
    [problem] = check(rule, value, "input")
    return problem


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("integer", [0, -3, MAX_INTEGER], [1.0, True, "1", None, [], {}]),
        ("number", [0, 1.5, 8.0], [False, "1", None]),
        ("string", ["", "é"], [1, None, []]),
        ("boolean", [True, False], [0, 1, "true"]),
        ("object", [{}, {"x": 1}, MappingProxyType({})], [[], "x", None]),
        ("array", [[], (1,)], [{}, "xs"]),
        ([5, 10], [5, 10], [7, 5.0, "5", True]),
        ([True], [True], [1, False, 1.0]),
        (["720p", None], ["720p", None], ["1080p", 0]),
        ({"type": "number", "enum": [4, 8]}, [4, 8, 8.0], [5, 8.5, "8", True]),
        ({"type": "integer", "min": 20, "max": 99}, [20, 99], [19, 100, 50.0]),
        ({"type": "number", "min": 0.5}, [0.5, 7], [0.4]),
        ({"type": "string", "min_length": 2, "max_length": 3}, ["ab", "abc"], ["a", "abcd"]),
        ({"type": "string", "pattern": "[a-z]+"}, ["abc"], ["ab1", "", "abc\n"]),
        ({"type": "array", "items": "integer", "max_items": 2}, [[], [1, 2]], [[1, 2, 3], ["a"]]),
        ({"any_of": ["integer", "string"]}, [1, "a"], [1.5, None]),
        ({"any_of": [[True], "object"]}, [True, {}], [False, 1]),
        ({}, [None, 1, [{}]], []),
        ({"fields": {"a": "integer"}, "required": ["a"]}, [{"a": 1}], [{}, {"a": "x"}, {"a": 1, "b": 2}, []]),
    ],
)
def test_rule_lets_through_what_it_says(rule: Rule, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if check(rule, value, "input")] == []
    assert [value for value in bad if not check(rule, value, "input")] == []


def test_problem_names_field_value_and_what_is_allowed() -> None:
    rule = {"fields": {"seconds": {"type": "number", "enum": [4, 8]}}}
    problem = only(rule, {"seconds": 7})
    assert (problem.field, problem.code, problem.value, problem.allowed) == (
        "input.seconds",
        "invalid_value",
        7,
        [4, 8],
    )
    assert problem.message == "must be 4 or 8, not 7"


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        ("integer", "8", 'must be an integer, not "8"'),
        ("integer", True, "must be an integer, not true"),
        ("string", None, "must be a string, not null"),
        ("string", [1], "must be a string, not an array"),
        ({"type": "integer", "min": 1, "max": 4}, 9, "must be 1 to 4, not 9"),
        ({"type": "integer", "min": 60}, 5, "must be at least 60, not 5"),
        ({"type": "string", "max_length": 2}, "abc", "must be at most 2 characters long, not 3"),
        ({"type": "string", "pattern": "x", "says": "an x"}, "y", 'must be an x, not "y"'),
        ({"any_of": ["integer", "string"]}, None, "must be an integer or a string, not null"),
        ({"any_of": [[True], "object"]}, False, "must be true or an object, not false"),
        ([True, None, 1], False, "must be true, null or 1, not false"),
        ({"fields": {"a": {}}, "required": ["a"]}, {}, "is required"),
        ({"fields": {"a": ["x", "y"]}, "required": ["a"]}, {}, 'is required: "x" or "y"'),
        (
            {"any_of": [{"media": ["png"]}, "array"]},
            7,
            "must be an https:// or s3:// URL or a data URI or an array, not 7",
        ),
    ],
)
def test_message_says_what_would_be_right(rule: Rule, value: object, message: str) -> None:
    assert only(rule, value).message == message


def test_unknown_field_suggests_names_or_lists_them() -> None:
    rule = {"fields": {"seconds": {}, "size": {}}, "hints": {"duration": "use seconds"}}
    assert only(rule, {"second": 1}).message == 'is not a field here; did you mean "seconds"?'
    assert only(rule, {"zzz": 1}).message == "is not a field here; the fields are seconds, size"
    assert only(rule, {"duration": 1}).message == "is not a field here: use seconds"
    assert only(rule, {"SIZE": 1}).allowed == ["size"]


def test_nested_problems_have_their_path() -> None:
    rule: Rule = {
        "fields": {
            "frames": {"type": "array", "items": {"any_of": ["string", {"fields": {"at": "integer"}}]}}
        }
    }
    assert check(rule, {"frames": ["a", {"at": 1}]}, "input") == []
    assert only(rule, {"frames": ["a", {"at": "x"}]}).field == "input.frames[1].at"
    assert only(rule, {"frames": [7]}).message == "must be a string or an object, not 7"


MEDIA: Rule = {
    "fields": {
        "image": {"media": ["png"], "max_mb": 1},
        "frames": {"type": "array", "items": {"media": ["jpg", "png"]}},
        "clip": {"any_of": [{"media": ["mp4"]}, {"type": "array", "items": {"media": ["mp4"]}}]},
        "text": "string",
        "more": "object",
    }
}


def test_media_values_are_found_wherever_a_media_rule_stands() -> None:
    body = {
        "image": "s3://b/1.png",
        "frames": ["https://e.com/2", "data:image/png;base64,AAAA"],
        "clip": ["s3://b/3.mp4"],
        "text": "https://e.com/4",
        "more": {"image": "https://e.com/5"},
    }
    assert check(MEDIA, body, "input") == []
    assert list(media_values(MEDIA, body, "input")) == [
        MediaValue("input.image", "s3://b/1.png", ("png",), 1024 * 1024),
        MediaValue("input.frames[0]", "https://e.com/2", ("jpg", "png"), None),
        MediaValue("input.frames[1]", "data:image/png;base64,AAAA", ("jpg", "png"), None),
        MediaValue("input.clip[0]", "s3://b/3.mp4", ("mp4",), None),
    ]


def test_lone_media_value_keeps_the_path_it_was_sent_with() -> None:
    body = {"frames": "s3://b/1.png", "clip": "s3://b/2.mp4"}
    assert [each.path for each in media_values(MEDIA, body, "input")] == ["input.frames", "input.clip"]


def test_media_in_a_choice_of_rules_says_what_is_wrong_with_it() -> None:
    assert only(MEDIA, {"clip": "https://e.com/1.png"}).message == "must be mp4, not .png"
    assert only(MEDIA, {"clip": ["https://e.com/1.png"]}).field == "input.clip[0]"


def test_problems_come_in_the_order_of_the_body() -> None:
    rule = {"fields": {"a": "integer", "b": "integer", "c": "integer"}, "required": ["c"]}
    fields = [problem.field for problem in check(rule, {"b": "", "x": 1, "a": ""}, "input")]
    assert fields == ["input.b", "input.x", "input.a", "input.c"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"width": 1280, "height": 720}, []),
        ({"inputs": {"image": "x"}}, []),
        ({"inputs": {"id": "x"}}, []),
        ({}, ["input"]),
        ({"inputs": {}}, ["input"]),
        ({"width": 1280}, ["input.height"]),
        ({"width": 1280, "height": 1280}, ["input.width"]),
        ({"width": 1280, "height": 720, "inputs": {"image": "x"}}, ["input.inputs.image"]),
        ({"inputs": {"image": "x", "id": "y"}}, ["input.inputs.id"]),
        ({"height": 720, "inputs": {"id": "y"}}, ["input.width", "input.inputs.id"]),
        ({"inputs": 3, "width": 1280, "height": 720}, ["input.inputs"]),
    ],
)
def test_cross_rules(body: dict[str, object], fields: list[str]) -> None:
    assert [problem.field for problem in check(PAIR, body, "input")] == fields


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (nested(MAX_DEPTH + 1), "too_large"),
        (nested(100_000), "too_large"),
        ([0] * (MAX_VALUES + 1), "too_large"),
        ([[0] * 200] * 200, "too_large"),
        ({str(index): {} for index in range(MAX_VALUES + 1)}, "too_large"),
        (float("nan"), "invalid_value"),
        ([float("inf")], "invalid_value"),
        ({"x": -(2**63)}, "invalid_value"),
        pytest.param({"x": 10**5000}, "invalid_value", id="huge"),
        ("\ud800", "invalid_value"),
        ({"\udfff": 1}, "invalid_value"),
        ({"n" * 201: 1}, "invalid_value"),
        ({1: 1}, "invalid_value"),
        ({"x": object()}, "invalid_value"),
        ([b"bytes"], "invalid_value"),
    ],
)
def test_what_is_not_plain_json_is_refused_by_every_rule(value: object, code: str) -> None:
    assert only({}, value).code == code


def test_large_but_plain_values_pass() -> None:
    assert check({}, nested(MAX_DEPTH - 1), "input") == []
    assert check({}, [0] * (MAX_VALUES - 1), "input") == []
    assert check({}, "x" * 10_000_000, "input") == []


def test_problems_and_quoted_values_are_bounded() -> None:
    problems = check({"fields": {"a": {}}}, {f"field{index}": 1 for index in range(5000)}, "input")
    assert len(problems) == MAX_PROBLEMS
    long = only("integer", "x" * 100_000)
    assert len(long.message) < 150
    assert len(str(long.value)) < 100
    assert len(only({"fields": {"a": {}}}, {"y" * 200: 1}).field) < 100
    assert len(only([str(index) for index in range(999)], "z").message) < 600


@pytest.mark.parametrize(
    "value", [pytest.param(10**5000, id="huge"), float("nan"), "\ud800", object(), None, {}, [], b"x"]
)
def test_any_value_can_be_shown(value: object) -> None:
    assert 0 < len(shown(value).encode()) < 100


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["width", "height", "inputs", "image", "id"]) | st.text(max_size=3), inner
        )
    ),
    max_leaves=20,
)


@given(ANY)
def test_check_takes_any_value_and_its_problems_can_be_written(value: object) -> None:
    problems = check(PAIR, value, "input")
    for problem in problems:
        json.dumps([problem.field, problem.message, problem.value, problem.allowed], allow_nan=False).encode()
    if not problems:
        json.dumps(value, allow_nan=False)
