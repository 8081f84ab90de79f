"""The edge to botocore: what may pass becomes Unavailable, everything else stays as it is (a missing
permission, a wrong table name: defects that a retry does not mend). Decides from codes and status, never from
message text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, not the builtin
    HTTPClientError,
    IncompleteReadError,
)

from framehook.errors import Unavailable

# The client errors that the SDKs retry, and some that only a new call can mend, beside every 5xx:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_PASSING = frozenset(
    {
        "BandwidthLimitExceeded",
        "ConditionalRequestConflict",  # S3: somebody else writes the same object right now
        "EC2ThrottledException",
        "LimitExceededException",
        "NoSuchUpload",  # S3: given up, or completed by a request whose reply was lost; a new upload will do
        "OperationAborted",  # S3, as ConditionalRequestConflict
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


@contextmanager
def calling(service: str) -> Iterator[None]:
    """Around calls to one service. Raises Unavailable for throttling, server errors, broken connections."""
    try:
        yield
    except ClientError as error:
        if not _passes(error):
            raise
        raise Unavailable(f"{service}: {error_code(error)}") from error
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise Unavailable(f"{service}: {type(error).__name__}") from error


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _passes(error: ClientError) -> bool:
    status = status_of(error)
    return status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS or error_code(error) in _PASSING
