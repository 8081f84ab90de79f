"""What a person watching sees: each step's name, how long it took, and which one failed and why.

Prints; decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

from tests.sandbox.processes import ProcessFailedError

NAME_WIDTH = 58


class StepFailedError(Exception):
    """A step failed, and the person watching has been told which and why."""


@dataclass(slots=True)
class Steps:
    console: Console = field(default_factory=Console)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            with self.console.status(escape(name)):
                yield
        except ProcessFailedError as failure:
            self._report(name, str(failure))
            self.console.print(
                f"[dim]{escape(failure.excerpt())}[/dim]\n[dim]from {escape(str(failure.log))}[/dim]"
            )
            raise StepFailedError(name) from failure
        except Exception as failure:
            self._report(name, f"{type(failure).__name__}: {failure}")
            raise StepFailedError(name) from failure
        self.console.print(f"[green]✓[/green] {escape(name):<{NAME_WIDTH}} {time.monotonic() - began:5.1f} s")

    def _report(self, name: str, reason: str) -> None:
        self.console.print(f"[red]✗ {escape(name)}[/red]\n  {escape(reason)}")
