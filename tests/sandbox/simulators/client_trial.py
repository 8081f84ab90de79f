"""What a run of a provider's own public client needs: simulators to call, its code from a checkout, and its words."""

import importlib
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.sandbox.simulators import KEYS

SPEED = "2000"


@contextmanager
def simulator(provider: str) -> Iterator[Mapping[str, str]]:
    """Starts all of them; where to find that one."""
    command = [sys.executable, "-m", "tests.sandbox.simulators", "--speed", SPEED]
    command += [word for name in KEYS for word in (f"--{name}-api-key", secrets.token_hex(16))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())[provider]
        finally:
            process.terminate()


def loaded(folder: Path, name: str) -> Any:
    """A module of the client, imported as the client itself would."""
    sys.path.insert(0, str(folder))
    return importlib.import_module(name)


def told(call: Callable[[], Any], error: type[Exception] = RuntimeError) -> Any:
    """What the call returns, or the words of such an error."""
    try:
        return call()
    except error as raised:
        return f"{type(raised).__name__}: {raised}"
