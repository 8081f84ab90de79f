"""How a task ends: by a fault rule, by a marker in its prompt such as `[[1501]]`, or else well."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.prompt_markers import marked_outcome
from tests.sandbox.simulators.runninghub.error_codes import MESSAGES
from tests.sandbox.simulators.runninghub.tasks import FAILED, Ending, Task

NEVER = "never"
# Outcomes that are successes with other files than the model's or the graph's own.
FILES: Mapping[str, tuple[str, ...]] = {
    "no-results": (),
    "preview": ("png", "mp4"),
    "text": ("txt",),
    "json": ("json",),
    "image": ("png",),
    "video": ("mp4",),
    "audio": ("mp3",),
    "3d": ("glb",),
    "zip": ("zip",),
}
# The account of a node that failed, as ComfyUI gives it.
REASON = {
    "current_outputs": "{}",
    "exception_type": "TypeError",
    "node_name": "SONIC_PreData",
    "current_inputs": "{}",
    "traceback": '["..."]',
    "node_id": "276",
    "exception_message": "missing 2 required positional arguments: 'clip_vision' and 'vae'",
}


@dataclass(frozen=True)
class Outcome:
    """`failure` is set if it fails; otherwise it succeeds with `files`, if it ends at all."""

    files: tuple[tuple[str | None, str], ...] = ()
    failure: Ending | None = None
    ends: bool = True


def outcome_of(task: Task, faults: FaultBook) -> Outcome:
    """A rule goes before a marker."""
    rule = faults.take("outcome", task.subject)
    if rule is not None:
        return _named(str(rule.options["outcome"]), task, rule.options["message"])
    return _named(marked_outcome(task.order.prompt, is_outcome) or "success", task, None)


def is_outcome(name: str) -> bool:
    return name in FILES or name in (NEVER, "success") or name.isdecimal()


def failed(task: Task, code: int, message: str | None = None) -> Ending:
    """A failure with that code; nothing is charged for it."""
    words = message if message is not None else MESSAGES.get(code, f"error {code}")
    return Ending(FAILED, code=code, message=words, reason=REASON if task.order.runs_graph else {})


def _named(name: str, task: Task, message: str | None) -> Outcome:
    if name.isdecimal():
        return Outcome(failure=failed(task, int(name), message))
    if name in FILES:
        return Outcome(files=tuple((None, extension) for extension in FILES[name]))
    return Outcome(files=task.order.files, ends=name != NEVER)
