"""Reads what `runcomfy.json` knows of RunComfy's models. Holds no decisions about requests.

Few models are known by their fields; of the others the id alone is known. What an id says of what its model makes is
good for a guess at how long that takes, and for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from framehook.catalogue import runcomfy_data
from framehook.jobs import Kind

_KIND_WORD = re.compile(r"video|image|audio")
_PAGE = re.compile(r"(?:(?:[a-z]{2}/)?(?:models|playground)/)?(\S+?)(?:/api)?")


@dataclass(frozen=True, slots=True)
class Cadence:
    """How long a run usually takes, and by how much percent its age grows between look-ups; None: RunComfy calls us."""

    usual_seconds: int
    look_up_growth: int | None


@dataclass(frozen=True, slots=True)
class RunComfyModel:
    """What a request for one model may hold. `rule` is None where that is not known: all is passed on.

    `defaults` are what RunComfy takes for fields that are left out: to be told, never to be sent.
    """

    kind: Kind
    cadence: Cadence
    rule: Mapping[str, Any] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)


def find(model_id: str) -> RunComfyModel | None:
    """The model of this id, if its fields are known. None says nothing of RunComfy: the catalogue is never complete."""
    told = runcomfy_data()["detailed"].get(model_id)
    if told is None:
        return None
    cadence = Cadence(told["usual_seconds"], told["look_up_growth"])
    return RunComfyModel(Kind(told["kind"]), cadence, told["rule"], told["defaults"])


def unlisted(model_id: str) -> RunComfyModel:
    """A model of which the id alone is known."""
    words = _KIND_WORD.findall(model_id.lower())
    return RunComfyModel(Kind.ANY, _cadence(words[-1] if words else "any"))


def deployment_cadence() -> Cadence:
    return _cadence("deployment")


def known_ids() -> Sequence[str]:
    data = runcomfy_data()
    return (*data["detailed"], *(each for group in data["known"] for each in group["ids"]))


def meant(written: str) -> str | None:
    """The id of a model with known fields that was written in other letters or with other slashes, or taken from the
    address of its page; None where none was.

    Pages are not named as their models are: that of `openai/sora-2/pro/text-to-video` is
    www.runcomfy.com/playground/openai/sora-2-pro/text-to-video/api.
    """
    page = _PAGE.fullmatch(written.lower())
    return _by_flat_id().get(_flat(page[1])) if page else None


def _by_flat_id() -> Mapping[str, str]:
    return {_flat(each): each for each in runcomfy_data()["detailed"]}


def _flat(model_id: str) -> str:
    return model_id.replace("/", "-")


def _cadence(of: str) -> Cadence:
    return Cadence(**runcomfy_data()["cadence"][of])
