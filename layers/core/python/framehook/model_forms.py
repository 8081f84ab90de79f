"""What can be filled in of a model: RunningHub is asked about its workflows and AI apps, the catalogue tells of others.

Used by serve_api.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from framehook.asking import ask
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
from framehook.providers import runninghub_input
from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.questions import Form, QuestionRefused, Refusal
from framehook.providers.runninghub_ids import run_of
from framehook.wording import shown

_RUNNINGHUB = "runninghub"
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class ModelForms:
    calling: Calling

    def describe(self, model_id: str) -> DescribedModel:
        """Raises InvalidRequest for an id that can't be described, NoSuchModel for one that RunningHub does not know,
        NotConfigured, ProviderUnavailable, ProviderTrouble, Unavailable. Starts nothing, costs nothing."""
        provider, _, offering = model_id.partition("/")
        made = run_of(offering) if provider == _RUNNINGHUB else None
        if made is None:
            return _known(model_id)
        kind, own_id = made
        if kind == "workflow":
            form = self._asked(lambda key: forms.workflow_question(own_id, key), forms.read_workflow)
        else:
            form = self._asked(lambda key: forms.app_question(own_id, key), forms.read_app)
        return DescribedModel(model_id, kind.replace("-", "_"), _RUNNINGHUB, form)

    def _asked(self, question: Callable[[str], HttpRequest], read: Callable[[HttpResponse], Form]) -> Form:
        known = self.calling.account_of(_RUNNINGHUB)
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


def _known(model_id: str) -> DescribedModel:
    """What the catalogue has of it; for an id that no job can be sent to, the reason is that of a job."""
    provider, _, offering = model_id.partition("/")
    refused = runninghub_input.refusal(offering) if provider == _RUNNINGHUB else None
    if refused:
        raise InvalidRequest(replace(refused, field="id"))
    known = described(model_id) if len(model_id) <= _LONGEST_ID else None
    if known is None:
        raise InvalidRequest(_not_described(model_id))
    return known


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
