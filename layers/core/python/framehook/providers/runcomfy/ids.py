"""What names a generation of RunComfy: a model of its Model API, or a deployment of one's own. Pure.

Knows no list of models, so that the webhook receiver may import it. A name must not be able to be another call than
its own. docs.runcomfy.com/model-apis/quickstart, docs.runcomfy.com/serverless/async-queue-endpoints
"""

from __future__ import annotations

import re

DEPLOYMENT = "deployment"

_SEGMENT = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.-]{1,100}"  # `.` and `..` would be other paths

DEPLOYMENTS = re.compile(rf"{DEPLOYMENT}/(?P<deployment>[A-Za-z0-9_-]{{1,64}})")
# Nothing but deployments may begin so: what looks almost like one must not become a paid call of a model.
MODELS = re.compile(rf"(?!(?i:{DEPLOYMENT})/){_SEGMENT}(?:/{_SEGMENT}){{1,4}}")


def deployment_of(offering: str) -> str | None:
    """The id of the deployment; None for a model, and for what is nothing at all."""
    match = DEPLOYMENTS.fullmatch(offering)
    return match["deployment"] if match else None


def is_model(offering: str) -> bool:
    """Whether it can be the id of a model: no deployment is one, however it is misspelled."""
    return MODELS.fullmatch(offering) is not None
