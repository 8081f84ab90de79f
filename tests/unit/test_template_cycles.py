"""CloudFormation refuses resources that wait for one another, and only it looks: the local AWS and the linter of a SAM
template do not see what SAM adds. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.template_model import cycle, dependencies, expanded


def test_expanded_template_has_no_dependency_cycle() -> None:
    assert cycle(expanded().resources) == []


def test_every_reference_is_declared() -> None:
    document = expanded().document
    declared = document["Resources"].keys() | document["Parameters"].keys()
    named = {name for resource in document["Resources"].values() for name in dependencies(resource)}
    assert {name for name in named - declared if not name.startswith("AWS::")} == set()


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "MediaBucket"},
        {"Fn::GetAtt": ["MediaBucket", "Arn"]},
        {"Fn::GetAtt": "MediaBucket.Arn"},
        {"Fn::Sub": "${MediaBucket.Arn}/*"},
        {"Fn::Sub": ["${Given}", {"Given": {"Ref": "MediaBucket"}}]},
        {"Fn::If": ["TlsIsRequired", "", {"Fn::Join": ["", ["a", {"Ref": "MediaBucket"}]]}]},
    ],
)
def test_planted_reference_from_the_notified_function_to_the_bucket_is_found(reference: Any) -> None:
    resources: Any = copy.deepcopy(expanded().resources)
    variables = resources["LandOutputFunction"]["Properties"]["Environment"]["Variables"]
    variables["MEDIA_BUCKET"] = reference
    assert {"MediaBucket", "LandOutputFunction"} <= set(cycle(resources))


def test_planted_depends_on_is_found() -> None:
    resources: Any = copy.deepcopy(expanded().resources)
    resources["UploadRole"]["DependsOn"] = "SubmitJobFunction"
    assert {"UploadRole", "SubmitJobFunction"} <= set(cycle(resources))


def test_name_given_inside_a_sub_is_no_reference() -> None:
    assert dependencies({"Properties": {"Fn::Sub": ["${MediaBucket}", {"MediaBucket": "x"}]}}) == set()
