"""Reads how much processor time the functions of a local stack have used, from the processes that they run in.

By Linux's /proc: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. Elsewhere there is nothing to read.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
# Fields of /proc/<pid>/stat after the name, which is in brackets and may hold spaces.
USER, SYSTEM = 11, 12

type Snapshot = Mapping[tuple[int, str], float]


def snapshot(endpoint_url: str) -> Snapshot:
    """Seconds used so far by each process, with its function's name, of the stack that is reached at this URL."""
    return dict(_processes(endpoint_url))


def spent(before: Snapshot, after: Snapshot) -> Mapping[str, float]:
    """Seconds between the two, by function."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for process, used in after.items():
        seconds[process[1]] += used - before.get(process, 0.0)
    return seconds


def _processes(endpoint_url: str) -> Iterator[tuple[tuple[int, str], float]]:
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is somebody else's
            variables = dict(
                entry.partition("=")[::2]
                for entry in (folder / "environ").read_text(errors="replace").split("\0")
            )
            name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
            if name and variables.get("AWS_ENDPOINT_URL") == endpoint_url:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks = int(fields[USER]) + int(fields[SYSTEM])
                yield (int(folder.name), name), ticks / os.sysconf("SC_CLK_TCK")
