"""Asynchronous invocations of the functions that carry on with a job (FunctionStarter), and repetitions of those that
failed (Invocations).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from framehook.adapters.aws_errors import calling
from framehook.ports import DueJob

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class FunctionNames:
    """Each is given only where it is started from."""

    follow_up: str | None = None
    fetch: str | None = None
    land: str | None = None


class LambdaStarter:
    """`bucket`: where the files to land are; needed for `land` only."""

    def __init__(self, client: LambdaClient, functions: FunctionNames, *, bucket: str | None = None) -> None:
        self._client = client
        self._functions = functions
        self._bucket = bucket

    def follow_up(self, due: DueJob) -> None:
        self._start(self._functions.follow_up, {"job_id": due.job_id, "due_at": due.due_at})

    def fetch(self, job_id: str, index: int) -> None:
        self._start(self._functions.fetch, {"job_id": job_id, "index": index})

    def land(self, key: str) -> None:
        """In the form of the bucket's own notification, where keys are encoded like a form's values.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
        """
        if self._bucket is None:
            raise ValueError("this function was not given the bucket")
        place = {"bucket": {"name": self._bucket}, "object": {"key": quote_plus(key)}}
        self._start(self._functions.land, {"Records": [{"s3": place}]})

    def _start(self, function: str | None, payload: Mapping[str, Any]) -> None:
        if function is None:
            raise ValueError("this function was not given the name of the one it should start")
        _invoke(self._client, function, payload)


class LambdaInvocations:
    """`functions` are the names of all that may be invoked again."""

    def __init__(self, client: LambdaClient, functions: Collection[str]) -> None:
        self._client = client
        self._functions = frozenset(functions)

    def knows(self, function: str) -> bool:
        return function in self._functions

    def repeat(self, function: str, payload: Mapping[str, Any]) -> None:
        if function not in self._functions:
            raise ValueError("this function may not be invoked again")
        _invoke(self._client, function, payload)


def _invoke(client: LambdaClient, function: str, payload: Mapping[str, Any]) -> None:
    with calling("Lambda"):
        client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload).encode())
