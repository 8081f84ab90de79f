"""How a task looks from outside, in each generation of the API. Key order is RunningHub's.

https://www.runninghub.ai/runninghub-api-doc-en/api-425761093 and its neighbours.
"""

import json
from typing import Any

from tests.sandbox.simulators.runninghub.error_codes import MESSAGES, Generation, Refusal
from tests.sandbox.simulators.runninghub.pricing import Cost, decimal_text
from tests.sandbox.simulators.runninghub.tasks import CANCEL, FAILED, QUEUED, SUCCESS, Ending, Output, Task

STANDARD_OUTPUT_NODE = "4"
TASK_FAILED, TASK_RUNNING, TASK_QUEUED = 805, 804, 813


def refused(refusal: Refusal) -> dict[str, Any]:
    """The flat form of a refusal."""
    code, message = str(refusal.code), refusal.message
    return {"taskId": "", "status": "", "errorCode": code, "errorMessage": message, "results": None}


def wrapped(data: Any, message: str = "success") -> dict[str, Any]:
    """The old envelope."""
    return {"code": 0, "msg": message, "data": data}


def wrapped_refusal(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code, "msg": refusal.message, "data": None}


def prompt_tips(task: Task) -> str:
    nodes = [node or STANDARD_OUTPUT_NODE for node, _ in task.order.files]
    return json.dumps({"result": True, "error": None, "outputs_to_execute": nodes, "node_errors": {}})


def submitted(task: Task) -> dict[str, Any]:
    """The answer to a v2 submission."""
    so_far = task.ending or Ending(task.state)
    tail = {"clientId": task.client_id, "promptTips": prompt_tips(task)}
    return {**_head(task, so_far), "results": _results(task, so_far), **tail}


def created(task: Task) -> dict[str, Any]:
    """The answer to an old submission."""
    socket = None if task.state == QUEUED else _socket(task)
    return wrapped(
        {
            "netWssUrl": socket,
            "taskId": task.id,
            "clientId": task.client_id,
            "taskStatus": task.state,
            "promptTips": prompt_tips(task),
        }
    )


def queried(task: Task) -> dict[str, Any]:
    """The answer of /openapi/v2/query."""
    tail = {"clientId": "", "promptTips": ""}
    if task.ending is None:
        return {**_head(task, Ending(task.state)), "results": None, **tail}
    return {
        **_head(task, task.ending),
        "failedReason": _reason(task.ending),
        "usage": usage(task, task.ending),
        "results": _results(task, task.ending),
        **tail,
    }


def outputs(task: Task) -> dict[str, Any]:
    """The answer of /task/openapi/outputs."""
    if task.ending is None:
        if task.state == QUEUED:
            return wrapped_refusal(Refusal(TASK_QUEUED))
        return {"code": TASK_RUNNING, "msg": MESSAGES[TASK_RUNNING], "data": {"netWssUrl": _socket(task)}}
    if task.ending.status != SUCCESS:
        return _old_failure(task.ending)
    spent = usage(task, task.ending)
    money = {name: spent[name] for name in ("thirdPartyConsumeMoney", "consumeMoney", "consumeCoins")}
    return wrapped(
        [
            {**_old_file(one, spent["taskCostTime"]), "nodeId": one.node_id, **money}
            for one in task.ending.outputs
        ]
    )


def old_status(task: Task) -> str:
    """The one word of /task/openapi/status, which knows no CANCEL."""
    return FAILED if task.state == CANCEL else task.state


def event_data(task: Task, ending: Ending) -> Any:
    """What a webhook tells: an object for v2 tasks, the text of the old outputs answer for old ones."""
    if task.order.generation is Generation.OLD:
        return json.dumps(_old_event(task, ending), separators=(",", ":"))
    head = _head(task, ending)
    if ending.code is not None and task.order.runs_graph:
        head |= {"errorCode": str(TASK_FAILED), "errorMessage": MESSAGES[TASK_FAILED]}
    spent = usage(task, ending)
    share = {"taskId": int(task.id), "parentTaskId": None, "taskStatus": ending.status, "usage": spent}
    return {
        **head,
        "results": _results(task, ending),
        "clientId": "",
        "promptTips": "",
        "failedReason": _reason(ending),
        "usage": spent,
        "parentTaskId": None,
        "taskUsageList": [share] if ending.status == SUCCESS else [],
    }


def usage(task: Task, ending: Ending) -> dict[str, str | None]:
    """Decimal strings, or null for what was not used; machine time is 0 for standard models."""
    cost = ending.cost or Cost()

    def text(amount: Any) -> str | None:
        return None if amount is None else decimal_text(amount)

    return {
        "consumeMoney": text(cost.money),
        "consumeCoins": text(cost.coins),
        "taskCostTime": str(int(task.run_seconds)) if task.order.runs_graph else "0",
        "thirdPartyConsumeMoney": text(cost.third_party),
    }


def _head(task: Task, ending: Ending) -> dict[str, Any]:
    code = "" if ending.code is None else str(ending.code)
    return {"taskId": task.id, "status": ending.status, "errorCode": code, "errorMessage": ending.message}


def _reason(ending: Ending) -> dict[str, Any]:
    return dict(ending.reason)


def _results(task: Task, ending: Ending) -> list[dict[str, Any]] | None:
    if ending.status != SUCCESS:
        return None
    return [_result(task, one) for one in ending.outputs]


def _result(task: Task, output: Output) -> dict[str, Any]:
    node = {"nodeId": output.node_id} if task.order.runs_graph else {}
    url = None if output.text is not None else output.url
    return {"url": url, **node, "outputType": output.file_type, "text": output.text}


def _old_event(task: Task, ending: Ending) -> dict[str, Any]:
    if ending.status != SUCCESS:
        return _old_failure(ending)
    # A number here, a string in the answer of the outputs endpoint.
    seconds = int(task.run_seconds)
    return wrapped([{**_old_file(one, seconds), "nodeId": one.node_id} for one in ending.outputs])


def _old_file(output: Output, seconds: Any) -> dict[str, Any]:
    return {"fileUrl": output.url, "fileType": output.file_type, "taskCostTime": seconds}


def _old_failure(ending: Ending) -> dict[str, Any]:
    return {"code": TASK_FAILED, "msg": MESSAGES[TASK_FAILED], "data": {"failedReason": _reason(ending)}}


def _socket(task: Task) -> str:
    target_id = task.order.target.rpartition("/")[2]
    query = f"c_host=HOST&c_port=85&clientId={task.client_id}&workflowId={target_id}"
    return f"wss://simulated.invalid:443/ws/c_instance?{query}&Rh-Comfy-Auth=user-token"
