"""Every provider keeps the promises of `contract.Provider`; the imaginary one too, which was added by the book."""

from __future__ import annotations

from typing import override

import pytest

from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runware import provider as runware
from framehook.wiring.providers import PROVIDERS
from tests.contracts.provider_cases import ProviderCase
from tests.contracts.providers import ProviderContract
from tests.fakes import runcomfy_answers as comfy
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import acknowledged, refusal
from tests.imaginary_provider import answers as lumen
from tests.imaginary_provider.lumen.provider import PROVIDER as LUMEN
from tests.imaginary_provider.registration import JOB, NAME, register

CLIP = {"prompt": "mangroves glow", "seconds": 8, "size": "1280x720"}
HUB_RUN = {"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "a fox"}]}


class TestRunware(ProviderContract):
    case = ProviderCase(
        provider=runware,
        module="framehook.providers.runware.provider",
        account="runware",
        jobs=[{"model": "sora-2-pro", "provider": "runware", "input": CLIP}],
        theirs="93666777-2328-4441-a0d4-b6df40eb0a1a",
        takes=acknowledged,
        refuses=lambda words: refusal(400, "invalidPositivePrompt", message=words),
        busy=refusal(429, "rateLimitExceeded"),
        hosts=["vm.runware.ai", "im.runware.ai"],
        foreign=["evilrunware.ai", "runware.com"],
    )


class TestRunningHub(ProviderContract):
    case = ProviderCase(
        provider=runninghub,
        module="framehook.providers.runninghub.provider",
        account="runninghub-ai",
        jobs=[
            {"model": "sora-2-pro", "provider": "runninghub", "input": CLIP},
            {"model": "runninghub/workflow/1904136902449209346", "input": HUB_RUN},
            {"model": "runninghub/ai-app/1877265245566922801", "input": HUB_RUN},
        ],
        theirs=hub.TASK,
        takes=lambda _: hub.taken(),
        refuses=lambda words: hub.refused("1007", words),
        busy=hub.refused("1003"),
        hosts=["rh-images-1252422369.cos.ap-beijing.myqcloud.com", "files.xiaoyaoyou.com"],
        foreign=["evilxiaoyaoyou.com", "evilmyqcloud.com"],
        # Free calls of the older kind: www.runninghub.ai/runninghub-api-doc-en has the key in their bodies.
        keys_in_bodies=["/task/openapi/getWebhookDetail", "/task/openapi/cancel"],
    )


class TestRunComfy(ProviderContract):
    case = ProviderCase(
        provider=PROVIDERS["runcomfy"],
        module="framehook.providers.runcomfy.provider",
        account="runcomfy",
        jobs=[
            {"model": "sora-2-pro", "provider": "runcomfy", "input": CLIP},
            {"model": f"runcomfy/deployment/{comfy.DEPLOYMENT}", "input": {"prompt": "a fox"}},
        ],
        theirs=comfy.REQUEST,
        takes=lambda _: comfy.taken(),
        refuses=lambda words: comfy.refused(422, 422001, words),
        busy=comfy.answer({}, 429),
        hosts=["files.runcomfy.net", "a.b.runcomfy.com"],
        foreign=["evilruncomfy.net", "runcomfy.net.evil.com", "runcomfy.org"],
        silent=["openai/sora-2/pro/text-to-video"],
    )


class TestLumen(ProviderContract):
    case = ProviderCase(
        provider=LUMEN,
        module="tests.imaginary_provider.lumen.provider",
        account="lumen",
        jobs=[{"model": NAME, "provider": "lumen", "input": CLIP}, JOB],
        theirs=lumen.REQUEST,
        takes=lambda _: lumen.taken(),
        refuses=lambda words: lumen.refused(422, [{"loc": ["body", "prompt"], "msg": words}]),
        busy=lumen.answer({}, 429),
        hosts=["v3.media.lumen.example", "lumen.example"],
        foreign=["evillumen.example", "lumen.example.com"],
    )

    @override
    @pytest.fixture(autouse=True)
    def _registered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        register(monkeypatch)


def test_no_provider_is_left_out() -> None:
    cases = (TestRunware.case, TestRunningHub.case, TestRunComfy.case)
    assert [case.provider.NAME for case in cases] == list(PROVIDERS)
