"""Which faults a run has and how often, and the count of those that struck.

A seed draws its own few kinds of faults with rates of their own (swarm testing: groce, zhang, eide, chen, regehr, ISSTA
2012): runs in which everything fails at once find less than runs in which something fails often.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

# By chance per occasion, at a rate of 1.
AWS: Mapping[str, float] = {
    "killed before a step": 0.01,
    "killed after a step": 0.02,
    "stalled": 0.01,
    "AWS call failed": 0.03,
    "AWS reply lost": 0.03,
    "message twice": 0.15,
    "message late": 0.15,
    "delayed message lost": 0.15,
    "invocation twice": 0.1,
    "invocation late": 0.1,
    "notification lost": 0.2,
    "notification twice": 0.15,
    "notification late": 0.15,
    "index stale": 0.3,
    "stream stuck": 0.05,
    "clock skewed": 0.5,
    "API key missing": 0.03,
}
CALL: Mapping[str, float] = {
    "never sent": 0.1,
    "reply lost, not accepted": 0.15,
    "reply lost, accepted": 0.25,
    "reply lost, accepted later": 0.1,
    "reply slow": 0.2,
    "5xx, not accepted": 0.1,
    "5xx, accepted": 0.1,
    "answer garbled, accepted": 0.1,
    "refused for now": 0.3,
    "refused for good": 0.05,
}
PROVIDER: Mapping[str, float] = {
    "done before the answer": 0.15,
    "generation failed": 0.2,
    "failure taken back": 0.15,
    "look-up lost": 0.2,
    "look-up never sent": 0.1,
    "look-up garbled": 0.15,
    "look-up refused": 0.15,
    "look-up finds nothing": 0.15,
    "cancel lost": 0.2,
    "cancel too late": 0.2,
    "webhook lost": 0.3,
    "webhook twice": 0.3,
    "webhook late": 0.3,
    "webhook garbled": 0.15,
    "webhook reordered": 0.3,
    "webhook in another form": 0.3,
    "webhook forged": 0.1,
}
FILES: Mapping[str, float] = {
    "upload lost": 0.3,
    "upload truncated": 0.3,
    "upload late": 0.2,
    "upload twice": 0.2,
    "result URL expired": 0.05,
    "result URL not there yet": 0.15,
    "download failed": 0.2,
    "download truncated": 0.15,
}
PEOPLE: Mapping[str, float] = {
    "request twice": 0.3,
    "cancelled": 0.25,
    "operator is quick": 0.2,
}
RATES: Mapping[str, float] = {**AWS, **CALL, **PROVIDER, **FILES, **PEOPLE}
_SHARES = (0.1, 0.25, 0.35, 0.35, 0.5, 0.8)  # of the kinds that a run has

# Faults that have to come together to lead into the rarer corners.
_THEMES: tuple[Mapping[str, float], ...] = (
    {"reply lost, accepted": 0.6, "webhook late": 0.7, "refused for now": 0.6, "operator is quick": 0.9},
    {
        "reply lost, accepted": 0.6,
        "generation failed": 0.6,
        "webhook late": 0.3,
        "operator is quick": 0.9,
        "API key missing": 0.2,
    },
    {
        "5xx, accepted": 0.8,
        "generation failed": 0.9,
        "webhook late": 0.9,
        "look-up lost": 0.9,
        "operator is quick": 0.9,
        "refused for now": 0.4,
        "API key missing": 0.15,
    },
    {"refused for now": 0.8, "generation failed": 0.7, "cancelled": 0.3},
    {"cancelled": 0.9, "reply lost, accepted": 0.4, "cancel lost": 0.3, "generation failed": 0.4},
    {"upload lost": 0.4, "upload truncated": 0.4, "download failed": 0.3, "download truncated": 0.3},
    {"webhook lost": 1.0, "look-up finds nothing": 0.3, "look-up garbled": 0.3},
    {"failure taken back": 0.9, "webhook twice": 0.5, "webhook late": 0.3, "look-up lost": 0.3},
    {"done before the answer": 0.9, "reply slow": 0.9, "killed after a step": 0.05},
)
_WITH_A_THEME = 0.4


# What may go on for hours: an outage, a missing key, a stream that nobody gets past.
LASTING = (
    *("never sent", "refused for now", "reply lost, not accepted", "reply lost, accepted", "webhook lost"),
    *("look-up lost", "look-up refused", "API key missing", "stream stuck", "download failed"),
)


class Faults:
    """Strike as long as `on`. `struck` counts them by kind; `lasting` are those that always strike just now."""

    def __init__(self, chance: random.Random, rates: Mapping[str, float] | None = None) -> None:
        self._chance = chance
        self.rates = drawn(chance) if rates is None else dict(rates)
        self.struck: Counter[str] = Counter()
        self.lasting: Counter[str] = Counter()
        self.on = True

    def strikes(self, kind: str) -> bool:
        if self.lasting[kind] and self.on:
            self.struck[kind] += 1
            return True
        rate = self.rates.get(kind)
        if rate is None or not self.on or self._chance.random() >= rate:
            return False
        self.struck[kind] += 1
        return True

    def one_of(self, kinds: Mapping[str, float]) -> str | None:
        """The one of these kinds that strikes now, if any."""
        return next((kind for kind in kinds if self.strikes(kind)), None)


def drawn(chance: random.Random) -> dict[str, float]:
    """A run's own kinds of faults, and their rates."""
    share = chance.choice(_SHARES)
    rates = {
        kind: min(rate * chance.choice((0.5, 1, 1, 2, 3)), 0.9)
        for kind, rate in RATES.items()
        if chance.random() < share
    }
    return {**rates, **chance.choice(_THEMES)} if chance.random() < _WITH_A_THEME else rates
