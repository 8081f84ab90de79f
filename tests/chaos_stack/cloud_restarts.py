"""A local AWS that can be stopped and started again, with what it had acknowledged.

Knows nothing of jobs. Who calls it meanwhile finds nobody there.
"""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.sandbox.local_cloud import LocalCloud, start_local_cloud, wait_for_local_cloud
from tests.sandbox.processes import Child, Processes, ProcessFailedError
from tests.sandbox.workspace import Workspace

PROGRAM = Path(__file__).with_name("durable_cloud.py")
END_SECONDS = 60.0
FAILED_START = "Warm worker execution error"


class Stop(StrEnum):
    """How the local AWS is ended: told to, or by a power cut in the middle of everything."""

    TOLD = "told to end (SIGTERM)"
    POWER_CUT = "power cut (SIGKILL)"


SIGNALS = {Stop.TOLD: signal.SIGTERM, Stop.POWER_CUT: signal.SIGUSR1}


@dataclass(frozen=True, slots=True)
class Restart:
    how: Stop
    seconds: float


@dataclass(slots=True)
class RestartableCloud:
    """`start` is for `running_stack`; after it, `restart` may be called."""

    child: Child | None = None
    restarts: list[Restart] = field(default_factory=list)
    _started_with: tuple[Processes, Workspace, int, str] | None = None

    def start(
        self, processes: Processes, workspace: Workspace, port: int, reached_at: str
    ) -> tuple[LocalCloud, Child]:
        self._started_with = (processes, workspace, port, reached_at)
        disk = workspace.scratch / "s3"
        disk.mkdir(parents=True, exist_ok=True)
        (workspace.scratch / "state").mkdir(exist_ok=True)
        cloud, self.child = start_local_cloud(
            processes,
            workspace,
            port,
            reached_at,
            program=(PROGRAM,),
            PERSIST_STATE="1",
            S3_PERSIST="1",
            S3_DATA_DIR=str(disk),
        )
        return cloud, self.child

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.popen.pid

    def failed_starts(self) -> int:
        """How many calls of functions the local AWS could not even begin, by its own log."""
        assert self.child is not None
        return self.child.log.read_text(errors="replace").count(FAILED_START)

    def restart(self, how: Stop, pause: float) -> Restart:
        """Ends it, leaves everybody without it for `pause` seconds and starts it again; returns when it is ready."""
        assert self.child is not None
        assert self._started_with is not None
        began, ending = time.monotonic(), self.child
        ending.popen.send_signal(SIGNALS[how])
        _wait_for_end(ending)
        ending.stop()  # the functions that it may have left behind
        time.sleep(pause)
        cloud, child = self.start(*self._started_with)
        wait_for_local_cloud(cloud, child)
        done = Restart(how, time.monotonic() - began)
        self.restarts.append(done)
        return done


def _wait_for_end(child: Child) -> None:
    try:
        child.popen.wait(END_SECONDS)
    except subprocess.TimeoutExpired as hung:
        raise ProcessFailedError(f"{child.name} did not end", child.log) from hung
