"""What is known of models, as data with source and date, and its loading: on first use, once per container.

`models.json` holds the names users know, `runware.json`, `runninghub.json` and `runcomfy.json` what the providers' own
ids take, `formats` the file formats of results. Holds no decisions. The webhook receiver must not import this package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def models() -> Mapping[str, Any]:
    """The models by the names users know."""
    return _load("models")


@cache
def runware_data() -> Mapping[str, Any]:
    """The data behind `catalogue.runware`, which knows how to read it."""
    return _load("runware")


@cache
def runninghub_data() -> Mapping[str, Any]:
    """The data behind `catalogue.runninghub`, which knows how to read it."""
    return _load("runninghub")


@cache
def runcomfy_data() -> Mapping[str, Any]:
    """The data behind `catalogue.runcomfy`, which knows how to read it."""
    return _load("runcomfy")


def _load(name: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads((_HERE / f"{name}.json").read_bytes())
    return data
