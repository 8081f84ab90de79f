"""What is hidden of an input before it is shown: texts under the names of credentials, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.credential_fields import HIDDEN, names_credential, without_credentials

CREDENTIALS = (
    *("api_key_comfy_org", "apiKey", "APIKey", "API_KEY", "apikey", "x-api-key", "openai_apikey", "api keys"),
    *("hf_token", "token", "TOKEN", "accessToken", "HFToken", "token_2", "civitai.token"),
    *("client_secret", "secretKey", "secrets", "AWS_SECRET_ACCESS_KEY"),
    *("password", "dbPassword", "passwords", "Authorization", "proxy-authorization"),
)
OTHERS = (
    *("max_tokens", "maxTokens", "num_tokens", "tokens", "tokenizer", "tokenize", "detokenized"),
    *("prompt", "text", "key", "keyframes", "api", "api_version", "monkey", "secretary", "passwordless"),
    *("authorized", "unauthorized", "author", "capikey", "", "6", "\ud83d", "\u5bc6\u7801"),
)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_text_under_the_name_of_a_credential_is_hidden_at_any_depth(name: str) -> None:
    assert names_credential(name)
    value = {"a": [{"b": {name: "s"}}], name: {"of": ["s", 7, None, True]}}
    assert without_credentials(value) == {
        "a": [{"b": {name: HIDDEN}}],
        name: {"of": [HIDDEN, 7, None, True]},
    }


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_are_no_credentials(name: str) -> None:
    assert not names_credential(name)
    assert without_credentials({name: "s", "a": [{name: "s"}]}) == {name: "s", "a": [{name: "s"}]}


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("value", [512, 0.5, True, None])
def test_number_is_never_hidden(name: str, value: object) -> None:
    assert without_credentials({name: value}) == {name: value}


def test_field_of_a_node_may_be_named_in_a_value() -> None:
    def node(name: object, value: object) -> dict[str, object]:
        return {"nodeId": "6", "fieldName": name, "fieldValue": value}

    given = {"nodeInfoList": [node("api_key", "s"), node("text", "a fox"), node(7, "x"), node("token", 7)]}
    shown = {"nodeInfoList": [node("api_key", HIDDEN), node("text", "a fox"), node(7, "x"), node("token", 7)]}
    assert without_credentials(given) == shown


NAMES = st.sampled_from([*CREDENTIALS, *OTHERS, "fieldName", "fieldValue"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_shape_stays_and_hiding_twice_changes_nothing(value: Any) -> None:
    shown = without_credentials(value)
    assert same_but_for_texts(value, shown)
    if "fieldName" not in repr(value):
        assert without_credentials(shown) == shown


def same_but_for_texts(value: Any, shown: Any) -> bool:
    if isinstance(value, dict):
        return value.keys() == shown.keys() and all(
            same_but_for_texts(value[key], shown[key]) for key in value
        )
    if isinstance(value, list):
        return len(value) == len(shown) and all(map(same_but_for_texts, value, shown))
    return value == shown or (isinstance(value, str) and shown == HIDDEN)
