"""The sandbox's commands. Each says what it does in its help; what they do lives in the other modules."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import boto3
import typer
from rich.console import Console

from tests.sandbox import stack_file
from tests.sandbox.deployment import STACK_NAME
from tests.sandbox.function_logs import print_function_logs, print_start_failures
from tests.sandbox.journey import InvalidJobError, chosen_job, render_one_job, usual_job
from tests.sandbox.local_cloud import forget_aws_settings
from tests.sandbox.processes import log_tail, signals_end_the_block
from tests.sandbox.provider_apis import PROVIDERS, InvalidEnvironmentError, providers, real_providers
from tests.sandbox.redrive import RedriveFailedError
from tests.sandbox.redrive import redrive as redrive_stack
from tests.sandbox.running_stack import running_stack
from tests.sandbox.stack_file import Stack
from tests.sandbox.steps import StepFailedError, Steps
from tests.sandbox.workspace import PROJECT, AlreadyRunningError, Workspace

UP_SECONDS = 300.0
DOWN_SECONDS = 30.0
FAILURE_LOG_LINES = 40

# Line breaks are typer's: a paragraph that begins with \b keeps its own.
HELP = """The sandbox's commands.

Provider calls go to simulators, at no cost. For the providers themselves set:

\b
  RUNWARE_API_KEY       your key; jobs are then charged for
  RUNNINGHUB_API_KEY    the same for RunningHub, of the site that
  RUNNINGHUB_SITE       names: ai (the default) or cn
  RUNCOMFY_API_KEY      the same for RunComfy
  FRAMEHOOK_PUBLIC_URL  https URL of a tunnel to 127.0.0.1:8475, for webhooks
                        and Runware's uploads; nothing else gets through it
  FRAMEHOOK_PORT        another port for the tunnel to lead to

In either case:

\b
  FRAMEHOOK_JOB         what demo runs: '{"model": "...", "input": {...}}'
"""

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)


@app.command()
def demo(
    provider: Annotated[
        Literal["runware", "runninghub", "runcomfy"] | None,
        typer.Option(help="who renders; by default the first with a key"),
    ] = None,
) -> None:
    """Bring up a stack of its own, run one job, show its file, stop everything."""
    steps = Steps()
    job = chosen_job(os.environ) or _demo_job(provider)
    workspace = Workspace.named("demo")
    with running_stack(workspace, steps) as stack:
        try:
            with steps.step(f"Running one job of {job.get('model')}"):
                render_one_job(stack, workspace.outputs, steps.console, job)
        except StepFailedError:
            print_function_logs(stack, FAILURE_LOG_LINES)
            print_start_failures(workspace.log("local-aws"))
            raise


@app.command()
def run() -> None:
    """Bring up the stack and keep it until Ctrl-C."""
    steps = Steps()
    workspace = Workspace.named()
    with running_stack(workspace, steps) as stack:
        workspace.holder_file.write_text(str(os.getpid()))
        steps.console.print(usage(stack), markup=False, highlight=False, soft_wrap=True)
        signal.pause()


@app.command()
def up() -> None:
    """Bring up the same stack in the background: a `run` of its own session that `down` ends."""
    console, workspace = Console(), Workspace.named()
    if workspace.is_held():
        raise AlreadyRunningError("the stack is up or starting; see `make status`")
    log = workspace.folder / "run.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox", "run"],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with console.status("starting the stack"):
        _wait_for(lambda: workspace.holder_file.exists() or keeper.poll() is not None, UP_SECONDS)
    console.print(log_tail(log, 100), markup=False, highlight=False, soft_wrap=True)
    if not workspace.holder_file.exists():
        keeper.terminate()
        raise typer.Exit(1)


@app.command()
def down() -> None:
    """Stop what `up` or `run` started."""
    console, workspace = Console(), Workspace.named()
    if not workspace.is_held() or not workspace.holder_file.exists():
        console.print("the stack is not up")
        return
    os.kill(int(workspace.holder_file.read_text()), signal.SIGTERM)
    if not _wait_for(lambda: not workspace.is_held(), DOWN_SECONDS):
        console.print("the stack did not stop")
        raise typer.Exit(1)
    console.print("stopped")


@app.command()
def status() -> None:
    """Say whether the stack is up and how to use it."""
    console, workspace = Console(), Workspace.named()
    if workspace.is_held() and workspace.stack_file.exists():
        console.print(
            usage(stack_file.read(workspace.stack_file)), markup=False, highlight=False, soft_wrap=True
        )
    else:
        console.print("the stack is not up; start it with `make up` or `make run`")
        raise typer.Exit(1)


@app.command()
def logs(lines: Annotated[int, typer.Option(help="how many of the newest lines")] = 100) -> None:
    """Show what the running stack's functions logged."""
    print_function_logs(_running(), lines)


