"""Providers' API keys from SSM Parameter Store (Secrets), kept for five minutes or until they are refused, so that a
new key is soon used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from framehook.adapters.aws_errors import calling, error_code

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_KEPT_SECONDS = 5 * 60


class SsmSecrets:
    """`parameters` names the parameter of each provider. A missing key is asked for again every time."""

    def __init__(
        self,
        client: SSMClient,
        parameters: Mapping[str, str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._parameters = dict(parameters)
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, str]] = {}

    def api_key(self, provider: str) -> str | None:
        kept = self._kept.get(provider)
        if kept and self._monotonic() - kept[0] < _KEPT_SECONDS:
            return kept[1]
        name = self._parameters.get(provider)
        value = self._value(name).strip() if name else ""
        if not value:
            return None
        self._kept[provider] = (self._monotonic(), value)
        return value

    def forget(self, provider: str) -> None:
        self._kept.pop(provider, None)

    def _value(self, name: str) -> str:
        with calling("SSM"):
            try:
                return self._client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            except ClientError as error:
                if error_code(error) != "ParameterNotFound":
                    raise
        return ""
