"""The README says what the program does, and the changelog names its version."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from render_readme import README, demo, rendered, story

import reply_xl

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")


def test_the_session_and_the_tables_are_what_the_program_prints(tmp_path: Path) -> None:
    """The README's sessions are what the commands print, and its tables of fields and outcomes are the program's own."""
    assert rendered(TEXT, demo(tmp_path), story(tmp_path)) == TEXT, "run python tests/render_readme.py"


def test_every_command_and_option_is_described() -> None:
    """The commands and the options of `push` in the README are those of the program."""

    def help_of(*words: str) -> str:
        return subprocess.run([sys.executable, "-m", "reply_xl", *words, "--help"], capture_output=True, text=True, check=True).stdout

    commands = set(re.findall(r"^    ([a-z]+)(?: |$)", help_of(), flags=re.MULTILINE))
    assert commands == set(re.findall(r"`reply-xl ([a-z]+)", TEXT.split("### Commands")[1].split("| option |")[0]))
    for command, heading in (("push", "| option |"), ("sandbox", "| option of `sandbox` |")):
        options = set(re.findall(r"(--[a-z-]+)", help_of(command))) - {"--help"}
        table = TEXT.split(heading)[1].split("\n\n")[0]
        assert options == set(re.findall(r"`(--[a-z-]+)", table))
    for option in re.findall(r"(--[a-z-]+)", help_of("pull")):
        assert option == "--help" or option in TEXT


def test_every_dependency_has_its_reason() -> None:
    """Each dependency of the package has a line in the README, and each such line is a dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[~><=;\s]", line)[0] for line in project["dependencies"]}
    table = TEXT.split("| needs |")[1].split("\n\n")[0]
    assert needed == set(re.findall(r"^\| ([a-z0-9]+) \|", table, flags=re.MULTILINE))


def test_the_changelog_begins_with_this_version() -> None:
    """The newest entry of the changelog is the version of the package."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == reply_xl.__version__


def test_the_picture_is_there() -> None:
    """Every picture that the README shows exists."""
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TEXT):
        assert (ROOT / name).stat().st_size > 1000


def test_every_paragraph_on_trouble_names_its_tests() -> None:
    """Each paragraph of “When something goes wrong” ends with a comment that names the tests which prove it, and these exist."""
    page = TEXT.split("## When something goes wrong\n")[1].split("\n## ")[0]
    paragraphs = [part for part in page.split("\n\n") if part.strip() and not part.startswith("#")]
    assert len(paragraphs) > 10
    for paragraph in paragraphs:
        proof = re.search(r"<!-- ([\w:\s]+) -->$", paragraph.strip())
        assert proof is not None, paragraph
        for name in proof[1].split():
            module, _, test = name.partition("::")
            source = (ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8")
            assert re.search(rf"^def {test}\(", source, flags=re.MULTILINE), name


def test_the_drawing_of_the_ribbon() -> None:
    """It is what the add-in's XML says now."""
    from render_ribbon import PICTURE, draw

    assert PICTURE.read_text(encoding="utf-8") == draw()
