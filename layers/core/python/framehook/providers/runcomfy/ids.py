"""What names a generation of RunComfy: a model of its Model API, or a deployment of one's own. Pure.

Knows no list of models, so that the webhook receiver may import it. A name must not be able to be another call than
its own. docs.runcomfy.com/model-apis/quickstart, docs.runcomfy.com/serverless/async-queue-endpoints
"""

from __future__ import annotations

import re

DEPLOYMENT = "deployment"

_DEPLOYMENT = re.compile(rf"{DEPLOYMENT}/([A-Za-z0-9_-]{{1,64}})")
_SEGMENT = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.-]{1,100}"  # `.` and `..` would be other paths
_MODEL = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{1,4}}")


def deployment_of(offering: str) -> str | None:
    """The id of the deployment; None for a model, and for what is nothing at all."""
    match = _DEPLOYMENT.fullmatch(offering)
    return match[1] if match else None


def is_model(offering: str) -> bool:
    """Whether it can be the id of a model: no deployment is one, however it is misspelled."""
    first = offering.partition("/")[0].lower()
    return first != DEPLOYMENT and _MODEL.fullmatch(offering) is not None