@app.command()
def send(job: Annotated[str, typer.Argument(help="the job as JSON")]) -> None:
    """Send a job to the running stack's Jobs queue."""
    stack = _running()
    json.loads(job)  # a typing mistake is easier to see here than in a dead-letter queue
    sqs = stack.aws.session.client("sqs", endpoint_url=stack.aws.endpoint_url)
    sent = sqs.send_message(QueueUrl=stack.outputs["JobsQueueUrl"], MessageBody=job)
    typer.echo(f"sent as message {sent['MessageId']}")


@app.command()
def redrive(
    queue: Annotated[Literal["jobs", "invocations", "changes"], typer.Argument(help="whose dead letters")],
    stack: Annotated[str, typer.Option(help="the deployed stack's name")] = STACK_NAME,
    local: Annotated[bool, typer.Option("--local", help="the local stack instead of AWS")] = False,
    most: Annotated[int | None, typer.Option(min=1, help="do no more than so many again")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
) -> None:
    """Do again what lies in a dead-letter queue, of a stack on AWS by your credentials."""
    order = {"queue": queue, "dry_run": dry_run} | ({"most": most} if most else {})
    if local:
        here = _running().aws
        told = redrive_stack(here.session, STACK_NAME, order, here.endpoint_url)
    else:
        region = os.environ.get("AWS_REGION")  # the AWS CLI goes by it, boto3 does not
        told = redrive_stack(boto3.Session(region_name=region), stack, order)
    typer.echo(json.dumps(told, indent=2))


def _demo_job(provider: str | None) -> Mapping[str, Any]:
    real = real_providers(os.environ)
    return usual_job(providers(real) if real else PROVIDERS, simulated=real is None, provider=provider)


def usage(stack: Stack) -> str:
    """How to use a stack, to paste into a shell at the project's root."""
    job = json.dumps(usual_job(stack.providers, simulated=bool(stack.simulators)))
    python = os.path.relpath(sys.executable, PROJECT)
    outputs = "\n".join(f"  {name:<16} {value}" for name, value in sorted(stack.outputs.items()))
    return f"""
The stack is up.
{outputs}
  {"API key":<16} {stack.api_key}
  {"Local AWS":<16} {stack.aws.endpoint_url}

Submit a job by HTTP:
  curl -s -X POST '{stack.api_url}/v1/jobs' \\
    -H 'x-api-key: {stack.api_key}' -H 'content-type: application/json' -d '{job}'
or by the queue:
  {python} -m tests.sandbox send '{job}'
What the functions logged: {python} -m tests.sandbox logs
"""


def _running() -> Stack:
    workspace = Workspace.named()
    if not workspace.is_held() or not workspace.stack_file.exists():
        typer.echo("the stack is not up; start it with `make up` or `make run`", err=True)
        raise typer.Exit(1)
    forget_aws_settings()
    return stack_file.read(workspace.stack_file)


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def main() -> None:
    """Run the command; a failure that was told already, or a Ctrl-C, is an exit code and no traceback."""
    try:
        with signals_end_the_block():
            app()
    except StepFailedError:
        sys.exit(1)
    except (AlreadyRunningError, InvalidEnvironmentError, InvalidJobError, RedriveFailedError) as refusal:
        typer.echo(str(refusal), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
