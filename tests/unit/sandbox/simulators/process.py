"""The simulators as a process of their own, for tests that need real sockets."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unit.sandbox.simulators.simulation import API_KEY, COMFY_KEY, HUB_KEYS

PROJECT = Path(__file__).parents[4]


@contextmanager
def simulators(*arguments: str, speed: int = 1000) -> Iterator[dict[str, Any]]:
    """What the ready line says, by provider; the process has to end well."""
    command = [sys.executable, "-m", "tests.sandbox.simulators", "--runware-api-key", API_KEY]
    command += ["--runninghub-api-key", HUB_KEYS[0], "--runninghub-cn-api-key", HUB_KEYS[1]]
    command += ["--runcomfy-api-key", COMFY_KEY]
    command += ["--speed", str(speed), *arguments]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
