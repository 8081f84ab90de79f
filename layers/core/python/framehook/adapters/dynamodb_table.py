"""One DynamoDB table with string keys `pk` and `sk`: reads, conditional writes, queries. Knows nothing of
jobs.

Every put carries a random `writer`. botocore repeats a put whose reply was lost, and the repetition is
refused by its own condition; the refusal returns the stored item, and finding one's own writer there means
that the put was done.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from framehook.adapters.aws_errors import calling, error_code
from framehook.adapters.dynamodb_values import Item, encode_item
from framehook.errors import Unavailable
from framehook.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH_TRIES = 5
_WRITER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write whose condition did not hold, with the item that is stored (None: there is none)."""

    item: Item | None


def _new_writer() -> str:
    return secrets.token_hex(_WRITER_BYTES)


@dataclass(frozen=True, slots=True)
class Table:
    client: DynamoDBClient
    name: str
    clock: Clock
    new_writer: Callable[[], str] = field(default=_new_writer)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def get(self, pk: str, sk: str) -> Item | None:
        """A strongly consistent read. An expired item counts as gone: DynamoDB takes days to delete it."""
        with calling("DynamoDB"):
            item = self.client.get_item(TableName=self.name, Key=_key(pk, sk), ConsistentRead=True).get(
                "Item"
            )
        return item if item and not self.expired(item) else None

    def put(self, item: Item, condition: str, values: Mapping[str, Any] | None = None) -> Refusal | None:
        """Puts the whole item if `condition` holds. None: it is stored."""
        writer = self.new_writer()
        arguments: dict[str, Any] = {"ExpressionAttributeValues": encode_item(values)} if values else {}
        refusal = self._refusal(
            lambda: self.client.put_item(
                TableName=self.name,
                Item=item | {"writer": {"S": writer}},
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **arguments,
            )
        )
        mine = refusal and refusal.item and refusal.item.get("writer") == {"S": writer}
        return None if mine else refusal

    def set(
        self,
        key: tuple[str, str],
        values: Mapping[str, Any],
        condition: str | None = None,
        condition_values: Mapping[str, Any] | None = None,
    ) -> bool:
        """Sets attributes, of a new item where there is none. False when `condition` does not hold."""
        present = {name: value for name, value in values.items() if value is not None}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in present)
        given = {f":{name}": value for name, value in present.items()} | dict(condition_values or {})
        return self.update(key, expression, given, condition, names=tuple(present))

    def update(
        self,
        key: tuple[str, str],
        expression: str,
        values: Mapping[str, Any],
        condition: str | None,
        names: Sequence[str] = (),
    ) -> bool:
        """False when `condition` does not hold. In the expressions, `names` are written `#name`."""
        arguments: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if names:
            arguments["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
        refusal = self._refusal(
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_key(*key),
                UpdateExpression=expression,
                ExpressionAttributeValues=encode_item(values),
                **arguments,
            )
        )
        return refusal is None

    def all_of(self, pk: str) -> Iterator[Item]:
        """Every item of a partition, strongly consistent."""
        start: Item | None = None
        while True:
            items, start = self.query("pk = :pk", {":pk": pk}, start=start, ConsistentRead=True)
            yield from items
            if start is None:
                return

    def query(
        self, condition: str, values: Mapping[str, Any], *, start: Item | None = None, **arguments: Any
    ) -> tuple[Sequence[Item], Item | None]:
        """One page of a query, and where the next one starts."""
        if start is not None:
            arguments["ExclusiveStartKey"] = start
        with calling("DynamoDB"):
            reply = self.client.query(
                TableName=self.name,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=encode_item(values),
                **arguments,
            )
        return reply["Items"], reply.get("LastEvaluatedKey")

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Item]:
        """At most 100 items, in no order, without those that are missing or expired."""
        found: list[Item] = []
        wanted: Any = {self.name: {"Keys": [_key(*key) for key in keys]}} if keys else {}
        for attempt in range(_BATCH_TRIES):
            if not wanted:
                return [item for item in found if not self.expired(item)]
            if attempt:
                self.sleep(0.05 * 2**attempt)
            with calling("DynamoDB"):
                reply = self.client.batch_get_item(RequestItems=wanted)
            found += reply["Responses"].get(self.name, [])
            wanted = reply.get("UnprocessedKeys", {})
        raise Unavailable("DynamoDB: keys stayed unprocessed")

    def expired(self, item: Mapping[str, Any]) -> bool:
        end = item.get("expires_at")
        return end is not None and self.past(int(end["N"]))

    def past(self, seconds: int) -> bool:
        return seconds * 1000 <= self.clock.now()

    def _refusal(self, write: Callable[[], object]) -> Refusal | None:
        with calling("DynamoDB"):
            try:
                write()
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                return Refusal(cast("Item | None", error.response.get("Item")))
        return None


def _key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
