"""What plain `sam build` puts into the layer and the functions: complete, compiled so that Lambda takes the
bytecode, and nothing beyond.

Lambda never sees this machine's packages, so each handler is imported by an interpreter that sees the layer and the
standard library only: https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
"""

from __future__ import annotations

import importlib.util
import marshal
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from tests.sandbox import deployment
from tests.sandbox.workspace import PROJECT, Workspace
from tests.template_model import as_written

FUNCTIONS = sorted(as_written().of_type("AWS::Serverless::Function"))
LAYER = "CoreLayer"
# Where Lambda mounts them, hence what tracebacks show: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
MOUNTED = {LAYER: "/opt/", **dict.fromkeys(FUNCTIONS, "/var/task/")}
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
UNZIPPED_LIMIT = 250 * 1024**2
UNCHECKED_HASH = 0b01  # https://peps.python.org/pep-0552/
ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
JUNK = re.compile(r"(^|/)(tests?|testing|bin|[^/]*\.(dist|egg)-info)/|\.(pth|c|h)$|(^|/)conftest\.py$")
IMPORT = """
import sys
sys.path[:0] = sys.argv[1:]
import app
assert callable(app.handler)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    deployment.build(Workspace(tmp_path_factory.mktemp("build")))
    return deployment.BUILD


@pytest.fixture(params=[LAYER, *FUNCTIONS])
def artifact(request: pytest.FixtureRequest, built: Path) -> Path:
    return built / str(request.param)


def files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def names(folder: Path) -> set[str]:
    """Without bytecode, which every module has and a test of its own looks at."""
    return {str(file.relative_to(folder)) for file in files(folder) if file.suffix != ".pyc"}


def bytecode_of(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_objects(constant)


def imported(*paths: Path) -> subprocess.CompletedProcess[str]:
    """The handler's import where there is nothing but these and the standard library; writes nothing."""
    command = [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", IMPORT, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own code


def test_every_module_has_bytecode_and_all_bytecode_has_its_module(artifact: Path) -> None:
    found = files(artifact)
    compiled = {file for file in found if file.suffix == ".pyc"}
    assert compiled == {bytecode_of(file) for file in found if file.suffix == ".py"}


def test_bytecode_is_taken_without_looking_and_fits_its_source(artifact: Path) -> None:
    for source in (file for file in files(artifact) if file.suffix == ".py"):
        header = bytecode_of(source).read_bytes()[:16]
        assert header[:4] == importlib.util.MAGIC_NUMBER, source
        assert int.from_bytes(header[4:8], "little") == UNCHECKED_HASH, source
        # Nobody else ever compares the two.
        assert header[8:] == importlib.util.source_hash(source.read_bytes()), source


def test_bytecode_names_files_as_lambda_mounts_them(artifact: Path) -> None:
    for source in (file for file in files(artifact) if file.suffix == ".py"):
        expected = MOUNTED[artifact.name] + str(source.relative_to(artifact))
        code = marshal.loads(bytecode_of(source).read_bytes()[16:])  # noqa: S302 - compiled by our own build
        assert {found.co_filename for found in code_objects(code)} == {expected}


def test_artifact_has_no_tests_and_no_leftovers_of_the_installation(artifact: Path) -> None:
    assert {name for name in names(artifact) if JUNK.search(name)} == set()


def test_layer_holds_the_package_without_its_pages_for_people_and_nothing_beyond(built: Path) -> None:
    package = names(PROJECT / "layers/core/python/framehook")
    pages = {name for name in package if name.endswith(".md")}
    assert names(built / LAYER / "python/framehook") == package - pages


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_holds_its_own_files_only(built: Path, function: str) -> None:
    folder = re.sub(r"(?<!^)([A-Z])", r"_\1", function.removesuffix("Function")).lower()
    assert names(built / function) == names(PROJECT / "functions" / folder) - {"README.md"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_handler_imports_with_the_layer_and_nothing_else(built: Path, function: str) -> None:
    finished = imported(built / function, built / LAYER / "python")
    assert finished.returncode == 0, finished.stderr


def test_layer_describes_exactly_the_services_that_clients_are_made_of(built: Path) -> None:
    """botocore's descriptions of the rest of AWS are left out; a missing one would fail at a client's first use."""
    package = PROJECT / "layers/core/python/framehook"
    sources = "".join(path.read_text() for path in package.rglob("*.py"))
    used = set(re.findall(r'boto3\.client\(\s*"([a-z0-9]+)"', sources))
    described = {path.name for path in (built / LAYER / "python/botocore/data").iterdir() if path.is_dir()}
    assert used
    assert described == used


def test_import_without_the_layer_fails(built: Path) -> None:
    """Or the test above could not."""
    finished = imported(built / FUNCTIONS[0])
    assert "No module named 'framehook'" in finished.stderr


def test_every_extension_module_is_there_for_both_architectures(built: Path) -> None:
    """One layer serves both: the file's name says which, and its header has to agree."""
    platforms: dict[str, set[str]] = {}
    for file in (file for file in files(built / LAYER) if file.suffix == ".so"):
        machine = ELF_MACHINES[int.from_bytes(file.read_bytes()[18:20], "little")]
        assert f"-{machine}-" in file.name
        platforms.setdefault(file.name.split(".")[0], set()).add(machine)
    assert platforms
    assert all(found == set(ELF_MACHINES.values()) for found in platforms.values()), platforms


def test_function_and_layer_together_stay_under_the_limit(built: Path) -> None:
    sizes = {name: sum(file.stat().st_size for file in files(built / name)) for name in (LAYER, *FUNCTIONS)}
    print("".join(f"\n{name:<24} {size / 1024**2:8.3f} MB" for name, size in sizes.items()))  # shown by -s
    assert sizes[LAYER] + max(sizes[name] for name in FUNCTIONS) < UNZIPPED_LIMIT
