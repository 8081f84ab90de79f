"""Shows what the functions of a running stack logged, and what kept them from running at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.sandbox.stack_file import Stack

# What Lambda itself writes around each invocation.
PLATFORM_LINES = ("INIT_START ", "START RequestId:", "END RequestId:", "REPORT RequestId:")


def print_function_logs(stack: Stack, lines: int) -> None:
    """Print the newest `lines` lines of all functions in the order they were logged."""
    client = stack.aws.session.client("logs", endpoint_url=stack.aws.endpoint_url)
    entries: list[tuple[int, str, str]] = []
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            found = client.filter_log_events(logGroupName=name)["events"]
            function = name.rsplit("/", 1)[-1]
            entries += [
                (event["timestamp"], function, event["message"].rstrip())
                for event in found
                if not event["message"].startswith(PLATFORM_LINES)
            ]
    for at, name, message in sorted(entries)[-lines:]:
        print(f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S.%f} {name} {message}")


def print_start_failures(log: Path, most: int = 5) -> None:
    """Print what the local AWS itself reported: a function that can't be imported has no log of its own."""
    found = (line.partition(" ERROR ")[2][:400] for line in log.read_text(errors="replace").splitlines())
    for message in list(dict.fromkeys(filter(None, found)))[-most:]:
        print(message)
