"""The add-in file: its text, its ribbon, the file built from them, and whether these tests would notice a fault."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import addin_checks
import addin_mutations
import pytest
from addin_checks import CHECKS, SOURCES, Addin

for _name in ("pyopenvba", "oletools", "openxml_audit", "pyvbaanalysis"):
    pytest.importorskip(_name, reason="the checkers of the add-in come with the extra “test”")


@pytest.fixture(scope="module")
def addin(tmp_path_factory: pytest.TempPathFactory) -> Addin:
    return Addin(SOURCES, addin_checks.build(tmp_path_factory.mktemp("addin") / "ReplyXL.xlam", SOURCES))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_addin(addin: Addin, check: Callable[[Addin], None]):
    """Each check holds for the add-in; what it proves stands in its docstring."""
    check(addin)


def test_two_builds_are_equal(addin: Addin, tmp_path: Path):
    """Built again, by the script in a process of its own, the file is the same byte for byte."""
    again = tmp_path / "elsewhere" / "other name.xlam"
    subprocess.run([sys.executable, SOURCES / "build.py", again], check=True, capture_output=True, cwd=tmp_path)
    assert again.read_bytes() == addin.file.read_bytes()


def test_without_the_build_dependency(tmp_path: Path):
    """Where pyOpenVBA is missing the build ends with one sentence and makes no file."""
    (tmp_path / "pyopenvba.py").write_text("raise ImportError\n", encoding="ascii")
    lines = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = ['x.xlam']; import runpy; "
    lines += f"runpy.run_path({str(SOURCES / 'build.py')!r}, run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, encoding="utf-8", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.strip() == "The add-in file is made with pyOpenVBA, which is not installed; run “pip install pyOpenVBA”."
    assert not (tmp_path / "x.xlam").exists()


@pytest.mark.timeout(600)
def test_faults_are_noticed(tmp_path: Path):
    """Of more than 40 faults put into XML, VBA and package, at least 95 % are caught; the others are listed."""
    results = addin_mutations.run(tmp_path, thorough=False)
    survivors = [name for name, caught in results.items() if not caught]
    print(f"{len(results) - len(survivors)} of {len(results)} faults caught; survivors: {survivors}")
    assert len(results) >= 40
    assert len(survivors) <= 0.05 * len(results), survivors
