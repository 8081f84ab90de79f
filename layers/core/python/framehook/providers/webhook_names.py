"""Whose news a call on our webhook is, for providers that name tasks themselves and call a URL of ours for each.

The URL is secret and was made for one task; the name in the call may be news, or spoiled. Reads no bodies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from framehook.jobs import Task
from framehook.providers.contract import Report, Succeeded, UnreadableAnswer


@dataclass(frozen=True, slots=True)
class Addressee:
    """`named` is the task's name, where that is news. `misnamed`: the call has a name that can't be this task's."""

    task: Task
    named: str | None = None
    misnamed: bool = False


def addressee(
    named: str | None, strange: bool, tasks: Sequence[Task], about: Task | None, own: re.Pattern[str]
) -> Addressee:
    """`about` is the task whose URL was called. `named` is the name in the call; `strange`: one there can't be any.

    Raises UnreadableAnswer where nothing says which task it is.
    """
    task = about or next((task for task in tasks if task.id == named), None)
    if task is None:
        raise UnreadableAnswer("the call does not say which task it is about")
    has_name = own.fullmatch(task.id) is not None
    if named is None or named == task.id:
        return Addressee(task, misnamed=strange and has_name)
    taken = has_name or any(other.id == named for other in tasks)
    return Addressee(task, misnamed=True) if taken else Addressee(task, named)


def result_of_misnamed(report: Report | None) -> Report:
    """A result that came to the task's own URL is the task's, even where the id has lost digits on its way, or a person
    took another one for it. Anything else is left to a look-up: raises UnreadableAnswer."""
    if not isinstance(report, Succeeded):
        raise UnreadableAnswer("the call names another task than its URL")
    return report
