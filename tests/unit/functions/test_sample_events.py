"""The sample events: every function has some, every route is among them, and none holds a secret."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from framehook.api_description import build
from tests.sample_events import API_KEY, EVENTS, TOKEN

FUNCTIONS = sorted(path.parent.name for path in (EVENTS.parent / "functions").glob("*/app.py"))
FILES = sorted(EVENTS.glob("*/*.json"))


def test_every_function_has_sample_events() -> None:
    assert sorted({path.parent.name for path in FILES}) == FUNCTIONS


def test_every_route_has_a_sample_event() -> None:
    events = [json.loads(path.read_text(encoding="utf-8")) for path in (EVENTS / "serve_api").glob("*.json")]
    sampled = {(event["httpMethod"].lower(), event["resource"]) for event in events}
    routes = {
        (name, path) for path, part in build()["paths"].items() for name in part if name in ("get", "post")
    }
    assert routes <= sampled


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_sample_event_is_formatted_and_holds_no_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
    assert not re.search(r"AKIA|ASIA|aws_secret|Bearer|BEGIN .*KEY", text)
    keys = re.findall(r'"x-api-key": \[?\s*"([^"]+)"', text)
    assert set(keys) <= {API_KEY}
    tokens = re.findall(r"/webhooks/\w+/[0-9a-f-]{36}/[\d.]+/([\w-]+)", text)
    assert set(tokens) <= {TOKEN}
