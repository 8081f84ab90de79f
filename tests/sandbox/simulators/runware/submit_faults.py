"""Turns the options of a rejecting fault rule into the error it stands for."""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.runware.task_errors import CODES_BY_STATUS, TaskError


def rejection(options: Mapping[str, Any]) -> TaskError:
    """The code follows from the status unless the rule names one."""
    status = int(options["status"])
    code = options["code"] or CODES_BY_STATUS.get(status, "unknownError")
    fields = dict(options.get("fields", {}))
    if options.get("retry_after") is not None:
        fields["retryAfter"] = options["retry_after"]
    message = options["message"] or f"Simulated {code}."
    return TaskError(code, message, status, fields, options.get("form", "errors"))
