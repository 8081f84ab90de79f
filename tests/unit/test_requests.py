"""Requests: every wrong field is named, nothing unknown passes, and equal requests have one fingerprint."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.errors import FieldProblem, InvalidRequest, UnreadableRequest
from framehook.requests import (
    JobMessage,
    JobRequest,
    ResolveRequest,
    check_owner,
    fingerprint,
    parse,
    parse_json_object,
)

ASKED: dict[str, Any] = {"model": "sora-2-pro", "input": {"prompt": "a fox", "seconds": 4}}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=20,
)


def problems(body: dict[str, Any], kind: type[JobRequest] = JobRequest) -> tuple[FieldProblem, ...]:
    with pytest.raises(InvalidRequest) as invalid:
        parse(kind, body)
    return invalid.value.problems


def test_smallest_request_has_defaults() -> None:
    request = parse(JobRequest, ASKED)
    assert (request.provider, request.metadata) == (None, {})


def test_several_problems_are_all_named() -> None:
    wrong = {"model": "", "input": [], "colour": "red"}
    assert [problem.field for problem in problems(wrong)] == ["model", "input", "colour"]


def test_message_takes_owner_and_key_where_http_does_not() -> None:
    more = {**ASKED, "owner": "ada", "idempotency_key": "k"}
    assert parse(JobMessage, more).owner == "ada"
    assert [problem.code for problem in problems(more)] == ["unknown_field", "unknown_field"]


@pytest.mark.parametrize("name", ["callback_url", "max_cost_usd"])
def test_feature_that_does_not_exist_yet_is_refused_with_a_word(name: str) -> None:
    (problem,) = problems({**ASKED, name: "x"})
    assert problem.code == "not_supported_yet"
    assert "not supported yet" in problem.message


@pytest.mark.parametrize("count", [20, 21])
def test_metadata_has_at_most_20_entries(count: int) -> None:
    body = {**ASKED, "metadata": {str(number): "x" for number in range(count)}}
    if count <= 20:
        assert len(parse(JobRequest, body).metadata) == count
    else:
        assert problems(body)[0].field == "metadata"


@pytest.mark.parametrize("value", [True, "8", 8.5, None])
def test_values_are_not_converted(value: object) -> None:
    """What looks like a number stays what it is: the model's own rules decide."""
    assert parse(JobRequest, {**ASKED, "input": {"x": value}}).input == {"x": value}
    assert problems({**ASKED, "model": 7})[0].value == 7


def test_long_value_is_shown_shortened() -> None:
    (problem,) = problems({**ASKED, "model": "x" * 10_000})
    assert problem.value == "x" * 200


def test_resolve_action_names_the_choices() -> None:
    with pytest.raises(InvalidRequest) as invalid:
        parse(ResolveRequest, {"action": "retry"})
    assert "resend" in str(invalid.value.problems[0].allowed)


@given(json_values)
def test_any_json_value_is_read_or_refused(value: object) -> None:
    body = {**ASKED, "input": value, "metadata": value, "provider": value, "model": value}
    with pytest.raises(InvalidRequest) as invalid:
        parse(JobRequest, body)
    shown = [
        [problem.field, problem.message, problem.value, problem.allowed] for problem in invalid.value.problems
    ]
    json.dumps(shown, allow_nan=False)


@given(st.text(st.characters()))
def test_any_text_is_an_object_or_unreadable(text: str) -> None:
    with contextlib.suppress(UnreadableRequest):
        assert isinstance(parse_json_object(text), dict)


def test_unreadable_never_shows_the_body() -> None:
    with pytest.raises(UnreadableRequest) as unreadable:
        parse_json_object('{"secret-prompt": ')
    assert "secret" not in str(unreadable.value)


def test_fingerprint_ignores_the_order_of_keys_and_who_asks() -> None:
    one = parse(JobRequest, ASKED)
    other = parse(
        JobMessage, {"input": {"seconds": 4, "prompt": "a fox"}, "model": "sora-2-pro", "owner": "ada"}
    )
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "other"},
        {"input": {"prompt": "a fox", "seconds": 8}},
        {"provider": "runware"},
        {"metadata": {"a": "b"}},
    ],
)
def test_fingerprint_tells_requests_apart(changed: dict[str, Any]) -> None:
    assert fingerprint(parse(JobRequest, ASKED)) != fingerprint(parse(JobRequest, {**ASKED, **changed}))


@pytest.mark.parametrize("owner", ["a", "Ada.L_9-x", "0", "x" * 64])
def test_owner_usable_is_kept(owner: str) -> None:
    assert check_owner(owner) == owner


@pytest.mark.parametrize("owner", ["", ".a", "-a", "a/b", "a b", "a..b", "x" * 65, "ä", "a\n"])
def test_owner_unusable_is_named(owner: str) -> None:
    with pytest.raises(InvalidRequest) as invalid:
        check_owner(owner)
    assert invalid.value.problems[0].field == "owner"
