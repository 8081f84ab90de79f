"""Outcomes that a prompt asks for, as in `a fox [[never]]`, for callers who cannot reach the control API."""

import re
from collections.abc import Callable

MARKER = re.compile(r"\[\[([\w-]+)\]\]")


def marked_outcome(prompt: str, is_outcome: Callable[[str], bool]) -> str | None:
    """The first outcome in it; a marker nobody knows is part of the prompt."""
    return next((name for name in MARKER.findall(prompt) if is_outcome(name)), None)
