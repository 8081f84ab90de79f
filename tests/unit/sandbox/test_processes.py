"""Child processes end with their block, whatever ends it. These start real (tiny) processes, but nothing listens."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.sandbox.processes import (
    Processes,
    ProcessFailedError,
    free_port,
    log_tail,
    plain_environment,
    run_to_log,
    signals_end_the_block,
    signals_held_back,
)

# A child with a child of its own that would stay behind, and a note of that one's process id.
PARENT = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(grandchild.pid, flush=True)
time.sleep(60)
"""


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed orphan may wait for init as a zombie; that runs nothing.
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists()  # gone since, or a system without /proc


def test_block_that_fails_leaves_no_process_of_the_group(tmp_path: Path) -> None:
    log = tmp_path / "parent.log"

    def fail_with_a_child() -> None:
        with Processes() as processes:
            child = processes.start(
                "parent", [sys.executable, "-c", PARENT], env=plain_environment(), cwd=tmp_path, log=log
            )
            child.wait_until(lambda: log.read_text().endswith("\n"), timeout=20)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_with_a_child()
    grandchild = int(log.read_text())
    deadline = time.monotonic() + 5  # it was killed; the kernel may still be at it
    while runs(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not runs(grandchild)


def test_process_that_ends_before_it_is_ready_says_so_with_its_log(tmp_path: Path) -> None:
    with Processes() as processes:
        command = [sys.executable, "-c", "print('no room'); raise SystemExit(3)"]
        child = processes.start(
            "short", command, env=plain_environment(), cwd=tmp_path, log=tmp_path / "short.log"
        )
        with pytest.raises(ProcessFailedError, match="short ended with exit code 3") as failure:
            child.wait_until(lambda: False, timeout=20)
    assert failure.value.excerpt() == "no room"


def test_command_that_fails_names_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailedError, match="build failed with exit code 7"):
        run_to_log(
            [sys.executable, "-c", "raise SystemExit(7)"],
            env=plain_environment(),
            cwd=tmp_path,
            log=tmp_path / "build.log",
        )


def test_sigterm_unwinds_the_block() -> None:
    with pytest.raises(SystemExit) as ended, signals_end_the_block():
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code == 128 + signal.SIGTERM


def test_held_back_signal_arrives_after_the_block() -> None:
    reached = []

    def interrupted() -> None:
        with signals_held_back():
            signal.raise_signal(signal.SIGINT)
            reached.append("the end of the block")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == ["the end of the block"]


def test_environment_of_a_child_holds_no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PIP_CERT", "/certificates")
    env = plain_environment(EXTRA="1")
    assert "AWS_PROFILE" not in env
    assert (env["PIP_CERT"], env["EXTRA"]) == ("/certificates", "1")


def test_free_port_is_a_port() -> None:
    assert 1024 <= free_port() <= 65535


def test_tail_of_a_missing_log_is_empty(tmp_path: Path) -> None:
    assert log_tail(tmp_path / "none.log") == ""
