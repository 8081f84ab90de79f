"""Importing a handler has no effect, and the webhook receiver imports little: it must answer in time even cold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sample_events import EVENTS

PROJECT = EVENTS.parent
FUNCTIONS = sorted(path.parent.name for path in (PROJECT / "functions").glob("*/app.py"))
HEAVY = (
    "pydantic",
    "httpx",
    "aws_lambda_powertools.event_handler",
    "framehook.catalogue",
    "framehook.requests",
)

# An environment and clients that our own code must not touch; libraries may look at the environment as they like.
WATCHED_IMPORT = """
import collections.abc, importlib, os, sys
import boto3

def refused(*_args, **_named):
    raise AssertionError("a client was built by an import")

boto3.client = boto3.resource = boto3.Session = boto3.session.Session = refused

class Watched(collections.abc.MutableMapping):
    def __init__(self, held): self.held = held
    def __getitem__(self, key): reading(); return self.held[key]
    def __iter__(self): reading(); return iter(self.held)
    def __len__(self): return len(self.held)
    def __setitem__(self, key, value): self.held[key] = value
    def __delitem__(self, key): del self.held[key]

def reading():
    caller = sys._getframe(2)
    while caller.f_globals["__name__"] in ("os", "collections.abc"):
        caller = caller.f_back
    name = caller.f_globals["__name__"]
    if name.split(".")[0] in ("framehook", "functions"):
        raise AssertionError(name + " read the environment at import")

os.environ = os.environb = Watched(dict(os.environ))
sys.path[:0] = sys.argv[2:]
importlib.import_module(sys.argv[1])
print(*sys.modules, sep="\\n")
"""


def run_import(module: str, *places: Path) -> subprocess.CompletedProcess[str]:
    """Imports the module in a fresh interpreter with an empty environment; prints what was loaded."""
    command = [sys.executable, "-c", WATCHED_IMPORT, module, *map(str, places)]
    return subprocess.run(command, env={}, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def imported(function: str) -> set[str]:
    done = run_import(f"functions.{function}.app", PROJECT, PROJECT / "layers" / "core" / "python")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "line",
    [
        "import os; os.environ['PATH']",
        "import os; os.environ.get('TABLE')",
        "import os; os.getenv('TABLE')",
        "import os; dict(os.environ)",
        "import boto3; boto3.client('sqs')",
        "from boto3 import Session; Session()",
    ],
)
def test_watch_notices_an_import_with_effects(tmp_path: Path, line: str) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "careless.py").write_text(line, encoding="utf-8")
    assert "AssertionError" in run_import("functions.careless", tmp_path).stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_importing_a_handler_has_no_effect(function: str) -> None:
    assert f"functions.{function}.app" in imported(function)


def test_webhook_receiver_imports_nothing_heavy() -> None:
    assert not imported("receive_webhook") & set(HEAVY)


@pytest.mark.parametrize("function", ["land_output", "publish_change", "sweep_overdue"])
def test_function_without_http_calls_imports_no_http_client(function: str) -> None:
    assert "httpx" not in imported(function)
