"""Child processes that never outlive the block that started them, with their output in log files.

Knows nothing of what the processes are. Each gets a session of its own, so that a Ctrl-C in the terminal
reaches only us and its whole process group can be ended.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Self

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 5.0
UNWINDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
ENDING_SIGNALS = (signal.SIGINT, *UNWINDING_SIGNALS)
EXCERPT_LINES = 30
# What a child may inherit: enough to run, nothing that could point it at a real AWS account.
INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "PYTHON", "SSL_CERT_DIR", "SSL_CERT_FILE", "USER")
INHERITED_PREFIXES = ("PIP_", "PYENV_", "XDG_")


class ProcessFailedError(Exception):
    """A child process ended badly or did not get ready; carries what its log said last."""

    def __init__(self, message: str, log: Path) -> None:
        super().__init__(message)
        self.log = log

    def excerpt(self) -> str:
        return log_tail(self.log)


def log_tail(log: Path, lines: int = EXCERPT_LINES) -> str:
    """The end of a log; empty when there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def plain_environment(**additions: str) -> dict[str, str]:
    """The environment for a child: the inherited basics and `additions`."""
    basics = {
        name: value
        for name, value in os.environ.items()
        if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    return basics | additions


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def run_to_log(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
    """Run a command to its end, its output in `log`; whatever ends the wait ends the command too."""
    with Processes() as processes:
        child = processes.start(log.stem, command, env=env, cwd=cwd, log=log)
        if code := child.popen.wait():
            raise ProcessFailedError(f"{log.stem} failed with exit code {code}", log)


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, ready: Callable[[], bool], *, timeout: float) -> None:
        """Wait for `ready`, but no longer than the process lives or `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not ready():
            if self.popen.poll() is not None:
                raise ProcessFailedError(
                    f"{self.name} ended with exit code {self.popen.returncode}", self.log
                )
            if time.monotonic() > deadline:
                raise ProcessFailedError(f"{self.name} was not ready after {timeout:.0f} s", self.log)
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process and its whole group: politely, then not."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(GRACE_SECONDS)
        self._signal(signal.SIGKILL)  # also whatever the leader left behind
        self.popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses a group of zombies
            os.killpg(self.popen.pid, number)


@dataclass(slots=True)
class Processes:
    """A context that stops what was started in it, last first."""

    _stops: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with signals_held_back():
            self._stops.close()

    def start(
        self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, log: Path
    ) -> Child:
        log.parent.mkdir(parents=True, exist_ok=True)
        with signals_held_back(), log.open("ab") as output:
            popen = subprocess.Popen(
                [str(word) for word in command],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            child = Child(name, popen, log)
            self._stops.callback(child.stop)
        return child


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Deliver signals after the block: none comes between a start and its record, or between two stops.

    By handlers, not by the signal mask: a child would inherit the mask, and then not hear SIGTERM.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python runs handlers in the main thread only
        return
    pending: list[int] = []
    previous = {number: signal.signal(number, lambda n, _: pending.append(n)) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        for raised in dict.fromkeys(pending):
            signal.raise_signal(raised)


def exit_for(number: int) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def signals_end_the_block(end: Callable[[int], NoReturn] = exit_for) -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the block like Ctrl-C does, by what `end` raises, instead of ending the process
    on the spot."""
    previous = {number: signal.signal(number, lambda n, _: end(n)) for number in UNWINDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
