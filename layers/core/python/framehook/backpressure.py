"""The gate of a provider: closed for a while after a refusal for now, then opened by one probe. Pure.

The gate spares calls that would be refused; it is never what keeps a job from being paid twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from framehook.due_times import LONGEST_REST, SECOND, refusal_back_off
from framehook.ports import Gate
from framehook.providers.contract import Accepted, Refused, RefusedForNow, Unknown, Verdict

_PROBE_PAUSE = 5 * SECOND  # a probe is answered within seconds
_MOST_UNKNOWN = 3


def closed_until(gate: Gate, now: int) -> int | None:
    """When a job may try, or look whether the one that tries for all has had its answer; None: now."""
    if gate.closed_until > now:
        return gate.closed_until
    return min(gate.probe_until, now + _PROBE_PAUSE) if gate.failures and gate.probe_until > now else None


def probe(gate: Gate, now: int, lease: int) -> Gate | None:
    """The gate while one job tries it; None when nobody has to."""
    return replace(gate, probe_until=now + lease) if gate.failures else None


def after(gate: Gate, verdicts: Iterable[Verdict], now: int, fraction: float) -> Gate:
    """The gate after a call: open again once the provider decided about a task, closed longer after each refusal in a
    row, and after several calls in a row that nobody knows the outcome of: each costs a minute of everybody's time, and
    may cost a person's decision."""
    seen = list(verdicts)
    if any(isinstance(verdict, Accepted | Refused) for verdict in seen):
        return Gate(version=gate.version) if gate.failures or gate.unknowns else gate
    refusals = [verdict for verdict in seen if isinstance(verdict, RefusedForNow)]
    is_unknown = any(isinstance(verdict, Unknown) for verdict in seen)
    if not refusals and not is_unknown:
        return gate
    unknowns = gate.unknowns + is_unknown
    if not refusals and not gate.failures and unknowns < _MOST_UNKNOWN:
        return replace(gate, unknowns=unknowns)
    asked = max((int((verdict.retry_after or 0) * SECOND) for verdict in refusals), default=0)
    wait = max(refusal_back_off(gate.failures, fraction), min(asked, LONGEST_REST))
    return Gate(now + wait, gate.failures + 1, unknowns=unknowns, version=gate.version)
