"""Prints how large the built layer and functions are, as Lambda counts them (unzipped) and as they are uploaded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.sandbox.deployment import BUILD

KILOBYTE = 1024


def print_sizes(console: Console) -> None:
    table = Table(
        "artifact", "files", "unzipped", "zipped", box=None, title="Sizes, in KB", title_justify="left"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for folder in sorted(path for path in BUILD.iterdir() if path.is_dir()):
        found = list(files(folder))
        unzipped = sum(file.stat().st_size for file in found)
        sizes = (f"{size / KILOBYTE:,.1f}" for size in (unzipped, zipped_bytes(folder)))
        table.add_row(folder.name, str(len(found)), *sizes)
    console.print(table)


def files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


def zipped_bytes(folder: Path) -> int:
    """By the compression that SAM uploads with."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        for file in files(folder):
            into.write(file, file.relative_to(folder))
    return archive.tell()
