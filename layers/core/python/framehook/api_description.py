"""The OpenAPI description of the HTTP API. `make openapi` writes what this module prints beside serve_api.

The operations are described here, after http_edge; what they share in api_parts, what they take and answer in
api_schemas and api_examples.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from framehook.api_examples import JOB_REQUESTS, PROVIDERS, RESOLVE_REQUESTS, WORKFLOW
from framehook.api_parts import HEADERS, PARAMETERS, headers_of, problem_responses, refusals
from framehook.api_schemas import Schema, ref, schemas

_ABOUT = """Framehook runs jobs of generative media at the providers you have accounts with. `POST /v1/jobs` answers
at once; the job's changes are announced as `Job State Change` events, and its files are in your bucket when it has
`succeeded`. Times are RFC 3339 in UTC, money is a decimal string. Fields may be added to answers; unknown fields and
query parameters of requests are refused."""


def build() -> Schema:
    """The whole document, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Framehook",
            "version": "1",
            "summary": "One API for generative media, in your own AWS account",
            "description": " ".join(_ABOUT.split()),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "{base}",
                "description": "The stack's output ApiUrl",
                "variables": {
                    "base": {"default": "https://example.execute-api.eu-central-1.amazonaws.com/live"}
                },
            }
        ],
        "security": [{"ApiKey": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "schemas": schemas(),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": problem_responses(),
        },
    }


def _paths() -> Schema:
    job_id, index = ref("parameters", "JobId"), ref("parameters", "OutputIndex")
    listing = [ref("parameters", name) for name in ("Status", "Limit", "Cursor")]
    key = ref("parameters", "IdempotencyKey")
    replayed = _answer(
        "The job that this key and request made before, as it is now", "Job", "Location", "Replayed"
    )
    cancelled = {
        "200": _answer("The job is cancelled", "CancelledJob"),
        "202": _answer("The job is not cancelled yet, or can't be: `message` says which", "CancelledJob"),
    }
    page, described = _answer("One page, newest first", "JobPage"), _answer("OpenAPI 3.1", "Description")
    accepted = _answer("Accepted; the provider is called next", "AcceptedJob", "Location")
    link = {
        "description": "A link to the file, good for minutes",
        "headers": headers_of("FileLink", "NotKept"),
    }
    accounts = _answer("Asked just now; trouble with an account is its `error`", "Providers")
    accounts["content"]["application/json"]["example"] = PROVIDERS
    model = _answer("Its fields, and a request to start from", "Model")
    model["content"]["application/json"]["example"] = WORKFLOW
    by_id = {"parameters": [job_id]}
    return {
        "/v1/jobs": {
            "post": _operation(
                "submitJob", "Submit a job", {"202": accepted, "200": replayed}, "Invalid", "Conflict"
            )
            | {"parameters": [key], "requestBody": _body("JobRequest", JOB_REQUESTS)},
            "get": _operation("listJobs", "List your jobs", {"200": page}, "Invalid")
            | {"parameters": listing},
        },
        "/v1/jobs/{job_id}": by_id
        | {"get": _operation("showJob", "Show a job", {"200": _answer("The job", "Job")}, "Missing")},
        "/v1/jobs/{job_id}/resolve": by_id
        | {
            "post": _operation(
                "resolveJob",
                "Decide about a parked job, of which nobody can tell whether the provider accepted it",
                {"200": _answer("The job after the decision", "Job")},
                *("Invalid", "Missing", "WrongState"),
            )
            | {"requestBody": _body("ResolveRequest", RESOLVE_REQUESTS)},
        },
        "/v1/jobs/{job_id}/cancel": by_id
        | {
            "post": _operation(
                *("cancelJob", "Stop a job, as far as its provider can", cancelled),
                *("Invalid", "Missing", "WrongState"),
            )
            | {"requestBody": _body("CancelRequest", {}, required=False)},
        },
        "/v1/jobs/{job_id}/outputs/{index}": {"parameters": [job_id, index]}
        | {"get": _operation("showOutput", "Get one output's file", {"307": link}, "Missing")},
        "/v1/providers": {
            "get": _operation(
                *("listProviders", "How the providers' accounts stand", {"200": accounts}), "Invalid"
            )
        },
        "/v1/models": {
            "get": _operation(
                *("showModel", "What can be filled in of a model", {"200": model}),
                *("Invalid", "NoSuchModel", "NotConfigured", "ProviderTrouble"),
            )
            | {"parameters": [ref("parameters", "ModelId")]}
        },
        "/v1/openapi.json": {"get": _operation("describe", "This description", {"200": described})},
    }


def _operation(name: str, summary: str, answers: Mapping[str, Schema], *problems: str) -> Schema:
    return {"operationId": name, "summary": summary, "responses": {**answers, **refusals(*problems)}}


def _answer(description: str, schema: str, *headers: str) -> Schema:
    content = {"application/json": {"schema": ref("schemas", schema)}}
    return {"description": description, "content": content} | (
        {"headers": headers_of(*headers)} if headers else {}
    )


def _body(schema: str, examples: Mapping[str, Schema], *, required: bool = True) -> Schema:
    shown = {name: {"value": value} for name, value in examples.items()}
    media = {"schema": ref("schemas", schema)} | ({"examples": shown} if shown else {})
    return {"required": required, "content": {"application/json": media}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build(), indent=2, ensure_ascii=False) + "\n")
