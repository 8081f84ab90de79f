"""Validation of one inference task before it is accepted; no job and no money here.

The order is the one a developer meets: task type, id, model, then every parameter at once.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.runware.model_registry import ModelRegistry, ModelRules
from tests.sandbox.simulators.runware.parameter_checks import LIMITS, check_value, invalid, missing, unknown
from tests.sandbox.simulators.runware.settings import Settings
from tests.sandbox.simulators.runware.sora import LIMITS as SORA_LIMITS
from tests.sandbox.simulators.runware.sora import SIZES, check_sora
from tests.sandbox.simulators.runware.task_errors import TaskError

# https://runware.ai/docs/platform/introduction and the task types of the official client libraries.
INFERENCE_TASK_TYPES = (
    "imageInference",
    "videoInference",
    "audioInference",
    "3dInference",
    "textInference",
    "upscale",
    "removeBackground",
    "vectorize",
    "caption",
    "imageMasking",
    "promptEnhance",
    "controlNetPreprocess",
    "training",
    "tools",
)
ALWAYS_ASYNCHRONOUS = ("videoInference", "audioInference", "3dInference", "training")
EVERY_TASK_HAS = ("taskType", "taskUUID", "model")


def check_task_uuid(task: Mapping[str, Any]) -> TaskError | None:
    """Any UUID version passes: the documentation says v4, the live API has taken a v7."""
    if "taskUUID" not in task:
        return missing("taskUUID")
    try:
        uuid.UUID(str(task["taskUUID"]))
    except ValueError:
        return invalid("taskUUID", "must be a UUID v4.", type="string")
    return None


def check_inference(task: Mapping[str, Any], registry: ModelRegistry, settings: Settings) -> list[TaskError]:
    """Empty if Runware would accept the task."""
    model = task.get("model")
    if not isinstance(model, str) or not model:
        return [missing("model")]
    rules = registry.rules_for(model, task["taskType"], accept_unknown=settings.accept_unknown_models)
    if rules is None:
        return [invalid("model", "is not a known AIR identifier.", type="string")]
    if rules.task_type != task["taskType"]:
        rule = f"must be '{rules.task_type}' for model '{model}'."
        return [invalid("taskType", rule, type="string", allowedValues=[rules.task_type])]
    problems = _check_parameters(task, rules)
    if model in SIZES and not problems:
        problems = check_sora(task, frame_with_size_allowed=settings.frame_images_with_size)
    return problems or _check_delivery(task)


def delivery_method(task: Mapping[str, Any]) -> str:
    """What the task asked for, or what Runware does for it by default."""
    asked = task.get("deliveryMethod")
    if isinstance(asked, str):
        return asked
    asynchronous = "webhookURL" in task or task["taskType"] in ALWAYS_ASYNCHRONOUS
    return "async" if asynchronous else "sync"


def _check_parameters(task: Mapping[str, Any], rules: ModelRules) -> list[TaskError]:
    limits = {**LIMITS, **SORA_LIMITS} if task["model"] in SIZES else LIMITS
    problems = [missing(name) for name in rules.required if name not in task]
    for name, value in task.items():
        if name in EVERY_TASK_HAS:
            continue
        if name not in rules.parameters:
            problems += [] if rules.open_ended else [unknown(name)]
            continue
        problem = check_value(name, rules.parameters[name], value, limits.get(name, {}))
        problems += [problem] if problem else []
    return problems


def _check_delivery(task: Mapping[str, Any]) -> list[TaskError]:
    problems: list[TaskError] = []
    if task.get("deliveryMethod", "async") not in ("sync", "async"):
        allowed = ["sync", "async"]
        problems.append(invalid("deliveryMethod", "must be one of: sync, async.", allowedValues=allowed))
    if "ttl" in task and task.get("outputType", "URL") != "URL":
        message = "'ttl' is only valid with outputType 'URL'."
        parameters = ["ttl", "outputType"]
        problems.append(TaskError("incompatibleParameters", message, fields={"parameter": parameters}))
    return problems
