"""Holds answers of the HTTP API against its description: status, headers and every field must be documented."""

from __future__ import annotations

import copy
import re
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from framehook.api_description import build

type Schema = dict[str, Any]


class DescribedApi:
    """The description, read strictly: what it does not mention must not be answered."""

    def __init__(self) -> None:
        self._document = copy.deepcopy(build())
        _close(self._document["components"]["schemas"])

    def check(self, method: str, path: str, status: int, headers: dict[str, str], body: object) -> None:
        """Raises AssertionError or jsonschema's ValidationError. A path that is not described answers a problem."""
        content_type = headers.get("Content-Type")
        operation = self._operation(method, path)
        if operation is None:
            assert status == 404
            self.validate(self._ref("schemas", "Problem"), body)
            return
        answer = self.resolved(operation["responses"][str(status)])
        assert set(headers) - {"Content-Type"} == set(answer.get("headers", {}))
        for name, header in answer.get("headers", {}).items():
            self.validate(self.resolved(header)["schema"], headers[name])
        if "content" in answer:
            assert content_type is not None
            self.validate(answer["content"][content_type]["schema"], body)

    def validate(self, schema: Schema, value: object) -> None:
        whole = {**schema, "components": self._document["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)

    def resolved(self, part: Schema) -> Schema:
        if "$ref" not in part:
            return part
        _, _, section, name = part["$ref"].split("/")
        found: Schema = self._document["components"][section][name]
        return found

    def _operation(self, method: str, path: str) -> Schema | None:
        for template, operations in self._document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                found: Schema | None = operations.get(method.lower())
                return found
        return None

    @staticmethod
    def _ref(section: str, name: str) -> Schema:
        return {"$ref": f"#/components/{section}/{name}"}


def _close(schema: object) -> None:
    if isinstance(schema, list):
        for part in schema:
            _close(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
