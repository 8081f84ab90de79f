"""What can be filled in of a model: RunningHub is asked about its workflows and AI apps, the catalogue tells of others.

Used by serve_api.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from framehook.asking import account_of, ask
from framehook.calling import Calling
from framehook.errors import (
    FieldProblem,
    InvalidRequest,
    NeverSent,
    NoSuchModel,
    NotConfigured,
    ProviderTrouble,
    ProviderUnavailable,
    ReplyLost,
)
from framehook.known_models import DescribedModel, described
from framehook.providers import runninghub_forms as forms
from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.questions import Form, QuestionRefused, Refusal
from framehook.wording import shown

_RUNNINGHUB = "runninghub"
_MADE_BY_USERS = re.compile(r"runninghub/(workflow|ai-app)/(.*)", re.DOTALL)
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class ModelForms:
    calling: Calling

    def describe(self, model_id: str) -> DescribedModel:
        """Raises InvalidRequest for an id that can't be described, NoSuchModel for one that RunningHub does not know,
        NotConfigured, ProviderUnavailable, ProviderTrouble, Unavailable. Starts nothing, costs nothing."""
        made = _MADE_BY_USERS.fullmatch(model_id)
        if made is None:
            known = described(model_id) if len(model_id) <= _LONGEST_ID else None
            if known is None:
                raise InvalidRequest(_not_described(model_id))
            return known
        kind, own_id = made.groups()
        if not forms.ID.fullmatch(own_id):
            message = f"{shown(own_id)} is not the number of a RunningHub {kind}"
            raise InvalidRequest(FieldProblem("id", message, value=model_id[:_LONGEST_ID]))
        if kind == "workflow":
            form = self._asked(lambda key: forms.workflow_question(own_id, key), forms.read_workflow)
        else:
            form = self._asked(lambda key: forms.app_question(own_id, key), forms.read_app)
        return DescribedModel(model_id, kind.replace("-", "_"), _RUNNINGHUB, form)

    def _asked(self, question: Callable[[str], HttpRequest], read: Callable[[HttpResponse], Form]) -> Form:
        known = account_of(self.calling, _RUNNINGHUB)
        if known is None:
            raise NotConfigured("this stack has no API key for RunningHub")
        try:
            return read(ask(self.calling, known, question(known.api_key)))
        except (NeverSent, ReplyLost):
            raise ProviderUnavailable("RunningHub did not answer") from None  # the cause may quote the key
        except UnreadableAnswer as odd:
            raise ProviderTrouble(f"RunningHub's answer can't be understood: {odd}") from None
        except QuestionRefused as refused:
            raise _trouble(refused) from None


def _trouble(refused: QuestionRefused) -> Exception:
    failure = refused.failure
    kinds = {Refusal.NO_SUCH_THING: NoSuchModel, Refusal.NOT_NOW: ProviderUnavailable}
    kind = kinds.get(refused.refusal, ProviderTrouble)
    return kind(f"RunningHub: {failure.message}", provider_code=failure.provider_code)


def _not_described(model_id: str) -> FieldProblem:
    allowed = [
        "a name of the catalogue, such as sora-2-pro",
        "runware/<AIR id> of a model that the catalogue knows",
        "runninghub/<endpoint> of a model that the catalogue knows",
        "runninghub/workflow/<id>",
        "runninghub/ai-app/<id>",
    ]
    return FieldProblem(
        "id", f"nothing is known of the fields of {shown(model_id)}", "not_described", allowed=allowed
    )
