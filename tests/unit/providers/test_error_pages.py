"""The providers' page lists exactly the error codes that are known, with what each of them does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import framehook.providers
from framehook.providers.runninghub import errors as runninghub_errors
from framehook.providers.runninghub.errors import MEANINGS, Effect, Tells
from framehook.providers.runware import errors as runware_errors

PAGE = Path(framehook.providers.__path__[0]) / "README.md"
NONE = "—"
OF_A_TASK = {
    Tells.FAILED: "failed",
    Tells.FAILED_IN_EVENT: "failed ²",
    Tells.ALIVE: "runs",
    Tells.MISSING: "gone",
    Tells.NOTHING: NONE,
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


def told(meaning: runninghub_errors.Meaning) -> str:
    if meaning.advice.startswith(SITES):
        return f"{meaning.says} ¹"
    return f"{meaning.says} ({meaning.advice})" if meaning.advice else meaning.says


def submitted(meaning: runninghub_errors.Meaning) -> str:
    if meaning.effect is not Effect.REFUSED_FOR_NOW:
        return meaning.effect.value
    if meaning.tries:
        return f"waits, refused the {ORDINALS[meaning.tries]} time"
    return f"waits {meaning.retry_after:g} s or longer" if meaning.retry_after else "waits"


def alarm(meaning: runninghub_errors.Meaning) -> str:
    if meaning.tries:
        return "at the end"
    return "yes" if meaning.alarm else NONE


def test_page_lists_every_code_of_runninghub_as_it_is_read() -> None:
    known = [
        [
            f"`{code}`",
            told(each),
            f"`{each.code}`",
            submitted(each),
            OF_A_TASK[each.tells],
            alarm(each),
        ]
        for code, each in MEANINGS.items()
    ]
    assert list(rows("RunningHub's codes")) == known


def test_page_lists_every_meaning_of_runwares_codes_as_they_are_read() -> None:
    words = {
        runware_errors.Effect.ACCEPTED: "accepted",
        runware_errors.Effect.REFUSED: "refused",
        runware_errors.Effect.REFUSED_FOR_NOW: "waits",
        runware_errors.Effect.UNKNOWN: "unknown",
    }
    listed = []
    for codes, _, ours, effect, alarmed in rows("Runware's codes"):
        meanings = {runware_errors.meaning_of(code, OK) for code in re.findall(r"`(\w+)`", codes)}
        assert len(meanings) == 1, codes
        (meaning,) = meanings
        told_of_it = (f"`{meaning.code}`", words[meaning.effect], "yes" if meaning.alarm else NONE)
        assert (ours, effect, alarmed) == told_of_it
        listed.append(meaning)
    every = [each for each in vars(runware_errors).values() if isinstance(each, runware_errors.Meaning)]
    assert set(listed) == set(every)
    assert len(listed) == len(every)
