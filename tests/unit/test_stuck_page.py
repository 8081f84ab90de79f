""" "When something is stuck" tells what the code does: its reasons, codes, outputs, alarms and commands are real."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from framehook import dead_letters, redriving, transitions
from framehook.deadlines import NEVER_TAKEN, QUEUE_DEADLINE
from framehook.errors import (
    DownloadRefused,
    EventTooLarge,
    InvalidRequest,
    ResultGone,
    ResultTooLarge,
    Unavailable,
)
from framehook.following import OUT_OF_TIME
from framehook.jobs import Status
from framehook.redrive_edge import QUEUES, order_in
from framehook.resolution import ABANDONED
from framehook.tasks import OUTPUT_MISSING, RUN_DEADLINE
from framehook.waiting import INPUT_UNAVAILABLE
from tests.template_model import PROJECT, as_written
from tests.unit.test_markdown_pages import torn_rows

PAGE = PROJECT / "functions/redrive_dead_letters/README.md"
PROVIDERS = PROJECT / "layers/core/python/framehook/providers/README.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()
WORDS = re.compile(r"`([^`]+)`")
# Which the code spells where they arise, and nowhere else.
SPELT = {"provider_not_configured", "partial_failure", "output_invalid"}


def section(title: str) -> list[str]:
    start = LINES.index(f"## {title}")
    ends = (number for number, line in enumerate(LINES) if number > start and line.startswith("## "))
    return LINES[start : next(ends, len(LINES))]


def first_cells(title: str, head: str) -> list[str]:
    """The first cell of each row of the table with this head."""
    lines = section(title)
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    rows = lines[start + 2 :]
    ends = next((number for number, row in enumerate(rows) if not row.startswith("|")), len(rows))
    return [row.split("|")[1].strip() for row in rows[:ends]]


def words(cells: list[str]) -> set[str]:
    return {word for cell in cells for word in WORDS.findall(cell)}


def test_page_is_short_whole_and_fits_an_editor() -> None:
    assert LINES[0] == "# When something is stuck"
    assert len(LINES) <= 120
    assert list(torn_rows(LINES)) == []
    assert [line for line in LINES if len(line) > 160 and not line.startswith("|")] == []


def test_every_link_within_the_project_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        page = (PAGE.parent / path).resolve() if path else PAGE
        heads = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        anchors = {re.sub(r"[^\w -]", "", head.lstrip("# ").lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in anchors, target


def test_every_reason_for_passing_over_is_explained_and_no_other() -> None:
    spelt = set()
    for module in (redriving, dead_letters):
        source = inspect.getsource(module)
        spelt |= set(re.findall(r'PassedOver\("(\w+)"\)', source))
        spelt |= set(re.findall(r'(?:reason|_UNREADABLE) = "(\w+)"', source))
    told = words(first_cells("Dead letters", "reason"))
    assert told | {"no_such_job"} == spelt | {EventTooLarge.code, Unavailable.code}


def test_every_error_code_that_is_named_is_one() -> None:
    ours = {failure.code for failure in (QUEUE_DEADLINE, NEVER_TAKEN, OUT_OF_TIME, OUTPUT_MISSING, ABANDONED)}
    ours |= {RUN_DEADLINE.code, transitions.OUTCOME_UNKNOWN.code, INPUT_UNAVAILABLE}
    ours |= {kind.code for kind in (InvalidRequest, DownloadRefused, ResultGone, ResultTooLarge)}
    source = "".join(path.read_text() for path in PROVIDERS.parents[1].rglob("*.py"))
    assert all(f'"{code}"' in source for code in SPELT)
    of_providers = words(
        [row.split("|")[3] for row in PROVIDERS.read_text().splitlines() if row.count("|") >= 6]
    )
    assert words(first_cells("Jobs that ended", "`error.code`")) <= ours | SPELT | of_providers


def test_every_state_that_a_job_can_be_stuck_in_has_its_row() -> None:
    stuck = words(first_cells("Jobs that do not move", "status")) | {"parked"}
    assert stuck == {status.value for status in Status if not status.terminal}


def test_every_alarm_has_its_row() -> None:
    alarms = as_written().of_type("AWS::CloudWatch::Alarm")
    named = {word for line in LINES for word in WORDS.findall(line) if word.endswith("Alarm")}
    assert named == alarms.keys()


def test_every_output_that_a_command_reads_is_one() -> None:
    outputs = as_written().document["Outputs"]
    named = set(re.findall(r"\$\(output (\w+)\)", TEXT)) | set(re.findall(r"`(\w+Url)`", TEXT))
    named |= set(re.findall(r"(\w+Url)\b(?=[ ;]+(?:\w+Url|do))", TEXT))
    assert {"RedriveDeadLettersFunctionName", "PoisonChangesUrl"} <= named
    assert named - {"PublicBaseUrl"} <= outputs.keys()


@pytest.mark.parametrize("name", ["ParkedForHours", "ProofWindowSeconds", "QueuePatienceSeconds"])
def test_parameter_that_is_named_is_one(name: str) -> None:
    assert f"`{name}`" in TEXT
    assert name in as_written().document["Parameters"]


def test_every_queue_has_its_row_and_every_order_is_understood() -> None:
    assert words(first_cells("Dead letters", "queue")) == set(QUEUES)
    orders = [json.loads(text) for text in re.findall(r"<<< '(\{.*?\})'", TEXT)]
    assert orders
    assert all(order_in(order) for order in orders)
