"""Kills functions in the middle of their work: the local AWS runs each instance as a process of its own.

Linux only: an idle instance waits for its next event by reading its standard input, which /proc/<pid>/syscall shows;
anything else is work.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
READ = {"0", "63"}  # the number of read(2) on x86-64 and on arm64
STANDARD_INPUT = "0x0"
NAME_VARIABLE = b"AWS_LAMBDA_FUNCTION_NAME="
SUFFIX = "Function"
MEAN_PAUSE_SECONDS = 1.2
# An instance so young is still starting, and mostly spared: a function that dies at every start does no work to break.
YOUNG_SECONDS, SPARED = 2.5, 0.9
LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 3.0


def is_idle(syscall: str) -> bool:
    """Whether a process whose /proc/<pid>/syscall says this waits for an event."""
    words = syscall.split()
    return len(words) > 1 and words[0] in READ and words[1] == STANDARD_INPUT


def parent_of(stat: str) -> int:
    """From /proc/<pid>/stat, where the name may hold spaces and brackets."""
    return int(stat.rpartition(")")[2].split()[1])


def function_in(environment: bytes, stack_name: str) -> str | None:
    """The template's name of the function that a process with this environment is an instance of."""
    for variable in environment.split(b"\0"):
        if variable.startswith(NAME_VARIABLE):
            name = variable.removeprefix(NAME_VARIABLE).decode().removeprefix(f"{stack_name}-")
            return name.partition("-")[0].removesuffix(SUFFIX)
    return None


def instances(cloud_pid: int, stack_name: str) -> dict[int, str]:
    """The functions' processes, by their ids."""
    found = {}
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, ValueError):  # it has ended meanwhile
            if parent_of((folder / "stat").read_text()) != cloud_pid:
                continue
            name = function_in((folder / "environ").read_bytes(), stack_name)
            if name:
                found[int(folder.name)] = name
    return found


def started_at(stat: str, ticks: int) -> float:
    """Seconds after the machine's start, from /proc/<pid>/stat."""
    return int(stat.rpartition(")")[2].split()[19]) / ticks


def is_young(pid: int) -> bool:
    began = started_at((PROC / str(pid) / "stat").read_text(), os.sysconf("SC_CLK_TCK"))
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began < YOUNG_SECONDS


@dataclass(slots=True)
class FunctionKiller:
    """`run` kills until `stop` is set, never more than the `most` so far: on a busy machine everything takes longer,
    and what dies more often than it works gets nothing done. Picks a function first, so that the rare ones die too.
    """

    chance: random.Random
    cloud_pid: Callable[[], int]
    stack_name: str
    most: Callable[[], int]
    kills: Counter[str] = field(default_factory=Counter)

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self.chance.expovariate(1 / MEAN_PAUSE_SECONDS)):
            if self.kills.total() >= self.most():
                continue
            running = instances(self.cloud_pid(), self.stack_name)
            if not running:
                continue
            wanted = self.chance.choice(sorted(set(running.values())))
            spare_young = self.chance.random() < SPARED
            pids = [pid for pid, name in running.items() if name == wanted]
            self._kill_one_at_work(pids, wanted, stop, spare_young=spare_young)

    def _kill_one_at_work(
        self, pids: list[int], name: str, stop: threading.Event, *, spare_young: bool
    ) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not stop.wait(LOOK_SECONDS):
            for pid in self._at_work(pids):
                if self.chance.random() < 0.5:  # not always in the first milliseconds
                    continue
                with suppress(OSError):  # it has ended meanwhile
                    if spare_young and is_young(pid):
                        continue
                    os.kill(pid, signal.SIGKILL)
                    self.kills[name] += 1
                    return

    def _at_work(self, pids: list[int]) -> Iterator[int]:
        for pid in pids:
            with suppress(OSError):
                if not is_idle((PROC / str(pid) / "syscall").read_text()):
                    yield pid
