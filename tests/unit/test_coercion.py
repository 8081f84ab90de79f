"""Values put into the types that rules want: only where nothing is lost, and never twice differently."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.coercion import fitted
from framehook.rules import Rule, check


@pytest.mark.parametrize(
    ("rule", "value", "sent"),
    [
        (["4", "8"], 8, "8"),
        (["4", "8"], 8.0, "8"),
        (["0.5", "1"], 0.5, "0.5"),
        (["-1", "4"], -1, "-1"),
        (["true", "false"], True, "true"),
        (["true", "false"], False, "false"),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("integer", "-7", -7),
        ("integer", 8.0, 8),
        ({"type": "integer", "min": 3}, "10", 10),
        ({"type": "integer", "enum": [4, 8]}, 8.0, 8),
        ({"type": "integer", "enum": [4, 8]}, "8", 8),
        ("number", "7", 7),
        ("number", "-0.25", -0.25),
        ({"type": "array", "items": "string"}, "a", ["a"]),
        ({"type": "array", "items": ["4", "8"]}, [4, "8"], ["4", "8"]),
        ({"fields": {"a": ["1"]}}, {"a": 1, "b": 1}, {"a": "1", "b": 1}),
    ],
)
def test_value_gets_the_type_that_its_rule_wants(rule: Rule, value: Any, sent: Any) -> None:
    found = fitted(rule, value)
    assert (found, type(found)) == (sent, type(sent))


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (["4", "8"], 5),
        (["4", "8"], 8.5),
        (["4", "8"], "08"),
        (["4", "8"], None),
        (["4", "8"], True),
        (["True"], True),
        ([4, 8], "4"),
        ({"type": "integer", "enum": [4, 8]}, 8.5),
        ({"type": "integer", "enum": [4, 8]}, True),
        ([1, 2], True),
        ("boolean", 1),
        ("boolean", "True"),
        ("boolean", "yes"),
        ("integer", "1.0"),
        ("integer", "007"),
        ("integer", " 7"),
        ("integer", "٣"),
        ("integer", "1" * 30),
        ("integer", 7.5),
        ("integer", True),
        ("number", "1e3"),
        ("number", "nan"),
        ("string", 7),
        ("string", ["a"]),
        ({"media": ["png"]}, ["https://e.com"]),
        ({"type": "array", "items": "string"}, {"a": 1}),
        ({"any_of": ["integer", "string"]}, "7"),
        ({}, "7"),
    ],
)
def test_value_that_is_no_clear_case_is_left_as_it_is(rule: Rule, value: Any) -> None:
    assert fitted(rule, value) is value or fitted(rule, value) == value
    assert type(fitted(rule, value)) is type(value)


RULES: list[Rule] = [
    "integer",
    "number",
    "boolean",
    "string",
    ["1", "2", "0.5", "true", "false"],
    {"type": "array", "items": ["1", "2"]},
    {"fields": {"a": "integer", "b": "boolean"}},
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.sampled_from("12"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner),
)


@given(rule=st.sampled_from(RULES), value=VALUES)
def test_fitting_keeps_what_fits_and_is_settled_after_once(rule: Rule, value: Any) -> None:
    once = fitted(rule, value)
    assert fitted(rule, once) == once
    if not check(rule, value, "input"):
        assert once == value
    if isinstance(value, float) and not math.isinf(value) and isinstance(once, str):
        assert float(once) == value
