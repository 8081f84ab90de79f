"""The providers' page lists exactly the error codes that are known, with what each of them does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import framehook.providers
from framehook.providers.error_meanings import Effect, Meaning
from framehook.providers.runcomfy import provider as runcomfy
from framehook.providers.runninghub import errors as runninghub_errors
from framehook.providers.runware import errors as runware_errors
from framehook.providers.runware.errors import RunwareMeaning

PAGE = Path(framehook.providers.__path__[0]) / "README.md"
NONE = "—"
OF_A_RUNNINGHUB_TASK = {
    runninghub_errors.Tells.FAILED: "failed",
    runninghub_errors.Tells.FAILED_IN_EVENT: "failed ²",
    runninghub_errors.Tells.ALIVE: "runs",
    runninghub_errors.Tells.MISSING: "gone",
    runninghub_errors.Tells.NOTHING: NONE,
}
OF_A_RUNWARE_TASK = {
    (runware_errors.Tells.ALWAYS, False): "failed",
    (runware_errors.Tells.IF_MARKED, False): "failed ¹",
    (runware_errors.Tells.IN_LOOK_UP, True): "failed ²",
    (runware_errors.Tells.NEVER, True): "runs ³",
    (runware_errors.Tells.NEVER, False): NONE,
}
ORDINALS = {2: "2nd", 3: "3rd"}
SITES = "the sites share no keys"  # the footnote ¹ has the rest
OK = 200


def rows(title: str) -> Iterator[list[str]]:
    """The cells of each row whose first one names codes."""
    section = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def told(meaning: Meaning) -> list[str]:
    """What it means, and what the user sees."""
    advice = f" ({meaning.advice})" if meaning.advice else ""
    return [meaning.says + (" ¹" if meaning.advice.startswith(SITES) else advice), f"`{meaning.code}`"]


def submitted(meaning: Meaning) -> str:
    if isinstance(meaning, RunwareMeaning) and meaning.accepted:
        return "accepted"
    if meaning.effect is not Effect.REFUSED_FOR_NOW:
        return meaning.effect.value
    if meaning.tries:
        return f"waits, refused the {ORDINALS[meaning.tries]} time"
    return f"waits {meaning.retry_after:g} s or longer" if meaning.retry_after else "waits"


def alarm(meaning: Meaning) -> str:
    if meaning.tries:
        return "at the end"
    return "yes" if meaning.alarm else NONE


def test_page_lists_every_code_of_runninghub_as_it_is_read() -> None:
    assert list(rows("RunningHub's codes")) == [
        [f"`{code}`", *told(each), submitted(each), OF_A_RUNNINGHUB_TASK[each.tells], alarm(each)]
        for code, each in runninghub_errors.MEANINGS.items()
    ]


def test_page_lists_every_code_of_runcomfy_as_it_is_read() -> None:
    assert list(rows("RunComfy's codes")) == [
        [f"`{code}`", *told(each), submitted(each), alarm(each)] for code, each in runcomfy.MEANINGS.items()
    ]


def test_page_lists_every_meaning_of_runwares_codes_as_they_are_read() -> None:
    listed = []
    for codes, *cells in rows("Runware's codes"):
        meanings = {runware_errors.meaning_of(code, OK) for code in re.findall(r"`(\w+)`", codes)}
        assert len(meanings) == 1, codes
        (meaning,) = meanings
        of_a_task = OF_A_RUNWARE_TASK[meaning.tells, meaning.alive]
        assert cells == [*told(meaning), submitted(meaning), of_a_task, alarm(meaning)]
        listed.append(meaning)
    every = [each for each in vars(runware_errors).values() if isinstance(each, RunwareMeaning)]
    assert set(listed) == set(every)
    assert len(listed) == len(every)
