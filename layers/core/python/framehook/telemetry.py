"""One structured line per invocation, and errors with their stack. Never the event: webhook paths hold tokens, requests
hold prompts.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger

type Handler = Callable[[Any, Any], Any]

_notes: ContextVar[dict[str, Any] | None] = ContextVar("notes", default=None)


def note(**facts: object) -> None:
    """Adds facts to this invocation's line. Ids and outcomes, never contents."""
    current = _notes.get()
    if current is not None:
        current.update(facts)


def observed(handler: Handler) -> Handler:
    """The handler, with its one line: what it did, for how long, and whether it failed."""

    @functools.wraps(handler)
    def run(event: Any, context: Any) -> Any:
        logger = _logger()
        noted: dict[str, Any] = {"request_id": getattr(context, "aws_request_id", None)}
        reset = _notes.set(noted)
        started = time.perf_counter()
        try:
            result = handler(event, context)
        except Exception:
            logger.exception("failed", extra=noted | _spent(started))
            raise
        else:
            logger.info("done", extra=noted | _spent(started))
            return result
        finally:
            _notes.reset(reset)

    return run


@functools.cache
def _logger() -> Logger:
    """Powertools' logger is named like the package, so the use cases' own loggers write through it."""
    return Logger(service="framehook")


def _spent(started: float) -> dict[str, Any]:
    return {"milliseconds": round((time.perf_counter() - started) * 1000)}
