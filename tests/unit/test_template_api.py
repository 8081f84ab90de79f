"""The way in from the internet: which routes ask for a key, what is throttled, and that no log can hold the token that
stands in a webhook's path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.template_model import Values, chosen, expanded

WEBHOOK = "/webhooks/{provider}/{job_id}/{attempt}/{token}"
# May be logged: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
LOGGED = {
    "$context.requestTime",
    "$context.httpMethod",
    "$context.resourcePath",
    "$context.status",
    "$context.responseLatency",
    "$context.requestId",
}


def stage() -> Values:
    _, found = expanded().only("AWS::ApiGateway::Stage")
    return found


def routes() -> Iterator[tuple[str, str, Values]]:
    body = expanded().properties("Api")["Body"]
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_v1_route_asks_for_an_api_key() -> None:
    asked = {path: operation["security"] for path, _, operation in routes() if path.startswith("/v1/")}
    assert asked
    assert all(security == [{"api_key": []}] for security in asked.values())


def test_only_the_webhook_route_does_without_an_api_key() -> None:
    open_routes = [(path, method) for path, method, operation in routes() if not operation["security"]]
    assert open_routes == [(WEBHOOK, "post")]


def test_no_route_lies_outside_v1_and_the_webhooks() -> None:
    assert {path.split("/")[1] for path, _, _ in routes()} == {"v1", "webhooks"}


def test_webhooks_reach_the_receiver_and_everything_else_the_api() -> None:
    for path, _, operation in routes():
        target = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        assert ("ReceiveWebhookFunction" if path == WEBHOOK else "ServeApiFunction") in target


def test_api_key_scheme_is_the_native_one() -> None:
    schemes = expanded().properties("Api")["Body"]["components"]["securitySchemes"]
    assert schemes == {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}


def test_api_key_belongs_to_the_usage_plan_of_the_stage() -> None:
    plan = expanded().properties("ApiUsagePlan")
    assert plan["ApiStages"] == [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "ApiliveStage"}}]
    assert plan["Throttle"]["RateLimit"] > 0
    assert expanded().properties("ApiUsagePlanKey")["KeyId"] == {"Ref": "ApiApiKey"}


def test_there_is_no_stage_but_ours() -> None:
    """SAM adds one called `Stage`, without our settings, to an API that does not name its OpenAPI version."""
    assert stage()["StageName"] == "live"
    _, deployment = expanded().only("AWS::ApiGateway::Deployment")
    assert "StageName" not in deployment


def test_stage_traces_and_logs_no_execution() -> None:
    assert stage()["TracingEnabled"] is False
    for setting in stage()["MethodSettings"]:
        assert setting["LoggingLevel"] == "OFF"
        assert setting["DataTraceEnabled"] is False


def test_every_route_and_the_webhook_route_in_its_own_right_are_throttled() -> None:
    limits = {setting["ResourcePath"]: setting for setting in stage()["MethodSettings"]}
    escaped = "/" + WEBHOOK.replace("/", "~1")
    assert limits.keys() == {"/*", escaped}
    assert limits["/*"]["HttpMethod"] == "*"
    assert limits[escaped]["HttpMethod"] == "POST"
    for setting in limits.values():
        assert 0 < setting["ThrottlingRateLimit"] <= setting["ThrottlingBurstLimit"]


def test_access_logs_are_off_by_default_and_hold_the_route_but_never_the_path() -> None:
    assert expanded().document["Parameters"]["AccessLogs"]["Default"] == "false"
    assert "AccessLogSetting" not in chosen(dict(stage()))
    setting = chosen(dict(stage()), ["HasAccessLogs"])["AccessLogSetting"]
    logged = json.loads(setting["Format"])
    assert set(logged.values()) == LOGGED
    assert setting["DestinationArn"] == {"Fn::GetAtt": ["ApiAccessLogs", "Arn"]}


def test_refusals_of_the_gateway_itself_are_problem_documents() -> None:
    body = expanded().properties("Api")["Body"]
    for name, response in body["x-amazon-apigateway-gateway-responses"].items():
        assert name in {"DEFAULT_4XX", "DEFAULT_5XX"}
        assert response["responseParameters"] == {
            "gatewayresponse.header.Content-Type": "'application/problem+json'"
        }
        # The gateway puts the message in with its quotes, everything else without.
        filled = response["responseTemplates"]["application/json"].replace(
            "$context.error.messageString", '"x"'
        )
        assert json.loads(re.sub(r"\$context\.[A-Za-z.]+", "x", filled)).keys() >= {"type", "title", "code"}


def test_api_is_regional() -> None:
    assert expanded().properties("Api")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
