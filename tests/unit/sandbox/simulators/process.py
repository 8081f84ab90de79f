"""The simulators as a process of their own, for tests that need real sockets."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unit.sandbox.simulators.simulation import API_KEYS

PROJECT = Path(__file__).parents[4]


@contextmanager
def simulators(*arguments: str, speed: int = 1000) -> Iterator[dict[str, Any]]:
    """What the ready line says, by provider; the process has to end well."""
    command = [sys.executable, "-m", "tests.sandbox.simulators", "--speed", str(speed), *arguments]
    command += [word for name, key in API_KEYS.items() for word in (f"--{name}-api-key", key)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
