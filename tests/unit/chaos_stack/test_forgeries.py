"""Forged webhooks: never a true one by chance, and each trick as its name says."""

from __future__ import annotations

import base64
import random
import uuid

import pytest

from framehook import tokens
from framehook.identifiers import is_job_id
from tests.chaos_stack.forgeries import Forgery, Hook, Trick, forged, hook_of


def token(number: int) -> str:
    return base64.urlsafe_b64encode(bytes([number]) * 32).decode().rstrip("=")


HOOKS = [
    Hook(provider, str(uuid.UUID(int=number, version=4)), "1.0", token(number))
    for number, provider in enumerate(("runware", "runninghub", "runcomfy"), 1)
]


def many(times: int = 600) -> list[Forgery]:
    chance = random.Random(5)  # noqa: S311 - the same forgeries in every run
    return [forged(chance, HOOKS) for _ in range(times)]


def test_forgery_is_never_a_true_webhook() -> None:
    true = {hook.path for hook in HOOKS}

    assert not true & {forgery.path for forgery in many()}


def test_every_trick_is_played() -> None:
    assert {forgery.trick for forgery in many()} == set(Trick)


def test_same_chance_makes_the_same_forgeries() -> None:
    assert many(20) == many(20)


@pytest.mark.parametrize("trick", [Trick.GUESSED_TOKEN, Trick.NEAR_MISS, Trick.ANOTHER_JOBS_TOKEN])
def test_wrong_token_is_well_formed_for(trick: Trick) -> None:
    """It has to be refused by the comparison, not by its form."""
    for forgery in many():
        if forgery.trick is trick:
            hook = hook_of(forgery.path)
            assert hook is not None
            assert tokens.is_well_formed(hook.token)
            assert is_job_id(hook.job_id)


def test_another_jobs_token_is_a_true_one() -> None:
    true = {hook.token: hook.job_id for hook in HOOKS}
    for forgery in many():
        if forgery.trick is Trick.ANOTHER_JOBS_TOKEN:
            hook = hook_of(forgery.path)
            assert hook is not None
            assert true[hook.token] != hook.job_id


def test_hook_of_takes_a_webhooks_url_apart() -> None:
    url = f"http://127.0.0.1:9/_aws/execute-api/abc/live{HOOKS[0].path}"

    assert hook_of(url) == HOOKS[0]


@pytest.mark.parametrize("url", ["", "http://h/live/v1/jobs", "http://h/live/webhooks/runware/1"])
def test_hook_of_another_url_is_none(url: str) -> None:
    assert hook_of(url) is None
