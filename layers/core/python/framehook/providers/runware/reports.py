"""What an answer of Runware's says of our tasks: its results and errors by task, and of all that it tells of one task
a single report. Reads no bodies.
"""

from __future__ import annotations

from collections.abc import Sequence

from framehook.providers.contract import Failed, Report, StillRunning, Succeeded
from framehook.providers.runware.answers import Answer, report_of, task_id_of
from framehook.providers.runware.errors import RunwareError, RunwareMeaning, meaning_of

_OK = 200


def results(answer: Answer, task_ids: Sequence[str], nameless: str | None = None) -> dict[str, Report]:
    """One report per task that the answer shows. Results without a UUID belong to the task `nameless`, if to any."""
    known = {task_id.lower(): task_id for task_id in task_ids}
    reports: list[Report] = []
    for item in answer.items:
        named = task_id_of(item)
        task_id = known.get(named) if named else nameless
        if task_id is None:
            continue
        report = report_of(item, task_id)
        if named or isinstance(report, Succeeded):
            reports.append(report)
    return {report.task_id: report for report in one_each(reports)}


def errors_of(
    answer: Answer, task_ids: Sequence[str], nameless: str | None = None
) -> list[tuple[RunwareError, str, RunwareMeaning]]:
    """The errors that are about our tasks, each with its task and meaning."""
    known = {task_id.lower(): task_id for task_id in task_ids}
    found = []
    for error in answer.errors:
        task_id = known.get(error.task_id) if error.task_id else nameless
        if task_id is not None:
            found.append((error, task_id, meaning_of(error.code, _OK)))
    return found


def one_each(reports: Sequence[Report]) -> list[Report]:
    """One report per task. A result beats all else; a task that runs has not failed."""
    merged: dict[str, Report] = {}
    for report in reports:
        seen = merged.get(report.task_id)
        if isinstance(seen, Succeeded) and isinstance(report, Succeeded):
            merged[report.task_id] = _joined(seen, report)
        elif seen is None or _rank(report) > _rank(seen):
            merged[report.task_id] = report
    return list(merged.values())


def _rank(report: Report) -> int:
    return (Failed, StillRunning, Succeeded).index(type(report))


def _joined(one: Succeeded, other: Succeeded) -> Succeeded:
    """Several results of one task; the same one told twice counts once."""
    new = tuple(file for file in other.files if file not in one.files)
    if not new:
        return one
    cost = one.cost if other.cost is None else other.cost + (one.cost or 0)
    return Succeeded(one.task_id, (*one.files, *new), one.seed, one.video_id, cost)
