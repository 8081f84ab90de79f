"""Where the sandbox keeps its files: one folder per running stack, so that several can run side by side.

Only paths, and the lock that says whether a stack is running in a folder; starts nothing.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = PROJECT / ".venv"


class AlreadyRunningError(Exception):
    """Another process holds this workspace."""


@dataclass(frozen=True, slots=True)
class Workspace:
    folder: Path

    @classmethod
    def named(cls, name: str = "") -> Workspace:
        """The workspace of that name; without a name the one that `make up` and `make run` use."""
        return cls(PROJECT / ".sandbox" / name)

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    @property
    def scratch(self) -> Path:
        """Temporary files of the started processes; gone when they are."""
        return self.folder / "tmp"

    @property
    def stack_file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def holder_file(self) -> Path:
        """The process id of the holder; means nothing unless the workspace is held."""
        return self.folder / "holder.pid"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the workspace, with empty logs, for the block; the lock also goes when the process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(self.folder / "lock", wait=False):
            shutil.rmtree(self.logs, ignore_errors=True)
            for folder in (self.logs, self.outputs, self.scratch):
                folder.mkdir(parents=True, exist_ok=True)
            try:
                yield
            finally:
                self.stack_file.unlink(missing_ok=True)
                self.holder_file.unlink(missing_ok=True)
                shutil.rmtree(self.scratch, ignore_errors=True)

    def is_held(self) -> bool:
        if not self.folder.exists():
            return False
        try:
            with exclusive_lock(self.folder / "lock", wait=False):
                return False
        except AlreadyRunningError:
            return True


@contextmanager
def exclusive_lock(path: Path, *, wait: bool) -> Iterator[None]:
    """A lock among processes; without `wait` a taken lock is an AlreadyRunningError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise AlreadyRunningError(f"another process runs a stack in {path.parent}") from taken
        yield
