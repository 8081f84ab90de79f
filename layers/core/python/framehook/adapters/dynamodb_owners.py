"""Which owner an API key was given to (OwnerDirectory): items `KEY#<sha256>`. Keys themselves are never
stored."""

from __future__ import annotations

from framehook.adapters.dynamodb_table import Table


class DynamoOwnerDirectory:
    def __init__(self, table: Table) -> None:
        self._table = table

    def owner_of(self, api_key_hash: str) -> str | None:
        item = self._table.get(f"KEY#{api_key_hash}", "KEY")
        return item["owner_id"]["S"] if item else None  # not `owner`: that would put it in the index of jobs
