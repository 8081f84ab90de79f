"""Calls to a stack that may not be there just now: tried again until somebody has answered, for so long.

What a careful user's program does. Never repeats what is not safe to repeat: every call here may be made twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions
import httpx
from botocore.config import Config

from tests.sandbox.stack_file import Stack

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.4
AWS_SETTINGS = Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 1})
OUTAGES = (
    botocore.exceptions.HTTPClientError,
    botocore.exceptions.ConnectionError,
    httpx.TransportError,
)


class NobodyAnsweredError(Exception):
    """The stack did not answer for longer than any outage of a run lasts."""


@dataclass(slots=True)
class StackCalls:
    """Used by several threads at once. `unanswered` counts the calls that had to be made again."""

    stack: Stack
    unanswered: int = 0
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=40))
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _clients: dict[str, Any] = field(default_factory=dict)

    def close(self) -> None:
        self._http.close()

    def api(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """The first answer that is one: what a gateway says for a function that died is none."""
        sent = {"x-api-key": self.stack.api_key} | dict(headers or {})

        def call() -> httpx.Response | None:
            answer = self._http.request(method, f"{self.stack.api_url}{path}", json=body, headers=sent)
            return None if answer.status_code >= 500 or answer.status_code == 429 else answer

        return self.until_answered(call)

    def aws(self, service: str, operation: str, **arguments: Any) -> Any:
        def call() -> Any:
            try:
                return getattr(self._client(service), operation)(**arguments)
            except botocore.exceptions.ClientError as refused:
                status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if status < 500:
                    raise
                return None

        return self.until_answered(call)

    def pages(self, service: str, operation: str, **arguments: Any) -> list[Any]:
        """All pages of an AWS listing."""
        return self.until_answered(
            lambda: list(self._client(service).get_paginator(operation).paginate(**arguments))
        )

    def simulator(self, provider: str) -> dict[str, Any]:
        """What the provider's simulator has in its books."""
        control = self.stack.simulators[provider].control_url
        found: dict[str, Any] = self.until_answered(lambda: self._http.get(control)).json()
        return found

    def add_fault(self, provider: str, rule: Mapping[str, Any]) -> None:
        control = self.stack.simulators[provider].control_url
        self._http.post(f"{control}/faults", json=rule).raise_for_status()

    def lift_faults(self, provider: str) -> None:
        control = self.stack.simulators[provider].control_url
        self._http.delete(f"{control}/faults").raise_for_status()

    def download(self, url: str) -> bytes | None:
        """None for what is not there any more."""
        answer = self.until_answered(lambda: self._http.get(url))
        return answer.content if answer.is_success else None

    def until_answered[T](self, call: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = call()
            except OUTAGES:
                answer = None
            if answer is not None:
                return answer
            with self._counting:
                self.unanswered += 1
            time.sleep(PAUSE_SECONDS)
        raise NobodyAnsweredError(f"nobody answered for {PATIENCE_SECONDS:.0f} s")

    def _client(self, service: str) -> Any:
        with self._counting:
            if service not in self._clients:
                session: Any = self.stack.aws.session
                self._clients[service] = session.client(
                    service, endpoint_url=self.stack.aws.endpoint_url, config=AWS_SETTINGS
                )
            return self._clients[service]
