"""Which fields of an input name a credential, and the input without what stands there. Pure.

Providers take other services' credentials in a job's input, such as `extra_data.api_key_comfy_org` of RunComfy, so the
names are all that tells them from anything else: a field that is hidden for nothing is the smaller harm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "<hidden>"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CREDENTIAL = re.compile(r"(?:.*_)?(?:api_?keys?|token|secrets?|passwords?|authorization)(?:_.*)?")


def without_credentials(value: Any) -> Any:
    """The JSON value with every text below the name of a credential hidden; a number is none."""
    return _shown(value, hidden=False)


def names_credential(name: object) -> bool:
    """Whether a word of the name is a credential's: of `hf_token` and `apiKey`, not of `max_tokens` or `tokenizer`."""
    words = _WORD.findall(name) if isinstance(name, str) else []
    return _CREDENTIAL.fullmatch("_".join(words).lower()) is not None


def _shown(value: Any, *, hidden: bool) -> Any:
    if isinstance(value, str):
        return HIDDEN if hidden else value
    if isinstance(value, Mapping):
        return {name: _shown(item, hidden=hidden or _is_one(name, value)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item, hidden=hidden) for item in value]
    return value


def _is_one(name: object, beside: Mapping[str, Any]) -> bool:
    """RunningHub's nodes have the name of a field in one of their own, and its value in another."""
    return names_credential(beside.get("fieldName") if name == "fieldValue" else name)
