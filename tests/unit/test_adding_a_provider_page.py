"""CONTRIBUTING.md's "Adding a provider" stays true: its figures, the places that it names, and what they ask for."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from framehook import accounts
from framehook.settings import SubmitJobSettings
from tests.imaginary_provider.registration import KEY, LUMEN, VARIABLES, register
from tests.sandbox.journey import REAL_JOBS, SIMULATED_JOBS, usual_job
from tests.sandbox.provider_apis import (
    KEY_PARAMETERS,
    KEY_VARIABLES,
    Simulator,
    real_providers,
    template_parameters,
    url_parameters,
)
from tests.template_model import as_written
from tests.unit.test_settings import environment

PROJECT = Path(__file__).parents[2]
IMAGINARY = PROJECT / "tests" / "imaginary_provider"
PACKAGE = PROJECT / "layers" / "core" / "python" / "framehook"
PAGE = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Adding a provider\n")[1].split("\n## ")[0]
UNSEEN = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
SILENT = (tokenize.COMMENT, *UNSEEN)


def code_lines(path: Path) -> int:
    """Lines that are not blank, not a comment and not of a docstring."""
    text = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {n for each in tokens if each.type not in SILENT for n in range(each.start[0], each.end[0] + 1)}
    return len(lines - set(_documented(ast.parse(text))))


def _documented(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def test_lines_are_counted_without_what_only_explains(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text('"""Of\n\nthree."""\n\n# No.\nA = (\n    1,  # yes\n)\n"""Of A."""\nB = """\nx\n"""\n')
    assert code_lines(file) == 6


def test_figures_are_those_of_the_imaginary_provider() -> None:
    told = {
        name: int(lines) for name, lines in re.findall(r"^\| `(\S+)` \|.*\| (\d+) \|$", SECTION, re.MULTILINE)
    }
    assert told == {name: code_lines(IMAGINARY / name) for name in told}
    parts = {path.relative_to(IMAGINARY).as_posix() for path in IMAGINARY.rglob("*.py") if code_lines(path)}
    # The other two belong to the tests: what Lumen answers, and how it is served to them.
    assert parts - {"answers.py", "served.py"} == told.keys()


def test_files_that_the_page_names_exist() -> None:
    named = set(re.findall(r"`([\w<>./-]+\.(?:py|json|yaml))`", SECTION))
    assert len(named) > 20
    for name in named:
        path = name.replace("<name>", "runcomfy")
        assert any((place / path).is_file() for place in (PROJECT, PACKAGE, IMAGINARY)), name


def test_tables_that_the_page_names_exist() -> None:
    """`NAME` of `file.py`: what a newcomer adds a line to."""
    tables = re.findall(r"`(_?[A-Z][A-Z_]+)`\s+of\s+`([\w/.]+\.py)`", SECTION)
    assert len(tables) == 7
    for table, name in tables:
        text = next(place / name for place in (PROJECT, PACKAGE) if (place / name).exists()).read_text()
        assert re.search(rf"^{table}\b", text, re.MULTILINE), (table, name)


def test_variables_are_named_after_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    assert set(VARIABLES) == {LUMEN.key_variable, *map(LUMEN.url_variable, LUMEN.services)}
    read = SubmitJobSettings.read(environment("SubmitJobFunction")).account("lumen")
    assert (read.urls, read.key_parameter) == (("https://queue.lumen.example",), "/framehook/lumen/api-key")


def test_key_may_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    [statement] = as_written().properties("ReadApiKeys")["PolicyDocument"]["Statement"]
    assert len(statement["Resource"]) == len(accounts.ALL)
    assert statement["Resource"][-1] == {"Fn::Sub": KEY}


def test_local_stack_calls_its_simulator_or_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    base = "http://127.0.0.1:9"
    simulators = {"lumen": Simulator(f"{base}/lumen", "key", f"{base}/_control/lumen", f"{base}/media")}
    parameters = template_parameters(simulators, base, "/api/{api}/live")
    assert parameters["LumenApiUrl"] == f"{base}/lumen"
    known = as_written().document["Parameters"]
    assert {*url_parameters("lumen"), "LumenApiKeyParameter"} <= known.keys()
    assert known["LumenApiKeyParameter"]["Default"] == KEY_PARAMETERS["lumen"]
    real = real_providers({KEY_VARIABLES["lumen"]: "secret", "FRAMEHOOK_PUBLIC_URL": "https://tunnel.test"})
    assert real
    assert dict(real.keys) == {"lumen": "secret"}


def test_demo_has_a_job_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    assert usual_job(("lumen",), simulated=True) == SIMULATED_JOBS["lumen"]
    assert usual_job(("lumen",), simulated=False) == REAL_JOBS["lumen"]
