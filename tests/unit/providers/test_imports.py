"""What the webhook receiver imports of every provider is light: it must answer within seconds even cold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import framehook
from framehook.wiring.providers import PROVIDERS

HEAVY = {"pydantic", "httpx", "boto3", "framehook.catalogue", "urllib.request"}


def test_importing_the_providers_loads_nothing_heavy() -> None:
    """In a process of its own, where nothing has been imported yet."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import framehook.wiring.providers; print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, str(Path(framehook.__path__[0]).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    loaded = set(done.stdout.split())
    assert {f"framehook.providers.{name}.provider" for name in PROVIDERS} <= loaded
    assert not HEAVY & loaded
