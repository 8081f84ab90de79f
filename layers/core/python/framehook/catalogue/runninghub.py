"""Reads what `runninghub.json` knows of one endpoint of RunningHub. Holds no decisions about requests.

An endpoint's line names what it makes and its fields: `seed` with the rule that is usual for that name, `prompt!` for
a required one, `duration:4|8` or `style=@soulStyles` for one that is one of these texts, and `width=int512..2048` for a
rule of its own: `text`, `int` or `number`, each with a range where it has one, `bool`, or `jpg,png<10`, media in these
formats of up to so many MB (`image`, `video` or `audio` where the formats are not known). `…*9` is a list of up to 9 of
them, `…~9` one of them or such a list. A lone `*` stands for fields that are not known. How long a run usually takes is
told by what it makes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from framehook.catalogue import runninghub_data
from framehook.jobs import Kind
from framehook.media_references import FAMILIES
from framehook.rules import Rule

_WORD = re.compile(r"(\w+)(!?)(|:.*|=.*)", re.ASCII)
_SPEC = re.compile(r"([^*~]+)([*~]?)(\d*)")
_TYPE = re.compile(r"(text|int|number|bool)(?:(\S*)\.\.(\S*))?")
_TYPE_NAMES = {"text": "string", "int": "integer", "number": "number", "bool": "boolean"}
_FORMS = ("https", "s3", "data", "asset")  # asset:// is an id in RunningHub's own store of assets


@dataclass(frozen=True, slots=True)
class RunningHubModel:
    """What a request to one endpoint may hold. `rule` is None where that is not known: all is passed on. No list tells
    any `defaults`."""

    kind: Kind
    rule: Mapping[str, Any] | None
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def usual_seconds(self) -> int:
        seconds: int = runninghub_data()["usual_seconds"][self.kind]
        return seconds


UNLISTED = RunningHubModel(Kind.ANY, None)


def find(endpoint: str) -> RunningHubModel | None:
    """The model at this endpoint. None says nothing of RunningHub: the catalogue is never complete."""
    line = runninghub_data()["models"].get(endpoint)
    return _parsed(line) if line else None


def delisted() -> Mapping[str, str]:
    """Endpoints that RunningHub has taken off its list, with those that do the same today."""
    replacements: Mapping[str, str] = runninghub_data()["delisted"]
    return replacements


def spelled(endpoint: str) -> str | None:
    """The endpoint, listed or delisted, with these letters in whatever case; None where there is none."""
    return _by_lower_case().get(endpoint.lower())


@cache
def _by_lower_case() -> Mapping[str, str]:
    return {each.lower(): each for each in (*delisted(), *known_endpoints())}


def known_endpoints() -> Sequence[str]:
    return tuple(runninghub_data()["models"])


def _parsed(line: str) -> RunningHubModel:
    kind, *words = line.split()
    if words == ["*"]:
        return RunningHubModel(Kind(kind), None)
    usual = runninghub_data()["fields"]
    fields: dict[str, Rule] = {}
    required: list[str] = []
    for word in words:
        name, must, own = _matched(_WORD, word)
        fields[name] = _rule(own or usual[name], needed=bool(must))
        required += [name] if must else []
    return RunningHubModel(Kind(kind), {"fields": fields, "required": required})


def _rule(spec: str, *, needed: bool) -> Rule:
    if spec.startswith(":"):
        return spec[1:].split("|")
    text, many, most = _matched(_SPEC, spec[1:])
    one = _one(text)
    if not many:
        return one
    limits = ({"min_items": 1} if needed else {}) | ({"max_items": int(most)} if most else {})
    several = {"type": "array", "items": one, **limits}
    return {"any_of": [one, several]} if many == "~" else several


def _one(text: str) -> Rule:
    if text.startswith("@"):
        choices: Rule = runninghub_data()["choices"][text[1:]]
        return choices
    formats, media, megabytes = text.partition("<")
    if media:
        accepted = FAMILIES.get(formats) or tuple(formats.split(","))
        return {"media": accepted, "max_mb": int(megabytes), "forms": _FORMS}
    name, least, most = _matched(_TYPE, text)
    unit = "_length" if name == "text" else ""
    limits = {f"min{unit}": least, f"max{unit}": most}
    return {"type": _TYPE_NAMES[name], **{key: _number(limit) for key, limit in limits.items() if limit}}


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _matched(pattern: re.Pattern[str], text: str) -> Sequence[Any]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"the catalogue has a word that can't be read: {text}")
    return match.groups()
