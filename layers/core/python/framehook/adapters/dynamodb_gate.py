"""One item per provider that says whether it takes jobs now (GateStore)."""

from __future__ import annotations

from framehook.adapters.dynamodb_table import Table
from framehook.adapters.dynamodb_values import decode_item, encode_item
from framehook.ports import Gate

_GATE = "GATE"
_FIELDS = ("closed_until", "failures", "probe_until", "unknowns")


class DynamoGateStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get_gate(self, provider: str) -> Gate:
        item = self._table.get(_pk(provider), _GATE)
        if item is None:
            return Gate()
        values = decode_item(item)
        return Gate(version=values["version"], **{name: values.get(name, 0) for name in _FIELDS})

    def replace_gate(self, provider: str, gate: Gate, seen: Gate) -> bool:
        key = {"pk": _pk(provider), "sk": _GATE, "version": seen.version + 1}
        item = encode_item(key | {name: getattr(gate, name) for name in _FIELDS})
        if seen.version == 0:
            return self._table.put(item, "attribute_not_exists(pk)") is None
        return self._table.put(item, "version = :seen", {":seen": seen.version}) is None


def _pk(provider: str) -> str:
    return f"PROVIDER#{provider}"
