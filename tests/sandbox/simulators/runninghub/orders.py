"""Makes orders from the bodies of submissions, or refuses them; nothing is started or charged here."""

import json
from collections.abc import Container, Mapping
from typing import Any

from tests.sandbox.simulators.json_values import is_whole_number
from tests.sandbox.simulators.runninghub.error_codes import BAD_PARAMETER, MESSAGES, Generation, Refusal
from tests.sandbox.simulators.runninghub.model_registry import ModelRegistry, is_delisted
from tests.sandbox.simulators.runninghub.node_checks import check_app_nodes, check_graph_nodes, texts
from tests.sandbox.simulators.runninghub.parameter_checks import check_body, check_webhook_url
from tests.sandbox.simulators.runninghub.pricing import Cost, model_price
from tests.sandbox.simulators.runninghub.results import extension_of
from tests.sandbox.simulators.runninghub.settings import Settings
from tests.sandbox.simulators.runninghub.sites import Site
from tests.sandbox.simulators.runninghub.tasks import AI_APP, STANDARD, WORKFLOW, Order
from tests.sandbox.simulators.runninghub.workflows import APPS, WORKFLOWS, Graph

UNKNOWN_PATH, DELISTED_MODEL, WRONG_KEY_KIND = 1001, 1010, 1014
NO_WORKFLOW, BAD_GRAPH, NEVER_SAVED, NO_APP = 380, 433, 810, 901
PROMPT_NAMES = ("prompt", "text", "textPrompt", "text_prompt")
INSTANCE_TYPES = ("default", "plus", "ultra")
RETAIN_SECONDS = (10, 180)
SHARED_KEY = "SHARED"


def model_order(
    path: str, body: dict[str, Any], site: Site, registry: ModelRegistry, settings: Settings
) -> Order:
    """A call of the Standard Model API."""
    rules = registry.rules_for(path, accept_unknown=settings.accept_unknown_models)
    if rules is None:
        raise Refusal(UNKNOWN_PATH)
    if settings.key_kind != SHARED_KEY:
        raise Refusal(WRONG_KEY_KIND)
    if is_delisted(path):
        raise Refusal(DELISTED_MODEL)
    check_body(body, rules, ignore_unknown=settings.ignore_unknown_parameters)
    return Order(
        generation=Generation.V2,
        api=STANDARD,
        target=path,
        body=body,
        prompt=_prompt(body),
        files=((None, extension_of(rules.output, body)),),
        run_kind=rules.output,
        price=Cost(third_party=model_price(path, rules.output, body, site.currency)),
    )


def workflow_order(
    workflow_id: object, body: dict[str, Any], uploads: Container[str], generation: Generation
) -> Order:
    """A run of a workflow, or of the graph in the body, which goes before the saved one."""
    graph = WORKFLOWS.get(str(workflow_id))
    if graph is None:
        raise Refusal(NO_WORKFLOW)
    if not graph.saved:
        raise Refusal(NEVER_SAVED)
    if body.get("workflow"):
        graph = _given_graph(body["workflow"], graph)
    _check_run(body, generation)
    check_graph_nodes(body, graph, uploads, generation)
    return _run_order(WORKFLOW, workflow_id, body, graph.outputs, generation)


def app_order(app_id: object, body: dict[str, Any], uploads: Container[str], generation: Generation) -> Order:
    """A run of an AI App."""
    app = APPS.get(str(app_id))
    if app is None:
        raise Refusal(NO_APP)
    _check_run(body, generation)
    check_app_nodes(body, app, uploads, generation)
    return _run_order(AI_APP, app_id, body, app.outputs, generation)


def _run_order(
    api: str,
    target: object,
    body: Mapping[str, Any],
    outputs: tuple[tuple[str, str], ...],
    generation: Generation,
) -> Order:
    return Order(
        generation=generation,
        api=api,
        target=f"{api}/{target}",
        body={name: value for name, value in body.items() if name != "apiKey"},
        prompt=" ".join(texts(body)),
        files=outputs,
        run_kind=api,
    )


def _check_run(body: Mapping[str, Any], generation: Generation) -> None:
    code = BAD_PARAMETER[generation]
    if body.get("instanceType", INSTANCE_TYPES[0]) not in INSTANCE_TYPES:
        raise Refusal(code)
    retained, (shortest, longest) = body.get("retainSeconds"), RETAIN_SECONDS
    if retained is not None and not (is_whole_number(retained) and shortest <= retained <= longest):
        raise Refusal(code)
    check_webhook_url(body, code)


def _given_graph(text: object, saved: Graph) -> Graph:
    try:
        nodes = json.loads(str(text))
    except ValueError as mistake:
        raise Refusal(BAD_GRAPH, f"{MESSAGES[BAD_GRAPH]}: not JSON") from mistake
    if not isinstance(nodes, dict) or not all(_is_node(node) for node in nodes.values()):
        raise Refusal(BAD_GRAPH)
    outputs = tuple((node, extension) for node, extension in saved.outputs if node in nodes)
    return Graph(nodes, outputs)


def _is_node(node: object) -> bool:
    return isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)


def _prompt(body: Mapping[str, Any]) -> str:
    for name in PROMPT_NAMES:
        if isinstance(body.get(name), str):
            return str(body[name])
    return json.dumps({name: value for name, value in body.items() if name != "webhookUrl"})
