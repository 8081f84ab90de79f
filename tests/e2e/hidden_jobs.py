"""Jobs that their provider took, while nothing tells us so: a person finds them on its site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.e2e.user import User, eventually, unique_prompt, video

# What hides an accepted call from us: that of RunComfy, which never calls, is in its own tests.
type Fault = tuple[str, int | None, Mapping[str, object]]
HIDES: Mapping[str, Sequence[Fault]] = {
    "runware": [
        ("accept_then_timeout", 1, {"mode": "cut"}),
        ("webhook_drop", None, {}),
        ("upload_never", None, {}),
        ("lookup_empty", None, {}),
    ],
    "runninghub": [("accept_then_timeout", 1, {"mode": "cut"}), ("webhook_drop", None, {})],
}
NAMED = {"runware": "taskUUID", "runninghub": "taskId"}  # in their simulators' books


@dataclass(frozen=True)
class HiddenJob:
    """One that its provider took, while nothing tells us so; `faults` are the rules that hide it."""

    id: str
    prompt: str
    faults: Mapping[str, str]


def submit_hidden(user: User) -> Mapping[str, HiddenJob]:
    """One at each provider. Each takes more than a minute of doubt until it is parked."""
    jobs = {}
    for provider, faults in HIDES.items():
        prompt = unique_prompt()
        rules = {
            name: user.fault(name, prompt, times, provider, **options) for name, times, options in faults
        }
        job_id = user.submit(video(prompt) | {"provider": provider})["id"]
        jobs[provider] = HiddenJob(job_id, prompt, rules)
    # Runware is sent the same task again, and would know it.
    again = jobs["runware"].prompt
    eventually(lambda: user.accepted("runware", again) or None)
    user.fault("reject", again, None, "runware", status=500)
    return jobs
