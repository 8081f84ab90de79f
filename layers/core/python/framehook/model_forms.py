"""What can be filled in of a model: the catalogue tells what it knows, and providers are asked for the rest.

Used by serve_api.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from framehook.asking import ask
from framehook.calling import Calling
from framehook.credential_fields import names_credential
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
from framehook.providers.contract import UnreadableAnswer
from framehook.providers.questions import Form, FormQuestion, FormReader, QuestionRefused, Refusal
from framehook.providers.runcomfy import forms as runcomfy_forms
from framehook.providers.runcomfy import input as runcomfy_input
from framehook.providers.runninghub import forms as runninghub_forms
from framehook.providers.runninghub import input as runninghub_input
from framehook.wording import shown

_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class _Asked:
    """A provider that tells what can be filled in. `title` is for people; `refusal` says why no job can be sent to an
    offering, as a job is told it; `ids` is how those offerings are written that it can be asked about."""

    title: str
    forms: FormReader
    refusal: Callable[[str], FieldProblem | None]
    ids: tuple[str, ...]


_ASKED: Mapping[str, _Asked] = {
    "runninghub": _Asked(
        "RunningHub",
        runninghub_forms,
        runninghub_input.refusal,
        ("runninghub/workflow/<id>", "runninghub/ai-app/<id>"),
    ),
    "runcomfy": _Asked(
        "RunComfy",
        runcomfy_forms,
        runcomfy_input.refusal,
        ("runcomfy/<model id>", "runcomfy/deployment/<id>"),
    ),
}
_KNOWN = (
    "a name of the catalogue, such as sora-2-pro",
    "runware/<AIR id> of a model that the catalogue knows",
    "runninghub/<endpoint> of a model that the catalogue knows",
)


@dataclass(frozen=True, slots=True)
class ModelForms:
    calling: Calling

    def describe(self, model_id: str) -> DescribedModel:
        """Raises InvalidRequest for an id that can't be described, NoSuchModel for one that its provider does not know,
        NotConfigured, ProviderUnavailable, ProviderTrouble, Unavailable. Starts nothing, costs nothing."""
        provider, _, offering = model_id.partition("/")
        asked = _ASKED.get(provider)
        if asked and (refused := asked.refusal(offering)):
            raise InvalidRequest(replace(refused, field="id"))
        short = len(model_id) <= _LONGEST_ID
        if short and (known := described(model_id)):
            return known
        question = asked.forms.question(offering) if short and asked else None
        if asked is None or question is None:
            raise InvalidRequest(_not_described(model_id))
        form = _without_credentials(self._form(provider, asked.title, question))
        return DescribedModel(model_id, question.kind, provider, form, question.example(form))

    def _form(self, provider: str, title: str, question: FormQuestion) -> Form:
        known = self.calling.account_of(provider)
        if known is None:
            raise NotConfigured(f"this stack has no API key for {title}")
        try:
            return question.read(ask(self.calling, known, question.request(known.api_key)))
        except (NeverSent, ReplyLost):
            raise ProviderUnavailable(f"{title} did not answer") from None  # the cause may quote the key
        except UnreadableAnswer as odd:
            raise ProviderTrouble(f"{title}'s answer can't be understood: {odd}") from None
        except QuestionRefused as refused:
            raise _trouble(title, refused) from None


def _without_credentials(form: Form) -> Form:
    """What somebody has saved in a workflow is for all to see who may use this stack, but not a key of theirs."""
    fields = (
        replace(field, value=None) if isinstance(field.value, str) and names_credential(field.name) else field
        for field in form.fields
    )
    return replace(form, fields=tuple(fields))


def _trouble(title: str, refused: QuestionRefused) -> Exception:
    failure = refused.failure
    kinds = {Refusal.NO_SUCH_THING: NoSuchModel, Refusal.NOT_NOW: ProviderUnavailable}
    kind = kinds.get(refused.refusal, ProviderTrouble)
    return kind(f"{title}: {failure.message}", provider_code=failure.provider_code)


def _not_described(model_id: str) -> FieldProblem:
    allowed = [*_KNOWN, *(written for asked in _ASKED.values() for written in asked.ids)]
    return FieldProblem(
        "id", f"nothing is known of the fields of {shown(model_id)}", "not_described", allowed=allowed
    )
