"""Errors as RunComfy answers them: a numeric code, a message, and a status that does not always go with it.

https://docs.runcomfy.com/model-apis/error-codes and https://docs.runcomfy.com/serverless/error-codes
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.sandbox.simulators.fault_rules import FaultRule

BAD_IDENTIFIER, NO_RESOURCES, BAD_ACCOUNT, NOT_READY = 400001, 400002, 400004, 400005
UNAUTHORIZED, FOREIGN_REQUEST, FOREIGN_DEPLOYMENT = 401001, 403001, 403003
NOT_FOUND, INVALID, INTERNAL = 404001, 422001, 500001
NO_FUNDS, DISABLED, DELETED = 10001, 10002, 10003
MESSAGES: Mapping[int, str] = {
    BAD_IDENTIFIER: "InvalidResourceIdentifier",
    NO_RESOURCES: "InsufficientResources",
    BAD_ACCOUNT: "UserAccountError",
    NOT_READY: "Request is not completed",
    UNAUTHORIZED: "Unauthorized",
    FOREIGN_REQUEST: "PermissionDeniedError",
    FOREIGN_DEPLOYMENT: "PermissionDenied",
    NOT_FOUND: "ResourceNotFound",
    INVALID: "Validation Error",
    INTERNAL: "InternalServerError",
    NO_FUNDS: "InsufficientFunds",
    DISABLED: "DisabledDeployment",
    DELETED: "DeletedDeployment",
}
# The code that an error fault has if it names none; others have none then.
USUAL_CODES = {
    200: NO_RESOURCES,
    400: BAD_IDENTIFIER,
    401: UNAUTHORIZED,
    402: NO_RESOURCES,
    403: FOREIGN_REQUEST,
    404: NOT_FOUND,
    422: INVALID,
    500: INTERNAL,
}
ERROR_FORMS = ("code", "message", "detail", "empty")


@dataclass(eq=False)
class Refusal(Exception):
    """`form` is code (error_code and error_message), message (only that), detail, or empty (no body)."""

    code: int | None
    message: str | None = None
    status: int | None = None
    detail: Sequence[Mapping[str, Any]] = ()
    form: str = "code"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def http_status(self) -> int:
        """The first three digits of the code; codes of five digits are all about a deployment that cannot run."""
        if self.status is not None:
            return self.status
        return int(str(self.code)[:3]) if self.code is not None and self.code >= 400_000 else 400

    def response(self) -> Response:
        words = self.message or MESSAGES.get(self.code or 0, f"HTTP {self.http_status}")
        body: dict[str, Any] = {"error_message": words}
        if self.code is not None:
            body = {"error_code": self.code, **body}
        if self.detail:
            body["detail"] = list(self.detail)
        match self.form:
            case "empty":
                return Response(status_code=self.http_status, headers=dict(self.headers))
            case "message":
                body = {"message": words}
            case "detail":
                body = {"detail": words}
        return JSONResponse(body, self.http_status, dict(self.headers))


def refusal_by(rule: FaultRule) -> Refusal:
    """What a fault with the options of an error asks for."""
    options = rule.options
    status, wait = int(options["status"]), options["retry_after"]
    code = options["error_code"] if options["error_code"] is not None else USUAL_CODES.get(status)
    headers = {"Retry-After": str(wait)} if wait is not None else {}
    return Refusal(code, options["message"], status, form=options["form"], headers=headers)
