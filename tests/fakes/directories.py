"""Small stores in memory: provider gates, owners of API keys, secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from framehook.ports import Gate
from tests.fakes.trouble import Trouble, may_fail


class FakeGateStore:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.gates: dict[str, Gate] = {}

    @may_fail
    def get_gate(self, provider: str) -> Gate:
        return self.gates.get(provider, Gate())

    @may_fail
    def replace_gate(self, provider: str, gate: Gate, seen: Gate) -> bool:
        if self.gates.get(provider, Gate()).version != seen.version:
            return False
        self.gates[provider] = replace(gate, version=seen.version + 1)
        return True


class FakeOwnerDirectory:
    def __init__(self, owners: Mapping[str, str] | None = None) -> None:
        self.trouble = Trouble()
        self.owners = dict(owners or {})

    @may_fail
    def owner_of(self, api_key_hash: str) -> str | None:
        return self.owners.get(api_key_hash)


class FakeSecrets:
    def __init__(self, api_keys: Mapping[str, str] | None = None) -> None:
        self.trouble = Trouble()
        self.api_keys = dict(api_keys or {})
        self._kept: dict[str, str] = {}

    @may_fail
    def api_key(self, provider: str) -> str | None:
        """Kept until it is forgotten, as a container keeps it."""
        known = self._kept.get(provider) or self.api_keys.get(provider) or None
        if known and provider in self.api_keys:
            self._kept[provider] = known
        return known if provider in self.api_keys else None

    def forget(self, provider: str) -> None:
        self._kept.pop(provider, None)


class FakeResources:
    """Uploads nothing, and notes for which account it was asked to. `seconds`: how long it says that it takes;
    `meanwhile`: what happens in that time."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.accounts: list[str] = []
        self.seconds = 0.0
        self.meanwhile: Callable[[], None] = lambda: None

    def needed(self, body: Mapping[str, Any], account: str) -> bool:  # noqa: ARG002
        return self.seconds > 0

    @may_fail
    def resolved(self, body: Mapping[str, Any], owner: str, account: str, api_key: str) -> Mapping[str, Any]:  # noqa: ARG002
        self.accounts.append(account)
        if self.seconds:
            self.meanwhile()
        return body
