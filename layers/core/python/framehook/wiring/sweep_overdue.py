"""What sweep_overdue is made of."""

from __future__ import annotations

import functools
import os

import boto3

from framehook.adapters.lambda_starter import FunctionNames, LambdaStarter
from framehook.adapters.system import SystemClock
from framehook.settings import SweepOverdueSettings
from framehook.sweeping import Sweeping
from framehook.wiring.storage import PROMPT, job_store


@functools.cache
def sweeping() -> Sweeping:
    settings = SweepOverdueSettings.read(os.environ)
    names = FunctionNames(follow_up=settings.follow_up_function)
    return Sweeping(
        job_store(settings), LambdaStarter(boto3.client("lambda", config=PROMPT), names), SystemClock()
    )
