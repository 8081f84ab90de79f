"""The stack's template as plain data: as it is written, and as CloudFormation gets it once SAM has expanded it.

Only reads; what the template should say is in the tests.
"""

from __future__ import annotations

import copy
import functools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any
from unittest import mock

from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

PROJECT = Path(__file__).resolve().parents[1]
TEMPLATE = PROJECT / "template.yaml"
# SAM wants to know where the code was uploaded to; nothing is.
_UPLOADED = "s3://bucket/key"
_SUB_NAME = re.compile(r"\$\{([A-Za-z0-9:]+)[^}]*\}")

type Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    document: Values

    @property
    def resources(self) -> Mapping[str, Values]:
        resources: Mapping[str, Values] = self.document["Resources"]
        return resources

    def properties(self, name: str) -> Values:
        properties: Values = self.resources[name].get("Properties", {})
        return properties

    def of_type(self, kind: str) -> dict[str, Values]:
        """The properties of each resource of this type."""
        return {
            name: self.properties(name) for name, found in self.resources.items() if found["Type"] == kind
        }

    def only(self, kind: str) -> tuple[str, Values]:
        """The one resource of this type."""
        [found] = self.of_type(kind).items()
        return found


@functools.cache
def as_written() -> Template:
    """With its short tags (`!Ref`) as the maps that they stand for."""
    return Template(yaml_parse(TEMPLATE.read_text()))


@functools.cache
def expanded() -> Template:
    """What the SAM transform makes of it: only CloudFormation's own resources."""
    document = copy.deepcopy(dict(as_written().document))
    document["Globals"]["Function"]["CodeUri"] = _UPLOADED
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = _UPLOADED
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"):
        return Template(transform(document, {}, _NoManagedPolicies()))


class _NoManagedPolicies:
    """SAM asks IAM for the policies that a template calls by name only; ours calls none."""

    def load(self) -> dict[str, str]:
        return {}


def dependencies(resource: Values) -> set[str]:
    """The names that a resource can't be made without: Ref, GetAtt, Sub and DependsOn, in every branch of an If."""
    after = resource.get("DependsOn", [])
    named = {after} if isinstance(after, str) else set(after)
    return named | set(_named(resource.get("Properties", {})))


def cycle(resources: Mapping[str, Values]) -> list[str]:
    """Resources that wait for one another, first and last the same; empty when there is an order to make them in."""
    waits = {name: dependencies(resource) & resources.keys() for name, resource in resources.items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def _named(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(path)}:
            yield path.split(".")[0]
        case {"Fn::Sub": substitution}:
            yield from _substituted(substitution)
        case dict():
            yield from _named(list(value.values()))
        case list():
            for inner in value:
                yield from _named(inner)


def _substituted(substitution: Any) -> Iterator[str]:
    """Of `[text, {name: value}]`, or of a text alone."""
    text, given = (substitution, {}) if isinstance(substitution, str) else substitution
    yield from set(_SUB_NAME.findall(text)) - given.keys()
    yield from _named(list(given.values()))


def shown(value: Any) -> str:
    """A reference as one word: `JobsTable` for its ARN or name, `MediaBucket/incoming/*` for a part of it."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([A-Za-z0-9]+)(\.Arn)?\}", r"\1", text)
        case _:
            return str(value)


def chosen(value: Any, true: Sequence[str] = ()) -> Any:
    """The value with every If decided: conditions in `true` hold, the others don't."""
    match value:
        case {"Fn::If": [condition, then, otherwise]}:
            return chosen(then if condition in true else otherwise, true)
        case dict():
            kept = {key: chosen(inner, true) for key, inner in value.items()}
            return {key: inner for key, inner in kept.items() if inner != {"Ref": "AWS::NoValue"}}
        case list():
            decided = [chosen(inner, true) for inner in value]
            return [inner for inner in decided if inner != {"Ref": "AWS::NoValue"}]
        case _:
            return value
